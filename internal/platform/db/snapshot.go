package db

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/haat-market/haat/internal/platform/db/lite"
)

// Snapshot writes a consistent copy of the embedded database to a new file while the market runs. The file appears
// under its name only when it is whole and on disk. PostgreSQL has pg_dump for this.
func (d *DB) Snapshot(ctx context.Context, path string) error {
	e, ok := d.e.(*embedded)
	if !ok {
		return fmt.Errorf("db: a copy of PostgreSQL is made by pg_dump: %w", errors.ErrUnsupported)
	}
	if _, err := os.Lstat(path); !errors.Is(err, os.ErrNotExist) {
		return errors.Join(fmt.Errorf("db: snapshot: %s: %w", path, os.ErrExist), err)
	}
	part := path + ".part"
	if err := os.Remove(part); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	err := touch(part)
	if err == nil {
		err = e.vacuumInto(ctx, part)
	}
	if err == nil {
		err = syncFile(part)
	}
	if err == nil {
		err = os.Rename(part, path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(part))
	}
	return syncFile(filepath.Dir(path))
}

func (e *embedded) vacuumInto(ctx context.Context, part string) error {
	if e.w == nil {
		return ErrReadOnly // it is a copy already
	}
	conn, err := lite.Open(e.cfg.File, lite.Options{VFS: e.cfg.VFS})
	if err != nil {
		return err
	}
	stop := conn.Interrupt(ctx)
	err = conn.VacuumInto(part)
	stop()
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	return errors.Join(fromLite(err, nil), conn.Close())
}

func syncFile(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// OpenSnapshot opens a file that Snapshot made, for reading only. Nothing may write it meanwhile. Write and Migrate
// answer ErrReadOnly.
func OpenSnapshot(_ context.Context, cfg Config) (*DB, error) {
	cfg = cfg.withDefaults()
	e, err := openCopy(cfg)
	if err != nil {
		return nil, err
	}
	return &DB{cfg: cfg, kind: Embedded, e: e}, nil
}
