package order

import (
	"errors"

	"github.com/haat-market/haat/internal/catalog"
	"github.com/haat-market/haat/internal/inventory"
	"github.com/haat-market/haat/internal/order/orderdb"
	"github.com/haat-market/haat/internal/platform/fault"
)

// ShortLine is a line of an order that there is not enough for.
type ShortLine struct {
	Line      string `json:"line"`
	Variant   string `json:"variant"`
	Title     string `json:"title"`
	Available int64  `json:"available"`
	Required  int64  `json:"required"`
}

// guestDemand is what lines take from the stock. Whether stock is counted is asked now, because nothing was taken when the
// order was made; changed are the lines of which it is another answer than then.
func guestDemand(rows []orderdb.OrderLine, now map[int64]catalog.Sellable) (demand []inventory.Line, changed map[bool][]int64) {
	changed = map[bool][]int64{}
	for _, l := range rows {
		tracked := l.Tracked
		if sell, ok := now[l.VariantID]; ok {
			tracked = sell.TrackStock
		}
		if tracked != l.Tracked {
			changed[tracked] = append(changed[tracked], l.ID)
		}
		if left := l.Quantity - l.CutQuantity; tracked && left > 0 {
			demand = append(demand, inventory.Line{Variant: l.VariantID, Qty: left})
		}
	}
	return demand, changed
}

// namedShort adds to a refusal which lines of the order are short.
func namedShort(err error, rows []orderdb.OrderLine) error {
	f, ok := fault.As(err)
	if !errors.Is(err, inventory.ErrOutOfStock) || !ok {
		return err
	}
	shorts, ok := f.Details["lines"].([]inventory.Short)
	if !ok {
		return err
	}
	out := make([]ShortLine, 0, len(shorts))
	for _, l := range rows {
		for _, sh := range shorts {
			if sh.Variant == l.Variant {
				out = append(out, ShortLine{Line: l.PublicID, Variant: l.Variant, Title: l.Title, Available: sh.Available, Required: sh.Required})
			}
		}
	}
	return inventory.ErrOutOfStock.With("lines", out)
}
