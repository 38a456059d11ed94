package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/haat-market/haat/internal/platform/config"
)

// server is a market in a process of its own, of this same program.
type server struct {
	at      place
	process process
	metrics string        // host:port
	started time.Duration // from the start of the process to the first readiness

	cmd    *exec.Cmd
	output *tail
	ended  chan error
}

// startTime bounds how long a server may take to be ready.
const startTime = 60 * time.Second

// start starts a market on loopback without rates and waits until it is ready.
func start(ctx context.Context, program []string, at config.Place) (_ *server, err error) {
	addr, err := freeAddr()
	if err != nil {
		return nil, err
	}
	metrics, err := freeAddr()
	if err != nil {
		return nil, err
	}
	s := &server{output: &tail{}, ended: make(chan error, 1), metrics: metrics}
	if s.at, err = placeOf("http://" + addr); err != nil {
		return nil, err
	}
	args := append(program[1:len(program):len(program)], "serve", "--data", at.Data, "--addr", addr, "--metrics-addr", metrics,
		"--account-rate", "0", "--guest-rate", "0", "--address-rate", "0", "--log-level", "warn")
	s.cmd = exec.Command(program[0], args...)
	s.cmd.Env = environment(at)
	s.cmd.Stdout, s.cmd.Stderr = s.output, s.output
	began := time.Now()
	if err := s.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start the server: %w", err)
	}
	s.process = process(s.cmd.Process.Pid)
	go func() { s.ended <- s.cmd.Wait() }()
	if err := s.ready(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("the server did not become ready: %w; it said:\n%s", err, s.output), s.stop())
	}
	s.started = time.Since(began)
	return s, nil
}

// environment is this process's, without what it says to haat, and with the database.
func environment(at config.Place) []string {
	var out []string
	for _, e := range os.Environ() {
		if !strings.HasPrefix(e, "HAAT_") || strings.HasPrefix(e, "HAAT_BENCH_TEST_") {
			out = append(out, e)
		}
	}
	if at.Database.Set() {
		out = append(out, "HAAT_DATABASE="+at.Database.Reveal())
	}
	return out
}

// freeAddr is an address that was free a moment ago.
func freeAddr() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

func (s *server) ready(ctx context.Context) error {
	for end := time.Now().Add(startTime); ; {
		err := isReady(ctx, s.at)
		if err == nil {
			return nil
		}
		if time.Now().After(end) {
			return err
		}
		select {
		case err := <-s.ended:
			s.ended <- err
			return fmt.Errorf("it ended: %w", err)
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(2 * time.Millisecond):
		}
	}
}

func isReady(ctx context.Context, at place) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	return caller{at: at}.once(ctx, http.MethodGet, "/readyz", nil, nil)
}

// stop asks the server to stop, and makes it.
func (s *server) stop() error {
	if runtime.GOOS == "windows" {
		return s.kill()
	}
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return errors.Join(err, s.kill())
	}
	select {
	case err := <-s.ended:
		s.ended <- err
		if err != nil {
			return fmt.Errorf("the server ended badly: %w; it said:\n%s", err, s.output)
		}
		return nil
	case <-time.After(30 * time.Second):
		return errors.Join(errors.New("the server did not stop"), s.kill())
	}
}

func (s *server) kill() error {
	if err := s.cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	err := <-s.ended
	s.ended <- err
	return nil // that it was killed is known
}

// profile takes the server's CPU profile for a while and writes it to a file.
func (s *server) profile(ctx context.Context, length time.Duration, file string) error {
	at, err := placeOf("http://" + s.metrics)
	if err != nil {
		return err
	}
	c := at.open()
	c.patience = length + 30*time.Second
	c.request(http.MethodGet, fmt.Sprintf("/debug/pprof/profile?seconds=%d", max(1, int(length.Seconds()))), "")
	status, err := c.finish(ctx, nil)
	if err == nil && status != http.StatusOK {
		err = fmt.Errorf("profile: %s", c.problem(status, nil))
	}
	if err == nil {
		err = os.WriteFile(file, c.body, 0o600)
	}
	return errors.Join(err, c.close())
}

// tail keeps the last of what a process says.
type tail struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

// Write implements io.Writer.
func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.buf.Len() > 64<<10 {
		t.buf.Next(32 << 10)
	}
	return t.buf.Write(b)
}

// String is what it said last.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.buf.String()
}

// copyFolder copies a closed market's folder, so that each measurement begins with the same.
func copyFolder(from, to string) error {
	if err := os.MkdirAll(to, 0o700); err != nil {
		return err
	}
	for _, name := range []string{"haat.db", "secret.key"} {
		raw, err := os.ReadFile(filepath.Join(from, name))
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(to, name), raw, 0o600); err != nil {
			return err
		}
	}
	return nil
}
