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

// QueuedBody is such a step as a phone sends it.
type QueuedBody struct {
	Delivery string       `json:"delivery" minLength:"1" maxLength:"64"`
	Kind     string       `json:"kind" enum:"pickup,depart,deliver,fail,retry,return"`
	Event    string       `json:"event" minLength:"1" maxLength:"64" doc:"The phone's own name for it: sent again, it changes nothing"`
	At       time.Time    `json:"at" doc:"By the phone's clock"`
	Lat      string       `json:"lat,omitempty" maxLength:"20"`
	Lng      string       `json:"lng,omitempty" maxLength:"20"`
	Note     string       `json:"note,omitempty" maxLength:"500"`
	PIN      string       `json:"pin,omitempty" maxLength:"12"`
	QR       string       `json:"code,omitempty" maxLength:"64"`
	Weighed  *WeighedBody `json:"weighed,omitempty" doc:"Of a pickup at a household's door. Whether the password is right is said when it is sent"`
	Reason   string       `json:"reason,omitempty" enum:"nobody_home,refused,wrong_address,damaged,other"`
	Later    *time.Time   `json:"try_again_at,omitempty"`
}

// queueable are the steps that a phone may take while it has no network.
var queueable = []Event{Pickup, Depart, Deliver, Fail, Retry, Return}

// FailReasons are why a delivery was not made.
var FailReasons = []string{"nobody_home", "refused", "wrong_address", "damaged", "other"}

// Queued is the step, looked at. What is wrong with it is told when its turn comes.
func (e QueuedBody) Queued() Queued {
	body := StepBody{Event: e.Event, At: &e.At, Lat: e.Lat, Lng: e.Lng, Note: e.Note}
	n, err := body.note()
	n.Client = e.Event
	weighed, bad := e.Weighed.cmd()
	switch on := Event(e.Kind); {
	case err != nil:
	case bad != nil:
		err = bad
	case e.Event == "" || len(e.Event) > 64:
		err = ErrClientEvent
	case !slices.Contains(queueable, on):
		err = ErrState
	case on == Fail && !slices.Contains(FailReasons, e.Reason):
		err = ErrReasonNeeded
	}
	return Queued{Delivery: e.Delivery, On: Event(e.Kind), At: e.At, Bad: err, Action: Action{Note: n, PIN: e.PIN, QR: e.QR, Reason: e.Reason, Weighed: weighed, Later: micros(e.Later)}}
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
