package proof_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/haat-market/haat/internal/apptest"
	"github.com/haat-market/haat/internal/payment/gateway"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/db/dbtest"
)

// postman is a gateway whose answer comes when the test says so.
type postman struct{ paid bool }

func (*postman) About() gateway.About {
	return gateway.About{Name: "postman", Title: "Postman", Verified: gateway.BySandbox, Takes: gateway.TakesCard, Refunds: gateway.PartRefunds, Window: 5 * time.Minute}
}

func (*postman) Hear(context.Context, gateway.Message) (gateway.Hint, error) {
	return gateway.Hint{}, gateway.ErrForged
}

func (g *postman) Start(ctx context.Context, c gateway.Charge) (gateway.Outcome, error) {
	return g.Lookup(ctx, c)
}

func (g *postman) Lookup(_ context.Context, c gateway.Charge) (gateway.Outcome, error) {
	out := gateway.Outcome{State: gateway.Waiting, Reference: "post_" + c.Attempt, Amount: c.Amount, Currency: c.Currency}
	if g.paid {
		out.State = gateway.Paid
	}
	return out, nil
}

func (g *postman) Refund(context.Context, gateway.Refund) (gateway.Refunded, error) {
	return gateway.Refunded{Done: true, Reference: "post"}, nil
}

// bazaar is a market of two stores whose variants were made in turns, so that no store has all the low ids, and a buyer
// whose cart holds them in the worst order.
type bazaar struct {
	*apptest.Market
	t       *testing.T
	rec     *recorder
	post    *postman
	stores  [2]apptest.Store
	goods   []string // of the stores in turns
	buyer   *apptest.Client
	address string
}

func newBazaar(t *testing.T, d *db.DB, rec *recorder) *bazaar {
	b := &bazaar{Market: apptest.On(t, d), t: t, rec: rec, post: &postman{}}
	b.Payments.AddGateway(b.post)
	b.stores = [2]apptest.Store{b.Store(), b.Store()}
	for i := range 6 {
		_, v := b.stores[i%2].Product(fmt.Sprintf("Thing %d", i), "10.00", 1000)
		b.goods = append(b.goods, v)
	}
	b.buyer, b.address = b.Buyer()
	b.Fund(b.buyer, 10_000_000)
	b.Person("admin").Patch("/v1/settings", M{"max_unpaid_checkouts": 100}).Want(200)
	return b
}

// cart checks six things out of two stores out.
func (b *bazaar) cart(method string) *apptest.Answer {
	b.t.Helper()
	for i := len(b.goods) - 1; i >= 0; i-- {
		b.buyer.Post("/v1/cart/lines", M{"variant": b.goods[i], "quantity": 1}).Want(201)
	}
	return b.buyer.Post("/v1/checkouts", M{"address_id": b.address, "payment_method": method, "expected_total": "60.00"}).Want(201)
}

// direct buys one thing.
func (b *bazaar) direct(method string) *apptest.Answer {
	b.t.Helper()
	return b.buyer.Post("/v1/checkouts", checkout(b.goods[0], b.address, method, "10.00", 1)).Want(201)
}

func order(a *apptest.Answer, n int) string {
	return fmt.Sprintf("/v1/orders/%s", a.Str(fmt.Sprintf("orders.%d.id", n)))
}

// owner is whose store an order of a checkout is at.
func (b *bazaar) owner(a *apptest.Answer, n int) *apptest.Client {
	if a.Str(fmt.Sprintf("orders.%d.store.id", n)) == b.stores[0].ID {
		return b.stores[0].Owner
	}
	return b.stores[1].Owner
}

func (b *bazaar) attempt(a *apptest.Answer, body M) {
	b.t.Helper()
	b.buyer.Post("/v1/payments/{}/attempts", body, a.Str("payment.id")).Want(201)
}

// later lets time pass and signs everybody in anew.
func (b *bazaar) later(d time.Duration) {
	b.t.Helper()
	b.Clock.Advance(d)
	b.buyer = b.SignIn(b.buyer)
	for i := range b.stores {
		b.stores[i].Owner = b.SignIn(b.stores[i].Owner)
	}
}

// expect fails the test unless, since the last time, the transaction locked these tables in this order and every
// transaction kept to the order of all.
func (b *bazaar) expect(what, name, path string) {
	b.t.Helper()
	if got := b.rec.checked(b.t, what)[name]; got != path {
		b.t.Errorf("%s: %s locks %q, want %q", what, name, got, path)
	}
}

// Everything that happens to orders locks rows in one order, so that no two of them wait for each other in a circle.
func TestEverythingLocksInOneOrder(t *testing.T) {
	rec := &recorder{}
	dbtest.EachWith(t, db.Config{Schema: schema, Watch: rec.watch}, func(t *testing.T, d *db.DB) {
		b := newBazaar(t, d, rec)
		rec.take()
		for _, way := range []struct{ what, tables string }{
			{"wallet", "carts checkouts orders payments stock ledger_accounts"},
			{"gateway", "carts checkouts orders payments stock"},
			{"cod", "carts checkouts orders payments stock"},
		} {
			b.cart(way.what)
			b.expect("checkout of a cart by "+way.what, "order.checkout", way.tables)
			b.direct(way.what)
			b.expect("direct checkout by "+way.what, "order.checkout", way.tables)
		}
		b.steps()
		b.payments()
		b.timers()
		b.carrying()
	})
}

// steps are what people do with orders.
func (b *bazaar) steps() {
	paid := b.cart("wallet")
	for n := range 2 {
		for _, step := range []string{"process", "ship", "deliver", "complete"} {
			who := b.owner(paid, n)
			if step == "complete" {
				who = b.buyer
			}
			who.Post(order(paid, n)+"/"+step, nil).Want(200)
		}
	}
	b.expect("complete", "order.complete", "checkouts orders payments ledger_accounts")
	cancelled := b.cart("wallet")
	b.buyer.Post(order(cancelled, 1)+"/cancel", nil).Want(200)
	b.expect("cancel a paid order", "order.cancel", "checkouts orders deliveries payments reservations stock ledger_accounts")
	open := b.direct("gateway")
	b.buyer.Post(order(open, 0)+"/cancel", nil).Want(200)
	b.expect("cancel an unpaid order", "order.cancel", "checkouts orders payments reservations stock")
	open = b.cart("gateway")
	b.buyer.Post("/v1/checkouts/{}/cancel", nil, open.Str("id")).Want(200)
	b.expect("cancel an unpaid checkout", "order.cancel_checkout", "checkouts orders payments reservations stock")
	cash := b.cart("cod")
	for _, step := range []string{"confirm", "ship", "deliver"} {
		b.owner(cash, 0).Post(order(cash, 0)+"/"+step, nil).Want(200)
	}
	b.buyer.Post(order(cash, 0)+"/complete", nil).Want(200)
	b.expect("cash at the door", "order.confirm", "checkouts orders reservations stock")
	b.buyer.Post(order(cash, 1)+"/cancel", nil).Want(200)
	b.expect("cancel a cash order", "order.cancel", "checkouts orders deliveries payments reservations stock")
	back := b.direct("wallet")
	for _, step := range []string{"ship", "return"} {
		b.owner(back, 0).Post(order(back, 0)+"/"+step, nil).Want(200)
	}
	b.owner(back, 0).Post(order(back, 0)+"/receive", M{"restock": true}).Want(200)
	b.expect("a parcel that came back", "order.receive", "checkouts orders payments reservations stock ledger_accounts")
}

// payments are how money comes, in time and late, and goes back.
func (b *bazaar) payments() {
	b.attempt(b.cart("gateway"), card(goodCard))
	b.expect("pay by card", "payment.record", "checkouts orders payments reservations stock")
	b.attempt(b.cart("gateway"), M{"gateway": "wallet"})
	b.expect("pay an open checkout from the wallet", "payment.attempt", "checkouts orders payments reservations stock ledger_accounts")
	declined := b.cart("gateway")
	b.buyer.Post("/v1/payments/{}/attempts", card(badCard), declined.Str("payment.id")).Problem(402, "card_declined")
	b.buyer.Post("/v1/checkouts/{}/cancel", nil, declined.Str("id")).Want(200)
	b.expect("a declined card", "payment.record", "checkouts orders payments")

	b.post.paid = false
	late, cancelled := b.cart("gateway"), b.cart("gateway")
	for _, a := range []*apptest.Answer{late, cancelled} {
		b.attempt(a, M{"gateway": "postman", "card": card(goodCard)["card"]})
	}
	b.buyer.Post("/v1/checkouts/{}/cancel", nil, cancelled.Str("id")).Want(200)
	b.rec.checked(b.t, "two attempts that wait")
	b.later(2 * time.Hour)
	if n := b.Sweep("payment.expire"); n != 3 { // and those of the first two checkouts by gateway
		b.t.Errorf("%d payments expired, want 3", n)
	}
	b.expect("the window ends", "payment.expire", "leases checkouts orders payments reservations stock")
	b.post.paid = true
	b.recheck(late)
	b.buyer.Get(order(late, 1)).Want(200).Is("state", "confirmed")
	b.expect("late money that is taken", "payment.record", "checkouts orders payments stock")
	b.recheck(cancelled)
	b.buyer.Get(order(cancelled, 1)).Want(200).Is("payment_status", "refunded")
	b.expect("late money that goes back", "payment.record", "checkouts orders payments")
	b.RunJobs()
	b.expect("a refund at the gateway", "payment.refund_record", "refunds")
}

// recheck asks the gateway about a checkout's attempt.
func (b *bazaar) recheck(a *apptest.Answer) {
	b.t.Helper()
	attempt := b.buyer.Get("/v1/payments/", a.Str("payment.id")).Want(200).Str("attempts.0.id")
	if err := b.Payments.Recheck(context.Background(), attempt); err != nil {
		b.t.Fatal(err)
	}
}

// timers are what happens by itself.
func (b *bazaar) timers() {
	done := b.cart("wallet")
	for n := range 2 {
		b.owner(done, n).Post(order(done, n)+"/ship", nil).Want(200)
		b.owner(done, n).Post(order(done, n)+"/deliver", nil).Want(200)
	}
	b.later(73 * time.Hour)
	b.rec.take()
	b.Sweep("order.due")
	b.expect("orders that complete by themselves", "order.due", "leases checkouts orders payments ledger_accounts")
	b.cart("cod")
	b.later(25 * time.Hour)
	b.rec.take()
	b.Sweep("order.due")
	b.expect("a store that does not answer", "order.due", "leases checkouts orders payments reservations stock")
}

// carrying is what couriers do: the order is locked first, then the delivery, then the courier, and money last.
func (b *bazaar) carrying() {
	admin := b.Person("admin")
	couriers := [2]*apptest.Client{}
	ids := [2]string{}
	for i := range couriers {
		c := b.Person("courier")
		couriers[i], ids[i] = c, c.Patch("/v1/couriers/me", M{"vehicle": "bicycle", "capacity": 50_000}).Want(200).Str("id")
		c.Post("/v1/couriers/me/documents", M{"kind": "identity", "number": "1", "expires_at": b.Clock.Now().AddDate(1, 0, 0)}).Want(201)
		admin.Post("/v1/couriers/{}/verify", nil, ids[i]).Want(200)
	}
	job := func(method string) (id, order string) {
		a := b.direct(method)
		order = a.Str("orders.0.id")
		if method == "cod" {
			b.owner(a, 0).Post("/v1/orders/{}/confirm", nil, order).Want(200)
		}
		return b.owner(a, 0).Post("/v1/deliveries", M{"order": order, "fee": "3.00"}).Want(201).Str("id"), order
	}
	act := func(c *apptest.Client, id, step string, body any) {
		c.Post("/v1/deliveries/"+id+"/"+step, body).Want(200)
	}
	var cash []string
	for _, way := range []string{"wallet", "cod", "cod"} {
		id, order := job(way)
		b.rec.take()
		act(couriers[1], id, "claim", nil)
		b.expect("a claim", "delivery.claim", "checkouts orders deliveries couriers")
		admin.Post("/v1/deliveries/{}/assign", M{"courier": ids[0]}, id).Want(200)
		b.expect("from one courier to another", "delivery.assign", "checkouts orders deliveries couriers")
		act(couriers[0], id, "pickup", nil)
		b.expect("a pickup", "delivery.pickup", "checkouts orders deliveries")
		act(couriers[0], id, "fail", M{"reason": "refused"})
		act(couriers[0], id, "retry", nil)
		pin := b.buyer.Get("/v1/orders/", order, "/proof").Want(200).Str("pin")
		b.rec.take()
		act(couriers[0], id, "deliver", M{"pin": pin})
		b.expect("delivered, "+way, "delivery.deliver", "checkouts orders deliveries couriers payments ledger_accounts")
		if way == "cod" {
			cash = append(cash, id)
		}
	}
	admin.Post("/v1/couriers/{}/cash/hand-in", M{"deliveries": cash, "amount": "20.00"}, ids[0]).Want(200)
	b.expect("cash handed in", "delivery.hand_in", "deliveries ledger_accounts")
	id, order := job("wallet")
	act(couriers[0], id, "claim", nil)
	b.rec.take()
	b.buyer.Post("/v1/orders/{}/cancel", nil, order).Want(200)
	b.expect("cancelled while it is a courier's", "order.cancel", "checkouts orders deliveries couriers payments reservations stock ledger_accounts")
}
