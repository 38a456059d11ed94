package bench

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strconv"

	"github.com/alexedwards/argon2id"

	"github.com/haat-market/haat/internal/app"
	"github.com/haat-market/haat/internal/catalog"
	"github.com/haat-market/haat/internal/identity"
	"github.com/haat-market/haat/internal/platform/config"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/mail"
	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/internal/store"
)

// cheap is a password's cost here: thousands are checked before anything is measured, and none while it is.
var cheap = &argon2id.Params{Memory: 64, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32}

// market is a market in this process.
type market struct{ *app.App }

// openMarket opens the market at a place, for nobody but us. one: every write is committed alone.
func openMarket(ctx context.Context, at config.Place, one bool, watch func(string, db.Tx) db.Tx) (*market, error) {
	return openWith(ctx, at, db.Config{OneByOne: one, Watch: watch})
}

// openToFill opens it for writing much: nothing is waited for to be on disk, and no write keeps what it would be undone by.
func openToFill(ctx context.Context, at config.Place) (*market, error) {
	return openWith(ctx, at, db.Config{Scratch: !at.Database.Set(), CalmAfter: 1})
}

func openWith(ctx context.Context, at config.Place, how db.Config) (_ *market, err error) {
	quiet := slog.New(slog.DiscardHandler)
	how.File, how.URL, how.Schema, how.Log = at.DatabaseFile(), at.Database.Reveal(), app.Schema(), quiet
	d, err := db.Open(ctx, how)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, d.Close())
		}
	}()
	if _, err := d.Migrate(ctx); err != nil {
		return nil, err
	}
	key, _, err := at.SecretKey()
	if err != nil {
		return nil, err
	}
	c := config.Default()
	c.Place = at
	a, err := app.Build(app.Options{
		Config: c, DB: d, Log: quiet, Mail: &mail.Recorder{}, Key: key.For("identity"), Hashing: cheap, Limits: &web.Limits{Off: true}, Version: app.Version(),
	})
	if err != nil {
		return nil, err
	}
	return &market{a}, nil
}

// errMarket keeps the measurement away from what it would spoil.
var errMarket = errors.New("this database holds a market already; measure on an empty one")

// prepare fills an empty market by its services.
func (m *market) prepare(ctx context.Context, shape Shape) (*stage, error) {
	there, _, err := m.Identity.Accounts(ctx, identity.AccountQuery{Limit: 1})
	if err != nil {
		return nil, err
	}
	if len(there) > 0 {
		return nil, errMarket
	}
	hash, err := m.Identity.HashPassword(ctx, password)
	if err != nil {
		return nil, err
	}
	st := &stage{stores: shape.Stores}
	seller, err := m.account(ctx, "seller", hash, web.RoleCustomer, web.RoleSeller)
	if err != nil {
		return nil, err
	}
	if st.variants, err = m.products(ctx, seller, hash, shape, st); err != nil {
		return nil, err
	}
	if _, err := m.account(ctx, "admin", hash, web.RoleAdmin); err != nil {
		return nil, err
	}
	for i := range shape.Accounts {
		c, err := m.customer(ctx, i, hash)
		if err != nil {
			return nil, fmt.Errorf("customer %d: %w", i, err)
		}
		st.customers = append(st.customers, c)
	}
	return st, m.signIn(ctx, st)
}

// signIn signs everybody in, anew when the market took long to fill.
func (m *market) signIn(ctx context.Context, st *stage) error {
	in := func(name string) (string, error) {
		t, _, err := m.Identity.Login(ctx, name+"@bench.example.org", password, identity.Device{UserAgent: "haat-bench"})
		return t.Access, err
	}
	var err error
	if st.seller, err = in("seller"); err != nil {
		return err
	}
	if st.admin, err = in("admin"); err != nil {
		return err
	}
	for i := range st.customers {
		if st.customers[i].token, err = in("buyer" + strconv.Itoa(i)); err != nil {
			return err
		}
	}
	return nil
}

func (m *market) account(ctx context.Context, name, hash string, roles ...string) (web.Caller, error) {
	a, err := m.Identity.CreateAccount(ctx, identity.NewAccount{Name: buyerName, Email: name + "@bench.example.org", PasswordHash: hash, Roles: roles})
	return web.Caller{AccountID: a.ID, Account: a.PublicID, Roles: roles}, err
}

// storesEach is how many stores one seller opens; the market allows him a few.
const storesEach = 5

// products opens and publishes the stores and their products, all of plenty, in turns.
func (m *market) products(ctx context.Context, seller web.Caller, hash string, shape Shape, st *stage) ([]string, error) {
	var err error
	stores, owners := make([]string, shape.Stores), make([]web.Caller, shape.Stores)
	for i := range stores {
		if i > 0 && i%storesEach == 0 {
			if seller, err = m.account(ctx, "seller"+strconv.Itoa(i), hash, web.RoleCustomer, web.RoleSeller); err != nil {
				return nil, err
			}
		}
		v, _, err := m.Stores.Create(ctx, seller, store.Profile{Name: "Store " + strconv.Itoa(i), Sells: true})
		if err != nil {
			return nil, err
		}
		if _, err := m.Stores.Move(ctx, seller, v.PublicID, store.Publish, ""); err != nil {
			return nil, err
		}
		stores[i], owners[i] = v.PublicID, seller
	}
	st.store = stores[0]
	variants := make([]string, shape.Variants)
	for i := range variants {
		stock := int64(plenty)
		of := i % len(stores)
		p, err := m.Catalog.CreateProduct(ctx, owners[of], stores[of], catalog.ProductInput{
			Title: variantTitle(i), Variants: []catalog.VariantInput{{SKU: "TEA-" + strconv.Itoa(i), Price: price, Weight: 250, TrackStock: true, Stock: &stock}},
		})
		if err != nil {
			return nil, err
		}
		if _, err := m.Catalog.Act(ctx, owners[of], p.ID, catalog.Publish); err != nil {
			return nil, err
		}
		variants[i] = p.Variants[0].ID
	}
	return variants, nil
}

func (m *market) customer(ctx context.Context, i int, hash string) (customer, error) {
	name := "buyer" + strconv.Itoa(i)
	c, err := m.account(ctx, name, hash, web.RoleCustomer)
	if err != nil {
		return customer{}, err
	}
	a, _, err := m.Identity.AddAddress(ctx, c, identity.NewAddress{Address: identity.Address{
		Name: buyerName, Phone: "+9779800000001", Line1: "12 Bazaar Road", City: "Kathmandu", PostalCode: "44600", Country: "NP",
	}})
	if err != nil {
		return customer{}, err
	}
	_, _, err = m.Wallet.Give(ctx, "system", c.Account, pocket, "", "for measuring")
	return customer{key: c.AccountID, id: c.Account, address: a.PublicID}, err
}

// close closes the market's database.
func (m *market) close() error { return m.DB.Close() }

// served is a market of this process on a loopback address.
type served struct {
	at     place
	server *http.Server
	failed chan error
}

// serve opens the market's API in this process, for what is watched and not timed.
func (m *market) serve() (*served, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	at, err := placeOf("http://" + l.Addr().String())
	if err != nil {
		return nil, errors.Join(err, l.Close())
	}
	s := &served{at: at, server: web.NewServer(m.API, l.Addr().String()), failed: make(chan error, 1)}
	go func() { s.failed <- s.server.Serve(l) }()
	return s, nil
}

func (s *served) close() error {
	err := s.server.Close()
	if e := <-s.failed; !errors.Is(e, http.ErrServerClosed) {
		err = errors.Join(err, e)
	}
	return err
}
