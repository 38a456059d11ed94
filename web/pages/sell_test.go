package pages_test

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"net/url"
	"testing"

	"github.com/haat-market/haat/internal/apptest"
)

// sendFile sends a form with a file, as a page of the market does.
func (v *visitor) sendFile(path string, fields map[string]string, file []byte) answer {
	v.t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for name, value := range fields {
		if err := w.WriteField(name, value); err != nil {
			v.t.Fatal(err)
		}
	}
	part, err := w.CreateFormFile("file", "file")
	if err != nil {
		v.t.Fatal(err)
	}
	_, _ = part.Write(file) // into memory
	_ = w.Close()
	r, err := http.NewRequest(http.MethodPost, v.m.URL+path, &body)
	if err != nil {
		v.t.Fatal(err)
	}
	r.Header.Set("Content-Type", w.FormDataContentType())
	r.Header.Set("Origin", v.m.URL)
	return v.send(r)
}

// A seller opens a store, adds a product, counts it, puts it on sale, and sends what was ordered.
func TestSellersDay(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		owner := m.Person("customer", "seller")
		v := signedIn(t, m, owner)
		v.get("/sell").want(200, "You have no store yet")
		v.post("/sell/new", url.Values{"name": {""}}).want(422, `id="e-name"`)
		desk := v.post("/sell/new", url.Values{"name": {"Ilam Tea"}, "sells": {"1"}}).want(200, "Your store is there", "Add your first product").path
		v.get("/sell").want(200).at(desk)

		ask := v.get(desk+"/products/new").want(200, "A new product")
		product := url.Values{"key": {ask.hidden("key")}, "title": {"Green tea"}, "description": {"Picked in spring."}, "price": {"४५०"}, "track_stock": {"1"}, "stock": {"2"}, "weight": {"250"}}
		v.post(desk+"/products/new", with(product, "price", "-1", "title", "")).want(422, `id="e-title"`, `id="e-price"`, "Picked in spring.")
		made := v.post(desk+"/products/new", product).want(200, "Green tea", "450.00", "Draft", "2 left")
		if again := v.post(desk+"/products/new", product).want(200); again.path != made.path {
			t.Errorf("sent twice: %s, then %s", made.path, again.path)
		}
		v.post(made.path, url.Values{"title": {"Green tea of Ilam"}, "description": {"<p>Picked</p>"}, "version": {made.hidden("version")}}).want(200, "Green tea of Ilam")
		v.post(made.path, url.Values{"title": {"Stale"}, "version": {made.hidden("version")}}).want(422, `role="alert"`)
		v.post(made.path+"/do/publish", nil).want(200, "Published")
		v.post(desk+"/state/publish", nil).want(200, "Open")
		v.post(desk+"/state/suspend", nil).want(404)

		shelf := desk + "/stock/" + v.get(desk+"/stock").want(200, "2 left").find(`/stock/(var_[0-9a-z]+)"`)
		adjust := v.get(shelf).want(200, "Can be sold")
		v.post(shelf, url.Values{"how": {"less"}, "quantity": {"5"}, "reason": {"lost"}}).want(422, `role="alert"`)
		v.post(shelf, url.Values{"how": {"set"}, "quantity": {"nonsense"}, "reason": {"counted"}}).want(422, "Must be a whole number.")
		v.post(shelf, url.Values{"key": {adjust.hidden("key")}, "how": {"more"}, "quantity": {"10"}, "reason": {"received"}, "note": {"new harvest"}}).want(200, "12", "new harvest")

		buyer := visit(t, m)
		id := made.path[len(desk+"/products/"):]
		buyer.post("/cart", url.Values{"variant": {shelf[len(desk+"/stock/"):]}, "product": {id}, "quantity": {"3"}}).want(200)
		checkout := buyer.get("/checkout").want(200)
		buyer.post("/checkout/guest", with(address(), "key", checkout.hidden("key"), "total", checkout.hidden("total"))).want(200, "Thank you for your order")
		v.get(desk).want(200, "Waits for your answer", "By message")
		order := v.get(desk+"/orders?state=pending").want(200, "By message").find(`href="(/sell/[^"]+/orders/ord_[^"]+)"`)
		v.post(shelf, url.Values{"how": {"set"}, "quantity": {"1"}, "reason": {"counted"}}).want(200)
		v.post(order+"/confirm", nil).want(409, "there is not enough of everything", "3 are ordered", "1 left")
		v.get(order).want(200, "Waits for the store")
		line := v.get(order).find(`href="(/sell/[^"]+/lines/[^"]+)"`)
		cut := v.get(line).want(200, "How many are not there")
		v.post(line, url.Values{"quantity": {"9"}}).want(422)
		v.post(line, url.Values{"key": {cut.hidden("key")}, "quantity": {"2"}}).want(200, "2 taken out").at(order)
		v.post(order+"/note", url.Values{"store_note": {"blue gate"}}).want(200, "blue gate")
		v.post(order+"/confirm", nil).want(200, "Confirmed").at(order)
		v.post(order+"/confirm", nil).want(200, "has changed in the meantime")
		v.post(order+"/ship", nil).want(200, "On its way")
		v.post(order+"/deliver", nil).want(200, "Delivered")
		v.post(order+"/pay", nil).want(404)
		for _, path := range []string{"/products?state=published", "/products?state=archived", "/discounts", "/discounts/new", "/stock?low=1", "/orders?number=H-000001", "/orders?from=2026-09-01&to=2026-10-31&payment_status=unpaid", "/import", "/earnings", "/profile", "/staff"} {
			v.get(desk + path).want(200)
		}
		v.get(desk+"/orders?from=yesterday").want(200, "Must be a day")

		v.post(desk+"/discounts/new", url.Values{"title": {"Spring"}, "percent": {"0"}}).want(422, `role="alert"`)
		v.post(desk+"/discounts/new", url.Values{"title": {"Spring"}, "percent": {"10"}, "products": {id}}).want(200, "Spring", "Runs now")
		v.get(made.path).want(200, "405.00", "450.00")
		v.sendFile(desk+"/import", nil, nil).want(422, "Choose a file.")
		imported := v.sendFile(desk+"/import", nil, []byte("Handle,Title,Variant Price\nblack-tea,Black tea,300\nbad-tea,Bad tea,nonsense\n")).want(200, "Waits")
		m.RunJobs()
		v.get(imported.path).want(200, "Finished", "is not an amount")
	})
}

// What is a store's is for those who work there, as far as they were let, and for no longer than that.
func TestDeskIsClosedToOthers(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		st, other := m.Store(), m.Store()
		product, variant := st.Product("Tea", "450.00", 3)
		desk := "/sell/" + st.ID
		visit(t, m).get(desk).want(200).at("/signin?next=" + url.QueryEscape(desk))
		signedIn(t, m, m.Person("customer")).get("/sell").want(403)
		stranger := signedIn(t, m, other.Owner)
		for _, path := range []string{"", "/products", "/products/" + product, "/stock", "/stock/" + variant, "/orders", "/earnings", "/staff", "/profile", "/import", "/discounts"} {
			stranger.get(desk + path).want(404)
		}
		stranger.get("/sell/" + other.ID + "/products/" + product).want(404)
		stranger.get("/sell/" + other.ID + "/stock/" + variant).want(404)
		stranger.post("/sell/"+other.ID+"/products/"+product+"/do/archive", nil).want(404)
		stranger.post(desk+"/products/"+product, url.Values{"title": {"Mine now"}, "version": {"1"}}).want(404)

		helper := m.Person("customer")
		v := signedIn(t, m, helper)
		owner := signedIn(t, m, st.Owner)
		owner.post(desk+"/staff", url.Values{"account": {"acc_nobody"}}).want(422, `id="e-account"`)
		owner.post(desk+"/staff", url.Values{"account": {helper.ID}, "stock": {"1"}}).want(200)
		owner.post(desk+"/staff/invite", url.Values{"invitee": {"nobody"}, "stock": {"1"}}).want(422, `id="e-invitee"`)
		owner.post(desk+"/staff/invite", url.Values{"invitee": {"asked@example.org"}, "stock": {"1"}}).want(200, "asked@example.org")
		for _, path := range []string{"", "/invitations", "/picture", "/code", "/email", "/erase", "/profile"} {
			owner.get("/account" + path).want(200)
		}
		owner.post("/account/erase", url.Values{"password": {"not the password"}, "sure": {"1"}}).want(422, `id="e-password"`)
		owner.post("/account/email", url.Values{"password": {"not the password"}, "email": {"new@example.org"}}).want(422, `id="e-password"`)
		v.get("/account").want(200, `href="/sell"`)
		v.get("/sell").want(200).at(desk)
		v.get(desk + "/stock/" + variant).want(200)
		v.get(desk + "/orders").want(403)
		v.get(desk + "/products/new").want(403)
		v.post(desk+"/products/"+product+"/do/archive", nil).want(403)
		v.post(desk+"/staff", url.Values{"account": {helper.ID}, "orders": {"1"}}).want(403)
		owner.post(desk+"/staff/"+helper.ID+"/remove", nil).want(200)
		v.get(desk + "/stock/" + variant).want(404)
		v.post(desk+"/stock/"+variant, url.Values{"how": {"set"}, "quantity": {"0"}, "reason": {"lost"}}).want(404)
	})
}

// A seller finds his own products by their words and numbers, changes a discount, sees what runs out, and takes his
// lists away as files.
func TestSellersLists(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		st := m.Store()
		tea, variant := st.Product("Ilam green tea", "450.00", 3)
		st.Product("Black tea", "300.00", 50)
		st.Owner.Patch("/v1/variants/"+variant, M{"sku": "GT-1"}).Want(200)
		desk := "/sell/" + st.ID
		v := signedIn(t, m, st.Owner)
		v.get(desk+"/products?q=TEA+ilam").want(200, "Ilam green tea", "Show all").lacks("Black tea")
		v.get(desk+"/products?q=GT-1").want(200, "Ilam green tea").lacks("Black tea")
		v.get(desk+"/products?q=tea&state=published").want(200, "Ilam green tea", "Black tea", `name="state" value="published"`)
		v.get(desk+"/products?q=coffee").want(200, "No product fits.")
		both := url.Values{"product": {tea, "prd_0000000000000000"}, "verb": {"unpublish"}, "back": {desk + "/products?state=published"}}
		v.post(desk+"/products", both).want(200, "Changed: 1. Left as they are: 1.").at(desk + "/products?state=published").lacks("Ilam green tea")
		v.post(desk+"/products", url.Values{"verb": {"publish"}, "back": {"//evil.example"}}).want(200, "Choose some products first.").at(desk + "/products")
		v.post(desk+"/products", url.Values{"product": {tea}, "verb": {"publish"}}).want(200, "Changed: 1.")
		v.post(desk+"/products", url.Values{"product": {tea}, "verb": {"approve"}}).want(404)
		file := v.get(desk+"/products.csv").want(200, "Handle,Title", "Ilam green tea", "GT-1")
		if got := file.header.Get("Content-Disposition"); got != `attachment; filename="products.csv"` {
			t.Errorf("the file is %s", got)
		}
		v.get(desk+"/orders.csv?state=pending").want(200, "number,id,reference")
		v.get(desk+"/orders.csv?from=yesterday").want(200, "Must be a day").at(desk + "/orders?from=yesterday")
		for _, path := range []string{"/products.csv", "/orders.csv"} {
			signedIn(t, m, m.Store().Owner).get(desk + path).want(404)
			visit(t, m).get(desk + path).at("/signin?next=" + url.QueryEscape(desk+path))
		}

		v.get(desk+"/stock?state=low").want(200, "Ilam green tea", "3 left").lacks("Black tea")
		v.get(desk+"/stock?sku=GT").want(200, "Ilam green tea").lacks("Black tea")
		v.get(desk+"/stock?sku=nothing").want(200, "Nothing here has such a number.")
		v.get(desk + "/stock?state=nonsense").want(422)
		v.post(desk+"/stock", url.Values{"low_at": {"some"}}).want(422, `id="e-low_at"`)
		v.post(desk+"/stock", url.Values{"low_at": {"-1"}}).want(422, `role="alert"`)
		v.post(desk+"/stock", url.Values{"low_at": {"60"}}).want(200, "Black tea", `value="60"`).at(desk + "/stock?state=low")

		v.post(desk+"/discounts/new", url.Values{"title": {"Spring"}, "percent": {"10"}, "products": {tea}}).want(200)
		live := desk + "/discounts/" + v.get(desk+"/discounts").find(`/discounts/(dsc_[0-9a-z]+)"`)
		form := v.get(live).want(200, "only its title and its end can change", `value="Spring"`, "Ilam green tea").lacks(`name="percent"`)
		version := form.hidden("version")
		v.post(live, url.Values{"version": {version}, "title": {"Spring is here"}, "to": {"2020-01-01"}}).want(422, `id="e-to"`)
		v.post(live, url.Values{"version": {version}, "title": {"Spring is here"}, "to": {apptest.Start.AddDate(0, 0, 9).Format("2006-01-02")}}).want(200, "Spring is here")
		v.post(live, url.Values{"version": {version}, "title": {"Stale"}}).want(422, `role="alert"`)
		day := apptest.Start.AddDate(0, 0, 5).Format("2006-01-02")
		v.post(desk+"/discounts/new", url.Values{"title": {"Later"}, "amount": {"20"}, "from": {day}}).want(200)
		later := v.get(desk + "/discounts").find(`href="(/sell/[^"]+/discounts/dsc_[0-9a-z]+)">Change<span class="hidden"> Later`)
		form = v.get(later).want(200, `value="20.00"`, `value="`+day+`"`)
		v.post(later, url.Values{"version": {form.hidden("version")}, "title": {"Later"}, "percent": {"15"}, "from": {day}}).want(200, "15 %")
		v.post(later+"/end", nil).want(200, "Over")
		signedIn(t, m, m.Store().Owner).get(later).want(404)
	})
}

// A seller puts several prices and counts right at once; a form sent twice changes them once, a stranger's product not at all.
func TestSeveralProductsAtOnce(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		s, other := m.Store(), m.Store()
		tea, _ := s.Product("Tea", "100.00", 3)
		rice, _ := s.Product("Rice", "200.00", 3)
		foreign, _ := other.Product("Salt", "10.00", 3)
		v := signedIn(t, m, s.Owner)
		list := "/sell/" + s.ID + "/products"
		form := func(verb, value string, products ...string) url.Values {
			return url.Values{"key": {v.get(list).want(200).hidden("key")}, "product": products, "verb": {verb}, "value": {value}, "back": {list}}
		}
		price := func(product, want string) {
			t.Helper()
			m.Anonymous().Get("/v1/products/", product).Want(200).Is("variants.0.price", want)
		}
		once := form("percent", "-10", tea, rice)
		v.post(list, once).want(200, "Changed: 2.")
		v.post(list, once).want(200, "Changed: 2.")
		price(tea, "90.00")
		price(rice, "180.00")
		v.post(list, form("price", "95", tea, foreign)).want(200, "Changed: 1. Left as they are: 1.")
		price(tea, "95.00")
		price(foreign, "10.00")
		v.post(list, form("stock", "7", tea, rice)).want(200, "Changed: 2.")
		for _, bad := range []string{"", "many", "-1"} {
			v.post(list, form("stock", bad, tea)).want(200)
		}
		v.post(list, form("price", "", tea)).want(200, "Write a number beside it first.")
		v.post(list, form("price", "-5", tea)).want(200)
		price(tea, "95.00")
		v.post(list, form("explode", "1", tea)).want(404)
	})
}
