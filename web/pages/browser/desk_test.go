package browser_test

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"github.com/haat-market/haat/internal/apptest"
)

// desks is every language that the desks are looked at in, and how large.
var desks = []struct {
	language string
	size     size
}{{"en", phone}, {"en", desktop}, {"ar", phone}, {"ar", desktop}}

// A seller adds a product, counts it, opens the store, finds an order short, counts again and sends it, by keyboard.
func TestSeller(t *testing.T) {
	open(t, func(m *apptest.Market, b *browser) {
		for _, look := range desks {
			owner := m.Person("customer", "seller")
			w := b.tab("seller", look.language, look.size, false)
			w.signIn(owner).visit("/sell").picture("begin")
			w.visit("/sell/new").write("#f-name", "Ilam Tea").enter(`main form button`).at("/sell/sto_").picture("home-empty")
			desk := w.path()
			w.visit(desk+"/products/new").picture("product-new").write("#f-title", "Green tea").write("#f-price", "nothing")
			w.enter(`main form button`).at(desk + "/products/new").picture("product-refused")
			w.write("#f-price", "450").write("#f-stock", "1").enter(`main form button`).at(desk + "/products/prd_").picture("product")
			product := strings.TrimPrefix(w.path(), desk+"/products/")
			w.enter(`form[action$="/do/publish"] button`).at(desk + "/products/prd_")
			w.visit(desk + "/profile").picture("profile").enter(`form[action$="/state/publish"] button`).at(desk + "/profile")
			owner.Get("/v1/stores/"+strings.TrimPrefix(desk, "/sell/")).Want(200).Is("state", "published")

			g := b.tab("orderer", look.language, phone, false)
			g.visit("/p/"+product).write("#f-quantity", "1").enter(`form[action="/cart"] button`).at("/cart")
			g.enter(`a[href="/checkout"]`).at("/checkout")
			g.write("#f-name", "Sita").write("#f-phone", "+9779800000009").write("#f-line1", "Old town").write("#f-city", "Patan")
			g.enter(`form[action="/checkout/guest"] button`).at("/ordered")

			w.visit(desk + "/stock").picture("stock").enter(`main a[href*="/stock/var_"]`).at(desk + "/stock/var_").picture("shelf")
			w.write("#f-quantity", "0").enter(`main form button`).at(desk + "/stock/var_")
			w.visit(desk).picture("home")
			w.visit(desk + "/orders").picture("orders").enter(`main a[href*="/orders/ord_"]`).at(desk + "/orders/ord_").picture("order")
			order := w.path()
			w.enter(`form[action$="/confirm"] button`).at(order + "/confirm").picture("order-short")
			w.visit(desk+"/stock").enter(`main a[href*="/stock/var_"]`).write("#f-quantity", "5").enter(`main form button`).at(desk + "/stock/var_")
			w.visit(order).enter(`form[action$="/confirm"] button`).at(order)
			w.enter(`form[action$="/ship"] button`).at(order).picture("order-shipped")
			owner.Get("/v1/orders/"+strings.TrimPrefix(order, desk+"/orders/")).Want(200).Is("state", "shipped")
			w.visit(desk + "/discounts/new").picture("discount-new")
			w.write("#f-title", "Spring").write("#f-percent", "10").enter(`main form button`).at(desk + "/discounts").picture("discounts")
			for name, path := range map[string]string{"products": "/products", "variant-new": "/products/" + product + "/variants/new", "import": "/import", "earnings": "/earnings", "staff": "/staff", "payouts": "/payouts", "disputes": "/disputes", "prices": "/products/" + product + "/prices"} {
				w.visit(desk + path).picture(name)
			}
		}
	})
}

// An admin finds an account and locks it out, changes a setting, reads the trial balance and runs a sweep, by keyboard.
func TestAdmin(t *testing.T) {
	open(t, func(m *apptest.Market, b *browser) {
		st := m.Store()
		_, tea := st.Product("Tea", "450.00", 9)
		eater, home := m.Buyer()
		m.Fund(eater, 5_000_00)
		for _, look := range desks {
			bought := eater.Post("/v1/checkouts", M{"direct": M{"variant": tea, "quantity": 1}, "address_id": home, "payment_method": "wallet", "expected_total": "450.00"}).Want(201).Str("orders.0.id")
			buyer, admin := m.Person("customer"), m.Person("customer", "admin")
			m.Fund(buyer, 500_00)
			w := b.tab("admin", look.language, look.size, false)
			w.signIn(admin).visit("/manage").picture("home")
			w.visit("/manage/accounts").write("#f-q", buyer.Email).press(kb.Enter).at("/manage/accounts?").picture("accounts")
			w.enter(`main a[href="/manage/accounts/` + buyer.ID + `"]`).at("/manage/accounts/acc_").picture("account")
			w.enter(`button[value="deactivate"]`).at("/manage/accounts/acc_").picture("account-deactivated")
			admin.Get("/v1/accounts/"+buyer.ID).Want(200).Is("state", "deactivated")
			w.visit("/manage/settings").picture("settings").write("#f-name", "Patan Bazaar").enter(`main form button`).at("/manage/settings").says("Patan Bazaar")
			w.visit("/manage/ledger").picture("trial").says("wallet:NPR")
			w.enter(`main a[href^="/manage/ledger/accounts?kind="]`).at("/manage/ledger/accounts").picture("books")
			w.visit("/manage/ledger/accounts/wallet:" + buyer.ID + ":NPR").picture("statement")
			w.visit("/manage/jobs").picture("jobs").enter(`form[action="/manage/jobs/sweeps/order.due"] button`).at("/manage/jobs").picture("jobs-ran")
			w.visit("/sell/" + st.ID + "/orders/" + bought).enter(`main a[href$="/freeze"]`).at("/manage/orders/").picture("freeze")
			w.write("#f-reason", "A claim of the bank.").enter(`main form button`).at("/sell/").picture("frozen")
			admin.Get("/v1/orders/"+bought).Want(200).Is("frozen", true)
			for name, path := range map[string]string{
				"stores": "/stores", "store": "/stores/" + st.ID, "orders": "/orders", "payments": "/payments", "refunds": "/refunds", "proofs": "/proofs", "products": "/products", "events": "/events",
				"payouts": "/payouts", "disputes": "/disputes", "debts": "/debts", "reconcile": "/reconcile", "flags": "/flags",
			} {
				w.visit("/manage" + path).picture(name)
			}
		}
	})
}
