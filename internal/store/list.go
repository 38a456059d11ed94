package store

import (
	"context"

	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/internal/store/storedb"
)

const storeColumns = "SELECT s.id, s.public_id, s.code, s.owner_id, s.name, s.slug, s.description, s.business_type, s.email, s.phone," +
	" s.whatsapp, s.address, s.sells, s.buys, s.state, s.suspend_reason, s.suspended_from, s.created_at, s.updated_at, s.legal_name, s.tax_number"

// Two lists and not one, because a person's stores are found from the person's side.
var (
	storeList = db.DefineList(db.List{
		Name: "store.stores", Select: storeColumns, From: "FROM stores s",
		Filters: []db.Filter{{Name: "state", SQL: "s.state = ?", Type: db.Text}},
		Sorts: []db.Sort{
			{Name: "newest", Desc: true, Keys: []db.SortKey{{Column: "s.id", Type: db.Int}}},
			{Name: "name", Keys: []db.SortKey{{Column: "s.name_key", Type: db.Text}, {Column: "s.id", Type: db.Int}}},
		},
		Combos: []db.Combo{
			{Filters: []string{"state"}, Sort: "newest", Index: "stores_state"},
			{Filters: []string{"state"}, Sort: "name", Index: "stores_state_name"},
		},
	})
	mineList = db.DefineList(db.List{
		Name: "store.mine", Select: storeColumns, From: "FROM store_people p JOIN stores s ON s.id = p.store_id",
		Filters: []db.Filter{{Name: "account", SQL: "p.account_id = ?", Type: db.Int}},
		Sorts:   []db.Sort{{Name: "newest", Desc: true, Keys: []db.SortKey{{Column: "p.store_id", Type: db.Int}}}},
		Combos:  []db.Combo{{Filters: []string{"account"}, Sort: "newest", Index: "store_people_account"}},
	})
)

// Query asks for a page of stores: published ones, the caller's own (Mine), or for admins those of any one state.
type Query struct {
	Mine   bool
	State  string // "" is published, and with Mine any
	Sort   string // "" is newest
	Limit  int
	Cursor string
}

// List is a page of stores. Errors: web.ErrUnauthenticated, web.ErrForbidden, db.ErrUnsupportedFilter,
// db.ErrInvalidCursor.
func (s *Service) List(ctx context.Context, c web.Caller, q Query) (items []Seen, next string, err error) {
	list, filters := storeList, map[string]any{}
	switch {
	case q.Mine && !c.SignedIn():
		return nil, "", web.ErrUnauthenticated
	case q.Mine:
		list, filters["account"] = mineList, c.AccountID
		if q.State != "" {
			filters["state"] = q.State // not offered; the list says so
		}
	case q.State == "":
		filters["state"] = string(Published)
	case q.State != string(Published) && !c.Is(web.RoleAdmin):
		return nil, "", web.ErrForbidden
	default:
		filters["state"] = q.State
	}
	err = s.db.Read(ctx, "store.list", func(ctx context.Context, tx db.Tx) error {
		var stores []Store
		stores, next, err = db.QueryList(ctx, tx, list, db.ListQuery{Filters: filters, Sort: q.Sort, Limit: q.Limit, Cursor: q.Cursor}, scanStore)
		if err != nil {
			return err
		}
		items, err = s.seeMany(ctx, tx, c, stores)
		return err
	})
	return items, next, err
}

func scanStore(r db.Scanner) (Store, error) {
	var v storedb.Store
	if err := r.Scan(&v.ID, &v.PublicID, &v.Code, &v.OwnerID, &v.Name, &v.Slug, &v.Description, &v.BusinessType, &v.Email, &v.Phone, &v.Whatsapp,
		&v.Address, &v.Sells, &v.Buys, &v.State, &v.SuspendReason, &v.SuspendedFrom, &v.CreatedAt, &v.UpdatedAt, &v.LegalName, &v.TaxNumber); err != nil {
		return Store{}, err
	}
	return storeOf(v)
}

// seeMany is see for a page, with one query for the caller's place in all of them and one for the owners.
func (s *Service) seeMany(ctx context.Context, tx db.Tx, c web.Caller, stores []Store) ([]Seen, error) {
	ids, owners := make([]int64, len(stores)), make([]int64, len(stores))
	for i, st := range stores {
		ids[i], owners[i] = st.ID, st.OwnerID
	}
	people := map[int64]person{}
	if c.SignedIn() && len(ids) > 0 {
		rows, err := storedb.New(tx).PeopleIn(ctx, c.AccountID, ids)
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			people[r.StoreID] = personOf(r)
		}
	}
	briefs, err := s.identity.Briefs(ctx, tx, owners)
	if err != nil {
		return nil, err
	}
	ratings, err := s.Ratings(ctx, tx, ids)
	if err != nil {
		return nil, err
	}
	out := make([]Seen, len(stores))
	for i, st := range stores {
		out[i] = st.seenBy(c, people[st.ID], briefs[st.OwnerID].PublicID)
		out[i].Rating = ratings[st.ID]
	}
	return out, nil
}
