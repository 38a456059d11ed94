package delivery

import (
	"context"

	"github.com/haat-market/haat/internal/delivery/deliverydb"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/event"
	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/web"
)

// What can be done with many deliveries at once.
const (
	BulkAssign   = "assign"
	BulkUnassign = "unassign"
	BulkCancel   = "cancel"
	BulkPriority = "priority"
)

// ErrBulk refuses a bulk operation without what it needs.
var ErrBulk = fault.New(fault.Invalid, "bulk_incomplete", "To assign, name the courier; to change the priority, say which.")

// BulkCmd does one thing with many deliveries.
type BulkCmd struct {
	Operation  string
	Deliveries []string
	Courier    string
	Priority   string
	Note       string
}

// BulkItem is what became of one of them.
type BulkItem struct {
	Delivery string `json:"delivery"`
	Outcome  string `json:"outcome" enum:"changed,refused"`
	Code     string `json:"code,omitempty" doc:"Why it was refused"`
	Message  string `json:"message,omitempty"`
	State    State  `json:"state,omitempty" enum:"available,assigned,picked_up,in_transit,delivered,failed,returned,cancelled" doc:"Where it stands, if the state was the reason"`
}

// Bulk does one thing with many deliveries, each by itself: one that is refused does not hold the others back. Errors:
// ErrBulk, ErrCourier.
func (s *Service) Bulk(ctx context.Context, caller web.Caller, cmd BulkCmd) ([]BulkItem, error) {
	if cmd.Operation == BulkAssign && cmd.Courier == "" || cmd.Operation == BulkPriority && cmd.Priority == "" {
		return nil, ErrBulk
	}
	out := make([]BulkItem, 0, len(cmd.Deliveries))
	seen := map[string]bool{}
	for _, id := range cmd.Deliveries {
		if seen[id] {
			continue // named twice is meant once
		}
		seen[id] = true
		err := s.bulkOne(ctx, caller, cmd, id)
		f, ok := fault.As(err)
		switch {
		case err == nil:
			out = append(out, BulkItem{Delivery: id, Outcome: "changed"})
		case !ok || f.Kind == fault.Unavailable || f.Code == ErrCourier.Code:
			return nil, err
		default:
			item := BulkItem{Delivery: id, Outcome: "refused", Code: f.Code, Message: f.Message}
			if state, ok := f.Details["state"].(string); ok {
				item.State = State(state)
			}
			out = append(out, item)
		}
	}
	return out, nil
}

func (s *Service) bulkOne(ctx context.Context, caller web.Caller, cmd BulkCmd, id string) error {
	switch cmd.Operation {
	case BulkAssign:
		return s.AssignTo(ctx, caller, id, cmd.Courier)
	case BulkUnassign:
		return s.Unassign(ctx, caller, id, Note{Text: cmd.Note})
	case BulkCancel:
		return s.Cancel(ctx, caller, id, Note{Text: cmd.Note})
	default:
		return s.Prioritize(ctx, caller, id, cmd.Priority)
	}
}

// Prioritize changes how urgent a delivery is, as long as it is open. Errors: ErrNotFound, ErrState.
func (s *Service) Prioritize(ctx context.Context, caller web.Caller, id, priority string) error {
	return s.db.Write(ctx, "delivery.priority", func(ctx context.Context, tx db.Tx) error {
		q := deliverydb.New(tx)
		d, err := q.Delivery(ctx, id)
		if err != nil {
			return notFound(err, ErrNotFound)
		}
		to := priorityOf(priority)
		if d.Priority == to && d.Open {
			return nil
		}
		n, err := q.SetPriority(ctx, to, clock.Micro(s.clock.Now()), d.ID)
		if err != nil {
			return err
		}
		if n == 0 {
			return wrongState(d, []Party{Admin})
		}
		return s.events.Append(ctx, tx, event.Event{Type: "delivery.prioritized", Subject: id, Actor: caller.Account, Facts: map[string]any{"from": priorities[d.Priority], "to": priority}})
	})
}
