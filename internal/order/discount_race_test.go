package order_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/haat-market/haat/internal/apptest"
	"github.com/haat-market/haat/internal/catalog"
	"github.com/haat-market/haat/internal/platform/db/dbtest"
	"github.com/haat-market/haat/internal/platform/web"
)

// A store may have two hundred discounts that are scheduled or live, and not one more, whoever asks at once.
func TestTwoHundredDiscountsAtOnce(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		st := m.Store()
		owner := web.Caller{Account: st.Owner.ID, AccountID: dbtest.One[int64](t, m.DB, "SELECT id FROM accounts WHERE public_id = $1", st.Owner.ID), Roles: []string{web.RoleSeller}}
		later := apptest.Start.Add(24 * time.Hour)
		for i := range 192 {
			if _, err := m.Catalog.CreateDiscount(context.Background(), owner, st.ID, catalog.DiscountInput{Title: fmt.Sprint(i), Percent: "5", From: &later}); err != nil {
				t.Fatal(err)
			}
		}
		answers := together(t, 16, func(i int) (*apptest.Answer, error) {
			return patient(st.Owner.Key(fmt.Sprintf("one-more-%016d", i)), "/v1/stores/"+st.ID+"/discounts", M{"title": "More", "percent": "5", "from": later})
		})
		if n := count(answers, 201); n != 8 {
			t.Errorf("%d more discounts were made where there was room for 8", n)
		}
		for _, a := range answers {
			if a.Status != 201 {
				a.Problem(409, "too_many_discounts")
			}
		}
	})
}

// A sale ends while sixteen people check out: whoever is charged the low price was in time, and nobody is charged one that
// he did not agree to.
func TestASaleEndsWhilePeopleCheckOut(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		st := m.Store()
		_, v := st.Product("Lamp", "100.00", 100)
		end := apptest.Start.Add(10 * time.Minute)
		admin := m.Person("admin")
		admin.Post("/v1/sale-events", M{"title": "Night", "percent": "50", "to": end, "paid_by": "platform"}).Want(201)
		buyers, at := make([]*apptest.Client, 16), make([]string, 16)
		for i := range buyers {
			buyers[i], at[i] = m.Buyer()
			m.Fund(buyers[i], 100_000)
		}
		m.Clock.Set(end.Add(-time.Microsecond))
		answers := together(t, 17, func(i int) (*apptest.Answer, error) {
			if i == 16 {
				time.Sleep(20 * time.Millisecond)
				m.Clock.Set(end)
				m.Sweep("catalog.discounts")
				return nil, nil
			}
			return patient(buyers[i].Key(fmt.Sprintf("in-time-%016d", i)), "/v1/checkouts", M{
				"direct": M{"variant": v, "quantity": 1}, "address_id": at[i], "payment_method": "wallet", "expected_total": "50.00",
			})
		})
		sold := 0
		for _, a := range answers[:16] {
			if a.Status == 201 {
				sold++
				a.Is("totals.total", "50.00").Is("totals.discount", "50.00")
			} else {
				a.Problem(409, "total_changed")
			}
		}
		want := ""
		if sold > 0 {
			want = fmt.Sprintf("-%d.00", 50*sold)
		}
		if is := promoted(m, admin); is != want {
			t.Errorf("%d were sold at the low price, and the market paid %s", sold, is)
		}
		m.Anonymous().Get("/v1/products").Want(200).Is("items.0.price_from", "100.00")
	})
}

// Stores join and leave a sale event, all at once: whoever is said to be in it has the price of it.
func TestStoresJoinAndLeaveAtOnce(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		event := m.Person("admin").Post("/v1/sale-events", M{"title": "Night", "percent": "10", "to": apptest.Start.Add(time.Hour), "paid_by": "store"}).Want(201).Str("id")
		var stores []apptest.Store
		var goods []string
		for range 4 {
			st := m.Store()
			p, _ := st.Product("Lamp", "100.00", 3)
			stores, goods = append(stores, st), append(goods, p)
		}
		together(t, 16, func(i int) (*apptest.Answer, error) {
			st, verb := stores[i%4], []string{"join", "leave"}[i/4%2]
			a, err := patient(st.Owner, fmt.Sprintf("/v1/stores/%s/sale-events/%s/%s", st.ID, event, verb), nil)
			if err == nil && a.Status != 200 && a.Status != 409 {
				err = fmt.Errorf("%s: %s", verb, a.Body)
			}
			return a, err
		})
		m.RunJobs()
		joined := string(m.Anonymous().Get("/v1/sale-events/", event).Want(200).Body)
		for i, p := range goods {
			want := "100.00"
			if strings.Contains(joined, stores[i].ID) {
				want = "90.00"
			}
			m.Anonymous().Get("/v1/products/", p).Want(200).Is("variants.0.price_now", want)
		}
	})
}

// A store cuts units of a line that the market made cheaper: each of both has back what it paid of them.
func TestCutOfALineInASale(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		admin, st := m.Person("admin"), m.Store()
		_, v := st.Product("Basket", "100.00", 20)
		admin.Post("/v1/sale-events", M{"title": "Dashain", "percent": "33.33", "to": apptest.Start.Add(time.Hour), "paid_by": "platform"}).Want(201)
		buyer, address := m.Buyer()
		m.Fund(buyer, 100_000)
		a := buyer.Post("/v1/checkouts", M{"direct": M{"variant": v, "quantity": 3}, "address_id": address, "payment_method": "wallet", "expected_total": "200.01"}).Want(201)
		id := a.Str("orders.0.id")
		line := st.Owner.Get("/v1/orders/", id).Want(200).Str("lines.0.id")
		holds := func(refunded, market string) {
			t.Helper()
			buyer.Get("/v1/orders/", id).Want(200).Is("refunded", refunded)
			if is := promoted(m, admin); is != market {
				t.Errorf("the market has paid %s, want %s", is, market)
			}
			m.Verify()
		}
		holds("0.00", "-99.99")
		st.Owner.Post("/v1/orders/{}/lines/{}/cut", M{"quantity": 1}, id, line).Want(200)
		holds("66.67", "-66.66")
		st.Owner.Post("/v1/orders/{}/lines/{}/cut", M{"quantity": 1}, id, line).Want(200)
		holds("133.34", "-33.33")
		st.Owner.Post("/v1/orders/{}/lines/{}/cut", M{"quantity": 1}, id, line).Problem(409, "cut_leaves_nothing")
		for _, step := range []string{"ship", "deliver"} {
			st.Owner.Post("/v1/orders/"+id+"/"+step, nil).Want(200)
		}
		buyer.Post("/v1/orders/"+id+"/complete", nil).Want(200)
		st.Owner.Get("/v1/stores/", st.ID, "/earnings").Want(200).Is("balance", "100.00")
		holds("133.34", "-33.33")
	})
}
