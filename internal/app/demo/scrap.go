package demo

import (
	"context"
	"fmt"
	"time"

	"github.com/haat-market/haat/internal/cart"
	"github.com/haat-market/haat/internal/catalog"
	"github.com/haat-market/haat/internal/commission"
	"github.com/haat-market/haat/internal/order"
	"github.com/haat-market/haat/internal/payment"
	"github.com/haat-market/haat/internal/payment/gateway"
	"github.com/haat-market/haat/internal/payment/testgateway"
	"github.com/haat-market/haat/internal/platform/qty"
	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/internal/rate"
	"github.com/haat-market/haat/internal/store"
	"github.com/haat-market/haat/internal/subscription"
)

// Names of the sweeps of buying back.
const (
	sweepPlans = "subscription.due"
	sweepMonth = "commission.month"
)

// dealer buys scrap.
type dealer struct {
	owner   human
	profile store.Profile
	hours   string
	codes   []string // where: the first is where the pickups of the story are
	since   int      // days ago
	dearer  int64    // percent above the usual price

	who   web.Caller
	id    string
	rates []string // at the first postal code, in the order of kinds
}

// kind is a kind of scrap with its usual price.
type kind struct{ name, unit, tax, hsn, price string }

var kindsOfScrap = []kind{
	{"Newspaper", "kg", "5", "4707", "15.00"}, {"Cardboard", "kg", "5", "4707", "9.00"}, {"Iron", "kg", "18", "7204", "28.00"}, {"Copper", "kg", "18", "7404", "620.00"},
	{"Plastic bottles", "kg", "18", "3915", "18.00"}, {"Old computers", "pcs", "18", "8549", "350.00"},
}

// newDealers are in postal codes that there are, in Delhi, Jaipur and Pune.
func newDealers() []*dealer {
	return []*dealer{
		{
			owner:   human{name: "Ravi Verma", mail: "dealer", phone: "+919811010001", home: place{"14 Central Market", "Lajpat Nagar", "South East Delhi", "Delhi", "110024", "IN", "28.568100", "77.243300"}},
			profile: store.Profile{Name: "Lajpat Kabadi", Slug: "lajpat-kabadi", BusinessType: "Scrap dealer", Description: "Paper, metal and plastic from your door, weighed before your eyes. रद्दी, लोहा, प्लास्टिक।"},
			hours:   "Mon–Sat 8am–6pm", codes: []string{"110024", "110003", "110014"}, since: 57,
		},
		{
			owner:   human{name: "Salim Qureshi", mail: "salim.qureshi", phone: "+919811010002", home: place{"3 Lal Kuan", "Delhi", "Central Delhi", "Delhi", "110006", "IN", "28.656300", "77.226300"}},
			profile: store.Profile{Name: "Chandni Metals", Slug: "chandni-metals", BusinessType: "Metal dealer", Description: "Copper, brass and iron at the best price of the old city."},
			hours:   "Every day 10am–7pm", codes: []string{"110006", "110024"}, since: 21, dearer: 6,
		},
		{
			owner:   human{name: "Kamla Meena", mail: "kamla.meena", phone: "+919829010003", home: place{"Station Road 22", "Jaipur", "Jaipur", "Rajasthan", "302001", "IN", "26.920300", "75.787600"}},
			profile: store.Profile{Name: "Gulabi Nagar Kabadi", Slug: "gulabi-nagar-kabadi", BusinessType: "Scrap dealer", Description: "A cooperative of women who collect in the pink city."},
			hours:   "Mon–Fri 9am–5pm", codes: []string{"302001", "302029"}, since: 22, dearer: -4,
		},
		{
			owner:   human{name: "Nilesh Jadhav", mail: "nilesh.jadhav", phone: "+919822010004", home: place{"Deccan Gymkhana 8", "Pune", "Pune", "Maharashtra", "411004", "IN", "18.517300", "73.841200"}},
			profile: store.Profile{Name: "Deccan Recyclers", Slug: "deccan-recyclers", BusinessType: "Recycler", Description: "Everything with a plug, a battery or a screen, and paper too."},
			hours:   "Tue–Sun 8am–4pm", codes: []string{"411004", "411001"}, since: 20, dearer: 3,
		},
	}
}

// scrap plans the trade that goes the other way: dealers open, people sell them what they have left over, and the market
// writes what that comes to.
func (s *story) scrap() {
	noon := func(ago int) time.Time { return s.begin.AddDate(0, 0, days-ago).Add(12 * time.Hour) }
	list := newDealers()
	var kinds []string
	s.alone(noon(58), func(ctx context.Context) (err error) {
		kinds, err = s.kindsOf(ctx)
		return err
	})
	for _, d := range list {
		s.alone(noon(d.since), func(ctx context.Context) error { return s.settle(ctx, d, kinds) })
	}
	// The first one's trial ends within the story: it has chosen a plan before.
	s.alone(noon(37), func(ctx context.Context) error { return s.subscribe(ctx, list[0]) })
	for _, ago := range []int{34, 26} {
		s.sweepAt(noon(ago), sweepPlans)
	}
	for n, ago := 0, 55; ago >= 5; n, ago = n+1, ago-3 {
		s.fetched(s.buyers[n%len(s.buyers)], list[0], noon(ago), n)
	}
	for n, ago := 0, 18; ago >= 4; n, ago = n+1, ago-4 {
		for i, d := range list[1:] {
			s.fetched(s.buyers[(7*n+5*i+3)%len(s.buyers)], d, noon(ago).Add(time.Duration(i)*time.Hour), n+i)
		}
	}
	s.unfetched(list, noon)
	// The months that are over by now, and the payment of the first of them.
	first := time.Date(s.end.In(s.begin.Location()).Year(), s.end.In(s.begin.Location()).Month(), 1, 2, 0, 0, 0, s.begin.Location())
	for _, at := range []time.Time{first.AddDate(0, -1, 0), first} {
		if at.After(noon(56)) {
			s.sweepAt(at, sweepMonth)
			s.alone(at.Add(34*time.Hour), s.payStatements)
		}
	}
}

// kindsOf makes the kinds of scrap.
func (s *story) kindsOf(ctx context.Context) (ids []string, err error) {
	c, err := insist(func() (catalog.Category, error) {
		return s.app.Catalog.CreateCategory(ctx, catalog.CategoryInput{Slug: "scrap", Name: "Scrap", Position: 100})
	})
	if err != nil {
		return nil, err
	}
	for _, k := range kindsOfScrap {
		m, err := insist(func() (catalog.Material, error) {
			m, _, err := s.app.Catalog.CreateMaterial(ctx, catalog.MaterialInput{Category: &c.ID, Name: &k.name, Unit: &k.unit, TaxRate: &k.tax, TaxCode: &k.hsn})
			return m, err
		})
		if err != nil {
			return nil, fmt.Errorf("material %s: %w", k.name, err)
		}
		ids = append(ids, m.ID)
	}
	return ids, nil
}

// settle opens a dealer's store, which has its trial from then on, with prices and a storefront.
func (s *story) settle(ctx context.Context, d *dealer, kinds []string) (err error) {
	if d.who, err = s.join(ctx, d.owner, web.RoleSeller, web.RoleCustomer); err != nil {
		return err
	}
	p, home := d.profile, d.owner.address()
	p.Address, p.Buys, p.Email, p.Phone, p.WhatsApp = &home, true, d.owner.mail+domain, d.owner.phone, d.owner.phone
	made, _, err := s.app.Stores.Create(ctx, d.who, p)
	if err != nil {
		return err
	}
	d.id = made.PublicID
	if _, err := s.app.Stores.Move(ctx, d.who, d.id, store.Publish, ""); err != nil {
		return err
	}
	if _, err := s.app.Rates.SetAreas(ctx, d.who, d.id, d.codes); err != nil {
		return err
	}
	for i, k := range kindsOfScrap {
		price, err := qty.Parse(k.price)
		if err != nil {
			return err
		}
		price += price * d.dearer / 100
		price -= price % 10 // two decimals
		r, _, err := s.app.Rates.Create(ctx, d.who, d.id, rate.Input{Material: kinds[i], PostalCode: d.codes[0], Price: qty.Format(price)})
		if err != nil {
			return fmt.Errorf("price of %s: %w", k.name, err)
		}
		d.rates = append(d.rates, r.ID)
	}
	if _, err := s.app.Rates.Copy(ctx, d.who, d.id, d.codes[0], d.codes[1:], false); err != nil {
		return err
	}
	return s.app.Windows.Create(ctx, d.who, d.id, d.hours)
}

// subscribe pays for a dealer's plan with a card.
func (s *story) subscribe(ctx context.Context, d *dealer) error {
	plans, err := s.app.Plans.Plans(ctx, false)
	if err != nil {
		return err
	}
	for _, p := range plans {
		if p.Trial {
			continue
		}
		id, _, err := s.app.Plans.Choose(ctx, d.who, d.id, p.ID, false)
		if err != nil {
			return err
		}
		x, err := s.app.Plans.Get(ctx, d.who, id)
		if err != nil {
			return err
		}
		card := gateway.Card{Number: goodCard, Month: 12, Year: s.end.Year() + 3, CVC: "123"}
		_, _, err = s.app.Payments.Start(ctx, d.who, payment.StartCmd{Payment: x.Payment.PublicID, Gateway: testgateway.Name, Card: card})
		return err
	}
	return subscription.ErrPlanNotFound
}

// haul is what somebody sells to a dealer.
type haul struct {
	s     *story
	buyer *buyer
	from  *dealer
	kinds []int
	order string
}

func (s *story) haulOf(b *buyer, d *dealer, n int) *haul {
	return &haul{s: s, buyer: b, from: d, kinds: []int{n % len(kindsOfScrap), (n + 2) % len(kindsOfScrap)}}
}

// step plans what somebody does about it, if it came to it at all.
func (h *haul) step(at time.Time, do func(ctx context.Context) error) {
	h.s.plan(deed{at: at, lane: h.buyer.lane, do: func(ctx context.Context) error {
		if h.order == "" {
			return nil
		}
		return do(ctx)
	}})
}

// place arranges the pickup for the next day.
func (h *haul) place(ctx context.Context) error {
	for i, k := range h.kinds {
		amount := int64(4+3*i+k) * 1500 // thousandths
		if kindsOfScrap[k].unit == "pcs" {
			amount = 2000
		}
		if _, err := insist(func() (cart.RateItem, error) {
			it, _, _, err := h.s.app.Cart.AddRate(ctx, h.buyer.AccountID, h.from.rates[k], amount)
			return it, err
		}); err != nil {
			return err
		}
	}
	to := h.buyer.address()
	to.Line1, to.City, to.District, to.State, to.PostalCode, to.Country, to.Lat, to.Lng = "Flat 12, near the temple", h.from.owner.home.city, h.from.owner.home.district, h.from.owner.home.state, h.from.codes[0], "IN", "", ""
	day := h.s.clock.Now().In(h.s.begin.Location()).AddDate(0, 0, 1).Format(time.DateOnly)
	id, err := insist(func() (string, error) {
		id, _, err := h.s.app.Orders.CheckoutBuyback(ctx, h.buyer.Caller, order.BuybackCmd{Address: &to, Day: day, Slot: "1pm - 6pm"})
		return id, err
	})
	if err != nil {
		return fmt.Errorf("pickup at %s: %w", h.buyer.mail, err)
	}
	v, err := insist(func() (order.CheckoutView, error) { return h.s.app.Orders.GetCheckout(ctx, h.buyer.Caller, id) })
	if err == nil {
		h.order = v.Orders[0].ID
	}
	return err
}

func (h *haul) do(who func() web.Caller, on order.Event, note string) func(ctx context.Context) error {
	return func(ctx context.Context) error {
		_, err := insist(func() (struct{}, error) {
			return struct{}{}, h.s.app.Orders.Step(ctx, who(), h.order, on, order.Why{Note: note})
		})
		return err
	}
}

func (h *haul) dealer() web.Caller { return h.from.who }
func (h *haul) seller() web.Caller { return h.buyer.Caller }

// weigh is the pickup: a little less is there than was said.
func (h *haul) weigh(ctx context.Context) error {
	otp, err := insist(func() (order.OTP, error) { return h.s.app.Orders.OTPOf(ctx, h.buyer.Caller, h.order) })
	if err != nil {
		return err
	}
	o, err := insist(func() (order.View, error) { return h.s.app.Orders.Get(ctx, h.buyer.Caller, h.order) })
	if err != nil {
		return err
	}
	cmd := order.PickupCmd{Number: otp.Number, OTP: otp.Password, PayBy: order.PaidCash}
	for _, l := range o.Buyback.Lines {
		n, err := qty.Parse(l.Ordered)
		if err != nil {
			return err
		}
		if l.Unit != "pcs" {
			n = n * 9 / 10
		}
		cmd.Lines = append(cmd.Lines, order.Weight{ID: l.ID, Thousandths: n})
	}
	_, err = insist(func() (struct{}, error) {
		return struct{}{}, h.s.app.Orders.Pickup(ctx, h.from.who, h.order, cmd)
	})
	return err
}

// fetched plans a pickup that comes to its end.
func (s *story) fetched(b *buyer, d *dealer, at time.Time, n int) {
	h := s.haulOf(b, d, n)
	s.plan(deed{at: at, lane: b.lane, do: h.place})
	if n%3 > 0 {
		h.step(at.Add(3*time.Hour), h.do(h.dealer, order.Accept, ""))
	}
	h.step(at.Add(25*time.Hour), h.weigh)
	if n%4 < 3 {
		s.opine(at.Add(28*time.Hour), b.lane, b.Caller, h.dealer, func(context.Context) (string, string, error) { return h.order, "", nil }, ofDealers[n%len(ofDealers)])
	}
}

// unfetched plans pickups in every other state, the first customer's among them.
func (s *story) unfetched(list []*dealer, noon func(ago int) time.Time) {
	cancelled := s.haulOf(s.buyers[0], list[0], 1)
	s.plan(deed{at: noon(9), lane: cancelled.buyer.lane, do: cancelled.place})
	cancelled.step(noon(9).Add(4*time.Hour), cancelled.do(cancelled.seller, order.Cancel, "Given to the neighbour."))

	refused := s.haulOf(s.buyers[4], list[1], 2)
	s.plan(deed{at: noon(8), lane: refused.buyer.lane, do: refused.place})
	refused.step(noon(8).Add(5*time.Hour), refused.do(refused.dealer, order.Cancel, "Our van is broken."))

	missed := s.haulOf(s.buyers[6], list[2], 3)
	s.plan(deed{at: noon(3), lane: missed.buyer.lane, do: missed.place})
	missed.step(noon(3).Add(27*time.Hour), missed.do(missed.dealer, order.Miss, "Nobody opened."))

	done := s.haulOf(s.buyers[0], list[0], 0)
	s.plan(deed{at: noon(7), lane: done.buyer.lane, do: done.place})
	done.step(noon(7).Add(25*time.Hour), done.weigh)

	late := s.end.Add(-9 * time.Hour)
	accepted := s.haulOf(s.buyers[0], list[0], 2)
	s.plan(deed{at: late, lane: accepted.buyer.lane, do: accepted.place})
	accepted.step(late.Add(3*time.Hour), accepted.do(accepted.dealer, order.Accept, ""))

	waiting := s.haulOf(s.buyers[9], list[3], 4)
	s.plan(deed{at: late.Add(4 * time.Hour), lane: waiting.buyer.lane, do: waiting.place})
}

// payStatements pays what waits longest into what the stores earned.
func (s *story) payStatements(ctx context.Context) error {
	list, _, err := s.app.Commission.List(ctx, s.admin, "", string(commission.Issued), web.PageParams{Limit: 50})
	if err != nil || len(list) == 0 {
		return err
	}
	return s.app.Commission.Pay(ctx, s.admin, []string{list[len(list)-1].PublicID}, commission.PayCmd{Note: "By the accountant"})
}
