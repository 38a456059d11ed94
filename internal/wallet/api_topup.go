package wallet

import (
	"context"
	"net/http"
	"time"

	"github.com/haat-market/haat/internal/ledger"
	"github.com/haat-market/haat/internal/payment"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/idem"
	"github.com/haat-market/haat/internal/platform/money"
	"github.com/haat-market/haat/internal/platform/web"
)

// TopUpView is money that somebody puts into his wallet.
type TopUpView struct {
	ID        string       `json:"id"`
	State     string       `json:"state" enum:"pending,paid,expired,cancelled"`
	Amount    string       `json:"amount" doc:"What comes into the wallet; the gateway's fee is on top."`
	Currency  string       `json:"currency"`
	Payment   payment.View `json:"payment" doc:"What is to be paid: POST /v1/payments/{id}/attempts."`
	PaidAt    *time.Time   `json:"paid_at" nullable:"true"`
	CreatedAt time.Time    `json:"created_at"`
}

// TopUpRate bounds how often somebody begins a top-up, by an operation or on a page.
var TopUpRate = web.Limit{Name: "topup", Per: 10 * time.Minute, Burst: 20}

type topUpIn struct {
	Body struct {
		Amount   string `json:"amount" minLength:"1" maxLength:"20" doc:"Decimal amount, above zero."`
		Currency string `json:"currency,omitempty" maxLength:"3" doc:"The market's; may be left out."`
	}
}

type topUpsIn struct {
	web.PageParams
	State string `query:"state" enum:"pending,paid,expired,cancelled"`
}

// ByID names an object in the path. It is exported because only exported embedded types are read.
type ByID struct {
	ID string `path:"id" maxLength:"40"`
}

func (s *Service) mountTopUps(api *web.API) {
	web.Register(api, web.Op{
		Method: http.MethodPost, Path: "/v1/wallet/topups", ID: "wallet.topup", Room: "wallet", Access: web.SignedIn,
		Summary:     "Put money into your wallet: opens a payment",
		Description: "Pay it like a checkout's: start an attempt at a gateway, or send the proof of a transfer. Money that comes late goes into the wallet too.",
		Idempotent:  true, Status: http.StatusCreated,
		Limit: TopUpRate,
		Errors: []*fault.Error{
			ErrAmount, ErrCurrency, ErrTopUpAmount, ErrTopUpDaily, ErrTooManyTopUps, ledger.ErrAmount, ledger.ErrBalanceTooLarge, idem.ErrReused,
		},
	}, func(ctx context.Context, in *topUpIn) (*one[TopUpView], error) {
		id, replayed, err := s.StartTopUp(ctx, web.CallerFrom(ctx), in.Body.Amount, in.Body.Currency)
		if err != nil {
			return nil, err
		}
		if replayed {
			web.MarkReplayed(ctx)
		}
		return s.topUp(ctx, id)
	})
	web.Register(api, web.Op{
		Method: http.MethodGet, Path: "/v1/wallet/topups", ID: "wallet.topups", Room: "wallet", Access: web.SignedIn,
		Summary: "What you put into your wallet, newest first", Errors: []*fault.Error{db.ErrInvalidCursor},
	}, func(ctx context.Context, in *topUpsIn) (*one[web.Page[TopUpView]], error) {
		list, next, err := s.TopUps(ctx, web.CallerFrom(ctx), in.State, in.PageParams)
		if err != nil {
			return nil, err
		}
		views := make([]TopUpView, len(list))
		for i, t := range list {
			views[i] = topUpView(t)
		}
		return &one[web.Page[TopUpView]]{web.NewPage(views, next)}, nil
	})
	web.Register(api, web.Op{
		Method: http.MethodGet, Path: "/v1/wallet/topups/{id}", ID: "wallet.get_topup", Room: "wallet", Access: web.Owner,
		Summary: "A top-up and its payment", Errors: []*fault.Error{ErrTopUpNotFound},
	}, func(ctx context.Context, in *ByID) (*one[TopUpView], error) { return s.topUp(ctx, in.ID) })
	web.Register(api, web.Op{
		Method: http.MethodPost, Path: "/v1/wallet/topups/{id}/cancel", ID: "wallet.cancel_topup", Room: "wallet", Access: web.Owner,
		Summary: "Give a top-up up that waits for payment", Errors: []*fault.Error{ErrTopUpNotFound, ErrTopUpNotOpen},
	}, func(ctx context.Context, in *ByID) (*one[TopUpView], error) {
		if err := s.CancelTopUp(ctx, web.CallerFrom(ctx), in.ID); err != nil {
			return nil, err
		}
		return s.topUp(ctx, in.ID)
	})
}

func (s *Service) topUp(ctx context.Context, id string) (*one[TopUpView], error) {
	t, err := s.TopUp(ctx, web.CallerFrom(ctx), id)
	if err != nil {
		return nil, err
	}
	return &one[TopUpView]{topUpView(t)}, nil
}

func topUpView(t TopUp) TopUpView {
	return TopUpView{
		ID: t.ID, State: string(t.State), Amount: money.Format(t.Amount, t.Currency), Currency: string(t.Currency), Payment: t.Payment.View(),
		PaidAt: t.PaidAt, CreatedAt: t.CreatedAt,
	}
}
