package delivery_test

import (
	"bufio"
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/haat-market/haat/internal/apptest"
)

// hidden fails where a text shows what is nobody's business.
func hidden(t *testing.T, text string) {
	t.Helper()
	for _, private := range []string{"Asha Rai", "Mangal", "+977", "BA-1-PA", "27.6727", "85.3252", "27.715400"} {
		if strings.Contains(text, private) {
			t.Errorf("everybody reads %q: %s", private, text)
		}
	}
}

// token is the end of a delivery's link.
func (w *town) token(job string) string {
	url := w.admin.Get("/v1/deliveries/", job).Want(200).Str("tracking_url")
	return url[strings.LastIndex(url, "/")+1:]
}

// Everybody with the link follows a delivery, sees about where the courier is while he is on the way, and nothing private.
func TestTracking(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		w := newTown(m)
		job, order := w.job(1)
		c, _ := w.courier()
		token, anybody := w.token(job), m.Anonymous()
		if len(token) < 20 {
			t.Fatalf("token %q", token)
		}
		at := func(lat, lng string, when time.Time) M { return M{"lat": lat, "lng": lng, "at": when, "event": "p"} }
		now := m.Clock.Now()
		c.Post("/v1/couriers/me/positions", M{"positions": []M{at("27.7000", "85.3200", now), at("27.7100", "85.3100", now.Add(-time.Minute))}}).Want(200).Is("taken", 2)
		c.Post("/v1/couriers/me/positions", M{"positions": []M{at("27.7000", "85.3200", now), at("27.0000", "85.0000", now.Add(-48*time.Hour))}}).Want(200).Is("taken", 0).Is("ignored", 2)
		c.Post("/v1/couriers/me/positions", M{"positions": []M{at("91", "85.3200", now)}}).Problem(422, "position_invalid")
		w.buyer.Post("/v1/couriers/me/positions", M{"positions": []M{at("27.7", "85.3", now)}}).Problem(403, "forbidden")
		c.Get("/v1/couriers/me").Want(200).Is("place.lat", "27.700000") // before it is written

		a := anybody.Get("/v1/tracking/", token).Want(200).Is("state", "available").Is("from", "Kathmandu").Is("to", "Patan").Is("position", nil)
		hidden(t, string(a.Body))
		c.Post("/v1/deliveries/{}/claim", nil, job).Want(200)
		anybody.Get("/v1/tracking/", token).Want(200).Is("state", "assigned").Is("courier", "Asha").Is("vehicle", "motorcycle").Is("position", nil)
		c.Post("/v1/deliveries/{}/pickup", nil, job).Want(200)
		a = anybody.Get("/v1/tracking/", token).Want(200).Is("state", "picked_up").Is("position.lat", "27.701000").Is("position.lng", "85.321000").Is("dropoff_area.lat", "27.673000")
		hidden(t, string(a.Body))
		if a.At("estimated_delivery_at") == nil {
			t.Error("nobody says when it arrives")
		}
		number := a.Str("tracking_number")
		byNumber := anybody.Get("/v1/tracking/", number).Want(200).Is("state", "picked_up").Is("position", nil).Is("courier", nil).Is("dropoff_area", nil)
		hidden(t, string(byNumber.Body))
		anybody.Get("/v1/tracking/", strings.ToLower(number)).Want(200)
		for _, wrong := range []string{"TRK000000000000", "AAAAAAAAAAAAAAAAAAAAAA", job, order} {
			anybody.Get("/v1/tracking/", wrong).Problem(404, "tracking_not_found")
			anybody.Get("/v1/tracking/", wrong, "/live").Problem(404, "tracking_not_found")
		}

		if err := m.Delivery.Flush(context.Background()); err != nil {
			t.Fatal(err)
		}
		m.Clock.Advance(time.Minute)
		c.Post("/v1/couriers/me/positions", M{"positions": []M{at("27.6900", "85.3210", m.Clock.Now().Add(time.Hour))}}).Want(200).Is("taken", 1) // a clock that is ahead
		if err := m.Delivery.Flush(context.Background()); err != nil {
			t.Fatal(err)
		}
		if n := w.admin.Get("/v1/deliveries/", job, "/track").Want(200).Len("items"); n != 2 {
			t.Errorf("%d points of the track", n)
		}
		w.buyer.Get("/v1/deliveries/", job, "/track").Problem(404, "delivery_not_found")

		pin, _ := w.proof(order)
		c.Post("/v1/deliveries/{}/deliver", M{"pin": pin}, job).Want(200)
		a = anybody.Get("/v1/tracking/", token).Want(200).Is("state", "delivered").Is("position", nil).Is("courier", nil).Is("dropoff_area", nil)
		if a.Len("history") != 4 {
			t.Errorf("history %s", a.Body)
		}
		o := w.buyer.Get("/v1/orders/", order, "/tracking").Want(200).Is("delivery_state", "delivered")
		var text = string(o.Body)
		for _, kind := range []string{"order.shipped", "delivery.pickup", "delivery.deliver", "order.delivered"} {
			if !strings.Contains(text, kind) {
				t.Errorf("%s is missing: %s", kind, text)
			}
		}
		m.Person("customer").Get("/v1/orders/", order, "/tracking").Problem(404, "order_not_found")
		m.Clock.Advance(31 * 24 * time.Hour)
		if n := m.Sweep("delivery.tracks"); n != 3 {
			t.Errorf("%d points forgotten", n)
		}
	})
}

// Whoever follows a delivery live is told when it moves, and let go when it is over.
func TestTrackingLive(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		w := newTown(m)
		job, order := w.job(1)
		c, _ := w.courier()
		res, err := http.Get(m.URL + "/v1/tracking/" + w.token(job) + "/live")
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		if res.StatusCode != 200 || res.Header.Get("Content-Type") != "text/event-stream" {
			t.Fatalf("%d %v", res.StatusCode, res.Header)
		}
		told := make(chan string, 100)
		go func() {
			defer close(told)
			for lines := bufio.NewScanner(res.Body); lines.Scan(); {
				if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
					told <- data
				}
			}
		}()
		wait := func(state string) {
			t.Helper()
			end := time.After(20 * time.Second)
			for {
				select {
				case data, ok := <-told:
					if strings.Contains(data, `"state":"`+state+`","from"`) {
						hidden(t, data)
						return
					}
					if !ok {
						t.Fatalf("the stream ended before %s", state)
					}
				case <-end:
					t.Fatalf("nobody told of %s", state)
				}
			}
		}
		wait("available")
		c.Post("/v1/deliveries/{}/claim", nil, job).Want(200)
		c.Post("/v1/deliveries/{}/pickup", nil, job).Want(200)
		wait("picked_up")
		pin, _ := w.proof(order)
		c.Post("/v1/deliveries/{}/deliver", M{"pin": pin}, job).Want(200)
		wait("delivered")
		if _, ok := <-told; ok {
			t.Error("the stream goes on")
		}
	})
}

// Who ordered without an account has a PIN too, by the token that he ordered with. The store, which has the link of the
// order in the message that it got, has not.
func TestGuestShowsAPIN(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		w := newTown(m)
		secret := m.Anonymous().Post("/v1/cart/guest", nil).Want(201).Str("token")
		guest := m.Anonymous().With("Guest-Token", secret)
		g := guest.Post("/v1/guest/orders", M{"reference": "LEG-1", "contact": M{"name": "Gita", "phone": "+9779800000002"},
			"address": M{"name": "Gita", "phone": "+9779800000002", "line1": "Pulchowk", "city": "Patan", "country": "NP"}, "lines": []M{{"variant": w.variant, "quantity": 1}}}).Want(201)
		order, token := g.Str("orders.0.id"), g.Str("orders.0.follow_token")
		w.store.Owner.Post("/v1/orders/{}/confirm", nil, order).Want(200)
		guest.Get("/v1/guest/orders/", token, "/proof").Problem(409, "no_proof")
		guest.Get("/v1/guest/orders/wrong/proof").Problem(404, "order_not_found")
		job := w.store.Owner.Post("/v1/deliveries", M{"order": order}).Want(201).Str("id")
		c, _ := w.courier()
		c.Post("/v1/deliveries/{}/claim", nil, job).Want(200)
		c.Post("/v1/deliveries/{}/pickup", nil, job).Want(200)
		other := m.Anonymous().With("Guest-Token", m.Anonymous().Post("/v1/cart/guest", nil).Want(201).Str("token"))
		for _, who := range []*apptest.Client{m.Anonymous(), other, w.store.Owner, c} {
			who.Get("/v1/guest/orders/", token, "/proof").Problem(403, "guest_token_needed")
			who.Post("/v1/guest/orders/{}/proof/renew", nil, token).Problem(403, "guest_token_needed")
		}
		first := guest.Get("/v1/guest/orders/", token, "/proof").Want(200).Is("tries_left", 5).Str("pin")
		pin := guest.Post("/v1/guest/orders/{}/proof/renew", nil, token).Want(200).Str("pin")
		if first == pin || len(pin) != 6 {
			t.Errorf("PINs %q, %q", first, pin)
		}
		c.Post("/v1/deliveries/{}/deliver", M{"pin": pin}, job).Want(200).Is("state", "delivered")
	})
}
