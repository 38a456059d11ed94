package carry

import (
	"embed"
	"fmt"
	"html/template"
	"strings"
	"time"

	"github.com/haat-market/haat/internal/delivery"
	"github.com/haat-market/haat/internal/market"
	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/geo"
	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/internal/rate"
	"github.com/haat-market/haat/internal/wallet"
	"github.com/haat-market/haat/web/pages/frame"
	"github.com/haat-market/haat/web/pages/lang"
	"github.com/haat-market/haat/web/pages/sell"
	"github.com/haat-market/haat/web/pages/shop"
)

//go:embed all:files
var files embed.FS

// Deps are the rooms whose doors these pages are.
type Deps struct {
	Delivery *delivery.Service
	Rates    *rate.Service
	Wallet   *wallet.Service
}

type carry struct{ Deps }

// Mount adds the pages.
func Mount(f *frame.Frame, d Deps) {
	c := &carry{d}
	f.Templates("carry", files, "files/*.html")
	f.Get("/courier", web.Courier, c.home)
	f.Get("/courier/shell", web.Public, c.shell)
	f.Get("/courier/manifest.json", web.Public, c.manifest)
	f.Get("/courier/worker.js", web.Public, c.worker)
	f.Get("/courier/earnings", web.Courier, c.earnings)
	f.Get("/courier/profile", web.Courier, c.profile)
	f.Post("/courier/profile", web.Courier, c.setProfile)
	f.PostFile("/courier/documents", web.Courier, maxPicture, c.sendPaper)
	f.Get("/courier/documents/{id}", web.Courier, c.paperFile)
	f.Get("/courier/payouts", web.Courier, c.payouts)
	f.Post("/courier/payouts", web.Courier, c.askPayout)
	f.Post("/courier/ready", web.Courier, c.ready)
	f.Post("/courier/jobs/{id}/{verb}", web.Courier, c.take)
	f.Post("/courier/send", web.Public, c.answer(c.send))
	f.Post("/courier/positions", web.Public, c.answer(c.positions))
	f.PostFile("/courier/picture", web.Public, maxPicture, c.answer(c.picture))
}

// job is a delivery in the courier's hands.
type job struct {
	delivery.View
	Rates []frame.Option // what else the dealer buys, of what is weighed
	Units map[string]string
	page  *frame.Page
}

// extras is how many kinds of material that were not ordered one form takes.
const extras = 3

// Extras number the fields for them.
func (j job) Extras() []int {
	n := min(extras, len(j.Rates))
	out := make([]int, n)
	for i := range out {
		out[i] = i + 1
	}
	return out
}

// AtDoor says whether a household is to be weighed and paid.
func (j job) AtDoor() bool { return j.Weigh != nil }

// ForDealer says whether it is brought to a dealer: there is no way back from there.
func (j job) ForDealer() bool { return j.Side == "buyback" }

// Badge is a state as people call it; the card holds all that the courier can bring it into, and shows one.
func (j job) Badge(s string) shop.StateBadge { return shop.CarryBadge(j.page, delivery.State(s)) }

// When shows a part of the card in these states only; a script shows another part when the courier has gone on.
func (j job) When(states ...string) template.HTMLAttr {
	out := `data-when="` + strings.Join(states, " ") + `"`
	for _, s := range states {
		if s == string(j.State) {
			return template.HTMLAttr(out) //nolint:gosec // names of states
		}
	}
	return template.HTMLAttr(out + " hidden") //nolint:gosec // names of states
}

// Way is a link that a phone opens in its own map.
func way(p delivery.Place) template.URL {
	at, ok := geo.NewPoint(p.Lat, p.Lng)
	if p.Lat == "" || !ok {
		return ""
	}
	lat, lng := at.Strings()
	return template.URL("geo:" + lat + "," + lng + "?q=" + lat + "," + lng) //nolint:gosec // two numbers
}

// PickupWay and DropoffWay are where the goods are fetched and brought.
func (j job) PickupWay() template.URL { return way(j.Pickup) }

// DropoffWay is where the goods are brought.
func (j job) DropoffWay() template.URL { return way(j.Dropoff) }

// Collects says whether cash is to be taken at the door.
func (j job) Collects() bool { return strings.Trim(j.Cash, "0.") != "" }

type offerCard struct {
	delivery.OfferView
	Km string // how far the pickup is
}

type homePage struct {
	Shell    bool // there is no network: what the phone saw last goes here
	Me       delivery.CourierView
	Unfit    string
	Jobs     []job
	Offers   []offerCard
	Near     bool // it is known where the courier is
	Lat, Lng string
	Photo    bool // a photo and a signature stand for a PIN
	Optional bool // nothing is needed
	Reasons  []frame.Option
}

// States are those that a card can come to show.
func (homePage) States() []string {
	return []string{"assigned", "picked_up", "in_transit", "failed", "delivered", "returned", "cancelled"}
}

var failNames = map[string]string{
	"nobody_home": lang.M("Nobody was there"), "refused": lang.M("It was refused"), "wrong_address": lang.M("The address is wrong"),
	"damaged": lang.M("It is damaged"), "other": lang.M("Something else"),
}

// openStates are those in which a courier has something to do.
var openStates = []delivery.State{delivery.InTransit, delivery.PickedUp, delivery.Assigned, delivery.Failed}

const (
	offersRadius = 15_000
	offersShown  = 20
)

// home is what the courier carries and what waits near him.
func (c *carry) home(p *frame.Page) error {
	p.NoIndex, p.App, p.Section = true, true, "carry"
	me, err := c.Delivery.Me(p.Context(), p.Caller)
	if err != nil {
		return err
	}
	page := homePage{Me: me, Photo: p.Settings.DeliveryProof != market.ProofPIN, Optional: p.Settings.DeliveryProof == market.ProofOptional}
	if !me.Fit {
		page.Unfit = p.Say(unfit[me.Unfit])
	}
	for _, r := range delivery.FailReasons {
		page.Reasons = append(page.Reasons, frame.Option{Value: r, Text: p.T(failNames[r])})
	}
	for _, s := range openStates {
		list, err := c.Delivery.List(p.Context(), p.Caller, delivery.Selection{State: string(s)}, web.PageParams{Limit: 2 * delivery.MostJobs})
		if err != nil {
			return err
		}
		for _, v := range list.Items {
			j, err := c.job(p, v)
			if err != nil {
				return err
			}
			page.Jobs = append(page.Jobs, j)
		}
	}
	if err := c.offers(p, &page); err != nil {
		return err
	}
	return p.Show("carry/home", p.T("Carrying"), page)
}

// job is a card; of what is weighed with what else the dealer buys there. A courier has five at most.
func (c *carry) job(p *frame.Page, v delivery.View) (job, error) {
	j := job{View: v, page: p}
	if v.Weigh == nil {
		return j, nil
	}
	j.Units = shop.UnitNames(p)
	there := map[string]bool{}
	for _, l := range v.Weigh.Lines {
		there[l.Title] = true
	}
	list, _, err := c.Rates.Own(p.Context(), p.Caller, v.Weigh.Store, v.Weigh.PostalCode, mostRates, "")
	for _, r := range list {
		if !there[r.Material.Name] {
			text := r.Material.Name + ", " + p.T("{price} a {unit}", "price", p.Lang.Money(r.Price, r.Currency), "unit", j.Units[r.Material.Unit])
			j.Rates = append(j.Rates, frame.Option{Value: r.ID, Text: text})
		}
	}
	return j, err
}

const mostRates = 100

var unfit = map[string]*fault.Error{
	delivery.ErrUnverified.Code: delivery.ErrUnverified, delivery.ErrSuspended.Code: delivery.ErrSuspended, delivery.ErrExpired.Code: delivery.ErrExpired,
}

// offers adds what waits near where the courier says that he is, or was seen last.
func (c *carry) offers(p *frame.Page, page *homePage) error {
	ask := p.R.URL.Query()
	page.Lat, page.Lng = ask.Get("lat"), ask.Get("lng")
	if page.Lat == "" && page.Me.Place != nil {
		page.Lat, page.Lng = page.Me.Place.Lat, page.Me.Place.Lng
	}
	near, ok := geo.NewPoint(page.Lat, page.Lng)
	if page.Lat == "" || !ok {
		return nil
	}
	page.Near = true
	list, err := c.Delivery.Offers(p.Context(), near, offersRadius, offersShown)
	for _, o := range list {
		card := offerCard{OfferView: o}
		if o.Away != nil {
			card.Km = fmt.Sprintf("%.1f", float64(*o.Away)/1000)
		}
		page.Offers = append(page.Offers, card)
	}
	return err
}

// shell is the page without anything of anybody's, for a phone to keep.
func (c *carry) shell(p *frame.Page) error {
	p.NoIndex, p.App, p.Section = true, true, "carry"
	return p.Show("carry/home", p.T("Carrying"), homePage{Shell: true})
}

type earningsPage struct {
	delivery.Statement
	Form *frame.Form
}

// earnings is what the courier earned, and the cash that he has.
func (c *carry) earnings(p *frame.Page) error {
	p.NoIndex, p.Section = true, "carry"
	form := p.Form("from", "to").Set("from", p.R.URL.Query().Get("from")).Set("to", p.R.URL.Query().Get("to"))
	var from, until time.Time
	if t := sell.Day(p, form, "from", false); t != nil {
		from = *t
	}
	if t := sell.Day(p, form, "to", true); t != nil {
		until = *t
	}
	s, err := c.Delivery.MyStatement(p.Context(), p.Caller, from, until)
	if err != nil {
		return err
	}
	return p.Show("carry/earnings", p.T("What you earned"), earningsPage{s, form})
}
