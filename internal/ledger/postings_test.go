package ledger

import (
	"fmt"
	"strings"
	"testing"

	"github.com/haat-market/haat/internal/platform/money"
)

// keyOf is some account of a kind.
func keyOf(kind Kind, owner string) Key { return key(kind, owner, "NPR") }

// Every row of the table can be booked: each leg alone, and all legs of a posting together. Afterwards the books agree.
func TestEveryPosting(t *testing.T) {
	each(t, func(t *testing.T, b books) {
		n := 0
		for posting, shapes := range table {
			for _, s := range shapes {
				to := s.to
				if to == anyKind {
					to = KindWallet
				}
				n++
				from, at := keyOf(s.from, fmt.Sprintf("from%d", n)), keyOf(to, fmt.Sprintf("to%d", n))
				if from == at {
					t.Fatalf("%s: %s to itself", posting, from)
				}
				if r := kinds[s.from]; (r.guarded || r.covered) && !s.debt {
					b.must(b.post(OpeningBalance, fmt.Sprintf("fill/%d", n), "x", Leg{From: EquityOpening("NPR"), To: from, Amount: 100}))
				}
				b.must(b.post(posting, fmt.Sprintf("leg/%d", n), "x", Leg{From: from, To: at, Amount: 100}))
			}
		}
		b.clean()
	})
}

// The table itself: what it says of debt, and that no kind is out of reach.
func TestTable(t *testing.T) {
	used := map[Kind]bool{}
	seen := map[string]bool{}
	for _, r := range Rows() {
		used[r.From], used[r.To] = true, true
		id := fmt.Sprint(r.Posting, r.From, r.To)
		if seen[id] {
			t.Errorf("%s has two legs from %s to %s: which kind would it be?", r.Posting, r.From, r.To)
		}
		seen[id] = true
		if _, ok := kinds[r.From]; !ok {
			t.Errorf("%s: unknown kind %s", r.Posting, r.From)
		}
		if _, ok := kinds[r.To]; !ok && r.To != anyKind {
			t.Errorf("%s: unknown kind %s", r.Posting, r.To)
		}
	}
	for kind, r := range kinds {
		if !used[kind] {
			t.Errorf("no posting moves money of %s", kind)
		}
		if !r.guarded && r.floor != 0 || kind == KindWallet && r.floor != 0 {
			t.Errorf("%s: floor %d", kind, r.floor)
		}
	}
	for posting, shapes := range table {
		for _, s := range shapes {
			if s.debt && kinds[s.from].floor == 0 {
				t.Errorf("%s: %s may make debt but has no room for it", posting, s.from)
			}
		}
		// A payout never makes debt: it is money that leaves the market.
		if strings.HasPrefix(string(posting), "payout") {
			for _, s := range shapes {
				if s.debt {
					t.Errorf("%s makes debt", posting)
				}
			}
		}
	}
}

func TestKeys(t *testing.T) {
	for _, k := range []struct {
		key   Key
		text  string
		kind  Kind
		owner string
	}{
		{Wallet("acc_1", "NPR"), "wallet:acc_1:NPR", KindWallet, "acc_1"},
		{Escrow("ord_1", "INR"), "escrow:ord_1:INR", KindEscrow, "ord_1"},
		{StoreEarnings("sto_1", "NPR"), "store:sto_1:earnings:NPR", KindStoreEarnings, "sto_1"},
		{CourierEarnings("acc_1", "NPR"), "courier:acc_1:earnings:NPR", KindCourierEarnings, "acc_1"},
		{CourierCash("acc_1", "NPR"), "courier:acc_1:cash:NPR", KindCourierCash, "acc_1"},
		{Gateway("khalti", "NPR"), "gateway:khalti:NPR", KindGateway, "khalti"},
		{Bank("JPY"), "bank:JPY", KindBank, ""},
		{RefundsDue("NPR"), "refunds:due:NPR", KindRefundsDue, ""},
		{EquityOpening("NPR"), "equity:opening:NPR", KindOpening, ""},
	} {
		if string(k.key) != k.text || k.key.Kind() != k.kind || k.key.Owner() != k.owner {
			t.Errorf("%s is %s of kind %s, owner %q", k.text, k.key, k.key.Kind(), k.key.Owner())
		}
	}
	for _, bad := range []Key{
		"", ":", "NPR", "bank", "bank:", "bank:npr", "bank:XXX", ":NPR", "wallet::NPR", "wallet:a b:NPR", "wallet:a:b:NPR", "wallet:A:NPR",
		"store::earnings:NPR", "store:a:earnings", "store:a:cash:NPR", "escrow:*:NPR", "bank:NPR:NPR", "wallet:a':NPR", "wallet:\x00:NPR",
		Key("wallet:" + strings.Repeat("a", 100) + ":NPR"),
	} {
		if kind := bad.Kind(); kind != "" {
			t.Errorf("%q is taken for a %s", bad, kind)
		}
	}
	for kind, r := range kinds {
		k := keyOf(kind, "x1")
		if k.Kind() != kind {
			t.Errorf("%s is taken for a %s, not a %s", k, k.Kind(), kind)
		}
		if r.many != strings.Contains(r.pattern, "*") && kind != KindGateway {
			t.Errorf("%s: %s and many %v", kind, r.pattern, r.many)
		}
	}
	if money.Max != 10_000_000_000_000 {
		t.Error("the bounds of the schema are not those of money")
	}
}
