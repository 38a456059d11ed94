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
		v.get("/courier/earnings?from=yesterday").want(200, `id="e-from"`)
		v.post("/courier/ready", nil).want(200, "You take a break")

		for path, kind := range map[string]string{"/courier/manifest.json": "application/manifest+json", "/courier/worker.js": "text/javascript; charset=utf-8"} {
			if a := visit(t, m).get(path).want(200, "/pages/icon-"); a.header.Get("Content-Type") != kind {
				t.Errorf("%s is %s", path, a.header.Get("Content-Type"))
			}
		}
		visit(t, m).get("/courier/shell").want(200, `data-shell="1"`)
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
