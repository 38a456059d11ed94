package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/haat-market/haat/internal/platform/db"
)

func TestFirstStart(t *testing.T) {
	each(t, func(t *testing.T, p place) {
		s := p.serve(t)
		if info, err := os.Stat(p.data); err != nil || info.Mode().Perm() != 0o700 {
			t.Errorf("the data folder: %v, %v", info, err)
		}
		if s.setup == "" || strings.Contains(s.log.String(), s.setup) {
			t.Errorf("the set-up link is %q; it belongs to the terminal, not to the log", s.setup)
		}
		for path, want := range map[string]string{"/healthz": "ok", "/readyz": "ready"} {
			if out := s.must(200, "GET", path, "", nil); out["status"] != want {
				t.Errorf("%s: %v", path, out)
			}
		}
		if status, text := page(t, s.url+"/"); status != 200 || !strings.Contains(text, "Nothing is on sale here yet") {
			t.Errorf("the first page: %d %s", status, text)
		}
		// The link works once.
		first := m{"token": s.setup, "name": "Asha Rai", "email": "asha@example.org", "password": password}
		s.must(201, "POST", "/v1/auth/setup", "", first)
		if status, out, err := s.call("POST", "/v1/auth/setup", "", first); err != nil || status < 400 {
			t.Errorf("the second time: %d %v, %v", status, out, err)
		}
		s.must(200, "GET", "/v1/settings", s.signIn("asha"), nil)
		s.stop()
		if log := s.log.String(); !strings.Contains(log, "msg=stopped") {
			t.Errorf("no word of the end: %s", log)
		}

		again := p.serve(t)
		if again.setup != "" {
			t.Error("a market with an administrator printed a set-up link")
		}
		again.signIn("asha")
		again.stop()
	})
}

func TestFiguresHaveTheirOwnAddress(t *testing.T) {
	each(t, func(t *testing.T, p place) {
		s := p.serve(t)
		page(t, s.url+"/")
		_, text := page(t, s.metrics+"/metrics")
		for _, want := range []string{
			"haat_build_info{", "haat_db_functions_total ", "haat_db_wal_bytes ", "haat_db_longest_read_seconds ", "haat_db_retries_total ",
			"haat_jobs_ready ", `haat_sweep_runs_total{sweep="order.due"}`, "haat_events_last ", "haat_leader 1", "haat_scrape_errors_total 0",
			`http_requests_total{method="GET",route="/{$}",status="200"} 1`, "go_goroutines ", "process_resident_memory_bytes ",
		} {
			if !strings.Contains(text, want) {
				t.Errorf("there is no %s", want)
			}
		}
		if status, _ := page(t, s.metrics+"/debug/pprof/goroutine?debug=1"); status != 200 {
			t.Errorf("profiles: %d", status)
		}
		for _, path := range []string{"/metrics", "/debug/pprof/"} {
			if status, _ := page(t, s.url+path); status != 404 {
				t.Errorf("the market itself answers %s with %d", path, status)
			}
		}
		s.stop()
	})
}

func TestFiguresWhoseAddressIsTaken(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:9090")
	if err == nil { // else somebody else has it, which is as good
		defer taken.Close()
	}
	p := newPlace(t, db.Embedded)
	s := start(t, t.TempDir(), append([]string{"serve", "--addr=127.0.0.1:0"}, p.flags...)...)
	s.wait()
	if s.metrics != "" || !strings.Contains(s.log.String(), "no metrics") {
		t.Errorf("metrics at %q\n%s", s.metrics, s.log.String())
	}
	s.stop()
	haat(t, append([]string{"serve", "--addr=127.0.0.1:0", "--metrics-addr=127.0.0.1:9090"}, p.flags...)...).refused(t, 1, "9090", "in use")
	conf := filepath.Join(p.data, "haat.conf")
	if err := os.WriteFile(conf, []byte("metrics_addr = 127.0.0.1:9090\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	haat(t, append([]string{"serve", "--addr=127.0.0.1:0"}, p.flags...)...).refused(t, 1, "9090", "in use")
}

func TestTwoServersInOneFolder(t *testing.T) {
	each(t, func(t *testing.T, p place) {
		s := p.serve(t)
		p.on(t, "serve", "--addr=127.0.0.1:0", "--metrics-addr=").refused(t, 1, fmt.Sprintf("process %d", s.cmd.Process.Pid), s.url[len("http://"):], p.data, "--data")
		s.must(200, "GET", "/readyz", "", nil)
		s.stop()
	})
}

func TestAddressInUse(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	p := newPlace(t, db.Embedded)
	p.on(t, "serve", "--metrics-addr=", "--addr="+taken.Addr().String()).refused(t, 1, "address already in use", "--addr")
	p.serve(t).stop() // nothing is left locked
}

// slowRequest sends a request whose body is still to come.
func (s *server) slowRequest() (finish func() (*http.Response, error)) {
	s.t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { conn.Close() })
	body, err := json.Marshal(m{"email": "nobody@example.org", "password": password})
	if err != nil {
		s.t.Fatal(err)
	}
	fmt.Fprintf(conn, "POST /v1/auth/login HTTP/1.1\r\nHost: haat\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(body), body[:10])
	time.Sleep(200 * time.Millisecond)
	return func() (*http.Response, error) {
		if _, err := conn.Write(body[10:]); err != nil {
			return nil, err
		}
		return http.ReadResponse(bufio.NewReader(conn), nil)
	}
}

func TestStoppingAnswersWhatHasBegun(t *testing.T) {
	each(t, func(t *testing.T, p place) {
		s := p.serve(t)
		finish := s.slowRequest()
		s.signal(syscall.SIGTERM)
		for end := time.Now().Add(deadline); ; time.Sleep(10 * time.Millisecond) {
			if status, text := page(t, s.metrics+"/readyz"); status == 503 && strings.Contains(text, "stopping") {
				break
			}
			if time.Now().After(end) {
				t.Fatal("a server that stops says that it is ready")
			}
		}
		if conn, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://")); err == nil {
			conn.Close()
			t.Error("a server that stops accepts a connection")
		}
		res, err := finish()
		if err != nil {
			t.Fatalf("the request under way was cut off: %v", err)
		}
		defer res.Body.Close()
		if text, err := io.ReadAll(res.Body); err != nil || res.StatusCode != 401 {
			t.Errorf("status %d %s, %v", res.StatusCode, text, err)
		}
		if code := s.end(); code != 0 {
			t.Errorf("exit code %d", code)
		}
	})
}

func TestStoppingDoesNotTakeForEver(t *testing.T) {
	t.Parallel()
	p := newPlace(t, db.Embedded)
	s := p.serve(t, "--shutdown-timeout=300ms")
	s.slowRequest()
	s.signal(syscall.SIGTERM)
	if code := s.end(); code != 1 || !strings.Contains(s.log.String(), "cut short") {
		t.Errorf("exit code %d: %s", code, s.log.String())
	}
	s = p.serve(t)
	s.slowRequest()
	s.signal(syscall.SIGINT)
	time.Sleep(300 * time.Millisecond)
	began := time.Now()
	s.signal(syscall.SIGINT)
	if code := s.end(); code != -1 || time.Since(began) > 5*time.Second {
		t.Errorf("the second signal: exit code %d after %v", code, time.Since(began))
	}
	p.serve(t).stop()
	p.on(t, "verify").ok(t)
}

func TestKilledServerLosesNothingThatWasAnswered(t *testing.T) {
	each(t, func(t *testing.T, p place) {
		s := p.serve(t, "--account-rate=0", "--address-rate=0")
		variant := p.goods(t, s, 1_000_000)
		b := p.buyer(t, s)
		l := s.load(b, variant, 6)
		l.until(10) // of the 20 that one account may leave unpaid
		s.kill()
		answered := l.stop()
		s = p.serve(t, "--account-rate=0", "--address-rate=0")
		for _, id := range answered {
			s.must(200, "GET", "/v1/orders/"+id, b.token, nil)
		}
		p.on(t, "verify").ok(t)
		s.stop()
		p.on(t, "verify").ok(t)
	})
}
