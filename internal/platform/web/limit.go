package web

import (
	"hash/maphash"
	"math"
	"net/http"
	"net/netip"
	"strconv"
	"sync/atomic"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"github.com/haat-market/haat/internal/platform/fault"
)

// ErrRateLimited refuses a caller who came too often.
var ErrRateLimited = fault.New(fault.TooMany, "rate_limited", "Too many requests. Wait a little and try again.")

// Limit allows Burst requests at once, refilled evenly over Per. The zero Limit
// allows everything.
type Limit struct {
	Name  string
	Per   time.Duration
	Burst int
}

func (l Limit) off() bool { return l.Burst <= 0 || l.Per <= 0 }

// Limits are the rates an API accepts. The most specific identity counts: the
// account, else the guest's token within its address, else the address. The
// address is a wide ceiling, because a whole town can share one.
type Limits struct {
	Account  Limit
	Guest    Limit
	Address  Limit
	BadToken Limit            // refused tokens per address, so that guessing costs no look-ups
	Named    map[string]Limit // instead of what operations declare, by name
	Size     int              // how many callers are remembered; default 65536
	Off      bool             // also the operations' own limits
}

// DefaultLimits are generous to people and dull to scripts.
func DefaultLimits() Limits {
	return Limits{
		Account:  Limit{Per: time.Minute, Burst: 1200},
		Guest:    Limit{Per: time.Minute, Burst: 300},
		Address:  Limit{Per: time.Minute, Burst: 6000},
		BadToken: Limit{Per: time.Minute, Burst: 300},
	}
}

// limitKey is whose bucket it is.
type limitKey struct {
	name    string
	account int64
	guest   uint64
	addr    netip.Addr
}

// limiter holds one number per caller: the time at which the bucket is full
// again (the "theoretical arrival time" of GCRA), which needs no timer and no
// lock. Forgetting the least recent callers bounds the memory; forgetting
// means a full bucket.
type limiter struct {
	limits  Limits
	buckets *lru.Cache[limitKey, *atomic.Int64]
	seed    maphash.Seed
}

func newLimiter(limits Limits) *limiter {
	limits.Account.Name, limits.Guest.Name = "account", "guest"
	limits.Address.Name, limits.BadToken.Name = "address", "bad_token"
	size := limits.Size
	if size <= 0 {
		size = 1 << 16
	}
	buckets, err := lru.New[limitKey, *atomic.Int64](size)
	if err != nil {
		panic("web: " + err.Error()) // only for a size below one
	}
	return &limiter{limits: limits, buckets: buckets, seed: maphash.MakeSeed()}
}

func (l *limiter) guestKey(token string) uint64 {
	if token == "" {
		return 0
	}
	return maphash.String(l.seed, token)
}

func (l *limiter) bucket(key limitKey) *atomic.Int64 {
	if b, ok := l.buckets.Get(key); ok {
		return b
	}
	fresh := new(atomic.Int64)
	if b, ok, _ := l.buckets.PeekOrAdd(key, fresh); ok {
		return b
	}
	return fresh
}

// take takes one from the bucket. When it is empty, wait is how long until the
// next.
func (l *limiter) take(limit Limit, key limitKey, now time.Time) (wait time.Duration) {
	if l.limits.Off || limit.off() {
		return 0
	}
	key.name = limit.Name
	b := l.bucket(key)
	t, each, per := now.UnixNano(), int64(limit.Per)/int64(limit.Burst), int64(limit.Per)
	for {
		full := b.Load()
		next := max(full, t) + each
		if next-t > per {
			return time.Duration(next - t - per)
		}
		if b.CompareAndSwap(full, next) {
			return 0
		}
	}
}

// empty is take without taking.
func (l *limiter) empty(limit Limit, key limitKey, now time.Time) (wait time.Duration) {
	if l.limits.Off || limit.off() {
		return 0
	}
	key.name = limit.Name
	b, ok := l.buckets.Peek(key)
	if !ok {
		return 0
	}
	each := int64(limit.Per) / int64(limit.Burst)
	next := max(b.Load(), now.UnixNano()) + each
	return max(0, time.Duration(next-now.UnixNano()-int64(limit.Per)))
}

// named returns the limit that applies to an operation's declared one.
func (l *limiter) named(declared Limit) Limit {
	if configured, ok := l.limits.Named[declared.Name]; ok {
		configured.Name = declared.Name
		return configured
	}
	return declared
}

// refuse is the answer to a caller whose bucket is empty.
func (limit Limit) refuse(header http.Header, wait time.Duration) error {
	seconds := strconv.FormatInt(ceilSeconds(wait), 10)
	header.Set("RateLimit-Policy", `"`+limit.Name+`";q=`+strconv.Itoa(limit.Burst)+";w="+strconv.FormatInt(ceilSeconds(limit.Per), 10))
	header.Set("RateLimit", `"`+limit.Name+`";r=0;t=`+seconds)
	return ErrRateLimited.Retry(wait)
}

func ceilSeconds(d time.Duration) int64 {
	return max(1, int64(math.Ceil(d.Seconds())))
}
