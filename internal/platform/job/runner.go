package job

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/db"
)

const (
	claimTTL     = time.Minute
	extendEvery  = 20 * time.Second
	pollEvery    = time.Second
	handlerLimit = 10 * time.Minute
)

// Runner runs jobs and sweeps in one process. Handlers and sweeps are registered before Start.
type Runner struct {
	db     *db.DB
	clock  clock.Clock
	log    *slog.Logger
	holder string
	slots  chan struct{} // as many as there are workers

	mu       sync.RWMutex
	started  bool
	handlers map[string]Handler
	kinds    []string
	sweeps   map[string]*sweep
	unknown  sync.Map // kinds that were warned of

	queue   pulse
	leading chan struct{}
	fence   atomic.Int64 // of the lease that this process has; 0 when it has none
	until   atomic.Int64 // when that lease lapses

	quit     chan struct{} // closed: begin nothing new
	quitOnce sync.Once
	base     context.Context // of all work; cancelled when the time to stop is up
	cancel   context.CancelFunc
	loops    sync.WaitGroup

	done, failed, died atomic.Int64
}

// NewRunner makes a runner. The holder names this process: two that live at once must differ, and one that is started
// again under the name of a dead one takes the dead one's lease over at once instead of waiting for its end.
func NewRunner(d *db.DB, c clock.Clock, log *slog.Logger, holder string) *Runner {
	if log == nil {
		log = slog.Default()
	}
	r := &Runner{
		db: d, clock: c, log: log, holder: holder,
		handlers: map[string]Handler{}, sweeps: map[string]*sweep{},
		queue: newPulse(), leading: make(chan struct{}, 1), quit: make(chan struct{}),
	}
	r.base, r.cancel = context.WithCancel(context.Background())
	return r.Workers(2)
}

// Workers says how many jobs run at once. To be called before Start.
func (r *Runner) Workers(n int) *Runner {
	r.slots = make(chan struct{}, max(1, n))
	return r
}

// DB is the database whose jobs and sweeps these are.
func (r *Runner) DB() *db.DB { return r.db }

// Clock is the clock by which things are due.
func (r *Runner) Clock() clock.Clock { return r.clock }

// Handle registers what does the jobs of a kind. It panics on a kind that has a handler.
func (r *Runner) Handle(kind string, h Handler) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case kind == "" || h == nil:
		panic(fmt.Sprintf("job: kind %q needs a name and a handler", kind))
	case r.handlers[kind] != nil:
		panic(fmt.Sprintf("job: kind %q has a handler already", kind))
	case r.started:
		panic(fmt.Sprintf("job: kind %q is registered after the start", kind))
	}
	r.handlers[kind] = h
	r.kinds = append(r.kinds, kind)
	slices.Sort(r.kinds)
}

// warnUnknown says once that a kind has no handler here. Such jobs wait: during a rolling update another process may
// know what this one does not.
func (r *Runner) warnUnknown(kind string) {
	r.mu.RLock()
	known := r.handlers[kind] != nil
	r.mu.RUnlock()
	if known {
		return
	}
	if _, warned := r.unknown.LoadOrStore(kind, true); !warned {
		r.log.Warn("no handler for jobs of this kind in this process", slog.String("kind", kind))
	}
}

// Start begins to work. When ctx ends, nothing new is begun; Stop then ends the rest.
func (r *Runner) Start(ctx context.Context) error {
	r.mu.Lock()
	if r.started || r.stopping() {
		r.mu.Unlock()
		return fmt.Errorf("job: a runner starts once")
	}
	r.started = true
	r.mu.Unlock()
	context.AfterFunc(ctx, r.stopIntake)
	if _, err := r.lead(ctx); err != nil { // the loop goes on trying
		r.log.Info("not leading", slog.Any("reason", err))
	}
	r.loops.Go(r.leadLoop)
	r.loops.Go(r.workLoop)
	for _, s := range r.sweeps {
		r.loops.Go(func() { r.sweepLoop(s) })
	}
	return nil
}

func (r *Runner) leadLoop() {
	tick := time.NewTicker(renewEvery)
	defer tick.Stop()
	was := r.Leader()
	for {
		select {
		case <-r.quit:
			return
		case <-tick.C:
		}
		ctx, cancel := context.WithTimeout(r.base, leaseTTL)
		_, err := r.lead(ctx)
		cancel()
		if err != nil && !isNotLeader(err) && r.base.Err() == nil {
			r.log.Error("lease", slog.Any("error", err))
		}
		if now := r.Leader(); now != was {
			was = now
			if now {
				for _, s := range r.sweeps {
					s.pulse.beat()
				}
			}
		}
	}
}

func (r *Runner) stopIntake() { r.quitOnce.Do(func() { close(r.quit) }) }

func (r *Runner) stopping() bool {
	select {
	case <-r.quit:
		return true
	default:
		return false
	}
}

// Stop begins nothing new, waits for what runs until ctx ends, cancels the rest and waits for it, and gives the lease
// back. Jobs that were cut short are due again at once.
func (r *Runner) Stop(ctx context.Context) error {
	r.stopIntake()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		r.loops.Wait()
	}()
	var cut error
	select {
	case <-ended:
	case <-ctx.Done():
		cut = fmt.Errorf("job: work was cut short: %w", ctx.Err())
		r.cancel()
		<-ended
	}
	r.cancel()
	rctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if err := r.resign(rctx); err != nil {
		return fmt.Errorf("job: give the lease back: %w", err)
	}
	return cut
}
