package order

import (
	"errors"

	"github.com/haat-market/haat/internal/platform/money"
)

// item is one line to be priced.
type item struct {
	price    int64 // of one unit, as shown
	quantity int64
}

// priced is a line with its figures frozen.
type priced struct {
	goods int64 // net of tax
	tax   int64
	total int64
	fee   int64 // of the platform, on the net
}

// terms are the market's figures that an order is priced with.
type terms struct {
	taxRate     int64 // basis points
	taxIncluded bool
	feeRate     int64 // basis points
}

// priceLine prices a line: rounded once here, and only summed afterwards. Error: ErrTotalTooLarge.
func (t terms) priceLine(i item) (priced, error) {
	amount, err := money.Mul(i.price, i.quantity)
	if err != nil {
		return priced{}, tooLarge(err)
	}
	taxed, err := money.TaxRule{Rate: t.taxRate, Included: t.taxIncluded}.On(amount)
	if err != nil {
		return priced{}, tooLarge(err)
	}
	fee, err := money.Percent(taxed.Net, t.feeRate)
	if err != nil {
		return priced{}, tooLarge(err)
	}
	return priced{goods: taxed.Net, tax: taxed.Tax, total: taxed.Gross, fee: min(fee, taxed.Net)}, nil
}

func tooLarge(err error) error {
	if errors.Is(err, money.ErrOverflow) {
		return ErrTotalTooLarge.Because(err)
	}
	return err
}

// add sums up, refusing what the market cannot book.
func (t *Totals) add(goods, tax, delivery, lines, units int64) error {
	var err error
	for _, sum := range []struct {
		to *int64
		by int64
	}{{&t.Goods, goods}, {&t.Tax, tax}, {&t.Delivery, delivery}, {&t.Lines, lines}, {&t.Units, units}} {
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
