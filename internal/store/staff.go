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
	Select:  "SELECT p.store_id, p.account_id, p.owner, p.catalog, p.stock, p.orders, p.created_at",
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
			return v, r.Scan(&v.StoreID, &v.AccountID, &v.Owner, &v.Catalog, &v.Stock, &v.Orders, &v.CreatedAt)
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

// SetPerson gives somebody exactly these rights in a store, who works there from then on. added is false where he did
// already. Errors: web.ErrInvalid, ErrAccountUnusable, ErrOwnerStays, ErrTooManyPeople, Require's.
func (s *Service) SetPerson(ctx context.Context, c web.Caller, publicID, account string, rights []string) (p Person, added bool, err error) {
	for _, r := range rights {
		if !slices.Contains([]string{string(Catalog), string(Stock), string(Orders)}, r) {
			return p, false, web.ErrInvalid.Field("rights", web.CodeInvalidValue, "Rights are catalog, stock and orders.")
		}
	}
	has := func(r Right) bool { return slices.Contains(rights, string(r)) }
	err = s.db.Write(ctx, "store.set_person", func(ctx context.Context, tx db.Tx) error {
		q := storedb.New(tx)
		b, err := s.Require(ctx, tx, c, publicID, Own)
		if err != nil {
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
		now := s.clock.Now()
		n, err := q.UpdatePerson(ctx, storedb.UpdatePersonParams{
			StoreID: b.ID, AccountID: a.ID, Catalog: has(Catalog), Stock: has(Stock), Orders: has(Orders),
		})
		if err != nil {
			return err
		}
		if added = n == 0; added {
			if n, err = q.CountPeople(ctx, b.ID); err != nil {
				return err
			}
			if n >= maxPeople {
				return ErrTooManyPeople
			}
			if err := q.InsertPerson(ctx, storedb.InsertPersonParams{
				StoreID: b.ID, AccountID: a.ID, Catalog: has(Catalog), Stock: has(Stock), Orders: has(Orders), CreatedAt: clock.Micro(now),
			}); err != nil {
				return err
			}
		}
		row, err := q.Person(ctx, b.ID, a.ID)
		if err != nil {
			return err
		}
		p = Person{identity.Brief{ID: a.ID, PublicID: a.PublicID, Name: a.Name, Email: a.Email}, personOf(row).rights(), clock.Time(row.CreatedAt)}
		return s.append(ctx, tx, c, "store.staff_set", b, map[string]any{"account": a.PublicID, "rights": p.Rights})
	})
	return p, added, err
}

// RemovePerson ends somebody's work in a store: by the owner, or by himself.
// Errors: ErrPersonNotFound, ErrOwnerStays, Require's.
func (s *Service) RemovePerson(ctx context.Context, c web.Caller, publicID, account string) error {
	right := Own
	if account == c.Account {
		right = View
	}
	return s.db.Write(ctx, "store.remove_person", func(ctx context.Context, tx db.Tx) error {
		b, err := s.Require(ctx, tx, c, publicID, right)
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
		n, err := storedb.New(tx).DeletePerson(ctx, b.ID, a.ID)
		if err != nil {
			return err
		}
		if n == 0 {
			return ErrPersonNotFound
		}
		return s.append(ctx, tx, c, "store.staff_removed", b, map[string]any{"account": a.PublicID})
	})
}

func (s *Service) append(ctx context.Context, tx db.Tx, c web.Caller, kind string, b Brief, facts map[string]any) error {
	return s.events.Append(ctx, tx, event.Event{Type: kind, Subject: b.PublicID, Actor: actor(c), Facts: facts})
}
