package catalog

import (
	"slices"

	"github.com/haat-market/haat/internal/platform/fault"
)

// State is where a product stands.
type State string

// The states.
const (
	Draft     State = "draft"
	Published State = "published"
	Archived  State = "archived"
)

// Action is what can be done to a product's state.
type Action string

// The actions.
const (
	Publish   Action = "publish"
	Unpublish Action = "unpublish"
	Archive   Action = "archive"
	Unarchive Action = "unarchive"
)

// moves is the state table: what is not in it is refused.
var moves = map[State]map[Action]State{
	Draft:     {Publish: Published, Archive: Archived},
	Published: {Unpublish: Draft, Archive: Archived},
	Archived:  {Unarchive: Draft},
}

// past names the event of an action.
var past = map[Action]string{
	Publish: "product.published", Unpublish: "product.unpublished", Archive: "product.archived", Unarchive: "product.unarchived",
}

// next is the state that an action leads to.
func (s State) next(a Action) (State, error) {
	to, ok := moves[s][a]
	if !ok {
		return "", ErrProductState.With("state", string(s)).With("allowed_actions", s.actions())
	}
	return to, nil
}

// actions are what the state allows, sorted.
func (s State) actions() []string {
	out := make([]string, 0, len(moves[s]))
	for a := range moves[s] {
		out = append(out, string(a))
	}
	slices.Sort(out)
	return out
}

// Bounds.
const (
	maxTitle       = 255
	maxDescription = 50_000
	maxName        = 255 // of a vendor, a category, an option
	maxSKU         = 255
	maxHandle      = 200
	maxVariants    = 100
	maxOptions     = 3
	maxWeight      = 1_000_000_000 // grams
	maxCategories  = 1000
	maxDepth       = 8
	maxPosition    = 1_000_000
)

// What this room refuses with.
var (
	ErrProductNotFound  = fault.New(fault.NotFound, "product_not_found", "There is no such product.")
	ErrVariantNotFound  = fault.New(fault.NotFound, "variant_not_found", "There is no such variant.")
	ErrCategoryNotFound = fault.New(fault.NotFound, "category_not_found", "There is no such category.")
	ErrImportNotFound   = fault.New(fault.NotFound, "import_not_found", "There is no such import.")

	ErrManyImports = fault.New(fault.Conflict, "too_many_imports", "Five files of this store are waiting already: let them finish first.")

	ErrInvalidProduct  = fault.New(fault.Invalid, "invalid_product", "Some of the product's fields are not acceptable.")
	ErrInvalidCategory = fault.New(fault.Invalid, "invalid_category", "Some of the category's fields are not acceptable.")

	ErrProductState = fault.New(fault.Conflict, "product_state", "The product is in a state that does not allow this.")
	ErrNothingToBuy = fault.New(fault.Conflict, "product_without_variants", "A product needs a variant with a price before it can be published.")
	ErrLastVariant  = fault.New(fault.Conflict, "last_variant", "This is the last variant of a published product: unpublish or archive the product instead.")
	ErrManyVariants = fault.New(fault.Conflict, "too_many_variants", "A product can have 100 variants.")
	ErrVersion      = fault.New(fault.Conflict, "version_conflict", "It was changed in the meantime: read it again and decide anew.")
	ErrHandleTaken  = fault.New(fault.Conflict, "handle_taken", "Another product of the store has this handle already.")
	ErrSKUTaken     = fault.New(fault.Conflict, "sku_taken", "Another variant of the store has this SKU already.")
	ErrSameOptions  = fault.New(fault.Conflict, "options_taken", "Another variant of the product has the same options already.")

	ErrSlugTaken      = fault.New(fault.Conflict, "slug_taken", "Another category has this slug already.")
	ErrCategoryCycle  = fault.New(fault.Conflict, "category_cycle", "A category cannot be below itself.")
	ErrCategoryDepth  = fault.New(fault.Conflict, "category_too_deep", "Categories can be 8 levels deep.")
	ErrCategoryUsed   = fault.New(fault.Conflict, "category_used", "Other categories or products are in this category: move them first.")
	ErrManyCategories = fault.New(fault.Conflict, "too_many_categories", "A market can have 1000 categories.")
)
