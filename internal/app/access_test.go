package app_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/haat-market/haat/internal/apptest"
	"github.com/haat-market/haat/internal/platform/db/dbtest"
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
	follow, orderLine                        string
	category, image                          string
	proof, invitation, topUp                 string
	discount, event, brand                   string
	carried, delivery, courier, document     string
	dealer                                   apptest.Store
	material, rate, areas                    string
	invoice, refund, payout, dispute, flag   string
	rateLine, bought                         string
	plan, subscription, statement, transfer  string
	review                                   string
}

func furnish(m *apptest.Market) *things {
	w := &things{Market: m, store: m.Store(), admin: m.Person("admin"), super: m.Person("superadmin"), stranger: m.Person("customer", "seller", "courier", "machine")}
	w.product, w.variant = w.store.Product("Lamp", "10.00", 100)
	w.buyer, w.address = m.Buyer()
	w.line = w.buyer.Post("/v1/cart/lines", M{"variant": w.variant, "quantity": 1}).Want(201).Str("id")
	a := w.buyer.Post("/v1/checkouts", M{"direct": M{"variant": w.variant, "quantity": 1}, "address_id": w.address, "payment_method": "gateway", "expected_total": "10.00"}).Want(201)
	w.checkout, w.order, w.payment = a.Str("id"), a.Str("orders.0.id"), a.Str("payment.id")
	w.orderLine = w.buyer.Get("/v1/orders/", w.order).Want(200).Str("lines.0.id")
	w.follow = m.Anonymous().Post("/v1/guest/orders", M{"reference": "LEG-1", "contact": M{"name": "Maya", "phone": "9841234567"}, "lines": []M{{"variant": w.variant}}}).Want(201).Str("orders.0.follow_token")
	w.session = w.buyer.Get("/v1/me/sessions").Want(200).Str("items.0.id")
	w.imported = w.store.Owner.With("Content-Type", "text/csv").Post("/v1/stores/{}/imports", "Handle,Title,Variant Price\nwick,Wick,1.00\n", w.store.ID).Want(202).Str("id")
	w.category = w.admin.Post("/v1/categories", M{"name": "Light", "slug": "light"}).Want(201).Str("id")
	w.image = w.store.Owner.With("Content-Type", "image/png").Post("/v1/products/{}/images", pixel, w.product).Want(201).Str("id")
	w.proof = proofOf(w)
	w.discount = w.store.Owner.Post("/v1/stores/{}/discounts", M{"title": "Later", "percent": "5", "from": apptest.Start.AddDate(1, 0, 0)}, w.store.ID).Want(201).Str("id")
	w.brand = w.store.Owner.Post("/v1/brands", M{"name": "Wickers", "store": w.store.ID}).Want(201).Str("id")
	w.event = w.admin.Post("/v1/sale-events", M{
		"title": "Later", "percent": "5", "from": apptest.Start.AddDate(1, 0, 0), "to": apptest.Start.AddDate(1, 1, 0), "paid_by": "store",
	}).Want(201).Str("id")
	w.topUp = w.buyer.Post("/v1/wallet/topups", M{"amount": "10.00"}).Want(201).Str("id")
	carrying(w)
	w.dealer = m.Dealer("44600")
	w.material = m.Material(w.admin, "Newspaper", "kg", "5")
	w.rate = w.dealer.Rate(w.material, "44600", "15.00")
	w.dealer.Owner.Post("/v1/stores/{}/storefront", M{}, w.dealer.ID).Want(201)
	w.areas = w.dealer.Owner.Post("/v1/stores/{}/area-requests", M{"wanted": 7}, w.dealer.ID).Want(201).Str("id")
	w.rateLine, w.bought = sellingOf(w)
	w.plan = m.Anonymous().Get("/v1/plans").Want(200).Str("items.1.id")
	w.subscription = w.dealer.Owner.Post("/v1/stores/{}/subscriptions", M{"plan": w.plan}, w.dealer.ID).Want(201).Str("id")
	w.statement, w.transfer = statementOf(w)
	w.review = reviewOf(w)
	w.invoice = invoiceOf(w)
	w.payout = w.buyer.Post("/v1/wallet/payouts", M{"amount": "1.00", "bank": bank}).Want(201).Str("id")
	w.refund = w.store.Owner.Post("/v1/orders/{}/refunds", M{"amount": "1.00", "reason": "late"}, w.carried).Want(201).Str("id")
	w.flag = flagOf(w)
	w.removed = m.Person("customer")
	w.invitation = w.store.Owner.Post("/v1/stores/{}/invitations", M{"invitee": w.buyer.Email, "rights": []string{}}, w.store.ID).Want(201).Str("id")
	w.store.Owner.Post("/v1/stores/{}/staff", M{"account": w.removed.ID, "rights": []string{"catalog", "stock", "orders"}}, w.store.ID)
	w.removed.Get("/v1/orders?store=", w.store.ID).Want(200)
	w.store.Owner.Delete("/v1/stores/", w.store.ID, "/staff/", w.removed.ID)
	w.removed.Get("/v1/orders?store=", w.store.ID).Problem(404, "store_not_found")
	return w
}

// sellingOf leaves something in the buyer's cart that he means to sell, and has an order of it wait for its pickup.
func sellingOf(w *things) (line, order string) {
	put := func() string {
		return w.buyer.Post("/v1/cart/rates", M{"rate": w.rate, "quantity": "10"}).Want(201).Str("id")
	}
	put()
	order = w.buyer.Post("/v1/checkouts/buyback", M{"address_id": w.address, "pickup_date": "2026-10-03", "pickup_slot": "8am - 1pm", "expected_total": "159.00"}).Want(201).Str("orders.0.id")
	return put(), order
}

// bank is where a payout goes.
var bank = M{"bank": "Nabil", "account_name": "Asha Rai", "account_number": "0123456789"}

// statementOf is a statement of the dealer that is being written, and a transfer that is said to have paid it.
func statementOf(w *things) (statement, transfer string) {
	dbtest.Exec(w.T, w.DB, "INSERT INTO statements (public_id, store_id, month, state, seen, orders, base, rate_bp, amount, currency, reference, note, created_at, updated_at) "+
		"SELECT 'stm_00000000000000000000001', id, '2026-01', 'open', 0, 0, 0, 100, 0, 'NPR', '', '', 0, 0 FROM stores WHERE public_id = $1", w.dealer.ID)
	dbtest.Exec(w.T, w.DB, "INSERT INTO statement_transfers (public_id, statement_id, state, amount, reference, method, image, note, account, decided_by, reason, created_at) "+
		"SELECT 'ctr_00000000000000000000001', id, 'submitted', 1, 'TT0', '', '', '', 'acc', '', '', 0 FROM statements WHERE public_id = $1", "stm_00000000000000000000001")
	return "stm_00000000000000000000001", "ctr_00000000000000000000001"
}

// pixel is the smallest picture.
const pixel = "\x89\x50\x4e\x47\x0d\x0a\x1a\x0a\x00\x00\x00\x0d\x49\x48\x44\x52\x00\x00\x00\x01\x00\x00\x00\x01\x08\x00\x00\x00\x00\x3a\x7e\x9b\x55\x00\x00\x00\x0a\x49\x44\x41\x54\x78\x9c\x63\xf8\x0f\x00\x01\x01\x01\x00\xb1\x38\xf6\x14\x00\x00\x00\x00\x49\x45\x4e\x44\xae\x42\x60\x82"

// proofOf lets the buyer prove another payment, by transfer.
func proofOf(w *things) string {
	w.admin.Patch("/v1/gateways/bank_transfer", M{"details": M{"account_name": "Asan", "account_number": "1", "bank": "Nabil"}}).Want(200)
	pay := w.buyer.Post("/v1/checkouts", M{"direct": M{"variant": w.variant, "quantity": 1}, "address_id": w.address, "payment_method": "gateway", "expected_total": "10.00"}).Want(201).Str("payment.id")
	w.buyer.Post("/v1/payments/{}/attempts", M{"gateway": "bank_transfer"}, pay).Want(201)
	return w.buyer.Post("/v1/payments/{}/proof", M{"reference": "BANK 1234"}, pay).Want(200).Str("attempts.0.proof.id")
}

// carrying makes a courier with a document, and a delivery that waits.
func carrying(w *things) {
	c := w.Person("courier")
	w.courier = c.Get("/v1/couriers/me").Want(200).Str("id")
	w.document = c.Post("/v1/couriers/me/documents", M{"kind": "identity", "number": "1", "expires_at": apptest.Start.AddDate(1, 0, 0)}).Want(201).Str("documents.0.id")
	w.Fund(w.buyer, 5000)
	w.carried = w.buyer.Post("/v1/checkouts", M{"direct": M{"variant": w.variant, "quantity": 1}, "address_id": w.address, "payment_method": "wallet", "expected_total": "10.00"}).Want(201).Str("orders.0.id")
	w.delivery = w.store.Owner.Post("/v1/deliveries", M{"order": w.carried}).Want(201).Str("id")
}

// invoiceOf has an order of somebody else's leave the store.
func invoiceOf(w *things) string {
	c, address := w.Buyer()
	w.Fund(c, 1000)
	id := c.Post("/v1/checkouts", M{"direct": M{"variant": w.variant, "quantity": 1}, "address_id": address, "payment_method": "wallet", "expected_total": "10.00"}).Want(201).Str("orders.0.id")
	w.store.Owner.Post("/v1/orders/{}/ship", nil, id).Want(200)
	w.dispute = c.Post("/v1/orders/{}/disputes", M{"reason": "damaged", "text": "Broken."}, id).Want(201).Str("id")
	return c.Get("/v1/orders/", id, "/invoice").Want(200).Str("id")
}

// reviewOf is what somebody says of the store, after his order has come.
func reviewOf(w *things) string {
	c, address := w.Buyer()
	w.Fund(c, 1000)
	id := c.Post("/v1/checkouts", M{"direct": M{"variant": w.variant, "quantity": 1}, "address_id": address, "payment_method": "wallet", "expected_total": "10.00"}).Want(201).Str("orders.0.id")
	w.store.Owner.Post("/v1/orders/{}/ship", nil, id).Want(200)
	w.store.Owner.Post("/v1/orders/{}/deliver", nil, id).Want(200)
	return c.Post("/v1/reviews", M{"order": id, "stars": 4}).Want(201).Str("id")
}

// flagOf has somebody put money in and ask for it at once.
func flagOf(w *things) string {
	hear := func() {
		w.Sweep("event.number")
		w.Sweep("event.follow.watch.follow")
	}
	hear()
	c := w.Person("customer")
	pay := c.Post("/v1/wallet/topups", M{"amount": "10.00"}).Want(201).Str("payment.id")
	c.Post("/v1/payments/{}/attempts", M{"gateway": "test", "card": M{"number": "4242424242424242", "exp_month": 12, "exp_year": 2030, "cvc": "123"}}, pay).Want(201)
	c.Post("/v1/wallet/payouts", M{"amount": "10.00", "bank": bank}).Want(201)
	hear()
	return w.admin.Get("/v1/flags").Want(200).Str("items.0.id")
}

// path puts the real objects into an operation's path.
func (w *things) path(t *testing.T, path string) string {
	ids := []struct{ prefix, id string }{
		{"/v1/orders/", w.order}, {"/v1/checkouts/", w.checkout}, {"/v1/payments/", w.payment}, {"/v1/products/", w.product}, {"/v1/variants/", w.variant},
		{"/v1/stores/", w.store.ID}, {"/v1/cart/lines/", w.line}, {"/v1/me/addresses/", w.address}, {"/v1/me/sessions/", w.session}, {"/v1/imports/", w.imported},
		{"/v1/categories/", w.category}, {"/v1/accounts/", w.buyer.ID}, {"/v1/ledger/accounts/", "wallet:" + w.buyer.ID + ":NPR"}, {"/v1/jobs/dead/", "1"},
		{"/v1/wallet/topups/", w.topUp},
		{"/v1/payment-proofs/", w.proof}, {"/v1/gateway-messages/", "msg_0000000000000000"},
		{"/v1/discounts/", w.discount}, {"/v1/brands/", w.brand}, {"/v1/sale-events/", w.event}, {"/v1/deliveries/", w.delivery}, {"/v1/couriers/", w.courier}, {"/v1/courier-documents/", w.document},
		{"/v1/invitations/", w.invitation},
		{"/v1/materials/", w.material}, {"/v1/rates/", w.rate}, {"/v1/area-requests/", w.areas},
		{"/v1/invoices/", w.invoice}, {"/v1/refunds/", w.refund}, {"/v1/payouts/", w.payout}, {"/v1/disputes/", w.dispute}, {"/v1/flags/", w.flag},
		{"/v1/plans/", w.plan}, {"/v1/subscriptions/", w.subscription}, {"/v1/statements/", w.statement}, {"/v1/statement-transfers/", w.transfer}, {"/v1/reviews/", w.review},
	}
	for _, step := range []string{"otp", "otp/renew", "accept", "miss", "reschedule", "pickup"} {
		path = strings.Replace(path, "/v1/orders/{id}/"+step, "/v1/orders/"+w.bought+"/"+step, 1)
	}
	path = strings.Replace(path, "/v1/cart/rates/{id}", "/v1/cart/rates/"+w.rateLine, 1)
	path = strings.Replace(path, "{gateway}", "test", 1)
	path = strings.Replace(path, "/v1/gateways/{name}", "/v1/gateways/test", 1)
	for _, x := range ids {
		if strings.HasPrefix(path, x.prefix) {
			path = strings.Replace(path, "{id}", x.id, 1)
		}
	}
	path = strings.NewReplacer("{slug}", w.dealer.ID, "{account}", w.removed.ID, "{event}", w.event, "{name}", "order.due", "{token}", w.follow, "{line}", w.orderLine, "{image}", w.image, "{code}", "411004", "{number}", "TRK000000000000").Replace(path)
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
	case "payment.prove":
		return M{"reference": "BANK 1234"}
	case "payment.prove_picture":
		return "a picture"
	case "payment.webhook", "payment.change_gateway", "payment.approve":
		return M{}
	case "order.dispute":
		return M{"reason": "damaged", "text": "Broken."}
	case "order.dispute_message":
		return M{"text": "Broken."}
	case "order.resolve_dispute":
		return M{"outcome": "refunded", "note": "Broken."}
	case "order.freeze", "order.unfreeze", "wallet.reject_payout", "wallet.fail_payout":
		return M{"reason": "looked at"}
	case "wallet.payout", "wallet.store_payout", "wallet.courier_payout":
		return M{"amount": "1.00", "bank": bank}
	case "watch.look":
		return M{"note": "looked at"}
	case "wallet.settle_payout":
		return M{"reference": "TT 1"}
	case "payment.reconcile":
		return "reference,amount\n"
	case "wallet.payout_results":
		return "payout,result\n"
	case "wallet.pay_debt":
		return M{"amount": "1.00", "source": "wallet"}
	case "order.refund":
		return M{"amount": "1.00", "reason": "broken"}
	case "payment.settle_refund":
		return M{"to": "bank", "reference": "TT 1"}
	case "payment.reject":
		return M{"reason": "nothing came"}
	case "payment.resolve_message":
		return M{"note": "seen"}
	case "commission.run":
		return M{"month": "2026-09"}
	case "commission.submit":
		return M{"amount": "1.00", "reference": "BANK 1"}
	case "commission.approve", "commission.reject":
		return M{}
	case "commission.set_image":
		return pixel
	case "commission.pay":
		return M{"amount": "1.00"}
	case "commission.pay_many":
		return M{"statements": []string{w.statement}}
	case "storefront.create", "storefront.change":
		return M{"hours": "9am - 6pm"}
	case "review.post":
		return M{"order": w.order, "stars": 5}
	case "review.change":
		return M{"stars": 5, "text": "Good."}
	case "review.reply":
		return M{"text": "Thank you."}
	case "review.hide":
		return M{"reason": "insults"}
	case "storefront.suspend":
		return M{"reason": "complaints"}
	case "subscription.choose":
		return M{"plan": w.plan}
	case "subscription.add_plan":
		return M{"code": "week", "name": "A week", "days": 7, "price": "100"}
	case "subscription.change_plan":
		return M{}
	case "subscription.expire":
		return M{"reason": "complaints"}
	case "cart.add_rate":
		return M{"rate": w.rate, "quantity": "1"}
	case "cart.change_rate":
		return M{"quantity": "2"}
	case "order.checkout_buyback":
		return M{"address_id": w.address, "pickup_date": "2026-10-03", "pickup_slot": "8am - 1pm", "expected_total": "1.00"}
	case "order.reschedule":
		return M{"pickup_date": "2026-10-04", "pickup_slot": "8am - 1pm"}
	case "order.pickup":
		return M{"number": "H-000001", "otp": "123456", "lines": []M{}}
	case "cart.change":
		return M{"quantity": 2}
	case "product.create":
		return M{"title": "Wick", "variants": []M{{"price": "1.00"}}}
	case "product.bulk":
		return M{"changes": []M{{"product": w.product, "price": "10.00"}}}
	case "variant.create":
		return M{"price": "1.00", "sku": "another"}
	case "stock.adjust":
		return M{"delta": 1, "reason": "found"}
	case "stock.set_threshold", "stock.set_variant_threshold":
		return M{"low_at": 3}
	case "store.set_staff":
		return M{"account": w.buyer.ID, "rights": []string{"catalog"}}
	case "store.invite":
		return M{"invitee": "anybody@example.org", "rights": []string{"catalog"}}
	case "image.add":
		return pixel
	case "image.order":
		return M{"images": []string{w.image}}
	case "variant.set_image":
		return M{"image": w.image}
	case "import.create":
		return "Handle,Title,Variant Price\nwick,Wick,1.00\n"
	case "product.update", "store.change", "variant.update", "image.update", "identity.change_address", "category.update", "market.change", "order.change":
		return M{}
	case "discount.create":
		return M{"title": "Off", "percent": "5"}
	case "sale_event.create":
		return M{"title": "Off", "percent": "5", "to": apptest.Start.AddDate(1, 0, 0), "paid_by": "platform"}
	case "discount.change", "sale_event.change", "product.approve":
		return M{}
	case "brand.create":
		return M{"name": "Another", "store": w.store.ID}
	case "product.reject", "brand.reject":
		return M{"reason": "Not here."}
	case "material.create":
		return M{"category": w.category, "name": "Tin", "unit": "kg"}
	case "material.update", "rate.approve_areas", "rate.reject_areas":
		return M{}
	case "material.set_image":
		return pixel
	case "rate.create":
		return M{"material": w.material, "postal_code": "44600", "price": "1.00"}
	case "rate.replace":
		return M{"rates": []M{}}
	case "rate.replace_by_file":
		return "material,postal_code,price\n"
	case "rate.copy":
		return M{"from": "44600", "to": []string{"44601"}}
	case "rate.change":
		return M{"price": "1.00"}
	case "rate.set_areas":
		return M{"postal_codes": []string{"44600"}}
	case "rate.ask_for_areas":
		return M{"wanted": 6}
	case "category.create":
		return M{"name": "More light", "slug": "more-light"}
	case "identity.set_roles":
		return M{"roles": []string{"customer"}}
	case "identity.erase_me":
		return M{"password": ""} // who is let in is told that it is missing, and stays
	case "identity.change_email":
		return M{"email": "new@example.org", "password": apptest.Password}
	case "wallet.topup":
		return M{"amount": "10.00"}
	case "delivery.create":
		return M{"order": w.carried}
	case "delivery.assign":
		return M{"courier": w.courier}
	case "delivery.auto_assign", "delivery.auto_assign_one":
		return M{"dry_run": true}
	case "delivery.bulk":
		return M{"operation": "cancel", "deliveries": []string{w.delivery}}
	case "delivery.hand_in":
		return M{"deliveries": []string{w.delivery}, "amount": "1.00"}
	case "delivery.receive_cash":
		return M{"amount": "1.00"}
	case "delivery.events_batch":
		return M{"events": []M{{"delivery": w.delivery, "kind": "pickup", "event": "e", "at": apptest.Start}}}
	case "delivery.positions":
		return M{"positions": []M{{"lat": "27.7", "lng": "85.3"}}}
	case "delivery.deliver":
		return M{"pin": "123456"}
	case "delivery.fail":
		return M{"reason": "refused"}
	case "delivery.rate":
		return M{"stars": 5}
	case "delivery.change_me":
		return M{}
	case "delivery.document_picture", "delivery.add_picture":
		return pixel
	case "delivery.add_document":
		return M{"kind": "license", "number": "2", "expires_at": apptest.Start.AddDate(1, 0, 0)}
	case "delivery.reject_courier", "delivery.suspend_courier":
		return M{"reason": "not seen"}
	case "delivery.set_share":
		return M{"share": "80"}
	case "wallet.credit":
		return M{"amount": "1.00", "reason": "test"}
	}
	return nil
}

func (w *things) ask(t *testing.T, c *apptest.Client, op web.Op) *apptest.Answer {
	t.Helper()
	if op.ID == "import.create" || op.ID == "wallet.payout_results" || op.ID == "payment.reconcile" || op.ID == "rate.replace_by_file" {
		c = c.With("Content-Type", "text/csv")
	}
	if op.ID == "payment.prove_picture" || op.ID == "commission.set_image" {
		c = c.With("Content-Type", "image/png")
	}
	if op.ID == "image.add" || op.ID == "delivery.document_picture" || op.ID == "delivery.add_picture" || op.ID == "material.set_image" {
		c = c.With("Content-Type", "image/png")
	}
	path := w.path(t, op.Path)
	if op.ID == "delivery.add_picture" {
		path += "?kind=photo"
	}
	a, err := c.Try(op.Method, path, w.body(op))
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
				if op.Access == web.Signed {
					continue // a signature counts there, and no token
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
			case web.Seller, web.Courier:
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
			for _, path := range []string{"/v1/orders/%s", "/v1/checkouts/%s", "/v1/payments/%s", "/v1/imports/%s", "/v1/invoices/%s"} {
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
