package order

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/haat-market/haat/internal/identity"
	"github.com/haat-market/haat/internal/order/orderdb"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/money"
	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/internal/store"
)

// exportPage is how many orders an export reads at once, each page on a snapshot of its own: memory stays flat and no
// reader is held for minutes.
const exportPage = 100

var exportColumns = []string{
	"number", "id", "reference", "channel", "placed_at", "store", "state", "cancel_reason", "payment_method", "payment_status", "currency",
	"goods", "discount", "tax", "delivery", "total", "refunded", "line_count", "unit_count",
	"name", "phone", "email", "line1", "line2", "city", "district", "state_or_province", "postal_code", "country", "note",
}

// cell makes a text harmless to a spreadsheet, which would run what begins like a formula.
func cell(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r\n", rune(s[0])) {
		return "'" + s
	}
	return s
}

// exportPart is one page of an export.
type exportPart struct {
	rows [][]string
	next string
}

func (s *Service) exportPart(ctx context.Context, caller web.Caller, q ListQuery, zone *time.Location, cursor string) (out exportPart, err error) {
	err = s.db.Read(ctx, "order.export", func(ctx context.Context, tx db.Tx) error {
		orders, next, err := s.listed(ctx, tx, caller, q, web.PageParams{Limit: exportPage, Cursor: cursor})
		if err != nil {
			return err
		}
		stores, checkouts := make([]int64, len(orders)), make([]int64, len(orders))
		for i, o := range orders {
			stores[i], checkouts[i] = o.StoreID, o.CheckoutID
		}
		briefs, err := s.stores.Briefs(ctx, tx, stores)
		if err != nil {
			return err
		}
		found, err := orderdb.New(tx).CheckoutsByID(ctx, checkouts)
		if err != nil {
			return err
		}
		byID := make(map[int64]orderdb.Checkout, len(found))
		for _, c := range found {
			byID[c.ID] = c
		}
		out = exportPart{rows: make([][]string, len(orders)), next: next}
		for i, o := range orders {
			if out.rows[i], err = exportRow(o, byID[o.CheckoutID], briefs[o.StoreID], zone); err != nil {
				return err
			}
		}
		return nil
	})
	return out, err
}

func exportRow(o orderdb.Order, c orderdb.Checkout, b store.Brief, zone *time.Location) ([]string, error) {
	var to Contact
	var a identity.Address
	if err := errors.Join(json.Unmarshal([]byte(c.Contact), &to), json.Unmarshal([]byte(c.Address), &a)); err != nil {
		return nil, err
	}
	cur := money.Currency(o.Currency)
	row := []string{
		Number(o.ID), o.PublicID, o.Reference, o.Channel, clock.Time(o.PlacedAt).In(zone).Format(time.RFC3339), b.Name, o.State, o.CancelReason, o.Method,
		o.PaymentStatus, o.Currency, money.Format(o.Goods, cur), money.Format(o.Discount, cur), money.Format(o.Tax, cur), money.Format(o.Delivery, cur),
		money.Format(o.Total, cur), money.Format(o.Refunded, cur), strconv.FormatInt(o.LineCount, 10), strconv.FormatInt(o.UnitCount, 10),
		to.Name, to.Phone, to.Email, a.Line1, a.Line2, a.City, a.District, a.State, a.PostalCode, a.Country, c.Note,
	}
	for i := range row {
		row[i] = cell(row[i])
	}
	return row, nil
}

type exportOutput struct {
	ContentType string `header:"Content-Type"`
	Disposition string `header:"Content-Disposition"`
	Body        func(huma.Context)
}

// export streams the orders of a list. What can be refused is refused with the first page; whatever fails later breaks the
// connection off, so that half a file is not taken for a whole one.
func (s *Service) export(ctx context.Context, in *exportInput) (*exportOutput, error) {
	write, err := s.Export(ctx, web.CallerFrom(ctx), in.query())
	if err != nil {
		return nil, err
	}
	return &exportOutput{ContentType: "text/csv; charset=utf-8", Disposition: `attachment; filename="orders.csv"`, Body: func(c huma.Context) {
		w := csv.NewWriter(c.BodyWriter())
		err := write(w)
		w.Flush()
		if errors.Join(err, w.Error()) != nil {
			if ctx.Err() == nil {
				s.log.WarnContext(ctx, "export broken off", "cause", errors.Join(err, w.Error()).Error())
			}
			panic(http.ErrAbortHandler)
		}
	}}, nil
}

// Export finds out whether the caller may have a list of orders as a file, and gives what writes it.
func (s *Service) Export(ctx context.Context, caller web.Caller, q ListQuery) (write func(w *csv.Writer) error, err error) {
	settings, err := s.market.Settings(ctx)
	if err != nil {
		return nil, err
	}
	zone := settings.Location()
	part, err := s.exportPart(ctx, caller, q, zone, "")
	if err != nil {
		return nil, err
	}
	return func(w *csv.Writer) error {
		err := w.Write(exportColumns)
		for err == nil {
			if err = w.WriteAll(part.rows); err != nil || part.next == "" {
				break
			}
			part, err = s.exportPart(ctx, caller, q, zone, part.next)
		}
		return err
	}, nil
}
