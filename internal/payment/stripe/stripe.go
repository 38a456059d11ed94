package stripe

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"regexp"
	"strings"
	"time"

	sdk "github.com/stripe/stripe-go/v85"
	"github.com/stripe/stripe-go/v85/webhook"

	"github.com/haat-market/haat/internal/payment/gateway"
	"github.com/haat-market/haat/internal/platform/config"
	"github.com/haat-market/haat/internal/platform/money"
)

// Name of the gateway.
const Name = "stripe"

// sessionLife is how long Stripe's page is open. Stripe's least is 30 minutes.
const sessionLife = 35 * time.Minute

var sessionPattern = regexp.MustCompile(`^cs_[A-Za-z0-9_]{1,180}$`)

// Config is what an operator says of his account.
type Config struct {
	Key    config.Secret
	Secret config.Secret // of the webhook
	URL    string
}

// Gateway is Stripe.
type Gateway struct {
	cfg    Config
	client *sdk.Client
}

// New builds it.
func New(cfg Config) *Gateway {
	if cfg.URL == "" {
		cfg.URL = "https://api.stripe.com"
	}
	plain := gateway.NewClient()
	plain.Transport = honest{plain.Transport}
	backends := sdk.NewBackendsWithConfig(&sdk.BackendConfig{
		HTTPClient: plain, URL: sdk.String(strings.TrimSuffix(cfg.URL, "/")), MaxNetworkRetries: sdk.Int64(0), EnableTelemetry: sdk.Bool(false),
		LeveledLogger: &sdk.LeveledLogger{Level: sdk.LevelNull},
	})
	return &Gateway{cfg: cfg, client: sdk.NewClient(cfg.Key.Reveal(), sdk.WithBackends(backends))}
}

// honest turns the answers of a Stripe that does not work into errors that say so, with the time to come again, which
// Stripe's library does not hand on.
type honest struct{ http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (t honest) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := t.RoundTripper.RoundTrip(r)
	if err != nil {
		var op *net.OpError
		if errors.As(err, &op) && op.Op == "dial" {
			return nil, &gateway.DownError{Cause: errors.New("stripe cannot be reached")}
		}
		return nil, err
	}
	switch res.StatusCode {
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable:
		_ = res.Body.Close() // nothing of it counts
		return nil, &gateway.DownError{After: gateway.RetryAfter(res.Header), Cause: fmt.Errorf("stripe answered %d", res.StatusCode)}
	}
	return res, nil
}

// Format keeps the secret out of whatever prints a gateway.
func (*Gateway) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprint(f, Name) // a Formatter has nobody to tell
}

// About implements gateway.Gateway.
func (g *Gateway) About() gateway.About {
	return gateway.About{
		Name: Name, Title: "Card", Verified: gateway.ByDocs, Takes: gateway.TakesRedirect, Refunds: gateway.PartRefunds, Window: sessionLife,
		Secrets: []gateway.Secret{{Name: "HAAT_STRIPE_KEY", Set: g.cfg.Key.Set()}, {Name: "HAAT_STRIPE_WEBHOOK_SECRET", Set: g.cfg.Secret.Set()}},
	}
}

// Start opens a page at Stripe.
func (g *Gateway) Start(ctx context.Context, c gateway.Charge) (gateway.Outcome, error) {
	back := "?"
	if strings.Contains(c.Return, "?") {
		back = "&"
	}
	in := &sdk.CheckoutSessionCreateParams{
		Mode: sdk.String("payment"), ClientReferenceID: sdk.String(c.Attempt), SuccessURL: sdk.String(c.Return + back + "session_id={CHECKOUT_SESSION_ID}"),
		CancelURL: sdk.String(c.Return), ExpiresAt: sdk.Int64(c.Created.Add(sessionLife).Unix()),
		LineItems: []*sdk.CheckoutSessionCreateLineItemParams{{
			Quantity: sdk.Int64(1),
			PriceData: &sdk.CheckoutSessionCreateLineItemPriceDataParams{
				Currency: sdk.String(strings.ToLower(string(c.Currency))), UnitAmount: sdk.Int64(c.Amount),
				ProductData: &sdk.CheckoutSessionCreateLineItemPriceDataProductDataParams{Name: sdk.String(c.Title)},
			},
		}},
	}
	in.SetIdempotencyKey("attempt:" + c.Attempt)
	s, err := g.client.V1CheckoutSessions.Create(ctx, in)
	if err != nil {
		return gateway.Outcome{}, told(err)
	}
	return outcome(s)
}

// outcome reads a session.
func outcome(s *sdk.CheckoutSession) (gateway.Outcome, error) {
	out := gateway.Outcome{State: gateway.Waiting, Reference: s.ID}
	switch {
	case s.PaymentStatus == sdk.CheckoutSessionPaymentStatusPaid:
		out.State, out.Amount, out.Currency = gateway.Paid, s.AmountTotal, money.Currency(strings.ToUpper(string(s.Currency)))
		out.Fingerprint = fingerprint(s)
	case s.Status == sdk.CheckoutSessionStatusExpired:
		out.State, out.Failure = gateway.Failed, gateway.TimedOut
	case s.Status == sdk.CheckoutSessionStatusOpen:
		if !strings.HasPrefix(s.URL, "http") {
			return gateway.Outcome{}, errors.New("stripe: an open session has no page")
		}
		out.Next, out.Expires = &gateway.Next{Type: gateway.Redirect, URL: s.URL}, time.Unix(s.ExpiresAt, 0).UTC()
	}
	return out, nil
}

// fingerprint is what Stripe tells a card from others by, in all of the operator's payments.
func fingerprint(s *sdk.CheckoutSession) string {
	if s.PaymentIntent == nil || s.PaymentIntent.LatestCharge == nil {
		return ""
	}
	d := s.PaymentIntent.LatestCharge.PaymentMethodDetails
	if d == nil || d.Card == nil {
		return ""
	}
	return d.Card.Fingerprint
}

// Lookup asks for the session.
func (g *Gateway) Lookup(ctx context.Context, c gateway.Charge) (gateway.Outcome, error) {
	s, err := g.session(ctx, c.Reference)
	if err != nil || s == nil {
		return gateway.Outcome{State: gateway.Unknown}, err
	}
	if s.ClientReferenceID != c.Attempt {
		return gateway.Outcome{}, errors.New("stripe: the answer is about another payment")
	}
	return outcome(s)
}

// session gets a session; nil if Stripe knows none.
func (g *Gateway) session(ctx context.Context, id string) (*sdk.CheckoutSession, error) {
	if !sessionPattern.MatchString(id) {
		return nil, nil
	}
	in := &sdk.CheckoutSessionRetrieveParams{}
	in.AddExpand("payment_intent.latest_charge") // which card it was
	s, err := g.client.V1CheckoutSessions.Retrieve(ctx, id, in)
	var e *sdk.Error
	if errors.As(err, &e) && e.HTTPStatusCode == http.StatusNotFound {
		return nil, nil
	}
	return s, told(err)
}

// Refund gives back, once for each id. One that Stripe has not decided is asked about by its own id.
func (g *Gateway) Refund(ctx context.Context, r gateway.Refund) (gateway.Refunded, error) {
	if r.Reference != "" {
		out, err := g.client.V1Refunds.Retrieve(ctx, r.Reference, &sdk.RefundRetrieveParams{})
		if err != nil {
			return gateway.Refunded{}, told(err)
		}
		return refunded(out), nil
	}
	s, err := g.session(ctx, r.Charge)
	if err != nil {
		return gateway.Refunded{}, err
	}
	if s == nil || s.PaymentIntent == nil {
		return gateway.Refunded{Failure: gateway.NotPossible}, nil
	}
	in := &sdk.RefundCreateParams{PaymentIntent: sdk.String(s.PaymentIntent.ID), Amount: sdk.Int64(r.Amount)}
	in.SetIdempotencyKey("refund:" + r.ID)
	out, err := g.client.V1Refunds.Create(ctx, in)
	var e *sdk.Error
	if errors.As(err, &e) && e.HTTPStatusCode == http.StatusBadRequest {
		if e.Param == "amount" || e.Code == sdk.ErrorCodeChargeAlreadyRefunded {
			return gateway.Refunded{Failure: gateway.RefundTooMuch}, nil
		}
		return gateway.Refunded{Failure: gateway.NotPossible}, nil
	}
	if err != nil {
		return gateway.Refunded{}, told(err)
	}
	return refunded(out), nil
}

func refunded(r *sdk.Refund) gateway.Refunded {
	out := gateway.Refunded{Reference: r.ID}
	switch r.Status {
	case sdk.RefundStatusSucceeded:
		out.Done = true
	case sdk.RefundStatusFailed, sdk.RefundStatusCanceled:
		out.Failure = gateway.NotPossible
	}
	return out
}

// Hear verifies a webhook over its bytes. From a browser it takes the session's id, which proves nothing.
func (g *Gateway) Hear(_ context.Context, m gateway.Message) (gateway.Hint, error) {
	if m.Source == gateway.FromBrowser {
		id := m.Query.Get("session_id")
		if !sessionPattern.MatchString(id) {
			return gateway.Hint{}, gateway.ErrForged
		}
		return gateway.Hint{Reference: id}, nil
	}
	e, err := webhook.ConstructEventWithOptions(m.Body, m.Header.Get("Stripe-Signature"), g.cfg.Secret.Reveal(), webhook.ConstructEventOptions{IgnoreAPIVersionMismatch: true})
	if err != nil || e.ID == "" || e.Data == nil || !g.cfg.Secret.Set() {
		return gateway.Hint{}, gateway.ErrForged
	}
	var o struct {
		ID     string `json:"id"`
		Object string `json:"object"`
	}
	if json.Unmarshal(e.Data.Raw, &o) != nil || o.Object != "checkout.session" || !sessionPattern.MatchString(o.ID) {
		return gateway.Hint{}, gateway.ErrIgnored
	}
	return gateway.Hint{Event: e.ID, Reference: o.ID}, nil
}

// told sorts what Stripe's library says, and keeps its texts, which repeat what was sent, out of the log.
func told(err error) error {
	if err == nil {
		return nil
	}
	if d, ok := gateway.Down(err); ok {
		return d
	}
	var e *sdk.Error
	if !errors.As(err, &e) {
		return fmt.Errorf("stripe did not answer: %w", err)
	}
	if e.HTTPStatusCode >= 400 && e.HTTPStatusCode < 500 && e.HTTPStatusCode != http.StatusConflict {
		return fmt.Errorf("%w: stripe answered %d %s", gateway.ErrRefused, e.HTTPStatusCode, e.Code)
	}
	return fmt.Errorf("stripe answered %d", e.HTTPStatusCode)
}
