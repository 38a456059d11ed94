package payment

import (
	"context"
	"errors"
	"time"

	"github.com/haat-market/haat/internal/ledger"
	"github.com/haat-market/haat/internal/payment/paymentdb"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/event"
	"github.com/haat-market/haat/internal/platform/money"
	"github.com/haat-market/haat/internal/platform/web"
)

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
	Failure     string    `json:"failure,omitempty" doc:"Why the source did not take it; no_way_back: it cannot, and there is no wallet, so a person settles it"`
	Reference   string    `json:"reference,omitempty" doc:"The provider's, or the bank's"`
	CreatedAt   time.Time `json:"created_at"`
	UpdatedAt   time.Time `json:"updated_at"`
}

func refundView(r paymentdb.Refund) RefundView {
	cur := money.Currency(r.Currency)
	return RefundView{
		ID: r.PublicID, Order: r.OrderRef, State: r.State, Currency: r.Currency, Amount: money.Format(r.Amount, cur), Fee: money.Format(r.Fee, cur),
		Reason: r.Reason, Destination: r.Destination, Failure: r.Failure, Reference: r.ProviderReference, CreatedAt: clock.Time(r.CreatedAt), UpdatedAt: clock.Time(r.UpdatedAt),
	}
}

var refundList = db.DefineList(db.List{
	Name: "payment.refunds",
	Select: "SELECT r.id, r.public_id, r.payment_id, r.attempt_id, r.order_ref, r.reference, r.currency, r.amount, r.fee, r.reason, r.destination, r.state, r.failure, r.provider_reference, " +
		"r.created_at, r.updated_at",
	From: "FROM refunds r",
	Filters: []db.Filter{
		{Name: "account", SQL: "r.account_id = ?", Type: db.Int}, {Name: "store", SQL: "r.store_id = ?", Type: db.Int}, {Name: "state", SQL: "r.state = ?", Type: db.Text},
	},
	Sorts: []db.Sort{{Name: "newest", Desc: true, Keys: []db.SortKey{{Column: "r.id", Type: db.Int}}}},
	Combos: []db.Combo{
		{Sort: "newest", Index: "refunds_pkey"},
		{Filters: []string{"state"}, Sort: "newest", Index: "refunds_state"},
		{Filters: []string{"account"}, Sort: "newest", Index: "refunds_account"},
		{Filters: []string{"account", "state"}, Sort: "newest", Index: "refunds_account_state"},
		{Filters: []string{"store"}, Sort: "newest", Index: "refunds_store"},
		{Filters: []string{"store", "state"}, Sort: "newest", Index: "refunds_store_state"},
	},
})

func scanRefund(s db.Scanner) (RefundView, error) {
	var r paymentdb.Refund
	err := s.Scan(&r.ID, &r.PublicID, &r.PaymentID, &r.AttemptID, &r.OrderRef, &r.Reference, &r.Currency, &r.Amount, &r.Fee, &r.Reason,
		&r.Destination, &r.State, &r.Failure, &r.ProviderReference, &r.CreatedAt, &r.UpdatedAt)
	return refundView(r), err
}

// RefundQuery says which refunds: an account's, a store's, or with neither everybody's. Who may ask is the caller's to
// know.
type RefundQuery struct {
	AccountID, StoreID int64
	State              string
}

// ListRefunds pages through refunds, newest first.
func (s *Service) ListRefunds(ctx context.Context, q RefundQuery, page web.PageParams) (out web.Page[RefundView], err error) {
	err = s.db.Read(ctx, "payment.refunds", func(ctx context.Context, tx db.Tx) error {
		out, err = s.RefundPage(ctx, tx, q, page)
		return err
	})
	return out, err
}

// RefundPage is ListRefunds in the caller's transaction.
func (s *Service) RefundPage(ctx context.Context, tx db.Tx, q RefundQuery, page web.PageParams) (web.Page[RefundView], error) {
	filters := map[string]any{}
	if q.AccountID != 0 {
		filters["account"] = q.AccountID
	}
	if q.StoreID != 0 {
		filters["store"] = q.StoreID
	}
	if q.State != "" {
		filters["state"] = q.State
	}
	items, next, err := db.QueryList(ctx, tx, refundList, db.ListQuery{Filters: filters, Limit: page.Limit, Cursor: page.Cursor}, scanRefund)
	return web.NewPage(items, next), err
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

// FindRefund reads a refund, and whose it is: an account's key and a store's, 0 for none. It joins the caller's
// transaction. Error: ErrRefundNotFound.
func (s *Service) FindRefund(ctx context.Context, tx db.Tx, id string) (v RefundView, account, store int64, err error) {
	r, err := paymentdb.New(tx).GetRefund(ctx, id)
	if errors.Is(err, db.ErrNoRows) {
		err = ErrRefundNotFound
	}
	return refundView(r), r.AccountID, r.StoreID, err
}

// RefundsOfOrder lists an order's refunds, the oldest first. It joins the caller's transaction.
func (s *Service) RefundsOfOrder(ctx context.Context, tx db.Tx, order string) ([]RefundView, error) {
	rows, err := paymentdb.New(tx).RefundsOfOrder(ctx, order)
	out := make([]RefundView, len(rows))
	for i, r := range rows {
		out[i] = refundView(r)
	}
	return out, err
}

// RefundIDs are the refunds of orders, for the rules of who owns these.
func (s *Service) RefundIDs(ctx context.Context, tx db.Tx, orders []string) (map[string][]string, error) {
	rows, err := paymentdb.New(tx).RefundsOfOrders(ctx, orders)
	out := make(map[string][]string, len(rows))
	for _, r := range rows {
		out[r.OrderRef] = append(out[r.OrderRef], r.PublicID)
	}
	return out, err
}

// SettleRefund ends a refund that failed: an admin paid it from the bank, under a reference of there, or has it put into
// the payer's wallet. Errors: ErrRefundNotFound, ErrRefundSettled, ErrNoWallet.
func (s *Service) SettleRefund(ctx context.Context, caller web.Caller, id, reference string, wallet bool) error {
	// READ COMMITTED: the state is looked at under the refund's lock, and left by a guarded update.
	return s.db.Write(ctx, "payment.settle_refund", func(ctx context.Context, tx db.Tx) error {
		q := paymentdb.New(tx)
		r, err := q.LockRefund(ctx, id)
		if errors.Is(err, db.ErrNoRows) {
			return ErrRefundNotFound
		}
		if err != nil {
			return err
		}
		if r.State != refundFailed {
			return ErrRefundSettled.With("state", r.State)
		}
		row, err := q.GetPaymentByID(ctx, r.PaymentID)
		if err != nil {
			return err
		}
		p, to := fromRow(row), r.Destination
		if wallet {
			if to = toWallet; p.Account == "" {
				return ErrNoWallet
			}
			err = s.intoWallet(ctx, tx, p, id, r.Amount+r.Fee)
		} else {
			err = s.ledger.Post(ctx, tx, ledger.RefundConfirmed, "refunded:"+id, id, ledger.Leg{From: ledger.RefundsDue(r.Currency), To: ledger.Bank(r.Currency), Amount: r.Amount + r.Fee})
		}
		if err != nil {
			return err
		}
		n, err := q.SettleRefund(ctx, paymentdb.SettleRefundParams{
			ID: r.ID, Destination: to, ProviderReference: reference, SettledBy: caller.Account, UpdatedAt: clock.Micro(s.clock.Now()),
		})
		if err == nil && n != 1 {
			err = ErrRefundSettled
		}
		if err != nil {
			return err
		}
		return s.events.Append(ctx, tx, event.Event{Type: "refund.settled", Subject: id, Actor: caller.Account, Facts: map[string]any{
			"order": r.OrderRef, "amount": r.Amount + r.Fee, "currency": r.Currency, "destination": to, "reference": reference,
		}})
	}, db.ReadCommitted())
}
