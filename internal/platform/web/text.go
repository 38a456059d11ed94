package web

import (
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// maxParam bounds a parameter whose schema does not.
const maxParam = 2048

// plainText reports whether s is ASCII without NUL and without the characters
// that a query writes otherwise than they mean.
func plainText(s string) bool {
	for i := range len(s) {
		if c := s[i]; c == 0 || c >= utf8.RuneSelf || c == '%' || c == '+' || c == ';' {
			return false
		}
	}
	return true
}

func validText(s string) bool {
	return utf8.ValidString(s) && strings.IndexByte(s, 0) < 0
}

// checkPath refuses a path that is not text and normalises one that is not NFC.
func checkPath(u *url.URL) error {
	if plainText(u.Path) {
		return nil
	}
	if !validText(u.Path) {
		return ErrInvalidText
	}
	if !norm.NFC.IsNormalString(u.Path) {
		u.Path, u.RawPath = norm.NFC.String(u.Path), ""
	}
	return nil
}

// checkQuery refuses parameters that are unknown, given twice or no text, and
// rewrites the query so that every reader of it sees the same: each parameter
// with its "=" and normalised.
func (e *endpoint) checkQuery(u *url.URL) error {
	if u.RawQuery == "" {
		return nil
	}
	var seen uint64
	var out strings.Builder
	rewrite := false
	bad := ErrInvalid
	for segment := range strings.SplitSeq(u.RawQuery, "&") {
		if segment == "" {
			rewrite = true
			continue
		}
		name, value, hasValue := strings.Cut(segment, "=")
		if !plainText(segment) {
			var err1, err2 error
			name, err1 = url.QueryUnescape(name)
			value, err2 = url.QueryUnescape(value)
			if err1 != nil || err2 != nil || strings.IndexByte(segment, ';') >= 0 {
				return ErrMalformedQuery
			}
			if !validText(name) || !validText(value) {
				return ErrInvalidText.Field(cleanPath("query."+strings.ToValidUTF8(name, "�")), ErrInvalidText.Code, ErrInvalidText.Message)
			}
			if !norm.NFC.IsNormalString(value) {
				value, rewrite = norm.NFC.String(value), true
			}
		}
		i := e.queryParam(name)
		switch {
		case i < 0 && !e.op.OpenQuery:
			bad = bad.Field(cleanPath("query."+name), CodeUnknownField, "This parameter is not known here.")
		case i >= 0 && i < 64 && seen&(1<<i) != 0 && !e.query[i].many:
			bad = bad.Field(name, CodeDuplicate, "May be given once.")
		case len(value) > maxParam && !e.op.OpenQuery:
			bad = bad.Field(name, CodeTooLong, "Is too long.")
		}
		if i >= 0 && i < 64 {
			seen |= 1 << i
		}
		if len(bad.Fields) >= maxFieldErrors {
			return bad
		}
		rewrite = rewrite || !hasValue
		if out.Len() > 0 {
			out.WriteByte('&')
		}
		out.WriteString(url.QueryEscape(name))
		out.WriteByte('=')
		out.WriteString(url.QueryEscape(value))
	}
	if len(bad.Fields) > 0 {
		return bad
	}
	if rewrite {
		u.RawQuery = out.String()
	}
	return nil
}

type queryParam struct {
	name string
	many bool
}

func (e *endpoint) queryParam(name string) int {
	for i := range e.query {
		if e.query[i].name == name {
			return i
		}
	}
	return -1
}

// checkHeaders refuses declared header parameters that are no text.
func (e *endpoint) checkHeaders(header http.Header) error {
	for _, name := range e.headers {
		for _, value := range header[name] {
			if !validText(value) {
				return ErrInvalidText.Field(name, ErrInvalidText.Code, ErrInvalidText.Message)
			}
			if len(value) > maxParam {
				return ErrInvalid.Field(name, CodeTooLong, "Is too long.")
			}
		}
	}
	return nil
}
