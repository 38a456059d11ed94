package catalog

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/haat-market/haat/internal/platform/db"
)

// fileOf is a file of so many products, of which every third has no price that can be read.
func fileOf(products int) string {
	var b strings.Builder
	b.WriteString("Handle,Title,Variant SKU,Variant Price\n")
	for i := range products {
		price := "12.50"
		if i%3 == 2 {
			price = "much"
		}
		fmt.Fprintf(&b, "tea-%d,Tea %d,T-%d,%s\n", i, i, i, price)
	}
	return b.String()
}

func said(ctx context.Context, r io.Reader, skip int64) (out []string, last error) {
	for row := range (&Service{}).rows(ctx, &counted{r: r}, "NPR", skip) {
		switch {
		case row.err == nil:
			out = append(out, row.draft.handle)
		case isRow(row.err):
			out = append(out, "wrong")
		}
		last = row.err
	}
	return out, last
}

// TestRowsGoOn: whoever goes on after what is done gets the rest, as it would have come the first time.
func TestRowsGoOn(t *testing.T) {
	const products = 3 * readAhead
	whole, err := said(t.Context(), strings.NewReader(fileOf(products)), 0)
	if err != nil && !isRow(err) || len(whole) < products {
		t.Fatalf("%d things said of %d products, at last %v", len(whole), products, err)
	}
	for _, done := range []int{1, 2, 3, readAhead, len(whole) - 1, len(whole)} {
		rest, err := said(t.Context(), strings.NewReader(fileOf(products)), int64(done))
		if err != nil && !isRow(err) {
			t.Errorf("after %d: %v", done, err)
		}
		if got, want := strings.Join(rest, " "), strings.Join(whole[done:], " "); got != want {
			t.Errorf("after %d came %s, not %s", done, got, want)
		}
	}
}

// TestRowsCutShort: a file that was not read to its end never looks as if it had been.
func TestRowsCutShort(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	n := 0
	var last error
	for row := range (&Service{}).rows(ctx, &counted{r: strings.NewReader(fileOf(10 * readAhead))}, "NPR", 0) {
		if n++; n == 5 {
			cancel()
		}
		last = row.err
	}
	if !errors.Is(last, errCutShort) || !errors.Is(last, context.Canceled) {
		t.Errorf("after %d rows the reading ended with %v", n, last)
	}
	if n >= 10*readAhead {
		t.Errorf("%d rows were read after the end", n)
	}
}

type explosive struct{}

func (explosive) Read([]byte) (int, error) { panic("boom") }

// TestRowsPanic: a panic while reading ends the import that reads, not the process.
func TestRowsPanic(t *testing.T) {
	defer func() {
		if p, ok := recover().(*db.Panic); !ok || p.Value != "boom" || !strings.Contains(string(p.Stack), "explosive") {
			t.Errorf("the worker met %v", p)
		}
	}()
	_, err := said(t.Context(), explosive{}, 0)
	t.Errorf("nothing happened but %v", err)
}
