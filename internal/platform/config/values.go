package config

import (
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"net/url"
	"strings"
)

// Secret is a text that is never shown: every way of printing it says "set" or
// "not set". Reveal is the one way to it.
type Secret struct{ text string }

// NewSecret keeps text as a secret.
func NewSecret(text string) Secret { return Secret{text} }

// Reveal is the secret itself.
func (s Secret) Reveal() string { return s.text }

// Set says whether there is one.
func (s Secret) Set() bool { return s.text != "" }

// String is "set" or "not set".
func (s Secret) String() string {
	if s.Set() {
		return "set"
	}
	return "not set"
}

// Format covers every verb, because %#v and %x do not ask String.
func (s Secret) Format(f fmt.State, _ rune) {
	// A Formatter has nobody to tell: fmt itself ignores what its writer says.
	_, _ = fmt.Fprint(f, s.String())
}

// MarshalText is the form in JSON and in other texts.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// LogValue is the form in the log.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// UnmarshalText takes any text: what is wrong with it is said later, by those
// who know not to repeat it.
func (s *Secret) UnmarshalText(text []byte) error {
	s.text = string(text)
	return nil
}

// Networks is a list of networks; a plain address is a network of one.
type Networks []netip.Prefix

// UnmarshalText reads networks separated by commas or spaces.
func (n *Networks) UnmarshalText(text []byte) error {
	var out Networks
	for _, part := range fields(string(text)) {
		p, err := netip.ParsePrefix(part)
		if err != nil {
			a, aerr := netip.ParseAddr(part)
			if aerr != nil || a.Zone() != "" {
				return fmt.Errorf("%.60q is neither an address nor a network", part)
			}
			p = netip.PrefixFrom(a, a.BitLen())
		}
		if p.Addr().Is4In6() {
			return fmt.Errorf("%.60q: write it as an IPv4 network", part)
		}
		if p != p.Masked() {
			return fmt.Errorf("%.60q: the network is %s", part, p.Masked())
		}
		out = append(out, p)
	}
	*n = out
	return nil
}

// MarshalText is the list as it is written in the file.
func (n Networks) MarshalText() ([]byte, error) {
	parts := make([]string, len(n))
	for i, p := range n {
		parts[i] = p.String()
	}
	return []byte(strings.Join(parts, ",")), nil
}

// Origins is a list of web origins: scheme, host and port, no more.
type Origins []string

// UnmarshalText reads origins separated by commas or spaces. There is no
// wildcard: a page that may call is named.
func (o *Origins) UnmarshalText(text []byte) error {
	var out Origins
	for _, part := range fields(string(text)) {
		u, err := url.Parse(part)
		if err != nil || !isBaseURL(part) || strings.HasSuffix(part, "/") || u.Scheme+"://"+u.Host != strings.ToLower(part) || strings.Contains(u.Host, "*") {
			return fmt.Errorf("%.60q is not an origin such as https://shop.example", part)
		}
		out = append(out, strings.ToLower(part))
	}
	*o = out
	return nil
}

// MarshalText is the list as it is written in the file.
func (o Origins) MarshalText() ([]byte, error) { return []byte(strings.Join(o, ",")), nil }

func fields(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ' ' || r == '\t' })
}

// problems gathers what is wrong, so that one start shows all of it.
type problems []error

func (p *problems) add(name string, wrong bool, what string) {
	if wrong {
		*p = append(*p, fmt.Errorf("%s (%s) %s", name, envName(name), what))
	}
}

func (p problems) err() error { return errors.Join(p...) }

func envName(name string) string {
	return "HAAT_" + strings.ToUpper(strings.ReplaceAll(name, "-", "_"))
}
