package rate

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/haat-market/haat/internal/catalog"
	"github.com/haat-market/haat/internal/platform/blob"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/money"
	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/internal/store"
)

const room = "rate"

// MaterialRef names a material.
type MaterialRef struct {
	ID      string        `json:"id"`
	Name    string        `json:"name"`
	Unit    string        `json:"unit" enum:"kg,g,quintal,tonne,litre,pcs"`
	TaxRate string        `json:"tax_rate" doc:"GST in percent."`
	Image   *blob.Picture `json:"image,omitempty" doc:"Absent without one."`
}

// StoreRef names a dealer.
type StoreRef struct {
	ID   string `json:"id"`
	Code string `json:"code"`
	Name string `json:"name"`
	Slug string `json:"slug"`
}

// View is a rate in an answer.
type View struct {
	ID         string         `json:"id" example:"rat_0gk3c1a7k2m9xq4t0vj3whc"`
	Store      StoreRef       `json:"store"`
	Rating     *store.Rating  `json:"rating,omitempty" doc:"What customers think of the store, in searches; absent while nobody has rated it."`
	Material   MaterialRef    `json:"material"`
	PostalCode string         `json:"postal_code"`
	Price      string         `json:"price" doc:"Of one unit, without GST."`
	Currency   money.Currency `json:"currency"`
	Offered    bool           `json:"offered" doc:"Whether customers see it: the store is open, may buy, and serves the postal code."`
	Metres     *int64         `json:"metres,omitempty" doc:"How far from where you asked, as the crow flies; in searches of what is near."`
	CreatedAt  time.Time      `json:"created_at"`
	UpdatedAt  time.Time      `json:"updated_at"`
}

func (s *Service) viewMaterial(m catalog.Material) MaterialRef {
	return MaterialRef{m.ID, m.Name, m.Unit, money.FormatRate(m.TaxBp), s.catalog.ShowImage(m.Image)}
}

func (s *Service) view(r Rate) View {
	return View{
		ID: r.ID, Store: StoreRef{r.Store.PublicID, r.Store.Code, r.Store.Name, r.Store.Slug}, Material: s.viewMaterial(r.Material), PostalCode: r.PostalCode,
		Price: money.Format(r.Price, r.Currency), Currency: r.Currency, Rating: r.Rating, Offered: r.Offered, Metres: r.Metres, CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt,
	}
}

func (s *Service) reply(r Rate, err error) (*one[View], error) {
	if err != nil {
		return nil, err
	}
	return &one[View]{s.view(r)}, nil
}

// Views are rates as everybody sees them.
func (s *Service) Views(list []Rate) []View {
	out := make([]View, len(list))
	for i, r := range list {
		out[i] = s.view(r)
	}
	return out
}

type one[T any] struct{ Body T }

type nothing struct{}

// ByID names a thing in the path. It is exported because only exported embedded types are read.
type ByID struct {
	ID string `path:"id" maxLength:"40"`
}

type searchIn struct {
	web.PageParams
	PostalCode string `query:"postal_code" required:"true" maxLength:"10"`
	Material   string `query:"material" maxLength:"40"`
}

type summaryIn struct {
	PostalCode string `query:"postal_code" required:"true" maxLength:"10"`
}

type nearIn struct {
	PostalCode string `query:"postal_code" required:"true" maxLength:"10"`
	Material   string `query:"material" required:"true" maxLength:"40"`
	Metres     int64  `query:"metres" minimum:"1" maximum:"50000" default:"10000" doc:"As the crow flies."`
}

type ownIn struct {
	ByID
	web.PageParams
	PostalCode string `query:"postal_code" maxLength:"10"`
}

type historyIn struct {
	ByID
	web.PageParams
	Rate string `query:"rate" maxLength:"40" doc:"Of this rate only; it may be gone."`
}

type rateIn struct {
	Material   string `json:"material" minLength:"1" maxLength:"40"`
	PostalCode string `json:"postal_code" minLength:"1" maxLength:"10"`
	Price      string `json:"price" minLength:"1" maxLength:"20" doc:"Of one unit, without GST."`
}

type createIn struct {
	ByID
	Body rateIn
}

type replaceIn struct {
	ByID
	Body struct {
		Rates []rateIn `json:"rates" maxItems:"2000" doc:"All that the store has from now on. A rate that is not named is taken back."`
	}
}

type fileIn struct {
	ByID
	RawBody []byte `contentType:"text/csv"`
}

type fileOut struct {
	ContentType string `header:"Content-Type"`
	Disposition string `header:"Content-Disposition"`
	Body        []byte
}

type copyIn struct {
	ByID
	Body struct {
		From      string   `json:"from" minLength:"1" maxLength:"10"`
		To        []string `json:"to" minItems:"1" maxItems:"11"`
		Overwrite bool     `json:"overwrite,omitempty" doc:"Prices that stand there are replaced."`
	}
}

type changeIn struct {
	ByID
	Body struct {
		Price string `json:"price" minLength:"1" maxLength:"20"`
	}
}

// BoughtView is a material that is bought at a postal code.
type BoughtView struct {
	Material MaterialRef    `json:"material"`
	Dealers  int64          `json:"dealers" doc:"How many buy it there."`
	Best     string         `json:"best_price"`
	Least    string         `json:"lowest_price"`
	Currency money.Currency `json:"currency"`
}

// SummaryView is what is bought at a postal code.
type SummaryView struct {
	Place     PlaceView    `json:"place"`
	Dealers   int64        `json:"dealers" doc:"How many buy there."`
	Materials []BoughtView `json:"materials"`
}

// NearView is what is paid near a place.
type NearView struct {
	Items []View `json:"items" doc:"At most 200, the best price first."`
}

// What an operation on a store's rates may be refused with, beside its own.
func faults(more ...*fault.Error) []*fault.Error {
	return append(more, store.ErrStoreNotFound, store.ErrNoRight, store.ErrSellerRole, store.ErrStoreClosed)
}

// Mount registers the operations.
func (s *Service) Mount(api *web.API) {
	s.mountSearch(api)
	s.mountOwn(api)
	s.mountAreas(api)
}

func op(method, path, id, summary string, access web.Access, errs ...*fault.Error) web.Op {
	return web.Op{Method: method, Path: path, ID: "rate." + id, Room: room, Access: access, Summary: summary, Errors: errs}
}

func (s *Service) mountSearch(api *web.API) {
	web.Register(api, op(http.MethodGet, "/v1/rates", "search", "Who buys what at a postal code, the best price first", web.Public, ErrPostalCode, catalog.ErrMaterialNotFound, db.ErrInvalidCursor),
		func(ctx context.Context, in *searchIn) (*one[web.Page[View]], error) {
			list, next, err := s.Search(ctx, in.PostalCode, in.Material, in.Limit, in.Cursor)
			return &one[web.Page[View]]{web.NewPage(s.Views(list), next)}, err
		})
	web.Register(api, op(http.MethodGet, "/v1/rates/summary", "summary", "What is bought at a postal code, by how many, and what they pay", web.Public, ErrPostalCode),
		func(ctx context.Context, in *summaryIn) (*one[SummaryView], error) {
			there, err := s.Summary(ctx, in.PostalCode)
			if err != nil {
				return nil, err
			}
			v := SummaryView{Place: PlaceView(there.Place), Dealers: there.Dealers, Materials: make([]BoughtView, len(there.Materials))}
			for i, b := range there.Materials {
				v.Materials[i] = BoughtView{s.viewMaterial(b.Material), b.Dealers, money.Format(b.Best, b.Currency), money.Format(b.Least, b.Currency), b.Currency}
			}
			return &one[SummaryView]{v}, nil
		})
	web.Register(api, op(http.MethodGet, "/v1/rates/near", "near", "What is paid for a material near a postal code", web.Public, ErrPostalCode, ErrPostalUnknown, catalog.ErrMaterialNotFound),
		func(ctx context.Context, in *nearIn) (*one[NearView], error) {
			list, err := s.Nearby(ctx, in.PostalCode, in.Material, in.Metres)
			return &one[NearView]{NearView{s.Views(list)}}, err
		})
}

func (s *Service) mountOwn(api *web.API) {
	web.Register(api, op(http.MethodGet, "/v1/stores/{id}/rates", "list", "A store's rates: all to its people, what is offered to others", web.Public, ErrPostalCode, store.ErrStoreNotFound, db.ErrInvalidCursor),
		func(ctx context.Context, in *ownIn) (*one[web.Page[View]], error) {
			list, next, err := s.Own(ctx, web.CallerFrom(ctx), in.ID, in.PostalCode, in.Limit, in.Cursor)
			return &one[web.Page[View]]{web.NewPage(s.Views(list), next)}, err
		})
	create := op(http.MethodPost, "/v1/stores/{id}/rates", "create", "Say what your store pays for a material at a postal code", web.Owner,
		faults(ErrRateTaken, ErrInvalidRate, ErrTooManyRates, ErrDoesNotBuy)...)
	create.Status, create.Idempotent = http.StatusCreated, true
	web.Register(api, create, func(ctx context.Context, in *createIn) (*one[View], error) {
		r, replayed, err := s.Create(ctx, web.CallerFrom(ctx), in.ID, Input(in.Body))
		if replayed {
			web.MarkReplayed(ctx)
		}
		return s.reply(r, err)
	})
	replace := op(http.MethodPut, "/v1/stores/{id}/rates", "replace", "Make your store's rates exactly these", web.Owner,
		faults(ErrRateTaken, ErrInvalidRate, ErrTooManyRates, ErrDoesNotBuy)...)
	web.Register(api, replace, func(ctx context.Context, in *replaceIn) (*one[Counts], error) {
		list := make([]Input, len(in.Body.Rates))
		for i, r := range in.Body.Rates {
			list[i] = Input(r)
		}
		n, err := s.Replace(ctx, web.CallerFrom(ctx), in.ID, list, func(i int) string { return fmt.Sprintf("body.rates.%d.", i) })
		return &one[Counts]{n}, err
	})
	file := op(http.MethodPut, "/v1/stores/{id}/rates.csv", "replace_by_file", "Make your store's rates exactly those of a CSV file", web.Owner,
		faults(ErrRateTaken, ErrInvalidRate, ErrTooManyRates, ErrDoesNotBuy, ErrBadFile)...)
	file.Consumes = []string{"text/csv"}
	file.Description = "Columns material (its id), postal_code and price; others are not read. GET gives such a file to begin with."
	web.Register(api, file, func(ctx context.Context, in *fileIn) (*one[Counts], error) {
		n, err := s.ReplaceByFile(ctx, web.CallerFrom(ctx), in.ID, in.RawBody)
		return &one[Counts]{n}, err
	})
	export := op(http.MethodGet, "/v1/stores/{id}/rates.csv", "file", "Your store's rates as CSV", web.Owner, faults()...)
	export.Produces = []string{"text/csv"}
	web.Register(api, export, func(ctx context.Context, in *ByID) (*fileOut, error) {
		b, err := s.File(ctx, web.CallerFrom(ctx), in.ID)
		return &fileOut{"text/csv; charset=utf-8", `attachment; filename="rates.csv"`, b}, err
	})
	web.Register(api, op(http.MethodPost, "/v1/stores/{id}/rates/copy", "copy", "Pay at other postal codes what you pay at one", web.Owner,
		faults(ErrInvalidAreas, ErrNotServed, ErrTooManyRates, ErrRateTaken, ErrDoesNotBuy)...),
		func(ctx context.Context, in *copyIn) (*one[Counts], error) {
			n, err := s.Copy(ctx, web.CallerFrom(ctx), in.ID, in.Body.From, in.Body.To, in.Body.Overwrite)
			return &one[Counts]{n}, err
		})
	web.Register(api, op(http.MethodGet, "/v1/stores/{id}/rates/history", "history", "What your store's rates were, newest first", web.Owner, faults(db.ErrInvalidCursor)...),
		func(ctx context.Context, in *historyIn) (*one[web.Page[Change]], error) {
			list, next, err := s.History(ctx, web.CallerFrom(ctx), in.ID, in.Rate, in.Limit, in.Cursor)
			return &one[web.Page[Change]]{web.NewPage(list, next)}, err
		})
	web.Register(api, op(http.MethodPatch, "/v1/rates/{id}", "change", "Pay another price", web.Owner, faults(ErrRateNotFound, ErrInvalidRate, ErrDoesNotBuy)...),
		func(ctx context.Context, in *changeIn) (*one[View], error) {
			return s.reply(s.Change(ctx, web.CallerFrom(ctx), in.ID, in.Body.Price))
		})
	web.Register(api, op(http.MethodDelete, "/v1/rates/{id}", "delete", "Take a rate back", web.Owner, faults(ErrRateNotFound, ErrDoesNotBuy)...),
		func(ctx context.Context, in *ByID) (*nothing, error) {
			return nil, s.Delete(ctx, web.CallerFrom(ctx), in.ID)
		})
}
