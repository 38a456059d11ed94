package invoice

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// A financial year begins on a day that the country's law says. Nepal's is 1 Shrawan of the Bikram Sambat, which moves by
// a day against ours: the years in which it is 16 July are listed, as far as calendars are published; in the others of
// that time it is the 17th. Beyond, the 16th stands in until the list is made longer.
var nepalEarly = map[int]bool{2020: true, 2021: true, 2024: true, 2028: true, 2032: true, 2033: true}

const nepalLast = 2033

// starts is the first day of the financial year that begins in a year of our calendar.
func starts(country string, year int) (month time.Month, day int) {
	switch country {
	case "IN":
		return time.April, 1
	case "NP":
		if nepalEarly[year] || year > nepalLast {
			return time.July, 16
		}
		return time.July, 17
	}
	return time.January, 1
}

// financialYear is the year that a day of the market is in: in four digits, for numbers, and as people write it.
func financialYear(country string, day time.Time) (short, long string) {
	y := day.Year()
	month, first := starts(country, y)
	if day.Month() < month || day.Month() == month && day.Day() < first {
		y--
	}
	switch country {
	case "IN":
		return fmt.Sprintf("%02d%02d", y%100, (y+1)%100), fmt.Sprintf("%d-%02d", y, (y+1)%100)
	case "NP": // the Bikram Sambat is 57 years ahead in summer
		return fmt.Sprintf("%02d%02d", (y+57)%100, (y+58)%100), fmt.Sprintf("%d/%02d", y+57, (y+58)%100)
	}
	return strconv.Itoa(y), strconv.Itoa(y)
}

// number is what a document is called: the store, the year, and the place in it. No two stores have the same, so that a
// supplier with several keeps them apart. It has at most 16 characters, of those that tax offices take.
func number(store int64, year, kind string, serial int64) string {
	before := ""
	switch kind {
	case kindCredit:
		before = "C"
	case kindSelf:
		before = "S"
	}
	return fmt.Sprintf("%s/%s/%s%04d", strings.ToUpper(strconv.FormatInt(store, 36)), year, before, serial)
}
