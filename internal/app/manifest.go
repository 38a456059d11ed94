package app

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/haat-market/haat/internal/platform/db"
)

const (
	manifestFormat = "haat-backup-1"
	secretsWarning = "This backup holds personal data and password hashes: keep it as you keep the market. It does not hold secret.key and haat.conf: " +
		"keep copies of these elsewhere; without secret.key what it sealed cannot be opened after a restore."
	postgresWarning = "This backup holds the files only: the database is on PostgreSQL, which pg_dump backs up."
	// maxManifest is far beyond the manifest of a market with a million files.
	maxManifest = 256 << 20
)

// manifest says what a backup holds.
type manifest struct {
	Format    string      `json:"format"`
	CreatedAt time.Time   `json:"created_at"`
	Program   string      `json:"program"`
	Engine    db.Engine   `json:"engine"`
	Schema    int         `json:"schema"`
	Warning   string      `json:"warning"`
	Files     []fileEntry `json:"files"`
}

type fileEntry struct {
	Name   string `json:"name"` // with slashes, below the backup
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

func (m *manifest) size() (n int64) {
	for _, f := range m.Files {
		n += f.Size
	}
	return n
}

// add measures a file that is in the backup already.
func (m *manifest) add(ctx context.Context, folder, name string) error {
	f, err := os.Open(filepath.Join(folder, name))
	if err != nil {
		return err
	}
	sum := sha256.New()
	size, err := io.Copy(sum, reader{ctx, f})
	if err := errors.Join(err, f.Close()); err != nil {
		return err
	}
	m.Files = append(m.Files, fileEntry{Name: name, Size: size, SHA256: hex.EncodeToString(sum.Sum(nil))})
	return nil
}

func (m *manifest) write(folder string) error {
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	return writeSynced(filepath.Join(folder, backupManifest), append(text, '\n'))
}

// readManifest reads and checks what a backup says of itself.
func readManifest(text []byte) (m manifest, err error) {
	d := json.NewDecoder(bytes.NewReader(text))
	if err := d.Decode(&m); err != nil {
		return m, fmt.Errorf("the manifest cannot be read: %w", err)
	}
	if m.Format != manifestFormat {
		return m, fmt.Errorf("the backup is of the form %.40q; this program reads %s", m.Format, manifestFormat)
	}
	seen := map[string]bool{}
	database := false
	for _, f := range m.Files {
		if !backupName(f.Name) || f.Name == backupManifest || seen[f.Name] {
			return m, fmt.Errorf("the manifest names %.80q, which no backup has", f.Name)
		}
		seen[f.Name] = true
		database = database || f.Name == backupDatabase
	}
	if database != (m.Engine == db.Embedded) {
		return m, errors.New("the manifest does not say where the database is")
	}
	return m, nil
}

// backupName says whether a backup may hold a file of this name: nothing that could land outside of the new folder, or
// on a file that is not data.
func backupName(name string) bool {
	if name == backupDatabase || name == backupManifest {
		return true
	}
	return strings.HasPrefix(name, blobFolder+"/") && fs.ValidPath(name) && filepath.IsLocal(filepath.FromSlash(name))
}

// reader ends when ctx does.
type reader struct {
	ctx context.Context
	r   io.Reader
}

// Read implements io.Reader.
func (r reader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.r.Read(p)
}

// copyFile copies to a new file, on disk when it returns, and says what it copied.
func copyFile(ctx context.Context, from, to string) (size int64, sum string, err error) {
	in, err := os.Open(from)
	if err != nil {
		return 0, "", err
	}
	size, sum, err = writeFile(ctx, in, to)
	return size, sum, errors.Join(err, in.Close())
}

func writeFile(ctx context.Context, in io.Reader, to string) (size int64, sum string, err error) {
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return 0, "", err
	}
	h := sha256.New()
	size, err = io.Copy(io.MultiWriter(out, h), reader{ctx, in})
	if err == nil {
		err = out.Sync()
	}
	return size, hex.EncodeToString(h.Sum(nil)), errors.Join(err, out.Close())
}

func writeSynced(path string, text []byte) error {
	_, _, err := writeFile(context.Background(), bytes.NewReader(text), path)
	return err
}

// syncTree brings the names in a folder, and in the folders below it, to disk.
func syncTree(root string) error {
	return filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.IsDir() {
			return err
		}
		return syncFolder(path)
	})
}
