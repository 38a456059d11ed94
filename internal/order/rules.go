package order

import (
	"context"
	"slices"

	"github.com/haat-market/haat/internal/inventory"
	"github.com/haat-market/haat/internal/ledger"
	"github.com/haat-market/haat/internal/order/orderdb"
	"github.com/haat-market/haat/internal/payment"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/verify"
)

// Rules are what haat verify checks of orders.
func (s *Service) Rules() []verify.Rule {
	return []verify.Rule{
		{Name: "order.lines", About: "an order's figures are the sums of its lines", Check: s.checkLines},
		{Name: "order.checkouts", About: "a checkout's figures are the sums of its orders", Check: s.checkCheckouts},
		{Name: "order.escrow", About: "an order's escrow holds what was captured and not given back until it is final, and nothing after", Check: s.checkEscrow},
		{Name: "order.payouts", About: "what a completed order pays out is booked once, and nothing for others", Check: s.checkPaidOut},
		{Name: "order.goods", About: "exactly the orders that wait hold goods, and exactly those that go out have taken theirs", Check: s.checkGoods},
	}
}

// pages walks a query by its id, so that memory stays flat however many rows there are.
func pages[T any](next func(after int64) ([]T, error), id func(T) int64, each func([]T) error) error {
	for after := int64(0); ; {
		rows, err := next(after)
		if err != nil || len(rows) == 0 {
			return err
		}
		if err := each(rows); err != nil {
			return err
		}
		after = id(rows[len(rows)-1])
	}
}

func (s *Service) eachOrder(ctx context.Context, tx db.Tx, each func([]orderdb.VerifyOrdersRow) error) error {
	q := orderdb.New(tx)
	return pages(func(after int64) ([]orderdb.VerifyOrdersRow, error) { return q.VerifyOrders(ctx, after) },
		func(r orderdb.VerifyOrdersRow) int64 { return r.ID }, each)
}

func (s *Service) checkLines(ctx context.Context, tx db.Tx, report func(format string, args ...any)) error {
	return s.eachOrder(ctx, tx, func(rows []orderdb.VerifyOrdersRow) error {
		for _, o := range rows {
			if o.Goods != o.LinesGoods || o.Discount != o.LinesDiscount || o.Tax != o.LinesTax || o.Fee != o.LinesFee {
				report("order %s: goods %d, discount %d, tax %d, fee %d; its lines sum to %d, %d, %d, %d",
					o.PublicID, o.Goods, o.Discount, o.Tax, o.Fee, o.LinesGoods, o.LinesDiscount, o.LinesTax, o.LinesFee)
			}
			if o.LineCount != o.LinesCount || o.UnitCount != o.LinesUnits {
				report("order %s: %d lines and %d units; it has %d and %d", o.PublicID, o.LineCount, o.UnitCount, o.LinesCount, o.LinesUnits)
			}
		}
		return nil
	})
}

func (s *Service) checkCheckouts(ctx context.Context, tx db.Tx, report func(format string, args ...any)) error {
	q := orderdb.New(tx)
	return pages(func(after int64) ([]orderdb.VerifyCheckoutsRow, error) { return q.VerifyCheckouts(ctx, after) },
		func(r orderdb.VerifyCheckoutsRow) int64 { return r.ID },
		func(rows []orderdb.VerifyCheckoutsRow) error {
			for _, c := range rows {
				if c.Total != c.OrdersTotal || c.Goods != c.OrdersGoods {
					report("checkout %s: goods %d, total %d; its orders sum to %d, %d", c.PublicID, c.Goods, c.Total, c.OrdersGoods, c.OrdersTotal)
				}
			}
			return nil
		})
}

// inEscrow is what must lie in an order's escrow.
func inEscrow(o orderdb.VerifyOrdersRow) int64 {
	switch State(o.State) {
	case Completed, Cancelled, Returned:
		return 0
	}
	if o.Method == "cod" || o.Method == methodNone {
		return 0
	}
	return o.Captured - o.Refunded
}

func (s *Service) checkEscrow(ctx context.Context, tx db.Tx, report func(format string, args ...any)) error {
	return s.eachOrder(ctx, tx, func(rows []orderdb.VerifyOrdersRow) error {
		keys := make([]ledger.Key, len(rows))
		for i, o := range rows {
			keys[i] = ledger.Escrow(o.PublicID, o.Currency)
		}
		have, err := s.ledger.Balances(ctx, tx, keys)
		if err != nil {
			return err
		}
		for i, o := range rows {
			if want := inEscrow(o); have[keys[i]] != want {
				report("order %s is %s: its escrow holds %d and not %d", o.PublicID, o.State, have[keys[i]], want)
			}
			if State(o.State) == Cancelled && o.Captured != o.Refunded {
				report("order %s is cancelled: %d captured, %d given back", o.PublicID, o.Captured, o.Refunded)
			}
		}
		return nil
	})
}

// checkPaidOut holds the completion of each order against the ledger. Of cash at the door only the fee is booked.
func (s *Service) checkPaidOut(ctx context.Context, tx db.Tx, report func(format string, args ...any)) error {
	return s.eachOrder(ctx, tx, func(rows []orderdb.VerifyOrdersRow) error {
		references := make([]string, len(rows))
		for i, o := range rows {
			references[i] = "complete:" + o.PublicID
		}
		booked, err := s.ledger.Booked(ctx, tx, references)
		if err != nil {
			return err
		}
		for i, o := range rows {
			want := int64(0)
			switch {
			case State(o.State) != Completed || o.Total == 0:
			case o.Method == string(payment.ByCash):
				want = o.Fee
			default:
				want = o.Captured - o.Refunded
			}
			if booked[references[i]] != want {
				report("order %s is %s: %d is paid out and not %d", o.PublicID, o.State, booked[references[i]], want)
			}
		}
		return nil
	})
}

// mayHave says what an order in a state may have of its goods: all of them set aside, all of them taken, or neither.
// What came back may be good again or not.
func mayHave(s State, units int64) []inventory.Taken {
	switch s {
	case AwaitingPayment, Pending:
		return []inventory.Taken{{Held: units}}
	case Cancelled:
		return []inventory.Taken{{}}
	case Returned:
		return []inventory.Taken{{Sold: units}, {}}
	}
	return []inventory.Taken{{Sold: units}}
}

// checkGoods: an order that waits for payment or for the store's answer holds exactly its lines, one that goes out has
// taken them, and one that was cancelled has nothing.
func (s *Service) checkGoods(ctx context.Context, tx db.Tx, report func(format string, args ...any)) error {
	return s.eachOrder(ctx, tx, func(rows []orderdb.VerifyOrdersRow) error {
		ids, owners := make([]int64, len(rows)), make([]string, len(rows))
		for i, o := range rows {
			ids[i], owners[i] = o.ID, o.PublicID
		}
		lines, err := orderdb.New(tx).TrackedUnits(ctx, ids)
		if err != nil {
			return err
		}
		units := make(map[int64]int64, len(lines))
		for _, l := range lines {
			units[l.OrderID] = l.Units
		}
		taken, err := s.inventory.TakenBy(ctx, tx, owners)
		if err != nil {
			return err
		}
		for _, o := range rows {
			if t := taken[o.PublicID]; !slices.Contains(mayHave(State(o.State), units[o.ID]), t) {
				report("order %s of %d units is %s: it holds %d and took %d", o.PublicID, units[o.ID], o.State, t.Held, t.Sold)
			}
		}
		return nil
	})
}
