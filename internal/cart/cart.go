package cart

import (
	"cmp"
	"slices"
	"time"

	"github.com/haat-market/haat/internal/catalog"
	"github.com/haat-market/haat/internal/inventory"
	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/money"
	"github.com/haat-market/haat/internal/store"
)

const (
	maxLines = 100
	maxQty   = 10_000
)

// Refusals.
var (
	ErrLineNotFound     = fault.New(fault.NotFound, "cart_line_not_found", "This line is not in the cart. Read the cart again.")
	ErrVariantNotFound  = fault.New(fault.NotFound, "variant_not_found", "There is no such variant.")
	ErrNotForSale       = fault.New(fault.Conflict, "not_for_sale", "This cannot be bought at the moment.")
	ErrOutOfStock       = inventory.ErrOutOfStock
	ErrCartFull         = fault.New(fault.Conflict, "cart_full", "A cart holds at most 100 different things.")
	ErrTooMany          = fault.New(fault.Invalid, "quantity_too_large", "At most 10,000 units of one thing fit into a cart.")
	ErrTooExpensive     = fault.New(fault.Invalid, "total_too_large", "The line's total would be larger than an amount can be.")
	ErrDuplicateVariant = fault.New(fault.Invalid, "duplicate_variant", "Each variant may be named once.")
)

// Line is a line as it is kept.
type Line struct {
	ID        int64
	PublicID  string
	Variant   int64
	VariantID string // the variant's public id
	Qty       int64
	PriceSeen int64
	AddedAt   time.Time
	ChangedAt time.Time
}

// Issue is why a line cannot be bought as it stands.
type Issue string

// The issues.
const (
	IssueGone         Issue = "gone"          // not sold any more
	IssueOutOfStock   Issue = "out_of_stock"  // less is left than the line wants
	IssuePriceChanged Issue = "price_changed" // another price than the buyer has seen
	IssueTotal        Issue = "total_too_large"
)

// Item is a line beside what the market says of it now.
type Item struct {
	Line
	Sell      catalog.Sellable
	Known     bool  // the catalogue knows the variant
	Available int64 // what is left; -1: stock is not tracked
	Total     int64 // at the price of now; 0 where it cannot be bought
	Issues    []Issue
}

// Goods is a sum of lines in one currency.
type Goods struct {
	Currency             money.Currency
	Amount               int64
	LineCount, UnitCount int64
}

// StorePart is what of a cart is one store's.
type StorePart struct {
	Store store.Brief
	Items []Item
	Goods []Goods
}

// View is a whole cart. The sums hold only what can be bought at the prices of now.
type View struct {
	PublicID             string // "" before there was a line
	Items                []Item
	Stores               []StorePart
	Goods                []Goods
	LineCount, UnitCount int64 // of all lines
}

// judge says what stands against a line.
func judge(l Line, sell catalog.Sellable, known bool, available int64) Item {
	it := Item{Line: l, Sell: sell, Known: known, Available: available}
	if !known || sell.Reason != "" {
		it.Issues = append(it.Issues, IssueGone)
		return it
	}
	if available >= 0 && available < l.Qty {
		it.Issues = append(it.Issues, IssueOutOfStock)
	}
	if sell.Price != l.PriceSeen {
		it.Issues = append(it.Issues, IssuePriceChanged)
	}
	total, err := money.Mul(sell.Price, l.Qty)
	if err != nil {
		it.Issues = append(it.Issues, IssueTotal)
		return it
	}
	it.Total = total
	return it
}

// counted says whether a line is in the sums: it can be bought, though perhaps at a price to be confirmed.
func (it Item) counted() bool {
	return !slices.Contains(it.Issues, IssueGone) && !slices.Contains(it.Issues, IssueTotal)
}

// compose sums a cart up and sorts it by store, in the order in which things were added.
func compose(publicID string, items []Item) View {
	v := View{PublicID: publicID, Items: items, Stores: []StorePart{}, LineCount: int64(len(items))}
	at := map[int64]int{}
	for _, it := range items {
		v.UnitCount += it.Qty
		i, ok := at[it.Sell.StoreID]
		if !ok {
			i = len(v.Stores)
			at[it.Sell.StoreID] = i
			v.Stores = append(v.Stores, StorePart{Store: it.Sell.Store})
		}
		v.Stores[i].Items = append(v.Stores[i].Items, it)
		if it.counted() {
			v.Goods = add(v.Goods, it)
			v.Stores[i].Goods = add(v.Stores[i].Goods, it)
		}
	}
	byCurrency := func(a, b Goods) int { return cmp.Compare(a.Currency, b.Currency) }
	slices.SortFunc(v.Goods, byCurrency)
	for i := range v.Stores {
		slices.SortFunc(v.Stores[i].Goods, byCurrency)
	}
	return v
}

// add puts a line into the sum of its currency. At most 100 lines of at most 10^13 stay far from the end of an int64.
func add(goods []Goods, it Item) []Goods {
	cur := money.Currency(it.Sell.Currency)
	i := slices.IndexFunc(goods, func(g Goods) bool { return g.Currency == cur })
	if i < 0 {
		i = len(goods)
		goods = append(goods, Goods{Currency: cur})
	}
	goods[i].Amount += it.Total
	goods[i].LineCount++
	goods[i].UnitCount += it.Qty
	return goods
}

// fits refuses what a line cannot hold, before the cart is asked.
func fits(qty, price int64) error {
	if qty > maxQty {
		return ErrTooMany
	}
	if _, err := money.Mul(price, qty); err != nil {
		return ErrTooExpensive
	}
	return nil
}

// short is the refusal of a line that wants more than there is.
func short(variant string, available, required int64) error {
	return ErrOutOfStock.With("lines", []inventory.Short{{Variant: variant, Available: available, Required: required}})
}
