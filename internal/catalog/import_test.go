package catalog_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/haat-market/haat/internal/apptest"
	"github.com/haat-market/haat/internal/catalog"
	"github.com/haat-market/haat/internal/inventory"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/db/dbtest"
)

const head = "Handle,Title,Body (HTML),Vendor,Product Category,Published,Option1 Name,Option1 Value,Variant SKU,Variant Grams,Variant Inventory Tracker,Variant Inventory Qty,Variant Inventory Policy,Variant Price,Status\n"

// row is a product of one variant.
func row(handle, title, sku, qty, price string) string {
	return fmt.Sprintf("%s,%s,<p>x</p>,V,,true,Title,Default Title,%s,100,shopify,%s,deny,%s,active\n", handle, title, sku, qty, price)
}

func send(s apptest.Store, file string) *apptest.Answer {
	return s.Owner.With("Content-Type", "text/csv").Send("POST", "/v1/stores/"+s.ID+"/imports", file)
}

// imported sends a file, lets the worker work and gives the import.
func imported(t *testing.T, m *apptest.Market, s apptest.Store, file string) *apptest.Answer {
	t.Helper()
	id := send(s, file).Want(202).Is("state", "queued").Is("progress", 0).Str("id")
	m.RunJobs()
	return s.Owner.Get("/v1/imports/", id).Want(200)
}

func count(t *testing.T, m *apptest.Market, table string) int64 {
	t.Helper()
	return dbtest.One[int64](t, m.DB, "SELECT COUNT(*) FROM "+table)
}

func counts(t *testing.T, m *apptest.Market) (out string) {
	t.Helper()
	for _, table := range []string{"products", "variants", "listings", "price_changes", "stock", "stock_movements"} {
		out += fmt.Sprintf("%s %d ", table, count(t, m, table))
	}
	return out
}

func TestTheSameFileTwice(t *testing.T) {
	for _, name := range []string{"legacy", "current"} {
		t.Run(name, func(t *testing.T) {
			file, err := os.ReadFile("shopify/testdata/" + name + ".csv")
			if err != nil {
				t.Fatal(err)
			}
			apptest.Each(t, func(t *testing.T, m *apptest.Market) {
				s := m.Store()
				first := imported(t, m, s, string(file))
				first.Is("state", "finished").Is("progress", 100).Is("error_count", 0).Is("unchanged", 0).Is("actor", s.Owner.ID)
				made := first.At("created").(float64)
				before := counts(t, m)
				if made == 0 || count(t, m, "import_files") != 0 {
					t.Errorf("%v products, %d parts left", made, count(t, m, "import_files"))
				}
				imported(t, m, s, string(file)).Is("state", "finished").Is("created", 0).Is("updated", 0).Is("unchanged", int(made)).Is("error_count", 0)
				if after := counts(t, m); after != before {
					t.Errorf("%s, then %s", before, after)
				}
				s.Owner.Get("/v1/stores/", s.ID, "/imports").Want(200).Is("items.1.id", first.Str("id")).Is("items.1.errors", nil)
			})
		})
	}
}

func TestAnImportFollowsTheFileButNotOverSales(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		s := m.Store()
		file := head + row("tea", "Tea", "T1", "10", "5.00") + row("pot", "Pot", "P1", "3", "50.00")
		imported(t, m, s, file).Is("created", 2)
		list := m.Anonymous().Get("/v1/products?sort=price").Want(200).Is("items.0.title", "Tea").Is("items.1.title", "Pot")
		tea := list.Str("items.0.id")
		variant := m.Anonymous().Get("/v1/products/", tea).Want(200).Is("variants.0.available", 10).Is("description", "<p>x</p>").Str("variants.0.id")

		// Two are sold; the store hides the product.
		s.Owner.Post("/v1/variants/{}/stock/adjustments", M{"delta": -2, "reason": "lost"}, variant).Want(201)
		s.Owner.Post("/v1/products/{}/unpublish", nil, tea).Want(200)
		imported(t, m, s, file).Is("unchanged", 2)
		s.Owner.Get("/v1/products/", tea).Want(200).Is("variants.0.available", 8).Is("state", "draft")

		// Another price, another figure of stock, a new title and a new product.
		file = head + row("tea", "Green tea", "T1", "20", "6.00") + row("cup", "Cup", "C1", "1", "9.00")
		imported(t, m, s, file).Is("created", 1).Is("updated", 1).Is("unchanged", 0)
		s.Owner.Get("/v1/products/", tea).Want(200).Is("title", "Green tea").Is("variants.0.price", "6.00").Is("variants.0.available", 20).
			Is("state", "draft").Is("variants.0.id", variant)
		s.Owner.Get("/v1/products/", tea, "/history").Want(200).Is("items.0.old_price", "5.00").Is("items.0.new_price", "6.00").Is("items.0.actor", s.Owner.ID)
		s.Owner.Get("/v1/variants/", variant, "/stock/movements").Want(200).Is("items.0.available_delta", 12).Is("items.0.reason", "import").Is("items.0.actor", s.Owner.ID)
	})
}

func TestWhatIsWrongInAFile(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		s, other := m.Store(), m.Store()
		s.Product("Taken", "1.00", 1)
		s.Owner.Post("/v1/stores/{}/products", M{"title": "Mine", "handle": "mine", "options": []string{"Size"}, "variants": []M{{"options": []string{"M"}, "price": "1", "sku": "MINE"}}}, s.ID).Want(201)
		gone := s.Owner.Post("/v1/stores/{}/products", M{"title": "Gone", "handle": "gone"}, s.ID).Want(201).Str("id")
		s.Owner.Delete("/v1/products/", gone).Want(204)

		a := imported(t, m, s, head+
			row("tea", "Tea", "T1", "10", "5.00")+ // line 2: fine
			row("bad", "Bad", "B1", "10", "5.005")+ // 3: three decimals
			row("sku", "Sku", "MINE", "10", "5.00")+ // 4: the SKU is another product's
			row("mine", "Mine", "MINE", "10", "5.00")+ // 5: without the option that is here
			row("gone", "Gone", "G1", "10", "5.00")+ // 6: archived
			row("a/b", "Slash", "S1", "10", "5.00")+ // 7: no handle
			row("pot", "Pot", "P1", "10", "7.00")) // 8: fine
		a.Is("state", "finished").Is("created", 2).Is("updated", 0).Is("error_count", 5)
		for i, want := range []string{"3 invalid_amount", "4 sku_taken", "5 options_changed", "6 product_state", "7 invalid_handle"} {
			found := false
			for j := range a.Len("errors") {
				found = found || fmt.Sprintf("%v %s", a.At(fmt.Sprintf("errors.%d.line", j)), a.Str(fmt.Sprintf("errors.%d.code", j))) == want
			}
			if !found {
				t.Errorf("error %d: %s is missing in %s", i, want, a.Body)
			}
		}

		imported(t, m, s, "Name,Cost\nTea,5\n").Is("state", "failed").Is("created", 0)
		send(s, "\xff\xfeT\x00e\x00a\x00").Problem(422, "file_not_utf8")
		send(s, head+row("cafe", "Caf\xe9", "C1", "1", "5.00")).Problem(422, "file_not_utf8").Is("details.line", 2)
		imported(t, m, s, head).Is("state", "finished").Is("created", 0)
		send(s, "").Problem(400, "body_required")
		send(s, strings.Repeat("x", 20<<20+1)).Want(413)
		s.Owner.Send("POST", "/v1/stores/"+s.ID+"/imports", M{}).Want(415)
		other.Owner.With("Content-Type", "text/csv").Send("POST", "/v1/stores/"+s.ID+"/imports", head).Problem(404, "store_not_found")
		other.Owner.Get("/v1/imports/", a.Str("id")).Problem(404, "import_not_found")
		other.Owner.Get("/v1/stores/", s.ID, "/imports").Problem(404, "store_not_found")
		m.Anonymous().Get("/v1/imports/", a.Str("id")).Problem(401, "unauthenticated")
		s.Owner.Get("/v1/imports/imp_0000000000000000").Problem(404, "import_not_found")

		// Errors beyond the first 200 are counted.
		file := head
		for i := range 250 {
			file += row(fmt.Sprintf("p%d", i), "P", "", "1", "x")
		}
		many := imported(t, m, s, file).Is("error_count", 250)
		if n := many.Len("errors"); n != 200 {
			t.Errorf("%d errors kept", n)
		}
	})
}

// shelf falls down after so many calls, until it is put up again.
type shelf struct {
	catalog.Shelf
	calls, last int
}

func (s *shelf) Count(ctx context.Context, tx db.Tx, counts []catalog.Count, subject, reason string) (map[int64]bool, error) {
	if s.calls++; s.calls > s.last {
		return nil, errors.New("the shelf fell down")
	}
	return s.Shelf.Count(ctx, tx, counts, subject, reason)
}

func TestAnImportGoesOnWhereItStopped(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		s := m.Store()
		file := head
		for i := range 400 {
			file += row(fmt.Sprintf("p%d", i), fmt.Sprintf("Product %d", i), fmt.Sprintf("SKU%d", i), "7", "1.00")
		}
		broken := &shelf{Shelf: m.Inventory, last: 1}
		m.Catalog.StockWith(broken)
		id := send(s, file).Want(202).Str("id")
		m.RunJobs()
		half := s.Owner.Get("/v1/imports/", id).Want(200).Is("state", "running")
		if done := half.At("created").(float64); done == 0 || done > 300 || half.At("progress").(float64) >= 100 {
			t.Errorf("stopped at %s", half.Body)
		}
		broken.last = 1 << 30
		m.Clock.Advance(time.Minute)
		m.RunJobs()
		s = apptest.Store{ID: s.ID, Owner: m.SignIn(s.Owner)}
		s.Owner.Get("/v1/imports/", id).Want(200).Is("state", "finished").Is("created", 400).Is("unchanged", 0).Is("error_count", 0)
		if n := count(t, m, "products"); n != 400 {
			t.Errorf("%d products", n)
		}
		imported(t, m, s, file).Is("unchanged", 400)
	})
}

func TestImportsWaitForEachOtherAndAreNotDoubled(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		s := m.Store()
		keyed := apptest.Store{ID: s.ID, Owner: s.Owner.Key("key-of-sixteen-letters")}
		first := send(keyed, head+row("tea", "Tea", "T1", "10", "5.00")).Want(202).Str("id")
		if again := send(keyed, head+row("tea", "Tea", "T1", "10", "5.00")).Want(202); again.Str("id") != first || again.Header.Get("Idempotency-Replayed") != "true" {
			t.Errorf("%s and %s", first, again.Body)
		}
		send(keyed, head+row("tea", "Tea", "T1", "11", "5.00")).Problem(422, "idempotency_key_reused")
		for i := range 4 {
			send(s, head+row("tea", fmt.Sprintf("Tea %d", i), "T1", "10", "5.00")).Want(202)
		}
		send(s, head).Problem(409, "too_many_imports")
		m.RunJobs()
		m.Anonymous().Get("/v1/products").Want(200).Is("items.0.title", "Tea 3")
		s.Owner.Get("/v1/stores/", s.ID, "/imports?limit=2").Want(200).Is("items.0.updated", 1).Is("items.1.updated", 1)

		// What uploads left behind that came to nothing goes after an hour, and nobody saw it.
		if n := count(t, m, "imports"); n != 7 {
			t.Errorf("%d imports", n)
		}
		m.Sweep("catalog.imports")
		m.Clock.Advance(2 * time.Hour)
		m.Sweep("catalog.imports")
		if n, parts := count(t, m, "imports"), count(t, m, "import_files"); n != 5 || parts != 0 {
			t.Errorf("%d imports and %d parts", n, parts)
		}
	})
}

// sizes is a product with sizes: each line is "value,sku,qty,price".
func sizes(lines ...string) string {
	out := head
	for i, l := range lines {
		f := strings.Split(l, ",")
		title, status := "", ""
		if i == 0 {
			title, status = "Shirt", "active"
		}
		out += fmt.Sprintf("shirt,%s,,,,true,Size,%s,%s,100,shopify,%s,deny,%s,%s\n", title, f[0], f[1], f[2], f[3], status)
	}
	return out
}

func TestAnImportFindsVariantsAgain(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		s := m.Store()
		imported(t, m, s, sizes("S,T1,5,10.00", "M,T2,5,10.00")).Is("created", 1).Is("error_count", 0)
		id := m.Anonymous().Get("/v1/products").Want(200).Str("items.0.id")
		first := m.Anonymous().Get("/v1/products/", id).Want(200)
		small, medium := first.Str("variants.0.id"), first.Str("variants.1.id")

		// By the SKU though the size is called otherwise, by the size where there is no SKU, and one more.
		imported(t, m, s, sizes("XS,T1,5,10.00", "M,,5,12.00", "L,T3,2,14.00")).Is("updated", 1).Is("error_count", 0)
		m.Anonymous().Get("/v1/products/", id).Want(200).
			Is("variants.0.id", small).Is("variants.0.title", "XS").
			Is("variants.1.id", medium).Is("variants.1.sku", "T2").Is("variants.1.price", "12.00").
			Is("variants.2.title", "L").Is("variants.2.available", 2)

		// A size that another variant has here is refused, and nothing of the product is changed.
		imported(t, m, s, sizes("M,T1,5,1.00")).Is("updated", 0).Is("error_count", 1).Is("errors.0.code", "options_taken").Is("errors.0.line", 2)
		m.Anonymous().Get("/v1/products/", id).Want(200).Is("variants.0.price", "10.00")
		// What the file leaves out stays.
		imported(t, m, s, sizes("XS,T1,5,10.00")).Is("unchanged", 1)
		if n := m.Anonymous().Get("/v1/products/", id).Want(200).Len("variants"); n != 3 {
			t.Errorf("%d variants", n)
		}

		// Less than what is promised is refused for this variant alone, until it is possible.
		reserve := func(f func(ctx context.Context, tx db.Tx, v int64) error) {
			t.Helper()
			err := m.DB.Write(context.Background(), "test.reserve", func(ctx context.Context, tx db.Tx) error {
				v, err := m.Catalog.VariantKey(ctx, tx, small)
				if err != nil {
					return err
				}
				return f(ctx, tx, v.ID)
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		reserve(func(ctx context.Context, tx db.Tx, v int64) error {
			return m.Inventory.Reserve(ctx, tx, "ord_a", []inventory.Line{{Variant: v, Qty: 4}})
		})
		less := sizes("XS,T1,3,11.00", "L,T3,9,14.00")
		imported(t, m, s, less).Is("updated", 1).Is("error_count", 1).Is("errors.0.code", "stock_reserved").Is("errors.0.line", 2)
		m.Anonymous().Get("/v1/products/", id).Want(200).Is("variants.0.price", "11.00").Is("variants.0.available", 1).Is("variants.2.available", 9)
		reserve(func(ctx context.Context, tx db.Tx, _ int64) error {
			return m.Inventory.Release(ctx, tx, "ord_a", "test")
		})
		imported(t, m, s, less).Is("error_count", 0)
		m.Anonymous().Get("/v1/products/", id).Want(200).Is("variants.0.available", 3)
		imported(t, m, s, less).Is("unchanged", 1)
	})
}
