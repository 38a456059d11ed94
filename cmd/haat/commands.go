package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/haat-market/haat/internal/app"
	"github.com/haat-market/haat/internal/platform/config"
)

type commands struct {
	Serve      serveCmd      `cmd:"" help:"Open the market."`
	Demo       demoCmd       `cmd:"" help:"Open a market with believable data in it, to look around."`
	Account    accountCmd    `cmd:"" help:"Add accounts."`
	Verify     verifyCmd     `cmd:"" help:"Re-derive every balance, stock figure and total, and say what does not agree."`
	Backup     backupCmd     `cmd:"" help:"Write a backup, also while the market is open."`
	Restore    restoreCmd    `cmd:"" help:"Fill a new data folder from a backup."`
	Migrate    migrateCmd    `cmd:"" help:"Bring the database's schema up to date."`
	Jobs       jobsCmd       `cmd:"" help:"Look at the work behind the market, or have some of it done now."`
	Search     searchCmd     `cmd:"" help:"Look after the search index."`
	Commission commissionCmd `cmd:"" help:"Look after the statements of what stores bought back."`
	Delivery   deliveryCmd   `cmd:"" help:"Have couriers carry what was ordered."`
	Bench      benchCmd      `cmd:"" help:"Measure what a market takes."`
	OpenAPI    openAPICmd    `cmd:"" name:"openapi" help:"Print the API's OpenAPI document."`
	Version    versionCmd    `cmd:"" help:"Say which release this is."`

	Short kong.VersionFlag `name:"version" help:"Say which release this is, in one word."`
}

type serveCmd struct {
	config.Config
}

func (serveCmd) Help() string {
	return `With no configuration the market keeps everything in ./haat-data and can be reached from this machine only, at http://127.0.0.1:8080. The first start prints a link that makes you its administrator.

SIGINT and SIGTERM end it when the requests under way are answered; a second one ends it at once.

Examples:
  haat serve
  haat serve --data /var/lib/haat --addr 0.0.0.0:8080 --url https://market.example
  HAAT_DATABASE=postgres://haat:secret@db/haat haat serve`
}

func (c *serveCmd) Run(ctx context.Context, con app.Console, parsed *kong.Context) error {
	return app.Serve(ctx, c.Config, con, app.ServeOptions{MetricsRequired: given(parsed, "metrics-addr")})
}

// given says whether the operator set a flag himself, in whatever way.
func given(parsed *kong.Context, name string) bool {
	for _, p := range parsed.Path {
		if p.Flag != nil && p.Flag.Name == name {
			return true
		}
	}
	for _, flag := range parsed.Flags() {
		if flag.Name != name {
			continue
		}
		for _, env := range flag.Envs {
			if _, ok := os.LookupEnv(env); ok {
				return true
			}
		}
	}
	return false
}

type verifyCmd struct {
	config.Place
}

func (verifyCmd) Help() string {
	return `All rules look at one moment, also while the market is open. What does not hold is printed, and the exit code is then 1.

Examples:
  haat verify
  haat verify --data /var/lib/haat 2>/dev/null`
}

func (c *verifyCmd) Run(ctx context.Context, con app.Console) error {
	return app.Verify(ctx, c.Place, con)
}

type backupCmd struct {
	config.Place
	Target string `arg:"" placeholder:"FOLDER or FILE" help:"New folder, or new file whose name ends in .tar or .tar.gz."`
}

func (backupCmd) Help() string {
	return `The market stays open. The backup appears under its name when it is whole and on disk, with a manifest that has the hash of every file. It holds no secrets of the installation: keep secret.key and haat.conf elsewhere.

On PostgreSQL it holds the files only, and says how to back up the database.

Examples:
  haat backup /backups/market-$(date +%F)
  haat backup --data /var/lib/haat market.tar.gz`
}

func (c *backupCmd) Run(ctx context.Context, con app.Console) error {
	return app.Backup(ctx, c.Place, con, c.Target)
}

type restoreCmd struct {
	config.Place
	Source string `arg:"" placeholder:"BACKUP" help:"Folder or file that 'haat backup' wrote."`
}

func (restoreCmd) Help() string {
	return `Every file is held to the manifest, and at the end everything is verified. The data folder must be new or empty.

Examples:
  haat restore market.tar.gz --data ./restored
  cp secret.key haat.conf ./restored/ && haat serve --data ./restored`
}

func (c *restoreCmd) Run(ctx context.Context, con app.Console) error {
	return app.Restore(ctx, c.Place, con, c.Source)
}

type migrateCmd struct {
	config.Place
	Check bool `name:"check" help:"Change nothing; exit with 1 if something is missing."`
}

func (migrateCmd) Help() string {
	return `The server does this by itself when it starts. Where several share a PostgreSQL, the older release goes on working on the newer schema.

Examples:
  haat migrate
  haat migrate --check --database postgres://haat:secret@db/haat`
}

func (c *migrateCmd) Run(ctx context.Context, con app.Console) error {
	return app.Migrate(ctx, c.Place, con, c.Check)
}

type accountCmd struct {
	Add accountAddCmd `cmd:"" help:"Add an account that can sign in at once."`
}

type accountAddCmd struct {
	config.Place
	Email    string   `name:"email" required:"" placeholder:"ADDRESS" help:"Address to sign in with."`
	Role     []string `name:"role" placeholder:"ROLE" help:"customer (default), seller, courier, machine, admin or superadmin; may be repeated."`
	Name     string   `name:"name" placeholder:"NAME" help:"Name to show; without it what stands before the @."`
	Phone    string   `name:"phone" placeholder:"NUMBER" help:"Telephone number."`
	Password bool     `name:"password-stdin" help:"Read the password from the input; without this one is made and printed."`
}

func (accountAddCmd) Help() string {
	return `The running server adds it, or this command itself where none runs.

Examples:
  haat account add --email asha@example.org --name 'Asha Rai' --role admin
  haat account add --email hari@example.org --role customer --role seller --password-stdin < password.txt`
}

func (c *accountAddCmd) Run(ctx context.Context, con app.Console) error {
	return app.AddAccount(ctx, c.Place, con, app.AccountOptions{Name: c.Name, Email: c.Email, Phone: c.Phone, Roles: c.Role, Password: c.Password})
}

type jobsCmd struct {
	List jobsListCmd `cmd:"" default:"withargs" help:"Say what there is to do and how the sweeps are doing."`
	Run  jobsRunCmd  `cmd:"" help:"Run a sweep now."`
}

type jobsListCmd struct {
	config.Place
}

func (jobsListCmd) Help() string {
	return `Example:
  haat jobs`
}

func (c *jobsListCmd) Run(ctx context.Context, con app.Console) error {
	return app.ListJobs(ctx, c.Place, con)
}

type jobsRunCmd struct {
	config.Place
	Name string `arg:"" placeholder:"SWEEP" help:"As 'haat jobs' names it."`
}

func (jobsRunCmd) Help() string {
	return `Example:
  haat jobs run payment.expire`
}

func (c *jobsRunCmd) Run(ctx context.Context, con app.Console) error {
	return app.RunJob(ctx, c.Place, con, c.Name)
}

type searchCmd struct {
	Rebuild searchRebuildCmd `cmd:"" help:"Empty the search index and put every product in again."`
}

type searchRebuildCmd struct {
	config.Place
}

func (searchRebuildCmd) Help() string {
	return `For when 'haat verify' finds the index wrong. The market stays open; searches find little at first. Killed in between, the server goes on with it when it starts.

Example:
  haat search rebuild`
}

func (c *searchRebuildCmd) Run(ctx context.Context, con app.Console) error {
	return app.RebuildSearch(ctx, c.Place, con)
}

type commissionCmd struct {
	Run commissionRunCmd `cmd:"" help:"Write the statements of a month that is over."`
}

type commissionRunCmd struct {
	config.Place
	Month string `name:"month" required:"" placeholder:"YYYY-MM" help:"The month, in the market's time zone."`
}

func (commissionRunCmd) Help() string {
	return `The server does it by itself in the first hour of each month. Run again, also after a crash, it goes on where it stood and leaves alone what is issued.

Example:
  haat commission run --month 2026-10`
}

func (c *commissionRunCmd) Run(ctx context.Context, con app.Console) error {
	return app.RunCommission(ctx, c.Place, con, c.Month)
}

type deliveryCmd struct {
	Create deliveryCreateCmd `cmd:"" help:"Let a courier carry an order, and print its tracking number."`
}

type deliveryCreateCmd struct {
	config.Place
	Order        string   `arg:"" placeholder:"ORDER" help:"Number of a confirmed order, as on paper, or its id."`
	Lines        []string `name:"line" placeholder:"ID=UNITS" help:"Only these units of this line of the order; may be given several times. Without it all that nobody carries yet."`
	Fee          string   `name:"fee" placeholder:"AMOUNT" help:"What the store pays for the job; without it what the buyer pays for delivery."`
	PayUpTo      string   `name:"pay-up-to" placeholder:"AMOUNT" help:"Of what a dealer buys: what the household may get from the dealer's wallet; without it half as much again as was ordered."`
	Priority     string   `name:"priority" enum:"low,normal,high,urgent" default:"normal" help:"low, normal, high or urgent."`
	Instructions string   `name:"instructions" placeholder:"TEXT" help:"What the courier has to know."`
	Weight       int64    `name:"weight" placeholder:"GRAMS" help:"Weight of the package; without it that of what was ordered."`
	Fragile      bool     `name:"fragile" help:"The package breaks easily."`
	Signature    bool     `name:"signature" help:"The receiver has to sign."`
}

func (deliveryCreateCmd) Help() string {
	return `It waits until a courier claims it or an administrator assigns it. The running server makes it, or this command itself where none runs.

Examples:
  haat delivery create H-000042
  haat delivery create H-000042 --line oln_06f4qkz8m1w0r3ta=2
  haat delivery create H-000042 --fee 150.00 --priority urgent --signature`
}

func (c *deliveryCreateCmd) Run(ctx context.Context, con app.Console) error {
	if c.Weight < 0 {
		return errors.New("--weight is a number of grams")
	}
	lines := make([]app.DeliveryLine, len(c.Lines))
	for i, text := range c.Lines {
		line, units, _ := strings.Cut(text, "=")
		n, err := strconv.ParseInt(units, 10, 64)
		if err != nil || line == "" {
			return fmt.Errorf("--line is an id of a line, = and a number of units, not %q", text)
		}
		lines[i] = app.DeliveryLine{Line: line, Units: n}
	}
	return app.CreateDelivery(ctx, c.Place, con, app.NewDelivery{
		Order: c.Order, Lines: lines, PayUpTo: c.PayUpTo, Fee: c.Fee, Priority: c.Priority, Instructions: c.Instructions, Weight: c.Weight, Fragile: c.Fragile, Signature: c.Signature,
	})
}

type openAPICmd struct{}

func (openAPICmd) Help() string {
	return `No server and no database are needed.

Example:
  haat openapi > openapi.json`
}

func (openAPICmd) Run(ctx context.Context, con app.Console) error { return app.OpenAPI(ctx, con) }

type versionCmd struct{}

func (versionCmd) Help() string {
	return `Example:
  haat version`
}

func (versionCmd) Run(con app.Console) error {
	_, err := con.Out.Write([]byte(app.BuildInfo()))
	return err
}
