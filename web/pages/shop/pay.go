package shop

import (
	"strconv"
	"strings"
	"time"

	"github.com/haat-market/haat/internal/payment"
	"github.com/haat-market/haat/internal/payment/gateway"
	"github.com/haat-market/haat/internal/platform/money"
	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/internal/subscription"
	"github.com/haat-market/haat/internal/wallet"
	"github.com/haat-market/haat/web/pages/frame"
)

var cardFields = []string{"number", "month", "year", "cvc"}

type payPage struct {
	payment.View
	For       string // the page of what is paid for
	ForWord   string // what the way there is called
	What      string // is paid
	Form      *frame.Form
	Fee       string        // on top, at a gateway
	Total     string        // with it
	Wallet    string        // what is in the wallet, if it is enough
	Test      bool          // the gateway takes no real money
	Card      bool          // a card is taken here
	Others    []provider    // providers that the payer goes to
	Next      *gateway.Next // what the payer has to do at a provider
	Failed    string        // why the last try did not work
	Asking    bool          // the payer came back, and the provider is being asked
	Transfer  *transferPage
	Transfers []provider // that the payer makes by himself
	Months    []frame.Option
	Years     []frame.Option
}

// provider is one at whose own page people pay.
type provider struct {
	Name, Title, Total string
	Hows               []frame.Option // ways to pay there, where there are several
}

// hows are the ways to pay at a provider, each with one of its banks where it has some.
func hows(p *frame.Page, choices []gateway.Choice) (out []frame.Option) {
	if len(choices) == 0 {
		return nil
	}
	out = append(out, frame.Option{Text: p.T("Choose there")})
	for _, c := range choices {
		if len(c.Banks) == 0 {
			out = append(out, frame.Option{Value: c.Code, Text: c.Title})
		}
		for _, b := range c.Banks {
			out = append(out, frame.Option{Value: c.Code + ":" + b.Code, Text: c.Title + " – " + b.Title})
		}
	}
	return out
}

// askPay asks for a card, or says what became of a payment.
func (s *shop) askPay(p *frame.Page) error {
	p.NoIndex = true
	page, err := s.payPage(p, p.Form(cardFields...))
	if err != nil {
		return err
	}
	if page.State == string(payment.Completed) {
		return p.See(page.For)
	}
	s.lookAgain(p, &page)
	return p.Show("shop/pay", s.payTitle(p, page), page)
}

// mostLooks is how often the page of somebody who came back from a provider looks again by itself.
const mostLooks = 5

// lookAgain has the page of a payer who came back shown anew while the provider is being asked.
func (s *shop) lookAgain(p *frame.Page, page *payPage) {
	looks, err := strconv.Atoi(p.R.URL.Query().Get("returned"))
	if err != nil || looks < 1 || looks > mostLooks || payment.State(page.State) != payment.Processing {
		return
	}
	page.Asking = true
	p.W.Header().Set("Refresh", "3; url=/pay/"+page.ID+"?returned="+strconv.Itoa(looks+1))
}

func (s *shop) payTitle(p *frame.Page, page payPage) string {
	switch payment.State(page.State) {
	case payment.Pending:
		return p.T("Pay")
	case payment.Processing:
		return p.T("The payment is under way")
	}
	return p.T("This cannot be paid any more")
}

func (s *shop) payPage(p *frame.Page, form *frame.Form) (page payPage, err error) {
	page.Form = form
	if page.View, err = s.Payments.Get(p.Context(), p.Caller, p.R.PathValue("id")); err != nil {
		return page, err
	}
	page.For, page.ForWord, page.What = "/checkouts/"+page.Payable, p.T("To the order"), p.T("Your order")
	switch page.Kind {
	case subscription.Kind:
		page.For, page.ForWord, page.What = "/subscriptions/"+page.Payable, p.T("To the subscription"), p.T("Your subscription")
	case wallet.TopUpKind:
		page.For, page.ForWord, page.What = "/account/wallet", p.T("To the wallet"), p.T("For your wallet")
	}
	cur := money.Currency(page.Currency)
	amount, err := money.Parse(page.Amount, cur)
	if err != nil {
		return page, err
	}
	funds, err := s.Wallet.Funds(p.Context(), p.Caller.Account)
	if err != nil {
		return page, err
	}
	if funds.Available >= amount && page.Kind != wallet.TopUpKind { // what would be moved from a wallet into itself
		page.Wallet = money.Format(funds.Available, cur)
	}
	byTransfer, err := s.ways(p, &page, amount)
	if err != nil {
		return page, err
	}
	if err := s.transfer(p, &page, p.Form(proofFields...), byTransfer); err != nil {
		return page, err
	}
	if len(page.Attempts) > 0 && page.Attempts[0].State == string(payment.Failed) && form.Ok() {
		switch why, ok := payment.FailureOf(page.Attempts[0].Failure); {
		case page.Attempts[0].Failure == gateway.TimedOut: // at the provider; the payment itself can go on
			page.Failed = p.T("The time at the payment service ran out. Pay anew.")
		case ok:
			page.Failed = p.Say(why)
		}
	}
	for i := range page.Attempts {
		if a := &page.Attempts[i]; a.State == string(payment.Started) && a.Next != nil && a.Next.Type != gateway.Transfer {
			page.Next = a.Next
			if a.Next.Type == gateway.Form {
				p.FormTo = a.Next.URL
			}
		}
	}
	for m := 1; m <= 12; m++ {
		page.Months = append(page.Months, frame.Option{Value: strconv.Itoa(m), Text: twoDigits(m)})
	}
	for y := p.In(p.Now()).Year(); len(page.Years) < 15; y++ {
		page.Years = append(page.Years, frame.Option{Value: strconv.Itoa(y), Text: strconv.Itoa(y)})
	}
	return page, nil
}

func twoDigits(n int) string {
	if n < 10 {
		return "0" + strconv.Itoa(n)
	}
	return strconv.Itoa(n)
}

// ways are the providers that are on, each with what it takes on top. It names those by transfer, also when they are off.
func (s *shop) ways(p *frame.Page, page *payPage, amount int64) (map[string]bool, error) {
	byTransfer := map[string]bool{}
	offers, err := s.Payments.Offers(p.Context())
	if err != nil {
		return nil, err
	}
	cur := money.Currency(page.Currency)
	for _, o := range offers {
		if o.Takes == gateway.TakesTransfer {
			byTransfer[o.Name] = true
		}
		if !o.On(cur) {
			continue
		}
		fee, err := o.Fee(amount)
		if err != nil {
			return nil, err
		}
		switch {
		case o.Takes == gateway.TakesTransfer:
			title := o.Title
			if o.Name == "bank_transfer" {
				title = p.T("Bank transfer")
			}
			page.Transfers = append(page.Transfers, provider{Name: o.Name, Title: title, Total: money.Format(amount+fee, cur)})
		case o.Takes == gateway.TakesRedirect:
			page.Others = append(page.Others, provider{Name: o.Name, Title: o.Title, Total: money.Format(amount+fee, cur), Hows: hows(p, o.Choices)})
		case !page.Card:
			page.Card, page.Test = true, o.Name == "test"
			page.Fee, page.Total = money.Format(fee, cur), money.Format(amount+fee, cur)
		}
	}
	return byTransfer, nil
}

// gateway is the one at which cards are taken: the first that there is.
func (s *shop) gateway(p *frame.Page) (string, error) {
	offers, err := s.Payments.Offers(p.Context())
	for _, o := range offers {
		if o.Takes == gateway.TakesCard && o.On(p.Settings.Currency) {
			return o.Name, nil
		}
	}
	return "", err
}

// pay starts an attempt, by card or from the wallet.
func (s *shop) pay(p *frame.Page) error {
	id := p.R.PathValue("id")
	p.NoIndex, p.Self = true, "/pay/"+id
	form, err := p.Sent(append([]string{"with", "how"}, cardFields...)...)
	if err != nil {
		return err
	}
	if err := web.Allow(p.Context(), payment.StartRate); err != nil {
		return err
	}
	cmd := payment.StartCmd{Payment: id, Gateway: string(payment.ByWallet)}
	switch with := form.Get("with"); with {
	case string(payment.ByWallet):
	case "card", "":
		if cmd.Gateway, err = s.gateway(p); err != nil {
			return err
		}
		cmd.Card = s.card(p, form)
	default:
		cmd.Gateway = with
		cmd.Choice, cmd.Bank, _ = strings.Cut(form.Get("how"), ":")
	}
	if form.Ok() {
		if _, _, err = s.Payments.Start(form.Once("payment.attempt"), p.Caller, cmd); err == nil {
			return p.See("/pay/" + id)
		}
		if err := form.Refuse(err); err != nil {
			return err
		}
	}
	page, err := s.payPage(p, form)
	if err != nil {
		return err
	}
	form.Renew()
	return form.Again("shop/pay", s.payTitle(p, page), page)
}

func (s *shop) card(p *frame.Page, form *frame.Form) gateway.Card {
	number := strings.NewReplacer(" ", "", "-", "").Replace(form.Digits("number"))
	if len(number) < 12 || len(number) > 19 || strings.Trim(number, "0123456789") != "" {
		form.Wrong("number", p.T("A card number has 12 to 19 digits."))
	}
	month, year := form.Int("month"), form.Int("year")
	now := p.In(p.Now())
	if form.Ok() && time.Date(int(year), time.Month(month)+1, 1, 0, 0, 0, 0, now.Location()).Before(now) {
		form.Wrong("month", p.T("This card has expired."))
	}
	cvc := form.Digits("cvc")
	if len(cvc) < 3 || len(cvc) > 4 || strings.Trim(cvc, "0123456789") != "" {
		form.Wrong("cvc", p.T("The security code is the three or four digits on the card."))
	}
	return gateway.Card{Number: number, Month: int(month), Year: int(year), CVC: cvc}
}

// look asks the gateway what became of a payment.
func (s *shop) look(p *frame.Page) error {
	id := p.R.PathValue("id")
	if err := s.Payments.Verify(p.Context(), p.Caller, id); err != nil {
		if f := payment.ErrNotConfirmed; !f.Is(asFault(err)) {
			return err
		}
		p.Leave("There is no answer yet. Look again in a minute.")
	}
	return p.See("/pay/" + id)
}
