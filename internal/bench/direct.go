package bench

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/haat-market/haat/internal/order"
	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/idem"
	"github.com/haat-market/haat/internal/platform/web"
)

// direct calls the order room in this process with what the request would bring: the same transaction, the same key's
// row, no HTTP.
type direct struct {
	buyer
	market *market
	view   bool // also read the checkout, as the request's answer does
}

func (m *market) direct(s *stage, view bool, i, n int) *direct {
	return &direct{buyer: s.hire(place{}, i, n), market: m, view: view}
}

var fingerprint = strings.Repeat("0123456789abcdef", 4)

func (d *direct) do(ctx context.Context) (o outcome) {
	c, one, _ := d.next()
	who := web.Caller{AccountID: c.key, Account: c.id, Roles: []string{web.RoleCustomer}}
	ctx = idem.WithKey(web.WithCaller(ctx, who), idem.Key{
		Scope: "account:" + c.id, Operation: "order.checkout", Value: d.keys + strconv.Itoa(d.n), Fingerprint: fingerprint,
	})
	id, _, err := d.market.Orders.Checkout(ctx, who, order.CheckoutCmd{
		Direct: &order.Direct{Variant: d.stage.variants[one], Quantity: 1}, AddressID: c.address, Method: "wallet", ExpectedTotal: d.stage.direct,
	})
	if err == nil && d.view {
		_, err = d.market.Orders.GetCheckout(ctx, who, id)
	}
	if f, ok := fault.As(err); ok {
		return outcome{failed: f.Code}
	}
	if err != nil {
		return outcome{failed: err.Error()}
	}
	return outcome{}
}

func (d *direct) close() error { return nil }

// seconds is n of them.
func seconds(n int) time.Duration { return time.Duration(n) * time.Second }
