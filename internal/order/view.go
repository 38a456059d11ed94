package order

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/haat-market/haat/internal/catalog"
	"github.com/haat-market/haat/internal/identity"
	"github.com/haat-market/haat/internal/order/orderdb"
	"github.com/haat-market/haat/internal/payment"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/money"
	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/internal/store"
)

// TotalsView is a set of sums as decimals.
type TotalsView struct {
	Goods     string `json:"goods" doc:"Σ lines, net of tax"`
	Discount  string `json:"discount"`
	Tax       string `json:"tax"`
	Delivery  string `json:"delivery"`
	Total     string `json:"total" doc:"goods − discount + tax + delivery"`
	LineCount int64  `json:"line_count"`
	UnitCount int64  `json:"unit_count"`
}

func view(t Totals, cur money.Currency) TotalsView {
	return TotalsView{
		Goods: money.Format(t.Goods, cur), Discount: money.Format(t.Discount, cur), Tax: money.Format(t.Tax, cur),
		Delivery: money.Format(t.Delivery, cur), Total: money.Format(t.Total, cur), LineCount: t.Lines, UnitCount: t.Units,
	}
}

// StoreView names a store.
type StoreView struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	Slug string `json:"slug"`
}

// LineView is a line as it was sold.
type LineView struct {
	ID           string           `json:"id"`
	Variant      string           `json:"variant"`
	Product      string           `json:"product"`
	Title        string           `json:"title"`
	VariantTitle string           `json:"variant_title"`
	Options      []catalog.Option `json:"options"`
	SKU          string           `json:"sku"`
	Barcode      string           `json:"barcode"`
	UnitPrice    string           `json:"unit_price" doc:"As shown to the buyer"`
	Quantity     int64            `json:"quantity"`
	Goods        string           `json:"goods"`
	Discount     string           `json:"discount"`
	TaxRate      string           `json:"tax_rate" doc:"Percent"`
	Tax          string           `json:"tax"`
	Total        string           `json:"total"`
}

// Summary is an order in a list.
type Summary struct {
	ID            string     `json:"id"`
	Number        string     `json:"number" doc:"For paper and people; the id looks the order up"`
	Checkout      string     `json:"checkout"`
	Side          string     `json:"side" enum:"sale,buyback"`
	Store         StoreView  `json:"store"`
	State         State      `json:"state" enum:"awaiting_payment,pending,confirmed,processing,shipped,delivered,completed,cancelled,returning,returned"`
	CancelReason  string     `json:"cancel_reason,omitempty"`
	PaymentMethod string     `json:"payment_method" enum:"gateway,wallet,cod,none"`
	PaymentStatus string     `json:"payment_status" enum:"unpaid,paid,part_refunded,refunded"`
	Currency      string     `json:"currency"`
	Totals        TotalsView `json:"totals"`
	PlacedAt      time.Time  `json:"placed_at"`
	UpdatedAt     time.Time  `json:"updated_at"`
}

// View is a whole order.
type View struct {
	Summary
	Contact     Contact          `json:"contact"`
	Address     identity.Address `json:"address"`
	Note        string           `json:"note"`
	Lines       []LineView       `json:"lines"`
	Refunded    string           `json:"refunded"`
	ConfirmedAt *time.Time       `json:"confirmed_at" nullable:"true"`
	ShippedAt   *time.Time       `json:"shipped_at" nullable:"true"`
	DeliveredAt *time.Time       `json:"delivered_at" nullable:"true"`
	CompletedAt *time.Time       `json:"completed_at" nullable:"true"`
	CancelledAt *time.Time       `json:"cancelled_at" nullable:"true"`
	CompletesAt *time.Time       `json:"completes_at" nullable:"true" doc:"When a delivered order completes by itself"`
	AnswerUntil *time.Time       `json:"answer_until" nullable:"true" doc:"Until when the store may confirm a cash order"`
	Actions     []Event          `json:"allowed_actions" doc:"What you may do with it now"`
}

// CheckoutView is what a customer submitted, with its orders and its payment.
type CheckoutView struct {
	ID       string           `json:"id"`
	Currency string           `json:"currency"`
	Method   string           `json:"payment_method" enum:"gateway,wallet,cod,none"`
	Totals   TotalsView       `json:"totals"`
	Contact  Contact          `json:"contact"`
	Address  identity.Address `json:"address"`
	Note     string           `json:"note"`
	Orders   []Summary        `json:"orders"`
	Payment  *payment.View    `json:"payment,omitempty" doc:"Absent when nothing is to be paid"`
	PlacedAt time.Time        `json:"placed_at"`
}

func at(us *int64) *time.Time {
	if us == nil {
		return nil
	}
	t := clock.Time(*us)
	return &t
}

func summary(o orderdb.Order, checkout string, b store.Brief) Summary {
	cur := money.Currency(o.Currency)
	return Summary{
		ID: o.PublicID, Number: Number(o.ID), Checkout: checkout, Side: o.Side, Store: StoreView{b.PublicID, b.Name, b.Slug}, State: State(o.State),
		CancelReason: o.CancelReason, PaymentMethod: o.Method, PaymentStatus: o.PaymentStatus, Currency: o.Currency,
		Totals:   view(Totals{o.Goods, o.Discount, o.Tax, o.Delivery, o.Total, o.LineCount, o.UnitCount}, cur),
		PlacedAt: clock.Time(o.PlacedAt), UpdatedAt: clock.Time(o.UpdatedAt),
	}
}

func lineView(l orderdb.OrderLine, cur money.Currency) (LineView, error) {
	v := LineView{
		ID: l.PublicID, Variant: l.Variant, Product: l.Product, Title: l.Title, VariantTitle: l.VariantTitle, Options: []catalog.Option{}, SKU: l.Sku,
		Barcode: l.Barcode, UnitPrice: money.Format(l.UnitPrice, cur), Quantity: l.Quantity, Goods: money.Format(l.Goods, cur),
		Discount: money.Format(l.Discount, cur), TaxRate: money.FormatRate(l.TaxBp), Tax: money.Format(l.Tax, cur), Total: money.Format(l.Total, cur),
	}
	return v, json.Unmarshal([]byte(l.Options), &v.Options)
}

// Get reads an order for its buyer, its store's people or an admin. Others get ErrNotFound.
func (s *Service) Get(ctx context.Context, caller web.Caller, id string) (v View, err error) {
	err = s.db.Read(ctx, "order.get", func(ctx context.Context, tx db.Tx) error {
		q := orderdb.New(tx)
		o, parties, err := s.open(ctx, tx, caller, id)
		if err != nil {
			return err
		}
		c, err := q.GetCheckoutByID(ctx, o.CheckoutID)
		if err != nil {
			return err
		}
		briefs, err := s.stores.Briefs(ctx, tx, []int64{o.StoreID})
		if err != nil {
			return err
		}
		rows, err := q.LinesOfOrders(ctx, []int64{o.ID})
		if err != nil {
			return err
		}
		v, err = fullView(o, c, briefs[o.StoreID], rows)
		v.Actions = Allowed(State(o.State), parties...)
		return err
	})
	return v, err
}

// open reads an order that the caller may see.
func (s *Service) open(ctx context.Context, tx db.Tx, caller web.Caller, id string) (orderdb.Order, []Party, error) {
	o, err := orderdb.New(tx).GetOrder(ctx, id)
	if errors.Is(err, db.ErrNoRows) {
		return o, nil, ErrNotFound
	}
	if err != nil {
		return o, nil, err
	}
	parties, err := s.parties(ctx, tx, caller, o)
	return o, parties, err
}

func fullView(o orderdb.Order, c orderdb.Checkout, b store.Brief, rows []orderdb.OrderLine) (View, error) {
	cur := money.Currency(o.Currency)
	v := View{
		Summary: summary(o, c.PublicID, b), Note: c.Note, Lines: make([]LineView, 0, len(rows)), Refunded: money.Format(o.Refunded, cur),
		ConfirmedAt: at(o.ConfirmedAt), ShippedAt: at(o.ShippedAt), DeliveredAt: at(o.DeliveredAt), CompletedAt: at(o.CompletedAt), CancelledAt: at(o.CancelledAt),
	}
	for _, r := range rows {
		l, err := lineView(r, cur)
		if err != nil {
			return v, err
		}
		v.Lines = append(v.Lines, l)
	}
	if o.DueAt < noTimer {
		due := clock.Time(o.DueAt)
		if State(o.State) == Pending {
			v.AnswerUntil = &due
		} else {
			v.CompletesAt = &due
		}
	}
	return v, errors.Join(json.Unmarshal([]byte(c.Contact), &v.Contact), json.Unmarshal([]byte(c.Address), &v.Address))
}

// GetCheckout reads a checkout for its customer or an admin.
func (s *Service) GetCheckout(ctx context.Context, caller web.Caller, id string) (v CheckoutView, err error) {
	err = s.db.Read(ctx, "order.checkout", func(ctx context.Context, tx db.Tx) error {
		q := orderdb.New(tx)
		c, err := q.GetCheckout(ctx, id)
		if errors.Is(err, db.ErrNoRows) || err == nil && c.AccountID != caller.AccountID && !caller.Is(web.RoleAdmin) {
			return ErrCheckoutNotFound
		}
		if err != nil {
			return err
		}
		orders, err := q.OrdersOfCheckout(ctx, c.ID)
		if err != nil {
			return err
		}
		ids := make([]int64, len(orders))
		for i, o := range orders {
			ids[i] = o.StoreID
		}
		briefs, err := s.stores.Briefs(ctx, tx, ids)
		if err != nil {
			return err
		}
		payments, err := s.payments.ByPayables(ctx, tx, Kind, []string{c.PublicID})
		if err != nil {
			return err
		}
		v = CheckoutView{
			ID: c.PublicID, Currency: c.Currency, Method: c.Method, Note: c.Note, PlacedAt: clock.Time(c.PlacedAt), Orders: make([]Summary, 0, len(orders)),
			Totals: view(Totals{c.Goods, c.Discount, c.Tax, c.Delivery, c.Total, c.LineCount, c.UnitCount}, money.Currency(c.Currency)),
		}
		for _, o := range orders {
			v.Orders = append(v.Orders, summary(o, c.PublicID, briefs[o.StoreID]))
		}
		if p, ok := payments[c.PublicID]; ok {
			pv := p.View()
			v.Payment = &pv
		}
		return errors.Join(json.Unmarshal([]byte(c.Contact), &v.Contact), json.Unmarshal([]byte(c.Address), &v.Address))
	})
	return v, err
}
