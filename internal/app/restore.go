package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/haat-market/haat/internal/platform/config"
	"github.com/haat-market/haat/internal/platform/db"
)

// Restore fills a new data folder from a backup, holds every file to the manifest, and verifies what it restored. It
// never touches a folder that has anything in it.
func Restore(ctx context.Context, place config.Place, con Console, source string) (err error) {
	data := filepath.Clean(place.Data)
	if err := mustBeNew(data, true, "what is restored"); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(data), 0o700); err != nil {
		return err
	}
	stage, err := newStage(data)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(stage)) }()

	m, err := stageRestore(ctx, source, stage)
	if err != nil {
		return err
	}
	if m.Engine == db.Postgres && !place.Database.Set() {
		return errors.New("this backup was made of a market on PostgreSQL: name its new database with --database")
	}
	if m.Engine == db.Embedded && place.Database.Set() {
		return errors.New("this backup was made of a market with an embedded database; it cannot be restored to PostgreSQL")
	}
	restored := place
	restored.Data = stage
	if m.Engine == db.Embedded {
		if err := migrateRestored(ctx, restored, con); err != nil {
			return err
		}
	}
	if err := finishFolder(stage, data); err != nil {
		return err
	}
	con.note("restored to %s, as of %s", data, m.CreatedAt.Format("2006-01-02 15:04:05 MST"))
	if m.Engine == db.Postgres {
		return con.print("The files are restored. Now restore the database into an empty one, and then verify:\n" +
			"  pg_restore --no-owner --dbname=\"$HAAT_DATABASE\" haat.dump\n  haat verify\n")
	}
	err = withMarket(ctx, place, con, func(a *App) error { return a.verify(ctx, con) })
	if err != nil {
		return fmt.Errorf("%s holds what the backup held, but: %w", data, err)
	}
	return con.print("%s is ready for 'haat serve'. Put secret.key and haat.conf into it first.\n", data)
}

// stageRestore copies a backup and holds every file to what the manifest says.
func stageRestore(ctx context.Context, source, stage string) (m manifest, err error) {
	info, err := os.Stat(source)
	if err != nil {
		return m, err
	}
	from := source
	if !info.IsDir() {
		if kind, err := archiveKind(source); err != nil || kind == "" {
			return m, fmt.Errorf("%s is not a backup: that is a folder, or a file whose name ends in .tar or .tar.gz", source)
		}
		if from, err = os.MkdirTemp(filepath.Dir(stage), stagePrefix+"*"); err != nil {
			return m, err
		}
		defer func() { err = errors.Join(err, os.RemoveAll(from)) }()
		if err := unpack(ctx, source, from); err != nil {
			return m, err
		}
	}
	text, err := readBounded(filepath.Join(from, backupManifest))
	if errors.Is(err, fs.ErrNotExist) {
		return m, fmt.Errorf("%s is not a backup: it has no %s", source, backupManifest)
	}
	if err != nil {
		return m, err
	}
	if m, err = readManifest(text); err != nil {
		return m, err
	}
	for _, f := range m.Files {
		at := filepath.Join(from, filepath.FromSlash(f.Name))
		if info, err := os.Lstat(at); err != nil || !info.Mode().IsRegular() {
			return m, errors.Join(fmt.Errorf("the backup is incomplete: %s is missing", f.Name), err)
		}
		to := filepath.Join(stage, filepath.FromSlash(f.Name))
		if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
			return m, err
		}
		size, sum, err := copyFile(ctx, at, to)
		if err != nil {
			return m, err
		}
		if size != f.Size || sum != f.SHA256 {
			return m, fmt.Errorf("the backup is damaged: %s is not what was backed up", f.Name)
		}
	}
	return m, nil
}

func readBounded(path string) (text []byte, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	text, err = io.ReadAll(io.LimitReader(f, maxManifest))
	return text, errors.Join(err, f.Close())
}

// migrateRestored brings the database of an older release's backup up to date, as the server would do.
func migrateRestored(ctx context.Context, place config.Place, con Console) (err error) {
	d, err := db.Open(ctx, db.Config{File: place.DatabaseFile(), Schema: Schema(), Log: commandLog(con)})
	if err != nil {
		return fmt.Errorf("the database in the backup cannot be opened: %w", err)
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	s, err := d.SchemaState(ctx)
	if err != nil {
		return err
	}
	if s.Newer {
		return fmt.Errorf("the backup is of a newer release (schema %d): restore it with that", s.Applied)
	}
	_, err = d.Migrate(ctx)
	return err
}
