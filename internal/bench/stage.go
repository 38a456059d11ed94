package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
)

// Shape is the data that is traded with.
type Shape struct {
	Accounts int `json:"accounts"`
	Stores   int `json:"stores"`
	Variants int `json:"variants"`           // one a product, all of plenty
	Products int `json:"products,omitempty"` // beside them, written in bulk to be looked at
	Orders   int `json:"orders,omitempty"`   // of the past, written in bulk
	// What stores pay, written in bulk: in all, and at each postal code.
	Rates      int `json:"rates,omitempty"`
	RatesThere int `json:"rates_at_a_postal_code,omitempty"`
}

func (s Shape) check(clients []int) error {
	for _, n := range clients {
		if n < 1 || n > 4096 {
			return fmt.Errorf("%d clients: from 1 to 4096", n)
		}
		if n > s.Accounts {
			return fmt.Errorf("%d clients need as many accounts, not %d", n, s.Accounts)
		}
	}
	if s.Stores < 2 || s.Variants < s.Stores {
		return fmt.Errorf("a purchase is from two stores: at least two stores, and a variant for each")
	}
	return nil
}

// customer is an account that is signed in, with an address and money.
type customer struct {
	key     int64 // 0 where only the API was spoken to
	id      string
	token   string
	address string
}

// stage is a market made ready.
type stage struct {
	customers []customer
	variants  []string // variant i is of store i modulo the number of stores
	stores    int
	seller    string // access token of who has the first store
	admin     string // and of an admin
	store     string // its public id
	// Written in bulk, to be looked at: some of the products, and the upper categories.
	products, categories []string
	materials            []string
	direct               string // what one variant costs, delivered
	pair                 string // what two variants of two stores cost
}

// price and stock of every variant, and the money of every customer.
const (
	price     = "450.00"
	plenty    = 1_000_000_000
	pocket    = "10000000000.00"
	title     = "Ilam tea, first flush"
	password  = "correct horse battery"
	cardBody  = `{"gateway":"test","card":{"number":"4242424242424242","exp_month":12,"exp_year":2099,"cvc":"123"}}`
	buyerName = "Asha Rai"
)

// other is a variant of another store than v's.
func (s *stage) other(v, step int) int {
	o := (v + 1 + step%(len(s.variants)-1)) % len(s.variants)
	for o%s.stores == v%s.stores {
		o = (o + 1) % len(s.variants)
	}
	return o
}

// quote asks the market what the two kinds of purchase come to.
func (s *stage) quote(ctx context.Context, at place) (err error) {
	api := caller{at: at, token: s.customers[0].token}
	var got struct {
		Totals struct {
			Total string `json:"total"`
		} `json:"totals"`
	}
	direct := map[string]any{"direct": map[string]any{"variant": s.variants[0], "quantity": 1}}
	if err := api.call(ctx, "POST", "/v1/checkouts/quote", direct, &got); err != nil {
		return err
	}
	s.direct = got.Totals.Total
	if err := api.call(ctx, "DELETE", "/v1/cart", nil, nil); err != nil {
		return err
	}
	for _, v := range []int{0, s.other(0, 0)} {
		if err := api.call(ctx, "POST", "/v1/cart/lines", map[string]any{"variant": s.variants[v], "quantity": 1}, nil); err != nil {
			return err
		}
	}
	if err := api.call(ctx, "POST", "/v1/checkouts/quote", map[string]any{}, &got); err != nil {
		return err
	}
	s.pair = got.Totals.Total
	return api.call(ctx, "DELETE", "/v1/cart", nil, nil)
}

// caller speaks to the market where nothing is measured.
type caller struct {
	at    place
	token string
}

// refusal is an answer that is not a success.
type refusal struct {
	method, path string
	status       int
	code, detail string
	retry        int // seconds
}

func (r *refusal) Error() string {
	return fmt.Sprintf("%s %s: %d %s: %s", r.method, r.path, r.status, r.code, r.detail)
}

// call sends one request and decodes the answer into out unless that is nil. Told to come later, it does.
func (c caller) call(ctx context.Context, method, path string, in, out any) error {
	for {
		err := c.once(ctx, method, path, in, out)
		var r *refusal
		if !errors.As(err, &r) || r.status != http.StatusTooManyRequests && r.status != http.StatusServiceUnavailable || r.retry > 120 {
			return err
		}
		if err := sleep(ctx, seconds(max(r.retry, 1))); err != nil {
			return err
		}
	}
}

func (c caller) once(ctx context.Context, method, path string, in, out any) (err error) {
	k := c.at.open()
	defer func() {
		if e := k.close(); err == nil {
			err = e
		}
	}()
	var body []byte
	if in != nil {
		if body, err = json.Marshal(in); err != nil {
			return err
		}
	}
	k.request(method, path, c.token)
	status, err := k.finish(ctx, body)
	if err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	if status/100 != 2 {
		return &refusal{
			method: method, path: path, status: status, retry: k.retry,
			code: string(textOf(k.body, `"code":"`)), detail: string(textOf(k.body, `"detail":"`)),
		}
	}
	if out == nil {
		return nil
	}
	if err := json.Unmarshal(k.body, out); err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	return nil
}

func variantTitle(i int) string { return title + " " + strconv.Itoa(i) }
