package ledger

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/haat-market/haat/internal/ledger/ledgerdb"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/db"
)

// Entry is a transfer as one of its accounts sees it.
type Entry struct {
	ID        int64
	Reference string
	Leg       int64
	Posting   Posting
	Kind      TransferKind
	Other     Key   // the account at the other end
	Amount    int64 // above zero what came in, below zero what went out
	After     int64 // the balance after it
	Subject   string
	At        time.Time
}

// Statement lists an account's transfers, the newest first, with the running balance. next is "" at the end. An account
// that was never used has none.
func (s *Service) Statement(ctx context.Context, tx db.Tx, k Key, limit int, cursor string) (entries []Entry, next string, err error) {
	if _, err := k.parse(); err != nil {
		return nil, "", fmt.Errorf("%w: %w", ErrPosting, err)
	}
	at := mark{before: math.MaxInt64}
	if cursor != "" {
		if at, err = parseMark(cursor); err != nil {
			return nil, "", err
		}
	}
	q := ledgerdb.New(tx)
	row, err := q.Account(ctx, string(k))
	if errors.Is(err, db.ErrNoRows) {
		return nil, "", nil
	}
	if err != nil {
		return nil, "", fmt.Errorf("account %s: %w", k, err)
	}
	if cursor == "" {
		now, err := balance(ctx, q, row)
		if err != nil {
			return nil, "", err
		}
		at.balance = now.Balance
	}
	limit = min(max(limit, 1), 100)
	in, err := q.StatementIn(ctx, row.ID, at.before, int32(limit)+1)
	if err != nil {
		return nil, "", fmt.Errorf("statement of %s: %w", k, err)
	}
	out, err := q.StatementOut(ctx, row.ID, at.before, int32(limit)+1)
	if err != nil {
		return nil, "", fmt.Errorf("statement of %s: %w", k, err)
	}
	for len(in) > 0 || len(out) > 0 {
		if len(entries) == limit {
			return entries, at.String(), nil
		}
		var e Entry
		if len(out) == 0 || len(in) > 0 && in[0].ID > out[0].ID {
			e, in = entryOf(in[0], 1), in[1:]
		} else {
			e, out = entryOf(ledgerdb.StatementInRow(out[0]), -1), out[1:]
		}
		e.After = at.balance
		at = mark{before: e.ID, balance: at.balance - e.Amount}
		entries = append(entries, e)
	}
	return entries, "", nil
}

func entryOf(r ledgerdb.StatementInRow, sign int64) Entry {
	return Entry{
		ID: r.ID, Reference: r.Reference, Leg: r.Leg, Posting: Posting(r.Posting), Kind: TransferKind(r.Kind), Other: Key(r.Other),
		Amount: sign * r.Amount, Subject: r.Subject, At: clock.Time(r.CreatedAt),
	}
}

// mark is where a statement goes on: before which transfer, and what the balance was there. It travels in the cursor,
// so that no page has to add up all pages before it. Whoever changes it deceives himself only.
type mark struct{ before, balance int64 }

func (m mark) String() string {
	return base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, "%d,%d", m.before, m.balance))
}

func parseMark(cursor string) (mark, error) {
	text, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil || len(text) > 64 {
		return mark{}, db.ErrInvalidCursor
	}
	var m mark
	if n, err := fmt.Sscanf(string(text), "%d,%d", &m.before, &m.balance); err != nil || n != 2 || m.String() != cursor {
		return mark{}, db.ErrInvalidCursor
	}
	const most = math.MaxInt64 / 4 // a page of amounts more stays in range
	if m.before <= 0 || m.balance > most || m.balance < -most {
		return mark{}, db.ErrInvalidCursor
	}
	return m, nil
}
