package proof_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync/atomic"
	"time"
)

// crowd are people who trade without end, and remember all that they were told.
type crowd struct {
	http     *http.Client
	goods    [][]string // variants by store
	owners   []string   // tokens
	stores   []string
	shoppers []*shopper
	passers  []*passer // without an account
	clerks   []*clerk
	answers  atomic.Int64
	over     atomic.Bool // no new deals: only what has begun is ended
}

// shopper is one of them. What he asks for, he asks until he is answered, over the deaths of any number of servers.
type shopper struct {
	*crowd
	name, account, token, address string
	rnd                           *rand.Rand
	queue                         []*ask
	bought                        []*bought
	keys                          map[string]int // of checkouts that were ever sent: how many orders each makes
	lost, again, done             int            // answers that were lost, what was asked again, and what of it had been done
}

// ask is one request and what its answer means.
type ask struct {
	request
	sent   bool   // before, and the answer was lost
	again  func() // instead of sending it a second time
	inCart int    // lines that its checkout takes out of the cart
	done   func(answer) error
}

// bought is an order as its buyer knows it.
type bought struct {
	id, checkout, payment, method string
	store, units                  int
	variant                       string
	state                         string // the last that was told
	next                          string // what it may have become since: something is asked for and not answered
}

const price = 10 // of everything, in whole rupees

// live trades at one server until it dies, or until the day is over and everything that was begun has ended.
func (s *shopper) live(url string) error {
	for _, b := range s.bought[max(0, len(s.bought)-3):] {
		got, err := request{method: "GET", path: "/v1/orders/" + b.id, token: s.token}.send(s.http, url)
		if err != nil {
			return nil // dead already
		}
		if state := got.text("state"); !got.busy() && (got.status != 200 || state != b.state && state != b.next) {
			return fmt.Errorf("%s: order %s was %s and may be %q; now: %v", s.name, b.id, b.state, b.next, got)
		}
	}
	for !s.over.Load() || len(s.queue) > 0 {
		if len(s.queue) == 0 {
			s.plan()
		}
		a := s.queue[0]
		if a.sent && a.again != nil {
			s.queue = nil
			a.again()
			continue
		}
		got, err := a.send(s.http, url)
		if err != nil {
			a.sent = true
			s.lost++
			return nil
		}
		if got.busy() {
			a.sent = true
			time.Sleep(10 * time.Millisecond)
			continue
		}
		if a.sent {
			s.again++
			if got.replayed || got.status == http.StatusConflict {
				s.done++
			}
		}
		s.queue = s.queue[1:]
		s.answers.Add(1)
		if err := a.done(got); err != nil {
			return fmt.Errorf("%s: %s %s (sent before: %v): %w: %v", s.name, a.method, a.path, a.sent, err, got)
		}
	}
	return nil
}

func (s *shopper) push(a *ask) { s.queue = append(s.queue, a) }

func (s *shopper) key() string { return fmt.Sprintf("%s-%d-key-of-a-checkout", s.name, len(s.keys)) }

// plan decides what to do next.
func (s *shopper) plan() {
	switch n := s.rnd.IntN(12); {
	case n < 3:
		s.direct("wallet")
	case n < 5:
		s.cart()
	case n < 8:
		s.direct("gateway")
	default:
		s.step()
	}
}

// direct buys some of one thing.
func (s *shopper) direct(method string) {
	store, units, key := s.rnd.IntN(len(s.goods)), 1+s.rnd.IntN(3), s.key()
	variant := s.goods[store][s.rnd.IntN(len(s.goods[store]))]
	body := checkout(variant, s.address, method, fmt.Sprintf("%d.00", units*price), units)
	body["note"] = key
	s.keys[key] = 1
	s.push(&ask{request: request{"POST", "/v1/checkouts", s.token, key, body}, done: func(got answer) error {
		list, err := s.placed(got, method)
		if err != nil || len(list) != 1 {
			return fmt.Errorf("%d orders: %w", len(list), err)
		}
		list[0].variant, list[0].units = variant, units
		if method == "gateway" {
			s.pay(list[0])
		}
		return nil
	}})
}

// cart buys one thing of each store.
func (s *shopper) cart() {
	key := s.key()
	s.keys[key] = len(s.goods)
	var variants []string
	for _, of := range s.goods {
		variants = append(variants, of[s.rnd.IntN(len(of))])
	}
	s.fill(key, variants)
}

func (s *shopper) fill(key string, variants []string) {
	s.push(&ask{request: request{method: "DELETE", path: "/v1/cart", token: s.token}, done: func(got answer) error { return got.want(204) }})
	for _, v := range variants {
		add := request{"POST", "/v1/cart/lines", s.token, "", M{"variant": v, "quantity": 1}}
		s.push(&ask{request: add, again: func() { s.fill(key, variants) }, done: func(got answer) error { return got.want(201) }})
	}
	body := M{"address_id": s.address, "payment_method": "wallet", "expected_total": fmt.Sprintf("%d.00", len(variants)*price), "note": key}
	s.push(&ask{request: request{"POST", "/v1/checkouts", s.token, key, body}, inCart: len(variants), done: func(got answer) error {
		list, err := s.placed(got, "wallet")
		if err != nil || len(list) != len(variants) {
			return fmt.Errorf("%d orders: %w", len(list), err)
		}
		for _, b := range list {
			b.variant, b.units = variants[b.store], 1
		}
		return nil
	}})
}

func (a answer) want(status int) error {
	if a.status != status {
		return fmt.Errorf("want %d", status)
	}
	return nil
}

// placed remembers the orders of a checkout that was answered.
func (s *shopper) placed(got answer, method string) (list []*bought, err error) {
	if err := got.want(201); err != nil {
		return nil, err
	}
	state := "confirmed"
	if method == "gateway" {
		state = "awaiting_payment"
	}
	payment, _ := got.body["payment"].(M)
	orders, _ := got.body["orders"].([]any)
	for _, o := range orders {
		o, _ := o.(M)
		at, _ := o["store"].(M)
		b := &bought{id: text(o, "id"), checkout: got.text("id"), payment: text(payment, "id"), method: method, state: state}
		for i, id := range s.stores {
			if id == text(at, "id") {
				b.store = i
			}
		}
		if text(o, "state") != state {
			return nil, fmt.Errorf("order %s is %v, want %s", b.id, o["state"], state)
		}
		list = append(list, b)
	}
	s.bought = append(s.bought, list...)
	return list, nil
}

func text(m M, name string) string {
	s, _ := m[name].(string)
	return s
}

// pay pays an open checkout by card, at times with a bad card first, or cancels it.
func (s *shopper) pay(b *bought) {
	switch n := s.rnd.IntN(6); n {
	case 0:
		b.next = "cancelled"
		cancel := request{method: "POST", path: "/v1/checkouts/" + b.checkout + "/cancel", token: s.token}
		a := &ask{request: cancel}
		a.done = func(got answer) error { return b.moved(a, got) }
		s.push(a)
	case 1:
		s.attempt(b, badCard)
	default:
		s.attempt(b, goodCard)
	}
}

func (s *shopper) attempt(b *bought, number string) {
	if number == goodCard {
		b.next = "confirmed"
	}
	key := fmt.Sprintf("%s-%s-attempt", b.payment, number)
	pay := request{"POST", "/v1/payments/" + b.payment + "/attempts", s.token, key, card(number)}
	s.push(&ask{request: pay, done: func(got answer) error {
		switch state := got.text("state"); {
		case got.status == 201 && state == "succeeded" && number == goodCard:
			b.state, b.next = "confirmed", ""
		case got.status == 201 && state == "started": // its server died meanwhile; the market will look what became of it
		case got.status == 402 && number == badCard:
			s.attempt(b, goodCard)
		default:
			return fmt.Errorf("an attempt with %s", number)
		}
		return nil
	}})
}

// step moves an order of his along: his own part, or the store's.
func (s *shopper) step() {
	var movable []*bought
	for _, b := range s.bought {
		if b.next == "" && (b.state == "confirmed" || b.state == "shipped" || b.state == "delivered") {
			movable = append(movable, b)
		}
	}
	if len(movable) == 0 {
		s.direct("wallet")
		return
	}
	b := movable[s.rnd.IntN(len(movable))]
	step, token := "ship", s.owners[b.store]
	switch {
	case b.state == "confirmed" && s.rnd.IntN(3) == 0:
		step, token, b.next = "cancel", s.token, "cancelled"
	case b.state == "confirmed":
		b.next = "shipped"
	case b.state == "shipped":
		step, b.next = "deliver", "delivered"
	default:
		step, token, b.next = "complete", s.token, "completed"
	}
	a := &ask{request: request{method: "POST", path: "/v1/orders/" + b.id + "/" + step, token: token}}
	a.done = func(got answer) error { return b.moved(a, got) }
	s.push(a)
}

// moved notes that the order is where it was to be. A step whose first answer was lost may have been taken then.
func (b *bought) moved(a *ask, got answer) error {
	details, _ := got.body["details"].(M)
	if got.status != 200 && !(a.sent && got.status == 409 && got.text("code") == "wrong_state" && text(details, "state") == b.next) {
		return fmt.Errorf("to be %s", b.next)
	}
	b.state, b.next = b.next, ""
	return nil
}
