package web

import (
	"encoding/json"
	"net/http"
)

// health is the body of /healthz and /readyz.
type health struct {
	Status   string   `json:"status"`
	Problems []string `json:"problems,omitempty"`
}

// mountHealth answers whoever watches the server: without authentication,
// limits, log or metrics.
func (a *API) mountHealth() {
	a.unlimited("GET /healthz", func(w http.ResponseWriter, r *http.Request) {
		exchangeFrom(r.Context()).quiet = true
		writeHealth(w, http.StatusOK, health{Status: "ok"})
	})
	a.unlimited("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		exchangeFrom(r.Context()).quiet = true
		if a.cfg.Ready != nil {
			if problems := a.cfg.Ready(r.Context()); len(problems) > 0 {
				writeHealth(w, http.StatusServiceUnavailable, health{Status: "not_ready", Problems: problems})
				return
			}
		}
		writeHealth(w, http.StatusOK, health{Status: "ready"})
	})
}

// unlimited mounts a handler of our own that costs nothing.
func (a *API) unlimited(pattern string, handler http.HandlerFunc) {
	a.mux.Handle(pattern, &page{api: a, route: routeOf(pattern), handler: handler})
}

func writeHealth(w http.ResponseWriter, status int, h health) {
	body, err := json.Marshal(h)
	if err != nil {
		panic(err) // strings only: cannot fail
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	// Whoever asked and left learns nothing from an error.
	_, _ = w.Write(append(body, '\n'))
}
