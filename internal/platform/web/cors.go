package web

import "net/http"

const (
	corsMethods = "GET, POST, PUT, PATCH, DELETE"
	corsExposed = "Idempotency-Replayed, RateLimit, RateLimit-Policy, Retry-After, X-Request-Id"
	corsMaxAge  = "600"
)

// crossOrigin lets the configured origins read answers and answers their
// preflights. Credentials are never allowed: the API takes a bearer token,
// which a browser does not add by itself.
func (a *API) crossOrigin(x *exchange, r *http.Request) (answered bool) {
	header := x.reply.Header()
	header.Add("Vary", "Origin")
	origin := r.Header.Get("Origin")
	if origin == "" || !a.cors[origin] {
		return false
	}
	header.Set("Access-Control-Allow-Origin", origin)
	if r.Method != http.MethodOptions || r.Header.Get("Access-Control-Request-Method") == "" {
		header.Set("Access-Control-Expose-Headers", corsExposed+", "+a.cfg.GuestHeader)
		return false
	}
	header.Set("Access-Control-Allow-Methods", corsMethods)
	header.Set("Access-Control-Allow-Headers", "Authorization, Content-Type, Idempotency-Key, Last-Event-ID, "+a.cfg.GuestHeader)
	header.Set("Access-Control-Max-Age", corsMaxAge)
	x.reply.matched = true
	x.reply.WriteHeader(http.StatusNoContent)
	return true
}
