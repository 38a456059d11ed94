package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/db/dbtest"
)

// These tests run the program as its users do: the built binary, its exit codes, its files, its addresses.

var binary string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		folder, err := os.MkdirTemp("", "haat-program-")
		if err != nil {
			panic(err)
		}
		defer os.RemoveAll(folder)
		binary = filepath.Join(folder, "haat")
		if out, err := exec.Command("go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
			fmt.Fprintf(os.Stderr, "build: %v\n%s", err, out)
			return 1
		}
		return m.Run()
	}())
}

const deadline = 30 * time.Second

// place is where a market of a test is: its folder, and PostgreSQL's URL where it is there.
type place struct {
	data  string
	flags []string
}

// each runs f for each engine, on a place of its own.
func each(t *testing.T, f func(t *testing.T, p place)) {
	t.Helper()
	for _, engine := range dbtest.Engines(t) {
		t.Run(string(engine), func(t *testing.T) {
			t.Parallel()
			f(t, newPlace(t, engine))
		})
	}
}

func newPlace(t *testing.T, engine db.Engine) place {
	t.Helper()
	p := place{data: filepath.Join(t.TempDir(), "data")}
	p.flags = []string{"--data", p.data}
	if engine == db.Postgres {
		p.flags = append(p.flags, "--database", dbtest.EmptyPostgres(t))
	}
	return p
}

// environment is without what this machine's operator may have set.
func environment() (env []string) {
	for _, kv := range os.Environ() {
		if !strings.HasPrefix(kv, "HAAT_") {
			env = append(env, kv)
		}
	}
	return env
}

type result struct {
	out, err string
	code     int
}

// haat runs a command to its end.
func haat(t *testing.T, args ...string) result {
	t.Helper()
	return haatWith(t, "", args...)
}

func haatWith(t *testing.T, in string, args ...string) result {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), binary, args...)
	var out, log bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr, cmd.Env, cmd.Dir = strings.NewReader(in), &out, &log, environment(), t.TempDir()
	err := cmd.Run()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		t.Fatalf("haat %s: %v", strings.Join(args, " "), err)
	}
	return result{out.String(), log.String(), cmd.ProcessState.ExitCode()}
}

// on runs a command on a place.
func (p place) on(t *testing.T, args ...string) result {
	t.Helper()
	return haat(t, append(args, p.flags...)...)
}

// ok fails the test unless the command ended well.
func (r result) ok(t *testing.T) result {
	t.Helper()
	if r.code != 0 {
		t.Fatalf("exit code %d\n%s%s", r.code, r.out, r.err)
	}
	return r
}

// refused fails the test unless the command ended with one line that holds all of want.
func (r result) refused(t *testing.T, code int, want ...string) {
	t.Helper()
	lines := strings.Split(strings.TrimSpace(r.err), "\n")
	last := lines[len(lines)-1]
	if code == usage {
		last = lines[0]
	}
	if r.code != code || !strings.HasPrefix(last, "haat: ") {
		t.Errorf("exit code %d, want %d\n%s", r.code, code, r.err)
	}
	for _, w := range want {
		if !strings.Contains(last, w) {
			t.Errorf("%q does not say %q", last, w)
		}
	}
}

// buffer may be read while a process writes it.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// server is a market that is open.
type server struct {
	t        *testing.T
	cmd      *exec.Cmd
	out, log buffer
	url      string
	metrics  string
	setup    string // the token of the link, "" when none was printed
	ended    chan struct{}
}

var (
	openAt    = regexp.MustCompile(`Haat is open at (http://\S+)`)
	metricsAt = regexp.MustCompile(`metrics (http://\S+)/metrics`)
	setupAt   = regexp.MustCompile(`/setup\?token=(\S+)`)
)

// serve opens a market on addresses that the system chooses.
func (p place) serve(t *testing.T, args ...string) *server {
	t.Helper()
	s := start(t, t.TempDir(), append(append([]string{"serve", "--addr=127.0.0.1:0", "--metrics-addr=127.0.0.1:0"}, p.flags...), args...)...)
	s.wait()
	return s
}

func start(t *testing.T, dir string, args ...string) *server {
	t.Helper()
	s := &server{t: t, cmd: exec.Command(binary, args...), ended: make(chan struct{})}
	s.cmd.Stdout, s.cmd.Stderr, s.cmd.Env, s.cmd.Dir = &s.out, &s.log, environment(), dir
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		_ = s.cmd.Wait() // the exit code says how it ended
		close(s.ended)
	}()
	t.Cleanup(func() {
		s.kill()
		if t.Failed() {
			log := s.log.String()
			t.Logf("%s\n%s", s.out.String(), log[max(0, len(log)-2000):])
		}
	})
	return s
}

// wait returns when the market is open.
func (s *server) wait() {
	s.t.Helper()
	for end := time.Now().Add(deadline); ; time.Sleep(5 * time.Millisecond) {
		if m := openAt.FindStringSubmatch(s.out.String()); m != nil && strings.HasSuffix(s.out.String(), "\n") {
			s.url = m[1]
			break
		}
		select {
		case <-s.ended:
			s.t.Fatalf("the server did not open: %s", s.log.String())
		default:
		}
		if time.Now().After(end) {
			s.t.Fatalf("the server is not open yet: %s", s.log.String())
		}
	}
	if m := metricsAt.FindStringSubmatch(s.out.String()); m != nil {
		s.metrics = m[1]
	}
	if m := setupAt.FindStringSubmatch(s.out.String()); m != nil {
		s.setup = m[1]
	}
}

func (s *server) signal(sig os.Signal) {
	s.t.Helper()
	if err := s.cmd.Process.Signal(sig); err != nil {
		s.t.Fatal(err)
	}
}

// end waits for the process and gives its exit code, −1 when a signal ended it.
func (s *server) end() int {
	s.t.Helper()
	select {
	case <-s.ended:
	case <-time.After(deadline):
		s.t.Fatalf("the server does not end: %s", s.log.String())
	}
	return s.cmd.ProcessState.ExitCode()
}

// stop ends the market as an operator does, and fails the test when that is not clean.
func (s *server) stop() {
	s.t.Helper()
	s.signal(syscall.SIGTERM)
	if code := s.end(); code != 0 {
		s.t.Fatalf("exit code %d: %s", code, s.log.String())
	}
}

// kill ends the process without a word.
func (s *server) kill() {
	_ = s.cmd.Process.Kill() // it may have ended
	<-s.ended
}

// m is a JSON object.
type m = map[string]any

// call asks the market. A body of nil is none.
func (s *server) call(method, path, token string, body any) (int, m, error) {
	var in io.Reader
	if body != nil {
		raw, err := json.Marshal(body)
		if err != nil {
			return 0, nil, err
		}
		in = bytes.NewReader(raw)
	}
	req, err := http.NewRequest(method, s.url+path, in)
	if err != nil {
		return 0, nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		return 0, nil, err
	}
	var out m
	if len(raw) > 0 && strings.Contains(res.Header.Get("Content-Type"), "json") {
		err = json.Unmarshal(raw, &out)
	}
	return res.StatusCode, out, err
}

// must is call that fails the test unless the status is this one.
func (s *server) must(want int, method, path, token string, body any) m {
	s.t.Helper()
	status, out, err := s.call(method, path, token, body)
	if err != nil || status != want {
		s.t.Fatalf("%s %s: status %d, want %d: %v, %v", method, path, status, want, out, err)
	}
	return out
}

// page gives the text at an address, and its status.
func page(t *testing.T, url string) (int, string) {
	t.Helper()
	res, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(raw)
}
