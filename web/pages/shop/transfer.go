package shop

import (
	"html/template"
	"strings"

	"github.com/haat-market/haat/internal/payment"
	"github.com/haat-market/haat/internal/payment/gateway"
	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/qr"
	"github.com/haat-market/haat/web/pages/frame"
	"github.com/haat-market/haat/web/pages/lang"
)

var proofFields = []string{"reference", "note", "file"}

// transferPage is the payer's last transfer, and what became of it.
type transferPage struct {
	payment.AttemptView
	Form  *frame.Form
	Facts []fact
	Link  template.URL  // opens the payer's UPI program
	Code  template.HTML // the same for a telephone that is held in front of it
	Late  bool          // the time for it is over; money that came all the same is taken
}

type fact struct{ Name, Value string }

// transferFacts are what a payer is told, in this order.
var transferFacts = []struct{ name, title string }{
	{"account_name", lang.M("Name of the account")},
	{"account_number", lang.M("Account number")},
	{"bank", lang.M("Bank")},
	{"branch", lang.M("Branch, IFSC or BIC")},
	{"name", lang.M("Payee")},
	{"address", lang.M("UPI address")},
	{"reference", lang.M("Reference to write on it")},
	{"note", lang.M("Please note")},
}

// transfer finds what a payer is to transfer, or has transferred. names are the gateways by transfer.
func (s *shop) transfer(p *frame.Page, page *payPage, form *frame.Form, names map[string]bool) error {
	for _, a := range page.Attempts {
		t := &transferPage{AttemptView: a, Form: form}
		if !names[a.Gateway] && a.Proof == nil && (a.Next == nil || a.Next.Type != gateway.Transfer) {
			continue
		}
		switch {
		case a.State == string(payment.Started):
		case a.State == string(payment.Failed) && a.Proof != nil:
		case a.State == string(payment.Expired) || a.Failure == gateway.PayerGaveUp:
			t.Late = true
		default:
			continue
		}
		page.Transfer = t // the newest comes first
		break
	}
	t := page.Transfer
	if t == nil || t.Next == nil {
		return nil
	}
	for _, f := range transferFacts {
		if v := t.Next.Fields[f.name]; v != "" {
			t.Facts = append(t.Facts, fact{p.T(f.title), v})
		}
	}
	if strings.HasPrefix(t.Next.URL, "upi://pay?") {
		t.Link = template.URL(t.Next.URL) //nolint:gosec // of that scheme, its parts escaped by the gateway
	}
	if t.Next.QR != "" {
		c, err := qr.New(t.Next.QR, qr.Medium)
		if err != nil {
			return err
		}
		t.Code = template.HTML(c.SVG(p.T("What to pay, for your phone"), 4)) //nolint:gosec // drawn here, its title escaped
	}
	return nil
}

// prove takes the number and, if the payer has one, the picture of his transfer.
func (s *shop) prove(p *frame.Page) error {
	id := p.R.PathValue("id")
	p.NoIndex, p.Self = true, "/pay/"+id
	form, file, err := p.SentFile(proofFields...)
	if err != nil {
		return err
	}
	err = s.Payments.Prove(p.Context(), p.Caller, id, form.Get("reference"), form.Get("note"))
	if err == nil && len(file) > 0 {
		if err = s.Payments.ProofPicture(p.Context(), p.Caller, id, file); err != nil {
			refused, ok := fault.As(err)
			if !ok || refused.Kind == fault.Internal || refused.Unwrap() != nil {
				return err
			}
			form.Wrong("file", p.Say(refused)) // the number is kept
		}
	}
	if err == nil {
		p.Leave("Thank you. Somebody looks at it now.")
		return p.See("/pay/" + id)
	}
	if form.Ok() {
		if err := form.Refuse(err); err != nil {
			return err
		}
	}
	page, err := s.payPage(p, p.Form(cardFields...))
	if err != nil {
		return err
	}
	if page.Transfer == nil {
		return payment.ErrNoTransfer
	}
	page.Transfer.Form = form
	return form.Again("shop/pay", s.payTitle(p, page), page)
}

// proofPicture shows a payer the picture that he sent.
func (s *shop) proofPicture(p *frame.Page) error {
	v, err := s.Payments.Get(p.Context(), p.Caller, p.R.PathValue("id"))
	if err != nil {
		return err
	}
	for _, a := range v.Attempts {
		if a.Proof == nil || a.Proof.ID != p.R.PathValue("proof") {
			continue
		}
		d, err := s.Payments.ProofFile(p.Context(), p.Caller, a.Proof.ID)
		if err != nil {
			return err
		}
		h := p.W.Header()
		h.Set("Content-Type", d.ContentType)
		h.Set("Content-Disposition", d.Disposition)
		h.Set("Content-Security-Policy", d.Policy)
		h.Set("Cache-Control", d.Cache)
		h.Set("X-Content-Type-Options", "nosniff")
		_, _ = p.W.Write(d.Body) // whoever asked and left learns nothing from an error
		return nil
	}
	return payment.ErrProofNotFound
}
