package blob

import (
	"context"
	"errors"
	"io/fs"
	"time"

	"github.com/haat-market/haat/internal/platform/blob/blobdb"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/job"
	"github.com/haat-market/haat/internal/platform/verify"
)

const atOnce = 100

// Work registers what is done in the background.
func (s *Store) Work(j *job.Runner) {
	j.Sweep(job.Sweep{Name: "blob.unused", Every: 10 * time.Minute, Run: s.forget})
	j.Sweep(job.Sweep{Name: "blob.trash", Every: 10 * time.Minute, Run: s.delete})
}

// forget takes the rows away of files that nobody uses. The database itself knows who does: by the foreign keys.
func (s *Store) forget(ctx context.Context, lease job.Lease) (int, error) {
	var due []string
	now := clock.Micro(s.clock.Now())
	err := s.db.Read(ctx, "blob.due", func(ctx context.Context, tx db.Tx) (err error) {
		due, err = blobdb.New(tx).DueBlobs(ctx, &now, atOnce)
		return err
	})
	if err != nil || len(due) == 0 {
		return 0, err
	}
	return len(due), s.db.Write(ctx, "blob.unused", func(ctx context.Context, tx db.Tx) error {
		if err := lease.Check(ctx, tx); err != nil {
			return err
		}
		q := blobdb.New(tx)
		for _, name := range due {
			gone := int64(0)
			err := tx.Try(ctx, func(ctx context.Context) (err error) {
				gone, err = q.DeleteBlob(ctx, name, now)
				return err
			})
			var broken *db.ConstraintError
			switch {
			case errors.As(err, &broken) && broken.Kind == db.ForeignKey:
				err = q.UsedBlob(ctx, name)
			case err == nil && gone == 1:
				err = q.PutTrash(ctx, name, s.in(dayLong))
			}
			if err != nil {
				return err
			}
		}
		return nil
	}, db.Bulk())
}

// delete takes the bytes away. The lock on the name's row keeps whoever stores the same file just now from finding them
// still there.
func (s *Store) delete(ctx context.Context, lease job.Lease) (int, error) {
	var due []string
	err := s.db.Read(ctx, "blob.due", func(ctx context.Context, tx db.Tx) (err error) {
		due, err = blobdb.New(tx).DueTrash(ctx, clock.Micro(s.clock.Now()), atOnce)
		return err
	})
	if err != nil {
		return 0, err
	}
	for _, name := range due {
		err := s.db.Write(ctx, "blob.trash", func(ctx context.Context, tx db.Tx) error {
			if err := lease.Check(ctx, tx); err != nil {
				return err
			}
			return s.deleteOne(ctx, tx, name)
		}, db.Bulk())
		if err != nil {
			return 0, err
		}
	}
	if len(due) > 0 {
		return len(due), nil
	}
	return 0, s.place.Tidy(ctx)
}

func (s *Store) deleteOne(ctx context.Context, tx db.Tx, blobName string) error {
	q := blobdb.New(tx)
	due, err := q.LockTrash(ctx, blobName)
	if errors.Is(err, db.ErrNoRows) || err == nil && due > clock.Micro(s.clock.Now()) {
		return nil
	}
	if err != nil {
		return err
	}
	used, err := q.BlobsByName(ctx, []string{blobName})
	if err != nil {
		return err
	}
	if n, ok := parse(blobName); ok && len(used) == 0 {
		for _, w := range append([]int{0}, everyWidth...) {
			if err := s.place.Remove(ctx, n.sized(w).path()); err != nil {
				return err
			}
		}
	}
	_, err = q.DeleteTrash(ctx, blobName)
	return err
}

// Rules are what haat verify checks.
func (s *Store) Rules() []verify.Rule {
	return []verify.Rule{{Name: "blob.files", About: "every file that is kept has its bytes, as many as there were", Check: s.checkFiles}}
}

func (s *Store) checkFiles(ctx context.Context, tx db.Tx, report func(string, ...any)) error {
	for after := ""; ; {
		rows, err := blobdb.New(tx).BlobsAfter(ctx, after, 1000)
		if err != nil || len(rows) == 0 {
			return err
		}
		for _, r := range rows {
			after = r.Name
			n, ok := parse(r.Name)
			if !ok {
				report("%s is no name of a file", r.Name)
				continue
			}
			for _, w := range append(splitWidths(r.Widths), 0) {
				size, err := s.place.Size(ctx, n.sized(w).path())
				switch {
				case errors.Is(err, fs.ErrNotExist):
					report("%s is missing", n.sized(w))
				case err != nil:
					return err
				case w == 0 && size != r.Size:
					report("%s has %d bytes, not %d", n, size, r.Size)
				}
			}
		}
	}
}
