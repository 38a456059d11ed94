package invoice

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/haat-market/haat/internal/invoice/invoicedb"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/internal/store"
)

const columns = "SELECT i.id, i.public_id, i.kind, i.store_id, i.number, i.order_ref, i.currency, i.net, i.tax, i.total, i.issued_at"

var filters = []db.Filter{
	{Name: "account", SQL: "b.account_id = ?", Type: db.Int},
	{Name: "store", SQL: "i.store_id = ?", Type: db.Int},
	{Name: "kind", SQL: "i.kind = ?", Type: db.Text},
	{Name: "number", SQL: "i.number = ?", Type: db.Text},
	{Name: "from", SQL: "i.issued_at >= ?", Type: db.Int},
	{Name: "to", SQL: "i.issued_at < ?", Type: db.Int},
}

// Two lists and not one, because a buyer's are found from the buyer's side.
var (
	invoiceList = db.DefineList(db.List{
		Name: "invoice.invoices", Select: columns, From: "FROM invoices i", Filters: filters[1:],
		Sorts: []db.Sort{{Name: "newest", Desc: true, Keys: []db.SortKey{{Column: "i.issued_at", Type: db.Int}, {Column: "i.id", Type: db.Int}}}},
		Combos: withKind([]db.Combo{
			{Index: "invoices_issued"}, {Filters: []string{"from", "to"}, Index: "invoices_issued"},
			{Filters: []string{"number"}, Index: "invoices_numbered"}, {Filters: []string{"store"}, Index: "invoices_of_store"},
			{Filters: []string{"store", "from", "to"}, Index: "invoices_of_store"}, {Filters: []string{"number"}, Post: []string{"store"}, Index: "invoices_numbered"},
		}),
	})
	ownList = db.DefineList(db.List{
		Name: "invoice.own", Select: columns, From: "FROM invoice_buyers b JOIN invoices i ON i.id = b.invoice_id", Filters: filters,
		Sorts: []db.Sort{{Name: "newest", Desc: true, Keys: []db.SortKey{{Column: "b.invoice_id", Type: db.Int}}}},
		Combos: withKind([]db.Combo{
			{Filters: []string{"account"}, Index: "invoice_buyers_account"}, {Filters: []string{"account"}, Post: []string{"number"}, Index: "invoice_buyers_account"},
			{Filters: []string{"account"}, Post: []string{"from", "to"}, Index: "invoice_buyers_account"},
		}),
	})
)

// withKind offers each combination also for one kind, which is tested on the rows that the index gives.
func withKind(in []db.Combo) (out []db.Combo) {
	for _, c := range in {
		c.Sort = "newest"
		out = append(out, c)
		c.Post = append(slices.Clone(c.Post), "kind")
		out = append(out, c)
	}
	return out
}

// Query says whose documents (the caller's own, a store's for its people, everybody's for admins), and which of them.
type Query struct {
	Store    string
	All      bool
	Kind     string
	Number   string
	From, To time.Time
}

// far is later than any document.
const far int64 = 253370764800000000

// List pages through documents, newest first. Errors: store.ErrStoreNotFound, store.ErrNoRight, ErrAdminList,
// db.ErrUnsupportedFilter, db.ErrInvalidCursor.
func (s *Service) List(ctx context.Context, caller web.Caller, q Query, page web.PageParams) (out web.Page[Summary], err error) {
	err = s.db.Read(ctx, "invoice.list", func(ctx context.Context, tx db.Tx) error {
		list, given := invoiceList, map[string]any{}
		switch {
		case q.Store != "":
			b, err := s.stores.Require(ctx, tx, caller, q.Store, store.Orders)
			if err != nil {
				return err
			}
			given["store"] = b.ID
		case q.All:
			if !caller.Is(web.RoleAdmin) {
				return ErrAdminList
			}
		default:
			list, given["account"] = ownList, caller.AccountID
		}
		if q.Kind != "" {
			given["kind"] = q.Kind
		}
		if n := strings.ToUpper(strings.TrimSpace(q.Number)); n != "" {
			given["number"] = n
		}
		if !q.From.IsZero() || !q.To.IsZero() {
			given["from"], given["to"] = int64(0), far
			if !q.From.IsZero() {
				given["from"] = clock.Micro(q.From)
			}
			if !q.To.IsZero() {
				given["to"] = clock.Micro(q.To)
			}
		}
		rows, next, err := db.QueryList(ctx, tx, list, db.ListQuery{Filters: given, Limit: page.Limit, Cursor: page.Cursor}, scan)
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
			items[i] = summaryOf(r, briefs[r.StoreID])
		}
		out = web.NewPage(items, next)
		return nil
	})
	return out, err
}

func scan(r db.Scanner) (v invoicedb.Invoice, err error) {
	err = r.Scan(&v.ID, &v.PublicID, &v.Kind, &v.StoreID, &v.Number, &v.OrderRef, &v.Currency, &v.Net, &v.Tax, &v.Total, &v.IssuedAt)
	return v, err
}
