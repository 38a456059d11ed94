package blob_test

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/png"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/haat-market/haat/internal/apptest"
	"github.com/haat-market/haat/internal/platform/blob"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/db/dbtest"
	"github.com/haat-market/haat/internal/platform/picture"
)

const day = 24 * time.Hour

func keep(t *testing.T, m *apptest.Market, access blob.Access, text string) blob.Blob {
	t.Helper()
	b, err := m.Blobs.Put(t.Context(), access, "application/pdf", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func painted(t *testing.T, w, h int) picture.Picture {
	t.Helper()
	var file bytes.Buffer
	if err := png.Encode(&file, image.NewGray(image.Rect(0, 0, w, h))); err != nil {
		t.Fatal(err)
	}
	p, err := picture.Make(t.Context(), file.Bytes(), picture.Product)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestEverybodySeesAPublicPicture(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		b, err := m.Blobs.PutPicture(t.Context(), blob.Public, painted(t, 500, 250))
		if err != nil || b.Width != 500 || b.Height != 250 {
			t.Fatal(b, err)
		}
		nobody := m.Anonymous()
		for width, want := range map[int]int{0: 500, 160: 160, 320: 320, 640: 500, 1280: 500} {
			a := nobody.Open(m.Blobs.URL(b.Name, width)).Want(200)
			c, _, err := image.DecodeConfig(bytes.NewReader(a.Body))
			if err != nil || c.Width != want {
				t.Errorf("%d is %d wide, %v", width, c.Width, err)
			}
			for name, value := range map[string]string{
				"Content-Type": "image/jpeg", "X-Content-Type-Options": "nosniff", "Content-Security-Policy": "default-src 'none'; sandbox",
				"Cache-Control": "public, max-age=31536000, immutable",
			} {
				if got := a.Header.Get(name); got != value {
					t.Errorf("%s is %q", name, got)
				}
			}
			again := nobody.With("If-None-Match", a.Header.Get("ETag")).Open(m.Blobs.URL(b.Name, width))
			if again.Status != http.StatusNotModified || len(again.Body) > 0 {
				t.Errorf("asked again: %d", again.Status)
			}
		}
		if got := m.Blobs.Show(b).Sizes; len(got) != 2 {
			t.Errorf("%v", got)
		}
		if got := m.Blobs.Name(m.Blobs.URL(b.Name, 320)); got != b.Name {
			t.Errorf("the address is of %q", got)
		}
	})
}

func TestNobodySeesAPrivateFileByItsName(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		b := keep(t, m, blob.Private, "a proof")
		if m.Blobs.URL(b.Name, 0) != "" || m.Blobs.Show(b) != nil {
			t.Error("it has an address")
		}
		for _, name := range []string{b.Name, strings.Replace(b.Name, "prv_", "pub_", 1), "..%2fhaat.db", "pub_" + strings.Repeat("0", 64) + ".jpg", "x"} {
			m.Anonymous().Get("/media/", name).Problem(404, "file_not_found")
		}
		d, err := m.Blobs.Download(t.Context(), b.Name, "proof of ord_1")
		if err != nil || string(d.Body) != "a proof" || d.Disposition != `attachment; filename="proof of ord_1.pdf"` || d.Cache != "private, no-store" {
			t.Errorf("%+v, %v", d, err)
		}
		if _, err := m.Blobs.Download(t.Context(), "../haat.db", "x"); !errors.Is(err, blob.ErrNotFound) {
			t.Error(err)
		}
	})
}

func folder(m *apptest.Market, t *testing.T) (files []string) {
	t.Helper()
	err := filepath.WalkDir(m.Folder, func(path string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() && strings.Contains(path, "blobs") {
			files = append(files, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// What nobody uses goes after a week, its bytes a day later; what a column names stays, whatever was dropped.
func TestOnlyWhatNobodyUsesIsDeleted(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		dbtest.Exec(t, m.DB, `CREATE TABLE test_uses (id BIGINT PRIMARY KEY, name TEXT NOT NULL REFERENCES blobs (name))`)
		used := keep(t, m, blob.Private, "used")
		keep(t, m, blob.Public, "unused")
		dbtest.Exec(t, m.DB, "INSERT INTO test_uses (id, name) VALUES (1, '"+used.Name+"')")
		drop := func() {
			err := m.DB.Write(t.Context(), "test.drop", func(ctx context.Context, tx db.Tx) error { return m.Blobs.Drop(ctx, tx, used.Name, "") })
			if err != nil {
				t.Fatal(err)
			}
		}
		drop()
		m.Clock.Advance(6 * day)
		m.Sweep("blob.unused")
		m.Sweep("blob.trash")
		if n := len(folder(m, t)); n != 2 {
			t.Fatalf("%d files after six days", n)
		}
		m.Clock.Advance(2 * day)
		m.Sweep("blob.unused")
		m.Sweep("blob.trash")
		if n := len(folder(m, t)); n != 2 {
			t.Errorf("%d files on the day that the row went", n)
		}
		m.Clock.Advance(2 * day)
		m.Sweep("blob.unused")
		m.Sweep("blob.trash")
		left := folder(m, t)
		if len(left) != 1 || !strings.HasSuffix(left[0], used.Name) {
			t.Errorf("left are %v", left)
		}
		dbtest.Exec(t, m.DB, "DELETE FROM test_uses WHERE id = 1")
		drop()
		m.Clock.Advance(8 * day)
		m.Sweep("blob.unused")
		m.Clock.Advance(2 * day)
		m.Sweep("blob.trash")
		if left := folder(m, t); len(left) != 0 {
			t.Errorf("left are %v", left)
		}
	})
}

// A file that comes again on the day that it would be deleted is there afterwards.
func TestAFileThatComesAgainStays(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		b := keep(t, m, blob.Private, "twice")
		m.Clock.Advance(8 * day)
		m.Sweep("blob.unused")
		m.Clock.Advance(2 * day)
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				if _, err := m.Blobs.Put(t.Context(), blob.Private, "application/pdf", []byte("twice")); err != nil {
					t.Error(err)
				}
			})
		}
		m.Sweep("blob.trash")
		all.Wait()
		m.Sweep("blob.trash")
		if got, err := m.Blobs.Read(t.Context(), b.Name); err != nil || string(got) != "twice" {
			t.Errorf("%q, %v", got, err)
		}
	})
}

func TestVerifySeesFilesThatAreMissingOrCut(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		keep(t, m, blob.Private, "missing")
		p, err := m.Blobs.PutPicture(t.Context(), blob.Public, painted(t, 500, 250))
		if err != nil {
			t.Fatal(err)
		}
		broken := 0
		for _, path := range folder(m, t) {
			switch name := filepath.Base(path); {
			case name == p.Name:
				err = os.WriteFile(path, []byte("cut"), 0o600)
			case strings.Contains(name, "-320"), strings.HasPrefix(name, "prv_"):
				err = os.Remove(path)
			default:
				continue
			}
			if broken++; err != nil {
				t.Fatal(err)
			}
		}
		found := m.Findings()
		if broken != 3 || len(found) != 1 || found[0].Rule != "blob.files" || found[0].Count != 3 {
			t.Errorf("%d broken: %v", broken, found)
		}
		dbtest.Exec(t, m.DB, "DELETE FROM blobs")
	})
}

func TestWhatIsNotKept(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		if _, err := m.Blobs.Put(t.Context(), blob.Public, "text/html", []byte("<html>")); err == nil {
			t.Error("HTML was kept")
		}
		if _, err := m.Blobs.Put(t.Context(), blob.Public, "text/csv", nil); err == nil {
			t.Error("nothing was kept")
		}
		if _, err := m.Blobs.Put(t.Context(), blob.Public, "text/csv", make([]byte, blob.MaxBytes+1)); !errors.Is(err, blob.ErrTooLarge) {
			t.Error(err)
		}
	})
}
