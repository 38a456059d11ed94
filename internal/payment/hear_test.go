package payment_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/haat-market/haat/internal/apptest"
	"github.com/haat-market/haat/internal/payment/gateway"
	"github.com/haat-market/haat/internal/platform/config"
	"github.com/haat-market/haat/internal/platform/web"
)

// What a provider sends is a hint: it is kept once, looks the attempt up, and decides nothing.
func TestWebhook(t *testing.T) {
	each(t, func(t *testing.T, s *story) {
		admin, provider := s.Person("admin"), s.Anonymous()
		s.start()
		hook := "/webhooks/slow?attempt=" + s.attempt + "&event="
		provider.Post(hook+"1", `{"paid":true}`).Want(200).Is("received", true)
		s.RunJobs()
		s.order("awaiting_payment", "unpaid")
		s.gateway.decide(s.attempt, paid)
		provider.Post(hook+"1", `{"paid":true}`).Want(200) // the same one: nothing is looked up
		s.RunJobs()
		s.order("awaiting_payment", "unpaid")
		for range 3 {
			provider.Post(hook+"2", `{}`).Want(200)
			s.RunJobs()
		}
		s.order("confirmed", "paid")
		admin.Get("/v1/gateway-messages?state=known").Want(200).Is("items.0.attempt", s.attempt).Is("items.0.event", "2").Is("items.1.event", "1")

		// Forged, too large, for nobody.
		provider.With("X-Forged", "1").Post(hook+"3", `{}`).Problem(400, "webhook_not_genuine")
		provider.Post("/webhooks/slow?event=4", strings.Repeat("x", 64<<10+1)).Want(413)
		provider.Post("/webhooks/nobody", `{}`).Problem(404, "gateway_not_found")
		provider.Post("/webhooks/bank_transfer", `{}`).Problem(400, "webhook_not_genuine")

		// About a payment that nobody knows: taken, and left to a person.
		for range 2 {
			provider.Post("/webhooks/slow?event=5&attempt=att_0000000000000000", "\x00\xff not JSON").Want(202)
		}
		provider.Post("/webhooks/test?attempt="+s.attempt, `{}`).Problem(400, "webhook_not_genuine")
		a := admin.Get("/v1/gateway-messages?state=unknown").Want(200).Is("items.0.event", "5")
		if a.Len("items") != 1 {
			t.Errorf("%s", a.Body)
		}
		id := a.Str("items.0.id")
		s.buyer.Get("/v1/gateway-messages").Problem(403, "forbidden")
		admin.Post("/v1/gateway-messages/{}/resolve", M{"note": "the provider's test"}, id).Want(204)
		admin.Post("/v1/gateway-messages/{}/resolve", M{"note": "again"}, id).Problem(404, "message_not_found")
		admin.Get("/v1/gateway-messages?state=resolved").Want(200).Is("items.0.resolved_by", admin.ID).Is("items.0.note", "the provider's test")
	})
}

// A browser that comes back goes to a page of ours, whatever it says, and what it says is looked up.
func TestReturn(t *testing.T) {
	each(t, func(t *testing.T, s *story) {
		s.start()
		s.gateway.decide(s.attempt, paid)
		for path, want := range map[string]string{
			"/payments/return/slow?attempt=" + s.attempt:                                           "pay/" + strings.TrimPrefix(s.pay, "/v1/payments/") + "?returned=1",
			"/payments/return/slow?attempt=att_0000000000000000&next=https://evil.example":         "",
			"/payments/return/slow?attempt=../../evil&return_url=https://evil.example":             "",
			"/payments/return/nobody?attempt=" + s.attempt:                                         "",
			"/payments/return/test?attempt=" + s.attempt + "&url=https://evil.example&status=paid": "",
		} {
			a := s.Anonymous().Get(path).Want(http.StatusSeeOther)
			if got := a.Header.Get("Location"); got != config.Default().BaseURL()+"/"+want || strings.Contains(got, "evil") {
				t.Errorf("%s leads to %s", path, got)
			}
		}
		s.order("awaiting_payment", "unpaid") // nothing was believed
		s.RunJobs()
		s.order("confirmed", "paid")
	})
}

// A provider that is down is said to be, with the time to try again, and is left alone until then.
func TestProviderDown(t *testing.T) {
	each(t, func(t *testing.T, s *story) {
		s.gateway.down = 5 * time.Minute
		card := M{"number": "4242424242424242", "exp_month": 1, "exp_year": 2030, "cvc": "123"}
		a := s.buyer.Post(s.pay+"/attempts", M{"gateway": "slow", "card": card}).Problem(503, "bank_service_down").Is("details.can_retry", true).Is("details.retry_after", 300)
		if a.Header.Get("Retry-After") != "300" {
			t.Errorf("Retry-After %q", a.Header.Get("Retry-After"))
		}
		s.gateway.down = 0
		s.start() // the one before did nothing, so another may begin at once
		s.gateway.down = 5 * time.Minute
		s.buyer.Post(s.pay+"/verify", nil).Problem(503, "bank_service_down")
		s.gateway.asked = 0
		s.Clock.Advance(time.Minute)
		for range 3 {
			s.Sweep("payment.look")
		}
		if s.gateway.asked > 1 {
			t.Errorf("asked %d times while it was down", s.gateway.asked)
		}
		s.gateway.down = 0
		s.gateway.decide(s.attempt, paid)
		s.Clock.Advance(6 * time.Minute)
		s.Sweep("payment.look")
		s.order("confirmed", "paid")
	})
}

// The browser never came back, the window went by, and then the provider has the money after all: the poller still
// looks, for a day.
func TestPollerFindsLateMoney(t *testing.T) {
	each(t, func(t *testing.T, s *story) {
		s.start()
		s.later(20 * time.Minute)
		s.Sweep("payment.expire")
		s.Sweep("payment.look")
		s.order("cancelled", "unpaid")
		s.buyer.Get(s.pay).Want(200).Is("attempts.0.state", "expired").Is("attempts.0.failure", "payment_timeout")
		s.buyer.Post(s.pay+"/attempts", M{"gateway": "wallet"}).Problem(409, "payment_timeout").Is("details.session_duration", 900)
		s.gateway.decide(s.attempt, paid)
		s.later(5 * time.Hour)
		s.Sweep("payment.look")
		s.order("confirmed", "paid")
		s.gateway.asked = 0
		s.later(30 * time.Hour)
		s.Sweep("payment.look")
		if s.gateway.asked != 0 {
			t.Errorf("asked %d times about what is settled", s.gateway.asked)
		}
	})
}

// Gateways are turned on and off, and cost what an admin says.
func TestGatewaySettings(t *testing.T) {
	each(t, func(t *testing.T, s *story) {
		admin := s.Person("admin")
		admin.Get("/v1/gateways").Want(200)
		admin.Get("/v1/gateways/slow").Want(200).Is("enabled", true).Is("offered", true).Is("verified", "sandbox").Is("fee_fixed", "2.00").Is("fee_rate", "2.5")
		admin.Get("/v1/gateways/bank_transfer").Want(200).Is("offered", false).Is("missing.0", "account_name").Is("fee_fixed", "0.00").Is("second_above", "50000.00")
		admin.Get("/v1/gateways/nobody").Problem(404, "gateway_not_found")
		s.buyer.Get("/v1/gateways").Problem(403, "forbidden")
		s.buyer.Patch("/v1/gateways/slow", M{"enabled": false}).Problem(403, "forbidden")

		admin.Patch("/v1/gateways/slow", M{"enabled": false}).Want(200).Is("offered", false).Is("version", 1)
		card := M{"number": "4242424242424242", "exp_month": 1, "exp_year": 2030, "cvc": "123"}
		s.buyer.Post(s.pay+"/attempts", M{"gateway": "slow", "card": card}).Problem(409, "gateway_unavailable")
		admin.Patch("/v1/gateways/slow", M{"reset": []string{"enabled"}, "fee_fixed": "1.00", "fee_bp": 0, "min": "200.00"}).Want(200).Is("offered", true).Is("fee_fixed", "1.00").Is("fee_rate", "0")
		s.buyer.Post(s.pay+"/attempts", M{"gateway": "slow", "card": card}).Problem(409, "gateway_amount").Is("details.min", "200.00")
		admin.Patch("/v1/gateways/slow", M{"min": "0"}).Want(200)
		s.buyer.Post(s.pay+"/attempts", M{"gateway": "slow", "card": card, "choice": "x"}).Problem(422, "choice_invalid")
		s.buyer.Post(s.pay+"/attempts", M{"gateway": "slow", "card": card}).Want(201).Is("fee", "1.00").Is("total", "101.00")
		admin.Get("/v1/events?type=gateway.changed").Want(200).Is("items.0.subject", "slow").Is("items.0.actor", admin.ID)

		for _, bad := range []M{
			{"fee_fixed": "-1.00"}, {"fee_fixed": "1.001"}, {"min": "x"}, {"min": "10.00", "max": "5.00"}, {"currencies": []string{"ZZZ"}},
			{"details": M{"account_number": "1"}}, {"details": M{"x": strings.Repeat("y", 300)}},
		} {
			admin.Patch("/v1/gateways/slow", bad).Problem(422, "gateway_setting_invalid")
		}
		admin.Patch("/v1/gateways/upi", M{"currencies": []string{"NPR"}}).Problem(422, "gateway_setting_invalid")
		admin.Patch("/v1/gateways/bank_transfer", M{"enabled": true}).Problem(409, "gateway_incomplete").Is("details.missing.0", "account_name")
		admin.Patch("/v1/gateways/nobody", M{}).Problem(404, "gateway_not_found")
		admin.Patch("/v1/gateways/slow", M{"currencies": []string{"USD"}}).Want(200).Is("offered", false)
		admin.Patch("/v1/gateways/slow", M{"currencies": []string{}}).Want(200).Is("offered", true)
	})
}

// Starting payments without end is refused, for this account alone.
func TestStartsAreLimited(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		one, other := m.Person("customer"), m.Person("customer")
		path := "/v1/payments/pay_0000000000000000/attempts"
		for range 30 {
			one.Post(path, M{"gateway": "wallet"}).Problem(404, "payment_not_found")
		}
		a := one.Post(path, M{"gateway": "wallet"}).Problem(429, "rate_limited")
		if a.Header.Get("Retry-After") == "" {
			t.Error("no time to come again")
		}
		other.Post(path, M{"gateway": "wallet"}).Problem(404, "payment_not_found")
	}, apptest.WithLimits(web.DefaultLimits()))
}

var _ gateway.Gateway = (*slow)(nil)
