package inventory_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/haat-market/haat/internal/catalog"
	"github.com/haat-market/haat/internal/inventory"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/db/dbtest"
)

const (
	machineVariants = 4
	machineOwners   = 5
)

// held is what an owner has of each variant.
type held map[int64]int64

// model is what the room should hold, told in the plainest way.
type model struct {
	available  [machineVariants + 1]int64
	live, sold map[string]held
}

func (m *model) reserved(v int64) (n int64) {
	for _, h := range m.live {
		n += h[v]
	}
	return n
}

// TestStockAgainstModel lets a random series of calls run on the room and on the model.
func TestStockAgainstModel(t *testing.T) {
	for _, engine := range dbtest.Engines(t) {
		t.Run(string(engine), func(t *testing.T) {
			d := dbtest.Open(t, engine, db.Config{Schema: testSchema()})
			s := open(t, d)
			s.stock(0, 0, 0, 0)
			round := 0
			rapid.Check(t, func(rt *rapid.T) {
				round++
				m := &model{live: map[string]held{}, sold: map[string]held{}}
				s.reset(rt)
				rt.Repeat(map[string]func(*rapid.T){
					"":        func(rt *rapid.T) { s.agrees(rt, m) },
					"reserve": func(rt *rapid.T) { s.stepTake(rt, m, round, true) },
					"sellnow": func(rt *rapid.T) { s.stepTake(rt, m, round, false) },
					"sell":    func(rt *rapid.T) { s.stepEnd(rt, m, round, "sell") },
					"release": func(rt *rapid.T) { s.stepEnd(rt, m, round, "release") },
					"restock": func(rt *rapid.T) { s.stepEnd(rt, m, round, "restock") },
					"count":   func(rt *rapid.T) { s.stepCount(rt, m) },
				})
			})
			s.verify()
		})
	}
}

// reset empties the shelves; what other rounds reserved is released.
func (s *shop) reset(rt *rapid.T) {
	all := func(ctx context.Context, tx db.Tx) error {
		rows, err := tx.Query(ctx, liveOwners)
		if err != nil {
			return err
		}
		var owners []string
		for rows.Next() {
			var o string
			if err := rows.Scan(&o); err != nil {
				return err
			}
			owners = append(owners, o)
		}
		rows.Close()
		if err := s.ReleaseMany(ctx, tx, owners, "test"); err != nil {
			return err
		}
		var counts []catalog.Count
		for v := int64(1); v <= machineVariants; v++ {
			counts = append(counts, catalog.Count{Variant: v})
		}
		_, err = s.Count(ctx, tx, counts, "test", "test")
		return err
	}
	if err := s.try(all); err != nil {
		rt.Fatal(err)
	}
}

const liveOwners = "SELECT DISTINCT owner FROM reservations WHERE state = 'live'"

var _ = dbtest.SQL(liveOwners)

func (s *shop) agrees(rt *rapid.T, m *model) {
	var ids []int64
	for v := int64(1); v <= machineVariants; v++ {
		ids = append(ids, v)
	}
	for v, l := range s.levels(ids...) {
		if l.Available != m.available[v] || l.Reserved != m.reserved(v) {
			rt.Fatalf("variant %d: %+v, want %d and %d", v, l, m.available[v], m.reserved(v))
		}
	}
}

func owner(round, n int) string { return fmt.Sprintf("ord_%d_%d", round, n) }

// stepTake reserves or sells at once for one or two owners.
func (s *shop) stepTake(rt *rapid.T, m *model, round int, reserve bool) {
	first := rapid.IntRange(0, machineOwners-1).Draw(rt, "owner")
	owners := []int{first}
	if rapid.Bool().Draw(rt, "two") {
		owners = append(owners, (first+1)%machineOwners)
	}
	wanted := map[int64]int64{}
	taken := map[string]held{}
	var demands []inventory.Demand
	for _, o := range owners {
		d := inventory.Demand{Owner: owner(round, o)}
		taken[d.Owner] = held{}
		for range rapid.IntRange(1, 3).Draw(rt, "lines") {
			l := inventory.Line{Variant: rapid.Int64Range(1, machineVariants).Draw(rt, "variant"), Qty: rapid.Int64Range(1, 6).Draw(rt, "qty")}
			d.Lines = append(d.Lines, l)
			wanted[l.Variant] += l.Qty
			taken[d.Owner][l.Variant] += l.Qty
		}
		demands = append(demands, d)
	}
	short, double := false, false
	for v, n := range wanted {
		short = short || n > m.available[v]
	}
	for o, h := range taken {
		for v := range h {
			double = double || reserve && m.live[o][v] > 0
		}
	}
	err := s.try(func(ctx context.Context, tx db.Tx) error {
		if reserve {
			return s.ReserveMany(ctx, tx, demands)
		}
		return s.SellNowMany(ctx, tx, demands)
	})
	switch {
	case short:
		if !errors.Is(err, inventory.ErrOutOfStock) {
			rt.Fatalf("short, got %v", err)
		}
		return
	case double:
		if !errors.Is(err, inventory.ErrAlreadyReserved) {
			rt.Fatalf("reserved twice, got %v", err)
		}
		return
	case err != nil:
		rt.Fatal(err)
	}
	book := m.sold
	if reserve {
		book = m.live
	}
	for o, h := range taken {
		if book[o] == nil {
			book[o] = held{}
		}
		for v, n := range h {
			book[o][v] += n
			m.available[v] -= n
		}
	}
}

func (s *shop) stepEnd(rt *rapid.T, m *model, round int, how string) {
	var names []string
	for _, o := range rapid.SliceOfNDistinct(rapid.IntRange(0, machineOwners-1), 1, 3, rapid.ID).Draw(rt, "owners") {
		names = append(names, owner(round, o))
	}
	err := s.try(func(ctx context.Context, tx db.Tx) error {
		switch how {
		case "sell":
			return s.SellMany(ctx, tx, names)
		case "release":
			return s.ReleaseMany(ctx, tx, names, "test")
		default:
			return s.RestockMany(ctx, tx, names, "test")
		}
	})
	if err != nil {
		rt.Fatal(err)
	}
	for _, o := range names {
		switch how {
		case "sell":
			if m.sold[o] == nil {
				m.sold[o] = held{}
			}
			for v, n := range m.live[o] {
				m.sold[o][v] += n
			}
			delete(m.live, o)
		case "release":
			for v, n := range m.live[o] {
				m.available[v] += n
			}
			delete(m.live, o)
		default:
			for v, n := range m.sold[o] {
				m.available[v] += n
			}
			delete(m.sold, o)
		}
	}
}

func (s *shop) stepCount(rt *rapid.T, m *model) {
	counts := map[int64]int64{}
	for range rapid.IntRange(1, 3).Draw(rt, "counts") {
		counts[rapid.Int64Range(1, machineVariants).Draw(rt, "variant")] = rapid.Int64Range(0, 15).Draw(rt, "on hand")
	}
	var list []catalog.Count
	for _, v := range slices.Sorted(maps.Keys(counts)) {
		list = append(list, catalog.Count{Variant: v, OnHand: counts[v]})
	}
	var refused map[int64]bool
	err := s.try(func(ctx context.Context, tx db.Tx) (err error) {
		refused, err = s.Count(ctx, tx, list, "test", "count")
		return err
	})
	if err != nil {
		rt.Fatal(err)
	}
	for v, n := range counts {
		below := n < m.reserved(v)
		if refused[v] != below {
			rt.Fatalf("count %d of variant %d with %d reserved: refused %v", n, v, m.reserved(v), refused[v])
		}
		if !below {
			m.available[v] = n - m.reserved(v)
		}
	}
}
