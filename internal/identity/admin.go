package identity

import (
	"context"
	"slices"

	"github.com/haat-market/haat/internal/identity/identitydb"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/web"
)

func withRoles(ctx context.Context, tx db.Tx, accounts []Account) error {
	ids := make([]int64, len(accounts))
	for i, a := range accounts {
		ids[i] = a.ID
	}
	rows, err := identitydb.New(tx).RolesOf(ctx, ids)
	if err != nil {
		return err
	}
	roles := map[int64][]string{}
	for _, r := range rows {
		roles[r.AccountID] = append(roles[r.AccountID], r.Role)
	}
	for i := range accounts {
		accounts[i].Roles = roles[accounts[i].ID]
	}
	return nil
}

// Account is one account. Errors: ErrAccountNotFound.
func (s *Service) Account(ctx context.Context, publicID string) (a Account, err error) {
	err = s.db.Read(ctx, "identity.account", func(ctx context.Context, tx db.Tx) (err error) {
		a, err = s.Find(ctx, tx, publicID)
		return err
	})
	return a, err
}

// mayChange says whether an admin may touch an account with these roles: admins are touched by superadmins only.
func mayChange(c web.Caller, roles []string) error {
	if slices.ContainsFunc(roles, privileged) && !c.Is(web.RoleSuperadmin) {
		return ErrPrivileged
	}
	return nil
}

// SetState activates or deactivates an account; a deactivated one loses its sessions with the same commit. The reason
// is for other admins. Errors: web.ErrInvalid, ErrAccountNotFound, ErrAccountState, ErrErased, ErrPrivileged,
// ErrLastSuperadmin.
func (s *Service) SetState(ctx context.Context, c web.Caller, publicID string, action Action, reason string) (a Account, err error) {
	if reason, err = Text("reason", reason, 500); err != nil {
		return a, err
	}
	err = s.db.Write(ctx, "identity.set_state", func(ctx context.Context, tx db.Tx) (err error) {
		if a, err = s.Find(ctx, tx, publicID); err != nil {
			return err
		}
		if err := mayChange(c, a.Roles); err != nil {
			return err
		}
		if a.ErasedAt != nil {
			return ErrErased
		}
		to, err := a.State.Next(action)
		if err != nil {
			return err
		}
		if to != Active && a.State == Active && a.Is(web.RoleSuperadmin) {
			if err := s.keepSuperadmin(ctx, tx); err != nil {
				return err
			}
		}
		from := a.State
		a.State, a.StateReason, a.UpdatedAt = to, reason, s.clock.Now()
		if err := identitydb.New(tx).UpdateState(ctx, string(to), reason, clock.Micro(a.UpdatedAt), a.ID); err != nil {
			return err
		}
		kind := "account.activated"
		if to != Active {
			kind = "account.deactivated"
			if _, err := endSessionsBut(ctx, tx, a.ID, 0); err != nil {
				return err
			}
		}
		facts := map[string]any{"from": string(from), "by": "admin"}
		if reason != "" {
			facts["reason"] = reason
		}
		return s.append(ctx, tx, kind, a.PublicID, actor(c), facts)
	})
	s.callers.forget(a.ID)
	return a, err
}

// keepSuperadmin refuses to lose the last one.
func (s *Service) keepSuperadmin(ctx context.Context, tx db.Tx) error {
	n, err := identitydb.New(tx).CountActiveWithRole(ctx, web.RoleSuperadmin)
	if err == nil && n <= 1 {
		err = ErrLastSuperadmin
	}
	return err
}

// SetRoles gives an account exactly these roles. Admins are appointed and dismissed by superadmins only.
// Errors: web.ErrInvalid, ErrAccountNotFound, ErrErased, ErrPrivileged, ErrLastSuperadmin.
func (s *Service) SetRoles(ctx context.Context, c web.Caller, publicID string, roles []string) (a Account, err error) {
	if roles, err = normalRoles(roles); err != nil {
		return a, err
	}
	err = s.db.Write(ctx, "identity.set_roles", func(ctx context.Context, tx db.Tx) (err error) {
		q := identitydb.New(tx)
		if a, err = s.Find(ctx, tx, publicID); err != nil {
			return err
		}
		if a.ErasedAt != nil {
			return ErrErased
		}
		added, removed := without(roles, a.Roles), without(a.Roles, roles)
		if len(added)+len(removed) == 0 {
			return nil
		}
		if err := mayChange(c, slices.Concat(added, a.Roles)); err != nil {
			return err
		}
		if slices.Contains(removed, web.RoleSuperadmin) && a.State == Active {
			if err := s.keepSuperadmin(ctx, tx); err != nil {
				return err
			}
		}
		for _, role := range added {
			if err := q.InsertRole(ctx, a.ID, role); err != nil {
				return err
			}
		}
		for _, role := range removed {
			if err := q.DeleteRole(ctx, a.ID, role); err != nil {
				return err
			}
		}
		a.Roles = roles
		return s.append(ctx, tx, "account.roles_changed", a.PublicID, actor(c), map[string]any{"added": added, "removed": removed})
	})
	s.callers.forget(a.ID)
	return a, err
}

// without is what is in a and not in b.
func without(a, b []string) []string {
	out := []string{}
	for _, v := range a {
		if !slices.Contains(b, v) {
			out = append(out, v)
		}
	}
	return out
}
