package search

import (
	"cmp"
	"encoding/binary"
	"errors"
	"slices"
)

// posting says that a document holds a word, and how much that counts.
type posting struct {
	doc    int64
	weight byte
}

// suggested is the bit of a weight that says that the word stands where words are worth suggesting.
const suggested = 1

var errPacked = errors.New("search: packed numbers are broken")

// pack writes postings in the order of their documents as steps from one to the next.
func pack(list []posting) []byte {
	out := make([]byte, 0, 3*len(list))
	last := int64(0)
	for _, p := range list {
		out = binary.AppendUvarint(out, uint64(p.doc-last)) //nolint:gosec // the order makes it positive
		out = append(out, p.weight)
		last = p.doc
	}
	return out
}

// unpack appends the postings that pack wrote to list.
func unpack(list []posting, b []byte) ([]posting, error) {
	doc := int64(0)
	for len(b) > 0 {
		step, n := binary.Uvarint(b)
		if n <= 0 || n >= len(b) {
			return nil, errPacked
		}
		doc += int64(step) //nolint:gosec // pack wrote it
		list = append(list, posting{doc, b[n]})
		b = b[n+1:]
	}
	return list, nil
}

func byDoc(p posting, doc int64) int { return cmp.Compare(p.doc, doc) }

// put sets a document's posting in a sorted list; weight 0 takes it out.
func put(list []posting, p posting) []posting {
	i, found := slices.BinarySearchFunc(list, p.doc, byDoc)
	switch {
	case found && p.weight == 0:
		return slices.Delete(list, i, i+1)
	case found:
		list[i] = p
		return list
	case p.weight == 0:
		return list
	}
	return slices.Insert(list, i, p)
}
