package proof_test

import (
	"testing"

	"github.com/haat-market/haat/internal/app"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/db/dbtest"
)

// Every page of every list of every room is served by the index that its declaration names, on both engines: nothing
// is read that is not on the page, and nothing is sorted.
func TestEveryListIsServedByItsIndex(t *testing.T) {
	dbtest.Each(t, app.Schema(), func(t *testing.T, d *db.DB) {
		lists := db.Lists()
		texts := 0
		for _, l := range lists {
			texts += len(l.Texts())
		}
		if len(lists) < 15 || texts < 100 {
			t.Fatalf("only %d lists with %d texts are declared", len(lists), texts)
		}
		t.Logf("%d lists, %d texts", len(lists), texts)
		dbtest.Explain(t, d, lists)
	})
}
