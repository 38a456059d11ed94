package cart

import (
	"fmt"

	"github.com/haat-market/haat/internal/catalog"
	"github.com/haat-market/haat/internal/platform/money"
)

func cartView(v View) CartView {
	out := CartView{
		Lines: make([]LineView, len(v.Items)), Stores: make([]StoreView, len(v.Stores)), Totals: goodsViews(v.Goods),
		LineCount: v.LineCount, UnitCount: v.UnitCount, Ready: len(v.Items) > 0,
	}
	if v.PublicID != "" {
		out.ID = &v.PublicID
	}
	for i, it := range v.Items {
		out.Lines[i] = lineView(it)
		out.Ready = out.Ready && len(it.Issues) == 0
	}
	for i, p := range v.Stores {
		out.Stores[i] = StoreView{
			Store: StoreRef{ID: p.Store.PublicID, Name: p.Store.Name, Slug: p.Store.Slug},
			Lines: make([]string, len(p.Items)), Totals: goodsViews(p.Goods),
		}
		for j, it := range p.Items {
			out.Stores[i].Lines[j] = it.PublicID
		}
	}
	return out
}

func goodsViews(goods []Goods) []GoodsView {
	out := make([]GoodsView, len(goods))
	for i, g := range goods {
		out[i] = GoodsView{
			Currency: string(g.Currency), Goods: money.Format(g.Amount, g.Currency), LineCount: g.LineCount, UnitCount: g.UnitCount,
		}
	}
	return out
}

func lineView(it Item) LineView {
	out := LineView{
		ID: it.PublicID, Variant: it.VariantID, Product: it.Sell.Product, Store: it.Sell.Store.PublicID, Title: it.Sell.Title,
		VariantTitle: it.Sell.VariantTitle, Options: it.Sell.Options, SKU: it.Sell.SKU, Image: it.Sell.Picture, Quantity: it.Qty, Currency: it.Sell.Currency,
		UnitPrice: amount(it.Sell.Price, it.Sell), PriceSeen: amount(it.PriceSeen, it.Sell), Total: amount(it.Total, it.Sell),
		PriceChanged: it.Known && it.Sell.Price != it.PriceSeen, Available: left(it), Issues: it.Issues, Reason: reason(it),
		CreatedAt: it.AddedAt, UpdatedAt: it.ChangedAt,
	}
	if out.Issues == nil {
		out.Issues = []Issue{}
	}
	if out.Options == nil {
		out.Options = []catalog.Option{}
	}
	return out
}

// amount is a price in the line's currency; of a variant that the catalogue has forgotten there is none.
func amount(minor int64, sell catalog.Sellable) string {
	cur := money.Currency(sell.Currency)
	if !cur.Valid() {
		return "0"
	}
	return money.Format(minor, cur)
}

func left(it Item) *int64 {
	if it.Available < 0 {
		return nil
	}
	return &it.Available
}

func reason(it Item) *string {
	switch {
	case !it.Known:
		gone := catalog.ReasonVariantGone
		return &gone
	case it.Sell.Reason != "":
		return &it.Sell.Reason
	}
	return nil
}

func validationView(v View) ValidationView {
	out := ValidationView{Issues: []IssueView{}, Cart: cartView(v)}
	for _, it := range v.Items {
		for _, issue := range it.Issues {
			out.Issues = append(out.Issues, issueView(it, issue))
		}
	}
	out.Valid = out.Cart.Ready
	return out
}

func issueView(it Item, issue Issue) IssueView {
	l := lineView(it)
	v := IssueView{
		Line: l.ID, Variant: l.Variant, Title: l.Title, Code: issue, Requested: it.Qty, Available: l.Available,
		PriceSeen: l.PriceSeen, UnitPrice: l.UnitPrice, Currency: l.Currency,
	}
	switch issue {
	case IssueGone:
		v.Reason, v.Message = l.Reason, "It is not sold any more."
	case IssueOutOfStock:
		v.Message = "Nothing of it is left."
		if it.Available > 0 {
			v.Message = fmt.Sprintf("Only %d of it are left.", it.Available)
		}
	case IssuePriceChanged:
		v.Message = fmt.Sprintf("The price was %s %s and is %s now.", l.Currency, l.PriceSeen, l.UnitPrice)
	case IssueTotal:
		v.Message = "The total would be larger than an amount can be: take less of it."
	}
	return v
}

func changeView(c Change) ChangeView {
	v := ChangeView{Kind: c.Kind, Variant: c.Variant, Title: c.Title, OldQuantity: c.OldQty, NewQuantity: c.NewQty}
	if c.Reason != "" {
		v.Reason = &c.Reason
	}
	if c.Currency.Valid() {
		cur := string(c.Currency)
		v.Currency = &cur
	}
	if c.Kind == ChangePrice {
		before, after := money.Format(c.OldPrice, c.Currency), money.Format(c.NewPrice, c.Currency)
		v.OldPrice, v.NewPrice = &before, &after
	}
	return v
}
