package fault_test

import (
	"errors"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/haat-market/haat/internal/platform/fault"
)

var errShort = fault.New(fault.Conflict, "insufficient_stock", "There is not enough in stock.")

func TestIsComparesCodes(t *testing.T) {
	other := fault.New(fault.Conflict, "already_shipped", "The order has left.")
	same := fault.New(fault.NotFound, "insufficient_stock", "Another sentence.")
	tests := map[string]struct {
		err, target error
		want        bool
	}{
		"itself":            {errShort, errShort, true},
		"copy":              {errShort.With("available", 1), errShort, true},
		"wrapped":           {fmt.Errorf("checkout: %w", errShort.Sayf("no")), errShort, true},
		"same code":         {same, errShort, true},
		"another code":      {other, errShort, false},
		"another type":      {io.EOF, errShort, false},
		"target no fault":   {errShort, io.EOF, false},
		"cause is the same": {other.Because(errShort), errShort, true},
		"nil fault":         {errShort, (*fault.Error)(nil), false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got := errors.Is(test.err, test.target); got != test.want {
				t.Errorf("errors.Is = %v, want %v", got, test.want)
			}
		})
	}
}

func TestMethodsCopy(t *testing.T) {
	base := errShort.With("a", 1).Field("x", "required", "Needed.")
	one := base.With("b", 2).Field("y", "required", "Needed.")
	two := base.With("b", 3).Field("z", "too_long", "Too long.").Retry(time.Second).Sayf("%d left", 4).Because(io.EOF)

	if len(base.Details) != 1 || len(base.Fields) != 1 || base.RetryAfter != 0 || base.Unwrap() != nil {
		t.Errorf("base was changed: %+v", base)
	}
	if errShort.Details != nil || errShort.Fields != nil || errShort.Message != "There is not enough in stock." {
		t.Errorf("the declaration was changed: %+v", errShort)
	}
	if one.Details["b"] != 2 || one.Fields[1].Path != "y" {
		t.Errorf("first copy sees the second: %+v", one)
	}
	if two.Details["b"] != 3 || two.Fields[1].Path != "z" || two.Message != "4 left" || two.RetryAfter != time.Second {
		t.Errorf("second copy: %+v", two)
	}
	if !errors.Is(two, io.EOF) || errors.Is(one, io.EOF) {
		t.Error("the cause belongs to one copy only")
	}
	if got := two.Because(nil).Unwrap(); got != io.EOF {
		t.Errorf("Because(nil) dropped the cause: %v", got)
	}
}

func TestErrorTextAndLookup(t *testing.T) {
	err := fmt.Errorf("outer: %w", errShort.Because(io.EOF))
	if got, want := err.Error(), "outer: insufficient_stock: There is not enough in stock.: EOF"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	f, ok := fault.As(err)
	if !ok || f.Code != "insufficient_stock" || fault.Code(err) != "insufficient_stock" {
		t.Errorf("As = %v, %v", f, ok)
	}
	if _, ok := fault.As(io.EOF); ok || fault.Code(nil) != "" {
		t.Error("found a fault where there is none")
	}
	if _, ok := fault.As((*fault.Error)(nil)); ok {
		t.Error("a nil fault is none")
	}
}

func TestKindNames(t *testing.T) {
	var forgotten fault.Error
	if forgotten.Kind != fault.Internal {
		t.Error("a forgotten kind must be internal")
	}
	seen := map[string]bool{}
	for k := fault.Internal; k <= fault.Unavailable; k++ {
		if k.String() == "" || seen[k.String()] {
			t.Errorf("kind %d has the name %q", k, k)
		}
		seen[k.String()] = true
	}
	if got := fault.Kind(200).String(); got != "kind(200)" {
		t.Errorf("got %q", got)
	}
}
