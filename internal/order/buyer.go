package order

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

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

// ContactOf is who receives an order. Errors: ErrNotFound.
func (s *Service) ContactOf(ctx context.Context, tx db.Tx, id string) (c Contact, err error) {
	text, err := orderdb.New(tx).ContactOfOrder(ctx, id)
	if errors.Is(err, db.ErrNoRows) {
		return c, ErrNotFound
	}
	if err != nil {
		return c, fmt.Errorf("contact of order %s: %w", id, err)
	}
	return c, json.Unmarshal([]byte(text), &c)
}
