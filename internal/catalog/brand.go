package catalog

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/haat-market/haat/internal/catalog/catalogdb"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/code"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/idem"
	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/internal/store"
)

// What brands are refused with.
var (
	ErrBrandNotFound = fault.New(fault.NotFound, "brand_not_found", "There is no such brand.")
	ErrBrandTaken    = fault.New(fault.Conflict, "brand_taken", "This brand is registered already, or somebody has asked for it.")
	ErrBrandState    = fault.New(fault.Conflict, "brand_state", "The brand was approved or rejected before.")
)

// Brand is a registered brand, or one that somebody asked for.
type Brand struct {
	ID        string    `json:"id"`
	Name      string    `json:"name"`
	State     string    `json:"state" enum:"pending,approved,rejected"`
	Reason    string    `json:"reason,omitempty" doc:"Why it was rejected."`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
}

// Where a brand stands.
const (
	brandPending  = "pending"
	brandApproved = "approved"
	brandRejected = "rejected"
)

const brandColumns = "SELECT b.id, b.public_id, b.store_id, b.name, b.name_key, b.state, b.reason, b.created_by, b.created_at, b.updated_at"

var brandList = db.DefineList(db.List{
	Name: "catalog.brands", Select: brandColumns, From: "FROM brands b",
	Filters: []db.Filter{{Name: "state", SQL: "b.state = ?", Type: db.Text}, {Name: "store", SQL: "b.store_id = ?", Type: db.Int}},
	Sorts:   []db.Sort{{Name: "oldest", Keys: []db.SortKey{{Column: "b.id", Type: db.Int}}}},
	Combos: []db.Combo{
		{Filters: []string{"state"}, Sort: "oldest", Index: "brands_state"},
		{Filters: []string{"store"}, Sort: "oldest", Index: "brands_store"},
	},
})

func viewBrand(b catalogdb.Brand) Brand {
	return Brand{b.PublicID, b.Name, b.State, b.Reason, clock.Time(b.CreatedAt), clock.Time(b.UpdatedAt)}
}

// RegisterBrand asks for a brand in a store's name. An admin's own, without a store, is approved at once.
func (s *Service) RegisterBrand(ctx context.Context, caller web.Caller, storeID, name string) (Brand, error) {
	f := newFindings(ErrInvalidProduct)
	name = f.text("name", name, 1, maxName)
	if storeID == "" && !caller.Is(web.RoleAdmin) {
		f.add("store", "required", "Say for which store.")
	}
	if err := f.fault(); err != nil {
		return Brand{}, err
	}
	id, replayed, err := idem.Once(ctx, s.db, "catalog.register_brand", func(ctx context.Context, tx db.Tx) (string, error) {
		row := catalogdb.InsertBrandParams{PublicID: code.ID("brn"), Name: name, NameKey: sortKey(name), State: brandApproved, CreatedBy: actorOf(ctx), CreatedAt: s.now()}
		if storeID != "" {
			b, err := s.stores.Require(ctx, tx, caller, storeID, store.Catalog)
			if err != nil {
				return "", err
			}
			row.StoreID, row.State = &b.ID, brandPending
		}
		q := catalogdb.New(tx)
		if _, err := q.BrandByKey(ctx, row.NameKey); !errors.Is(err, db.ErrNoRows) {
			if err == nil {
				err = ErrBrandTaken
			}
			return "", err
		}
		if _, err := q.InsertBrand(ctx, row); err != nil {
			return "", fmt.Errorf("brand: %w", err)
		}
		return row.PublicID, s.happened(ctx, tx, "brand.registered", row.PublicID, map[string]any{"state": row.State})
	})
	if err != nil {
		return Brand{}, err
	}
	if replayed {
		web.MarkReplayed(ctx)
	}
	return s.brand(ctx, id)
}

func (s *Service) brand(ctx context.Context, id string) (out Brand, err error) {
	err = s.db.Read(ctx, "catalog.brand", func(ctx context.Context, tx db.Tx) error {
		b, err := catalogdb.New(tx).BrandByPublicID(ctx, id)
		out = viewBrand(b)
		return ifNone(err, ErrBrandNotFound)
	})
	return out, err
}

// Brands is a page of brands: the approved for everybody, those of a store for its people, the others for admins.
func (s *Service) Brands(ctx context.Context, caller web.Caller, storeID, state string, limit int, cursor string) (items []Brand, next string, err error) {
	if !caller.Is(web.RoleAdmin) || state == "" {
		if state != "" && state != brandApproved && storeID == "" {
			return nil, "", nil
		}
		state = brandApproved
	}
	err = s.db.Read(ctx, "catalog.brands", func(ctx context.Context, tx db.Tx) error {
		filters := map[string]any{"state": state}
		if storeID != "" {
			b, err := s.stores.Require(ctx, tx, caller, storeID, store.View)
			if err != nil {
				return err
			}
			filters = map[string]any{"store": b.ID}
		}
		rows, after, err := db.QueryList(ctx, tx, brandList, db.ListQuery{Filters: filters, Limit: limit, Cursor: cursor},
			func(r db.Scanner) (b catalogdb.Brand, err error) {
				err = r.Scan(&b.ID, &b.PublicID, &b.StoreID, &b.Name, &b.NameKey, &b.State, &b.Reason, &b.CreatedBy, &b.CreatedAt, &b.UpdatedAt)
				return b, err
			})
		items, next = each(rows, viewBrand), after
		return err
	})
	return items, next, err
}

// JudgeBrand approves a brand, or rejects it with a reason.
func (s *Service) JudgeBrand(ctx context.Context, id string, approve bool, reason string) (Brand, error) {
	state := brandApproved
	if !approve {
		state = brandRejected
		f := newFindings(ErrInvalidProduct)
		reason = f.text("reason", reason, 1, maxReason)
		if err := f.fault(); err != nil {
			return Brand{}, err
		}
	}
	err := s.db.Write(ctx, "catalog.judge_brand", func(ctx context.Context, tx db.Tx) error {
		q := catalogdb.New(tx)
		b, err := q.BrandByPublicID(ctx, id)
		if err != nil {
			return ifNone(err, ErrBrandNotFound)
		}
		n, err := q.JudgeBrand(ctx, state, reason, s.now(), b.ID)
		if err != nil {
			return fmt.Errorf("brand: %w", err)
		}
		if n == 0 {
			return ErrBrandState.With("state", b.State)
		}
		return s.happened(ctx, tx, "brand."+state, b.PublicID, nil)
	})
	if err != nil {
		return Brand{}, err
	}
	return s.brand(ctx, id)
}

// registered is a product's brand as it was registered, where products name registered brands only.
func (s *Service) registered(ctx context.Context, tx db.Tx, name string) (string, error) {
	terms, err := s.terms(ctx, tx)
	if err != nil || !terms.Brands || name == "" {
		return name, err
	}
	b, err := catalogdb.New(tx).BrandByKey(ctx, sortKey(name))
	if errors.Is(err, db.ErrNoRows) || err == nil && b.State != brandApproved {
		return "", ErrInvalidProduct.Field("brand", "brand_not_registered", "Is not a brand that this market has approved.")
	}
	return b.Name, err
}
