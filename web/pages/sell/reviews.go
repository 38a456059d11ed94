package sell

import (
	"net/url"

	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/internal/review"
	"github.com/haat-market/haat/web/pages/frame"
)

type reviewTab struct {
	Text, Link string
	Here       bool
}

type reviewsPage struct {
	Desk  *Desk
	Tabs  []reviewTab
	Items []reviewRow
	Form  *frame.Form
	Wrong string // the review whose answer is wrong
	pager
}

type reviewRow struct {
	review.View
	Answer bool // the reader may answer it
}

// reviews are what buyers say of the store and its products.
func (s *sell) reviews(p *frame.Page, d *Desk) error {
	page, err := s.reviewsPage(p, d, p.Form("text"), "")
	if err != nil {
		return err
	}
	return p.Show("sell/reviews", p.T("What buyers say"), page)
}

func (s *sell) reviewsPage(p *frame.Page, d *Desk, form *frame.Form, wrong string) (page reviewsPage, err error) {
	open := p.R.URL.Query().Get("show") == "unanswered"
	here := d.Link("/reviews")
	page = reviewsPage{Desk: d, Form: form, Wrong: wrong, Tabs: []reviewTab{
		{p.T("All"), here, !open}, {p.T("Without an answer"), here + "?" + url.Values{"show": {"unanswered"}}.Encode(), open},
	}}
	list, next, err := s.Reviews.AtStore(p.Context(), p.Caller, d.PublicID, 0, open, web.PageParams{Limit: perPage, Cursor: cursor(p)})
	if err != nil {
		return page, err
	}
	for _, r := range list {
		v := s.Reviews.View(r)
		row := reviewRow{View: v}
		for _, a := range v.Actions {
			row.Answer = row.Answer || a == review.Reply
		}
		page.Items = append(page.Items, row)
	}
	page.set(p, next)
	return page, nil
}

// answerReview is the store's one answer.
func (s *sell) answerReview(p *frame.Page, d *Desk) error {
	form, err := p.Sent("text")
	if err != nil {
		return err
	}
	p.Self = d.Link("/reviews")
	err = s.Reviews.Answer(p.Context(), p.Caller, p.R.PathValue("id"), form.Get("text"))
	switch fault.Code(err) {
	case "":
		if err != nil {
			return err
		}
		p.Leave("Done.")
		return p.See(p.Back(p.Self))
	case review.ErrReplied.Code, review.ErrState.Code:
		p.Leave("It was answered already, or is not shown any more.")
		return p.See(p.Self)
	}
	if err := form.Refuse(err); err != nil {
		return err
	}
	page, err := s.reviewsPage(p, d, form, p.R.PathValue("id"))
	if err != nil {
		return err
	}
	return form.Again("sell/reviews", p.T("What buyers say"), page)
}
