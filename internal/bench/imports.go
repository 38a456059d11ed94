package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// What is measured of files of products.
const (
	whatAlone  = "checkout over http, no import"
	whatBeside = "checkout over http, beside an import"
	whatAfter  = "checkout over http, no import, afterwards"
)

// FileRun is how fast files of products went in.
type FileRun struct {
	What    string  `json:"what"`
	Files   int     `json:"files"`
	Rows    int64   `json:"rows"`
	Seconds float64 `json:"seconds"` // from sending a file to the moment at which its import says that it is finished
}

// PerSecond is how many rows a second that were.
func (f FileRun) PerSecond() float64 { return float64(f.Rows) / f.Seconds }

// fileHead names the columns that a file from a shop has.
const fileHead = "Handle,Title,Body (HTML),Vendor,Product Category,Type,Tags,Published,Option1 Name,Option1 Value,Option2 Name,Option2 Value," +
	"Variant SKU,Variant Grams,Variant Inventory Tracker,Variant Inventory Qty,Variant Inventory Policy,Variant Fulfillment Service,Variant Price," +
	"Variant Requires Shipping,Variant Taxable,Variant Barcode,Image Src,Status\n"

// productFile is a file of so many rows: in turns products of one variant and of four, none of which is there before.
func productFile(series string, rows int) []byte {
	var b bytes.Buffer
	b.WriteString(fileHead)
	for row, n := 0, 0; row < rows; n++ {
		variants := 1
		if n%2 == 1 {
			variants = min(4, rows-row)
		}
		handle := "file-" + series + "-" + strconv.Itoa(n)
		title := colours[n%len(colours)] + " " + things[n/7%len(things)] + " " + strconv.Itoa(n)
		for v := range variants {
			if v == 0 {
				fmt.Fprintf(&b, "%s,%s,<p>Made by hand in the valley. <b>Washes well</b> and keeps its shape.</p>,Brand %d,,Household,\"gift, home\",true,", handle, title, n%50)
			} else {
				fmt.Fprintf(&b, "%s,,,,,,,,", handle)
			}
			switch {
			case variants == 1:
				b.WriteString("Title,Default Title,,")
			case v == 0:
				fmt.Fprintf(&b, "Size,%s,Colour,%s", []string{"S", "M"}[v/2], []string{"red", "blue"}[v%2])
			default:
				fmt.Fprintf(&b, ",%s,,%s", []string{"S", "M"}[v/2], []string{"red", "blue"}[v%2])
			}
			fmt.Fprintf(&b, ",F-%s-%d-%d,250,shopify,%d,deny,manual,%d.50,true,true,,,active\n", series, n, v, 5+n%90, 100+n*37%900+v)
			row++
		}
	}
	return b.Bytes()
}

// send sends one file as a seller does and waits until it is in.
func (b *bench) send(ctx context.Context, series string, rows int) error {
	file := productFile(series, rows)
	c := caller{at: b.at, token: b.stage.seller}
	var imp struct {
		ID      string `json:"id"`
		State   string `json:"state"`
		Failure string `json:"failure"`
		Rows    int    `json:"rows"`
		Errors  int64  `json:"error_count"`
		First   []struct {
			Line    int    `json:"line"`
			Message string `json:"message"`
		} `json:"errors"`
	}
	if err := c.post(ctx, "/v1/stores/"+b.stage.store+"/imports", "text/csv", file, &imp); err != nil {
		return err
	}
	for imp.State == "queued" || imp.State == "running" {
		if err := sleep(ctx, 10*time.Millisecond); err != nil {
			return err
		}
		if err := c.call(ctx, http.MethodGet, "/v1/imports/"+imp.ID, nil, &imp); err != nil {
			return err
		}
	}
	if imp.State != "finished" || imp.Errors > 0 || imp.Rows < rows {
		return fmt.Errorf("import: %s with %d errors after %d rows: %s %v", imp.State, imp.Errors, imp.Rows, imp.Failure, imp.First)
	}
	return nil
}

// post sends what is no JSON and decodes the answer.
func (c caller) post(ctx context.Context, path, kind string, body []byte, out any) (err error) {
	k := c.at.open()
	defer func() { err = errors.Join(err, k.close()) }()
	k.request(http.MethodPost, path, c.token)
	k.header("Content-Type", kind)
	k.header("Content-Length", strconv.Itoa(len(body)))
	k.out = append(append(k.out, "\r\n"...), body...)
	if err := k.dial(ctx); err != nil {
		return err
	}
	status, err := k.exchange()
	if err != nil {
		return fmt.Errorf("POST %s: %w", path, err)
	}
	if status/100 != 2 {
		return &refusal{method: http.MethodPost, path: path, status: status, code: string(textOf(k.body, `"code":"`)), detail: string(textOf(k.body, `"detail":"`))}
	}
	return json.Unmarshal(k.body, out)
}

// Import measures how fast a store's file of products goes in over the API, and what checkouts lose beside one: they
// are measured before, while one file after another goes in, and afterwards, when the market has grown.
func Import(ctx context.Context, o Options, rows int) (*Report, error) {
	if o.URL != "" {
		return nil, errors.New("thousands of products go into a store: this is measured on a market that is started, not at an address")
	}
	if rows < 1 || rows > 100_000 {
		return nil, errors.New("a file has from 1 to 100,000 rows")
	}
	return session(ctx, o, "import", func(b *bench) error {
		buy := func(what string, n int) error {
			return b.overHTTP(ctx, what, n, func(w buyer) worker { return &checkouter{w} })
		}
		if err := b.imported(ctx, "file of products, alone", "alone", rows, func(sent int) bool { return sent < 1 }); err != nil {
			return err
		}
		for _, n := range b.Clients {
			if err := buy(whatAlone, n); err != nil {
				return err
			}
			if err := b.whileImporting(ctx, n, rows, func() error { return buy(whatBeside, n) }); err != nil {
				return err
			}
			if err := buy(whatAfter, n); err != nil {
				return err
			}
		}
		return nil
	})
}

// imported sends files as long as more says so, and writes down how fast they went in.
func (b *bench) imported(ctx context.Context, what, series string, rows int, more func(sent int) bool) error {
	r := FileRun{What: what}
	for began := time.Now(); more(r.Files); r.Seconds = time.Since(began).Seconds() {
		if err := b.send(ctx, series+strconv.Itoa(r.Files), rows); err != nil {
			return err
		}
		r.Files++
		r.Rows += int64(rows)
	}
	b.report.Imports = append(b.report.Imports, r)
	b.note("%-34s %d files of %d rows %9.0f rows/s", what, r.Files, rows, r.PerSecond())
	return nil
}

// whileImporting runs f while files go in without a pause. The last one goes in whole.
func (b *bench) whileImporting(ctx context.Context, clients, rows int, f func() error) error {
	over, done := make(chan struct{}), make(chan error, 1)
	go func() {
		done <- b.imported(ctx, fmt.Sprintf("file of products, beside checkouts of %d clients", clients), "beside"+strconv.Itoa(clients)+"x", rows, func(sent int) bool {
			select {
			case <-over:
				return sent < 1
			default:
				return true
			}
		})
	}()
	err := f()
	close(over)
	return errors.Join(err, <-done)
}

func (r *Report) files() table {
	t := table{head: []string{"went in", "files", "rows", "seconds", "rows a second"}, right: 1}
	for _, x := range r.Imports {
		t.rows = append(t.rows, []string{x.What, fmt.Sprint(x.Files), fmt.Sprint(x.Rows), fmt.Sprintf("%.2f", x.Seconds), fmt.Sprintf("%.0f", x.PerSecond())})
	}
	return t
}

// judgeImports compares checkouts beside an import with the mean of those before and after it.
func (r *Report) judgeImports(least func(name string, want, value float64, unit string)) {
	if len(r.Imports) == 0 {
		return
	}
	least("rows of a file of products, alone", 5000, r.Imports[0].PerSecond(), "/s")
	for _, x := range r.Runs {
		before, ok := r.find(whatAlone, x.Clients)
		after, also := r.find(whatAfter, x.Clients)
		if x.What != whatBeside || !ok || !also || before.PerSecond+after.PerSecond == 0 {
			continue
		}
		ratio := 2 * x.PerSecond / (before.PerSecond + after.PerSecond)
		r.Ratios = append(r.Ratios, Ratio{"checkouts beside an import / without", x.Clients, ratio})
		if y := (before.P50 + after.P50) / 2; y > 0 {
			r.Ratios = append(r.Ratios, Ratio{"their median / without", x.Clients, x.P50 / y})
		}
		least(fmt.Sprintf("checkouts beside an import against without, %d clients", x.Clients), 0.8, ratio, "")
	}
}
