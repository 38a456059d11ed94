package geo

import (
	"bufio"
	"bytes"
	"cmp"
	"compress/gzip"
	_ "embed"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// PIN is an Indian postal code.
type PIN struct {
	Code      string
	State     string
	Districts []string // the commonest first; never empty
	Place     string   // an office there
	At        Point
}

// District is the one that most offices of the code are in.
func (p PIN) District() string { return p.Districts[0] }

// The shape of a PIN code: six digits of which the first is not zero (India Post).
var shape = regexp.MustCompile(`^[1-9][0-9]{5}$`)

// NormalPIN gives a PIN code without the space that people put after its third digit. ok says whether it has the shape
// of one, not whether there is such an office.
func NormalPIN(text string) (code string, ok bool) {
	code = strings.TrimSpace(text)
	if len(code) == 7 && code[3] == ' ' {
		code = code[:3] + code[4:]
	}
	return code, shape.MatchString(code)
}

//go:embed india.tsv.gz
var india []byte

// table is unpacked when somebody asks first: many markets never do.
var table = sync.OnceValue(func() map[string]PIN {
	packed, err := gzip.NewReader(bytes.NewReader(india))
	if err != nil {
		panic(err) // embedded: a test reads it
	}
	out := make(map[string]PIN, 20_000)
	rows := bufio.NewScanner(packed)
	for rows.Scan() {
		cut := strings.Split(rows.Text(), "\t")
		lat, errLat := strconv.ParseInt(cut[4], 10, 64)
		lng, errLng := strconv.ParseInt(cut[5], 10, 64)
		if err := cmp.Or(errLat, errLng); err != nil {
			panic(err)
		}
		out[cut[0]] = PIN{Code: cut[0], State: cut[1], Districts: strings.Split(cut[2], ";"), Place: cut[3], At: Point{lat, lng}}
	}
	if err := rows.Err(); err != nil {
		panic(err)
	}
	return out
})

// FindPIN gives what is known of a normal PIN code. A code that is not in the table may still be a real one: the army's
// are not, nor are new ones.
func FindPIN(code string) (PIN, bool) {
	p, ok := table()[code]
	return p, ok
}

// cell is a square of a quarter of a degree, by which codes near a point are found.
type cell struct{ lat, lng int64 }

const cellSize = 250_000

func cellOf(p Point) cell { return cell{floor(p.Lat), floor(p.Lng)} }

func floor(n int64) int64 {
	if n < 0 {
		return (n+1)/cellSize - 1
	}
	return n / cellSize
}

var cells = sync.OnceValue(func() map[cell][]PIN {
	out := map[cell][]PIN{}
	for _, p := range table() {
		out[cellOf(p.At)] = append(out[cellOf(p.At)], p)
	}
	return out
})

// NearPIN is a PIN code with its distance.
type NearPIN struct {
	PIN
	Metres int64
}

// MaxNear is how far PINsNear looks at most, in metres.
const MaxNear = 50_000

// PINsNear gives the codes within so many metres (at most MaxNear) of a point, the nearest first, at most limit.
func PINsNear(at Point, metres int64, limit int) []NearPIN {
	metres = min(metres, MaxNear)
	var out []NearPIN
	here := cellOf(at)
	// A quarter of a degree is 27.8 km to the north, and 22 km to the east at the north end of India: three squares to
	// each side hold everything within MaxNear.
	for lat := here.lat - 3; lat <= here.lat+3; lat++ {
		for lng := here.lng - 3; lng <= here.lng+3; lng++ {
			for _, p := range cells()[cell{lat, lng}] {
				if m := Metres(at, p.At); m <= metres {
					out = append(out, NearPIN{p, m})
				}
			}
		}
	}
	slices.SortFunc(out, func(a, b NearPIN) int { return cmp.Or(cmp.Compare(a.Metres, b.Metres), cmp.Compare(a.Code, b.Code)) })
	return out[:min(limit, len(out))]
}
