package search

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/search/searchdb"
)

// Bounds of suggestions and corrections.
const (
	maxPool     = 400 // words that are looked at for one list
	minMended   = 4   // letters of a word in which a mistake is looked for
	maxMended   = 24
	twoMistakes = 8 // letters of a word that may have two
)

// Suggestion is what somebody who has typed the beginning may mean.
type Suggestion struct {
	Text      string // the query with its last word completed
	Documents int64  // in how many titles that word stands
	mistakes  int
}

// Suggest completes the last word of a query, the words of the most titles first. Where nothing begins like it, words
// that begin nearly like it are taken.
func Suggest(ctx context.Context, tx db.Tx, query string, most int) ([]Suggestion, error) {
	words := Cut(query)
	if len(words) == 0 || len(words) > MaxTerms {
		return nil, nil
	}
	q := searchdb.New(tx)
	last, rest := words[len(words)-1], strings.Join(words[:len(words)-1], " ")
	found, err := complete(ctx, q, last)
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		if found, err = completeMistaken(ctx, q, last); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(found, func(a, b Suggestion) int {
		return cmp.Or(cmp.Compare(a.mistakes, b.mistakes), cmp.Compare(b.Documents, a.Documents), cmp.Compare(a.Text, b.Text))
	})
	found = found[:min(len(found), most)]
	if rest == "" {
		return found, nil
	}
	out := found[:0]
	for _, s := range found { // only what is found together with the words before it
		s.Text = rest + " " + s.Text
		r, err := Find(ctx, tx, s.Text)
		if err != nil {
			return nil, err
		}
		if len(r.Hits) > 0 && !r.Corrected {
			s.Documents = int64(len(r.Hits))
			out = append(out, s)
		}
	}
	return out, nil
}

// complete gives the words that begin with a prefix. With one or two letters only those of the most titles.
func complete(ctx context.Context, q *searchdb.Queries, prefix string) (out []Suggestion, err error) {
	switch utf8.RuneCountInString(prefix) {
	case 1:
		return ofHead1(ctx, q, prefix)
	case 2:
		return ofHead2(ctx, q, prefix)
	}
	rows, err := q.TitleWordsFrom(ctx, prefix, wordEnd(prefix), maxPool)
	if err != nil {
		return nil, fmt.Errorf("words: %w", err)
	}
	for _, r := range rows {
		out = append(out, Suggestion{Text: r.Word, Documents: r.Titles})
	}
	return out, nil
}

func ofHead1(ctx context.Context, q *searchdb.Queries, head string) (out []Suggestion, err error) {
	rows, err := q.TitleWordsOfHead1(ctx, head, maxPool)
	if err != nil {
		return nil, fmt.Errorf("words: %w", err)
	}
	for _, r := range rows {
		out = append(out, Suggestion{Text: r.Word, Documents: r.Titles})
	}
	return out, nil
}

func ofHead2(ctx context.Context, q *searchdb.Queries, head string) (out []Suggestion, err error) {
	rows, err := q.TitleWordsOfHead2(ctx, head, maxPool)
	if err != nil {
		return nil, fmt.Errorf("words: %w", err)
	}
	for _, r := range rows {
		out = append(out, Suggestion{Text: r.Word, Documents: r.Titles})
	}
	return out, nil
}

// completeMistaken gives words that begin like a prefix but for a mistake: those with its first letter, those whose
// first two letters it has the wrong way round, and whole words with a mistake anywhere.
func completeMistaken(ctx context.Context, q *searchdb.Queries, prefix string) (out []Suggestion, err error) {
	runes := []rune(prefix)
	if len(runes) < minMended || len(runes) > maxMended {
		return nil, nil
	}
	pool, err := ofHead1(ctx, q, string(runes[:1]))
	if err != nil {
		return nil, err
	}
	for _, head := range []string{string(runes[:2]), string([]rune{runes[1], runes[0]}), string(runes[1:3])} {
		more, err := ofHead2(ctx, q, head)
		if err != nil {
			return nil, err
		}
		pool = append(pool, more...)
	}
	whole, err := like(ctx, q, prefix)
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	for _, s := range append(pool, whole...) {
		s.mistakes = beginning(runes, []rune(s.Text))
		if s.mistakes <= allowed(len(runes)) && !seen[s.Text] {
			seen[s.Text] = true
			out = append(out, s)
		}
	}
	return out, nil
}

// allowed is how many mistakes a word of so many letters may have.
func allowed(letters int) int {
	switch {
	case letters < minMended:
		return 0
	case letters < twoMistakes:
		return 1
	}
	return 2
}

// nearest is the word that was probably meant, "" where none is like it.
func nearest(ctx context.Context, q *searchdb.Queries, word string) (string, error) {
	pool, err := like(ctx, q, word)
	if err != nil || len(pool) == 0 {
		return "", err
	}
	best := slices.MinFunc(pool, func(a, b Suggestion) int {
		return cmp.Or(cmp.Compare(a.mistakes, b.mistakes), cmp.Compare(b.Documents, a.Documents), cmp.Compare(a.Text, b.Text))
	})
	return best.Text, nil
}

// like gives the words that differ from one by few mistakes.
func like(ctx context.Context, q *searchdb.Queries, word string) (out []Suggestion, err error) {
	runes := []rune(word)
	if len(runes) < minMended || len(runes) > maxMended || slices.ContainsFunc(runes, unicode.IsDigit) {
		return nil, nil
	}
	rows, err := q.TitleWordsLike(ctx, rests(word), maxPool)
	if err != nil {
		return nil, fmt.Errorf("words: %w", err)
	}
	for _, r := range rows {
		s := Suggestion{Text: r.Word, Documents: r.Titles, mistakes: distance(runes, []rune(r.Word))}
		if s.mistakes <= allowed(len(runes)) {
			out = append(out, s)
		}
	}
	return out, nil
}

// rests are a word and what is left of it without one of its letters.
func rests(word string) []string {
	runes := []rune(word)
	if len(runes) < minMended-1 || len(runes) > maxMended+1 {
		return nil
	}
	out := []string{word}
	for i := range runes {
		if rest := string(slices.Delete(slices.Clone(runes), i, i+1)); !slices.Contains(out, rest) {
			out = append(out, rest)
		}
	}
	return out
}

// distance is how many letters must be put in, left out, changed, or swapped with their neighbour to make one of the
// other.
func distance(a, b []rune) int {
	d := table(a, b)
	return d[len(a)][len(b)]
}

// beginning is the distance of a to the beginning of b that it is nearest to.
func beginning(a, b []rune) int {
	b = b[:min(len(b), len(a)+2)]
	return slices.Min(table(a, b)[len(a)])
}

func table(a, b []rune) [][]int {
	d := make([][]int, len(a)+1)
	for i := range d {
		d[i] = make([]int, len(b)+1)
		d[i][0] = i
	}
	for j := range d[0] {
		d[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			d[i][j] = min(d[i-1][j]+1, d[i][j-1]+1, d[i-1][j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				d[i][j] = min(d[i][j], d[i-2][j-2]+1)
			}
		}
	}
	return d
}
