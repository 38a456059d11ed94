package sell

import (
	"errors"

	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/internal/store"
	"github.com/haat-market/haat/internal/storefront"
	"github.com/haat-market/haat/internal/subscription"
	"github.com/haat-market/haat/web/pages/frame"
	"github.com/haat-market/haat/web/pages/lang"
)

var subscriptionStates = map[subscription.State]Badge{
	subscription.Pending: {lang.M("Waits for payment"), "warn"}, subscription.Active: {lang.M("Runs"), "good"}, subscription.Expired: {lang.M("Over"), ""},
	subscription.Cancelled: {lang.M("Cancelled"), "bad"}, subscription.Lapsed: {lang.M("Not paid"), "bad"},
}

// SubscriptionBadge is a state of a subscription.
func SubscriptionBadge(p *frame.Page, s subscription.State) Badge {
	return said(p, subscriptionStates[s])
}

var accessReasons = map[string]string{
	"active": lang.M("Your subscription runs."), "no_subscription": lang.M("You have no subscription: your prices are hidden."),
	"waiting_for_payment": lang.M("Your subscription waits for its payment."), "expired": lang.M("Your subscription is over: your prices are hidden."),
	"store_closed": lang.M("Your store is not open: your prices are hidden."), "does_not_buy": lang.M("Your store does not buy: say in its profile that it does."),
}

var windowReasons = map[storefront.Reason]string{
	storefront.Visible: lang.M("Everybody sees it."), storefront.IsUnpublished: lang.M("You have hidden it."), storefront.IsSuspended: lang.M("The market has suspended it."),
	storefront.StoreClosed: lang.M("It is hidden while your store is not open."), storefront.DoesNotBuy: lang.M("It is hidden while your store does not buy."),
	storefront.NoSubscription: lang.M("It is hidden until a subscription runs."),
}

// WindowReason says whether everybody sees a storefront, and why not, to somebody else than its owner.
func WindowReason(p *frame.Page, r storefront.Reason) string {
	if r == storefront.IsUnpublished {
		return p.T("Its store has hidden it.")
	}
	return p.T(windowReasons[r])
}

var planFields = []string{"plan", "upgrade", "hours"}

type subscriptionRow struct {
	subscription.Subscription
	Badge Badge
}

type planPage struct {
	Desk    *Desk
	Form    *frame.Form
	Access  subscription.Access
	Why     string
	Plans   []frame.Option
	History []subscriptionRow
	Pay     string // the payment that is waited for
	Window  *storefront.Storefront
	Seen    string // whether everybody sees it, in words
	Own     bool
}

// plan is what the store has paid for, and its storefront.
func (s *sell) plan(p *frame.Page, d *Desk) error {
	page, err := s.planPage(p, d, nil)
	if err != nil {
		return err
	}
	return p.Show("sell/plan", p.T("Subscription"), page)
}

func (s *sell) planPage(p *frame.Page, d *Desk, form *frame.Form) (page planPage, err error) {
	if form == nil {
		form = p.Form(planFields...)
	}
	page = planPage{Desk: d, Form: form, Own: d.May("own")}
	if page.Access, err = s.Plans.AccessOf(p.Context(), p.Caller, d.PublicID); err != nil {
		return page, err
	}
	page.Why = p.T(accessReasons[page.Access.Reason])
	plans, err := s.Plans.Plans(p.Context(), false)
	if err != nil {
		return page, err
	}
	for _, x := range plans {
		if x.Trial && !page.Access.TrialFree {
			continue
		}
		hint := p.T("{price} for {days} days, {codes} postal codes", "price", p.Lang.Money(x.Price, p.Settings.Currency), "days", p.Lang.Number(x.Days), "codes", p.Lang.Number(x.Areas))
		page.Plans = append(page.Plans, frame.Option{Value: x.ID, Text: x.Name, Hint: hint})
	}
	list, _, err := s.Plans.List(p.Context(), p.Caller, d.PublicID, "", web.PageParams{Limit: perPage})
	if err != nil {
		return page, err
	}
	for _, x := range list {
		page.History = append(page.History, subscriptionRow{x, SubscriptionBadge(p, x.State)})
		if x.State == subscription.Pending && x.Payment != nil {
			page.Pay = x.Payment.PublicID
		}
	}
	w, err := s.Windows.Own(p.Context(), p.Caller, d.PublicID)
	switch {
	case err == nil:
		page.Window, page.Seen = &w, p.T(windowReasons[w.Reason])
		if form.Get("hours") == "" {
			form.Set("hours", w.Hours)
		}
	case errors.Is(err, storefront.ErrNotFound):
		err = nil
	}
	return page, err
}

func (s *sell) againPlan(p *frame.Page, d *Desk, form *frame.Form, err error) error {
	if err := form.Refuse(err); err != nil {
		return err
	}
	p.Self = d.Link("/plan")
	page, err := s.planPage(p, d, form)
	if err != nil {
		return err
	}
	return form.Again("sell/plan", p.T("Subscription"), page)
}

// subscription leads to the store whose subscription it is: who has paid comes back here.
func (s *sell) subscription(p *frame.Page) error {
	x, err := s.Plans.Get(p.Context(), p.Caller, p.R.PathValue("id"))
	if err != nil {
		return err
	}
	return p.See("/sell/" + x.Store.PublicID + "/plan")
}

// choosePlan takes a plan, and goes on to paying for it.
func (s *sell) choosePlan(p *frame.Page, d *Desk) error {
	form, err := p.Sent(planFields...)
	if err != nil {
		return err
	}
	id, _, err := s.Plans.Choose(form.Once("subscription.choose"), p.Caller, d.PublicID, form.Get("plan"), form.Has("upgrade"))
	if fault.Code(err) == subscription.ErrPlanNotFound.Code {
		form.Wrong("plan", p.T("Choose a plan."))
		return s.againPlan(p, d, form, nil)
	}
	if err != nil {
		return s.againPlan(p, d, form, err)
	}
	x, err := s.Plans.Get(p.Context(), p.Caller, id)
	if err != nil {
		return err
	}
	if x.State == subscription.Pending && x.Payment != nil {
		return p.See("/pay/" + x.Payment.PublicID)
	}
	p.Leave("It runs from now on.")
	return p.See(d.Link("/plan"))
}

func (s *sell) cancelPlan(p *frame.Page, d *Desk) error {
	if err := s.Plans.Cancel(p.Context(), p.Caller, p.R.PathValue("id")); err != nil && fault.Code(err) != subscription.ErrState.Code {
		return err
	}
	p.Leave("Done.")
	return p.See(d.Link("/plan"))
}

// setWindow opens the storefront or says when the store is open; shows or hides it.
func (s *sell) setWindow(p *frame.Page, d *Desk) error {
	form, err := p.Sent(planFields...)
	if err != nil {
		return err
	}
	switch verb := p.R.PathValue("verb"); verb {
	case "open":
		err = s.Windows.Create(p.Context(), p.Caller, d.PublicID, form.Get("hours"))
	case "hours":
		err = s.Windows.SetHours(p.Context(), p.Caller, d.PublicID, form.Get("hours"))
	case "publish", "unpublish":
		err = s.Windows.Move(p.Context(), p.Caller, d.PublicID, storefront.Action(verb), "")
	default:
		return store.ErrStoreNotFound
	}
	if err != nil {
		return s.againPlan(p, d, form, err)
	}
	p.Leave("Done.")
	return p.See(d.Link("/plan"))
}
