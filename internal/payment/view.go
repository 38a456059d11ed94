package payment

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/haat-market/haat/internal/payment/gateway"
	"github.com/haat-market/haat/internal/payment/paymentdb"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/money"
	"github.com/haat-market/haat/internal/platform/web"
)

// View is a payment as its payer and an admin see it.
type View struct {
	ID          string        `json:"id"`
	Kind        string        `json:"kind" doc:"What is paid for: checkout, topup"`
	Payable     string        `json:"payable" doc:"Id of what is paid for"`
	State       string        `json:"state" enum:"pending,processing,completed,part_refunded,refunded,expired,cancelled"`
	Method      string        `json:"method" enum:"gateway,wallet,cod"`
	Currency    string        `json:"currency"`
	Amount      string        `json:"amount" doc:"Without the gateway's fee"`
	Fee         string        `json:"fee" doc:"The gateway's fee that was paid on top"`
	Captured    string        `json:"captured"`
	Refunded    string        `json:"refunded"`
	Late        bool          `json:"late" doc:"The money came after the time to pay was over"`
	ExpiresAt   *time.Time    `json:"expires_at" nullable:"true" doc:"Until when it can be paid"`
	CompletedAt *time.Time    `json:"completed_at" nullable:"true"`
	CreatedAt   time.Time     `json:"created_at"`
	Attempts    []AttemptView `json:"attempts,omitempty"`
}

// AttemptView is one attempt.
type AttemptView struct {
	ID         string    `json:"id"`
	Gateway    string    `json:"gateway"`
	State      string    `json:"state" enum:"started,succeeded,failed,expired,duplicate,review"`
	Currency   string    `json:"currency"`
	Amount     string    `json:"amount"`
	Fee        string    `json:"fee" doc:"On top of the amount"`
	Total      string    `json:"total" doc:"Amount and fee: what the gateway takes"`
	Instrument string    `json:"instrument,omitempty" doc:"The card's last four digits"`
	Failure    string    `json:"failure,omitempty"`
	Choice     string    `json:"choice,omitempty"`
	Bank       string    `json:"bank,omitempty"`
	ExpiresAt  time.Time `json:"expires_at"`
	CreatedAt  time.Time `json:"created_at"`

	Next  *gateway.Next `json:"next,omitempty" doc:"What the payer has to do now"`
	Proof *ProofView    `json:"proof,omitempty" doc:"Of a transfer"`
}

// View renders the payment.
func (p Payment) View() View {
	v := View{
		ID: p.PublicID, Kind: p.Kind, Payable: p.Payable, State: string(p.State), Method: string(p.Method), Currency: string(p.Currency),
		Amount: money.Format(p.Amount, p.Currency), Fee: money.Format(p.Fee, p.Currency), Captured: money.Format(p.Captured, p.Currency),
		Refunded: money.Format(p.Refunded, p.Currency), Late: p.Late, CompletedAt: p.Completed, CreatedAt: p.CreatedAt,
	}
	if p.Refunded > 0 {
		v.State = "part_refunded"
		if p.Refunded == p.Captured {
			v.State = "refunded"
		}
	}
	if p.Open() && p.Until.Before(Never) {
		v.ExpiresAt = &p.Until
	}
	return v
}

func attemptView(a paymentdb.PaymentAttempt) AttemptView {
	cur := money.Currency(a.Currency)
	v := AttemptView{
		ID: a.PublicID, Gateway: a.Gateway, State: a.State, Currency: a.Currency, Amount: money.Format(a.Amount, cur),
		Fee: money.Format(a.Fee, cur), Total: money.Format(a.Amount+a.Fee, cur), Instrument: a.Instrument, Failure: a.Failure,
		Choice: a.Choice, Bank: a.Bank, ExpiresAt: clock.Time(a.ExpiresAt), CreatedAt: clock.Time(a.CreatedAt),
	}
	if a.Next != "" && AttemptState(a.State) == Started {
		v.Next = new(gateway.Next)
		if err := json.Unmarshal([]byte(a.Next), v.Next); err != nil {
			v.Next = nil // written by a later program; the payer starts anew
		}
	}
	return v
}

const paymentColumns = "SELECT p.id, p.public_id, p.payable_kind, p.payable, p.account_id, p.account, p.method, p.currency, p.amount, p.fee, p.captured, p.refunded, p.state, p.late, p.cancelled_by, p.window_until, p.completed_at, p.created_at, p.updated_at"

var paymentList = db.DefineList(db.List{
	Name: "payment.payments", Select: paymentColumns, From: "FROM payments p",
	Filters: []db.Filter{
		{Name: "account", SQL: "p.account_id = ?", Type: db.Int}, {Name: "state", SQL: "p.state = ?", Type: db.Text}, {Name: "method", SQL: "p.method = ?", Type: db.Text},
		{Name: "first", SQL: "p.id >= ?", Type: db.Int}, {Name: "last", SQL: "p.id <= ?", Type: db.Int},
		{Name: "from", SQL: "p.created_at >= ?", Type: db.Int}, {Name: "to", SQL: "p.created_at < ?", Type: db.Int},
	},
	Sorts:  []db.Sort{{Name: "newest", Desc: true, Keys: []db.SortKey{{Column: "p.id", Type: db.Int}}}},
	Combos: paymentCombos(),
})

// paymentCombos are whose payments, with a state, each with a method and a time: a run of numbers.
func paymentCombos() (out []db.Combo) {
	for _, c := range []db.Combo{
		{Index: "payments_pkey"},
		{Filters: []string{"state"}, Index: "payments_state"},
		{Filters: []string{"account"}, Index: "payments_account"},
		{Filters: []string{"account"}, Post: []string{"state"}, Index: "payments_account"},
	} {
		for _, method := range [][]string{nil, {"method"}} {
			for _, span := range []bool{false, true} {
				one := db.Combo{Filters: c.Filters, Post: append(slices.Clone(c.Post), method...), Sort: "newest", Index: c.Index}
				if span {
					one.Filters, one.Post = append(slices.Clone(c.Filters), "first", "last"), append(one.Post, "from", "to")
				}
				if len(one.Post) == 0 {
					one.Post = nil
				}
				out = append(out, one)
			}
		}
	}
	return out
}

func scanPayment(r db.Scanner) (View, error) {
	var p paymentdb.Payment
	err := r.Scan(&p.ID, &p.PublicID, &p.PayableKind, &p.Payable, &p.AccountID, &p.Account, &p.Method, &p.Currency, &p.Amount, &p.Fee, &p.Captured,
		&p.Refunded, &p.State, &p.Late, &p.CancelledBy, &p.WindowUntil, &p.CompletedAt, &p.CreatedAt, &p.UpdatedAt)
	return fromRow(p).View(), err
}

// ListQuery says which payments: the caller's own, or with All everybody's, for an admin.
type ListQuery struct {
	All      bool
	State    string
	Method   string
	From, To time.Time
}

// List pages through payments, newest first: the caller's own, or everybody's for an admin who asks for all.
func (s *Service) List(ctx context.Context, caller web.Caller, q ListQuery, page web.PageParams) (out web.Page[View], err error) {
	filters := map[string]any{}
	if !q.All || !caller.Is(web.RoleAdmin) {
		filters["account"] = caller.AccountID
	}
	if q.State != "" {
		filters["state"] = q.State
	}
	if q.Method != "" {
		filters["method"] = q.Method
	}
	err = s.db.Read(ctx, "payment.list", func(ctx context.Context, tx db.Tx) error {
		if !q.From.IsZero() || !q.To.IsZero() {
			if err := span(ctx, tx, q, filters); err != nil {
				return err
			}
		}
		items, next, err := db.QueryList(ctx, tx, paymentList, db.ListQuery{Filters: filters, Limit: page.Limit, Cursor: page.Cursor}, scanPayment)
		out = web.NewPage(items, next)
		return err
	})
	return out, err
}

// span turns a time into the run of numbers that its payments have, and some more on both sides, which the exact times
// are tested on.
func span(ctx context.Context, tx db.Tx, q ListQuery, filters map[string]any) error {
	from, to := int64(0), clock.Micro(Never)
	if !q.From.IsZero() {
		from = clock.Micro(q.From)
	}
	if !q.To.IsZero() {
		to = clock.Micro(q.To)
	}
	queries := paymentdb.New(tx)
	last, err := queries.LastPayment(ctx)
	if err != nil {
		return err
	}
	for name, at := range map[string]int64{"first": from - db.ClockSkew.Microseconds(), "last": to + db.ClockSkew.Microseconds()} {
		n, err := db.FirstAt(last, at, func(id int64) (int64, int64, error) {
			row, err := queries.PaymentFrom(ctx, id)
			return row.ID, row.CreatedAt, err
		})
		if err != nil {
			return err
		}
		filters[name] = n
	}
	filters["from"], filters["to"] = from, to
	return nil
}

// Get reads a payment with its attempts. Somebody else's is ErrNotFound.
func (s *Service) Get(ctx context.Context, caller web.Caller, id string) (v View, err error) {
	err = s.db.Read(ctx, "payment.get", func(ctx context.Context, tx db.Tx) error {
		q := paymentdb.New(tx)
		p, err := s.own(ctx, q, caller, id)
		if err != nil {
			return err
		}
		rows, err := q.Attempts(ctx, p.ID)
		if err != nil {
			return err
		}
		v = p.View()
		for _, a := range rows {
			v.Attempts = append(v.Attempts, attemptView(a))
		}
		return s.addProofs(ctx, q, p, rows, v.Attempts)
	})
	return v, err
}

func (s *Service) own(ctx context.Context, q *paymentdb.Queries, caller web.Caller, id string) (Payment, error) {
	row, err := q.GetPayment(ctx, id)
	if errors.Is(err, db.ErrNoRows) || err == nil && row.AccountID != caller.AccountID && !caller.Is(web.RoleAdmin) {
		return Payment{}, ErrNotFound
	}
	return fromRow(row), err
}
