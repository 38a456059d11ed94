package db

import (
	"fmt"
	"maps"
	"sync"
	"sync/atomic"
)

// lowered holds, for each statement as written for PostgreSQL, the text for the embedded engine. Generated files and
// lists fill it in their init functions; reading it takes no lock, because every statement does.
var (
	lowered      atomic.Pointer[map[string]string]
	loweredWrite sync.Mutex
)

// RegisterLowered is called by generated code: PostgreSQL's text → the embedded engine's.
func RegisterLowered(texts map[string]string) {
	loweredWrite.Lock()
	defer loweredWrite.Unlock()
	all := Lowered()
	maps.Copy(all, texts)
	lowered.Store(&all)
}

// Lowered gives all registered texts, for the tests that prepare them.
func Lowered() map[string]string {
	all := map[string]string{}
	if p := lowered.Load(); p != nil {
		maps.Copy(all, *p)
	}
	return all
}

func lower(sql string) (string, error) {
	if p := lowered.Load(); p != nil {
		if s, ok := (*p)[sql]; ok {
			return s, nil
		}
	}
	return "", fmt.Errorf("%w: %.80s", ErrNoLowered, sql)
}
