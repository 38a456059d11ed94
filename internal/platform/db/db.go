package db

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"os"
	"runtime"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/haat-market/haat/internal/platform/fault"
)

// Engine names one of the two engines.
type Engine string

// The engines.
const (
	Embedded Engine = "embedded"
	Postgres Engine = "postgres"
)

// Migration is one step of the schema, in the engine's own language.
type Migration struct {
	Number int
	Name   string
	SQL    string
}

// Schema is what the program expects of the database. The rooms' migrations are collected elsewhere; this package
// only applies them.
type Schema struct {
	Embedded []Migration
	Postgres []Migration
	// Unique maps what the embedded engine reports ("table.a,table.b" or "index name") to the constraint's name.
	Unique map[string]string
}

// Config opens a database.
type Config struct {
	File   string // embedded: path of the database file
	URL    string // PostgreSQL: connection URL; wins over File
	Schema Schema
	Log    *slog.Logger

	Readers       int           // embedded: interactive reader slots; 0 = cores − 1, at least 1, and one more while nobody writes
	ReadTimeout   time.Duration // 0 = 2 s
	LongTimeout   time.Duration // 0 = 10 min
	MaxPages      int           // embedded: PRAGMA max_page_count, 0 = no bound
	BusyTimeout   time.Duration // embedded: for another process's lock; 0 = 5 s
	WALGate       int64         // embedded: bytes of log after which readers are held back once; 0 = 64 MB
	MaxConns      int32         // PostgreSQL: 0 = 24
	WaitTimeout   time.Duration // PostgreSQL: for a connection of the pool; 0 = 10 s
	GroupTime     time.Duration // embedded: a group takes in others for this long; 0 = 10 ms
	CalmAfter     int           // embedded: functions run without savepoints after so many that did not need them; 0 = 1000
	OneByOne      bool          // embedded: commit each function alone; for comparison in benchmarks
	VFS           string        // embedded: virtual file system, for tests
	Scratch       bool          // embedded: nothing is waited for to be on disk; for a file that is synced when it is whole, else thrown away
	OnFatal       func(error)   // embedded: a failed sync; nil ends the process, because a sync must not be retried
	Twice         bool          // run every Write function, roll it back, and run it again (tests)
	SlowFunction  time.Duration // 0 = 50 ms
	RetryAttempts int           // PostgreSQL: 0 = 10

	// Watch wraps the transaction that a function gets, to count its statements in benchmarks.
	Watch func(name string, tx Tx) Tx

	spare int // embedded: slots that are used only while nobody writes
}

// Tx is a transaction. It speaks pgx's query interface, so that generated code runs on both engines.
type Tx interface {
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
	SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults
	// Try runs f in a savepoint: the only way to go on after a failed statement. f's error is returned and its
	// statements are undone.
	Try(ctx context.Context, f func(ctx context.Context) error) error
	// TryLock takes a lock by name until the end of the transaction without waiting; false when another
	// transaction holds it. Embedded writes are serial, so there it is always true.
	TryLock(ctx context.Context, name string) (bool, error)
	Engine() Engine
}

// Func is the body of a transaction. It may run more than once.
type Func func(ctx context.Context, tx Tx) error

// Option changes how one transaction runs.
type Option func(*options)

type options struct {
	readCommitted bool
	bulk          bool
	background    bool
	long          bool
}

// ReadCommitted opts a Write out of SERIALIZABLE on PostgreSQL. Allowed only where every check is a guarded write or
// follows a named lock; the caller says which in a comment.
func ReadCommitted() Option { return func(o *options) { o.readCommitted = true } }

// Bulk sends a Write through the lower queue of the embedded engine: a chunk of ≤ 200 rows begins when no interactive
// write waits, and at the latest after 16 groups of them; at most one chunk is in a group.
func Bulk() Option { return func(o *options) { o.bulk = true } }

// Background says of a Write that it is the program's own and nobody waits for it. It takes its turn as others do, but bulk
// work on the embedded engine does not give way as if a customer were there.
func Background() Option { return func(o *options) { o.background = true } }

// Long gives a Read its own slot and a deadline of minutes.
func Long() Option { return func(o *options) { o.long = true } }

type engine interface {
	write(ctx context.Context, name string, f Func, o options) error
	read(ctx context.Context, name string, f Func, o options) error
	migrate(ctx context.Context) (applied int, err error)
	health(ctx context.Context) error
	stats() Stats
	offset() time.Duration
	close() error
}

// DB is an open database, safe for concurrent use.
type DB struct {
	e    engine
	kind Engine
	cfg  Config
}

// Errors of this package. ErrNoRows is pgx's, so that generated code and rooms compare one value.
var (
	ErrNoRows    = pgx.ErrNoRows
	ErrNested    = errors.New("db: a transaction was opened inside another")
	ErrDead      = errors.New("db: transaction used after its function ended")
	ErrFailed    = errors.New("db: a statement of this transaction failed before; only Try survives that")
	ErrRowsOpen  = errors.New("db: rows of an earlier query are still open")
	ErrLost      = errors.New("db: the engine ended the transaction")
	ErrTryAgain  = fault.New(fault.Unavailable, "try_again", "The market is busy. Try again in a moment.").Retry(time.Second)
	ErrClosed    = fault.New(fault.Unavailable, "shutting_down", "The market is stopping. Try again in a moment.").Retry(time.Second)
	ErrTimeout   = fault.New(fault.Unavailable, "timeout", "That took too long. Try again, or ask for less.").Retry(time.Second)
	ErrDiskFull  = fault.New(fault.Unavailable, "disk_full", "The market cannot store anything now. Tell its operator that the disk is full.").Retry(time.Minute)
	ErrRange     = fault.New(fault.Invalid, "number_out_of_range", "A number is larger than the market can keep.")
	ErrReadOnly  = errors.New("db: write in a read transaction")
	ErrText      = fault.New(fault.Invalid, "invalid_text", "Text must be valid UTF-8 without NUL characters.")
	ErrLocked    = errors.New("db: another process has the database open")
	ErrUnknown   = errors.New("db: the connection was lost during COMMIT; whether it was made is unknown")
	ErrNoLowered = errors.New("db: statement was not lowered for the embedded engine")
)

// Open opens the database and checks its settings. It applies no migrations; see Migrate. An embedded database is
// locked against other processes: ErrLocked.
func Open(ctx context.Context, cfg Config) (*DB, error) {
	d := &DB{cfg: cfg.withDefaults(), kind: Embedded}
	var err error
	if cfg.URL != "" {
		d.kind = Postgres
		d.e, err = openPostgres(ctx, d.cfg)
	} else {
		d.e, err = openEmbedded(d.cfg)
	}
	if err != nil {
		return nil, err
	}
	return d, nil
}

func (cfg Config) withDefaults() Config {
	if cfg.Log == nil {
		cfg.Log = slog.Default()
	}
	cfg.ReadTimeout = cmp.Or(cfg.ReadTimeout, 2*time.Second)
	cfg.LongTimeout = cmp.Or(cfg.LongTimeout, 10*time.Minute)
	cfg.GroupTime = cmp.Or(cfg.GroupTime, 10*time.Millisecond)
	cfg.BusyTimeout = cmp.Or(cfg.BusyTimeout, 5*time.Second)
	cfg.WaitTimeout = cmp.Or(cfg.WaitTimeout, 10*time.Second)
	cfg.SlowFunction = cmp.Or(cfg.SlowFunction, 50*time.Millisecond)
	if cfg.Readers == 0 {
		cfg.spare = 1
	}
	cfg.Readers = cmp.Or(cfg.Readers, max(1, runtime.NumCPU()-1))
	cfg.WALGate = cmp.Or(cfg.WALGate, 64<<20)
	cfg.MaxConns = cmp.Or(cfg.MaxConns, 24)
	cfg.RetryAttempts = cmp.Or(cfg.RetryAttempts, 10)
	cfg.CalmAfter = cmp.Or(cfg.CalmAfter, 1000)
	cfg.Twice = cfg.Twice || os.Getenv("HAAT_TEST_TWICE") == "1"
	return cfg
}

type inside struct{}

// Write runs f in a transaction and returns after it is on disk. On PostgreSQL it is SERIALIZABLE unless opted out,
// and retried when the engine asks for it; then ErrTryAgain.
func (d *DB) Write(ctx context.Context, name string, f Func, opts ...Option) error {
	o, err := enter(ctx, opts)
	if err != nil {
		return err
	}
	return d.e.write(context.WithValue(ctx, inside{}, name), name, d.watched(name, f), o)
}

// Read runs f on one snapshot. It cannot write.
func (d *DB) Read(ctx context.Context, name string, f Func, opts ...Option) error {
	o, err := enter(ctx, opts)
	if err != nil {
		return err
	}
	return d.e.read(context.WithValue(ctx, inside{}, name), name, d.watched(name, f), o)
}

func (d *DB) watched(name string, f Func) Func {
	if d.cfg.Watch == nil {
		return f
	}
	return func(ctx context.Context, tx Tx) error { return f(ctx, d.cfg.Watch(name, tx)) }
}

func enter(ctx context.Context, opts []Option) (o options, err error) {
	if ctx.Value(inside{}) != nil {
		return o, ErrNested
	}
	for _, f := range opts {
		f(&o)
	}
	return o, ctx.Err()
}

// Migrate applies the migrations that are missing, under a lock, and says how many there were.
func (d *DB) Migrate(ctx context.Context) (int, error) { return d.e.migrate(ctx) }

// Health answers whether the database can be used now.
func (d *DB) Health(ctx context.Context) error { return d.e.health(ctx) }

// Stats are figures for metrics.
func (d *DB) Stats() Stats { return d.e.stats() }

// Engine says which engine this is.
func (d *DB) Engine() Engine { return d.kind }

// ClockOffset is what must be added to this machine's clock to get the database's; zero when embedded.
func (d *DB) ClockOffset() time.Duration { return d.e.offset() }

// Close waits for running transactions and closes the database.
func (d *DB) Close() error { return d.e.close() }

// Stats are counters since the start and gauges of now.
type Stats struct {
	Groups, Functions, Reruns, Retries int64
	Undone                             int64         // groups without savepoints that had to be run again with them
	WALBytes                           int64         // size of the log's file
	Gates, GateNanos                   int64         // how often and how long in all readers were held back
	LongestRead                        time.Duration // of those running now
	ConnsInUse, ConnsMax               int32
}

// jitter is the pause before try n.
func jitter(n int) time.Duration {
	top := time.Millisecond << min(n, 7)
	return time.Duration(rand.Int64N(int64(top))) + time.Millisecond/4
}
