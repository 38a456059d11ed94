package catalog

import (
	"context"
	"encoding/csv"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/web"
)

// ImportView is an import in an answer.
type ImportView struct {
	ID         string        `json:"id"`
	State      ImportState   `json:"state" enum:"queued,running,finished,failed,cancelled"`
	Size       int64         `json:"size" doc:"Bytes of the file."`
	SHA256     string        `json:"sha256"`
	Progress   int64         `json:"progress" doc:"Percent of the file that is read."`
	Created    int64         `json:"created" doc:"Products that are new."`
	Updated    int64         `json:"updated" doc:"Products that the file changed."`
	Unchanged  int64         `json:"unchanged" doc:"Products that were as the file says."`
	ErrorCount int64         `json:"error_count"`
	Warnings   int64         `json:"warning_count"`
	DryRun     bool          `json:"dry_run" doc:"It was only tried: nothing was changed."`
	Rows       int64         `json:"rows" doc:"Of the file, that were read."`
	Bytes      int64         `json:"bytes" doc:"Of the file, that were read."`
	Rate       int64         `json:"rows_per_second" doc:"Since it began."`
	ETA        *int64        `json:"eta_seconds" doc:"When it will be done at this rate; null while nobody can say."`
	Images     ImportImages  `json:"images" doc:"Pictures that the file names by their addresses; they are fetched after the rows."`
	StartedAt  *time.Time    `json:"started_at"`
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
		FinishedAt: i.FinishedAt, Warnings: i.Warnings, DryRun: i.DryRun, Rows: i.Rows, Bytes: i.BytesRead, Images: i.Images, StartedAt: i.StartedAt,
	}
	if i.StartedAt != nil {
		// The worker moves on in chunks: until it is done, the last one counts.
		took := max(i.UpdatedAt.Sub(*i.StartedAt), time.Millisecond)
		if i.FinishedAt != nil {
			took = max(i.FinishedAt.Sub(*i.StartedAt), time.Millisecond)
		}
		v.Rate = i.Rows * int64(time.Second) / int64(took)
		if i.State == ImportRunning && i.BytesRead > 0 {
			left := int64(took/time.Millisecond) * (i.Size - i.BytesRead) / i.BytesRead / 1000
			v.ETA = &left
		}
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
	Type    string `header:"Content-Type"`
	DryRun  bool   `query:"dry_run" doc:"Only say what would change."`
	RawBody []byte `contentType:"text/csv"`
}

// errorsIn are a page of what is said of a file's rows.
type errorsIn struct {
	IDIn
	web.PageParams
}

type csvOut struct {
	ContentType string `header:"Content-Type"`
	Disposition string `header:"Content-Disposition"`
	Body        func(huma.Context)
}

func (s *Service) mountImports(api *web.API) {
	web.Register(api, web.Op{
		Method: http.MethodPost, Path: "/v1/stores/{id}/imports", ID: "import.create", Summary: "Import a file of products", Room: roomName,
		Access: web.Owner, Status: http.StatusAccepted, Idempotent: true, Consumes: []string{"text/csv", "multipart/form-data"}, MaxBody: maxImport + 64<<10, Timeout: 2 * time.Minute,
		Description: "Takes a product file as Shopify exports it (CSV, UTF-8, up to 20 MB and 100,000 rows; commas, semicolons or tabs), as the body or as `file` of a form, and works it through in the background. " +
			"Products are found again by their handle, so the same file can be imported twice without doubling anything: " +
			"texts and prices follow the file, new products and variants are added, none is removed. A product's state follows the file only " +
			"when the product is new. Stock follows the file when the variant is new or the file's figure is another than the time before. " +
			"What the file sells without stock is not tracked. Images that are files of this market are taken at once; others are fetched afterwards where the market's setting " +
			"`import_images` allows it. Columns that mean nothing here are kept for the next export.",
		Errors: append([]*fault.Error{ErrManyImports, ErrNotText, web.ErrMalformedForm, web.ErrBodyTooLarge, web.ErrBodyRequired}, storeFaults...),
	}, func(ctx context.Context, in *importIn) (*body[ImportView], error) {
		file, _, err := upload(in.Type, in.RawBody, "")
		switch {
		case err != nil:
			return nil, err
		case len(file) == 0:
			return nil, web.ErrBodyRequired
		case len(file) > maxImport:
			return nil, web.ErrBodyTooLarge.With("limit", maxImport)
		}
		i, err := s.StartImport(ctx, web.CallerFrom(ctx), in.ID, file, in.DryRun)
		return reply(i, err, viewImport)
	})
	web.Register(api, web.Op{
		Method: http.MethodPost, Path: "/v1/imports/{id}/cancel", ID: "import.cancel", Summary: "Cancel an import", Room: roomName, Access: web.Owner,
		Description: "What was imported stays. Images that wait to be fetched are not.", Errors: faults(ErrImportNotFound, ErrImportState),
	}, func(ctx context.Context, in *IDIn) (*body[ImportView], error) {
		i, err := s.CancelImport(ctx, web.CallerFrom(ctx), in.ID)
		return reply(i, err, viewImport)
	})
	web.Register(api, web.Op{
		Method: http.MethodGet, Path: "/v1/imports/{id}/errors", ID: "import.errors", Summary: "What is said of an import's rows", Room: roomName, Access: web.Owner,
		Description: "Up to 10,000 of one import are kept; more are only counted.", Errors: faults(ErrImportNotFound, db.ErrInvalidCursor),
	}, func(ctx context.Context, in *errorsIn) (*body[web.Page[ImportError]], error) {
		items, next, err := s.ImportErrors(ctx, web.CallerFrom(ctx), in.ID, in.Limit, in.Cursor)
		return page(items, next, err, func(e ImportError) ImportError { return e })
	})
	web.Register(api, web.Op{
		Method: http.MethodGet, Path: "/v1/imports/{id}/errors.csv", ID: "import.errors_csv", Summary: "What is said of an import's rows, as a file", Room: roomName,
		Access: web.Owner, Produces: []string{"text/csv"}, Timeout: web.NoTimeout, Errors: faults(ErrImportNotFound),
	}, func(ctx context.Context, in *IDIn) (*csvOut, error) {
		i, err := s.Import(ctx, web.CallerFrom(ctx), in.ID)
		if err != nil {
			return nil, err
		}
		return s.csvAnswer(ctx, i.ID+"-errors.csv", func(w *csv.Writer) error { return s.writeErrors(ctx, web.CallerFrom(ctx), i.ID, w) }), nil
	})
	web.Register(api, web.Op{
		Method: http.MethodGet, Path: "/v1/stores/{id}/products.csv", ID: "product.export", Summary: "A store's products as a file", Room: roomName,
		Access: web.Owner, Produces: []string{"text/csv"}, Timeout: web.NoTimeout, Errors: storeFaults,
		Description: "In the columns that Shopify uses, all products but archived ones. The file imports again unchanged. Cells that a spreadsheet would take for a formula begin with a quote, which an import takes away.",
	}, func(ctx context.Context, in *IDIn) (*csvOut, error) {
		write, err := s.Export(ctx, web.CallerFrom(ctx), in.ID)
		if err != nil {
			return nil, err
		}
		return s.csvAnswer(ctx, "products.csv", write), nil
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
