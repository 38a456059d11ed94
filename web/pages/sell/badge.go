package sell

import (
	"github.com/haat-market/haat/internal/catalog"
	"github.com/haat-market/haat/internal/delivery"
	"github.com/haat-market/haat/internal/order"
	"github.com/haat-market/haat/internal/store"
	"github.com/haat-market/haat/web/pages/frame"
	"github.com/haat-market/haat/web/pages/lang"
	"github.com/haat-market/haat/web/pages/shop"
)

// Badge is a state as people see it.
type Badge struct{ Text, Class string }

var orderStates = map[order.State]Badge{
	order.AwaitingPayment: {lang.M("Waits for payment"), "warn"}, order.Pending: {lang.M("Waits for the store"), "warn"},
	order.Confirmed: {lang.M("Confirmed"), "good"}, order.Processing: {lang.M("Being prepared"), "good"}, order.Shipped: {lang.M("On its way"), "good"},
	order.Delivered: {lang.M("Delivered"), "good"}, order.Completed: {lang.M("Completed"), "good"}, order.Cancelled: {lang.M("Cancelled"), "bad"},
	order.Returning: {lang.M("Comes back"), "warn"}, order.Returned: {lang.M("Returned"), "bad"},
}

var productStates = map[catalog.State]Badge{
	catalog.Draft: {lang.M("Draft"), ""}, catalog.Submitted: {lang.M("Waits for approval"), "warn"}, catalog.Rejected: {lang.M("Rejected"), "bad"},
	catalog.Published: {lang.M("Published"), "good"}, catalog.Archived: {lang.M("Archived"), ""},
}

var storeStates = map[store.State]Badge{
	store.Draft: {lang.M("Draft"), ""}, store.Published: {lang.M("Open"), "good"}, store.Suspended: {lang.M("Suspended"), "bad"},
	store.Closed: {lang.M("Closed"), "bad"},
}

func said(p *frame.Page, b Badge) Badge {
	if b.Text != "" {
		b.Text = p.T(b.Text)
	}
	return b
}

// OrderBadge is a state of an order.
func OrderBadge(p *frame.Page, s order.State) Badge { return said(p, orderStates[s]) }

// ProductBadge is a state of a product.
func ProductBadge(p *frame.Page, s catalog.State) Badge { return said(p, productStates[s]) }

// StoreBadge is a state of a store.
func StoreBadge(p *frame.Page, s store.State) Badge { return said(p, storeStates[s]) }

// CarryBadge is a state of a delivery.
func CarryBadge(p *frame.Page, s delivery.State) Badge { return Badge(shop.CarryBadge(p, s)) }

// OrderStates are the states of orders to choose from.
func OrderStates(p *frame.Page) []frame.Option {
	out := []frame.Option{{Text: p.T("All")}}
	for _, s := range order.States {
		out = append(out, frame.Option{Value: string(s), Text: OrderBadge(p, s).Text})
	}
	return out
}
