package paypal_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/haat-market/haat/internal/payment/gateway"
	"github.com/haat-market/haat/internal/payment/gatewaytest"
	"github.com/haat-market/haat/internal/payment/paypal"
	"github.com/haat-market/haat/internal/platform/config"
	"github.com/haat-market/haat/internal/platform/money"
)

const (
	client  = "AeA1QIZXiflr1_-r0U2UbWTziOWX1GRQer5jkUq4"
	secret  = "EJWmZiBc1r9zvS5Yk3V"
	webhook = "WH-5WJ80342G4717"
)

type order struct {
	id, attempt, status, capture, currency, value, paidCurrency, paidValue string
	given                                                                  int64
}

// fake is PayPal as it documents itself: orders are approved, then captured; keys of requests are kept.
type fake struct {
	*httptest.Server
	mu     sync.Mutex
	orders []*order
	kept   map[string][]byte
	tokens int
	token  string
	down   time.Duration
	silent bool
}

func newFake(t *testing.T) *fake {
	f := &fake{kept: map[string][]byte{}}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/oauth2/token", f.grant)
	mux.HandleFunc("POST /v2/checkout/orders", f.create)
	mux.HandleFunc("GET /v2/checkout/orders/{id}", f.get)
	mux.HandleFunc("POST /v2/checkout/orders/{id}/capture", f.take)
	mux.HandleFunc("POST /v2/payments/captures/{id}/refund", f.refund)
	mux.HandleFunc("POST /v1/notifications/verify-webhook-signature", f.verify)
	f.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f.mu.Lock()
		defer f.mu.Unlock()
		isToken := r.URL.Path == "/v1/oauth2/token"
		switch {
		case f.down > 0:
			w.Header().Set("Retry-After", strconv.Itoa(int(f.down.Seconds())))
			w.WriteHeader(http.StatusServiceUnavailable)
		case !isToken && r.Header.Get("Authorization") != "Bearer "+f.token:
			refuse(w, 401, "invalid_token")
		case f.silent && !isToken:
			mux.ServeHTTP(httptest.NewRecorder(), r)
			panic(http.ErrAbortHandler)
		default:
			mux.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(f.Close)
	return f
}

func refuse(w http.ResponseWriter, status int, name string) {
	w.WriteHeader(status)
	fmt.Fprintf(w, `{"name":%q,"message":"no","details":[]}`, name)
}

func (f *fake) grant(w http.ResponseWriter, r *http.Request) {
	if id, key, _ := r.BasicAuth(); id != client || key != secret {
		refuse(w, 401, "invalid_client")
		return
	}
	f.tokens++
	f.token = fmt.Sprintf("A21AA%d", f.tokens)
	fmt.Fprintf(w, `{"access_token":%q,"token_type":"Bearer","expires_in":32400}`, f.token)
}

func (f *fake) once(w http.ResponseWriter, r *http.Request, do func() (int, any)) {
	key := r.URL.Path + r.Header.Get("PayPal-Request-Id")
	if text, ok := f.kept[key]; ok {
		_, _ = w.Write(text)
		return
	}
	status, v := do()
	if status >= 300 {
		refuse(w, status, "UNPROCESSABLE_ENTITY")
		return
	}
	text, _ := json.Marshal(v)
	f.kept[key] = text
	w.WriteHeader(status)
	_, _ = w.Write(text)
}

func (o *order) json() map[string]any {
	unit := map[string]any{"custom_id": o.attempt, "amount": map[string]string{"currency_code": o.currency, "value": o.value}}
	if o.capture != "" {
		unit["payments"] = map[string]any{"captures": []any{map[string]any{
			"id": o.capture, "status": "COMPLETED", "amount": map[string]string{"currency_code": o.paidCurrency, "value": o.paidValue},
		}}}
	}
	return map[string]any{
		"id": o.id, "status": o.status, "purchase_units": []any{unit},
		"links": []any{map[string]string{"rel": "payer-action", "href": "https://www.sandbox.paypal.com/checkoutnow?token=" + o.id}},
	}
}

func (f *fake) create(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Intent string
		Units  []struct {
			Custom string `json:"custom_id"`
			Amount struct {
				Currency string `json:"currency_code"`
				Value    string
			}
		} `json:"purchase_units"`
	}
	_ = json.NewDecoder(r.Body).Decode(&in)
	f.once(w, r, func() (int, any) {
		if in.Intent != "CAPTURE" || len(in.Units) != 1 || r.Header.Get("PayPal-Request-Id") == "" {
			return 422, nil
		}
		u := in.Units[0]
		o := &order{id: fmt.Sprintf("5O190127TN36471%02d", len(f.orders)), attempt: u.Custom, status: "PAYER_ACTION_REQUIRED", currency: u.Amount.Currency, value: u.Amount.Value}
		o.paidCurrency, o.paidValue = o.currency, o.value
		f.orders = append(f.orders, o)
		return 201, o.json()
	})
}

func (f *fake) find(w http.ResponseWriter, id string) *order {
	for _, o := range f.orders {
		if o.id == id || o.capture != "" && o.capture == id {
			return o
		}
	}
	refuse(w, 404, "RESOURCE_NOT_FOUND")
	return nil
}

func (f *fake) get(w http.ResponseWriter, r *http.Request) {
	if o := f.find(w, r.PathValue("id")); o != nil {
		_ = json.NewEncoder(w).Encode(o.json())
	}
}

func (f *fake) take(w http.ResponseWriter, r *http.Request) {
	if o := f.find(w, r.PathValue("id")); o != nil {
		f.once(w, r, func() (int, any) {
			if o.status != "APPROVED" {
				return 422, nil
			}
			o.status, o.capture = "COMPLETED", "3C6"+o.id
			return 201, o.json()
		})
	}
}

func (f *fake) refund(w http.ResponseWriter, r *http.Request) {
	var in struct{ Amount struct{ Value string } }
	_ = json.NewDecoder(r.Body).Decode(&in)
	if o := f.find(w, r.PathValue("id")); o != nil {
		f.once(w, r, func() (int, any) {
			n, _ := money.Parse(in.Amount.Value, money.Currency(o.currency))
			all, _ := money.Parse(o.paidValue, money.Currency(o.currency))
			if n <= 0 || o.given+n > all {
				return 422, nil
			}
			o.given += n
			return 201, map[string]string{"id": fmt.Sprintf("1JU08902781691411%d", len(f.kept)), "status": "COMPLETED"}
		})
	}
}

func signature(body []byte) string {
	sum := sha256.Sum256(append([]byte(webhook), body...))
	return hex.EncodeToString(sum[:])
}

// verify stands for PayPal's: a signature over the event's bytes and the webhook's id.
func (f *fake) verify(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Sig   string          `json:"transmission_sig"`
		ID    string          `json:"webhook_id"`
		Event json.RawMessage `json:"webhook_event"`
	}
	status := "FAILURE"
	if json.NewDecoder(r.Body).Decode(&in) == nil && in.ID == webhook && in.Sig == signature(in.Event) {
		status = "SUCCESS"
	}
	fmt.Fprintf(w, `{"verification_status":%q}`, status)
}

func (f *fake) with(attempt string, change func(*order)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, o := range f.orders {
		if o.attempt == attempt {
			change(o)
		}
	}
}

func (f *fake) Pay(attempt string)     { f.with(attempt, func(o *order) { o.status = "APPROVED" }) }
func (f *fake) Decline(attempt string) { f.with(attempt, func(o *order) { o.status = "VOIDED" }) }
func (f *fake) Misreport(attempt string, amount int64, c money.Currency) {
	f.with(attempt, func(o *order) { o.status, o.paidValue, o.paidCurrency = "APPROVED", money.Format(amount, c), string(c) })
}

func (f *fake) Taken(attempt string) (n int64) {
	f.with(attempt, func(o *order) {
		if o.capture != "" {
			v, _ := money.Parse(o.paidValue, money.Currency(o.paidCurrency))
			n += v
		}
	})
	return n
}

func (f *fake) Given(attempt string) (n int64) {
	f.with(attempt, func(o *order) { n += o.given })
	return n
}

func (f *fake) Charges(attempt string) (n int) {
	f.with(attempt, func(*order) { n++ })
	return n
}
func (f *fake) Down(after time.Duration) { f.mode(after, false) }
func (f *fake) Silent()                  { f.mode(0, true) }
func (f *fake) Up()                      { f.mode(0, false) }
func (f *fake) mode(down time.Duration, silent bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.down, f.silent = down, silent
}

func (f *fake) Browser(attempt string) (m gateway.Message) {
	f.with(attempt, func(o *order) {
		m = gateway.Message{Source: gateway.FromBrowser, Query: url.Values{"token": {o.id}, "PayerID": {"QYR5Z8XDVJNXQ"}}}
	})
	return m
}

func (f *fake) Webhook(attempt, event string) (m gateway.Message) {
	f.with(attempt, func(o *order) {
		body := fmt.Sprintf(`{"id":"WH-%s","event_type":"CHECKOUT.ORDER.APPROVED","resource_type":"checkout-order","resource":{"id":%q,"status":"APPROVED"}}`, event, o.id)
		m = gateway.Message{Source: gateway.FromProvider, Body: []byte(body), At: time.Now(), Header: http.Header{
			"Paypal-Transmission-Id": {"69cd13f0"}, "Paypal-Transmission-Time": {"2026-10-01T06:00:00Z"}, "Paypal-Transmission-Sig": {signature([]byte(body))},
			"Paypal-Cert-Url": {"https://api.sandbox.paypal.com/v1/notifications/certs/CERT-1"}, "Paypal-Auth-Algo": {"SHA256withRSA"},
		}}
	})
	return m
}

func gatewayAt(f *fake) *paypal.Gateway {
	return paypal.New(paypal.Config{Client: client, Secret: config.NewSecret(secret), Webhook: webhook, URL: f.URL})
}

func TestConformance(t *testing.T) {
	gatewaytest.Run(t, func(t *testing.T) gatewaytest.Bench {
		f := newFake(t)
		return gatewaytest.Bench{Gateway: gatewayAt(f), Provider: f, Currency: "USD", Other: "EUR", Secrets: []string{secret}}
	})
}

// A token is kept, and a new one asked for when PayPal does not take it any more.
func TestTokens(t *testing.T) {
	f := newFake(t)
	g := gatewayAt(f)
	for range 3 {
		if _, err := g.Lookup(t.Context(), gateway.Charge{Attempt: "att_1", Reference: "5O190127TN3647100"}); err != nil {
			t.Fatal(err)
		}
	}
	f.mu.Lock()
	f.token = "revoked"
	n := f.tokens
	f.mu.Unlock()
	if _, err := g.Lookup(t.Context(), gateway.Charge{Attempt: "att_1", Reference: "5O190127TN3647100"}); err != nil || n != 1 || f.tokens != 2 {
		t.Errorf("%d tokens, then %d: %v", n, f.tokens, err)
	}
}

// An order that is COMPLETED with a capture that was declined is no money.
func TestDeclinedCapture(t *testing.T) {
	f := newFake(t)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/token") {
			_, _ = w.Write([]byte(`{"access_token":"A21AA1","expires_in":32400}`))
			return
		}
		_, _ = w.Write([]byte(`{"id":"5O190127TN3647100","status":"COMPLETED","purchase_units":[{"custom_id":"att_1","payments":{"captures":[{"id":"3C6","status":"DECLINED","amount":{"currency_code":"USD","value":"10.00"}}]}}]}`))
	}))
	defer server.Close()
	f.URL = server.URL
	out, err := gatewayAt(f).Lookup(t.Context(), gateway.Charge{Attempt: "att_1", Reference: "5O190127TN3647100", Amount: 1000, Currency: "USD"})
	if err != nil || out.State != gateway.Failed || out.Failure != gateway.CardDeclined {
		t.Errorf("%+v, %v", out, err)
	}
}
