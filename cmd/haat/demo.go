package main

import (
	"context"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/haat-market/haat/internal/app"
	"github.com/haat-market/haat/internal/app/demo"
	"github.com/haat-market/haat/internal/platform/config"
)

type demoCmd struct {
	config.Config
}

func (demoCmd) Help() string {
	return `The first start fills ./haat-demo within seconds: fourteen stores, more than 400 products with pictures, discounts and a sale, customers with money in their wallets, and two months of orders in every state. It prints a sign-in for each role. Later starts go on with what is there; remove the folder to begin anew.

Nothing is sent to anybody, and the cards of the test gateway are not real: 4242 4242 4242 4242 pays, 4000 0000 0000 0002 is declined. A folder that holds a real market is refused.

Examples:
  haat demo
  haat demo --data /tmp/market --addr 127.0.0.1:9000`
}

func (c *demoCmd) Run(ctx context.Context, con app.Console, parsed *kong.Context) error {
	return demo.Run(ctx, c.Config, con, app.ServeOptions{MetricsRequired: given(parsed, "metrics-addr")})
}

// demoFolder gives the command demo a folder of its own where nobody names one, so that it never stands in a market's.
func demoFolder() kong.Option {
	return kong.PostBuild(func(k *kong.Kong) error {
		for _, command := range k.Model.Leaves(false) {
			if command.Name != "demo" {
				continue
			}
			for _, flag := range command.Flags {
				if flag.Name == "data" {
					flag.Help = strings.ReplaceAll(flag.Help, flag.Default, demo.Folder)
					flag.Default = demo.Folder
				}
			}
		}
		return nil
	})
}
