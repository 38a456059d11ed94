package order

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/haat-market/haat/internal/cart"
	"github.com/haat-market/haat/internal/identity"
	"github.com/haat-market/haat/internal/order/orderdb"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/code"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/event"
	"github.com/haat-market/haat/internal/platform/idem"
	"github.com/haat-market/haat/internal/platform/money"
	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/internal/rate"
	"github.com/haat-market/haat/internal/store"
)

// BuybackCmd is what somebody submits who sells to stores. ExpectedTotal is the sum of the orders' totals that he saw, as a
// decimal.
type BuybackCmd struct {
	Lines         []string // of the cart; nil means all
	Contact       *Contact
	AddressID     string
	Address       *identity.Address
	Note          string
	Day, Slot     string
	ExpectedTotal string
}

// sack is such a checkout while it is made.
type sack struct {
	terms   rate.Terms
	day     appointment
	due     int64
	there   string // the postal code
	lines   []sackLine
	stores  []sackStore
	sum     rate.Figures
	contact string
	address string
}

type sackLine struct {
	cart    cart.RateLine
	offer   rate.Rate
	figures rate.Figures
}

type sackStore struct {
	brief store.Brief
	lines []sackLine
	sum   rate.Figures
}

// CheckoutBuyback makes one order for each store of what the caller means to sell, and clears those lines of the cart.
// Nothing happens if a price, a dealer or the total is not as it was seen. The same Idempotency-Key gives the same checkout.
func (s *Service) CheckoutBuyback(ctx context.Context, caller web.Caller, cmd BuybackCmd) (id string, replayed bool, err error) {
	return idem.Once(ctx, s.db, "order.checkout_buyback", func(ctx context.Context, tx db.Tx) (string, error) {
		cartID, err := s.cart.Lock(ctx, tx, caller.AccountID)
		if err != nil {
			return "", err
		}
		open, err := orderdb.New(tx).CountOpenPickups(ctx, caller.AccountID)
		if err != nil {
			return "", err
		}
		b, err := s.pack(ctx, tx, caller, cartID, cmd)
		if err != nil {
			return "", err
		}
		if open+int64(len(b.stores)) > maxOpenPickups {
			return "", ErrTooManyPickups.With("limit", maxOpenPickups)
		}
		return s.placeBuyback(ctx, tx, caller, b, cmd.Note)
	})
}

// pack reads and checks everything that such a checkout rests on.
func (s *Service) pack(ctx context.Context, tx db.Tx, caller web.Caller, cartID int64, cmd BuybackCmd) (*sack, error) {
	settings, err := s.market.SettingsFor(ctx, tx)
	if err != nil {
		return nil, err
	}
	b := &sack{terms: rate.TermsOf(settings), day: appointment{cmd.Day, cmd.Slot}}
	if b.due, err = b.day.due(s.clock.Now(), settings); err != nil {
		return nil, err
	}
	to := CheckoutCmd{Contact: cmd.Contact, AddressID: cmd.AddressID, Address: cmd.Address}
	if b.contact, b.address, err = s.whereTo(ctx, tx, caller, settings.Country, to); err != nil {
		return nil, err
	}
	if b.there, err = placeIn(b.address, settings.Country); err != nil {
		return nil, err
	}
	if err := s.sackLines(ctx, tx, b, cartID, cmd.Lines); err != nil {
		return nil, err
	}
	if err := s.checkSack(ctx, tx, caller, b); err != nil {
		return nil, err
	}
	if err := b.price(); err != nil {
		return nil, err
	}
	if cmd.ExpectedTotal != "" {
		expected, err := money.Parse(cmd.ExpectedTotal, settings.Currency)
		if err != nil || expected != b.sum.Total() {
			return nil, ErrTotalChanged.With("totals", cart.ViewFigures(b.sum, settings.Currency)).With("currency", string(settings.Currency))
		}
	}
	return b, nil
}

// placeIn is the postal code of a frozen address. Error: rate.ErrPostalCode.
func placeIn(address, country string) (string, error) {
	var a identity.Address
	if err := json.Unmarshal([]byte(address), &a); err != nil {
		return "", err
	}
	there, err := rate.Normal(a.PostalCode, country)
	if err != nil {
		return "", rate.ErrPostalCode.Field("body.address.postal_code", rate.ErrPostalCode.Code, rate.ErrPostalCode.Message)
	}
	return there, nil
}

func (s *Service) sackLines(ctx context.Context, tx db.Tx, b *sack, cartID int64, only []string) error {
	lines, err := s.cart.RateLines(ctx, tx, cartID, only)
	if err != nil {
		return err
	}
	if len(only) > len(lines) {
		return ErrLineNotFound
	}
	if len(lines) == 0 {
		return ErrEmptyCart
	}
	keys := make([]int64, len(lines))
	for i, l := range lines {
		keys[i] = l.RateID
	}
	offers, err := s.rates.ByID(ctx, tx, keys)
	for _, l := range lines {
		b.lines = append(b.lines, sackLine{cart: l, offer: offers[l.RateID]})
	}
	slices.SortStableFunc(b.lines, func(x, y sackLine) int {
		return int(min(max(x.offer.StoreID-y.offer.StoreID, -1), 1))
	})
	return err
}

// checkSack says of each line what is not as the customer saw it, and which dealer does not come.
// Errors: ErrCartChanged, ErrNotServed, ErrOwnStore.
func (s *Service) checkSack(ctx context.Context, tx db.Tx, caller web.Caller, b *sack) error {
	changed, far := ErrCartChanged, ErrNotServed
	for _, l := range b.lines {
		path, o := "cart.lines."+l.cart.PublicID, l.offer
		if o.Key == 0 {
			changed = changed.Field(path, "rate_gone", "The dealer took this price back.")
			continue
		}
		if o.Store.OwnerID == caller.AccountID {
			return ErrOwnStore.With("store", o.Store.PublicID)
		}
		may, err := s.rates.MayBuy(ctx, tx, o.Store)
		if err != nil {
			return err
		}
		serves, err := s.rates.Serves(ctx, tx, o.StoreID, b.there)
		if err != nil {
			return err
		}
		switch {
		case !may:
			changed = changed.Field(path, ErrDealerShut.Code, ErrDealerShut.Message)
		case !serves:
			far = far.Field(path, ErrNotServed.Code, "The dealer does not serve the postal code "+b.there+".")
		case o.PostalCode != b.there:
			far = far.Field(path, "rate_of_another_postal_code", fmt.Sprintf("This price holds at %s, and the address is at %s.", o.PostalCode, b.there))
		case !o.Offered:
			changed = changed.Field(path, "not_bought", "The dealer does not buy this at present.")
		case o.Price != l.cart.PriceSeen:
			changed = changed.Field(path, "price_changed", fmt.Sprintf("The price was %s %s and is %s now.", o.Currency,
				money.Format(l.cart.PriceSeen, o.Currency), money.Format(o.Price, o.Currency)))
		case o.Currency != b.lines[0].offer.Currency:
			return ErrMixedCurrencies
		}
	}
	switch {
	case len(changed.Fields) > 0:
		return changed
	case len(far.Fields) > 0:
		return far
	}
	return nil
}

// price prices the lines and splits them by store. Error: ErrTotalTooLarge.
func (b *sack) price() (err error) {
	for _, l := range b.lines {
		if l.figures, err = b.terms.Line(l.offer.Price, l.cart.Qty, l.offer.Material.TaxBp); err != nil {
			return tooLarge(err)
		}
		if n := len(b.stores); n == 0 || b.stores[n-1].brief.ID != l.offer.StoreID {
			b.stores = append(b.stores, sackStore{brief: l.offer.Store})
		}
		st := &b.stores[len(b.stores)-1]
		st.lines = append(st.lines, l)
		if st.sum, err = st.sum.Add(l.figures); err != nil {
			return tooLarge(err)
		}
		if b.sum, err = b.sum.Add(l.figures); err != nil {
			return tooLarge(err)
		}
	}
	return nil
}

// placeBuyback writes the checkout with its orders.
func (s *Service) placeBuyback(ctx context.Context, tx db.Tx, caller web.Caller, b *sack, note string) (string, error) {
	q, now := orderdb.New(tx), clock.Micro(s.clock.Now())
	id, cur := code.ID("chk"), b.lines[0].offer.Currency
	n := int64(len(b.lines))
	checkout, err := q.InsertCheckout(ctx, orderdb.InsertCheckoutParams{
		PublicID: id, AccountID: caller.AccountID, Account: caller.Account, Side: buyback, Method: methodNone, Currency: string(cur), Goods: b.sum.Amount, Tax: b.sum.Tax,
		Total: b.sum.Amount + b.sum.Tax, LineCount: n, UnitCount: n, Contact: b.contact, Address: b.address, Note: note, PlacedAt: now,
	})
	if err != nil {
		return "", fmt.Errorf("insert checkout: %w", err)
	}
	var lines []orderdb.InsertBuybackLinesParams
	events := make([]event.Event, len(b.stores))
	ids := make([]int64, 0, n)
	for i, st := range b.stores {
		public, lineCount := code.ID("ord"), int64(len(st.lines))
		order, err := q.InsertOrder(ctx, orderdb.InsertOrderParams{
			PublicID: public, CheckoutID: checkout, StoreID: st.brief.ID, AccountID: caller.AccountID, Side: buyback, State: string(Pending), Method: methodNone,
			PaymentStatus: status(st.sum.Amount+st.sum.Tax, 0, 0), Currency: string(cur), Goods: st.sum.Amount, Tax: st.sum.Tax, Total: st.sum.Amount + st.sum.Tax,
			Fee: st.sum.Fee, LineCount: lineCount, UnitCount: lineCount, PlacedAt: now, DueAt: b.due,
		})
		if err != nil {
			return "", fmt.Errorf("insert order: %w", err)
		}
		err = q.InsertPickup(ctx, orderdb.InsertPickupParams{
			OrderID: order, StoreID: st.brief.ID, AccountID: caller.AccountID, PostalCode: b.there, Day: b.day.day, Slot: b.day.slot, FeeBp: b.terms.FeeBp,
		})
		if err != nil {
			return "", fmt.Errorf("insert pickup: %w", err)
		}
		for _, l := range st.lines {
			lines = append(lines, buybackRow(order, l.offer, l.cart.Qty, l.figures))
			ids = append(ids, l.cart.ID)
		}
		events[i] = event.Event{Type: "order.placed", Subject: public, Actor: caller.Account, Facts: map[string]any{
			"checkout": id, "store": st.brief.PublicID, "state": Pending, "side": buyback, "day": b.day.day, "slot": b.day.slot,
			"total": money.Format(st.sum.Total(), cur), "currency": cur,
		}}
	}
	var failed error
	q.InsertBuybackLines(ctx, lines).Exec(func(_ int, err error) { failed = errors.Join(failed, err) })
	if failed != nil {
		return "", failed
	}
	if err := s.cart.RemoveRateLines(ctx, tx, ids); err != nil {
		return "", err
	}
	return id, s.events.AppendMany(ctx, tx, events)
}

func buybackRow(order int64, o rate.Rate, quantity int64, f rate.Figures) orderdb.InsertBuybackLinesParams {
	return orderdb.InsertBuybackLinesParams{
		PublicID: code.ID("oln"), OrderID: order, Rate: o.ID, Material: o.Material.ID, Title: o.Material.Name, Unit: o.Material.Unit, TaxCode: o.Material.TaxCode,
		UnitPrice: o.Price, Ordered: quantity, Amount: f.Amount, TaxBp: o.Material.TaxBp, Tax: f.Tax, Fee: f.Fee,
	}
}
