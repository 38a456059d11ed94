package bench

import (
	"fmt"
	"slices"
)

// rounds is how often things that are compared are measured in turns: whatever else the machine does meanwhile, it does
// to all of them.
const rounds = 5

// inTurns measures things in turns, each round in the other order, and gives of each one Run over all rounds. again is
// how often. Beside them stand the rounds' own Runs.
func inTurns(again int, lanes ...func() (Run, error)) (sums []Run, each [][]Run, err error) {
	each = make([][]Run, len(lanes))
	for round := range again {
		for i := range lanes {
			if round%2 == 1 {
				i = len(lanes) - 1 - i
			}
			r, err := lanes[i]()
			if err != nil {
				return nil, nil, err
			}
			each[i] = append(each[i], r)
		}
	}
	for _, runs := range each {
		sums = append(sums, together(runs))
	}
	return sums, each, nil
}

// together is one measurement made of several of the same.
func together(runs []Run) Run {
	sum := runs[0]
	sum.Errors, sum.times = map[string]int64{}, &histogram{}
	sum.Seconds, sum.BytesIn, sum.BytesOut, sum.ServerCPU, sum.ClientCPU = 0, 0, 0, 0, 0
	for _, r := range runs {
		sum.times.merge(r.times)
		sum.Seconds += r.Seconds
		sum.BytesIn += r.BytesIn
		sum.BytesOut += r.BytesOut
		sum.ServerCPU += r.ServerCPU / float64(len(runs))
		sum.ClientCPU += r.ClientCPU / float64(len(runs))
		sum.ServerRSS = max(sum.ServerRSS, r.ServerRSS)
		for code, n := range r.Errors {
			sum.Errors[code] += n
		}
	}
	sum.sum()
	return sum
}

// spread is the ratio of two things' medians in each round, from the least to the most.
func spread(of, to []Run) string {
	var all []float64
	for i := range of {
		if to[i].P50 > 0 {
			all = append(all, of[i].P50/to[i].P50)
		}
	}
	if len(all) == 0 {
		return ""
	}
	return fmt.Sprintf(" (%.2f to %.2f)", slices.Min(all), slices.Max(all))
}
