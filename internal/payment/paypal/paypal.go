package paypal

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/haat-market/haat/internal/payment/gateway"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/config"
	"github.com/haat-market/haat/internal/platform/money"
)

// Name of the gateway.
const Name = "paypal"

var idPattern = regexp.MustCompile(`^[A-Z0-9]{5,40}$`)

// Config is what an operator says of his app.
type Config struct {
	Client  string
	Secret  config.Secret
	Webhook string // its id
	URL     string
	Now     func() time.Time // nil: of this machine
}

// Gateway is PayPal.
type Gateway struct {
	cfg  Config
	http *http.Client

	mu    sync.Mutex
	token string
	until time.Time
}

// New builds it.
func New(cfg Config) *Gateway {
	if cfg.URL == "" {
		cfg.URL = "https://api-m.paypal.com"
	}
	cfg.URL = strings.TrimSuffix(cfg.URL, "/")
	if cfg.Now == nil {
		cfg.Now = clock.System().Now
	}
	return &Gateway{cfg: cfg, http: gateway.NewClient()}
}

// Format keeps the secret out of whatever prints a gateway.
func (*Gateway) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprint(f, Name) // a Formatter has nobody to tell
}

// About implements gateway.Gateway.
func (g *Gateway) About() gateway.About {
	return gateway.About{
		Name: Name, Title: "PayPal", Verified: gateway.ByDocs, Takes: gateway.TakesRedirect, Refunds: gateway.PartRefunds, Window: 60 * time.Minute,
		Secrets: []gateway.Secret{
			{Name: "HAAT_PAYPAL_CLIENT", Set: g.cfg.Client != ""}, {Name: "HAAT_PAYPAL_SECRET", Set: g.cfg.Secret.Set()},
			{Name: "HAAT_PAYPAL_WEBHOOK", Set: g.cfg.Webhook != ""},
		},
	}
}

type amount struct {
	Currency string `json:"currency_code"`
	Value    string `json:"value"`
}

// minor reads PayPal's decimal text.
func (a amount) minor() (int64, money.Currency, error) {
	c, err := money.ParseCurrency(a.Currency)
	if err != nil {
		return 0, "", errors.New("paypal: a currency is not one")
	}
	n, err := money.Parse(a.Value, c)
	if err != nil {
		return 0, "", errors.New("paypal: an amount is not one")
	}
	return n, c, nil
}

type capture struct {
	ID     string `json:"id"`
	Status string `json:"status"`
	Amount amount `json:"amount"`
}

type order struct {
	ID     string `json:"id"`
	Status string `json:"status"`
	Links  []struct {
		Href string `json:"href"`
		Rel  string `json:"rel"`
	} `json:"links"`
	Payer struct {
		ID string `json:"payer_id"`
	} `json:"payer"`
	Units []struct {
		Reference string `json:"custom_id"`
		Payments  struct {
			Captures []capture `json:"captures"`
		} `json:"payments"`
	} `json:"purchase_units"`
}

// captured is the order's capture, if there is one.
func (o order) captured() (capture, bool) {
	if len(o.Units) == 0 || len(o.Units[0].Payments.Captures) == 0 {
		return capture{}, false
	}
	all := o.Units[0].Payments.Captures
	return all[len(all)-1], true
}

// Start makes an order, to be approved on PayPal's page.
func (g *Gateway) Start(ctx context.Context, c gateway.Charge) (gateway.Outcome, error) {
	in := map[string]any{
		"intent": "CAPTURE",
		"purchase_units": []any{map[string]any{
			"custom_id": c.Attempt, "description": c.Title, "amount": amount{string(c.Currency), money.Format(c.Amount, c.Currency)},
		}},
		"payment_source": map[string]any{"paypal": map[string]any{"experience_context": map[string]any{
			"return_url": c.Return, "cancel_url": c.Return, "shipping_preference": "NO_SHIPPING", "user_action": "PAY_NOW",
		}}},
	}
	var o order
	status, err := g.ask(ctx, http.MethodPost, "/v2/checkout/orders", "attempt:"+c.Attempt, in, &o)
	if err != nil {
		return gateway.Outcome{}, err
	}
	if status >= 300 || !idPattern.MatchString(o.ID) {
		return gateway.Outcome{}, fmt.Errorf("%w: paypal answered %d", gateway.ErrRefused, status)
	}
	return read(o)
}

// read says what an order is worth.
func read(o order) (gateway.Outcome, error) {
	out := gateway.Outcome{State: gateway.Waiting, Reference: o.ID}
	if c, ok := o.captured(); ok {
		switch c.Status {
		case "COMPLETED", "PARTIALLY_REFUNDED", "REFUNDED":
			n, cur, err := c.Amount.minor()
			out.State, out.Amount, out.Currency, out.Fingerprint = gateway.Paid, n, cur, o.Payer.ID
			return out, err
		case "DECLINED", "FAILED":
			out.State, out.Failure = gateway.Failed, gateway.CardDeclined
		}
		return out, nil
	}
	switch o.Status {
	case "VOIDED":
		out.State, out.Failure = gateway.Failed, gateway.PayerGaveUp
	case "CREATED", "PAYER_ACTION_REQUIRED":
		for _, l := range o.Links {
			if (l.Rel == "payer-action" || l.Rel == "approve") && strings.HasPrefix(l.Href, "http") {
				out.Next = &gateway.Next{Type: gateway.Redirect, URL: l.Href}
			}
		}
	}
	return out, nil
}

// Lookup asks for the order, and captures one that its payer has approved.
func (g *Gateway) Lookup(ctx context.Context, c gateway.Charge) (gateway.Outcome, error) {
	if !idPattern.MatchString(c.Reference) {
		return gateway.Outcome{State: gateway.Unknown}, nil
	}
	o, known, err := g.order(ctx, c.Reference)
	if err != nil || !known {
		return gateway.Outcome{State: gateway.Unknown}, err
	}
	if len(o.Units) > 0 && o.Units[0].Reference != c.Attempt {
		return gateway.Outcome{}, errors.New("paypal: the answer is about another payment")
	}
	if o.Status == "APPROVED" {
		status, err := g.ask(ctx, http.MethodPost, "/v2/checkout/orders/"+o.ID+"/capture", "capture:"+c.Attempt, struct{}{}, &o)
		if err != nil {
			return gateway.Outcome{}, err
		}
		if status == http.StatusUnprocessableEntity { // INSTRUMENT_DECLINED, or captured by somebody who was faster
			if o, _, err = g.order(ctx, c.Reference); err != nil {
				return gateway.Outcome{}, err
			}
		}
	}
	return read(o)
}

func (g *Gateway) order(ctx context.Context, id string) (o order, known bool, err error) {
	status, err := g.ask(ctx, http.MethodGet, "/v2/checkout/orders/"+id, "", nil, &o)
	if err == nil && status >= 300 && status != http.StatusNotFound {
		err = fmt.Errorf("%w: paypal answered %d", gateway.ErrRefused, status)
	}
	return o, status < 300, err
}

// Refund gives back of the order's capture, once for each id. PayPal keeps keys of refunds for 45 days.
func (g *Gateway) Refund(ctx context.Context, r gateway.Refund) (gateway.Refunded, error) {
	var done struct {
		ID     string `json:"id"`
		Status string `json:"status"`
	}
	var status int
	var err error
	if r.Reference != "" {
		status, err = g.ask(ctx, http.MethodGet, "/v2/payments/refunds/"+url.PathEscape(r.Reference), "", nil, &done)
	} else {
		if !idPattern.MatchString(r.Charge) {
			return gateway.Refunded{Failure: gateway.NotPossible}, nil
		}
		o, known, oerr := g.order(ctx, r.Charge)
		if oerr != nil {
			return gateway.Refunded{}, oerr
		}
		c, ok := o.captured()
		if !known || !ok {
			return gateway.Refunded{Failure: gateway.NotPossible}, nil
		}
		in := map[string]any{"amount": amount{string(r.Currency), money.Format(r.Amount, r.Currency)}}
		status, err = g.ask(ctx, http.MethodPost, "/v2/payments/captures/"+url.PathEscape(c.ID)+"/refund", "refund:"+r.ID, in, &done)
	}
	switch {
	case err != nil:
		return gateway.Refunded{}, err
	case status == http.StatusUnprocessableEntity:
		return gateway.Refunded{Failure: gateway.RefundTooMuch}, nil
	case status >= 300:
		return gateway.Refunded{Failure: gateway.NotPossible}, nil
	}
	out := gateway.Refunded{Reference: done.ID}
	switch done.Status {
	case "COMPLETED":
		out.Done = true
	case "FAILED", "CANCELLED":
		out.Failure = gateway.NotPossible
	}
	return out, nil
}

// Hear takes an order's id from a browser. A webhook is sent back to PayPal, which says whether it is its own: byte by
// byte as it came, because the signature is over them.
func (g *Gateway) Hear(ctx context.Context, m gateway.Message) (gateway.Hint, error) {
	if m.Source == gateway.FromBrowser {
		id := m.Query.Get("token")
		if !idPattern.MatchString(id) {
			return gateway.Hint{}, gateway.ErrForged
		}
		return gateway.Hint{Reference: id}, nil
	}
	for _, name := range signed {
		if m.Header.Get(name) == "" {
			return gateway.Hint{}, gateway.ErrForged
		}
	}
	if !json.Valid(m.Body) || len(bytes.TrimSpace(m.Body)) != len(m.Body) || g.cfg.Webhook == "" {
		return gateway.Hint{}, gateway.ErrForged
	}
	in := map[string]any{
		"transmission_id": m.Header.Get("Paypal-Transmission-Id"), "transmission_time": m.Header.Get("Paypal-Transmission-Time"),
		"transmission_sig": m.Header.Get("Paypal-Transmission-Sig"), "cert_url": m.Header.Get("Paypal-Cert-Url"),
		"auth_algo": m.Header.Get("Paypal-Auth-Algo"), "webhook_id": g.cfg.Webhook,
	}
	text, err := json.Marshal(in)
	if err != nil {
		return gateway.Hint{}, gateway.ErrForged
	}
	// The event goes in as it came: decoded and encoded again it would be other bytes.
	body := append(append(append([]byte{}, text[:len(text)-1]...), `,"webhook_event":`...), m.Body...)
	body = append(body, '}')
	var said struct {
		Status string `json:"verification_status"`
	}
	status, err := g.send(ctx, http.MethodPost, "/v1/notifications/verify-webhook-signature", "", body, &said)
	if err != nil {
		return gateway.Hint{}, err
	}
	if status >= 300 || said.Status != "SUCCESS" {
		return gateway.Hint{}, gateway.ErrForged
	}
	var e struct {
		ID       string `json:"id"`
		Resource struct {
			ID            string `json:"id"`
			Supplementary struct {
				Related struct {
					Order string `json:"order_id"`
				} `json:"related_ids"`
			} `json:"supplementary_data"`
		} `json:"resource"`
		Type string `json:"resource_type"`
	}
	if json.Unmarshal(m.Body, &e) != nil || e.ID == "" {
		return gateway.Hint{}, gateway.ErrForged
	}
	id := e.Resource.Supplementary.Related.Order
	if e.Type == "checkout-order" {
		id = e.Resource.ID
	}
	if !idPattern.MatchString(id) {
		return gateway.Hint{}, gateway.ErrIgnored
	}
	return gateway.Hint{Event: e.ID, Reference: id}, nil
}

var signed = []string{"Paypal-Transmission-Id", "Paypal-Transmission-Time", "Paypal-Transmission-Sig", "Paypal-Cert-Url", "Paypal-Auth-Algo"}

func (g *Gateway) ask(ctx context.Context, method, path, key string, in, out any) (int, error) {
	var body []byte
	if in != nil {
		var err error
		if body, err = json.Marshal(in); err != nil {
			return 0, fmt.Errorf("paypal: %w", err)
		}
	}
	return g.send(ctx, method, path, key, body, out)
}

// send asks with a token, and once more with a new one where PayPal does not take it any more.
func (g *Gateway) send(ctx context.Context, method, path, key string, body []byte, out any) (int, error) {
	for again := false; ; again = true {
		token, err := g.access(ctx, again)
		if err != nil {
			return 0, err
		}
		h := http.Header{"Authorization": {"Bearer " + token}, "Content-Type": {"application/json"}, "Accept": {"application/json"}, "Prefer": {"return=representation"}}
		if key != "" {
			h.Set("PayPal-Request-Id", key)
		}
		a, err := gateway.Send(ctx, g.http, method, g.cfg.URL+path, h, body)
		if err != nil {
			return 0, err
		}
		if a.Status == http.StatusUnauthorized && !again {
			continue
		}
		if a.OK() {
			return a.Status, a.Into(out)
		}
		return a.Status, nil
	}
}

// access is a token of the app, kept until a minute before it ends.
func (g *Gateway) access(ctx context.Context, renew bool) (string, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.token != "" && !renew && g.cfg.Now().Before(g.until) {
		return g.token, nil
	}
	a, err := gateway.Send(ctx, g.http, http.MethodPost, g.cfg.URL+"/v1/oauth2/token", http.Header{
		"Authorization": {"Basic " + base64.StdEncoding.EncodeToString([]byte(g.cfg.Client+":"+g.cfg.Secret.Reveal()))},
		"Content-Type":  {"application/x-www-form-urlencoded"},
	}, []byte("grant_type=client_credentials"))
	if err != nil {
		return "", err
	}
	if !a.OK() {
		return "", fmt.Errorf("%w: paypal does not know the app: %d", gateway.ErrRefused, a.Status)
	}
	var out struct {
		Token   string `json:"access_token"`
		Seconds int64  `json:"expires_in"`
	}
	if err := a.Into(&out); err != nil || out.Token == "" {
		return "", errors.New("paypal: no token")
	}
	g.token, g.until = out.Token, g.cfg.Now().Add(time.Duration(out.Seconds)*time.Second-time.Minute)
	return g.token, nil
}
