package store

import (
	"context"
	"errors"
	"time"

	"github.com/haat-market/haat/internal/identity"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/code"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/event"
	"github.com/haat-market/haat/internal/platform/idem"
	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/internal/store/storedb"
)

// InvitationState is where an invitation stands.
type InvitationState string

// The states. An open one whose time is over is shown as expired.
const (
	Invited  InvitationState = "open"
	Accepted InvitationState = "accepted"
	Declined InvitationState = "declined"
	Revoked  InvitationState = "revoked"
	Expired  InvitationState = "expired"
)

// Invitation asks somebody to work in a store.
type Invitation struct {
	PublicID  string
	Store     Brief
	StoreCode string
	Invitee   string // as it was written: an address or a code
	Rights    []string
	State     InvitationState
	Actions   []string // what the one who looks can do with it
	CreatedAt time.Time
	MailedAt  time.Time
	ExpiresAt time.Time
}

// invitation is the row as somebody sees it: the invited one, else the store.
func (s *Service) invitation(row storedb.StoreInvitation, st storedb.Store, invited bool) Invitation {
	v := Invitation{
		PublicID: row.PublicID, Store: briefOf(st), StoreCode: st.Code, Invitee: row.Invitee, Rights: invitedTo(row).rights(), State: InvitationState(row.State),
		Actions: []string{}, CreatedAt: clock.Time(row.CreatedAt), MailedAt: clock.Time(row.MailedAt), ExpiresAt: clock.Time(row.ExpiresAt),
	}
	if s.expired(row) {
		v.State = Expired
	}
	switch {
	case invited && v.State == Invited:
		v.Actions = []string{"accept", "decline"}
	case !invited && (v.State == Invited || v.State == Expired):
		v.Actions = []string{"resend", "revoke"}
	}
	return v
}

func (s *Service) expired(row storedb.StoreInvitation) bool {
	return InvitationState(row.State) == Invited && row.ExpiresAt <= clock.Micro(s.clock.Now())
}

// invitedTo is who the invited person will be.
func invitedTo(r storedb.StoreInvitation) person {
	return person{known: true, catalog: r.Catalog, stock: r.Stock, orders: r.Orders, people: r.People}
}

// Invite asks somebody to work in a store, by an e-mail address or an account's code. Whoever reads the mailbox that
// they lead to gets a mail; the answer is the same whether or not there is an account. Repeated under the same key it
// gives the same invitation. Errors: web.ErrInvalid, ErrWorksHere, ErrInvited, ErrTooManyPeople, ErrTooManyInvitations,
// ErrStoreState, Require's; idem's.
func (s *Service) Invite(ctx context.Context, c web.Caller, publicID, invitee string, rights []string) (v Invitation, replayed bool, err error) {
	written, key, err := identity.Invitee("invitee", invitee)
	if err != nil {
		return v, false, err
	}
	to, err := readRights(rights)
	if err != nil {
		return v, false, err
	}
	id, replayed, err := idem.Once(ctx, s.db, "store.invite", func(ctx context.Context, tx db.Tx) (string, error) {
		b, me, err := s.manager(ctx, tx, c, publicID)
		if err != nil {
			return "", err
		}
		if err := me.decides(to); err != nil {
			return "", err
		}
		if b.State == Suspended {
			return "", ErrStoreState.With("state", string(b.State))
		}
		if err := s.mayInvite(ctx, tx, b, key); err != nil {
			return "", err
		}
		now := s.clock.Now()
		row, err := storedb.New(tx).InsertInvitation(ctx, storedb.InsertInvitationParams{
			PublicID: code.ID("inv"), StoreID: b.ID, Invitee: written, InviteeKey: key, Catalog: to.catalog, Stock: to.stock, Orders: to.orders,
			People: to.people, InvitedBy: c.AccountID, Now: clock.Micro(now), ExpiresAt: clock.Micro(now.Add(inviteFor)),
		})
		if err != nil {
			return "", err
		}
		if err := s.mailInvitation(ctx, tx, row); err != nil {
			return "", err
		}
		return row.PublicID, s.append(ctx, tx, c, "store.invited", b, map[string]any{"invitation": row.PublicID, "rights": to.rights()})
	})
	if err != nil {
		return v, false, err
	}
	err = s.db.Read(ctx, "store.invitation", func(ctx context.Context, tx db.Tx) error {
		row, st, err := s.findInvitation(ctx, tx, id)
		v = s.invitation(row, st, false)
		return err
	})
	return v, replayed, err
}

// mayInvite looks whether there is a place for one more, and whether this one is asked or there already. Who works in a
// store the one who invites sees anyway, with the address, so that it tells him nothing. An invitation that expired
// makes room for the next.
func (s *Service) mayInvite(ctx context.Context, tx db.Tx, b Brief, key string) error {
	q := storedb.New(tx)
	a, err := s.identity.FindInvitee(ctx, tx, key)
	if err != nil && !errors.Is(err, identity.ErrAccountNotFound) {
		return err
	}
	if err == nil {
		_, err = q.Person(ctx, b.ID, a.ID)
		if err == nil {
			return ErrWorksHere
		}
		if !errors.Is(err, db.ErrNoRows) {
			return err
		}
	}
	switch old, err := q.OpenInvitation(ctx, b.ID, key); {
	case errors.Is(err, db.ErrNoRows):
	case err != nil:
		return err
	case !s.expired(old):
		return ErrInvited.With("invitation", old.PublicID)
	default:
		if err := s.end(ctx, tx, old, Revoked, nil); err != nil {
			return err
		}
	}
	n, err := q.CountPeople(ctx, b.ID)
	if err != nil {
		return err
	}
	if n >= maxPeople {
		return ErrTooManyPeople
	}
	if n, err = q.CountOpenInvitations(ctx, b.ID); err != nil {
		return err
	}
	if n >= maxInvitations {
		return ErrTooManyInvitations
	}
	return nil
}

// end ends an open invitation. Errors: ErrInvitationEnded.
func (s *Service) end(ctx context.Context, tx db.Tx, row storedb.StoreInvitation, to InvitationState, by *int64) error {
	n, err := storedb.New(tx).EndInvitation(ctx, string(to), by, clock.Micro(s.clock.Now()), row.ID)
	if err == nil && n == 0 {
		err = ErrInvitationEnded
	}
	return err
}

// mailInvitation has the mail sent after the commit, if that mailbox may get one more.
func (s *Service) mailInvitation(ctx context.Context, tx db.Tx, row storedb.StoreInvitation) error {
	may, err := s.identity.MayMail(ctx, tx, row.InviteeKey)
	if err != nil || !may {
		return err
	}
	return s.enqueueInvitation(ctx, tx, row)
}

// findInvitation is an invitation with its store. Errors: ErrInvitationNotFound.
func (s *Service) findInvitation(ctx context.Context, tx db.Tx, publicID string) (row storedb.StoreInvitation, st storedb.Store, err error) {
	q := storedb.New(tx)
	if row, err = q.InvitationByPublicID(ctx, publicID); errors.Is(err, db.ErrNoRows) {
		return row, st, ErrInvitationNotFound
	}
	if err == nil {
		st, err = q.StoreByID(ctx, row.StoreID)
	}
	return row, st, err
}

// Resend mails an invitation again; it lasts anew, and whoever sends it answers for it from then on.
// Errors: ErrInvitationNotFound, ErrInvitationEnded, ErrStoreState, Require's.
func (s *Service) Resend(ctx context.Context, c web.Caller, publicID string) (v Invitation, err error) {
	err = s.db.Write(ctx, "store.resend_invitation", func(ctx context.Context, tx db.Tx) error {
		row, st, err := s.managed(ctx, tx, c, publicID)
		if err != nil {
			return err
		}
		if State(st.State) == Suspended {
			return ErrStoreState.With("state", st.State)
		}
		now := s.clock.Now()
		row.MailedAt, row.ExpiresAt = clock.Micro(now), clock.Micro(now.Add(inviteFor))
		n, err := storedb.New(tx).ResendInvitation(ctx, c.AccountID, row.MailedAt, row.ExpiresAt, row.ID)
		if err != nil {
			return err
		}
		if n == 0 {
			return ErrInvitationEnded
		}
		if err := s.mailInvitation(ctx, tx, row); err != nil {
			return err
		}
		v = s.invitation(row, st, false)
		return s.append(ctx, tx, c, "store.invitation_resent", v.Store, map[string]any{"invitation": row.PublicID})
	})
	return v, err
}

// Revoke withdraws an invitation. Errors: ErrInvitationNotFound, ErrInvitationEnded, Require's.
func (s *Service) Revoke(ctx context.Context, c web.Caller, publicID string) (v Invitation, err error) {
	err = s.db.Write(ctx, "store.revoke_invitation", func(ctx context.Context, tx db.Tx) error {
		row, st, err := s.managed(ctx, tx, c, publicID)
		if err != nil {
			return err
		}
		if err := s.end(ctx, tx, row, Revoked, nil); err != nil {
			return err
		}
		row.State = string(Revoked)
		v = s.invitation(row, st, false)
		return s.append(ctx, tx, c, "store.invitation_revoked", v.Store, map[string]any{"invitation": row.PublicID})
	})
	return v, err
}

// managed is an open invitation about which the caller decides; to strangers, and to the invited one, it does not exist
// here. Errors: ErrInvitationNotFound, ErrInvitationEnded, Require's.
func (s *Service) managed(ctx context.Context, tx db.Tx, c web.Caller, publicID string) (storedb.StoreInvitation, storedb.Store, error) {
	row, st, err := s.findInvitation(ctx, tx, publicID)
	if err != nil {
		return row, st, err
	}
	_, me, err := s.manager(ctx, tx, c, st.PublicID)
	if errors.Is(err, ErrStoreNotFound) {
		err = ErrInvitationNotFound
	}
	if err == nil {
		err = me.decides(invitedTo(row))
	}
	if err == nil && InvitationState(row.State) != Invited {
		err = ErrInvitationEnded.With("state", row.State)
	}
	return row, st, err
}

// Accept lets the invited person work in the store. Everything that counted when he was invited counts now: that the
// store takes people, that there is a place, and that whoever invited him may still give those rights. Accepting twice
// is no mistake. Errors: ErrInvitationNotFound, ErrInvitationEnded, ErrInvitationVoid, ErrStoreClosed, ErrStoreState,
// ErrTooManyPeople.
func (s *Service) Accept(ctx context.Context, c web.Caller, publicID string) (v Invitation, err error) {
	err = s.db.Write(ctx, "store.accept_invitation", func(ctx context.Context, tx db.Tx) error {
		row, st, err := s.received(ctx, tx, c, publicID, Accepted)
		if err != nil {
			return err
		}
		b := briefOf(st)
		if InvitationState(row.State) == Accepted {
			v = s.invitation(row, st, true)
			return nil
		}
		switch b.State {
		case Closed:
			return ErrStoreClosed
		case Suspended:
			return ErrStoreState.With("state", st.State)
		}
		if err := s.stands(ctx, tx, row, b); err != nil {
			return err
		}
		if err := s.end(ctx, tx, row, Accepted, &c.AccountID); err != nil {
			return err
		}
		row.State = string(Accepted)
		v = s.invitation(row, st, true)
		events := []event.Event{{Type: "store.invitation_accepted", Subject: b.PublicID, Actor: c.Account, Facts: map[string]any{"invitation": row.PublicID}}}
		_, err = storedb.New(tx).Person(ctx, b.ID, c.AccountID)
		switch {
		case errors.Is(err, db.ErrNoRows):
			if err := s.addPerson(ctx, tx, b.ID, c.AccountID, invitedTo(row)); err != nil {
				return err
			}
			events = append(events, event.Event{
				Type: "store.staff_set", Subject: b.PublicID, Actor: c.Account, Facts: map[string]any{"account": c.Account, "rights": v.Rights},
			})
		case err != nil:
			return err
		default: // who came in another way since keeps the rights that he was given there
		}
		return s.events.AppendMany(ctx, tx, events)
	})
	return v, err
}

// Decline refuses an invitation; twice is no mistake. Errors: ErrInvitationNotFound, ErrInvitationEnded.
func (s *Service) Decline(ctx context.Context, c web.Caller, publicID string) (v Invitation, err error) {
	err = s.db.Write(ctx, "store.decline_invitation", func(ctx context.Context, tx db.Tx) error {
		row, st, err := s.received(ctx, tx, c, publicID, Declined)
		if err != nil {
			return err
		}
		if InvitationState(row.State) == Declined {
			v = s.invitation(row, st, true)
			return nil
		}
		if err := s.end(ctx, tx, row, Declined, &c.AccountID); err != nil {
			return err
		}
		row.State = string(Declined)
		v = s.invitation(row, st, true)
		return s.append(ctx, tx, c, "store.invitation_declined", v.Store, map[string]any{"invitation": row.PublicID})
	})
	return v, err
}

// received is an invitation that the caller got and can answer, or has answered so already. Everybody else's does not
// exist for him. Errors: ErrInvitationNotFound, ErrInvitationEnded.
func (s *Service) received(ctx context.Context, tx db.Tx, c web.Caller, publicID string, answer InvitationState) (storedb.StoreInvitation, storedb.Store, error) {
	row, st, err := s.findInvitation(ctx, tx, publicID)
	if err != nil {
		return row, st, err
	}
	a, err := s.identity.FindID(ctx, tx, c.AccountID)
	if err != nil {
		return row, st, err
	}
	mine := row.AnsweredBy != nil && *row.AnsweredBy == a.ID
	for _, key := range a.InviteeKeys() {
		mine = mine || row.AnsweredBy == nil && row.InviteeKey == key
	}
	switch {
	case !mine:
		return row, st, ErrInvitationNotFound
	case InvitationState(row.State) == answer:
		return row, st, nil
	case s.expired(row):
		return row, st, ErrInvitationEnded.With("state", string(Expired))
	case InvitationState(row.State) != Invited:
		return row, st, ErrInvitationEnded.With("state", row.State)
	}
	return row, st, nil
}

// stands says whether the one who answers for an invitation may still give its rights: he is active, works there, and
// has them; as the owner he is a seller. Errors: ErrInvitationVoid.
func (s *Service) stands(ctx context.Context, tx db.Tx, row storedb.StoreInvitation, b Brief) error {
	if row.InvitedBy == nil {
		return ErrInvitationVoid
	}
	a, err := s.identity.FindID(ctx, tx, *row.InvitedBy)
	if err != nil {
		return err
	}
	found, err := storedb.New(tx).Person(ctx, b.ID, a.ID)
	if errors.Is(err, db.ErrNoRows) {
		return ErrInvitationVoid
	}
	if err != nil {
		return err
	}
	p := personOf(found)
	if a.State != identity.Active || admits(b, p, web.Caller{AccountID: a.ID, Account: a.PublicID, Roles: a.Roles}, People) != nil || p.decides(invitedTo(row)) != nil {
		return ErrInvitationVoid
	}
	return nil
}
