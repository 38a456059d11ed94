package identity

import (
	"context"
	"log/slog"

	"github.com/haat-market/haat/internal/platform/web"
)

// Brought is what somebody had as a guest, before he signed in.
type Brought struct {
	LineCount int64           `json:"line_count" doc:"Lines of the cart now"`
	UnitCount int64           `json:"unit_count"`
	Changes   []BroughtChange `json:"changes" doc:"What of the guest's cart could not be taken over as it was"`
	Orders    []string        `json:"orders" doc:"What he had ordered by message and is the account's now"`
}

// BroughtChange is a line of the guest's cart that is not as he had it.
type BroughtChange struct {
	Kind        string `json:"kind" enum:"price_changed,quantity_reduced,removed"`
	Variant     string `json:"variant"`
	Title       string `json:"title"`
	Reason      string `json:"reason"`
	OldQuantity int64  `json:"old_quantity"`
	NewQuantity int64  `json:"new_quantity"`
}

// Guests take over what a guest had. The rooms above have it.
type Guests interface {
	// Arrived takes over what belongs to a guest's token. Doing it again changes nothing.
	Arrived(ctx context.Context, caller web.Caller, token string) (Brought, error)
}

// WelcomeWith registers who takes over what guests had. Called while the program is put together.
func (s *Service) WelcomeWith(g Guests) { s.guests = g }

// arrived takes over what a guest had, after his session was opened. A login does not fail because of it: what is not
// taken over now is there for POST /v1/cart/merge.
func (s *Service) arrived(ctx context.Context, a Account, token string) *Brought {
	if token == "" || s.guests == nil {
		return nil
	}
	b, err := s.guests.Arrived(ctx, web.Caller{AccountID: a.ID, Account: a.PublicID}, token)
	if err != nil {
		s.log.WarnContext(ctx, "what a guest had is not taken over", slog.String("account", a.PublicID), slog.String("cause", err.Error()))
		return nil
	}
	return &b
}
