package manage

import (
	"embed"
	"net/url"

	"github.com/haat-market/haat/internal/catalog"
	"github.com/haat-market/haat/internal/commission"
	"github.com/haat-market/haat/internal/delivery"
	"github.com/haat-market/haat/internal/identity"
	"github.com/haat-market/haat/internal/ledger"
	"github.com/haat-market/haat/internal/market"
	"github.com/haat-market/haat/internal/order"
	"github.com/haat-market/haat/internal/payment"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/event"
	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/job"
	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/internal/rate"
	"github.com/haat-market/haat/internal/review"
	"github.com/haat-market/haat/internal/store"
	"github.com/haat-market/haat/internal/storefront"
	"github.com/haat-market/haat/internal/subscription"
	"github.com/haat-market/haat/internal/wallet"
	"github.com/haat-market/haat/internal/watch"
	"github.com/haat-market/haat/web/pages/frame"
	"github.com/haat-market/haat/web/pages/sell"
)

//go:embed all:files
var files embed.FS

// Deps are the rooms whose doors these pages are.
type Deps struct {
	DB       *db.DB
	Market   *market.Service
	Identity *identity.Service
	Stores   *store.Service
	Catalog  *catalog.Service
	Orders   *order.Service
	Payments *payment.Service
	Ledger   *ledger.Service
	Events   *event.Log
	Jobs     *job.Runner
	Wallet   *wallet.Service
	Watch    *watch.Service
	Delivery *delivery.Service

	Rates      *rate.Service
	Plans      *subscription.Service
	Windows    *storefront.Service
	Commission *commission.Service
	Reviews    *review.Service
}

type manage struct{ Deps }

// perPage is how many rows a page shows.
const perPage = 25

var errNoPage = fault.New(fault.NotFound, "not_found", "There is no such page.")

// Mount adds the pages.
func Mount(f *frame.Frame, d Deps) {
	m := &manage{d}
	f.Templates("manage", files, "files/*.html")
	get := func(path string, h frame.Handler) { f.Get("/manage"+path, web.Admin, at(h)) }
	post := func(path string, h frame.Handler) { f.Post("/manage"+path, web.Admin, at(h)) }
	get("", m.home)
	get("/accounts", m.accounts)
	get("/accounts/{id}", m.account)
	post("/accounts/{id}/state", m.setState)
	post("/accounts/{id}/roles", m.setRoles)
	get("/stores", m.stores)
	get("/stores/{id}", m.store)
	post("/stores/{id}", m.moveStore)
	get("/orders", m.orders)
	f.GetFile("/manage/orders.csv", web.Admin, at(m.exportOrders))
	f.GetFile("/manage/events.csv", web.Admin, at(m.exportEvents))
	get("/payments", m.payments)
	get("/payments/{id}", m.payment)
	get("/sales", m.sales)
	get("/sales/new", m.askSale)
	post("/sales/new", m.makeSale)
	get("/sales/{id}", m.sale)
	post("/sales/{id}", m.changeSale)
	post("/sales/{id}/end", m.endSale)
	get("/categories", m.categories)
	post("/categories", m.addCategory)
	get("/categories/{id}", m.category)
	post("/categories/{id}", m.changeCategory)
	post("/categories/{id}/delete", m.dropCategory)
	get("/brands", m.brands)
	post("/brands", m.addBrand)
	post("/brands/{id}/{verb}", m.judgeBrand)
	get("/gateways", m.gateways)
	get("/gateways/messages", m.messages)
	post("/gateways/messages/{id}", m.resolveMessage)
	get("/gateways/{name}", m.gateway)
	post("/gateways/{name}", m.changeGateway)
	get("/accounts/{id}/credit", m.askCredit)
	post("/accounts/{id}/credit", m.credit)
	get("/expired", m.expired)
	post("/expired", m.expire)
	get("/refunds", m.refunds)
	get("/proofs", m.proofs)
	get("/proofs/{id}", m.proof)
	post("/proofs/{id}/{verb}", m.decide)
	get("/proofs/{id}/image", m.proofImage)
	get("/products", m.products)
	get("/products/{id}", m.product)
	post("/products/{id}/{verb}", m.judge)
	m.mountDues(f, get, post)
	get("/deliveries", m.deliveries)
	post("/deliveries", m.changeMany)
	get("/deliveries/{id}", m.delivery)
	post("/deliveries/{id}/{verb}", m.changeDelivery)
	get("/couriers", m.couriers)
	get("/couriers/{id}", m.courier)
	post("/couriers/{id}/cash", m.handIn)
	post("/couriers/{id}/{verb}", m.judgeCourier)
	get("/courier-documents/{id}", m.document)
	get("/settings", m.askSettings)
	post("/settings", m.settings)
	get("/ledger", m.trial)
	get("/ledger/accounts", m.books)
	get("/ledger/accounts/{id}", m.statement)
	get("/events", m.events)
	m.mountBuying(f, get, post)
	m.mountScrap(f, get, post)
	get("/reviews", m.reviews)
	post("/reviews/{id}/{verb}", m.moveReview)
	get("/jobs", m.jobs)
	post("/jobs/dead/{id}", m.retry)
	post("/jobs/sweeps/{name}", m.sweep)
}

// at is a page of the market's people.
func at(h frame.Handler) frame.Handler {
	return func(p *frame.Page) error {
		p.NoIndex, p.Wide, p.Section = true, true, "manage"
		return h(p)
	}
}

type pager struct{ First, Next string }

func (g *pager) set(p *frame.Page, next string) {
	if next != "" {
		g.Next = sell.Further(p, next)
	}
	if cursor(p) != "" {
		g.First = sell.Further(p, "")
	}
}

func (g *pager) more(p *frame.Page, next *string) {
	if next == nil {
		next = new(string)
	}
	g.set(p, *next)
}

func cursor(p *frame.Page) string { return p.R.URL.Query().Get("cursor") }

func ask(p *frame.Page, name string) string { return p.R.URL.Query().Get(name) }

type tab struct {
	Text, Link string
	Here       bool
}

func tabs(p *frame.Page, name string, options []frame.Option) (out []tab, here string, err error) {
	here = ask(p, name)
	err = errNoPage
	for _, o := range options {
		link := p.R.URL.Path
		if o.Value != "" {
			link += "?" + url.Values{name: {o.Value}}.Encode()
		}
		out = append(out, tab{o.Text, link, here == o.Value})
		if here == o.Value {
			err = nil
		}
	}
	return out, here, err
}

type homePage struct {
	Proofs, Products  int
	More              bool
	Jobs              job.Stats
	Expiry            order.ExpiryView
	Refunds           int
	Payouts, Disputes int
	Flags             int
}

// most is how far the first page counts.
const most = 100

// home is what waits for the market's people.
func (m *manage) home(p *frame.Page) error {
	var page homePage
	proofs, err := m.Payments.Proofs(p.Context(), "submitted", web.PageParams{Limit: most})
	if err != nil {
		return err
	}
	queue, _, err := m.Catalog.Queue(p.Context(), "", most, "")
	if err != nil {
		return err
	}
	refunds, err := m.Payments.ListRefunds(p.Context(), payment.RefundQuery{State: "failed"}, web.PageParams{Limit: most})
	if err != nil {
		return err
	}
	payouts, _, err := m.Wallet.Payouts(p.Context(), p.Caller, wallet.PayoutQuery{All: true, State: string(wallet.PayoutRequested)}, web.PageParams{Limit: most})
	if err != nil {
		return err
	}
	disputes, err := m.Orders.Disputes(p.Context(), p.Caller, order.DisputeQuery{All: true, State: string(order.DisputeOpen)}, web.PageParams{Limit: most})
	if err != nil {
		return err
	}
	flags, _, err := m.Watch.List(p.Context(), "", watch.Open, web.PageParams{Limit: most})
	if err != nil {
		return err
	}
	page.Payouts, page.Disputes, page.Flags = len(payouts), len(disputes.Items), len(flags)
	page.Proofs, page.Products, page.Refunds = len(proofs.Items), len(queue), len(refunds.Items)
	if page.Jobs, err = m.Jobs.Stats(p.Context()); err != nil {
		return err
	}
	if page.Expiry, err = m.Orders.Expiry(p.Context()); err != nil {
		return err
	}
	return p.Show("manage/home", p.T("The market"), page)
}
