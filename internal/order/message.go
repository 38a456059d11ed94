package order

import (
	"fmt"
	"net/url"
	"strings"
	"unicode"

	"golang.org/x/text/language"

	"github.com/haat-market/haat/internal/identity"
	"github.com/haat-market/haat/internal/platform/money"
)

// Bounds of a message: what a link can carry in every browser, and what a person reads.
const (
	maxMessage     = 1500 // letters
	maxMessageLine = 120
)

// words are a message's fixed texts in one language.
type words struct{ order, reference, total, delivery, name, phone, address, note, more, follow string }

// messages are the languages that an order is written out in; the first is for all others.
var messages = []struct {
	tag language.Tag
	words
}{
	{language.English, words{"New order", "Reference", "Total", "Delivery", "Name", "Phone", "Address", "Note", "… and %d more", "Follow it here"}},
	{language.Hindi, words{"नया ऑर्डर", "संदर्भ", "कुल", "डिलीवरी", "नाम", "फ़ोन", "पता", "टिप्पणी", "… और %d", "यहाँ देखें"}},
	{language.MustParse("ne"), words{"नयाँ अर्डर", "सन्दर्भ", "जम्मा", "डेलिभरी", "नाम", "फोन", "ठेगाना", "टिप्पणी", "… र अरू %d", "यहाँ हेर्नुहोस्"}},
	{language.Arabic, words{"طلب جديد", "المرجع", "المجموع", "التوصيل", "الاسم", "الهاتف", "العنوان", "ملاحظة", "… و %d أخرى", "تابعه هنا"}},
	{language.French, words{"Nouvelle commande", "Référence", "Total", "Livraison", "Nom", "Téléphone", "Adresse", "Remarque", "… et %d de plus", "Suivez-la ici"}},
}

var messageLanguages = func() language.Matcher {
	tags := make([]language.Tag, len(messages))
	for i, m := range messages {
		tags[i] = m.tag
	}
	return language.NewMatcher(tags)
}()

// wordsFor are those of the market's first language that we have.
func wordsFor(languages []string) words {
	tags := make([]language.Tag, 0, len(languages))
	for _, l := range languages {
		if tag, err := language.Parse(l); err == nil {
			tags = append(tags, tag)
		}
	}
	_, i, _ := messageLanguages.Match(tags...)
	return messages[i].words
}

// Message is an order written out for the store, with the link that opens it in WhatsApp.
type Message struct {
	Phone string `json:"phone" doc:"The store's number, else the market's; empty when neither takes messages."`
	Text  string `json:"text" doc:"The order written out, in the market's language."`
	URL   string `json:"url" doc:"Opens WhatsApp with the text; without a number it asks whom to send it to."`
}

// messageOf writes an order out. What people wrote is put on one line each, so that nothing in it passes for a line of
// ours, and the whole stays within what a link carries: the lines are cut, never the total.
func messageOf(v GuestView, w words, number, country string) Message {
	cur := money.Currency(v.Currency)
	head := []string{
		w.order + " " + v.Number + " · " + oneLine(v.Store.Name), w.reference + ": " + oneLine(v.Reference), "",
	}
	foot := []string{""}
	if v.Totals.Delivery != money.Format(0, cur) {
		foot = append(foot, w.delivery+": "+v.Currency+" "+v.Totals.Delivery)
	}
	foot = append(foot, w.total+": "+v.Currency+" "+v.Totals.Total, "", w.name+": "+oneLine(v.Contact.Name), w.phone+": "+v.Contact.Phone)
	if a := addressLine(v.Address); a != "" {
		foot = append(foot, w.address+": "+a)
	}
	if v.Note != "" {
		foot = append(foot, w.note+": "+oneLine(v.Note))
	}
	if v.FollowURL != "" {
		foot = append(foot, w.follow+": "+v.FollowURL)
	}
	room := maxMessage - letters(head) - letters(foot) - maxMessageLine
	var lines []string
	for i, l := range v.Lines {
		text := oneLine(fmt.Sprintf("%d × %s", l.Quantity-l.CutQuantity, lineTitle(l))) + " — " + l.Total
		if room -= len([]rune(text)) + 1; room < 0 {
			lines = append(lines, fmt.Sprintf(w.more, len(v.Lines)-i))
			break
		}
		lines = append(lines, text)
	}
	m := Message{Text: strings.Join(append(append(head, lines...), foot...), "\n")}
	if phone, err := identity.Phone(number, country); err == nil {
		m.Phone = phone
	}
	m.URL = "https://wa.me/" + strings.TrimPrefix(m.Phone, "+") + "?text=" + strings.ReplaceAll(url.QueryEscape(m.Text), "+", "%20")
	return m
}

func lineTitle(l GuestLineView) string {
	title := l.Title
	for _, o := range l.Options {
		title += ", " + o.Name + " " + o.Value
	}
	return title
}

func addressLine(a identity.Address) string {
	var parts []string
	for _, p := range []string{a.Line1, a.Line2, a.City, a.District, a.State, a.PostalCode, a.Instructions} {
		if p = oneLine(p); p != "" {
			parts = append(parts, p)
		}
	}
	return strings.Join(parts, ", ")
}

// oneLine is a text without line breaks, control and direction marks, at most so long.
func oneLine(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r), r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069:
			return -1
		}
		return r
	}, s)
	s = strings.Join(strings.Fields(s), " ")
	if runes := []rune(s); len(runes) > maxMessageLine {
		s = string(runes[:maxMessageLine-1]) + "…"
	}
	return s
}

func letters(lines []string) int {
	n := 0
	for _, l := range lines {
		n += len([]rune(l)) + 1
	}
	return n
}
