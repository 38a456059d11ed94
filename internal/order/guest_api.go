package order

import (
	"context"
	"net/http"
	"time"

	"github.com/haat-market/haat/internal/cart"
	"github.com/haat-market/haat/internal/identity"
	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/web"
)

// Rates of one address, or account, beside what all operations allow.
var (
	guestOrderRate = web.Limit{Name: "guest_order", Per: 10 * time.Minute, Burst: 60}
	followRate     = web.Limit{Name: "follow", Per: time.Minute, Burst: 120}
)

type guestInput struct {
	cart.ByGuest
	Body struct {
		Reference     string          `json:"reference" minLength:"4" maxLength:"50" pattern:"^[A-Za-z0-9][A-Za-z0-9._-]*$" doc:"Your own name for the order, such as LEG-LXYZ1234-AB5C. Sending the same order under it again gives the first answer" example:"LEG-LXYZ1234-AB5C"`
		OrderDate     *time.Time      `json:"order_date,omitempty" doc:"By your clock"`
		Contact       guestContact    `json:"contact"`
		Address       *addressInput   `json:"address,omitempty" doc:"Without it, it is agreed upon with the store"`
		Note          string          `json:"note,omitempty" maxLength:"1000"`
		Lines         []guestLineBody `json:"lines,omitempty" maxItems:"50" doc:"What is wanted, of one store or several; without it what is in the cart of the Guest-Token or account"`
		ExpectedTotal string          `json:"expected_total,omitempty" maxLength:"24" doc:"The total that you showed, of all stores together; another one stops the order"`
	}
}

type guestContact struct {
	Name      string `json:"name" minLength:"1" maxLength:"100"`
	Phone     string `json:"phone" minLength:"1" maxLength:"64" doc:"With + and country code, or national in the market's country"`
	Email     string `json:"email,omitempty" maxLength:"254"`
	TaxNumber string `json:"tax_number,omitempty" maxLength:"30" doc:"The buyer's GSTIN, VAT or PAN for the invoice"`
}

type guestLineBody struct {
	Variant   string `json:"variant" minLength:"1" maxLength:"40"`
	Quantity  int64  `json:"quantity,omitempty" minimum:"1" maximum:"10000" default:"1"`
	UnitPrice string `json:"unit_price,omitempty" maxLength:"24" doc:"The price that you showed, as a decimal; another one stops the order"`
}

// GuestOrders is what a message made: one order for each store.
type GuestOrders struct {
	Reference string   `json:"reference"`
	Orders    []Placed `json:"orders"`
}

type followInput struct {
	Token string `path:"token" maxLength:"64"`
}

type claimInput struct {
	cart.ByGuest
	Body struct {
		Token string `json:"token" minLength:"1" maxLength:"64" doc:"The follow_token of the order"`
		Claim string `json:"claim_token,omitempty" maxLength:"64" doc:"Of an order that was placed without a Guest-Token"`
	}
}

// mountGuests registers what is done without an account.
func (s *Service) mountGuests(api *web.API) {
	place := web.Op{
		Method: http.MethodPost, Path: "/v1/guest/orders", ID: "order.guest", Room: "order", Access: web.Public, Status: http.StatusCreated,
		Summary: "Order by message, without an account", Limit: guestOrderRate,
		Description: "Makes one order for each store, pending until the store confirms it; no stock is touched, and nothing is paid here. " +
			"The answer carries the order written out with a link that opens it in WhatsApp, and a link to follow it. After seven days without an answer it is given up. " +
			"A signed-in caller's order is his own at once.",
	}
	place.Errors = []*fault.Error{ErrReferenceUsed, ErrGuestsOff, ErrStoreDebt, ErrTooManyWait, ErrEmptyCart, ErrCartChanged, ErrTotalChanged, ErrMixedCurrencies, ErrTotalTooLarge, cart.ErrGuestGone}
	web.Register(api, place, s.postGuest)
	web.Register(api, web.Op{
		Method: http.MethodGet, Path: "/v1/guest/orders/{token}", ID: "order.follow", Room: "order", Access: web.Public, Limit: followRate,
		Summary: "The order of a follow link", Description: "The link ends 30 days after the order is final.", Errors: []*fault.Error{ErrFollow},
	}, func(ctx context.Context, in *followInput) (*one[GuestView], error) {
		out, err := s.Follow(ctx, in.Token)
		return &one[GuestView]{out}, err
	})
	web.Register(api, web.Op{
		Method: http.MethodPost, Path: "/v1/orders/claim", ID: "order.claim", Room: "order", Access: web.SignedIn, Limit: followRate,
		Summary: "Make an order that you placed as a guest your own", Description: "The follow link alone does not prove it: the store has it too. The Guest-Token that the order was placed with does, or the claim_token that its first answer had. " +
			"Signing in with a Guest-Token claims all that was ordered with it.",
		Errors: []*fault.Error{ErrFollow, ErrNotGuest, ErrClaimed, ErrNotFound},
	}, func(ctx context.Context, in *claimInput) (*one[View], error) {
		caller := web.CallerFrom(ctx)
		id, err := s.Claim(ctx, caller, ClaimCmd{Token: in.Body.Token, Guest: in.Guest, Secret: in.Body.Claim})
		if err != nil {
			return nil, err
		}
		out, err := s.Get(ctx, caller, id)
		return &one[View]{out}, err
	})
}

func (s *Service) postGuest(ctx context.Context, in *guestInput) (*one[GuestOrders], error) {
	b := in.Body
	cmd := GuestCmd{
		Reference: b.Reference, OrderedAt: b.OrderDate, Contact: Contact(b.Contact), Address: (*identity.Address)(b.Address), Note: b.Note, ExpectedTotal: b.ExpectedTotal,
	}
	for _, l := range b.Lines {
		cmd.Lines = append(cmd.Lines, GuestLine(l))
	}
	ids, replayed, err := s.PlaceGuest(ctx, web.CallerFrom(ctx), in.Guest, cmd)
	if err != nil {
		return nil, err
	}
	if replayed {
		web.MarkReplayed(ctx)
	}
	orders, err := s.Placed(ctx, ids)
	if !replayed && in.Guest == "" && !web.CallerFrom(ctx).SignedIn() {
		for i := range orders {
			orders[i].ClaimToken = s.claimToken(orders[i].ID)
		}
	}
	return &one[GuestOrders]{GuestOrders{b.Reference, orders}}, err
}
