package catalog

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"github.com/haat-market/haat/internal/catalog/catalogdb"
	"github.com/haat-market/haat/internal/catalog/shopify"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/internal/store"
)

// ErrImportState is told where an import is over.
var ErrImportState = fault.New(fault.Conflict, "import_state", "The import is over: there is nothing to cancel.")

// mayWatch is an import of a store in which the caller has a right.
func (s *Service) mayWatch(ctx context.Context, tx db.Tx, caller web.Caller, id string, right store.Right) (catalogdb.Import, error) {
	r, err := catalogdb.New(tx).ImportByPublicID(ctx, id)
	if errors.Is(err, db.ErrNoRows) || err == nil && r.State == "receiving" {
		return r, ErrImportNotFound
	}
	if err != nil {
		return r, fmt.Errorf("import: %w", err)
	}
	_, err = s.stores.RequireID(ctx, tx, caller, r.StoreID, right)
	if errors.Is(err, store.ErrStoreNotFound) {
		err = ErrImportNotFound
	}
	return r, err
}

// CancelImport stops an import. What it did stays; the worker sees it with its next chunk.
func (s *Service) CancelImport(ctx context.Context, caller web.Caller, id string) (Import, error) {
	err := s.db.Write(ctx, "catalog.import_cancel", func(ctx context.Context, tx db.Tx) error {
		r, err := s.mayWatch(ctx, tx, caller, id, store.Catalog)
		if err != nil {
			return err
		}
		q := catalogdb.New(tx)
		n, err := q.CancelImport(ctx, "It was cancelled. What was imported before stays.", s.now(), r.ID)
		switch {
		case err != nil:
			return fmt.Errorf("import: %w", err)
		case n == 0:
			return ErrImportState.With("state", string(importOf(r).State))
		}
		if err := s.queueImages(ctx, tx, r.ID); err != nil {
			return err
		}
		return s.happened(ctx, tx, "import.cancelled", r.PublicID, nil)
	})
	if err != nil {
		return Import{}, err
	}
	return s.Import(ctx, caller, id)
}

const errorsAtOnce = 1000

// ImportErrors is a page of what is said of an import's rows. A cursor is the key of the last one: it grants nothing.
func (s *Service) ImportErrors(ctx context.Context, caller web.Caller, id string, limit int, cursor string) (items []ImportError, next string, err error) {
	after := int64(0)
	if cursor != "" {
		if after, err = strconv.ParseInt(cursor, 10, 64); err != nil || after < 1 {
			return nil, "", db.ErrInvalidCursor
		}
	}
	err = s.db.Read(ctx, "catalog.import_errors", func(ctx context.Context, tx db.Tx) error {
		r, err := s.mayWatch(ctx, tx, caller, id, store.View)
		if err != nil {
			return err
		}
		rows, err := catalogdb.New(tx).ImportErrorsAfter(ctx, r.ID, after, int32(limit)+1) //nolint:gosec // at most a page
		if err != nil {
			return fmt.Errorf("import's errors: %w", err)
		}
		next = ""
		if len(rows) > limit {
			rows = rows[:limit]
			next = strconv.FormatInt(rows[limit-1].ID, 10)
		}
		items = make([]ImportError, len(rows))
		for i, e := range rows {
			items[i] = ImportError{Line: e.Line, Handle: e.Handle, Field: e.Field, Code: e.Code, Message: e.Message, Severity: e.Severity}
		}
		return nil
	})
	return items, next, err
}

// csvAnswer streams a file. What goes wrong after its beginning breaks the connection off, so that half a file is not
// taken for a whole one.
func (s *Service) csvAnswer(ctx context.Context, name string, write func(w *csv.Writer) error) *csvOut {
	return &csvOut{
		ContentType: "text/csv; charset=utf-8", Disposition: `attachment; filename="` + name + `"`,
		Body: func(c huma.Context) {
			w := csv.NewWriter(c.BodyWriter())
			err := write(w)
			if w.Flush(); err == nil {
				err = w.Error()
			}
			if err != nil {
				if ctx.Err() == nil {
					s.log.Error("a file was broken off", slog.String("file", name), slog.Any("error", err))
				}
				panic(http.ErrAbortHandler)
			}
		},
	}
}

func (s *Service) writeErrors(ctx context.Context, caller web.Caller, id string, w *csv.Writer) error {
	if err := w.Write([]string{"Line", "Severity", "Handle", "Field", "Code", "Message"}); err != nil {
		return err
	}
	for cursor := ""; ; {
		items, next, err := s.ImportErrors(ctx, caller, id, errorsAtOnce, cursor)
		if err != nil {
			return err
		}
		for _, e := range items {
			row := []string{strconv.FormatInt(e.Line, 10), e.Severity, shopify.Guarded(e.Handle), shopify.Guarded(e.Field), e.Code, shopify.Guarded(e.Message)}
			if err := w.Write(row); err != nil {
				return err
			}
		}
		if cursor = next; cursor == "" {
			return nil
		}
	}
}
