package identity

import (
	"strings"

	"golang.org/x/text/unicode/norm"

	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/web"
)

// callingCodes are the countries in which a number may be written without its country code.
var callingCodes = map[string]string{
	"AE": "971", "AF": "93", "BD": "880", "BT": "975", "EG": "20", "ET": "251", "FR": "33", "GB": "44", "GH": "233",
	"ID": "62", "IN": "91", "KE": "254", "LK": "94", "MM": "95", "MV": "960", "MY": "60", "NG": "234", "NP": "977",
	"PH": "63", "PK": "92", "QA": "974", "RW": "250", "SA": "966", "TH": "66", "TZ": "255", "UG": "256", "VN": "84",
	"ZA": "27",
}

// Phone is the number as + and 8 to 15 digits. A national number becomes one of the country (ISO 3166, two letters)
// where its calling code is known.
func Phone(s, country string) (string, error) {
	s = strings.TrimSpace(norm.NFKC.String(s))
	if len(s) > 64 {
		return "", invalidPhone()
	}
	var digits strings.Builder
	international := false
	for i, r := range s {
		switch {
		case r >= '0' && r <= '9':
			digits.WriteRune(r)
		case r >= '०' && r <= '९': // Devanagari
			digits.WriteRune('0' + r - '०')
		case r >= '٠' && r <= '٩': // Arabic
			digits.WriteRune('0' + r - '٠')
		case r == '+' && i == 0:
			international = true
		case strings.ContainsRune(" -.()/\u2010\u2011", r):
		default:
			return "", invalidPhone()
		}
	}
	number := digits.String()
	if rest, ok := strings.CutPrefix(number, "00"); ok && !international {
		number, international = rest, true
	}
	if !international {
		calling, known := callingCodes[country]
		if !known {
			return "", invalidPhone()
		}
		number = calling + strings.TrimPrefix(number, "0")
	}
	if len(number) < 8 || len(number) > 15 || number[0] == '0' {
		return "", invalidPhone()
	}
	return "+" + number, nil
}

func invalidPhone() *fault.Error {
	return web.ErrInvalid.Field("phone", "invalid_phone", "Must be a telephone number with its country code, such as +977 9841234567.")
}
