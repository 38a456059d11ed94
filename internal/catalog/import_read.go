package catalog

import (
	"context"
	"errors"
	"iter"
	"runtime/debug"

	"github.com/haat-market/haat/internal/catalog/shopify"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/money"
)

// readAhead is how many products of a file are read and checked while those before them are written.
const readAhead = 64

// fileRow is what a file says next: a product, checked as far as that needs no database, or what is wrong.
type fileRow struct {
	shopify.Product
	draft   draft
	refused error // why the product cannot be taken
	err     error // of a row, or of the file as a whole
	read    int64 // bytes of the file up to here
	crash   *db.Panic
}

// errCutShort says that the reading ended before the file did.
var errCutShort = errors.New("catalog: a file was not read to its end")

// rows reads a file after the first so many things that it says. Reading and checking go on beside the transactions that
// take what was read: the writer, which all wait for, has only the writing to do.
func (s *Service) rows(ctx context.Context, file *counted, cur money.Currency, skip int64) iter.Seq[fileRow] {
	return func(yield func(fileRow) bool) {
		ctx, cancel := context.WithCancel(ctx)
		ahead, whole := make(chan fileRow, readAhead), false
		go func() {
			defer close(ahead)
			defer func() {
				if v := recover(); v != nil { // to be the importing worker's, not the process's
					send(ctx, ahead, fileRow{crash: &db.Panic{Value: v, Stack: debug.Stack()}})
				}
			}()
			for p, err := range shopify.Products(file, shopify.Options{Currency: cur, MaxBytes: maxImport, MaxVariants: maxVariants}) {
				if skip--; skip >= 0 && (err == nil || isRow(err)) {
					continue
				}
				r := fileRow{Product: p, err: err, read: file.n}
				if err == nil {
					r.draft, r.refused = draftOf(p, cur)
				}
				if !send(ctx, ahead, r) {
					return
				}
			}
			whole = true
		}()
		defer func() { // nobody reads the file any more when this ends
			cancel()
			for range ahead {
			}
		}()
		for r := range ahead {
			if r.crash != nil {
				panic(r.crash)
			}
			if !yield(r) {
				return
			}
		}
		if !whole {
			yield(fileRow{err: errors.Join(errCutShort, context.Cause(ctx))})
		}
	}
}

func send(ctx context.Context, to chan<- fileRow, r fileRow) bool {
	select {
	case to <- r:
		return true
	case <-ctx.Done():
		return false
	}
}

func isRow(err error) bool {
	var row *shopify.RowError
	return errors.As(err, &row)
}

// draftOf checks a product of a file as if somebody had written it.
func draftOf(p shopify.Product, cur money.Currency) (draft, error) {
	d, err := inputOf(p, cur).check(cur)
	for i := range d.variants {
		d.variants[i].importStock = d.variants[i].stock
	}
	return d, err
}
