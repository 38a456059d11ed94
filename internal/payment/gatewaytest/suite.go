package gatewaytest

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/haat-market/haat/internal/payment/gateway"
)

// amount is what the suite's charges take, unless they are about something else.
const amount int64 = 142671

// Run holds a gateway to everything the market relies on. fresh makes a gateway and a provider of their own for each
// test.
func Run(t *testing.T, fresh func(t *testing.T) Bench) {
	for _, c := range []struct {
		name string
		test func(t *testing.T, b Bench)
	}{
		{"About", testAbout},
		{"Success", testSuccess},
		{"Decline", testDecline},
		{"StartedTwice", testStartedTwice},
		{"AnsweredTwiceAndOutOfOrder", testOrder},
		{"WrongAmount", testWrongAmount},
		{"WrongCurrency", testWrongCurrency},
		{"UnknownPayment", testUnknown},
		{"RefundInParts", testRefundInParts},
		{"RefundOfTheWhole", testRefundWhole},
		{"RefundOfTooMuch", testRefundTooMuch},
		{"Down", testDown},
		{"NoAnswer", testSilent},
		{"LostReturn", testLostReturn},
		{"Forged", testForged},
		{"Nonsense", testNonsense},
		{"Amounts", testAmounts},
		{"Cancelled", testCancelled},
	} {
		t.Run(c.name, func(t *testing.T) { c.test(t, fresh(t)) })
	}
}

func testAbout(t *testing.T, b Bench) {
	a := b.Gateway.About()
	if !namePattern.MatchString(a.Name) || a.Title == "" {
		t.Errorf("name %q, title %q", a.Name, a.Title)
	}
	if !slices.Contains([]gateway.Verified{gateway.ByDocs, gateway.BySandbox, gateway.Live}, a.Verified) {
		t.Errorf("verified %q", a.Verified)
	}
	if !slices.Contains([]gateway.Takes{gateway.TakesCard, gateway.TakesRedirect, gateway.TakesTransfer}, a.Takes) {
		t.Errorf("takes %q", a.Takes)
	}
	if !slices.Contains([]gateway.Refunds{gateway.NoRefunds, gateway.WholeRefunds, gateway.PartRefunds}, a.Refunds) {
		t.Errorf("refunds %q", a.Refunds)
	}
	if !a.Accepts(b.Currency) || a.Window <= 0 || !a.Ready() || a.Min < 0 || a.Max < 0 || a.Max > 0 && a.Max < a.Min {
		t.Errorf("about: %+v", a)
	}
	text, err := json.Marshal(a)
	if err != nil {
		t.Fatal(err)
	}
	b.clean(t, "About", string(text))
	b.clean(t, "the gateway", b.Gateway)
}

func testSuccess(t *testing.T, b Bench) {
	c := b.charge("att_success", amount)
	out, err := b.Gateway.Start(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	b.clean(t, "the outcome", out)
	c = with(c, out)
	if b.Gateway.About().Takes != gateway.TakesCard {
		if out.State != gateway.Waiting || out.Next == nil {
			t.Fatalf("a payer has to do something, but is told %+v", out)
		}
		if out.Next.Type != gateway.Transfer && !strings.HasPrefix(out.Next.URL, "http") {
			t.Errorf("next %+v", out.Next)
		}
		if got := b.lookup(t, c); got.State == gateway.Paid {
			t.Errorf("paid before the payer paid: %+v", got)
		}
	}
	b.Provider.Pay(c.Attempt)
	first := b.lookup(t, c)
	if first.State != gateway.Paid || first.Amount != amount || first.Currency != b.Currency || first.Reference == "" {
		t.Fatalf("looked up: %+v", first)
	}
	if again := b.lookup(t, with(c, first)); again.State != gateway.Paid || again.Amount != amount || again.Reference != first.Reference {
		t.Errorf("looked up again: %+v, before %+v", again, first)
	}
}

func testDecline(t *testing.T, b Bench) {
	c := b.charge("att_decline", amount)
	c.Card = b.Bad
	out, err := b.Gateway.Start(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	c = with(c, out)
	b.Provider.Decline(c.Attempt)
	if out = b.lookup(t, c); out.State != gateway.Failed || out.Failure == "" {
		t.Errorf("declined; the gateway says %+v", out)
	}
	if b.Provider.Taken(c.Attempt) != 0 {
		t.Error("money was taken")
	}
}

func testStartedTwice(t *testing.T, b Bench) {
	c := b.started(t, "att_twice", amount)
	again := b.charge("att_twice", amount)
	again.Created, again.Expires, again.Reference = c.Created, c.Expires, c.Reference
	if _, err := b.Gateway.Start(t.Context(), again); err != nil {
		t.Logf("the second start is refused: %v", err)
	}
	b.Provider.Pay(c.Attempt)
	if out := b.lookup(t, c); out.State != gateway.Paid || out.Amount != amount {
		t.Errorf("looked up: %+v", out)
	}
	if n := b.Provider.Charges(c.Attempt); n != 1 {
		t.Errorf("%d charges for one attempt", n)
	}
	if got := b.Provider.Taken(c.Attempt); got != amount {
		t.Errorf("%d taken, want %d", got, amount)
	}
}

// What is heard is a hint: it comes before the money, after it, twice, or in the wrong order, and the look-up tells the
// same.
func testOrder(t *testing.T, b Bench) {
	c := b.started(t, "att_order", amount)
	if p, ok := b.Provider.(Browsers); ok {
		early := b.hear(t, p.Browser(c.Attempt))
		b.about(t, early, c)
		if out := b.lookup(t, c); out.State == gateway.Paid && b.Gateway.About().Takes != gateway.TakesCard {
			t.Errorf("a browser came back without paying, and the gateway says %+v", out)
		}
	}
	b.Provider.Pay(c.Attempt)
	c = with(c, b.lookup(t, c))
	if p, ok := b.Provider.(Browsers); ok {
		for range 2 {
			b.about(t, b.hear(t, p.Browser(c.Attempt)), c)
		}
	}
	if p, ok := b.Provider.(Webhooks); ok {
		second := b.hear(t, p.Webhook(c.Attempt, "evt_2"))
		first := b.hear(t, p.Webhook(c.Attempt, "evt_1"))
		repeat := b.hear(t, p.Webhook(c.Attempt, "evt_1"))
		b.about(t, second, c)
		b.about(t, first, c)
		if first.Event == "" || first != repeat || first.Event == second.Event {
			t.Errorf("events: %q, again %q, another %q", first.Event, repeat.Event, second.Event)
		}
	}
	if out := b.lookup(t, c); out.State != gateway.Paid || out.Amount != amount {
		t.Errorf("looked up: %+v", out)
	}
}

func (b Bench) hear(t *testing.T, m gateway.Message) gateway.Hint {
	t.Helper()
	h, err := b.Gateway.Hear(t.Context(), m)
	if err != nil {
		t.Fatalf("a genuine %s is not understood: %v", m.Source, err)
	}
	return h
}

// about fails unless a hint names the charge.
func (b Bench) about(t *testing.T, h gateway.Hint, c gateway.Charge) {
	t.Helper()
	if h.Attempt != c.Attempt && (h.Reference == "" || h.Reference != c.Reference) {
		t.Errorf("heard of %+v, which is not attempt %s, reference %s", h, c.Attempt, c.Reference)
	}
}

// An adapter tells what the provider says was paid, and never what was asked for.
func testWrongAmount(t *testing.T, b Bench) {
	for i, wrong := range []int64{amount - 1, amount + 1, 1} {
		c := b.started(t, "att_amount"+string(rune('a'+i)), amount)
		b.Provider.Misreport(c.Attempt, wrong, b.Currency)
		if out := b.lookup(t, c); out.State == gateway.Paid && out.Amount != wrong {
			t.Errorf("the provider says %d, the gateway %d", wrong, out.Amount)
		}
	}
}

func testWrongCurrency(t *testing.T, b Bench) {
	if b.Other == "" {
		if n := len(b.Gateway.About().Currencies); n != 1 {
			t.Errorf("its answers name no currency, and it takes %d", n)
		}
		return
	}
	c := b.started(t, "att_currency", amount)
	b.Provider.Misreport(c.Attempt, amount, b.Other)
	if out := b.lookup(t, c); out.State == gateway.Paid && out.Currency != b.Other {
		t.Errorf("the provider says %s, the gateway %s", b.Other, out.Currency)
	}
}

func testUnknown(t *testing.T, b Bench) {
	c := b.charge("att_never", amount)
	if out := b.lookup(t, c); out.State == gateway.Paid {
		t.Errorf("a charge that never began is %+v", out)
	}
	c.Reference = "nobody-knows-this"
	if out, err := b.Gateway.Lookup(t.Context(), c); err == nil && out.State == gateway.Paid {
		t.Errorf("a charge that nobody knows is %+v", out)
	}
	out, err := b.Gateway.Refund(t.Context(), refundOf(c, "ref_never", amount))
	if err == nil && out.Done {
		t.Error("a charge that nobody knows was given back")
	}
}

func testRefundInParts(t *testing.T, b Bench) {
	c := b.paid(t, "att_parts", amount)
	if b.Gateway.About().Refunds != gateway.PartRefunds {
		if out, err := b.Gateway.Refund(t.Context(), refundOf(c, "ref_part", 1000)); err == nil && out.Failure == "" {
			t.Errorf("it says that it does not give back in parts, and answers %+v", out)
		}
		if got := b.Provider.Given(c.Attempt); got != 0 {
			t.Errorf("%d was given back", got)
		}
		return
	}
	for i, part := range []int64{1000, 1, amount - 1001} {
		r := refundOf(c, "ref_part"+string(rune('a'+i)), part)
		for range 2 { // the same refund again gives nothing more
			if out := b.give(t, r); !out.Done || out.Reference == "" {
				t.Fatalf("part %d: %+v", i, out)
			}
		}
	}
	if got := b.Provider.Given(c.Attempt); got != amount {
		t.Errorf("%d was given back, want %d", got, amount)
	}
}

func testRefundWhole(t *testing.T, b Bench) {
	c := b.paid(t, "att_whole", amount)
	if b.Gateway.About().Refunds == gateway.NoRefunds {
		if out, err := b.Gateway.Refund(t.Context(), refundOf(c, "ref_whole", amount)); err == nil && out.Failure == "" {
			t.Errorf("it says that it does not give back, and answers %+v", out)
		}
		return
	}
	for range 2 {
		if out := b.give(t, refundOf(c, "ref_whole", amount)); !out.Done {
			t.Fatalf("%+v", out)
		}
	}
	if got := b.Provider.Given(c.Attempt); got != amount {
		t.Errorf("%d was given back, want %d", got, amount)
	}
}

func testRefundTooMuch(t *testing.T, b Bench) {
	c := b.paid(t, "att_much", amount)
	out, err := b.Gateway.Refund(t.Context(), refundOf(c, "ref_much", amount+1))
	if err != nil || out.Done || out.Failure == "" {
		t.Errorf("more than was taken: %+v, %v", out, err)
	}
	if b.Gateway.About().Refunds == gateway.PartRefunds {
		b.give(t, refundOf(c, "ref_most", amount-10))
		if out := b.give(t, refundOf(c, "ref_rest", 11)); out.Done || out.Failure == "" {
			t.Errorf("more than is left: %+v", out)
		}
	}
	if got := b.Provider.Given(c.Attempt); got > amount {
		t.Errorf("%d was given back of %d", got, amount)
	}
}

func testDown(t *testing.T, b Bench) {
	wire, ok := b.Provider.(Wire)
	if !ok {
		return
	}
	c := b.started(t, "att_down", amount)
	b.Provider.Pay(c.Attempt)
	c = with(c, b.lookup(t, c))
	wire.Down(2 * time.Minute)
	down := func(what string, err error) {
		t.Helper()
		d, ok := gateway.Down(err)
		if !ok || d.After != 2*time.Minute {
			t.Errorf("%s while the provider is down: %v", what, err)
		}
		b.clean(t, what, err)
	}
	_, err := b.Gateway.Lookup(t.Context(), c)
	down("look up", err)
	if out, err := b.Gateway.Start(t.Context(), b.charge("att_later", amount)); err != nil {
		down("start", err)
	} else if out.State != gateway.Waiting || out.Next == nil {
		t.Errorf("start without asking the provider: %+v", out)
	}
	if b.Gateway.About().Refunds != gateway.NoRefunds {
		_, err = b.Gateway.Refund(t.Context(), refundOf(c, "ref_down", amount))
		down("refund", err)
	}
	wire.Up()
	if out := b.lookup(t, c); out.State != gateway.Paid {
		t.Errorf("up again: %+v", out)
	}
	if b.Provider.Given(c.Attempt) != 0 {
		t.Error("a provider that was down gave back")
	}
}

// The provider does what it is asked, and the answer is lost: whatever is asked again, it is done once.
func testSilent(t *testing.T, b Bench) {
	wire, ok := b.Provider.(Wire)
	if !ok {
		return
	}
	wire.Silent()
	c := b.charge("att_silent", amount)
	out, err := b.Gateway.Start(t.Context(), c)
	if _, down := gateway.Down(err); down {
		t.Errorf("what may have begun is said not to have: %v", err)
	}
	b.clean(t, "start", err)
	wire.Up()
	if err != nil {
		if out, err = b.Gateway.Start(t.Context(), c); err != nil {
			t.Fatalf("start again: %v", err)
		}
	}
	c = with(c, out)
	b.Provider.Pay(c.Attempt)
	c = with(c, b.lookup(t, c))
	if got := b.Provider.Taken(c.Attempt); got != amount {
		t.Errorf("%d taken, want %d", got, amount)
	}
	if b.Gateway.About().Refunds == gateway.NoRefunds {
		return
	}
	wire.Silent()
	r := refundOf(c, "ref_silent", amount)
	if _, err := b.Gateway.Refund(t.Context(), r); err == nil {
		t.Error("a refund without an answer is no error")
	}
	wire.Up()
	b.give(t, r)
	if got := b.Provider.Given(c.Attempt); got != amount {
		t.Errorf("%d was given back, want %d", got, amount)
	}
}

// The payer paid and his browser never came back: the look-up finds it without any hint.
func testLostReturn(t *testing.T, b Bench) {
	c := b.started(t, "att_lost", amount)
	b.Provider.Pay(c.Attempt)
	if out := b.lookup(t, c); out.State != gateway.Paid {
		t.Errorf("looked up: %+v", out)
	}
}

// A webhook of which one byte is different, or whose signature is somebody else's, is none.
func testForged(t *testing.T, b Bench) {
	p, ok := b.Provider.(Webhooks)
	if !ok {
		m := gateway.Message{Source: gateway.FromProvider, Header: http.Header{}, Body: []byte(`{"attempt":"att_x","status":"Completed"}`), At: time.Now()}
		if h, err := b.Gateway.Hear(t.Context(), m); err == nil && b.Gateway.About().Takes != gateway.TakesRedirect {
			t.Errorf("it has no webhooks, and hears %+v", h)
		}
		return
	}
	c := b.paid(t, "att_forged", amount)
	good := p.Webhook(c.Attempt, "evt_forged")
	b.about(t, b.hear(t, good), c)
	refuse := func(what string, m gateway.Message) {
		t.Helper()
		if h, err := b.Gateway.Hear(t.Context(), m); !errors.Is(err, gateway.ErrForged) {
			t.Errorf("%s: heard %+v, %v", what, h, err)
		}
	}
	for _, at := range []int{0, len(good.Body) / 2, len(good.Body) - 1} {
		m := good
		m.Body = slices.Clone(good.Body)
		m.Body[at] ^= 1
		refuse("another byte", m)
	}
	m := good
	m.Header = http.Header{}
	refuse("no signature", m)
	m = good
	m.Body = append(slices.Clone(good.Body), '\n')
	refuse("one byte more", m)
}

// Whatever comes in is answered with an error or a hint.
func testNonsense(t *testing.T, b Bench) {
	for _, source := range []gateway.Source{gateway.FromBrowser, gateway.FromProvider} {
		for _, text := range []string{"", "{}", "[]", "null", "\x00\xff", "{\"data\":{\"object\":7}}", strings.Repeat("[", 60000), `{"id":"` + strings.Repeat("x", 60000) + `"}`} {
			m := gateway.Message{Source: source, Header: http.Header{}, Body: []byte(text), At: time.Now()}
			m.Query = url.Values{"data": {text}, "pidx": {text}, "token": {text}, "session_id": {text}, "attempt": {text}}
			h, err := b.Gateway.Hear(context.Background(), m)
			if err == nil && len(h.Event)+len(h.Attempt)+len(h.Reference) > 70000 {
				t.Errorf("heard %d bytes", len(h.Reference))
			}
		}
	}
}

// Each amount arrives as it left, to the last digit.
func testAmounts(t *testing.T, b Bench) {
	about := b.Gateway.About()
	for i, n := range []int64{1000, 1001, 9999, 10010, 100000, 123456789} {
		if about.Min > n || about.Max > 0 && about.Max < n {
			continue
		}
		b.paid(t, "att_n"+string(rune('a'+i)), n)
	}
}

// A caller who goes away gets an error and no outcome.
func testCancelled(t *testing.T, b Bench) {
	if _, ok := b.Provider.(Wire); !ok {
		return
	}
	c := b.paid(t, "att_gone", amount)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if out, err := b.Gateway.Lookup(ctx, c); err == nil {
		t.Errorf("looked up without time: %+v", out)
	}
}
