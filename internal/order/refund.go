package order

import (
	"context"
	"fmt"
	"slices"

	"github.com/haat-market/haat/internal/catalog"
	"github.com/haat-market/haat/internal/ledger"
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

// What a caller may be told about a refund.
var (
	ErrRefundUnpaid = fault.New(fault.Conflict, "nothing_paid", "Nothing was paid for this order, so there is nothing to give back.")
	ErrRefundWhat   = fault.New(fault.Invalid, "refund_what", "Say what to give back: all that is left, an amount, or lines.")
	ErrRefundAmount = fault.New(fault.Invalid, "refund_amount_invalid", "The amount must be above zero and in the order's currency.")
	ErrRefundUnits  = fault.New(fault.Conflict, "refund_units_too_many", "The line has fewer units left that were paid and not given back.")
	ErrRefundReason = fault.New(fault.Invalid, "reason_needed", "Say in a few words why the money is given back.")
)

// RefundCmd gives money of an order back: all that is left of it, an amount, or what was paid for units of its lines.
type RefundCmd struct {
	Whole    bool
	Amount   string // a decimal
	Lines    []RefundLine
	Delivery bool // with lines: the delivery charge too
	Wallet   bool // into the buyer's wallet, whatever the source can take
	Reason   string
}

// RefundLine is units of a line; 0 is all that are left.
type RefundLine struct {
	Line     string
	Quantity int64
}

// part is what is given back for one line; without a line it is the delivery charge.
type part struct {
	line               int // -1: delivery
	quantity, amount   int64
	feeOff, feeBack    int64
	promotion, ofTotal int64
}

// Refund gives money of an order back, by its store's people or an admin, once for each idempotency key. What cannot go
// the way it came goes into the buyer's wallet. The store pays it out of the escrow before it has the money, and out of
// its earnings after, into a debt where these are not enough; the market gives the fee for it back in proportion.
// Errors: ErrNotFound, ErrNotYours, ErrRefundUnpaid, ErrRefundWhat, ErrRefundAmount, ErrRefundUnits, ErrOrderLine,
// payment.ErrRefundTooLarge, payment.ErrNoWallet.
func (s *Service) Refund(ctx context.Context, caller web.Caller, id string, cmd RefundCmd) (refund string, replayed bool, err error) {
	// READ COMMITTED: every check follows the locks of the checkout and of its orders.
	return idem.Once(ctx, s.db, "order.refund", func(ctx context.Context, tx db.Tx) (string, error) {
		c, orders, i, err := s.lockOrder(ctx, tx, id)
		if err != nil {
			return "", err
		}
		o := &orders[i]
		parties, err := s.parties(ctx, tx, caller, *o)
		switch {
		case err != nil:
			return "", err
		case !slices.Contains(parties, Store):
			return "", ErrNotYours
		case o.Captured == 0 || o.Side != sale: // what a store bought was paid at the door
			return "", ErrRefundUnpaid
		case held(*o):
			return "", ErrFrozen
		}
		lines, err := orderdb.New(tx).LinesOfOrders(ctx, []int64{o.ID})
		if err != nil {
			return "", err
		}
		parts, err := cmd.parts(*o, lines)
		if err != nil {
			return "", err
		}
		return s.giveBack(ctx, tx, c, o, lines, parts, giving{reason: cmd.Reason, wallet: cmd.Wallet, actor: caller.Account})
	}, db.ReadCommitted())
}

// left is what was paid for a line and not given back.
func left(l orderdb.OrderLine) int64 { return l.Total - l.CutTotal - l.RefundTotal }

// parts says what is given back for which line.
func (cmd RefundCmd) parts(o orderdb.Order, lines []orderdb.OrderLine) ([]part, error) {
	refundable := o.Captured - o.Refunded
	switch {
	case cmd.Whole && cmd.Amount == "" && len(cmd.Lines) == 0:
		return spread(o, lines, refundable)
	case cmd.Amount != "" && !cmd.Whole && len(cmd.Lines) == 0:
		cur := money.Currency(o.Currency)
		n, err := money.Parse(cmd.Amount, cur)
		if err != nil || n <= 0 {
			return nil, ErrRefundAmount.Because(err).With("currency", o.Currency)
		}
		return spread(o, lines, n)
	case len(cmd.Lines) > 0 && !cmd.Whole && cmd.Amount == "":
		return cmd.units(o, lines)
	}
	return nil, ErrRefundWhat
}

// spread shares an amount out over what is left of the lines and of the delivery charge.
func spread(o orderdb.Order, lines []orderdb.OrderLine, amount int64) ([]part, error) {
	refundable := o.Captured - o.Refunded
	if amount <= 0 || amount > refundable {
		return nil, payment.ErrRefundTooLarge.With("left", money.Format(refundable, money.Currency(o.Currency))).With("currency", o.Currency)
	}
	weights := make([]int64, len(lines)+1)
	for i, l := range lines {
		weights[i] = left(l)
	}
	weights[len(lines)] = o.Delivery - o.DeliveryRefunded
	split, err := money.Split(amount, weights)
	if err != nil {
		return nil, fmt.Errorf("order %s: %w", o.PublicID, err)
	}
	var out []part
	for i, n := range split {
		p := part{line: i, amount: n, ofTotal: weights[i]}
		if i == len(lines) {
			p.line = -1
		} else if n == weights[i] {
			p.quantity = max(lines[i].Quantity-lines[i].CutQuantity-lines[i].RefundQuantity, 0)
		}
		if n > 0 {
			out = append(out, p)
		}
	}
	return out, nil
}

// units is what was paid for units of lines. The last unit of a line takes what rounding left over.
func (cmd RefundCmd) units(o orderdb.Order, lines []orderdb.OrderLine) (out []part, err error) {
	seen := map[string]bool{}
	for _, want := range cmd.Lines {
		i := slices.IndexFunc(lines, func(l orderdb.OrderLine) bool { return l.PublicID == want.Line })
		if i < 0 || seen[want.Line] {
			return nil, ErrOrderLine
		}
		seen[want.Line] = true
		l := lines[i]
		there := max(l.Quantity-l.CutQuantity-l.RefundQuantity, 0)
		n := want.Quantity
		if n == 0 {
			n = there
		}
		if n < 1 || n > there {
			return nil, ErrRefundUnits.With("line", want.Line).With("left", there)
		}
		p := part{line: i, quantity: n, ofTotal: left(l)}
		if p.amount, err = money.MulRatio(left(l), n, there); err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	if cmd.Delivery {
		n := o.Delivery - o.DeliveryRefunded
		out = append(out, part{line: -1, amount: n, ofTotal: n})
	}
	return out, nil
}

// giving is why, to where and by whom money is given back.
type giving struct {
	reason, actor string
	wallet        bool
}

// giveBack books a refund of an order that is locked, in the order of the locks: payment, accounts. o is what it was
// locked as, and is what it has become afterwards.
func (s *Service) giveBack(ctx context.Context, tx db.Tx, c orderdb.Checkout, o *orderdb.Order, lines []orderdb.OrderLine, parts []part, g giving) (string, error) {
	var sum part
	completed := State(o.State) == Completed
	for i := range parts {
		p := &parts[i]
		if err := p.share(lines, completed); err != nil {
			return "", err
		}
		sum.amount, sum.feeOff, sum.feeBack, sum.promotion = sum.amount+p.amount, sum.feeOff+p.feeOff, sum.feeBack+p.feeBack, sum.promotion+p.promotion
		if p.line < 0 {
			o.DeliveryRefunded += p.amount
		}
	}
	if refundable := o.Captured - o.Refunded; sum.amount <= 0 || sum.amount > refundable {
		return "", payment.ErrRefundTooLarge.With("left", money.Format(refundable, money.Currency(o.Currency))).With("currency", o.Currency)
	}
	briefs, err := s.stores.Briefs(ctx, tx, []int64{o.StoreID})
	if err != nil {
		return "", err
	}
	store := briefs[o.StoreID].PublicID
	id, err := s.moveBack(ctx, tx, c, o, store, sum, completed, g)
	if err != nil {
		return "", err
	}
	if err := s.writeBack(ctx, tx, o, lines, parts); err != nil {
		return "", err
	}
	return id, s.events.Append(ctx, tx, event.Event{Type: "order.refunded", Subject: o.PublicID, Actor: g.actor, Facts: map[string]any{
		"refund": id, "store": store, "amount": money.Format(sum.amount, money.Currency(o.Currency)), "currency": o.Currency, "reason": g.reason,
	}})
}

// share adds what of the market's fee and of its discount goes back with a part. Before the store has paid the fee less
// of it becomes due; after, it is given back.
func (p *part) share(lines []orderdb.OrderLine, completed bool) error {
	if p.line < 0 || p.amount == 0 {
		return nil
	}
	l := lines[p.line]
	fee, err := money.MulRatio(l.Fee-l.FeeBack, p.amount, p.ofTotal)
	if err != nil {
		return err
	}
	if p.feeOff = fee; completed {
		p.feeOff, p.feeBack = 0, fee
	}
	if l.DiscountBy == string(catalog.PaidByPlatform) {
		p.promotion, err = money.MulRatio(l.Discount-l.PromotionCut, p.amount, p.ofTotal)
	}
	return err
}

// moveBack tells payment and the books, and notes the sums in the order.
func (s *Service) moveBack(ctx context.Context, tx db.Tx, c orderdb.Checkout, o *orderdb.Order, store string, sum part, completed bool, g giving) (string, error) {
	cur, cash := o.Currency, o.Method == string(payment.ByCash)
	earnings := ledger.StoreEarnings(store, cur)
	o.Refunded += sum.amount
	cmd := payment.RefundCmd{
		Kind: Kind, Payable: c.PublicID, Order: o.PublicID, StoreID: o.StoreID, Amount: sum.amount, Reason: g.reason,
		Reference: fmt.Sprintf("back:%s:%d", o.PublicID, o.Refunded), Actor: g.actor, Wallet: g.wallet,
	}
	if completed || cash {
		cmd.Store = earnings
	}
	id, err := s.payments.Refund(ctx, tx, cmd)
	if err != nil {
		return "", err
	}
	o.Fee, o.FeeBack, o.PromotionBack = o.Fee-sum.feeOff, o.FeeBack+sum.feeBack, o.PromotionBack+sum.promotion
	if completed {
		o.Clawed, o.PromotionClawed = o.Clawed+sum.amount, o.PromotionClawed+sum.promotion
	}
	if err := s.ledger.Post(ctx, tx, ledger.RefundFromStore, feeBackReference(id), o.PublicID,
		ledger.Leg{From: ledger.PlatformFees(cur), To: earnings, Amount: sum.feeBack}); err != nil {
		return "", err
	}
	from := ledger.Escrow(o.PublicID, cur)
	switch {
	case completed:
		from = earnings
	case cash: // the store never had it
		return id, nil
	}
	return id, s.ledger.Post(ctx, tx, ledger.MarketDiscountBack, "unpromote:"+id, o.PublicID,
		ledger.Leg{From: from, To: ledger.PlatformPromotions(cur), Amount: sum.promotion})
}

// feeBackReference is what the fee is booked under that a store has again with a refund.
func feeBackReference(refund string) string { return "feeback:" + refund }

// writeBack writes the order and its lines.
func (s *Service) writeBack(ctx context.Context, tx db.Tx, o *orderdb.Order, lines []orderdb.OrderLine, parts []part) (err error) {
	q := orderdb.New(tx)
	var rows []orderdb.RefundLinesParams
	for _, p := range parts {
		if p.line >= 0 {
			rows = append(rows, orderdb.RefundLinesParams{
				ID: lines[p.line].ID, Quantity: p.quantity, Amount: p.amount, FeeOff: p.feeOff, FeeBack: p.feeBack, Promotion: p.promotion,
			})
		}
	}
	q.RefundLines(ctx, rows).Exec(func(_ int, e error) {
		if err == nil && e != nil {
			err = fmt.Errorf("refund line: %w", e)
		}
	})
	if err != nil {
		return err
	}
	o.PaymentStatus, o.UpdatedAt = status(o.Total, o.Captured, o.Refunded), clock.Micro(s.clock.Now())
	n, err := q.RefundOrder(ctx, orderdb.RefundOrderParams{
		ID: o.ID, Was: o.State, Refunded: o.Refunded, PaymentStatus: o.PaymentStatus, Fee: o.Fee, FeeBack: o.FeeBack, PromotionBack: o.PromotionBack,
		PromotionClawed: o.PromotionClawed, Clawed: o.Clawed, DeliveryRefunded: o.DeliveryRefunded, UpdatedAt: o.UpdatedAt,
	})
	if err == nil && n != 1 {
		err = fmt.Errorf("order %s: its state changed under its lock", o.PublicID)
	}
	return err
}

// Refunds lists an order's refunds for those who may see the order. Error: ErrNotFound.
func (s *Service) Refunds(ctx context.Context, caller web.Caller, id string) (out []payment.RefundView, err error) {
	err = s.db.Read(ctx, "order.refunds", func(ctx context.Context, tx db.Tx) error {
		if _, _, err := s.open(ctx, tx, caller, id); err != nil {
			return err
		}
		out, err = s.payments.RefundsOfOrder(ctx, tx, id)
		return err
	})
	return out, err
}
