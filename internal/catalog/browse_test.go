package catalog_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/haat-market/haat/internal/apptest"
)

// titles are the titles of a page's items.
func titles(a *apptest.Answer) string {
	var out []string
	for i := range a.Len("items") {
		out = append(out, a.Str(fmt.Sprintf("items.%d.title", i)))
	}
	return strings.Join(out, ", ")
}

// sell publishes a product with what a body says of it beside its one variant.
func sell(s apptest.Store, title, price string, stock int, more M) (product, variant string) {
	body := M{"title": title, "variants": []M{{"price": price, "stock": stock}}}
	for k, v := range more {
		body[k] = v
	}
	a := s.Owner.Post("/v1/stores/{}/products", body, s.ID).Want(201)
	s.Owner.Post("/v1/products/{}/publish", nil, a.Str("id")).Want(200)
	return a.Str("id"), a.Str("variants.0.id")
}

func category(admin *apptest.Client, slug, parent string) string {
	return admin.Post("/v1/categories", M{"slug": slug, "name": strings.ToUpper(slug[:1]) + slug[1:], "parent": parent}).Want(201).Str("id")
}

func TestShoppersNarrowWhatTheySee(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		admin, nobody := m.Person("admin"), m.Anonymous()
		clothes := category(admin, "clothes", "")
		caps := category(admin, "caps", clothes)
		tea := category(admin, "tea", "")
		a, b := m.Store(), m.Store()
		topi, topiVariant := sell(a, "Topi", "450.00", 3, M{"category": caps, "brand": "Palpa Mills"})
		sell(a, "Shirt", "900.00", 0, M{"category": clothes, "brand": "Palpa Mills"})
		sell(b, "Woollen cap", "700.00", 5, M{"category": caps})
		sell(b, "Ilam tea", "120.00", 9, M{"category": tea, "brand": "ILAM"})
		sell(b, "Anything", "1.00", 1, nil)

		ask := func(query, want string) {
			t.Helper()
			if got := titles(nobody.Get("/v1/products?" + query).Want(200)); got != want {
				t.Errorf("%s gives %q, not %q", query, got, want)
			}
		}
		ask("sort=title", "Anything, Ilam tea, Shirt, Topi, Woollen cap")
		ask("category="+clothes+"&sort=price", "Topi, Woollen cap, Shirt")
		ask("category="+caps+"&sort=-price", "Woollen cap, Topi")
		ask("category="+clothes+"&in_stock=true&sort=price&price_min=450&price_max=700.00", "Topi, Woollen cap")
		ask("category="+clothes+"&in_stock=true&sort=newest&price_min=451", "Woollen cap")
		ask("category="+clothes+"&brand="+url.QueryEscape("palpa mills")+"&sort=title", "Shirt, Topi")
		ask("brand=ilam", "Ilam tea")
		ask("store="+a.ID+"&category="+caps, "Topi")
		ask("store="+a.ID+"&brand=ilam", "")
		ask("store=sto_nobody", "")
		ask("category="+tea+"&store="+b.ID+"&brand=Ilam&in_stock=true&price_max=120.00&sort=popular", "Ilam tea")
		ask("on_sale=true", "")
		ask("sort=discount", "")

		// Pages go on where filters leave most rows out.
		var all []string
		for cursor := ""; ; {
			page := nobody.Get("/v1/products?in_stock=true&sort=price&limit=1&cursor=" + cursor).Want(200)
			all = append(all, titles(page))
			if page.At("next_cursor") == nil {
				break
			}
			cursor = page.Str("next_cursor")
		}
		if got := strings.Join(all, ", "); got != "Anything, Ilam tea, Topi, Woollen cap" {
			t.Errorf("page by page: %s", got)
		}

		nobody.Get("/v1/products?category=cat_0000000000000000").Problem(404, "category_not_found")
		nobody.Get("/v1/products?price_min=1.005").Problem(422, "invalid_filter")
		nobody.Get("/v1/products?price_min=-1").Problem(422, "invalid_filter")
		nobody.Get("/v1/products?price_min=9223372036854775808").Problem(422, "invalid_filter")
		nobody.Get("/v1/products?price_min=2&price_max=1").Problem(422, "invalid_filter")
		nobody.Get("/v1/products?sort=relevance").Problem(422, "unsupported_filter")
		nobody.Get("/v1/products?sort=colour").Want(422)
		nobody.Get("/v1/products?in_stock=maybe").Want(422)
		nobody.Get("/v1/products?cursor="+nobody.Get("/v1/products?limit=1&sort=price").Want(200).Str("next_cursor")).Problem(422, "invalid_cursor")

		// What is sold out leaves the list of what is in stock, and comes back with the goods.
		a.Owner.Post("/v1/variants/{}/stock/adjustments", M{"delta": -3, "reason": "counted"}, topiVariant).Want(201)
		ask("category="+caps+"&in_stock=true", "Woollen cap")
		nobody.Get("/v1/products?category="+caps+"&sort=price").Want(200).Is("items.0.in_stock", false)
		a.Owner.Post("/v1/variants/{}/stock/adjustments", M{"delta": 1, "reason": "counted"}, topiVariant).Want(201)
		ask("category="+caps+"&in_stock=true", "Woollen cap, Topi")
		a.Owner.Patch("/v1/variants/{}", M{"track_stock": false}, topiVariant).Want(200)

		// A category moves with all that is in it.
		admin.Patch("/v1/categories/{}", M{"parent": tea}, caps).Want(200)
		m.RunJobs()
		m.Sweep("catalog.follow")
		ask("category="+clothes, "Shirt")
		ask("category="+tea+"&sort=title", "Ilam tea, Topi, Woollen cap")
		a.Owner.Patch("/v1/products/{}", M{"category": "", "brand": ""}, topi).Want(200)
		ask("category="+tea+"&sort=title", "Ilam tea, Woollen cap")
		ask("brand=palpa%20mills", "Shirt")
		b.Owner.Post("/v1/stores/{}/unpublish", nil, b.ID).Want(200)
		ask("sort=title", "Shirt, Topi")
		ask("category="+tea, "")
	})
}

func TestSearchFindsTheSameInEveryScript(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		admin, nobody := m.Person("admin"), m.Anonymous()
		jewels := category(admin, "jewellery", "")
		s := m.Store()
		sell(s, "चाँदी की अंगूठी", "1500.00", 2, M{"category": jewels, "description": "<p>हाथ से बनी <b>हिन्दी</b></p>"})
		sell(s, "ऊनी चादर", "900.00", 0, nil)
		sell(s, "ढाका टोपी", "450.00", 4, M{"brand": "Palpa"})
		sell(s, "Café crème de l’Himalaya", "250.00", 4, nil)
		sell(s, "كِتاب الطبخ", "700.00", 1, nil)
		sell(s, "Silver ring", "1200.00", 0, M{"category": jewels, "variants": []M{{"price": "1200.00", "sku": "SR-77-B"}}})
		sell(s, "Ring binder", "90.00", 5, M{"description": "Silver colour"})
		if n := nobody.Get("/v1/products?q=ring").Want(200).Len("items"); n != 0 {
			t.Errorf("%d products before the index followed", n)
		}
		m.Sweep("catalog.follow")
		ask := func(query, more, want string) *apptest.Answer {
			t.Helper()
			a := nobody.Get("/v1/products?q=" + url.QueryEscape(query) + more).Want(200)
			if got := titles(a); got != want {
				t.Errorf("%s%s gives %q, not %q", query, more, got, want)
			}
			return a
		}
		ask("चांदी", "", "चाँदी की अंगूठी")
		ask("हिंदी", "", "चाँदी की अंगूठी")
		ask("टोपी PALPA", "", "ढाका टोपी")
		ask("cafe creme", "", "Café crème de l’Himalaya")
		ask("HIMALAYA", "", "Café crème de l’Himalaya")
		ask("كتاب", "", "كِتاب الطبخ")
		ask("sr-77-b", "", "Silver ring")
		ask("jewellery", "&sort=price", "Silver ring, चाँदी की अंगूठी")
		ask("silver ring", "", "Silver ring, Ring binder").Is("total", "2").Is("search.terms.0", "silver").Is("search.corrected", false)
		ask("slver", "", "Silver ring, Ring binder").Is("search.corrected", true).Is("search.terms.0", "silver")
		ask("silver", "&in_stock=true", "Ring binder")
		ask("silver", "&category="+jewels, "Silver ring")
		ask("silver", "&price_max=100.00&sort=-price", "Ring binder")
		ask("ring", "&sort=title", "Ring binder, Silver ring")
		ask("nothing like it", "", "").Is("total", "0")
		ask("-- '", "", "").Is("total", "0")

		first := ask("ring", "&limit=1", "Ring binder")
		if got := titles(nobody.Get("/v1/products?q=ring&limit=1&cursor="+first.Str("next_cursor")).Want(200).Is("next_cursor", nil)); got != "Silver ring" {
			t.Errorf("the second page is %q", got)
		}
		first = ask("ring", "&limit=1&sort=price", "Ring binder")
		ask("ring", "&limit=1&sort=price&cursor="+first.Str("next_cursor"), "Silver ring").Is("next_cursor", nil)
		nobody.Get("/v1/products?q=ring&cursor="+first.Str("next_cursor")).Problem(422, "invalid_cursor")
		nobody.Get("/v1/products?q=ring&cursor=e30").Problem(422, "invalid_cursor")

		ask("silver", "&facets=true", "Silver ring, Ring binder").Is("facets.approximate", false).Is("facets.categories.0.count", 1).
			Is("facets.in_stock", 1).Is("facets.stores.0.count", 2).Is("facets.prices.0.from", "50.00").Is("facets.prices.0.to", "99.99")

		suggested := func(typed, want string) *apptest.Answer {
			t.Helper()
			a := nobody.Get("/v1/products/suggestions?q=" + url.QueryEscape(typed)).Want(200)
			var words []string
			for i := range a.Len("words") {
				words = append(words, a.Str(fmt.Sprintf("words.%d.text", i)))
			}
			if got := strings.Join(words, ", "); got != want {
				t.Errorf("%q suggests %q, not %q", typed, got, want)
			}
			return a
		}
		suggested("ri", "ring").Is("products.0.title", "Ring binder").Is("words.0.count", 2)
		suggested("silevr", "silver")
		suggested("silver r", "silver ring")
		suggested("टो", "टोपी").Is("products.0.title", "ढाका टोपी")
		suggested("pal", "palpa")
		suggested("", "")

		// What is taken off the shelves is not found any more.
		admin.Patch("/v1/categories/{}", M{"name": "Ornaments"}, jewels).Want(200)
		s.Owner.Post("/v1/products/{}/unpublish", nil, ask("binder", "", "Ring binder").Str("items.0.id")).Want(200)
		ask("binder", "", "")
		m.RunJobs()
		m.Sweep("catalog.follow")
		ask("ornaments silver", "", "Silver ring")
		ask("jewellery", "", "")
		suggested("bind", "")
	})
}

func TestFacetsCountWhatIsThere(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		admin, nobody := m.Person("admin"), m.Anonymous()
		clothes := category(admin, "clothes", "")
		caps := category(admin, "caps", clothes)
		a, b := m.Store(), m.Store()
		sell(a, "Topi", "450.00", 3, M{"category": caps, "brand": "Palpa Mills"})
		_, shirt := sell(a, "Shirt", "900.00", 1, M{"category": clothes, "brand": "PALPA MILLS"})
		sell(b, "Tea", "120.00", 9, M{"brand": "Ilam"})
		m.Sweep("catalog.follow")
		all := nobody.Get("/v1/products?facets=true").Want(200).Is("total", "3").Is("facets.approximate", false)
		all.Is("facets.categories.0.id", clothes).Is("facets.categories.0.count", 2).Is("facets.brands.0.count", 2).Is("facets.brands.1.name", "Ilam").
			Is("facets.stores.0.id", a.ID).Is("facets.stores.0.count", 2).Is("facets.in_stock", 3).Is("facets.on_sale", 0).
			Is("facets.prices.0.from", "100.00").Is("facets.prices.0.to", "199.99").Is("facets.prices.1.from", "200.00").Is("facets.prices.2.count", 1)
		nobody.Get("/v1/products?facets=true&category=", clothes).Want(200).Is("total", "2").Is("facets.categories.0.id", caps).Is("facets.categories.0.count", 1)
		nobody.Get("/v1/products?facets=true&price_min=400&in_stock=true").Want(200).Is("total", "2").Is("facets.brands.0.count", 2)
		a.Owner.Post("/v1/variants/{}/stock/adjustments", M{"delta": -1, "reason": "counted"}, shirt).Want(201)
		b.Owner.Post("/v1/stores/{}/unpublish", nil, b.ID).Want(200)
		m.Sweep("catalog.follow")
		nobody.Get("/v1/products?facets=true").Want(200).Is("total", "2").Is("facets.in_stock", 1)
	})
}
