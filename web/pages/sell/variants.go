package sell

import (
	"slices"
	"strconv"

	"github.com/haat-market/haat/internal/catalog"
	"github.com/haat-market/haat/internal/platform/money"
	"github.com/haat-market/haat/web/pages/frame"
)

type variantPage struct {
	Desk    *Desk
	Form    *frame.Form
	Product catalog.Product
	Variant *catalog.Variant // nil: a new one
	Images  []shownImage
}

// variant is the one of a product that the address names; nil for "new".
func variant(p *frame.Page, product catalog.Product) (*catalog.Variant, error) {
	id := p.R.PathValue("variant")
	if id == "new" {
		return nil, nil
	}
	i := slices.IndexFunc(product.Variants, func(v catalog.Variant) bool { return v.ID == id })
	if i < 0 {
		return nil, catalog.ErrVariantNotFound
	}
	return &product.Variants[i], nil
}

func (s *sell) askVariant(p *frame.Page, d *Desk) error {
	product, err := s.find(p, d)
	if err != nil {
		return err
	}
	v, err := variant(p, product)
	if err != nil {
		return err
	}
	form := p.Form(variantFields...).Set("track_stock", "1")
	if v != nil {
		for i, o := range v.Options {
			form.Set("option"+strconv.Itoa(i+1), o.Value)
		}
		form.Set("price", money.Format(v.Price.Minor, v.Price.Currency)).Set("barcode", v.Barcode).Set("weight", strconv.FormatInt(v.Weight, 10)).
			Set("version", strconv.FormatInt(v.Version, 10))
		if v.SKU != nil {
			form.Set("sku", *v.SKU)
		}
		if !v.TrackStock {
			form.Set("track_stock", "")
		}
	}
	return p.Show("sell/variant", variantTitle(p, v), variantPage{Desk: d, Form: form, Product: product, Variant: v})
}

func variantTitle(p *frame.Page, v *catalog.Variant) string {
	switch {
	case v == nil:
		return p.T("A new variant")
	case v.Title == "":
		return p.T("Price and stock")
	}
	return v.Title
}

func (s *sell) putVariant(p *frame.Page, d *Desk) error {
	product, err := s.find(p, d)
	if err != nil {
		return err
	}
	v, err := variant(p, product)
	if err != nil {
		return err
	}
	form, err := p.Sent(variantFields...)
	if err != nil {
		return err
	}
	options := make([]string, len(product.Options))
	for i := range product.Options {
		options[i] = form.Get("option" + strconv.Itoa(i+1))
	}
	weight := optional(form, "weight")
	if weight == nil {
		weight = new(int64)
	}
	sku, barcode, price, track := form.Get("sku"), form.Get("barcode"), amount(form, "price"), form.Has("track_stock")
	if v == nil {
		in := catalog.VariantInput{Options: options, SKU: sku, Barcode: barcode, Price: price, Weight: *weight, TrackStock: track}
		if track {
			in.Stock = optional(form, "stock")
		}
		if form.Ok() {
			_, err = s.Catalog.AddVariant(form.Once("variant.add"), p.Caller, product.ID, in)
		}
	} else {
		version := form.Int("version")
		in := catalog.VariantPatch{Version: &version, SKU: &sku, Barcode: &barcode, Price: &price, Weight: weight, TrackStock: &track}
		if len(options) > 0 {
			in.Options = &options
		}
		if form.Ok() {
			_, err = s.Catalog.UpdateVariant(p.Context(), p.Caller, v.ID, in)
		}
	}
	if err == nil && form.Ok() {
		p.Leave("It is kept.")
		return p.See(d.Link("/products/" + product.ID))
	}
	if err != nil {
		if err := form.Refuse(err); err != nil {
			return err
		}
	}
	return form.Again("sell/variant", variantTitle(p, v), variantPage{Desk: d, Form: form, Product: product, Variant: v})
}

func (s *sell) deleteVariant(p *frame.Page, d *Desk) error {
	product, err := s.find(p, d)
	if err != nil {
		return err
	}
	v, err := variant(p, product)
	if err != nil {
		return err
	}
	if v == nil {
		return catalog.ErrVariantNotFound
	}
	if err := s.Catalog.DeleteVariant(p.Context(), p.Caller, v.ID); err != nil {
		return err
	}
	p.Leave("The variant is gone.")
	return p.See(d.Link("/products/" + product.ID))
}

func (s *sell) addImage(p *frame.Page, d *Desk) error {
	product, err := s.find(p, d)
	if err != nil {
		return err
	}
	form, file, err := p.SentFile("file", "alt")
	if err != nil {
		return err
	}
	if len(file) == 0 {
		form.Wrong("file", p.T("Choose a file."))
	}
	if form.Ok() {
		_, err = s.Catalog.AddImage(form.Once("image.add"), p.Caller, product.ID, file, form.Get("alt"))
		if err == nil {
			p.Leave("The picture is there.")
			return p.See(d.Link("/products/" + product.ID))
		}
		if err := form.Refuse(err); err != nil {
			return err
		}
	}
	return form.Again("sell/picture", p.T("Add a picture"), productPage{Desk: d, Product: product, Image: form})
}

// changeImage moves a picture to another place, takes it away, or says another thing of it.
func (s *sell) changeImage(p *frame.Page, d *Desk) error {
	product, err := s.find(p, d)
	if err != nil {
		return err
	}
	image := p.R.PathValue("image")
	form, err := p.Sent("do", "alt", "position")
	if err != nil {
		return err
	}
	switch form.Get("do") {
	case "delete":
		err = s.Catalog.DeleteImage(p.Context(), p.Caller, product.ID, image)
	case "move":
		position := form.Int("position")
		_, err = s.Catalog.UpdateImage(p.Context(), p.Caller, product.ID, image, catalog.ImagePatch{Position: &position})
	default:
		alt := form.Get("alt")
		_, err = s.Catalog.UpdateImage(p.Context(), p.Caller, product.ID, image, catalog.ImagePatch{Alt: &alt})
	}
	if err != nil {
		return err
	}
	p.Leave("It is kept.")
	return p.See(d.Link("/products/" + product.ID))
}
