package catalog_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/haat-market/haat/internal/app"
	"github.com/haat-market/haat/internal/apptest"
	"github.com/haat-market/haat/internal/platform/outbound"
)

func exported(s apptest.Store) string {
	return string(s.Owner.Get("/v1/stores/", s.ID, "/products.csv").Want(200).Body)
}

// rich is a store with all that an export can say.
func rich(t *testing.T, m *apptest.Market) apptest.Store {
	s := m.Store()
	category := m.Person("admin").Post("/v1/categories", M{"name": "Tea", "slug": "tea"}).Want(201).Str("id")
	p := s.Owner.Post("/v1/stores/{}/products", M{
		"title": "=SUM(A1), \"best\"", "handle": "-tea", "description": "<p>a\nb &amp; c</p>", "vendor": "@garden", "brand": "Ilam", "category": category, "options": []string{"Size", "Colour"},
		"variants": []M{
			{"options": []string{"S", "+red"}, "price": "10.50", "sku": "'123", "barcode": "0890", "weight": 250, "track_stock": true, "stock": 7},
			{"options": []string{"M", "blue"}, "price": "0.00", "weight": 1},
		},
	}, s.ID).Want(201)
	id := p.Str("id")
	s.Owner.Post("/v1/products/{}/publish", nil, id).Want(200)
	sendImage(s.Owner, id, "?alt=%3Dalt", photo(t, 300, 200, 1)).Want(201)
	second := sendImage(s.Owner, id, "", photo(t, 30, 20, 2)).Want(201).Str("id")
	sendImage(s.Owner, id, "", photo(t, 30, 20, 3)).Want(201)
	s.Owner.Put("/v1/variants/{}/image", M{"image": second}, p.Str("variants.1.id")).Want(200)
	s.Owner.Post("/v1/stores/{}/products", M{"title": "Bare", "handle": "bare"}, s.ID).Want(201)
	gone := s.Owner.Post("/v1/stores/{}/products", M{"title": "Gone", "variants": []M{{"price": "1"}}}, s.ID).Want(201).Str("id")
	s.Owner.Delete("/v1/products/", gone).Want(204)
	file := head[:len(head)-1] + ",Type,Tags,Variant Compare At Price,Variant Taxable,Variant Requires Shipping,Variant Weight Unit,SEO Title,SEO Description,Cost per item,=Column\n" +
		"honey,Honey,<p>x</p>,V,Food > Sweet,true,Title,Default Title,H1,500,shopify,4,deny,9.00,active,Food,\"sweet, -raw\",12.00,false,false,kg,Honey title,Honey text,3.20,=2+2\n"
	imported(t, m, s, file).Is("state", "finished").Is("created", 1).Is("error_count", 0).Is("warning_count", 1).Is("errors.0.code", "unknown_category").Is("errors.0.severity", "warning")
	return s
}

func TestAnExportImportsAgainUnchanged(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		s := rich(t, m)
		first := exported(s)
		for _, want := range []string{"'=SUM(A1)", "'-tea", "'@garden", "''123", "'+red", "honey", "'=2+2", "'=Column", "12.00", "\"sweet, -raw\"", "Default Title", "/media/pub_"} {
			if !strings.Contains(first, want) {
				t.Errorf("%q is missing in\n%s", want, first)
			}
		}
		if strings.Contains(first, "Gone") {
			t.Error("an archived product is exported")
		}
		// Without variants there is nothing to import.
		lines := strings.SplitAfter(first, "\n")
		file := ""
		for _, l := range lines {
			if !strings.HasPrefix(l, "bare,") {
				file += l
			}
		}
		tried := s.Owner.With("Content-Type", "text/csv").Send("POST", "/v1/stores/"+s.ID+"/imports?dry_run=true", file).Want(202).Str("id")
		m.RunJobs()
		s.Owner.Get("/v1/imports/", tried).Want(200).Is("errors", nil)
		imported(t, m, s, file).Is("state", "finished").Is("error_count", 0).Is("created", 0).Is("updated", 0).Is("unchanged", 2).Is("images.total", 0)
		if again := exported(s); again != first {
			t.Errorf("its own store exports\n%s\nthen\n%s", first, again)
		}
		other := m.Store()
		imported(t, m, other, file).Is("state", "finished").Is("error_count", 0).Is("created", 2).Is("images.total", 0)
		if got := exported(other); got != file {
			t.Errorf("exported\n%s\nimported and exported\n%s", file, got)
		}
		imported(t, m, other, strings.ReplaceAll(file, "\n", "\r\n")).Is("unchanged", 2)
		other.Owner.Get("/v1/stores/", s.ID, "/products.csv").Problem(404, "store_not_found")
	})
}

func TestADryRunChangesNothing(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		s := m.Store()
		imported(t, m, s, head+row("tea", "Tea", "T1", "10", "5.00")).Is("created", 1)
		before, was := counts(t, m), exported(s)
		id := s.Owner.With("Content-Type", "text/csv").Send("POST", "/v1/stores/"+s.ID+"/imports?dry_run=true",
			head+row("tea", "Green tea", "T1", "10", "6.00")+row("pot", "Pot", "P1", "1", "7.00")+row("bad", "Bad", "B1", "1", "x")).Want(202).Is("dry_run", true).Str("id")
		m.RunJobs()
		a := s.Owner.Get("/v1/imports/", id).Want(200).Is("state", "finished").Is("created", 1).Is("updated", 1).Is("error_count", 1)
		said := map[string]string{}
		for i := range a.Len("errors") {
			said[a.Str(fmt.Sprintf("errors.%d.severity", i))+" "+a.Str(fmt.Sprintf("errors.%d.code", i))] = a.Str(fmt.Sprintf("errors.%d.message", i))
		}
		if said["change create"] == "" || said["change update"] != "title, variants" || said["error invalid_amount"] == "" {
			t.Errorf("%v", said)
		}
		if counts(t, m) != before || exported(s) != was {
			t.Error("something was changed")
		}
	})
}

func TestWhatIsSaidOfAFileAsAListAndAsAFile(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		s := m.Store()
		file := head
		for i := range 250 {
			file += row(fmt.Sprintf("p%d", i), "P", "", "1", "=cmd")
		}
		id := imported(t, m, s, file).Is("error_count", 250).Str("id")
		seen, cursor := 0, ""
		for {
			a := s.Owner.Get("/v1/imports/", id, "/errors?limit=100"+cursor).Want(200)
			if seen == 0 {
				a.Is("items.0.line", 2).Is("items.0.severity", "error").Is("items.0.field", "Variant Price")
			}
			seen += a.Len("items")
			if a.At("next_cursor") == nil {
				break
			}
			cursor = "&cursor=" + a.Str("next_cursor")
		}
		if seen != 250 {
			t.Errorf("%d errors", seen)
		}
		text := s.Owner.Get("/v1/imports/", id, "/errors.csv").Want(200)
		if lines := strings.Split(strings.TrimSpace(string(text.Body)), "\n"); len(lines) != 251 || !strings.HasPrefix(lines[1], "2,error,") || text.Header.Get("Content-Disposition") == "" {
			t.Errorf("%d lines: %s", len(lines), lines[1])
		}
		s.Owner.Get("/v1/imports/", id, "/errors?cursor=x").Problem(422, "invalid_cursor")
		m.Store().Owner.Get("/v1/imports/", id, "/errors").Problem(404, "import_not_found")
	})
}

func TestAnImportIsCancelled(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		s := m.Store()
		file := head
		for i := range 400 {
			file += row(fmt.Sprintf("p%d", i), "P", fmt.Sprintf("S%d", i), "7", "1.00")
		}
		broken := &shelf{Shelf: m.Inventory, last: 1}
		m.Catalog.StockWith(broken)
		id := send(s, file).Want(202).Str("id")
		m.RunJobs()
		half := s.Owner.Get("/v1/imports/", id).Want(200).Is("state", "running").At("created").(float64)
		m.Store().Owner.Post("/v1/imports/{}/cancel", nil, id).Problem(404, "import_not_found")
		s.Owner.Post("/v1/imports/{}/cancel", nil, id).Want(200).Is("state", "cancelled")
		s.Owner.Post("/v1/imports/{}/cancel", nil, id).Problem(409, "import_state")
		broken.last = 1 << 30
		m.Clock.Advance(time.Minute)
		m.RunJobs()
		m.Sweep("catalog.imports")
		s = apptest.Store{ID: s.ID, Owner: m.SignIn(s.Owner)}
		s.Owner.Get("/v1/imports/", id).Want(200).Is("state", "cancelled").Is("created", int(half))
		if n := count(t, m, "import_files"); n != 0 {
			t.Errorf("%d parts are left", n)
		}
		imported(t, m, s, file).Is("state", "finished").Is("created", 400-int(half))
	})
}

func withImages(lines ...string) string {
	out := head[:len(head)-1] + ",Image Src,Image Position,Image Alt Text,Variant Image\n"
	for _, l := range lines {
		out += l + "\n"
	}
	return out
}

func line(handle, title, price, image, position, alt, own string) string {
	if price == "" {
		return fmt.Sprintf("%s,,,,,,,,,,,,,,,%s,%s,%s,", handle, image, position, alt)
	}
	return strings.TrimSuffix(row(handle, title, strings.ToUpper(handle), "5", price), "\n") + fmt.Sprintf(",%s,%s,%s,%s", image, position, alt, own)
}

func TestImagesByTheirAddresses(t *testing.T) {
	hits := map[string]int{}
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		hits[r.URL.Path]++
		switch {
		case r.URL.Path == "/svg":
			_, _ = w.Write([]byte("<svg onload='alert(1)'/>"))
		case r.URL.Path == "/gone":
			w.WriteHeader(http.StatusNotFound)
		case r.URL.Path == "/busy" && hits["/busy"] < 3:
			w.WriteHeader(http.StatusServiceUnavailable)
		default:
			_, _ = w.Write([]byte(photo(t, 40, 40, uint8(len(r.URL.Path)))))
		}
	}))
	defer site.Close()
	reach := func(o *app.Options) {
		o.Outbound = outbound.NewForTests(netip.MustParseAddrPort(strings.TrimPrefix(site.URL, "http://")))
	}
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		clear(hits)
		s := m.Store()
		file := withImages(
			line("tea", "Tea", "5.00", site.URL+"/b", "2", "Behind", site.URL+"/aa"),
			line("tea", "", "", site.URL+"/aa", "1", "Front", ""),
			line("tea", "", "", site.URL+"/svg", "3", "", ""),
			line("tea", "", "", site.URL+"/gone", "4", "", ""),
			line("tea", "", "", "http://169.254.169.254/x", "5", "", ""),
			line("pot", "Pot", "7.00", site.URL+"/busy", "", "", ""),
		)
		imported(t, m, s, file).Is("created", 2).Is("images.total", 0).Is("warning_count", 1).Is("errors.0.code", "images_off")
		if len(hits) != 0 {
			t.Fatalf("it was fetched though nobody allowed it: %v", hits)
		}
		m.Person("admin").Patch("/v1/settings", M{"import_images": true}).Want(200)
		id := imported(t, m, s, file).Is("images.total", 6).Str("id")
		for range 4 {
			m.Clock.Advance(2 * time.Minute)
			m.RunJobs()
		}
		a := s.Owner.Get("/v1/imports/", id).Want(200).Is("images.done", 3).Is("images.failed", 3)
		said := string(a.Body)
		for _, want := range []string{"not_a_picture", "not_found", "blocked_address"} {
			if !strings.Contains(said, want) {
				t.Errorf("%s is missing in %s", want, said)
			}
		}
		tea := s.Owner.Get("/v1/products/", productOf(s, "tea")).Want(200).Is("images.0.alt", "Front").Is("images.1.alt", "Behind").Is("images.2", nil)
		tea.Is("variants.0.image", tea.Str("images.0.id"))
		m.Anonymous().Open(tea.Str("images.0.url")).Want(200)
		m.Anonymous().Get("/v1/products?store=", s.ID, "&sort=price").Want(200).Is("items.0.image.url", tea.Str("images.0.url"))

		// The same file again fetches only what it could not have.
		before := hits["/b"]
		again := imported(t, m, s, file).Is("images.total", 3)
		_ = again
		if hits["/b"] != before {
			t.Error("it was fetched again")
		}
		// What is exported needs no other server.
		other := m.Store()
		imported(t, m, other, exported(s)).Is("images.total", 0).Is("error_count", 0).Is("created", 2)
		if got, want := exported(other), exported(s); got != want {
			t.Errorf("%s\nthen\n%s", want, got)
		}
	}, reach)
}

func productOf(s apptest.Store, handle string) string {
	a := s.Owner.Get("/v1/stores/", s.ID, "/products").Want(200)
	for i := range a.Len("items") {
		id := a.Str(fmt.Sprintf("items.%d.id", i))
		if s.Owner.Get("/v1/products/", id).Str("handle") == handle {
			return id
		}
	}
	return ""
}
