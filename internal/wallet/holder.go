package wallet

import (
	"context"

	"github.com/haat-market/haat/internal/identity"
	"github.com/haat-market/haat/internal/ledger"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/wallet/walletdb"
)

// KeepHolder keeps an account that has money in its wallet, or on its way there. It is an identity.EraseGuard.
func (s *Service) KeepHolder(ctx context.Context, tx db.Tx, a identity.Account) error {
	settings, err := s.market.SettingsFor(ctx, tx)
	if err != nil {
		return err
	}
	balance, err := s.ledger.Balance(ctx, tx, ledger.Wallet(a.PublicID, string(settings.Currency)))
	if err == nil && balance.Balance != 0 {
		err = identity.ErrInUse.With("because", "wallet")
	}
	if err != nil {
		return err
	}
	q := walletdb.New(tx)
	pending, err := q.PendingTopUps(ctx, a.ID)
	if err == nil && pending == 0 {
		pending, err = q.OpenWalletPayouts(ctx, a.ID) // one that fails comes back
	}
	if err == nil && pending > 0 {
		err = identity.ErrInUse.With("because", "wallet")
	}
	return err
}
