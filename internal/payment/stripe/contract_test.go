package stripe_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/haat-market/haat/internal/payment/gateway"
	"github.com/haat-market/haat/internal/payment/stripe"
	"github.com/haat-market/haat/internal/platform/config"
)

// mock is stripe-mock, Stripe's own server for tests: it holds requests to Stripe's OpenAPI description and answers with
// Stripe's fixtures. tools/stripe names its version.
type mock struct {
	*httptest.Server
	mu    sync.Mutex
	calls []call
}

type call struct {
	Method, Path string
	Form         url.Values
	Status       int
	Answer       []byte
}

func startMock(t *testing.T) *mock {
	t.Helper()
	// go tool -n builds the program, keeps it beside what else was built, and says where.
	out, err := exec.CommandContext(t.Context(), "go", "-C", "../../../tools/stripe", "tool", "-n", "stripe-mock").Output()
	if err != nil {
		t.Fatalf("build stripe-mock: %v", err)
	}
	cmd := exec.CommandContext(t.Context(), strings.TrimSpace(string(out)), "-http-addr", "127.0.0.1:0") //nolint:gosec // what was built just now
	lines, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // it runs for ever
		_ = cmd.Wait()
	})
	var to *url.URL
	for scan := bufio.NewScanner(lines); to == nil && scan.Scan(); {
		if _, addr, ok := strings.Cut(scan.Text(), "at address: "); ok {
			to = &url.URL{Scheme: "http", Host: addr}
		}
	}
	if to == nil {
		t.Fatal("stripe-mock does not listen")
	}
	m := &mock{}
	m.Server = httptest.NewServer(m.noting(httputil.NewSingleHostReverseProxy(to)))
	t.Cleanup(m.Close)
	return m
}

// noting passes calls on, and remembers what was sent and what came back.
func (m *mock) noting(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		form, _ := url.ParseQuery(string(body)) // what is no form, stripe-mock refuses
		rec := httptest.NewRecorder()
		next.ServeHTTP(rec, r)
		m.mu.Lock()
		m.calls = append(m.calls, call{r.Method, r.URL.Path, form, rec.Code, rec.Body.Bytes()})
		m.mu.Unlock()
		for k, v := range rec.Header() {
			w.Header()[k] = v
		}
		w.WriteHeader(rec.Code)
		_, _ = w.Write(rec.Body.Bytes())
	})
}

// last is the call that was made last.
func (m *mock) last(t *testing.T, method, path string) call {
	t.Helper()
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.calls) == 0 {
		t.Fatalf("no %s %s", method, path)
	}
	c := m.calls[len(m.calls)-1]
	if c.Method != method || !strings.HasPrefix(c.Path, path) {
		t.Fatalf("%s %s, want %s %s", c.Method, c.Path, method, path)
	}
	if c.Status != http.StatusOK {
		t.Fatalf("Stripe's description of its API refuses %s %s: %d %s", c.Method, c.Path, c.Status, c.Answer)
	}
	return c
}

// Every call that the adapter makes is one that Stripe's own description of its API allows, and what it reads of the
// answers is there. That stripe-mock does look is shown by what it refuses.
func TestContract(t *testing.T) {
	m := startMock(t)
	g := stripe.New(stripe.Config{Key: config.NewSecret(key), Secret: config.NewSecret(secret), URL: m.URL})
	charge := gateway.Charge{
		Attempt: "att_0123456789abcdef", Amount: 12_345, Currency: "INR", Title: "Order H-1", Return: "https://market.example/payments/return/stripe?x=1",
		Created: time.Now(),
	}

	out, err := g.Start(t.Context(), charge)
	if err != nil || out.State != gateway.Waiting || out.Next == nil || !strings.HasPrefix(out.Next.URL, "https://checkout.stripe.com/") {
		t.Fatalf("start: %+v, %v", out, err)
	}
	sent := m.last(t, http.MethodPost, "/v1/checkout/sessions")
	for name, want := range map[string]string{
		"mode": "payment", "client_reference_id": charge.Attempt, "line_items[0][price_data][unit_amount]": "12345", "line_items[0][price_data][currency]": "inr",
	} {
		if sent.Form.Get(name) != want {
			t.Errorf("%s is %q", name, sent.Form.Get(name))
		}
	}

	// The fixture is about nobody's payment: the adapter says so instead of believing it.
	charge.Reference = out.Reference
	if got, err := g.Lookup(t.Context(), charge); err == nil || !strings.Contains(err.Error(), "another payment") {
		t.Errorf("look-up: %+v, %v", got, err)
	}
	answer := m.last(t, http.MethodGet, "/v1/checkout/sessions/"+out.Reference).Answer
	intent := text(t, answer, "payment_intent", "id")
	for _, path := range [][]string{{"status"}, {"payment_status"}, {"payment_intent", "latest_charge", "payment_method_details", "card", "fingerprint"}} {
		text(t, answer, path...)
	}

	back, err := g.Refund(t.Context(), gateway.Refund{ID: "ref_1", Charge: out.Reference, Amount: 100, Currency: "INR"})
	if err != nil || back.Reference == "" {
		t.Fatalf("refund: %+v, %v", back, err)
	}
	asked := m.last(t, http.MethodPost, "/v1/refunds").Form
	if asked.Get("amount") != "100" || asked.Get("payment_intent") != intent {
		t.Errorf("refund of %v", asked)
	}
	if again, err := g.Refund(t.Context(), gateway.Refund{ID: "ref_1", Charge: out.Reference, Reference: back.Reference, Amount: 100, Currency: "INR"}); err != nil || !again.Done {
		t.Errorf("refund again: %+v, %v", again, err)
	}
	m.last(t, http.MethodGet, "/v1/refunds/"+back.Reference)

	for _, form := range []url.Values{{"mode": {"payment"}, "amount_total": {"1"}}, {"mode": {"gift"}}} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, m.URL+"/v1/checkout/sessions", strings.NewReader(form.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Authorization", "Bearer "+key)
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		if _ = res.Body.Close(); res.StatusCode != http.StatusBadRequest {
			t.Errorf("stripe-mock answers %d to %v: it does not look", res.StatusCode, form)
		}
	}
}

// text is one of an answer.
func text(t *testing.T, answer []byte, path ...string) string {
	t.Helper()
	var at any
	if err := json.Unmarshal(answer, &at); err != nil {
		t.Fatal(err)
	}
	for _, name := range path {
		m, _ := at.(map[string]any) // else it is not there, which is said below
		at = m[name]
	}
	found, ok := at.(string)
	if !ok || found == "" {
		t.Errorf("no %s in the answer: %.300s", strings.Join(path, "."), answer)
	}
	return found
}
