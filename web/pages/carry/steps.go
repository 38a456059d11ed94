package carry

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/haat-market/haat/internal/delivery"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/code"
	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/geo"
	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/web/pages/frame"
	"github.com/haat-market/haat/web/pages/lang"
)

const (
	// maxPicture is how large a photo may be as a phone makes it.
	maxPicture = 12 << 20
	// mostSent is how many things a phone may send at once.
	mostSent = 100
)

var errSent = fault.New(fault.Malformed, "malformed_body", "What the phone sent could not be read.")

// ready says whether jobs may be given to the courier.
func (c *carry) ready(p *frame.Page) error {
	form, err := p.Sent("available")
	if err != nil {
		return err
	}
	on := form.Has("available")
	if _, err := c.Delivery.Change(p.Context(), p.Caller, delivery.Profile{Available: &on}); err != nil {
		return err
	}
	p.Leave("It is kept.")
	return p.See("/courier")
}

// take is one step by a form: a claim, giving back, or what a phone without a script does on the road.
func (c *carry) take(p *frame.Page) error {
	form, err := p.Sent("note", "pin", "code", "reason", "number", "otp", "lines", "extra")
	if err != nil {
		return err
	}
	id := p.R.PathValue("id")
	switch verb := p.R.PathValue("verb"); verb {
	case string(delivery.Claim):
		err = c.Delivery.Claim(p.Context(), p.Caller, id, delivery.Note{})
	case string(delivery.Unassign):
		err = c.Delivery.Unassign(p.Context(), p.Caller, id, delivery.Note{})
	default:
		body := delivery.QueuedBody{
			Delivery: id, Kind: verb, Event: code.ID("evt"), At: p.Now(), Note: form.Get("note"), PIN: form.Digits("pin"), QR: form.Get("code"), Reason: form.Get("reason"),
		}
		if form.Has("otp") {
			if body.Weighed, err = c.weighed(p, id, form); err != nil {
				return err
			}
		}
		step := body.Queued()
		if err = step.Bad; err == nil {
			step.Action.At = nil // no phone's clock said so
			err = c.Delivery.Act(p.Context(), p.Caller, id, step.On, step.Action)
		}
	}
	if err != nil {
		return err
	}
	p.Leave("Done.")
	return p.See("/courier")
}

// weighed is what a form says of a household's scrap: a field for each line, in the order in which they are shown.
func (c *carry) weighed(p *frame.Page, id string, form *frame.Form) (*delivery.WeighedBody, error) {
	v, err := c.Delivery.Get(p.Context(), p.Caller, id)
	if err != nil {
		return nil, err
	}
	out := &delivery.WeighedBody{Number: form.Digits("number"), OTP: form.Digits("otp"), Note: form.Get("note")}
	if v.Weigh == nil {
		return out, nil
	}
	typed := form.All("lines")
	for i, l := range v.Weigh.Lines {
		if i < len(typed) {
			out.Lines = append(out.Lines, delivery.WeighedLine{Line: l.Line, Quantity: lang.Digits(strings.TrimSpace(typed[i]))})
		}
	}
	extra := form.All("extra")
	for i := 0; i+1 < len(extra); i += 2 {
		if extra[i] != "" {
			out.Extra = append(out.Extra, delivery.WeighedLine{Line: extra[i], Quantity: lang.Digits(strings.TrimSpace(extra[i+1]))})
		}
	}
	return out, nil
}

// answer is for a script: what it asks is answered in JSON, refusals too.
func (c *carry) answer(h func(p *frame.Page) (any, error)) frame.Handler {
	return func(p *frame.Page) error {
		err := web.Courier.Admits(p.Caller)
		var out any
		if err == nil {
			out, err = h(p)
		}
		status := http.StatusOK
		if err != nil {
			refused, ok := fault.As(err)
			if !ok || refused.Kind == fault.Internal || refused.Unwrap() != nil {
				return err
			}
			status, out = web.StatusOf(refused), map[string]string{"code": refused.Code, "message": p.Say(refused)}
		}
		text, err := json.Marshal(out)
		if err != nil {
			return err
		}
		p.W.Header().Set("Content-Type", "application/json")
		p.W.Header().Set("Cache-Control", "no-store")
		p.W.WriteHeader(status)
		_, _ = p.W.Write(text) // whoever asked and left learns nothing from an error
		return nil
	}
}

func read(p *frame.Page, into any) error {
	if err := json.NewDecoder(p.R.Body).Decode(into); err != nil {
		if errors.Is(err, web.ErrBodyTimeout) {
			return web.ErrBodyTimeout
		}
		return errSent
	}
	return nil
}

// send takes what a phone wrote down, in the order in which it happened.
func (c *carry) send(p *frame.Page) (any, error) {
	var body struct {
		Events []delivery.QueuedBody `json:"events"`
	}
	if err := read(p, &body); err != nil {
		return nil, err
	}
	if len(body.Events) == 0 || len(body.Events) > mostSent {
		return nil, errSent
	}
	queue := make([]delivery.Queued, len(body.Events))
	for i, e := range body.Events {
		queue[i] = e.Queued()
	}
	items, err := c.Delivery.Replay(p.Context(), p.Caller, queue)
	for i := range items {
		if text, ok := p.Lang.Fault(items[i].Code); ok {
			items[i].Message = text
		}
	}
	return map[string]any{"results": items}, err
}

// positions takes where the phone was.
func (c *carry) positions(p *frame.Page) (any, error) {
	var body struct {
		Positions []struct {
			Lat string    `json:"lat"`
			Lng string    `json:"lng"`
			At  time.Time `json:"at"`
		} `json:"positions"`
	}
	if err := read(p, &body); err != nil {
		return nil, err
	}
	if len(body.Positions) > 5*mostSent {
		return nil, errSent
	}
	fixes := make([]delivery.Fix, 0, len(body.Positions))
	for _, x := range body.Positions {
		where, ok := geo.NewPoint(x.Lat, x.Lng)
		if !ok {
			return nil, delivery.ErrPosition
		}
		fixes = append(fixes, delivery.Fix{Where: where, At: x.At})
	}
	n, err := c.Delivery.Seen(p.Context(), p.Caller, fixes)
	return map[string]int{"taken": n}, err
}

// picture takes a photo or a signature.
func (c *carry) picture(p *frame.Page) (any, error) {
	ask := p.R.URL.Query()
	kind, name := ask.Get("kind"), ask.Get("event")
	if kind != delivery.Photo && kind != delivery.Signature || name == "" || len(name) > 64 {
		return nil, errSent
	}
	n := delivery.Note{Client: name}
	if ms, err := strconv.ParseInt(ask.Get("at"), 10, 64); err == nil && ms > 0 {
		at := clock.Micro(time.UnixMilli(ms))
		n.At = &at
	}
	var file bytes.Buffer
	if _, err := io.Copy(&file, p.R.Body); err != nil {
		var large *http.MaxBytesError
		if errors.As(err, &large) {
			return nil, frame.ErrUpload
		}
		if errors.Is(err, web.ErrBodyTimeout) {
			return nil, web.ErrBodyTimeout
		}
		return nil, errSent
	}
	return map[string]bool{"taken": true}, c.Delivery.AddPicture(p.Context(), p.Caller, ask.Get("delivery"), kind, n, file.Bytes())
}
