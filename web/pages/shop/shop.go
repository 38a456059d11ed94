package shop

import (
	"embed"

	"github.com/haat-market/haat/internal/cart"
	"github.com/haat-market/haat/internal/catalog"
	"github.com/haat-market/haat/internal/delivery"
	"github.com/haat-market/haat/internal/identity"
	"github.com/haat-market/haat/internal/invoice"
	"github.com/haat-market/haat/internal/order"
	"github.com/haat-market/haat/internal/payment"
	pictures "github.com/haat-market/haat/internal/platform/picture"
	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/internal/rate"
	"github.com/haat-market/haat/internal/review"
	"github.com/haat-market/haat/internal/store"
	"github.com/haat-market/haat/internal/storefront"
	"github.com/haat-market/haat/internal/wallet"
	"github.com/haat-market/haat/web/pages/frame"
)

//go:embed all:files
var files embed.FS

// Deps are the rooms whose doors these pages are.
type Deps struct {
	Identity *identity.Service
	Stores   *store.Service
	Catalog  *catalog.Service
	Cart     *cart.Service
	Orders   *order.Service
	Payments *payment.Service
	Wallet   *wallet.Service
	Delivery *delivery.Service
	Invoices *invoice.Service
	Rates    *rate.Service
	Reviews  *review.Service
	Windows  *storefront.Service
}

type shop struct{ Deps }

// Mount adds the pages.
func Mount(f *frame.Frame, d Deps) {
	s := &shop{d}
	f.Templates("shop", files, "files/*.html")
	f.Get("/{$}", web.Public, s.home)
	f.Get("/c/{slug}", web.Public, s.category)
	f.Get("/s/{store}", web.Public, s.store)
	f.Get("/s/{store}/card", web.Public, s.windowCard)
	f.Get("/s/{store}/reviews", web.Public, s.storeReviews)
	f.Get("/p/{id}/reviews", web.Public, s.productReviews)
	f.Get("/dealers", web.Public, s.dealers)
	f.Get("/scrap", web.Public, s.scrap)
	f.Post("/scrap", web.SignedIn, s.addScrap)
	f.Get("/scrap/pickup", web.SignedIn, s.askPickup)
	f.Post("/scrap/pickup", web.SignedIn, s.arrange)
	f.Post("/cart/scrap/{line}", web.SignedIn, s.changeScrap)
	f.Get("/search", web.Public, s.search)
	f.Get("/stores", web.Public, s.stores)
	f.Get("/p/{id}", web.Public, s.product)
	f.Get("/cart", web.Public, s.cart)
	f.Post("/cart", web.Public, s.addToCart)
	f.Post("/cart/sync", web.Public, s.syncCart)
	f.Post("/cart/lines/{line}", web.Public, s.changeLine)
	f.Get("/checkout", web.Public, s.askCheckout)
	f.Post("/checkout", web.SignedIn, s.checkout)
	f.Post("/checkout/guest", web.Public, s.guestOrder)
	f.Get("/ordered", web.Public, s.ordered)
	f.Get("/o/{token}", web.Public, s.follow)
	f.Get("/t/{number}", web.Public, s.track)
	f.Get("/o/{token}/{id}/pictures/{name}", web.Public, s.guestPicture)
	f.Get("/deliveries/{id}/pictures/{name}", web.SignedIn, s.carriedPicture)
	f.Post("/o/{token}/claim", web.SignedIn, s.claim)
	f.Get("/checkouts/{id}", web.SignedIn, s.placed)
	f.Post("/checkouts/{id}/cancel", web.SignedIn, s.cancelCheckout)
	f.Get("/pay/{id}", web.SignedIn, s.askPay)
	f.Post("/pay/{id}", web.SignedIn, s.pay)
	f.PostFile("/pay/{id}/proof", web.SignedIn, pictures.MaxBytes, s.prove)
	f.Get("/pay/{id}/proof/{proof}", web.SignedIn, s.proofPicture)
	f.Post("/pay/{id}/look", web.SignedIn, s.look)
	f.Get("/orders", web.SignedIn, s.orders)
	f.Get("/orders/{id}", web.SignedIn, s.order)
	f.Get("/orders/{id}/receipt", web.SignedIn, s.receipt)
	f.Get("/orders/{id}/review", web.SignedIn, s.rateOrder)
	f.Post("/orders/{id}/review", web.SignedIn, s.rate)
	f.Post("/reviews/{id}/withdraw", web.SignedIn, s.withdrawReview)
	f.Post("/orders/{id}/{step}", web.SignedIn, s.step)
}
