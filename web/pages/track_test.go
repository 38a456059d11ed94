package pages_test

import (
	"bytes"
	"image"
	"image/png"
	"net/url"
	"strings"
	"testing"

	"github.com/haat-market/haat/internal/apptest"
	"github.com/haat-market/haat/internal/platform/qr/qrtest"
)

// A buyer finds his PIN and the delivery's page at his order; the page shows where it is, in each language, and nothing
// private.
func TestTrackPage(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		store := m.Store()
		store.Owner.Patch("/v1/stores/{}", M{"phone": "+9779841000000", "address": M{"line1": "Thamel Marg", "city": "Kathmandu", "lat": "27.7154", "lng": "85.3123"}}, store.ID).Want(200)
		_, variant := store.Product("Rice", "100.00", 10)
		buyer, admin := m.Person("customer"), m.Person("admin")
		address := buyer.Post("/v1/me/addresses", M{"name": "Sunita Maharjan", "phone": "+9779800000001", "line1": "12 Mangal Bazaar", "city": "Patan", "country": "NP", "lat": "27.6727", "lng": "85.3252"}).Want(201).Str("id")
		m.Fund(buyer, 100_000)
		order := buyer.Post("/v1/checkouts", M{"direct": M{"variant": variant, "quantity": 1}, "address_id": address, "payment_method": "wallet", "expected_total": "100.00"}).Want(201).Str("orders.0.id")
		job := store.Owner.Post("/v1/deliveries", M{"order": order}).Want(201).Str("id")
		c := m.Person("courier")
		id := c.Patch("/v1/couriers/me", M{"phone": "+9779841555555", "vehicle": "bicycle", "capacity": 30_000}).Want(200).Str("id")
		c.Post("/v1/couriers/me/documents", M{"kind": "identity", "number": "NP-1", "expires_at": apptest.Start.AddDate(1, 0, 0)}).Want(201)
		admin.Post("/v1/couriers/{}/verify", nil, id).Want(200)
		c.Post("/v1/deliveries/{}/claim", nil, job).Want(200)
		v := signedIn(t, m, buyer)
		v.get("/orders/"+order).want(200, "A courier fetches it")
		c.Post("/v1/couriers/me/positions", M{"positions": []M{{"lat": "27.70", "lng": "85.32"}}}).Want(200)
		c.Post("/v1/deliveries/{}/pickup", nil, job).Want(200)
		pin := buyer.Get("/v1/orders/", order, "/proof").Want(200).Str("pin")
		page := v.get("/orders/"+order).want(200, "Picked up", pin, "<svg")
		link := page.find(`href="(/t/[^"]+)"`)
		anybody := visit(t, m)
		for lang, word := range map[string]string{"en": "Arrives about", "hi": "लगभग पहुँचेगा", "ne": "करिब आइपुग्ने", "ar": "تصل حوالي"} {
			got := anybody.get(link+"?lang="+lang).want(200, word, `class="here"`, "Patan")
			for _, private := range []string{"Sunita", "Mangal", "+97798", pin} {
				if strings.Contains(got.text, private) {
					t.Errorf("%s: the page shows %q", lang, private)
				}
			}
			if policy := got.header.Get("Content-Security-Policy"); !strings.Contains(policy, "connect-src 'self'") || strings.Contains(policy, "unsafe") {
				t.Errorf("policy %q", policy)
			}
		}
		// The code that he shows says the same to a scanner, and opens this door only.
		shown := page.find(`(?s)<p class="code">(<svg.*?</svg>)`)
		code := qrtest.OfSVG(t, []byte(shown)).Read(t)
		if want := buyer.Get("/v1/orders/", order, "/proof").Want(200).Str("code"); code != want {
			t.Fatalf("the code on the page says %q, not %q", code, want)
		}
		c.Post("/v1/deliveries/{}/deliver", M{"code": code[1:] + code[:1]}, job).Problem(422, "wrong_proof")
		c.Post("/v1/deliveries/{}/deliver", M{"code": code}, job).Want(200).Is("proof", "qr")
		if got := anybody.get(link+"?lang=en").want(200, "Delivered"); strings.Contains(got.text, `class="here"`) {
			t.Error("the courier is still shown")
		}
		anybody.get("/t/nothing").want(404)
	})
}

// A guest sees at his order's page what the courier showed for it. Whoever has the link alone does not, as with the PIN.
func TestGuestSeesTheProof(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		w := newCarrying(m, 1)
		product := w.store.Owner.Get("/v1/stores/", w.store.ID, "/products").Want(200).Str("items.0.id")
		guest := visit(t, m)
		guest.post("/cart", url.Values{"variant": {w.variant}, "product": {product}, "quantity": {"1"}}).want(200)
		checkout := guest.get("/checkout").want(200)
		follow := guest.post("/checkout/guest", with(address(), "key", checkout.hidden("key"), "total", checkout.hidden("total"))).want(200).find(`href="[^"]*(/o/[^"]+)"`)
		order := w.store.Owner.Get("/v1/orders?store=", w.store.ID).Want(200).Str("items.0.id")
		w.store.Owner.Post("/v1/orders/{}/confirm", nil, order).Want(200)
		job := w.store.Owner.Post("/v1/deliveries", M{"order": order}).Want(201).Str("id")
		c := w.couriers[0]
		c.Post("/v1/deliveries/{}/claim", nil, job).Want(200)
		c.Post("/v1/deliveries/{}/pickup", nil, job).Want(200)
		pin := guest.get(follow).want(200, `class="pin"`).find(`class="pin"><bdi>(\d{6})`)
		c.With("Content-Type", "image/png").Post("/v1/deliveries/{}/pictures?kind=photo", tinyPNG(), job).Want(204)
		guest.get(follow).want(200).lacks("What the courier showed")
		c.Post("/v1/deliveries/{}/deliver", M{"pin": pin}, job).Want(200)
		path := guest.get(follow).want(200, "What the courier showed:").find(`href="(/o/[^"]+/pictures/[^"]+)"`)
		if a := guest.get(path).want(200); !strings.HasPrefix(a.header.Get("Content-Type"), "image/") {
			t.Errorf("the picture is %s", a.header.Get("Content-Type"))
		}
		stranger := visit(t, m)
		stranger.get(follow).want(200).lacks("What the courier showed", path)
		stranger.get(path).want(403)
		signedIn(t, m, w.store.Owner).get(path).want(403)
		guest.get(strings.Replace(path, job, "dlv_0000000000000000", 1)).want(404)
		guest.get(path[:strings.LastIndex(path, "/")] + "/other.jpg").want(404)
	})
}

// tinyPNG is a picture.
func tinyPNG() []byte {
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 40, 30))); err != nil {
		panic(err)
	}
	return b.Bytes()
}
