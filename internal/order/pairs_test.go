package order_test

import (
	"slices"
	"testing"
	"time"

	"github.com/haat-market/haat/internal/apptest"
	"github.com/haat-market/haat/internal/order"
)

// bench is a market that can bring an order into any state.
type bench struct {
	*apptest.Market
	store          apptest.Store
	variant        string
	buyer          *apptest.Client
	address        string
	admin          *apptest.Client
	stranger       *apptest.Client
	checkout, pay_ string
}

func (b *bench) place(method string) string {
	b.T.Helper()
	a := b.buyer.Post("/v1/checkouts", M{"direct": M{"variant": b.variant, "quantity": 1}, "address_id": b.address, "payment_method": method, "expected_total": "10.00"}).Want(201)
	b.checkout, b.pay_ = a.Str("id"), a.Str("payment.id")
	return "/v1/orders/" + a.Str("orders.0.id")
}

// reach makes an order that stands in a state.
func (b *bench) reach(s order.State) string {
	b.T.Helper()
	owner := b.store.Owner
	steps := map[order.State][]string{
		order.Confirmed: {}, order.Processing: {"process"}, order.Shipped: {"ship"}, order.Delivered: {"ship", "deliver"},
		order.Completed: {"ship", "deliver", "complete"}, order.Cancelled: {"cancel"}, order.Returning: {"ship", "return"}, order.Returned: {"ship", "return", "receive"},
	}
	switch s {
	case order.AwaitingPayment:
		return b.place("gateway")
	case order.Pending:
		return b.place("cod")
	}
	id := b.place("wallet")
	for _, step := range steps[s] {
		who := owner
		if step == "complete" {
			who = b.buyer
		}
		who.Post(id+"/"+step, nil).Want(200)
	}
	b.buyer.Get(id).Want(200).Is("state", string(s))
	return id
}

// settle takes an order that waits for payment out of the way: an account may have a few only.
func (b *bench) settle(s order.State) {
	if s == order.AwaitingPayment {
		b.buyer.Post("/v1/checkouts/"+b.checkout+"/cancel", nil)
	}
}

// Every step is tried in every state by everybody: what the table allows is done, everything else is refused and
// changes nothing.
func TestEveryStepInEveryState(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		b := &bench{Market: m, store: m.Store(), admin: m.Person("admin"), stranger: m.Person("customer", "seller")}
		_, b.variant = b.store.Product("Lamp", "10.00", 10000)
		b.buyer, b.address = m.Buyer()
		m.Fund(b.buyer, 10_000_000)
		steps := order.Events[:8]
		people := []struct {
			client  *apptest.Client
			parties []order.Party
		}{{b.buyer, []order.Party{order.Buyer}}, {b.store.Owner, []order.Party{order.Store}}, {b.admin, []order.Party{order.Store, order.Admin}}}
		for _, state := range order.States {
			id := b.reach(state)
			for _, on := range steps {
				b.stranger.Post(id+"/"+string(on), nil).Problem(404, "order_not_found")
				m.Anonymous().Post(id+"/"+string(on), nil).Problem(401, "unauthenticated")
				for _, p := range people {
					rule, ok := order.Find(state, on)
					may := ok && slices.ContainsFunc(p.parties, func(x order.Party) bool { return slices.Contains(rule.By, x) })
					switch {
					case may:
						fresh := b.reach(state)
						p.client.Post(fresh+"/"+string(on), nil).Want(200).Is("state", string(rule.To))
					case ok:
						p.client.Post(id+"/"+string(on), nil).Problem(403, "not_your_part")
					default:
						p.client.Post(id+"/"+string(on), nil).Problem(409, "wrong_state").Is("details.state", string(state))
					}
				}
			}
			b.buyer.Get(id).Want(200).Is("state", string(state))
			b.settle(state)
		}
		m.Clock.Advance(time.Second)
	})
}
