package catalog

import (
	"context"
	"fmt"
	"time"

	"github.com/haat-market/haat/internal/catalog/catalogdb"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/db"
)

func endOf(us int64) *time.Time {
	if us >= noEnd {
		return nil
	}
	at := clock.Time(us)
	return &at
}

// offersAt reads all discounts that hold now for these places, in one statement.
func (s *Service) offersAt(ctx context.Context, tx db.Tx, places []place) (offers, error) {
	if len(places) == 0 {
		return nil, nil
	}
	rows, err := catalogdb.New(tx).OpenOffers(ctx, keysOf(places), s.now())
	if err != nil {
		return nil, fmt.Errorf("discounts: %w", err)
	}
	out := offers{}
	for _, r := range rows {
		out[r.Target] = append(out[r.Target], offer{
			id: r.ID, public: r.PublicID, title: r.Title, kind: DiscountKind(r.Kind), value: r.Value, currency: r.Currency, by: Payer(r.PaidBy),
			endsAt: r.EndsAt, onlyStore: r.OnlyStore,
		})
	}
	return out, nil
}

// span is what a listing says of a product's prices.
type span struct {
	n, from, to, was int64
	sale             bool
}

// add takes one more variant into a span.
func (w span) add(d Deal) span {
	was := int64(0)
	if d.Now < d.Was {
		was = d.Was
	}
	if w.n == 0 || d.Now < w.from {
		w.from, w.was = d.Now, was
	}
	if w.n == 0 || d.Now > w.to {
		w.to = d.Now
	}
	w.n++
	w.sale = w.sale || was > 0
	return w
}

// spans are the prices of now of products, by their live variants in the currency.
func (s *Service) spans(ctx context.Context, tx db.Tx, cur string, places []place) (map[int64]span, error) {
	if len(places) == 0 {
		return map[int64]span{}, nil
	}
	ids := make([]int64, len(places))
	at := make(map[int64]place, len(places))
	for i, p := range places {
		ids[i], at[p.product] = p.product, p
	}
	prices, err := catalogdb.New(tx).LivePrices(ctx, ids)
	if err != nil {
		return nil, fmt.Errorf("prices: %w", err)
	}
	open, err := s.offersAt(ctx, tx, places)
	if err != nil {
		return nil, err
	}
	out := make(map[int64]span, len(places))
	for _, v := range prices {
		if v.Currency == cur { // else priced before the market's currency was settled: not for sale until it is priced again
			out[v.ProductID] = out[v.ProductID].add(open.deal(at[v.ProductID], v.Price, v.Currency))
		}
	}
	return out, nil
}

// reprice writes the prices of now into the listings of products. What is right already stays untouched.
func (s *Service) reprice(ctx context.Context, tx db.Tx, products []int64) error {
	if len(products) == 0 {
		return nil
	}
	terms, err := s.terms(ctx, tx)
	if err != nil {
		return err
	}
	q := catalogdb.New(tx)
	rows, err := q.ProductPlaces(ctx, products)
	if err != nil {
		return fmt.Errorf("products: %w", err)
	}
	places := make([]place, len(rows))
	for i, r := range rows {
		places[i] = place{r.StoreID, r.ID, r.CategoryID}
	}
	spans, err := s.spans(ctx, tx, string(terms.Currency), places)
	if err != nil {
		return err
	}
	listed, err := q.PricesListed(ctx, products)
	if err != nil {
		return fmt.Errorf("listings: %w", err)
	}
	var list []catalogdb.RepriceListingsParams
	var changed []int64
	for _, l := range listed {
		w := spans[l.ProductID]
		if w == (span{l.VariantCount, l.PriceFrom, l.PriceTo, l.PriceWas, l.OnSale}) {
			continue
		}
		changed = append(changed, l.ProductID)
		list = append(list, catalogdb.RepriceListingsParams{ProductID: l.ProductID, PriceFrom: w.from, PriceTo: w.to, PriceWas: w.was, OnSale: w.sale})
	}
	if len(list) == 0 {
		return nil
	}
	if err := firstError(q.RepriceListings(ctx, list)); err != nil {
		return fmt.Errorf("listings: %w", err)
	}
	return s.spread(ctx, tx, changed)
}
