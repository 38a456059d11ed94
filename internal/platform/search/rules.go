package search

import (
	"context"
	"encoding/binary"
	"fmt"
	"hash/fnv"

	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/search/searchdb"
	"github.com/haat-market/haat/internal/platform/verify"
)

// maxReports bounds what the rule reports: who finds a thousand has found enough.
const maxReports = 1000

// page is how many rows are read at once.
const page = 500

// Rules are what must always hold of the index.
func Rules() []verify.Rule {
	return []verify.Rule{{Name: "search.postings", About: "a document is found by exactly the words that were put of it", Check: check}}
}

// sum is all postings of a word in a few bytes, whatever their order.
type sum struct{ documents, titles, print uint64 }

func (s *sum) add(p posting) {
	h := fnv.New64a()
	var b [9]byte
	binary.LittleEndian.PutUint64(b[:], uint64(p.doc)) //nolint:gosec // any bits will do
	b[8] = p.weight
	_, _ = h.Write(b[:])
	s.documents++
	s.titles += uint64(p.weight & suggested)
	s.print += h.Sum64()
}

// check adds up each word's postings once from the documents and once from the words.
func check(ctx context.Context, tx db.Tx, report func(string, ...any)) error {
	q := searchdb.New(tx)
	sums, err := ofDocuments(ctx, q)
	if err != nil {
		return err
	}
	reports := 0
	for after := int64(0); reports < maxReports; {
		rows, err := q.WordsAfter(ctx, after, page)
		if err != nil {
			return fmt.Errorf("words: %w", err)
		}
		if len(rows) == 0 {
			break
		}
		for _, r := range rows {
			after = r.ID
			s, sorted, err := ofWord(ctx, q, r)
			if err != nil {
				return err
			}
			if want := sums[r.ID]; s != want || !sorted || r.Documents != int64(s.documents) || r.Titles != int64(s.titles) { //nolint:gosec // counts
				report("word %q: %d postings in order %t, %d documents and %d titles; the documents make %d and %d", r.Word, s.documents, sorted,
					r.Documents, r.Titles, want.documents, want.titles)
				reports++
			}
			delete(sums, r.ID)
		}
	}
	for id := range sums {
		if reports++; reports > maxReports {
			break
		}
		report("word %d stands in documents and not in the index", id)
	}
	return nil
}

func ofDocuments(ctx context.Context, q *searchdb.Queries) (map[int64]sum, error) {
	sums := map[int64]sum{}
	for after := int64(0); ; {
		rows, err := q.DocumentsAfter(ctx, after, page)
		if err != nil || len(rows) == 0 {
			return sums, err
		}
		var list []posting
		for _, r := range rows {
			after = r.ID
			if list, err = unpack(list[:0], r.Words); err != nil {
				return nil, fmt.Errorf("document %d: %w", r.ID, err)
			}
			for _, p := range list {
				s := sums[p.doc]
				s.add(posting{r.ID, p.weight})
				sums[p.doc] = s
			}
		}
	}
}

func ofWord(ctx context.Context, q *searchdb.Queries, r searchdb.WordsAfterRow) (s sum, sorted bool, err error) {
	list, err := unpack(nil, r.Tail)
	if err != nil {
		return s, false, fmt.Errorf("word %d: %w", r.ID, err)
	}
	sorted = true
	least := int64(1)<<62 - 1
	take := func(list []posting, above int64) {
		for i, p := range list {
			s.add(p)
			sorted = sorted && p.doc < least && (i == 0 || list[i-1].doc < p.doc) && p.doc <= above
		}
		if len(list) > 0 {
			least = list[0].doc
		}
	}
	take(list, least)
	for below := r.Spilled + 1; r.Spilled > 0; {
		chunks, err := q.ChunksBelow(ctx, r.ID, below, ahead)
		if err != nil || len(chunks) == 0 {
			return s, sorted, err
		}
		for _, c := range chunks {
			if list, err = unpack(list[:0], c.Data); err != nil {
				return s, false, fmt.Errorf("word %d: %w", r.ID, err)
			}
			take(list, c.Last)
			below = c.Last
		}
	}
	return s, sorted, nil
}

// Known gives the numbers of the documents that are found, in order, for whoever looks whether these are all and no
// others.
func Known(ctx context.Context, tx db.Tx, after int64, most int) ([]int64, error) {
	return searchdb.New(tx).DocumentIDsAfter(ctx, after, int32(most)) //nolint:gosec // a page
}
