package order

import (
	"context"
	"log/slog"

	"github.com/haat-market/haat/internal/cart"
	"github.com/haat-market/haat/internal/catalog"
	"github.com/haat-market/haat/internal/identity"
	"github.com/haat-market/haat/internal/inventory"
	"github.com/haat-market/haat/internal/ledger"
	"github.com/haat-market/haat/internal/market"
	"github.com/haat-market/haat/internal/order/orderdb"
	"github.com/haat-market/haat/internal/payment"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/event"
	"github.com/haat-market/haat/internal/rate"
	"github.com/haat-market/haat/internal/store"
)

// Deps are the rooms below, which this one tells what its state table asks for.
type Deps struct {
	DB        *db.DB
	Clock     clock.Clock
	Log       *slog.Logger
	Events    *event.Log
	Ledger    *ledger.Service
	Market    *market.Service
	Identity  *identity.Service
	Stores    *store.Service
	Catalog   *catalog.Service
	Inventory *inventory.Service
	Payments  *payment.Service
	Cart      *cart.Service
	Rates     *rate.Service
	URL       string // the market's, for links
	Key       []byte // the server's secret
}

// Service is the room.
type Service struct {
	db        *db.DB
	clock     clock.Clock
	log       *slog.Logger
	events    *event.Log
	ledger    *ledger.Service
	market    *market.Service
	identity  *identity.Service
	stores    *store.Service
	catalog   *catalog.Service
	inventory *inventory.Service
	payments  *payment.Service
	cart      *cart.Service
	rates     *rate.Service
	url       string
	key       []byte
	biller    Biller
	// Delivery quotes delivery; nil is the market's flat charge.
	Delivery Quoter
	carrier  Carrier // nil: every store carries its goods itself
}

// New builds the room and registers checkouts as what payments are for.
func New(d Deps) *Service {
	s := &Service{
		db: d.DB, clock: d.Clock, log: d.Log, events: d.Events, ledger: d.Ledger, market: d.Market, identity: d.Identity, stores: d.Stores,
		catalog: d.Catalog, inventory: d.Inventory, payments: d.Payments, cart: d.Cart, rates: d.Rates, url: d.URL, key: d.Key,
	}
	d.Payments.AddPayable(payable{s})
	d.Events.FollowPlan("order.popularity", s.popularity, event.Only(soldTypes...), event.Batch(1000), event.Calmly())
	return s
}

func (s *Service) quoter(settings market.Settings) Quoter {
	if s.Delivery != nil {
		return s.Delivery
	}
	return flatQuote{flat: settings.DeliveryFlat, freeAbove: settings.DeliveryFreeAbove}
}

// AnyTrade reports whether anything was ever sold: after that, currency and tax rule of the market are fixed.
func (s *Service) AnyTrade(ctx context.Context, tx db.Tx) (bool, error) {
	n, err := orderdb.New(tx).AnyCheckout(ctx)
	return n > 0, err
}
