package job

import (
	"math/rand/v2"
	"time"
)

// pulse wakes a loop. A beat is given inside a transaction that is not committed yet and may never be, so the loop
// looks again soon, then less and less often, until it is back at its idle rhythm. A lost beat costs one idle wait.
type pulse struct{ ch chan struct{} }

func newPulse() pulse { return pulse{make(chan struct{}, 1)} }

func (p pulse) beat() {
	select {
	case p.ch <- struct{}{}:
	default:
	}
}

var eager = [...]time.Duration{20 * time.Millisecond, 60 * time.Millisecond, 200 * time.Millisecond, 600 * time.Millisecond}

// rhythm is one loop's place between eager and idle.
type rhythm struct {
	pulse pulse
	step  int
}

func newRhythm(p pulse) *rhythm { return &rhythm{pulse: p, step: len(eager)} }

// wait returns when it is time to look again; false when quit was closed.
func (r *rhythm) wait(quit <-chan struct{}, idle time.Duration) bool {
	for {
		d := jittered(idle)
		if r.step < len(eager) {
			d = min(eager[r.step], idle)
			r.step++
		}
		timer := time.NewTimer(d)
		select {
		case <-timer.C:
			return true
		case <-quit:
			timer.Stop()
			return false
		case <-r.pulse.ch:
			timer.Stop()
			if r.step == 1 { // already at its most eager: a stream of beats must not put the look off
				time.Sleep(min(eager[0], idle))
				return true
			}
			r.step = 0
		}
	}
}

// jittered spreads the processes' rhythms: d ± an eighth.
func jittered(d time.Duration) time.Duration {
	if d < 8 {
		return d
	}
	return d - d/8 + rand.N(d/4)
}
