package pages_test

import (
	"bytes"
	"image"
	"image/png"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/haat-market/haat/internal/apptest"
)

// prove sends the form under a transfer's details; without a picture if there is none.
func (v *visitor) prove(path, reference string, picture []byte) answer {
	v.t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	if err := w.WriteField("reference", reference); err != nil {
		v.t.Fatal(err)
	}
	part, err := w.CreateFormFile("file", "slip.png")
	if err == nil {
		_, err = part.Write(picture)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		v.t.Fatal(err)
	}
	r, err := http.NewRequest(http.MethodPost, v.m.URL+path, &body)
	if err != nil {
		v.t.Fatal(err)
	}
	r.Header.Set("Content-Type", w.FormDataContentType())
	r.Header.Set("Origin", v.m.URL)
	return v.send(r)
}

// Somebody pays by transfer on the pages: details, number and picture, refused with a reason, once more, approved.
func TestBankTransferPage(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		admin := m.Person("admin")
		admin.Patch("/v1/gateways/bank_transfer", apptest.M{"details": apptest.M{"account_name": "Asan Bazaar", "account_number": "0123456789", "bank": "Nabil"}}).Want(200)
		_, variant := m.Store().Product("Lamp", "100.00", 3)
		buyer, home := m.Buyer()
		id := buyer.Post("/v1/checkouts", apptest.M{
			"direct": apptest.M{"variant": variant, "quantity": 1}, "address_id": home, "payment_method": "gateway", "expected_total": "100.00",
		}).Want(201).Str("payment.id")
		pay := "/pay/" + id
		v := signedIn(t, m, buyer)
		v.prove(pay+"/proof", "TX 1234", nil).want(409)
		start := func() {
			ask := v.get(pay).want(200, "Bank transfer")
			v.post(pay, url.Values{"with": {"bank_transfer"}, "key": {ask.hidden("key")}}).want(200, "0123456789", "Nabil", "<svg", "I have paid").at(pay)
		}
		start()
		v.prove(pay+"/proof", "x", nil).want(422, `id="e-reference"`)
		v.prove(pay+"/proof", "TX 1234", []byte("no picture")).want(422, `id="e-file"`, "TX1234")
		var slip bytes.Buffer
		if err := png.Encode(&slip, image.NewGray(image.Rect(0, 0, 40, 40))); err != nil {
			t.Fatal(err)
		}
		shown := v.prove(pay+"/proof", "TX 1235", slip.Bytes()).want(200, "Somebody looks at your transfer", "TX1235").at(pay)
		slipAt := shown.find(`href="(/pay/[^"]+/proof/[^"]+)"`)
		if a := v.get(slipAt).want(200); !strings.HasPrefix(a.header.Get("Content-Type"), "image/") {
			t.Errorf("the picture is %s", a.header.Get("Content-Type"))
		}
		stranger := signedIn(t, m, m.Person("customer"))
		stranger.get(slipAt).want(404)
		stranger.prove(pay+"/proof", "TX 9999", nil).want(404)
		proof := admin.Get("/v1/payment-proofs?state=submitted").Want(200).Str("items.0.id")
		admin.Post("/v1/payment-proofs/{}/reject", apptest.M{"reason": "Nothing came."}, proof).Want(200)
		v.get(pay).want(200, "Your transfer was not accepted.", "Nothing came.", "TX1235")
		start()
		v.prove(pay+"/proof", "TX 1236", nil).want(200, "TX1236")
		proof = admin.Get("/v1/payment-proofs?state=submitted").Want(200).Str("items.0.id")
		admin.Post("/v1/payment-proofs/{}/approve", apptest.M{}, proof).Want(200)
		v.get(pay).want(200, "Thank you for your order")
	})
}

// Money that goes into a wallet has no order to go back to.
func TestTopUpIsPaidAndLeadsToTheWallet(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		buyer := m.Person("customer")
		payment := buyer.Post("/v1/wallet/topups", M{"amount": "50.00"}).Want(201).Str("payment.id")
		v := signedIn(t, m, buyer)
		page := v.get("/pay/"+payment).want(200, `href="/account/wallet"`, "For your wallet")
		if strings.Contains(page.text, "/checkouts/") {
			t.Error("the page leads to a checkout that is not there")
		}
	})
}
