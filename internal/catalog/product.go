package catalog

// State is where a product stands.
type State string

// The states.
const (
	Draft     State = "draft"
	Published State = "published"
	Archived  State = "archived"
)
