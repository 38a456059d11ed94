package account

import (
	"embed"
	"time"

	"github.com/haat-market/haat/internal/identity"
	"github.com/haat-market/haat/internal/order"
	"github.com/haat-market/haat/internal/payment"
	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/internal/store"
	"github.com/haat-market/haat/internal/wallet"
	"github.com/haat-market/haat/web/pages/frame"
)

//go:embed all:files
var files embed.FS

// Deps are the rooms whose doors these pages are.
type Deps struct {
	Identity *identity.Service
	Orders   *order.Service
	Wallet   *wallet.Service
	Payments *payment.Service
	Stores   *store.Service
}

type account struct{ Deps }

// The same rates as the operations behind them have.
var (
	signUpRate = web.Limit{Name: "signup", Per: time.Hour, Burst: 600}
	loginRate  = web.Limit{Name: "login", Per: time.Minute, Burst: 300}
)

// Mount adds the pages.
func Mount(f *frame.Frame, d Deps) {
	a := &account{d}
	f.Templates("account", files, "files/*.html")
	f.Get("/signin", web.Public, a.askSignIn)
	f.Post("/signin", web.Public, a.signIn)
	f.Post("/signout", web.Public, a.signOut)
	f.Get("/choose", web.SignedIn, a.choose)
	f.Get("/signup", web.Public, a.askSignUp)
	f.Post("/signup", web.Public, a.signUp)
	f.Get("/signup/sent", web.Public, a.sent)
	f.Get("/activate/again", web.Public, a.askAgain)
	f.Post("/activate/again", web.Public, a.again)
	f.Get("/forgot", web.Public, a.askForgot)
	f.Post("/forgot", web.Public, a.forgot)
	a.mountLinks(f)
	a.mountMe(f)
}
