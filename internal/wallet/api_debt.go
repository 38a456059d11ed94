package wallet

import (
	"context"
	"net/http"
	"time"

	"github.com/haat-market/haat/internal/ledger"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/idem"
	"github.com/haat-market/haat/internal/platform/money"
	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/internal/store"
)

// DebtPaymentView is what was paid of what a store owes the market.
type DebtPaymentView struct {
	ID        string    `json:"id"`
	Store     string    `json:"store"`
	Source    Source    `json:"source" enum:"wallet,bank,cash"`
	Amount    string    `json:"amount"`
	Currency  string    `json:"currency"`
	Reference string    `json:"reference,omitempty" doc:"The bank's number"`
	Actor     string    `json:"actor" doc:"Who paid it, or recorded it"`
	CreatedAt time.Time `json:"created_at"`
}

type debtIn struct {
	ByID
	Body struct {
		Amount    string `json:"amount" minLength:"1" maxLength:"20" doc:"Decimal amount, above zero and at most what is owed."`
		Currency  string `json:"currency,omitempty" maxLength:"3" doc:"The market's; may be left out."`
		Source    string `json:"source" enum:"wallet,bank,cash" doc:"wallet: the caller's own. bank and cash are recorded by an admin."`
		Reference string `json:"reference,omitempty" maxLength:"60" doc:"Of a bank's transfer its number, which is taken once"`
	}
}

func debtPaymentView(d DebtPayment) DebtPaymentView {
	return DebtPaymentView{d.ID, d.Store, d.Source, money.Format(d.Amount, d.Currency), string(d.Currency), d.Reference, d.Actor, d.CreatedAt}
}

func (s *Service) mountDebts(api *web.API) {
	web.Register(api, web.Op{
		Method: http.MethodPost, Path: "/v1/stores/{id}/debt-payments", ID: "wallet.pay_debt", Room: "wallet", Access: web.Owner, Idempotent: true, Status: http.StatusCreated,
		Summary:     "Pay what a store owes the market, or record that it was paid",
		Description: "Its owner pays out of his wallet. A store that owes more than the market's limit takes no orders in cash until then; what it earns later is set against the debt by itself.",
		Errors: []*fault.Error{
			ErrAmount, ErrCurrency, ErrNoDebt, ErrDebtSource, ErrDebtReference, ErrDebtTwice, ledger.ErrAmount, ledger.ErrInsufficientBalance, store.ErrStoreNotFound, store.ErrNoRight,
			store.ErrSellerRole, store.ErrStoreClosed, idem.ErrReused,
		},
	}, func(ctx context.Context, in *debtIn) (*one[DebtPaymentView], error) {
		b := in.Body
		id, replayed, err := s.PayDebt(ctx, web.CallerFrom(ctx), DebtCmd{Store: in.ID, Amount: b.Amount, Currency: b.Currency, Source: Source(b.Source), Reference: b.Reference})
		if err != nil {
			return nil, err
		}
		if replayed {
			web.MarkReplayed(ctx)
		}
		d, err := s.DebtPaid(ctx, id)
		return &one[DebtPaymentView]{debtPaymentView(d)}, err
	})
	web.Register(api, web.Op{
		Method: http.MethodGet, Path: "/v1/stores/{id}/debt-payments", ID: "wallet.debt_payments", Room: "wallet", Access: web.Owner,
		Summary: "What was paid of a store's debt, newest first", Errors: []*fault.Error{store.ErrStoreNotFound, db.ErrInvalidCursor},
	}, func(ctx context.Context, in *earningsIn) (*one[web.Page[DebtPaymentView]], error) {
		list, next, err := s.DebtPayments(ctx, web.CallerFrom(ctx), in.ID, in.PageParams)
		if err != nil {
			return nil, err
		}
		out := make([]DebtPaymentView, len(list))
		for i, d := range list {
			out[i] = debtPaymentView(d)
		}
		return &one[web.Page[DebtPaymentView]]{web.NewPage(out, next)}, nil
	})
}
