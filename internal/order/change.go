package order

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/haat-market/haat/internal/identity"
	"github.com/haat-market/haat/internal/order/orderdb"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/event"
	"github.com/haat-market/haat/internal/platform/web"
)

// ChangeCmd changes what may still be changed of an order; nil leaves it.
type ChangeCmd struct {
	StoreNote *string
	Contact   *Contact
	Address   *identity.Address
	Note      *string
}

// Change writes the store's own note, at any time, or where and to whom an order goes, while it waits for the store. The
// store does the latter only for an order by message, as it was agreed with the buyer, who has no account to do it with.
// Errors: ErrNotFound, ErrNotYours, ErrState.
func (s *Service) Change(ctx context.Context, caller web.Caller, id string, cmd ChangeCmd) error {
	settings, err := s.market.Settings(ctx)
	if err != nil {
		return err
	}
	if err := normalChange(&cmd, settings.Country); err != nil {
		return err
	}
	// READ COMMITTED: every check follows the locks of the checkout and of its orders.
	return s.db.Write(ctx, "order.change", func(ctx context.Context, tx db.Tx) error {
		c, orders, i, err := s.lockOrder(ctx, tx, id)
		if err != nil {
			return err
		}
		o := orders[i]
		parties, err := s.parties(ctx, tx, caller, o)
		if err != nil {
			return err
		}
		q, now := orderdb.New(tx), clock.Micro(s.clock.Now())
		var changed []string
		if cmd.StoreNote != nil {
			if !slices.Contains(parties, Store) {
				return ErrNotYours
			}
			if err := q.SetStoreNote(ctx, *cmd.StoreNote, now, o.ID); err != nil {
				return err
			}
			changed = append(changed, "store_note")
		}
		more, err := s.changeDelivery(ctx, tx, c, orders, o, parties, cmd)
		if err != nil {
			return err
		}
		if changed = append(changed, more...); len(changed) == 0 {
			return nil
		}
		if err := q.TouchOrder(ctx, now, o.ID); err != nil {
			return err
		}
		return s.events.Append(ctx, tx, event.Event{Type: "order.changed", Subject: id, Actor: caller.Account, Facts: map[string]any{"fields": changed}})
	}, db.ReadCommitted())
}

func (s *Service) changeDelivery(ctx context.Context, tx db.Tx, c orderdb.Checkout, orders []orderdb.Order, o orderdb.Order, parties []Party, cmd ChangeCmd) (changed []string, err error) {
	if cmd.Contact == nil && cmd.Address == nil && cmd.Note == nil {
		return nil, nil
	}
	if !slices.Contains(parties, Buyer) && o.Channel != byGuest {
		return nil, ErrNotYours
	}
	for _, x := range orders { // they go to one place
		if x.Side == buyback && State(x.State) == Cancelled {
			continue
		}
		if State(x.State) != Pending && State(x.State) != AwaitingPayment {
			return nil, wrongState(x, parties)
		}
	}
	if cmd.Contact != nil {
		raw, err := json.Marshal(cmd.Contact)
		if err != nil {
			return nil, err
		}
		c.Contact, changed = string(raw), append(changed, "contact")
	}
	if cmd.Address != nil && o.Side == buyback {
		if err := s.changePlace(ctx, tx, o, *cmd.Address); err != nil {
			return nil, err
		}
	}
	if cmd.Address != nil {
		raw, err := json.Marshal(cmd.Address)
		if err != nil {
			return nil, err
		}
		c.Address, changed = string(raw), append(changed, "place")
	}
	if cmd.Note != nil {
		c.Note, changed = *cmd.Note, append(changed, "note")
	}
	return changed, orderdb.New(tx).SetDelivery(ctx, c.Contact, c.Address, c.Note, c.ID)
}

func normalChange(cmd *ChangeCmd, country string) error {
	for path, text := range map[string]*string{"body.store_note": cmd.StoreNote, "body.note": cmd.Note} {
		if text == nil {
			continue
		}
		v, err := identity.Text(path, *text, 1000)
		if err != nil {
			return err
		}
		*text = v
	}
	if cmd.Contact != nil {
		g := GuestCmd{Contact: *cmd.Contact}
		if err := normalGuest(&g, country); err != nil {
			return err
		}
		*cmd.Contact = g.Contact
	}
	if cmd.Address != nil {
		a, err := cmd.Address.Normal("body.address.", country)
		if err != nil {
			return err
		}
		cmd.Address = &a
	}
	return nil
}
