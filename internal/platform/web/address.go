package web

import (
	"net/http"
	"net/netip"
	"strings"
)

// maxHops bounds the work on a forwarded header that is all commas.
const maxHops = 32

// clientAddr returns the address a request really comes from: the peer's, or,
// when the peer is a trusted proxy, the right-most address in X-Forwarded-For
// that is not one. What stands further left was written by the client.
func clientAddr(r *http.Request, trusted []netip.Prefix) netip.Addr {
	addr := peerAddr(r.RemoteAddr)
	if len(trusted) == 0 || !contains(trusted, addr) {
		return addr
	}
	lines := r.Header["X-Forwarded-For"]
	hops := 0
	for i := len(lines) - 1; i >= 0; i-- {
		rest := lines[i]
		for done := false; !done; {
			var hop string
			if comma := strings.LastIndexByte(rest, ','); comma >= 0 {
				hop, rest = rest[comma+1:], rest[:comma]
			} else {
				hop, done = rest, true
			}
			next, ok := hopAddr(hop)
			if hops++; !ok || hops > maxHops {
				return addr
			}
			addr = next
			if !contains(trusted, addr) {
				return addr
			}
		}
	}
	return addr
}

func peerAddr(remote string) netip.Addr {
	if ap, err := netip.ParseAddrPort(remote); err == nil {
		return ap.Addr().Unmap().WithZone("")
	}
	addr, _ := hopAddr(remote) // a unix socket has no address: the zero Addr
	return addr
}

// hopAddr reads one element of X-Forwarded-For: an address, in brackets or not,
// with a port or not.
func hopAddr(s string) (netip.Addr, bool) {
	s = strings.Trim(s, " \t")
	if addr, err := netip.ParseAddr(strings.Trim(s, "[]")); err == nil {
		return addr.Unmap().WithZone(""), true
	}
	if ap, err := netip.ParseAddrPort(s); err == nil {
		return ap.Addr().Unmap().WithZone(""), true
	}
	return netip.Addr{}, false
}

func contains(prefixes []netip.Prefix, addr netip.Addr) bool {
	for _, p := range prefixes {
		if p.Contains(addr) {
			return true
		}
	}
	return false
}

// limitAddr returns what limits count an address as: IPv6 by /64, because one
// subscriber holds at least that many.
func limitAddr(addr netip.Addr) netip.Addr {
	if addr.Is6() {
		if p, err := addr.Prefix(64); err == nil {
			return p.Addr()
		}
	}
	return addr
}
