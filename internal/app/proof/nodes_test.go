package proof_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/db/dbtest"
)

// pair is two nodes of one market: two processes with folders of their own, one key and one database.
type pair struct {
	*testing.T
	ground
	nodes   [2]*node
	http    *http.Client
	buyers  []*shopper
	variant string // of which there are a few
	plenty  string
}

const lastUnits = 15

func newPair(t *testing.T) *pair {
	t.Helper()
	p := &pair{T: t, ground: newGround(t, db.Postgres), http: &http.Client{Timeout: deadline, Transport: &http.Transport{MaxIdleConnsPerHost: 64}}}
	stage(t, "opening", func(t *testing.T) {
		m := p.market(t, 0)
		st := m.Store()
		_, p.variant = st.Product("Last lamps", "10.00", lastUnits)
		_, p.plenty = st.Product("Wicks", "10.00", 10_000)
		for i := range 16 {
			b, address := m.Buyer()
			m.Fund(b, 1_000_00)
			p.buyers = append(p.buyers, &shopper{name: fmt.Sprintf("buyer-%d", i), account: b.ID, token: b.Token, address: address})
		}
	})
	for i := range p.nodes {
		g := p.ground
		g.KeyFile = filepath.Join(p.Data, "secret.key") // the same on every node
		g.Data = filepath.Join(t.TempDir(), "node")
		p.nodes[i] = g.serve(t)
	}
	return p
}

// buy checks out at one of the nodes, as a good client does: told that the market is busy, it asks again.
func (p *pair) buy(node int, s *shopper, variant, method, key string) (got answer, err error) {
	body := checkout(variant, s.address, method, "10.00", 1)
	body["note"] = key
	r := request{"POST", "/v1/checkouts", s.token, key, body}
	for range 100 {
		if got, err = r.send(p.http, p.nodes[node].url); err != nil || !got.busy() {
			return got, err
		}
		time.Sleep(20 * time.Millisecond)
	}
	return got, fmt.Errorf("still busy: %v", got)
}

// together makes n calls at once.
func together(t *testing.T, n int, call func(i int) (answer, error)) []answer {
	t.Helper()
	out, errs := make([]answer, n), make([]error, n)
	gate := make(chan struct{})
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			<-gate
			out[i], errs[i] = call(i)
		})
	}
	close(gate)
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// leads asks a node whether it leads.
func (p *pair) leads(n *node) bool {
	p.Helper()
	res, err := p.http.Get(n.metrics + "/metrics")
	if err != nil {
		p.Fatal(err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		p.Fatal(err)
	}
	switch text := string(raw); {
	case strings.Contains(text, "\nhaat_leader 1\n"):
		return true
	case !strings.Contains(text, "\nhaat_leader 0\n"):
		p.Fatal("the node does not say whether it leads")
	}
	return false
}

// eventually waits for something that the market does by itself.
func (p *pair) eventually(what string, is func() bool) {
	p.Helper()
	for end := time.Now().Add(deadline); !is(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			p.Fatalf("not in time: %s", what)
		}
	}
}

// leader gives the node that leads, and the other.
func (p *pair) leader() (leader, other int) {
	p.Helper()
	p.eventually("a node leads", func() bool { return p.leads(p.nodes[0]) || p.leads(p.nodes[1]) })
	if p.leads(p.nodes[1]) {
		return 1, 0
	}
	return 0, 1
}

// Two nodes sell the goods of one market: one request that comes to both is done once, the last units are sold exactly,
// one node leads, and when it dies the other does its work.
func TestTwoNodesAreOneMarket(t *testing.T) {
	if dbtest.EmptyPostgres(t) == "" {
		t.Log("no PostgreSQL here: a file has one node")
		return
	}
	p := newPair(t)
	leader, other := p.leader()
	if p.leads(p.nodes[other]) {
		t.Fatal("both nodes lead")
	}
	p.oneKeyAtBothNodes()
	p.lastUnitsAtBothNodes()
	if !p.leads(p.nodes[leader]) || p.leads(p.nodes[other]) {
		t.Error("the lead went from one node to the other without need")
	}
	p.leaderDies(leader, other)
	p.nodes[other].stop(t)
	stage(t, "books", func(t *testing.T) { clean(t, build(t, p.db(t))) })
}

func (p *pair) oneKeyAtBothNodes() {
	p.Helper()
	for n, s := range p.buyers[:4] {
		key := fmt.Sprintf("one-key-for-two-nodes-%d", n)
		answers := together(p.T, 12, func(i int) (answer, error) { return p.buy(i%2, s, p.plenty, "wallet", key) })
		fresh := 0
		for _, a := range answers {
			if a.status != 201 || a.text("id") != answers[0].text("id") {
				p.Errorf("another answer: %v", a)
			}
			if !a.replayed {
				fresh++
			}
		}
		if fresh != 1 {
			p.Errorf("%d of the answers were first ones", fresh)
		}
		// The other node knows it at once, and so does the purse.
		for _, node := range p.nodes {
			got, err := request{method: "GET", path: "/v1/orders", token: s.token}.send(p.http, node.url)
			if items, _ := got.body["items"].([]any); err != nil || len(items) != 1 {
				p.Errorf("%d orders: %v %v", len(items), got, err)
			}
			got, err = request{method: "GET", path: "/v1/wallet", token: s.token}.send(p.http, node.url)
			if err != nil || got.text("balance") != "990.00" {
				p.Errorf("wallet: %v %v", got, err)
			}
		}
	}
}

func (p *pair) lastUnitsAtBothNodes() {
	p.Helper()
	answers := together(p.T, 4*len(p.buyers), func(i int) (answer, error) {
		return p.buy(i%2, p.buyers[i/4], p.variant, []string{"wallet", "cod"}[i/2%2], fmt.Sprintf("the-last-units-%04d", i))
	})
	sold := 0
	for _, a := range answers {
		switch {
		case a.status == 201:
			sold++
		case a.status != 409 || a.text("code") != "out_of_stock":
			p.Errorf("refused with %v", a)
		}
	}
	if sold != lastUnits {
		p.Errorf("%d of %d units were sold", sold, lastUnits)
	}
}

// leaderDies kills the leader while checkouts wait for money that does not come. The other takes over and ends them.
func (p *pair) leaderDies(leader, other int) {
	p.Helper()
	var orders []string
	for i, s := range p.buyers[:6] {
		got, err := p.buy(i%2, s, p.plenty, "gateway", fmt.Sprintf("never-to-be-paid-%04d", i))
		if err != nil || got.status != 201 {
			p.Fatalf("%v %v", got, err)
		}
		list, _ := got.body["orders"].([]any)
		first, _ := list[0].(M)
		orders = append(orders, text(first, "id"))
	}
	d, err := db.Open(context.Background(), db.Config{URL: p.Database.Reveal(), Schema: schema, Log: dbtest.Quiet})
	if err != nil {
		p.Fatal(err)
	}
	p.Cleanup(func() {
		if err := d.Close(); err != nil {
			p.Error(err)
		}
	})
	fence := func() int64 { return dbtest.One[int64](p.T, d, "SELECT fence FROM leases WHERE name = 'leader'") }
	before := fence()
	p.nodes[leader].kill()
	// The quarter of an hour is over.
	if n := dbtest.Exec(p.T, d, "UPDATE payments SET window_until = created_at WHERE state = 'pending' AND method = 'gateway'"); n != int64(len(orders)) {
		p.Fatalf("%d payments wait, want %d", n, len(orders))
	}
	p.eventually("the other node leads", func() bool { return p.leads(p.nodes[other]) })
	if after := fence(); after <= before {
		p.Errorf("the lease went over with number %d, after %d", after, before)
	}
	for i, id := range orders {
		r := request{method: "GET", path: "/v1/orders/" + id, token: p.buyers[i].token}
		p.eventually("an unpaid order is cancelled", func() bool {
			got, err := r.send(p.http, p.nodes[other].url)
			if err != nil || got.status != 200 {
				p.Fatalf("%v %v", got, err)
			}
			return got.text("state") == "cancelled" && got.text("cancel_reason") == "payment_expired"
		})
	}
	p.eventually("events are numbered", func() bool { return dbtest.One[int64](p.T, d, "SELECT COUNT(*) FROM events WHERE seq IS NULL") == 0 })
	if got, err := p.buy(other, p.buyers[0], p.plenty, "wallet", "life-goes-on-after-it"); err != nil || got.status != 201 {
		p.Errorf("%v %v", got, err)
	}
}
