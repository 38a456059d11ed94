package lite

import (
	"path/filepath"
	"testing"
)

// TestOwnCaches: a release of the engine in which this no longer takes effect is to be noticed.
func TestOwnCaches(t *testing.T) {
	if !ownCaches() {
		t.Fatal("the engine's caches were not found")
	}
	before := pageCaches.Fgrp.FnPurgeable
	c, err := Open(filepath.Join(t.TempDir(), "a.db"), Options{Create: true})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.Script("CREATE TABLE t (a); INSERT INTO t VALUES (1)"); err != nil {
		t.Fatal(err)
	}
	if n := pageCaches.Fgrp.FnPurgeable; n != before {
		t.Errorf("a connection's pages were put into the common cache: %d, before %d", n, before)
	}
}
