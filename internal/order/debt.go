package order

import (
	"context"

	"github.com/haat-market/haat/internal/ledger"
	"github.com/haat-market/haat/internal/payment"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/fault"
)

// ErrStoreDebt refuses orders that would be paid at the door of a store that owes the market too much.
var ErrStoreDebt = fault.New(fault.Conflict, "store_takes_no_cash", "A store here takes no orders in cash at present. Pay in another way.")

// indebted are the stores of a basket that owe the market more than its limit, by their keys. It looks without a lock: a
// debt that grows at the same moment stops the next order.
func (s *Service) indebted(ctx context.Context, tx db.Tx, b *basket) (map[int64]bool, error) {
	keys := make([]ledger.Key, len(b.stores))
	for i, st := range b.stores {
		keys[i] = ledger.StoreEarnings(st.brief.PublicID, string(b.currency))
	}
	have, err := s.ledger.Guarded(ctx, tx, keys)
	if err != nil {
		return nil, err
	}
	out := map[int64]bool{}
	for i, st := range b.stores {
		if have[keys[i]].Balance < -b.settings.StoreDebtLimit {
			out[st.id] = true
		}
	}
	return out, nil
}

// takesCash refuses a basket of which a store may not take cash. Error: ErrStoreDebt.
func (s *Service) takesCash(ctx context.Context, tx db.Tx, b *basket) error {
	owe, err := s.indebted(ctx, tx, b)
	if err != nil {
		return err
	}
	for _, st := range b.stores {
		if owe[st.id] {
			return ErrStoreDebt.With("store", st.brief.PublicID)
		}
	}
	return nil
}

// quoteMethods says how a basket could be paid.
func (s *Service) quoteMethods(ctx context.Context, tx db.Tx, b *basket, v *QuoteView) error {
	owe, err := s.indebted(ctx, tx, b)
	if err != nil {
		return err
	}
	cash := b.settings.CashOnDelivery
	for i, st := range b.stores {
		v.Stores[i].Cash = b.settings.CashOnDelivery && !owe[st.id]
		cash = cash && v.Stores[i].Cash
	}
	v.Methods = []string{string(payment.ByGateway)}
	if b.settings.WalletPayments {
		v.Methods = append(v.Methods, string(payment.ByWallet))
	}
	if cash {
		v.Methods = append(v.Methods, string(payment.ByCash))
	}
	return nil
}
