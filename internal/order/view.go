package order

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/haat-market/haat/internal/catalog"
	"github.com/haat-market/haat/internal/identity"
	"github.com/haat-market/haat/internal/order/orderdb"
	"github.com/haat-market/haat/internal/payment"
	"github.com/haat-market/haat/internal/platform/blob"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/money"
	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/internal/store"
)

// TotalsView is a set of sums as decimals.
type TotalsView struct {
	Goods     string `json:"goods" doc:"Σ lines, net of tax, before discounts"`
	Discount  string `json:"discount"`
	Tax       string `json:"tax"`
	Delivery  string `json:"delivery"`
	Fee       string `json:"fee,omitempty" doc:"Of the side buyback: the market's percent, which the store owes"`
	Total     string `json:"total" doc:"goods − discount + tax + delivery; of the side buyback goods + tax + fee"`
	LineCount int64  `json:"line_count"`
	UnitCount int64  `json:"unit_count"`
}

func view(t Totals, cur money.Currency) TotalsView {
	return TotalsView{
		Goods: money.Format(t.Goods, cur), Discount: money.Format(t.Discount, cur), Tax: money.Format(t.Tax, cur),
		Delivery: money.Format(t.Delivery, cur), Total: money.Format(t.Total, cur), LineCount: t.Lines, UnitCount: t.Units,
	}
}

// withFee is the totals of the side buyback, of which the market's percent is a part.
func (v TotalsView) withFee(total, fee int64, cur money.Currency) TotalsView {
	v.Fee, v.Total = money.Format(fee, cur), money.Format(total+fee, cur)
	return v
}

// StoreView names a store.
type StoreView struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	Slug string `json:"slug"`
}

// LineView is a line as it was sold.
type LineView struct {
	ID             string           `json:"id"`
	Variant        string           `json:"variant"`
	Product        string           `json:"product"`
	Title          string           `json:"title"`
	VariantTitle   string           `json:"variant_title"`
	Options        []catalog.Option `json:"options"`
	SKU            string           `json:"sku"`
	Image          *blob.Picture    `json:"image,omitempty" doc:"What it looked like when it was sold; absent without an image."`
	Barcode        string           `json:"barcode"`
	UnitPrice      string           `json:"unit_price" doc:"As shown to the buyer"`
	ListPrice      string           `json:"list_price" doc:"The store's own price of one, before the discount"`
	DiscountOf     *DiscountView    `json:"discount_of,omitempty" doc:"Which discount lowered the price; absent without one"`
	Quantity       int64            `json:"quantity"`
	CutQuantity    int64            `json:"cut_quantity" doc:"How many of them the store took out of the order"`
	CutTotal       string           `json:"cut_total" doc:"What was given back for them; of an order that was not paid yet the other figures fell instead"`
	Carried        int64            `json:"carried_quantity" doc:"How many of them are in a delivery by a courier, under way or arrived"`
	RefundQuantity int64            `json:"refund_quantity" doc:"For how many of them the money was given back"`
	RefundTotal    string           `json:"refund_total" doc:"What was given back for the line, without what was cut"`
	Goods          string           `json:"goods"`
	Discount       string           `json:"discount"`
	TaxRate        string           `json:"tax_rate" doc:"Percent"`
	TaxCode        string           `json:"tax_code" doc:"HSN or SAC; empty without one"`
	Tax            string           `json:"tax"`
	Total          string           `json:"total"`
}

// DiscountView is the discount that a line was sold with.
type DiscountView struct {
	ID     string        `json:"id"`
	Title  string        `json:"title"`
	PaidBy catalog.Payer `json:"paid_by" enum:"store,platform"`
}

// Summary is an order in a list.
type Summary struct {
	ID            string     `json:"id"`
	Number        string     `json:"number" doc:"For paper and people; the id looks the order up"`
	Checkout      string     `json:"checkout"`
	Channel       string     `json:"channel" enum:"checkout,guest" doc:"guest: ordered by message; the goods are taken when the store confirms"`
	Reference     string     `json:"reference,omitempty" doc:"The client's own name for it"`
	Side          string     `json:"side" enum:"sale,buyback"`
	Store         StoreView  `json:"store"`
	State         State      `json:"state" enum:"awaiting_payment,pending,confirmed,processing,shipped,delivered,completed,cancelled,returning,returned"`
	CancelReason  string     `json:"cancel_reason,omitempty"`
	PaymentMethod string     `json:"payment_method" enum:"gateway,wallet,cod,none"`
	PaymentStatus string     `json:"payment_status" enum:"unpaid,paid,part_refunded,refunded"`
	Currency      string     `json:"currency"`
	Totals        TotalsView `json:"totals"`
	Disputed      bool       `json:"disputed" doc:"A dispute is open: it is not completed until that is decided"`
	Frozen        bool       `json:"frozen" doc:"An admin has its money frozen"`
	PlacedAt      time.Time  `json:"placed_at"`
	UpdatedAt     time.Time  `json:"updated_at"`
	Actions       []Event    `json:"allowed_actions" doc:"What you may do with it now"`
}

// View is a whole order.
type View struct {
	Summary
	Contact     Contact          `json:"contact"`
	Address     identity.Address `json:"address"`
	Note        string           `json:"note"`
	StoreNote   *string          `json:"store_note,omitempty" doc:"For the store's people only"`
	Lines       []LineView       `json:"lines" doc:"Of the side buyback none: see there"`
	Buyback     *BuybackView     `json:"buyback,omitempty" doc:"Of the side buyback"`
	Refunded    string           `json:"refunded"`
	Refundable  string           `json:"refundable" doc:"What was paid and not given back"`
	ConfirmedAt *time.Time       `json:"confirmed_at" nullable:"true"`
	ShippedAt   *time.Time       `json:"shipped_at" nullable:"true"`
	DeliveredAt *time.Time       `json:"delivered_at" nullable:"true"`
	CompletedAt *time.Time       `json:"completed_at" nullable:"true"`
	CancelledAt *time.Time       `json:"cancelled_at" nullable:"true"`
	CompletesAt *time.Time       `json:"completes_at" nullable:"true" doc:"When a delivered order completes by itself"`
	AnswerUntil *time.Time       `json:"answer_until" nullable:"true" doc:"Until when the store may confirm a cash or guest order"`
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
	v := Summary{
		ID: o.PublicID, Number: Number(o.ID), Checkout: checkout, Channel: o.Channel, Reference: o.Reference, Side: o.Side, Store: StoreView{b.PublicID, b.Name, b.Slug}, State: State(o.State),
		CancelReason: o.CancelReason, PaymentMethod: o.Method, PaymentStatus: o.PaymentStatus, Currency: o.Currency,
		Totals:   view(Totals{o.Goods, o.Discount, o.Tax, o.Delivery, o.Total, o.LineCount, o.UnitCount}, cur),
		Disputed: o.Disputed, Frozen: o.Frozen, PlacedAt: clock.Time(o.PlacedAt), UpdatedAt: clock.Time(o.UpdatedAt),
	}
	if o.Side == buyback {
		v.Totals = v.Totals.withFee(o.Total, o.Fee, cur)
	}
	return v
}

func lineView(l orderdb.OrderLine, cur money.Currency) (LineView, error) {
	v := LineView{
		ID: l.PublicID, Variant: l.Variant, Product: l.Product, Title: l.Title, VariantTitle: l.VariantTitle, Options: []catalog.Option{}, SKU: l.Sku,
		Barcode: l.Barcode, UnitPrice: money.Format(l.UnitPrice, cur), Quantity: l.Quantity, CutQuantity: l.CutQuantity, CutTotal: money.Format(l.CutTotal, cur), Carried: l.Carried, RefundQuantity: l.RefundQuantity, RefundTotal: money.Format(l.RefundTotal, cur), Goods: money.Format(l.Goods, cur),
		Discount: money.Format(l.Discount, cur), TaxRate: money.FormatRate(l.TaxBp), Tax: money.Format(l.Tax, cur), Total: money.Format(l.Total, cur),
	}
	v.ListPrice, v.TaxCode = money.Format(max(l.ListPrice, l.UnitPrice), cur), l.TaxCode
	if l.DiscountBy != "" {
		v.DiscountOf = &DiscountView{l.DiscountRef, l.DiscountTitle, catalog.Payer(l.DiscountBy)}
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
		v, err = s.fullView(o, c, briefs[o.StoreID], rows)
		v.Actions = actions(o, parties...)
		if slices.Contains(parties, Store) {
			v.StoreNote = &o.StoreNote
		}
		if err != nil {
			return err
		}
		return s.withBuyback(ctx, tx, &v, o)
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

func (s *Service) fullView(o orderdb.Order, c orderdb.Checkout, b store.Brief, rows []orderdb.OrderLine) (View, error) {
	cur := money.Currency(o.Currency)
	v := View{
		Summary: summary(o, c.PublicID, b), Note: c.Note, Lines: make([]LineView, 0, len(rows)), Refunded: money.Format(o.Refunded, cur), Refundable: money.Format(o.Captured-o.Refunded, cur),
		ConfirmedAt: at(o.ConfirmedAt), ShippedAt: at(o.ShippedAt), DeliveredAt: at(o.DeliveredAt), CompletedAt: at(o.CompletedAt), CancelledAt: at(o.CancelledAt),
	}
	for _, r := range rows {
		l, err := lineView(r, cur)
		if r.Image != nil {
			l.Image = s.catalog.ShowImage(*r.Image)
		}
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
		read := placed{row: c, orders: orders, stores: briefs}
		if p, ok := payments[c.PublicID]; ok {
			read.payment = &p
		}
		v, err = read.view(caller)
		return err
	})
	return v, err
}
