package delivery

import (
	"context"
	"slices"
	"time"

	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/web"
)

// Queued is a step that a phone took down while it had no network.
type Queued struct {
	Delivery string
	On       Event
	At       time.Time // by the phone's clock: the order in which they were taken
	Action   Action
	Bad      error // what is wrong with it, found while it was read
}

// QueueItem is what became of a step.
type QueueItem struct {
	Event    string         `json:"event"`
	Delivery string         `json:"delivery"`
	Outcome  string         `json:"outcome" enum:"taken,refused"`
	Code     string         `json:"code,omitempty" doc:"Why it was refused"`
	Message  string         `json:"message,omitempty"`
	Details  map[string]any `json:"details,omitempty"`
}

// Replay takes what a phone kept while it was offline, in the order in which it happened there. A step that was taken
// before changes nothing and is taken; one that is refused does not hold the others back, and may be sent again.
func (s *Service) Replay(ctx context.Context, caller web.Caller, queue []Queued) ([]QueueItem, error) {
	queue = slices.Clone(queue)
	slices.SortStableFunc(queue, func(a, b Queued) int { return a.At.Compare(b.At) })
	out := make([]QueueItem, len(queue))
	for i, q := range queue {
		err := q.Bad
		if err == nil {
			err = s.Act(ctx, caller, q.Delivery, q.On, q.Action)
		}
		out[i] = QueueItem{Event: q.Action.Client, Delivery: q.Delivery, Outcome: "taken"}
		if err == nil {
			continue
		}
		f, ok := fault.As(err)
		if !ok || f.Kind == fault.Unavailable || f.Kind == fault.Internal {
			return nil, err
		}
		out[i].Outcome, out[i].Code, out[i].Message, out[i].Details = "refused", f.Code, f.Message, f.Details
	}
	return out, nil
}
