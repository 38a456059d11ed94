package cart_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/haat-market/haat/internal/apptest"
	"github.com/haat-market/haat/internal/platform/db/dbtest"
)

type M = apptest.M

func add(c *apptest.Client, variant string, qty int) *apptest.Answer {
	return c.Post("/v1/cart/lines", M{"variant": variant, "quantity": qty})
}

func TestCart(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		s1, s2 := m.Store(), m.Store()
		_, rice := s1.Product("Rice", "120.00", 50)
		_, salt := s1.Product("Salt", "25.50", 50)
		_, soap := s2.Product("Soap", "80.00", 3)
		ana, eve := m.Person("customer"), m.Person("customer")

		ana.Get("/v1/cart").Want(200).Is("id", nil).Is("line_count", 0).Is("ready", false)
		ana.Get("/v1/cart/count").Want(200).Is("line_count", 0).Is("unit_count", 0)

		line := add(ana, rice, 2).Want(201).Is("quantity", 2).Is("unit_price", "120.00").Is("total", "240.00").Is("currency", "NPR").
			Is("title", "Rice").Is("store", s1.ID).Is("available", 50).Is("cart.line_count", 1).Is("cart.unit_count", 2).Str("id")
		add(ana, rice, 3).Want(200).Is("id", line).Is("quantity", 5).Is("cart.line_count", 1).Is("cart.unit_count", 5)
		ana.Post("/v1/cart/lines", M{"variant": salt}).Want(201).Is("quantity", 1)
		add(ana, soap, 3).Want(201)

		v := ana.Get("/v1/cart").Want(200).Is("line_count", 3).Is("unit_count", 9).Is("ready", true).Is("lines.0.id", line).
			Is("totals.0.currency", "NPR").Is("totals.0.goods", "865.50").Is("totals.0.line_count", 3).Is("totals.0.unit_count", 9).
			Is("stores.0.store.id", s1.ID).Is("stores.0.totals.0.goods", "625.50").Is("stores.0.lines.0", line).
			Is("stores.1.store.id", s2.ID).Is("stores.1.totals.0.goods", "240.00")
		if v.Len("totals") != 1 || v.Len("stores") != 2 || v.Len("stores.0.lines") != 2 {
			t.Errorf("%s", v.Body)
		}
		ana.Get("/v1/cart/count").Want(200).Is("line_count", 3).Is("unit_count", 9)

		ana.Patch("/v1/cart/lines/{}", M{"quantity": 1}, line).Want(200).Is("quantity", 1).Is("total", "120.00")
		ana.Delete("/v1/cart/lines/", v.Str("lines.1.id")).Want(204)
		ana.Delete("/v1/cart/lines/", v.Str("lines.1.id")).Problem(404, "cart_line_not_found")
		ana.Get("/v1/cart").Want(200).Is("line_count", 2).Is("totals.0.goods", "360.00")

		// Somebody else's cart is not there.
		eve.Get("/v1/cart").Want(200).Is("line_count", 0)
		eve.Patch("/v1/cart/lines/{}", M{"quantity": 9}, line).Problem(404, "cart_line_not_found")
		eve.Delete("/v1/cart/lines/", line).Problem(404, "cart_line_not_found")
		ana.Get("/v1/cart").Want(200).Is("lines.0.quantity", 1)
		for _, p := range []string{"/v1/cart", "/v1/cart/count"} {
			m.Anonymous().Get(p).Want(200).Is("line_count", 0)
		}

		ana.Delete("/v1/cart").Want(204)
		ana.Get("/v1/cart").Want(200).Is("line_count", 0)
		ana.Delete("/v1/cart").Want(204)
	})
}

func TestRefusals(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		s := m.Store()
		product, rice := s.Product("Rice", "120.00", 5)
		_, gold := s.Product("Gold", "99999999999.00", 20_000)
		ana := m.Person("customer")
		add(ana, rice, 6).Problem(409, "out_of_stock").Is("details.lines.0.available", 5).Is("details.lines.0.required", 6).Is("details.lines.0.variant", rice)
		line := add(ana, rice, 5).Want(201).Str("id")
		add(ana, rice, 1).Problem(409, "out_of_stock").Is("details.lines.0.required", 6)
		ana.Patch("/v1/cart/lines/{}", M{"quantity": 6}, line).Problem(409, "out_of_stock")
		for _, qty := range []any{0, -1, 10_001, 1.5, "2"} {
			ana.Post("/v1/cart/lines", M{"variant": rice, "quantity": qty}).Want(422)
			ana.Patch("/v1/cart/lines/{}", M{"quantity": qty}, line).Want(422)
		}
		add(ana, "var_0000000000000000", 1).Problem(404, "variant_not_found")
		add(ana, "x", 1).Problem(404, "variant_not_found")
		ana.Post("/v1/cart/lines", M{"variant": ""}).Want(422)
		ana.Post("/v1/cart/lines", M{"quantity": 1}).Want(422)
		add(ana, gold, 2).Problem(422, "total_too_large")
		add(ana, gold, 1).Want(201)
		add(ana, gold, 10_000).Problem(422, "quantity_too_large")

		s.Owner.Post("/v1/products/{}/unpublish", nil, product)
		if a := s.Owner.Get("/v1/products/", product); a.Str("state") == "published" {
			s.Owner.Post("/v1/products/{}/archive", nil, product).Want(200)
		}
		add(ana, rice, 1).Problem(409, "not_for_sale").Is("details.reason", "product_not_published")
		ana.Patch("/v1/cart/lines/{}", M{"quantity": 1}, line).Problem(409, "not_for_sale")
		ana.Get("/v1/cart").Want(200).Is("lines.0.issues.0", "gone").Is("lines.0.reason", "product_not_published").Is("lines.0.total", "0.00").
			Is("ready", false).Is("totals.0.goods", "99999999999.00")
		ana.Get("/v1/cart").Want(200).Is("lines.0.quantity", 5)
	})
}

// A price that the buyer has not seen is said, and agreed to by changing the line or syncing; never by looking.
func TestStalePrice(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		s := m.Store()
		_, rice := s.Product("Rice", "120.00", 50)
		_, salt := s.Product("Salt", "10.00", 50)
		ana := m.Person("customer")
		line := add(ana, rice, 2).Want(201).Str("id")
		add(ana, salt, 1).Want(201)
		ana.Post("/v1/cart/validate", nil).Want(200).Is("valid", true)
		s.Owner.Patch("/v1/variants/{}", M{"price": "150.00"}, rice).Want(200)

		for range 2 {
			ana.Get("/v1/cart").Want(200).Is("lines.0.price_changed", true).Is("lines.0.price_seen", "120.00").Is("lines.0.unit_price", "150.00").
				Is("lines.0.issues.0", "price_changed").Is("lines.1.price_changed", false).Is("totals.0.goods", "310.00").Is("ready", false)
			a := ana.Post("/v1/cart/validate", nil).Want(200).Is("valid", false).Is("issues.0.code", "price_changed").Is("issues.0.line", line).
				Is("issues.0.price_seen", "120.00").Is("issues.0.unit_price", "150.00")
			if a.Len("issues") != 1 {
				t.Errorf("%s", a.Body)
			}
		}
		ana.Patch("/v1/cart/lines/{}", M{"quantity": 3}, line).Want(200).Is("unit_price", "150.00").Is("price_seen", "150.00").Is("price_changed", false)
		ana.Post("/v1/cart/validate", nil).Want(200).Is("valid", true)

		s.Owner.Patch("/v1/variants/{}", M{"price": "90.00"}, rice).Want(200)
		ana.Post("/v1/cart/sync", M{}).Want(200).Is("changes.0.kind", "price_changed").Is("changes.0.old_price", "150.00").Is("changes.0.new_price", "90.00").
			Is("cart.lines.0.price_seen", "90.00").Is("cart.ready", true)
		if a := ana.Post("/v1/cart/sync", M{}).Want(200); a.Len("changes") != 0 {
			t.Errorf("a second sync changes %s", a.Body)
		}
		s.Owner.Patch("/v1/variants/{}", M{"price": "95.00"}, rice).Want(200)
		add(ana, rice, 1).Want(200).Is("quantity", 4).Is("price_seen", "95.00")
	})
}

func TestSync(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		s := m.Store()
		_, rice := s.Product("Rice", "120.00", 50)
		_, salt := s.Product("Salt", "10.00", 4)
		_, soap := s.Product("Soap", "80.00", 0)
		_, dal := s.Product("Dal", "200.00", 9)
		ana := m.Person("customer")
		add(ana, rice, 2).Want(201)
		add(ana, dal, 1).Want(201)

		a := ana.Post("/v1/cart/sync", M{"lines": []M{
			{"variant": rice, "quantity": 7}, {"variant": salt, "quantity": 6}, {"variant": soap, "quantity": 1}, {"variant": "var_0000000000000000", "quantity": 1},
		}}).Want(200).Is("cart.line_count", 3).Is("cart.unit_count", 12)
		if a.Len("changes") != 3 {
			t.Fatalf("%s", a.Body)
		}
		a.Is("changes.0.kind", "quantity_reduced").Is("changes.0.variant", salt).Is("changes.0.old_quantity", 6).Is("changes.0.new_quantity", 4).
			Is("changes.1.kind", "removed").Is("changes.1.variant", soap).Is("changes.1.reason", "out_of_stock").
			Is("changes.2.kind", "removed").Is("changes.2.reason", "variant_gone")
		a.Is("cart.lines.0.variant", rice).Is("cart.lines.0.quantity", 7).Is("cart.lines.1.variant", dal).Is("cart.lines.1.quantity", 1).
			Is("cart.lines.2.variant", salt).Is("cart.lines.2.quantity", 4)
		ana.Get("/v1/cart/count").Want(200).Is("line_count", 3).Is("unit_count", 12)

		ana.Post("/v1/cart/sync", M{"lines": []M{{"variant": rice, "quantity": 1}, {"variant": rice, "quantity": 2}}}).Problem(422, "duplicate_variant")
		ana.Post("/v1/cart/sync", M{"lines": []M{{"variant": rice, "quantity": 0}}}).Want(422)
		ana.Get("/v1/cart").Want(200).Is("lines.0.quantity", 7)
	})
}

// A retry with the same key adds once; a cart holds a hundred different things.
func TestAddOnceAndNotForEver(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		s := m.Store()
		_, rice := s.Product("Rice", "120.00", 50)
		_, salt := s.Product("Salt", "10.00", 50)
		ana := m.Person("customer")
		c := ana.Key("add-rice-0000000001")
		line := add(c, rice, 2).Want(201).Str("id")
		again := add(c, rice, 2)
		if again.Status != 200 && again.Status != 201 || again.Str("id") != line || again.Header.Get("Idempotency-Replayed") != "true" {
			t.Errorf("status %d: %s", again.Status, again.Body)
		}
		ana.Get("/v1/cart/count").Want(200).Is("unit_count", 2)

		cart := dbtest.One[int64](t, m.DB, "SELECT cart_id FROM cart_lines")
		for i := range 99 {
			dbtest.Exec(t, m.DB, "INSERT INTO cart_lines (public_id, cart_id, variant_id, variant, qty, price_seen, created_at, updated_at) VALUES ($1, $2, $3, $4, 1, 1, 1, 1)",
				fmt.Sprintf("cln_%d", i), cart, int64(1_000_000+i), fmt.Sprintf("var_%d", i))
		}
		add(ana, salt, 1).Problem(409, "cart_full")
		add(ana, rice, 1).Want(200).Is("cart.line_count", 100)
		// What the catalogue has forgotten is shown as gone, and a sync takes it out.
		ana.Get("/v1/cart").Want(200).Is("lines.1.issues.0", "gone").Is("lines.1.variant", "var_0").Is("totals.0.goods", "360.00")
		a := ana.Post("/v1/cart/sync", M{"lines": []M{{"variant": salt, "quantity": 1}}}).Want(200).Is("cart.line_count", 2)
		if a.Len("changes") != 99 {
			t.Errorf("%d changes", a.Len("changes"))
		}
	})
}

// Whatever comes at once: one cart, one line a variant, and all units counted.
func TestRace(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		s := m.Store()
		_, rice := s.Product("Rice", "120.00", 1_000)
		_, salt := s.Product("Salt", "10.00", 10)
		ana := m.Person("customer")
		var all sync.WaitGroup
		var salts, fresh atomic.Int64
		for i := range 24 {
			all.Go(func() {
				variant := rice
				if i%2 == 1 {
					variant = salt
				}
				a, err := ana.Try("POST", "/v1/cart/lines", M{"variant": variant, "quantity": 1})
				switch {
				case err != nil:
					t.Error(err)
				case a.Status == 201:
					fresh.Add(1)
					fallthrough
				case a.Status == 200:
					if variant == salt {
						salts.Add(1)
					}
				case variant == rice || a.Str("code") != "out_of_stock":
					t.Errorf("%s: %d %s", variant, a.Status, a.Body)
				}
			})
		}
		all.Wait()
		if fresh.Load() != 2 || salts.Load() != 10 {
			t.Errorf("%d lines are new, %d units of salt were taken", fresh.Load(), salts.Load())
		}
		ana.Get("/v1/cart/count").Want(200).Is("line_count", 2).Is("unit_count", 22)
		if n := dbtest.One[int64](t, m.DB, "SELECT COUNT(*) FROM carts"); n != 1 {
			t.Errorf("%d carts", n)
		}
	})
}
