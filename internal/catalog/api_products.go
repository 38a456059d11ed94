package catalog

import (
	"context"
	"net/http"

	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/web"
)

// VariantBody is a new variant in a request.
type VariantBody struct {
	Options    []string `json:"options,omitempty" maxItems:"3" doc:"A value for each option of the product, in their order."`
	SKU        string   `json:"sku,omitempty" maxLength:"255" doc:"Unique in the store."`
	Barcode    string   `json:"barcode,omitempty" maxLength:"255"`
	Price      string   `json:"price" maxLength:"20" doc:"Decimal amount in the market's currency."`
	Weight     int64    `json:"weight,omitempty" minimum:"0" maximum:"1000000000" doc:"Grams."`
	TrackStock *bool    `json:"track_stock,omitempty" doc:"Whether stock is counted; without it, yes."`
	Stock      *int64   `json:"stock,omitempty" minimum:"0" maximum:"1000000000" doc:"What is on hand at the beginning."`
}

func (b VariantBody) input() VariantInput {
	return VariantInput{
		Options: b.Options, SKU: b.SKU, Barcode: b.Barcode, Price: b.Price, Weight: b.Weight,
		TrackStock: b.TrackStock == nil || *b.TrackStock, Stock: b.Stock,
	}
}

type productIn struct {
	IDIn
	Body struct {
		Handle      string        `json:"handle,omitempty" maxLength:"200" doc:"Unique in the store; made of the title when it is left out."`
		Category    string        `json:"category,omitempty" maxLength:"40"`
		Title       string        `json:"title" minLength:"1" maxLength:"255"`
		Description string        `json:"description,omitempty" maxLength:"50000" doc:"HTML; cleaned to formatting and links."`
		Vendor      string        `json:"vendor,omitempty" maxLength:"255"`
		Brand       string        `json:"brand,omitempty" maxLength:"255" doc:"What it is made by."`
		TaxRate     string        `json:"tax_rate,omitempty" maxLength:"8" doc:"Percent, such as 13; the market's rate without it."`
		TaxCode     string        `json:"tax_code,omitempty" maxLength:"16" doc:"HSN or SAC."`
		Options     []string      `json:"options,omitempty" maxItems:"3" doc:"Names such as Size."`
		Variants    []VariantBody `json:"variants,omitempty" maxItems:"100"`
	}
}

type productPatchIn struct {
	IDIn
	Body struct {
		Version     *int64    `json:"version,omitempty" minimum:"1" doc:"The version that this changes; refused when there is a newer one."`
		Handle      *string   `json:"handle,omitempty" maxLength:"200"`
		Category    *string   `json:"category,omitempty" maxLength:"40" doc:"Empty takes it out of its category."`
		Title       *string   `json:"title,omitempty" minLength:"1" maxLength:"255"`
		Description *string   `json:"description,omitempty" maxLength:"50000"`
		Vendor      *string   `json:"vendor,omitempty" maxLength:"255"`
		Brand       *string   `json:"brand,omitempty" maxLength:"255" doc:"Empty takes it away."`
		TaxRate     *string   `json:"tax_rate,omitempty" maxLength:"8" doc:"Percent; empty: the market's."`
		TaxCode     *string   `json:"tax_code,omitempty" maxLength:"16"`
		Options     *[]string `json:"options,omitempty" maxItems:"3" doc:"New names for the options there are."`
	}
}

type ownIn struct {
	IDIn
	web.PageParams
	State string `query:"state" enum:"draft,submitted,rejected,published,archived"`
}

type historyIn struct {
	IDIn
	web.PageParams
}

func (s *Service) mountProducts(api *web.API) {
	web.Register(api, web.Op{
		Method: http.MethodPost, Path: "/v1/stores/{id}/products", ID: "product.create", Summary: "Add a product", Room: roomName,
		Access: web.Owner, Status: http.StatusCreated, Idempotent: true, MaxBody: 1 << 20,
		Description: "Makes a draft with its variants, their prices and what is on hand of them.",
		Errors:      append([]*fault.Error{ErrInvalidProduct, ErrHandleTaken, ErrSKUTaken}, storeFaults...),
	}, func(ctx context.Context, in *productIn) (*body[ProductView], error) {
		b := in.Body
		p, err := s.CreateProduct(ctx, web.CallerFrom(ctx), in.ID, ProductInput{
			Handle: b.Handle, Category: b.Category, Title: b.Title, Description: b.Description, Vendor: b.Vendor, Brand: b.Brand, TaxRate: b.TaxRate, TaxCode: b.TaxCode, Options: b.Options,
			Variants: each(b.Variants, VariantBody.input),
		})
		return reply(p, err, s.viewProduct)
	})
	web.Register(api, web.Op{
		Method: http.MethodGet, Path: "/v1/stores/{id}/products", ID: "product.own", Summary: "A store's products in every state", Room: roomName,
		Access: web.Owner, Errors: append([]*fault.Error{db.ErrInvalidCursor}, storeFaults...),
	}, func(ctx context.Context, in *ownIn) (*body[web.Page[ListingView]], error) {
		items, next, err := s.Own(ctx, web.CallerFrom(ctx), in.ID, State(in.State), in.Limit, in.Cursor)
		return page(items, next, err, s.viewListing)
	})
	web.Register(api, web.Op{
		Method: http.MethodGet, Path: "/v1/products/{id}", ID: "product.get", Summary: "A product", Room: roomName, Access: web.Public,
		Description: "Everybody sees what can be bought; the store's people see all of theirs.", Errors: []*fault.Error{ErrProductNotFound},
	}, func(ctx context.Context, in *IDIn) (*body[ProductView], error) {
		p, err := s.Product(ctx, web.CallerFrom(ctx), in.ID)
		return reply(p, err, s.viewProduct)
	})
	web.Register(api, web.Op{
		Method: http.MethodPatch, Path: "/v1/products/{id}", ID: "product.update", Summary: "Change a product", Room: roomName, Access: web.Owner,
		Errors: faults(ErrProductNotFound, ErrInvalidProduct, ErrProductState, ErrVersion, ErrHandleTaken),
	}, func(ctx context.Context, in *productPatchIn) (*body[ProductView], error) {
		b := in.Body
		p, err := s.UpdateProduct(ctx, web.CallerFrom(ctx), in.ID, ProductPatch{
			Version: b.Version, Handle: b.Handle, Category: b.Category, Title: b.Title, Description: b.Description, Vendor: b.Vendor, Brand: b.Brand, TaxRate: b.TaxRate, TaxCode: b.TaxCode, Options: b.Options,
		})
		return reply(p, err, s.viewProduct)
	})
	web.Register(api, web.Op{
		Method: http.MethodDelete, Path: "/v1/products/{id}", ID: "product.delete", Summary: "Archive a product", Room: roomName, Access: web.Owner,
		Description: "A product is kept for the orders that mean it. Archiving it again changes nothing.",
		Errors:      faults(ErrProductNotFound),
	}, func(ctx context.Context, in *IDIn) (*nothing, error) {
		return nil, s.Delete(ctx, web.CallerFrom(ctx), in.ID)
	})
	for _, verb := range []struct {
		action  Action
		summary string
		errors  []*fault.Error
	}{
		{Publish, "Publish a product", []*fault.Error{ErrProductNotFound, ErrProductState, ErrNeedsApproval, ErrNothingToBuy}},
		{Submit, "Submit a product to the market's people", []*fault.Error{ErrProductNotFound, ErrProductState, ErrNothingToBuy}},
		{Withdraw, "Take a submitted product back", []*fault.Error{ErrProductNotFound, ErrProductState}},
		{Unpublish, "Take a product back to draft", []*fault.Error{ErrProductNotFound, ErrProductState}},
		{Archive, "Archive a product", []*fault.Error{ErrProductNotFound, ErrProductState}},
		{Unarchive, "Make an archived product a draft again", []*fault.Error{ErrProductNotFound, ErrProductState}},
	} {
		web.Register(api, web.Op{
			Method: http.MethodPost, Path: "/v1/products/{id}/" + string(verb.action), ID: "product." + string(verb.action),
			Summary: verb.summary, Room: roomName, Access: web.Owner, Errors: faults(verb.errors...),
		}, func(ctx context.Context, in *IDIn) (*body[ProductView], error) {
			p, err := s.Act(ctx, web.CallerFrom(ctx), in.ID, verb.action)
			return reply(p, err, s.viewProduct)
		})
	}
	web.Register(api, web.Op{
		Method: http.MethodGet, Path: "/v1/products/{id}/history", ID: "product.history", Summary: "A product's price history", Room: roomName,
		Access: web.Owner, Errors: faults(ErrProductNotFound, db.ErrInvalidCursor),
		Description: "What the store asked for each variant, the newest first, and beside it the discounts that lowered those prices for a time.",
	}, func(ctx context.Context, in *historyIn) (*body[HistoryView], error) {
		items, discounts, next, err := s.Prices(ctx, web.CallerFrom(ctx), in.ID, in.Limit, in.Cursor)
		if err != nil {
			return nil, err
		}
		return &body[HistoryView]{HistoryView{web.NewPage(each(items, viewPrice), next), each(discounts, viewPastDiscount)}}, nil
	})
}

type variantIn struct {
	IDIn
	Body VariantBody
}

type variantPatchIn struct {
	IDIn
	Body struct {
		Version    *int64    `json:"version,omitempty" minimum:"1" doc:"The version that this changes; refused when there is a newer one."`
		Options    *[]string `json:"options,omitempty" maxItems:"3"`
		SKU        *string   `json:"sku,omitempty" maxLength:"255" doc:"Empty takes it away."`
		Barcode    *string   `json:"barcode,omitempty" maxLength:"255"`
		Price      *string   `json:"price,omitempty" maxLength:"20" doc:"Decimal amount in the market's currency."`
		Weight     *int64    `json:"weight,omitempty" minimum:"0" maximum:"1000000000" doc:"Grams."`
		TrackStock *bool     `json:"track_stock,omitempty"`
		Position   *int64    `json:"position,omitempty" minimum:"0" maximum:"1000000"`
	}
}

func (s *Service) mountVariants(api *web.API) {
	web.Register(api, web.Op{
		Method: http.MethodPost, Path: "/v1/products/{id}/variants", ID: "variant.create", Summary: "Add a variant", Room: roomName,
		Access: web.Owner, Status: http.StatusCreated, Idempotent: true,
		Errors: faults(ErrProductNotFound, ErrInvalidProduct, ErrProductState, ErrManyVariants, ErrSameOptions, ErrSKUTaken),
	}, func(ctx context.Context, in *variantIn) (*body[VariantView], error) {
		v, err := s.AddVariant(ctx, web.CallerFrom(ctx), in.ID, in.Body.input())
		return reply(v, err, viewVariant)
	})
	web.Register(api, web.Op{
		Method: http.MethodPatch, Path: "/v1/variants/{id}", ID: "variant.update", Summary: "Change a variant", Room: roomName, Access: web.Owner,
		Errors: faults(ErrVariantNotFound, ErrInvalidProduct, ErrProductState, ErrVersion, ErrSameOptions, ErrSKUTaken),
	}, func(ctx context.Context, in *variantPatchIn) (*body[VariantView], error) {
		b := in.Body
		v, err := s.UpdateVariant(ctx, web.CallerFrom(ctx), in.ID, VariantPatch{
			Version: b.Version, Options: b.Options, SKU: b.SKU, Barcode: b.Barcode, Price: b.Price, Weight: b.Weight,
			TrackStock: b.TrackStock, Position: b.Position,
		})
		return reply(v, err, viewVariant)
	})
	web.Register(api, web.Op{
		Method: http.MethodDelete, Path: "/v1/variants/{id}", ID: "variant.delete", Summary: "Archive a variant", Room: roomName, Access: web.Owner,
		Description: "It leaves the product and frees its SKU; orders go on meaning it.",
		Errors:      faults(ErrVariantNotFound, ErrProductState, ErrLastVariant),
	}, func(ctx context.Context, in *IDIn) (*nothing, error) {
		return nil, s.DeleteVariant(ctx, web.CallerFrom(ctx), in.ID)
	})
}
