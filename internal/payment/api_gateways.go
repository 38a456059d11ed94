package payment

import (
	"context"
	"net/http"
	"net/url"

	"github.com/danielgtaylor/huma/v2"

	"github.com/haat-market/haat/internal/payment/gateway"
	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/money"
	"github.com/haat-market/haat/internal/platform/web"
)

// OfferView is a gateway as a payer sees it.
type OfferView struct {
	Gateway  string           `json:"gateway"`
	Title    string           `json:"title"`
	Takes    string           `json:"takes" enum:"card,redirect,transfer" doc:"card: type it here. redirect: go to the provider's page. transfer: pay by yourself and send a proof"`
	Choices  []gateway.Choice `json:"choices,omitempty" doc:"Ways to pay within the gateway"`
	FeeFixed string           `json:"fee_fixed"`
	FeeRate  string           `json:"fee_rate" doc:"Percent of the amount"`
	Min      string           `json:"min,omitempty" doc:"The least it takes, the fee included"`
	Max      string           `json:"max,omitempty"`
	Refunds  string           `json:"refunds" enum:"none,whole,parts" doc:"What goes back the way it came; the rest goes to the wallet"`
	Minutes  int64            `json:"minutes" doc:"How long a payer has, unless the provider says otherwise"`
}

// GatewayView is a gateway as an admin sees it.
type GatewayView struct {
	OfferView
	Verified    string            `json:"verified" enum:"docs,sandbox,live" doc:"Against what the adapter was tried. Those of docs are off until an admin turns them on"`
	Enabled     bool              `json:"enabled"`
	Offered     bool              `json:"offered" doc:"Enabled, complete, and takes the market's currency"`
	Missing     []string          `json:"missing" doc:"What it still needs"`
	Secrets     []gateway.Secret  `json:"secrets" doc:"Set by the environment or the configuration file; never shown"`
	Wants       []gateway.Detail  `json:"wants" doc:"The details that can be set"`
	Details     map[string]string `json:"details"`
	Currencies  []string          `json:"currencies" doc:"Empty: all"`
	SecondAbove string            `json:"second_above,omitempty" doc:"Above it two admins approve a transfer"`
	Webhook     string            `json:"webhook" doc:"Where the provider sends what it has to say"`
	Version     int64             `json:"version"`
}

type gatewayChange struct {
	Name string `path:"name" maxLength:"32"`
	Body struct {
		Enabled     *bool             `json:"enabled,omitempty"`
		FeeFixed    *string           `json:"fee_fixed,omitempty" maxLength:"20"`
		FeeBp       *int64            `json:"fee_bp,omitempty" minimum:"0" maximum:"2000" doc:"Hundredths of a percent"`
		Min         *string           `json:"min,omitempty" maxLength:"20"`
		Max         *string           `json:"max,omitempty" maxLength:"20" doc:"0: no bound"`
		SecondAbove *string           `json:"second_above,omitempty" maxLength:"20"`
		Currencies  *[]string         `json:"currencies,omitempty" maxItems:"20" doc:"Those of your contract; empty: all that the adapter takes"`
		Details     map[string]string `json:"details,omitempty" doc:"Those named are changed; an empty one is removed"`
		Reset       []string          `json:"reset,omitempty" maxItems:"5" enum:"enabled,fee,limits,second_above,currencies" doc:"What goes back to its default"`
	}
}

type gatewayPath struct {
	Name string `path:"name" maxLength:"32"`
}

type messagesIn struct {
	web.PageParams
	State string `query:"state" enum:"known,unknown,resolved"`
}

type resolveIn struct {
	ByID
	Body struct {
		Note string `json:"note" minLength:"1" maxLength:"500" doc:"What was found and done"`
	}
}

// webhookIn is what a provider sent, byte by byte.
type webhookIn struct {
	Gateway string `path:"gateway" maxLength:"32"`
	RawBody []byte
	message gateway.Message
}

// Resolve implements huma.Resolver: signatures are in headers and parameters that no document of ours names.
func (in *webhookIn) Resolve(ctx huma.Context) []error {
	in.message.Header = http.Header{}
	ctx.EachHeader(func(name, value string) { in.message.Header.Add(name, value) })
	u := ctx.URL()
	in.message.Query = u.Query()
	return nil
}

// returnIn is a payer's browser that comes back.
type returnIn struct {
	Gateway string `path:"gateway" maxLength:"32"`
	query   url.Values
}

// Resolve implements huma.Resolver.
func (in *returnIn) Resolve(ctx huma.Context) []error {
	u := ctx.URL()
	in.query = u.Query()
	return nil
}

type returnOut struct {
	Status         int
	Location       string `header:"Location"`
	CacheControl   string `header:"Cache-Control"`
	ReferrerPolicy string `header:"Referrer-Policy"`
}

type receivedOut struct {
	Status int
	Body   struct {
		Received bool `json:"received"`
	}
}

func (s *Service) mountGateways(api *web.API, op func(method, path, id, summary string, access web.Access, errs ...*fault.Error) web.Op) {
	web.Register(api, op("GET", "/v1/gateways", "gateways", "All gateways, with what they need and what was set", web.Admin),
		func(ctx context.Context, _ *struct{}) (*one[items[GatewayView]], error) {
			list, err := s.gatewayViews(ctx)
			return &one[items[GatewayView]]{items[GatewayView]{list}}, err
		})
	web.Register(api, op("GET", "/v1/payment-configuration", "configuration", "All that decides how buyers pay: the settings and every gateway", web.Admin),
		func(ctx context.Context, _ *struct{}) (*one[ConfigurationView], error) {
			v, err := s.configuration(ctx)
			return &one[ConfigurationView]{v}, err
		})
	web.Register(api, op("GET", "/v1/gateways/{name}", "gateway", "A gateway, with what it needs and what was set", web.Admin, ErrGatewayUnknown),
		func(ctx context.Context, in *gatewayPath) (*one[GatewayView], error) {
			return s.gatewayView(ctx, in.Name)
		})
	web.Register(api, op("PATCH", "/v1/gateways/{name}", "change_gateway", "Turn a gateway on or off, set its fee, its bounds and its details", web.Admin,
		ErrGatewayUnknown, ErrGatewaySetting, ErrGatewayIncomplete),
		func(ctx context.Context, in *gatewayChange) (*one[GatewayView], error) {
			b := in.Body
			for name, v := range b.Details {
				if len(name) > 40 || len(v) > 200 {
					return nil, ErrGatewaySetting.Field("body.details", "too_long", "A detail has 200 letters at most.")
				}
			}
			if err := s.ChangeOffer(ctx, web.CallerFrom(ctx), in.Name, OfferPatch{
				Enabled: b.Enabled, FeeFixed: b.FeeFixed, FeeBp: b.FeeBp, Min: b.Min, Max: b.Max, SecondAbove: b.SecondAbove, Currencies: b.Currencies,
				Details: b.Details, Reset: b.Reset,
			}); err != nil {
				return nil, err
			}
			return s.gatewayView(ctx, in.Name)
		})
	web.Register(api, op("GET", "/v1/gateway-messages", "messages", "What providers sent by themselves, newest first; unknown is what nobody could place", web.Admin),
		func(ctx context.Context, in *messagesIn) (*one[web.Page[MessageView]], error) {
			out, err := s.Messages(ctx, in.State, in.PageParams)
			return &one[web.Page[MessageView]]{out}, err
		})
	resolve := op("POST", "/v1/gateway-messages/{id}/resolve", "resolve_message", "Note that you have seen to a message that nobody could place", web.Admin, ErrMessageNotFound)
	resolve.Status = http.StatusNoContent
	web.Register(api, resolve, func(ctx context.Context, in *resolveIn) (*struct{}, error) {
		return nil, s.Resolve(ctx, web.CallerFrom(ctx), in.ID, in.Body.Note)
	})

	hook := op("POST", "/webhooks/{gateway}", "webhook", "What a provider sends by itself", web.Signed, ErrGatewayUnknown, ErrNotGenuine, ErrBankDown)
	hook.Description = "Signed by the provider. It starts a look-up at the provider and decides nothing by itself. One that is about nothing known is answered with 202 and waits for an admin."
	hook.MaxBody, hook.OpenQuery, hook.Statuses = maxWebhook, true, []int{http.StatusAccepted}
	web.Register(api, hook, func(ctx context.Context, in *webhookIn) (*receivedOut, error) {
		in.message.Body = in.RawBody
		known, err := s.Webhook(ctx, in.Gateway, in.message)
		if err != nil {
			return nil, err
		}
		out := &receivedOut{Status: http.StatusOK}
		if out.Body.Received = true; !known {
			out.Status = http.StatusAccepted
		}
		return out, nil
	})
	back := op("GET", "/payments/return/{gateway}", "return", "Where a payer's browser comes back to from a provider's page", web.Public)
	back.Description = "Starts a look-up at the provider, believes nothing of what the browser brings, and sends it on to a page of this market."
	back.OpenQuery, back.Status = true, http.StatusSeeOther
	web.Register(api, back, func(ctx context.Context, in *returnIn) (*returnOut, error) {
		payment, err := s.Return(ctx, in.Gateway, in.query)
		if err != nil {
			return nil, err
		}
		out := &returnOut{Status: http.StatusSeeOther, Location: s.url + "/", CacheControl: "no-store", ReferrerPolicy: "no-referrer"}
		if payment != "" {
			out.Location += "pay/" + url.PathEscape(payment) + "?returned=1"
		}
		return out, nil
	})
}

type items[T any] struct {
	Items []T `json:"items"`
}

func (s *Service) gatewayView(ctx context.Context, name string) (*one[GatewayView], error) {
	list, err := s.gatewayViews(ctx)
	if err != nil {
		return nil, err
	}
	for _, v := range list {
		if v.Gateway == name {
			return &one[GatewayView]{v}, nil
		}
	}
	return nil, ErrGatewayUnknown
}

func (s *Service) gatewayViews(ctx context.Context) ([]GatewayView, error) {
	m, err := s.market.Settings(ctx)
	if err != nil {
		return nil, err
	}
	offers, err := s.Offers(ctx)
	if err != nil {
		return nil, err
	}
	out := make([]GatewayView, 0, len(offers))
	for _, o := range offers {
		v := GatewayView{
			OfferView: offerView(o, m.Currency), Verified: string(o.Verified), Enabled: o.Enabled, Offered: o.On(m.Currency), Missing: o.Missing(),
			Secrets: o.Secrets, Wants: o.About.Details, Details: o.Details, Currencies: currencyNames(o.Currencies),
			Webhook: s.url + "/webhooks/" + o.Name, Version: o.Version,
		}
		if v.Secrets == nil {
			v.Secrets = []gateway.Secret{}
		}
		if v.Wants == nil {
			v.Wants = []gateway.Detail{}
		}
		if v.Details == nil {
			v.Details = map[string]string{}
		}
		if o.Takes == gateway.TakesTransfer {
			v.SecondAbove = money.Format(o.SecondAbove, m.Currency)
		}
		out = append(out, v)
	}
	return out, nil
}

func offerView(o Offer, cur money.Currency) OfferView {
	v := OfferView{
		Gateway: o.Name, Title: o.Title, Takes: string(o.Takes), Choices: o.Choices, FeeFixed: money.Format(o.FeeFixed, cur),
		FeeRate: money.FormatRate(o.FeeBp), Refunds: string(o.Refunds), Minutes: int64(o.Window.Minutes()),
	}
	if o.Min > 0 {
		v.Min = money.Format(o.Min, cur)
	}
	if o.Max > 0 {
		v.Max = money.Format(o.Max, cur)
	}
	return v
}
