package app

import "github.com/haat-market/haat/web/pages"

// mountPages adds the pages for people.
func mountPages(a *App, url string) {
	a.Pages = pages.Mount(a.API, pages.Deps{
		URL: url, Now: a.Clock.Now, Log: a.Log, Market: a.Market, Identity: a.Identity, Stores: a.Stores, Catalog: a.Catalog,
		Inventory: a.Inventory, Payments: a.Payments, Wallet: a.Wallet, Cart: a.Cart, Orders: a.Orders, Delivery: a.Delivery, Invoices: a.Invoices, Watch: a.Watch,
		Rates: a.Rates, Plans: a.Plans, Windows: a.Windows, Commission: a.Commission, Reviews: a.Reviews,
		DB: a.DB, Ledger: a.Ledger, Events: a.Events, Jobs: a.Jobs,
	})
}
