package catalog_test

import (
	"testing"

	"github.com/haat-market/haat/internal/apptest"
)

type M = apptest.M

func TestProductFromDraftToArchive(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		s := m.Store()
		stranger, nobody := m.Person("customer", "seller"), m.Anonymous()

		made := s.Owner.Post("/v1/stores/{}/products", M{
			"title": "  Dhaka   topi ", "description": `<p onclick="x()">Warm</p><script>bad()</script>`, "options": []string{"Size", "Colour"}, "brand": "Palpa  Mills",
			"variants": []M{
				{"options": []string{"M", "Red"}, "price": "450.00", "sku": "DT-M-R", "stock": 3, "weight": 90},
				{"options": []string{"L", "Red"}, "price": "475.50", "sku": "DT-L-R", "track_stock": false},
			},
		}, s.ID).Want(201)
		made.Is("title", "Dhaka topi").Is("brand", "Palpa Mills").Is("description", "<p>Warm</p>").Is("state", "draft").Is("handle", "dhaka-topi").
			Is("variants.0.title", "M / Red").Is("variants.0.available", 3).Is("variants.0.in_stock", true).
			Is("variants.1.available", nil).Is("variants.1.in_stock", true).Is("variants.1.price", "475.50").Is("variants.1.currency", "NPR")
		id, variant := made.Str("id"), made.Str("variants.0.id")

		nobody.Get("/v1/products/", id).Problem(404, "product_not_found")
		stranger.Get("/v1/products/", id).Problem(404, "product_not_found")
		stranger.Patch("/v1/products/{}", M{"title": "Mine"}, id).Problem(404, "product_not_found")
		stranger.Post("/v1/products/{}/publish", nil, id).Problem(404, "product_not_found")
		stranger.Patch("/v1/variants/{}", M{"price": "1.00"}, variant).Problem(404, "variant_not_found")
		stranger.Get("/v1/stores/", s.ID, "/products").Problem(404, "store_not_found")
		if n := nobody.Get("/v1/products").Want(200).Len("items"); n != 0 {
			t.Errorf("%d drafts are listed", n)
		}

		s.Owner.Post("/v1/products/{}/unpublish", nil, id).Problem(409, "product_state")
		s.Owner.Post("/v1/products/{}/publish", nil, id).Want(200).Is("state", "published")
		s.Owner.Post("/v1/products/{}/publish", nil, id).Problem(409, "product_state")
		nobody.Get("/v1/products/", id).Want(200).Is("store.id", s.ID)
		nobody.Get("/v1/products?store=", s.ID).Want(200).Is("items.0.id", id).Is("items.0.price_from", "450.00").Is("items.0.price_to", "475.50").
			Is("items.0.brand", "Palpa Mills").Is("items.0.price_was", nil).Is("items.0.on_sale", false)
		s.Owner.Patch("/v1/products/{}", M{"brand": ""}, id).Want(200).Is("brand", "")

		s.Owner.Patch("/v1/variants/{}", M{"price": "430.00"}, variant).Want(200).Is("price", "430.00").Is("version", 2)
		s.Owner.Patch("/v1/variants/{}", M{"price": "431.00", "version": 1}, variant).Problem(409, "version_conflict")
		nobody.Get("/v1/products?sort=price").Want(200).Is("items.0.price_from", "430.00")
		history := s.Owner.Get("/v1/products/", id, "/history").Want(200)
		history.Is("items.0.old_price", "450.00").Is("items.0.new_price", "430.00").Is("items.0.variant", variant).Is("items.0.actor", s.Owner.ID)
		if n := history.Len("items"); n != 3 {
			t.Errorf("%d prices in the history", n)
		}
		stranger.Get("/v1/products/", id, "/history").Problem(404, "product_not_found")

		// The store closes its doors: its products are not for sale, and back when it opens.
		s.Owner.Post("/v1/stores/{}/unpublish", nil, s.ID).Want(200)
		nobody.Get("/v1/products/", id).Problem(404, "product_not_found")
		if n := nobody.Get("/v1/products").Want(200).Len("items"); n != 0 {
			t.Errorf("%d products of a closed store are listed", n)
		}
		s.Owner.Get("/v1/products/", id).Want(200)
		s.Owner.Post("/v1/stores/{}/publish", nil, s.ID).Want(200)
		nobody.Get("/v1/products").Want(200).Is("items.0.id", id)

		s.Owner.Delete("/v1/variants/", variant).Want(204)
		s.Owner.Patch("/v1/variants/{}", M{"price": "1.00"}, variant).Problem(404, "variant_not_found")
		last := nobody.Get("/v1/products/", id).Want(200).Str("variants.0.id")
		s.Owner.Delete("/v1/variants/", last).Problem(409, "last_variant")
		// What a variant leaves behind is free again.
		s.Owner.Post("/v1/products/{}/variants", M{"options": []string{"M", "Red"}, "price": "460.00", "sku": "DT-M-R"}, id).Want(201).Is("available", 0)

		s.Owner.Delete("/v1/products/", id).Want(204)
		s.Owner.Delete("/v1/products/", id).Want(204)
		nobody.Get("/v1/products/", id).Problem(404, "product_not_found")
		s.Owner.Patch("/v1/products/{}", M{"title": "x"}, id).Problem(409, "product_state")
		s.Owner.Post("/v1/products/{}/unarchive", nil, id).Want(200).Is("state", "draft")
		s.Owner.Get("/v1/stores/", s.ID, "/products?state=draft").Want(200).Is("items.0.id", id)
	})
}

func TestWhatIsRefused(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		s, other := m.Store(), m.Store()
		path := "/v1/stores/" + s.ID + "/products"
		m.Anonymous().Post(path, M{"title": "x"}).Problem(401, "unauthenticated")
		other.Owner.Post(path, M{"title": "x"}).Problem(404, "store_not_found")
		s.Owner.Post("/v1/stores/sto_0000000000000000/products", M{"title": "x"}).Problem(404, "store_not_found")
		s.Owner.Post(path, M{"title": "Tea", "variants": []M{{"price": "1.005"}, {"price": "2", "options": []string{"x"}}}}).Problem(422, "invalid_product")
		s.Owner.Post(path, M{"title": "Tea", "variants": []M{{"price": 12}}}).Want(422)
		s.Owner.Post(path, M{"title": "a\u0000b"}).Want(422)
		s.Owner.Post(path, M{"title": "Tea", "colour": "red"}).Want(422)
		s.Owner.Post(path, `{"title": "Tea", "title": "Two"}`).Want(422)
		s.Owner.Post(path, M{"title": "Tea", "handle": "tea", "variants": []M{{"price": "1", "sku": "T1"}}}).Want(201)
		s.Owner.Post(path, M{"title": "Tea", "handle": "tea"}).Problem(409, "handle_taken")
		s.Owner.Post(path, M{"title": "Pot", "variants": []M{{"price": "1", "sku": "T1"}}}).Problem(409, "sku_taken").Is("errors.0.location", nil)
		// Another store may have the same handle and SKU, and a second product with the same title gets another handle.
		other.Owner.Post("/v1/stores/{}/products", M{"title": "Tea", "handle": "tea", "variants": []M{{"price": "1", "sku": "T1"}}}, other.ID).Want(201)
		if h := s.Owner.Post(path, M{"title": "Tea"}).Want(201).Str("handle"); h == "tea" || len(h) != len("tea-")+8 {
			t.Errorf("handle %q", h)
		}
		empty := s.Owner.Post(path, M{"title": "Nothing"}).Want(201).Str("id")
		s.Owner.Post("/v1/products/{}/publish", nil, empty).Problem(409, "product_without_variants")
		s.Owner.Get("/v1/stores/", s.ID, "/products").Want(200).Is("items.0.price_from", nil).Is("items.0.variant_count", 0)

		// The same request again makes nothing new.
		body := M{"title": "Once", "variants": []M{{"price": "1", "stock": 2}}}
		first := s.Owner.Key("key-of-sixteen-letters").Post(path, body).Want(201)
		again := s.Owner.Key("key-of-sixteen-letters").Post(path, body).Want(201)
		if first.Str("id") != again.Str("id") || again.Header.Get("Idempotency-Replayed") != "true" {
			t.Errorf("%s and %s", first.Str("id"), again.Str("id"))
		}
		once := first.Str("id")
		s.Owner.Post("/v1/products/{}/variants", M{"price": "2"}, once).Problem(409, "options_taken")
		s.Owner.Post("/v1/products/{}/variants", M{"price": "2", "options": []string{"x"}}, once).Problem(422, "invalid_product")
		s.Owner.Patch("/v1/products/{}", M{"options": []string{"Size"}}, once).Problem(422, "invalid_product")
		s.Owner.Patch("/v1/products/{}", M{"handle": "tea"}, once).Problem(409, "handle_taken")
		s.Owner.Patch("/v1/products/{}", M{"title": "Twice", "version": 7}, once).Problem(409, "version_conflict")
		s.Owner.Patch("/v1/products/{}", M{"title": "Twice", "version": 1}, once).Want(200).Is("version", 2).Is("handle", "once")
		s.Owner.Patch("/v1/products/{}", M{"title": "Twice"}, once).Want(200).Is("version", 2)
		s.Owner.Patch("/v1/variants/{}", M{"sku": "T1"}, first.Str("variants.0.id")).Problem(409, "sku_taken")
		s.Owner.Patch("/v1/variants/{}", M{"sku": "T2", "price": "3.10", "weight": 5, "barcode": "123", "track_stock": false}, first.Str("variants.0.id")).
			Want(200).Is("sku", "T2").Is("available", nil)
		s.Owner.Patch("/v1/variants/{}", M{"sku": ""}, first.Str("variants.0.id")).Want(200).Is("sku", nil)

		m.Anonymous().Get("/v1/products?cursor=nonsense").Problem(422, "invalid_cursor")
		m.Anonymous().Get("/v1/products?sort=random").Want(422)
		m.Anonymous().Get("/v1/products/", "prd_nothing").Problem(404, "product_not_found")
	})
}

func TestStaffDoWhatTheyWereGivenTheRightTo(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		s := m.Store()
		product, variant := s.Product("Topi", "10.00", 5)
		clerk, admin := m.Person("customer"), m.Person("admin")
		s.Owner.Post("/v1/stores/{}/staff", M{"account": clerk.ID, "rights": []string{"stock"}}, s.ID).Want(201)
		clerk.Patch("/v1/products/{}", M{"title": "Cap"}, product).Problem(403, "store_right_required")
		clerk.Post("/v1/products/{}/unpublish", nil, product).Problem(403, "store_right_required")
		clerk.Get("/v1/stores/", s.ID, "/products").Want(200)
		clerk.Get("/v1/products/", product, "/history").Want(200)
		clerk.Patch("/v1/variants/{}", M{"price": "1.00"}, variant).Problem(403, "store_right_required")
		admin.Patch("/v1/products/{}", M{"title": "Cap"}, product).Want(200)
		admin.Get("/v1/products/", product, "/history").Want(200)
	})
}

func TestPagesOfProducts(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		s := m.Store()
		var ids []string
		for i, title := range []string{"Cherry", "apple", "Banana", "çilek", "<<<<<<<<<<<<<<<<<<<<"} {
			id, _ := s.Product(title, []string{"5.00", "3.00", "3.00", "9.99", "0.00"}[i], 1)
			ids = append(ids, id)
			m.Clock.Advance(1)
		}
		for sort, want := range map[string][]int{
			"newest": {4, 3, 2, 1, 0}, "price": {4, 1, 2, 0, 3}, "-price": {3, 0, 2, 1, 4}, "title": {4, 1, 2, 0, 3},
		} {
			var got []string
			cursor := ""
			for {
				page := m.Anonymous().Get("/v1/products?sort=", sort, "&limit=2&cursor=", cursor).Want(200)
				for i := range page.Len("items") {
					got = append(got, page.At("items").([]any)[i].(map[string]any)["id"].(string))
				}
				if cursor = page.Str("next_cursor"); cursor == "" {
					break
				}
			}
			for i, n := range want {
				if len(got) != len(want) || got[i] != ids[n] {
					t.Errorf("%s: %v", sort, got)
					break
				}
			}
		}
	})
}
