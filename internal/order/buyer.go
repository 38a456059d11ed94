package order

import (
	"context"

	"github.com/haat-market/haat/internal/identity"
	"github.com/haat-market/haat/internal/order/orderdb"
	"github.com/haat-market/haat/internal/platform/db"
)

// KeepBuyer keeps an account that has an order under way. It is an identity.EraseGuard.
func (s *Service) KeepBuyer(ctx context.Context, tx db.Tx, a identity.Account) error {
	running, err := orderdb.New(tx).HasRunningOrder(ctx, a.ID)
	if err == nil && running {
		err = identity.ErrInUse.With("because", "orders")
	}
	return err
}
