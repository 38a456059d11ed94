package cart_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/haat-market/haat/internal/apptest"
	"github.com/haat-market/haat/internal/platform/code"
	"github.com/haat-market/haat/internal/platform/db/dbtest"
	"github.com/haat-market/haat/internal/platform/web"
)

const guestHeader = "Guest-Token"

// guest puts two of a thing into a cart as nobody, and comes back with the token that the answer gave.
func guest(t *testing.T, m *apptest.Market, variant string, qty int) *apptest.Client {
	t.Helper()
	token := add(m.Anonymous(), variant, qty).Want(201).Header.Get(guestHeader)
	if len(token) != 43 {
		t.Fatalf("token %q", token)
	}
	return m.Anonymous().With(guestHeader, token)
}

func TestGuestCart(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		s := m.Store()
		_, rice := s.Product("Rice", "120.00", 50)
		_, salt := s.Product("Salt", "25.50", 50)
		g, other := guest(t, m, rice, 2), guest(t, m, rice, 1)

		add(g, rice, 1).Want(200).Is("quantity", 3).Is("cart.unit_count", 3)
		a := add(g, salt, 1).Want(201)
		if a.Header.Get(guestHeader) != "" {
			t.Error("who has a token gets another")
		}
		line := a.Str("id")
		g.Get("/v1/cart").Want(200).Is("line_count", 2).Is("unit_count", 4).Is("ready", true).Is("totals.0.goods", "385.50")
		g.Get("/v1/cart/count").Want(200).Is("line_count", 2)
		g.Patch("/v1/cart/lines/{}", M{"quantity": 5}, line).Want(200).Is("quantity", 5)
		g.Post("/v1/cart/validate", nil).Want(200).Is("valid", true)
		g.Post("/v1/cart/sync", M{"lines": []M{{"variant": salt, "quantity": 2}}}).Want(200).Is("cart.unit_count", 5)

		// Another guest, somebody with a made-up token, and nobody see nothing of it and change nothing.
		for name, c := range map[string]*apptest.Client{
			"another guest": other, "a made-up token": m.Anonymous().With(guestHeader, code.Token()),
			"a broken token": m.Anonymous().With(guestHeader, "x' OR 1=1"), "nobody": m.Anonymous(),
		} {
			c.Patch("/v1/cart/lines/{}", M{"quantity": 9}, line).Problem(404, "cart_line_not_found")
			c.Delete("/v1/cart/lines/", line).Problem(404, "cart_line_not_found")
			if n := c.Get("/v1/cart").Want(200).At("unit_count"); n == float64(5) {
				t.Errorf("%s sees the cart", name)
			}
		}
		m.Anonymous().Delete("/v1/cart").Want(204)
		g.Delete("/v1/cart/lines/", line).Want(204)
		g.Get("/v1/cart").Want(200).Is("unit_count", 3)
		g.Delete("/v1/cart").Want(204)
		g.Get("/v1/cart").Want(200).Is("line_count", 0)

		// A token can be asked for before anything is in the cart.
		token := m.Anonymous().Post("/v1/cart/guest", nil).Want(201).Str("token")
		add(m.Anonymous().With(guestHeader, token), salt, 1).Want(201)

		// What is stored opens no cart.
		hash := dbtest.One[string](t, m.DB, "SELECT token_hash FROM guests ORDER BY id LIMIT 1")
		m.Anonymous().With(guestHeader, hash).Get("/v1/cart").Want(200).Is("line_count", 0)
		if n := dbtest.One[int64](t, m.DB, "SELECT COUNT(*) FROM events WHERE facts LIKE '%"+token+"%'"); n != 0 {
			t.Error("an event holds a guest's token")
		}
	})
}

// The same key twice adds once; of who got his token by this very request, nothing can be a repeat.
func TestGuestCartRepeats(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		_, rice := m.Store().Product("Rice", "120.00", 50)
		g := guest(t, m, rice, 1).Key("0123456789abcdef")
		add(g, rice, 2).Want(200)
		if a := add(g, rice, 2).Want(200).Is("quantity", 3); a.Header.Get("Idempotency-Replayed") != "true" {
			t.Error("the repeat is not said to be one")
		}
		nobody := m.Anonymous().Key("0123456789abcdef")
		first, second := add(nobody, rice, 1).Want(201), add(nobody, rice, 1).Want(201)
		if first.Header.Get(guestHeader) == second.Header.Get(guestHeader) {
			t.Error("two strangers have one cart")
		}
	})
}

func TestMerge(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		s := m.Store()
		_, rice := s.Product("Rice", "120.00", 50)
		_, soap := s.Product("Soap", "80.00", 5)
		gone, tea := s.Product("Tea", "10.00", 5)
		_, salt := s.Product("Salt", "25.50", 50)
		ana := m.Person("customer")
		add(ana, rice, 1).Want(201)
		add(ana, salt, 1).Want(201)
		g := guest(t, m, rice, 2)
		for _, v := range []string{soap, tea} {
			add(g, v, 5).Want(201)
		}
		s.Owner.Patch("/v1/variants/{}", M{"price": "130.00"}, rice).Want(200)
		s.Owner.Post("/v1/variants/{}/stock/adjustments", M{"delta": -3, "reason": "damaged"}, soap).Want(201)
		s.Owner.Post("/v1/products/{}/archive", nil, gone).Want(200)

		token := tokenOf(g)
		a := ana.With(guestHeader, token).Post("/v1/cart/merge", nil).Want(200).Is("cart.line_count", 3).Is("cart.unit_count", 6)
		said := map[string]any{}
		for i := range a.Len("changes") {
			c := fmt.Sprintf("changes.%d.", i)
			said[a.Str(c+"kind")+" "+a.Str(c+"variant")] = []any{a.At(c + "old_quantity"), a.At(c + "new_quantity")}
		}
		for _, want := range []string{"price_changed " + rice, "quantity_reduced " + soap, "removed " + tea} {
			if said[want] == nil {
				t.Errorf("not said: %s\n%s", want, a.Body)
			}
		}
		if len(said) != 3 {
			t.Errorf("said: %v", said)
		}
		ana.Get("/v1/cart").Want(200).Is("unit_count", 6) // rice 3, salt 1, soap 2
		g.Get("/v1/cart").Want(200).Is("line_count", 0)

		// Again, with a token that is none, and without one: nothing happens.
		for _, c := range []*apptest.Client{ana.With(guestHeader, token), ana.With(guestHeader, code.Token()), ana} {
			if a := c.Post("/v1/cart/merge", nil).Want(200).Is("cart.unit_count", 6); a.Len("changes") != 0 {
				t.Errorf("%s", a.Body)
			}
		}
		g.Post("/v1/cart/merge", nil).Problem(401, "unauthenticated")
	})
}

func tokenOf(c *apptest.Client) string { return c.Header(guestHeader) }

// A full cart takes what fits and says what does not.
func TestMergeIntoAFullCart(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		s := m.Store()
		ana := m.Person("customer")
		var lines []M
		for i := range 100 {
			_, v := s.Product(fmt.Sprintf("Thing %d", i), "1.00", 9)
			lines = append(lines, M{"variant": v, "quantity": 1})
		}
		ana.Post("/v1/cart/sync", M{"lines": lines}).Want(200)
		_, more := s.Product("One more", "1.00", 9)
		g := guest(t, m, more, 1)
		ana.With(guestHeader, tokenOf(g)).Post("/v1/cart/merge", nil).Want(200).Is("cart.line_count", 100).
			Is("changes.0.kind", "removed").Is("changes.0.reason", "cart_full").Is("changes.0.variant", more)
	})
}

// Of many merges of one guest's cart, into two accounts, exactly one has its goods.
func TestMergeTwiceAtOnce(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		_, rice := m.Store().Product("Rice", "120.00", 500)
		ana, bob := m.Person("customer"), m.Person("customer")
		g := guest(t, m, rice, 7)
		var wg sync.WaitGroup
		for i := range 16 {
			wg.Add(1)
			go func() {
				defer wg.Done()
				c := ana
				if i%2 == 1 {
					c = bob
				}
				if a, err := c.With(guestHeader, tokenOf(g)).Try("POST", "/v1/cart/merge", nil); err != nil || a.Status != 200 {
					t.Errorf("%v %v", err, a)
				}
			}()
		}
		wg.Wait()
		units := ana.Get("/v1/cart").Want(200).At("unit_count").(float64) + bob.Get("/v1/cart").Want(200).At("unit_count").(float64)
		if units != 7 {
			t.Errorf("%v units after the merges", units)
		}
	})
}

func TestGuestsAreForgotten(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		_, rice := m.Store().Product("Rice", "120.00", 50)
		g, idle := guest(t, m, rice, 1), guest(t, m, rice, 1)
		empty := m.Anonymous().Post("/v1/cart/guest", nil).Want(201).Str("token")
		m.Clock.Advance(25 * time.Hour)
		if n := m.Sweep("cart.guests"); n != 1 {
			t.Errorf("%d guests forgotten, want the one who put nothing in", n)
		}
		if a := add(m.Anonymous().With(guestHeader, empty), rice, 1).Want(201); a.Header.Get(guestHeader) == "" {
			t.Error("a forgotten guest gets no new token")
		}
		m.Clock.Advance(20 * 24 * time.Hour)
		add(g, rice, 1).Want(200)
		m.Clock.Advance(15 * 24 * time.Hour)
		idle.Get("/v1/cart").Want(200).Is("line_count", 0)
		if n := m.Sweep("cart.guests"); n != 2 {
			t.Errorf("%d guests forgotten, want the two idle ones", n)
		}
		g.Get("/v1/cart").Want(200).Is("unit_count", 2)
		m.Clock.Advance(31 * 24 * time.Hour)
		m.Sweep("cart.guests")
		if n := dbtest.One[int64](t, m.DB, "SELECT COUNT(*) FROM cart_lines"); n != 0 {
			t.Errorf("%d lines are left", n)
		}
	})
}

func TestGuestRates(t *testing.T) {
	limits := web.Limits{Named: map[string]web.Limit{"cart_guest": {Per: time.Hour, Burst: 2}}, Guest: web.Limit{Per: time.Hour, Burst: 5}}
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		token := m.Anonymous().Post("/v1/cart/guest", nil).Want(201).Str("token")
		m.Anonymous().Post("/v1/cart/guest", nil).Want(201)
		m.Anonymous().Post("/v1/cart/guest", nil).Problem(429, "rate_limited")
		for range 5 {
			m.Anonymous().With(guestHeader, token).Get("/v1/cart").Want(200)
		}
		m.Anonymous().With(guestHeader, token).Get("/v1/cart").Problem(429, "rate_limited")
		m.Anonymous().Get("/v1/cart").Want(200)
	}, apptest.WithLimits(limits))
}

func TestVerifyFindsAStrayCart(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		_, rice := m.Store().Product("Rice", "120.00", 50)
		guest(t, m, rice, 1)
		dbtest.Exec(t, m.DB, "DELETE FROM guests")
		found := m.Findings()
		if len(found) != 1 || !strings.Contains(fmt.Sprint(found[0]), "cart.guests") {
			t.Errorf("found %v", found)
		}
		dbtest.Exec(t, m.DB, "UPDATE carts SET account_id = 1000000")
	})
}
