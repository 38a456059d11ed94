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

// Carried is what a courier earned and has not been paid yet, and the market's cash that he has.
type Carried struct {
	Funds
	InHand int64 // cash to be handed in
	May    int64 // may be asked for now
}

// CourierFunds is what a courier can ask for.
func (s *Service) CourierFunds(ctx context.Context, account string) (out Carried, err error) {
	set, err := s.market.Settings(ctx)
	if err != nil {
		return out, err
	}
	out.Currency = set.Currency
	earned, cash := ledger.CourierEarnings(account, string(set.Currency)), ledger.CourierCash(account, string(set.Currency))
	err = s.db.Read(ctx, "wallet.courier_funds", func(ctx context.Context, tx db.Tx) error {
		have, err := s.ledger.Guarded(ctx, tx, []ledger.Key{earned, cash})
		out.Balance, out.InHand = have[earned], max(-have[cash].Balance, 0)
		out.May = max(out.Available-out.InHand, 0)
		return err
	})
	return out, err
}
