package ledger

import (
	"context"
	"fmt"

	"github.com/haat-market/haat/internal/ledger/ledgerdb"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/verify"
)

const (
	verifyChunk = 500     // accounts
	verifySpan  = 200_000 // ids of transfers
)

type report = func(format string, args ...any)

// Rules are what haat verify asks of the books.
func (s *Service) Rules() []verify.Rule {
	return []verify.Rule{
		{Name: "ledger.accounts", About: "an account is what its key says, its balance is the sum of its transfers, what is held the sum of its open holds, and neither is below the floor", Check: checkAccounts},
		{Name: "ledger.postings", About: "a transfer has a shape of the table of postings, in the currency of both its accounts", Check: checkShapes},
		{Name: "ledger.legs", About: "a transfer has both its accounts, and a posting all its legs", Check: checkWhole},
		{Name: "ledger.holds", About: "a posted hold is booked with what was taken of it", Check: checkPostedHolds},
		{Name: "ledger.checkpoints", About: "the checkpoints are what the transfers add up to", Check: checkCheckpoints},
	}
}

func checkAccounts(ctx context.Context, tx db.Tx, report report) error {
	q := ledgerdb.New(tx)
	for after := int64(0); ; {
		rows, err := q.AccountsAfter(ctx, after, verifyChunk)
		if err != nil || len(rows) == 0 {
			return err
		}
		ids := make([]int64, len(rows))
		for i, r := range rows {
			ids[i] = r.ID
		}
		after = ids[len(ids)-1]
		moved, err := sums(ctx, q, ids, 0)
		if err != nil {
			return err
		}
		open, err := q.OpenHolds(ctx, ids)
		if err != nil {
			return err
		}
		held := map[int64]int64{}
		for _, h := range open {
			held[h.AccountID] = h.Total
		}
		for _, r := range rows {
			checkAccount(r, moved[r.ID], held[r.ID], report)
		}
	}
}

func checkAccount(r ledgerdb.LedgerAccount, moved, held int64, report report) {
	a, err := Key(r.Key).parse()
	if err != nil {
		report("account %d: %v", r.ID, err)
		return
	}
	if string(a.kind) != r.Kind || a.owner != r.Owner || a.currency != r.Currency || a.book() != r.Book || a.guarded != r.Guarded {
		report("account %s is kept as kind %s, owner %q, currency %s, book %s, guarded %v", r.Key, r.Kind, r.Owner, r.Currency, r.Book, r.Guarded)
	}
	if r.Held != held {
		report("account %s: %d are held, its open holds add up to %d", r.Key, r.Held, held)
	}
	switch {
	case r.Guarded && r.Balance != moved:
		report("account %s: balance %d, its transfers add up to %d", r.Key, r.Balance, moved)
	case r.Guarded && moved-held < r.Floor:
		report("account %s: %d less %d held is below its floor of %d", r.Key, moved, held, r.Floor)
	case a.covered && moved < 0:
		report("account %s: %d more went out than came in", r.Key, -moved)
	}
}

func checkShapes(ctx context.Context, tx db.Tx, report report) error {
	q := ledgerdb.New(tx)
	last, err := q.LastTransfer(ctx)
	if err != nil {
		return err
	}
	for after := int64(0); after < last; after += verifySpan {
		rows, err := q.Shapes(ctx, after, after+verifySpan)
		if err != nil {
			return err
		}
		for _, r := range rows {
			s, ok := Posting(r.Posting).allowed(Kind(r.FromKind), Kind(r.ToKind))
			if !ok || string(s.kind) != r.Kind {
				report("%d transfers from id %d on: %s has no %s from %s to %s", r.Transfers, r.FirstID, r.Posting, r.Kind, r.FromKind, r.ToKind)
			}
			if r.Currency != r.FromCurrency || r.Currency != r.ToCurrency {
				report("%d transfers from id %d on: %s from an account in %s to one in %s", r.Transfers, r.FirstID, r.Currency, r.FromCurrency, r.ToCurrency)
			}
		}
	}
	return nil
}

func checkWhole(ctx context.Context, tx db.Tx, report report) error {
	q := ledgerdb.New(tx)
	ids, err := q.Homeless(ctx)
	if err != nil {
		return err
	}
	for _, id := range ids {
		report("transfer %d: one of its accounts does not exist", id)
	}
	torn, err := q.TornReferences(ctx)
	if err != nil {
		return err
	}
	for _, r := range torn {
		report("reference %s: legs are missing", r)
	}
	return nil
}

func checkPostedHolds(ctx context.Context, tx db.Tx, report report) error {
	rows, err := ledgerdb.New(tx).UnbookedHolds(ctx)
	if err != nil {
		return err
	}
	for _, r := range rows {
		report("hold %s: %d were taken, %d are booked", r.Reference, r.Posted, r.Booked)
	}
	return nil
}

func checkCheckpoints(ctx context.Context, tx db.Tx, report report) error {
	q := ledgerdb.New(tx)
	at, err := position(ctx, q)
	if err != nil {
		return err
	}
	want := map[string]*Line{}
	line := func(book string) *Line {
		if want[book] == nil {
			want[book] = &Line{Book: book}
		}
		return want[book]
	}
	for after := int64(0); after < at; after += verifySpan {
		upto := min(after+verifySpan, at)
		in, err := q.TailCameIn(ctx, after, upto)
		if err != nil {
			return fmt.Errorf("sum what came in: %w", err)
		}
		for _, r := range in {
			line(r.Book).CameIn += r.Total
		}
		out, err := q.TailWentOut(ctx, after, upto)
		if err != nil {
			return fmt.Errorf("sum what went out: %w", err)
		}
		for _, r := range out {
			line(r.Book).WentOut += r.Total
		}
	}
	points, err := q.Checkpoints(ctx)
	if err != nil {
		return err
	}
	for _, p := range points {
		l := line(p.Book)
		if l.CameIn != p.CameIn || l.WentOut != p.WentOut {
			report("checkpoint %s: %d in and %d out, the transfers up to %d add up to %d and %d", p.Book, p.CameIn, p.WentOut, at, l.CameIn, l.WentOut)
		}
		delete(want, p.Book)
	}
	for book := range want {
		report("checkpoint %s is missing", book)
	}
	return nil
}
