package khalti_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/haat-market/haat/internal/payment/gateway"
	"github.com/haat-market/haat/internal/payment/gatewaytest"
	"github.com/haat-market/haat/internal/payment/khalti"
	"github.com/haat-market/haat/internal/platform/config"
	"github.com/haat-market/haat/internal/platform/money"
)

const secret = "live_secret_key_68791341fdd94846a146f0457ff7b455"

type payment struct {
	pidx, order, status, transaction string
	amount                           int64
}

// fake is Khalti as it documents itself: payments have states, and refunds have no keys.
type fake struct {
	*httptest.Server
	mu       sync.Mutex
	payments []*payment
	given    map[string]int64
	down     time.Duration
	silent   bool
}

func newFake(t *testing.T) *fake {
	f := &fake{given: map[string]int64{}}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /api/v2/epayment/initiate/", f.initiate)
	mux.HandleFunc("POST /api/v2/epayment/lookup/", f.lookup)
	mux.HandleFunc("POST /api/merchant-transaction/{id}/refund/", f.refund)
	f.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f.mu.Lock()
		defer f.mu.Unlock()
		switch {
		case f.down > 0:
			w.Header().Set("Retry-After", strconv.Itoa(int(f.down.Seconds())))
			w.WriteHeader(http.StatusServiceUnavailable)
		case r.Header.Get("Authorization") != "Key "+secret:
			answer(w, 401, map[string]any{"detail": "Invalid token.", "status_code": 401})
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

func answer(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}

func (f *fake) initiate(w http.ResponseWriter, r *http.Request) {
	var in struct {
		ReturnURL string `json:"return_url"`
		Website   string `json:"website_url"`
		Amount    int64  `json:"amount"`
		Order     string `json:"purchase_order_id"`
		Name      string `json:"purchase_order_name"`
	}
	if json.NewDecoder(r.Body).Decode(&in) != nil || in.Order == "" || in.Name == "" {
		answer(w, 400, map[string]any{"purchase_order_id": []string{"This field may not be blank."}, "error_key": "validation_error"})
		return
	}
	if u, err := url.Parse(in.ReturnURL); err != nil || u.Host == "" || in.Website == "" {
		answer(w, 400, map[string]any{"return_url": []string{"Enter a valid URL."}, "error_key": "validation_error"})
		return
	}
	if in.Amount < 1000 {
		answer(w, 400, map[string]any{"amount": []string{"Amount should be greater than Rs. 10, that is 1000 paisa."}, "error_key": "validation_error"})
		return
	}
	p := &payment{pidx: fmt.Sprintf("pidx%dHT6ixpeVr43n7kibPtQB6e", len(f.payments)), order: in.Order, status: "Initiated", amount: in.Amount}
	f.payments = append(f.payments, p)
	answer(w, 200, map[string]any{
		"pidx": p.pidx, "payment_url": "https://test-pay.khalti.com/?pidx=" + p.pidx, "expires_at": time.Now().Add(30 * time.Minute), "expires_in": 1800,
	})
}

func (f *fake) lookup(w http.ResponseWriter, r *http.Request) {
	var in struct{ Pidx string }
	_ = json.NewDecoder(r.Body).Decode(&in)
	for _, p := range f.payments {
		if p.pidx != in.Pidx {
			continue
		}
		status, transaction := 200, any(nil)
		if p.status == "Expired" || p.status == "User canceled" {
			status = 400
		}
		if p.transaction != "" {
			transaction = p.transaction
		}
		answer(w, status, map[string]any{"pidx": p.pidx, "total_amount": p.amount, "status": p.status, "transaction_id": transaction, "fee": 0, "refunded": p.status == "Refunded"})
		return
	}
	answer(w, 404, map[string]any{"detail": "Not found.", "error_key": "validation_error"})
}

func (f *fake) refund(w http.ResponseWriter, r *http.Request) {
	for _, p := range f.payments {
		if p.transaction == r.PathValue("id") && p.status == "Completed" {
			p.status = "Refunded"
			f.given[p.order] += p.amount
			answer(w, 200, map[string]any{"detail": "Transaction refund successful."})
			return
		}
	}
	answer(w, 400, map[string]any{"detail": "Transaction cannot be refunded.", "error_key": "validation_error"})
}

// last is the payment whose page the payer has open.
func (f *fake) last(attempt string) *payment {
	for i := len(f.payments) - 1; i >= 0; i-- {
		if f.payments[i].order == attempt {
			return f.payments[i]
		}
	}
	return &payment{}
}

func (f *fake) with(attempt string, change func(*payment)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change(f.last(attempt))
}

func (f *fake) Pay(attempt string) {
	f.with(attempt, func(p *payment) { p.status, p.transaction = "Completed", "GFq9PFS7b2iYvL8Lir9oXe"+p.pidx })
}

func (f *fake) Decline(attempt string) {
	f.with(attempt, func(p *payment) { p.status = "User canceled" })
}

func (f *fake) Misreport(attempt string, amount int64, _ money.Currency) {
	f.Pay(attempt)
	f.with(attempt, func(p *payment) { p.amount = amount })
}

func (f *fake) Taken(attempt string) (n int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, p := range f.payments {
		if p.order == attempt && p.transaction != "" {
			n += p.amount
		}
	}
	return n
}

func (f *fake) Given(attempt string) int64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.given[attempt]
}

func (f *fake) Charges(attempt string) (n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, p := range f.payments {
		if p.order == attempt {
			n++
		}
	}
	return n
}

func (f *fake) Down(after time.Duration) { f.set(after, false) }
func (f *fake) Silent()                  { f.set(0, true) }
func (f *fake) Up()                      { f.set(0, false) }

func (f *fake) set(down time.Duration, silent bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.down, f.silent = down, silent
}

// Browser is the return as it is documented.
func (f *fake) Browser(attempt string) gateway.Message {
	f.mu.Lock()
	defer f.mu.Unlock()
	p := f.last(attempt)
	return gateway.Message{Source: gateway.FromBrowser, Query: url.Values{
		"pidx": {p.pidx}, "status": {"Completed"}, "transaction_id": {p.transaction}, "tidx": {p.transaction}, "amount": {strconv.FormatInt(p.amount, 10)},
		"total_amount": {strconv.FormatInt(p.amount, 10)}, "mobile": {"98XXXXX904"}, "purchase_order_id": {p.order}, "purchase_order_name": {"test"},
	}}
}

func TestConformance(t *testing.T) {
	gatewaytest.Run(t, func(t *testing.T) gatewaytest.Bench {
		f := newFake(t)
		g := khalti.New(khalti.Config{Key: config.NewSecret(secret), Base: f.URL + "/api"})
		return gatewaytest.Bench{Gateway: g, Provider: f, Currency: "NPR", Choice: "EBANKING", Bank: "himali_bank", Secrets: []string{secret}}
	})
}

// Khalti's own examples, as its documents print them, and what is made of each.
func TestDocumentedAnswers(t *testing.T) {
	text, err := os.ReadFile("testdata/lookup.json")
	if err != nil {
		t.Fatal(err)
	}
	var examples []struct {
		Name    string
		Status  int
		Body    json.RawMessage
		State   gateway.State
		Amount  int64
		Failure string
	}
	if err := json.Unmarshal(text, &examples); err != nil {
		t.Fatal(err)
	}
	for _, e := range examples {
		t.Run(e.Name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(e.Status)
				_, _ = w.Write(e.Body)
			}))
			defer server.Close()
			g := khalti.New(khalti.Config{Key: config.NewSecret(secret), Base: server.URL + "/api/"})
			out, err := g.Lookup(t.Context(), gateway.Charge{Attempt: "att_1", Reference: "HT6o6PEZRWFJ5ygavzHWd5", Amount: 1000, Currency: "NPR"})
			if e.State == "" {
				if !errors.Is(err, gateway.ErrRefused) {
					t.Errorf("%+v, %v", out, err)
				}
				return
			}
			if err != nil || out.State != e.State || out.Amount != e.Amount || out.Failure != e.Failure {
				t.Errorf("%+v, %v", out, err)
			}
		})
	}
}

// A start that Khalti does not like is refused for good, and says nothing of what was sent.
func TestRefusedStart(t *testing.T) {
	f := newFake(t)
	g := khalti.New(khalti.Config{Key: config.NewSecret(secret), Base: f.URL + "/api/"})
	_, err := g.Start(t.Context(), gateway.Charge{Attempt: "att_1", Amount: 999, Currency: "NPR", Title: "x", Return: "https://m.example/r", Shop: "https://m.example"})
	if !errors.Is(err, gateway.ErrRefused) || strings.Contains(err.Error(), secret) {
		t.Errorf("%v", err)
	}
}
