package proof_test

import (
	"bytes"
	"encoding/json"
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

	"github.com/haat-market/haat/internal/app"
	"github.com/haat-market/haat/internal/apptest"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/config"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/db/dbtest"
)

// ground is where a market is, whoever has it open.
type ground struct{ config.Place }

func newGround(t *testing.T, engine db.Engine) ground {
	t.Helper()
	g := ground{config.Place{Data: filepath.Join(t.TempDir(), "data")}}
	if engine == db.Postgres {
		g.Database = config.NewSecret(dbtest.EmptyPostgres(t))
	}
	return g
}

// db opens the database, when no server has it, until the end of the test.
func (g ground) db(t *testing.T) *db.DB {
	t.Helper()
	d, err := app.OpenDB(t.Context(), g.Place, dbtest.Quiet)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return d
}

// market builds a market on it in this process, by the time of day, with the key of the place: its sessions are those
// of the servers. ahead is by how much its clock is wrong.
func (g ground) market(t *testing.T, ahead time.Duration) *apptest.Market {
	t.Helper()
	key, _, err := g.SecretKey()
	if err != nil {
		t.Fatal(err)
	}
	return apptest.On(t, g.db(t), func(o *app.Options) {
		o.Key, o.Clock = key.For("identity"), nil
		if ahead > 0 {
			o.Clock = clock.NewFake(time.Now().Add(ahead))
		}
	})
}

// node is a server that is a process of its own.
type node struct {
	cmd          *exec.Cmd
	out, log     buffer
	url, metrics string
	ended        chan struct{}
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

const deadline = 30 * time.Second

var openAt, metricsAt = regexp.MustCompile(`Haat is open at (http://\S+)`), regexp.MustCompile(`metrics (http://\S+)/metrics`)

// serve opens the market as its operator does, on addresses that the system chooses.
func (g ground) serve(t *testing.T) *node {
	t.Helper()
	if err := built(); err != nil {
		t.Fatal(err)
	}
	args := []string{"serve", "--addr=127.0.0.1:0", "--metrics-addr=127.0.0.1:0", "--account-rate=0", "--address-rate=0", "--log-level=warn", "--data", g.Data}
	if g.Database.Set() {
		args = append(args, "--database", g.Database.Reveal())
	}
	if g.KeyFile != "" {
		args = append(args, "--secret-key-file", g.KeyFile)
	}
	n := &node{cmd: exec.Command(program, args...), ended: make(chan struct{})}
	n.cmd.Stdout, n.cmd.Stderr, n.cmd.Dir = &n.out, &n.log, t.TempDir()
	for _, kv := range os.Environ() {
		if !strings.HasPrefix(kv, "HAAT_") {
			n.cmd.Env = append(n.cmd.Env, kv)
		}
	}
	if err := n.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		_ = n.cmd.Wait() // the exit code says how it ended
		close(n.ended)
	}()
	t.Cleanup(func() {
		n.kill()
		if t.Failed() {
			t.Logf("the server's log: %s", n.log.String())
		}
	})
	end := time.After(deadline)
	for {
		if m := openAt.FindStringSubmatch(n.out.String()); m != nil && strings.HasSuffix(n.out.String(), "\n") {
			n.url, n.metrics = m[1], metricsAt.FindStringSubmatch(n.out.String())[1]
			return n
		}
		select {
		case <-n.ended:
			t.Fatalf("the server did not open: %s", n.log.String())
		case <-end:
			t.Fatalf("the server is not open yet: %s", n.log.String())
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// kill ends the process without a word.
func (n *node) kill() {
	_ = n.cmd.Process.Kill() // it may have ended
	<-n.ended
}

// stop ends the market as its operator does.
func (n *node) stop(t *testing.T) {
	t.Helper()
	if err := n.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	select {
	case <-n.ended:
	case <-time.After(deadline):
		t.Fatalf("the server does not end: %s", n.log.String())
	}
	if code := n.cmd.ProcessState.ExitCode(); code != 0 {
		t.Fatalf("exit code %d: %s", code, n.log.String())
	}
}

// request is one request to a node, whichever is there.
type request struct {
	method, path, token, key string
	body                     any // JSON, or a file
}

// file is a body that is sent as it is.
type file string

// answer is what came back.
type answer struct {
	status   int
	body     M
	replayed bool
}

func (a answer) text(name string) string { return text(a.body, name) }

// send sends it. An error means that nobody knows what became of it.
func (r request) send(c *http.Client, url string) (a answer, err error) {
	var in io.Reader
	csv, isFile := r.body.(file)
	switch {
	case isFile:
		in = strings.NewReader(string(csv))
	case r.body != nil:
		raw, err := json.Marshal(r.body)
		if err != nil {
			return a, err
		}
		in = bytes.NewReader(raw)
	}
	req, err := http.NewRequest(r.method, url+r.path, in)
	if err != nil {
		return a, err
	}
	req.Header.Set("Content-Type", "application/json")
	if isFile {
		req.Header.Set("Content-Type", "text/csv")
	}
	if r.token != "" {
		req.Header.Set("Authorization", "Bearer "+r.token)
	}
	if r.key != "" {
		req.Header.Set("Idempotency-Key", r.key)
	}
	res, err := c.Do(req)
	if err != nil {
		return a, err
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err == nil && len(raw) > 0 {
		err = json.Unmarshal(raw, &a.body)
	}
	a.status, a.replayed = res.StatusCode, res.Header.Get("Idempotency-Replayed") == "true"
	return a, err
}

// busy says that this is no answer: the same request is to be sent again.
func (a answer) busy() bool {
	return a.status == http.StatusServiceUnavailable || a.text("code") == "idempotency_in_progress"
}
