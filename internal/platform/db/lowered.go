package db

import (
	"fmt"
	"maps"
)

// lowered holds, for each statement as written for PostgreSQL, the text for the embedded engine. It is filled by the
// generated files' init functions only, and read-only afterwards.
var lowered = map[string]string{}

// RegisterLowered is called by generated code: PostgreSQL's text → the embedded engine's.
func RegisterLowered(texts map[string]string) {
	maps.Copy(lowered, texts)
}

// Lowered gives all registered texts, for the tests that prepare them.
func Lowered() map[string]string { return maps.Clone(lowered) }

func lower(sql string) (string, error) {
	if s, ok := lowered[sql]; ok {
		return s, nil
	}
	if s, ok := listTexts.Load(sql); ok {
		return s.(string), nil
	}
	return "", fmt.Errorf("%w: %.80s", ErrNoLowered, sql)
}
