package order

import (
	"context"
	"crypto/hmac"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/haat-market/haat/internal/catalog"
	"github.com/haat-market/haat/internal/identity"
	"github.com/haat-market/haat/internal/order/orderdb"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/code"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/event"
	"github.com/haat-market/haat/internal/platform/money"
	"github.com/haat-market/haat/internal/platform/web"
)

// GuestView is an order as whoever holds its link sees it: what he wrote, what it comes to and where it stands.
type GuestView struct {
	ID            string           `json:"id"`
	Number        string           `json:"number"`
	Reference     string           `json:"reference"`
	Store         StoreView        `json:"store"`
	State         State            `json:"state" enum:"pending,confirmed,processing,shipped,delivered,completed,cancelled,returning,returned"`
	CancelReason  string           `json:"cancel_reason,omitempty"`
	PaymentMethod string           `json:"payment_method" enum:"gateway,wallet,cod,none" doc:"cod: paid to the store, at the door or as agreed with it"`
	PaymentStatus string           `json:"payment_status" enum:"unpaid,paid,part_refunded,refunded"`
	Currency      string           `json:"currency"`
	Totals        TotalsView       `json:"totals"`
	Lines         []GuestLineView  `json:"lines"`
	Contact       Contact          `json:"contact"`
	Address       identity.Address `json:"address"`
	Note          string           `json:"note"`
	PlacedAt      time.Time        `json:"placed_at"`
	UpdatedAt     time.Time        `json:"updated_at"`
	ConfirmedAt   *time.Time       `json:"confirmed_at" nullable:"true"`
	ShippedAt     *time.Time       `json:"shipped_at" nullable:"true"`
	DeliveredAt   *time.Time       `json:"delivered_at" nullable:"true"`
	CompletedAt   *time.Time       `json:"completed_at" nullable:"true"`
	CancelledAt   *time.Time       `json:"cancelled_at" nullable:"true"`
	AnswerUntil   *time.Time       `json:"answer_until" nullable:"true" doc:"When a pending order is given up"`
	FollowUntil   *time.Time       `json:"follow_until" nullable:"true" doc:"When the link of a final order ends"`
	FollowURL     string           `json:"follow_url,omitempty" doc:"The link. It shows this order and nothing else"`
	Actions       []Event          `json:"allowed_actions" doc:"None: the link is for looking"`
}

// GuestLineView is a line as whoever holds the link sees it.
type GuestLineView struct {
	Product      string           `json:"product"`
	Variant      string           `json:"variant"`
	Title        string           `json:"title"`
	VariantTitle string           `json:"variant_title"`
	Options      []catalog.Option `json:"options"`
	Quantity     int64            `json:"quantity"`
	CutQuantity  int64            `json:"cut_quantity" doc:"How many of them do not come"`
	UnitPrice    string           `json:"unit_price"`
	Total        string           `json:"total"`
}

// Placed is a guest order as its maker gets it.
type Placed struct {
	GuestView
	FollowToken string  `json:"follow_token" doc:"For GET /v1/guest/orders/{token} and POST /v1/orders/claim. Keep it: it is the only way back to the order"`
	ClaimToken  string  `json:"claim_token,omitempty" doc:"Makes the order an account's own, beside the follow_token. It is said once, and only where no Guest-Token does the same. Show it to nobody: whoever has it sees the PIN for the courier"`
	Message     Message `json:"message"`
}

// Follow reads the order of a link. Errors: ErrFollow.
func (s *Service) Follow(ctx context.Context, token string) (v GuestView, err error) {
	err = s.db.Read(ctx, "order.follow", func(ctx context.Context, tx db.Tx) error {
		o, err := s.follow(ctx, tx, token)
		if err != nil {
			return err
		}
		v, err = s.guestView(ctx, tx, o)
		return err
	})
	return v, err
}

// Placed gives guest orders to who made them, with their links and messages.
func (s *Service) Placed(ctx context.Context, ids []string) (out []Placed, err error) {
	settings, err := s.market.Settings(ctx)
	if err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, "order.placed", func(ctx context.Context, tx db.Tx) error {
		out = make([]Placed, 0, len(ids))
		for _, id := range ids { // at most one for each store of one message
			o, err := orderdb.New(tx).GetOrder(ctx, id)
			if err != nil {
				return err
			}
			v, err := s.guestView(ctx, tx, o)
			if err != nil {
				return err
			}
			numbers, err := s.stores.Messages(ctx, tx, []int64{o.StoreID})
			if err != nil {
				return err
			}
			number, ok := numbers[o.StoreID]
			if !ok {
				number = settings.Phone
			}
			p := Placed{GuestView: v, FollowToken: s.followToken(id)}
			p.FollowURL = s.url + "/o/" + p.FollowToken
			p.Message = messageOf(p.GuestView, wordsFor(settings.Languages), number, settings.Country)
			out = append(out, p)
		}
		return nil
	})
	return out, err
}

func (s *Service) guestView(ctx context.Context, tx db.Tx, o orderdb.Order) (GuestView, error) {
	q := orderdb.New(tx)
	c, err := q.GetCheckoutByID(ctx, o.CheckoutID)
	if err != nil {
		return GuestView{}, err
	}
	briefs, err := s.stores.Briefs(ctx, tx, []int64{o.StoreID})
	if err != nil {
		return GuestView{}, err
	}
	rows, err := q.LinesOfOrders(ctx, []int64{o.ID})
	if err != nil {
		return GuestView{}, err
	}
	b, cur := briefs[o.StoreID], money.Currency(o.Currency)
	v := GuestView{
		ID: o.PublicID, Number: Number(o.ID), Reference: o.Reference, Store: StoreView{b.PublicID, b.Name, b.Slug}, State: State(o.State),
		CancelReason: o.CancelReason, PaymentMethod: o.Method, PaymentStatus: o.PaymentStatus, Currency: o.Currency, Note: c.Note,
		Totals: view(Totals{o.Goods, o.Discount, o.Tax, o.Delivery, o.Total, o.LineCount, o.UnitCount}, cur), Lines: make([]GuestLineView, len(rows)),
		PlacedAt: clock.Time(o.PlacedAt), UpdatedAt: clock.Time(o.UpdatedAt), ConfirmedAt: at(o.ConfirmedAt), ShippedAt: at(o.ShippedAt),
		DeliveredAt: at(o.DeliveredAt), CompletedAt: at(o.CompletedAt), CancelledAt: at(o.CancelledAt), FollowUntil: followEnd(o), Actions: []Event{},
	}
	if State(o.State) == Pending {
		due := clock.Time(o.DueAt)
		v.AnswerUntil = &due
	}
	for i, r := range rows {
		l, err := lineView(r, cur)
		if err != nil {
			return v, err
		}
		v.Lines[i] = GuestLineView{
			Product: l.Product, Variant: l.Variant, Title: l.Title, VariantTitle: l.VariantTitle, Options: l.Options, Quantity: l.Quantity,
			CutQuantity: r.CutQuantity, UnitPrice: l.UnitPrice, Total: l.Total,
		}
	}
	return v, errors.Join(json.Unmarshal([]byte(c.Contact), &v.Contact), json.Unmarshal([]byte(c.Address), &v.Address))
}

// ClaimCmd proves that somebody placed an order.
type ClaimCmd struct {
	Token  string // of its follow link
	Guest  string // the guest's token that it was placed with,
	Secret string // or, where it was placed without one, its claim_token
}

// Claim links the order of a follow link to the caller's account. The store has the link too, so more is needed: an
// account that has an order is shown what the courier asks for. Doing it again changes nothing. Errors: ErrFollow,
// ErrNotGuest, ErrClaimed.
func (s *Service) Claim(ctx context.Context, caller web.Caller, cmd ClaimCmd) (id string, err error) {
	// SERIALIZABLE, and the update is guarded: of two accounts one has the order.
	err = s.db.Write(ctx, "order.claim", func(ctx context.Context, tx db.Tx) error {
		o, err := s.follow(ctx, tx, cmd.Token)
		if err != nil {
			return err
		}
		id = o.PublicID
		if o.AccountID == caller.AccountID {
			return nil
		}
		who, err := s.placer(ctx, tx, cmd.Token, cmd.Guest)
		if err != nil && strings.HasPrefix(who, "phone:") && hmac.Equal([]byte(cmd.Secret), []byte(s.claimToken(id))) {
			err = nil
		}
		if err != nil {
			return err
		}
		return s.claim(ctx, tx, caller, id)
	})
	if err != nil {
		return "", err
	}
	return id, nil
}

// ClaimAll links to the account what a guest ordered with his token, and says which orders. Doing it again changes
// nothing.
func (s *Service) ClaimAll(ctx context.Context, caller web.Caller, guest string) (ids []string, err error) {
	err = s.db.Write(ctx, "order.claim_all", func(ctx context.Context, tx db.Tx) error {
		ids, err = orderdb.New(tx).UnclaimedOf(ctx, "guest:"+code.Hash(guest))
		if err != nil {
			return err
		}
		for _, id := range ids { // a handful: at most as many as may wait for an answer, and a month's
			if err := s.claim(ctx, tx, caller, id); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return ids, nil
}

func (s *Service) claim(ctx context.Context, tx db.Tx, caller web.Caller, id string) error {
	c, orders, i, err := s.lockOrder(ctx, tx, id)
	if err != nil {
		return err
	}
	switch o := orders[i]; {
	case o.AccountID == caller.AccountID:
		return nil
	case o.AccountID != 0:
		return ErrClaimed
	}
	q := orderdb.New(tx)
	n, err := q.ClaimOrder(ctx, caller.AccountID, orders[i].ID)
	if err != nil {
		return err
	}
	if n == 0 {
		return ErrClaimed
	}
	if _, err := q.ClaimCheckout(ctx, caller.AccountID, caller.Account, c.ID); err != nil {
		return err
	}
	if err := s.payments.Claim(ctx, tx, Kind, c.PublicID, caller.AccountID, caller.Account); err != nil {
		return err
	}
	return s.events.Append(ctx, tx, event.Event{Type: "order.claimed", Subject: id, Actor: caller.Account})
}
