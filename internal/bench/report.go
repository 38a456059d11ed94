package bench

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
)

// Report is all that a session found out.
type Report struct {
	Name    string  `json:"name"`
	Version string  `json:"version"`
	Machine Machine `json:"machine"`
	Shape   Shape   `json:"data"`
	Warm    float64 `json:"warm_up_seconds"`
	Runs    []Run   `json:"runs"`
	// Imports are files of products that went in.
	Imports []FileRun `json:"imports,omitempty"`
	// Weights are what pages weigh.
	Weights []Weight `json:"weights,omitempty"`
	Ratios  []Ratio  `json:"ratios"`
	Bars    []Bar    `json:"bars"`
	Start   float64  `json:"start_seconds,omitempty"` // of the server, on the prepared database
	Size    int64    `json:"program_bytes,omitempty"`
	IdleRSS int64    `json:"idle_rss_bytes,omitempty"`
	MostRSS int64    `json:"most_rss_bytes,omitempty"`
}

// Ratio compares two measurements at the same number of clients.
type Ratio struct {
	Name    string  `json:"name"`
	Clients int     `json:"clients"`
	Value   float64 `json:"value"`
}

// Bar is a figure that the market is held to on a quiet machine.
type Bar struct {
	Name  string  `json:"name"`
	Want  string  `json:"want"`
	Value float64 `json:"value"`
	Met   bool    `json:"met"`
}

// barClients is the number of clients that the checkout's bars are about, and calmClients that of its latency.
const (
	barClients  = 64
	calmClients = 16
)

func (r *Report) find(what string, clients int) (Run, bool) {
	i := slices.IndexFunc(r.Runs, func(x Run) bool { return x.What == what && x.Clients == clients })
	if i < 0 {
		return Run{}, false
	}
	return r.Runs[i], true
}

// judge compares the measurements with each other and with the bars.
func (r *Report) judge() {
	for _, c := range []struct{ name, of, to string }{
		{"http / in process", whatCheckout, whatCeiling},
		{"http / in process, and read", whatCheckout, whatSame},
		{"in groups / one by one", whatCeiling, whatSingle},
	} {
		for _, run := range r.Runs {
			to, ok := r.find(c.to, run.Clients)
			if run.What == c.of && ok && to.PerSecond > 0 {
				r.Ratios = append(r.Ratios, Ratio{c.name, run.Clients, run.PerSecond / to.PerSecond})
			}
		}
	}
	least := func(name string, want, value float64, unit string) {
		r.Bars = append(r.Bars, Bar{name, fmt.Sprintf("≥ %g%s", want, unit), value, value >= want})
	}
	below := func(name string, want, value float64, unit string) {
		r.Bars = append(r.Bars, Bar{name, fmt.Sprintf("< %g%s", want, unit), value, value > 0 && value < want})
	}
	for _, x := range r.Ratios {
		switch {
		case x.Clients != barClients:
		case x.Name == "http / in process":
			least("checkout over http against in process, 64 clients", 0.5, x.Value, "")
		case x.Name == "in groups / one by one":
			least("in groups against one by one, 64 clients", 2.5, x.Value, "")
		}
	}
	r.judgeReads(least, below)
	r.judgeSearch()
	r.judgeImports(least)
	r.judgePages(below)
	best := 0.0
	for _, x := range r.Runs {
		if x.What == whatFlow {
			best = max(best, x.PerSecond)
		}
	}
	if best > 0 {
		least("purchases a second, best", 670, best, "/s")
	}
	if x, ok := r.find(whatCheckout, calmClients); ok {
		below("checkout p50, 16 clients", 20, x.P50, " ms")
	}
	if x, ok := r.find(whatFlow, calmClients); ok {
		below("purchase p50, 16 clients", 20, x.P50, " ms")
	}
	const mb = 1 << 20
	if r.IdleRSS > 0 {
		below("memory at rest", 80, float64(r.IdleRSS)/mb, " MB")
		below("memory at most", 300, float64(r.MostRSS)/mb, " MB")
	}
	if r.Start > 0 {
		below("start on an existing database", 0.5, r.Start, " s")
		below("size of the program", 60, float64(r.Size)/mb, " MB")
	}
}

// JSON writes reports for programs.
func JSON(w io.Writer, reports ...*Report) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	if len(reports) == 1 {
		return e.Encode(reports[0])
	}
	return e.Encode(reports)
}

// table is rows under a head, for people or as Markdown.
type table struct {
	head  []string
	right int // columns from this one on are figures
	rows  [][]string
}

func (t table) text(w io.Writer) error {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, row := range append([][]string{t.head}, t.rows...) {
		if _, err := fmt.Fprintln(tw, strings.Join(row, "\t")); err != nil {
			return err
		}
	}
	return tw.Flush()
}

func (t table) markdown(w io.Writer) error {
	rule := make([]string, len(t.head))
	for i := range rule {
		rule[i] = "---"
		if i >= t.right {
			rule[i] = "---:"
		}
	}
	for _, row := range append([][]string{t.head, rule}, t.rows...) {
		if _, err := fmt.Fprintf(w, "| %s |\n", strings.Join(row, " | ")); err != nil {
			return err
		}
	}
	return nil
}

func (r *Report) runs() table {
	t := table{head: []string{"measured", "clients", "a second", "p50 ms", "p95 ms", "p99 ms", "max ms", "server CPU µs", "own CPU µs", "in MB", "out MB", "errors"}, right: 1}
	for _, x := range r.Runs {
		t.rows = append(t.rows, []string{
			x.What, fmt.Sprint(x.Clients), fmt.Sprintf("%.0f", x.PerSecond), fmt.Sprintf("%.2f", x.P50), fmt.Sprintf("%.2f", x.P95),
			fmt.Sprintf("%.2f", x.P99), fmt.Sprintf("%.1f", x.Max), micros(x.ServerCPU), micros(x.ClientCPU),
			fmt.Sprintf("%.1f", float64(x.BytesIn)/1e6), fmt.Sprintf("%.1f", float64(x.BytesOut)/1e6), failures(x.Errors),
		})
	}
	return t
}

func micros(v float64) string {
	if v == 0 {
		return "–"
	}
	return fmt.Sprintf("%.0f", v)
}

func failures(errors map[string]int64) string {
	if len(errors) == 0 {
		return "0"
	}
	var parts []string
	for _, code := range slices.Sorted(maps.Keys(errors)) {
		parts = append(parts, fmt.Sprintf("%d × %s", errors[code], code))
	}
	return strings.Join(parts, ", ")
}

func (r *Report) ratios() table {
	t := table{head: []string{"ratio", "clients", "value"}, right: 1}
	for _, x := range r.Ratios {
		t.rows = append(t.rows, []string{x.Name, fmt.Sprint(x.Clients), fmt.Sprintf("%.2f", x.Value)})
	}
	return t
}

func (r *Report) bars() table {
	t := table{head: []string{"bar", "wanted", "measured", "met"}, right: 1}
	for _, x := range r.Bars {
		met := "no"
		switch {
		case x.Want == "": // a figure to compare others with
			met = "-"
		case x.Met:
			met = "yes"
		}
		t.rows = append(t.rows, []string{x.Name, x.Want, fmt.Sprintf("%.2f", x.Value), met})
	}
	return t
}

func (r *Report) lines() []string {
	m, s := r.Machine, r.Shape
	before := "Orders: none before."
	if s.Orders > 0 {
		before = fmt.Sprintf("Orders before: %d, each of one unit, paid from the wallet and completed, over %d days.", s.Orders, pastDays)
	}
	lines := []string{
		fmt.Sprintf("Machine: %s, %d cores, %s; load before: %s.", m.System, m.Cores, m.Processor, m.Load),
		fmt.Sprintf("Disk: %.0f syncs of 4 kB a second, one after another (p50 %.2f ms, p99 %.2f ms). Engine: %s.", m.Sync, m.SyncP50, m.SyncP99, m.Engine),
		fmt.Sprintf("Data: %d accounts, each signed in, with an address and money; %d stores; %d variants of plenty. %s", s.Accounts, s.Stores, s.Variants, before),
	}
	if s.Stores == 0 {
		lines[2] = fmt.Sprintf("Data: a ledger of %d wallets with money.", s.Accounts)
	}
	if s.Products > 0 {
		lines = append(lines, fmt.Sprintf("To look at: %d products of one variant in those stores, 64 categories under 8, 50 brands, prices from 1.00 to 1000.00 evenly, "+
			"four of five in stock. The titles hold one word all of them, one word one in ten, one word one in a thousand.", s.Products))
	}
	return lines
}

// Text writes a report for people.
func (r *Report) Text(w io.Writer) error { return r.write(w, table.text, "") }

// Markdown writes a report for a document.
func (r *Report) Markdown(w io.Writer) error { return r.write(w, table.markdown, "- ") }

func (r *Report) write(w io.Writer, one func(table, io.Writer) error, bullet string) error {
	for _, line := range r.lines() {
		if _, err := fmt.Fprintf(w, "%s%s\n", bullet, line); err != nil {
			return err
		}
	}
	for _, t := range []table{r.weights(), r.runs(), r.files(), r.ratios(), r.bars()} {
		if len(t.rows) == 0 {
			continue
		}
		if _, err := fmt.Fprintln(w); err != nil {
			return err
		}
		if err := one(t, w); err != nil {
			return err
		}
	}
	return nil
}

// StatementTable writes what use-cases ask of the database.
func StatementTable(w io.Writer, list []Statement) error {
	type of struct{ what, tx string }
	all := table{head: []string{"of a", "transaction", "statement", "runs", "median µs"}, right: 3}
	sum := table{head: []string{"of a", "transaction", "statements", "µs"}, right: 2}
	var order []of
	runs, took := map[of]float64{}, map[of]float64{}
	for _, s := range list {
		key := of{s.Case, s.Transaction}
		if _, ok := runs[key]; !ok {
			order = append(order, key)
		}
		runs[key] += s.Runs
		took[key] += s.Runs * s.Micros
		all.rows = append(all.rows, []string{s.Case, s.Transaction, s.Name, fmt.Sprintf("%.2g", s.Runs), fmt.Sprintf("%.1f", s.Micros)})
	}
	for _, key := range order {
		sum.rows = append(sum.rows, []string{key.what, key.tx, fmt.Sprintf("%.3g", runs[key]), fmt.Sprintf("%.0f", took[key])})
	}
	if err := sum.markdown(w); err != nil {
		return err
	}
	if _, err := fmt.Fprintln(w); err != nil {
		return err
	}
	return all.markdown(w)
}
