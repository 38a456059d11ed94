package clock

import (
	"sync"
	"time"
)

// Clock tells the current time in UTC, cut to whole microseconds.
type Clock interface {
	Now() time.Time
}

// System is the machine's clock.
func System() Clock { return system{} }

type system struct{}

func (system) Now() time.Time { return normal(time.Now()) }

// Fake is a clock that moves only when it is told to. It may be used by many
// goroutines at once.
type Fake struct {
	mu  sync.Mutex
	now time.Time
}

// NewFake returns a clock that stands at t.
func NewFake(t time.Time) *Fake { return &Fake{now: normal(t)} }

// Now is where the clock stands.
func (f *Fake) Now() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.now
}

// Advance moves the clock by d (backwards if d is negative) and returns the new
// time.
func (f *Fake) Advance(d time.Duration) time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.now = normal(f.now.Add(d))
	return f.now
}

// Set puts the clock to t.
func (f *Fake) Set(t time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.now = normal(t)
}

// Micro is the stored form of t: microseconds since 1970.
func Micro(t time.Time) int64 { return t.UnixMicro() }

// Time is the time whose stored form is micro.
func Time(micro int64) time.Time { return time.UnixMicro(micro).UTC() }

// Text is t as JSON writes it: for answers with many times, where a time's own method takes a copy and a check of each.
func Text(t time.Time) string { return t.Format(time.RFC3339Nano) }

// normal goes through the stored form, which cuts the nanoseconds towards the
// past (Truncate would do so only after the year 1) and drops the monotonic
// reading, so that two equal times are also == each other.
func normal(t time.Time) time.Time { return Time(Micro(t)) }
