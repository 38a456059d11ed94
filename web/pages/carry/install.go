package carry

import (
	"encoding/json"
	"strings"

	"github.com/haat-market/haat/web/pages/frame"
)

// scope is what the phone's app is made of.
const scope = "/courier"

// manifest is what a phone needs to know to put the page on its first screen.
func (c *carry) manifest(p *frame.Page) error {
	text, err := json.Marshal(map[string]any{
		"name": p.MarketName() + " · " + p.T("Carrying"), "short_name": p.T("Carrying"), "start_url": scope, "scope": scope, "display": "standalone", "lang": p.Lang.Code, "dir": p.Lang.Dir,
		"background_color": "#faf8f4", "theme_color": "#12564c",
		"icons": []map[string]string{{"src": p.Asset("icon.svg"), "sizes": "any", "type": "image/svg+xml"}},
	})
	if err != nil {
		return err
	}
	p.W.Header().Set("Content-Type", "application/manifest+json")
	p.W.Header().Set("Cache-Control", "no-cache")
	_, _ = p.W.Write(text) // whoever asked and left learns nothing from an error
	return nil
}

// worker is the script that answers for the market when it cannot be reached. It names the files that it keeps, so it is
// another one when they are.
func (c *carry) worker(p *frame.Page) error {
	text, err := files.ReadFile("files/worker.js")
	if err != nil {
		return err
	}
	kept, err := json.Marshal([]string{p.Asset("haat.css"), p.Asset("courier.js"), p.Asset("icon.svg")})
	if err != nil {
		return err
	}
	h := p.W.Header()
	h.Set("Content-Type", "text/javascript; charset=utf-8")
	h.Set("Cache-Control", "no-cache")
	h.Set("Content-Security-Policy", "default-src 'none'; connect-src 'self'")
	h.Set("Service-Worker-Allowed", scope)
	_, _ = p.W.Write([]byte(strings.Replace(string(text), `["files"]`, string(kept), 1))) // as above
	return nil
}
