package pages_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/haat-market/haat/internal/apptest"
)

// carrying is a market with a store in Thamel, a buyer in Patan, an admin, and couriers who are verified.
type carrying struct {
	*apptest.Market
	store    apptest.Store
	variant  string
	buyer    *apptest.Client
	address  string
	admin    *apptest.Client
	couriers []*apptest.Client
	ids      []string
}

func newCarrying(m *apptest.Market, couriers int) *carrying {
	w := &carrying{Market: m, store: m.Store(), admin: m.Person("customer", "admin")}
	w.store.Owner.Patch("/v1/stores/{}", M{"phone": "+9779841000000", "address": M{"line1": "Thamel Marg", "city": "Kathmandu", "lat": "27.7154", "lng": "85.3123"}}, w.store.ID).Want(200)
	_, w.variant = w.store.Product("Rice", "100.00", 100)
	w.buyer = m.Person("customer")
	w.address = w.buyer.Post("/v1/me/addresses", M{"name": "Sunita Maharjan", "phone": "+9779800000001", "line1": "12 Mangal Bazaar", "city": "Patan", "country": "NP", "lat": "27.6727", "lng": "85.3252"}).Want(201).Str("id")
	m.Fund(w.buyer, 1_000_000)
	for range couriers {
		c := m.Person("courier", "customer")
		id := c.Patch("/v1/couriers/me", M{"phone": "+9779841555555", "vehicle": "bicycle", "capacity": 30_000}).Want(200).Str("id")
		c.Post("/v1/couriers/me/documents", M{"kind": "identity", "number": "NP-1", "expires_at": apptest.Start.AddDate(1, 0, 0)}).Want(201)
		w.admin.Post("/v1/couriers/{}/verify", nil, id).Want(200)
		c.Patch("/v1/couriers/me", M{"available": true}).Want(200)
		c.Post("/v1/couriers/me/positions", M{"positions": []M{{"lat": "27.70", "lng": "85.32"}}}).Want(200)
		w.couriers, w.ids = append(w.couriers, c), append(w.ids, id)
	}
	return w
}

// order is one that is confirmed.
func (w *carrying) order(method string) string {
	id := w.buyer.Post("/v1/checkouts", M{"direct": M{"variant": w.variant, "quantity": 1}, "address_id": w.address, "payment_method": method, "expected_total": "100.00"}).Want(201).Str("orders.0.id")
	if method == "cod" {
		w.store.Owner.Post("/v1/orders/{}/confirm", nil, id).Want(200)
	}
	return id
}

// job is a delivery that waits.
func (w *carrying) job(method string) (id, order string) {
	order = w.order(method)
	return w.store.Owner.Post("/v1/deliveries", M{"order": order, "fee": "10.00"}).Want(201).Str("id"), order
}

// tell sends what a script of the courier's page sends.
func (v *visitor) tell(path string, body any) answer {
	v.t.Helper()
	text, err := json.Marshal(body)
	if raw, ok := body.([]byte); ok {
		text, err = raw, nil
	}
	if err != nil {
		v.t.Fatal(err)
	}
	r, err := http.NewRequest(http.MethodPost, v.m.URL+path, strings.NewReader(string(text)))
	if err != nil {
		v.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Origin", v.m.URL)
	return v.send(r)
}

// A courier carries with forms alone; what his phone's script sends counts once, and only his own.
func TestCourierPage(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		w := newCarrying(m, 2)
		job, order := w.job("wallet")
		signedIn(t, m, w.buyer).get("/courier").want(403)
		visit(t, m).get("/courier").at("/signin?next=%2Fcourier")
		v := signedIn(t, m, w.couriers[0])
		v.get("/courier").want(200, "Kathmandu → Patan", "You carry nothing now.", "manifest.json").lacks("Mangal", "Sunita")
		v.post("/courier/jobs/"+job+"/claim", nil).want(200, "12 Mangal Bazaar", "Sunita Maharjan", `data-state="assigned"`)
		other := signedIn(t, m, w.couriers[1])
		other.post("/courier/jobs/"+job+"/claim", nil).want(409, "Another courier has this delivery already.")
		v.post("/courier/jobs/"+job+"/pickup", nil).want(200, `data-state="picked_up"`)
		v.post("/courier/jobs/"+job+"/fail", url.Values{"reason": {"bad weather"}}).want(422)
		v.post("/courier/jobs/"+job+"/unassigned", nil).want(409)
		pin := w.buyer.Get("/v1/orders/", order, "/proof").Want(200).Str("pin")

		step := func(event, kind string, more M) M {
			out := M{"event": event, "delivery": job, "kind": kind, "at": "2026-10-01T06:00:00Z"}
			for k, x := range more {
				out[k] = x
			}
			return M{"events": []M{out}}
		}
		visit(t, m).tell("/courier/send", step("e1", "depart", nil)).want(401, "unauthenticated")
		other.tell("/courier/send", step("e1", "depart", nil)).want(200, `"outcome":"refused"`, "delivery_not_found")
		v.tell("/courier/send", step("e1", "depart", nil)).want(200, `"outcome":"taken"`)
		v.tell("/courier/send", step("e1", "depart", nil)).want(200, `"outcome":"taken"`) // sent again
		v.tell("/courier/send", step("e2", "unassign", nil)).want(200, "wrong_state")
		v.tell("/courier/send", step("", "fail", nil)).want(200, "event_reused")
		v.tell("/courier/send", M{"events": []M{}}).want(400)
		v.tell("/courier/send", []byte("nonsense")).want(400)
		v.lang = "ar"
		v.tell("/courier/send", step("e3", "deliver", M{"pin": "000000000000"})).want(200, "wrong_proof", "هذا ليس رقم هذه التوصيلة")
		v.lang = ""
		v.tell("/courier/picture?delivery="+job+"&kind=photo&event=p1", []byte("no picture")).want(422, "not_a_picture")
		v.tell("/courier/picture?delivery="+job+"&kind=film&event=p1", []byte("x")).want(400)
		v.tell("/courier/positions", M{"positions": []M{{"lat": "27.69", "lng": "85.32", "at": m.Clock.Now()}}}).want(200, "taken")
		v.post("/courier/jobs/"+job+"/deliver", url.Values{"pin": {pin}}).want(200, "You carry nothing now.")
		w.buyer.Get("/v1/orders/", order).Want(200).Is("state", "delivered")
		v.get("/courier/earnings").want(200, "9.00")
		v.get("/courier/earnings?from=yesterday").want(200, `id="e-from"`, "/courier/payouts")
		signedIn(t, m, w.buyer).get("/courier/payouts").want(403)
		ask := v.get("/courier/payouts").want(200, "You can ask for", "9.00", "Nothing was paid out yet.")
		form := url.Values{"key": {ask.hidden("key")}, "amount": {"12"}, "bank": {"Nabil Bank"}, "account_name": {"Ram Lama"}, "account_number": {"0123 4567"}}
		v.post("/courier/payouts", form).want(422, `id="e-amount"`, `value="Nabil Bank"`)
		v.post("/courier/payouts", with(form, "amount", "5", "bank", "")).want(422, `id="e-bank"`)
		v.post("/courier/payouts", with(form, "amount", "5")).want(200, "set aside until", "…4567", "To be decided", "Of a courier", "4.00").at("/courier/payouts")
		v.post("/courier/payouts", with(form, "amount", "5")).want(200) // sent twice: once
		v.post(v.get("/courier/payouts").find(`action="(/account/payouts/[^"]+/cancel)"`), nil).want(200, "It is taken back.")
		v.get("/courier/payouts").want(200, "Taken back", "9.00")
		v.post("/courier/ready", nil).want(200, "You take a break")

		for path, kind := range map[string]string{"/courier/manifest.json": "application/manifest+json", "/courier/worker.js": "text/javascript; charset=utf-8"} {
			if a := visit(t, m).get(path).want(200, "/pages/icon-"); a.header.Get("Content-Type") != kind {
				t.Errorf("%s is %s", path, a.header.Get("Content-Type"))
			}
		}
		visit(t, m).get("/courier/shell").want(200, `data-shell="1"`)
	})
}

// A courier says of himself what is needed and sends a document in with its picture, which an admin looks at and refuses;
// the next one is good.
func TestCourierProfile(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		c, admin := m.Person("courier"), m.Person("admin")
		v, boss := signedIn(t, m, c), signedIn(t, m, admin)
		signedIn(t, m, m.Person("customer")).get("/courier/profile").want(403)
		visit(t, m).get("/signup?role=courier").want(200, "To carry")
		v.get("/courier/profile").want(200, "An admin has not verified", "Nothing was sent in.")
		profile := url.Values{"business_name": {"Patan Pedals"}, "phone": {"+९७७ 9841555555"}, "vehicle": {"rocket"}, "plate": {""}, "capacity": {"0"}}
		v.post("/courier/profile", profile).want(422, `id="e-vehicle"`, `id="e-capacity"`, "Patan Pedals")
		profile.Set("vehicle", "bicycle")
		profile.Set("capacity", "३०")
		v.post("/courier/profile", profile).want(200, "It is kept.", `value="30"`)
		c.Get("/v1/couriers/me").Want(200).Is("capacity", 30_000).Is("vehicle", "bicycle").Is("phone", "+977 9841555555")

		paper := map[string]string{"kind": "identity", "number": "NP-1", "expires_at": "2027-10-01"}
		v.sendFile("/courier/documents", paper, nil).want(422, "Choose a picture of it.", `value="NP-1"`)
		v.sendFile("/courier/documents", paper, []byte("no picture")).want(422, `role="alert"`)
		v.sendFile("/courier/documents", map[string]string{"kind": "identity", "number": "NP-1", "expires_at": "2026-09-01"}, tinyPNG()).want(422, `role="alert"`)
		if n := c.Get("/v1/couriers/me").Want(200).Len("documents"); n != 0 {
			t.Errorf("%d documents are there after refusals", n)
		}
		sent := v.sendFile("/courier/documents", paper, tinyPNG()).want(200, "NP-1", "Waits to be looked at")
		picture := sent.find(`href="(/courier/documents/cdo_[^"]+)"`)
		v.get(picture).want(200)
		other := signedIn(t, m, m.Person("courier"))
		other.get(picture).want(404)

		id := c.Get("/v1/couriers/me").Want(200).Str("id")
		desk := "/manage/couriers/" + id
		seen := boss.get(desk).want(200, "NP-1", "Waits to be looked at").find(`href="(/manage/courier-documents/[^"]+)"`)
		boss.get(seen).want(200)
		boss.post(desk+"/reject", url.Values{"reason": {"It cannot be read."}}).want(200, "Not good", "It cannot be read.")
		v.get("/courier/profile").want(200, "Not good", "It cannot be read.")
		v.sendFile("/courier/documents", paper, tinyPNG()).want(200)
		boss.post(desk+"/verify", nil).want(200, "Seen and good")
		v.get("/courier/profile").want(200, "You may take jobs.", "Seen and good")
	})
}

// A dealer sends a courier, who weighs with a form; the dealer takes it in. The pages say who is paid, and from where.
func TestFetchPages(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		w := &carrying{Market: m, admin: m.Person("admin")}
		m.India(w.admin)
		dealer, household := m.Dealer("110024"), m.Person("customer")
		m.Fund(dealer.Owner, 100_000)
		dealer.Owner.Patch("/v1/stores/{}", M{"phone": "+919811000000", "address": M{"line1": "Okhla", "city": "Delhi", "lat": "28.5355", "lng": "77.2732"}}, dealer.ID).Want(200)
		rate := dealer.Rate(m.Material(w.admin, "Newspaper", "kg", "5"), "110024", "15.00")
		copper := dealer.Rate(m.Material(w.admin, "Copper", "kg", "18"), "110024", "100.00")
		home := household.Post("/v1/me/addresses", M{"name": "Jane Doe", "phone": "+919876543210", "line1": "123 Main St", "city": "Delhi", "country": "IN", "postal_code": "110024", "lat": "28.5672", "lng": "77.2100"}).Want(201).Str("id")
		household.Post("/v1/cart/rates", M{"rate": rate, "quantity": "10"}).Want(201)
		order := household.Post("/v1/checkouts/buyback", M{"address_id": home, "pickup_date": "2026-10-03", "pickup_slot": "8am - 1pm", "expected_total": "159.00"}).Want(201).Str("orders.0.id")
		desk := "/sell/" + dealer.ID + "/pickups/" + order
		owner := signedIn(t, m, dealer.Owner)
		owner.get(desk).want(200).lacks("Send a courier")
		owner.post(desk+"/accept", nil).want(200, "Send a courier")
		owner.post(desk+"/courier", url.Values{"pay_up_to": {"10"}}).want(422, `id="e-pay_up_to"`)
		owner.post(desk+"/courier", url.Values{"pay_up_to": {"5,000"}}).want(422, "There is not enough in your wallet.")
		owner.post(desk+"/courier", url.Values{"fee": {"50"}}).want(200, "Waits for a courier", "Call it off")
		job := dealer.Owner.Get("/v1/deliveries?store=", dealer.ID).Want(200).Str("items.0.id")
		owner.post(desk+"/courier/"+job+"/cancel", nil).want(200, "Send a courier", "Cancelled")
		owner.post(desk+"/courier", url.Values{"fee": {"50"}}).want(200)
		job = dealer.Owner.Get("/v1/deliveries?store=", dealer.ID).Want(200).Str("items.0.id")

		c := m.Person("courier")
		id := c.Patch("/v1/couriers/me", M{"phone": "+919811555555", "vehicle": "bicycle", "capacity": 30_000}).Want(200).Str("id")
		c.Post("/v1/couriers/me/documents", M{"kind": "identity", "number": "1", "expires_at": apptest.Start.AddDate(1, 0, 0)}).Want(201)
		w.admin.Post("/v1/couriers/{}/verify", nil, id).Want(200)
		v := signedIn(t, m, c)
		v.get("/courier?lat=28.56&lng=77.21").want(200, "Scrap for a dealer")
		card := v.post("/courier/jobs/"+job+"/claim", nil).want(200, "Weigh and pay", "₹225.00", "Newspaper", "123 Main St", copper)
		line := card.find(`data-line="([^"]+)"`)
		signedIn(t, m, household).get("/orders/"+order).want(200, "A courier comes for the dealer", "not in cash")
		owner.get(desk).want(200).lacks(`action="` + desk + `/weigh"`)
		otp := household.Get("/v1/orders/", order, "/otp").Want(200)
		form := url.Values{"number": {otp.Str("number")}, "otp": {"000000x"}, "lines": {"९"}, "extra": {copper, "0.5", "", ""}}
		v.post("/courier/jobs/"+job+"/pickup", form).want(422, "The one-time password is wrong.")
		v.tell("/courier/send", M{"events": []M{{"event": "w1", "delivery": job, "kind": "pickup", "at": "2026-10-01T06:00:00Z",
			"weighed": M{"number": otp.Str("number"), "otp": "000000", "lines": []M{{"line": line, "quantity": "x"}}}}}}).want(200, "weights_required")
		form.Set("otp", otp.Str("otp"))
		v.post("/courier/jobs/"+job+"/pickup", form).want(200, `data-state="picked_up"`).lacks("It is back at the store")
		household.Get("/v1/orders/", order).Want(200).Is("buyback.receipt.paid", "185.00")
		owner.get(desk).want(200, "It is here", `class="pin"`, "You paid ₹185.00 from your wallet.")
		owner.post(desk+"/courier/dlv_no/here", nil).want(404)
		signedIn(t, m, w.admin).get("/manage/deliveries/"+job).want(200, "Scrap for a dealer", "The dealer has it")
		owner.post(desk+"/courier/"+job+"/here", nil).want(200, "Delivered").lacks("It is here")
		v.get("/courier/earnings").want(200, "45.00")
	})
}

// A seller has a courier carry one order and brings another himself; an admin gives jobs away with the reason, one and
// many, looks at papers and takes cash in.
func TestDeskOfDeliveries(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		w := newCarrying(m, 2)
		first, own := w.order("cod"), w.order("wallet")
		s := signedIn(t, m, w.store.Owner)
		desk := "/sell/" + w.store.ID
		s.get(desk+"/sales").want(200, "Let a courier carry it", "the store itself")
		s.post(desk+"/orders/"+first+"/courier", nil).want(200, "Couriers see it now.", "Waits for a courier")
		s.post(desk+"/orders/"+first+"/courier", nil).want(409)
		s.post(desk+"/orders/"+own+"/ship", nil).want(200)
		s.get(desk+"/sales?state=shipped").want(200, "It was delivered")
		s.post(desk+"/orders/"+own+"/deliver", nil).want(200)
		job := w.admin.Get("/v1/deliveries?all=true").Want(200).Str("items.0.id")
		parts := w.order("wallet")
		row := s.get(desk+"/orders/"+parts).want(200, "Couriers", `name="units"`)
		line := row.hidden("line")
		s.post(desk+"/orders/"+parts+"/courier", url.Values{"line": {line}, "units": {"0"}}).want(200, "Say how many")
		s.post(desk+"/orders/"+parts+"/courier", url.Values{"line": {line}, "units": {"2"}}).want(409)
		half := s.post(desk+"/orders/"+parts+"/courier", url.Values{"line": {line}, "units": {"1"}}).want(200, "Waits for a courier", "Rice × 1").lacks(`name="units"`)
		s.post(half.find(`action="(/sell/[^"]+/courier/[^"]+/cancel)"`), nil).want(200, `name="units"`)
		second, _ := w.job("wallet")

		v := signedIn(t, m, w.admin)
		v.get("/manage/deliveries").want(200, "Kathmandu → Patan")
		v.get("/manage/deliveries?show=late").want(200, "There is nothing to show.")
		v.get("/manage/deliveries?show=nonsense").want(404)
		v.get("/manage/deliveries/"+job).want(200, "Who could carry it", "Score", "The next best")
		v.post("/manage/deliveries", url.Values{"deed": {"auto"}}).want(422, "Tick what it is about.")
		v.post("/manage/deliveries", url.Values{"deed": {"priority"}, "priority": {"urgent"}, "delivery": {job, second}}).want(200, "Urgent")
		v.post("/manage/deliveries", url.Values{"deed": {"explode"}, "delivery": {job}}).want(404)
		v.post("/manage/deliveries", url.Values{"deed": {"assign"}, "delivery": {job}, "courier": {"cou_nobody"}}).want(422, "There is no such courier.")
		v.post("/manage/deliveries", url.Values{"deed": {"auto"}, "delivery": {job, second}}).want(200, "Given to", "Score")
		v.post("/manage/deliveries", url.Values{"deed": {"auto"}, "delivery": {job}}).want(200, `role="alert"`)
		v.post("/manage/deliveries/"+job+"/assign", url.Values{"courier": {w.ids[1]}}).want(200, "Done.")
		v.post("/manage/deliveries/"+job+"/unassign", nil).want(200, "Waits for a courier")
		v.post("/manage/deliveries/"+job+"/assign", url.Values{"courier": {w.ids[0]}}).want(200)
		v.post("/manage/deliveries/"+job+"/assign", url.Values{"courier": {"cou_nobody"}}).want(404)
		v.post("/manage/deliveries/"+job+"/release", nil).want(422, `role="alert"`)
		v.post("/manage/deliveries/"+second+"/cancel", nil).want(200, "Cancelled")
		signedIn(t, m, w.store.Owner).get("/manage/deliveries").want(403)

		c := w.couriers[0]
		c.Post("/v1/deliveries/{}/pickup", nil, job).Want(200)
		c.Post("/v1/deliveries/{}/deliver", M{"pin": w.buyer.Get("/v1/orders/", first, "/proof").Want(200).Str("pin")}, job).Want(200)
		page := "/manage/couriers/" + w.ids[0]
		v.get("/manage/couriers?state=verified").want(200, w.ids[0], w.ids[1])
		v.get(page).want(200, "Taken at doors and not handed in", "100.00", "Identity")
		v.post(page+"/cash", url.Values{"amount": {"100"}}).want(422, "Tick what it is about.")
		v.post(page+"/cash", url.Values{"amount": {"90"}, "delivery": {job}}).want(422, `role="alert"`)
		v.post(page+"/cash", url.Values{"amount": {"100"}, "delivery": {job, job}}).want(200, "The cash is in the till.", "The courier has no cash.")
		v.post(page+"/suspend", url.Values{"reason": {""}}).want(422, "Say why")
		v.post(page+"/suspend", url.Values{"reason": {"lost a parcel"}}).want(200, "lost a parcel", "Suspended")
		v.post(page+"/verify", nil).want(200, "Verified")
		v.post(page+"/explode", url.Values{"reason": {"none"}}).want(404)
	})
}
