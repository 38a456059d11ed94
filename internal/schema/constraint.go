package schema

// The kinds of Constraint.
const (
	Primary    = "primary"
	UniqueKey  = "unique"
	Check      = "check"
	Foreign    = "foreign"
	NotNull    = "not_null"    // named <table>_<column>_not_null, though neither engine says so
	AppendOnly = "append_only" // a trigger that refuses UPDATE and DELETE
)

// Constraint is one rule of the schema under the name by which both engines' errors are known.
type Constraint struct {
	Table   string
	Name    string
	Kind    string
	Columns []string // empty where the rule does not belong to certain columns
	Rule    string   // of a check, or of a unique index that counts some rows only: the condition, in SQLite's words
	// Numbered: of a NOT NULL: the column is SQLite's row id, and a row that comes without is numbered there, not refused.
	// The generator sees to it that no query brings one.
	Numbered bool
}
