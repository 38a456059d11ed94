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
	loweredFresh []map[string]string // registered, and not in lowered yet
	loweredWrite sync.Mutex
)

// RegisterLowered is called by generated code: PostgreSQL's text → the embedded engine's. The texts are put together
// when one is first asked for: to do it at each of some hundred registrations would copy them all as often.
func RegisterLowered(texts map[string]string) {
	loweredWrite.Lock()
	defer loweredWrite.Unlock()
	loweredFresh = append(loweredFresh, texts)
	lowered.Store(nil)
}

// Lowered gives all registered texts, for the tests that prepare them.
func Lowered() map[string]string { return maps.Clone(allLowered()) }

// allLowered is what may be read and never written.
func allLowered() map[string]string {
	if p := lowered.Load(); p != nil {
		return *p
	}
	loweredWrite.Lock()
	defer loweredWrite.Unlock()
	n := 0
	for _, texts := range loweredFresh {
		n += len(texts)
	}
	all := make(map[string]string, n)
	for _, texts := range loweredFresh {
		maps.Copy(all, texts)
	}
	loweredFresh = []map[string]string{all} // what is registered later comes on top
	lowered.Store(&all)
	return all
}

func lower(sql string) (string, error) {
	if s, ok := allLowered()[sql]; ok {
		return s, nil
	}
	return "", fmt.Errorf("%w: %.80s", ErrNoLowered, sql)
}
