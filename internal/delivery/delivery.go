package delivery

import (
	"encoding/json"
	"time"

	"github.com/haat-market/haat/internal/delivery/deliverydb"
	"github.com/haat-market/haat/internal/identity"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/geo"
)

// What a caller may be told.
var (
	ErrNotFound     = fault.New(fault.NotFound, "delivery_not_found", "There is no such delivery.")
	ErrState        = fault.New(fault.Conflict, "wrong_state", "The delivery's state does not allow this. See what it allows here.")
	ErrNotYours     = fault.New(fault.Forbidden, "not_your_part", "This step is not yours to take.")
	ErrTaken        = fault.New(fault.Conflict, "delivery_taken", "Another courier has this delivery already.")
	ErrOrderState   = fault.New(fault.Conflict, "order_not_ready", "A delivery is made for an order that is confirmed, or of which a part is on its way; of what is sold to a dealer once he has accepted it.")
	ErrExists       = fault.New(fault.Conflict, "delivery_exists", "There is a delivery for this order already, or for each of its lines.")
	ErrPlace        = fault.New(fault.Invalid, "place_required", "Say where the goods are picked up: a line of an address, a city, a name and a telephone number.")
	ErrFee          = fault.New(fault.Invalid, "fee_invalid", "The fee is a decimal amount in the order's currency.")
	ErrPosition     = fault.New(fault.Invalid, "position_invalid", "A position is a latitude and a longitude in decimal degrees.")
	ErrCourier      = fault.New(fault.NotFound, "courier_not_found", "There is no such courier.")
	ErrUnverified   = fault.New(fault.Forbidden, "courier_unverified", "An admin has not verified the courier's documents yet.")
	ErrSuspended    = fault.New(fault.Forbidden, "courier_suspended", "The courier is suspended. The reason is in the profile.")
	ErrExpired      = fault.New(fault.Forbidden, "documents_expired", "The courier's documents have expired. New ones have to be sent in and verified.")
	ErrTooMany      = fault.New(fault.Conflict, "too_many_jobs", "The courier has as many deliveries as one may have at a time.")
	ErrCapacity     = fault.New(fault.Conflict, "over_capacity", "The package is heavier than what the vehicle still takes.")
	ErrUnready      = fault.New(fault.Conflict, "courier_unavailable", "The courier takes no jobs at present.")
	ErrProofNeeded  = fault.New(fault.Invalid, "proof_required", "Ask the receiver for the PIN, or scan the code.")
	ErrWrongProof   = fault.New(fault.Invalid, "wrong_proof", "This is not the PIN or code of this delivery.")
	ErrProofLocked  = fault.New(fault.Conflict, "proof_locked", "Too many wrong PINs. The receiver has to make a new one, or shows the code.")
	ErrNoProof      = fault.New(fault.Conflict, "no_proof", "There is a proof once a courier has picked the order up.")
	ErrClientEvent  = fault.New(fault.Conflict, "event_reused", "This name was given to another event.")
	ErrRated        = fault.New(fault.Conflict, "already_rated", "This delivery cannot be rated, or was already.")
	ErrDocument     = fault.New(fault.NotFound, "document_not_found", "There is no such document.")
	ErrDocDecided   = fault.New(fault.Conflict, "document_decided", "This document was decided already.")
	ErrDocExpired   = fault.New(fault.Invalid, "document_expired", "The document is expired.")
	ErrDocsMissing  = fault.New(fault.Conflict, "documents_missing", "Documents or facts of the profile are missing.")
	ErrTooManyDocs  = fault.New(fault.Conflict, "too_many_documents", "Too many documents were sent in.")
	ErrReasonNeeded = fault.New(fault.Invalid, "reason_required", "Say why.")
	ErrShare        = fault.New(fault.Invalid, "share_invalid", "The share is a percentage from 0 to 100.")
)

const (
	// MostJobs is how many deliveries a courier may have at a time.
	MostJobs = 5
	// MostTries is how many wrong PINs lock a proof.
	MostTries = 5
	// farAway is how far from the drop-off a delivery is flagged.
	farAway = 500
	// detour is what roads add to the straight line, in percent.
	detour = 130
	// handling is what a stop takes beside the way.
	handling = 10 * time.Minute
	// defaultShare is a courier's part of the fee, in hundredths of a percent.
	defaultShare = 9000
	maxWeight    = 50_000_000
)

// Priorities by their number in the database.
var priorities = []string{"low", "normal", "high", "urgent"}

// Place is where a package is picked up or dropped off, and who is there.
type Place struct {
	Contact string `json:"contact"`
	Phone   string `json:"phone"`
	identity.Address
}

// point is where the place is; nil where nobody said.
func (p Place) point() *geo.Point {
	if p.Lat == "" {
		return nil
	}
	at, ok := geo.NewPoint(p.Lat, p.Lng)
	if !ok {
		return nil
	}
	return &at
}

func decodePlace(text string) (p Place, err error) {
	err = json.Unmarshal([]byte(text), &p)
	return p, err
}

func pointOf(lat, lng *int64) *geo.Point {
	if lat == nil || lng == nil {
		return nil
	}
	return &geo.Point{Lat: *lat, Lng: *lng}
}

func split(p *geo.Point) (lat, lng *int64) {
	if p == nil {
		return nil, nil
	}
	return &p.Lat, &p.Lng
}

// cellSize is the side of a cell in millionths of a degree, about 5 km.
const cellSize = 50_000

// nowhere is the cell of what has no position; it is near everybody.
const nowhere int64 = -1

func cellOf(p *geo.Point) int64 {
	if p == nil {
		return nowhere
	}
	return (p.Lat+90_000_000)/cellSize*10_000 + (p.Lng+180_000_000)/cellSize
}

// cellsNear are the cells within so many metres of a point, and nowhere.
func cellsNear(p geo.Point, metres int64) []int64 {
	out := []int64{nowhere}
	north := metres * 1_000_000 / 111_000
	east := north
	if edge := geo.Metres(p, geo.Point{Lat: p.Lat, Lng: p.Lng + 100_000}); edge > 0 {
		east = min(metres*100_000/edge, 20*cellSize)
	}
	for lat := p.Lat - north; ; lat += cellSize {
		for lng := p.Lng - east; ; lng += cellSize {
			out = append(out, cellOf(&geo.Point{Lat: min(lat, p.Lat+north), Lng: min(lng, p.Lng+east)}))
			if lng >= p.Lng+east {
				break
			}
		}
		if lat >= p.Lat+north {
			break
		}
	}
	return out
}

// speeds are metres an hour by vehicle, in a town.
var speeds = map[string]int64{"foot": 5_000, "bicycle": 12_000, "motorcycle": 25_000, "car": 22_000, "van": 20_000, "truck": 18_000}

// travel is how long a vehicle takes for a straight distance, with one stop.
func travel(metres int64, vehicle string) time.Duration {
	speed := speeds[vehicle]
	if speed == 0 {
		speed = 15_000
	}
	return time.Duration(metres*detour/100)*time.Hour/time.Duration(speed) + handling
}

// due is when a delivery should have moved on; what is later is late.
func due(d deliverydb.Delivery, now time.Time) int64 {
	wait := func(t *int64, atLeast time.Duration) int64 {
		at := clock.Micro(now.Add(atLeast))
		if t != nil {
			at = max(at, *t)
		}
		return at
	}
	switch State(d.State) {
	case Available:
		return wait(d.PickupAt, time.Hour)
	case Assigned:
		return wait(d.PickupAt, 2*time.Hour)
	case PickedUp, InTransit:
		return wait(d.DeliverAt, 4*time.Hour)
	case Failed:
		return wait(d.DeliverAt, 24*time.Hour)
	default:
		return d.DueAt
	}
}
