package catalog

import (
	"context"
	"net/http"
	"time"

	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/web"
)

// BulkChangeBody is what becomes of a product, in a request.
type BulkChangeBody struct {
	Price      *string        `json:"price,omitempty" maxLength:"20" doc:"Decimal amount in the market's currency; of the variant, or of all the product's variants where none is named."`
	PriceBy    *PriceStepBody `json:"price_by,omitempty" doc:"Instead of price: a change of what it is."`
	CompareAt  *string        `json:"compare_at,omitempty" maxLength:"20" doc:"What it is said to have cost; empty takes it away."`
	Stock      *int64         `json:"stock,omitempty" minimum:"0" maximum:"1000000000" doc:"What was counted of a variant. Needs the right stock."`
	LowAt      *int64         `json:"low_at,omitempty" minimum:"0" maximum:"1000000000" doc:"What a variant is low at. Needs the right stock."`
	LowAtStore bool           `json:"low_at_store,omitempty" doc:"Takes a variant's own figure away: the store's holds again."`
	Category   *string        `json:"category,omitempty" maxLength:"40" doc:"Empty takes it out of its category."`
	Brand      *string        `json:"brand,omitempty" maxLength:"255" doc:"Empty takes it away."`
	Vendor     *string        `json:"vendor,omitempty" maxLength:"255"`
	TaxRate    *string        `json:"tax_rate,omitempty" maxLength:"8" doc:"Percent; empty: the market's."`
	TaxCode    *string        `json:"tax_code,omitempty" maxLength:"16"`
	Tags       *[]string      `json:"tags,omitempty" maxItems:"250" doc:"Instead of those that are there."`
	AddTags    []string       `json:"add_tags,omitempty" maxItems:"250"`
	DropTags   []string       `json:"drop_tags,omitempty" maxItems:"250"`
	Action     string         `json:"action,omitempty" enum:"publish,unpublish,archive,unarchive,submit,withdraw" doc:"Taken after the fields are changed; one that leads nowhere else changes nothing."`
}

// PriceStepBody changes a price.
type PriceStepBody struct {
	Percent string `json:"percent,omitempty" maxLength:"8" doc:"From -100 to 100, such as -12.5."`
	Amount  string `json:"amount,omitempty" maxLength:"20" doc:"Such as -5.00; percent or amount, one of them."`
	RoundTo string `json:"round_to,omitempty" maxLength:"20" doc:"The new price is a multiple of this, such as 5.00; without it of the currency's smallest unit. It is rounded once, half away from zero."`
}

func (b BulkChangeBody) change() BulkChange {
	c := BulkChange{
		Price: b.Price, CompareAt: b.CompareAt, Stock: b.Stock, LowAt: b.LowAt, StoreLow: b.LowAtStore, Category: b.Category, Brand: b.Brand, Vendor: b.Vendor,
		TaxRate: b.TaxRate, TaxCode: b.TaxCode, Tags: b.Tags, AddTags: b.AddTags, DropTags: b.DropTags, Action: Action(b.Action),
	}
	if b.PriceBy != nil {
		c.PriceBy = &PriceStep{Percent: b.PriceBy.Percent, Amount: b.PriceBy.Amount, Round: b.PriceBy.RoundTo}
	}
	return c
}

// BulkItemBody is a change of one product, in a request.
type BulkItemBody struct {
	Product string `json:"product" minLength:"1" maxLength:"40"`
	Variant string `json:"variant,omitempty" maxLength:"40" doc:"Which one the price and the stock are of; all of the product's without it."`
	Version *int64 `json:"version,omitempty" minimum:"1" doc:"The version that this changes, of the variant where one is named; refused when there is a newer one."`
	BulkChangeBody
}

// BulkFilterBody selects products, in a request.
type BulkFilterBody struct {
	State    string `json:"state,omitempty" enum:"draft,submitted,rejected,published,archived" doc:"All but the archived without it."`
	Category string `json:"category,omitempty" maxLength:"40" doc:"With all below it."`
	Brand    string `json:"brand,omitempty" maxLength:"255"`
}

type bulkIn struct {
	IDIn
	Body struct {
		DryRun   bool            `json:"dry_run,omitempty" doc:"Only say what would change."`
		Changes  []BulkItemBody  `json:"changes,omitempty" maxItems:"200" doc:"A change for each product, or for each variant."`
		Change   *BulkChangeBody `json:"change,omitempty" doc:"One change for all of products, or of filter."`
		Products []string        `json:"products,omitempty" maxItems:"200"`
		Filter   *BulkFilterBody `json:"filter,omitempty" doc:"A selection of the store's products, 200 in a request: go on with next_cursor until it is null."`
		Cursor   string          `json:"cursor,omitempty" maxLength:"20"`
	}
}

// BulkView is what became of a bulk edit, in an answer.
type BulkView struct {
	ID        *string      `json:"id" doc:"Null for a dry run."`
	DryRun    bool         `json:"dry_run"`
	Changed   int64        `json:"changed"`
	Unchanged int64        `json:"unchanged"`
	Refused   int64        `json:"refused"`
	Results   []BulkResult `json:"results" doc:"One for each item, in their order."`
	Next      *string      `json:"next_cursor" doc:"Where the selection goes on; null at its end."`
	CreatedAt time.Time    `json:"created_at"`
}

func viewBulk(e BulkEdit) BulkView {
	v := BulkView{ID: ifAny(e.ID), DryRun: e.ID == "", Changed: e.Changed, Unchanged: e.Unchanged, Refused: e.Refused, Results: e.Results, Next: ifAny(e.Next), CreatedAt: e.CreatedAt}
	if v.Results == nil {
		v.Results = []BulkResult{}
	}
	return v
}

func (s *Service) mountBulk(api *web.API) {
	web.Register(api, web.Op{
		Method: http.MethodPost, Path: "/v1/stores/{id}/products/bulk", ID: "product.bulk", Summary: "Change many products at once", Room: roomName,
		Access: web.Owner, Idempotent: true, MaxBody: 2 << 20,
		Description: "Up to 200 changes in one transaction, or one change for a list or a selection of products. An item that cannot be done is refused with its code and changes " +
			"nothing; all others are done, in their order. Prices and texts need the right catalog, stock and thresholds the right stock. New prices stand in the price history. " +
			"A request looks at 1000 variants at most.",
		Errors: append([]*fault.Error{ErrInvalidBulk, db.ErrInvalidCursor}, storeFaults...),
	}, func(ctx context.Context, in *bulkIn) (*body[BulkView], error) {
		b := in.Body
		input := BulkInput{DryRun: b.DryRun, Products: b.Products, Cursor: b.Cursor, Items: each(b.Changes, func(i BulkItemBody) BulkItem {
			return BulkItem{Product: i.Product, Variant: i.Variant, Version: i.Version, Change: i.change()}
		})}
		if b.Change != nil {
			c := b.Change.change()
			input.Change = &c
		}
		if b.Filter != nil {
			input.Filter = &BulkFilter{State: State(b.Filter.State), Category: b.Filter.Category, Brand: b.Filter.Brand}
		}
		e, err := s.Bulk(ctx, web.CallerFrom(ctx), in.ID, input)
		return reply(e, err, viewBulk)
	})
}
