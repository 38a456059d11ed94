package app_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/haat-market/haat/internal/apptest"
	"github.com/haat-market/haat/internal/platform/web"
)

type M = apptest.M

// things are the objects that the operations are tried on, all somebody's.
type things struct {
	*apptest.Market
	store                                    apptest.Store
	buyer, admin, super, stranger, removed   *apptest.Client
	product, variant, line, address, session string
	checkout, order, payment, imported       string
	category                                 string
}

func furnish(m *apptest.Market) *things {
	w := &things{Market: m, store: m.Store(), admin: m.Person("admin"), super: m.Person("superadmin"), stranger: m.Person("customer", "seller", "courier", "machine")}
	w.product, w.variant = w.store.Product("Lamp", "10.00", 100)
	w.buyer, w.address = m.Buyer()
	w.line = w.buyer.Post("/v1/cart/lines", M{"variant": w.variant, "quantity": 1}).Want(201).Str("id")
	a := w.buyer.Post("/v1/checkouts", M{"direct": M{"variant": w.variant, "quantity": 1}, "address_id": w.address, "payment_method": "gateway", "expected_total": "10.00"}).Want(201)
	w.checkout, w.order, w.payment = a.Str("id"), a.Str("orders.0.id"), a.Str("payment.id")
	w.session = w.buyer.Get("/v1/me/sessions").Want(200).Str("items.0.id")
	w.imported = w.store.Owner.With("Content-Type", "text/csv").Post("/v1/stores/{}/imports", "Handle,Title,Variant Price\nwick,Wick,1.00\n", w.store.ID).Want(202).Str("id")
	w.category = w.admin.Post("/v1/categories", M{"name": "Light", "slug": "light"}).Want(201).Str("id")
	w.removed = m.Person("customer")
	w.store.Owner.Post("/v1/stores/{}/staff", M{"account": w.removed.ID, "rights": []string{"catalog", "stock", "orders"}}, w.store.ID)
	w.removed.Get("/v1/orders?store=", w.store.ID).Want(200)
	w.store.Owner.Delete("/v1/stores/", w.store.ID, "/staff/", w.removed.ID)
	w.removed.Get("/v1/orders?store=", w.store.ID).Problem(404, "store_not_found")
	return w
}

// path puts the real objects into an operation's path.
func (w *things) path(t *testing.T, path string) string {
	ids := []struct{ prefix, id string }{
		{"/v1/orders/", w.order}, {"/v1/checkouts/", w.checkout}, {"/v1/payments/", w.payment}, {"/v1/products/", w.product}, {"/v1/variants/", w.variant},
		{"/v1/stores/", w.store.ID}, {"/v1/cart/lines/", w.line}, {"/v1/me/addresses/", w.address}, {"/v1/me/sessions/", w.session}, {"/v1/imports/", w.imported},
		{"/v1/categories/", w.category}, {"/v1/accounts/", w.buyer.ID}, {"/v1/ledger/accounts/", "wallet:" + w.buyer.ID + ":NPR"}, {"/v1/jobs/dead/", "1"},
	}
	for _, x := range ids {
		if strings.HasPrefix(path, x.prefix) {
			path = strings.Replace(path, "{id}", x.id, 1)
		}
	}
	path = strings.NewReplacer("{account}", w.removed.ID, "{name}", "order.due").Replace(path)
	if strings.Contains(path, "{") {
		t.Fatalf("no object for %s: name one in this test", path)
	}
	return path
}

// bodies are acceptable ones, so that a refusal is about who asks and not about what.
func (w *things) body(op web.Op) any {
	switch op.ID {
	case "payment.attempt":
		return M{"gateway": "wallet"}
	case "cart.change":
		return M{"quantity": 2}
	case "product.create":
		return M{"title": "Wick", "variants": []M{{"price": "1.00"}}}
	case "variant.create":
		return M{"price": "1.00", "sku": "another"}
	case "stock.adjust":
		return M{"delta": 1, "reason": "found"}
	case "store.set_staff":
		return M{"account": w.buyer.ID, "rights": []string{"catalog"}}
	case "import.create":
		return "Handle,Title,Variant Price\nwick,Wick,1.00\n"
	case "product.update", "store.change", "variant.update", "identity.change_address", "category.update", "market.change":
		return M{}
	case "category.create":
		return M{"name": "More light", "slug": "more-light"}
	case "identity.set_roles":
		return M{"roles": []string{"customer"}}
	case "wallet.credit":
		return M{"amount": "1.00", "reason": "test"}
	}
	return nil
}

func (w *things) ask(t *testing.T, c *apptest.Client, op web.Op) *apptest.Answer {
	t.Helper()
	if op.ID == "import.create" {
		c = c.With("Content-Type", "text/csv")
	}
	a, err := c.Try(op.Method, w.path(t, op.Path), w.body(op))
	if err != nil {
		t.Fatalf("%s: %v", op.ID, err)
	}
	return a
}

// Every operation is asked by everybody. Only refusals are looked at here, so nothing changes that a later question
// needs; what those may do who may, the rooms' own stories tell.
func TestAccess(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		w := furnish(m)
		ops := m.API.Operations()
		if len(ops) < 90 {
			t.Fatalf("only %d operations", len(ops))
		}
		for _, op := range ops {
			switch op.Access {
			case web.Public, web.Signed:
				a := w.ask(t, m.Anonymous(), op)
				if a.Status == 401 && a.Str("code") == "unauthenticated" && !strings.HasPrefix(op.Path, "/v1/auth/") {
					t.Errorf("%s is %s and answers 401", op.ID, op.Access)
				}
				m.Anonymous().With("Authorization", "Bearer forged").Send(op.Method, w.path(t, op.Path), w.body(op)).Problem(401, "unauthenticated")
				continue
			}
			w.ask(t, m.Anonymous(), op).Problem(401, "unauthenticated")
			switch op.Access {
			case web.Admin, web.Superadmin:
				for _, c := range []*apptest.Client{w.buyer, w.store.Owner, w.stranger, w.removed} {
					w.ask(t, c, op).Problem(403, "forbidden")
				}
				if op.Access == web.Superadmin {
					w.ask(t, w.admin, op).Problem(403, "forbidden")
				}
			case web.Owner:
				for name, c := range map[string]*apptest.Client{"a stranger": w.stranger, "removed staff": w.removed} {
					if a := w.ask(t, c, op); a.Status != 404 {
						t.Errorf("%s by %s: %d %s", op.ID, name, a.Status, a.Body)
					}
				}
			case web.Seller:
				w.ask(t, w.buyer, op).Problem(403, "forbidden")
			case web.SignedIn:
			default:
				t.Errorf("%s: access %s is not looked at", op.ID, op.Access)
			}
		}
	})
}

// A person whose rights end is refused at once, in the middle of a session.
func TestRightsEndDuringASession(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		w := furnish(m)
		clerk := m.Person("customer")
		w.store.Owner.Post("/v1/stores/{}/staff", M{"account": clerk.ID, "rights": []string{"orders"}}, w.store.ID)
		clerk.Get("/v1/orders/", w.order).Want(200)
		clerk.Post("/v1/variants/{}/stock/adjustments", M{"delta": 1, "reason": "found"}, w.variant).Want(403)
		w.store.Owner.Delete("/v1/stores/", w.store.ID, "/staff/", clerk.ID)
		clerk.Get("/v1/orders/", w.order).Problem(404, "order_not_found")

		helper := m.Person("admin")
		helper.Get("/v1/settings").Want(200)
		w.super.Put("/v1/accounts/{}/roles", M{"roles": []string{"customer"}}, helper.ID).Want(200)
		helper.Get("/v1/settings").Problem(403, "forbidden")

		w.admin.Post("/v1/accounts/{}/deactivate", nil, w.stranger.ID).Want(200)
		w.stranger.Get("/v1/me").Want(401)

		w.admin.Post("/v1/stores/{}/suspend", M{"reason": "complaints"}, w.store.ID).Want(200)
		m.Anonymous().Get("/v1/products/", w.product).Want(404)
		w.buyer.Post("/v1/checkouts", M{"address_id": w.address, "payment_method": "gateway", "expected_total": "10.00"}).Problem(409, "cart_changed")
		w.buyer.Get("/v1/orders/", w.order).Want(200)
	})
}

// Ids of other kinds, made-up ids and broken ones lead nowhere.
func TestForeignIDs(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		w := furnish(m)
		for _, id := range []string{w.store.ID, w.product, "1", "42", "ord_0000000000000000", "-1", "%00", "..%2f..", "ord_' OR 1=1 --", strings.Repeat("x", 41), "नमस्ते"} {
			for _, path := range []string{"/v1/orders/%s", "/v1/checkouts/%s", "/v1/payments/%s", "/v1/imports/%s"} {
				a, err := w.admin.Try("GET", fmt.Sprintf(path, strings.NewReplacer(" ", "%20", "'", "%27", "=", "%3D", "न", "%E0%A4%A8", "म", "%E0%A4%AE", "स", "%E0%A4%B8", "्", "%E0%A5%8D", "त", "%E0%A4%A4", "े", "%E0%A5%87").Replace(id)), nil)
				if err != nil {
					t.Errorf("%s %s: %v", path, id, err)
				} else if a.Status != 404 && a.Status != 422 && a.Status != 400 {
					t.Errorf("%s %s: %d", path, id, a.Status)
				}
			}
		}
	})
}
