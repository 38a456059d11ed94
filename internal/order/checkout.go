package order

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/haat-market/haat/internal/cart"
	"github.com/haat-market/haat/internal/catalog"
	"github.com/haat-market/haat/internal/identity"
	"github.com/haat-market/haat/internal/inventory"
	"github.com/haat-market/haat/internal/market"
	"github.com/haat-market/haat/internal/order/orderdb"
	"github.com/haat-market/haat/internal/payment"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/code"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/event"
	"github.com/haat-market/haat/internal/platform/idem"
	"github.com/haat-market/haat/internal/platform/money"
	"github.com/haat-market/haat/internal/platform/web"
)

// Direct is one thing bought without the cart.
type Direct struct {
	Variant  string
	Quantity int64
}

// Contact is who receives the goods.
type Contact struct {
	Name  string `json:"name" maxLength:"120"`
	Phone string `json:"phone,omitempty" maxLength:"32"`
	Email string `json:"email,omitempty" maxLength:"254"`
}

// CheckoutCmd is what a customer submits. ExpectedTotal is the total he saw, as a decimal; another one stops the
// checkout.
type CheckoutCmd struct {
	Lines         []string // of the cart; nil means all
	Direct        *Direct
	Contact       *Contact
	AddressID     string
	Address       *identity.Address
	Note          string
	Method        string
	ExpectedTotal string
}

// basket is a checkout while it is made.
type basket struct {
	settings market.Settings
	currency money.Currency
	lines    []basketLine // by store, then as in the cart
	stores   []basketStore
	totals   Totals
}

type basketLine struct {
	cart   cart.Line
	sell   catalog.Sellable
	priced priced
}

type basketStore struct {
	id     int64
	public string
	lines  []basketLine
	totals Totals
	fee    int64
}

// Checkout turns the cart, some of its lines, or one thing directly into one order for each store: one transaction
// that freezes, reserves, takes the wallet's money or opens the payment, and clears those lines of the cart. The
// same Idempotency-Key gives the same checkout.
func (s *Service) Checkout(ctx context.Context, caller web.Caller, cmd CheckoutCmd) (id string, replayed bool, err error) {
	settings, err := s.market.Settings(ctx)
	if err != nil {
		return "", false, err
	}
	if !slices.Contains([]string{string(payment.ByGateway), string(payment.ByWallet), string(payment.ByCash)}, cmd.Method) {
		return "", false, ErrMethod
	}
	// READ COMMITTED. The lock of the cart's row stands before every check about this account (the lines, how many
	// checkouts are unpaid); stock and wallet are guarded writes; prices are compared with what was seen.
	return idem.Once(ctx, s.db, "order.checkout", func(ctx context.Context, tx db.Tx) (string, error) {
		cartID, err := s.cart.Lock(ctx, tx, caller.AccountID)
		if err != nil {
			return "", err
		}
		b, err := s.fill(ctx, tx, settings, cartID, cmd)
		if err != nil {
			return "", err
		}
		return s.place(ctx, tx, caller, b, cmd)
	}, db.ReadCommitted())
}

// fill collects and prices what is to be bought. Errors: ErrEmptyCart, ErrLineNotFound, ErrCartChanged,
// ErrMixedCurrencies, ErrTotalTooLarge, ErrTotalChanged.
func (s *Service) fill(ctx context.Context, tx db.Tx, settings market.Settings, cartID int64, cmd CheckoutCmd) (*basket, error) {
	lines, err := s.collect(ctx, tx, cartID, cmd)
	if err != nil {
		return nil, err
	}
	b := &basket{settings: settings, lines: lines, currency: money.Currency(lines[0].sell.Currency)}
	if err := b.price(s.quoter(settings)); err != nil {
		return nil, err
	}
	if cmd.ExpectedTotal == "" {
		return b, nil
	}
	expected, err := money.Parse(cmd.ExpectedTotal, b.currency)
	if err != nil || expected != b.totals.Total {
		return nil, b.totalChanged()
	}
	return b, nil
}

func (b *basket) totalChanged() error {
	t := view(b.totals, b.currency)
	return ErrTotalChanged.With("totals", t).With("currency", string(b.currency))
}

// collect reads the lines and compares each with the catalogue of now.
func (s *Service) collect(ctx context.Context, tx db.Tx, cartID int64, cmd CheckoutCmd) ([]basketLine, error) {
	if cmd.Direct != nil {
		found, err := s.catalog.Sellables(ctx, tx, []string{cmd.Direct.Variant})
		if err != nil {
			return nil, err
		}
		sell, ok := found[cmd.Direct.Variant]
		if !ok {
			return nil, ErrCartChanged.Field("body.direct.variant", catalog.ReasonVariantGone, "This is not sold here.")
		}
		line := basketLine{cart: cart.Line{Variant: sell.VariantID, Qty: cmd.Direct.Quantity, PriceSeen: sell.Price}, sell: sell}
		return checked([]basketLine{line}, func(int) string { return "body.direct.variant" })
	}
	rows, err := s.cart.Lines(ctx, tx, cartID, cmd.Lines)
	if err != nil {
		return nil, err
	}
	if len(cmd.Lines) > len(rows) {
		return nil, ErrLineNotFound
	}
	if len(rows) == 0 {
		return nil, ErrEmptyCart
	}
	ids := make([]int64, len(rows))
	for i, r := range rows {
		ids[i] = r.Variant
	}
	found, err := s.catalog.SellablesByID(ctx, tx, ids)
	if err != nil {
		return nil, err
	}
	lines := make([]basketLine, len(rows))
	for i, r := range rows {
		sell, ok := found[r.Variant]
		if !ok {
			sell.Reason = catalog.ReasonVariantGone
		}
		lines[i] = basketLine{cart: r, sell: sell}
	}
	return checked(lines, func(i int) string { return "cart.lines." + lines[i].cart.PublicID })
}

// checked says of each line what is not as the customer saw it.
func checked(lines []basketLine, path func(int) string) ([]basketLine, error) {
	bad := ErrCartChanged
	currency := ""
	for i, l := range lines {
		switch {
		case l.sell.Reason != "":
			bad = bad.Field(path(i), l.sell.Reason, "This cannot be bought any more.")
		case l.sell.Price != l.cart.PriceSeen:
			cur := money.Currency(l.sell.Currency)
			bad = bad.Field(path(i), "price_changed", fmt.Sprintf("The price was %s %s and is %s now.",
				cur, money.Format(l.cart.PriceSeen, cur), money.Format(l.sell.Price, cur)))
		case currency != "" && l.sell.Currency != currency:
			return nil, ErrMixedCurrencies
		}
		if l.sell.Reason == "" {
			currency = l.sell.Currency
		}
	}
	if len(bad.Fields) > 0 {
		return nil, bad
	}
	slices.SortStableFunc(lines, func(a, b basketLine) int { return int(min(max(a.sell.StoreID-b.sell.StoreID, -1), 1)) })
	return lines, nil
}

// price prices the lines, splits them by store and sums up.
func (b *basket) price(q Quoter) error {
	t := terms{taxRate: b.settings.TaxRateBp, taxIncluded: b.settings.PricesIncludeTax, feeRate: b.settings.PlatformFeeBp}
	for _, l := range b.lines {
		var err error
		if l.priced, err = t.priceLine(item{l.sell.Price, l.cart.Qty}); err != nil {
			return err
		}
		if n := len(b.stores); n == 0 || b.stores[n-1].id != l.sell.StoreID {
			b.stores = append(b.stores, basketStore{id: l.sell.StoreID, public: l.sell.Store.PublicID})
		}
		st := &b.stores[len(b.stores)-1]
		st.lines = append(st.lines, l)
		st.fee += l.priced.fee // each at most the line's net, whose sum is bounded
		if err := st.totals.add(l.priced.goods, l.priced.tax, 0, 1, l.cart.Qty); err != nil {
			return err
		}
	}
	for i := range b.stores {
		st := &b.stores[i]
		charge, err := q.Quote(st.id, st.totals.Total)
		if err != nil {
			return err
		}
		if err := st.totals.add(0, 0, charge, 0, 0); err != nil {
			return err
		}
		if err := b.totals.add(st.totals.Goods, st.totals.Tax, charge, st.totals.Lines, st.totals.Units); err != nil {
			return err
		}
	}
	return nil
}

// place writes the checkout.
func (s *Service) place(ctx context.Context, tx db.Tx, caller web.Caller, b *basket, cmd CheckoutCmd) (string, error) {
	contact, address, err := s.whereTo(ctx, tx, caller, b.settings.Country, cmd)
	if err != nil {
		return "", err
	}
	method, state := cmd.Method, Confirmed
	switch {
	case b.totals.Total == 0:
		method = methodNone
	case method == string(payment.ByGateway):
		state = AwaitingPayment
	case method == string(payment.ByCash):
		state = Pending
	}
	if err := s.mayOwe(ctx, tx, caller, b.settings, state); err != nil {
		return "", err
	}
	q := orderdb.New(tx)
	now := clock.Micro(s.clock.Now())
	id := code.ID("chk")
	checkoutID, err := q.InsertCheckout(ctx, orderdb.InsertCheckoutParams{
		PublicID: id, AccountID: caller.AccountID, Account: caller.Account, Method: method, Currency: string(b.currency), Goods: b.totals.Goods,
		Discount: b.totals.Discount, Tax: b.totals.Tax, Delivery: b.totals.Delivery, Total: b.totals.Total, LineCount: b.totals.Lines,
		UnitCount: b.totals.Units, Contact: contact, Address: address, Note: cmd.Note, Open: state == AwaitingPayment, PlacedAt: now,
	})
	if err != nil {
		return "", fmt.Errorf("insert checkout: %w", err)
	}
	orders, err := s.insertOrders(ctx, q, caller, b, checkoutID, method, state)
	if err != nil {
		return "", err
	}
	if err := s.settle(ctx, tx, caller, b, id, method, orders); err != nil {
		return "", err
	}
	if cmd.Direct == nil {
		ids := make([]int64, len(b.lines))
		for i, l := range b.lines {
			ids[i] = l.cart.ID
		}
		if err := s.cart.RemoveLines(ctx, tx, ids); err != nil {
			return "", err
		}
	}
	events := make([]event.Event, len(orders))
	for i, o := range orders {
		events[i] = event.Event{Type: "order.placed", Subject: o, Actor: caller.Account, Facts: map[string]any{
			"checkout": id, "store": b.stores[i].public, "state": state, "method": method,
			"total": money.Format(b.stores[i].totals.Total, b.currency), "currency": b.currency,
		}}
	}
	return id, s.events.AppendMany(ctx, tx, events)
}

// mayOwe bounds how much an account can hold back from other buyers without paying.
func (s *Service) mayOwe(ctx context.Context, tx db.Tx, caller web.Caller, settings market.Settings, state State) error {
	if state != AwaitingPayment {
		return nil
	}
	open, err := orderdb.New(tx).CountOpenCheckouts(ctx, caller.AccountID)
	if err != nil {
		return err
	}
	if open >= settings.MaxUnpaidCheckouts {
		return ErrTooManyUnpaid.With("limit", settings.MaxUnpaidCheckouts)
	}
	return nil
}

func (s *Service) insertOrders(ctx context.Context, q *orderdb.Queries, caller web.Caller, b *basket, checkout int64, method string, state State) ([]string, error) {
	now := s.clock.Now()
	due := noTimer
	if state == Pending {
		due = clock.Micro(now.Add(cashAnswer))
	}
	var confirmed *int64
	if state == Confirmed {
		at := clock.Micro(now)
		confirmed = &at
	}
	ids := make([]string, len(b.stores))
	var lines []orderdb.InsertLinesParams
	for i, st := range b.stores {
		ids[i] = code.ID("ord")
		captured := int64(0)
		if state == Confirmed {
			captured = st.totals.Total
		}
		order, err := q.InsertOrder(ctx, orderdb.InsertOrderParams{
			PublicID: ids[i], CheckoutID: checkout, StoreID: st.id, AccountID: caller.AccountID, State: string(state), Method: method,
			PaymentStatus: status(st.totals.Total, captured, 0), Currency: string(b.currency), Goods: st.totals.Goods, Discount: st.totals.Discount,
			Tax: st.totals.Tax, Delivery: st.totals.Delivery, Total: st.totals.Total, Fee: st.fee, Captured: captured, LineCount: st.totals.Lines,
			UnitCount: st.totals.Units, PlacedAt: clock.Micro(now), DueAt: due, ConfirmedAt: confirmed,
		})
		if err != nil {
			return nil, fmt.Errorf("insert order: %w", err)
		}
		for _, l := range st.lines {
			lines = append(lines, lineRow(order, l, b.settings.TaxRateBp))
		}
	}
	var failed error
	q.InsertLines(ctx, lines).Exec(func(_ int, err error) { failed = errors.Join(failed, err) })
	return ids, failed
}

func lineRow(order int64, l basketLine, taxRate int64) orderdb.InsertLinesParams {
	options, _ := json.Marshal(l.sell.Options) // names and values: strings always encode
	if l.sell.Options == nil {
		options = []byte("[]")
	}
	return orderdb.InsertLinesParams{
		PublicID: code.ID("oln"), OrderID: order, VariantID: l.sell.VariantID, Variant: l.sell.Variant, Product: l.sell.Product, Title: l.sell.Title,
		VariantTitle: l.sell.VariantTitle, Options: string(options), Sku: l.sell.SKU, Barcode: l.sell.Barcode, Tracked: l.sell.TrackStock,
		Weight: l.sell.Weight, UnitPrice: l.sell.Price, Quantity: l.cart.Qty, Goods: l.priced.goods, Discount: 0, TaxBp: taxRate, Tax: l.priced.tax,
		Total: l.priced.total, Fee: l.priced.fee,
	}
}

// settle opens or makes the payment and takes the stock, in the order of the locks: payment, stock, wallet.
func (s *Service) settle(ctx context.Context, tx db.Tx, caller web.Caller, b *basket, checkout, method string, orders []string) error {
	demands := make([]inventory.Demand, 0, len(orders))
	var shares []payment.Allocation
	for i, st := range b.stores {
		d := inventory.Demand{Owner: orders[i]}
		for _, l := range st.lines {
			if l.sell.TrackStock {
				d.Lines = append(d.Lines, inventory.Line{Variant: l.sell.VariantID, Qty: l.cart.Qty})
			}
		}
		if len(d.Lines) > 0 {
			demands = append(demands, d)
		}
		if st.totals.Total > 0 {
			shares = append(shares, payment.Allocation{Order: orders[i], Amount: st.totals.Total})
		}
	}
	take := s.inventory.ReserveMany
	if method == methodNone || method == string(payment.ByWallet) {
		take = s.inventory.SellNowMany
	}
	if method == methodNone {
		return take(ctx, tx, demands)
	}
	p, err := s.payments.Open(ctx, tx, payment.OpenCmd{
		Kind: Kind, Payable: checkout, AccountID: caller.AccountID, Account: caller.Account, Method: payment.Method(method), Currency: b.currency, Shares: shares,
	})
	if err != nil {
		return err
	}
	if err := take(ctx, tx, demands); err != nil {
		return err
	}
	if method == string(payment.ByWallet) {
		return s.payments.PayFromWallet(ctx, tx, p, shares)
	}
	return nil
}

// whereTo gives the frozen contact and address. Errors: ErrAddressNeeded, ErrContactNeeded, identity's not found.
func (s *Service) whereTo(ctx context.Context, tx db.Tx, caller web.Caller, country string, cmd CheckoutCmd) (contact, address string, err error) {
	a := cmd.Address
	switch {
	case a == nil && cmd.AddressID != "":
		found, err := s.identity.Address(ctx, tx, caller.AccountID, cmd.AddressID)
		if err != nil {
			return "", "", err
		}
		a = &found
	case a == nil:
		return "", "", ErrAddressNeeded
	default:
		normal, err := a.Normal("body.address", country)
		if err != nil {
			return "", "", err
		}
		a = &normal
	}
	c := Contact{Name: a.Name, Phone: a.Phone}
	if cmd.Contact != nil {
		c = *cmd.Contact
	}
	c.Name = strings.TrimSpace(c.Name)
	if c.Name == "" || c.Phone == "" && c.Email == "" {
		return "", "", ErrContactNeeded
	}
	cj, err := json.Marshal(c)
	if err != nil {
		return "", "", err
	}
	aj, err := json.Marshal(a)
	return string(cj), string(aj), err
}
