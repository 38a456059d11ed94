package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/haat-market/haat/internal/app"
	"github.com/haat-market/haat/internal/delivery"
	"github.com/haat-market/haat/internal/platform/config"
	"github.com/haat-market/haat/internal/platform/geo"
	"github.com/haat-market/haat/internal/platform/web"
)

const (
	whatQuiet = "checkout, couriers silent"
	whatMoved = "checkout, beside couriers who say where they are"
	// leastBeside is what checkouts keep of their number beside positions.
	leastBeside = 0.8
	// mostDearer is how much a tracking page may cost after the positions, of what it cost before.
	mostDearer = 1.5
	// looksAtPage is how often it is looked at.
	looksAtPage = 400
	// beat is how often the couriers' phones are heard.
	beat = 10 * time.Millisecond
)

// Positions measures what checkouts lose beside couriers who say where they are, so many times a second together, and
// whether a tracking page costs more when there is a history of that.
func Positions(ctx context.Context, o Options, rate, couriers int) (_ *Report, err error) {
	if o, err = o.withDefaults(); err != nil {
		return nil, err
	}
	if o.URL != "" {
		return nil, errors.New("couriers are heard in this process: this is measured on a market that is started, not at an address")
	}
	if rate < 1 || couriers < 1 {
		return nil, errors.New("there are couriers, and they say where they are")
	}
	r := &Report{Name: "positions", Version: app.Version(), Shape: o.Shape}
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
	if r.Machine, err = thisMachine(string(m.DB.Engine()), dir); err != nil {
		return nil, err
	}
	f, err := m.fleet(ctx, o, couriers)
	if err != nil {
		return nil, err
	}
	b := &bench{Options: o, report: r, stage: f.stage}
	return r, f.measure(ctx, b, rate)
}

// fleet is a market with couriers, one of whom has something on the way.
type fleet struct {
	market  *market
	stage   *stage
	callers []web.Caller
	at      []geo.Point
	next    int
	page    string // the last part of the tracking link
}

func (m *market) fleet(ctx context.Context, o Options, couriers int) (*fleet, error) {
	st, err := m.prepare(ctx, o.Shape)
	if err != nil {
		return nil, err
	}
	o.note("%d couriers", couriers)
	hash, err := m.Identity.HashPassword(ctx, password)
	if err != nil {
		return nil, err
	}
	admin, err := m.account(ctx, "dispatcher", hash, web.RoleAdmin)
	if err != nil {
		return nil, err
	}
	f := &fleet{market: m, stage: st}
	callers, hands, err := m.couriers(ctx, admin, hash, couriers)
	if err != nil {
		return nil, err
	}
	f.callers = callers
	for _, h := range hands {
		f.at = append(f.at, *h.At)
	}
	if _, err := m.deliveries(ctx, admin, st, 1); err != nil {
		return nil, err
	}
	return f, f.depart(ctx, admin)
}

// depart has the first courier take the delivery that waits, and go.
func (f *fleet) depart(ctx context.Context, admin web.Caller) error {
	d := f.market.Delivery
	list, err := d.List(ctx, admin, delivery.Selection{All: true}, web.PageParams{Limit: 1})
	if err != nil {
		return err
	}
	job := list.Items[0]
	if err := d.Claim(ctx, f.callers[0], job.ID, delivery.Note{}); err != nil {
		return err
	}
	for _, on := range []delivery.Event{delivery.Pickup, delivery.Depart} {
		if err := d.Act(ctx, f.callers[0], job.ID, on, delivery.Action{}); err != nil {
			return err
		}
	}
	c := f.stage.customers[0]
	shown, err := d.ForOrder(ctx, web.Caller{AccountID: c.key, Account: c.id, Roles: []string{web.RoleCustomer}}, job.Order)
	if err == nil && len(shown) > 0 {
		f.page = strings.TrimPrefix(shown[0].Path, "/t/")
	}
	return err
}

// look is what a tracking page costs, in milliseconds.
func (f *fleet) look(ctx context.Context) (float64, error) {
	began := time.Now()
	for range looksAtPage {
		if _, err := f.market.Delivery.Tracking(ctx, f.page); err != nil {
			return 0, err
		}
	}
	return time.Since(began).Seconds() * 1000 / looksAtPage, nil
}

// move has the next n couriers say where they are, a street further each time.
func (f *fleet) move(ctx context.Context, n int) error {
	for range n {
		i := f.next % len(f.callers)
		f.next++
		f.at[i].Lat += 400
		if _, err := f.market.Delivery.Seen(ctx, f.callers[i], []delivery.Fix{{Where: f.at[i], At: time.Now()}}); err != nil {
			return err
		}
	}
	return nil
}

// while runs work beside positions, so many a second, and says how many there were.
func (f *fleet) while(ctx context.Context, rate int, work func() error) (perSecond float64, err error) {
	over := make(chan struct{})
	var feeder sync.WaitGroup
	began, sent := time.Now(), 0
	var fed error
	feeder.Go(func() {
		tick := time.NewTicker(beat)
		defer tick.Stop()
		for {
			select {
			case <-over:
				return
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			due := int(time.Since(began).Seconds()*float64(rate)) - sent
			if fed = f.move(ctx, due); fed != nil {
				return
			}
			sent += due
		}
	})
	err = work()
	close(over)
	feeder.Wait()
	return float64(sent) / time.Since(began).Seconds(), errors.Join(err, fed)
}

func (f *fleet) measure(ctx context.Context, b *bench, rate int) error {
	keeping, stop := context.WithCancel(ctx)
	kept := make(chan struct{})
	go func() {
		f.market.Delivery.KeepPositions(keeping)
		close(kept)
	}()
	defer func() { stop(); <-kept }()
	clients := b.profileAt()
	buy := func(what string) (Run, error) {
		return b.timedHere(ctx, what, clients, func(i int) worker { return f.market.direct(f.stage, false, i, clients) })
	}
	before, err := f.look(ctx)
	if err != nil {
		return err
	}
	least := float64(rate)
	sums, _, err := inTurns(rounds, func() (Run, error) { return buy(whatQuiet) }, func() (r Run, err error) {
		n, err := f.while(ctx, rate, func() (err error) { r, err = buy(whatMoved); return err })
		least = min(least, n)
		return r, err
	})
	if err != nil {
		return err
	}
	for _, r := range sums {
		b.add(r)
	}
	after, err := f.look(ctx)
	if err != nil {
		return err
	}
	bar := func(name, want string, value float64, met bool) {
		b.report.Bars = append(b.report.Bars, Bar{name, want, value, met})
	}
	share := sums[1].PerSecond / sums[0].PerSecond
	bar("positions a second", fmt.Sprintf("≥ %d", rate*95/100), least, least >= float64(rate)*0.95)
	bar("checkouts beside them, of those alone", fmt.Sprintf("≥ %g", leastBeside), share, share >= leastBeside)
	bar("a tracking page after it, of one before", fmt.Sprintf("≤ %g", mostDearer), after/before, after/before <= mostDearer)
	bar("milliseconds for a tracking page", "", after, true)
	return nil
}
