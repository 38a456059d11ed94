package cart

import (
	"context"
	"errors"
	"fmt"

	"github.com/haat-market/haat/internal/cart/cartdb"
	"github.com/haat-market/haat/internal/catalog"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/code"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/idem"
)

// Catalog knows what may be sold, and at what price.
type Catalog interface {
	Sellables(ctx context.Context, tx db.Tx, variants []string) (map[string]catalog.Sellable, error)
	SellablesByID(ctx context.Context, tx db.Tx, ids []int64) (map[int64]catalog.Sellable, error)
}

// Stock knows what is left.
type Stock interface {
	Available(ctx context.Context, tx db.Tx, variants []int64) (map[int64]int64, error)
}

// Deps are what the room stands on.
type Deps struct {
	DB        *db.DB
	Clock     clock.Clock
	Catalog   Catalog
	Inventory Stock
	Rates     Rates
}

// Service is the room.
type Service struct {
	db      *db.DB
	clock   clock.Clock
	catalog Catalog
	stock   Stock
	rates   Rates
}

// New opens the room.
func New(d Deps) *Service {
	return &Service{db: d.DB, clock: d.Clock, catalog: d.Catalog, stock: d.Inventory, rates: d.Rates}
}

// Lock gives an account's or guest's cart, made if there is none, and keeps everybody else from changing it until the
// end of the transaction. It is the first lock of a checkout. A guest himself is locked before his cart, so that nobody
// sweeps him away meanwhile. Error: ErrGuestGone.
func (s *Service) Lock(ctx context.Context, tx db.Tx, accountID int64) (int64, error) {
	q := cartdb.New(tx)
	if accountID < 0 {
		_, err := q.LockGuest(ctx, -accountID, clock.Micro(s.clock.Now()))
		if errors.Is(err, db.ErrNoRows) {
			return 0, ErrGuestGone
		}
		if err != nil {
			return 0, fmt.Errorf("lock guest: %w", err)
		}
	}
	id, err := q.LockCart(ctx, accountID)
	if err == nil || !errors.Is(err, db.ErrNoRows) {
		return id, wrap(err, "lock cart")
	}
	id, err = q.OpenCart(ctx, code.ID("crt"), accountID, clock.Micro(s.clock.Now()))
	if errors.Is(err, db.ErrNoRows) { // somebody else was first
		id, err = q.LockCart(ctx, accountID)
	}
	return id, wrap(err, "open cart")
}

// ID is an account's cart without a lock, 0 if it has none.
func (s *Service) ID(ctx context.Context, tx db.Tx, accountID int64) (int64, error) {
	c, err := cartdb.New(tx).Cart(ctx, accountID)
	if errors.Is(err, db.ErrNoRows) {
		return 0, nil
	}
	return c.ID, wrap(err, "find cart")
}

// Lines are the lines of a cart in the order in which they were added; only the named ones unless only is nil. One that
// is not there is missing.
func (s *Service) Lines(ctx context.Context, tx db.Tx, cartID int64, only []string) ([]Line, error) {
	q := cartdb.New(tx)
	if only == nil {
		rows, err := q.Lines(ctx, cartID)
		if err != nil {
			return nil, fmt.Errorf("lines of cart: %w", err)
		}
		out := make([]Line, len(rows))
		for i, r := range rows {
			out[i] = lineOf(r)
		}
		return out, nil
	}
	rows, err := q.LinesNamed(ctx, cartID, only)
	if err != nil {
		return nil, fmt.Errorf("lines of cart: %w", err)
	}
	out := make([]Line, len(rows))
	for i, r := range rows {
		out[i] = lineOf(cartdb.LinesRow(r))
	}
	return out, nil
}

// RemoveLines takes lines out of a cart whose lock the caller has.
func (s *Service) RemoveLines(ctx context.Context, tx db.Tx, ids []int64) error {
	if len(ids) == 0 {
		return nil
	}
	_, err := cartdb.New(tx).RemoveLines(ctx, ids)
	return wrap(err, "remove lines")
}

// Counts are how many lines and units are in a cart.
type Counts struct{ Lines, Units int64 }

// Added is a line that was put into a cart.
type Added struct {
	Item     Item
	New      bool // it was not there before
	Replayed bool // by an earlier request with the same key
	Counts   Counts
}

// offer is what the market says of a variant.
type offer struct {
	sell      catalog.Sellable
	known     bool
	available int64 // -1 where stock is not tracked
}

// offered asks how much is left of a variant that is known.
func (s *Service) offered(ctx context.Context, tx db.Tx, sell catalog.Sellable) (offer, error) {
	o := offer{sell: sell, known: true, available: -1}
	if !sell.TrackStock {
		return o, nil
	}
	left, err := s.stock.Available(ctx, tx, []int64{sell.VariantID})
	o.available = left[sell.VariantID]
	return o, err
}

// Add puts qty units of a variant into an account's cart, on top of those that are there.
//
// READ COMMITTED: the cart's row is locked first, and every check of what is in it is made after that. What the market
// says of the variant is read before: a cart promises nothing, and so no writer waits for it. A guest who was made by this
// very request has no earlier one that it could be a repeat of, so its caller leaves the key out (idem.Without).
func (s *Service) Add(ctx context.Context, accountID int64, variant string, qty int64) (out Added, err error) {
	var o offer
	err = s.db.Read(ctx, "cart.offer", func(ctx context.Context, tx db.Tx) error {
		found, err := s.catalog.Sellables(ctx, tx, []string{variant})
		if err != nil {
			return err
		}
		sell, known := found[variant]
		if !known {
			o = offer{}
			return nil
		}
		o, err = s.offered(ctx, tx, sell)
		return err
	})
	if err != nil {
		return Added{}, err
	}
	var added Added
	line, replayed, err := idem.Once(ctx, s.db, "cart.add", func(ctx context.Context, tx db.Tx) (string, error) {
		cartID, err := s.Lock(ctx, tx, accountID)
		if err != nil {
			return "", err
		}
		if !o.known {
			return "", ErrVariantNotFound
		}
		q := cartdb.New(tx)
		there, err := q.Fill(ctx, o.sell.VariantID, cartID)
		if err != nil {
			return "", fmt.Errorf("fill of cart: %w", err)
		}
		if there.Present == 0 && there.LineCount >= maxLines {
			return "", ErrCartFull
		}
		item, err := s.put(ctx, tx, cartID, o, there.Present+qty)
		if err != nil {
			return "", err
		}
		added = Added{Item: item, New: there.Present == 0, Counts: Counts{Lines: there.LineCount, Units: there.UnitCount + qty}}
		if added.New {
			added.Counts.Lines++
		}
		return item.PublicID, nil
	}, db.ReadCommitted())
	if err != nil {
		return Added{}, err
	}
	if !replayed {
		return added, nil
	}
	// The line as it is now: it may have changed since, or gone.
	err = s.db.Read(ctx, "cart.added", func(ctx context.Context, tx db.Tx) error {
		v, err := s.view(ctx, tx, accountID)
		if err != nil {
			return err
		}
		for _, it := range v.Items {
			if it.PublicID == line {
				out = Added{Item: it, Replayed: true, Counts: Counts{Lines: v.LineCount, Units: v.UnitCount}}
				return nil
			}
		}
		return ErrLineNotFound
	})
	return out, err
}

// put sets a line under the cart's lock.
func (s *Service) put(ctx context.Context, tx db.Tx, cartID int64, o offer, qty int64) (Item, error) {
	sell := o.sell
	if sell.Reason != "" {
		return Item{}, ErrNotForSale.With("reason", sell.Reason)
	}
	if err := fits(qty, sell.Price); err != nil {
		return Item{}, err
	}
	if sell.TrackStock && o.available < qty {
		return Item{}, short(sell.Variant, o.available, qty)
	}
	row, err := cartdb.New(tx).PutLine(ctx, cartdb.PutLineParams{
		PublicID: code.ID("cln"), CartID: cartID, VariantID: sell.VariantID, Variant: sell.Variant, Qty: qty, PriceSeen: sell.Price,
		Now: clock.Micro(s.clock.Now()),
	})
	if err != nil {
		return Item{}, fmt.Errorf("put line: %w", err)
	}
	return judge(lineOf(cartdb.LinesRow(row)), sell, true, o.available), nil
}

// Change sets how many units a line of the account's cart has, at the price of now.
//
// READ COMMITTED: the cart's row is locked first, and every check is made after that.
func (s *Service) Change(ctx context.Context, accountID int64, line string, qty int64) (out Item, err error) {
	if accountID == 0 {
		return Item{}, ErrLineNotFound
	}
	err = s.db.Write(ctx, "cart.change", func(ctx context.Context, tx db.Tx) error {
		cartID, err := s.Lock(ctx, tx, accountID)
		if err != nil {
			return err
		}
		lines, err := s.Lines(ctx, tx, cartID, []string{line})
		if err != nil {
			return err
		}
		if len(lines) == 0 {
			return ErrLineNotFound
		}
		found, err := s.catalog.SellablesByID(ctx, tx, []int64{lines[0].Variant})
		if err != nil {
			return err
		}
		sell, ok := found[lines[0].Variant]
		if !ok {
			return ErrNotForSale.With("reason", catalog.ReasonVariantGone)
		}
		o, err := s.offered(ctx, tx, sell)
		if err != nil {
			return err
		}
		out, err = s.put(ctx, tx, cartID, o, qty)
		return err
	}, db.ReadCommitted())
	if err != nil {
		return Item{}, err
	}
	return out, nil
}

// Remove takes a line out of the account's cart.
//
// READ COMMITTED: the cart's row is locked first.
func (s *Service) Remove(ctx context.Context, accountID int64, line string) error {
	if accountID == 0 {
		return ErrLineNotFound
	}
	return s.db.Write(ctx, "cart.remove", func(ctx context.Context, tx db.Tx) error {
		cartID, err := s.Lock(ctx, tx, accountID)
		if err != nil {
			return err
		}
		n, err := cartdb.New(tx).RemoveNamed(ctx, cartID, line)
		if err == nil && n == 0 {
			return ErrLineNotFound
		}
		return wrap(err, "remove line")
	}, db.ReadCommitted())
}

// Clear empties the account's cart.
//
// READ COMMITTED: the cart's row is locked first.
func (s *Service) Clear(ctx context.Context, accountID int64) error {
	return s.db.Write(ctx, "cart.clear", func(ctx context.Context, tx db.Tx) error {
		cartID, err := s.Lock(ctx, tx, accountID)
		if err != nil {
			return err
		}
		q := cartdb.New(tx)
		if _, err := q.ClearRates(ctx, cartID); err != nil {
			return wrap(err, "clear rates")
		}
		_, err = q.Clear(ctx, cartID)
		return wrap(err, "clear cart")
	}, db.ReadCommitted())
}

// Count is how much is in the account's cart.
func (s *Service) Count(ctx context.Context, accountID int64) (out Counts, err error) {
	err = s.db.Read(ctx, "cart.count", func(ctx context.Context, tx db.Tx) error {
		n, err := cartdb.New(tx).CountOf(ctx, accountID)
		out = Counts{Lines: n.LineCount, Units: n.UnitCount}
		return wrap(err, "count cart")
	})
	return out, err
}

// View is the account's cart beside what the market says of it now.
func (s *Service) View(ctx context.Context, accountID int64) (v View, err error) {
	err = s.db.Read(ctx, "cart.view", func(ctx context.Context, tx db.Tx) (err error) {
		v, err = s.view(ctx, tx, accountID)
		return err
	})
	return v, err
}

func (s *Service) view(ctx context.Context, tx db.Tx, accountID int64) (View, error) {
	c, err := cartdb.New(tx).Cart(ctx, accountID)
	if errors.Is(err, db.ErrNoRows) {
		return compose("", []Item{}), nil
	}
	if err != nil {
		return View{}, fmt.Errorf("find cart: %w", err)
	}
	lines, err := s.Lines(ctx, tx, c.ID, nil)
	if err != nil {
		return View{}, err
	}
	items, err := s.items(ctx, tx, lines)
	if err != nil {
		return View{}, err
	}
	return compose(c.PublicID, items), nil
}

// items asks the market about lines.
func (s *Service) items(ctx context.Context, tx db.Tx, lines []Line) ([]Item, error) {
	ids := make([]int64, len(lines))
	for i, l := range lines {
		ids[i] = l.Variant
	}
	sellables, err := s.catalog.SellablesByID(ctx, tx, ids)
	if err != nil {
		return nil, err
	}
	left, err := s.left(ctx, tx, sellables)
	if err != nil {
		return nil, err
	}
	items := make([]Item, len(lines))
	for i, l := range lines {
		sell, known := sellables[l.Variant]
		items[i] = judge(l, sell, known, left(sell))
	}
	return items, nil
}

// left asks once for all variants whose stock is tracked, and answers -1 for the others.
func (s *Service) left(ctx context.Context, tx db.Tx, sellables map[int64]catalog.Sellable) (func(catalog.Sellable) int64, error) {
	var tracked []int64
	for id, v := range sellables {
		if v.TrackStock {
			tracked = append(tracked, id)
		}
	}
	stock, err := s.stock.Available(ctx, tx, tracked)
	if err != nil {
		return nil, err
	}
	return func(v catalog.Sellable) int64 {
		if !v.TrackStock {
			return -1
		}
		return stock[v.VariantID]
	}, nil
}

func lineOf(r cartdb.LinesRow) Line {
	return Line{
		ID: r.ID, PublicID: r.PublicID, Variant: r.VariantID, VariantID: r.Variant, Qty: r.Qty, PriceSeen: r.PriceSeen,
		AddedAt: clock.Time(r.CreatedAt), ChangedAt: clock.Time(r.UpdatedAt),
	}
}

func wrap(err error, what string) error {
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}
