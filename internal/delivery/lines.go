package delivery

import (
	"context"
	"errors"
	"fmt"

	"github.com/haat-market/haat/internal/delivery/deliverydb"
	"github.com/haat-market/haat/internal/order"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/money"
)

// ErrLines refuses lines that a delivery cannot carry.
var ErrLines = fault.New(fault.Conflict, "lines_not_free", "A line is not of this order, was said twice, or has fewer units that nobody carries yet. See the fields.")

// LineUnits are so many units of an order's line.
type LineUnits struct {
	Line  string
	Units int64
}

// LineView is what a delivery carries of a line.
type LineView struct {
	Line     string `json:"line"`
	Title    string `json:"title"`
	Quantity int64  `json:"quantity"`
}

// cargo is what a new delivery carries of its order.
type cargo struct {
	lines []order.ParcelLine
	units []int64 // of each
	whole bool    // all that the order has
}

// choose finds what a delivery carries: the lines that are said, else all that nobody carries yet. Errors: ErrLines,
// ErrExists.
func choose(p order.Parcel, said []LineUnits) (c cargo, err error) {
	wants := map[string]int64{}
	bad := ErrLines
	for i, u := range said {
		path := fmt.Sprintf("body.lines.%d", i)
		if _, twice := wants[u.Line]; twice {
			bad = bad.Field(path+".line", "line_twice", "This line was said before.")
		}
		wants[u.Line] = u.Units
		switch free, known := freeOf(p, u.Line); {
		case !known:
			bad = bad.Field(path+".line", "order_line_not_found", "This line is not in the order.")
		case u.Units < 1 || u.Units > free:
			bad = bad.Field(path+".quantity", "quantity_not_free", fmt.Sprintf("Of this line %d are not carried yet.", free))
		}
	}
	if len(bad.Fields) > 0 {
		return c, bad
	}
	c.whole = true
	for _, l := range p.Lines {
		n := l.Free()
		if len(said) > 0 {
			n = wants[l.Line]
		}
		c.whole = c.whole && n == l.Left
		if n > 0 {
			c.lines, c.units = append(c.lines, l), append(c.units, n)
		}
	}
	if len(c.lines) == 0 {
		return c, ErrExists
	}
	return c, nil
}

func freeOf(p order.Parcel, line string) (free int64, known bool) {
	for _, l := range p.Lines {
		if l.Line == line {
			return l.Free(), true
		}
	}
	return 0, false
}

// weight is what it weighs, in grams.
func (c cargo) weight() (sum int64) {
	for i, l := range c.lines {
		sum = min(sum+min(l.Weight*c.units[i], maxWeight), maxWeight)
	}
	return sum
}

// part is what of an amount of the whole order belongs to it, by what its units cost; of what costs nothing, by number.
func (c cargo) part(p order.Parcel, amount int64) (int64, error) {
	if c.whole || amount == 0 {
		return amount, nil
	}
	var mine, all, units, everything int64
	for _, l := range p.Lines {
		all, everything = all+l.Value, everything+l.Left
	}
	for i, l := range c.lines {
		value, err := money.MulRatio(l.Value, c.units[i], l.Left)
		if err != nil {
			return 0, err
		}
		mine, units = mine+value, units+c.units[i]
	}
	if all == 0 {
		mine, all = units, everything
	}
	return money.MulRatio(amount, min(mine, all), all)
}

// load writes what a new delivery carries.
func (s *Service) load(ctx context.Context, tx db.Tx, delivery int64, c cargo) error {
	rows := make([]deliverydb.InsertLinesParams, len(c.lines))
	taken := make([]order.Loading, len(c.lines))
	for i, l := range c.lines {
		rows[i] = deliverydb.InsertLinesParams{DeliveryID: delivery, Line: l.Line, Title: l.Title, Quantity: c.units[i]}
		taken[i] = order.Loading{Key: l.Key, Units: c.units[i]}
	}
	var failed error
	deliverydb.New(tx).InsertLines(ctx, rows).Exec(func(_ int, err error) { failed = errors.Join(failed, err) })
	if failed != nil {
		return failed
	}
	return s.orders.Load(ctx, tx, taken)
}

// unload lets others carry what a delivery does not carry any more.
func (s *Service) unload(ctx context.Context, tx db.Tx, w *work) error {
	c, err := s.cargoOf(ctx, tx, w)
	if err != nil {
		return err
	}
	back := make([]order.Loading, len(c.lines))
	for i, l := range c.lines {
		back[i] = order.Loading{Key: l.Key, Units: -c.units[i]}
	}
	return s.orders.Load(ctx, tx, back)
}

// cargoOf is what a delivery carries. One without lines was made before there were any: it carries all, and nothing is
// noted of it.
func (s *Service) cargoOf(ctx context.Context, tx db.Tx, w *work) (c cargo, err error) {
	rows, err := deliverydb.New(tx).LinesOf(ctx, []int64{w.row.ID})
	if err != nil || len(rows) == 0 {
		return cargo{whole: true}, err
	}
	have := map[string]int64{}
	for _, r := range rows {
		have[r.Line] = r.Quantity
	}
	c.whole = true
	for _, l := range w.parcel.Lines {
		n := have[l.Line]
		c.whole = c.whole && n == l.Left
		if n > 0 {
			c.lines, c.units = append(c.lines, l), append(c.units, n)
		}
	}
	return c, nil
}

// covers says whether with what others carry, by line, it is all that the order has.
func (c cargo) covers(p order.Parcel, others map[string]int64) bool {
	if c.whole {
		return true
	}
	mine := map[string]int64{}
	for i, l := range c.lines {
		mine[l.Line] = c.units[i]
	}
	for _, l := range p.Lines {
		if mine[l.Line]+others[l.Line] < l.Left {
			return false
		}
	}
	return true
}

// inState is what the order's other deliveries in a state carry, by line.
func (s *Service) inState(ctx context.Context, tx db.Tx, w *work, state State) (map[string]int64, error) {
	rows, err := deliverydb.New(tx).LinesInState(ctx, w.row.OrderRef, w.row.ID, string(state))
	out := map[string]int64{}
	for _, r := range rows {
		out[r.Line] = r.Quantity
	}
	return out, err
}

// cashOf is what is taken at the door for what a delivery carries: its part of the order, and all the rest of it once
// nothing is left that is not on its way. The order is locked, so that of two one is the last.
func (s *Service) cashOf(ctx context.Context, tx db.Tx, w *work) (int64, error) {
	if w.parcel.Cash == 0 {
		return 0, nil
	}
	c, err := s.cargoOf(ctx, tx, w)
	if err != nil || c.whole {
		return w.parcel.Cash, err
	}
	q := deliverydb.New(tx)
	rows, err := q.LinesOut(ctx, w.row.OrderRef, w.row.ID)
	if err != nil {
		return 0, err
	}
	out := map[string]int64{}
	for _, r := range rows {
		out[r.Line] = r.Quantity
	}
	others, err := q.CashOut(ctx, w.row.OrderRef, w.row.ID)
	if err != nil {
		return 0, err
	}
	rest := max(0, w.parcel.Cash-others)
	if c.covers(w.parcel, out) {
		return rest, nil
	}
	part, err := c.part(w.parcel, w.parcel.Cash)
	return min(part, rest), err
}

// complete says whether with this delivery all of its order has arrived.
func (s *Service) complete(ctx context.Context, tx db.Tx, w *work) (bool, error) {
	return s.allIn(ctx, tx, w, Delivered)
}

// allIn says whether with this delivery all of its order is in a state.
func (s *Service) allIn(ctx context.Context, tx db.Tx, w *work, state State) (bool, error) {
	c, err := s.cargoOf(ctx, tx, w)
	if err != nil || c.whole {
		return true, err
	}
	others, err := s.inState(ctx, tx, w, state)
	return c.covers(w.parcel, others), err
}

// comesBack lets a delivery's goods go back to the store. The order goes back as a whole once nothing of it is under way
// or with the buyer and every unit was out; else what came back can be carried once more.
func (s *Service) comesBack(ctx context.Context, tx db.Tx, w *work, n *Note) error {
	if err := s.drop(ctx, tx, w, n); err != nil {
		return err
	}
	all, err := s.allIn(ctx, tx, w, Returned)
	if err != nil {
		return err
	}
	live, err := deliverydb.New(tx).LiveOfOrder(ctx, w.row.OrderRef)
	if err != nil {
		return err
	}
	if err := s.unload(ctx, tx, w); err != nil || !all || len(live) > 1 { // this one still counts as live
		return err
	}
	return s.orders.Carry(ctx, tx, w.row.OrderRef, order.Return, order.Why{Note: w.row.FailReason}, n.Actor)
}

// cargoViews are what deliveries carry, by delivery.
func (s *Service) cargoViews(ctx context.Context, tx db.Tx, rows []deliverydb.Delivery) (map[int64][]LineView, error) {
	out := map[int64][]LineView{}
	if len(rows) == 0 {
		return out, nil
	}
	lines, err := deliverydb.New(tx).LinesOf(ctx, keysOf(rows))
	for _, l := range lines {
		if l.Quantity > 0 {
			out[l.DeliveryID] = append(out[l.DeliveryID], LineView{l.Line, l.Title, l.Quantity})
		}
	}
	return out, err
}
