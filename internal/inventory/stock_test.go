package inventory_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/haat-market/haat/internal/catalog"
	"github.com/haat-market/haat/internal/inventory"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/db/dbtest"
	"github.com/haat-market/haat/internal/platform/fault"
)

type level = inventory.Level

func TestLifeOfAReservation(t *testing.T) {
	each(t, func(t *testing.T, s *shop) {
		s.stock(10, 5)
		if err := s.reserve("ord_a", lines(2, 2, 1, 3)...); err != nil {
			t.Fatal(err)
		}
		s.wantLevels(level{7, 3}, level{3, 2})
		if err := s.reserve("ord_a", lines(1, 1)...); !errors.Is(err, inventory.ErrAlreadyReserved) {
			t.Errorf("reserved twice: %v", err)
		}
		for range 2 { // the second time changes nothing
			s.write(func(ctx context.Context, tx db.Tx) error { return s.Sell(ctx, tx, "ord_a") })
			s.wantLevels(level{7, 0}, level{3, 0})
		}
		s.write(func(ctx context.Context, tx db.Tx) error { return s.Release(ctx, tx, "ord_a", "customer") })
		s.wantLevels(level{7, 0}, level{3, 0})
		for range 2 {
			s.write(func(ctx context.Context, tx db.Tx) error { return s.Restock(ctx, tx, "ord_a", "customer") })
			s.wantLevels(level{10, 0}, level{5, 0})
		}

		if err := s.reserve("ord_b", lines(1, 10)...); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			s.write(func(ctx context.Context, tx db.Tx) error { return s.Release(ctx, tx, "ord_b", "payment_expired") })
			s.wantLevels(level{10, 0}, level{5, 0})
		}
		// Paid late: the same order asks again.
		if err := s.reserve("ord_b", lines(1, 10)...); err != nil {
			t.Fatal(err)
		}
		s.write(func(ctx context.Context, tx db.Tx) error { return s.Sell(ctx, tx, "ord_b") })
		s.write(func(ctx context.Context, tx db.Tx) error { return s.SellNow(ctx, tx, "ord_c", lines(2, 5)) })
		s.wantLevels(level{0, 0}, level{0, 0})
		s.write(func(ctx context.Context, tx db.Tx) error {
			return s.RestockMany(ctx, tx, []string{"ord_b", "ord_c"}, "returned")
		})
		s.wantLevels(level{10, 0}, level{5, 0})
		s.verify()
	})
}

func TestShortLinesAreNamedAndNothingIsTaken(t *testing.T) {
	each(t, func(t *testing.T, s *shop) {
		s.stock(10, 5, 1)
		s.write(func(ctx context.Context, tx db.Tx) error {
			err := s.ReserveMany(ctx, tx, []inventory.Demand{
				{Owner: "ord_a", Lines: lines(1, 4, 3, 2)},
				{Owner: "ord_b", Lines: lines(2, 6, 1, 1)},
			})
			f, ok := fault.As(err)
			if !ok || f.Code != "out_of_stock" {
				return fmt.Errorf("got %w", err)
			}
			want := []inventory.Short{{Variant: "var_2", Available: 5, Required: 6}, {Variant: "var_3", Available: 1, Required: 2}}
			if got := fmt.Sprint(f.Details["lines"]); got != fmt.Sprint(want) {
				t.Errorf("short %v, want %v", got, want)
			}
			return nil // a caller may go on after a refusal
		})
		s.wantLevels(level{10, 0}, level{5, 0}, level{1, 0})

		// Two orders that want the same variant are short together.
		err := s.try(func(ctx context.Context, tx db.Tx) error {
			return s.SellNowMany(ctx, tx, []inventory.Demand{{Owner: "ord_a", Lines: lines(2, 3)}, {Owner: "ord_b", Lines: lines(2, 3)}})
		})
		f, _ := fault.As(err)
		if f == nil || fmt.Sprint(f.Details["lines"]) != fmt.Sprint([]inventory.Short{{Variant: "var_2", Available: 5, Required: 6}}) {
			t.Errorf("got %v", err)
		}
		// A variant that never had stock is short too, and one that does not exist is no panic.
		dbtest.Exec(t, s.db, `INSERT INTO variants (id, public_id, product_id, store_id, position, option1, option2, option3, barcode, price, currency, weight, track_stock, archived, version, created_at, updated_at)
			VALUES (9, 'var_9', 1, 1, 0, '9', '', '', '', 100, 'NPR', 0, TRUE, FALSE, 1, 0, 0)`)
		for _, v := range []int64{9, 99} {
			if err := s.reserve("ord_c", lines(v, 1)...); !errors.Is(err, inventory.ErrOutOfStock) {
				t.Errorf("variant %d: %v", v, err)
			}
		}
		s.verify()
	})
}

func TestLinesOfOneVariantAreOne(t *testing.T) {
	each(t, func(t *testing.T, s *shop) {
		s.stock(10)
		if err := s.reserve("ord_a", lines(1, 2, 1, 3)...); err != nil {
			t.Fatal(err)
		}
		s.wantLevels(level{5, 5})
		for _, bad := range []inventory.Line{{Variant: 1}, {Variant: 1, Qty: -1}, {Variant: 1, Qty: inventory.MaxQty + 1}} {
			if err := s.reserve("ord_b", bad); err == nil {
				t.Errorf("took %v", bad)
			}
		}
		if err := s.reserve("", lines(1, 1)...); err == nil {
			t.Error("took a demand without an owner")
		}
		if err := s.reserve("ord_b"); err != nil {
			t.Errorf("no lines: %v", err)
		}
		s.wantLevels(level{5, 5})
	})
}

func TestCount(t *testing.T) {
	each(t, func(t *testing.T, s *shop) {
		s.stock(10, 5)
		if err := s.reserve("ord_a", lines(1, 4)...); err != nil {
			t.Fatal(err)
		}
		s.write(func(ctx context.Context, tx db.Tx) error {
			refused, err := s.Count(ctx, tx, []catalog.Count{{Variant: 2, OnHand: 7}, {Variant: 1, OnHand: 3}}, "imp_1", "import")
			if len(refused) != 1 || !refused[1] {
				t.Errorf("refused %v", refused)
			}
			return err
		})
		s.wantLevels(level{6, 4}, level{7, 0})
		s.write(func(ctx context.Context, tx db.Tx) error {
			refused, err := s.Count(ctx, tx, []catalog.Count{{Variant: 1, OnHand: 4}}, "imp_1", "import")
			if len(refused) != 0 {
				t.Errorf("refused %v", refused)
			}
			return err
		})
		s.wantLevels(level{0, 4}, level{7, 0})
		s.verify()
	})
}

func TestStatementsDoNotGrowWithLines(t *testing.T) {
	each(t, func(t *testing.T, s *shop) {
		var onHand []int64
		for range 50 {
			onHand = append(onHand, 100)
		}
		s.stock(onHand...)
		count := func(f func(ctx context.Context, tx db.Tx) error) (n int) {
			s.write(func(ctx context.Context, tx db.Tx) error {
				c := &counter{Tx: tx}
				err := f(ctx, c)
				n = c.n
				return err
			})
			return n
		}
		demands := func(name string, owners, each int) (out []inventory.Demand, names []string) {
			for o := range owners {
				d := inventory.Demand{Owner: fmt.Sprintf("%s_%d", name, o)}
				for i := range each {
					d.Lines = append(d.Lines, inventory.Line{Variant: int64(o*each + i + 1), Qty: 2})
				}
				out, names = append(out, d), append(names, d.Owner)
			}
			return out, names
		}
		for _, op := range []struct {
			name string
			most int
			run  func(ctx context.Context, tx db.Tx, d []inventory.Demand, names []string) error
		}{
			{"reserve", 3, func(ctx context.Context, tx db.Tx, d []inventory.Demand, _ []string) error {
				return s.ReserveMany(ctx, tx, d)
			}},
			{"sell", 4, func(ctx context.Context, tx db.Tx, _ []inventory.Demand, n []string) error {
				return s.SellMany(ctx, tx, n)
			}},
			{"restock", 4, func(ctx context.Context, tx db.Tx, _ []inventory.Demand, n []string) error {
				return s.RestockMany(ctx, tx, n, "test")
			}},
			{"sell now", 3, func(ctx context.Context, tx db.Tx, d []inventory.Demand, _ []string) error {
				return s.SellNowMany(ctx, tx, d)
			}},
		} {
			one, oneName := demands("ord_one", 1, 1)
			many, manyNames := demands("ord_many", 5, 10)
			a := count(func(ctx context.Context, tx db.Tx) error { return op.run(ctx, tx, one, oneName) })
			b := count(func(ctx context.Context, tx db.Tx) error { return op.run(ctx, tx, many, manyNames) })
			if a != b || b > op.most {
				t.Errorf("%s: %d statements for one line, %d for fifty, want at most %d", op.name, a, b, op.most)
			}
		}
		s.verify()
	})
}

// TestRulesFindWhatIsBroken breaks each rule behind the room's back.
func TestRulesFindWhatIsBroken(t *testing.T) {
	for rule, breakage := range map[string]string{
		"inventory.reserved":  "UPDATE reservations SET qty = qty + 1 WHERE owner = 'ord_a'",
		"inventory.marks":     "UPDATE stock SET mark = 'out' WHERE variant_id = 1",
		"inventory.movements": "UPDATE stock SET available = available + 1 WHERE variant_id = 1",
		"inventory.walk": `INSERT INTO stock_movements (public_id, variant_id, kind, available_delta, reserved_delta, available_after, reserved_after, subject, reason, note, actor, created_at)
			VALUES ('mov_x', 1, 'adjust', 0, 0, 1, 1, '', '', '', 'system', 0)`,
	} {
		t.Run(rule, func(t *testing.T) {
			each(t, func(t *testing.T, s *shop) {
				s.stock(10)
				if err := s.reserve("ord_a", lines(1, 4)...); err != nil {
					t.Fatal(err)
				}
				s.verify()
				dbtest.Exec(t, s.db, breakage)
				for _, f := range s.findings() {
					if f.Rule == rule {
						return
					}
				}
				t.Error("nothing was found")
			})
		})
	}
}

func TestStockCannotBeNegativeAndTheJournalCannotBeChanged(t *testing.T) {
	each(t, func(t *testing.T, s *shop) {
		s.stock(10)
		for sql, rule := range map[string]string{
			"UPDATE stock SET available = -1 WHERE variant_id = 1":                                                              "stock_available_check",
			"UPDATE stock SET reserved = -1 WHERE variant_id = 1":                                                               "stock_reserved_check",
			"UPDATE stock_movements SET note = 'x' WHERE variant_id = 1":                                                        "stock_movements_append_only",
			"DELETE FROM stock_movements WHERE variant_id = 1":                                                                  "stock_movements_append_only",
			"INSERT INTO reservations (owner, variant_id, qty, state, created_at, updated_at) VALUES ('o', 1, 0, 'live', 0, 0)": "reservations_qty_check",
		} {
			dbtest.SQL(sql)
			err := s.try(func(ctx context.Context, tx db.Tx) error {
				_, err := tx.Exec(ctx, sql)
				return err
			})
			if !db.IsConstraint(err, rule) {
				t.Errorf("%s: %v", sql, err)
			}
		}
	})
}

func TestListsUseTheirIndexes(t *testing.T) {
	each(t, func(t *testing.T, s *shop) {
		for _, l := range db.Lists() {
			if strings.HasPrefix(l.Name, "inventory.") {
				dbtest.Explain(t, s.db, []*db.List{l})
			}
		}
	})
}
