package payment_test

import (
	"bytes"
	"image"
	"image/png"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/haat-market/haat/internal/apptest"
)

// bank lets a market take transfers; above 150.00 two admins approve.
func (s *story) bank() (first, second *apptest.Client) {
	first, second = s.Person("admin"), s.Person("admin")
	first.Patch("/v1/gateways/bank_transfer", M{
		"details": M{"account_name": "Asan Bazaar", "account_number": "0123456789", "bank": "Nabil"}, "second_above": "150.00",
	}).Want(200).Is("offered", true)
	return first, second
}

func (s *story) transfer() *apptest.Answer {
	s.t.Helper()
	return s.buyer.Post(s.pay+"/attempts", M{"gateway": "bank_transfer"}).Want(201)
}

// A transfer from the details to the approval: the goods wait, no timer runs once there is a proof, and the money is at
// the bank.
func TestBankTransfer(t *testing.T) {
	each(t, func(t *testing.T, s *story) {
		admin, _ := s.bank()
		s.buyer.Post(s.pay+"/proof", M{"reference": "TX 1"}).Want(422)
		s.buyer.Post(s.pay+"/proof", M{"reference": "TX 1234"}).Problem(409, "no_transfer")
		a := s.transfer().Is("fee", "0.00").Is("total", "100.00").Is("state", "started").Is("next.type", "transfer").
			Is("next.fields.account_number", "0123456789").Is("next.fields.amount", "100.00")
		if ref := a.Str("next.fields.reference"); ref != strings.ToUpper(strings.TrimPrefix(a.Str("id"), "att_")) {
			t.Errorf("reference %s of %s", ref, a.Str("id"))
		}
		if code := s.buyer.Get(s.pay, "/qr").Want(200); !bytes.HasPrefix(code.Body, []byte("<svg")) {
			t.Errorf("code %.60s", code.Body)
		}
		s.later(47 * time.Hour)
		if n := s.Sweep("payment.expire"); n != 0 {
			t.Fatalf("expired %d before the 48 hours were over", n)
		}
		s.buyer.Post(s.pay+"/proof", M{"reference": " tx 12 34 ", "note": "from my wife's account"}).Want(200).
			Is("attempts.0.proof.state", "submitted").Is("attempts.0.proof.reference", "TX1234").Is("expires_at", nil)
		s.buyer.Post(s.pay+"/proof", M{"reference": "TX1235"}).Want(200).Is("attempts.0.proof.reference", "TX1235")
		s.later(20 * 24 * time.Hour)
		s.Sweep("payment.expire")
		s.Sweep("payment.look")
		s.order("awaiting_payment", "unpaid")
		s.buyer.Post(s.pay+"/attempts", M{"gateway": "wallet"}).Problem(409, "attempt_running")

		admin = s.SignIn(admin)
		id := admin.Get("/v1/payment-proofs?state=submitted").Want(200).Is("items.0.total", "100.00").Is("items.0.account", s.buyer.ID).Str("items.0.id")
		s.buyer.Get("/v1/payment-proofs").Problem(403, "forbidden")
		s.buyer.Post("/v1/payment-proofs/{}/approve", M{}, id).Problem(403, "forbidden")
		admin.Post("/v1/payment-proofs/{}/approve", M{"amount": "99.00"}, id).Problem(409, "amount_differs").Is("details.expected", "100.00")
		admin.Post("/v1/payment-proofs/{}/approve", M{"amount": "100.00", "reference": "TX-1235"}, id).Want(200).
			Is("state", "approved").Is("reference", "TX-1235").Is("decided_by", admin.ID)
		s.order("confirmed", "paid")
		admin.Post("/v1/payment-proofs/{}/approve", M{}, id).Problem(409, "proof_decided").Is("details.state", "approved")
		admin.Post("/v1/payment-proofs/{}/reject", M{"reason": "changed my mind"}, id).Problem(409, "proof_decided")
		admin.Get("/v1/payment-proofs/prf_0000000000000000").Problem(404, "proof_not_found")
		s.buyer.Get(s.pay).Want(200).Is("state", "completed").Is("attempts.0.state", "succeeded").Is("attempts.0.proof.state", "approved")
		admin.Get("/v1/ledger/accounts/bank:NPR/statement").Want(200).Is("items.0.amount", "-100.00")

		// What the bank cannot give back goes to the wallet.
		s.buyer.Post("/v1/orders/{}/cancel", nil, s.buyer.Get(s.checkout).Str("orders.0.id")).Want(200)
		s.buyer.Get("/v1/wallet").Want(200).Is("balance", "100.00")
		s.buyer.Get(s.pay, "/refunds").Want(200).Is("items.0.destination", "wallet").Is("items.0.state", "completed")
	})
}

// A number is used up when it is approved, and never by who only writes it.
func TestReferenceCountsOnce(t *testing.T) {
	each(t, func(t *testing.T, s *story) {
		admin, _ := s.bank()
		_, v := s.store.Product("Rug", "20.00", 9)
		var proofs []string
		var buyers []*apptest.Client
		for range 3 {
			b, address := s.Buyer()
			pay := "/v1/payments/" + b.Post("/v1/checkouts", M{"direct": M{"variant": v, "quantity": 1}, "address_id": address, "payment_method": "gateway", "expected_total": "20.00"}).Want(201).Str("payment.id")
			b.Post(pay+"/attempts", M{"gateway": "bank_transfer"}).Want(201)
			proofs = append(proofs, b.Post(pay+"/proof", M{"reference": "same 1"}).Want(200).Str("attempts.0.proof.id"))
			buyers = append(buyers, b)
		}
		codes := make([]int, len(proofs))
		var all sync.WaitGroup
		for i, id := range proofs {
			all.Go(func() {
				a, err := admin.Try("POST", "/v1/payment-proofs/"+id+"/approve", M{})
				if err != nil {
					t.Error(err)
					return
				}
				codes[i] = a.Status
				if a.Status == 409 && a.Str("code") != "reference_used" {
					t.Errorf("%s", a.Body)
				}
			})
		}
		all.Wait()
		approved := 0
		for i, c := range codes {
			if c == 200 {
				approved++
				buyers[i].Get("/v1/payments").Want(200).Is("items.0.state", "completed")
			}
		}
		if approved != 1 {
			t.Errorf("%d were approved: %v", approved, codes)
		}
	})
}

// Above a limit two different admins approve, and nobody his own payment.
func TestTwoApprovers(t *testing.T) {
	each(t, func(t *testing.T, s *story) {
		first, second := s.bank()
		_, v := s.store.Product("Carpet", "500.00", 2)
		buyer := s.Person("customer", "admin")
		address := buyer.Post("/v1/me/addresses", apptest.Address()).Want(201).Str("id")
		pay := "/v1/payments/" + buyer.Post("/v1/checkouts", M{"direct": M{"variant": v, "quantity": 1}, "address_id": address, "payment_method": "gateway", "expected_total": "500.00"}).Want(201).Str("payment.id")
		buyer.Post(pay+"/attempts", M{"gateway": "bank_transfer"}).Want(201)
		id := buyer.Post(pay+"/proof", M{"reference": "BIG-1"}).Want(200).Str("attempts.0.proof.id")
		approve := "/v1/payment-proofs/" + id + "/approve"
		buyer.Post(approve, M{}).Problem(403, "own_proof")
		first.Post(approve, M{}).Want(200).Is("state", "submitted").Is("first_by", first.ID)
		first.Post(approve, M{}).Problem(409, "second_approver_needed")
		buyer.Post(pay+"/proof", M{"reference": "BIG-2"}).Problem(409, "proof_decided")
		second.Post(approve, M{"reference": "BIG-3"}).Problem(422, "reference_invalid")
		buyer.Get(pay).Want(200).Is("state", "processing")
		second.Post(approve, M{}).Want(200).Is("state", "approved").Is("decided_by", second.ID)
		buyer.Get(pay).Want(200).Is("state", "completed")
	})
}

// A rejected proof says why, and its payer begins anew; the picture is for him and admins only.
func TestRejectedProof(t *testing.T) {
	each(t, func(t *testing.T, s *story) {
		admin, _ := s.bank()
		s.transfer()
		slip := picture(t)
		s.buyer.With("Content-Type", "image/png").Send("PUT", s.pay+"/proof/image", slip).Problem(409, "no_transfer")
		s.buyer.Post(s.pay+"/proof", M{"reference": "TX 9876"}).Want(200)
		s.buyer.With("Content-Type", "image/png").Send("PUT", s.pay+"/proof/image", []byte("GIF89a no picture")).Want(422)
		v := s.buyer.With("Content-Type", "image/png").Send("PUT", s.pay+"/proof/image", slip).Want(200)
		path, id := v.Str("attempts.0.proof.image"), v.Str("attempts.0.proof.id")
		for _, who := range []*apptest.Client{s.buyer, admin} {
			if a := who.Get(path).Want(200); a.Header.Get("Content-Type") != "image/png" && a.Header.Get("Content-Type") != "image/jpeg" {
				t.Errorf("%s", a.Header)
			}
		}
		s.Person("customer").Get(path).Problem(404, "proof_not_found")
		s.store.Owner.Get(path).Problem(404, "proof_not_found")
		s.Anonymous().Get(path).Problem(401, "unauthenticated")
		admin.Post("/v1/payment-proofs/{}/reject", M{"reason": "Nothing of that number came."}, id).Want(200).Is("state", "rejected")
		s.buyer.Get(s.pay).Want(200).Is("state", "pending").Is("attempts.0.failure", "proof_rejected").Is("attempts.0.proof.reason", "Nothing of that number came.")
		s.buyer.Post(s.pay+"/proof", M{"reference": "TX 9877"}).Problem(409, "no_transfer")
		s.order("awaiting_payment", "unpaid")
		s.transfer()
		id = s.buyer.Post(s.pay+"/proof", M{"reference": "TX 9877"}).Want(200).Str("attempts.0.proof.id")
		admin.Post("/v1/payment-proofs/{}/approve", M{}, id).Want(200)
		s.order("confirmed", "paid")
	})
}

// Nobody proves within 48 hours: the goods are free again. A transfer that was made nevertheless is found by its proof.
func TestTransferWithoutProof(t *testing.T) {
	each(t, func(t *testing.T, s *story) {
		admin, _ := s.bank()
		s.transfer()
		s.later(49 * time.Hour)
		s.Sweep("payment.look")
		s.Sweep("payment.expire")
		s.order("cancelled", "unpaid")
		s.store.Owner.Get("/v1/variants/", s.variant, "/stock").Is("available", 1)
		id := s.buyer.Post(s.pay+"/proof", M{"reference": "LATE-1"}).Want(200).Str("attempts.0.proof.id")
		admin = s.SignIn(admin)
		admin.Post("/v1/payment-proofs/{}/approve", M{}, id).Want(200)
		s.order("confirmed", "paid")
		s.buyer.Get(s.pay).Want(200).Is("late", true)
	})
}

// Who began a transfer and thinks better of it pays in another way; money that comes twice goes back.
func TestTransferGivenUp(t *testing.T) {
	each(t, func(t *testing.T, s *story) {
		admin, _ := s.bank()
		s.transfer()
		s.start()
		s.gateway.decide(s.attempt, paid)
		s.buyer.Post(s.pay+"/verify", nil).Want(200).Is("state", "completed")
		id := s.buyer.Post(s.pay+"/proof", M{"reference": "TWICE-1"}).Want(200).Str("attempts.1.proof.id")
		admin.Post("/v1/payment-proofs/{}/approve", M{}, id).Want(200)
		s.buyer.Get(s.pay).Want(200).Is("attempts.1.state", "duplicate")
		s.buyer.Get("/v1/wallet").Want(200).Is("balance", "100.00")
	})
}

func picture(t *testing.T) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := png.Encode(&out, image.NewRGBA(image.Rect(0, 0, 40, 30))); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}
