package db

import (
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/haat-market/haat/internal/platform/db/lite"
)

// ConstraintKind tells constraints apart.
type ConstraintKind string

// The kinds of constraint.
const (
	Unique     ConstraintKind = "unique"
	Check      ConstraintKind = "check"
	NotNull    ConstraintKind = "not_null"
	ForeignKey ConstraintKind = "foreign_key"
	AppendOnly ConstraintKind = "append_only"
)

// ConstraintError says which rule of the schema a statement broke; the same on both engines. The embedded engine
// does not name foreign keys, so Name is empty for them on both: a rule that a user can meet never rests on one.
// A NOT NULL has the name <table>_<column>_not_null.
type ConstraintError struct {
	Name  string
	Kind  ConstraintKind
	cause error
}

func (e *ConstraintError) Error() string {
	return fmt.Sprintf("db: %s constraint %q broken: %v", e.Kind, e.Name, e.cause)
}

// Unwrap gives the driver's error.
func (e *ConstraintError) Unwrap() error { return e.cause }

// IsConstraint reports whether err broke the named constraint.
func IsConstraint(err error, name string) bool {
	var c *ConstraintError
	return errors.As(err, &c) && c.Name == name
}

func fromLite(err error, unique map[string]string) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, lite.ErrText) {
		return fmt.Errorf("%w: %w", ErrText, err)
	}
	var le *lite.Error
	if !errors.As(err, &le) {
		return err
	}
	switch le.Kind {
	case lite.Unique:
		name, ok := unique[le.Key]
		if !ok {
			name = strings.TrimPrefix(le.Key, "index ")
		}
		return &ConstraintError{Name: name, Kind: Unique, cause: err}
	case lite.Check:
		return &ConstraintError{Name: le.Key, Kind: Check, cause: err}
	case lite.NotNull:
		return &ConstraintError{Name: strings.ReplaceAll(le.Key, ".", "_") + "_not_null", Kind: NotNull, cause: err}
	case lite.ForeignKey:
		return &ConstraintError{Kind: ForeignKey, cause: err}
	case lite.Trigger:
		return &ConstraintError{Name: le.Key, Kind: AppendOnly, cause: err}
	case lite.OutOfRange:
		return fmt.Errorf("%w: %w", ErrRange, err)
	case lite.Full:
		return fmt.Errorf("%w: %w", ErrDiskFull, err)
	case lite.Busy:
		return fmt.Errorf("%w: %w", ErrTryAgain, err)
	case lite.ReadOnly:
		return fmt.Errorf("%w: %w", ErrReadOnly, err)
	}
	return err // an interrupt among them: whoever set the limit says what it means
}

func fromPG(err error) error {
	if err == nil || errors.Is(err, pgx.ErrNoRows) {
		return err
	}
	var pe *pgconn.PgError
	if !errors.As(err, &pe) {
		return err
	}
	switch pe.Code {
	case "23505":
		return &ConstraintError{Name: pe.ConstraintName, Kind: Unique, cause: err}
	case "23514":
		if strings.HasSuffix(pe.ConstraintName, "_append_only") {
			return &ConstraintError{Name: pe.ConstraintName, Kind: AppendOnly, cause: err}
		}
		return &ConstraintError{Name: pe.ConstraintName, Kind: Check, cause: err}
	case "23502":
		return &ConstraintError{Name: pe.TableName + "_" + pe.ColumnName + "_not_null", Kind: NotNull, cause: err}
	case "23503":
		return &ConstraintError{Kind: ForeignKey, cause: err}
	case "22003":
		return fmt.Errorf("%w: %w", ErrRange, err)
	case "22021", "22P05":
		return fmt.Errorf("%w: %w", ErrText, err)
	case "25006":
		return fmt.Errorf("%w: %w", ErrReadOnly, err)
	case "25P02":
		return fmt.Errorf("%w: %w", ErrFailed, err)
	case "57014":
		return fmt.Errorf("%w: %w", ErrTimeout, err)
	case "53100":
		return fmt.Errorf("%w: %w", ErrDiskFull, err)
	}
	return err
}

// retryable are the failures that PostgreSQL asks to be tried again: lost races, deadlocks, locks not to be had, and
// a statement prepared before another node migrated the schema.
func retryable(err error) bool {
	var pe *pgconn.PgError
	if !errors.As(err, &pe) {
		return false
	}
	switch pe.Code {
	case "40001", "40P01", "55P03":
		return true
	}
	return pe.Code == "0A000" && pe.Routine == "RevalidateCachedQuery"
}
