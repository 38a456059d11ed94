package app

import (
	"context"
	"errors"
	"fmt"

	"github.com/haat-market/haat/internal/delivery"
	"github.com/haat-market/haat/internal/platform/config"
)

// NewDelivery is what an operator says of a delivery; what is empty comes from the order and its store.
type NewDelivery struct {
	Order        string         `json:"order"` // its number as on paper, or its id
	Lines        []DeliveryLine `json:"lines"`
	PayUpTo      string         `json:"pay_up_to"`
	Fee          string         `json:"fee"`
	Priority     string         `json:"priority"`
	Instructions string         `json:"instructions"`
	Weight       int64          `json:"weight"` // grams
	Fragile      bool           `json:"fragile"`
	Signature    bool           `json:"signature"`
}

// DeliveryLine is so many units of a line of the order.
type DeliveryLine struct {
	Line  string `json:"line"`
	Units int64  `json:"units"`
}

type deliveryView struct {
	ID       string `json:"id"`
	Tracking string `json:"tracking"`
	URL      string `json:"url"`
	Order    string `json:"order"`
}

// CreateDelivery lets a courier carry an order, by the running server when there is one.
func CreateDelivery(ctx context.Context, place config.Place, con Console, n NewDelivery) error {
	v, err := dial(place).delivery(ctx, n)
	if errors.Is(err, errNoServer) {
		err = withSealed(ctx, place, con, func(a *App) (err error) {
			v, err = createDelivery(ctx, a, n)
			return err
		})
	}
	if err != nil {
		return err
	}
	text := fmt.Sprintf("tracking  %s\ndelivery  %s\norder     %s\n", v.Tracking, v.ID, v.Order)
	if v.URL != "" {
		text += "link      " + v.URL + "\n"
	}
	return con.print("%s", text)
}

func createDelivery(ctx context.Context, a *App, n NewDelivery) (deliveryView, error) {
	lines := make([]delivery.LineUnits, len(n.Lines))
	for i, l := range n.Lines {
		lines[i] = delivery.LineUnits(l)
	}
	v, err := a.Delivery.CreateFor(ctx, delivery.NewDelivery{
		Order: n.Order, Lines: lines, PayUpTo: n.PayUpTo, Fee: n.Fee, Priority: n.Priority, Instructions: n.Instructions, Weight: n.Weight, Fragile: n.Fragile, Signature: n.Signature,
	})
	return deliveryView{v.ID, v.Tracking, v.TrackingURL, v.Order}, err
}
