package rate

import (
	"context"

	"github.com/haat-market/haat/internal/catalog"
	"github.com/haat-market/haat/internal/market"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/money"
	"github.com/haat-market/haat/internal/platform/qty"
	"github.com/haat-market/haat/internal/store"
)

// Terms are the market's figures that what is sold to a store is priced with. The tax is what a household's would be and
// nobody hands it over, so that it is rounded once and not by halves.
type Terms struct {
	FeeBp int64 // the market's percent, in basis points, which the store owes
}

// TermsOf are the terms of now.
func TermsOf(s market.Settings) Terms { return Terms{FeeBp: s.BuybackFeeBp} }

// Terms are the terms of now. It joins the caller's transaction.
func (s *Service) Terms(ctx context.Context, tx db.Tx) (Terms, error) {
	settings, err := s.market.SettingsFor(ctx, tx)
	return TermsOf(settings), err
}

// Currency is what rates are in.
func (s *Service) Currency(ctx context.Context) (money.Currency, error) {
	settings, err := s.market.Settings(ctx)
	return settings.Currency, err
}

// Figures are what a quantity of a material comes to, in minor units.
type Figures struct {
	Amount int64 // what the customer gets
	Tax    int64
	Fee    int64
}

// Total is what source documents call the order's total: the amount, its tax and the market's percent.
func (f Figures) Total() int64 { return f.Amount + f.Tax + f.Fee }

// Line prices thousandths of a unit: each figure is rounded once, here. Error: money.ErrOverflow.
func (t Terms) Line(price, thousandths, taxBp int64) (f Figures, err error) {
	if f.Amount, err = money.MulThousandths(price, thousandths); err != nil {
		return Figures{}, err
	}
	taxed, err := money.TaxRule{Rate: taxBp}.On(f.Amount)
	if err != nil {
		return Figures{}, err
	}
	f.Tax = taxed.Tax
	if f.Fee, err = money.Percent(f.Amount, t.FeeBp); err != nil {
		return Figures{}, err
	}
	_, err = money.Sum(f.Amount, f.Tax, f.Fee)
	return f, err
}

// Add sums up. Error: money.ErrOverflow.
func (f Figures) Add(by Figures) (sum Figures, err error) {
	if sum.Amount, err = money.Sum(f.Amount, by.Amount); err != nil {
		return Figures{}, err
	}
	if sum.Tax, err = money.Sum(f.Tax, by.Tax); err != nil {
		return Figures{}, err
	}
	if sum.Fee, err = money.Sum(f.Fee, by.Fee); err != nil {
		return Figures{}, err
	}
	_, err = money.Sum(sum.Amount, sum.Tax, sum.Fee)
	return sum, err
}

// Countable says whether a quantity can be weighed or counted in a material's unit: a piece is not divided.
func Countable(m catalog.Material, thousandths int64) bool {
	_, whole := qty.Units(thousandths)
	return m.Divides() || whole
}

// MayBuy says whether a store may buy now: it is open, buys, and the gate lets it.
func (s *Service) MayBuy(ctx context.Context, tx db.Tx, b store.Brief) (bool, error) {
	return s.buys(ctx, tx, b)
}
