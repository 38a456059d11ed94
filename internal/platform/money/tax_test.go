package money_test

import (
	"errors"
	"math"
	"testing"

	"pgregory.net/rapid"

	"github.com/haat-market/haat/internal/platform/money"
)

func TestTax(t *testing.T) {
	for _, c := range []struct {
		name   string
		rule   money.TaxRule
		amount int64
		want   money.Taxed
	}{
		{"on top", money.TaxRule{Rate: 1300}, 10000, money.Taxed{Net: 10000, Tax: 1300, Gross: 11300}},
		{"on top, a half", money.TaxRule{Rate: 500}, 10, money.Taxed{Net: 10, Tax: 1, Gross: 11}},
		{"on top, halved", money.TaxRule{Rate: 500, Halved: true}, 25000, money.Taxed{Net: 25000, Tax: 1250, Gross: 26250}},
		{"halves round on their own", money.TaxRule{Rate: 500, Halved: true}, 10, money.Taxed{Net: 10, Tax: 0, Gross: 10}},
		{"halves round up on their own", money.TaxRule{Rate: 1800, Halved: true}, 150, money.Taxed{Net: 150, Tax: 28, Gross: 178}},
		{"included", money.TaxRule{Rate: 1300, Included: true}, 11300, money.Taxed{Net: 10000, Tax: 1300, Gross: 11300}},
		{"included, rounded", money.TaxRule{Rate: 1300, Included: true}, 9999, money.Taxed{Net: 8849, Tax: 1150, Gross: 9999}},
		{"included, halved", money.TaxRule{Rate: 1800, Included: true, Halved: true}, 9999, money.Taxed{Net: 8473, Tax: 1526, Gross: 9999}},
		{"a whole tax in one unit", money.TaxRule{Rate: 10_000, Included: true, Halved: true}, 1, money.Taxed{Net: 1, Tax: 0, Gross: 1}},
		{"no tax", money.TaxRule{Included: true, Halved: true}, 777, money.Taxed{Net: 777, Gross: 777}},
		{"back", money.TaxRule{Rate: 1300, Included: true}, -9999, money.Taxed{Net: -8849, Tax: -1150, Gross: -9999}},
	} {
		got, err := c.rule.On(c.amount)
		if err != nil || got != c.want {
			t.Errorf("%s: %+v, %v; want %+v", c.name, got, err, c.want)
		}
	}
}

func TestTaxShortForms(t *testing.T) {
	m := must(t)
	if got := m(money.TaxExclusive(10000, 1300)); got != 1300 {
		t.Errorf("TaxExclusive = %d", got)
	}
	if got := m(money.GSTExclusive(150, 1800)); got != 28 {
		t.Errorf("GSTExclusive = %d", got)
	}
	if net, tax, err := money.TaxInclusive(11300, 1300); net != 10000 || tax != 1300 || err != nil {
		t.Errorf("TaxInclusive = %d, %d, %v", net, tax, err)
	}
	if net, tax, err := money.GSTInclusive(9999, 1800); net != 8473 || tax != 1526 || err != nil {
		t.Errorf("GSTInclusive = %d, %d, %v", net, tax, err)
	}
}

func TestTaxRefuses(t *testing.T) {
	for _, r := range []int64{-1, money.MaxRate + 1, math.MaxInt64, math.MinInt64} {
		if _, err := (money.TaxRule{Rate: r, Included: true}).On(1); !errors.Is(err, money.ErrRatio) {
			t.Errorf("rate %d: %v", r, err)
		}
	}
	for _, rule := range []money.TaxRule{{Rate: 500}, {Rate: 500, Included: true}, {Rate: 500, Halved: true}} {
		if _, err := rule.On(math.MinInt64); !errors.Is(err, money.ErrOverflow) {
			t.Errorf("%+v: %v", rule, err)
		}
	}
}

func TestTaxProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rule := money.TaxRule{
			Rate:     rapid.Int64Range(0, money.MaxRate).Draw(t, "rate"),
			Included: rapid.Bool().Draw(t, "included"),
			Halved:   rapid.Bool().Draw(t, "halved"),
		}
		amount := rapid.Int64Range(-money.Max/12, money.Max/12).Draw(t, "amount")
		got, err := rule.On(amount)
		if err != nil {
			t.Fatal(err)
		}
		if got.Net+got.Tax != got.Gross {
			t.Fatalf("%d by %+v: %+v does not add up", amount, rule, got)
		}
		if (rule.Included && got.Gross != amount) || (!rule.Included && got.Net != amount) {
			t.Fatalf("%d by %+v: %+v changed the price", amount, rule, got)
		}
		if first, second := got.Halves(); rule.Halved && first != second {
			t.Fatalf("halves %d and %d", first, second)
		}
		opposite, err := rule.On(-amount)
		if err != nil || opposite.Tax != -got.Tax || opposite.Net != -got.Net {
			t.Fatalf("taking back %d by %+v: %+v, %v", amount, rule, opposite, err)
		}
		if (got.Net < 0) != (amount < 0) && got.Net != 0 || magnitude(got.Net) > magnitude(got.Gross) {
			t.Fatalf("%d by %+v: %+v", amount, rule, got)
		}
		// The tax is the exact one, rounded; within a unit where it is halved.
		of := int64(10_000)
		if rule.Included {
			of += rule.Rate
		}
		exact, err := money.MulRatio(amount, rule.Rate, of)
		if err != nil {
			t.Fatal(err)
		}
		if d := magnitude(exact - got.Tax); d > 1 || (d == 1 && !rule.Halved && !rule.Included) {
			t.Fatalf("%d by %+v: tax %d, exact %d", amount, rule, got.Tax, exact)
		}
	})
}

func TestRates(t *testing.T) {
	for in, want := range map[string]int64{"0": 0, "5": 500, "2.5": 250, "0.25": 25, "18.00": 1800, "1000": money.MaxRate} {
		got, err := money.ParseRate(in)
		if got != want || err != nil {
			t.Errorf("ParseRate(%q) = %d, %v", in, got, err)
		}
	}
	for in, want := range map[string]error{
		"-1": money.ErrRatio, "1000.01": money.ErrRatio, "5%": money.ErrSyntax, "0.125": money.ErrSyntax, "": money.ErrSyntax,
	} {
		if _, err := money.ParseRate(in); !errors.Is(err, want) {
			t.Errorf("ParseRate(%q): %v", in, err)
		}
	}
	for bp, want := range map[int64]string{0: "0", 250: "2.5", 1800: "18", 25: "0.25"} {
		if got := money.FormatRate(bp); got != want {
			t.Errorf("FormatRate(%d) = %s", bp, got)
		}
	}
}
