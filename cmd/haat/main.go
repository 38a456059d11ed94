package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"

	"github.com/haat-market/haat/internal/app"
	"github.com/haat-market/haat/internal/platform/config"
)

const about = `A self-hosted market: many sellers, many buyers, one ledger.

'haat serve' opens one with no configuration at all. Every flag can also be given as an environment variable (HAAT_…) or as a line of haat.conf in the data folder.`

// usage is the exit code for a command line that is not understood.
const usage = 2

func main() {
	os.Exit(run(os.Args[1:]))
}

func run(args []string) int {
	var commands commands
	code := -1
	parser, err := kong.New(&commands, kong.Name("haat"), kong.Description(about), config.Resolver(), demoFolder(),
		kong.Vars{"version": app.Version()}, kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 100}),
		kong.Exit(func(n int) { code = n }))
	if err != nil {
		fmt.Fprintln(os.Stderr, "haat:", err)
		return 1
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	parsed, err := parser.Parse(args)
	if code >= 0 { // --help and --version are done
		return code
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "haat: %s\n", app.Explain(err))
		fmt.Fprintln(os.Stderr, "Try 'haat --help', or --help after a command.")
		return usage
	}
	// The first signal asks the command to end; with the second the system ends it at once.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)
	parsed.BindTo(ctx, (*context.Context)(nil))
	if err := parsed.Run(app.Console{In: os.Stdin, Out: os.Stdout, Err: os.Stderr}); err != nil {
		if ctx.Err() != nil && errors.Is(err, context.Canceled) {
			err = errors.New("interrupted")
		}
		fmt.Fprintf(os.Stderr, "haat: %s\n", app.Explain(err))
		return 1
	}
	return 0
}
