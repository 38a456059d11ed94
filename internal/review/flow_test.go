package review_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/haat-market/haat/internal/apptest"
)

type M = apptest.M

// arrived is an order of two lamps that came to its buyer.
func arrived(m *apptest.Market, st apptest.Store, buyer *apptest.Client, address, variant string) string {
	m.T.Helper()
	m.Fund(buyer, 100_000)
	id := buyer.Post("/v1/checkouts", M{"direct": M{"variant": variant, "quantity": 2}, "address_id": address, "payment_method": "wallet", "expected_total": "20.00"}).Want(201).Str("orders.0.id")
	st.Owner.Post("/v1/orders/{}/ship", nil, id).Want(200)
	st.Owner.Post("/v1/orders/{}/deliver", nil, id).Want(200)
	return id
}

// sold is newspaper of the household that a dealer weighed and paid.
func sold(m *apptest.Market, dealer apptest.Store, rate string, household *apptest.Client, address string) (id string, pickup func()) {
	m.T.Helper()
	household.Post("/v1/cart/rates", M{"rate": rate, "quantity": "10"}).Want(201)
	id = household.Post("/v1/checkouts/buyback", M{
		"address_id": address, "pickup_date": m.Clock.Now().AddDate(0, 0, 2).Format(time.DateOnly), "pickup_slot": "8am - 1pm", "expected_total": "159.00",
	}).Want(201).Str("orders.0.id")
	return id, func() {
		otp := household.Get("/v1/orders/", id, "/otp").Want(200)
		dealer.Owner.Post("/v1/orders/{}/pickup", M{
			"number": otp.Str("number"), "otp": otp.Str("otp"), "pay_by": "cash", "lines": []M{{"line": household.Get("/v1/orders/", id).Want(200).Str("buyback.lines.0.id"), "quantity": "9"}},
		}, id).Want(200)
	}
}

// A buyer rates the store and what he bought, once each, and changes it for a month; the store answers once; an admin hides it
// with a reason. What everybody sees of the rating follows each of these at once.
func TestReviewsOfGoods(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		admin, guest := m.Person("admin"), m.Anonymous()
		rival, st := m.Store(), m.Store() // the last one is listed first
		lamp, variant := st.Product("Lamp", "10.00", 100)
		wick, _ := st.Product("Wick", "1.00", 100)
		buyer, address := m.Buyer()
		other, elsewhere := m.Buyer()
		m.Fund(buyer, 100_000)
		waiting := buyer.Post("/v1/checkouts", M{"direct": M{"variant": variant, "quantity": 1}, "address_id": address, "payment_method": "wallet", "expected_total": "10.00"}).Want(201).Str("orders.0.id")
		order, others := arrived(m, st, buyer, address, variant), arrived(m, st, other, elsewhere, variant)
		say := func(order, product string, stars int, text string) M {
			return M{"order": order, "product": product, "stars": stars, "text": text}
		}

		buyer.Post("/v1/reviews", say(waiting, "", 5, "")).Problem(409, "order_not_done")
		buyer.Post("/v1/reviews", say(others, "", 5, "")).Problem(404, "order_not_found")
		st.Owner.Post("/v1/reviews", say(order, "", 5, "")).Problem(404, "order_not_found")
		admin.Post("/v1/reviews", say(order, "", 5, "")).Problem(404, "order_not_found")
		buyer.Post("/v1/reviews", say(order, wick, 5, "")).Problem(409, "product_not_in_order")
		buyer.Post("/v1/reviews", say(order, "", 6, "")).Want(422)
		buyer.Post("/v1/reviews", say(order, "", 0, "")).Want(422)
		buyer.Post("/v1/reviews", say(order, "", 5, strings.Repeat("अ", 10_000))).Want(422)
		buyer.Post("/v1/reviews", say(order, "", 5, "a\u202eb")).Want(422)
		buyer.Get("/v1/orders/", order, "/reviews").Want(200).Is("store_open", true).Is("products_open.0.id", lamp)
		m.Person("customer").Get("/v1/orders/", order, "/reviews").Problem(404, "order_not_found")

		script := `<script>alert("x")</script>`
		key := buyer.With("Idempotency-Key", "a-key-of-a-review")
		first := key.Post("/v1/reviews", say(order, "", 5, script)).Want(201).Is("text", script).Is("author", "Asha R.").Is("mine", true).Is("order", order).Str("id")
		key.Post("/v1/reviews", say(order, "", 5, script)).Want(201).Is("id", first)
		buyer.Post("/v1/reviews", say(order, "", 1, "")).Problem(409, "already_reviewed")
		product := buyer.Post("/v1/reviews", say(order, lamp, 4, "It burns.")).Want(201).Is("product.title", "Lamp").Str("id")
		second := other.Post("/v1/reviews", say(others, "", 2, "Late.")).Want(201).Str("id")
		buyer.Get("/v1/orders/", order, "/reviews").Want(200).Is("store_open", false).Is("reviews.0.id", first)

		rating := func(average string, count int) {
			t.Helper()
			guest.Get("/v1/stores/", st.ID).Want(200).Is("rating.average", average).Is("rating.count", count)
			guest.Get("/v1/stores").Want(200).Is("items.0.rating.average", average)
		}
		rating("3.5", 2)
		guest.Get("/v1/products/", lamp).Want(200).Is("rating.average", "4.0").Is("rating.stars", []any{0., 0., 0., 1., 0.})
		if a := guest.Get("/v1/products/", wick).Want(200); a.At("rating") != nil {
			t.Errorf("%s", a.Body)
		}
		guest.Get("/v1/reviews?store=", st.ID).Want(200).Is("items.0.id", second).Is("items.1.id", first).Is("items.1.mine", false)
		if a := guest.Get("/v1/reviews?store=", st.ID, "&stars=2").Want(200); a.Len("items") != 1 || a.At("items.0.order") != nil {
			t.Errorf("%s", a.Body)
		}
		guest.Get("/v1/reviews?product=", lamp).Want(200).Is("items.0.id", product)
		guest.Get("/v1/reviews").Problem(422, "unsupported_filter")
		guest.Get("/v1/reviews?state=hidden").Problem(403, "forbidden")
		if a := guest.Get("/v1/reviews?store=", st.ID, "&limit=1").Want(200); guest.Get("/v1/reviews?limit=1&store="+st.ID+"&cursor="+a.Str("next_cursor")).Want(200).Str("items.0.id") != first {
			t.Error("the second page begins elsewhere")
		}
		if a := buyer.Get("/v1/me/reviews").Want(200); a.Len("items") != 2 {
			t.Errorf("%s", a.Body)
		}

		buyer.Patch("/v1/reviews/{}", M{"stars": 3, "text": "Not so good."}, first).Want(200).Is("stars", 3)
		rating("2.5", 2)
		for path, body := range map[string]M{"/hide": {"reason": "no"}, "/show": nil} {
			buyer.Post("/v1/reviews/{}"+path, body, first).Problem(403, "forbidden")
		}
		other.Patch("/v1/reviews/{}", M{"stars": 1, "text": ""}, first).Problem(404, "review_not_found")
		other.Delete("/v1/reviews/", first).Problem(404, "review_not_found")
		other.Post("/v1/reviews/{}/reply", M{"text": "Ha."}, first).Problem(404, "review_not_found")
		rival.Owner.Post("/v1/reviews/{}/reply", M{"text": "Ha."}, first).Problem(404, "review_not_found")
		st.Owner.Patch("/v1/reviews/{}", M{"stars": 5, "text": ""}, first).Problem(403, "forbidden")

		if a := st.Owner.Get("/v1/stores/", st.ID, "/reviews?unanswered=true").Want(200); a.Len("items") != 3 {
			t.Errorf("%s", a.Body)
		}
		m.Person("customer").Get("/v1/stores/", st.ID, "/reviews").Problem(404, "store_not_found")
		st.Owner.Post("/v1/reviews/{}/reply", M{"text": "We are sorry."}, first).Want(200).Is("reply.text", "We are sorry.")
		st.Owner.Post("/v1/reviews/{}/reply", M{"text": "Are we?"}, first).Problem(409, "already_replied")
		clerk := m.Person("customer")
		st.Owner.Post("/v1/stores/{}/staff", M{"account": clerk.ID, "rights": []string{"catalog"}}, st.ID)
		clerk.Post("/v1/reviews/{}/reply", M{"text": "Me too."}, second).Problem(404, "review_not_found")

		admin.Post("/v1/reviews/{}/hide", M{"reason": "It names a neighbour."}, second).Want(200).Is("state", "hidden")
		rating("3.0", 1)
		guest.Get("/v1/reviews/", second).Problem(404, "review_not_found")
		other.Get("/v1/reviews/", second).Want(200).Is("hide_reason", "It names a neighbour.")
		other.Patch("/v1/reviews/{}", M{"stars": 1, "text": "Still."}, second).Problem(409, "review_state")
		admin.Get("/v1/reviews?state=hidden").Want(200).Is("items.0.id", second)
		admin.Post("/v1/reviews/{}/hide", M{"reason": "Again."}, second).Problem(409, "review_state")
		admin.Post("/v1/reviews/{}/show", nil, second).Want(200)
		rating("2.5", 2)
		other.Delete("/v1/reviews/", second).Want(204)
		rating("3.0", 1)
		other.Post("/v1/reviews", say(others, "", 1, "")).Problem(409, "already_reviewed")
		admin.Post("/v1/reviews/{}/show", nil, second).Problem(409, "review_state")

		m.Clock.Advance(30 * 24 * time.Hour)
		buyer = m.SignIn(buyer)
		buyer.Patch("/v1/reviews/{}", M{"stars": 5, "text": ""}, first).Problem(409, "review_too_old")
		buyer.Get("/v1/reviews/", first).Want(200).Is("allowed_actions", []any{"withdraw"})
		guest.Get("/v1/reviews/", first).Want(200).Is("text", "Not so good.")
	})
}

// A household rates its dealer after the pickup: on his storefront, in the search at its postal code. Nobody rates a store that
// he works in, and of the same word said many times at once one counts.
func TestReviewsOfDealers(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		admin, guest := m.Person("admin"), m.Anonymous()
		dealer := m.Dealer("44600")
		dealer.Owner.Patch("/v1/stores/{}", M{"slug": "ravi-kabadi"}, dealer.ID).Want(200)
		dealer.Owner.Post("/v1/stores/{}/storefront", M{}, dealer.ID).Want(201)
		rate := dealer.Rate(m.Material(admin, "Newspaper", "kg", "5"), "44600", "15.00")
		household, address := m.Buyer()
		order, pickup := sold(m, dealer, rate, household, address)
		household.Post("/v1/reviews", M{"order": order, "stars": 5}).Problem(409, "order_not_done")
		pickup()

		var wg sync.WaitGroup
		var mu sync.Mutex
		codes := map[int]int{}
		for range 16 {
			wg.Go(func() {
				a, err := household.Try("POST", "/v1/reviews", M{"order": order, "stars": 4, "text": "Fair."})
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				codes[a.Status]++
				mu.Unlock()
			})
		}
		wg.Wait()
		if codes[201] != 1 || codes[201]+codes[409] != 16 {
			t.Errorf("%v", codes)
		}
		guest.Get("/v1/storefronts/ravi-kabadi").Want(200).Is("rating.average", "4.0").Is("rating.count", 1)
		guest.Get("/v1/storefronts").Want(200).Is("items.0.rating.count", 1)
		guest.Get("/v1/rates?postal_code=44600").Want(200).Is("items.0.rating.average", "4.0").Is("items.0.store.slug", "ravi-kabadi")

		// Somebody of the store who sold to it before he worked there has no say.
		clerk, home := m.Buyer()
		theirs, pickup := sold(m, dealer, rate, clerk, home)
		pickup()
		dealer.Owner.Post("/v1/stores/{}/staff", M{"account": clerk.ID, "rights": []string{}}, dealer.ID)
		clerk.Post("/v1/reviews", M{"order": theirs, "stars": 5}).Problem(403, "own_store_review")
		clerk.Get("/v1/orders/", theirs, "/reviews").Want(200).Is("store_open", false)

		// Who has his data taken away is not named any more, and his words are gone; his stars stay.
		admin.Post("/v1/accounts/{}/erase", nil, household.ID).Want(200)
		guest.Get("/v1/reviews?store=", dealer.ID).Want(200).Is("items.0.stars", 4).Is("items.0.text", "").Is("items.0.author", "")

		// Many households at once: each counts.
		var orders []string
		var people []*apptest.Client
		for range 8 {
			c, a := m.Buyer()
			o, pickup := sold(m, dealer, rate, c, a)
			pickup()
			orders, people = append(orders, o), append(people, c)
		}
		for i, c := range people {
			wg.Go(func() {
				if a, err := c.Try("POST", "/v1/reviews", M{"order": orders[i], "stars": 5}); err != nil || a.Status != 201 {
					t.Errorf("%v %v", a, err)
				}
			})
		}
		wg.Wait()
		guest.Get("/v1/stores/", dealer.ID).Want(200).Is("rating.count", 9).Is("rating.stars", []any{0., 0., 0., 1., 8.}).Is("rating.average", "4.9")
	})
}
