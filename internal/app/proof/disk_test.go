package proof_test

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/haat-market/haat/internal/apptest"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/db/dbtest"
)

// shop is a market in one file that is opened again and again.
type shop struct {
	file, variant string
	buyers        []*apptest.Client
	addresses     []string
}

// open opens the file and builds a market on it, until the end of the test.
func (s *shop) open(t *testing.T, cfg db.Config) *apptest.Market {
	t.Helper()
	cfg.File, cfg.Schema = s.file, schema
	d := dbtest.Open(t, db.Embedded, cfg)
	if _, err := d.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return apptest.On(t, d)
}

// stage runs one part of a story. Where it fails, the story ends.
func stage(t *testing.T, name string, f func(t *testing.T)) {
	t.Helper()
	if !t.Run(name, f) {
		t.FailNow()
	}
}

func newShop(t *testing.T, buyers int) *shop {
	t.Helper()
	s := &shop{file: filepath.Join(t.TempDir(), "haat.db")}
	stage(t, "opening", func(t *testing.T) {
		m := s.open(t, db.Config{})
		m.Person("admin").Patch("/v1/settings", M{"max_unpaid_checkouts": 100}).Want(200)
		_, s.variant = m.Store().Product("Lamp", "10.00", 1_000_000)
		for range buyers {
			b, address := m.Buyer()
			m.Fund(b, 100_000_000)
			s.buyers, s.addresses = append(s.buyers, b), append(s.addresses, address)
		}
	})
	return s
}

var methods = []string{"wallet", "cod", "gateway"}

// buy checks out under a key, which is the note too, so that a test can look for it.
func (s *shop) buy(c *apptest.Client, buyer int, key, method string) (*apptest.Answer, error) {
	body := checkout(s.variant, s.addresses[buyer], method, "10.00", 1)
	body["note"] = key
	return c.Key(key).Try("POST", "/v1/checkouts", body)
}

// The disk fills up while many buy: who was told 201 has his order, who was told otherwise has none, and when there is
// room again the market goes on where it stood.
func TestDiskFullInTheMiddle(t *testing.T) {
	const people = 8
	s := newShop(t, people)
	info, err := os.Stat(s.file)
	if err != nil {
		t.Fatal(err)
	}
	type done struct{ buyer, key, method, order string }
	var mu sync.Mutex
	var bought []done
	refused := map[string]int{} // key → buyer
	stage(t, "full", func(t *testing.T) {
		m := s.open(t, db.Config{MaxPages: int(info.Size()/4096) + 80})
		clients := make([]*apptest.Client, people)
		for i, b := range s.buyers {
			clients[i] = m.SignIn(b)
		}
		var full atomic.Int64
		var wg sync.WaitGroup
		for i, c := range clients {
			wg.Go(func() {
				for n := 0; full.Load() < 3*people && n < 500; n++ {
					key, method := fmt.Sprintf("disk-full-%02d-%04d", i, n), methods[n%len(methods)]
					a, err := s.buy(c, i, key, method)
					if err != nil {
						t.Error(err)
						return
					}
					mu.Lock()
					switch {
					case a.Status == 201:
						bought = append(bought, done{c.ID, key, method, a.Str("orders.0.id")})
					case a.Status == 503 && a.Str("code") == "disk_full":
						full.Add(1)
						refused[key] = i
					default:
						t.Errorf("status %d: %s", a.Status, a.Body)
					}
					mu.Unlock()
				}
			})
		}
		wg.Wait()
		if len(bought) < 10 || full.Load() < 3*people {
			t.Fatalf("%d bought and %d refused for want of room: this proves nothing", len(bought), full.Load())
		}
		for i, c := range clients { // what is there can be read
			c.Get("/v1/orders").Want(200)
			if a, err := s.buy(c, i, fmt.Sprintf("disk-full-%02d-last", i), "wallet"); err != nil || a.Status != 503 {
				t.Errorf("there is room again? %v %v", a, err)
			}
		}
	})
	t.Logf("%d bought, %d refused", len(bought), len(refused))
	stage(t, "room again", func(t *testing.T) {
		m := s.open(t, db.Config{})
		if n := dbtest.One[int64](t, m.DB, "SELECT COUNT(*) FROM checkouts"); n != int64(len(bought)) {
			t.Errorf("%d checkouts are there, %d were answered", n, len(bought))
		}
		states := map[string]string{"wallet": "confirmed", "cod": "pending", "gateway": "awaiting_payment"}
		for _, d := range bought {
			state := dbtest.One[string](t, m.DB, "SELECT o.state FROM orders o JOIN checkouts c ON c.id = o.checkout_id WHERE o.public_id = $1 AND c.note = $2 AND c.account = $3", d.order, d.key, d.buyer)
			if state != states[d.method] {
				t.Errorf("order %s is %s", d.order, state)
			}
		}
		clients := make([]*apptest.Client, people)
		for i, b := range s.buyers {
			clients[i] = m.SignIn(b)
		}
		for key, i := range refused {
			a, err := s.buy(clients[i], i, key, "wallet")
			if err != nil || a.Status == 422 { // another body than the first time is no other try: nothing was stored
				t.Fatalf("%s: %v %v", key, a, err)
			}
			a.Want(201)
		}
		if n := dbtest.One[int64](t, m.DB, "SELECT COUNT(*) FROM checkouts"); n != int64(len(bought)+len(refused)) {
			t.Errorf("%d checkouts are there, want %d", n, len(bought)+len(refused))
		}
	})
}

// copyAside copies the database as it lies on the disk this moment, its log included.
func copyAside(file, to string) error {
	for _, end := range []string{"", "-wal"} {
		in, err := os.Open(file + end)
		if err != nil {
			return err
		}
		defer in.Close()
		out, err := os.OpenFile(filepath.Join(to, "haat.db"+end), os.O_CREATE|os.O_WRONLY|os.O_EXCL, 0o600)
		if err != nil {
			return err
		}
		defer out.Close()
		if _, err := io.Copy(out, in); err != nil {
			return err
		}
	}
	return nil
}

// When an answer arrives, what it says is in the file: a copy made at that moment, beside others who go on buying, has
// the order, in that state, and its books agree.
func TestAnAnswerIsOnTheDisk(t *testing.T) {
	const people, rounds = 4, 3
	s := newShop(t, people)
	type claim struct{ folder, order, state string }
	claims := make([][]claim, people)
	stage(t, "answers", func(t *testing.T) {
		m := s.open(t, db.Config{WALGate: 1 << 40}) // the log is only added to, so that a copy of it is a moment
		var wg sync.WaitGroup
		for i, b := range s.buyers {
			c := m.SignIn(b)
			// said copies what is there when an answer says that an order is in a state.
			said := func(a *apptest.Answer, err error, status int, order, state string) bool {
				if err != nil || a.Status != status {
					t.Errorf("%v, %v", a, err)
					return false
				}
				folder := filepath.Join(filepath.Dir(s.file), fmt.Sprintf("copy-%d-%d", i, len(claims[i])))
				err = os.Mkdir(folder, 0o700)
				if err == nil {
					err = copyAside(s.file, folder)
				}
				if err != nil {
					t.Error(err)
					return false
				}
				if order == "" {
					order = a.Str("orders.0.id")
				}
				claims[i] = append(claims[i], claim{folder, order, state})
				return true
			}
			wg.Go(func() {
				for n := range rounds {
					a, err := s.buy(c, i, fmt.Sprintf("on-the-disk-%02d-%04d", i, n), "gateway")
					if !said(a, err, 201, "", "awaiting_payment") {
						return
					}
					order := a.Str("orders.0.id")
					a, err = c.Try("POST", "/v1/payments/"+a.Str("payment.id")+"/attempts", card(goodCard))
					if !said(a, err, 201, order, "confirmed") {
						return
					}
					a, err = c.Try("POST", "/v1/orders/"+order+"/cancel", nil)
					if !said(a, err, 200, order, "cancelled") {
						return
					}
				}
			})
		}
		wg.Wait()
	})
	for _, list := range claims {
		for _, c := range list {
			m := &shop{file: filepath.Join(c.folder, "haat.db")}
			stage(t, filepath.Base(c.folder), func(t *testing.T) { m.holds(t, c.order, c.state) })
		}
	}
}

// holds fails the test unless the file has the order in that state and its books agree.
func (s *shop) holds(t *testing.T, order, state string) {
	t.Helper()
	d, err := db.Open(context.Background(), db.Config{File: s.file, Schema: schema, Log: dbtest.Quiet})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	if got := dbtest.One[string](t, d, "SELECT state FROM orders WHERE public_id = $1", order); got != state {
		t.Errorf("order %s is %s in the copy, the answer said %s", order, got, state)
	}
	clean(t, build(t, d))
}
