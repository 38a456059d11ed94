package app_test

import (
	"testing"

	"github.com/haat-market/haat/internal/apptest"
)

// What each right of staff opens, and nothing else: a person with exactly one right is let through where the right
// covers the operation, and refused by name everywhere else. Removed, he finds nothing, in the middle of a session.
func TestEachStaffRightOpensItsOperationsOnly(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		w := furnish(m)
		id := w.store.ID
		operations := []struct {
			right, method, path string
			body                any
			hidden              string // what a stranger is told
		}{
			{"catalog", "POST", "/v1/stores/" + id + "/products", M{"title": "Wick", "variants": []M{{"price": "1.00"}}}, "store_not_found"},
			{"catalog", "PATCH", "/v1/products/" + w.product, M{}, ""},
			{"catalog", "POST", "/v1/stores/" + id + "/discounts", M{"title": "Off", "percent": "5", "from": apptest.Start.AddDate(1, 0, 0)}, "store_not_found"},
			{"catalog", "PATCH", "/v1/discounts/" + w.discount, M{}, ""},
			{"catalog", "PATCH", "/v1/variants/" + w.variant, M{}, ""},
			{"stock", "POST", "/v1/variants/" + w.variant + "/stock/adjustments", M{"delta": 1, "reason": "found"}, ""},
			{"orders", "GET", "/v1/orders?store=" + id, nil, "store_not_found"},
			{"orders", "GET", "/v1/orders/" + w.order, nil, "order_not_found"},
			{"people", "POST", "/v1/stores/" + id + "/staff", M{"account": w.buyer.ID, "rights": []string{}}, "store_not_found"},
			{"people", "GET", "/v1/stores/" + id + "/invitations", nil, "store_not_found"},
			{"own", "PATCH", "/v1/stores/" + id, M{"name": "Mine"}, "store_not_found"},
			{"own", "POST", "/v1/stores/" + id + "/unpublish", nil, "store_not_found"},
			{"own", "POST", "/v1/stores/" + id + "/close", nil, "store_not_found"},
			{"view", "GET", "/v1/stores/" + id + "/staff", nil, "store_not_found"},
		}
		for _, right := range []string{"", "catalog", "stock", "orders", "people"} {
			rights := []string{}
			if right != "" {
				rights = append(rights, right)
			}
			clerk := m.Person("customer")
			w.store.Owner.Post("/v1/stores/{}/staff", M{"account": clerk.ID, "rights": rights}, id).Want(201)
			for _, op := range operations {
				a := clerk.Send(op.method, op.path, op.body)
				switch may := op.right == right || op.right == "view"; {
				case may && (a.Status < 200 || a.Status >= 300):
					t.Errorf("with %q, %s %s: %d %s", right, op.method, op.path, a.Status, a.Body)
				case !may && a.Status != 403 && a.Status != 404:
					t.Errorf("with %q, %s %s is let through: %d %s", right, op.method, op.path, a.Status, a.Body)
				}
			}
			w.store.Owner.Delete("/v1/stores/", id, "/staff/", clerk.ID).Want(204)
			for _, op := range operations {
				a := clerk.Send(op.method, op.path, op.body)
				if a.Status != 404 || op.hidden != "" && a.Str("code") != op.hidden {
					t.Errorf("removed, who had %q, %s %s: %d %s", right, op.method, op.path, a.Status, a.Body)
				}
			}
			if right == "people" {
				w.store.Owner.Delete("/v1/stores/", id, "/staff/", w.buyer.ID).Want(204)
			}
		}
	})
}
