package demo

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	mathrand "math/rand/v2"
	"time"

	"github.com/haat-market/haat/internal/app"
	"github.com/haat-market/haat/internal/payment/testgateway"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/config"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/event"
	"github.com/haat-market/haat/internal/platform/mail"
)

// Stage is how far a database is.
type Stage int

// The stages.
const (
	Empty  Stage = iota // nothing ever happened there
	Begun               // the filling did not come to its end
	Filled              // a demo
	Real                // somebody's market
)

// The marks that the filling leaves in the log.
const (
	subject = "demo"
	begun   = "demo.begun"
	filled  = "demo.filled"
)

func mark(what string, facts map[string]any) event.Event {
	return event.Event{Type: what, Subject: subject, Actor: event.System, Facts: facts}
}

// Look says what there is.
func Look(ctx context.Context, d *db.DB) (stage Stage, err error) {
	state, err := d.SchemaState(ctx)
	if err != nil || state.Applied == 0 {
		return Empty, err
	}
	log := event.New(clock.System())
	err = d.Read(ctx, "demo.look", func(ctx context.Context, tx db.Tx) error {
		first, _, err := log.List(ctx, tx, db.ListQuery{Limit: 1})
		if err != nil {
			return err
		}
		marks, _, err := log.History(ctx, tx, subject, event.Page{Limit: 10})
		stage = Empty
		if len(first) > 0 {
			stage = Real
		}
		for _, m := range marks {
			switch m.Type {
			case begun:
				stage = Begun
			case filled:
				stage = Filled
				return nil
			}
		}
		return err
	})
	return stage, err
}

// Report is what was made.
type Report struct {
	Stores, Products, Customers, Orders int64
	Refused                             int64 // what was planned and refused
	Took                                time.Duration
}

// noMail sends nothing.
type noMail struct{}

// Send implements mail.Sender.
func (noMail) Send(context.Context, mail.Message) error {
	return errors.New("the demo writes to nobody")
}

// Fill fills an empty market whose month ends now. The links of its deliveries are made with key, which has to be the
// market's own later.
func Fill(ctx context.Context, d *db.DB, c config.Config, key []byte, now time.Time, log *slog.Logger) (r Report, err error) {
	began := time.Now()
	w := &walk{now: now.AddDate(0, 0, -days-14), end: now}
	a, err := app.Build(app.Options{
		Config: c, DB: d, Clock: w, Log: log, Mail: noMail{}, Key: key, Version: app.Version(),
	})
	if err != nil {
		return r, err
	}
	a.Payments.AddGateway(forgetful{testgateway.New(d, w)})
	s := &story{app: a, clock: w, rnd: mathrand.New(mathrand.NewPCG(2026, 30)), end: now, parallel: 32}
	if d.Engine() == db.Postgres {
		s.parallel = 8
	}
	if err := s.mark(ctx, begun, nil); err != nil {
		return r, err
	}
	// Two minutes for every look: the stores are opened within about a week.
	w.to(w.now, 2*time.Minute)
	if err := s.open(ctx); err != nil {
		return r, err
	}
	market, err := a.Market.Settings(ctx)
	if err != nil {
		return r, err
	}
	local := now.In(market.Location())
	s.begin = time.Date(local.Year(), local.Month(), local.Day()-days, 0, 0, 0, 0, local.Location())
	s.plot()
	if err := s.play(ctx); err != nil {
		return r, fmt.Errorf("the demo's month at %s: %w", w.Now().Format(time.DateTime), err)
	}
	if _, err := a.Jobs.RunSweep(ctx, "event.number"); err != nil {
		return r, err
	}
	r = Report{Stores: int64(len(s.stalls)), Products: s.products.Load(), Customers: int64(len(s.buyers)), Orders: s.orders.Load(), Refused: s.refusals.Load()}
	err = s.mark(ctx, filled, map[string]any{"stores": r.Stores, "products": r.Products, "customers": r.Customers, "orders": r.Orders})
	r.Took = time.Since(began)
	return r, err
}
