package wallet

import (
	"context"

	"github.com/haat-market/haat/internal/identity"
	"github.com/haat-market/haat/internal/ledger"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/wallet/walletdb"
)

// KeepHolder keeps an account that has money in its wallet, or on its way there, or that the market owes something as a
// courier or is owed by him. It is an identity.EraseGuard.
func (s *Service) KeepHolder(ctx context.Context, tx db.Tx, a identity.Account) error {
	settings, err := s.market.SettingsFor(ctx, tx)
	if err != nil {
		return err
	}
	cur := string(settings.Currency)
	balances, err := s.ledger.Guarded(ctx, tx, []ledger.Key{ledger.Wallet(a.PublicID, cur), ledger.CourierEarnings(a.PublicID, cur), ledger.CourierCash(a.PublicID, cur)})
	if err != nil {
		return err
	}
	for _, b := range balances {
		if b.Balance != 0 {
			return identity.ErrInUse.With("because", "wallet")
		}
	}
	q := walletdb.New(tx)
	pending, err := q.PendingTopUps(ctx, a.ID)
	for _, carried := range []bool{false, true} {
		if err == nil && pending == 0 {
			pending, err = q.OpenWalletPayouts(ctx, a.ID, carried) // one that fails comes back
		}
	}
	if err == nil && pending > 0 {
		err = identity.ErrInUse.With("because", "wallet")
	}
	return err
}
