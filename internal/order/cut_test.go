package order_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/haat-market/haat/internal/apptest"
	"github.com/haat-market/haat/internal/platform/db/dbtest"
)

// A paid order: what does not come goes back in proportion, with its tax, and the last unit takes the rounding rest.
func TestCutOfAPaidOrder(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		m.Person("admin").Patch("/v1/settings", M{"tax_rate_bp": 1300, "platform_fee_bp": 1000, "delivery_flat": "5.00"}).Want(200)
		s := m.Store()
		_, rice := s.Product("Rice", "3.33", 50)
		_, soap := s.Product("Soap", "10.00", 50)
		ana, address := m.Buyer()
		m.Fund(ana, 10_000)
		for v, n := range map[string]int{rice: 3, soap: 1} {
			ana.Post("/v1/cart/lines", M{"variant": v, "quantity": n}).Want(201)
		}
		a := ana.Post("/v1/checkouts", M{"address_id": address, "payment_method": "wallet", "expected_total": "27.59"}).Want(201)
		id := a.Str("orders.0.id")
		lines := linesOf(s.Owner.Get("/v1/orders/", id).Want(200).Is("allowed_actions", []any{"process", "ship", "cancel", "cut"}))
		cut := func(body any) *apptest.Answer {
			return s.Owner.Post("/v1/orders/{}/lines/{}/cut", body, id, lines[rice])
		}
		ana.Post("/v1/orders/{}/lines/{}/cut", nil, id, lines[rice]).Problem(403, "not_your_part")
		m.Person("customer", "seller").Post("/v1/orders/{}/lines/{}/cut", nil, id, lines[rice]).Problem(404, "order_not_found")
		s.Owner.Post("/v1/orders/{}/lines/{}/cut", nil, id, "oln_0000000000000000").Problem(404, "order_line_not_found")
		cut(M{"quantity": 4}).Problem(409, "cut_too_large").Is("details.left", 3)
		cut(M{"quantity": -1}).Want(422)
		cut(M{"quantity": 0}).Want(422)

		// 9.99 and 1.30 tax make 11.29: 3.76 a unit, and 3.77 for the last.
		cut(M{"quantity": 1}).Want(200).Is("refunded", "3.76").Is("payment_status", "part_refunded").Is("totals.total", "27.59").Is("totals.unit_count", 3)
		key := s.Owner.Key("0123456789abcdef")
		for range 2 {
			key.Post("/v1/orders/{}/lines/{}/cut", M{"quantity": 1, "restock": true}, id, lines[rice]).Want(200).Is("refunded", "7.53")
		}
		if left, _ := stockOf(s, rice); left != 48.0 {
			t.Errorf("%v available, want 47 and one that was put back", left)
		}
		cut(nil).Want(200).Is("refunded", "11.29").Is("totals.line_count", 1).Is("totals.unit_count", 1)
		cut(nil).Problem(409, "cut_too_large")
		s.Owner.Post("/v1/orders/{}/lines/{}/cut", nil, id, lines[soap]).Problem(409, "cut_leaves_nothing")
		ana.Get("/v1/payments/", a.Str("payment.id"), "/refunds").Want(200).Is("items.0.reason", "unavailable").Is("items.0.destination", "wallet")
		m.Verify()

		// What is left goes its way: the store earns it less the fee on what it sold.
		for _, step := range []string{"ship", "deliver"} {
			s.Owner.Post("/v1/orders/{}/"+step, nil, id).Want(200)
		}
		s.Owner.Post("/v1/orders/{}/lines/{}/cut", nil, id, lines[soap]).Problem(409, "wrong_state")
		ana.Post("/v1/orders/{}/complete", nil, id).Want(200)
		s.Owner.Get("/v1/stores/", s.ID, "/earnings").Want(200).Is("balance", "15.30")
	})
}

// linesOf are the lines of an order by variant.
func linesOf(a *apptest.Answer) map[string]string {
	var v struct {
		Lines []struct{ ID, Variant string }
	}
	a.Into(&v)
	out := map[string]string{}
	for _, l := range v.Lines {
		out[l.Variant] = l.ID
	}
	return out
}

// An order that is not paid yet asks for less: cash at the door, with goods set aside, and by message, without.
func TestCutOfAnUnpaidOrder(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		m.Person("admin").Patch("/v1/settings", M{"tax_rate_bp": 1300, "platform_fee_bp": 1000}).Want(200)
		s := m.Store()
		_, rice := s.Product("Rice", "3.33", 50)
		_, soap := s.Product("Soap", "10.00", 1)
		ana, address := m.Buyer()
		for v, n := range map[string]int{rice: 3, soap: 1} {
			ana.Post("/v1/cart/lines", M{"variant": v, "quantity": n}).Want(201)
		}
		a := ana.Post("/v1/checkouts", M{"address_id": address, "payment_method": "cod", "expected_total": "22.59"}).Want(201)
		id := a.Str("orders.0.id")
		lines := linesOf(s.Owner.Get("/v1/orders/", id))
		s.Owner.Post("/v1/orders/{}/lines/{}/cut", M{"quantity": 2}, id, lines[rice]).Want(200).Is("totals.total", "15.06").Is("refunded", "0.00").Is("payment_status", "unpaid")
		if available, reserved := stockOf(s, rice); available != 47.0 || reserved != 1.0 {
			t.Errorf("%v available, %v reserved", available, reserved)
		}
		ana.Get("/v1/payments/", a.Str("payment.id")).Want(200).Is("amount", "15.06")
		m.Verify()
		for _, step := range []string{"confirm", "ship", "deliver"} {
			s.Owner.Post("/v1/orders/{}/"+step, nil, id).Want(200)
		}
		ana.Get("/v1/payments/", a.Str("payment.id")).Want(200).Is("captured", "15.06").Is("state", "completed")

		// By message: the line that is short is cut, and the rest confirmed.
		g := m.Anonymous().Post("/v1/guest/orders", message("LEG-1", M{"variant": rice, "quantity": 2}, M{"variant": soap})).Want(201)
		id = g.Str("orders.0.id")
		s.Owner.Post("/v1/orders/{}/confirm", nil, id).Problem(409, "out_of_stock").Is("details.lines.0.variant", soap)
		s.Owner.Post("/v1/orders/{}/lines/{}/cut", nil, id, linesOf(s.Owner.Get("/v1/orders/", id))[soap]).Want(200).Is("totals.line_count", 1)
		s.Owner.Post("/v1/orders/{}/confirm", nil, id).Want(200).Is("state", "confirmed")
		m.Anonymous().Get("/v1/guest/orders/", g.Str("orders.0.follow_token")).Want(200).Is("lines.1.cut_quantity", 1).Is("totals.total", "7.53")
	})
}

// Cuts and a cancel at once: each unit is given back once, and the books agree.
func TestCutAgainstCancel(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		s := m.Store()
		_, rice := s.Product("Rice", "3.33", 50)
		ana, address := m.Buyer()
		m.Fund(ana, 10_000)
		id := ana.Post("/v1/checkouts", M{"direct": M{"variant": rice, "quantity": 10}, "address_id": address, "payment_method": "wallet", "expected_total": "33.30"}).Want(201).Str("orders.0.id")
		line := linesOf(s.Owner.Get("/v1/orders/", id))[rice]
		var wg sync.WaitGroup
		wg.Add(1)
		go func() {
			defer wg.Done()
			if a, err := ana.Try("POST", "/v1/orders/"+id+"/cancel", nil); err != nil || a.Status != 200 {
				t.Errorf("%v %+v", err, a)
			}
		}()
		cuts := atOnce(t, 12, func(int) (*apptest.Answer, error) {
			return s.Owner.Try("POST", "/v1/orders/"+id+"/lines/"+line+"/cut", M{"quantity": 1})
		})
		wg.Wait()
		if cuts > 9 {
			t.Errorf("%d cuts of ten units and a cancel", cuts)
		}
		ana.Get("/v1/orders/", id).Want(200).Is("state", "cancelled").Is("refunded", "33.30").Is("payment_status", "refunded")
		ana.Get("/v1/wallet").Want(200).Is("balance", "100.00")
	})
}

func TestChangeOfAnOrder(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		s := m.Store()
		_, rice := s.Product("Rice", "3.33", 50)
		g := m.Anonymous().Post("/v1/guest/orders", message("LEG-1", M{"variant": rice})).Want(201)
		id := g.Str("orders.0.id")
		place := M{"line1": "9 Hill Street", "city": "Pokhara"}
		s.Owner.Patch("/v1/orders/{}", M{"store_note": "Pays by transfer", "address": place, "contact": M{"name": "Maya G.", "phone": "9841234568"}}, id).Want(200).
			Is("store_note", "Pays by transfer").Is("address.line1", "9 Hill Street").Is("contact.phone", "+9779841234568")
		follow := m.Anonymous().Get("/v1/guest/orders/", g.Str("orders.0.follow_token")).Want(200).Is("address.line1", "9 Hill Street")
		if strings.Contains(string(follow.Body), "transfer") {
			t.Error("the buyer sees the store's note")
		}
		m.Person("customer", "seller").Patch("/v1/orders/{}", M{"store_note": "x"}, id).Problem(404, "order_not_found")
		s.Owner.Patch("/v1/orders/{}", M{"address": M{"line1": "", "city": ""}}, id).Want(422)
		s.Owner.Post("/v1/orders/{}/confirm", nil, id).Want(200)
		s.Owner.Patch("/v1/orders/{}", M{"address": place}, id).Problem(409, "wrong_state")
		s.Owner.Patch("/v1/orders/{}", M{"store_note": "Paid"}, id).Want(200).Is("store_note", "Paid")

		// Of an order with an account, its buyer says where it goes.
		ana, address := m.Buyer()
		mine := ana.Post("/v1/checkouts", M{"direct": M{"variant": rice, "quantity": 1}, "address_id": address, "payment_method": "cod", "expected_total": "3.33"}).Want(201).Str("orders.0.id")
		s.Owner.Patch("/v1/orders/{}", M{"address": place}, mine).Problem(403, "not_your_part")
		ana.Patch("/v1/orders/{}", M{"store_note": "x"}, mine).Problem(403, "not_your_part")
		if a := ana.Patch("/v1/orders/{}", M{"note": "Ring twice"}, mine).Want(200).Is("note", "Ring twice"); a.At("store_note") != nil {
			t.Error("the buyer sees the store's note")
		}
		m.Clock.Advance(time.Second)
	})
}

func TestVerifyFindsABrokenCut(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		s := m.Store()
		_, rice := s.Product("Rice", "3.33", 50)
		m.Anonymous().Post("/v1/guest/orders", message("LEG-1", M{"variant": rice, "quantity": 2})).Want(201)
		dbtest.Exec(t, m.DB, "UPDATE order_lines SET cut_total = 5")
		if found := m.Findings(); len(found) != 2 || found[0].Rule != "order.cuts" || found[1].Rule != "order.refunds" {
			t.Errorf("found %v", found)
		}
		dbtest.Exec(t, m.DB, "UPDATE order_lines SET cut_total = 0")
	})
}
