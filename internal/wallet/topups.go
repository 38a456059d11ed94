package wallet

import (
	"context"
	"errors"
	"fmt"

	"github.com/haat-market/haat/internal/ledger"
	"github.com/haat-market/haat/internal/payment"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/code"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/event"
	"github.com/haat-market/haat/internal/platform/idem"
	"github.com/haat-market/haat/internal/platform/money"
	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/internal/wallet/walletdb"
)

// StartTopUp opens a payment that ends in the caller's wallet, once for each idempotency key. Errors: ErrAmount,
// ErrCurrency, ErrTopUpAmount, ErrTopUpDaily, ErrTooManyTopUps, ledger.ErrAmount, ledger.ErrBalanceTooLarge.
func (s *Service) StartTopUp(ctx context.Context, caller web.Caller, amount, currency string) (id string, replayed bool, err error) {
	set, err := s.market.Settings(ctx)
	if err != nil {
		return "", false, err
	}
	minor, err := readTopUp(amount, currency, set)
	if err != nil {
		return "", false, err
	}
	// SERIALIZABLE: the limits are sums over rows that two requests could write at once.
	return idem.Once(ctx, s.db, "wallet.topup", func(ctx context.Context, tx db.Tx) (string, error) {
		q := walletdb.New(tx)
		now := s.clock.Now()
		pending, err := q.PendingTopUps(ctx, caller.AccountID)
		if err != nil {
			return "", err
		}
		if pending >= maxPendingTopUps {
			return "", ErrTooManyTopUps
		}
		day, err := q.TopUpsSince(ctx, caller.AccountID, clock.Micro(now.Add(-limitSpan)))
		if err != nil {
			return "", err
		}
		if most := set.TopUpDailyMax; most > 0 && minor > most-day {
			return "", ErrTopUpDaily.With("left", money.Format(max(most-day, 0), set.Currency)).With("currency", set.Currency)
		}
		have, err := s.ledger.Balance(ctx, tx, ledger.Wallet(caller.Account, string(set.Currency)))
		if err != nil {
			return "", err
		}
		if have.Balance > money.Max-minor {
			return "", ledger.ErrBalanceTooLarge
		}
		id := code.ID("top")
		if err := q.InsertTopUp(ctx, walletdb.InsertTopUpParams{
			PublicID: id, AccountID: caller.AccountID, Account: caller.Account, Amount: minor, Currency: string(set.Currency), CreatedAt: clock.Micro(now),
		}); err != nil {
			return "", fmt.Errorf("insert top-up: %w", err)
		}
		p, err := s.payments.Open(ctx, tx, payment.OpenCmd{
			Kind: TopUpKind, Payable: id, AccountID: caller.AccountID, Account: caller.Account, Method: payment.ByGateway, Currency: set.Currency,
			Shares: []payment.Allocation{{Order: id, Amount: minor}},
		})
		if err != nil {
			return "", err
		}
		return id, s.events.Append(ctx, tx, event.Event{Type: "wallet.topup_started", Subject: id, Actor: caller.Account, Facts: map[string]any{
			"account": caller.Account, "payment": p.PublicID, "amount": minor, "currency": set.Currency,
		}})
	})
}

// CancelTopUp gives a top-up up that waits for payment. Money that still comes goes into the wallet. Errors:
// ErrTopUpNotFound, ErrTopUpNotOpen.
func (s *Service) CancelTopUp(ctx context.Context, caller web.Caller, id string) error {
	// READ COMMITTED: every check follows the lock of the top-up's row.
	return s.db.Write(ctx, "wallet.cancel_topup", func(ctx context.Context, tx db.Tx) error {
		q := walletdb.New(tx)
		row, err := q.LockTopUp(ctx, id)
		if errors.Is(err, db.ErrNoRows) || err == nil && row.AccountID != caller.AccountID {
			return ErrTopUpNotFound
		}
		if err != nil {
			return err
		}
		if TopUpState(row.State) != TopUpPending {
			return ErrTopUpNotOpen.With("state", row.State)
		}
		if err := s.payments.Cancel(ctx, tx, TopUpKind, id, "customer", caller.Account); err != nil {
			return err
		}
		return s.moveTopUp(ctx, tx, id, TopUpCancelled, caller.Account)
	}, db.ReadCommitted())
}

// moveTopUp writes a top-up's new state and its event.
func (s *Service) moveTopUp(ctx context.Context, tx db.Tx, id string, to TopUpState, actor string) error {
	now := clock.Micro(s.clock.Now())
	var paid *int64
	if to == TopUpPaid {
		paid = &now
	}
	n, err := walletdb.New(tx).SetTopUp(ctx, string(to), paid, now, id)
	if err == nil && n != 1 {
		err = errTopUpTwicePaid
	}
	if err != nil {
		return fmt.Errorf("top-up %s: %w", id, err)
	}
	row, err := walletdb.New(tx).TopUp(ctx, id)
	if err != nil {
		return fmt.Errorf("top-up %s: %w", id, err)
	}
	return s.events.Append(ctx, tx, event.Event{Type: "wallet.topup_" + string(to), Subject: id, Actor: actor, Facts: map[string]any{
		"account": row.Account, "amount": row.Amount, "currency": row.Currency,
	}})
}

// topUps tells payment about top-ups.
type topUps struct{ s *Service }

// Kind implements payment.Payable.
func (topUps) Kind() string { return TopUpKind }

// Lock locks the top-up.
func (topUps) Lock(ctx context.Context, tx db.Tx, id string) error {
	_, err := walletdb.New(tx).LockTopUp(ctx, id)
	return err
}

// Book implements payment.Direct: the money goes into the wallet.
func (t topUps) Book(ctx context.Context, tx db.Tx, p payment.Payment, from ledger.Key) (ledger.Posting, []ledger.Leg, error) {
	row, err := walletdb.New(tx).TopUp(ctx, p.Payable)
	if err == nil && (row.Amount != p.Amount || row.Currency != string(p.Currency) || row.Account != p.Account) {
		err = errTopUpOverpaid
	}
	return ledger.TopUp, []ledger.Leg{{From: from, To: ledger.Wallet(row.Account, row.Currency), Amount: row.Amount}}, err
}

// Paid says that the money is in the wallet. Late money is too: nothing was given away meanwhile.
func (t topUps) Paid(ctx context.Context, tx db.Tx, p payment.Payment, _ bool) ([]string, error) {
	return nil, t.s.moveTopUp(ctx, tx, p.Payable, TopUpPaid, "system")
}

// Expired says that nothing came in time.
func (t topUps) Expired(ctx context.Context, tx db.Tx, p payment.Payment) error {
	return t.s.moveTopUp(ctx, tx, p.Payable, TopUpExpired, "system")
}

var topUpList = db.DefineList(db.List{
	Name:    "wallet.topups",
	Select:  "SELECT t.id, t.public_id, t.account_id, t.account, t.amount, t.currency, t.state, t.paid_at, t.created_at, t.updated_at",
	From:    "FROM wallet_topups t",
	Filters: []db.Filter{{Name: "account", SQL: "t.account_id = ?", Type: db.Int}, {Name: "state", SQL: "t.state = ?", Type: db.Text}},
	Sorts:   []db.Sort{{Name: "newest", Desc: true, Keys: []db.SortKey{{Column: "t.id", Type: db.Int}}}},
	Combos: []db.Combo{
		{Filters: []string{"account"}, Sort: "newest", Index: "wallet_topups_account"},
		{Filters: []string{"account", "state"}, Sort: "newest", Index: "wallet_topups_account_state"},
	},
})

// TopUps pages through an account's top-ups, newest first, with their payments.
func (s *Service) TopUps(ctx context.Context, caller web.Caller, state string, page web.PageParams) (list []TopUp, next string, err error) {
	filters := map[string]any{"account": caller.AccountID}
	if state != "" {
		filters["state"] = state
	}
	err = s.db.Read(ctx, "wallet.topups", func(ctx context.Context, tx db.Tx) (err error) {
		list, next, err = db.QueryList(ctx, tx, topUpList, db.ListQuery{Filters: filters, Limit: page.Limit, Cursor: page.Cursor}, func(r db.Scanner) (TopUp, error) {
			var t walletdb.WalletTopup
			err := r.Scan(&t.ID, &t.PublicID, &t.AccountID, &t.Account, &t.Amount, &t.Currency, &t.State, &t.PaidAt, &t.CreatedAt, &t.UpdatedAt)
			return topUpOf(t), err
		})
		if err != nil {
			return err
		}
		return s.withPayments(ctx, tx, list)
	})
	return list, next, err
}

// withPayments adds each top-up's payment.
func (s *Service) withPayments(ctx context.Context, tx db.Tx, list []TopUp) error {
	ids := make([]string, len(list))
	for i, t := range list {
		ids[i] = t.ID
	}
	paid, err := s.payments.ByPayables(ctx, tx, TopUpKind, ids)
	for i := range list {
		list[i].Payment = paid[list[i].ID]
	}
	return err
}

// TopUp reads a top-up of the caller's, or anybody's for an admin. Error: ErrTopUpNotFound.
func (s *Service) TopUp(ctx context.Context, caller web.Caller, id string) (t TopUp, err error) {
	err = s.db.Read(ctx, "wallet.topup", func(ctx context.Context, tx db.Tx) error {
		row, err := walletdb.New(tx).TopUp(ctx, id)
		if errors.Is(err, db.ErrNoRows) || err == nil && row.AccountID != caller.AccountID && !caller.Is(web.RoleAdmin) {
			return ErrTopUpNotFound
		}
		if err != nil {
			return err
		}
		one := []TopUp{topUpOf(row)}
		err = s.withPayments(ctx, tx, one)
		t = one[0]
		return err
	})
	return t, err
}
