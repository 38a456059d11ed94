package payment

import (
	"context"
	"slices"

	"github.com/haat-market/haat/internal/ledger"
	"github.com/haat-market/haat/internal/payment/paymentdb"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/money"
	"github.com/haat-market/haat/internal/platform/web"
)

// settlement is a line of a provider's file that agrees with the books.
type settlement struct {
	gateway, kind, id, day string
	line                   int
	amount, charge         int64
	currency               money.Currency
}

func (l settlement) reference() string { return settledReference(l.kind, l.id) }

// settledReference is what a line is booked under.
func settledReference(kind, id string) string { return "settled:" + kind + ":" + id }

// legs are what a line moves: of a payment the net comes to the bank and the provider's charge is the market's cost; what
// the provider gave back is held back from what comes.
func (l settlement) legs() []ledger.Leg {
	cur := string(l.currency)
	at, bank := ledger.Gateway(l.gateway, cur), ledger.Bank(cur)
	if l.kind == kindOfRefund {
		return []ledger.Leg{{From: at, To: bank, Amount: l.amount}, {From: ledger.ProviderCost(cur), To: bank, Amount: l.charge}}
	}
	return []ledger.Leg{{From: bank, To: at, Amount: l.amount - l.charge}, {From: ledger.ProviderCost(cur), To: at, Amount: l.charge}}
}

// settleChunk is how many lines one transaction books.
const settleChunk = 100

// settle books the lines of a file that agree, each once for ever: what was booked before, from this file or another one,
// is left alone, and named where the provider's charge differs.
func (s *Service) settle(ctx context.Context, caller web.Caller, r *Reconciliation) error {
	for some := range slices.Chunk(r.agreed, settleChunk) {
		var fresh int
		var other []Difference
		// READ COMMITTED: a line is booked by who inserts its row; its key is unique.
		err := s.db.Write(ctx, "payment.settle", func(ctx context.Context, tx db.Tx) error {
			fresh, other = 0, nil
			q := paymentdb.New(tx)
			for _, l := range some {
				n, err := q.InsertSettlement(ctx, paymentdb.InsertSettlementParams{
					Gateway: l.gateway, Kind: l.kind, Settled: l.id, Day: l.day, Amount: l.amount, Charge: l.charge, Currency: string(l.currency), Actor: caller.Account, CreatedAt: clock.Micro(s.clock.Now()),
				})
				if err != nil {
					return err
				}
				if n == 0 {
					was, err := q.Settlement(ctx, l.kind, l.id)
					if err != nil {
						return err
					}
					if was.Charge != l.charge {
						other = append(other, Difference{Line: l.line, Kind: l.kind, ID: l.id, Problem: chargeDiffers, Theirs: money.Format(l.charge, l.currency), Ours: was.Charge})
					}
					continue
				}
				if err := s.ledger.Post(ctx, tx, ledger.ProviderSettles, l.reference(), l.id, l.legs()...); err != nil {
					return err
				}
				fresh++
			}
			return nil
		}, db.ReadCommitted(), db.Bulk())
		if err != nil {
			return err
		}
		r.Booked += fresh
		r.Before += len(some) - fresh
		for _, d := range other {
			r.differs(d)
		}
	}
	return nil
}

// checkSettlements: what was settled is booked once, as its line said.
func (s *Service) checkSettlements(ctx context.Context, tx db.Tx, report func(format string, args ...any)) error {
	for after := int64(0); ; {
		rows, err := paymentdb.New(tx).SettlementsAfter(ctx, after)
		if err != nil || len(rows) == 0 {
			return err
		}
		references := make([]string, len(rows))
		for i, r := range rows {
			references[i] = settledReference(r.Kind, r.Settled)
		}
		booked, err := s.ledger.Under(ctx, tx, references)
		if err != nil {
			return err
		}
		for i, r := range rows {
			after = r.ID
			l := settlement{gateway: r.Gateway, kind: r.Kind, id: r.Settled, amount: r.Amount, charge: r.Charge, currency: money.Currency(r.Currency)}
			want := slices.DeleteFunc(l.legs(), func(leg ledger.Leg) bool { return leg.Amount == 0 })
			same := slices.EqualFunc(want, booked[references[i]], func(leg ledger.Leg, t ledger.Transfer) bool {
				return leg.From == t.From && leg.To == t.To && leg.Amount == t.Amount && t.Posting == ledger.ProviderSettles
			})
			if !same {
				report("the settlement of %s %s is not booked as it says", r.Kind, r.Settled)
			}
		}
	}
}
