package logging

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"unicode"
)

// Hidden stands where a secret was.
const Hidden = "[hidden]"

// New is a log of one line for each record: as text, or as JSON if format is
// "json". level can be a *slog.LevelVar, to be changed while it runs.
func New(w io.Writer, format string, level slog.Leveler) *slog.Logger {
	options := &slog.HandlerOptions{Level: level, ReplaceAttr: hide}
	if format == "json" {
		return slog.New(slog.NewJSONHandler(w, options))
	}
	return slog.New(slog.NewTextHandler(w, options))
}

// secretWords are the parts of a name that make its value a secret.
var secretWords = map[string]bool{
	"password": true, "passwords": true, "passwd": true, "passphrase": true,
	"token": true, "tokens": true, "secret": true, "secrets": true,
	"authorization": true, "cookie": true, "cookies": true, "apikey": true,
	"otp": true, "otps": true, "pin": true, "pins": true, "card": true, "cards": true, "cvv": true, "cvc": true,
}

// Secret says whether a name such as "card_number" or "AccessToken" announces a
// secret. Whole words count, so that "shipping" is none.
func Secret(name string) bool {
	start := 0
	runes := []rune(name)
	for i := 0; i <= len(runes); i++ {
		if i < len(runes) && !wordBreak(runes, i) {
			continue
		}
		if secretWords[strings.ToLower(strings.TrimFunc(string(runes[start:i]), notLetter))] {
			return true
		}
		start = i
	}
	return false
}

func notLetter(r rune) bool { return !unicode.IsLetter(r) }

// wordBreak finds the beginning of a word: after a separator, at a capital
// after a small letter, at the last capital before a small letter.
func wordBreak(runes []rune, i int) bool {
	if i == 0 {
		return false
	}
	before, at := runes[i-1], runes[i]
	switch {
	case notLetter(at) != notLetter(before):
		return true
	case unicode.IsUpper(at) && unicode.IsLower(before):
		return true
	case unicode.IsUpper(at) && unicode.IsUpper(before) && i+1 < len(runes) && unicode.IsLower(runes[i+1]):
		return true
	}
	return false
}

// hide is asked for every attribute that is not a group, with the groups around
// it.
func hide(groups []string, a slog.Attr) slog.Attr {
	builtIn := len(groups) == 0 && (a.Key == slog.TimeKey || a.Key == slog.LevelKey || a.Key == slog.SourceKey)
	if builtIn {
		return a
	}
	if Secret(a.Key) {
		return slog.String(a.Key, Hidden)
	}
	for _, g := range groups {
		if Secret(g) {
			return slog.String(a.Key, Hidden)
		}
	}
	switch a.Value.Kind() {
	case slog.KindString:
		return slog.String(a.Key, hidePasswords(a.Value.String()))
	case slog.KindAny:
		return slog.Any(a.Key, hideIn(a.Value.Any(), 0))
	}
	return a
}

// hideIn copies the containers that people log, without the secrets in them.
func hideIn(v any, depth int) any {
	if depth > 8 {
		return Hidden
	}
	switch v := v.(type) {
	case error:
		return hidePasswords(errorText(v))
	case *url.URL:
		return v.Redacted()
	case url.URL:
		return v.Redacted()
	case string:
		return hidePasswords(v)
	case http.Header:
		return hideMap(v, depth)
	case url.Values:
		return hideMap(v, depth)
	case map[string][]string:
		return hideMap(v, depth)
	case map[string]string:
		return hideMap(v, depth)
	case map[string]any:
		return hideMap(v, depth)
	case []string:
		return hideList(v, depth)
	case []any:
		return hideList(v, depth)
	}
	return v
}

// errorText survives errors that panic, such as nil pointers in an interface:
// a log line is no reason for the program to end.
func errorText(err error) (text string) {
	defer func() {
		if r := recover(); r != nil {
			text = fmt.Sprintf("an error of type %T that cannot be printed", err)
		}
	}()
	return err.Error()
}

func hideMap[M ~map[string]V, V any](m M, depth int) map[string]any {
	out := make(map[string]any, len(m))
	for k, v := range m {
		if Secret(k) {
			out[k] = Hidden
		} else {
			out[k] = hideIn(v, depth+1)
		}
	}
	return out
}

func hideList[V any](l []V, depth int) []any {
	out := make([]any, len(l))
	for i, v := range l {
		out[i] = hideIn(v, depth+1)
	}
	return out
}

var userInfo = regexp.MustCompile(`(://[^/?#\s:@]*):[^/?#\s]*@`)

// hidePasswords takes the password out of URLs in a text.
func hidePasswords(s string) string {
	if !strings.Contains(s, "://") || !strings.Contains(s, "@") {
		return s
	}
	return userInfo.ReplaceAllString(s, "$1:"+Hidden+"@")
}
