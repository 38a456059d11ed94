package catalog

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/haat-market/haat/internal/catalog/catalogdb"
	"github.com/haat-market/haat/internal/platform/blob"
	"github.com/haat-market/haat/internal/platform/code"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/event"
	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/job"
	"github.com/haat-market/haat/internal/platform/outbound"
	"github.com/haat-market/haat/internal/platform/picture"
)

const (
	imagesKind    = "catalog.images"
	fetchesAtOnce = 20
	maxTries      = 5
)

type imagesWork struct {
	Import int64 `json:"import"`
}

// queueImages asks for the pictures of an import to be fetched, if it has any.
func (s *Service) queueImages(ctx context.Context, tx db.Tx, id int64) error {
	waiting, err := catalogdb.New(tx).ImageFetches(ctx, id, 0, 1)
	if err != nil || len(waiting) == 0 {
		return err
	}
	return s.jobs.Enqueue(ctx, tx, job.New(imagesKind, imagesWork{id}).Key(imagesKind+":"+strconv.FormatInt(id, 10)))
}

// errAgain has the job tried again later: a server did not answer.
var errAgain = errors.New("catalog: some images could not be fetched yet")

// imagesJob fetches the pictures of an import one after another. What cannot be had is a warning of the import; what may
// be had later is tried again with the job.
func (s *Service) imagesJob(ctx context.Context, w imagesWork) error {
	var imp catalogdb.Import
	again := false
	for after := int64(0); ; {
		var waiting []catalogdb.ImageFetch
		err := s.db.Read(ctx, "catalog.images_waiting", func(ctx context.Context, tx db.Tx) (err error) {
			q := catalogdb.New(tx)
			if imp, err = q.ImportByID(ctx, w.Import); err != nil {
				return err
			}
			waiting, err = q.ImageFetches(ctx, w.Import, after, fetchesAtOnce)
			return err
		})
		if err != nil {
			return fmt.Errorf("images of import: %w", err)
		}
		if len(waiting) == 0 {
			break
		}
		for _, f := range waiting {
			after = f.ID
			later, err := s.fetchImage(ctx, imp, f)
			if err != nil {
				return err
			}
			again = again || later
		}
	}
	if again {
		return errAgain
	}
	return nil
}

// fetchImage gets one picture, outside of any transaction, and writes down what became of it.
func (s *Service) fetchImage(ctx context.Context, imp catalogdb.Import, f catalogdb.ImageFetch) (later bool, err error) {
	kept, err := s.getImage(ctx, imp, f.Url)
	var told *outbound.Error
	refused, isFault := fault.As(err)
	switch {
	case err == nil:
		return false, s.placeImage(ctx, imp, f, kept)
	case ctx.Err() != nil:
		return false, ctx.Err()
	case errors.As(err, &told) && told.Again && f.Tries+1 < maxTries:
		return true, s.db.Write(ctx, "catalog.image_later", func(ctx context.Context, tx db.Tx) error {
			return catalogdb.New(tx).TryImageFetch(ctx, f.ID)
		}, db.Bulk())
	case errors.As(err, &told):
		return false, s.failImage(ctx, imp, f, told.Code, told.Message)
	case isFault && refused.Kind == fault.Invalid:
		return false, s.failImage(ctx, imp, f, refused.Code, refused.Message)
	}
	return false, err
}

func (s *Service) getImage(ctx context.Context, imp catalogdb.Import, url string) (blob.Blob, error) {
	if imp.Cancelled {
		return blob.Blob{}, &outbound.Error{Code: "cancelled", Message: "The import was cancelled."}
	}
	file, err := s.fetch.Get(ctx, url)
	if err != nil {
		return blob.Blob{}, err
	}
	painted, err := picture.Make(ctx, file, picture.Product)
	if err != nil {
		return blob.Blob{}, err
	}
	return s.blobs.PutPicture(ctx, blob.Public, painted)
}

func (s *Service) placeImage(ctx context.Context, imp catalogdb.Import, f catalogdb.ImageFetch, kept blob.Blob) error {
	return s.db.Write(ctx, "catalog.image_fetched", func(ctx context.Context, tx db.Tx) error {
		q := catalogdb.New(tx)
		if n, err := q.DeleteImageFetch(ctx, f.ID); err != nil || n == 0 {
			return err // somebody else did it
		}
		there, err := q.ImagesOfProducts(ctx, []int64{f.ProductID})
		if err != nil {
			return fmt.Errorf("images: %w", err)
		}
		key := int64(0)
		for _, i := range there {
			if i.Image == kept.Name {
				key = i.ID // the product has it already, by another address
			}
		}
		switch {
		case key != 0:
		case len(there) >= maxImages:
			return s.noteImage(ctx, q, imp, f, ErrManyImages.Code, ErrManyImages.Message)
		default:
			var failed error
			row := catalogdb.InsertImagesParams{
				PublicID: code.ID("img"), ProductID: f.ProductID, Image: kept.Name, Alt: f.Alt, Position: f.Position, Source: f.Url, CreatedAt: s.now(),
			}
			q.InsertImages(ctx, []catalogdb.InsertImagesParams{row}).QueryRow(func(_ int, id int64, err error) { key, failed = id, err })
			if failed != nil {
				return fmt.Errorf("image: %w", failed)
			}
		}
		if err := s.linkVariants(ctx, q, f.Variants, key); err != nil {
			return err
		}
		if err := s.cover(ctx, tx, f.ProductID); err != nil {
			return err
		}
		p, err := q.ProductByID(ctx, f.ProductID)
		if err != nil {
			return fmt.Errorf("product of image: %w", err)
		}
		if err := q.CountImages(ctx, 1, 0, s.now(), imp.ID); err != nil {
			return fmt.Errorf("import: %w", err)
		}
		return s.events.Append(ctx, tx, event.Event{
			Type: "product.image_added", Subject: p.PublicID, Actor: imp.Actor, Facts: map[string]any{"import": imp.PublicID, "file": kept.Name},
		})
	}, db.Bulk())
}

func (s *Service) linkVariants(ctx context.Context, q *catalogdb.Queries, keys string, image int64) error {
	var links []catalogdb.PutVariantImagesParams
	for k := range strings.SplitSeq(keys, ",") {
		if id, err := strconv.ParseInt(k, 10, 64); err == nil {
			links = append(links, catalogdb.PutVariantImagesParams{VariantID: id, ImageID: image})
		}
	}
	if len(links) == 0 {
		return nil
	}
	return firstError(q.PutVariantImages(ctx, links))
}

func (s *Service) failImage(ctx context.Context, imp catalogdb.Import, f catalogdb.ImageFetch, what, message string) error {
	return s.db.Write(ctx, "catalog.image_failed", func(ctx context.Context, tx db.Tx) error {
		q := catalogdb.New(tx)
		if n, err := q.DeleteImageFetch(ctx, f.ID); err != nil || n == 0 {
			return err
		}
		return s.noteImage(ctx, q, imp, f, what, message)
	}, db.Bulk())
}

func (s *Service) noteImage(ctx context.Context, q *catalogdb.Queries, imp catalogdb.Import, f catalogdb.ImageFetch, what, message string) error {
	if err := q.CountImages(ctx, 0, 1, s.now(), imp.ID); err != nil {
		return fmt.Errorf("import: %w", err)
	}
	return s.keepErrors(ctx, q, imp.ID, imp.ErrorCount+imp.WarningCount, []ImportError{{
		Severity: SeverityWarning, Line: f.Line, Handle: f.Handle, Field: "Image Src", Code: what, Message: message,
	}})
}
