package delivery

import (
	"context"
	"time"

	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/web"
)

// CountedBody is what was counted.
type CountedBody struct {
	Amount string `json:"amount" minLength:"1" maxLength:"24" doc:"What was counted, as a decimal"`
	Short  bool   `json:"accept_shortfall,omitempty" doc:"What is missing is the courier's debt"`
}

type handInIn struct {
	ByID
	Body struct {
		CountedBody
		Deliveries []string `json:"deliveries" minItems:"1" maxItems:"200"`
	}
}

type receiveIn struct {
	ByID
	Body CountedBody
}

// Period is a time from and until.
type Period struct {
	From  time.Time `query:"from" doc:"Left out: 30 days before the end"`
	Until time.Time `query:"until" doc:"Left out: now"`
}

type periodIn struct{ Period }

type statementIn struct {
	ByID
	Period
}

type queueIn struct {
	Body struct {
		Events []QueuedBody `json:"events" minItems:"1" maxItems:"100"`
	}
}

type queueOut struct {
	Results []QueueItem `json:"results" doc:"In the order in which they happened"`
}

func (s *Service) mountCash(api *web.API, op func(method, path, id, summary string, access web.Access, errs ...*fault.Error) web.Op) {
	web.Register(api, op("POST", "/v1/couriers/{id}/cash/hand-in", "hand_in", "Take a courier's cash into the market's till", web.Admin,
		ErrCourier, ErrNotFound, ErrCashState, ErrCashMore, ErrCashShort, ErrFee),
		func(ctx context.Context, in *handInIn) (*one[HandInView], error) {
			out, err := s.HandInTo(ctx, web.CallerFrom(ctx), in.ID, HandIn{in.Body.Deliveries, in.Body.Amount, in.Body.Short})
			return &one[HandInView]{out}, err
		})
	web.Register(api, op("POST", "/v1/deliveries/{id}/cash/received", "receive_cash", "Say that the courier brought the store the cash of a delivery", web.Owner,
		ErrNotFound, ErrNotYours, ErrCashState, ErrCashMore, ErrCashShort, ErrFee),
		func(ctx context.Context, in *receiveIn) (*one[HandInView], error) {
			out, err := s.Receive(ctx, web.CallerFrom(ctx), in.ID, HandIn{Amount: in.Body.Amount, Short: in.Body.Short})
			return &one[HandInView]{out}, err
		})
	web.Register(api, op("GET", "/v1/couriers/me/statement", "my_statement", "What you earned in a time, and the cash that you have", web.Courier),
		func(ctx context.Context, in *periodIn) (*one[Statement], error) {
			out, err := s.MyStatement(ctx, web.CallerFrom(ctx), in.From, in.Until)
			return &one[Statement]{out}, err
		})
	web.Register(api, op("GET", "/v1/couriers/{id}/statement", "statement", "What a courier earned in a time, and the cash that he has", web.Admin, ErrCourier),
		func(ctx context.Context, in *statementIn) (*one[Statement], error) {
			out, err := s.StatementOf(ctx, in.ID, in.From, in.Until)
			return &one[Statement]{out}, err
		})
	queue := op("POST", "/v1/deliveries/events", "events_batch", "Send the steps that a phone kept while it had no network, with an answer for each", web.Courier)
	queue.Timeout = planTime
	queue.Description = "They are taken in the order of the phone's clock, whatever their order here. Each carries the phone's own name for it, so that the whole queue may be sent again. " +
		"A code is checked on the phone by its hash; a PIN is judged when it comes here."
	web.Register(api, queue, s.postQueue)
}

func unique(ids []string) (out []string) {
	seen := map[string]bool{}
	for _, id := range ids {
		if !seen[id] {
			seen[id], out = true, append(out, id)
		}
	}
	return out
}

func (s *Service) postQueue(ctx context.Context, in *queueIn) (*one[queueOut], error) {
	queue := make([]Queued, len(in.Body.Events))
	for i, e := range in.Body.Events {
		queue[i] = e.Queued()
	}
	out, err := s.Replay(ctx, web.CallerFrom(ctx), queue)
	return &one[queueOut]{queueOut{out}}, err
}
