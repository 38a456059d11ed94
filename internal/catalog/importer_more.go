package catalog

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/haat-market/haat/internal/catalog/catalogdb"
	"github.com/haat-market/haat/internal/catalog/shopify"
	"github.com/haat-market/haat/internal/platform/blob"
	"github.com/haat-market/haat/internal/platform/code"
	"github.com/haat-market/haat/internal/platform/fault"
)

// known is what is there already of what a file says beside products and variants.
type known struct {
	details map[int64]catalogdb.ProductDetail // by product
	facts   map[int64]catalogdb.VariantDetail // by variant
	onHand  map[int64]int64                   // by variant
	images  map[int64][]catalogdb.ImagesOfProductsRow
	owned   map[int64]int64 // variant → image
	waiting map[imageAt]bool
	files   map[string]blob.Blob // those of our own that the chunk names
}

type imageAt struct {
	product int64
	url     string
}

// detailOf, factsOf and imagePlan wait for the keys of products and variants that are not there yet.
type detailOf struct {
	of  *catalogdb.Product
	row catalogdb.PutProductDetailsParams
}

type factsOf struct {
	id  int64
	of  *newVariant // where id is 0
	row catalogdb.PutVariantDetailsParams
}

func (f factsOf) key() int64 {
	if f.of != nil {
		return f.of.ID
	}
	return f.id
}

// imagePlan is what a file says of one picture of a product.
type imagePlan struct {
	of       *catalogdb.Product
	handle   string
	image    shopify.Image
	position int64
	there    int64     // key of the image where it is there
	file     string    // name of the file where it is our own
	variants []factsOf // whose own it is
}

func (w *importer) readKnown(ctx context.Context, products []int64, variants []catalogdb.Variant) (err error) {
	k := known{
		details: map[int64]catalogdb.ProductDetail{}, facts: map[int64]catalogdb.VariantDetail{}, images: map[int64][]catalogdb.ImagesOfProductsRow{},
		owned: map[int64]int64{}, waiting: map[imageAt]bool{}, onHand: map[int64]int64{},
	}
	if k.files, err = w.s.blobs.Blobs(ctx, w.tx, w.ownFiles()); err != nil {
		return fmt.Errorf("own files: %w", err)
	}
	if w.known = k; len(products) == 0 {
		return nil
	}
	details, err := w.q.ProductDetails(ctx, products)
	if err != nil {
		return fmt.Errorf("details: %w", err)
	}
	for _, d := range details {
		k.details[d.ProductID] = d
	}
	ids := make([]int64, len(variants))
	for i, v := range variants {
		ids[i] = v.ID
	}
	facts, err := w.q.VariantDetails(ctx, ids)
	if err != nil {
		return fmt.Errorf("details of variants: %w", err)
	}
	for _, f := range facts {
		k.facts[f.VariantID] = f
	}
	if w.known.onHand, err = w.s.shelf.OnHand(ctx, w.tx, ids); err != nil {
		return err
	}
	if !w.pictures {
		return nil
	}
	images, err := w.q.ImagesOfProducts(ctx, products)
	if err != nil {
		return fmt.Errorf("images: %w", err)
	}
	for _, i := range images {
		k.images[i.ProductID] = append(k.images[i.ProductID], i)
	}
	owned, err := w.q.VariantImages(ctx, ids)
	if err != nil {
		return fmt.Errorf("images of variants: %w", err)
	}
	for _, o := range owned {
		k.owned[o.VariantID] = o.ImageID
	}
	waiting, err := w.q.ImageFetchesOfProducts(ctx, products)
	for _, f := range waiting {
		k.waiting[imageAt{f.ProductID, f.Url}] = true
	}
	return err
}

// ownFiles are the files of this market that the chunk's pictures are: they need not be fetched.
func (w *importer) ownFiles() (names []string) {
	for _, p := range w.chunk {
		w.pictures = w.pictures || p.Says.Images || p.Says.VariantImages
		for _, i := range p.Images {
			if n := w.s.blobs.Name(i.URL); n != "" {
				names = append(names, n)
			}
		}
		for _, v := range p.Variants {
			if n := w.s.blobs.Name(v.Image); n != "" {
				names = append(names, n)
			}
		}
	}
	return names
}

// brand is the brand that the market knows by this name. Where products name registered brands only, another one is left
// out, and the product keeps what it had.
func (w *importer) brand(ctx context.Context, p shopify.Product, name, before string) (string, error) {
	if name == "" || !w.terms.Brands {
		return name, nil
	}
	known, asked := w.brands[name]
	if !asked {
		var err error
		known, err = w.s.registered(ctx, w.tx, name)
		if _, refused := fault.As(err); err != nil && !refused {
			return "", fmt.Errorf("brand: %w", err)
		}
		if w.brands == nil {
			w.brands = map[string]string{}
		}
		w.brands[name] = known // "": not registered
	}
	if known == "" {
		w.warn(p.Line, p.Handle, "Brand", "brand_not_registered", "Is not a brand that this market has approved. The product is imported without it.")
		return before, nil
	}
	return known, nil
}

func (w *importer) warn(line int, handle, field, what, message string) {
	w.out.errors = append(w.out.errors, ImportError{Severity: SeverityWarning, Line: int64(line), Handle: handle, Field: field, Code: what, Message: message})
}

// note says what a file that is only tried would change.
func (w *importer) note(p shopify.Product, what, message string) {
	if w.imp.DryRun {
		w.out.errors = append(w.out.errors, ImportError{Severity: SeverityChange, Line: int64(p.Line), Handle: handleIn(p), Code: what, Message: message})
	}
}

// keepMore compares what the file says beside products and variants, keeps what differs for the end, and names it.
func (w *importer) keepMore(file shopify.Product, p *catalogdb.Product, list []fileVariant, made []*newVariant) (fields []string) {
	now, there := w.known.details[p.ID]
	next := w.detail(file, now)
	empty := catalogdb.ProductDetail{ProductID: p.ID, Tags: "[]"}
	if next.ProductID = p.ID; there && next != now || !there && next != empty {
		w.details = append(w.details, detailOf{p, catalogdb.PutProductDetailsParams{Type: next.Type, Tags: next.Tags, SeoTitle: next.SeoTitle, SeoDescription: next.SeoDescription, More: next.More}})
		fields = append(fields, "details")
	}
	changed := false
	owners := make([]factsOf, len(list))
	for i, v := range list {
		f := factsOf{id: v.id}
		if v.id == 0 {
			f.of = made[v.added]
		}
		owners[i] = f
		before, there := w.known.facts[v.id]
		if !there {
			before = catalogdb.VariantDetail{VariantID: v.id, Taxable: true, Shipping: true}
		}
		after := variantDetail(*file.Says, file.Variants[i], before)
		if after != before {
			f.row = catalogdb.PutVariantDetailsParams{CompareAt: after.CompareAt, Taxable: after.Taxable, Shipping: after.Shipping, WeightUnit: after.WeightUnit, More: after.More}
			w.facts = append(w.facts, f)
			changed = changed || v.id != 0
		}
	}
	if changed {
		fields = append(fields, "variant_details")
	}
	if w.keepImages(file, p, owners) {
		fields = append(fields, "images")
	}
	return fields
}

func (w *importer) detail(file shopify.Product, d catalogdb.ProductDetail) catalogdb.ProductDetail {
	if d.Tags == "" {
		d.Tags = "[]"
	}
	if file.Says.Type {
		d.Type, _ = line(file.Type)
	}
	if file.Says.Tags {
		tags := []string{}
		for _, t := range file.Tags {
			if t, ok := line(t); ok {
				tags = append(tags, t)
			}
		}
		d.Tags = asJSON(tags)
	}
	if file.Says.SEO {
		d.SeoTitle, _ = line(file.SEOTitle)
		d.SeoDescription, _ = line(file.SEOText)
	}
	if file.Says.Other {
		d.More = cellsJSON(file.More)
	}
	return d
}

func variantDetail(says shopify.Says, v shopify.Variant, d catalogdb.VariantDetail) catalogdb.VariantDetail {
	if says.CompareAt {
		d.CompareAt = v.CompareAt
	}
	if says.Taxable {
		d.Taxable = v.Taxable
	}
	if says.Shipping {
		d.Shipping = v.RequiresShipping
	}
	if says.Unit {
		if d.WeightUnit = v.WeightUnit; d.WeightUnit == "g" {
			d.WeightUnit = ""
		}
	}
	if says.Other {
		d.More = cellsJSON(v.More)
	}
	return d
}

func cellsJSON(list []shopify.Cell) string {
	if len(list) == 0 {
		return ""
	}
	// By name: in which order the columns stand changes nothing.
	list = slices.SortedFunc(slices.Values(list), func(a, b shopify.Cell) int { return strings.Compare(a.Name, b.Name) })
	return asJSON(list)
}

func asJSON(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // texts always encode
	}
	return string(b)
}

// keepImages finds the pictures of the file among those that are there. Pictures that the file does not name stay.
func (w *importer) keepImages(file shopify.Product, p *catalogdb.Product, owners []factsOf) (changed bool) {
	list := slices.Clone(file.Images)
	of := map[string][]factsOf{}
	for i, v := range file.Variants {
		if v.Image == "" {
			continue
		}
		of[v.Image] = append(of[v.Image], owners[i])
		if !slices.ContainsFunc(list, func(o shopify.Image) bool { return o.URL == v.Image }) {
			list = append(list, shopify.Image{Line: v.Line, URL: v.Image})
		}
	}
	have := w.known.images[p.ID]
	total := len(have)
	seen := map[string]bool{}
	for i, image := range list {
		own := w.s.blobs.Name(image.URL)
		if own != "" && seen[own] {
			continue // the same file by another address
		}
		seen[own] = true
		if own != "" {
			if _, ok := w.known.files[own]; !ok {
				w.warn(image.Line, file.Handle, "Image Src", "image_not_found", "The market has no such file.")
				continue
			}
		}
		image.Alt, _ = line(image.Alt)
		plan := imagePlan{of: p, handle: file.Handle, image: image, position: int64(i), file: own, variants: of[image.URL]}
		at := slices.IndexFunc(have, func(r catalogdb.ImagesOfProductsRow) bool {
			return own != "" && r.Image == own || own == "" && r.Source == image.URL
		})
		if at < 0 {
			if total++; total > maxImages {
				w.warn(image.Line, file.Handle, "Image Src", ErrManyImages.Code, ErrManyImages.Message)
				return changed
			}
			if own == "" && w.known.waiting[imageAt{p.ID, image.URL}] {
				continue
			}
			if own == "" && !w.byURL {
				if !w.told {
					w.told = true
					w.warn(image.Line, file.Handle, "Image Src", "images_off", "This market does not fetch images from other servers: send them by hand.")
				}
				continue
			}
			w.images = append(w.images, plan)
			changed = true
			continue
		}
		plan.there = have[at].ID
		different := have[at].Position != plan.position || have[at].Alt != image.Alt
		plan.variants = slices.DeleteFunc(slices.Clone(plan.variants), func(f factsOf) bool { return f.id != 0 && w.known.owned[f.id] == plan.there })
		if different || len(plan.variants) > 0 {
			w.images = append(w.images, plan)
			changed = true
		}
	}
	return changed
}

// writeMore writes what keepMore kept; all keys are there now.
func (w *importer) writeMore(ctx context.Context) error {
	details := make([]catalogdb.PutProductDetailsParams, len(w.details))
	for i, d := range w.details {
		d.row.ProductID = d.of.ID
		details[i] = d.row
	}
	facts := make([]catalogdb.PutVariantDetailsParams, len(w.facts))
	for i, f := range w.facts {
		f.row.VariantID = f.key()
		facts[i] = f.row
	}
	if len(details) > 0 {
		if err := firstError(w.q.PutProductDetails(ctx, details)); err != nil {
			return fmt.Errorf("details: %w", err)
		}
	}
	if len(facts) > 0 {
		if err := firstError(w.q.PutVariantDetails(ctx, facts)); err != nil {
			return fmt.Errorf("details of variants: %w", err)
		}
	}
	return w.writeImages(ctx)
}

func (w *importer) writeImages(ctx context.Context) error {
	var fresh []catalogdb.InsertImagesParams
	var links []catalogdb.PutVariantImagesParams
	var moved []catalogdb.UpdateImagesParams
	var fetches []catalogdb.PutImageFetchesParams
	var plans []imagePlan
	for _, i := range w.images {
		switch {
		case i.there != 0:
			moved = append(moved, catalogdb.UpdateImagesParams{Alt: i.image.Alt, Position: i.position, ID: i.there})
			links = append(links, linksOf(i.variants, i.there)...)
		case i.file != "":
			plans = append(plans, i)
			fresh = append(fresh, catalogdb.InsertImagesParams{
				PublicID: code.ID("img"), ProductID: i.of.ID, Image: i.file, Alt: i.image.Alt, Position: i.position, CreatedAt: w.s.now(),
			})
		default:
			keys := make([]string, len(i.variants))
			for n, f := range i.variants {
				keys[n] = strconv.FormatInt(f.key(), 10)
			}
			fetches = append(fetches, catalogdb.PutImageFetchesParams{
				ImportID: w.imp.ID, ProductID: i.of.ID, Line: int64(i.image.Line), Handle: i.handle, Url: i.image.URL, Alt: i.image.Alt,
				Position: i.position, Variants: strings.Join(keys, ","),
			})
		}
	}
	var first error
	if len(fresh) > 0 {
		w.q.InsertImages(ctx, fresh).QueryRow(func(n int, id int64, err error) {
			if err != nil && first == nil {
				first = err
			}
			links = append(links, linksOf(plans[n].variants, id)...)
		})
	}
	if first == nil && len(moved) > 0 {
		first = firstError(w.q.UpdateImages(ctx, moved))
	}
	if first == nil && len(links) > 0 {
		first = firstError(w.q.PutVariantImages(ctx, links))
	}
	if first == nil && len(fetches) > 0 {
		w.out.images = int64(len(fetches))
		first = firstError(w.q.PutImageFetches(ctx, fetches))
	}
	if first != nil {
		return fmt.Errorf("images: %w", first)
	}
	return nil
}

func linksOf(variants []factsOf, image int64) (out []catalogdb.PutVariantImagesParams) {
	for _, f := range variants {
		out = append(out, catalogdb.PutVariantImagesParams{VariantID: f.key(), ImageID: image})
	}
	return out
}

// covered are the products whose covers may be others now.
func (w *importer) covered() (ids []int64) {
	for _, i := range w.images {
		if (i.there != 0 || i.file != "") && !slices.Contains(ids, i.of.ID) {
			ids = append(ids, i.of.ID)
		}
	}
	return ids
}
