package catalog_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/haat-market/haat/internal/apptest"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/db/dbtest"
	"github.com/haat-market/haat/internal/platform/verify"
)

// findings runs the room's rules.
func findings(t *testing.T, m *apptest.Market) (found []verify.Finding) {
	t.Helper()
	err := m.DB.Read(context.Background(), "test.verify", func(ctx context.Context, tx db.Tx) (err error) {
		found, err = verify.Run(ctx, tx, m.Catalog.Rules(), nil)
		return err
	}, db.Long())
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// TestRulesFindWhatIsBroken breaks each rule behind the room's back and mends it again.
func TestRulesFindWhatIsBroken(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		s := m.Store()
		s.Product("Topi", "10.00", 1)
		draft := s.Owner.Post("/v1/stores/{}/products", M{"title": "Draft"}, s.ID).Want(201).Str("id")
		m.Sweep("catalog.follow")
		if f := findings(t, m); len(f) > 0 {
			t.Fatal(f)
		}
		for _, c := range [][3]string{
			{"catalog.listings", "UPDATE listings SET title = 'Other' WHERE state = 'published'", "UPDATE listings SET title = 'Topi' WHERE state = 'published'"},
			{"catalog.spans", "UPDATE listings SET price_from = 1 WHERE state = 'published'", "UPDATE listings SET price_from = 1000 WHERE state = 'published'"},
			{"catalog.visible", "UPDATE listings SET visible = FALSE WHERE state = 'published'", "UPDATE listings SET visible = TRUE WHERE state = 'published'"},
			{"catalog.visible", "UPDATE listings SET visible = TRUE WHERE state = 'draft'", "UPDATE listings SET visible = FALSE WHERE state = 'draft'"},
			{"catalog.stock", "UPDATE listings SET in_stock = FALSE WHERE state = 'published'", "UPDATE listings SET in_stock = TRUE WHERE state = 'published'"},
			{"catalog.places", "UPDATE listing_places SET price = 999", "UPDATE listing_places SET price = 1000"},
			{"catalog.places", "UPDATE listing_places SET place = place + 4 WHERE place > 0", "UPDATE listing_places SET place = place - 4 WHERE place > 0"},
			{"catalog.counts", "UPDATE facet_counts SET n = n + 1 WHERE facet = 'price'", "UPDATE facet_counts SET n = n - 1 WHERE facet = 'price'"},
			{"catalog.counts", "UPDATE facet_counts SET facet = 'other' WHERE facet = 'store'", "UPDATE facet_counts SET facet = 'store' WHERE facet = 'other'"},
			{"catalog.counts", "UPDATE listings SET on_sale = TRUE WHERE state = 'published'", "UPDATE listings SET on_sale = FALSE WHERE state = 'published'"},
			{"catalog.search", "UPDATE search_documents SET id = id + 1000", "UPDATE search_documents SET id = id - 1000"},
			{"search.postings", "UPDATE search_documents SET id = id + 1000", "UPDATE search_documents SET id = id - 1000"},
			{"catalog.prices", "UPDATE variants SET price = 999", "UPDATE variants SET price = 1000"},
			{"catalog.published", "UPDATE products SET state = 'published' WHERE title = 'Draft'", "UPDATE products SET state = 'draft' WHERE title = 'Draft'"},
		} {
			dbtest.Exec(t, m.DB, c[1])
			hit := false
			for _, f := range findings(t, m) {
				hit = hit || f.Rule == c[0]
			}
			if !hit {
				t.Errorf("%s: nothing was found after %s", c[0], c[1])
			}
			dbtest.Exec(t, m.DB, c[2])
		}
		if f := findings(t, m); len(f) > 0 {
			t.Error(f)
		}
		dbtest.Exec(t, m.DB, "DELETE FROM listings WHERE public_id = $1", draft)
		if f := findings(t, m); len(f) != 1 || f[0].Rule != "catalog.listings" {
			t.Errorf("got %v", f)
		}
		s.Owner.Patch("/v1/products/{}", M{"title": "Listed again"}, draft).Want(200)
	})
}

func TestABigStoreOpensAndCloses(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		s := m.Store()
		file := head
		for i := range 450 {
			file += row(fmt.Sprintf("p%d", i), fmt.Sprintf("Product %d", i), "", "1", "1.00")
		}
		imported(t, m, s, file).Is("created", 450)
		visible := func() int64 {
			return dbtest.One[int64](t, m.DB, "SELECT COUNT(*) FROM listings WHERE visible")
		}
		if n := visible(); n != 450 {
			t.Fatalf("%d visible", n)
		}
		product := m.Anonymous().Get("/v1/products").Want(200).Str("items.0.id")
		s.Owner.Post("/v1/stores/{}/unpublish", nil, s.ID).Want(200)
		// What a buyer opens or buys asks the store itself, however long the lists take.
		m.Anonymous().Get("/v1/products/", product).Problem(404, "product_not_found")
		m.RunJobs()
		if n := visible(); n != 0 {
			t.Errorf("%d visible in a closed store", n)
		}
		s.Owner.Patch("/v1/stores/{}", M{"name": "Renamed"}, s.ID).Want(200)
		s.Owner.Post("/v1/stores/{}/publish", nil, s.ID).Want(200)
		m.RunJobs()
		if n := dbtest.One[int64](t, m.DB, "SELECT COUNT(*) FROM listings WHERE visible AND store_name = 'Renamed'"); n != 450 {
			t.Errorf("%d visible", n)
		}
		if f := findings(t, m); len(f) > 0 {
			t.Error(f)
		}
	})
}

// TestTwoAtOnce lets two people do what only one of them can.
func TestTwoAtOnce(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		s := m.Store()
		both := func(what string, send func(i int) (*apptest.Answer, error)) {
			t.Helper()
			var won atomic.Int64
			var wg sync.WaitGroup
			for i := range 8 {
				wg.Go(func() {
					a, err := send(i)
					switch {
					case err != nil:
						t.Errorf("%s: %v", what, err)
					case a.Status < 300:
						won.Add(1)
					case a.Status != 409 && a.Status != 503:
						t.Errorf("%s: %d %s", what, a.Status, a.Body)
					}
				})
			}
			wg.Wait()
			if won.Load() != 1 {
				t.Errorf("%s: %d won", what, won.Load())
			}
		}
		products := "/v1/stores/" + s.ID + "/products"
		both("sku", func(i int) (*apptest.Answer, error) {
			return s.Owner.Try("POST", products, M{"title": fmt.Sprint("P", i), "variants": []M{{"price": "1", "sku": "ONE"}}})
		})
		both("handle", func(int) (*apptest.Answer, error) {
			return s.Owner.Try("POST", products, M{"title": "P", "handle": "one"})
		})
		product, variant := s.Product("Topi", "10.00", 1)
		both("version", func(i int) (*apptest.Answer, error) {
			return s.Owner.Try("PATCH", "/v1/products/"+product, M{"title": fmt.Sprint("T", i), "version": 2})
		})
		both("price", func(i int) (*apptest.Answer, error) {
			return s.Owner.Try("PATCH", "/v1/variants/"+variant, M{"price": fmt.Sprint(i+1, ".00"), "version": 1})
		})
		admin := m.Person("admin")
		a := admin.Post("/v1/categories", M{"slug": "a", "name": "A"}).Want(201).Str("id")
		b := admin.Post("/v1/categories", M{"slug": "b", "name": "B"}).Want(201).Str("id")
		// Each below the other would be a circle, and nobody would find either from the top.
		var wg sync.WaitGroup
		for i := range 8 {
			below, above := a, b
			if i%2 == 0 {
				below, above = b, a
			}
			wg.Go(func() {
				answer, err := admin.Try("PATCH", "/v1/categories/"+below, M{"parent": above, "position": i + 1})
				if err != nil || answer.Status >= 300 && answer.Status != 409 && answer.Status != 503 {
					t.Errorf("circle: %v %v", answer, err)
				}
			})
		}
		wg.Wait()
		if n := m.Anonymous().Get("/v1/categories").Want(200).Len("items"); n != 2 {
			t.Errorf("%d categories are left in the tree", n)
		}
	})
}
