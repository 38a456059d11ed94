package pages

import (
	"log/slog"
	"time"

	"github.com/haat-market/haat/internal/cart"
	"github.com/haat-market/haat/internal/catalog"
	"github.com/haat-market/haat/internal/commission"
	"github.com/haat-market/haat/internal/delivery"
	"github.com/haat-market/haat/internal/identity"
	"github.com/haat-market/haat/internal/inventory"
	"github.com/haat-market/haat/internal/invoice"
	"github.com/haat-market/haat/internal/ledger"
	"github.com/haat-market/haat/internal/market"
	"github.com/haat-market/haat/internal/order"
	"github.com/haat-market/haat/internal/payment"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/event"
	"github.com/haat-market/haat/internal/platform/job"
	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/internal/rate"
	"github.com/haat-market/haat/internal/review"
	"github.com/haat-market/haat/internal/store"
	"github.com/haat-market/haat/internal/storefront"
	"github.com/haat-market/haat/internal/subscription"
	"github.com/haat-market/haat/internal/wallet"
	"github.com/haat-market/haat/internal/watch"
	"github.com/haat-market/haat/web/pages/account"
	"github.com/haat-market/haat/web/pages/carry"
	"github.com/haat-market/haat/web/pages/dues"
	"github.com/haat-market/haat/web/pages/frame"
	"github.com/haat-market/haat/web/pages/manage"
	"github.com/haat-market/haat/web/pages/sell"
	"github.com/haat-market/haat/web/pages/shop"
)

// Deps are the rooms whose doors the pages are.
type Deps struct {
	URL string // where people reach this market; "" when that is not known
	Now func() time.Time
	Log *slog.Logger

	Market    *market.Service
	Identity  *identity.Service
	Stores    *store.Service
	Catalog   *catalog.Service
	Inventory *inventory.Service
	Payments  *payment.Service
	Wallet    *wallet.Service
	Cart      *cart.Service
	Orders    *order.Service
	Reviews   *review.Service
	Delivery  *delivery.Service
	Invoices  *invoice.Service
	Watch     *watch.Service

	Rates      *rate.Service
	Plans      *subscription.Service
	Windows    *storefront.Service
	Commission *commission.Service

	DB     *db.DB
	Ledger *ledger.Service
	Events *event.Log
	Jobs   *job.Runner
}

// Mount adds the pages to a market, and gives what holds them.
func Mount(api *web.API, d Deps) *frame.Frame {
	f := frame.New(api, frame.Deps{URL: d.URL, Now: d.Now, Log: d.Log, Market: d.Market, Identity: d.Identity, Cart: d.Cart})
	shop.Mount(f, shop.Deps{
		Identity: d.Identity, Stores: d.Stores, Catalog: d.Catalog, Cart: d.Cart, Orders: d.Orders, Payments: d.Payments, Wallet: d.Wallet, Delivery: d.Delivery,
		Invoices: d.Invoices,
		Rates:    d.Rates, Windows: d.Windows, Reviews: d.Reviews,
	})
	carry.Mount(f, carry.Deps{Delivery: d.Delivery, Rates: d.Rates, Wallet: d.Wallet})
	dues.Mount(f, dues.Deps{Orders: d.Orders, Invoices: d.Invoices, Wallet: d.Wallet})
	account.Mount(f, account.Deps{Identity: d.Identity, Stores: d.Stores, Orders: d.Orders, Wallet: d.Wallet, Payments: d.Payments})
	sell.Mount(f, sell.Deps{Identity: d.Identity, Stores: d.Stores, Catalog: d.Catalog, Inventory: d.Inventory, Orders: d.Orders, Wallet: d.Wallet, Invoices: d.Invoices, Delivery: d.Delivery,
		Rates: d.Rates, Plans: d.Plans, Windows: d.Windows, Commission: d.Commission, Reviews: d.Reviews})
	manage.Mount(f, manage.Deps{
		DB: d.DB, Market: d.Market, Identity: d.Identity, Stores: d.Stores, Catalog: d.Catalog, Orders: d.Orders, Payments: d.Payments,
		Ledger: d.Ledger, Events: d.Events, Jobs: d.Jobs, Wallet: d.Wallet, Watch: d.Watch, Delivery: d.Delivery,
		Rates: d.Rates, Plans: d.Plans, Windows: d.Windows, Commission: d.Commission, Reviews: d.Reviews,
	})
	return f
}
