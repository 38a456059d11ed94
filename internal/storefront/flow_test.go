package storefront_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/haat-market/haat/internal/apptest"
)

type M = apptest.M

const pin = "110024"

// gone says that nobody sees a storefront any more, in none of its forms.
func gone(m *apptest.Market, slug string) {
	m.T.Helper()
	guest := m.Anonymous()
	for _, path := range []string{"", "/rates", "/qr?format=png", "/card"} {
		guest.Get("/v1/storefronts/", slug, path).Problem(404, "storefront_not_found")
	}
	if a := guest.Get("/v1/storefronts").Want(200); a.Len("items") != 0 {
		m.T.Errorf("%s is listed: %s", slug, a.Body)
	}
}

// A dealer opens the one storefront that his store may have; people find it by its code, and it is gone, in all its forms, at
// the moment in which the store hides it, the market suspends it, the store closes or its time is over.
func TestStorefront(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		admin, guest := m.Person("admin"), m.Anonymous()
		m.India(admin)
		dealer := m.Dealer(pin, "110001")
		other := m.Dealer(pin)
		dealer.Rate(m.Material(admin, "Newspaper", "kg", "5"), pin, "15.00")
		dealer.Owner.Patch("/v1/stores/{}", M{"slug": "ravi-kabadi", "whatsapp": "+919876543210"}, dealer.ID).Want(200)
		window := "/v1/stores/" + dealer.ID + "/storefront"

		gone(m, "ravi-kabadi")
		dealer.Owner.Get(window).Problem(404, "storefront_not_found")
		other.Owner.Post(window, M{}).Problem(404, "store_not_found")
		dealer.Owner.Post(window, M{"hours": "Mon–Sat 9am–6pm"}).Want(201).Is("visible", true).Is("reason", "visible").Is("days_left", 30).Is("state", "published")
		dealer.Owner.Post(window, M{}).Problem(409, "storefront_exists")

		guest.Get("/v1/storefronts/ravi-kabadi").Want(200).Is("hours", "Mon–Sat 9am–6pm").Is("whatsapp_url", "https://wa.me/919876543210").
			Is("service_areas.0.postal_code", "110001").Is("service_areas.0.state", "Delhi").Is("qr", "/v1/storefronts/ravi-kabadi/qr")
		guest.Get("/v1/storefronts/ravi-kabadi/rates").Want(200).Is("items.0.price", "15.00").Is("items.0.material.name", "Newspaper")
		if a := guest.Get("/v1/storefronts/ravi-kabadi/rates?postal_code=110001").Want(200); a.Len("items") != 0 {
			t.Errorf("%s", a.Body)
		}
		guest.Get("/v1/storefronts").Want(200).Is("items.0.store.slug", "ravi-kabadi")
		for path, head := range map[string]string{"/qr?format=png": "\x89PNG", "/qr": "<svg", "/card": "%PDF-"} {
			if a := guest.Get("/v1/storefronts/", dealer.ID, path).Want(200); !bytes.HasPrefix(a.Body, []byte(head)) {
				t.Errorf("%s: %.40q", path, a.Body)
			}
		}

		dealer.Owner.Post(window+"/unpublish", nil).Want(200).Is("reason", "unpublished").Is("active_until", nil)
		gone(m, "ravi-kabadi")
		dealer.Owner.Post(window+"/unpublish", nil).Problem(409, "storefront_state")
		dealer.Owner.Post(window+"/publish", nil).Want(200).Is("visible", true)
		dealer.Owner.Post(window+"/suspend", M{"reason": "no"}).Problem(403, "forbidden")
		admin.Post(window+"/suspend", M{"reason": "Complaints."}).Want(200)
		gone(m, "ravi-kabadi")
		dealer.Owner.Get(window).Want(200).Is("suspend_reason", "Complaints.").Is("allowed_actions", []any{})
		dealer.Owner.Post(window+"/publish", nil).Problem(409, "storefront_state")
		admin.Post(window+"/reinstate", nil).Want(200)
		guest.Get("/v1/storefronts/ravi-kabadi").Want(200)

		dealer.Owner.Post("/v1/stores/{}/unpublish", nil, dealer.ID).Want(200)
		gone(m, "ravi-kabadi")
		dealer.Owner.Get(window).Want(200).Is("reason", "store_closed")
		dealer.Owner.Post("/v1/stores/{}/publish", nil, dealer.ID).Want(200)
		guest.Get("/v1/storefronts/ravi-kabadi").Want(200)

		admin.Delete(window).Want(204)
		gone(m, "ravi-kabadi")
		dealer.Owner.Post(window, M{}).Want(201)
		m.Clock.Advance(30 * 24 * time.Hour)
		gone(m, "ravi-kabadi") // before any sweep has seen it
		m.Sweep("subscription.due")
		dealer.Owner = m.SignIn(dealer.Owner)
		dealer.Owner.Get(window).Want(200).Is("reason", "no_subscription").Is("visible", false)
		other.Owner = m.SignIn(other.Owner)
		other.Owner.Post("/v1/stores/{}/storefront", M{}, other.ID).Problem(409, "subscription_needed")
	})
}
