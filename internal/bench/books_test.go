package bench

import (
	"strings"
	"testing"
)

// A small ledger is written and read on both engines; nothing is refused, and what is compared was measured.
func TestLedger(t *testing.T) {
	each(t, func(t *testing.T, o Options) {
		o.Clients, o.Length = []int{1, 8}, o.Length/8
		r, err := Ledger(t.Context(), o, 100, 400)
		if err != nil {
			t.Fatal(err)
		}
		if len(r.Runs) != 2*5+2*4 || len(r.Bars) != 2*2+4 || len(r.Ratios) != 2*2+2 {
			t.Errorf("%d runs, %d bars, %d ratios", len(r.Runs), len(r.Bars), len(r.Ratios))
		}
		for _, x := range r.Runs {
			if x.Done == 0 || x.Failed() > 0 || x.P50 > x.Max {
				t.Errorf("%+v", x)
			}
		}
		for _, x := range r.Bars {
			if x.Value <= 0 {
				t.Errorf("%+v", x)
			}
		}
		var text strings.Builder
		if err := r.Text(&text); err != nil || !strings.Contains(text.String(), "wallets with money") {
			t.Errorf("%v\n%s", err, &text)
		}
	})
}
