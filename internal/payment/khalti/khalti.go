package khalti

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/haat-market/haat/internal/payment/gateway"
	"github.com/haat-market/haat/internal/platform/config"
	"github.com/haat-market/haat/internal/platform/money"
)

// Name of the gateway.
const Name = "khalti"

// Bases of Khalti's addresses, without the version.
const (
	Production = "https://khalti.com/api/"
	Sandbox    = "https://dev.khalti.com/api/"
)

const least = 1000 // paisa

// pidxPattern is what an id of Khalti may look like: it gets into addresses and rows.
var pidxPattern = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// Config is what an operator says of his contract.
type Config struct {
	Key  config.Secret // live_secret_key, in the sandbox too
	Base string        // Production or Sandbox
}

// Gateway is Khalti.
type Gateway struct {
	cfg  Config
	http *http.Client
}

// New builds it.
func New(cfg Config) *Gateway {
	if cfg.Base == "" {
		cfg.Base = Production
	}
	cfg.Base = strings.TrimSuffix(cfg.Base, "/") + "/"
	return &Gateway{cfg: cfg, http: gateway.NewClient()}
}

// Format keeps the secret out of whatever prints a gateway.
func (*Gateway) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprint(f, Name) // a Formatter has nobody to tell
}

// About implements gateway.Gateway.
func (g *Gateway) About() gateway.About {
	return gateway.About{
		Name: Name, Title: "Khalti", Verified: gateway.ByDocs, Takes: gateway.TakesRedirect, Refunds: gateway.WholeRefunds,
		Currencies: []money.Currency{"NPR"}, Min: least, Window: 30 * time.Minute, Choices: choices,
		Secrets: []gateway.Secret{{Name: "HAAT_KHALTI_KEY", Set: g.cfg.Key.Set()}},
	}
}

// choices are the ways to pay that Khalti's page has. The banks are those of the documents; Khalti's page lists all.
var choices = []gateway.Choice{
	{Code: "KHALTI", Title: "Khalti Wallet"},
	{Code: "SCT", Title: "SCT Card"},
	{Code: "CONNECT_IPS", Title: "Connect IPS"},
	{Code: "MOBILE_BANKING", Title: "Mobile Banking", Banks: []gateway.Bank{{Code: "global_ime_bank", Title: "Global IME Bank"}, {Code: "nabil_bank", Title: "Nabil Bank"}}},
	{Code: "EBANKING", Title: "E-Banking", Banks: []gateway.Bank{{Code: "himali_bank", Title: "Himali Bank"}, {Code: "nepal_sbi_bank", Title: "Nepal SBI Bank"}}},
}

type initiateIn struct {
	ReturnURL  string   `json:"return_url"`
	WebsiteURL string   `json:"website_url"`
	Amount     int64    `json:"amount"`
	OrderID    string   `json:"purchase_order_id"`
	OrderName  string   `json:"purchase_order_name"`
	Modes      []string `json:"modes,omitempty"`
	Bank       string   `json:"bank,omitempty"`
	Choice     string   `json:"merchant_choice,omitempty"`
}

type initiated struct {
	Pidx       string    `json:"pidx"`
	PaymentURL string    `json:"payment_url"`
	ExpiresAt  time.Time `json:"expires_at"`
}

// Start asks Khalti for a page. An attempt whose answer was lost gets another page under the same order: what was paid
// on the first one is found by nobody, because its address never left Khalti.
func (g *Gateway) Start(ctx context.Context, c gateway.Charge) (gateway.Outcome, error) {
	if c.Reference != "" {
		return g.Lookup(ctx, c)
	}
	in := initiateIn{ReturnURL: c.Return, WebsiteURL: c.Shop, Amount: c.Amount, OrderID: c.Attempt, OrderName: c.Title, Bank: c.Bank, Choice: c.Choice}
	if c.Choice != "" {
		in.Modes = []string{c.Choice}
	}
	a, err := g.post(ctx, "v2/epayment/initiate/", in)
	if err != nil {
		return gateway.Outcome{}, err
	}
	if !a.OK() {
		return gateway.Outcome{}, refused(a)
	}
	var out initiated
	if err := a.Into(&out); err != nil {
		return gateway.Outcome{}, err
	}
	page, err := url.Parse(out.PaymentURL)
	if err != nil || page.Scheme != "https" && page.Scheme != "http" || !pidxPattern.MatchString(out.Pidx) {
		return gateway.Outcome{}, errors.New("khalti: the answer to a start has no page")
	}
	return gateway.Outcome{
		State: gateway.Waiting, Reference: out.Pidx, Expires: out.ExpiresAt, Next: &gateway.Next{Type: gateway.Redirect, URL: out.PaymentURL},
	}, nil
}

type lookedUp struct {
	Pidx        string          `json:"pidx"`
	Total       json.Number     `json:"total_amount"`
	Status      string          `json:"status"`
	Transaction *string         `json:"transaction_id"`
	Refunded    json.RawMessage `json:"refunded"`
}

// Lookup is the only truth. Khalti answers 400 for charges that expired or were cancelled, with the same body.
func (g *Gateway) Lookup(ctx context.Context, c gateway.Charge) (gateway.Outcome, error) {
	if c.Reference == "" {
		return gateway.Outcome{State: gateway.Unknown}, nil
	}
	l, known, err := g.lookUp(ctx, c.Reference)
	if err != nil {
		return gateway.Outcome{}, err
	}
	if !known {
		return gateway.Outcome{State: gateway.Unknown}, nil
	}
	out := gateway.Outcome{State: gateway.Waiting, Reference: c.Reference}
	switch strings.ToLower(l.Status) {
	case "completed":
		n, err := l.Total.Int64()
		if err != nil {
			return gateway.Outcome{}, errors.New("khalti: an amount is not a whole number")
		}
		out.State, out.Amount, out.Currency = gateway.Paid, n, "NPR"
	case "expired":
		out.State, out.Failure = gateway.Failed, gateway.TimedOut
	case "user canceled", "user cancelled", "canceled", "cancelled":
		out.State, out.Failure = gateway.Failed, gateway.PayerGaveUp
	case "failed":
		out.State, out.Failure = gateway.Failed, gateway.NotPossible
	}
	return out, nil
}

func (g *Gateway) lookUp(ctx context.Context, pidx string) (l lookedUp, known bool, err error) {
	a, err := g.post(ctx, "v2/epayment/lookup/", map[string]string{"pidx": pidx})
	if err != nil {
		return l, false, err
	}
	if !a.OK() && a.Status != http.StatusBadRequest && a.Status != http.StatusNotFound {
		return l, false, refused(a)
	}
	if err := a.Into(&l); err != nil {
		return l, false, err
	}
	if l.Status == "" { // {"detail":"Not found.","error_key":"validation_error"}
		return l, false, nil
	}
	if l.Pidx != pidx {
		return l, false, errors.New("khalti: the answer is about another payment")
	}
	return l, true, nil
}

// Refund gives the whole back. Before, Khalti is asked whether it has done so already, because a refund has no key there.
func (g *Gateway) Refund(ctx context.Context, r gateway.Refund) (gateway.Refunded, error) {
	l, known, err := g.lookUp(ctx, r.Charge)
	if err != nil {
		return gateway.Refunded{}, err
	}
	status := strings.ToLower(l.Status)
	switch {
	case r.Amount > r.Whole:
		return gateway.Refunded{Failure: gateway.RefundTooMuch}, nil
	case !known || l.Transaction == nil || *l.Transaction == "":
		return gateway.Refunded{Failure: gateway.NotPossible}, nil
	case r.Amount != r.Whole:
		return gateway.Refunded{Failure: gateway.NotPossible}, nil
	case status == "refunded":
		return gateway.Refunded{Done: true, Reference: *l.Transaction}, nil
	case status != "completed":
		return gateway.Refunded{Failure: gateway.RefundUnsure}, nil // somebody gave back a part of it at Khalti
	}
	a, err := g.post(ctx, "merchant-transaction/"+url.PathEscape(*l.Transaction)+"/refund/", struct{}{})
	if err != nil {
		return gateway.Refunded{}, err
	}
	if !a.OK() {
		return gateway.Refunded{Failure: gateway.NotPossible}, nil
	}
	if l, _, err = g.lookUp(ctx, r.Charge); err != nil {
		return gateway.Refunded{}, err
	}
	if strings.EqualFold(l.Status, "refunded") {
		return gateway.Refunded{Done: true, Reference: *l.Transaction}, nil
	}
	return gateway.Refunded{}, errors.New("khalti: a refund is not to be seen yet")
}

// Hear reads what a payer's browser brings: it is not signed, and says no more than which payment to look up. Khalti
// sends nothing by itself.
func (g *Gateway) Hear(_ context.Context, m gateway.Message) (gateway.Hint, error) {
	pidx := m.Query.Get("pidx")
	if m.Source != gateway.FromBrowser || !pidxPattern.MatchString(pidx) {
		return gateway.Hint{}, gateway.ErrForged
	}
	return gateway.Hint{Reference: pidx}, nil
}

func (g *Gateway) post(ctx context.Context, path string, in any) (gateway.Answer, error) {
	body, err := json.Marshal(in)
	if err != nil {
		return gateway.Answer{}, fmt.Errorf("khalti: %w", err)
	}
	return gateway.Send(ctx, g.http, http.MethodPost, g.cfg.Base+path, http.Header{
		"Authorization": {"Key " + g.cfg.Key.Reveal()}, "Content-Type": {"application/json"},
	}, body)
}

// refused says why Khalti did not do it, without repeating what was sent.
func refused(a gateway.Answer) error {
	var e struct {
		Key string `json:"error_key"`
	}
	if a.Into(&e) != nil || len(e.Key) > 60 {
		e.Key = ""
	}
	return fmt.Errorf("%w: khalti answered %d %s", gateway.ErrRefused, a.Status, e.Key)
}
