package identity

import (
	"context"

	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/web"
)

type accountsIn struct {
	web.PageParams
	State string `query:"state" enum:"inactive,active,deactivated"`
	Role  string `query:"role" enum:"customer,seller,courier,machine,admin,superadmin" doc:"Not together with state."`
}

type accountsOut struct{ Body web.Page[accountBody] }

type rolesIn struct {
	ID   string `path:"id" maxLength:"40"`
	Body struct {
		Roles []string `json:"roles" minItems:"1" maxItems:"6" doc:"All roles that the account has from now on."`
	}
}

func (s *Service) mountAccounts(api *web.API) {
	web.Register(api, web.Op{
		Method: "GET", Path: "/v1/accounts", ID: "identity.accounts", Room: room, Access: web.Admin, Summary: "All accounts, newest first",
		Errors: []*fault.Error{db.ErrUnsupportedFilter, db.ErrInvalidCursor},
	}, func(ctx context.Context, in *accountsIn) (*accountsOut, error) {
		items, next, err := s.Accounts(ctx, AccountQuery{State: in.State, Role: in.Role, Limit: in.Limit, Cursor: in.Cursor})
		c := web.CallerFrom(ctx)
		bodies := make([]accountBody, len(items))
		for i, a := range items {
			bodies[i] = accountBodyOf(c, a)
		}
		return &accountsOut{web.NewPage(bodies, next)}, err
	})
	web.Register(api, web.Op{
		Method: "GET", Path: "/v1/accounts/{id}", ID: "identity.account", Room: room, Access: web.Admin, Summary: "An account",
		Errors: []*fault.Error{ErrAccountNotFound},
	}, func(ctx context.Context, in *idIn) (*accountOut, error) {
		a, err := s.Account(ctx, in.ID)
		return &accountOut{accountBodyOf(web.CallerFrom(ctx), a)}, err
	})
	for _, o := range []struct {
		action  Action
		summary string
	}{{Activate, "Activate an account"}, {Deactivate, "Deactivate an account and end its sessions"}} {
		web.Register(api, web.Op{
			Method: "POST", Path: "/v1/accounts/{id}/" + string(o.action), ID: "identity." + string(o.action) + "_account", Room: room,
			Access: web.Admin, Summary: o.summary, Errors: []*fault.Error{ErrAccountNotFound, ErrAccountState, ErrPrivileged, ErrLastSuperadmin},
		}, func(ctx context.Context, in *idIn) (*accountOut, error) {
			c := web.CallerFrom(ctx)
			a, err := s.SetState(ctx, c, in.ID, o.action)
			return &accountOut{accountBodyOf(c, a)}, err
		})
	}
	web.Register(api, web.Op{
		Method: "PUT", Path: "/v1/accounts/{id}/roles", ID: "identity.set_roles", Room: room, Access: web.Admin,
		Summary: "Give an account its roles", Description: "Only a superadmin appoints and dismisses admins.",
		Errors: []*fault.Error{web.ErrInvalid, ErrAccountNotFound, ErrPrivileged, ErrLastSuperadmin},
	}, func(ctx context.Context, in *rolesIn) (*accountOut, error) {
		c := web.CallerFrom(ctx)
		a, err := s.SetRoles(ctx, c, in.ID, in.Body.Roles)
		return &accountOut{accountBodyOf(c, a)}, err
	})
}
