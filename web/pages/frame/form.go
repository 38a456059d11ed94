package frame

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/haat-market/haat/internal/platform/code"
	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/idem"
	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/web/pages/lang"
)

// maxForm is more than any form without files holds.
const maxForm = 64 << 10

// ErrForm refuses what is no form.
var ErrForm = fault.New(fault.Malformed, "malformed_form", "The form could not be read. Go back and send it again.")

// Form is a form with what was typed into it and what is wrong with that.
type Form struct {
	p      *Page
	fields []string
	values url.Values
	errors map[string]string
	all    []string // what is wrong with no field that the form has
	focus  string   // the first field that is wrong
	key    string
	labels map[string]string // of the fields that were shown
}

// Form is a new form with these fields.
func (p *Page) Form(fields ...string) *Form {
	f := &Form{p: p, fields: fields, values: url.Values{}, errors: map[string]string{}, labels: map[string]string{}}
	p.forms = append(p.forms, f)
	return f
}

// Sent is the form as the request brings it. Errors: ErrForm, web.ErrBodyTimeout.
func (p *Page) Sent(fields ...string) (*Form, error) {
	f := p.Form(fields...)
	if err := p.R.ParseForm(); err != nil {
		return f, notSent(err)
	}
	for name, list := range p.R.PostForm {
		for _, v := range list {
			if !utf8.ValidString(v) || strings.ContainsRune(v, 0) {
				return f, web.ErrInvalidText
			}
			if slices.Contains(fields, name) {
				f.values[name] = append(f.values[name], norm.NFC.String(v))
			}
		}
	}
	if k := p.R.PostForm.Get("key"); len(k) >= 16 && len(k) <= 64 {
		f.key = k
	}
	return f, nil
}

// Set fills a field in.
func (f *Form) Set(name, value string) *Form {
	f.values.Set(name, value)
	return f
}

// Get is what a field holds.
func (f *Form) Get(name string) string { return strings.TrimSpace(f.values.Get(name)) }

// Raw is what a field holds, as it was typed: passwords may begin with a space.
func (f *Form) Raw(name string) string { return f.values.Get(name) }

// All is what a field holds that may be chosen several times.
func (f *Form) All(name string) []string { return f.values[name] }

// Has says whether a box was ticked.
func (f *Form) Has(name string) bool { return f.values.Get(name) != "" }

// Digits is what a field holds, with the digits of any script as 0 to 9.
func (f *Form) Digits(name string) string { return lang.Digits(f.Get(name)) }

// Int is the whole number in a field; what is none is wrong.
func (f *Form) Int(name string) int64 {
	n, err := strconv.ParseInt(strings.ReplaceAll(f.Digits(name), ",", ""), 10, 64)
	if err != nil {
		f.Wrong(name, f.p.T("Must be a whole number."))
	}
	return n
}

// Wrong says what is wrong with a field.
func (f *Form) Wrong(name, message string) {
	if !slices.Contains(f.fields, name) {
		f.all = append(f.all, message)
		return
	}
	if f.errors[name] == "" {
		f.errors[name] = message
	}
}

// Take takes over what was found wrong in another form.
func (f *Form) Take(other *Form) {
	for name, message := range other.errors {
		f.Wrong(name, message)
	}
	f.all = append(f.all, other.all...)
}

// Ok says whether nothing was found wrong so far.
func (f *Form) Ok() bool { return len(f.errors) == 0 && len(f.all) == 0 }

// Refuse takes a room's refusal apart: to each field what is wrong with it, the rest to the top of the form. What is no
// refusal, or one that no other words in the form would change, comes back as it is.
func (f *Form) Refuse(err error) error {
	refused, ok := fault.As(err)
	if !ok || refused.Unwrap() != nil {
		return err
	}
	switch refused.Kind {
	case fault.Internal, fault.NotFound, fault.Malformed:
		return err
	}
	for _, one := range refused.Fields {
		name := one.Path
		if i := strings.LastIndexAny(name, "./"); i >= 0 {
			name = name[i+1:]
		}
		message := one.Message
		if text, ok := f.p.Lang.Fault("field:" + one.Code); ok {
			message = text
		}
		f.Wrong(name, message)
	}
	if f.Ok() {
		f.all = append(f.all, f.p.Say(refused))
	}
	return nil
}

// Again shows the form once more, with what was typed and what is wrong.
func (f *Form) Again(name, title string, data any) error {
	f.p.failed = true
	for _, field := range f.fields {
		if f.errors[field] != "" {
			f.focus = field
			break
		}
	}
	return f.p.ShowStatus(http.StatusUnprocessableEntity, name, title, data)
}

// Key is what makes the form's deed happen once, however often it is sent.
func (f *Form) Key() string {
	if f.key == "" {
		f.key = code.Token()
	}
	return f.key
}

// Renew takes the key away: what is sent next is another deed.
func (f *Form) Renew() { f.key = "" }

// Once is the request's context with the form's key. The same form with something else in it is another deed.
func (f *Form) Once(operation string) context.Context {
	ctx := f.p.R.Context()
	if f.key == "" {
		return ctx
	}
	sum := sha256.Sum256([]byte(f.values.Encode()))
	scope := "account:" + f.p.Caller.Account
	if !f.p.Caller.SignedIn() {
		scope = "page:" + f.key
	}
	return idem.WithKey(ctx, idem.Key{Scope: scope, Operation: operation, Value: "page:" + f.key, Fingerprint: hex.EncodeToString(sum[:])})
}

func text(v any) string { return fmt.Sprint(v) }

// Wants says whether the form has a field.
func (f *Form) Wants(name string) bool { return slices.Contains(f.fields, name) }

// label is where the name of a field goes that is shown further down the page.
func label(field string) string { return "<!--label " + field + "-->" }

// named puts the names of fields where label left room for them.
func (f *Form) named(page []byte) []byte {
	for field := range f.errors {
		name := ""
		if shown := f.labels[field]; shown != "" {
			name = html.EscapeString(shown) + ": "
		}
		page = bytes.ReplaceAll(page, []byte(label(field)), []byte(name))
	}
	return page
}
