package browser_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/haat-market/haat/internal/app"
	"github.com/haat-market/haat/internal/apptest"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/db/dbtest"
)

type M = apptest.M

// chromium is the browser of this machine, "" if there is none.
func chromium(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	if os.Getenv("HAAT_TEST_BROWSER") == "required" {
		t.Fatal("HAAT_TEST_BROWSER says that there has to be a browser, and there is none")
	}
	t.Log("there is no Chromium on this machine, so nobody looked at the pages")
	return ""
}

// open makes a market on the embedded engine and a browser to look at it.
func open(t *testing.T, f func(m *apptest.Market, b *browser), opts ...apptest.Option) {
	t.Helper()
	path := chromium(t)
	if path == "" {
		return
	}
	m := apptest.On(t, dbtest.Open(t, db.Embedded, db.Config{Schema: app.Schema()}), opts...)
	options := append([]chromedp.ExecAllocatorOption{}, chromedp.DefaultExecAllocatorOptions[:]...)
	options = append(options, chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true), chromedp.Flag("ignore-certificate-errors", true), // of providers that a test stands in for
		chromedp.UserDataDir(profile(t)))
	ctx, cancel := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(cancel)
	ctx, stop := chromedp.NewContext(ctx)
	t.Cleanup(func() {
		defer stop()
		if err := chromedp.Cancel(ctx); err != nil { // waits until the browser has ended
			t.Logf("the browser did not end by itself: %v", err)
		}
	})
	if err := chromedp.Run(ctx); err != nil {
		t.Fatalf("the browser did not start: %v", err)
	}
	f(m, &browser{t: t, m: m, ctx: ctx})
}

// profile is a folder for the browser. The processes that a browser leaves behind write into it for some moments more,
// so that it is removed patiently: t.TempDir would fail the test for a file that appears while it is at it.
func profile(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "haat-browser-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		var err error
		for range 100 {
			if err = os.RemoveAll(dir); err == nil {
				return
			}
			time.Sleep(100 * time.Millisecond)
		}
		t.Logf("the browser's folder is still in use: %v", err)
	})
	return dir
}

type browser struct {
	t   *testing.T
	m   *apptest.Market
	ctx context.Context
}

// tab is one person's window. Everything that the browser complains of fails the test.
type tab struct {
	t    *testing.T
	m    *apptest.Market
	ctx  context.Context
	name string
	size size
	// others are sites that this person is sent to on purpose. What they look like is not ours.
	others []string

	mu         sync.Mutex
	complaints []string
}

// size is how large a window is.
type size struct {
	name          string
	width, height int64
}

var (
	phone   = size{"phone", 360, 740}
	desktop = size{"desktop", 1280, 900}
)

// tab opens a window with cookies of its own. Without script it runs none, whatever the pages hold.
func (b *browser) tab(name, language string, s size, script bool) *tab {
	b.t.Helper()
	ctx, cancel := chromedp.NewContext(b.ctx, chromedp.WithTargetID(b.window()))
	b.t.Cleanup(cancel)
	ctx, stop := context.WithTimeout(ctx, 4*time.Minute)
	b.t.Cleanup(stop)
	w := &tab{t: b.t, m: b.m, ctx: ctx, name: name + "-" + language + "-" + s.name, size: s}
	chromedp.ListenTarget(ctx, w.listen)
	actions := []chromedp.Action{
		network.Enable(), log.Enable(),
		chromedp.EmulateViewport(s.width, s.height),
		network.SetExtraHTTPHeaders(network.Headers{"Accept-Language": language}),
	}
	if !script {
		actions = append(actions, emulation.SetScriptExecutionDisabled(true))
	}
	w.run(actions...)
	return w
}

// window opens a window whose cookies are its own.
func (b *browser) window() target.ID {
	b.t.Helper()
	ctx := cdp.WithExecutor(b.ctx, chromedp.FromContext(b.ctx).Browser)
	person, err := target.CreateBrowserContext().Do(ctx)
	if err != nil {
		b.t.Fatal(err)
	}
	id, err := target.CreateTarget("about:blank").WithBrowserContextID(person).WithNewWindow(true).Do(ctx)
	if err != nil {
		b.t.Fatal(err)
	}
	return id
}

func (w *tab) listen(event any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		if !strings.HasPrefix(e.Request.URL, w.m.URL) && !strings.HasPrefix(e.Request.URL, "data:") && !w.elsewhere(e.Request.URL) {
			w.complaints = append(w.complaints, "asked another host: "+e.Request.URL)
		}
	case *log.EventEntryAdded:
		// A page with a status of 4xx is one that we want; what it loads is not.
		if e.Entry.Level == log.LevelError && !(e.Entry.Source == log.SourceNetwork && !strings.Contains(e.Entry.URL, "/pages/") && !strings.Contains(e.Entry.URL, "/media/")) {
			w.complaints = append(w.complaints, fmt.Sprintf("%s: %s (%s)", e.Entry.Source, e.Entry.Text, e.Entry.URL))
		}
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.APITypeError || e.Type == runtime.APITypeWarning {
			w.complaints = append(w.complaints, fmt.Sprintf("console: %v", e.Type))
		}
	case *runtime.EventExceptionThrown:
		w.complaints = append(w.complaints, "exception: "+e.ExceptionDetails.Text)
	}
}

func (w *tab) elsewhere(address string) bool {
	return slices.ContainsFunc(w.others, func(site string) bool { return strings.HasPrefix(address, site) })
}

func (w *tab) run(actions ...chromedp.Action) {
	w.t.Helper()
	if err := chromedp.Run(w.ctx, actions...); err != nil {
		w.t.Fatalf("%s: %v", w.name, err)
	}
}

// go to a page of the market, by its address.
func (w *tab) visit(path string) *tab {
	w.t.Helper()
	w.run(chromedp.Navigate(w.m.URL + path))
	return w.look()
}

func (w *tab) path() string {
	w.t.Helper()
	var at string
	w.run(chromedp.Location(&at))
	u, err := url.Parse(at)
	if err != nil {
		w.t.Fatal(err)
	}
	return u.RequestURI()
}

// at fails the test unless the window is at a page whose address begins so.
func (w *tab) at(prefix string) *tab {
	w.t.Helper()
	if at := w.path(); !strings.HasPrefix(at, prefix) {
		w.t.Fatalf("%s: at %s, want %s\n%s", w.name, at, prefix, w.text())
	}
	return w
}

func (w *tab) text() string {
	w.t.Helper()
	var text string
	w.eval(`document.body.innerText`, &text)
	return text
}

// says fails the test unless the page shows these texts.
func (w *tab) says(parts ...string) *tab {
	w.t.Helper()
	text := strings.ToLower(strings.ReplaceAll(w.text(), "\u00a0", " "))
	for _, p := range parts {
		if !strings.Contains(text, strings.ToLower(p)) {
			w.t.Errorf("%s: %s does not say %q\n%s", w.name, w.path(), p, text)
		}
	}
	return w
}

func (w *tab) eval(expression string, into any) {
	w.t.Helper()
	w.run(chromedp.Evaluate(expression, into))
}

// look checks what every page has to be, and takes a picture of it if somebody wants one.
func (w *tab) look() *tab {
	w.t.Helper()
	var at string
	if w.run(chromedp.Location(&at)); w.elsewhere(at) {
		return w
	}
	var raw string
	w.eval(audit, &raw)
	var found []string
	if err := json.Unmarshal([]byte(raw), &found); err != nil {
		w.t.Fatal(err)
	}
	w.mu.Lock()
	found = append(found, w.complaints...)
	w.complaints = nil
	w.mu.Unlock()
	for _, f := range found {
		w.t.Errorf("%s %s: %s", w.name, w.path(), f)
	}
	return w
}

// picture leaves a picture of the whole page.
func (w *tab) picture(name string) *tab {
	w.t.Helper()
	folder := os.Getenv("HAAT_TEST_SCREENSHOTS")
	if folder == "" {
		return w
	}
	var png []byte
	var height int64
	w.eval(`Math.ceil(document.documentElement.scrollHeight)`, &height)
	w.run(chromedp.EmulateViewport(w.size.width, max(height, w.size.height)), chromedp.CaptureScreenshot(&png), chromedp.EmulateViewport(w.size.width, w.size.height))
	if err := os.WriteFile(filepath.Join(folder, w.name+"-"+name+".png"), png, 0o600); err != nil {
		w.t.Fatal(err)
	}
	return w
}

// focus presses Tab until the element is reached; who sees nothing but the focus gets there too.
func (w *tab) focus(selector string) *tab {
	w.t.Helper()
	quoted, err := json.Marshal(selector)
	if err != nil {
		w.t.Fatal(err)
	}
	for range 200 {
		w.run(chromedp.KeyEvent(kb.Tab))
		var there bool
		w.eval(`!!document.activeElement && document.activeElement.matches(`+string(quoted)+`)`, &there)
		if there {
			return w
		}
	}
	w.t.Fatalf("%s: the keyboard does not reach %s at %s\n%s", w.name, selector, w.path(), w.text())
	return w
}

// press presses a key where the focus is, and waits for the page that follows.
func (w *tab) press(key string) *tab {
	w.t.Helper()
	if _, err := chromedp.RunResponse(w.ctx, chromedp.KeyEvent(key)); err != nil {
		w.t.Fatalf("%s: after a key: %v", w.name, err)
	}
	return w.look()
}

// enter follows the link, or presses the button, that the focus is on.
func (w *tab) enter(selector string) *tab { w.t.Helper(); return w.focus(selector).press(kb.Enter) }

// write types into a field, over what is there.
func (w *tab) write(selector, text string) *tab {
	w.t.Helper()
	w.focus(selector)
	w.eval(`document.activeElement.select && document.activeElement.select()`, nil)
	w.run(chromedp.KeyEvent(text))
	return w
}

// typed are keys where the focus is.
func typed(text string) chromedp.Action { return chromedp.KeyEvent(text) }
