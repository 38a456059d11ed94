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

		made := s.Owner.Post("/v1/stores/%s/products", M{
			"title": "  Dhaka   topi ", "description": `<p onclick="x()">Warm</p><script>bad()</script>`, "options": []string{"Size", "Colour"},
			"variants": []M{
				{"options": []string{"M", "Red"}, "price": "450.00", "sku": "DT-M-R", "stock": 3, "weight": 90},
				{"options": []string{"L", "Red"}, "price": "475.50", "sku": "DT-L-R", "track_stock": false},
			},
		}, s.ID).Want(201)
		made.Is("title", "Dhaka topi").Is("description", "<p>Warm</p>").Is("state", "draft").Is("handle", "dhaka-topi").
			Is("variants.0.title", "M / Red").Is("variants.0.available", 3).Is("variants.0.in_stock", true).
			Is("variants.1.available", nil).Is("variants.1.in_stock", true).Is("variants.1.price", "475.50").Is("variants.1.currency", "NPR")
		id, variant := made.Str("id"), made.Str("variants.0.id")

		nobody.Get("/v1/products/%s", id).Problem(404, "product_not_found")
		stranger.Get("/v1/products/%s", id).Problem(404, "product_not_found")
		stranger.Patch("/v1/products/%s", M{"title": "Mine"}, id).Problem(404, "product_not_found")
		stranger.Post("/v1/products/%s/publish", nil, id).Problem(404, "product_not_found")
		stranger.Patch("/v1/variants/%s", M{"price": "1.00"}, variant).Problem(404, "variant_not_found")
		stranger.Get("/v1/stores/%s/products", s.ID).Problem(404, "store_not_found")
		if n := nobody.Get("/v1/products").Want(200).Len("items"); n != 0 {
			t.Errorf("%d drafts are listed", n)
		}

		s.Owner.Post("/v1/products/%s/unpublish", nil, id).Problem(409, "product_state")
		s.Owner.Post("/v1/products/%s/publish", nil, id).Want(200).Is("state", "published")
		s.Owner.Post("/v1/products/%s/publish", nil, id).Problem(409, "product_state")
		nobody.Get("/v1/products/%s", id).Want(200).Is("store.id", s.ID)
		nobody.Get("/v1/products?store=%s", s.ID).Want(200).Is("items.0.id", id).Is("items.0.price_from", "450.00").Is("items.0.price_to", "475.50")

		s.Owner.Patch("/v1/variants/%s", M{"price": "430.00"}, variant).Want(200).Is("price", "430.00").Is("version", 2)
		s.Owner.Patch("/v1/variants/%s", M{"price": "431.00", "version": 1}, variant).Problem(409, "version_conflict")
		nobody.Get("/v1/products?sort=price").Want(200).Is("items.0.price_from", "430.00")
		history := s.Owner.Get("/v1/products/%s/history", id).Want(200)
		history.Is("items.0.old_price", "450.00").Is("items.0.new_price", "430.00").Is("items.0.variant", variant).Is("items.0.actor", s.Owner.ID)
		if n := history.Len("items"); n != 3 {
			t.Errorf("%d prices in the history", n)
		}
		stranger.Get("/v1/products/%s/history", id).Problem(404, "product_not_found")

		// The store closes its doors: its products are not for sale, and back when it opens.
		s.Owner.Post("/v1/stores/%s/unpublish", nil, s.ID).Want(200)
		nobody.Get("/v1/products/%s", id).Problem(404, "product_not_found")
		if n := nobody.Get("/v1/products").Want(200).Len("items"); n != 0 {
			t.Errorf("%d products of a closed store are listed", n)
		}
		s.Owner.Get("/v1/products/%s", id).Want(200)
		s.Owner.Post("/v1/stores/%s/publish", nil, s.ID).Want(200)
		nobody.Get("/v1/products").Want(200).Is("items.0.id", id)

		s.Owner.Delete("/v1/variants/%s", variant).Want(204)
		s.Owner.Patch("/v1/variants/%s", M{"price": "1.00"}, variant).Problem(404, "variant_not_found")
		last := nobody.Get("/v1/products/%s", id).Want(200).Str("variants.0.id")
		s.Owner.Delete("/v1/variants/%s", last).Problem(409, "last_variant")
		// What a variant leaves behind is free again.
		s.Owner.Post("/v1/products/%s/variants", M{"options": []string{"M", "Red"}, "price": "460.00", "sku": "DT-M-R"}, id).Want(201).Is("available", 0)

		s.Owner.Delete("/v1/products/%s", id).Want(204)
		s.Owner.Delete("/v1/products/%s", id).Want(204)
		nobody.Get("/v1/products/%s", id).Problem(404, "product_not_found")
		s.Owner.Patch("/v1/products/%s", M{"title": "x"}, id).Problem(409, "product_state")
		s.Owner.Post("/v1/products/%s/unarchive", nil, id).Want(200).Is("state", "draft")
		s.Owner.Get("/v1/stores/%s/products?state=draft", s.ID).Want(200).Is("items.0.id", id)
	})
}
