package payment_test

import (
	"testing"
	"time"

	"github.com/haat-market/haat/internal/apptest"
)

// What the documents call the failures of payments (004 §2.7 and §7.2), line by line, as this market says them: each
// document's code is a code here, and each of its facts a detail.
func TestDocumentedErrors(t *testing.T) {
	declined := M{"gateway": "test", "card": M{"number": "4000 0000 0000 0002", "exp_month": 12, "exp_year": 2030, "cvc": "123"}}
	slowly := M{"gateway": "slow", "card": M{"number": "4242424242424242", "exp_month": 1, "exp_year": 2030, "cvc": "123"}}
	rows := []struct {
		documented string // error_code
		provoke    func(s *story) *apptest.Answer
		status     int
		code       string
		details    map[string]any // the documents call them as the comments say
	}{
		{
			"INSUFFICIENT_BALANCE", func(s *story) *apptest.Answer { return s.buyer.Post(s.pay+"/attempts", M{"gateway": "wallet"}) }, 409, "insufficient_balance",
			map[string]any{"required": "100.00" /* required_amount */, "available": "0.00" /* available_balance */},
		},
		{
			"BANK_SERVICE_DOWN", func(s *story) *apptest.Answer {
				s.gateway.down = 5 * time.Minute
				defer func() { s.gateway.down = 0 }()
				return s.buyer.Post(s.pay+"/attempts", slowly)
			}, 503, "bank_service_down",
			map[string]any{"retry_after": 300, "can_retry": true},
		},
		{
			"CARD_DECLINED", func(s *story) *apptest.Answer { return s.buyer.Post(s.pay+"/attempts", declined) }, 402, "card_declined",
			map[string]any{"can_retry": true, "decline_reason": "card_declined"},
		},
		{
			"PAYMENT_TIMEOUT", func(s *story) *apptest.Answer {
				s.later(20 * time.Minute)
				s.Sweep("payment.expire")
				return s.buyer.Post(s.pay+"/attempts", declined)
			}, 409, "payment_timeout",
			map[string]any{"session_duration": 900, "expired_at": apptest.Start.Add(15 * time.Minute).UTC().Format(time.RFC3339)},
		},
		{
			"EMPTY_CART", func(s *story) *apptest.Answer {
				return s.buyer.Post("/v1/checkouts", M{"address_id": s.buyer.Get("/v1/me/addresses").Want(200).Str("items.0.id"), "payment_method": "gateway", "expected_total": "0.00"})
			}, 422, "empty_cart", nil,
		},
	}
	each(t, func(t *testing.T, s *story) {
		for _, r := range rows {
			a := r.provoke(s).Problem(r.status, r.code)
			for name, want := range r.details {
				a.Is("details."+name, want)
			}
			if t.Failed() {
				t.Fatalf("after %s", r.documented)
			}
		}
	})
}
