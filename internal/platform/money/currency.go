package money

import (
	"fmt"
	"slices"
	"strings"
)

// Currency is an ISO 4217 code in upper case, such as "NPR".
type Currency string

// The currencies in use, by how many decimals an amount has (ISO 4217). Funds,
// metals and withdrawn currencies are left out.
const (
	noDecimals    = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF"
	threeDecimals = "BHD IQD JOD KWD LYD OMR TND"
	twoDecimals   = "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BRL BSD BTN BWP BYN BZD " +
		"CAD CDF CHF CNY COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD " +
		"HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK " +
		"MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB " +
		"SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD " +
		"UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG"
)

var digitsOf = func() map[Currency]int {
	m := map[Currency]int{}
	for digits, codes := range map[int]string{0: noDecimals, 2: twoDecimals, 3: threeDecimals} {
		for c := range strings.FieldsSeq(codes) {
			m[Currency(c)] = digits
		}
	}
	return m
}()

// ParseCurrency accepts exactly the codes of Currencies.
func ParseCurrency(s string) (Currency, error) {
	c := Currency(s)
	if !c.Valid() {
		return "", fmt.Errorf("%w: %.10q", ErrCurrency, s)
	}
	return c, nil
}

// Valid says whether c is a currency that amounts can be in.
func (c Currency) Valid() bool {
	_, ok := digitsOf[c]
	return ok
}

// Digits is how many decimals an amount of c has. Currencies are checked where
// they come in (ParseCurrency); for an unknown one there is no right answer, and
// an amount shown at a wrong scale is worse than none, so it panics.
func (c Currency) Digits() int {
	d, ok := digitsOf[c]
	if !ok {
		panic(fmt.Sprintf("money: unknown currency %.10q", string(c)))
	}
	return d
}

// Currencies lists all of them in the order of their codes.
func Currencies() []Currency {
	all := make([]Currency, 0, len(digitsOf))
	for c := range digitsOf {
		all = append(all, c)
	}
	slices.Sort(all)
	return all
}
