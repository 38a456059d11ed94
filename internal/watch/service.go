package watch

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"time"

	"github.com/haat-market/haat/internal/identity"
	"github.com/haat-market/haat/internal/market"
	"github.com/haat-market/haat/internal/order"
	"github.com/haat-market/haat/internal/payment"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/code"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/event"
	"github.com/haat-market/haat/internal/platform/job"
	"github.com/haat-market/haat/internal/platform/mail"
	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/internal/watch/watchdb"
)

// Deps are what the room stands on.
type Deps struct {
	DB       *db.DB
	Clock    clock.Clock
	Log      *slog.Logger
	Events   *event.Log
	Jobs     *job.Runner
	Mail     mail.Sender
	Market   *market.Service
	Identity *identity.Service
	Payments *payment.Service
	Orders   *order.Service
	URL      string // the market's, for links
	Key      []byte // the server's secret
}

// Service is the room.
type Service struct {
	db       *db.DB
	clock    clock.Clock
	log      *slog.Logger
	events   *event.Log
	jobs     *job.Runner
	mail     mail.Sender
	market   *market.Service
	identity *identity.Service
	payments *payment.Service
	orders   *order.Service
	url      string
	key      []byte
}

// New opens the room and lets it follow what happens.
func New(d Deps) *Service {
	s := &Service{
		db: d.DB, clock: d.Clock, log: d.Log, events: d.Events, jobs: d.Jobs, mail: d.Mail, market: d.Market, identity: d.Identity, payments: d.Payments, orders: d.Orders, url: d.URL, key: d.Key,
	}
	d.Events.FollowPlan("watch.follow", s.follow, event.Only(followed...), event.Batch(200), event.Calmly(), event.FromNow())
	return s
}

// followed are the events that say something about a pattern, or that somebody is mailed about.
var followed = []string{
	"payment.attempt_failed", "payment.completed", "payment.proof_submitted", "account.activated", "account.created", "account.updated",
	"order.placed", "order.refunded", "wallet.topup_paid", "payout.requested", disputeOverdue, proofMissing, proofWaiting,
}

// noting is what is being gathered from some events, to be written with the follower's place.
type noting struct {
	tx    db.Tx // to read in
	steps []event.Apply
	sold  map[soldAt]int64
	seen  map[membership]time.Time // who takes part in what, by these very events
}

type soldAt struct {
	store string
	hour  int64
}

type membership struct{ what, subject, member string }

// follow counts what happens, raises flags and asks for the mails about what waits. Most of what happens says nothing new,
// so that nothing is written.
func (s *Service) follow(ctx context.Context, events []event.Event) (event.Apply, error) {
	var n *noting
	err := s.db.Read(ctx, "watch.follow", func(ctx context.Context, tx db.Tx) error {
		n = &noting{tx: tx, sold: map[soldAt]int64{}, seen: map[membership]time.Time{}}
		for _, e := range events {
			if err := s.one(ctx, n, e); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil || len(n.steps) == 0 && len(n.sold) == 0 {
		return nil, err
	}
	return func(ctx context.Context, tx db.Tx) error {
		for at, count := range n.sold { // each store once for all of the events
			if err := watchdb.New(tx).Count(ctx, watchdb.CountParams{What: sold, Subject: at.store, Hour: at.hour, N: count}); err != nil {
				return err
			}
		}
		for _, step := range n.steps {
			if err := step(ctx, tx); err != nil {
				return err
			}
		}
		return nil
	}, nil
}

func (n *noting) do(step event.Apply) { n.steps = append(n.steps, step) }

func (s *Service) one(ctx context.Context, n *noting, e event.Event) error {
	switch e.Type {
	case "payment.attempt_failed", "payment.completed", "payment.proof_submitted":
		return s.paid(ctx, n, e)
	case "account.activated", "account.created", "account.updated":
		return s.named(ctx, n, e)
	case "order.placed":
		return s.placed(ctx, n, e)
	case "order.refunded":
		s.counted(n, ManyRefunds, text(e, "store"), e, 0)
	case "wallet.topup_paid":
		if account := text(e, "account"); account != "" {
			n.do(func(ctx context.Context, tx db.Tx) error {
				return s.count(ctx, tx, toppedUp, account, e, whole(e, "amount"))
			})
		}
	case "payout.requested":
		if text(e, "holder") == "wallet" {
			s.counted(n, QuickPayout, text(e, "account"), e, whole(e, "amount"))
		}
	case disputeOverdue, proofMissing, proofWaiting:
		n.do(func(ctx context.Context, tx db.Tx) error {
			return s.jobs.Enqueue(ctx, tx, job.New(mailKind, mailJob{e.Type, e.Subject, text(e, "order")}).Key(mailKind+":"+e.Type+":"+e.Subject))
		})
	}
	return nil
}

// named looks at the telephone number that an account has.
func (s *Service) named(ctx context.Context, n *noting, e event.Event) error {
	if changed, ok := e.Facts["changed"].([]any); ok && !slices.Contains(changed, any("phone")) {
		return nil
	}
	a, err := s.identity.Find(ctx, n.tx, e.Subject)
	if errors.Is(err, identity.ErrAccountNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return s.phoned(ctx, n, a.Phone, a.PublicID, e)
}

// placed counts an order for its store, and looks at the telephone number that it goes to.
func (s *Service) placed(ctx context.Context, n *noting, e event.Event) error {
	if store := text(e, "store"); store != "" {
		n.sold[soldAt{store, hour(e.At)}]++
	}
	if e.Actor == event.System { // a guest: no account
		return nil
	}
	to, err := s.orders.ContactOf(ctx, n.tx, e.Subject)
	if err != nil {
		return err
	}
	return s.phoned(ctx, n, to.Phone, e.Actor, e)
}

func (s *Service) phoned(ctx context.Context, n *noting, phone, account string, e event.Event) error {
	if phone == "" {
		return nil
	}
	return s.joined(ctx, n, SharedPhone, s.sign(SharedPhone, phone), account, e)
}

// paid looks at how somebody paid, or tried to.
func (s *Service) paid(ctx context.Context, n *noting, e event.Event) error {
	id := text(e, "attempt")
	if id == "" {
		return nil // from the wallet, or in cash
	}
	t, err := s.payments.TraceOf(ctx, n.tx, id)
	if err != nil || t.Account == "" {
		return err
	}
	switch {
	case e.Type == "payment.attempt_failed" && t.Declined:
		s.counted(n, DeclinedCards, t.Account, e, 0)
	case e.Type == "payment.completed" && t.Fingerprint != "":
		return s.joined(ctx, n, SharedCard, s.sign(SharedCard, t.Gateway, t.Fingerprint), t.Account, e)
	case e.Type == "payment.proof_submitted" && t.Transfer != "":
		return s.joined(ctx, n, SharedTransfer, s.sign(SharedTransfer, t.Transfer), t.Account, e)
	}
	return nil
}

func (s *Service) count(ctx context.Context, tx db.Tx, what, subject string, e event.Event, amount int64) error {
	return watchdb.New(tx).Count(ctx, watchdb.CountParams{What: what, Subject: subject, Hour: hour(e.At), N: 1, Amount: amount})
}

// counted counts what a rule is about, and flags it where that is too often.
func (s *Service) counted(n *noting, name, subject string, e event.Event, amount int64) {
	if subject != "" {
		n.do(func(ctx context.Context, tx db.Tx) error { return s.weigh(ctx, tx, name, subject, e, amount) })
	}
}

func (s *Service) weigh(ctx context.Context, tx db.Tx, name, subject string, e event.Event, amount int64) error {
	if err := s.count(ctx, tx, name, subject, e, amount); err != nil {
		return err
	}
	r, q := ruleOf(name), watchdb.New(tx)
	since := hour(e.At.Add(-r.within))
	have, err := q.Counted(ctx, name, subject, since)
	if err != nil || have.N < r.from {
		return err
	}
	usual := r.from
	if r.beside != "" {
		all, err := q.Counted(ctx, r.beside, subject, since)
		if err != nil {
			return err
		}
		part, whole := have.N, all.N
		if amount > 0 {
			part, whole = have.Amount, all.Amount
		}
		if whole == 0 && amount > 0 || part*100 < whole*r.share {
			return nil
		}
		usual = all.N
	}
	return s.flag(ctx, tx, r, subject, have.N, usual, e)
}

// joined notes who takes part in something, and flags it where those are too many. It looks once a day for each of
// them: thousands may share something harmless, and each of their payments would else count them all.
func (s *Service) joined(ctx context.Context, n *noting, name, subject, member string, e event.Event) error {
	m := membership{name, subject, member}
	if at, ok := n.seen[m]; ok && e.At.Before(at.Add(day)) {
		return nil
	}
	known, err := watchdb.New(n.tx).IsMember(ctx, name, subject, member, clock.Micro(e.At.Add(-day)))
	if err != nil || known { // he was here today: it is known what that means
		return err
	}
	n.seen[m] = e.At
	n.do(func(ctx context.Context, tx db.Tx) error { return s.join(ctx, tx, m, e) })
	return nil
}

func (s *Service) join(ctx context.Context, tx db.Tx, m membership, e event.Event) error {
	r, q := ruleOf(m.what), watchdb.New(tx)
	joined, err := q.Join(ctx, m.what, m.subject, m.member, clock.Micro(e.At))
	if err != nil || joined == 0 {
		return err
	}
	n, err := q.Joined(ctx, m.what, m.subject, clock.Micro(e.At.Add(-r.within)))
	if err != nil || n < r.from {
		return err
	}
	return s.flag(ctx, tx, r, m.subject, n, r.from, e)
}

// flag raises a flag, lets an open one grow, and leaves alone what somebody has looked at within the rule's time.
func (s *Service) flag(ctx context.Context, tx db.Tx, r rule, subject string, n, usual int64, e event.Event) error {
	q, now := watchdb.New(tx), clock.Micro(s.clock.Now())
	last, err := q.LastFlag(ctx, r.name, subject)
	switch {
	case err == nil && State(last.State) == Open:
		return q.GrowFlag(ctx, watchdb.GrowFlagParams{ID: last.ID, N: n, Usual: usual, Last: e.Subject, UpdatedAt: now})
	case err == nil && last.SeenAt != nil && clock.Time(*last.SeenAt).After(e.At.Add(-r.within)):
		return nil
	case err != nil && !errors.Is(err, db.ErrNoRows):
		return err
	}
	id := code.ID("flg")
	if err := q.InsertFlag(ctx, watchdb.InsertFlagParams{PublicID: id, Rule: r.name, Subject: subject, N: n, Usual: usual, Last: e.Subject, CreatedAt: now}); err != nil {
		return err
	}
	return s.events.Append(ctx, tx, event.Event{Type: "watch.flagged", Subject: id, Actor: event.System, Facts: map[string]any{"rule": r.name, "of": subject, "count": n}})
}

// Look notes that an admin looked at a flag, and what he found. Errors: ErrNotFound, ErrSeen, ErrNote.
func (s *Service) Look(ctx context.Context, caller web.Caller, id, note string) error {
	note, err := identity.Text("body.note", note, 500)
	if err != nil {
		return err
	}
	if note == "" {
		return ErrNote.Field("body.note", "required", "Say in a few words what you found.")
	}
	return s.db.Write(ctx, "watch.look", func(ctx context.Context, tx db.Tx) error {
		q := watchdb.New(tx)
		if _, err := q.Flag(ctx, id); err != nil {
			if errors.Is(err, db.ErrNoRows) {
				return ErrNotFound
			}
			return err
		}
		n, err := q.SeeFlag(ctx, note, caller.Account, clock.Micro(s.clock.Now()), id)
		if err == nil && n == 0 {
			err = ErrSeen
		}
		if err != nil {
			return err
		}
		return s.events.Append(ctx, tx, event.Event{Type: "watch.looked", Subject: id, Actor: caller.Account})
	})
}

// Find reads a flag. Error: ErrNotFound.
func (s *Service) Find(ctx context.Context, id string) (f Flag, err error) {
	err = s.db.Read(ctx, "watch.find", func(ctx context.Context, tx db.Tx) error {
		row, err := watchdb.New(tx).Flag(ctx, id)
		if errors.Is(err, db.ErrNoRows) {
			return ErrNotFound
		}
		if err != nil {
			return err
		}
		some := []Flag{flagOf(row)}
		err = withAccounts(ctx, tx, some)
		f = some[0]
		return err
	})
	return f, err
}

// withAccounts adds to flags who shares what they are about.
func withAccounts(ctx context.Context, tx db.Tx, flags []Flag) error {
	var rules, subjects []string
	at := map[[2]string]int{}
	for i, f := range flags {
		flags[i].Accounts = []string{}
		if slices.Contains(shared, f.Rule) {
			rules, subjects = append(rules, f.Rule), append(subjects, f.Subject)
			at[[2]string{f.Rule, f.Subject}] = i // one that was looked at long ago shows none: the last one does
		}
	}
	if len(rules) == 0 {
		return nil
	}
	rows, err := watchdb.New(tx).Members(ctx, rules, subjects)
	for _, r := range rows {
		if i, ok := at[[2]string{r.What, r.Subject}]; ok {
			flags[i].Accounts = append(flags[i].Accounts, r.Member)
		}
	}
	return err
}

var flagList = db.DefineList(db.List{
	Name:    "watch.flags",
	Select:  "SELECT f.id, f.public_id, f.rule, f.subject, f.n, f.usual, f.last, f.state, f.note, f.seen_by, f.seen_at, f.created_at, f.updated_at",
	From:    "FROM watch_flags f",
	Filters: []db.Filter{{Name: "rule", SQL: "f.rule = ?", Type: db.Text}, {Name: "state", SQL: "f.state = ?", Type: db.Text}},
	Sorts:   []db.Sort{{Name: "newest", Desc: true, Keys: []db.SortKey{{Column: "f.id", Type: db.Int}}}},
	Combos: []db.Combo{
		{Sort: "newest", Index: "watch_flags_pkey"},
		{Filters: []string{"state"}, Sort: "newest", Index: "watch_flags_state"},
		{Filters: []string{"rule"}, Sort: "newest", Index: "watch_flags_rule"},
		{Filters: []string{"rule", "state"}, Sort: "newest", Index: "watch_flags_rule_state"},
	},
})

// List pages through flags, newest first; rule and state may be empty.
func (s *Service) List(ctx context.Context, rule string, state State, page web.PageParams) (list []Flag, next string, err error) {
	filters := map[string]any{}
	if rule != "" {
		filters["rule"] = rule
	}
	if state != "" {
		filters["state"] = string(state)
	}
	err = s.db.Read(ctx, "watch.list", func(ctx context.Context, tx db.Tx) (err error) {
		list, next, err = db.QueryList(ctx, tx, flagList, db.ListQuery{Filters: filters, Limit: page.Limit, Cursor: page.Cursor}, func(r db.Scanner) (Flag, error) {
			var f watchdb.WatchFlag
			err := r.Scan(&f.ID, &f.PublicID, &f.Rule, &f.Subject, &f.N, &f.Usual, &f.Last, &f.State, &f.Note, &f.SeenBy, &f.SeenAt, &f.CreatedAt, &f.UpdatedAt)
			return flagOf(f), err
		})
		if err != nil {
			return err
		}
		return withAccounts(ctx, tx, list)
	})
	return list, next, err
}
