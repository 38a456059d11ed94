package cart

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/haat-market/haat/internal/cart/cartdb"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/code"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/web"
)

// guestFor is how long a guest's cart is kept after it was last put something into. keepEvery is how exactly that is
// known: a cart that is used all the time is not written for it each time.
const (
	guestFor  = 30 * 24 * time.Hour
	keepEvery = 24 * time.Hour
	emptyFor  = 24 * time.Hour // of who never put anything in

	guestToken = 43 // letters of a token; others are not looked for
)

// ErrGuestGone refuses a guest whose time ran out while he was asking.
var ErrGuestGone = fault.New(fault.Conflict, "guest_gone", "This guest's cart has expired. Begin a new one without the Guest-Token.")

// Guest is who has a cart without an account. The token is his only proof, and stands nowhere but with him.
type Guest struct {
	Token string
	Until time.Time
}

// NewGuest makes a guest with an empty cart.
func (s *Service) NewGuest(ctx context.Context) (Guest, error) {
	g, _, err := s.newGuest(ctx)
	return g, err
}

func (s *Service) newGuest(ctx context.Context) (g Guest, holder int64, err error) {
	g = Guest{Token: code.Token(), Until: s.clock.Now().Add(emptyFor)}
	var id int64
	// READ COMMITTED: it checks nothing.
	err = s.db.Write(ctx, "cart.new_guest", func(ctx context.Context, tx db.Tx) error {
		id, err = cartdb.New(tx).InsertGuest(ctx, code.Hash(g.Token), clock.Micro(g.Until), clock.Micro(s.clock.Now()))
		return wrap(err, "insert guest")
	}, db.ReadCommitted())
	if err != nil {
		return Guest{}, 0, err
	}
	return g, -id, nil
}

// Holder is whose cart a request is about: the account's of a caller who signed in, else the one of the guest's token.
// It is 0 for a token that is unknown or over, which is nobody's and has nothing in it.
func (s *Service) Holder(ctx context.Context, caller web.Caller, token string) (holder int64, err error) {
	if caller.SignedIn() {
		return caller.AccountID, nil
	}
	if len(token) != guestToken {
		return 0, nil
	}
	err = s.db.Read(ctx, "cart.guest", func(ctx context.Context, tx db.Tx) error {
		holder, _, err = s.guest(ctx, tx, token)
		return err
	})
	return holder, err
}

// guest finds the guest of a token, 0 if there is none now.
func (s *Service) guest(ctx context.Context, tx db.Tx, token string) (holder, expires int64, err error) {
	g, err := cartdb.New(tx).GuestByToken(ctx, code.Hash(token))
	switch {
	case errors.Is(err, db.ErrNoRows):
		return 0, 0, nil
	case err != nil:
		return 0, 0, fmt.Errorf("find guest: %w", err)
	case g.ExpiresAt <= clock.Micro(s.clock.Now()):
		return 0, 0, nil
	}
	return -g.ID, g.ExpiresAt, nil
}

// Welcome is Holder for whoever puts something into a cart: who has none gets one, and the answer his token. Keep
// follows when it is done.
func (s *Service) Welcome(ctx context.Context, caller web.Caller, token string) (holder int64, fresh string, err error) {
	holder, err = s.Holder(ctx, caller, token)
	if err != nil || holder != 0 {
		return holder, "", err
	}
	g, holder, err := s.newGuest(ctx)
	return holder, g.Token, err
}

// Keep moves the end of a guest on who put something into his cart.
func (s *Service) Keep(ctx context.Context, holder int64) error {
	if holder >= 0 {
		return nil
	}
	until := s.clock.Now().Add(guestFor)
	return s.db.Write(ctx, "cart.keep_guest", func(ctx context.Context, tx db.Tx) error {
		q := cartdb.New(tx)
		_, err := q.LockGuest(ctx, -holder, clock.Micro(until.Add(-keepEvery)))
		if err == nil {
			return nil // it was moved within the last day
		}
		if !errors.Is(err, db.ErrNoRows) {
			return fmt.Errorf("look at guest: %w", err)
		}
		return wrap(q.KeepGuest(ctx, clock.Micro(until), -holder), "keep guest")
	}, db.ReadCommitted()) // the update is guarded by itself
}

// Merge puts what a guest has into an account's cart: quantities add up, and each line is brought to what the market
// says now, as Sync does. The changes say what could not be taken over as it was. The guest's cart is empty afterwards,
// so doing it again changes nothing.
func (s *Service) Merge(ctx context.Context, accountID int64, token string) (v View, changes []Change, err error) {
	// SERIALIZABLE. The account's cart is locked first, then the guest's: of two merges of one guest the second finds
	// nothing.
	err = s.db.Write(ctx, "cart.merge", func(ctx context.Context, tx db.Tx) error {
		changes = []Change{}
		cartID, err := s.Lock(ctx, tx, accountID)
		if err != nil {
			return err
		}
		var holder int64
		if len(token) == guestToken {
			if holder, _, err = s.guest(ctx, tx, token); err != nil {
				return err
			}
		}
		if holder != 0 {
			if changes, err = s.merge(ctx, tx, cartID, holder); err != nil {
				return err
			}
		}
		v, err = s.view(ctx, tx, accountID)
		return err
	})
	if err != nil {
		return View{}, nil, err
	}
	return v, changes, nil
}

func (s *Service) merge(ctx context.Context, tx db.Tx, cartID, holder int64) ([]Change, error) {
	guestCart, err := s.Lock(ctx, tx, holder)
	if err != nil {
		return nil, err
	}
	brought, err := s.Lines(ctx, tx, guestCart, nil)
	if err != nil || len(brought) == 0 {
		return []Change{}, err
	}
	there, err := s.Lines(ctx, tx, cartID, nil)
	if err != nil {
		return nil, err
	}
	byVariant := make(map[int64]Line, len(there))
	for _, l := range there {
		byVariant[l.Variant] = l
	}
	room := maxLines - len(there)
	ids := make([]int64, len(brought))
	for i, l := range brought {
		ids[i] = l.Variant
	}
	found, err := s.catalog.SellablesByID(ctx, tx, ids)
	if err != nil {
		return nil, err
	}
	changes := []Change{}
	targets := make([]target, 0, len(brought))
	for _, l := range brought {
		t := target{variant: l.VariantID, qty: l.Qty, seen: l.PriceSeen, agreed: true}
		t.sell, t.known = found[l.Variant]
		have, ok := byVariant[l.Variant]
		if !ok && room == 0 {
			changes = append(changes, Change{
				Kind: ChangeRemoved, Variant: l.VariantID, Title: t.sell.Title, Reason: ErrCartFull.Code, OldQty: l.Qty, OldPrice: l.PriceSeen,
			})
			continue
		}
		if ok {
			t.line, t.qty = have, min(have.Qty+l.Qty, maxQty)
		} else {
			room--
		}
		targets = append(targets, t)
	}
	more, err := s.settleAll(ctx, tx, cartID, targets)
	if err != nil {
		return nil, err
	}
	_, err = cartdb.New(tx).Clear(ctx, guestCart)
	return append(changes, more...), wrap(err, "clear guest's cart")
}
