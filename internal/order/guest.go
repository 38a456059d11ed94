package order

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/haat-market/haat/internal/cart"
	"github.com/haat-market/haat/internal/catalog"
	"github.com/haat-market/haat/internal/identity"
	"github.com/haat-market/haat/internal/market"
	"github.com/haat-market/haat/internal/order/orderdb"
	"github.com/haat-market/haat/internal/payment"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/code"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/event"
	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/money"
	"github.com/haat-market/haat/internal/platform/web"
)

// Where an order comes from.
const (
	byCheckout = "checkout" // its goods are set aside when it is made
	byGuest    = "guest"    // agreed upon by message: its goods are taken when the store confirms
)

const (
	guestAnswer     = 7 * 24 * time.Hour // how long a store has to answer a guest order
	followFor       = 30 * 24 * time.Hour
	maxGuestPending = 20 // of one requester whom we know again
)

// What a caller may be told about guest orders.
var (
	ErrReferenceUsed = fault.New(fault.Conflict, "reference_used", "You used this reference for another order. Choose a new one.")
	ErrTooManyWait   = fault.New(fault.Conflict, "too_many_pending", "Too many of your orders wait for a store's answer. Wait for one of them first.")
	ErrNotGuest      = fault.New(fault.Forbidden, "guest_token_needed", "This is shown to whoever placed the order, by the Guest-Token that it was placed with. The link alone does not show it: the store has it too.")
	ErrFollow        = fault.New(fault.NotFound, "order_not_found", "There is no such order, or its link has ended.")
	ErrClaimed       = fault.New(fault.Conflict, "order_claimed", "This order belongs to an account already.")
)

// GuestLine is so many units of a thing. UnitPrice is the price that the client shows, as a decimal; another one stops
// the order. Without it the price of now counts.
type GuestLine struct {
	Variant   string `json:"variant"`
	Quantity  int64  `json:"quantity"`
	UnitPrice string `json:"unit_price"`
}

// GuestCmd is an order by message. Without lines it is what is in the requester's cart.
type GuestCmd struct {
	Reference     string
	OrderedAt     *time.Time // by the client's clock; kept with the request, decides nothing
	Contact       Contact
	Address       *identity.Address
	Note          string
	Lines         []GuestLine
	ExpectedTotal string
}

// secret makes a text that only the server can make, and always the same from the same: so a follow link can be given
// again to whoever sends the same order again, and stands nowhere.
func (s *Service) secret(purpose, text string) []byte {
	h := hmac.New(sha256.New, s.key)
	h.Write([]byte("order." + purpose + "\x00" + text))
	return h.Sum(nil)
}

func (s *Service) followToken(order string) string {
	return base64.RawURLEncoding.EncodeToString(s.secret("follow", order))
}

// claimToken makes an order that was placed without an account and without a Guest-Token its placer's own. He alone gets
// it, once: the store has the follow link, and could send the same order again.
func (s *Service) claimToken(order string) string {
	return base64.RawURLEncoding.EncodeToString(s.secret("claim", order)[:16])
}

// requester names who orders, without saying it: the account, else the guest whose token it is, else the telephone
// number that he gives.
func (s *Service) requester(caller web.Caller, holder int64, guest, phone string) string {
	switch {
	case caller.SignedIn():
		return "account:" + caller.Account
	case holder < 0:
		return "guest:" + code.Hash(guest)
	}
	return "phone:" + hex.EncodeToString(s.secret("phone", phone))
}

// PlaceGuest makes one order for each store of the lines, waiting for the store's confirmation. No stock is touched. The
// same reference with the same order gives the first ones again. guest is the token of a guest, or "".
func (s *Service) PlaceGuest(ctx context.Context, caller web.Caller, guest string, cmd GuestCmd) (ids []string, replayed bool, err error) {
	settings, err := s.market.Settings(ctx)
	if err != nil {
		return nil, false, err
	}
	if !settings.GuestOrders {
		return nil, false, ErrGuestsOff
	}
	if err := normalGuest(&cmd, settings.Country); err != nil {
		return nil, false, err
	}
	holder, err := s.cart.Holder(ctx, caller, guest)
	if err != nil {
		return nil, false, err
	}
	raw, err := json.Marshal(cmd)
	if err != nil {
		return nil, false, err
	}
	g := guestOrder{
		cmd: cmd, holder: holder, requester: s.requester(caller, holder, guest, cmd.Contact.Phone), fingerprint: code.Hash(string(raw)), settings: settings,
	}
	for range 3 { // a twin that was first is found by the next try
		ids, replayed = nil, false
		err = s.db.Write(ctx, "order.guest", func(ctx context.Context, tx db.Tx) error {
			ids, replayed, err = s.placeGuest(ctx, tx, caller, g)
			return err
		})
		if !db.IsConstraint(err, "guest_orders_reference_key") {
			break
		}
	}
	if err != nil {
		return nil, false, err
	}
	return ids, replayed, nil
}

type guestOrder struct {
	cmd         GuestCmd
	holder      int64
	requester   string
	fingerprint string
	settings    market.Settings
}

// normalGuest brings what was written into its stored form.
func normalGuest(cmd *GuestCmd, country string) error {
	bad := web.ErrInvalid
	note := func(path string, err error) {
		if f, ok := fault.As(err); ok && len(f.Fields) > 0 {
			bad = bad.Field(path, f.Fields[0].Code, f.Fields[0].Message)
		}
	}
	var err error
	if cmd.Contact.Name, err = identity.Line("body.contact.name", cmd.Contact.Name, 100); err != nil {
		note("body.contact.name", err)
	} else if cmd.Contact.Name == "" {
		bad = bad.Field("body.contact.name", web.CodeRequired, "Must be given.")
	}
	if cmd.Contact.Phone, err = identity.Phone(cmd.Contact.Phone, country); err != nil {
		note("body.contact.phone", err)
	}
	if cmd.Contact.Email != "" {
		if cmd.Contact.Email, _, err = identity.Email(cmd.Contact.Email); err != nil {
			note("body.contact.email", err)
		}
	}
	if err := cmd.Contact.taxed(country); err != nil {
		note("body.contact.tax_number", err)
	}
	if cmd.Note, err = identity.Text("body.note", cmd.Note, 1000); err != nil {
		note("body.note", err)
	}
	seen := map[string]bool{}
	for i, l := range cmd.Lines {
		if seen[l.Variant] {
			bad = bad.Field(fmt.Sprintf("body.lines[%d].variant", i), cart.ErrDuplicateVariant.Code, cart.ErrDuplicateVariant.Message)
		}
		seen[l.Variant] = true
	}
	if cmd.Address != nil {
		a, err := cmd.Address.Normal("body.address.", country)
		if f, ok := fault.As(err); ok {
			for _, x := range f.Fields {
				bad = bad.Field(x.Path, x.Code, x.Message)
			}
		}
		cmd.Address = &a
	}
	if len(bad.Fields) > 0 {
		return bad
	}
	return nil
}

// placeGuest runs SERIALIZABLE: what was ordered before under this reference is looked for and written in one snapshot,
// and the unique key stands behind it.
func (s *Service) placeGuest(ctx context.Context, tx db.Tx, caller web.Caller, g guestOrder) (ids []string, replayed bool, err error) {
	q := orderdb.New(tx)
	before, err := q.GuestOrdersByReference(ctx, g.requester, g.cmd.Reference)
	if err != nil {
		return nil, false, err
	}
	for _, b := range before {
		if b.Fingerprint == g.fingerprint {
			ids = append(ids, b.PublicID)
		}
	}
	if len(ids) > 0 {
		return ids, true, nil
	}
	lines, err := s.guestLines(ctx, tx, g)
	if err != nil {
		return nil, false, err
	}
	b := &basket{settings: g.settings, lines: lines, currency: money.Currency(lines[0].sell.Currency)}
	if err := b.price(s.quoter(g.settings)); err != nil {
		return nil, false, err
	}
	if g.cmd.ExpectedTotal != "" {
		if expected, err := money.Parse(g.cmd.ExpectedTotal, b.currency); err != nil || expected != b.totals.Total {
			return nil, false, b.totalChanged()
		}
	}
	for _, st := range b.stores {
		if slices.ContainsFunc(before, func(r orderdb.GuestOrdersByReferenceRow) bool { return r.StoreID == st.id }) {
			return nil, false, ErrReferenceUsed.With("store", st.brief.PublicID)
		}
	}
	if err := s.mayWait(ctx, q, g); err != nil {
		return nil, false, err
	}
	if err := s.takesCash(ctx, tx, b); err != nil {
		return nil, false, err
	}
	for _, st := range b.stores {
		id, err := s.insertGuest(ctx, tx, caller, g, b, st)
		if err != nil {
			return nil, false, err
		}
		ids = append(ids, id)
	}
	if len(g.cmd.Lines) > 0 {
		return ids, false, nil
	}
	bought := make([]int64, len(b.lines))
	for i, l := range b.lines {
		bought[i] = l.cart.ID
	}
	return ids, false, s.cart.RemoveLines(ctx, tx, bought)
}

// mayWait bounds how many unanswered orders somebody has whom we know again. Who is only a telephone number is bounded by
// his address's rate: else anybody could use the number of somebody else up.
func (s *Service) mayWait(ctx context.Context, q *orderdb.Queries, g guestOrder) error {
	if g.holder == 0 {
		return nil
	}
	n, err := q.CountPendingGuestOrders(ctx, g.requester, clock.Micro(s.clock.Now().Add(-guestAnswer)))
	if err == nil && n >= maxGuestPending {
		return ErrTooManyWait.With("limit", maxGuestPending)
	}
	return err
}

// guestLines are the lines that were sent, or those of the requester's cart, beside the catalogue of now.
func (s *Service) guestLines(ctx context.Context, tx db.Tx, g guestOrder) ([]basketLine, error) {
	if len(g.cmd.Lines) == 0 {
		if g.holder == 0 {
			return nil, ErrEmptyCart
		}
		cartID, err := s.cart.Lock(ctx, tx, g.holder)
		if err != nil {
			return nil, err
		}
		return s.collect(ctx, tx, cartID, CheckoutCmd{})
	}
	names := make([]string, len(g.cmd.Lines))
	for i, l := range g.cmd.Lines {
		names[i] = l.Variant
	}
	found, err := s.catalog.Sellables(ctx, tx, names)
	if err != nil {
		return nil, err
	}
	lines := make([]basketLine, len(g.cmd.Lines))
	for i, l := range g.cmd.Lines {
		sell, ok := found[l.Variant]
		if !ok {
			sell.Reason = catalog.ReasonVariantGone
		}
		seen := sell.Price
		if l.UnitPrice != "" && ok {
			asserted, err := money.Parse(l.UnitPrice, money.Currency(sell.Currency))
			if err != nil {
				return nil, web.ErrInvalid.Field(fmt.Sprintf("body.lines[%d].unit_price", i), web.CodeInvalidFormat, "Must be a decimal amount.")
			}
			seen = asserted
		}
		lines[i] = basketLine{cart: cart.Line{Variant: sell.VariantID, VariantID: l.Variant, Qty: l.Quantity, PriceSeen: seen}, sell: sell}
	}
	return checked(lines, func(i int) string { return fmt.Sprintf("body.lines[%d]", i) })
}

// insertGuest writes the order of one store, with a checkout of its own: stores that have nothing to do with each other
// answer, change and cancel each for itself.
func (s *Service) insertGuest(ctx context.Context, tx db.Tx, caller web.Caller, g guestOrder, all *basket, st basketStore) (string, error) {
	q := orderdb.New(tx)
	b := &basket{settings: all.settings, currency: all.currency, lines: st.lines, stores: []basketStore{st}, totals: st.totals}
	contact, err := json.Marshal(g.cmd.Contact)
	if err != nil {
		return "", err
	}
	to := identity.Address{}
	if g.cmd.Address != nil {
		to = *g.cmd.Address
	}
	address, err := json.Marshal(to)
	if err != nil {
		return "", err
	}
	method := string(payment.ByCash)
	if b.totals.Total == 0 {
		method = methodNone
	}
	now := s.clock.Now()
	checkout := code.ID("chk")
	checkoutID, err := q.InsertCheckout(ctx, orderdb.InsertCheckoutParams{
		Side:     sale,
		PublicID: checkout, AccountID: caller.AccountID, Account: caller.Account, Method: method, Currency: string(b.currency), Goods: b.totals.Goods,
		Discount: b.totals.Discount, Tax: b.totals.Tax, Delivery: b.totals.Delivery, Total: b.totals.Total, LineCount: b.totals.Lines,
		UnitCount: b.totals.Units, Contact: string(contact), Address: string(address), Note: g.cmd.Note, Open: false, PlacedAt: clock.Micro(now),
	})
	if err != nil {
		return "", fmt.Errorf("insert checkout: %w", err)
	}
	orders, err := s.insertOrders(ctx, q, caller, b, checkoutID, method, Pending)
	if err != nil {
		return "", err
	}
	id := orders[0].PublicID
	if _, err := q.MarkGuestOrder(ctx, g.cmd.Reference, clock.Micro(now.Add(guestAnswer)), id); err != nil {
		return "", fmt.Errorf("mark guest order: %w", err)
	}
	if err := q.InsertGuestOrder(ctx, orderdb.InsertGuestOrderParams{
		OrderID: orders[0].ID, StoreID: st.id, Requester: g.requester, Reference: g.cmd.Reference, Fingerprint: g.fingerprint,
		TokenHash: code.Hash(s.followToken(id)), CreatedAt: clock.Micro(now),
	}); err != nil {
		return "", fmt.Errorf("insert guest order: %w", err)
	}
	if method != methodNone {
		if _, err := s.payments.Open(ctx, tx, payment.OpenCmd{
			Kind: Kind, Payable: checkout, AccountID: caller.AccountID, Account: caller.Account, Method: payment.ByCash, Currency: b.currency,
			Shares: []payment.Allocation{{Order: id, Amount: b.totals.Total}},
		}); err != nil {
			return "", err
		}
	}
	actor := caller.Account
	if actor == "" {
		actor = event.System
	}
	return id, s.events.Append(ctx, tx, event.Event{Type: "order.placed", Subject: id, Actor: actor, Facts: map[string]any{
		"checkout": checkout, "store": st.brief.PublicID, "state": Pending, "method": method, "channel": byGuest,
		"total": money.Format(b.totals.Total, b.currency), "currency": b.currency,
	}})
}

// takeNow takes the goods of an order that none were set aside for: all lines, or a refusal that names each short one.
func (s *Service) takeNow(ctx context.Context, tx db.Tx, o *orderdb.Order) error {
	q := orderdb.New(tx)
	rows, err := q.LinesOfOrders(ctx, []int64{o.ID})
	if err != nil {
		return err
	}
	ids := make([]int64, len(rows))
	for i, l := range rows {
		ids[i] = l.VariantID
	}
	now, err := s.catalog.SellablesByID(ctx, tx, ids)
	if err != nil {
		return err
	}
	demand, changed := guestDemand(rows, now)
	for tracked, lines := range changed {
		if err := q.SetTracked(ctx, tracked, lines); err != nil {
			return err
		}
	}
	err = s.inventory.SellNow(ctx, tx, o.PublicID, demand)
	return namedShort(err, rows)
}

// OfLink is the order of a follow link. Errors: ErrFollow.
func (s *Service) OfLink(ctx context.Context, tx db.Tx, token string) (string, error) {
	o, err := s.follow(ctx, tx, token)
	return o.PublicID, err
}

// OfGuest is the order of a follow link, for whoever placed it with a guest's token. The store has the link, in the message
// that it was sent, so the link alone is not enough for what the store must not see. Errors: ErrFollow, ErrNotGuest.
func (s *Service) OfGuest(ctx context.Context, tx db.Tx, token, guest string) (string, error) {
	o, err := s.follow(ctx, tx, token)
	if err != nil {
		return "", err
	}
	if _, err := s.placer(ctx, tx, token, guest); err != nil {
		return "", err
	}
	return o.PublicID, nil
}

// placer is who placed the order of a follow link; ErrNotGuest where it is not the one who has this guest's token.
func (s *Service) placer(ctx context.Context, tx db.Tx, token, guest string) (who string, err error) {
	who, err = orderdb.New(tx).RequesterByToken(ctx, code.Hash(token))
	if err != nil {
		return "", fmt.Errorf("requester: %w", err)
	}
	if guest == "" || who != "guest:"+code.Hash(guest) {
		return who, ErrNotGuest
	}
	return who, nil
}

// follow reads the order of a link. Errors: ErrFollow.
func (s *Service) follow(ctx context.Context, tx db.Tx, token string) (orderdb.Order, error) {
	q := orderdb.New(tx)
	id, err := q.OrderByToken(ctx, code.Hash(token))
	if errors.Is(err, db.ErrNoRows) {
		return orderdb.Order{}, ErrFollow
	}
	if err != nil {
		return orderdb.Order{}, err
	}
	o, err := q.GetOrder(ctx, id)
	if err != nil {
		return o, err
	}
	if end := followEnd(o); end != nil && !s.clock.Now().Before(*end) {
		return o, ErrFollow
	}
	return o, nil
}

// followEnd is when the link of an order ends: some time after the order is final, nil before.
func followEnd(o orderdb.Order) *time.Time {
	var final int64
	switch State(o.State) {
	case Completed:
		final = *o.CompletedAt
	case Cancelled:
		final = *o.CancelledAt
	case Returned:
		final = o.UpdatedAt
	default:
		return nil
	}
	end := clock.Time(final).Add(followFor)
	return &end
}
