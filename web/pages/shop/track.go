package shop

import (
	"fmt"
	"html"
	"html/template"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/haat-market/haat/internal/delivery"
	"github.com/haat-market/haat/internal/platform/qr"
	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/web/pages/frame"
	"github.com/haat-market/haat/web/pages/lang"
)

// carryNames are what people call the states of a delivery.
var carryNames = map[delivery.State]string{
	delivery.Available: lang.M("Waits for a courier"), delivery.Assigned: lang.M("A courier fetches it"), delivery.PickedUp: lang.M("Picked up"),
	delivery.InTransit: lang.M("On its way"), delivery.Delivered: lang.M("Delivered"), delivery.Failed: lang.M("Could not be delivered"),
	delivery.Returned: lang.M("Comes back"), delivery.Cancelled: lang.M("Cancelled"),
}

var vehicleNames = map[string]string{
	"foot": lang.M("on foot"), "bicycle": lang.M("bicycle"), "motorcycle": lang.M("motorcycle"), "car": lang.M("car"), "van": lang.M("van"), "truck": lang.M("truck"),
}

var paperNames = map[string]string{
	"identity": lang.M("Identity"), "license": lang.M("Driving licence"), "registration": lang.M("Registration of the vehicle"), "insurance": lang.M("Insurance"),
}

// PaperName is what people call a kind of document; "" for none.
func PaperName(p *frame.Page, kind string) string {
	if name := paperNames[kind]; name != "" {
		return p.T(name)
	}
	return ""
}

// PaperBadge is where a document stands.
func PaperBadge(p *frame.Page, d delivery.DocumentView, now time.Time) StateBadge {
	switch {
	case d.State == "rejected":
		return StateBadge{p.T("Not good"), "bad"}
	case !d.ExpiresAt.After(now):
		return StateBadge{p.T("Expired"), "bad"}
	case d.State == "verified":
		return StateBadge{p.T("Seen and good"), "good"}
	default:
		return StateBadge{p.T("Waits to be looked at"), "warn"}
	}
}

// CarryBadge is a state of a delivery as people see it.
func CarryBadge(p *frame.Page, s delivery.State) StateBadge {
	b := StateBadge{Text: p.T(carryNames[s]), Class: "good"}
	switch s {
	case delivery.Available, delivery.Assigned:
		b.Class = "warn"
	case delivery.Failed, delivery.Returned, delivery.Cancelled:
		b.Class = "bad"
	}
	return b
}

// VehicleName is what people call a vehicle; "" for none.
func VehicleName(p *frame.Page, vehicle string) string {
	if name := vehicleNames[vehicle]; name != "" {
		return p.T(name)
	}
	return ""
}

type trackPage struct {
	delivery.TrackView
	Vehicle    string
	Badge      StateBadge
	Steps      []step
	Map        template.HTML
	Live, Self string
}

// track is where a delivery stands, for whoever has its link.
func (s *shop) track(p *frame.Page) error {
	p.NoIndex, p.Live = true, true
	if err := web.Allow(p.Context(), delivery.TrackRate); err != nil {
		return err
	}
	number := p.R.PathValue("number")
	v, err := s.Delivery.Tracking(p.Context(), number)
	if err != nil {
		return err
	}
	page := trackPage{TrackView: v, Badge: CarryBadge(p, v.State), Live: "/v1/tracking/" + number + "/live", Self: "/t/" + number}
	page.Vehicle = VehicleName(p, v.Vehicle)
	for _, h := range v.History {
		bad := h.State == delivery.Failed || h.State == delivery.Returned || h.State == delivery.Cancelled
		page.Steps = append(page.Steps, step{p.T(carryNames[h.State]), &h.At, bad})
	}
	page.Map = sketch(v, p.T("A sketch of the way: from the store to the receiver, and where the courier is"))
	return p.Show("shop/track", p.T("Your delivery"), page)
}

// carriedPicture is a photo or signature of a delivery, for its buyer, its store, its courier and the market's people.
func (s *shop) carriedPicture(p *frame.Page) error {
	file, err := s.Delivery.PictureFile(p.Context(), p.Caller, p.R.PathValue("id"), p.R.PathValue("name"))
	if err != nil {
		return err
	}
	return p.File(file)
}

// The sketch's size in its own units.
const (
	sketchWide, sketchHigh, sketchRim = 600.0, 300.0, 30.0
)

// sketch draws the way as far as it may be known: from where to where, and the courier between. There is no map under
// it: that would have to come from somebody else's server.
func sketch(v delivery.TrackView, title string) template.HTML {
	if v.DropArea == nil && v.Position == nil {
		return ""
	}
	type mark struct{ x, y float64 }
	var all []mark
	read := func(p *delivery.PointView) *mark {
		if p == nil {
			return nil
		}
		lat, err := strconv.ParseFloat(p.Lat, 64)
		lng, err2 := strconv.ParseFloat(p.Lng, 64)
		if err != nil || err2 != nil {
			return nil
		}
		m := mark{lng * math.Cos(lat*math.Pi/180), -lat}
		all = append(all, m)
		return &m
	}
	from, to, here := read(v.PickupArea), read(v.DropArea), read(v.Position)
	if len(all) == 0 {
		return ""
	}
	low, high := all[0], all[0]
	for _, m := range all {
		low, high = mark{min(low.x, m.x), min(low.y, m.y)}, mark{max(high.x, m.x), max(high.y, m.y)}
	}
	scale := min((sketchWide-2*sketchRim)/max(high.x-low.x, 0.005), (sketchHigh-2*sketchRim)/max(high.y-low.y, 0.005))
	at := func(m *mark) (x, y int) {
		return int(sketchWide/2 + (m.x-(low.x+high.x)/2)*scale), int(sketchHigh/2 + (m.y-(low.y+high.y)/2)*scale)
	}
	var b strings.Builder
	_, _ = fmt.Fprintf(&b, `<svg class="sketch" viewBox="0 0 600 300" role="img" aria-label="%s">`, html.EscapeString(title))
	way := []*mark{from, here, to}
	last := (*mark)(nil)
	for _, m := range way {
		if m == nil {
			continue
		}
		if last != nil {
			x1, y1 := at(last)
			x2, y2 := at(m)
			_, _ = fmt.Fprintf(&b, `<line x1="%d" y1="%d" x2="%d" y2="%d"%s/>`, x1, y1, x2, y2, map[bool]string{true: ` class="ahead"`}[m == to])
		}
		last = m
	}
	if from != nil {
		x, y := at(from)
		_, _ = fmt.Fprintf(&b, `<rect x="%d" y="%d" width="16" height="16"/>`, x-8, y-8)
	}
	if to != nil {
		x, y := at(to)
		_, _ = fmt.Fprintf(&b, `<path d="M%d %dl-9 -22a9.5 9.5 0 1 1 18 0z"/>`, x, y)
	}
	if here != nil {
		x, y := at(here)
		_, _ = fmt.Fprintf(&b, `<circle class="here" cx="%d" cy="%d" r="10"/>`, x, y)
	}
	b.WriteString("</svg>")
	return template.HTML(b.String()) //nolint:gosec // numbers and an escaped title
}

// carried is what a buyer sees of what carries his order, or a part of it.
type carried struct {
	Badge StateBadge
	Path  string
	Lines []delivery.LineView // where the order comes in several parts
	PIN   string
	Code  template.HTML
	// Pictures are paths of what the courier showed for the delivery.
	Pictures []string
}

func carriedBy(p *frame.Page, all []delivery.BuyersDelivery) ([]carried, error) {
	out := make([]carried, len(all))
	for i, d := range all {
		out[i] = carried{Badge: CarryBadge(p, d.State), Path: d.Path, Pictures: d.Pictures}
		if len(all) > 1 {
			out[i].Lines = d.Lines
		}
		if d.Proof == nil || d.Proof.PIN == "" {
			continue
		}
		code, err := ShownCode(p, d.Proof.QR)
		if err != nil {
			return nil, err
		}
		out[i].PIN, out[i].Code = d.Proof.PIN, code
	}
	return out, nil
}

// ShownCode is the code that a receiver shows at the door.
func ShownCode(p *frame.Page, text string) (template.HTML, error) {
	c, err := qr.New(text, qr.Medium)
	if err != nil {
		return "", err
	}
	return template.HTML(c.SVG(p.T("What the courier scans"), 4)), nil //nolint:gosec // drawn here, its title escaped
}

// guestPicture is a picture of what was delivered, for the guest who ordered it, on the page that he follows it by.
func (s *shop) guestPicture(p *frame.Page) error {
	if err := web.Allow(p.Context(), followRate); err != nil {
		return err
	}
	file, err := s.Delivery.PictureOfGuest(p.Context(), p.R.PathValue("token"), p.Guest(), p.R.PathValue("id"), p.R.PathValue("name"))
	if err != nil {
		return err
	}
	return p.File(file)
}
