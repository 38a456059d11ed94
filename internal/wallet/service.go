package wallet

import (
	"context"
	"fmt"

	"github.com/haat-market/haat/internal/identity"
	"github.com/haat-market/haat/internal/ledger"
	"github.com/haat-market/haat/internal/market"
	"github.com/haat-market/haat/internal/payment"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/code"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/event"
	"github.com/haat-market/haat/internal/platform/idem"
	"github.com/haat-market/haat/internal/platform/money"
	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/internal/store"
	"github.com/haat-market/haat/internal/wallet/walletdb"
)

// Deps are what the room stands on.
type Deps struct {
	DB       *db.DB
	Clock    clock.Clock
	Events   *event.Log
	Ledger   *ledger.Service
	Market   *market.Service
	Identity *identity.Service
	Stores   *store.Service
	Payments *payment.Service
}

// Service is the room.
type Service struct {
	db       *db.DB
	clock    clock.Clock
	events   *event.Log
	ledger   *ledger.Service
	market   *market.Service
	identity *identity.Service
	stores   *store.Service
	payments *payment.Service
}

// New opens the room.
func New(d Deps) *Service {
	s := &Service{
		db: d.DB, clock: d.Clock, events: d.Events, ledger: d.Ledger, market: d.Market, identity: d.Identity, stores: d.Stores,
		payments: d.Payments,
	}
	d.Payments.AddPayable(topUps{s})
	return s
}

// Funds is what is in an account's wallet.
func (s *Service) Funds(ctx context.Context, account string) (Funds, error) {
	set, err := s.market.Settings(ctx)
	if err != nil {
		return Funds{}, err
	}
	out := Funds{Currency: set.Currency}
	err = s.db.Read(ctx, "wallet.funds", func(ctx context.Context, tx db.Tx) (err error) {
		out.Balance, err = s.ledger.Balance(ctx, tx, ledger.Wallet(account, string(set.Currency)))
		return err
	})
	return out, err
}

// Transactions are what came into and left an account's wallet, the newest first.
func (s *Service) Transactions(ctx context.Context, account string, page web.PageParams) (list []ledger.Entry, next string, cur money.Currency, err error) {
	set, err := s.market.Settings(ctx)
	if err != nil {
		return nil, "", "", err
	}
	err = s.db.Read(ctx, "wallet.transactions", func(ctx context.Context, tx db.Tx) (err error) {
		list, next, err = s.ledger.Statement(ctx, tx, ledger.Wallet(account, string(set.Currency)), page.Limit, page.Cursor)
		return err
	})
	return list, next, set.Currency, err
}

// Earnings are what the market owes a store, and how that came, for the store's people. Errors: store.ErrStoreNotFound.
func (s *Service) Earnings(ctx context.Context, caller web.Caller, id string, page web.PageParams) (f Funds, list []ledger.Entry, next string, err error) {
	set, err := s.market.Settings(ctx)
	if err != nil {
		return Funds{}, nil, "", err
	}
	f.Currency = set.Currency
	err = s.db.Read(ctx, "wallet.earnings", func(ctx context.Context, tx db.Tx) error {
		b, err := s.stores.Require(ctx, tx, caller, id, store.View)
		if err != nil {
			return err
		}
		key := ledger.StoreEarnings(b.PublicID, string(set.Currency))
		if f.Balance, err = s.ledger.Balance(ctx, tx, key); err != nil {
			return err
		}
		list, next, err = s.ledger.Statement(ctx, tx, key, page.Limit, page.Cursor)
		return err
	})
	return f, list, next, err
}

// Give puts money into an account's wallet, once for each idempotency key; replayed says that this is the first one's.
//
// READ COMMITTED: the wallet's row is locked by the ledger before it is looked at; nothing else is checked.
func (s *Service) Give(ctx context.Context, actor, account, amount, currency, reason string) (c Credit, replayed bool, err error) {
	set, err := s.market.Settings(ctx)
	if err != nil {
		return Credit{}, false, err
	}
	minor, reason, err := readCredit(amount, currency, reason, set.Currency)
	if err != nil {
		return Credit{}, false, err
	}
	var made Credit
	id, replayed, err := idem.Once(ctx, s.db, "wallet.credit", func(ctx context.Context, tx db.Tx) (string, error) {
		who, err := s.identity.Find(ctx, tx, account)
		if err != nil {
			return "", err
		}
		made = Credit{
			ID: code.ID("wcr"), Account: who.PublicID, Amount: minor, Currency: set.Currency, Reason: reason, Actor: actor,
			CreatedAt: s.clock.Now(),
		}
		return made.ID, s.book(ctx, tx, made)
	}, db.ReadCommitted())
	if err != nil || !replayed {
		return made, false, err
	}
	err = s.db.Read(ctx, "wallet.credited", func(ctx context.Context, tx db.Tx) error {
		row, err := walletdb.New(tx).Credit(ctx, id)
		c = creditOf(row)
		return err
	})
	return c, true, err
}

func (s *Service) book(ctx context.Context, tx db.Tx, c Credit) error {
	err := walletdb.New(tx).InsertCredit(ctx, walletdb.InsertCreditParams{
		PublicID: c.ID, Account: c.Account, Amount: c.Amount, Currency: string(c.Currency), Reason: c.Reason, Actor: c.Actor,
		CreatedAt: clock.Micro(c.CreatedAt),
	})
	if err != nil {
		return fmt.Errorf("insert credit: %w", err)
	}
	err = s.events.Append(ctx, tx, event.Event{Type: "wallet.credited", Subject: c.Account, Actor: c.Actor, Facts: map[string]any{
		"credit": c.ID, "amount": c.Amount, "currency": string(c.Currency), "reason": c.Reason,
	}})
	if err != nil {
		return err
	}
	cur := string(c.Currency)
	return s.ledger.Post(ctx, tx, ledger.OpeningBalance, c.reference(), c.ID,
		ledger.Leg{From: ledger.EquityOpening(cur), To: ledger.Wallet(c.Account, cur), Amount: c.Amount})
}

func creditOf(r walletdb.WalletCredit) Credit {
	return Credit{
		ID: r.PublicID, Account: r.Account, Amount: r.Amount, Currency: money.Currency(r.Currency), Reason: r.Reason, Actor: r.Actor,
		CreatedAt: clock.Time(r.CreatedAt),
	}
}
