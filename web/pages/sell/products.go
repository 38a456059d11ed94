package sell

import (
	"slices"
	"strconv"
	"strings"

	"github.com/haat-market/haat/internal/catalog"
	"github.com/haat-market/haat/internal/platform/blob"
	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/money"
	"github.com/haat-market/haat/internal/platform/picture"
	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/internal/store"
	"github.com/haat-market/haat/web/pages/frame"
	"github.com/haat-market/haat/web/pages/lang"
)

func (s *sell) mountProducts(f *frame.Frame, get, post func(path, tab string, right store.Right, h deskHandler)) {
	get("/products", "products", store.View, s.products)
	f.GetFile("/sell/{store}/products.csv", web.SignedIn, s.at("products", store.View, s.exportProducts))
	post("/products", "products", store.Catalog, s.actMany)
	get("/products/new", "products", store.Catalog, s.askProduct)
	post("/products/new", "products", store.Catalog, s.addProduct)
	get("/products/{id}", "products", store.View, s.product)
	post("/products/{id}", "products", store.Catalog, s.changeProduct)
	post("/products/{id}/do/{verb}", "products", store.Catalog, s.act)
	get("/products/{id}/prices", "products", store.Catalog, s.prices)
	get("/products/{id}/variants/{variant}", "products", store.Catalog, s.askVariant)
	post("/products/{id}/variants/{variant}", "products", store.Catalog, s.putVariant)
	post("/products/{id}/variants/{variant}/delete", "products", store.Catalog, s.deleteVariant)
	f.PostFile("/sell/{store}/products/{id}/images", web.SignedIn, picture.MaxBytes, s.at("products", store.Catalog, s.addImage))
	post("/products/{id}/images/{image}", "products", store.Catalog, s.changeImage)
}

type productRow struct {
	catalog.Listing
	Badge   Badge
	Picture *blob.Picture
}

type productsPage struct {
	Desk  *Desk
	Tabs  []tab
	Form  *frame.Form
	State string
	Items []productRow
	Verbs []frame.Option // what can be done with several at once
	Back  string         // this very list
	pager
	Any bool // some are wanted and not all
}

var productVerbs = map[string]string{
	"publish": lang.M("Put on sale"), "unpublish": lang.M("Take off sale"), "archive": lang.M("Archive"), "unarchive": lang.M("Take out of the archive"),
	"submit": lang.M("Ask for approval"), "withdraw": lang.M("Withdraw the request"), "approve": lang.M("Approve"),
}

func (s *sell) products(p *frame.Page, d *Desk) error {
	state := p.R.URL.Query().Get("state")
	options := []frame.Option{{Text: p.T("All")}}
	for _, st := range []catalog.State{catalog.Published, catalog.Draft, catalog.Submitted, catalog.Rejected, catalog.Archived} {
		options = append(options, frame.Option{Value: string(st), Text: ProductBadge(p, st).Text})
	}
	if !slices.ContainsFunc(options, func(o frame.Option) bool { return o.Value == state }) {
		return catalog.ErrProductNotFound
	}
	form := p.Form("q").Set("q", p.R.URL.Query().Get("q"))
	items, next, err := s.Catalog.FindOwn(p.Context(), p.Caller, d.PublicID, catalog.OwnWish{State: catalog.State(state), Words: form.Get("q"), Limit: perPage, Cursor: cursor(p)})
	if err != nil {
		return err
	}
	page := productsPage{Desk: d, Tabs: tabs(p, "state", options), Verbs: manyVerbs(p), Back: Further(p, cursor(p)), Form: form, State: state, Any: state != "" || form.Get("q") != ""}
	for _, l := range items {
		page.Items = append(page.Items, productRow{l, ProductBadge(p, l.State), s.Catalog.ShowImage(l.Image)})
	}
	page.set(p, next)
	return p.Show("sell/products", p.T("Products"), page)
}

// many are what is done with several products at once.
var many = []catalog.Action{catalog.Publish, catalog.Unpublish, catalog.Archive, catalog.Unarchive}

// figures are what several products at once are given, each with a number.
var figures = []struct {
	value, text string
	change      func(v string) catalog.BulkChange
}{
	{"price", lang.M("Price: the number"), func(v string) catalog.BulkChange { return catalog.BulkChange{Price: &v} }},
	{"percent", lang.M("Price: by this many percent (-10, 5)"), func(v string) catalog.BulkChange {
		return catalog.BulkChange{PriceBy: &catalog.PriceStep{Percent: v}}
	}},
	{"compare_at", lang.M("Price before: the number"), func(v string) catalog.BulkChange { return catalog.BulkChange{CompareAt: &v} }},
}

// shelves are figures that are whole numbers.
var shelves = []struct {
	value, text string
	change      func(n int64) catalog.BulkChange
}{
	{"stock", lang.M("Stock: the number that was counted"), func(n int64) catalog.BulkChange { return catalog.BulkChange{Stock: &n} }},
	{"low", lang.M("Low from this many on"), func(n int64) catalog.BulkChange { return catalog.BulkChange{LowAt: &n} }},
}

func manyVerbs(p *frame.Page) (out []frame.Option) {
	for _, a := range many {
		out = append(out, frame.Option{Value: string(a), Text: p.T(productVerbs[string(a)])})
	}
	for _, f := range figures {
		out = append(out, frame.Option{Value: f.value, Text: p.T(f.text)})
	}
	for _, f := range shelves {
		out = append(out, frame.Option{Value: f.value, Text: p.T(f.text)})
	}
	return out
}

// changeOf is what a verb with a number does; not ok is a verb without one, or no number.
func changeOf(verb, value string) (change catalog.BulkChange, numbered, ok bool) {
	for _, f := range figures {
		if f.value == verb {
			return f.change(value), true, value != ""
		}
	}
	for _, f := range shelves {
		if f.value == verb {
			n, err := strconv.ParseInt(value, 10, 64)
			return f.change(n), true, err == nil
		}
	}
	return change, false, false
}

// editMany gives several products the same figure, all or those that can have it.
func (s *sell) editMany(p *frame.Page, d *Desk, form *frame.Form, chosen []string, change catalog.BulkChange) error {
	out, err := s.Catalog.Bulk(form.Once("catalog.bulk"), p.Caller, d.PublicID, catalog.BulkInput{Change: &change, Products: chosen})
	if err != nil {
		return err
	}
	if out.Refused == 0 {
		p.Leave("Changed: {count}.", "count", p.Lang.Number(out.Changed))
		return nil
	}
	p.Leave("Changed: {count}. Left as they are: {refused}.", "count", p.Lang.Number(out.Changed), "refused", p.Lang.Number(out.Refused))
	return nil
}

// actMany does the same with several products. Those that their state does not allow stay as they are, and are counted.
func (s *sell) actMany(p *frame.Page, d *Desk) error {
	form, err := p.Sent("product", "verb", "value", "back")
	if err != nil {
		return err
	}
	back := form.Get("back")
	if !frame.Local(back) || !strings.HasPrefix(back, d.Link("/products")) {
		back = d.Link("/products")
	}
	chosen, action := form.All("product"), catalog.Action(form.Get("verb"))
	change, numbered, ok := changeOf(string(action), strings.ReplaceAll(form.Digits("value"), ",", ""))
	if !numbered && !slices.Contains(many, action) || len(chosen) > perPage {
		return catalog.ErrProductNotFound
	}
	switch {
	case len(chosen) == 0:
		p.Leave("Choose some products first.")
		return p.See(back)
	case numbered && !ok:
		p.Leave("Write a number beside it first.")
		return p.See(back)
	case numbered:
		if err := s.editMany(p, d, form, chosen, change); err != nil {
			return err
		}
		return p.See(back)
	}
	done, refused := int64(0), int64(0)
	for _, id := range chosen {
		_, err := s.Catalog.Act(p.Context(), p.Caller, id, action)
		switch known, ok := fault.As(err); {
		case err == nil:
			done++
		case ok && known.Unwrap() == nil && known.Kind != fault.Internal:
			refused++
		default:
			return err
		}
	}
	switch {
	case refused > 0:
		p.Leave("Changed: {count}. Left as they are: {refused}.", "count", p.Lang.Number(done), "refused", p.Lang.Number(refused))
	default:
		p.Leave("Changed: {count}.", "count", p.Lang.Number(done))
	}
	return p.See(back)
}

// exportProducts sends all products of the store as a file that can be imported again.
func (s *sell) exportProducts(p *frame.Page, d *Desk) error {
	write, err := s.Catalog.Export(p.Context(), p.Caller, d.PublicID)
	if err != nil {
		return err
	}
	return p.Download("products.csv", write)
}

// What the form of a product holds; a new one has a first variant too.
var (
	productFields = []string{"title", "description", "category", "brand", "vendor", "tax_rate", "tax_code", "version"}
	variantFields = []string{"option1", "option2", "option3", "price", "sku", "barcode", "weight", "track_stock", "stock", "version"}
	newFields     = slices.Concat(productFields, []string{"price", "sku", "track_stock", "stock", "weight", "options", "name1", "name2", "name3", "option1", "option2", "option3"})
)

type productPage struct {
	Desk       *Desk
	Form       *frame.Form
	Product    catalog.Product
	Badge      Badge
	Verbs      []verb
	Categories []frame.Option
	Images     []shownImage
	May        bool // change it
	Image      *frame.Form
}

type verb struct{ Name, Text string }

type shownImage struct {
	catalog.Image
	Picture *blob.Picture
	Last    bool
}

func (s *sell) categories(p *frame.Page) ([]frame.Option, error) {
	all, err := s.Catalog.Categories(p.Context())
	out := []frame.Option{{Text: p.T("none")}}
	for _, c := range all {
		out = append(out, frame.Option{Value: c.ID, Text: strings.Repeat("– ", c.Depth) + c.Name})
	}
	return out, err
}

func (s *sell) askProduct(p *frame.Page, d *Desk) error {
	return s.newProduct(p, d, p.Form(newFields...).Set("track_stock", "1"), true)
}

// newProduct shows the form of one, at first or again.
func (s *sell) newProduct(p *frame.Page, d *Desk, form *frame.Form, first bool) (err error) {
	page := productPage{Desk: d, Form: form, May: true}
	if page.Categories, err = s.categories(p); err != nil {
		return err
	}
	if first {
		return p.Show("sell/product_new", p.T("A new product"), page)
	}
	return form.Again("sell/product_new", p.T("A new product"), page)
}

// amount is a typed amount as rooms read it.
func amount(form *frame.Form, name string) string {
	return strings.ReplaceAll(form.Digits(name), ",", "")
}

// optional is a whole number that may be left out.
func optional(form *frame.Form, name string) *int64 {
	if form.Get(name) == "" {
		return nil
	}
	n := form.Int(name)
	return &n
}

func (s *sell) addProduct(p *frame.Page, d *Desk) error {
	form, err := p.Sent(newFields...)
	if err != nil {
		return err
	}
	v := catalog.VariantInput{SKU: form.Get("sku"), Price: amount(form, "price"), TrackStock: form.Has("track_stock")}
	if n := optional(form, "weight"); n != nil {
		v.Weight = *n
	}
	if v.TrackStock {
		v.Stock = optional(form, "stock")
	}
	in := catalog.ProductInput{
		Title: form.Get("title"), Description: paragraphs(form.Get("description")), Category: form.Get("category"), Brand: form.Get("brand"), Vendor: form.Get("vendor"),
		TaxRate: amount(form, "tax_rate"), TaxCode: form.Get("tax_code"),
	}
	for i := range 3 {
		if name := form.Get("name" + strconv.Itoa(i+1)); name != "" {
			in.Options = append(in.Options, name)
			v.Options = append(v.Options, form.Get("option"+strconv.Itoa(i+1)))
		}
	}
	in.Variants = []catalog.VariantInput{v}
	if form.Ok() {
		made, err := s.Catalog.CreateProduct(form.Once("product.create"), p.Caller, d.PublicID, in)
		if err == nil {
			p.Leave("It is kept as a draft. Look at it, add pictures, and put it on sale.")
			return p.See(d.Link("/products/" + made.ID))
		}
		if err := form.Refuse(err); err != nil {
			return err
		}
	}
	return s.newProduct(p, d, form, false)
}

// paragraphs are the lines of a plain text as HTML; what is HTML already stays.
func paragraphs(text string) string {
	if strings.Contains(text, "<") {
		return text
	}
	var out strings.Builder
	for _, part := range strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n\n") {
		if part = strings.TrimSpace(part); part != "" {
			out.WriteString("<p>" + strings.ReplaceAll(strings.ReplaceAll(part, "&", "&amp;"), "\n", "<br>") + "</p>")
		}
	}
	return out.String()
}

// find is a product of this store.
func (s *sell) find(p *frame.Page, d *Desk) (catalog.Product, error) {
	product, err := s.Catalog.Product(p.Context(), p.Caller, p.R.PathValue("id"))
	if err == nil && product.Store.PublicID != d.PublicID {
		err = catalog.ErrProductNotFound
	}
	return product, err
}

func (s *sell) product(p *frame.Page, d *Desk) error {
	product, err := s.find(p, d)
	if err != nil {
		return err
	}
	form := p.Form(productFields...).Set("title", product.Title).Set("description", product.Description).Set("brand", product.Brand).
		Set("vendor", product.Vendor).Set("tax_code", product.TaxCode).Set("version", strconv.FormatInt(product.Version, 10))
	if product.Category != nil {
		form.Set("category", product.Category.ID)
	}
	if product.TaxRate != nil {
		form.Set("tax_rate", money.FormatRate(*product.TaxRate))
	}
	page, err := s.productPage(p, d, form, product)
	if err != nil {
		return err
	}
	return p.Show("sell/product", product.Title, page)
}

func (s *sell) productPage(p *frame.Page, d *Desk, form *frame.Form, product catalog.Product) (page productPage, err error) {
	page = productPage{Desk: d, Form: form, Product: product, Badge: ProductBadge(p, product.State), May: d.May("catalog") && product.State != catalog.Archived, Image: p.Form("file", "alt")}
	if page.Categories, err = s.categories(p); err != nil {
		return page, err
	}
	if d.May("catalog") {
		for _, a := range product.Actions {
			if text, ok := productVerbs[a]; ok {
				page.Verbs = append(page.Verbs, verb{a, p.T(text)})
			}
		}
	}
	for i, image := range product.Images {
		page.Images = append(page.Images, shownImage{image, s.Catalog.ShowImage(image.File.Name), i == len(product.Images)-1})
	}
	return page, nil
}

func (s *sell) changeProduct(p *frame.Page, d *Desk) error {
	product, err := s.find(p, d)
	if err != nil {
		return err
	}
	form, err := p.Sent(productFields...)
	if err != nil {
		return err
	}
	text := func(name string) *string {
		v := form.Get(name)
		return &v
	}
	rate, about, version := amount(form, "tax_rate"), paragraphs(form.Get("description")), form.Int("version")
	if form.Ok() {
		_, err = s.Catalog.UpdateProduct(p.Context(), p.Caller, product.ID, catalog.ProductPatch{
			Version: &version, Title: text("title"), Description: &about, Category: text("category"), Brand: text("brand"), Vendor: text("vendor"),
			TaxRate: &rate, TaxCode: text("tax_code"),
		})
		if err == nil {
			p.Leave("It is kept.")
			return p.See(d.Link("/products/" + product.ID))
		}
		if err := form.Refuse(err); err != nil {
			return err
		}
	}
	page, err := s.productPage(p, d, form, product)
	if err != nil {
		return err
	}
	return form.Again("sell/product", product.Title, page)
}

// act takes a step with a product.
func (s *sell) act(p *frame.Page, d *Desk) error {
	product, err := s.find(p, d)
	if err != nil {
		return err
	}
	name := p.R.PathValue("verb")
	if _, ok := productVerbs[name]; !ok {
		return catalog.ErrProductNotFound
	}
	if name == "approve" {
		_, err = s.Catalog.Judge(p.Context(), p.Caller, product.ID, catalog.Approve, "", &product.Version)
	} else {
		_, err = s.Catalog.Act(p.Context(), p.Caller, product.ID, catalog.Action(name))
	}
	if err != nil {
		return err
	}
	p.Leave("Done.")
	return p.See(d.Link("/products/" + product.ID))
}

type pricesPage struct {
	Desk      *Desk
	Product   catalog.Product
	Items     []priceRow
	Discounts []DiscountRow
	pager
}

type priceRow struct {
	catalog.PriceChange
	Variant string
	Old     int64 // 0: none before
}

// prices are what a product cost before.
func (s *sell) prices(p *frame.Page, d *Desk) error {
	product, err := s.find(p, d)
	if err != nil {
		return err
	}
	items, discounts, next, err := s.Catalog.Prices(p.Context(), p.Caller, product.ID, perPage, cursor(p))
	if err != nil {
		return err
	}
	page := pricesPage{Desk: d, Product: product, Discounts: DiscountRows(p, discounts)}
	names := map[string]string{}
	for _, v := range product.Variants {
		names[v.ID] = v.Title
	}
	for _, c := range items {
		row := priceRow{PriceChange: c, Variant: names[c.Variant]}
		if c.Old != nil {
			row.Old = *c.Old
		}
		page.Items = append(page.Items, row)
	}
	page.set(p, next)
	return p.Show("sell/prices", p.T("Prices so far"), page)
}
