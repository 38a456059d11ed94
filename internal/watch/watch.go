package watch

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"time"

	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/event"
	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/watch/watchdb"
)

// The rules, by the names of the flags that they raise.
const (
	DeclinedCards  = "declined_cards"
	SharedCard     = "shared_card"
	SharedTransfer = "shared_transfer"
	SharedPhone    = "shared_phone"
	ManyRefunds    = "many_refunds"
	QuickPayout    = "quick_payout"
)

// What is counted beside the rules themselves.
const (
	sold     = "sold"
	toppedUp = "topped_up"
)

const day = 24 * time.Hour

// rule says what is unusual. Where share is set, so often and for that part of all, in percent.
type rule struct {
	name   string
	within time.Duration
	from   int64  // so often, or by so many
	share  int64  // percent of beside
	beside string // what it is compared with
	about  string
}

// rules are all of them.
var rules = []rule{
	{name: DeclinedCards, within: day, from: 10, about: "One account had ten payments declined within a day."},
	{name: SharedCard, within: 7 * day, from: 5, about: "Five accounts paid with one card, or one account at a provider, within a week."},
	{name: SharedTransfer, within: 90 * day, from: 2, about: "Two accounts named the same number of a transfer."},
	{name: SharedPhone, within: 30 * day, from: 5, about: "Five accounts gave the same telephone number within a month."},
	{name: ManyRefunds, within: 7 * day, from: 10, share: 30, beside: sold, about: "A store gave money back ten times within a week, and for three of ten orders or more."},
	{name: QuickPayout, within: day, from: 1, share: 80, beside: toppedUp, about: "Somebody asked for a payout of most of what he had put in within a day."},
}

// shared are the rules about what several accounts have in common.
var shared = []string{SharedCard, SharedTransfer, SharedPhone}

// longest is how far back any rule looks.
const longest = 90 * day

func ruleOf(name string) rule {
	for _, r := range rules {
		if r.name == name {
			return r
		}
	}
	return rule{}
}

// State is where a flag stands.
type State string

// The states of a flag.
const (
	Open State = "open"
	Seen State = "seen"
)

// Refusals.
var (
	ErrNotFound = fault.New(fault.NotFound, "flag_not_found", "There is no such flag.")
	ErrSeen     = fault.New(fault.Conflict, "flag_seen", "Somebody has looked at this already.")
	ErrNote     = fault.New(fault.Invalid, "note_needed", "Say in a few words what you found.")
)

// hour is the beginning of the hour of a time, in microseconds.
func hour(t time.Time) int64 { return clock.Micro(t.Truncate(time.Hour)) }

// sign is the trace of a card or a number: the same for the same one, and nothing else can be read from it.
func (s *Service) sign(parts ...string) string {
	mac := hmac.New(sha256.New, s.key)
	for _, p := range parts {
		mac.Write([]byte(p))
		mac.Write([]byte{0})
	}
	return hex.EncodeToString(mac.Sum(nil))[:24]
}

// text is a fact of an event that is a word.
func text(e event.Event, name string) string {
	v, _ := e.Facts[name].(string)
	return v
}

// whole is a fact of an event that is a whole number, 0 without one.
func whole(e event.Event, name string) int64 {
	v, _ := e.Facts[name].(json.Number)
	n, err := v.Int64()
	if err != nil {
		return 0
	}
	return n
}

// Flag is something to look at.
type Flag struct {
	ID        string
	Rule      string
	About     string
	Subject   string
	Count     int64
	Usual     int64
	Last      string
	State     State
	Note      string
	SeenBy    string
	SeenAt    *time.Time
	CreatedAt time.Time
	UpdatedAt time.Time
	Accounts  []string // those that share something, the last ones first
}

func flagOf(r watchdb.WatchFlag) Flag {
	f := Flag{
		ID: r.PublicID, Rule: r.Rule, About: ruleOf(r.Rule).about, Subject: r.Subject, Count: r.N, Usual: r.Usual, Last: r.Last, State: State(r.State), Note: r.Note, SeenBy: r.SeenBy,
		CreatedAt: clock.Time(r.CreatedAt), UpdatedAt: clock.Time(r.UpdatedAt),
	}
	if r.SeenAt != nil {
		at := clock.Time(*r.SeenAt)
		f.SeenAt = &at
	}
	return f
}
