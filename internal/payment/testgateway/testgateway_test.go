package testgateway_test

import (
	"context"
	"testing"

	"github.com/haat-market/haat/internal/app"
	"github.com/haat-market/haat/internal/payment/gateway"
	"github.com/haat-market/haat/internal/payment/gatewaytest"
	"github.com/haat-market/haat/internal/payment/testgateway"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/db/dbtest"
	"github.com/haat-market/haat/internal/platform/money"
)

// books are the gateway's own tables, which a test reads and falsifies as the other company could.
type books struct {
	t *testing.T
	d *db.DB
}

func (b books) number(query, key string) (n int64) {
	b.t.Helper()
	if err := b.d.Read(context.Background(), "test.books", func(ctx context.Context, tx db.Tx) error {
		return tx.QueryRow(ctx, query, key).Scan(&n)
	}); err != nil {
		b.t.Fatal(err)
	}
	return n
}

func (books) Pay(string)     {}
func (books) Decline(string) {}

func (b books) Misreport(attempt string, amount int64, c money.Currency) {
	dbtest.Exec(b.t, b.d, "UPDATE test_charges SET amount = $1, currency = $2 WHERE attempt = $3", amount, string(c), attempt)
}

func (b books) Taken(attempt string) int64 {
	return b.number("SELECT COALESCE(SUM(amount), 0) FROM test_charges WHERE attempt = $1 AND outcome = ''", attempt)
}

func (b books) Given(attempt string) int64 {
	return b.number("SELECT COALESCE(SUM(r.amount), 0) FROM test_refunds r JOIN test_charges c ON c.id = r.charge_id WHERE c.attempt = $1", attempt)
}

func (b books) Charges(attempt string) int {
	return int(b.number("SELECT COUNT(*) FROM test_charges WHERE attempt = $1", attempt))
}

func TestConformance(t *testing.T) {
	dbtest.SQL("UPDATE test_charges SET amount = $1, currency = $2 WHERE attempt = $3",
		"SELECT COALESCE(SUM(amount), 0) FROM test_charges WHERE attempt = $1 AND outcome = ''",
		"SELECT COALESCE(SUM(r.amount), 0) FROM test_refunds r JOIN test_charges c ON c.id = r.charge_id WHERE c.attempt = $1",
		"SELECT COUNT(*) FROM test_charges WHERE attempt = $1")
	dbtest.EachWith(t, db.Config{Schema: app.Schema()}, func(t *testing.T, d *db.DB) {
		gatewaytest.Run(t, func(t *testing.T) gatewaytest.Bench {
			dbtest.Exec(t, d, "DELETE FROM test_refunds")
			dbtest.Exec(t, d, "DELETE FROM test_charges")
			card := gateway.Card{Month: 1, Year: 2030, CVC: "123"}
			good, bad := card, card
			good.Number, bad.Number = "4242424242424242", "4000000000000002"
			return gatewaytest.Bench{
				Gateway: testgateway.New(d, clock.System()), Provider: books{t, d}, Currency: "NPR", Other: "USD", Card: good, Bad: bad, Secrets: []string{good.Number},
			}
		})
	})
}

// The market dies when the attempt has begun and before the gateway was asked: what was kept is the truth.
func TestAKeptChargeIsKnown(t *testing.T) {
	dbtest.EachWith(t, db.Config{Schema: app.Schema()}, func(t *testing.T, d *db.DB) {
		g := testgateway.New(d, clock.System())
		for number, want := range map[string]gateway.State{"4242 4242 4242 4242": gateway.Paid, "4000000000000002": gateway.Failed} {
			c := gateway.Charge{Attempt: "att_" + number[:4], Amount: 100, Currency: "NPR", Card: gateway.Card{Number: number}}
			if err := d.Write(t.Context(), "test", func(ctx context.Context, tx db.Tx) error { return g.Keep(ctx, tx, c) }); err != nil {
				t.Fatal(err)
			}
			found, err := g.Lookup(t.Context(), c)
			if err != nil || found.State != want {
				t.Errorf("%s: looked up %v, %v", number, found, err)
			}
			c.Kept = true
			if started, err := g.Start(t.Context(), c); err != nil || started != found {
				t.Errorf("%s: started %v, looked up %v: %v", number, started, found, err)
			}
		}
	})
}
