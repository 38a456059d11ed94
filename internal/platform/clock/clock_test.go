package clock_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/haat-market/haat/internal/platform/clock"
)

func TestSystemIsUTCInMicroseconds(t *testing.T) {
	now := clock.System().Now()
	if now.Location() != time.UTC {
		t.Errorf("location = %v, want UTC", now.Location())
	}
	if now.Nanosecond()%1000 != 0 {
		t.Errorf("now has nanoseconds: %d", now.Nanosecond())
	}
	if d := time.Since(now); d < 0 || d > time.Minute {
		t.Errorf("now is %v away from the machine's time", d)
	}
	if clock.Time(clock.Micro(now)) != now {
		t.Error("now does not survive its stored form")
	}
}

func TestFakeMovesOnlyWhenTold(t *testing.T) {
	kathmandu := time.FixedZone("NPT", 5*3600+45*60)
	f := clock.NewFake(time.Date(2026, 7, 17, 0, 0, 0, 1999, kathmandu))
	start := time.Date(2026, 7, 16, 18, 15, 0, 1000, time.UTC)
	if got := f.Now(); got != start {
		t.Fatalf("now = %v, want %v", got, start)
	}
	if got, want := f.Advance(15*time.Minute), start.Add(15*time.Minute); got != want || f.Now() != want {
		t.Errorf("after Advance: %v, want %v", got, want)
	}
	f.Set(start)
	if got := f.Now(); got != start {
		t.Errorf("after Set: %v, want %v", got, start)
	}
}

func TestStoredFormRoundTrips(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		// From the year 1 to 9999, both signs of the epoch.
		micro := rapid.Int64Range(-62135596800_000000, 253402300799_999999).Draw(t, "micro")
		if got := clock.Micro(clock.Time(micro)); got != micro {
			t.Fatalf("Micro(Time(%d)) = %d", micro, got)
		}
		if at := clock.Time(micro); clock.NewFake(at).Now() != at {
			t.Fatalf("a fake clock changed %v", at)
		}
	})
}
