package commission

import (
	"context"
	"net/http"
	"time"

	"github.com/haat-market/haat/internal/commission/commissiondb"
	"github.com/haat-market/haat/internal/order"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/money"
	"github.com/haat-market/haat/internal/platform/pdf"
	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/internal/store"
)

// StoreRef names a store.
type StoreRef struct {
	ID   string `json:"id"`
	Code string `json:"code"`
	Name string `json:"name"`
}

// View is a statement.
type View struct {
	ID         string     `json:"id"`
	Store      StoreRef   `json:"store"`
	Month      string     `json:"month"`
	State      State      `json:"state" enum:"open,issued,paid"`
	OrderCount int64      `json:"order_count"`
	Base       string     `json:"order_total" doc:"The sum of the totals of its orders."`
	Rate       string     `json:"rate" doc:"Percent, as it was when it was written."`
	Amount     string     `json:"amount"`
	Currency   string     `json:"currency"`
	OwedBy     string     `json:"owed_by" enum:"market,store" doc:"As the market had it when it was issued."`
	OwedTo     string     `json:"owed_to" enum:"store,market"`
	DueAt      *time.Time `json:"due_at" nullable:"true"`
	DaysUntil  int64      `json:"days_until_due" doc:"Below zero it is overdue."`
	Overdue    bool       `json:"overdue"`
	PaidAt     *time.Time `json:"paid_at" nullable:"true"`
	Reference  string     `json:"reference,omitempty" doc:"The bank's number of the transfer; absent: booked to what the store earned."`
}

// OrderView is an order in a statement.
type OrderView struct {
	ID          string    `json:"id"`
	Number      string    `json:"number"`
	Total       string    `json:"total"`
	CompletedAt time.Time `json:"completed_at"`
}

// Whole is a statement with its first orders.
type Whole struct {
	View
	Orders    []OrderView    `json:"orders" doc:"At most 500; the bill has all."`
	Transfers []TransferView `json:"transfers" doc:"That are said to have paid it, newest first."`
}

// SummaryView is what a store's statements come to.
type SummaryView struct {
	Store   StoreRef `json:"store"`
	Records int64    `json:"records"`
	Paid    int64    `json:"paid"`
	Unpaid  int64    `json:"unpaid"`
	Overdue int64    `json:"overdue"`
	Earned  string   `json:"earned"`
	Owed    string   `json:"owed"`
}

// PreviewView is what a statement would come to now.
type PreviewView struct {
	Month      string `json:"month"`
	OrderCount int64  `json:"order_count"`
	Base       string `json:"order_total"`
	Amount     string `json:"amount"`
	Currency   string `json:"currency"`
}

// RunView says what a run did.
type RunView struct {
	Month  string `json:"month"`
	Stores int    `json:"stores"`
	Orders int    `json:"orders"`
	Issued int    `json:"issued"`
}

func at(us *int64) *time.Time {
	if us == nil {
		return nil
	}
	t := clock.Time(*us)
	return &t
}

// View is a statement as answers and pages show it.
func (s *Service) View(x Statement) View {
	cur := money.Currency(x.Currency)
	v := View{
		ID: x.PublicID, Store: StoreRef{x.Store.PublicID, x.Store.Code, x.Store.Name}, Month: x.Month, State: State(x.State), OrderCount: x.Orders, Base: money.Format(x.Base, cur),
		Rate: money.FormatRate(x.RateBp), Amount: money.Format(x.Amount, cur), Currency: x.Currency, OwedBy: x.OwedBy, OwedTo: ByStore, DueAt: at(x.DueAt), PaidAt: at(x.PaidAt), Reference: x.Reference,
	}
	if x.OwedBy == ByStore {
		v.OwedTo = ByMarket
	}
	if v.State == Issued {
		v.DaysUntil = s.daysUntil(x.DueAt)
		v.Overdue = *x.DueAt < s.now()
	}
	return v
}

type one[T any] struct{ Body T }

// ByID names a thing in the path. It is exported because only exported embedded types are read.
type ByID struct {
	ID string `path:"id" maxLength:"40"`
}

type listIn struct {
	web.PageParams
	Store string `query:"store" maxLength:"40" doc:"A store's, for its people; without it everybody's, for admins"`
	State string `query:"state" enum:"open,issued,paid"`
}

type previewIn struct {
	ByID
	Month string `query:"month" maxLength:"7" doc:"Such as 2026-10; without it the running month."`
}

type runIn struct {
	Body struct {
		Month string `json:"month" minLength:"7" maxLength:"7"`
	}
}

type payIn struct {
	ByID
	Body struct {
		Amount    string `json:"amount" minLength:"1" maxLength:"20" doc:"To be sure that it is the statement's."`
		Reference string `json:"reference,omitempty" maxLength:"60" doc:"The bank's number of the transfer; without it the amount is added to the store's earnings."`
		Note      string `json:"note,omitempty" maxLength:"500"`
	}
}

type payManyIn struct {
	Body struct {
		Statements []string `json:"statements" minItems:"1" maxItems:"100"`
		Note       string   `json:"note,omitempty" maxLength:"500"`
	}
}

// PaidCount counts what was paid.
type PaidCount struct {
	Paid int `json:"paid"`
}

type billOut struct {
	ContentType string `header:"Content-Type"`
	Disposition string `header:"Content-Disposition"`
	Cache       string `header:"Cache-Control"`
	Body        []byte
}

// Mount registers the room's operations.
func (s *Service) Mount(api *web.API) {
	op := func(method, path, id, summary string, access web.Access, errs ...*fault.Error) web.Op {
		return web.Op{Method: method, Path: path, ID: "commission." + id, Room: "commission", Access: access, Summary: summary, Errors: errs}
	}
	web.Register(api, op(http.MethodGet, "/v1/statements", "list", "A store's statements, or everybody's; newest first", web.SignedIn, web.ErrForbidden, store.ErrStoreNotFound, db.ErrInvalidCursor),
		func(ctx context.Context, in *listIn) (*one[web.Page[View]], error) {
			list, next, err := s.List(ctx, web.CallerFrom(ctx), in.Store, in.State, in.PageParams)
			out := make([]View, len(list))
			for i, x := range list {
				out[i] = s.View(x)
			}
			return &one[web.Page[View]]{web.NewPage(out, next)}, err
		})
	web.Register(api, op(http.MethodGet, "/v1/statements/{id}", "get", "A statement with its orders", web.Owner, ErrNotFound),
		func(ctx context.Context, in *ByID) (*one[Whole], error) { return s.whole(ctx, in.ID) })
	bill := op(http.MethodGet, "/v1/statements/{id}/bill", "bill", "A statement with all its orders, as PDF", web.Owner, ErrNotFound)
	bill.Produces = []string{"application/pdf"}
	web.Register(api, bill, func(ctx context.Context, in *ByID) (*billOut, error) {
		b, err := s.Bill(ctx, web.CallerFrom(ctx), in.ID)
		return &billOut{"application/pdf", `inline; filename="` + in.ID + `.pdf"`, "private, no-store", b}, err
	})
	web.Register(api, op(http.MethodGet, "/v1/stores/{id}/commission", "summary", "What your store's statements come to", web.Owner, store.ErrStoreNotFound),
		func(ctx context.Context, in *ByID) (*one[SummaryView], error) {
			b, sum, err := s.Summary(ctx, web.CallerFrom(ctx), in.ID)
			if err != nil {
				return nil, err
			}
			settings, err := s.market.Settings(ctx)
			return &one[SummaryView]{SummaryView{
				StoreRef{b.PublicID, b.Code, b.Name}, sum.Records, sum.Paid, sum.Unpaid, sum.Overdue, money.Format(sum.Earned, settings.Currency), money.Format(sum.Owed, settings.Currency),
			}}, err
		})
	web.Register(api, op(http.MethodGet, "/v1/stores/{id}/commission/preview", "preview", "What your store's statement of a month would come to now", web.Owner, store.ErrStoreNotFound, ErrMonth),
		func(ctx context.Context, in *previewIn) (*one[PreviewView], error) {
			settings, err := s.market.Settings(ctx)
			if err != nil {
				return nil, err
			}
			if in.Month == "" {
				in.Month = s.clock.Now().In(settings.Location()).Format("2006-01")
			}
			n, base, amount, cur, err := s.Preview(ctx, web.CallerFrom(ctx), in.ID, in.Month)
			if err != nil {
				return nil, err
			}
			return &one[PreviewView]{PreviewView{in.Month, n, money.Format(base, cur), money.Format(amount, cur), string(cur)}}, nil
		})
	web.Register(api, op(http.MethodPost, "/v1/statements/run", "run", "Write the statements of a month that is over; what is issued is left alone", web.Admin, ErrMonth, ErrMonthRuns),
		func(ctx context.Context, in *runIn) (*one[RunView], error) {
			n, err := s.Run(ctx, in.Body.Month)
			return &one[RunView]{RunView(n)}, err
		})
	pays := []*fault.Error{ErrNotFound, ErrState, ErrAmount, ErrReference, ErrBankText, ErrTransferPending}
	web.Register(api, op(http.MethodPost, "/v1/statements/{id}/pay", "pay", "Record that a statement is paid", web.Admin, pays...),
		func(ctx context.Context, in *payIn) (*one[Whole], error) {
			b := in.Body
			if err := s.Pay(ctx, web.CallerFrom(ctx), []string{in.ID}, PayCmd{b.Amount, b.Reference, b.Note}); err != nil {
				return nil, err
			}
			return s.whole(ctx, in.ID)
		})
	s.mountTransfers(api, op)
	web.Register(api, op(http.MethodPost, "/v1/statements/pay", "pay_many", "Settle many statements with what their stores earned, all or none", web.Admin, pays...),
		func(ctx context.Context, in *payManyIn) (*one[PaidCount], error) {
			err := s.Pay(ctx, web.CallerFrom(ctx), in.Body.Statements, PayCmd{Note: in.Body.Note})
			return &one[PaidCount]{PaidCount{len(in.Body.Statements)}}, err
		})
}

func (s *Service) whole(ctx context.Context, id string) (*one[Whole], error) {
	x, orders, err := s.Get(ctx, web.CallerFrom(ctx), id, 0, 500)
	if err != nil {
		return nil, err
	}
	v := Whole{View: s.View(x), Orders: make([]OrderView, len(orders))}
	transfers, err := s.TransfersFor(ctx, web.CallerFrom(ctx), id)
	if err != nil {
		return nil, err
	}
	v.Transfers = make([]TransferView, len(transfers))
	for i, t := range transfers {
		v.Transfers[i] = viewTransfer(t.StatementTransfer, x.Currency)
	}
	for i, o := range orders {
		v.Orders[i] = ViewOrder(o, money.Currency(x.Currency))
	}
	return &one[Whole]{v}, nil
}

// ViewOrder is an order in a statement as answers and pages show it.
func ViewOrder(o commissiondb.StatementOrder, cur money.Currency) OrderView {
	return OrderView{o.Reference, order.Number(o.OrderID), money.Format(o.Total, cur), clock.Time(o.CompletedAt)}
}

// Bill is a statement as PDF, page by page of its orders. Error: ErrNotFound.
func (s *Service) Bill(ctx context.Context, caller web.Caller, id string) ([]byte, error) {
	settings, err := s.market.Settings(ctx)
	if err != nil {
		return nil, err
	}
	x, orders, err := s.Get(ctx, caller, id, 0, 500)
	if err != nil {
		return nil, err
	}
	v := s.View(x)
	d, err := pdf.New("Commission " + v.Month + " " + v.Store.Code)
	if err != nil {
		return nil, err
	}
	const left, right, line = 15 * pdf.MM, pdf.Wide - 15*pdf.MM, 6 * pdf.MM
	d.Page()
	y := 20 * pdf.MM
	put := func(a, b string) {
		if y > pdf.High-20*pdf.MM {
			d.Page()
			y = 20 * pdf.MM
		}
		d.Text(left, y, 10_000, pdf.Left, a)
		d.Text(right, y, 10_000, pdf.Right, b)
		y += line
	}
	d.Text(left, y, 16_000, pdf.Left, "Commission statement "+v.Month)
	y += 2 * line
	put(settings.DisplayName(), v.Store.Name+", "+v.Store.Code)
	put("Orders", v.Base+" "+v.Currency)
	put("Commission "+v.Rate+" %", v.Amount+" "+v.Currency)
	if v.DueAt != nil {
		put("Due", v.DueAt.In(settings.Location()).Format(time.DateOnly))
	}
	if v.PaidAt != nil {
		put("Paid "+v.Reference, v.PaidAt.In(settings.Location()).Format(time.DateOnly))
	}
	y += line
	for len(orders) > 0 {
		for _, o := range orders {
			put(order.Number(o.OrderID)+"   "+clock.Time(o.CompletedAt).In(settings.Location()).Format(time.DateOnly), money.Format(o.Total, money.Currency(v.Currency)))
		}
		if _, orders, err = s.Get(ctx, caller, id, orders[len(orders)-1].OrderID, 500); err != nil {
			return nil, err
		}
	}
	return d.Bytes(), nil
}
