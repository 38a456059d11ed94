package browser_test

import (
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/haat-market/haat/internal/apptest"
)

// A household sells its paper with the keyboard alone and without a script, and the dealer weighs it; all pages of both, of
// the storefront and of the market's people are looked at.
func TestScrap(t *testing.T) {
	open(t, func(m *apptest.Market, b *browser) {
		admin := m.Person("admin")
		m.India(admin)
		dealer := m.Dealer("110024")
		paper := m.Material(admin, "Newspaper", "kg", "5")
		dealer.Rate(paper, "110024", "15.00")
		dealer.Rate(m.Material(admin, "Copper", "kg", "18"), "110024", "620.00")
		dealer.Owner.Post("/v1/stores/{}/storefront", apptest.M{"hours": "Mon–Sat 9am–6pm"}, dealer.ID).Want(201)
		slug := dealer.Owner.Get("/v1/stores/", dealer.ID).Want(200).Str("slug")
		for language, s := range map[string]size{"en": desktop, "hi": phone, "ar": phone} {
			w := b.tab("scrap", language, s, false)
			household := m.Person("customer")
			w.signIn(household)
			w.visit("/scrap").picture("ask")
			w.write("#f-pin", "110024").press(kb.Enter).at("/scrap").picture("there")
			w.enter(`a[href*="material=` + paper + `"]`).at("/scrap").says("15.00").picture("offers")
			w.enter(`main form[action="/scrap"][method="post"] button`).at("/cart").says("15.00").picture("cart")
			w.enter(`a[href="/scrap/pickup"]`).at("/scrap/pickup").picture("pickup")
			w.write("#f-name", "Jane Doe").write("#f-phone", "+919876543210").write("#f-line1", "123 Main St").write("#f-city", "Delhi")
			w.enter(`main form[action="/scrap/pickup"] button`).at("/checkouts/").picture("placed")
			w.enter(`a[href^="/orders/"]`).at("/orders/ord_").picture("order")
			order := w.path()[len("/orders/"):]
			otp := household.Get("/v1/orders/", order, "/otp").Want(200).Str("otp")

			d := b.tab("dealer", language, s, false)
			d.signIn(dealer.Owner)
			desk := "/sell/" + dealer.ID
			for name, path := range map[string]string{"pickups": "/pickups", "rates": "/rates", "areas": "/areas", "plan": "/plan", "statements": "/statements"} {
				d.visit(desk + path).picture(name)
			}
			d.visit(desk + "/pickups/" + order).picture("weigh")
			d.write("#f-otp", otp).enter(`form[action$="/weigh"] button`).at(desk + "/pickups/").says("15.00").picture("weighed")
			w.visit("/orders/" + order).picture("sold")
			w.visit("/orders/" + order + "/receipt").says("15.00").picture("receipt")
			w.visit("/orders/" + order).enter(`a[href^="/invoices/sin_"]`).at("/invoices/sin_").says("15.00").picture("paper")
			w.visit("/orders/" + order).enter(`a[href$="/review"]`).at("/orders/").picture("rate")
			w.focus(`#f-stars`).run(chromedp.KeyEvent(kb.ArrowDown)) // the four stars below
			w.write("#f-text", "Fair, and on time.").enter(`main form button`).says("Fair, and on time.").picture("rated")
			d.visit(desk + "/reviews").says("Fair, and on time.").picture("reviews").visit(desk + "/rates/history").picture("rate-history")
			w.visit("/s/" + slug).says("Fair, and on time.").picture("storefront")
			w.visit("/s/" + slug + "/reviews?stars=4").says("Fair, and on time.").picture("all-reviews")
			w.visit("/s/" + slug + "/card").picture("card")
			w.visit("/dealers").picture("dealers")
		}
		w := b.tab("buying", "en", desktop, false)
		w.signIn(admin)
		for name, path := range map[string]string{"subscriptions": "/manage/subscriptions", "areas": "/manage/areas", "statements": "/manage/statements", "transfers": "/manage/transfers", "dealers": "/manage/dealers",
			"reviews": "/manage/reviews", "storefronts": "/manage/storefronts", "materials": "/manage/materials", "material": "/manage/materials/" + paper, "plans": "/manage/plans"} {
			w.visit(path).picture(name)
		}
	})
}
