package main

import (
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

const password = "correct horse battery"

// person adds an account by the command and signs it in.
func (p place) person(t *testing.T, s *server, name string, roles ...string) (token string) {
	t.Helper()
	args := append([]string{"account", "add", "--email", name + "@example.org", "--name", "Asha Rai", "--password-stdin"}, p.flags...)
	for _, r := range roles {
		args = append(args, "--role", r)
	}
	haatWith(t, password+"\n", args...).ok(t)
	return s.signIn(name)
}

func (s *server) signIn(name string) string {
	s.t.Helper()
	out := s.must(200, "POST", "/v1/auth/login", "", m{"email": name + "@example.org", "password": password})
	token, _ := out["access_token"].(string)
	return token
}

// goods opens a store with one thing to buy, and says which variant that is.
func (p place) goods(t *testing.T, s *server, stock int) (variant string) {
	t.Helper()
	seller := p.person(t, s, "seller", "customer", "seller")
	store := s.must(201, "POST", "/v1/stores", seller, m{"name": "Ilam Tea House", "sells": true})
	id := fmt.Sprint(store["id"])
	s.must(200, "POST", "/v1/stores/"+id+"/publish", seller, nil)
	product := s.must(201, "POST", "/v1/stores/"+id+"/products", seller, m{
		"title": "Ilam <b>tea</b>", "variants": []m{{"price": "450.00", "sku": "TEA-1", "track_stock": true, "stock": stock}},
	})
	s.must(200, "POST", fmt.Sprintf("/v1/products/%v/publish", product["id"]), seller, nil)
	variant, _ = product["variants"].([]any)[0].(m)["id"].(string)
	return variant
}

// buyer is a customer with an address.
type buyer struct{ token, address string }

func (p place) buyer(t *testing.T, s *server) buyer {
	t.Helper()
	token := p.person(t, s, "buyer")
	out := s.must(201, "POST", "/v1/me/addresses", token, m{
		"name": "Asha Rai", "phone": "+9779800000001", "line1": "12 Bazaar Road", "city": "Kathmandu", "country": "NP", "postal_code": "44600",
	})
	return buyer{token, fmt.Sprint(out["id"])}
}

// order buys one, to be paid at the door, and gives the order's id.
func (s *server) order(b buyer, variant string) (id string, err error) {
	status, out, err := s.call("POST", "/v1/checkouts", b.token, m{
		"direct": m{"variant": variant, "quantity": 1}, "payment_method": "cod", "expected_total": "450.00", "address_id": b.address,
	})
	if err != nil {
		return "", err
	}
	if status != http.StatusCreated {
		return "", fmt.Errorf("status %d: %v", status, out)
	}
	id, _ = out["orders"].([]any)[0].(m)["id"].(string)
	return id, nil
}

// load has people order as fast as they can until it is stopped.
func (s *server) load(b buyer, variant string, people int) *load {
	l := &load{t: s.t}
	for range people {
		l.all.Go(func() {
			for !l.over.Load() {
				id, err := s.order(b, variant)
				l.note(id, err)
				if err != nil {
					time.Sleep(20 * time.Millisecond)
				}
			}
		})
	}
	return l
}

// load is people who buy until they are stopped.
type load struct {
	t        *testing.T
	all      sync.WaitGroup
	over     atomic.Bool
	mu       sync.Mutex
	answered []string
	refused  error // the first one
}

func (l *load) note(id string, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case err == nil:
		l.answered = append(l.answered, id)
	case l.refused == nil:
		l.refused = err
	}
}

// until waits for n orders that were answered, however slow the machine is.
func (l *load) until(n int) {
	l.t.Helper()
	for end := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
		l.mu.Lock()
		have, refused := len(l.answered), l.refused
		l.mu.Unlock()
		if have >= n {
			return
		}
		if time.Now().After(end) {
			l.t.Fatalf("only %d orders were answered in a minute; the first refusal: %v", have, refused)
		}
	}
}

// stop lets everybody finish and gives the orders that were answered.
func (l *load) stop() []string {
	l.over.Store(true)
	l.all.Wait()
	if l.refused != nil {
		l.t.Logf("the first refusal: %v", l.refused)
	}
	return l.answered
}
