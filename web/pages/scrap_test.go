package pages_test

import (
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/haat-market/haat/internal/apptest"
)

// A household finds what its paper is worth, puts it into the cart with decimals, arranges a pickup, tells the dealer the
// password at the door, and has its receipt; the dealer weighs on the page. All of it without a script.
func TestScrap(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		admin := m.Person("admin")
		m.India(admin)
		dealer, other := m.Dealer("110024"), m.Dealer("110024")
		paper := m.Material(admin, "Newspaper", "kg", "5")
		dealer.Rate(paper, "110024", "15.00")
		other.Rate(paper, "110024", "14.00")
		dealer.Rate(m.Material(admin, "Iron", "kg", "18"), "110024", "30.00")
		owner, household := signedIn(t, m, dealer.Owner), signedIn(t, m, m.Person("customer"))
		desk := "/sell/" + dealer.ID

		visit(t, m).get("/scrap?pin=12").want(200, `id="e-pin"`)
		there := visit(t, m).get("/scrap?pin=110024").want(200, "Newspaper", "up to ₹15.00", "South Delhi", "Iron")
		offers := household.get("/scrap?pin=110024&material="+paper).want(200, "₹15.00 a kg", "₹14.00 a kg")
		if there.status != 200 || strings.Index(offers.text, "15.00 a kg") > strings.Index(offers.text, "14.00 a kg") {
			t.Error("the best price is not the first")
		}
		rate := offers.hidden("rate")
		visit(t, m).post("/scrap", url.Values{"rate": {rate}, "quantity": {"1"}}).want(200).at("/signin?next=%2F")
		add := url.Values{"rate": {rate}, "pin": {"110024"}, "material": {paper}}
		household.post("/scrap", with(add, "quantity", "much")).want(422, "Must be a quantity")
		household.post("/scrap", with(add, "quantity", "10.5")).want(200, "What you sell", "157.50").at("/cart")
		line := household.get("/cart").find(`action="/cart/scrap/([^"]+)"`)
		household.post("/cart/scrap/"+line, url.Values{"quantity": {"0"}}).want(200, "no quantity")
		household.post("/cart/scrap/"+line, url.Values{"quantity": {"10"}}).want(200, "150.00")

		ask := household.get("/scrap/pickup").want(200, "Arrange the pickup", `value="110024"`)
		form := with(address(), "key", ask.hidden("key"), "total", ask.hidden("total"), "city", "Delhi", "phone", "+919876543210", "postal_code", "110024",
			"pickup_date", m.Clock.Now().AddDate(0, 0, 1).Format(time.DateOnly), "pickup_slot", "8am - 1pm")
		household.post("/scrap/pickup", with(form, "postal_code", "110001")).want(422, "does not come to this address")
		household.post("/scrap/pickup", with(form, "pickup_date", "2026-09-01")).want(422, `id="e-pickup_date"`)
		placed := household.post("/scrap/pickup", form).want(200, "Your pickup is arranged")
		order := placed.find(`href="/orders/([^"]+)"`)
		otp := regexp.MustCompile(`<b class="pin"><bdi>(\d{6})</bdi>`).FindStringSubmatch(household.get("/orders/"+order).want(200, "At the door").text)[1]
		renewed := household.post("/orders/"+order+"/otp", nil).want(200).text
		if strings.Contains(renewed, ">"+otp+"<") {
			t.Error("the password is not a new one")
		}
		otp = regexp.MustCompile(`<b class="pin"><bdi>(\d{6})</bdi>`).FindStringSubmatch(renewed)[1]
		household.post("/orders/"+order+"/reschedule", url.Values{"pickup_date": {"2026-10-03"}, "pickup_slot": {"1pm - 6pm"}}).want(200, "2026-10-03")

		owner.get(desk + "/orders/" + order).at(desk + "/pickups/" + order)
		owner.get(desk+"/pickups").want(200, "Waits for the store")
		owner.post(desk+"/pickups/"+order+"/accept", nil).want(200, "Confirmed")
		signedIn(t, m, other.Owner).get("/sell/" + other.ID + "/pickups/" + order).want(404)
		number := owner.get(desk+"/pickups/"+order).want(200, "At the door").find(`name="number" value="([^"]+)"`)
		weigh := url.Values{"number": {number}, "otp": {"000000"}, "pay_by": {"cash"}, "lines": {"9"}}
		owner.post(desk+"/pickups/"+order+"/weigh", with(weigh, "lines", "")).want(422, "say what it came to")
		if otp != "000000" {
			owner.post(desk+"/pickups/"+order+"/weigh", weigh).want(422, `id="e-otp"`, `value="9"`)
		}
		owner.post(desk+"/pickups/"+order+"/weigh", with(weigh, "otp", otp)).want(200, "You paid ₹135.00 in cash.", "143.10")
		household.get("/orders/"+order).want(200, "You got ₹135.00 in cash.").lacks("At the door")
		household.get("/orders/"+order+"/receipt").want(200, "₹135.00", "Newspaper", "9 kg", "143.10")
		household.get("/orders").want(200, "Completed")
		wrote := household.get("/orders/" + order).find(`href="(/invoices/sin_[^"]+)"`)
		household.get(wrote).want(200, "Purchase note", "/S0001", "9 kg", "₹141.75", "Paid to the seller", "₹135.00")
		if a := owner.get(desk+"/pickups/"+order).want(200, wrote); !strings.HasPrefix(owner.get(wrote+"/invoice.pdf").want(200).text, "%PDF-") {
			t.Error(a.path)
		}
		signedIn(t, m, m.Person("customer")).get(wrote).want(404)

		// What they say of the dealer: once, changed, answered, hidden.
		slug := dealer.Owner.Get("/v1/stores/", dealer.ID).Want(200).Str("slug")
		rating := household.get("/orders/"+order+"/review").want(200, `name="stars"`, "Dealer ")
		said := url.Values{"key": {rating.hidden("key")}, "about": {""}, "stars": {"4"}, "text": {"<script>alert(1)</script>\nFair."}}
		household.post("/orders/"+order+"/review", with(said, "stars", "")).want(422, "Fair.", `class="error"`)
		household.post("/orders/"+order+"/review", with(said, "text", strings.Repeat("x", 3000))).want(422, `id="e-text"`)
		household.post("/orders/"+order+"/review", said).want(200, "Thank you.", "&lt;script&gt;", "Asha R.").lacks(`name="stars"`)
		mine := household.get("/orders/" + order + "/review").find(`review\?edit=(rev_[^"]+)"`)
		household.post("/orders/"+order+"/review", url.Values{"review": {mine}, "stars": {"5"}, "text": {"Fair, and on time."}}).want(200, "on time", "changed")
		visit(t, m).get("/s/" + slug + "/reviews").want(404) // no storefront, nothing on sale: there is no such page, but the dealer's own
		owner.get(desk+"/reviews").want(200, "on time", "Without an answer")
		owner.post(desk+"/reviews/"+mine, url.Values{"text": {""}}).want(422)
		owner.post(desk+"/reviews/"+mine, url.Values{"text": {"Come again."}}).want(200, "The store answers:")
		owner.get(desk+"/reviews?show=unanswered").want(200, "Nobody has said anything")
		visit(t, m).get("/scrap?pin=110024&material="+paper).want(200, "5.0", "(1)")
		boss := signedIn(t, m, admin)
		boss.post("/manage/reviews/"+mine+"/hide", url.Values{"reason": {""}}).want(422)
		boss.post("/manage/reviews/"+mine+"/hide", url.Values{"reason": {"Not his."}}).want(200)
		boss.get("/manage/reviews?state=hidden").want(200, "Not his.", "on time")
		household.get("/orders/"+order+"/review").want(200, "The market does not show it:", "Not his.")
		boss.post("/manage/reviews/"+mine+"/show", nil).want(200)
		household.post("/reviews/"+mine+"/withdraw", nil).want(200, "Taken back").lacks("on time")
		signedIn(t, m, m.Person("customer")).get("/orders/" + order + "/review").want(404)
		signedIn(t, m, m.Person("customer")).get("/orders/" + order + "/receipt").want(404)
	})
}

// A dealer sets prices one by one, by a file and by copying, asks for more postal codes, opens the storefront, pays for a
// plan; the market's people grant, write the statements and pay them.
func TestDealersDesk(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		admin := m.Person("admin")
		m.India(admin)
		dealer := m.Dealer("110024")
		paper := m.Material(admin, "Newspaper", "kg", "5")
		owner, boss := signedIn(t, m, dealer.Owner), signedIn(t, m, admin)
		desk := "/sell/" + dealer.ID

		owner.post(desk+"/rates", url.Values{"material": {paper}, "postal_code": {"110024"}, "price": {"-1"}}).want(422, `id="e-price"`)
		rate := owner.post(desk+"/rates", url.Values{"material": {paper}, "postal_code": {"110024"}, "price": {"15"}}).want(200, `value="15.00"`).find(desk + `/rates/(rat_[^"]+)"`)
		owner.post(desk+"/rates", url.Values{"material": {paper}, "postal_code": {"110024"}, "price": {"16"}}).want(422, "change that one")
		owner.post(desk+"/rates/"+rate, url.Values{"price": {"16.50"}}).want(200, `value="16.50"`)
		owner.post(desk+"/areas", url.Values{"postal_codes": {"110024\n110001, 12"}}).want(422, "This is not a postal code")
		owner.post(desk+"/areas", url.Values{"postal_codes": {"110024\n110001"}}).want(200, "Central Delhi")
		owner.post(desk+"/rates/copy", url.Values{"from": {"110024"}, "to": {"110001"}}).want(200)
		if n := strings.Count(owner.get(desk+"/rates").want(200).text, `value="16.50"`); n != 2 {
			t.Errorf("%d prices", n)
		}
		owner.get(desk+"/rates/file.csv").want(200, "postal_code", "16.50")
		owner.get(desk+"/rates/history").want(200, "₹15.00", "₹16.50", "Newspaper")
		owner.post(desk+"/areas/more", url.Values{"wanted": {"9"}, "reason": {"We grow."}}).want(200, "Waits for an answer")
		request := boss.get("/manage/areas").want(200, "We grow.").find(`/manage/areas/([^/]+)/approve`)
		boss.post("/manage/areas/"+request+"/approve", url.Values{"note": {"Fine."}}).want(200)
		owner.get(desk+"/areas").want(200, "Granted", "2 of 9")

		slug := dealer.Owner.Get("/v1/stores/", dealer.ID).Want(200).Str("slug")
		visit(t, m).get("/s/" + slug).want(404)
		owner.get("/s/"+slug).want(200, "Nobody but you sees this page")
		owner.post(desk+"/storefront/open", url.Values{"hours": {"9am–6pm"}}).want(200, "Everybody sees it.")
		visit(t, m).get("/s/"+slug).want(200, "9am–6pm", "₹16.50 a kg")
		visit(t, m).get("/s/"+slug+"/card").want(200, "<svg", "110001")
		visit(t, m).get("/dealers").want(200, "/s/"+slug)
		owner.post(desk+"/storefront/unpublish", nil).want(200, "You have hidden it.")
		visit(t, m).get("/s/" + slug + "/card").want(404)
		owner.post(desk+"/storefront/publish", nil).want(200)
		boss.get("/manage/storefronts?state=published").want(200, "Everybody sees it.", "/s/"+slug)
		boss.post("/manage/storefronts/"+dealer.ID+"/suspend", url.Values{"reason": {""}}).want(422)
		boss.post("/manage/storefronts/"+dealer.ID+"/suspend", url.Values{"reason": {"Complaints."}}).want(200)
		boss.get("/manage/storefronts?state=suspended").want(200, "Complaints.", "End the suspension")
		visit(t, m).get("/s/" + slug).want(404)
		owner.get(desk+"/plan").want(200, "The market has suspended it.", "Complaints.")
		owner.post("/manage/storefronts/"+dealer.ID+"/reinstate", nil).want(403)
		boss.post("/manage/storefronts/"+dealer.ID+"/reinstate", nil).want(200)
		boss.post("/manage/storefronts/"+dealer.ID+"/reinstate", nil).want(200, "It was decided already.")

		owner.get(desk+"/plan").want(200, "Your subscription runs.", "3 months")
		owner.post(desk+"/plan", url.Values{"plan": {"nothing"}}).want(422, "Choose a plan.")
		plan := m.Anonymous().Get("/v1/plans").Want(200).Str("items.1.id")
		pay := owner.post(desk+"/plan", url.Values{"plan": {plan}}).want(200, "1,500.00")
		if !strings.HasPrefix(pay.path, "/pay/") {
			t.Errorf("%s", pay.path)
		}
		owner.get(desk+"/plan").want(200, "Pay now")
		boss.get("/manage/subscriptions?state=pending").want(200, "3 months")

		boss.post("/manage/statements/run", url.Values{"month": {"2026-10"}}).want(422, `id="e-month"`)
		boss.post("/manage/statements/run", url.Values{"month": {"2026-09"}}).want(200)
		owner.get(desk+"/statements").want(200, "There is no statement yet.")
		for _, path := range []string{"/manage/statements", "/manage/transfers", "/manage/dealers"} {
			boss.get(path).want(200, "There is none.")
		}
	})
}

// The market's people say what can be bought back, and which plans there are, on pages of their own.
func TestMaterialsAndPlans(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		admin := m.Person("admin")
		m.India(admin)
		boss := signedIn(t, m, admin)
		category := admin.Post("/v1/categories", apptest.M{"name": "Paper", "slug": "paper"}).Want(201).Str("id")
		form := url.Values{"name": {"Newspaper"}, "category": {category}, "unit": {"kg"}, "tax_rate": {"5"}, "tax_code": {"4707"}}
		for field, bad := range map[string]string{"name": "", "unit": "stone", "tax_rate": "101", "tax_code": "12", "category": "cat_x"} {
			boss.post("/manage/materials", with(form, field, bad)).want(422, `id="e-`+field+`"`)
		}
		made := boss.post("/manage/materials", form).want(200, "The material is there.", `value="4707"`)
		boss.post("/manage/materials", form).want(422)
		boss.post(made.path, with(form, "tax_rate", "12", "active", "1")).want(200, `value="12"`)
		boss.get("/manage/materials?q=news").want(200, "Newspaper", "GST 12 %", "HSN")
		boss.post(made.path, form).want(200) // without the box it is bought no more
		boss.get("/manage/materials").want(200).lacks("Newspaper")
		boss.get("/manage/materials?show=retired").want(200, "Newspaper")

		plan := url.Values{"code": {"half"}, "name": {"Half a year"}, "price": {"2500"}, "days": {"180"}, "postal_codes": {"8"}}
		for field, bad := range map[string]string{"code": "No Code", "name": strings.Repeat("x", 101), "price": "0", "days": "100000", "postal_codes": "12"} {
			boss.post("/manage/plans", with(plan, field, bad)).want(422, `id="e-`+field+`"`)
		}
		boss.post("/manage/plans", plan).want(200, "Half a year", "180 days", "8 postal codes", "2,500.00")
		boss.post("/manage/plans", plan).want(422)
		path := boss.get("/manage/plans").find(`(/manage/plans/pln_[^"]+)"><b>Half a year`)
		boss.post(path, with(plan, "price", "2600")).want(200, "2,600.00", "Not offered")
		m.Anonymous().Get("/v1/plans").Want(200)
		visitor := signedIn(t, m, m.Person("customer", "seller"))
		visitor.get("/manage/plans").want(403)
		visitor.post(made.path, form).want(403)
	})
}
