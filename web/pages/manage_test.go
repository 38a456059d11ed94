package pages_test

import (
	"net/url"
	"slices"
	"testing"

	"github.com/haat-market/haat/internal/apptest"
	"github.com/haat-market/haat/web/pages/manage"
)

// An admin finds an account and locks it out, suspends a store, changes a setting, reads the books and runs a sweep.
func TestAdminsDay(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		st := m.Store()
		product, variant := st.Product("Tea", "450.00", 9)
		buyer := m.Person("customer")
		m.Fund(buyer, 500_00)
		admin := m.Person("customer", "admin")
		v := signedIn(t, m, admin)
		v.get("/manage").want(200, "Transfers to check", "Jobs that were given up")

		account := "/manage/accounts/" + buyer.ID
		v.get("/manage/accounts?q="+url.QueryEscape(buyer.Email)).want(200, account, buyer.Email)
		v.get("/manage/accounts?state=deactivated").want(200, "Nobody fits.")
		v.get(account).want(200, "Active", "Deactivate the account")
		shopper := signedIn(t, m, buyer)
		shopper.get("/account").want(200).at("/account")
		v.post(account+"/state", url.Values{"action": {"deactivate"}, "reason": {"fraud"}}).want(200, "Deactivated")
		shopper.get("/account").want(200).at("/signin?next=%2Faccount")
		v.post(account+"/state", url.Values{"action": {"deactivate"}, "reason": {"again"}}).want(422, `role="alert"`)
		v.post(account+"/state", url.Values{"action": {"activate"}}).want(200, "Active")
		v.post(account+"/state", url.Values{"action": {"erase"}}).want(404)
		v.post(account+"/roles", url.Values{"customer": {"1"}, "seller": {"1"}}).want(200, "Buyer · Seller")
		v.post(account+"/roles", url.Values{"superadmin": {"1"}}).want(422, `role="alert"`)

		store := "/manage/stores/" + st.ID
		v.get("/manage/stores").want(200, store)
		v.post(store, url.Values{"action": {"suspend"}}).want(422, `id="e-reason"`)
		v.post(store, url.Values{"action": {"suspend"}, "reason": {"no licence"}}).want(200, "Suspended", "no licence")
		visit(t, m).get("/p/" + product).want(404)
		v.post(store, url.Values{"action": {"reinstate"}}).want(200, "Open")
		v.post(store, url.Values{"action": {"close"}}).want(404)

		buying := signedIn(t, m, m.Person("customer"))
		buying.post("/cart", url.Values{"variant": {variant}, "product": {product}, "quantity": {"1"}}).want(200)
		checkout := buying.get("/checkout").want(200)
		buying.post("/checkout", with(address(), "key", checkout.hidden("key"), "total", checkout.hidden("total"), "method", "cod")).want(200)
		order := v.get("/manage/orders").want(200).find(`href="(/sell/[^"]+/orders/ord_[^"]+)"`)
		v.get(order).want(200, "Confirm the order")
		v.get("/manage/payments/"+v.get("/manage/payments").want(200).find(`/manage/payments/(pay_[0-9a-z]+)`)).want(200, "Cash on delivery")

		settings := v.get("/manage/settings").want(200, "Fixed from the first order on.", `value="Haat"`)
		form := url.Values{
			"version": {settings.hidden("version")}, "name": {"Patan Bazaar"}, "country": {"NP"}, "currency": {"NPR"}, "time_zone": {"Asia/Kathmandu"}, "languages": {"en"},
			"tax_rate_bp": {"0"}, "platform_fee_bp": {"2.5"}, "gateway_fee_fixed": {"2"}, "gateway_fee_bp": {"2.5"}, "delivery_flat": {"0"}, "delivery_free_above": {"0"}, "delivery_proof": {"photo"},
			"cash_on_delivery": {"1"}, "wallet_payments": {"1"}, "guest_orders": {"1"}, "payment_window_minutes": {"15"}, "escrow_release_hours": {"72"}, "max_unpaid_checkouts": {"3"}, "signup_open": {"1"},
			"buyback_fee_bp": {"1"}, "commission_bp": {"1"}, "commission_suspend_days": {"0"}, "max_reserved": {"200"}, "topup_min": {"1"}, "topup_max": {"100000"}, "topup_daily_max": {"200000"}, "payout_min": {"1"}, "payout_daily_max": {"0"}, "payout_second_above": {"100000"},
			"store_debt_limit": {"5000"}, "max_stores": {"10"}, "account_code_prefix": {"C-"}, "store_code_prefix": {"S-"}, "low_stock_at": {"7"},
		}
		v.post("/manage/settings", with(form, "platform_fee_bp", "much", "payment_window_minutes", "1")).want(422, `id="e-platform_fee_bp"`)
		v.post("/manage/settings", with(form, "payment_window_minutes", "1")).want(422, `id="e-payment_window_minutes"`)
		v.post("/manage/settings", with(form, "currency", "INR")).want(422, `role="alert"`)
		v.post("/manage/settings", form).want(200, "The settings are kept.", "Patan Bazaar", `value="2.5"`)
		kept, err := m.App.Market.Settings(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		asked := manage.SettingNames()
		for name := range kept.Texts() {
			if !slices.Contains(asked, name) {
				t.Errorf("the page does not ask for the setting %s", name)
			}
		}
		if n := kept.LowStockAt; n != 7 {
			t.Errorf("stock is low at %d", n)
		}
		v.post("/manage/settings", form).want(422, `role="alert"`)

		v.get("/manage/ledger").want(200, "The books are right", "500.00")
		wallet := "/manage/ledger/accounts/wallet:" + buyer.ID + ":NPR"
		v.get("/manage/ledger/accounts?owner="+buyer.ID).want(200, wallet)
		v.get(wallet).want(200, "500.00")
		v.get("/manage/ledger/accounts/nonsense").want(404)
		v.get("/manage/ledger/accounts/wallet:acc_nobody:NPR").want(404)
		v.get("/manage/events?type=market.setting_changed").want(200, "platform_fee_bp")
		v.get("/manage/events?subject=a&actor=b").want(200, "Ask for one or the other.")
		v.get("/manage/jobs").want(200, "order.due")
		v.post("/manage/jobs/sweeps/order.due", nil).want(200, "It ran.")
		v.post("/manage/jobs/sweeps/nothing", nil).want(404)
		v.post("/manage/jobs/dead/1", nil).want(404)
		for _, path := range []string{"/refunds", "/refunds?state=failed", "/proofs", "/proofs?state=submitted", "/products", "/products/" + product, "/payments?state=expired", "/orders?state=pending", "/stores?state=draft"} {
			v.get("/manage" + path).want(200)
		}
		v.get("/manage/refunds?state=nonsense").want(404)
	})
}

// Where the market approves products, an admin does it here.
func TestProductsAreApproved(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		admin := m.Person("admin")
		admin.Patch("/v1/settings", M{"product_approval": true}).Want(200)
		st := m.Store()
		product := st.Owner.Post("/v1/stores/{}/products", M{"title": "Tea", "variants": []M{{"price": "450.00"}}}, st.ID).Want(201).Str("id")
		seller := signedIn(t, m, st.Owner)
		page := "/sell/" + st.ID + "/products/" + product
		seller.get(page).want(200, "Ask for approval").lacks("/do/publish")
		seller.post(page+"/do/submit", nil).want(200, "Waits for approval")
		seller.post(page+"/do/approve", nil).want(409)
		v := signedIn(t, m, admin)
		judge := v.get("/manage/products?review=submitted").want(200, "Tea").find(`href="(/manage/products/prd_[^"]+)"`)
		version := v.get(judge).want(200, "Reject").hidden("version")
		v.post(judge+"/reject", url.Values{"version": {version}}).want(422, `id="e-reason"`)
		v.post(judge+"/reject", url.Values{"version": {version}, "reason": {"no picture"}}).want(200)
		seller.get(page).want(200, "no picture", "Rejected")
		seller.post(page+"/do/submit", nil).want(200)
		v.post(judge+"/approve", url.Values{"version": {v.get(judge).hidden("version")}}).want(200)
		seller.get(page).want(200, "Published")
	})
}

// The market's pages are for those who run it, and for no longer than they do.
func TestManageIsClosedToOthers(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		customer, seller := signedIn(t, m, m.Person("customer")), signedIn(t, m, m.Person("customer", "seller"))
		for _, path := range []string{"", "/accounts", "/stores", "/orders", "/payments", "/refunds", "/proofs", "/products", "/settings", "/ledger", "/ledger/accounts", "/events", "/jobs"} {
			customer.get("/manage"+path).want(403, "This is not for you")
			seller.get("/manage" + path).want(403)
			visit(t, m).get("/manage" + path).want(200).at("/signin?next=" + url.QueryEscape("/manage"+path))
		}
		customer.post("/manage/settings", url.Values{"name": {"Mine"}}).want(403)
		customer.post("/manage/jobs/sweeps/order.due", nil).want(403)
		boss, admin := m.Person("superadmin"), m.Person("customer", "admin")
		v := signedIn(t, m, admin)
		v.get("/manage/accounts").want(200)
		signedIn(t, m, boss).post("/manage/accounts/"+admin.ID+"/roles", url.Values{"customer": {"1"}}).want(200, "Buyer")
		v.get("/manage/accounts").want(403)
	})
}
