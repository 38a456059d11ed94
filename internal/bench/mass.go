package bench

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/haat-market/haat/internal/catalog"
	"github.com/haat-market/haat/internal/catalog/catalogdb"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/code"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/store"
)

// The words that are searched for, and in how many titles each stands.
const (
	wordOfAll      = "everyday"
	wordOfTenth    = "tenfold"
	wordOfThousand = "seldom"
)

// What the rest of a title is made of.
var (
	colours = strings.Fields("red blue green yellow white black brown grey golden silver purple orange pink maroon indigo crimson")
	things  = strings.Fields("shawl kettle lamp basket carpet blanket bowl scarf jacket saddle lantern notebook mirror cushion curtain drum flute kite ladder mask pillow plate pot quilt ring rope sandal spoon stool table tray vase")
)

// massChunk is how many products one transaction writes: many, because the index of words is written once for each.
const massChunk = 4000

// lookedAt is how many of them are looked at one by one, however many there are.
const lookedAt = 1000

// mass writes products in bulk, past the services but through the same statements, and everything that is derived of
// them by the program's own code.
func (m *market) mass(ctx context.Context, st *stage, shape Shape) error {
	leaves, err := m.categories(ctx, st)
	if err != nil {
		return err
	}
	settings, err := m.Market.Settings(ctx)
	if err != nil {
		return err
	}
	ids := make([]int64, shape.Stores)
	for i := range ids {
		ids[i] = int64(i + 1) // the database was empty
	}
	var stores map[int64]store.Brief
	err = m.DB.Read(ctx, "bench.stores", func(ctx context.Context, tx db.Tx) (err error) {
		stores, err = m.Stores.Briefs(ctx, tx, ids)
		return err
	})
	if err != nil {
		return err
	}
	if len(stores) != len(ids) {
		return errors.New("the stores are not numbered from 1")
	}
	w := massWriter{m: m, stores: stores, leaves: leaves, currency: string(settings.Currency), now: clock.Micro(m.Clock.Now().Add(-24 * time.Hour))}
	for from := 0; from < shape.Products; from += massChunk {
		n := min(massChunk, shape.Products-from)
		var made []string
		err := m.DB.Write(ctx, "bench.mass", func(ctx context.Context, tx db.Tx) (err error) {
			made, err = w.write(ctx, tx, from, n)
			return err
		})
		if err != nil {
			return fmt.Errorf("products from %d: %w", from, err)
		}
		for i, id := range made {
			if (from+i)%max(1, shape.Products/lookedAt) == 0 {
				st.products = append(st.products, id)
			}
		}
	}
	return nil
}

// categories makes 8 with 8 below each and gives the keys of the lower ones.
func (m *market) categories(ctx context.Context, st *stage) ([]int64, error) {
	for i := range 8 {
		top, err := m.Catalog.CreateCategory(ctx, catalog.CategoryInput{Slug: "aisle-" + strconv.Itoa(i), Name: "Aisle " + strconv.Itoa(i)})
		if err != nil {
			return nil, err
		}
		st.categories = append(st.categories, top.ID)
		for j := range 8 {
			slug := fmt.Sprintf("aisle-%d-%d", i, j)
			if _, err := m.Catalog.CreateCategory(ctx, catalog.CategoryInput{Slug: slug, Name: "Shelf " + strconv.Itoa(j), Parent: top.ID}); err != nil {
				return nil, err
			}
		}
	}
	var leaves []int64
	err := m.DB.Read(ctx, "bench.categories", func(ctx context.Context, tx db.Tx) error {
		rows, err := catalogdb.New(tx).Categories(ctx)
		leaves = nil
		for _, r := range rows {
			if r.ParentID != nil {
				leaves = append(leaves, r.ID)
			}
		}
		return err
	})
	return leaves, err
}

type massWriter struct {
	m        *market
	stores   map[int64]store.Brief
	leaves   []int64
	currency string
	now      int64
}

// write makes n products that are numbered from a number on, and gives their public ids.
func (w *massWriter) write(ctx context.Context, tx db.Tx, from, n int) (public []string, err error) {
	q := catalogdb.New(tx)
	products, variants := make([]catalogdb.InsertProductsParams, n), make([]catalogdb.InsertVariantsParams, n)
	for i := range n {
		products[i], variants[i] = w.product(from+i), w.variant(from+i)
	}
	ids, keys := make([]int64, n), make([]int64, n)
	q.InsertProducts(ctx, products).QueryRow(func(i int, id int64, e error) { ids[i], err = id, errors.Join(err, e) })
	if err != nil {
		return nil, err
	}
	for i := range variants {
		variants[i].ProductID = ids[i]
	}
	q.InsertVariants(ctx, variants).QueryRow(func(i int, id int64, e error) { keys[i], err = id, errors.Join(err, e) })
	if err != nil {
		return nil, err
	}
	prices, listings := make([]catalogdb.InsertPriceChangesParams, n), make([]catalogdb.PutListingsParams, n)
	for i, p := range products {
		v, s := variants[i], w.stores[p.StoreID]
		prices[i] = catalogdb.InsertPriceChangesParams{ProductID: ids[i], VariantID: keys[i], NewPrice: v.Price, Currency: v.Currency, Actor: "system", CreatedAt: p.CreatedAt}
		listings[i] = catalogdb.PutListingsParams{
			ProductID: ids[i], PublicID: p.PublicID, StoreID: p.StoreID, Store: s.PublicID, StoreName: s.Name, CategoryID: p.CategoryID, Title: p.Title,
			TitleKey: strings.ToLower(p.Title), State: p.State, Visible: true, VariantCount: 1, PriceFrom: v.Price, PriceTo: v.Price,
			Currency: v.Currency, PublishedAt: *p.PublishedAt, CreatedAt: p.CreatedAt, UpdatedAt: p.UpdatedAt, Brand: p.Brand, BrandKey: p.BrandKey,
		}
		public = append(public, p.PublicID)
	}
	q.InsertPriceChanges(ctx, prices).Exec(func(_ int, e error) { err = errors.Join(err, e) })
	if err != nil {
		return nil, err
	}
	q.PutListings(ctx, listings).Exec(func(_ int, e error) { err = errors.Join(err, e) })
	if err != nil {
		return nil, err
	}
	return public, w.m.Catalog.Derive(ctx, tx, ids)
}

// product is the i-th product: what it is depends on nothing else.
func (w *massWriter) product(i int) catalogdb.InsertProductsParams {
	title := colours[i%len(colours)] + " " + things[i/7%len(things)] + " " + wordOfAll
	if i%10 == 3 {
		title += " " + wordOfTenth
	}
	if i%1000 == 7 {
		title += " " + wordOfThousand
	}
	at := w.now + int64(i)
	category, brand := w.leaves[i%len(w.leaves)], "Brand "+strconv.Itoa(i%50)
	return catalogdb.InsertProductsParams{
		PublicID: code.ID("prd"), StoreID: int64(i%len(w.stores) + 1), Handle: "bulk-" + strconv.Itoa(i), CategoryID: &category, Title: title,
		Description: "<p>Made by hand, sent from the valley within two days.</p>", State: string(catalog.Published), Version: 1,
		PublishedAt: &at, CreatedAt: at, UpdatedAt: at, Brand: brand, BrandKey: strings.ToLower(brand),
	}
}

func (w *massWriter) variant(i int) catalogdb.InsertVariantsParams {
	sku := "BULK-" + strconv.Itoa(i)
	return catalogdb.InsertVariantsParams{
		PublicID: code.ID("var"), StoreID: int64(i%len(w.stores) + 1), Sku: &sku, Price: 100 + int64(i)*7919%99_901, Currency: w.currency,
		Weight: 250, TrackStock: i%5 == 4, CreatedAt: w.now + int64(i), // one in five is counted, and there is none
	}
}
