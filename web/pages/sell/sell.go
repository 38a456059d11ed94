package sell

import (
	"embed"
	"net/url"
	"slices"

	"github.com/haat-market/haat/internal/catalog"
	"github.com/haat-market/haat/internal/commission"
	"github.com/haat-market/haat/internal/delivery"
	"github.com/haat-market/haat/internal/identity"
	"github.com/haat-market/haat/internal/inventory"
	"github.com/haat-market/haat/internal/invoice"
	"github.com/haat-market/haat/internal/order"
	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/internal/rate"
	"github.com/haat-market/haat/internal/review"
	"github.com/haat-market/haat/internal/store"
	"github.com/haat-market/haat/internal/storefront"
	"github.com/haat-market/haat/internal/subscription"
	"github.com/haat-market/haat/internal/wallet"
	"github.com/haat-market/haat/web/pages/frame"
)

//go:embed all:files
var files embed.FS

// Deps are the rooms whose doors these pages are.
type Deps struct {
	Identity  *identity.Service
	Stores    *store.Service
	Catalog   *catalog.Service
	Inventory *inventory.Service
	Orders    *order.Service
	Wallet    *wallet.Service
	Invoices  *invoice.Service
	Delivery  *delivery.Service

	Rates      *rate.Service
	Plans      *subscription.Service
	Windows    *storefront.Service
	Commission *commission.Service
	Reviews    *review.Service
}

type sell struct{ Deps }

// perPage is how many rows a page shows.
const perPage = 24

// Mount adds the pages.
func Mount(f *frame.Frame, d Deps) {
	s := &sell{d}
	f.Templates("sell", files, "files/*.html")
	f.Get("/sell", web.SignedIn, s.stores)
	f.Get("/sell/new", web.SignedIn, s.askStore)
	f.Post("/sell/new", web.SignedIn, s.openStore)
	get := func(path, tab string, right store.Right, h deskHandler) {
		f.Get("/sell/{store}"+path, web.SignedIn, s.at(tab, right, h))
	}
	post := func(path, tab string, right store.Right, h deskHandler) {
		f.Post("/sell/{store}"+path, web.SignedIn, s.at(tab, right, h))
	}
	f.Get("/subscriptions/{id}", web.SignedIn, s.subscription)
	get("", "home", store.View, s.home)
	s.mountRates(f, get, post)
	s.mountBuying(f, get, post)
	s.mountProducts(f, get, post)
	get("/discounts", "discounts", store.View, s.discounts)
	get("/discounts/{id}", "discounts", store.Catalog, s.editDiscount)
	post("/discounts/{id}", "discounts", store.Catalog, s.changeDiscount)
	get("/discounts/new", "discounts", store.Catalog, s.askDiscount)
	post("/discounts/new", "discounts", store.Catalog, s.makeDiscount)
	post("/discounts/{id}/end", "discounts", store.Catalog, s.endDiscount)
	post("/events/{id}/{verb}", "discounts", store.Catalog, s.joinEvent)
	get("/stock", "stock", store.Stock, s.stock)
	post("/stock", "stock", store.Stock, s.setThreshold)
	get("/stock/{variant}", "stock", store.Stock, s.shelf)
	post("/stock/{variant}", "stock", store.Stock, s.adjust)
	get("/orders", "orders", store.Orders, s.orders)
	f.GetFile("/sell/{store}/orders.csv", web.SignedIn, s.at("orders", store.Orders, s.exportOrders))
	get("/sales", "sales", store.Orders, s.sales)
	post("/orders/{id}/courier", "sales", store.Orders, s.askCourier)
	post("/orders/{id}/courier/{delivery}/cancel", "orders", store.Orders, s.callOff)
	get("/orders/{id}", "orders", store.Orders, s.order)
	post("/orders/{id}/note", "orders", store.Orders, s.note)
	post("/orders/{id}/{step}", "orders", store.Orders, s.step)
	get("/orders/{id}/lines/{line}", "orders", store.Orders, s.askCut)
	post("/orders/{id}/lines/{line}", "orders", store.Orders, s.cut)
	get("/orders/{id}/refund", "orders", store.Orders, s.askRefund)
	post("/orders/{id}/refund", "orders", store.Orders, s.refund)
	get("/reviews", "reviews", store.View, s.reviews)
	post("/reviews/{id}", "reviews", store.Orders, s.answerReview)
	get("/disputes", "disputes", store.Orders, s.disputes)
	get("/payouts", "earnings", store.View, s.payouts)
	post("/payouts", "earnings", store.Own, s.askPayout)
	post("/debt", "earnings", store.Own, s.payDebt)
	get("/import", "import", store.Catalog, s.imports)
	f.PostFile("/sell/{store}/import", web.SignedIn, maxImport, s.at("import", store.Catalog, s.startImport))
	get("/import/{id}", "import", store.Catalog, s.imported)
	post("/import/{id}/cancel", "import", store.Catalog, s.cancelImport)
	get("/earnings", "earnings", store.View, s.earnings)
	get("/profile", "profile", store.View, s.askProfile)
	post("/profile", "profile", store.Own, s.profile)
	post("/state/{verb}", "profile", store.Own, s.move)
	get("/staff", "staff", store.View, s.staff)
	post("/staff", "staff", store.People, s.setStaff)
	post("/staff/invite", "staff", store.People, s.invite)
	post("/staff/invitations/{id}/{verb}", "staff", store.People, s.invitation)
	post("/staff/{account}/remove", "staff", store.View, s.removeStaff)
}

// Desk is the store that a page is about, as its reader may handle it.
type Desk struct {
	store.Seen
	Tab   string // the part that is open
	admin bool
}

// ID is the store's.
func (d *Desk) ID() string { return d.PublicID }

// Link is an address of this store's desk.
func (d *Desk) Link(path string) string { return "/sell/" + d.PublicID + path }

// May says whether the reader has a right here; the services decide once more.
func (d *Desk) May(right string) bool {
	return right == string(store.View) || slices.Contains(d.Rights, right) || d.admin && right != string(store.Own) && right != string(store.People)
}

type deskHandler func(p *frame.Page, d *Desk) error

// at opens the store that the address names for somebody with this right in it.
func (s *sell) at(tab string, right store.Right, h deskHandler) frame.Handler {
	return func(p *frame.Page) error {
		p.NoIndex, p.Wide, p.Section = true, true, "sell"
		seen, err := s.Stores.Get(p.Context(), p.Caller, p.R.PathValue("store"))
		if err != nil {
			return err
		}
		if !seen.Inside {
			return store.ErrStoreNotFound
		}
		d := &Desk{Seen: seen, Tab: tab, admin: p.Is(web.RoleAdmin)}
		if !d.May(string(right)) {
			return store.ErrNoRight
		}
		return h(p, d)
	}
}

// pager is where a list goes on and where it begins.
type pager struct{ First, Next string }

func (g *pager) set(p *frame.Page, next string) {
	if next != "" {
		g.Next = Further(p, next)
	}
	if p.R.URL.Query().Get("cursor") != "" {
		g.First = Further(p, "")
	}
}

// Further is the list that a page shows from another place on.
func Further(p *frame.Page, cursor string) string {
	q := p.R.URL.Query()
	q.Del("cursor")
	q.Del("lang")
	for name, v := range q {
		if len(v) == 0 || v[0] == "" {
			q.Del(name)
		}
	}
	if cursor != "" {
		q.Set("cursor", cursor)
	}
	if len(q) == 0 {
		return p.R.URL.Path
	}
	return p.R.URL.Path + "?" + q.Encode()
}

// tab is one of the views of a list.
type tab struct {
	Text, Link string
	Here       bool
}

// tabs are the views of a list by one condition.
func tabs(p *frame.Page, name string, options []frame.Option) []tab {
	here := p.R.URL.Query().Get(name)
	out := make([]tab, len(options))
	for i, o := range options {
		link := p.R.URL.Path
		if o.Value != "" {
			link += "?" + url.Values{name: {o.Value}}.Encode()
		}
		out[i] = tab{o.Text, link, here == o.Value}
	}
	return out
}

func cursor(p *frame.Page) string { return p.R.URL.Query().Get("cursor") }
