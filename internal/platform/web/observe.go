package web

import (
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// metrics count requests by route pattern, never by path: a path holds ids.
type metrics struct {
	requests  *prometheus.CounterVec
	durations *prometheus.HistogramVec
}

func newMetrics(registry *prometheus.Registry) *metrics {
	m := &metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "http_requests_total", Help: "Requests by method, route and status.",
		}, []string{"method", "route", "status"}),
		durations: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "http_request_duration_seconds", Help: "Duration of requests by method and route.",
			Buckets: []float64{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10},
		}, []string{"method", "route"}),
	}
	registry.MustRegister(m.requests, m.durations)
	return m
}

// MetricsHandler serves a registry in Prometheus' text format. It belongs on
// an address of its own, not on the market's.
func MetricsHandler(registry *prometheus.Registry) http.Handler {
	return promhttp.HandlerFor(registry, promhttp.HandlerOpts{})
}

// statusText holds the decimal text of every status, so that counting one
// costs no allocation.
var statusText = func() (texts [600]string) {
	for status := range texts {
		texts[status] = strconv.Itoa(status)
	}
	return texts
}()

// noRoute is the route of requests that none answers.
const noRoute = "none"

// observe counts and logs a finished request.
func (a *API) observe(x *exchange, method string, began time.Time) {
	took := time.Since(began)
	if x.quiet {
		return
	}
	route, status := x.route, x.reply.status
	if route == "" {
		route = noRoute
	}
	if status < 100 || status >= len(statusText) {
		status = http.StatusInternalServerError
	}
	if _, known := knownMethods[method]; !known {
		method = "OTHER" // the caller's own words must not become labels
	}
	a.metrics.requests.WithLabelValues(method, route, statusText[status]).Inc()
	a.metrics.durations.WithLabelValues(method, route).Observe(took.Seconds())

	level := slog.LevelDebug
	switch {
	case status >= http.StatusInternalServerError:
		level = slog.LevelWarn
	case status >= http.StatusBadRequest:
		level = slog.LevelInfo
	}
	if a.cfg.Log.Enabled(x, level) {
		a.cfg.Log.LogAttrs(x, level, "request", x.attrs(
			slog.String("method", method), slog.Int("status", status), slog.Duration("took", took))...)
	}
}

var knownMethods = map[string]struct{}{
	http.MethodGet: {}, http.MethodHead: {}, http.MethodPost: {}, http.MethodPut: {},
	http.MethodPatch: {}, http.MethodDelete: {}, http.MethodOptions: {},
}

// attrs are what every line about a request says. The path is left out: it can
// hold a token, as the guest's link does.
func (x *exchange) attrs(more ...slog.Attr) []slog.Attr {
	attrs := make([]slog.Attr, 0, 3+len(more))
	attrs = append(attrs, slog.String("request", x.id), slog.String("route", x.route))
	if x.caller.SignedIn() {
		attrs = append(attrs, slog.String("account", x.caller.Account))
	}
	return append(attrs, more...)
}

// log writes a line about something that went wrong with the request.
func (x *exchange) log(level slog.Level, message, code string, cause error) {
	x.api.cfg.Log.LogAttrs(x, level, message, x.attrs(slog.String("code", code), slog.String("cause", cause.Error()))...)
}

// note is log for what only somebody who looks for it wants to know.
func (x *exchange) note(message string, cause error) { x.log(slog.LevelDebug, message, "", cause) }

// routeOf returns the path of a mux pattern.
func routeOf(pattern string) string {
	if _, path, ok := strings.Cut(pattern, " "); ok {
		return path
	}
	return pattern
}
