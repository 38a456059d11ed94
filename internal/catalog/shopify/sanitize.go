package shopify

import (
	"regexp"
	"strings"

	"github.com/microcosm-cc/bluemonday"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// policy is what a description may consist of: words and their form. No images,
// because they tell somebody else who is looking; no classes, ids or styles,
// because they change the page around; links that lead away and say so.
var policy = func() *bluemonday.Policy {
	p := bluemonday.NewPolicy()
	p.AllowElements("p", "br", "hr", "div", "span", "h1", "h2", "h3", "h4", "h5", "h6",
		"b", "strong", "i", "em", "u", "s", "small", "sub", "sup", "ul", "ol", "li", "dl", "dt", "dd",
		"blockquote", "pre", "code", "table", "caption", "thead", "tbody", "tfoot", "tr", "th", "td")
	p.AllowAttrs("colspan", "rowspan").Matching(regexp.MustCompile(`^[1-9][0-9]?$`)).OnElements("th", "td")
	// With the slashes: a browser takes "https:x" on an https page for a path.
	p.AllowAttrs("href").Matching(regexp.MustCompile(`(?i)^(https?://[^/\\\s]|mailto:[^\s]|tel:[+0-9])`)).OnElements("a")
	p.AllowURLSchemes("http", "https", "mailto", "tel")
	p.AllowRelativeURLs(false)
	p.RequireParseableURLs(true)
	p.RequireNoFollowOnLinks(true)
	p.RequireNoReferrerOnLinks(true)
	p.AddTargetBlankToFullyQualifiedLinks(true)
	return p
}()

// bare takes every element away and leaves the words.
var bare = bluemonday.StrictPolicy()

// Sanitize is the harmless part of a description: basic formatting and links
// (with rel nofollow), well nested. What it gives out it gives out unchanged
// when asked again.
func Sanitize(s string) string {
	if !strings.ContainsAny(s, "<>&\"'\r\x00") {
		return s // by far the commonest: plain words
	}
	clean := s
	// Taking an element away can change how the rest nests, so it goes on until
	// nothing changes. Three rounds are enough for anything written in earnest.
	for range 5 {
		nested, ok := nest(clean)
		if !ok {
			break
		}
		next := policy.Sanitize(nested)
		if next == clean {
			return clean
		}
		clean = next
	}
	return bare.Sanitize(clean)
}

// nest closes what was left open and drops what closes nothing. ok is false for
// text that is nested too deeply to be a description.
func nest(s string) (nested string, ok bool) {
	nodes, err := html.ParseFragment(strings.NewReader(s), &html.Node{Type: html.ElementNode, Data: "div", DataAtom: atom.Div})
	if err != nil {
		return "", false
	}
	var out strings.Builder
	for _, n := range nodes {
		if depth(n) > maxDepth || html.Render(&out, n) != nil {
			return "", false
		}
	}
	return out.String(), true
}

const maxDepth = 100

func depth(root *html.Node) int {
	deepest, level := 0, 0
	for n := root; n != nil; {
		deepest = max(deepest, level)
		switch {
		case n.FirstChild != nil:
			n, level = n.FirstChild, level+1
		default:
			for n != root && n.NextSibling == nil {
				n, level = n.Parent, level-1
			}
			if n == root {
				return deepest
			}
			n = n.NextSibling
		}
	}
	return deepest
}
