package ledger

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/job"
)

// model is what the ledger should be: sums in a map.
type model struct {
	books
	run    int
	n      int
	runner *job.Runner

	balance map[Key]int64
	held    map[Key]int64
	holds   map[string]*modelHold
	done    []func() error // every posting that was booked, to be repeated
}

type modelHold struct {
	key     Key
	amount  int64
	state   HoldState
	expires time.Time
}

func (m *model) name(noun string) string { return fmt.Sprintf("%s_%d", noun, m.run) }

func (m *model) reference() string {
	m.n++
	return fmt.Sprintf("run%d/%d", m.run, m.n)
}

func (m *model) wallets() []Key {
	return []Key{Wallet(m.name("a"), "NPR"), Wallet(m.name("b"), "NPR"), Wallet(m.name("c"), "NPR")}
}

func (m *model) escrows() []Key { return []Key{Escrow(m.name("o"), "NPR"), Escrow(m.name("p"), "NPR")} }

func (m *model) store() Key { return StoreEarnings(m.name("s"), "NPR") }

// lowest is what an account may come to by a posting.
func (m *model) lowest(k Key, debt bool) int64 {
	a, err := k.parse()
	m.must(err)
	if debt {
		return a.floor
	}
	return 0
}

// try posts and says whether the model agrees with the answer.
func (m *model) try(t *rapid.T, p Posting, legs ...Leg) {
	ref := m.reference()
	delta := map[Key]int64{}
	debt := map[Key]bool{}
	for _, l := range legs {
		delta[l.From] -= l.Amount
		delta[l.To] += l.Amount
		a, err := l.From.parse()
		m.must(err)
		b, err := l.To.parse()
		m.must(err)
		s, ok := p.allowed(a.kind, b.kind)
		if !ok {
			t.Fatalf("%s has no leg %s to %s", p, l.From, l.To)
		}
		debt[l.From] = s.debt
	}
	enough := true
	for k, d := range delta {
		a, err := k.parse()
		m.must(err)
		if d < 0 && (a.guarded || a.covered) && m.balance[k]-m.held[k]+d < m.lowest(k, debt[k]) {
			enough = false
		}
	}
	post := func() error { return m.post(p, ref, "test", legs...) }
	err := post()
	switch {
	case enough && err != nil:
		t.Fatalf("%s %v: %v", p, legs, err)
	case !enough && !errors.Is(err, ErrInsufficientBalance):
		t.Fatalf("%s %v: got %v, want a refusal", p, legs, err)
	case enough:
		for k, d := range delta {
			m.balance[k] += d
		}
		if len(legs) > 0 && legs[0].Amount > 0 {
			m.done = append(m.done, post)
			other := slices.Clone(legs)
			other[0].Amount++
			if err := m.post(p, ref, "test", other...); !errors.Is(err, ErrReferenceReused) {
				t.Fatalf("%s again with another amount: %v", p, err)
			}
		}
	}
}

func (m *model) actions() map[string]func(*rapid.T) {
	amount := rapid.Int64Range(0, 500)
	pick := func(t *rapid.T, keys []Key) Key { return rapid.SampledFrom(keys).Draw(t, "account") }
	open := func() (out []string) {
		for _, ref := range slices.Sorted(maps.Keys(m.holds)) {
			if m.holds[ref].state == HoldOpen {
				out = append(out, ref)
			}
		}
		return out
	}
	return map[string]func(*rapid.T){
		"open": func(t *rapid.T) {
			m.try(t, OpeningBalance, Leg{From: EquityOpening("NPR"), To: pick(t, m.wallets()), Amount: amount.Draw(t, "amount")})
		},
		"pay": func(t *rapid.T) {
			w := pick(t, m.wallets())
			m.try(t, WalletPays, Leg{From: w, To: m.escrows()[0], Amount: amount.Draw(t, "first")}, Leg{From: w, To: m.escrows()[1], Amount: amount.Draw(t, "second")})
		},
		"buyback": func(t *rapid.T) {
			i := rapid.IntRange(0, 2).Draw(t, "from")
			m.try(t, BuybackByWallet, Leg{From: m.wallets()[i], To: m.wallets()[(i+1)%3], Amount: amount.Draw(t, "amount")})
		},
		"complete": func(t *rapid.T) {
			e := pick(t, m.escrows())
			m.try(t, SaleCompleted, Leg{From: e, To: m.store(), Amount: amount.Draw(t, "goods")}, Leg{From: e, To: PlatformFees("NPR"), Amount: amount.Draw(t, "fee") / 10})
		},
		"refund": func(t *rapid.T) {
			m.try(t, RefundFromEscrow, Leg{From: pick(t, m.escrows()), To: RefundsDue("NPR"), Amount: amount.Draw(t, "amount")})
		},
		"claw back": func(t *rapid.T) {
			m.try(t, RefundFromStore, Leg{From: m.store(), To: RefundsDue("NPR"), Amount: amount.Draw(t, "amount")})
		},
		"repeat": func(t *rapid.T) {
			if len(m.done) == 0 {
				t.Skip()
			}
			if err := rapid.SampledFrom(m.done).Draw(t, "posting")(); err != nil {
				t.Fatalf("a repeat: %v", err)
			}
		},
		"hold": func(t *rapid.T) {
			k := pick(t, append(m.wallets(), m.store()))
			h := &modelHold{key: k, amount: amount.Draw(t, "amount") + 1, state: HoldOpen}
			if rapid.Bool().Draw(t, "expires") {
				h.expires = m.clock.Now().Add(time.Duration(rapid.Int64Range(1, 100).Draw(t, "seconds")) * time.Second)
			}
			ref := m.reference()
			err := m.books.hold(k, h.amount, ref, h.expires)
			if m.balance[k]-m.held[k] < h.amount {
				if !errors.Is(err, ErrInsufficientBalance) {
					t.Fatalf("hold of %d on %s: got %v, want a refusal", h.amount, k, err)
				}
				return
			}
			if err != nil {
				t.Fatalf("hold of %d on %s: %v", h.amount, k, err)
			}
			m.holds[ref] = h
			m.held[k] += h.amount
		},
		"void": func(t *rapid.T) {
			if len(m.holds) == 0 {
				t.Skip()
			}
			ref := rapid.SampledFrom(slices.Sorted(maps.Keys(m.holds))).Draw(t, "hold")
			h := m.holds[ref]
			err := m.void(ref)
			if (h.state == HoldPosted) != errors.Is(err, ErrHoldEnded) || h.state != HoldPosted && err != nil {
				t.Fatalf("void of a hold that is %s: %v", h.state, err)
			}
			if h.state == HoldOpen {
				h.state = HoldVoided
				m.held[h.key] -= h.amount
			}
		},
		"take": func(t *rapid.T) {
			refs := open()
			if len(refs) == 0 {
				t.Skip()
			}
			ref := rapid.SampledFrom(refs).Draw(t, "hold")
			h := m.holds[ref]
			n := rapid.Int64Range(1, h.amount).Draw(t, "amount")
			err := m.take(ref, PayoutApproved, PayoutsTransit("NPR"), n)
			late := !h.expires.IsZero() && !m.clock.Now().Before(h.expires)
			enough := m.balance[h.key]-m.held[h.key]+h.amount >= n
			switch {
			case late && errors.Is(err, ErrHoldEnded), !late && !enough && errors.Is(err, ErrInsufficientBalance):
			case late, !enough, err != nil:
				t.Fatalf("take of %d (late %v, enough %v): %v", n, late, enough, err)
			default:
				h.state = HoldPosted
				m.held[h.key] -= h.amount
				m.balance[h.key] -= n
				m.balance[PayoutsTransit("NPR")] += n
			}
		},
		"time passes": func(t *rapid.T) {
			now := m.clock.Advance(time.Duration(rapid.Int64Range(1, 200).Draw(t, "seconds")) * time.Second)
			if rapid.Bool().Draw(t, "swept") {
				m.sweep(m.runner, "ledger.expire_holds")
				for _, ref := range open() {
					if h := m.holds[ref]; !h.expires.IsZero() && !now.Before(h.expires) {
						h.state = HoldExpired
						m.held[h.key] -= h.amount
					}
				}
			}
			m.sweep(m.runner, "ledger.fold")
		},
		"": func(t *rapid.T) {
			for _, k := range append(append(m.wallets(), m.escrows()...), m.store()) {
				want := Balance{Balance: m.balance[k], Held: m.held[k], Available: m.balance[k] - m.held[k]}
				if got := m.books.balance(k); got != want {
					t.Fatalf("%s: %+v, want %+v", k, got, want)
				}
			}
		},
	}
}

// The ledger against a model: whatever is done in whatever order, balances are what the model says, refusals are the
// model's, and verify finds nothing.
func TestMachine(t *testing.T) {
	each(t, func(t *testing.T, b books) {
		run := 0
		runner := b.sweeps()
		// The market's own accounts live through all runs.
		shared := map[Key]int64{}
		rapid.Check(t, func(t *rapid.T) {
			if run++; b.db.Engine() == db.Postgres && run > 20 {
				return // the rules are the same, a round trip is not
			}
			m := &model{
				books: b, run: run, runner: runner, balance: maps.Clone(shared), held: map[Key]int64{}, holds: map[string]*modelHold{},
			}
			t.Repeat(m.actions())
			for _, k := range []Key{EquityOpening("NPR"), PlatformFees("NPR"), RefundsDue("NPR"), PayoutsTransit("NPR")} {
				shared[k] = m.balance[k]
				if got := b.balance(k).Balance; got != shared[k] {
					t.Fatalf("%s: %d, want %d", k, got, shared[k])
				}
			}
		})
		b.clean()
	})
}
