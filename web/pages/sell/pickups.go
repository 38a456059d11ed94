package sell

import (
	"errors"
	"html/template"
	"slices"
	"strings"
	"time"

	"github.com/haat-market/haat/internal/invoice"
	"github.com/haat-market/haat/internal/ledger"
	"github.com/haat-market/haat/internal/order"
	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/picture"
	"github.com/haat-market/haat/internal/platform/qty"
	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/internal/rate"
	"github.com/haat-market/haat/internal/store"
	"github.com/haat-market/haat/web/pages/frame"
	"github.com/haat-market/haat/web/pages/lang"
)

// mountBuying adds what a store that buys has of its own, but for its prices.
func (s *sell) mountBuying(f *frame.Frame, get, post func(path, tab string, right store.Right, h deskHandler)) {
	get("/pickups", "pickups", store.Orders, s.pickups)
	get("/pickups/{id}", "pickups", store.Orders, s.pickup)
	post("/pickups/{id}/courier", "pickups", store.Own, s.sendCourier)
	post("/pickups/{id}/courier/{delivery}/cancel", "pickups", store.Orders, s.callOff)
	post("/pickups/{id}/courier/{delivery}/here", "pickups", store.Orders, s.takeIn)
	post("/pickups/{id}/weigh", "pickups", store.Orders, s.weigh)
	post("/pickups/{id}/{step}", "pickups", store.Orders, s.stepPickup)
	get("/plan", "plan", store.View, s.plan)
	post("/plan", "plan", store.Own, s.choosePlan)
	post("/plan/{id}/cancel", "plan", store.Own, s.cancelPlan)
	post("/storefront/{verb}", "plan", store.Own, s.setWindow)
	get("/statements", "statements", store.View, s.statements)
	get("/statements/{id}", "statements", store.View, s.bill)
	get("/statements/{id}/pdf", "statements", store.View, s.billFile)
	f.PostFile("/sell/{store}/statements/{id}/transfer", web.SignedIn, picture.MaxBytes, s.at("statements", store.Own, s.submitTransfer))
}

type pickupsPage struct {
	Desk  *Desk
	Tabs  []tab
	Items []orderRow
	pager
}

// pickupStates are the states of what a store buys to choose from.
func pickupStates(p *frame.Page) []frame.Option {
	out := []frame.Option{{Text: p.T("All")}}
	for _, s := range []order.State{order.Pending, order.Confirmed, order.Completed, order.Cancelled} {
		out = append(out, frame.Option{Value: string(s), Text: OrderBadge(p, s).Text})
	}
	return out
}

// pickups are what the store buys.
func (s *sell) pickups(p *frame.Page, d *Desk) error {
	options := pickupStates(p)
	state := p.R.URL.Query().Get("state")
	if !slices.ContainsFunc(options, func(o frame.Option) bool { return o.Value == state }) {
		state = ""
	}
	list, err := s.Orders.List(p.Context(), p.Caller, order.ListQuery{Store: d.PublicID, Side: "buyback", State: state}, web.PageParams{Limit: perPage, Cursor: cursor(p)})
	if err != nil {
		return err
	}
	page := pickupsPage{Desk: d, Tabs: tabs(p, "state", options)}
	for _, row := range orderRows(p, list.Items) {
		row.Link = d.Link("/pickups/" + row.ID)
		page.Items = append(page.Items, row)
	}
	if list.NextCursor != nil {
		page.set(p, *list.NextCursor)
	} else {
		page.set(p, "")
	}
	return p.Show("sell/pickups", p.T("Pickups"), page)
}

// extras is how many kinds of material that were not ordered one form takes.
const extras = 3

var pickupFields = []string{"number", "otp", "pay_by", "note", "pickup_date", "pickup_slot", "lines", "extra", "fee", "pay_up_to"}

// weight is a line of the form, as it was typed.
type weight struct {
	order.BuybackLineView
	Unit   string
	Typed  string
	Number int
}

type extraRow struct {
	Number int
	Rate   string
	Typed  string
}

type pickupPage struct {
	Desk    *Desk
	Form    *frame.Form
	Order   order.View
	Badge   Badge
	Lines   []weight
	Extras  []extraRow
	Rates   []frame.Option // what else the store buys there
	PayBy   []frame.Option
	Slots   []frame.Option
	Actions map[string]bool
	First   string
	Last    string
	Units   map[string]string
	Parts   []partRow // what couriers fetch of it, or have fetched
	Send    bool      // a courier can be sent
	PIN     string    // that the courier is told when it is here
	Code    template.HTML
	Paper   string // the page of what the store wrote
}

func slots(p *frame.Page) []frame.Option {
	return []frame.Option{{Value: "8am - 1pm", Text: p.T("In the morning, 8 to 1")}, {Value: "1pm - 6pm", Text: p.T("In the afternoon, 1 to 6")}}
}

// bought is an order of this store that it buys.
func (s *sell) bought(p *frame.Page, d *Desk) (order.View, error) {
	o, err := s.opened(p, d)
	if err == nil && o.Buyback == nil {
		err = order.ErrNotFound
	}
	return o, err
}

func (s *sell) pickup(p *frame.Page, d *Desk) error {
	o, err := s.bought(p, d)
	if err != nil {
		return err
	}
	page, err := s.pickupPage(p, d, o, nil)
	if err != nil {
		return err
	}
	return p.Show("sell/pickup", p.T("Order {number}", "number", o.Number), page)
}

func (s *sell) pickupPage(p *frame.Page, d *Desk, o order.View, form *frame.Form) (page pickupPage, err error) {
	if form == nil {
		form = p.Form(pickupFields...).Set("number", o.Number).Set("pay_by", order.PaidCash).Set("pickup_date", o.Buyback.PickupDate).Set("pickup_slot", o.Buyback.PickupSlot)
	}
	page = pickupPage{Desk: d, Form: form, Order: o, Badge: OrderBadge(p, o.State), Slots: slots(p), Actions: map[string]bool{}, Units: map[string]string{}}
	for unit, name := range unitNames {
		page.Units[unit] = p.T(name)
	}
	if o.Buyback.MissedAt != nil && o.State == order.Pending {
		page.Badge = Badge{p.T("Nobody was there"), "warn"}
	}
	for _, a := range o.Actions {
		page.Actions[string(a)] = true
	}
	if err := s.sent(p, d, &page); err != nil {
		return page, err
	}
	today := p.In(p.Now())
	page.First, page.Last = today.Format(time.DateOnly), today.AddDate(0, 0, 30).Format(time.DateOnly)
	for i, l := range o.Buyback.Lines {
		typed := l.Ordered
		if all := form.All("lines"); i < len(all) {
			typed = all[i]
		}
		page.Lines = append(page.Lines, weight{l, page.Units[l.Unit], typed, i + 1})
	}
	if !page.Actions[string(order.PickUp)] {
		return page, s.paper(p, &page)
	}
	page.PayBy = []frame.Option{{Value: order.PaidCash, Text: p.T("In cash")}}
	if d.May("own") {
		page.PayBy = append(page.PayBy, frame.Option{Value: order.PaidWallet, Text: p.T("From your wallet")})
	}
	return page, s.others(p, d, &page)
}

// paper finds what the store wrote when it weighed and paid.
func (s *sell) paper(p *frame.Page, page *pickupPage) error {
	if page.Order.Buyback.Receipt == nil {
		return nil
	}
	v, err := s.Invoices.OfOrder(p.Context(), p.Caller, page.Order.ID)
	if errors.Is(err, invoice.ErrNotIssued) {
		return nil
	}
	page.Paper = "/invoices/" + v.ID
	return err
}

// others fills in what else the store buys at the place of a pickup.
func (s *sell) others(p *frame.Page, d *Desk, page *pickupPage) error {
	there := map[string]bool{}
	for _, l := range page.Order.Buyback.Lines {
		there[l.Rate] = true
	}
	list, _, err := s.Rates.Own(p.Context(), p.Caller, d.PublicID, page.Order.Buyback.PostalCode, 100, "")
	if err != nil {
		return err
	}
	for _, r := range list {
		if !there[r.ID] {
			text := r.Material.Name + ", " + p.T("{price} a {unit}", "price", p.Lang.Money(r.Price, r.Currency), "unit", page.Units[r.Material.Unit])
			page.Rates = append(page.Rates, frame.Option{Value: r.ID, Text: text})
		}
	}
	typed := page.Form.All("extra")
	for i := range min(extras, len(page.Rates)) {
		x := extraRow{Number: i + 1}
		if 2*i+1 < len(typed) {
			x.Rate, x.Typed = typed[2*i], typed[2*i+1]
		}
		page.Extras = append(page.Extras, x)
	}
	return nil
}

func (s *sell) againPickup(p *frame.Page, d *Desk, o order.View, form *frame.Form) error {
	p.Self = d.Link("/pickups/" + o.ID)
	page, err := s.pickupPage(p, d, o, form)
	if err != nil {
		return err
	}
	return form.Again("sell/pickup", p.T("Order {number}", "number", o.Number), page)
}

// dealerSteps are a dealer's steps with what it buys, but for the weighing.
var dealerSteps = []order.Event{order.Accept, order.Miss, order.Reschedule, order.Cancel}

func (s *sell) stepPickup(p *frame.Page, d *Desk) error {
	on := order.Event(p.R.PathValue("step"))
	if !slices.Contains(dealerSteps, on) {
		return order.ErrNotFound
	}
	o, err := s.bought(p, d)
	if err != nil {
		return err
	}
	form, err := p.Sent(pickupFields...)
	if err != nil {
		return err
	}
	if on == order.Reschedule {
		err = s.Orders.RescheduleTo(p.Context(), p.Caller, o.ID, form.Digits("pickup_date"), form.Get("pickup_slot"), form.Get("note"))
	} else {
		err = s.Orders.Step(p.Context(), p.Caller, o.ID, on, order.Why{Note: form.Get("note")})
	}
	switch {
	case err == nil:
		p.Leave("Done.")
		return p.See(d.Link("/pickups/" + o.ID))
	case fault.Code(err) == order.ErrState.Code:
		p.Leave("The order has changed in the meantime. See where it stands.")
		return p.See(d.Link("/pickups/" + o.ID))
	}
	if err := form.Refuse(err); err != nil {
		return err
	}
	return s.againPickup(p, d, o, form)
}

// weighed reads what the form says of the lines and of what was not ordered.
func weighed(p *frame.Page, form *frame.Form, o order.View) (cmd order.PickupCmd) {
	cmd = order.PickupCmd{Number: form.Digits("number"), OTP: form.Digits("otp"), PayBy: form.Get("pay_by"), Note: form.Get("note")}
	read := func(id, name, typed string) (order.Weight, bool) {
		n, err := qty.Parse(lang.Digits(strings.TrimSpace(typed)))
		if err != nil {
			form.Wrong("", p.T("{name}: say what it came to, zero too.", "name", name))
		}
		return order.Weight{ID: id, Thousandths: n}, err == nil
	}
	lines := form.All("lines")
	for i, l := range o.Buyback.Lines {
		typed := ""
		if i < len(lines) {
			typed = lines[i]
		}
		if w, ok := read(l.ID, l.Title, typed); ok {
			cmd.Lines = append(cmd.Lines, w)
		}
	}
	extra := form.All("extra")
	for i := 0; i+1 < len(extra); i += 2 {
		if extra[i] == "" {
			continue
		}
		if w, ok := read(extra[i], p.T("What was not ordered"), extra[i+1]); ok {
			cmd.Extra = append(cmd.Extra, w)
		}
	}
	return cmd
}

// weigh takes what was weighed at the door, and pays the customer.
func (s *sell) weigh(p *frame.Page, d *Desk) error {
	o, err := s.bought(p, d)
	if err != nil {
		return err
	}
	form, err := p.Sent(pickupFields...)
	if err != nil {
		return err
	}
	cmd := weighed(p, form, o)
	if !form.Ok() {
		return s.againPickup(p, d, o, form)
	}
	err = s.Orders.Pickup(p.Context(), p.Caller, o.ID, cmd)
	switch fault.Code(err) {
	case order.ErrState.Code:
		p.Leave("The order has changed in the meantime. See where it stands.")
		return p.See(d.Link("/pickups/" + o.ID))
	case order.ErrWrongOTP.Code:
		form.Wrong("otp", p.T("The password is wrong."))
	case order.ErrWrongNumber.Code:
		form.Wrong("number", p.T("This is not the order's number."))
	case ledger.ErrInsufficientBalance.Code:
		form.Wrong("pay_by", p.T("There is not enough in your wallet."))
	case rate.ErrRateNotFound.Code, order.ErrExtra.Code:
		form.Wrong("", p.T("What was not ordered needs a price of yours at this postal code, once."))
	default:
		if err == nil {
			p.Leave("It is weighed and paid.")
			return p.See(d.Link("/pickups/" + o.ID))
		}
		if err := form.Refuse(err); err != nil {
			return err
		}
	}
	return s.againPickup(p, d, o, form)
}
