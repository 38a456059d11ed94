package delivery

import (
	"math"

	"github.com/haat-market/haat/internal/platform/geo"
)

// plane is a map on which distances are cheap: metres east and north, true near its middle. A plan compares millions
// of them.
type plane struct {
	middle float64 // longitude, in degrees
	east   float64 // metres of a degree of longitude
}

// north is the metres of a degree of latitude.
const north = 111_195.0

// spot is a point on a plane.
type spot struct{ x, y float64 }

func (a spot) to(b spot) float64 { return math.Hypot(a.x-b.x, a.y-b.y) }

// planeOf is the plane around what a plan is about.
func planeOf(jobs []Job, hands []Hand) plane {
	var first *geo.Point
	var sum, n float64
	look := func(p *geo.Point) {
		if p == nil {
			return
		}
		if first == nil {
			first = p
		}
		sum, n = sum+float64(p.Lat)/1e6, n+1
	}
	for _, j := range jobs {
		look(j.From)
		look(j.To)
	}
	for _, h := range hands {
		look(h.At)
	}
	if first == nil {
		return plane{east: north}
	}
	return plane{middle: float64(first.Lng) / 1e6, east: north * math.Cos(sum/n*math.Pi/180)}
}

func (p plane) spot(at geo.Point) spot {
	lng := float64(at.Lng)/1e6 - p.middle
	if lng > 180 {
		lng -= 360
	} else if lng < -180 {
		lng += 360
	}
	return spot{lng * p.east, float64(at.Lat) / 1e6 * north}
}

// leg is what a job asks of a way: to be here and then there. What is not known is left out.
type leg struct {
	from, to       spot
	hasFrom, hasTo bool
	direct         float64 // metres from door to door
}

func (p plane) leg(j Job) (l leg) {
	if j.From != nil {
		l.from, l.hasFrom = p.spot(*j.From), true
	}
	if j.To != nil {
		l.to, l.hasTo = p.spot(*j.To), true
	}
	if l.hasFrom && l.hasTo {
		l.direct = l.from.to(l.to)
	}
	return l
}

// route is where a courier goes, in order. Its first stop is where he is, if that is known.
type route struct {
	stops   []spot
	started bool
}

func (p plane) route(h Hand) (r route) {
	if h.At != nil {
		r.stops, r.started = append(r.stops, p.spot(*h.At)), true
	}
	for _, j := range h.Stops {
		r.insert(p.leg(j))
	}
	return r
}

// gap is what a stop adds to the way when it stands before stop i.
func (r *route) gap(at spot, i int) float64 {
	switch {
	case i > 0 && i < len(r.stops):
		return r.stops[i-1].to(at) + at.to(r.stops[i]) - r.stops[i-1].to(r.stops[i])
	case i > 0:
		return r.stops[i-1].to(at)
	case i < len(r.stops):
		return at.to(r.stops[i])
	default:
		return 0
	}
}

// both is what two stops in a row add before stop i.
func (r *route) both(l leg, i int) float64 {
	sum := l.direct
	if i > 0 {
		sum += r.stops[i-1].to(l.from)
	}
	if i < len(r.stops) {
		sum += l.to.to(r.stops[i])
	}
	if i > 0 && i < len(r.stops) {
		sum -= r.stops[i-1].to(r.stops[i])
	}
	return sum
}

// first is the earliest place for a new stop: after where he is.
func (r *route) first() int {
	if r.started {
		return 1
	}
	return 0
}

// cheapest finds where a leg lengthens the way least: its pickup before stop i, its drop-off before stop j ≥ i.
func (r *route) cheapest(l leg) (least float64, i, j int) {
	least = math.Inf(1)
	if !l.hasFrom || !l.hasTo {
		at := l.from
		if !l.hasFrom {
			at = l.to
		}
		for k := r.first(); k <= len(r.stops); k++ {
			if g := r.gap(at, k); g < least {
				least, i, j = g, k, k
			}
		}
		return least, i, j
	}
	// From the end: the cheapest place for the drop-off behind each place for the pickup.
	behind, behindAt := math.Inf(1), 0
	for k := len(r.stops); k >= r.first(); k-- {
		if g := r.both(l, k); g < least {
			least, i, j = g, k, k
		}
		if behindAt > 0 {
			if g := r.gap(l.from, k) + behind; g < least {
				least, i, j = g, k, behindAt
			}
		}
		if g := r.gap(l.to, k); g < behind {
			behind, behindAt = g, k
		}
	}
	return least, i, j
}

// added is what a job adds to the way beside its own, in metres. It is not known where either's place is not.
func (r *route) added(l leg) (metres float64, known bool) {
	if !l.hasFrom || len(r.stops) == 0 {
		return 0, false
	}
	least, _, _ := r.cheapest(l)
	return max(0, least-l.direct), true
}

// insert puts a leg where it lengthens the way least.
func (r *route) insert(l leg) {
	if !l.hasFrom && !l.hasTo {
		return
	}
	_, i, j := r.cheapest(l)
	out := make([]spot, 0, len(r.stops)+2)
	out = append(out, r.stops[:i]...)
	if l.hasFrom {
		out = append(out, l.from)
	}
	out = append(out, r.stops[i:j]...)
	if l.hasTo {
		out = append(out, l.to)
	}
	r.stops = append(out, r.stops[j:]...)
}

// length is the whole way in metres.
func (r *route) length() (sum float64) {
	for i := 1; i < len(r.stops); i++ {
		sum += r.stops[i-1].to(r.stops[i])
	}
	return sum
}
