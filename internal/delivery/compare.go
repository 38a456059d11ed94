package delivery

import (
	"math"
	"math/rand/v2"
)

// Lengths compares plans of the same jobs by the metres that all couriers go: by score, each job to the nearest courier
// who may have it, and each to one by chance (always the same chance). Of the last two, each courier does one job after
// another.
func Lengths(jobs []Job, hands []Hand, terms Terms) (score, nearest, chance int64) {
	plan := Greedy{}.Plan(jobs, hands, terms)
	g := newGreedy(jobs, hands, terms)
	for _, class := range g.classes() {
		for _, job := range class {
			if plan[job].Found {
				g.routes[plan[job].Hand].insert(g.legs[job])
			}
		}
	}
	score = g.all()
	nearest = inTurn(jobs, hands, terms, func(g *greedy, job int) int {
		found, least := -1, math.Inf(1)
		for hand := range g.hands {
			r := g.routes[hand]
			if !g.can(job, hand) || len(r.stops) == 0 {
				continue
			}
			if d := r.stops[len(r.stops)-1].to(g.legs[job].from); d < least {
				found, least = hand, d
			}
		}
		return found
	})
	r := rand.New(rand.NewPCG(1, 1))
	chance = inTurn(jobs, hands, terms, func(g *greedy, job int) int {
		for range 4 * len(g.hands) {
			if hand := r.IntN(len(g.hands)); g.can(job, hand) {
				return hand
			}
		}
		return -1
	})
	return score, nearest, chance
}

// inTurn gives one job after another away, each at the end of its courier's way.
func inTurn(jobs []Job, hands []Hand, terms Terms, pick func(*greedy, int) int) int64 {
	g := newGreedy(jobs, hands, terms)
	for _, class := range g.classes() {
		for _, job := range class {
			hand := pick(g, job)
			if hand < 0 {
				continue
			}
			l := g.legs[job]
			g.routes[hand].stops = append(g.routes[hand].stops, l.from, l.to)
			g.hands[hand].Jobs, g.hands[hand].Load = g.hands[hand].Jobs+1, g.hands[hand].Load+jobs[job].Weight
		}
	}
	return g.all()
}

// all is the length of all ways.
func (g *greedy) all() int64 {
	sum := 0.0
	for i := range g.routes {
		sum += g.routes[i].length()
	}
	return int64(sum)
}
