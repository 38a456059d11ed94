package web_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/haat-market/haat/internal/platform/web"
)

type benchLine struct {
	Variant  string `json:"variant" maxLength:"40"`
	Quantity int    `json:"quantity" minimum:"1" maximum:"1000"`
}

type benchIn struct {
	Body struct {
		Lines    []benchLine `json:"lines" minItems:"1" maxItems:"100"`
		Method   string      `json:"method" enum:"wallet,gateway,cod"`
		Name     string      `json:"name" maxLength:"100"`
		Expected string      `json:"expected_total" maxLength:"20"`
	}
}

type benchOut struct {
	Body struct {
		ID     string      `json:"id"`
		State  string      `json:"state"`
		Lines  []benchLine `json:"lines"`
		Total  string      `json:"total"`
		Method string      `json:"method"`
	}
}

const benchBody = `{"lines":[{"variant":"var_abcdefghijklmnop","quantity":2},{"variant":"var_qrstuvwxyzabcdef","quantity":1}],` +
	`"method":"wallet","name":"सीता देवी","expected_total":"1250.00"}`

func benchAnswer(_ context.Context, in *benchIn) (*benchOut, error) {
	out := &benchOut{}
	out.Body.ID, out.Body.State, out.Body.Total = "ord_abcdefghijklmnop", "confirmed", in.Body.Expected
	out.Body.Lines, out.Body.Method = in.Body.Lines, in.Body.Method
	return out, nil
}

// sink is an answer that nobody reads.
type sink struct {
	header http.Header
	status int
}

func (s *sink) Header() http.Header         { return s.header }
func (s *sink) Write(b []byte) (int, error) { return len(b), nil }
func (s *sink) WriteHeader(status int)      { s.status = status }

func benchmark(b *testing.B, handler http.Handler) {
	b.Helper()
	b.ReportAllocs()
	request, err := http.NewRequest(http.MethodPost, "/v1/checkouts", nil)
	if err != nil {
		b.Fatal(err)
	}
	request.RemoteAddr = "192.0.2.1:1234"
	request.Header = http.Header{"Content-Type": {"application/json"}, "Authorization": {"Bearer customer"},
		"Idempotency-Key": {"0123456789abcdef0123"}}
	request.ContentLength = int64(len(benchBody))
	reader := strings.NewReader(benchBody)
	for b.Loop() {
		reader.Reset(benchBody)
		r := *request // as the server makes a new one each time
		r.Body = io.NopCloser(reader)
		url := *request.URL
		r.URL = &url
		w := sink{header: http.Header{}}
		handler.ServeHTTP(&w, &r)
		if w.status != 0 && w.status != http.StatusOK {
			b.Fatal(w.status)
		}
	}
}

func BenchmarkPost(b *testing.B) {
	api := web.New(web.Config{Authenticator: everybody, Log: slog.New(slog.DiscardHandler), Limits: web.Limits{
		Account: web.Limit{Per: 1, Burst: 1 << 30},
	}})
	web.Register(api, web.Op{Method: "POST", Path: "/v1/checkouts", ID: "test.checkout", Summary: "Check out.", Room: "test",
		Access: web.SignedIn, Idempotent: true}, benchAnswer)
	benchmark(b, api)
}

// BenchmarkPostBare is the floor: the standard mux and encoding/json, with
// none of the checks.
func BenchmarkPostBare(b *testing.B) {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/checkouts", func(w http.ResponseWriter, r *http.Request) {
		in := &benchIn{}
		if err := json.NewDecoder(r.Body).Decode(&in.Body); err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		out, _ := benchAnswer(r.Context(), in)
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(out.Body)
	})
	benchmark(b, mux)
}
