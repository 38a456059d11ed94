package catalog

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/haat-market/haat/internal/catalog/catalogdb"
	"github.com/haat-market/haat/internal/platform/blob"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/code"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/idem"
	"github.com/haat-market/haat/internal/platform/picture"
	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/internal/store"
)

const (
	maxImages = 50 // of one product
	maxAlt    = 500
)

// What is refused of images.
var (
	ErrImageNotFound = fault.New(fault.NotFound, "image_not_found", "The product has no such image.")
	ErrManyImages    = fault.New(fault.Conflict, "too_many_images", "A product can have 50 images.")
	ErrImageTaken    = fault.New(fault.Conflict, "image_exists", "The product has this image already.")
	ErrInvalidImage  = fault.New(fault.Invalid, "invalid_image", "Some of what is said of the image is not acceptable.")
)

// Image is a picture of a product.
type Image struct {
	ID        string
	File      blob.Blob
	Alt       string
	Position  int64 // from 1 on
	CreatedAt time.Time
}

func imagesOf(rows []catalogdb.ImagesOfProductsRow) []Image {
	out := make([]Image, len(rows))
	for i, r := range rows {
		out[i] = Image{
			ID: r.PublicID, File: blob.Blob{Name: r.Image, Width: int(r.Width), Height: int(r.Height)}, Alt: r.Alt, Position: int64(i) + 1,
			CreatedAt: clock.Time(r.CreatedAt),
		}
	}
	return out
}

// gallery is a product with its images, as a write finds them.
type gallery struct {
	product catalogdb.Product
	brief   store.Brief
	rows    []catalogdb.ImagesOfProductsRow
}

func (g *gallery) index(image string) (int, error) {
	i := slices.IndexFunc(g.rows, func(r catalogdb.ImagesOfProductsRow) bool { return r.PublicID == image })
	if i < 0 {
		return 0, ErrImageNotFound
	}
	return i, nil
}

func (s *Service) gallery(ctx context.Context, tx db.Tx, caller web.Caller, product string) (g gallery, err error) {
	if g.product, g.brief, err = s.editable(ctx, tx, caller, product); err != nil {
		return g, err
	}
	if State(g.product.State) == Archived {
		return g, Archived.refuse(rules{})
	}
	if g.rows, err = catalogdb.New(tx).ImagesOfProducts(ctx, []int64{g.product.ID}); err != nil {
		return g, fmt.Errorf("images: %w", err)
	}
	return g, nil
}

// Images are those of a product that the caller may see.
func (s *Service) Images(ctx context.Context, caller web.Caller, product string) (out []Image, err error) {
	err = s.db.Read(ctx, "catalog.images", func(ctx context.Context, tx db.Tx) error {
		p, _, err := s.readable(ctx, tx, caller, product)
		if err != nil {
			return err
		}
		rows, err := catalogdb.New(tx).ImagesOfProducts(ctx, []int64{p.ID})
		out = imagesOf(rows)
		return err
	})
	return out, err
}

// AddImage paints a picture anew, keeps it and puts it behind the others. Whether the caller may is looked at before
// anything is decoded, and again when it is written.
func (s *Service) AddImage(ctx context.Context, caller web.Caller, product string, file []byte, alt string) (Image, error) {
	f := newFindings(ErrInvalidImage)
	alt = f.text("alt", alt, 0, maxAlt)
	if err := f.fault(); err != nil {
		return Image{}, err
	}
	err := s.db.Read(ctx, "catalog.image_may", func(ctx context.Context, tx db.Tx) error {
		_, err := s.gallery(ctx, tx, caller, product)
		return err
	})
	if err != nil {
		return Image{}, err
	}
	painted, err := picture.Make(ctx, file, picture.Product)
	if err != nil {
		return Image{}, err
	}
	kept, err := s.blobs.PutPicture(ctx, blob.Public, painted)
	if err != nil {
		return Image{}, fmt.Errorf("image: %w", err)
	}
	id, replayed, err := idem.Once(ctx, s.db, "catalog.add_image", func(ctx context.Context, tx db.Tx) (string, error) {
		g, err := s.gallery(ctx, tx, caller, product)
		if err != nil {
			return "", err
		}
		image := code.ID("img")
		if err := s.addImages(ctx, tx, g.product.ID, g.rows, []catalogdb.InsertImagesParams{{PublicID: image, Image: kept.Name, Alt: alt}}); err != nil {
			return "", err
		}
		return image, s.happened(ctx, tx, "product.image_added", g.product.PublicID, map[string]any{"image": image, "file": kept.Name})
	})
	if err != nil {
		return Image{}, err
	}
	if replayed {
		web.MarkReplayed(ctx)
	}
	return s.image(ctx, caller, product, id)
}

// addImages puts new images behind those of a product.
func (s *Service) addImages(ctx context.Context, tx db.Tx, product int64, there []catalogdb.ImagesOfProductsRow, list []catalogdb.InsertImagesParams) error {
	if len(there)+len(list) > maxImages {
		return ErrManyImages
	}
	position := int64(0)
	for _, r := range there {
		position = max(position, r.Position+1)
	}
	now := s.now()
	for i := range list {
		list[i].ProductID, list[i].Position, list[i].CreatedAt = product, position+int64(i), now
	}
	var first error
	q := catalogdb.New(tx)
	q.InsertImages(ctx, list).QueryRow(func(_ int, _ int64, err error) {
		if err != nil && first == nil {
			first = err
		}
	})
	if db.IsConstraint(first, "product_images_twice_key") || db.IsConstraint(first, "product_images_source_key") {
		return ErrImageTaken.Because(first)
	}
	if first != nil {
		return fmt.Errorf("image: %w", first)
	}
	return s.cover(ctx, tx, product)
}

// cover writes a product's first image into its listing.
func (s *Service) cover(ctx context.Context, tx db.Tx, products ...int64) error {
	q := catalogdb.New(tx)
	rows, err := q.ImagesOfProducts(ctx, products)
	if err != nil {
		return fmt.Errorf("images: %w", err)
	}
	covers := make([]catalogdb.SetCoversParams, len(products))
	for i, p := range products {
		covers[i] = catalogdb.SetCoversParams{ProductID: p, UpdatedAt: s.now()}
		if at := slices.IndexFunc(rows, func(r catalogdb.ImagesOfProductsRow) bool { return r.ProductID == p }); at >= 0 {
			covers[i].Image = rows[at].Image
		}
	}
	if err := firstError(q.SetCovers(ctx, covers)); err != nil {
		return fmt.Errorf("covers: %w", err)
	}
	return nil
}

func (s *Service) image(ctx context.Context, caller web.Caller, product, image string) (Image, error) {
	list, err := s.Images(ctx, caller, product)
	if err != nil {
		return Image{}, err
	}
	i := slices.IndexFunc(list, func(i Image) bool { return i.ID == image })
	if i < 0 {
		return Image{}, ErrImageNotFound
	}
	return list[i], nil
}

// ImagePatch changes what is not nil.
type ImagePatch struct {
	Alt      *string
	Position *int64 // from 1 on; beyond the last is the last
}

// UpdateImage says another thing of an image, or moves it among the others.
func (s *Service) UpdateImage(ctx context.Context, caller web.Caller, product, image string, in ImagePatch) (Image, error) {
	f := newFindings(ErrInvalidImage)
	alt := f.text("alt", deref(in.Alt), 0, maxAlt)
	if in.Position != nil && *in.Position < 1 {
		f.add("position", "out_of_range", "Positions count from 1 on.")
	}
	if err := f.fault(); err != nil {
		return Image{}, err
	}
	err := s.db.Write(ctx, "catalog.update_image", func(ctx context.Context, tx db.Tx) error {
		g, err := s.gallery(ctx, tx, caller, product)
		if err != nil {
			return err
		}
		i, err := g.index(image)
		if err != nil {
			return err
		}
		order := slices.Clone(g.rows)
		if in.Alt != nil {
			order[i].Alt = alt
		}
		if in.Position != nil {
			moved := order[i]
			order = slices.Delete(order, i, i+1)
			order = slices.Insert(order, int(min(*in.Position-1, int64(len(order)))), moved)
		}
		return s.arrange(ctx, tx, g, order, "product.image_changed", map[string]any{"image": image})
	})
	if err != nil {
		return Image{}, err
	}
	return s.image(ctx, caller, product, image)
}

// OrderImages brings all images of a product into an order; the first one is the cover.
func (s *Service) OrderImages(ctx context.Context, caller web.Caller, product string, images []string) ([]Image, error) {
	err := s.db.Write(ctx, "catalog.order_images", func(ctx context.Context, tx db.Tx) error {
		g, err := s.gallery(ctx, tx, caller, product)
		if err != nil {
			return err
		}
		order := make([]catalogdb.ImagesOfProductsRow, 0, len(g.rows))
		for _, image := range images {
			i, err := g.index(image)
			if err != nil {
				return err
			}
			order = append(order, g.rows[i])
		}
		if len(slices.Compact(slices.Sorted(slices.Values(images)))) != len(g.rows) || len(images) != len(g.rows) {
			return ErrInvalidImage.Field("images", "incomplete", "Name each image of the product once.")
		}
		return s.arrange(ctx, tx, g, order, "product.images_ordered", nil)
	})
	if err != nil {
		return nil, err
	}
	return s.Images(ctx, caller, product)
}

// arrange writes the images that stand elsewhere, or of which something else is said.
func (s *Service) arrange(ctx context.Context, tx db.Tx, g gallery, order []catalogdb.ImagesOfProductsRow, what string, facts map[string]any) error {
	var changed []catalogdb.UpdateImagesParams
	for i, r := range order {
		before := g.rows[slices.IndexFunc(g.rows, func(o catalogdb.ImagesOfProductsRow) bool { return o.ID == r.ID })]
		if before.Position != int64(i) || before.Alt != r.Alt {
			changed = append(changed, catalogdb.UpdateImagesParams{Alt: r.Alt, Position: int64(i), ID: r.ID})
		}
	}
	if len(changed) == 0 {
		return nil
	}
	if err := firstError(catalogdb.New(tx).UpdateImages(ctx, changed)); err != nil {
		return fmt.Errorf("images: %w", err)
	}
	if err := s.cover(ctx, tx, g.product.ID); err != nil {
		return err
	}
	return s.happened(ctx, tx, what, g.product.PublicID, facts)
}

// DeleteImage takes an image away, also from the variants that have it as theirs. The file stays as long as an order
// shows it.
func (s *Service) DeleteImage(ctx context.Context, caller web.Caller, product, image string) error {
	return s.db.Write(ctx, "catalog.delete_image", func(ctx context.Context, tx db.Tx) error {
		g, err := s.gallery(ctx, tx, caller, product)
		if err != nil {
			return err
		}
		i, err := g.index(image)
		if err != nil {
			return err
		}
		q, row := catalogdb.New(tx), g.rows[i]
		if _, err := q.ForgetImage(ctx, row.ID); err != nil {
			return fmt.Errorf("image of variants: %w", err)
		}
		if _, err := q.DeleteImage(ctx, row.ID); err != nil {
			return fmt.Errorf("image: %w", err)
		}
		if err := s.blobs.Drop(ctx, tx, row.Image); err != nil {
			return err
		}
		if err := s.cover(ctx, tx, g.product.ID); err != nil {
			return err
		}
		return s.happened(ctx, tx, "product.image_removed", g.product.PublicID, map[string]any{"image": image})
	})
}

// SetVariantImage makes one of the product's images the variant's own; "" takes it away.
func (s *Service) SetVariantImage(ctx context.Context, caller web.Caller, variant, image string) (Variant, error) {
	err := s.db.Write(ctx, "catalog.variant_image", func(ctx context.Context, tx db.Tx) error {
		v, p, _, err := s.editableVariant(ctx, tx, caller, variant)
		if err != nil {
			return err
		}
		q := catalogdb.New(tx)
		if image == "" {
			if n, err := q.DeleteVariantImage(ctx, v.ID); err != nil || n == 0 {
				return err
			}
		} else {
			rows, err := q.ImagesOfProducts(ctx, []int64{p.ID})
			if err != nil {
				return fmt.Errorf("images: %w", err)
			}
			i := slices.IndexFunc(rows, func(r catalogdb.ImagesOfProductsRow) bool { return r.PublicID == image })
			if i < 0 {
				return ErrInvalidImage.Field("image", ErrImageNotFound.Code, ErrImageNotFound.Message)
			}
			if err := firstError(q.PutVariantImages(ctx, []catalogdb.PutVariantImagesParams{{VariantID: v.ID, ImageID: rows[i].ID}})); err != nil {
				return fmt.Errorf("image of variant: %w", err)
			}
		}
		return s.happened(ctx, tx, "variant.image_set", v.PublicID, map[string]any{"product": p.PublicID, "image": image})
	})
	if err != nil {
		return Variant{}, err
	}
	return s.Variant(ctx, caller, variant)
}

// showImages adds the images to a product that was read, and says which variants have one as theirs.
func (s *Service) showImages(ctx context.Context, tx db.Tx, out *Product, p catalogdb.Product, variants []catalogdb.Variant) error {
	q := catalogdb.New(tx)
	rows, err := q.ImagesOfProducts(ctx, []int64{p.ID})
	if err != nil {
		return fmt.Errorf("images: %w", err)
	}
	if out.Images = imagesOf(rows); len(rows) == 0 {
		return nil
	}
	own, err := s.ownImages(ctx, tx, variants, rows)
	for i, v := range variants {
		out.Variants[i].Image = own[v.ID]
	}
	return err
}

// ownImages are the images of variants, by the variants' keys.
func (s *Service) ownImages(ctx context.Context, tx db.Tx, variants []catalogdb.Variant, rows []catalogdb.ImagesOfProductsRow) (map[int64]string, error) {
	ids := make([]int64, len(variants))
	for i, v := range variants {
		ids[i] = v.ID
	}
	links, err := catalogdb.New(tx).VariantImages(ctx, ids)
	if err != nil {
		return nil, fmt.Errorf("images of variants: %w", err)
	}
	out := make(map[int64]string, len(links))
	for _, l := range links {
		if i := slices.IndexFunc(rows, func(r catalogdb.ImagesOfProductsRow) bool { return r.ID == l.ImageID }); i >= 0 {
			out[l.VariantID] = rows[i].PublicID
		}
	}
	return out, nil
}

var errNoFile = errors.New("catalog: the form has no file")
