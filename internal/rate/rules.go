package rate

import (
	"context"

	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/verify"
	"github.com/haat-market/haat/internal/rate/ratedb"
)

// Rules are what must hold of this room's tables.
func (s *Service) Rules() []verify.Rule {
	return []verify.Rule{
		{Name: "rate.prices", About: "the last line of a rate's history is its price", Check: s.checkPrices},
		{Name: "rate.offers", About: "exactly the rates that a store may buy at now, where it serves, are offered", Check: s.checkOffers},
	}
}

func (s *Service) walk(ctx context.Context, tx db.Tx, each func([]ratedb.VerifyRatesRow) error) error {
	q := ratedb.New(tx)
	for after := int64(0); ; {
		rows, err := q.VerifyRates(ctx, after)
		if err != nil || len(rows) == 0 {
			return err
		}
		if err := each(rows); err != nil {
			return err
		}
		after = rows[len(rows)-1].ID
	}
}

func (s *Service) checkPrices(ctx context.Context, tx db.Tx, report func(string, ...any)) error {
	return s.walk(ctx, tx, func(rows []ratedb.VerifyRatesRow) error {
		for _, r := range rows {
			if r.Price != r.LastPrice {
				report("rate %s is %d, and its history ends with %d", r.PublicID, r.Price, r.LastPrice)
			}
		}
		return nil
	})
}

// checkOffers asks once for each store of a page of rates.
func (s *Service) checkOffers(ctx context.Context, tx db.Tx, report func(string, ...any)) error {
	return s.walk(ctx, tx, func(rows []ratedb.VerifyRatesRow) error {
		stores, materials := make([]int64, len(rows)), make([]int64, len(rows))
		for i, r := range rows {
			stores[i], materials[i] = r.StoreID, r.MaterialID
		}
		briefs, err := s.stores.Briefs(ctx, tx, stores)
		if err != nil {
			return err
		}
		kinds, err := s.catalog.MaterialsByID(ctx, tx, materials)
		if err != nil {
			return err
		}
		may := map[int64]bool{}
		for id, b := range briefs {
			if may[id], err = s.buys(ctx, tx, b); err != nil {
				return err
			}
		}
		for _, r := range rows {
			if want := may[r.StoreID] && r.Served && kinds[r.MaterialID].Active; r.Offered != want {
				report("rate %s: offered is %v and ought to be %v", r.PublicID, r.Offered, want)
			}
		}
		return nil
	})
}
