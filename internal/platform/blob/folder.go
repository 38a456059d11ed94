package blob

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// Place is where the bytes lie. A folder is one; a store of objects on the network would be another.
type Place interface {
	// Write puts all of the bytes there, or nothing; when it returns they are safe. What is there already is the same.
	Write(ctx context.Context, path string, data []byte) error
	// Open gives them back; fs.ErrNotExist where there are none.
	Open(ctx context.Context, path string) (Bytes, error)
	// Size says how many there are; fs.ErrNotExist where there are none.
	Size(ctx context.Context, path string) (int64, error)
	// Remove takes them away, also where there are none.
	Remove(ctx context.Context, path string) error
	// Tidy takes away what writing left behind that never came to its end.
	Tidy(ctx context.Context) error
}

// Bytes are those of a file.
type Bytes interface {
	io.ReadSeeker
	io.Closer
}

// Folder is a Place on a file system. Several nodes share one.
type Folder string

// unfinished is how files begin that are being written. A backup leaves them out.
const unfinished = ".new-"

func (f Folder) at(path string) string { return filepath.Join(string(f), filepath.FromSlash(path)) }

// Write implements Place.
func (f Folder) Write(_ context.Context, path string, data []byte) (err error) {
	at := f.at(path)
	if info, err := os.Stat(at); err == nil && info.Size() == int64(len(data)) {
		return nil // the name is the content
	}
	made, err := mkdirs(filepath.Dir(at))
	if err != nil {
		return err
	}
	tmp, err := os.CreateTemp(filepath.Dir(at), unfinished+"*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(tmp.Name()))
		}
	}()
	_, err = tmp.Write(data)
	if err == nil {
		err = tmp.Sync()
	}
	if err := errors.Join(err, tmp.Close()); err != nil {
		return err
	}
	if err := os.Rename(tmp.Name(), at); err != nil {
		return err
	}
	for _, dir := range append(made, filepath.Dir(at)) {
		if err := syncFolder(dir); err != nil {
			return err
		}
	}
	return nil
}

// mkdirs makes a folder and names the ones above it that have a new name in them.
func mkdirs(dir string) (changed []string, err error) {
	for d := dir; ; d = filepath.Dir(d) {
		if _, err := os.Stat(d); err == nil || d == filepath.Dir(d) {
			break
		}
		changed = append(changed, filepath.Dir(d))
	}
	return changed, os.MkdirAll(dir, 0o700)
}

func syncFolder(dir string) error {
	if runtime.GOOS == "windows" { // folders cannot be opened there
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// Open implements Place.
func (f Folder) Open(_ context.Context, path string) (Bytes, error) {
	file, err := os.Open(f.at(path))
	if err != nil {
		return nil, err
	}
	return file, nil
}

// Size implements Place.
func (f Folder) Size(_ context.Context, path string) (int64, error) {
	info, err := os.Stat(f.at(path))
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

// Remove implements Place.
func (f Folder) Remove(_ context.Context, path string) error {
	if err := os.Remove(f.at(path)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// Tidy implements Place.
func (f Folder) Tidy(ctx context.Context) error {
	err := filepath.WalkDir(string(f), func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !Unfinished(entry.Name()) {
			return errors.Join(err, ctx.Err())
		}
		// The file system's own clock made the time.
		if info, err := entry.Info(); err == nil && time.Since(info.ModTime()) > dayLong {
			return os.Remove(path)
		}
		return nil
	})
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// Unfinished says whether a file in the folder is one that is being written.
func Unfinished(name string) bool { return strings.HasPrefix(name, unfinished) }
