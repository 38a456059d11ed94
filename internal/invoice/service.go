package invoice

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/haat-market/haat/internal/identity"
	"github.com/haat-market/haat/internal/invoice/invoicedb"
	"github.com/haat-market/haat/internal/market"
	"github.com/haat-market/haat/internal/order"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/code"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/event"
	"github.com/haat-market/haat/internal/store"
)

// Deps are what the room stands on.
type Deps struct {
	DB     *db.DB
	Clock  clock.Clock
	Events *event.Log
	Market *market.Service
	Stores *store.Service
	Orders *order.Service
}

// Service is the room.
type Service struct {
	db     *db.DB
	clock  clock.Clock
	events *event.Log
	market *market.Service
	stores *store.Service
	orders *order.Service
}

// New opens the room: it writes the bills of orders, and follows what becomes of them.
func New(d Deps) *Service {
	s := &Service{db: d.DB, clock: d.Clock, events: d.Events, market: d.Market, stores: d.Stores, orders: d.Orders}
	d.Orders.BillWith(s)
	d.Events.FollowTx("invoice.follow", s.follow, event.Only(followed...), event.Batch(20), event.Calmly())
	return s
}

// Bill implements order.Biller: it writes the invoice of an order that leaves its store, or the paper of what a store bought.
func (s *Service) Bill(ctx context.Context, tx db.Tx, sale order.Sale) error {
	if sale.Bought {
		return s.selfBill(ctx, tx, sale)
	}
	settings, err := s.market.SettingsFor(ctx, tx)
	if err != nil {
		return err
	}
	seller, err := s.stores.Legal(ctx, tx, sale.StoreID)
	if err != nil {
		return fmt.Errorf("seller of order %s: %w", sale.ID, err)
	}
	c := Content{
		Kind: kindInvoice, Order: sale.ID, OrderNumber: sale.Number, Currency: sale.Currency, Halved: sale.Halved,
		Seller: Party{Name: seller.LegalName, Trade: seller.Name, TaxNumber: seller.TaxNumber, Email: seller.Email, Phone: seller.Phone, Address: seller.Address},
		Buyer:  Party{Name: sale.Contact.Name, TaxNumber: sale.Contact.TaxNumber, Email: sale.Contact.Email, Phone: sale.Contact.Phone, Address: whereTo(sale.Address)},
	}
	if c.Buyer.Name == "" {
		c.Buyer.Name = sale.Address.Name
	}
	from, to := stateOf(settings.Country, seller.TaxNumber, seller.Address), stateOf(settings.Country, "", c.Buyer.Address)
	if to == "" { // goods are supplied where they are brought to; where no address says that, the buyer's own number does
		to = stateOf(settings.Country, c.Buyer.TaxNumber, nil)
	}
	if to == "" {
		to = from // of whom no state is known, the law takes the supplier's
	}
	c.Seller.State, c.Buyer.State = stateName(from, seller.Address), stateName(to, c.Buyer.Address)
	c.PlaceOfSupply = c.Buyer.State
	for _, l := range sale.Lines {
		c.Lines = append(c.Lines, Line{
			Title: l.Title, Variant: l.VariantTitle, SKU: l.SKU, TaxCode: l.TaxCode, Quantity: l.Quantity, UnitPrice: l.UnitPrice, Goods: l.Goods,
			Discount: l.Discount, Net: l.Net, TaxRate: l.TaxRate, Tax: l.Tax, Total: l.Total,
		})
	}
	if sale.Delivery > 0 {
		c.Lines = append(c.Lines, Line{Title: "Delivery", Quantity: 1, UnitPrice: sale.Delivery, Goods: sale.Delivery, Net: sale.Delivery, Total: sale.Delivery, Delivery: true})
	}
	c.sum(settings.Country, from != to)
	if c.Total != sale.Total {
		return fmt.Errorf("order %s: its lines come to %d and not to %d", sale.ID, c.Total, sale.Total)
	}
	_, err = s.write(ctx, tx, settings, seller.Brief, c, invoicedb.InsertInvoiceParams{GivenBefore: sale.Refunded}, sale.AccountID)
	return err
}

// whereTo is an address, or nil for one that says nothing.
func whereTo(a identity.Address) *identity.Address {
	if a.Line1 == "" && a.City == "" {
		return nil
	}
	return &a
}

// write gives a document its number and keeps it. The counter is the last lock: only documents of one supplier wait for
// each other, and a transaction that fails gives its number back.
func (s *Service) write(ctx context.Context, tx db.Tx, settings market.Settings, b store.Brief, c Content, row invoicedb.InsertInvoiceParams, account int64) (string, error) {
	now := s.clock.Now()
	day := now.In(settings.Location())
	short, long := financialYear(settings.Country, day)
	q := invoicedb.New(tx)
	serial, err := q.NextSerial(ctx, b.ID, short, c.Kind)
	if err != nil {
		return "", fmt.Errorf("number of %s: %w", c.Kind, err)
	}
	c.Number, c.Year, c.Date = number(b.ID, short, c.Kind, serial), long, day.Format(time.DateOnly)
	text, err := json.Marshal(c)
	if err != nil {
		return "", err
	}
	row.PublicID, row.Kind, row.StoreID, row.Year, row.Serial, row.Number = code.ID("inv"), c.Kind, b.ID, short, serial, c.Number
	row.OrderRef, row.Currency, row.Net, row.Tax, row.Total = c.Order, string(c.Currency), c.Net, c.Tax, c.Total
	row.Content, row.IssuedAt = string(text), clock.Micro(now)
	id, err := q.InsertInvoice(ctx, row)
	if err != nil {
		return "", fmt.Errorf("insert %s: %w", c.Kind, err)
	}
	if account > 0 {
		if err := q.InsertBuyer(ctx, id, account); err != nil {
			return "", err
		}
	}
	facts := map[string]any{"number": c.Number, "order": c.Order, "store": b.PublicID, "currency": string(c.Currency), "total": c.Total}
	if c.Of != nil {
		facts["of"] = c.Of.Number
	}
	kind := "invoice.issued"
	if c.Kind == kindCredit {
		kind = "invoice.credited"
	}
	return row.PublicID, s.events.Append(ctx, tx, event.Event{Type: kind, Subject: row.PublicID, Actor: event.System, Facts: facts})
}
