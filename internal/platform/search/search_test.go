package search

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/db/dbtest"
)

func ids(r Result) []int64 {
	out := make([]int64, len(r.Hits))
	for i, h := range r.Hits {
		out[i] = h.ID
	}
	return out
}

func TestBothEnginesFindTheSameInTheSameOrder(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		putAll(t, d,
			titled(1, "Dhaka topi", "A cap of hand-woven cloth from Palpa"),
			titled(2, "चाँदी की अंगूठी", "हाथ से बनी, हिन्दी में लिखा"),
			titled(3, "चादर", "ऊनी चादर"),
			titled(4, "ढाका टोपी", "काठमाडौँमा बनेको"),
			titled(5, "Café crème", "Le café de l’Himalaya, torréfié à Pokhara"),
			titled(6, "كِتاب الطبخ", "قهوة وشاي"),
			titled(7, "T-shirt blue", "With a dhaka pattern"),
			titled(8, "Silver ring", "Topi is a cap. Blue stone"),
		)
		for query, want := range map[string][]int64{
			"topi":          {1, 8},
			"dhaka":         {1, 7},
			"DHAKA topi":    {1},
			"topi dhaka":    {1},
			"चांदी":         {2},
			"चाँदी अंगूठी":  {2},
			"चादा":          {3}, // mended, and no ring
			"हिंदी":         {2},
			"टोपी":          {4},
			"काठमाडौं":      {4}, // काठमाडौँमा
			"cafe":          {5},
			"l'himalaya":    {5},
			"CREME Café":    {5},
			"كتاب":          {6},
			"قهوه":          {6},
			"tshirt":        {7},
			"t-shirt":       {7},
			"shirts":        {7}, // mended
			"blue":          {7, 8},
			"":              nil,
			"zzz":           nil,
			"dhaka nothing": nil,
		} {
			if got := ids(find(t, d, query)); !slices.Equal(got, want) {
				t.Errorf("%q finds %v, not %v", query, got, want)
			}
		}
		if r := find(t, d, "dahka"); !r.Corrected || !slices.Equal(r.Terms, []string{"dhaka"}) || len(r.Hits) != 2 {
			t.Errorf("a mistake is mended to %v", r)
		}
		for query, want := range map[string]string{
			"d":       "[dhaka]",
			"to":      "[topi]",
			"shi":     "[shirt]",
			"sihr":    "[shirt]",
			"silvr":   "[silver]",
			"dhaka t": "[dhaka topi dhaka tshirt]",
			"चा":      "[चांदी चादर]",
			"कि":      "[]",
			"كت":      "[كتاب]",
			"crem":    "[creme]",
			"palpa":   "[]", // no title has it
		} {
			if got := fmt.Sprint(suggest(t, d, query)); got != want {
				t.Errorf("%q suggests %s, not %s", query, got, want)
			}
		}
		putAll(t, d, titled(1, "Cap", "From Palpa"), Document{ID: 7}, Document{ID: 99})
		if got := ids(find(t, d, "dhaka")); len(got) > 0 {
			t.Errorf("what was taken out is found: %v", got)
		}
		if got := ids(find(t, d, "cap")); !slices.Equal(got, []int64{1, 8}) {
			t.Errorf("cap finds %v", got)
		}
		if f := findings(t, d); f != nil {
			t.Error(f)
		}
	})
}

// TestTheIndexAgreesWithReadingEverything puts, changes and takes out documents at random, in which words are frequent
// enough to fill many chunks, and compares with a look at all of them.
func TestTheIndexAgreesWithReadingEverything(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		rnd := rand.New(rand.NewPCG(1, 2))
		words := []string{"all", "half", "tenth", "rare"}
		docs := map[int64]map[string]bool{}
		random := func(id int64) Document {
			has := map[string]bool{"all": true, "half": rnd.IntN(2) == 0, "tenth": rnd.IntN(10) == 0, "rare": rnd.IntN(300) == 0}
			var text []string
			for _, w := range words {
				if has[w] {
					text = append(text, w)
				}
			}
			docs[id] = has
			return titled(id, strings.Join(text, " "), "")
		}
		next := int64(1)
		for round := range 12 {
			var batch []Document
			for range 300 {
				batch = append(batch, random(next))
				next += 1 + rnd.Int64N(3)
			}
			for range 150 * min(round, 1) {
				id := 1 + rnd.Int64N(next)
				if slices.ContainsFunc(batch, func(d Document) bool { return d.ID == id }) {
					continue
				}
				if rnd.IntN(2) == 0 {
					delete(docs, id)
					batch = append(batch, Document{ID: id})
				} else {
					batch = append(batch, random(id)) // also between those that are there
				}
			}
			putAll(t, d, batch...)
		}
		for _, query := range []string{"all", "half", "tenth", "rare", "half tenth", "rare all", "rare half", "rare tenth"} {
			var want []int64
			for id, has := range docs {
				if !slices.ContainsFunc(strings.Fields(query), func(w string) bool { return !has[w] }) {
					want = append(want, id)
				}
			}
			slices.Sort(want)
			slices.Reverse(want)
			r := find(t, d, query)
			got := ids(r)
			slices.Sort(got)
			slices.Reverse(got)
			if capped := len(want) > MaxHits; r.Capped != capped || !slices.Equal(got, want[:min(len(want), MaxHits)]) {
				t.Errorf("%s: %d found, capped %t; there are %d", query, len(got), r.Capped, len(want))
			}
		}
		if f := findings(t, d); f != nil {
			t.Error(f)
		}
	})
}

func TestTheRuleFindsWhatIsBroken(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		putAll(t, d, titled(1, "Red cap", ""), titled(2, "Blue cap", ""))
		dbtest.Exec(t, d, "UPDATE search_words SET documents = documents + 1 WHERE word = 'red'")
		if f := findings(t, d); len(f) != 1 {
			t.Error(f)
		}
		dbtest.Exec(t, d, "DELETE FROM search_documents WHERE id = 2")
		if f := findings(t, d); len(f) != 3 { // red, blue and cap
			t.Error(f)
		}
	})
}

func TestDistance(t *testing.T) {
	for _, c := range []struct {
		a, b        string
		whole, head int
	}{
		{"shirt", "shirt", 0, 0}, {"shrit", "shirt", 1, 1}, {"shirt", "shirts", 1, 0}, {"shir", "shirting", 4, 0}, {"sihr", "shirt", 2, 1},
		{"cat", "dog", 3, 3}, {"", "abc", 3, 0}, {"चांदी", "चादी", 1, 1},
	} {
		if w, h := distance([]rune(c.a), []rune(c.b)), beginning([]rune(c.a), []rune(c.b)); w != c.whole || h != c.head {
			t.Errorf("%s and %s: %d and %d, not %d and %d", c.a, c.b, w, h, c.whole, c.head)
		}
	}
}
