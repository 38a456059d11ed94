package proof_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/db/dbtest"
)

const (
	kills     = 20
	people    = 8
	passersBy = 2
	fortune   = 1_000_000_00 // in every wallet
	stockOf   = 1_000_000    // of every variant
	perStore  = 2
	storesOf  = 2
	lifeOf    = 40 // answers, after which a server is killed
	lifeLimit = 1500 * time.Millisecond
)

// gather opens a market with stores and people who are signed in.
func (g ground) gather(t *testing.T) *crowd {
	t.Helper()
	c := &crowd{http: &http.Client{Timeout: deadline, Transport: &http.Transport{MaxIdleConnsPerHost: 2 * people}}}
	stage(t, "gathering", func(t *testing.T) {
		m := g.market(t, 0)
		m.Person("admin").Patch("/v1/settings", M{"max_unpaid_checkouts": 100, "platform_fee_bp": 250}).Want(200)
		for range storesOf {
			st := m.Store()
			var goods []string
			for i := range perStore {
				own := fmt.Sprintf("%d.00", price)
				if i > 0 {
					own = fmt.Sprintf("%d.00", 2*price) // at half its price
				}
				p, v := st.Product(fmt.Sprintf("Thing %d", i), own, stockOf)
				if i > 0 {
					st.Owner.Post("/v1/stores/{}/discounts", M{"title": "Half", "percent": "50", "products": []string{p}}, st.ID).Want(201)
				}
				goods = append(goods, v)
			}
			c.goods, c.owners, c.stores = append(c.goods, goods), append(c.owners, st.Owner.Token), append(c.stores, st.ID)
		}
		for i := range people {
			b, address := m.Buyer()
			m.Fund(b, fortune)
			c.shoppers = append(c.shoppers, &shopper{
				crowd: c, name: fmt.Sprintf("shopper-%d", i), account: b.ID, token: b.Token, address: address, keys: map[string]int{},
				rnd: rand.New(rand.NewPCG(uint64(i), 20261122)),
			})
		}
		for i := range passersBy {
			c.passers = append(c.passers, &passer{crowd: c, name: fmt.Sprintf("passer-%d", i), orders: map[string]string{}})
		}
		for i := range c.stores {
			c.clerks = append(c.clerks, &clerk{crowd: c, store: i})
		}
	})
	return c
}

// trade has all of them live at a server, until it is killed or the day is over. kill is called when they had enough
// answers; nil is for a day that ends by itself.
func (c *crowd) trade(t *testing.T, url string, kill func()) {
	t.Helper()
	before := c.answers.Load()
	var lives []func(url string) error
	for _, s := range c.shoppers {
		lives = append(lives, s.live)
	}
	for _, p := range c.passers {
		lives = append(lives, p.live)
	}
	for _, k := range c.clerks {
		lives = append(lives, k.live)
	}
	errs := make([]error, len(lives))
	ended := make(chan struct{})
	var wg sync.WaitGroup
	for i, live := range lives {
		wg.Go(func() { errs[i] = live(url) })
	}
	go func() {
		wg.Wait()
		close(ended)
	}()
	if kill != nil {
		limit := time.After(lifeLimit)
	life:
		for c.answers.Load() < before+lifeOf {
			select {
			case <-limit:
				break life
			case <-ended: // they complain
				break life
			case <-time.After(time.Millisecond):
			}
		}
		time.Sleep(rand.N(100 * time.Millisecond)) // so that deaths come at every point of the work, an import's too
		kill()
	}
	<-ended
	c.http.CloseIdleConnections()
	for _, err := range errs {
		if err != nil {
			t.Error(err)
		}
	}
	if t.Failed() {
		t.FailNow()
	}
}

// A server is killed twenty times in the middle of its work, and opened again on the same data: what was answered is
// there, nothing is there by half, what was not answered is done exactly once when it is asked for again, and the books
// agree every time.
func TestKilledServersLoseNothing(t *testing.T) {
	for _, engine := range dbtest.Engines(t) {
		t.Run(string(engine), func(t *testing.T) {
			g := newGround(t, engine)
			c := g.gather(t)
			for n := range kills {
				server := g.serve(t)
				c.trade(t, server.url, server.kill)
				stage(t, fmt.Sprintf("death-%02d", n+1), func(t *testing.T) {
					d := g.db(t)
					c.check(t, d)
					c.checkOthers(t, d, false)
				})
			}
			server := g.serve(t)
			c.over.Store(true)
			c.trade(t, server.url, nil)
			server.stop(t)
			stage(t, "last judgement", func(t *testing.T) { c.judge(t, g) })
			lost, again, done := 0, 0, 0
			for _, s := range c.shoppers {
				lost, again, done = lost+s.lost, again+s.again, done+s.done
			}
			t.Logf("%d answers, %d lost, %d asked again, of which %d had been done", c.answers.Load(), lost, again, done)
			if c.answers.Load() < 10*kills || lost < 2*kills || again == done || done == 0 {
				t.Errorf("too little was going on for this to prove anything")
			}
		})
	}
}

// facts are what the database says.
type facts struct {
	state, orderNote map[string]string // by order
	note             map[string]string // of a checkout → its id
	orders           map[string]int    // by note
	stored           map[string]string // idempotency key → object
	placed           map[string]int    // events, by order
	inCart           map[string]int    // lines, by account
}

const (
	allOrders = "SELECT o.public_id, o.state, c.public_id, c.note FROM orders o JOIN checkouts c ON c.id = o.checkout_id WHERE o.channel <> 'guest'"
	allKeys   = "SELECT key, object FROM idempotency_keys WHERE operation = 'order.checkout'"
	allPlaced = "SELECT e.subject, e.type FROM events e JOIN orders o ON o.public_id = e.subject WHERE e.type = 'order.placed' AND o.channel <> 'guest'"
	allCarts  = "SELECT a.public_id, l.public_id FROM cart_lines l JOIN carts c ON c.id = l.cart_id JOIN accounts a ON a.id = c.account_id"
)

var _ = dbtest.SQL(allOrders, allKeys, allPlaced, allCarts)

func read(t *testing.T, d *db.DB) (f facts) {
	t.Helper()
	err := d.Read(context.Background(), "test.facts", func(ctx context.Context, tx db.Tx) error {
		f = facts{
			state: map[string]string{}, orderNote: map[string]string{}, note: map[string]string{}, orders: map[string]int{}, stored: map[string]string{},
			placed: map[string]int{}, inCart: map[string]int{},
		}
		each := func(sql string, dest []any, row func()) error {
			rows, err := tx.Query(ctx, sql)
			if err != nil {
				return err
			}
			defer rows.Close()
			for rows.Next() {
				if err := rows.Scan(dest...); err != nil {
					return err
				}
				row()
			}
			return rows.Err()
		}
		var a, b, c, e string
		if err := each(allOrders, []any{&a, &b, &c, &e}, func() {
			f.state[a], f.orderNote[a] = b, e
			f.orders[e]++
			if other, ok := f.note[e]; ok && other != c {
				t.Errorf("the key %s made two checkouts: %s and %s", e, other, c)
			}
			f.note[e] = c
		}); err != nil {
			return err
		}
		if err := each(allKeys, []any{&a, &b}, func() { f.stored[a] = b }); err != nil {
			return err
		}
		if err := each(allPlaced, []any{&a, &b}, func() { f.placed[a]++ }); err != nil {
			return err
		}
		return each(allCarts, []any{&a, &b}, func() { f.inCart[a]++ })
	}, db.Long())
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// check holds what everybody was told against what is there.
func (c *crowd) check(t *testing.T, d *db.DB) {
	t.Helper()
	clean(t, build(t, d))
	f := read(t, d)
	sent := map[string]int{}
	for _, s := range c.shoppers {
		for key, orders := range s.keys {
			sent[key] = orders
		}
		for _, b := range s.bought {
			if state := f.state[b.id]; state != b.state && (b.next == "" || state != b.next) {
				t.Errorf("%s was told that order %s is %s (asked for: %q); it is %q", s.name, b.id, b.state, b.next, state)
			}
		}
		if len(s.queue) > 0 && s.queue[0].inCart > 0 { // a checkout of the cart that was not answered
			left, made := f.inCart[s.account], f.note[s.queue[0].key] != ""
			if made && left != 0 || !made && left != s.queue[0].inCart {
				t.Errorf("%s: a checkout is there: %v, and %d lines are in the cart", s.name, made, left)
			}
		}
	}
	for key, id := range f.note {
		if f.orders[key] != sent[key] {
			t.Errorf("checkout %s has %d orders, want %d (key %s)", id, f.orders[key], sent[key], key)
		}
		if f.stored[key] != id {
			t.Errorf("the key %s made %s and remembers %q", key, id, f.stored[key])
		}
	}
	if len(f.stored) != len(f.note) {
		t.Errorf("%d keys are remembered, there are %d checkouts", len(f.stored), len(f.note))
	}
	for id := range f.state {
		if f.placed[id] != 1 {
			t.Errorf("order %s was placed %d times by the events", id, f.placed[id])
		}
	}
	if len(f.placed) != len(f.state) {
		t.Errorf("events speak of %d orders, there are %d", len(f.placed), len(f.state))
	}
}

// judge lets the market end by itself what the dead servers left, and counts the money and the goods by what the people
// remember.
func (c *crowd) judge(t *testing.T, g ground) {
	t.Helper()
	m := g.market(t, 7*time.Minute) // past the life of every attempt
	m.Sweep("payment.look")
	m.RunJobs()
	m.Sweep("event.number")
	for what, sql := range map[string]string{
		"attempts are still open":                  "SELECT COUNT(*) FROM payment_attempts WHERE state = 'started'",
		"refunds are still open":                   "SELECT COUNT(*) FROM refunds WHERE state <> 'completed'",
		"events have no number":                    "SELECT COUNT(*) FROM events WHERE seq IS NULL",
		"charges of the gateway came to nothing":   "SELECT COUNT(*) FROM test_charges c WHERE c.outcome = '' AND NOT EXISTS (SELECT 1 FROM payment_attempts a WHERE a.public_id = c.attempt AND a.state = 'succeeded')",
		"successes were never charged":             "SELECT COUNT(*) FROM payment_attempts a WHERE a.state = 'succeeded' AND a.gateway = 'test' AND NOT EXISTS (SELECT 1 FROM test_charges c WHERE c.attempt = a.public_id AND c.outcome = '')",
		"refunds were not paid out by the gateway": "SELECT COUNT(*) FROM refunds r WHERE r.destination = 'source' AND NOT EXISTS (SELECT 1 FROM test_refunds x WHERE x.refund = r.public_id)",
	} {
		if n := dbtest.One[int64](t, m.DB, sql); n != 0 {
			t.Errorf("%d %s", n, what)
		}
	}
	c.check(t, m.DB)
	c.checkOthers(t, m.DB, true)
	f := read(t, m.DB)
	sold := map[string]int{}
	states := map[string]int{}
	for _, s := range c.shoppers {
		spent := 0
		for _, b := range s.bought {
			state := f.state[b.id]
			states[state]++
			if state == "cancelled" {
				continue
			}
			sold[b.variant] += b.units
			if b.method == "wallet" {
				spent += b.units * price * 100
			}
		}
		if made := len(s.keys); made != len(f.notesOf(s)) {
			t.Errorf("%s sent %d checkouts, %d are there", s.name, made, len(f.notesOf(s)))
		}
		left := dbtest.One[int64](t, m.DB, "SELECT balance FROM ledger_accounts WHERE key = $1", "wallet:"+s.account+":NPR")
		if left != int64(fortune-spent) {
			t.Errorf("%s spent %d and has %d left of %d", s.name, spent, left, fortune)
		}
	}
	for _, goods := range c.goods {
		for _, v := range goods {
			left := dbtest.One[int64](t, m.DB, "SELECT s.available FROM stock s JOIN variants v ON v.id = s.variant_id WHERE v.public_id = $1", v)
			if left != int64(stockOf-sold[v]) {
				t.Errorf("%d of %s were sold, %d of %d are left", sold[v], v, left, stockOf)
			}
		}
	}
	t.Logf("orders: %v", states)
	for _, state := range []string{"confirmed", "shipped", "delivered", "completed", "cancelled"} {
		if states[state] == 0 {
			t.Errorf("no order is %s: this proves too little", state)
		}
	}
}

// notesOf are the keys of a shopper's checkouts that are there.
func (f facts) notesOf(s *shopper) (out []string) {
	for key := range s.keys {
		if f.note[key] != "" {
			out = append(out, key)
		}
	}
	return out
}
