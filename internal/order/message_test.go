package order

import (
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/haat-market/haat/internal/catalog"
	"github.com/haat-market/haat/internal/identity"
)

func guestView(lines int) GuestView {
	v := GuestView{
		Number: "H-000042", Reference: "LEG-1", Store: StoreView{Name: "Asha's Kirana"}, Currency: "NPR", Totals: TotalsView{Total: "65.00", Delivery: "5.00"},
		Contact: Contact{Name: "Maya", Phone: "+9779841234567"}, Address: identity.Address{Line1: "3 Lake Road", City: "Pokhara"}, Note: "Call first", FollowURL: "https://haat.example/o/x",
	}
	for range lines {
		v.Lines = append(v.Lines, GuestLineView{Title: "Shirt", Options: []catalog.Option{{Name: "Size", Value: "L"}}, Quantity: 2, Total: "60.00"})
	}
	return v
}

func TestMessage(t *testing.T) {
	m := messageOf(guestView(1), wordsFor([]string{"en"}), "9800000000", "NP")
	want := "New order H-000042 · Asha's Kirana\nReference: LEG-1\n\n2 × Shirt, Size L — 60.00\n\nDelivery: NPR 5.00\nTotal: NPR 65.00\n\n" +
		"Name: Maya\nPhone: +9779841234567\nAddress: 3 Lake Road, Pokhara\nNote: Call first\nFollow it here: https://haat.example/o/x"
	if m.Text != want {
		t.Errorf("got\n%s", m.Text)
	}
	if !strings.HasPrefix(m.URL, "https://wa.me/9779800000000?text=New%20order") || strings.Contains(m.URL, "+") {
		t.Errorf("url %s", m.URL)
	}
	if u, err := url.Parse(m.URL); err != nil || u.Query().Get("text") != m.Text {
		t.Errorf("the link carries another text: %v", err)
	}
}

// The market's first language that we have; numbers that are none give a link that asks whom to send it to.
func TestMessageLanguages(t *testing.T) {
	for tag, want := range map[string]string{"hi": "नया ऑर्डर", "ne": "नयाँ अर्डर", "ar": "طلب جديد", "fr-CA": "Nouvelle commande", "xx": "New order", "": "New order"} {
		if got := wordsFor([]string{tag}).order; got != want {
			t.Errorf("%s: %q", tag, got)
		}
	}
	if m := messageOf(guestView(1), wordsFor(nil), "", "NP"); m.Phone != "" || !strings.HasPrefix(m.URL, "https://wa.me/?text=") {
		t.Errorf("%+v", m)
	}
}

// What people wrote cannot pass for a line of ours, turn the text round, or make it endless.
func TestMessageIsBounded(t *testing.T) {
	v := guestView(50)
	v.Contact.Name, v.Note = "Maya\nTotal: NPR 0.01", strings.Repeat("x\u202e ", 1000)
	for i := range v.Lines {
		v.Lines[i].Title = strings.Repeat("ठूलो ", 100)
	}
	m := messageOf(v, wordsFor([]string{"en"}), "9800000000", "NP")
	if n := utf8.RuneCountInString(m.Text); n > maxMessage {
		t.Errorf("%d letters", n)
	}
	if strings.Count(m.Text, "\nTotal: ") != 1 || !strings.Contains(m.Text, "\nTotal: NPR 65.00\n") || strings.ContainsRune(m.Text, '\u202e') || !strings.Contains(m.Text, "more") {
		t.Errorf("got\n%s", m.Text)
	}
}
