package lite

import (
	"container/list"
	"context"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"zombiezen.com/go/sqlite"
)

// Options are the settings of a connection.
type Options struct {
	ReadOnly  bool
	Copy      bool          // read-only, of a file that nobody writes: a snapshot
	CacheKB   int           // page cache; 0 means 4 MB
	KeptStmts int           // how many prepared statements are kept; 0 means 200
	LogLimit  int64         // bytes to which the log file shrinks when it begins anew; 0 means 32 MB
	Busy      time.Duration // how long to wait for another process's lock; 0 means 5 s
	VFS       string        // another virtual file system, for tests that count syncs
	Create    bool
	// Scratch: commits are not waited for, so that after a crash of the machine the file may be worth nothing.
	Scratch bool
}

// Conn is one connection. It belongs to one goroutine at a time.
type Conn struct {
	c     *sqlite.Conn
	kept  map[string]*list.Element
	lru   *list.List // front: used last
	max   int
	fixed map[string]*sqlite.Stmt // BEGIN, COMMIT and their like: never dropped
	open  *Stmt                   // the one statement whose rows are being read
	done  chan struct{}           // closing it interrupts; nil when none is set

	numbered int // statements prepared to be kept
}

// Open opens the database file and applies the settings on which durability rests; they are read back, because a
// pragma that is misspelt or refused is silent.
func Open(path string, o Options) (*Conn, error) {
	flags := sqlite.OpenReadWrite | sqlite.OpenURI | sqlite.OpenWAL
	switch {
	case o.Copy:
		flags = sqlite.OpenReadOnly | sqlite.OpenURI
	case o.Create:
		flags |= sqlite.OpenCreate
	}
	ownCaches()
	c, err := sqlite.OpenConn(o.uri(path), flags)
	if err != nil {
		return nil, fmt.Errorf("open database: %w", Typed(err))
	}
	conn := &Conn{c: c, kept: map[string]*list.Element{}, lru: list.New(), max: o.KeptStmts, fixed: map[string]*sqlite.Stmt{}}
	if conn.max == 0 {
		conn.max = 200
	}
	if err := conn.configure(o); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return conn, nil
}

func (o Options) uri(path string) string {
	q := url.Values{}
	if o.VFS != "" {
		q.Set("vfs", o.VFS)
	}
	if o.Copy {
		q.Set("immutable", "1")
	}
	return (&url.URL{Scheme: "file", OmitHost: true, Path: path, RawQuery: q.Encode()}).String()
}

func (c *Conn) configure(o Options) error {
	if o.CacheKB == 0 {
		o.CacheKB = 4 << 10
	}
	if o.LogLimit == 0 {
		o.LogLimit = 32 << 20
	}
	if o.Busy == 0 {
		o.Busy = 5 * time.Second
	}
	c.SetBusy(o.Busy)
	settings := []string{
		"synchronous=FULL", "fullfsync=ON", "foreign_keys=ON", "temp_store=MEMORY",
		// The writer starts checkpoints itself, after its callers have their answer.
		"wal_autocheckpoint=0", fmt.Sprintf("journal_size_limit=%d", o.LogLimit),
		fmt.Sprintf("cache_size=-%d", o.CacheKB),
	}
	want := map[string]string{"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1"}
	if o.Scratch {
		settings, want["synchronous"] = append(settings, "synchronous=OFF"), "0"
	}
	if o.Copy {
		delete(want, "journal_mode")
	}
	if o.ReadOnly || o.Copy {
		settings = append(settings, "query_only=ON")
		want["query_only"] = "1"
	}
	for _, s := range settings {
		if err := c.Script("PRAGMA " + s); err != nil {
			return err
		}
	}
	for pragma, value := range want {
		var got string
		err := c.Each("PRAGMA "+pragma, func(s *Stmt) error { got = s.st.ColumnText(0); return nil })
		if err != nil {
			return err
		}
		if got != value {
			return fmt.Errorf("database setting %s is %q, not %q", pragma, got, value)
		}
	}
	return nil
}

// SetBusy says how long the connection waits for another's lock.
func (c *Conn) SetBusy(d time.Duration) { c.c.SetBusyTimeout(d) }

// Close closes the connection and its statements.
func (c *Conn) Close() error {
	c.CloseRows()
	var err error
	for e := c.lru.Front(); e != nil; e = e.Next() {
		err = errors.Join(err, e.Value.(*Stmt).finalize())
	}
	return Typed(errors.Join(err, c.c.Close()))
}

// Script runs statements without parameters, outside the kept ones.
func (c *Conn) Script(sql string) error { return c.Each(sql, func(*Stmt) error { return nil }) }

// Each runs statements without parameters, outside the kept ones, and calls f for every row.
func (c *Conn) Each(sql string, f func(*Stmt) error) error {
	for sql = skipComments(sql); sql != ""; {
		st, rest, err := c.c.PrepareTransient(sql)
		if err != nil {
			return Typed(err)
		}
		if err := c.drain(st, f); err != nil {
			_ = st.Finalize() // reports the same error again
			return err
		}
		if err := st.Finalize(); err != nil {
			return Typed(err)
		}
		sql = skipComments(sql[len(sql)-rest:])
	}
	return nil
}

func (c *Conn) drain(st *sqlite.Stmt, f func(*Stmt) error) error {
	row := &Stmt{conn: c, st: st, Columns: st.ColumnCount()}
	for {
		more, err := st.Step()
		if err != nil {
			return Typed(err)
		}
		if !more {
			return nil
		}
		if err := f(row); err != nil {
			return err
		}
	}
}

// skipComments drops leading blanks and line comments: a text of nothing else would prepare to no statement at all.
func skipComments(sql string) string {
	for sql = strings.TrimSpace(sql); strings.HasPrefix(sql, "--"); sql = strings.TrimSpace(sql) {
		_, sql, _ = strings.Cut(sql, "\n")
	}
	return sql
}

// Run runs one of the few statements that frame a transaction. They are prepared once and never dropped.
func (c *Conn) Run(sql string) error {
	st := c.fixed[sql]
	if st == nil {
		var err error
		if st, err = c.c.Prepare(sql); err != nil {
			return Typed(err)
		}
		c.fixed[sql] = st
	}
	if _, err := st.Step(); err != nil {
		return Typed(err)
	}
	return Typed(st.Reset())
}

// InTransaction reports whether a transaction is open. The engine itself ends it on a full disk, an I/O error, no
// memory or an interrupt, so this is asked after every function.
func (c *Conn) InTransaction() bool { return !c.c.AutocommitEnabled() }

// Interrupt makes running statements stop when ctx ends. For readers only: an interrupted write takes the whole
// transaction along, the neighbours' work included. The returned function ends it; until then statements fail.
func (c *Conn) Interrupt(ctx context.Context) (stop func()) {
	if c.done == nil { // kept from one read to the next: setting it anew costs a goroutine and two hand-overs
		c.done = make(chan struct{})
		c.c.SetInterrupt(c.done)
	}
	done := c.done
	unhook := context.AfterFunc(ctx, func() { close(done) })
	return func() {
		if !unhook() {
			<-done
			c.c.SetInterrupt(nil)
			c.done = nil
		}
	}
}

// Prepare returns the kept statement for key. When there is none, lower says what is to be prepared.
func (c *Conn) Prepare(key string, lower func(key string) (string, error)) (*Stmt, error) {
	if e := c.kept[key]; e != nil {
		c.lru.MoveToFront(e)
		return e.Value.(*Stmt), nil
	}
	sql, err := lower(key)
	if err != nil {
		return nil, err
	}
	sql = skipComments(sql)
	if sql == "" {
		return nil, errors.New("no statement")
	}
	text, makesID, err := c.withoutReturning(sql)
	if err != nil {
		return nil, err
	}
	st, err := c.prepareKept(text)
	if err != nil {
		return nil, err
	}
	s := &Stmt{
		conn: c, st: st, key: key, params: st.BindParamCount(), Columns: st.ColumnCount(),
		Reads: strings.HasPrefix(strings.ToUpper(sql), "SELECT"), makesID: makesID,
	}
	if makesID {
		s.Columns = 1
	}
	s.lists = listsOf(text, st)
	c.kept[key] = c.lru.PushFront(s)
	if c.lru.Len() > c.max {
		old := c.lru.Remove(c.lru.Back()).(*Stmt)
		delete(c.kept, old.key)
		if err := old.finalize(); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// prepareKept prepares a statement that is going to be kept. The driver's own Prepare tells the engine so: else its parts
// would fill the small memory that running statements need. It would give one statement for two keys with the same text,
// whose ends are not ours to know, so no two texts are the same.
func (c *Conn) prepareKept(text string) (*sqlite.Stmt, error) {
	if i := strings.LastIndexByte(text, ';'); i >= 0 && skipComments(text[i+1:]) == "" {
		text = text[:i]
	}
	c.numbered++
	st, err := c.c.Prepare(text + "\n-- " + strconv.Itoa(c.numbered))
	return st, Typed(err)
}

// withoutReturning takes RETURNING id from the insert of one row into a table whose id is the row's number: the engine
// knows that number anyway, and for RETURNING it would copy every page that the insert touches.
func (c *Conn) withoutReturning(sql string) (text string, makesID bool, err error) {
	m := insertOfOne.FindStringSubmatch(sql)
	if m == nil {
		return sql, false, nil
	}
	err = c.Each("SELECT 1 FROM pragma_table_info('"+m[2]+"') WHERE name = 'id' AND type = 'INTEGER' AND pk = 1 AND "+
		"(SELECT wr = 0 FROM pragma_table_list('"+m[2]+"') WHERE schema = 'main')", func(*Stmt) error { makesID = true; return nil })
	if err != nil || !makesID {
		return sql, false, err
	}
	return m[1], true, nil
}

// insertOfOne is such an insert as it is written for this engine. One that may insert nothing has ON CONFLICT.
var insertOfOne = regexp.MustCompile(`^(INSERT INTO (\w+) \([\w, ]+\)\s+VALUES \([^()]*\))\s+RETURNING id$`)

// Kept is how many prepared statements are kept.
func (c *Conn) Kept() int { return c.lru.Len() }

// Changes is how many rows the last INSERT, UPDATE or DELETE touched.
func (c *Conn) Changes() int64 { return int64(c.c.Changes()) }

// CloseRows ends the statement whose rows are still being read, if there is one.
func (c *Conn) CloseRows() {
	if c.open != nil {
		_ = c.open.Reset() // repeats the error the statement already gave
	}
}

// Checkpoint moves the log's pages into the database file in one of the engine's modes: NOOP (only the figures),
// PASSIVE, RESTART (and wait for the readers, so that the log begins anew), TRUNCATE (and empty the file). It returns
// the log's length and how much of it was moved, in bytes.
func (c *Conn) Checkpoint(mode string) (length, moved int64, err error) {
	const frame = 4096 + 24
	err = c.Each("PRAGMA wal_checkpoint("+mode+")", func(s *Stmt) error {
		length, moved = s.st.ColumnInt64(1)*frame, s.st.ColumnInt64(2)*frame
		return nil
	})
	return length, moved, err
}

// VacuumInto writes a compact copy of the database, as of one moment, to a file that is new or empty.
func (c *Conn) VacuumInto(path string) error {
	return c.Script("VACUUM INTO '" + strings.ReplaceAll(path, "'", "''") + "'")
}

// Check prepares a statement and drops it.
func (c *Conn) Check(sql string) error {
	st, _, err := c.c.PrepareTransient(sql)
	if err != nil {
		return Typed(err)
	}
	return Typed(st.Finalize())
}
