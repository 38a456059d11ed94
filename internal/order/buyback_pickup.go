package order

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/haat-market/haat/internal/ledger"
	"github.com/haat-market/haat/internal/order/orderdb"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/event"
	"github.com/haat-market/haat/internal/platform/money"
	"github.com/haat-market/haat/internal/platform/qty"
	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/internal/rate"
	"github.com/haat-market/haat/internal/store"
)

// How a customer is paid at the door.
const (
	PaidCash   = "cash"
	PaidWallet = "wallet"
)

// Weight is what a line, or a rate that is no line yet, came to on the scales.
type Weight struct {
	ID          string
	Thousandths int64
}

// PickupCmd is what a dealer says at the door.
type PickupCmd struct {
	Number string // of the order, on paper
	OTP    string
	Lines  []Weight // each line of the order, zero too
	Extra  []Weight // rates of the dealer
	PayBy  string
	Note   string
}

// weighing is a pickup while it is done.
type weighing struct {
	actor   string
	free    func(ctx context.Context, tx db.Tx) error // sets the money free that is set aside for it; nil: none is
	order   *orderdb.Order
	pickup  orderdb.Pickup
	terms   rate.Terms
	lines   []orderdb.BuybackLine
	updates []orderdb.WeighLinesParams
	extra   []orderdb.InsertBuybackLinesParams
	flagged bool
	sum     rate.Figures
	parts   int64 // lines of which there was something
}

// Pickup weighs an order, pays the customer and completes it, against the customer's password, which stands for his consent.
// A wrong one is counted. Errors: ErrNotFound, ErrState, ErrNotYours, ErrDealerShut, ErrWrongNumber, ErrWrongOTP, ErrOTPLocked,
// ErrWeights, ErrExtra, ErrPayBy, ErrTotalTooLarge, ledger.ErrInsufficientBalance, store.ErrNoRight.
func (s *Service) Pickup(ctx context.Context, caller web.Caller, id string, cmd PickupCmd) error {
	var refusal error
	err := s.db.Write(ctx, "order.pickup", func(ctx context.Context, tx db.Tx) error {
		refusal = nil
		c, orders, i, err := s.lockOrder(ctx, tx, id)
		if err != nil {
			return err
		}
		o := &orders[i]
		parties, err := s.parties(ctx, tx, caller, *o)
		if err != nil {
			return err
		}
		rule, ok := findBuyback(State(o.State), PickUp)
		if o.Side != buyback || !ok {
			return wrongState(*o, parties)
		}
		if took(rule, parties) == "" {
			return ErrNotYours
		}
		if !sameNumber(cmd.Number, o.ID) {
			return ErrWrongNumber
		}
		p, err := orderdb.New(tx).PickupOf(ctx, o.ID)
		if err != nil {
			return err
		}
		if refusal, err = s.checkOTP(ctx, tx, o, p, cmd.OTP); refusal != nil || err != nil {
			return err
		}
		if State(o.State) == Pending { // what was accepted may be fetched
			if err := s.mustBuy(ctx, tx, o.StoreID); err != nil {
				return err
			}
		}
		if err := s.callOff(ctx, tx, o, PickUp, took(rule, parties), caller.Account); err != nil {
			return err
		}
		w := &weighing{order: o, pickup: p, actor: caller.Account}
		if err := s.weigh(ctx, tx, w, cmd); err != nil {
			return err
		}
		if w.sum.Amount > 0 && cmd.PayBy == PaidWallet { // the owner's money, which only he gives away
			if _, err := s.stores.RequireID(ctx, tx, caller, o.StoreID, store.Own); err != nil {
				return err
			}
		}
		return s.settlePickup(ctx, tx, c, w, cmd)
	})
	if err != nil {
		return err
	}
	return refusal
}

// Fetching is a pickup that a courier does for the dealer who sent him.
type Fetching struct {
	PickupCmd
	Most  int64 // that the customer may get
	Actor string
	// Free sets the money free that the dealer has set aside, right before it is paid, under the lock of the wallets.
	Free func(ctx context.Context, tx db.Tx) error
}

// Fetch weighs an order that the dealer has accepted and the caller has locked, as Pickup does, and pays the customer from
// the wallet of the store's owner. What has to be remembered although it is refused is a refusal, not an error. Errors:
// ErrState, ErrNoCash, ErrWrongNumber, ErrWrongOTP, ErrOTPLocked, ErrWeights, ErrExtra, ErrTotalTooLarge, ErrPayMost,
// ledger.ErrInsufficientBalance.
func (s *Service) Fetch(ctx context.Context, tx db.Tx, id string, f Fetching) (refusal, err error) {
	c, orders, i, err := s.lockOrder(ctx, tx, id)
	if err != nil {
		return nil, err
	}
	o := &orders[i]
	if o.Side != buyback || State(o.State) != Confirmed {
		return nil, wrongState(*o, []Party{Courier})
	}
	switch {
	case f.PayBy != "" && f.PayBy != PaidWallet:
		return nil, ErrNoCash
	case !sameNumber(f.Number, o.ID):
		return nil, ErrWrongNumber
	}
	p, err := orderdb.New(tx).PickupOf(ctx, o.ID)
	if err != nil {
		return nil, err
	}
	if refusal, err := s.checkOTP(ctx, tx, o, p, f.OTP); refusal != nil || err != nil {
		return refusal, err
	}
	w := &weighing{order: o, pickup: p, actor: f.Actor, free: f.Free}
	if err := s.weigh(ctx, tx, w, f.PickupCmd); err != nil {
		return nil, err
	}
	if w.sum.Amount > f.Most {
		cur := money.Currency(o.Currency)
		return nil, ErrPayMost.With("amount", money.Format(w.sum.Amount, cur)).With("most", money.Format(f.Most, cur)).With("currency", o.Currency)
	}
	f.PayBy = PaidWallet
	return nil, s.settlePickup(ctx, tx, c, w, f.PickupCmd)
}

func sameNumber(said string, id int64) bool {
	n, ok := numbered(said)
	return ok && n == id
}

// checkOTP compares the password. What has to be remembered although it is refused is a refusal, not an error.
func (s *Service) checkOTP(ctx context.Context, tx db.Tx, o *orderdb.Order, p orderdb.Pickup, said string) (refusal, err error) {
	if p.Tries >= maxOTPTries {
		return ErrOTPLocked, nil
	}
	if subtle.ConstantTimeCompare([]byte(strings.TrimSpace(said)), []byte(s.otp(o.PublicID, p))) == 1 {
		return nil, nil
	}
	n, err := orderdb.New(tx).CountOTP(ctx, o.ID)
	if err != nil || n == 0 {
		return ErrOTPLocked, err
	}
	return ErrWrongOTP.With("tries_left", maxOTPTries-p.Tries-1), nil
}

// weigh makes the lines of what was weighed, at the frozen prices; other material is at the price of now.
func (s *Service) weigh(ctx context.Context, tx db.Tx, w *weighing, cmd PickupCmd) (err error) {
	w.terms = rate.Terms{FeeBp: w.pickup.FeeBp}
	if w.lines, err = orderdb.New(tx).BuybackLines(ctx, w.order.ID); err != nil {
		return err
	}
	if err := w.weighLines(cmd.Lines); err != nil {
		return err
	}
	return s.weighExtra(ctx, tx, w, cmd.Extra)
}

func (w *weighing) weighLines(said []Weight) error {
	bad := ErrWeights
	weights := make(map[string]int64, len(said))
	known := make(map[string]bool, len(w.lines))
	for _, l := range w.lines {
		known[l.PublicID] = true
	}
	for i, x := range said {
		if _, twice := weights[x.ID]; twice || !known[x.ID] {
			bad = bad.Field(fmt.Sprintf("body.lines.%d.line", i), "cart_line_not_found", "Is no line of this order, or was said before.")
		}
		weights[x.ID] = x.Thousandths
	}
	for _, l := range w.lines {
		n, ok := weights[l.PublicID]
		_, whole := qty.Units(n)
		switch {
		case !ok:
			bad = bad.Field("body.lines", "weight_missing", fmt.Sprintf("Say what %s came to (%s), zero too.", l.Title, l.PublicID))
		case n < 0 || n > qty.Max || l.Unit == "pcs" && !whole:
			bad = bad.Field("body.lines", "invalid_quantity", fmt.Sprintf("%s cannot come to this.", l.Title))
		}
	}
	if len(bad.Fields) > 0 {
		return bad
	}
	for _, l := range w.lines {
		n := weights[l.PublicID]
		f, err := w.terms.Line(l.UnitPrice, n, l.TaxBp)
		if err != nil {
			return tooLarge(err)
		}
		if err := w.add(f, n); err != nil {
			return err
		}
		w.flagged = w.flagged || n > flagTimes*l.Ordered
		w.updates = append(w.updates, orderdb.WeighLinesParams{ID: l.ID, Weighed: n, Amount: f.Amount, Tax: f.Tax, Fee: f.Fee})
	}
	return nil
}

func (w *weighing) add(f rate.Figures, weight int64) (err error) {
	if weight > 0 {
		w.parts++
	}
	w.sum, err = w.sum.Add(f)
	return tooLarge(err)
}

// weighExtra adds material that was not ordered. Error: ErrExtra.
func (s *Service) weighExtra(ctx context.Context, tx db.Tx, w *weighing, said []Weight) error {
	taken := make(map[string]bool, len(w.lines))
	for _, l := range w.lines {
		taken[l.Rate] = true
	}
	for i, x := range said {
		refuse := func(why string) error { return ErrExtra.Field(fmt.Sprintf("body.extra.%d", i), ErrExtra.Code, why) }
		offer, err := s.rates.Named(ctx, tx, x.ID)
		if errors.Is(err, rate.ErrRateNotFound) || err == nil && (offer.StoreID != w.order.StoreID || offer.PostalCode != w.pickup.PostalCode || string(offer.Currency) != w.order.Currency) {
			return refuse("The dealer has no such rate here.")
		}
		if err != nil {
			return err
		}
		if taken[x.ID] {
			return refuse("It is a line already.")
		}
		taken[x.ID] = true
		if x.Thousandths <= 0 || x.Thousandths > qty.Max || !rate.Countable(offer.Material, x.Thousandths) {
			return refuse("This is not a quantity above zero.")
		}
		f, err := w.terms.Line(offer.Price, x.Thousandths, offer.Material.TaxBp)
		if err != nil {
			return tooLarge(err)
		}
		if err := w.add(f, x.Thousandths); err != nil {
			return err
		}
		row := buybackRow(w.order.ID, offer, 0, f)
		row.Weighed = &said[i].Thousandths
		w.extra, w.flagged = append(w.extra, row), true
	}
	return nil
}

// settlePickup writes what was weighed, completes the order and moves the money, in the order of the locks.
func (s *Service) settlePickup(ctx context.Context, tx db.Tx, c orderdb.Checkout, w *weighing, cmd PickupCmd) error {
	o, q := w.order, orderdb.New(tx)
	if w.sum.Amount > 0 && cmd.PayBy != PaidCash && cmd.PayBy != PaidWallet {
		return ErrPayBy
	}
	by := cmd.PayBy
	if w.sum.Amount == 0 {
		by = ""
	}
	settings, err := s.market.SettingsFor(ctx, tx)
	if err != nil {
		return err
	}
	now := s.clock.Now()
	at, was := clock.Micro(now), State(o.State)
	total := w.sum.Amount + w.sum.Tax
	if err := q.CutCheckout(ctx, orderdb.CutCheckoutParams{
		ID: c.ID, Goods: o.Goods - w.sum.Amount, Tax: o.Tax - w.sum.Tax, Total: o.Total - total, LineCount: o.LineCount - w.parts, UnitCount: o.UnitCount - w.parts,
	}); err != nil {
		return err
	}
	o.Goods, o.Tax, o.Total, o.Fee, o.LineCount, o.UnitCount = w.sum.Amount, w.sum.Tax, total, w.sum.Fee, w.parts, w.parts
	if _, err := q.CutOrder(ctx, orderdb.CutOrderParams{
		ID: o.ID, Was: string(was), Goods: o.Goods, Tax: o.Tax, Total: o.Total, Fee: o.Fee, PaymentStatus: status(o.Total, 0, 0), LineCount: o.LineCount, UnitCount: o.UnitCount, UpdatedAt: at,
	}); err != nil {
		return err
	}
	o.State, o.CompletedAt, o.DueAt, o.Captured, o.Method = string(Completed), &at, noTimer, o.Total, methodNone
	n, err := q.UpdateOrder(ctx, update(*o, was, at))
	if err != nil {
		return err
	}
	done, err := q.CompletePickup(ctx, orderdb.CompletePickupParams{
		OrderID: o.ID, Paid: w.sum.Amount, PaidBy: by, Flagged: w.flagged, WeighedBy: w.actor, Month: now.In(settings.Location()).Format("2006-01"), CompletedAt: at,
	})
	if err != nil {
		return err
	}
	if n != 1 || done != 1 {
		return fmt.Errorf("order %s: its state changed under its lock", o.PublicID)
	}
	if err := writeWeights(ctx, q, w); err != nil {
		return err
	}
	if err := s.payOut(ctx, tx, w, by); err != nil {
		return err
	}
	if err := s.billPickup(ctx, tx, c, w, by); err != nil {
		return err
	}
	cur := money.Currency(o.Currency)
	facts := map[string]any{
		"from": was, "to": Completed, "paid": money.Format(w.sum.Amount, cur), "currency": cur, "by": by, "flagged": w.flagged, "extra": len(w.extra),
		"consent": "password", // of the customer, who was told the weights at the door
	}
	if cmd.Note != "" {
		facts["note"] = cmd.Note
	}
	return s.events.Append(ctx, tx, event.Event{Type: "order.completed", Subject: o.PublicID, Actor: w.actor, Facts: facts})
}

// billPickup tells whoever writes bills what a store bought. Where nothing was taken along there is nothing to write.
func (s *Service) billPickup(ctx context.Context, tx db.Tx, c orderdb.Checkout, w *weighing, by string) error {
	o := w.order
	if s.biller == nil || w.sum.Amount == 0 {
		return nil
	}
	cur := money.Currency(o.Currency)
	sale := Sale{
		Standing: Standing{ID: o.PublicID, StoreID: o.StoreID, AccountID: o.AccountID, State: State(o.State), Currency: cur, Total: o.Total},
		Number:   Number(o.ID), PlacedAt: clock.Time(o.PlacedAt), Bought: true, Paid: w.sum.Amount, PaidBy: by,
	}
	if err := errors.Join(json.Unmarshal([]byte(c.Contact), &sale.Contact), json.Unmarshal([]byte(c.Address), &sale.Address)); err != nil {
		return err
	}
	line := func(title, taxCode, unit string, price, weighed, amount, bp, tax int64) {
		if weighed > 0 {
			sale.Lines = append(sale.Lines, SaleLine{
				Title: title, TaxCode: taxCode, Unit: unit, UnitPrice: price, Weighed: weighed, Goods: amount, Net: amount, TaxRate: bp, Tax: tax, Total: amount + tax,
			})
		}
	}
	for i, l := range w.lines {
		u := w.updates[i]
		line(l.Title, l.TaxCode, l.Unit, l.UnitPrice, u.Weighed, u.Amount, l.TaxBp, u.Tax)
	}
	for _, x := range w.extra {
		line(x.Title, x.TaxCode, x.Unit, x.UnitPrice, *x.Weighed, x.Amount, x.TaxBp, x.Tax)
	}
	return s.biller.Bill(ctx, tx, sale)
}

func writeWeights(ctx context.Context, q *orderdb.Queries, w *weighing) error {
	var failed error
	note := func(_ int, err error) { failed = errors.Join(failed, err) }
	q.WeighLines(ctx, w.updates).Exec(note)
	if failed == nil && len(w.extra) > 0 {
		q.InsertBuybackLines(ctx, w.extra).Exec(note)
	}
	return failed
}

// payOut books what the market holds of it: a payment from wallet to wallet, which only the store's owner makes or has set
// aside, and the percent that the store owes from now on. Cash between two people never was the market's.
func (s *Service) payOut(ctx context.Context, tx db.Tx, w *weighing, by string) error {
	o := w.order
	briefs, err := s.stores.Briefs(ctx, tx, []int64{o.StoreID})
	if err != nil {
		return err
	}
	b := briefs[o.StoreID]
	earnings := ledger.StoreEarnings(b.PublicID, o.Currency)
	if by == PaidWallet || w.free != nil {
		people, err := s.identity.Briefs(ctx, tx, []int64{b.OwnerID, o.AccountID})
		if err != nil {
			return err
		}
		if err := s.payWallet(ctx, tx, w, ledger.Wallet(people[b.OwnerID].PublicID, o.Currency), ledger.Wallet(people[o.AccountID].PublicID, o.Currency), earnings); err != nil {
			return err
		}
	}
	return s.ledger.Post(ctx, tx, ledger.StoreCollected, "complete:"+o.PublicID, o.PublicID,
		ledger.Leg{From: earnings, To: ledger.PlatformFees(o.Currency), Amount: o.Fee})
}

// payWallet pays the customer out of the owner's wallet. What was set aside for it is free first, under the locks of all
// accounts that are touched, so that nobody else spends it.
func (s *Service) payWallet(ctx context.Context, tx db.Tx, w *weighing, from, to, earnings ledger.Key) error {
	if w.free != nil {
		if err := s.ledger.Lock(ctx, tx, from, to, earnings); err != nil {
			return err
		}
		if err := w.free(ctx, tx); err != nil {
			return err
		}
	}
	if w.sum.Amount == 0 {
		return nil
	}
	return s.ledger.Post(ctx, tx, ledger.BuybackByWallet, "buyback:"+w.order.PublicID, w.order.PublicID, ledger.Leg{From: from, To: to, Amount: w.sum.Amount})
}
