package verify_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/db/dbtest"
	"github.com/haat-market/haat/internal/platform/verify"
)

var schema = db.Schema{
	Postgres: []db.Migration{{Number: 1, Name: "pots", SQL: `CREATE TABLE pots (id BIGINT CONSTRAINT pots_pkey PRIMARY KEY, kept BIGINT NOT NULL, sum BIGINT NOT NULL);`}},
	Embedded: []db.Migration{{Number: 1, Name: "pots", SQL: `CREATE TABLE pots (id INTEGER PRIMARY KEY, kept INTEGER NOT NULL, sum INTEGER NOT NULL) STRICT;`}},
}

const (
	unequal = "SELECT id, kept, sum FROM pots WHERE kept <> sum ORDER BY id"
	wrong   = "SELECT nothing FROM nowhere"
)

var _ = dbtest.SQL(unequal, wrong)

type report = func(format string, args ...any)

func run(t *testing.T, d *db.DB, rules []verify.Rule, progress verify.Progress) (found []verify.Finding, failed error) {
	t.Helper()
	err := d.Read(t.Context(), "verify", func(ctx context.Context, tx db.Tx) error {
		found, failed = verify.Run(ctx, tx, rules, progress)
		return nil
	}, db.Long())
	if err != nil {
		t.Fatal(err)
	}
	return found, failed
}

var pots = verify.Rule{Name: "pots.sums", About: "a pot holds what was put in", Check: func(ctx context.Context, tx db.Tx, report report) error {
	rows, err := tx.Query(ctx, unequal)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var id, kept, sum int64
		if err := rows.Scan(&id, &kept, &sum); err != nil {
			return err
		}
		report("pot %d keeps %d, not %d", id, kept, sum)
	}
	return rows.Err()
}}

var broken = verify.Rule{Name: "broken.sql", Check: func(ctx context.Context, tx db.Tx, report report) error {
	report("seen before it broke")
	rows, err := tx.Query(ctx, wrong)
	if err != nil {
		return err
	}
	defer rows.Close()
	rows.Next()
	return rows.Err()
}}

var panics = verify.Rule{Name: "late.panic", Check: func(context.Context, db.Tx, report) error {
	var none []int
	_ = none[len(none)]
	return nil
}}

func TestRulesOnBothEngines(t *testing.T) {
	dbtest.Each(t, schema, func(t *testing.T, d *db.DB) {
		dbtest.Exec(t, d, "INSERT INTO pots (id, kept, sum) VALUES (1, 5, 5), (2, 7, 8), (3, 0, 1)")
		found, err := run(t, d, []verify.Rule{pots}, nil)
		want := []verify.Finding{{Rule: "pots.sums", About: "a pot holds what was put in", Count: 2, Examples: []string{"pot 2 keeps 7, not 8", "pot 3 keeps 0, not 1"}}}
		if err != nil || !reflect.DeepEqual(found, want) {
			t.Fatalf("found %+v, %v", found, err)
		}
		if got := found[0].String(); got != "pots.sums (a pot holds what was put in): 2\n  pot 2 keeps 7, not 8\n  pot 3 keeps 0, not 1" {
			t.Errorf("%s", got)
		}
		// A rule that fails, in SQL or otherwise, does not keep the others from looking.
		found, err = run(t, d, []verify.Rule{pots, panics, broken}, nil)
		if err == nil || !strings.Contains(err.Error(), "broken.sql could not be checked") || !strings.Contains(err.Error(), "late.panic could not be checked") {
			t.Errorf("error %v", err)
		}
		if len(found) != 2 || found[0].Rule != "broken.sql" || found[1].Rule != "pots.sums" {
			t.Errorf("found %+v", found)
		}
		dbtest.Exec(t, d, "UPDATE pots SET kept = sum")
		if found, err := run(t, d, []verify.Rule{pots}, nil); len(found) != 0 || err != nil {
			t.Errorf("found %+v, %v where all holds", found, err)
		}
	})
}

func noise(name string, n int) verify.Rule {
	return verify.Rule{Name: name, Check: func(_ context.Context, _ db.Tx, report report) error {
		for _, i := range rand.Perm(n) {
			report("thing %05d\nis wrong", i)
		}
		return nil
	}}
}

func embedded(t *testing.T) *db.DB {
	t.Helper()
	return dbtest.Open(t, db.Embedded, db.Config{Schema: schema})
}

func TestAnswerIsBoundedAndStable(t *testing.T) {
	d := embedded(t)
	rules := []verify.Rule{noise("c", 10_000), noise("a", verify.MaxExamples), noise("b", 0)}
	var steps []string
	first, err := run(t, d, rules, func(done, total int, next verify.Rule) {
		steps = append(steps, fmt.Sprintf("%d/%d %s", done, total, next.Name))
	})
	if err != nil || len(first) != 2 || first[0].Rule != "a" || first[1].Rule != "c" {
		t.Fatalf("%+v, %v", first, err)
	}
	if got := strings.Join(steps, ", "); got != "0/3 a, 1/3 b, 2/3 c" {
		t.Errorf("progress %s", got)
	}
	c := first[1]
	if c.Count != 10_000 || len(c.Examples) != verify.MaxExamples || c.Examples[0] != "thing 00000 is wrong" || c.Examples[19] != "thing 00019 is wrong" {
		t.Errorf("%+v", c)
	}
	if !strings.HasSuffix(c.String(), "\n  and 9980 more") || strings.Contains(first[0].String(), "more") {
		t.Errorf("%s\n%s", c, first[0])
	}
	second, err := run(t, d, rules, nil)
	if err != nil || !reflect.DeepEqual(first, second) {
		t.Errorf("the second time %+v, %v", second, err)
	}
	if rules[0].Name != "c" {
		t.Error("the caller's rules were sorted")
	}
}

func TestLongExamplesAreClipped(t *testing.T) {
	found, err := run(t, embedded(t), []verify.Rule{{Name: "x", Check: func(_ context.Context, _ db.Tx, report report) error {
		report("%s \xff", strings.Repeat("क", 100_000))
		return nil
	}}}, nil)
	if err != nil || utf8.RuneCountInString(found[0].Examples[0]) != 501 {
		t.Errorf("%d characters, %v", utf8.RuneCountInString(found[0].Examples[0]), err)
	}
}

func TestRulesThatAreRefused(t *testing.T) {
	d := embedded(t)
	for name, rules := range map[string][]verify.Rule{
		"no name": {noise("", 1)}, "no check": {{Name: "x"}}, "twice": {noise("x", 1), noise("y", 1), noise("x", 1)},
	} {
		if found, err := run(t, d, rules, nil); err == nil || found != nil {
			t.Errorf("%s: %+v, %v", name, found, err)
		}
	}
	if found, err := run(t, d, nil, nil); found != nil || err != nil {
		t.Errorf("no rules: %+v, %v", found, err)
	}
}

func TestStopping(t *testing.T) {
	var found []verify.Finding
	var failed error
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	stop := verify.Rule{Name: "a.stop", Check: func(_ context.Context, _ db.Tx, report report) error {
		report("seen")
		cancel()
		return nil
	}}
	err := embedded(t).Read(ctx, "verify", func(ctx context.Context, tx db.Tx) error {
		found, failed = verify.Run(ctx, tx, []verify.Rule{stop, noise("b", 1)}, nil)
		return failed
	})
	if !errors.Is(err, context.Canceled) || !errors.Is(failed, context.Canceled) || len(found) != 1 || found[0].Rule != "a.stop" {
		t.Errorf("%+v, %v, %v", found, failed, err)
	}
}
