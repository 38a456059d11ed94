package delivery

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/haat-market/haat/internal/delivery/deliverydb"
	"github.com/haat-market/haat/internal/identity"
	"github.com/haat-market/haat/internal/ledger"
	"github.com/haat-market/haat/internal/order"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/geo"
	"github.com/haat-market/haat/internal/platform/idem"
	"github.com/haat-market/haat/internal/platform/qty"
	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/internal/store"
)

type one[T any] struct{ Body T }

// ByID names an object in the path. It is exported because only exported embedded types are read.
type ByID struct {
	ID string `path:"id" maxLength:"64"`
}

type placeIn struct {
	Contact      string `json:"contact,omitempty" maxLength:"100"`
	Phone        string `json:"phone,omitempty" maxLength:"32"`
	Line1        string `json:"line1" minLength:"1" maxLength:"200"`
	Line2        string `json:"line2,omitempty" maxLength:"200"`
	City         string `json:"city" minLength:"1" maxLength:"100"`
	District     string `json:"district,omitempty" maxLength:"100"`
	State        string `json:"state,omitempty" maxLength:"100"`
	PostalCode   string `json:"postal_code,omitempty" maxLength:"16"`
	Country      string `json:"country,omitempty" maxLength:"2"`
	Lat          string `json:"lat,omitempty" maxLength:"20" doc:"Degrees as a decimal"`
	Lng          string `json:"lng,omitempty" maxLength:"20"`
	Instructions string `json:"instructions,omitempty" maxLength:"500"`
}

func (p *placeIn) place() *Place {
	if p == nil {
		return nil
	}
	return &Place{Contact: p.Contact, Phone: p.Phone, Address: identity.Address{
		Line1: p.Line1, Line2: p.Line2, City: p.City, District: p.District, State: p.State, PostalCode: p.PostalCode, Country: p.Country, Lat: p.Lat, Lng: p.Lng,
		Instructions: p.Instructions,
	}}
}

type createIn struct {
	Body struct {
		Order        string     `json:"order" minLength:"1" maxLength:"64"`
		Lines        []lineIn   `json:"lines,omitempty" maxItems:"200" doc:"Of goods: which lines and how many of each; left out: all that nobody carries yet"`
		Pickup       *placeIn   `json:"pickup,omitempty" doc:"Left out: the store's address; of a buyback the household's"`
		Dropoff      *placeIn   `json:"dropoff,omitempty" doc:"Left out: the order's address and contact; of a buyback the store's"`
		PayUpTo      string     `json:"pay_up_to,omitempty" maxLength:"24" doc:"Of a buyback: what is set aside in the wallet of the store's owner for the household; left out: half as much again as what was ordered comes to"`
		Instructions string     `json:"instructions,omitempty" maxLength:"500"`
		Weight       int64      `json:"package_weight,omitempty" minimum:"1" maximum:"50000000" doc:"Grams; left out: what the order's lines weigh"`
		Size         string     `json:"package_size,omitempty" maxLength:"60" doc:"Such as 30x20x15 cm"`
		Value        string     `json:"package_value,omitempty" maxLength:"24" doc:"Left out: the order's total"`
		Fragile      bool       `json:"fragile,omitempty"`
		Signature    bool       `json:"requires_signature,omitempty"`
		Priority     string     `json:"priority,omitempty" enum:"low,normal,high,urgent" default:"normal"`
		Fee          string     `json:"fee,omitempty" maxLength:"24" doc:"What the store pays for the job; left out: what the buyer pays for delivery, or its part of it; of a buyback the market's charge for a delivery"`
		PickupAt     *time.Time `json:"requested_pickup_at,omitempty"`
		DeliverAt    *time.Time `json:"requested_delivery_at,omitempty"`
	}
}

type lineIn struct {
	Line     string `json:"line" minLength:"1" maxLength:"64"`
	Quantity int64  `json:"quantity" minimum:"1" maximum:"1000000000"`
}

func unitsOf(in []lineIn) []LineUnits {
	out := make([]LineUnits, len(in))
	for i, l := range in {
		out[i] = LineUnits{l.Line, l.Quantity}
	}
	return out
}

// StepBody is what comes with a courier's step.
type StepBody struct {
	Event string     `json:"event,omitempty" maxLength:"64" doc:"The phone's own name for this step: sent again, it changes nothing"`
	At    *time.Time `json:"at,omitempty" doc:"By the phone's clock"`
	Lat   string     `json:"lat,omitempty" maxLength:"20"`
	Lng   string     `json:"lng,omitempty" maxLength:"20"`
	Note  string     `json:"note,omitempty" maxLength:"500"`
}

// note is what a step carries, looked at.
func (b *StepBody) note() (n Note, err error) {
	if b == nil {
		return n, nil
	}
	n = Note{Client: b.Event, At: micros(b.At)}
	if n.Text, err = identity.Text("body.note", b.Note, 500); err != nil {
		return n, err
	}
	if b.Lat != "" || b.Lng != "" {
		p, ok := geo.NewPoint(b.Lat, b.Lng)
		if !ok {
			return n, ErrPosition
		}
		n.Where = &p
	}
	return n, nil
}

type stepIn struct {
	ByID
	Body *StepBody `required:"false"`
}

type pickupIn struct {
	ByID
	Body *struct {
		StepBody
		Weighed *WeighedBody `json:"weighed,omitempty" doc:"At a household's door, and only there"`
	} `required:"false"`
}

// WeighedBody is what a courier says at a household's door.
type WeighedBody struct {
	Number string        `json:"number" minLength:"1" maxLength:"24" doc:"The order's number, as the household says it"`
	OTP    string        `json:"otp" minLength:"1" maxLength:"12" doc:"The household's one-time password, which consents by it"`
	Lines  []WeighedLine `json:"lines" maxItems:"200" doc:"What each line came to, zero too"`
	Extra  []WeighedLine `json:"extra,omitempty" maxItems:"50" doc:"Material that was not ordered: line is a rate of the dealer at this postal code"`
	PayBy  string        `json:"pay_by,omitempty" enum:"wallet,cash" doc:"A courier pays from the dealer's wallet only; cash is refused"`
	Note   string        `json:"note,omitempty" maxLength:"500"`
}

// WeighedLine is what one of them came to.
type WeighedLine struct {
	Line     string `json:"line" minLength:"1" maxLength:"40"`
	Quantity string `json:"quantity" minLength:"1" maxLength:"12" doc:"At most three decimals; zero is said too"`
}

// cmd is what was said, looked at. Errors: order.ErrWeights.
func (b *WeighedBody) cmd() (cmd order.PickupCmd, err error) {
	if b == nil {
		return cmd, nil
	}
	cmd = order.PickupCmd{Number: b.Number, OTP: b.OTP, PayBy: b.PayBy}
	if cmd.Note, err = identity.Text("body.weighed.note", b.Note, 500); err != nil {
		return cmd, err
	}
	if cmd.Lines, err = weights(b.Lines, "lines"); err != nil {
		return cmd, err
	}
	cmd.Extra, err = weights(b.Extra, "extra")
	return cmd, err
}

func weights(in []WeighedLine, name string) ([]order.Weight, error) {
	out := make([]order.Weight, len(in))
	for i, x := range in {
		n, err := qty.Parse(x.Quantity)
		if err != nil {
			return nil, order.ErrWeights.Field(fmt.Sprintf("body.weighed.%s.%d.quantity", name, i), "invalid_quantity", "Is not a quantity with at most three decimals.")
		}
		out[i] = order.Weight{ID: x.Line, Thousandths: n}
	}
	return out, nil
}

type deliverIn struct {
	ByID
	Body struct {
		StepBody
		PIN string `json:"pin,omitempty" maxLength:"12" doc:"What the receiver says"`
		QR  string `json:"code,omitempty" maxLength:"64" doc:"Or the text of the receiver's code"`
	}
}

type failIn struct {
	ByID
	Body struct {
		StepBody
		Reason string     `json:"reason" enum:"nobody_home,refused,wrong_address,damaged,other"`
		Later  *time.Time `json:"try_again_at,omitempty"`
	}
}

type assignIn struct {
	ByID
	Body struct {
		Courier string `json:"courier" minLength:"1" maxLength:"64"`
	}
}

type listIn struct {
	web.PageParams
	Store   string `query:"store" maxLength:"64" doc:"A store's deliveries, for its people"`
	Courier string `query:"courier" maxLength:"64" doc:"A courier's, for admins"`
	Order   string `query:"order" maxLength:"64" doc:"An order's, for admins"`
	State   string `query:"state" enum:"available,assigned,picked_up,in_transit,delivered,failed,returned,cancelled"`
	All     bool   `query:"all" doc:"Everybody's, for admins"`
	Late    bool   `query:"late" doc:"Only those that should have moved on by now, the longest due first"`
	Stuck   bool   `query:"stuck" doc:"Only those that should have moved on three hours ago, the longest due first"`
	Text    string `query:"q" maxLength:"100" doc:"In the tracking number, the order, the names and the places"`
}

type offersIn struct {
	Lat    string `query:"lat" maxLength:"20" required:"true" doc:"Where you are, in decimal degrees"`
	Lng    string `query:"lng" maxLength:"20" required:"true"`
	Radius int64  `query:"radius_m" minimum:"100" maximum:"50000" default:"10000"`
	Limit  int    `query:"limit" minimum:"1" maximum:"100" default:"20"`
}

type offersOut struct {
	Items []OfferView `json:"items"`
}

type historyOut struct {
	Items []EventView `json:"items"`
}

// ProofView is what a buyer shows at the door.
type ProofView struct {
	Delivery  string `json:"delivery"`
	State     State  `json:"state"`
	PIN       string `json:"pin" doc:"Say it to the courier when you have the goods, and not before; empty when it is used up"`
	Code      string `json:"code" doc:"The text of the code that he may scan instead"`
	TriesLeft int64  `json:"tries_left"`
	Proof     string `json:"proof" doc:"How it was proved"`
}

type rateIn struct {
	ByID
	Body struct {
		Stars    int64  `json:"stars" minimum:"1" maximum:"5"`
		Delivery string `json:"delivery,omitempty" maxLength:"64" doc:"Which one, where an order came in several; left out: the newest that is not rated yet"`
	}
}

type proofIn struct {
	ByID
	Delivery string `query:"delivery" maxLength:"64" doc:"Which one, where an order comes in several; left out: the newest that has a proof"`
}

// Mount registers the room's operations.
func (s *Service) Mount(api *web.API) {
	op := func(method, path, id, summary string, access web.Access, errs ...*fault.Error) web.Op {
		return web.Op{Method: method, Path: path, ID: "delivery." + id, Summary: summary, Room: "delivery", Access: access, Errors: errs}
	}
	create := op("POST", "/v1/deliveries", "create", "Let a courier carry an order or a part of it, or fetch what a dealer bought", web.Owner, order.ErrNotFound, order.ErrNotYours, ErrOrderState, ErrExists, ErrLines, ErrPlace, ErrFee,
		ErrPayUpTo, ledger.ErrInsufficientBalance, store.ErrStoreNotFound, store.ErrStoreClosed, store.ErrNoRight, store.ErrSellerRole, idem.ErrReused)
	create.Idempotent, create.Status = true, http.StatusCreated
	create.Description = "For the store's people and admins. What is left out comes from the store and the order. It waits until a courier claims it or an admin assigns it. " +
		"An order of goods may go in several deliveries, each with its own lines; cash at the door is split by what the lines cost. " +
		"For what a dealer has agreed to buy it is for the store's owner and admins: the household's money and the courier's fee are set aside in the owner's wallet."
	web.Register(api, create, s.postCreate)
	web.Register(api, op("GET", "/v1/deliveries", "list", "Your deliveries as a courier, a store's, or all of them; newest first", web.SignedIn,
		db.ErrUnsupportedFilter, db.ErrInvalidCursor, store.ErrStoreNotFound, store.ErrNoRight, store.ErrSellerRole, ErrAdminList, ErrCourier),
		func(ctx context.Context, in *listIn) (*one[web.Page[View]], error) {
			out, err := s.List(ctx, web.CallerFrom(ctx), Selection{Store: in.Store, Courier: in.Courier, Order: in.Order, State: in.State, All: in.All, Late: in.Late, Stuck: in.Stuck, Text: in.Text}, in.PageParams)
			return &one[web.Page[View]]{out}, err
		})
	web.Register(api, op("GET", "/v1/deliveries/available", "offers", "Deliveries that wait for a courier near a place, the nearest first", web.Courier, ErrPosition),
		func(ctx context.Context, in *offersIn) (*one[offersOut], error) {
			at, ok := geo.NewPoint(in.Lat, in.Lng)
			if !ok {
				return nil, ErrPosition
			}
			out, err := s.Offers(ctx, at, in.Radius, in.Limit)
			return &one[offersOut]{offersOut{out}}, err
		})
	web.Register(api, op("GET", "/v1/deliveries/{id}", "get", "A delivery", web.Owner, ErrNotFound),
		func(ctx context.Context, in *ByID) (*one[View], error) { return s.show(ctx, in.ID, nil) })
	web.Register(api, op("GET", "/v1/deliveries/{id}/events", "events", "What happened to a delivery, oldest first", web.Owner, ErrNotFound),
		func(ctx context.Context, in *ByID) (*one[historyOut], error) {
			out, err := s.History(ctx, web.CallerFrom(ctx), in.ID)
			return &one[historyOut]{historyOut{out}}, err
		})
	s.mountAssign(api, op)
	s.mountTracking(api, op)
	s.mountCash(api, op)
	s.mountSteps(api, op)
	s.mountProof(api, op)
	s.mountPictures(api, op)
	s.mountSales(api, op)
	s.mountCouriers(api, op)
}

func (s *Service) mountSteps(api *web.API, op func(method, path, id, summary string, access web.Access, errs ...*fault.Error) web.Op) {
	unfit := []*fault.Error{ErrUnverified, ErrSuspended, ErrExpired, ErrTooMany, ErrCapacity, ErrCashLimit, ErrOwnScrap}
	claim := op("POST", "/v1/deliveries/{id}/claim", "claim", "Take a delivery that waits", web.Courier, append(unfit, ErrNotFound, ErrTaken, ErrState)...)
	claim.Description = "Of two who ask at once one has it; the other is told `delivery_taken`. Five at a time at most, and no more weight than the vehicle takes."
	web.Register(api, claim, func(ctx context.Context, in *stepIn) (*one[View], error) {
		n, err := in.Body.note()
		if err != nil {
			return nil, err
		}
		if err := s.Claim(ctx, web.CallerFrom(ctx), in.ID, n); err != nil {
			return nil, err
		}
		out, err := s.show(ctx, in.ID, nil)
		if errors.Is(err, ErrNotFound) { // an admin gave it to another before it was shown
			return nil, ErrTaken
		}
		return out, err
	})
	web.Register(api, op("POST", "/v1/deliveries/{id}/assign", "assign", "Give a delivery to a courier, also one that another has not picked up yet", web.Admin,
		append(unfit, ErrNotFound, ErrState, ErrCourier)...),
		func(ctx context.Context, in *assignIn) (*one[View], error) {
			return s.show(ctx, in.ID, s.AssignTo(ctx, web.CallerFrom(ctx), in.ID, in.Body.Courier))
		})
	for _, x := range []struct {
		on      Event
		summary string
		take    func(context.Context, web.Caller, string, Note) error
	}{
		{Unassign, "Give a delivery back before it is picked up, or take it from its courier", s.Unassign},
		{Release, "Take a failed delivery from its courier, for another one", s.Release},
		{Cancel, "Call a delivery off before it is picked up", s.Cancel},
	} {
		web.Register(api, op("POST", "/v1/deliveries/{id}/"+string(x.on), string(x.on), x.summary, web.Owner, ErrNotFound, ErrState, ErrNotYours, ErrPosition),
			func(ctx context.Context, in *stepIn) (*one[View], error) {
				n, err := in.Body.note()
				if err != nil {
					return nil, err
				}
				err = x.take(ctx, web.CallerFrom(ctx), in.ID, n)
				if err == nil {
					return s.after(ctx, in.ID)
				}
				return nil, err
			})
	}
	road := func(id, summary string, errs ...*fault.Error) web.Op {
		return op("POST", "/v1/deliveries/{id}/"+id, id, summary, web.Owner, append(errs, ErrNotFound, ErrState, ErrNotYours, ErrPosition, ErrClientEvent, order.ErrState)...)
	}
	for on, summary := range map[Event]string{
		Depart: "Say that you are on the way to the receiver",
		Retry:  "Try a failed delivery again", Return: "Bring a failed delivery back to the store",
	} {
		web.Register(api, road(string(on), summary), func(ctx context.Context, in *stepIn) (*one[View], error) {
			n, err := in.Body.note()
			if err != nil {
				return nil, err
			}
			return s.show(ctx, in.ID, s.Act(ctx, web.CallerFrom(ctx), in.ID, on, Action{Note: n}))
		})
	}
	pickup := road("pickup", "Say that the goods are picked up: the order is shipped, and the buyer has a PIN", order.ErrNoCash, order.ErrWrongNumber, order.ErrWrongOTP, order.ErrOTPLocked,
		order.ErrWeights, order.ErrExtra, order.ErrTotalTooLarge, order.ErrPayMost, ledger.ErrInsufficientBalance)
	pickup.Description = "At the door of a household that sells to a dealer it says what was weighed, against the household's one-time password: the order is paid from the dealer's wallet and completed. " +
		"Five wrong passwords lock it until the household makes another one."
	web.Register(api, pickup, func(ctx context.Context, in *pickupIn) (*one[View], error) {
		var a Action
		if in.Body != nil {
			var err error
			if a.Note, err = in.Body.note(); err != nil {
				return nil, err
			}
			if a.Weighed, err = in.Body.Weighed.cmd(); err != nil {
				return nil, err
			}
		}
		return s.show(ctx, in.ID, s.Act(ctx, web.CallerFrom(ctx), in.ID, Pickup, a))
	})
	deliver := road("deliver", "Say that the receiver has the goods, with his PIN or code", ErrProofNeeded, ErrSignatureNeeded, ErrWrongProof, ErrProofLocked)
	deliver.Description = "The order is delivered and the courier has earned. Five wrong PINs lock it until the receiver makes a new one. " +
		"Where the market's setting delivery_proof allows it, a photo and a signature that were sent before stand for the PIN. " +
		"What was fetched for a dealer his own people may take in without a PIN."
	web.Register(api, deliver, func(ctx context.Context, in *deliverIn) (*one[View], error) {
		n, err := in.Body.note()
		if err != nil {
			return nil, err
		}
		return s.show(ctx, in.ID, s.Act(ctx, web.CallerFrom(ctx), in.ID, Deliver, Action{Note: n, PIN: in.Body.PIN, QR: in.Body.QR}))
	})
	web.Register(api, road("fail", "Say that a delivery could not be made, and why", ErrReasonNeeded, order.ErrPickupEarly), func(ctx context.Context, in *failIn) (*one[View], error) {
		n, err := in.Body.note()
		if err != nil {
			return nil, err
		}
		return s.show(ctx, in.ID, s.Act(ctx, web.CallerFrom(ctx), in.ID, Fail, Action{Note: n, Reason: in.Body.Reason, Later: micros(in.Body.Later)}))
	})
}

func proofView(p Proof, err error) (*one[ProofView], error) {
	return &one[ProofView]{ProofView{Delivery: p.Delivery, State: p.State, PIN: p.PIN, Code: p.QR, TriesLeft: p.Tries, Proof: p.Kind}}, err
}

func (s *Service) mountProof(api *web.API, op func(method, path, id, summary string, access web.Access, errs ...*fault.Error) web.Op) {
	web.Register(api, op("GET", "/v1/orders/{id}/proof", "proof", "The PIN and code that you show the courier, for who receives it alone", web.Owner, order.ErrNotFound, ErrNoProof),
		func(ctx context.Context, in *proofIn) (*one[ProofView], error) {
			return proofView(s.ProofOf(ctx, web.CallerFrom(ctx), in.ID, in.Delivery))
		})
	web.Register(api, op("POST", "/v1/orders/{id}/proof/renew", "renew_proof", "Make another PIN and code, with all tries", web.Owner, order.ErrNotFound, ErrNoProof),
		func(ctx context.Context, in *proofIn) (*one[ProofView], error) {
			return proofView(s.RenewProof(ctx, web.CallerFrom(ctx), in.ID, in.Delivery))
		})
	rate := op("POST", "/v1/orders/{id}/delivery/rate", "rate", "Say how the courier did, once, as the buyer", web.Owner, order.ErrNotFound, ErrRated)
	rate.Status = http.StatusNoContent
	web.Register(api, rate, func(ctx context.Context, in *rateIn) (*struct{}, error) {
		return &struct{}{}, s.RateIt(ctx, web.CallerFrom(ctx), in.ID, in.Body.Delivery, in.Body.Stars)
	})
}

func (s *Service) postCreate(ctx context.Context, in *createIn) (*one[View], error) {
	b := in.Body
	id, replayed, err := s.Create(ctx, web.CallerFrom(ctx), NewDelivery{
		Order: b.Order, Lines: unitsOf(b.Lines), PayUpTo: b.PayUpTo, Pickup: b.Pickup.place(), Dropoff: b.Dropoff.place(), Instructions: b.Instructions, Weight: b.Weight, Size: b.Size, Value: b.Value, Fragile: b.Fragile,
		Signature: b.Signature, Priority: b.Priority, Fee: b.Fee, PickupAt: b.PickupAt, DeliverAt: b.DeliverAt,
	})
	if replayed {
		web.MarkReplayed(ctx)
	}
	return s.show(ctx, id, err)
}

func (s *Service) show(ctx context.Context, id string, err error) (*one[View], error) {
	if err != nil {
		return nil, err
	}
	out, err := s.Get(ctx, web.CallerFrom(ctx), id)
	return &one[View]{out}, err
}

// after shows a delivery to whoever just took a step with it, also if it is his no more.
func (s *Service) after(ctx context.Context, id string) (*one[View], error) {
	var v View
	err := s.db.Read(ctx, "delivery.after", func(ctx context.Context, tx db.Tx) error {
		d, err := deliverydb.New(tx).Delivery(ctx, id)
		if err != nil {
			return err
		}
		v, err = s.view(d, nil, nil)
		return err
	})
	return &one[View]{v}, err
}
