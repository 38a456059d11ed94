package app

import (
	"context"
	"time"

	"github.com/haat-market/haat/internal/platform/config"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/job"
	"github.com/haat-market/haat/internal/platform/web"
)

type runInput struct {
	Name string `path:"name" maxLength:"64"`
}

type runOutput struct {
	Body struct {
		Name string `json:"name"`
		Done int    `json:"done" doc:"How many rows it acted on"`
	}
}

type deadOutput struct{ Body web.Page[deadView] }

type deadView struct {
	ID        int64     `json:"id"`
	Kind      string    `json:"kind"`
	Attempts  int       `json:"attempts"`
	LastError string    `json:"last_error"`
	CreatedAt time.Time `json:"created_at"`
	DiedAt    time.Time `json:"died_at"`
}

// mountOperations registers what an operator does by hand to the workers.
func mountOperations(a *App) {
	web.Register(a.API, web.Op{
		Method: "POST", Path: "/v1/jobs/{name}/run", ID: "job.run", Room: "operations", Access: web.Admin,
		Summary: "Run a sweep now: payment.expire, order.due, …", Errors: []*fault.Error{job.ErrUnknownSweep, job.ErrNotLeader},
	}, func(ctx context.Context, in *runInput) (*runOutput, error) {
		n, err := a.Jobs.RunSweep(ctx, in.Name)
		out := &runOutput{}
		out.Body.Name, out.Body.Done = in.Name, n
		return out, err
	})
	web.Register(a.API, web.Op{
		Method: "GET", Path: "/v1/jobs/dead", ID: "job.dead", Room: "operations", Access: web.Admin,
		Summary: "Jobs that were given up, newest first", Errors: []*fault.Error{db.ErrInvalidCursor},
	}, func(ctx context.Context, in *web.PageParams) (*deadOutput, error) {
		var out deadOutput
		err := a.DB.Read(ctx, "job.dead", func(ctx context.Context, tx db.Tx) error {
			jobs, next, err := a.Jobs.Dead(ctx, tx, db.ListQuery{Limit: in.Limit, Cursor: in.Cursor})
			if err != nil {
				return err
			}
			items := make([]deadView, 0, len(jobs))
			for _, j := range jobs {
				items = append(items, deadView{ID: j.ID, Kind: j.Kind, Attempts: j.Attempts, LastError: j.Error, CreatedAt: j.MadeAt, DiedAt: j.DiedAt})
			}
			out.Body = web.NewPage(items, next)
			return nil
		})
		return &out, err
	})
	type retryInput struct {
		ID int64 `path:"id" minimum:"1"`
	}
	web.Register(a.API, web.Op{
		Method: "POST", Path: "/v1/jobs/dead/{id}/retry", ID: "job.retry", Room: "operations", Access: web.Admin,
		Summary: "Try a job again that was given up", Errors: []*fault.Error{job.ErrNotDead},
	}, func(ctx context.Context, in *retryInput) (*struct{}, error) {
		return nil, a.DB.Write(ctx, "job.retry", func(ctx context.Context, tx db.Tx) error { return a.Jobs.Retry(ctx, tx, in.ID) })
	})
}

// limits turns requests a minute into the API's limits.
func limits(c config.Config) web.Limits {
	l := web.DefaultLimits()
	perMinute := func(n int) web.Limit { return web.Limit{Per: time.Minute, Burst: n} }
	l.Account, l.Guest, l.Address = perMinute(c.AccountRate), perMinute(c.GuestRate), perMinute(c.AddressRate)
	return l
}
