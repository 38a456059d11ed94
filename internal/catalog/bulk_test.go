package catalog_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/haat-market/haat/internal/app"
	"github.com/haat-market/haat/internal/apptest"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/db/dbtest"
)

const bulkPath = "/v1/stores/{}/products/bulk"

// sized adds a published product in two sizes.
func sized(s apptest.Store, title string) (product, small, large string) {
	a := s.Owner.Post("/v1/stores/{}/products", M{"title": title, "options": []string{"Size"}, "variants": []M{
		{"options": []string{"S"}, "price": "100.00", "stock": 10}, {"options": []string{"L"}, "price": "149.99", "stock": 3},
	}}, s.ID).Want(201)
	s.Owner.Post("/v1/products/{}/publish", nil, a.Str("id")).Want(200)
	return a.Str("id"), a.Str("variants.0.id"), a.Str("variants.1.id")
}

func TestBulkEdit(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		s, admin := m.Store(), m.Person("admin")
		category := admin.Post("/v1/categories", M{"name": "Light", "slug": "light"}).Want(201).Str("id")
		lamp, small, large := sized(s, "Lamp")
		cup, _ := s.Product("Cup", "20.00", 5)
		draft := s.Owner.Post("/v1/stores/{}/products", M{"title": "Draft"}, s.ID).Want(201).Str("id")
		changes := []M{
			{"product": lamp, "price_by": M{"percent": "-10"}, "category": category, "brand": "Palpa", "tax_rate": "5", "add_tags": []string{"sale", "Sale", "new"}},
			{"product": lamp, "variant": large, "compare_at": "199.00", "low_at": 2, "stock": 8},
			{"product": cup, "price_by": M{"percent": "12.5", "round_to": "5.00"}, "tags": []string{"cups"}},
			{"product": draft, "action": "publish", "brand": "Nobody"},
			{"product": "prd_0000000000000000", "price": "1.00"},
			{"product": cup, "variant": small, "price": "1.00"},
			{"product": cup, "price": "-1.00"},
			{"product": cup, "price": "20.00", "price_by": M{"amount": "1.00"}},
			{"product": cup, "action": "publish"},
			{"product": lamp, "version": 9, "action": "unpublish"},
		}
		body := M{"changes": changes}
		verify := func(a *apptest.Answer) {
			t.Helper()
			a.Is("changed", 3).Is("refused", 6).Is("unchanged", 1).Is("next_cursor", nil).
				Is("results.0.outcome", "changed").Is("results.0.changes.0.field", "category").Is("results.0.changes.0.to", category).
				Is("results.1.outcome", "changed").Is("results.1.changes.0.field", "compare_at").Is("results.1.changes.1.field", "stock").
				Is("results.2.outcome", "changed").Is("results.2.changes.1.from", "20.00").Is("results.2.changes.1.to", "25.00").
				Is("results.3.code", "product_without_variants").Is("results.4.code", "product_not_found").Is("results.5.code", "variant_not_found").
				Is("results.6.errors.0.code", "negative").Is("results.7.errors.0.field", "price_by").Is("results.8.outcome", "unchanged").Is("results.9.code", "version_conflict")
		}

		before := counts(t, m)
		verify(s.Owner.Post(bulkPath, M{"changes": changes, "dry_run": true}, s.ID).Want(200).Is("id", nil).Is("dry_run", true))
		if counts(t, m) != before || count(t, m, "bulk_edits") != 0 {
			t.Error("a dry run wrote something")
		}
		s.Owner.Get("/v1/products/", lamp).Want(200).Is("variants.0.price", "100.00")

		keyed := s.Owner.Key("bulk-key-of-sixteen")
		first := keyed.Post(bulkPath, body, s.ID).Want(200)
		verify(first)
		history := s.Owner.Get("/v1/products/", lamp, "/history").Want(200).Len("items")
		again := keyed.Post(bulkPath, body, s.ID).Want(200)
		if again.Str("id") != first.Str("id") || again.Header.Get("Idempotency-Replayed") != "true" || string(again.Body) != string(first.Body) {
			t.Errorf("a repeat answered %s", again.Body)
		}
		keyed.Post(bulkPath, M{"changes": changes[:1]}, s.ID).Problem(422, "idempotency_key_reused")
		if n := s.Owner.Get("/v1/products/", lamp, "/history").Len("items"); n != history || n != 4 {
			t.Errorf("%d prices in the history, and %d after the repeat", history, n)
		}

		got := m.Anonymous().Get("/v1/products/", lamp).Want(200).Is("category.id", category).Is("brand", "Palpa").Is("tax_rate", "5").Is("version", 3)
		got.Is("variants.0.price", "90.00").Is("variants.1.price", "134.99").Is("variants.1.available", 8) // 134.991
		s.Owner.Get("/v1/variants/", large, "/stock").Want(200).Is("own_low_at", 2).Is("low_at", 2)
		m.Anonymous().Get("/v1/products?category=", category).Want(200).Is("items.0.id", lamp).Is("items.0.price_from", "90.00")
		s.Owner.Get("/v1/products/", draft).Want(200).Is("brand", "").Is("state", "draft")
		if tags := dbtest.One[string](t, m.DB, "SELECT d.tags FROM product_details d JOIN products p ON p.id = d.product_id WHERE p.public_id = '"+lamp+"'"); tags != `["sale","new"]` {
			t.Errorf("tags %s", tags)
		}
		shown := m.Anonymous().Get("/v1/products/", lamp).Want(200).Is("tags", []any{"sale", "new"})
		var compared []any
		for i := range shown.Len("variants") {
			compared = append(compared, shown.At(fmt.Sprintf("variants.%d.compare_at", i)))
		}
		if !slices.Contains(compared, any("199.00")) || !slices.Contains(compared, any(nil)) {
			t.Errorf("compared with %v", compared)
		}
		s.Owner.Patch("/v1/variants/{}", M{"weight": 250}, large).Want(200).Is("compare_at", "199.00")
		if n := count(t, m, "stock_movements"); n != 4 {
			t.Errorf("%d movements", n)
		}

		// A list and a selection take one change.
		s.Owner.Post(bulkPath, M{"change": M{"add_tags": []string{"summer"}, "action": "unpublish"}, "products": []string{cup, lamp, draft}}, s.ID).Want(200).
			Is("changed", 3).Is("results.0.product", cup).Is("results.2.changes.0.field", "tags")
		m.Anonymous().Get("/v1/products/", cup).Problem(404, "product_not_found")
		s.Owner.Post(bulkPath, M{"change": M{"action": "publish"}, "filter": M{"category": category}}, s.ID).Want(200).Is("changed", 1).Is("results.0.product", lamp)
		s.Owner.Post(bulkPath, M{"change": M{"price_by": M{"amount": "-20.01"}}, "filter": M{}}, s.ID).Want(200).Is("changed", 2).Is("unchanged", 1) // the draft has no variants
		s.Owner.Get("/v1/products/", cup).Want(200).Is("variants.0.price", "4.99")
		s.Owner.Post(bulkPath, M{"change": M{"price_by": M{"amount": "-20.01"}}, "filter": M{"brand": "palpa"}}, s.ID).Want(200).Is("changed", 1).Is("refused", 0)
		s.Owner.Post(bulkPath, M{"change": M{"price_by": M{"amount": "-20.01"}}, "products": []string{cup}}, s.ID).Want(200).Is("results.0.errors.0.code", "negative")
		s.Owner.Post(bulkPath, M{"change": M{"action": "archive"}, "filter": M{"state": "draft"}}, s.ID).Want(200).Is("changed", 2)
		s.Owner.Post(bulkPath, M{"changes": []M{{"product": cup, "price": "1.00"}, {"product": cup, "price": "1.00", "action": "unarchive"}, {"product": cup, "price": "2.00"}}}, s.ID).Want(200).
			Is("results.0.code", "product_state").Is("results.1.outcome", "changed").Is("results.2.outcome", "changed")
		s.Owner.Get("/v1/products/", cup).Want(200).Is("variants.0.price", "2.00")

		m.Clock.Advance(8 * 24 * time.Hour)
		m.Sweep("catalog.bulk")
		if n := count(t, m, "bulk_edits"); n != 0 {
			t.Errorf("%d bulk edits are kept", n)
		}
	})
}

func TestBulkEditIsBounded(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		s, other := m.Store(), m.Store()
		p, v := s.Product("Cup", "20.00", 5)
		stranger := m.Person("customer", "seller")
		one := M{"changes": []M{{"product": p, "price": "1.00"}}}
		m.Anonymous().Post(bulkPath, one, s.ID).Problem(401, "unauthenticated")
		stranger.Post(bulkPath, one, s.ID).Problem(404, "store_not_found")
		other.Owner.Post(bulkPath, one, s.ID).Problem(404, "store_not_found")
		other.Owner.Post(bulkPath, one, other.ID).Want(200).Is("results.0.code", "product_not_found")
		for _, body := range []M{
			{}, {"changes": []M{}}, {"change": M{"price": "1.00"}}, {"changes": []M{{"product": p}}, "change": M{}}, {"change": M{}, "products": []string{p}, "filter": M{}},
			{"change": M{}, "products": []string{p}, "cursor": "1"}, {"change": M{}, "filter": M{"category": "cat_0000000000000000"}},
		} {
			s.Owner.Post(bulkPath, body, s.ID).Problem(422, "invalid_bulk_edit")
		}
		for _, cursor := range []string{"-1", "!", "zzzzzzzzzzzzzzzzzzzz"} {
			s.Owner.Post(bulkPath, M{"change": M{"price": "1.00"}, "filter": M{}, "cursor": cursor}, s.ID).Problem(422, "invalid_cursor")
		}
		for name, change := range map[string]M{
			"nothing": {}, "nul": {"brand": "a\u0000b"}, "turned": {"vendor": "\u202ex"}, "huge": {"price": "99999999999999999999"}, "float": {"price": "1.005"},
			"percent": {"price_by": M{"percent": "-100.01"}}, "both": {"price_by": M{"percent": "1", "amount": "1"}}, "none": {"price_by": M{}},
			"twice minus": {"price_by": M{"percent": "--1"}}, "round": {"price_by": M{"percent": "1", "round_to": "0"}}, "overflow": {"price_by": M{"amount": "100000000000.00"}}, "beyond": {"price_by": M{"amount": "99999999999999.00"}},
			"tag": {"add_tags": []string{""}}, "rate": {"tax_rate": "101"}, "code": {"tax_code": "a/b"}, "category": {"category": "cat_x"},
			"low": {"low_at": 1, "low_at_store": true},
		} {
			a := s.Owner.Post(bulkPath, M{"change": change, "products": []string{p}}, s.ID)
			if a.Status != 200 && a.Status != 422 || a.Status == 200 && a.At("refused") != float64(1) {
				t.Errorf("%s: %d %s", name, a.Status, a.Body)
			}
		}
		long := make([]M, 201)
		for i := range long {
			long[i] = M{"product": p, "price": "1.00"}
		}
		s.Owner.Post(bulkPath, M{"changes": long}, s.ID).Want(422)
		s.Owner.Post(bulkPath, M{"changes": []M{{"product": p, "variant": v, "stock": -1}}}, s.ID).Want(422)
		s.Owner.Post(bulkPath, M{"changes": []M{{"product": p, "action": "approve"}}}, s.ID).Want(422)
		s.Owner.Get("/v1/products/", p).Want(200).Is("variants.0.price", "20.00").Is("variants.0.version", 1)

		// To zero, and no further.
		s.Owner.Post(bulkPath, M{"changes": []M{{"product": p, "price_by": M{"percent": "-100"}}}}, s.ID).Want(200).Is("results.0.changes.0.to", "0.00")

		// Each field by its own right.
		for _, c := range []struct{ right, first, second string }{{"catalog", "", "store_right_required"}, {"stock", "store_right_required", ""}} {
			clerk := m.Person("customer")
			s.Owner.Post("/v1/stores/{}/staff", M{"account": clerk.ID, "rights": []string{c.right}}, s.ID).Want(201)
			a := clerk.Post(bulkPath, M{"changes": []M{{"product": p, "price_by": M{"amount": "1.00"}}, {"product": p, "stock": 7, "low_at": 1}}}, s.ID).Want(200).Is("refused", 1)
			for i, code := range []string{c.first, c.second} {
				if got, _ := a.At(fmt.Sprintf("results.%d.code", i)).(string); got != code {
					t.Errorf("%s: item %d has code %q", c.right, i, got)
				}
			}
		}
		clerk := m.Person("customer")
		s.Owner.Post("/v1/stores/{}/staff", M{"account": clerk.ID, "rights": []string{"orders"}}, s.ID).Want(201)
		clerk.Post(bulkPath, one, s.ID).Problem(403, "store_right_required")

		// What is promised stays promised.
		buyer, address := m.Buyer()
		buyer.Post("/v1/checkouts", M{"direct": M{"variant": v, "quantity": 3}, "address_id": address, "payment_method": "cod", "expected_total": "3.00"}).Want(201)
		s.Owner.Post(bulkPath, M{"changes": []M{{"product": p, "stock": 2}, {"product": p, "stock": 3}}}, s.ID).Want(200).
			Is("results.0.code", "stock_reserved").Is("results.1.outcome", "changed")
		m.Anonymous().Get("/v1/products?store=", s.ID).Want(200).Is("items.0.in_stock", false)
	})
}

func TestBulkEditOfALargeStore(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		s := m.Store()
		file := head
		for i := range 450 {
			file += row(fmt.Sprintf("p%d", i), fmt.Sprintf("Product %d", i), fmt.Sprintf("SKU%d", i), "7", "10.00")
		}
		imported(t, m, s, file)
		for n, cursor := 0, ""; ; n++ {
			body := M{"change": M{"price_by": M{"percent": "50"}}, "filter": M{}}
			if cursor != "" {
				body["cursor"] = cursor
			}
			a := s.Owner.Post(bulkPath, body, s.ID).Want(200).Is("refused", 0)
			if next, ok := a.At("next_cursor").(string); ok && n < 2 {
				cursor = next
				continue
			}
			if a.Is("next_cursor", nil).Len("results") != 50 || n != 2 {
				t.Errorf("the selection ends after %d with %s", n, a.Body)
			}
			break
		}
		if n := dbtest.One[int64](t, m.DB, "SELECT COUNT(*) FROM listings WHERE price_from = 1500"); n != 450 {
			t.Errorf("%d products have the new price", n)
		}
		// More variants than one request looks at: the rest is said, and can be sent alone.
		var ids []string
		for i := range 11 {
			body := M{"title": fmt.Sprintf("Many %d", i), "options": []string{"N"}}
			var variants []M
			for n := range 100 {
				variants = append(variants, M{"options": []string{fmt.Sprint(n)}, "price": "1.00"})
			}
			body["variants"] = variants
			ids = append(ids, s.Owner.Post("/v1/stores/{}/products", body, s.ID).Want(201).Str("id"))
		}
		s.Owner.Post(bulkPath, M{"change": M{"price": "2.00"}, "products": ids}, s.ID).Want(200).Is("changed", 10).Is("results.10.code", "too_much_at_once")
		s.Owner.Post(bulkPath, M{"change": M{"price": "2.00"}, "products": ids[10:]}, s.ID).Want(200).Is("changed", 1)
	})
}

// counter counts the statements of transactions of one name; a batch is one.
type counter struct {
	name string
	n    atomic.Int64
}

func (c *counter) watch(name string, tx db.Tx) db.Tx {
	if name == c.name {
		return countedTx{tx, &c.n}
	}
	return tx
}

type countedTx struct {
	db.Tx
	n *atomic.Int64
}

func (t countedTx) Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	t.n.Add(1)
	return t.Tx.Exec(ctx, sql, args...)
}

func (t countedTx) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	t.n.Add(1)
	return t.Tx.Query(ctx, sql, args...)
}

func (t countedTx) QueryRow(ctx context.Context, sql string, args ...any) pgx.Row {
	t.n.Add(1)
	return t.Tx.QueryRow(ctx, sql, args...)
}

func (t countedTx) SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults {
	t.n.Add(1)
	return t.Tx.SendBatch(ctx, b)
}

func TestBulkEditAsksAsMuchForManyAsForOne(t *testing.T) {
	c := &counter{name: "catalog.bulk"}
	dbtest.EachWith(t, db.Config{Schema: app.Schema(), Watch: c.watch}, func(t *testing.T, d *db.DB) {
		m := apptest.On(t, d)
		s, admin := m.Store(), m.Person("admin", "seller")
		admin.Patch("/v1/settings", M{"registered_brands": true}).Want(200)
		for _, b := range []string{"One", "Two"} {
			admin.Post("/v1/brands", M{"name": b}).Want(201)
		}
		category := admin.Post("/v1/categories", M{"name": "Light", "slug": "light"}).Want(201).Str("id")
		var changes []M
		for i := range 40 {
			p, v := s.Product(fmt.Sprintf("Thing %d", i), "10.00", 5)
			changes = append(changes, M{"product": p, "variant": v, "price_by": M{"percent": "10"}, "compare_at": "20.00", "low_at": 1, "stock": 4, "category": category,
				"brand": []string{"one", "TWO"}[i%2], "tax_rate": "13", "add_tags": []string{"a"}, "action": "archive"})
		}
		asked := func(list []M) int64 {
			c.n.Store(0)
			s.Owner.Post(bulkPath, M{"changes": list}, s.ID).Want(200).Is("changed", len(list)).Is("results.0.changes.1.to", "One")
			return c.n.Load()
		}
		one, many := asked(changes[:1]), asked(changes[2:])
		if one != many || one > 48 {
			t.Errorf("%d statements for one product, %d for 38", one, many)
		}
		if n := dbtest.One[int64](t, m.DB, "SELECT COUNT(*) FROM products WHERE brand IN ('One', 'Two')"); n != 39 {
			t.Errorf("%d products have the registered spelling", n)
		}
		if !strings.Contains(string(s.Owner.Post(bulkPath, M{"change": M{"brand": "Three"}, "filter": M{}}, s.ID).Want(200).Body), "brand_not_registered") {
			t.Error("a brand that nobody registered was taken")
		}
	})
}
