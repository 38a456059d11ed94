package delivery

import (
	"context"
	"fmt"
	"time"

	"github.com/haat-market/haat/internal/delivery/deliverydb"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/money"
	"github.com/haat-market/haat/internal/platform/web"
)

// DocumentView is a courier's document.
type DocumentView struct {
	ID        string    `json:"id"`
	Kind      string    `json:"kind" enum:"identity,license,registration,insurance"`
	Number    string    `json:"number"`
	ExpiresAt time.Time `json:"expires_at"`
	State     string    `json:"state" enum:"submitted,verified,rejected"`
	Reason    string    `json:"reason,omitempty"`
	File      string    `json:"file,omitempty" doc:"Path of its picture"`
}

// CourierView is a courier as he himself and admins see him.
type CourierView struct {
	ID           string         `json:"id"`
	Account      string         `json:"account"`
	Name         string         `json:"name"`
	BusinessName string         `json:"business_name"`
	Phone        string         `json:"phone"`
	Vehicle      string         `json:"vehicle" enum:",foot,bicycle,motorcycle,car,van,truck"`
	Plate        string         `json:"plate"`
	Capacity     int64          `json:"capacity" doc:"Grams"`
	State        string         `json:"state" enum:"unverified,verified,suspended"`
	Reason       string         `json:"reason,omitempty"`
	Fit          bool           `json:"fit" doc:"Whether jobs may be taken now"`
	Unfit        string         `json:"unfit,omitempty" doc:"The code of what stands against it"`
	PapersUntil  *time.Time     `json:"documents_until" nullable:"true"`
	Available    bool           `json:"available"`
	Share        string         `json:"share" doc:"His part of a job's fee, in percent"`
	Jobs         int64          `json:"jobs"`
	MostJobs     int64          `json:"most_jobs"`
	Load         int64          `json:"load" doc:"Grams that he has taken on"`
	Rating       string         `json:"rating"`
	RatingCount  int64          `json:"rating_count"`
	Place        *PointView     `json:"place,omitempty"`
	LocatedAt    *time.Time     `json:"located_at" nullable:"true"`
	Documents    []DocumentView `json:"documents"`
	CreatedAt    time.Time      `json:"created_at"`
}

func (s *Service) courierView(ctx context.Context, id int64) (v CourierView, err error) {
	err = s.db.Read(ctx, "delivery.courier", func(ctx context.Context, tx db.Tx) error {
		rows, err := deliverydb.New(tx).CouriersByIDs(ctx, []int64{id})
		if err != nil {
			return err
		}
		views, err := s.courierViews(ctx, tx, rows)
		if err == nil && len(views) == 1 {
			v = views[0]
		}
		return err
	})
	return v, err
}

func (s *Service) courierViews(ctx context.Context, tx db.Tx, rows []deliverydb.Courier) ([]CourierView, error) {
	accounts, ids := make([]int64, len(rows)), make([]int64, len(rows))
	for i, c := range rows {
		accounts[i], ids[i] = c.AccountID, c.ID
	}
	briefs, err := s.identity.Briefs(ctx, tx, accounts)
	if err != nil {
		return nil, err
	}
	docs, err := deliverydb.New(tx).DocumentsOf(ctx, ids)
	if err != nil {
		return nil, err
	}
	now := clock.Micro(s.clock.Now())
	out := make([]CourierView, len(rows))
	for i, c := range rows {
		if where, at := s.where(c); where != nil {
			c.Lat, c.Lng, c.LocatedAt = &where.Lat, &where.Lng, &at
		}
		out[i] = CourierView{
			ID: c.PublicID, Account: c.Account, Name: briefs[c.AccountID].Name, BusinessName: c.BusinessName, Phone: c.Contact, Vehicle: c.Vehicle, Plate: c.Plate, Capacity: c.Capacity,
			State: c.State, Reason: c.Reason, Available: c.Available, Share: money.FormatRate(c.ShareBp), Jobs: c.Jobs, MostJobs: MostJobs, Load: c.Load, Rating: stars(c),
			RatingCount: c.RatingCount, Place: pointView(pointOf(c.Lat, c.Lng)), LocatedAt: timeOf(c.LocatedAt), Documents: []DocumentView{}, CreatedAt: clock.Time(c.CreatedAt), Fit: true,
		}
		if c.PapersUntil > 0 {
			out[i].PapersUntil = timeOf(&c.PapersUntil)
		}
		if err := fit(c, now); err != nil {
			out[i].Fit, out[i].Unfit = false, codeOf(err)
		}
		for _, d := range docs {
			if d.CourierID == c.ID {
				out[i].Documents = append(out[i].Documents, documentView(d))
			}
		}
	}
	return out, nil
}

func codeOf(err error) string {
	if f, ok := fault.As(err); ok {
		return f.Code
	}
	return ""
}

func documentView(d deliverydb.CourierDocument) DocumentView {
	v := DocumentView{ID: d.PublicID, Kind: d.Kind, Number: d.Number, ExpiresAt: clock.Time(d.ExpiresAt), State: d.State, Reason: d.Reason}
	if d.File != nil {
		v.File = "/v1/courier-documents/" + d.PublicID + "/file"
	}
	return v
}

const courierColumns = "SELECT c.id, c.public_id, c.account_id, c.account, c.business_name, c.contact, c.vehicle, c.plate, c.capacity, c.state, c.reason, c.papers_until, " +
	"c.available, c.share_bp, c.jobs, c.load, c.rating_sum, c.rating_count, c.lat, c.lng, c.located_at, c.created_at, c.updated_at"

var courierList = db.DefineList(db.List{
	Name: "delivery.couriers", Select: courierColumns, From: "FROM couriers c",
	Filters: []db.Filter{{Name: "state", SQL: "c.state = ?", Type: db.Text}},
	Sorts:   []db.Sort{{Name: "newest", Desc: true, Keys: []db.SortKey{{Column: "c.id", Type: db.Int}}}},
	Combos: []db.Combo{
		{Sort: "newest", Index: "couriers_pkey"},
		{Filters: []string{"state"}, Sort: "newest", Index: "couriers_state"},
	},
})

func scanCourier(s db.Scanner) (c deliverydb.Courier, err error) {
	err = s.Scan(&c.ID, &c.PublicID, &c.AccountID, &c.Account, &c.BusinessName, &c.Contact, &c.Vehicle, &c.Plate, &c.Capacity, &c.State, &c.Reason, &c.PapersUntil,
		&c.Available, &c.ShareBp, &c.Jobs, &c.Load, &c.RatingSum, &c.RatingCount, &c.Lat, &c.Lng, &c.LocatedAt, &c.CreatedAt, &c.UpdatedAt)
	return c, err
}

// Couriers pages through couriers, newest first.
func (s *Service) Couriers(ctx context.Context, state string, page web.PageParams) (out web.Page[CourierView], err error) {
	filters := map[string]any{}
	if state != "" {
		filters["state"] = state
	}
	err = s.db.Read(ctx, "delivery.couriers", func(ctx context.Context, tx db.Tx) error {
		rows, next, err := db.QueryList(ctx, tx, courierList, db.ListQuery{Filters: filters, Limit: page.Limit, Cursor: page.Cursor}, scanCourier)
		if err != nil {
			return err
		}
		views, err := s.courierViews(ctx, tx, rows)
		out = web.NewPage(views, next)
		return err
	})
	return out, err
}

// Courier is a courier, for admins. Errors: ErrCourier.
func (s *Service) Courier(ctx context.Context, id string) (CourierView, error) {
	var key int64
	err := s.db.Read(ctx, "delivery.courier", func(ctx context.Context, tx db.Tx) error {
		c, err := deliverydb.New(tx).CourierByPublicID(ctx, id)
		key = c.ID
		return notFound(err, ErrCourier)
	})
	if err != nil {
		return CourierView{}, fmt.Errorf("courier: %w", err)
	}
	return s.courierView(ctx, key)
}
