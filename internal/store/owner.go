package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/haat-market/haat/internal/identity"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/internal/store/storedb"
)

// OpenStore opens the draft that a sign-up asked for. It implements identity.StoreOpener.
func (s *Service) OpenStore(ctx context.Context, tx db.Tx, owner identity.Account, w identity.StoreWish) error {
	c := web.Caller{AccountID: owner.ID, Account: owner.PublicID, Roles: owner.Roles}
	p := Profile{Name: w.Name, Slug: slugOf(w.Name), BusinessType: w.BusinessType, Sells: w.Sells, Buys: w.Buys}
	if err := slugFree(ctx, storedb.New(tx), p.Slug); errors.Is(err, ErrSlugTaken) {
		p.Slug += "-" + suffix()
	} else if err != nil {
		return err
	}
	_, err := s.create(ctx, tx, c, p)
	if errors.Is(err, ErrSlugTaken) {
		return db.ErrTryAgain.Because(err) // somebody else at the same moment
	}
	if err != nil {
		return fmt.Errorf("open the store of a sign-up: %w", err)
	}
	return nil
}

// KeepOwner keeps an account that owns a store which is not closed. It is an identity.EraseGuard.
func (s *Service) KeepOwner(ctx context.Context, tx db.Tx, a identity.Account) error {
	n, err := storedb.New(tx).CountOwned(ctx, a.ID)
	if err == nil && n > 0 {
		err = identity.ErrInUse.With("because", "stores")
	}
	return err
}
