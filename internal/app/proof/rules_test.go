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
	"github.com/haat-market/haat/internal/ledger"
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

// furnish trades a little of everything: an order in each of the states that matter to the books, paid in every way.
func furnish(t *testing.T, m *apptest.Market) {
	t.Helper()
	admin := m.Person("admin")
	admin.Patch("/v1/settings", M{"platform_fee_bp": 500}).Want(200)
	st := m.Store()
	_, lamp := st.Product("Lamp", "10.00", 50)
	buyer, address := m.Buyer()
	admin.Post("/v1/accounts/{}/wallet/credits", M{"amount": "500.00", "reason": "opening balance"}, buyer.ID).Want(201)
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
	}
	place("cod")
	buyer.Post("/v1/checkouts", checkout(lamp, address, "gateway", "10.00", 1)).Want(201)
	wallet := ledger.Wallet(buyer.ID, "NPR")
	err := m.DB.Write(context.Background(), "test.holds", func(ctx context.Context, tx db.Tx) error {
		for _, reference := range []string{"payout:1", "payout:2"} {
			if _, err := m.Ledger.Hold(ctx, tx, wallet, 500, reference, buyer.ID, time.Time{}); err != nil {
				return err
			}
		}
		return m.Ledger.PostHold(ctx, tx, "payout:1", ledger.PayoutApproved, ledger.PayoutsTransit("NPR"), 400)
	})
	if err != nil {
		t.Fatal(err)
	}
	m.RunJobs()
	m.Clock.Advance(6 * time.Minute) // for the ledger to fold
	for _, sweep := range []string{"event.number", "ledger.fold"} {
		if m.Sweep(sweep) == 0 {
			t.Fatalf("%s did nothing", sweep)
		}
	}
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
