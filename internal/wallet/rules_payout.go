package wallet

import (
	"context"
	"strings"

	"github.com/haat-market/haat/internal/ledger"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/wallet/walletdb"
)

// booked is what the ledger has to have under a payout's references: as it was posted, as it was settled, as it bounced.
func (p Payout) booked() (posted, settled, bounced int64) {
	switch p.State {
	case PayoutApproved:
		return p.Amount, 0, 0
	case PayoutSettled:
		return p.Amount, p.Amount, 0
	case PayoutFailed:
		if p.SettledAt != nil {
			return p.Amount, p.Amount, p.Amount
		}
		return p.Amount, 0, p.Amount
	}
	return 0, 0, 0
}

// checkPayouts holds every payout against its bookings.
func (s *Service) checkPayouts(ctx context.Context, tx db.Tx, report func(string, ...any)) error {
	for after := int64(0); ; {
		rows, err := walletdb.New(tx).PayoutsAfter(ctx, after, pageRows)
		if err != nil || len(rows) == 0 {
			return err
		}
		var references []string
		for _, r := range rows {
			p := payoutOf(r)
			references = append(references, p.reference(), p.settled(), p.bounced())
		}
		booked, err := s.ledger.Booked(ctx, tx, references)
		if err != nil {
			return err
		}
		for _, r := range rows {
			after = r.ID
			p := payoutOf(r)
			posted, settled, bounced := p.booked()
			if booked[p.reference()] != posted || booked[p.settled()] != settled || booked[p.bounced()] != bounced {
				report("payout %s of %d is %s: %d is booked as approved, %d as settled, %d as given back", p.ID, p.Amount, p.State,
					booked[p.reference()], booked[p.settled()], booked[p.bounced()])
			}
			if p.State == PayoutApproved && p.DecidedBy == "" || p.FirstBy != "" && p.FirstBy == p.DecidedBy {
				report("payout %s is %s: it was approved by %q and %q", p.ID, p.State, p.FirstBy, p.DecidedBy)
			}
		}
	}
}

// checkHeld: what is held for payouts is what open payouts ask for, no more and no less; and what is on its way is what
// was approved and not settled.
func (s *Service) checkHeld(ctx context.Context, tx db.Tx, report func(string, ...any)) error {
	q := walletdb.New(tx)
	open := map[string]ledger.Hold{}
	for after := int64(0); ; {
		holds, err := s.ledger.OpenHolds(ctx, tx, after, pageRows)
		if err != nil {
			return err
		}
		if len(holds) == 0 {
			break
		}
		for _, h := range holds {
			after = h.ID
			if strings.HasPrefix(h.Reference, "payout:") {
				open[h.Reference] = h
			}
		}
	}
	for after := int64(0); ; {
		rows, err := q.PayoutsAfter(ctx, after, pageRows)
		if err != nil {
			return err
		}
		if len(rows) == 0 {
			break
		}
		for _, r := range rows {
			after = r.ID
			p := payoutOf(r)
			h, held := open[p.reference()]
			delete(open, p.reference())
			if held != (p.State == PayoutRequested) || held && (h.Amount != p.Amount || h.Account != p.from()) {
				report("payout %s of %d from %s is %s: %d is held on %s", p.ID, p.Amount, p.from(), p.State, h.Amount, h.Account)
			}
		}
	}
	for reference, h := range open {
		report("%d is held on %s under %s, which no payout asks for", h.Amount, h.Account, reference)
	}
	return s.checkTransit(ctx, tx, report)
}

func (s *Service) checkTransit(ctx context.Context, tx db.Tx, report func(string, ...any)) error {
	set, err := s.market.SettingsFor(ctx, tx)
	if err != nil {
		return err
	}
	want := map[ledger.Key]int64{ledger.PayoutsTransit(string(set.Currency)): 0}
	rows, err := walletdb.New(tx).PayoutsInTransit(ctx)
	if err != nil {
		return err
	}
	for _, r := range rows {
		want[ledger.PayoutsTransit(r.Currency)] = r.Total
	}
	keys := make([]ledger.Key, 0, len(want))
	for k := range want {
		keys = append(keys, k)
	}
	have, err := s.ledger.Balances(ctx, tx, keys)
	for k, n := range want {
		if err == nil && have[k] != n {
			report("%d is on its way to banks, and approved payouts come to %d", have[k], n)
		}
	}
	return err
}

// checkDebts holds every payment of a debt against its booking.
func (s *Service) checkDebts(ctx context.Context, tx db.Tx, report func(string, ...any)) error {
	for after := int64(0); ; {
		rows, err := walletdb.New(tx).DebtPaymentsAfter(ctx, after, pageRows)
		if err != nil || len(rows) == 0 {
			return err
		}
		references := make([]string, len(rows))
		for i, r := range rows {
			references[i] = debtPaymentOf(r).reference()
		}
		booked, err := s.ledger.Under(ctx, tx, references)
		if err != nil {
			return err
		}
		for _, r := range rows {
			after = r.ID
			d := debtPaymentOf(r)
			legs := booked[d.reference()]
			if len(legs) != 1 || legs[0].Amount != d.Amount || legs[0].From != d.from() || legs[0].To != ledger.StoreEarnings(d.Store, string(d.Currency)) {
				report("payment %s of %d of the debt of %s is not booked as it says", d.ID, d.Amount, d.Store)
			}
		}
	}
}
