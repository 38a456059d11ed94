package catalog

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/haat-market/haat/internal/platform/event"
	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/money"
	"github.com/haat-market/haat/internal/platform/web"
)

// ofShelf says whether a change needs the right to the stock.
func (c BulkChange) ofShelf() bool { return c.Stock != nil || c.LowAt != nil || c.StoreLow }

// ofCatalog says whether a change needs the right to the catalogue.
func (c BulkChange) ofCatalog() bool { return c.ofProduct() || c.ofPrice() || c.Action != "" }

func (c BulkChange) ofPrice() bool { return c.Price != nil || c.PriceBy != nil || c.CompareAt != nil }

func (c BulkChange) ofTags() bool { return c.Tags != nil || len(c.AddTags) > 0 || len(c.DropTags) > 0 }

func (c BulkChange) ofProduct() bool {
	return c.Category != nil || c.Brand != nil || c.Vendor != nil || c.TaxRate != nil || c.TaxCode != nil || c.ofTags()
}

// item does one item on a copy of its product, which counts only if all of it could be done.
func (w *bulk) item(i int, in BulkItem) BulkResult {
	out := BulkResult{Index: i, Product: in.Product, Variant: in.Variant, Outcome: bulkUnchanged}
	there := w.products[in.Product]
	work := (*bulkProduct)(nil)
	if there != nil {
		work = there.clone()
	}
	if err := w.do(work, in, &out); err != nil {
		f, ok := fault.As(err)
		if !ok { // the amounts of money name no fault
			f = ErrInvalidProduct.Because(err)
		}
		out.Outcome, out.Code, out.Message, out.Changes = bulkRefused, f.Code, f.Message, nil
		for _, e := range f.Fields {
			out.Errors = append(out.Errors, BulkError{e.Path, e.Code, e.Message})
		}
		return out
	}
	if len(out.Changes) > 0 {
		out.Outcome = bulkChanged
		*there = *work
		w.events = append(w.events, work.lastEvents...)
	}
	return out
}

// do is one item: who may, what is meant, and then field by field.
func (w *bulk) do(p *bulkProduct, in BulkItem, out *BulkResult) error {
	c := in.Change
	switch {
	case c.ofCatalog() && w.noCatalog != nil:
		return w.noCatalog
	case c.ofShelf() && w.noStock != nil:
		return w.noStock
	case p == nil:
		return ErrProductNotFound
	case p.over:
		return ErrBulkTooMuch
	case !c.ofCatalog() && !c.ofShelf():
		return ErrInvalidProduct.Field("", "required", "Says nothing that changes.")
	}
	variants := make([]*bulkVariant, 0, len(p.variants))
	for i := range p.variants {
		if v := &p.variants[i]; in.Variant == "" || v.was.PublicID == in.Variant {
			variants = append(variants, v)
		}
	}
	version := p.was.Version
	if in.Variant != "" {
		if len(variants) == 0 {
			return ErrVariantNotFound
		}
		version = variants[0].was.Version
	}
	if in.Version != nil && *in.Version != version {
		return ErrVersion
	}
	// What comes back from the archive can be changed at once; everything else is changed before it is published.
	if c.Action == Unarchive {
		if err := w.act(p, c.Action, out); err != nil {
			return err
		}
	}
	if State(p.now.State) == Archived && (c.ofProduct() || c.ofPrice() || c.ofShelf()) {
		return Archived.refuse(rules{})
	}
	f := newFindings(ErrInvalidProduct)
	if err := w.fields(f, p, c, out); err != nil {
		return err
	}
	for _, v := range variants {
		if err := w.prices(f, v, c, out); err != nil {
			return err
		}
	}
	if err := w.shelf(f, variants, c, out); err != nil {
		return err
	}
	if err := f.fault(); err != nil {
		return err
	}
	if c.Action != "" && c.Action != Unarchive {
		return w.act(p, c.Action, out)
	}
	return nil
}

// say notes one field of an item that is different.
func (r *BulkResult) say(variant, field, from, to string) {
	r.Changes = append(r.Changes, BulkDetail{Variant: variant, Field: field, From: shortened(from), To: shortened(to)})
}

// shortened is the beginning of a text, such as a long list of tags.
func shortened(s string) string {
	n := 0
	for i := range s {
		if n++; n > 500 {
			return s[:i] + "…"
		}
	}
	return s
}

// fields changes what is the product's.
func (w *bulk) fields(f *findings, p *bulkProduct, c BulkChange, out *BulkResult) error {
	before := len(out.Changes)
	set := func(name string, field *string, value string) {
		if *field != value {
			out.say("", name, *field, value)
			*field = value
		}
	}
	if c.Category != nil {
		if err := w.category(p, *c.Category, out); err != nil {
			return err
		}
	}
	if c.Brand != nil {
		name := f.text("brand", *c.Brand, 0, maxName)
		if w.terms.Brands && name != "" {
			known, ok := w.brands[sortKey(name)]
			if !ok {
				return ErrInvalidProduct.Field("brand", "brand_not_registered", "Is not a brand that this market has approved.")
			}
			name = known
		}
		set("brand", &p.now.Brand, name)
		p.now.BrandKey = sortKey(p.now.Brand)
	}
	if c.Vendor != nil {
		set("vendor", &p.now.Vendor, f.text("vendor", *c.Vendor, 0, maxName))
	}
	if c.TaxRate != nil {
		rate := f.taxRate("tax_rate", *c.TaxRate)
		if from, to := rateText(p.now.TaxBp), rateText(rate); from != to {
			out.say("", "tax_rate", from, to)
			p.now.TaxBp = rate
		}
	}
	if c.TaxCode != nil {
		set("tax_code", &p.now.TaxCode, f.taxCode("tax_code", *c.TaxCode))
	}
	if c.ofTags() {
		tags := f.tags(p.tags, c)
		if from, to := strings.Join(p.tags, ", "), strings.Join(tags, ", "); from != to {
			out.say("", "tags", from, to)
			p.tags, p.tagged = tags, true
		}
	}
	var fields []string
	for _, d := range out.Changes[before:] {
		if d.Field != "state" {
			fields = append(fields, d.Field)
		}
	}
	if len(fields) == 0 {
		return nil
	}
	slices.Sort(fields)
	looksOther := slices.ContainsFunc(fields, func(f string) bool { return slices.Contains(looked, f) })
	if State(p.now.State) == Published && w.terms.Approval && !w.caller.Is(web.RoleAdmin) && looksOther {
		p.now.Review = string(ReviewChanged)
	}
	p.fields = append(p.fields, fields...)
	w.note(p, "product.updated", p.was.PublicID, map[string]any{"fields": fields})
	return nil
}

func (w *bulk) note(p *bulkProduct, what, subject string, facts map[string]any) {
	facts["edit"] = w.id
	p.lastEvents = append(p.lastEvents, event.Event{Type: what, Subject: subject, Actor: w.actor(), Facts: facts})
}

func (w *bulk) actor() string {
	if w.caller.SignedIn() {
		return w.caller.Account
	}
	return event.System
}

func rateText(bp *int64) string {
	if bp == nil {
		return ""
	}
	return money.FormatRate(*bp)
}

// category moves a product; "" takes it out of its category.
func (w *bulk) category(p *bulkProduct, id string, out *BulkResult) error {
	var to *int64
	if id != "" {
		c, ok := w.tree.find(id)
		if !ok {
			return ErrInvalidProduct.Field("category", ErrCategoryNotFound.Code, ErrCategoryNotFound.Message)
		}
		to = &c.ID
	}
	if deref(to) != deref(p.now.CategoryID) {
		out.say("", "category", w.categoryName(p.now.CategoryID), id)
		p.now.CategoryID = to
	}
	return nil
}

func (w *bulk) categoryName(id *int64) string { return w.tree.byID[deref(id)].PublicID }

// tags are those that are there, or others instead, with some more and some fewer. Two that differ by capitals are one.
func (f *findings) tags(there []string, c BulkChange) []string {
	read := func(field string, list []string) (out []string) {
		for i, t := range list {
			out = append(out, f.text(field+"["+strconv.Itoa(i)+"]", t, 1, maxName))
		}
		return out
	}
	tags := there
	if c.Tags != nil {
		tags = read("tags", *c.Tags)
	}
	gone := map[string]bool{}
	for _, t := range read("drop_tags", c.DropTags) {
		gone[sortKey(t)] = true
	}
	out, seen := []string{}, map[string]bool{}
	for _, t := range append(slices.Clone(tags), read("add_tags", c.AddTags)...) {
		if key := sortKey(t); !gone[key] && !seen[key] {
			seen[key], out = true, append(out, t)
		}
	}
	if len(out) > maxTags {
		f.add("tags", "too_many", "A product can have 250 tags.")
	}
	return out
}

func tagsOf(text string) (tags []string, err error) {
	if text != "" {
		err = json.Unmarshal([]byte(text), &tags)
	}
	return tags, err
}

// towards are the states that actions lead to: a product that stands there already is left alone.
var towards = map[Action]State{Publish: Published, Unpublish: Draft, Archive: Archived, Unarchive: Draft, Submit: Submitted, Withdraw: Draft}

// act takes an action on a product's state.
func (w *bulk) act(p *bulkProduct, a Action, out *BulkResult) error {
	from := stateOf(p.now)
	if from == towards[a] {
		return nil
	}
	to, err := from.next(a, rules{approval: w.terms.Approval, admin: w.caller.Is(web.RoleAdmin), review: Review(p.now.Review)})
	if err != nil {
		return err
	}
	if (to == Published || to == Submitted) && !slices.ContainsFunc(p.variants, func(v bulkVariant) bool { return v.now.Currency == string(w.cur) }) {
		return ErrNothingToBuy
	}
	if to == Published && p.now.PublishedAt == nil {
		now := w.s.now()
		p.now.PublishedAt = &now
	}
	setState(&p.now, to, "")
	p.action = true
	out.say("", "state", string(from), string(to))
	w.note(p, past[a], p.was.PublicID, map[string]any{"from": string(from), "to": string(to)})
	return nil
}
