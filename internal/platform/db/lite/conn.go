package lite

import (
	"container/list"
	"context"
	"fmt"
	"strings"
	"time"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"
)

// Options are the settings of a connection.
type Options struct {
	ReadOnly  bool
	CacheKB   int    // page cache
	KeptStmts int    // how many prepared statements are kept; 0 means 200
	VFS       string // another virtual file system, for tests that count syncs
	Create    bool
}

// Conn is one connection. It belongs to one goroutine at a time.
type Conn struct {
	c    *sqlite.Conn
	kept map[string]*list.Element
	lru  *list.List // front: used last
	max  int
}

// Open opens the database file and applies the settings on which durability rests; they are read back, because a
// pragma that is misspelt or refused is silent.
func Open(path string, o Options) (*Conn, error) {
	flags := sqlite.OpenReadWrite | sqlite.OpenURI | sqlite.OpenWAL
	if o.Create {
		flags |= sqlite.OpenCreate
	}
	name := path
	if o.VFS != "" {
		name = "file:" + path + "?vfs=" + o.VFS
	}
	c, err := sqlite.OpenConn(name, flags)
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	conn := &Conn{c: c, kept: map[string]*list.Element{}, lru: list.New(), max: o.KeptStmts}
	if conn.max == 0 {
		conn.max = 200
	}
	if o.CacheKB == 0 {
		o.CacheKB = 4096
	}
	c.SetBusyTimeout(5 * time.Second)
	settings := []string{
		"PRAGMA synchronous=FULL", "PRAGMA fullfsync=ON", "PRAGMA foreign_keys=ON", "PRAGMA temp_store=MEMORY",
		"PRAGMA journal_size_limit=67108864", "PRAGMA wal_autocheckpoint=4000",
		fmt.Sprintf("PRAGMA cache_size=-%d", o.CacheKB),
	}
	if o.ReadOnly {
		settings = append(settings, "PRAGMA query_only=ON")
	}
	for _, s := range settings {
		if err := conn.Script(s); err != nil {
			_ = c.Close() // the first error is the one to tell
			return nil, err
		}
	}
	for pragma, want := range map[string]string{"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1"} {
		got, err := conn.text("PRAGMA " + pragma)
		if err != nil || got != want {
			_ = c.Close() // the first error is the one to tell
			return nil, fmt.Errorf("database setting %s is %q, not %q: %w", pragma, got, want, err)
		}
	}
	return conn, nil
}

// Close closes the connection and its statements.
func (c *Conn) Close() error { return c.c.Close() }

// Script runs statements without parameters, outside the kept ones.
func (c *Conn) Script(sql string) error {
	for sql = skipComments(sql); sql != ""; {
		st, rest, err := c.c.PrepareTransient(sql)
		if err != nil {
			return Typed(err)
		}
		for more := true; more; {
			if more, err = st.Step(); err != nil {
				_ = st.Finalize() // reports the same error again
				return Typed(err)
			}
		}
		if err := st.Finalize(); err != nil {
			return Typed(err)
		}
		sql = skipComments(sql[len(sql)-rest:])
	}
	return nil
}

// skipComments drops leading blanks and line comments: a text of nothing else would prepare to no statement at all.
func skipComments(sql string) string {
	for sql = strings.TrimSpace(sql); strings.HasPrefix(sql, "--"); sql = strings.TrimSpace(sql) {
		_, sql, _ = strings.Cut(sql, "\n")
	}
	return sql
}

func (c *Conn) text(sql string) (string, error) {
	var out string
	err := sqlitex.ExecuteTransient(c.c, sql, &sqlitex.ExecOptions{ResultFunc: func(s *sqlite.Stmt) error {
		out = s.ColumnText(0)
		return nil
	}})
	return out, err
}

// InTransaction reports whether a transaction is open. The engine itself ends it on a full disk, an I/O error, no
// memory or an interrupt, so this is asked after every function.
func (c *Conn) InTransaction() bool { return !c.c.AutocommitEnabled() }

// Interrupt makes running statements stop when ctx ends. For readers only: an interrupted write takes the whole
// transaction along, the neighbours' work included. The returned function ends it.
func (c *Conn) Interrupt(ctx context.Context) (stop func()) {
	c.c.SetInterrupt(ctx.Done())
	return func() { c.c.SetInterrupt(nil) }
}

// Prepare returns the kept statement for sql, clean. A statement whose rows are still being read is refused by the
// caller, which knows what is open.
func (c *Conn) Prepare(sql string) (*Stmt, error) {
	if e := c.kept[sql]; e != nil {
		c.lru.MoveToFront(e)
		s := e.Value.(*Stmt)
		if err := s.st.Reset(); err != nil {
			return nil, Typed(err)
		}
		if err := s.st.ClearBindings(); err != nil {
			return nil, Typed(err)
		}
		return s, nil
	}
	st, err := c.c.Prepare(sql)
	if err != nil {
		return nil, Typed(err)
	}
	s := &Stmt{conn: c, st: st, params: st.BindParamCount(), Columns: st.ColumnCount()}
	c.kept[sql] = c.lru.PushFront(s)
	s.sql = sql
	if c.lru.Len() > c.max {
		old := c.lru.Remove(c.lru.Back()).(*Stmt)
		delete(c.kept, old.sql)
		if err := old.st.Finalize(); err != nil {
			return nil, Typed(err)
		}
	}
	return s, nil
}

// Changes is how many rows the last INSERT, UPDATE or DELETE touched.
func (c *Conn) Changes() int64 { return int64(c.c.Changes()) }

// OpenRows names a statement that still has rows to give, or "".
func (c *Conn) OpenRows() string { return c.c.CheckReset() }

// ResetAll closes every result still open.
func (c *Conn) ResetAll() {
	for e := c.lru.Front(); e != nil; e = e.Next() {
		_ = e.Value.(*Stmt).st.Reset() // repeats the error the statement already gave
	}
}
