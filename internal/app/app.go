package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/alexedwards/argon2id"
	"github.com/prometheus/client_golang/prometheus"

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
	"github.com/haat-market/haat/internal/platform/blob"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/config"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/event"
	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/idem"
	"github.com/haat-market/haat/internal/platform/job"
	"github.com/haat-market/haat/internal/platform/mail"
	"github.com/haat-market/haat/internal/platform/money"
	"github.com/haat-market/haat/internal/platform/outbound"
	"github.com/haat-market/haat/internal/platform/verify"
	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/internal/rate"
	"github.com/haat-market/haat/internal/review"
	"github.com/haat-market/haat/internal/schema"
	"github.com/haat-market/haat/internal/store"
	"github.com/haat-market/haat/internal/storefront"
	"github.com/haat-market/haat/internal/subscription"
	"github.com/haat-market/haat/internal/wallet"
	"github.com/haat-market/haat/internal/watch"
	"github.com/haat-market/haat/web/pages/frame"
)

// Options are what a market is built from.
type Options struct {
	Config  config.Config
	DB      *db.DB
	Clock   clock.Clock // nil is the database's
	Log     *slog.Logger
	Mail    mail.Sender
	Key     []byte           // the server's secret
	Hashing *argon2id.Params // nil is the market's cost
	Limits  *web.Limits      // nil: from Config
	Version string
	// Outbound fetches what people name by an address; nil reaches public servers only.
	Outbound *outbound.Client
}

// App is a market put together.
type App struct {
	DB       *db.DB
	Clock    clock.Clock
	Log      *slog.Logger
	API      *web.API
	Pages    *frame.Frame
	Registry *prometheus.Registry
	Events   *event.Log
	Jobs     *job.Runner
	Blobs    *blob.Store

	Ledger     *ledger.Service
	Market     *market.Service
	Identity   *identity.Service
	Stores     *store.Service
	Catalog    *catalog.Service
	Inventory  *inventory.Service
	Rates      *rate.Service
	Payments   *payment.Service
	Wallet     *wallet.Service
	Plans      *subscription.Service
	Windows    *storefront.Service
	Cart       *cart.Service
	Orders     *order.Service
	Reviews    *review.Service
	Delivery   *delivery.Service
	Commission *commission.Service
	Invoices   *invoice.Service
	Watch      *watch.Service

	stopping atomic.Bool // not ready any more
}

// Schema is the schema of all rooms, for both engines.
func Schema() db.Schema {
	convert := func(list []schema.Migration) []db.Migration {
		out := make([]db.Migration, len(list))
		for i, m := range list {
			out[i] = db.Migration{Number: m.Number, Name: m.Name, SQL: m.SQL}
		}
		return out
	}
	return db.Schema{
		Embedded: convert(schema.Migrations(schema.SQLite)), Postgres: convert(schema.Migrations(schema.Postgres)), Unique: schema.Unique,
	}
}

// OpenDB opens the configured database and brings its schema up to date.
func OpenDB(ctx context.Context, place config.Place, log *slog.Logger) (*db.DB, error) {
	d, err := db.Open(ctx, db.Config{File: place.DatabaseFile(), URL: place.Database.Reveal(), Schema: Schema(), Log: log})
	if err != nil {
		return nil, err
	}
	if _, err := d.Migrate(ctx); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return d, nil
}

// databaseClock is this machine's clock, corrected to the database's: all nodes of a market decide by one time.
type databaseClock struct{ db *db.DB }

// Now implements clock.Clock.
func (c databaseClock) Now() time.Time { return clock.System().Now().Add(c.db.ClockOffset()) }

// Build puts a market together. Nothing runs yet.
func Build(o Options) (*App, error) {
	if o.Clock == nil {
		o.Clock = databaseClock{o.DB}
	}
	a := &App{DB: o.DB, Clock: o.Clock, Log: o.Log, Registry: prometheus.NewRegistry(), Events: event.New(o.Clock)}
	a.Events.Retain(o.Config.EventRetention)
	a.Jobs = job.NewRunner(o.DB, o.Clock, o.Log, holder(o.DB))
	a.Blobs = blob.New(blob.Deps{DB: o.DB, Clock: o.Clock, Place: blob.Folder(filepath.Join(o.Config.Data, blobFolder)), URL: o.Config.BaseURL()})
	if err := a.buildRooms(o); err != nil {
		return nil, err
	}
	a.API = web.New(a.webConfig(o))
	for _, room := range []interface{ Mount(*web.API) }{
		a.Market, a.Identity, a.Stores, a.Catalog, a.Inventory, a.Rates, a.Payments, a.Wallet, a.Plans, a.Windows, a.Cart, a.Orders, a.Reviews, a.Invoices, a.Delivery, a.Commission, a.Ledger, a.Watch,
	} {
		room.Mount(a.API)
	}
	a.Blobs.Mount(a.API)
	mountOperations(a)
	mountPages(a, o.Config.BaseURL())
	for _, room := range []interface{ Work(*job.Runner) }{a.Events, a.Blobs, a.Ledger, a.Identity, a.Stores, a.Catalog, a.Inventory, a.Payments, a.Plans, a.Cart, a.Orders, a.Delivery, a.Watch} {
		room.Work(a.Jobs)
	}
	a.Commission.Work(a.Jobs)
	idem.Work(a.Jobs)
	return a, nil
}

func (a *App) buildRooms(o Options) (err error) {
	a.Ledger = ledger.New(a.DB, a.Clock)
	a.Market = market.New(a.DB, a.Clock, a.Events, a.Log)
	a.Identity, err = identity.New(identity.Deps{
		DB: a.DB, Clock: a.Clock, Log: a.Log, Events: a.Events, Jobs: a.Jobs, Mail: o.Mail, URL: o.Config.BaseURL(), Key: o.Key, Hashing: o.Hashing,
		Blobs: a.Blobs,
		Market: func(ctx context.Context) (identity.MarketFacts, error) {
			s, err := a.Market.Settings(ctx)
			return identity.MarketFacts{
				Name: s.Name, Country: s.Country, SignupOpen: s.SignupOpen, Languages: s.Languages, CodePrefix: s.AccountCodePrefix,
			}, err
		},
	})
	if err != nil {
		return err
	}
	a.Stores = store.New(store.Deps{
		DB: a.DB, Clock: a.Clock, Log: a.Log, Events: a.Events, Jobs: a.Jobs, Mail: o.Mail, URL: o.Config.BaseURL(), Market: a.Market, Identity: a.Identity,
	})
	a.Identity.OpenStoresWith(a.Stores)
	a.Identity.Watch(a.Stores)
	a.Identity.GuardErase(a.Stores.KeepOwner)
	a.Catalog = catalog.New(catalog.Deps{
		Blobs: a.Blobs, Fetch: fetcher(o), DB: a.DB, Clock: a.Clock, Log: a.Log, Events: a.Events, Jobs: a.Jobs, Stores: a.Stores,
		Currency: func(ctx context.Context) (money.Currency, error) {
			s, err := a.Market.Settings(ctx)
			return s.Currency, err
		},
		Terms: func(ctx context.Context, tx db.Tx) (catalog.Terms, error) {
			s, err := a.Market.SettingsFor(ctx, tx)
			return catalog.Terms{Currency: s.Currency, Approval: s.ProductApproval, Brands: s.RegisteredBrands}, err
		},
		ImagesByURL: func(ctx context.Context) (bool, error) {
			s, err := a.Market.Settings(ctx)
			return s.ImportImages, err
		},
	})
	a.Inventory = inventory.New(inventory.Deps{
		DB: a.DB, Clock: a.Clock, Log: a.Log, Events: a.Events, Jobs: a.Jobs, Catalog: a.Catalog, Stores: a.Stores,
		LowAt: func(ctx context.Context, tx db.Tx) (int64, error) {
			s, err := a.Market.SettingsIn(ctx, tx) // past the cache: a change has to reach all stock, whichever node looks after it
			return s.LowStockAt, err
		},
	})
	a.Catalog.StockWith(a.Inventory)
	a.Rates = rate.New(rate.Deps{DB: a.DB, Clock: a.Clock, Events: a.Events, Market: a.Market, Stores: a.Stores, Catalog: a.Catalog})
	a.Payments = payment.New(a.DB, a.Clock, a.Events, a.Jobs, a.Ledger, a.Market, a.Log)
	a.Payments.ComeBackTo(o.Config.BaseURL())
	a.Payments.KeepIn(a.Blobs)
	for _, g := range a.gateways(o.Config) {
		a.Payments.AddGateway(g)
	}
	a.Wallet = wallet.New(wallet.Deps{DB: a.DB, Clock: a.Clock, Events: a.Events, Ledger: a.Ledger, Market: a.Market, Identity: a.Identity, Stores: a.Stores, Payments: a.Payments})
	a.Plans = subscription.New(subscription.Deps{
		DB: a.DB, Clock: a.Clock, Events: a.Events, Jobs: a.Jobs, Mail: o.Mail, Market: a.Market, Identity: a.Identity, Stores: a.Stores, Rates: a.Rates, Payments: a.Payments, Ledger: a.Ledger, URL: o.Config.BaseURL(),
	})
	a.Windows = storefront.New(storefront.Deps{DB: a.DB, Clock: a.Clock, Events: a.Events, Stores: a.Stores, Rates: a.Rates, Plans: a.Plans})
	a.Cart = cart.New(cart.Deps{DB: a.DB, Clock: a.Clock, Catalog: a.Catalog, Inventory: a.Inventory, Rates: a.Rates})
	a.Orders = order.New(order.Deps{
		DB: a.DB, Clock: a.Clock, Log: a.Log, Events: a.Events, Ledger: a.Ledger, Market: a.Market, Identity: a.Identity, Stores: a.Stores,
		Catalog: a.Catalog, Inventory: a.Inventory, Payments: a.Payments, Cart: a.Cart, Rates: a.Rates, URL: o.Config.BaseURL(), Key: o.Key,
	})
	a.Reviews = review.New(review.Deps{DB: a.DB, Clock: a.Clock, Events: a.Events, Identity: a.Identity, Stores: a.Stores, Catalog: a.Catalog, Orders: a.Orders})
	a.Commission = commission.New(commission.Deps{DB: a.DB, Clock: a.Clock, Events: a.Events, Market: a.Market, Stores: a.Stores, Orders: a.Orders, Ledger: a.Ledger, Files: a.Blobs})
	a.Delivery = delivery.New(delivery.Deps{
		DB: a.DB, Clock: a.Clock, Log: a.Log, Events: a.Events, Ledger: a.Ledger, Market: a.Market, Identity: a.Identity, Stores: a.Stores, Orders: a.Orders,
		Blobs: a.Blobs, URL: o.Config.BaseURL(), Key: o.Key,
	})
	a.Invoices = invoice.New(invoice.Deps{DB: a.DB, Clock: a.Clock, Events: a.Events, Market: a.Market, Stores: a.Stores, Orders: a.Orders})
	a.Watch = watch.New(watch.Deps{
		DB: a.DB, Clock: a.Clock, Log: a.Log, Events: a.Events, Jobs: a.Jobs, Mail: o.Mail, Market: a.Market, Identity: a.Identity, Payments: a.Payments, Orders: a.Orders, URL: o.Config.BaseURL(), Key: o.Key,
	})
	a.Identity.WelcomeWith(a.Orders)
	a.Market.Freeze(a.Orders.AnyTrade)
	a.Market.Freeze(a.Ledger.Used, "currency")
	a.Market.Offer(a.Payments.Methods)
	a.Identity.GuardErase(a.Wallet.KeepHolder)
	a.Identity.GuardErase(a.Orders.KeepBuyer)
	return nil
}

// fetcher is what gets pictures from addresses in files.
func fetcher(o Options) *outbound.Client {
	if o.Outbound != nil {
		return o.Outbound
	}
	return outbound.New()
}

func (a *App) webConfig(o Options) web.Config {
	c := web.Config{
		Title: "Haat", Version: o.Version, URL: o.Config.BaseURL(), Authenticator: a.Identity, Log: a.Log, Metrics: a.Registry,
		Faults: []*fault.Error{db.ErrTryAgain, db.ErrTimeout, db.ErrDiskFull, db.ErrClosed},
		Now:    a.Clock.Now, TrustedProxies: o.Config.TrustedProxies, AllowedOrigins: o.Config.CORSOrigins,
		Ready: func(ctx context.Context) []string {
			if a.stopping.Load() {
				return []string{"the market is stopping"}
			}
			if err := a.DB.Health(ctx); err != nil {
				return []string{err.Error()}
			}
			return nil
		},
	}
	if o.Limits != nil {
		c.Limits = *o.Limits
	} else {
		c.Limits = limits(o.Config)
	}
	return c
}

// holder names this process among those that share a database.
func holder(d *db.DB) string {
	if d.Engine() == db.Embedded { // whoever has the folder's lock is the only one: what the last one held is his at once
		return "folder"
	}
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	return fmt.Sprintf("%s/%s/%d", host, strconv.Itoa(os.Getpid()), time.Now().UnixNano())
}

// Rules are what haat verify checks, of every room.
func (a *App) Rules() []verify.Rule {
	var rules []verify.Rule
	for _, b := range []interface{ Rules() []verify.Rule }{
		a.Events, a.Blobs, a.Ledger, a.Identity, a.Stores, a.Catalog, a.Inventory, a.Rates, a.Payments, a.Wallet, a.Plans, a.Windows, a.Cart, a.Orders, a.Reviews, a.Invoices, a.Delivery, a.Commission, a.Watch,
	} {
		rules = append(rules, b.Rules()...)
	}
	return rules
}
