package delivery

import (
	"context"
	"errors"
	"time"

	"github.com/haat-market/haat/internal/delivery/deliverydb"
	"github.com/haat-market/haat/internal/ledger"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/event"
	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/money"
	"github.com/haat-market/haat/internal/platform/web"
)

// What a caller may be told of cash.
var (
	ErrCashLimit = fault.New(fault.Conflict, "cash_limit", "With this delivery the courier would have more cash than one may carry. Hand some in first.")
	ErrCashState = fault.New(fault.Conflict, "no_cash_carried", "The courier carries no cash of this delivery: none was taken, or it was handed in already.")
	ErrCashMore  = fault.New(fault.Invalid, "too_much_cash", "This is more than what was taken at the doors. Count again.")
	ErrCashShort = fault.New(fault.Conflict, "cash_short", "This is less than what was taken at the doors. Count again, or accept that the courier owes the rest.")
)

// mostCash is how much cash a courier may have, with what he is going to take, in minor units.
const mostCash = 5_000_000

// States of the cash of a delivery.
const (
	cashCarried = "carried"
	cashHanded  = "handed_in"
	cashShort   = "short"
)

// mayCarry holds a courier to how much cash he may have. His row is locked. Errors: ErrCashLimit.
func mayCarry(ctx context.Context, q *deliverydb.Queries, courier int64, d deliverydb.Delivery) error {
	if d.Cash == 0 {
		return nil
	}
	has, err := q.CashOf(ctx, courier, d.Currency)
	if err != nil {
		return err
	}
	if cur := money.Currency(d.Currency); has+d.Cash > mostCash {
		return ErrCashLimit.With("carried", money.Format(has, cur)).With("delivery", money.Format(d.Cash, cur)).With("most", money.Format(mostCash, cur))
	}
	return nil
}

// takeCash books what the courier took at the door: he has it, and it is owed to whom the order says.
func (s *Service) takeCash(ctx context.Context, tx db.Tx, d *deliverydb.Delivery, courier deliverydb.Courier) error {
	if d.Cash == 0 {
		return nil
	}
	d.CashState = cashCarried
	return s.ledger.Post(ctx, tx, ledger.CashDelivered, "cash:"+d.PublicID, d.PublicID,
		ledger.Leg{From: ledger.CourierCash(courier.Account, d.Currency), To: ledger.CashOwed(d.OrderRef, d.Currency), Amount: d.Cash})
}

// HandIn is cash that a courier puts on the table.
type HandIn struct {
	Deliveries []string
	Amount     string // what was counted
	Short      bool   // the courier owes what is missing
}

// HandInView is what became of it.
type HandInView struct {
	Currency string `json:"currency"`
	Expected string `json:"expected"`
	Counted  string `json:"counted"`
	Missing  string `json:"missing" doc:"What the courier owes the market now"`
}

// HandInTo takes a courier's cash into the market's till. The stores have it as earnings. Errors: ErrCourier,
// ErrNotFound, ErrCashState, ErrCashMore, ErrCashShort, ErrFee.
func (s *Service) HandInTo(ctx context.Context, caller web.Caller, courier string, in HandIn) (out HandInView, err error) {
	in.Deliveries = unique(in.Deliveries)
	err = s.db.Write(ctx, "delivery.hand_in", func(ctx context.Context, tx db.Tx) error {
		q := deliverydb.New(tx)
		c, err := q.CourierByPublicID(ctx, courier)
		if err != nil {
			return notFound(err, ErrCourier)
		}
		var settled []settling
		rows, err := q.DeliveriesByPublicIDs(ctx, in.Deliveries)
		if err != nil {
			return err
		}
		for _, id := range in.Deliveries {
			if err := carriedBy(rows, id, c.ID); err != nil {
				return err
			}
		}
		var left int64
		if out, left, err = counted(rows, in); err != nil {
			return err
		}
		// All deliveries first, then all accounts: two hand-ins of several stores wait for each other in one order.
		for _, d := range rows {
			got := min(left, d.Cash)
			left -= got
			settled = append(settled, settling{d, c, got})
		}
		return s.settleCash(ctx, tx, caller, settled, true)
	})
	return out, err
}

// CashHeld is the cash that a courier has taken at doors and not handed in.
type CashHeld struct {
	Currency string
	Total    string          // of these
	Items    []StatementLine // the oldest first, 200 at most
}

// mostHandedIn is how many deliveries' cash is handed in at once.
const mostHandedIn = 200

// CashWith is the cash that a courier has, for admins, delivery by delivery. Errors: ErrCourier.
func (s *Service) CashWith(ctx context.Context, courier string) (out CashHeld, err error) {
	settings, err := s.market.Settings(ctx)
	if err != nil {
		return out, err
	}
	err = s.db.Read(ctx, "delivery.cash_with", func(ctx context.Context, tx db.Tx) error {
		q := deliverydb.New(tx)
		c, err := q.CourierByPublicID(ctx, courier)
		if err != nil {
			return notFound(err, ErrCourier)
		}
		rows, err := q.CarriedCash(ctx, &c.ID, string(settings.Currency), mostHandedIn)
		if err != nil {
			return err
		}
		out = CashHeld{Currency: string(settings.Currency), Items: make([]StatementLine, 0, len(rows))}
		sum := int64(0)
		for _, d := range rows {
			out.Items = append(out.Items, lineOf(d, settings.Currency))
			if sum, err = money.Sum(sum, d.Cash); err != nil {
				return err
			}
		}
		out.Total = money.Format(sum, settings.Currency)
		return nil
	})
	return out, err
}

func lineOf(d deliverydb.Delivery, cur money.Currency) StatementLine {
	return StatementLine{d.PublicID, d.Tracking, clock.Time(*d.DeliveredAt), money.Format(d.Fee, cur), money.Format(d.Earned, cur), money.Format(d.Cash, cur), d.CashState}
}

// carriedBy holds that a delivery's cash is with a courier.
func carriedBy(rows []deliverydb.Delivery, id string, courier int64) error {
	for _, d := range rows {
		if d.PublicID != id || d.CourierID == nil || *d.CourierID != courier {
			continue
		}
		if d.CashState != cashCarried {
			return ErrCashState.With("delivery", id)
		}
		if d.Currency != rows[0].Currency {
			return ErrFee.With("currency", rows[0].Currency)
		}
		return nil
	}
	return ErrNotFound.With("delivery", id)
}

// counted compares what is on the table with what was taken.
func counted(rows []deliverydb.Delivery, in HandIn) (v HandInView, got int64, err error) {
	cur := money.Currency(rows[0].Currency)
	if got, err = money.Parse(in.Amount, cur); err != nil || got < 0 {
		return v, 0, ErrFee.With("currency", string(cur)).Field("body.amount", "invalid", "A decimal amount.")
	}
	sum := int64(0)
	for _, d := range rows {
		if sum, err = money.Sum(sum, d.Cash); err != nil {
			return v, 0, err
		}
	}
	v = HandInView{Currency: string(cur), Expected: money.Format(sum, cur), Counted: money.Format(got, cur), Missing: money.Format(max(0, sum-got), cur)}
	switch {
	case got > sum:
		return v, 0, ErrCashMore.With("expected", v.Expected).With("counted", v.Counted)
	case got < sum && !in.Short:
		return v, 0, ErrCashShort.With("expected", v.Expected).With("counted", v.Counted).With("missing", v.Missing)
	}
	return v, got, nil
}

// Receive notes that a courier brought a store the cash of a delivery. Errors: ErrNotFound, ErrNotYours, ErrCashState,
// ErrCashMore, ErrCashShort, ErrFee.
func (s *Service) Receive(ctx context.Context, caller web.Caller, id string, in HandIn) (out HandInView, err error) {
	err = s.db.Write(ctx, "delivery.receive_cash", func(ctx context.Context, tx db.Tx) error {
		d, parties, err := s.open(ctx, tx, caller, id)
		if err != nil {
			return err
		}
		if !isStore(parties) {
			return ErrNotYours
		}
		if d.CashState != cashCarried || d.CourierID == nil {
			return ErrCashState
		}
		var got int64
		if out, got, err = counted([]deliverydb.Delivery{d}, in); err != nil {
			return err
		}
		couriers, err := deliverydb.New(tx).CouriersByIDs(ctx, []int64{*d.CourierID})
		if err != nil {
			return err
		}
		return s.settleCash(ctx, tx, caller, []settling{{d, couriers[0], got}}, false)
	})
	return out, err
}

func isStore(parties []Party) bool {
	for _, p := range parties {
		if p == Store {
			return true
		}
	}
	return false
}

// settling is what came of a delivery's cash.
type settling struct {
	row     deliverydb.Delivery
	courier deliverydb.Courier
	got     int64
}

func (x settling) state() string {
	if x.got < x.row.Cash {
		return cashShort
	}
	return cashHanded
}

// settleCash books what came of deliveries' cash, each once: into the till (the stores have all of it as earnings) or into
// the store's own hands. What is missing is the courier's debt, and never the store's loss.
func (s *Service) settleCash(ctx context.Context, tx db.Tx, caller web.Caller, all []settling, till bool) error {
	stores := make([]int64, len(all))
	for i, x := range all {
		stores[i] = x.row.StoreID
		n, err := deliverydb.New(tx).SettleCash(ctx, x.state(), clock.Micro(s.clock.Now()), x.row.ID)
		if err != nil {
			return err
		}
		if n == 0 {
			return ErrCashState.With("delivery", x.row.PublicID)
		}
	}
	briefs, err := s.stores.Briefs(ctx, tx, stores)
	if err != nil {
		return err
	}
	var keys []ledger.Key
	for _, x := range all {
		cur := x.row.Currency
		keys = append(keys, ledger.CourierCash(x.courier.Account, cur), ledger.CourierEarnings(x.courier.Account, cur), ledger.StoreEarnings(briefs[x.row.StoreID].PublicID, cur))
	}
	if err := s.ledger.Lock(ctx, tx, keys...); err != nil {
		return err
	}
	for _, x := range all {
		if err := s.bookCash(ctx, tx, caller, x, ledger.StoreEarnings(briefs[x.row.StoreID].PublicID, x.row.Currency), till); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) bookCash(ctx context.Context, tx db.Tx, caller web.Caller, x settling, earnings ledger.Key, till bool) (err error) {
	d, c, got, cur := x.row, x.courier, x.got, x.row.Currency
	hand, owed := ledger.CourierCash(c.Account, cur), ledger.CashOwed(d.OrderRef, cur)
	missing := ledger.Leg{From: ledger.CourierEarnings(c.Account, cur), To: hand, Amount: d.Cash - got}
	if till {
		err = s.ledger.Post(ctx, tx, ledger.CashHandedIn, "handin:"+d.PublicID, d.PublicID,
			ledger.Leg{From: ledger.Cashbox(cur), To: hand, Amount: got}, missing, ledger.Leg{From: owed, To: earnings, Amount: d.Cash})
	} else {
		err = s.ledger.Post(ctx, tx, ledger.CashToStore, "handin:"+d.PublicID, d.PublicID,
			ledger.Leg{From: owed, To: hand, Amount: got}, missing, ledger.Leg{From: owed, To: earnings, Amount: d.Cash - got})
	}
	if err != nil {
		return err
	}
	return s.events.Append(ctx, tx, event.Event{Type: "delivery.cash_" + x.state(), Subject: d.PublicID, Actor: caller.Account, Facts: map[string]any{
		"courier": c.PublicID, "amount": got, "missing": d.Cash - got, "currency": cur, "till": till,
	}})
}

// Statement is what a courier earned in a time, and the cash that he has.
type Statement struct {
	From       time.Time       `json:"from"`
	Until      time.Time       `json:"until"`
	Currency   string          `json:"currency"`
	Deliveries int64           `json:"delivery_count"`
	Fees       string          `json:"fees" doc:"What the stores paid"`
	Earned     string          `json:"earned" doc:"His part of it"`
	Cash       string          `json:"cash_taken"`
	InHand     string          `json:"cash_in_hand" doc:"Now: taken and not handed in"`
	Balance    string          `json:"balance" doc:"Now: what the market owes him; below zero he owes it"`
	Items      []StatementLine `json:"items" doc:"The first 1000, oldest first; the figures are those of all"`
}

// StatementLine is one delivery of it.
type StatementLine struct {
	Delivery    string    `json:"delivery"`
	Tracking    string    `json:"tracking_number"`
	DeliveredAt time.Time `json:"delivered_at"`
	Fee         string    `json:"fee"`
	Earned      string    `json:"earned"`
	Cash        string    `json:"cash"`
	CashState   string    `json:"cash_state,omitempty" enum:"carried,handed_in,short"`
}

const mostLines = 1000

// MyStatement is the caller's own statement.
func (s *Service) MyStatement(ctx context.Context, caller web.Caller, from, until time.Time) (Statement, error) {
	id, err := s.courierOf(ctx, caller)
	if err != nil {
		return Statement{}, err
	}
	return s.statement(ctx, id, from, until)
}

// StatementOf is a courier's statement, for admins. Errors: ErrCourier.
func (s *Service) StatementOf(ctx context.Context, courier string, from, until time.Time) (Statement, error) {
	var id int64
	err := s.db.Read(ctx, "delivery.courier", func(ctx context.Context, tx db.Tx) error {
		c, err := deliverydb.New(tx).CourierByPublicID(ctx, courier)
		id = c.ID
		return notFound(err, ErrCourier)
	})
	if err != nil {
		return Statement{}, err
	}
	return s.statement(ctx, id, from, until)
}

func (s *Service) statement(ctx context.Context, courier int64, from, until time.Time) (out Statement, err error) {
	settings, err := s.market.Settings(ctx)
	if err != nil {
		return out, err
	}
	if until.IsZero() {
		until = s.clock.Now().Add(time.Microsecond) // with what is delivered this moment
	}
	if from.IsZero() {
		from = until.AddDate(0, 0, -30)
	}
	cur := settings.Currency
	err = s.db.Read(ctx, "delivery.statement", func(ctx context.Context, tx db.Tx) error {
		q := deliverydb.New(tx)
		a, b := clock.Micro(from), clock.Micro(until)
		sums, err := q.EarnedBy(ctx, &courier, string(cur), &a, &b)
		if err != nil {
			return err
		}
		rows, err := q.DoneBy(ctx, deliverydb.DoneByParams{CourierID: &courier, Currency: string(cur), Since: &a, Until: &b, MaxRows: mostLines})
		if err != nil {
			return err
		}
		couriers, err := q.CouriersByIDs(ctx, []int64{courier})
		if err != nil || len(couriers) != 1 {
			return errors.Join(err, ErrCourier)
		}
		hand, err := s.ledger.Balance(ctx, tx, ledger.CourierCash(couriers[0].Account, string(cur)))
		if err != nil {
			return err
		}
		owed, err := s.ledger.Balance(ctx, tx, ledger.CourierEarnings(couriers[0].Account, string(cur)))
		if err != nil {
			return err
		}
		out = Statement{
			From: from.UTC(), Until: until.UTC(), Currency: string(cur), Deliveries: sums.Deliveries, Fees: money.Format(sums.Fees, cur), Earned: money.Format(sums.Earned, cur),
			Cash: money.Format(sums.Cash, cur), InHand: money.Format(-hand.Balance, cur), Balance: money.Format(owed.Balance, cur), Items: []StatementLine{},
		}
		for _, d := range rows {
			out.Items = append(out.Items, lineOf(d, cur))
		}
		return nil
	})
	return out, err
}
