package carry

import (
	"strconv"

	"github.com/haat-market/haat/internal/delivery"
	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/web/pages/frame"
	"github.com/haat-market/haat/web/pages/sell"
	"github.com/haat-market/haat/web/pages/shop"
)

var (
	profileFields = []string{"business_name", "phone", "vehicle", "plate", "capacity"}
	paperFields   = []string{"kind", "number", "expires_at", "file"}
	vehicles      = []string{"foot", "bicycle", "motorcycle", "car", "van", "truck"}
	paperKinds    = []string{"identity", "license", "registration", "insurance"}
)

// paper is a document that the courier sent in.
type paper struct {
	delivery.DocumentView
	Name  string
	Badge shop.StateBadge
	Waits bool // a picture may be added
}

type profilePage struct {
	Me       delivery.CourierView
	Unfit    string
	Form     *frame.Form
	Paper    *frame.Form
	Papers   []paper
	Vehicles []frame.Option
	Kinds    []frame.Option
	Today    string
}

// profile is who the courier is, with which vehicle, and his documents.
func (c *carry) profile(p *frame.Page) error {
	me, err := c.Delivery.Me(p.Context(), p.Caller)
	if err != nil {
		return err
	}
	return p.Show("carry/profile", p.T("You as a courier"), c.profilePage(p, me, ownForm(p, me), p.Form(paperFields...)))
}

// ownForm is the form with what the courier said of himself before.
func ownForm(p *frame.Page, me delivery.CourierView) *frame.Form {
	form := p.Form(profileFields...).Set("business_name", me.BusinessName).Set("phone", me.Phone).Set("vehicle", me.Vehicle).Set("plate", me.Plate)
	if me.Capacity > 0 {
		form.Set("capacity", strconv.FormatInt(me.Capacity/1000, 10))
	}
	return form
}

func (c *carry) profilePage(p *frame.Page, me delivery.CourierView, form, sent *frame.Form) profilePage {
	p.NoIndex, p.Section = true, "carry"
	page := profilePage{Me: me, Form: form, Paper: sent, Today: p.In(p.Now()).Format("2006-01-02")}
	if !me.Fit {
		page.Unfit = p.Say(unfit[me.Unfit])
	}
	for _, v := range vehicles {
		page.Vehicles = append(page.Vehicles, frame.Option{Value: v, Text: shop.VehicleName(p, v)})
	}
	for _, k := range paperKinds {
		page.Kinds = append(page.Kinds, frame.Option{Value: k, Text: shop.PaperName(p, k)})
	}
	for _, d := range me.Documents {
		page.Papers = append(page.Papers, paper{d, shop.PaperName(p, d.Kind), shop.PaperBadge(p, d, p.Now()), d.State == "submitted"})
	}
	return page
}

func (c *carry) profileAgain(p *frame.Page, form, sent *frame.Form) error {
	me, err := c.Delivery.Me(p.Context(), p.Caller)
	if err != nil {
		return err
	}
	p.Self = "/courier/profile"
	wrong := form
	if form.Ok() {
		wrong = sent
	}
	return wrong.Again("carry/profile", p.T("You as a courier"), c.profilePage(p, me, form, sent))
}

// mostKilos is what a vehicle may be said to take.
const mostKilos = 50_000

// setProfile keeps what the courier says of himself.
func (c *carry) setProfile(p *frame.Page) error {
	form, err := p.Sent(profileFields...)
	if err != nil {
		return err
	}
	kilos := form.Int("capacity")
	if form.Ok() && (kilos < 1 || kilos > mostKilos) {
		form.Wrong("capacity", p.T("Must be from 1 to {most}.", "most", strconv.Itoa(mostKilos)))
	}
	vehicle := form.Get("vehicle")
	if shop.VehicleName(p, vehicle) == "" {
		form.Wrong("vehicle", p.T("Choose one of these."))
	}
	if form.Ok() {
		name, phone, plate, grams := form.Get("business_name"), form.Digits("phone"), form.Get("plate"), kilos*1000
		_, err := c.Delivery.Change(p.Context(), p.Caller, delivery.Profile{BusinessName: &name, Phone: &phone, Vehicle: &vehicle, Plate: &plate, Capacity: &grams})
		if err == nil {
			p.Leave("It is kept.")
			return p.See("/courier/profile")
		}
		if err := form.Refuse(err); err != nil {
			return err
		}
	}
	return c.profileAgain(p, form, p.Form(paperFields...))
}

// sendPaper sends a document in with its picture.
func (c *carry) sendPaper(p *frame.Page) error {
	form, file, err := p.SentFile(paperFields...)
	if err != nil && fault.Code(err) != frame.ErrUpload.Code {
		return err
	}
	if err != nil {
		form.Wrong("file", p.Say(frame.ErrUpload))
	}
	until := sell.Day(p, form, "expires_at", true)
	kind, number := form.Get("kind"), form.Get("number")
	if form.Ok() && (shop.PaperName(p, kind) == "" || number == "" || until == nil) {
		form.Wrong("", p.T("Say which document it is, its number and until when it holds."))
	}
	if form.Ok() && len(file) == 0 {
		form.Wrong("file", p.T("Choose a picture of it."))
	}
	if form.Ok() {
		_, err := c.Delivery.AddDocument(p.Context(), p.Caller, delivery.NewDocument{Kind: kind, Number: number, Expires: *until, Picture: file})
		if err == nil {
			p.Leave("It is sent in. Somebody of the market looks at it.")
			return p.See("/courier/profile")
		}
		if err := form.Refuse(err); err != nil {
			return err
		}
	}
	me, err := c.Delivery.Me(p.Context(), p.Caller)
	if err != nil {
		return err
	}
	return c.profileAgain(p, ownForm(p, me), form)
}

// paperFile is the picture of a document of the courier's own.
func (c *carry) paperFile(p *frame.Page) error {
	file, err := c.Delivery.DocumentFile(p.Context(), p.Caller, p.R.PathValue("id"))
	if err != nil {
		return err
	}
	return p.File(file)
}
