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

	LogLevel  slog.Level `name:"log-level" env:"HAAT_LOG_LEVEL" default:"info" placeholder:"LEVEL" help:"debug, info, warn or error (${default})."`
	LogFormat string     `name:"log-format" env:"HAAT_LOG_FORMAT" default:"text" enum:"text,json" help:"text or json (${default})."`

	AccountRate int `name:"account-rate" env:"HAAT_ACCOUNT_RATE" default:"1200" placeholder:"N" help:"Requests a minute of one account (${default}); 0 for no limit."`
	GuestRate   int `name:"guest-rate" env:"HAAT_GUEST_RATE" default:"300" placeholder:"N" help:"Requests a minute of one guest (${default}); 0 for no limit."`
	AddressRate int `name:"address-rate" env:"HAAT_ADDRESS_RATE" default:"6000" placeholder:"N" help:"Requests a minute from one address (${default}); 0 for no limit. Whole towns can share an address."`

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
	p.add("account-rate", c.AccountRate < 0, "must not be negative")
	p.add("guest-rate", c.GuestRate < 0, "must not be negative")
	p.add("address-rate", c.AddressRate < 0, "must not be negative")
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

func isPostgres(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "postgres" || u.Scheme == "postgresql")
}
