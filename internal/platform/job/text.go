package job

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

const maxErrorText = 500

// What may be in an error's text and must not be kept: parameters of links, credentials, people's contacts, codes.
var secretPatterns = []struct {
	find *regexp.Regexp
	put  string
}{
	{regexp.MustCompile(`(?i)\b(bearer|basic)\s+\S+`), "$1 …"},
	{regexp.MustCompile(`(://)[^/\s@]+@`), "$1…@"},
	{regexp.MustCompile(`\?[^\s"']+`), "?…"},
	{regexp.MustCompile(`[^\s@<>"']+@[^\s@<>"']+`), "…@…"},
	{regexp.MustCompile(`(?i)\b((?:pass\w*|secret\w*|token\w*|otp|pin|key|signature|authorization)["']?\s*[:=]\s*)("[^"]*"|'[^']*'|\S+)`), "$1…"},
	{regexp.MustCompile(`[A-Za-z0-9_\-+/]{24,}={0,2}`), "…"},
	{regexp.MustCompile(`\+?\d[\d \-]{2,}\d`), "…"},
}

// safeText is an error's text as it may be stored and logged: without what looks like a secret or a contact, valid,
// and short. It errs on the side of hiding too much.
func safeText(err error) string {
	s := strings.ReplaceAll(strings.ToValidUTF8(err.Error(), "�"), "\x00", "�")
	if len(s) > 16*maxErrorText {
		s = strings.ToValidUTF8(s[:16*maxErrorText], "")
	}
	for _, p := range secretPatterns {
		s = p.find.ReplaceAllString(s, p.put)
	}
	if len(s) <= maxErrorText {
		return s
	}
	s = s[:maxErrorText]
	for len(s) > 0 && !utf8.ValidString(s) {
		s = s[:len(s)-1]
	}
	return s + "…"
}
