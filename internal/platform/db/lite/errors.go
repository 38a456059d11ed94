package lite

import (
	"fmt"
	"strings"

	"zombiezen.com/go/sqlite"
)

// Kind says what sort of failure the engine reported.
type Kind int

// The kinds that the floor above tells apart.
const (
	Other       Kind = iota
	Unique           // Key holds "table.a,table.b" or "index name"
	Check            // Key holds the constraint's name
	NotNull          // Key holds "table.column"
	ForeignKey       // the engine does not say which
	Trigger          // Key holds the text of RAISE
	OutOfRange       // an integer beyond 64 bits
	Full             // the disk, or max_page_count
	IO               // reading, writing or syncing failed, or what was read is broken
	Busy             // another process holds the lock
	Interrupted      // the reader's time is over
	ReadOnly         // a write on a connection that only reads
)

// Error is a failure of the engine, told apart by Kind. Only this file reads the engine's messages.
type Error struct {
	Kind Kind
	Key  string
	err  error
}

func (e *Error) Error() string { return e.err.Error() }

// Unwrap gives the driver's own error.
func (e *Error) Unwrap() error { return e.err }

// Typed turns the driver's error into an *Error; nil stays nil.
func Typed(err error) error {
	if err == nil {
		return nil
	}
	code := sqlite.ErrCode(err)
	e := &Error{err: err}
	switch code {
	case sqlite.ResultConstraintUnique, sqlite.ResultConstraintPrimaryKey, sqlite.ResultConstraintRowID:
		e.Kind, e.Key = Unique, uniqueKey(after(err, "UNIQUE constraint failed: "))
	case sqlite.ResultConstraintCheck:
		e.Kind, e.Key = Check, after(err, "CHECK constraint failed: ")
	case sqlite.ResultConstraintNotNull:
		e.Kind, e.Key = NotNull, after(err, "NOT NULL constraint failed: ")
	case sqlite.ResultConstraintForeignKey:
		e.Kind = ForeignKey
	case sqlite.ResultConstraintTrigger:
		e.Kind, e.Key = Trigger, lastPart(err)
	case constraintDatatype: // an integer that overflows becomes a float; any other type is a mistake in the program
		if !strings.Contains(err.Error(), "cannot store REAL value in INT") {
			return fmt.Errorf("sqlite: %w", err)
		}
		e.Kind = OutOfRange
	case sqlite.ResultError:
		if !strings.Contains(err.Error(), "integer overflow") {
			return fmt.Errorf("sqlite: %w", err)
		}
		e.Kind = OutOfRange
	default:
		switch code.ToPrimary() {
		case sqlite.ResultFull:
			e.Kind = Full
		case sqlite.ResultIOErr, sqlite.ResultCorrupt, sqlite.ResultNotADB:
			e.Kind = IO
		case sqlite.ResultBusy, sqlite.ResultLocked:
			e.Kind = Busy
		case sqlite.ResultInterrupt:
			e.Kind = Interrupted
		case sqlite.ResultReadOnly:
			e.Kind = ReadOnly
		default:
			return fmt.Errorf("sqlite: %w", err)
		}
	}
	return e
}

// constraintDatatype is SQLITE_CONSTRAINT_DATATYPE, which the driver has no name for: a STRICT table refused a value.
const constraintDatatype = sqlite.ResultCode(3091)

func after(err error, mark string) string {
	_, rest, _ := strings.Cut(err.Error(), mark)
	return rest
}

// lastPart is what follows the driver's prefix ("… constraint failed: text").
func lastPart(err error) string {
	s := err.Error()
	if i := strings.LastIndex(s, ": "); i >= 0 {
		return s[i+2:]
	}
	return s
}

// uniqueKey turns the engine's "t.a, t.b" into "t.a,t.b" and "index 'x'" into "index x".
func uniqueKey(s string) string {
	if name, ok := strings.CutPrefix(s, "index '"); ok {
		return "index " + strings.TrimSuffix(name, "'")
	}
	return strings.ReplaceAll(s, ", ", ",")
}
