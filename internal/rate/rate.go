package rate

import (
	"regexp"
	"strings"
	"time"

	"github.com/haat-market/haat/internal/catalog"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/geo"
	"github.com/haat-market/haat/internal/platform/money"
	"github.com/haat-market/haat/internal/rate/ratedb"
	"github.com/haat-market/haat/internal/store"
)

// Bounds.
const (
	maxRates = 2000 // of a store
	// MaxAreas is how many postal codes a store can serve, whatever its plan.
	MaxAreas = 11
	// DefaultAreas is how many it can serve where no plan says otherwise.
	DefaultAreas = 5
	maxReason    = 500
)

// What this room refuses with.
var (
	ErrRateNotFound    = fault.New(fault.NotFound, "rate_not_found", "There is no such rate.")
	ErrRateTaken       = fault.New(fault.Conflict, "rate_taken", "The store has a rate for this material at this postal code: change that one.")
	ErrInvalidRate     = fault.New(fault.Invalid, "invalid_rate", "Something about the rate cannot be. See the fields.")
	ErrTooManyRates    = fault.New(fault.Conflict, "too_many_rates", "A store can have 2000 rates.")
	ErrNotServed       = fault.New(fault.Conflict, "postal_code_not_served", "The store does not serve this postal code. Add it to the served ones first.")
	ErrDoesNotBuy      = fault.New(fault.Conflict, "store_does_not_buy", "The store does not buy materials. Say in its profile that it does.")
	ErrPostalCode      = fault.New(fault.Invalid, "invalid_postal_code", "This is not a postal code: in India it has six digits, of which the first is not zero.")
	ErrPostalUnknown   = fault.New(fault.NotFound, "postal_code_unknown", "Nothing is known of this postal code. It may be new.")
	ErrTooManyAreas    = fault.New(fault.Conflict, "too_many_areas", "The store's plan does not allow so many postal codes. Ask for more.")
	ErrInvalidAreas    = fault.New(fault.Invalid, "invalid_areas", "Some of these are not postal codes. See the fields.")
	ErrRequestNotFound = fault.New(fault.NotFound, "area_request_not_found", "There is no such request.")
	ErrRequestPending  = fault.New(fault.Conflict, "area_request_pending", "A request of this store waits for an answer.")
	ErrRequestState    = fault.New(fault.Conflict, "area_request_state", "The request was answered before.")
	ErrBadFile         = fault.New(fault.Invalid, "invalid_rate_file", "The file cannot be read: its first line names the columns material, postal_code and price.")
)

// Rate is what a store pays for one unit of a material at a postal code.
type Rate struct {
	Key        int64
	ID         string
	StoreID    int64
	Store      store.Brief
	Material   catalog.Material
	PostalCode string
	Price      int64
	Currency   money.Currency
	Offered    bool
	Metres     *int64        // from where somebody asked
	Rating     *store.Rating // of its store, in searches
	CreatedAt  time.Time
	UpdatedAt  time.Time
}

func rateOf(r ratedb.Rate) Rate {
	return Rate{
		Key: r.ID, ID: r.PublicID, StoreID: r.StoreID, Material: catalog.Material{Key: r.MaterialID}, PostalCode: r.PostalCode, Price: r.Price,
		Currency: money.Currency(r.Currency), Offered: r.Offered, CreatedAt: clock.Time(r.CreatedAt), UpdatedAt: clock.Time(r.UpdatedAt),
	}
}

// Input is a rate as somebody writes it.
type Input struct {
	Material   string
	PostalCode string
	Price      string
}

// abroad is the shape of postal codes elsewhere.
var abroad = regexp.MustCompile(`^[A-Z0-9][A-Z0-9 -]{1,8}[A-Z0-9]$`)

// Normal is a postal code as it is kept. Error: ErrPostalCode.
func Normal(text, country string) (string, error) {
	if country == "IN" {
		pin, ok := geo.NormalPIN(text)
		if !ok {
			return "", ErrPostalCode
		}
		return pin, nil
	}
	code := strings.ToUpper(strings.TrimSpace(text))
	if !abroad.MatchString(code) {
		return "", ErrPostalCode
	}
	return code, nil
}

// Place is what is known of a postal code. Where nothing is known, only the code is there.
type Place struct {
	PostalCode string
	District   string
	State      string
	Districts  []string
	Office     string
	Lat, Lng   string
}

// PlaceOf looks a normal postal code up.
func PlaceOf(code string) Place {
	p, ok := geo.FindPIN(code)
	if !ok {
		return Place{PostalCode: code, Districts: []string{}}
	}
	lat, lng := p.At.Strings()
	return Place{PostalCode: code, District: p.District(), State: p.State, Districts: p.Districts, Office: p.Place, Lat: lat, Lng: lng}
}
