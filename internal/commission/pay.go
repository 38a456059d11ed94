package commission

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/haat-market/haat/internal/commission/commissiondb"
	"github.com/haat-market/haat/internal/ledger"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/event"
	"github.com/haat-market/haat/internal/platform/money"
	"github.com/haat-market/haat/internal/platform/web"
)

// PayCmd says how a statement was paid: by a transfer with its number and amount, or, without a number, out of or into what
// the store earned.
type PayCmd struct{ Amount, Reference, Note string }

// bankText is a bank's number as it is kept: two ways of writing it are one number. Error: ErrBankText.
func bankText(text string) (string, error) {
	reference := strings.ToUpper(strings.Join(strings.Fields(text), ""))
	if len(reference) < 4 {
		return "", ErrBankText
	}
	return reference, nil
}

// Pay marks statements as paid, all or none. Errors: ErrNotFound, ErrState, ErrAmount, ErrReference, ErrBankText,
// ErrTransferPending.
func (s *Service) Pay(ctx context.Context, caller web.Caller, ids []string, cmd PayCmd) (err error) {
	if cmd.Reference != "" {
		if cmd.Reference, err = bankText(cmd.Reference); err != nil {
			return err
		}
	}
	return s.db.Write(ctx, "commission.pay", func(ctx context.Context, tx db.Tx) error {
		for _, id := range ids {
			row, err := lock(ctx, tx, id)
			if err != nil {
				return err
			}
			if err := s.payFree(ctx, tx, caller, row, cmd); err != nil {
				return err
			}
		}
		return nil
	})
}

// lock is a statement under its lock. Error: ErrNotFound.
func lock(ctx context.Context, tx db.Tx, id string) (commissiondb.Statement, error) {
	row, err := commissiondb.New(tx).LockStatement(ctx, id)
	if errors.Is(err, db.ErrNoRows) {
		err = ErrNotFound
	}
	return row, err
}

// payFree pays a statement for which no transfer waits, and keeps the transfer's number as one that is approved.
func (s *Service) payFree(ctx context.Context, tx db.Tx, caller web.Caller, row commissiondb.Statement, cmd PayCmd) error {
	if State(row.State) != Issued {
		return ErrState.With("statement", row.PublicID).With("state", row.State)
	}
	list, err := commissiondb.New(tx).TransfersOf(ctx, row.ID)
	if err != nil {
		return err
	}
	for _, t := range list {
		if TransferState(t.State) == Submitted {
			return ErrTransferPending.With("transfer", t.PublicID)
		}
	}
	if cmd.Amount != "" {
		if err := sameAmount(row, cmd.Amount); err != nil {
			return err
		}
	}
	if cmd.Reference != "" {
		t, err := s.insertTransfer(ctx, tx, caller, row, TransferCmd{Reference: cmd.Reference, Note: cmd.Note})
		if err != nil {
			return err
		}
		if err := s.decide(ctx, tx, caller, t, Approved, ""); err != nil {
			return err
		}
	}
	return s.pay(ctx, tx, caller, row, cmd.Reference, cmd.Note)
}

// sameAmount compares a decimal with a statement's amount. Error: ErrAmount.
func sameAmount(row commissiondb.Statement, text string) error {
	cur := money.Currency(row.Currency)
	if n, err := money.Parse(text, cur); err != nil || n != row.Amount {
		return ErrAmount.With("amount", money.Format(row.Amount, cur)).With("currency", row.Currency)
	}
	return nil
}

// pay marks a statement as paid, books it, and opens the store's next one.
func (s *Service) pay(ctx context.Context, tx db.Tx, caller web.Caller, row commissiondb.Statement, reference, note string) error {
	if State(row.State) != Issued {
		return ErrState.With("statement", row.PublicID).With("state", row.State)
	}
	n, err := commissiondb.New(tx).MarkPaid(ctx, s.now(), reference, note, row.ID)
	if db.IsConstraint(err, "statements_reference_key") {
		return ErrReference.Because(err)
	}
	if err == nil && n != 1 {
		err = fmt.Errorf("statement %s: its state changed under its lock", row.PublicID)
	}
	if err != nil {
		return err
	}
	if err := s.book(ctx, tx, row, reference != ""); err != nil {
		return err
	}
	err = s.events.Append(ctx, tx, event.Event{Type: "statement.paid", Subject: row.PublicID, Actor: caller.Account, Facts: map[string]any{
		"month": row.Month, "by_transfer": reference != "", "owed_by": row.OwedBy,
	}})
	if err != nil {
		return err
	}
	return s.openNext(ctx, tx, row)
}

// bookDebt makes what a store owes by a statement its debt: it counts against what it earns from the day on which it knows
// of it. Of one statement it is booked once, whoever asks.
func (s *Service) bookDebt(ctx context.Context, tx db.Tx, row commissiondb.Statement) error {
	briefs, err := s.stores.Briefs(ctx, tx, []int64{row.StoreID})
	if err != nil {
		return err
	}
	if _, err := commissiondb.New(tx).MarkBooked(ctx, s.now(), row.ID); err != nil {
		return err
	}
	return s.ledger.Post(ctx, tx, ledger.CommissionToMarket, "commission:"+row.PublicID, row.PublicID,
		ledger.Leg{From: ledger.StoreEarnings(briefs[row.StoreID].PublicID, row.Currency), To: ledger.PlatformCommission(row.Currency), Amount: row.Amount})
}

// book moves the money. The market's debt is booked when it pays; a store's was when the statement was issued, and is paid
// by a transfer, or stays in what it earns.
func (s *Service) book(ctx context.Context, tx db.Tx, row commissiondb.Statement, byTransfer bool) error {
	briefs, err := s.stores.Briefs(ctx, tx, []int64{row.StoreID})
	if err != nil {
		return err
	}
	earnings, bank := ledger.StoreEarnings(briefs[row.StoreID].PublicID, row.Currency), ledger.Bank(row.Currency)
	if row.OwedBy == ByMarket {
		to := earnings
		if byTransfer {
			to = bank
		}
		return s.ledger.Post(ctx, tx, ledger.CommissionToStore, "commission:"+row.PublicID, row.PublicID, ledger.Leg{From: ledger.CommissionCost(row.Currency), To: to, Amount: row.Amount})
	}
	if row.BookedAt == nil { // issued before debts were booked then
		if err := s.bookDebt(ctx, tx, row); err != nil {
			return err
		}
	}
	if !byTransfer {
		return nil
	}
	return s.ledger.Post(ctx, tx, ledger.CommissionPaid, "commission-paid:"+row.PublicID, row.PublicID, ledger.Leg{From: bank, To: earnings, Amount: row.Amount})
}

// openNext opens the store's statement of the month that runs, unless there is one. A month that was over before this one was
// paid has its statement if anything was bought in it.
func (s *Service) openNext(ctx context.Context, tx db.Tx, row commissiondb.Statement) error {
	settings, err := s.market.SettingsFor(ctx, tx)
	if err != nil {
		return err
	}
	return s.begin(ctx, tx, row.StoreID, s.clock.Now().In(settings.Location()).Format("2006-01"), termsOf(settings))
}
