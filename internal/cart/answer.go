package cart

import (
	"time"

	"github.com/haat-market/haat/internal/catalog"
	"github.com/haat-market/haat/internal/platform/blob"
)

// CartView is a cart.
type CartView struct {
	ID        *string     `json:"id" doc:"Null before there was anything in it."`
	Lines     []LineView  `json:"lines" doc:"In the order in which they were added."`
	Stores    []StoreView `json:"stores" doc:"The same by store."`
	Totals    []GoodsView `json:"totals" doc:"By currency, of what can be bought, at the prices of now, before tax and delivery."`
	LineCount int64       `json:"line_count" doc:"Of all lines."`
	UnitCount int64       `json:"unit_count" doc:"Of all lines."`
	Ready     bool        `json:"ready" doc:"Whether it has lines and nothing stands against any of them."`
}

// LineView is a line of a cart.
type LineView struct {
	ID           string           `json:"id"`
	Variant      string           `json:"variant"`
	Product      string           `json:"product"`
	Store        string           `json:"store"`
	Title        string           `json:"title"`
	VariantTitle string           `json:"variant_title"`
	Options      []catalog.Option `json:"options"`
	SKU          string           `json:"sku"`
	Image        *blob.Picture    `json:"image,omitempty" doc:"What it looks like; absent without an image."`
	Quantity     int64            `json:"quantity"`
	UnitPrice    string           `json:"unit_price" doc:"The price of now."`
	PriceSeen    string           `json:"price_seen" doc:"The price that you were last shown. Change the line or sync the cart to agree to another one."`
	PriceChanged bool             `json:"price_changed"`
	Total        string           `json:"total" doc:"At the price of now; zero when it cannot be bought."`
	Currency     string           `json:"currency"`
	Available    *int64           `json:"available" doc:"How many units are left; null when its stock is not counted."`
	Issues       []Issue          `json:"issues" doc:"What stands against buying it: gone, out_of_stock, price_changed, total_too_large."`
	Reason       *string          `json:"reason" doc:"Why it is gone."`
	CreatedAt    time.Time        `json:"created_at"`
	UpdatedAt    time.Time        `json:"updated_at"`
}

// StoreRef names a store.
type StoreRef struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	Slug string `json:"slug"`
}

// StoreView is what of a cart is one store's.
type StoreView struct {
	Store  StoreRef    `json:"store"`
	Lines  []string    `json:"lines" doc:"Ids of lines."`
	Totals []GoodsView `json:"totals"`
}

// GoodsView is a sum in one currency.
type GoodsView struct {
	Currency  string `json:"currency"`
	Goods     string `json:"goods"`
	LineCount int64  `json:"line_count"`
	UnitCount int64  `json:"unit_count"`
}

// CountsView says how much is in a cart.
type CountsView struct {
	LineCount int64 `json:"line_count"`
	UnitCount int64 `json:"unit_count"`
}

// AddedView is a line that was added, and how full the cart is now.
type AddedView struct {
	LineView
	Cart CountsView `json:"cart"`
}

// IssueView is one thing that stands against a line.
type IssueView struct {
	Line      string  `json:"line"`
	Variant   string  `json:"variant"`
	Title     string  `json:"title"`
	Code      Issue   `json:"code"`
	Reason    *string `json:"reason" doc:"Of what is gone."`
	Message   string  `json:"message"`
	Requested int64   `json:"requested"`
	Available *int64  `json:"available"`
	PriceSeen string  `json:"price_seen"`
	UnitPrice string  `json:"unit_price"`
	Currency  string  `json:"currency"`
}

// ValidationView is a cart and everything that stands against buying it.
type ValidationView struct {
	Valid  bool        `json:"valid"`
	Issues []IssueView `json:"issues"`
	Cart   CartView    `json:"cart"`
}

// ChangeView is something that a sync changed.
type ChangeView struct {
	Kind        ChangeKind `json:"kind"`
	Variant     string     `json:"variant"`
	Title       string     `json:"title"`
	Reason      *string    `json:"reason"`
	OldQuantity int64      `json:"old_quantity"`
	NewQuantity int64      `json:"new_quantity"`
	OldPrice    *string    `json:"old_price" doc:"Of a changed price."`
	NewPrice    *string    `json:"new_price" doc:"Of a changed price."`
	Currency    *string    `json:"currency"`
}

// SyncView is the merged cart and what is not as the client had it.
type SyncView struct {
	Changes []ChangeView `json:"changes"`
	Cart    CartView     `json:"cart"`
}
