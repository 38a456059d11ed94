package identity

import (
	"context"
	"slices"
	"strings"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"github.com/haat-market/haat/internal/identity/identitydb"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/job"
)

const (
	maxWord       = 64 // characters of a word that are kept, and of what is looked for
	maxNameWords  = 6
	shortestQuery = 2
)

// wordKey folds what is looked for and what is found, so that one begins with the other.
func wordKey(s string) string {
	s = norm.NFKC.String(cases.Fold().String(norm.NFKC.String(s)))
	runes := []rune(strings.Join(strings.Fields(s), " "))
	return string(runes[:min(len(runes), maxWord)])
}

// words are what an account is found by: each begins somewhere where people begin to type. The name stands there from
// each of its words on, so that "kumari rai" is found in Asha Kumari Rai; the code without its prefix too; the
// telephone number with its country's code and without.
func (a Account) words() []string {
	out := []string{wordKey(a.Email), wordKey(a.Code)}
	if i := strings.LastIndexByte(a.Code, '-'); i >= 0 {
		out = append(out, a.Code[i+1:])
	}
	parts := strings.Fields(wordKey(a.Name))
	for i := range min(len(parts), maxNameWords) {
		out = append(out, strings.Join(parts[i:], " "))
	}
	if digits, ok := strings.CutPrefix(a.Phone, "+"); ok {
		out = append(out, digits)
		for _, calling := range callingCodes {
			if national, ok := strings.CutPrefix(digits, calling); ok && len(national) >= 6 {
				out = append(out, national)
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// index writes the words of an account. An erased one has none.
func index(ctx context.Context, tx db.Tx, a Account) error {
	q := identitydb.New(tx)
	if err := q.DeleteWords(ctx, a.ID); err != nil || a.ErasedAt != nil {
		return err
	}
	var rows []identitydb.InsertWordsParams
	for _, word := range a.words() {
		rows = append(rows, identitydb.InsertWordsParams{Word: word, AccountID: a.ID})
	}
	var first error
	q.InsertWords(ctx, rows).Exec(func(_ int, err error) {
		if err != nil && first == nil {
			first = err
		}
	})
	return first
}

// wordRange is where what begins with the query stands: from it up to, and without, the first that does not. A
// telephone number is looked for by its digits. ok is false where there is too little to look for.
func wordRange(query string) (from, to string, ok bool) {
	from = wordKey(query)
	if digits, international := strings.CutPrefix(from, "+"); international {
		from = strings.NewReplacer(" ", "", "-", "").Replace(digits)
	}
	if len([]rune(from)) < shortestQuery {
		return "", "", false
	}
	return from, from + "\U0010ffff", true
}

// sweepWords indexes accounts that were made before there was an index.
func (s *Service) sweepWords(ctx context.Context, lease job.Lease) (done int, err error) {
	err = s.db.Write(ctx, "identity.sweep_words", func(ctx context.Context, tx db.Tx) error {
		if err := lease.Check(ctx, tx); err != nil {
			return err
		}
		q := identitydb.New(tx)
		rows, err := q.UnindexedAccounts(ctx, sweepRows)
		if err != nil || len(rows) == 0 {
			done = 0
			return err
		}
		ids := make([]int64, len(rows))
		for i, row := range rows {
			ids[i] = row.ID
			if err := index(ctx, tx, accountOf(row, nil)); err != nil {
				return err
			}
		}
		done = len(rows)
		return q.MarkIndexed(ctx, ids)
	}, db.Bulk())
	return done, err
}
