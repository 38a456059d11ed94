package store

import (
	"context"
	"regexp"
	"strings"

	"github.com/haat-market/haat/internal/identity"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/store/storedb"
)

var (
	gstin     = regexp.MustCompile(`^[0-9]{2}[A-Z]{5}[0-9]{4}[A-Z][1-9A-Z]Z[0-9A-Z]$`)
	nepalPAN  = regexp.MustCompile(`^[0-9]{9}$`)
	otherTax  = regexp.MustCompile(`^[0-9A-Z][0-9A-Z/.-]{2,29}$`)
	taxSpaces = strings.NewReplacer(" ", "", "\u00a0", "")
)

// TaxNumber is a tax number in its stored form, or what is wrong with it in words for its owner. In India a GSTIN is held to
// its check digit.
func TaxNumber(s, country string) (number, why string) {
	s = strings.ToUpper(taxSpaces.Replace(s))
	switch {
	case s == "":
	case country == "IN" && (!gstin.MatchString(s) || gstinCheck(s[:14]) != s[14]):
		why = "Must be a GSTIN of 15 characters, such as 27AAPFU0939F1ZV. Look for a mistyped one."
	case country == "NP" && !nepalPAN.MatchString(s):
		why = "Must be a PAN or VAT number of 9 digits."
	case !otherTax.MatchString(s):
		why = "Must be 3 to 30 letters and digits."
	}
	return s, why
}

const base36 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"

// gstinCheck is the last character of a GSTIN, made of those before it.
func gstinCheck(s string) byte {
	sum := 0
	for i := range len(s) {
		product := strings.IndexByte(base36, s[i]) * (1 + i%2)
		sum += product/36 + product%36
	}
	return base36[(36-sum%36)%36]
}

// Legal is who a store is on paper.
type Legal struct {
	Brief
	LegalName string // never empty
	TaxNumber string // "": not registered
	Email     string
	Phone     string
	Address   *identity.Address
}

// Legal is who a store is on paper, in whatever state. It joins the caller's transaction.
func (s *Service) Legal(ctx context.Context, tx db.Tx, id int64) (Legal, error) {
	row, err := storedb.New(tx).StoreByID(ctx, id)
	if err != nil {
		return Legal{}, err
	}
	st, err := storeOf(row)
	if err != nil {
		return Legal{}, err
	}
	l := Legal{Brief: st.Brief, LegalName: st.LegalName, TaxNumber: st.TaxNumber, Email: st.Email, Phone: st.Phone, Address: st.Address}
	if l.LegalName == "" {
		l.LegalName = st.Brief.Name
	}
	return l, nil
}
