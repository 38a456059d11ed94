package order

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/haat-market/haat/internal/order/orderdb"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/money"
	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/internal/store"
)

// DisputeView is a dispute about an order.
type DisputeView struct {
	ID          string               `json:"id"`
	Order       string               `json:"order"`
	State       DisputeState         `json:"state" enum:"open,resolved,withdrawn"`
	Reason      string               `json:"reason" enum:"not_received,damaged,not_as_described,wrong_item,missing_parts,other"`
	Text        string               `json:"text"`
	Lines       []DisputedLine       `json:"lines" doc:"What it is about; none is all of the order"`
	AnswerUntil time.Time            `json:"answer_until" doc:"Until when the store is to say something"`
	AnsweredAt  *time.Time           `json:"answered_at" nullable:"true" doc:"When it first did"`
	Overdue     bool                 `json:"overdue" doc:"It is open, and the store said nothing in time"`
	Outcome     Outcome              `json:"outcome,omitempty" enum:"released,refunded,split,returned"`
	Given       string               `json:"given" doc:"What the buyer got of it"`
	Currency    string               `json:"currency"`
	Note        string               `json:"note,omitempty" doc:"The admin's word to both"`
	DecidedAt   *time.Time           `json:"decided_at" nullable:"true"`
	CreatedAt   time.Time            `json:"created_at"`
	Messages    []DisputeMessageView `json:"messages,omitempty"`
	Actions     []string             `json:"allowed_actions,omitempty" doc:"Of a single one: what you may do with it now"`
}

// What may be done with an open dispute.
const (
	DisputeSay      = "say"
	DisputeWithdraw = "withdraw"
	DisputeResolve  = "resolve"
)

// DisputedLine is units of a line.
type DisputedLine struct {
	Line     string `json:"line"`
	Quantity int64  `json:"quantity"`
}

// DisputeMessageView is what somebody said.
type DisputeMessageView struct {
	Party     Party     `json:"party" enum:"buyer,store,admin"`
	Text      string    `json:"text"`
	CreatedAt time.Time `json:"created_at"`
}

func (s *Service) disputeView(d orderdb.OrderDispute) (DisputeView, error) {
	v := DisputeView{
		ID: d.PublicID, Order: d.OrderRef, State: DisputeState(d.State), Reason: d.Reason, Text: d.Text, Lines: []DisputedLine{}, AnswerUntil: clock.Time(d.AnswerUntil), AnsweredAt: at(d.AnsweredAt),
		Overdue: DisputeState(d.State) == DisputeOpen && d.AnsweredAt == nil && s.clock.Now().After(clock.Time(d.AnswerUntil)), Outcome: Outcome(d.Outcome),
		Given: money.Format(d.Given, money.Currency(d.Currency)), Currency: d.Currency, Note: d.Note, DecidedAt: at(d.DecidedAt), CreatedAt: clock.Time(d.CreatedAt),
	}
	var lines []RefundLine
	err := json.Unmarshal([]byte(d.Lines), &lines)
	for _, l := range lines {
		v.Lines = append(v.Lines, DisputedLine(l))
	}
	return v, err
}

// FindDispute reads a dispute with its messages, for the order's buyer, its store's people and admins. Error:
// ErrDisputeNotFound.
func (s *Service) FindDispute(ctx context.Context, caller web.Caller, id string) (v DisputeView, err error) {
	err = s.db.Read(ctx, "order.dispute", func(ctx context.Context, tx db.Tx) error {
		q := orderdb.New(tx)
		d, err := q.Dispute(ctx, id)
		if errors.Is(err, db.ErrNoRows) {
			return ErrDisputeNotFound
		}
		if err != nil {
			return err
		}
		o, err := q.GetOrder(ctx, d.OrderRef)
		if err != nil {
			return err
		}
		party, err := s.disputeParty(ctx, tx, caller, o)
		if err != nil {
			return err
		}
		if v, err = s.disputeView(d); err != nil {
			return err
		}
		v.Actions = disputeActions(v.State, party, caller)
		rows, err := q.DisputeMessages(ctx, d.ID)
		v.Messages = make([]DisputeMessageView, len(rows))
		for i, r := range rows {
			v.Messages[i] = DisputeMessageView{Party(r.Party), r.Text, clock.Time(r.CreatedAt)}
		}
		return err
	})
	return v, err
}

// disputeActions are what somebody may do with a dispute.
func disputeActions(state DisputeState, party Party, caller web.Caller) []string {
	if state != DisputeOpen {
		return nil
	}
	out := []string{DisputeSay}
	if party == Buyer {
		out = append(out, DisputeWithdraw)
	}
	if caller.Is(web.RoleAdmin) {
		out = append(out, DisputeResolve)
	}
	return out
}

// DisputesOf are the disputes about an order, the newest first and without their messages, for those who may see the
// order. Error: ErrNotFound.
func (s *Service) DisputesOf(ctx context.Context, caller web.Caller, id string) (out []DisputeView, err error) {
	err = s.db.Read(ctx, "order.disputes_of", func(ctx context.Context, tx db.Tx) error {
		o, _, err := s.open(ctx, tx, caller, id)
		if err != nil {
			return err
		}
		rows, err := orderdb.New(tx).DisputesOfOrder(ctx, o.ID)
		if err != nil {
			return err
		}
		out = make([]DisputeView, len(rows))
		for i, d := range rows {
			if out[i], err = s.disputeView(d); err != nil {
				return err
			}
		}
		return nil
	})
	return out, err
}

var disputeList = db.DefineList(db.List{
	Name: "order.disputes",
	Select: "SELECT d.id, d.public_id, d.order_id, d.order_ref, d.store_id, d.account_id, d.account, d.state, d.reason, d.text, d.lines, d.currency, d.answer_until, d.answered_at, d.outcome, " +
		"d.given, d.note, d.decided_by, d.decided_at, d.created_at",
	From: "FROM order_disputes d",
	Filters: []db.Filter{
		{Name: "account", SQL: "d.account_id = ?", Type: db.Int}, {Name: "store", SQL: "d.store_id = ?", Type: db.Int}, {Name: "state", SQL: "d.state = ?", Type: db.Text},
	},
	Sorts: []db.Sort{{Name: "newest", Desc: true, Keys: []db.SortKey{{Column: "d.id", Type: db.Int}}}},
	Combos: []db.Combo{
		{Sort: "newest", Index: "order_disputes_pkey"},
		{Filters: []string{"state"}, Sort: "newest", Index: "order_disputes_state"},
		{Filters: []string{"account"}, Sort: "newest", Index: "order_disputes_account"},
		{Filters: []string{"account", "state"}, Sort: "newest", Index: "order_disputes_account_state"},
		{Filters: []string{"store"}, Sort: "newest", Index: "order_disputes_store"},
		{Filters: []string{"store", "state"}, Sort: "newest", Index: "order_disputes_store_state"},
	},
})

func scanDispute(r db.Scanner) (d orderdb.OrderDispute, err error) {
	err = r.Scan(&d.ID, &d.PublicID, &d.OrderID, &d.OrderRef, &d.StoreID, &d.AccountID, &d.Account, &d.State, &d.Reason, &d.Text, &d.Lines, &d.Currency, &d.AnswerUntil, &d.AnsweredAt,
		&d.Outcome, &d.Given, &d.Note, &d.DecidedBy, &d.DecidedAt, &d.CreatedAt)
	return d, err
}

// DisputeQuery says whose disputes: those the caller opened, a store's, or all, for admins.
type DisputeQuery struct {
	Store string
	All   bool
	State string
}

// Disputes pages through disputes, newest first, without their messages. Errors: ErrAdminList, store.Require's.
func (s *Service) Disputes(ctx context.Context, caller web.Caller, q DisputeQuery, page web.PageParams) (out web.Page[DisputeView], err error) {
	if q.All && !caller.Is(web.RoleAdmin) {
		return out, ErrAdminList
	}
	filters := map[string]any{}
	if q.State != "" {
		filters["state"] = q.State
	}
	err = s.db.Read(ctx, "order.disputes", func(ctx context.Context, tx db.Tx) error {
		switch {
		case q.Store != "":
			b, err := s.stores.Require(ctx, tx, caller, q.Store, store.Orders)
			if err != nil {
				return err
			}
			filters["store"] = b.ID
		case !q.All:
			filters["account"] = caller.AccountID
		}
		rows, next, err := db.QueryList(ctx, tx, disputeList, db.ListQuery{Filters: filters, Limit: page.Limit, Cursor: page.Cursor}, scanDispute)
		if err != nil {
			return err
		}
		items := make([]DisputeView, len(rows))
		for i, d := range rows {
			if items[i], err = s.disputeView(d); err != nil {
				return err
			}
		}
		out = web.NewPage(items, next)
		return nil
	})
	return out, err
}
