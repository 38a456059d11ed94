package shopify

import (
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"
)

func TestSanitize(t *testing.T) {
	for in, want := range map[string]string{
		"plain words": "plain words",
		"साड़ी, हाथ से बुनी": "साड़ी, हाथ से बुनी",
		"a & b < c":                                    "a &amp; b &lt; c",
		"<p>Soft <b>wool</b></p>":                      "<p>Soft <b>wool</b></p>",
		"<script>alert(1)</script>x":                   "x",
		"<style>p{}</style>x":                          "x",
		"<p onclick=x style=y id=z>a</p>":              "<p>a</p>",
		"<img src=http://a.example/x>x":                "x",
		"<iframe src=//a.example></iframe>x":           "x",
		"<svg><script>alert(1)</script></svg>x":        "x",
		"</div></div>out":                              "out",
		"<div><b>open":                                 "<div><b>open</b></div>",
		"<a href=\"javascript:alert(1)\">x</a>":        "x",
		"<a href=\"&#106;avascript:alert(1)\">x</a>":   "x",
		"<a href=\"//a.example\">x</a>":                "x",
		"<a href=\"/v1/logout\">x</a>":                 "x",
		"<a href=\"data:text/html,x\">x</a>":           "x",
		"<td colspan=2>x":                              "x",
		"<table><tr><td colspan=\"2\" rowspan=999>x":   "<table><tbody><tr><td colspan=\"2\">x</td></tr></tbody></table>",
		"<a href=\"https://a.example/?x=1&y=2\">x</a>": `<a href="https://a.example/?x=1&amp;y=2" rel="nofollow noreferrer noopener" target="_blank">x</a>`,
		"<!-- hidden -->x":                             "x",
		"<form action=x><input name=password>y</form>": "y",
	} {
		if got := Sanitize(in); got != want {
			t.Errorf("Sanitize(%q)\n got %q\nwant %q", in, got, want)
		}
	}
}

func TestSanitizeHostileSizes(t *testing.T) {
	for name, in := range map[string]string{
		"deep":      strings.Repeat("<div>", 200_000) + "x",
		"open":      strings.Repeat("<b>", 300_000),
		"closing":   strings.Repeat("</p>", 200_000),
		"lists":     strings.Repeat("<ul><li>", 20_000) + "x",
		"tables":    strings.Repeat("<table><tr><td>", 60_000),
		"entities":  strings.Repeat("&amp;", 200_000),
		"attribute": "<p " + strings.Repeat("a=b ", 200_000) + ">x</p>",
		"links":     strings.Repeat(`<a href="https://a.example">`, 30_000),
		"misnested": strings.Repeat("<b><p>", 100_000),
		"formats":   strings.Repeat("<a><b><i><u><s>", 50_000),
	} {
		start := time.Now()
		checkClean(t, Sanitize(in))
		if d := time.Since(start); d > 10*time.Second {
			t.Errorf("%s took %v", name, d)
		}
	}
}

// checkClean reads what Sanitize gave out as a browser would.
func checkClean(t *testing.T, s string) {
	t.Helper()
	z := html.NewTokenizer(strings.NewReader(s))
	var open []string
	for {
		switch z.Next() {
		case html.ErrorToken:
			if len(open) != 0 {
				t.Fatalf("left open: %v in %.200q", open, s)
			}
			return
		case html.CommentToken, html.DoctypeToken:
			t.Fatalf("a comment in %.200q", s)
		case html.StartTagToken, html.SelfClosingTagToken:
			tok := z.Token()
			switch tok.Data {
			case "script", "style", "img", "iframe", "svg", "math", "form", "input", "object", "embed", "link", "meta", "base", "template", "noscript", "textarea", "select":
				t.Fatalf("<%s> in %.200q", tok.Data, s)
			case "br", "hr":
				continue
			}
			for _, a := range tok.Attr {
				switch a.Key {
				case "colspan", "rowspan", "rel", "target":
				case "href":
					if !strings.HasPrefix(a.Val, "http://") && !strings.HasPrefix(a.Val, "https://") && !strings.HasPrefix(a.Val, "mailto:") && !strings.HasPrefix(a.Val, "tel:") {
						t.Fatalf("href %q in %.200q", a.Val, s)
					}
				default:
					t.Fatalf("attribute %s in %.200q", a.Key, s)
				}
			}
			open = append(open, tok.Data)
		case html.EndTagToken:
			tok := z.Token()
			if len(open) == 0 || open[len(open)-1] != tok.Data {
				t.Fatalf("</%s> closes %v in %.200q", tok.Data, open, s)
			}
			open = open[:len(open)-1]
		}
	}
}

func FuzzSanitize(f *testing.F) {
	for _, s := range []string{
		"<p><button><p>x</p></button></p>", "<a href=' javascript:x'>y", "<table><b><tr><td>x</table>y", "<svg><p><style><!--</style><img src=x onerror=y>-->",
		"<math><mtext><table><mglyph><style><img src=x onerror=y>", "a<\x00b", "\r\n<p>\r", "<noscript><p title=\"</noscript><img src=x onerror=y>\">",
		"&lt;script&gt;", "<a href=\"mailto:a@b\">x<a href='http://c'>y", "<pre>\n\n x</pre>", "<p/>x</br></p>",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		clean := Sanitize(s)
		checkClean(t, clean)
		if again := Sanitize(clean); again != clean {
			t.Errorf("%q\ngives %q\nthen  %q", s, clean, again)
		}
	})
}
