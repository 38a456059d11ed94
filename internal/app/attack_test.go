package app_test

import (
	"fmt"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/haat-market/haat/internal/apptest"
	"github.com/haat-market/haat/internal/platform/db/dbtest"
)

// Whoever asks for a link to be mailed to somebody else does not choose where it leads.
func TestMailedLinksLeadToThisMarketOnly(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		me := m.Person("customer")
		thief := m.Anonymous().With("Host", "evil.example").With("X-Forwarded-Host", "evil.example").
			With("Forwarded", "host=evil.example").With("X-Forwarded-Proto", "gopher").With("Origin", "https://evil.example").With("Referer", "https://evil.example/")
		thief.Post("/v1/auth/password/forgot", M{"email": me.Email}).Want(202)
		thief.Post("/v1/auth/signup", M{"email": "new@example.org", "password": "a good password", "name": "New", "role": "customer"}).Want(202)
		m.RunJobs()
		links := 0
		for _, mail := range m.Mail.Sent() {
			if strings.Contains(mail.Text+mail.Subject, "evil.example") {
				t.Errorf("%s", mail.Text)
			}
			links += strings.Count(mail.Text, "http")
		}
		if links < 2 {
			t.Errorf("%d links were mailed", links)
		}
	})
}

// Fifty guesses at once are slowed down, and its owner is not locked out by them.
func TestFiftyWrongPasswordsAtOnce(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		me := m.Person("customer")
		counts := map[int]int{}
		var mu sync.Mutex
		var all sync.WaitGroup
		for i := range 50 {
			all.Go(func() {
				a, err := m.Anonymous().Try("POST", "/v1/auth/login", M{"email": me.Email, "password": fmt.Sprintf("guess number %d", i)})
				mu.Lock()
				defer mu.Unlock()
				if err != nil {
					t.Error(err)
					return
				}
				counts[a.Status]++
				if a.Status == 200 {
					t.Error("a guess was right")
				}
				if (a.Status == 429 || a.Status == 503) && a.Header.Get("Retry-After") == "" {
					t.Errorf("%d without Retry-After", a.Status)
				}
			})
		}
		all.Wait()
		if counts[401] == 0 || counts[401] > 20 || counts[401]+counts[429]+counts[503] != 50 {
			t.Errorf("answers by status: %v", counts)
		}
		me.Get("/v1/me").Want(200) // who is in stays in
		m.Clock.Advance(15 * time.Minute)
		m.Anonymous().Post("/v1/auth/login", M{"email": me.Email, "password": apptest.Password}).Want(200)
	})
}

// An account that asks to move to an address learns nothing of who has it.
func TestEmailChangeTellsNotWhoHasAnAddress(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		known := m.Person("customer")
		answers := map[string]string{}
		for _, email := range []string{known.Email, "nobody" + known.Email} {
			me := m.Person("customer")
			jobs := func() int64 {
				return dbtest.One[int64](t, m.DB, "SELECT COUNT(*) FROM jobs WHERE kind = 'identity.mail'")
			}
			before := jobs()
			a := me.Post("/v1/me/email", M{"email": email, "password": apptest.Password})
			body := regexp.MustCompile(`req_[a-z2-7]+`).ReplaceAllString(string(a.Body), "req_")
			answers[email] = fmt.Sprintf("status %d, %d jobs: %s", a.Status, jobs()-before, body)
		}
		if one, two := answers[known.Email], answers["nobody"+known.Email]; one != two {
			t.Errorf("a known address (%s) is told from another (%s)", one, two)
		}
	})
}

// What a suspended store sells is in no list, search, cart or checkout; what it owes its buyers goes on.
func TestSuspendedStore(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		admin, s := m.Person("admin"), m.Store()
		product, variant := s.Product("Copper kettle", "45.00", 9)
		buyer, address := m.Buyer()
		m.Fund(buyer, 100_00)
		order := buyer.Post("/v1/checkouts", M{"direct": M{"variant": variant, "quantity": 1}, "address_id": address, "payment_method": "wallet", "expected_total": "45.00"}).Want(201).Str("orders.0.id")
		buyer.Post("/v1/cart/lines", M{"variant": variant, "quantity": 1}).Want(201)
		m.Sweep("catalog.follow")

		lists := []string{"/v1/products", "/v1/products?q=kettle", "/v1/products?store=" + s.ID, "/v1/stores", "/v1/products?in_stock=true&sort=price"}
		listed := func(want int) {
			t.Helper()
			for _, path := range lists {
				if n := m.Anonymous().Get(path).Want(200).Len("items"); n != want {
					t.Errorf("%s lists %d, not %d", path, n, want)
				}
			}
		}
		listed(1)
		admin.Post("/v1/stores/{}/suspend", M{"reason": "counterfeit goods"}, s.ID).Want(200)
		m.Sweep("catalog.follow")
		listed(0)
		m.Anonymous().Get("/v1/products/", product).Want(404)
		m.Anonymous().Get("/v1/stores/", s.ID).Want(404)
		buyer.Post("/v1/cart/lines", M{"variant": variant, "quantity": 1}).Want(409)
		if a := buyer.Get("/v1/cart").Want(200); a.At("lines.0.available") != false && a.Len("lines.0.issues") == 0 {
			t.Errorf("the cart says nothing of it: %s", a.Body)
		}
		if a := buyer.Post("/v1/checkouts", M{"address_id": address, "payment_method": "wallet", "expected_total": "45.00"}); a.Status != 409 {
			t.Errorf("a suspended store's goods were ordered: %s", a.Body)
		}
		if a := buyer.Post("/v1/checkouts", M{"direct": M{"variant": variant, "quantity": 1}, "address_id": address, "payment_method": "wallet", "expected_total": "45.00"}); a.Status != 409 && a.Status != 404 {
			t.Errorf("a suspended store's goods were ordered at once: %s", a.Body)
		}

		// The open order is finished.
		s.Owner.Post("/v1/orders/{}/process", nil, order).Want(200)
		s.Owner.Post("/v1/orders/{}/ship", M{}, order).Want(200)
		s.Owner.Post("/v1/orders/{}/deliver", nil, order).Want(200)
		buyer.Post("/v1/orders/{}/complete", nil, order).Want(200).Is("state", "completed")
		admin.Post("/v1/stores/{}/reinstate", nil, s.ID).Want(200)
		m.Sweep("catalog.follow")
		listed(1)
	})
}
