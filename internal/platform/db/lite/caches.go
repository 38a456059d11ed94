package lite

import (
	"sync"
	_ "unsafe" // for go:linkname

	"modernc.org/libc"
	lib "modernc.org/sqlite/lib"
)

// pageCaches is what the engine's page caches have in common.
//
//go:linkname pageCaches modernc.org/sqlite/lib._pcache1_g
var pageCaches lib.TPCacheGlobal

// ownCaches gives every connection that is opened from now on a page cache of its own. The engine does so unless it was
// built with SQLITE_ENABLE_MEMORY_MANAGEMENT, as this one is: then all caches are one group behind one mutex, which is
// taken twice for each page that is looked at, by readers and the writer alike. What that build option is for, taking
// pages from one connection's cache for another, is not used here. It says whether it is so.
var ownCaches = sync.OnceValue(func() bool {
	tls := libc.NewTLS()
	defer tls.Close()
	if lib.Xsqlite3_initialize(tls) != lib.SQLITE_OK || pageCaches.FisInit == 0 {
		return false // a release that keeps its caches otherwise: it works as it is
	}
	pageCaches.FseparateCache = 1
	return true
})
