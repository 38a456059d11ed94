package payment

import (
	"context"

	"github.com/haat-market/haat/internal/ledger"
	"github.com/haat-market/haat/internal/payment/paymentdb"
	"github.com/haat-market/haat/internal/platform/db"
)

// bookCapture posts money that came: each order's share into its escrow, or what a Direct payable says; and the gateway's
// fee, which is the market's.
func (s *Service) bookCapture(ctx context.Context, tx db.Tx, p Payment, a paymentdb.PaymentAttempt, shares []Allocation) error {
	cur := string(p.Currency)
	from := s.source(a.Gateway, cur)
	posting := ledger.OnlineCapture
	if from.Kind() == ledger.KindBank {
		posting = ledger.BankCapture
	}
	legs := make([]ledger.Leg, 0, len(shares)+1)
	if direct, ok := s.payables[p.Kind].(Direct); ok {
		var err error
		if posting, legs, err = direct.Book(ctx, tx, p, from); err != nil {
			return err
		}
	} else {
		for _, share := range shares {
			legs = append(legs, ledger.Leg{From: from, To: ledger.Escrow(share.Order, cur), Amount: share.Amount})
		}
	}
	legs = append(legs, ledger.Leg{From: from, To: ledger.Surcharge(cur), Amount: a.Fee})
	return s.ledger.Post(ctx, tx, posting, reference(a.PublicID), p.PublicID, legs...)
}
