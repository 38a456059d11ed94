package wallet

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/haat-market/haat/internal/ledger"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/code"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/event"
	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/idem"
	"github.com/haat-market/haat/internal/platform/money"
	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/internal/store"
	"github.com/haat-market/haat/internal/wallet/walletdb"
)

// Refusals of who pays a store's debt.
var (
	ErrNoDebt        = fault.New(fault.Conflict, "debt_smaller", "The store does not owe the market that much.")
	ErrDebtSource    = fault.New(fault.Forbidden, "debt_source", "Only an admin records what came to the bank or into the till.")
	ErrDebtReference = fault.New(fault.Invalid, "reference_required", "Name the number that the bank gave the transfer.")
	ErrDebtTwice     = fault.New(fault.Conflict, "reference_used", "A payment with this number was recorded already.")
)

// Source is where the payment of a debt came from.
type Source string

// The sources.
const (
	FromWallet Source = "wallet"
	FromBank   Source = "bank"
	FromCash   Source = "cash"
)

// DebtPayment is what was paid of what a store owes the market.
type DebtPayment struct {
	ID        string
	Store     string
	Source    Source
	Amount    int64
	Currency  money.Currency
	Reference string
	Actor     string
	CreatedAt time.Time
}

func debtPaymentOf(r walletdb.WalletDebtPayment) DebtPayment {
	return DebtPayment{
		ID: r.PublicID, Store: r.Store, Source: Source(r.Source), Amount: r.Amount, Currency: money.Currency(r.Currency), Reference: r.Reference, Actor: r.Actor,
		CreatedAt: clock.Time(r.CreatedAt),
	}
}

func (d DebtPayment) reference() string { return "debt:" + d.ID }

// from is the account that a debt is paid from.
func (d DebtPayment) from() ledger.Key {
	switch cur := string(d.Currency); d.Source {
	case FromBank:
		return ledger.Bank(cur)
	case FromCash:
		return ledger.Cashbox(cur)
	default:
		return ledger.Wallet(d.Actor, cur)
	}
}

// DebtCmd pays what a store owes.
type DebtCmd struct {
	Store            string
	Amount, Currency string
	Source           Source
	Reference        string
}

// PayDebt pays what a store owes the market, all of it or a part, once for each idempotency key: its owner out of his
// wallet, or an admin records what came to the bank or into the till. Errors: ErrAmount, ErrCurrency, ErrNoDebt,
// ErrDebtSource, ErrDebtReference, ErrDebtTwice, ledger.ErrInsufficientBalance, store.Require's.
func (s *Service) PayDebt(ctx context.Context, caller web.Caller, cmd DebtCmd) (id string, replayed bool, err error) {
	set, err := s.market.Settings(ctx)
	if err != nil {
		return "", false, err
	}
	minor, err := readAmount(cmd.Amount, cmd.Currency, set.Currency)
	if err != nil {
		return "", false, err
	}
	right, reference := store.Own, strings.ToUpper(strings.Join(strings.Fields(cmd.Reference), ""))
	if cmd.Source != FromWallet {
		right = store.View
	}
	// SERIALIZABLE: what is owed is read before it is paid.
	id, replayed, err = idem.Once(ctx, s.db, "wallet.pay_debt", func(ctx context.Context, tx db.Tx) (string, error) {
		b, err := s.stores.Require(ctx, tx, caller, cmd.Store, right)
		switch {
		case err != nil:
			return "", err
		case cmd.Source != FromWallet && !caller.Is(web.RoleAdmin):
			return "", ErrDebtSource
		case cmd.Source == FromBank && reference == "":
			return "", ErrDebtReference
		}
		d := DebtPayment{ID: code.ID("dbp"), Store: b.PublicID, Source: cmd.Source, Amount: minor, Currency: set.Currency, Reference: reference, Actor: caller.Account, CreatedAt: s.clock.Now()}
		return d.ID, s.bookDebt(ctx, tx, b, d)
	})
	if db.IsConstraint(err, "wallet_debt_payments_reference_key") {
		err = ErrDebtTwice
	}
	return id, replayed, err
}

func (s *Service) bookDebt(ctx context.Context, tx db.Tx, b store.Brief, d DebtPayment) error {
	earnings := ledger.StoreEarnings(d.Store, string(d.Currency))
	have, err := s.ledger.Balance(ctx, tx, earnings)
	if err != nil {
		return err
	}
	if owed := max(-have.Balance, 0); d.Amount > owed {
		return ErrNoDebt.With("owed", money.Format(owed, d.Currency)).With("currency", d.Currency)
	}
	var key *string
	if d.Source == FromBank {
		key = &d.Reference
	}
	if err := walletdb.New(tx).InsertDebtPayment(ctx, walletdb.InsertDebtPaymentParams{
		PublicID: d.ID, StoreID: b.ID, Store: d.Store, Source: string(d.Source), Amount: d.Amount, Currency: string(d.Currency), Reference: d.Reference, ReferenceKey: key,
		Actor: d.Actor, CreatedAt: clock.Micro(d.CreatedAt),
	}); err != nil {
		return fmt.Errorf("insert payment of a debt: %w", err)
	}
	if err := s.ledger.Post(ctx, tx, ledger.StoreDebtPaid, d.reference(), d.ID, ledger.Leg{From: d.from(), To: earnings, Amount: d.Amount}); err != nil {
		return err
	}
	return s.events.Append(ctx, tx, event.Event{Type: "store.debt_paid", Subject: d.Store, Actor: d.Actor, Facts: map[string]any{
		"payment": d.ID, "amount": d.Amount, "currency": string(d.Currency), "source": string(d.Source),
	}})
}

// DebtPaid reads what was paid of a debt.
func (s *Service) DebtPaid(ctx context.Context, id string) (d DebtPayment, err error) {
	err = s.db.Read(ctx, "wallet.debt_paid", func(ctx context.Context, tx db.Tx) error {
		row, err := walletdb.New(tx).DebtPayment(ctx, id)
		d = debtPaymentOf(row)
		return err
	})
	return d, err
}

var debtList = db.DefineList(db.List{
	Name:    "wallet.debt_payments",
	Select:  "SELECT t.id, t.public_id, t.store_id, t.store, t.source, t.amount, t.currency, t.reference, t.actor, t.created_at",
	From:    "FROM wallet_debt_payments t",
	Filters: []db.Filter{{Name: "store", SQL: "t.store_id = ?", Type: db.Int}},
	Sorts:   []db.Sort{{Name: "newest", Desc: true, Keys: []db.SortKey{{Column: "t.id", Type: db.Int}}}},
	Combos:  []db.Combo{{Filters: []string{"store"}, Sort: "newest", Index: "wallet_debt_payments_store"}},
})

// DebtPayments pages through what was paid of a store's debt, newest first, for its people and admins. Errors:
// store.ErrStoreNotFound.
func (s *Service) DebtPayments(ctx context.Context, caller web.Caller, id string, page web.PageParams) (list []DebtPayment, next string, err error) {
	err = s.db.Read(ctx, "wallet.debt_payments", func(ctx context.Context, tx db.Tx) error {
		b, err := s.stores.Require(ctx, tx, caller, id, store.View)
		if err != nil {
			return err
		}
		list, next, err = db.QueryList(ctx, tx, debtList, db.ListQuery{Filters: map[string]any{"store": b.ID}, Limit: page.Limit, Cursor: page.Cursor}, func(r db.Scanner) (DebtPayment, error) {
			var t walletdb.WalletDebtPayment
			err := r.Scan(&t.ID, &t.PublicID, &t.StoreID, &t.Store, &t.Source, &t.Amount, &t.Currency, &t.Reference, &t.Actor, &t.CreatedAt)
			return debtPaymentOf(t), err
		})
		return err
	})
	return list, next, err
}
