package proof_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/haat-market/haat/internal/apptest"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/db/dbtest"
	"github.com/haat-market/haat/internal/platform/verify"
)

type M = apptest.M

func card(number string) M {
	return M{"gateway": "test", "card": M{"number": number, "exp_month": 12, "exp_year": 2030, "cvc": "123"}}
}

const goodCard, badCard = "4242424242424242", "4000000000000002"

func checkout(variant, address, method, total string, units int) M {
	return M{"direct": M{"variant": variant, "quantity": units}, "address_id": address, "payment_method": method, "expected_total": total}
}

// pixel is the smallest picture.
const pixel = "\x89\x50\x4e\x47\x0d\x0a\x1a\x0a\x00\x00\x00\x0d\x49\x48\x44\x52\x00\x00\x00\x01\x00\x00\x00\x01\x08\x00\x00\x00\x00\x3a\x7e\x9b\x55\x00\x00\x00\x0a\x49\x44\x41\x54\x78\x9c\x63\xf8\x0f\x00\x01\x01\x01\x00\xb1\x38\xf6\x14\x00\x00\x00\x00\x49\x45\x4e\x44\xae\x42\x60\x82"

// furnish trades a little of everything: an order in each of the states that matter to the books, paid in every way.
func furnish(t *testing.T, m *apptest.Market) {
	t.Helper()
	admin := m.Person("admin")
	admin.Patch("/v1/settings", M{"platform_fee_bp": 500}).Want(200)
	hear(m)
	st := m.Store()
	lamps, lamp := st.Product("Lamp", "10.00", 50)
	st.Owner.With("Content-Type", "image/png").Post("/v1/products/{}/images", pixel, lamps).Want(201)
	m.Anonymous().Post("/v1/cart/lines", M{"variant": lamp, "quantity": 1}).Want(201)
	buyer, address := m.Buyer()
	admin.Post("/v1/accounts/{}/wallet/credits", M{"amount": "500.00", "reason": "opening balance"}, buyer.ID).Want(201)
	topUp := buyer.Post("/v1/wallet/topups", M{"amount": "50.00"}).Want(201).Str("payment.id")
	settled := buyer.Post("/v1/payments/{}/attempts", card(goodCard), topUp).Want(201).Is("state", "succeeded")
	admin.With("Content-Type", "text/csv").Post("/v1/gateways/test/reconcile?day=2026-10-01&book=true", "id,amount,charge\n"+settled.Str("id")+","+settled.Str("total")+",1.00\n").Want(200).Is("booked", 1)
	buyer.Post("/v1/wallet/topups", M{"amount": "60.00"}).Want(201)
	chair, seat := st.Product("Chair", "10.00", 50)
	admin.Post("/v1/sale-events", M{"title": "Tihar", "percent": "10", "to": m.Clock.Now().AddDate(0, 1, 0), "products": []string{chair}, "paid_by": "platform"}).Want(201)
	buyer.Post("/v1/checkouts", checkout(seat, address, "wallet", "18.00", 2)).Want(201)
	place := func(method string) (order string, a *apptest.Answer) {
		a = buyer.Post("/v1/checkouts", checkout(lamp, address, method, "20.00", 2)).Want(201)
		if method == "gateway" {
			buyer.Post("/v1/payments/{}/attempts", card(goodCard), a.Str("payment.id")).Want(201).Is("state", "succeeded")
		}
		return "/v1/orders/" + a.Str("orders.0.id"), a
	}
	for _, method := range []string{"wallet", "gateway", "cod"} {
		completed, _ := place(method)
		if method == "cod" {
			st.Owner.Post(completed+"/confirm", nil).Want(200)
		} else {
			place(method) // and stays confirmed
			cancelled, _ := place(method)
			buyer.Post(cancelled+"/cancel", nil).Want(200).Is("payment_status", "refunded")
		}
		st.Owner.Post(completed+"/ship", nil).Want(200)
		st.Owner.Post(completed+"/deliver", nil).Want(200)
		buyer.Post(completed+"/complete", nil).Want(200)
		buyer.Post("/v1/reviews", M{"order": strings.TrimPrefix(completed, "/v1/orders/"), "stars": 4}).Want(201)
		buyer.Post("/v1/reviews", M{"order": strings.TrimPrefix(completed, "/v1/orders/"), "product": lamps, "stars": 5}).Want(201)
		st.Owner.Post(completed+"/refunds", M{"amount": "3.00", "reason": "scratched"}).Want(201)
	}
	place("cod")
	carry(m, admin, st, buyer, address, lamp)
	admin.Patch("/v1/gateways/bank_transfer", M{"details": M{"account_name": "Asan", "account_number": "1", "bank": "Nabil"}}).Want(200)
	pay := buyer.Post("/v1/checkouts", checkout(lamp, address, "gateway", "20.00", 2)).Want(201).Str("payment.id")
	buyer.Post("/v1/payments/{}/attempts", M{"gateway": "bank_transfer"}, pay).Want(201)
	proof := buyer.Post("/v1/payments/{}/proof", M{"reference": "BANK 1234"}, pay).Want(200).Str("attempts.0.proof.id")
	admin.Post("/v1/payment-proofs/{}/approve", M{}, proof).Want(200).Is("state", "approved")
	buyer.Post("/v1/checkouts", checkout(lamp, address, "gateway", "10.00", 1)).Want(201)
	scrap(m, admin, buyer, address)
	disputed, _ := place("wallet")
	st.Owner.Post(disputed+"/ship", nil).Want(200)
	st.Owner.Post(disputed+"/deliver", nil).Want(200)
	buyer.Post(disputed+"/disputes", M{"reason": "damaged", "text": "It is broken."}).Want(201)
	bank := M{"bank": "Nabil", "account_name": "Asha Rai", "account_number": "0123456789"}
	payout := buyer.Post("/v1/wallet/payouts", M{"amount": "5.00", "bank": bank}).Want(201).Str("id")
	admin.Post("/v1/payouts/{}/approve", nil, payout).Want(200)
	buyer.Post("/v1/wallet/payouts", M{"amount": "40.00", "bank": bank}).Want(201)
	poor := m.Store()
	_, thing := poor.Product("Thing", "10.00", 50)
	owed := buyer.Post("/v1/checkouts", checkout(thing, address, "cod", "10.00", 1)).Want(201).Str("orders.0.id")
	for _, step := range []string{"confirm", "ship", "deliver"} {
		poor.Owner.Post("/v1/orders/{}/"+step, nil, owed).Want(200)
	}
	buyer.Post("/v1/orders/{}/complete", nil, owed).Want(200)
	admin.Post("/v1/stores/{}/debt-payments", M{"amount": "0.20", "source": "cash"}, poor.ID).Want(201)
	m.RunJobs()
	hear(m)
	if admin.Get("/v1/flags").Want(200).Len("items") == 0 {
		t.Fatal("nothing was flagged")
	}
	m.Clock.Advance(6 * time.Minute) // for the ledger to fold
	for _, sweep := range []string{"ledger.fold", "catalog.follow"} {
		if m.Sweep(sweep) == 0 {
			t.Fatalf("%s did nothing", sweep)
		}
	}
}

// hear lets who looks for patterns hear what happened.
func hear(m *apptest.Market) {
	m.Sweep("event.number")
	m.Sweep("event.follow.watch.follow")
}

// scrap sells newspaper to a dealer who pays from the wallet, some that is not fetched yet, and some for which a courier is
// sent.
func scrap(m *apptest.Market, admin, seller *apptest.Client, address string) {
	dealer := m.Dealer("44600")
	dealer.Owner.Post("/v1/stores/{}/storefront", apptest.M{}, dealer.ID).Want(201)
	m.Fund(dealer.Owner, 50000)
	rate := dealer.Rate(m.Material(admin, "Newspaper", "kg", "5"), "44600", "15.00")
	var order string
	for n := range 3 {
		seller.Post("/v1/cart/rates", M{"rate": rate, "quantity": "10"}).Want(201)
		order = "/v1/orders/" + seller.Post("/v1/checkouts/buyback", M{
			"address_id": address, "pickup_date": m.Clock.Now().AddDate(0, 0, 2).Format(time.DateOnly), "pickup_slot": "1pm - 6pm", "expected_total": "159.00",
		}).Want(201).Str("orders.0.id")
		if n == 1 {
			dealer.Owner.Post(order+"/accept", nil).Want(200)
			dealer.Owner.Post("/v1/deliveries", M{"order": strings.TrimPrefix(order, "/v1/orders/"), "fee": "3.00"}).Want(201)
		}
	}
	otp := seller.Get(order + "/otp").Want(200)
	dealer.Owner.Post(order+"/pickup", M{
		"number": otp.Str("number"), "otp": otp.Str("otp"), "pay_by": "wallet", "lines": []M{{"line": seller.Get(order).Want(200).Str("buyback.lines.0.id"), "quantity": "9"}},
	}).Want(200)
}

// Each rule of haat verify finds what it is for: the books of a market are falsified in every way that a rule speaks
// of, and that very rule reports it. A rule without such a case fails the test.
func TestEachRuleFindsWhatBreaksIt(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		furnish(t, m)
		m.Verify()
		rules := map[string]verify.Rule{}
		for _, r := range m.Rules() {
			rules[r.Name] = r
			if len(damages[r.Name]) == 0 {
				t.Errorf("no way to break %q is known: name one in damages", r.Name)
			}
		}
		for name, ways := range damages {
			rule, ok := rules[name]
			if !ok {
				t.Errorf("haat verify has no rule %q", name)
				continue
			}
			for _, d := range ways {
				if found, err := hurt(m.DB, rule, d); err != nil {
					t.Errorf("%s: %v", name, err)
				} else if len(found) != 1 || found[0].Count == 0 {
					t.Errorf("%s finds nothing after %s", name, strings.Join(d.sql, "; "))
				}
			}
		}
		m.Verify() // nothing of it stayed
	})
}

var errUndo = errors.New("undo")

// hurt falsifies the books, asks the rule, and undoes all of it.
func hurt(d *db.DB, rule verify.Rule, what damage) (found []verify.Finding, err error) {
	err = d.Write(context.Background(), "test.damage", func(ctx context.Context, tx db.Tx) error {
		found = nil
		for _, text := range obstacles(d.Engine(), what) {
			dbtest.SQL(text)
			if _, err := tx.Exec(ctx, text); err != nil {
				return fmt.Errorf("%s: %w", text, err)
			}
		}
		for _, text := range what.sql {
			dbtest.SQL(text)
			tag, err := tx.Exec(ctx, text)
			if err == nil && tag.RowsAffected() == 0 {
				err = errors.New("it changed nothing")
			}
			if err != nil {
				return fmt.Errorf("%s: %w", text, err)
			}
		}
		var err error
		if found, err = verify.Run(ctx, tx, []verify.Rule{rule}, nil); err != nil {
			return err
		}
		return errUndo
	})
	if errors.Is(err, errUndo) {
		err = nil
	}
	return found, err
}

// obstacles are the statements that clear the way.
func obstacles(engine db.Engine, what damage) (out []string) {
	for _, table := range what.free {
		if engine == db.Postgres {
			out = append(out, "ALTER TABLE "+table+" DISABLE TRIGGER USER")
			continue
		}
		out = append(out, "DROP TRIGGER "+table+"_append_only_update", "DROP TRIGGER "+table+"_append_only_delete")
	}
	for _, d := range what.drop {
		out = append(out, "ALTER TABLE "+d[0]+" DROP CONSTRAINT "+d[1])
	}
	return out
}

// Every room that has rules is asked by haat verify.
// carry lets a courier deliver one order and take another, and bring two that are paid at the door: the cash of the first
// is handed in, that of the second still carried.
func carry(m *apptest.Market, admin *apptest.Client, st apptest.Store, buyer *apptest.Client, address, variant string) {
	c := m.Person("courier")
	id := c.Patch("/v1/couriers/me", M{"vehicle": "bicycle", "capacity": 20_000}).Want(200).Str("id")
	c.Post("/v1/couriers/me/documents", M{"kind": "identity", "number": "1", "expires_at": m.Clock.Now().AddDate(1, 0, 0)}).Want(201)
	admin.Post("/v1/couriers/{}/verify", nil, id).Want(200)
	var job, order string
	for range 2 {
		order = buyer.Post("/v1/checkouts", checkout(variant, address, "wallet", "10.00", 1)).Want(201).Str("orders.0.id")
		job = st.Owner.Post("/v1/deliveries", M{"order": order, "fee": "3.00"}).Want(201).Str("id")
		c.Post("/v1/deliveries/{}/claim", nil, job).Want(200)
	}
	c.Post("/v1/deliveries/{}/pickup", nil, job).Want(200)
	pin := buyer.Get("/v1/orders/", order, "/proof").Want(200).Str("pin")
	c.Post("/v1/deliveries/{}/deliver", M{"pin": pin}, job).Want(200)
	for n := range 2 {
		order = buyer.Post("/v1/checkouts", checkout(variant, address, "cod", "10.00", 1)).Want(201).Str("orders.0.id")
		st.Owner.Post("/v1/orders/{}/confirm", nil, order).Want(200)
		job = st.Owner.Post("/v1/deliveries", M{"order": order, "fee": "3.00"}).Want(201).Str("id")
		for _, step := range []string{"claim", "pickup"} {
			c.Post("/v1/deliveries/"+job+"/"+step, nil).Want(200)
		}
		pin = buyer.Get("/v1/orders/", order, "/proof").Want(200).Str("pin")
		c.Post("/v1/deliveries/{}/deliver", M{"pin": pin}, job).Want(200)
		if n == 0 {
			admin.Post("/v1/couriers/{}/cash/hand-in", M{"deliveries": []string{job}, "amount": "10.00"}, id).Want(200)
		}
	}
}

func TestVerifyAsksEveryRoom(t *testing.T) {
	m := apptest.On(t, dbtest.Open(t, db.Embedded, db.Config{Schema: schema}))
	asked := map[string]bool{}
	for _, r := range m.Rules() {
		asked[r.Name] = true
	}
	rooms := 0
	v := reflect.ValueOf(m.App).Elem()
	for i := range v.NumField() {
		if !v.Type().Field(i).IsExported() {
			continue
		}
		room, ok := v.Field(i).Interface().(interface{ Rules() []verify.Rule })
		if !ok {
			continue
		}
		rooms++
		for _, r := range room.Rules() {
			if !asked[r.Name] {
				t.Errorf("%s has the rule %q, and haat verify does not ask it", v.Type().Field(i).Name, r.Name)
			}
		}
	}
	if rooms < 8 {
		t.Errorf("only %d rooms have rules", rooms)
	}
}
