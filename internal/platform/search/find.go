package search

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"unicode/utf8"

	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/search/searchdb"
)

// Bounds of a search.
const (
	// MaxHits is how many documents a search finds at most: the newest that match.
	MaxHits = 2000
	// MaxTerms is how many words of a query are searched for; the rest is not looked at.
	MaxTerms = 8

	maxChunks = 300 // that one search reads
	maxForms  = 24  // longer words that are found by a word
	minPrefix = 3   // letters of a word that finds longer ones
	moreRunes = 2   // by which they may be longer
)

// Hit is a document that was found.
type Hit struct {
	ID    int64
	Score int
}

// Result is what a search found.
type Result struct {
	Hits      []Hit    // the best first; of equals, the newest
	Capped    bool     // there are more, and older, than were looked at
	Terms     []string // the words that were searched for
	Corrected bool     // some of them are not those of the query, which nothing holds
}

// Find searches for the documents that hold all words of a query, or longer words that begin with them by a letter or
// two. A word that nothing holds is taken for a typing mistake where one is known that is like it.
func Find(ctx context.Context, tx db.Tx, query string) (Result, error) {
	f := &finder{q: searchdb.New(tx)}
	var r Result
	for _, w := range Cut(query) {
		if !slices.Contains(r.Terms, w) && len(r.Terms) < MaxTerms {
			r.Terms = append(r.Terms, w)
		}
	}
	terms := make([]*term, len(r.Terms))
	for i, text := range r.Terms {
		t, err := f.term(ctx, text)
		if err != nil {
			return r, err
		}
		if len(t.words) == 0 {
			better, err := nearest(ctx, f.q, text)
			if err != nil || better == "" {
				return r, err
			}
			r.Terms[i], r.Corrected = better, true
			if t, err = f.term(ctx, better); err != nil {
				return r, err
			}
		}
		terms[i] = t
	}
	if len(terms) == 0 {
		return r, nil
	}
	var err error
	r.Hits, r.Capped, err = f.together(ctx, terms)
	return r, err
}

// finder is one search.
type finder struct {
	q      *searchdb.Queries
	chunks int
}

// spent says that the search has read all that it may.
func (f *finder) spent() bool { return f.chunks >= maxChunks }

// term is a word of the query with all words that are found by it.
type term struct {
	words []*reader
	docs  int64
}

func (f *finder) term(ctx context.Context, text string) (*term, error) {
	var rows []searchdb.WordsFromRow
	if utf8.RuneCountInString(text) < minPrefix {
		exact, err := f.q.WordsByText(ctx, []string{text})
		if err != nil {
			return nil, fmt.Errorf("words: %w", err)
		}
		for _, r := range exact {
			rows = append(rows, searchdb.WordsFromRow(r))
		}
	} else {
		var err error
		if rows, err = f.q.WordsFrom(ctx, text, wordEnd(text), maxForms); err != nil {
			return nil, fmt.Errorf("words: %w", err)
		}
	}
	t := &term{}
	longest := utf8.RuneCountInString(text) + moreRunes
	for _, r := range rows {
		if r.Documents > 0 && utf8.RuneCountInString(r.Word) <= longest {
			t.words = append(t.words, &reader{f: f, row: r, exact: r.Word == text})
			t.docs += r.Documents
		}
	}
	return t, nil
}

// together walks down the documents of the rarest word and asks the others for each.
func (f *finder) together(ctx context.Context, terms []*term) (hits []Hit, capped bool, err error) {
	slices.SortStableFunc(terms, func(a, b *term) int { return cmp.Compare(a.docs, b.docs) })
	hits = make([]Hit, 0, min(terms[0].docs, MaxHits+1))
	for doc := int64(1)<<62 - 1; doc > 0; {
		p, err := terms[0].at(ctx, doc)
		if err != nil {
			return nil, false, err
		}
		if p.doc == 0 {
			break
		}
		score, next := int(p.weight), p.doc
		for _, t := range terms[1:] {
			o, err := t.at(ctx, next)
			if err != nil {
				return nil, false, err
			}
			if o.doc != next { // the next document that may hold both
				next, score = o.doc, 0
				break
			}
			score += int(o.weight)
		}
		if score > 0 {
			if len(hits) == MaxHits {
				return ranked(hits), true, nil
			}
			hits = append(hits, Hit{next, score})
			next--
		}
		if doc = next; f.spent() {
			return ranked(hits), true, nil
		}
	}
	return ranked(hits), f.spent(), nil
}

func ranked(hits []Hit) []Hit {
	slices.SortFunc(hits, func(a, b Hit) int { return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(b.ID, a.ID)) })
	return hits
}

// at is the newest posting up to a document of any of the term's words, with the best weight; 0 is the end.
func (t *term) at(ctx context.Context, doc int64) (best posting, err error) {
	for _, w := range t.words {
		p, err := w.at(ctx, doc)
		if err != nil {
			return best, err
		}
		if p.weight &^= suggested; !w.exact {
			p.weight /= 2
		}
		if p.doc > best.doc || p.doc == best.doc && p.weight > best.weight {
			best = p
		}
	}
	return best, nil
}

// reader walks down the postings of one word.
type reader struct {
	f      *finder
	row    searchdb.WordsFromRow
	exact  bool
	list   []posting // those loaded, the oldest first
	i      int       // where the last answer was; what is asked for goes down
	opened bool
	next   []searchdb.ChunksBelowRow // chunks that were read ahead, the newest first
	below  int64                     // all chunks up to a document below this are not read yet; 0: none is left
}

// at is the newest posting up to a document; 0 is the end.
func (r *reader) at(ctx context.Context, doc int64) (posting, error) {
	if !r.opened {
		list, err := unpack(make([]posting, 0, maxTail), r.row.Tail)
		if err != nil {
			return posting{}, fmt.Errorf("word %d: %w", r.row.ID, err)
		}
		r.list, r.i, r.opened, r.below = list, len(list)-1, true, 0
		if r.row.Spilled > 0 {
			r.below = r.row.Spilled + 1
		}
	}
	for {
		if len(r.list) > 0 && r.list[0].doc <= doc {
			if r.i > 0 && r.list[r.i].doc > doc && r.list[r.i-1].doc > doc { // further down than the next
				r.i, _ = slices.BinarySearchFunc(r.list[:r.i], doc+1, byDoc)
				r.i--
			}
			for r.list[r.i].doc > doc {
				r.i--
			}
			return r.list[r.i], nil
		}
		if r.below == 0 && len(r.next) == 0 || r.f.spent() {
			return posting{}, nil
		}
		if err := r.load(ctx, doc); err != nil {
			return posting{}, err
		}
	}
}

// ahead is how many chunks are read at once by who goes down one after the other.
const ahead = 4

// load takes the next chunk that can hold a document.
func (r *reader) load(ctx context.Context, doc int64) (err error) {
	for len(r.next) > 1 && r.next[1].Last >= doc { // jumped over
		r.next = r.next[1:]
	}
	if len(r.next) == 0 {
		if r.next, err = r.fetch(ctx, doc); err != nil {
			return fmt.Errorf("postings: %w", err)
		}
		r.f.chunks += len(r.next)
		if len(r.next) == 0 {
			r.below = 0
			return nil
		}
	}
	chunk := r.next[0]
	r.next, r.below = r.next[1:], min(r.below, chunk.Last)
	if r.list, err = unpack(r.list[:0], chunk.Data); err != nil {
		return fmt.Errorf("word %d: %w", r.row.ID, err)
	}
	r.i = len(r.list) - 1
	return nil
}

// fetch reads chunks: those after the last, or where the document asked for lies far below, the one that it is in.
func (r *reader) fetch(ctx context.Context, doc int64) ([]searchdb.ChunksBelowRow, error) {
	if len(r.list) == 0 || doc >= r.list[0].doc-2*chunkSize {
		return r.f.q.ChunksBelow(ctx, r.row.ID, r.below, ahead)
	}
	rows, err := r.f.q.ChunkFrom(ctx, r.row.ID, doc)
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 || rows[0].Last >= r.below { // that one was read: it holds only later ones
		return r.f.q.ChunksBelow(ctx, r.row.ID, r.below, 1)
	}
	return []searchdb.ChunksBelowRow{searchdb.ChunksBelowRow(rows[0])}, nil
}
