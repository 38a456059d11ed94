package invoice

import (
	"strings"
	"unicode"

	"github.com/haat-market/haat/internal/identity"
)

// indian are the states of India by their codes in the GST: name, and the letters that people write for it.
var indian = map[string][2]string{
	"01": {"Jammu and Kashmir", "JK"}, "02": {"Himachal Pradesh", "HP"}, "03": {"Punjab", "PB"}, "04": {"Chandigarh", "CH"}, "05": {"Uttarakhand", "UK"},
	"06": {"Haryana", "HR"}, "07": {"Delhi", "DL"}, "08": {"Rajasthan", "RJ"}, "09": {"Uttar Pradesh", "UP"}, "10": {"Bihar", "BR"}, "11": {"Sikkim", "SK"},
	"12": {"Arunachal Pradesh", "AR"}, "13": {"Nagaland", "NL"}, "14": {"Manipur", "MN"}, "15": {"Mizoram", "MZ"}, "16": {"Tripura", "TR"}, "17": {"Meghalaya", "ML"},
	"18": {"Assam", "AS"}, "19": {"West Bengal", "WB"}, "20": {"Jharkhand", "JH"}, "21": {"Odisha", "OD"}, "22": {"Chhattisgarh", "CG"}, "23": {"Madhya Pradesh", "MP"},
	"24": {"Gujarat", "GJ"}, "26": {"Dadra and Nagar Haveli and Daman and Diu", "DN"}, "27": {"Maharashtra", "MH"}, "29": {"Karnataka", "KA"}, "30": {"Goa", "GA"},
	"31": {"Lakshadweep", "LD"}, "32": {"Kerala", "KL"}, "33": {"Tamil Nadu", "TN"}, "34": {"Puducherry", "PY"}, "35": {"Andaman and Nicobar Islands", "AN"},
	"36": {"Telangana", "TS"}, "37": {"Andhra Pradesh", "AP"}, "38": {"Ladakh", "LA"},
}

// aliases are other ways to write some of them, folded.
var aliases = map[string]string{"orissa": "21", "or": "21", "newdelhi": "07", "nctofdelhi": "07", "uttaranchal": "05", "ua": "05", "ut": "05", "pondicherry": "34", "tg": "36", "ct": "22", "jammukashmir": "01"}

var indianByName = func() map[string]string {
	out := map[string]string{}
	for code, names := range indian {
		out[fold(names[0])], out[fold(names[1])], out[code] = code, code, code
	}
	for name, code := range aliases {
		out[name] = code
	}
	return out
}()

// fold leaves what two ways to write one name have in common.
func fold(s string) string {
	s = strings.ReplaceAll(strings.ToLower(s), "&", "and")
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return r
		}
		return -1
	}, s)
}

// stateOf is the code of a state of India, as far as that can be known: of a supplier by his number, of others by what
// their address says. "" is unknown.
func stateOf(country, taxNumber string, a *identity.Address) string {
	if country != "IN" {
		return ""
	}
	if len(taxNumber) == 15 {
		if _, ok := indian[taxNumber[:2]]; ok {
			return taxNumber[:2]
		}
	}
	if a == nil || a.Country != "IN" {
		return ""
	}
	return indianByName[fold(a.State)]
}

// stateName is a state as it stands on paper: with its code in India, else as the address has it.
func stateName(code string, a *identity.Address) string {
	if code != "" {
		return indian[code][0] + " (" + code + ")"
	}
	if a == nil {
		return ""
	}
	return a.State
}
