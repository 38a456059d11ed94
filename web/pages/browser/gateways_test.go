package browser_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/haat-market/haat/internal/app"
	"github.com/haat-market/haat/internal/apptest"
	"github.com/haat-market/haat/internal/platform/config"
)

// atKhalti is Khalti's API and its page, where somebody pays or gives up.
type atKhalti struct {
	*httptest.Server
	mu   sync.Mutex
	paid map[string]*khaltiPayment
}

type khaltiPayment struct {
	pidx, back, status, choice, bank string
	amount                           int64
}

func newKhalti(t *testing.T) *atKhalti {
	k := &atKhalti{paid: map[string]*khaltiPayment{}}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /api/v2/epayment/initiate/", k.initiate)
	mux.HandleFunc("POST /api/v2/epayment/lookup/", k.lookup)
	mux.HandleFunc("GET /pay", k.page)
	mux.HandleFunc("POST /pay", k.answer)
	k.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		k.mu.Lock()
		defer k.mu.Unlock()
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(k.Close)
	return k
}

func (k *atKhalti) initiate(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Return string `json:"return_url"`
		Amount int64  `json:"amount"`
		Choice string `json:"merchant_choice"`
		Bank   string `json:"bank"`
	}
	if json.NewDecoder(r.Body).Decode(&in) != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	p := &khaltiPayment{pidx: fmt.Sprintf("pidx%d", len(k.paid)), back: in.Return, status: "Initiated", amount: in.Amount, choice: in.Choice, bank: in.Bank}
	k.paid[p.pidx] = p
	_ = json.NewEncoder(w).Encode(map[string]any{"pidx": p.pidx, "payment_url": k.URL + "/pay?pidx=" + p.pidx, "expires_in": 1800})
}

func (k *atKhalti) lookup(w http.ResponseWriter, r *http.Request) {
	var in struct{ Pidx string }
	_ = json.NewDecoder(r.Body).Decode(&in)
	p := k.paid[in.Pidx]
	if p == nil {
		w.WriteHeader(http.StatusNotFound)
		_, _ = w.Write([]byte(`{"detail":"Not found."}`))
		return
	}
	if p.status == "User canceled" {
		w.WriteHeader(http.StatusBadRequest)
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"pidx": p.pidx, "total_amount": p.amount, "status": p.status, "transaction_id": "T" + p.pidx, "refunded": false})
}

const providerPage = `<!doctype html><html lang="en"><title>%[1]s</title><main><h1>%[1]s</h1><p>%[2]s %[3]s</p>
<form method="post" action="%[4]s"><input type="hidden" name="id" value="%[5]s"><button name="do" value="pay">Pay</button> <button name="do" value="stop">Cancel</button></form></main></html>`

func (k *atKhalti) page(w http.ResponseWriter, r *http.Request) {
	if p := k.paid[r.URL.Query().Get("pidx")]; p != nil {
		fmt.Fprintf(w, providerPage, "Khalti", html.EscapeString(p.choice+" "+p.bank), fmt.Sprint(p.amount), "/pay", p.pidx)
	}
}

func (k *atKhalti) answer(w http.ResponseWriter, r *http.Request) {
	p := k.paid[r.PostFormValue("id")]
	if p.status = "Completed"; r.PostFormValue("do") == "stop" {
		p.status = "User canceled"
	}
	http.Redirect(w, r, p.back+"&"+url.Values{"pidx": {p.pidx}, "status": {p.status}, "total_amount": {fmt.Sprint(p.amount)}}.Encode(), http.StatusFound)
}

const (
	esewaProduct = "EPAYTEST"
	esewaKey     = "8gBm/:&EnhH.1/q"
)

// atEsewa is eSewa: its page, to which the payer's browser sends a form, and its status.
type atEsewa struct {
	*httptest.Server // the page, by https
	status           *httptest.Server
	mu               sync.Mutex
	paid             map[string]url.Values
	states           map[string]string
}

func newEsewa(t *testing.T) *atEsewa {
	e := &atEsewa{paid: map[string]url.Values{}, states: map[string]string{}}
	e.Server = httptest.NewTLSServer(http.HandlerFunc(e.page))
	e.status = httptest.NewServer(http.HandlerFunc(e.tell))
	t.Cleanup(e.Close)
	t.Cleanup(e.status.Close)
	return e
}

func esewaSign(names string, value func(string) string) string {
	var parts []string
	for _, n := range strings.Split(names, ",") {
		parts = append(parts, n+"="+value(n))
	}
	mac := hmac.New(sha256.New, []byte(esewaKey))
	mac.Write([]byte(strings.Join(parts, ",")))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

func (e *atEsewa) page(w http.ResponseWriter, r *http.Request) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if err := r.ParseForm(); err != nil || r.Method != http.MethodPost {
		http.NotFound(w, r)
		return
	}
	in := r.PostForm
	if r.URL.Path == "/form" {
		if esewaSign(in.Get("signed_field_names"), in.Get) != in.Get("signature") {
			http.Error(w, "ES104: the signature does not match", http.StatusBadRequest)
			return
		}
		id := in.Get("transaction_uuid")
		e.paid[id] = in
		fmt.Fprintf(w, providerPage, "eSewa", "NPR", html.EscapeString(in.Get("total_amount")), "/done", html.EscapeString(id))
		return
	}
	id := in.Get("id")
	f := e.paid[id]
	if in.Get("do") == "stop" {
		e.states[id] = "CANCELED"
		http.Redirect(w, r, f.Get("failure_url"), http.StatusFound)
		return
	}
	e.states[id] = "COMPLETE"
	values := map[string]string{
		"transaction_code": "0001TS9", "status": "COMPLETE", "total_amount": f.Get("total_amount"), "transaction_uuid": id, "product_code": esewaProduct,
		"signed_field_names": "transaction_code,status,total_amount,transaction_uuid,product_code,signed_field_names",
	}
	values["signature"] = esewaSign(values["signed_field_names"], func(n string) string { return values[n] })
	raw, _ := json.Marshal(values)
	http.Redirect(w, r, f.Get("success_url")+"?data="+url.QueryEscape(base64.StdEncoding.EncodeToString(raw)), http.StatusFound)
}

func (e *atEsewa) tell(w http.ResponseWriter, r *http.Request) {
	e.mu.Lock()
	defer e.mu.Unlock()
	id := r.URL.Query().Get("transaction_uuid")
	state := e.states[id]
	if state == "" {
		state = "PENDING"
	}
	fmt.Fprintf(w, `{"product_code":%q,"transaction_uuid":%q,"total_amount":%s,"status":%q,"ref_id":"0001TS9"}`, esewaProduct, id, strings.ReplaceAll(r.URL.Query().Get("total_amount"), ",", ""), state)
}

// Somebody pays at Khalti's page and at eSewa's, after he gave up there once: he goes there with a click, comes back to a
// page that waits for the provider's word and then says thank you. No script of ours runs. Money for the wallet comes the
// same way.
func TestProviders(t *testing.T) {
	k, e := newKhalti(t), newEsewa(t)
	providers := func(o *app.Options) {
		o.Config.KhaltiKey, o.Config.KhaltiURL = config.NewSecret("live_secret_key_1"), k.URL+"/api/"
		o.Config.EsewaProduct, o.Config.EsewaKey = esewaProduct, config.NewSecret(esewaKey)
		o.Config.EsewaForm, o.Config.EsewaStatus = e.URL+"/form", e.status.URL
	}
	open(t, func(m *apptest.Market, b *browser) {
		admin := m.Person("admin")
		for _, name := range []string{"khalti", "esewa"} {
			admin.Patch("/v1/gateways/"+name, M{"enabled": true}).Want(200)
		}
		_, variant := m.Store().Product("Lamp", "100.00", 9)
		buyer, home := m.Buyer()
		w := b.tab("providers", "en", phone, false)
		w.others = []string{k.URL, e.URL}
		w.signIn(buyer)
		for name, title := range map[string]string{"khalti": "Khalti", "esewa": "eSewa"} {
			id := buyer.Post("/v1/checkouts", M{"direct": M{"variant": variant, "quantity": 1}, "address_id": home, "payment_method": "gateway", "expected_total": "100.00"}).Want(201).Str("payment.id")
			there := func(how string) {
				w.visit("/pay/" + id)
				if how != "" {
					w.focus("#how-" + name).run(typed(how))
				}
				w.enter(`form:has(input[value="` + name + `"]) button`).at("/pay/").says("Go on to pay").picture(name + "-goes")
				w.enter(`main form[action^="https://"] button, main a.button[href*="/pay?pidx="]`).says(title)
			}
			how := ""
			if name == "khalti" {
				how = "Mobile Banking – Nabil"
			}
			there(how)
			if name == "khalti" {
				w.says("MOBILE_BANKING nabil_bank")
			}
			w.enter(`button[value="stop"]`).at("/pay/").says("looks again by itself").picture(name + "-asking")
			m.RunJobs()
			w.visit("/pay/" + id).says("was cancelled").picture(name + "-gave-up")
			there("")
			w.enter(`button[value="pay"]`).at("/pay/")
			m.RunJobs()
			w.visit("/pay/" + id).at("/checkouts/").says("Thank you for your order").picture(name + "-thanks")
			buyer.Get("/v1/payments/"+id).Want(200).Is("state", "completed").Is("attempts.0.gateway", name)
		}
		w.visit("/account/wallet").write("#f-amount", "250").enter(`form[action="/account/wallet/topups"] button`).at("/pay/").says("For your wallet").picture("topup")
		w.enter(`form:has(input[value="khalti"]) button`).at("/pay/")
		w.enter(`main a.button[href*="/pay?pidx="]`).enter(`button[value="pay"]`).at("/pay/")
		m.RunJobs()
		w.visit("/account/wallet").says("250.00").picture("topped-up")
	}, providers, apptest.Reachable())
}
