package commission_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/haat-market/haat/internal/apptest"
	"github.com/haat-market/haat/internal/platform/db/dbtest"
)

const pixel = "\x89\x50\x4e\x47\x0d\x0a\x1a\x0a\x00\x00\x00\x0d\x49\x48\x44\x52\x00\x00\x00\x01\x00\x00\x00\x01\x08\x00\x00\x00\x00\x3a\x7e\x9b\x55\x00\x00\x00\x0a\x49\x44\x41\x54\x78\x9c\x63\xf8\x0f\x00\x01\x01\x01\x00\xb1\x38\xf6\x14\x00\x00\x00\x00\x49\x45\x4e\x44\xae\x42\x60\x82"

// october is a dealer's statement of October, which is over.
func (w *month) october() (path string) {
	w.T.Helper()
	w.fetch()
	w.at(time.Date(2026, 11, 1, 6, 0, 0, 0, time.UTC))
	w.Sweep("subscription.due")
	w.admin.Post("/v1/statements/run", M{"month": "2026-10"}).Want(200).Is("issued", 1)
	return "/v1/statements/" + w.admin.Get("/v1/statements").Want(200).Str("items.0.id")
}

// The market's people record the transfer that paid a statement, with the bank's number and a picture; it counts when it is
// approved. The next statement is open then.
func TestTransfer(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		w := newMonth(m)
		path := w.october()
		w.dealer.Owner.Post(path+"/transfers", M{"amount": "1.43", "reference": "NEFT 1"}).Problem(409, "statement_not_owed")
		m.Person("customer", "seller").Post(path+"/transfers", M{"amount": "1.43", "reference": "NEFT 1"}).Problem(404, "statement_not_found")
		w.admin.Post(path+"/transfers", M{"amount": "1.42", "reference": "NEFT 1"}).Problem(409, "amount_differs")
		first := "/v1/statement-transfers/" + w.admin.Post(path+"/transfers", M{"amount": "1.43", "reference": "neft 1", "payment_method": "NEFT"}).Want(201).Is("reference", "NEFT1").Is("state", "submitted").Str("id")
		w.admin.Post(path+"/transfers", M{"amount": "1.43", "reference": "NEFT 2"}).Problem(409, "transfer_pending")
		w.admin.Post(path+"/pay", M{"amount": "1.43"}).Problem(409, "transfer_pending")
		w.dealer.Owner.Get(first, "/image").Problem(404, "no_image")
		w.admin.With("Content-Type", "image/png").Put(first+"/image", pixel).Want(200).Is("image", first+"/image")
		w.dealer.Owner.Get(first, "/image").Want(200)
		m.Person("customer", "seller").Get(first).Problem(404, "transfer_not_found")
		w.dealer.Owner.Post(first+"/approve", M{}).Problem(403, "forbidden")

		w.admin.Post(first+"/reject", M{"reason": "Another account."}).Want(200).Is("state", "rejected").Is("statement.state", "issued")
		w.admin.Post(first+"/approve", M{}).Problem(409, "transfer_state")
		second := "/v1/statement-transfers/" + w.admin.Post(path+"/transfers", M{"amount": "1.43", "reference": "NEFT1"}).Want(201).Str("id")
		w.admin.Post(second+"/approve", M{}).Want(200).Is("statement.state", "paid")
		w.admin.Post(second+"/approve", M{}).Problem(409, "transfer_state")
		w.dealer.Owner.Get(path).Want(200).Is("reference", "NEFT1").Is("transfers.0.state", "approved").Is("transfers.1.reason", "Another account.")
		if a := w.admin.Get("/v1/statement-transfers?state=approved").Want(200); a.Len("items") != 1 {
			t.Errorf("%s", a.Body)
		}
		w.admin.Get("/v1/statements").Want(200).Is("items.0.state", "open").Is("items.0.month", "2026-11")
		w.admin.Get("/v1/commission/dealers").Want(200).Is("items.0.order_count", 1).Is("items.0.order_total", "143.10").Is("items.0.amount", "1.43").Is("items.0.unpaid", "0.00")
		w.dealer.Owner.Get("/v1/stores/", w.dealer.ID, "/earnings").Want(200).Is("balance", "-1.35") // only the percent

		// A statement that was opened and that nothing came into is settled at once.
		w.at(time.Date(2026, 12, 1, 6, 0, 0, 0, time.UTC))
		m.Sweep("commission.month")
		w.admin.Get("/v1/statements").Want(200).Is("items.0.state", "paid").Is("items.0.amount", "0.00")
	})
}

// Where the market has stores owe the commission, at the percent of the day on which it is issued, the store says that it
// has paid; who is overdue for too long is suspended, once.
func TestStoreOwes(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		w := newMonth(m)
		w.admin.Patch("/v1/settings", M{"commission_by_store": true, "commission_bp": 200, "commission_suspend_days": 5}).Want(200)
		path := w.october()
		w.admin.Patch("/v1/settings", M{"commission_by_store": false, "commission_bp": 100}).Want(200)
		w.dealer.Owner.Get(path).Want(200).Is("owed_by", "store").Is("owed_to", "market").Is("rate", "2").Is("amount", "2.86")
		w.dealer.Owner.Get("/v1/stores/", w.dealer.ID, "/earnings").Want(200).Is("balance", "-4.21") // its debt from the day on which it is issued

		w.at(time.Date(2026, 12, 5, 6, 0, 0, 0, time.UTC)) // it was due on the 1st
		if m.Sweep("commission.overdue") != 0 {
			t.Error("suspended too early")
		}
		w.at(time.Date(2026, 12, 6, 6, 1, 0, 0, time.UTC))
		m.Sweep("commission.overdue")
		w.dealer.Owner.Get("/v1/stores/", w.dealer.ID).Want(200).Is("state", "suspended").Is("suspend_reason", "The commission of 2026-10 is overdue.")
		w.admin.Post("/v1/stores/{}/reinstate", nil, w.dealer.ID).Want(200)
		if m.Sweep("commission.overdue") != 0 {
			t.Error("suspended twice for one statement")
		}

		transfer := "/v1/statement-transfers/" + w.dealer.Owner.Post(path+"/transfers", M{"amount": "2.86", "reference": "UPI 77"}).Want(201).Str("id")
		w.admin.Post(transfer+"/approve", M{}).Want(200).Is("statement.state", "paid")
		w.dealer.Owner.Get("/v1/stores/", w.dealer.ID, "/earnings").Want(200).Is("balance", "-1.35") // paid; only the percent is left
	})
}

// dying is a context that ends when it was looked at so many times: a run under it stops somewhere in its middle.
type dying struct {
	context.Context
	cancel context.CancelFunc
	left   atomic.Int64
}

func newDying(looks int64) *dying {
	ctx, cancel := context.WithCancel(context.Background())
	d := &dying{Context: ctx, cancel: cancel}
	d.left.Store(looks)
	return d
}

func (d *dying) Err() error {
	if d.left.Add(-1) < 0 {
		d.cancel()
	}
	return d.Context.Err()
}

// A run that is cut off in the middle of a store goes on where it stood: each order is in one statement, once.
func TestRunGoesOn(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		w := newMonth(m)
		w.fetch()
		w.fetch()
		w.at(time.Date(2026, 11, 1, 6, 0, 0, 0, time.UTC))
		w.Sweep("subscription.due")
		ended := 0
		for looks := range int64(60) { // each run is cut off a little later than the one before
			ctx := newDying(looks)
			if _, err := m.Commission.Run(ctx, "2026-10"); err == nil {
				ended++
			} else if !errors.Is(err, context.Canceled) {
				t.Fatal(err)
			}
			ctx.cancel()
		}
		if ended == 0 || ended == 60 {
			t.Errorf("%d of 60 runs came to their end", ended)
		}
		a := w.admin.Get("/v1/statements").Want(200)
		if a.Len("items") != 1 {
			t.Fatalf("%s", a.Body)
		}
		a.Is("items.0.order_count", 2).Is("items.0.order_total", "286.20")

		// What a store owes by a statement from before debts were booked with them is booked by the sweep, once.
		dbtest.Exec(t, m.DB, "UPDATE statements SET owed_by = 'store'")
		for _, want := range []int{1, 0} {
			if n := m.Sweep("commission.month"); n != want {
				t.Errorf("%d were booked, want %d", n, want)
			}
		}
		w.dealer.Owner.Get("/v1/stores/", w.dealer.ID, "/earnings").Want(200).Is("balance", "-5.56") // 2 × 1.35 and 2.86
	})
}
