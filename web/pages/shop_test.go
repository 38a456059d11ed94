package pages_test

import (
	"image"
	"image/png"
	"strings"
	"testing"
	"time"

	"github.com/haat-market/haat/internal/apptest"
)

// photo is a picture of one shade, as a PNG file.
func photo(t *testing.T, shade uint8) string {
	t.Helper()
	img := image.NewGray(image.Rect(0, 0, 64, 48))
	for i := range img.Pix {
		img.Pix[i] = shade
	}
	var b strings.Builder
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// What narrows a list down is shown one by one, each with the list without it; what it can be narrowed down by further
// leads there; where nothing is left the page says what to do.
func TestNarrowingDown(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		admin := m.Person("admin")
		drinks := admin.Post("/v1/categories", M{"name": "Drinks", "slug": "drinks"}).Want(201)
		tea := admin.Post("/v1/categories", M{"name": "Tea", "slug": "tea", "parent": drinks.Str("id")}).Want(201)
		coffee := admin.Post("/v1/categories", M{"name": "Coffee", "slug": "coffee", "parent": drinks.Str("id")}).Want(201)
		st, other := m.Store(), m.Store()
		add := func(s apptest.Store, title, price string, stock int, category, brand string) {
			id, _ := s.Product(title, price, stock)
			s.Owner.Patch("/v1/products/"+id, M{"category": category, "brand": brand}).Want(200)
		}
		add(st, "Green leaf", "120.00", 3, tea.Str("id"), "Ilam")
		add(st, "Black leaf", "450.00", 0, tea.Str("id"), "Jun")
		add(other, "Beans", "1400.00", 3, coffee.Str("id"), "Ilam")
		m.Sweep("catalog.follow")
		v := visit(t, m)
		all := v.get("/c/"+drinks.Str("slug")).want(200, "3 things", "Sold out", `href="/c/`+tea.Str("slug")+`"`, "price_max=199.99", "brand=Ilam", "in_stock=1")
		v.get("/c/"+drinks.Str("slug")+"?brand=Ilam&price_min=100&price_max=199.99").want(200, "Green leaf", "1 thing",
			`href="/c/drinks?price_max=199.99&amp;price_min=100"`, `href="/c/drinks?brand=Ilam"`, "Show all").lacks("Beans", "Black leaf")
		all.lacks("Without")
		v.get("/?category="+tea.Str("slug")+"&in_stock=1&store="+st.ID).want(200, "Green leaf", "Store s",
			`href="/?category=tea&amp;in_stock=1"`, `href="/?category=tea&amp;store=`+st.ID, `href="/?in_stock=1&amp;store=`+st.ID).lacks("Black leaf")
		v.get("/?category=nothing").want(404)
		v.get("/?brand=Nobody&store=sto_nothing").want(200, "Nothing fits all of what you look for.", `class="button" href="/"`)
		v.get("/search?q=leef").want(200, "Green leaf", "Nothing holds what you typed")
		v.get("/search?q=zzzz").want(200, "Nothing holds these words.", `href="/c/drinks"`)
		v.get("/s/"+m.Store().ID).want(200, "Nothing is on sale here yet.", `class="button" href="/"`)
		v.get(`/?brand=%22%3E%3Cscript%3Ealert(1)%3C/script%3E`).want(200, "&lt;script&gt;").lacks("<script>alert")
		v.get("/?price_min=much").want(200, "Must be an amount such as 250.")
	})
}

func TestLeafing(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		st := m.Store()
		for range 13 {
			st.Product("Clay pot", "99.50", 1)
		}
		v := visit(t, m)
		if n := strings.Count(v.get("/?sort=price").want(200).lacks("How many on a page").text, `class="title"`); n != 13 {
			t.Errorf("%d on a page", n)
		}
		first := v.get("/?sort=price&per=12").want(200, "Page 1", "How many on a page", `href="/?per=48&amp;sort=price"`, `href="/?sort=price"`)
		second := v.get(strings.ReplaceAll(first.find(`rel="next" href="([^"]+)"`), "&amp;", "&")).want(200, "Page 2", `href="/?per=12&amp;sort=price">To the beginning`)
		if n := strings.Count(second.text, `class="title"`); n != 1 {
			t.Errorf("%d on the second page", n)
		}
		v.get("/?sort=price&per=1000000").want(200).lacks("How many on a page")
		v.get("/?sort=price&page=-1").want(200)
	})
}

// A product shows what each variant costs and what it cost before, until when, what is left, and its pictures one by one.
func TestProductPage(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		st := m.Store()
		id := st.Owner.Post("/v1/stores/"+st.ID+"/products", M{"title": "Shawl", "options": []string{"Size"}, "variants": []M{
			{"options": []string{"S"}, "price": "900.00", "track_stock": true, "stock": 0},
			{"options": []string{"L"}, "price": "1200.00", "track_stock": true, "stock": 2},
		}}).Want(201).Str("id")
		st.Owner.Post("/v1/products/"+id+"/publish", nil).Want(200)
		st.Owner.Post("/v1/stores/"+st.ID+"/discounts", M{
			"title": "Winter", "percent": "10", "products": []string{id}, "to": apptest.Start.Add(72 * time.Hour),
		}).Want(201)
		v := visit(t, m)
		v.get("/p/"+id).want(200, "1,080.00", "1,200.00</del>", "Winter", "until", "S · Sold out", "L · Only 2 left", "900.00</del>").lacks(`id="pictures"><a`)
		for shade := range 2 {
			st.Owner.With("Content-Type", "image/png").Send("POST", "/v1/products/"+id+"/images?alt=Shade", photo(t, uint8(100*shade))).Want(201)
		}
		pictures := v.get("/p/"+id).want(200, "Picture 2: Shade", `href="/p/`+id+`?picture=2#pictures"`, "/media/")
		large := `id="pictures"><a href="([^"]+)"`
		if first, second := pictures.find(large), v.get("/p/"+id+"?picture=2").find(large); first == second {
			t.Errorf("the second picture is the first: %s", first)
		}
		v.get("/p/"+id+"?picture=99").want(200, "Shade")
	})
}
