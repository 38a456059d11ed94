package config

import (
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// Key is the installation's secret key. It is never used itself: each purpose
// has a key of its own, made from it.
type Key struct{ bytes [32]byte }

// For is the 256-bit key of one purpose, such as "order pins".
func (k Key) For(purpose string) []byte {
	out, err := hkdf.Key(sha256.New, k.bytes[:], nil, "haat "+purpose, 32)
	if err != nil {
		panic("config: " + err.Error()) // only for lengths that are not 32
	}
	return out
}

// Format shows nothing of the key, whatever the verb.
func (k Key) Format(f fmt.State, _ rune) { _, _ = fmt.Fprint(f, "key") }

// MarshalText shows nothing of the key either.
func (k Key) MarshalText() ([]byte, error) { return []byte("key"), nil }

// SecretKey reads the installation's key, and makes it where there is none and
// none was named. made says that it is new: next to a database that has sealed
// secrets already, that means the old key is lost.
func (p Place) SecretKey() (key Key, made bool, err error) {
	if p.KeyFile != "" {
		// Named by the operator, who may mount it from elsewhere with the modes
		// that the mount has.
		key, err = readKey(p.KeyFile, false)
		return key, false, err
	}
	path := filepath.Join(p.Data, "secret.key")
	key, err = readKey(path, true)
	if !errors.Is(err, fs.ErrNotExist) {
		return key, false, err
	}
	if err := os.MkdirAll(p.Data, 0o700); err != nil {
		return Key{}, false, fmt.Errorf("data folder: %w", err)
	}
	made, err = makeKey(path)
	if err != nil {
		return Key{}, false, fmt.Errorf("secret key: %w", err)
	}
	key, err = readKey(path, true)
	return key, made, err
}

func readKey(path string, private bool) (Key, error) {
	info, err := os.Stat(path)
	if err != nil {
		return Key{}, fmt.Errorf("secret key: %w", err)
	}
	if !info.Mode().IsRegular() || info.Size() > 1024 {
		return Key{}, fmt.Errorf("secret key: %s is not a key file", path)
	}
	if private && runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
		return Key{}, fmt.Errorf("secret key: %s can be read by others (mode %o); make it 600", path, info.Mode().Perm())
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return Key{}, fmt.Errorf("secret key: %w", err)
	}
	var k Key
	raw, err := hex.DecodeString(strings.TrimSpace(string(text)))
	if err != nil || copy(k.bytes[:], raw) != len(k.bytes) || len(raw) != len(k.bytes) {
		return Key{}, fmt.Errorf("secret key: %s does not hold 64 hexadecimal digits", path)
	}
	return k, nil
}

// makeKey writes a new key under another name and links it into place, so that
// nobody reads half of it and the first of two starts wins.
func makeKey(path string) (made bool, err error) {
	var raw [32]byte
	if _, err := rand.Read(raw[:]); err != nil {
		return false, err
	}
	f, err := os.CreateTemp(filepath.Dir(path), "secret.key.*") // mode 600
	if err != nil {
		return false, err
	}
	defer func() {
		if rerr := os.Remove(f.Name()); err == nil && rerr != nil {
			made, err = false, rerr
		}
	}()
	_, err = f.WriteString(hex.EncodeToString(raw[:]) + "\n")
	if err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return false, err
	}
	if err := os.Link(f.Name(), path); err != nil {
		if errors.Is(err, fs.ErrExist) {
			return false, nil
		}
		return false, err
	}
	return true, syncFolder(filepath.Dir(path))
}

// syncFolder makes the new name survive a power cut. Windows cannot and need
// not.
func syncFolder(path string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	err = d.Sync()
	if cerr := d.Close(); err == nil {
		err = cerr
	}
	return err
}
