package cart

import (
	"context"
	"fmt"

	"github.com/haat-market/haat/internal/cart/cartdb"
	"github.com/haat-market/haat/internal/catalog"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/code"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/money"
)

// Wish is a line of a cart that a client kept by itself.
type Wish struct {
	Variant string
	Qty     int64
}

// ChangeKind is what a sync did to a line.
type ChangeKind string

// The kinds of change.
const (
	ChangePrice   ChangeKind = "price_changed"
	ChangeReduced ChangeKind = "quantity_reduced"
	ChangeRemoved ChangeKind = "removed"
)

// Change is something in the cart that is not as the client had it.
type Change struct {
	Kind     ChangeKind
	Variant  string
	Title    string
	Reason   string // of what was removed or reduced
	Currency money.Currency
	OldPrice int64
	NewPrice int64
	OldQty   int64
	NewQty   int64
}

// target is what a line should become.
type target struct {
	line    Line // the zero Line where there is none yet
	variant string
	qty     int64
	seen    int64 // the price that its holder saw last, if agreed
	agreed  bool  // somebody saw a price
	sell    catalog.Sellable
	known   bool
}

// settle decides what becomes of a line: how many units it keeps (0: it goes) and what is to be reported.
func settle(t target, available int64) (keep int64, changes []Change) {
	c := Change{
		Variant: t.variant, Title: t.sell.Title, Currency: money.Currency(t.sell.Currency),
		OldPrice: t.seen, NewPrice: t.sell.Price, OldQty: t.qty, NewQty: t.qty,
	}
	removed := func(reason string) (int64, []Change) {
		c.Kind, c.Reason, c.NewQty = ChangeRemoved, reason, 0
		return 0, []Change{c}
	}
	switch {
	case !t.known:
		return removed(catalog.ReasonVariantGone)
	case t.sell.Reason != "":
		return removed(t.sell.Reason)
	case available == 0:
		return removed(string(IssueOutOfStock))
	}
	keep = t.qty
	if available > 0 && available < keep {
		keep = available
		c.NewQty = keep
		reduced := c
		reduced.Kind, reduced.Reason = ChangeReduced, string(IssueOutOfStock)
		changes = append(changes, reduced)
	}
	if fits(keep, t.sell.Price) != nil {
		return removed(string(IssueTotal))
	}
	if t.agreed && t.seen != t.sell.Price {
		price := c
		price.Kind = ChangePrice
		changes = append(changes, price)
	}
	return keep, changes
}

// Sync merges a client's cart into the account's: a variant that the client names has the client's quantity, what it
// does not name stays, and everything is brought to what the market says now: prices are adopted, quantities cut to what
// is left, what is not sold any more goes. The changes say what the client could not know.
//
// READ COMMITTED: the cart's row is locked first, and every check is made after that.
func (s *Service) Sync(ctx context.Context, accountID int64, wishes []Wish) (v View, changes []Change, err error) {
	seen := map[string]bool{}
	for i, w := range wishes {
		if seen[w.Variant] {
			return View{}, nil, ErrDuplicateVariant.Field(fmt.Sprintf("body.lines[%d].variant", i), ErrDuplicateVariant.Code, ErrDuplicateVariant.Message)
		}
		seen[w.Variant] = true
	}
	err = s.db.Write(ctx, "cart.sync", func(ctx context.Context, tx db.Tx) error {
		cartID, err := s.Lock(ctx, tx, accountID)
		if err != nil {
			return err
		}
		targets, err := s.targets(ctx, tx, cartID, wishes)
		if err != nil {
			return err
		}
		if changes, err = s.settleAll(ctx, tx, cartID, targets); err != nil {
			return err
		}
		v, err = s.view(ctx, tx, accountID)
		return err
	}, db.ReadCommitted())
	if err != nil {
		return View{}, nil, err
	}
	return v, changes, nil
}

// targets are the lines that there are and those that the client wants.
func (s *Service) targets(ctx context.Context, tx db.Tx, cartID int64, wishes []Wish) ([]target, error) {
	lines, err := s.Lines(ctx, tx, cartID, nil)
	if err != nil {
		return nil, err
	}
	targets := make([]target, 0, len(lines)+len(wishes))
	at := map[string]int{}
	for _, l := range lines {
		at[l.VariantID] = len(targets)
		targets = append(targets, target{line: l, variant: l.VariantID, qty: l.Qty, seen: l.PriceSeen, agreed: true})
	}
	for _, w := range wishes {
		if i, ok := at[w.Variant]; ok {
			targets[i].qty = w.Qty
			continue
		}
		targets = append(targets, target{variant: w.Variant, qty: w.Qty})
	}
	names := make([]string, len(targets))
	for i, t := range targets {
		names[i] = t.variant
	}
	found, err := s.catalog.Sellables(ctx, tx, names)
	if err != nil {
		return nil, err
	}
	for i, t := range targets {
		targets[i].sell, targets[i].known = found[t.variant]
	}
	return targets, nil
}

func (s *Service) settleAll(ctx context.Context, tx db.Tx, cartID int64, targets []target) ([]Change, error) {
	byID := map[int64]catalog.Sellable{}
	for _, t := range targets {
		if t.known {
			byID[t.sell.VariantID] = t.sell
		}
	}
	left, err := s.left(ctx, tx, byID)
	if err != nil {
		return nil, err
	}
	now := clock.Micro(s.clock.Now())
	changes := []Change{}
	var gone []int64
	var puts []cartdb.PutLinesParams
	kept := 0
	for _, t := range targets {
		keep, said := settle(t, left(t.sell))
		changes = append(changes, said...)
		switch {
		case keep == 0 && t.line.ID != 0:
			gone = append(gone, t.line.ID)
		case keep > 0:
			kept++
			if keep != t.line.Qty || t.sell.Price != t.line.PriceSeen {
				puts = append(puts, cartdb.PutLinesParams{
					PublicID: code.ID("cln"), CartID: cartID, VariantID: t.sell.VariantID, Variant: t.variant, Qty: keep,
					PriceSeen: t.sell.Price, Now: now,
				})
			}
		}
	}
	if kept > maxLines {
		return nil, ErrCartFull
	}
	if err := s.RemoveLines(ctx, tx, gone); err != nil {
		return nil, err
	}
	if len(puts) == 0 {
		return changes, nil
	}
	cartdb.New(tx).PutLines(ctx, puts).Exec(func(_ int, e error) {
		if e != nil && err == nil {
			err = fmt.Errorf("put lines: %w", e)
		}
	})
	return changes, err
}
