package esewa

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/haat-market/haat/internal/payment/gateway"
	"github.com/haat-market/haat/internal/platform/config"
	"github.com/haat-market/haat/internal/platform/money"
)

// Name of the gateway.
const Name = "esewa"

// Addresses of eSewa.
const (
	ProductionForm   = "https://epay.esewa.com.np/api/epay/main/v2/form"
	ProductionStatus = "https://epay.esewa.com.np/api/epay/transaction/status/"
	SandboxForm      = "https://rc-epay.esewa.com.np/api/epay/main/v2/form"
	SandboxStatus    = "https://rc.esewa.com.np/api/epay/transaction/status/"
)

const currency money.Currency = "NPR"

// Config is what an operator says of his contract.
type Config struct {
	Product      string // product_code: EPAYTEST in the sandbox
	Key          config.Secret
	Form, Status string // addresses; empty for production
}

// Gateway is eSewa.
type Gateway struct {
	cfg  Config
	http *http.Client
}

// New builds it.
func New(cfg Config) *Gateway {
	if cfg.Form == "" {
		cfg.Form = ProductionForm
	}
	if cfg.Status == "" {
		cfg.Status = ProductionStatus
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
		Name: Name, Title: "eSewa", Verified: gateway.ByDocs, Takes: gateway.TakesRedirect, Refunds: gateway.NoRefunds,
		Currencies: []money.Currency{currency}, Window: 30 * time.Minute,
		Secrets: []gateway.Secret{{Name: "HAAT_ESEWA_PRODUCT", Set: g.cfg.Product != ""}, {Name: "HAAT_ESEWA_KEY", Set: g.cfg.Key.Set()}},
	}
}

// uuid is an attempt as eSewa takes it: letters, digits and dashes.
func uuid(attempt string) string { return strings.ReplaceAll(attempt, "_", "-") }

// Start makes the form that the payer's browser sends; eSewa is not asked.
func (g *Gateway) Start(_ context.Context, c gateway.Charge) (gateway.Outcome, error) {
	total := money.Format(c.Amount, c.Currency)
	back := strings.Split(c.Return, "?")[0] // eSewa adds ?data=… by itself
	fields := map[string]string{
		"amount": total, "tax_amount": "0", "total_amount": total, "transaction_uuid": uuid(c.Attempt), "product_code": g.cfg.Product,
		"product_service_charge": "0", "product_delivery_charge": "0", "success_url": back, "failure_url": c.Return,
		"signed_field_names": "total_amount,transaction_uuid,product_code",
	}
	fields["signature"] = g.sign(fields["signed_field_names"], func(name string) string { return fields[name] })
	return gateway.Outcome{State: gateway.Waiting, Next: &gateway.Next{Type: gateway.Form, URL: g.cfg.Form, Fields: fields}}, nil
}

// sign signs the named fields in their order, each as name=value.
func (g *Gateway) sign(names string, value func(string) string) string {
	var text strings.Builder
	for i, name := range strings.Split(names, ",") {
		if i > 0 {
			text.WriteByte(',')
		}
		text.WriteString(name + "=" + value(name))
	}
	mac := hmac.New(sha256.New, []byte(g.cfg.Key.Reveal()))
	_, _ = mac.Write([]byte(text.String())) // a hash has no errors
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

type status struct {
	Product   string      `json:"product_code"`
	UUID      string      `json:"transaction_uuid"`
	Total     json.Number `json:"total_amount"`
	Status    string      `json:"status"`
	Reference *string     `json:"ref_id"`
	Code      *int        `json:"code"`
}

// Lookup asks for the status of the attempt's transaction.
func (g *Gateway) Lookup(ctx context.Context, c gateway.Charge) (gateway.Outcome, error) {
	q := url.Values{"product_code": {g.cfg.Product}, "total_amount": {money.Format(c.Amount, c.Currency)}, "transaction_uuid": {uuid(c.Attempt)}}
	a, err := gateway.Send(ctx, g.http, http.MethodGet, g.cfg.Status+"?"+q.Encode(), http.Header{"Accept": {"application/json"}}, nil)
	if err != nil {
		return gateway.Outcome{}, err
	}
	if a.Status == http.StatusUnauthorized || a.Status == http.StatusForbidden {
		return gateway.Outcome{}, fmt.Errorf("%w: esewa answered %d", gateway.ErrRefused, a.Status)
	}
	var s status
	if err := a.Into(&s); err != nil {
		return gateway.Outcome{}, err
	}
	if s.Status == "" { // {"code":0,"error_message":"Service is currently unavailable"}
		return gateway.Outcome{}, &gateway.DownError{Cause: errors.New("esewa has no service at the moment")}
	}
	out := gateway.Outcome{State: gateway.Waiting}
	switch strings.ToUpper(s.Status) {
	case "COMPLETE":
		if s.UUID != uuid(c.Attempt) || s.Product != g.cfg.Product {
			return gateway.Outcome{}, errors.New("esewa: the answer is about another payment")
		}
		n, err := rupees(s.Total)
		if err != nil {
			return gateway.Outcome{}, err
		}
		out.State, out.Amount, out.Currency = gateway.Paid, n, currency
		if s.Reference != nil && len(*s.Reference) <= 60 {
			out.Reference = *s.Reference
		}
	case "CANCELED", "CANCELLED":
		out.State, out.Failure = gateway.Failed, gateway.PayerGaveUp
	case "NOT_FOUND": // not begun yet, or its session is over
		out.State = gateway.Unknown
	}
	return out, nil
}

// rupees reads an amount such as 100, 100.0 or 1,000.50 into paisa.
func rupees(n json.Number) (int64, error) {
	text := strings.ReplaceAll(string(n), ",", "")
	whole, part, found := strings.Cut(text, ".")
	if found {
		part = strings.TrimRight(part, "0")
		if text = whole; part != "" {
			text += "." + part
		}
	}
	v, err := money.Parse(text, currency)
	if err != nil || v <= 0 {
		return 0, errors.New("esewa: an amount is not one")
	}
	return v, nil
}

// Refund refuses: eSewa documents none.
func (g *Gateway) Refund(context.Context, gateway.Refund) (gateway.Refunded, error) {
	return gateway.Refunded{Failure: gateway.NotPossible}, nil
}

// Hear reads ?data=…, which eSewa signs, from a payer's browser. Fields are signed as they were written.
func (g *Gateway) Hear(_ context.Context, m gateway.Message) (gateway.Hint, error) {
	data := m.Query.Get("data")
	if m.Source != gateway.FromBrowser || data == "" || len(data) > 8<<10 {
		return gateway.Hint{}, gateway.ErrForged
	}
	raw, err := base64.StdEncoding.DecodeString(strings.ReplaceAll(data, " ", "+"))
	if err != nil {
		return gateway.Hint{}, gateway.ErrForged
	}
	var fields map[string]json.RawMessage
	if json.Unmarshal(raw, &fields) != nil {
		return gateway.Hint{}, gateway.ErrForged
	}
	value := func(name string) string { return literal(fields[name]) }
	names := value("signed_field_names")
	signed := strings.Split(names, ",")
	if len(signed) > 20 || !slices.Contains(signed, "transaction_uuid") || !hmac.Equal([]byte(g.sign(names, value)), []byte(value("signature"))) {
		return gateway.Hint{}, gateway.ErrForged
	}
	if value("product_code") != g.cfg.Product {
		return gateway.Hint{}, gateway.ErrForged
	}
	return gateway.Hint{Attempt: strings.Replace(value("transaction_uuid"), "-", "_", 1)}, nil
}

// literal is a value as it was written: 1000.0 stays 1000.0.
func literal(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return s
	}
	return strings.TrimSpace(string(raw))
}
