package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/haat-market/haat/internal/platform/blob"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/config"
	"github.com/haat-market/haat/internal/platform/db"
)

// Names in a backup.
const (
	backupDatabase = "haat.db"
	backupManifest = "manifest.json"
	// blobFolder holds uploaded files. They are named by their content and deleted late, so that a copy of them that is
	// made after the database's has all that it names.
	blobFolder = "blobs"
)

// Backup writes a market to a new folder, or to one file when the name ends in .tar or .tar.gz, also while the market
// is open. The name appears when the backup is whole and on disk.
func Backup(ctx context.Context, place config.Place, con Console, target string) (err error) {
	target = filepath.Clean(target)
	archive, err := archiveKind(target)
	if err != nil {
		return err
	}
	if err := mustBeNew(target, archive == "", "a backup"); err != nil {
		return err
	}
	stage, err := newStage(target)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(stage)) }()

	m := manifest{Format: manifestFormat, CreatedAt: clock.System().Now(), Program: Version(), Engine: db.Embedded, Warning: secretsWarning}
	if place.Database.Set() {
		m.Engine = db.Postgres
		m.Warning = postgresWarning + " " + secretsWarning
		if m.Schema, err = schemaOf(ctx, place, con); err != nil {
			return err
		}
	} else if err := stageDatabase(ctx, place, con, stage, &m); err != nil {
		return err
	}
	if err := stageBlobs(ctx, place, stage, &m); err != nil {
		return err
	}
	if err := m.write(stage); err != nil {
		return err
	}
	if archive == "" {
		err = finishFolder(stage, target)
	} else {
		err = finishArchive(ctx, archive, stage, target, m)
	}
	if err != nil {
		return err
	}
	con.note("%s", m.Warning)
	if m.Engine == db.Postgres {
		con.note("Back the database up with:\n  pg_dump --format=custom --file=haat.dump \"$HAAT_DATABASE\"")
	}
	return con.print("%s: %s, %d bytes, schema %d\n", target, plural(len(m.Files), "file"), m.size(), m.Schema)
}

// archiveKind says which kind of file a name asks for; "" is a folder. A name that looks like a file of another kind is
// refused, because a folder would come as a surprise.
func archiveKind(target string) (string, error) {
	name := strings.ToLower(filepath.Base(target))
	switch {
	case strings.HasSuffix(name, ".tar.gz"), strings.HasSuffix(name, ".tgz"):
		return "tar.gz", nil
	case strings.HasSuffix(name, ".tar"):
		return "tar", nil
	}
	for _, other := range []string{".gz", ".zip", ".db", ".sql", ".sqlite", ".zst", ".xz", ".bz2", ".7z", ".bak", ".dump"} {
		if strings.HasSuffix(name, other) {
			return "", fmt.Errorf("a backup is a folder, or a file whose name ends in .tar or .tar.gz, not in %s", other)
		}
	}
	return "", nil
}

// mustBeNew refuses a name that something has. An empty folder is as good as none.
func mustBeNew(target string, folder bool, what string) error {
	info, err := os.Lstat(target)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	}
	if folder && info.IsDir() {
		files, err := os.ReadDir(target)
		if err != nil {
			return err
		}
		if len(files) == 0 {
			return nil
		}
		return fmt.Errorf("%s is not empty; %s goes to a new folder", target, what)
	}
	return fmt.Errorf("%s exists; %s goes to a new name", target, what)
}

func schemaOf(ctx context.Context, place config.Place, con Console) (schema int, err error) {
	d, err := openExisting(ctx, place, con)
	if err != nil {
		return 0, err
	}
	s, err := d.SchemaState(ctx)
	return s.Applied, errors.Join(err, d.Close())
}

// stageDatabase copies the database: the running server makes the copy, or this process when none runs.
func stageDatabase(ctx context.Context, place config.Place, con Console, stage string, m *manifest) error {
	at := filepath.Join(stage, backupDatabase)
	copied, err := dial(place).snapshot(ctx)
	switch {
	case err == nil:
		if err := takeOver(ctx, copied, at); err != nil {
			return err
		}
	case errors.Is(err, errNoServer):
		if err := snapshotOffline(ctx, place, con, at); err != nil {
			return err
		}
	default:
		return err
	}
	d, err := db.OpenSnapshot(ctx, db.Config{File: at, Schema: Schema(), Log: commandLog(con)})
	if err != nil {
		return err
	}
	s, err := d.SchemaState(ctx)
	if err := errors.Join(err, d.Close()); err != nil {
		return err
	}
	m.Schema = s.Applied
	return m.add(ctx, stage, backupDatabase)
}

func snapshotOffline(ctx context.Context, place config.Place, con Console, at string) (err error) {
	d, err := openExisting(ctx, place, con)
	if err != nil {
		return err
	}
	return errors.Join(d.Snapshot(ctx, at), d.Close())
}

// takeOver moves a file, also to another file system.
func takeOver(ctx context.Context, from, to string) error {
	if err := os.Rename(from, to); err == nil {
		return nil
	}
	_, _, err := copyFile(ctx, from, to)
	return errors.Join(err, os.Remove(from))
}

func stageBlobs(ctx context.Context, place config.Place, stage string, m *manifest) error {
	root := filepath.Join(place.Data, blobFolder)
	if _, err := os.Lstat(root); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) && path != root {
			return nil // deleted meanwhile: of what the copied database names nothing is
		}
		if err != nil || entry.IsDir() || blob.Unfinished(entry.Name()) {
			return err
		}
		if !entry.Type().IsRegular() {
			return fmt.Errorf("%s is neither a file nor a folder", path)
		}
		rel, err := filepath.Rel(place.Data, path)
		if err != nil {
			return err
		}
		to := filepath.Join(stage, rel)
		if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
			return err
		}
		size, sum, err := copyFile(ctx, path, to)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		m.Files = append(m.Files, fileEntry{Name: filepath.ToSlash(rel), Size: size, SHA256: sum})
		return nil
	})
}
