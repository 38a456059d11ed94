package manage

import (
	"slices"

	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/internal/review"
	"github.com/haat-market/haat/internal/storefront"
	"github.com/haat-market/haat/web/pages/frame"
	"github.com/haat-market/haat/web/pages/lang"
	"github.com/haat-market/haat/web/pages/sell"
)

var reviewStates = map[review.State]sell.Badge{
	review.Shown: {Text: lang.M("Shown"), Class: "good"}, review.Hidden: {Text: lang.M("Hidden"), Class: "bad"}, review.Withdrawn: {Text: lang.M("Taken back")},
}

type reviewRow struct {
	review.View
	Badge      sell.Badge
	Hide, Show bool
}

type reviewsPage struct {
	Tabs  []tab
	Items []reviewRow
	Form  *frame.Form
	Wrong string // the review whose reason is wrong
	pager
}

// reviews are what buyers say everywhere.
func (m *manage) reviews(p *frame.Page) error {
	page, err := m.reviewsPage(p, p.Form("reason"), "")
	if err != nil {
		return err
	}
	return p.Show("manage/reviews", p.T("What buyers say"), page)
}

func (m *manage) reviewsPage(p *frame.Page, form *frame.Form, wrong string) (page reviewsPage, err error) {
	options := []frame.Option{{Text: p.T("All")}}
	for _, s := range []review.State{review.Shown, review.Hidden, review.Withdrawn} {
		options = append(options, frame.Option{Value: string(s), Text: p.T(reviewStates[s].Text)})
	}
	list, here, err := tabs(p, "state", options)
	if err != nil {
		return page, err
	}
	items, next, err := m.Reviews.All(p.Context(), p.Caller, review.State(here), 0, web.PageParams{Limit: perPage, Cursor: cursor(p)})
	if err != nil {
		return page, err
	}
	page = reviewsPage{Tabs: list, Form: form, Wrong: wrong}
	for _, r := range items {
		v := m.Reviews.View(r)
		b := reviewStates[v.State]
		b.Text = p.T(b.Text)
		page.Items = append(page.Items, reviewRow{v, b, slices.Contains(v.Actions, review.Hide), slices.Contains(v.Actions, review.Show)})
	}
	page.set(p, next)
	return page, nil
}

// moveReview hides a review with a reason, or shows it again.
func (m *manage) moveReview(p *frame.Page) error {
	verb := review.Action(p.R.PathValue("verb"))
	if verb != review.Hide && verb != review.Show {
		return errNoPage
	}
	form, err := p.Sent("reason")
	if err != nil {
		return err
	}
	err = m.Reviews.Move(p.Context(), p.Caller, p.R.PathValue("id"), verb, form.Get("reason"))
	if fault.Code(err) == web.ErrInvalid.Code {
		if err := form.Refuse(err); err != nil {
			return err
		}
		p.Self = "/manage/reviews"
		page, err := m.reviewsPage(p, form, p.R.PathValue("id"))
		if err != nil {
			return err
		}
		return form.Again("manage/reviews", p.T("What buyers say"), page)
	}
	return m.back(p, p.Back("/manage/reviews"), err, review.ErrState)
}

var windowStates = map[storefront.State]sell.Badge{
	storefront.Published: {Text: lang.M("Published"), Class: "good"}, storefront.Unpublished: {Text: lang.M("Hidden by its store"), Class: "warn"}, storefront.Suspended: {Text: lang.M("Suspended"), Class: "bad"},
}

type windowRow struct {
	storefront.Storefront
	Badge sell.Badge
	Why   string // whether it is seen, in words
}

type windowsPage struct {
	Tabs  []tab
	Items []windowRow
	Form  *frame.Form
	Wrong string // the store whose reason is wrong
	pager
}

// storefronts are those of all stores that buy.
func (m *manage) storefronts(p *frame.Page) error {
	page, err := m.windowsPage(p, p.Form("reason"), "")
	if err != nil {
		return err
	}
	return p.Show("manage/storefronts", p.T("Storefronts"), page)
}

func (m *manage) windowsPage(p *frame.Page, form *frame.Form, wrong string) (page windowsPage, err error) {
	options := []frame.Option{{Text: p.T("All")}}
	for _, s := range []storefront.State{storefront.Published, storefront.Unpublished, storefront.Suspended} {
		options = append(options, frame.Option{Value: string(s), Text: p.T(windowStates[s].Text)})
	}
	list, here, err := tabs(p, "state", options)
	if err != nil {
		return page, err
	}
	items, next, err := m.Windows.All(p.Context(), p.Caller, storefront.State(here), web.PageParams{Limit: perPage, Cursor: cursor(p)})
	if err != nil {
		return page, err
	}
	page = windowsPage{Tabs: list, Form: form, Wrong: wrong}
	for _, f := range items {
		b := windowStates[f.State]
		b.Text = p.T(b.Text)
		page.Items = append(page.Items, windowRow{f, b, sell.WindowReason(p, f.Reason)})
	}
	page.set(p, next)
	return page, nil
}

// moveStorefront suspends a storefront with a reason, or ends that.
func (m *manage) moveStorefront(p *frame.Page) error {
	verb := storefront.Action(p.R.PathValue("verb"))
	if verb != storefront.Suspend && verb != storefront.Reinstate {
		return errNoPage
	}
	form, err := p.Sent("reason")
	if err != nil {
		return err
	}
	err = m.Windows.Move(p.Context(), p.Caller, p.R.PathValue("store"), verb, form.Get("reason"))
	if fault.Code(err) == web.ErrInvalid.Code {
		if err := form.Refuse(err); err != nil {
			return err
		}
		p.Self = "/manage/storefronts"
		page, err := m.windowsPage(p, form, p.R.PathValue("store"))
		if err != nil {
			return err
		}
		return form.Again("manage/storefronts", p.T("Storefronts"), page)
	}
	return m.back(p, p.Back("/manage/storefronts"), err, storefront.ErrState)
}
