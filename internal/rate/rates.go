package rate

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/haat-market/haat/internal/catalog"
	"github.com/haat-market/haat/internal/platform/code"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/event"
	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/idem"
	"github.com/haat-market/haat/internal/platform/money"
	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/internal/rate/ratedb"
	"github.com/haat-market/haat/internal/store"
)

// wish is a checked input.
type wish struct {
	material catalog.Material
	code     string
	price    int64
}

// work is a change of a store's rates while it is made.
type work struct {
	s       *Service
	q       *ratedb.Queries
	caller  web.Caller
	b       store.Brief
	cur     money.Currency
	country string
	open    bool            // its rates may be shown
	served  map[string]bool // postal codes

	inserts []ratedb.InsertRatesParams
	updates []ratedb.UpdateRatesParams
	gone    []int64
	changes []ratedb.InsertChangesParams
}

// begin checks who changes the rates of a store, and reads what they are checked against.
// Errors: ErrDoesNotBuy; store.Require's.
func (s *Service) begin(ctx context.Context, tx db.Tx, caller web.Caller, storeID string) (*work, error) {
	b, err := s.stores.Require(ctx, tx, caller, storeID, store.Own)
	if err != nil {
		return nil, err
	}
	return s.workOn(ctx, tx, caller, b)
}

func (s *Service) workOn(ctx context.Context, tx db.Tx, caller web.Caller, b store.Brief) (*work, error) {
	if !b.Buys {
		return nil, ErrDoesNotBuy
	}
	settings, err := s.market.SettingsFor(ctx, tx)
	if err != nil {
		return nil, err
	}
	w := &work{s: s, q: ratedb.New(tx), caller: caller, b: b, cur: settings.Currency, country: settings.Country, served: map[string]bool{}}
	if w.open, err = s.buys(ctx, tx, b); err != nil {
		return nil, err
	}
	codes, err := w.q.Areas(ctx, b.ID)
	for _, c := range codes {
		w.served[c] = true
	}
	return w, err
}

// price reads a price of one unit.
func (w *work) price(text string) (int64, error) {
	minor, err := money.Parse(strings.TrimSpace(text), w.cur)
	if err != nil || minor <= 0 || minor > money.Max {
		return 0, errors.New("not a price")
	}
	return minor, nil
}

// check reads inputs. Each finding names its place by at. Errors: ErrInvalidRate, ErrNotServed.
func (w *work) check(ctx context.Context, tx db.Tx, in []Input, at func(int) string) ([]wish, error) {
	ids := make([]string, 0, len(in))
	for _, x := range in {
		ids = append(ids, x.Material)
	}
	kinds, err := w.s.catalog.MaterialsNamed(ctx, tx, ids)
	if err != nil {
		return nil, err
	}
	bad := ErrInvalidRate
	note := func(i int, field, code, message string) {
		if len(bad.Fields) < 50 {
			bad = bad.Field(at(i)+field, code, message)
		}
	}
	out := make([]wish, len(in))
	for i, x := range in {
		m, ok := kinds[x.Material]
		if !ok || !m.Active {
			note(i, "material", catalog.ErrMaterialNotFound.Code, "This market buys no such material.")
		}
		c, err := Normal(x.PostalCode, w.country)
		switch {
		case err != nil:
			note(i, "postal_code", ErrPostalCode.Code, ErrPostalCode.Message)
		case !w.served[c]:
			note(i, "postal_code", ErrNotServed.Code, ErrNotServed.Message)
		}
		p, err := w.price(x.Price)
		if err != nil {
			note(i, "price", "invalid_amount", "Is not a price above zero in the market's currency.")
		}
		out[i] = wish{m, c, p}
	}
	if len(bad.Fields) > 0 {
		return nil, bad
	}
	return out, nil
}

// add notes a new rate and gives its id.
func (w *work) add(x wish) string {
	id := code.ID("rat")
	w.inserts = append(w.inserts, ratedb.InsertRatesParams{
		PublicID: id, StoreID: w.b.ID, MaterialID: x.material.Key, PostalCode: x.code, Price: x.price, Currency: string(w.cur),
		Offered: w.open && w.served[x.code], CreatedAt: w.s.now(),
	})
	w.change(id, x.material.Key, x.code, nil, &x.price)
	return id
}

func (w *work) set(r ratedb.Rate, price int64) {
	if r.Price == price {
		return
	}
	w.updates = append(w.updates, ratedb.UpdateRatesParams{ID: r.ID, Price: price, UpdatedAt: w.s.now()})
	w.change(r.PublicID, r.MaterialID, r.PostalCode, &r.Price, &price)
}

func (w *work) remove(r ratedb.Rate) {
	w.gone = append(w.gone, r.ID)
	w.change(r.PublicID, r.MaterialID, r.PostalCode, &r.Price, nil)
}

func (w *work) change(id string, material int64, postalCode string, before, after *int64) {
	w.changes = append(w.changes, ratedb.InsertChangesParams{
		StoreID: w.b.ID, Rate: id, MaterialID: material, PostalCode: postalCode, OldPrice: before, NewPrice: after, Currency: string(w.cur),
		Actor: actor(w.caller), CreatedAt: w.s.now(),
	})
}

// Counts say what a change of many rates did.
type Counts struct {
	Added   int `json:"added"`
	Changed int `json:"changed"`
	Removed int `json:"removed"`
	Kept    int `json:"kept"`
}

// write does what was noted. Errors: ErrRateTaken, ErrTooManyRates.
func (w *work) write(ctx context.Context, tx db.Tx) error {
	if len(w.changes) == 0 {
		return nil
	}
	if len(w.gone) > 0 {
		if _, err := w.q.DeleteRates(ctx, w.gone); err != nil {
			return fmt.Errorf("delete rates: %w", err)
		}
	}
	if len(w.inserts) > 0 {
		n, err := w.q.CountRates(ctx, w.b.ID)
		if err != nil {
			return err
		}
		if n+int64(len(w.inserts)) > maxRates {
			return ErrTooManyRates
		}
		err = firstError(w.q.InsertRates(ctx, w.inserts))
		if db.IsConstraint(err, "rates_place_key") {
			return ErrRateTaken.Because(err)
		}
		if err != nil {
			return fmt.Errorf("insert rates: %w", err)
		}
	}
	if len(w.updates) > 0 {
		if err := firstError(w.q.UpdateRates(ctx, w.updates)); err != nil {
			return fmt.Errorf("update rates: %w", err)
		}
	}
	if err := firstError(w.q.InsertChanges(ctx, w.changes)); err != nil {
		return fmt.Errorf("history of rates: %w", err)
	}
	return w.s.events.Append(ctx, tx, event.Event{Type: "rates.changed", Subject: w.b.PublicID, Actor: actor(w.caller), Facts: map[string]any{
		"added": len(w.inserts), "changed": len(w.updates), "removed": len(w.gone),
	}})
}

// Create sets a price where the store has none. Errors: ErrRateTaken, ErrInvalidRate, ErrTooManyRates, ErrDoesNotBuy; store.Require's.
func (s *Service) Create(ctx context.Context, caller web.Caller, storeID string, in Input) (r Rate, replayed bool, err error) {
	id, replayed, err := idem.Once(ctx, s.db, "rate.create", func(ctx context.Context, tx db.Tx) (string, error) {
		w, err := s.begin(ctx, tx, caller, storeID)
		if err != nil {
			return "", err
		}
		list, err := w.check(ctx, tx, []Input{in}, func(int) string { return "body." })
		if err != nil {
			return "", err
		}
		x := list[0]
		if there, err := w.q.RateAt(ctx, w.b.ID, x.material.Key, x.code); err == nil {
			return "", ErrRateTaken.With("rate", there.PublicID)
		} else if !errors.Is(err, db.ErrNoRows) {
			return "", err
		}
		id := w.add(x)
		return id, w.write(ctx, tx)
	})
	if err != nil {
		return r, false, err
	}
	r, err = s.get(ctx, id)
	return r, replayed, err
}

func (s *Service) get(ctx context.Context, id string) (r Rate, err error) {
	err = s.db.Read(ctx, "rate.get", func(ctx context.Context, tx db.Tx) error {
		r, err = s.Named(ctx, tx, id)
		return err
	})
	return r, err
}

// mine is a rate of a store whose prices the caller sets. A stranger learns nothing. Errors: ErrRateNotFound; store.Require's.
func (s *Service) mine(ctx context.Context, tx db.Tx, caller web.Caller, id string) (*work, ratedb.Rate, error) {
	r, err := ratedb.New(tx).RateByPublicID(ctx, id)
	if err != nil {
		return nil, r, ifNone(err, ErrRateNotFound)
	}
	b, err := s.stores.RequireID(ctx, tx, caller, r.StoreID, store.Own)
	if f, ok := fault.As(err); ok && f.Kind == fault.NotFound {
		return nil, r, ErrRateNotFound
	}
	if err != nil {
		return nil, r, err
	}
	w, err := s.workOn(ctx, tx, caller, b)
	return w, r, err
}

// Change sets another price. Errors: ErrRateNotFound, ErrInvalidRate; store.Require's.
func (s *Service) Change(ctx context.Context, caller web.Caller, id, price string) (Rate, error) {
	err := s.db.Write(ctx, "rate.change", func(ctx context.Context, tx db.Tx) error {
		w, r, err := s.mine(ctx, tx, caller, id)
		if err != nil {
			return err
		}
		p, err := w.price(price)
		if err != nil {
			return ErrInvalidRate.Field("body.price", "invalid_amount", "Is not a price above zero in the market's currency.")
		}
		w.set(r, p)
		return w.write(ctx, tx)
	})
	if err != nil {
		return Rate{}, err
	}
	return s.get(ctx, id)
}

// Delete takes a rate back. Errors: ErrRateNotFound; store.Require's.
func (s *Service) Delete(ctx context.Context, caller web.Caller, id string) error {
	return s.db.Write(ctx, "rate.delete", func(ctx context.Context, tx db.Tx) error {
		w, r, err := s.mine(ctx, tx, caller, id)
		if err != nil {
			return err
		}
		w.remove(r)
		return w.write(ctx, tx)
	})
}

// place is where a rate stands.
type place struct {
	material int64
	code     string
}

// Replace makes the store's rates exactly these. A rate that stays keeps its id. Errors: ErrInvalidRate, ErrRateTaken (one
// place named twice), ErrTooManyRates, ErrDoesNotBuy; store.Require's.
func (s *Service) Replace(ctx context.Context, caller web.Caller, storeID string, in []Input, at func(int) string) (out Counts, err error) {
	if len(in) > maxRates {
		return out, ErrTooManyRates
	}
	err = s.db.Write(ctx, "rate.replace", func(ctx context.Context, tx db.Tx) error {
		w, err := s.begin(ctx, tx, caller, storeID)
		if err != nil {
			return err
		}
		list, err := w.check(ctx, tx, in, at)
		if err != nil {
			return err
		}
		rows, err := w.q.RatesOfStore(ctx, w.b.ID)
		if err != nil {
			return err
		}
		there := make(map[place]ratedb.Rate, len(rows))
		for _, r := range rows {
			there[place{r.MaterialID, r.PostalCode}] = r
		}
		said := make(map[place]bool, len(list))
		for i, x := range list {
			p := place{x.material.Key, x.code}
			if said[p] {
				return ErrRateTaken.Field(at(i)+"material", ErrRateTaken.Code, "This material was named before for this postal code.")
			}
			said[p] = true
			if r, ok := there[p]; ok {
				w.set(r, x.price)
				continue
			}
			w.add(x)
		}
		for _, r := range rows {
			if !said[place{r.MaterialID, r.PostalCode}] {
				w.remove(r)
			}
		}
		out = w.counts(len(list))
		return w.write(ctx, tx)
	})
	return out, err
}

func (w *work) counts(said int) Counts {
	return Counts{Added: len(w.inserts), Changed: len(w.updates), Removed: len(w.gone), Kept: said - len(w.inserts) - len(w.updates)}
}

// Copy sets the prices of one postal code at others. What has a price there keeps it, unless it is to be overwritten.
// Errors: ErrInvalidAreas, ErrNotServed, ErrTooManyRates, ErrDoesNotBuy; store.Require's.
func (s *Service) Copy(ctx context.Context, caller web.Caller, storeID, from string, to []string, overwrite bool) (out Counts, err error) {
	err = s.db.Write(ctx, "rate.copy", func(ctx context.Context, tx db.Tx) error {
		w, err := s.begin(ctx, tx, caller, storeID)
		if err != nil {
			return err
		}
		source, err := Normal(from, w.country)
		if err != nil {
			return ErrInvalidAreas.Field("body.from", ErrPostalCode.Code, ErrPostalCode.Message)
		}
		rows, err := w.q.RatesOfStore(ctx, w.b.ID)
		if err != nil {
			return err
		}
		there := make(map[place]ratedb.Rate, len(rows))
		for _, r := range rows {
			there[place{r.MaterialID, r.PostalCode}] = r
		}
		said, done := 0, map[string]bool{source: true}
		for i, text := range to {
			c, err := Normal(text, w.country)
			if err != nil {
				return ErrInvalidAreas.Field(fmt.Sprintf("body.to.%d", i), ErrPostalCode.Code, ErrPostalCode.Message)
			}
			if !w.served[c] {
				return ErrNotServed.With("postal_code", c)
			}
			if done[c] {
				continue
			}
			done[c] = true
			for _, r := range rows {
				if r.PostalCode != source {
					continue
				}
				said++
				old, ok := there[place{r.MaterialID, c}]
				switch {
				case ok && overwrite:
					w.set(old, r.Price)
				case !ok:
					w.add(wish{catalog.Material{Key: r.MaterialID}, c, r.Price})
				}
			}
		}
		out = w.counts(said)
		if err := w.write(ctx, tx); err != nil || len(w.inserts) == 0 {
			return err
		}
		return s.Refresh(ctx, tx, w.b) // what nobody buys any more is not offered in the copy either
	})
	return out, err
}
