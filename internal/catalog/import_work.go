package catalog

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"

	"github.com/haat-market/haat/internal/catalog/catalogdb"
	"github.com/haat-market/haat/internal/catalog/shopify"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/event"
	"github.com/haat-market/haat/internal/platform/job"
	"github.com/haat-market/haat/internal/platform/money"
	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/internal/store"
)

// chunkRows is how many products and variants of a file one transaction takes at most; a single product may have more.
// Each is about three rows in the database.
const chunkRows = 200

type importWork struct {
	Store int64 `json:"store"`
}

// errOvertaken says that another worker has gone on with the import meanwhile.
var errOvertaken = errors.New("catalog: another worker goes on with this import")

// importJob does the waiting imports of a store, the oldest first. The job ends in a transaction that sees none
// left, so a file that is queued at that moment is either seen or makes a job of its own.
func (s *Service) importJob(ctx context.Context, t job.Task) error {
	var w importWork
	if err := t.Decode(&w); err != nil {
		return err
	}
	for {
		var next *catalogdb.Import
		err := s.db.Write(ctx, "catalog.import_next", func(ctx context.Context, tx db.Tx) error {
			next = nil
			open, err := catalogdb.New(tx).OpenImports(ctx, w.Store, 1)
			if err != nil {
				return err
			}
			if len(open) == 0 {
				return t.Finish(ctx, tx)
			}
			next = &open[0]
			return nil
		})
		if err != nil || next == nil {
			return err
		}
		err = s.process(ctx, *next)
		if errors.Is(err, errCancelled) {
			err = s.dropParts(ctx, next.ID)
		}
		if err != nil && t.Final && ctx.Err() == nil {
			s.log.Error("import given up", slog.String("import", next.PublicID), slog.Any("error", err))
			err = s.endImport(ctx, *next, ImportFailed, "Something went wrong on our side. Try again.")
		}
		if err != nil {
			return err
		}
	}
}

// process works a file through, beginning after what is done already.
func (s *Service) process(ctx context.Context, imp catalogdb.Import) error {
	cur, err := s.currency(ctx)
	if err != nil {
		return err
	}
	if imp.Currency != string(cur) {
		return s.endImport(ctx, imp, ImportFailed, "The market's currency was changed. Import the file again.")
	}
	unpacked, err := gzip.NewReader(&parts{ctx: ctx, s: s, id: imp.ID})
	if err != nil {
		return fmt.Errorf("import's file: %w", err)
	}
	ctx = web.WithCaller(ctx, web.Caller{AccountID: imp.AccountID, Account: imp.Actor})
	file := &counted{r: unpacked}
	byURL := false
	if s.byURL != nil {
		if byURL, err = s.byURL(ctx); err != nil {
			return err
		}
	}
	batch := chunk{imp: imp, cur: cur, done: imp.Done, row: imp.RowsRead, noted: imp.ErrorCount + imp.WarningCount, byURL: byURL, told: imp.ImagesTotal > 0}
	for r := range s.rows(ctx, file, cur, imp.Done) {
		var row *shopify.RowError
		if r.err != nil && !errors.As(r.err, &row) {
			if message := unreadable(r.err); message != "" {
				if err := s.flush(ctx, &batch, r.read); err != nil {
					return err
				}
				return s.endImport(ctx, imp, ImportFailed, message)
			}
			return fmt.Errorf("import's file: %w", r.err)
		}
		if batch.rows > 0 && (batch.rows+1+len(r.Variants) > chunkRows || batch.has(r, row)) {
			if err := s.flush(ctx, &batch, r.read); err != nil {
				return err
			}
		}
		batch.add(r, row)
	}
	if err := s.flush(ctx, &batch, imp.Size); err != nil {
		return err
	}
	return s.endImport(ctx, imp, ImportFinished, "")
}

// unreadable is what to tell about a file that ends here; "" when it is not the file's fault.
func unreadable(err error) string {
	switch {
	case errors.Is(err, shopify.ErrTooLarge):
		return "The file is too large."
	case errors.Is(err, shopify.ErrTooMany):
		return "The file has too many rows. What came before was imported."
	case errors.Is(err, shopify.ErrEncoding):
		return "The file is not UTF-8 text: save it as CSV UTF-8."
	case errors.Is(err, shopify.ErrHeader):
		return "The first line does not name the columns of a product file."
	}
	return ""
}

// counted counts what was read.
type counted struct {
	r io.Reader
	n int64
}

func (c *counted) Read(b []byte) (int, error) {
	n, err := c.r.Read(b)
	c.n += int64(n)
	return n, err
}

// chunk is what one transaction takes of a file.
type chunk struct {
	imp      catalogdb.Import
	cur      money.Currency
	done     int64 // things said before this chunk
	noted    int64 // errors and warnings before it
	row      int64 // of the file, the last one that was read
	byURL    bool  // pictures may be fetched
	told     bool  // that they may not
	products []fileRow
	errors   []ImportError
	rows     int
}

// has says whether a product is in the chunk already: without handles two can have the same title.
func (c *chunk) has(p fileRow, row *shopify.RowError) bool {
	return row == nil && slices.ContainsFunc(c.products, func(o fileRow) bool { return o.draft.handle == p.draft.handle })
}

func (c *chunk) add(p fileRow, row *shopify.RowError) {
	if row != nil {
		c.errors = append(c.errors, ImportError{Severity: SeverityError, Line: int64(row.Line), Field: row.Column, Code: row.Code, Message: row.Message})
		c.rows++
		return
	}
	c.products = append(c.products, p)
	c.row = max(c.row, int64(p.Row))
	c.rows += 1 + len(p.Variants)
}

// outcome is what became of a chunk.
type outcome struct {
	created, updated, unchanged int64
	errors                      []ImportError
	images                      int64 // to be fetched
	told                        bool
	relist                      []*catalogdb.Product
	events                      []event.Event
}

// flush takes a chunk in, moves the import forward and empties the chunk, all in one transaction.
func (s *Service) flush(ctx context.Context, c *chunk, bytesRead int64) error {
	n := int64(len(c.products) + len(c.errors))
	if n == 0 {
		return nil
	}
	var out outcome
	took := func(ctx context.Context, tx db.Tx) error {
		out = outcome{errors: c.errors[:len(c.errors):len(c.errors)], told: c.told}
		return s.take(ctx, tx, c, &out)
	}
	if c.imp.DryRun {
		if err := s.try(ctx, took); err != nil {
			return err
		}
		out.images = 0
	}
	err := s.db.Write(ctx, importKind, func(ctx context.Context, tx db.Tx) error {
		if !c.imp.DryRun {
			if err := took(ctx, tx); err != nil {
				return err
			}
		}
		q := catalogdb.New(tx)
		wrong := int64(0)
		for _, e := range out.errors {
			if e.Severity == SeverityError {
				wrong++
			}
		}
		warnings := int64(0)
		for _, e := range out.errors {
			if e.Severity == SeverityWarning {
				warnings++
			}
		}
		now := s.now()
		moved, err := q.AdvanceImport(ctx, catalogdb.AdvanceImportParams{
			Done: c.done + n, BytesRead: min(bytesRead, c.imp.Size), Created: out.created, Updated: out.updated, Unchanged: out.unchanged,
			Errors: wrong, Warnings: warnings, Images: out.images, RowsRead: c.row, StartedAt: now, UpdatedAt: now, ID: c.imp.ID, DoneBefore: c.done,
		})
		if err != nil {
			return fmt.Errorf("import: %w", err)
		}
		if moved == 0 {
			return s.stopped(ctx, q, c.imp.ID)
		}
		return s.keepErrors(ctx, q, c.imp.ID, c.noted, out.errors)
	}, db.Bulk())
	if err != nil {
		return err
	}
	c.done += n
	c.noted += int64(len(out.errors))
	c.told = out.told
	c.products, c.errors, c.rows = nil, nil, 0
	return nil
}

// errTried takes back what was tried.
var errTried = errors.New("catalog: this was tried only")

// try does what a chunk would do, and takes it back.
func (s *Service) try(ctx context.Context, took func(context.Context, db.Tx) error) error {
	err := s.db.Write(ctx, "catalog.import_try", func(ctx context.Context, tx db.Tx) error {
		if err := took(ctx, tx); err != nil {
			return err
		}
		return errTried
	}, db.Bulk())
	if errors.Is(err, errTried) {
		return nil
	}
	return err
}

// errCancelled ends the work on an import that somebody does not want any more.
var errCancelled = errors.New("catalog: this import was cancelled")

// stopped says why an import did not move.
func (s *Service) stopped(ctx context.Context, q *catalogdb.Queries, id int64) error {
	r, err := q.ImportByID(ctx, id)
	if err == nil && r.Cancelled {
		err = errCancelled
	}
	return errors.Join(err, errOvertaken)
}

// keepErrors stores what is said of rows, as long as it is not too much; the rest was counted.
func (s *Service) keepErrors(ctx context.Context, q *catalogdb.Queries, id, before int64, list []ImportError) error {
	list = list[:max(0, min(int64(len(list)), maxImportErrors-before))]
	rows := make([]catalogdb.InsertImportErrorsParams, len(list))
	for i, e := range list {
		rows[i] = catalogdb.InsertImportErrorsParams{ImportID: id, Line: e.Line, Handle: e.Handle, Field: e.Field, Code: e.Code, Message: e.Message, Severity: e.Severity}
	}
	if len(rows) == 0 {
		return nil
	}
	return firstError(q.InsertImportErrors(ctx, rows))
}

func (s *Service) endImport(ctx context.Context, imp catalogdb.Import, state ImportState, failure string) error {
	err := s.db.Write(ctx, "catalog.import_end", func(ctx context.Context, tx db.Tx) error {
		n, err := catalogdb.New(tx).EndImport(ctx, string(state), failure, s.now(), imp.ID)
		if err != nil || n == 0 {
			return err
		}
		if err := s.queueImages(ctx, tx, imp.ID); err != nil {
			return err
		}
		return s.events.Append(ctx, tx, event.Event{Type: "import." + string(state), Subject: imp.PublicID, Actor: imp.Actor})
	})
	if err != nil {
		return fmt.Errorf("end of import: %w", err)
	}
	return s.dropParts(ctx, imp.ID)
}

// take puts the products of a chunk into the catalogue. A product that cannot be taken is an error of the file, not of
// the chunk: everything that may refuse it is looked at before anything of it is written.
func (s *Service) take(ctx context.Context, tx db.Tx, c *chunk, out *outcome) error {
	if len(c.products) == 0 {
		return nil
	}
	briefs, err := s.stores.Briefs(ctx, tx, []int64{c.imp.StoreID})
	if err != nil {
		return fmt.Errorf("store of import: %w", err)
	}
	b := briefs[c.imp.StoreID]
	if b.State == store.Closed {
		for _, p := range c.products {
			out.errors = append(out.errors, ImportError{Severity: SeverityError, Line: int64(p.Line), Handle: p.Handle, Code: store.ErrStoreClosed.Code, Message: store.ErrStoreClosed.Message})
		}
		return nil
	}
	w, err := s.openImporter(ctx, tx, c, b, out)
	if err != nil {
		return err
	}
	for _, p := range c.products {
		if err := w.product(ctx, p); err != nil {
			return fmt.Errorf("line %d: %w", p.Line, err)
		}
	}
	if err := w.write(ctx); err != nil {
		return err
	}
	list := make([]catalogdb.Product, len(out.relist))
	for i, p := range out.relist {
		list[i] = *p
	}
	if err := s.relist(ctx, tx, b, c.cur, list); err != nil {
		return err
	}
	if ids := w.covered(); len(ids) > 0 {
		if err := s.cover(ctx, tx, ids...); err != nil {
			return err
		}
	}
	out.told = w.told
	return s.events.AppendMany(ctx, tx, out.events)
}
