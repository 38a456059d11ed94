package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/haat-market/haat/internal/app"
	"github.com/haat-market/haat/internal/bench"
	"github.com/haat-market/haat/internal/platform/config"
)

type benchCmd struct {
	Checkout   benchCheckoutCmd   `cmd:"" help:"Measure checkouts over HTTP, beside the same in process, in groups and one by one."`
	Flow       benchFlowCmd       `cmd:"" help:"Measure whole purchases: two lines of two stores, checkout, payment, the order read."`
	List       benchListCmd       `cmd:"" help:"Measure lists of products as shoppers narrow them."`
	Product    benchProductCmd    `cmd:"" help:"Measure product pages."`
	Search     benchSearchCmd     `cmd:"" help:"Measure the search for words that all, a tenth and a thousandth of the products hold."`
	Facets     benchFacetsCmd     `cmd:"" help:"Measure lists with facets."`
	Pages      benchPagesCmd      `cmd:"" help:"Measure the pages of the shop: their weight, the first answer, and how many a second."`
	Import     benchImportCmd     `cmd:"" help:"Measure files of products going in, and checkouts beside them."`
	Growth     benchGrowthCmd     `cmd:"" help:"Compare a small market with a large one."`
	Rates      benchRatesCmd      `cmd:"" help:"Compare searches at postal codes with few and with many prices."`
	Commission benchCommissionCmd `cmd:"" help:"Measure a run of commission statements over many orders."`
	Delivery   benchDeliveryCmd   `cmd:"" help:"Measure giving deliveries to couriers, and compare their ways."`
	Ledger     benchLedgerCmd     `cmd:"" help:"Measure transfers beside bare writes, and what a long past costs."`
	Positions  benchPositionsCmd  `cmd:"" help:"Measure what checkouts lose beside couriers who say where they are."`
	Statements benchStatementsCmd `cmd:"" help:"Count the statements of a checkout and of a purchase."`
	Report     benchReportCmd     `cmd:"" help:"All of it, as Markdown."`
}

// benchMarket is what all of them share.
type benchMarket struct {
	Database config.Secret `name:"database" env:"HAAT_DATABASE" placeholder:"URL" help:"Empty PostgreSQL database for the market that is started. Default: a file in a temporary folder."`
	Folder   string        `name:"folder" placeholder:"FOLDER" help:"Where the temporary folder is made: on the disk that is to be measured. Default: the system's place for temporary files."`
	// So many that none reaches the bound on starting payments (payment.StartRate) while all of them buy.
	Accounts int `name:"accounts" default:"2048" help:"Customers (${default})."`
	Stores   int `name:"stores" default:"20" help:"Stores (${default})."`
	Products int `name:"products" default:"200" help:"Products of one variant, shared by the stores (${default})."`
}

// benchLoad is what those share that measure.
type benchLoad struct {
	benchMarket
	URL      string  `name:"url" env:"HAAT_BENCH_URL" placeholder:"URL" help:"A market that runs. Default: start one of this program, on loopback, in a temporary folder, without rates."`
	Token    string  `name:"token" env:"HAAT_BENCH_TOKEN" placeholder:"TOKEN" help:"With --url: access token of an admin, who activates accounts and gives them money."`
	Clients  []int   `name:"clients" default:"1,16,64,256" help:"Numbers of clients (${default})."`
	Seconds  float64 `name:"seconds" default:"5" help:"Length of each measurement (${default})."`
	WarmUp   float64 `name:"warm-up" default:"1" help:"Seconds before each that do not count (${default})."`
	Profiles string  `name:"profiles" placeholder:"FOLDER" help:"Write CPU profiles of the measurements with 64 clients there."`
}

func (m benchMarket) options(con app.Console) bench.Options {
	return bench.Options{
		Database: m.Database, Folder: m.Folder, Progress: con.Err,
		Shape: bench.Shape{Accounts: m.Accounts, Stores: m.Stores, Variants: m.Products}, Clients: []int{1}, Length: time.Second,
	}
}

func (l benchLoad) options(con app.Console) bench.Options {
	o := l.benchMarket.options(con)
	o.URL, o.Token, o.Clients, o.Profiles = l.URL, l.Token, l.Clients, l.Profiles
	o.Length, o.Warm = time.Duration(l.Seconds*float64(time.Second)), time.Duration(l.WarmUp*float64(time.Second))
	return o
}

// benchForm is how one report is written.
type benchForm struct {
	JSON     bool `name:"json" help:"Write JSON."`
	Markdown bool `name:"markdown" help:"Write Markdown."`
}

func (f benchForm) write(w io.Writer, r *bench.Report) error {
	switch {
	case f.JSON:
		return bench.JSON(w, r)
	case f.Markdown:
		return r.Markdown(w)
	}
	return r.Text(w)
}

const benchForeign = `

With --url nothing is started. The market must let people sign up, and its rates must be off or wide (--account-rate 0 --address-rate 0); --token is an admin's access token, from POST /v1/auth/login. For each customer the measurement signs somebody up, activates the account as the admin, signs in, saves an address and credits the wallet; the market's own limits on signing up and in (600 an hour, 300 a minute an address) are waited for, so --accounts should be no more than the most clients. What is made there stays there: do not point it at a market that is used.`

type benchCheckoutCmd struct {
	benchLoad
	benchForm
}

func (benchCheckoutCmd) Help() string {
	return `One piece of work is one POST /v1/checkouts: one variant bought directly, delivered to a saved address, paid from the wallet, with an Idempotency-Key. It counts when the answer says confirmed and paid.

Beside it, in the same run: the order room called in this process with as many callers (what the machine could do without HTTP), that and the read of the answer, and the first with every write committed alone. A server's figures are those of the process; the load generator shares the machine with it, and its cost is shown.

Examples:
  haat bench checkout
  haat bench checkout --clients 64 --seconds 10 --json
  haat bench checkout --url http://127.0.0.1:8080 --token "$TOKEN" --clients 16 --accounts 16` + benchForeign
}

func (c *benchCheckoutCmd) Run(ctx context.Context, con app.Console) error {
	r, err := bench.Checkout(ctx, c.options(con))
	if err != nil {
		return err
	}
	return c.write(con.Out, r)
}

type benchFlowCmd struct {
	benchLoad
	benchForm
}

func (benchFlowCmd) Help() string {
	return `One piece of work is what a signed-in customer does, five requests: two lines of two stores into the cart, a checkout to a saved address, a payment by card at the test gateway, the order read. It counts when the order read is confirmed and paid.

Examples:
  haat bench flow
  haat bench flow --clients 16,64 --seconds 20 --markdown
  HAAT_DATABASE=postgres://haat:secret@localhost/bench haat bench flow` + benchForeign
}

func (c *benchFlowCmd) Run(ctx context.Context, con app.Console) error {
	r, err := bench.Flow(ctx, c.options(con))
	if err != nil {
		return err
	}
	return c.write(con.Out, r)
}

type benchStatementsCmd struct {
	benchMarket
}

func (benchStatementsCmd) Help() string {
	return `Runs both use-cases of the other commands one at a time and prints, as Markdown, which statements each transaction ran, how often, and how long one took.

Example:
  haat bench statements`
}

func (c *benchStatementsCmd) Run(ctx context.Context, con app.Console) error {
	list, err := bench.Statements(ctx, c.options(con))
	if err != nil {
		return err
	}
	return bench.StatementTable(con.Out, list)
}

type benchReportCmd struct {
	benchLoad
	JSON bool `name:"json" help:"Write JSON; without the statements."`
}

func (benchReportCmd) Help() string {
	return `Runs 'checkout', 'flow' and 'statements' one after another and writes one document. Run it on a machine that does nothing else.

Examples:
  haat bench report > benchmarks.md
  haat bench report --folder /var/lib/haat --seconds 10`
}

func (c *benchReportCmd) Run(ctx context.Context, con app.Console) error {
	o := c.options(con)
	checkout, err := bench.Checkout(ctx, o)
	if err != nil {
		return err
	}
	flow, err := bench.Flow(ctx, o)
	if err != nil {
		return err
	}
	if c.JSON {
		return bench.JSON(con.Out, checkout, flow)
	}
	list, err := bench.Statements(ctx, c.benchMarket.options(con))
	if err != nil {
		return err
	}
	title := func(text string) error {
		_, err := fmt.Fprintf(con.Out, "\n### %s\n\n", text)
		return err
	}
	return errors.Join(title("Checkouts"), checkout.Markdown(con.Out), title("Purchases"), flow.Markdown(con.Out),
		title("Statements"), bench.StatementTable(con.Out, list))
}

type benchPositionsCmd struct {
	benchLoad
	benchForm
	Rate     int `name:"rate" default:"2000" help:"Positions a second (${default})."`
	Couriers int `name:"couriers" default:"1000" help:"Couriers who say where they are (${default})."`
}

func (benchPositionsCmd) Help() string {
	return `Has couriers say where they are, so many times a second, while customers check out, and compares that with checkouts alone, in turns. Beside it: what a tracking page costs before and after.

Example:
  haat bench positions --rate 2000 --couriers 1000`
}

func (c *benchPositionsCmd) Run(ctx context.Context, con app.Console) error {
	r, err := bench.Positions(ctx, c.options(con), c.Rate, c.Couriers)
	if err != nil {
		return err
	}
	return c.write(con.Out, r)
}

type benchDeliveryCmd struct {
	benchMarket
	benchForm
	Jobs     int `name:"jobs" default:"1000" help:"Deliveries that wait (${default})."`
	Couriers int `name:"couriers" default:"300" help:"Couriers who take jobs (${default})."`
}

func (benchDeliveryCmd) Help() string {
	return `Makes a market with deliveries that wait and couriers around Kathmandu, has the market give all of them away in one run, each written under its locks, and says how long that took. Beside it: the metres that all couriers go by score, with the nearest courier for each delivery, and by chance.

Example:
  haat bench delivery --jobs 1000 --couriers 300`
}

func (c *benchDeliveryCmd) Run(ctx context.Context, con app.Console) error {
	r, err := bench.Carrying(ctx, c.options(con), c.Jobs, c.Couriers)
	if err != nil {
		return err
	}
	return c.write(con.Out, r)
}

type benchLedgerCmd struct {
	benchForm
	Database config.Secret `name:"database" env:"HAAT_DATABASE" placeholder:"URL" help:"Empty PostgreSQL database. Default: a file in a temporary folder."`
	Folder   string        `name:"folder" placeholder:"FOLDER" help:"Where the temporary folder is made: on the disk that is to be measured. Default: the system's place for temporary files."`
	Writers  []int         `name:"writers" default:"1,16,64" help:"Numbers of writers (${default})."`
	Seconds  float64       `name:"seconds" default:"6" help:"Length of each measurement; of writing, in three turns (${default})."`
	WarmUp   float64       `name:"warm-up" default:"0.5" help:"Seconds before each that do not count (${default})."`
	Short    int           `name:"short" default:"10000" help:"Transfers of the short past (${default})."`
	Long     int           `name:"long" default:"100000" help:"Transfers of the long past (${default})."`
}

func (benchLedgerCmd) Help() string {
	return `One piece of work is one transfer in a transaction of its own, in this process: from the market's account, which all writers share, to a wallet, and from one wallet to the next. Beside it, in turns and in the same groups: a bare insert of the row that it leaves, and bare writes of all rows that it changes. Then one wallet is given a short past and a long one, written in bulk, and its balance, the newest and the last page of its history and the balance of the market's account are read.

Examples:
  haat bench ledger
  haat bench ledger --long 1000000 --folder /var/tmp --markdown
  haat bench ledger --database postgres://haat@localhost/empty --writers 1,64`
}

func (c *benchLedgerCmd) Run(ctx context.Context, con app.Console) error {
	most := 1
	for _, n := range c.Writers {
		most = max(most, n)
	}
	r, err := bench.Ledger(ctx, bench.Options{
		Database: c.Database, Folder: c.Folder, Progress: con.Err, Clients: c.Writers, Shape: bench.Shape{Accounts: most},
		Length: time.Duration(c.Seconds * float64(time.Second)), Warm: time.Duration(c.WarmUp * float64(time.Second)),
	}, c.Short, c.Long)
	if err != nil {
		return err
	}
	return c.write(con.Out, r)
}

type benchRatesCmd struct {
	benchMarket
	benchForm
	Seconds    float64 `name:"seconds" default:"5" help:"Length of each measurement (${default})."`
	Small      int     `name:"small" default:"40000" help:"Prices of the small market (${default})."`
	SmallThere int     `name:"small-there" default:"400" help:"Of which at each postal code (${default})."`
	Large      int     `name:"large" default:"400000" help:"Prices of the large market (${default})."`
	LargeThere int     `name:"large-there" default:"4000" help:"Of which at each postal code (${default})."`
}

func (benchRatesCmd) Help() string {
	return `Fills a market with few prices and one with many, and measures GET /v1/rates of 20 prices at a postal code, and of one material as many prices as both markets have (20 at most), in turns, with two clients. What is compared is the medians.

Examples:
  haat bench rates
  haat bench rates --large 4000000 --folder /var/tmp`
}

func (c *benchRatesCmd) Run(ctx context.Context, con app.Console) error {
	o := c.options(con)
	o.Length, o.Warm = time.Duration(c.Seconds*float64(time.Second)), time.Second/2
	small, large := o.Shape, o.Shape
	small.Rates, small.RatesThere, large.Rates, large.RatesThere = c.Small, c.SmallThere, c.Large, c.LargeThere
	r, err := bench.Rates(ctx, o, small, large)
	if err != nil {
		return err
	}
	return c.write(con.Out, r)
}

type benchCommissionCmd struct {
	benchMarket
	benchForm
	Orders int `name:"orders" default:"100000" help:"Completed orders of the month (${default})."`
}

func (benchCommissionCmd) Help() string {
	return `Makes a market with completed orders of the side buyback in one month, runs the statements of that month, cuts the run off, begins it again, and says how long it took in all, whether each order is in one statement, and how the memory in use went.

Example:
  haat bench commission --orders 1000000 --folder /var/tmp`
}

func (c *benchCommissionCmd) Run(ctx context.Context, con app.Console) error {
	r, err := bench.Commission(ctx, c.options(con), c.Orders)
	if err != nil {
		return err
	}
	return c.write(con.Out, r)
}
