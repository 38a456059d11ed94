package watch

import (
	"context"
	"net/http"
	"time"

	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/web"
)

// FlagView is something that a person should look at.
type FlagView struct {
	ID        string     `json:"id"`
	Rule      string     `json:"rule" enum:"declined_cards,shared_card,shared_transfer,shared_phone,many_refunds,quick_payout"`
	About     string     `json:"about" doc:"What the rule sees, in a sentence"`
	Subject   string     `json:"subject" doc:"The account or the store; of a rule about what accounts share, a trace that says nothing but sameness"`
	Count     int64      `json:"count"`
	Usual     int64      `json:"usual" doc:"What it is held against: the rule's own number, or how many there were in all"`
	Last      string     `json:"last" doc:"The payment, order or payout that it was seen in last"`
	State     State      `json:"state" enum:"open,seen"`
	Note      string     `json:"note,omitempty" doc:"What who looked at it found"`
	SeenBy    string     `json:"seen_by,omitempty"`
	SeenAt    *time.Time `json:"seen_at" nullable:"true"`
	CreatedAt time.Time  `json:"created_at"`
	UpdatedAt time.Time  `json:"updated_at"`
	Accounts  []string   `json:"accounts" doc:"The accounts that share something, the last ones first, at most 20; of other rules none"`
}

func viewOf(f Flag) FlagView {
	return FlagView(f)
}

type one[T any] struct{ Body T }

type flagsIn struct {
	web.PageParams
	Rule  string `query:"rule" enum:"declined_cards,shared_card,shared_transfer,shared_phone,many_refunds,quick_payout"`
	State string `query:"state" enum:"open,seen"`
}

type lookIn struct {
	ID   string `path:"id" maxLength:"64"`
	Body struct {
		Note string `json:"note" minLength:"1" maxLength:"500"`
	}
}

// Mount registers the room's operations.
func (s *Service) Mount(api *web.API) {
	web.Register(api, web.Op{
		Method: http.MethodGet, Path: "/v1/flags", ID: "watch.flags", Room: "watch", Access: web.Admin, Summary: "Unusual patterns that a person should look at, newest first",
		Description: "A flag stops nobody. What was looked at is not flagged again within the rule's time.", Errors: []*fault.Error{db.ErrInvalidCursor},
	}, func(ctx context.Context, in *flagsIn) (*one[web.Page[FlagView]], error) {
		list, next, err := s.List(ctx, in.Rule, State(in.State), in.PageParams)
		if err != nil {
			return nil, err
		}
		out := make([]FlagView, len(list))
		for i, f := range list {
			out[i] = viewOf(f)
		}
		return &one[web.Page[FlagView]]{web.NewPage(out, next)}, nil
	})
	web.Register(api, web.Op{
		Method: http.MethodPost, Path: "/v1/flags/{id}/look", ID: "watch.look", Room: "watch", Access: web.Admin, Summary: "Say that you looked at a flag, and what you found",
		Errors: []*fault.Error{ErrNotFound, ErrSeen, ErrNote},
	}, func(ctx context.Context, in *lookIn) (*one[FlagView], error) {
		if err := s.Look(ctx, web.CallerFrom(ctx), in.ID, in.Body.Note); err != nil {
			return nil, err
		}
		f, err := s.Find(ctx, in.ID)
		return &one[FlagView]{viewOf(f)}, err
	})
}
