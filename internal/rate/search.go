package rate

import (
	"context"
	"slices"
	"time"

	"github.com/haat-market/haat/internal/catalog"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/geo"
	"github.com/haat-market/haat/internal/platform/money"
	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/internal/rate/ratedb"
	"github.com/haat-market/haat/internal/store"
)

const rateColumns = "SELECT r.id, r.public_id, r.store_id, r.material_id, r.postal_code, r.price, r.currency, r.offered, r.created_at, r.updated_at"

// offers are what is bought at a postal code, the best price first.
var offers = db.DefineList(db.List{
	Name: "rate.offers", Select: rateColumns, From: "FROM rates r", Where: "r.offered",
	Filters: []db.Filter{{Name: "there", SQL: "r.postal_code = ?", Type: db.Text}, {Name: "material", SQL: "r.material_id = ?", Type: db.Int}},
	Sorts:   []db.Sort{{Name: "best", Desc: true, Keys: []db.SortKey{{Column: "r.price", Type: db.Int}, {Column: "r.id", Type: db.Int}}}},
	Combos: []db.Combo{
		{Filters: []string{"there"}, Sort: "best", Index: "rates_there"},
		{Filters: []string{"there", "material"}, Sort: "best", Index: "rates_there_of"},
	},
})

// own are a store's rates.
var own = db.DefineList(db.List{
	Name: "rate.own", Select: rateColumns, From: "FROM rates r",
	Filters: []db.Filter{{Name: "store", SQL: "r.store_id = ?", Type: db.Int}, {Name: "there", SQL: "r.postal_code = ?", Type: db.Text}},
	Sorts:   []db.Sort{{Name: "oldest", Keys: []db.SortKey{{Column: "r.id", Type: db.Int}}}},
	Combos: []db.Combo{
		{Filters: []string{"store"}, Sort: "oldest", Index: "rates_of_store"},
		{Filters: []string{"store", "there"}, Sort: "oldest", Index: "rates_of_store_there"},
	},
})

func scanRate(r db.Scanner) (x ratedb.Rate, err error) {
	err = r.Scan(&x.ID, &x.PublicID, &x.StoreID, &x.MaterialID, &x.PostalCode, &x.Price, &x.Currency, &x.Offered, &x.CreatedAt, &x.UpdatedAt)
	return x, err
}

// Search is a page of what is bought at a postal code, the best price first. Errors: ErrPostalCode, catalog.ErrMaterialNotFound.
func (s *Service) Search(ctx context.Context, postalCode, material string, limit int, cursor string) (items []Rate, next string, err error) {
	there, err := s.normal(ctx, postalCode)
	if err != nil {
		return nil, "", err
	}
	err = s.db.Read(ctx, "rate.search", func(ctx context.Context, tx db.Tx) error {
		filters := map[string]any{"there": there}
		if material != "" {
			m, err := s.material(ctx, tx, material)
			if err != nil {
				return err
			}
			filters["material"] = m.Key
		}
		rows, after, err := db.QueryList(ctx, tx, offers, db.ListQuery{Filters: filters, Limit: limit, Cursor: cursor}, scanRate)
		if err != nil {
			return err
		}
		items, err = s.rated(ctx, tx, rows)
		next = after
		return err
	})
	return items, next, err
}

// rated is complete with what customers think of the stores.
func (s *Service) rated(ctx context.Context, tx db.Tx, rows []ratedb.Rate) ([]Rate, error) {
	items, err := s.complete(ctx, tx, rows)
	if err != nil {
		return nil, err
	}
	stores := make([]int64, len(items))
	for i, r := range items {
		stores[i] = r.StoreID
	}
	ratings, err := s.stores.Ratings(ctx, tx, stores)
	for i := range items {
		items[i].Rating = ratings[items[i].StoreID]
	}
	return items, err
}

func (s *Service) normal(ctx context.Context, postalCode string) (string, error) {
	settings, err := s.market.Settings(ctx)
	if err != nil {
		return "", err
	}
	return Normal(postalCode, settings.Country)
}

func (s *Service) material(ctx context.Context, tx db.Tx, id string) (catalog.Material, error) {
	found, err := s.catalog.MaterialsNamed(ctx, tx, []string{id})
	if err != nil {
		return catalog.Material{}, err
	}
	m, ok := found[id]
	if !ok {
		return m, catalog.ErrMaterialNotFound
	}
	return m, nil
}

// There is what is bought at a postal code, material by material.
type There struct {
	Place     Place
	Dealers   int64
	Materials []Bought
}

// Bought is a material that is bought there.
type Bought struct {
	Material catalog.Material
	Dealers  int64
	Best     int64
	Least    int64
	Currency money.Currency
}

// Summary is what is bought at a postal code. Error: ErrPostalCode.
func (s *Service) Summary(ctx context.Context, postalCode string) (out There, err error) {
	there, err := s.normal(ctx, postalCode)
	if err != nil {
		return out, err
	}
	settings, err := s.market.Settings(ctx)
	if err != nil {
		return out, err
	}
	err = s.db.Read(ctx, "rate.summary", func(ctx context.Context, tx db.Tx) error {
		q := ratedb.New(tx)
		out = There{Place: PlaceOf(there), Materials: []Bought{}}
		if out.Dealers, err = q.DealersThere(ctx, there); err != nil {
			return err
		}
		rows, err := q.MaterialsThere(ctx, there)
		if err != nil {
			return err
		}
		ids := make([]int64, len(rows))
		for i, r := range rows {
			ids[i] = r.MaterialID
		}
		kinds, err := s.catalog.MaterialsByID(ctx, tx, ids)
		for _, r := range rows {
			out.Materials = append(out.Materials, Bought{kinds[r.MaterialID], r.Dealers, r.Best, r.Least, settings.Currency})
		}
		return err
	})
	return out, err
}

// maxNearCodes bounds how many postal codes a search of what is near looks at.
const maxNearCodes = 50

// Nearby is what is paid for a material within so many metres of a postal code, the best price first, at most 200.
// Errors: ErrPostalCode, ErrPostalUnknown, catalog.ErrMaterialNotFound.
func (s *Service) Nearby(ctx context.Context, postalCode, material string, metres int64) (items []Rate, err error) {
	here, err := s.normal(ctx, postalCode)
	if err != nil {
		return nil, err
	}
	at, ok := geo.FindPIN(here)
	if !ok {
		return nil, ErrPostalUnknown
	}
	far := map[string]int64{}
	var codes []string
	for _, p := range geo.PINsNear(at.At, metres, maxNearCodes) {
		far[p.Code] = p.Metres
		codes = append(codes, p.Code)
	}
	err = s.db.Read(ctx, "rate.nearby", func(ctx context.Context, tx db.Tx) error {
		m, err := s.material(ctx, tx, material)
		if err != nil {
			return err
		}
		rows, err := ratedb.New(tx).BestAt(ctx, codes, m.Key)
		if err != nil {
			return err
		}
		items, err = s.rated(ctx, tx, rows)
		for i := range items {
			metres := far[items[i].PostalCode]
			items[i].Metres = &metres
		}
		return err
	})
	slices.SortStableFunc(items, func(a, b Rate) int {
		if a.Price != b.Price {
			return int(min(max(b.Price-a.Price, -1), 1))
		}
		return int(min(max(*a.Metres-*b.Metres, -1), 1))
	})
	return items, err
}

// Own is a page of a store's rates: those that are offered to everybody, all of them to its people.
func (s *Service) Own(ctx context.Context, caller web.Caller, storeID, postalCode string, limit int, cursor string) (items []Rate, next string, err error) {
	seen, err := s.stores.Get(ctx, caller, storeID)
	if err != nil {
		return nil, "", err
	}
	filters := map[string]any{"store": seen.Brief.ID}
	if postalCode != "" {
		if filters["there"], err = s.normal(ctx, postalCode); err != nil {
			return nil, "", err
		}
	}
	err = s.db.Read(ctx, "rate.own", func(ctx context.Context, tx db.Tx) error {
		rows, after, err := db.QueryListKeep(ctx, tx, own, db.ListQuery{Filters: filters, Limit: limit, Cursor: cursor}, scanRate,
			func(r ratedb.Rate) bool { return seen.Inside || r.Offered })
		if err != nil {
			return err
		}
		items, err = s.complete(ctx, tx, rows)
		next = after
		return err
	})
	return items, next, err
}

// Change is a line of the history of a store's rates.
type Change struct {
	Rate       string         `json:"rate"`
	Material   string         `json:"material"`
	Name       string         `json:"material_name"`
	PostalCode string         `json:"postal_code"`
	Old        *string        `json:"old_price" doc:"Null: there was none."`
	New        *string        `json:"new_price" doc:"Null: it was taken back."`
	Currency   money.Currency `json:"currency"`
	Actor      string         `json:"actor"`
	At         time.Time      `json:"at"`
}

var changes = db.DefineList(db.List{
	Name:    "rate.changes",
	Select:  "SELECT c.rate, c.material_id, c.postal_code, c.old_price, c.new_price, c.currency, c.actor, c.created_at",
	From:    "FROM rate_changes c",
	Filters: []db.Filter{{Name: "store", SQL: "c.store_id = ?", Type: db.Int}, {Name: "rate", SQL: "c.rate = ?", Type: db.Text}},
	Sorts:   []db.Sort{{Name: "newest", Desc: true, Keys: []db.SortKey{{Column: "c.id", Type: db.Int}}}},
	Combos: []db.Combo{
		{Filters: []string{"store"}, Sort: "newest", Index: "rate_changes_of_store"},
		{Filters: []string{"rate"}, Post: []string{"store"}, Sort: "newest", Index: "rate_changes_of_rate"},
	},
})

// History is a page of what a store's rates were, newest first. Errors: store.Require's.
func (s *Service) History(ctx context.Context, caller web.Caller, storeID, rate string, limit int, cursor string) (items []Change, next string, err error) {
	err = s.db.Read(ctx, "rate.history", func(ctx context.Context, tx db.Tx) error {
		b, err := s.stores.Require(ctx, tx, caller, storeID, store.View)
		if err != nil {
			return err
		}
		filters := map[string]any{"store": b.ID}
		if rate != "" {
			filters["rate"] = rate
		}
		rows, after, err := db.QueryList(ctx, tx, changes, db.ListQuery{Filters: filters, Limit: limit, Cursor: cursor},
			func(r db.Scanner) (c ratedb.InsertChangesParams, err error) {
				err = r.Scan(&c.Rate, &c.MaterialID, &c.PostalCode, &c.OldPrice, &c.NewPrice, &c.Currency, &c.Actor, &c.CreatedAt)
				return c, err
			})
		if err != nil {
			return err
		}
		ids := make([]int64, len(rows))
		for i, r := range rows {
			ids[i] = r.MaterialID
		}
		kinds, err := s.catalog.MaterialsByID(ctx, tx, ids)
		items, next = make([]Change, len(rows)), after
		for i, r := range rows {
			cur, m := money.Currency(r.Currency), kinds[r.MaterialID]
			items[i] = Change{r.Rate, m.ID, m.Name, r.PostalCode, amount(r.OldPrice, cur), amount(r.NewPrice, cur), cur, r.Actor, clock.Time(r.CreatedAt)}
		}
		return err
	})
	return items, next, err
}

func amount(minor *int64, cur money.Currency) *string {
	if minor == nil {
		return nil
	}
	text := money.Format(*minor, cur)
	return &text
}
