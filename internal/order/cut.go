package order

import (
	"context"
	"fmt"
	"slices"

	"github.com/haat-market/haat/internal/catalog"
	"github.com/haat-market/haat/internal/order/orderdb"
	"github.com/haat-market/haat/internal/payment"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/event"
	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/idem"
	"github.com/haat-market/haat/internal/platform/money"
	"github.com/haat-market/haat/internal/platform/web"
)

// What a caller may be told about a cut.
var (
	ErrOrderLine = fault.New(fault.NotFound, "order_line_not_found", "This line is not in the order.")
	ErrCutLarge  = fault.New(fault.Conflict, "cut_too_large", "The line has fewer units left than that.")
	ErrLastUnit  = fault.New(fault.Conflict, "cut_leaves_nothing", "Nothing would be left of the order. Cancel it instead.")
)

// unavailable is why a store cuts.
const unavailable = "unavailable"

// CutCmd takes units of a line out of an order. Quantity 0 is all that are left of it.
type CutCmd struct {
	Line     string
	Quantity int64
	Restock  bool // others may buy them; else they are not there
	Note     string
}

// figures are what a cut takes off.
type figures struct {
	goods, discount, tax, total, fee int64
	promotion                        int64 // of the discount, what the market pays
}

// share is what n of left units have of a line's figures. The last unit takes what rounding left over.
func share(l orderdb.OrderLine, n, left int64) (f figures, err error) {
	for _, x := range []struct {
		to *int64
		of int64
	}{{&f.goods, l.Goods}, {&f.discount, l.Discount}, {&f.tax, l.Tax}, {&f.fee, l.Fee}} {
		if *x.to, err = money.MulRatio(x.of, n, left); err != nil {
			return f, err
		}
	}
	f.total = f.goods - f.discount + f.tax
	if l.DiscountBy == string(catalog.PaidByPlatform) {
		f.promotion = f.discount
	}
	return f, nil
}

// Cut takes units out of an order before it is shipped. What was paid for them goes back the way it came; what was not
// paid yet is not asked for any more. Errors: ErrNotFound, ErrNotYours, ErrState, ErrOrderLine, ErrCutLarge, ErrLastUnit.
func (s *Service) Cut(ctx context.Context, caller web.Caller, id string, cmd CutCmd) (replayed bool, err error) {
	// READ COMMITTED: every check follows the locks of the checkout and of its orders.
	_, replayed, err = idem.Once(ctx, s.db, "order.cut", func(ctx context.Context, tx db.Tx) (string, error) {
		c, orders, i, err := s.lockOrder(ctx, tx, id)
		if err != nil {
			return "", err
		}
		o := orders[i]
		parties, err := s.parties(ctx, tx, caller, o)
		switch {
		case err != nil:
			return "", err
		case !slices.Contains(parties, Store):
			return "", ErrNotYours
		case o.Frozen:
			return "", ErrFrozen
		case o.Side != sale || !mayCut(State(o.State)):
			return "", wrongState(o, parties)
		}
		return id, s.cut(ctx, tx, caller, c, o, cmd)
	}, db.ReadCommitted())
	return replayed, err
}

func (s *Service) cut(ctx context.Context, tx db.Tx, caller web.Caller, c orderdb.Checkout, o orderdb.Order, cmd CutCmd) error {
	q := orderdb.New(tx)
	rows, err := q.LinesOfOrders(ctx, []int64{o.ID})
	if err != nil {
		return err
	}
	i := slices.IndexFunc(rows, func(l orderdb.OrderLine) bool { return l.PublicID == cmd.Line })
	if i < 0 {
		return ErrOrderLine
	}
	l := rows[i]
	left := l.Quantity - l.CutQuantity
	n := cmd.Quantity
	if n == 0 {
		n = left
	}
	switch {
	case n < 1 || n > left:
		return ErrCutLarge.With("left", left)
	case n == o.UnitCount:
		return ErrLastUnit
	}
	off, back, returned, err := s.cutFigures(l, o, n, left)
	if err != nil {
		return err
	}
	moved, err := money.MulRatio(l.RefundTotal, n, left) // what was given back for these units before
	if err != nil {
		return err
	}
	if o.Captured == 0 && o.Total > 0 && o.Total == off.total {
		return ErrLastUnit // what is left costs nothing
	}
	lines := int64(0)
	if n == left {
		lines = 1
	}
	if more := n - (left - l.Carried); more > 0 && s.carrier != nil {
		if err := s.carrier.Cutting(ctx, tx, o.PublicID, l.PublicID, more, caller.Account); err != nil {
			return err
		}
	}
	if err := s.cutMoneyAndGoods(ctx, tx, caller, c, o, l, cutting{n: n, off: off, back: back, promotion: returned, restock: cmd.Restock}); err != nil {
		return err
	}
	if _, err := q.CutLine(ctx, orderdb.CutLineParams{
		ID: l.ID, Quantity: n, Amount: back + moved, Moved: moved, Promotion: returned, Fee: off.fee, Goods: off.goods, Discount: off.discount, Tax: off.tax, Total: off.total,
	}); err != nil {
		return fmt.Errorf("cut line: %w", err)
	}
	o.Total, o.Refunded = o.Total-off.total, o.Refunded+back
	now := clock.Micro(s.clock.Now())
	if _, err := q.CutOrder(ctx, orderdb.CutOrderParams{
		ID: o.ID, Was: o.State, Goods: o.Goods - off.goods, Discount: o.Discount - off.discount, Tax: o.Tax - off.tax, Total: o.Total, Fee: o.Fee - off.fee,
		Refunded: o.Refunded, Promotion: o.Promotion - off.promotion, PromotionBack: o.PromotionBack + returned, PaymentStatus: status(o.Total, o.Captured, o.Refunded), LineCount: o.LineCount - lines, UnitCount: o.UnitCount - n, UpdatedAt: now,
	}); err != nil {
		return fmt.Errorf("cut order: %w", err)
	}
	if err := q.CutCheckout(ctx, orderdb.CutCheckoutParams{
		ID: c.ID, Goods: off.goods, Discount: off.discount, Tax: off.tax, Total: off.total, LineCount: lines, UnitCount: n,
	}); err != nil {
		return fmt.Errorf("cut checkout: %w", err)
	}
	facts := map[string]any{"line": l.PublicID, "quantity": n, "reason": unavailable, "amount": money.Format(off.total+back, money.Currency(o.Currency)), "currency": o.Currency}
	if cmd.Note != "" {
		facts["note"] = cmd.Note
	}
	return s.events.Append(ctx, tx, event.Event{Type: "order.cut", Subject: o.PublicID, Actor: caller.Account, Facts: facts})
}

// cutFigures says what a cut takes off an order that is not paid, or gives back of one that is: what was agreed and paid
// stays written as it was, only the platform's fee is no longer due, and the market has its part of a discount back.
func (s *Service) cutFigures(l orderdb.OrderLine, o orderdb.Order, n, left int64) (off figures, back, promotion int64, err error) {
	if off, err = share(l, n, left); err != nil || o.Captured == 0 && o.Method != methodNone {
		return off, 0, 0, err
	}
	if back, err = money.MulRatio(l.Total-l.CutTotal-l.RefundTotal, n, left); err != nil {
		return off, 0, 0, err
	}
	if l.DiscountBy == string(catalog.PaidByPlatform) {
		promotion, err = money.MulRatio(l.Discount-l.PromotionCut, n, left)
	}
	return figures{fee: off.fee}, back, promotion, err
}

type cutting struct {
	n         int64
	off       figures
	back      int64
	promotion int64 // what the market has back
	restock   bool
}

// cutMoneyAndGoods tells the rooms below, in the order of the locks: payment, stock, accounts.
func (s *Service) cutMoneyAndGoods(ctx context.Context, tx db.Tx, caller web.Caller, c orderdb.Checkout, o orderdb.Order, l orderdb.OrderLine, k cutting) error {
	switch {
	case k.off.total > 0 && o.Method != methodNone:
		if err := s.payments.Reduce(ctx, tx, Kind, c.PublicID, o.PublicID, k.off.total, caller.Account); err != nil {
			return err
		}
	case k.back > 0:
		if err := s.payments.Lock(ctx, tx, Kind, c.PublicID); err != nil {
			return err
		}
	}
	waits := o.Channel == byGuest && State(o.State) == Pending // nothing was taken for it yet
	if l.Tracked && !waits {
		if err := s.inventory.Cut(ctx, tx, o.PublicID, l.VariantID, k.n, k.restock, unavailable); err != nil {
			return err
		}
	}
	if k.promotion > 0 {
		if err := s.promotionCut(ctx, tx, o, l, k); err != nil {
			return err
		}
	}
	if k.back == 0 {
		return nil
	}
	_, err := s.payments.Refund(ctx, tx, payment.RefundCmd{
		Kind: Kind, Payable: c.PublicID, Order: o.PublicID, StoreID: o.StoreID, Amount: k.back, Reason: unavailable,
		Reference: fmt.Sprintf("cut:%s:%d", l.PublicID, l.CutQuantity+k.n), Actor: caller.Account,
	})
	return err
}
