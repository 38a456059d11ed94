package identity

import (
	"context"

	"github.com/haat-market/haat/internal/identity/identitydb"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/verify"
)

// Rules are what must hold of this room's tables.
func (s *Service) Rules() []verify.Rule {
	list := func(name, about, say string, query func(*identitydb.Queries, context.Context) ([]string, error)) verify.Rule {
		return verify.Rule{Name: name, About: about, Check: func(ctx context.Context, tx db.Tx, report func(string, ...any)) error {
			ids, err := query(identitydb.New(tx), ctx)
			for _, id := range ids {
				report(say, id)
			}
			return err
		}}
	}
	return []verify.Rule{
		list("identity.roles", "every account has a role", "account %s has no role", (*identitydb.Queries).AccountsWithoutRole),
		list("identity.active", "only active accounts have tokens", "account %s is not active and has a token", (*identitydb.Queries).TokensOutliving),
		list("identity.tokens", "a token belongs to the account of its session", "session %s has a token of another account", (*identitydb.Queries).TokensOfOthers),
		list("identity.addresses", "who keeps addresses has a default one", "account %s has addresses and no default", (*identitydb.Queries).AccountsWithoutDefault),
		list("identity.erased", "of an erased account nothing personal is left", "account %s was erased and is still found by its words", (*identitydb.Queries).WordsOfErased),
		list("identity.erased_addresses", "an erased account keeps no addresses", "account %s was erased and still has addresses", (*identitydb.Queries).ErasedWithAddress),
		list("identity.words", "an account can be found", "account %s has no words", (*identitydb.Queries).IndexedWithoutWords),
	}
}
