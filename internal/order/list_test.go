package order_test

import (
	"encoding/csv"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/haat-market/haat/internal/apptest"
)

// Each side sees its own orders by state, payment, channel, time, reference and number, and what it may do with each.
func TestOrderLists(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		s, other := m.Store(), m.Store()
		_, rice := s.Product("Rice", "120.00", 50)
		_, soap := other.Product("Soap", "8.00", 50)
		ana, address := m.Buyer()
		m.Fund(ana, 1_000_000)
		admin := m.Person("admin")
		buy := func(variant, method, total string) string {
			return ana.Post("/v1/checkouts", M{"direct": M{"variant": variant, "quantity": 1}, "address_id": address, "payment_method": method, "expected_total": total}).Want(201).Str("orders.0.id")
		}
		paid := buy(rice, "wallet", "120.00")
		m.Clock.Advance(24 * time.Hour)
		ana, s.Owner, admin = m.SignIn(ana), m.SignIn(s.Owner), m.SignIn(admin)
		cash, theirs := buy(rice, "cod", "120.00"), buy(soap, "wallet", "8.00")
		guest := m.Anonymous().Post("/v1/guest/orders", message("LEG-1", M{"variant": rice})).Want(201).Str("orders.0.id")
		number := s.Owner.Get("/v1/orders/", cash).Want(200).Str("number")
		day := url.QueryEscape(apptest.Start.Add(12 * time.Hour).Format(time.RFC3339))

		mine, shop, all := "/v1/orders?", "/v1/orders?store="+s.ID+"&", "/v1/orders?all=true&"
		for _, c := range []struct {
			who  *apptest.Client
			path string
			want []string
		}{
			{ana, mine, []string{theirs, cash, paid}},
			{ana, mine + "state=confirmed", []string{theirs, paid}},
			{ana, mine + "state=confirmed&payment_status=paid&to=" + day, []string{paid}},
			{ana, mine + "payment_status=unpaid", []string{cash}},
			{ana, mine + "side=sale&from=" + day, []string{theirs, cash}},
			{ana, mine + "side=buyback", nil},
			{ana, mine + "channel=guest", nil},
			{ana, mine + "channel=checkout&state=pending", []string{cash}},
			{ana, mine + "number=" + number, []string{cash}},
			{ana, mine + "reference=LEG-1", nil},
			{s.Owner, shop, []string{guest, cash, paid}},
			{s.Owner, shop + "state=pending", []string{guest, cash}},
			{s.Owner, shop + "channel=guest", []string{guest}},
			{s.Owner, shop + "channel=guest&state=pending&from=" + day, []string{guest}},
			{s.Owner, shop + "channel=guest&state=confirmed", nil},
			{s.Owner, shop + "reference=LEG-1", []string{guest}},
			{s.Owner, shop + "number=" + number[2:], []string{cash}},
			{s.Owner, shop + "number=H-999999", nil},
			{s.Owner, shop + "number=nonsense", nil},
			{s.Owner, shop + "from=" + day + "&to=" + day, nil},
			{admin, all, []string{guest, theirs, cash, paid}},
			{admin, all + "channel=guest", []string{guest}},
			{admin, all + "state=confirmed&to=" + day, []string{paid}},
			{admin, all + "reference=LEG-1&side=sale", []string{guest}},
		} {
			a := c.who.Get(c.path).Want(200)
			var got []string
			for i := range a.Len("items") {
				got = append(got, a.Str(fmt.Sprintf("items.%d.id", i)))
			}
			if fmt.Sprint(got) != fmt.Sprint(c.want) {
				t.Errorf("%s: %v, want %v", c.path, got, c.want)
			}
		}
		ana.Get(mine, "number="+number).Is("items.0.allowed_actions", []any{"cancel"}).Is("items.0.totals.line_count", 1)
		s.Owner.Get(shop, "number="+number).Is("items.0.allowed_actions", []any{"confirm", "cancel"})
		ana.Get(shop).Problem(404, "store_not_found")
		s.Owner.Get(all).Problem(403, "forbidden")
		ana.Get(mine, "from=yesterday").Want(422)
		ana.Get(mine, "state=confirmed&reference=LEG-1").Problem(422, "unsupported_filter")

		// Pages of a time, one by one.
		var got []string
		next := ""
		for range 3 {
			a := s.Owner.Get(shop, "limit=1&from=", day, next).Want(200)
			for i := range a.Len("items") {
				got = append(got, a.Str(fmt.Sprintf("items.%d.id", i)))
			}
			if next = a.Str("next_cursor"); next == "" {
				break
			}
			next = "&cursor=" + url.QueryEscape(next)
		}
		if fmt.Sprint(got) != fmt.Sprint([]string{guest, cash}) {
			t.Errorf("by pages: %v", got)
		}
	})
}

// A CSV holds the same choice, whole, and nothing that a spreadsheet would run.
func TestOrdersAsCSV(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		s := m.Store()
		_, rice := s.Product("Rice", "1.00", 500)
		const many = 203 // more than two pages
		for i := range many {
			b := message(fmt.Sprintf("LEG-%d", i), M{"variant": rice})
			b["note"] = "=HYPERLINK(\"http://evil\")"
			b["contact"] = M{"name": "@SUM(1)", "phone": "9841234567"}
			m.Anonymous().Post("/v1/guest/orders", b).Want(201)
		}
		a := s.Owner.Get("/v1/orders.csv?store=", s.ID, "&state=pending").Want(200)
		if a.Header.Get("Content-Type") != "text/csv; charset=utf-8" || !strings.Contains(a.Header.Get("Content-Disposition"), "orders.csv") {
			t.Errorf("%v", a.Header)
		}
		rows, err := csv.NewReader(strings.NewReader(string(a.Body))).ReadAll()
		if err != nil || len(rows) != many+1 {
			t.Fatalf("%d rows, %v", len(rows), err)
		}
		seen := map[string]bool{}
		for _, r := range rows[1:] {
			seen[r[1]] = true
			for i, field := range r {
				if field != "" && strings.ContainsRune("=+-@", rune(field[0])) {
					t.Fatalf("%s is %q", rows[0][i], field)
				}
			}
		}
		if len(seen) != many {
			t.Errorf("%d different orders", len(seen))
		}
		m.Person("admin").Get("/v1/orders.csv?all=true").Want(200)
		s.Owner.Get("/v1/orders.csv?all=true").Problem(403, "forbidden")
		m.Person("customer", "seller").Get("/v1/orders.csv?store=", s.ID).Problem(404, "store_not_found")
		m.Anonymous().Get("/v1/orders.csv").Problem(401, "unauthenticated")
		if mine := m.Person("customer").Get("/v1/orders.csv").Want(200); strings.Count(string(mine.Body), "\n") != 1 {
			t.Errorf("%s", mine.Body)
		}
	})
}

// What has come to its end is counted and listed until a sweep has dealt with it.
func TestDueForExpiry(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		s := m.Store()
		_, rice := s.Product("Rice", "1.00", 500)
		ana, address := m.Buyer()
		for _, method := range []string{"gateway", "cod"} {
			ana.Post("/v1/checkouts", M{"direct": M{"variant": rice, "quantity": 1}, "address_id": address, "payment_method": method, "expected_total": "1.00"}).Want(201)
		}
		admin := m.Person("admin")
		admin.Get("/v1/orders/expiry").Want(200).Is("count", 0)
		m.Clock.Advance(25 * time.Hour)
		admin, ana = m.SignIn(admin), m.SignIn(ana)
		admin.Get("/v1/orders/expiry").Want(200).Is("count", 2).Is("unpaid_checkouts", 1).Is("unanswered_orders", 1)
		if a := admin.Get("/v1/orders?due_for_expiry=true").Want(200); a.Len("items") != 2 {
			t.Errorf("%s", a.Body)
		}
		ana.Get("/v1/orders?due_for_expiry=true").Problem(403, "forbidden")
		ana.Get("/v1/orders/expiry").Problem(403, "forbidden")
		for _, sweep := range []string{"payment.expire", "order.due"} {
			admin.Post("/v1/jobs/{}/run", nil, sweep).Want(200).Is("done", 1)
		}
		admin.Get("/v1/orders/expiry").Want(200).Is("count", 0)
	})
}
