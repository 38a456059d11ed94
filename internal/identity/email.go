package identity

import (
	"strings"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/mail"
	"github.com/haat-market/haat/internal/platform/web"
)

const maxEmail = 254 // RFC 5321

// Email is the address as it is written to and the key by which two spellings of it are known to be one. Only a bare
// address is taken: no name, no quotes, no comment, letters of ASCII (full-width ones are folded to it), a domain with
// a dot.
func Email(s string) (address, key string, err error) {
	address = strings.TrimSpace(norm.NFKC.String(s))
	if !plainAddress(address) || mail.CheckAddress(address) != nil {
		return "", "", invalidEmail()
	}
	return address, emailKey(address), nil
}

// emailKey folds any text, so that a login with what is no address at all takes the same steps as any other.
func emailKey(s string) string {
	s = strings.TrimSpace(norm.NFKC.String(s))
	return norm.NFKC.String(cases.Fold().String(s))
}

func invalidEmail() *fault.Error {
	return web.ErrInvalid.Field("email", "invalid_email", "Must be an e-mail address such as name@example.org.")
}

func plainAddress(s string) bool {
	local, domain, ok := strings.Cut(s, "@")
	if !ok || len(s) > maxEmail || len(local) > 64 || !dotted(local, isAtom) {
		return false
	}
	if !strings.Contains(domain, ".") || !dotted(domain, isLabel) {
		return false
	}
	for label := range strings.SplitSeq(domain, ".") {
		if len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
	}
	// The last label of a name is never a number; of an IP address it is.
	last := domain[strings.LastIndexByte(domain, '.')+1:]
	return len(last) > 1 && strings.ContainsFunc(last, func(r rune) bool { return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' })
}

// dotted says whether s is parts joined by single dots, each of at least one allowed character.
func dotted(s string, allowed func(byte) bool) bool {
	for part := range strings.SplitSeq(s, ".") {
		if part == "" {
			return false
		}
		for i := range len(part) {
			if !allowed(part[i]) {
				return false
			}
		}
	}
	return true
}

func isLabel(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-'
}

func isAtom(c byte) bool { return isLabel(c) || strings.IndexByte("!#$%&'*+/=?^_`{|}~", c) >= 0 }
