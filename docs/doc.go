// Package docs is Haat's documentation, and the tests that keep it true: the tables that are made from the program are
// made again and compared, the tour of the README is run, and what the program can be told is looked for in the text.
//
// It owns the files of this folder and those of the root that people read first. It does not own comments in the code.
//
//	go test ./docs            checks
//	go test ./docs -update    writes the generated tables anew (make docs)
package docs
