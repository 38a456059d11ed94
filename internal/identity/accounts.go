package identity

import (
	"context"
	"math"
	"time"

	"github.com/haat-market/haat/internal/identity/identitydb"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/web"
)

const accountColumns = "SELECT a.id, a.public_id, a.code, a.name, a.email, a.phone, a.state, a.state_reason, a.language, a.avatar, a.erased_at, a.created_at, a.updated_at"

var (
	stateFilter   = db.Filter{Name: "state", SQL: "a.state = ?", Type: db.Text}
	hasRoleFilter = db.Filter{Name: "has_role", SQL: "EXISTS (SELECT 1 FROM account_roles r WHERE r.account_id = a.id AND r.role = ?)", Type: db.Text}
	createdFilter = []db.Filter{
		{Name: "created_from", SQL: "a.created_at >= ?", Type: db.Int},
		{Name: "created_to", SQL: "a.created_at < ?", Type: db.Int},
	}
	created = []string{"created_from", "created_to"}
)

// Four lists and not one, because accounts are found from where the question begins: from themselves, from a role,
// from the day they came, or from a word.
var (
	accountList = db.DefineList(db.List{
		Name: "identity.accounts", Select: accountColumns, From: "FROM accounts a",
		Filters: []db.Filter{stateFilter},
		Sorts:   []db.Sort{{Name: "newest", Desc: true, Keys: []db.SortKey{{Column: "a.id", Type: db.Int}}}},
		Combos: []db.Combo{
			{Sort: "newest", Index: "accounts_pkey"},
			{Filters: []string{"state"}, Sort: "newest", Index: "accounts_state"},
		},
	})
	roleList = db.DefineList(db.List{
		Name: "identity.accounts_by_role", Select: accountColumns,
		From:    "FROM account_roles r JOIN accounts a ON a.id = r.account_id",
		Filters: []db.Filter{{Name: "role", SQL: "r.role = ?", Type: db.Text}, stateFilter},
		Sorts:   []db.Sort{{Name: "newest", Desc: true, Keys: []db.SortKey{{Column: "r.account_id", Type: db.Int}}}},
		Combos: []db.Combo{
			{Filters: []string{"role"}, Sort: "newest", Index: "account_roles_role"},
			{Filters: []string{"role"}, Post: []string{"state"}, Sort: "newest", Index: "account_roles_role"},
		},
	})
	createdList = db.DefineList(db.List{
		Name: "identity.accounts_by_day", Select: accountColumns, From: "FROM accounts a",
		Filters: append([]db.Filter{stateFilter, hasRoleFilter}, createdFilter...),
		Sorts:   []db.Sort{{Name: "newest", Desc: true, Keys: []db.SortKey{{Column: "a.created_at", Type: db.Int}, {Column: "a.id", Type: db.Int}}}},
		Combos: []db.Combo{
			{Filters: created, Sort: "newest", Index: "accounts_created"},
			{Filters: created, Post: []string{"state"}, Sort: "newest", Index: "accounts_created"},
			{Filters: created, Post: []string{"has_role"}, Sort: "newest", Index: "accounts_created"},
			{Filters: created, Post: []string{"state", "has_role"}, Sort: "newest", Index: "accounts_created"},
		},
	})
	// An account stands under the first of its words that begins with what is looked for, and so once.
	wordList = db.DefineList(db.List{
		Name: "identity.accounts_by_word", Select: accountColumns,
		From: "FROM account_words w JOIN accounts a ON a.id = w.account_id",
		Filters: append([]db.Filter{
			{Name: "word_from", SQL: "w.word >= ? AND NOT EXISTS (SELECT 1 FROM account_words o WHERE o.account_id = w.account_id AND o.word >= ? AND o.word < w.word)", Type: db.Text},
			{Name: "word_to", SQL: "w.word < ?", Type: db.Text},
			stateFilter, hasRoleFilter,
		}, createdFilter...),
		Sorts:  []db.Sort{{Name: "word", Keys: []db.SortKey{{Column: "w.word", Type: db.Text}, {Column: "w.account_id", Type: db.Int}}}},
		Combos: wordCombos(),
	})
)

// wordCombos are the search with each set of the other filters.
func wordCombos() (combos []db.Combo) {
	for n := range 8 {
		c := db.Combo{Filters: []string{"word_from", "word_to"}, Sort: "word", Index: "account_words_pkey"}
		if n&1 != 0 {
			c.Post = append(c.Post, "state")
		}
		if n&2 != 0 {
			c.Post = append(c.Post, "has_role")
		}
		if n&4 != 0 {
			c.Post = append(c.Post, created...)
		}
		combos = append(combos, c)
	}
	return combos
}

// AccountQuery asks for a page of accounts. What is empty is not asked for.
type AccountQuery struct {
	Search      string // the beginning of a name or a part of it, an e-mail address, a code or a telephone number
	State       string
	Role        string
	CreatedFrom time.Time
	CreatedTo   time.Time // before this
	Limit       int
	Cursor      string
}

// Accounts are accounts: newest first, those that are looked for by a word in the order of what was found.
// Errors: web.ErrInvalid, db.ErrInvalidCursor.
func (s *Service) Accounts(ctx context.Context, q AccountQuery) (items []Account, next string, err error) {
	list, filters, err := q.list()
	if err != nil {
		return nil, "", err
	}
	err = s.db.Read(ctx, "identity.accounts", func(ctx context.Context, tx db.Tx) (err error) {
		items, next, err = db.QueryList(ctx, tx, list, db.ListQuery{Filters: filters, Limit: q.Limit, Cursor: q.Cursor}, scanAccount)
		if err != nil {
			return err
		}
		return withRoles(ctx, tx, items)
	})
	return items, next, err
}

// list is the list that serves the question.
func (q AccountQuery) list() (*db.List, map[string]any, error) {
	filters := map[string]any{}
	if q.State != "" {
		filters["state"] = q.State
	}
	dated := !q.CreatedFrom.IsZero() || !q.CreatedTo.IsZero()
	if dated {
		filters["created_from"], filters["created_to"] = clock.Micro(q.CreatedFrom), int64(math.MaxInt64)
		if !q.CreatedTo.IsZero() {
			filters["created_to"] = clock.Micro(q.CreatedTo)
		}
	}
	switch {
	case q.Search != "":
		from, to, ok := wordRange(q.Search)
		if !ok {
			return nil, nil, web.ErrInvalid.Field("q", web.CodeTooShort, "Must have at least two letters or digits.")
		}
		filters["word_from"], filters["word_to"] = from, to
		q.hasRole(filters)
		return wordList, filters, nil
	case dated:
		q.hasRole(filters)
		return createdList, filters, nil
	case q.Role != "":
		filters["role"] = q.Role
		return roleList, filters, nil
	default:
		return accountList, filters, nil
	}
}

func (q AccountQuery) hasRole(filters map[string]any) {
	if q.Role != "" {
		filters["has_role"] = q.Role
	}
}

func scanAccount(r db.Scanner) (Account, error) {
	var row identitydb.Account
	err := r.Scan(&row.ID, &row.PublicID, &row.Code, &row.Name, &row.Email, &row.Phone, &row.State, &row.StateReason, &row.Language, &row.Avatar,
		&row.ErasedAt, &row.CreatedAt, &row.UpdatedAt)
	return accountOf(row, nil), err
}

// AccountSessions are where an account is signed in, newest first. Errors: ErrAccountNotFound, db.ErrInvalidCursor.
func (s *Service) AccountSessions(ctx context.Context, publicID string, limit int, cursor string) (items []Session, next string, err error) {
	err = s.db.Read(ctx, "identity.account_sessions", func(ctx context.Context, tx db.Tx) error {
		a, err := s.Find(ctx, tx, publicID)
		if err != nil {
			return err
		}
		items, next, err = sessionsOf(ctx, tx, a.ID, limit, cursor)
		return err
	})
	return items, next, err
}

// EndAccountSessions signs an account out everywhere, for an admin who was told that a telephone was lost.
// Errors: ErrAccountNotFound, ErrPrivileged.
func (s *Service) EndAccountSessions(ctx context.Context, c web.Caller, publicID string) error {
	var a Account
	err := s.db.Write(ctx, "identity.end_account_sessions", func(ctx context.Context, tx db.Tx) (err error) {
		if a, err = s.Find(ctx, tx, publicID); err != nil {
			return err
		}
		if err := mayChange(c, a.Roles); err != nil {
			return err
		}
		ended, err := endSessionsBut(ctx, tx, a.ID, 0)
		if err != nil || ended == 0 {
			return err
		}
		return s.append(ctx, tx, "account.signed_out", a.PublicID, actor(c), map[string]any{"sessions_ended": ended})
	})
	s.callers.forget(a.ID)
	return err
}
