package delivery

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/haat-market/haat/internal/platform/geo"
)

var testTerms = Terms{MostJobs: MostJobs, Reach: 15_000, Weights: equalWeights}

// valley is a point in the valley of Kathmandu.
func valley(r *rand.Rand) *geo.Point {
	return &geo.Point{Lat: 27_620_000 + r.Int64N(160_000), Lng: 85_220_000 + r.Int64N(260_000)}
}

func city(jobs, hands int) (js []Job, hs []Hand) {
	r := rand.New(rand.NewPCG(1, 2))
	for range jobs {
		js = append(js, Job{From: valley(r), To: valley(r), Weight: 100 + r.Int64N(8_000), Priority: r.Int64N(4)})
	}
	for i := range hands {
		hs = append(hs, Hand{ID: int64(i + 1), At: valley(r), Capacity: 20_000 + 10_000*r.Int64N(5), Stars: r.Int64N(2) * (300 + r.Int64N(200))})
	}
	return js, hs
}

// The score's parts are what they are said to be.
func TestScore(t *testing.T) {
	at := geo.Point{Lat: 27_700_000, Lng: 85_300_000}
	shop := geo.Point{Lat: 27_700_000, Lng: 85_330_468} // 3 km east
	door := geo.Point{Lat: 27_750_000, Lng: 85_330_468}
	hands := []Hand{{ID: 1, At: &at, Capacity: 10_000, Stars: 480}, {ID: 2, Capacity: 10_000, Jobs: 1, Load: 2_500}, {ID: 3, At: &at, Capacity: 1_000}}
	c := Greedy{}.Plan([]Job{{From: &shop, To: &door, Weight: 2_500}}, hands, testTerms)[0]
	if !c.Found || c.Hand != 0 || c.Score != (Score{80, 96, 75, 100, 88}) || c.Added < 2_990 || c.Added > 3_010 {
		t.Errorf("%+v", c)
	}
	if len(c.Others) != 1 || c.Others[0].Hand != 1 || c.Others[0].Score != (Score{0, 80, 50, 80, 53}) || c.Others[0].Added != -1 {
		t.Errorf("%+v", c.Others)
	}
	only := testTerms
	only.Weights = Weights{Workload: 7}
	if c := (Greedy{}).Plan([]Job{{From: &shop, Weight: 1, Not: 1}}, hands, only)[0]; c.Hand != 2 || c.Score.Total != 100 {
		t.Errorf("%+v", c)
	}
}

// Whoever cannot be given away is told why.
func TestRefusals(t *testing.T) {
	at, far := geo.Point{Lat: 27_700_000, Lng: 85_300_000}, geo.Point{Lat: 28_200_000, Lng: 83_990_000}
	job := []Job{{From: &far, Weight: 5_000}}
	for want, hands := range map[Refusal][]Hand{
		NoCourier: nil,
		AllBusy:   {{ID: 1, At: &at, Capacity: 9_000, Jobs: MostJobs}},
		TooHeavy:  {{ID: 1, At: &at, Capacity: 9_000, Load: 4_001}},
		TooFar:    {{ID: 1, At: &at, Capacity: 9_000}},
	} {
		c := Greedy{}.Plan(job, hands, testTerms)[0]
		if c.Found || c.Refusal != want {
			t.Errorf("%s: %+v", want, c)
		}
		if want == TooHeavy && c.Short != 4_999 || want == TooFar && (c.Short < 135_000 || c.Short > 145_000) {
			t.Errorf("%s: %d", want, c.Short)
		}
	}
}

// The most urgent go first, also where a better pair is there.
func TestUrgentFirst(t *testing.T) {
	at := geo.Point{Lat: 27_700_000, Lng: 85_300_000}
	near, off := geo.Point{Lat: 27_700_100, Lng: 85_300_000}, geo.Point{Lat: 27_750_000, Lng: 85_300_000}
	got := Greedy{}.Plan([]Job{{From: &near, Weight: 600, Priority: 1}, {From: &off, Weight: 600, Priority: 3}}, []Hand{{ID: 1, At: &at, Capacity: 1_000}}, testTerms)
	if got[0].Found || !got[1].Found || got[0].Refusal != TooHeavy {
		t.Errorf("%+v", got)
	}
}

// No plan ever gives anybody more than he may have, nor what is out of reach, nor a job that somebody else could not do.
func TestPlanHoldsBounds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		point := rapid.Custom(func(t *rapid.T) *geo.Point {
			if rapid.IntRange(0, 9).Draw(t, "unknown") == 0 {
				return nil
			}
			return &geo.Point{Lat: rapid.Int64Range(27_600_000, 27_900_000).Draw(t, "lat"), Lng: rapid.Int64Range(85_200_000, 85_500_000).Draw(t, "lng")}
		})
		jobs := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Job {
			return Job{point.Draw(t, "from"), point.Draw(t, "to"), rapid.Int64Range(0, 20_000).Draw(t, "weight"), rapid.Int64Range(0, 3).Draw(t, "priority"), rapid.Int64Range(0, 2).Draw(t, "not")}
		}), 0, 30).Draw(t, "jobs")
		hands := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Hand {
			capacity := rapid.Int64Range(0, 50_000).Draw(t, "capacity")
			return Hand{0, point.Draw(t, "at"), capacity, rapid.Int64Range(0, capacity).Draw(t, "load"), rapid.Int64Range(0, MostJobs).Draw(t, "count"), rapid.Int64Range(0, 500).Draw(t, "stars"), nil}
		}), 0, 8).Draw(t, "hands")
		for i := range hands {
			hands[i].ID = int64(i + 1)
		}
		before := slices.Clone(hands)
		first := Greedy{}.Plan(jobs, hands, testTerms)
		for i, c := range first {
			if !c.Found {
				if c.Refusal == "" {
					t.Fatalf("job %d has nobody and no reason", i)
				}
				continue
			}
			h := &before[c.Hand]
			h.Jobs, h.Load = h.Jobs+1, h.Load+jobs[i].Weight
			if h.Jobs > MostJobs || h.Load > h.Capacity || jobs[i].Not == h.ID || c.Added > testTerms.Reach+1 {
				t.Fatalf("job %d: %+v for %+v", i, c, *h)
			}
		}
		for i, c := range (Greedy{}).Plan(jobs, hands, testTerms) {
			if c.Found != first[i].Found || c.Hand != first[i].Hand {
				t.Fatalf("job %d: another plan for the same", i)
			}
		}
	})
}

// The cheapest place is what trying all of them finds.
func TestCheapestInsertion(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 500 {
		var rt route
		rt.started = r.IntN(2) == 0
		for range r.IntN(8) {
			rt.stops = append(rt.stops, spot{r.Float64() * 1000, r.Float64() * 1000})
		}
		rt.started = rt.started && len(rt.stops) > 0
		l := leg{from: spot{r.Float64() * 1000, r.Float64() * 1000}, to: spot{r.Float64() * 1000, r.Float64() * 1000}, hasFrom: true, hasTo: true}
		l.direct = l.from.to(l.to)
		least := math.Inf(1)
		for i := rt.first(); i <= len(rt.stops); i++ {
			for j := i; j <= len(rt.stops); j++ {
				try := route{stops: slices.Concat(rt.stops[:i], []spot{l.from}, rt.stops[i:j], []spot{l.to}, rt.stops[j:])}
				least = min(least, try.length()-rt.length())
			}
		}
		got, _, _ := rt.cheapest(l)
		was := rt.length()
		rt.insert(l)
		if math.Abs(got-least) > 1e-6 || math.Abs(rt.length()-was-least) > 1e-6 {
			t.Fatalf("cheapest %f, inserted %f, tried %f", got, rt.length()-was, least)
		}
	}
}

// A thousand jobs among three hundred couriers are planned in well under a second, and the ways are shorter than those
// of chance and of the nearest courier for each.
func TestThousandJobs(t *testing.T) {
	jobs, hands := city(1000, 300)
	began := time.Now()
	plan := Greedy{}.Plan(jobs, hands, testTerms)
	took := time.Since(began)
	found := 0
	for _, c := range plan {
		if c.Found {
			found++
		}
	}
	score, nearest, chance := Lengths(jobs, hands, testTerms)
	t.Logf("%d of %d in %v: %d km; nearest %d km, chance %d km", found, len(jobs), took, score/1000, nearest/1000, chance/1000)
	if found < 990 {
		t.Errorf("%d of 1000 were given away", found)
	}
	if score >= nearest || score >= chance {
		t.Errorf("by score %d m, the nearest %d m, by chance %d m", score, nearest, chance)
	}
}
