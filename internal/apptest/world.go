package apptest

import (
	"context"
	"fmt"

	"github.com/haat-market/haat/internal/identity"
	"github.com/haat-market/haat/internal/ledger"
	"github.com/haat-market/haat/internal/platform/code"
	"github.com/haat-market/haat/internal/platform/db"
)

// Password is everybody's.
const Password = "correct horse battery"

// Person makes an active account with these roles, without the detour of mails, and signs it in.
func (m *Market) Person(roles ...string) *Client {
	m.T.Helper()
	email := code.ID("p") + "@example.org"
	id := m.create(email, roles)
	c := m.Anonymous()
	a := c.Post("/v1/auth/login", M{"email": email, "password": Password}).Want(200)
	return &Client{m: m, Token: a.Str("access_token"), ID: id, Email: email}
}

func (m *Market) create(email string, roles []string) string {
	m.T.Helper()
	a, err := m.Identity.CreateAccount(context.Background(), identity.NewAccount{Name: "Asha Rai", Email: email, Password: Password, Roles: roles})
	if err != nil {
		m.T.Fatal(err)
	}
	return a.PublicID
}

// Buyer is a customer with an address. It returns the address's id too.
func (m *Market) Buyer() (*Client, string) {
	m.T.Helper()
	c := m.Person("customer")
	return c, c.Post("/v1/me/addresses", Address()).Want(201).Str("id")
}

// Address is an address as the API takes it.
func Address() M {
	return M{"name": "Asha Rai", "phone": "+9779800000001", "line1": "12 Bazaar Road", "city": "Kathmandu", "country": "NP", "postal_code": "44600"}
}

// Store is a published store with its owner.
type Store struct {
	ID    string
	Owner *Client
}

// Store opens and publishes a store.
func (m *Market) Store() Store {
	m.T.Helper()
	owner := m.Person("customer", "seller")
	id := owner.Post("/v1/stores", M{"name": "Store " + code.ID("s"), "sells": true}).Want(201).Str("id")
	owner.Post("/v1/stores/{}/publish", nil, id).Want(200)
	return Store{ID: id, Owner: owner}
}

// Product publishes a product of one variant and gives the variant's id. The price is a decimal.
func (s Store) Product(title, price string, stock int) (product, variant string) {
	s.Owner.m.T.Helper()
	a := s.Owner.Post("/v1/stores/{}/products", M{
		"title": title, "variants": []M{{"price": price, "sku": code.ID("sku"), "weight": 250, "track_stock": true, "stock": stock}},
	}, s.ID).Want(201)
	product, variant = a.Str("id"), a.Str("variants.0.id")
	s.Owner.Post("/v1/products/{}/publish", nil, product).Want(200)
	return product, variant
}

// Fund puts money into a wallet, in minor units of the market's currency.
func (m *Market) Fund(c *Client, minor int64) {
	m.T.Helper()
	ctx := context.Background()
	settings, err := m.Market.Settings(ctx)
	if err != nil {
		m.T.Fatal(err)
	}
	cur := string(settings.Currency)
	err = m.DB.Write(ctx, "test.fund", func(ctx context.Context, tx db.Tx) error {
		return m.Ledger.Post(ctx, tx, ledger.OpeningBalance, fmt.Sprintf("fund:%s:%d", c.ID, minor), c.ID,
			ledger.Leg{From: ledger.EquityOpening(cur), To: ledger.Wallet(c.ID, cur), Amount: minor})
	})
	if err != nil {
		m.T.Fatal(err)
	}
}

// SignIn signs a person in anew, for when the clock has moved past a token's life.
func (m *Market) SignIn(c *Client) *Client {
	m.T.Helper()
	a := m.Anonymous().Post("/v1/auth/login", M{"email": c.Email, "password": Password}).Want(200)
	return &Client{m: m, Token: a.Str("access_token"), ID: c.ID, Email: c.Email}
}

// RunJobs does all jobs that are due.
func (m *Market) RunJobs() {
	m.T.Helper()
	if _, err := m.Jobs.Drain(context.Background()); err != nil {
		m.T.Fatal(err)
	}
}
