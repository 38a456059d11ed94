package dbtest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/haat-market/haat/internal/platform/db"
)

// Each runs f on every engine there is, each time on a fresh database with the schema applied.
func Each(t *testing.T, schema db.Schema, f func(t *testing.T, d *db.DB)) {
	t.Helper()
	EachWith(t, db.Config{Schema: schema}, f)
}

// EachWith is Each with other settings.
func EachWith(t *testing.T, cfg db.Config, f func(t *testing.T, d *db.DB)) {
	t.Helper()
	for _, engine := range Engines(t) {
		t.Run(string(engine), func(t *testing.T) { f(t, Open(t, engine, cfg)) })
	}
}

// Engines says which engines there are here.
func Engines(t testing.TB) []db.Engine {
	t.Helper()
	if server(t) == "" {
		t.Log("no PostgreSQL here (HAAT_TEST_POSTGRES names one): this runs on the embedded engine only")
		return []db.Engine{db.Embedded}
	}
	return []db.Engine{db.Embedded, db.Postgres}
}

// Open opens a fresh database with cfg's schema applied and closes it at the end of the test. File, URL and Log are
// filled in where cfg leaves them empty.
func Open(t testing.TB, engine db.Engine, cfg db.Config) *db.DB {
	t.Helper()
	if cfg.Log == nil {
		cfg.Log = Quiet
	}
	switch {
	case engine == db.Embedded && cfg.File == "":
		cfg.File = filepath.Join(t.TempDir(), "haat.db")
		copyMigrated(t, cfg)
	case engine == db.Postgres && cfg.URL == "":
		cfg.URL = cloneMigrated(t, cfg)
	}
	d, err := db.Open(context.Background(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return d
}

// Quiet is a log that nobody reads.
var Quiet = slog.New(slog.NewTextHandler(io.Discard, nil))

// SQL declares statements of a test that are the same on both engines but for the parameters' signs. It is called
// where package variables are set.
func SQL(texts ...string) bool {
	all := map[string]string{}
	for _, s := range texts {
		all[s] = strings.ReplaceAll(s, "$", "?")
	}
	db.RegisterLowered(all)
	return true
}

// Exec runs one statement in a Write of its own: how a test breaks what the program's own code would not.
func Exec(t testing.TB, d *db.DB, sql string, args ...any) int64 {
	t.Helper()
	SQL(sql)
	var n int64
	err := d.Write(context.Background(), "test.exec", func(ctx context.Context, tx db.Tx) error {
		tag, err := tx.Exec(ctx, sql, args...)
		n = tag.RowsAffected()
		return err
	})
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return n
}

// One reads the single value that a statement gives.
func One[T any](t testing.TB, d *db.DB, sql string, args ...any) T {
	t.Helper()
	SQL(sql)
	var v T
	err := d.Read(context.Background(), "test.one", func(ctx context.Context, tx db.Tx) error {
		return tx.QueryRow(ctx, sql, args...).Scan(&v)
	}, db.Long())
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return v
}

// fingerprint tells schemas apart.
func fingerprint(migrations []db.Migration) string {
	h := sha256.New()
	for _, m := range migrations {
		io.WriteString(h, m.Name+"\x00"+m.SQL+"\x00")
	}
	return hex.EncodeToString(h.Sum(nil))[:16]
}

// migrated holds the bytes of an embedded database for each schema.
var migrated struct {
	sync.Mutex
	files map[string][]byte
}

func copyMigrated(t testing.TB, cfg db.Config) {
	t.Helper()
	migrated.Lock()
	defer migrated.Unlock()
	key := fingerprint(cfg.Schema.Embedded)
	content, ok := migrated.files[key]
	if !ok {
		file := filepath.Join(t.TempDir(), "migrated.db")
		migrate(t, db.Config{File: file, Schema: cfg.Schema, Log: Quiet})
		var err error
		if content, err = os.ReadFile(file); err != nil {
			t.Fatal(err)
		}
		if migrated.files == nil {
			migrated.files = map[string][]byte{}
		}
		migrated.files[key] = content
	}
	if err := os.WriteFile(cfg.File, content, 0o600); err != nil {
		t.Fatal(err)
	}
}

func migrate(t testing.TB, cfg db.Config) {
	t.Helper()
	d, err := db.Open(context.Background(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Migrate(context.Background()); err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil { // which moves the log into the file
		t.Fatal(err)
	}
}
