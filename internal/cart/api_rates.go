package cart

import (
	"context"
	"net/http"
	"time"

	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/money"
	"github.com/haat-market/haat/internal/platform/qty"
	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/internal/rate"
)

// RateLineView is something that you mean to sell to a store.
type RateLineView struct {
	ID           string       `json:"id"`
	Rate         string       `json:"rate"`
	Store        StoreRef     `json:"store"`
	Material     MaterialView `json:"material"`
	PostalCode   string       `json:"postal_code" doc:"Where it is picked up."`
	Quantity     string       `json:"quantity"`
	UnitPrice    string       `json:"unit_price" doc:"What the store pays now."`
	PriceSeen    string       `json:"price_seen" doc:"What you were last shown. Change the line to agree to another price."`
	PriceChanged bool         `json:"price_changed"`
	FiguresView
	Currency  string    `json:"currency"`
	Issues    []Issue   `json:"issues" doc:"What stands against selling it: gone, price_changed, total_too_large."`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
}

// MaterialView names a material.
type MaterialView struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	Unit    string `json:"unit"`
	TaxRate string `json:"tax_rate" doc:"Percent"`
}

// FiguresView is what material comes to.
type FiguresView struct {
	LinesTotal string `json:"lines_total" doc:"What the store pays for it."`
	TaxTotal   string `json:"tax_total"`
	FeeTotal   string `json:"fee_total" doc:"The market's percent, which the store owes."`
	OrderTotal string `json:"order_total" doc:"Lines, tax and percent."`
	Payable    string `json:"payable_to_customer" doc:"What you get."`
}

// ViewFigures shows figures as decimals.
func ViewFigures(f rate.Figures, cur money.Currency) FiguresView {
	return FiguresView{
		LinesTotal: money.Format(f.Amount, cur), TaxTotal: money.Format(f.Tax, cur), FeeTotal: money.Format(f.Fee, cur), OrderTotal: money.Format(f.Total(), cur), Payable: money.Format(f.Amount, cur),
	}
}

// SellingView is all that you mean to sell.
type SellingView struct {
	Lines     []RateLineView `json:"lines" doc:"In the order in which they were added."`
	Totals    FiguresView    `json:"totals" doc:"Of what is bought, at the prices of now."`
	Quantity  string         `json:"quantity" doc:"Of all lines, whatever their units."`
	Currency  string         `json:"currency"`
	LineCount int            `json:"line_count"`
	Ready     bool           `json:"ready" doc:"Whether it has lines and nothing stands against any of them."`
}

func rateLineView(it RateItem) RateLineView {
	o, cur := it.Offer, it.Offer.Currency
	v := RateLineView{
		ID: it.PublicID, Rate: it.Rate, Store: StoreRef{ID: o.Store.PublicID, Name: o.Store.Name, Slug: o.Store.Slug},
		Material: MaterialView{o.Material.ID, o.Material.Name, o.Material.Unit, money.FormatRate(o.Material.TaxBp)}, PostalCode: o.PostalCode,
		Quantity: qty.Format(it.Qty), PriceChanged: cur.Valid() && o.Price != it.PriceSeen, Currency: string(cur), Issues: it.Issues, CreatedAt: it.AddedAt, UpdatedAt: it.ChangedAt,
	}
	if v.Issues == nil {
		v.Issues = []Issue{}
	}
	if !cur.Valid() { // the rate was taken back
		v.UnitPrice, v.PriceSeen, v.FiguresView = "0", "0", FiguresView{"0", "0", "0", "0", "0"}
		return v
	}
	v.UnitPrice, v.PriceSeen, v.FiguresView = money.Format(o.Price, cur), money.Format(it.PriceSeen, cur), ViewFigures(it.Figures, cur)
	return v
}

func (s *Service) sellingView(ctx context.Context, v Selling) (SellingView, error) {
	cur, err := s.rates.Currency(ctx)
	if err != nil {
		return SellingView{}, err
	}
	out := SellingView{
		Lines: make([]RateLineView, len(v.Items)), Totals: ViewFigures(v.Sum, cur), Quantity: qty.Format(v.Qty), Currency: string(cur), LineCount: len(v.Items), Ready: len(v.Items) > 0,
	}
	for i, it := range v.Items {
		out.Lines[i] = rateLineView(it)
		out.Ready = out.Ready && len(it.Issues) == 0
	}
	return out, nil
}

// ShowSelling is what the account means to sell, as answers and pages show it.
func (s *Service) ShowSelling(ctx context.Context, accountID int64) (SellingView, error) {
	v, err := s.Selling(ctx, accountID)
	if err != nil {
		return SellingView{}, err
	}
	return s.sellingView(ctx, v)
}

type addRateIn struct {
	Body struct {
		Rate     string `json:"rate" minLength:"1" maxLength:"40" doc:"The rate's id."`
		Quantity string `json:"quantity" minLength:"1" maxLength:"12" doc:"In the material's unit, with at most three decimals."`
	}
}

type changeRateIn struct {
	ID   string `path:"id" maxLength:"40"`
	Body struct {
		Quantity string `json:"quantity" minLength:"1" maxLength:"12"`
	}
}

type removeRateIn struct {
	ID string `path:"id" maxLength:"40"`
}

type addRateOut struct {
	Status int
	Body   RateLineView
}

func (s *Service) mountRates(api *web.API) {
	op := func(method, path, id, summary string, errs ...*fault.Error) web.Op {
		return web.Op{Method: method, Path: path, ID: "cart." + id, Room: "cart", Access: web.SignedIn, Summary: summary, Errors: errs}
	}
	web.Register(api, op(http.MethodGet, "/v1/cart/rates", "selling", "What you mean to sell to stores, at the prices of now"),
		func(ctx context.Context, _ *struct{}) (*one[SellingView], error) {
			out, err := s.ShowSelling(ctx, web.CallerFrom(ctx).AccountID)
			return &one[SellingView]{out}, err
		})
	add := op(http.MethodPost, "/v1/cart/rates", "add_rate", "Put something that you mean to sell into your cart",
		rate.ErrRateNotFound, ErrNotBought, ErrQuantity, ErrCartFull, ErrTooExpensive, ErrLineNotFound)
	add.Description = "Adding to a rate that is in the cart already adds up; then the answer is 200."
	add.Idempotent, add.Status, add.Statuses = true, http.StatusCreated, []int{http.StatusOK}
	web.Register(api, add, s.postRate)
	web.Register(api, op(http.MethodPatch, "/v1/cart/rates/{id}", "change_rate", "Change how much of something you mean to sell",
		ErrLineNotFound, ErrNotBought, ErrQuantity, ErrTooExpensive),
		func(ctx context.Context, in *changeRateIn) (*one[RateLineView], error) {
			q, err := qty.Parse(in.Body.Quantity)
			if err != nil {
				return nil, ErrQuantity.Because(err)
			}
			it, err := s.ChangeRate(ctx, web.CallerFrom(ctx).AccountID, in.ID, q)
			if err != nil {
				return nil, err
			}
			return &one[RateLineView]{rateLineView(it)}, nil
		})
	web.Register(api, op(http.MethodDelete, "/v1/cart/rates/{id}", "remove_rate", "Take something that you meant to sell out of your cart", ErrLineNotFound),
		func(ctx context.Context, in *removeRateIn) (*empty, error) {
			return &empty{}, s.RemoveRate(ctx, web.CallerFrom(ctx).AccountID, in.ID)
		})
}

func (s *Service) postRate(ctx context.Context, in *addRateIn) (*addRateOut, error) {
	q, err := qty.Parse(in.Body.Quantity)
	if err != nil {
		return nil, ErrQuantity.Because(err)
	}
	it, added, replayed, err := s.AddRate(ctx, web.CallerFrom(ctx).AccountID, in.Body.Rate, q)
	if err != nil {
		return nil, err
	}
	out := &addRateOut{Status: http.StatusOK, Body: rateLineView(it)}
	if added {
		out.Status = http.StatusCreated
	}
	if replayed {
		web.MarkReplayed(ctx)
	}
	return out, nil
}
