package bench

import (
	"testing"
	"time"
)

// A small run of statements is cut off, goes on, and has each order once.
func TestCommission(t *testing.T) {
	r, err := Commission(t.Context(), Options{Folder: t.TempDir(), Clients: []int{1}, Length: time.Second}, 3000)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Bars) != 4 || !r.Bars[1].Met || !r.Bars[2].Met {
		t.Errorf("%+v", r.Bars)
	}
}

// Two small markets are searched at their postal codes and compared.
func TestRates(t *testing.T) {
	o := short(t)
	small, large := o.Shape, o.Shape
	small.Rates, small.RatesThere, large.Rates, large.RatesThere = 300, 100, 1000, 500
	r, err := Rates(t.Context(), o, small, large)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Runs) != 4 || len(r.Bars) < 2 {
		t.Errorf("%d runs, %d bars", len(r.Runs), len(r.Bars))
	}
	for _, x := range r.Runs {
		if x.Done == 0 || x.Failed() > 0 {
			t.Errorf("%+v", x)
		}
	}
	if _, err := Rates(t.Context(), o, o.Shape, large); err == nil {
		t.Error("no prices")
	}
}
