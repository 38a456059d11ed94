package catalog

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"slices"
	"strings"

	"github.com/haat-market/haat/internal/catalog/catalogdb"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/money"
	"github.com/haat-market/haat/internal/platform/search"
)

// What a word counts where it stands.
const (
	weightSKU         = 240
	weightTitle       = 200
	weightBrand       = 120
	weightVendor      = 80
	weightCategory    = 60
	weightOptions     = 40
	weightDescription = 20
)

// Words say what was searched for.
type Words struct {
	Query     string
	Terms     []string // as they were looked for
	Corrected bool     // some are not those of the query, which nothing holds
}

// documents are products as they are searched; one that is not visible is found by nothing.
func documents(ctx context.Context, tx db.Tx, products []int64) ([]search.Document, error) {
	q := catalogdb.New(tx)
	rows, err := q.ProductTexts(ctx, products)
	if err != nil {
		return nil, fmt.Errorf("texts: %w", err)
	}
	var listings []catalogdb.ListingsToPlaceRow
	var visible []int64
	for _, r := range rows {
		if r.Visible {
			visible = append(visible, r.ID)
			listings = append(listings, catalogdb.ListingsToPlaceRow{CategoryID: r.CategoryID})
		}
	}
	names, err := categoryWords(ctx, q, listings)
	if err != nil {
		return nil, err
	}
	variants, err := q.VariantTexts(ctx, visible)
	if err != nil {
		return nil, fmt.Errorf("texts of variants: %w", err)
	}
	skus, options := map[int64]string{}, map[int64]string{}
	for _, v := range variants {
		skus[v.ProductID] += deref(v.Sku) + " " + v.Barcode + " "
		options[v.ProductID] += strings.Join([]string{v.Option1, v.Option2, v.Option3}, " ") + " "
	}
	docs := make([]search.Document, len(rows))
	for i, r := range rows {
		docs[i].ID = r.ID
		if !r.Visible {
			continue
		}
		docs[i].Fields = []search.Field{
			{Text: r.Title, Weight: weightTitle, Suggest: true}, {Text: r.Brand, Weight: weightBrand, Suggest: true},
			{Text: skus[r.ID], Weight: weightSKU}, {Text: names[deref(r.CategoryID)], Weight: weightCategory, Suggest: true},
			{Text: r.Vendor, Weight: weightVendor}, {Text: options[r.ID], Weight: weightOptions}, {Text: plainText(r.Description), Weight: weightDescription},
		}
	}
	return docs, nil
}

// categoryWords are the names of each category and of all above it.
func categoryWords(ctx context.Context, q *catalogdb.Queries, listings []catalogdb.ListingsToPlaceRow) (map[int64]string, error) {
	above, err := categoriesAbove(ctx, q, listings)
	if err != nil || len(above) == 0 {
		return nil, err
	}
	var ids []int64
	for _, list := range above {
		for _, id := range list {
			if !slices.Contains(ids, id) {
				ids = append(ids, id)
			}
		}
	}
	rows, err := q.CategoriesByID(ctx, ids)
	if err != nil {
		return nil, fmt.Errorf("categories: %w", err)
	}
	name := make(map[int64]string, len(rows))
	for _, r := range rows {
		name[r.ID] = r.Name
	}
	out := map[int64]string{}
	for id, list := range above {
		slices.Sort(list) // the order of the words is part of the index
		parts := []string{name[id]}
		for _, a := range list {
			if a != id {
				parts = append(parts, name[a])
			}
		}
		out[id] = strings.Join(parts, " ")
	}
	return out, nil
}

// plainText is what HTML says.
func plainText(s string) string {
	if !strings.ContainsAny(s, "<&") {
		return s
	}
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(s, "<")
		b.WriteString(before)
		if !found {
			break
		}
		b.WriteByte(' ')
		_, s, _ = strings.Cut(rest, ">")
	}
	return html.UnescapeString(b.String())
}

// find is a page of a search: what the words find, narrowed and put in order by what the listings say.
func (s *Service) find(ctx context.Context, tx db.Tx, w Wanted) (out Found, err error) {
	category, err := categoryWanted(ctx, tx, &w)
	if err != nil {
		return out, err
	}
	at, err := parseFoundCursor(w)
	if err != nil {
		return out, err
	}
	r, err := search.Find(ctx, tx, w.Query)
	if err != nil {
		return out, fmt.Errorf("search: %w", err)
	}
	out = Found{Words: &Words{Query: w.Query, Terms: r.Terms, Corrected: r.Corrected}, Total: &Total{Capped: r.Capped}}
	if w.simple() && category == 0 {
		out.Total.Count = int64(len(r.Hits))
		return s.bestHits(ctx, tx, w, r.Hits, at, out)
	}
	ids, score := make([]int64, len(r.Hits)), make(map[int64]int64, len(r.Hits))
	for i, h := range r.Hits {
		ids[i], score[h.ID] = h.ID, int64(h.Score)
	}
	list, err := s.narrowed(ctx, tx, w, ids, category)
	if err != nil {
		return out, err
	}
	out.Total.Count = int64(len(list))
	if w.Facets {
		if out.Facets, err = s.facetsOf(ctx, tx, list, category, r.Capped); err != nil {
			return out, err
		}
	}
	out.Items, out.Next = pageOf(list, w, at, score)
	return out, nil
}

// simple says that a search asks for nothing but words.
func (w Wanted) simple() bool {
	return w.plain() && w.Store == "" && w.Brand == "" && w.Category == "" && !w.Facets && (w.Sort == "" || w.Sort == sortRelevance)
}

// bestHits is the page of a search that is not narrowed: only its own listings are read.
func (s *Service) bestHits(ctx context.Context, tx db.Tx, w Wanted, hits []search.Hit, at *foundCursor, out Found) (Found, error) {
	start := 0
	if at != nil {
		start, _ = slices.BinarySearchFunc(hits, at, func(h search.Hit, at *foundCursor) int {
			if cmp.Or(cmp.Compare(at.Num, int64(h.Score)), cmp.Compare(at.ID, h.ID)) <= 0 {
				return -1
			}
			return 1
		})
	}
	end := min(start+w.Limit, len(hits))
	ids := make([]int64, 0, w.Limit)
	for _, h := range hits[start:end] {
		ids = append(ids, h.ID)
	}
	list, err := s.listings(ctx, tx, ids)
	if err != nil {
		return out, err
	}
	for _, h := range hits[start:end] {
		if l, ok := list[h.ID]; ok && l.Visible { // the index is a second behind
			out.Items = append(out.Items, l)
		}
	}
	if end < len(hits) {
		last := hits[end-1]
		out.Next = foundCursor{List: foundList(w), Num: int64(last.Score), ID: last.ID}.String()
	}
	return out, nil
}

// listings reads listings by their keys.
func (s *Service) listings(ctx context.Context, tx db.Tx, ids []int64) (map[int64]Listing, error) {
	rows, err := catalogdb.New(tx).ListingsByKey(ctx, ids)
	if err != nil {
		return nil, fmt.Errorf("listings: %w", err)
	}
	out := make(map[int64]Listing, len(rows))
	for _, r := range rows {
		l := Listing{
			ID: r.PublicID, Store: r.Store, StoreName: r.StoreName, Title: r.Title, Brand: r.Brand, State: State(r.State), Visible: r.Visible,
			VariantCount: r.VariantCount, PriceFrom: r.PriceFrom, PriceTo: r.PriceTo, PriceWas: r.PriceWas, OnSale: r.OnSale, InStock: r.InStock,
			Image: r.Image, Currency: money.Currency(r.Currency), CreatedAt: clock.Time(r.CreatedAt), UpdatedAt: clock.Time(r.UpdatedAt),
			categoryID: r.CategoryID, brandKey: r.BrandKey, key: r.ProductID, sold: r.Sold, titleKey: r.TitleKey, published: r.PublishedAt,
		}
		if r.PublishedAt != 0 {
			at := clock.Time(r.PublishedAt)
			l.PublishedAt = &at
		}
		out[r.ProductID] = l
	}
	return out, nil
}

// narrowed are the listings of ids that a wish keeps, in the order of the ids.
func (s *Service) narrowed(ctx context.Context, tx db.Tx, w Wanted, ids []int64, category int64) ([]Listing, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	all, err := s.listings(ctx, tx, ids)
	if err != nil {
		return nil, err
	}
	var within map[int64]bool
	if category != 0 {
		placed, err := catalogdb.New(tx).PlacedAmong(ctx, ids, categoryPlace(category))
		if err != nil {
			return nil, fmt.Errorf("places: %w", err)
		}
		within = make(map[int64]bool, len(placed))
		for _, id := range placed {
			within[id] = true
		}
	}
	out := make([]Listing, 0, len(ids))
	for _, id := range ids {
		l, ok := all[id]
		if ok && w.keeps(&l) && (category == 0 || within[id]) && (w.Sort != sortDiscount || discountOf(l.PriceWas, l.PriceFrom) > 0) {
			out = append(out, l)
		}
	}
	return out, nil
}

// keys are what a listing is put in order by.
func (w Wanted) keys(l Listing, score map[int64]int64) (num int64, text string, desc bool) {
	switch w.Sort {
	case sortNewest:
		return l.published, "", true
	case sortPrice:
		return l.PriceFrom, "", false
	case sortDearest:
		return l.PriceFrom, "", true
	case sortTitle:
		return 0, l.titleKey, false
	case sortPopular:
		return l.sold, "", true
	case sortDiscount:
		return discountOf(l.PriceWas, l.PriceFrom), "", true
	}
	return score[l.key], "", true
}

// pageOf puts listings in order and cuts the page out that comes after a cursor.
func pageOf(list []Listing, w Wanted, at *foundCursor, score map[int64]int64) (items []Listing, next string) {
	order := func(a, b foundCursor, desc bool) int {
		c := cmp.Or(cmp.Compare(a.Num, b.Num), cmp.Compare(a.Text, b.Text), cmp.Compare(a.ID, b.ID))
		if desc {
			return -c
		}
		return c
	}
	place := func(l Listing) (foundCursor, bool) {
		num, text, desc := w.keys(l, score)
		return foundCursor{List: foundList(w), Num: num, Text: text, ID: l.key}, desc
	}
	slices.SortFunc(list, func(a, b Listing) int {
		x, desc := place(a)
		y, _ := place(b)
		return order(x, y, desc)
	})
	for _, l := range list {
		here, desc := place(l)
		if at != nil && order(here, *at, desc) <= 0 {
			continue
		}
		if len(items) == w.Limit {
			last, _ := place(items[len(items)-1])
			return items, last.String()
		}
		items = append(items, l)
	}
	return items, ""
}

// foundCursor is the last product of a page of a search. It grants nothing.
type foundCursor struct {
	List string `json:"l"`
	Num  int64  `json:"n"`
	Text string `json:"t,omitempty"`
	ID   int64  `json:"i"`
}

func foundList(w Wanted) string { return "catalog.found/" + cmp.Or(w.Sort, sortRelevance) }

func (c foundCursor) String() string {
	b, _ := json.Marshal(c) // always encodes
	return base64.RawURLEncoding.EncodeToString(b)
}

// parseFoundCursor reads what String wrote, or anything at all that somebody sent.
func parseFoundCursor(w Wanted) (*foundCursor, error) {
	if w.Cursor == "" {
		return nil, nil
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(w.Cursor)
	if err != nil {
		return nil, db.ErrInvalidCursor.Because(err)
	}
	var c foundCursor
	if err := json.Unmarshal(b, &c); err != nil || c.List != foundList(w) {
		return nil, db.ErrInvalidCursor
	}
	return &c, nil
}

// categoryWanted is the key of the category that a wish names, which is kept with it; 0 for none.
func categoryWanted(ctx context.Context, tx db.Tx, w *Wanted) (int64, error) {
	if w.Category == "" {
		return 0, nil
	}
	c, err := catalogdb.New(tx).CategoryByPublicID(ctx, w.Category)
	w.found = c
	return c.ID, ifNone(err, ErrCategoryNotFound)
}

// Suggestions are what somebody may mean who has typed the beginning of something.
type Suggestions struct {
	Words    []search.Suggestion
	Products []Listing
}

// Bounds of suggestions.
const (
	maxSuggestedWords    = 8
	maxSuggestedProducts = 5
)

// Suggest completes what was typed, also where it has a mistake, and gives products for the likeliest completions.
func (s *Service) Suggest(ctx context.Context, typed string) (out Suggestions, err error) {
	err = s.db.Read(ctx, "catalog.suggest", func(ctx context.Context, tx db.Tx) error {
		words, err := search.Suggest(ctx, tx, typed, maxSuggestedWords)
		if err != nil {
			return fmt.Errorf("suggest: %w", err)
		}
		out = Suggestions{Words: words}
		seen := map[string]bool{}
		for _, word := range words[:min(3, len(words))] {
			found, err := s.find(ctx, tx, Wanted{Query: word.Text, Limit: maxSuggestedProducts})
			if err != nil {
				return err
			}
			for _, l := range found.Items {
				if !seen[l.ID] && len(out.Products) < maxSuggestedProducts {
					seen[l.ID], out.Products = true, append(out.Products, l)
				}
			}
			if len(out.Products) == maxSuggestedProducts {
				break
			}
		}
		return s.nameCategories(ctx, tx, out.Products, catalogdb.Category{})
	})
	return out, err
}
