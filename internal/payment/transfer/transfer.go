package transfer

import (
	"context"
	"maps"
	"net/url"
	"strings"
	"time"

	"github.com/haat-market/haat/internal/payment/gateway"
	"github.com/haat-market/haat/internal/platform/money"
)

// window is how long a payer has to make the transfer and prove it.
const window = 48 * time.Hour

// Decided tells what an admin said of an attempt's transfer.
type Decided func(ctx context.Context, attempt string) (gateway.Outcome, error)

// Gateway is a way to pay by transfer.
type Gateway struct {
	about   gateway.About
	decided Decided
	next    func(c gateway.Charge) gateway.Next
}

// Bank takes transfers to a bank account.
func Bank(decided Decided) *Gateway {
	return &Gateway{decided: decided, next: bankNext, about: gateway.About{
		Name: "bank_transfer", Title: "Bank transfer", Verified: gateway.Live, Takes: gateway.TakesTransfer, Refunds: gateway.NoRefunds, Window: window, Free: true,
		Details: []gateway.Detail{
			{Name: "account_name", Title: "Name of the account", Required: true},
			{Name: "account_number", Title: "Number of the account, or IBAN", Required: true},
			{Name: "bank", Title: "Name of the bank", Required: true},
			{Name: "branch", Title: "Branch, IFSC or BIC"},
			{Name: "qr", Title: "Text of the bank's own QR code"},
			{Name: "note", Title: "What else a payer should know"},
		},
	}}
}

// UPI takes transfers to a UPI address, in rupees.
func UPI(decided Decided) *Gateway {
	return &Gateway{decided: decided, next: upiNext, about: gateway.About{
		Name: "upi", Title: "UPI", Verified: gateway.Live, Takes: gateway.TakesTransfer, Refunds: gateway.NoRefunds, Window: window, Free: true,
		Currencies: []money.Currency{"INR"},
		Details: []gateway.Detail{
			{Name: "address", Title: "UPI address, such as market@bank", Required: true},
			{Name: "name", Title: "Name of the payee", Required: true},
			{Name: "merchant_code", Title: "Merchant category code, four digits"},
		},
	}}
}

// About implements gateway.Gateway.
func (g *Gateway) About() gateway.About { return g.about }

// Start tells the payer what to do. Nothing begins anywhere.
func (g *Gateway) Start(ctx context.Context, c gateway.Charge) (gateway.Outcome, error) {
	out, err := g.decided(ctx, c.Attempt)
	if err == nil && out.State == gateway.Waiting {
		next := g.next(c)
		out.Next = &next
	}
	return out, err
}

// Lookup tells what was decided.
func (g *Gateway) Lookup(ctx context.Context, c gateway.Charge) (gateway.Outcome, error) {
	return g.decided(ctx, c.Attempt)
}

// Refund refuses: a transfer has no way back of its own.
func (g *Gateway) Refund(context.Context, gateway.Refund) (gateway.Refunded, error) {
	return gateway.Refunded{Failure: gateway.NotPossible}, nil
}

// Hear refuses: nobody tells of transfers.
func (g *Gateway) Hear(context.Context, gateway.Message) (gateway.Hint, error) {
	return gateway.Hint{}, gateway.ErrForged
}

// Reference is what a payer writes on his transfer: the attempt without its prefix, in capitals, as banks print it.
func Reference(attempt string) string {
	_, id, found := strings.Cut(attempt, "_")
	if !found {
		id = attempt
	}
	return strings.ToUpper(id)
}

func bankNext(c gateway.Charge) gateway.Next {
	n := gateway.Next{Type: gateway.Transfer, Fields: map[string]string{}, QR: c.Details["qr"]}
	maps.Copy(n.Fields, c.Details)
	delete(n.Fields, "qr")
	n.Fields["amount"], n.Fields["currency"], n.Fields["reference"] = money.Format(c.Amount, c.Currency), string(c.Currency), Reference(c.Attempt)
	if n.QR == "" {
		n.QR = "Pay " + n.Fields["currency"] + " " + n.Fields["amount"] + " to " + n.Fields["account_number"] + ", " + n.Fields["account_name"] + ", " +
			n.Fields["bank"] + ". Reference " + n.Fields["reference"]
	}
	if !plain(n.QR) {
		n.QR = "" // a phone would read something else
	}
	return n
}

// upiNext makes the link of NPCI's linking specification: pa and pn always, tr and am for an amount that is fixed. Blanks
// are %20, not +.
func upiNext(c gateway.Charge) gateway.Next {
	fields := map[string]string{
		"address": c.Details["address"], "name": c.Details["name"], "amount": money.Format(c.Amount, c.Currency), "currency": string(c.Currency),
		"reference": Reference(c.Attempt),
	}
	link := "upi://pay?pa=" + escape(fields["address"]) + "&pn=" + escape(fields["name"])
	if mc := c.Details["merchant_code"]; mc != "" {
		link += "&mc=" + escape(mc)
	}
	link += "&tr=" + escape(fields["reference"]) + "&tn=" + escape(c.Title) + "&am=" + escape(fields["amount"]) + "&cu=" + escape(fields["currency"])
	n := gateway.Next{Type: gateway.Transfer, URL: link, Fields: fields}
	if plain(link) {
		n.QR = link
	}
	return n
}

func escape(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }

// plain says whether a QR code can hold a text.
func plain(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return s != "" && len(s) <= 1024
}
