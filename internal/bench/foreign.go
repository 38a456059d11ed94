package bench

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// errAdmin says what a market that runs elsewhere needs.
var errAdmin = errors.New("to prepare accounts and products at --url an admin's access token is needed: --token, or HAAT_BENCH_TOKEN")

// prepareAt fills a market over its API: people sign up, the admin activates them and gives them money, sellers open
// stores. Where the market slows us down we wait.
func prepareAt(ctx context.Context, at place, admin string, shape Shape) (*stage, error) {
	if admin == "" {
		return nil, errAdmin
	}
	p := &settler{admin: caller{at: at, token: admin}, run: strconv.FormatInt(time.Now().UnixNano(), 36)}
	st := &stage{stores: shape.Stores}
	var err error
	if st.variants, err = p.products(ctx, shape); err != nil {
		return nil, err
	}
	for i := range shape.Accounts {
		c, err := p.customer(ctx, i)
		if err != nil {
			return nil, fmt.Errorf("customer %d: %w", i, err)
		}
		st.customers = append(st.customers, c)
	}
	return st, nil
}

// settler makes accounts. Their addresses hold the run, so that a second run finds nobody there.
type settler struct {
	admin caller
	run   string
}

type idBody struct {
	ID string `json:"id"`
}

// account signs somebody up and in. The new account is found among the newest inactive ones, because signing up does
// not say whether there was one before.
func (p *settler) account(ctx context.Context, name, role string) (c caller, id string, err error) {
	anybody := caller{at: p.admin.at}
	email := name + "-" + p.run + "@bench.example.org"
	in := map[string]any{"role": role, "name": buyerName, "email": email, "password": password}
	if err := anybody.call(ctx, "POST", "/v1/auth/signup", in, nil); err != nil {
		return c, "", err
	}
	var page struct {
		Items []struct {
			ID    string `json:"id"`
			Email string `json:"email"`
		} `json:"items"`
	}
	if err := p.admin.call(ctx, "GET", "/v1/accounts?state=inactive&limit=100", nil, &page); err != nil {
		return c, "", err
	}
	for _, a := range page.Items {
		if strings.EqualFold(a.Email, email) {
			id = a.ID
		}
	}
	if id == "" {
		return c, "", fmt.Errorf("the account of %s is not among the newest inactive ones", email)
	}
	if err := p.admin.call(ctx, "POST", "/v1/accounts/"+url.PathEscape(id)+"/activate", nil, nil); err != nil {
		return c, "", err
	}
	var tokens struct {
		Access string `json:"access_token"`
	}
	err = anybody.call(ctx, "POST", "/v1/auth/login", map[string]any{"email": email, "password": password}, &tokens)
	return caller{at: p.admin.at, token: tokens.Access}, id, err
}

func (p *settler) products(ctx context.Context, shape Shape) ([]string, error) {
	var err error
	var seller caller
	stores, owners := make([]string, shape.Stores), make([]caller, shape.Stores)
	for i := range stores {
		if i%storesEach == 0 {
			if seller, _, err = p.account(ctx, "seller"+strconv.Itoa(i), "seller"); err != nil {
				return nil, err
			}
		}
		var made idBody
		if err := seller.call(ctx, "POST", "/v1/stores", map[string]any{"name": "Store " + p.run + " " + strconv.Itoa(i)}, &made); err != nil {
			return nil, err
		}
		if err := seller.call(ctx, "POST", "/v1/stores/"+made.ID+"/publish", nil, nil); err != nil {
			return nil, err
		}
		stores[i], owners[i] = made.ID, seller
	}
	variants := make([]string, shape.Variants)
	for i := range variants {
		of := i % len(stores)
		var made struct {
			idBody
			Variants []idBody `json:"variants"`
		}
		if err := owners[of].call(ctx, "POST", "/v1/stores/"+stores[of]+"/products", map[string]any{
			"title":    variantTitle(i),
			"variants": []any{map[string]any{"sku": "TEA-" + strconv.Itoa(i), "price": price, "weight": 250, "track_stock": true, "stock": plenty}},
		}, &made); err != nil {
			return nil, err
		}
		if len(made.Variants) != 1 {
			return nil, fmt.Errorf("product %s has %d variants", made.ID, len(made.Variants))
		}
		if err := owners[of].call(ctx, "POST", "/v1/products/"+made.ID+"/publish", nil, nil); err != nil {
			return nil, err
		}
		variants[i] = made.Variants[0].ID
	}
	return variants, nil
}

func (p *settler) customer(ctx context.Context, i int) (customer, error) {
	c, id, err := p.account(ctx, "buyer"+strconv.Itoa(i), "customer")
	if err != nil {
		return customer{}, err
	}
	var address idBody
	if err := c.call(ctx, "POST", "/v1/me/addresses", map[string]any{
		"name": buyerName, "phone": "+9779800000001", "line1": "12 Bazaar Road", "city": "Kathmandu", "postal_code": "44600", "country": "NP",
	}, &address); err != nil {
		return customer{}, err
	}
	credit := map[string]any{"amount": pocket, "reason": "for measuring"}
	err = p.admin.call(ctx, "POST", "/v1/accounts/"+url.PathEscape(id)+"/wallet/credits", credit, nil)
	return customer{id: id, token: c.token, address: address.ID}, err
}
