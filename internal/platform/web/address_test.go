package web

import (
	"net/http"
	"net/netip"
	"strings"
	"testing"
)

func prefixes(list ...string) []netip.Prefix {
	var out []netip.Prefix
	for _, s := range list {
		out = append(out, netip.MustParsePrefix(s))
	}
	return out
}

func TestClientAddr(t *testing.T) {
	proxies := prefixes("10.0.0.0/8", "127.0.0.1/32", "fd00::/8")
	tests := map[string]struct {
		trusted   []netip.Prefix
		remote    string
		forwarded []string
		want      string
	}{
		"direct":                     {nil, "203.0.113.7:55", nil, "203.0.113.7"},
		"nobody is trusted":          {nil, "127.0.0.1:55", []string{"198.51.100.1"}, "127.0.0.1"},
		"peer is no proxy":           {proxies, "203.0.113.7:55", []string{"198.51.100.1"}, "203.0.113.7"},
		"behind a proxy":             {proxies, "10.1.1.1:55", []string{"198.51.100.1"}, "198.51.100.1"},
		"the client wrote one too":   {proxies, "10.1.1.1:55", []string{"1.2.3.4, 198.51.100.1"}, "198.51.100.1"},
		"two proxies":                {proxies, "10.1.1.1:55", []string{"1.2.3.4, 198.51.100.1, 10.2.2.2"}, "198.51.100.1"},
		"several lines":              {proxies, "10.1.1.1:55", []string{"1.2.3.4", "198.51.100.1", "10.2.2.2 ,10.3.3.3"}, "198.51.100.1"},
		"only proxies":               {proxies, "10.1.1.1:55", []string{"10.2.2.2"}, "10.2.2.2"},
		"no header":                  {proxies, "10.1.1.1:55", nil, "10.1.1.1"},
		"empty header":               {proxies, "10.1.1.1:55", []string{""}, "10.1.1.1"},
		"rubbish":                    {proxies, "10.1.1.1:55", []string{"unknown"}, "10.1.1.1"},
		"rubbish before the address": {proxies, "10.1.1.1:55", []string{"<script>, 198.51.100.1"}, "198.51.100.1"},
		"rubbish behind the address": {proxies, "10.1.1.1:55", []string{"198.51.100.1, x, 10.2.2.2"}, "10.2.2.2"},
		"with a port":                {proxies, "10.1.1.1:55", []string{"198.51.100.1:8080"}, "198.51.100.1"},
		"IPv6":                       {proxies, "[fd00::1]:55", []string{"2001:db8::7"}, "2001:db8::7"},
		"IPv6 in brackets":           {proxies, "[fd00::1]:55", []string{"[2001:db8::7]:443"}, "2001:db8::7"},
		"IPv4 in IPv6":               {proxies, "[::ffff:10.1.1.1]:55", []string{"::ffff:198.51.100.1"}, "198.51.100.1"},
		"zone":                       {nil, "[fe80::1%eth0]:55", nil, "fe80::1"},
		"unix socket":                {proxies, "@", []string{"198.51.100.1"}, "invalid IP"},
		"all commas":                 {proxies, "10.1.1.1:55", []string{strings.Repeat("10.9.9.9,", 100)}, "10.1.1.1"},
		"endless proxies":            {proxies, "10.1.1.1:55", []string{"198.51.100.1" + strings.Repeat(",10.9.9.9", 100)}, "10.9.9.9"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			r := &http.Request{RemoteAddr: test.remote, Header: http.Header{"X-Forwarded-For": test.forwarded}}
			if got := clientAddr(r, test.trusted).String(); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

func TestLimitAddr(t *testing.T) {
	for in, want := range map[string]string{
		"198.51.100.1":          "198.51.100.1",
		"2001:db8:1:2:3:4:5:6":  "2001:db8:1:2::",
		"2001:db8:1:2:ffff::99": "2001:db8:1:2::",
		"2001:db8:1:3::":        "2001:db8:1:3::",
	} {
		if got := limitAddr(netip.MustParseAddr(in)).String(); got != want {
			t.Errorf("%s counts as %s, want %s", in, got, want)
		}
	}
	if limitAddr(netip.Addr{}).IsValid() {
		t.Error("no address became one")
	}
}

// FuzzForwarded: whatever the header says, the answer is an address that the
// header or the connection holds, and a peer that is no proxy stays himself.
func FuzzForwarded(f *testing.F) {
	for _, s := range []string{"", ",", "198.51.100.1, 10.0.0.1", "[::1]:80", "::ffff:10.0.0.1", "10.0.0.1,,,", "fe80::1%lo"} {
		f.Add(s, "10.0.0.1:1")
		f.Add(s, "203.0.113.1:1")
	}
	proxies := prefixes("10.0.0.0/8")
	f.Fuzz(func(t *testing.T, forwarded, remote string) {
		r := &http.Request{RemoteAddr: remote, Header: http.Header{"X-Forwarded-For": {forwarded}}}
		got, peer := clientAddr(r, proxies), peerAddr(remote)
		if got.Zone() != "" || got.Is4In6() {
			t.Errorf("%s is not plain", got)
		}
		if !contains(proxies, peer) && got != peer {
			t.Errorf("%q spoke for %s as %s", forwarded, peer, got)
		}
	})
}
