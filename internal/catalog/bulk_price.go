package catalog

import (
	"errors"
	"strconv"
	"strings"

	"github.com/haat-market/haat/internal/platform/money"
)

// prices changes what a variant costs and is said to have cost.
func (w *bulk) prices(f *findings, v *bulkVariant, c BulkChange, out *BulkResult) error {
	before := v.now
	switch {
	case c.Price != nil && c.PriceBy != nil:
		f.add("price_by", "one_of", "Give price or price_by, one of them.")
	case c.Price != nil:
		v.now.Price, v.now.Currency = f.price("price", *c.Price, w.cur), string(w.cur)
	case c.PriceBy != nil && v.now.Currency != string(w.cur):
		return errCurrency
	case c.PriceBy != nil:
		v.now.Price = f.step(v.now.Price, *c.PriceBy, w.cur)
	}
	if len(f.err.Fields) > 0 {
		return f.fault()
	}
	if before.Price != v.now.Price || before.Currency != v.now.Currency {
		from := money.Format(before.Price, money.Currency(before.Currency))
		if before.Currency != v.now.Currency {
			from += " " + before.Currency
		}
		out.say(v.was.PublicID, "price", from, money.Format(v.now.Price, w.cur))
	}
	if c.CompareAt != nil {
		was := int64(0)
		if *c.CompareAt != "" {
			was = f.price("compare_at", *c.CompareAt, w.cur)
		}
		if was != v.facts.CompareAt {
			out.say(v.was.PublicID, "compare_at", compareText(v.facts.CompareAt, w.cur), compareText(was, w.cur))
			v.facts.CompareAt, v.factual = was, true
		}
	}
	return nil
}

func compareText(amount int64, cur money.Currency) string {
	if amount == 0 {
		return ""
	}
	return money.Format(amount, cur)
}

// step is a price after a change, rounded once, half away from zero.
func (f *findings) step(price int64, by PriceStep, cur money.Currency) int64 {
	unit := int64(1)
	if by.Round != "" {
		if unit = f.price("price_by.round_to", by.Round, cur); unit == 0 {
			f.add("price_by.round_to", "out_of_range", "Is nothing.")
			return price
		}
	}
	num, den := int64(1), unit
	switch {
	case (by.Percent == "") == (by.Amount == ""):
		f.add("price_by", "one_of", "Give percent or amount, one of them.")
		return price
	case by.Percent != "":
		text, less := strings.CutPrefix(by.Percent, "-")
		bp, err := money.ParseRate(text)
		if err != nil || bp > 10_000 {
			f.add("price_by.percent", "invalid_rate", "Is a percentage from -100 to 100 with at most two decimals.")
			return price
		}
		if less {
			bp = -bp
		}
		num, den = 10_000+bp, 10_000*unit // at most 10^17
	default:
		amount, err := money.Parse(by.Amount, cur)
		if err == nil {
			price, err = money.Sum(price, amount)
		}
		if err != nil {
			f.amount("price_by.amount", err, cur)
			return price
		}
	}
	steps, err := money.MulRatio(price, num, den)
	if err == nil {
		price, err = money.Mul(steps, unit)
	}
	switch {
	case err != nil:
		f.amount("price_by", err, cur)
	case price < 0:
		f.add("price_by", "negative", "Is below zero.")
	}
	return price
}

// amount says what is wrong with an amount.
func (f *findings) amount(path string, err error, cur money.Currency) {
	if errors.Is(err, money.ErrOverflow) {
		f.add(path, "too_large", "Is too large.")
		return
	}
	f.add(path, "invalid_amount", "Takes an amount in "+string(cur)+" such as "+money.Format(1250, cur)+".")
}

// shelf changes what is counted of variants and what they are low at.
func (w *bulk) shelf(f *findings, variants []*bulkVariant, c BulkChange, out *BulkResult) error {
	if c.Stock != nil {
		if len(variants) != 1 {
			return errOneVariant
		}
		v, n := variants[0], *c.Stock
		switch {
		case n < 0 || n > maxInitialStock:
			f.add("stock", "out_of_range", "Is not a quantity.")
		case !v.now.TrackStock:
			return errNotTracked
		case n < v.shelf.OnHand-v.shelf.Available:
			return errCount
		case n != v.shelf.OnHand:
			out.say(v.was.PublicID, "stock", strconv.FormatInt(v.shelf.OnHand, 10), strconv.FormatInt(n, 10))
			v.shelf.Available, v.shelf.OnHand, v.count = v.shelf.Available+n-v.shelf.OnHand, n, c.Stock
		}
	}
	switch {
	case c.LowAt == nil && !c.StoreLow:
		return nil
	case c.LowAt != nil && c.StoreLow:
		f.add("low_at", "one_of", "Give a figure or the store's, one of them.")
		return nil
	case c.LowAt != nil && (*c.LowAt < 0 || *c.LowAt > maxInitialStock):
		f.add("low_at", "out_of_range", "Is not a quantity.")
		return nil
	}
	for _, v := range variants {
		from, to := lowText(v.shelf.OwnLowAt), lowText(c.LowAt)
		if from != to {
			out.say(v.was.PublicID, "low_at", from, to)
			v.shelf.OwnLowAt, v.moved = c.LowAt, true
		}
	}
	return nil
}

func lowText(n *int64) string {
	if n == nil {
		return ""
	}
	return strconv.FormatInt(*n, 10)
}
