package app

import (
	"archive/tar"
	"cmp"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

const stagePrefix = ".haat-part-"

// newStage makes the folder, its owner's only, in which what goes to target is put together: in target where that is an
// empty folder, which may be a file system of its own, else beside it.
func newStage(target string) (string, error) {
	at := filepath.Dir(target)
	if info, err := os.Stat(target); err == nil && info.IsDir() {
		at = target
	}
	return os.MkdirTemp(at, stagePrefix+"*")
}

// finishFolder gives a finished folder its name.
func finishFolder(stage, target string) error {
	if err := syncTree(stage); err != nil {
		return err
	}
	if filepath.Dir(stage) != target {
		if err := os.Rename(stage, target); err != nil {
			return err
		}
		return syncFolder(filepath.Dir(target))
	}
	files, err := os.ReadDir(stage)
	if err != nil {
		return err
	}
	// The database and the manifest last: without them the folder is neither a market nor a backup.
	slices.SortStableFunc(files, func(a, b fs.DirEntry) int { return cmp.Compare(lastNames[a.Name()], lastNames[b.Name()]) })
	for _, f := range files {
		if err := os.Rename(filepath.Join(stage, f.Name()), filepath.Join(target, f.Name())); err != nil {
			return err
		}
	}
	return syncFolder(target)
}

var lastNames = map[string]int{backupDatabase: 1, backupManifest: 2}

// finishArchive packs a finished backup into one file, the manifest first.
func finishArchive(ctx context.Context, kind, stage, target string, m manifest) (err error) {
	f, err := os.CreateTemp(filepath.Dir(target), stagePrefix+"*") // its owner's only
	if err != nil {
		return err
	}
	part := f.Name()
	err = pack(ctx, f, kind, stage, m)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return errors.Join(err, os.Remove(part))
	}
	if err := os.Rename(part, target); err != nil {
		return errors.Join(err, os.Remove(part))
	}
	return syncFolder(filepath.Dir(target))
}

func pack(ctx context.Context, out io.Writer, kind, stage string, m manifest) error {
	var zip *gzip.Writer
	if kind == "tar.gz" {
		zip = gzip.NewWriter(out)
		out = zip
	}
	w := tar.NewWriter(out)
	names := []string{backupManifest}
	for _, f := range m.Files {
		names = append(names, f.Name)
	}
	for _, name := range names {
		if err := packFile(ctx, w, stage, name, m); err != nil {
			return err
		}
	}
	if err := w.Close(); err != nil {
		return err
	}
	if zip != nil {
		return zip.Close()
	}
	return nil
}

func packFile(ctx context.Context, w *tar.Writer, stage, name string, m manifest) error {
	f, err := os.Open(filepath.Join(stage, filepath.FromSlash(name)))
	if err != nil {
		return err
	}
	info, err := f.Stat()
	if err == nil {
		err = w.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: name, Size: info.Size(), Mode: 0o600, ModTime: m.CreatedAt, Format: tar.FormatPAX})
	}
	if err == nil {
		_, err = io.Copy(w, reader{ctx, f})
	}
	return errors.Join(err, f.Close())
}

// unpack takes a backup that is one file apart. Whatever is in it that no backup has is refused.
func unpack(ctx context.Context, file, to string) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	return errors.Join(unpackFrom(ctx, f, strings.HasSuffix(file, "gz"), to), f.Close())
}

func unpackFrom(ctx context.Context, f io.Reader, zipped bool, to string) error {
	if zipped {
		zip, err := gzip.NewReader(f)
		if err != nil {
			return fmt.Errorf("the backup is damaged: %w", err)
		}
		f = zip
	}
	r := tar.NewReader(f)
	for {
		head, err := r.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("the backup is damaged: %w", err)
		}
		if head.Typeflag != tar.TypeReg || !backupName(head.Name) {
			return fmt.Errorf("the archive holds %.80q, which no backup has", head.Name)
		}
		at := filepath.Join(to, filepath.FromSlash(head.Name))
		if err := os.MkdirAll(filepath.Dir(at), 0o700); err != nil {
			return err
		}
		if _, _, err := writeFile(ctx, r, at); err != nil {
			return fmt.Errorf("the backup is damaged, or the disk full: %w", err)
		}
	}
}

// syncFolder brings the names in a folder to disk. Windows cannot and need not.
func syncFolder(path string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
