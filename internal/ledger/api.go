package ledger

import (
	"context"
	"net/http"
	"time"

	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/money"
	"github.com/haat-market/haat/internal/platform/web"
)

// AccountView is an account of the ledger.
type AccountView struct {
	ID        string    `json:"id" doc:"The account's key; it ends in its currency."`
	Kind      Kind      `json:"kind"`
	Owner     *string   `json:"owner" doc:"The public id of whose it is; null for the market's own."`
	Currency  string    `json:"currency"`
	Guarded   bool      `json:"guarded" doc:"Whether it may never fall below its floor."`
	Balance   string    `json:"balance" doc:"What came in minus what went out; what is held outside the market runs negative."`
	Held      string    `json:"held"`
	Available string    `json:"available"`
	CreatedAt time.Time `json:"created_at"`
}

// EntryView is a line of a statement.
type EntryView struct {
	Reference    string       `json:"reference"`
	Leg          int64        `json:"leg"`
	Posting      Posting      `json:"posting"`
	Kind         TransferKind `json:"kind"`
	Counterparty Key          `json:"counterparty" doc:"The account at the other end."`
	Amount       string       `json:"amount" doc:"Below zero what went out."`
	BalanceAfter string       `json:"balance_after"`
	Currency     string       `json:"currency"`
	Subject      string       `json:"subject" doc:"The public id of what the money moved for."`
	CreatedAt    time.Time    `json:"created_at"`
}

// TransferView is a transfer.
type TransferView struct {
	Reference string       `json:"reference"`
	Leg       int64        `json:"leg"`
	Posting   Posting      `json:"posting"`
	Kind      TransferKind `json:"kind"`
	From      Key          `json:"from"`
	To        Key          `json:"to"`
	Amount    string       `json:"amount"`
	Currency  string       `json:"currency"`
	Subject   string       `json:"subject"`
	CreatedAt time.Time    `json:"created_at"`
}

// TrialView is the trial balance.
type TrialView struct {
	AsOf       *time.Time     `json:"as_of" doc:"The time of the last transfer that is in it."`
	Complete   bool           `json:"complete" doc:"Whether there is no later transfer."`
	Currencies []CurrencyView `json:"currencies"`
}

// CurrencyView is one currency's part of the trial balance.
type CurrencyView struct {
	Currency string     `json:"currency"`
	CameIn   string     `json:"came_in"`
	WentOut  string     `json:"went_out"`
	Balance  string     `json:"balance" doc:"Zero: what came in somewhere went out elsewhere."`
	Lines    []LineView `json:"lines"`
}

// LineView is a line of the trial balance.
type LineView struct {
	Account string `json:"account" doc:"An account, or kind and currency of all that have one owner each."`
	Kind    Kind   `json:"kind"`
	CameIn  string `json:"came_in"`
	WentOut string `json:"went_out"`
	Balance string `json:"balance"`
}

type accountsIn struct {
	web.PageParams
	Kind  string `query:"kind" maxLength:"40"`
	Owner string `query:"owner" maxLength:"64" doc:"A public id."`
}

type accountsOut struct{ Body web.Page[AccountView] }

type statementIn struct {
	web.PageParams
	ID string `path:"id" maxLength:"96" doc:"The account's key, such as wallet:acc_…:NPR."`
}

type statementOut struct{ Body web.Page[EntryView] }

type transfersIn struct {
	web.PageParams
	Subject   string `query:"subject" maxLength:"100"`
	Reference string `query:"reference" maxLength:"200"`
	Account   string `query:"account" maxLength:"96" doc:"The key of an account at either end."`
	From      string `query:"from" maxLength:"96" doc:"The key of the account that it leaves."`
	To        string `query:"to" maxLength:"96" doc:"The key of the account that it reaches."`
}

type transfersOut struct{ Body web.Page[TransferView] }

type trialOut struct{ Body TrialView }

// Mount registers the ledger's operations.
func (s *Service) Mount(api *web.API) {
	web.Register(api, web.Op{
		Method: http.MethodGet, Path: "/v1/ledger/accounts", ID: "ledger.accounts", Room: "ledger", Access: web.Admin,
		Summary: "The ledger's accounts with their balances, newest first",
		Errors:  []*fault.Error{db.ErrUnsupportedFilter, db.ErrInvalidCursor},
	}, s.listAccounts)
	web.Register(api, web.Op{
		Method: http.MethodGet, Path: "/v1/ledger/accounts/{id}/statement", ID: "ledger.statement", Room: "ledger", Access: web.Admin,
		Summary: "An account's transfers with the running balance, newest first",
		Errors:  []*fault.Error{ErrAccountNotFound, db.ErrInvalidCursor},
	}, s.getStatement)
	web.Register(api, web.Op{
		Method: http.MethodGet, Path: "/v1/ledger/transfers", ID: "ledger.transfers", Room: "ledger", Access: web.Admin,
		Summary:     "Transfers, newest first",
		Description: "Filter by `subject`, `reference`, `account`, `from` or `to`, one at a time. Those of one reference come in the order of their legs.",
		Errors:      []*fault.Error{ErrAccountNotFound, db.ErrUnsupportedFilter, db.ErrInvalidCursor},
	}, s.listTransfers)
	web.Register(api, web.Op{
		Method: http.MethodGet, Path: "/v1/ledger/trial-balance", ID: "ledger.trial_balance", Room: "ledger", Access: web.Admin,
		Summary: "Every line of the books, by currency",
	}, s.getTrialBalance)
}

func (s *Service) listAccounts(ctx context.Context, in *accountsIn) (*accountsOut, error) {
	filters := map[string]any{}
	if in.Kind != "" {
		filters["kind"] = in.Kind
	}
	if in.Owner != "" {
		filters["owner"] = in.Owner
	}
	var rows []AccountRow
	var next string
	err := s.db.Read(ctx, "ledger.accounts", func(ctx context.Context, tx db.Tx) (err error) {
		rows, next, err = s.Accounts(ctx, tx, db.ListQuery{Filters: filters, Limit: in.Limit, Cursor: in.Cursor})
		return err
	})
	if err != nil {
		return nil, err
	}
	items := make([]AccountView, len(rows))
	for i, r := range rows {
		cur := money.Currency(r.Currency)
		items[i] = AccountView{
			ID: string(r.Key), Kind: r.Kind, Currency: r.Currency, Guarded: r.Guarded, Balance: money.Format(r.Balance.Balance, cur),
			Held: money.Format(r.Held, cur), Available: money.Format(r.Available, cur), CreatedAt: r.OpenedAt,
		}
		if r.Owner != "" {
			items[i].Owner = &rows[i].Owner
		}
	}
	return &accountsOut{Body: web.NewPage(items, next)}, nil
}

func (s *Service) getStatement(ctx context.Context, in *statementIn) (*statementOut, error) {
	a, err := Key(in.ID).parse()
	if err != nil {
		return nil, ErrAccountNotFound.Because(err)
	}
	var entries []Entry
	var next string
	err = s.db.Read(ctx, "ledger.statement", func(ctx context.Context, tx db.Tx) (err error) {
		if err := s.exists(ctx, tx, a.key); err != nil {
			return err
		}
		entries, next, err = s.Statement(ctx, tx, a.key, in.Limit, in.Cursor)
		return err
	})
	if err != nil {
		return nil, err
	}
	cur := money.Currency(a.currency)
	items := make([]EntryView, len(entries))
	for i, e := range entries {
		items[i] = EntryView{
			Reference: e.Reference, Leg: e.Leg, Posting: e.Posting, Kind: e.Kind, Counterparty: e.Other,
			Amount: money.Format(e.Amount, cur), BalanceAfter: money.Format(e.After, cur), Currency: a.currency,
			Subject: e.Subject, CreatedAt: e.At,
		}
	}
	return &statementOut{Body: web.NewPage(items, next)}, nil
}

func (s *Service) listTransfers(ctx context.Context, in *transfersIn) (*transfersOut, error) {
	var rows []Transfer
	var next string
	err := s.db.Read(ctx, "ledger.transfers", func(ctx context.Context, tx db.Tx) (err error) {
		rows, next, err = s.Transfers(ctx, tx, Filter{
			Subject: in.Subject, Reference: in.Reference, Account: Key(in.Account), From: Key(in.From), To: Key(in.To),
		}, in.Limit, in.Cursor)
		return err
	})
	if err != nil {
		return nil, err
	}
	items := make([]TransferView, len(rows))
	for i, t := range rows {
		items[i] = TransferView{
			Reference: t.Reference, Leg: t.Leg, Posting: t.Posting, Kind: t.Kind, From: t.From, To: t.To,
			Amount: money.Format(t.Amount, money.Currency(t.Currency)), Currency: t.Currency, Subject: t.Subject, CreatedAt: t.At,
		}
	}
	return &transfersOut{Body: web.NewPage(items, next)}, nil
}

func (s *Service) getTrialBalance(ctx context.Context, _ *struct{}) (*trialOut, error) {
	var t TrialBalance
	err := s.db.Read(ctx, "ledger.trial_balance", func(ctx context.Context, tx db.Tx) (err error) {
		t, err = s.TrialBalance(ctx, tx)
		return err
	})
	if err != nil {
		return nil, err
	}
	return &trialOut{Body: trialView(t)}, nil
}

func trialView(t TrialBalance) TrialView {
	v := TrialView{Complete: t.Complete, Currencies: []CurrencyView{}}
	if !t.AsOf.IsZero() {
		v.AsOf = &t.AsOf
	}
	for i := 0; i < len(t.Lines); { // the lines of a currency stand together
		cur := money.Currency(t.Lines[i].Currency)
		c := CurrencyView{Currency: string(cur)}
		var in, out int64
		for ; i < len(t.Lines) && t.Lines[i].Currency == string(cur); i++ {
			l := t.Lines[i]
			in, out = in+l.CameIn, out+l.WentOut
			c.Lines = append(c.Lines, LineView{
				Account: l.Book, Kind: l.Kind, CameIn: money.Format(l.CameIn, cur), WentOut: money.Format(l.WentOut, cur),
				Balance: money.Format(l.Balance(), cur),
			})
		}
		c.CameIn, c.WentOut, c.Balance = money.Format(in, cur), money.Format(out, cur), money.Format(in-out, cur)
		v.Currencies = append(v.Currencies, c)
	}
	return v
}
