package market_test

import (
	"strings"
	"testing"
	"time"

	"github.com/haat-market/haat/internal/apptest"
)

type M = apptest.M

func TestSettingsOverHTTP(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		admin, ana := m.Person("admin"), m.Person("customer")
		a := admin.Get("/v1/settings").Want(200).Is("version", 0).Is("currency", "NPR").Is("payment_window_minutes", 15).Is("escrow_release_hours", 72)
		first := a.Header.Get("ETag")
		if first != `"0"` {
			t.Errorf("ETag %s", first)
		}
		a = admin.With("If-Match", first).Patch("/v1/settings", M{"name": "Asan Bazaar", "delivery_flat": "100.00", "languages": []string{"ne", "en"}}).Want(200).
			Is("version", 1).Is("name", "Asan Bazaar").Is("delivery_flat", "100.00").Is("languages.0", "ne")
		if a.Header.Get("ETag") != `"1"` {
			t.Errorf("ETag %s", a.Header.Get("ETag"))
		}
		admin.With("If-Match", first).Patch("/v1/settings", M{"name": "Other"}).Problem(409, "version_conflict").Is("details.version", 1)
		admin.With("If-Match", "1").Patch("/v1/settings", M{"name": "Other"}).Problem(400, "invalid_version")
		admin.Patch("/v1/settings", M{"country": "xx", "email": "nobody"}).Problem(422, "invalid_setting")
		admin.Patch("/v1/settings", M{"nonsense": 1}).Want(422)
		admin.Patch("/v1/settings", M{"tax_rate_bp": 20_000}).Want(422)
		admin.Get("/v1/settings").Want(200).Is("version", 1).Is("name", "Asan Bazaar").Is("country", "NP")

		// Everybody sees the facts, nobody but an admin the settings.
		m.Anonymous().Get("/v1/market").Want(200).Is("name", "Asan Bazaar").Is("currency", "NPR").Is("currencies.0", "NPR").Is("country", "NP").
			Is("time_zone", "Asia/Kathmandu").Is("prices_include_tax", false)
		m.Anonymous().Get("/v1/settings").Problem(401, "unauthenticated")
		ana.Get("/v1/settings").Problem(403, "forbidden")
		ana.Patch("/v1/settings", M{"name": "Mine"}).Problem(403, "forbidden")
		ana.Get("/v1/events").Problem(403, "forbidden")

		// The log has each change with both values, and can be asked by what, whom and by whom.
		for _, path := range []string{"/v1/events?type=market.setting_changed", "/v1/events?subject=market", "/v1/events?actor=" + admin.ID} {
			a := admin.Get(path).Want(200)
			old := map[any]any{}
			for _, it := range a.At("items").([]any) {
				facts := it.(M)["facts"].(M)
				old[facts["setting"]] = facts["old"]
			}
			if old["name"] != "Haat" || old["delivery_flat"] != "0" || old["languages"] != "en" {
				t.Errorf("%s: %s", path, a.Body)
			}
		}
		page := admin.Get("/v1/events?subject=market&limit=2").Want(200)
		rest := admin.Get("/v1/events?subject=market&limit=2&cursor=", page.Str("next_cursor")).Want(200).Is("next_cursor", nil)
		if page.Len("items") != 2 || rest.Len("items") != 1 {
			t.Errorf("pages of %d and %d", page.Len("items"), rest.Len("items"))
		}
		admin.Get("/v1/events?subject=market&type=market.setting_changed").Want(200).Is("items.0.subject", "market")
		admin.Get("/v1/events?cursor=x").Problem(422, "invalid_cursor")

		// A time of it: what was changed an hour later, or before that.
		m.Clock.Advance(time.Hour)
		admin = m.SignIn(admin)
		admin.Patch("/v1/settings", M{"phone": "+977 1 5550101"}).Want(200)
		later := m.Clock.Now().UTC().Format(time.RFC3339)
		if a := admin.Get("/v1/events?subject=market&from=" + later).Want(200); a.Len("items") != 1 || a.Str("items.0.facts.setting") != "phone" {
			t.Errorf("since %s: %s", later, a.Body)
		}
		if n := admin.Get("/v1/events?subject=market&to=" + later).Want(200).Len("items"); n != 3 {
			t.Errorf("%d changes before %s", n, later)
		}
		if n := admin.Get("/v1/events?from=" + later + "&to=" + later).Want(200).Len("items"); n != 0 {
			t.Errorf("%d events in no time at all", n)
		}
		admin.Get("/v1/events?from=yesterday").Want(422)
		m.SignIn(ana).Get("/v1/events.csv").Problem(403, "forbidden")
		lines := strings.Split(strings.TrimSpace(string(admin.Get("/v1/events.csv?subject=market").Want(200).Body)), "\n")
		if len(lines) != 5 || !strings.Contains(lines[1], "market.setting_changed,market,"+admin.ID+",") {
			t.Errorf("as a file: %q", lines)
		}
	})
}

func TestFixedOnceThereWasAnOrder(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		admin := m.Person("admin")
		_, rice := m.Store().Product("Rice", "120.00", 5)
		admin.Patch("/v1/settings", M{"prices_include_tax": true}).Want(200)
		buyer, address := m.Buyer()
		m.Fund(buyer, 100_000)
		buyer.Post("/v1/cart/lines", M{"variant": rice, "quantity": 1}).Want(201)
		buyer.Post("/v1/checkouts", M{"address_id": address, "payment_method": "wallet", "expected_total": "120.00"}).Want(201)
		for name, value := range map[string]any{"currency": "INR", "time_zone": "Asia/Kolkata", "prices_include_tax": false} {
			admin.Patch("/v1/settings", M{name: value}).Problem(409, "setting_fixed").Is("details.setting", name)
		}
		admin.Patch("/v1/settings", M{"currency": "NPR", "name": "Asan"}).Want(200).Is("name", "Asan")
	})
}
