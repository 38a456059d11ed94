package proof_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/db/dbtest"
)

// passer orders by message without an account. What he sends, he sends again under the same reference until he is
// answered.
type passer struct {
	*crowd
	name   string
	asked  int               // orders that were ever sent
	orders map[string]string // what he was told: by reference the order
}

func (p *passer) reference(n int) string { return fmt.Sprintf("%s-%d", p.name, n) }

// orderedMost is how many a passer orders at most: an address may send sixty in ten minutes.
const orderedMost = 25

// order is his n-th: one of each store's first thing.
func (p *passer) order(n int) request {
	return request{method: "POST", path: "/v1/guest/orders", body: M{
		"reference": p.reference(n), "contact": M{"name": p.name, "phone": fmt.Sprintf("98412%05d", n)}, "address": M{"name": "", "line1": "3 Lake Road", "city": "Pokhara"},
		"lines": []M{{"variant": p.goods[n%len(p.goods)][0], "quantity": 1}},
	}}
}

func (p *passer) live(url string) error {
	for !p.over.Load() || len(p.orders) < p.asked {
		if len(p.orders) == p.asked {
			if p.asked == orderedMost {
				return nil
			}
			p.asked++
		}
		ref := p.reference(p.asked - 1)
		got, err := p.order(p.asked-1).send(p.http, url)
		switch {
		case err != nil:
			return nil // dead
		case got.busy():
			time.Sleep(10 * time.Millisecond)
			continue
		case got.status != http.StatusCreated:
			return fmt.Errorf("%s: order %s: %v", p.name, ref, got)
		}
		orders, _ := got.body["orders"].([]any)
		if len(orders) != 1 {
			return fmt.Errorf("%s: %d orders for %s", p.name, len(orders), ref)
		}
		o, _ := orders[0].(M)
		p.orders[ref] = text(o, "id")
		time.Sleep(50 * time.Millisecond) // he is not in a hurry
	}
	return nil
}

// clerk imports one file of products after another into a store.
type clerk struct {
	*crowd
	store   int
	sent    int    // files that were ever sent
	current string // the import that is under way; "": not answered yet
	done    int    // files that are in
}

// Of each file.
const (
	fileProducts = 12
	fileStock    = 7
)

func (c *clerk) prefix(n int) string { return fmt.Sprintf("import-%d-%03d-", c.store, n) }

// file is his n-th: products of two variants each.
func (c *clerk) file(n int) file {
	var b strings.Builder
	b.WriteString("Handle,Title,Option1 Name,Option1 Value,Variant Inventory Tracker,Variant Inventory Qty,Variant Price\n")
	for i := range fileProducts {
		fmt.Fprintf(&b, "%s%d,Thing %d of file %d,Size,S,shopify,%d,4.00\n%[1]s%[2]d,,,L,shopify,%[5]d,5.00\n", c.prefix(n), i, i, n, fileStock)
	}
	return file(b.String())
}

func (c *clerk) live(url string) error {
	for !c.over.Load() || c.done < c.sent {
		if c.done == c.sent {
			c.sent++
		}
		ask := request{method: "GET", path: "/v1/imports/" + c.current, token: c.owners[c.store]}
		if c.current == "" {
			ask = request{method: "POST", path: "/v1/stores/" + c.stores[c.store] + "/imports", token: c.owners[c.store], key: c.prefix(c.sent) + "key-of-a-file", body: c.file(c.sent)}
		}
		got, err := ask.send(c.http, url)
		switch {
		case err != nil:
			return nil // dead
		case got.busy():
			time.Sleep(10 * time.Millisecond)
		case c.current == "" && got.status == http.StatusAccepted:
			c.current = got.text("id")
		case c.current != "" && got.status == http.StatusOK && got.text("state") == "finished":
			if fmt.Sprint(got.body["error_count"]) != "0" {
				return fmt.Errorf("file %d: %v", c.sent, got)
			}
			c.current, c.done = "", c.done+1
		case c.current != "" && got.status == http.StatusOK && (got.text("state") == "queued" || got.text("state") == "running"):
			time.Sleep(10 * time.Millisecond)
		default:
			return fmt.Errorf("file %d: %v", c.sent, got)
		}
	}
	return nil
}

const (
	allReferences = "SELECT g.reference, o.public_id FROM guest_orders g JOIN orders o ON o.id = g.order_id"
	allImported   = "SELECT p.handle, COUNT(v.id), CAST(SUM(s.available) AS BIGINT) FROM products p JOIN variants v ON v.product_id = p.id JOIN stock s ON s.variant_id = v.id WHERE p.handle LIKE 'import-%' GROUP BY p.handle"
)

var _ = dbtest.SQL(allReferences, allImported)

// checkOthers holds what passers and clerks were told against what is there. at the end everything that was sent has
// been answered.
func (c *crowd) checkOthers(t *testing.T, d *db.DB, end bool) {
	t.Helper()
	references, imported := map[string]string{}, map[string]bool{}
	err := d.Read(context.Background(), "test.others", func(ctx context.Context, tx db.Tx) error {
		clear(references)
		rows, err := tx.Query(ctx, allReferences)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var ref, order string
			if err := rows.Scan(&ref, &order); err != nil {
				return err
			}
			if other := references[ref]; other != "" {
				t.Errorf("the reference %s made two orders: %s and %s", ref, other, order)
			}
			references[ref] = order
		}
		if err := rows.Err(); err != nil {
			return err
		}
		rows.Close()
		clear(imported)
		rows, err = tx.Query(ctx, allImported)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var handle string
			var variants, stock int64
			if err := rows.Scan(&handle, &variants, &stock); err != nil {
				return err
			}
			if variants != 2 || stock != 2*fileStock {
				t.Errorf("%s has %d variants with %d in stock", handle, variants, stock)
			}
			imported[handle] = true
		}
		return rows.Err()
	}, db.Long())
	if err != nil {
		t.Fatal(err)
	}
	sent := 0
	for _, p := range c.passers {
		sent += p.asked
		for ref, order := range p.orders {
			if references[ref] != order {
				t.Errorf("%s was told that %s is order %s; it is %q", p.name, ref, order, references[ref])
			}
		}
	}
	if len(references) > sent || end && len(references) != sent {
		t.Errorf("%d orders by message, %d were sent", len(references), sent)
	}
	files := 0
	for _, k := range c.clerks {
		files += k.sent
		for n := 1; n <= k.done; n++ {
			for i := range fileProducts {
				if handle := fmt.Sprintf("%s%d", k.prefix(n), i); !imported[handle] {
					t.Errorf("file %d of store %d is in, and %s is not there", n, k.store, handle)
				}
			}
		}
	}
	if len(imported) > files*fileProducts || end && len(imported) != files*fileProducts {
		t.Errorf("%d products were imported, of %d files", len(imported), files)
	}
	if end {
		t.Logf("%d orders by message, %d files of products", sent, files)
		if sent < kills || files < len(c.clerks) { // on PostgreSQL the claim of a dead process lapses after a minute
			t.Error("too few orders by message or files for this to prove anything")
		}
	}
}
