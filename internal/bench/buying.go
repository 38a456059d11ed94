package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/haat-market/haat/internal/app"
	"github.com/haat-market/haat/internal/catalog"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/config"
)

// What is measured of prices at postal codes.
const (
	whatThere   = "what is bought at a postal code over http"
	whatThereOf = "one material at a postal code over http"
)

// materials is how many kinds of material there are; a store has a price of each at a postal code.
const materials = 100

// mostRates is how many times longer a search may take in the large market.
const mostRates = 1.5

// Rates measures the search for what is bought at a postal code in a market with few prices and in one with many, in turns,
// and compares their medians.
func Rates(ctx context.Context, o Options, small, large Shape) (*Report, error) {
	if o.URL != "" || o.Database.Set() {
		return nil, errors.New("two markets are measured side by side: this is done with files only")
	}
	for _, s := range []*Shape{&small, &large} {
		if s.RatesThere < materials || s.RatesThere%materials != 0 || s.Rates%s.RatesThere != 0 {
			return nil, fmt.Errorf("%d prices at a postal code, %d in all: whole hundreds there, and a whole number of postal codes", s.RatesThere, s.Rates)
		}
		s.Stores = max(2, s.RatesThere/materials)
		s.Variants = s.Stores
	}
	var after *Report
	o.alone = true
	one, two := o, o
	one.Shape, two.Shape = small, large
	one.Clients, two.Clients = []int{growthClients}, []int{growthClients}
	one.Length, two.Length = o.Length/rounds, o.Length/rounds
	_, err := session(ctx, one, "rates", func(before *bench) (err error) {
		after, err = session(ctx, two, "rates", func(b *bench) error { return manyRates(ctx, before, b) })
		return err
	})
	return after, err
}

func manyRates(ctx context.Context, small, large *bench) error {
	for what, of := range map[string]string{whatThere: "", whatThereOf: "&material="} {
		rows := searchRows
		if of != "" { // of one material there are fewer in the small market: both answer with as many
			rows = min(rows, small.Shape.RatesThere/materials, large.Shape.RatesThere/materials)
		}
		look := func(b *bench) func() (Run, error) {
			return func() (Run, error) {
				return b.askedOnce(ctx, what, growthClients, b.Shape.rateAsks(b.stage, of, rows))
			}
		}
		runs, each, err := inTurns(rounds, look(small), look(large))
		if err != nil {
			return err
		}
		for i, b := range []*bench{small, large} {
			runs[i].What += fmt.Sprintf(", %d of %d prices", b.Shape.RatesThere, b.Shape.Rates)
			large.add(runs[i])
		}
		if runs[0].P50 > 0 {
			ratio := runs[1].P50 / runs[0].P50
			large.report.Bars = append(large.report.Bars, Bar{
				fmt.Sprintf("%s: median of the large market to the small%s", what, spread(each[1], each[0])), fmt.Sprintf("≤ %g", mostRates), ratio, ratio <= mostRates,
			})
		}
	}
	return nil
}

// searchRows is how many prices a page of a search holds at most.
const searchRows = 20

// rateAsks look at a thousand postal codes at most, evenly, for so many prices.
func (s Shape) rateAsks(st *stage, of string, rows int) (out []ask) {
	codes := s.Rates / s.RatesThere
	for i := range min(codes, 1000) {
		path := "/v1/rates?limit=" + strconv.Itoa(rows) + "&postal_code=" + postalCode(i*codes/min(codes, 1000))
		if of != "" {
			path += of + st.materials[i%len(st.materials)]
		}
		out = append(out, ask{path, ""})
	}
	return out
}

func postalCode(i int) string { return strconv.Itoa(100_000 + i) }

// kinds of material, by the catalogue's own door.
func (m *market) materials(ctx context.Context, st *stage) error {
	c, err := m.Catalog.CreateCategory(ctx, catalog.CategoryInput{Slug: "scrap", Name: "Scrap"})
	if err != nil {
		return err
	}
	unit, tax := "kg", "5"
	for i := range materials {
		name := "Material " + strconv.Itoa(i)
		made, _, err := m.Catalog.CreateMaterial(ctx, catalog.MaterialInput{Category: &c.ID, Name: &name, Unit: &unit, TaxRate: &tax})
		if err != nil {
			return err
		}
		st.materials = append(st.materials, made.ID)
	}
	return nil
}

// rateChunk is at how many postal codes one transaction writes prices.
const rateChunk = 100

// rates writes the prices of all stores at all postal codes past the program; what they were before is not written.
func (b *bulk) rates(shape Shape, currency string, now time.Time) error {
	if err := b.run("UPDATE stores SET buys = TRUE"); err != nil {
		return err
	}
	codes := shape.Rates / shape.RatesThere
	for from := 0; from < codes; from += rateChunk {
		err := b.whole(fmt.Sprintf("INSERT INTO rates (public_id, store_id, material_id, postal_code, price, currency, offered, created_at, updated_at) "+
			"WITH RECURSIVE n (i) AS (SELECT %d UNION ALL SELECT i + 1 FROM n WHERE i < %d) "+
			"SELECT printf('rat_%%06d%%06d%%06d', n.i, m.id, s.id), s.id, m.id, CAST(100000 + n.i AS TEXT), 100 + (s.id * 7919 + m.id * 104729 + n.i * 31) %% 5000, '%s', TRUE, %d, %d "+
			"FROM n JOIN materials AS m JOIN stores AS s ON s.id <= %d ORDER BY n.i, m.id, s.id",
			from, min(from+rateChunk, codes)-1, currency, clock.Micro(now), clock.Micro(now), shape.RatesThere/materials))
		if err != nil {
			return err
		}
	}
	return nil
}

// Numbers that a run of statements is held to.
const (
	mostHeap     = 1.5 // how many times the memory after a tenth of the orders that at any later time may be
	boughtMonth  = "2026-01"
	boughtStores = 20
)

// Commission measures a run over the completed orders of one month, cut off in the middle and begun again, and how the
// memory in use goes with it.
func Commission(ctx context.Context, o Options, orders int) (_ *Report, err error) {
	if o.Database.Set() || o.URL != "" {
		return nil, errors.New("orders are written in bulk to a file: not to PostgreSQL, and not to a market that runs")
	}
	o.Shape = Shape{Accounts: 1, Stores: boughtStores, Variants: boughtStores}
	if o, err = o.withDefaults(); err != nil {
		return nil, err
	}
	r := &Report{Name: "commission", Version: app.Version(), Shape: o.Shape}
	dir, err := os.MkdirTemp(o.Folder, "haat-bench-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	at := config.Place{Data: filepath.Join(dir, "market")}
	if _, err = filled(ctx, at, o.Shape, o.note); err != nil {
		return nil, err
	}
	o.note("writing %d completed orders in bulk", orders)
	if err := written(at.DatabaseFile(), func(b *bulk) error { return b.boughtOrders(orders) }); err != nil {
		return nil, err
	}
	if r.Machine, err = thisMachine("sqlite", dir); err != nil {
		return nil, err
	}
	m, err := openMarket(ctx, at, false, nil)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, m.close()) }()
	return r, m.runCommission(ctx, r, orders)
}

func (m *market) runCommission(ctx context.Context, r *Report, orders int) error {
	heap := watchHeap()
	began := time.Now()
	first, cut := context.WithTimeout(ctx, time.Duration(orders)*10*time.Microsecond) // well before its end
	_, broken := m.Commission.Run(first, boughtMonth)
	cut()
	n, err := m.Commission.Run(ctx, boughtMonth)
	if err != nil {
		return err
	}
	took := time.Since(began)
	early, most := heap()
	r.Imports = append(r.Imports, FileRun{What: "orders written into statements", Files: n.Stores, Rows: int64(orders), Seconds: took.Seconds()})
	counted, base, err := m.Commission.Written(ctx, boughtMonth)
	if err != nil {
		return err
	}
	bar := func(name, want string, value float64, met bool) { r.Bars = append(r.Bars, Bar{name, want, value, met}) }
	cutOff := 0.0
	if broken != nil {
		cutOff = 1
	}
	bar("runs that were cut off before", "= 1", cutOff, broken != nil)
	bar("orders in statements", fmt.Sprintf("= %d", orders), float64(counted), counted == int64(orders))
	bar("sum of the statements, each order once", fmt.Sprintf("= %d", orders*boughtTotal), float64(base), base == int64(orders)*boughtTotal)
	bar("memory in use, most to early", fmt.Sprintf("≤ %g", mostHeap), most/early, most <= mostHeap*early)
	return nil
}

// watchHeap looks at the memory in use until it is asked: what it was in the first second, and the most of all.
func watchHeap() (stop func() (early, most float64)) {
	var early, most atomic.Uint64
	done, gone := make(chan struct{}), make(chan struct{})
	look := func(first bool) {
		var s runtime.MemStats
		runtime.ReadMemStats(&s)
		if first {
			early.Store(max(early.Load(), s.HeapInuse))
		}
		most.Store(max(most.Load(), s.HeapInuse))
	}
	go func() {
		defer close(gone)
		began := time.Now()
		for {
			look(time.Since(began) < time.Second)
			select {
			case <-done:
				return
			case <-time.After(20 * time.Millisecond):
			}
		}
	}()
	return func() (float64, float64) {
		close(done)
		<-gone
		return float64(early.Load()), float64(most.Load())
	}
}

// boughtTotal is what each order comes to, in minor units: 9 kg at 15.00, 5 % tax and the market's 1 %.
const (
	boughtGoods = 13_500
	boughtTax   = 675
	boughtFee   = 135
	boughtTotal = boughtGoods + boughtTax + boughtFee
)

// boughtOrders writes completed orders of the side buyback, with what a statement reads of them.
func (b *bulk) boughtOrders(orders int) error {
	for from := 0; from < orders; from += pastChunk {
		n := min(pastChunk, orders-from)
		numbers := fmt.Sprintf("WITH RECURSIVE n (i) AS (SELECT %d UNION ALL SELECT i + 1 FROM n WHERE i < %d) ", from+1, from+n)
		who := "(SELECT MIN(id) FROM accounts)"
		err := b.whole(
			fmt.Sprintf("INSERT INTO checkouts (id, public_id, account_id, account, side, method, currency, goods, discount, tax, delivery, total, line_count, unit_count, contact, address, note, open, placed_at) "+
				"%sSELECT i, printf('chk_%%020d', i), %s, 'acc', 'buyback', 'none', 'NPR', %d, 0, %d, 0, %d, 1, 1, '{}', '{}', '', FALSE, 1 FROM n", numbers, who, boughtGoods, boughtTax, boughtGoods+boughtTax),
			fmt.Sprintf("INSERT INTO orders (id, public_id, checkout_id, store_id, account_id, side, state, cancel_reason, method, payment_status, currency, goods, discount, tax, delivery, total, fee, captured, refunded, "+
				"line_count, unit_count, placed_at, due_at, completed_at, updated_at) "+
				"%sSELECT i, printf('ord_%%020d', i), i, 1 + i %% %d, %s, 'buyback', 'completed', '', 'none', 'paid', 'NPR', %d, 0, %d, 0, %d, %d, %d, 0, 1, 1, 1, 253370764800000000, 1, 1 FROM n",
				numbers, boughtStores, who, boughtGoods, boughtTax, boughtGoods+boughtTax, boughtFee, boughtGoods+boughtTax),
			fmt.Sprintf("INSERT INTO pickups (id, order_id, store_id, account_id, postal_code, day, slot, open, otp_no, tries, fee_bp, paid, paid_by, flagged, weighed_by, month, completed_at) "+
				"%sSELECT i, i, 1 + i %% %d, %s, '44600', '2026-01-15', '8am - 1pm', FALSE, 1, 0, 100, %d, 'cash', FALSE, 'acc', '%s', 1 FROM n", numbers, boughtStores, who, boughtGoods, boughtMonth),
		)
		if err != nil {
			return err
		}
	}
	return nil
}
