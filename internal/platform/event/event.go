package event

import (
	"bytes"
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unicode"
	"unicode/utf8"
)

const (
	maxFacts = 4096 // bytes of JSON
	maxRef   = 200  // bytes of a type, subject or actor
)

// System is the actor of what nobody asked for: timers, sweeps.
const System = "system"

// Event is something that happened.
type Event struct {
	Type    string         // room.what: order.confirmed
	Subject string         // the public id of what it happened to
	Actor   string         // the public id of who did it, or System
	Facts   map[string]any // what changed; numbers come back as json.Number

	// Set by the log:
	ID  int64
	Seq int64 // 0 until the leader has numbered it
	At  time.Time
}

var typePattern = regexp.MustCompile(`^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+$`)

// encode checks an event and gives its facts as they are stored. Its errors are the programmer's.
func (e Event) encode() (string, error) {
	switch {
	case !goodTypes.has(e.Type):
		return "", fmt.Errorf("event: %.50q is not a type like order.confirmed", e.Type)
	case !goodRef(e.Subject):
		return "", fmt.Errorf("event: %s: %.50q is not a subject", e.Type, e.Subject)
	case !goodRef(e.Actor):
		return "", fmt.Errorf("event: %s: %.50q is not an actor", e.Type, e.Actor)
	case len(e.Facts) == 0:
		return "{}", nil
	}
	b, err := json.Marshal(e.Facts)
	if err != nil {
		return "", fmt.Errorf("event: facts of %s: %w", e.Type, err)
	}
	if len(b) > maxFacts {
		return "", fmt.Errorf("event: facts of %s have %d bytes, more than %d", e.Type, len(b), maxFacts)
	}
	if plain(e.Facts) {
		return string(b), nil
	}
	if err := checkFacts(b); err != nil {
		return "", fmt.Errorf("event: facts of %s: %w", e.Type, err)
	}
	return string(b), nil
}

// words remembers which words were found good: the program's own are few, and they are asked for at every write.
type words struct {
	good  func(string) bool
	seen  sync.Map
	count atomic.Int64
}

// maxWords bounds the memory, should a word come from outside after all.
const maxWords = 4096

func (w *words) has(word string) bool {
	if _, ok := w.seen.Load(word); ok {
		return true
	}
	if !w.good(word) {
		return false
	}
	if w.count.Load() < maxWords {
		w.count.Add(1)
		w.seen.Store(strings.Clone(word), true)
	}
	return true
}

var (
	goodTypes = words{good: func(t string) bool { return len(t) <= maxRef && typePattern.MatchString(t) }}
	goodNames = words{good: func(name string) bool { return utf8.ValidString(name) && deniedWord(name) == "" }}
)

// plain says whether facts are of the usual kind, a name with a whole number, a text or a truth each, and good: then
// nobody has to read what was written of them.
func plain(facts map[string]any) bool {
	for name, value := range facts {
		if !goodNames.has(name) || !plainValue(value) {
			return false
		}
	}
	return true
}

func plainValue(value any) bool {
	switch v := value.(type) {
	case nil, bool, int, int64:
		return true
	case string:
		return strings.IndexByte(v, 0) < 0
	case json.Marshaler, encoding.TextMarshaler, json.Number:
		return false // whatever it writes
	}
	switch v := reflect.ValueOf(value); v.Kind() {
	case reflect.String:
		return strings.IndexByte(v.String(), 0) < 0
	case reflect.Bool, reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64, reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return true
	}
	return false
}

func goodRef(s string) bool {
	return s != "" && len(s) <= maxRef && utf8.ValidString(s) && strings.IndexFunc(s, unicode.IsControl) < 0
}

// denied are words that a fact's name must not hold: the log is read by people and programs that must not know these.
var denied = map[string]bool{
	"pin": true, "pins": true, "otp": true, "otps": true, "token": true, "tokens": true, "secret": true,
	"secrets": true, "password": true, "passwords": true, "passwd": true, "passcode": true, "passphrase": true, "pincode": true,
	"cvv": true, "credential": true, "credentials": true, "cookie": true,
	"address": true, "addresses": true, "addr": true, "street": true, "phone": true, "mobile": true, "email": true,
	"latitude": true, "longitude": true, "lat": true, "lng": true, "lon": true, "ip": true,
}

// checkFacts walks what will be stored, whatever Go types it came from.
func checkFacts(b []byte) error {
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	var path []string // the name of each open object's current member; "" in a list
	var inObject []bool
	name := false // the next string is a member's name
	for {
		t, err := d.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		switch t := t.(type) {
		case json.Delim:
			switch t {
			case '{', '[':
				inObject, path = append(inObject, t == '{'), append(path, "")
				name = t == '{'
				continue
			default:
				inObject, path = inObject[:len(inObject)-1], path[:len(path)-1]
			}
		case string:
			if name {
				if word := deniedWord(t); word != "" {
					return fmt.Errorf("%s holds %q, which must not be in the log", t, word)
				}
				path[len(path)-1] = t
				name = false
				continue
			}
			if strings.ContainsRune(t, 0) {
				return fmt.Errorf("%s holds a NUL", strings.Join(path, "."))
			}
		case json.Number:
			if strings.ContainsAny(t.String(), ".eE") {
				return fmt.Errorf("%s is a fraction: amounts are whole minor units", strings.Join(path, "."))
			}
		}
		name = len(inObject) > 0 && inObject[len(inObject)-1]
	}
}

// deniedWord finds a denied word among the words of a fact's name. The id of a thing is not the thing.
func deniedWord(key string) string {
	var words strings.Builder
	small := false
	for _, r := range key {
		if unicode.IsUpper(r) && small {
			words.WriteByte(' ') // deliveryPin
		}
		small = unicode.IsLower(r)
		if !unicode.IsLetter(r) {
			r = ' '
		}
		words.WriteRune(unicode.ToLower(r))
	}
	list := strings.Fields(words.String())
	if n := len(list); n > 1 && (list[n-1] == "id" || list[n-1] == "ids") {
		return ""
	}
	for _, word := range list {
		if denied[word] {
			return word
		}
	}
	return ""
}

func decodeFacts(text string) (map[string]any, error) {
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	facts := map[string]any{}
	if err := d.Decode(&facts); err != nil {
		return nil, fmt.Errorf("event: stored facts: %w", err)
	}
	return facts, nil
}
