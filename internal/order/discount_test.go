package order_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/haat-market/haat/internal/apptest"
)

// A store lowers its prices for a week: lists and product pages show it from the first moment to the last, orders keep
// what they were placed with, and the store bears it.
func TestSaleWeek(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		m.Person("admin").Patch("/v1/settings", M{"tax_rate_bp": 1300, "platform_fee_bp": 1000}).Want(200)
		st := m.Store()
		tea, leaf := st.Product("Ilam tea", "100.00", 10)
		pot, clay := st.Product("Clay pot", "50.00", 10)
		buyer, address := m.Buyer()
		nobody := m.Anonymous()
		from, to := apptest.Start.Add(24*time.Hour), apptest.Start.Add(8*24*time.Hour)
		path := "/v1/stores/" + st.ID + "/discounts"

		week := st.Owner.Key("a-week-of-discounts").Post(path, M{"title": "Tea week", "percent": "20", "from": from, "to": to, "products": []string{tea}}).Want(201)
		week.Is("state", "scheduled").Is("percent", "20").Is("amount", nil).Is("products.0", tea).Is("paid_by", "store")
		id := week.Str("id")
		st.Owner.Key("a-week-of-discounts").Post(path, M{"title": "Tea week", "percent": "20", "from": from, "to": to, "products": []string{tea}}).Want(201).Is("id", id)
		nobody.Get("/v1/products/", tea).Want(200).Is("variants.0.price_now", "100.00").Is("variants.0.on_sale", false)

		m.Clock.Set(from)
		// The page and the cart know it before the lists do.
		nobody.Get("/v1/products/", tea).Want(200).Is("variants.0.price", "100.00").Is("variants.0.price_now", "80.00").Is("variants.0.discount.id", id)
		m.Verify()
		if n := m.Sweep("catalog.discounts"); n != 1 {
			t.Errorf("%d discounts began", n)
		}
		nobody.Get("/v1/products?sort=price").Want(200).Is("items.0.id", pot).Is("items.0.on_sale", false).Is("items.0.price_was", nil).
			Is("items.1.id", tea).Is("items.1.price_from", "80.00").Is("items.1.price_was", "100.00").Is("items.1.on_sale", true)
		owner := again(m, st.Owner)
		owner.Get(path+"?state=live").Want(200).Is("items.0.id", id).Is("items.0.state", "live")
		owner.Patch("/v1/discounts/{}", M{"percent": "30"}, id).Problem(409, "discount_live")
		// Another one on top is not added to it: the better price holds.
		owner.Post(path, M{"title": "Ten off", "amount": "10.00"}).Want(201).Is("state", "live").Is("scope", "all")

		buyer = again(m, buyer)
		buyer.Post("/v1/cart/lines", M{"variant": leaf, "quantity": 2}).Want(201)
		buyer.Post("/v1/cart/lines", M{"variant": clay, "quantity": 1}).Want(201)
		buyer.Get("/v1/cart").Want(200).Is("lines.0.unit_price", "80.00").Is("lines.1.unit_price", "40.00")
		// 250 − 50 = 200, 13 % of what is left.
		buyer.Post("/v1/checkouts/quote", M{}).Want(200).Is("totals.goods", "250.00").Is("totals.discount", "50.00").Is("totals.tax", "26.00").Is("totals.total", "226.00")
		m.Fund(buyer, 100_000)
		order := buy(buyer, address, "wallet", "226.00").Want(201).Str("orders.0.id")
		buyer.Get("/v1/orders/", order).Want(200).Is("lines.0.list_price", "100.00").Is("lines.0.unit_price", "80.00").Is("lines.0.discount", "40.00").
			Is("lines.0.discount_of.id", id).Is("lines.0.discount_of.title", "Tea week").Is("lines.0.discount_of.paid_by", "store").
			Is("lines.1.discount", "10.00").Is("lines.1.discount_of.title", "Ten off").Is("totals.discount", "50.00")

		m.Clock.Set(to)
		owner, buyer = again(m, owner), again(m, buyer)
		m.Sweep("catalog.discounts")
		nobody.Get("/v1/products/", tea).Want(200).Is("variants.0.price_now", "90.00")
		owner.Get("/v1/products/", tea, "/history").Want(200).Is("items.0.new_price", "100.00").Is("discounts.0.title", "Ten off").Is("discounts.0.state", "live").
			Is("discounts.1.id", id).Is("discounts.1.state", "ended")
		owner.Get("/v1/discounts/", id).Want(200).Is("state", "ended").Is("allowed_actions", []any{})
		owner.Post("/v1/discounts/{}/end", nil, id).Want(200).Is("to", to.Format(time.RFC3339))

		for _, step := range []string{"ship", "deliver"} {
			owner.Post("/v1/orders/"+order+"/"+step, nil).Want(200)
		}
		buyer.Post("/v1/orders/"+order+"/complete", nil).Want(200).Is("totals.discount", "50.00")
		// 226.00 less the platform's tenth of 200.00.
		owner.Get("/v1/stores/", st.ID, "/earnings").Want(200).Is("balance", "206.00")
	})
}

// The sale ends while a cart waits: the buyer is told, and pays no price that he has not seen.
func TestDiscountEndsWhileACartWaits(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		st := m.Store()
		_, v := st.Product("Lamp", "100.00", 3)
		buyer, address := m.Buyer()
		id := st.Owner.Post("/v1/stores/{}/discounts", M{"title": "Night", "percent": "12.5", "to": apptest.Start.Add(10 * time.Minute)}, st.ID).Want(201).Str("id")
		buyer.Post("/v1/cart/lines", M{"variant": v, "quantity": 1}).Want(201)
		unpaid := buyer.Post("/v1/checkouts", M{"direct": M{"variant": v, "quantity": 1}, "address_id": address, "payment_method": "gateway", "expected_total": "87.50"}).Want(201)

		m.Clock.Advance(10 * time.Minute) // no sweep has run yet
		buyer.Get("/v1/cart").Want(200).Is("lines.0.unit_price", "100.00").Is("lines.0.price_changed", true)
		buyer.Post("/v1/cart/validate", nil).Want(200).Is("valid", false).Is("issues.0.code", "price_changed")
		buy(buyer, address, "gateway", "87.50").Problem(409, "cart_changed").Is("errors.0.code", "price_changed")
		buyer.Post("/v1/checkouts", M{"direct": M{"variant": v, "quantity": 1}, "address_id": address, "payment_method": "gateway", "expected_total": "87.50"}).Problem(409, "total_changed")
		// What was ordered in time is paid at its price.
		buyer.Post("/v1/payments/"+unpaid.Str("payment.id")+"/attempts", good).Want(201).Is("state", "succeeded")
		m.Sweep("catalog.discounts")
		st.Owner.Post("/v1/discounts/{}/end", nil, id).Want(200).Is("state", "ended")
		buyer.Get("/v1/cart").Want(200).Is("lines.0.unit_price", "100.00")
	})
}

// The market pays for a sale event: the store earns its own price, and when money goes back the market's goes back to
// the market.
func TestMarketPaysForASaleEvent(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		admin := m.Person("admin")
		admin.Patch("/v1/settings", M{"tax_rate_bp": 1300, "platform_fee_bp": 1000}).Want(200)
		st := m.Store()
		_, v := st.Product("Basket", "100.00", 20)
		buyer, address := m.Buyer()
		st.Owner.Post("/v1/sale-events", M{"title": "Dashain", "percent": "25", "to": apptest.Start.Add(time.Hour), "paid_by": "platform"}).Problem(403, "forbidden")
		event := admin.Post("/v1/sale-events", M{"title": "Dashain", "percent": "25", "to": apptest.Start.Add(240 * time.Hour), "paid_by": "platform"}).Want(201)
		m.Anonymous().Get("/v1/sale-events").Want(200).Is("items.0.id", event.Str("id")).Is("items.0.paid_by", "platform")
		m.Anonymous().Get("/v1/products").Want(200).Is("items.0.price_from", "75.00").Is("items.0.price_was", "100.00")
		promotions := func(want string) {
			t.Helper()
			if is := promoted(m, admin); is != want {
				t.Errorf("the market has paid %s of discounts, want %s", is, want)
			}
		}
		earned := func(want string) {
			t.Helper()
			again(m, st.Owner).Get("/v1/stores/", st.ID, "/earnings").Want(200).Is("balance", want)
		}
		place := func(method string) string {
			buyer.Post("/v1/cart/lines", M{"variant": v, "quantity": 1}).Want(201)
			return buy(buyer, address, method, "84.75").Want(201).Is("totals.discount", "25.00").Str("orders.0.id")
		}
		finish := func(order string, steps ...string) {
			t.Helper()
			for _, step := range steps {
				again(m, st.Owner).Post("/v1/orders/"+order+"/"+step, nil).Want(200)
			}
		}

		// By card: nothing before it is paid; then 25.00 beside the buyer's 84.75, and the store earns 100 + 9.75 − 10.
		checkout := buyer.Post("/v1/checkouts", M{"direct": M{"variant": v, "quantity": 1}, "address_id": address, "payment_method": "gateway", "expected_total": "84.75"}).Want(201)
		card := checkout.Str("orders.0.id")
		promotions("")
		buyer.Post("/v1/payments/"+checkout.Str("payment.id")+"/attempts", good).Want(201)
		promotions("-25.00")
		buyer.Get("/v1/orders/", card).Want(200).Is("lines.0.discount_of.paid_by", "platform")
		finish(card, "ship", "deliver")
		buyer.Post("/v1/orders/"+card+"/complete", nil).Want(200)
		earned("99.75")

		// By wallet, and cancelled: both have theirs back.
		m.Fund(buyer, 8_475)
		cancelled := place("wallet")
		promotions("-50.00")
		buyer.Post("/v1/orders/"+cancelled+"/cancel", nil).Want(200).Is("payment_status", "refunded")
		buyer.Get("/v1/wallet").Want(200).Is("balance", "84.75")
		promotions("-25.00")

		// By wallet, refused at the door and back at the store.
		returned := place("wallet")
		finish(returned, "ship", "return", "receive")
		promotions("-25.00")
		earned("99.75")

		// Cash at the door: the store has 84.75 in hand, and gets 25.00 less its fee when the order is final.
		cash := place("cod")
		finish(cash, "confirm", "ship", "deliver")
		promotions("-25.00")
		buyer.Post("/v1/orders/"+cash+"/complete", nil).Want(200)
		promotions("-50.00")
		earned("114.75")
		refused := place("cod")
		finish(refused, "confirm", "ship", "return", "receive")
		promotions("-50.00")

		// Everything off: nothing is to be paid, and the store earns its price all the same.
		admin.Post("/v1/sale-events/{}/end", nil, event.Str("id")).Want(200).Is("state", "ended")
		admin.Post("/v1/sale-events", M{"title": "Free", "percent": "100", "to": apptest.Start.Add(time.Hour), "paid_by": "platform", "stores": []string{st.ID}}).Want(201)
		buyer.Post("/v1/cart/lines", M{"variant": v, "quantity": 1}).Want(201)
		free := buy(buyer, address, "wallet", "0.00").Want(201).Is("payment_method", "none").Str("orders.0.id")
		promotions("-150.00")
		finish(free, "ship", "deliver")
		buyer.Post("/v1/orders/"+free+"/complete", nil).Want(200)
		earned("204.75")
		m.Verify()
	})
}

// promoted is the balance of what the market pays of discounts; "" before it ever paid.
func promoted(m *apptest.Market, admin *apptest.Client) string {
	for _, a := range again(m, admin).Get("/v1/ledger/accounts?kind=platform_promotions").Want(200).At("items").([]any) {
		return a.(map[string]any)["balance"].(string)
	}
	return ""
}

// Late money of an order in a sale: confirmed again at its frozen price with the market's part, or given back without.
func TestLateMoneyInASaleEvent(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		admin := m.Person("admin")
		st := m.Store()
		_, v := st.Product("Mat", "100.00", 1)
		buyer, address := m.Buyer()
		admin.Post("/v1/sale-events", M{"title": "Tihar", "percent": "50", "to": apptest.Start.Add(240 * time.Hour), "paid_by": "platform"}).Want(201)
		buyer.Post("/v1/cart/lines", M{"variant": v, "quantity": 1}).Want(201)
		order := buy(buyer, address, "gateway", "50.00").Want(201).Str("orders.0.id")
		m.Clock.Advance(16 * time.Minute)
		m.Sweep("payment.expire")
		again(m, buyer).Get("/v1/orders/", order).Want(200).Is("state", "cancelled")
		if is := promoted(m, admin); is != "" {
			t.Errorf("the market has paid %s of an order that was not paid", is)
		}
		m.Verify()
	})
}

// Stores join an event that they pay, and leave it; only theirs gets cheaper.
func TestStoresJoinASaleEvent(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		admin := m.Person("admin")
		one, two := m.Store(), m.Store()
		first, _ := one.Product("Lamp", "100.00", 3)
		second, _ := two.Product("Lamp", "100.00", 3)
		light := admin.Post("/v1/categories", M{"name": "Light", "slug": "light"}).Want(201).Str("id")
		oil := admin.Post("/v1/categories", M{"name": "Oil", "slug": "oil"}).Want(201).Str("id")
		one.Owner.Patch("/v1/products/{}", M{"category": oil}, first).Want(200)
		two.Owner.Patch("/v1/products/{}", M{"category": oil}, second).Want(200)
		event := admin.Post("/v1/sale-events", M{
			"title": "Night of lights", "percent": "10", "to": apptest.Start.Add(time.Hour), "paid_by": "store", "categories": []string{light},
		}).Want(201).Str("id")
		join := func(st apptest.Store, verb string) *apptest.Answer {
			return st.Owner.Post(fmt.Sprintf("/v1/stores/%s/sale-events/%s/%s", st.ID, event, verb), nil)
		}
		join(one, "join").Want(200).Is("joined.0", one.ID)
		join(one, "join").Want(200).Is("joined.0", one.ID)
		two.Owner.Post(fmt.Sprintf("/v1/stores/%s/sale-events/%s/join", one.ID, event), nil).Problem(404, "store_not_found")
		price := func(product, want string) {
			t.Helper()
			m.Anonymous().Get("/v1/products/", product).Want(200).Is("variants.0.price_now", want)
		}
		price(first, "100.00")
		// The category moves below the event's: its products are in it.
		admin.Patch("/v1/categories/{}", M{"parent": light}, oil).Want(200)
		m.Verify()
		price(first, "90.00")
		price(second, "100.00")
		join(two, "join").Want(200)
		price(second, "90.00")
		join(one, "leave").Want(200)
		price(first, "100.00")
		m.Verify()
		for _, x := range []struct{ id, from string }{{first, "100.00"}, {second, "90.00"}} {
			for _, item := range m.Anonymous().Get("/v1/products").Want(200).At("items").([]any) {
				if p := item.(map[string]any); p["id"] == x.id && p["price_from"] != x.from {
					t.Errorf("%s is listed at %v, want %s", x.id, p["price_from"], x.from)
				}
			}
		}
		admin.Patch("/v1/categories/{}", M{"parent": ""}, oil).Want(200)
		price(second, "100.00")
		paid := admin.Post("/v1/sale-events", M{"title": "Ours", "percent": "1", "to": apptest.Start.Add(time.Hour), "paid_by": "platform"}).Want(201).Str("id")
		one.Owner.Post(fmt.Sprintf("/v1/stores/%s/sale-events/%s/join", one.ID, paid), nil).Problem(409, "event_not_joinable")
	})
}

// What nobody can mean is refused with the field named.
func TestDiscountsThatCannotBe(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		st, other := m.Store(), m.Store()
		theirs, _ := other.Product("Lamp", "100.00", 3)
		path := "/v1/stores/" + st.ID + "/discounts"
		day := apptest.Start.Add(24 * time.Hour)
		for name, c := range map[string]struct {
			body M
			code string
		}{
			"neither":           {M{"title": "x"}, "one_of"},
			"both":              {M{"title": "x", "percent": "5", "amount": "5.00"}, "one_of"},
			"nothing off":       {M{"title": "x", "percent": "0"}, "out_of_range"},
			"more than all":     {M{"title": "x", "percent": "100.01"}, "out_of_range"},
			"below zero":        {M{"title": "x", "percent": "-5"}, "out_of_range"},
			"a negative amount": {M{"title": "x", "amount": "-5.00"}, "negative"},
			"no amount":         {M{"title": "x", "amount": "0.00"}, "out_of_range"},
			"too large":         {M{"title": "x", "amount": "99999999999999999"}, "too_large"},
			"over":              {M{"title": "x", "percent": "5", "to": apptest.Start.Add(-time.Hour)}, "past"},
			"backwards":         {M{"title": "x", "percent": "5", "from": day, "to": day}, "out_of_range"},
			"no title":          {M{"title": "  ", "percent": "5"}, "required"},
			"another store's":   {M{"title": "x", "percent": "5", "products": []string{theirs}}, "not_found"},
			"no such product":   {M{"title": "x", "percent": "5", "products": []string{"prd_0000000000000000"}}, "not_found"},
		} {
			t.Run(name, func(t *testing.T) {
				st.Owner.Post(path, c.body).Problem(422, "invalid_discount").Is("errors.0.code", c.code)
			})
		}
		other.Owner.Post(path, M{"title": "x", "percent": "5"}).Problem(404, "store_not_found")
		clerk := m.Person("customer")
		st.Owner.Post("/v1/stores/{}/staff", M{"account": clerk.ID, "rights": []string{"orders"}}, st.ID)
		clerk.Post(path, M{"title": "x", "percent": "5"}).Problem(403, "store_right_required")
		id := st.Owner.Post(path, M{"title": "Later", "percent": "5", "from": day}).Want(201).Str("id")
		clerk.Get("/v1/discounts/", id).Want(200).Is("state", "scheduled").Is("to", nil)
		clerk.Post("/v1/discounts/{}/end", nil, id).Problem(403, "store_right_required")
		other.Owner.Get("/v1/discounts/", id).Problem(404, "discount_not_found")
		other.Owner.Patch("/v1/discounts/{}", M{"title": "Mine"}, id).Problem(404, "discount_not_found")
		m.Person("admin").Post("/v1/sale-events/{}/end", nil, id).Problem(404, "sale_event_not_found")
		st.Owner.Patch("/v1/discounts/{}", M{"amount": "3.00", "version": 1}, id).Want(200).Is("amount", "3.00").Is("percent", nil).Is("version", 2)
		st.Owner.Patch("/v1/discounts/{}", M{"title": "Old", "version": 1}, id).Problem(409, "version_conflict")
		st.Owner.Delete("/v1/discounts/", id).Want(204)
		st.Owner.Get("/v1/discounts/", id).Want(200).Is("state", "ended")
		st.Owner.Patch("/v1/discounts/{}", M{"title": "Again"}, id).Problem(409, "discount_state")
	})
}
