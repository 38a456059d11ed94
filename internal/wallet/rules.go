package wallet

import (
	"context"
	"maps"
	"slices"

	"github.com/haat-market/haat/internal/ledger"
	"github.com/haat-market/haat/internal/payment"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/verify"
	"github.com/haat-market/haat/internal/wallet/walletdb"
)

// pageRows is how many rows a rule reads at once.
const pageRows = 500

// Rules are what haat verify asks of the credits and of what comes in.
func (s *Service) Rules() []verify.Rule {
	return []verify.Rule{
		{Name: "wallet.credits", About: "a credit is booked once, as it says", Check: s.checkCredits},
		{Name: "wallet.topups", About: "a top-up is paid exactly when its payment is, and its money is in the wallet it names", Check: s.checkTopUps},
		{Name: "wallet.payouts", About: "a payout is booked as far as it went, once, and approved by two different people where two were asked", Check: s.checkPayouts},
		{Name: "wallet.held", About: "what is held for payouts is what open ones ask for, and what is on its way is what was approved", Check: s.checkHeld},
		{Name: "wallet.debts", About: "what was paid of a store's debt is booked once, as it says", Check: s.checkDebts},
	}
}

func (s *Service) checkTopUps(ctx context.Context, tx db.Tx, report func(string, ...any)) error {
	for after := int64(0); ; {
		rows, err := walletdb.New(tx).TopUpsAfter(ctx, after, pageRows)
		if err != nil || len(rows) == 0 {
			return err
		}
		after = rows[len(rows)-1].ID
		list := make([]TopUp, len(rows))
		for i, r := range rows {
			list[i] = topUpOf(r)
		}
		if err := s.withPayments(ctx, tx, list); err != nil {
			return err
		}
		came, err := s.cameIn(ctx, tx, list)
		if err != nil {
			return err
		}
		for _, t := range list {
			p := t.Payment
			paid := p.State == payment.Completed
			switch {
			case p.ID == 0 || p.Amount != t.Amount || p.Currency != t.Currency || p.Account != t.Account:
				report("top-up %s: %d %s of %s has no payment that says so", t.ID, t.Amount, t.Currency, t.Account)
			case paid != (t.State == TopUpPaid), p.Open() != (t.State == TopUpPending):
				report("top-up %s is %s and its payment %s", t.ID, t.State, p.State)
			case paid && came[t.ID] != t.Amount:
				report("top-up %s: %d came into the wallet, and not %d", t.ID, came[t.ID], t.Amount)
			}
		}
	}
}

// cameIn is what was booked into the wallets of a page of top-ups.
func (s *Service) cameIn(ctx context.Context, tx db.Tx, list []TopUp) (map[string]int64, error) {
	payments := make([]int64, len(list))
	for i, t := range list {
		payments[i] = t.Payment.ID
	}
	references, err := s.payments.References(ctx, tx, payments)
	if err != nil {
		return nil, err
	}
	booked, err := s.ledger.Under(ctx, tx, slices.Collect(maps.Values(references)))
	if err != nil {
		return nil, err
	}
	out := make(map[string]int64, len(list))
	for _, t := range list {
		for _, b := range booked[references[t.Payment.ID]] {
			if b.Posting == ledger.TopUp && b.To == ledger.Wallet(t.Account, string(t.Currency)) {
				out[t.ID] += b.Amount
			}
		}
	}
	return out, nil
}

func (s *Service) checkCredits(ctx context.Context, tx db.Tx, report func(string, ...any)) error {
	for after := int64(0); ; {
		rows, err := walletdb.New(tx).CreditsAfter(ctx, after, pageRows)
		if err != nil || len(rows) == 0 {
			return err
		}
		for _, r := range rows {
			after = r.ID
			c := creditOf(r)
			booked, _, err := s.ledger.Transfers(ctx, tx, ledger.Filter{Reference: c.reference()}, 2, "")
			if err != nil {
				return err
			}
			to := ledger.Wallet(c.Account, r.Currency)
			if len(booked) != 1 || booked[0].Amount != c.Amount || booked[0].To != to || booked[0].Posting != ledger.OpeningBalance {
				report("credit %s: %d %s for %s is not booked as it says", c.ID, c.Amount, c.Currency, c.Account)
			}
		}
	}
}
