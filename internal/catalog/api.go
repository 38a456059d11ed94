package catalog

import (
	"context"
	"net/http"
	"time"

	"github.com/haat-market/haat/internal/platform/blob"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/money"
	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/internal/store"
)

const roomName = "catalog"

// StoreView is a store as products name it.
type StoreView struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	Slug string `json:"slug"`
}

// VariantView is a variant in an answer.
type VariantView struct {
	ID         string         `json:"id"`
	Product    string         `json:"product"`
	Title      string         `json:"title" doc:"The values of its options; empty without options."`
	Options    []Option       `json:"options"`
	SKU        *string        `json:"sku"`
	Barcode    string         `json:"barcode"`
	Price      string         `json:"price" doc:"The store's own price, which a change sets; decimal amount."`
	PriceNow   string         `json:"price_now" doc:"What it costs now, with the best discount."`
	CompareAt  *string        `json:"compare_at" doc:"What the store says that it cost; null where it says nothing."`
	OnSale     bool           `json:"on_sale"`
	Discount   *DealView      `json:"discount,omitempty" doc:"What lowers the price now; absent without a discount."`
	Currency   money.Currency `json:"currency"`
	Weight     int64          `json:"weight" doc:"Grams."`
	TrackStock bool           `json:"track_stock"`
	Available  *int64         `json:"available" doc:"How many can be bought; null where stock is not tracked."`
	InStock    bool           `json:"in_stock"`
	Position   int64          `json:"position"`
	Image      *string        `json:"image" doc:"The product's image that shows this variant; null without one of its own."`
	Version    int64          `json:"version"`
	CreatedAt  time.Time      `json:"created_at"`
	UpdatedAt  time.Time      `json:"updated_at"`
}

// ProductView is a product in an answer.
type ProductView struct {
	ID             string         `json:"id"`
	Store          StoreView      `json:"store"`
	Handle         string         `json:"handle" doc:"The store's own name for it in files."`
	Category       *CategoryBrief `json:"category,omitempty" doc:"Absent without one."`
	Title          string         `json:"title"`
	Description    string         `json:"description" doc:"HTML, cleaned to formatting and links."`
	Vendor         string         `json:"vendor"`
	Brand          string         `json:"brand" doc:"What it is made by; empty without one."`
	TaxRate        *string        `json:"tax_rate" doc:"Percent; null where the market's rate holds."`
	TaxCode        string         `json:"tax_code" doc:"HSN or SAC; empty without one."`
	Type           string         `json:"type" doc:"The store's own kind of goods; empty without one."`
	Tags           []string       `json:"tags" doc:"The store's own words; a bulk edit and an import change them."`
	Options        []string       `json:"options"`
	State          State          `json:"state" enum:"draft,submitted,rejected,published,archived"`
	Review         Review         `json:"review" enum:",submitted,rejected,changed" doc:"Where it stands with the market's people; changed: on sale, with changes that they have not seen."`
	ReviewNote     string         `json:"review_note,omitempty" doc:"Why it was rejected."`
	Variants       []VariantView  `json:"variants"`
	Images         []ImageView    `json:"images" doc:"The cover first."`
	Rating         *store.Rating  `json:"rating,omitempty" doc:"What buyers think of it; absent while nobody has rated it."`
	AllowedActions []string       `json:"allowed_actions" doc:"What the product's state allows: an admin to an admin, the store's people to everybody else."`
	Version        int64          `json:"version"`
	PublishedAt    *time.Time     `json:"published_at" doc:"When it was published first."`
	CreatedAt      time.Time      `json:"created_at"`
	UpdatedAt      time.Time      `json:"updated_at"`
}

// ListingView is a product in a list.
type ListingView struct {
	ID           string         `json:"id"`
	Store        string         `json:"store"`
	StoreName    string         `json:"store_name"`
	Category     *CategoryBrief `json:"category,omitempty" doc:"Absent without one."`
	Title        string         `json:"title"`
	Image        *blob.Picture  `json:"image,omitempty" doc:"The cover; absent without one."`
	Brand        string         `json:"brand" doc:"Empty without one."`
	State        State          `json:"state" enum:"draft,submitted,rejected,published,archived"`
	Visible      bool           `json:"visible" doc:"Whether buyers see it now."`
	VariantCount int64          `json:"variant_count"`
	PriceFrom    *string        `json:"price_from" doc:"The lowest price of now; null without variants."`
	PriceTo      *string        `json:"price_to"`
	PriceWas     *string        `json:"price_was" doc:"What the cheapest variant costs without its discount; null where price_from is no lower."`
	InStock      bool           `json:"in_stock" doc:"Whether something of it can be bought now."`
	OnSale       bool           `json:"on_sale" doc:"Whether a variant costs less than usual now."`
	Currency     money.Currency `json:"currency"`
	PublishedAt  *string        `json:"published_at" format:"date-time"`
	CreatedAt    string         `json:"created_at" format:"date-time"`
	UpdatedAt    string         `json:"updated_at" format:"date-time"`
}

// PriceView is a line of a price history.
type PriceView struct {
	Variant  string         `json:"variant"`
	OldPrice *string        `json:"old_price" doc:"Null for the price that the variant began with."`
	NewPrice string         `json:"new_price"`
	Currency money.Currency `json:"currency"`
	Actor    string         `json:"actor"`
	At       time.Time      `json:"at"`
}

// PastDiscountView is a discount in a price history.
type PastDiscountView struct {
	ID      string        `json:"id"`
	Title   string        `json:"title"`
	Percent *string       `json:"percent"`
	Amount  *string       `json:"amount" doc:"Off each piece."`
	PaidBy  Payer         `json:"paid_by" enum:"store,platform"`
	State   DiscountState `json:"state" enum:"live,ended"`
	From    time.Time     `json:"from"`
	To      *time.Time    `json:"to"`
}

func viewPastDiscount(d Discount) PastDiscountView {
	v := viewDiscount(d)
	return PastDiscountView{ID: v.ID, Title: v.Title, Percent: v.Percent, Amount: v.Amount, PaidBy: v.PaidBy, State: v.State, From: v.From, To: v.To}
}

// HistoryView is a page of a price history.
type HistoryView struct {
	web.Page[PriceView]
	Discounts []PastDiscountView `json:"discounts" doc:"The newest 50 that reached the product; on every page."`
}

func viewVariant(v Variant) VariantView {
	var compareAt *string
	if v.CompareAt.Minor > 0 {
		text := v.CompareAt.String()
		compareAt = &text
	}
	return VariantView{
		CompareAt: compareAt,
		Image:     ifAny(v.Image),
		ID:        v.ID, Product: v.Product, Title: v.Title, Options: v.Options, SKU: v.SKU, Barcode: v.Barcode, Price: v.Price.String(), PriceNow: v.Now.String(), OnSale: v.Discount != nil, Discount: viewDeal(v.Discount),
		Currency: v.Price.Currency, Weight: v.Weight, TrackStock: v.TrackStock, Available: v.Available, InStock: v.InStock(),
		Position: v.Position, Version: v.Version, CreatedAt: v.CreatedAt, UpdatedAt: v.UpdatedAt,
	}
}

// DealView is the discount that a price is lowered by.
type DealView struct {
	ID     string     `json:"id"`
	Title  string     `json:"title"`
	PaidBy Payer      `json:"paid_by" enum:"store,platform"`
	To     *time.Time `json:"to" doc:"When it ends; null without an end."`
}

func viewDeal(d *Applied) *DealView {
	if d == nil {
		return nil
	}
	return &DealView{ID: d.ID, Title: d.Title, PaidBy: d.By, To: d.EndsAt}
}

func viewProduct(p Product) ProductView {
	v := ProductView{
		ID: p.ID, Store: StoreView{p.Store.PublicID, p.Store.Name, p.Store.Slug}, Handle: p.Handle, Category: p.Category, Title: p.Title,
		Description: p.Description, Vendor: p.Vendor, Brand: p.Brand, Type: p.Type, Tags: p.Tags, Options: p.Options, State: p.State, Variants: []VariantView{},
		AllowedActions: p.Actions, Rating: p.Rating, Review: p.Review, ReviewNote: p.ReviewNote, TaxCode: p.TaxCode, Version: p.Version, PublishedAt: p.PublishedAt, CreatedAt: p.CreatedAt, UpdatedAt: p.UpdatedAt,
	}
	if p.TaxRate != nil {
		rate := money.FormatRate(*p.TaxRate)
		v.TaxRate = &rate
	}
	for _, x := range p.Variants {
		v.Variants = append(v.Variants, viewVariant(x))
	}
	return v
}

func viewListing(l Listing) ListingView {
	v := ListingView{
		ID: l.ID, Store: l.Store, StoreName: l.StoreName, Category: l.Category, Title: l.Title, Brand: l.Brand, State: l.State, Visible: l.Visible,
		VariantCount: l.VariantCount, OnSale: l.OnSale, InStock: l.InStock, Currency: l.Currency, CreatedAt: clock.Text(l.CreatedAt), UpdatedAt: clock.Text(l.UpdatedAt),
	}
	if l.PublishedAt != nil {
		at := clock.Text(*l.PublishedAt)
		v.PublishedAt = &at
	}
	if l.VariantCount > 0 {
		from, to := money.Format(l.PriceFrom, l.Currency), money.Format(l.PriceTo, l.Currency)
		v.PriceFrom, v.PriceTo = &from, &to
	}
	if l.PriceWas > 0 {
		was := money.Format(l.PriceWas, l.Currency)
		v.PriceWas = &was
	}
	return v
}

func viewPrice(c PriceChange) PriceView {
	v := PriceView{Variant: c.Variant, NewPrice: money.Format(c.New, c.Currency), Currency: c.Currency, Actor: c.Actor, At: c.At}
	if c.Old != nil {
		old := money.Format(*c.Old, c.Currency)
		v.OldPrice = &old
	}
	return v
}

func each[A, B any](in []A, f func(A) B) []B {
	out := make([]B, len(in))
	for i, a := range in {
		out[i] = f(a)
	}
	return out
}

// body is an answer's.
type body[T any] struct{ Body T }

// reply shows what the service gave, if it gave anything.
func reply[A, B any](a A, err error, view func(A) B) (*body[B], error) {
	if err != nil {
		return nil, err
	}
	return &body[B]{view(a)}, nil
}

// page is reply for a page of a list.
func page[A, B any](items []A, next string, err error, view func(A) B) (*body[web.Page[B]], error) {
	if err != nil {
		return nil, err
	}
	return &body[web.Page[B]]{web.NewPage(each(items, view), next)}, nil
}

type nothing struct{}

// IDIn names a thing in the path. Exported, because the fields of an embedded type are read only then.
type IDIn struct {
	ID string `path:"id" maxLength:"40"`
}

// What an operation on a store's things may be refused with, beside its own.
var storeFaults = []*fault.Error{store.ErrStoreNotFound, store.ErrNoRight, store.ErrSellerRole, store.ErrStoreClosed}

func faults(more ...*fault.Error) []*fault.Error { return append(more, storeFaults[1:]...) }

// Mount registers the operations.
func (s *Service) Mount(api *web.API) {
	s.mountCategories(api)
	s.mountBrowsing(api)
	s.mountProducts(api)
	s.mountBulk(api)
	s.mountVariants(api)
	s.mountImages(api)
	s.mountImports(api)
	s.mountReview(api)
	s.mountDiscounts(api)
	s.mountBrands(api)
	s.mountMaterials(api)
}

type categoryIn struct {
	Body struct {
		Slug     string `json:"slug" minLength:"1" maxLength:"255" doc:"Of its address: a to z, digits and hyphens."`
		Name     string `json:"name" minLength:"1" maxLength:"255"`
		Parent   string `json:"parent,omitempty" maxLength:"40" doc:"The category above; empty for the top."`
		Position int64  `json:"position,omitempty" minimum:"0" maximum:"1000000"`
	}
}

type categoryPatchIn struct {
	IDIn
	Body struct {
		Slug     *string `json:"slug,omitempty" minLength:"1" maxLength:"255"`
		Name     *string `json:"name,omitempty" minLength:"1" maxLength:"255"`
		Parent   *string `json:"parent,omitempty" maxLength:"40" doc:"Empty moves it to the top."`
		Position *int64  `json:"position,omitempty" minimum:"0" maximum:"1000000"`
	}
}

func (s *Service) mountCategories(api *web.API) {
	web.Register(api, web.Op{
		Method: http.MethodGet, Path: "/v1/categories", ID: "category.list", Summary: "All categories", Room: roomName, Access: web.Public,
		Description: "The whole tree on one page, each category right after the one above it.",
	}, func(ctx context.Context, _ *nothing) (*body[web.Page[Category]], error) {
		items, err := s.Categories(ctx)
		return &body[web.Page[Category]]{web.NewPage(items, "")}, err
	})
	web.Register(api, web.Op{
		Method: http.MethodPost, Path: "/v1/categories", ID: "category.create", Summary: "Add a category", Room: roomName, Access: web.Admin,
		Status: http.StatusCreated, Errors: []*fault.Error{ErrInvalidCategory, ErrSlugTaken, ErrCategoryDepth, ErrManyCategories},
	}, func(ctx context.Context, in *categoryIn) (*body[Category], error) {
		c, err := s.CreateCategory(ctx, CategoryInput{Slug: in.Body.Slug, Name: in.Body.Name, Parent: in.Body.Parent, Position: in.Body.Position})
		return &body[Category]{c}, err
	})
	web.Register(api, web.Op{
		Method: http.MethodPatch, Path: "/v1/categories/{id}", ID: "category.update", Summary: "Change or move a category", Room: roomName,
		Access: web.Admin, Errors: []*fault.Error{ErrCategoryNotFound, ErrInvalidCategory, ErrSlugTaken, ErrCategoryCycle, ErrCategoryDepth},
	}, func(ctx context.Context, in *categoryPatchIn) (*body[Category], error) {
		c, err := s.UpdateCategory(ctx, in.ID, CategoryPatch{Slug: in.Body.Slug, Name: in.Body.Name, Parent: in.Body.Parent, Position: in.Body.Position})
		return &body[Category]{c}, err
	})
	web.Register(api, web.Op{
		Method: http.MethodDelete, Path: "/v1/categories/{id}", ID: "category.delete", Summary: "Remove an empty category", Room: roomName,
		Access: web.Admin, Errors: []*fault.Error{ErrCategoryNotFound, ErrCategoryUsed},
	}, func(ctx context.Context, in *IDIn) (*nothing, error) { return nil, s.DeleteCategory(ctx, in.ID) })
}
