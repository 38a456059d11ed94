package db_test

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/haat-market/haat/internal/platform/db"
)

// Rows with holes between their numbers: the first of a time is what looking through all of them finds.
func TestFirstAt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		type row struct{ id, made int64 }
		var rows []row
		last, made := int64(0), int64(0)
		for range rapid.IntRange(0, 40).Draw(t, "rows") {
			last += rapid.Int64Range(1, 9).Draw(t, "hole")
			made += rapid.Int64Range(0, 5).Draw(t, "pause")
			rows = append(rows, row{last, made})
		}
		at := rapid.Int64Range(-1, made+2).Draw(t, "at")
		got, err := db.FirstAt(last, at, func(id int64) (int64, int64, error) {
			for _, r := range rows {
				if r.id >= id {
					return r.id, r.made, nil
				}
			}
			return 0, 0, db.ErrNoRows
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range rows {
			if (r.id >= got) != (r.made >= at) {
				t.Fatalf("first at %d is %d, and row %d is of %d", at, got, r.id, r.made)
			}
		}
	})
}
