package subscription_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/haat-market/haat/internal/apptest"
	"github.com/haat-market/haat/internal/platform/db/dbtest"
)

type M = apptest.M

const pin = "110024"

// dealing is a market with a dealer who has just opened.
type dealing struct {
	*apptest.Market
	admin, anyone *apptest.Client
	dealer        apptest.Store
	paper, rate   string
}

func newDealing(m *apptest.Market) *dealing {
	w := &dealing{Market: m, admin: m.Person("admin"), anyone: m.Anonymous()}
	m.India(w.admin)
	w.admin.Patch("/v1/gateways/bank_transfer", M{"details": M{"account_name": "Kabadi Techno Pvt. Ltd.", "account_number": "1234567890", "bank": "Kabadi Bank"}}).Want(200)
	w.paper = m.Material(w.admin, "Newspaper", "kg", "5")
	w.dealer = m.Dealer(pin)
	w.rate = w.dealer.Rate(w.paper, pin, "15.00")
	return w
}

// later moves the clock, does what is due, and signs everybody in anew.
func (w *dealing) later(d time.Duration) {
	w.T.Helper()
	w.Clock.Advance(d)
	w.Sweep("subscription.due")
	w.admin, w.dealer.Owner = w.SignIn(w.admin), w.SignIn(w.dealer.Owner)
}

func (w *dealing) plan(code string) string {
	w.T.Helper()
	a := w.anyone.Get("/v1/plans").Want(200)
	for i := range a.Len("items") {
		if a.Str(fmt.Sprintf("items.%d.code", i)) == code {
			return a.Str(fmt.Sprintf("items.%d.id", i))
		}
	}
	w.T.Fatalf("no plan %s: %s", code, a.Body)
	return ""
}

func (w *dealing) choose(body M) *apptest.Answer {
	return w.dealer.Owner.Post("/v1/stores/{}/subscriptions", body, w.dealer.ID)
}

// pay proves a transfer, which the admin approves.
func (w *dealing) pay(sub *apptest.Answer, reference string) {
	w.T.Helper()
	pay := sub.Str("payment.id")
	w.dealer.Owner.Post("/v1/payments/{}/attempts", M{"gateway": "bank_transfer"}, pay).Want(201)
	proof := w.dealer.Owner.Post("/v1/payments/{}/proof", M{"reference": reference}, pay).Want(200).Str("attempts.0.proof.id")
	w.admin.Post("/v1/payment-proofs/{}/approve", M{"amount": sub.Str("price")}, proof).Want(200).Is("state", "approved")
}

func (w *dealing) access() *apptest.Answer {
	w.T.Helper()
	return w.dealer.Owner.Get("/v1/stores/", w.dealer.ID, "/subscription").Want(200)
}

func (w *dealing) shown(n int) {
	w.T.Helper()
	if a := w.anyone.Get("/v1/rates?postal_code=" + pin).Want(200); a.Len("items") != n {
		w.T.Errorf("%d rates are shown, want %d: %s", a.Len("items"), n, a.Body)
	}
}

// A dealer's story as the source document tells it: a trial of 30 days, then a plan of 90 for 1500.00 that an admin approves.
func TestDealerSubscribes(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		w := newDealing(m)
		w.access().Is("access_granted", true).Is("days_left", 30).Is("current.trial", true).Is("current.plan", "trial").Is("current.price", "0.00").Is("trial_available", false).Is("postal_codes", 5)
		w.shown(1)
		w.anyone.Get("/v1/plans").Want(200).Is("items.0.days", 30).Is("items.0.price", "0.00").Is("items.1.code", "3_month").Is("items.1.days", 90).Is("items.1.price", "1500.00")
		w.choose(M{"plan": w.plan("trial")}).Problem(409, "trial_used")

		sub := w.choose(M{"plan": w.plan("3_month")}).Want(201).Is("state", "pending").Is("price", "1500.00")
		w.choose(M{"plan": w.plan("3_month")}).Problem(409, "subscription_pending")
		pay := sub.Str("payment.id")
		// The market's bank details, for exactly this plan's price.
		w.dealer.Owner.Post("/v1/payments/{}/attempts", M{"gateway": "bank_transfer"}, pay).Want(201).Is("next.fields.account_number", "1234567890").Is("next.fields.amount", "1500.00")
		proof := w.dealer.Owner.Post("/v1/payments/{}/proof", M{"reference": "TRANS 12345"}, pay).Want(200).Str("attempts.0.proof.id")
		w.admin.Post("/v1/payment-proofs/{}/approve", M{"amount": "1499.00"}, proof).Problem(409, "amount_differs")
		w.admin.Post("/v1/payment-proofs/{}/reject", M{"reason": "Nothing came yet."}, proof).Want(200)
		w.access().Is("pending.state", "pending").Is("reason", "active")
		w.pay(sub, "TRANS 12345")
		// It begins when the trial ends, to the microsecond.
		w.dealer.Owner.Get("/v1/subscriptions/", sub.Str("id")).Want(200).Is("state", "active").
			Is("starts_at", apptest.Start.AddDate(0, 0, 30).Format(time.RFC3339)).Is("ends_at", apptest.Start.AddDate(0, 0, 120).Format(time.RFC3339))
		w.access().Is("days_left", 120).Is("current.trial", true)

		again := w.choose(M{"plan": w.plan("3_month")}).Want(201)
		w.dealer.Owner.Post("/v1/payments/{}/attempts", M{"gateway": "bank_transfer"}, again.Str("payment.id")).Want(201)
		second := w.dealer.Owner.Post("/v1/payments/{}/proof", M{"reference": "trans12345"}, again.Str("payment.id")).Want(200).Str("attempts.0.proof.id")
		w.admin.Post("/v1/payment-proofs/{}/approve", M{}, second).Problem(409, "reference_used")
		m.Person("customer", "seller").Get("/v1/subscriptions/", again.Str("id")).Problem(404, "subscription_not_found")

		w.later(31 * 24 * time.Hour)
		w.shown(1)
		w.access().Is("current.plan", "3_month").Is("days_left", 89)
		w.later(90 * 24 * time.Hour)
		w.shown(0)
		w.access().Is("access_granted", false)
		w.dealer.Owner.Get("/v1/stores/", w.dealer.ID, "/subscriptions?state=expired").Want(200).Is("items.0.plan", "3_month").Is("items.1.plan", "trial")
		w.admin.Get("/v1/subscriptions?state=expired").Want(200).Is("items.0.store.id", w.dealer.ID)
		w.dealer.Owner.Get("/v1/subscriptions").Problem(403, "forbidden")
	})
}

// A subscription that ends between cart and checkout stops the checkout; what was accepted may be fetched, what was not may
// not, and nothing is accepted any more.
func TestSubscriptionEndsBetweenCartAndCheckout(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		w := newDealing(m)
		w.later(28 * 24 * time.Hour)
		home := M{"name": "Jane Doe", "phone": "+919876543210", "line1": "123 Main St", "city": "Delhi", "country": "IN", "postal_code": pin}
		household := m.Person("customer")
		sell := func() *apptest.Answer {
			return household.Post("/v1/checkouts/buyback", M{"address": home, "pickup_date": m.Clock.Now().AddDate(0, 0, 3).Format(time.DateOnly), "pickup_slot": "8am - 1pm", "expected_total": "159.00"})
		}
		order := func() string {
			household.Post("/v1/cart/rates", M{"rate": w.rate, "quantity": "10"}).Want(201)
			return "/v1/orders/" + sell().Want(201).Str("orders.0.id")
		}
		accepted, waiting := order(), order()
		w.dealer.Owner.Post(accepted+"/accept", nil).Want(200)
		household.Post("/v1/cart/rates", M{"rate": w.rate, "quantity": "10"}).Want(201)
		m.Clock.Advance(2*24*time.Hour + time.Minute) // and the sweep has not been yet
		household, w.dealer.Owner = m.SignIn(household), m.SignIn(w.dealer.Owner)
		sell().Problem(409, "cart_changed").Is("errors.0.code", "dealer_not_buying")
		w.dealer.Owner.Post(waiting+"/accept", nil).Problem(409, "dealer_not_buying")
		fetch := func(path string) *apptest.Answer {
			otp := household.Get(path + "/otp").Want(200)
			return w.dealer.Owner.Post(path+"/pickup", M{
				"number": otp.Str("number"), "otp": otp.Str("otp"), "pay_by": "cash", "lines": []M{{"line": household.Get(path).Want(200).Str("buyback.lines.0.id"), "quantity": "9"}},
			})
		}
		fetch(waiting).Problem(409, "dealer_not_buying")
		fetch(accepted).Want(200).Is("totals.total", "143.10")
		w.Sweep("subscription.due")
		w.shown(0)
		household.Post("/v1/cart/rates", M{"rate": w.rate, "quantity": "1"}).Problem(409, "not_bought")
	})
}

func TestUpgradeCancelAndExpiry(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		w := newDealing(m)
		w.dealer.Owner.Post("/v1/plans", M{"code": "big", "name": "Big", "days": 30, "price": "900", "postal_codes": 11}).Problem(403, "forbidden")
		for _, bad := range []M{{"code": "big", "name": "Big", "days": 30, "price": "0"}, {"code": "B G", "name": "Big", "days": 30, "price": "9"}, {"code": "big", "name": "Big", "days": 30, "price": "-1"}} {
			w.admin.Post("/v1/plans", bad).Problem(422, "invalid_plan")
		}
		w.admin.Post("/v1/plans", M{"code": "big", "name": "Big", "days": 30, "price": "900", "postal_codes": 11}).Want(201)
		w.admin.Post("/v1/plans", M{"code": "big", "name": "Big", "days": 30, "price": "900"}).Problem(409, "plan_taken")

		sub := w.choose(M{"plan": w.plan("big"), "upgrade": true}).Want(201)
		id := sub.Str("id")
		w.dealer.Owner.Post("/v1/subscriptions/{}/cancel", nil, id).Want(200).Is("state", "cancelled")
		w.dealer.Owner.Post("/v1/subscriptions/{}/cancel", nil, id).Problem(409, "subscription_state")
		w.later(10 * 24 * time.Hour)
		w.pay(w.choose(M{"plan": w.plan("big"), "upgrade": true}).Want(201), "BANK 77")
		w.access().Is("current.plan", "big").Is("postal_codes", 11).Is("days_left", 50) // 30 and the trial's last 20
		w.shown(1)
		codes := []string{"110001", "110002", "110003", "110005", "110006", "110007", pin}
		w.dealer.Owner.Put("/v1/stores/{}/service-areas", M{"postal_codes": codes}, w.dealer.ID).Want(200).Is("limit", 11)

		w.admin.Patch("/v1/plans/{}", M{"active": false}, w.plan("big")).Want(200)
		id = w.access().Str("current.id")
		w.admin.Post("/v1/subscriptions/{}/expire", M{"reason": "Complaints."}, id).Want(200).Is("state", "expired").Is("reason", "Complaints.")
		w.admin.Post("/v1/subscriptions/{}/expire", M{"reason": "Complaints."}, id).Problem(409, "subscription_state")
		w.shown(0)
		m.Verify()

		// Who does not pay within a week has chosen nothing.
		w.choose(M{"plan": w.plan("3_month")}).Want(201)
		w.access().Is("reason", "waiting_for_payment")
		w.Clock.Advance(8 * 24 * time.Hour)
		w.Sweep("payment.expire")
		w.later(0)
		w.access().Is("reason", "expired")
		w.dealer.Owner.Get("/v1/stores/", w.dealer.ID, "/subscriptions").Want(200).Is("items.0.state", "lapsed")
	})
}

// A subscription that is ended early leaves a gap before one that was paid after it: nothing is shown until that begins.
func TestGapBetweenPlans(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		w := newDealing(m)
		w.pay(w.choose(M{"plan": w.plan("3_month")}).Want(201), "BANK 78")
		w.admin.Post("/v1/subscriptions/{}/expire", M{"reason": "Complaints."}, w.access().Str("current.id")).Want(200)
		w.shown(0)
		w.later(30*24*time.Hour + time.Minute)
		w.shown(1)
		w.access().Is("current.plan", "3_month").Is("access_granted", true)
	})
}

func TestReminder(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		w := newDealing(m)
		w.later(22 * 24 * time.Hour)
		m.RunJobs()
		if n := len(m.Mail.Sent()); n != 0 {
			t.Errorf("%d mails eight days before", n)
		}
		w.later(2 * 24 * time.Hour)
		w.later(time.Hour)
		m.RunJobs()
		sent := m.Mail.Sent()
		if len(sent) != 1 || sent[0].To != w.dealer.Owner.Email || !strings.Contains(sent[0].Text, "2026-10-31") {
			t.Errorf("%+v", sent)
		}
	})
}

// Of many who choose at once one plan waits; a second store of an owner has no second trial.
func TestOnePendingAndOneTrial(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		w := newDealing(m)
		plan := w.plan("3_month")
		var mu sync.Mutex
		var wg sync.WaitGroup
		said := map[int]int{}
		for range 12 {
			wg.Go(func() {
				a, err := w.dealer.Owner.Try("POST", "/v1/stores/"+w.dealer.ID+"/subscriptions", M{"plan": plan})
				mu.Lock()
				defer mu.Unlock()
				if err != nil {
					t.Error(err)
					return
				}
				said[a.Status]++
			})
		}
		wg.Wait()
		if said[201] != 1 || said[409]+said[503] != 11 {
			t.Errorf("%v", said)
		}
		id := w.dealer.Owner.Post("/v1/stores", M{"name": "A second one", "sells": false, "buys": true}).Want(201).Str("id")
		w.dealer.Owner.Post("/v1/stores/{}/publish", nil, id).Want(200)
		w.dealer.Owner.Get("/v1/stores/", id, "/subscription").Want(200).Is("access_granted", false).Is("reason", "no_subscription").Is("trial_available", false)
		shop := m.Store()
		shop.Owner.Get("/v1/stores/", shop.ID, "/subscription").Want(200).Is("reason", "does_not_buy").Is("trial_available", true)
		shop.Owner.Post("/v1/stores/{}/subscriptions", M{"plan": plan}, shop.ID).Problem(409, "store_does_not_buy")
	})
}

func TestVerifyFindsWrongSubscriptions(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		newDealing(m)
		dbtest.Exec(t, m.DB, "UPDATE subscriptions SET ends_at = ends_at + 1, state = 'cancelled', due_at = NULL")
		if found := fmt.Sprint(m.Findings()); !strings.Contains(found, "subscription.paid") {
			t.Errorf("found only %s", found)
		}
		dbtest.Exec(t, m.DB, "UPDATE subscriptions SET ends_at = ends_at - 1, state = 'active', due_at = ends_at")
	})
}
