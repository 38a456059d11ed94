package web

import (
	"log/slog"
	"net/http"
	"time"
)

const writeTimeout = 2 * time.Minute

// NewServer returns a server whose own bounds fit the API's: slow or endless
// headers are cut off, idle connections end, and nobody may take for ever to
// read an answer. Operations that stream lift the last one for themselves.
func NewServer(a *API, addr string) *http.Server {
	return &http.Server{
		Addr:              addr,
		Handler:           a,
		ReadHeaderTimeout: 5 * time.Second,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    32 << 10,
		ErrorLog:          slog.NewLogLogger(a.cfg.Log.Handler(), slog.LevelDebug),
	}
}
