package order

import (
	"errors"

	"github.com/haat-market/haat/internal/platform/money"
)

// item is one line to be priced.
type item struct {
	price    int64 // of one unit, as the buyer pays it
	list     int64 // of one unit before the discount; never below price
	quantity int64
	taxRate  *int64 // basis points; nil: the market's
	platform bool   // the market pays the discount, so the store sells at the price before it
}

// priced is a line with its figures frozen.
type priced struct {
	goods    int64 // net of tax, before the discount
	discount int64 // net of tax
	taxRate  int64 // basis points
	tax      int64 // on what is left
	total    int64
	fee      int64 // of the platform, on the net that the store sells at
}

// terms are the market's figures that an order is priced with.
type terms struct {
	taxRate     int64 // basis points
	taxIncluded bool
	taxHalved   bool  // as India's, whose two halves are rounded
	feeRate     int64 // basis points
}

// priceLine prices a line: rounded once here, and only summed afterwards. Tax is on the net after the discount; the
// discount is the net that the price before it would have had, less that. Error: ErrTotalTooLarge.
func (t terms) priceLine(i item) (priced, error) {
	out := priced{taxRate: t.taxRate}
	if i.taxRate != nil {
		out.taxRate = *i.taxRate
	}
	rule := money.TaxRule{Rate: out.taxRate, Included: t.taxIncluded, Halved: t.taxHalved}
	paid, err := taxed(rule, i.price, i.quantity)
	if err != nil {
		return priced{}, err
	}
	out.goods, out.tax, out.total = paid.Net, paid.Tax, paid.Gross
	if i.list > i.price {
		before, err := taxed(rule, i.list, i.quantity)
		if err != nil {
			return priced{}, err
		}
		// A net is rounded, so that a smaller price may have the same one, but not a larger one.
		out.goods = max(before.Net, paid.Net)
		out.discount = out.goods - paid.Net
	}
	sold := paid.Net
	if i.platform {
		sold = out.goods
	}
	fee, err := money.Percent(sold, t.feeRate)
	if err != nil {
		return priced{}, tooLarge(err)
	}
	out.fee = min(fee, sold)
	return out, nil
}

func taxed(rule money.TaxRule, price, quantity int64) (money.Taxed, error) {
	amount, err := money.Mul(price, quantity)
	if err != nil {
		return money.Taxed{}, tooLarge(err)
	}
	t, err := rule.On(amount)
	if err != nil {
		return money.Taxed{}, tooLarge(err)
	}
	return t, nil
}

func tooLarge(err error) error {
	if errors.Is(err, money.ErrOverflow) {
		return ErrTotalTooLarge.Because(err)
	}
	return err
}

// add sums up, refusing what the market cannot book.
func (t *Totals) add(by Totals) error {
	var err error
	for _, sum := range []struct {
		to *int64
		by int64
	}{{&t.Goods, by.Goods}, {&t.Discount, by.Discount}, {&t.Tax, by.Tax}, {&t.Delivery, by.Delivery}, {&t.Lines, by.Lines}, {&t.Units, by.Units}} {
		if *sum.to, err = money.Sum(*sum.to, sum.by); err != nil {
			return tooLarge(err)
		}
	}
	t.Total, err = money.Sum(t.Goods, -t.Discount, t.Tax, t.Delivery)
	return tooLarge(err)
}

// Quoter says what delivery of an order costs.
type Quoter interface {
	// Quote gives the charge in minor units for goods of this gross value from one store.
	Quote(store int64, goods int64) (int64, error)
}

// flatQuote is one charge for each store, and none above a value.
type flatQuote struct{ flat, freeAbove int64 }

// Quote implements Quoter.
func (q flatQuote) Quote(_ int64, goods int64) (int64, error) {
	if q.freeAbove > 0 && goods >= q.freeAbove {
		return 0, nil
	}
	return q.flat, nil
}
