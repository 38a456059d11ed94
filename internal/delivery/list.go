package delivery

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/haat-market/haat/internal/delivery/deliverydb"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/internal/store"
)

// ErrAdminList refuses everybody's deliveries to others than admins.
var ErrAdminList = fault.New(fault.Forbidden, "admins_only", "Only admins see everybody's deliveries. Name a store of yours, or ask as its courier.")

func notFound(err error, refusal *fault.Error) error {
	if errors.Is(err, db.ErrNoRows) {
		return refusal
	}
	return err
}

const deliveryColumns = "SELECT d.id, d.public_id, d.tracking, d.track_hash, d.order_ref, d.store_id, d.buyer_id, d.state, d.open, d.courier_id, d.pickup, d.dropoff, d.pickup_cell, " +
	"d.pickup_lat, d.pickup_lng, d.drop_lat, d.drop_lng, d.distance, d.instructions, d.weight, d.size, d.value, d.fragile, d.signature, d.priority, d.currency, d.fee, d.share_bp, " +
	"d.earned, d.cash, d.cash_state, d.pickup_at, d.deliver_at, d.eta_at, d.pin_no, d.tries, d.proof, d.fail_reason, d.fails, d.far, d.flagged, d.rating, d.assigned_at, " +
	"d.picked_up_at, d.delivered_at, d.ended_at, d.due_at, d.created_at, d.updated_at, d.words, d.side, d.pay_most"

func scanDelivery(s db.Scanner) (d deliverydb.Delivery, err error) {
	err = s.Scan(&d.ID, &d.PublicID, &d.Tracking, &d.TrackHash, &d.OrderRef, &d.StoreID, &d.BuyerID, &d.State, &d.Open, &d.CourierID, &d.Pickup, &d.Dropoff, &d.PickupCell,
		&d.PickupLat, &d.PickupLng, &d.DropLat, &d.DropLng, &d.Distance, &d.Instructions, &d.Weight, &d.Size, &d.Value, &d.Fragile, &d.Signature, &d.Priority, &d.Currency, &d.Fee, &d.ShareBp,
		&d.Earned, &d.Cash, &d.CashState, &d.PickupAt, &d.DeliverAt, &d.EtaAt, &d.PinNo, &d.Tries, &d.Proof, &d.FailReason, &d.Fails, &d.Far, &d.Flagged, &d.Rating, &d.AssignedAt,
		&d.PickedUpAt, &d.DeliveredAt, &d.EndedAt, &d.DueAt, &d.CreatedAt, &d.UpdatedAt, &d.Words, &d.Side, &d.PayMost)
	return d, err
}

var deliveryList = db.DefineList(db.List{
	Name: "delivery.deliveries", Select: deliveryColumns, From: "FROM deliveries d",
	Filters: []db.Filter{
		{Name: "state", SQL: "d.state = ?", Type: db.Text}, {Name: "store", SQL: "d.store_id = ?", Type: db.Int}, {Name: "courier", SQL: "d.courier_id = ?", Type: db.Int},
		{Name: "order", SQL: "d.order_ref = ?", Type: db.Text},
		{Name: "due", SQL: "d.open AND d.due_at < ?", Type: db.Int}, {Name: "words", SQL: "REPLACE(d.words, ?, '') <> d.words", Type: db.Text},
	},
	Sorts: []db.Sort{
		{Name: "newest", Desc: true, Keys: []db.SortKey{{Column: "d.id", Type: db.Int}}},
		{Name: "due", Keys: []db.SortKey{{Column: "d.due_at", Type: db.Int}, {Column: "d.id", Type: db.Int}}},
	},
	Combos: boardCombos(),
})

// boardCombos are what may be asked of deliveries: by any of state, store, courier and words, of those that are late or of all.
func boardCombos() []db.Combo {
	var out []db.Combo
	for _, post := range [][]string{nil, {"state"}, {"store"}, {"courier"}, {"store", "state"}, {"courier", "state"}, {"courier", "store"}, {"courier", "store", "state"}} {
		out = append(out, db.Combo{Filters: []string{"order"}, Post: post, Sort: "newest", Index: "deliveries_order"})
	}
	for _, c := range []db.Combo{
		{Index: "deliveries_pkey"},
		{Filters: []string{"state"}, Index: "deliveries_state"},
		{Filters: []string{"store"}, Index: "deliveries_store"},
		{Filters: []string{"store", "state"}, Index: "deliveries_store_state"},
		{Filters: []string{"courier"}, Index: "deliveries_courier"},
		{Filters: []string{"courier", "state"}, Index: "deliveries_courier_state"},
		{Filters: []string{"courier"}, Post: []string{"store"}, Index: "deliveries_courier"},
		{Filters: []string{"courier", "state"}, Post: []string{"store"}, Index: "deliveries_courier_state"},
	} {
		c.Sort = "newest"
		names := slices.Concat(c.Filters, c.Post)
		out = append(out, c, db.Combo{Filters: c.Filters, Post: append(slices.Clone(c.Post), "words"), Sort: c.Sort, Index: c.Index})
		late := db.Combo{Filters: []string{"due"}, Post: names, Sort: "due", Index: "deliveries_due"}
		out = append(out, late, db.Combo{Filters: late.Filters, Post: append(slices.Clone(names), "words"), Sort: late.Sort, Index: late.Index})
	}
	return out
}

// Selection says which deliveries.
type Selection struct {
	Store   string
	Courier string
	Order   string
	State   string
	All     bool
	Late    bool   // should have moved on by now
	Stuck   bool   // should have moved on stuckAfter ago
	Text    string // in the tracking number, the order's id, the names, the places
}

// stuckAfter is how late a delivery is that somebody has to look at.
const stuckAfter = 3 * time.Hour

// narrow adds what a selection says of time and words. A whole tracking number finds all that was carried of its order.
func (s *Service) narrow(ctx context.Context, tx db.Tx, sel Selection, filters map[string]any) (sort string, err error) {
	if text := wordsOf(sel.Text); text != "" {
		number := strings.ToUpper(text)
		if sel.Order != "" || sel.Late || sel.Stuck || !trackingNumber.MatchString(number) {
			filters["words"] = text
		} else {
			d, err := deliverydb.New(tx).DeliveryByTracking(ctx, number)
			if err != nil && !errors.Is(err, db.ErrNoRows) {
				return "", err
			}
			filters["order"] = d.OrderRef // none's for a number that nobody has
		}
	}
	switch now := s.clock.Now(); {
	case sel.Stuck:
		filters["due"] = clock.Micro(now.Add(-stuckAfter))
	case sel.Late:
		filters["due"] = clock.Micro(now)
	default:
		return "newest", nil
	}
	return "due", nil
}

var trackingNumber = regexp.MustCompile(`^TRK[0-9]{12}$`)

// wordsOf is a text as it is looked for.
func wordsOf(parts ...string) string {
	return strings.Join(strings.Fields(strings.ToLower(strings.Join(parts, " "))), " ")
}

// List pages through deliveries, newest first: a store's, the caller's own as a courier, or for admins those of anybody.
// Errors: ErrAdminList, ErrCourier, those of the store's rights, db.ErrUnsupportedFilter.
func (s *Service) List(ctx context.Context, caller web.Caller, sel Selection, page web.PageParams) (out web.Page[View], err error) {
	err = s.db.Read(ctx, "delivery.list", func(ctx context.Context, tx db.Tx) error {
		filters, parties, err := s.filters(ctx, tx, caller, sel)
		if err != nil {
			return err
		}
		sort, err := s.narrow(ctx, tx, sel, filters)
		if err != nil {
			return err
		}
		rows, next, err := db.QueryList(ctx, tx, deliveryList, db.ListQuery{Filters: filters, Sort: sort, Limit: page.Limit, Cursor: page.Cursor}, scanDelivery)
		if err != nil {
			return err
		}
		views, err := s.views(ctx, tx, rows, parties)
		out = web.NewPage(views, next)
		return err
	})
	return out, err
}

func (s *Service) views(ctx context.Context, tx db.Tx, rows []deliverydb.Delivery, parties []Party) ([]View, error) {
	names, err := s.names(ctx, tx, rows)
	if err != nil {
		return nil, err
	}
	views := make([]View, 0, len(rows))
	for _, d := range rows {
		v, err := s.view(d, names, parties)
		if err != nil {
			return nil, err
		}
		views = append(views, v)
	}
	return views, s.withCargo(ctx, tx, rows, views)
}

// filters are what a selection means, and in which parts the caller asks.
func (s *Service) filters(ctx context.Context, tx db.Tx, caller web.Caller, sel Selection) (filters map[string]any, parties []Party, err error) {
	q := deliverydb.New(tx)
	filters = map[string]any{}
	if sel.State != "" {
		filters["state"] = sel.State
	}
	admin := caller.Is(web.RoleAdmin)
	if admin {
		parties = []Party{Store, Admin}
	}
	if sel.Order != "" {
		filters["order"] = sel.Order
	}
	if sel.Store != "" {
		b, err := s.stores.Require(ctx, tx, caller, sel.Store, store.Orders)
		if err != nil {
			return nil, nil, err
		}
		filters["store"] = b.ID
		if sel.Courier == "" || !admin {
			return filters, append(parties, Store), nil
		}
	}
	switch {
	case (sel.All || sel.Courier != "" || sel.Order != "") && !admin:
		return nil, nil, ErrAdminList
	case sel.Courier != "":
		c, err := q.CourierByPublicID(ctx, sel.Courier)
		if err != nil {
			return nil, nil, notFound(err, ErrCourier)
		}
		filters["courier"] = c.ID
	case !sel.All && sel.Order == "":
		c, err := q.CourierOfAccount(ctx, caller.AccountID)
		if err != nil && !errors.Is(err, db.ErrNoRows) {
			return nil, nil, err
		}
		filters["courier"] = c.ID // 0 is nobody's
		parties = append(parties, Courier)
	}
	return filters, parties, nil
}
