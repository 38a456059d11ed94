package catalog

import (
	"context"
	"net/http"
	"time"

	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/web"
)

// ImportView is an import in an answer.
type ImportView struct {
	ID         string        `json:"id"`
	State      ImportState   `json:"state" enum:"queued,running,finished,failed"`
	Size       int64         `json:"size" doc:"Bytes of the file."`
	SHA256     string        `json:"sha256"`
	Progress   int64         `json:"progress" doc:"Percent of the file that is read."`
	Created    int64         `json:"created" doc:"Products that are new."`
	Updated    int64         `json:"updated" doc:"Products that the file changed."`
	Unchanged  int64         `json:"unchanged" doc:"Products that were as the file says."`
	ErrorCount int64         `json:"error_count"`
	Errors     []ImportError `json:"errors,omitempty" doc:"The first 200; left out in lists."`
	Failure    string        `json:"failure" doc:"Why the file as a whole could not be read."`
	Actor      string        `json:"actor"`
	CreatedAt  time.Time     `json:"created_at"`
	UpdatedAt  time.Time     `json:"updated_at"`
	FinishedAt *time.Time    `json:"finished_at"`
}

func viewImport(i Import) ImportView {
	v := ImportView{
		ID: i.ID, State: i.State, Size: i.Size, SHA256: i.SHA256, Created: i.Created, Updated: i.Updated, Unchanged: i.Unchanged,
		ErrorCount: i.ErrorCount, Errors: i.Errors, Failure: i.Failure, Actor: i.Actor, CreatedAt: i.CreatedAt, UpdatedAt: i.UpdatedAt,
		FinishedAt: i.FinishedAt,
	}
	switch {
	case i.State == ImportFinished:
		v.Progress = 100
	case i.Size > 0:
		v.Progress = i.BytesRead * 100 / i.Size
	}
	return v
}

type importIn struct {
	IDIn
	RawBody []byte `contentType:"text/csv"`
}

func (s *Service) mountImports(api *web.API) {
	web.Register(api, web.Op{
		Method: http.MethodPost, Path: "/v1/stores/{id}/imports", ID: "import.create", Summary: "Import a file of products", Room: roomName,
		Access: web.Owner, Status: http.StatusAccepted, Idempotent: true, Consumes: []string{"text/csv"}, MaxBody: maxImport, Timeout: 2 * time.Minute,
		Description: "Takes a product file as Shopify exports it (CSV, UTF-8, up to 20 MB) and works it through in the background. " +
			"Products are found again by their handle, so the same file can be imported twice without doubling anything: " +
			"texts and prices follow the file, new products and variants are added, none is removed. A product's state follows the file only " +
			"when the product is new. Stock follows the file when the variant is new or the file's figure is another than the time before. " +
			"What the file sells without stock is not tracked. Images are not imported.",
		Errors: append([]*fault.Error{ErrManyImports}, storeFaults...),
	}, func(ctx context.Context, in *importIn) (*body[ImportView], error) {
		i, err := s.StartImport(ctx, web.CallerFrom(ctx), in.ID, in.RawBody)
		return reply(i, err, viewImport)
	})
	web.Register(api, web.Op{
		Method: http.MethodGet, Path: "/v1/stores/{id}/imports", ID: "import.list", Summary: "A store's imports", Room: roomName, Access: web.Owner,
		Errors: append([]*fault.Error{db.ErrInvalidCursor}, storeFaults...),
	}, func(ctx context.Context, in *historyIn) (*body[web.Page[ImportView]], error) {
		items, next, err := s.Imports(ctx, web.CallerFrom(ctx), in.ID, in.Limit, in.Cursor)
		return page(items, next, err, viewImport)
	})
	web.Register(api, web.Op{
		Method: http.MethodGet, Path: "/v1/imports/{id}", ID: "import.get", Summary: "An import and what was wrong in it", Room: roomName,
		Access: web.Owner, Errors: faults(ErrImportNotFound),
	}, func(ctx context.Context, in *IDIn) (*body[ImportView], error) {
		i, err := s.Import(ctx, web.CallerFrom(ctx), in.ID)
		return reply(i, err, viewImport)
	})
}
