package cart

import (
	"fmt"
	"testing"

	"github.com/haat-market/haat/internal/catalog"
	"github.com/haat-market/haat/internal/platform/money"
	"github.com/haat-market/haat/internal/store"
)

func sellable(price int64) catalog.Sellable {
	return catalog.Sellable{VariantID: 1, Variant: "var_1", StoreID: 1, Store: store.Brief{ID: 1, PublicID: "sto_1"}, Title: "Rice", Price: price, Currency: "NPR"}
}

func TestJudge(t *testing.T) {
	gone := sellable(100)
	gone.Reason = catalog.ReasonNotPublished
	for _, c := range []struct {
		name      string
		qty, seen int64
		sell      catalog.Sellable
		known     bool
		available int64
		issues    []Issue
		total     int64
	}{
		{"all well", 3, 100, sellable(100), true, 3, nil, 300},
		{"not tracked", 3, 100, sellable(100), true, -1, nil, 300},
		{"free", 3, 0, sellable(0), true, -1, nil, 0},
		{"one too many", 3, 100, sellable(100), true, 2, []Issue{IssueOutOfStock}, 300},
		{"none left", 3, 100, sellable(100), true, 0, []Issue{IssueOutOfStock}, 300},
		{"dearer", 3, 100, sellable(101), true, 9, []Issue{IssuePriceChanged}, 303},
		{"cheaper", 3, 100, sellable(99), true, 9, []Issue{IssuePriceChanged}, 297},
		{"dearer and short", 3, 100, sellable(101), true, 1, []Issue{IssueOutOfStock, IssuePriceChanged}, 303},
		{"unpublished", 3, 100, gone, true, 9, []Issue{IssueGone}, 0},
		{"forgotten", 3, 100, catalog.Sellable{}, false, -1, []Issue{IssueGone}, 0},
		{"beyond an amount", 10_000, money.Max, sellable(money.Max), true, -1, []Issue{IssueTotal}, 0},
	} {
		it := judge(Line{Qty: c.qty, PriceSeen: c.seen}, c.sell, c.known, c.available)
		if fmt.Sprint(it.Issues) != fmt.Sprint(c.issues) || it.Total != c.total {
			t.Errorf("%s: %v and %d, want %v and %d", c.name, it.Issues, it.Total, c.issues, c.total)
		}
	}
}

func TestCompose(t *testing.T) {
	item := func(storeID int64, cur string, qty, price int64, known bool) Item {
		s := sellable(price)
		s.StoreID, s.Store, s.Currency = storeID, store.Brief{ID: storeID}, cur
		return judge(Line{Qty: qty, PriceSeen: price}, s, known, -1)
	}
	v := compose("crt_1", []Item{
		item(2, "NPR", 1, 500, true), item(1, "NPR", 2, 100, true), item(2, "INR", 3, 10, true), item(2, "NPR", 4, 1, true), item(1, "NPR", 7, 9, false),
	})
	if v.LineCount != 5 || v.UnitCount != 17 {
		t.Errorf("%d lines, %d units", v.LineCount, v.UnitCount)
	}
	if got := fmt.Sprint(v.Goods); got != "[{INR 30 1 3} {NPR 704 3 7}]" {
		t.Errorf("goods %s", got)
	}
	if len(v.Stores) != 2 || v.Stores[0].Store.ID != 2 || fmt.Sprint(v.Stores[0].Goods) != "[{INR 30 1 3} {NPR 504 2 5}]" ||
		fmt.Sprint(v.Stores[1].Goods) != "[{NPR 200 1 2}]" || len(v.Stores[1].Items) != 2 {
		t.Errorf("stores %+v", v.Stores)
	}
	// A hundred of the dearest lines are still a number.
	var many []Item
	for range maxLines {
		many = append(many, item(1, "NPR", 1, money.Max, true))
	}
	if got := compose("", many).Goods[0].Amount; got != maxLines*money.Max {
		t.Errorf("sum %d", got)
	}
	if empty := compose("", nil); empty.Goods != nil || len(empty.Stores) != 0 {
		t.Errorf("empty %+v", empty)
	}
}

func TestSettle(t *testing.T) {
	old := Line{ID: 7, Qty: 2, PriceSeen: 100}
	gone := sellable(100)
	gone.Reason = catalog.ReasonStoreClosed
	for _, c := range []struct {
		name      string
		t         target
		available int64
		keep      int64
		changes   string
	}{
		{"as it was", target{line: old, seen: old.PriceSeen, agreed: true, qty: 2, sell: sellable(100), known: true}, 5, 2, ""},
		{"the client wants more", target{line: old, seen: old.PriceSeen, agreed: true, qty: 4, sell: sellable(100), known: true}, 5, 4, ""},
		{"new from the client", target{qty: 4, sell: sellable(100), known: true}, 5, 4, ""},
		{"more than is left", target{line: old, seen: old.PriceSeen, agreed: true, qty: 9, sell: sellable(100), known: true}, 5, 5, "quantity_reduced out_of_stock 9>5"},
		{"new and more than is left", target{qty: 9, sell: sellable(100), known: true}, 5, 5, "quantity_reduced out_of_stock 9>5"},
		{"another price", target{line: old, seen: old.PriceSeen, agreed: true, qty: 2, sell: sellable(120), known: true}, 5, 2, "price_changed  100>120"},
		{"both", target{line: old, seen: old.PriceSeen, agreed: true, qty: 9, sell: sellable(120), known: true}, 5, 5, "quantity_reduced out_of_stock 9>5, price_changed  100>120"},
		{"not tracked", target{line: old, seen: old.PriceSeen, agreed: true, qty: 9, sell: sellable(100), known: true}, -1, 9, ""},
		{"nothing left", target{line: old, seen: old.PriceSeen, agreed: true, qty: 2, sell: sellable(100), known: true}, 0, 0, "removed out_of_stock 2>0"},
		{"not sold any more", target{line: old, seen: old.PriceSeen, agreed: true, qty: 2, sell: gone, known: true}, 5, 0, "removed store_not_open 2>0"},
		{"never heard of", target{variant: "var_x", qty: 2}, 0, 0, "removed variant_gone 2>0"},
		{"beyond an amount", target{line: old, seen: old.PriceSeen, agreed: true, qty: 10_000, sell: sellable(money.Max), known: true}, -1, 0, "removed total_too_large 10000>0"},
	} {
		keep, changes := settle(c.t, c.available)
		said := ""
		for i, ch := range changes {
			if i > 0 {
				said += ", "
			}
			from, to := ch.OldQty, ch.NewQty
			if ch.Kind == ChangePrice {
				from, to = ch.OldPrice, ch.NewPrice
			}
			said += fmt.Sprintf("%s %s %d>%d", ch.Kind, ch.Reason, from, to)
		}
		if keep != c.keep || said != c.changes {
			t.Errorf("%s: keeps %d and says %q, want %d and %q", c.name, keep, said, c.keep, c.changes)
		}
	}
}
