package browser_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"github.com/haat-market/haat/internal/apptest"
)

// words are what a shopper reads on his way, in each language.
var words = map[string]struct{ dir, sale, inCart, checkout, thanks, onItsWay, completed, error string }{
	"en": {"ltr", "What is on sale", "It is in your cart.", "Checkout", "Thank you for your order", "On its way", "Completed", "Must be given."},
	"hi": {"ltr", "क्या बिक रहा है", "आपकी टोकरी में आ गया।", "ऑर्डर करें", "ऑर्डर के लिए धन्यवाद", "रास्ते में", "पूरा हुआ", "यह भरना ज़रूरी है।"},
	"ne": {"ltr", "के बिक्रीमा छ", "तपाईंको टोकरीमा पर्‍यो।", "अर्डर गर्नुहोस्", "अर्डरका लागि धन्यवाद", "बाटोमा", "पूरा भयो", "यो भर्नुपर्छ।"},
	"ar": {"rtl", "المعروض للبيع", "أُضيف إلى سلتك.", "إتمام الطلب", "شكرًا على طلبك", "في الطريق", "مكتمل", "هذا مطلوب."},
}

func (w *tab) signIn(c *apptest.Client) *tab {
	w.t.Helper()
	w.visit("/signin").write("#f-email", c.Email).write("#f-password", apptest.Password).press(kb.Enter)
	return w.at("/")
}

// Somebody finds, buys and follows an order with the keyboard alone and without a script.
func TestShopper(t *testing.T) {
	open(t, func(m *apptest.Market, b *browser) {
		st := m.Store()
		product, _ := st.Product("Ilam green tea", "450.00", 50)
		st.Owner.Patch("/v1/products/"+product, M{"description": "<p>Picked in spring.</p>"}).Want(200)
		for language, say := range words {
			for _, s := range []size{phone, desktop} {
				if s == desktop && language != "en" && language != "ar" {
					continue
				}
				w := b.tab("shopper", language, s, false)
				buyer := m.Person("customer")
				w.signIn(buyer).says(say.sale).picture("home")
				var dir string
				if w.eval(`document.documentElement.dir`, &dir); dir != say.dir {
					t.Errorf("%s runs %s", language, dir)
				}
				w.enter(`a[href="/p/`+product+`"]`).at("/p/").says("Ilam green tea", "450.00").picture("product")
				w.write("#f-quantity", "51").press(kb.Enter).at("/cart").picture("product-refused")
				w.write("#f-quantity", "2").press(kb.Enter).at("/cart").says(say.inCart, "900.00").picture("cart")
				w.enter(`a[href="/checkout"]`).at("/checkout").says(say.checkout).picture("checkout")
				w.enter(`main form[action="/checkout"] button`).at("/checkout").says(say.error).picture("checkout-refused")
				w.write("#f-name", "Maya Gurung").write("#f-phone", "+9779800000001").write("#f-line1", "12 Bazaar Road").write("#f-city", "Kathmandu")
				w.enter(`main form[action="/checkout"] button`).at("/pay/").picture("pay")
				w.write("#f-number", "4000 0000 0000 0002").write("#f-cvc", "123")
				w.focus("#f-year").run(typed("2030"))
				w.enter(`main form[action^="/pay/"] button`).at("/pay/").picture("pay-refused")
				w.write("#f-number", "4242 4242 4242 4242").write("#f-cvc", "123")
				w.focus("#f-year").run(typed("2030"))
				w.enter(`main form[action^="/pay/"] button`).at("/checkouts/").says(say.thanks).picture("placed")
				w.enter(`a[href^="/orders/"]`).at("/orders/ord_").picture("order")
				order := strings.TrimPrefix(w.path(), "/orders/")
				st.Owner.Post("/v1/orders/{}/ship", nil, order).Want(200)
				w.visit("/orders/" + order).enter(`main a[href^="/invoices/"]`).at("/invoices/inv_").picture("invoice")
				w.visit("/orders/" + order + "/dispute").picture("dispute")
				w.visit("/orders/" + order).says(say.onItsWay)
				w.enter(`form[action$="/deliver"] button`).at("/orders/ord_")
				w.enter(`form[action$="/complete"] button`).at("/orders/ord_").says(say.completed).picture("order-completed")
				buyer.Get("/v1/orders/"+order).Want(200).Is("state", "completed")
				for name, path := range map[string]string{
					"orders": "/orders", "account": "/account", "wallet": "/account/wallet", "payouts": "/account/payouts", "disputes": "/disputes", "addresses": "/account/addresses", "address": "/account/addresses/new",
					"profile": "/account/profile", "password": "/account/password", "sessions": "/account/sessions", "stores": "/stores", "nothing": "/nothing/here",
				} {
					w.visit(path).picture(name)
				}
			}
		}
	})
}

// Somebody signs up, follows the mailed link, whose code a script of ours takes from behind the #, and signs in.
func TestSignUp(t *testing.T) {
	open(t, func(m *apptest.Market, b *browser) {
		for _, language := range []string{"en", "ar"} {
			w := b.tab("signup", language, phone, true)
			email := "hari-" + language + "@example.org"
			w.visit("/signup").picture("signup")
			w.write("#f-name", "Hari").write("#f-email", email).write("#f-password", "short").press(kb.Enter).at("/signup").picture("signup-refused")
			w.write("#f-password", apptest.Password).press(kb.Enter).at("/signup/sent")
			m.RunJobs()
			sent := m.Mail.Sent()
			link := regexp.MustCompile(`/activate#token=\S+`).FindString(sent[len(sent)-1].Text)
			w.visit(link).picture("activate")
			var code, at string
			w.eval(`document.getElementById("f-token").value`, &code)
			w.eval(`location.href`, &at)
			if code == "" || strings.Contains(at, code) {
				t.Errorf("the code is %q, the address %q", code, at)
			}
			w.enter("main button").at("/signin")
			w.write("#f-email", email).write("#f-password", apptest.Password).press(kb.Enter).at("/")
			w.visit("/account").says("Hari", email)
		}
	})
}

// Somebody without an account orders by message, follows the order, and takes it along when he signs in.
func TestGuest(t *testing.T) {
	open(t, func(m *apptest.Market, b *browser) {
		st := m.Store()
		product, _ := st.Product("Clay pot", "99.50", 5)
		other := m.Store()
		second, _ := other.Product("Copper jug", "1250.00", 5)
		for _, language := range []string{"en", "hi"} {
			w := b.tab("guest", language, phone, false)
			for _, p := range []string{product, second} {
				w.visit("/p/" + p).enter(`form[action="/cart"] button`).at("/cart")
			}
			w.enter(`a[href="/checkout"]`).at("/checkout").picture("checkout")
			w.write("#f-name", "Sita").write("#f-phone", "+9779800000009").write("#f-line1", "Old town").write("#f-city", "Patan")
			w.enter(`form[action="/checkout/guest"] button`).at("/ordered").says(words[language].thanks).picture("ordered")
			w.enter(`a[href^="/o/"]`).at("/o/").picture("follow")
			person := m.Person("customer")
			w.signIn(person).visit("/orders").picture("claimed")
			if n := person.Get("/v1/orders").Want(200).Len("items"); n != 2 {
				t.Errorf("%d orders were taken along", n)
			}
		}
	})
}
