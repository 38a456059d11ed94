package shop

import (
	"net/url"
	"strconv"
	"strings"

	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/internal/review"
	"github.com/haat-market/haat/internal/store"
	"github.com/haat-market/haat/web/pages/frame"
)

type starTab struct {
	Text, Link string
	Here       bool
}

// reviewsPage is what buyers say of one thing.
type reviewsPage struct {
	Of          string // the store or product
	Back        string
	Rating      *store.Rating
	Tabs        []starTab
	Items       []review.View
	First, Next string
}

// storeReviews are what buyers say of a store.
func (s *shop) storeReviews(p *frame.Page) error {
	st, err := s.Stores.BySlug(p.Context(), p.Caller, p.R.PathValue("store"))
	if err != nil {
		return err
	}
	if !st.Brief.Sells && !st.Inside { // it has a page while its storefront is seen
		if _, err := s.Windows.Find(p.Context(), st.PublicID); err != nil {
			return err
		}
	}
	page := reviewsPage{Of: st.Profile.Name, Back: "/s/" + st.Profile.Slug, Rating: st.Rating}
	return s.showReviews(p, page, func(stars int64, at web.PageParams) ([]review.Review, string, error) {
		return s.Reviews.OfStore(p.Context(), p.Caller, st.PublicID, stars, at)
	})
}

// productReviews are what buyers say of a product.
func (s *shop) productReviews(p *frame.Page) error {
	product, err := s.Catalog.Product(p.Context(), p.Caller, p.R.PathValue("id"))
	if err != nil {
		return err
	}
	page := reviewsPage{Of: product.Title, Back: "/p/" + product.ID, Rating: product.Rating}
	return s.showReviews(p, page, func(stars int64, at web.PageParams) ([]review.Review, string, error) {
		return s.Reviews.OfProduct(p.Context(), p.Caller, product.ID, stars, at)
	})
}

func (s *shop) showReviews(p *frame.Page, page reviewsPage, list func(stars int64, at web.PageParams) ([]review.Review, string, error)) error {
	stars, err := strconv.ParseInt(p.R.URL.Query().Get("stars"), 10, 64)
	if err != nil || stars < 1 || stars > 5 {
		stars = 0
	}
	here, cursor := page.Back+"/reviews", p.R.URL.Query().Get("cursor")
	narrow := func(stars int64, cursor string) string {
		q := url.Values{}
		if stars > 0 {
			q.Set("stars", strconv.FormatInt(stars, 10))
		}
		if cursor != "" {
			q.Set("cursor", cursor)
		}
		if len(q) == 0 {
			return here
		}
		return here + "?" + q.Encode()
	}
	items, next, err := list(stars, web.PageParams{Limit: perPage, Cursor: cursor})
	if err != nil {
		return err
	}
	page.Items = s.Reviews.Views(items)
	if page.Rating != nil {
		page.Tabs = []starTab{{p.T("All"), here, stars == 0}}
		for n := int64(5); n > 0; n-- {
			page.Tabs = append(page.Tabs, starTab{p.N("{n} stars", n) + " (" + p.Lang.Number(page.Rating.Stars[n-1]) + ")", narrow(n, ""), stars == n})
		}
	}
	if next != "" {
		page.Next = narrow(stars, next)
	}
	if cursor != "" {
		page.First = narrow(stars, "")
	}
	p.NoIndex = stars > 0 || cursor != ""
	return p.Show("shop/reviews", p.T("What buyers say of {name}", "name", page.Of), page)
}

// fewReviews is how many of them stand on the page of what they are about.
const fewReviews = 3

// heard is the beginning of what buyers say, on the page of a store or product.
type heard struct {
	Rating *store.Rating
	Items  []review.View
	All    string
}

func (s *shop) heard(rating *store.Rating, link string, list func(at web.PageParams) ([]review.Review, string, error)) (*heard, error) {
	if rating == nil {
		return nil, nil
	}
	items, _, err := list(web.PageParams{Limit: fewReviews})
	if err != nil {
		return nil, err
	}
	return &heard{rating, s.Reviews.Views(items), link + "/reviews"}, nil
}

func (s *shop) heardOfStore(p *frame.Page, st store.Seen) (*heard, error) {
	return s.heard(st.Rating, "/s/"+st.Profile.Slug, func(at web.PageParams) ([]review.Review, string, error) {
		return s.Reviews.OfStore(p.Context(), p.Caller, st.PublicID, 0, at)
	})
}

var rateFields = []string{"about", "review", "stars", "text"}

// ratePage asks what the buyer thinks of one thing of an order, and shows what was said.
type ratePage struct {
	review.OfOrder
	Form      *frame.Form
	Asked     bool   // the form is shown
	About     string // what is rated, by name
	Editing   bool
	Stars     []frame.Option
	Others    []starTab // what else can be rated
	Said      []review.View
	StoreName string
}

func starOptions(p *frame.Page) []frame.Option {
	words := []string{p.T("very good"), p.T("good"), p.T("all right"), p.T("poor"), p.T("very poor")}
	out := make([]frame.Option, 5)
	for i := range out {
		n := 5 - i
		out[i] = frame.Option{Value: strconv.Itoa(n), Text: strings.Repeat("★", n) + " " + words[i]}
	}
	return out
}

// rateOrder is the page on which a buyer says what he thinks.
func (s *shop) rateOrder(p *frame.Page) error {
	q := p.R.URL.Query()
	form := p.Form(rateFields...).Set("about", q.Get("about")).Set("review", q.Get("edit"))
	page, err := s.ratePage(p, form, true)
	if err != nil {
		return err
	}
	return p.Show("shop/rate", p.T("Rate order {number}", "number", page.Order.Number), page)
}

func (s *shop) ratePage(p *frame.Page, form *frame.Form, fresh bool) (page ratePage, err error) {
	p.NoIndex = true
	page = ratePage{Form: form, Stars: starOptions(p)}
	if page.OfOrder, err = s.Reviews.OfOrder(p.Context(), p.Caller, p.R.PathValue("id")); err != nil {
		return page, err
	}
	o, err := s.Orders.Get(p.Context(), p.Caller, page.Order.ID)
	if err != nil {
		return page, err
	}
	page.StoreName = o.Store.Name
	here := "/orders/" + page.Order.ID + "/review"
	page.Said = s.Reviews.Views(page.Reviews)
	for _, r := range page.Said {
		if r.ID != form.Get("review") || r.EditUntil == nil {
			continue
		}
		page.Asked, page.Editing, page.About = true, true, o.Store.Name
		if r.Product != nil {
			page.About = r.Product.Title
		}
		if fresh {
			form.Set("stars", strconv.FormatInt(r.Stars, 10)).Set("text", r.Text)
		}
	}
	type thing struct{ id, name string }
	var open []thing
	if page.Store {
		open = append(open, thing{"", o.Store.Name})
	}
	for _, x := range page.Open {
		open = append(open, thing{x.ID, x.Title})
	}
	if len(open) > 0 && !page.Editing {
		chosen := open[0]
		for _, x := range open {
			if x.id == form.Get("about") {
				chosen = x
			}
		}
		page.Asked, page.About = true, chosen.name
		form.Set("about", chosen.id)
	}
	for _, x := range open {
		page.Others = append(page.Others, starTab{x.name, here + "?" + url.Values{"about": {x.id}}.Encode(), page.Asked && !page.Editing && x.id == form.Get("about")})
	}
	return page, nil
}

// rate says something, or something else than before.
func (s *shop) rate(p *frame.Page) error {
	form, err := p.Sent(rateFields...)
	if err != nil {
		return err
	}
	id := p.R.PathValue("id")
	p.Self = "/orders/" + id + "/review"
	stars, err := strconv.ParseInt(form.Digits("stars"), 10, 64)
	if err != nil {
		stars = 0 // the room says what is wrong with that
	}
	if edit := form.Get("review"); edit != "" {
		err = s.Reviews.Change(p.Context(), p.Caller, edit, stars, form.Get("text"))
	} else {
		_, _, err = s.Reviews.Post(form.Once("review.post"), p.Caller, review.Said{Order: id, Product: form.Get("about"), Stars: stars, Text: form.Get("text")})
	}
	switch fault.Code(err) {
	case "":
		if err != nil {
			return err
		}
		p.Leave("Thank you. It is kept.")
		return p.See(p.Self)
	case review.ErrReviewed.Code, review.ErrState.Code, review.ErrWindow.Code:
		p.Leave("It was said before, or can no longer be changed.")
		return p.See(p.Self)
	}
	if err := form.Refuse(err); err != nil {
		return err
	}
	page, err := s.ratePage(p, form, false)
	if err != nil {
		return err
	}
	return form.Again("shop/rate", p.T("Rate order {number}", "number", page.Order.Number), page)
}

// withdrawReview takes back what the reader has said.
func (s *shop) withdrawReview(p *frame.Page) error {
	if _, err := p.Sent(); err != nil {
		return err
	}
	r, err := s.Reviews.Get(p.Context(), p.Caller, p.R.PathValue("id"))
	if err != nil {
		return err
	}
	if err := s.Reviews.Move(p.Context(), p.Caller, r.PublicID, review.Withdraw, ""); err != nil && fault.Code(err) != review.ErrState.Code {
		return err
	}
	p.Leave("Done.")
	return p.See("/orders/" + r.Reference + "/review")
}
