package review

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/haat-market/haat/internal/catalog"
	"github.com/haat-market/haat/internal/identity"
	"github.com/haat-market/haat/internal/order"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/code"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/event"
	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/idem"
	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/internal/review/reviewdb"
	"github.com/haat-market/haat/internal/store"
)

// Deps are what the room stands on.
type Deps struct {
	DB       *db.DB
	Clock    clock.Clock
	Events   *event.Log
	Identity *identity.Service
	Stores   *store.Service
	Catalog  *catalog.Service
	Orders   *order.Service
}

// Service is the room.
type Service struct {
	db       *db.DB
	clock    clock.Clock
	events   *event.Log
	identity *identity.Service
	stores   *store.Service
	catalog  *catalog.Service
	orders   *order.Service
}

// New opens the room: it tells stores and products their ratings, and forgets what erased people said.
func New(d Deps) *Service {
	s := &Service{db: d.DB, clock: d.Clock, events: d.Events, identity: d.Identity, stores: d.Stores, catalog: d.Catalog, orders: d.Orders}
	d.Stores.RateWith(s)
	d.Catalog.RateWith(s)
	d.Identity.Watch(s)
	return s
}

func (s *Service) now() int64 { return clock.Micro(s.clock.Now()) }

// EmailChanged implements identity.Watcher.
func (s *Service) EmailChanged(context.Context, db.Tx, identity.Account, string) error { return nil }

// AccountErased implements identity.Watcher: the stars stay, the words go.
func (s *Service) AccountErased(ctx context.Context, tx db.Tx, a identity.Account) error {
	_, err := reviewdb.New(tx).ForgetWords(ctx, s.now(), a.ID)
	return err
}

// StoreRatings implements store.Rater.
func (s *Service) StoreRatings(ctx context.Context, tx db.Tx, stores []int64) (map[int64]*store.Rating, error) {
	rows, err := reviewdb.New(tx).StoreRatings(ctx, stores)
	out := make(map[int64]*store.Rating, len(rows))
	for _, r := range rows {
		if v := store.RatingOf([5]int64{r.One, r.Two, r.Three, r.Four, r.Five}); v != nil {
			out[r.StoreID] = v
		}
	}
	return out, err
}

// ProductRatings implements catalog.Rater.
func (s *Service) ProductRatings(ctx context.Context, tx db.Tx, products []string) (map[string]*store.Rating, error) {
	rows, err := reviewdb.New(tx).ProductRatings(ctx, products)
	out := make(map[string]*store.Rating, len(rows))
	for _, r := range rows {
		if v := store.RatingOf([5]int64{r.One, r.Two, r.Three, r.Four, r.Five}); v != nil {
			out[r.Product] = v
		}
	}
	return out, err
}

// Said is what somebody says of an order's store, or of one of its products.
type Said struct {
	Order   string
	Product string // empty: of the store
	Stars   int64
	Text    string
}

// words are what was said in their stored form. Error: web.ErrInvalid.
func words(stars int64, text string) (string, error) {
	bad := web.ErrInvalid
	if stars < 1 || stars > 5 {
		bad = bad.Field("stars", web.CodeRequired, "Give one to five stars.")
	}
	text, err := identity.Text("text", text, maxText)
	if f, ok := fault.As(err); ok {
		bad = bad.Field("text", f.Fields[0].Code, f.Fields[0].Message)
	}
	if len(bad.Fields) > 0 {
		return "", bad
	}
	return text, nil
}

// Post says something, once. Errors: ErrReviewed, ErrNotDone, ErrNotThere, ErrOwn, order.ErrNotFound, web.ErrInvalid;
// store.Require's.
func (s *Service) Post(ctx context.Context, caller web.Caller, in Said) (id string, replayed bool, err error) {
	text, err := words(in.Stars, in.Text)
	if err != nil {
		return "", false, err
	}
	return idem.Once(ctx, s.db, "review.post", func(ctx context.Context, tx db.Tx) (string, error) {
		o, title, err := s.bought(ctx, tx, caller, in)
		if err != nil {
			return "", err
		}
		id, q := code.ID("rev"), reviewdb.New(tx)
		err = q.InsertReview(ctx, reviewdb.InsertReviewParams{
			PublicID: id, OrderID: o.Key, Reference: o.ID, StoreID: o.StoreID, Product: in.Product, Title: title, AccountID: caller.AccountID, Stars: in.Stars, Body: text, Now: s.now(),
		})
		if db.IsConstraint(err, "reviews_once_key") {
			return "", ErrReviewed.Because(err)
		}
		if err != nil {
			return "", fmt.Errorf("insert review: %w", err)
		}
		var c counts
		c.add(in.Stars, 1)
		if err := s.count(ctx, tx, o.StoreID, in.Product, c); err != nil {
			return "", err
		}
		return id, s.note(ctx, tx, caller, "review.posted", id, map[string]any{"order": o.ID, "product": in.Product, "stars": in.Stars})
	})
}

// bought is the order that the caller rates, and the title of the product that he rates, as it was sold.
func (s *Service) bought(ctx context.Context, tx db.Tx, caller web.Caller, in Said) (o order.Traded, title string, err error) {
	if o, err = s.orders.Traded(ctx, tx, caller, in.Order); err != nil {
		return o, "", err
	}
	if !o.Buyer {
		return o, "", order.ErrNotFound
	}
	if !o.Done {
		return o, "", ErrNotDone.With("state", string(o.State))
	}
	if in.Product != "" {
		i := slices.IndexFunc(o.Products, func(p order.TradedProduct) bool { return p.ID == in.Product })
		if i < 0 {
			return o, "", ErrNotThere
		}
		title = o.Products[i].Title
	}
	works, err := s.works(ctx, tx, caller, o.StoreID)
	if err == nil && works {
		err = ErrOwn
	}
	return o, title, err
}

// works says whether the caller is one of a store's people, whatever else he is.
func (s *Service) works(ctx context.Context, tx db.Tx, caller web.Caller, storeID int64) (bool, error) {
	_, err := s.stores.RequireID(ctx, tx, web.Caller{AccountID: caller.AccountID, Account: caller.Account}, storeID, store.View)
	if errors.Is(err, store.ErrStoreNotFound) {
		return false, nil
	}
	return err == nil, err
}

// count adds to the counts of a store, or of a product.
func (s *Service) count(ctx context.Context, tx db.Tx, storeID int64, product string, c counts) (err error) {
	q := reviewdb.New(tx)
	var n int64
	if product == "" {
		if err := q.BeginStore(ctx, storeID); err != nil {
			return err
		}
		n, err = q.CountStore(ctx, reviewdb.CountStoreParams{StoreID: storeID, One: c[0], Two: c[1], Three: c[2], Four: c[3], Five: c[4]})
	} else {
		if err := q.BeginProduct(ctx, product); err != nil {
			return err
		}
		n, err = q.CountProduct(ctx, reviewdb.CountProductParams{Product: product, One: c[0], Two: c[1], Three: c[2], Four: c[3], Five: c[4]})
	}
	if err == nil && n != 1 {
		err = fmt.Errorf("rating of store %d, product %q: %d rows", storeID, product, n)
	}
	return err
}

func (s *Service) note(ctx context.Context, tx db.Tx, caller web.Caller, kind, id string, facts map[string]any) error {
	return s.events.Append(ctx, tx, event.Event{Type: kind, Subject: id, Actor: caller.Account, Facts: facts})
}

// act runs f on a review, under its lock, when whoever looks may take the action. Errors: ErrNotFound, ErrState; what why
// says of a refused action.
func (s *Service) act(ctx context.Context, caller web.Caller, id string, a Action, why func(reviewdb.Review, eyes) error, f func(ctx context.Context, tx db.Tx, row reviewdb.Review) error) error {
	return s.db.Write(ctx, "review."+string(a), func(ctx context.Context, tx db.Tx) error {
		row, err := reviewdb.New(tx).LockReview(ctx, id)
		if errors.Is(err, db.ErrNoRows) {
			return ErrNotFound
		}
		if err != nil {
			return err
		}
		looks, err := s.eyesOn(ctx, tx, caller, row)
		if err != nil {
			return err
		}
		e := looks[0]
		if e == (eyes{}) {
			return ErrNotFound // read it may be, but it is not his to do anything with
		}
		may := actions(row, e, s.clock.Now())
		if slices.Contains(may, a) {
			return f(ctx, tx, row)
		}
		if err := why(row, e); err != nil {
			return err
		}
		return ErrState.With("state", row.State).With("allowed_actions", may)
	})
}

// eyesOn says who the caller is to each of some reviews, by one look at their stores.
func (s *Service) eyesOn(ctx context.Context, tx db.Tx, caller web.Caller, rows ...reviewdb.Review) ([]eyes, error) {
	out, stores := make([]eyes, len(rows)), make([]int64, len(rows))
	if !caller.SignedIn() {
		return out, nil
	}
	for i, r := range rows {
		stores[i] = r.StoreID
	}
	// An admin decides what is shown; he does not answer in a store's name.
	works, err := s.stores.Admitted(ctx, tx, web.Caller{AccountID: caller.AccountID, Account: caller.Account, Roles: withoutAdmin(caller.Roles)}, stores, store.Orders)
	for i, r := range rows {
		out[i] = eyes{author: r.AccountID == caller.AccountID, store: works[r.StoreID], admin: caller.Is(web.RoleAdmin)}
	}
	return out, err
}

func withoutAdmin(roles []string) []string {
	return slices.DeleteFunc(slices.Clone(roles), func(r string) bool { return r == web.RoleAdmin || r == web.RoleSuperadmin })
}

// Change says something else, for 30 days. Errors: ErrNotFound, ErrWindow, ErrState, web.ErrInvalid, web.ErrForbidden.
func (s *Service) Change(ctx context.Context, caller web.Caller, id string, stars int64, text string) error {
	text, err := words(stars, text)
	if err != nil {
		return err
	}
	why := func(r reviewdb.Review, e eyes) error {
		switch {
		case !e.author:
			return web.ErrForbidden
		case State(r.State) == Shown:
			return ErrWindow
		}
		return nil
	}
	return s.act(ctx, caller, id, Edit, why, func(ctx context.Context, tx db.Tx, row reviewdb.Review) error {
		if row.Stars == stars && row.Body == text {
			return nil
		}
		if _, err := reviewdb.New(tx).Edit(ctx, stars, text, s.now(), row.ID); err != nil {
			return err
		}
		var c counts
		c.add(row.Stars, -1)
		c.add(stars, 1)
		if err := s.count(ctx, tx, row.StoreID, row.Product, c); err != nil {
			return err
		}
		return s.note(ctx, tx, caller, "review.updated", id, map[string]any{"from": row.Stars, "to": stars})
	})
}

// Answer is the store's one reply. Errors: ErrNotFound, ErrReplied, ErrState, web.ErrInvalid, web.ErrForbidden.
func (s *Service) Answer(ctx context.Context, caller web.Caller, id, text string) error {
	text, err := identity.Text("text", text, maxText)
	if err == nil && text == "" {
		err = web.ErrInvalid.Field("text", web.CodeRequired, "Must be given.")
	}
	if err != nil {
		return err
	}
	why := func(r reviewdb.Review, e eyes) error {
		switch {
		case !e.store:
			return web.ErrForbidden
		case r.Reply != "":
			return ErrReplied
		}
		return nil
	}
	return s.act(ctx, caller, id, Reply, why, func(ctx context.Context, tx db.Tx, row reviewdb.Review) error {
		if _, err := reviewdb.New(tx).AnswerReview(ctx, text, caller.Account, s.now(), row.ID); err != nil {
			return err
		}
		return s.note(ctx, tx, caller, "review.replied", id, nil)
	})
}

// Move hides a review with a reason, shows it again (an admin), or withdraws it for good (its author).
// Errors: ErrNotFound, ErrState, web.ErrInvalid, web.ErrForbidden.
func (s *Service) Move(ctx context.Context, caller web.Caller, id string, a Action, reason string) error {
	reason, err := identity.Text("reason", reason, maxReason)
	if err == nil && a == Hide && reason == "" {
		err = web.ErrInvalid.Field("reason", web.CodeRequired, "The author has to be told why.")
	}
	if err != nil {
		return err
	}
	to, past := map[Action]State{Hide: Hidden, Show: Shown, Withdraw: Withdrawn}[a], map[Action]string{Hide: "review.hidden", Show: "review.shown", Withdraw: "review.withdrawn"}[a]
	why := func(_ reviewdb.Review, e eyes) error {
		if a == Withdraw && !e.author || a != Withdraw && !e.admin {
			return web.ErrForbidden
		}
		return nil
	}
	return s.act(ctx, caller, id, a, why, func(ctx context.Context, tx db.Tx, row reviewdb.Review) error {
		set := reviewdb.SetStateParams{ID: row.ID, Was: row.State, State: string(to), Body: row.Body, Now: s.now()}
		facts := map[string]any{"from": row.State, "to": string(to)}
		switch a {
		case Hide:
			set.HideReason, facts["reason"] = reason, reason
		case Withdraw:
			set.Body = ""
		}
		if _, err := reviewdb.New(tx).SetState(ctx, set); err != nil {
			return err
		}
		var c counts
		if State(row.State) == Shown {
			c.add(row.Stars, -1)
		}
		if to == Shown {
			c.add(row.Stars, 1)
		}
		if c != (counts{}) {
			if err := s.count(ctx, tx, row.StoreID, row.Product, c); err != nil {
				return err
			}
		}
		return s.note(ctx, tx, caller, past, id, facts)
	})
}
