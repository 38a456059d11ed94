package payment

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/haat-market/haat/internal/ledger"
	"github.com/haat-market/haat/internal/payment/gateway"
	"github.com/haat-market/haat/internal/payment/paymentdb"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/money"
	"github.com/haat-market/haat/internal/platform/web"
)

// Verify asks the gateway of the running attempt again, for a payer who came back. Error: ErrNotConfirmed.
func (s *Service) Verify(ctx context.Context, caller web.Caller, payment string) error {
	var a paymentdb.PaymentAttempt
	err := s.db.Read(ctx, "payment.verify", func(ctx context.Context, tx db.Tx) error {
		q := paymentdb.New(tx)
		row, err := q.GetPayment(ctx, payment)
		if errors.Is(err, db.ErrNoRows) || err == nil && row.AccountID != caller.AccountID && !caller.Is(web.RoleAdmin) {
			return ErrNotFound
		}
		if err != nil {
			return err
		}
		if a, err = q.RunningAttempt(ctx, row.ID); errors.Is(err, db.ErrNoRows) {
			return nil
		}
		return err
	})
	if err != nil || a.ID == 0 {
		return err
	}
	a, trouble, err := s.asked(ctx, a, gateway.Card{}, true)
	if err != nil {
		return err
	}
	if AttemptState(a.State) != Started {
		return nil
	}
	if d, ok := gateway.Down(trouble); ok {
		return down(a, max(d.After, time.Second))
	}
	return ErrNotConfirmed
}

// Recheck asks an attempt's gateway again, whatever was said before, and records the answer: for an admin, and for
// what a webhook hints at.
func (s *Service) Recheck(ctx context.Context, attempt string) error {
	a, err := s.attempt(ctx, attempt)
	if err != nil {
		return err
	}
	_, err = s.call(ctx, a, gateway.Card{}, true)
	return err
}

// outcome is a gateway's answer, or what stands for one that did not come.
type outcome struct {
	gateway.Outcome
	retryAfter time.Duration
}

// unanswered is what the market makes of a gateway that did not answer. A payer who was to be sent to a provider's page
// and has no address of it cannot have paid, so that attempt is over; in all other cases the poller will look.
func unanswered(about gateway.About, trouble error, again bool) outcome {
	out := outcome{Outcome: gateway.Outcome{State: gateway.Waiting}}
	d, isDown := gateway.Down(trouble)
	if isDown {
		out.retryAfter = d.After
	}
	if again {
		return out
	}
	switch {
	case errors.Is(trouble, gateway.ErrRefused):
		out.State, out.Failure = gateway.Failed, gateway.NotPossible
	case isDown, about.Takes == gateway.TakesRedirect:
		out.State, out.Failure = gateway.Failed, gateway.BankDown
	}
	return out
}

// failure is what a payer is told of an attempt that failed.
func (s *Service) failure(a paymentdb.PaymentAttempt) error {
	f, ok := failures[a.Failure]
	switch {
	case !ok:
		return nil
	case f.Kind == fault.Unavailable:
		return down(a, max(clock.Time(a.LookAt).Sub(s.clock.Now()), time.Second))
	case slices.Contains(declines, a.Failure):
		return f.With("attempt", a.PublicID).With("can_retry", true).With("decline_reason", a.Failure)
	case a.Failure == gateway.TimedOut:
		return f.With("attempt", a.PublicID).With("can_retry", true).With("session_duration", (a.ExpiresAt-a.CreatedAt)/1_000_000).With("expired_at", clock.Time(a.ExpiresAt))
	default:
		return f.With("attempt", a.PublicID).With("can_retry", true)
	}
}

// FailureOf is what payers are told of an attempt that failed with this code.
func FailureOf(code string) (*fault.Error, bool) {
	f, ok := failures[code]
	return f, ok
}

func down(a paymentdb.PaymentAttempt, after time.Duration) error {
	f := ErrBankDown.With("attempt", a.PublicID).With("can_retry", true).With("retry_after", int64(after.Seconds())).Retry(after)
	if a.Bank != "" {
		f = f.With("bank", a.Bank)
	}
	return f
}

// charge is what the gateway is asked about an attempt.
func (s *Service) charge(ctx context.Context, a paymentdb.PaymentAttempt, card gateway.Card) (c gateway.Charge, err error) {
	err = s.db.Read(ctx, "payment.charge", func(ctx context.Context, tx db.Tx) error {
		_, offer, err := s.offerOf(ctx, tx, a.Gateway)
		if err != nil {
			return err
		}
		c, err = s.chargeFor(ctx, tx, a, card, offer)
		return err
	})
	return c, err
}

// chargeFor is charge within a transaction that knows the offer.
func (s *Service) chargeFor(ctx context.Context, tx db.Tx, a paymentdb.PaymentAttempt, card gateway.Card, offer Offer) (gateway.Charge, error) {
	m, err := s.market.SettingsFor(ctx, tx)
	if err != nil {
		return gateway.Charge{}, err
	}
	c := gateway.Charge{
		Attempt: a.PublicID, Amount: a.Amount + a.Fee, Currency: money.Currency(a.Currency), Choice: a.Choice, Bank: a.Bank, Card: card,
		Return: s.url + "/payments/return/" + a.Gateway + "?attempt=" + url.QueryEscape(a.PublicID), Shop: s.url,
		Created: clock.Time(a.CreatedAt), Expires: clock.Time(a.ExpiresAt), Title: m.Name, Details: offer.Details,
	}
	if a.Reference != nil {
		c.Reference = *a.Reference
	}
	return c, nil
}

// admits says whether a payment may be paid at this gateway, and what it costs the payer on top.
func (o Offer) admits(p Payment, cmd StartCmd) (fee int64, err error) {
	if !o.On(p.Currency) {
		return 0, ErrGatewayOff
	}
	if fee, err = o.Fee(p.Amount); err != nil {
		return 0, err
	}
	if n := p.Amount + fee; n < o.Min || o.Max > 0 && n > o.Max {
		e := ErrGatewayAmount.With("min", money.Format(o.Min, p.Currency)).With("currency", p.Currency)
		if o.Max > 0 {
			e = e.With("max", money.Format(o.Max, p.Currency))
		}
		return 0, e
	}
	return fee, o.chosen(cmd)
}

// chosen checks the way to pay within the gateway.
func (o Offer) chosen(cmd StartCmd) error {
	if len(o.Choices) == 0 {
		if cmd.Choice != "" || cmd.Bank != "" {
			return ErrChoice.Field("body.choice", "unknown", "This gateway has no choices.")
		}
		return nil
	}
	i := slices.IndexFunc(o.Choices, func(c gateway.Choice) bool { return c.Code == cmd.Choice })
	if i < 0 && cmd.Choice == "" && len(o.Choices[0].Banks) == 0 && cmd.Bank == "" {
		return nil // the first is what a payer gets who does not choose
	}
	if i < 0 {
		return ErrChoice.Field("body.choice", "unknown", "GET /v1/payment-methods lists the choices.")
	}
	banks := o.Choices[i].Banks
	if len(banks) == 0 && cmd.Bank == "" || slices.ContainsFunc(banks, func(b gateway.Bank) bool { return b.Code == cmd.Bank }) {
		return nil
	}
	if cmd.Bank == "" {
		return ErrChoice.Field("body.bank", "required", "This way of paying needs a bank.")
	}
	return ErrChoice.Field("body.bank", "unknown", "GET /v1/payment-methods lists the banks.")
}

// stretched is the end of a payment's window while an attempt runs. Whoever pays by transfer has the days that a bank
// needs; a provider's page stretches the window a little, and nobody holds goods longer than windowMost by it.
func stretched(p Payment, about gateway.About, expires time.Time) time.Time {
	if about.Takes == gateway.TakesTransfer {
		return earlier(later(p.Until, expires), p.CreatedAt.Add(transferMost))
	}
	return later(p.Until, earlier(expires.Add(attemptGrace), p.CreatedAt.Add(windowMost)))
}

// wait notes what the payer has to do and when to look again.
func (s *Service) wait(ctx context.Context, q *paymentdb.Queries, p Payment, a paymentdb.PaymentAttempt, out outcome, reference *string, look time.Time) error {
	set := paymentdb.SetAttemptWaitingParams{
		ID: a.ID, Reference: reference, Next: a.Next, ExpiresAt: a.ExpiresAt, LookAt: clock.Micro(look), UpdatedAt: clock.Micro(s.clock.Now()),
	}
	if out.Next != nil {
		text, err := json.Marshal(out.Next)
		if err != nil {
			return fmt.Errorf("what the payer of %s has to do: %w", a.PublicID, err)
		}
		set.Next = string(text)
	}
	if !out.Expires.IsZero() && out.Expires.After(clock.Time(a.CreatedAt)) {
		expires := earlier(out.Expires, clock.Time(a.CreatedAt).Add(windowMost))
		set.ExpiresAt = clock.Micro(expires)
		if until := stretched(p, s.gateways[a.Gateway].About(), expires); p.State == Processing && until.After(p.Until) {
			if err := q.SetPaymentRunning(ctx, p.ID, clock.Micro(until), set.UpdatedAt); err != nil {
				return err
			}
		}
	}
	return q.SetAttemptWaiting(ctx, set)
}

// giveUpTransfer ends a running attempt by transfer of which there is no proof yet, so that its payer can pay in another
// way. Money that still comes for it is found by its proof.
func (s *Service) giveUpTransfer(ctx context.Context, tx db.Tx, p Payment) (Payment, error) {
	if p.State != Processing {
		return p, nil
	}
	q := paymentdb.New(tx)
	a, err := q.RunningAttempt(ctx, p.ID)
	if errors.Is(err, db.ErrNoRows) {
		return p, nil
	}
	if err != nil || !s.byTransfer(a.Gateway) {
		return p, err
	}
	if _, err := q.ProofOfAttempt(ctx, a.ID); !errors.Is(err, db.ErrNoRows) {
		return p, err // a proof is being looked at
	}
	if err := q.SetAttempt(ctx, paymentdb.SetAttemptParams{
		ID: a.ID, State: string(Failed), Failure: gateway.PayerGaveUp, LookAt: a.LookAt, UpdatedAt: clock.Micro(s.clock.Now()),
	}); err != nil {
		return p, err
	}
	if err := s.attemptOver(ctx, tx, p, a, gateway.PayerGaveUp); err != nil {
		return p, err
	}
	row, err := q.LockPayment(ctx, p.ID)
	return fromRow(row), err
}

func (s *Service) byTransfer(name string) bool {
	gw, ok := s.gateways[name]
	return ok && gw.About().Takes == gateway.TakesTransfer
}

// source is the account from which a gateway's money comes: a payer's own transfer is at the bank already.
func (s *Service) source(name, cur string) ledger.Key {
	if s.byTransfer(name) {
		return ledger.Bank(cur)
	}
	return ledger.Gateway(name, cur)
}

// lookAgain is how long the poller waits: longer the older the attempt.
func lookAgain(age time.Duration) time.Duration {
	if age < windowMost {
		return min(max(age/4, 10*time.Second), 2*time.Minute)
	}
	return min(age/4, time.Hour)
}

func lastFour(number string) string {
	if len(number) < 12 {
		return ""
	}
	return number[len(number)-4:]
}

// typedFingerprint tells a card from others by what of it may be kept: the last digits and the date on it.
func typedFingerprint(c gateway.Card) string {
	digits := lastFour(c.Number)
	if digits == "" {
		return ""
	}
	return fmt.Sprintf("typed:%s:%d-%02d", digits, c.Year, c.Month)
}

// maxFingerprint bounds what is kept of what a provider says.
const maxFingerprint = 200

// givenFingerprint is what the provider tells a card or an account from others by.
func givenFingerprint(s string) string {
	if s == "" || len(s) > maxFingerprint || strings.ContainsRune(s, 0) || !utf8.ValidString(s) {
		return ""
	}
	return "given:" + s
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
