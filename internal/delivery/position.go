package delivery

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/haat-market/haat/internal/delivery/deliverydb"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/geo"
	"github.com/haat-market/haat/internal/platform/job"
	"github.com/haat-market/haat/internal/platform/web"
)

const (
	// flushEvery is how often positions are written; a process that is killed loses as much.
	flushEvery = 5 * time.Second
	// oldestFix is how old a position may be that a phone sends.
	oldestFix = 24 * time.Hour
	// A point of the track is kept when the courier has moved so far and so much time has passed.
	trackMetres = 30
	trackEvery  = 30 * time.Second
	trackAtRest = 5 * time.Minute // also where he has not moved
	// tracksKept is how long it is known where somebody was.
	tracksKept = 30 * 24 * time.Hour
)

// Fix is where a phone was, and when by its own clock.
type Fix struct {
	Where geo.Point
	At    time.Time
}

// seen is the last that is known of a courier, and what of it is not written yet.
type seen struct {
	where   geo.Point
	at      int64
	dirty   bool
	kept    *geo.Point // the last point of the track
	keptAt  int64
	waiting []deliverydb.InsertTracksParams
}

// positions are where couriers are: in memory at once, in the database some seconds later.
type positions struct {
	mu   sync.Mutex
	all  map[int64]*seen // by courier
	who  map[int64]int64 // the courier of an account
	live chan struct{}   // closed when the process stops: whoever follows a delivery is let go
	once sync.Once
}

func newPositions() *positions {
	return &positions{all: map[int64]*seen{}, who: map[int64]int64{}, live: make(chan struct{})}
}

// last is where a courier was seen last by this process.
func (p *positions) last(courier int64) (where geo.Point, at int64, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.all[courier]
	if s == nil {
		return geo.Point{}, 0, false
	}
	return s.where, s.at, true
}

// take notes fixes in the order of their times. What is not newer than what is known changes nothing, so that a batch
// that is sent again, or late, does no harm.
func (p *positions) take(courier int64, fixes []Fix, now time.Time) (taken int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.all[courier]
	if s == nil {
		s = &seen{}
		p.all[courier] = s
	}
	for _, f := range fixes {
		at := min(clock.Micro(f.At), clock.Micro(now)) // a clock that is ahead knows nothing of the future
		if at <= s.at || now.Sub(f.At) > oldestFix {
			continue
		}
		s.where, s.at, s.dirty = f.Where, at, true
		taken++
		since := time.Duration(at-s.keptAt) * time.Microsecond
		if s.kept == nil || since >= trackAtRest || since >= trackEvery && geo.Metres(*s.kept, f.Where) >= trackMetres {
			where := f.Where
			s.kept, s.keptAt = &where, at
			s.waiting = append(s.waiting, deliverydb.InsertTracksParams{CourierID: courier, Lat: where.Lat, Lng: where.Lng, At: at})
		}
	}
	return taken
}

// unwritten takes out what is to be written.
func (p *positions) unwritten() (where []deliverydb.LocateCouriersParams, track []deliverydb.InsertTracksParams) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for id, s := range p.all {
		if !s.dirty {
			continue
		}
		at := s.at
		lat, lng := s.where.Lat, s.where.Lng
		where = append(where, deliverydb.LocateCouriersParams{Lat: &lat, Lng: &lng, LocatedAt: &at, ID: id})
		track = append(track, s.waiting...)
		s.dirty, s.waiting = false, nil
	}
	slices.SortFunc(where, func(a, b deliverydb.LocateCouriersParams) int { return int(a.ID - b.ID) })
	return where, track
}

// Seen notes where the caller is. The answer is how many of the fixes were news.
func (s *Service) Seen(ctx context.Context, caller web.Caller, fixes []Fix) (taken int, err error) {
	id, err := s.courierOf(ctx, caller)
	if err != nil {
		return 0, err
	}
	fixes = slices.Clone(fixes)
	slices.SortStableFunc(fixes, func(a, b Fix) int { return a.At.Compare(b.At) })
	return s.places.take(id, fixes, s.clock.Now()), nil
}

// courierOf is the caller's courier; it is looked up once.
func (s *Service) courierOf(ctx context.Context, caller web.Caller) (int64, error) {
	s.places.mu.Lock()
	id, ok := s.places.who[caller.AccountID]
	s.places.mu.Unlock()
	if ok {
		return id, nil
	}
	err := s.db.Write(ctx, "delivery.me", func(ctx context.Context, tx db.Tx) error {
		c, err := s.mine(ctx, tx, caller)
		id = c.ID
		return err
	})
	if err != nil {
		return 0, err
	}
	s.places.mu.Lock()
	s.places.who[caller.AccountID] = id
	s.places.mu.Unlock()
	return id, nil
}

// flushChunk is how many positions one transaction writes.
const flushChunk = 200

// Flush writes the positions that are only in memory.
func (s *Service) Flush(ctx context.Context) error {
	where, track := s.places.unwritten()
	for len(where) > 0 || len(track) > 0 {
		n, m := min(len(where), flushChunk), min(len(track), flushChunk)
		err := s.db.Write(ctx, "delivery.positions", func(ctx context.Context, tx db.Tx) error {
			q := deliverydb.New(tx)
			var failed error
			note := func(_ int, err error) { failed = errors.Join(failed, err) }
			if n > 0 {
				q.LocateCouriers(ctx, where[:n]).Exec(note)
			}
			if m > 0 && failed == nil {
				q.InsertTracks(ctx, track[:m]).Exec(note)
			}
			return failed
		}, db.Bulk(), db.ReadCommitted()) // READ COMMITTED: a newer position is kept by the guard of the update
		if err != nil {
			return err
		}
		where, track = where[n:], track[m:]
	}
	return nil
}

// KeepPositions writes positions every few seconds until ctx ends, and then once more. Each process writes its own.
func (s *Service) KeepPositions(ctx context.Context) {
	tick := time.NewTicker(flushEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			if err := s.Flush(context.WithoutCancel(ctx)); err != nil {
				s.log.Warn("the last positions of couriers could not be written", slog.Any("error", err))
			}
			return
		case <-tick.C:
			if err := s.Flush(ctx); err != nil && ctx.Err() == nil {
				s.log.Warn("positions of couriers could not be written", slog.Any("error", err))
			}
		}
	}
}

// LetGo ends all streams: the process stops.
func (s *Service) LetGo() { s.places.once.Do(func() { close(s.places.live) }) }

// where is the newest that is known of where a courier is.
func (s *Service) where(c deliverydb.Courier) (*geo.Point, int64) {
	at := int64(0)
	p := pointOf(c.Lat, c.Lng)
	if p != nil && c.LocatedAt != nil {
		at = *c.LocatedAt
	}
	if here, seenAt, ok := s.places.last(c.ID); ok && seenAt > at {
		return &here, seenAt
	}
	return p, at
}

// Work registers the room's sweeps.
func (s *Service) Work(j *job.Runner) {
	j.Sweep(job.Sweep{Name: "delivery.tracks", Every: time.Hour, Run: s.forgetTracks})
}

func (s *Service) forgetTracks(ctx context.Context, lease job.Lease) (int, error) {
	var n int64
	err := s.db.Write(ctx, "delivery.tracks", func(ctx context.Context, tx db.Tx) error {
		if err := lease.Check(ctx, tx); err != nil {
			return err
		}
		var err error
		n, err = deliverydb.New(tx).ForgetTracks(ctx, clock.Micro(s.clock.Now().Add(-tracksKept)), flushChunk)
		return err
	}, db.Bulk())
	return int(n), err
}

// TrackPoint is where a courier was while he had a delivery.
type TrackPoint struct {
	Lat string    `json:"lat"`
	Lng string    `json:"lng"`
	At  time.Time `json:"at"`
}

// mostTrack bounds a track that is shown.
const mostTrack = 2000

// Track is where the courier was from pickup to the end, for those who see the delivery. Errors: ErrNotFound.
func (s *Service) Track(ctx context.Context, caller web.Caller, id string) (out []TrackPoint, err error) {
	err = s.db.Read(ctx, "delivery.track", func(ctx context.Context, tx db.Tx) error {
		out = []TrackPoint{}
		d, _, err := s.open(ctx, tx, caller, id)
		if err != nil || d.CourierID == nil || d.PickedUpAt == nil {
			return err
		}
		until := clock.Micro(s.clock.Now())
		if d.EndedAt != nil {
			until = *d.EndedAt
		}
		rows, err := deliverydb.New(tx).TrackOf(ctx, *d.CourierID, *d.PickedUpAt, until, mostTrack)
		for _, r := range rows {
			lat, lng := geo.Point{Lat: r.Lat, Lng: r.Lng}.Strings()
			out = append(out, TrackPoint{lat, lng, clock.Time(r.At)})
		}
		return err
	})
	return out, err
}
