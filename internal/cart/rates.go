package cart

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/haat-market/haat/internal/cart/cartdb"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/code"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/idem"
	"github.com/haat-market/haat/internal/platform/money"
	"github.com/haat-market/haat/internal/platform/qty"
	"github.com/haat-market/haat/internal/rate"
)

// Refusals of what somebody means to sell to a store.
var (
	ErrNotBought = fault.New(fault.Conflict, "not_bought", "The dealer does not buy this there at the moment.")
	ErrQuantity  = fault.New(fault.Invalid, "invalid_quantity", "Is not a quantity above zero and up to a million, with at most three decimals; pieces are whole.")
)

// Rates knows what stores pay for what.
type Rates interface {
	Named(ctx context.Context, tx db.Tx, id string) (rate.Rate, error)
	ByID(ctx context.Context, tx db.Tx, keys []int64) (map[int64]rate.Rate, error)
	Terms(ctx context.Context, tx db.Tx) (rate.Terms, error)
	Currency(ctx context.Context) (money.Currency, error)
}

// RateLine is a quantity of a material that the account means to sell to a store.
type RateLine struct {
	ID        int64
	PublicID  string
	RateID    int64
	Rate      string // its public id
	Qty       int64  // thousandths of a unit
	PriceSeen int64
	AddedAt   time.Time
	ChangedAt time.Time
}

// RateItem is such a line beside what the store pays now.
type RateItem struct {
	RateLine
	Offer   rate.Rate
	Figures rate.Figures // at the price of now; zero where it is not bought
	Issues  []Issue
}

// Selling is all that an account means to sell. The sum holds only what is bought, at the prices of now.
type Selling struct {
	Items []RateItem
	Sum   rate.Figures
	Qty   int64
}

// RateLines are a cart's lines of the side buyback, in the order in which they were added; only the named ones unless only
// is nil. One that is not there is missing.
func (s *Service) RateLines(ctx context.Context, tx db.Tx, cartID int64, only []string) ([]RateLine, error) {
	rows, err := cartdb.New(tx).Rates(ctx, cartID)
	if err != nil {
		return nil, fmt.Errorf("rates of cart: %w", err)
	}
	wanted := make(map[string]bool, len(only))
	for _, id := range only {
		wanted[id] = true
	}
	out := make([]RateLine, 0, len(rows))
	for _, r := range rows {
		if only == nil || wanted[r.PublicID] {
			out = append(out, rateLineOf(r))
		}
	}
	return out, nil
}

// RemoveRateLines takes lines out of a cart whose lock the caller has.
func (s *Service) RemoveRateLines(ctx context.Context, tx db.Tx, ids []int64) error {
	_, err := cartdb.New(tx).RemoveRates(ctx, ids)
	return wrap(err, "remove rates")
}

func rateLineOf(r cartdb.RatesRow) RateLine {
	return RateLine{
		ID: r.ID, PublicID: r.PublicID, RateID: r.RateID, Rate: r.Rate, Qty: r.Qty, PriceSeen: r.PriceSeen, AddedAt: clock.Time(r.CreatedAt), ChangedAt: clock.Time(r.UpdatedAt),
	}
}

// judgeRate says what stands against a line.
func judgeRate(l RateLine, offer rate.Rate, known bool, terms rate.Terms) RateItem {
	it := RateItem{RateLine: l, Offer: offer}
	if !known || !offer.Offered {
		it.Issues = append(it.Issues, IssueGone)
		return it
	}
	if offer.Price != l.PriceSeen {
		it.Issues = append(it.Issues, IssuePriceChanged)
	}
	var err error
	if it.Figures, err = terms.Line(offer.Price, l.Qty, offer.Material.TaxBp); err != nil {
		it.Issues = append(it.Issues, IssueTotal)
	}
	return it
}

// AddRate puts thousandths of a unit on top of what the account means to sell at a rate. Errors: rate.ErrRateNotFound,
// ErrNotBought, ErrQuantity, ErrCartFull, ErrTooExpensive.
func (s *Service) AddRate(ctx context.Context, accountID int64, rateID string, thousandths int64) (out RateItem, added, replayed bool, err error) {
	line, replayed, err := idem.Once(ctx, s.db, "cart.add_rate", func(ctx context.Context, tx db.Tx) (string, error) {
		cartID, err := s.Lock(ctx, tx, accountID)
		if err != nil {
			return "", err
		}
		offer, err := s.rates.Named(ctx, tx, rateID)
		if err != nil {
			return "", err
		}
		there, err := cartdb.New(tx).CountRates(ctx, offer.Key, cartID)
		if err != nil {
			return "", fmt.Errorf("count rates: %w", err)
		}
		if there.Present == 0 && there.LineCount >= maxLines {
			return "", ErrCartFull
		}
		added = there.Present == 0
		out, err = s.putRate(ctx, tx, cartID, offer, there.Present+thousandths)
		return out.PublicID, err
	})
	if err != nil || !replayed {
		return out, added, replayed, err
	}
	out, err = s.rateItem(ctx, accountID, line)
	return out, false, true, err
}

// putRate sets a line under the cart's lock.
func (s *Service) putRate(ctx context.Context, tx db.Tx, cartID int64, offer rate.Rate, thousandths int64) (RateItem, error) {
	if !offer.Offered {
		return RateItem{}, ErrNotBought
	}
	if thousandths <= 0 || thousandths > qty.Max || !rate.Countable(offer.Material, thousandths) {
		return RateItem{}, ErrQuantity
	}
	terms, err := s.rates.Terms(ctx, tx)
	if err != nil {
		return RateItem{}, err
	}
	if _, err := terms.Line(offer.Price, thousandths, offer.Material.TaxBp); errors.Is(err, money.ErrOverflow) {
		return RateItem{}, ErrTooExpensive
	} else if err != nil {
		return RateItem{}, err
	}
	row, err := cartdb.New(tx).PutRate(ctx, cartdb.PutRateParams{
		PublicID: code.ID("cln"), CartID: cartID, RateID: offer.Key, Rate: offer.ID, Qty: thousandths, PriceSeen: offer.Price, Now: clock.Micro(s.clock.Now()),
	})
	if err != nil {
		return RateItem{}, fmt.Errorf("put rate: %w", err)
	}
	return judgeRate(rateLineOf(cartdb.RatesRow(row)), offer, true, terms), nil
}

// ChangeRate sets how much of a line is to be sold, at the price of now. Errors: ErrLineNotFound, and those of AddRate.
func (s *Service) ChangeRate(ctx context.Context, accountID int64, line string, thousandths int64) (out RateItem, err error) {
	err = s.db.Write(ctx, "cart.change_rate", func(ctx context.Context, tx db.Tx) error {
		cartID, err := s.Lock(ctx, tx, accountID)
		if err != nil {
			return err
		}
		lines, err := s.RateLines(ctx, tx, cartID, []string{line})
		if err != nil {
			return err
		}
		if len(lines) == 0 {
			return ErrLineNotFound
		}
		offers, err := s.rates.ByID(ctx, tx, []int64{lines[0].RateID})
		if err != nil {
			return err
		}
		out, err = s.putRate(ctx, tx, cartID, offers[lines[0].RateID], thousandths)
		return err
	})
	return out, err
}

// RemoveRate takes a line out. Error: ErrLineNotFound.
func (s *Service) RemoveRate(ctx context.Context, accountID int64, line string) error {
	return s.db.Write(ctx, "cart.remove_rate", func(ctx context.Context, tx db.Tx) error {
		cartID, err := s.Lock(ctx, tx, accountID)
		if err != nil {
			return err
		}
		n, err := cartdb.New(tx).RemoveRateNamed(ctx, cartID, line)
		if err == nil && n == 0 {
			return ErrLineNotFound
		}
		return wrap(err, "remove rate")
	})
}

func (s *Service) rateItem(ctx context.Context, accountID int64, line string) (RateItem, error) {
	v, err := s.Selling(ctx, accountID)
	if err != nil {
		return RateItem{}, err
	}
	for _, it := range v.Items {
		if it.PublicID == line {
			return it, nil
		}
	}
	return RateItem{}, ErrLineNotFound
}

// Selling is what the account means to sell, beside what stores pay now.
func (s *Service) Selling(ctx context.Context, accountID int64) (v Selling, err error) {
	err = s.db.Read(ctx, "cart.selling", func(ctx context.Context, tx db.Tx) error {
		v = Selling{Items: []RateItem{}}
		cartID, err := s.ID(ctx, tx, accountID)
		if err != nil || cartID == 0 {
			return err
		}
		lines, err := s.RateLines(ctx, tx, cartID, nil)
		if err != nil {
			return err
		}
		v, err = s.offersFor(ctx, tx, lines)
		return err
	})
	return v, err
}

func (s *Service) offersFor(ctx context.Context, tx db.Tx, lines []RateLine) (Selling, error) {
	v := Selling{Items: make([]RateItem, len(lines))}
	keys := make([]int64, len(lines))
	for i, l := range lines {
		keys[i] = l.RateID
	}
	offers, err := s.rates.ByID(ctx, tx, keys)
	if err != nil {
		return v, err
	}
	terms, err := s.rates.Terms(ctx, tx)
	if err != nil {
		return v, err
	}
	for i, l := range lines {
		offer, known := offers[l.RateID]
		it := judgeRate(l, offer, known, terms)
		v.Items[i] = it
		if sum, err := v.Sum.Add(it.Figures); err == nil {
			v.Sum = sum
		} else {
			v.Items[i].Issues = append(v.Items[i].Issues, IssueTotal)
		}
		v.Qty += l.Qty // at most a hundred of at most a billion
	}
	return v, nil
}
