package event

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/event/eventdb"
	"github.com/haat-market/haat/internal/platform/job"
)

// Log is the event log.
type Log struct {
	clock clock.Clock
	live  *live

	told    atomic.Int64 // embedded: up to which number followers were woken
	likely  atomic.Bool  // something was appended here since the last numbering
	backlog atomic.Bool  // the last numbering found more than it could do

	mu        sync.RWMutex
	followers []*follower
	keep      time.Duration // 0 = for ever
	runner    *job.Runner   // nil until Work
}

// New makes a log. It numbers nothing and calls nobody until Work.
func New(c clock.Clock) *Log { return &Log{clock: c, live: newLive()} }

// Append writes an event in the caller's transaction.
func (l *Log) Append(ctx context.Context, tx db.Tx, e Event) error {
	facts, err := e.encode()
	if err != nil {
		return err
	}
	seq, err := nextSeq(ctx, tx)
	if err != nil {
		return err
	}
	err = eventdb.New(tx).InsertEvent(ctx, eventdb.InsertEventParams{
		Seq: seq, Type: e.Type, Subject: e.Subject, Actor: e.Actor, Facts: facts, CreatedAt: clock.Micro(l.clock.Now()),
	})
	if err != nil {
		return fmt.Errorf("append %s: %w", e.Type, err)
	}
	l.appended()
	return nil
}

// AppendMany writes events in one round trip, in this order.
func (l *Log) AppendMany(ctx context.Context, tx db.Tx, events []Event) error {
	if len(events) == 0 {
		return nil
	}
	seq, err := nextSeq(ctx, tx)
	if err != nil {
		return err
	}
	now := clock.Micro(l.clock.Now())
	rows := make([]eventdb.InsertEventsParams, len(events))
	for i, e := range events {
		facts, err := e.encode()
		if err != nil {
			return err
		}
		rows[i] = eventdb.InsertEventsParams{Seq: seq, Type: e.Type, Subject: e.Subject, Actor: e.Actor, Facts: facts, CreatedAt: now}
		if seq != nil {
			next := *seq + 1
			seq = &next
		}
	}
	var first error
	eventdb.New(tx).InsertEvents(ctx, rows).Exec(func(_ int, err error) {
		if err != nil && first == nil {
			first = err
		}
	})
	if first != nil {
		return fmt.Errorf("append %d events: %w", len(events), first)
	}
	l.appended()
	return nil
}

// appended asks for the numbering soon.
func (l *Log) appended() {
	l.likely.Store(true)
	l.poke(numberSweep)
}

// poke asks for a sweep soon. The caller's transaction is not committed yet, so this is a hint and no more.
func (l *Log) poke(sweep string) {
	l.mu.RLock()
	runner := l.runner
	l.mu.RUnlock()
	if runner != nil {
		runner.Wake(sweep)
	}
	l.live.poke()
}

// Page says which part of a list is wanted.
type Page struct {
	Limit  int
	Cursor string // "" = from the beginning
}

var eventList = db.DefineList(db.List{
	Name:   "event.events",
	Select: "SELECT e.id, e.seq, e.type, e.subject, e.actor, e.facts, e.created_at",
	From:   "FROM events e",
	Filters: []db.Filter{
		{Name: "subject", SQL: "e.subject = ?", Type: db.Text},
		{Name: "type", SQL: "e.type = ?", Type: db.Text},
		{Name: "actor", SQL: "e.actor = ?", Type: db.Text},
		{Name: "first", SQL: "e.id >= ?", Type: db.Int},
		{Name: "last", SQL: "e.id <= ?", Type: db.Int},
		{Name: "from", SQL: "e.created_at >= ?", Type: db.Int},
		{Name: "to", SQL: "e.created_at < ?", Type: db.Int},
	},
	Sorts: []db.Sort{
		{Name: "newest", Desc: true, Keys: []db.SortKey{{Column: "e.id", Type: db.Int}}},
		{Name: "oldest", Keys: []db.SortKey{{Column: "e.id", Type: db.Int}}},
	},
	Combos: eventCombos(),
})

// eventCombos are whose events, and from when: a time is looked up first, it is a run of numbers.
func eventCombos() (out []db.Combo) {
	for _, c := range []db.Combo{
		{Index: "events_pkey"}, {Filters: []string{"subject"}, Index: "events_subject"}, {Filters: []string{"type"}, Index: "events_type"},
		{Filters: []string{"actor"}, Index: "events_actor"}, {Filters: []string{"subject"}, Post: []string{"type"}, Index: "events_subject"},
		{Filters: []string{"actor"}, Post: []string{"type"}, Index: "events_actor"},
	} {
		c.Sort = "newest"
		out = append(out, c)
		c.Filters, c.Post = slices.Concat(c.Filters, []string{"first", "last"}), slices.Concat(c.Post, []string{"from", "to"})
		out = append(out, c)
	}
	return append(out, db.Combo{Filters: []string{"subject"}, Sort: "oldest", Index: "events_subject"})
}

// farAway is after every time that an event can have.
const farAway = int64(1) << 62

// Within adds the time to the filters of List: from, if it is not zero, and before to, if it is not.
func (l *Log) Within(ctx context.Context, tx db.Tx, filters map[string]any, from, to time.Time) error {
	if from.IsZero() && to.IsZero() {
		return nil
	}
	begin, end := int64(0), farAway
	if !from.IsZero() {
		begin = clock.Micro(from)
	}
	if !to.IsZero() {
		end = clock.Micro(to)
	}
	q := eventdb.New(tx)
	newest, err := q.LastEvent(ctx)
	if err != nil {
		return fmt.Errorf("last event: %w", err)
	}
	ask := func(id int64) (int64, int64, error) {
		row, err := q.EventFrom(ctx, id)
		return row.ID, row.CreatedAt, err
	}
	first, err := db.FirstAt(newest, begin-db.ClockSkew.Microseconds(), ask)
	if err != nil {
		return fmt.Errorf("events from %v: %w", from, err)
	}
	last, err := db.FirstAt(newest, end+db.ClockSkew.Microseconds(), ask)
	if err != nil {
		return fmt.Errorf("events to %v: %w", to, err)
	}
	filters["first"], filters["last"], filters["from"], filters["to"] = first, last, begin, end
	return nil
}

// History is what happened to a subject, the oldest first, also what is not numbered yet.
func (l *Log) History(ctx context.Context, tx db.Tx, subject string, p Page) ([]Event, string, error) {
	return l.List(ctx, tx, db.ListQuery{
		Filters: map[string]any{"subject": subject}, Sort: "oldest", Limit: p.Limit, Cursor: p.Cursor,
	})
}

// List is the audit trail, the newest first unless told otherwise. The filters are "subject", "actor", "type", and "type"
// beside one of the others, each with a time that Within looked up.
func (l *Log) List(ctx context.Context, tx db.Tx, q db.ListQuery) ([]Event, string, error) {
	return db.QueryList(ctx, tx, eventList, q, func(s db.Scanner) (Event, error) {
		var row eventdb.Event
		err := s.Scan(&row.ID, &row.Seq, &row.Type, &row.Subject, &row.Actor, &row.Facts, &row.CreatedAt)
		if err != nil {
			return Event{}, err
		}
		return fromRow(row)
	})
}

func fromRow(row eventdb.Event) (Event, error) {
	facts, err := decodeFacts(row.Facts)
	if err != nil {
		return Event{}, err
	}
	e := Event{
		ID: row.ID, Type: row.Type, Subject: row.Subject, Actor: row.Actor, Facts: facts, At: clock.Time(row.CreatedAt),
	}
	if row.Seq != nil {
		e.Seq = *row.Seq
	}
	return e, nil
}

// after reads numbered events in order.
func (l *Log) after(ctx context.Context, tx db.Tx, seq int64, limit int) ([]Event, error) {
	rows, err := eventdb.New(tx).EventsAfter(ctx, seq, int32(limit))
	if err != nil {
		return nil, fmt.Errorf("events after %d: %w", seq, err)
	}
	return fromRows(rows)
}

func fromRows(rows []eventdb.Event) (events []Event, err error) {
	events = make([]Event, len(rows))
	for i, row := range rows {
		if events[i], err = fromRow(row); err != nil {
			return nil, err
		}
	}
	return events, nil
}
