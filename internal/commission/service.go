package commission

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/haat-market/haat/internal/commission/commissiondb"
	"github.com/haat-market/haat/internal/ledger"
	"github.com/haat-market/haat/internal/market"
	"github.com/haat-market/haat/internal/order"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/code"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/event"
	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/money"
	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/internal/store"
)

// Numbers of statements.
const (
	rateBp   = 100 // 1 %
	dueAfter = 30 * 24 * time.Hour
	chunk    = 200 // orders that are written down in one transaction
)

// State is where a statement stands.
type State string

// The states.
const (
	Open   State = "open" // its orders are being written down
	Issued State = "issued"
	Paid   State = "paid"
)

// What this room refuses with.
var (
	ErrNotFound  = fault.New(fault.NotFound, "statement_not_found", "There is no such statement.")
	ErrMonth     = fault.New(fault.Invalid, "invalid_month", "A month looks like 2026-10.")
	ErrMonthRuns = fault.New(fault.Conflict, "month_not_over", "The month is not over in the market's time zone. Look at a preview until then.")
	ErrState     = fault.New(fault.Conflict, "statement_state", "The statement is not issued, or it is paid.")
	ErrAmount    = fault.New(fault.Conflict, "amount_differs", "The amount is not the statement's.")
	ErrReference = fault.New(fault.Conflict, "reference_used", "A transfer with this number paid another statement.")
	ErrBankText  = fault.New(fault.Invalid, "reference_invalid", "Give the bank's number of the transfer: at least four letters or digits.")
)

// Deps are what the room stands on.
type Deps struct {
	DB     *db.DB
	Clock  clock.Clock
	Events *event.Log
	Market *market.Service
	Stores *store.Service
	Orders *order.Service
	Ledger *ledger.Service
}

// Service is the room.
type Service struct {
	db     *db.DB
	clock  clock.Clock
	events *event.Log
	market *market.Service
	stores *store.Service
	orders *order.Service
	ledger *ledger.Service
}

// New opens the room.
func New(d Deps) *Service {
	return &Service{db: d.DB, clock: d.Clock, events: d.Events, market: d.Market, stores: d.Stores, orders: d.Orders, ledger: d.Ledger}
}

func (s *Service) now() int64 { return clock.Micro(s.clock.Now()) }

// over says whether a month is over in the market's time zone. Error: ErrMonth.
func over(month string, now time.Time, zone *time.Location) (bool, error) {
	first, err := time.ParseInLocation("2006-01", month, zone)
	if err != nil || len(month) != 7 {
		return false, ErrMonth
	}
	return !now.Before(first.AddDate(0, 1, 0)), nil
}

// Counts say what a run did.
type Counts struct {
	Month  string
	Stores int
	Orders int
	Issued int
}

// Run writes the statements of a month, store by store, in pieces that are committed: begun again after a crash, or at the
// same time elsewhere, it goes on where it stands, and what is issued is left alone. Errors: ErrMonth, ErrMonthRuns.
func (s *Service) Run(ctx context.Context, month string) (out Counts, err error) {
	settings, err := s.market.Settings(ctx)
	if err != nil {
		return out, err
	}
	out.Month = month
	done, err := over(month, s.clock.Now(), settings.Location())
	if err == nil && !done {
		err = ErrMonthRuns
	}
	if err != nil {
		return out, err
	}
	for after := int64(0); ; {
		var stores []int64
		err := s.db.Read(ctx, "commission.stores", func(ctx context.Context, tx db.Tx) (err error) {
			stores, err = s.orders.BoughtStores(ctx, tx, month, after)
			return err
		})
		if err != nil || len(stores) == 0 {
			return out, err
		}
		for _, id := range stores {
			after = id
			if err := s.runStore(ctx, month, id, string(settings.Currency), &out); err != nil {
				return out, fmt.Errorf("statement of store %d for %s: %w", id, month, err)
			}
		}
	}
}

// runStore writes one statement.
func (s *Service) runStore(ctx context.Context, month string, storeID int64, currency string, out *Counts) error {
	out.Stores++
	for {
		n, more := 0, false
		issued := false
		err := s.db.Write(ctx, "commission.write", func(ctx context.Context, tx db.Tx) (err error) {
			n, more, issued, err = s.piece(ctx, tx, month, storeID, currency)
			return err
		}, db.Bulk())
		if err != nil {
			return err
		}
		out.Orders += n
		if issued {
			out.Issued++
		}
		if !more {
			return nil
		}
	}
}

// piece writes the next orders down, under the statement's lock, and issues it when there are no more.
func (s *Service) piece(ctx context.Context, tx db.Tx, month string, storeID int64, currency string) (n int, more, issued bool, err error) {
	q := commissiondb.New(tx)
	if err := q.OpenStatement(ctx, commissiondb.OpenStatementParams{PublicID: code.ID("stm"), StoreID: storeID, Month: month, RateBp: rateBp, Currency: currency, Now: s.now()}); err != nil {
		return 0, false, false, err
	}
	row, err := q.LockMonth(ctx, storeID, month)
	if err != nil || State(row.State) != Open {
		return 0, false, false, err
	}
	list, err := s.orders.BoughtBy(ctx, tx, month, storeID, row.Seen, chunk)
	if err != nil {
		return 0, false, false, err
	}
	if len(list) == 0 {
		return 0, false, true, s.issue(ctx, tx, row)
	}
	rows := make([]commissiondb.InsertOrdersParams, len(list))
	var base int64
	for i, o := range list {
		rows[i] = commissiondb.InsertOrdersParams{OrderID: o.Key, StatementID: row.ID, Reference: o.ID, Total: o.Total, CompletedAt: clock.Micro(o.CompletedAt)}
		if base, err = money.Sum(base, o.Total); err != nil {
			return 0, false, false, err
		}
	}
	q.InsertOrders(ctx, rows).Exec(func(_ int, e error) {
		if err == nil {
			err = e
		}
	})
	if err != nil {
		return 0, false, false, fmt.Errorf("insert orders: %w", err)
	}
	_, err = q.Add(ctx, commissiondb.AddParams{ID: row.ID, Seen: list[len(list)-1].Pickup, Orders: int64(len(list)), Base: base, Now: s.now()})
	return len(list), true, false, err
}

func (s *Service) issue(ctx context.Context, tx db.Tx, row commissiondb.Statement) error {
	amount, err := money.Percent(row.Base, row.RateBp)
	if err != nil {
		return err
	}
	due := clock.Micro(s.clock.Now().Add(dueAfter))
	if _, err := commissiondb.New(tx).Issue(ctx, amount, due, s.now(), row.ID); err != nil {
		return err
	}
	cur := money.Currency(row.Currency)
	return s.events.Append(ctx, tx, event.Event{Type: "statement.issued", Subject: row.PublicID, Actor: event.System, Facts: map[string]any{
		"month": row.Month, "orders": row.Orders, "amount": money.Format(amount, cur), "currency": cur,
	}})
}

// Preview is what a store's statement of a month would come to now. Errors: ErrMonth; store.Require's.
func (s *Service) Preview(ctx context.Context, caller web.Caller, storeID, month string) (orders, base, amount int64, cur money.Currency, err error) {
	settings, err := s.market.Settings(ctx)
	if err != nil {
		return 0, 0, 0, "", err
	}
	cur = settings.Currency
	if _, err := over(month, s.clock.Now(), settings.Location()); err != nil {
		return 0, 0, 0, cur, err
	}
	err = s.db.Read(ctx, "commission.preview", func(ctx context.Context, tx db.Tx) error {
		b, err := s.stores.Require(ctx, tx, caller, storeID, store.View)
		if err != nil {
			return err
		}
		orders, base = 0, 0
		for after := int64(0); ; {
			list, err := s.orders.BoughtBy(ctx, tx, month, b.ID, after, 500)
			if err != nil || len(list) == 0 {
				return err
			}
			for _, o := range list {
				after = o.Pickup
				orders++
				if base, err = money.Sum(base, o.Total); err != nil {
					return err
				}
			}
		}
	})
	if err == nil {
		amount, err = money.Percent(base, rateBp)
	}
	return orders, base, amount, cur, err
}

// PayCmd says how a statement was paid: by a transfer with its number and amount, or, without a number, by adding it to
// what the store earned.
type PayCmd struct{ Amount, Reference, Note string }

// Pay marks statements as paid, all or none. Errors: ErrNotFound, ErrState, ErrAmount, ErrReference, ErrBankText.
func (s *Service) Pay(ctx context.Context, caller web.Caller, ids []string, cmd PayCmd) error {
	reference := strings.ToUpper(strings.Join(strings.Fields(cmd.Reference), ""))
	if cmd.Reference != "" && len(reference) < 4 {
		return ErrBankText
	}
	return s.db.Write(ctx, "commission.pay", func(ctx context.Context, tx db.Tx) error {
		for _, id := range ids {
			if err := s.pay(ctx, tx, caller, id, reference, cmd); err != nil {
				return err
			}
		}
		return nil
	})
}

func (s *Service) pay(ctx context.Context, tx db.Tx, caller web.Caller, id, reference string, cmd PayCmd) error {
	q := commissiondb.New(tx)
	row, err := q.LockStatement(ctx, id)
	if errors.Is(err, db.ErrNoRows) {
		return ErrNotFound
	}
	if err != nil {
		return err
	}
	cur := money.Currency(row.Currency)
	if State(row.State) != Issued {
		return ErrState.With("statement", id).With("state", row.State)
	}
	if cmd.Amount != "" {
		if n, err := money.Parse(cmd.Amount, cur); err != nil || n != row.Amount {
			return ErrAmount.With("amount", money.Format(row.Amount, cur)).With("currency", row.Currency)
		}
	}
	n, err := q.MarkPaid(ctx, s.now(), reference, cmd.Note, row.ID)
	if db.IsConstraint(err, "statements_reference_key") {
		return ErrReference.Because(err)
	}
	if err == nil && n != 1 {
		err = fmt.Errorf("statement %s: its state changed under its lock", id)
	}
	if err != nil {
		return err
	}
	briefs, err := s.stores.Briefs(ctx, tx, []int64{row.StoreID})
	if err != nil {
		return err
	}
	to := ledger.StoreEarnings(briefs[row.StoreID].PublicID, row.Currency)
	if reference != "" {
		to = ledger.Bank(row.Currency)
	}
	err = s.ledger.Post(ctx, tx, ledger.CommissionToStore, "commission:"+id, id, ledger.Leg{From: ledger.CommissionCost(row.Currency), To: to, Amount: row.Amount})
	if err != nil {
		return err
	}
	return s.events.Append(ctx, tx, event.Event{Type: "statement.paid", Subject: id, Actor: caller.Account, Facts: map[string]any{"month": row.Month, "by_transfer": reference != ""}})
}
