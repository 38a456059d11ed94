package payment

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/haat-market/haat/internal/ledger"
	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/money"
	"github.com/haat-market/haat/internal/platform/web"
)

type one[T any] struct{ Body T }

// ByID names an object in the path. It is exported because only exported embedded types are read.
type ByID struct {
	ID string `path:"id" maxLength:"64"`
}

type listInput struct {
	web.PageParams
	State string `query:"state" enum:"pending,processing,completed,expired,cancelled"`
	All   bool   `query:"all" doc:"Everybody's payments; for admins"`
}

type refundListInput struct {
	web.PageParams
	State string `query:"state" enum:"requested,processing,completed,failed"`
}

type startInput struct {
	ByID
	Body struct {
		Gateway string     `json:"gateway" maxLength:"32" doc:"One of GET /v1/payment-methods, or wallet"`
		Card    *cardInput `json:"card,omitempty" doc:"For gateways that take a card here"`
	}
}

type cardInput struct {
	Number string `json:"number" maxLength:"23" doc:"Digits; spaces are allowed"`
	Month  int    `json:"exp_month" minimum:"1" maximum:"12"`
	Year   int    `json:"exp_year" minimum:"2000" maximum:"2100"`
	CVC    string `json:"cvc" minLength:"3" maxLength:"4"`
}

// MethodView is a way to pay.
type MethodView struct {
	Method   string   `json:"method" enum:"gateway,wallet,cod" doc:"For POST /v1/checkouts"`
	Gateways []string `json:"gateways,omitempty" doc:"For POST /v1/payments/{id}/attempts"`
	Currency string   `json:"currency"`
	FeeFixed string   `json:"fee_fixed"`
	FeeRate  string   `json:"fee_rate" doc:"Percent of the amount"`
}

// RefundsView is a payment's refunds.
type RefundsView struct {
	Items []RefundView `json:"items"`
}

// Mount registers the room's operations.
func (s *Service) Mount(api *web.API) {
	op := func(method, path, id, summary string, access web.Access, errs ...*fault.Error) web.Op {
		return web.Op{Method: method, Path: path, ID: "payment." + id, Summary: summary, Room: "payment", Access: access, Errors: errs}
	}
	web.Register(api, op("GET", "/v1/payment-methods", "methods", "The ways to pay, with their fees", web.Public), s.methods)
	web.Register(api, op("GET", "/v1/payments", "list", "Your payments, newest first", web.SignedIn),
		func(ctx context.Context, in *listInput) (*one[web.Page[View]], error) {
			out, err := s.List(ctx, web.CallerFrom(ctx), in.All, in.State, in.PageParams)
			return &one[web.Page[View]]{out}, err
		})
	web.Register(api, op("GET", "/v1/payments/{id}", "get", "A payment and its attempts", web.Owner, ErrNotFound),
		func(ctx context.Context, in *ByID) (*one[View], error) {
			out, err := s.Get(ctx, web.CallerFrom(ctx), in.ID)
			return &one[View]{out}, err
		})
	start := op("POST", "/v1/payments/{id}/attempts", "attempt", "Pay: start an attempt at a gateway", web.Owner,
		ErrNotFound, ErrGateway, ErrAlreadyPaid, ErrClosed, ErrRunning, ErrWindowClosing, ErrTooManyTries, ErrNotAtDoor, ErrCard,
		ErrDeclined, ErrNoFunds, ErrExpiredCard, ErrCVC, ledger.ErrInsufficientBalance)
	start.Idempotent, start.Status = true, http.StatusCreated
	start.Description = "The gateway's fee is on top of the amount and shown with the attempt. A declined card is recorded and answered with 402; try another one."
	web.Register(api, start, s.startAttempt)
	web.Register(api, op("POST", "/v1/payments/{id}/verify", "verify", "Ask the gateway again what became of the running attempt", web.Owner, ErrNotFound, ErrNotConfirmed),
		func(ctx context.Context, in *ByID) (*one[View], error) {
			caller := web.CallerFrom(ctx)
			if err := s.Verify(ctx, caller, in.ID); err != nil {
				return nil, err
			}
			out, err := s.Get(ctx, caller, in.ID)
			return &one[View]{out}, err
		})
	web.Register(api, op("GET", "/v1/payments/{id}/refunds", "payment_refunds", "A payment's refunds", web.Owner, ErrNotFound),
		func(ctx context.Context, in *ByID) (*one[RefundsView], error) {
			out, err := s.RefundsOf(ctx, web.CallerFrom(ctx), in.ID)
			return &one[RefundsView]{RefundsView{out}}, err
		})
	web.Register(api, op("GET", "/v1/refunds", "refunds", "All refunds, newest first", web.Admin),
		func(ctx context.Context, in *refundListInput) (*one[web.Page[RefundView]], error) {
			out, err := s.ListRefunds(ctx, in.State, in.PageParams)
			return &one[web.Page[RefundView]]{out}, err
		})
}

func (s *Service) startAttempt(ctx context.Context, in *startInput) (*one[AttemptView], error) {
	cmd := StartCmd{Payment: in.ID, Gateway: in.Body.Gateway}
	if c := in.Body.Card; c != nil {
		number := strings.ReplaceAll(c.Number, " ", "")
		if len(number) < 12 || strings.Trim(number, "0123456789") != "" {
			return nil, ErrCard.Field("body.card.number", "invalid_format", "A card number is 12 to 19 digits.")
		}
		cmd.Card = Card{Number: number, Month: c.Month, Year: c.Year, CVC: c.CVC}
	} else if in.Body.Gateway != string(ByWallet) && s.gateways[in.Body.Gateway] != nil {
		return nil, ErrCard.Field("body.card", "required", "This gateway takes a card.")
	}
	a, replayed, err := s.start(ctx, web.CallerFrom(ctx), cmd)
	if replayed {
		web.MarkReplayed(ctx)
	}
	if err != nil {
		return nil, err
	}
	return &one[AttemptView]{attemptView(a)}, nil
}

func (s *Service) methods(ctx context.Context, _ *struct{}) (*one[[]MethodView], error) {
	settings, err := s.market.Settings(ctx)
	if err != nil {
		return nil, err
	}
	cur := settings.Currency
	var names []string
	for name := range s.gateways {
		names = append(names, name)
	}
	slices.Sort(names)
	none := money.Format(0, cur)
	return &one[[]MethodView]{[]MethodView{
		{Method: string(ByGateway), Gateways: names, Currency: string(cur), FeeFixed: money.Format(settings.GatewayFeeFixed, cur), FeeRate: money.FormatRate(settings.GatewayFeeBp)},
		{Method: string(ByWallet), Currency: string(cur), FeeFixed: none, FeeRate: "0"},
		{Method: string(ByCash), Currency: string(cur), FeeFixed: none, FeeRate: "0"},
	}}, nil
}
