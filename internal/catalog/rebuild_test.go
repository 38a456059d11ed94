package catalog_test

import (
	"fmt"
	"strconv"
	"testing"

	"github.com/haat-market/haat/internal/apptest"
	"github.com/haat-market/haat/internal/catalog"
	"github.com/haat-market/haat/internal/platform/db/dbtest"
)

// An index that lost words and found strange ones is made anew, also when the rebuild is killed in between.
func TestSearchIsRebuilt(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		s := m.Store()
		for i := range 130 { // more than one batch of the sweep
			sell(s, fmt.Sprintf("Kettle %d", i), "450.00", 3, nil)
		}
		sell(s, "Basket", "20.00", 3, nil)
		m.Sweep(catalog.FollowSweep)
		found := func(words string) int {
			n, err := strconv.Atoi(m.Anonymous().Get("/v1/products?q=" + words).Want(200).Str("total"))
			if err != nil {
				t.Error(err)
			}
			return n
		}
		if found("kettle") != 130 || found("basket") != 1 {
			t.Fatalf("%d kettles, %d baskets", found("kettle"), found("basket"))
		}
		dbtest.Exec(t, m.DB, "DELETE FROM search_words WHERE word = 'kettle'")
		dbtest.Exec(t, m.DB, "DELETE FROM search_documents WHERE id IN (SELECT product_id FROM listings WHERE title = 'Basket')")
		if len(m.Findings()) == 0 || found("kettle") != 0 {
			t.Fatal("the index is not broken")
		}
		rebuild := func() {
			t.Helper()
			if err := m.Catalog.RebuildSearch(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		rebuild()
		m.Sweep(catalog.FollowSweep)
		if found("kettle") != 130 || found("basket") != 1 {
			t.Errorf("after the rebuild %d kettles, %d baskets", found("kettle"), found("basket"))
		}
		m.Verify()

		// Killed when the index was emptied and one piece lined up: whoever sweeps next goes on. What is sold meanwhile
		// is found too.
		rebuild()
		dbtest.Exec(t, m.DB, "UPDATE search_rebuilds SET emptied = TRUE, after_product = (SELECT MIN(product_id) FROM listings)")
		for _, table := range []string{"search_postings", "search_typos", "search_words", "search_documents"} {
			dbtest.Exec(t, m.DB, "DELETE FROM "+table)
		}
		dbtest.Exec(t, m.DB, "INSERT INTO listing_changes (product_id) SELECT MIN(product_id) FROM listings")
		m.Verify() // a rebuild under way is no finding
		sell(s, "Kettle of copper", "900.00", 1, nil)
		m.Sweep(catalog.FollowSweep)
		if found("kettle") != 131 || found("copper") != 1 {
			t.Errorf("after the second rebuild %d kettles, %d of copper", found("kettle"), found("copper"))
		}
		if n := dbtest.One[int64](t, m.DB, "SELECT COUNT(*) FROM search_rebuilds"); n != 0 {
			t.Error("the rebuild did not end")
		}
	})
}
