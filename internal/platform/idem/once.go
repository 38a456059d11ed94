package idem

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/idem/idemdb"
)

// What a caller may be told.
var (
	ErrInProgress = fault.New(fault.Conflict, "idempotency_in_progress",
		"The first request with this Idempotency-Key is still running. Try again in a moment.")
	ErrReused = fault.New(fault.Invalid, "idempotency_key_reused",
		"This Idempotency-Key was used for another request. Choose a new one.")
)

const (
	keptFor    = 48 * time.Hour
	patience   = 10 * time.Second // how long a twin waits for the first
	firstLook  = 20 * time.Millisecond
	lastLook   = 250 * time.Millisecond
	constraint = "idempotency_keys_scope_key"
)

// errTaken and errRace leave the transaction; they never reach the caller.
var (
	errTaken = errors.New("idem: the key's twin is running")
	errRace  = errors.New("idem: the key's twin was stored first")
)

// Once runs fn in one Write under the request's key. fn gives the public id of what it made. A repeat of the request
// does not run fn: it gets the first one's object, and replayed is true. Without a key it is a plain Write.
//
// An error of fn stores nothing. Errors of its own: ErrReused, ErrInProgress.
func Once(ctx context.Context, d *db.DB, operation string, fn func(ctx context.Context, tx db.Tx) (object string, err error), opts ...db.Option) (object string, replayed bool, err error) {
	key, ok := KeyFrom(ctx)
	if !ok {
		err = d.Write(ctx, operation, func(ctx context.Context, tx db.Tx) error {
			var err error
			object, err = fn(ctx, tx)
			return err
		}, opts...)
		if err != nil {
			return "", false, err
		}
		return object, false, nil
	}
	return within(ctx, d, operation, key, fn, opts, patience)
}

// within tries until the key's twin has ended, at most for a time.
func within(ctx context.Context, d *db.DB, operation string, key Key, fn func(context.Context, db.Tx) (string, error), opts []db.Option, wait time.Duration) (object string, replayed bool, err error) {
	end := time.Now().Add(wait)
	for look := firstLook; ; look = min(2*look, lastLook) {
		object, replayed, err = once(ctx, d, operation, key, fn, opts)
		switch {
		case errors.Is(err, errTaken):
			// The connection is given back while we wait: twins must not hold the pool.
			if time.Now().Add(look).After(end) {
				return "", false, ErrInProgress.Retry(time.Second)
			}
			if err := pause(ctx, look/2+rand.N(look)); err != nil {
				return "", false, err
			}
		case errors.Is(err, errRace):
			if time.Now().After(end) {
				return "", false, ErrInProgress.Retry(time.Second)
			}
		case err != nil:
			return "", false, err
		default:
			return object, replayed, nil
		}
	}
}

// once is one try: take the key's lock, look for what is stored, else run fn and store.
func once(ctx context.Context, d *db.DB, operation string, key Key, fn func(context.Context, db.Tx) (string, error), opts []db.Option) (object string, replayed bool, err error) {
	err = d.Write(ctx, operation, func(ctx context.Context, tx db.Tx) error {
		object, replayed = "", false
		ok, err := tx.TryLock(ctx, "idem\x00"+key.Scope+"\x00"+operation+"\x00"+key.Value)
		if err != nil {
			return err
		}
		if !ok {
			return errTaken
		}
		if object, replayed, err = stored(ctx, tx, operation, key); err != nil || replayed {
			return err
		}
		if object, err = fn(ctx, tx); err != nil {
			return err
		}
		if object == "" {
			return fmt.Errorf("idem: %s made nothing that a repeat could be given", operation)
		}
		err = idemdb.New(tx).InsertKey(ctx, idemdb.InsertKeyParams{
			Scope: key.Scope, Operation: operation, Key: key.Value,
			Fingerprint: key.Fingerprint, Object: object, CreatedAt: now(d),
		})
		if db.IsConstraint(err, constraint) {
			// The snapshot is older than the twin's commit: undo everything and read anew.
			return errors.Join(errRace, err)
		}
		return err
	}, opts...)
	if err != nil {
		return "", false, err
	}
	return object, replayed, nil
}

// Lookup gives what the request's key made earlier, for operations that claim their key in a transaction of their own
// and then call outside. found is false without a key.
func Lookup(ctx context.Context, tx db.Tx, operation string) (object string, found bool, err error) {
	key, ok := KeyFrom(ctx)
	if !ok {
		return "", false, nil
	}
	return stored(ctx, tx, operation, key)
}

func stored(ctx context.Context, tx db.Tx, operation string, key Key) (object string, found bool, err error) {
	row, err := idemdb.New(tx).Stored(ctx, key.Scope, operation, key.Value)
	switch {
	case errors.Is(err, db.ErrNoRows):
		return "", false, nil
	case err != nil:
		return "", false, err
	case row.Fingerprint != key.Fingerprint:
		return "", false, ErrReused
	}
	return row.Object, true, nil
}

// now is the database's time on this machine's clock: keys live in real time, whatever clock the market runs by.
func now(d *db.DB) int64 { return clock.Micro(clock.System().Now().Add(d.ClockOffset())) }

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
