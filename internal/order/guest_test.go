package order_test

import (
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/haat-market/haat/internal/apptest"
	"github.com/haat-market/haat/internal/platform/code"
	"github.com/haat-market/haat/internal/platform/db/dbtest"
)

const guestHeader = "Guest-Token"

// message is an order by message as a client sends it.
func message(reference string, lines ...M) M {
	return M{
		"reference": reference, "contact": M{"name": "Maya Gurung", "phone": "9841234567"},
		"address": M{"name": "", "line1": "3 Lake Road", "city": "Pokhara"}, "note": "Call first", "lines": lines,
	}
}

func stockOf(s apptest.Store, variant string) (available, reserved any) {
	a := s.Owner.Get("/v1/variants/", variant, "/stock").Want(200)
	return a.At("available"), a.At("reserved")
}

// From the message to the store's money: nothing is set aside, the store takes all goods or none, and its debt is the fee.
func TestGuestOrder(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		m.Person("admin").Patch("/v1/settings", M{"platform_fee_bp": 500}).Want(200)
		s := m.Store()
		s.Owner.Patch("/v1/stores/{}", M{"whatsapp": "9800000000"}, s.ID).Want(200)
		_, shirt := s.Product("Shirt", "30.00", 3)
		_, cap := s.Product("Cap & *hat*", "5.00", 1)
		nobody := m.Anonymous()

		placed := nobody.Post("/v1/guest/orders", message("LEG-1", M{"variant": shirt, "quantity": 2, "unit_price": "30.00"}, M{"variant": cap})).Want(201).
			Is("reference", "LEG-1").Is("orders.0.state", "pending").Is("orders.0.totals.total", "65.00").Is("orders.0.totals.unit_count", 3).
			Is("orders.0.payment_method", "cod").Is("orders.0.payment_status", "unpaid").Is("orders.0.contact.phone", "+9779841234567").Is("orders.0.message.phone", "+9779800000000")
		id, token := placed.Str("orders.0.id"), placed.Str("orders.0.follow_token")
		if a, r := stockOf(s, shirt); a != 3.0 || r != 0.0 {
			t.Errorf("stock was touched: %v available, %v reserved", a, r)
		}
		link, err := url.Parse(placed.Str("orders.0.message.url"))
		if err != nil || link.Host != "wa.me" || link.Path != "/9779800000000" {
			t.Fatalf("link %v %v", link, err)
		}
		text := link.Query().Get("text")
		for _, want := range []string{"LEG-1", "2 × Shirt", "Cap & *hat*", "NPR 65.00", "Maya Gurung", "3 Lake Road", "Call first", token} {
			if !strings.Contains(text, want) {
				t.Errorf("%q is not in the message:\n%s", want, text)
			}
		}
		if text != placed.Str("orders.0.message.text") {
			t.Errorf("message:\n%s", text)
		}

		follow := nobody.Get("/v1/guest/orders/", token).Want(200).Is("id", id).Is("state", "pending").Is("reference", "LEG-1").Is("allowed_actions", []any{})
		if follow.Header.Get("Referrer-Policy") != "no-referrer" || !strings.Contains(follow.Header.Get("Cache-Control"), "no-store") {
			t.Errorf("headers %v", follow.Header)
		}

		// The store sees it, strangers do not; one line short is none taken.
		s.Owner.Get("/v1/orders/", id).Want(200).Is("channel", "guest").Is("reference", "LEG-1").Is("allowed_actions", []any{"confirm", "cancel", "cut"})
		m.Person("customer", "seller").Get("/v1/orders/", id).Problem(404, "order_not_found")
		nobody.Post("/v1/orders/{}/confirm", nil, id).Problem(401, "unauthenticated")
		s.Owner.Post("/v1/variants/{}/stock/adjustments", M{"delta": -1, "reason": "damaged"}, cap).Want(201)
		s.Owner.Post("/v1/orders/{}/confirm", nil, id).Problem(409, "out_of_stock").
			Is("details.lines.0.variant", cap).Is("details.lines.0.title", "Cap & *hat*").Is("details.lines.0.available", 0).Is("details.lines.0.required", 1).Is("details.lines.1", nil)
		if a, _ := stockOf(s, shirt); a != 3.0 {
			t.Errorf("a refused confirm took stock: %v left", a)
		}
		s.Owner.Post("/v1/variants/{}/stock/adjustments", M{"delta": 1, "reason": "found"}, cap).Want(201)
		s.Owner.Post("/v1/orders/{}/confirm", nil, id).Want(200).Is("state", "confirmed")
		s.Owner.Post("/v1/orders/{}/confirm", nil, id).Problem(409, "wrong_state")
		if a, r := stockOf(s, shirt); a != 1.0 || r != 0.0 {
			t.Errorf("after the confirm: %v available, %v reserved", a, r)
		}
		for _, step := range []string{"ship", "deliver"} {
			s.Owner.Post("/v1/orders/{}/"+step, nil, id).Want(200)
		}
		nobody.Get("/v1/guest/orders/", token).Want(200).Is("state", "delivered").Is("payment_status", "paid")
		m.Clock.Advance(73 * time.Hour)
		m.Sweep("order.due")
		nobody.Get("/v1/guest/orders/", token).Want(200).Is("state", "completed")
		m.Clock.Advance(29 * 24 * time.Hour)
		nobody.Get("/v1/guest/orders/", token).Want(200)
		m.Clock.Advance(2 * 24 * time.Hour)
		nobody.Get("/v1/guest/orders/", token).Problem(404, "order_not_found")
		for _, n := range []string{"events", "jobs"} {
			column := map[string]string{"events": "facts", "jobs": "payload"}[n]
			if found := dbtest.One[int64](t, m.DB, "SELECT COUNT(*) FROM "+n+" WHERE "+column+" LIKE '%"+token+"%' OR "+column+" LIKE '%9841234567%'"); found != 0 {
				t.Errorf("%s hold the token or the telephone number", n)
			}
		}
	})
}

// The reference is the requester's: the same order again is the first one, another one is refused, and nobody uses up
// somebody else's.
func TestGuestReference(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		s, s2 := m.Store(), m.Store()
		_, shirt := s.Product("Shirt", "30.00", 9)
		_, soap := s2.Product("Soap", "8.00", 9)
		nobody, line := m.Anonymous(), M{"variant": shirt, "quantity": 1}
		first := nobody.Post("/v1/guest/orders", message("LEG-1", line)).Want(201)
		again := nobody.Post("/v1/guest/orders", message("LEG-1", line)).Want(201).Is("orders.0.id", first.Str("orders.0.id")).
			Is("orders.0.follow_token", first.Str("orders.0.follow_token"))
		if again.Header.Get("Idempotency-Replayed") != "true" {
			t.Error("the repeat is not said to be one")
		}
		nobody.Post("/v1/guest/orders", message("LEG-1", M{"variant": shirt, "quantity": 2})).Problem(409, "reference_used").Is("details.store", s.ID)

		// Another telephone, another guest and an account have references of their own; so has another store.
		stranger := message("LEG-1", line)
		stranger["contact"] = M{"name": "Eve", "phone": "9800000009"}
		ids := map[string]bool{first.Str("orders.0.id"): true}
		guest := nobody.Post("/v1/cart/guest", nil).Want(201).Str("token")
		ana := m.Person("customer")
		for _, a := range []*apptest.Answer{
			nobody.Post("/v1/guest/orders", stranger), nobody.With(guestHeader, guest).Post("/v1/guest/orders", message("LEG-1", line)),
			ana.Post("/v1/guest/orders", message("LEG-1", line)), nobody.Post("/v1/guest/orders", message("LEG-1", M{"variant": soap, "quantity": 1})),
		} {
			ids[a.Want(201).Str("orders.0.id")] = true
		}
		if len(ids) != 5 {
			t.Errorf("%d orders, want 5", len(ids))
		}

		// Of many at once there is one.
		var wg sync.WaitGroup
		var mu sync.Mutex
		at := map[string]bool{}
		for range 16 {
			wg.Add(1)
			go func() {
				defer wg.Done()
				a, err := nobody.Try("POST", "/v1/guest/orders", message("LEG-2", line, M{"variant": soap}))
				if err != nil || a.Status != 201 || a.Len("orders") != 2 {
					t.Errorf("%v %+v", err, a)
					return
				}
				mu.Lock()
				defer mu.Unlock()
				at[a.Str("orders.0.id")+a.Str("orders.1.id")] = true
			}()
		}
		wg.Wait()
		if len(at) != 1 {
			t.Errorf("%d different answers for one reference", len(at))
		}
	})
}

// What a client says of prices and totals is compared, never taken.
func TestGuestAssertions(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		s := m.Store()
		_, shirt := s.Product("Shirt", "30.00", 9)
		gone, tea := s.Product("Tea", "8.00", 9)
		s.Owner.Post("/v1/products/{}/archive", nil, gone).Want(200)
		nobody := m.Anonymous()
		with := func(change func(M), lines ...M) *apptest.Answer {
			b := message("LEG-"+code.Digits(8), lines...)
			change(b)
			return nobody.Post("/v1/guest/orders", b)
		}
		nothing := func(M) {}
		with(nothing, M{"variant": shirt, "unit_price": "0.01"}).Problem(409, "cart_changed").Is("errors.0.code", "price_changed")
		with(nothing, M{"variant": shirt, "unit_price": "-30.00"}).Problem(409, "cart_changed")
		with(nothing, M{"variant": shirt, "unit_price": "thirty"}).Problem(422, "invalid_request")
		with(nothing, M{"variant": shirt, "quantity": -1}).Want(422)
		with(nothing, M{"variant": shirt, "quantity": 0}).Want(422)
		with(nothing, M{"variant": shirt}, M{"variant": shirt}).Want(422)
		with(nothing, M{"variant": tea}).Problem(409, "cart_changed")
		with(nothing, M{"variant": "var_0000000000000000"}).Problem(409, "cart_changed")
		with(nothing).Problem(422, "empty_cart")
		with(func(b M) { b["expected_total"] = "1.00" }, M{"variant": shirt}).Problem(409, "total_changed").Is("details.totals.total", "30.00")
		with(func(b M) { b["expected_total"] = "30.00" }, M{"variant": shirt}).Want(201)
		with(func(b M) { b["contact"] = M{"name": "Maya", "phone": "12"} }, M{"variant": shirt}).Want(422)
		with(func(b M) { b["contact"] = M{"name": "A\nTotal: 0", "phone": "9841234567"} }, M{"variant": shirt}).Want(422)
		with(func(b M) { b["contact"] = M{"name": "Maya", "phone": "9841234567", "email": "x"} }, M{"variant": shirt}).Want(422)
		with(func(b M) { b["reference"] = "../../x" }, M{"variant": shirt}).Want(422)
		with(func(b M) { delete(b, "address") }, M{"variant": shirt}).Want(201).Is("orders.0.address.line1", "")
		for _, token := range []string{"x", code.Token(), "..%2f", strings.Repeat("a", 43), strings.Repeat("a", 400)} {
			if a := nobody.Get("/v1/guest/orders/", token); a.Status != 404 && a.Status != 422 {
				t.Errorf("token %q: %d", token, a.Status)
			}
		}
		hash := dbtest.One[string](t, m.DB, "SELECT token_hash FROM guest_orders ORDER BY id LIMIT 1")
		nobody.Get("/v1/guest/orders/", hash).Problem(404, "order_not_found")
	})
}

// The cart of a guest can be ordered as it is, and is empty afterwards.
func TestGuestOrdersHisCart(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		s := m.Store()
		_, shirt := s.Product("Shirt", "30.00", 9)
		g := m.Anonymous().With(guestHeader, m.Anonymous().Post("/v1/cart/lines", M{"variant": shirt, "quantity": 2}).Want(201).Header.Get(guestHeader))
		a := g.Post("/v1/guest/orders", message("LEG-1")).Want(201).Is("orders.0.totals.total", "60.00")
		g.Get("/v1/cart").Want(200).Is("line_count", 0)
		g.Post("/v1/guest/orders", message("LEG-1")).Want(201).Is("orders.0.id", a.Str("orders.0.id"))
		g.Post("/v1/guest/orders", message("LEG-2")).Problem(422, "empty_cart")
		m.Anonymous().Post("/v1/guest/orders", message("LEG-3")).Problem(422, "empty_cart")
	})
}

func TestGuestOrderIsClaimed(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		s := m.Store()
		_, shirt := s.Product("Shirt", "30.00", 9)
		line := M{"variant": shirt}
		a := m.Anonymous().Post("/v1/guest/orders", message("LEG-1", line)).Want(201)
		id, token, secret := a.Str("orders.0.id"), a.Str("orders.0.follow_token"), a.Str("orders.0.claim_token")
		ana, eve := m.Person("customer"), m.Person("customer")
		claim := M{"token": token, "claim_token": secret}
		ana.Get("/v1/orders/", id).Problem(404, "order_not_found")
		m.Anonymous().Post("/v1/orders/claim", M{"token": token}).Problem(401, "unauthenticated")
		ana.Post("/v1/orders/claim", M{"token": code.Token()}).Problem(404, "order_not_found")

		// The store has the link, and could send the same order again: neither makes the order its own.
		s.Owner.Post("/v1/orders/claim", M{"token": token}).Problem(403, "guest_token_needed")
		s.Owner.Post("/v1/orders/claim", M{"token": token, "claim_token": token}).Problem(403, "guest_token_needed")
		if again := m.Anonymous().Post("/v1/guest/orders", message("LEG-1", line)).Want(201).Is("orders.0.id", id); strings.Contains(string(again.Body), secret) {
			t.Error("the order sent again says how it is claimed")
		}

		var wg sync.WaitGroup
		for i := range 12 {
			wg.Add(1)
			go func() {
				defer wg.Done()
				c := ana
				if i%2 == 1 {
					c = eve
				}
				if a, err := c.Try("POST", "/v1/orders/claim", claim); err != nil || a.Status != 200 && a.Status != 409 {
					t.Errorf("%v %+v", err, a)
				}
			}()
		}
		wg.Wait()
		owners := 0
		for _, c := range []*apptest.Client{ana, eve} {
			if a := c.Get("/v1/orders").Want(200); a.Len("items") == 1 {
				owners++
				c.Post("/v1/orders/claim", claim).Want(200)
				c.Get("/v1/payments").Want(200).Is("items.0.method", "cod")
				c.Post("/v1/orders/{}/cancel", nil, id).Want(200).Is("state", "cancelled").Is("cancel_reason", "customer")
			} else {
				c.Post("/v1/orders/claim", claim).Problem(409, "order_claimed")
			}
		}
		if owners != 1 {
			t.Errorf("%d accounts have the order", owners)
		}
		// Who is signed in has it at once.
		ana.Post("/v1/guest/orders", message("LEG-9", line)).Want(201)
		ana.Get("/v1/orders?state=pending").Want(200).Is("items.0.channel", "guest").Is("items.0.reference", "LEG-9")
	})
}

func TestGuestOrderLapses(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		s := m.Store()
		_, shirt := s.Product("Shirt", "30.00", 9)
		token := m.Anonymous().Post("/v1/guest/orders", message("LEG-1", M{"variant": shirt})).Want(201).Str("orders.0.follow_token")
		m.Clock.Advance(7*24*time.Hour - time.Minute)
		if n := m.Sweep("order.due"); n != 0 {
			t.Errorf("%d orders lapsed too early", n)
		}
		m.Clock.Advance(2 * time.Minute)
		m.Sweep("order.due")
		m.Anonymous().Get("/v1/guest/orders/", token).Want(200).Is("state", "cancelled").Is("cancel_reason", "no_answer")
		if a, _ := stockOf(apptest.Store{ID: s.ID, Owner: m.SignIn(s.Owner)}, shirt); a != 9.0 {
			t.Errorf("%v in stock", a)
		}
	})
}

// Two confirms for the last unit, and a confirm against the lapse: one of them has it, and nothing is taken twice.
func TestGuestConfirmRaces(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		s := m.Store()
		_, shirt := s.Product("Shirt", "30.00", 1)
		var ids []string
		for _, ref := range []string{"LEG-1", "LEG-2"} {
			ids = append(ids, m.Anonymous().Post("/v1/guest/orders", message(ref, M{"variant": shirt})).Want(201).Str("orders.0.id"))
		}
		confirmed := atOnce(t, 16, func(i int) (*apptest.Answer, error) {
			return s.Owner.Try("POST", "/v1/orders/"+ids[i%2]+"/confirm", nil)
		})
		if confirmed != 1 {
			t.Errorf("%d confirms of the last unit", confirmed)
		}

		_, cap := s.Product("Cap", "5.00", 5)
		late := m.Anonymous().Post("/v1/guest/orders", message("LEG-3", M{"variant": cap})).Want(201).Str("orders.0.id")
		m.Clock.Advance(7*24*time.Hour + time.Second)
		owner := m.SignIn(s.Owner)
		var wg sync.WaitGroup
		wg.Add(1)
		go func() { defer wg.Done(); m.Sweep("order.due") }()
		ok := atOnce(t, 4, func(int) (*apptest.Answer, error) { return owner.Try("POST", "/v1/orders/"+late+"/confirm", nil) })
		wg.Wait()
		a := owner.Get("/v1/orders/", late).Want(200)
		if state := a.Str("state"); ok == 1 && state != "confirmed" || ok == 0 && state != "cancelled" || ok > 1 {
			t.Errorf("%d confirms, and the order is %s", ok, state)
		}
	})
}

// atOnce asks n times at once and counts the successes; the others must be refusals.
func atOnce(t *testing.T, n int, ask func(i int) (*apptest.Answer, error)) (good int) {
	t.Helper()
	var wg sync.WaitGroup
	var mu sync.Mutex
	for i := range n {
		wg.Add(1)
		go func() {
			defer wg.Done()
			a, err := ask(i)
			if err != nil || a.Status != 200 && a.Status != 409 {
				t.Errorf("%v %+v", err, a)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			if a.Status == 200 {
				good++
			}
		}()
	}
	wg.Wait()
	return good
}
