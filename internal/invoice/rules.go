package invoice

import (
	"context"
	"encoding/json"

	"github.com/haat-market/haat/internal/invoice/invoicedb"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/verify"
)

// Rules are what haat verify checks of invoices.
func (s *Service) Rules() []verify.Rule {
	return []verify.Rule{
		{Name: "invoice.series", About: "the documents of a supplier, kind and financial year are numbered from 1 without a gap", Check: s.checkSeries},
		{Name: "invoice.figures", About: "a document's figures are the sums of its lines, and halved taxes have equal halves", Check: s.checkFigures},
		{Name: "invoice.orders", About: "an invoice comes to what its order supplies, and credit notes to no more", Check: s.checkOrders},
		s.selfRule(),
	}
}

func (s *Service) checkSeries(ctx context.Context, tx db.Tx, report func(format string, args ...any)) error {
	q := invoicedb.New(tx)
	n, err := q.CountUncounted(ctx)
	if err != nil {
		return err
	}
	if n > 0 {
		report("%d documents are in no series", n)
	}
	for after := int64(0); ; {
		rows, err := q.VerifySeries(ctx, after)
		if err != nil || len(rows) == 0 {
			return err
		}
		for _, r := range rows {
			if r.Documents != r.Last || r.FirstSerial != 1 || r.LastSerial != r.Last {
				report("%s of store %d in %s: %d documents from %d to %d, and the counter stands at %d", r.Kind, r.StoreID, r.Year, r.Documents, r.FirstSerial, r.LastSerial, r.Last)
			}
			after = r.ID
		}
	}
}

func each(ctx context.Context, tx db.Tx, do func([]invoicedb.VerifyInvoicesRow) error) error {
	q := invoicedb.New(tx)
	for after := int64(0); ; {
		rows, err := q.VerifyInvoices(ctx, after)
		if err != nil || len(rows) == 0 {
			return err
		}
		if err := do(rows); err != nil {
			return err
		}
		after = rows[len(rows)-1].ID
	}
}

func (s *Service) checkFigures(ctx context.Context, tx db.Tx, report func(format string, args ...any)) error {
	return each(ctx, tx, func(rows []invoicedb.VerifyInvoicesRow) error {
		for _, r := range rows {
			var c Content
			if err := json.Unmarshal([]byte(r.Content), &c); err != nil {
				report("document %s cannot be read", r.PublicID)
				continue
			}
			if why := wrong(r, c); why != "" {
				report("document %s: %s", r.PublicID, why)
			}
		}
		return nil
	})
}

func wrong(r invoicedb.VerifyInvoicesRow, c Content) string {
	var net, tax, total, parts int64
	for _, l := range c.Lines {
		if l.Net+l.Tax != l.Total || l.Goods-l.Discount != l.Net || c.Halved && l.Tax%2 != 0 {
			return "a line does not add up"
		}
		net, tax, total = net+l.Net, tax+l.Tax, total+l.Total
	}
	for _, t := range c.Taxes {
		for _, p := range t.Parts {
			parts += p.Amount
		}
		if len(t.Parts) == 2 && t.Parts[0].Amount != t.Parts[1].Amount {
			return "its halves are not equal"
		}
	}
	switch {
	case c.Number != r.Number || c.Kind != r.Kind || c.Order != r.OrderRef:
		return "its paper names another number or order"
	case net != r.Net || tax != r.Tax || total != r.Total || c.Net != net || c.Tax != tax || c.Total != total:
		return "its lines do not come to its figures"
	case parts != tax:
		return "its taxes do not come to its tax"
	}
	return ""
}

func (s *Service) checkOrders(ctx context.Context, tx db.Tx, report func(format string, args ...any)) error {
	return each(ctx, tx, func(rows []invoicedb.VerifyInvoicesRow) error {
		orders := make([]string, 0, len(rows))
		for _, r := range rows {
			orders = append(orders, r.OrderRef)
		}
		standings, err := s.orders.Standings(ctx, tx, orders)
		if err != nil {
			return err
		}
		for _, r := range rows {
			if r.Kind != kindInvoice {
				continue
			}
			if o, ok := standings[r.OrderRef]; !ok || o.Total != r.Total {
				report("invoice %s comes to %d, and its order %s supplies %d", r.PublicID, r.Total, r.OrderRef, o.Total)
			}
			if r.Credited > r.Total {
				report("invoice %s comes to %d, and its credit notes to %d", r.PublicID, r.Total, r.Credited)
			}
		}
		return nil
	})
}
