package payment

import (
	"context"
	"errors"
	"time"

	"github.com/haat-market/haat/internal/payment/paymentdb"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/money"
	"github.com/haat-market/haat/internal/platform/web"
)

// View is a payment as its payer and an admin see it.
type View struct {
	ID          string        `json:"id"`
	Kind        string        `json:"kind" doc:"What is paid for: checkout"`
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
	ExpiresAt  time.Time `json:"expires_at"`
	CreatedAt  time.Time `json:"created_at"`
}

// RefundView is one refund.
type RefundView struct {
	ID          string    `json:"id"`
	Order       string    `json:"order,omitempty"`
	State       string    `json:"state" enum:"requested,processing,completed,failed"`
	Currency    string    `json:"currency"`
	Amount      string    `json:"amount"`
	Fee         string    `json:"fee" doc:"Of the gateway's fee, given back beside the amount"`
	Reason      string    `json:"reason"`
	Destination string    `json:"destination" enum:"source,wallet"`
	Failure     string    `json:"failure,omitempty"`
	CreatedAt   time.Time `json:"created_at"`
	UpdatedAt   time.Time `json:"updated_at"`
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
	return AttemptView{
		ID: a.PublicID, Gateway: a.Gateway, State: a.State, Currency: a.Currency, Amount: money.Format(a.Amount, cur),
		Fee: money.Format(a.Fee, cur), Total: money.Format(a.Amount+a.Fee, cur), Instrument: a.Instrument, Failure: a.Failure,
		ExpiresAt: clock.Time(a.ExpiresAt), CreatedAt: clock.Time(a.CreatedAt),
	}
}

func refundView(r paymentdb.Refund) RefundView {
	cur := money.Currency(r.Currency)
	return RefundView{
		ID: r.PublicID, Order: r.OrderRef, State: r.State, Currency: r.Currency, Amount: money.Format(r.Amount, cur), Fee: money.Format(r.Fee, cur),
		Reason: r.Reason, Destination: r.Destination, Failure: r.Failure, CreatedAt: clock.Time(r.CreatedAt), UpdatedAt: clock.Time(r.UpdatedAt),
	}
}

const paymentColumns = "SELECT p.id, p.public_id, p.payable_kind, p.payable, p.account_id, p.account, p.method, p.currency, p.amount, p.fee, p.captured, p.refunded, p.state, p.late, p.cancelled_by, p.window_until, p.completed_at, p.created_at, p.updated_at"

var paymentList = db.DefineList(db.List{
	Name: "payment.payments", Select: paymentColumns, From: "FROM payments p",
	Filters: []db.Filter{{Name: "account", SQL: "p.account_id = ?", Type: db.Int}, {Name: "state", SQL: "p.state = ?", Type: db.Text}},
	Sorts:   []db.Sort{{Name: "newest", Desc: true, Keys: []db.SortKey{{Column: "p.id", Type: db.Int}}}},
	Combos: []db.Combo{
		{Sort: "newest", Index: "payments_pkey"},
		{Filters: []string{"state"}, Sort: "newest", Index: "payments_state"},
		{Filters: []string{"account"}, Sort: "newest", Index: "payments_account"},
		{Filters: []string{"account", "state"}, Sort: "newest", Index: "payments_account_state"},
	},
})

var refundList = db.DefineList(db.List{
	Name:    "payment.refunds",
	Select:  "SELECT r.id, r.public_id, r.payment_id, r.attempt_id, r.order_ref, r.reference, r.currency, r.amount, r.fee, r.reason, r.destination, r.state, r.failure, r.provider_reference, r.created_at, r.updated_at",
	From:    "FROM refunds r",
	Filters: []db.Filter{{Name: "state", SQL: "r.state = ?", Type: db.Text}},
	Sorts:   []db.Sort{{Name: "newest", Desc: true, Keys: []db.SortKey{{Column: "r.id", Type: db.Int}}}},
	Combos: []db.Combo{
		{Sort: "newest", Index: "refunds_pkey"},
		{Filters: []string{"state"}, Sort: "newest", Index: "refunds_state"},
	},
})

func scanPayment(r db.Scanner) (View, error) {
	var p paymentdb.Payment
	err := r.Scan(&p.ID, &p.PublicID, &p.PayableKind, &p.Payable, &p.AccountID, &p.Account, &p.Method, &p.Currency, &p.Amount, &p.Fee, &p.Captured,
		&p.Refunded, &p.State, &p.Late, &p.CancelledBy, &p.WindowUntil, &p.CompletedAt, &p.CreatedAt, &p.UpdatedAt)
	return fromRow(p).View(), err
}

func scanRefund(s db.Scanner) (RefundView, error) {
	var r paymentdb.Refund
	err := s.Scan(&r.ID, &r.PublicID, &r.PaymentID, &r.AttemptID, &r.OrderRef, &r.Reference, &r.Currency, &r.Amount, &r.Fee, &r.Reason,
		&r.Destination, &r.State, &r.Failure, &r.ProviderReference, &r.CreatedAt, &r.UpdatedAt)
	return refundView(r), err
}

// List pages through payments, newest first: the caller's own, or everybody's for an admin with all.
func (s *Service) List(ctx context.Context, caller web.Caller, all bool, state string, page web.PageParams) (out web.Page[View], err error) {
	filters := map[string]any{}
	if !all || !caller.Is(web.RoleAdmin) {
		filters["account"] = caller.AccountID
	}
	if state != "" {
		filters["state"] = state
	}
	err = s.db.Read(ctx, "payment.list", func(ctx context.Context, tx db.Tx) error {
		items, next, err := db.QueryList(ctx, tx, paymentList, db.ListQuery{Filters: filters, Limit: page.Limit, Cursor: page.Cursor}, scanPayment)
		out = web.NewPage(items, next)
		return err
	})
	return out, err
}

// ListRefunds pages through all refunds, newest first.
func (s *Service) ListRefunds(ctx context.Context, state string, page web.PageParams) (out web.Page[RefundView], err error) {
	filters := map[string]any{}
	if state != "" {
		filters["state"] = state
	}
	err = s.db.Read(ctx, "payment.refunds", func(ctx context.Context, tx db.Tx) error {
		items, next, err := db.QueryList(ctx, tx, refundList, db.ListQuery{Filters: filters, Limit: page.Limit, Cursor: page.Cursor}, scanRefund)
		out = web.NewPage(items, next)
		return err
	})
	return out, err
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
		return nil
	})
	return v, err
}

// RefundsOf lists a payment's refunds.
func (s *Service) RefundsOf(ctx context.Context, caller web.Caller, id string) (out []RefundView, err error) {
	err = s.db.Read(ctx, "payment.refunds_of", func(ctx context.Context, tx db.Tx) error {
		q := paymentdb.New(tx)
		p, err := s.own(ctx, q, caller, id)
		if err != nil {
			return err
		}
		rows, err := q.Refunds(ctx, p.ID)
		if err != nil {
			return err
		}
		out = make([]RefundView, 0, len(rows))
		for _, r := range rows {
			out = append(out, refundView(r))
		}
		return nil
	})
	return out, err
}

func (s *Service) own(ctx context.Context, q *paymentdb.Queries, caller web.Caller, id string) (Payment, error) {
	row, err := q.GetPayment(ctx, id)
	if errors.Is(err, db.ErrNoRows) || err == nil && row.AccountID != caller.AccountID && !caller.Is(web.RoleAdmin) {
		return Payment{}, ErrNotFound
	}
	return fromRow(row), err
}
