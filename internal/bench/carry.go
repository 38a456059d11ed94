package bench

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/haat-market/haat/internal/app"
	"github.com/haat-market/haat/internal/delivery"
	"github.com/haat-market/haat/internal/identity"
	"github.com/haat-market/haat/internal/order"
	"github.com/haat-market/haat/internal/platform/config"
	"github.com/haat-market/haat/internal/platform/geo"
	"github.com/haat-market/haat/internal/platform/idem"
	"github.com/haat-market/haat/internal/platform/web"
)

// mostAssigning is how long giving a thousand deliveries away may take, in seconds.
const mostAssigning = 2.0

// Carrying measures how long one run takes that gives so many deliveries to so many couriers, thought and written, and
// compares the couriers' ways with those of chance and of the nearest courier for each.
func Carrying(ctx context.Context, o Options, jobs, couriers int) (_ *Report, err error) {
	if o, err = o.withDefaults(); err != nil {
		return nil, err
	}
	r := &Report{Name: "delivery", Version: app.Version(), Shape: o.Shape}
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
	st, err := m.prepare(ctx, o.Shape)
	if err != nil {
		return nil, err
	}
	o.note("%d couriers, %d deliveries", couriers, jobs)
	hash, err := m.Identity.HashPassword(ctx, password)
	if err != nil {
		return nil, err
	}
	admin, err := m.account(ctx, "dispatcher", hash, web.RoleAdmin)
	if err != nil {
		return nil, err
	}
	_, hands, err := m.couriers(ctx, admin, hash, couriers)
	if err != nil {
		return nil, err
	}
	work, err := m.deliveries(ctx, admin, st, jobs)
	if err != nil {
		return nil, err
	}
	began := time.Now()
	done, err := m.Delivery.AutoAssign(ctx, admin, delivery.AutoCmd{})
	if err != nil {
		return nil, err
	}
	took := time.Since(began).Seconds()
	bar := func(name, want string, value float64, met bool) { r.Bars = append(r.Bars, Bar{name, want, value, met}) }
	bar(fmt.Sprintf("seconds to give %d deliveries to %d couriers", jobs, couriers), fmt.Sprintf("≤ %g", mostAssigning), took, took <= mostAssigning)
	bar("given away", fmt.Sprintf("= %d", jobs), float64(done.Summary.Assigned), done.Summary.Assigned == jobs)
	score, nearest, chance := delivery.Lengths(work, hands, delivery.Terms{MostJobs: delivery.MostJobs, Reach: 15_000, Weights: delivery.Weights{Distance: 1, Rating: 1, Capacity: 1, Workload: 1}})
	bar("kilometres of all couriers, by score", "", float64(score)/1000, true)
	bar("the same, each to the nearest courier", "", float64(nearest)/1000, true)
	bar("the same, by chance", "", float64(chance)/1000, true)
	return r, nil
}

// within is a place in the valley of Kathmandu; always the same ones in turn.
func within(r *rand.Rand) geo.Point {
	return geo.Point{Lat: 27_620_000 + r.Int64N(160_000), Lng: 85_220_000 + r.Int64N(260_000)}
}

// couriers makes verified ones who have said where they are.
func (m *market) couriers(ctx context.Context, admin web.Caller, hash string, n int) (callers []web.Caller, hands []delivery.Hand, err error) {
	r, yes, vehicle := rand.New(rand.NewPCG(1, 2)), true, "bicycle" //nolint:gosec // not a secret
	for i := range n {
		c, err := m.account(ctx, "courier"+strconv.Itoa(i), hash, web.RoleCourier)
		if err != nil {
			return nil, nil, err
		}
		capacity := 20_000 + 10_000*r.Int64N(5)
		if _, err := m.Delivery.Change(ctx, c, delivery.Profile{Vehicle: &vehicle, Capacity: &capacity}); err != nil {
			return nil, nil, err
		}
		v, err := m.Delivery.AddDocument(ctx, c, delivery.NewDocument{Kind: "identity", Number: "1", Expires: time.Now().AddDate(1, 0, 0)})
		if err != nil {
			return nil, nil, err
		}
		if _, err := m.Delivery.Verify(ctx, admin, v.ID); err != nil {
			return nil, nil, err
		}
		if _, err := m.Delivery.Change(ctx, c, delivery.Profile{Available: &yes}); err != nil {
			return nil, nil, err
		}
		at := within(r)
		if _, err := m.Delivery.Seen(ctx, c, []delivery.Fix{{Where: at, At: time.Now()}}); err != nil {
			return nil, nil, err
		}
		callers = append(callers, c)
		hands = append(hands, delivery.Hand{ID: int64(i + 1), At: &at, Capacity: capacity})
	}
	return callers, hands, m.Delivery.Flush(ctx)
}

// deliveries makes orders, and a delivery that waits for each.
func (m *market) deliveries(ctx context.Context, admin web.Caller, st *stage, n int) (jobs []delivery.Job, err error) {
	r := rand.New(rand.NewPCG(3, 4)) //nolint:gosec // not a secret
	for i := range n {
		c := st.customers[i%len(st.customers)]
		who := web.Caller{AccountID: c.key, Account: c.id, Roles: []string{web.RoleCustomer}}
		id, _, err := m.Orders.Checkout(keyed(ctx, who, "order.checkout", i), who, order.CheckoutCmd{
			Direct: &order.Direct{Variant: st.variants[i%len(st.variants)], Quantity: 1}, AddressID: c.address, Method: "wallet",
		})
		if err != nil {
			return nil, err
		}
		v, err := m.Orders.GetCheckout(ctx, who, id)
		if err != nil {
			return nil, err
		}
		from, to, weight := within(r), within(r), 100+r.Int64N(8_000)
		_, _, err = m.Delivery.Create(keyed(ctx, admin, "delivery.create", i), admin, delivery.NewDelivery{
			Order: v.Orders[0].ID, Pickup: placeAt(from), Dropoff: placeAt(to), Weight: weight, Fee: "150.00", Priority: []string{"low", "normal", "high", "urgent"}[i%4],
		})
		if err != nil {
			return nil, err
		}
		jobs = append(jobs, delivery.Job{From: &from, To: &to, Weight: weight, Priority: int64(i % 4)})
	}
	return jobs, nil
}

func keyed(ctx context.Context, who web.Caller, operation string, i int) context.Context {
	return idem.WithKey(web.WithCaller(ctx, who), idem.Key{Scope: "account:" + who.Account, Operation: operation, Value: "carry-" + strconv.Itoa(i), Fingerprint: fingerprint})
}

func placeAt(p geo.Point) *delivery.Place {
	lat, lng := p.Strings()
	return &delivery.Place{Contact: buyerName, Phone: "+9779800000001", Address: identity.Address{Name: buyerName, Phone: "+9779800000001", Line1: "12 Bazaar Road", City: "Kathmandu", Country: "NP", Lat: lat, Lng: lng}}
}
