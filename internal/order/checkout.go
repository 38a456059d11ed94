package order

import (
	"context"
	"encoding/json"
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
	"github.com/haat-market/haat/internal/store"
)

// Direct is one thing bought without the cart.
type Direct struct {
	Variant  string
	Quantity int64
}

// Contact is who receives the goods.
type Contact struct {
	Name  string `json:"name" required:"false" maxLength:"120"`
	Phone string `json:"phone,omitempty" maxLength:"32"`
	Email string `json:"email,omitempty" maxLength:"254"`
	// TaxNumber stands on the invoice of a buyer who is registered himself.
	TaxNumber string `json:"tax_number,omitempty" maxLength:"30" doc:"The buyer's GSTIN, VAT or PAN for the invoice"`
}

// taxed brings the buyer's tax number into its stored form.
func (c *Contact) taxed(country string) error {
	number, why := store.TaxNumber(c.TaxNumber, country)
	if why != "" {
		return web.ErrInvalid.Field("body.contact.tax_number", web.CodeInvalidFormat, why)
	}
	c.TaxNumber = number
	return nil
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

// platform says whether the market pays the line's discount.
func (l basketLine) platform() bool {
	return l.sell.Discount != nil && l.sell.Discount.By == catalog.PaidByPlatform
}

func itemOf(l basketLine) item {
	return item{price: l.sell.Price, list: l.sell.ListPrice, quantity: l.cart.Qty, taxRate: l.sell.TaxRate, platform: l.platform()}
}

type basketStore struct {
	id     int64
	brief  store.Brief
	lines  []basketLine
	totals Totals
	fee    int64
	// promotion is what of the discount the market pays.
	promotion int64
}

// Checkout turns the cart, some of its lines, or one thing directly into one order for each store: one transaction
// that freezes, reserves, takes the wallet's money or opens the payment, and clears those lines of the cart. The
// same Idempotency-Key gives the same checkout.
func (s *Service) Checkout(ctx context.Context, caller web.Caller, cmd CheckoutCmd) (id string, replayed bool, err error) {
	placed, replayed, err := s.checkout(ctx, caller, cmd)
	return placed.row.PublicID, replayed, err
}

func (s *Service) checkout(ctx context.Context, caller web.Caller, cmd CheckoutCmd) (out placed, replayed bool, err error) {
	settings, err := s.market.Settings(ctx)
	if err != nil {
		return out, false, err
	}
	if !slices.Contains([]string{string(payment.ByGateway), string(payment.ByWallet), string(payment.ByCash)}, cmd.Method) {
		return out, false, ErrMethod
	}
	if cmd.Method == string(payment.ByWallet) && !settings.WalletPayments || cmd.Method == string(payment.ByCash) && !settings.CashOnDelivery {
		return out, false, ErrMethodOff
	}
	// READ COMMITTED. The lock of the cart's row stands before every check about this account (the lines, how many
	// checkouts are unpaid); stock and wallet are guarded writes; prices are compared with what was seen.
	id, replayed, err := idem.Once(ctx, s.db, "order.checkout", func(ctx context.Context, tx db.Tx) (string, error) {
		cartID, err := s.cart.Lock(ctx, tx, caller.AccountID)
		if err != nil {
			return "", err
		}
		b, err := s.fill(ctx, tx, settings, cartID, cmd)
		if err != nil {
			return "", err
		}
		out, err = s.place(ctx, tx, caller, b, cmd)
		return out.row.PublicID, err
	}, db.ReadCommitted())
	if err != nil || replayed {
		out = placed{}
		out.row.PublicID = id
	}
	return out, replayed, err
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
	t := terms{
		taxRate: b.settings.TaxRateBp, taxIncluded: b.settings.PricesIncludeTax, taxHalved: b.settings.Country == "IN", feeRate: b.settings.PlatformFeeBp,
	}
	for _, l := range b.lines {
		var err error
		if l.priced, err = t.priceLine(itemOf(l)); err != nil {
			return err
		}
		if n := len(b.stores); n == 0 || b.stores[n-1].id != l.sell.StoreID {
			b.stores = append(b.stores, basketStore{id: l.sell.StoreID, brief: l.sell.Store})
		}
		st := &b.stores[len(b.stores)-1]
		st.lines = append(st.lines, l)
		st.fee += l.priced.fee // each at most the line's net, whose sum is bounded
		if l.platform() {
			st.promotion += l.priced.discount
		}
		if err := st.totals.add(Totals{Goods: l.priced.goods, Discount: l.priced.discount, Tax: l.priced.tax, Lines: 1, Units: l.cart.Qty}); err != nil {
			return err
		}
	}
	for i := range b.stores {
		st := &b.stores[i]
		charge, err := q.Quote(st.id, st.totals.Total)
		if err != nil {
			return err
		}
		if err := st.totals.add(Totals{Delivery: charge}); err != nil {
			return err
		}
		if err := b.totals.add(st.totals); err != nil {
			return err
		}
	}
	return nil
}

// place writes the checkout.
func (s *Service) place(ctx context.Context, tx db.Tx, caller web.Caller, b *basket, cmd CheckoutCmd) (out placed, err error) {
	contact, address, err := s.whereTo(ctx, tx, caller, b.settings.Country, cmd)
	if err != nil {
		return out, err
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
		return out, err
	}
	if err := s.mayHold(ctx, tx, caller, b, state); err != nil {
		return out, err
	}
	if method == string(payment.ByCash) {
		if err := s.takesCash(ctx, tx, b); err != nil {
			return out, err
		}
	}
	q := orderdb.New(tx)
	now := clock.Micro(s.clock.Now())
	id := code.ID("chk")
	out.row = orderdb.Checkout{
		PublicID: id, AccountID: caller.AccountID, Account: caller.Account, Side: sale, Method: method, Currency: string(b.currency), Goods: b.totals.Goods,
		Discount: b.totals.Discount, Tax: b.totals.Tax, Delivery: b.totals.Delivery, Total: b.totals.Total, LineCount: b.totals.Lines,
		UnitCount: b.totals.Units, Contact: contact, Address: address, Note: cmd.Note, Open: state == AwaitingPayment, PlacedAt: now,
	}
	r := out.row
	out.row.ID, err = q.InsertCheckout(ctx, orderdb.InsertCheckoutParams{
		PublicID: r.PublicID, AccountID: r.AccountID, Account: r.Account, Side: r.Side, Method: r.Method, Currency: r.Currency, Goods: r.Goods, Discount: r.Discount,
		Tax: r.Tax, Delivery: r.Delivery, Total: r.Total, LineCount: r.LineCount, UnitCount: r.UnitCount, Contact: r.Contact, Address: r.Address,
		Note: r.Note, Open: r.Open, PlacedAt: r.PlacedAt,
	})
	if err != nil {
		return out, fmt.Errorf("insert checkout: %w", err)
	}
	if out.orders, err = s.insertOrders(ctx, q, caller, b, out.row.ID, method, state); err != nil {
		return out, err
	}
	out.stores = b.briefs()
	orders := publicIDs(out.orders)
	if out.payment, err = s.settle(ctx, tx, caller, b, id, method, orders); err != nil {
		return out, err
	}
	if cmd.Direct == nil {
		ids := make([]int64, len(b.lines))
		for i, l := range b.lines {
			ids[i] = l.cart.ID
		}
		if err := s.cart.RemoveLines(ctx, tx, ids); err != nil {
			return out, err
		}
	}
	events := make([]event.Event, len(orders))
	for i, o := range orders {
		events[i] = event.Event{Type: "order.placed", Subject: o, Actor: caller.Account, Facts: map[string]any{
			"checkout": id, "store": b.stores[i].brief.PublicID, "state": state, "method": method,
			"total": money.Format(b.stores[i].totals.Total, b.currency), "currency": b.currency,
		}}
	}
	return out, s.events.AppendMany(ctx, tx, events)
}

// settle opens or makes the payment and takes the stock, in the order of the locks: payment, stock, wallet.
func (s *Service) settle(ctx context.Context, tx db.Tx, caller web.Caller, b *basket, checkout, method string, orders []string) (*payment.Payment, error) {
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
		if err := take(ctx, tx, demands); err != nil {
			return nil, err
		}
		return nil, s.promote(ctx, tx, b, orders)
	}
	p, err := s.payments.Open(ctx, tx, payment.OpenCmd{
		Kind: Kind, Payable: checkout, AccountID: caller.AccountID, Account: caller.Account, Method: payment.Method(method), Currency: b.currency, Shares: shares,
	})
	if err != nil {
		return nil, err
	}
	if err := take(ctx, tx, demands); err != nil {
		return nil, err
	}
	if method != string(payment.ByWallet) {
		return &p, nil
	}
	if err := s.payments.PayFromWallet(ctx, tx, p, shares); err != nil {
		return nil, err
	}
	return &p, s.promote(ctx, tx, b, orders)
}

// promote books what the market pays of the discounts of orders that are paid at once.
func (s *Service) promote(ctx context.Context, tx db.Tx, b *basket, orders []string) error {
	for i, st := range b.stores {
		if err := s.promotionIn(ctx, tx, orders[i], string(b.currency), st.promotion); err != nil {
			return err
		}
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
		if c.Name == "" && c.Phone == "" && c.Email == "" { // only a number for the invoice
			c.Name, c.Phone = a.Name, a.Phone
		}
		if err := c.taxed(country); err != nil {
			return "", "", err
		}
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
