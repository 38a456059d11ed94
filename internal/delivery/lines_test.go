package delivery_test

import (
	"sync"
	"testing"

	"github.com/haat-market/haat/internal/apptest"
)

// lot is an order of three kinds of goods, paid in cash at the door: 2 rice, 3 lentils, 1 oil.
type lot struct {
	id                string
	rice, lentil, oil string
}

func (w *town) lot(method string) (o lot) {
	w.T.Helper()
	variants := []string{w.variant}
	for _, x := range [][2]string{{"Lentils", "33.33"}, {"Oil", "0.01"}} {
		_, v := w.store.Product(x[0], x[1], 1000)
		variants = append(variants, v)
	}
	for i, n := range []int{2, 3, 1} {
		w.buyer.Post("/v1/cart/lines", M{"variant": variants[i], "quantity": n}).Want(201)
	}
	a := w.buyer.Post("/v1/checkouts", M{"address_id": w.address, "payment_method": method, "expected_total": "350.00"}).Want(201)
	o.id = a.Str("orders.0.id")
	v := w.buyer.Get("/v1/orders/", o.id).Want(200)
	o.rice, o.lentil, o.oil = v.Str("lines.0.id"), v.Str("lines.1.id"), v.Str("lines.2.id")
	return o
}

func of(line string, quantity int) M { return M{"line": line, "quantity": quantity} }

// An order goes in parts: each courier has his lines and takes his part of the cash, a part that comes back goes again, and
// the order is delivered with the last of it.
func TestOrderInParts(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		w := newTown(m)
		w.admin.Patch("/v1/settings", M{"cash_on_delivery": true}).Want(200)
		o := w.lot("cod")
		owner := w.store.Owner
		owner.Post("/v1/orders/{}/confirm", nil, o.id).Want(200)
		send := func(lines ...M) *apptest.Answer {
			return owner.Post("/v1/deliveries", M{"order": o.id, "fee": "10.00", "lines": lines})
		}
		for _, bad := range [][]M{{of("oln_no", 1)}, {of(o.rice, 3)}, {of(o.rice, 1), of(o.rice, 1)}} {
			send(bad...).Problem(409, "lines_not_free")
		}
		first := send(of(o.rice, 2)).Want(201).Is("lines.0.quantity", 2).Is("lines.0.title", "Rice").Is("package_weight", 500).Is("cash", "233.33").Str("id")
		second := send(of(o.lentil, 2)).Want(201).Is("cash", "77.77").Str("id")
		send(of(o.rice, 1)).Problem(409, "lines_not_free")
		last := owner.Post("/v1/deliveries", M{"order": o.id, "fee": "10.00"}).Want(201).Is("lines.0.line", o.lentil).Is("lines.0.quantity", 1).Is("lines.1.line", o.oil).Str("id")
		owner.Post("/v1/deliveries", M{"order": o.id}).Problem(409, "delivery_exists")

		ram, _ := w.courier()
		sita, _ := w.courier()
		hari, _ := w.courier()
		carry := map[string]*apptest.Client{first: ram, second: sita, last: hari}
		for _, id := range []string{first, second, last} {
			carry[id].Post("/v1/deliveries/{}/claim", nil, id).Want(200)
		}
		ram.Post("/v1/deliveries/{}/pickup", nil, first).Want(200).Is("cash", "233.33")
		w.buyer.Get("/v1/orders/", o.id).Want(200).Is("state", "shipped").Is("lines.1.carried_quantity", 3)
		sita.Post("/v1/deliveries/{}/pickup", nil, second).Want(200).Is("cash", "77.77")
		hari.Post("/v1/deliveries/{}/pickup", nil, last).Want(200).Is("cash", "38.90") // what is left of 350.00

		// Each has a PIN of its own.
		pin := func(id string) string {
			return w.buyer.Get("/v1/orders/", o.id, "/proof?delivery=", id).Want(200).Is("delivery", id).Str("pin")
		}
		w.buyer.Get("/v1/orders/", o.id, "/proof?delivery=dlv_no").Problem(409, "no_proof")
		if pin(first) == pin(second) {
			t.Error("two deliveries have one PIN")
		}
		ram.Post("/v1/deliveries/{}/deliver", M{"pin": pin(second)}, first).Problem(422, "wrong_proof")
		ram.Post("/v1/deliveries/{}/deliver", M{"pin": pin(first)}, first).Want(200)
		w.buyer.Get("/v1/orders/", o.id).Want(200).Is("state", "shipped")

		// One is refused and comes back: the others are not lost, and it goes once more.
		sita.Post("/v1/deliveries/{}/fail", M{"reason": "nobody_home"}, second).Want(200)
		sita.Post("/v1/deliveries/{}/return", nil, second).Want(200).Is("state", "returned")
		w.buyer.Get("/v1/orders/", o.id).Want(200).Is("state", "shipped").Is("lines.1.carried_quantity", 1)
		owner.Post("/v1/orders/{}/return", nil, o.id).Problem(409, "courier_has_it")
		hari.Post("/v1/deliveries/{}/deliver", M{"pin": pin(last)}, last).Want(200)
		owner.Post("/v1/orders/{}/return", nil, o.id).Problem(409, "part_delivered")
		owner.Get("/v1/stores/", w.store.ID, "/sales").Want(200).Is("items.0.may_ask_courier", true).Is("items.0.own_delivery", true)
		again := owner.Post("/v1/deliveries", M{"order": o.id, "fee": "10.00"}).Want(201).Is("lines.0.quantity", 2).Str("id")
		sita.Post("/v1/deliveries/{}/claim", nil, again).Want(200)
		sita.Post("/v1/deliveries/{}/pickup", nil, again).Want(200).Is("cash", "77.77")
		sita.Post("/v1/deliveries/{}/deliver", M{"pin": pin(again)}, again).Want(200)
		w.buyer.Get("/v1/orders/", o.id).Want(200).Is("state", "delivered").Is("payment_status", "paid")
		track := w.buyer.Get("/v1/orders/", o.id, "/tracking").Want(200)
		if n := track.Len("deliveries"); n != 4 {
			t.Errorf("%d deliveries are told of", n)
		}
		for range 3 {
			w.buyer.Post("/v1/orders/{}/delivery/rate", M{"stars": 4}, o.id).Want(204)
		}
		w.buyer.Post("/v1/orders/{}/delivery/rate", M{"stars": 4}, o.id).Problem(409, "already_rated")
	})
}

// What the store takes out of an order is taken out of what carries it; one that is left with nothing is called off. The
// buyer's word ends all that is on its way, but not what is not.
func TestCutOfWhatIsCarried(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		w := newTown(m)
		owner := w.store.Owner
		o := w.lot("wallet")
		send := func(lines ...M) string {
			return owner.Post("/v1/deliveries", M{"order": o.id, "fee": "10.00", "lines": lines}).Want(201).Str("id")
		}
		first, second, third := send(of(o.rice, 2), of(o.lentil, 1)), send(of(o.lentil, 1)), send(of(o.oil, 1))
		cut := func(line string, n int) {
			owner.Post("/v1/orders/{}/lines/{}/cut", M{"quantity": n}, o.id, line).Want(200)
		}
		cut(o.lentil, 1) // which nobody carries
		owner.Get("/v1/deliveries/", second).Want(200).Is("lines.0.quantity", 1)
		cut(o.lentil, 1)
		owner.Get("/v1/deliveries/", second).Want(200).Is("state", "cancelled")
		owner.Get("/v1/deliveries/", first).Want(200).Is("lines.1.quantity", 1)
		cut(o.rice, 1)
		owner.Get("/v1/deliveries/", first).Want(200).Is("lines.0.quantity", 1).Is("state", "available")

		ram, _ := w.courier()
		ram.Post("/v1/deliveries/{}/claim", nil, first).Want(200)
		ram.Post("/v1/deliveries/{}/pickup", nil, first).Want(200)
		w.buyer.Post("/v1/orders/{}/deliver", nil, o.id).Problem(409, "courier_has_it") // the oil waits at the store
		ram.Post("/v1/deliveries/{}/claim", nil, third).Want(200)
		ram.Post("/v1/deliveries/{}/pickup", nil, third).Want(200)
		w.buyer.Post("/v1/orders/{}/deliver", nil, o.id).Want(200).Is("state", "delivered")
		for _, id := range []string{first, third} {
			owner.Get("/v1/deliveries/", id).Want(200).Is("state", "delivered").Is("proof", "buyer")
		}
		// Cancelled before anything is picked up, all that was to carry it is called off.
		o = w.lot("wallet")
		first, second = send(of(o.rice, 1)), send(of(o.oil, 1))
		ram.Post("/v1/deliveries/{}/claim", nil, first).Want(200)
		w.buyer.Post("/v1/orders/{}/cancel", nil, o.id).Want(200)
		for _, id := range []string{first, second} {
			owner.Get("/v1/deliveries/", id).Want(200).Is("state", "cancelled")
		}
		ram.Get("/v1/couriers/me").Want(200).Is("jobs", 0)
	})
}

// Of many who give the same lines away at once, while others take units out of the order, no unit is given twice.
func TestLinesAtOnce(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		w := newTown(m)
		o := w.lot("wallet")
		var all sync.WaitGroup
		var made asks
		for i := range 16 {
			all.Go(func() {
				body := M{"order": o.id, "lines": []M{of(o.lentil, 1+i%2)}}
				if i%4 == 3 {
					delete(body, "lines") // all that is left
				}
				a, err := w.store.Owner.Try("POST", "/v1/deliveries", body)
				made.note(t, a, err)
			})
		}
		for range 2 {
			all.Go(func() {
				if a, err := w.store.Owner.Try("POST", "/v1/orders/"+o.id+"/lines/"+o.lentil+"/cut", M{"quantity": 1}); err != nil || a.Status != 200 {
					t.Errorf("cut: %v %v", a, err)
				}
			})
		}
		all.Wait()
		if made.codes["ok"] == 0 || made.codes["ok"]+made.codes["lines_not_free"]+made.codes["delivery_exists"] != 16 {
			t.Errorf("%v", made.codes)
		}
		v := w.buyer.Get("/v1/orders/", o.id).Want(200)
		if n := v.At("lines.1.carried_quantity").(float64); n > 1 {
			t.Errorf("%v of 1 are carried", n)
		}
	})
}
