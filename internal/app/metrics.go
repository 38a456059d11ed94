package app

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"net/netip"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/event"
	"github.com/haat-market/haat/internal/platform/job"
	"github.com/haat-market/haat/internal/platform/web"
)

// metricsServer shows figures and profiles on an address of its own.
type metricsServer struct {
	*http.Server
	addr string
}

// serveMetrics starts it; nil when there is none. Where the usual address is taken, by another market of this machine,
// the market opens without.
func (i *Installation) serveMetrics(required bool) (*metricsServer, error) {
	addr := i.Config.MetricsAddr
	if addr == "" {
		return nil, nil
	}
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		if required {
			return nil, err
		}
		i.Log.Warn("no metrics: their address is taken; --metrics-addr chooses another", slog.String("addr", addr), slog.Any("error", err))
		return nil, nil
	}
	addr = listener.Addr().String()
	if a, err := netip.ParseAddrPort(addr); err != nil || !a.Addr().IsLoopback() {
		i.Log.Warn("metrics and profiles can be read from other machines", slog.String("addr", addr))
	}
	if err := i.registerMetrics(); err != nil {
		return nil, errors.Join(err, listener.Close())
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", web.MetricsHandler(i.Registry))
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	// Also here: while the market stops, its own address accepts nobody.
	mux.Handle("GET /healthz", i.API)
	mux.Handle("GET /readyz", i.API)
	s := &metricsServer{&http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second, MaxHeaderBytes: 32 << 10,
		ErrorLog: slog.NewLogLogger(i.Log.Handler(), slog.LevelDebug)}, addr}
	go func() {
		if err := s.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			i.Log.Error("the metrics' server has failed", slog.Any("error", err))
		}
	}()
	return s, nil
}

func (i *Installation) registerMetrics() error {
	for _, c := range []prometheus.Collector{
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), newFigures(i.App),
	} {
		if err := i.Registry.Register(c); err != nil {
			return err
		}
	}
	return nil
}

// figures reads what the rooms count when somebody asks.
type figures struct {
	app    *App
	failed prometheus.Counter
	all    []*prometheus.Desc

	build, leader                                                                  *prometheus.Desc
	groups, functions, reruns, retries, wal, gates, gated, longest, inUse, maxConn *prometheus.Desc
	ready, dead, late, done, failures, died                                        *prometheus.Desc
	sweepRuns, sweepRows, sweepErrors, sweepSeconds, sweepLast                     *prometheus.Desc
	lastEvent, behind                                                              *prometheus.Desc
}

func newFigures(a *App) *figures {
	f := &figures{app: a, failed: prometheus.NewCounter(prometheus.CounterOpts{Name: "haat_scrape_errors_total", Help: "Figures that could not be read."})}
	d := func(name, help string, labels ...string) *prometheus.Desc {
		desc := prometheus.NewDesc("haat_"+name, help, labels, nil)
		f.all = append(f.all, desc)
		return desc
	}
	f.build = d("build_info", "The program; always 1.", "version", "engine")
	f.leader = d("leader", "1 where this process runs the sweeps.")
	f.groups = d("db_groups_total", "Groups of writes that were committed together (embedded).")
	f.functions = d("db_functions_total", "Writes that were run.")
	f.reruns = d("db_reruns_total", "Writes that were run again because another one of their group failed (embedded).")
	f.retries = d("db_retries_total", "Writes that PostgreSQL wanted tried again.")
	f.wal = d("db_wal_bytes", "Size of the write-ahead log (embedded). Above 512 MB the market is not ready.")
	f.gates = d("db_gates_total", "How often readers were held back for the log to begin anew (embedded).")
	f.gated = d("db_gate_seconds_total", "How long readers were held back (embedded).")
	f.longest = d("db_longest_read_seconds", "How long the longest of the reads that run now has been running (embedded).")
	f.inUse = d("db_connections_in_use", "Connections in use.")
	f.maxConn = d("db_connections_max", "Connections that there may be.")
	f.ready = d("jobs_ready", "Jobs that wait or run; counted up to 10000.")
	f.dead = d("jobs_dead", "Jobs that were given up; counted up to 10000.")
	f.late = d("jobs_late_seconds", "How long the job that is due longest has been waiting.")
	f.done = d("jobs_done_total", "Jobs that this process did.")
	f.failures = d("jobs_failed_total", "Tries of jobs that failed here.")
	f.died = d("jobs_died_total", "Jobs that were given up here.")
	f.sweepRuns = d("sweep_runs_total", "Runs of a sweep here.", "sweep")
	f.sweepRows = d("sweep_rows_total", "Rows that a sweep acted on.", "sweep")
	f.sweepErrors = d("sweep_errors_total", "Runs of a sweep that failed.", "sweep")
	f.sweepSeconds = d("sweep_seconds_total", "How long a sweep has run.", "sweep")
	f.sweepLast = d("sweep_last_success_seconds", "When a sweep last came to its end, as Unix time.", "sweep")
	f.lastEvent = d("events_last", "Number of the newest event.")
	f.behind = d("events_behind", "How many events a follower has not seen.", "follower")
	return f
}

// Describe implements prometheus.Collector.
func (f *figures) Describe(ch chan<- *prometheus.Desc) {
	f.failed.Describe(ch)
	for _, d := range f.all {
		ch <- d
	}
}

// scrapeTime bounds what reading the figures may take.
const scrapeTime = 5 * time.Second

// Collect implements prometheus.Collector. Figures that cannot be read are left out and counted.
func (f *figures) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), scrapeTime)
	defer cancel()
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	count := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, v, labels...)
	}
	gauge(f.build, 1, Version(), string(f.app.DB.Engine()))

	s := f.app.DB.Stats()
	count(f.groups, float64(s.Groups))
	count(f.functions, float64(s.Functions))
	count(f.reruns, float64(s.Reruns))
	count(f.retries, float64(s.Retries))
	gauge(f.wal, float64(s.WALBytes))
	count(f.gates, float64(s.Gates))
	count(f.gated, time.Duration(s.GateNanos).Seconds())
	gauge(f.longest, s.LongestRead.Seconds())
	gauge(f.inUse, float64(s.ConnsInUse))
	gauge(f.maxConn, float64(s.ConnsMax))

	if j, err := f.app.Jobs.Stats(ctx); err != nil {
		f.fail("jobs", err)
	} else {
		f.jobs(j, gauge, count)
	}
	var last int64
	var places []event.Place
	err := f.app.DB.Read(ctx, "metrics.events", func(ctx context.Context, tx db.Tx) (err error) {
		last, places, err = f.app.Events.Places(ctx, tx)
		return err
	})
	if err != nil {
		f.fail("events", err)
	} else {
		gauge(f.lastEvent, float64(last))
		for _, p := range places {
			gauge(f.behind, float64(p.Behind), p.Follower)
		}
	}
	f.failed.Collect(ch)
}

type metric func(d *prometheus.Desc, v float64, labels ...string)

func (f *figures) jobs(s job.Stats, gauge, count metric) {
	gauge(f.ready, float64(s.Ready))
	gauge(f.dead, float64(s.Dead))
	gauge(f.late, s.Late.Seconds())
	count(f.done, float64(s.Done))
	count(f.failures, float64(s.Failed))
	count(f.died, float64(s.Died))
	leader := 0.0
	if s.Leader {
		leader = 1
	}
	gauge(f.leader, leader)
	for _, w := range s.Sweeps {
		count(f.sweepRuns, float64(w.Runs), w.Name)
		count(f.sweepRows, float64(w.Rows), w.Name)
		count(f.sweepErrors, float64(w.Errors), w.Name)
		count(f.sweepSeconds, w.Total.Seconds(), w.Name)
		if !w.LastDone.IsZero() {
			gauge(f.sweepLast, float64(w.LastDone.Unix()), w.Name)
		}
	}
}

func (f *figures) fail(what string, err error) {
	f.failed.Inc()
	f.app.Log.Warn("figures could not be read", slog.String("of", what), slog.Any("error", err))
}
