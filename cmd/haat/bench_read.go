package main

import (
	"context"

	"github.com/haat-market/haat/internal/app"
	"github.com/haat-market/haat/internal/bench"
)

// benchRead is what those share that measure people who only look.
type benchRead struct {
	benchLoad
	benchForm
	Bulk int `name:"bulk" default:"10000" help:"Products to look at, written in bulk (${default})."`
}

func (r benchRead) options(con app.Console) bench.Options {
	o := r.benchLoad.options(con)
	o.Shape.Products = r.Bulk
	return o
}

func (r benchRead) run(ctx context.Context, con app.Console, f func(context.Context, bench.Options) (*bench.Report, error)) error {
	report, err := f(ctx, r.options(con))
	if err != nil {
		return err
	}
	return r.write(con.Out, report)
}

type benchListCmd struct{ benchRead }

func (benchListCmd) Help() string {
	return `One piece of work is one GET /v1/products of 20 items: in turns the newest, and categories with everything below them by price, by popularity, in stock, in a range of prices, of one brand. Beside it the same statements and the same JSON in this process.

Examples:
  haat bench list
  haat bench list --bulk 300000 --stores 2000 --clients 64 --folder /var/tmp`
}

func (c *benchListCmd) Run(ctx context.Context, con app.Console) error {
	return c.run(ctx, con, bench.List)
}

type benchProductCmd struct{ benchRead }

func (benchProductCmd) Help() string {
	return `One piece of work is one GET /v1/products/{id}, of a thousand products in turns. Beside it the same statements and the same JSON in this process.

Example:
  haat bench product --clients 64`
}

func (c *benchProductCmd) Run(ctx context.Context, con app.Console) error {
	return c.run(ctx, con, bench.Product)
}

type benchSearchCmd struct{ benchRead }

func (benchSearchCmd) Help() string {
	return `One piece of work is one GET /v1/products?q=…, for a word that stands in every title, in one in ten, in one in a thousand.

Example:
  haat bench search --bulk 1000000 --clients 1,16 --folder /var/tmp`
}

func (c *benchSearchCmd) Run(ctx context.Context, con app.Console) error {
	return c.run(ctx, con, bench.Search)
}

type benchFacetsCmd struct{ benchRead }

func (benchFacetsCmd) Help() string {
	return `One piece of work is one GET /v1/products?facets=true of 20 items, of the whole market and of its 8 upper categories in turns.

Example:
  haat bench facets --bulk 300000 --stores 2000 --clients 16 --folder /var/tmp`
}

func (c *benchFacetsCmd) Run(ctx context.Context, con app.Console) error {
	return c.run(ctx, con, bench.Facets)
}

type benchPagesCmd struct{ benchRead }

func (benchPagesCmd) Help() string {
	return `Of each kind of page that a shopper sees without an account: the time to the first answer of a server that was just started, the bytes of the page as a browser gets them (gzip), of the files and pictures that it names, and how many requests that is. Then one piece of work is one page, in turns.

Example:
  haat bench pages --clients 1,16`
}

func (c *benchPagesCmd) Run(ctx context.Context, con app.Console) error {
	return c.run(ctx, con, bench.Pages)
}

type benchGrowthCmd struct {
	benchRead
	Small       int    `name:"small" default:"10000" help:"Products of the small market (${default})."`
	Orders      int    `name:"orders" default:"0" help:"Orders of the large market's past; the small one has as many of them for each product (${default})."`
	Keep        string `name:"keep" placeholder:"FOLDER" help:"Leave the two markets there, and measure those that were left there before."`
	LargeStores int    `name:"large-stores" default:"0" help:"Stores of the large market; 0 = as many as the small one has."`
}

func (benchGrowthCmd) Help() string {
	return `Fills a small market and a large one (--bulk products), and measures lists, product pages, facets, searches, lists of orders (a buyer's, a store's, the market's) and checkouts of both in turns, with two clients, so that whatever else the machine does it does to both. What is compared is the medians; beside each ratio stand the least and the most of its rounds. It is meant to be run by hand: a million products and orders take a while and some gigabytes of disk.

Examples:
  haat bench growth --bulk 1000000 --orders 1000000 --folder /var/tmp
  haat bench growth --bulk 300000 --large-stores 2000 --folder /var/tmp`
}

func (c *benchGrowthCmd) Run(ctx context.Context, con app.Console) error {
	o := c.options(con)
	small, large := o.Shape, o.Shape
	o.Keep = c.Keep
	small.Products = c.Small
	large.Orders = c.Orders
	if c.Bulk > 0 {
		small.Orders = int(int64(c.Orders) * int64(c.Small) / int64(c.Bulk))
	}
	if c.LargeStores > 0 {
		large.Stores, large.Variants = c.LargeStores, max(large.Variants, c.LargeStores)
	}
	r, err := bench.Growth(ctx, o, small, large)
	if err != nil {
		return err
	}
	return c.write(con.Out, r)
}

type benchImportCmd struct {
	benchLoad
	benchForm
	Rows int `name:"rows" default:"20000" help:"Rows of a file (${default})."`
}

func (benchImportCmd) Help() string {
	return `A seller sends a CSV file as a shop exports it, with products of one variant and of four in turns, none of which is there before, and asks until the import is finished. Then checkouts (as in 'haat bench checkout') are measured without an import, while one file after another goes in, and without one again.

Examples:
  haat bench import --clients 16
  haat bench import --rows 100000 --clients 1 --folder /var/tmp`
}

func (c *benchImportCmd) Run(ctx context.Context, con app.Console) error {
	r, err := bench.Import(ctx, c.options(con), c.Rows)
	if err != nil {
		return err
	}
	return c.write(con.Out, r)
}
