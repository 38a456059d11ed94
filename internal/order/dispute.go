package order

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/haat-market/haat/internal/order/orderdb"
	"github.com/haat-market/haat/internal/payment"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/code"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/event"
	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/idem"
	"github.com/haat-market/haat/internal/platform/money"
	"github.com/haat-market/haat/internal/platform/web"
)

// DisputeState is where a dispute stands.
type DisputeState string

// The states of a dispute.
const (
	DisputeOpen      DisputeState = "open"
	DisputeResolved  DisputeState = "resolved"
	DisputeWithdrawn DisputeState = "withdrawn"
)

// Outcome is how a dispute was resolved.
type Outcome string

// The outcomes. Returned: the goods came back while it was open, so the buyer has his money.
const (
	OutcomeReleased Outcome = "released"
	OutcomeRefunded Outcome = "refunded"
	OutcomeSplit    Outcome = "split"
	OutcomeReturned Outcome = "returned"
)

// Bounds of disputes.
const (
	disputeAnswer       = 72 * time.Hour // for the store to say something
	maxDisputes         = 3              // of one order
	maxDisputeMessages  = 200
	disputeReleaseGrace = 24 * time.Hour // what a withdrawn dispute leaves at least of the time to the release
)

// What a caller may be told about disputes.
var (
	ErrFrozen          = fault.New(fault.Conflict, "order_frozen", "The money of this order is frozen until an admin has decided.")
	ErrNotFrozen       = fault.New(fault.Conflict, "order_not_frozen", "This order is not frozen.")
	ErrDisputeNotFound = fault.New(fault.NotFound, "dispute_not_found", "There is no such dispute.")
	ErrDisputeLate     = fault.New(fault.Conflict, "dispute_too_late", "A dispute is opened after the order was shipped and before it is completed.")
	ErrDisputeOpen     = fault.New(fault.Conflict, "dispute_open", "There is a dispute about this order already.")
	ErrDisputeClosed   = fault.New(fault.Conflict, "dispute_closed", "This dispute was decided or withdrawn.")
	ErrTooManyDisputes = fault.New(fault.Conflict, "too_many_disputes", "This order was disputed too often. Write to the market.")
	ErrTooManyMessages = fault.New(fault.Conflict, "too_many_messages", "This dispute has as many messages as it may have.")
	ErrDisputeSplit    = fault.New(fault.Invalid, "dispute_split", "A split names what the buyer gets: above zero, and less than what is left.")
	ErrTextNeeded      = fault.New(fault.Invalid, "text_needed", "Say something.")
)

// DisputeCmd opens a dispute.
type DisputeCmd struct {
	Reason string
	Text   string
	Lines  []RefundLine
}

// held says whether an order's money stands still.
func held(o orderdb.Order) bool { return o.Disputed || o.Frozen }

// OpenDispute stops the release of an order that was shipped and is not completed, for its buyer, until an admin has
// decided. Errors: ErrNotFound, ErrNotYours, ErrDisputeLate, ErrDisputeOpen, ErrTooManyDisputes, ErrRefundUnpaid, ErrOrderLine.
func (s *Service) OpenDispute(ctx context.Context, caller web.Caller, id string, cmd DisputeCmd) (dispute string, replayed bool, err error) {
	// READ COMMITTED: every check follows the locks of the checkout and of its orders.
	return idem.Once(ctx, s.db, "order.dispute", func(ctx context.Context, tx db.Tx) (string, error) {
		_, orders, i, err := s.lockOrder(ctx, tx, id)
		if err != nil {
			return "", err
		}
		o := &orders[i]
		parties, err := s.parties(ctx, tx, caller, *o)
		if err != nil {
			return "", err
		}
		q := orderdb.New(tx)
		switch {
		case !slices.Contains(parties, Buyer):
			return "", ErrNotYours
		case o.Disputed:
			return "", ErrDisputeOpen
		case o.Side != sale || State(o.State) != Shipped && State(o.State) != Delivered:
			return "", ErrDisputeLate.With("state", o.State)
		case o.Captured == o.Refunded:
			return "", ErrRefundUnpaid
		}
		switch n, err := q.CountDisputes(ctx, o.ID); {
		case err != nil:
			return "", err
		case n >= maxDisputes:
			return "", ErrTooManyDisputes
		}
		lines, err := s.disputedLines(ctx, q, *o, cmd.Lines)
		if err != nil {
			return "", err
		}
		now := s.clock.Now()
		dispute := code.ID("dsp")
		if _, err := q.InsertDispute(ctx, orderdb.InsertDisputeParams{
			PublicID: dispute, OrderID: o.ID, OrderRef: o.PublicID, StoreID: o.StoreID, AccountID: o.AccountID, Account: caller.Account, Reason: cmd.Reason, Text: cmd.Text,
			Lines: lines, Currency: o.Currency, AnswerUntil: clock.Micro(now.Add(disputeAnswer)), CreatedAt: clock.Micro(now),
		}); err != nil {
			return "", fmt.Errorf("insert dispute: %w", err)
		}
		o.Disputed = true
		if err := s.freeze(ctx, tx, o); err != nil {
			return "", err
		}
		return dispute, s.tellOrder(ctx, tx, *o, "order.disputed", caller.Account, map[string]any{"dispute": dispute, "reason": cmd.Reason})
	}, db.ReadCommitted())
}

func (s *Service) disputedLines(ctx context.Context, q *orderdb.Queries, o orderdb.Order, wanted []RefundLine) (string, error) {
	rows, err := q.LinesOfOrders(ctx, []int64{o.ID})
	if err != nil {
		return "", err
	}
	out := make([]RefundLine, 0, len(wanted))
	for _, w := range wanted {
		i := slices.IndexFunc(rows, func(l orderdb.OrderLine) bool { return l.PublicID == w.Line })
		if i < 0 || slices.ContainsFunc(out, func(l RefundLine) bool { return l.Line == w.Line }) {
			return "", ErrOrderLine
		}
		there := rows[i].Quantity - rows[i].CutQuantity
		if w.Quantity == 0 {
			w.Quantity = there
		}
		if w.Quantity < 1 || w.Quantity > there {
			return "", ErrRefundUnits.With("line", w.Line).With("left", there)
		}
		out = append(out, w)
	}
	text, err := json.Marshal(out)
	return string(text), err
}

// freeze writes what of an order stands still. Its release waits, or goes on where it stood, a while from now at least.
func (s *Service) freeze(ctx context.Context, tx db.Tx, o *orderdb.Order) error {
	now := s.clock.Now()
	if State(o.State) == Delivered {
		o.DueAt = noTimer
		if !held(*o) {
			settings, err := s.market.SettingsFor(ctx, tx)
			if err != nil {
				return err
			}
			o.DueAt = clock.Micro(now.Add(disputeReleaseGrace))
			if o.DeliveredAt != nil {
				o.DueAt = max(o.DueAt, clock.Micro(clock.Time(*o.DeliveredAt).Add(settings.EscrowRelease)))
			}
		}
	}
	n, err := orderdb.New(tx).SetFrozen(ctx, orderdb.SetFrozenParams{
		ID: o.ID, Was: o.State, Disputed: o.Disputed, Frozen: o.Frozen, DueAt: o.DueAt, UpdatedAt: clock.Micro(now),
	})
	if err == nil && n != 1 {
		err = fmt.Errorf("order %s: its state changed under its lock", o.PublicID)
	}
	return err
}

func (s *Service) tellOrder(ctx context.Context, tx db.Tx, o orderdb.Order, what, actor string, facts map[string]any) error {
	return s.events.Append(ctx, tx, event.Event{Type: what, Subject: o.PublicID, Actor: actor, Facts: facts})
}

// SetFrozen freezes the money of an order that is not final, or ends that, for an admin. Errors: ErrNotFound, ErrState,
// ErrNotFrozen, ErrFrozen.
func (s *Service) SetFrozen(ctx context.Context, caller web.Caller, id, reason string, frozen bool) error {
	// READ COMMITTED: every check follows the locks of the checkout and of its orders.
	return s.db.Write(ctx, "order.freeze", func(ctx context.Context, tx db.Tx) error {
		_, orders, i, err := s.lockOrder(ctx, tx, id)
		if err != nil {
			return err
		}
		o := &orders[i]
		switch {
		case frozen && o.Frozen:
			return ErrFrozen
		case !frozen && !o.Frozen:
			return ErrNotFrozen
		case o.Side != sale || frozen && !slices.Contains([]State{Confirmed, Processing, Shipped, Delivered, Returning}, State(o.State)):
			return wrongState(*o, []Party{Admin})
		}
		o.Frozen = frozen
		if err := s.freeze(ctx, tx, o); err != nil {
			return err
		}
		what := "order.unfrozen"
		if frozen {
			what = "order.frozen"
		}
		return s.tellOrder(ctx, tx, *o, what, caller.Account, map[string]any{"reason": reason})
	}, db.ReadCommitted())
}

// standsStill refuses steps that move money of an order that stands still. A dispute stops its release; a freeze, whatever
// would move it.
func standsStill(o orderdb.Order, rule Rule) error {
	if o.Disputed && rule.Money == MoneyReleased || o.Frozen && (rule.Money == MoneyReleased || rule.Money == MoneyBack) {
		return ErrFrozen
	}
	return nil
}

// lockDispute locks the order of a dispute and reads the dispute under that lock.
func (s *Service) lockDispute(ctx context.Context, tx db.Tx, id string) (c orderdb.Checkout, o *orderdb.Order, d orderdb.OrderDispute, err error) {
	q := orderdb.New(tx)
	d, err = q.Dispute(ctx, id)
	if errors.Is(err, db.ErrNoRows) {
		err = ErrDisputeNotFound
	}
	if err != nil {
		return c, nil, d, err
	}
	c, orders, i, err := s.lockOrder(ctx, tx, d.OrderRef)
	if err != nil {
		return c, nil, d, err
	}
	d, err = q.Dispute(ctx, id)
	return c, &orders[i], d, err
}

// disputeParty is in which part somebody speaks in a dispute. Strangers get ErrDisputeNotFound.
func (s *Service) disputeParty(ctx context.Context, tx db.Tx, caller web.Caller, o orderdb.Order) (Party, error) {
	parties, err := s.parties(ctx, tx, caller, o)
	switch {
	case errors.Is(err, ErrNotFound):
		return "", ErrDisputeNotFound
	case err != nil:
		return "", err
	case slices.Contains(parties, Buyer):
		return Buyer, nil
	case slices.Contains(parties, Admin):
		return Admin, nil
	}
	return Store, nil
}

// WithdrawDispute lets the release go on. Errors: ErrDisputeNotFound, ErrNotYours, ErrDisputeClosed.
func (s *Service) WithdrawDispute(ctx context.Context, caller web.Caller, id string) error {
	// READ COMMITTED: every check follows the locks of the checkout and of its orders.
	return s.db.Write(ctx, "order.withdraw_dispute", func(ctx context.Context, tx db.Tx) error {
		_, o, d, err := s.lockDispute(ctx, tx, id)
		if err != nil {
			return err
		}
		party, err := s.disputeParty(ctx, tx, caller, *o)
		switch {
		case err != nil:
			return err
		case party != Buyer:
			return ErrNotYours
		case DisputeState(d.State) != DisputeOpen:
			return ErrDisputeClosed.With("state", d.State)
		}
		if err := s.endDispute(ctx, tx, d, DisputeWithdrawn, "", 0, "", caller.Account); err != nil {
			return err
		}
		o.Disputed = false
		if err := s.freeze(ctx, tx, o); err != nil {
			return err
		}
		return s.tellOrder(ctx, tx, *o, "order.dispute_withdrawn", caller.Account, map[string]any{"dispute": id})
	}, db.ReadCommitted())
}

func (s *Service) endDispute(ctx context.Context, tx db.Tx, d orderdb.OrderDispute, state DisputeState, outcome Outcome, given int64, note, actor string) error {
	n, err := orderdb.New(tx).EndDispute(ctx, orderdb.EndDisputeParams{
		ID: d.ID, State: string(state), Outcome: string(outcome), Given: given, Note: note, DecidedBy: actor, DecidedAt: clock.Micro(s.clock.Now()),
	})
	if err == nil && n != 1 {
		err = ErrDisputeClosed
	}
	return err
}

// cameBack ends the dispute about an order whose goods came back: the buyer has all his money.
func (s *Service) cameBack(ctx context.Context, tx db.Tx, o *orderdb.Order, left int64, actor string) error {
	if !o.Disputed {
		return nil
	}
	d, err := orderdb.New(tx).OpenDispute(ctx, o.ID)
	if err != nil {
		return err
	}
	if err := s.endDispute(ctx, tx, d, DisputeResolved, OutcomeReturned, left, "", actor); err != nil {
		return err
	}
	o.Disputed = false
	return s.freeze(ctx, tx, o)
}

// ResolveCmd decides a dispute.
type ResolveCmd struct {
	Outcome Outcome
	Amount  string // of a split: what the buyer gets
	Note    string
}

// ResolveDispute decides a dispute, for an admin: the store gets the money, the buyer gets all of it back, or each gets a
// part. A delivered order is completed by it. Errors: ErrDisputeNotFound, ErrDisputeClosed, ErrDisputeSplit, ErrFrozen,
// payment.ErrRefundTooLarge.
func (s *Service) ResolveDispute(ctx context.Context, caller web.Caller, id string, cmd ResolveCmd) error {
	// READ COMMITTED: every check follows the locks of the checkout and of its orders.
	return s.db.Write(ctx, "order.resolve_dispute", func(ctx context.Context, tx db.Tx) error {
		c, o, d, err := s.lockDispute(ctx, tx, id)
		switch {
		case err != nil:
			return err
		case DisputeState(d.State) != DisputeOpen:
			return ErrDisputeClosed.With("state", d.State)
		case o.Frozen:
			return ErrFrozen
		}
		given, err := s.decideMoney(ctx, tx, c, o, cmd, caller.Account)
		if err != nil {
			return err
		}
		if err := s.endDispute(ctx, tx, d, DisputeResolved, cmd.Outcome, given, cmd.Note, caller.Account); err != nil {
			return err
		}
		o.Disputed = false
		if err := s.freeze(ctx, tx, o); err != nil {
			return err
		}
		if err := s.tellOrder(ctx, tx, *o, "order.dispute_resolved", caller.Account, map[string]any{
			"dispute": id, "outcome": string(cmd.Outcome), "amount": money.Format(given, money.Currency(o.Currency)), "currency": o.Currency,
		}); err != nil {
			return err
		}
		rule, ok := Find(State(o.State), Complete)
		if !ok {
			return nil // it is still on its way
		}
		return s.apply(ctx, tx, c, o, rule, Why{Note: cmd.Note}, caller.Account)
	}, db.ReadCommitted())
}

// decideMoney gives the buyer what a decision says.
func (s *Service) decideMoney(ctx context.Context, tx db.Tx, c orderdb.Checkout, o *orderdb.Order, cmd ResolveCmd, actor string) (given int64, err error) {
	if given, err = cmd.given(*o); err != nil || given == 0 {
		return given, err
	}
	lines, err := orderdb.New(tx).LinesOfOrders(ctx, []int64{o.ID})
	if err != nil {
		return 0, err
	}
	parts, err := spread(*o, lines, given)
	if err != nil {
		return 0, err
	}
	_, err = s.giveBack(ctx, tx, c, o, lines, parts, giving{reason: "dispute", actor: actor})
	return given, err
}

// given is what the buyer gets of what is left.
func (cmd ResolveCmd) given(o orderdb.Order) (int64, error) {
	refundable := o.Captured - o.Refunded
	switch cmd.Outcome {
	case OutcomeReleased:
		return 0, nil
	case OutcomeRefunded:
		if refundable == 0 {
			return 0, payment.ErrRefundTooLarge.With("left", money.Format(0, money.Currency(o.Currency)))
		}
		return refundable, nil
	}
	n, err := money.Parse(cmd.Amount, money.Currency(o.Currency))
	if err != nil || n <= 0 || n >= refundable {
		return 0, ErrDisputeSplit.Because(err).With("left", money.Format(refundable, money.Currency(o.Currency))).With("currency", o.Currency)
	}
	return n, nil
}

// SayInDispute adds a message of the buyer, the store or an admin. Errors: ErrDisputeNotFound, ErrDisputeClosed,
// ErrTooManyMessages.
func (s *Service) SayInDispute(ctx context.Context, caller web.Caller, id, text string) (replayed bool, err error) {
	// READ COMMITTED: every check follows the locks of the checkout and of its orders.
	_, replayed, err = idem.Once(ctx, s.db, "order.dispute_message", func(ctx context.Context, tx db.Tx) (string, error) {
		_, o, d, err := s.lockDispute(ctx, tx, id)
		if err != nil {
			return "", err
		}
		party, err := s.disputeParty(ctx, tx, caller, *o)
		switch {
		case err != nil:
			return "", err
		case DisputeState(d.State) != DisputeOpen:
			return "", ErrDisputeClosed.With("state", d.State)
		}
		q, now := orderdb.New(tx), clock.Micro(s.clock.Now())
		switch n, err := q.CountDisputeMessages(ctx, d.ID); {
		case err != nil:
			return "", err
		case n >= maxDisputeMessages:
			return "", ErrTooManyMessages
		}
		if party == Store {
			if err := q.AnswerDispute(ctx, now, d.ID); err != nil {
				return "", err
			}
		}
		if err := q.InsertDisputeMessage(ctx, orderdb.InsertDisputeMessageParams{DisputeID: d.ID, Party: string(party), Account: caller.Account, Text: text, CreatedAt: now}); err != nil {
			return "", err
		}
		return id, s.events.Append(ctx, tx, event.Event{Type: "dispute.message", Subject: id, Actor: caller.Account, Facts: map[string]any{"order": d.OrderRef, "party": string(party)}})
	}, db.ReadCommitted())
	return replayed, err
}
