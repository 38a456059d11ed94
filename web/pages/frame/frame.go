package frame

import (
	"context"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/haat-market/haat/internal/cart"
	"github.com/haat-market/haat/internal/identity"
	"github.com/haat-market/haat/internal/market"
	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/web/pages/lang"
)

// Deps are what the frame stands on.
type Deps struct {
	URL      string // where people reach this market; "" when that is not known
	Now      func() time.Time
	Log      *slog.Logger
	Market   *market.Service
	Identity *identity.Service
	Cart     *cart.Service
}

// Frame holds all pages of a market.
type Frame struct {
	Deps
	api       *web.API
	templates map[string]*sheet // by name
	assets    map[string]*asset

	addresses []Address

	mu      sync.Mutex
	layouts map[string]*template.Template // by language; nobody shows them, pages are made of copies
}

// New opens the frame, with its style and its errors.
func New(api *web.API, d Deps) *Frame {
	f := &Frame{Deps: d, api: api, templates: map[string]*sheet{}, assets: map[string]*asset{}}
	for name, content := range map[string]string{
		"haat.css": "text/css; charset=utf-8", "code.js": "text/javascript; charset=utf-8", "track.js": "text/javascript; charset=utf-8", "courier.js": "text/javascript; charset=utf-8",
		"icon.svg": "image/svg+xml",
	} {
		f.serve(name, content)
	}
	f.Templates("frame", files, "files/error.html", "files/message.html")
	api.ShowRefusals(f.showRefusal)
	return f
}

// Templates takes pages in. files/cart.html of the part shop is shown as shop/cart; each file is a page by itself, and
// a file whose name begins with _ is there for all pages of its part.
func (f *Frame) Templates(part string, files fs.FS, patterns ...string) {
	var shared, own []string
	for _, pattern := range patterns {
		names, err := fs.Glob(files, pattern)
		if err != nil || len(names) == 0 {
			panic("frame: no templates " + pattern)
		}
		for _, n := range names {
			if strings.HasPrefix(path.Base(n), "_") {
				shared = append(shared, n)
			} else {
				own = append(own, n)
			}
		}
	}
	for _, n := range own {
		name := part + "/" + strings.TrimSuffix(path.Base(n), ".html")
		if f.templates[name] != nil {
			panic("frame: there are two pages " + name)
		}
		f.templates[name] = &sheet{from: files, names: slices.Concat(shared, []string{n})}
	}
}

// Address is where a page is, and for whom: {name} stands for one part, {$} for the end.
type Address struct {
	Path   string
	Access web.Access
}

// Addresses are those of all pages and of the files that pages give, by path.
func (f *Frame) Addresses() []Address {
	return slices.SortedFunc(slices.Values(f.addresses), func(a, b Address) int { return strings.Compare(a.Path, b.Path) })
}

// Read reads every page in every language, for a test: the pages are in the program, so what can be read once can be read
// always, and a market that starts need not try.
func (f *Frame) Read() error {
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(f.templates)) {
		for _, l := range lang.All {
			if _, err := f.parse(f.templates[name], l); err != nil {
				errs = append(errs, fmt.Errorf("page %s in %s: %w", name, l.Code, err))
			}
		}
	}
	return errors.Join(errs...)
}

// sheet is a page as its files say it, and what was made of it for each language that somebody has asked for: all pages
// in all languages would take more memory than the rest of a market at rest.
type sheet struct {
	from  fs.FS
	names []string

	mu   sync.Mutex
	made map[string]*template.Template
}

func (f *Frame) parse(s *sheet, l *lang.Language) (*template.Template, error) {
	common, err := f.common(l)
	if err != nil {
		return nil, err
	}
	return common.ParseFS(s.from, s.names...)
}

// common is a copy of what all pages of a language have: it is read once.
func (f *Frame) common(l *lang.Language) (*template.Template, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.layouts[l.Code] == nil {
		t, err := template.New("layout.html").Funcs(f.functions(l)).ParseFS(files, "files/layout.html", "files/parts.html")
		if err != nil {
			return nil, err
		}
		if f.layouts == nil {
			f.layouts = map[string]*template.Template{}
		}
		f.layouts[l.Code] = t
	}
	return f.layouts[l.Code].Clone()
}

// template is a page in a language.
func (f *Frame) template(name string, l *lang.Language) (*template.Template, error) {
	s := f.templates[name]
	if s == nil {
		return nil, fmt.Errorf("frame: there is no page %q", name)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if t := s.made[l.Code]; t != nil {
		return t, nil
	}
	t, err := f.parse(s, l)
	if err != nil {
		return nil, fmt.Errorf("frame: page %s: %w", name, err)
	}
	if s.made == nil {
		s.made = map[string]*template.Template{}
	}
	s.made[l.Code] = t
	return t, nil
}

// Handler answers one request for a page.
type Handler func(p *Page) error

// Get mounts a page. Who is not signed in and has to be is asked to, and comes back.
func (f *Frame) Get(path string, access web.Access, h Handler) {
	f.addresses = append(f.addresses, Address{path, access})
	f.api.Handle("GET "+path, f.handler(access, h))
}

// Post mounts what a form does. The request must come from a page of this market.
func (f *Frame) Post(path string, access web.Access, h Handler) {
	f.api.Handle("POST "+path, f.handler(access, func(p *Page) error {
		if !f.sameOrigin(p.R) {
			return ErrOrigin
		}
		p.R.Body = http.MaxBytesReader(p.W, p.R.Body, maxForm)
		return h(p)
	}))
}

// ErrOrigin refuses a form that was not sent from a page of this market.
var ErrOrigin = fault.New(fault.Forbidden, "wrong_origin", "This form was not sent from a page of this market. Open the page here and send it again.")

func (f *Frame) handler(access web.Access, h Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p, err := f.open(w, r)
		if err == nil {
			err = web.SetCaller(r.Context(), p.Caller)
		}
		if err == nil {
			err = access.Admits(p.Caller)
		}
		switch {
		case errors.Is(err, web.ErrUnauthenticated):
			p.signIn()
			return
		case err == nil:
			err = h(p)
		}
		if err == nil {
			return
		}
		if errors.Is(err, web.ErrUnauthenticated) && !p.Caller.SignedIn() {
			p.signIn()
			return
		}
		if known, ok := fault.As(err); ok && known.Kind != fault.Internal && known.Unwrap() == nil {
			p.refuse(web.StatusOf(known), known)
			return
		}
		web.Fault(w, r, err) // logs it, and comes back to showRefusal
	})
}

// open finds out who asks, in which language.
func (f *Frame) open(w http.ResponseWriter, r *http.Request) (*Page, error) {
	p := &Page{Frame: f, W: w, R: r, Self: r.URL.RequestURI()}
	set, err := f.Market.Settings(r.Context())
	p.Settings = set
	p.Lang = f.language(p)
	if err != nil {
		return p, err
	}
	p.Caller, err = f.session(p)
	return p, err
}

// showRefusal is how a browser sees what the API refuses.
func (f *Frame) showRefusal(w http.ResponseWriter, r *http.Request, problem *web.Problem) bool {
	p := &Page{Frame: f, W: w, R: r, Self: r.URL.RequestURI(), Caller: web.CallerFrom(r.Context())}
	if set, err := f.Market.Settings(r.Context()); err == nil {
		p.Settings = set
	}
	p.Lang = f.language(p)
	if !p.Caller.SignedIn() && problem.Status < 429 {
		if caller, err := f.session(p); err == nil {
			p.Caller = caller
		}
	}
	refused := fault.New(fault.Internal, problem.Code, problem.Detail)
	refused.Details = problem.Details
	p.refuse(problem.Status, refused)
	return true
}

type errorPage struct {
	Status   int
	Text     string
	Again    string // the same page once more, where that can help
	Instance string
}

// refuse shows a refusal. It is left alone when it cannot be shown: then the plain problem is better than nothing.
func (p *Page) refuse(status int, refused *fault.Error) {
	data := errorPage{Status: status, Text: p.Say(refused)}
	title := p.T("This did not work")
	switch {
	case status == http.StatusNotFound || status == http.StatusGone:
		title = p.T("There is nothing here")
	case status == http.StatusForbidden:
		title = p.T("This is not for you")
	case status >= 500:
		title = p.T("Something is wrong on our side")
		data.Instance = web.RequestID(p.R.Context())
		if status == http.StatusInternalServerError {
			data.Text = p.T("It was not your fault, and it has been written down. Please try again in a moment.")
		}
	}
	if status >= 500 || status == http.StatusTooManyRequests {
		data.Again = p.Back("/")
		if p.R.Method == http.MethodGet {
			data.Again = p.Self
		}
	}
	p.NoIndex = true
	if err := p.ShowStatus(status, "frame/error", title, data); err != nil {
		web.Fault(p.W, p.R, err)
	}
}

// Say is what a refusal says, in the reader's language where that knows it.
func (p *Page) Say(refused *fault.Error) string {
	if text, ok := p.Lang.Fault(refused.Code); ok {
		return text
	}
	return refused.Message
}

// language is the one that the reader asked for, chose before, or has set up his browser for.
func (f *Frame) language(p *Page) *lang.Language {
	if l, ok := lang.Find(p.R.URL.Query().Get("lang")); ok {
		p.setCookie(languageCookie, l.Code, yearInSeconds)
		return l
	}
	if c, err := p.R.Cookie(languageCookie); err == nil {
		if l, ok := lang.Find(c.Value); ok {
			return l
		}
	}
	if header := p.R.Header.Get("Accept-Language"); header != "" {
		return lang.Match(header)
	}
	if len(p.Settings.Languages) > 0 {
		return lang.Match(p.Settings.Languages[0])
	}
	return lang.English
}

// sameOrigin says whether a form was sent from a page of this market. Browsers say where a form comes from; the very
// old ones only by the Referer.
func (f *Frame) sameOrigin(r *http.Request) bool {
	origin := r.Header.Get("Origin")
	if origin == "" {
		if site := r.Header.Get("Sec-Fetch-Site"); site != "" {
			return site == "same-origin"
		}
		origin = r.Header.Get("Referer")
	}
	u, err := url.Parse(origin)
	if err != nil || u.Host == "" {
		return false
	}
	if f.URL != "" && u.Scheme+"://"+u.Host == f.URL {
		return true
	}
	return strings.EqualFold(u.Host, r.Host) && (u.Scheme == "https" || u.Scheme == "http")
}

// MarketName is how the market is called on its pages.
func (p *Page) MarketName() string {
	if p.Settings.Name == "" {
		return "Haat"
	}
	return p.Settings.Name
}

// CartCount is how many units are in the reader's cart, for the header.
func (p *Page) CartCount() int64 {
	if !p.Caller.SignedIn() && p.Guest() == "" {
		return 0
	}
	holder, err := p.Holder()
	if err != nil || holder == 0 {
		return 0
	}
	n, err := p.Cart.Count(p.R.Context(), holder)
	if err != nil {
		p.Log.WarnContext(p.R.Context(), "the cart could not be counted for a page", slog.Any("error", err))
	}
	return n.Units
}

// Context is the request's.
func (p *Page) Context() context.Context { return p.R.Context() }
