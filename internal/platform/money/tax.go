package money

import (
	"errors"
	"fmt"

	"github.com/haat-market/haat/internal/platform/internal/decimal"
)

// MaxRate is the highest tax or fee rate, in basis points: 1000 %.
const MaxRate int64 = 100_000

// TaxRule says how one line is taxed.
type TaxRule struct {
	Rate     int64 // basis points: 500 is 5 %
	Included bool  // the price has the tax in it
	Halved   bool  // two equal halves, as India's CGST and SGST
}

// Taxed is a line with its tax; Net + Tax = Gross.
type Taxed struct {
	Net, Tax, Gross int64
}

// Halves are the two equal parts of a halved tax. They are meaningful only for
// a rule with Halved.
func (t Taxed) Halves() (first, second int64) { return t.Tax / 2, t.Tax - t.Tax/2 }

// On taxes one line's amount after discount: the net where tax comes on top,
// the gross where the price includes it.
//
// Tax is rounded once. A halved tax is twice the rounded half, also where only
// one tax is written on the invoice (India's IGST), so that the place of supply
// changes no total.
func (r TaxRule) On(amount int64) (Taxed, error) {
	if r.Rate < 0 || r.Rate > MaxRate {
		return Taxed{}, fmt.Errorf("%w: tax rate of %d basis points", ErrRatio, r.Rate)
	}
	if amount > Max || amount < -Max {
		return Taxed{}, ErrOverflow
	}
	// Each case divides once, so that nothing is rounded twice.
	var part int64
	var err error
	switch {
	case r.Included && r.Halved:
		part, err = MulRatio(amount, r.Rate, 2*(10_000+r.Rate))
	case r.Included:
		part, err = MulRatio(amount, 10_000, 10_000+r.Rate) // the net: it is what the law rounds
	case r.Halved:
		part, err = MulRatio(amount, r.Rate, 20_000)
	default:
		part, err = Percent(amount, r.Rate)
	}
	if err != nil {
		return Taxed{}, err
	}
	t := Taxed{Net: amount, Tax: part, Gross: amount}
	if r.Halved {
		t.Tax = 2 * part
	}
	switch {
	case r.Included && !r.Halved:
		t.Net, t.Tax = part, amount-part
	case r.Included:
		t.Net = amount - t.Tax
	default:
		t.Gross = amount + t.Tax
	}
	if t.Gross > Max || t.Gross < -Max || t.Tax > Max || t.Tax < -Max {
		return Taxed{}, ErrOverflow
	}
	return t, nil
}

// TaxExclusive is the tax that comes on top of net.
func TaxExclusive(net, rate int64) (tax int64, err error) {
	t, err := TaxRule{Rate: rate}.On(net)
	return t.Tax, err
}

// TaxInclusive takes apart a price that has its tax in it.
func TaxInclusive(gross, rate int64) (net, tax int64, err error) {
	t, err := TaxRule{Rate: rate, Included: true}.On(gross)
	return t.Net, t.Tax, err
}

// GSTExclusive is TaxExclusive in two equal halves.
func GSTExclusive(net, rate int64) (tax int64, err error) {
	t, err := TaxRule{Rate: rate, Halved: true}.On(net)
	return t.Tax, err
}

// GSTInclusive is TaxInclusive in two equal halves.
func GSTInclusive(gross, rate int64) (net, tax int64, err error) {
	t, err := TaxRule{Rate: rate, Included: true, Halved: true}.On(gross)
	return t.Net, t.Tax, err
}

// ParseRate reads a percentage with at most two decimals ("2.5") into basis
// points, from 0 to MaxRate.
func ParseRate(s string) (int64, error) {
	v, err := decimal.Parse(s, 2, MaxRate)
	switch {
	case errors.Is(err, decimal.ErrRange), err == nil && v < 0:
		return 0, fmt.Errorf("%w: %.20q is not between 0 and %s %%", ErrRatio, s, FormatRate(MaxRate))
	case err != nil:
		return 0, fmt.Errorf("%w: percentage %.20q", ErrSyntax, s)
	}
	return v, nil
}

// FormatRate is the shortest text of a rate in percent: 250 is "2.5".
func FormatRate(basisPoints int64) string {
	return string(decimal.Trim(decimal.Append(nil, basisPoints, 2)))
}
