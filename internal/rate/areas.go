package rate

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/haat-market/haat/internal/identity"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/code"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/event"
	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/internal/rate/ratedb"
	"github.com/haat-market/haat/internal/store"
)

func ifNone(err, refusal error) error {
	if errors.Is(err, db.ErrNoRows) {
		return refusal
	}
	return err
}

// Areas are the postal codes that a store serves.
type Areas struct {
	Places []Place
	Limit  int64
}

// Areas shows where a store buys: an open one's to everybody. Error: store.ErrStoreNotFound.
func (s *Service) Areas(ctx context.Context, caller web.Caller, storeID string) (out Areas, err error) {
	seen, err := s.stores.Get(ctx, caller, storeID)
	if err != nil {
		return out, err
	}
	err = s.db.Read(ctx, "rate.areas", func(ctx context.Context, tx db.Tx) error {
		out, err = s.areas(ctx, tx, seen.Brief.ID)
		return err
	})
	return out, err
}

func (s *Service) areas(ctx context.Context, tx db.Tx, storeID int64) (out Areas, err error) {
	codes, err := ratedb.New(tx).Areas(ctx, storeID)
	if err != nil {
		return out, err
	}
	for _, c := range codes {
		out.Places = append(out.Places, PlaceOf(c))
	}
	out.Limit, err = s.limit(ctx, tx, storeID)
	return out, err
}

// PlacesOf are the postal codes that stores serve. It joins the caller's transaction.
func (s *Service) PlacesOf(ctx context.Context, tx db.Tx, stores []int64) (map[int64][]Place, error) {
	rows, err := ratedb.New(tx).AreasOfStores(ctx, stores)
	out := map[int64][]Place{}
	for _, r := range rows {
		out[r.StoreID] = append(out[r.StoreID], PlaceOf(r.PostalCode))
	}
	return out, err
}

// limit is how many postal codes a store may serve: what its plan allows, or what an admin granted.
func (s *Service) limit(ctx context.Context, tx db.Tx, storeID int64) (int64, error) {
	a, err := s.gate.Allowance(ctx, tx, storeID)
	if err != nil {
		return 0, err
	}
	granted, err := ratedb.New(tx).Granted(ctx, storeID)
	return min(max(a.Areas, granted), MaxAreas), err
}

// SetAreas says which postal codes a store serves from now on. Its rates elsewhere are offered no more.
// Errors: ErrInvalidAreas, ErrTooManyAreas, ErrDoesNotBuy; store.Require's.
func (s *Service) SetAreas(ctx context.Context, caller web.Caller, storeID string, texts []string) (out Areas, err error) {
	settings, err := s.market.Settings(ctx)
	if err != nil {
		return out, err
	}
	bad := ErrInvalidAreas
	codes := make([]string, 0, len(texts))
	for i, text := range texts {
		c, err := Normal(text, settings.Country)
		if err != nil {
			bad = bad.Field(fmt.Sprintf("body.postal_codes.%d", i), ErrPostalCode.Code, ErrPostalCode.Message)
		}
		codes = append(codes, c)
	}
	if len(bad.Fields) > 0 {
		return out, bad
	}
	slices.Sort(codes)
	codes = slices.Compact(codes)
	err = s.db.Write(ctx, "rate.set_areas", func(ctx context.Context, tx db.Tx) error {
		b, err := s.stores.Require(ctx, tx, caller, storeID, store.Own)
		if err != nil {
			return err
		}
		if !b.Buys {
			return ErrDoesNotBuy
		}
		q := ratedb.New(tx)
		before, err := q.Areas(ctx, b.ID)
		if err != nil {
			return err
		}
		limit, err := s.limit(ctx, tx, b.ID)
		if err != nil {
			return err
		}
		// Who has more than he may since his plan ended keeps them, and may take some away.
		if int64(len(codes)) > limit && len(codes) > len(before) || int64(len(codes)) > max(limit, int64(len(before))) {
			return ErrTooManyAreas.With("limit", limit)
		}
		gone, more := without(before, codes), without(codes, before)
		if int64(len(codes)) > limit && len(more) > 0 {
			return ErrTooManyAreas.With("limit", limit)
		}
		if len(gone)+len(more) == 0 {
			out, err = s.areas(ctx, tx, b.ID)
			return err
		}
		if err := s.changeAreas(ctx, tx, b, gone, more); err != nil {
			return err
		}
		if out, err = s.areas(ctx, tx, b.ID); err != nil {
			return err
		}
		return s.events.Append(ctx, tx, event.Event{
			Type: "store.areas_changed", Subject: b.PublicID, Actor: actor(caller), Facts: map[string]any{"added": more, "removed": gone},
		})
	})
	return out, err
}

func (s *Service) changeAreas(ctx context.Context, tx db.Tx, b store.Brief, gone, more []string) error {
	q := ratedb.New(tx)
	if len(gone) > 0 {
		if _, err := q.DeleteAreas(ctx, b.ID, gone); err != nil {
			return err
		}
		if _, err := q.HideRatesThere(ctx, b.ID, gone); err != nil {
			return err
		}
	}
	rows := make([]ratedb.InsertAreasParams, len(more))
	for i, c := range more {
		rows[i] = ratedb.InsertAreasParams{StoreID: b.ID, PostalCode: c, CreatedAt: s.now()}
	}
	if len(rows) > 0 {
		if err := firstError(q.InsertAreas(ctx, rows)); err != nil {
			return err
		}
	}
	return s.Refresh(ctx, tx, b)
}

func firstError(b interface{ Exec(func(int, error)) }) (first error) {
	b.Exec(func(_ int, err error) {
		if err != nil && first == nil {
			first = err
		}
	})
	return first
}

// without are those of a that are not in b.
func without(a, b []string) []string {
	out := []string{}
	for _, x := range a {
		if !slices.Contains(b, x) {
			out = append(out, x)
		}
	}
	return out
}

// Serves says whether a store serves a postal code.
func (s *Service) Serves(ctx context.Context, tx db.Tx, storeID int64, postalCode string) (bool, error) {
	return ratedb.New(tx).Serves(ctx, storeID, postalCode)
}

// Request is a store's wish to serve more postal codes than its plan allows.
type Request struct {
	ID        string    `json:"id"`
	Store     string    `json:"store"`
	StoreName string    `json:"store_name"`
	Wanted    int64     `json:"wanted" doc:"How many in all."`
	Reason    string    `json:"reason"`
	State     string    `json:"state" enum:"pending,approved,rejected"`
	Note      string    `json:"note" doc:"What the admin said."`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
}

var requestList = db.DefineList(db.List{
	Name:   "rate.requests",
	Select: "SELECT r.id, r.public_id, r.store_id, r.wanted, r.reason, r.state, r.note, r.created_by, r.created_at, r.updated_at",
	From:   "FROM area_requests r",
	Filters: []db.Filter{
		{Name: "state", SQL: "r.state = ?", Type: db.Text}, {Name: "store", SQL: "r.store_id = ?", Type: db.Int},
	},
	Sorts: []db.Sort{{Name: "oldest", Keys: []db.SortKey{{Column: "r.id", Type: db.Int}}}},
	Combos: []db.Combo{
		{Filters: []string{"state"}, Sort: "oldest", Index: "area_requests_state"},
		{Filters: []string{"store"}, Sort: "oldest", Index: "area_requests_store"},
	},
})

func scanRequest(r db.Scanner) (q ratedb.AreaRequest, err error) {
	err = r.Scan(&q.ID, &q.PublicID, &q.StoreID, &q.Wanted, &q.Reason, &q.State, &q.Note, &q.CreatedBy, &q.CreatedAt, &q.UpdatedAt)
	return q, err
}

// Requests is a page of requests: a store's for its people, all in a state for admins.
func (s *Service) Requests(ctx context.Context, caller web.Caller, storeID, state string, limit int, cursor string) (items []Request, next string, err error) {
	if storeID == "" && !caller.Is(web.RoleAdmin) {
		return nil, "", web.ErrForbidden
	}
	err = s.db.Read(ctx, "rate.requests", func(ctx context.Context, tx db.Tx) error {
		filters := map[string]any{"state": state}
		if storeID != "" {
			b, err := s.stores.Require(ctx, tx, caller, storeID, store.View)
			if err != nil {
				return err
			}
			filters = map[string]any{"store": b.ID}
		}
		rows, after, err := db.QueryList(ctx, tx, requestList, db.ListQuery{Filters: filters, Limit: limit, Cursor: cursor}, scanRequest)
		if err != nil {
			return err
		}
		items, err = s.viewRequests(ctx, tx, rows)
		next = after
		return err
	})
	return items, next, err
}

func (s *Service) viewRequests(ctx context.Context, tx db.Tx, rows []ratedb.AreaRequest) ([]Request, error) {
	ids := make([]int64, len(rows))
	for i, r := range rows {
		ids[i] = r.StoreID
	}
	briefs, err := s.stores.Briefs(ctx, tx, ids)
	out := make([]Request, len(rows))
	for i, r := range rows {
		out[i] = Request{r.PublicID, briefs[r.StoreID].PublicID, briefs[r.StoreID].Name, r.Wanted, r.Reason, r.State, r.Note, clock.Time(r.CreatedAt), clock.Time(r.UpdatedAt)}
	}
	return out, err
}

// AskForAreas asks to serve more. Errors: ErrRequestPending, ErrDoesNotBuy, web.ErrInvalid; store.Require's.
func (s *Service) AskForAreas(ctx context.Context, caller web.Caller, storeID string, wanted int64, reason string) (out Request, err error) {
	if reason, err = identity.Text("body.reason", reason, maxReason); err != nil {
		return out, err
	}
	id := code.ID("are")
	err = s.db.Write(ctx, "rate.ask_for_areas", func(ctx context.Context, tx db.Tx) error {
		b, err := s.stores.Require(ctx, tx, caller, storeID, store.Own)
		if err != nil {
			return err
		}
		if !b.Buys {
			return ErrDoesNotBuy
		}
		err = ratedb.New(tx).InsertRequest(ctx, ratedb.InsertRequestParams{
			PublicID: id, StoreID: b.ID, Wanted: wanted, Reason: reason, CreatedBy: actor(caller), CreatedAt: s.now(),
		})
		switch {
		case db.IsConstraint(err, "area_requests_pending_key"):
			return ErrRequestPending.Because(err)
		case err != nil:
			return err
		}
		return s.events.Append(ctx, tx, event.Event{Type: "area_request.made", Subject: id, Actor: actor(caller), Facts: map[string]any{"store": b.PublicID, "wanted": wanted}})
	})
	if err != nil {
		return out, err
	}
	return s.request(ctx, id)
}

func (s *Service) request(ctx context.Context, id string) (out Request, err error) {
	err = s.db.Read(ctx, "rate.request", func(ctx context.Context, tx db.Tx) error {
		row, err := ratedb.New(tx).RequestByPublicID(ctx, id)
		if err != nil {
			return ifNone(err, ErrRequestNotFound)
		}
		list, err := s.viewRequests(ctx, tx, []ratedb.AreaRequest{row})
		out = list[0]
		return err
	})
	return out, err
}

// JudgeAreas approves or rejects a request. Errors: ErrRequestNotFound, ErrRequestState, web.ErrInvalid.
func (s *Service) JudgeAreas(ctx context.Context, caller web.Caller, id string, approve bool, note string) (Request, error) {
	note, err := identity.Text("body.note", strings.TrimSpace(note), maxReason)
	if err != nil {
		return Request{}, err
	}
	state := "rejected"
	if approve {
		state = "approved"
	}
	err = s.db.Write(ctx, "rate.judge_areas", func(ctx context.Context, tx db.Tx) error {
		q := ratedb.New(tx)
		row, err := q.RequestByPublicID(ctx, id)
		if err != nil {
			return ifNone(err, ErrRequestNotFound)
		}
		n, err := q.JudgeRequest(ctx, state, note, s.now(), row.ID)
		if err != nil {
			return err
		}
		if n == 0 {
			return ErrRequestState.With("state", row.State)
		}
		return s.events.Append(ctx, tx, event.Event{Type: "area_request." + state, Subject: id, Actor: actor(caller), Facts: map[string]any{"wanted": row.Wanted}})
	})
	if err != nil {
		return Request{}, err
	}
	return s.request(ctx, id)
}
