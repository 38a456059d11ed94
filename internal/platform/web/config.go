package web

import (
	"context"
	"log/slog"
	"net/netip"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/haat-market/haat/internal/platform/fault"
)

// Authenticator knows who a bearer token belongs to. It answers with a fault
// of kind Unauthenticated for a token that is unknown, ended or expired.
type Authenticator interface {
	Authenticate(ctx context.Context, token string) (Caller, error)
}

// Config is what an API needs to know. The zero value works: it serves, knows
// nobody, limits sizes and times but not rates, and trusts no proxy.
type Config struct {
	Title       string // of the OpenAPI document
	Version     string
	Description string
	URL         string // public base URL; without it the document names no server

	// Faults are what any operation may refuse with beside what it declares,
	// for the document: the database is busy, the token has expired.
	Faults []*fault.Error

	Authenticator Authenticator
	Log           *slog.Logger                   // default: slog.Default()
	Metrics       *prometheus.Registry           // default: a new one
	Ready         func(context.Context) []string // what is not in order; none means ready
	Now           func() time.Time               // default: time.Now

	TrustedProxies []netip.Prefix // whose X-Forwarded-For counts
	AllowedOrigins []string       // browsers on these origins may call ("https://shop.example")
	GuestHeader    string         // header with a guest's token; default Guest-Token

	MaxBody     int64         // bytes; default 64 kB
	BodyTimeout time.Duration // for sending the body; default 10 s
	Timeout     time.Duration // for the whole request; default 15 s
	TwinWait    time.Duration // how long a second request with the same key waits; default 10 s
	Limits      Limits
}

func (c Config) withDefaults() Config {
	setDefault(&c.Title, "Haat")
	setDefault(&c.Version, "0")
	setDefault(&c.GuestHeader, "Guest-Token")
	setDefault(&c.MaxBody, 64<<10)
	setDefault(&c.BodyTimeout, 10*time.Second)
	setDefault(&c.Timeout, 15*time.Second)
	setDefault(&c.TwinWait, 10*time.Second)
	if c.Log == nil {
		c.Log = slog.Default()
	}
	if c.Metrics == nil {
		c.Metrics = prometheus.NewRegistry()
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return c
}

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}
