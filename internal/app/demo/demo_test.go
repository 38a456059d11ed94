package demo_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/haat-market/haat/internal/app"
	"github.com/haat-market/haat/internal/app/demo"
	"github.com/haat-market/haat/internal/apptest"
	"github.com/haat-market/haat/internal/delivery"
	"github.com/haat-market/haat/internal/order"
	"github.com/haat-market/haat/internal/platform/config"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/db/dbtest"
)

// A filled market has an order in every state, nothing left over, books that agree, and lets everybody in who is said
// to be let in.
func TestFilledMarket(t *testing.T) {
	dbtest.EachWith(t, db.Config{Schema: app.Schema(), Log: dbtest.Quiet}, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		look(t, d, demo.Empty)
		now := time.Date(2026, 10, 1, 9, 30, 0, 0, time.UTC)
		r, err := demo.Fill(ctx, d, config.Default(), apptest.Key, now, dbtest.Quiet)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("filled in %v: %+v", r.Took.Round(time.Millisecond), r)
		look(t, d, demo.Filled)
		if r.Stores != 14 || r.Products < 400 || r.Orders < 600 || r.Refused > 0 {
			t.Errorf("not as planned: %+v", r)
		}
		if n := dbtest.One[int64](t, d, "SELECT COUNT(*) FROM jobs"); n != 0 {
			t.Errorf("%d jobs are left over", n)
		}
		if n := dbtest.One[int64](t, d, "SELECT COUNT(*) FROM events WHERE created_at > $1", now.UnixMicro()); n != 0 {
			t.Errorf("%d events are in the future", n)
		}

		m := apptest.On(t, d)
		m.Clock.Set(now)
		m.Verify()
		people := map[string]*apptest.Client{}
		for _, in := range demo.SignIns() {
			a := m.Anonymous().Post("/v1/auth/login", apptest.M{"email": in.Email, "password": demo.Password}).Want(200)
			c := *m.Anonymous()
			c.Token = a.Str("access_token")
			people[in.Role] = &c
		}
		if a := people["customer"].Get("/v1/cart/count").Want(200); a.At("line_count") == 0.0 {
			t.Error("the customer's cart is empty")
		}
		for _, state := range delivery.States {
			if n := people["admin"].Get("/v1/deliveries?all=true&state=" + string(state)).Want(200).Len("items"); n == 0 {
				t.Errorf("no delivery is %s", state)
			}
		}
		job := people["courier"].Get("/v1/deliveries?state=in_transit").Want(200)
		link := job.Str("items.0.tracking_url")
		m.Anonymous().Get("/v1/tracking/", link[strings.LastIndex(link, "/")+1:]).Want(200).Is("courier", "Gopal")
		store := people["seller"].Get("/v1/stores?mine=true").Want(200).Str("items.0.id")
		for _, state := range order.States {
			if n := people["admin"].Get("/v1/orders?all=true&state=" + string(state)).Want(200).Len("items"); n == 0 {
				t.Errorf("no order is %s", state)
			}
			if n := people["customer"].Get("/v1/orders?state=" + string(state)).Want(200).Len("items"); n == 0 {
				t.Errorf("no order of the customer is %s", state)
			}
			for _, who := range []string{"seller", "staff"} {
				if n := people[who].Get("/v1/orders?store=" + store + "&state=" + string(state)).Want(200).Len("items"); n == 0 {
					t.Errorf("no order of the %s's store is %s", who, state)
				}
			}
		}
	})
}

// Whatever the day and the hour of the first start, the story goes as planned.
func TestFillOnAnyDay(t *testing.T) {
	sunday := time.Date(2026, 12, 27, 0, 20, 0, 0, time.FixedZone("", 5*3600+45*60))
	for _, day := range []int{0, 3, 6} { // each takes as long as a whole demo
		now := sunday.AddDate(0, 0, day).Add(time.Duration(day) * (3*time.Hour + 55*time.Minute))
		t.Run(now.Format("Mon 15:04"), func(t *testing.T) {
			d := dbtest.Open(t, db.Embedded, db.Config{Schema: app.Schema(), Scratch: true})
			r, err := demo.Fill(context.Background(), d, config.Default(), apptest.Key, now, dbtest.Quiet)
			if err != nil || r.Refused > 0 {
				t.Fatalf("%+v, %v", r, err)
			}
			states := dbtest.One[int64](t, d, "SELECT COUNT(DISTINCT state) FROM orders WHERE account_id = (SELECT id FROM accounts WHERE email = 'customer@haat.example')")
			if states != int64(len(order.States)) {
				t.Errorf("the customer has orders in %d states", states)
			}
			m := apptest.On(t, d)
			m.Clock.Set(now)
			m.Verify()
		})
	}
}

func look(t *testing.T, d *db.DB, want demo.Stage) {
	t.Helper()
	got, err := demo.Look(context.Background(), d)
	if err != nil || got != want {
		t.Fatalf("it looks like stage %d (%v), want %d", got, err, want)
	}
}
