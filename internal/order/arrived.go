package order

import (
	"context"

	"github.com/haat-market/haat/internal/cart"
	"github.com/haat-market/haat/internal/identity"
	"github.com/haat-market/haat/internal/platform/web"
)

// Arrived implements identity.Guests: the cart and the orders of a guest become those of the account that he signs in to.
func (s *Service) Arrived(ctx context.Context, caller web.Caller, token string) (identity.Brought, error) {
	out := identity.Brought{Changes: []identity.BroughtChange{}, Orders: []string{}}
	v, changes, err := s.cart.Merge(ctx, caller.AccountID, token)
	if err != nil {
		return out, err
	}
	out.LineCount, out.UnitCount = v.LineCount, v.UnitCount
	for _, c := range changes {
		out.Changes = append(out.Changes, brought(c))
	}
	orders, err := s.ClaimAll(ctx, caller, token)
	out.Orders = append(out.Orders, orders...)
	return out, err
}

func brought(c cart.Change) identity.BroughtChange {
	return identity.BroughtChange{
		Kind: string(c.Kind), Variant: c.Variant, Title: c.Title, Reason: c.Reason, OldQuantity: c.OldQty, NewQuantity: c.NewQty,
	}
}
