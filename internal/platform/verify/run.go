package verify

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/haat-market/haat/internal/platform/db"
)

// MaxExamples is how many things a finding names; it counts all of them.
const MaxExamples = 20

const maxExampleRunes = 500

// Finding is a rule that does not hold.
type Finding struct {
	Rule  string
	About string
	Count int64 // how many things the rule reported
	// Examples are the first of them in the order of their text, so that the
	// same data names the same ones.
	Examples []string
}

// String is the finding in lines: the rule, then each example.
func (f Finding) String() string {
	var s strings.Builder
	s.WriteString(f.Rule)
	if f.About != "" {
		fmt.Fprintf(&s, " (%s)", f.About)
	}
	fmt.Fprintf(&s, ": %d", f.Count)
	for _, e := range f.Examples {
		s.WriteString("\n  ")
		s.WriteString(e)
	}
	if more := f.Count - int64(len(f.Examples)); more > 0 {
		fmt.Fprintf(&s, "\n  and %d more", more)
	}
	return s.String()
}

// Progress is told before each rule: how many are done, of how many, and which
// is next.
type Progress func(done, total int, next Rule)

// Run runs rules one after another in the order of their names and returns
// those that do not hold. tx should be one long read, so that all of them see
// the same moment. A rule that cannot look is part of the error; what the
// others found is returned with it. progress may be nil.
func Run(ctx context.Context, tx db.Tx, rules []Rule, progress Progress) ([]Finding, error) {
	rules = slices.Clone(rules)
	slices.SortFunc(rules, func(a, b Rule) int { return cmp.Compare(a.Name, b.Name) })
	for i, r := range rules {
		if r.Name == "" || r.Check == nil {
			return nil, fmt.Errorf("verify: rule %q has no name or no check", r.Name)
		}
		if i > 0 && rules[i-1].Name == r.Name {
			return nil, fmt.Errorf("verify: there are two rules %q", r.Name)
		}
	}
	var found []Finding
	var failed []error
	for i, r := range rules {
		if err := ctx.Err(); err != nil {
			return found, errors.Join(append(failed, fmt.Errorf("verify: stopped before %s: %w", r.Name, err))...)
		}
		if progress != nil {
			progress(i, len(rules), r)
		}
		c := collector{finding: Finding{Rule: r.Name, About: r.About}}
		// In a savepoint: PostgreSQL refuses everything after a statement that
		// failed outside of one.
		err := tx.Try(ctx, func(ctx context.Context) error { return guard(ctx, tx, r, c.report) })
		if err != nil {
			failed = append(failed, fmt.Errorf("verify: %s could not be checked: %w", r.Name, err))
		}
		if c.finding.Count > 0 {
			found = append(found, c.finding)
		}
	}
	return found, errors.Join(failed...)
}

// guard turns a panic into an error: rules meet data that is not as it should
// be, and the others are still to be asked.
func guard(ctx context.Context, tx db.Tx, r Rule, report func(string, ...any)) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("it panicked: %v\n%s", p, debug.Stack())
		}
	}()
	return r.Check(ctx, tx, report)
}

// collector keeps the first examples by text, whatever order they come in.
type collector struct{ finding Finding }

func (c *collector) report(format string, args ...any) {
	f := &c.finding
	f.Count++
	text := clip(fmt.Sprintf(format, args...))
	if len(f.Examples) == MaxExamples && text >= f.Examples[MaxExamples-1] {
		return
	}
	at, _ := slices.BinarySearch(f.Examples, text)
	f.Examples = slices.Insert(f.Examples, at, text)
	f.Examples = f.Examples[:min(len(f.Examples), MaxExamples)]
}

// clip keeps an example to one line of bearable length.
func clip(s string) string {
	s = strings.Join(strings.Fields(strings.ToValidUTF8(s, "�")), " ")
	if utf8.RuneCountInString(s) <= maxExampleRunes {
		return s
	}
	return string([]rune(s)[:maxExampleRunes]) + "…"
}
