package search

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"

	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/search/searchdb"
)

// Document is a document as it is found from now on; without fields, never.
type Document struct {
	ID     int64 // above zero
	Fields []Field
}

// Field is a text of a document.
type Field struct {
	Text    string
	Weight  int  // 2 to 255: what a word in it counts; later words count a little less
	Suggest bool // its words are suggested, and typing mistakes are mended to them
}

// Bounds of the index.
const (
	maxWords  = 400 // of a document, in the order of its fields
	maxTail   = 512 // postings in a word's row
	chunkSize = 256 // postings in a chunk; never more than twice that
)

// words are the words of a document with their best weights.
func (d Document) words() map[string]byte {
	out := map[string]byte{}
	for _, f := range d.Fields {
		top := min(max(f.Weight, 2), 255)
		for i, w := range CutForIndex(f.Text) {
			weight := max(top-min(i, top/8), 2) &^ suggested
			if f.Suggest && worth(w) {
				weight |= suggested
			}
			old, there := out[w]
			if !there && len(out) >= maxWords {
				continue
			}
			out[w] = max(old&^suggested, byte(weight)&^suggested) | (old|byte(weight))&suggested //nolint:gosec // at most 255
		}
	}
	return out
}

// worth says whether a word is one to suggest: two letters at least and no digits.
func worth(w string) bool {
	runes := []rune(w)
	return len(runes) >= 2 && !slices.ContainsFunc(runes, unicode.IsDigit)
}

// entry is a word's row and what changes in it.
type entry struct {
	searchdb.WordsByIDRow
	changes []posting // weight 0 takes out
}

// Put makes documents found by what they say now. Words that did not change cost nothing.
func Put(ctx context.Context, tx db.Tx, docs []Document) error {
	if len(docs) == 0 {
		return nil
	}
	w := &putter{q: searchdb.New(tx), byText: map[string]*entry{}, byID: map[int64]*entry{}}
	ids := make([]int64, len(docs))
	wanted := make([]map[string]byte, len(docs))
	for i, d := range docs {
		if d.ID <= 0 {
			return fmt.Errorf("search: document %d", d.ID)
		}
		ids[i], wanted[i] = d.ID, d.words()
	}
	before, err := w.load(ctx, ids, wanted)
	if err != nil {
		return err
	}
	packed := make([]searchdb.PutDocumentsParams, 0, len(docs))
	var gone []int64
	for i, d := range docs {
		if len(wanted[i]) == 0 {
			gone = append(gone, d.ID)
		} else if p := w.document(d.ID, wanted[i]); string(p.Words) != string(before[d.ID].packed) {
			packed = append(packed, p)
		}
		w.compare(d.ID, before[d.ID].words, wanted[i])
	}
	if err := w.write(ctx); err != nil {
		return err
	}
	if len(gone) > 0 {
		if err := w.q.DeleteDocuments(ctx, gone); err != nil {
			return fmt.Errorf("documents: %w", err)
		}
	}
	if len(packed) == 0 {
		return nil
	}
	return firstError(w.q.PutDocuments(ctx, packed))
}

// Clear takes everything out: no document is found until it is put again.
func Clear(ctx context.Context, tx db.Tx) error {
	q := searchdb.New(tx)
	for _, clear := range []func(context.Context) error{q.ClearChunks, q.ClearTypos, q.ClearWords, q.ClearDocuments} {
		if err := clear(ctx); err != nil {
			return fmt.Errorf("clear the index: %w", err)
		}
	}
	return nil
}

type putter struct {
	q      *searchdb.Queries
	byText map[string]*entry
	byID   map[int64]*entry
}

// stored is what was put of a document before.
type stored struct {
	packed []byte
	words  []posting // by the word's number
}

// load reads what is there of documents and of all words that they have or had, and makes the words that are new.
func (w *putter) load(ctx context.Context, ids []int64, wanted []map[string]byte) (map[int64]stored, error) {
	rows, err := w.q.Documents(ctx, ids)
	if err != nil {
		return nil, fmt.Errorf("documents: %w", err)
	}
	before, old := map[int64]stored{}, map[int64]bool{}
	for _, r := range rows {
		list, err := unpack(nil, r.Words)
		if err != nil {
			return nil, fmt.Errorf("document %d: %w", r.ID, err)
		}
		before[r.ID] = stored{r.Words, list}
		for _, p := range list {
			old[p.doc] = true
		}
	}
	texts := map[string]bool{}
	for _, words := range wanted {
		for text := range words {
			texts[text] = true
		}
	}
	found, err := w.q.WordsByText(ctx, slices.Sorted(maps.Keys(texts)))
	if err != nil {
		return nil, fmt.Errorf("words: %w", err)
	}
	for _, r := range found {
		w.add(searchdb.WordsByIDRow(r))
		delete(old, r.ID)
		delete(texts, r.Word)
	}
	lost, err := w.q.WordsByID(ctx, slices.Sorted(maps.Keys(old)))
	if err != nil {
		return nil, fmt.Errorf("words: %w", err)
	}
	for _, r := range lost {
		w.add(r)
	}
	return before, w.invent(ctx, slices.Sorted(maps.Keys(texts)))
}

func (w *putter) add(r searchdb.WordsByIDRow) {
	e := &entry{WordsByIDRow: r}
	w.byText[r.Word], w.byID[r.ID] = e, e
}

// invent makes rows for new words.
func (w *putter) invent(ctx context.Context, texts []string) error {
	if len(texts) == 0 {
		return nil
	}
	rows := make([]searchdb.InsertWordsParams, len(texts))
	for i, text := range texts {
		runes := []rune(text)
		rows[i] = searchdb.InsertWordsParams{Word: text, Head1: string(runes[:1]), Head2: string(runes[:min(2, len(runes))]), Tail: []byte{}}
	}
	var first error
	w.q.InsertWords(ctx, rows).QueryRow(func(i int, id int64, err error) {
		if err != nil && first == nil {
			first = err
		}
		w.add(searchdb.WordsByIDRow{ID: id, Word: texts[i], Tail: []byte{}})
	})
	if first != nil {
		return fmt.Errorf("new words: %w", first)
	}
	return nil
}

// document packs the words of a document.
func (w *putter) document(id int64, words map[string]byte) searchdb.PutDocumentsParams {
	list := make([]posting, 0, len(words))
	for text, weight := range words {
		list = append(list, posting{w.byText[text].ID, weight})
	}
	slices.SortFunc(list, func(a, b posting) int { return byDoc(a, b.doc) })
	return searchdb.PutDocumentsParams{ID: id, Words: pack(list)}
}

// compare notes at the words what changes of a document.
func (w *putter) compare(doc int64, before []posting, wanted map[string]byte) {
	had := make(map[int64]byte, len(before))
	for _, p := range before {
		had[p.doc] = p.weight
		e := w.byID[p.doc]
		if e == nil {
			continue // a word that was lost: verify says so
		}
		if _, ok := wanted[e.Word]; !ok {
			e.change(posting{doc, 0}, p.weight)
		}
	}
	for text, weight := range wanted {
		if e := w.byText[text]; had[e.ID] != weight {
			e.change(posting{doc, weight}, had[e.ID])
		}
	}
}

func (e *entry) change(p posting, before byte) {
	e.changes = append(e.changes, p)
	e.Documents += one(p.weight > 0) - one(before > 0)
	e.Titles += one(p.weight&suggested != 0) - one(before&suggested != 0)
}

func one(yes bool) int64 {
	if yes {
		return 1
	}
	return 0
}

// write brings the changed words to the database.
func (w *putter) write(ctx context.Context) error {
	var words []searchdb.UpdateWordsParams
	var chunks []searchdb.PutChunksParams
	var emptied []searchdb.DeleteChunksParams
	var typos []searchdb.InsertTyposParams
	for _, id := range slices.Sorted(maps.Keys(w.byID)) {
		e := w.byID[id]
		if len(e.changes) == 0 {
			continue
		}
		slices.SortFunc(e.changes, func(a, b posting) int { return byDoc(a, b.doc) })
		old, _ := slices.BinarySearchFunc(e.changes, e.Spilled+1, byDoc)
		put, gone, err := w.rewrite(ctx, e, e.changes[:old])
		if err != nil {
			return err
		}
		spilled, err := e.retail(e.changes[old:])
		if err != nil {
			return err
		}
		chunks, emptied = append(append(chunks, put...), spilled...), append(emptied, gone...)
		words = append(words, searchdb.UpdateWordsParams{Documents: e.Documents, Titles: e.Titles, Spilled: e.Spilled, Tail: e.Tail, ID: e.ID})
		if e.Titles > 0 {
			typos = append(typos, e.typos()...)
		}
	}
	if len(words) == 0 {
		return nil
	}
	err := firstError(w.q.UpdateWords(ctx, words))
	if err == nil && len(chunks) > 0 {
		err = firstError(w.q.PutChunks(ctx, chunks))
	}
	if err == nil && len(emptied) > 0 {
		err = firstError(w.q.DeleteChunks(ctx, emptied))
	}
	if err == nil && len(typos) > 0 {
		err = firstError(w.q.InsertTypos(ctx, typos))
	}
	if err != nil {
		return fmt.Errorf("words: %w", err)
	}
	return nil
}

// retail changes the newest postings and moves the oldest of them away when they are many.
func (e *entry) retail(changes []posting) (spilled []searchdb.PutChunksParams, err error) {
	if len(changes) == 0 {
		return nil, nil
	}
	list, err := unpack(nil, e.Tail)
	if err != nil {
		return nil, fmt.Errorf("word %d: %w", e.ID, err)
	}
	list = merge(list, changes)
	for len(list) > maxTail {
		e.Spilled = list[chunkSize-1].doc
		spilled = append(spilled, searchdb.PutChunksParams{WordID: e.ID, Last: e.Spilled, Data: pack(list[:chunkSize])})
		list = list[chunkSize:]
	}
	e.Tail = pack(list)
	return spilled, nil
}

// merge puts changes, which are sorted, into a sorted list.
func merge(list, changes []posting) []posting {
	if len(list) == 0 || list[len(list)-1].doc < changes[0].doc { // what is new is added at the end
		for _, p := range changes {
			if p.weight > 0 {
				list = append(list, p)
			}
		}
		return list
	}
	for _, p := range changes {
		list = put(list, p)
	}
	return list
}

// rewrite changes older postings in their chunks.
func (w *putter) rewrite(ctx context.Context, e *entry, changes []posting) (chunks []searchdb.PutChunksParams, gone []searchdb.DeleteChunksParams, err error) {
	for len(changes) > 0 {
		rows, err := w.q.ChunkFrom(ctx, e.ID, changes[0].doc)
		if err != nil {
			return nil, nil, fmt.Errorf("postings: %w", err)
		}
		if len(rows) == 0 {
			return nil, nil, errors.New("search: a word has no chunk up to where it was spilled")
		}
		last := rows[0].Last
		list, err := unpack(nil, rows[0].Data)
		if err != nil {
			return nil, nil, fmt.Errorf("word %d: %w", e.ID, err)
		}
		n, _ := slices.BinarySearchFunc(changes, last+1, byDoc) // the ones that belong to this chunk
		list = merge(list, changes[:n])
		changes = changes[n:]
		if len(list) == 0 && last != e.Spilled { // the last chunk stays, also empty: the row says that it ends there
			gone = append(gone, searchdb.DeleteChunksParams{WordID: e.ID, Last: last})
			continue
		}
		for len(list) > 2*chunkSize {
			chunks = append(chunks, searchdb.PutChunksParams{WordID: e.ID, Last: list[chunkSize-1].doc, Data: pack(list[:chunkSize])})
			list = list[chunkSize:]
		}
		chunks = append(chunks, searchdb.PutChunksParams{WordID: e.ID, Last: last, Data: pack(list)})
	}
	return chunks, gone, nil
}

// typos are the rests by which a word is found in spite of a mistake, if its first document has just come.
func (e *entry) typos() (out []searchdb.InsertTyposParams) {
	came := int64(0)
	for _, p := range e.changes {
		came += one(p.weight&suggested != 0)
	}
	if e.Titles > came { // it stood in others before
		return nil
	}
	for _, rest := range rests(e.Word) {
		out = append(out, searchdb.InsertTyposParams{Rest: rest, WordID: e.ID})
	}
	return out
}

// firstError runs a batch to its end and returns what broke it.
func firstError(b interface{ Exec(func(int, error)) }) (first error) {
	b.Exec(func(_ int, err error) {
		if err != nil && first == nil {
			first = err
		}
	})
	return first
}

// wordEnd is behind every word that begins with a prefix.
func wordEnd(prefix string) string { return prefix + strings.Repeat(string(unicode.MaxRune), 2) }
