package order

import (
	"context"
	"net/http"
	"time"

	"github.com/haat-market/haat/internal/identity"
	"github.com/haat-market/haat/internal/inventory"
	"github.com/haat-market/haat/internal/ledger"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/event"
	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/internal/store"
)

type one[T any] struct{ Body T }

// ByID names an object in the path. It is exported because only exported embedded types are read.
type ByID struct {
	ID string `path:"id" maxLength:"64"`
}

type checkoutInput struct {
	Body struct {
		Lines         []string      `json:"lines,omitempty" maxItems:"100" doc:"Cart lines to buy; without it the whole cart"`
		Direct        *directInput  `json:"direct,omitempty" doc:"One thing bought without the cart"`
		Contact       *Contact      `json:"contact,omitempty" doc:"Who receives it; without it the address's name and phone"`
		AddressID     string        `json:"address_id,omitempty" maxLength:"64" doc:"An address of yours"`
		Address       *addressInput `json:"address,omitempty" doc:"Or an address written here"`
		Note          string        `json:"note,omitempty" maxLength:"1000"`
		PaymentMethod string        `json:"payment_method" enum:"gateway,wallet,cod"`
		ExpectedTotal string        `json:"expected_total" minLength:"1" maxLength:"24" doc:"The total you saw, as a decimal; another one stops the checkout"`
	}
}

// addressInput is identity.Address with what may be left out.
type addressInput struct {
	Name         string `json:"name,omitempty" maxLength:"100"`
	Phone        string `json:"phone,omitempty" maxLength:"64"`
	Line1        string `json:"line1" minLength:"1" maxLength:"200"`
	Line2        string `json:"line2,omitempty" maxLength:"200"`
	City         string `json:"city" minLength:"1" maxLength:"100"`
	District     string `json:"district,omitempty" maxLength:"100"`
	State        string `json:"state,omitempty" maxLength:"100"`
	PostalCode   string `json:"postal_code,omitempty" maxLength:"16"`
	Country      string `json:"country,omitempty" maxLength:"2" doc:"Two letters (ISO 3166); empty: the market's"`
	Lat          string `json:"lat,omitempty" maxLength:"20" doc:"Degrees as a decimal"`
	Lng          string `json:"lng,omitempty" maxLength:"20" doc:"Degrees as a decimal"`
	Instructions string `json:"instructions,omitempty" maxLength:"500"`
}

type directInput struct {
	Variant  string `json:"variant" maxLength:"64"`
	Quantity int64  `json:"quantity" minimum:"1" maximum:"10000"`
}

type quoteInput struct {
	Body struct {
		Lines  []string     `json:"lines,omitempty" maxItems:"100"`
		Direct *directInput `json:"direct,omitempty"`
	}
}

// QuoteView is what a checkout would come to now.
type QuoteView struct {
	Currency string       `json:"currency"`
	Totals   TotalsView   `json:"totals"`
	Stores   []StoreQuote `json:"stores"`
	Methods  []string     `json:"payment_methods" doc:"How this could be paid now: gateway, wallet, cod. A store that owes the market too much takes no cash."`
}

// StoreQuote is one store's part of a quote.
type StoreQuote struct {
	Store  string     `json:"store"`
	Totals TotalsView `json:"totals"`
	Cash   bool       `json:"cash" doc:"Whether it takes cash at the door now"`
}

// Selection says which orders. It is exported because only exported embedded types are read.
type Selection struct {
	Store         string    `query:"store" maxLength:"64" doc:"A store's orders, for its people"`
	All           bool      `query:"all" doc:"Everybody's orders, for admins"`
	State         string    `query:"state" enum:"awaiting_payment,pending,confirmed,processing,shipped,delivered,completed,cancelled,returning,returned"`
	PaymentStatus string    `query:"payment_status" enum:"unpaid,paid,part_refunded,refunded"`
	Side          string    `query:"side" enum:"sale,buyback"`
	Customer      string    `query:"customer" maxLength:"64" doc:"With store and side=buyback: what it bought of this account"`
	Channel       string    `query:"channel" enum:"checkout,guest" doc:"guest: ordered by message"`
	Reference     string    `query:"reference" maxLength:"50" doc:"The client's own name for an order by message"`
	Number        string    `query:"number" maxLength:"24" doc:"The number on paper, such as H-000042"`
	From          time.Time `query:"from" doc:"Placed at this time or later"`
	To            time.Time `query:"to" doc:"Placed before this time"`
}

func (in Selection) query() ListQuery { return ListQuery(in) }

type listInput struct {
	web.PageParams
	Selection
	Due bool `query:"due_for_expiry" doc:"For admins: those whose time to be paid or answered is over, which the next sweep cancels"`
}

type exportInput struct{ Selection }

type stepInput struct {
	ByID
	Body *struct {
		Note    string `json:"note,omitempty" maxLength:"500"`
		Restock bool   `json:"restock,omitempty" doc:"receive: the goods are good and go back to stock"`
	} `required:"false"`
}

type historyInput struct {
	ByID
	web.PageParams
}

// EventView is one entry of an order's history.
type EventView struct {
	Type  string         `json:"type"`
	Actor string         `json:"actor" doc:"An account, or system"`
	Facts map[string]any `json:"facts"`
	At    time.Time      `json:"at"`
}

// Mount registers the room's operations.
func (s *Service) Mount(api *web.API) {
	op := func(method, path, id, summary string, access web.Access, errs ...*fault.Error) web.Op {
		return web.Op{Method: method, Path: path, ID: "order." + id, Summary: summary, Room: "order", Access: access, Errors: errs}
	}
	checkout := op("POST", "/v1/checkouts", "checkout", "Check out the cart, some lines of it, or one thing directly", web.SignedIn,
		ErrEmptyCart, ErrLineNotFound, ErrCartChanged, ErrTotalChanged, ErrMixedCurrencies, ErrTooManyUnpaid, ErrTooMuchReserved, ErrAddressNeeded, ErrContactNeeded,
		ErrTotalTooLarge, ErrMethod, ErrMethodOff, ErrStoreDebt, inventory.ErrOutOfStock, ledger.ErrInsufficientBalance, identity.ErrAddressNotFound)
	checkout.Idempotent, checkout.Status = true, http.StatusCreated
	checkout.Description = "Makes one order for each store, reserves the goods, and takes the wallet's money or opens a payment. Nothing happens when a price, " +
		"the stock or the total is not what you saw: the answer says what changed."
	web.Register(api, checkout, s.postCheckout)
	web.Register(api, op("POST", "/v1/checkouts/quote", "quote", "What a checkout would come to now, delivery included", web.SignedIn,
		ErrEmptyCart, ErrLineNotFound, ErrCartChanged, ErrMixedCurrencies, ErrTotalTooLarge), s.postQuote)
	web.Register(api, op("GET", "/v1/checkouts/{id}", "get_checkout", "A checkout with its orders and its payment", web.Owner, ErrCheckoutNotFound),
		func(ctx context.Context, in *ByID) (*one[CheckoutView], error) {
			out, err := s.GetCheckout(ctx, web.CallerFrom(ctx), in.ID)
			return &one[CheckoutView]{out}, err
		})
	web.Register(api, op("POST", "/v1/checkouts/{id}/cancel", "cancel_checkout", "Cancel a checkout that is not paid yet", web.Owner, ErrCheckoutNotFound, ErrState),
		func(ctx context.Context, in *ByID) (*one[CheckoutView], error) {
			caller := web.CallerFrom(ctx)
			if err := s.CancelCheckout(ctx, caller, in.ID); err != nil {
				return nil, err
			}
			out, err := s.GetCheckout(ctx, caller, in.ID)
			return &one[CheckoutView]{out}, err
		})
	web.Register(api, op("GET", "/v1/orders", "list", "Your orders, a store's, or all of them; newest first", web.SignedIn,
		db.ErrUnsupportedFilter, db.ErrInvalidCursor, store.ErrStoreNotFound, store.ErrNoRight, ErrAdminList, identity.ErrAccountNotFound),
		func(ctx context.Context, in *listInput) (*one[web.Page[Summary]], error) {
			if in.Due {
				out, err := s.DueForExpiry(ctx, web.CallerFrom(ctx))
				return &one[web.Page[Summary]]{out}, err
			}
			out, err := s.List(ctx, web.CallerFrom(ctx), in.query(), in.PageParams)
			return &one[web.Page[Summary]]{out}, err
		})
	export := op("GET", "/v1/orders.csv", "export", "Your orders, a store's, or all of them as CSV", web.SignedIn,
		db.ErrUnsupportedFilter, store.ErrStoreNotFound, store.ErrNoRight, ErrAdminList, identity.ErrAccountNotFound)
	export.Description = "The same choice as GET /v1/orders, whole, newest first. Times are the market's. What a spreadsheet would run as a formula has an apostrophe before it."
	export.Produces, export.Timeout = []string{"text/csv"}, web.NoTimeout
	web.Register(api, export, s.export)
	web.Register(api, op("GET", "/v1/orders/expiry", "expiry", "How many orders have come to the end of their time", web.Admin),
		func(ctx context.Context, _ *struct{}) (*one[ExpiryView], error) {
			out, err := s.Expiry(ctx)
			return &one[ExpiryView]{out}, err
		})
	web.Register(api, op("GET", "/v1/orders/{id}", "get", "An order with its lines", web.Owner, ErrNotFound, store.ErrNoRight),
		func(ctx context.Context, in *ByID) (*one[View], error) {
			out, err := s.Get(ctx, web.CallerFrom(ctx), in.ID)
			return &one[View]{out}, err
		})
	web.Register(api, op("GET", "/v1/orders/{id}/events", "events", "What happened to an order, oldest first", web.Owner, ErrNotFound, store.ErrNoRight, db.ErrInvalidCursor),
		func(ctx context.Context, in *historyInput) (*one[web.Page[EventView]], error) {
			out, err := s.History(ctx, web.CallerFrom(ctx), in.ID, in.PageParams)
			return &one[web.Page[EventView]]{out}, err
		})
	s.mountGuests(api)
	s.mountBuyback(api)
	s.mountChanges(api)
	s.mountRefunds(api)
	s.mountDisputes(api)
	for on, summary := range map[Event]string{
		Confirm: "Confirm a cash or guest order; of a guest order all goods are taken now, or it is refused", Process: "Start to prepare an order", Ship: "Hand an order over to be carried", Deliver: "Say that an order was delivered",
		Complete: "Complete a delivered order: the store gets its money", Cancel: "Cancel an order before it is shipped",
		Return: "Say that a shipped order was refused and comes back", Receive: "Say that a returning order is back at the store",
	} {
		web.Register(api, op("POST", "/v1/orders/{id}/"+string(on), string(on), summary, web.Owner, ErrNotFound, ErrState, ErrNotYours, ErrFrozen, ErrCarried, ErrPartly, ErrCancelCheckout, inventory.ErrOutOfStock, store.ErrNoRight, store.ErrSellerRole),
			func(ctx context.Context, in *stepInput) (*one[View], error) {
				caller := web.CallerFrom(ctx)
				var why Why
				if in.Body != nil {
					why = Why{Note: in.Body.Note, Restock: in.Body.Restock}
				}
				if err := s.Step(ctx, caller, in.ID, on, why); err != nil {
					return nil, err
				}
				out, err := s.Get(ctx, caller, in.ID)
				return &one[View]{out}, err
			})
	}
}

func (s *Service) postCheckout(ctx context.Context, in *checkoutInput) (*one[CheckoutView], error) {
	caller, b := web.CallerFrom(ctx), in.Body
	cmd := CheckoutCmd{
		Lines: b.Lines, Contact: b.Contact, AddressID: b.AddressID, Address: (*identity.Address)(b.Address), Note: b.Note, Method: b.PaymentMethod, ExpectedTotal: b.ExpectedTotal,
	}
	if b.Direct != nil {
		cmd.Direct = &Direct{Variant: b.Direct.Variant, Quantity: b.Direct.Quantity}
	}
	made, replayed, err := s.checkout(ctx, caller, cmd)
	if err != nil {
		return nil, err
	}
	var out CheckoutView
	if replayed {
		web.MarkReplayed(ctx)
		out, err = s.GetCheckout(ctx, caller, made.row.PublicID)
	} else {
		out, err = made.view(caller)
	}
	return &one[CheckoutView]{out}, err
}

func (s *Service) postQuote(ctx context.Context, in *quoteInput) (*one[QuoteView], error) {
	cmd := CheckoutCmd{Lines: in.Body.Lines}
	if d := in.Body.Direct; d != nil {
		cmd.Direct = &Direct{Variant: d.Variant, Quantity: d.Quantity}
	}
	out, err := s.Quote(ctx, web.CallerFrom(ctx), cmd)
	return &one[QuoteView]{out}, err
}

// Quote prices what a checkout would come to now. It reserves nothing.
func (s *Service) Quote(ctx context.Context, caller web.Caller, cmd CheckoutCmd) (v QuoteView, err error) {
	settings, err := s.market.Settings(ctx)
	if err != nil {
		return v, err
	}
	err = s.db.Read(ctx, "order.quote", func(ctx context.Context, tx db.Tx) error {
		cartID, err := s.cart.ID(ctx, tx, caller.AccountID)
		if err != nil {
			return err
		}
		b, err := s.fill(ctx, tx, settings, cartID, cmd)
		if err != nil {
			return err
		}
		v = QuoteView{Currency: string(b.currency), Totals: view(b.totals, b.currency), Stores: make([]StoreQuote, len(b.stores))}
		for i, st := range b.stores {
			v.Stores[i] = StoreQuote{Store: st.brief.PublicID, Totals: view(st.totals, b.currency)}
		}
		return s.quoteMethods(ctx, tx, b, &v)
	})
	return v, err
}

// History lists what happened to an order, oldest first.
func (s *Service) History(ctx context.Context, caller web.Caller, id string, page web.PageParams) (out web.Page[EventView], err error) {
	err = s.db.Read(ctx, "order.history", func(ctx context.Context, tx db.Tx) error {
		if _, _, err := s.open(ctx, tx, caller, id); err != nil {
			return err
		}
		events, next, err := s.events.History(ctx, tx, id, event.Page{Limit: page.Limit, Cursor: page.Cursor})
		if err != nil {
			return err
		}
		items := make([]EventView, 0, len(events))
		for _, e := range events {
			items = append(items, EventView{Type: e.Type, Actor: e.Actor, Facts: e.Facts, At: e.At})
		}
		out = web.NewPage(items, next)
		return nil
	})
	return out, err
}
