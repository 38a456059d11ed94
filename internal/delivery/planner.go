package delivery

import (
	"cmp"
	"slices"

	"github.com/haat-market/haat/internal/platform/geo"
)

// Planner decides who carries what. It only thinks: what it chose is checked again, under locks, when it is done.
type Planner interface {
	// Plan chooses a courier for each job, as far as there is one; the choices stand in the order of the jobs. The order
	// of hands decides between equals.
	Plan(jobs []Job, hands []Hand, terms Terms) []Choice
}

// Job is what a planner knows of a delivery that waits.
type Job struct {
	From, To *geo.Point // nil: nobody said where
	Weight   int64      // grams
	Priority int64      // the higher, the sooner
	Not      int64      // a courier who is not to have it, by his Hand.ID; 0: none
}

// Hand is what a planner knows of a courier who may be given jobs.
type Hand struct {
	ID       int64
	At       *geo.Point // where he was seen last; nil: unknown
	Capacity int64      // grams, of his vehicle
	Load     int64      // grams, of what he has taken on
	Jobs     int64      // that he has
	Stars    int64      // hundredths of a star on average; 0: nobody has rated him
	Stops    []Job      // the jobs that he has; one that he picked up has no From
}

// Weights say how much each part of a score counts, beside the others.
type Weights struct{ Distance, Rating, Capacity, Workload int64 }

// equalWeights are the market's.
var equalWeights = Weights{1, 1, 1, 1}

// Terms bound a plan.
type Terms struct {
	MostJobs int64 // that a courier may have
	Reach    int64 // metres that a job may add to a courier's way beside its own
	Weights  Weights
}

// Score says why a courier was chosen: each part from 0 to 100, and their weighted mean.
type Score struct {
	Distance int64 `json:"distance" minimum:"0" maximum:"100" doc:"100 where the way to the pickup adds nothing to his, 0 at the reach or where he has no position"`
	Rating   int64 `json:"rating" minimum:"0" maximum:"100" doc:"Five stars are 100; who nobody has rated counts as having four"`
	Capacity int64 `json:"capacity" minimum:"0" maximum:"100" doc:"What of his vehicle is still free with the package"`
	Workload int64 `json:"workload" minimum:"0" maximum:"100" doc:"100 without a job, 0 with as many as he may have"`
	Total    int64 `json:"total" minimum:"0" maximum:"100"`
}

// Candidate is a courier for a job.
type Candidate struct {
	Hand  int // index
	Score Score
	Added int64 // metres that the way to the pickup adds to his; -1: unknown
}

// Refusal says why nobody can have a job.
type Refusal string

// Why nobody can.
const (
	NoCourier Refusal = "no_courier"    // there is nobody who takes jobs
	AllBusy   Refusal = "all_busy"      // everybody has as many as he may
	TooHeavy  Refusal = "over_capacity" // nobody's vehicle takes it
	TooFar    Refusal = "too_far"       // nobody is within reach
)

// Choice is what a planner found for a job.
type Choice struct {
	Candidate
	Found   bool
	Others  []Candidate // the next best, the best first
	Refusal Refusal     // why nobody was found
	Short   int64       // of TooHeavy: the most that anybody takes, in grams; of TooFar: how far the nearest is, in metres
}

// mostOthers is how many alternatives are named.
const mostOthers = 3

// unratedStars is what counts for who nobody has rated.
const unratedStars = 400

// Greedy gives the pair of job and courier with the best score away first, the most urgent jobs before others, and puts
// the job where it lengthens the courier's way least.
type Greedy struct{}

// Plan implements Planner.
func (Greedy) Plan(jobs []Job, hands []Hand, terms Terms) []Choice {
	g := newGreedy(jobs, hands, terms)
	out := make([]Choice, len(jobs))
	for _, class := range g.classes() {
		g.fill(class)
		for {
			job := g.next(class)
			if job < 0 {
				break
			}
			out[job] = g.choose(job)
			g.give(job, int(g.best[job]), class)
		}
	}
	for i := range out {
		if !out[i].Found {
			out[i].Refusal, out[i].Short = g.refusal(i)
		}
	}
	return out
}

// greedy is a plan being made.
type greedy struct {
	terms  Terms
	plane  plane
	jobs   []Job
	legs   []leg
	hands  []Hand // changed as jobs are given
	routes []route
	// What each pair is worth, -1 where it cannot be, by job and then hand; only of the class that is looked at.
	worth [][]float32
	best  []int32 // by job: the hand worth most; -1: none
	given []bool
}

func newGreedy(jobs []Job, hands []Hand, terms Terms) *greedy {
	g := &greedy{
		terms: terms, plane: planeOf(jobs, hands), jobs: jobs, hands: slices.Clone(hands), legs: make([]leg, len(jobs)), routes: make([]route, len(hands)),
		worth: make([][]float32, len(jobs)), best: make([]int32, len(jobs)), given: make([]bool, len(jobs)),
	}
	for i, j := range jobs {
		g.legs[i] = g.plane.leg(j)
	}
	for i, h := range hands {
		g.routes[i] = g.plane.route(h)
	}
	return g
}

// classes are the jobs by their priority, the highest first.
func (g *greedy) classes() (out [][]int) {
	order := make([]int, len(g.jobs))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(g.jobs[b].Priority, g.jobs[a].Priority) })
	for i, j := range order {
		if i == 0 || g.jobs[j].Priority != g.jobs[order[i-1]].Priority {
			out = append(out, nil)
		}
		out[len(out)-1] = append(out[len(out)-1], j)
	}
	return out
}

// fill finds out what each pair of a class is worth.
func (g *greedy) fill(class []int) {
	flat := make([]float32, len(class)*len(g.hands))
	for i, job := range class {
		g.worth[job] = flat[i*len(g.hands) : (i+1)*len(g.hands)]
		for hand := range g.hands {
			g.worth[job][hand] = g.value(job, hand)
		}
		g.rank(job)
	}
}

// next is the job of a class whose best courier is worth most; -1 where no one is left.
func (g *greedy) next(class []int) int {
	found := -1
	for _, job := range class {
		if g.given[job] || g.best[job] < 0 {
			continue
		}
		if found < 0 || g.worth[job][g.best[job]] > g.worth[found][g.best[found]] {
			found = job
		}
	}
	return found
}

func (g *greedy) rank(job int) {
	g.best[job] = -1
	most := float32(-1)
	for hand, v := range g.worth[job] {
		if v > most {
			g.best[job], most = int32(hand), v
		}
	}
}

// give makes a job a courier's, and finds out anew what he is worth for the others.
func (g *greedy) give(job, hand int, class []int) {
	g.given[job] = true
	g.routes[hand].insert(g.legs[job])
	h := &g.hands[hand]
	h.Jobs, h.Load = h.Jobs+1, h.Load+g.jobs[job].Weight
	for _, other := range class {
		if g.given[other] {
			continue
		}
		v := g.value(other, hand)
		g.worth[other][hand] = v
		switch best := int(g.best[other]); {
		case best == hand:
			g.rank(other)
		case best < 0 && v >= 0, best >= 0 && v > g.worth[other][best]:
			g.best[other] = int32(hand)
		}
	}
}

// can says whether a courier may have a job at all.
func (g *greedy) can(job, hand int) bool {
	h, j := &g.hands[hand], &g.jobs[job]
	return h.Jobs < g.terms.MostJobs && h.Load+j.Weight <= h.Capacity && (j.Not == 0 || j.Not != h.ID)
}

// value is what a pair is worth, from 0 to 100; -1 where it cannot be.
func (g *greedy) value(job, hand int) float32 {
	if !g.can(job, hand) {
		return -1
	}
	added, known := g.routes[hand].added(g.legs[job])
	if known && added > float64(g.terms.Reach) {
		return -1
	}
	d, r, c, w := g.parts(job, hand, added, known)
	t := g.terms.Weights
	sum := float64(t.Distance + t.Rating + t.Capacity + t.Workload)
	return float32((d*float64(t.Distance) + r*float64(t.Rating) + c*float64(t.Capacity) + w*float64(t.Workload)) / sum)
}

func (g *greedy) parts(job, hand int, added float64, known bool) (distance, rating, capacity, workload float64) {
	h := &g.hands[hand]
	if known {
		distance = 100 * max(0, 1-added/float64(g.terms.Reach))
	}
	stars := h.Stars
	if stars == 0 {
		stars = unratedStars
	}
	rating = float64(stars) / 5
	if h.Capacity > 0 {
		capacity = 100 * float64(h.Capacity-h.Load-g.jobs[job].Weight) / float64(h.Capacity)
	}
	workload = 100 * float64(g.terms.MostJobs-h.Jobs) / float64(g.terms.MostJobs)
	return distance, rating, capacity, workload
}

func (g *greedy) candidate(job, hand int) Candidate {
	added, known := g.routes[hand].added(g.legs[job])
	d, r, c, w := g.parts(job, hand, added, known)
	round := func(v float64) int64 { return int64(min(100, max(0, v)) + 0.5) }
	out := Candidate{Hand: hand, Score: Score{round(d), round(r), round(c), round(w), round(float64(g.worth[job][hand]))}, Added: -1}
	if known {
		out.Added = int64(added + 0.5)
	}
	return out
}

// choose is the choice for a job and the next best.
func (g *greedy) choose(job int) Choice {
	best := int(g.best[job])
	out := Choice{Found: true, Candidate: g.candidate(job, best)}
	var order []int
	for hand, v := range g.worth[job] {
		if v < 0 || hand == best {
			continue
		}
		at := len(order)
		for at > 0 && v > g.worth[job][order[at-1]] {
			at--
		}
		if at < mostOthers {
			order = slices.Insert(order, at, hand)
			order = order[:min(len(order), mostOthers)]
		}
	}
	for _, hand := range order {
		out.Others = append(out.Others, g.candidate(job, hand))
	}
	return out
}

// refusal says why nobody can have a job.
func (g *greedy) refusal(job int) (Refusal, int64) {
	free, fits, most, nearest := false, false, int64(0), int64(-1)
	for hand, h := range g.hands {
		if h.Jobs >= g.terms.MostJobs || g.jobs[job].Not != 0 && g.jobs[job].Not == h.ID {
			continue
		}
		free = true
		most = max(most, h.Capacity-h.Load)
		if !g.can(job, hand) {
			continue
		}
		fits = true
		if added, known := g.routes[hand].added(g.legs[job]); known && (nearest < 0 || int64(added) < nearest) {
			nearest = int64(added + 0.5)
		}
	}
	switch {
	case len(g.hands) == 0:
		return NoCourier, 0
	case !free:
		return AllBusy, 0
	case !fits:
		return TooHeavy, most
	default:
		return TooFar, nearest
	}
}
