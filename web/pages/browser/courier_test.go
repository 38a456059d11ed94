package browser_test

import (
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/haat-market/haat/internal/apptest"
)

// line is the way to a market that can be cut.
type line struct {
	url string
	cut atomic.Bool
}

func newLine(t *testing.T, to string) *line {
	t.Helper()
	target, err := url.Parse(to)
	if err != nil {
		t.Fatal(err)
	}
	through := &httputil.ReverseProxy{FlushInterval: -1, ErrorLog: log.New(io.Discard, "", 0), Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(target)
		r.Out.Host = r.In.Host
	}}
	l := &line{}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if l.cut.Load() {
			panic(http.ErrAbortHandler) // nothing comes back
		}
		through.ServeHTTP(w, r)
	}))
	server.Config.ErrorLog = through.ErrorLog // that a line was cut is no news
	server.Start()
	t.Cleanup(server.Close)
	t.Cleanup(server.CloseClientConnections)
	l.url = server.URL
	return l
}

// until waits for what the page comes to by itself.
func (w *tab) until(what string) *tab {
	w.t.Helper()
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		var there bool
		w.eval(`!!(`+what+`)`, &there)
		if there {
			return w
		}
		if time.Now().After(end) {
			w.t.Fatalf("%s: at %s it never came to %s\n%s", w.name, w.path(), what, w.text())
		}
	}
}

func (w *tab) click(selector string) *tab {
	w.t.Helper()
	w.run(chromedp.Click(selector, chromedp.ByQuery, chromedp.NodeVisible))
	return w
}

// sign draws on the pad that is shown.
func (w *tab) sign() *tab {
	w.t.Helper()
	var at []float64
	w.eval(`(() => { const c = document.querySelector('canvas.sign'); c.scrollIntoView({block: 'center'}); const r = c.getBoundingClientRect(); return [r.left + r.width / 3, r.top + r.height / 2]; })()`, &at)
	w.run(chromedp.MouseClickXY(at[0], at[1]), chromedp.MouseClickXY(at[0]+40, at[1]+10))
	return w.until(`document.querySelector('canvas.sign').hasAttribute('data-signed')`)
}

// Sending may load the page anew, so that for a moment nothing of it is there: hence the question marks.
const shownState = `document.querySelector('.job .badge[data-when]:not([hidden])')?.getAttribute('data-when')`

// A courier claims a job, loses the network, loads the page again, hands the goods over and has a signature, loads again,
// and when the network is back everything is there once. The buyer's page follows by itself.
func TestCourier(t *testing.T) {
	open(t, func(m *apptest.Market, b *browser) {
		l := newLine(t, m.URL)
		near := *m
		near.URL = l.url
		b.m = &near
		store, admin, buyer := m.Store(), m.Person("admin"), m.Person("customer")
		store.Owner.Patch("/v1/stores/{}", M{"phone": "+9779841000000", "address": M{"line1": "Thamel Marg", "city": "Kathmandu", "lat": "27.7154", "lng": "85.3123"}}, store.ID).Want(200)
		_, variant := store.Product("Rice", "100.00", 10)
		address := buyer.Post("/v1/me/addresses", M{"name": "Sunita Maharjan", "phone": "+9779800000001", "line1": "12 Mangal Bazaar", "city": "Patan", "country": "NP", "lat": "27.6727", "lng": "85.3252"}).Want(201).Str("id")
		m.Fund(buyer, 100_000)
		order := buyer.Post("/v1/checkouts", M{"direct": M{"variant": variant, "quantity": 1}, "address_id": address, "payment_method": "wallet", "expected_total": "100.00"}).Want(201).Str("orders.0.id")
		job := store.Owner.Post("/v1/deliveries", M{"order": order, "fee": "10.00", "requires_signature": true}).Want(201).Str("id")
		c := m.Person("courier")
		id := c.Patch("/v1/couriers/me", M{"phone": "+9779841555555", "vehicle": "bicycle", "capacity": 30_000}).Want(200).Str("id")
		c.Post("/v1/couriers/me/documents", M{"kind": "identity", "number": "NP-1", "expires_at": apptest.Start.AddDate(1, 0, 0)}).Want(201)
		admin.Post("/v1/couriers/{}/verify", nil, id).Want(200)
		c.Post("/v1/couriers/me/positions", M{"positions": []M{{"lat": "27.70", "lng": "85.32"}}}).Want(200)

		w := b.tab("courier", "en", phone, true)
		w.signIn(c).visit("/courier").says("Kathmandu → Patan", "You carry nothing now.").picture("offers")
		w.until(`document.documentElement.dataset.installed`)
		w.click(`.claim`).until(shownState + ` === 'assigned'`).look().picture("assigned")
		w.click(`[data-step=pickup] button`).until(`document.getElementById('waits')?.hidden && ` + shownState + ` === 'picked_up'`)
		c.Get("/v1/deliveries/", job).Want(200).Is("state", "picked_up")
		pin := buyer.Get("/v1/orders/", order, "/proof").Want(200).Str("pin")

		track := buyer.Get("/v1/orders/", order, "/tracking").Want(200).Str("delivery")
		if track != job {
			t.Fatalf("the order is carried by %s", track)
		}
		at := b.tab("receiver", "en", phone, true)
		at.signIn(buyer).visit("/orders/" + order).enter(`a[href^="/t/"]`).at("/t/").says("Picked up").picture("track")

		l.cut.Store(true)
		w.run(chromedp.Reload())
		w.until(shownState+` === 'picked_up'`).look().says("There is no network.", "12 Mangal Bazaar")
		w.eval(`document.querySelector('.job details').open = true`, nil)
		w.run(chromedp.SendKeys(`.job input[name=pin]`, pin, chromedp.ByQuery))
		w.click(`[data-step=deliver] button.full`).until(`document.querySelector('[data-step=deliver] .error')?.hidden === false`).says("The receiver has to sign.")
		w.sign().picture("handing-over").click(`[data-step=deliver] button.full`).until(shownState + ` === 'delivered'`)
		w.until(`document.querySelector('#waits b').textContent === '2'`).look().picture("offline")
		w.run(chromedp.Reload())
		w.until(`document.querySelector('#waits b').textContent === '2' && ` + shownState + ` === 'delivered'`).look()
		c.Get("/v1/deliveries/", job).Want(200).Is("state", "picked_up")

		l.cut.Store(false)
		w.click(`#send`).until(`document.getElementById('waits')?.hidden && !document.querySelector('.job')`).look().says("You carry nothing now.")
		for range 2 {
			c.Get("/v1/deliveries/", job).Want(200).Is("state", "delivered").Is("proof", "pin")
			if n := c.Get("/v1/deliveries/", job, "/events").Want(200).Len("items"); n != 5 { // made, claimed, picked up, signed, delivered
				t.Errorf("%d things happened", n)
			}
			w.visit("/courier/earnings").says("9.00").picture("earnings")
			w.visit("/courier/payouts").says("9.00").picture("payouts")
			w.visit("/courier").until(`document.getElementById('waits')?.hidden`)
		}
		at.until(`document.getElementById('track').textContent.includes('Delivered')`).look()

		weighOffline(m, b, w, l, admin, c)

		arabic := b.tab("courier", "ar", desktop, false)
		arabic.signIn(c).visit("/courier").picture("home")
		for _, s := range []size{phone, desktop} {
			v := b.tab("dispatcher", "en", s, false)
			v.signIn(admin)
			for name, path := range map[string]string{"deliveries": "/manage/deliveries", "delivery": "/manage/deliveries/" + job, "couriers": "/manage/couriers", "courier": "/manage/couriers/" + id} {
				v.visit(path).picture(name)
			}
			o := b.tab("carrying-store", "en", s, false)
			o.signIn(store.Owner).visit("/sell/" + store.ID + "/sales").picture("sales")
		}
	})
}

// weighOffline has the courier weigh a household's paper while there is no network: with a wrong password first, which the
// market refuses once it hears of it, and then with the right one.
func weighOffline(m *apptest.Market, b *browser, w *tab, l *line, admin, c *apptest.Client) {
	dealer, household := m.Dealer("44600"), m.Person("customer")
	m.Fund(dealer.Owner, 100_000)
	rate := dealer.Rate(m.Material(admin, "Newspaper", "kg", "5"), "44600", "15.00")
	address := apptest.Address()
	address["lat"], address["lng"] = "27.7000", "85.3200"
	home := household.Post("/v1/me/addresses", address).Want(201).Str("id")
	household.Post("/v1/cart/rates", M{"rate": rate, "quantity": "10"}).Want(201)
	order := household.Post("/v1/checkouts/buyback", M{"address_id": home, "pickup_date": "2026-10-03", "pickup_slot": "8am - 1pm", "expected_total": "159.00"}).Want(201).Str("orders.0.id")
	dealer.Owner.Post("/v1/orders/{}/accept", nil, order).Want(200)
	job := dealer.Owner.Post("/v1/deliveries", M{"order": order, "fee": "10.00"}).Want(201).Str("id")
	c.Post("/v1/deliveries/{}/claim", nil, job).Want(200)
	otp := household.Get("/v1/orders/", order, "/otp").Want(200).Str("otp")
	weigh := func(otp string) {
		w.eval(`document.querySelector('.job details').open = true`, nil)
		w.eval(`document.querySelector('[data-line]').value = ''; document.querySelector('[name=otp]').value = ''`, nil)
		w.run(chromedp.SendKeys(`[data-line]`, "9", chromedp.ByQuery), chromedp.SendKeys(`[name=otp]`, otp, chromedp.ByQuery))
		w.click(`[data-step=pickup] button.full`).until(shownState + ` === 'picked_up'`)
	}
	w.visit("/courier").until(shownState + ` === 'assigned'`).look().picture("weighing")
	l.cut.Store(true)
	weigh("000000")
	l.cut.Store(false)
	w.click(`#send`).until(`document.getElementById('refusals')?.textContent.includes('password is wrong') && ` + shownState + ` === 'assigned'`)
	household.Get("/v1/orders/", order, "/otp").Want(200).Is("tries_left", 4)
	w.click(`#refusals button`)
	l.cut.Store(true)
	weigh(otp)
	w.run(chromedp.Reload())
	w.until(shownState + ` === 'picked_up'`)
	l.cut.Store(false)
	w.click(`#send`).until(`document.getElementById('waits')?.hidden`)
	household.Get("/v1/orders/", order).Want(200).Is("state", "completed").Is("buyback.receipt.paid", "135.00")
	dealer.Owner.Post("/v1/deliveries/{}/deliver", M{}, job).Want(200)
	o := b.tab("sending-dealer", "en", phone, false)
	o.signIn(dealer.Owner).visit("/sell/" + dealer.ID + "/pickups/" + order).picture("fetched")
	w.visit("/courier/profile").picture("profile")
}
