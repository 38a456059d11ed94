package stripe_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/haat-market/haat/internal/payment/gateway"
	"github.com/haat-market/haat/internal/payment/gatewaytest"
	"github.com/haat-market/haat/internal/payment/stripe"
	"github.com/haat-market/haat/internal/platform/config"
	"github.com/haat-market/haat/internal/platform/money"
)

const (
	key    = "sk_test_4eC39HqLyjWDarjtT1zdp7dc"
	secret = "whsec_5f8a1b"

	fingerprint = "Xt5EWLLDS7FJjR1c"
)

type session struct {
	id, attempt, status, paid, currency, intent string
	amount, given, expires                      int64
}

// fake is Stripe as it documents itself: sessions, refunds, and answers kept by idempotency key.
type fake struct {
	*httptest.Server
	mu       sync.Mutex
	sessions []*session
	refunds  map[string]map[string]any
	kept     map[string][]byte
	down     time.Duration
	silent   bool
}

func newFake(t *testing.T) *fake {
	f := &fake{refunds: map[string]map[string]any{}, kept: map[string][]byte{}}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/checkout/sessions", f.open)
	mux.HandleFunc("GET /v1/checkout/sessions/{id}", f.get)
	mux.HandleFunc("POST /v1/refunds", f.refund)
	mux.HandleFunc("GET /v1/refunds/{id}", f.getRefund)
	f.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f.mu.Lock()
		defer f.mu.Unlock()
		switch {
		case f.down > 0:
			w.Header().Set("Retry-After", strconv.Itoa(int(f.down.Seconds())))
			w.WriteHeader(http.StatusServiceUnavailable)
		case r.Header.Get("Authorization") != "Bearer "+key:
			refuse(w, 401, "invalid_request_error", "", "")
		case f.silent:
			mux.ServeHTTP(httptest.NewRecorder(), r)
			panic(http.ErrAbortHandler)
		default:
			mux.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(f.Close)
	return f
}

func refuse(w http.ResponseWriter, status int, kind, code, param string) {
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{"error": map[string]any{"type": kind, "code": code, "param": param, "message": "no"}})
}

// answered sends the kept answer of a key, if there is one.
func (f *fake) answered(w http.ResponseWriter, r *http.Request) bool {
	text, ok := f.kept[r.Header.Get("Idempotency-Key")]
	if ok {
		_, _ = w.Write(text)
	}
	return ok
}

func (f *fake) answer(w http.ResponseWriter, r *http.Request, v any) {
	text, _ := json.Marshal(v)
	if k := r.Header.Get("Idempotency-Key"); k != "" {
		f.kept[k] = text
	}
	_, _ = w.Write(text)
}

func (s *session) json() map[string]any {
	out := map[string]any{
		"id": s.id, "object": "checkout.session", "status": s.status, "payment_status": s.paid, "amount_total": s.amount, "currency": s.currency,
		"client_reference_id": s.attempt, "expires_at": s.expires, "url": nil, "payment_intent": nil,
	}
	if s.status == "open" {
		out["url"] = "https://checkout.stripe.com/c/pay/" + s.id
	}
	if s.intent != "" {
		out["payment_intent"] = s.intent
	}
	return out
}

func (f *fake) open(w http.ResponseWriter, r *http.Request) {
	if f.answered(w, r) {
		return
	}
	_ = r.ParseForm()
	amount, _ := strconv.ParseInt(r.Form.Get("line_items[0][price_data][unit_amount]"), 10, 64)
	expires, _ := strconv.ParseInt(r.Form.Get("expires_at"), 10, 64)
	if amount <= 0 || r.Form.Get("mode") != "payment" || expires < time.Now().Add(30*time.Minute).Unix() || !strings.HasPrefix(r.Form.Get("success_url"), "https://") {
		refuse(w, 400, "invalid_request_error", "parameter_invalid", "x")
		return
	}
	s := &session{
		id: fmt.Sprintf("cs_test_a1%d", len(f.sessions)), attempt: r.Form.Get("client_reference_id"), status: "open", paid: "unpaid",
		currency: r.Form.Get("line_items[0][price_data][currency]"), amount: amount, expires: expires,
	}
	f.sessions = append(f.sessions, s)
	f.answer(w, r, s.json())
}

func (f *fake) get(w http.ResponseWriter, r *http.Request) {
	for _, s := range f.sessions {
		if s.id == r.PathValue("id") {
			out := s.json()
			if s.intent != "" && slices.Contains(r.URL.Query()["expand[0]"], "payment_intent.latest_charge") {
				card := map[string]any{"type": "card", "card": map[string]any{"fingerprint": fingerprint, "last4": "4242"}}
				charge := map[string]any{"id": "ch_" + s.id, "object": "charge", "payment_method_details": card}
				out["payment_intent"] = map[string]any{"id": s.intent, "object": "payment_intent", "latest_charge": charge}
			}
			_ = json.NewEncoder(w).Encode(out)
			return
		}
	}
	refuse(w, 404, "invalid_request_error", "resource_missing", "session")
}

func (f *fake) refund(w http.ResponseWriter, r *http.Request) {
	if f.answered(w, r) {
		return
	}
	_ = r.ParseForm()
	n, _ := strconv.ParseInt(r.Form.Get("amount"), 10, 64)
	for _, s := range f.sessions {
		if s.intent == "" || s.intent != r.Form.Get("payment_intent") {
			continue
		}
		if s.given+n > s.amount {
			refuse(w, 400, "invalid_request_error", "", "amount")
			return
		}
		s.given += n
		id := fmt.Sprintf("re_%d", len(f.refunds))
		f.refunds[id] = map[string]any{"id": id, "object": "refund", "amount": n, "status": "pending"}
		f.answer(w, r, f.refunds[id])
		return
	}
	refuse(w, 404, "invalid_request_error", "resource_missing", "payment_intent")
}

// getRefund tells of a refund that was pending that it is done.
func (f *fake) getRefund(w http.ResponseWriter, r *http.Request) {
	out, ok := f.refunds[r.PathValue("id")]
	if !ok {
		refuse(w, 404, "invalid_request_error", "resource_missing", "id")
		return
	}
	out["status"] = "succeeded"
	_ = json.NewEncoder(w).Encode(out)
}

func (f *fake) with(attempt string, change func(*session)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, s := range f.sessions {
		if s.attempt == attempt {
			change(s)
		}
	}
}

func (f *fake) Pay(attempt string) {
	f.with(attempt, func(s *session) { s.status, s.paid, s.intent = "complete", "paid", "pi_"+s.id })
}
func (f *fake) Decline(attempt string) { f.with(attempt, func(s *session) { s.status = "expired" }) }
func (f *fake) Misreport(attempt string, amount int64, c money.Currency) {
	f.Pay(attempt)
	f.with(attempt, func(s *session) { s.amount, s.currency = amount, strings.ToLower(string(c)) })
}

func (f *fake) Taken(attempt string) (n int64) {
	f.with(attempt, func(s *session) {
		if s.paid == "paid" {
			n += s.amount
		}
	})
	return n
}
func (f *fake) Given(attempt string) (n int64) {
	f.with(attempt, func(s *session) { n += s.given })
	return n
}
func (f *fake) Charges(attempt string) (n int) {
	f.with(attempt, func(*session) { n++ })
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
	f.with(attempt, func(s *session) {
		m = gateway.Message{Source: gateway.FromBrowser, Query: url.Values{"session_id": {s.id}}}
	})
	return m
}

func (f *fake) Webhook(attempt, event string) (m gateway.Message) {
	f.with(attempt, func(s *session) {
		body, _ := json.Marshal(map[string]any{
			"id": event, "object": "event", "api_version": "2020-08-27", "type": "checkout.session.completed", "data": map[string]any{"object": s.json()},
		})
		at := strconv.FormatInt(time.Now().Unix(), 10)
		mac := hmac.New(sha256.New, []byte(secret))
		fmt.Fprintf(mac, "%s.%s", at, body)
		m = gateway.Message{Source: gateway.FromProvider, Body: body, Header: http.Header{"Stripe-Signature": {"t=" + at + ",v1=" + hex.EncodeToString(mac.Sum(nil))}}, At: time.Now()}
	})
	return m
}

func TestConformance(t *testing.T) {
	gatewaytest.Run(t, func(t *testing.T) gatewaytest.Bench {
		f := newFake(t)
		g := stripe.New(stripe.Config{Key: config.NewSecret(key), Secret: config.NewSecret(secret), URL: f.URL})
		return gatewaytest.Bench{Gateway: g, Provider: f, Currency: "INR", Other: "USD", Secrets: []string{key, secret}}
	})
}

// A card that Stripe knows again is told by its fingerprint.
func TestFingerprint(t *testing.T) {
	f := newFake(t)
	g := stripe.New(stripe.Config{Key: config.NewSecret(key), Secret: config.NewSecret(secret), URL: f.URL})
	charge := gateway.Charge{Attempt: "att_1", Amount: 1000, Currency: "INR", Title: "x", Return: "https://m.example/r", Created: time.Now()}
	out, err := g.Start(t.Context(), charge)
	if err != nil {
		t.Fatal(err)
	}
	f.Pay("att_1")
	charge.Reference = out.Reference
	if out, err = g.Lookup(t.Context(), charge); err != nil || out.Fingerprint != fingerprint {
		t.Errorf("%+v, %v", out, err)
	}
}
