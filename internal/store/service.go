package store

import (
	"context"
	"errors"
	"log/slog"
	"slices"

	"github.com/haat-market/haat/internal/identity"
	"github.com/haat-market/haat/internal/market"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/code"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/event"
	"github.com/haat-market/haat/internal/platform/idem"
	"github.com/haat-market/haat/internal/platform/job"
	"github.com/haat-market/haat/internal/platform/mail"
	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/internal/store/storedb"
)

// Watcher is told of every change of a store, in the transaction that makes it. An error stops the change.
type Watcher interface {
	StoreChanged(ctx context.Context, tx db.Tx, b Brief) error
}

// Deps are what the room stands on.
type Deps struct {
	DB       *db.DB
	Clock    clock.Clock
	Log      *slog.Logger
	Events   *event.Log
	Jobs     *job.Runner
	Mail     mail.Sender
	URL      string // as identity's
	Market   *market.Service
	Identity *identity.Service
}

// Service is the room.
type Service struct {
	db       *db.DB
	clock    clock.Clock
	log      *slog.Logger
	events   *event.Log
	jobs     *job.Runner
	mail     mail.Sender
	url      string
	market   *market.Service
	identity *identity.Service
	watchers []Watcher
	rater    Rater
}

// New opens the room.
func New(d Deps) *Service {
	return &Service{
		db: d.DB, clock: d.Clock, log: d.Log, events: d.Events, jobs: d.Jobs, mail: d.Mail, url: d.URL, market: d.Market, identity: d.Identity,
	}
}

// Watch registers a watcher. All of them are registered before the first request.
func (s *Service) Watch(w Watcher) { s.watchers = append(s.watchers, w) }

// changed notes what happened and tells the watchers.
func (s *Service) changed(ctx context.Context, tx db.Tx, c web.Caller, kind string, b Brief, facts map[string]any) error {
	if err := s.events.Append(ctx, tx, event.Event{Type: kind, Subject: b.PublicID, Actor: actor(c), Facts: facts}); err != nil {
		return err
	}
	for _, w := range s.watchers {
		if err := w.StoreChanged(ctx, tx, b); err != nil {
			return err
		}
	}
	return nil
}

func actor(c web.Caller) string {
	if c.SignedIn() {
		return c.Account
	}
	return event.System
}

// Create makes a store in draft, owned by the caller. Repeated under the same key it gives the same one.
// Errors: web.ErrInvalid, ErrSellerRole, ErrTooManyStores, ErrSlugTaken; idem's.
func (s *Service) Create(ctx context.Context, c web.Caller, p Profile) (v Seen, replayed bool, err error) {
	if !c.Is(web.RoleSeller) {
		return v, false, ErrSellerRole
	}
	facts, err := s.identity.Facts(ctx)
	if err != nil {
		return v, false, err
	}
	if p, err = p.normal(facts.Country); err != nil {
		return v, false, err
	}
	chosen := p.Slug
	if chosen == "" {
		p.Slug = slugOf(p.Name)
	}
	for range 4 {
		var id string
		id, replayed, err = idem.Once(ctx, s.db, "store.create", func(ctx context.Context, tx db.Tx) (string, error) {
			v, err = s.create(ctx, tx, c, p)
			return v.PublicID, err
		})
		if err == nil && replayed {
			v, err = s.Get(ctx, c, id)
		}
		if chosen != "" || !errors.Is(err, ErrSlugTaken) {
			return v, replayed, err
		}
		p.Slug = slugOf(p.Name) + "-" + suffix() // another store has the name, or got it at the same moment
	}
	return v, false, err
}

// create inserts the store, its owner's row and the event.
func (s *Service) create(ctx context.Context, tx db.Tx, c web.Caller, p Profile) (v Seen, err error) {
	q := storedb.New(tx)
	settings, err := s.market.SettingsFor(ctx, tx)
	if err != nil {
		return v, err
	}
	n, err := q.CountOwned(ctx, c.AccountID)
	if err != nil {
		return v, err
	}
	if n >= settings.MaxStores {
		return v, ErrTooManyStores.With("limit", settings.MaxStores)
	}
	if err := slugFree(ctx, q, p.Slug); err != nil {
		return v, err
	}
	address, err := p.addressJSON()
	if err != nil {
		return v, err
	}
	number, err := freeCode(ctx, q, settings.StoreCodePrefix)
	if err != nil {
		return v, err
	}
	now := clock.Micro(s.clock.Now())
	row, err := q.InsertStore(ctx, storedb.InsertStoreParams{
		PublicID: code.ID("sto"), Code: number, OwnerID: c.AccountID, Name: p.Name, NameKey: nameKey(p.Name),
		Slug: p.Slug, Description: p.Description, BusinessType: p.BusinessType, Email: p.Email, Phone: p.Phone, Whatsapp: p.WhatsApp,
		Address: address, Sells: p.Sells, Buys: p.Buys, State: string(Draft), CreatedAt: now, UpdatedAt: now,
		LegalName: p.LegalName, TaxNumber: p.TaxNumber,
	})
	switch {
	case db.IsConstraint(err, "stores_slug_key"):
		return v, ErrSlugTaken.Because(err)
	case err != nil:
		return v, err
	}
	if err := q.InsertPerson(ctx, storedb.InsertPersonParams{StoreID: row.ID, AccountID: c.AccountID, Owner: true, CreatedAt: now}); err != nil {
		return v, err
	}
	st, err := storeOf(row)
	if err != nil {
		return v, err
	}
	facts := map[string]any{"name": p.Name, "slug": p.Slug, "owner": c.Account, "sells": p.Sells, "buys": p.Buys}
	return st.seenBy(c, person{known: true, owner: true}, c.Account), s.changed(ctx, tx, c, "store.created", st.Brief, facts)
}

// freeCode is a code that no store has.
func freeCode(ctx context.Context, q *storedb.Queries, prefix string) (string, error) {
	for {
		number := prefix + code.Digits(9)
		if taken, err := q.CodeTaken(ctx, number); err != nil || !taken {
			return number, err
		}
	}
}

func slugFree(ctx context.Context, q *storedb.Queries, slug string) error {
	taken, err := q.SlugTaken(ctx, slug)
	if err == nil && taken {
		err = ErrSlugTaken
	}
	return err
}

// Get is a store: published ones for everybody, others for those who work there and admins. Errors: ErrStoreNotFound.
func (s *Service) Get(ctx context.Context, c web.Caller, publicID string) (Seen, error) {
	return s.get(ctx, c, func(q *storedb.Queries) (storedb.Store, error) { return q.StoreByPublicID(ctx, publicID) })
}

// BySlug is Get by the name that stands in the address of a store's page. Errors: ErrStoreNotFound.
func (s *Service) BySlug(ctx context.Context, c web.Caller, slug string) (Seen, error) {
	return s.get(ctx, c, func(q *storedb.Queries) (storedb.Store, error) { return q.StoreBySlug(ctx, slug) })
}

func (s *Service) get(ctx context.Context, c web.Caller, find func(*storedb.Queries) (storedb.Store, error)) (v Seen, err error) {
	err = s.db.Read(ctx, "store.get", func(ctx context.Context, tx db.Tx) error {
		row, err := find(storedb.New(tx))
		if errors.Is(err, db.ErrNoRows) {
			return ErrStoreNotFound
		}
		if err != nil {
			return err
		}
		if v, err = s.see(ctx, tx, c, row); err != nil {
			return err
		}
		if !v.Open() && !v.Inside {
			return ErrStoreNotFound
		}
		return nil
	})
	if err != nil {
		return Seen{}, err
	}
	return v, nil
}

// see is the row as the caller sees it.
func (s *Service) see(ctx context.Context, tx db.Tx, c web.Caller, row storedb.Store) (v Seen, err error) {
	st, err := storeOf(row)
	if err != nil {
		return v, err
	}
	p, err := s.person(ctx, tx, row.ID, c)
	if err != nil {
		return v, err
	}
	ratings, err := s.Ratings(ctx, tx, []int64{row.ID})
	if err != nil {
		return v, err
	}
	owner := ""
	if p.known || c.Is(web.RoleAdmin) {
		owners, err := s.identity.Briefs(ctx, tx, []int64{row.OwnerID})
		if err != nil {
			return v, err
		}
		owner = owners[row.OwnerID].PublicID
	}
	v = st.seenBy(c, p, owner)
	v.Rating = ratings[row.ID]
	return v, nil
}

// Change changes a store's profile by what change does to it. Errors: web.ErrInvalid, ErrSlugTaken, Require's.
func (s *Service) Change(ctx context.Context, c web.Caller, publicID string, change func(*Profile)) (v Seen, err error) {
	facts, err := s.identity.Facts(ctx)
	if err != nil {
		return v, err
	}
	err = s.db.Write(ctx, "store.change", func(ctx context.Context, tx db.Tx) error {
		q := storedb.New(tx)
		b, err := s.Require(ctx, tx, c, publicID, Own)
		if err != nil {
			return err
		}
		row, err := q.StoreByID(ctx, b.ID)
		if err != nil {
			return err
		}
		old, err := storeOf(row)
		if err != nil {
			return err
		}
		p := old.Profile
		change(&p)
		if p.Slug == "" {
			p.Slug = old.Profile.Slug
		}
		if p, err = p.normal(facts.Country); err != nil {
			return err
		}
		names := old.changed(p)
		if len(names) == 0 {
			v, err = s.see(ctx, tx, c, row)
			return err
		}
		if slices.Contains(names, "slug") {
			if err := slugFree(ctx, q, p.Slug); err != nil {
				return err
			}
		}
		address, err := p.addressJSON()
		if err != nil {
			return err
		}
		row, err = q.UpdateStore(ctx, storedb.UpdateStoreParams{
			ID: b.ID, Name: p.Name, NameKey: nameKey(p.Name), Slug: p.Slug, Description: p.Description, BusinessType: p.BusinessType,
			Email: p.Email, Phone: p.Phone, Whatsapp: p.WhatsApp, Address: address, Sells: p.Sells, Buys: p.Buys,
			UpdatedAt: clock.Micro(s.clock.Now()), LegalName: p.LegalName, TaxNumber: p.TaxNumber,
		})
		switch {
		case db.IsConstraint(err, "stores_slug_key"):
			return ErrSlugTaken.Because(err)
		case err != nil:
			return err
		}
		if v, err = s.see(ctx, tx, c, row); err != nil {
			return err
		}
		return s.changed(ctx, tx, c, "store.updated", v.Brief, map[string]any{"changed": names})
	})
	return v, err
}

// Move takes an action on a store's state; reason is a suspension's.
// Errors: web.ErrInvalid, ErrStoreState, web.ErrForbidden, Require's; a watcher's.
func (s *Service) Move(ctx context.Context, c web.Caller, publicID string, a Action, reason string) (v Seen, err error) {
	if a == Suspend {
		if reason, err = identity.Text("reason", reason, 500); err != nil {
			return v, err
		}
		if reason == "" {
			return v, web.ErrInvalid.Field("reason", web.CodeRequired, "The owner has to be told why.")
		}
	}
	err = s.db.Write(ctx, "store."+string(a), func(ctx context.Context, tx db.Tx) error {
		right := Own
		if a.byAdmin() {
			right = View
		}
		b, err := s.Require(ctx, tx, c, publicID, right)
		if errors.Is(err, ErrStoreClosed) {
			err = ErrStoreState.With("state", string(Closed)).With("allowed_actions", []string{})
		}
		if err != nil {
			return err
		}
		if a.byAdmin() && !c.Is(web.RoleAdmin) {
			return web.ErrForbidden
		}
		q := storedb.New(tx)
		row, err := q.StoreByID(ctx, b.ID)
		if err != nil {
			return err
		}
		if v, err = s.see(ctx, tx, c, row); err != nil {
			return err
		}
		to, err := v.State.next(a, v.suspendedFrom, v.Actions)
		if err != nil {
			return err
		}
		from := ""
		if a == Suspend {
			from = row.State
		}
		row, err = q.UpdateState(ctx, storedb.UpdateStateParams{
			ID: b.ID, State: string(to), SuspendReason: reason, SuspendedFrom: from, FromState: row.State, Now: clock.Micro(s.clock.Now()),
		})
		if err != nil {
			return err
		}
		facts := map[string]any{"from": string(v.State), "to": string(to)}
		if a == Suspend {
			facts["reason"] = reason
		}
		if v, err = s.see(ctx, tx, c, row); err != nil {
			return err
		}
		return s.changed(ctx, tx, c, past[a], v.Brief, facts)
	})
	return v, err
}

// SuspendFor suspends a store by the market itself; one that is suspended or closed stays so. It joins the caller's
// transaction.
func (s *Service) SuspendFor(ctx context.Context, tx db.Tx, b Brief, reason string) error {
	if _, ok := moves[b.State][Suspend]; !ok {
		return nil
	}
	row, err := storedb.New(tx).UpdateState(ctx, storedb.UpdateStateParams{
		ID: b.ID, State: string(Suspended), SuspendReason: reason, SuspendedFrom: string(b.State), FromState: string(b.State), Now: clock.Micro(s.clock.Now()),
	})
	if err != nil {
		return err
	}
	return s.changed(ctx, tx, web.Caller{}, past[Suspend], briefOf(row), map[string]any{"from": string(b.State), "to": string(Suspended), "reason": reason})
}
