package esewa_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/haat-market/haat/internal/payment/esewa"
	"github.com/haat-market/haat/internal/payment/gateway"
	"github.com/haat-market/haat/internal/payment/gatewaytest"
	"github.com/haat-market/haat/internal/platform/config"
	"github.com/haat-market/haat/internal/platform/money"
)

// The key and the product that eSewa publishes for its sandbox.
const (
	secret  = "8gBm/:&EnhH.1/q"
	product = "EPAYTEST"
)

func sign(text string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(text))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

type transaction struct {
	status, total, reference string
}

// fake is eSewa as it documents itself. A transaction begins when the payer's browser sends the form, so the fake is told
// of forms by start.
type fake struct {
	*httptest.Server
	mu     sync.Mutex
	asked  map[string]string // total_amount of forms, by transaction_uuid
	known  map[string]*transaction
	down   time.Duration
	silent bool
	broken bool
}

func newFake(t *testing.T) *fake {
	f := &fake{asked: map[string]string{}, known: map[string]*transaction{}}
	f.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f.mu.Lock()
		defer f.mu.Unlock()
		switch {
		case f.down > 0:
			w.Header().Set("Retry-After", strconv.Itoa(int(f.down.Seconds())))
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		case f.silent:
			panic(http.ErrAbortHandler)
		case f.broken:
			_, _ = w.Write([]byte(`{"code": 0, "error_message": "Service is currently unavailable"}`))
			return
		}
		q := r.URL.Query()
		id := q.Get("transaction_uuid")
		x, ok := f.known[id]
		if !ok {
			x = &transaction{status: "NOT_FOUND", total: q.Get("total_amount")}
		}
		ref := "null"
		if x.reference != "" {
			ref = strconv.Quote(x.reference)
		}
		fmt.Fprintf(w, `{"product_code": %q, "transaction_uuid": %q, "total_amount": %s, "status": %q, "ref_id": %s}`, q.Get("product_code"), id, x.total, x.status, ref)
	}))
	t.Cleanup(f.Close)
	return f
}

func uuid(attempt string) string { return strings.ReplaceAll(attempt, "_", "-") }

func (f *fake) set(attempt, status, total, reference string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if total == "" {
		total = f.asked[uuid(attempt)]
	}
	f.known[uuid(attempt)] = &transaction{status, total, reference}
}

// Pay ends as eSewa writes amounts: 1000.0.
func (f *fake) Pay(attempt string) {
	f.mu.Lock()
	total := f.asked[uuid(attempt)]
	f.mu.Unlock()
	if whole, ok := strings.CutSuffix(total, ".00"); ok {
		total = whole + ".0"
	}
	f.set(attempt, "COMPLETE", total, "0001TS9")
}
func (f *fake) Decline(attempt string) { f.set(attempt, "CANCELED", "", "") }

func (f *fake) Misreport(attempt string, amount int64, _ money.Currency) {
	f.set(attempt, "COMPLETE", money.Format(amount, "NPR"), "0001TS9")
}

func (f *fake) Taken(attempt string) int64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	x := f.known[uuid(attempt)]
	if x == nil || x.status != "COMPLETE" {
		return 0
	}
	v, _ := strconv.ParseFloat(x.total, 64) // a test's own amounts are small
	return int64(v*100 + 0.5)
}
func (f *fake) Given(string) int64   { return 0 }
func (f *fake) Charges(string) int   { return 1 }
func (f *fake) Down(d time.Duration) { f.mode(d, false) }
func (f *fake) Silent()              { f.mode(0, true) }
func (f *fake) Up()                  { f.mode(0, false) }

func (f *fake) mode(down time.Duration, silent bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.down, f.silent = down, silent
}

// Browser is the redirect to success_url, signed as documented.
func (f *fake) Browser(attempt string) gateway.Message {
	f.mu.Lock()
	defer f.mu.Unlock()
	const names = "transaction_code,status,total_amount,transaction_uuid,product_code,signed_field_names"
	total := strings.TrimSuffix(f.asked[uuid(attempt)], "0")
	text := fmt.Sprintf("transaction_code=000AWEO,status=COMPLETE,total_amount=%s,transaction_uuid=%s,product_code=%s,signed_field_names=%s", total, uuid(attempt), product, names)
	body := fmt.Sprintf(`{"transaction_code":"000AWEO","status":"COMPLETE","total_amount":%s,"transaction_uuid":%q,"product_code":%q,"signed_field_names":%q,"signature":%q}`,
		total, uuid(attempt), product, names, sign(text))
	return gateway.Message{Source: gateway.FromBrowser, Query: url.Values{"data": {base64.StdEncoding.EncodeToString([]byte(body))}}}
}

// payer sends the form that the gateway made, as a browser does.
type payer struct {
	*esewa.Gateway
	f *fake
	t *testing.T
}

func (p payer) start(out gateway.Outcome) {
	fields := out.Next.Fields
	want := sign("total_amount=" + fields["total_amount"] + ",transaction_uuid=" + fields["transaction_uuid"] + ",product_code=" + fields["product_code"])
	if out.Next.Type != gateway.Form || fields["signature"] != want {
		p.t.Errorf("form %+v", out.Next)
	}
	p.f.mu.Lock()
	defer p.f.mu.Unlock()
	p.f.asked[fields["transaction_uuid"]] = fields["total_amount"]
}

// Start lets the payer's browser send the form at once.
func (p payer) Start(ctx context.Context, c gateway.Charge) (gateway.Outcome, error) {
	out, err := p.Gateway.Start(ctx, c)
	if err == nil {
		p.start(out)
	}
	return out, err
}

func watching(t *testing.T, f *fake) payer { return payer{gatewayAt(f), f, t} }

func gatewayAt(f *fake) *esewa.Gateway {
	return esewa.New(esewa.Config{Product: product, Key: config.NewSecret(secret), Status: f.URL + "/api/epay/transaction/status/"})
}

func TestConformance(t *testing.T) {
	gatewaytest.Run(t, func(t *testing.T) gatewaytest.Bench {
		f := newFake(t)
		return gatewaytest.Bench{Gateway: watching(t, f), Provider: f, Currency: "NPR", Secrets: []string{secret}}
	})
}

// The vectors of eSewa's page, with the key that it publishes.
func TestPublishedSignatures(t *testing.T) {
	g := gatewayAt(newFake(t))
	out, err := g.Start(t.Context(), gateway.Charge{Attempt: "241028", Amount: 11000, Currency: "NPR", Return: "https://m.example/payments/return/esewa?attempt=241028"})
	if err != nil {
		t.Fatal(err)
	}
	if got := out.Next.Fields["total_amount"]; got != "110.00" {
		t.Errorf("total_amount %s", got)
	}
	if got := sign("total_amount=110,transaction_uuid=241028,product_code=EPAYTEST"); got != "i94zsd3oXF6ZsSr/kGqT4sSzYQzjj1W/waxjWyRwaME=" {
		t.Errorf("the published vector gives %s", got)
	}
	const sample = `{"transaction_code":"000AWEO","status":"COMPLETE","total_amount":1000.0,"transaction_uuid":"250610-162413","product_code":"EPAYTEST","signed_field_names":"transaction_code,status,total_amount,transaction_uuid,product_code,signed_field_names","signature":"62GcfZTmVkzhtUeh+QJ1AqiJrjoWWGof3U+eTPTZ7fA="}`
	hear := func(text string) (gateway.Hint, error) {
		return g.Hear(t.Context(), gateway.Message{Source: gateway.FromBrowser, Query: url.Values{"data": {base64.StdEncoding.EncodeToString([]byte(text))}}})
	}
	if h, err := hear(sample); err != nil || h.Attempt != "250610_162413" {
		t.Errorf("eSewa's own answer: %+v, %v", h, err)
	}
	for name, forged := range map[string]string{
		"digits as a program would write them": strings.Replace(sample, "1000.0", "1000", 1),
		"another amount":                       strings.Replace(sample, "1000.0", "1.0", 1),
		"another transaction":                  strings.Replace(sample, "250610-", "250611-", 1),
		"fewer signed fields":                  strings.Replace(sample, "transaction_code,status,", "", 1),
		"no signature":                         strings.Replace(sample, `"signature"`, `"x"`, 1),
	} {
		if h, err := hear(forged); !errors.Is(err, gateway.ErrForged) {
			t.Errorf("%s: %+v, %v", name, h, err)
		}
	}
}

// An outage is answered with 200 and no status: it is a provider that is down, not a payment that failed.
func TestOutage(t *testing.T) {
	f := newFake(t)
	f.broken = true
	out, err := gatewayAt(f).Lookup(t.Context(), gateway.Charge{Attempt: "att_1", Amount: 100, Currency: "NPR"})
	if _, ok := gateway.Down(err); !ok {
		t.Errorf("%+v, %v", out, err)
	}
}

// What eSewa says and what becomes of it.
func TestStates(t *testing.T) {
	f := newFake(t)
	g := gatewayAt(f)
	for status, want := range map[string]gateway.State{
		"PENDING": gateway.Waiting, "AMBIGUOUS": gateway.Waiting, "FULL_REFUND": gateway.Waiting, "PARTIAL_REFUND": gateway.Waiting, "COMPLETE": gateway.Paid,
		"NOT_FOUND": gateway.Unknown, "CANCELED": gateway.Failed, "SOMETHING_NEW": gateway.Waiting,
	} {
		f.set("att_1", status, "1000.0", "0001TS9")
		out, err := g.Lookup(t.Context(), gateway.Charge{Attempt: "att_1", Amount: 100000, Currency: "NPR"})
		if err != nil || out.State != want || want == gateway.Paid && out.Amount != 100000 {
			t.Errorf("%s: %+v, %v", status, out, err)
		}
	}
}
