package lang

import (
	"strconv"
	"strings"
	"time"

	"github.com/haat-market/haat/internal/platform/money"
)

// Number is a whole number with its digits in groups.
func (l *Language) Number(n int64) string {
	text := strconv.FormatInt(n, 10)
	if rest, ok := strings.CutPrefix(text, "-"); ok {
		return "-" + l.group(rest)
	}
	return l.group(text)
}

// group puts commas between digits: by thousands, or, where people count in lakhs, by hundreds from there on.
func (l *Language) group(digits string) string {
	if len(digits) <= 3 {
		return digits
	}
	size := 3
	if l.lakhs {
		size = 2
	}
	head, tail := digits[:len(digits)-3], digits[len(digits)-3:]
	for len(head) > size {
		head, tail = head[:len(head)-size], head[len(head)-size:]+","+tail
	}
	return head + "," + tail
}

// symbols are what people write for a currency; of others the code is.
var symbols = map[string]map[money.Currency]string{
	"en": {"INR": "₹", "NPR": "Rs "},
	"hi": {"INR": "₹", "NPR": "रु "},
	"ne": {"INR": "₹", "NPR": "रु "},
}

// Money is an amount with its currency. Where words run from right to left it is kept together.
func (l *Language) Money(minor int64, c money.Currency) string {
	if !c.Valid() {
		return ""
	}
	plain := money.Format(minor, c)
	sign := ""
	if rest, ok := strings.CutPrefix(plain, "-"); ok {
		sign, plain = "-", rest
	}
	whole, part, hasPart := strings.Cut(plain, ".")
	// Money is grouped as the money's own people do it, whatever the language.
	as := &Language{lakhs: l.lakhs || c == "INR" || c == "NPR"}
	text := as.group(whole)
	if hasPart {
		text += "." + part
	}
	symbol, ok := symbols[l.Code][c]
	if !ok {
		symbol = string(c) + "\u00a0"
	}
	text = sign + strings.ReplaceAll(symbol, " ", "\u00a0") + text
	if l.Dir == "rtl" {
		return "\u2066" + text + "\u2069"
	}
	return text
}

// Amount is Money of a decimal as rooms write it.
func (l *Language) Amount(decimal string, c money.Currency) string {
	minor, err := money.Parse(decimal, c)
	if err != nil {
		return decimal
	}
	return l.Money(minor, c)
}

// Date is a day.
func (l *Language) Date(t time.Time) string {
	return strconv.Itoa(t.Day()) + " " + l.months[t.Month()-1] + " " + strconv.Itoa(t.Year())
}

// Time is a day with the time of day.
func (l *Language) Time(t time.Time) string {
	separator := ", "
	if l.Code == "ar" {
		separator = "، "
	}
	return l.Date(t) + separator + t.Format("15:04")
}

// Digits turns the digits of other scripts, and what is typed around them, into those that the rooms read.
func Digits(s string) string {
	return strings.Map(func(r rune) rune {
		for _, zero := range []rune{'०', '٠', '۰', '０'} {
			if r >= zero && r <= zero+9 {
				return '0' + r - zero
			}
		}
		if r == '٫' { // the Arabic decimal point
			return '.'
		}
		return r
	}, s)
}
