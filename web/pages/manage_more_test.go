package pages_test

import (
	"net/url"
	"testing"
	"time"

	"github.com/haat-market/haat/internal/apptest"
)

// An admin builds the tree of categories, decides about brands, and takes lists away as files.
func TestAdminsCatalog(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		st := m.Store()
		tea, _ := st.Product("Tea", "450.00", 9)
		v := signedIn(t, m, m.Person("customer", "admin"))
		tree := "/manage/categories"
		v.get(tree).want(200, "There is no category yet.")
		v.post(tree, url.Values{"name": {"Drinks"}, "slug": {"No such slug"}}).want(422, `id="e-slug"`, `value="Drinks"`)
		v.post(tree, url.Values{"name": {"Drinks"}, "slug": {"drinks"}, "position": {"2"}}).want(200, "The category is there.")
		drinks := v.get(tree).find(`/manage/categories/(cat_[0-9a-z]+)"`)
		v.post(tree, url.Values{"name": {"Tea"}, "slug": {"tea"}, "parent": {drinks}}).want(200)
		v.post(tree, url.Values{"name": {"Tea"}, "slug": {"tea"}}).want(422, `role="alert"`)
		v.get("/c/tea").want(200, `href="/c/drinks"`)
		teas := v.get(tree).find(`class="depth-1"><a href="/manage/categories/(cat_[0-9a-z]+)"`)
		v.get(tree+"/"+drinks).want(200, "It can be removed when nothing stands below it.").lacks(`value="` + teas + `"`)
		v.post(tree+"/"+drinks, url.Values{"name": {"Drinks"}, "slug": {"drinks"}, "parent": {teas}}).want(422, `role="alert"`)
		v.post(tree+"/"+teas, url.Values{"name": {"Teas"}, "slug": {"teas"}, "parent": {""}, "position": {"1"}}).want(200, "It is kept.", "Teas")
		st.Owner.Patch("/v1/products/"+tea, M{"category": teas}).Want(200)
		v.post(tree+"/"+teas+"/delete", nil).want(422, `role="alert"`, `value="Teas"`)
		v.post(tree+"/"+drinks+"/delete", nil).want(200, "The category is gone.")
		v.get(tree + "/" + drinks).want(404)
		v.post(tree+"/"+drinks+"/delete", nil).want(404)

		for _, name := range []string{"Ilam", "Jun"} {
			st.Owner.Post("/v1/brands", M{"store": st.ID, "name": name}).Want(201)
		}
		brand := v.get("/manage/brands").want(200, "Products may have any brand here.", "Ilam").find(`/manage/brands/(brn_[0-9a-z]+)/approve`)
		v.post("/manage/brands/"+brand+"/reject", nil).want(422, "Say why")
		v.post("/manage/brands/"+brand+"/approve", nil).want(200).lacks("<b>Ilam")
		v.post("/manage/brands/"+brand+"/approve", nil).want(422, `role="alert"`)
		v.post("/manage/brands/"+brand+"/merge", nil).want(404)
		other := v.get("/manage/brands").find(`/manage/brands/(brn_[0-9a-z]+)/reject`)
		v.post("/manage/brands/"+other+"/reject", url.Values{"reason": {"not yours"}}).want(200)
		v.get("/manage/brands?state=rejected").want(200, "Jun", "not yours")
		v.post("/manage/brands", url.Values{"name": {"Everest"}}).want(200, "Everest", "Approved")
		v.get("/manage/brands?state=nonsense").want(404)

		v.get("/manage/orders.csv").want(200, "number,id")
		v.get("/manage/events.csv?type=category.created").want(200, "seq,created_at", "category.created").lacks("category.deleted")
		for _, path := range []string{"/manage/categories", "/manage/brands", "/manage/orders.csv", "/manage/events.csv", "/manage/sales", "/manage/gateways", "/manage/expired"} {
			signedIn(t, m, st.Owner).get(path).want(403)
		}
	})
}

// An admin sets a sale event for some categories, changes it while it may be changed, and ends it.
func TestAdminsSales(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		st := m.Store()
		tea, _ := st.Product("Tea", "450.00", 9)
		admin := m.Person("customer", "admin")
		teas := admin.Post("/v1/categories", M{"name": "Teas", "slug": "teas"}).Want(201).Str("id")
		st.Owner.Patch("/v1/products/"+tea, M{"category": teas}).Want(200)
		v := signedIn(t, m, admin)
		v.get("/manage/sales").want(200, "There is no sale event.")
		ask := v.get("/manage/sales/new").want(200, "Stores that join", "Teas", st.ID)
		day := func(n int) string { return apptest.Start.AddDate(0, 0, n).Format(time.DateOnly) }
		form := url.Values{"key": {ask.hidden("key")}, "title": {"Dashain"}, "percent": {"20"}, "from": {day(2)}, "to": {day(9)}, "paid_by": {"platform"}, "scope": {"categories"}}
		v.post("/manage/sales/new", form).want(422, "Choose what it is for.", `value="Dashain"`)
		v.post("/manage/sales/new", with(form, "scope", "everything")).want(404)
		v.post("/manage/sales/new", with(form, "categories", teas, "to", "")).want(422, `id="e-to"`)
		sale := v.post("/manage/sales/new", with(form, "categories", teas)).want(200, "The sale event is set.", "Teas", "Begins later", `value="20"`)
		v.post(sale.path, url.Values{"version": {sale.hidden("version")}, "title": {"Dashain sale"}, "percent": {"25"}, "from": {day(2)}, "to": {day(8)}}).want(200, "25 %", "Dashain sale")
		m.Clock.Advance(3 * 24 * time.Hour)
		m.Sweep("catalog.discounts")
		visit(t, m).get("/p/"+tea).want(200, "337.50", "450.00", "Dashain sale", "until")
		live := v.get(sale.path).want(200, "only its title and its end can change").lacks(`name="percent"`)
		v.post(sale.path, url.Values{"version": {live.hidden("version")}, "title": {"Dashain"}, "percent": {"90"}, "to": {day(8)}}).want(200, "25 %")
		v.post(sale.path+"/end", nil).want(200, "Over")
		v.get(sale.path).want(200).lacks("<form method=\"post\"")
		v.get("/manage/sales/dsc_nothing").want(404)
		visit(t, m).get("/p/" + tea).want(200).lacks("337.50")
	})
}

// An admin turns ways to pay on and off and says what they cost; secrets are never shown.
func TestAdminsGateways(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		v := signedIn(t, m, m.Person("customer", "admin"))
		v.get("/manage/gateways").want(200, "/manage/gateways/bank_transfer", "Is missing:")
		bank := "/manage/gateways/bank_transfer"
		form := url.Values{"enabled": {"1"}, "fee_fixed": {"0.00"}, "fee_bp": {"0"}, "second_above": {"1000"}, "min": {"10"}, "max": {"5"}}
		v.get(bank).want(200, `name="account_number"`, "Two people approve it above")
		v.post(bank, with(form, "max", "")).want(200, "Something is missing")
		form.Set("account_name", "Haat Ltd")
		form.Set("account_number", "00112233")
		form.Set("bank", "Nabil")
		v.post(bank, form).want(422, `id="e-max"`)
		v.post(bank, with(form, "max", "much")).want(422, `id="e-max"`, "00112233")
		v.post(bank, with(form, "max", "90000", "fee_bp", "1.5")).want(200, "It is kept.", `value="90000.00"`, `value="1.5"`, "00112233").lacks("Is missing:")
		v.post(bank, url.Values{"account_name": {"Haat Ltd"}, "account_number": {"00112233"}, "bank": {"Nabil"}}).want(200, "Off").lacks(`value="90000.00"`)
		v.get("/manage/gateways/nothing").want(404)
		v.get("/manage/gateways/khalti").want(200, "Secrets", "HAAT_", "is missing")
		v.get("/manage/gateways/messages").want(200, "There is nothing to show.")
		v.get("/manage/gateways/messages?state=nonsense").want(404)
		v.post("/manage/gateways/messages/gwm_nothing", url.Values{"note": {"seen"}}).want(404)
	})
}

// Money goes into a wallet after a second look, and once, however often the form is sent.
func TestAdminsCredit(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		buyer := m.Person("customer")
		v := signedIn(t, m, m.Person("customer", "admin"))
		path := "/manage/accounts/" + buyer.ID + "/credit"
		ask := v.get(path).want(200, buyer.Email, "0.00")
		form := url.Values{"key": {ask.hidden("key")}, "amount": {"१,२५०"}, "reason": {""}}
		v.post(path, form).want(422, `id="e-reason"`)
		v.post(path, with(form, "reason", "late", "amount", "-5")).want(422, `id="e-amount"`)
		form.Set("reason", "Made up for a late parcel")
		look := v.post(path, form).want(200, "Look at it once more", "1,250.00", "Made up for a late parcel").lacks(`id="f-amount"`)
		buyer.Get("/v1/wallet").Want(200).Is("balance", "0.00")
		form.Set("look", look.hidden("look"))
		for range 2 {
			v.post(path, form).want(200, "The money is in the wallet.").at("/manage/accounts/" + buyer.ID)
		}
		buyer.Get("/v1/wallet").Want(200).Is("balance", "1250.00")
		v.post(path, with(form, "amount", "90000000000000000000")).want(422, `id="e-amount"`)
		v.get("/manage/accounts/acc_nobody/credit").want(404)
		signedIn(t, m, buyer).post(path, form).want(403)
	})
}

// Orders that nobody paid or answered are counted, listed and seen to.
func TestAdminsExpired(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		st := m.Store()
		tea, variant := st.Product("Tea", "450.00", 9)
		buyer := signedIn(t, m, m.Person("customer"))
		buyer.post("/cart", url.Values{"variant": {variant}, "product": {tea}, "quantity": {"1"}}).want(200)
		checkout := buyer.get("/checkout").want(200)
		buyer.post("/checkout", with(address(), "key", checkout.hidden("key"), "total", checkout.hidden("total"), "method", "gateway")).want(200)
		v := signedIn(t, m, m.Person("customer", "admin"))
		v.get("/manage/expired").want(200, "Not paid in time").lacks("ord_")
		m.Clock.Advance(time.Hour)
		v = signedIn(t, m, m.Person("customer", "admin"))
		v.get("/manage/expired").want(200, "/orders/ord_", "Waits for payment")
		v.post("/manage/expired", nil).want(200, "It ran.").lacks("/orders/ord_")
	})
}
