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
		{Name: "order.cuts", About: "no more is cut out of a line than it had, and what was paid for it is given back", Check: s.checkCuts},
		{Name: "order.checkouts", About: "a checkout's figures are the sums of its orders", Check: s.checkCheckouts},
		{Name: "order.escrow", About: "an order's escrow holds what was captured and not given back until it is final, and nothing after", Check: s.checkEscrow},
		{Name: "order.payouts", About: "what a completed order pays out is booked once, and nothing for others", Check: s.checkPaidOut},
		{Name: "order.split", About: "of what a completed order pays out, the market has exactly the fee that was frozen", Check: s.checkSplit},
		{Name: "order.taken", About: "an order says what its share of the payment says was taken and given back", Check: s.checkTaken},
		{Name: "order.promotions", About: "what the market pays of discounts is what its orders froze, booked when they are paid and given back when they are not", Check: s.checkPromotions},
		{Name: "order.refunds", About: "what was given back of an order is that of its lines and its delivery, and the fee for it is the store's again", Check: s.checkRefunds},
		{Name: "order.bought", About: "what a store buys sums up from its lines, and exactly what was fetched is weighed and paid", Check: s.checkBought},
		{Name: "order.bought_paid", About: "what a store paid from a wallet, and the percent that it owes, are booked once", Check: s.checkBoughtPaid},
		{Name: "order.disputes", About: "an order is disputed exactly while one dispute about it is open, and what stands still has no due date", Check: s.checkDisputes},
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
			if o.Promotion != o.LinesPromotion || o.Unnamed > 0 {
				report("order %s: the market pays %d of its discounts, its lines say %d; %d lines do not say whose discount they have",
					o.PublicID, o.Promotion, o.LinesPromotion, o.Unnamed)
			}
			if o.LineCount != o.LinesCount || o.UnitCount != o.LinesUnits {
				report("order %s: %d lines and %d units; it has %d and %d", o.PublicID, o.LineCount, o.UnitCount, o.LinesCount, o.LinesUnits)
			}
		}
		return nil
	})
}

func (s *Service) checkCuts(ctx context.Context, tx db.Tx, report func(format string, args ...any)) error {
	q := orderdb.New(tx)
	return pages(func(after int64) ([]orderdb.VerifyCutsRow, error) { return q.VerifyCuts(ctx, after) },
		func(r orderdb.VerifyCutsRow) int64 { return r.ID },
		func(rows []orderdb.VerifyCutsRow) error {
			for _, o := range rows {
				if o.Broken > 0 || o.Refunded < o.Cut {
					report("order %s: %d of its lines are cut beyond what they had; %d was given back of %d that was cut", o.PublicID, o.Broken, o.Refunded, o.Cut)
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
				if c.Total != c.OrdersTotal || c.Goods != c.OrdersGoods || c.Discount != c.OrdersDiscount {
					report("checkout %s: goods %d, discount %d, total %d; its orders sum to %d, %d, %d",
						c.PublicID, c.Goods, c.Discount, c.Total, c.OrdersGoods, c.OrdersDiscount, c.OrdersTotal)
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
	held := int64(0)
	if paid(o) {
		held = promotionHeld(o.Method, o.Promotion, o.PromotionBack)
	}
	if o.Method == "cod" || o.Method == methodNone {
		return held
	}
	return o.Captured - o.Refunded + held
}

// paid says whether an order's money came, be it nothing.
func paid(o orderdb.VerifyOrdersRow) bool {
	return State(o.State) != AwaitingPayment && State(o.State) != Pending && State(o.State) != Cancelled
}

// checkPromotions holds what orders froze of the market's discounts against the ledger. A cancelled order may have been
// paid before or not: it has both bookings or none.
func (s *Service) checkPromotions(ctx context.Context, tx db.Tx, report func(format string, args ...any)) error {
	return s.eachOrder(ctx, tx, func(rows []orderdb.VerifyOrdersRow) error {
		var references []string
		for _, o := range rows {
			references = append(references, "promote:"+o.PublicID, "unpromote:"+o.PublicID)
		}
		booked, err := s.ledger.Booked(ctx, tx, references)
		if err != nil {
			return err
		}
		for _, o := range rows {
			in, back := booked["promote:"+o.PublicID], booked["unpromote:"+o.PublicID]
			want := int64(0)
			if paid(o) && o.Method != string(payment.ByCash) || State(o.State) == Cancelled && in > 0 {
				want = o.Promotion
			}
			back += o.LinesBack // of units that were cut: booked by itself, and looked at in the escrow
			if in != want || back != o.PromotionBack {
				report("order %s is %s: the market paid %d of its discounts and has %d back, not %d and %d", o.PublicID, o.State, in, back, want, o.PromotionBack)
			}
			if (State(o.State) == Cancelled || State(o.State) == Returned) && in != back {
				report("order %s is %s: the market paid %d of its discounts and has %d back", o.PublicID, o.State, in, back)
			}
		}
		return nil
	})
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

// checkPaidOut holds the completion of each order against the ledger. Of cash at the door only the fee is
// booked, and what the market pays of a discount.
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
			case State(o.State) != Completed:
			case o.Method == string(payment.ByCash):
				want = o.Fee + o.Promotion - o.PromotionBack + o.PromotionClawed
			default: // before anything was taken back of the store
				want = o.Captured - o.Refunded + o.Clawed + o.Promotion - o.PromotionBack + o.PromotionClawed
			}
			if booked[references[i]] != want {
				report("order %s is %s: %d is paid out and not %d", o.PublicID, o.State, booked[references[i]], want)
			}
		}
		return nil
	})
}

// checkSplit: the sum is checkPaidOut's; the rest of it is the store's.
func (s *Service) checkSplit(ctx context.Context, tx db.Tx, report func(format string, args ...any)) error {
	return s.eachOrder(ctx, tx, func(rows []orderdb.VerifyOrdersRow) error {
		references := make([]string, len(rows))
		for i, o := range rows {
			references[i] = "complete:" + o.PublicID
		}
		fees, err := s.ledger.BookedAs(ctx, tx, ledger.TransferFee, references)
		if err != nil {
			return err
		}
		for i, o := range rows {
			want := int64(0)
			if State(o.State) == Completed {
				want = o.Fee
			}
			if fees[references[i]] != want {
				report("order %s is %s: the market's fee is %d and not %d", o.PublicID, o.State, fees[references[i]], want)
			}
		}
		return nil
	})
}

// checkRefunds: of an order that nobody gets everything goes back, whatever its lines say.
func (s *Service) checkRefunds(ctx context.Context, tx db.Tx, report func(format string, args ...any)) error {
	return s.eachOrder(ctx, tx, func(rows []orderdb.VerifyOrdersRow) error {
		orders := make([]string, len(rows))
		for i, o := range rows {
			orders[i] = o.PublicID
		}
		refunds, err := s.payments.RefundIDs(ctx, tx, orders)
		if err != nil {
			return err
		}
		var references []string
		for _, ids := range refunds {
			for _, id := range ids {
				references = append(references, feeBackReference(id))
			}
		}
		booked, err := s.ledger.BookedAs(ctx, tx, ledger.TransferFeeReturned, references)
		if err != nil {
			return err
		}
		for _, o := range rows {
			if State(o.State) != Cancelled && State(o.State) != Returned && o.Refunded != o.LinesRefunded+o.DeliveryRefunded {
				report("order %s: %d given back; its lines and its delivery say %d", o.PublicID, o.Refunded, o.LinesRefunded+o.DeliveryRefunded)
			}
			fee := int64(0)
			for _, id := range refunds[o.PublicID] {
				fee += booked[feeBackReference(id)]
			}
			if o.FeeBack != o.LinesFeeBack || o.FeeBack != fee {
				report("order %s: %d of the fee is the store's again; its lines say %d, and %d is booked", o.PublicID, o.FeeBack, o.LinesFeeBack, fee)
			}
		}
		return nil
	})
}

func (s *Service) checkDisputes(ctx context.Context, tx db.Tx, report func(format string, args ...any)) error {
	return s.eachOrder(ctx, tx, func(rows []orderdb.VerifyOrdersRow) error {
		ids := make([]int64, len(rows))
		for i, o := range rows {
			ids[i] = o.ID
		}
		found, err := orderdb.New(tx).OpenDisputesOf(ctx, ids)
		if err != nil {
			return err
		}
		open := make(map[int64]int64, len(found))
		for _, f := range found {
			open[f.OrderID] = f.Open
		}
		for _, o := range rows {
			if (open[o.ID] == 1) != o.Disputed || open[o.ID] > 1 {
				report("order %s: disputed is %t, and %d disputes are open", o.PublicID, o.Disputed, open[o.ID])
			}
			if still := o.Disputed || o.Frozen; State(o.State) == Delivered && still != (o.DueAt == noTimer) || still && State(o.State) == Completed {
				report("order %s is %s: disputed %t, frozen %t, due %d", o.PublicID, o.State, o.Disputed, o.Frozen, o.DueAt)
			}
		}
		return nil
	})
}

func (s *Service) checkTaken(ctx context.Context, tx db.Tx, report func(format string, args ...any)) error {
	return s.eachOrder(ctx, tx, func(rows []orderdb.VerifyOrdersRow) error {
		orders := make([]string, len(rows))
		for i, o := range rows {
			orders[i] = o.PublicID
		}
		taken, err := s.payments.Taken(ctx, tx, orders)
		if err != nil {
			return err
		}
		for _, o := range rows {
			if t := taken[o.PublicID]; t[0] != o.Captured || t[1] != o.Refunded {
				report("order %s: %d taken and %d given back; its share of the payment says %d and %d", o.PublicID, o.Captured, o.Refunded, t[0], t[1])
			}
		}
		return nil
	})
}

// mayHave says what an order in a state may have of its goods: all of them set aside, all of them taken, or neither.
// What came back may be good again or not. A guest order that waits for the store has nothing yet.
func mayHave(s State, channel string, units int64) []inventory.Taken {
	switch s {
	case AwaitingPayment, Pending:
		if channel == byGuest {
			return []inventory.Taken{{}}
		}
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
			if t := taken[o.PublicID]; !slices.Contains(mayHave(State(o.State), o.Channel, units[o.ID]), t) {
				report("order %s of %d units is %s: it holds %d and took %d", o.PublicID, units[o.ID], o.State, t.Held, t.Sold)
			}
		}
		return nil
	})
}
