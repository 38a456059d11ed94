package pages_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/haat-market/haat/internal/apptest"
)

// address is one as the forms send it.
func address() url.Values {
	return url.Values{"address": {"new"}, "name": {"Maya"}, "phone": {"+9779800000001"}, "line1": {"12 Bazaar Road"}, "city": {"Kathmandu"}, "keep": {"1"}}
}

func with(v url.Values, pairs ...string) url.Values {
	out := url.Values{}
	for name, values := range v {
		out[name] = values
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		out.Set(pairs[i], pairs[i+1])
	}
	return out
}

// A form that is sent twice makes one order; a total that was not seen makes none.
func TestCheckout(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		st := m.Store()
		product, variant := st.Product("Tea", "450.00", 50)
		buyer := m.Person("customer")
		v := signedIn(t, m, buyer)
		v.get("/checkout").want(200, "nothing in it").at("/cart")
		v.post("/cart", url.Values{"variant": {variant}, "product": {product}, "quantity": {"-1"}}).want(422, "Must be 1 or more")
		v.post("/cart", url.Values{"variant": {variant}, "product": {product}, "quantity": {"999"}}).want(422, `value="999"`)
		v.post("/cart", url.Values{"variant": {"var_nothing"}, "product": {product}, "quantity": {"1"}}).want(404)
		v.post("/cart", url.Values{"variant": {variant}, "product": {product}, "quantity": {"२"}}).want(200, "It is in your cart.", "900.00").at("/cart")
		line := v.get("/cart").lacks("It is in your cart.").find(`action="/cart/lines/([^"]+)"`)
		v.post("/cart/lines/"+line, url.Values{"quantity": {"nonsense"}}).want(200, "no quantity")
		v.post("/cart/lines/"+line, url.Values{"quantity": {"3"}}).want(200, "1,350.00")

		ask := v.get("/checkout").want(200, "Order now")
		form := with(address(), "key", ask.hidden("key"), "total", ask.hidden("total"), "method", "cod")
		v.post("/checkout", with(form, "phone", "", "city", "")).want(422, `id="e-phone"`, `id="e-city"`, `value="12 Bazaar Road"`)
		v.post("/checkout", with(form, "method", "gold")).want(422, `role="alert"`)
		v.post("/checkout", with(form, "total", "1.00")).want(422, "The total is another one now")
		placed := v.post("/checkout", form).want(200, "Thank you for your order", "1,350.00")
		again := v.post("/checkout", form).want(200)
		if placed.path != again.path {
			t.Errorf("%s, then %s", placed.path, again.path)
		}
		if n := buyer.Get("/v1/orders").Want(200).Len("items"); n != 1 {
			t.Errorf("%d orders", n)
		}
		order := placed.find(`href="/orders/([^"]+)"`)
		v.get("/orders/"+order).want(200, "Waits for the store", "12 Bazaar Road")
		v.get("/account/addresses").want(200, "12 Bazaar Road", "Used first")
		signedIn(t, m, m.Person("customer")).get("/orders/" + order).want(404)
		visit(t, m).get("/orders/" + order).want(200).at("/signin?next=%2Forders%2F" + order)
		v.post("/orders/"+order+"/ship", nil).want(404)
		v.post("/orders/"+order+"/cancel", nil).want(200, "Cancelled").at("/orders/" + order)
		v.post("/orders/"+order+"/cancel", nil).want(200, "has changed in the meantime")
	})
}

// What changed in the cart is said, and agreed to by a button.
func TestCartChanges(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		st := m.Store()
		product, variant := st.Product("Tea", "450.00", 50)
		v := visit(t, m)
		v.post("/cart", url.Values{"variant": {variant}, "product": {product}, "quantity": {"2"}}).want(200).at("/cart")
		st.Owner.Patch("/v1/variants/"+variant, M{"price": "500.00"}).Want(200)
		v.get("/cart").want(200, "450.00", "500.00", "Take it as it is now").lacks(`href="/checkout"`)
		v.get("/checkout").want(200, "Please look at it again").at("/cart")
		v.post("/cart/sync", nil).want(200, "1,000.00", `href="/checkout"`).at("/cart")
	})
}

// The pages are small enough for a slow network: with the style, without pictures, compressed.
func TestPagesAreLight(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		st := m.Store()
		var product, variant string
		v := signedIn(t, m, m.Person("customer"))
		for range 24 {
			product, variant = st.Product("A thing with a name that is not short at all", "450.00", 50)
			v.post("/cart", url.Values{"variant": {variant}, "product": {product}, "quantity": {"1"}}).want(200)
		}
		weigh := func(path string) int {
			t.Helper()
			r, err := http.NewRequest(http.MethodGet, m.URL+path, nil)
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Accept-Encoding", "gzip")
			packed := v.send(r).want(200)
			if packed.header.Get("Content-Encoding") != "gzip" {
				t.Errorf("%s goes as it is", path)
			}
			z, err := gzip.NewReader(bytes.NewReader([]byte(packed.text)))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := io.ReadAll(z); err != nil {
				t.Fatal(err)
			}
			return len(packed.text)
		}
		style := weigh(v.get("/").find(`href="(/pages/haat-[^"]+)"`))
		for _, path := range []string{"/", "/p/" + product, "/cart", "/checkout", "/?lang=hi", "/?lang=ar"} {
			n := weigh(path) + style
			t.Logf("%s: %d bytes", path, n)
			if n > 20<<10 {
				t.Errorf("%s weighs %d bytes with its style", path, n)
			}
		}
		if strings.Contains(v.get("/").text, "<script src") {
			t.Error("a page loads a script that it does not need")
		}
	})
}

// Words find things, also where they are misspelt, and what is found can be narrowed down.
func TestSearch(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		st := m.Store()
		st.Product("Pashmina shawl", "4500.00", 3)
		st.Product("Clay pot", "99.50", 3)
		m.RunJobs()
		m.Sweep("catalog.follow")
		v := visit(t, m)
		v.get("/search?q=").want(200).at("/")
		v.get("/search?q=pashmina").want(200, "Pashmina shawl", `value="pashmina"`, "1 thing").lacks("Clay pot")
		v.get("/search?q=pashmna").want(200, "Pashmina shawl", "Nothing holds what you typed")
		v.get("/search?q=pashmina&price_max=100").want(200, "Nothing fits all of what you look for")
		v.get("/search?q=pashmina&price_max=much").want(200, "Must be an amount", `aria-invalid="true"`)
		v.get("/search?q=%3Cscript%3Ealert(1)%3C/script%3E").want(200).lacks("<script>alert")
		v.get("/search?q=pashmina&sort=nonsense").want(404)
	})
}
