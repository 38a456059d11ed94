package pages

import (
	"bytes"
	"context"
	"embed"
	"html/template"
	"log/slog"
	"net/http"
	"strconv"

	"github.com/haat-market/haat/internal/catalog"
	"github.com/haat-market/haat/internal/identity"
	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/money"
	"github.com/haat-market/haat/internal/platform/web"
)

//go:embed files
var files embed.FS

// Deps are the rooms whose doors the pages are.
type Deps struct {
	Name     func(context.Context) (string, error) // of the market
	Catalog  *catalog.Service
	Identity *identity.Service
	Log      *slog.Logger
}

type pages struct {
	Deps
	templates map[string]*template.Template
}

// Mount adds the pages to a market.
func Mount(api *web.API, d Deps) {
	p := &pages{Deps: d, templates: map[string]*template.Template{}}
	for _, name := range []string{"home", "product", "form", "message"} {
		p.templates[name] = template.Must(template.New("layout.html").Funcs(template.FuncMap{"money": money.Format, "deref": deref}).
			ParseFS(files, "files/layout.html", "files/"+name+".html"))
	}
	api.Handle("GET /{$}", http.HandlerFunc(p.home))
	api.Handle("GET /p/{id}", http.HandlerFunc(p.product))
	for path, f := range forms {
		api.Handle("GET "+path, p.ask(f))
		api.Handle("POST "+path, p.answer(f))
	}
	api.Handle("GET /pages/haat.css", file("files/haat.css", "text/css; charset=utf-8"))
	api.Handle("GET /pages/code.js", file("files/code.js", "text/javascript; charset=utf-8"))
}

func deref(n *int64) int64 { return *n }

// policy lets pages use this market's own style and nothing else; forms may be sent to the market alone.
const (
	policy       = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
	scriptPolicy = "script-src 'self'; " + policy
)

func file(name, content string) http.Handler {
	text, err := files.ReadFile(name)
	if err != nil {
		panic(err) // embedded: there
	}
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", content)
		w.Header().Set("Cache-Control", "public, max-age=3600")
		w.Header().Set("Content-Length", strconv.Itoa(len(text)))
		_, _ = w.Write(text) // whoever asked and left learns nothing from an error
	})
}

// layout is what every page has.
type layout struct {
	Market string
	Title  string
	Script bool
	Page   any
}

// show writes a page. It is made whole first, so that what fails becomes an error and not half a page.
func (p *pages) show(w http.ResponseWriter, r *http.Request, status int, name string, l layout) {
	market, err := p.Name(r.Context())
	if err != nil {
		p.Log.WarnContext(r.Context(), "the market's name could not be read for a page", slog.Any("error", err))
	}
	if market == "" {
		market = "Haat"
	}
	l.Market = market
	var text bytes.Buffer
	if err := p.templates[name].Execute(&text, l); err != nil {
		web.Fault(w, r, err)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy", policy)
	if l.Script {
		h.Set("Content-Security-Policy", scriptPolicy)
	}
	h.Set("Content-Length", strconv.Itoa(text.Len()))
	w.WriteHeader(status)
	_, _ = w.Write(text.Bytes()) // whoever asked and left learns nothing from an error
}

// message is a page of one sentence.
type message struct {
	Text string
	Link string
	Name string // of the link
}

// refuse tells people what went wrong, in the words that the API uses.
func (p *pages) refuse(w http.ResponseWriter, r *http.Request, err error) {
	f, ok := fault.As(err)
	if !ok || f.Kind == fault.Internal {
		web.Fault(w, r, err) // logs it
		return
	}
	p.show(w, r, web.StatusOf(f), "message", layout{Title: "Sorry", Page: message{Text: f.Message, Link: "/", Name: "What is on sale"}})
}
