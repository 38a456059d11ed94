package faultfs

import (
	"fmt"
	"sync"
	"sync/atomic"
	"unsafe"

	"modernc.org/libc"
	lib "modernc.org/sqlite/lib"
)

// Op is what the engine is about to do with the log.
type Op int

// The operations.
const (
	Write Op = iota
	Sync
)

// Fault is how an operation ends.
type Fault int32

// The faults.
const (
	None    Fault = lib.SQLITE_OK
	Full    Fault = lib.SQLITE_FULL
	IOError Fault = lib.SQLITE_IOERR_FSYNC
)

// FS is a file system that can be named when a database is opened.
type FS struct {
	Name  string
	Syncs atomic.Int64 // of the log, tried ones included

	hook atomic.Pointer[func(Op) Fault]
	real *lib.Tsqlite3_vfs
}

// OnLog calls f before every write and sync of a log; nil stops that.
func (fs *FS) OnLog(f func(Op) Fault) {
	if f == nil {
		fs.hook.Store(nil)
		return
	}
	fs.hook.Store(&f)
}

func (fs *FS) before(op Op) Fault {
	if op == Sync {
		fs.Syncs.Add(1)
	}
	if f := fs.hook.Load(); f != nil {
		return (*f)(op)
	}
	return None
}

// taps are the methods of files opened through an FS, by the address of the engine's struct.
type tap struct {
	fs   *FS
	real *lib.Tsqlite3_io_methods
}

var (
	mu      sync.Mutex
	systems = map[uintptr]*FS{}
	taps    = map[uintptr]*tap{}
)

// New registers a file system under a name of its own. It lives as long as the process.
func New() *FS {
	tls := libc.NewTLS()
	defer tls.Close()
	lib.Xsqlite3_initialize(tls)
	mu.Lock()
	defer mu.Unlock()
	found := lib.Xsqlite3_vfs_find(tls, 0)
	fs := &FS{Name: fmt.Sprintf("faultfs%d", len(systems)), real: at[lib.Tsqlite3_vfs](found)}
	copied := alloc[lib.Tsqlite3_vfs](tls)
	v := at[lib.Tsqlite3_vfs](copied)
	*v = *fs.real
	name, err := libc.CString(fs.Name)
	if err != nil {
		panic(err)
	}
	v.FpNext, v.FzName, v.FxOpen = 0, name, pointer(open)
	if rc := lib.Xsqlite3_vfs_register(tls, copied, 0); rc != lib.SQLITE_OK {
		panic(fmt.Sprintf("faultfs: register: %d", rc))
	}
	systems[copied] = fs
	return fs
}

// open opens a file with the real system and, when it is a log, taps its methods.
func open(tls *libc.TLS, vfs, name, file uintptr, flags int32, out uintptr) int32 {
	mu.Lock()
	fs := systems[vfs]
	mu.Unlock()
	rc := call[func(*libc.TLS, uintptr, uintptr, uintptr, int32, uintptr) int32](fs.real.FxOpen)(tls, vfs, name, file, flags, out)
	if rc != lib.SQLITE_OK || flags&lib.SQLITE_OPEN_WAL == 0 {
		return rc
	}
	f := at[lib.Tsqlite3_file](file)
	t := &tap{fs: fs, real: at[lib.Tsqlite3_io_methods](f.FpMethods)}
	tapped := alloc[lib.Tsqlite3_io_methods](tls)
	m := at[lib.Tsqlite3_io_methods](tapped)
	*m = *t.real
	m.FxWrite, m.FxSync = pointer(write), pointer(fsync)
	mu.Lock()
	taps[tapped] = t
	mu.Unlock()
	f.FpMethods = tapped
	return rc
}

func tapOf(file uintptr) *tap {
	mu.Lock()
	defer mu.Unlock()
	return taps[at[lib.Tsqlite3_file](file).FpMethods]
}

func write(tls *libc.TLS, file, buf uintptr, n int32, offset int64) int32 {
	t := tapOf(file)
	if fault := t.fs.before(Write); fault != None {
		return int32(fault)
	}
	return call[func(*libc.TLS, uintptr, uintptr, int32, int64) int32](t.real.FxWrite)(tls, file, buf, n, offset)
}

func fsync(tls *libc.TLS, file uintptr, flags int32) int32 {
	t := tapOf(file)
	if fault := t.fs.before(Sync); fault != None {
		return int32(fault)
	}
	return call[func(*libc.TLS, uintptr, int32) int32](t.real.FxSync)(tls, file, flags)
}

// alloc gives zeroed memory that the garbage collector does not know; it is never freed.
func alloc[T any](tls *libc.TLS) uintptr {
	var t T
	p := libc.Xcalloc(tls, 1, libc.Tsize_t(unsafe.Sizeof(t)))
	if p == 0 {
		panic("faultfs: out of memory")
	}
	return p
}

// at sees the engine's memory as a T.
func at[T any](address uintptr) *T { return *(**T)(unsafe.Pointer(&address)) }

// pointer gives a top-level function the form in which the engine stores functions, and call turns it back: both rest
// on a func value being a pointer to its code's address, as the engine's own translated code does.
func pointer[F any](f F) uintptr { return *(*uintptr)(unsafe.Pointer(&struct{ f F }{f})) }

func call[F any](p uintptr) F { return *(*F)(unsafe.Pointer(&struct{ p uintptr }{p})) }
