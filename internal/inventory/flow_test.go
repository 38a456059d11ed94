package inventory_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/haat-market/haat/internal/apptest"
	"github.com/haat-market/haat/internal/inventory"
	"github.com/haat-market/haat/internal/platform/db"
)

type M = apptest.M

func reserve(t *testing.T, m *apptest.Market, owner, variant string, qty int64) {
	t.Helper()
	err := m.DB.Write(context.Background(), "test.reserve", func(ctx context.Context, tx db.Tx) error {
		v, err := m.Catalog.VariantKey(ctx, tx, variant)
		if err != nil {
			return err
		}
		return m.Inventory.Reserve(ctx, tx, owner, []inventory.Line{{Variant: v.ID, Qty: qty}})
	}, db.ReadCommitted())
	if err != nil {
		t.Fatal(err)
	}
}

func TestAdjustments(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		s := m.Store()
		_, variant := s.Product("Topi", "10.00", 5)
		path := "/v1/variants/" + variant + "/stock"
		s.Owner.Get(path).Want(200).Is("on_hand", 5).Is("available", 5).Is("reserved", 0).Is("track_stock", true)
		s.Owner.Post(path+"/adjustments", M{"delta": 7, "reason": "received", "note": "two boxes"}).Want(201).
			Is("kind", "adjust").Is("available_delta", 7).Is("on_hand_after", 12).Is("reason", "received").Is("note", "two boxes").
			Is("actor", s.Owner.ID).Is("variant", variant)
		reserve(t, m, "ord_a", variant, 4)
		s.Owner.Get(path).Want(200).Is("on_hand", 12).Is("available", 8).Is("reserved", 4)
		// A count is of the whole shelf, promised ones included.
		s.Owner.Post(path+"/adjustments", M{"set": 10, "reason": "counted"}).Want(201).Is("available_after", 6).Is("reserved_after", 4).Is("on_hand_after", 10)
		for _, body := range []M{{"set": 3, "reason": "counted"}, {"delta": -7, "reason": "damaged"}} {
			s.Owner.Post(path+"/adjustments", body).Problem(409, "stock_reserved").Is("details.reserved", 4).Is("details.on_hand", 10).
				Is("details.orders.0.id", "ord_a").Is("details.orders.0.quantity", 4)
		}
		s.Owner.Post(path+"/adjustments", M{"delta": -6, "reason": "lost"}).Want(201).Is("available_after", 0)
		// A count that finds what the books say is worth a line.
		s.Owner.Post(path+"/adjustments", M{"set": 4, "reason": "counted"}).Want(201).Is("available_delta", 0)

		for _, body := range []M{
			{"reason": "counted"}, {"set": 1, "delta": 1, "reason": "counted"}, {"delta": 0, "reason": "counted"}, {"set": -1, "reason": "counted"},
			{"set": 1, "reason": "magic"}, {"set": 1}, {"set": 1.5, "reason": "counted"}, {"set": 1000000001, "reason": "counted"},
			{"set": "9223372036854775808", "reason": "counted"}, {"set": 1, "reason": "counted", "note": "a\u0001b"},
		} {
			s.Owner.Post(path+"/adjustments", body).Want(422)
		}

		journal := s.Owner.Get(path + "/movements?limit=3").Want(200)
		journal.Is("items.0.reason", "counted").Is("items.1.reason", "lost").Is("items.2.on_hand_after", 10)
		rest := s.Owner.Get(path+"/movements?cursor=", journal.Str("next_cursor")).Want(200)
		rest.Is("items.0.kind", "reserve").Is("items.0.subject", "ord_a").Is("items.0.actor", "system").Is("items.2.reason", "initial").Is("next_cursor", nil)

		key := s.Owner.Key("key-of-sixteen-letters")
		first := key.Post(path+"/adjustments", M{"delta": 1, "reason": "found"}).Want(201)
		again := key.Post(path+"/adjustments", M{"delta": 1, "reason": "found"}).Want(201)
		if first.Str("id") != again.Str("id") || again.Header.Get("Idempotency-Replayed") != "true" {
			t.Errorf("%s, then %s", first.Body, again.Body)
		}
		s.Owner.Get(path).Want(200).Is("on_hand", 5)
	})
}

func TestWhoMayTouchStock(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		s, other := m.Store(), m.Store()
		product, variant := s.Product("Topi", "10.00", 5)
		path := "/v1/variants/" + variant + "/stock"
		clerk, writer, admin := m.Person("customer"), m.Person("customer"), m.Person("admin")
		s.Owner.Post("/v1/stores/{}/staff", M{"account": clerk.ID, "rights": []string{"stock"}}, s.ID).Want(201)
		s.Owner.Post("/v1/stores/{}/staff", M{"account": writer.ID, "rights": []string{"catalog"}}, s.ID).Want(201)
		adjust := M{"delta": 1, "reason": "found"}
		for _, c := range []struct {
			who    *apptest.Client
			status int
			code   string
		}{
			{m.Anonymous(), 401, "unauthenticated"}, {other.Owner, 404, "variant_not_found"}, {m.Person("customer"), 404, "variant_not_found"},
			{writer, 403, "store_right_required"},
		} {
			c.who.Get(path).Problem(c.status, c.code)
			c.who.Get(path+"/movements").Problem(c.status, c.code)
			c.who.Post(path+"/adjustments", adjust).Problem(c.status, c.code)
		}
		for _, who := range []*apptest.Client{s.Owner, clerk, admin} {
			who.Get(path).Want(200)
			who.Get(path + "/movements").Want(200)
			who.Post(path+"/adjustments", adjust).Want(201)
		}
		s.Owner.Get("/v1/variants/var_0000000000000000/stock").Problem(404, "variant_not_found")
		s.Owner.Post("/v1/variants/var_0000000000000000/stock/adjustments", adjust).Problem(404, "variant_not_found")

		second := s.Owner.Post("/v1/products/{}/variants", M{"price": "1", "track_stock": false}, product)
		second.Problem(409, "options_taken")
		s.Owner.Patch("/v1/variants/{}", M{"track_stock": false}, variant).Want(200)
		s.Owner.Post(path+"/adjustments", adjust).Problem(409, "stock_not_tracked")
	})
}

// TestAdjustmentsMeet lets people and orders change one shelf at once.
func TestAdjustmentsMeet(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		s := m.Store()
		_, variant := s.Product("Topi", "10.00", 100)
		var wg sync.WaitGroup
		var added atomic.Int64
		for i := range 16 {
			wg.Go(func() {
				for range 4 {
					a, err := s.Owner.Try("POST", "/v1/variants/"+variant+"/stock/adjustments", M{"delta": 1, "reason": "found"})
					if err != nil || a.Status != 201 {
						t.Errorf("%v %v", a, err)
						continue
					}
					added.Add(1)
				}
			})
			wg.Go(func() { reserve(t, m, fmt.Sprintf("ord_%d", i), variant, 2) })
		}
		wg.Wait()
		s.Owner.Get("/v1/variants/", variant, "/stock").Want(200).Is("on_hand", 100+int(added.Load())).Is("reserved", 32)
	})
}
