package rate

import (
	"context"
	"fmt"

	"github.com/haat-market/haat/internal/catalog"
	"github.com/haat-market/haat/internal/market"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/event"
	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/internal/rate/ratedb"
	"github.com/haat-market/haat/internal/store"
)

// Allowance is what a store may do now.
type Allowance struct {
	Open  bool  // it may buy
	Areas int64 // how many postal codes it may serve
}

// Gate says what a store may do. A room above registers itself; without one every store may buy.
type Gate interface {
	Allowance(ctx context.Context, tx db.Tx, storeID int64) (Allowance, error)
}

type openGate struct{}

func (openGate) Allowance(context.Context, db.Tx, int64) (Allowance, error) {
	return Allowance{Open: true, Areas: DefaultAreas}, nil
}

// Deps are what the room stands on.
type Deps struct {
	DB      *db.DB
	Clock   clock.Clock
	Events  *event.Log
	Market  *market.Service
	Stores  *store.Service
	Catalog *catalog.Service
}

// Service is the room.
type Service struct {
	db      *db.DB
	clock   clock.Clock
	events  *event.Log
	market  *market.Service
	stores  *store.Service
	catalog *catalog.Service
	gate    Gate
}

// New opens the room; it watches stores and materials.
func New(d Deps) *Service {
	s := &Service{db: d.DB, clock: d.Clock, events: d.Events, market: d.Market, stores: d.Stores, catalog: d.Catalog, gate: openGate{}}
	d.Stores.Watch(s)
	d.Catalog.WatchMaterials(s)
	return s
}

// GateWith registers the gate. It is there before the first request.
func (s *Service) GateWith(g Gate) { s.gate = g }

func (s *Service) now() int64 { return clock.Micro(s.clock.Now()) }

func actor(c web.Caller) string {
	if c.SignedIn() {
		return c.Account
	}
	return event.System
}

// StoreChanged implements store.Watcher.
func (s *Service) StoreChanged(ctx context.Context, tx db.Tx, b store.Brief) error {
	return s.Refresh(ctx, tx, b)
}

// Refresh shows or hides a store's rates after it, or what it may do, has changed.
func (s *Service) Refresh(ctx context.Context, tx db.Tx, b store.Brief) error {
	q := ratedb.New(tx)
	may, err := s.buys(ctx, tx, b)
	if err != nil {
		return err
	}
	if !may {
		_, err := q.HideRates(ctx, b.ID)
		return err
	}
	codes, err := q.Areas(ctx, b.ID)
	if err != nil || len(codes) == 0 {
		return err
	}
	return s.offer(ctx, tx, b.ID, codes)
}

// offer shows a store's rates at these postal codes, but those of materials that nobody buys any more.
func (s *Service) offer(ctx context.Context, tx db.Tx, storeID int64, codes []string) error {
	q := ratedb.New(tx)
	if _, err := q.OfferRates(ctx, storeID, codes); err != nil {
		return err
	}
	kinds, err := q.MaterialsOfStore(ctx, storeID)
	if err != nil {
		return err
	}
	found, err := s.catalog.MaterialsByID(ctx, tx, kinds)
	if err != nil {
		return err
	}
	for _, m := range found {
		if m.Active {
			continue
		}
		if _, err := q.HideRatesOfStore(ctx, storeID, m.Key); err != nil {
			return err
		}
	}
	return nil
}

// buys says whether a store's rates may be shown.
func (s *Service) buys(ctx context.Context, tx db.Tx, b store.Brief) (bool, error) {
	if !b.Open() || !b.Buys {
		return false, nil
	}
	a, err := s.gate.Allowance(ctx, tx, b.ID)
	return a.Open, err
}

// MaterialChanged implements catalog.MaterialWatcher.
func (s *Service) MaterialChanged(ctx context.Context, tx db.Tx, m catalog.Material) error {
	q := ratedb.New(tx)
	if !m.Active {
		_, err := q.HideRatesOf(ctx, m.Key)
		return err
	}
	ids, err := q.StoresWithRatesOf(ctx, m.Key)
	if err != nil || len(ids) == 0 {
		return err
	}
	briefs, err := s.stores.Briefs(ctx, tx, ids)
	if err != nil {
		return err
	}
	for _, id := range ids {
		if err := s.Refresh(ctx, tx, briefs[id]); err != nil {
			return fmt.Errorf("rates of store %d: %w", id, err)
		}
	}
	return nil
}

// complete adds the stores and materials of rates, by one query each.
func (s *Service) complete(ctx context.Context, tx db.Tx, rows []ratedb.Rate) ([]Rate, error) {
	out := make([]Rate, len(rows))
	stores, materials := make([]int64, len(rows)), make([]int64, len(rows))
	for i, r := range rows {
		out[i], stores[i], materials[i] = rateOf(r), r.StoreID, r.MaterialID
	}
	briefs, err := s.stores.Briefs(ctx, tx, stores)
	if err != nil {
		return nil, err
	}
	kinds, err := s.catalog.MaterialsByID(ctx, tx, materials)
	if err != nil {
		return nil, err
	}
	for i := range out {
		out[i].Store, out[i].Material = briefs[out[i].StoreID], kinds[out[i].Material.Key]
	}
	return out, nil
}

// ByID are the rates with these keys, complete; one that is not there is missing.
func (s *Service) ByID(ctx context.Context, tx db.Tx, keys []int64) (map[int64]Rate, error) {
	rows, err := ratedb.New(tx).RatesByID(ctx, keys)
	if err != nil {
		return nil, err
	}
	list, err := s.complete(ctx, tx, rows)
	out := make(map[int64]Rate, len(list))
	for _, r := range list {
		out[r.Key] = r
	}
	return out, err
}

// Named is a rate by its public id, complete. Error: ErrRateNotFound.
func (s *Service) Named(ctx context.Context, tx db.Tx, id string) (Rate, error) {
	row, err := ratedb.New(tx).RateByPublicID(ctx, id)
	if err != nil {
		return Rate{}, ifNone(err, ErrRateNotFound)
	}
	list, err := s.complete(ctx, tx, []ratedb.Rate{row})
	if err != nil {
		return Rate{}, err
	}
	return list[0], nil
}
