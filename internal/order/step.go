package order

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/haat-market/haat/internal/ledger"
	"github.com/haat-market/haat/internal/order/orderdb"
	"github.com/haat-market/haat/internal/payment"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/event"
	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/internal/store"
)

// Why is what a step may say.
type Why struct {
	Reason  string // of a cancel: customer, store, admin, payment_expired, no_answer, …
	Note    string
	Restock bool // of a receive: the goods are good

	appointment appointment // of a reschedule
}

// Step takes a step with an order. Errors: ErrNotFound, ErrNotYours, ErrState, ErrCarried, ErrPartly, ErrCancelCheckout.
func (s *Service) Step(ctx context.Context, caller web.Caller, id string, on Event, why Why) error {
	// READ COMMITTED: every check follows the locks of the checkout and of its orders.
	return s.db.Write(ctx, "order."+string(on), func(ctx context.Context, tx db.Tx) error {
		c, orders, i, err := s.lockOrder(ctx, tx, id)
		if err != nil {
			return err
		}
		o := orders[i]
		parties, err := s.parties(ctx, tx, caller, o)
		if err != nil {
			return err
		}
		if o.Side == buyback {
			return s.stepBuyback(ctx, tx, caller, &orders[i], parties, on, why)
		}
		rule, ok := Find(State(o.State), on)
		if !ok {
			return wrongState(o, parties)
		}
		party := took(rule, parties)
		if party == "" {
			return ErrNotYours
		}
		if on == Cancel {
			why.Reason = string(party)
			if party == Buyer {
				why.Reason = "customer"
			}
			if State(o.State) == AwaitingPayment {
				if len(orders) > 1 {
					return ErrCancelCheckout.With("checkout", c.PublicID)
				}
				return s.cancelOpen(ctx, tx, c, orders, why.Reason, caller.Account)
			}
		}
		return s.steps(ctx, tx, c, &orders[i], rule, party, why, caller.Account)
	}, db.ReadCommitted())
}

// CancelCheckout cancels a whole checkout while its payment is open.
func (s *Service) CancelCheckout(ctx context.Context, caller web.Caller, id string) error {
	return s.db.Write(ctx, "order.cancel_checkout", func(ctx context.Context, tx db.Tx) error {
		q := orderdb.New(tx)
		c, err := q.LockCheckout(ctx, id)
		if errors.Is(err, db.ErrNoRows) || err == nil && c.AccountID != caller.AccountID && !caller.Is(web.RoleAdmin) {
			return ErrCheckoutNotFound
		}
		if err != nil {
			return err
		}
		orders, err := q.LockOrdersOfCheckout(ctx, c.ID)
		if err != nil {
			return err
		}
		for _, o := range orders {
			if State(o.State) != AwaitingPayment {
				return wrongState(o, []Party{Buyer})
			}
		}
		reason := "customer"
		if c.AccountID != caller.AccountID {
			reason = "admin"
		}
		return s.cancelOpen(ctx, tx, c, orders, reason, caller.Account)
	}, db.ReadCommitted())
}

// cancelOpen cancels all orders of an unpaid checkout and closes its payment.
func (s *Service) cancelOpen(ctx context.Context, tx db.Tx, c orderdb.Checkout, orders []orderdb.Order, reason, actor string) error {
	if err := s.payments.Cancel(ctx, tx, Kind, c.PublicID, reason, actor); err != nil {
		return err
	}
	return s.closeOpen(ctx, tx, c, orders, Cancel, reason, actor)
}

// closeOpen ends all orders of a checkout that was never paid. All its stock goes back in one go.
func (s *Service) closeOpen(ctx context.Context, tx db.Tx, c orderdb.Checkout, orders []orderdb.Order, on Event, reason, actor string) error {
	if err := s.inventory.ReleaseMany(ctx, tx, publicIDs(orders), reason); err != nil {
		return err
	}
	for i := range orders {
		o := &orders[i]
		rule, ok := Find(State(o.State), on)
		if !ok {
			return fmt.Errorf("order %s: %s in state %s", o.PublicID, on, o.State)
		}
		if err := s.move(ctx, tx, o, rule, Why{Reason: reason}, actor); err != nil {
			return err
		}
	}
	return orderdb.New(tx).CloseCheckout(ctx, c.ID)
}

// lockOrder locks the order's checkout and then its orders, in the order of all locks.
func (s *Service) lockOrder(ctx context.Context, tx db.Tx, id string) (c orderdb.Checkout, orders []orderdb.Order, i int, err error) {
	q := orderdb.New(tx)
	o, err := q.GetOrder(ctx, id)
	if errors.Is(err, db.ErrNoRows) {
		return c, nil, 0, ErrNotFound
	}
	if err != nil {
		return c, nil, 0, err
	}
	if c, err = q.LockCheckoutByID(ctx, o.CheckoutID); err != nil {
		return c, nil, 0, err
	}
	if orders, err = q.LockOrdersOfCheckout(ctx, c.ID); err != nil {
		return c, nil, 0, err
	}
	i = slices.IndexFunc(orders, func(x orderdb.Order) bool { return x.ID == o.ID })
	return c, orders, i, nil
}

// parties says in which parts the caller may act. A stranger gets ErrNotFound.
func (s *Service) parties(ctx context.Context, tx db.Tx, caller web.Caller, o orderdb.Order) ([]Party, error) {
	var out []Party
	if caller.SignedIn() && o.AccountID == caller.AccountID {
		out = append(out, Buyer)
	}
	if caller.Is(web.RoleAdmin) {
		return append(out, Store, Admin), nil
	}
	_, err := s.stores.RequireID(ctx, tx, caller, o.StoreID, store.Orders)
	switch f, ok := fault.As(err); {
	case err == nil:
		out = append(out, Store)
	case !ok:
		return nil, err
	case len(out) == 0 && f.Kind == fault.NotFound:
		return nil, ErrNotFound
	case len(out) == 0:
		return nil, err
	}
	return out, nil
}

func took(r Rule, parties []Party) Party {
	for _, p := range parties {
		if slices.Contains(r.By, p) {
			return p
		}
	}
	return ""
}

func wrongState(o orderdb.Order, parties []Party) error {
	return ErrState.With("state", o.State).With("allowed_actions", actions(o, parties...))
}

// apply does what a row of the table says, in the order of the locks: payment, stock, accounts.
func (s *Service) apply(ctx context.Context, tx db.Tx, c orderdb.Checkout, o *orderdb.Order, rule Rule, why Why, actor string) error {
	if err := standsStill(*o, rule); err != nil {
		return err
	}
	if rule.Money != MoneyStays && o.Method != methodNone {
		if err := s.payments.Lock(ctx, tx, Kind, c.PublicID); err != nil {
			return err
		}
	}
	if err := s.moveStock(ctx, tx, o, rule, why); err != nil {
		return err
	}
	left := o.Captured - o.Refunded
	if err := s.moveMoney(ctx, tx, c, o, rule, why, actor); err != nil {
		return err
	}
	if rule.Money == MoneyBack {
		if err := s.cameBack(ctx, tx, o, left, actor); err != nil {
			return err
		}
	}
	return s.move(ctx, tx, o, rule, why, actor)
}

func (s *Service) moveStock(ctx context.Context, tx db.Tx, o *orderdb.Order, rule Rule, why Why) error {
	switch rule.Stock {
	case StockSold:
		if o.Channel == byGuest {
			return s.takeNow(ctx, tx, o)
		}
		return s.inventory.Sell(ctx, tx, o.PublicID)
	case StockFreed:
		return s.inventory.Release(ctx, tx, o.PublicID, why.Reason)
	case StockBack:
		return s.inventory.Restock(ctx, tx, o.PublicID, why.Reason)
	case StockChecked:
		if why.Restock {
			return s.inventory.Restock(ctx, tx, o.PublicID, "returned")
		}
	}
	return nil
}

func (s *Service) moveMoney(ctx context.Context, tx db.Tx, c orderdb.Checkout, o *orderdb.Order, rule Rule, why Why, actor string) error {
	if rule.Money == MoneyBack {
		if err := s.promotionBack(ctx, tx, o); err != nil {
			return err
		}
	}
	cash := o.Method == string(payment.ByCash)
	switch {
	case o.Total == 0 && o.Promotion == 0:
		return nil
	case rule.Money == MoneyReleased:
		return s.release(ctx, tx, o, cash)
	case o.Total == 0:
		return nil
	case rule.Money == MoneyBack && cash && o.Captured == 0:
		return s.payments.DropOrder(ctx, tx, Kind, c.PublicID, o.PublicID, actor)
	case rule.Money == MoneyBack:
		left := o.Captured - o.Refunded
		o.Refunded = o.Captured
		if left == 0 {
			return nil
		}
		reason := why.Reason
		if rule.To == Returned {
			reason = "returned"
		}
		_, err := s.payments.Refund(ctx, tx, payment.RefundCmd{
			Kind: Kind, Payable: c.PublicID, Order: o.PublicID, StoreID: o.StoreID, Amount: left, Reason: reason, Reference: "order:" + o.PublicID, Actor: actor,
		})
		return err
	case rule.Money == MoneyAtDoor && cash:
		o.Captured = o.Total
		return s.payments.CashCollected(ctx, tx, Kind, c.PublicID, o.PublicID, actor)
	}
	return nil
}

// release gives the store what it earned. It carried the goods itself, so the delivery charge is its own. Of cash at
// the door only the fee is booked, as the store's debt, and what the market pays of a discount.
func (s *Service) release(ctx context.Context, tx db.Tx, o *orderdb.Order, cash bool) error {
	briefs, err := s.stores.Briefs(ctx, tx, []int64{o.StoreID})
	if err != nil {
		return err
	}
	cur := o.Currency
	earnings := ledger.StoreEarnings(briefs[o.StoreID].PublicID, cur)
	if cash {
		return s.ledger.Post(ctx, tx, ledger.StoreCollected, "complete:"+o.PublicID, o.PublicID,
			ledger.Leg{From: earnings, To: ledger.PlatformFees(cur), Amount: o.Fee},
			ledger.Leg{From: ledger.PlatformPromotions(cur), To: earnings, Amount: o.Promotion - o.PromotionBack})
	}
	escrow := ledger.Escrow(o.PublicID, cur)
	return s.ledger.Post(ctx, tx, ledger.SaleCompleted, "complete:"+o.PublicID, o.PublicID,
		ledger.Leg{From: escrow, To: earnings, Amount: o.Captured - o.Refunded + o.Promotion - o.PromotionBack - o.Fee},
		ledger.Leg{From: escrow, To: ledger.PlatformFees(cur), Amount: o.Fee})
}

// move writes the new state, its times and its event.
func (s *Service) move(ctx context.Context, tx db.Tx, o *orderdb.Order, rule Rule, why Why, actor string) error {
	settings, err := s.market.SettingsFor(ctx, tx)
	if err != nil {
		return err
	}
	now := s.clock.Now()
	at := clock.Micro(now)
	o.State, o.DueAt, o.CancelReason = string(rule.To), noTimer, ""
	switch rule.To {
	case Confirmed:
		o.ConfirmedAt, o.CancelledAt = &at, nil
	case Shipped:
		o.ShippedAt = &at
	case Delivered:
		o.DeliveredAt = &at
	case Completed:
		o.CompletedAt = &at
	case Cancelled:
		o.CancelledAt, o.CancelReason = &at, why.Reason
	}
	if rule.Timer == TimerRelease && !held(*o) {
		o.DueAt = clock.Micro(now.Add(settings.EscrowRelease))
	}
	n, err := orderdb.New(tx).UpdateOrder(ctx, update(*o, rule.From, at))
	if err != nil {
		return err
	}
	if n != 1 {
		return fmt.Errorf("order %s: its state changed under its lock", o.PublicID)
	}
	facts := map[string]any{"from": rule.From, "to": rule.To}
	if o.CancelReason != "" {
		facts["reason"] = o.CancelReason
	}
	if why.Note != "" {
		facts["note"] = why.Note
	}
	if err := s.events.Append(ctx, tx, event.Event{Type: "order." + string(rule.To), Subject: o.PublicID, Actor: actor, Facts: facts}); err != nil {
		return err
	}
	if rule.To == Shipped {
		return s.bill(ctx, tx, *o)
	}
	return nil
}

func publicIDs(orders []orderdb.Order) []string {
	out := make([]string, len(orders))
	for i, o := range orders {
		out[i] = o.PublicID
	}
	return out
}
