//go:build linux

package walfs

import (
	"fmt"
	"sync"
	"unsafe"

	"modernc.org/libc"
	lib "modernc.org/sqlite/lib"
)

// room is what is gathered at most: whole pages with their heads, below the 128 kB that the engine writes in one call.
const room = 31 * (4096 + 24)

// gathered is what was written to one log and is not in its file yet.
type gathered struct {
	real *lib.Tsqlite3_io_methods
	at   int64   // its place in the file
	n    int32   // bytes
	buf  uintptr // room bytes of the engine's memory
}

var (
	mu     sync.Mutex
	names  = map[string]string{}   // by the system under it
	unders = map[uintptr]uintptr{} // of each system of this kind the one under it
	// logs are the open ones, by the engine's file.
	logs = map[uintptr]*gathered{}
)

// Over is the name of a file system that gathers, over the one with this name; "" is the system's own.
func Over(under string) (string, error) {
	mu.Lock()
	defer mu.Unlock()
	if name, ok := names[under]; ok {
		return name, nil
	}
	tls := libc.NewTLS()
	defer tls.Close()
	lib.Xsqlite3_initialize(tls)
	var wanted uintptr
	if under != "" {
		var err error
		if wanted, err = libc.CString(under); err != nil {
			return "", err
		}
		defer libc.Xfree(tls, wanted)
	}
	found := lib.Xsqlite3_vfs_find(tls, wanted)
	if found == 0 {
		return "", fmt.Errorf("walfs: there is no file system %q", under)
	}
	name := fmt.Sprintf("walfs%d", len(names))
	text, err := libc.CString(name)
	if err != nil {
		return "", err
	}
	own := libc.Xcalloc(tls, 1, libc.Tsize_t(unsafe.Sizeof(lib.Tsqlite3_vfs{})))
	if own == 0 {
		return "", fmt.Errorf("walfs: no memory")
	}
	v := at[lib.Tsqlite3_vfs](own)
	*v = *at[lib.Tsqlite3_vfs](found)
	v.FpNext, v.FzName, v.FxOpen = 0, text, pointer(open)
	if rc := lib.Xsqlite3_vfs_register(tls, own, 0); rc != lib.SQLITE_OK {
		return "", fmt.Errorf("walfs: register: %d", rc)
	}
	names[under], unders[own] = name, found
	return name, nil
}

// open opens a file with the system under it and, when it is a log, puts its own methods before that system's.
func open(tls *libc.TLS, vfs, name, file uintptr, flags int32, out uintptr) int32 {
	mu.Lock()
	under := unders[vfs]
	mu.Unlock()
	rc := call[func(*libc.TLS, uintptr, uintptr, uintptr, int32, uintptr) int32](at[lib.Tsqlite3_vfs](under).FxOpen)(tls, under, name, file, flags, out)
	if rc != lib.SQLITE_OK || flags&lib.SQLITE_OPEN_WAL == 0 {
		return rc
	}
	f := at[lib.Tsqlite3_file](file)
	lower := at[lib.Tsqlite3_io_methods](f.FpMethods)
	if call[func(*libc.TLS, uintptr) int32](lower.FxDeviceCharacteristics)(tls, file)&lib.SQLITE_IOCAP_POWERSAFE_OVERWRITE == 0 {
		return rc // the engine pads commits past their sync
	}
	size := unsafe.Sizeof(lib.Tsqlite3_io_methods{})
	own := libc.Xmalloc(tls, libc.Tsize_t(size+room)) // the methods, and behind them what is gathered
	if own == 0 {
		return rc
	}
	m := at[lib.Tsqlite3_io_methods](own)
	*m = *lower
	m.FxClose, m.FxRead, m.FxWrite, m.FxTruncate, m.FxSync, m.FxFileSize = pointer(closes), pointer(reads), pointer(writes), pointer(truncates), pointer(syncs), pointer(sizes)
	mu.Lock()
	logs[file] = &gathered{real: lower, buf: own + size}
	mu.Unlock()
	f.FpMethods = own
	return rc
}

func logOf(file uintptr) *gathered {
	mu.Lock()
	defer mu.Unlock()
	return logs[file]
}

// flush writes what is gathered. Of a write that fails nothing is kept: the engine is told, and begins that commit anew
// or not at all.
func (g *gathered) flush(tls *libc.TLS, file uintptr) int32 {
	if g.n == 0 {
		return lib.SQLITE_OK
	}
	n := g.n
	g.n = 0
	return g.write(tls, file, g.buf, n, g.at)
}

// below makes the file the one that the system under this one knows, until the returned function is called.
func (g *gathered) below(file uintptr) func() {
	f := at[lib.Tsqlite3_file](file)
	own := f.FpMethods
	f.FpMethods = address(g.real)
	return func() { f.FpMethods = own }
}

func (g *gathered) write(tls *libc.TLS, file, buf uintptr, n int32, offset int64) int32 {
	defer g.below(file)()
	return call[func(*libc.TLS, uintptr, uintptr, int32, int64) int32](g.real.FxWrite)(tls, file, buf, n, offset)
}

func writes(tls *libc.TLS, file, buf uintptr, n int32, offset int64) int32 {
	g := logOf(file)
	if g.n > 0 && (offset != g.at+int64(g.n) || g.n+n > room) {
		if rc := g.flush(tls, file); rc != lib.SQLITE_OK {
			return rc
		}
	}
	if n > room {
		return g.write(tls, file, buf, n, offset)
	}
	if g.n == 0 {
		g.at = offset
	}
	copy(bytes(g.buf+uintptr(g.n), n), bytes(buf, n))
	g.n += n
	return lib.SQLITE_OK
}

func syncs(tls *libc.TLS, file uintptr, flags int32) int32 {
	g := logOf(file)
	if rc := g.flush(tls, file); rc != lib.SQLITE_OK {
		return rc
	}
	defer g.below(file)()
	return call[func(*libc.TLS, uintptr, int32) int32](g.real.FxSync)(tls, file, flags)
}

func reads(tls *libc.TLS, file, buf uintptr, n int32, offset int64) int32 {
	g := logOf(file)
	if rc := g.flush(tls, file); rc != lib.SQLITE_OK {
		return rc
	}
	return call[func(*libc.TLS, uintptr, uintptr, int32, int64) int32](g.real.FxRead)(tls, file, buf, n, offset)
}

func truncates(tls *libc.TLS, file uintptr, size int64) int32 {
	g := logOf(file)
	if rc := g.flush(tls, file); rc != lib.SQLITE_OK {
		return rc
	}
	return call[func(*libc.TLS, uintptr, int64) int32](g.real.FxTruncate)(tls, file, size)
}

func sizes(tls *libc.TLS, file, size uintptr) int32 {
	g := logOf(file)
	if rc := g.flush(tls, file); rc != lib.SQLITE_OK {
		return rc
	}
	return call[func(*libc.TLS, uintptr, uintptr) int32](g.real.FxFileSize)(tls, file, size)
}

func closes(tls *libc.TLS, file uintptr) int32 {
	g := logOf(file)
	first := g.flush(tls, file)
	mu.Lock()
	delete(logs, file)
	mu.Unlock()
	f := at[lib.Tsqlite3_file](file)
	own := f.FpMethods
	f.FpMethods = address(g.real)
	rc := call[func(*libc.TLS, uintptr) int32](g.real.FxClose)(tls, file)
	libc.Xfree(tls, own)
	if first != lib.SQLITE_OK {
		return first
	}
	return rc
}

func bytes(p uintptr, n int32) []byte { return unsafe.Slice(at[byte](p), n) }

// at sees the engine's memory as a T.
func at[T any](address uintptr) *T { return *(**T)(unsafe.Pointer(&address)) }

func address[T any](p *T) uintptr { return uintptr(unsafe.Pointer(p)) }

// pointer gives a top-level function the form in which the engine stores functions, and call turns it back: both rest
// on a func value being a pointer to its code's address, as the engine's own translated code does.
func pointer[F any](f F) uintptr { return *(*uintptr)(unsafe.Pointer(&struct{ f F }{f})) }

func call[F any](p uintptr) F { return *(*F)(unsafe.Pointer(&struct{ p uintptr }{p})) }
