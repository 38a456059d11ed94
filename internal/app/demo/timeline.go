package demo

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/fault"
)

const (
	// span is how much of the story is played at once, side by side.
	span = 3 * time.Hour
	// stroll is about how far the clock walks meanwhile. It stays well below the time that people have to pay.
	stroll = 40 * time.Minute
	// looks is about how often one deed looks at the clock.
	looks = 20
	// Steps are odd, so that times look like times.
	longest  = 15*time.Second + 177_331*time.Microsecond
	shortest = 1*time.Second + 77_717*time.Microsecond
)

// deed is something that is done at a time of the story.
type deed struct {
	at time.Time
	// lane is whose story it is part of: the deeds of a lane follow each other, lanes run side by side.
	lane int
	// alone: nothing else is done beside it, and all that comes before is done.
	alone bool
	do    func(ctx context.Context) error
	// sweep, instead of do, is one that has something to do at that time.
	sweep string
}

// plan puts a deed into the story, unless it would be in the future.
func (s *story) plan(d deed) {
	if d.at.Before(s.end) {
		s.deeds = append(s.deeds, d)
	}
}

// play does everything in the order of its time.
func (s *story) play(ctx context.Context) error {
	slices.SortStableFunc(s.deeds, func(a, b deed) int { return a.at.Compare(b.at) })
	for rest := s.deeds; len(rest) > 0; {
		n := 1
		for !rest[0].alone && n < len(rest) && !rest[n].alone && rest[n].at.Sub(rest[0].at) < span {
			n++
		}
		if err := s.wave(ctx, rest[:n]); err != nil {
			return err
		}
		rest = rest[n:]
	}
	return nil
}

// wave does deeds side by side, then the sweeps that are due by the end of it, then the jobs that came of both.
func (s *story) wave(ctx context.Context, deeds []deed) error {
	lanes := map[int][]deed{}
	var order []int
	var sweeps []string
	for _, d := range deeds {
		if d.sweep != "" {
			if !slices.Contains(sweeps, d.sweep) {
				sweeps = append(sweeps, d.sweep)
			}
			continue
		}
		if lanes[d.lane] == nil {
			order = append(order, d.lane)
		}
		lanes[d.lane] = append(lanes[d.lane], d)
	}
	s.clock.to(deeds[0].at, s.step(deeds))
	side := s.side(ctx)
	for _, lane := range order {
		side.Go(func() error {
			for _, d := range lanes[lane] {
				if err := s.refused(d.do(side.ctx)); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := side.Wait(); err != nil {
		return err
	}
	s.clock.to(deeds[len(deeds)-1].at, time.Millisecond)
	for _, name := range sweeps {
		if _, err := s.app.Jobs.RunSweep(ctx, name); err != nil {
			return err
		}
	}
	if s.owed.Swap(false) {
		_, err := s.app.Jobs.Drain(ctx)
		return err
	}
	return nil
}

// refused lets the story go on where the market refused something that was planned: a month in which that happened is
// better than none. What the market could not do at all is an error.
func (s *story) refused(err error) error {
	f, ok := fault.As(err)
	if !ok || f.Kind == fault.Unavailable || f.Kind == fault.Internal {
		return err
	}
	s.refusals.Add(1)
	s.app.Log.Debug("not as planned", slog.Any("error", err))
	return nil
}

// step is how far the clock goes with every look while these deeds are done.
func (s *story) step(deeds []deed) time.Duration {
	if deeds[0].alone {
		return shortest
	}
	far := min(stroll, s.end.Sub(deeds[0].at)/3)
	return max(shortest, min(longest, far/time.Duration(looks*len(deeds))))
}

// side is a group of goroutines whose number is bounded.
type side struct {
	*errgroup.Group
	ctx context.Context
}

func (s *story) side(ctx context.Context) side {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(s.parallel)
	return side{g, ctx}
}

// insist does something again when the database asks for it: so many at once get into each other's way on PostgreSQL.
func insist[T any](f func() (T, error)) (v T, err error) {
	for range 20 {
		if v, err = f(); !errors.Is(err, db.ErrTryAgain) {
			return v, err
		}
	}
	return v, err
}
