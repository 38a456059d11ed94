package market

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/haat-market/haat/internal/market/marketdb"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/event"
)

const (
	versionName = "version"
	freshFor    = 2 * time.Second
	subject     = "market"
)

// Frozen says whether the settings that must not change after the first order are fixed by now.
type Frozen func(ctx context.Context, tx db.Tx) (bool, error)

// freeze is somebody who may know that settings are fixed.
type freeze struct {
	know  Frozen
	names []string // none: all that can be fixed
}

// Methods names the ways to pay that buyers are offered.
type Methods func(ctx context.Context) ([]string, error)

// Service is the market's settings.
type Service struct {
	db    *db.DB
	clock clock.Clock
	log   *event.Log
	// logger says what went wrong.
	logger *slog.Logger

	frozen  []freeze
	methods Methods

	reading sync.Mutex // one reader asks the database, the others wait for what it got
	cache   atomic.Pointer[cached]
	parsed  atomic.Pointer[parsed]
}

type cached struct {
	settings Settings
	read     time.Time
}

// parsed are the texts read last and the settings that they made. Making them anew costs more than a product's page, and
// reads the file of a time zone.
type parsed struct {
	texts    map[string]string // nobody writes it
	settings Settings
}

// New returns the settings of a database.
func New(d *db.DB, c clock.Clock, log *event.Log, logger *slog.Logger) *Service {
	return &Service{
		db: d, clock: c, log: log, logger: logger,
		methods: func(context.Context) ([]string, error) { return nil, nil },
	}
}

// Freeze registers who knows whether the named settings are fixed by now; without names, all that can be. Called while
// the program is put together.
func (s *Service) Freeze(f Frozen, names ...string) { s.frozen = append(s.frozen, freeze{f, names}) }

// Offer registers who knows the ways to pay. Called while the program is put together.
func (s *Service) Offer(f Methods) { s.methods = f }

// fresh gives what was read less than two seconds ago. A clock that was set back does not keep it for ever.
func (s *Service) fresh() (Settings, bool) {
	c := s.cache.Load()
	if c == nil {
		return Settings{}, false
	}
	age := s.clock.Now().Sub(c.read)
	return c.settings, age >= 0 && age < freshFor
}

// Settings are at most two seconds old. Call it outside a transaction; inside one, SettingsIn reads what is there.
func (s *Service) Settings(ctx context.Context) (Settings, error) {
	if fresh, ok := s.fresh(); ok {
		return fresh, nil
	}
	s.reading.Lock()
	defer s.reading.Unlock()
	if fresh, ok := s.fresh(); ok {
		return fresh, nil
	}
	start := s.clock.Now()
	var out Settings
	err := s.db.Read(ctx, "market.settings", func(ctx context.Context, tx db.Tx) (err error) {
		out, err = s.SettingsIn(ctx, tx)
		return err
	})
	if err != nil {
		return Settings{}, err
	}
	s.cache.Store(&cached{out, start})
	return out, nil
}

// SettingsFor are the settings inside a transaction: those at hand if they are fresh, else read on its own snapshot.
// What it reads is not kept for others, because nobody knows how old the snapshot is.
func (s *Service) SettingsFor(ctx context.Context, tx db.Tx) (Settings, error) {
	if fresh, ok := s.fresh(); ok {
		return fresh, nil
	}
	return s.SettingsIn(ctx, tx)
}

// SettingsIn reads the settings in the caller's transaction, past the cache.
func (s *Service) SettingsIn(ctx context.Context, tx db.Tx) (Settings, error) {
	out, _, err := s.stored(ctx, tx)
	return out, err
}

// stored gives the settings and the texts that they were made of.
func (s *Service) stored(ctx context.Context, tx db.Tx) (Settings, map[string]string, error) {
	rows, err := marketdb.New(tx).Settings(ctx)
	if err != nil {
		return Settings{}, nil, fmt.Errorf("read settings: %w", err)
	}
	texts := make(map[string]string, len(rows))
	for _, r := range rows {
		texts[r.Name] = r.Value
	}
	if last := s.parsed.Load(); last != nil && maps.Equal(last.texts, texts) {
		return last.settings, texts, nil
	}
	out, err := parse(texts)
	if err != nil { // what is stored was validated: this is damage, not a caller's mistake
		return Settings{}, nil, errors.New("stored settings: " + err.Error())
	}
	s.parsed.Store(&parsed{maps.Clone(texts), out}) // a copy: a change is made in what the caller gets
	return out, texts, nil
}

// Change sets the named settings, all or none. seen is the version that the change is based on; nil takes whatever is
// there.
func (s *Service) Change(ctx context.Context, actor string, seen *int64, values map[string]string) (Settings, error) {
	var out Settings
	err := s.db.Write(ctx, "market.change", func(ctx context.Context, tx db.Tx) error {
		before, texts, err := s.stored(ctx, tx)
		if err != nil {
			return err
		}
		if seen != nil && *seen != before.Version {
			return ErrVersionConflict.With("version", before.Version)
		}
		maps.Copy(texts, values)
		after, err := parse(texts)
		if err != nil {
			return err
		}
		after.Version = before.Version
		changed := differences(before, after)
		if len(changed) > 0 {
			if err := s.write(ctx, tx, actor, before, &after, changed); err != nil {
				return err
			}
		}
		out = after
		return nil
	})
	if err != nil {
		return Settings{}, err
	}
	s.cache.Store(&cached{out, s.clock.Now()})
	return out, nil
}

func (s *Service) write(ctx context.Context, tx db.Tx, actor string, before Settings, after *Settings, changed []setting) error {
	if err := s.mayChange(ctx, tx, changed); err != nil {
		return err
	}
	q, now := marketdb.New(tx), clock.Micro(s.clock.Now())
	if before.Version == 0 {
		if err := q.FirstVersion(ctx, now); err != nil {
			return fmt.Errorf("first version: %w", err)
		}
	}
	after.Version = before.Version + 1
	n, err := q.NextVersion(ctx, digits(after.Version), now, actor, digits(before.Version))
	if err != nil {
		return fmt.Errorf("next version: %w", err)
	}
	if n == 0 {
		return ErrVersionConflict
	}
	rows := make([]marketdb.PutSettingParams, len(changed))
	events := make([]event.Event, len(changed))
	for i, d := range changed {
		rows[i] = marketdb.PutSettingParams{Name: d.name, Value: d.get(*after), UpdatedAt: now, UpdatedBy: actor}
		facts := map[string]any{"setting": d.name, "version": after.Version}
		if !d.contact {
			facts["old"], facts["new"] = d.get(before), d.get(*after)
		}
		events[i] = event.Event{Type: "market.setting_changed", Subject: subject, Actor: actor, Facts: facts}
	}
	q.PutSetting(ctx, rows).Exec(func(i int, e error) {
		if e != nil && err == nil {
			err = fmt.Errorf("put setting %s: %w", rows[i].Name, e)
		}
	})
	if err != nil {
		return err
	}
	return s.log.AppendMany(ctx, tx, events)
}

// mayChange refuses a change of what is fixed by now.
func (s *Service) mayChange(ctx context.Context, tx db.Tx, changed []setting) error {
	for _, f := range s.frozen {
		i := slices.IndexFunc(changed, func(d setting) bool {
			return d.fixed && (len(f.names) == 0 || slices.Contains(f.names, d.name))
		})
		if i < 0 {
			continue
		}
		fixed, err := f.know(ctx, tx)
		if err != nil {
			return err
		}
		if fixed {
			return ErrSettingFixed.With("setting", changed[i].name)
		}
	}
	return nil
}

// differences are the settings that a change changes.
func differences(before, after Settings) (out []setting) {
	for _, d := range settings {
		if d.get(before) != d.get(after) {
			out = append(out, d)
		}
	}
	return out
}
