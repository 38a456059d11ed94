package order_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/haat-market/haat/internal/apptest"
	"github.com/haat-market/haat/internal/order"
)

// scrap is a market in which a household sells to two dealers, as the source document tells it.
type scrap struct {
	*apptest.Market
	admin, household   *apptest.Client
	ravi, green        apptest.Store
	newspaper, bottles string // materials
	paper, plastic     string // rates at 110024
	address            string
}

const delhi = "110024"

func newScrap(m *apptest.Market) *scrap {
	w := &scrap{Market: m, admin: m.Person("admin")}
	m.India(w.admin)
	w.newspaper, w.bottles = m.Material(w.admin, "Newspaper", "kg", "5"), m.Material(w.admin, "PET Bottles", "kg", "5")
	w.ravi, w.green = m.Dealer(delhi, "110001"), m.Dealer(delhi)
	w.paper, w.plastic = w.ravi.Rate(w.newspaper, delhi, "15.00"), w.green.Rate(w.bottles, delhi, "20.00")
	w.household = m.Person("customer")
	w.address = w.household.Post("/v1/me/addresses", home(delhi)).Want(201).Str("id")
	return w
}

func home(postalCode string) M {
	return M{"name": "Jane Doe", "phone": "+919876543210", "line1": "123 Main St", "city": "Delhi", "country": "IN", "postal_code": postalCode}
}

func (w *scrap) put(rate, quantity string) string {
	w.T.Helper()
	return w.household.Post("/v1/cart/rates", M{"rate": rate, "quantity": quantity}).Want(201).Str("id")
}

func (w *scrap) sell(total string) *apptest.Answer {
	return w.household.Post("/v1/checkouts/buyback", M{"address_id": w.address, "pickup_date": "2026-10-03", "pickup_slot": order.Morning, "expected_total": total})
}

// order is one that waits for its pickup, of 10 kg of newspaper, with its only line and its password.
func (w *scrap) order() (path, line, number, otp string) {
	w.T.Helper()
	w.put(w.paper, "10")
	path = "/v1/orders/" + w.sell("159.00").Want(201).Str("orders.0.id")
	line = w.household.Get(path).Want(200).Str("buyback.lines.0.id")
	a := w.household.Get(path + "/otp").Want(200)
	return path, line, a.Str("number"), a.Str("otp")
}

func weighed(number, otp, line, quantity string) M {
	return M{"number": number, "otp": otp, "pay_by": "cash", "lines": []M{{"line": line, "quantity": quantity}}}
}

func wrongOTP(otp string) string { return string('0'+(otp[0]-'0'+1)%10) + otp[1:] }

// The household's story with the document's own figures: 265.00 for two dealers, 143.10 once 10 kg are 9.
func TestHouseholdSellsItsScrap(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		w := newScrap(m)
		w.put(w.paper, "4.5")
		w.household.Post("/v1/cart/rates", M{"rate": w.paper, "quantity": "5.500"}).Want(200).Is("quantity", "10")
		w.put(w.plastic, "5")
		w.household.Get("/v1/cart/rates").Want(200).Is("totals.lines_total", "250.00").Is("totals.tax_total", "12.50").Is("totals.fee_total", "2.50").
			Is("totals.order_total", "265.00").Is("totals.payable_to_customer", "250.00").Is("quantity", "15").Is("ready", true).
			Is("lines.0.order_total", "159.00").Is("lines.1.order_total", "106.00")
		w.sell("264.99").Problem(409, "total_changed").Is("details.totals.order_total", "265.00")
		a := w.sell("265.00").Want(201).Is("totals.total", "265.00").Is("totals.fee", "2.50")
		if a.Len("orders") != 2 {
			t.Fatalf("%s", a.Body)
		}
		first, second := "/v1/orders/"+a.Str("orders.0.id"), "/v1/orders/"+a.Str("orders.1.id")
		if n := w.household.Get("/v1/cart/rates").Want(200).Len("lines"); n != 0 {
			t.Errorf("%d lines are left in the cart", n)
		}

		// Both have a number and a password of their own, which the customer alone sees.
		one, two := w.household.Get(first+"/otp").Want(200), w.household.Get(second+"/otp").Want(200)
		if one.Str("number") == two.Str("number") || len(one.Str("otp")) != 6 || one.Str("otp") == two.Str("otp") {
			t.Errorf("%s %s", one.Body, two.Body)
		}
		for _, c := range []*apptest.Client{w.ravi.Owner, w.green.Owner, w.admin} {
			c.Get(first+"/otp").Problem(404, "order_not_found")
		}
		w.green.Owner.Get(first).Problem(404, "order_not_found")
		w.green.Owner.Post(first+"/accept", nil).Problem(404, "order_not_found")

		w.ravi.Owner.Get(first).Want(200).Is("state", "pending").Is("side", "buyback").Is("buyback.pickup_slot", "8am - 1pm").Is("buyback.lines.0.ordered", "10")
		w.ravi.Owner.Post(first+"/accept", M{"note": "With the van."}).Want(200).Is("state", "confirmed")
		w.household.Post(first+"/accept", nil).Problem(409, "wrong_state")
		w.household.Post(first+"/reschedule", M{"pickup_date": "2026-10-04", "pickup_slot": "1pm - 6pm"}).Want(200).Is("state", "confirmed").Is("buyback.pickup_date", "2026-10-04")
		w.household.Post(first+"/reschedule", M{"pickup_date": "2026-09-30", "pickup_slot": "1pm - 6pm"}).Problem(422, "invalid_pickup_date")
		w.household.Post(first+"/pickup", M{"number": "H-000001", "otp": "123456", "lines": []M{}}).Problem(403, "not_your_part")

		line := w.household.Get(first).Want(200).Str("buyback.lines.0.id")
		w.ravi.Owner.Post(first+"/pickup", M{"number": one.Str("number"), "otp": one.Str("otp"), "pay_by": "cash", "lines": []M{}}).Problem(422, "weights_required")
		w.ravi.Owner.Post(first+"/pickup", weighed(two.Str("number"), one.Str("otp"), line, "9")).Problem(422, "wrong_order_number")
		w.ravi.Owner.Post(first+"/pickup", weighed(one.Str("number"), one.Str("otp"), line, "9")).Want(200).Is("state", "completed").Is("payment_status", "paid").
			Is("buyback.lines_total", "135.00").Is("buyback.tax_total", "6.75").Is("buyback.fee_total", "1.35").Is("buyback.order_total", "143.10").Is("totals.total", "143.10").
			Is("buyback.lines.0.ordered", "10").Is("buyback.lines.0.weighed", "9").Is("buyback.receipt.paid", "135.00").Is("buyback.receipt.paid_by", "cash").Is("buyback.flagged", false)
		w.household.Get(first+"/otp").Problem(409, "no_otp")
		w.ravi.Owner.Post(first+"/refunds", M{"whole": true, "reason": "none"}).Problem(409, "nothing_paid")
		w.ravi.Owner.Post(first+"/pickup", weighed(one.Str("number"), one.Str("otp"), line, "9")).Problem(409, "wrong_state")
		w.ravi.Owner.Get("/v1/stores/", w.ravi.ID, "/earnings").Want(200).Is("balance", "-1.35")
		w.household.Get("/v1/checkouts/", a.Str("id")).Want(200).Is("totals.total", "249.10") // 143.10 + 106.00

		// The other dealer pays from the wallet, weighs nothing of what was ordered, and takes something else.
		other := w.green.Rate(w.newspaper, delhi, "10.00")
		line = w.household.Get(second).Want(200).Str("buyback.lines.0.id")
		body := weighed(two.Str("number"), two.Str("otp"), line, "0")
		body["pay_by"], body["extra"] = "wallet", []M{{"rate": other, "quantity": "2.25"}}
		clerk := m.Person("customer")
		w.green.Owner.Post("/v1/stores/{}/staff", M{"account": clerk.ID, "rights": []string{"orders"}}, w.green.ID)
		clerk.Post(second+"/pickup", body).Problem(403, "store_right_required")
		w.green.Owner.Post(second+"/pickup", body).Problem(409, "insufficient_balance")
		m.Fund(w.green.Owner, 5000)
		extra := body["extra"]
		body["extra"] = []M{{"rate": w.paper, "quantity": "1"}}
		w.green.Owner.Post(second+"/pickup", body).Problem(422, "invalid_extra")
		body["extra"] = extra
		w.green.Owner.Post(second+"/pickup", body).Want(200).Is("buyback.lines_total", "22.50").Is("buyback.flagged", true).Is("buyback.lines.1.ordered", "0").Is("buyback.receipt.paid_by", "wallet")
		w.household.Get("/v1/wallet").Want(200).Is("balance", "22.50")
		w.green.Owner.Get("/v1/wallet").Want(200).Is("balance", "27.50")

		// Lists: the customer's, the dealer's, and the dealer's of this customer.
		for path, n := range map[string]int{
			"/v1/orders?side=buyback": 2, "/v1/orders?side=sale": 0, "/v1/orders?side=buyback&state=completed": 2,
		} {
			if a := w.household.Get(path).Want(200); a.Len("items") != n {
				t.Errorf("%s: %s", path, a.Body)
			}
		}
		for path, n := range map[string]int{
			"&side=buyback": 1, "&side=buyback&customer=" + w.household.ID: 1, "&customer=" + w.ravi.Owner.ID: 0, "&side=buyback&state=pending": 0, "&number=" + one.Str("number"): 1,
		} {
			if a := w.ravi.Owner.Get("/v1/orders?store=" + w.ravi.ID + path).Want(200); a.Len("items") != n {
				t.Errorf("%s: %s", path, a.Body)
			}
		}
		if a := w.admin.Get("/v1/orders?all=true&side=buyback&state=completed").Want(200); a.Len("items") != 2 {
			t.Errorf("%s", a.Body)
		}
		w.household.Get(first+"/events").Want(200).Is("items.0.type", "order.placed").Is("items.3.type", "order.completed")
	})
}

// What is not as the customer saw it stops the checkout, and names the line.
func TestBuybackCheckoutRefuses(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		w := newScrap(m)
		pieces := m.Material(w.admin, "Cardboard box", "pcs", "0")
		box := w.ravi.Rate(pieces, delhi, "2.00")
		for _, q := range []string{"0", "-1", "1.5", "1000001", "1e3", "0.0001", "x"} {
			w.household.Post("/v1/cart/rates", M{"rate": box, "quantity": q}).Problem(422, "invalid_quantity")
		}
		w.household.Post("/v1/cart/rates", M{"rate": "rat_0000000000000000", "quantity": "1"}).Problem(404, "rate_not_found")
		w.sell("1.00").Problem(422, "empty_cart")
		line := w.put(w.paper, "10")
		m.Person("customer").Patch("/v1/cart/rates/{}", M{"quantity": "1"}, line).Problem(404, "cart_line_not_found")

		body := M{"pickup_date": "2026-10-03", "pickup_slot": order.Morning, "expected_total": "159.00"}
		try := func(change M) *apptest.Answer {
			all := M{}
			for k, v := range body {
				all[k] = v
			}
			for k, v := range change {
				all[k] = v
			}
			return w.household.Post("/v1/checkouts/buyback", all)
		}
		try(nil).Problem(422, "address_required")
		try(M{"address": home("560001")}).Problem(409, "address_not_served").Is("errors.0.path", "cart.lines."+line).Is("errors.0.code", "address_not_served")
		try(M{"address": home("110001")}).Problem(409, "address_not_served").Is("errors.0.code", "rate_of_another_postal_code")
		try(M{"address": home("1100")}).Problem(422, "invalid_postal_code")
		for _, day := range []string{"2026-09-30", "2026-12-24", "2026-13-01", "2026-02-30", "yesterday!"} {
			try(M{"address_id": w.address, "pickup_date": day}).Problem(422, "invalid_pickup_date")
		}
		try(M{"address_id": w.address, "lines": []string{"cln_0000000000000000"}}).Problem(404, "cart_line_not_found")

		w.ravi.Owner.Patch("/v1/rates/{}", M{"price": "14.00"}, w.paper).Want(200)
		try(M{"address_id": w.address}).Problem(409, "cart_changed").Is("errors.0.code", "price_changed")
		w.household.Get("/v1/cart/rates").Want(200).Is("lines.0.price_changed", true).Is("ready", false)
		w.household.Patch("/v1/cart/rates/{}", M{"quantity": "10"}, line).Want(200).Is("price_changed", false)
		w.ravi.Owner.Post("/v1/stores/{}/unpublish", nil, w.ravi.ID).Want(200)
		try(M{"address_id": w.address}).Problem(409, "cart_changed").Is("errors.0.code", "dealer_not_buying")
		w.household.Post("/v1/cart/rates", M{"rate": w.paper, "quantity": "1"}).Problem(409, "not_bought")
		w.ravi.Owner.Post("/v1/stores/{}/publish", nil, w.ravi.ID).Want(200)
		w.ravi.Owner.Delete("/v1/rates/", w.paper)
		try(M{"address_id": w.address}).Problem(409, "cart_changed").Is("errors.0.code", "rate_gone")
		w.household.Delete("/v1/cart").Want(204)
		w.household.Get("/v1/cart/rates").Want(200).Is("line_count", 0)

		// Nobody sells to himself.
		own := w.green.Owner.Post("/v1/me/addresses", home(delhi)).Want(201).Str("id")
		w.green.Owner.Post("/v1/cart/rates", M{"rate": w.plastic, "quantity": "1"}).Want(201)
		w.green.Owner.Post("/v1/checkouts/buyback", M{"address_id": own, "pickup_date": "2026-10-03", "pickup_slot": order.Morning, "expected_total": "21.20"}).Problem(409, "own_store")
	})
}

// Fifty guesses at once are five tries; then also the right password is refused, until the customer makes another one.
func TestOTPIsNotGuessed(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		w := newScrap(m)
		path, line, number, otp := w.order()
		var mu sync.Mutex
		var wg sync.WaitGroup
		said := map[string]int{}
		for range 50 {
			wg.Go(func() {
				a, err := w.ravi.Owner.Try("POST", path+"/pickup", weighed(number, wrongOTP(otp), line, "9"))
				mu.Lock()
				defer mu.Unlock()
				if err != nil {
					t.Error(err)
					return
				}
				said[a.Str("code")]++
			})
		}
		wg.Wait()
		if said["wrong_otp"] > 5 || said["wrong_otp"] == 0 || said["wrong_otp"]+said["otp_locked"]+said["try_again"] != 50 {
			t.Errorf("%v", said)
		}
		for range 5 { // whatever was told to try again
			w.ravi.Owner.Post(path+"/pickup", weighed(number, wrongOTP(otp), line, "9"))
		}
		w.ravi.Owner.Post(path+"/pickup", weighed(number, otp, line, "9")).Problem(409, "otp_locked")
		w.household.Get(path+"/otp").Want(200).Is("tries_left", 0).Is("otp", "")
		w.ravi.Owner.Post(path+"/otp/renew", nil).Problem(404, "order_not_found")
		fresh := w.household.Post(path+"/otp/renew", nil).Want(200).Is("tries_left", 5).Str("otp")
		w.ravi.Owner.Post(path+"/pickup", weighed(number, otp, line, "9")).Problem(422, "wrong_otp").Is("details.tries_left", 4)
		w.ravi.Owner.Post(path+"/pickup", weighed(number, fresh, line, "9")).Want(200)
	})
}

// Of two who fetch at once one does; what was cancelled is not fetched.
func TestOnePickup(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		w := newScrap(m)
		path, line, number, otp := w.order()
		m.Fund(w.ravi.Owner, 100000)
		body := weighed(number, otp, line, "9")
		body["pay_by"] = "wallet"
		var mu sync.Mutex
		var wg sync.WaitGroup
		statuses := []int{}
		for range 8 {
			wg.Go(func() {
				a, err := w.ravi.Owner.Try("POST", path+"/pickup", body)
				mu.Lock()
				defer mu.Unlock()
				if err != nil {
					t.Error(err)
					return
				}
				statuses = append(statuses, a.Status)
			})
		}
		wg.Wait()
		if n := len(slices.DeleteFunc(statuses, func(s int) bool { return s != 200 })); n != 1 {
			t.Errorf("%d pickups", n)
		}
		w.household.Get("/v1/wallet").Want(200).Is("balance", "135.00")

		path, line, number, otp = w.order()
		w.household.Post(path+"/cancel", M{"note": "Changed my mind."}).Want(200).Is("state", "cancelled").Is("cancel_reason", "customer")
		w.ravi.Owner.Post(path+"/pickup", weighed(number, otp, line, "9")).Problem(409, "wrong_state")
		w.household.Get(path+"/otp").Problem(409, "no_otp")
		path, _, _, _ = w.order()
		w.ravi.Owner.Post(path+"/cancel", nil).Want(200).Is("cancel_reason", "store")
	})
}

// A pickup that nobody spoke of was missed; it is arranged anew, or forgotten in the end.
func TestMissedPickups(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		w := newScrap(m)
		path, _, _, _ := w.order()
		w.ravi.Owner.Post(path+"/miss", nil).Problem(409, "pickup_not_due")
		w.ravi.Owner.Post(path+"/accept", nil).Want(200)
		m.Clock.Advance(3 * 24 * time.Hour)
		w.household, w.ravi.Owner = m.SignIn(w.household), m.SignIn(w.ravi.Owner)
		if m.Sweep("order.due") != 1 {
			t.Error("nothing was due")
		}
		a := w.household.Get(path).Want(200).Is("state", "pending")
		if a.Str("buyback.missed_at") == "" {
			t.Errorf("%s", a.Body)
		}
		w.household.Post(path+"/reschedule", M{"pickup_date": "2026-10-06", "pickup_slot": "8am - 1pm"}).Want(200).Is("buyback.missed_at", nil)
		w.household.Patch(path, M{"address": home("110001")}).Problem(409, "address_not_served")
		moved := home(delhi)
		moved["line1"] = "7 Ring Road"
		w.household.Patch(path, M{"address": moved}).Want(200).Is("address.line1", "7 Ring Road")
		m.Clock.Advance(3 * 24 * time.Hour)
		w.household = m.SignIn(w.household)
		w.household.Post(path+"/miss", M{"note": "Nobody came."}).Want(200)
		m.Clock.Advance(31 * 24 * time.Hour)
		m.Sweep("order.due")
		m.Sweep("subscription.due") // the dealers' trials are over too
		m.SignIn(w.household).Get(path).Want(200).Is("state", "cancelled").Is("cancel_reason", "missed")
	})
}

// What a sale has, an order that buys does not: neither cuts nor its steps.
func TestBuybackIsNoSale(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		w := newScrap(m)
		path, line, _, _ := w.order()
		w.ravi.Owner.Post(path+"/accept", nil).Want(200)
		for _, step := range []string{"confirm", "process", "ship", "deliver", "complete", "return", "receive"} {
			w.ravi.Owner.Post(path+"/"+step, nil).Problem(409, "wrong_state")
		}
		w.ravi.Owner.Post(fmt.Sprintf("%s/lines/%s/cut", path, line), nil).Problem(409, "wrong_state")
		store := m.Store()
		_, lamp := store.Product("Lamp", "10.00", 5)
		sale := "/v1/orders/" + w.household.Post("/v1/checkouts", M{"direct": M{"variant": lamp, "quantity": 1}, "address_id": w.address, "payment_method": "cod", "expected_total": "10.00"}).Want(201).Str("orders.0.id")
		for _, step := range []string{"accept", "miss"} {
			store.Owner.Post(sale+"/"+step, nil).Problem(409, "wrong_state")
		}
		store.Owner.Post(sale+"/reschedule", M{"pickup_date": "2026-10-06", "pickup_slot": "8am - 1pm"}).Problem(409, "wrong_state")
		store.Owner.Post(sale+"/pickup", M{"number": "H-1", "otp": "1", "lines": []M{}}).Problem(409, "wrong_state")
		w.household.Get(sale+"/otp").Problem(409, "no_otp")
	})
}
