package store

import (
	"context"

	"github.com/haat-market/haat/internal/identity"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/event"
	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/internal/store/storedb"
)

var invitationList = db.DefineList(db.List{
	Name: "store.invitations",
	Select: "SELECT i.id, i.public_id, i.store_id, i.invitee, i.invitee_key, i.catalog, i.stock, i.orders, i.people, i.state, i.created_at, i.expires_at," +
		" i.mailed_at",
	From: "FROM store_invitations i",
	Filters: []db.Filter{
		{Name: "store", SQL: "i.store_id = ?", Type: db.Int},
		{Name: "state", SQL: "i.state = ?", Type: db.Text},
	},
	Sorts:  []db.Sort{{Name: "newest", Desc: true, Keys: []db.SortKey{{Column: "i.id", Type: db.Int}}}},
	Combos: []db.Combo{{Filters: []string{"store", "state"}, Sort: "newest", Index: "store_invitations_store"}},
})

// Invitations are those of a store in one state (open, where none is named), for those who manage its people and
// admins. Errors: Require's, ErrNoRight, db.ErrInvalidCursor.
func (s *Service) Invitations(ctx context.Context, c web.Caller, publicID string, state InvitationState, limit int, cursor string) (items []Invitation, next string, err error) {
	if state == "" {
		state = Invited
	}
	err = s.db.Read(ctx, "store.invitations", func(ctx context.Context, tx db.Tx) error {
		b, err := s.Require(ctx, tx, c, publicID, View)
		if err != nil {
			return err
		}
		me, err := s.person(ctx, tx, b.ID, c)
		if err != nil {
			return err
		}
		if !me.has(People) && !c.Is(web.RoleAdmin) {
			return ErrNoRight.With("right", string(People))
		}
		st, err := storedb.New(tx).StoreByID(ctx, b.ID)
		if err != nil {
			return err
		}
		var rows []storedb.StoreInvitation
		rows, next, err = db.QueryList(ctx, tx, invitationList, db.ListQuery{
			Filters: map[string]any{"store": b.ID, "state": string(state)}, Limit: limit, Cursor: cursor,
		}, func(r db.Scanner) (v storedb.StoreInvitation, err error) {
			return v, r.Scan(&v.ID, &v.PublicID, &v.StoreID, &v.Invitee, &v.InviteeKey, &v.Catalog, &v.Stock, &v.Orders, &v.People, &v.State,
				&v.CreatedAt, &v.ExpiresAt, &v.MailedAt)
		})
		if err != nil {
			return err
		}
		items = make([]Invitation, len(rows))
		for i, r := range rows {
			items[i] = s.invitation(r, st, false)
			if !me.has(People) || me.decides(invitedTo(r)) != nil {
				items[i].Actions = []string{}
			}
		}
		return nil
	})
	return items, next, err
}

// maxReceived is as many invitations as one person is shown; the newest.
const maxReceived = 100

// Received are the open invitations that the caller got, by his address or his code, the newest first.
func (s *Service) Received(ctx context.Context, c web.Caller) (items []Invitation, err error) {
	err = s.db.Read(ctx, "store.received_invitations", func(ctx context.Context, tx db.Tx) error {
		a, err := s.identity.FindID(ctx, tx, c.AccountID)
		if err != nil {
			return err
		}
		q := storedb.New(tx)
		rows, err := q.InvitationsFor(ctx, a.InviteeKeys(), clock.Micro(s.clock.Now()), maxReceived)
		if err != nil {
			return err
		}
		ids := make([]int64, len(rows))
		for i, r := range rows {
			ids[i] = r.StoreID
		}
		stores, err := q.WholeStoresByIDs(ctx, ids)
		if err != nil {
			return err
		}
		of := make(map[int64]storedb.Store, len(stores))
		for _, st := range stores {
			of[st.ID] = st
		}
		items = make([]Invitation, len(rows))
		for i, r := range rows {
			items[i] = s.invitation(r, of[r.StoreID], true)
		}
		return nil
	})
	return items, err
}

// EmailChanged lets what was asked of an account under the address that it had be asked of the account itself: whoever
// signs up with that address later is somebody else. It implements identity.Watcher.
func (s *Service) EmailChanged(ctx context.Context, tx db.Tx, a identity.Account, from string) error {
	q := storedb.New(tx)
	if err := q.RedirectInvitations(ctx, a.Code, from); err != nil {
		return err
	}
	return q.RevokeInvitationsTo(ctx, clock.Micro(s.clock.Now()), from) // asked under the code as well
}

// AccountErased takes what stands here of a person away: that he works in stores, and what he was asked. It implements
// identity.Watcher.
func (s *Service) AccountErased(ctx context.Context, tx db.Tx, a identity.Account) error {
	q := storedb.New(tx)
	stores, err := q.StoresStaffed(ctx, a.ID)
	if err != nil {
		return err
	}
	events := make([]event.Event, len(stores))
	for i, id := range stores {
		events[i] = event.Event{Type: "store.staff_removed", Subject: id, Actor: event.System, Facts: map[string]any{"account": a.PublicID}}
	}
	if err := s.events.AppendMany(ctx, tx, events); err != nil {
		return err
	}
	if err := q.DeleteStaffed(ctx, a.ID); err != nil {
		return err
	}
	if err := q.DeleteInvitationsTo(ctx, a.InviteeKeys()); err != nil {
		return err
	}
	return q.DeleteInvitationsAnsweredBy(ctx, a.ID)
}
