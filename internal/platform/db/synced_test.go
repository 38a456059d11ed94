package db_test

import (
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/haat-market/haat/internal/platform/db/lite"
	"github.com/haat-market/haat/internal/platform/db/lite/faultfs"
)

// syncedCopy keeps what of the log was synced: a file's bytes as they were when its last sync began. The page cache,
// which survives a killed process and not a power cut, is thereby left out.
type syncedCopy struct {
	file string
	mu   sync.Mutex
	log  []byte
	err  error
}

// before is called before the log is written or synced.
func (s *syncedCopy) before(op faultfs.Op) faultfs.Fault {
	if op == faultfs.Sync {
		log, err := os.ReadFile(s.file + "-wal")
		s.mu.Lock()
		defer s.mu.Unlock()
		s.log, s.err = log, errors.Join(s.err, err)
	}
	return faultfs.None
}

// holds opens a copy of database and synced log, and looks for the item.
func (s *syncedCopy) holds(t *testing.T, item string) bool {
	t.Helper()
	s.mu.Lock()
	log, err := s.log, s.err
	s.mu.Unlock()
	if err != nil {
		t.Error(err)
		return false
	}
	content, err := os.ReadFile(s.file)
	if err != nil {
		t.Error(err)
		return false
	}
	dir, err := os.MkdirTemp(t.TempDir(), "")
	if err != nil {
		t.Error(err)
		return false
	}
	file := filepath.Join(dir, "haat.db")
	if err := errors.Join(os.WriteFile(file, content, 0o600), os.WriteFile(file+"-wal", log, 0o600)); err != nil {
		t.Error(err)
		return false
	}
	conn, err := lite.Open(file, lite.Options{})
	if err != nil {
		t.Error(err)
		return false
	}
	defer conn.Close()
	found := false
	if err := conn.Each("SELECT 1 FROM items WHERE v = '"+item+"'", func(*lite.Stmt) error { found = true; return nil }); err != nil {
		t.Error(err)
	}
	return found
}
