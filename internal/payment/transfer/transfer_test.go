package transfer_test

import (
	"context"
	"net/url"
	"strings"
	"testing"

	"github.com/haat-market/haat/internal/payment/gateway"
	"github.com/haat-market/haat/internal/payment/gatewaytest"
	"github.com/haat-market/haat/internal/payment/transfer"
	"github.com/haat-market/haat/internal/platform/money"
)

// admin approves and rejects in place of the market's.
type admin struct {
	said  map[string]gateway.Outcome
	asked map[string]int64
	cur   money.Currency
}

func (a *admin) decided(_ context.Context, attempt string) (gateway.Outcome, error) {
	if out, ok := a.said[attempt]; ok {
		return out, nil
	}
	return gateway.Outcome{State: gateway.Waiting}, nil
}

func (a *admin) Pay(attempt string) {
	n := a.asked[attempt]
	if n == 0 {
		n = 142671
	}
	a.Misreport(attempt, n, a.cur)
}

func (a *admin) Decline(attempt string) {
	a.said[attempt] = gateway.Outcome{State: gateway.Failed, Failure: "proof_rejected"}
}

func (a *admin) Misreport(attempt string, amount int64, c money.Currency) {
	a.said[attempt] = gateway.Outcome{State: gateway.Paid, Reference: "BANK-" + attempt, Amount: amount, Currency: c}
}

func (a *admin) Taken(attempt string) int64 { return a.said[attempt].Amount }
func (a *admin) Given(string) int64         { return 0 }
func (a *admin) Charges(string) int         { return 1 }

// watched tells the admin what the payer was asked for.
type watched struct {
	*transfer.Gateway
	a *admin
}

func (w watched) Start(ctx context.Context, c gateway.Charge) (gateway.Outcome, error) {
	w.a.asked[c.Attempt] = c.Amount
	return w.Gateway.Start(ctx, c)
}

func TestConformance(t *testing.T) {
	for name, make := range map[string]func(transfer.Decided) *transfer.Gateway{"bank": transfer.Bank, "upi": transfer.UPI} {
		t.Run(name, func(t *testing.T) {
			gatewaytest.Run(t, func(*testing.T) gatewaytest.Bench {
				a := &admin{said: map[string]gateway.Outcome{}, asked: map[string]int64{}, cur: "INR"}
				return gatewaytest.Bench{Gateway: watched{make(a.decided), a}, Provider: a, Currency: "INR", Other: "NPR"}
			})
		})
	}
}

func waiting(context.Context, string) (gateway.Outcome, error) {
	return gateway.Outcome{State: gateway.Waiting}, nil
}

// The link of NPCI's specification: what must be there is, amounts are in rupees, blanks are %20.
func TestUPILink(t *testing.T) {
	out, err := transfer.UPI(waiting).Start(t.Context(), gateway.Charge{
		Attempt: "att_7k2m9xq4t0vj3whc", Amount: 142671, Currency: "INR", Title: "Asan & Sons", Details: map[string]string{"address": "asan@okbank", "name": "Asan Bazaar"},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := "upi://pay?pa=asan%40okbank&pn=Asan%20Bazaar&tr=7K2M9XQ4T0VJ3WHC&tn=Asan%20%26%20Sons&am=1426.71&cu=INR"
	if out.Next.URL != want || out.Next.QR != want {
		t.Errorf("link %s, code %s", out.Next.URL, out.Next.QR)
	}
	u, err := url.Parse(out.Next.URL)
	if err != nil || u.Query().Get("pn") != "Asan Bazaar" || u.Query().Get("tn") != "Asan & Sons" {
		t.Errorf("read back: %v, %v", u, err)
	}
}

// Who pays to a bank account is told all that its owner said, his own reference, and the amount.
func TestBankDetails(t *testing.T) {
	bank := transfer.Bank(waiting)
	c := gateway.Charge{Attempt: "att_7k2m9xq4t0vj3whc", Amount: 5000, Currency: "NPR", Details: map[string]string{
		"account_name": "Asan Bazaar", "account_number": "0123", "bank": "Nabil", "branch": "Thamel",
	}}
	out, err := bank.Start(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"account_number": "0123", "branch": "Thamel", "amount": "50.00", "currency": "NPR", "reference": "7K2M9XQ4T0VJ3WHC"} {
		if out.Next.Fields[name] != want {
			t.Errorf("%s is %q, want %q", name, out.Next.Fields[name], want)
		}
	}
	if !strings.Contains(out.Next.QR, "0123") || !strings.Contains(out.Next.QR, "7K2M9XQ4T0VJ3WHC") {
		t.Errorf("code %q", out.Next.QR)
	}
	c.Details["qr"] = "00020101021126fonepay"
	if out, _ = bank.Start(t.Context(), c); out.Next.QR != "00020101021126fonepay" || out.Next.Fields["qr"] != "" {
		t.Errorf("the bank's own code: %+v", out.Next)
	}
	c.Details["qr"], c.Details["account_name"] = "", "असन"
	if out, _ = bank.Start(t.Context(), c); out.Next.QR != "" || out.Next.Fields["account_name"] != "असन" {
		t.Errorf("a name that a code cannot hold: %+v", out.Next)
	}
}
