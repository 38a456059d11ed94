package app

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/haat-market/haat/internal/catalog"
	"github.com/haat-market/haat/internal/platform/config"
)

type jobsView struct {
	Ready  int         `json:"ready"`
	Dead   int         `json:"dead"`
	Leader bool        `json:"leader"`
	Sweeps []sweepView `json:"sweeps"`
}

type sweepView struct {
	Name   string    `json:"name"`
	Runs   int64     `json:"runs"`
	Rows   int64     `json:"rows"`
	Errors int64     `json:"errors"`
	Last   time.Time `json:"last"`
}

func readJobs(ctx context.Context, a *App) (v jobsView, err error) {
	s, err := a.Jobs.Stats(ctx)
	if err != nil {
		return v, err
	}
	v = jobsView{Ready: s.Ready, Dead: s.Dead, Leader: s.Leader}
	for _, w := range s.Sweeps {
		v.Sweeps = append(v.Sweeps, sweepView{Name: w.Name, Runs: w.Runs, Rows: w.Rows, Errors: w.Errors, Last: w.LastDone})
	}
	return v, nil
}

// ListJobs prints how the workers of this folder's server are doing, or without one what there is to do.
func ListJobs(ctx context.Context, place config.Place, con Console) error {
	v, err := dial(place).jobs(ctx)
	if errors.Is(err, errNoServer) {
		con.note("no server runs here: nothing is done about these")
		err = withMarket(ctx, place, con, func(a *App) (err error) {
			v, err = readJobs(ctx, a)
			return err
		})
	}
	if err != nil {
		return err
	}
	var text strings.Builder
	fmt.Fprintf(&text, "%s to do, %d given up\n\n", plural(v.Ready, "job"), v.Dead)
	table := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	fmt.Fprint(table, "SWEEP\tRUNS\tROWS\tERRORS\tLAST\n")
	for _, s := range v.Sweeps {
		last := "-"
		if !s.Last.IsZero() {
			last = s.Last.Format(time.RFC3339)
		}
		fmt.Fprintf(table, "%s\t%d\t%d\t%d\t%s\n", s.Name, s.Runs, s.Rows, s.Errors, last)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	return con.print("%s", text.String())
}

// RunJob runs a sweep now, by the running server when there is one.
func RunJob(ctx context.Context, place config.Place, con Console, name string) error {
	v, err := dial(place).run(ctx, name)
	if errors.Is(err, errNoServer) {
		err = withMarket(ctx, place, con, func(a *App) (err error) {
			v.Done, err = a.Jobs.RunSweep(ctx, name)
			return errors.Join(err, a.Jobs.Stop(ctx)) // which gives the lease back
		})
	}
	if err != nil {
		return err
	}
	return con.print("%s: %s\n", name, plural(v.Done, "row"))
}

// RebuildSearch makes the search index anew: by the running server, which goes on selling meanwhile, when there is one.
func RebuildSearch(ctx context.Context, place config.Place, con Console) error {
	err := dial(place).rebuild(ctx)
	if err == nil {
		return con.print("The server makes the search index anew; until it is done, searches find only what is in it again.\n"+
			"'haat jobs' counts its rows at %s.\n", catalog.FollowSweep)
	}
	if !errors.Is(err, errNoServer) {
		return err
	}
	var done int
	err = withMarket(ctx, place, con, func(a *App) error {
		err := a.Catalog.RebuildSearch(ctx)
		if err == nil {
			done, err = a.Jobs.RunSweep(ctx, catalog.FollowSweep)
		}
		return errors.Join(err, a.Jobs.Stop(ctx)) // which gives the lease back
	})
	if err != nil {
		return err
	}
	return con.print("The search index is new (%s of work).\n", plural(done, "row"))
}
