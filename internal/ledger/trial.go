package ledger

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/haat-market/haat/internal/ledger/ledgerdb"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/db"
)

// tailLimit is how many transfers behind the checkpoints a trial balance adds up itself.
const tailLimit = 50_000

// Line is a line of the trial balance: an account of the market, or all accounts of a kind that has one for each owner.
type Line struct {
	Book            string
	Kind            Kind
	Currency        string
	CameIn, WentOut int64
}

// Balance is what came in minus what went out.
func (l Line) Balance() int64 { return l.CameIn - l.WentOut }

// TrialBalance is every line of the books, in the order of currencies and names.
type TrialBalance struct {
	Lines []Line
	// AsOf is the time of the last transfer that is in it; zero without any.
	AsOf time.Time
	// Complete: there is no later transfer. False while the checkpoints are far behind.
	Complete bool
}

// TrialBalance adds the books up: the checkpoints and a bounded number of transfers behind them.
func (s *Service) TrialBalance(ctx context.Context, tx db.Tx) (TrialBalance, error) {
	q := ledgerdb.New(tx)
	after, err := position(ctx, q)
	if err != nil {
		return TrialBalance{}, fmt.Errorf("trial balance: %w", err)
	}
	last, err := q.LastTransfer(ctx)
	if err != nil {
		return TrialBalance{}, fmt.Errorf("trial balance: %w", err)
	}
	upto := min(last, after+tailLimit)
	points, err := q.Checkpoints(ctx)
	if err != nil {
		return TrialBalance{}, fmt.Errorf("trial balance: %w", err)
	}
	lines := map[string]*Line{}
	add := func(book, kind, currency string, in, out int64) {
		if lines[book] == nil {
			lines[book] = &Line{Book: book, Kind: Kind(kind), Currency: currency}
		}
		lines[book].CameIn += in
		lines[book].WentOut += out
	}
	for _, p := range points {
		add(p.Book, p.Kind, p.Currency, p.CameIn, p.WentOut)
	}
	in, err := q.TailCameIn(ctx, after, upto)
	if err != nil {
		return TrialBalance{}, fmt.Errorf("trial balance: %w", err)
	}
	for _, r := range in {
		add(r.Book, r.Kind, r.Currency, r.Total, 0)
	}
	out, err := q.TailWentOut(ctx, after, upto)
	if err != nil {
		return TrialBalance{}, fmt.Errorf("trial balance: %w", err)
	}
	for _, r := range out {
		add(r.Book, r.Kind, r.Currency, 0, r.Total)
	}
	t := TrialBalance{Complete: upto == last, Lines: make([]Line, 0, len(lines))}
	for _, l := range lines {
		t.Lines = append(t.Lines, *l)
	}
	slices.SortFunc(t.Lines, func(a, b Line) int {
		return cmp.Or(cmp.Compare(a.Currency, b.Currency), cmp.Compare(a.Book, b.Book))
	})
	switch at, err := q.TransferTime(ctx, upto); {
	case err == nil:
		t.AsOf = clock.Time(at)
	case !errors.Is(err, db.ErrNoRows): // ids have gaps: then the time of the last one is not known
		return TrialBalance{}, fmt.Errorf("trial balance: %w", err)
	}
	return t, nil
}
