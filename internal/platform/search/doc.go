// Package search finds documents by words, the newest first, at a cost that does not grow with their number.
//
// It owns: how text is cut into words (Cut), the index of which document holds which word, and the dictionary from
// which words are suggested and typing mistakes are mended. It does not know what a document is: it has a number and
// texts of different weight. Whoever keeps the documents calls Put when one changed.
//
// Text is cut here, in Go, and the index is plain tables, so both engines find the same in the same order.
//
// Invariants:
//   - a document is found by exactly the words of what was put last, each with its best weight;
//   - a word's postings are in the order of the documents: the newest stand in the word's row, older ones in chunks;
//   - a search looks at a bounded number of postings and says when it stopped at that bound.
package search
