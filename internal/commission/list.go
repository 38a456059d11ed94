package commission

import (
	"context"
	"errors"
	"time"

	"github.com/haat-market/haat/internal/commission/commissiondb"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/job"
	"github.com/haat-market/haat/internal/platform/verify"
	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/internal/store"
)

var statementList = db.DefineList(db.List{
	Name:    "commission.statements",
	Select:  "SELECT s.id, s.public_id, s.store_id, s.month, s.state, s.orders, s.base, s.rate_bp, s.amount, s.currency, s.due_at, s.paid_at, s.reference, s.note, s.owed_by, s.created_at",
	From:    "FROM statements s",
	Filters: []db.Filter{{Name: "store", SQL: "s.store_id = ?", Type: db.Int}, {Name: "state", SQL: "s.state = ?", Type: db.Text}},
	Sorts:   []db.Sort{{Name: "newest", Desc: true, Keys: []db.SortKey{{Column: "s.id", Type: db.Int}}}},
	Combos: []db.Combo{
		{Sort: "newest", Index: "statements_pkey"},
		{Filters: []string{"state"}, Sort: "newest", Index: "statements_state"},
		{Filters: []string{"store"}, Sort: "newest", Index: "statements_store"},
		{Filters: []string{"store"}, Post: []string{"state"}, Sort: "newest", Index: "statements_store"},
	},
})

// Statement is a store's of a month.
type Statement struct {
	commissiondb.Statement
	Store store.Brief
}

// List pages through a store's statements, or everybody's for admins (without a store), newest first.
// Errors: web.ErrForbidden; store.Require's.
func (s *Service) List(ctx context.Context, caller web.Caller, storeID, state string, page web.PageParams) (list []Statement, next string, err error) {
	err = s.db.Read(ctx, "commission.list", func(ctx context.Context, tx db.Tx) error {
		filters := map[string]any{}
		switch {
		case storeID != "":
			b, err := s.stores.Require(ctx, tx, caller, storeID, store.View)
			if err != nil {
				return err
			}
			filters["store"] = b.ID
		case !caller.Is(web.RoleAdmin):
			return web.ErrForbidden
		}
		if state != "" {
			filters["state"] = state
		}
		rows, after, err := db.QueryList(ctx, tx, statementList, db.ListQuery{Filters: filters, Limit: page.Limit, Cursor: page.Cursor},
			func(r db.Scanner) (x commissiondb.Statement, err error) {
				err = r.Scan(&x.ID, &x.PublicID, &x.StoreID, &x.Month, &x.State, &x.Orders, &x.Base, &x.RateBp, &x.Amount, &x.Currency, &x.DueAt, &x.PaidAt, &x.Reference, &x.Note, &x.OwedBy, &x.CreatedAt)
				return x, err
			})
		if err != nil {
			return err
		}
		next = after
		list, err = s.complete(ctx, tx, rows)
		return err
	})
	return list, next, err
}

func (s *Service) complete(ctx context.Context, tx db.Tx, rows []commissiondb.Statement) ([]Statement, error) {
	stores := make([]int64, len(rows))
	for i, r := range rows {
		stores[i] = r.StoreID
	}
	briefs, err := s.stores.Briefs(ctx, tx, stores)
	out := make([]Statement, len(rows))
	for i, r := range rows {
		out[i] = Statement{r, briefs[r.StoreID]}
	}
	return out, err
}

// Get is a statement with some of its orders, after one, for the store's people and admins. Error: ErrNotFound.
func (s *Service) Get(ctx context.Context, caller web.Caller, id string, after int64, limit int32) (out Statement, orders []commissiondb.StatementOrder, err error) {
	err = s.db.Read(ctx, "commission.get", func(ctx context.Context, tx db.Tx) error {
		q := commissiondb.New(tx)
		row, err := q.Statement(ctx, id)
		if errors.Is(err, db.ErrNoRows) {
			return ErrNotFound
		}
		if err != nil {
			return err
		}
		if _, err := s.stores.RequireID(ctx, tx, caller, row.StoreID, store.View); errors.Is(err, store.ErrStoreNotFound) {
			return ErrNotFound
		} else if err != nil {
			return err
		}
		list, err := s.complete(ctx, tx, []commissiondb.Statement{row})
		if err != nil {
			return err
		}
		out = list[0]
		orders, err = q.OrdersOf(ctx, row.ID, after, limit)
		return err
	})
	return out, orders, err
}

// Summary is what a store's statements come to. Errors: store.Require's.
func (s *Service) Summary(ctx context.Context, caller web.Caller, storeID string) (b store.Brief, sum commissiondb.SummaryOfRow, err error) {
	err = s.db.Read(ctx, "commission.summary", func(ctx context.Context, tx db.Tx) error {
		if b, err = s.stores.Require(ctx, tx, caller, storeID, store.View); err != nil {
			return err
		}
		sum, err = commissiondb.New(tx).SummaryOf(ctx, s.now(), b.ID)
		return err
	})
	return b, sum, err
}

// Work registers the room's sweep.
func (s *Service) Work(j *job.Runner) {
	j.Sweep(job.Sweep{Name: "commission.month", Every: time.Hour, Run: s.month})
	j.Sweep(job.Sweep{Name: "commission.overdue", Every: time.Hour, Run: s.overdue})
}

// monthsBack is how many months a sweep looks at: a market that stood still over the turn of one misses none.
const monthsBack = 3

// month writes the statements of the months that were over last, the oldest first. What is issued is left alone.
func (s *Service) month(ctx context.Context, lease job.Lease) (int, error) {
	settings, err := s.market.Settings(ctx)
	if err != nil {
		return 0, err
	}
	now := s.clock.Now().In(settings.Location())
	first := time.Date(now.Year(), now.Month(), 1, 0, 0, 0, 0, settings.Location())
	issued := 0
	for back := monthsBack; back > 0; back-- {
		n, err := s.run(ctx, first.AddDate(0, -back, 0).Format("2006-01"), lease.Check)
		if issued += n.Issued; err != nil {
			return issued, err
		}
	}
	booked, err := s.bookDebts(ctx, lease)
	return issued + booked, err
}

// bookDebts books what stores owe by statements that were issued before debts were booked with them.
func (s *Service) bookDebts(ctx context.Context, lease job.Lease) (n int, err error) {
	err = s.db.Write(ctx, "commission.book_debts", func(ctx context.Context, tx db.Tx) error {
		n = 0
		if err := lease.Check(ctx, tx); err != nil {
			return err
		}
		rows, err := commissiondb.New(tx).Unbooked(ctx)
		if err != nil {
			return err
		}
		for _, r := range rows {
			locked, err := lock(ctx, tx, r.PublicID)
			if err != nil {
				return err
			}
			if State(locked.State) != Issued || locked.BookedAt != nil || locked.Amount == 0 {
				continue
			}
			if err := s.bookDebt(ctx, tx, locked); err != nil {
				return err
			}
			n++
		}
		return nil
	}, db.Bulk())
	return n, err
}

// overdue suspends stores that owe a statement for longer than the market lets them. Each does so once.
func (s *Service) overdue(ctx context.Context, lease job.Lease) (n int, err error) {
	err = s.db.Write(ctx, "commission.overdue", func(ctx context.Context, tx db.Tx) error {
		n = 0
		if err := lease.Check(ctx, tx); err != nil {
			return err
		}
		settings, err := s.market.SettingsFor(ctx, tx)
		if err != nil || settings.CommissionDays == 0 {
			return err
		}
		q := commissiondb.New(tx)
		rows, err := q.Overdue(ctx, s.now()-settings.CommissionDays*24*time.Hour.Microseconds())
		if err != nil {
			return err
		}
		for _, r := range rows {
			briefs, err := s.stores.Briefs(ctx, tx, []int64{r.StoreID})
			if err != nil {
				return err
			}
			if _, err := q.MarkSuspended(ctx, s.now(), r.ID); err != nil {
				return err
			}
			if err := s.stores.SuspendFor(ctx, tx, briefs[r.StoreID], "The commission of "+r.Month+" is overdue."); err != nil {
				return err
			}
			n++
		}
		return nil
	}, db.Bulk())
	return n, err
}

// Rules are what haat verify checks of statements.
func (s *Service) Rules() []verify.Rule {
	return []verify.Rule{
		{Name: "commission.figures", About: "a statement's sums are those of its orders; what is paid of it, and what its store owes by it, is booked once", Check: s.check},
	}
}

func (s *Service) check(ctx context.Context, tx db.Tx, report func(format string, args ...any)) error {
	for after := int64(0); ; {
		rows, err := commissiondb.New(tx).VerifyAfter(ctx, after)
		if err != nil || len(rows) == 0 {
			return err
		}
		after = rows[len(rows)-1].ID
		references, transfers := make([]string, len(rows)), make([]string, len(rows))
		for i, r := range rows {
			references[i], transfers[i] = "commission:"+r.PublicID, "commission-paid:"+r.PublicID
		}
		booked, err := s.ledger.Booked(ctx, tx, references)
		if err != nil {
			return err
		}
		came, err := s.ledger.Booked(ctx, tx, transfers)
		if err != nil {
			return err
		}
		for i, r := range rows {
			var want, wantCame int64
			if State(r.State) == Paid || r.BookedAt != nil {
				want = r.Amount
			}
			if State(r.State) == Paid {
				if r.OwedBy == ByStore && r.Reference != "" {
					wantCame = r.Amount
				}
			}
			if came[transfers[i]] != wantCame {
				report("statement %s is %s: %d came from its store and not %d", r.PublicID, r.State, came[transfers[i]], wantCame)
			}
			if r.Orders != r.RowsCount || r.Base != r.RowsTotal || booked[references[i]] != want {
				report("statement %s is %s: %d orders of %d, its rows are %d of %d; %d is booked and not %d", r.PublicID, r.State, r.Orders, r.Base, r.RowsCount, r.RowsTotal, booked[references[i]], want)
			}
		}
	}
}

// daysUntil counts begun days until a statement is due; below zero it is overdue.
func (s *Service) daysUntil(due *int64) int64 {
	if due == nil {
		return 0
	}
	left := clock.Time(*due).Sub(s.clock.Now())
	days := int64(left / (24 * time.Hour))
	if left < 0 {
		days--
	}
	return days
}
