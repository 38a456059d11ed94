package catalog

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/haat-market/haat/internal/catalog/catalogdb"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/code"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/idem"
	"github.com/haat-market/haat/internal/platform/job"
	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/internal/store"
)

const (
	maxImport       = 20 << 20
	maxOpenImports  = 5
	maxImportErrors = 10_000 // kept of one import; more are only counted
	shownErrors     = 200    // with the import itself
	partSize        = 64 << 10
	partsAtOnce     = 16
	importKind      = "catalog.import"
	staleImport     = time.Hour
)

// ImportState is how far an import is.
type ImportState string

// The states of an import that anybody sees.
const (
	ImportQueued   ImportState = "queued"
	ImportRunning  ImportState = "running"
	ImportFinished ImportState = "finished"
	ImportFailed   ImportState = "failed" // the file as a whole could not be read
	// ImportCancelled is written down as failed, with a mark.
	ImportCancelled ImportState = "cancelled"
)

// Import is a file of products on its way in.
type Import struct {
	ID         string
	State      ImportState
	Size       int64
	SHA256     string
	BytesRead  int64
	Created    int64
	Updated    int64
	Unchanged  int64
	ErrorCount int64
	Warnings   int64
	DryRun     bool
	Rows       int64
	StartedAt  *time.Time
	Images     ImportImages
	Errors     []ImportError // the first of them; nil in lists
	Failure    string
	Actor      string
	CreatedAt  time.Time
	UpdatedAt  time.Time
	FinishedAt *time.Time
}

// ImportImages is how far the pictures of an import are that it named by their addresses.
type ImportImages struct {
	Total  int64 `json:"total"`
	Done   int64 `json:"done"`
	Failed int64 `json:"failed"`
}

// How bad what is said of a row is.
const (
	SeverityError   = "error"   // it was not taken
	SeverityWarning = "warning" // it was, but for something
	SeverityChange  = "change"  // what a file that is only tried would change
)

// ImportError is what is said of a row of the file.
type ImportError struct {
	Line    int64  `json:"line" doc:"Where in the file; the first line names the columns."`
	Handle  string `json:"handle"`
	Field   string `json:"field"`
	Code    string `json:"code"`
	Message string `json:"message"`
	// Severity says how bad it is.
	Severity string `json:"severity" enum:"error,warning,change" doc:"An error was not taken, a warning was but for something; a change is what a dry run would do."`
}

func importOf(r catalogdb.Import) Import {
	i := Import{
		ID: r.PublicID, State: ImportState(r.State), Size: r.Size, SHA256: r.Sha256, BytesRead: r.BytesRead, Created: r.Created,
		Updated: r.Updated, Unchanged: r.Unchanged, ErrorCount: r.ErrorCount, Failure: r.Failure, Actor: r.Actor,
		CreatedAt: clock.Time(r.CreatedAt), UpdatedAt: clock.Time(r.UpdatedAt),
		Warnings: r.WarningCount, DryRun: r.DryRun, Rows: r.RowsRead, Images: ImportImages{r.ImagesTotal, r.ImagesDone, r.ImagesFailed},
	}
	if r.Cancelled {
		i.State = ImportCancelled
	}
	if r.StartedAt != nil {
		at := clock.Time(*r.StartedAt)
		i.StartedAt = &at
	}
	if r.FinishedAt != nil {
		at := clock.Time(*r.FinishedAt)
		i.FinishedAt = &at
	}
	return i
}

// StartImport takes a file in. It is stored packed, in small transactions, under an import that nobody sees yet; the
// last transaction shows it and asks for the work. The work of one store is done one file after another.
func (s *Service) StartImport(ctx context.Context, caller web.Caller, storeID string, file []byte, dryRun bool) (Import, error) {
	if err := readable(file); err != nil {
		return Import{}, err
	}
	cur, err := s.currency(ctx)
	if err != nil {
		return Import{}, err
	}
	packed, err := pack(file)
	if err != nil {
		return Import{}, err
	}
	sum := sha256.Sum256(file)
	row := catalogdb.InsertImportParams{
		PublicID: code.ID("imp"), AccountID: caller.AccountID, Actor: actorOf(ctx), Size: int64(len(file)),
		Sha256: hex.EncodeToString(sum[:]), Currency: string(cur), DryRun: dryRun,
	}
	var id int64
	err = s.db.Write(ctx, "catalog.import_receive", func(ctx context.Context, tx db.Tx) error {
		b, err := s.mayImport(ctx, tx, caller, storeID)
		if err != nil {
			return err
		}
		row.StoreID, row.CreatedAt = b.ID, s.now()
		id, err = catalogdb.New(tx).InsertImport(ctx, row)
		return err
	})
	if err != nil {
		return Import{}, err
	}
	if err := s.storeParts(ctx, id, packed); err != nil {
		return Import{}, err
	}
	made, replayed, err := idem.Once(ctx, s.db, "catalog.import", func(ctx context.Context, tx db.Tx) (string, error) {
		b, err := s.mayImport(ctx, tx, caller, storeID)
		if err != nil {
			return "", err
		}
		if n, err := catalogdb.New(tx).QueueImport(ctx, s.now(), id); err != nil || n != 1 {
			return "", errors.Join(err, fmt.Errorf("import %s is not there any more", row.PublicID))
		}
		work := job.New(importKind, importWork{b.ID}).Key(importKind + ":" + strconv.FormatInt(b.ID, 10))
		if err := s.jobs.Enqueue(ctx, tx, work); err != nil {
			return "", err
		}
		return row.PublicID, s.happened(ctx, tx, "import.started", row.PublicID, map[string]any{"store": b.PublicID, "size": row.Size})
	})
	if err != nil {
		return Import{}, err
	}
	if replayed {
		web.MarkReplayed(ctx)
	}
	return s.Import(ctx, caller, made)
}

// mayImport is the store, if the caller may add a file to those that wait.
func (s *Service) mayImport(ctx context.Context, tx db.Tx, caller web.Caller, storeID string) (store.Brief, error) {
	b, err := s.stores.Require(ctx, tx, caller, storeID, store.Catalog)
	if err != nil {
		return b, err
	}
	open, err := catalogdb.New(tx).OpenImports(ctx, b.ID, maxOpenImports)
	if err == nil && len(open) == maxOpenImports {
		err = ErrManyImports
	}
	return b, err
}

// ErrNotText refuses a file that no reading makes sense of.
var ErrNotText = fault.New(fault.Invalid, "file_not_utf8",
	"The file is not UTF-8 text: it looks as if it was saved for an older Windows (Windows-1252), or in UTF-16. Save it as \"CSV UTF-8\" and send it again.")

// readable refuses a file in another encoding, and says where that shows.
func readable(file []byte) error {
	if utf8.Valid(file) {
		return nil
	}
	at := 0
	for rest := file; len(rest) > 0; {
		r, n := utf8.DecodeRune(rest)
		if r == utf8.RuneError && n <= 1 {
			break
		}
		rest = rest[n:]
		at += n
	}
	return ErrNotText.With("line", bytes.Count(file[:at], []byte("\n"))+1)
}

func pack(file []byte) ([]byte, error) {
	var buf bytes.Buffer
	w, err := gzip.NewWriterLevel(&buf, gzip.BestSpeed)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(file); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return buf.Bytes(), nil
}

func (s *Service) storeParts(ctx context.Context, id int64, packed []byte) error {
	part := int64(0)
	for chunk := range slices.Chunk(packed, partSize*partsAtOnce) {
		var rows []catalogdb.InsertImportPartsParams
		for data := range slices.Chunk(chunk, partSize) {
			rows = append(rows, catalogdb.InsertImportPartsParams{ImportID: id, Part: part, Data: data})
			part++
		}
		err := s.db.Write(ctx, "catalog.import_part", func(ctx context.Context, tx db.Tx) error {
			return firstError(catalogdb.New(tx).InsertImportParts(ctx, rows))
		}, db.Bulk())
		if err != nil {
			return fmt.Errorf("import's file: %w", err)
		}
	}
	return nil
}

// parts reads a stored file part by part, each in a transaction of its own.
type parts struct {
	ctx  context.Context
	s    *Service
	id   int64
	next int64
	rest []byte
}

func (p *parts) Read(b []byte) (int, error) {
	for len(p.rest) == 0 {
		err := p.s.db.Read(p.ctx, "catalog.import_part", func(ctx context.Context, tx db.Tx) (err error) {
			p.rest, err = catalogdb.New(tx).ImportPart(ctx, p.id, p.next)
			return err
		})
		if errors.Is(err, db.ErrNoRows) {
			return 0, io.EOF
		}
		if err != nil {
			return 0, err
		}
		p.next++
	}
	n := copy(b, p.rest)
	p.rest = p.rest[n:]
	return n, nil
}

// dropParts deletes a stored file in small transactions.
func (s *Service) dropParts(ctx context.Context, id int64) error {
	for more := true; more; {
		err := s.db.Write(ctx, "catalog.import_drop", func(ctx context.Context, tx db.Tx) error {
			q := catalogdb.New(tx)
			ids, err := q.ImportParts(ctx, id, partsAtOnce)
			if more = len(ids) == partsAtOnce; err != nil || len(ids) == 0 {
				return err
			}
			_, err = q.DeleteImportParts(ctx, ids)
			return err
		}, db.Bulk())
		if err != nil {
			return fmt.Errorf("import's file: %w", err)
		}
	}
	return nil
}

// sweepImports removes what uploads left behind that never came to their end, and files of finished imports whose
// worker stopped before it could.
func (s *Service) sweepImports(ctx context.Context, lease job.Lease) (int, error) {
	var stale, over []int64
	err := s.db.Read(ctx, "catalog.import_stale", func(ctx context.Context, tx db.Tx) (err error) {
		q := catalogdb.New(tx)
		if stale, err = q.StaleImports(ctx, clock.Micro(s.clock.Now().Add(-staleImport)), 100); err != nil {
			return err
		}
		over, err = q.FinishedWithParts(ctx, 100)
		return err
	})
	if err != nil {
		return 0, err
	}
	for _, id := range append(over, stale...) {
		if err := s.dropParts(ctx, id); err != nil {
			return 0, err
		}
	}
	for _, id := range stale {
		err := s.db.Write(ctx, "catalog.import_forget", func(ctx context.Context, tx db.Tx) error {
			if err := lease.Check(ctx, tx); err != nil {
				return err
			}
			_, err := catalogdb.New(tx).DeleteImport(ctx, id)
			return err
		}, db.Bulk())
		if err != nil {
			return 0, err
		}
	}
	return len(over) + len(stale), nil
}

var importList = db.DefineList(db.List{
	Name: "catalog.imports",
	Select: `SELECT i.id, i.public_id, i.store_id, i.account_id, i.actor, i.state, i.size, i.sha256, i.currency, i.done, i.bytes_read, i.created,
	i.updated, i.unchanged, i.error_count, i.failure, i.created_at, i.updated_at, i.finished_at, i.dry_run, i.cancelled, i.rows_read,
	i.warning_count, i.started_at, i.images_total, i.images_done, i.images_failed`,
	From: "FROM imports i", Where: "i.state <> 'receiving'",
	Filters: []db.Filter{{Name: "store", SQL: "i.store_id = ?", Type: db.Int}},
	Sorts:   []db.Sort{{Name: "newest", Desc: true, Keys: []db.SortKey{{Column: "i.id", Type: db.Int}}}},
	Combos:  []db.Combo{{Filters: []string{"store"}, Sort: "newest", Index: "imports_store"}},
})

// Imports is a page of a store's imports.
func (s *Service) Imports(ctx context.Context, caller web.Caller, storeID string, limit int, cursor string) (items []Import, next string, err error) {
	err = s.db.Read(ctx, "catalog.imports", func(ctx context.Context, tx db.Tx) error {
		b, err := s.stores.Require(ctx, tx, caller, storeID, store.View)
		if err != nil {
			return err
		}
		items, next, err = db.QueryList(ctx, tx, importList, db.ListQuery{Filters: map[string]any{"store": b.ID}, Limit: limit, Cursor: cursor},
			func(row db.Scanner) (Import, error) {
				var r catalogdb.Import
				err := row.Scan(&r.ID, &r.PublicID, &r.StoreID, &r.AccountID, &r.Actor, &r.State, &r.Size, &r.Sha256, &r.Currency, &r.Done,
					&r.BytesRead, &r.Created, &r.Updated, &r.Unchanged, &r.ErrorCount, &r.Failure, &r.CreatedAt, &r.UpdatedAt, &r.FinishedAt,
					&r.DryRun, &r.Cancelled, &r.RowsRead, &r.WarningCount, &r.StartedAt, &r.ImagesTotal, &r.ImagesDone, &r.ImagesFailed)
				return importOf(r), err
			})
		return err
	})
	return items, next, err
}

// Import is one import with what was wrong in the file.
func (s *Service) Import(ctx context.Context, caller web.Caller, id string) (out Import, err error) {
	err = s.db.Read(ctx, "catalog.import", func(ctx context.Context, tx db.Tx) error {
		q := catalogdb.New(tx)
		r, err := q.ImportByPublicID(ctx, id)
		if err != nil {
			return ifNone(err, ErrImportNotFound)
		}
		if _, err := s.stores.RequireID(ctx, tx, caller, r.StoreID, store.View); err != nil {
			if errors.Is(err, store.ErrStoreNotFound) {
				return ErrImportNotFound
			}
			return err
		}
		if r.State == "receiving" {
			return ErrImportNotFound
		}
		rows, err := q.ImportErrors(ctx, r.ID, shownErrors)
		if err != nil {
			return fmt.Errorf("import's errors: %w", err)
		}
		out = importOf(r)
		out.Errors = make([]ImportError, len(rows))
		for i, e := range rows {
			out.Errors[i] = ImportError(e)
		}
		return nil
	})
	return out, err
}
