package catalog_test

import (
	"testing"

	"github.com/haat-market/haat/internal/apptest"
)

// Where the market approves products, a seller submits, an admin rejects with a reason and approves, and a change of
// what is on sale is looked at afterwards.
func TestApprovalOfProducts(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		admin := m.Person("admin")
		admin.Patch("/v1/settings", M{"product_approval": true}).Want(200)
		s := m.Store()
		id := s.Owner.Post("/v1/stores/{}/products", M{"title": "Lamp", "variants": []M{{"price": "10.00"}}}, s.ID).Want(201).
			Is("allowed_actions", []any{"archive", "submit"}).Str("id")
		s.Owner.Post("/v1/products/{}/publish", nil, id).Problem(409, "approval_needed")
		s.Owner.Post("/v1/products/{}/submit", nil, id).Want(200).Is("state", "submitted")
		s.Owner.Post("/v1/products/{}/submit", nil, id).Problem(409, "product_state")
		s.Owner.Post("/v1/products/{}/approve", nil, id).Problem(403, "forbidden")
		m.Anonymous().Get("/v1/products/", id).Problem(404, "product_not_found")
		admin.Get("/v1/products/queue").Want(200).Is("items.0.id", id).Is("items.0.state", "submitted")

		admin.Post("/v1/products/{}/reject", M{"reason": ""}, id).Want(422)
		admin.Post("/v1/products/{}/reject", M{"reason": "Which lamp?"}, id).Want(200).Is("state", "rejected")
		s.Owner.Get("/v1/products/", id).Want(200).Is("review_note", "Which lamp?")
		s.Owner.Get("/v1/stores/", s.ID, "/products?state=rejected").Want(200).Is("items.0.id", id)
		s.Owner.Patch("/v1/products/{}", M{"title": "Oil lamp"}, id).Want(200).Is("state", "rejected")
		seen := s.Owner.Post("/v1/products/{}/submit", nil, id).Want(200).Is("state", "submitted").At("version")
		s.Owner.Patch("/v1/products/{}", M{"title": "Brass oil lamp"}, id).Want(200)
		admin.Post("/v1/products/{}/approve", M{"version": seen}, id).Problem(409, "version_conflict")
		admin.Post("/v1/products/{}/approve", M{}, id).Want(200).Is("state", "published").Is("review", "")
		m.Anonymous().Get("/v1/products/", id).Want(200).Is("title", "Brass oil lamp")

		s.Owner.Patch("/v1/products/{}", M{"title": "Gold lamp"}, id).Want(200).Is("state", "published").Is("review", "changed")
		m.Anonymous().Get("/v1/products/", id).Want(200)
		admin.Get("/v1/products/queue?state=changed").Want(200).Is("items.0.id", id)
		admin.Post("/v1/products/{}/reject", M{"reason": "It is brass."}, id).Want(200).Is("state", "rejected")
		m.Anonymous().Get("/v1/products/", id).Problem(404, "product_not_found")
	})
}

// A store registers a brand, an admin approves it, and products name it as it was registered.
func TestRegisteredBrands(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		admin := m.Person("admin")
		admin.Patch("/v1/settings", M{"registered_brands": true}).Want(200)
		s, other := m.Store(), m.Store()
		product, _ := s.Product("Topi", "10.00", 1)
		s.Owner.Patch("/v1/products/{}", M{"brand": "Palpa"}, product).Problem(422, "invalid_product").Is("errors.0.code", "brand_not_registered")
		id := s.Owner.Post("/v1/brands", M{"name": "Palpa", "store": s.ID}).Want(201).Is("state", "pending").Str("id")
		other.Owner.Post("/v1/brands", M{"name": "PALPA", "store": other.ID}).Problem(409, "brand_taken")
		other.Owner.Post("/v1/brands", M{"name": "Mine", "store": s.ID}).Problem(404, "store_not_found")
		s.Owner.Patch("/v1/products/{}", M{"brand": "Palpa"}, product).Problem(422, "invalid_product")
		if n := m.Anonymous().Get("/v1/brands").Want(200).Len("items"); n != 0 {
			t.Errorf("%d brands that nobody approved are shown", n)
		}
		s.Owner.Get("/v1/brands?store=", s.ID).Want(200).Is("items.0.id", id)
		admin.Get("/v1/brands?state=pending").Want(200).Is("items.0.id", id)
		admin.Post("/v1/brands/{}/approve", nil, id).Want(200).Is("state", "approved")
		admin.Post("/v1/brands/{}/reject", M{"reason": "No."}, id).Problem(409, "brand_state")
		m.Anonymous().Get("/v1/brands").Want(200).Is("items.0.name", "Palpa")
		other.Owner.Post("/v1/stores/{}/products", M{"title": "Cap", "brand": "palpa"}, other.ID).Want(201).Is("brand", "Palpa")

		// A file brings no brand in by the back door.
		a := imported(t, m, other, "Handle,Title,Vendor,Variant Price\nshawl,Shawl,PALPA,10.00\nrug,Rug,Nobody,10.00\n")
		if n := a.At("warning_count"); n != 1.0 {
			t.Errorf("%v warnings: %s", n, a.Body)
		}
		for title, want := range map[string]any{"Shawl": "Palpa", "Rug": ""} {
			for _, it := range other.Owner.Get("/v1/stores/", other.ID, "/products").Want(200).At("items").([]any) {
				if p := it.(M); p["title"] == title && p["brand"] != want {
					t.Errorf("%s is of the brand %v", title, p["brand"])
				}
			}
		}
	})
}
