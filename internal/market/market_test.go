package market

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/db/dbtest"
	"github.com/haat-market/haat/internal/platform/event"
	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/money"
	"github.com/haat-market/haat/internal/schema"
)

func testSchema() db.Schema {
	convert := func(from []schema.Migration) (out []db.Migration) {
		for _, m := range from {
			out = append(out, db.Migration{Number: m.Number, Name: m.Name, SQL: m.SQL})
		}
		return out
	}
	return db.Schema{
		Embedded: convert(schema.Migrations(schema.SQLite)), Postgres: convert(schema.Migrations(schema.Postgres)),
		Unique: schema.Unique,
	}
}

func each(t *testing.T, f func(t *testing.T, s *Service)) {
	t.Helper()
	dbtest.EachWith(t, db.Config{Schema: testSchema(), Twice: true}, func(t *testing.T, d *db.DB) {
		c := clock.NewFake(time.Date(2026, 4, 14, 6, 0, 0, 0, time.UTC))
		f(t, New(d, c, event.New(c), dbtest.Quiet))
	})
}

func events(t *testing.T, s *Service) (out []event.Event) {
	t.Helper()
	err := s.db.Read(context.Background(), "test", func(ctx context.Context, tx db.Tx) (err error) {
		out, _, err = s.log.List(ctx, tx, db.ListQuery{Filters: map[string]any{"type": "market.setting_changed"}, Limit: 100})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestDefaults(t *testing.T) {
	s, err := parse(nil)
	if err != nil {
		t.Fatal(err)
	}
	if s.Currency != "NPR" || s.PaymentWindow != 15*time.Minute || s.EscrowRelease != 72*time.Hour || s.MaxUnpaidCheckouts != 3 ||
		!s.SignupOpen || s.PlatformFeeBp != 0 || s.Location().String() != "Asia/Kathmandu" || s.DisplayName() != "Haat" || s.Version != 0 {
		t.Errorf("got %+v", s)
	}
	again, err := parse(s.texts())
	if err != nil || fmt.Sprint(again.texts()) != fmt.Sprint(s.texts()) {
		t.Errorf("%v: %+v", err, again)
	}
	if (Settings{}).Location() != time.UTC {
		t.Error("settings that were never read have no zone")
	}
}

// Every value is checked, also those that an API's schema would let through.
func TestValues(t *testing.T) {
	for _, c := range []struct {
		name, value, code string // code "": accepted
	}{
		{"name", "Haat Bazaar", ""}, {"name", "  हाट बजार  ", ""}, {"name", "", "required"}, {"name", "   ", "required"},
		{"name", strings.Repeat("x", 101), "too_long"}, {"name", "a\x07b", "invalid_format"}, {"name", strings.Repeat("ह", 100), ""},
		{"address", "Line 1\nLine 2", ""}, {"email", "office@haat.example", ""}, {"email", "", ""}, {"email", "x", "invalid_format"},
		{"email", "Haat <office@haat.example>", "invalid_format"}, {"email", "a@b\r\nBcc: c@d", "invalid_format"},
		{"phone", "+977 1 4123456", ""}, {"phone", "call me", "invalid_format"}, {"country", "IN", ""}, {"country", "in", "invalid_format"},
		{"country", "IND", "invalid_format"}, {"currency", "INR", ""}, {"currency", "inr", "invalid_format"}, {"currency", "XXX", "invalid_format"},
		{"time_zone", "Asia/Kolkata", ""}, {"time_zone", "UTC", ""}, {"time_zone", "Local", "invalid_format"}, {"time_zone", "", "invalid_format"},
		{"time_zone", "../../etc/passwd", "invalid_format"}, {"languages", "en,ne,hi", ""}, {"languages", "", "invalid_format"},
		{"languages", "en,en", "invalid_format"}, {"languages", "EN", "invalid_format"}, {"languages", "english!", "invalid_format"},
		{"prices_include_tax", "true", ""}, {"prices_include_tax", "yes", "invalid_format"}, {"tax_rate_bp", "1300", ""}, {"tax_rate_bp", "-1", "out_of_range"},
		{"tax_rate_bp", "10001", "out_of_range"}, {"tax_rate_bp", "13.5", "out_of_range"}, {"tax_rate_bp", "99999999999999999999", "out_of_range"},
		{"payment_window_minutes", "90", ""}, {"payment_window_minutes", "91", "out_of_range"}, {"payment_window_minutes", "4", "out_of_range"},
		{"escrow_release_hours", "0", ""}, {"escrow_release_hours", "1441", "out_of_range"}, {"max_unpaid_checkouts", "0", "out_of_range"},
		{"platform_fee_bp", "5000", ""}, {"platform_fee_bp", "5001", "out_of_range"}, {"gateway_fee_fixed", "2.00", ""}, {"gateway_fee_fixed", "2", ""},
		{"gateway_fee_fixed", "-2", "out_of_range"}, {"gateway_fee_fixed", "2.001", "invalid_format"}, {"gateway_fee_fixed", "1e3", "invalid_format"},
		{"gateway_fee_fixed", "99999999999999", "out_of_range"}, {"gateway_fee_bp", "250", ""}, {"delivery_flat", "100.00", ""},
		{"delivery_flat", "", "invalid_format"}, {"delivery_free_above", "5000.00", ""}, {"signup_open", "false", ""}, {"signup_open", "", "invalid_format"},
	} {
		_, err := parse(map[string]string{c.name: c.value})
		f, _ := fault.As(err)
		got := ""
		if f != nil && len(f.Fields) == 1 && f.Fields[0].Path == c.name {
			got = f.Fields[0].Code
		}
		if got != c.code || (err == nil) != (c.code == "") {
			t.Errorf("%s = %.20q: %v (%q), want %q", c.name, c.value, err, got, c.code)
		}
	}
}

// All that is wrong is said at once.
func TestAllFaultsTogether(t *testing.T) {
	_, err := parse(map[string]string{"country": "x", "tax_rate_bp": "x", "delivery_flat": "x"})
	if f, ok := fault.As(err); !ok || len(f.Fields) != 3 || !errors.Is(err, ErrInvalidSetting) {
		t.Errorf("got %v", err)
	}
}

func TestChange(t *testing.T) {
	each(t, func(t *testing.T, s *Service) {
		ctx := context.Background()
		before, err := s.Settings(ctx)
		if err != nil || before.Version != 0 {
			t.Fatalf("%+v, %v", before, err)
		}
		after, err := s.Change(ctx, "acc_admin", &before.Version, map[string]string{"name": "Bazaar", "delivery_flat": "100", "tax_rate_bp": "0", "email": "office@haat.example"})
		if err != nil {
			t.Fatal(err)
		}
		if after.Version != 1 || after.Name != "Bazaar" || after.DeliveryFlat != 10_000 {
			t.Errorf("got %+v", after)
		}
		// One event for each setting that changed, and none for the one that did not.
		got := map[string]event.Event{}
		for _, e := range events(t, s) {
			got[fmt.Sprint(e.Facts["setting"])] = e
		}
		if len(got) != 3 {
			t.Fatalf("events: %v", got)
		}
		if e := got["delivery_flat"]; e.Facts["old"] != "0" || e.Facts["new"] != "100.00" || e.Actor != "acc_admin" || e.Subject != "market" {
			t.Errorf("event: %+v", e)
		}
		if e := got["email"]; e.Facts["new"] != nil {
			t.Errorf("the log has an address: %+v", e)
		}
		// What is cached is new at once, and what is stored is the same.
		if cachedNow, err := s.Settings(ctx); err != nil || cachedNow.Name != "Bazaar" {
			t.Errorf("%+v, %v", cachedNow, err)
		}
		fresh, err := New(s.db, s.clock, s.log, dbtest.Quiet).Settings(ctx)
		if err != nil || fmt.Sprint(fresh.texts(), fresh.Version) != fmt.Sprint(after.texts(), after.Version) {
			t.Errorf("%+v, %v", fresh, err)
		}
		// On an old version nothing is changed; without one it is.
		if _, err := s.Change(ctx, "acc_admin", &before.Version, map[string]string{"name": "Other"}); !errors.Is(err, ErrVersionConflict) {
			t.Errorf("old version: %v", err)
		}
		if v, err := s.Change(ctx, "acc_admin", nil, map[string]string{"name": "Other"}); err != nil || v.Version != 2 {
			t.Errorf("no version: %v, %v", v.Version, err)
		}
		// A change that changes nothing is no new version.
		if v, err := s.Change(ctx, "acc_admin", nil, map[string]string{"name": " Other "}); err != nil || v.Version != 2 || len(events(t, s)) != 4 {
			t.Errorf("no change: %v, %v", v.Version, err)
		}
		// One bad value: none is stored.
		if _, err := s.Change(ctx, "acc_admin", nil, map[string]string{"name": "Third", "country": "nowhere"}); !errors.Is(err, ErrInvalidSetting) {
			t.Errorf("bad value: %v", err)
		}
		if v, _ := New(s.db, s.clock, s.log, dbtest.Quiet).Settings(ctx); v.Name != "Other" {
			t.Errorf("name is %q", v.Name)
		}
	})
}

func TestFixedAfterTheFirstOrder(t *testing.T) {
	each(t, func(t *testing.T, s *Service) {
		ctx := context.Background()
		traded := false
		s.Freeze(func(context.Context, db.Tx) (bool, error) { return traded, nil })
		if _, err := s.Change(ctx, "acc_admin", nil, map[string]string{"currency": "JPY", "time_zone": "Asia/Tokyo"}); err != nil {
			t.Fatal(err)
		}
		booked := true
		s.Freeze(func(context.Context, db.Tx) (bool, error) { return booked, nil }, "currency")
		if _, err := s.Change(ctx, "acc_admin", nil, map[string]string{"currency": "INR"}); !errors.Is(err, ErrSettingFixed) {
			t.Errorf("currency with money in the books: %v", err)
		}
		if _, err := s.Change(ctx, "acc_admin", nil, map[string]string{"time_zone": "Asia/Seoul"}); err != nil {
			t.Errorf("time zone with money in the books: %v", err)
		}
		booked, traded = false, true
		for name, value := range map[string]string{"currency": "INR", "time_zone": "UTC", "prices_include_tax": "true"} {
			if _, err := s.Change(ctx, "acc_admin", nil, map[string]string{name: value, "name": "X"}); !errors.Is(err, ErrSettingFixed) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if v, err := s.Change(ctx, "acc_admin", nil, map[string]string{"currency": "JPY", "name": "Y"}); err != nil || v.Name != "Y" {
			t.Errorf("the same currency: %v", err)
		}
	})
}

// Amounts are in the market's currency: one that the new currency cannot have must be given anew.
func TestCurrencyOfAmounts(t *testing.T) {
	each(t, func(t *testing.T, s *Service) {
		ctx := context.Background()
		if _, err := s.Change(ctx, "acc_admin", nil, map[string]string{"delivery_flat": "99.50"}); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Change(ctx, "acc_admin", nil, map[string]string{"currency": "JPY"}); !errors.Is(err, ErrInvalidSetting) {
			t.Errorf("99.50 JPY: %v", err)
		}
		v, err := s.Change(ctx, "acc_admin", nil, map[string]string{"currency": "JPY", "delivery_flat": "300"})
		if err != nil || v.DeliveryFlat != 300 || v.Currency != money.Currency("JPY") {
			t.Errorf("%+v, %v", v, err)
		}
		v, err = s.Change(ctx, "acc_admin", nil, map[string]string{"currency": "KWD"})
		if err != nil || v.DeliveryFlat != 300_000 {
			t.Errorf("%+v, %v", v, err)
		}
	})
}

// Of those who change the same version at once one does, and the others are told.
func TestRaceOfChanges(t *testing.T) {
	dbtest.EachWith(t, db.Config{Schema: testSchema(), MaxConns: 20}, func(t *testing.T, d *db.DB) {
		c := clock.NewFake(time.Date(2026, 4, 14, 6, 0, 0, 0, time.UTC))
		s := New(d, c, event.New(c), dbtest.Quiet)
		for round := range int64(3) {
			var changed atomic.Int64
			var all sync.WaitGroup
			for i := range 16 {
				all.Go(func() {
					_, err := s.Change(context.Background(), "acc_admin", &round, map[string]string{"name": fmt.Sprintf("Market %d.%d", round, i)})
					switch {
					case err == nil:
						changed.Add(1)
					case !errors.Is(err, ErrVersionConflict):
						t.Error(err)
					}
				})
			}
			all.Wait()
			if changed.Load() != 1 {
				t.Errorf("round %d: %d changed it", round, changed.Load())
			}
		}
		if n := len(events(t, s)); n != 3 {
			t.Errorf("%d events", n)
		}
	})
}

// A reader may miss another node's change for two seconds, not longer, also where the clock is set back.
func TestCache(t *testing.T) {
	each(t, func(t *testing.T, s *Service) {
		ctx := context.Background()
		c := s.clock.(*clock.Fake)
		other := New(s.db, s.clock, s.log, dbtest.Quiet)
		rename := func(name string) {
			t.Helper()
			if _, err := other.Change(ctx, "acc_admin", nil, map[string]string{"name": name}); err != nil {
				t.Fatal(err)
			}
		}
		want := func(name string) {
			t.Helper()
			if v, err := s.Settings(ctx); err != nil || v.Name != name {
				t.Errorf("%q, %v, want %q", v.Name, err, name)
			}
		}
		want("Haat")
		rename("First")
		c.Advance(freshFor - time.Microsecond)
		want("Haat")
		c.Advance(time.Microsecond)
		want("First")
		rename("Second")
		c.Advance(-time.Hour)
		want("Second")
		// Inside a transaction there is a way to read what is there.
		rename("Third")
		err := s.db.Write(ctx, "test", func(ctx context.Context, tx db.Tx) error {
			now, err := s.SettingsIn(ctx, tx)
			if err == nil && now.Name != "Third" {
				t.Errorf("SettingsIn reads %q", now.Name)
			}
			near, err2 := s.SettingsFor(ctx, tx)
			if err2 == nil && near.Name != "Second" {
				t.Errorf("SettingsFor reads %q", near.Name)
			}
			c.Advance(freshFor)
			far, err3 := s.SettingsFor(ctx, tx)
			if err3 == nil && far.Name != "Third" {
				t.Errorf("SettingsFor reads %q", far.Name)
			}
			c.Advance(-freshFor)
			return errors.Join(err, err2, err3)
		})
		if err != nil {
			t.Error(err)
		}
	})
}

func TestVersionOf(t *testing.T) {
	for tag, want := range map[string]int64{`"0"`: 0, `"17"`: 17, `W/"3"`: 3} {
		if v, err := versionOf(tag); err != nil || v == nil || *v != want {
			t.Errorf("%s: %v, %v", tag, v, err)
		}
	}
	for _, tag := range []string{"", "*"} {
		if v, err := versionOf(tag); err != nil || v != nil {
			t.Errorf("%q: %v, %v", tag, v, err)
		}
	}
	for _, tag := range []string{"17", `"x"`, `"-1"`, `"1", "2"`, `"`, `""`} {
		if _, err := versionOf(tag); !errors.Is(err, ErrInvalidVersion) {
			t.Errorf("%q: %v", tag, err)
		}
	}
}

// texts are the settings as they are stored.
func (s Settings) texts() map[string]string {
	out := make(map[string]string, len(settings))
	for _, d := range settings {
		out[d.name] = d.get(s)
	}
	return out
}
