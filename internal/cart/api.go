package cart

import (
	"context"
	"net/http"
	"time"

	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/idem"
	"github.com/haat-market/haat/internal/platform/web"
)

// ByGuest is the header of somebody without an account. It is exported because only exported embedded types are read.
type ByGuest struct {
	Guest string `header:"Guest-Token" maxLength:"64" doc:"Whose cart it is, for callers without an account: what the first answer gave."`
}

type addIn struct {
	ByGuest
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
	ByGuest
	ID   string `path:"id" maxLength:"40"`
	Body struct {
		Quantity int64 `json:"quantity" minimum:"1" maximum:"10000"`
	}
}

type removeIn struct {
	ByGuest
	ID string `path:"id" maxLength:"40"`
}

type wishIn struct {
	Variant  string `json:"variant" minLength:"1" maxLength:"40"`
	Quantity int64  `json:"quantity" minimum:"1" maximum:"10000"`
}

type syncIn struct {
	ByGuest
	Body struct {
		Lines []wishIn `json:"lines,omitempty" maxItems:"100" doc:"The client's lines. A variant that is named gets this quantity; what is not named stays."`
	}
}

type one[T any] struct{ Body T }

type empty struct{}

// Mount registers the cart's operations. Who has no account is known by the token of a guest.
func (s *Service) Mount(api *web.API) {
	s.mountRates(api)
	refusals := []*fault.Error{ErrNotForSale, ErrOutOfStock, ErrTooMany, ErrTooExpensive, ErrGuestGone}
	op := func(method, path, id, summary string, errs ...*fault.Error) web.Op {
		return web.Op{Method: method, Path: path, ID: "cart." + id, Room: "cart", Access: web.Public, Summary: summary, Errors: errs}
	}
	web.Register(api, op(http.MethodGet, "/v1/cart", "view", "Your cart at the prices of now"),
		func(ctx context.Context, in *ByGuest) (*one[CartView], error) {
			v, err := s.viewOf(ctx, in.Guest)
			return &one[CartView]{cartView(v)}, err
		})
	web.Register(api, op(http.MethodDelete, "/v1/cart", "clear", "Empty your cart", ErrGuestGone),
		func(ctx context.Context, in *ByGuest) (*empty, error) {
			holder, err := s.Holder(ctx, web.CallerFrom(ctx), in.Guest)
			if err != nil || holder == 0 {
				return &empty{}, err
			}
			return &empty{}, s.Clear(ctx, holder)
		})
	web.Register(api, op(http.MethodGet, "/v1/cart/count", "count", "How much is in your cart"),
		func(ctx context.Context, in *ByGuest) (*one[CountsView], error) {
			holder, err := s.Holder(ctx, web.CallerFrom(ctx), in.Guest)
			if err != nil {
				return nil, err
			}
			n, err := s.Count(ctx, holder)
			return &one[CountsView]{CountsView{n.Lines, n.Units}}, err
		})
	add := op(http.MethodPost, "/v1/cart/lines", "add", "Put something into your cart",
		append([]*fault.Error{ErrVariantNotFound, ErrCartFull, ErrLineNotFound}, refusals...)...)
	add.Description = "Adding a variant that is in the cart already adds up; then the answer is 200. Somebody without an account and without " +
		"a Guest-Token gets one in the header of the answer, and sends it from then on."
	add.Idempotent, add.Status, add.Statuses, add.Limit = true, http.StatusCreated, []int{http.StatusOK}, addRate
	web.Register(api, add, s.postLine)
	change := op(http.MethodPatch, "/v1/cart/lines/{id}", "change", "Change how much of something you want", append([]*fault.Error{ErrLineNotFound}, refusals...)...)
	change.Description = "The line gets the price of now, which the answer shows."
	web.Register(api, change, func(ctx context.Context, in *changeIn) (*one[LineView], error) {
		holder, err := s.Holder(ctx, web.CallerFrom(ctx), in.Guest)
		if err != nil {
			return nil, err
		}
		it, err := s.Change(ctx, holder, in.ID, in.Body.Quantity)
		return &one[LineView]{lineView(it)}, err
	})
	web.Register(api, op(http.MethodDelete, "/v1/cart/lines/{id}", "remove", "Take something out of your cart", ErrLineNotFound, ErrGuestGone),
		func(ctx context.Context, in *removeIn) (*empty, error) {
			holder, err := s.Holder(ctx, web.CallerFrom(ctx), in.Guest)
			if err != nil {
				return nil, err
			}
			return &empty{}, s.Remove(ctx, holder, in.ID)
		})
	web.Register(api, op(http.MethodPost, "/v1/cart/validate", "validate", "What stands against buying what is in your cart; nothing is changed"),
		func(ctx context.Context, in *ByGuest) (*one[ValidationView], error) {
			v, err := s.viewOf(ctx, in.Guest)
			return &one[ValidationView]{validationView(v)}, err
		})
	sync := op(http.MethodPost, "/v1/cart/sync", "sync", "Merge a cart that was kept offline, and bring yours up to date", ErrDuplicateVariant, ErrCartFull, ErrGuestGone)
	sync.Description = "Prices of now are adopted, quantities cut to what is left, and what is not sold any more is taken out. " +
		"The changes say what is not as you had it."
	sync.Limit = addRate
	web.Register(api, sync, s.postSync)
	guest := op(http.MethodPost, "/v1/cart/guest", "guest", "Begin a cart without an account")
	guest.Description = "The token is the only proof of whose cart it is; it cannot be asked for again. It lasts a day, and 30 days after something was last put into the cart."
	guest.Status, guest.Limit = http.StatusCreated, guestRate
	web.Register(api, guest, s.postGuest)
	merge := op(http.MethodPost, "/v1/cart/merge", "merge", "Take what you had as a guest over into your cart", ErrGuestGone)
	merge.Access = web.SignedIn
	merge.Description = "Signing in with the Guest-Token does this by itself. The guest's cart is empty afterwards, so that sending it again changes nothing. " +
		"The changes say which prices are others, what is short and what is not sold any more."
	web.Register(api, merge, func(ctx context.Context, in *ByGuest) (*one[SyncView], error) {
		v, changes, err := s.Merge(ctx, web.CallerFrom(ctx).AccountID, in.Guest)
		if err != nil {
			return nil, err
		}
		return &one[SyncView]{syncView(v, changes)}, nil
	})
}

// The rates at which one address may begin carts, beside what all operations allow.
var (
	addRate   = web.Limit{Name: "cart_add", Per: time.Minute, Burst: 600}
	guestRate = web.Limit{Name: "cart_guest", Per: time.Minute, Burst: 60}
)

// GuestView is a guest's token.
type GuestView struct {
	Token     string    `json:"token" doc:"To be sent as Guest-Token."`
	ExpiresAt time.Time `json:"expires_at" doc:"Unless something is put into the cart until then."`
}

func (s *Service) postGuest(ctx context.Context, _ *struct{}) (*one[GuestView], error) {
	g, err := s.NewGuest(ctx)
	if err != nil {
		return nil, err
	}
	web.GiveGuest(ctx, g.Token)
	return &one[GuestView]{GuestView{g.Token, g.Until}}, nil
}

func (s *Service) viewOf(ctx context.Context, guest string) (View, error) {
	holder, err := s.Holder(ctx, web.CallerFrom(ctx), guest)
	if err != nil {
		return View{}, err
	}
	return s.View(ctx, holder)
}

func (s *Service) postLine(ctx context.Context, in *addIn) (*addOut, error) {
	holder, fresh, err := s.Welcome(ctx, web.CallerFrom(ctx), in.Guest)
	if err != nil {
		return nil, err
	}
	if fresh != "" {
		ctx = idem.Without(ctx)
	}
	added, err := s.Add(ctx, holder, in.Body.Variant, in.Body.Quantity)
	if err != nil {
		return nil, err
	}
	if err := s.Keep(ctx, holder); err != nil {
		return nil, err
	}
	web.GiveGuest(ctx, fresh)
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
	holder, fresh, err := s.Welcome(ctx, web.CallerFrom(ctx), in.Guest)
	if err != nil {
		return nil, err
	}
	v, changes, err := s.Sync(ctx, holder, wishes)
	if err != nil {
		return nil, err
	}
	if err := s.Keep(ctx, holder); err != nil {
		return nil, err
	}
	web.GiveGuest(ctx, fresh)
	return &one[SyncView]{syncView(v, changes)}, nil
}

func syncView(v View, changes []Change) SyncView {
	out := SyncView{Changes: make([]ChangeView, len(changes)), Cart: cartView(v)}
	for i, c := range changes {
		out.Changes[i] = changeView(c)
	}
	return out
}
