package invoice

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/haat-market/haat/internal/invoice/invoicedb"
	"github.com/haat-market/haat/internal/order"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/code"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/event"
	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/verify"
	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/internal/store"
)

// kindSelf is the paper that who buys writes, because who sells writes none.
const kindSelf = "self_invoice"

// selfPrefix begins the public ids of such papers.
const selfPrefix = "sin"

// selfBill writes the paper of a pickup: the household sells, the store buys and writes. The tax is what the store would
// owe for it; nothing of it is paid to somebody without a tax number.
func (s *Service) selfBill(ctx context.Context, tx db.Tx, sale order.Sale) error {
	settings, err := s.market.SettingsFor(ctx, tx)
	if err != nil {
		return err
	}
	b, err := s.stores.Legal(ctx, tx, sale.StoreID)
	if err != nil {
		return fmt.Errorf("buyer of order %s: %w", sale.ID, err)
	}
	c := Content{
		Kind: kindSelf, Order: sale.ID, OrderNumber: sale.Number, Currency: sale.Currency, Paid: sale.Paid, PaidBy: sale.PaidBy,
		Seller: Party{Name: sale.Contact.Name, TaxNumber: sale.Contact.TaxNumber, Email: sale.Contact.Email, Phone: sale.Contact.Phone, Address: whereTo(sale.Address)},
		Buyer:  Party{Name: b.LegalName, Trade: b.Name, TaxNumber: b.TaxNumber, Email: b.Email, Phone: b.Phone, Address: b.Address},
	}
	if c.Seller.Name == "" {
		c.Seller.Name = sale.Address.Name
	}
	from, to := stateOf(settings.Country, "", c.Seller.Address), stateOf(settings.Country, b.TaxNumber, b.Address)
	if to == "" {
		to = from
	}
	c.Seller.State, c.Buyer.State = stateName(from, c.Seller.Address), stateName(to, b.Address)
	c.PlaceOfSupply = c.Buyer.State
	for _, l := range sale.Lines {
		c.Lines = append(c.Lines, Line{
			Title: l.Title, TaxCode: l.TaxCode, Weighed: l.Weighed, Unit: l.Unit, UnitPrice: l.UnitPrice, Goods: l.Goods, Net: l.Net, TaxRate: l.TaxRate, Tax: l.Tax, Total: l.Total,
		})
		c.Reverse = c.Reverse || reversed(settings.Country, l.TaxCode, c.Buyer.TaxNumber, c.Seller.TaxNumber)
	}
	c.sum(settings.Country, from != to)
	if c.Total != sale.Total {
		return fmt.Errorf("order %s: its lines come to %d and not to %d", sale.ID, c.Total, sale.Total)
	}
	return s.writeSelf(ctx, tx, settings.Country, s.clock.Now().In(settings.Location()), b.Brief, c, sale.AccountID)
}

// reversed says whether the buyer owes the tax: in India a registered one does who buys metal scrap (the chapters 72 to 81
// of the HSN) of somebody without a number.
func reversed(country, taxCode, buyer, seller string) bool {
	return country == "IN" && buyer != "" && seller == "" && taxCode >= "72" && taxCode < "82"
}

// writeSelf numbers the paper and keeps it. The counter is the last lock, as that of invoices is.
func (s *Service) writeSelf(ctx context.Context, tx db.Tx, country string, day time.Time, b store.Brief, c Content, account int64) error {
	short, long := financialYear(country, day)
	q := invoicedb.New(tx)
	serial, err := q.NextSelfSerial(ctx, b.ID, short)
	if err != nil {
		return fmt.Errorf("number of a self-invoice: %w", err)
	}
	c.Number, c.Year, c.Date = number(b.ID, short, kindSelf, serial), long, day.Format(time.DateOnly)
	text, err := json.Marshal(c)
	if err != nil {
		return err
	}
	id := code.ID(selfPrefix)
	if err := q.InsertSelfInvoice(ctx, invoicedb.InsertSelfInvoiceParams{
		PublicID: id, StoreID: b.ID, AccountID: account, Year: short, Serial: serial, Number: c.Number, OrderRef: c.Order, Currency: string(c.Currency), Net: c.Net, Tax: c.Tax, Total: c.Total,
		Content: string(text), IssuedAt: clock.Micro(day),
	}); err != nil {
		return fmt.Errorf("insert self-invoice: %w", err)
	}
	return s.events.Append(ctx, tx, event.Event{Type: "invoice.self_issued", Subject: id, Actor: event.System, Facts: map[string]any{
		"number": c.Number, "order": c.Order, "store": b.PublicID, "currency": string(c.Currency), "total": c.Total,
	}})
}

// plain is such a paper in the shape of the others.
func plain(r invoicedb.SelfInvoice) invoicedb.Invoice {
	return invoicedb.Invoice{
		ID: r.ID, PublicID: r.PublicID, Kind: kindSelf, StoreID: r.StoreID, Year: r.Year, Serial: r.Serial, Number: r.Number, OrderRef: r.OrderRef, Currency: r.Currency,
		Net: r.Net, Tax: r.Tax, Total: r.Total, Content: r.Content, IssuedAt: r.IssuedAt,
	}
}

func isSelf(id string) bool { return strings.HasPrefix(id, selfPrefix+"_") }

// getSelf is Get of a paper of this kind: for who sold, the store's people and admins.
func (s *Service) getSelf(ctx context.Context, tx db.Tx, caller web.Caller, id string) (View, error) {
	row, err := invoicedb.New(tx).SelfInvoice(ctx, id)
	if errors.Is(err, db.ErrNoRows) {
		return View{}, ErrNotFound
	}
	if err != nil {
		return View{}, err
	}
	if !caller.Is(web.RoleAdmin) && (!caller.SignedIn() || row.AccountID != caller.AccountID) {
		_, err := s.stores.RequireID(ctx, tx, caller, row.StoreID, store.Orders)
		if f, ok := fault.As(err); ok && f.Kind == fault.NotFound {
			return View{}, ErrNotFound
		}
		if err != nil {
			return View{}, err
		}
	}
	return s.show(ctx, tx, plain(row))
}

const selfColumns = "SELECT i.id, i.public_id, i.store_id, i.number, i.order_ref, i.currency, i.net, i.tax, i.total, i.issued_at"

var selfList = db.DefineList(db.List{
	Name: "invoice.self", Select: selfColumns, From: "FROM self_invoices i",
	Filters: []db.Filter{{Name: "account", SQL: "i.account_id = ?", Type: db.Int}, {Name: "store", SQL: "i.store_id = ?", Type: db.Int}},
	Sorts:   []db.Sort{{Name: "newest", Desc: true, Keys: []db.SortKey{{Column: "i.id", Type: db.Int}}}},
	Combos: []db.Combo{
		{Sort: "newest", Index: "self_invoices_pkey"},
		{Filters: []string{"account"}, Sort: "newest", Index: "self_invoices_of_account"},
		{Filters: []string{"store"}, Sort: "newest", Index: "self_invoices_of_store"},
	},
})

// SelfInvoices pages through such papers, newest first: the caller's own sales, a store's purchases for its people, or
// everybody's for admins. Errors: ErrAdminList, db.ErrInvalidCursor; store.Require's.
func (s *Service) SelfInvoices(ctx context.Context, caller web.Caller, storeID string, all bool, page web.PageParams) (out web.Page[Summary], err error) {
	err = s.db.Read(ctx, "invoice.self", func(ctx context.Context, tx db.Tx) error {
		filters := map[string]any{}
		switch {
		case storeID != "":
			b, err := s.stores.Require(ctx, tx, caller, storeID, store.Orders)
			if err != nil {
				return err
			}
			filters["store"] = b.ID
		case !all:
			filters["account"] = caller.AccountID
		case !caller.Is(web.RoleAdmin):
			return ErrAdminList
		}
		rows, next, err := db.QueryList(ctx, tx, selfList, db.ListQuery{Filters: filters, Limit: page.Limit, Cursor: page.Cursor}, func(r db.Scanner) (v invoicedb.SelfInvoice, err error) {
			err = r.Scan(&v.ID, &v.PublicID, &v.StoreID, &v.Number, &v.OrderRef, &v.Currency, &v.Net, &v.Tax, &v.Total, &v.IssuedAt)
			return v, err
		})
		if err != nil {
			return err
		}
		stores := make([]int64, len(rows))
		for i, r := range rows {
			stores[i] = r.StoreID
		}
		briefs, err := s.stores.Briefs(ctx, tx, stores)
		if err != nil {
			return err
		}
		items := make([]Summary, len(rows))
		for i, r := range rows {
			items[i] = summaryOf(plain(r), briefs[r.StoreID])
		}
		out = web.NewPage(items, next)
		return nil
	})
	return out, err
}

// selfRule is what haat verify checks of these papers.
func (s *Service) selfRule() verify.Rule {
	return verify.Rule{Name: "invoice.self", About: "the papers of what a store bought are numbered without a gap, add up, and come to what their orders do", Check: s.checkSelf}
}

func (s *Service) checkSelf(ctx context.Context, tx db.Tx, report func(format string, args ...any)) error {
	q := invoicedb.New(tx)
	last, err := q.LastSelfSeries(ctx)
	if err != nil {
		return err
	}
	for after := int64(0); after < last; after += 1000 {
		rows, err := q.VerifySelfSeries(ctx, after)
		if err != nil {
			return err
		}
		for _, r := range rows {
			if r.Documents != r.Last || r.LastSerial != r.Last {
				report("papers of store %d in %s: %d, the last is %d, and the counter stands at %d", r.StoreID, r.Year, r.Documents, r.LastSerial, r.Last)
			}
		}
	}
	for after := int64(0); ; {
		rows, err := q.VerifySelfInvoices(ctx, after)
		if err != nil || len(rows) == 0 {
			return err
		}
		after = rows[len(rows)-1].ID
		orders := make([]string, len(rows))
		for i, r := range rows {
			orders[i] = r.OrderRef
		}
		standings, err := s.orders.Standings(ctx, tx, orders)
		if err != nil {
			return err
		}
		for _, r := range rows {
			s.judgeSelf(r, standings[r.OrderRef], report)
		}
	}
}

func (s *Service) judgeSelf(r invoicedb.SelfInvoice, o order.Standing, report func(format string, args ...any)) {
	var c Content
	if err := json.Unmarshal([]byte(r.Content), &c); err != nil {
		report("paper %s cannot be read", r.PublicID)
		return
	}
	if why := wrong(invoicedb.VerifyInvoicesRow{Kind: kindSelf, Number: r.Number, OrderRef: r.OrderRef, Net: r.Net, Tax: r.Tax, Total: r.Total}, c); why != "" {
		report("paper %s: %s", r.PublicID, why)
	}
	if o.ID == "" || o.Total != r.Total || o.StoreID != r.StoreID || o.AccountID != r.AccountID {
		report("paper %s comes to %d, of store %d and account %d; its order %q to %d, of store %d and account %d", r.PublicID, r.Total, r.StoreID, r.AccountID, r.OrderRef, o.Total, o.StoreID, o.AccountID)
	}
}
