package order

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/haat-market/haat/internal/identity"
	"github.com/haat-market/haat/internal/order/orderdb"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/money"
	"github.com/haat-market/haat/internal/platform/web"

	"time"
)

// Biller writes the bill of an order in the transaction in which it leaves the store, which is when the law wants it. An
// error stops the step. It takes the series' lock, the last one of all.
type Biller interface {
	Bill(ctx context.Context, tx db.Tx, sale Sale) error
}

// BillWith registers who writes the bills. It is called once, before the first request.
func (s *Service) BillWith(b Biller) { s.biller = b }

// Sale is what an order supplies: as it was frozen, without what the store cut out of it.
type Sale struct {
	Standing
	Number   string
	Contact  Contact
	Address  identity.Address
	Lines    []SaleLine
	Delivery int64
	PlacedAt time.Time

	// Bought: of the side buyback, what the store bought; what its seller got, and how.
	Bought bool
	Paid   int64
	PaidBy string
}

// SaleLine is a line of which something is supplied, in minor units. Net is Goods − Discount.
type SaleLine struct {
	Title, VariantTitle, SKU, TaxCode         string
	Quantity, UnitPrice                       int64
	Weighed                                   int64 // of the side buyback: thousandths of a unit
	Unit                                      string
	Goods, Discount, Net, TaxRate, Tax, Total int64
}

// Standing is where an order stands, as its bill has to know it.
type Standing struct {
	ID        string
	StoreID   int64
	AccountID int64 // 0 or below: nobody has an account yet
	State     State
	Currency  money.Currency
	Total     int64 // of what is supplied
	Refunded  int64 // of the order; of a sale, what was given back for what is not in it
	Halved    bool  // its taxes are two halves
}

// Standings says where orders stand; one that does not exist is missing. It joins the caller's transaction.
func (s *Service) Standings(ctx context.Context, tx db.Tx, ids []string) (map[string]Standing, error) {
	rows, err := orderdb.New(tx).StandingsOf(ctx, ids)
	if err != nil {
		return nil, err
	}
	halved, err := s.halved(ctx, tx)
	if err != nil {
		return nil, err
	}
	out := make(map[string]Standing, len(rows))
	for _, r := range rows {
		out[r.PublicID] = Standing{
			ID: r.PublicID, StoreID: r.StoreID, AccountID: r.AccountID, State: State(r.State), Currency: money.Currency(r.Currency), Total: r.Total - r.Cut,
			Refunded: r.Refunded, Halved: halved,
		}
	}
	return out, nil
}

func (s *Service) halved(ctx context.Context, tx db.Tx) (bool, error) {
	settings, err := s.market.SettingsFor(ctx, tx)
	return settings.Country == "IN", err
}

// bill tells whoever writes bills that an order leaves its store.
func (s *Service) bill(ctx context.Context, tx db.Tx, o orderdb.Order) error {
	if s.biller == nil {
		return nil
	}
	q := orderdb.New(tx)
	c, err := q.GetCheckoutByID(ctx, o.CheckoutID)
	if err != nil {
		return err
	}
	rows, err := q.LinesOfOrders(ctx, []int64{o.ID})
	if err != nil {
		return err
	}
	halved, err := s.halved(ctx, tx)
	if err != nil {
		return err
	}
	sale := Sale{
		Standing: Standing{
			ID: o.PublicID, StoreID: o.StoreID, AccountID: o.AccountID, State: State(o.State), Currency: money.Currency(o.Currency), Total: o.Delivery, Halved: halved,
		},
		Number: Number(o.ID), Delivery: o.Delivery, PlacedAt: clock.Time(o.PlacedAt),
	}
	if err := errors.Join(json.Unmarshal([]byte(c.Contact), &sale.Contact), json.Unmarshal([]byte(c.Address), &sale.Address)); err != nil {
		return err
	}
	for _, r := range rows {
		l, err := supplied(r, o.Method, halved)
		if err != nil {
			return err
		}
		sale.Refunded += r.CutTotal
		if l.Quantity > 0 {
			sale.Lines = append(sale.Lines, l)
			sale.Total += l.Total
		}
	}
	return s.biller.Bill(ctx, tx, sale)
}

// supplied is what is left of a line. What was cut before it was paid fell out of its figures then; what was cut of a
// paid line was given back, and the rest is taken apart anew, so that net and tax add up to what was kept.
func supplied(r orderdb.OrderLine, method string, halved bool) (SaleLine, error) {
	l := SaleLine{
		Title: r.Title, VariantTitle: r.VariantTitle, SKU: r.Sku, TaxCode: r.TaxCode, Quantity: r.Quantity - r.CutQuantity, UnitPrice: r.UnitPrice,
		Goods: r.Goods, Discount: r.Discount, TaxRate: r.TaxBp, Tax: r.Tax, Total: r.Total,
	}
	if l.Quantity > 0 && r.CutQuantity > 0 && (r.CutTotal > 0 || method == methodNone) {
		kept, err := money.TaxRule{Rate: r.TaxBp, Included: true, Halved: halved}.On(r.Total - r.CutTotal)
		if err != nil {
			return l, err
		}
		discount, err := money.MulRatio(r.Discount, l.Quantity, r.Quantity)
		if err != nil {
			return l, err
		}
		l.Goods, l.Discount, l.Tax, l.Total = kept.Net+discount, discount, kept.Tax, kept.Gross
	}
	l.Net = l.Goods - l.Discount
	return l, nil
}

// MaySee refuses whoever has no part in an order: as Get does. It joins the caller's transaction. Error: ErrNotFound.
func (s *Service) MaySee(ctx context.Context, tx db.Tx, caller web.Caller, id string) error {
	_, _, err := s.open(ctx, tx, caller, id)
	return err
}

// FollowedBy is the order of a follow link. It joins the caller's transaction. Error: ErrFollow.
func (s *Service) FollowedBy(ctx context.Context, tx db.Tx, token string) (id string, err error) {
	o, err := s.follow(ctx, tx, token)
	return o.PublicID, err
}
