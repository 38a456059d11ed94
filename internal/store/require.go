package store

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/internal/store/storedb"
)

// Brief is what other rooms know of a store.
type Brief struct {
	ID       int64
	PublicID string
	Code     string
	Name     string
	Slug     string
	OwnerID  int64
	State    State
	Sells    bool
	Buys     bool
}

// Open says whether the store may be seen and traded with.
func (b Brief) Open() bool { return b.State == Published }

// Right is what a person may do in a store.
type Right string

// The rights. View is everybody's who works there; People is about who does, within what the person may do himself; Own
// is the owner's alone.
const (
	View    Right = "view"
	Catalog Right = "catalog"
	Stock   Right = "stock"
	Orders  Right = "orders"
	People  Right = "people"
	Own     Right = "own"
)

// staffRights are those that a person can be given.
var staffRights = []Right{Catalog, Stock, Orders, People}

// person is who somebody is in a store. The zero person is a stranger.
type person struct {
	known, owner, catalog, stock, orders, people bool
}

func personOf(p storedb.StorePerson) person {
	return person{known: true, owner: p.Owner, catalog: p.Catalog, stock: p.Stock, orders: p.Orders, people: p.People}
}

func (p person) has(r Right) bool {
	switch r {
	case View:
		return p.known
	case Catalog:
		return p.owner || p.catalog
	case Stock:
		return p.owner || p.stock
	case Orders:
		return p.owner || p.orders
	case People:
		return p.owner || p.people
	default:
		return p.owner
	}
}

// rights are what the person was given, for the API.
func (p person) rights() []string {
	out := []string{}
	for _, r := range append(slices.Clone(staffRights), Own) {
		if p.has(r) {
			out = append(out, string(r))
		}
	}
	return out
}

// admits decides: nil, or the refusal.
//
// An admin may look everywhere and help with catalog, stock and orders; what the owner decides, and who works there, he
// does not decide. An owner who lost the role seller still sees his store, but changes nothing. In a closed store nothing is
// changed at all.
func admits(b Brief, p person, c web.Caller, r Right) error {
	admin := c.Is(web.RoleAdmin)
	switch {
	case !p.known && !admin:
		return ErrStoreNotFound
	case r == View:
		return nil
	case !p.has(r) && (!admin || r == Own || r == People):
		return ErrNoRight.With("right", string(r))
	case p.owner && !admin && !c.Is(web.RoleSeller):
		return ErrSellerRole
	case b.State == Closed && r != Orders:
		return ErrStoreClosed
	default:
		return nil
	}
}

// Require is the store, if the caller has the right in it. Errors: ErrStoreNotFound (for strangers too), ErrNoRight,
// ErrSellerRole, ErrStoreClosed.
func (s *Service) Require(ctx context.Context, tx db.Tx, caller web.Caller, storePublicID string, right Right) (Brief, error) {
	row, err := storedb.New(tx).StoreByPublicID(ctx, storePublicID)
	return s.require(ctx, tx, caller, row, err, right)
}

// RequireID is Require for those who hold the store's key.
func (s *Service) RequireID(ctx context.Context, tx db.Tx, caller web.Caller, storeID int64, right Right) (Brief, error) {
	row, err := storedb.New(tx).StoreByID(ctx, storeID)
	return s.require(ctx, tx, caller, row, err, right)
}

func (s *Service) require(ctx context.Context, tx db.Tx, caller web.Caller, row storedb.Store, err error, right Right) (Brief, error) {
	switch {
	case errors.Is(err, db.ErrNoRows):
		return Brief{}, ErrStoreNotFound
	case err != nil:
		return Brief{}, err
	}
	p, err := s.person(ctx, tx, row.ID, caller)
	if err != nil {
		return Brief{}, err
	}
	b := briefOf(row)
	if err := admits(b, p, caller, right); err != nil {
		return Brief{}, err
	}
	return b, nil
}

// Admitted says in which of these stores the caller has the right.
func (s *Service) Admitted(ctx context.Context, tx db.Tx, caller web.Caller, stores []int64, right Right) (map[int64]bool, error) {
	out := map[int64]bool{}
	if len(stores) == 0 || !caller.SignedIn() {
		return out, nil
	}
	rows, err := storedb.New(tx).PeopleIn(ctx, caller.AccountID, stores)
	if err != nil {
		return nil, err
	}
	people := make(map[int64]person, len(rows))
	for _, r := range rows {
		people[r.StoreID] = personOf(r)
	}
	briefs, err := s.Briefs(ctx, tx, stores)
	for id, b := range briefs {
		out[id] = admits(b, people[id], caller, right) == nil
	}
	return out, err
}

func (s *Service) person(ctx context.Context, tx db.Tx, storeID int64, caller web.Caller) (person, error) {
	if !caller.SignedIn() {
		return person{}, nil
	}
	row, err := storedb.New(tx).Person(ctx, storeID, caller.AccountID)
	if errors.Is(err, db.ErrNoRows) {
		return person{}, nil
	}
	return personOf(row), err
}

func briefOf(r storedb.Store) Brief {
	return Brief{
		ID: r.ID, PublicID: r.PublicID, Code: r.Code, Name: r.Name, Slug: r.Slug, OwnerID: r.OwnerID,
		State: State(r.State), Sells: r.Sells, Buys: r.Buys,
	}
}

// Briefs are the stores with these ids, in whatever state; an id that no store has is missing.
func (s *Service) Briefs(ctx context.Context, tx db.Tx, ids []int64) (map[int64]Brief, error) {
	rows, err := storedb.New(tx).StoresByIDs(ctx, ids)
	if err != nil {
		return nil, err
	}
	briefs := make(map[int64]Brief, len(rows))
	for _, r := range rows {
		briefs[r.ID] = Brief{
			ID: r.ID, PublicID: r.PublicID, Code: r.Code, Name: r.Name, Slug: r.Slug, OwnerID: r.OwnerID,
			State: State(r.State), Sells: r.Sells, Buys: r.Buys,
		}
	}
	return briefs, nil
}

// Profiles are the stores with these ids, whole and in whatever state; an id that no store has is missing.
func (s *Service) Profiles(ctx context.Context, tx db.Tx, ids []int64) (map[int64]Store, error) {
	rows, err := storedb.New(tx).WholeStoresByIDs(ctx, ids)
	if err != nil {
		return nil, err
	}
	out := make(map[int64]Store, len(rows))
	for _, r := range rows {
		if out[r.ID], err = storeOf(r); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// Messages gives the number under which each store takes messages: the one for WhatsApp, else its telephone. One without
// either is missing.
func (s *Service) Messages(ctx context.Context, tx db.Tx, ids []int64) (map[int64]string, error) {
	rows, err := storedb.New(tx).ContactsByIDs(ctx, ids)
	if err != nil {
		return nil, err
	}
	out := make(map[int64]string, len(rows))
	for _, r := range rows {
		if number := cmp.Or(r.Whatsapp, r.Phone); number != "" {
			out[r.ID] = number
		}
	}
	return out, nil
}

// BriefsOf are the stores with these public ids, in whatever state; an id that no store has is missing.
func (s *Service) BriefsOf(ctx context.Context, tx db.Tx, ids []string) ([]Brief, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	rows, err := storedb.New(tx).StoresByPublicIDs(ctx, ids)
	if err != nil {
		return nil, err
	}
	out := make([]Brief, len(rows))
	for i, r := range rows {
		out[i] = Brief{
			ID: r.ID, PublicID: r.PublicID, Code: r.Code, Name: r.Name, Slug: r.Slug, OwnerID: r.OwnerID,
			State: State(r.State), Sells: r.Sells, Buys: r.Buys,
		}
	}
	return out, nil
}
