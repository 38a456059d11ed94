package store

import (
	"context"
	"strconv"

	"github.com/haat-market/haat/internal/platform/db"
)

// Rating is what customers think of a store, or of a product.
type Rating struct {
	Average string  `json:"average" doc:"Of five stars, with one decimal."`
	Count   int64   `json:"count"`
	Stars   []int64 `json:"stars" doc:"How many gave one star, two, up to five." minItems:"5" maxItems:"5"`
}

// RatingOf is a rating from how many gave one star, two, up to five; nil where nobody did.
func RatingOf(counts [5]int64) *Rating {
	r := Rating{Stars: counts[:]}
	var sum int64
	for i, n := range counts {
		r.Count += n
		sum += int64(i+1) * n
	}
	if r.Count == 0 {
		return nil
	}
	r.Average = Average(sum, r.Count)
	return &r
}

// Average is a mean of stars with one decimal, half rounded up.
func Average(sum, count int64) string {
	tenths := (sum*10 + count/2) / count
	return strconv.FormatInt(tenths/10, 10) + "." + strconv.FormatInt(tenths%10, 10)
}

// Rater says what customers think of stores. A room above registers itself; without one no store has a rating.
type Rater interface {
	StoreRatings(ctx context.Context, tx db.Tx, stores []int64) (map[int64]*Rating, error)
}

// RateWith registers who knows ratings. It is there before the first request.
func (s *Service) RateWith(r Rater) { s.rater = r }

// Ratings are what customers think of these stores; one that nobody has rated is missing.
func (s *Service) Ratings(ctx context.Context, tx db.Tx, stores []int64) (map[int64]*Rating, error) {
	if s.rater == nil || len(stores) == 0 {
		return nil, nil
	}
	return s.rater.StoreRatings(ctx, tx, stores)
}
