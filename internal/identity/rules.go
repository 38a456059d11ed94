package identity

import (
	"context"

	"github.com/haat-market/haat/internal/identity/identitydb"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/verify"
)

// Rules are what must hold of this room's tables.
func (s *Service) Rules() []verify.Rule {
	list := func(name, say string, query func(*identitydb.Queries, context.Context) ([]string, error)) verify.Rule {
		return verify.Rule{Name: name, Check: func(ctx context.Context, tx db.Tx, report func(string, ...any)) error {
			ids, err := query(identitydb.New(tx), ctx)
			for _, id := range ids {
				report(say, id)
			}
			return err
		}}
	}
	return []verify.Rule{
		list("identity.every account has a role", "account %s has no role", (*identitydb.Queries).AccountsWithoutRole),
		list("identity.only active accounts are signed in", "account %s is not active and has a token", (*identitydb.Queries).TokensOutliving),
		list("identity.a token is its session's", "session %s has a token of another account", (*identitydb.Queries).TokensOfOthers),
		list("identity.one address is the default", "account %s has addresses and no default", (*identitydb.Queries).AccountsWithoutDefault),
	}
}
