package invoice

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/haat-market/haat/internal/invoice/invoicedb"
	"github.com/haat-market/haat/internal/order"
	"github.com/haat-market/haat/internal/payment"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/event"
	"github.com/haat-market/haat/internal/platform/money"
)

// followed are the events that may change what an order's papers say. What was given back before an order left its store is
// written when it is shipped.
var followed = append([]string{
	"order." + string(order.Returned), "order." + string(order.Shipped), "order.claimed", "order.refunded",
}, payment.RefundEvents...)

// follow looks at orders of which something may have been taken back, or which somebody claimed. What is due is derived
// from where the order stands and from what was written, so an event that comes again writes nothing.
func (s *Service) follow(ctx context.Context, tx db.Tx, events []event.Event) error {
	var orders []string
	reasons := map[string]string{}
	for _, e := range events {
		id := e.Subject
		if strings.HasPrefix(e.Type, "refund.") {
			id, _ = e.Facts["order"].(string)
		}
		if id == "" {
			continue
		}
		if !slices.Contains(orders, id) {
			orders = append(orders, id)
		}
		if why, ok := e.Facts["reason"].(string); ok {
			reasons[id] = why
		}
	}
	if len(orders) == 0 {
		return nil
	}
	rows, err := invoicedb.New(tx).InvoicesOfOrders(ctx, orders)
	if err != nil || len(rows) == 0 {
		return err
	}
	standings, err := s.orders.Standings(ctx, tx, orders)
	if err != nil {
		return err
	}
	slices.SortFunc(rows, func(a, b invoicedb.Invoice) int { return int(a.StoreID - b.StoreID) }) // counters in one order
	for _, inv := range rows {
		o, ok := standings[inv.OrderRef]
		if !ok {
			return fmt.Errorf("invoice %s: its order %s is gone", inv.PublicID, inv.OrderRef)
		}
		if err := s.own(ctx, tx, inv, o); err != nil {
			return err
		}
		if err := s.credit(ctx, tx, inv, o, reasons[inv.OrderRef]); err != nil {
			return err
		}
	}
	return nil
}

// own gives the papers of an order to the account that has it now.
func (s *Service) own(ctx context.Context, tx db.Tx, inv invoicedb.Invoice, o order.Standing) error {
	if o.AccountID <= 0 {
		return nil
	}
	q := invoicedb.New(tx)
	ids, err := q.DocumentsOfOrder(ctx, inv.OrderRef)
	if err != nil {
		return err
	}
	for _, id := range ids { // an invoice and its few credit notes
		if err := q.InsertBuyer(ctx, id, o.AccountID); err != nil {
			return err
		}
	}
	return nil
}

// due is what credit notes have to come to: all of the invoice when the goods came back, else what was given back since
// it was written.
func due(inv invoicedb.Invoice, o order.Standing) int64 {
	if o.State == order.Returned {
		return inv.Total
	}
	return min(inv.Total, max(0, o.Refunded-inv.GivenBefore))
}

func (s *Service) credit(ctx context.Context, tx db.Tx, inv invoicedb.Invoice, o order.Standing, reason string) error {
	notes, err := invoicedb.New(tx).CreditNotesOf(ctx, &inv.ID)
	if err != nil {
		return err
	}
	amount := due(inv, o)
	for _, n := range notes {
		amount -= n.Total
	}
	if amount <= 0 {
		return nil
	}
	var c Content
	if err := json.Unmarshal([]byte(inv.Content), &c); err != nil {
		return fmt.Errorf("invoice %s: %w", inv.PublicID, err)
	}
	left := slices.Clone(c.Lines)
	for _, n := range notes {
		var was Content
		if err := json.Unmarshal([]byte(n.Content), &was); err != nil {
			return fmt.Errorf("credit note %s: %w", n.PublicID, err)
		}
		takeOff(left, was.Lines)
	}
	settings, err := s.market.SettingsFor(ctx, tx)
	if err != nil {
		return err
	}
	between := c.Seller.State != c.Buyer.State
	c.Of, c.Kind, c.Reason = &Reference{inv.PublicID, c.Number, c.Date}, kindCredit, reason
	if c.Lines, err = share(left, amount, c.Halved); err != nil {
		return fmt.Errorf("credit note of %s: %w", inv.PublicID, err)
	}
	c.sum(settings.Country, between)
	b, err := s.stores.Briefs(ctx, tx, []int64{inv.StoreID})
	if err != nil {
		return err
	}
	_, err = s.write(ctx, tx, settings, b[inv.StoreID], c, invoicedb.InsertInvoiceParams{InvoiceID: &inv.ID}, o.AccountID)
	return err
}

// takeOff takes the lines of a credit note off those of its invoice. A note has a line for each, in the same order.
func takeOff(left, taken []Line) {
	for i := range min(len(left), len(taken)) {
		l, t := &left[i], taken[i]
		l.Quantity, l.Goods, l.Discount = l.Quantity-t.Quantity, l.Goods-t.Goods, l.Discount-t.Discount
		l.Net, l.Tax, l.Total = l.Net-t.Net, l.Tax-t.Tax, l.Total-t.Total
	}
}

// share spreads an amount over what is left of the lines, by largest remainder, so that no line gives more than it has.
// A line that goes whole takes its goods with it; of others only the money is taken back.
func share(left []Line, amount int64, halved bool) ([]Line, error) {
	weights := make([]int64, len(left))
	for i, l := range left {
		weights[i] = l.Total
	}
	split, err := money.Split(amount, weights)
	if err != nil {
		return nil, err
	}
	out := slices.Clone(left)
	for i, part := range split {
		l := &out[i]
		if part == l.Total {
			continue
		}
		// What stays is taken apart, so that it is in order however often something is taken; a note of a few units may
		// then have a unit of tax too many.
		stays, err := money.TaxRule{Rate: l.TaxRate, Included: true, Halved: halved}.On(l.Total - part)
		if err != nil {
			return nil, err
		}
		tax := l.Tax - min(stays.Tax, l.Tax)
		l.Quantity, l.Discount, l.Tax, l.Total = 0, 0, tax, part
		l.Net = part - tax
		l.Goods = l.Net
	}
	return out, nil
}
