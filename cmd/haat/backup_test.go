package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/haat-market/haat/internal/app"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/db/dbtest"
)

// restored fills a new folder, which may be there and empty.
func restored(t *testing.T, backup string, there bool) place {
	t.Helper()
	data := filepath.Join(t.TempDir(), "restored")
	if there {
		if err := os.Mkdir(data, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	r := haat(t, "restore", backup, "--data", data).ok(t)
	if !strings.Contains(r.out, "rules hold") {
		t.Errorf("restore did not verify: %s", r.out)
	}
	if parts, err := filepath.Glob(filepath.Join(data, ".haat-part-*")); err != nil || len(parts) != 0 {
		t.Errorf("%v is left, %v", parts, err)
	}
	return place{data: data, flags: []string{"--data", data}}
}

func TestBackupUnderLoadAndRestore(t *testing.T) {
	t.Parallel()
	p := newPlace(t, db.Embedded)
	s := p.serve(t, "--account-rate=0", "--address-rate=0")
	variant := p.goods(t, s, 1_000_000)
	b := p.buyer(t, s)
	blob := filepath.Join(p.data, "blobs", "ab", "abcd")
	if err := os.MkdirAll(filepath.Dir(blob), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(blob, []byte("a picture"), 0o600); err != nil {
		t.Fatal(err)
	}
	before, err := s.order(b, variant)
	if err != nil {
		t.Fatal(err)
	}
	l := s.load(b, variant, 4)
	l.until(5)
	folder, archive := filepath.Join(t.TempDir(), "backup"), filepath.Join(t.TempDir(), "backup.tar.gz")
	p.on(t, "backup", folder).ok(t)
	p.on(t, "backup", archive).ok(t)
	p.on(t, "verify").ok(t) // while it is written
	l.until(10)
	l.stop()
	if left, err := os.ReadDir(filepath.Join(p.data, "run")); err != nil || len(left) != 1 {
		t.Errorf("copies are left over: %v, %v", left, err)
	}
	p.on(t, "backup", folder).refused(t, 1, "not empty")
	p.on(t, "backup", archive).refused(t, 1, "exists")
	p.on(t, "backup", filepath.Join(t.TempDir(), "backup.zip")).refused(t, 1, ".tar.gz")
	s.stop()
	offline := filepath.Join(t.TempDir(), "offline.tar")
	p.on(t, "backup", offline).ok(t)

	var manifest struct {
		Schema  int
		Warning string
		Files   []struct{ Name, SHA256 string }
	}
	raw, err := os.ReadFile(filepath.Join(folder, "manifest.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, &manifest); err != nil || manifest.Schema == 0 || len(manifest.Files) != 2 || !strings.Contains(manifest.Warning, "secret.key") {
		t.Errorf("%s, %v", raw, err)
	}
	if info, err := os.Stat(archive); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	for i, backup := range []string{folder, archive, offline} {
		r := restored(t, backup, i == 1)
		if text, err := os.ReadFile(filepath.Join(r.data, "blobs", "ab", "abcd")); err != nil || string(text) != "a picture" {
			t.Errorf("the file: %q, %v", text, err)
		}
		if _, err := os.Stat(filepath.Join(r.data, "secret.key")); err == nil {
			t.Error("the backup held the secret key")
		}
		again := r.serve(t)
		again.must(200, "GET", "/v1/orders/"+before, again.signIn("buyer"), nil)
		again.stop()
	}
}

func TestRestoreRefuses(t *testing.T) {
	t.Parallel()
	p := newPlace(t, db.Embedded)
	s := p.serve(t)
	backup := filepath.Join(t.TempDir(), "backup")
	p.on(t, "backup", backup).ok(t)
	into := func() string { return filepath.Join(t.TempDir(), "new") }

	haat(t, "restore", backup, "--data", p.data).refused(t, 1, "not empty")
	haat(t, "restore", p.data, "--data", into()).refused(t, 1, "manifest.json")
	haat(t, "restore", filepath.Join(p.data, "haat.db"), "--data", into()).refused(t, 1, "is not a backup")
	haat(t, "restore", filepath.Join(backup, "nothing"), "--data", into()).refused(t, 1, "no such file")
	s.stop()

	change := func(file string, f func([]byte) []byte) func() {
		path := filepath.Join(backup, file)
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, f(append([]byte(nil), text...)), 0o600); err != nil {
			t.Fatal(err)
		}
		return func() {
			if err := os.WriteFile(path, text, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	replace := func(old, new string) func([]byte) []byte {
		return func(b []byte) []byte { return []byte(strings.Replace(string(b), old, new, 1)) }
	}
	for _, c := range []struct {
		name, file string
		change     func([]byte) []byte
		want       string
	}{
		{"one byte", "haat.db", func(b []byte) []byte { b[len(b)/2] ^= 1; return b }, "damaged"},
		{"cut off", "haat.db", func(b []byte) []byte { return b[:len(b)-1] }, "damaged"},
		{"another form", "manifest.json", replace("haat-backup-1", "haat-backup-9"), "haat-backup-9"},
		{"no JSON", "manifest.json", func([]byte) []byte { return []byte("{") }, "manifest"},
		{"a name outside", "manifest.json", replace(`"haat.db"`, `"blobs/../../evil"`), "no backup has"},
		{"a name that is a secret", "manifest.json", replace(`"haat.db"`, `"secret.key"`), "no backup has"},
		{"no database", "manifest.json", replace(`"haat.db"`, `"blobs/haat.db"`), "database"},
	} {
		undo := change(c.file, c.change)
		data := into()
		haat(t, "restore", backup, "--data", data).refused(t, 1, c.want)
		if left, err := os.ReadDir(filepath.Dir(data)); err != nil || len(left) != 0 {
			t.Errorf("%s: %v is left, %v", c.name, left, err)
		}
		undo()
	}
	if err := os.Remove(filepath.Join(backup, "haat.db")); err != nil {
		t.Fatal(err)
	}
	haat(t, "restore", backup, "--data", into()).refused(t, 1, "haat.db is missing")
}

func TestBackupOnPostgres(t *testing.T) {
	if len(dbtest.Engines(t)) == 1 {
		return // said so
	}
	t.Parallel()
	p := newPlace(t, db.Postgres)
	p.serve(t).stop()
	folder := filepath.Join(t.TempDir(), "backup")
	r := p.on(t, "backup", folder).ok(t)
	if !strings.Contains(r.err, "pg_dump --format=custom") || strings.Contains(r.err, "postgres://") {
		t.Errorf("%s", r.err)
	}
	haat(t, "restore", folder, "--data", filepath.Join(t.TempDir(), "new")).refused(t, 1, "--database")
	r = haat(t, "restore", folder, "--data", filepath.Join(t.TempDir(), "new"), "--database", dbtest.EmptyPostgres(t)).ok(t)
	if !strings.Contains(r.out, "pg_restore") {
		t.Errorf("%s", r.out)
	}
}

// What verify is for: somebody changed a figure past the program.
func TestVerifyFindsWhatIsWrong(t *testing.T) {
	each(t, func(t *testing.T, p place) {
		s := p.serve(t)
		p.goods(t, s, 5)
		s.stop()
		r := p.on(t, "verify").ok(t)
		if !strings.Contains(r.out, "rules hold") || !strings.Contains(r.err, "inventory.") {
			t.Errorf("%s%s", r.out, r.err)
		}
		cfg := db.Config{File: filepath.Join(p.data, "haat.db"), Schema: app.Schema(), Log: dbtest.Quiet}
		if len(p.flags) > 2 {
			cfg.URL = p.flags[3]
		}
		d, err := db.Open(t.Context(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		dbtest.Exec(t, d, "UPDATE stock SET available = available + 1")
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
		r = p.on(t, "verify")
		r.refused(t, 1, "not hold")
		if !strings.Contains(r.out, "inventory.") {
			t.Errorf("no finding: %s", r.out)
		}
		s = p.serve(t)
		p.on(t, "verify").refused(t, 1, "not hold") // on a copy, while it is open
		s.stop()
	})
}
