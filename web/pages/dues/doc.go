// Package dues has the pages about money that more than one side opens: invoices, disputes about orders, and payouts.
//
// Who may see and do what is decided by the rooms behind them; a page shows what they allow.
package dues
