package geo

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Point is a place on the earth in millionths of a degree (about 11 cm), WGS 84.
type Point struct{ Lat, Lng int64 }

// earth is its mean radius in metres (IUGG).
const earth = 6_371_008.8

// NewPoint reads a pair of decimal degrees as addresses carry them. ok is false where they are no place on earth.
func NewPoint(lat, lng string) (p Point, ok bool) {
	la, okLat := micro(lat, 90)
	ln, okLng := micro(lng, 180)
	return Point{la, ln}, okLat && okLng
}

func micro(text string, limit float64) (int64, bool) {
	n, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	if err != nil || math.IsNaN(n) || math.Abs(n) > limit {
		return 0, false
	}
	return int64(math.Round(n * 1e6)), true
}

// Strings gives the point as a pair of decimal degrees.
func (p Point) Strings() (lat, lng string) { return degrees(p.Lat), degrees(p.Lng) }

func degrees(n int64) string {
	sign := ""
	if n < 0 {
		sign, n = "-", -n
	}
	return fmt.Sprintf("%s%d.%06d", sign, n/1_000_000, n%1_000_000)
}

// Metres is the distance between two points along the surface (haversine; the earth taken as a ball, so up to 0.5 % off).
func Metres(a, b Point) int64 {
	rad := func(n int64) float64 { return float64(n) / 1e6 * math.Pi / 180 }
	lat1, lat2 := rad(a.Lat), rad(b.Lat)
	s1, s2 := math.Sin((lat2-lat1)/2), math.Sin((rad(b.Lng)-rad(a.Lng))/2)
	h := s1*s1 + math.Cos(lat1)*math.Cos(lat2)*s2*s2
	return int64(math.Round(2 * earth * math.Asin(math.Min(1, math.Sqrt(h)))))
}
