package lang

import (
	"embed"
	"fmt"
	"maps"
	"strings"
	"sync"

	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"
)

//go:embed messages/*.txt
var messages embed.FS

// Language is one in which pages speak.
type Language struct {
	Code string // en, hi, ne, ar
	Name string // in the language itself
	Dir  string // ltr, rtl

	tag    language.Tag
	known  func() said // read when the language is first spoken: few markets speak all
	months [12]string
	lakhs  bool // 12,34,567 and not 1,234,567
}

// said is what a language's files say.
type said struct{ texts, faults map[string]forms }

// forms are a message's plural forms. Hardly any message has others than other.
type forms struct {
	other string
	more  map[string]string
}

func (f forms) form(name string) string {
	if name == "other" {
		return f.other
	}
	return f.more[name]
}

// All are the languages, English first.
var All = []*Language{
	{Code: "en", Name: "English", Dir: "ltr", months: months("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec")},
	{Code: "hi", Name: "हिन्दी", Dir: "ltr", months: months("जनवरी फ़रवरी मार्च अप्रैल मई जून जुलाई अगस्त सितंबर अक्टूबर नवंबर दिसंबर"), lakhs: true},
	{Code: "ne", Name: "नेपाली", Dir: "ltr", months: months("जनवरी फेब्रुअरी मार्च अप्रिल मे जुन जुलाई अगस्ट सेप्टेम्बर अक्टोबर नोभेम्बर डिसेम्बर"), lakhs: true},
	{Code: "ar", Name: "العربية", Dir: "rtl", months: months("يناير فبراير مارس أبريل مايو يونيو يوليو أغسطس سبتمبر أكتوبر نوفمبر ديسمبر")},
}

// English is the language of the keys.
var English = All[0]

var matcher language.Matcher

func months(names string) (out [12]string) {
	copy(out[:], strings.Fields(names))
	return out
}

func init() {
	tags := make([]language.Tag, len(All))
	for i, l := range All {
		l.tag = language.MustParse(l.Code)
		tags[i] = l.tag
		l.known = sync.OnceValue(func() said { return load(l.Code) })
	}
	matcher = language.NewMatcher(tags)
	entries, err := messages.ReadDir("messages")
	if err != nil {
		panic(err) // embedded: there
	}
	for _, e := range entries {
		if _, ok := Find(codeOf(e.Name())); !ok {
			panic("lang: " + e.Name() + " is of no language")
		}
	}
}

// codeOf is the language of a file: part.code.txt.
func codeOf(file string) string {
	_, code, _ := strings.Cut(strings.TrimSuffix(file, ".txt"), ".")
	return code
}

// load reads a language's files. A test reads those of all.
func load(code string) said {
	s := said{map[string]forms{}, map[string]forms{}}
	entries, err := messages.ReadDir("messages")
	if err != nil {
		panic(err) // embedded: there
	}
	for _, e := range entries {
		if codeOf(e.Name()) != code {
			continue
		}
		into := s.texts
		if strings.HasPrefix(e.Name(), "faults.") {
			into = s.faults
		}
		text, err := messages.ReadFile("messages/" + e.Name())
		if err != nil {
			panic(err) // embedded: there
		}
		if err := read(string(text), into); err != nil {
			panic("lang: " + e.Name() + ": " + err.Error())
		}
	}
	return s
}

// read reads a file of messages. The same key may stand in the files of several parts, with the same text.
func read(text string, into map[string]forms) error {
	key, i := "", 0
	for line := range strings.SplitSeq(text, "\n") {
		i++
		switch {
		case strings.TrimSpace(line) == "" || line[0] == '#':
		case line[0] != '\t':
			key = line
			if _, twice := into[key]; twice {
				return fmt.Errorf("line %d: %q stands here twice", i, key)
			}
			into[key] = forms{}
		case key == "":
			return fmt.Errorf("line %d: no key before it", i)
		default:
			form, text := "other", line[1:]
			if name, rest, ok := strings.Cut(text, ": "); ok && categories[name] {
				form, text = name, rest
			}
			f := into[key]
			if form == "other" {
				f.other = text
			} else {
				if f.more == nil {
					f.more = map[string]string{}
				}
				f.more[form] = text
			}
			into[key] = f
		}
	}
	return nil
}

var categories = map[string]bool{"zero": true, "one": true, "two": true, "few": true, "many": true, "other": true}

// Find is the language with this code.
func Find(code string) (*Language, bool) {
	for _, l := range All {
		if l.Code == code {
			return l, true
		}
	}
	return nil, false
}

// Match is the language that suits an Accept-Language header best.
func Match(header string) *Language {
	tags, _, err := language.ParseAcceptLanguage(header)
	if err != nil || len(tags) == 0 {
		return English
	}
	_, i, _ := matcher.Match(tags...)
	return All[i]
}

// T is a message. The values are name and value by turns: T("Only {n} left", "n", 3). What no language file has is
// shown as it is.
func (l *Language) T(key string, values ...any) string {
	text := key
	if f, ok := l.known().texts[key]; ok && f.other != "" {
		text = f.other
	}
	return fill(text, values)
}

// N is a message about n things, in the plural form that fits; {n} is the number.
func (l *Language) N(key string, n int64, values ...any) string {
	text := key
	if f, ok := l.known().texts[key]; ok {
		if text = f.form(l.category(n)); text == "" {
			text = f.other
		}
	}
	return fill(text, append([]any{"n", l.Number(n)}, values...))
}

// has says whether a message is known, in English or translated.
func (l *Language) has(key string) bool {
	_, ok := l.known().texts[key]
	return ok
}

// Fault is what a refusal says, by its code; ok is false where the language has nothing to say for it.
func (l *Language) Fault(code string) (text string, ok bool) {
	f, ok := l.known().faults[code]
	return f.other, ok
}

func (l *Language) category(n int64) string {
	if n < 0 {
		n = -n
	}
	return formNames[plural.Cardinal.MatchPlural(l.tag, int(n%10_000_000), 0, 0, 0, 0)]
}

var formNames = map[plural.Form]string{
	plural.Zero: "zero", plural.One: "one", plural.Two: "two", plural.Few: "few", plural.Many: "many", plural.Other: "other",
}

func fill(text string, values []any) string {
	if len(values) == 0 || !strings.Contains(text, "{") {
		return text
	}
	pairs := make([]string, 0, len(values))
	for i := 0; i+1 < len(values); i += 2 {
		pairs = append(pairs, fmt.Sprintf("{%v}", values[i]), fmt.Sprint(values[i+1]))
	}
	return strings.NewReplacer(pairs...).Replace(text)
}

// M marks a text as the key of a message that is looked up elsewhere.
func M(key string) string { return key }

// Known says whether a text is a message of the market's.
func Known(key string) bool { return All[1].has(key) }

// Keys are all messages that the language holds, with their plural forms and what they say.
func (l *Language) Keys() map[string]map[string]string { return plain(l.known().texts) }

// Faults are the codes of the refusals that the language holds, and what they say.
func (l *Language) Faults() map[string]map[string]string { return plain(l.known().faults) }

func plain(m map[string]forms) map[string]map[string]string {
	out := make(map[string]map[string]string, len(m))
	for k, f := range m {
		out[k] = map[string]string{}
		maps.Copy(out[k], f.more)
		if f.other != "" {
			out[k]["other"] = f.other
		}
	}
	return out
}
