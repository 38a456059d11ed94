package catalog_test

import (
	"testing"

	"github.com/haat-market/haat/internal/apptest"
)

func TestCategories(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		admin, seller, nobody := m.Person("admin"), m.Person("customer", "seller"), m.Anonymous()
		seller.Post("/v1/categories", M{"slug": "food", "name": "Food"}).Problem(403, "forbidden")
		nobody.Post("/v1/categories", M{"slug": "food", "name": "Food"}).Problem(401, "unauthenticated")

		add := func(slug, parent string, position int) string {
			return admin.Post("/v1/categories", M{"slug": slug, "name": slug, "parent": parent, "position": position}).Want(201).Str("id")
		}
		food := add("food", "", 2)
		tea := add("tea", food, 1)
		coffee := add("coffee", food, 0)
		cloth := add("cloth", "", 1)
		admin.Post("/v1/categories", M{"slug": "tea", "name": "Again"}).Problem(409, "slug_taken")
		admin.Post("/v1/categories", M{"slug": "Tea!", "name": " "}).Problem(422, "invalid_category")
		admin.Post("/v1/categories", M{"slug": "x", "name": "x", "parent": "cat_0000000000000000"}).Problem(422, "invalid_category")

		list := nobody.Get("/v1/categories").Want(200)
		for i, want := range []string{cloth, food, coffee, tea} {
			if got := list.At("items").([]any)[i].(map[string]any)["id"]; got != want {
				t.Errorf("place %d: %v, want %v", i, got, want)
			}
		}
		list.Is("items.2.parent", food).Is("items.2.depth", 1).Is("items.0.parent", nil).Is("next_cursor", nil)

		admin.Patch("/v1/categories/{}", M{"parent": tea}, food).Problem(409, "category_cycle")
		admin.Patch("/v1/categories/{}", M{"parent": food}, food).Problem(409, "category_cycle")
		admin.Patch("/v1/categories/{}", M{"slug": "cloth"}, food).Problem(409, "slug_taken")
		admin.Patch("/v1/categories/{}", M{"parent": "", "name": "Kawa"}, coffee).Want(200).Is("depth", 0).Is("name", "Kawa")
		admin.Patch("/v1/categories/{}", M{"name": "x"}, "cat_0000000000000000").Problem(404, "category_not_found")
		admin.Patch("/v1/categories/{}", M{}, coffee).Want(200).Is("name", "Kawa")

		s := m.Store()
		product := s.Owner.Post("/v1/stores/{}/products", M{"title": "Ilam", "category": tea, "variants": []M{{"price": "1.00"}}}, s.ID).Want(201).
			Is("category.slug", "tea").Str("id")
		s.Owner.Post("/v1/products/{}/publish", nil, product).Want(200)
		s.Owner.Post("/v1/stores/{}/products", M{"title": "x", "category": "cat_0000000000000000"}, s.ID).Problem(422, "invalid_product")
		nobody.Get("/v1/products?category=", tea).Want(200).Is("items.0.id", product).Is("items.0.category.name", "tea")
		nobody.Get("/v1/products?category=", tea, "&store=", s.ID).Want(200).Is("items.0.id", product)
		nobody.Get("/v1/products?category=", tea, "&store=", s.ID, "&sort=title").Want(200).Is("items.0.title", "Ilam")
		if n := nobody.Get("/v1/products?category=", food).Want(200).Len("items"); n != 1 { // what is below it too
			t.Errorf("%d products", n)
		}
		nobody.Get("/v1/products?category=cat_0000000000000000").Problem(404, "category_not_found")

		admin.Delete("/v1/categories/", food).Problem(409, "category_used")
		admin.Delete("/v1/categories/", tea).Problem(409, "category_used")
		s.Owner.Patch("/v1/products/{}", M{"category": ""}, product).Want(200).Is("category", nil)
		admin.Delete("/v1/categories/", tea).Want(204)
		admin.Delete("/v1/categories/", tea).Problem(404, "category_not_found")
		admin.Delete("/v1/categories/", food).Want(204)
	})
}
