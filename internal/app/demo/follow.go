package demo

import (
	"context"
	"log/slog"
	"time"

	"github.com/haat-market/haat/internal/app"
	"github.com/haat-market/haat/internal/delivery"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/geo"
	"github.com/haat-market/haat/internal/platform/web"
)

const (
	// pace is how often the couriers of an open demo say where they are.
	pace = 3 * time.Second
	// lookAgain is how often it is looked for what they carry.
	lookAgain = 30 * time.Second
	// round is how long one takes from door to door; then he begins anew, so that there is always something to see.
	round = 10 * time.Minute
)

// ride is a courier on his way.
type ride struct {
	who      web.Caller
	from, to geo.Point
}

// follow moves those couriers of an open demo who are on their way, until ctx ends. Where they are depends on the time
// alone.
func follow(ctx context.Context, a *app.App) {
	tick := time.NewTicker(pace)
	defer tick.Stop()
	var rides []ride
	var looked time.Time
	for {
		now := a.Clock.Now()
		if now.Sub(looked) >= lookAgain {
			found, err := ridesOf(ctx, a)
			if err != nil && ctx.Err() == nil {
				a.Log.Warn("the demo's couriers stand still", slog.Any("error", err))
			}
			rides, looked = found, now
		}
		for _, r := range rides {
			if _, err := a.Delivery.Seen(ctx, r.who, []delivery.Fix{{Where: r.at(now), At: now}}); err != nil && ctx.Err() == nil {
				a.Log.Warn("a courier of the demo stands still", slog.Any("error", err))
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// at is where the courier is at a time.
func (r ride) at(now time.Time) geo.Point {
	part := now.UnixMilli() % round.Milliseconds()
	between := func(a, b int64) int64 { return a + (b-a)*part/round.Milliseconds() }
	return geo.Point{Lat: between(r.from.Lat, r.to.Lat), Lng: between(r.from.Lng, r.to.Lng)}
}

// ridesOf are the couriers who have something on the way, each with the first of it.
func ridesOf(ctx context.Context, a *app.App) (out []ride, err error) {
	for _, r := range riders {
		var who web.Caller
		err := a.DB.Read(ctx, "demo.rider", func(ctx context.Context, tx db.Tx) error {
			account, err := a.Identity.FindEmail(ctx, tx, r.mail+domain)
			who = callerOf(account)
			return err
		})
		if err != nil {
			return out, err
		}
		list, err := a.Delivery.List(ctx, who, delivery.Selection{State: string(delivery.InTransit)}, web.PageParams{Limit: 1})
		if err != nil {
			return out, err
		}
		for _, v := range list.Items {
			from, ok := geo.NewPoint(v.Pickup.Lat, v.Pickup.Lng)
			to, ok2 := geo.NewPoint(v.Dropoff.Lat, v.Dropoff.Lng)
			if ok && ok2 && v.Pickup.Lat != "" && v.Dropoff.Lat != "" {
				out = append(out, ride{who, from, to})
			}
		}
	}
	return out, nil
}
