package catalog

import (
	"context"
	"fmt"
	"slices"

	"github.com/haat-market/haat/internal/catalog/catalogdb"
	"github.com/haat-market/haat/internal/platform/code"
	"github.com/haat-market/haat/internal/platform/db"
)

// Category is a place in the tree.
type Category struct {
	ID       string  `json:"id"`
	Slug     string  `json:"slug"`
	Name     string  `json:"name"`
	Parent   *string `json:"parent" doc:"The category above; null at the top."`
	Position int64   `json:"position" doc:"Among its siblings."`
	Depth    int     `json:"depth" doc:"0 at the top."`
}

// CategoryInput is a category as somebody writes it.
type CategoryInput struct {
	Slug     string
	Name     string
	Parent   string // public id, "" = at the top
	Position int64
}

// CategoryPatch changes what is not nil.
type CategoryPatch struct {
	Slug     *string
	Name     *string
	Parent   *string // "" = to the top
	Position *int64
}

// tree is all categories as they are now.
type tree struct {
	rows []catalogdb.Category
	byID map[int64]catalogdb.Category
}

func readTree(ctx context.Context, tx db.Tx) (tree, error) {
	rows, err := catalogdb.New(tx).Categories(ctx)
	if err != nil {
		return tree{}, fmt.Errorf("categories: %w", err)
	}
	t := tree{rows: rows, byID: make(map[int64]catalogdb.Category, len(rows))}
	for _, r := range rows {
		t.byID[r.ID] = r
	}
	return t, nil
}

func (t tree) find(publicID string) (catalogdb.Category, bool) {
	i := slices.IndexFunc(t.rows, func(c catalogdb.Category) bool { return c.PublicID == publicID })
	if i < 0 {
		return catalogdb.Category{}, false
	}
	return t.rows[i], true
}

// depth is how many categories are above one. It ends even if the rows went in a circle.
func (t tree) depth(c catalogdb.Category) int {
	n := 0
	for c.ParentID != nil && n <= len(t.rows) {
		c = t.byID[*c.ParentID]
		n++
	}
	return n
}

// height is how many levels hang below a category.
func (t tree) height(id int64, limit int) int {
	h := 0
	if limit == 0 {
		return 0
	}
	for _, c := range t.rows {
		if c.ParentID != nil && *c.ParentID == id {
			h = max(h, 1+t.height(c.ID, limit-1))
		}
	}
	return h
}

// below says whether a category is another or stands somewhere under it.
func (t tree) below(id, ancestor int64) bool {
	for n := 0; n <= len(t.rows); n++ {
		if id == ancestor {
			return true
		}
		c := t.byID[id]
		if c.ParentID == nil {
			return false
		}
		id = *c.ParentID
	}
	return true
}

func (t tree) view(c catalogdb.Category) Category {
	v := Category{ID: c.PublicID, Slug: c.Slug, Name: c.Name, Position: c.Position, Depth: t.depth(c)}
	if c.ParentID != nil {
		id := t.byID[*c.ParentID].PublicID
		v.Parent = &id
	}
	return v
}

// walk lists the tree from the top, every category right after the one above it, siblings by position.
func (t tree) walk() []Category {
	children := map[int64][]catalogdb.Category{}
	for _, c := range t.rows { // by position already
		children[deref(c.ParentID)] = append(children[deref(c.ParentID)], c)
	}
	out := make([]Category, 0, len(t.rows))
	var visit func(id int64)
	visit = func(id int64) {
		for _, c := range children[id] {
			out = append(out, t.view(c))
			visit(c.ID)
		}
	}
	visit(0)
	return out
}

// Categories is the whole tree; its size is bounded.
func (s *Service) Categories(ctx context.Context) (out []Category, err error) {
	err = s.db.Read(ctx, "catalog.categories", func(ctx context.Context, tx db.Tx) error {
		t, err := readTree(ctx, tx)
		out = t.walk()
		return err
	})
	return out, err
}

// Category is one of them.
func (s *Service) Category(ctx context.Context, id string) (out Category, err error) {
	err = s.db.Read(ctx, "catalog.category", func(ctx context.Context, tx db.Tx) error {
		t, err := readTree(ctx, tx)
		if err != nil {
			return err
		}
		c, ok := t.find(id)
		if !ok {
			return ErrCategoryNotFound
		}
		out = t.view(c)
		return nil
	})
	return out, err
}

// CreateCategory adds a category. The transaction reads the whole tree, so of two changes that would make a circle
// together one is run again and refused.
func (s *Service) CreateCategory(ctx context.Context, in CategoryInput) (Category, error) {
	c := catalogdb.Category{PublicID: code.ID("cat")}
	if err := fillCategory(&c, CategoryPatch{Slug: &in.Slug, Name: &in.Name, Position: &in.Position}); err != nil {
		return Category{}, err
	}
	err := s.db.Write(ctx, "catalog.create_category", func(ctx context.Context, tx db.Tx) error {
		t, err := readTree(ctx, tx)
		if err != nil {
			return err
		}
		if len(t.rows) >= maxCategories {
			return ErrManyCategories
		}
		c := c
		if err := t.place(&c, &in.Parent); err != nil {
			return err
		}
		now := s.now()
		_, err = catalogdb.New(tx).InsertCategory(ctx, catalogdb.InsertCategoryParams{
			PublicID: c.PublicID, Slug: c.Slug, Name: c.Name, ParentID: c.ParentID, Position: c.Position, CreatedAt: now, UpdatedAt: now,
		})
		if err != nil {
			return refusal(err, "category")
		}
		if c.ParentID != nil {
			if err := s.treeMoved(ctx, tx); err != nil {
				return err
			}
		}
		return s.happened(ctx, tx, "category.created", c.PublicID, map[string]any{"slug": c.Slug})
	})
	if err != nil {
		return Category{}, err
	}
	return s.Category(ctx, c.PublicID)
}

// fillCategory puts the checked fields into c.
func fillCategory(c *catalogdb.Category, in CategoryPatch) error {
	f := newFindings(ErrInvalidCategory)
	if in.Name != nil {
		c.Name = f.text("name", *in.Name, 1, maxName)
	}
	if in.Slug != nil {
		if c.Slug = *in.Slug; !validSlug(c.Slug) {
			f.add("slug", "invalid_slug", "Takes lower-case letters a to z, digits and single hyphens between them.")
		}
	}
	if in.Position != nil {
		if c.Position = *in.Position; c.Position < 0 || c.Position > maxPosition {
			f.add("position", "out_of_range", "Is not a position.")
		}
	}
	return f.fault()
}

// place hangs c where it was asked for and looks whether slug and place are free.
func (t tree) place(c *catalogdb.Category, parent *string) error {
	if slices.ContainsFunc(t.rows, func(o catalogdb.Category) bool { return o.ID != c.ID && o.Slug == c.Slug }) {
		return ErrSlugTaken
	}
	if parent == nil {
		return nil
	}
	if *parent == "" {
		c.ParentID = nil
		return nil
	}
	above, ok := t.find(*parent)
	if !ok {
		return ErrInvalidCategory.Field("parent", ErrCategoryNotFound.Code, ErrCategoryNotFound.Message)
	}
	height := 0
	if c.ID != 0 {
		if t.below(above.ID, c.ID) {
			return ErrCategoryCycle
		}
		height = t.height(c.ID, maxDepth)
	}
	if t.depth(above)+1+height >= maxDepth {
		return ErrCategoryDepth
	}
	c.ParentID = &above.ID
	return nil
}

// UpdateCategory changes a category or moves it with all that is below it.
func (s *Service) UpdateCategory(ctx context.Context, id string, in CategoryPatch) (Category, error) {
	err := s.db.Write(ctx, "catalog.update_category", func(ctx context.Context, tx db.Tx) error {
		t, err := readTree(ctx, tx)
		if err != nil {
			return err
		}
		c, ok := t.find(id)
		if !ok {
			return ErrCategoryNotFound
		}
		before := c
		if err := fillCategory(&c, in); err != nil {
			return err
		}
		if err := t.place(&c, in.Parent); err != nil {
			return err
		}
		if c.Slug == before.Slug && c.Name == before.Name && c.Position == before.Position && deref(c.ParentID) == deref(before.ParentID) {
			return nil
		}
		err = catalogdb.New(tx).UpdateCategory(ctx, catalogdb.UpdateCategoryParams{
			Slug: c.Slug, Name: c.Name, ParentID: c.ParentID, Position: c.Position, UpdatedAt: s.now(), ID: c.ID,
		})
		if err != nil {
			return refusal(err, "category")
		}
		if deref(c.ParentID) != deref(before.ParentID) {
			if err := s.treeMoved(ctx, tx); err != nil {
				return err
			}
		}
		if c.Name != before.Name || deref(c.ParentID) != deref(before.ParentID) {
			if err := s.categoryMoved(ctx, tx, c.ID); err != nil {
				return err
			}
		}
		return s.happened(ctx, tx, "category.updated", c.PublicID, map[string]any{"slug": c.Slug})
	})
	if err != nil {
		return Category{}, err
	}
	return s.Category(ctx, id)
}

// DeleteCategory removes a category on which nothing hangs.
func (s *Service) DeleteCategory(ctx context.Context, id string) error {
	return s.db.Write(ctx, "catalog.delete_category", func(ctx context.Context, tx db.Tx) error {
		q := catalogdb.New(tx)
		c, err := q.CategoryByPublicID(ctx, id)
		if err != nil {
			return ifNone(err, ErrCategoryNotFound)
		}
		use, err := q.CategoryUse(ctx, c.ID)
		if err != nil {
			return fmt.Errorf("use of category: %w", err)
		}
		if use.HasChildren || use.HasProducts || use.HasMaterials {
			return ErrCategoryUsed
		}
		if _, err := q.DeleteCategory(ctx, c.ID); err != nil {
			return fmt.Errorf("category: %w", err)
		}
		return s.happened(ctx, tx, "category.deleted", c.PublicID, map[string]any{"slug": c.Slug})
	})
}
