package order

import (
	"context"
	"net/http"
	"time"

	"github.com/haat-market/haat/internal/cart"
	"github.com/haat-market/haat/internal/identity"
	"github.com/haat-market/haat/internal/ledger"
	"github.com/haat-market/haat/internal/order/orderdb"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/money"
	"github.com/haat-market/haat/internal/platform/qty"
	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/internal/rate"
	"github.com/haat-market/haat/internal/store"
)

// BuybackView is what an order of the side buyback has beside others.
type BuybackView struct {
	PickupDate string            `json:"pickup_date"`
	PickupSlot string            `json:"pickup_slot"`
	PostalCode string            `json:"postal_code"`
	MissedAt   *time.Time        `json:"missed_at" nullable:"true" doc:"The dealer or the customer was not there; arrange another day"`
	Lines      []BuybackLineView `json:"lines"`
	cart.FiguresView
	Flagged bool         `json:"flagged" doc:"More than three times what was ordered, or other material than was"`
	Receipt *ReceiptView `json:"receipt,omitempty" doc:"Once it is weighed and paid"`
}

// BuybackLineView is a line of it.
type BuybackLineView struct {
	ID        string `json:"id"`
	Rate      string `json:"rate"`
	Material  string `json:"material"`
	Title     string `json:"title"`
	Unit      string `json:"unit"`
	TaxCode   string `json:"tax_code" doc:"HSN; empty without one"`
	UnitPrice string `json:"unit_price"`
	TaxRate   string `json:"tax_rate" doc:"Percent"`
	Ordered   string `json:"ordered"`
	Weighed   string `json:"weighed,omitempty" doc:"Absent before the pickup"`
	cart.FiguresView
}

// ReceiptView says what the customer got.
type ReceiptView struct {
	Number string    `json:"number"`
	Paid   string    `json:"paid"`
	PaidBy string    `json:"paid_by" enum:"cash,wallet,nothing"`
	At     time.Time `json:"at"`
}

func buybackView(o orderdb.Order, p orderdb.Pickup, lines []orderdb.BuybackLine) *BuybackView {
	cur := money.Currency(o.Currency)
	v := &BuybackView{
		PickupDate: p.Day, PickupSlot: p.Slot, PostalCode: p.PostalCode, MissedAt: at(p.MissedAt), Lines: make([]BuybackLineView, len(lines)),
		FiguresView: cart.ViewFigures(rate.Figures{Amount: o.Goods, Tax: o.Tax, Fee: o.Fee}, cur), Flagged: p.Flagged,
	}
	for i, l := range lines {
		v.Lines[i] = BuybackLineView{
			ID: l.PublicID, Rate: l.Rate, Material: l.Material, Title: l.Title, Unit: l.Unit, TaxCode: l.TaxCode, UnitPrice: money.Format(l.UnitPrice, cur),
			TaxRate: money.FormatRate(l.TaxBp), Ordered: qty.Format(l.Ordered), FiguresView: cart.ViewFigures(figuresOf(l), cur),
		}
		if l.Weighed != nil {
			v.Lines[i].Weighed = qty.Format(*l.Weighed)
		}
	}
	if p.CompletedAt != nil {
		v.Receipt = &ReceiptView{Number: "R" + Number(o.ID), Paid: money.Format(p.Paid, cur), PaidBy: p.PaidBy, At: *at(p.CompletedAt)}
		if p.PaidBy == "" {
			v.Receipt.PaidBy = "nothing"
		}
	}
	return v
}

// withBuyback adds what an order of this side has beside others; of a sale nothing.
func (s *Service) withBuyback(ctx context.Context, tx db.Tx, v *View, o orderdb.Order) error {
	if o.Side != buyback {
		return nil
	}
	q := orderdb.New(tx)
	p, err := q.PickupOf(ctx, o.ID)
	if err != nil {
		return err
	}
	lines, err := q.BuybackLines(ctx, o.ID)
	v.Buyback, v.CompletesAt, v.AnswerUntil, v.Refundable = buybackView(o, p, lines), nil, nil, money.Format(0, money.Currency(o.Currency))
	return err
}

// OTPView is what the customer shows at the door.
type OTPView struct {
	Number    string `json:"number"`
	OTP       string `json:"otp" doc:"Six digits; empty once it was wrong five times: make another one."`
	TriesLeft int64  `json:"tries_left"`
}

type buybackInput struct {
	Body struct {
		Lines         []string      `json:"lines,omitempty" maxItems:"100" doc:"Lines of GET /v1/cart/rates; without it all of them"`
		Contact       *Contact      `json:"contact,omitempty" doc:"Who is at the door; without it the address's name and phone"`
		AddressID     string        `json:"address_id,omitempty" maxLength:"64" doc:"An address of yours"`
		Address       *addressInput `json:"address,omitempty" doc:"Or an address written here"`
		Note          string        `json:"note,omitempty" maxLength:"1000"`
		PickupDate    string        `json:"pickup_date" minLength:"10" maxLength:"10" doc:"A day of the market's calendar, such as 2026-11-30"`
		PickupSlot    string        `json:"pickup_slot" enum:"8am - 1pm,1pm - 6pm"`
		ExpectedTotal string        `json:"expected_total" minLength:"1" maxLength:"24" doc:"The order_total you saw, as a decimal; another one stops the checkout"`
	}
}

type rescheduleInput struct {
	ByID
	Body struct {
		PickupDate string `json:"pickup_date" minLength:"10" maxLength:"10"`
		PickupSlot string `json:"pickup_slot" enum:"8am - 1pm,1pm - 6pm"`
		Note       string `json:"note,omitempty" maxLength:"500"`
	}
}

type weightInput struct {
	Line     string `json:"line" minLength:"1" maxLength:"40"`
	Quantity string `json:"quantity" minLength:"1" maxLength:"12" doc:"Zero is said too."`
}

type extraInput struct {
	Rate     string `json:"rate" minLength:"1" maxLength:"40" doc:"A rate of the dealer at this postal code."`
	Quantity string `json:"quantity" minLength:"1" maxLength:"12"`
}

type pickupInput struct {
	ByID
	Body struct {
		Number string        `json:"number" minLength:"1" maxLength:"24" doc:"The order's number, as the customer says it"`
		OTP    string        `json:"otp" minLength:"1" maxLength:"12" doc:"The customer's one-time password, who consents by it"`
		Lines  []weightInput `json:"lines" maxItems:"200" doc:"What each line came to, zero too"`
		Extra  []extraInput  `json:"extra,omitempty" maxItems:"50" doc:"Material that was not ordered"`
		PayBy  string        `json:"pay_by,omitempty" enum:"cash,wallet" doc:"wallet: from the store owner's to the customer's, by the owner"`
		Note   string        `json:"note,omitempty" maxLength:"500"`
	}
}

func (in *pickupInput) cmd() (PickupCmd, error) {
	b := in.Body
	cmd := PickupCmd{Number: b.Number, OTP: b.OTP, PayBy: b.PayBy, Note: b.Note}
	parse := func(id, text string) (Weight, error) {
		n, err := qty.Parse(text)
		if err != nil {
			return Weight{}, ErrWeights.Field("body.lines", "invalid_quantity", "Is not a quantity with at most three decimals: "+text)
		}
		return Weight{id, n}, nil
	}
	for _, l := range b.Lines {
		w, err := parse(l.Line, l.Quantity)
		if err != nil {
			return cmd, err
		}
		cmd.Lines = append(cmd.Lines, w)
	}
	for _, x := range b.Extra {
		w, err := parse(x.Rate, x.Quantity)
		if err != nil {
			return cmd, err
		}
		cmd.Extra = append(cmd.Extra, w)
	}
	return cmd, nil
}

// mountBuyback registers what the side buyback has of its own.
func (s *Service) mountBuyback(api *web.API) {
	op := func(method, path, id, summary string, access web.Access, errs ...*fault.Error) web.Op {
		return web.Op{Method: method, Path: path, ID: "order." + id, Summary: summary, Room: "order", Access: access, Errors: errs}
	}
	checkout := op(http.MethodPost, "/v1/checkouts/buyback", "checkout_buyback", "Sell what is in the cart to stores: one order with a pickup for each", web.SignedIn,
		ErrEmptyCart, ErrLineNotFound, ErrCartChanged, ErrTotalChanged, ErrMixedCurrencies, ErrAddressNeeded, ErrContactNeeded, ErrTotalTooLarge,
		ErrPickupDay, ErrNotServed, ErrOwnStore, ErrTooManyPickups, rate.ErrPostalCode, identity.ErrAddressNotFound)
	checkout.Idempotent, checkout.Status = true, http.StatusCreated
	checkout.Description = "Each order has its own number and one-time password, which GET /v1/orders/{id}/otp shows to you alone. Nothing happens when a price, a dealer or the total is not what you saw."
	web.Register(api, checkout, func(ctx context.Context, in *buybackInput) (*one[CheckoutView], error) {
		caller, b := web.CallerFrom(ctx), in.Body
		id, replayed, err := s.CheckoutBuyback(ctx, caller, BuybackCmd{
			Lines: b.Lines, Contact: b.Contact, AddressID: b.AddressID, Address: (*identity.Address)(b.Address), Note: b.Note, Day: b.PickupDate, Slot: b.PickupSlot, ExpectedTotal: b.ExpectedTotal,
		})
		if err != nil {
			return nil, err
		}
		if replayed {
			web.MarkReplayed(ctx)
		}
		out, err := s.GetCheckout(ctx, caller, id)
		return &one[CheckoutView]{out}, err
	})
	otp := func(ctx context.Context, read func(context.Context, web.Caller, string) (OTP, error), id string) (*one[OTPView], error) {
		o, err := read(ctx, web.CallerFrom(ctx), id)
		return &one[OTPView]{OTPView{Number: o.Number, OTP: o.Password, TriesLeft: o.TriesLeft}}, err
	}
	web.Register(api, op(http.MethodGet, "/v1/orders/{id}/otp", "otp", "The one-time password of a pickup, for who sells", web.Owner, ErrNotFound, ErrNoOTP),
		func(ctx context.Context, in *ByID) (*one[OTPView], error) { return otp(ctx, s.OTPOf, in.ID) })
	web.Register(api, op(http.MethodPost, "/v1/orders/{id}/otp/renew", "renew_otp", "Make another one-time password, with all tries", web.Owner, ErrNotFound, ErrNoOTP),
		func(ctx context.Context, in *ByID) (*one[OTPView], error) { return otp(ctx, s.RenewOTP, in.ID) })
	show := func(ctx context.Context, id string, err error) (*one[View], error) {
		if err != nil {
			return nil, err
		}
		out, err := s.Get(ctx, web.CallerFrom(ctx), id)
		return &one[View]{out}, err
	}
	steps := []*fault.Error{ErrNotFound, ErrState, ErrNotYours, ErrDealerShut, ErrPickupEarly, store.ErrNoRight, store.ErrSellerRole}
	for on, summary := range map[Event]string{Accept: "Say that you come for what a customer sells", Miss: "Say that nobody was there for a pickup"} {
		web.Register(api, op(http.MethodPost, "/v1/orders/{id}/"+string(on), string(on), summary, web.Owner, append(steps, ErrCancelCheckout)...),
			func(ctx context.Context, in *stepInput) (*one[View], error) {
				var why Why
				if in.Body != nil {
					why.Note = in.Body.Note
				}
				return show(ctx, in.ID, s.Step(ctx, web.CallerFrom(ctx), in.ID, on, why))
			})
	}
	web.Register(api, op(http.MethodPost, "/v1/orders/{id}/reschedule", "reschedule", "Arrange another day or slot for a pickup", web.Owner, append(steps, ErrPickupDay)...),
		func(ctx context.Context, in *rescheduleInput) (*one[View], error) {
			b := in.Body
			return show(ctx, in.ID, s.RescheduleTo(ctx, web.CallerFrom(ctx), in.ID, b.PickupDate, b.PickupSlot, b.Note))
		})
	pickup := op(http.MethodPost, "/v1/orders/{id}/pickup", "pickup", "Weigh and pay what a customer sells, against his one-time password", web.Owner,
		ErrNotFound, ErrState, ErrNotYours, ErrDealerShut, ErrCarried, ErrWrongNumber, ErrWrongOTP, ErrOTPLocked, ErrWeights, ErrExtra, ErrPayBy, ErrTotalTooLarge,
		ledger.ErrInsufficientBalance, store.ErrNoRight, store.ErrSellerRole, store.ErrStoreNotFound)
	pickup.Description = "Totals are made anew of what was weighed, at the prices of the checkout. Five wrong passwords lock the pickup until the customer makes another one."
	web.Register(api, pickup, func(ctx context.Context, in *pickupInput) (*one[View], error) {
		cmd, err := in.cmd()
		if err == nil {
			err = s.Pickup(ctx, web.CallerFrom(ctx), in.ID, cmd)
		}
		return show(ctx, in.ID, err)
	})
}
