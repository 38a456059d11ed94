package payment

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"log/slog"
	"net/url"
	"time"

	"github.com/haat-market/haat/internal/payment/gateway"
	"github.com/haat-market/haat/internal/payment/paymentdb"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/code"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/event"
	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/job"
	"github.com/haat-market/haat/internal/platform/web"
)

// maxWebhook bounds what a provider may send.
const maxWebhook = 64 << 10

// lookJob looks up an attempt of which somebody told.
const lookJob = "payment.look_up"

type lookPayload struct {
	Attempt string `json:"attempt"`
}

// The states of what a provider sent.
const (
	messageKnown   = "known"
	messageUnknown = "unknown"
)

// What a provider, or whoever pretends to be one, may be told.
var (
	ErrNotGenuine      = fault.New(fault.Malformed, "webhook_not_genuine", "The message is not signed by the provider, or too old.")
	ErrMessageNotFound = fault.New(fault.NotFound, "message_not_found", "There is no such message that waits for a person.")
)

// Webhook takes what a provider sent. Nothing of it is believed: the message is verified byte by byte, kept once by the
// provider's own id, and the attempt that it is about is looked up by a job. One about nothing known waits for a person.
// It reports whether the message was about something known. Errors: ErrGatewayUnknown,
// ErrNotGenuine.
func (s *Service) Webhook(ctx context.Context, name string, m gateway.Message) (known bool, err error) {
	gw, ok := s.gateways[name]
	if !ok {
		return false, ErrGatewayUnknown
	}
	m.Source, m.At = gateway.FromProvider, s.clock.Now()
	cctx, cancel := within(ctx, callTimeout)
	defer cancel()
	hint, err := gw.Hear(cctx, m)
	if errors.Is(err, gateway.ErrIgnored) {
		return true, nil
	}
	if d, ok := gateway.Down(err); ok {
		return false, ErrBankDown.Retry(max(d.After, time.Second)) // it cannot be verified now; providers send again
	}
	if err != nil {
		s.log.Warn("webhook refused", slog.String("gateway", name), slog.Any("error", err))
		return false, ErrNotGenuine
	}
	if hint.Event == "" {
		sum := sha256.Sum256(m.Body)
		hint.Event = "sha256:" + hex.EncodeToString(sum[:])
	}
	if len(hint.Event) > 200 || len(hint.Attempt) > 200 || len(hint.Reference) > 200 {
		return false, ErrNotGenuine
	}
	err = s.db.Write(ctx, "payment.webhook", func(ctx context.Context, tx db.Tx) error {
		attempt, err := s.hinted(ctx, tx, name, hint)
		if err != nil {
			return err
		}
		state := messageKnown
		if known = attempt != ""; !known {
			state = messageUnknown
		}
		id := code.ID("msg")
		n, err := paymentdb.New(tx).InsertMessage(ctx, paymentdb.InsertMessageParams{
			PublicID: id, Gateway: name, Event: hint.Event, Attempt: attempt, Reference: hint.Reference, State: state, CreatedAt: clock.Micro(s.clock.Now()),
		})
		if err != nil || n == 0 {
			return err
		}
		if attempt != "" {
			return s.jobs.Enqueue(ctx, tx, lookUp(attempt))
		}
		return s.events.Append(ctx, tx, event.Event{Type: "gateway.message_unknown", Subject: id, Actor: "system", Facts: map[string]any{"gateway": name}})
	})
	return known, err
}

func lookUp(attempt string) job.Job {
	return job.New(lookJob, lookPayload{Attempt: attempt}).Key(lookJob + ":" + attempt)
}

// hinted finds the attempt that a hint is about; "" if there is none. A hint names one by our id or by the provider's,
// and only one that was started at this gateway.
func (s *Service) hinted(ctx context.Context, tx db.Tx, name string, h gateway.Hint) (string, error) {
	q := paymentdb.New(tx)
	if code.ValidID("att", h.Attempt) {
		a, err := q.GetAttempt(ctx, h.Attempt)
		if err == nil && a.Gateway == name {
			return a.PublicID, nil
		}
		if err != nil && !errors.Is(err, db.ErrNoRows) {
			return "", err
		}
	}
	if h.Reference == "" {
		return "", nil
	}
	attempt, err := q.AttemptByReference(ctx, name, h.Reference)
	if errors.Is(err, db.ErrNoRows) {
		return "", nil
	}
	return attempt, err
}

// lookNow is the job.
func (s *Service) lookNow(ctx context.Context, p lookPayload) error {
	a, err := s.attempt(ctx, p.Attempt)
	if err != nil {
		return err
	}
	if _, ok := s.gateways[a.Gateway]; !ok {
		return nil // the poller asks once it is configured again
	}
	_, trouble, err := s.asked(ctx, a, gateway.Card{}, true)
	if d, ok := gateway.Down(trouble); ok && d.After > 0 && err == nil {
		return job.RetryIn(d.After, trouble)
	}
	return errors.Join(err, trouble)
}

// Return takes a payer back from a provider's page. What the browser brings is a hint like any other: it starts a
// look-up, and decides neither what is paid nor where the payer goes. It gives the payment of the attempt; "" if there
// is none.
func (s *Service) Return(ctx context.Context, name string, query url.Values) (payment string, err error) {
	gw, ok := s.gateways[name]
	if !ok {
		return "", nil
	}
	hint, err := gw.Hear(ctx, gateway.Message{Source: gateway.FromBrowser, Query: query, At: s.clock.Now()})
	if err != nil || len(hint.Attempt) > 200 || len(hint.Reference) > 200 {
		hint = gateway.Hint{}
	}
	if hint.Attempt == "" {
		hint.Attempt = query.Get("attempt")
	}
	err = s.db.Write(ctx, "payment.return", func(ctx context.Context, tx db.Tx) error {
		payment = ""
		id, err := s.hinted(ctx, tx, name, hint)
		if err != nil || id == "" {
			return err
		}
		q := paymentdb.New(tx)
		a, err := q.GetAttempt(ctx, id)
		if err != nil {
			return err
		}
		p, err := q.GetPaymentByID(ctx, a.PaymentID)
		if err != nil {
			return err
		}
		payment = p.PublicID
		if !a.Watched {
			return nil
		}
		return s.jobs.Enqueue(ctx, tx, lookUp(id))
	})
	return payment, err
}

// MessageView is what a provider sent and nobody could place.
type MessageView struct {
	ID         string    `json:"id"`
	Gateway    string    `json:"gateway"`
	Event      string    `json:"event" doc:"The provider's id of the message"`
	Attempt    string    `json:"attempt,omitempty"`
	Reference  string    `json:"reference,omitempty" doc:"The provider's id of what it is about"`
	State      string    `json:"state" enum:"known,unknown,resolved"`
	ResolvedBy string    `json:"resolved_by,omitempty"`
	Note       string    `json:"note,omitempty"`
	CreatedAt  time.Time `json:"created_at"`
}

var messageList = db.DefineList(db.List{
	Name:    "payment.messages",
	Select:  "SELECT m.public_id, m.gateway, m.event, m.attempt, m.reference, m.state, m.resolved_by, m.note, m.created_at",
	From:    "FROM gateway_messages m",
	Filters: []db.Filter{{Name: "state", SQL: "m.state = ?", Type: db.Text}},
	Sorts:   []db.Sort{{Name: "newest", Desc: true, Keys: []db.SortKey{{Column: "m.id", Type: db.Int}}}},
	Combos: []db.Combo{
		{Sort: "newest", Index: "gateway_messages_pkey"},
		{Filters: []string{"state"}, Sort: "newest", Index: "gateway_messages_state"},
	},
})

// Messages pages through what providers sent, newest first.
func (s *Service) Messages(ctx context.Context, state string, page web.PageParams) (out web.Page[MessageView], err error) {
	filters := map[string]any{}
	if state != "" {
		filters["state"] = state
	}
	err = s.db.Read(ctx, "payment.messages", func(ctx context.Context, tx db.Tx) error {
		items, next, err := db.QueryList(ctx, tx, messageList, db.ListQuery{Filters: filters, Limit: page.Limit, Cursor: page.Cursor}, func(r db.Scanner) (v MessageView, err error) {
			var at int64
			err = r.Scan(&v.ID, &v.Gateway, &v.Event, &v.Attempt, &v.Reference, &v.State, &v.ResolvedBy, &v.Note, &at)
			v.CreatedAt = clock.Time(at)
			return v, err
		})
		out = web.NewPage(items, next)
		return err
	})
	return out, err
}

// Resolve notes that a person has seen to a message that nobody could place. Error: ErrMessageNotFound.
func (s *Service) Resolve(ctx context.Context, caller web.Caller, id, note string) error {
	return s.db.Write(ctx, "payment.resolve", func(ctx context.Context, tx db.Tx) error {
		n, err := paymentdb.New(tx).ResolveMessage(ctx, id, caller.Account, note, clock.Micro(s.clock.Now()))
		if err == nil && n == 0 {
			return ErrMessageNotFound
		}
		if err != nil {
			return err
		}
		return s.events.Append(ctx, tx, event.Event{Type: "gateway.message_resolved", Subject: id, Actor: caller.Account})
	})
}
