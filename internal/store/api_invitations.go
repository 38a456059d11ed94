package store

import (
	"context"
	"time"

	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/web"
)

// inviteRate is of one account, however many stores it has.
var inviteRate = web.Limit{Name: "invite", Per: time.Hour, Burst: 60}

type invitationStore struct {
	ID   string `json:"id"`
	Code string `json:"code"`
	Name string `json:"name"`
}

type invitationBody struct {
	ID             string          `json:"id" example:"inv_0gk3c1a7k2m9xq4t0vj3whc"`
	Store          invitationStore `json:"store"`
	Invitee        string          `json:"invitee" doc:"As the store wrote it: an e-mail address, or an account's code."`
	Rights         []string        `json:"rights" doc:"What the person may do once the invitation is accepted: catalog, stock, orders, people."`
	State          string          `json:"state" enum:"open,accepted,declined,revoked,expired"`
	CreatedAt      time.Time       `json:"created_at"`
	MailedAt       time.Time       `json:"mailed_at"`
	ExpiresAt      time.Time       `json:"expires_at"`
	AllowedActions []string        `json:"allowed_actions" doc:"accept and decline for the invited person, resend and revoke for the store."`
}

func invitationBodyOf(v Invitation) invitationBody {
	return invitationBody{
		v.PublicID, invitationStore{v.Store.PublicID, v.StoreCode, v.Store.Name}, v.Invitee, v.Rights, string(v.State), v.CreatedAt, v.MailedAt,
		v.ExpiresAt, v.Actions,
	}
}

type invitationOut struct{ Body invitationBody }

func invitationAnswer(v Invitation, err error) (*invitationOut, error) {
	if err != nil {
		return nil, err
	}
	return &invitationOut{invitationBodyOf(v)}, nil
}

type inviteIn struct {
	ID   string `path:"id" maxLength:"40"`
	Body struct {
		Invitee string   `json:"invitee" minLength:"3" maxLength:"254" doc:"An e-mail address, whether or not it has an account, or an account's code." example:"asha@example.org"`
		Rights  []string `json:"rights" maxItems:"4" doc:"catalog, stock, orders; people is given by the owner only. None is looking only."`
	}
}

type invitationsIn struct {
	ID    string `path:"id" maxLength:"40"`
	State string `query:"state" enum:"open,accepted,declined,revoked" doc:"open when not given, expired ones among them."`
	web.PageParams
}

type invitationsOut struct{ Body web.Page[invitationBody] }

type receivedBody struct {
	Items []invitationBody `json:"items" maxItems:"100"`
}

type receivedOut struct{ Body receivedBody }

func invitationBodies(items []Invitation) []invitationBody {
	bodies := make([]invitationBody, len(items))
	for i, v := range items {
		bodies[i] = invitationBodyOf(v)
	}
	return bodies
}

func (s *Service) mountInvitations(api *web.API) {
	web.Register(api, web.Op{
		Method: "POST", Path: "/v1/stores/{id}/invitations", ID: "store.invite", Room: room, Access: web.Owner, Status: 201, Idempotent: true, Limit: inviteRate,
		Summary:     "Invite somebody to work in a store",
		Description: "By e-mail address or account code. The answer is the same whether or not there is such an account.",
		Errors:      with(web.ErrInvalid, ErrWorksHere, ErrInvited, ErrTooManyPeople, ErrTooManyInvitations, ErrStoreState),
	}, func(ctx context.Context, in *inviteIn) (*invitationOut, error) {
		v, replayed, err := s.Invite(ctx, web.CallerFrom(ctx), in.ID, in.Body.Invitee, in.Body.Rights)
		if replayed {
			web.MarkReplayed(ctx)
		}
		return invitationAnswer(v, err)
	})
	web.Register(api, web.Op{
		Method: "GET", Path: "/v1/stores/{id}/invitations", ID: "store.invitations", Room: room, Access: web.Owner, Summary: "A store's invitations in a state",
		Errors: []*fault.Error{ErrStoreNotFound, ErrNoRight, db.ErrInvalidCursor},
	}, func(ctx context.Context, in *invitationsIn) (*invitationsOut, error) {
		items, next, err := s.Invitations(ctx, web.CallerFrom(ctx), in.ID, InvitationState(in.State), in.Limit, in.Cursor)
		return &invitationsOut{web.NewPage(invitationBodies(items), next)}, err
	})
	web.Register(api, web.Op{
		Method: "GET", Path: "/v1/me/invitations", ID: "store.my_invitations", Room: room, Access: web.SignedIn,
		Summary: "The open invitations that the caller got", Description: "By the account's e-mail address or its code; the newest, at most 100.",
	}, func(ctx context.Context, _ *struct{}) (*receivedOut, error) {
		items, err := s.Received(ctx, web.CallerFrom(ctx))
		return &receivedOut{receivedBody{invitationBodies(items)}}, err
	})
	for _, o := range []struct {
		verb, summary string
		errs          []*fault.Error
		do            func(context.Context, web.Caller, string) (Invitation, error)
	}{
		{"accept", "Accept an invitation", []*fault.Error{ErrInvitationNotFound, ErrInvitationEnded, ErrInvitationVoid, ErrStoreClosed, ErrStoreState, ErrTooManyPeople}, s.Accept},
		{"decline", "Decline an invitation", []*fault.Error{ErrInvitationNotFound, ErrInvitationEnded}, s.Decline},
		{"resend", "Mail an invitation again", []*fault.Error{ErrInvitationNotFound, ErrInvitationEnded, ErrStoreState, ErrNoRight, ErrSellerRole, ErrStoreClosed}, s.Resend},
		{"revoke", "Withdraw an invitation", []*fault.Error{ErrInvitationNotFound, ErrInvitationEnded, ErrNoRight, ErrSellerRole, ErrStoreClosed}, s.Revoke},
	} {
		op := web.Op{
			Method: "POST", Path: "/v1/invitations/{id}/" + o.verb, ID: "store." + o.verb + "_invitation", Room: room, Access: web.Owner,
			Summary: o.summary, Errors: o.errs,
		}
		if o.verb == "resend" {
			op.Limit = inviteRate
		}
		web.Register(api, op, func(ctx context.Context, in *idIn) (*invitationOut, error) {
			return invitationAnswer(o.do(ctx, web.CallerFrom(ctx), in.ID))
		})
	}
}
