package catalog

import (
	"slices"

	"github.com/haat-market/haat/internal/catalog/catalogdb"
	"github.com/haat-market/haat/internal/platform/fault"
)

// State is where a product stands.
type State string

// The states.
const (
	Draft     State = "draft"
	Submitted State = "submitted" // a draft that waits for the market's approval
	Rejected  State = "rejected"  // a draft that the market does not want as it is
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
	Submit    Action = "submit"   // to the market's people, where they approve products
	Withdraw  Action = "withdraw" // before they did
	Approve   Action = "approve"  // an admin's
	Reject    Action = "reject"   // an admin's; with a reason
)

// moves is the state table: what is not in it is refused. Which of publish and submit there is, the market's setting
// says.
var moves = map[State]map[Action]State{
	Draft:     {Publish: Published, Submit: Submitted, Archive: Archived},
	Submitted: {Publish: Published, Withdraw: Draft, Approve: Published, Reject: Rejected, Archive: Archived},
	Rejected:  {Publish: Published, Submit: Submitted, Archive: Archived},
	Published: {Unpublish: Draft, Approve: Published, Reject: Rejected, Archive: Archived},
	Archived:  {Unarchive: Draft},
}

// Review is where a product stands with the market's people.
type Review string

// The reviews. Changed is a published product of which something was changed that the market's people have not seen.
const (
	ReviewNone      Review = ""
	ReviewSubmitted Review = "submitted"
	ReviewRejected  Review = "rejected"
	ReviewChanged   Review = "changed"
)

// stateOf is a product's state as people know it.
func stateOf(p catalogdb.Product) State {
	if State(p.State) == Draft && p.Review != "" {
		return State(p.Review)
	}
	return State(p.State)
}

// setState puts a state into its columns.
func setState(p *catalogdb.Product, s State, note string) {
	p.State, p.Review, p.ReviewNote = string(s), "", note
	if s == Submitted || s == Rejected {
		p.State, p.Review = string(Draft), string(s)
	}
}

// past names the event of an action.
var past = map[Action]string{
	Publish: "product.published", Unpublish: "product.unpublished", Archive: "product.archived", Unarchive: "product.unarchived",
	Submit: "product.submitted", Withdraw: "product.withdrawn", Approve: "product.approved", Reject: "product.rejected",
}

// rules are what decides beside the state.
type rules struct {
	approval bool // the market approves products
	admin    bool // of the market asks
	review   Review
}

// allows says whether an action of the table is open.
func (r rules) allows(s State, a Action) bool {
	switch a {
	case Publish:
		return !r.approval || r.admin
	case Submit:
		return r.approval
	case Approve:
		return r.admin && (s == Submitted || r.review == ReviewChanged)
	case Reject:
		return r.admin
	}
	return true
}

// next is the state that an action leads to.
func (s State) next(a Action, r rules) (State, error) {
	to, ok := moves[s][a]
	switch {
	case ok && r.allows(s, a):
		return to, nil
	case ok && a == Publish:
		return "", ErrNeedsApproval.With("state", string(s)).With("allowed_actions", s.actions(r))
	}
	return "", s.refuse(r)
}

// refuse says what the state allows instead.
func (s State) refuse(r rules) error {
	return ErrProductState.With("state", string(s)).With("allowed_actions", s.actions(r))
}

// actions are what the state allows, sorted.
func (s State) actions(r rules) []string {
	out := make([]string, 0, len(moves[s]))
	for a := range moves[s] {
		if r.allows(s, a) {
			out = append(out, string(a))
		}
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
	maxTaxCode     = 16
	maxReason      = 500
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
	ErrInvalidFilter   = fault.New(fault.Invalid, "invalid_filter", "Some of the filters are not acceptable.")
	ErrInvalidCategory = fault.New(fault.Invalid, "invalid_category", "Some of the category's fields are not acceptable.")

	ErrProductState  = fault.New(fault.Conflict, "product_state", "The product is in a state that does not allow this.")
	ErrNeedsApproval = fault.New(fault.Conflict, "approval_needed", "In this market products are approved before they are published: submit it.")
	ErrNothingToBuy  = fault.New(fault.Conflict, "product_without_variants", "A product needs a variant with a price before it can be published.")
	ErrLastVariant   = fault.New(fault.Conflict, "last_variant", "This is the last variant of a published product: unpublish or archive the product instead.")
	ErrManyVariants  = fault.New(fault.Conflict, "too_many_variants", "A product can have 100 variants.")
	ErrVersion       = fault.New(fault.Conflict, "version_conflict", "It was changed in the meantime: read it again and decide anew.")
	ErrHandleTaken   = fault.New(fault.Conflict, "handle_taken", "Another product of the store has this handle already.")
	ErrSKUTaken      = fault.New(fault.Conflict, "sku_taken", "Another variant of the store has this SKU already.")
	ErrSameOptions   = fault.New(fault.Conflict, "options_taken", "Another variant of the product has the same options already.")

	ErrSlugTaken      = fault.New(fault.Conflict, "slug_taken", "Another category has this slug already.")
	ErrCategoryCycle  = fault.New(fault.Conflict, "category_cycle", "A category cannot be below itself.")
	ErrCategoryDepth  = fault.New(fault.Conflict, "category_too_deep", "Categories can be 8 levels deep.")
	ErrCategoryUsed   = fault.New(fault.Conflict, "category_used", "Other categories or products are in this category: move them first.")
	ErrManyCategories = fault.New(fault.Conflict, "too_many_categories", "A market can have 1000 categories.")
)
