package frame

import (
	"html"
	"html/template"
	"slices"
	"strings"
	"time"

	"github.com/haat-market/haat/internal/platform/blob"
	"github.com/haat-market/haat/internal/platform/money"
	"github.com/haat-market/haat/web/pages/lang"
)

// functions are what templates may call, in one language.
func (f *Frame) functions(l *lang.Language) template.FuncMap {
	return template.FuncMap{
		"t":      l.T,
		"n":      func(key string, n any, values ...any) string { return l.N(key, whole(n), values...) },
		"number": func(n any) string { return l.Number(whole(n)) },
		"money":  l.Money,
		"amount": func(decimal string, c any) string { return l.Amount(decimal, money.Currency(text(c))) },
		"own":    func(url string) string { return strings.TrimPrefix(url, f.URL) },
		"cents":  func(minor int64, currency string) string { return l.Money(minor, money.Currency(currency)) },
		"sum":    func(a money.Amount) string { return l.Money(a.Minor, a.Currency) },
		"date":   func(p *Page, t time.Time) template.HTML { return stamp(t, l.Date(p.In(t))) },
		"time":   func(p *Page, t time.Time) template.HTML { return stamp(t, l.Time(p.In(t))) },
		"asset":  f.Asset,
		"image": func(p *blob.Picture, alt, sizes string, more ...string) template.HTML {
			return f.image(p, alt, sizes, more)
		},
		"input": func(form *Form, name, label string, more ...string) template.HTML {
			return form.input(name, label, more)
		},
		"area": func(form *Form, name, label string, more ...string) template.HTML {
			return form.area(name, label, more)
		},
		"choice": func(form *Form, name, label string, options []Option, more ...string) template.HTML {
			return form.choice(name, label, options, more)
		},
		"radios": func(form *Form, name, label string, options []Option) template.HTML {
			return form.radios(name, label, options)
		},
		"many": func(form *Form, name, label string, options []Option) template.HTML {
			return form.many(name, label, options)
		},
		"check":  func(form *Form, name, label string) template.HTML { return form.check(name, label) },
		"wrong":  func(form *Form) template.HTML { return form.wrong() },
		"key":    func(form *Form) template.HTML { return hidden("key", form.Key()) },
		"hidden": hidden,
		"dict":   dict,
		"whole":  whole,
		"digits": onlyDigits,
		"inc":    func(i int) int { return i + 1 },
	}
}

func whole(n any) int64 {
	switch n := n.(type) {
	case int:
		return int64(n)
	case int64:
		return n
	case *int64:
		if n != nil {
			return *n
		}
	}
	return 0
}

func stamp(t time.Time, shown string) template.HTML {
	return template.HTML(`<time datetime="` + t.UTC().Format(time.RFC3339) + `">` + html.EscapeString(shown) + `</time>`) //nolint:gosec // escaped
}

func hidden(name, value string) template.HTML {
	return template.HTML(`<input type="hidden" name="` + html.EscapeString(name) + `" value="` + html.EscapeString(value) + `">`) //nolint:gosec // escaped
}

// dict gives a part of a page several things by name.
func dict(pairs ...any) map[string]any {
	m := make(map[string]any, len(pairs)/2)
	for i := 0; i+1 < len(pairs); i += 2 {
		m[text(pairs[i])] = pairs[i+1]
	}
	return m
}

// Option is one that can be chosen.
type Option struct {
	Value, Text string
	Hint        string
	Was         string // the price before it was lowered
	Off         bool   // cannot be chosen now
}

// attributes are pairs of name and value; hint is a sentence below the label, and a name without a value stands alone.
func attributes(more []string) (attrs, hint string) {
	var b strings.Builder
	for i := 0; i+1 < len(more); i += 2 {
		switch name, value := more[i], more[i+1]; {
		case name == "hint":
			hint = value
		case value == "":
			b.WriteString(" " + html.EscapeString(name))
		default:
			b.WriteString(" " + html.EscapeString(name) + `="` + html.EscapeString(value) + `"`)
		}
	}
	return b.String(), hint
}

// around puts a label, a hint and what is wrong around a field.
func (f *Form) around(name, label, hint, field string) template.HTML {
	var b strings.Builder
	f.labels[name] = label
	class := "field"
	if f.errors[name] != "" {
		class = "field bad"
	}
	b.WriteString(`<div class="` + class + `"><label for="f-` + name + `">` + html.EscapeString(label) + `</label>`)
	if hint != "" {
		b.WriteString(`<span class="hint" id="h-` + name + `">` + html.EscapeString(hint) + `</span>`)
	}
	if f.errors[name] != "" {
		b.WriteString(`<span class="error" id="e-` + name + `">` + html.EscapeString(f.errors[name]) + `</span>`)
	}
	b.WriteString(field + `</div>`)
	return template.HTML(b.String()) //nolint:gosec // escaped
}

// described are the attributes that tie a field to its hint and to what is wrong with it.
func (f *Form) described(name, hint string) string {
	var ids []string
	if hint != "" {
		ids = append(ids, "h-"+name)
	}
	out := ""
	if f.errors[name] != "" {
		ids = append(ids, "e-"+name)
		out = ` aria-invalid="true"`
	}
	if len(ids) > 0 {
		out += ` aria-describedby="` + strings.Join(ids, " ") + `"`
	}
	if f.focus == name {
		out += ` autofocus`
	}
	return out
}

func (f *Form) input(name, label string, more []string) template.HTML {
	attrs, hint := attributes(more)
	value := f.values.Get(name)
	if strings.Contains(attrs, `type="password"`) || strings.Contains(attrs, "data-secret") {
		value = "" // what is secret is typed anew
	}
	if !strings.Contains(attrs, "type=") {
		attrs += ` type="text"`
	}
	return f.around(name, label, hint, `<input id="f-`+name+`" name="`+name+`" value="`+html.EscapeString(value)+`"`+attrs+f.described(name, hint)+`>`)
}

func (f *Form) area(name, label string, more []string) template.HTML {
	attrs, hint := attributes(more)
	return f.around(name, label, hint, `<textarea id="f-`+name+`" name="`+name+`"`+attrs+f.described(name, hint)+">\n"+html.EscapeString(f.values.Get(name))+`</textarea>`)
}

func (f *Form) choice(name, label string, options []Option, more []string) template.HTML {
	attrs, hint := attributes(more)
	var b strings.Builder
	b.WriteString(`<select id="f-` + name + `" name="` + name + `"` + attrs + f.described(name, hint) + `>`)
	for _, o := range options {
		b.WriteString(`<option value="` + html.EscapeString(o.Value) + `"`)
		if f.values.Get(name) == o.Value {
			b.WriteString(` selected`)
		}
		if o.Off {
			b.WriteString(` disabled`)
		}
		b.WriteString(`>` + html.EscapeString(o.Text) + `</option>`)
	}
	b.WriteString(`</select>`)
	return f.around(name, label, hint, b.String())
}

func (f *Form) radios(name, label string, options []Option) template.HTML {
	var b strings.Builder
	f.labels[name] = label
	class := "radios"
	if f.errors[name] != "" {
		class += " bad"
	}
	b.WriteString(`<fieldset class="` + class + `"><legend>` + html.EscapeString(label) + `</legend>`)
	if f.errors[name] != "" {
		b.WriteString(`<span class="error" id="e-` + name + `">` + html.EscapeString(f.errors[name]) + `</span>`)
	}
	for i, o := range options {
		id := `f-` + name
		if i > 0 {
			id += "-" + text(i)
		}
		b.WriteString(`<label class="option" for="` + id + `"><input type="radio" id="` + id + `" name="` + name + `" value="` + html.EscapeString(o.Value) + `" required`)
		if f.values.Get(name) == o.Value {
			b.WriteString(` checked`)
		}
		if o.Off {
			b.WriteString(` disabled`)
		}
		if i == 0 && f.focus == name {
			b.WriteString(` autofocus`)
		}
		b.WriteString(`><span><b>` + html.EscapeString(o.Text) + `</b>`)
		if o.Hint != "" {
			b.WriteString(`<span class="hint">` + html.EscapeString(o.Hint))
			if o.Was != "" {
				b.WriteString(` <del><span class="hidden">` + html.EscapeString(f.p.T("before:")) + ` </span>` + html.EscapeString(o.Was) + `</del>`)
			}
			b.WriteString(`</span>`)
		}
		b.WriteString(`</span></label>`)
	}
	b.WriteString(`</fieldset>`)
	return template.HTML(b.String()) //nolint:gosec // escaped
}

// check is a box within its label, without an id, so that two forms of a page may have the same boxes.
func (f *Form) check(name, label string) template.HTML {
	on := ""
	if f.Has(name) {
		on = " checked"
	}
	return template.HTML(`<label class="option"><input type="checkbox" name="` + name + `" value="1"` + on + `><span>` + html.EscapeString(label) + `</span></label>`) //nolint:gosec // escaped
}

// many are boxes of which some may be ticked.
func (f *Form) many(name, label string, options []Option) template.HTML {
	var b strings.Builder
	f.labels[name] = label
	class := "boxes"
	if f.errors[name] != "" {
		class += " bad"
	}
	b.WriteString(`<fieldset class="` + class + `"><legend>` + html.EscapeString(label) + `</legend>`)
	if f.errors[name] != "" {
		b.WriteString(`<span class="error" id="e-` + name + `">` + html.EscapeString(f.errors[name]) + `</span>`)
	}
	b.WriteString(`<div class="scrolled">`)
	for i, o := range options {
		id := `f-` + name
		if i > 0 {
			id += "-" + text(i)
		}
		b.WriteString(`<label for="` + id + `"><input type="checkbox" id="` + id + `" name="` + name + `" value="` + html.EscapeString(o.Value) + `"`)
		if slices.Contains(f.values[name], o.Value) {
			b.WriteString(` checked`)
		}
		b.WriteString(`> ` + html.EscapeString(o.Text) + `</label>`)
	}
	b.WriteString(`</div></fieldset>`)
	return template.HTML(b.String()) //nolint:gosec // escaped
}

// wrong is what stands over a form that did not work.
func (f *Form) wrong() template.HTML {
	if f.Ok() {
		return ""
	}
	var b strings.Builder
	b.WriteString(`<div class="notice bad" role="alert" id="wrong">`)
	for _, message := range f.all {
		b.WriteString(`<p>` + html.EscapeString(message) + `</p>`)
	}
	if len(f.errors) > 0 {
		b.WriteString(`<p>` + html.EscapeString(f.p.T("Please look at these again:")) + `</p><ul>`)
		for _, name := range f.fields {
			if f.errors[name] != "" {
				b.WriteString(`<li><a href="#f-` + name + `">` + label(name) + html.EscapeString(f.errors[name]) + `</a></li>`)
			}
		}
		b.WriteString(`</ul>`)
	}
	b.WriteString(`</div>`)
	return template.HTML(b.String()) //nolint:gosec // escaped
}

// onlyDigits is a telephone number as wa.me takes it.
func onlyDigits(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, s)
}

// image shows a picture in the width that fits: it is loaded when it comes into sight, and holds its place before. Its
// address is written without the market's own, so that it is the same wherever the market is reached.
func (f *Frame) image(p *blob.Picture, alt, sizes string, more []string) template.HTML {
	if p == nil {
		return ""
	}
	attrs, _ := attributes(more)
	own := func(url string) string { return html.EscapeString(strings.TrimPrefix(url, f.URL)) }
	width, height := p.Width, p.Height
	if width == 0 || height == 0 {
		width, height = 640, 640
	}
	src := own(p.URL)
	var set []string
	for _, s := range p.Sizes {
		if len(set) == 0 {
			src = own(s.URL)
		}
		set = append(set, own(s.URL)+" "+text(s.Width)+"w")
	}
	if p.Width > 0 {
		set = append(set, own(p.URL)+" "+text(p.Width)+"w")
	}
	out := `<img src="` + src + `"`
	if len(set) > 1 {
		out += ` srcset="` + strings.Join(set, ", ") + `" sizes="` + html.EscapeString(sizes) + `"`
	}
	out += ` width="` + text(width) + `" height="` + text(height) + `" alt="` + html.EscapeString(alt) + `" decoding="async"` + attrs + `>`
	return template.HTML(out) //nolint:gosec // escaped
}
