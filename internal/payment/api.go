package payment

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/haat-market/haat/internal/ledger"
	"github.com/haat-market/haat/internal/payment/gateway"
	"github.com/haat-market/haat/internal/platform/db"
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
	State  string    `query:"state" enum:"pending,processing,completed,expired,cancelled"`
	Method string    `query:"method" enum:"gateway,wallet,cod"`
	From   time.Time `query:"from" doc:"Opened at this time or later"`
	To     time.Time `query:"to" doc:"Opened before this time"`
	All    bool      `query:"all" doc:"Everybody's payments; for admins"`
}

type settleRefundInput struct {
	ByID
	Body struct {
		To        string `json:"to" enum:"bank,wallet"`
		Reference string `json:"reference,omitempty" maxLength:"100" doc:"Of the bank, under which it was paid"`
	}
}

type startInput struct {
	ByID
	Body struct {
		Gateway string     `json:"gateway" maxLength:"32" doc:"One of GET /v1/payment-methods, or wallet"`
		Choice  string     `json:"choice,omitempty" maxLength:"40" doc:"One of the gateway's choices, where it has some"`
		Bank    string     `json:"bank,omitempty" maxLength:"60" doc:"One of the choice's banks, where it has some"`
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
	Method   string      `json:"method" enum:"gateway,wallet,cod" doc:"For POST /v1/checkouts"`
	Gateways []string    `json:"gateways,omitempty" doc:"For POST /v1/payments/{id}/attempts"`
	Offers   []OfferView `json:"offers,omitempty" doc:"The gateways, with what each takes and costs"`
	Currency string      `json:"currency"`
	FeeFixed string      `json:"fee_fixed" doc:"Of gateways that have no fee of their own"`
	FeeRate  string      `json:"fee_rate" doc:"Percent of the amount"`
}

// RefundsView is a payment's refunds.
type RefundsView struct {
	Items []RefundView `json:"items"`
}

// StartRate bounds how often somebody begins to pay, by an operation or on a page.
var StartRate = web.Limit{Name: "payment_start", Per: 10 * time.Minute, Burst: 30}

// Mount registers the room's operations.
func (s *Service) Mount(api *web.API) {
	op := func(method, path, id, summary string, access web.Access, errs ...*fault.Error) web.Op {
		return web.Op{Method: method, Path: path, ID: "payment." + id, Summary: summary, Room: "payment", Access: access, Errors: errs}
	}
	s.mountGateways(api, op)
	s.mountProofs(api, op)
	s.mountReconcile(api)
	web.Register(api, op("GET", "/v1/payment-methods", "methods", "The ways to pay, with their fees", web.Public), s.methods)
	web.Register(api, op("GET", "/v1/payments", "list", "Your payments, newest first", web.SignedIn),
		func(ctx context.Context, in *listInput) (*one[web.Page[View]], error) {
			out, err := s.List(ctx, web.CallerFrom(ctx), ListQuery{All: in.All, State: in.State, Method: in.Method, From: in.From, To: in.To}, in.PageParams)
			return &one[web.Page[View]]{out}, err
		})
	web.Register(api, op("GET", "/v1/payments/{id}", "get", "A payment and its attempts", web.Owner, ErrNotFound),
		func(ctx context.Context, in *ByID) (*one[View], error) {
			out, err := s.Get(ctx, web.CallerFrom(ctx), in.ID)
			return &one[View]{out}, err
		})
	start := op("POST", "/v1/payments/{id}/attempts", "attempt", "Pay: start an attempt at a gateway", web.Owner,
		ErrNotFound, ErrGateway, ErrAlreadyPaid, ErrClosed, ErrRunning, ErrWindowClosing, ErrTooManyTries, ErrNotAtDoor, ErrCard,
		ErrGatewayOff, ErrGatewayAmount, ErrChoice, ErrBankDown, ErrTimedOut, ErrNotPossible, ErrGaveUp, ErrDeclined, ErrNoFunds, ErrExpiredCard, ErrCVC, ledger.ErrInsufficientBalance)
	start.Idempotent, start.Status = true, http.StatusCreated
	start.Limit = StartRate
	start.Description = "The gateway's fee is on top of the amount and shown with the attempt. A declined card is recorded and answered with 402; try another one."
	web.Register(api, start, s.startAttempt)
	web.Register(api, op("POST", "/v1/payments/{id}/verify", "verify", "Ask the gateway again what became of the running attempt", web.Owner, ErrNotFound, ErrNotConfirmed, ErrBankDown, ErrGateway),
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
	settle := op("POST", "/v1/refunds/{id}/settle", "settle_refund", "Say that a refund which failed was paid by hand, or have it put into the payer's wallet", web.Admin,
		ErrRefundNotFound, ErrRefundSettled, ErrNoWallet, ErrSettleReference)
	web.Register(api, settle, s.settleRefund)
}

func (s *Service) startAttempt(ctx context.Context, in *startInput) (*one[AttemptView], error) {
	cmd := StartCmd{Payment: in.ID, Gateway: in.Body.Gateway, Choice: in.Body.Choice, Bank: in.Body.Bank}
	if c := in.Body.Card; c != nil {
		number := strings.ReplaceAll(c.Number, " ", "")
		if len(number) < 12 || strings.Trim(number, "0123456789") != "" {
			return nil, ErrCard.Field("body.card.number", "invalid_format", "A card number is 12 to 19 digits.")
		}
		cmd.Card = gateway.Card{Number: number, Month: c.Month, Year: c.Year, CVC: c.CVC}
	} else if gw := s.gateways[in.Body.Gateway]; gw != nil && gw.About().Takes == gateway.TakesCard {
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

func (s *Service) settleRefund(ctx context.Context, in *settleRefundInput) (*one[RefundView], error) {
	reference := strings.TrimSpace(in.Body.Reference)
	if in.Body.To == "bank" && reference == "" {
		return nil, ErrSettleReference.Field("body.reference", "required", "Under which reference was it paid?")
	}
	if err := s.SettleRefund(ctx, web.CallerFrom(ctx), in.ID, reference, in.Body.To == toWallet); err != nil {
		return nil, err
	}
	var out RefundView
	err := s.db.Read(ctx, "payment.refund", func(ctx context.Context, tx db.Tx) (err error) {
		out, _, _, err = s.FindRefund(ctx, tx, in.ID)
		return err
	})
	return &one[RefundView]{out}, err
}

func (s *Service) methods(ctx context.Context, _ *struct{}) (*one[[]MethodView], error) {
	settings, err := s.market.Settings(ctx)
	if err != nil {
		return nil, err
	}
	offers, err := s.Offers(ctx)
	if err != nil {
		return nil, err
	}
	cur := settings.Currency
	none := money.Format(0, cur)
	byGateway := MethodView{Method: string(ByGateway), Gateways: []string{}, Currency: string(cur), FeeFixed: money.Format(settings.GatewayFeeFixed, cur), FeeRate: money.FormatRate(settings.GatewayFeeBp)}
	for _, o := range offers {
		if o.On(cur) {
			byGateway.Gateways = append(byGateway.Gateways, o.Name)
			byGateway.Offers = append(byGateway.Offers, offerView(o, cur))
		}
	}
	out := []MethodView{byGateway}
	if settings.WalletPayments {
		out = append(out, MethodView{Method: string(ByWallet), Currency: string(cur), FeeFixed: none, FeeRate: "0"})
	}
	if settings.CashOnDelivery {
		out = append(out, MethodView{Method: string(ByCash), Currency: string(cur), FeeFixed: none, FeeRate: "0"})
	}
	return &one[[]MethodView]{out}, nil
}
