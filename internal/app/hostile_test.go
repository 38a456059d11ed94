package app_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/haat-market/haat/internal/apptest"
	"github.com/haat-market/haat/internal/platform/web"
)

// nobodysBodies are bodies that no operation takes.
var nobodysBodies = map[string]string{
	"nothing":          "",
	"broken":           `{"a":`,
	"two values":       `{} {}`,
	"a list":           `[]`,
	"null":             `null`,
	"a string":         `"x"`,
	"unknown field":    `{"no_such_field_anywhere": 1}`,
	"twice the same":   `{"name": "a", "name": "b"}`,
	"NUL":              `{"name": "a\u0000b"}`,
	"broken UTF-8":     "{\"name\": \"a\xff\xfeb\"}",
	"lone surrogate":   `{"name": "\ud800"}`,
	"deep":             strings.Repeat(`{"a":`, 200) + "1" + strings.Repeat("}", 200),
	"numbers as names": `{"1": 1}`,
	"huge number":      `{"quantity": 1e400}`,
}

// bodiless take no JSON.
var bodiless = []string{"import.create", "cart.validate", "cart.guest", "delivery.renew_guest_proof"}

// Whatever is sent, the answer is a documented refusal, and never 500. The harness holds each to the document.
func TestHostileBodies(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		w := furnish(m)
		for _, op := range m.API.Operations() {
			if op.Method == http.MethodGet || op.Method == http.MethodDelete || w.body(op) == nil && op.Access != web.Public || slices.Contains(bodiless, op.ID) || len(op.Consumes) > 0 {
				continue
			}
			who := w.super
			switch op.Access {
			case web.Seller:
				who = w.store.Owner
			case web.Courier:
				who = w.stranger
			}
			for name, body := range nobodysBodies {
				a, err := who.Try(op.Method, w.path(t, op.Path), body)
				if err != nil {
					t.Errorf("%s, %s: %v", op.ID, name, err)
				} else if a.Status < 400 || a.Status >= 500 {
					t.Errorf("%s, %s: %d %s", op.ID, name, a.Status, a.Body)
				}
			}
			big := `{"name": "` + strings.Repeat("x", 10<<20) + `"}`
			if a, err := who.Try(op.Method, w.path(t, op.Path), big); err == nil && a.Status != http.StatusRequestEntityTooLarge {
				t.Errorf("%s, 10 MB: %d", op.ID, a.Status)
			}
			if op.Access == web.Signed {
				continue // whatever a provider sends is looked at byte by byte
			}
			who.With("Content-Type", "text/xml").Send(op.Method, w.path(t, op.Path), "<a/>").Want(415)
		}
	})
}

// Every list refuses cursors and limits that are not its own.
func TestHostileLists(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		w := furnish(m)
		lists := 0
		for _, op := range m.API.Operations() {
			if op.Method != http.MethodGet || op.ID == "category.list" { // the whole tree at once
				continue
			}
			path := w.path(t, op.Path)
			who := w.super
			if strings.HasPrefix(path, "/v1/cart") || strings.HasPrefix(path, "/v1/me") || strings.HasPrefix(path, "/v1/wallet") {
				who = w.buyer
			}
			if a := who.Get(path); a.Status != 200 || !strings.Contains(string(a.Body), `"next_cursor"`) {
				continue
			}
			lists++
			for _, q := range []string{"limit=0", "limit=101", "limit=-1", "limit=x", "limit=1&limit=2", "cursor=!!", "cursor=W251bGxd", "cursor=WyJhIiwiYiIsImMiLCJkIl0", "cursor=" + strings.Repeat("A", 2000), "no_such=1", "%00=1"} {
				a, err := who.Try("GET", path+"?"+q, nil)
				if err != nil {
					t.Errorf("%s?%s: %v", path, q, err)
				} else if a.Status != 422 && a.Status != 400 {
					t.Errorf("%s?%s: %d", path, q, a.Status)
				}
			}
			who.Get(path, "?limit=1").Want(200)
		}
		if lists < 15 {
			t.Errorf("only %d lists were found", lists)
		}
	})
}

// Numbers at and beyond every edge, where money and goods are said.
func TestHostileNumbers(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		w := furnish(m)
		for _, q := range []string{"0", "-1", "10001", "9223372036854775807", "9223372036854775808", "1.5", "1e2000", `"1"`, "true"} {
			for _, path := range []string{"/v1/cart/lines", "/v1/checkouts"} {
				body := fmt.Sprintf(`{"variant": %q, "quantity": %s}`, w.variant, q)
				if path == "/v1/checkouts" {
					body = fmt.Sprintf(`{"direct": %s, "address_id": %q, "payment_method": "gateway", "expected_total": "10.00"}`, body, w.address)
				}
				if a := w.buyer.Post(path, body); a.Status != 422 && a.Status != 400 {
					t.Errorf("%s of %s: %d %s", path, q, a.Status, a.Body)
				}
			}
		}
		for _, price := range []string{"-1.00", "1.001", "1e3", "1,000.00", "NaN", "", " 1", "１", "99999999999999.00", "0x10", "1.00 NPR"} {
			body := M{"title": "Wick", "variants": []M{{"price": price}}}
			if a := w.store.Owner.Post("/v1/stores/{}/products", body, w.store.ID); a.Status != 422 {
				t.Errorf("a price of %q: %d %s", price, a.Status, a.Body)
			}
		}
		for _, total := range []string{"9.99", "10.01", "-10.00", "10", "10.000", "1e1", "999999999999999999999"} {
			a := w.buyer.Post("/v1/checkouts", M{"direct": M{"variant": w.variant, "quantity": 1}, "address_id": w.address, "payment_method": "gateway", "expected_total": total})
			if total == "10" {
				a.Want(201) // the same amount, written shorter
			} else if !slices.Contains([]int{409, 422}, a.Status) {
				t.Errorf("expected_total %q: %d", total, a.Status)
			}
		}
		for _, amount := range []string{"0.00", "-1.00", "100000000000.01", "1.001"} {
			if a := w.admin.Post("/v1/accounts/{}/wallet/credits", M{"amount": amount, "reason": "test"}, w.buyer.ID); a.Status < 400 || a.Status >= 500 {
				t.Errorf("a credit of %q: %d %s", amount, a.Status, a.Body)
			}
		}
		// The largest price and quantity: refused as too large to book, not wrapped around.
		w.store.Owner.Post("/v1/stores/{}/products", M{"title": "Palace", "variants": []M{{"price": "100000000000.00"}}}, w.store.ID).Want(201)
		_, v := w.store.Product("Palace", "99999999999.99", 10000)
		w.buyer.Post("/v1/checkouts", M{"direct": M{"variant": v, "quantity": 10000}, "address_id": w.address, "payment_method": "gateway", "expected_total": "1.00"}).Problem(422, "total_too_large")
	})
}

// A price that changed since it was seen is never charged.
func TestStalePrice(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		w := furnish(m)
		w.store.Owner.Patch("/v1/variants/{}", M{"price": "12.00"}, w.variant).Want(200)
		a := w.buyer.Post("/v1/checkouts", M{"address_id": w.address, "payment_method": "gateway", "expected_total": "10.00"}).Problem(409, "cart_changed")
		a.Is("errors.0.code", "price_changed")
		w.buyer.Post("/v1/checkouts", M{"direct": M{"variant": w.variant, "quantity": 1}, "address_id": w.address, "payment_method": "gateway", "expected_total": "10.00"}).Problem(409, "total_changed").Is("details.totals.total", "12.00")
		w.store.Owner.Post("/v1/products/{}/archive", nil, w.product).Want(200)
		w.buyer.Post("/v1/checkouts", M{"address_id": w.address, "payment_method": "gateway", "expected_total": "12.00"}).Problem(409, "cart_changed").Is("errors.0.code", "product_not_published")
		w.buyer.Post("/v1/cart/validate", nil).Want(200)
	})
}
