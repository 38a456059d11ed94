package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/jackc/pgx/v5"

	"github.com/haat-market/haat/internal/app"
	"github.com/haat-market/haat/internal/ledger"
	"github.com/haat-market/haat/internal/ledger/ledgerdb"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/code"
	"github.com/haat-market/haat/internal/platform/config"
	"github.com/haat-market/haat/internal/platform/db"
)

// What is measured of the ledger.
const (
	whatTopUp    = "transfer from the market's account to a wallet"
	whatBetween  = "transfer from wallet to wallet"
	whatBare     = "bare insert of the transfer's row"
	whatBareTop  = "bare writes of the same rows: transfer and one balance"
	whatBarePair = "bare writes of the same rows: transfer and two balances"
	whatBalance  = "balance of a wallet"
	whatSummed   = "balance of the market's account"
	whatNewest   = "newest page of a wallet's history"
	whatLast     = "last page of a wallet's history"
	leastOfBare  = 0.5 // of the speed of bare writes of the same rows
	mostWithPast = 1.5 // times as long with the long past
	pageOfPast   = 50
)

// insertBare is the row that a transfer leaves in the books, and nothing else.
const insertBare = `INSERT INTO ledger_transfers (reference, leg, posting, kind, from_id, to_id, amount, currency, subject, created_at)
VALUES ($1, 1, 'top_up', 'topup', $2, $3, 1, $4, $5, $6)`

// insertPast writes many of them at once, from the first account to the second: $1 is the first one's number, $2 the last's.
const insertPast = `WITH RECURSIVE n (i) AS (SELECT CAST($1 AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i < CAST($2 AS BIGINT))
INSERT INTO ledger_transfers (reference, leg, posting, kind, from_id, to_id, amount, currency, subject, created_at)
SELECT 'past:' || CAST(i AS TEXT), 1, 'top_up', 'topup', CAST($3 AS BIGINT), CAST($4 AS BIGINT), 1, CAST($5 AS TEXT), 'past', CAST($6 AS BIGINT) + i FROM n`

const bringForward = `UPDATE ledger_accounts SET balance = balance + $1 WHERE id = $2`

func init() {
	texts := map[string]string{}
	for _, text := range []string{insertBare, insertPast, bringForward} {
		texts[text] = strings.ReplaceAll(text, "$", "?")
	}
	db.RegisterLowered(texts)
}

// books is a ledger that is measured: some wallets with money, and the market's account that all of them are filled from.
type books struct {
	*market
	currency string
	wallets  []ledger.Key
	ids      []int64 // of the wallets
	hot      int64   // of the market's account
	stamp    string  // makes references this session's own
	n        atomic.Int64
}

// Ledger measures transfers in this process beside bare writes of the same rows, at each number of writers; then what a
// balance and a page of history cost with so many transfers on one account, and with the longer past.
func Ledger(ctx context.Context, o Options, short, long int) (_ *Report, err error) {
	o.Shape.Accounts, o.Shape.Stores, o.Shape.Variants = max(o.Shape.Accounts, 2), 2, 2 // nothing is sold here
	if o, err = o.withDefaults(); err != nil {
		return nil, err
	}
	if short < pageOfPast || long < short {
		return nil, fmt.Errorf("the short past has at least %d transfers, and the long one no fewer", pageOfPast)
	}
	dir, err := os.MkdirTemp(o.Folder, "haat-bench-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	m, err := openMarket(ctx, config.Place{Data: filepath.Join(dir, "market"), Database: o.Database}, false, nil)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, m.close()) }()
	b := &bench{Options: o, dir: dir, report: &Report{Name: "ledger", Version: app.Version(), Shape: Shape{Accounts: o.Shape.Accounts}, Warm: o.Warm.Seconds()}}
	if b.report.Machine, err = thisMachine(string(m.DB.Engine()), dir); err != nil {
		return nil, err
	}
	k, err := m.openBooks(ctx, o.Shape.Accounts)
	if err != nil {
		return nil, err
	}
	turn := *b
	turn.Length = o.Length / roundsOfWriting
	if err := turn.transfers(ctx, k); err != nil {
		return nil, err
	}
	return b.report, b.pastOf(ctx, k, short, long)
}

// openBooks makes wallets with money in an empty ledger.
func (m *market) openBooks(ctx context.Context, wallets int) (*books, error) {
	settings, err := m.Market.Settings(ctx)
	if err != nil {
		return nil, err
	}
	k := &books{market: m, currency: string(settings.Currency), stamp: code.ID("x")}
	// One more than there are writers: the last one's past is written in bulk.
	for range wallets + 1 {
		k.wallets = append(k.wallets, ledger.Wallet(code.ID("acc"), k.currency))
	}
	return k, m.DB.Write(ctx, "bench.books", func(ctx context.Context, tx db.Tx) error {
		used, err := m.Ledger.Used(ctx, tx)
		if err != nil {
			return err
		}
		if used {
			return errMarket
		}
		hot := ledger.Gateway("bench", k.currency)
		for _, w := range k.wallets {
			if err := m.Ledger.Post(ctx, tx, ledger.TopUp, "open:"+string(w), "open", ledger.Leg{From: hot, To: w, Amount: 1_000_000_000_000}); err != nil {
				return err
			}
		}
		names := []string{string(hot)}
		for _, w := range k.wallets {
			names = append(names, string(w))
		}
		rows, err := ledgerdb.New(tx).AccountIDs(ctx, names)
		if err != nil {
			return err
		}
		of := make(map[string]int64, len(rows))
		for _, r := range rows {
			of[r.Key] = r.ID
		}
		ids := make([]int64, len(names))
		for i, name := range names {
			ids[i] = of[name]
		}
		k.hot, k.ids = ids[0], ids[1:]
		return nil
	})
}

// writing is one writer: each of its pieces of work is one transaction.
type writing struct {
	k    *books
	name string
	f    func(ctx context.Context, tx db.Tx, reference string) error
}

func (w writing) do(ctx context.Context) outcome {
	reference := w.k.stamp + ":" + strconv.FormatInt(w.k.n.Add(1), 10)
	// READ COMMITTED, as the rooms have it: the guarded rows are locked before they are looked at.
	err := w.k.DB.Write(ctx, w.name, func(ctx context.Context, tx db.Tx) error { return w.f(ctx, tx, reference) }, db.ReadCommitted())
	if err != nil {
		return outcome{failed: err.Error()}
	}
	return outcome{}
}

func (writing) close() error { return nil }

func (k *books) topUp(i int) worker {
	hot, wallet := ledger.Gateway("bench", k.currency), k.wallets[i]
	return writing{k, "bench.topup", func(ctx context.Context, tx db.Tx, reference string) error {
		return k.Ledger.Post(ctx, tx, ledger.TopUp, reference, "bench", ledger.Leg{From: hot, To: wallet, Amount: 1})
	}}
}

// between pays the next wallet, so that neighbours wait for each other, as people who trade do.
func (k *books) between(i, n int) worker {
	from, to := k.wallets[i], k.wallets[(i+1)%max(n, 2)]
	return writing{k, "bench.between", func(ctx context.Context, tx db.Tx, reference string) error {
		return k.Ledger.Post(ctx, tx, ledger.BuybackByWallet, reference, "bench", ledger.Leg{From: from, To: to, Amount: 1})
	}}
}

// bare writes what both of them leave in the table of transfers, and changes the balances of these wallets, without a look
// at anything and all on one way to the database and back: nothing that leaves the same rows on disk can be quicker. What it
// writes breaks the rules of the books, which are thrown away.
func (k *books) bare(i int, changed ...int64) worker {
	slices.Sort(changed) // so that neighbours do not wait for each other in a circle
	return writing{k, "bench.bare", func(ctx context.Context, tx db.Tx, reference string) error {
		var b pgx.Batch
		b.Queue(insertBare, reference, k.hot, k.ids[i], k.currency, "bench", clock.Micro(k.Clock.Now()))
		for _, id := range changed {
			b.Queue(bringForward, int64(1), id)
		}
		return tx.SendBatch(ctx, &b).Close()
	}}
}

// transfers measures writing, each number of writers in turns.
func (b *bench) transfers(ctx context.Context, k *books) error {
	for _, n := range b.Clients {
		var lanes []func() (Run, error)
		for _, lane := range []struct {
			what string
			hire func(i int) worker
		}{
			{whatBare, func(i int) worker { return k.bare(i) }},
			{whatBareTop, func(i int) worker { return k.bare(i, k.ids[i]) }}, {whatTopUp, k.topUp},
			{whatBarePair, func(i int) worker { return k.bare(i, k.ids[i], k.ids[(i+1)%max(n, 2)]) }},
			{whatBetween, func(i int) worker { return k.between(i, n) }},
		} {
			lanes = append(lanes, func() (Run, error) { return b.timedHere(ctx, lane.what, n, lane.hire) })
		}
		runs, _, err := inTurns(roundsOfWriting, lanes...)
		if err != nil {
			return err
		}
		for _, r := range runs {
			b.add(r)
		}
		insert := runs[0].PerSecond
		for i := 1; i+1 < len(runs); i += 2 {
			bare, real := runs[i].PerSecond, runs[i+1]
			if bare > 0 && insert > 0 {
				ratio := real.PerSecond / bare
				b.report.Bars = append(b.report.Bars, Bar{fmt.Sprintf("%s against bare writes of the same rows, %d writers", real.What, n), fmt.Sprintf("≥ %g", leastOfBare), ratio, ratio >= leastOfBare})
				b.report.Ratios = append(b.report.Ratios, Ratio{real.What + " against the bare insert alone", n, real.PerSecond / insert})
			}
		}
	}
	first, last := b.Clients[0], b.Clients[len(b.Clients)-1]
	for _, what := range []string{whatTopUp, whatBetween} {
		one, ok := b.report.find(what, first)
		many, all := b.report.find(what, last)
		if ok && all && one.PerSecond > 0 && last > first {
			b.report.Ratios = append(b.report.Ratios, Ratio{fmt.Sprintf("%s: as many writers against %d", what, first), last, many.PerSecond / one.PerSecond})
		}
	}
	return nil
}

// roundsOfWriting is how often writing is measured in turns.
const roundsOfWriting = 3

// pastOfBooks is how many transfers one statement writes.
const pastOfBooks = 10_000

// extend gives the last wallet so many transfers more, from number done+1 on.
func (k *books) extend(ctx context.Context, done, upto int) error {
	last := k.ids[len(k.ids)-1]
	at := clock.Micro(k.Clock.Now())
	for from := done; from < upto; from += pastOfBooks {
		n := min(pastOfBooks, upto-from)
		err := k.DB.Write(ctx, "bench.past", func(ctx context.Context, tx db.Tx) error {
			if _, err := tx.Exec(ctx, insertPast, int64(from+1), int64(from+n), k.hot, last, k.currency, at); err != nil {
				return err
			}
			_, err := tx.Exec(ctx, bringForward, int64(n), last)
			return err
		}, db.Bulk())
		if err != nil {
			return fmt.Errorf("transfers from %d: %w", from, err)
		}
	}
	return k.fold(ctx)
}

// fold brings the checkpoints up to the last transfer, as the sweep does some minutes later: nobody else writes now.
func (k *books) fold(ctx context.Context) error {
	const name = "checkpoints"
	return k.DB.Write(ctx, "bench.fold", func(ctx context.Context, tx db.Tx) error {
		q, now := ledgerdb.New(tx), clock.Micro(k.Clock.Now())
		after, err := q.Position(ctx, name)
		if err != nil && !errors.Is(err, db.ErrNoRows) {
			return err
		}
		last, err := q.LastTransfer(ctx)
		if err != nil {
			return err
		}
		in, err := q.TailCameIn(ctx, after, last)
		if err != nil {
			return err
		}
		out, err := q.TailWentOut(ctx, after, last)
		if err != nil {
			return err
		}
		var points []ledgerdb.FoldParams
		for _, r := range in {
			points = append(points, ledgerdb.FoldParams{Book: r.Book, Kind: r.Kind, Currency: r.Currency, CameIn: r.Total, UpdatedAt: now})
		}
		for _, r := range out {
			points = append(points, ledgerdb.FoldParams{Book: r.Book, Kind: r.Kind, Currency: r.Currency, WentOut: r.Total, UpdatedAt: now})
		}
		q.Fold(ctx, points).Exec(func(_ int, e error) { err = errors.Join(err, e) })
		return errors.Join(err, q.PutPosition(ctx, name, last, now))
	}, db.Bulk())
}

// lookup is one reader.
type lookup struct {
	k    *books
	name string
	f    func(ctx context.Context, tx db.Tx) error
}

func (r lookup) do(ctx context.Context) outcome {
	if err := r.k.DB.Read(ctx, r.name, r.f); err != nil {
		return outcome{failed: err.Error()}
	}
	return outcome{}
}

func (lookup) close() error { return nil }

// oldest finds where the last page of the last wallet's history begins, by turning all pages.
func (k *books) oldest(ctx context.Context) (cursor string, err error) {
	wallet := k.wallets[len(k.wallets)-1]
	for {
		var next string
		err := k.DB.Read(ctx, "bench.pages", func(ctx context.Context, tx db.Tx) (err error) {
			_, next, err = k.Ledger.Statement(ctx, tx, wallet, pageOfPast, cursor)
			return err
		})
		if err != nil || next == "" {
			return cursor, err
		}
		cursor = next
	}
}

// look is one kind of reading.
type look struct {
	what string
	f    func(ctx context.Context, tx db.Tx) error
}

// looks are what is measured of a past.
func (k *books) looks(oldest string) []look {
	wallet, hot := k.wallets[len(k.wallets)-1], ledger.Gateway("bench", k.currency)
	balance := func(key ledger.Key) func(context.Context, db.Tx) error {
		return func(ctx context.Context, tx db.Tx) error { _, err := k.Ledger.Balance(ctx, tx, key); return err }
	}
	page := func(cursor string) func(context.Context, db.Tx) error {
		return func(ctx context.Context, tx db.Tx) error {
			_, _, err := k.Ledger.Statement(ctx, tx, wallet, pageOfPast, cursor)
			return err
		}
	}
	return []look{{whatBalance, balance(wallet)}, {whatSummed, balance(hot)}, {whatNewest, page("")}, {whatLast, page(oldest)}}
}

// pastOf measures reading with a short past and then with the long one: the same account, which has grown.
func (b *bench) pastOf(ctx context.Context, k *books, short, long int) error {
	var before []Run
	for i, size := range []int{short, long} {
		b.note("a wallet with %d transfers", size)
		if err := k.extend(ctx, []int{0, short}[i], size); err != nil {
			return err
		}
		oldest, err := k.oldest(ctx)
		if err != nil {
			return err
		}
		for j, kind := range k.looks(oldest) {
			r, err := b.timedHere(ctx, kind.what, 1, func(int) worker { return lookup{k, "bench.reading", kind.f} })
			if err != nil {
				return err
			}
			r.What += fmt.Sprintf(", %d transfers", size)
			b.add(r)
			if i == 0 {
				before = append(before, r)
				continue
			}
			if before[j].P50 > 0 {
				ratio := r.P50 / before[j].P50
				b.report.Bars = append(b.report.Bars, Bar{kind.what + ": median with the long past to the short", fmt.Sprintf("≤ %g", mostWithPast), ratio, ratio <= mostWithPast})
			}
		}
	}
	return nil
}
