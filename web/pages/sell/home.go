package sell

import (
	"github.com/haat-market/haat/internal/inventory"
	"github.com/haat-market/haat/internal/ledger"
	"github.com/haat-market/haat/internal/order"
	"github.com/haat-market/haat/internal/platform/money"
	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/internal/store"
	"github.com/haat-market/haat/web/pages/frame"
)

type storesPage struct {
	Desk  *Desk
	Items []storeRow
	pager
	Seller bool
}

type storeRow struct {
	store.Seen
	Badge Badge
}

// stores are those that the reader works in. Who works in one only is led there.
func (s *sell) stores(p *frame.Page) error {
	p.NoIndex, p.Section = true, "sell"
	items, next, err := s.Stores.List(p.Context(), p.Caller, store.Query{Mine: true, Limit: perPage, Cursor: cursor(p)})
	if err != nil {
		return err
	}
	if len(items) == 0 && cursor(p) == "" && !p.Is(web.RoleSeller) {
		return store.ErrSellerRole
	}
	if len(items) == 1 && next == "" && p.R.URL.RawQuery == "" {
		return p.See("/sell/" + items[0].PublicID)
	}
	page := storesPage{Seller: p.Is(web.RoleSeller)}
	for _, st := range items {
		page.Items = append(page.Items, storeRow{st, StoreBadge(p, st.State)})
	}
	page.set(p, next)
	return p.Show("sell/stores", p.T("Your stores"), page)
}

type homePage struct {
	Desk     *Desk
	Badge    Badge
	Waiting  []orderRow // for an answer
	ToShip   []orderRow
	Low      []shelfRow
	Currency money.Currency
	Earned   ledger.Balance
	Begin    bool // nothing is there yet
}

// few is how many of each the first page shows.
const few = 5

// home is the day at a glance: what waits, what runs out, what was earned.
func (s *sell) home(p *frame.Page, d *Desk) error {
	page := homePage{Desk: d, Badge: StoreBadge(p, d.State)}
	if d.May("orders") {
		for state, into := range map[order.State]*[]orderRow{order.Pending: &page.Waiting, order.Confirmed: &page.ToShip} {
			list, err := s.Orders.List(p.Context(), p.Caller, order.ListQuery{Store: d.PublicID, State: string(state)}, web.PageParams{Limit: few})
			if err != nil {
				return err
			}
			*into = orderRows(p, list.Items)
		}
	}
	any, _, err := s.Catalog.Own(p.Context(), p.Caller, d.PublicID, "", 1, "")
	if err != nil {
		return err
	}
	page.Begin = len(any) == 0
	if d.May("stock") {
		if page.Low, _, err = s.counted(p, d, inventory.ShelfQuery{State: "low", Limit: few}); err != nil {
			return err
		}
	}
	funds, _, _, err := s.Wallet.Earnings(p.Context(), p.Caller, d.PublicID, web.PageParams{Limit: 1})
	if err != nil {
		return err
	}
	page.Currency, page.Earned = funds.Currency, funds.Balance
	return p.Show("sell/home", d.Profile.Name, page)
}
