package commission

import (
	"context"
	"errors"
	"fmt"

	"github.com/haat-market/haat/internal/commission/commissiondb"
	"github.com/haat-market/haat/internal/identity"
	"github.com/haat-market/haat/internal/platform/blob"
	"github.com/haat-market/haat/internal/platform/code"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/event"
	"github.com/haat-market/haat/internal/platform/picture"
	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/internal/store"
)

// TransferState is where a transfer stands that is said to have paid a statement.
type TransferState string

// The states.
const (
	Submitted TransferState = "submitted"
	Approved  TransferState = "approved"
	Rejected  TransferState = "rejected"
)

// TransferCmd says how a statement was paid by a bank.
type TransferCmd struct{ Amount, Reference, Method, Note string }

// Transfer is one, with its statement.
type Transfer struct {
	commissiondb.StatementTransfer
	Statement Statement
}

var transferList = db.DefineList(db.List{
	Name: "commission.transfers",
	Select: "SELECT t.id, t.public_id, t.statement_id, t.state, t.amount, t.reference, t.method, t.image, t.note, t.account, t.decided_by, t.reason, " +
		"t.created_at, t.decided_at",
	From:    "FROM statement_transfers t",
	Filters: []db.Filter{{Name: "state", SQL: "t.state = ?", Type: db.Text}},
	Sorts:   []db.Sort{{Name: "newest", Desc: true, Keys: []db.SortKey{{Column: "t.id", Type: db.Int}}}},
	Combos: []db.Combo{
		{Sort: "newest", Index: "statement_transfers_pkey"},
		{Filters: []string{"state"}, Sort: "newest", Index: "statement_transfers_state"},
	},
})

// Submit says that a statement was paid by a bank: the market's people of what the market owes, the store's owner of what
// the store owes. It counts when it is approved. Errors: ErrNotFound, ErrState, ErrNotOwed, ErrAmount, ErrReference,
// ErrBankText, ErrTransferPending; store.Require's.
func (s *Service) Submit(ctx context.Context, caller web.Caller, statement string, cmd TransferCmd) (id string, err error) {
	if cmd.Reference, err = bankText(cmd.Reference); err != nil {
		return "", err
	}
	if cmd.Method, err = identity.Line("method", cmd.Method, 40); err != nil {
		return "", err
	}
	if cmd.Note, err = identity.Text("note", cmd.Note, 500); err != nil {
		return "", err
	}
	err = s.db.Write(ctx, "commission.submit", func(ctx context.Context, tx db.Tx) error {
		row, err := lock(ctx, tx, statement)
		if err != nil {
			return err
		}
		if err := s.maySubmit(ctx, tx, caller, row); err != nil {
			return err
		}
		if State(row.State) != Issued {
			return ErrState.With("statement", row.PublicID).With("state", row.State)
		}
		if err := sameAmount(row, cmd.Amount); err != nil {
			return err
		}
		t, err := s.insertTransfer(ctx, tx, caller, row, cmd)
		if err != nil {
			return err
		}
		id = t.PublicID
		return s.events.Append(ctx, tx, event.Event{Type: "statement.transfer_submitted", Subject: row.PublicID, Actor: caller.Account, Facts: map[string]any{"transfer": id}})
	})
	return id, err
}

// maySubmit lets those speak of a transfer who make it. Errors: ErrNotFound, ErrNotOwed; store.Require's.
func (s *Service) maySubmit(ctx context.Context, tx db.Tx, caller web.Caller, row commissiondb.Statement) error {
	if caller.Is(web.RoleAdmin) {
		return nil
	}
	right := store.Own
	if row.OwedBy == ByMarket {
		right = store.View
	}
	_, err := s.stores.RequireID(ctx, tx, caller, row.StoreID, right)
	switch {
	case errors.Is(err, store.ErrStoreNotFound):
		return ErrNotFound
	case err == nil && row.OwedBy == ByMarket:
		return ErrNotOwed
	}
	return err
}

func (s *Service) insertTransfer(ctx context.Context, tx db.Tx, caller web.Caller, row commissiondb.Statement, cmd TransferCmd) (commissiondb.StatementTransfer, error) {
	q := commissiondb.New(tx)
	id := code.ID("ctr")
	err := q.InsertTransfer(ctx, commissiondb.InsertTransferParams{
		PublicID: id, StatementID: row.ID, Amount: row.Amount, Reference: cmd.Reference, Method: cmd.Method, Note: cmd.Note, Account: caller.Account, Now: s.now(),
	})
	switch {
	case db.IsConstraint(err, "statement_transfers_reference_key"):
		return commissiondb.StatementTransfer{}, ErrReference.Because(err)
	case db.IsConstraint(err, "statement_transfers_open_key"):
		return commissiondb.StatementTransfer{}, ErrTransferPending.Because(err)
	case err != nil:
		return commissiondb.StatementTransfer{}, fmt.Errorf("insert transfer: %w", err)
	}
	return q.Transfer(ctx, id)
}

func (s *Service) decide(ctx context.Context, tx db.Tx, caller web.Caller, t commissiondb.StatementTransfer, to TransferState, reason string) error {
	n, err := commissiondb.New(tx).DecideTransfer(ctx, commissiondb.DecideTransferParams{ID: t.ID, State: string(to), DecidedBy: caller.Account, Reason: reason, Now: s.now()})
	if err == nil && n != 1 {
		err = ErrTransferState.With("state", t.State)
	}
	return err
}

// Judge approves a transfer, which pays its statement, or rejects it with a reason.
// Errors: ErrTransferNotFound, ErrTransferState, ErrOwnTransfer, ErrState.
func (s *Service) Judge(ctx context.Context, caller web.Caller, id string, approve bool, reason string) error {
	reason, err := identity.Text("reason", reason, 500)
	if err != nil {
		return err
	}
	return s.db.Write(ctx, "commission.judge", func(ctx context.Context, tx db.Tx) error {
		q := commissiondb.New(tx)
		t, err := q.Transfer(ctx, id)
		if errors.Is(err, db.ErrNoRows) {
			return ErrTransferNotFound
		}
		if err != nil {
			return err
		}
		of, err := q.StatementByID(ctx, t.StatementID)
		if err != nil {
			return err
		}
		row, err := lock(ctx, tx, of.PublicID)
		if err != nil {
			return err
		}
		if approve && row.OwedBy == ByStore && t.Account == caller.Account {
			return ErrOwnTransfer
		}
		if !approve {
			if err := s.decide(ctx, tx, caller, t, Rejected, reason); err != nil {
				return err
			}
			return s.events.Append(ctx, tx, event.Event{Type: "statement.transfer_rejected", Subject: row.PublicID, Actor: caller.Account, Facts: map[string]any{"transfer": id, "reason": reason}})
		}
		if err := s.decide(ctx, tx, caller, t, Approved, reason); err != nil {
			return err
		}
		return s.pay(ctx, tx, caller, row, t.Reference, t.Note)
	})
}

// seenTransfer is a transfer that the caller may see: admins and the store's people. Error: ErrTransferNotFound.
func (s *Service) seenTransfer(ctx context.Context, tx db.Tx, caller web.Caller, id string) (t commissiondb.StatementTransfer, row commissiondb.Statement, err error) {
	q := commissiondb.New(tx)
	if t, err = q.Transfer(ctx, id); errors.Is(err, db.ErrNoRows) {
		return t, row, ErrTransferNotFound
	}
	if err != nil {
		return t, row, err
	}
	if row, err = q.StatementByID(ctx, t.StatementID); err != nil {
		return t, row, err
	}
	if _, err = s.stores.RequireID(ctx, tx, caller, row.StoreID, store.View); errors.Is(err, store.ErrStoreNotFound) {
		err = ErrTransferNotFound
	}
	return t, row, err
}

// Picture keeps the picture of a transfer, painted anew. Errors: ErrTransferNotFound, ErrTransferState; picture's; what
// Submit says of who may.
func (s *Service) Picture(ctx context.Context, caller web.Caller, id string, file []byte) error {
	if err := s.db.Read(ctx, "commission.picture", func(ctx context.Context, tx db.Tx) error {
		_, row, err := s.seenTransfer(ctx, tx, caller, id)
		if err != nil {
			return err
		}
		return s.maySubmit(ctx, tx, caller, row)
	}); err != nil {
		return err
	}
	pic, err := picture.Make(ctx, file, picture.Options{MaxSide: 2048})
	if err != nil {
		return err
	}
	kept, err := s.files.PutPicture(ctx, blob.Private, pic)
	if err != nil {
		return err
	}
	return s.db.Write(ctx, "commission.set_picture", func(ctx context.Context, tx db.Tx) error {
		t, _, err := s.seenTransfer(ctx, tx, caller, id)
		if err != nil {
			return err
		}
		n, err := commissiondb.New(tx).SetTransferImage(ctx, kept.Name, t.ID)
		if err != nil {
			return err
		}
		if n == 0 {
			return ErrTransferState.With("state", t.State)
		}
		if t.Image != "" && t.Image != kept.Name {
			return s.files.Drop(ctx, tx, t.Image)
		}
		return nil
	})
}

// Image is the picture of a transfer. Errors: ErrTransferNotFound, ErrNoImage.
func (s *Service) Image(ctx context.Context, caller web.Caller, id string) (*blob.Download, error) {
	var t commissiondb.StatementTransfer
	err := s.db.Read(ctx, "commission.image", func(ctx context.Context, tx db.Tx) (err error) {
		t, _, err = s.seenTransfer(ctx, tx, caller, id)
		return err
	})
	if err != nil {
		return nil, err
	}
	if t.Image == "" {
		return nil, ErrNoImage
	}
	return s.files.Download(ctx, t.Image, "transfer")
}

// GetTransfer is a transfer. Error: ErrTransferNotFound.
func (s *Service) GetTransfer(ctx context.Context, caller web.Caller, id string) (out Transfer, err error) {
	err = s.db.Read(ctx, "commission.transfer", func(ctx context.Context, tx db.Tx) error {
		t, _, err := s.seenTransfer(ctx, tx, caller, id)
		if err != nil {
			return err
		}
		list, err := s.completeTransfers(ctx, tx, []commissiondb.StatementTransfer{t})
		if err == nil {
			out = list[0]
		}
		return err
	})
	return out, err
}

// TransfersFor are those of a statement, newest first, at most 50. Error: ErrNotFound.
func (s *Service) TransfersFor(ctx context.Context, caller web.Caller, statement string) (out []Transfer, err error) {
	x, _, err := s.Get(ctx, caller, statement, 0, 1)
	if err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, "commission.transfers_for", func(ctx context.Context, tx db.Tx) error {
		rows, err := commissiondb.New(tx).TransfersOf(ctx, x.ID)
		for _, r := range rows {
			out = append(out, Transfer{r, x})
		}
		return err
	})
	return out, err
}

// Transfers pages through all transfers, newest first. Errors: web.ErrForbidden, db.ErrInvalidCursor.
func (s *Service) Transfers(ctx context.Context, caller web.Caller, state string, page web.PageParams) (out []Transfer, next string, err error) {
	if !caller.Is(web.RoleAdmin) {
		return nil, "", web.ErrForbidden
	}
	filters := map[string]any{}
	if state != "" {
		filters["state"] = state
	}
	err = s.db.Read(ctx, "commission.transfers", func(ctx context.Context, tx db.Tx) error {
		rows, after, err := db.QueryList(ctx, tx, transferList, db.ListQuery{Filters: filters, Limit: page.Limit, Cursor: page.Cursor},
			func(r db.Scanner) (x commissiondb.StatementTransfer, err error) {
				err = r.Scan(&x.ID, &x.PublicID, &x.StatementID, &x.State, &x.Amount, &x.Reference, &x.Method, &x.Image, &x.Note, &x.Account, &x.DecidedBy, &x.Reason, &x.CreatedAt, &x.DecidedAt)
				return x, err
			})
		if err != nil {
			return err
		}
		next = after
		out, err = s.completeTransfers(ctx, tx, rows)
		return err
	})
	return out, next, err
}

// completeTransfers adds statements and their stores, by one query each.
func (s *Service) completeTransfers(ctx context.Context, tx db.Tx, rows []commissiondb.StatementTransfer) ([]Transfer, error) {
	ids := make([]int64, len(rows))
	for i, r := range rows {
		ids[i] = r.StatementID
	}
	of, err := commissiondb.New(tx).StatementsByID(ctx, ids)
	if err != nil {
		return nil, err
	}
	list, err := s.complete(ctx, tx, of)
	byID := make(map[int64]Statement, len(list))
	for _, x := range list {
		byID[x.ID] = x
	}
	out := make([]Transfer, len(rows))
	for i, r := range rows {
		out[i] = Transfer{r, byID[r.StatementID]}
	}
	return out, err
}

// Dealer is what a store's statements come to, in a report.
type Dealer struct {
	commissiondb.DealersRow
	Store store.Brief
}

// Dealers is a report of the stores that have statements, in the order in which they joined, after one of them.
// Errors: web.ErrForbidden, store.ErrStoreNotFound.
func (s *Service) Dealers(ctx context.Context, caller web.Caller, after string, limit int32) (out []Dealer, err error) {
	if !caller.Is(web.RoleAdmin) {
		return nil, web.ErrForbidden
	}
	err = s.db.Read(ctx, "commission.dealers", func(ctx context.Context, tx db.Tx) error {
		last := int64(0)
		if after != "" {
			b, err := s.stores.Require(ctx, tx, caller, after, store.View)
			if err != nil {
				return err
			}
			last = b.ID
		}
		rows, err := commissiondb.New(tx).Dealers(ctx, last, limit)
		if err != nil {
			return err
		}
		ids := make([]int64, len(rows))
		for i, r := range rows {
			ids[i] = r.StoreID
		}
		briefs, err := s.stores.Briefs(ctx, tx, ids)
		out = make([]Dealer, len(rows))
		for i, r := range rows {
			out[i] = Dealer{r, briefs[r.StoreID]}
		}
		return err
	})
	return out, err
}
