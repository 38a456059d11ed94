package config

import (
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"path/filepath"
	"strings"
	"time"
)

// Place says where an installation is. Commands that need no more embed this;
// commands that serve embed Config.
type Place struct {
	File     string `name:"config" env:"HAAT_CONFIG" placeholder:"FILE" help:"File with lines of 'name = value'. Default: haat.conf in the data folder, if there is one."`
	Data     string `name:"data" env:"HAAT_DATA" default:"./haat-data" placeholder:"FOLDER" help:"Folder for everything this installation keeps (${default})."`
	Database Secret `name:"database" env:"HAAT_DATABASE" placeholder:"URL" help:"PostgreSQL to use, as postgres://user:password@host/name. Default: a file in the data folder."`
	KeyFile  string `name:"secret-key-file" env:"HAAT_SECRET_KEY_FILE" placeholder:"FILE" help:"Key that seals PINs and gateway secrets; the same on every node. Default: secret.key in the data folder, made at the first start."`
}

// Config is everything that can be said from outside. It is used as it is in a
// command of kong, with Resolver for the file.
type Config struct {
	Place

	Addr        string `name:"addr" env:"HAAT_ADDR" default:"127.0.0.1:8080" placeholder:"HOST:PORT" help:"Where to listen (${default})."`
	URL         string `name:"url" env:"HAAT_URL" placeholder:"URL" help:"Address by which people reach this market, such as https://market.example. Links are built from it alone; without it only on this machine."`
	MetricsAddr string `name:"metrics-addr" env:"HAAT_METRICS_ADDR" default:"127.0.0.1:9090" placeholder:"HOST:PORT" help:"Where to show metrics and profiles (${default}); empty for nowhere. Keep it unreachable from outside."`

	TrustedProxies Networks `name:"trusted-proxies" env:"HAAT_TRUSTED_PROXIES" placeholder:"NETWORKS" help:"Proxies whose word about a caller's address counts, such as 10.0.0.0/8,127.0.0.1."`
	CORSOrigins    Origins  `name:"cors-origins" env:"HAAT_CORS_ORIGINS" placeholder:"ORIGINS" help:"Web pages of other addresses that may call the API, such as https://shop.example."`

	SMTPURL  Secret `name:"smtp-url" env:"HAAT_SMTP_URL" placeholder:"URL" help:"Mail server, as smtp://user:password@host:587 or smtps://…:465. Without it, mail is written to files in the data folder."`
	MailFrom string `name:"mail-from" env:"HAAT_MAIL_FROM" placeholder:"ADDRESS" help:"Sender of mail, such as 'Market <market@example.org>'."`

	KhaltiKey     Secret `name:"khalti-key" env:"HAAT_KHALTI_KEY" placeholder:"KEY" help:"Secret key of a Khalti merchant (live_secret_key, in its sandbox too)."`
	KhaltiURL     string `name:"khalti-url" env:"HAAT_KHALTI_URL" default:"https://khalti.com/api/" placeholder:"URL" help:"Khalti's API (${default}); its sandbox is https://dev.khalti.com/api/."`
	EsewaProduct  string `name:"esewa-product" env:"HAAT_ESEWA_PRODUCT" placeholder:"CODE" help:"Product code of an eSewa merchant; EPAYTEST in its sandbox."`
	EsewaKey      Secret `name:"esewa-key" env:"HAAT_ESEWA_KEY" placeholder:"KEY" help:"Key with which an eSewa merchant signs."`
	EsewaForm     string `name:"esewa-form-url" env:"HAAT_ESEWA_FORM_URL" default:"https://epay.esewa.com.np/api/epay/main/v2/form" placeholder:"URL" help:"Where payers send eSewa's form (${default})."`
	EsewaStatus   string `name:"esewa-status-url" env:"HAAT_ESEWA_STATUS_URL" default:"https://epay.esewa.com.np/api/epay/transaction/status/" placeholder:"URL" help:"Where eSewa is asked what became of a payment (${default})."`
	StripeKey     Secret `name:"stripe-key" env:"HAAT_STRIPE_KEY" placeholder:"KEY" help:"Secret or restricted key of a Stripe account."`
	StripeSecret  Secret `name:"stripe-webhook-secret" env:"HAAT_STRIPE_WEBHOOK_SECRET" placeholder:"SECRET" help:"Signing secret of the Stripe endpoint that calls /webhooks/stripe."`
	StripeURL     string `name:"stripe-url" env:"HAAT_STRIPE_URL" default:"https://api.stripe.com" placeholder:"URL" help:"Stripe's API (${default})."`
	PayPalClient  string `name:"paypal-client" env:"HAAT_PAYPAL_CLIENT" placeholder:"ID" help:"Client id of a PayPal app."`
	PayPalSecret  Secret `name:"paypal-secret" env:"HAAT_PAYPAL_SECRET" placeholder:"SECRET" help:"Secret of the PayPal app."`
	PayPalWebhook string `name:"paypal-webhook" env:"HAAT_PAYPAL_WEBHOOK" placeholder:"ID" help:"Id of the PayPal webhook that calls /webhooks/paypal."`
	PayPalURL     string `name:"paypal-url" env:"HAAT_PAYPAL_URL" default:"https://api-m.paypal.com" placeholder:"URL" help:"PayPal's API (${default}); its sandbox is https://api-m.sandbox.paypal.com."`

	LogLevel  slog.Level `name:"log-level" env:"HAAT_LOG_LEVEL" default:"info" placeholder:"LEVEL" help:"debug, info, warn or error (${default})."`
	LogFormat string     `name:"log-format" env:"HAAT_LOG_FORMAT" default:"text" enum:"text,json" help:"text or json (${default})."`

	AccountRate int `name:"account-rate" env:"HAAT_ACCOUNT_RATE" default:"1200" placeholder:"N" help:"Requests a minute of one account (${default}); 0 for no limit."`
	GuestRate   int `name:"guest-rate" env:"HAAT_GUEST_RATE" default:"300" placeholder:"N" help:"Requests a minute of one guest (${default}); 0 for no limit."`
	AddressRate int `name:"address-rate" env:"HAAT_ADDRESS_RATE" default:"6000" placeholder:"N" help:"Requests a minute from one address (${default}); 0 for no limit. Whole towns can share an address."`

	EventRetention time.Duration `name:"event-retention" env:"HAAT_EVENT_RETENTION" default:"0" placeholder:"TIME" help:"How long events are kept, such as 17520h for two years (${default}: for ever). What some follower has not seen stays."`

	ShutdownTimeout time.Duration `name:"shutdown-timeout" env:"HAAT_SHUTDOWN_TIMEOUT" default:"20s" placeholder:"TIME" help:"How long requests under way may take when the server stops (${default})."`
}

// Validate says everything that is wrong, one line each. kong calls it after
// parsing.
func (c Config) Validate() error {
	var p problems
	p.add("data", c.Data == "", "must name a folder")
	p.add("addr", !isHostPort(c.Addr), "must be HOST:PORT")
	p.add("metrics-addr", c.MetricsAddr != "" && !isHostPort(c.MetricsAddr), "must be HOST:PORT or empty")
	p.add("metrics-addr", c.MetricsAddr == c.Addr && !strings.HasSuffix(c.Addr, ":0"), "must differ from addr")
	p.add("url", c.URL != "" && !isBaseURL(c.URL), "must be like https://market.example, without a path")
	p.add("database", c.Database.Set() && !isPostgres(c.Database.Reveal()), "must be like postgres://user:password@host/name")
	p.add("mail-from", c.SMTPURL.Set() && c.MailFrom == "", "must be given with smtp-url")
	p.add("log-format", c.LogFormat != "text" && c.LogFormat != "json", "must be text or json")
	for name, u := range map[string]string{
		"khalti-url": c.KhaltiURL, "esewa-form-url": c.EsewaForm, "esewa-status-url": c.EsewaStatus, "stripe-url": c.StripeURL, "paypal-url": c.PayPalURL,
	} {
		p.add(name, u != "" && !isProvider(u), "must be an https address, or an http one on this machine")
	}
	p.add("account-rate", c.AccountRate < 0, "must not be negative")
	p.add("guest-rate", c.GuestRate < 0, "must not be negative")
	p.add("address-rate", c.AddressRate < 0, "must not be negative")
	p.add("event-retention", c.EventRetention != 0 && c.EventRetention < 24*time.Hour, "must be 0 or at least 24h")
	p.add("shutdown-timeout", c.ShutdownTimeout <= 0 || c.ShutdownTimeout > time.Hour, "must be between 0 and 1h")
	return p.err()
}

// BaseURL is what links are built from: the configured URL, else the listening
// address if it is on this machine, else nothing, because a link made from a
// guess can lead to somebody else.
func (c Config) BaseURL() string {
	if c.URL != "" {
		return strings.TrimSuffix(c.URL, "/")
	}
	host, port, err := net.SplitHostPort(c.Addr)
	if err != nil {
		return ""
	}
	if a, err := netip.ParseAddr(host); host == "localhost" || (err == nil && a.IsLoopback()) {
		return "http://" + net.JoinHostPort(host, port)
	}
	return ""
}

// MailFolder is where mail goes when there is no mail server.
func (p Place) MailFolder() string { return filepath.Join(p.Data, "mail") }

// DatabaseFile is the embedded database, used when no Database is set.
func (p Place) DatabaseFile() string { return filepath.Join(p.Data, "haat.db") }

func isHostPort(s string) bool {
	_, port, err := net.SplitHostPort(s)
	if err != nil {
		return false
	}
	_, err = net.LookupPort("tcp", port)
	return err == nil && port != ""
}

func isBaseURL(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Hostname() != "" && u.User == nil &&
		(u.Path == "" || u.Path == "/") && u.RawQuery == "" && !u.ForceQuery && u.Fragment == "" && !strings.Contains(s, "#")
}

// isProvider says whether money may be asked for at an address: in the open only on this machine, for trying out.
func isProvider(s string) bool {
	u, err := url.Parse(s)
	if err != nil || u.Hostname() == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return false
	}
	a, err := netip.ParseAddr(u.Hostname())
	return u.Scheme == "https" || u.Scheme == "http" && (u.Hostname() == "localhost" || err == nil && a.IsLoopback())
}

func isPostgres(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "postgres" || u.Scheme == "postgresql")
}
