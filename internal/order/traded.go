package order

import (
	"context"

	"github.com/haat-market/haat/internal/order/orderdb"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/web"
)

// Traded is what whoever keeps reviews has to know of an order.
type Traded struct {
	Key      int64
	ID       string
	Number   string
	StoreID  int64
	Buyer    bool // the caller ordered it
	State    State
	Done     bool // the goods are there, or the material is weighed and paid
	Products []TradedProduct
}

// TradedProduct is a product of which something was supplied.
type TradedProduct struct{ ID, Title string }

// Traded reads an order of goods or of the side buyback for its people. It joins the caller's transaction. Errors:
// ErrNotFound; store.Require's.
func (s *Service) Traded(ctx context.Context, tx db.Tx, caller web.Caller, id string) (Traded, error) {
	o, _, err := s.open(ctx, tx, caller, id)
	if err != nil {
		return Traded{}, err
	}
	out := Traded{
		Key: o.ID, ID: o.PublicID, Number: Number(o.ID), StoreID: o.StoreID, Buyer: caller.SignedIn() && o.AccountID == caller.AccountID, State: State(o.State),
		Done: State(o.State) == Completed || o.Side == sale && State(o.State) == Delivered,
	}
	rows, err := orderdb.New(tx).LinesOfOrders(ctx, []int64{o.ID})
	if err != nil {
		return out, err
	}
	seen := map[string]bool{}
	for _, r := range rows {
		if r.Quantity > r.CutQuantity && !seen[r.Product] {
			seen[r.Product] = true
			out.Products = append(out.Products, TradedProduct{r.Product, r.Title})
		}
	}
	return out, nil
}
