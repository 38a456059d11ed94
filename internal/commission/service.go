package commission

import (
	"context"
	"fmt"
	"time"

	"github.com/haat-market/haat/internal/commission/commissiondb"
	"github.com/haat-market/haat/internal/ledger"
	"github.com/haat-market/haat/internal/market"
	"github.com/haat-market/haat/internal/order"
	"github.com/haat-market/haat/internal/platform/blob"
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
	ErrNotFound         = fault.New(fault.NotFound, "statement_not_found", "There is no such statement.")
	ErrMonth            = fault.New(fault.Invalid, "invalid_month", "A month looks like 2026-10.")
	ErrMonthRuns        = fault.New(fault.Conflict, "month_not_over", "The month is not over in the market's time zone. Look at a preview until then.")
	ErrState            = fault.New(fault.Conflict, "statement_state", "The statement is not issued, or it is paid.")
	ErrAmount           = fault.New(fault.Conflict, "amount_differs", "The amount is not the statement's.")
	ErrReference        = fault.New(fault.Conflict, "reference_used", "A transfer with this number paid another statement.")
	ErrTransferNotFound = fault.New(fault.NotFound, "transfer_not_found", "There is no such transfer.")
	ErrTransferState    = fault.New(fault.Conflict, "transfer_state", "The transfer was approved or rejected before.")
	ErrTransferPending  = fault.New(fault.Conflict, "transfer_pending", "A transfer for this statement waits to be looked at.")
	ErrOwnTransfer      = fault.New(fault.Forbidden, "own_transfer", "Nobody approves what he says to have paid himself.")
	ErrNotOwed          = fault.New(fault.Conflict, "statement_not_owed", "The market owes this statement to the store: its transfer is recorded by the market.")
	ErrNoImage          = fault.New(fault.NotFound, "no_image", "The transfer has no picture.")
	ErrBankText         = fault.New(fault.Invalid, "reference_invalid", "Give the bank's number of the transfer: at least four letters or digits.")
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
	Files  *blob.Store
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
	files  *blob.Store
}

// Who owes a statement.
const (
	ByMarket = "market"
	ByStore  = "store"
)

// terms are what statements that are issued now are written by.
type terms struct {
	rateBp   int64
	owedBy   string
	currency string
}

func termsOf(s market.Settings) terms {
	t := terms{s.CommissionBp, ByMarket, string(s.Currency)}
	if s.CommissionBy {
		t.owedBy = ByStore
	}
	return t
}

// New opens the room.
func New(d Deps) *Service {
	return &Service{db: d.DB, clock: d.Clock, events: d.Events, market: d.Market, stores: d.Stores, orders: d.Orders, ledger: d.Ledger, files: d.Files}
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
func (s *Service) Run(ctx context.Context, month string) (Counts, error) {
	return s.run(ctx, month, func(context.Context, db.Tx) error { return nil })
}

// run is Run while may says so in each of its transactions.
func (s *Service) run(ctx context.Context, month string, may func(context.Context, db.Tx) error) (out Counts, err error) {
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
	w := &writer{s: s, month: month, terms: termsOf(settings), may: may, out: &out}
	// Stores that bought something, then those whose statement was opened and that bought nothing.
	if err := w.each(ctx, func(ctx context.Context, tx db.Tx, after int64) ([]int64, error) {
		return s.orders.BoughtStores(ctx, tx, month, after)
	}); err != nil {
		return out, err
	}
	return out, w.each(ctx, func(ctx context.Context, tx db.Tx, after int64) ([]int64, error) {
		return commissiondb.New(tx).OpenStores(ctx, month, after)
	})
}

// Written is what the statements of a month hold by now: how many orders, and their sum.
func (s *Service) Written(ctx context.Context, month string) (orders, base int64, err error) {
	err = s.db.Read(ctx, "commission.written", func(ctx context.Context, tx db.Tx) error {
		row, err := commissiondb.New(tx).Written(ctx, month)
		orders, base = row.Orders, row.Base
		return err
	})
	return orders, base, err
}

// writer is a run while it is made.
type writer struct {
	s     *Service
	month string
	terms terms
	may   func(context.Context, db.Tx) error
	out   *Counts
}

// each writes the statements of the stores that next gives, page by page.
func (w *writer) each(ctx context.Context, next func(ctx context.Context, tx db.Tx, after int64) ([]int64, error)) error {
	for after := int64(0); ; {
		var stores []int64
		err := w.s.db.Read(ctx, "commission.stores", func(ctx context.Context, tx db.Tx) (err error) {
			stores, err = next(ctx, tx, after)
			return err
		})
		if err != nil || len(stores) == 0 {
			return err
		}
		written, err := w.written(ctx, stores)
		if err != nil {
			return err
		}
		for _, id := range stores {
			if after = id; written[id] {
				w.out.Stores++
				continue
			}
			if err := w.store(ctx, id); err != nil {
				return fmt.Errorf("statement of store %d for %s: %w", id, w.month, err)
			}
		}
	}
}

// written are those of some stores whose statement is issued: there is nothing more to write.
func (w *writer) written(ctx context.Context, stores []int64) (map[int64]bool, error) {
	out := map[int64]bool{}
	err := w.s.db.Read(ctx, "commission.written_of", func(ctx context.Context, tx db.Tx) error {
		rows, err := commissiondb.New(tx).WrittenOf(ctx, w.month, stores)
		clear(out)
		for _, id := range rows {
			out[id] = true
		}
		return err
	})
	return out, err
}

// store writes one statement.
func (w *writer) store(ctx context.Context, id int64) error {
	w.out.Stores++
	for {
		n, more, issued := 0, false, false
		err := w.s.db.Write(ctx, "commission.write", func(ctx context.Context, tx db.Tx) (err error) {
			if err := w.may(ctx, tx); err != nil {
				return err
			}
			n, more, issued, err = w.s.piece(ctx, tx, w.month, id, w.terms)
			return err
		}, db.Bulk())
		if err != nil {
			return err
		}
		w.out.Orders += n
		if issued {
			w.out.Issued++
		}
		if !more {
			return nil
		}
	}
}

// piece writes the next orders down, under the statement's lock, and issues it when there are no more.
func (s *Service) piece(ctx context.Context, tx db.Tx, month string, storeID int64, t terms) (n int, more, issued bool, err error) {
	q := commissiondb.New(tx)
	if err := s.begin(ctx, tx, storeID, month, t); err != nil {
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
		return 0, false, true, s.issue(ctx, tx, row, t)
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

// begin opens a store's statement of a month, unless it has one.
func (s *Service) begin(ctx context.Context, tx db.Tx, storeID int64, month string, t terms) error {
	return commissiondb.New(tx).OpenStatement(ctx, commissiondb.OpenStatementParams{
		PublicID: code.ID("stm"), StoreID: storeID, Month: month, RateBp: t.rateBp, Currency: t.currency, OwedBy: t.owedBy, Now: s.now(),
	})
}

// issue freezes a statement with the terms of now. One that comes to nothing is settled at once.
func (s *Service) issue(ctx context.Context, tx db.Tx, row commissiondb.Statement, t terms) error {
	amount, err := money.Percent(row.Base, t.rateBp)
	if err != nil {
		return err
	}
	set := commissiondb.IssueParams{ID: row.ID, State: string(Issued), Amount: amount, RateBp: t.rateBp, OwedBy: t.owedBy, DueAt: clock.Micro(s.clock.Now().Add(dueAfter)), Now: s.now()}
	if amount == 0 {
		set.State, set.PaidAt = string(Paid), &set.Now
	}
	if _, err := commissiondb.New(tx).Issue(ctx, set); err != nil {
		return err
	}
	if row.Amount = amount; t.owedBy == ByStore && amount > 0 {
		if err := s.bookDebt(ctx, tx, row); err != nil {
			return err
		}
	}
	cur := money.Currency(row.Currency)
	return s.events.Append(ctx, tx, event.Event{Type: "statement.issued", Subject: row.PublicID, Actor: event.System, Facts: map[string]any{
		"month": row.Month, "orders": row.Orders, "amount": money.Format(amount, cur), "currency": cur, "owed_by": t.owedBy,
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
		amount, err = money.Percent(base, settings.CommissionBp)
	}
	return orders, base, amount, cur, err
}
