package catalog

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/haat-market/haat/internal/catalog/catalogdb"
	"github.com/haat-market/haat/internal/platform/blob"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/code"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/event"
	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/money"
	"github.com/haat-market/haat/internal/platform/picture"
)

// What materials are refused with.
var (
	ErrMaterialNotFound = fault.New(fault.NotFound, "material_not_found", "There is no such material.")
	ErrMaterialTaken    = fault.New(fault.Conflict, "material_taken", "The category has a material of this name.")
	ErrInvalidMaterial  = fault.New(fault.Invalid, "invalid_material", "Something about the material cannot be. See the fields.")
	ErrManyMaterials    = fault.New(fault.Conflict, "too_many_materials", "The market has as many materials as it can have.")
)

// maxMaterials bounds what a search by name looks through.
const maxMaterials = 2000

// Units are what materials are counted in. A piece is not divided.
var Units = []string{"kg", "g", "quintal", "tonne", "litre", "pcs"}

// Material is something that dealers buy: newspaper, copper wire.
type Material struct {
	Key       int64
	ID        string
	Category  int64
	Name      string
	Unit      string
	TaxBp     int64
	TaxCode   string // HSN
	Image     string
	Active    bool
	CreatedAt time.Time
	UpdatedAt time.Time
}

// Divides says whether less than a whole unit can be weighed.
func (m Material) Divides() bool { return m.Unit != "pcs" }

func materialOf(r catalogdb.Material) Material {
	return Material{
		Key: r.ID, ID: r.PublicID, Category: r.CategoryID, Name: r.Name, Unit: r.Unit, TaxBp: r.TaxBp, TaxCode: r.TaxCode, Image: deref(r.Image),
		Active: r.Active, CreatedAt: clock.Time(r.CreatedAt), UpdatedAt: clock.Time(r.UpdatedAt),
	}
}

// MaterialWatcher is told of every change of a material, in the transaction that makes it.
type MaterialWatcher interface {
	MaterialChanged(ctx context.Context, tx db.Tx, m Material) error
}

// WatchMaterials registers a watcher. It is there before the first request.
func (s *Service) WatchMaterials(w MaterialWatcher) { s.materials = append(s.materials, w) }

var materialList = db.DefineList(db.List{
	Name:   "catalog.materials",
	Select: "SELECT m.id, m.public_id, m.category_id, m.name, m.name_key, m.unit, m.tax_bp, m.tax_code, m.image, m.active, m.created_at, m.updated_at",
	From:   "FROM materials m",
	Filters: []db.Filter{
		{Name: "active", SQL: "m.active = ?", Type: db.Bool}, {Name: "category", SQL: "m.category_id = ?", Type: db.Int},
	},
	Sorts: []db.Sort{{Name: "name", Keys: []db.SortKey{{Column: "m.name_key", Type: db.Text}, {Column: "m.id", Type: db.Int}}}},
	Combos: []db.Combo{
		{Filters: []string{"active"}, Sort: "name", Index: "materials_names"},
		{Filters: []string{"category", "active"}, Sort: "name", Index: "materials_in_category"},
	},
})

func scanMaterial(r db.Scanner) (m catalogdb.Material, err error) {
	err = r.Scan(&m.ID, &m.PublicID, &m.CategoryID, &m.Name, &m.NameKey, &m.Unit, &m.TaxBp, &m.TaxCode, &m.Image, &m.Active, &m.CreatedAt, &m.UpdatedAt)
	return m, err
}

// MaterialQuery says which materials.
type MaterialQuery struct {
	Category string
	Words    string // all of which stand in the name
	Retired  bool   // those that nobody buys any more
}

// Materials is a page of materials by name. Error: ErrCategoryNotFound.
func (s *Service) Materials(ctx context.Context, q MaterialQuery, limit int, cursor string) (items []Material, names map[int64]Category, next string, err error) {
	words := strings.Fields(sortKey(q.Words))
	err = s.db.Read(ctx, "catalog.materials", func(ctx context.Context, tx db.Tx) error {
		t, err := readTree(ctx, tx)
		if err != nil {
			return err
		}
		filters := map[string]any{"active": !q.Retired}
		if q.Category != "" {
			c, ok := t.find(q.Category)
			if !ok {
				return ErrCategoryNotFound
			}
			filters["category"] = c.ID
		}
		rows, after, err := db.QueryListKeep(ctx, tx, materialList, db.ListQuery{Filters: filters, Limit: limit, Cursor: cursor}, scanMaterial,
			func(m catalogdb.Material) bool {
				for _, w := range words {
					if !strings.Contains(m.NameKey, w) {
						return false
					}
				}
				return true
			})
		items, next, names = each(rows, materialOf), after, t.named(rows)
		return err
	})
	return items, names, next, err
}

// named are the categories of materials by key.
func (t tree) named(rows []catalogdb.Material) map[int64]Category {
	out := map[int64]Category{}
	for _, r := range rows {
		out[r.CategoryID] = t.view(t.byID[r.CategoryID])
	}
	return out
}

// Material is one of them with its category. Error: ErrMaterialNotFound.
func (s *Service) Material(ctx context.Context, id string) (m Material, c Category, err error) {
	err = s.db.Read(ctx, "catalog.material", func(ctx context.Context, tx db.Tx) error {
		r, err := catalogdb.New(tx).MaterialByPublicID(ctx, id)
		if err != nil {
			return ifNone(err, ErrMaterialNotFound)
		}
		t, err := readTree(ctx, tx)
		m, c = materialOf(r), t.view(t.byID[r.CategoryID])
		return err
	})
	return m, c, err
}

// MaterialsByID are the materials with these keys; one that is not there is missing.
func (s *Service) MaterialsByID(ctx context.Context, tx db.Tx, keys []int64) (map[int64]Material, error) {
	rows, err := catalogdb.New(tx).MaterialsByID(ctx, keys)
	out := make(map[int64]Material, len(rows))
	for _, r := range rows {
		out[r.ID] = materialOf(r)
	}
	return out, err
}

// MaterialsNamed are the materials with these public ids; one that is not there is missing.
func (s *Service) MaterialsNamed(ctx context.Context, tx db.Tx, ids []string) (map[string]Material, error) {
	rows, err := catalogdb.New(tx).MaterialsByPublicID(ctx, ids)
	out := make(map[string]Material, len(rows))
	for _, r := range rows {
		out[r.PublicID] = materialOf(r)
	}
	return out, err
}

// MaterialInput changes what is not nil; a new material needs category, name and unit.
type MaterialInput struct {
	Category *string
	Name     *string
	Unit     *string
	TaxRate  *string // percent
	TaxCode  *string
	Active   *bool
}

// units are those in which material is bought.
var units = []string{"kg", "g", "quintal", "tonne", "litre", "pcs"}

var hsn = regexp.MustCompile(`^([0-9]{4}|[0-9]{6}|[0-9]{8})?$`)

// fillMaterial puts the checked fields into m.
func fillMaterial(m *catalogdb.Material, in MaterialInput, t tree) error {
	f := newFindings(ErrInvalidMaterial)
	if in.Category != nil {
		c, ok := t.find(*in.Category)
		if !ok {
			f.add("category", ErrCategoryNotFound.Code, ErrCategoryNotFound.Message)
		}
		m.CategoryID = c.ID
	}
	if in.Name != nil {
		m.Name = f.text("name", *in.Name, 1, 120)
		m.NameKey = sortKey(m.Name)
	}
	if in.Unit != nil {
		if m.Unit = *in.Unit; !slices.Contains(units, m.Unit) {
			f.add("unit", "invalid_value", "Is none of the units: kg, g, quintal, tonne, litre, pcs.")
		}
	}
	if in.TaxRate != nil {
		bp, err := money.ParseRate(*in.TaxRate)
		if err != nil || bp < 0 || bp > 10_000 {
			f.add("tax_rate", "invalid_rate", "Is not a rate from 0 to 100 percent.")
		}
		m.TaxBp = bp
	}
	if in.TaxCode != nil {
		if m.TaxCode = strings.TrimSpace(*in.TaxCode); !hsn.MatchString(m.TaxCode) {
			f.add("tax_code", "invalid_tax_code", "An HSN code has four, six or eight digits.")
		}
	}
	if in.Active != nil {
		m.Active = *in.Active
	}
	return f.fault()
}

// CreateMaterial adds a material. Errors: ErrInvalidMaterial, ErrMaterialTaken, ErrManyMaterials.
func (s *Service) CreateMaterial(ctx context.Context, in MaterialInput) (Material, Category, error) {
	id := code.ID("mat")
	err := s.db.Write(ctx, "catalog.create_material", func(ctx context.Context, tx db.Tx) error {
		t, err := readTree(ctx, tx)
		if err != nil {
			return err
		}
		q := catalogdb.New(tx)
		n, err := q.CountMaterials(ctx)
		switch {
		case err != nil:
			return err
		case n >= maxMaterials:
			return ErrManyMaterials
		}
		m := catalogdb.Material{PublicID: id, Active: true}
		if err := fillMaterial(&m, in, t); err != nil {
			return err
		}
		_, err = q.InsertMaterial(ctx, catalogdb.InsertMaterialParams{
			PublicID: id, CategoryID: m.CategoryID, Name: m.Name, NameKey: m.NameKey, Unit: m.Unit, TaxBp: m.TaxBp, TaxCode: m.TaxCode, CreatedAt: s.now(),
		})
		if err != nil {
			return materialTaken(err)
		}
		return s.happened(ctx, tx, "material.created", id, map[string]any{"name": m.Name, "unit": m.Unit})
	})
	if err != nil {
		return Material{}, Category{}, err
	}
	return s.Material(ctx, id)
}

func materialTaken(err error) error {
	if db.IsConstraint(err, "materials_name_key") {
		return ErrMaterialTaken.Because(err)
	}
	return fmt.Errorf("material: %w", err)
}

// UpdateMaterial changes a material. Orders keep what they were made with.
// Errors: ErrMaterialNotFound, ErrInvalidMaterial, ErrMaterialTaken.
func (s *Service) UpdateMaterial(ctx context.Context, id string, in MaterialInput) (Material, Category, error) {
	err := s.db.Write(ctx, "catalog.update_material", func(ctx context.Context, tx db.Tx) error {
		q := catalogdb.New(tx)
		m, err := q.MaterialByPublicID(ctx, id)
		if err != nil {
			return ifNone(err, ErrMaterialNotFound)
		}
		before := m
		t, err := readTree(ctx, tx)
		if err != nil {
			return err
		}
		if err := fillMaterial(&m, in, t); err != nil || m == before {
			return err
		}
		err = q.UpdateMaterial(ctx, catalogdb.UpdateMaterialParams{
			ID: m.ID, CategoryID: m.CategoryID, Name: m.Name, NameKey: m.NameKey, Unit: m.Unit, TaxBp: m.TaxBp, TaxCode: m.TaxCode, Active: m.Active, UpdatedAt: s.now(),
		})
		if err != nil {
			return materialTaken(err)
		}
		for _, w := range s.materials {
			if err := w.MaterialChanged(ctx, tx, materialOf(m)); err != nil {
				return err
			}
		}
		return s.happened(ctx, tx, "material.updated", id, map[string]any{"name": m.Name, "unit": m.Unit, "tax_bp": m.TaxBp, "active": m.Active})
	})
	if err != nil {
		return Material{}, Category{}, err
	}
	return s.Material(ctx, id)
}

// SetMaterialImage gives a material a picture, painted anew. Errors: ErrMaterialNotFound, picture.Faults.
func (s *Service) SetMaterialImage(ctx context.Context, id string, file []byte) (Material, Category, error) {
	painted, err := picture.Make(ctx, file, picture.Product)
	if err != nil {
		return Material{}, Category{}, err
	}
	kept, err := s.blobs.PutPicture(ctx, blob.Public, painted)
	if err != nil {
		return Material{}, Category{}, err
	}
	err = s.db.Write(ctx, "catalog.material_image", func(ctx context.Context, tx db.Tx) error {
		q := catalogdb.New(tx)
		m, err := q.MaterialByPublicID(ctx, id)
		if err != nil {
			return ifNone(err, ErrMaterialNotFound)
		}
		if err := q.SetMaterialImage(ctx, &kept.Name, s.now(), m.ID); err != nil {
			return err
		}
		if m.Image != nil && *m.Image != kept.Name {
			if err := s.blobs.Drop(ctx, tx, *m.Image); err != nil {
				return err
			}
		}
		return s.events.Append(ctx, tx, event.Event{Type: "material.updated", Subject: id, Actor: actorOf(ctx), Facts: map[string]any{"fields": []string{"image"}}})
	})
	if err != nil {
		return Material{}, Category{}, err
	}
	return s.Material(ctx, id)
}
