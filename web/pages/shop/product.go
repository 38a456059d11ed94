package shop

import (
	"html/template"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"github.com/haat-market/haat/internal/catalog"
	"github.com/haat-market/haat/internal/platform/blob"
	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/internal/review"
	"github.com/haat-market/haat/web/pages/frame"
)

// picture is one of a product's, with what it shows.
type picture struct {
	*blob.Picture
	Alt  string
	Link string // shows it large
	id   string
}

type productPage struct {
	catalog.Product
	Crumbs   []crumb
	About    template.HTML
	Form     *frame.Form
	Picked   string // the variant that is chosen
	Choice   []frame.Option
	Sold     bool // nothing of it is left
	Pictures []picture
	Shown    int // which of them is large
	Heard    *heard
	Price    *catalog.Variant // the chosen one, whose price stands on top
}

// product is one product, with the form that puts it into the cart.
func (s *shop) product(p *frame.Page) error {
	form := p.Form("variant", "quantity").Set("quantity", "1").Set("variant", p.R.URL.Query().Get("variant"))
	page, err := s.productPage(p, p.R.PathValue("id"), form)
	if err != nil {
		return err
	}
	return p.Show("shop/product", page.Title, page)
}

func (s *shop) productPage(p *frame.Page, id string, form *frame.Form) (productPage, error) {
	product, err := s.Catalog.Product(p.Context(), p.Caller, id)
	if err != nil {
		return productPage{}, err
	}
	// The description was cleaned to formatting and marked links when it was written, and the page's policy runs no
	// script whatever it says.
	page := productPage{Product: product, About: template.HTML(product.Description), Form: form, Sold: true} //nolint:gosec
	for _, i := range product.Images {
		one := picture{Picture: s.Catalog.ShowImage(i.File.Name), Alt: i.Alt, id: i.ID}
		if one.Picture == nil {
			continue
		}
		one.Width, one.Height = i.File.Width, i.File.Height
		if one.Alt == "" {
			one.Alt = product.Title
		}
		page.Pictures = append(page.Pictures, one)
	}
	if len(page.Pictures) > 0 {
		p.Image = strings.TrimPrefix(page.Pictures[0].URL, p.URL)
	}
	picked := form.Get("variant")
	for _, v := range product.Variants {
		o := frame.Option{Value: v.ID, Text: v.Title, Hint: p.Lang.Money(v.Now.Minor, v.Now.Currency), Off: !v.InStock()}
		if o.Text == "" {
			o.Text = product.Title
		}
		if v.Discount != nil {
			o.Was = p.Lang.Money(v.Price.Minor, v.Price.Currency)
		}
		switch {
		case o.Off:
			o.Text += " · " + p.T("Sold out")
		case v.Available != nil && *v.Available <= few:
			o.Text += " · " + p.N("Only {n} left", *v.Available)
		}
		if !o.Off {
			page.Sold = false
			if picked == "" {
				picked = v.ID
			}
		}
		page.Choice = append(page.Choice, o)
	}
	form.Set("variant", picked)
	page.Picked = picked
	for i, v := range product.Variants {
		if v.ID == picked || picked == "" && i == 0 {
			page.Price = &product.Variants[i]
		}
	}
	page.gallery(p, picked)
	if c := product.Category; c != nil {
		all, err := s.Catalog.Categories(p.Context())
		if err != nil {
			return page, err
		}
		byID := make(map[string]catalog.Category, len(all))
		for _, one := range all {
			byID[one.ID] = one
		}
		page.Crumbs = way(p, byID, byID[c.ID])
		page.Crumbs[len(page.Crumbs)-1].Link = "/c/" + c.Slug
	} else {
		page.Crumbs = []crumb{{p.T("Market"), "/"}}
	}
	if page.Heard, err = s.heard(product.Rating, "/p/"+product.ID, func(at web.PageParams) ([]review.Review, string, error) {
		return s.Reviews.OfProduct(p.Context(), p.Caller, product.ID, 0, at)
	}); err != nil {
		return page, err
	}
	p.Description = shortened(product.Description)
	p.Data = productData(p, product)
	p.NoIndex = p.NoIndex || product.State != catalog.Published
	return page, nil
}

// few is how many are so few that a buyer is told.
const few = 5

// gallery says which picture is large: the one that the reader chose, else the one of the variant, else the first.
func (page *productPage) gallery(p *frame.Page, picked string) {
	ask := p.R.URL.Query()
	page.Shown = -1
	for i := range page.Pictures {
		one := &page.Pictures[i]
		q := url.Values{"picture": {strconv.Itoa(i + 1)}}
		if v := ask.Get("variant"); v != "" {
			q.Set("variant", v)
		}
		one.Link = "/p/" + page.ID + "?" + q.Encode() + "#pictures"
		if ask.Get("picture") == strconv.Itoa(i+1) {
			page.Shown = i
		}
	}
	for i := range page.Pictures {
		if v := page.Price; page.Shown < 0 && v != nil && v.Image == page.Pictures[i].id && picked != "" {
			page.Shown = i
		}
	}
	page.Shown = max(page.Shown, 0)
	p.NoIndex = p.NoIndex || ask.Get("picture") != ""
}

var tags = regexp.MustCompile(`<[^>]*>`)

// shortened is the beginning of a description as plain text.
func shortened(description string) string {
	words := strings.Fields(tags.ReplaceAllString(description, " "))
	out := ""
	for _, w := range words {
		if len(out)+len(w) > 155 {
			return out + " …"
		}
		out = strings.TrimSpace(out + " " + w)
	}
	return out
}

// productData tells machines what a product is (schema.org).
func productData(p *frame.Page, product catalog.Product) map[string]any {
	offers := make([]map[string]any, 0, len(product.Variants))
	for _, v := range product.Variants {
		in := "https://schema.org/OutOfStock"
		if v.InStock() {
			in = "https://schema.org/InStock"
		}
		offers = append(offers, map[string]any{
			"@type": "Offer", "name": v.Title, "price": v.Now.String(), "priceCurrency": string(v.Now.Currency), "availability": in,
			"seller": map[string]any{"@type": "Organization", "name": product.Store.Name},
		})
	}
	data := map[string]any{
		"@context": "https://schema.org", "@type": "Product", "name": product.Title, "description": shortened(product.Description), "offers": offers,
	}
	if p.URL != "" {
		data["url"] = p.URL + "/p/" + product.ID
	}
	if r := product.Rating; r != nil {
		data["aggregateRating"] = map[string]any{"@type": "AggregateRating", "ratingValue": r.Average, "reviewCount": r.Count}
	}
	if product.Brand != "" {
		data["brand"] = map[string]any{"@type": "Brand", "name": product.Brand}
	}
	return data
}
