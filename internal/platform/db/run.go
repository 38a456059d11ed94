package db

import (
	"errors"
	"time"
)

// ClockSkew is how far the times of rows that are made one after another may go backwards: nodes commit in another order than
// they begin, and clocks are corrected. Who looks for a time with FirstAt looks so much further on both sides, and tests the rows.
const ClockSkew = 10 * time.Minute

// FirstAt finds the first number of the rows that were made at a time or later, where rows are numbered as they are made:
// by halving, one row a step, so that a time needs no index of its own. next gives the row with this number or the first
// after it, or ErrNoRows. Without such a row it is the number after the last.
func FirstAt(last, at int64, next func(id int64) (row, made int64, err error)) (int64, error) {
	low, high := int64(1), last+1
	for low < high {
		middle := low + (high-low)/2
		row, made, err := next(middle)
		switch {
		case errors.Is(err, ErrNoRows):
			high = middle
		case err != nil:
			return 0, err
		case made >= at:
			high = middle
		default:
			low = row + 1
		}
	}
	return low, nil
}
