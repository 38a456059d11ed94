package bench

import (
	"testing"
	"time"
)

// A small run gives everything away, and says how far everybody goes.
func TestCarrying(t *testing.T) {
	r, err := Carrying(t.Context(), Options{Folder: t.TempDir(), Shape: Shape{Accounts: 4, Stores: 2, Variants: 4}, Clients: []int{1}, Length: time.Second}, 20, 8)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Bars) != 5 || !r.Bars[1].Met || r.Bars[2].Value <= 0 || r.Bars[2].Value >= r.Bars[4].Value {
		t.Errorf("%+v", r.Bars)
	}
}

// A small run hears all positions, and says what checkouts lose.
func TestPositions(t *testing.T) {
	o := Options{Folder: t.TempDir(), Shape: Shape{Accounts: 4, Stores: 2, Variants: 4}, Clients: []int{2}, Length: 50 * time.Millisecond}
	r, err := Positions(t.Context(), o, 200, 8)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Bars) != 4 || r.Bars[0].Value <= 0 || r.Bars[1].Value <= 0 || r.Bars[3].Value <= 0 || len(r.Runs) != 2 {
		t.Errorf("%+v", r)
	}
}
