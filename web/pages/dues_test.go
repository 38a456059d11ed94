package pages_test

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/haat-market/haat/internal/apptest"
	"github.com/haat-market/haat/internal/payment"
	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/internal/wallet"
)

// upload sends a form with a file.
func (v *visitor) upload(path string, fields url.Values, file string) answer {
	v.t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for name, values := range fields {
		if err := w.WriteField(name, values[0]); err != nil {
			v.t.Fatal(err)
		}
	}
	part, err := w.CreateFormFile("file", "file.csv")
	if err == nil {
		_, err = part.Write([]byte(file))
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

// shipped is an order of three lamps of 100.00 with 13 % of tax that was paid from the wallet and is on its way.
func shipped(m *apptest.Market, st apptest.Store, buyer *apptest.Client, home string) string {
	_, variant := st.Product("Lamp", "100.00", 9)
	id := buyer.Post("/v1/checkouts", M{
		"direct": M{"variant": variant, "quantity": 3}, "address_id": home, "payment_method": "wallet", "expected_total": "339.00", "contact": M{"tax_number": "609 876 543"},
	}).Want(201).Str("orders.0.id")
	st.Owner.Post("/v1/orders/{}/ship", nil, id).Want(200)
	return id
}

// A buyer reads his invoice and disputes an order; the store answers; the market decides; each sees what he may.
func TestDisputePages(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		admin := m.Person("customer", "admin")
		admin.Patch("/v1/settings", M{"tax_rate_bp": 1300}).Want(200)
		st := m.Store()
		buyer, home := m.Buyer()
		m.Fund(buyer, 100_000)
		id := shipped(m, st, buyer, home)
		v, shop, boss, stranger := signedIn(t, m, buyer), signedIn(t, m, st.Owner), signedIn(t, m, admin), signedIn(t, m, m.Person("customer"))
		page := v.get("/orders/"+id).want(200, "The invoice", "Tell the market")
		paper := page.find(`href="(/invoices/inv_[0-9a-z]+)"`)
		seen := v.get(paper).want(200, "Lamp", "609876543", "VAT 13 %", "339.00", "Seller", "As a PDF file", `href="/orders/`+id)
		if pdf := v.get(seen.find(`href="(/invoices/[^"]+\.pdf)"`)).want(200); pdf.header.Get("Content-Type") != "application/pdf" || !strings.HasPrefix(pdf.text, "%PDF") {
			t.Errorf("no PDF: %s", pdf.header.Get("Content-Type"))
		}
		v.get(paper+"?lang=ne").want(200, `lang="ne"`, "रु", "करअघि")
		v.get(paper + "?lang=en").want(200)
		shop.get(paper).want(200, "/sell/"+st.ID+"/orders/"+id)
		boss.get(paper).want(200)
		stranger.get(paper).want(404)
		stranger.get(paper + "/invoice.pdf").want(404)

		ask := v.get("/orders/"+id+"/dispute").want(200, "It is broken", "three days")
		form := url.Values{"key": {ask.hidden("key")}, "reason": {"damaged"}, "text": {"Two are <b>broken</b>."}}
		v.post("/orders/"+id+"/dispute", with(form, "text", "", "reason", "bored")).want(422, "Choose what is wrong.", "Say something.")
		stranger.post("/orders/"+id+"/dispute", form).want(404)
		opened := v.post("/orders/"+id+"/dispute", form).want(200, "stands still", "Two are &lt;b&gt;broken&lt;/b&gt;.", "Withdraw it", "339.00").lacks("Who gets the money?")
		dispute := opened.path
		v.post("/orders/"+id+"/dispute", form).want(200).at(dispute)
		v.get("/disputes").want(200, "It is broken")
		v.get("/disputes?state=resolved").want(200).lacks("It is broken")
		v.get("/orders/"+id).want(200, dispute).lacks("Tell the market")
		stranger.get(dispute).want(404)
		stranger.post(dispute+"/say", url.Values{"text": {"Hello"}}).want(404)

		shop.get("/sell/"+st.ID+"/disputes").want(200, dispute)
		shop.get("/sell/"+st.ID+"/orders/"+id).want(200, dispute).lacks("Give money back")
		said := shop.get(dispute).want(200, "/sell/"+st.ID+"/orders/"+id).lacks("Withdraw it", "Who gets the money?")
		shop.post(dispute+"/say", url.Values{"key": {said.hidden("key")}, "text": {" "}}).want(422, "Say something.")
		shop.post(dispute+"/say", url.Values{"key": {said.hidden("key")}, "text": {"They were whole."}}).want(200, "They were whole.", "The store")
		shop.post(dispute+"/withdraw", nil).want(422, `role="alert"`)
		shop.post(dispute+"/resolve", url.Values{"outcome": {"released"}, "note": {"mine"}}).want(403)

		boss.get("/manage").want(200, "Disputes to decide")
		boss.get("/manage/disputes?state=open").want(200, dispute)
		boss.get(dispute).want(200, "Who gets the money?")
		boss.post(dispute+"/resolve", url.Values{"outcome": {"split"}, "amount": {"339"}, "note": {"Half."}}).want(422, `id="e-amount"`)
		boss.post(dispute+"/resolve", url.Values{"outcome": {"split"}, "amount": {"१00"}, "note": {"One was broken."}}).want(200, "Each gets a part", "100.00", "One was broken.")
		v.get("/orders/"+id).want(200, "What was given back", "The dispute was decided", "100.00")
		v.get(dispute).want(200, "How it ended").lacks("Withdraw it")
	})
}

// A store gives money back on its page: an amount, then units; what it cannot is said at the field.
func TestRefundPage(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		m.Person("admin").Patch("/v1/settings", M{"tax_rate_bp": 1300}).Want(200)
		st := m.Store()
		buyer, home := m.Buyer()
		m.Fund(buyer, 100_000)
		id := shipped(m, st, buyer, home)
		shop := signedIn(t, m, st.Owner)
		order := "/sell/" + st.ID + "/orders/" + id
		shop.get(order).want(200, "Give money back")
		ask := shop.get(order+"/refund").want(200, "At most", "339.00", "3 can be given back")
		form := url.Values{"key": {ask.hidden("key")}, "what": {"amount"}, "amount": {"1,000"}, "reason": {"Late."}}
		shop.post(order+"/refund", with(form, "reason", "")).want(422, `id="e-reason"`)
		shop.post(order+"/refund", form).want(422, `id="e-amount"`)
		shop.post(order+"/refund", with(form, "what", "lines")).want(422, "Say how many of which.")
		shop.post(order+"/refund", with(form, "amount", "39")).want(200, "goes back to the buyer", "39.00", "Late.").at(order)
		shop.post(order+"/refund", with(form, "amount", "39")).want(200).at(order) // sent twice: once
		buyer.Get("/v1/orders/", id).Want(200).Is("refunded", "39.00")
		units := ask.find(`name="(units-[^"]+)"`)
		again := shop.get(order + "/refund").want(200)
		form = url.Values{"key": {again.hidden("key")}, "what": {"lines"}, units: {"1"}, "reason": {"Broken."}}
		shop.post(order+"/refund", with(form, units, "9")).want(422, "no quantity")
		shop.post(order+"/refund", form).want(200, "100.00")
		signedIn(t, m, buyer).get("/orders/"+id).want(200, "What was given back", "39.00", "100.00", "into the wallet")
		signedIn(t, m, m.Person("customer")).get(order + "/refund").want(404)
	})
}

// Money leaves a wallet and a store's earnings: asked for, approved twice, sent to the bank as a file, and answered by one.
func TestPayoutPages(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		admin, second := m.Person("customer", "admin"), m.Person("customer", "admin")
		admin.Patch("/v1/settings", M{"payout_second_above": "500.00"}).Want(200)
		rich := m.Person("customer")
		m.Fund(rich, 100_000)
		v, boss, other := signedIn(t, m, rich), signedIn(t, m, admin), signedIn(t, m, second)
		v.get("/account/wallet").want(200, "/account/payouts")
		ask := v.get("/account/payouts").want(200, "1,000.00", "Nothing was paid out yet.")
		form := url.Values{"key": {ask.hidden("key")}, "amount": {"२000"}, "bank": {"Nabil Bank"}, "account_name": {"Asha Rai"}, "account_number": {"0123 4567"}}
		v.post("/account/payouts", form).want(422, `id="e-amount"`, `value="Nabil Bank"`)
		v.post("/account/payouts", with(form, "amount", "600", "account_number", "=1+1")).want(422, `id="e-account_number"`)
		v.post("/account/payouts", with(form, "amount", "600")).want(200, "set aside until", "…4567", "To be decided", "400.00")
		v.post("/account/payouts", with(form, "amount", "600")).want(200) // sent twice: once
		small := v.get("/account/payouts")
		v.post("/account/payouts", with(form, "key", small.hidden("key"), "amount", "50")).want(200)
		taken := v.get("/account/payouts").find(`action="(/account/payouts/[^"]+/cancel)"`)
		signedIn(t, m, m.Person("customer")).post(taken, nil).want(404)
		v.post(taken, nil).want(200, "It is taken back.", "Taken back")

		boss.get("/manage").want(200, "Payouts to approve")
		one := boss.get("/manage/payouts?state=requested").want(200, "600.00").find(`href="(/manage/payouts/pto_[^"]+)"`)
		boss.get(one).want(200, "01234567", "Asha Rai", "Approve")
		boss.post(one+"/approve", nil).want(200, "Approved once")
		boss.post(one+"/approve", nil).want(422, `role="alert"`)
		other.post(one+"/reject", url.Values{"reason": {" "}}).want(422, `id="e-reason"`)
		other.post(one+"/approve", nil).want(200, "On its way to the bank", "The bank paid it")
		file := boss.get("/manage/payouts.csv").want(200, "payout,amount", "600.00", "01234567")
		id := strings.TrimPrefix(one, "/manage/payouts/")
		boss.upload("/manage/payouts/results", nil, "nothing").want(422, `role="alert"`)
		done := boss.upload("/manage/payouts/results", nil, "payout,result,reference\n"+id+",paid,TT 9\npto_nothing,paid,TT 8\n")
		done.want(200, "Line 2", "Paid out", "Line 3", "There is no such payout.")
		boss.get(one).want(200, "TT 9", "It did not arrive")
		v.get("/account/payouts").want(200, "Paid out", "TT 9")
		if !strings.HasPrefix(file.header.Get("Content-Type"), "text/csv") {
			t.Error(file.header.Get("Content-Type"))
		}
		for _, path := range []string{"/manage/payouts", "/manage/payouts.csv", one, "/manage/debts", "/manage/reconcile", "/manage/flags", "/manage/disputes"} {
			v.get(path).want(403)
		}
	})
}

// A store that took cash owes the market's fee: it pays a part out of its owner's wallet, and the market books the rest.
func TestDebtPages(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		admin := m.Person("customer", "admin")
		admin.Patch("/v1/settings", M{"platform_fee_bp": 1000}).Want(200)
		st := m.Store()
		_, variant := st.Product("Lamp", "100.00", 9)
		buyer, home := m.Buyer()
		m.Fund(st.Owner, 10_000)
		order := buyer.Post("/v1/checkouts", M{"direct": M{"variant": variant, "quantity": 3}, "address_id": home, "payment_method": "cod", "expected_total": "300.00"}).Want(201).Str("orders.0.id")
		for _, step := range []string{"confirm", "ship", "deliver"} {
			st.Owner.Post("/v1/orders/{}/"+step, nil, order).Want(200)
		}
		buyer.Post("/v1/orders/{}/complete", nil, order).Want(200)
		shop, boss := signedIn(t, m, st.Owner), signedIn(t, m, admin)
		desk := "/sell/" + st.ID + "/payouts"
		ask := shop.get(desk).want(200, "The store owes the market", "30.00").lacks("Ask for money")
		shop.post("/sell/"+st.ID+"/debt", url.Values{"key": {ask.hidden("key")}, "pay": {"40"}}).want(422, `role="alert"`)
		shop.post("/sell/"+st.ID+"/debt", url.Values{"key": {ask.hidden("key")}, "pay": {"10"}}).want(200, "It is paid.", "20.00").at(desk)
		owed := boss.get("/manage/debts?store="+st.ID).want(200, "20.00", `value="`+st.ID+`"`)
		form := url.Values{"key": {owed.hidden("key")}, "store": {st.ID}, "amount": {"20"}, "source": {"bank"}}
		boss.post("/manage/debts", form).want(422, `id="e-reference"`)
		boss.post("/manage/debts", with(form, "store", "sto_nothing", "reference", "TT 5")).want(422, `id="e-store"`)
		boss.post("/manage/debts", with(form, "reference", "TT 5")).want(200, "No store owes the market anything.")
		shop.get(desk).want(200, "Ask for money")
	})
}

// A provider's file is compared on the page; what agrees is booked, once.
func TestReconcilePage(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		st := m.Store()
		_, lamp := st.Product("Lamp", "100.00", 5)
		buyer, home := m.Buyer()
		pay := buyer.Post("/v1/checkouts", M{"direct": M{"variant": lamp, "quantity": 1}, "address_id": home, "payment_method": "gateway", "expected_total": "100.00"}).Want(201).Str("payment.id")
		attempt := buyer.Post("/v1/payments/{}/attempts", M{"gateway": "test", "card": M{"number": "4242424242424242", "exp_month": 12, "exp_year": 2030, "cvc": "123"}}, pay).Want(201).Str("id")
		boss := signedIn(t, m, m.Person("customer", "admin"))
		boss.get("/manage/reconcile").want(200, `value="test"`)
		form := url.Values{"gateway": {"test"}, "day": {apptest.Start.Format("2006-01-02")}}
		boss.upload("/manage/reconcile", form, "a,b\n").want(422, `id="e-file"`)
		file := "id,amount,charge\n" + attempt + ",104.50,2.00\nmystery,5.00,\n"
		boss.upload("/manage/reconcile", form, file).want(200, "102.50", "The market knows nothing of it").lacks("booked now")
		boss.upload("/manage/reconcile", with(form, "book", "1"), file).want(200, "1 booked now")
		boss.upload("/manage/reconcile", with(form, "book", "1"), file).want(200, "0 booked now", "1 booked before")
	})
}

// Somebody puts money into his wallet on its page: an amount, the pay page, and there it is; another one is taken back.
func TestTopUpPage(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		m.Person("admin").Patch("/v1/settings", M{"topup_max": "1000"}).Want(200)
		buyer := m.Person("customer")
		m.Fund(buyer, 100_000)
		v := signedIn(t, m, buyer)
		ask := v.get("/account/wallet").want(200, "Put money in", "By card", "1,000.00")
		form := url.Values{"key": {ask.hidden("key")}, "amount": {"five"}}
		v.post("/account/wallet/topups", form).want(422, `id="e-amount"`, "Must be an amount")
		v.post("/account/wallet/topups", with(form, "amount", "5000")).want(422, `id="e-amount"`).at("/account/wallet/topups")
		pay := v.post("/account/wallet/topups", with(form, "amount", "२५०")).want(200, "For your wallet", "250.00").lacks("From your wallet")
		v.post("/account/wallet/topups", with(form, "amount", "२५०")).want(200).at(pay.path) // sent twice: once
		card := url.Values{"key": {pay.hidden("key")}, "with": {"card"}, "number": {"4242424242424242"}, "month": {"12"}, "year": {"2030"}, "cvc": {"123"}}
		v.post(pay.path, with(card, "with", "wallet")).want(422, `role="alert"`)
		v.post(pay.path, card).want(200, "1,250.00", "Put in").at("/account/wallet")

		ask = v.get("/account/wallet").want(200).lacks("Waits to be paid")
		v.post("/account/wallet/topups", with(form, "amount", "10", "key", ask.hidden("key"))).want(200)
		taken := v.get("/account/wallet").want(200, "Waits to be paid").find(`action="(/account/wallet/topups/[^"]+/cancel)"`)
		signedIn(t, m, m.Person("customer")).post(taken, nil).want(404)
		v.post(taken, nil).want(200, "It is taken back.").lacks("Waits to be paid")
		v.post(taken, nil).want(409)
	})
}

// An admin freezes an order's money on a page, and frees it; the store reads why, and nothing moves meanwhile.
func TestFreezePage(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		m.Person("admin").Patch("/v1/settings", M{"tax_rate_bp": 1300}).Want(200)
		st := m.Store()
		buyer, home := m.Buyer()
		m.Fund(buyer, 100_000)
		id := shipped(m, st, buyer, home)
		shop, boss := signedIn(t, m, st.Owner), signedIn(t, m, m.Person("customer", "admin"))
		order, page := "/sell/"+st.ID+"/orders/"+id, "/manage/orders/"+id+"/freeze"
		shop.get(order).want(200).lacks("Freeze the money")
		shop.get(page).want(403)
		shop.post(page, url.Values{"reason": {"mine"}}).want(403)
		boss.get(order).want(200, page)
		boss.get("/manage/orders/ord_nothing/freeze").want(404)
		boss.get(page).want(200, "Nothing of it goes to the store", "339.00")
		boss.post(page, url.Values{"reason": {" "}}).want(422, `id="e-reason"`)
		boss.post("/manage/orders/"+id+"/thaw", url.Values{"reason": {"x"}}).want(422, "not frozen")
		boss.post(page, url.Values{"reason": {"A <b>claim</b> of the bank."}}).want(200, "The market has frozen", "A &lt;b&gt;claim&lt;/b&gt; of the bank.", "Its money was frozen").at(order)
		boss.post(page, url.Values{"reason": {"again"}}).want(422, `role="alert"`)
		shop.get(order).want(200, "The market has frozen", "of the bank.").lacks("Give money back", "Free the money")
		buyer.Post("/v1/orders/{}/deliver", nil, id).Want(200)
		buyer.Post("/v1/orders/{}/complete", nil, id).Problem(409, "order_frozen")
		boss.get(page).want(200, "as if it had never stood still")
		boss.post("/manage/orders/"+id+"/thaw", url.Values{"reason": {"It was withdrawn."}}).want(200, "Its money is free again", "It was withdrawn.").lacks("The market has frozen").at(order)
		buyer.Post("/v1/orders/{}/complete", nil, id).Want(200)
		boss.get(order).want(200).lacks("Freeze the money")
	})
}

// Who begins to pay over and over is told to wait, on pages as in the API, and by one bound: others pay on.
func TestPayingIsBounded(t *testing.T) {
	limits := web.Limits{Named: map[string]web.Limit{payment.StartRate.Name: {Per: time.Hour, Burst: 2}, wallet.TopUpRate.Name: {Per: time.Hour, Burst: 1}, wallet.PayoutRate.Name: {Per: time.Hour, Burst: 1}}}
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		buyer, other := m.Person("customer"), m.Person("customer")
		v := signedIn(t, m, buyer)
		pay := v.post("/account/wallet/topups", url.Values{"amount": {"250"}}).want(200, "For your wallet").path
		v.post("/account/wallet/topups", url.Values{"amount": {"250"}}).want(429)
		buyer.Post("/v1/wallet/topups", M{"amount": "1.00"}).Problem(429, "rate_limited")
		card := url.Values{"with": {"card"}, "number": {"4000000000000002"}, "month": {"12"}, "year": {"2030"}, "cvc": {"123"}}
		for range 2 {
			v.post(pay, card).want(422, "declined")
		}
		v.post(pay, card).want(429)
		v.post("/account/payouts", url.Values{"amount": {"1"}}).want(422)
		v.post("/account/payouts", url.Values{"amount": {"1"}}).want(429)
		o := signedIn(t, m, other)
		o.post("/account/wallet/topups", url.Values{"amount": {"250"}}).want(200, "For your wallet")
	}, apptest.WithLimits(limits))
}
