package cart

import (
	"context"
	"net/http"
	"time"

	"github.com/haat-market/haat/internal/catalog"
	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/web"
)

// CartView is a cart.
type CartView struct {
	ID        *string     `json:"id" doc:"Null before there was anything in it."`
	Lines     []LineView  `json:"lines" doc:"In the order in which they were added."`
	Stores    []StoreView `json:"stores" doc:"The same by store."`
	Totals    []GoodsView `json:"totals" doc:"By currency, of what can be bought, at the prices of now, before tax and delivery."`
	LineCount int64       `json:"line_count" doc:"Of all lines."`
	UnitCount int64       `json:"unit_count" doc:"Of all lines."`
	Ready     bool        `json:"ready" doc:"Whether it has lines and nothing stands against any of them."`
}

// LineView is a line of a cart.
type LineView struct {
	ID           string           `json:"id"`
	Variant      string           `json:"variant"`
	Product      string           `json:"product"`
	Store        string           `json:"store"`
	Title        string           `json:"title"`
	VariantTitle string           `json:"variant_title"`
	Options      []catalog.Option `json:"options"`
	SKU          string           `json:"sku"`
	Quantity     int64            `json:"quantity"`
	UnitPrice    string           `json:"unit_price" doc:"The price of now."`
	PriceSeen    string           `json:"price_seen" doc:"The price that you were last shown. Change the line or sync the cart to agree to another one."`
	PriceChanged bool             `json:"price_changed"`
	Total        string           `json:"total" doc:"At the price of now; zero when it cannot be bought."`
	Currency     string           `json:"currency"`
	Available    *int64           `json:"available" doc:"How many units are left; null when its stock is not counted."`
	Issues       []Issue          `json:"issues" doc:"What stands against buying it: gone, out_of_stock, price_changed, total_too_large."`
	Reason       *string          `json:"reason" doc:"Why it is gone."`
	CreatedAt    time.Time        `json:"created_at"`
	UpdatedAt    time.Time        `json:"updated_at"`
}

// StoreRef names a store.
type StoreRef struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	Slug string `json:"slug"`
}

// StoreView is what of a cart is one store's.
type StoreView struct {
	Store  StoreRef    `json:"store"`
	Lines  []string    `json:"lines" doc:"Ids of lines."`
	Totals []GoodsView `json:"totals"`
}

// GoodsView is a sum in one currency.
type GoodsView struct {
	Currency  string `json:"currency"`
	Goods     string `json:"goods"`
	LineCount int64  `json:"line_count"`
	UnitCount int64  `json:"unit_count"`
}

// CountsView says how much is in a cart.
type CountsView struct {
	LineCount int64 `json:"line_count"`
	UnitCount int64 `json:"unit_count"`
}

// AddedView is a line that was added, and how full the cart is now.
type AddedView struct {
	LineView
	Cart CountsView `json:"cart"`
}

// IssueView is one thing that stands against a line.
type IssueView struct {
	Line      string  `json:"line"`
	Variant   string  `json:"variant"`
	Title     string  `json:"title"`
	Code      Issue   `json:"code"`
	Reason    *string `json:"reason" doc:"Of what is gone."`
	Message   string  `json:"message"`
	Requested int64   `json:"requested"`
	Available *int64  `json:"available"`
	PriceSeen string  `json:"price_seen"`
	UnitPrice string  `json:"unit_price"`
	Currency  string  `json:"currency"`
}

// ValidationView is a cart and everything that stands against buying it.
type ValidationView struct {
	Valid  bool        `json:"valid"`
	Issues []IssueView `json:"issues"`
	Cart   CartView    `json:"cart"`
}

// ChangeView is something that a sync changed.
type ChangeView struct {
	Kind        ChangeKind `json:"kind"`
	Variant     string     `json:"variant"`
	Title       string     `json:"title"`
	Reason      *string    `json:"reason"`
	OldQuantity int64      `json:"old_quantity"`
	NewQuantity int64      `json:"new_quantity"`
	OldPrice    *string    `json:"old_price" doc:"Of a changed price."`
	NewPrice    *string    `json:"new_price" doc:"Of a changed price."`
	Currency    *string    `json:"currency"`
}

// SyncView is the merged cart and what is not as the client had it.
type SyncView struct {
	Changes []ChangeView `json:"changes"`
	Cart    CartView     `json:"cart"`
}

type addIn struct {
	Body struct {
		Variant  string `json:"variant" minLength:"1" maxLength:"40" doc:"The variant's id."`
		Quantity int64  `json:"quantity,omitempty" minimum:"1" maximum:"10000" default:"1"`
	}
}

type addOut struct {
	Status int
	Body   AddedView
}

type changeIn struct {
	ID   string `path:"id" maxLength:"40"`
	Body struct {
		Quantity int64 `json:"quantity" minimum:"1" maximum:"10000"`
	}
}

type removeIn struct {
	ID string `path:"id" maxLength:"40"`
}

type wishIn struct {
	Variant  string `json:"variant" minLength:"1" maxLength:"40"`
	Quantity int64  `json:"quantity" minimum:"1" maximum:"10000"`
}

type syncIn struct {
	Body struct {
		Lines []wishIn `json:"lines,omitempty" maxItems:"100" doc:"The client's lines. A variant that is named gets this quantity; what is not named stays."`
	}
}

type one[T any] struct{ Body T }

type empty struct{}

// Mount registers the cart's operations.
func (s *Service) Mount(api *web.API) {
	refusals := []*fault.Error{ErrNotForSale, ErrOutOfStock, ErrTooMany, ErrTooExpensive}
	web.Register(api, web.Op{
		Method: http.MethodGet, Path: "/v1/cart", ID: "cart.view", Room: "cart", Access: web.SignedIn,
		Summary: "Your cart at the prices of now",
	}, func(ctx context.Context, _ *struct{}) (*one[CartView], error) {
		v, err := s.View(ctx, web.CallerFrom(ctx).AccountID)
		return &one[CartView]{cartView(v)}, err
	})
	web.Register(api, web.Op{
		Method: http.MethodDelete, Path: "/v1/cart", ID: "cart.clear", Room: "cart", Access: web.SignedIn,
		Summary: "Empty your cart",
	}, func(ctx context.Context, _ *struct{}) (*empty, error) {
		return &empty{}, s.Clear(ctx, web.CallerFrom(ctx).AccountID)
	})
	web.Register(api, web.Op{
		Method: http.MethodGet, Path: "/v1/cart/count", ID: "cart.count", Room: "cart", Access: web.SignedIn,
		Summary: "How much is in your cart",
	}, func(ctx context.Context, _ *struct{}) (*one[CountsView], error) {
		n, err := s.Count(ctx, web.CallerFrom(ctx).AccountID)
		return &one[CountsView]{CountsView{n.Lines, n.Units}}, err
	})
	web.Register(api, web.Op{
		Method: http.MethodPost, Path: "/v1/cart/lines", ID: "cart.add", Room: "cart", Access: web.SignedIn,
		Summary:     "Put something into your cart",
		Description: "Adding a variant that is in the cart already adds up; then the answer is 200.",
		Idempotent:  true, Status: http.StatusCreated, Statuses: []int{http.StatusOK},
		Errors: append([]*fault.Error{ErrVariantNotFound, ErrCartFull, ErrLineNotFound}, refusals...),
	}, s.postLine)
	web.Register(api, web.Op{
		Method: http.MethodPatch, Path: "/v1/cart/lines/{id}", ID: "cart.change", Room: "cart", Access: web.Owner,
		Summary:     "Change how much of something you want",
		Description: "The line gets the price of now, which the answer shows.",
		Errors:      append([]*fault.Error{ErrLineNotFound}, refusals...),
	}, func(ctx context.Context, in *changeIn) (*one[LineView], error) {
		it, err := s.Change(ctx, web.CallerFrom(ctx).AccountID, in.ID, in.Body.Quantity)
		return &one[LineView]{lineView(it)}, err
	})
	web.Register(api, web.Op{
		Method: http.MethodDelete, Path: "/v1/cart/lines/{id}", ID: "cart.remove", Room: "cart", Access: web.Owner,
		Summary: "Take something out of your cart", Errors: []*fault.Error{ErrLineNotFound},
	}, func(ctx context.Context, in *removeIn) (*empty, error) {
		return &empty{}, s.Remove(ctx, web.CallerFrom(ctx).AccountID, in.ID)
	})
	web.Register(api, web.Op{
		Method: http.MethodPost, Path: "/v1/cart/validate", ID: "cart.validate", Room: "cart", Access: web.SignedIn,
		Summary: "What stands against buying what is in your cart; nothing is changed",
	}, func(ctx context.Context, _ *struct{}) (*one[ValidationView], error) {
		v, err := s.View(ctx, web.CallerFrom(ctx).AccountID)
		return &one[ValidationView]{validationView(v)}, err
	})
	web.Register(api, web.Op{
		Method: http.MethodPost, Path: "/v1/cart/sync", ID: "cart.sync", Room: "cart", Access: web.SignedIn,
		Summary: "Merge a cart that was kept offline, and bring yours up to date",
		Description: "Prices of now are adopted, quantities cut to what is left, and what is not sold any more is taken out. " +
			"The changes say what is not as you had it.",
		Errors: []*fault.Error{ErrDuplicateVariant, ErrCartFull},
	}, s.postSync)
}

func (s *Service) postLine(ctx context.Context, in *addIn) (*addOut, error) {
	added, err := s.Add(ctx, web.CallerFrom(ctx).AccountID, in.Body.Variant, in.Body.Quantity)
	if err != nil {
		return nil, err
	}
	out := &addOut{Status: http.StatusOK, Body: AddedView{lineView(added.Item), CountsView{added.Counts.Lines, added.Counts.Units}}}
	if added.New {
		out.Status = http.StatusCreated
	}
	if added.Replayed {
		web.MarkReplayed(ctx)
	}
	return out, nil
}

func (s *Service) postSync(ctx context.Context, in *syncIn) (*one[SyncView], error) {
	wishes := make([]Wish, len(in.Body.Lines))
	for i, l := range in.Body.Lines {
		wishes[i] = Wish{Variant: l.Variant, Qty: l.Quantity}
	}
	v, changes, err := s.Sync(ctx, web.CallerFrom(ctx).AccountID, wishes)
	if err != nil {
		return nil, err
	}
	out := SyncView{Changes: make([]ChangeView, len(changes)), Cart: cartView(v)}
	for i, c := range changes {
		out.Changes[i] = changeView(c)
	}
	return &one[SyncView]{out}, nil
}
