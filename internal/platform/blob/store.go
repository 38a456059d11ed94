package blob

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/haat-market/haat/internal/platform/blob/blobdb"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/picture"
)

const (
	// MaxBytes is how large a file may be.
	MaxBytes = 20 << 20
	dayLong  = 24 * time.Hour
	// unusedFor is how long what nobody uses is kept.
	unusedFor = 7 * dayLong
)

// ErrTooLarge refuses a file.
var ErrTooLarge = fault.New(fault.TooLarge, "file_too_large", "The file is too large.")

// Deps are what the store stands on.
type Deps struct {
	DB    *db.DB
	Clock clock.Clock
	Place Place
	// URL is the market's, without a slash at its end; without it addresses are paths.
	URL string
}

// Store keeps files.
type Store struct {
	db    *db.DB
	clock clock.Clock
	place Place
	url   string
}

// New opens a store. It makes the folder when the first file comes.
func New(d Deps) *Store { return &Store{db: d.DB, clock: d.Clock, place: d.Place, url: d.URL} }

// Blob is a file that is kept.
type Blob struct {
	Name          string
	Media         string
	Size          int64
	Width, Height int // of a picture
}

func blobOf(r blobdb.Blob) Blob {
	return Blob{Name: r.Name, Media: r.Media, Size: r.Size, Width: int(r.Width), Height: int(r.Height)}
}

// Access says who may see a file.
type Access bool

// Public files have an address that everybody may open; private ones go through an operation.
const (
	Private Access = false
	Public  Access = true
)

// Put keeps a file as it is; media is one of Media. What may be shown as a picture goes through PutPicture. It is called
// outside of a transaction, and the name is used in one within a week.
func (s *Store) Put(ctx context.Context, access Access, mediaType string, data []byte) (Blob, error) {
	ext := ""
	for e, m := range media {
		if m == mediaType || m == mediaType+"; charset=utf-8" {
			ext = e
		}
	}
	switch {
	case ext == "":
		return Blob{}, fmt.Errorf("blob: type %q is not kept", mediaType)
	case len(data) == 0:
		return Blob{}, errors.New("blob: an empty file is not kept")
	case len(data) > MaxBytes:
		return Blob{}, ErrTooLarge.With("limit", MaxBytes)
	}
	return s.put(ctx, nameOf(bool(access), data, ext), blobdb.InsertBlobParams{Media: media[ext], Size: int64(len(data))}, map[int][]byte{0: data})
}

// PutPicture keeps a picture with its sizes.
func (s *Store) PutPicture(ctx context.Context, access Access, p picture.Picture) (Blob, error) {
	ext := ".jpg"
	if p.Media == picture.PNG {
		ext = ".png"
	}
	files, widths := map[int][]byte{0: p.Data}, []int{}
	for _, small := range p.Sizes {
		if !slices.Contains(everyWidth, small.Width) {
			return Blob{}, fmt.Errorf("blob: %d is none of the widths that pictures are kept in", small.Width)
		}
		files[small.Width] = small.Data
		widths = append(widths, small.Width)
	}
	row := blobdb.InsertBlobParams{
		Media: media[ext], Size: int64(len(p.Data)), Width: int64(p.Width), Height: int64(p.Height), Widths: joinWidths(widths),
	}
	return s.put(ctx, nameOf(bool(access), p.Data, ext), row, files)
}

// put writes the bytes between two transactions. The first one notes that they are to be deleted, should the process
// die before the second.
func (s *Store) put(ctx context.Context, n name, row blobdb.InsertBlobParams, files map[int][]byte) (Blob, error) {
	row.Name = n.String()
	out := Blob{Name: row.Name, Media: row.Media, Size: row.Size, Width: int(row.Width), Height: int(row.Height)}
	there, err := s.known(ctx, row.Name)
	if err != nil || there {
		return out, err
	}
	err = s.db.Write(ctx, "blob.begin", func(ctx context.Context, tx db.Tx) error {
		return blobdb.New(tx).PutTrash(ctx, row.Name, s.in(dayLong))
	})
	if err != nil {
		return out, err
	}
	for width, data := range files {
		if err := s.place.Write(ctx, n.sized(width).path(), data); err != nil {
			return out, fmt.Errorf("keep %s: %w", n.sized(width), err)
		}
	}
	return out, s.db.Write(ctx, "blob.put", func(ctx context.Context, tx db.Tx) error {
		q := blobdb.New(tx)
		now, due := clock.Micro(s.clock.Now()), s.in(unusedFor)
		row.CreatedAt, row.DueAt = now, &due
		if err := q.InsertBlob(ctx, row); err != nil {
			return err
		}
		_, err := q.DeleteTrash(ctx, row.Name)
		return err
	})
}

// known says whether a file is there already, and keeps it for those who will use it now.
func (s *Store) known(ctx context.Context, name string) (there bool, err error) {
	err = s.db.Write(ctx, "blob.known", func(ctx context.Context, tx db.Tx) error {
		q := blobdb.New(tx)
		rows, err := q.BlobsByName(ctx, []string{name})
		if there = len(rows) == 1; err != nil || !there || rows[0].DueAt == nil {
			return err
		}
		_, err = q.KeepBlob(ctx, s.in(unusedFor), name)
		return err
	})
	return there, err
}

func (s *Store) in(d time.Duration) int64 { return clock.Micro(s.clock.Now().Add(d)) }

// Drop says that a column does not name these files any more. Whoever else uses them keeps them; empty names say nothing.
func (s *Store) Drop(ctx context.Context, tx db.Tx, names ...string) error {
	var list []string
	for _, n := range names {
		if n != "" {
			list = append(list, n)
		}
	}
	if len(list) == 0 {
		return nil
	}
	return blobdb.New(tx).DropBlobs(ctx, s.in(unusedFor), list)
}

// Blobs finds files by their names. One that is not kept is missing.
func (s *Store) Blobs(ctx context.Context, tx db.Tx, names []string) (map[string]Blob, error) {
	out := make(map[string]Blob, len(names))
	if len(names) == 0 {
		return out, nil
	}
	rows, err := blobdb.New(tx).BlobsByName(ctx, names)
	for _, r := range rows {
		out[r.Name] = blobOf(r)
	}
	return out, err
}
