package identity

import (
	"context"
	"time"

	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/web"
)

type accountsIn struct {
	web.PageParams
	Search      string    `query:"q" maxLength:"100" doc:"Beginning of the name or of a word in it, of the e-mail address, the code or the telephone number. What is found is in the order of the words."`
	State       string    `query:"state" enum:"inactive,active,deactivated"`
	Role        string    `query:"role" enum:"customer,seller,courier,machine,admin,superadmin"`
	CreatedFrom time.Time `query:"created_from" doc:"From this time on."`
	CreatedTo   time.Time `query:"created_to" doc:"Before this time."`
}

type accountsOut struct{ Body web.Page[accountBody] }

type stateIn struct {
	ID   string `path:"id" maxLength:"40"`
	Body *struct {
		Reason string `json:"reason,omitempty" maxLength:"500" doc:"For other admins."`
	} `required:"false"`
}

func (in *stateIn) reason() string {
	if in.Body == nil {
		return ""
	}
	return in.Body.Reason
}

type accountSessionsIn struct {
	ID string `path:"id" maxLength:"40"`
	web.PageParams
}

type rolesIn struct {
	ID   string `path:"id" maxLength:"40"`
	Body struct {
		Roles []string `json:"roles" minItems:"1" maxItems:"6" doc:"All roles that the account has from now on."`
	}
}

func (s *Service) mountAccounts(api *web.API) {
	web.Register(api, web.Op{
		Method: "GET", Path: "/v1/accounts", ID: "identity.accounts", Room: room, Access: web.Admin, Summary: "Accounts, newest first, or those that a word finds",
		Errors: []*fault.Error{web.ErrInvalid, db.ErrInvalidCursor},
	}, func(ctx context.Context, in *accountsIn) (*accountsOut, error) {
		items, next, err := s.Accounts(ctx, AccountQuery{
			Search: in.Search, State: in.State, Role: in.Role, CreatedFrom: in.CreatedFrom, CreatedTo: in.CreatedTo, Limit: in.Limit, Cursor: in.Cursor,
		})
		c := web.CallerFrom(ctx)
		bodies := make([]accountBody, len(items))
		for i, a := range items {
			bodies[i] = s.accountBodyOf(c, a)
		}
		return &accountsOut{web.NewPage(bodies, next)}, err
	})
	web.Register(api, web.Op{
		Method: "GET", Path: "/v1/accounts/{id}", ID: "identity.account", Room: room, Access: web.Admin, Summary: "An account",
		Errors: []*fault.Error{ErrAccountNotFound},
	}, func(ctx context.Context, in *idIn) (*accountOut, error) {
		a, err := s.Account(ctx, in.ID)
		return &accountOut{s.accountBodyOf(web.CallerFrom(ctx), a)}, err
	})
	for _, o := range []struct {
		action  Action
		summary string
	}{{Activate, "Activate an account"}, {Deactivate, "Deactivate an account and end its sessions"}} {
		web.Register(api, web.Op{
			Method: "POST", Path: "/v1/accounts/{id}/" + string(o.action), ID: "identity." + string(o.action) + "_account", Room: room,
			Access: web.Admin, Summary: o.summary, Errors: []*fault.Error{web.ErrInvalid, ErrAccountNotFound, ErrAccountState, ErrErased, ErrPrivileged, ErrLastSuperadmin},
		}, func(ctx context.Context, in *stateIn) (*accountOut, error) {
			c := web.CallerFrom(ctx)
			a, err := s.SetState(ctx, c, in.ID, o.action, in.reason())
			return &accountOut{s.accountBodyOf(c, a)}, err
		})
	}
	web.Register(api, web.Op{
		Method: "PUT", Path: "/v1/accounts/{id}/roles", ID: "identity.set_roles", Room: room, Access: web.Admin,
		Summary: "Give an account its roles", Description: "Only a superadmin appoints and dismisses admins.",
		Errors: []*fault.Error{web.ErrInvalid, ErrAccountNotFound, ErrErased, ErrPrivileged, ErrLastSuperadmin},
	}, func(ctx context.Context, in *rolesIn) (*accountOut, error) {
		c := web.CallerFrom(ctx)
		a, err := s.SetRoles(ctx, c, in.ID, in.Body.Roles)
		return &accountOut{s.accountBodyOf(c, a)}, err
	})
	web.Register(api, web.Op{
		Method: "POST", Path: "/v1/accounts/{id}/erase", ID: "identity.erase_account", Room: room, Access: web.Admin,
		Summary:     "Take an account's personal data away, for good",
		Description: "For whoever asks for it by law. The account must own no open store, have no money and no open order, and be no admin. Orders keep the contact that they froze.",
		Errors:      []*fault.Error{web.ErrInvalid, ErrAccountNotFound, ErrErased, ErrPrivileged, ErrInUse},
	}, func(ctx context.Context, in *stateIn) (*accountOut, error) {
		c := web.CallerFrom(ctx)
		a, err := s.Erase(ctx, c, in.ID, in.reason())
		return &accountOut{s.accountBodyOf(c, a)}, err
	})
	web.Register(api, web.Op{
		Method: "GET", Path: "/v1/accounts/{id}/sessions", ID: "identity.account_sessions", Room: room, Access: web.Admin,
		Summary: "Where an account is signed in, newest first", Errors: []*fault.Error{ErrAccountNotFound, db.ErrInvalidCursor},
	}, func(ctx context.Context, in *accountSessionsIn) (*sessionsOut, error) {
		items, next, err := s.AccountSessions(ctx, in.ID, in.Limit, in.Cursor)
		return &sessionsOut{web.NewPage(sessionBodies(items, 0), next)}, err
	})
	web.Register(api, web.Op{
		Method: "DELETE", Path: "/v1/accounts/{id}/sessions", ID: "identity.end_account_sessions", Room: room, Access: web.Admin,
		Summary: "Sign an account out everywhere", Errors: []*fault.Error{ErrAccountNotFound, ErrPrivileged},
	}, func(ctx context.Context, in *idIn) (*nothing, error) {
		return nil, s.EndAccountSessions(ctx, web.CallerFrom(ctx), in.ID)
	})
}
