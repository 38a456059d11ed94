package inventory

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/haat-market/haat/internal/inventory/inventorydb"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/code"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/event"
	"github.com/haat-market/haat/internal/platform/web"
)

// Available says how many units of each variant may be sold. A variant that never had stock is not in the answer,
// which reads as zero.
func (s *Service) Available(ctx context.Context, tx db.Tx, variants []int64) (map[int64]int64, error) {
	levels, err := s.Levels(ctx, tx, variants)
	if err != nil {
		return nil, err
	}
	out := make(map[int64]int64, len(levels))
	for v, l := range levels {
		out[v] = l.Available
	}
	return out, nil
}

// OnHand says how many units of each variant there are, those that are promised too.
func (s *Service) OnHand(ctx context.Context, tx db.Tx, variants []int64) (map[int64]int64, error) {
	levels, err := s.Levels(ctx, tx, variants)
	if err != nil {
		return nil, err
	}
	out := make(map[int64]int64, len(levels))
	for v, l := range levels {
		out[v] = l.Available + l.Reserved
	}
	return out, nil
}

// Levels says how much there is of each variant.
func (s *Service) Levels(ctx context.Context, tx db.Tx, variants []int64) (map[int64]Level, error) {
	if len(variants) == 0 {
		return map[int64]Level{}, nil
	}
	rows, err := inventorydb.New(tx).Stocks(ctx, variants)
	if err != nil {
		return nil, fmt.Errorf("stock: %w", err)
	}
	out := make(map[int64]Level, len(rows))
	for _, r := range rows {
		out[r.VariantID] = Level{r.Available, r.Reserved}
	}
	return out, nil
}

// Reserve sets stock aside for an owner: all lines or none, then ErrOutOfStock says which are short. A refusal
// leaves the transaction usable and the stock as it was.
func (s *Service) Reserve(ctx context.Context, tx db.Tx, owner string, lines []Line) error {
	return s.ReserveMany(ctx, tx, []Demand{{owner, lines}})
}

// ReserveMany is Reserve for several owners, all or none, in as many statements as for one.
func (s *Service) ReserveMany(ctx context.Context, tx db.Tx, demands []Demand) error {
	return s.take(ctx, tx, demands, Reserve, live, +1)
}

// SellNow takes stock at once, without a reservation before: all lines or none, as Reserve.
func (s *Service) SellNow(ctx context.Context, tx db.Tx, owner string, lines []Line) error {
	return s.SellNowMany(ctx, tx, []Demand{{owner, lines}})
}

// SellNowMany is SellNow for several owners.
func (s *Service) SellNowMany(ctx context.Context, tx db.Tx, demands []Demand) error {
	return s.take(ctx, tx, demands, SellNow, sold, 0)
}

// Sell makes the live reservations of an owner sales. Doing it again changes nothing.
func (s *Service) Sell(ctx context.Context, tx db.Tx, owner string) error {
	return s.end(ctx, tx, []string{owner}, changeSell, "")
}

// SellMany is Sell for several owners.
func (s *Service) SellMany(ctx context.Context, tx db.Tx, owners []string) error {
	return s.end(ctx, tx, owners, changeSell, "")
}

// Release gives the live reservations of an owner back. Doing it again changes nothing.
func (s *Service) Release(ctx context.Context, tx db.Tx, owner, reason string) error {
	return s.end(ctx, tx, []string{owner}, changeRelease, reason)
}

// ReleaseMany is Release for several owners.
func (s *Service) ReleaseMany(ctx context.Context, tx db.Tx, owners []string, reason string) error {
	return s.end(ctx, tx, owners, changeRelease, reason)
}

// Restock puts back what was sold to an owner, once: a cancel after the payment, a return that was inspected.
func (s *Service) Restock(ctx context.Context, tx db.Tx, owner, reason string) error {
	return s.end(ctx, tx, []string{owner}, changeReturn, reason)
}

// RestockMany is Restock for several owners.
func (s *Service) RestockMany(ctx context.Context, tx db.Tx, owners []string, reason string) error {
	return s.end(ctx, tx, owners, changeReturn, reason)
}

// Lock locks the stock of variants in the order of all locks, for whoever takes from it in several steps.
func (s *Service) Lock(ctx context.Context, tx db.Tx, variants []int64) error {
	if len(variants) == 0 {
		return nil
	}
	if _, err := inventorydb.New(tx).LockStocks(ctx, variants); err != nil {
		return fmt.Errorf("lock stock: %w", err)
	}
	return nil
}

// take moves available stock away. The check is the condition of each UPDATE, so it holds at every isolation
// level; rows are met in the order of their variants, so two takers never wait for each other in a circle.
func (s *Service) take(ctx context.Context, tx db.Tx, demands []Demand, kind Kind, to state, reserved int64) error {
	list, err := merged(demands)
	if err != nil || len(list) == 0 {
		return err
	}
	moves := make([]move, len(list))
	for i, e := range list {
		moves[i] = move{variant: e.Variant, kind: kind, available: -e.Qty, reserved: reserved * e.Qty, subject: e.owner}
	}
	if err := s.apply(ctx, tx, moves); err != nil {
		return fmt.Errorf("%s stock: %w", kind, err)
	}
	if slices.ContainsFunc(moves, func(m move) bool { return !m.done }) {
		return s.refuse(ctx, tx, list, moves)
	}
	now := clock.Micro(s.clock.Now())
	rows := make([]inventorydb.InsertReservationsParams, len(list))
	for i, e := range list {
		rows[i] = inventorydb.InsertReservationsParams{Owner: e.owner, VariantID: e.Variant, Qty: e.Qty, State: string(to), CreatedAt: now}
	}
	if err := firstError(inventorydb.New(tx).InsertReservations(ctx, rows)); err != nil {
		if db.IsConstraint(err, "reservations_live_key") {
			return ErrAlreadyReserved.Because(err)
		}
		return fmt.Errorf("reservations: %w", err)
	}
	return s.journal(ctx, tx, moves)
}

// refuse takes back what was taken before a line was found short, and says which lines are.
func (s *Service) refuse(ctx context.Context, tx db.Tx, list []entry, moves []move) error {
	var back []move
	required := map[int64]int64{}
	var short []int64
	for i, m := range moves {
		required[m.variant] += list[i].Qty
		if m.done {
			back = append(back, move{variant: m.variant, available: -m.available, reserved: -m.reserved})
		} else if !slices.Contains(short, m.variant) {
			short = append(short, m.variant)
		}
	}
	if err := s.apply(ctx, tx, back); err != nil {
		return fmt.Errorf("put stock back: %w", err)
	}
	if slices.ContainsFunc(back, func(m move) bool { return !m.done }) {
		return errors.New("inventory: stock that was taken a moment ago cannot be put back")
	}
	available, err := s.Available(ctx, tx, short)
	if err != nil {
		return err
	}
	names, err := s.catalog.VariantIDs(ctx, tx, short)
	if err != nil {
		return err
	}
	lines := make([]Short, len(short))
	for i, v := range short {
		lines[i] = Short{Variant: names[v], Available: available[v], Required: required[v]}
	}
	return ErrOutOfStock.With("lines", lines)
}

// end moves reservations of owners from one state to the next. The rows are locked first, so of two that try
// one finds none.
func (s *Service) end(ctx context.Context, tx db.Tx, owners []string, c change, reason string) error {
	if len(owners) == 0 {
		return nil
	}
	q := inventorydb.New(tx)
	rows, err := lockReservations(ctx, q, owners, c.from)
	if err != nil {
		return fmt.Errorf("reservations: %w", err)
	}
	if len(rows) == 0 {
		return nil
	}
	moves := make([]move, len(rows))
	ids := make([]int64, len(rows))
	for i, r := range rows {
		ids[i] = r.ID
		moves[i] = move{variant: r.VariantID, kind: c.kind, available: c.available * r.Qty, reserved: c.reserved * r.Qty, subject: r.Owner, reason: reason}
	}
	if err := s.apply(ctx, tx, moves); err != nil {
		return fmt.Errorf("%s stock: %w", c.kind, err)
	}
	for _, m := range moves {
		if !m.done {
			return fmt.Errorf("inventory: stock of variant %d does not hold what is reserved of it", m.variant)
		}
	}
	leave := q.EndLive
	if c.from == sold {
		leave = q.EndSold
	}
	n, err := leave(ctx, string(c.to), clock.Micro(s.clock.Now()), ids)
	if err != nil {
		return fmt.Errorf("reservations: %w", err)
	}
	if n != int64(len(ids)) {
		return fmt.Errorf("inventory: %d reservations were locked and %d changed", len(ids), n)
	}
	return s.journal(ctx, tx, moves)
}

// lockReservations locks the reservations of owners that are in a state which one can leave: live or sold.
func lockReservations(ctx context.Context, q *inventorydb.Queries, owners []string, from state) ([]inventorydb.LockLiveRow, error) {
	if from == live {
		return q.LockLive(ctx, owners)
	}
	found, err := q.LockSold(ctx, owners)
	rows := make([]inventorydb.LockLiveRow, len(found))
	for i, r := range found {
		rows[i] = inventorydb.LockLiveRow(r)
	}
	return rows, err
}

// move is a change of one stock row and what comes out of it.
type move struct {
	id                  string // of the movement; chosen by journal when empty
	variant             int64
	kind                Kind
	available, reserved int64
	subject             string
	reason, note        string
	after               Level
	mark                mark // before it
	lowAt               int64
	done                bool // false: the stock row did not hold enough
}

// apply changes stock rows in the order given, each only if neither figure falls below zero.
func (s *Service) apply(ctx context.Context, tx db.Tx, moves []move) error {
	if len(moves) == 0 {
		return nil
	}
	now := clock.Micro(s.clock.Now())
	rows := make([]inventorydb.MoveStockParams, len(moves))
	for i, m := range moves {
		rows[i] = inventorydb.MoveStockParams{Available: m.available, Reserved: m.reserved, UpdatedAt: now, VariantID: m.variant}
	}
	var first error
	inventorydb.New(tx).MoveStock(ctx, rows).QueryRow(func(i int, r inventorydb.MoveStockRow, err error) {
		switch {
		case err == nil:
			moves[i].after, moves[i].done = Level{r.Available, r.Reserved}, true
			moves[i].mark, moves[i].lowAt = mark(r.Mark), r.LowAt
		case !errors.Is(err, db.ErrNoRows) && first == nil:
			first = err
		}
	})
	return first
}

// journal writes a movement for each change that was applied.
func (s *Service) journal(ctx context.Context, tx db.Tx, moves []move) error {
	now, actor := clock.Micro(s.clock.Now()), actorOf(ctx)
	rows := make([]inventorydb.InsertMovementsParams, len(moves))
	for i := range moves {
		m := &moves[i]
		if m.id == "" {
			m.id = code.ID("mov")
		}
		rows[i] = inventorydb.InsertMovementsParams{
			PublicID: m.id, VariantID: m.variant, Kind: string(m.kind), AvailableDelta: m.available, ReservedDelta: m.reserved,
			AvailableAfter: m.after.Available, ReservedAfter: m.after.Reserved, Subject: m.subject, Reason: m.reason, Note: m.note,
			Actor: actor, CreatedAt: now,
		}
	}
	if err := firstError(inventorydb.New(tx).InsertMovements(ctx, rows)); err != nil {
		return fmt.Errorf("movements: %w", err)
	}
	if err := remark(ctx, tx, moves); err != nil {
		return err
	}
	return s.catalog.StockTurned(ctx, tx, turned(moves))
}

// turned are the variants that came into stock or ran out of it: only they change what lists show.
func turned(moves []move) (variants []int64) {
	for _, m := range moves {
		if before := m.after.Available - m.available; (before > 0) != (m.after.Available > 0) && !slices.Contains(variants, m.variant) {
			variants = append(variants, m.variant)
		}
	}
	return variants
}

func actorOf(ctx context.Context) string {
	if c := web.CallerFrom(ctx); c.SignedIn() {
		return c.Account
	}
	return event.System
}

// firstError runs a batch to its end and returns what broke it.
func firstError(b interface{ Exec(func(int, error)) }) (first error) {
	b.Exec(func(_ int, err error) {
		if err != nil && first == nil {
			first = err
		}
	})
	return first
}
