package delivery

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/haat-market/haat/internal/cart"
	"github.com/haat-market/haat/internal/order"
	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/geo"
	"github.com/haat-market/haat/internal/platform/web"
)

// TrackRate is how often one address may look at deliveries: numbers are not to be tried through.
var TrackRate = web.Limit{Name: "tracking", Per: time.Minute, Burst: 120}

type positionsIn struct {
	Body struct {
		Positions []struct {
			Lat   string     `json:"lat" maxLength:"20"`
			Lng   string     `json:"lng" maxLength:"20"`
			At    *time.Time `json:"at,omitempty" doc:"By the phone's clock; left out: now"`
			Event string     `json:"event,omitempty" maxLength:"64" doc:"The phone's own name for it; positions are told apart by their time"`
		} `json:"positions" minItems:"1" maxItems:"500"`
	}
}

type positionsOut struct {
	Taken   int `json:"taken"`
	Ignored int `json:"ignored" doc:"Not newer than what is known, or older than a day"`
}

type trackIn struct {
	Number string `path:"number" maxLength:"64" doc:"The last part of the tracking link; or the tracking number, which says less"`
}

type trackOut struct {
	Items []TrackPoint `json:"items"`
}

type guestProofIn struct {
	cart.ByGuest
	Token    string `path:"token" maxLength:"64" doc:"Of the order's follow link."`
	Delivery string `query:"delivery" maxLength:"64" doc:"Which one, where an order comes in several; left out: the newest that has a proof"`
}

type streamOut struct {
	ContentType string `header:"Content-Type"`
	Body        func(huma.Context)
}

func (s *Service) mountTracking(api *web.API, op func(method, path, id, summary string, access web.Access, errs ...*fault.Error) web.Op) {
	at := op("POST", "/v1/couriers/me/positions", "positions", "Say where you are, and where you were", web.Courier, ErrPosition)
	at.Description = "As many as the phone has kept. What is not newer than the last is ignored, so that a batch may be sent again. They are written some seconds later."
	web.Register(api, at, s.postPositions)
	web.Register(api, op("GET", "/v1/deliveries/{id}/track", "track", "Where the courier was with a delivery, thinned, for a month", web.Owner, ErrNotFound),
		func(ctx context.Context, in *ByID) (*one[trackOut], error) {
			out, err := s.Track(ctx, web.CallerFrom(ctx), in.ID)
			return &one[trackOut]{trackOut{out}}, err
		})
	public := op("GET", "/v1/tracking/{number}", "tracking", "Where a delivery stands, without signing in", web.Public, ErrTracking)
	public.Limit = TrackRate
	web.Register(api, public, func(ctx context.Context, in *trackIn) (*one[TrackView], error) {
		out, err := s.Tracking(ctx, in.Number)
		return &one[TrackView]{out}, err
	})
	live := op("GET", "/v1/tracking/{number}/live", "tracking_live", "The same as events, whenever something changes", web.Public, ErrTracking, ErrTooManyFollow)
	live.Limit, live.Produces, live.Timeout = TrackRate, []string{"text/event-stream"}, web.NoTimeout
	live.Description = "Server-sent events; each `data` is what `GET /v1/tracking/{number}` answers. It ends when the delivery does, and after a quarter of an hour: ask again."
	web.Register(api, live, s.getLive)
	web.Register(api, op("GET", "/v1/orders/{id}/tracking", "order_tracking", "What happened to an order and to what carries it", web.Owner, order.ErrNotFound),
		func(ctx context.Context, in *ByID) (*one[OrderTrack], error) {
			out, err := s.OrderTracking(ctx, web.CallerFrom(ctx), in.ID)
			return &one[OrderTrack]{out}, err
		})
	for _, x := range []struct {
		method, path, id, summary string
		do                        func(ctx context.Context, token, guest, delivery string) (Proof, error)
	}{
		{"GET", "/v1/guest/orders/{token}/proof", "guest_proof", "The PIN and code that you show the courier, for whoever ordered with a Guest-Token", s.ProofOfGuest},
		{"POST", "/v1/guest/orders/{token}/proof/renew", "renew_guest_proof", "Make another PIN and code, with all tries", s.RenewOfGuest},
	} {
		o := op(x.method, x.path, x.id, x.summary, web.Public, order.ErrFollow, order.ErrNotGuest, ErrNoProof)
		o.Limit = TrackRate
		web.Register(api, o, func(ctx context.Context, in *guestProofIn) (*one[ProofView], error) {
			return proofView(x.do(ctx, in.Token, in.Guest, in.Delivery))
		})
	}
}

func (s *Service) postPositions(ctx context.Context, in *positionsIn) (*one[positionsOut], error) {
	now := s.clock.Now()
	fixes := make([]Fix, len(in.Body.Positions))
	for i, p := range in.Body.Positions {
		where, ok := geo.NewPoint(p.Lat, p.Lng)
		if !ok {
			return nil, ErrPosition.Field(fmt.Sprintf("body.positions[%d].lat", i), "invalid", "A latitude and a longitude in decimal degrees.")
		}
		fixes[i] = Fix{where, now}
		if p.At != nil {
			fixes[i].At = *p.At
		}
	}
	n, err := s.Seen(ctx, web.CallerFrom(ctx), fixes)
	return &one[positionsOut]{positionsOut{n, len(fixes) - n}}, err
}

// ErrTooManyFollow refuses one more stream.
var ErrTooManyFollow = fault.New(fault.Unavailable, "too_many_followers", "Too many follow deliveries live now. Ask for the delivery itself from time to time.")

const (
	mostStreams = 500
	streamFor   = 15 * time.Minute
	lookEvery   = 2 * time.Second
	pulse       = 20 * time.Second
)

func (s *Service) getLive(ctx context.Context, in *trackIn) (*streamOut, error) {
	first, err := s.Tracking(ctx, in.Number)
	if err != nil {
		return nil, err
	}
	if s.streams.Add(1) > mostStreams {
		s.streams.Add(-1)
		return nil, ErrTooManyFollow
	}
	return &streamOut{"text/event-stream", func(c huma.Context) {
		defer s.streams.Add(-1)
		w, ok := c.BodyWriter().(http.ResponseWriter)
		if !ok {
			return
		}
		s.stream(ctx, w, in.Number, first)
	}}, nil
}

// stream writes a delivery whenever it looks different. It compares what is seen, so a change of any kind is told.
func (s *Service) stream(ctx context.Context, w http.ResponseWriter, number string, v TrackView) {
	control := http.NewResponseController(w)
	tick, beat, end := time.NewTicker(lookEvery), time.NewTicker(pulse), time.NewTimer(streamFor)
	defer tick.Stop()
	defer beat.Stop()
	defer end.Stop()
	say := func(text string) error {
		if _, err := w.Write([]byte(text)); err != nil {
			return err
		}
		return control.Flush()
	}
	var told string
	for {
		raw, err := json.Marshal(v)
		if err != nil {
			return
		}
		if string(raw) != told {
			told = string(raw)
			if say("event: delivery\ndata: "+told+"\n\n") != nil {
				return
			}
		}
		if !v.State.Open() {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-s.places.live:
			return
		case <-end.C:
			return
		case <-beat.C:
			if say(": here\n\n") != nil {
				return
			}
		case <-tick.C:
		}
		if v, err = s.Tracking(ctx, number); err != nil {
			return
		}
	}
}
