package identity

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/haat-market/haat/internal/identity/identitydb"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/code"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/idem"
	"github.com/haat-market/haat/internal/platform/web"
)

// Address is a place that somebody can be found at, as orders and stores freeze it.
type Address struct {
	Name         string `json:"name"`
	Phone        string `json:"phone"`
	Line1        string `json:"line1"`
	Line2        string `json:"line2"`
	City         string `json:"city"`
	District     string `json:"district"`
	State        string `json:"state"`
	PostalCode   string `json:"postal_code"`
	Country      string `json:"country"` // ISO 3166, two letters
	Lat          string `json:"lat"`     // degrees as a decimal with six digits, or ""
	Lng          string `json:"lng"`
	Instructions string `json:"instructions"`
}

// SavedAddress is an address that an account keeps.
type SavedAddress struct {
	ID       int64
	PublicID string
	Label    string
	Default  bool
	Address
	CreatedAt time.Time
	UpdatedAt time.Time
}

var country = regexp.MustCompile(`^[A-Z]{2}$`)

// Normal is the address in its stored form. A missing country is the market's. path stands before the names of the
// fields in a refusal ("" or "address."). Only line1, city and a country must be there; name and phone may come from
// whoever the address is for.
func (a Address) Normal(path, marketCountry string) (Address, error) {
	bad := web.ErrInvalid
	line := func(name string, value *string, most int, required bool) {
		v, err := Line(path+name, *value, most)
		bad = addFields(bad, err)
		if err == nil && v == "" && required {
			bad = bad.Field(path+name, web.CodeRequired, "Must be given.")
		}
		*value = v
	}
	line("name", &a.Name, maxName, false)
	line("line1", &a.Line1, 200, true)
	line("line2", &a.Line2, 200, false)
	line("city", &a.City, 100, true)
	line("district", &a.District, 100, false)
	line("state", &a.State, 100, false)
	line("postal_code", &a.PostalCode, 16, false)
	a.PostalCode = strings.ToUpper(a.PostalCode)
	if a.Country = strings.ToUpper(strings.TrimSpace(a.Country)); a.Country == "" {
		a.Country = marketCountry
	}
	if !country.MatchString(a.Country) {
		bad = bad.Field(path+"country", web.CodeInvalidFormat, "Must be the two letters of a country, such as NP.")
	}
	if a.Phone != "" {
		phone, err := Phone(a.Phone, a.Country)
		if err != nil {
			bad = bad.Field(path+"phone", "invalid_phone", invalidPhone().Fields[0].Message)
		}
		a.Phone = phone
	}
	text, err := Text(path+"instructions", a.Instructions, 500)
	bad = addFields(bad, err)
	a.Instructions = text
	lat, okLat := micro(a.Lat, 90)
	lng, okLng := micro(a.Lng, 180)
	switch {
	case !okLat:
		bad = bad.Field(path+"lat", web.CodeInvalidFormat, `Must be degrees between -90 and 90, such as "27.717245".`)
	case !okLng:
		bad = bad.Field(path+"lng", web.CodeInvalidFormat, `Must be degrees between -180 and 180, such as "85.323959".`)
	case (a.Lat == "") != (a.Lng == ""):
		bad = bad.Field(path+"lat", web.CodeRequired, "Latitude and longitude go together.")
	case a.Lat != "":
		a.Lat, a.Lng = degrees(lat), degrees(lng)
	}
	if len(bad.Fields) > 0 {
		return Address{}, bad
	}
	return a, nil
}

// addFields names in bad also what another refusal names.
func addFields(bad *fault.Error, err error) *fault.Error {
	if more, ok := fault.As(err); ok {
		for _, f := range more.Fields {
			bad = bad.Field(f.Path, f.Code, f.Message)
		}
	}
	return bad
}

var decimalDegrees = regexp.MustCompile(`^(-?)([0-9]{1,3})(?:\.([0-9]{1,12}))?$`)

// micro reads degrees as whole millionths; digits beyond them (a tenth of a metre) are cut. "" is no place and fine.
func micro(s string, most int64) (int64, bool) {
	if s == "" {
		return 0, true
	}
	m := decimalDegrees.FindStringSubmatch(s)
	if m == nil {
		return 0, false
	}
	digits := m[2] + (m[3] + "000000")[:6]
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || n > most*1_000_000 || n == most*1_000_000 && strings.Trim(m[3], "0") != "" {
		return 0, false
	}
	if m[1] == "-" {
		n = -n
	}
	return n, true
}

// degrees writes millionths as a decimal with six digits.
func degrees(n int64) string {
	sign := ""
	if n < 0 {
		sign, n = "-", -n
	}
	s := strconv.FormatInt(n%1_000_000+1_000_000, 10)[1:]
	return sign + strconv.FormatInt(n/1_000_000, 10) + "." + s
}

func (a Address) place() (lat, lng *int64) {
	if a.Lat == "" {
		return nil, nil
	}
	la, _ := micro(a.Lat, 90) // checked by Normal
	ln, _ := micro(a.Lng, 180)
	return &la, &ln
}

func savedOf(r identitydb.Address) SavedAddress {
	a := SavedAddress{
		ID: r.ID, PublicID: r.PublicID, Label: r.Label, Default: r.IsDefault,
		Address: Address{
			Name: r.Name, Phone: r.Phone, Line1: r.Line1, Line2: r.Line2, City: r.City, District: r.District, State: r.State,
			PostalCode: r.PostalCode, Country: r.Country, Instructions: r.Instructions,
		},
		CreatedAt: clock.Time(r.CreatedAt), UpdatedAt: clock.Time(r.UpdatedAt),
	}
	if r.LatMicro != nil && r.LngMicro != nil {
		a.Lat, a.Lng = degrees(*r.LatMicro), degrees(*r.LngMicro)
	}
	return a
}

// Address is one of the account's addresses, for an order to freeze. Errors: ErrAddressNotFound.
func (s *Service) Address(ctx context.Context, tx db.Tx, accountID int64, publicID string) (Address, error) {
	a, err := s.savedAddress(ctx, tx, accountID, publicID)
	return a.Address, err
}

func (s *Service) savedAddress(ctx context.Context, tx db.Tx, accountID int64, publicID string) (SavedAddress, error) {
	row, err := identitydb.New(tx).AddressOf(ctx, accountID, publicID)
	if errors.Is(err, db.ErrNoRows) {
		return SavedAddress{}, ErrAddressNotFound
	}
	return savedOf(row), err
}

var addressList = db.DefineList(db.List{
	Name: "identity.addresses",
	Select: "SELECT d.id, d.public_id, d.label, d.name, d.phone, d.line1, d.line2, d.city, d.district, d.state, d.postal_code, d.country," +
		" d.lat_micro, d.lng_micro, d.instructions, d.is_default, d.created_at, d.updated_at",
	From:    "FROM addresses d",
	Filters: []db.Filter{{Name: "account", SQL: "d.account_id = ?", Type: db.Int}},
	Sorts:   []db.Sort{{Name: "newest", Desc: true, Keys: []db.SortKey{{Column: "d.id", Type: db.Int}}}},
	Combos:  []db.Combo{{Filters: []string{"account"}, Sort: "newest", Index: "addresses_account"}},
})

// Addresses are the caller's own, newest first.
func (s *Service) Addresses(ctx context.Context, c web.Caller, limit int, cursor string) (items []SavedAddress, next string, err error) {
	err = s.db.Read(ctx, "identity.addresses", func(ctx context.Context, tx db.Tx) (err error) {
		items, next, err = db.QueryList(ctx, tx, addressList, db.ListQuery{
			Filters: map[string]any{"account": c.AccountID}, Limit: limit, Cursor: cursor,
		}, func(r db.Scanner) (SavedAddress, error) {
			var d identitydb.Address
			err := r.Scan(&d.ID, &d.PublicID, &d.Label, &d.Name, &d.Phone, &d.Line1, &d.Line2, &d.City, &d.District, &d.State, &d.PostalCode,
				&d.Country, &d.LatMicro, &d.LngMicro, &d.Instructions, &d.IsDefault, &d.CreatedAt, &d.UpdatedAt)
			return savedOf(d), err
		})
		return err
	})
	return items, next, err
}

// NewAddress is an address to be kept.
type NewAddress struct {
	Label   string
	Default bool
	Address
}

// normal is the address in its stored form.
func (n NewAddress) normal(facts MarketFacts) (NewAddress, error) {
	var err error
	if n.Label, err = Line("label", n.Label, 40); err != nil {
		return n, err
	}
	n.Address, err = n.Address.Normal("", facts.Country)
	return n, err
}

// AddAddress keeps an address of the caller's; the first one is the default. Repeated under the same key it gives the
// same one. Errors: web.ErrInvalid, ErrTooManyAddresses; idem's.
func (s *Service) AddAddress(ctx context.Context, c web.Caller, n NewAddress) (a SavedAddress, replayed bool, err error) {
	facts, err := s.market(ctx)
	if err != nil {
		return a, false, err
	}
	if n, err = n.normal(facts); err != nil {
		return a, false, err
	}
	id, replayed, err := idem.Once(ctx, s.db, "identity.add_address", func(ctx context.Context, tx db.Tx) (string, error) {
		a, err = s.addAddress(ctx, tx, c, n)
		return a.PublicID, err
	})
	if err == nil && replayed {
		err = s.db.Read(ctx, "identity.address", func(ctx context.Context, tx db.Tx) (err error) {
			a, err = s.savedAddress(ctx, tx, c.AccountID, id)
			return err
		})
	}
	return a, replayed, err
}

func (s *Service) addAddress(ctx context.Context, tx db.Tx, c web.Caller, n NewAddress) (SavedAddress, error) {
	q := identitydb.New(tx)
	old, err := q.AddressesOf(ctx, c.AccountID)
	if err != nil {
		return SavedAddress{}, err
	}
	if len(old) >= maxAddresses {
		return SavedAddress{}, ErrTooManyAddresses
	}
	if len(old) == 0 {
		n.Default = true
	} else if n.Default {
		if err := q.ClearDefault(ctx, c.AccountID); err != nil {
			return SavedAddress{}, err
		}
	}
	now := clock.Micro(s.clock.Now())
	lat, lng := n.place()
	row, err := q.InsertAddress(ctx, identitydb.InsertAddressParams{
		PublicID: code.ID("adr"), AccountID: c.AccountID, Label: n.Label, Name: n.Name, Phone: n.Phone, Line1: n.Line1, Line2: n.Line2,
		City: n.City, District: n.District, State: n.State, PostalCode: n.PostalCode, Country: n.Country, LatMicro: lat, LngMicro: lng,
		Instructions: n.Instructions, IsDefault: n.Default, CreatedAt: now, UpdatedAt: now,
	})
	return savedOf(row), err
}

// ChangeAddress changes one of the caller's addresses by what change does to it.
// Errors: web.ErrInvalid, ErrAddressNotFound.
func (s *Service) ChangeAddress(ctx context.Context, c web.Caller, publicID string, change func(*NewAddress)) (a SavedAddress, err error) {
	facts, err := s.market(ctx)
	if err != nil {
		return a, err
	}
	err = s.db.Write(ctx, "identity.change_address", func(ctx context.Context, tx db.Tx) error {
		old, err := s.savedAddress(ctx, tx, c.AccountID, publicID)
		if err != nil {
			return err
		}
		n := NewAddress{Label: old.Label, Address: old.Address}
		change(&n)
		if n, err = n.normal(facts); err != nil {
			return err
		}
		lat, lng := n.place()
		row, err := identitydb.New(tx).UpdateAddress(ctx, identitydb.UpdateAddressParams{
			ID: old.ID, Label: n.Label, Name: n.Name, Phone: n.Phone, Line1: n.Line1, Line2: n.Line2, City: n.City, District: n.District,
			State: n.State, PostalCode: n.PostalCode, Country: n.Country, LatMicro: lat, LngMicro: lng, Instructions: n.Instructions,
			UpdatedAt: clock.Micro(s.clock.Now()),
		})
		a = savedOf(row)
		return err
	})
	return a, err
}

// DefaultAddress makes one of the caller's addresses the default. Errors: ErrAddressNotFound.
func (s *Service) DefaultAddress(ctx context.Context, c web.Caller, publicID string) (a SavedAddress, err error) {
	err = s.db.Write(ctx, "identity.default_address", func(ctx context.Context, tx db.Tx) (err error) {
		if a, err = s.savedAddress(ctx, tx, c.AccountID, publicID); err != nil || a.Default {
			return err
		}
		q := identitydb.New(tx)
		if err := q.ClearDefault(ctx, c.AccountID); err != nil {
			return err
		}
		a.Default = true
		return q.SetDefault(ctx, a.ID)
	})
	return a, err
}

// DeleteAddress forgets one of the caller's addresses; orders keep their own copy. Where it was the default, the
// newest of the others becomes it. Errors: ErrAddressNotFound.
func (s *Service) DeleteAddress(ctx context.Context, c web.Caller, publicID string) error {
	return s.db.Write(ctx, "identity.delete_address", func(ctx context.Context, tx db.Tx) error {
		q := identitydb.New(tx)
		a, err := s.savedAddress(ctx, tx, c.AccountID, publicID)
		if err != nil {
			return err
		}
		if err := q.DeleteAddress(ctx, a.ID); err != nil || !a.Default {
			return err
		}
		left, err := q.AddressesOf(ctx, c.AccountID)
		if err != nil || len(left) == 0 {
			return err
		}
		return q.SetDefault(ctx, slices.MaxFunc(left, func(x, y identitydb.AddressesOfRow) int { return int(x.ID - y.ID) }).ID)
	})
}
