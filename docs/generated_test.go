package docs_test

import (
	"context"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/haat-market/haat/internal/apptest"
	"github.com/haat-market/haat/internal/order"
	"github.com/haat-market/haat/internal/platform/config"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/db/dbtest"

	"github.com/haat-market/haat/internal/app"
)

var update = flag.Bool("update", false, "write the generated tables anew")

// block is a part of a file that is made from the program.
var block = regexp.MustCompile(`(?s)(<!-- made from the program: ([a-z-]+) -->\n).*?(<!-- end -->)`)

// TestGenerated makes every generated table again and compares. With -update it writes.
func TestGenerated(t *testing.T) {
	m := apptest.On(t, dbtest.Open(t, db.Embedded, db.Config{Schema: app.Schema()}))
	makers := map[string]func() string{
		"operations":     func() string { return operations(t, readDocument(t, m)) },
		"codes":          func() string { return codes(t, readDocument(t, m)) },
		"order-states":   func() string { return orderStates(order.Table) },
		"pickup-states":  func() string { return orderStates(order.BuybackTable) },
		"payment-states": func() string { return paymentStates(t) },
		"accounts":       func() string { return accounts(t) },
		"postings":       func() string { return postings(t) },
		"verify-rules":   func() string { return verifyRules(m) },
		"sweeps":         func() string { return sweeps(t, m) },
		"configuration":  func() string { return configuration(reflect.TypeFor[config.Config]()) },
		"settings":       func() string { return settings(t, m) },
		"metrics":        func() string { return metrics(t) },
		"pages":          func() string { return pageAddresses(m) },
	}
	files, err := filepath.Glob("*.md")
	if err != nil {
		t.Fatal(err)
	}
	used := map[string]bool{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		want := block.ReplaceAllStringFunc(string(text), func(old string) string {
			part := block.FindStringSubmatch(old)
			made, ok := makers[part[2]]
			if !ok {
				t.Errorf("%s: nothing makes %q", file, part[2])
				return old
			}
			used[part[2]] = true
			return part[1] + made() + part[3]
		})
		if want == string(text) {
			continue
		}
		if !*update {
			t.Errorf("%s is not what the program says. Run: make docs", file)
		} else if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for name := range makers {
		if !used[name] {
			t.Errorf("%s stands in no file", name)
		}
	}
}

// rows writes a Markdown table.
func rows(head []string, lines [][]string) string {
	var b strings.Builder
	put := func(cells []string) {
		for _, c := range cells {
			b.WriteString("| " + strings.ReplaceAll(strings.TrimSpace(c), "|", `\|`) + " ")
		}
		b.WriteString("|\n")
	}
	put(head)
	b.WriteString(strings.Repeat("|---", len(head)) + "|\n")
	for _, l := range lines {
		put(l)
	}
	return b.String()
}

func mono(s string) string {
	if s == "" {
		return ""
	}
	return "`" + s + "`"
}

func orderStates(table []order.Rule) string {
	var lines [][]string
	for _, r := range table {
		by := make([]string, len(r.By))
		for i, p := range r.By {
			by[i] = string(p)
		}
		lines = append(lines, []string{mono(string(r.From)), mono(string(r.On)), mono(string(r.To)), strings.Join(by, ", "), string(r.Stock), string(r.Money), string(r.Timer)})
	}
	return rows([]string{"from", "event", "to", "by", "goods", "money", "due date"}, lines)
}

func pageAddresses(m *apptest.Market) string {
	var lines [][]string
	for _, a := range m.Pages.Addresses() {
		lines = append(lines, []string{mono(strings.TrimSuffix(a.Path, "{$}")), string(a.Access)})
	}
	return rows([]string{"address", "for"}, lines)
}

func paymentStates(t *testing.T) string {
	s := readSource(t, "internal/payment")
	table, _ := s.table("allowed")
	var lines [][]string
	for _, e := range table.Elts {
		kv := e.(*astKeyValue)
		var to []string
		for _, x := range kv.Value.(*astLiteral).Elts {
			to = append(to, mono(s.value(x)))
		}
		lines = append(lines, []string{mono(s.value(kv.Key)), strings.Join(to, ", ")})
	}
	return rows([]string{"from", "to"}, lines)
}

func accounts(t *testing.T) string {
	s := readSource(t, "internal/ledger")
	table, _ := s.table("kinds")
	var lines [][]string
	for _, e := range table.Elts {
		kv := e.(*astKeyValue)
		f := s.fields(kv.Value)
		balance := "summed"
		switch {
		case f["guarded"] == "true" && f["floor"] != "":
			balance = "guarded; debt where the posting allows it"
		case f["guarded"] == "true":
			balance = "guarded; never below zero"
		case f["covered"] == "true":
			balance = "summed; never pays out more than came in"
		}
		key := strings.ReplaceAll(f["pattern"], "*", "<owner>") + ":<currency>"
		lines = append(lines, []string{mono(s.value(kv.Key)), mono(key), balance})
	}
	return rows([]string{"kind", "key", "balance"}, lines)
}

func postings(t *testing.T) string {
	s := readSource(t, "internal/ledger")
	table, file := s.table("table")
	var lines [][]string
	for _, e := range table.Elts {
		kv := e.(*astKeyValue)
		about := s.comment(file, kv)
		name := mono(s.value(kv.Key))
		for _, x := range kv.Value.(*astLiteral).Elts {
			f := s.fields(x)
			to, kind := f["to"], f["kind"]
			if to == "*" {
				to = "any other"
			}
			if f["debt"] == "true" {
				kind += ", debt"
			}
			lines = append(lines, []string{name, f["from"] + " → " + to, kind, about})
			name, about = "", ""
		}
	}
	return rows([]string{"posting", "legs", "kind", ""}, lines)
}

func verifyRules(m *apptest.Market) string {
	var lines [][]string
	for _, r := range m.Rules() {
		name, about := r.Name, r.About
		if about == "" {
			name, about, _ = strings.Cut(r.Name, ": ")
		}
		if about == "" {
			name, about = r.Name, "as its name says"
		}
		lines = append(lines, []string{mono(name), about})
	}
	slices.SortStableFunc(lines, func(a, b []string) int { return strings.Compare(a[0], b[0]) })
	return rows([]string{"rule", "what holds"}, lines)
}

// sweepAbout says what each sweep does. One that is missing here fails the test.
var sweepAbout = map[string]string{
	"event.follow.inventory.low_at": "has stock follow the market's setting of what is low",
	"event.follow.order.popularity": "adds what orders sold to the popularity of products, and takes off what was called off",
	"event.follow.invoice.follow":   "writes credit notes for what was given back or came back, and gives the papers of a claimed order to who claimed it",
	"delivery.tracks":               "forgets where couriers were after 30 days",
	"commission.month":              "writes the statements of the last three months that are over, of what stores bought, and books what stores owe by them",
	"commission.overdue":            "suspends stores that owe a statement for longer than the market lets them, where it does",
	"subscription.due":              "reminds stores of the end of their subscription, and ends those whose time is over",
	"cart.guests":                   "forgets the carts of guests who did not come back for 30 days",
	"blob.trash":                    "deletes the bytes of files whose rows are gone since a day",
	"blob.unused":                   "forgets files that nobody has used for a week",
	"catalog.bulk":                  "forgets after a week what became of bulk edits",
	"catalog.discounts":             "begins and ends discounts and sale events when their time comes, and rewrites the lists' prices",
	"catalog.imports":               "removes what uploads left behind that never came to their end",
	"catalog.follow":                "follows the listings that changed: where they stand, how many there are, what they are found by",
	"event.number":                  "numbers the events that were committed since",
	"event.prune":                   "deletes events older than the retention; none is set by default",
	"identity.expired":              "deletes sessions, mailed links and counts of tries a day after they were of use",
	"identity.words":                "indexes accounts from before they could be searched",
	"store.invitations":             "deletes invitations to work in a store 30 days after they expired",
	"idem.prune":                    "deletes idempotency keys older than 48 hours",
	"ledger.expire_holds":           "gives money back whose hold has run out",
	"ledger.fold":                   "adds transfers older than five minutes to the checkpoints",
	"order.due":                     "completes delivered orders whose release has come; cancels cash orders that the store left unanswered",
	"order.disputes":                "says of disputes that their store left them unanswered",
	"payment.expire":                "closes payments whose window is over",
	"payment.look":                  "asks the gateways about attempts whose outcome is not known",
	"payment.remind":                "says of transfers that nothing is heard of them for half a day, and of proofs that nobody has looked at them",
	"watch.forget":                  "forgets counts that no pattern is looked for in any more",
	"event.follow.watch.follow":     "looks for unusual patterns, and asks for the mails about what waits",
}

func sweeps(t *testing.T, m *apptest.Market) string {
	s, err := m.Jobs.Stats(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	var lines [][]string
	for _, w := range s.Sweeps {
		if sweepAbout[w.Name] == "" {
			t.Errorf("sweep %s: docs/generated_test.go does not say what it does", w.Name)
		}
		lines = append(lines, []string{mono(w.Name), sweepAbout[w.Name]})
	}
	if len(lines) != len(sweepAbout) {
		t.Errorf("%d sweeps, and docs/generated_test.go speaks of %d", len(lines), len(sweepAbout))
	}
	return rows([]string{"sweep", "what it does"}, lines)
}

func configuration(typ reflect.Type) string {
	var lines [][]string
	var walk func(reflect.Type)
	walk = func(typ reflect.Type) {
		for i := range typ.NumField() {
			f := typ.Field(i)
			if f.Anonymous {
				walk(f.Type)
				continue
			}
			help := strings.ReplaceAll(f.Tag.Get("help"), " (${default})", "")
			lines = append(lines, []string{mono("--" + f.Tag.Get("name")), mono(f.Tag.Get("env")), mono(f.Tag.Get("default")), help})
		}
	}
	walk(typ)
	return rows([]string{"flag", "environment", "default", ""}, lines)
}

// settingAbout says what each setting does. One that is missing here fails the test.
var settingAbout = map[string]string{
	"name": "of the market", "legal_name": "of who runs it", "address": "of who runs it", "tax_number": "of who runs it",
	"email": "for questions", "phone": "for questions", "country": "two letters; phone numbers without a country code are read as its own",
	"currency": "of all prices and balances", "time_zone": "of the market's days", "languages": "shown in GET /v1/market",
	"prices_include_tax": "whether shown prices hold the tax, or it comes on top", "tax_rate_bp": "tax, in hundredths of a percent",
	"payment_window_minutes": "how long a checkout by card waits for its first attempt", "escrow_release_hours": "after delivery an order completes by itself",
	"max_stores": "how many stores an account may own at one time", "account_code_prefix": "what codes of new accounts begin with", "store_code_prefix": "what codes of new stores begin with",
	"max_reserved":         "how many units of one variant an account may hold back from others without having paid",
	"max_unpaid_checkouts": "how many checkouts of an account may wait for payment", "platform_fee_bp": "the market's fee on the goods before tax, in hundredths of a percent",
	"commission_bp":           "the percent of the orders that a store bought in a month which its statement comes to, in hundredths of a percent",
	"commission_by_store":     "`true`: the store owes its statements to the market; `false`: the market owes them to the store",
	"commission_suspend_days": "how many days after a statement that a store owes was due the store is suspended; 0: never",
	"buyback_fee_bp":          "the market's percent of what stores buy back, which they owe it, in hundredths of a percent",
	"gateway_fee_fixed":       "on top of a payment by card", "gateway_fee_bp": "on top of a payment by card, in hundredths of a percent of the amount",
	"delivery_flat": "charge for each store of a checkout; it goes to the store", "delivery_free_above": "no charge from this value of a store's goods on; 0 means never",
	"delivery_proof": "what a courier needs at the door: `pin` (the receiver's PIN or code), `photo` (that, or a photo with a signature), `optional` (nothing)",
	"topup_min":      "the least that is put into a wallet at once", "topup_max": "the most that is put into a wallet at once; 0 means no limit",
	"topup_daily_max": "the most that is put into a wallet in 24 hours; 0 means no limit", "payout_min": "the least that is paid out at once",
	"payout_second_above": "above it two different admins have to approve a payout; 0 means never",
	"payout_daily_max":    "the most that is asked for of a wallet or a store in 24 hours; 0 means no limit",
	"store_debt_limit":    "a store that owes the market more takes no new cash orders",
	"import_images":       "whether imports fetch pictures from the addresses in a file of products; only public servers are asked",
	"product_approval":    "whether an admin approves products before buyers see them", "registered_brands": "whether products name only brands that an admin approved",
	"wallet_payments":  "whether buyers may pay from their wallets",
	"cash_on_delivery": "whether buyers may pay at the door",
	"guest_orders":     "whether orders are taken by message, without an account",
	"signup_open":      "whether people can sign up by themselves",
	"low_stock_at":     "what stock is low at where neither its variant nor its store says",
}

// settings are the fields of PATCH /v1/settings with the bounds of the document and the defaults of a new market.
func settings(t *testing.T, m *apptest.Market) string {
	now := map[string]any{}
	m.Person("admin").Get("/v1/settings").Want(200).Into(&now)
	fixed := map[string]bool{}
	for _, name := range now["fixed"].([]any) {
		fixed[name.(string)] = true
	}
	d := readDocument(t, m)
	ops := d.Paths["/v1/settings"]
	patch := d.fields(ops["patch"].Body)
	if len(patch) == 0 {
		t.Error("the settings are not in the document")
	}
	var lines [][]string
	for _, name := range slices.Sorted(maps.Keys(patch)) {
		p := patch[name]
		about, allowed := settingAbout[name], p.bounds()
		if about == "" {
			t.Errorf("setting %s: docs/generated_test.go does not say what it does", name)
		}
		if fixed[name] {
			allowed = strings.TrimPrefix(allowed+"; fixed once there is an order", "; ")
		}
		lines = append(lines, []string{mono(name), mono(strings.Trim(fmt.Sprint(now[name]), "[]")), about, allowed})
	}
	return rows([]string{"setting", "default", "what it says", "allowed"}, lines)
}

// metrics are the calls of d(name, help, label…) in the app's collector, and what web counts.
func metrics(t *testing.T) string {
	var lines [][]string
	s := readSource(t, "internal/app")
	for _, f := range s.files {
		for _, c := range calls(f, "d") {
			name := "haat_" + s.value(c.Args[0])
			if len(c.Args) > 2 {
				var labels []string
				for _, l := range c.Args[2:] {
					labels = append(labels, s.value(l))
				}
				name += "{" + strings.Join(labels, ",") + "}"
			}
			lines = append(lines, []string{mono(name), s.value(c.Args[1])})
		}
	}
	if len(lines) < 20 {
		t.Errorf("only %d metrics were found", len(lines))
	}
	lines = append(lines, []string{mono("haat_scrape_errors_total"), "Figures that could not be read."},
		[]string{mono("http_requests_total{method,route,status}"), "Requests by method, route and status."},
		[]string{mono("http_request_duration_seconds{method,route}"), "Duration of requests by method and route."})
	return rows([]string{"metric", ""}, lines)
}
