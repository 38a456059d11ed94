package wallet

import (
	"context"
	"net/http"
	"time"

	"github.com/haat-market/haat/internal/identity"
	"github.com/haat-market/haat/internal/ledger"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/idem"
	"github.com/haat-market/haat/internal/platform/money"
	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/internal/store"
)

// FundsView is what is on an account.
type FundsView struct {
	Currency  string `json:"currency"`
	Balance   string `json:"balance"`
	Held      string `json:"held" doc:"Set aside for bids, for payouts that await a decision, and for what couriers fetch."`
	Available string `json:"available" doc:"What may be spent."`
}

// TransactionView is money that came in or went out.
type TransactionView struct {
	Kind         ledger.TransferKind `json:"kind"`
	Amount       string              `json:"amount" doc:"Below zero what went out."`
	BalanceAfter string              `json:"balance_after"`
	Currency     string              `json:"currency"`
	Subject      string              `json:"subject" doc:"The public id of what the money moved for."`
	Order        *string             `json:"order" doc:"The order whose money it is, where there is one."`
	Reference    string              `json:"reference"`
	CreatedAt    time.Time           `json:"created_at"`
}

// EarningsView is what the market owes a store, and a page of how that came.
type EarningsView struct {
	Store string `json:"store"`
	Owed  string `json:"owed" doc:"What the store owes the market; it is set against what it earns"`
	FundsView
	Items      []TransactionView `json:"items"`
	NextCursor *string           `json:"next_cursor" doc:"The cursor of the next page; null at the end."`
}

// CreditView is money that an admin put into a wallet.
type CreditView struct {
	ID        string    `json:"id"`
	Account   string    `json:"account"`
	Amount    string    `json:"amount"`
	Currency  string    `json:"currency"`
	Reason    string    `json:"reason"`
	Actor     string    `json:"actor"`
	CreatedAt time.Time `json:"created_at"`
}

type pageIn struct{ web.PageParams }

type earningsIn struct {
	web.PageParams
	ID string `path:"id" maxLength:"40"`
}

type creditIn struct {
	ID   string `path:"id" maxLength:"40"`
	Body struct {
		Amount   string `json:"amount" minLength:"1" maxLength:"20" doc:"Decimal amount, above zero."`
		Currency string `json:"currency,omitempty" maxLength:"3" doc:"The market's; may be left out."`
		Reason   string `json:"reason" minLength:"1" maxLength:"200"`
	}
}

type one[T any] struct{ Body T }

// Mount registers the wallet's operations.
func (s *Service) Mount(api *web.API) {
	web.Register(api, web.Op{
		Method: http.MethodGet, Path: "/v1/wallet", ID: "wallet.funds", Room: "wallet", Access: web.SignedIn,
		Summary: "What is in your wallet",
	}, func(ctx context.Context, _ *struct{}) (*one[FundsView], error) {
		f, err := s.Funds(ctx, web.CallerFrom(ctx).Account)
		if err != nil {
			return nil, err
		}
		return &one[FundsView]{fundsView(f)}, nil
	})
	web.Register(api, web.Op{
		Method: http.MethodGet, Path: "/v1/wallet/transactions", ID: "wallet.transactions", Room: "wallet", Access: web.SignedIn,
		Summary: "What came into your wallet and what left it, newest first", Errors: []*fault.Error{db.ErrInvalidCursor},
	}, func(ctx context.Context, in *pageIn) (*one[web.Page[TransactionView]], error) {
		list, next, cur, err := s.Transactions(ctx, web.CallerFrom(ctx).Account, in.PageParams)
		if err != nil {
			return nil, err
		}
		return &one[web.Page[TransactionView]]{web.NewPage(transactionViews(list, cur), next)}, nil
	})
	web.Register(api, web.Op{
		Method: http.MethodGet, Path: "/v1/stores/{id}/earnings", ID: "wallet.earnings", Room: "wallet", Access: web.Owner,
		Summary:     "What the market owes a store, and how that came, newest first",
		Description: "For the store's people and admins. Below zero the store owes the market.",
		Errors:      []*fault.Error{store.ErrStoreNotFound, db.ErrInvalidCursor},
	}, s.getEarnings)
	web.Register(api, web.Op{
		Method: http.MethodPost, Path: "/v1/accounts/{id}/wallet/credits", ID: "wallet.credit", Room: "wallet", Access: web.Admin,
		Summary:    "Put money into an account's wallet: an opening balance, a correction, a gift",
		Idempotent: true, Status: http.StatusCreated,
		Errors: []*fault.Error{
			ErrAmount, ErrCurrency, ErrReason, identity.ErrAccountNotFound, ledger.ErrAmount, ledger.ErrBalanceTooLarge, idem.ErrReused,
		},
	}, s.postCredit)
	s.mountTopUps(api)
	s.mountPayouts(api)
	s.mountDebts(api)
}

func (s *Service) getEarnings(ctx context.Context, in *earningsIn) (*one[EarningsView], error) {
	f, list, next, err := s.Earnings(ctx, web.CallerFrom(ctx), in.ID, in.PageParams)
	if err != nil {
		return nil, err
	}
	page := web.NewPage(transactionViews(list, f.Currency), next)
	return &one[EarningsView]{EarningsView{Store: in.ID, Owed: money.Format(max(-f.Balance.Balance, 0), f.Currency), FundsView: fundsView(f), Items: page.Items, NextCursor: page.NextCursor}}, nil
}

func (s *Service) postCredit(ctx context.Context, in *creditIn) (*one[CreditView], error) {
	c, replayed, err := s.Give(ctx, web.CallerFrom(ctx).Account, in.ID, in.Body.Amount, in.Body.Currency, in.Body.Reason)
	if err != nil {
		return nil, err
	}
	if replayed {
		web.MarkReplayed(ctx)
	}
	return &one[CreditView]{CreditView{
		ID: c.ID, Account: c.Account, Amount: money.Format(c.Amount, c.Currency), Currency: string(c.Currency), Reason: c.Reason,
		Actor: c.Actor, CreatedAt: c.CreatedAt,
	}}, nil
}

func fundsView(f Funds) FundsView {
	return FundsView{
		Currency: string(f.Currency), Balance: money.Format(f.Balance.Balance, f.Currency), Held: money.Format(f.Held, f.Currency),
		Available: money.Format(f.Available, f.Currency),
	}
}

func transactionViews(list []ledger.Entry, cur money.Currency) []TransactionView {
	out := make([]TransactionView, len(list))
	for i, e := range list {
		out[i] = TransactionView{
			Kind: e.Kind, Amount: money.Format(e.Amount, cur), BalanceAfter: money.Format(e.After, cur), Currency: string(cur),
			Subject: e.Subject, Reference: e.Reference, CreatedAt: e.At,
		}
		if e.Other.Kind() == ledger.KindEscrow {
			order := e.Other.Owner()
			out[i].Order = &order
		}
	}
	return out
}
