package gateway

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/money"
)

// Gateway is a way to take money from outside. Its calls are made outside any transaction, may be repeated with the
// same attempt or refund, and are believed only as far as amount and currency agree with ours.
type Gateway interface {
	// About says what the gateway is and what it can do. It is constant.
	About() About
	// Start begins a charge for an attempt. An error means that the outcome is unknown; ErrDown that nothing began.
	Start(ctx context.Context, c Charge) (Outcome, error)
	// Lookup asks what became of an attempt. It is the truth; what browsers and webhooks say are hints.
	Lookup(ctx context.Context, c Charge) (Outcome, error)
	// Refund gives money back, once for each refund id. An error means that the outcome is unknown.
	Refund(ctx context.Context, r Refund) (Refunded, error)
	// Hear reads what a payer's browser brought back, or what the provider sent by itself, and says which charge to
	// look up. What is not genuine is ErrForged; what is genuine and about no charge is ErrIgnored.
	Hear(ctx context.Context, m Message) (Hint, error)
}

// Keeper is a gateway whose books are in the market's own database. What it is going to be asked is written there in the
// transaction in which the attempt begins, as one that is elsewhere has it once it was asked.
type Keeper interface {
	// Keep writes the charge down. Start is then called with it, and Kept.
	Keep(ctx context.Context, tx db.Tx, c Charge) error
}

// Charge is what a gateway is asked to take. Attempt is the key under which it must not take twice.
type Charge struct {
	Attempt   string // public id: letters, digits and _
	Reference string // the gateway's own, when it has given one
	Amount    int64  // minor units, the fee included
	Currency  money.Currency
	Title     string            // what is paid for, for the payer's eyes
	Choice    string            // one of About.Choices
	Bank      string            // one of the choice's banks
	Card      Card              // passed through, never kept
	Return    string            // address to which the payer's browser comes back
	Shop      string            // the market's address
	Details   map[string]string // what an admin gave, by the names of About.Details
	Created   time.Time         // of the attempt
	Expires   time.Time         // of the attempt
	Kept      bool              // a Keeper has written it down
}

// Card is a payer's card as typed. It is passed to the gateway and never stored or logged.
type Card struct {
	Number string
	Month  int
	Year   int
	CVC    string
}

// LogValue keeps a card out of the log.
func (Card) LogValue() string { return "card" }

// String keeps a card out of messages.
func (Card) String() string { return "card" }

// State is what a gateway says of a charge.
type State string

// The states of a charge.
const (
	Paid    State = "paid"
	Failed  State = "failed"
	Waiting State = "waiting"
	Unknown State = "unknown" // the gateway has never heard of it, or has forgotten it
)

// Outcome is a gateway's answer about a charge.
type Outcome struct {
	State     State
	Reference string
	Amount    int64 // what was paid; not asked unless paid
	Currency  money.Currency
	Failure   string    // a code, see Failures
	Next      *Next     // what the payer has to do now
	Expires   time.Time // until when the payer can pay; zero: until the charge expires
	// Fingerprint is the same whenever the same card or account pays, also for another payer; empty where the provider tells none.
	Fingerprint string
}

// NextType is what kind of thing the payer has to do.
type NextType string

// What a payer may have to do.
const (
	Redirect NextType = "redirect" // open URL
	Form     NextType = "form"     // send Fields to URL by POST
	Transfer NextType = "transfer" // pay by himself as Fields say, then send a proof
)

// Next is what the payer has to do.
type Next struct {
	Type   NextType          `json:"type" enum:"redirect,form,transfer"`
	URL    string            `json:"url,omitempty" doc:"To open, or to send the fields to by POST"`
	Fields map[string]string `json:"fields,omitempty" doc:"For a form: what to send. For a transfer: to whom, and the reference to write on it"`
	QR     string            `json:"qr,omitempty" doc:"Text of a QR code that a payer's phone understands"`
}

// Refund asks a gateway to give back. ID is the key under which it must not give twice.
type Refund struct {
	ID        string
	Attempt   string
	Charge    string // the gateway's reference of the charge
	Reference string // the gateway's reference of this refund, when it has given one and was not done
	Amount    int64
	Whole     int64 // what the charge took
	Currency  money.Currency
	Created   time.Time // of the attempt
}

// Refunded is a gateway's answer about a refund: done, refused for good, or neither, which means ask again.
type Refunded struct {
	Done      bool
	Failure   string
	Reference string
}

// Source says how a message came.
type Source string

// The sources.
const (
	FromBrowser  Source = "return"
	FromProvider Source = "webhook"
)

// Message is what came to the market from outside, byte by byte. Nobody has looked at it yet.
type Message struct {
	Source Source
	Header http.Header
	Query  url.Values
	Body   []byte
	At     time.Time
}

// Hint is all that a message is good for: which charge to look up. Event is the provider's id of the message, by which a
// repetition is known.
type Hint struct {
	Event     string
	Attempt   string
	Reference string
}
