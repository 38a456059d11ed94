package store

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/haat-market/haat/internal/identity"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/event"
	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/internal/store/storedb"
)

// Person is somebody who works in a store.
type Person struct {
	identity.Brief
	Rights []string
	Since  time.Time
}

var peopleList = db.DefineList(db.List{
	Name:    "store.people",
	Select:  "SELECT p.store_id, p.account_id, p.owner, p.catalog, p.stock, p.orders, p.people, p.created_at",
	From:    "FROM store_people p",
	Filters: []db.Filter{{Name: "store", SQL: "p.store_id = ?", Type: db.Int}},
	Sorts:   []db.Sort{{Name: "account", Keys: []db.SortKey{{Column: "p.account_id", Type: db.Int}}}},
	Combos:  []db.Combo{{Filters: []string{"store"}, Sort: "account", Index: "store_people_pkey"}},
})

// People are those who work in a store, the owner among them. Errors: Require's, db.ErrInvalidCursor.
func (s *Service) People(ctx context.Context, c web.Caller, publicID string, limit int, cursor string) (people []Person, next string, err error) {
	err = s.db.Read(ctx, "store.people", func(ctx context.Context, tx db.Tx) error {
		b, err := s.Require(ctx, tx, c, publicID, View)
		if err != nil {
			return err
		}
		var rows []storedb.StorePerson
		rows, next, err = db.QueryList(ctx, tx, peopleList, db.ListQuery{
			Filters: map[string]any{"store": b.ID}, Limit: limit, Cursor: cursor,
		}, func(r db.Scanner) (v storedb.StorePerson, err error) {
			return v, r.Scan(&v.StoreID, &v.AccountID, &v.Owner, &v.Catalog, &v.Stock, &v.Orders, &v.People, &v.CreatedAt)
		})
		if err != nil {
			return err
		}
		ids := make([]int64, len(rows))
		for i, r := range rows {
			ids[i] = r.AccountID
		}
		briefs, err := s.identity.Briefs(ctx, tx, ids)
		if err != nil {
			return err
		}
		people = make([]Person, len(rows))
		for i, r := range rows {
			people[i] = Person{briefs[r.AccountID], personOf(r).rights(), clock.Time(r.CreatedAt)}
		}
		return nil
	})
	return people, next, err
}

// readRights are rights by their names. Errors: web.ErrInvalid.
func readRights(names []string) (p person, err error) {
	for _, name := range names {
		if !slices.Contains(staffRights, Right(name)) {
			return p, web.ErrInvalid.Field("rights", web.CodeInvalidValue, "Rights are catalog, stock, orders and people.")
		}
	}
	has := func(r Right) bool { return slices.Contains(names, string(r)) }
	return person{known: true, catalog: has(Catalog), stock: has(Stock), orders: has(Orders), people: has(People)}, nil
}

// manager is the store and who the caller is in it, if he decides who works there. Errors: Require's.
func (s *Service) manager(ctx context.Context, tx db.Tx, c web.Caller, publicID string) (b Brief, me person, err error) {
	if b, err = s.Require(ctx, tx, c, publicID, People); err != nil {
		return b, me, err
	}
	me, err = s.person(ctx, tx, b.ID, c)
	return b, me, err
}

// decides says whether p may give these rights, or take them away: the owner any, others those that they have
// themselves, and never the right to decide. Errors: ErrNoRight.
func (p person) decides(rights person) error {
	if p.owner {
		return nil
	}
	if rights.people {
		return ErrNoRight.With("right", string(Own))
	}
	for _, r := range []Right{Catalog, Stock, Orders} {
		if rights.has(r) && !p.has(r) {
			return ErrNoRight.With("right", string(r))
		}
	}
	return nil
}

// SetPerson gives somebody exactly these rights in a store, who works there from then on. added is false where he did
// already. Errors: web.ErrInvalid, ErrAccountUnusable, ErrOwnerStays, ErrTooManyPeople, Require's.
func (s *Service) SetPerson(ctx context.Context, c web.Caller, publicID, account string, rights []string) (p Person, added bool, err error) {
	to, err := readRights(rights)
	if err != nil {
		return p, false, err
	}
	err = s.db.Write(ctx, "store.set_person", func(ctx context.Context, tx db.Tx) error {
		q := storedb.New(tx)
		b, me, err := s.manager(ctx, tx, c, publicID)
		if err != nil {
			return err
		}
		if err := me.decides(to); err != nil {
			return err
		}
		a, err := s.identity.Find(ctx, tx, account)
		if errors.Is(err, identity.ErrAccountNotFound) || err == nil && a.State != identity.Active {
			return ErrAccountUnusable.Field("account", "account_unusable", ErrAccountUnusable.Message)
		}
		if err != nil {
			return err
		}
		if a.ID == b.OwnerID {
			return ErrOwnerStays
		}
		row, err := q.Person(ctx, b.ID, a.ID)
		if added = errors.Is(err, db.ErrNoRows); err != nil && !added {
			return err
		}
		if added {
			err = s.addPerson(ctx, tx, b.ID, a.ID, to)
		} else if err = me.decides(personOf(row)); err == nil {
			_, err = q.UpdatePerson(ctx, storedb.UpdatePersonParams{
				StoreID: b.ID, AccountID: a.ID, Catalog: to.catalog, Stock: to.stock, Orders: to.orders, People: to.people,
			})
		}
		if err != nil {
			return err
		}
		if row, err = q.Person(ctx, b.ID, a.ID); err != nil {
			return err
		}
		p = Person{identity.Brief{ID: a.ID, PublicID: a.PublicID, Name: a.Name, Email: a.Email}, personOf(row).rights(), clock.Time(row.CreatedAt)}
		return s.append(ctx, tx, c, "store.staff_set", b, map[string]any{"account": a.PublicID, "rights": p.Rights})
	})
	return p, added, err
}

// addPerson lets somebody work in a store who does not. Errors: ErrTooManyPeople.
func (s *Service) addPerson(ctx context.Context, tx db.Tx, storeID, account int64, p person) error {
	q := storedb.New(tx)
	n, err := q.CountPeople(ctx, storeID)
	if err != nil {
		return err
	}
	if n >= maxPeople {
		return ErrTooManyPeople
	}
	return q.InsertPerson(ctx, storedb.InsertPersonParams{
		StoreID: storeID, AccountID: account, Catalog: p.catalog, Stock: p.stock, Orders: p.orders, People: p.people, CreatedAt: clock.Micro(s.clock.Now()),
	})
}

// RemovePerson ends somebody's work in a store: by who decides about his rights, or by himself.
// Errors: ErrPersonNotFound, ErrOwnerStays, Require's.
func (s *Service) RemovePerson(ctx context.Context, c web.Caller, publicID, account string) error {
	right := People
	if account == c.Account {
		right = View
	}
	return s.db.Write(ctx, "store.remove_person", func(ctx context.Context, tx db.Tx) error {
		q := storedb.New(tx)
		b, err := s.Require(ctx, tx, c, publicID, right)
		if err != nil {
			return err
		}
		me, err := s.person(ctx, tx, b.ID, c)
		if err != nil {
			return err
		}
		a, err := s.identity.Find(ctx, tx, account)
		if errors.Is(err, identity.ErrAccountNotFound) {
			return ErrPersonNotFound
		}
		if err != nil {
			return err
		}
		if a.ID == b.OwnerID {
			return ErrOwnerStays
		}
		row, err := q.Person(ctx, b.ID, a.ID)
		if errors.Is(err, db.ErrNoRows) {
			return ErrPersonNotFound
		}
		if err != nil {
			return err
		}
		if right == People {
			if err := me.decides(personOf(row)); err != nil {
				return err
			}
		}
		if _, err := q.DeletePerson(ctx, b.ID, a.ID); err != nil {
			return err
		}
		return s.append(ctx, tx, c, "store.staff_removed", b, map[string]any{"account": a.PublicID})
	})
}

func (s *Service) append(ctx context.Context, tx db.Tx, c web.Caller, kind string, b Brief, facts map[string]any) error {
	return s.events.Append(ctx, tx, event.Event{Type: kind, Subject: b.PublicID, Actor: actor(c), Facts: facts})
}
