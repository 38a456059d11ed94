package docs_test

import (
	"context"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

var bashBlock = regexp.MustCompile("(?s)```bash\n(.*?)```")

// The tour of the README works as it is printed: its blocks are run one after another, in the repository, as somebody
// would paste them.
func TestTour(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	blocks := bashBlock.FindAllStringSubmatch(string(text), -1)
	if len(blocks) < 5 {
		t.Fatalf("the tour has %d blocks", len(blocks))
	}
	// What the reader's shell would not do: stop at the first failure, and leave no server behind.
	script := "set -euo pipefail\ntrap 'kill \"${SERVER:-}\" 2>/dev/null || true' EXIT\n"
	for _, b := range blocks {
		script += b[1] + "\n"
	}
	for _, tool := range []string{"bash", "curl", "sed", "grep", "tr", "cut"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Errorf("the tour needs %s: %v", tool, err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute) // most of it, should it be used, is the compiler's
	defer cancel()
	cmd := exec.CommandContext(ctx, "bash", "-c", script)
	cmd.Dir = root
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "HAAT_") {
			cmd.Env = append(cmd.Env, v)
		}
	}
	cmd.Env = append(cmd.Env, "TMPDIR="+t.TempDir(), "HAAT_ADDR="+freeAddr(t), "HAAT_METRICS_ADDR=", "NO_PROXY=*", "no_proxy=*")
	cmd.WaitDelay = 10 * time.Second
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, want := range []string{"to pay: NPR 950.00", `"type":"order.completed"`, "earned: NPR 923.00", "Ram earned NPR 45.00 and has NPR 500.00 in cash", "paid at the door: NPR 135.00", "rated: 5.0 of 5", "rules hold."} {
		if !strings.Contains(string(out), want) {
			t.Errorf("the tour does not say %q:\n%s", want, out)
		}
	}
}

// freeAddr is an address that nobody listened at a moment ago.
func freeAddr(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	return l.Addr().String()
}
