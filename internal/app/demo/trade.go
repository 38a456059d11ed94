package demo

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/haat-market/haat/internal/cart"
	"github.com/haat-market/haat/internal/order"
	"github.com/haat-market/haat/internal/payment"
	"github.com/haat-market/haat/internal/payment/gateway"
	"github.com/haat-market/haat/internal/payment/testgateway"
	"github.com/haat-market/haat/internal/platform/web"
)

// Cards of the test gateway.
const (
	goodCard    = "4242424242424242"
	declined    = "4000000000000002"
	poorCard    = "4000000000009995"
	expiredCard = "4000000000000069"
)

// want is so many of an item.
type want struct {
	stall *stall
	item  *item
	units int64
}

// trade is a checkout and what becomes of it.
type trade struct {
	s      *story
	buyer  *buyer
	wants  []want
	method payment.Method
	cards  []string   // tried one after another
	lost   bool       // the gateway's answer to the last of them gets lost
	regret web.Caller // who cancels it all before it is paid, if anybody
	note   string
	home   bool // it goes to where the buyer lives

	missed   bool // it did not come to it, and nothing comes of it
	checkout string
	payment  string
	orders   map[*stall]string
}

// stalls are where the things come from, each once.
func (t *trade) stalls() (out []*stall) {
	seen := map[*stall]bool{}
	for _, w := range t.wants {
		if !seen[w.stall] {
			seen[w.stall] = true
			out = append(out, w.stall)
		}
	}
	return out
}

// place checks out, from the cart or directly, and pays with a card where it is one.
func (t *trade) place(ctx context.Context) error {
	t.missed = true // until it is there
	if err := t.submit(ctx); err != nil {
		return fmt.Errorf("checkout of %s: %w", t.buyer.mail, err)
	}
	t.missed = false
	v, err := insist(func() (order.CheckoutView, error) { return t.s.app.Orders.GetCheckout(ctx, t.buyer.Caller, t.checkout) })
	if err != nil {
		return err
	}
	t.s.orders.Add(int64(len(v.Orders)))
	t.payment, t.orders = v.Payment.ID, map[*stall]string{}
	for _, o := range v.Orders {
		for _, st := range t.stalls() {
			if st.id == o.Store.ID {
				t.orders[st] = o.ID
			}
		}
	}
	for i, card := range t.cards {
		if err := t.pay(ctx, card, t.lost && i == len(t.cards)-1); err != nil {
			return fmt.Errorf("payment of %s: %w", t.buyer.mail, err)
		}
	}
	if t.regret.SignedIn() {
		return t.cancelAll(ctx, t.regret)
	}
	return nil
}

func (t *trade) submit(ctx context.Context) error {
	cmd := order.CheckoutCmd{Method: string(t.method), AddressID: t.buyer.addresses[len(t.wants)%len(t.buyer.addresses)], Note: t.note}
	if t.home {
		cmd.AddressID = t.buyer.addresses[0]
	}
	if len(t.wants) == 1 {
		cmd.Direct = &order.Direct{Variant: t.wants[0].item.variant, Quantity: t.wants[0].units}
	} else if err := t.s.fillCart(ctx, t.buyer, t.wants); err != nil {
		return err
	}
	var err error
	t.checkout, err = insist(func() (string, error) {
		id, _, err := t.s.app.Orders.Checkout(ctx, t.buyer.Caller, cmd)
		return id, err
	})
	return err
}

// fillCart puts everything into the cart at once.
func (s *story) fillCart(ctx context.Context, b *buyer, wants []want) error {
	wishes := make([]cart.Wish, len(wants))
	for i, w := range wants {
		wishes[i] = cart.Wish{Variant: w.item.variant, Qty: w.units}
	}
	changes, err := insist(func() ([]cart.Change, error) {
		_, changes, err := s.app.Cart.Sync(ctx, b.AccountID, wishes)
		return changes, err
	})
	if err == nil && len(changes) > 0 {
		return errors.Join(cart.ErrNotForSale.With("changes", changes), s.app.Cart.Clear(ctx, b.AccountID))
	}
	return err
}

// pay tries a card. That it is declined is part of the story.
func (t *trade) pay(ctx context.Context, number string, lost bool) error {
	card := gateway.Card{Number: number, Month: 12, Year: t.s.end.Year() + 3, CVC: "123"}
	if lost {
		card.CVC = lostCode
	}
	_, err := insist(func() (string, error) {
		id, _, err := t.s.app.Payments.Start(ctx, t.buyer.Caller, payment.StartCmd{Payment: t.payment, Gateway: testgateway.Name, Card: card})
		return id, err
	})
	if number != goodCard && (errors.Is(err, payment.ErrDeclined) || errors.Is(err, payment.ErrNoFunds) || errors.Is(err, payment.ErrExpiredCard)) {
		return nil
	}
	if err == nil && number != goodCard {
		return fmt.Errorf("the card %s was taken", number)
	}
	return err
}

// step plans that somebody takes a step with the order of a store.
func (t *trade) step(at time.Time, st *stall, who web.Caller, on order.Event, why order.Why) {
	t.s.plan(deed{at: at, lane: t.buyer.lane, do: func(ctx context.Context) error {
		if t.missed {
			return nil
		}
		_, err := insist(func() (struct{}, error) {
			return struct{}{}, t.s.app.Orders.Step(ctx, who, t.orders[st], on, why)
		})
		if err != nil {
			return fmt.Errorf("%s of order %s: %w", on, t.orders[st], err)
		}
		if t.method == payment.ByGateway && (on == order.Cancel || on == order.Receive) {
			t.s.owed.Store(true) // the money goes back by a job
		}
		return nil
	}})
}

// cancelAll cancels the checkout while it is unpaid.
func (t *trade) cancelAll(ctx context.Context, who web.Caller) error {
	_, err := insist(func() (struct{}, error) { return struct{}{}, t.s.app.Orders.CancelCheckout(ctx, who, t.checkout) })
	if err != nil {
		return fmt.Errorf("cancel checkout %s: %w", t.checkout, err)
	}
	return nil
}

// lostCode is the security code with which the test gateway's answer gets lost while the story is played.
const lostCode = "000"

// forgetful is the test gateway on a bad line.
type forgetful struct{ *testgateway.Gateway }

var errLost = errors.New("the gateway's answer was lost")

// Start implements payment.Gateway.
func (g forgetful) Start(ctx context.Context, c gateway.Charge) (gateway.Outcome, error) {
	out, err := g.Gateway.Start(ctx, c)
	if err == nil && c.Card.CVC == lostCode {
		return gateway.Outcome{}, errLost
	}
	return out, err
}
