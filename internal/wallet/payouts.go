package wallet

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/haat-market/haat/internal/ledger"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/code"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/event"
	"github.com/haat-market/haat/internal/platform/idem"
	"github.com/haat-market/haat/internal/platform/money"
	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/internal/store"
	"github.com/haat-market/haat/internal/wallet/walletdb"

	"time"
)

// PayoutCmd asks for a payout: of the caller's wallet, of what he earned as a courier, or with a store of what this earned.
type PayoutCmd struct {
	Store            string // public id
	Courier          bool
	Amount, Currency string
	Bank             Bank
	Note             string
}

// RequestPayout holds money that its owner wants at his bank until an admin decides, once for each idempotency key. Only
// the owner of a store asks for what it earned. Errors: ErrAmount, ErrCurrency, ErrPayoutAmount, ErrPayoutDaily,
// ErrTooManyPayouts, ErrBankDetails, ErrCashInHand, ledger.ErrInsufficientBalance, store.Require's.
func (s *Service) RequestPayout(ctx context.Context, caller web.Caller, cmd PayoutCmd) (id string, replayed bool, err error) {
	set, err := s.market.Settings(ctx)
	if err != nil {
		return "", false, err
	}
	minor, err := readPayout(cmd.Amount, cmd.Currency, set)
	if err != nil {
		return "", false, err
	}
	bank, err := cmd.Bank.normal()
	if err != nil {
		return "", false, err
	}
	operation := "wallet.payout"
	switch {
	case cmd.Store != "":
		operation = "wallet.store_payout"
	case cmd.Courier:
		operation = "wallet.courier_payout"
	}
	// SERIALIZABLE: the limits are sums over rows that two requests could write at once.
	return idem.Once(ctx, s.db, operation, func(ctx context.Context, tx db.Tx) (string, error) {
		p := Payout{
			ID: code.ID("pto"), Holder: OfWallet, accountID: caller.AccountID, Account: caller.Account, Amount: minor, Currency: set.Currency, Bank: bank, Note: cmd.Note,
		}
		if cmd.Store != "" {
			b, err := s.stores.Require(ctx, tx, caller, cmd.Store, store.Own)
			if err != nil {
				return "", err
			}
			p.Holder, p.storeID, p.Store = OfStore, b.ID, b.PublicID
		} else if cmd.Courier {
			p.Holder = OfCourier
			if err := s.coversCash(ctx, tx, p); err != nil {
				return "", err
			}
		}
		holder, carried := p.kept()
		if err := s.mayAsk(ctx, tx, p, set.PayoutDailyMax); err != nil {
			return "", err
		}
		if _, err := s.ledger.Hold(ctx, tx, p.from(), p.Amount, p.reference(), p.ID, time.Time{}); err != nil {
			return "", err
		}
		if err := walletdb.New(tx).InsertPayout(ctx, walletdb.InsertPayoutParams{
			PublicID: p.ID, Holder: holder, Carried: carried, AccountID: p.accountID, Account: p.Account, StoreID: p.storeID, Store: p.Store, Amount: p.Amount, Currency: string(p.Currency),
			Bank: bank.Name, Branch: bank.Branch, AccountName: bank.AccountName, AccountNumber: bank.AccountNumber, Note: p.Note, CreatedAt: clock.Micro(s.clock.Now()),
		}); err != nil {
			return "", fmt.Errorf("insert payout: %w", err)
		}
		return p.ID, s.tellPayout(ctx, tx, p, "requested", caller.Account, "")
	})
}

// mayAsk holds a payout against the limits.
func (s *Service) mayAsk(ctx context.Context, tx db.Tx, p Payout, most int64) error {
	q := walletdb.New(tx)
	since := clock.Micro(s.clock.Now().Add(-limitSpan))
	var open, day int64
	var err error
	if p.Holder == OfStore {
		if open, err = q.OpenStorePayouts(ctx, p.storeID); err == nil {
			day, err = q.StorePayoutsSince(ctx, p.storeID, since)
		}
	} else {
		_, carried := p.kept()
		if open, err = q.OpenWalletPayouts(ctx, p.accountID, carried); err == nil {
			day, err = q.WalletPayoutsSince(ctx, p.accountID, carried, since)
		}
	}
	switch {
	case err != nil:
		return err
	case open >= maxOpenPayouts:
		return ErrTooManyPayouts.With("limit", maxOpenPayouts)
	case most > 0 && p.Amount > most-day:
		return ErrPayoutDaily.With("left", money.Format(max(most-day, 0), p.Currency)).With("currency", p.Currency)
	}
	return nil
}

// coversCash keeps as much of a courier's earnings as he carries of the market's cash. Error: ErrCashInHand.
func (s *Service) coversCash(ctx context.Context, tx db.Tx, p Payout) error {
	have, err := s.ledger.Guarded(ctx, tx, []ledger.Key{p.from(), ledger.CourierCash(p.Account, string(p.Currency))})
	if err != nil {
		return err
	}
	hand := max(-have[ledger.CourierCash(p.Account, string(p.Currency))].Balance, 0)
	if free := have[p.from()].Available; hand > 0 && p.Amount <= free && p.Amount > free-hand {
		return ErrCashInHand.With("carried", money.Format(hand, p.Currency)).With("available", money.Format(max(free-hand, 0), p.Currency)).With("currency", p.Currency)
	}
	return nil
}

// ApprovePayout says that a payout may go to the bank. Above the market's limit the first approval only notes who gave
// it. Errors: ErrPayoutNotFound, ErrPayoutState, ErrPayoutSecond, ErrOwnPayout, ledger.ErrInsufficientBalance where the
// money was taken back meanwhile.
func (s *Service) ApprovePayout(ctx context.Context, caller web.Caller, id string) error {
	return s.decidePayout(ctx, "wallet.approve_payout", caller, id, PayoutApproved, func(ctx context.Context, tx db.Tx, p *Payout) error {
		set, err := s.market.SettingsFor(ctx, tx)
		if err != nil {
			return err
		}
		if set.PayoutSecondAbove > 0 && p.Amount > set.PayoutSecondAbove && p.FirstBy == "" {
			p.State, p.FirstBy = PayoutRequested, caller.Account
			return nil
		}
		if p.FirstBy == caller.Account {
			return ErrPayoutSecond
		}
		p.DecidedBy = caller.Account
		return s.ledger.PostHold(ctx, tx, p.reference(), ledger.PayoutApproved, ledger.PayoutsTransit(string(p.Currency)), p.Amount)
	})
}

// RejectPayout gives the money of a payout free, and says why. Errors: ErrPayoutNotFound, ErrPayoutState, ErrOwnPayout,
// ErrPayoutReason.
func (s *Service) RejectPayout(ctx context.Context, caller web.Caller, id, reason string) error {
	if reason = strings.TrimSpace(reason); reason == "" {
		return ErrPayoutReason
	}
	return s.decidePayout(ctx, "wallet.reject_payout", caller, id, PayoutRejected, func(ctx context.Context, tx db.Tx, p *Payout) error {
		p.DecidedBy, p.Reason = caller.Account, reason
		if p.FirstBy == caller.Account {
			p.FirstBy = "" // who approved first may think better of it
		}
		return s.ledger.VoidHold(ctx, tx, p.reference())
	})
}

// SettlePayout says that the bank paid, under its number. A repeat with the same number changes nothing. Errors:
// ErrPayoutNotFound, ErrPayoutState, ErrPayoutBank, ErrOwnPayout.
func (s *Service) SettlePayout(ctx context.Context, caller web.Caller, id, reference string) error {
	if reference = strings.Join(strings.Fields(reference), " "); reference == "" {
		return ErrPayoutBank
	}
	return s.decidePayout(ctx, "wallet.settle_payout", caller, id, PayoutSettled, func(ctx context.Context, tx db.Tx, p *Payout) error {
		now := s.clock.Now()
		p.Reference, p.SettledBy, p.SettledAt = reference, caller.Account, &now
		cur := string(p.Currency)
		return s.ledger.Post(ctx, tx, ledger.PayoutSettled, p.settled(), p.ID, ledger.Leg{From: ledger.PayoutsTransit(cur), To: ledger.Bank(cur), Amount: p.Amount})
	})
}

// FailPayout says that the bank did not pay, or gave the money back after it had: it is on its account again. Errors:
// ErrPayoutNotFound, ErrPayoutState, ErrPayoutReason, ErrOwnPayout.
func (s *Service) FailPayout(ctx context.Context, caller web.Caller, id, reason string) error {
	if reason = strings.TrimSpace(reason); reason == "" {
		return ErrPayoutReason
	}
	return s.decidePayout(ctx, "wallet.fail_payout", caller, id, PayoutFailed, func(ctx context.Context, tx db.Tx, p *Payout) error {
		from := ledger.PayoutsTransit(string(p.Currency))
		if p.SettledAt != nil {
			from = ledger.Bank(string(p.Currency))
		}
		p.Reason = reason
		return s.ledger.Post(ctx, tx, ledger.PayoutBounced, p.bounced(), p.ID, ledger.Leg{From: from, To: p.from(), Amount: p.Amount})
	})
}

// CancelPayout takes a payout back before anybody decided. Errors: ErrPayoutNotFound, ErrPayoutState.
func (s *Service) CancelPayout(ctx context.Context, caller web.Caller, id string) error {
	return s.movePayout(ctx, "wallet.cancel_payout", caller, id, PayoutCancelled, func(ctx context.Context, tx db.Tx, p *Payout) error {
		if err := s.mayTouchPayout(ctx, tx, caller, *p, store.Own); err != nil {
			return err
		}
		return s.ledger.VoidHold(ctx, tx, p.reference())
	})
}

// decidePayout is movePayout for admins, who do not decide about their own money.
func (s *Service) decidePayout(ctx context.Context, what string, caller web.Caller, id string, to PayoutState, f func(context.Context, db.Tx, *Payout) error) error {
	return s.movePayout(ctx, what, caller, id, to, func(ctx context.Context, tx db.Tx, p *Payout) error {
		if p.accountID == caller.AccountID {
			return ErrOwnPayout
		}
		return f(ctx, tx, p)
	})
}

// movePayout takes a payout into another state. f says more, and may say that it stays where it was. A payout that is
// there already stays too: a file may be read twice.
func (s *Service) movePayout(ctx context.Context, what string, caller web.Caller, id string, to PayoutState, f func(context.Context, db.Tx, *Payout) error) error {
	// READ COMMITTED: every check follows the lock of the payout's row; the ledger locks the account after it.
	return s.db.Write(ctx, what, func(ctx context.Context, tx db.Tx) error {
		q := walletdb.New(tx)
		row, err := q.LockPayout(ctx, id)
		if errors.Is(err, db.ErrNoRows) {
			return ErrPayoutNotFound
		}
		if err != nil {
			return err
		}
		p := payoutOf(row)
		was, first := p.State, p.FirstBy
		allowed := slices.Contains(payoutTable[was], to)
		if allowed {
			p.State = to
		}
		if to == PayoutCancelled && !allowed {
			if err := s.mayTouchPayout(ctx, tx, caller, p, store.Own); err != nil {
				return err
			}
		}
		if !allowed {
			return ErrPayoutState.With("state", string(was))
		}
		if err := f(ctx, tx, &p); err != nil {
			return err
		}
		now := clock.Micro(s.clock.Now())
		if p.DecidedAt == nil && p.State != PayoutRequested && p.DecidedBy != "" {
			at := clock.Time(now)
			p.DecidedAt = &at
		}
		n, err := q.SetPayout(ctx, walletdb.SetPayoutParams{
			ID: p.id, Was: string(was), State: string(p.State), FirstBy: p.FirstBy, DecidedBy: p.DecidedBy, DecidedAt: micro(p.DecidedAt), SettledBy: p.SettledBy,
			SettledAt: micro(p.SettledAt), Reference: p.Reference, Reason: p.Reason, UpdatedAt: now,
		})
		if err == nil && n != 1 {
			err = fmt.Errorf("payout %s changed under its lock", id)
		}
		if err != nil {
			return err
		}
		told := string(p.State)
		if p.State == was && p.FirstBy != first {
			told = "seen"
		}
		return s.tellPayout(ctx, tx, p, told, caller.Account, p.Reason)
	}, db.ReadCommitted())
}

func micro(t *time.Time) *int64 {
	if t == nil {
		return nil
	}
	at := clock.Micro(*t)
	return &at
}

// tellPayout notes what happened to a payout. Where it goes is not in the log.
func (s *Service) tellPayout(ctx context.Context, tx db.Tx, p Payout, what, actor, reason string) error {
	facts := map[string]any{"holder": string(p.Holder), "account": p.Account, "amount": p.Amount, "currency": string(p.Currency)}
	if p.Store != "" {
		facts["store"] = p.Store
	}
	if reason != "" {
		facts["reason"] = reason
	}
	return s.events.Append(ctx, tx, event.Event{Type: "payout." + what, Subject: p.ID, Actor: actor, Facts: facts})
}

// mayTouchPayout refuses strangers: who asked, and who has the right in the store, may.
func (s *Service) mayTouchPayout(ctx context.Context, tx db.Tx, caller web.Caller, p Payout, right store.Right) error {
	if p.Holder != OfStore {
		if p.accountID != caller.AccountID {
			return ErrPayoutNotFound
		}
		return nil
	}
	_, err := s.stores.RequireID(ctx, tx, caller, p.storeID, right)
	if errors.Is(err, store.ErrStoreNotFound) {
		return ErrPayoutNotFound
	}
	return err
}

var payoutList = db.DefineList(db.List{
	Name: "wallet.payouts",
	Select: "SELECT t.id, t.public_id, t.holder, t.carried, t.account_id, t.account, t.store_id, t.store, t.amount, t.currency, t.state, t.bank, t.branch, t.account_name, t.account_number, t.note, " +
		"t.first_by, t.decided_by, t.decided_at, t.settled_by, t.settled_at, t.reference, t.reason, t.created_at, t.updated_at",
	From: "FROM wallet_payouts t",
	Filters: []db.Filter{
		{Name: "account", SQL: "t.account_id = ?", Type: db.Int}, {Name: "store", SQL: "t.store_id = ?", Type: db.Int}, {Name: "state", SQL: "t.state = ?", Type: db.Text},
		{Name: "holder", SQL: "CASE WHEN t.carried THEN 'courier' ELSE t.holder END = ?", Type: db.Text},
	},
	Sorts: []db.Sort{{Name: "newest", Desc: true, Keys: []db.SortKey{{Column: "t.id", Type: db.Int}}}},
	Combos: []db.Combo{
		{Sort: "newest", Index: "wallet_payouts_pkey"},
		{Post: []string{"holder"}, Sort: "newest", Index: "wallet_payouts_pkey"},
		{Filters: []string{"state"}, Sort: "newest", Index: "wallet_payouts_state"},
		{Filters: []string{"state"}, Post: []string{"holder"}, Sort: "newest", Index: "wallet_payouts_state"},
		{Filters: []string{"account"}, Sort: "newest", Index: "wallet_payouts_account"},
		{Filters: []string{"account"}, Post: []string{"holder"}, Sort: "newest", Index: "wallet_payouts_account"},
		{Filters: []string{"account", "state"}, Sort: "newest", Index: "wallet_payouts_account_state"},
		{Filters: []string{"store"}, Sort: "newest", Index: "wallet_payouts_store"},
		{Filters: []string{"store", "state"}, Sort: "newest", Index: "wallet_payouts_store_state"},
	},
})

func scanPayout(r db.Scanner) (Payout, error) {
	var t walletdb.WalletPayout
	err := r.Scan(&t.ID, &t.PublicID, &t.Holder, &t.Carried, &t.AccountID, &t.Account, &t.StoreID, &t.Store, &t.Amount, &t.Currency, &t.State, &t.Bank, &t.Branch, &t.AccountName, &t.AccountNumber, &t.Note,
		&t.FirstBy, &t.DecidedBy, &t.DecidedAt, &t.SettledBy, &t.SettledAt, &t.Reference, &t.Reason, &t.CreatedAt, &t.UpdatedAt)
	return payoutOf(t), err
}

// PayoutQuery says which payouts: those the caller asked for, a store's, or all, for admins.
type PayoutQuery struct {
	Store  string
	All    bool
	State  string
	Holder string // not with a store
}

// Payouts pages through payouts, newest first. Errors: ErrAdminList, store.Require's.
func (s *Service) Payouts(ctx context.Context, caller web.Caller, q PayoutQuery, page web.PageParams) (list []Payout, next string, err error) {
	if q.All && !caller.Is(web.RoleAdmin) {
		return nil, "", ErrAdminList
	}
	filters := map[string]any{}
	if q.State != "" {
		filters["state"] = q.State
	}
	if q.Holder != "" {
		filters["holder"] = q.Holder
	}
	err = s.db.Read(ctx, "wallet.payouts", func(ctx context.Context, tx db.Tx) (err error) {
		switch {
		case q.Store != "":
			b, err := s.stores.Require(ctx, tx, caller, q.Store, store.View)
			if err != nil {
				return err
			}
			filters["store"] = b.ID
		case !q.All:
			filters["account"] = caller.AccountID
		}
		list, next, err = db.QueryList(ctx, tx, payoutList, db.ListQuery{Filters: filters, Limit: page.Limit, Cursor: page.Cursor}, scanPayout)
		return err
	})
	return list, next, err
}

// FindPayout reads a payout, for who asked, its store's people and admins. Error: ErrPayoutNotFound.
func (s *Service) FindPayout(ctx context.Context, caller web.Caller, id string) (p Payout, err error) {
	err = s.db.Read(ctx, "wallet.payout", func(ctx context.Context, tx db.Tx) error {
		row, err := walletdb.New(tx).Payout(ctx, id)
		if errors.Is(err, db.ErrNoRows) {
			return ErrPayoutNotFound
		}
		if err != nil {
			return err
		}
		if p = payoutOf(row); caller.Is(web.RoleAdmin) {
			return nil
		}
		return s.mayTouchPayout(ctx, tx, caller, p, store.View)
	})
	return p, err
}
