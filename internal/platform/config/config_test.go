package config_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"

	"github.com/haat-market/haat/internal/platform/config"
)

// cli is shaped as the program's: some commands serve, some need only the place.
type cli struct {
	Serve  struct{ config.Config } `cmd:""`
	Verify struct{ config.Place }  `cmd:""`
}

func run(t *testing.T, args ...string) (config.Config, error) {
	t.Helper()
	var c cli
	k, err := kong.New(&c, kong.Name("haat"), config.Resolver(), kong.Exit(func(int) { t.Fatal("exited") }))
	if err != nil {
		t.Fatal(err)
	}
	_, err = k.Parse(args)
	if args[0] == "verify" {
		return config.Config{Place: c.Verify.Place}, err
	}
	return c.Serve.Config, err
}

func clearEnv(t *testing.T) {
	t.Helper()
	for _, kv := range os.Environ() {
		if name, value, _ := strings.Cut(kv, "="); strings.HasPrefix(name, "HAAT_") {
			t.Setenv(name, value) // so that it comes back
			if err := os.Unsetenv(name); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func writeConf(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "haat.conf")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// samples has a value other than the default for every name.
var samples = []struct{ name, text, want string }{
	{"database", "postgres://u:p@db/haat", "postgres://u:p@db/haat"},
	{"secret-key-file", "/run/key", "/run/key"},
	{"addr", "0.0.0.0:80", "0.0.0.0:80"},
	{"url", "https://haat.example", "https://haat.example"},
	{"metrics-addr", "127.0.0.1:1", "127.0.0.1:1"},
	{"trusted-proxies", "10.0.0.0/8, ::1", "10.0.0.0/8,::1/128"},
	{"cors-origins", "https://a.example,http://localhost:3000", "https://a.example,http://localhost:3000"},
	{"smtp-url", "smtp://u:p,x@h", "smtp://u:p,x@h"},
	{"mail-from", "Haat <a@b.example>", "Haat <a@b.example>"},
	{"khalti-key", "live_secret_key_1", "live_secret_key_1"},
	{"khalti-url", "https://dev.khalti.com/api/", "https://dev.khalti.com/api/"},
	{"esewa-product", "EPAYTEST", "EPAYTEST"},
	{"esewa-key", "8gBm/:&EnhH.1/q", "8gBm/:&EnhH.1/q"},
	{"esewa-form-url", "https://rc-epay.esewa.com.np/api/epay/main/v2/form", "https://rc-epay.esewa.com.np/api/epay/main/v2/form"},
	{"esewa-status-url", "https://rc.esewa.com.np/api/epay/transaction/status/", "https://rc.esewa.com.np/api/epay/transaction/status/"},
	{"stripe-key", "sk_test_1", "sk_test_1"},
	{"stripe-webhook-secret", "whsec_1", "whsec_1"},
	{"stripe-url", "http://127.0.0.1:12111", "http://127.0.0.1:12111"},
	{"paypal-client", "client", "client"},
	{"paypal-secret", "s", "s"},
	{"paypal-webhook", "WH-1", "WH-1"},
	{"paypal-url", "https://api-m.sandbox.paypal.com", "https://api-m.sandbox.paypal.com"},
	{"log-level", "warn", "WARN"},
	{"log-format", "json", "json"},
	{"account-rate", "1", "1"},
	{"guest-rate", "2", "2"},
	{"event-retention", "48h", "48h0m0s"},
	{"address-rate", "0", "0"},
	{"shutdown-timeout", "1m30s", "1m30s"},
}

// shown is the value of the field with this flag name, secrets included.
func shown(t *testing.T, c config.Config, name string) string {
	t.Helper()
	for _, v := range []reflect.Value{reflect.ValueOf(c), reflect.ValueOf(c.Place)} {
		for i := range v.NumField() {
			if v.Type().Field(i).Tag.Get("name") != name {
				continue
			}
			switch x := v.Field(i).Interface().(type) {
			case config.Secret:
				return x.Reveal()
			case config.Networks:
				b, err := x.MarshalText()
				if err != nil {
					t.Fatal(err)
				}
				return string(b)
			case config.Origins:
				return strings.Join(x, ",")
			default:
				return fmt.Sprint(x)
			}
		}
	}
	t.Fatalf("no field has the name %s", name)
	return ""
}

func env(name string) string { return "HAAT_" + strings.ToUpper(strings.ReplaceAll(name, "-", "_")) }

func TestFlagEnvironmentAndFileAgree(t *testing.T) {
	clearEnv(t)
	t.Chdir(t.TempDir())
	base := slices.Clip([]string{"serve", "--mail-from=x@y.example"}) // smtp-url asks for it
	for _, s := range samples {
		t.Run(s.name, func(t *testing.T) {
			args := base
			if s.name == "mail-from" {
				args = base[:1:1]
			}
			def, err := run(t, args...)
			if err != nil {
				t.Fatal(err)
			}
			if shown(t, def, s.name) == s.want {
				t.Fatal("the sample is the default")
			}
			byFlag, err := run(t, append(args, "--"+s.name+"="+s.text)...)
			if err != nil || shown(t, byFlag, s.name) != s.want {
				t.Errorf("flag: %q, %v", shown(t, byFlag, s.name), err)
			}
			for _, spelling := range []string{s.name, strings.ReplaceAll(s.name, "-", "_"), env(s.name)} {
				file := writeConf(t, "# a comment\n\n"+spelling+" = "+s.text+"\n")
				byFile, err := run(t, append(args, "--config="+file)...)
				if err != nil || shown(t, byFile, s.name) != s.want {
					t.Errorf("file, %s: %q, %v", spelling, shown(t, byFile, s.name), err)
				}
			}
			t.Setenv(env(s.name), s.text)
			byEnv, err := run(t, args...)
			if err != nil || shown(t, byEnv, s.name) != s.want {
				t.Errorf("environment: %q, %v", shown(t, byEnv, s.name), err)
			}
		})
	}
	if n := reflect.TypeFor[config.Config]().NumField() - 1 + reflect.TypeFor[config.Place]().NumField() - 2; n != len(samples) {
		t.Errorf("%d names, %d samples", n, len(samples))
	}
}

func TestPrecedence(t *testing.T) {
	clearEnv(t)
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "haat.conf"), []byte("addr = 127.0.0.1:1\nmetrics_addr = 127.0.0.1:2\nguest_rate = 7\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	addr := func(args ...string) config.Config {
		t.Helper()
		c, err := run(t, append([]string{"serve", "--data", dir}, args...)...)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	if got := addr(); got.Addr != "127.0.0.1:1" || got.GuestRate != 7 || got.AccountRate != 1200 {
		t.Errorf("file over default: %+v", got)
	}
	t.Setenv("HAAT_ADDR", "127.0.0.1:3")
	t.Setenv("HAAT_METRICS_ADDR", "")
	if got := addr(); got.Addr != "127.0.0.1:3" || got.MetricsAddr != "" {
		t.Errorf("environment over file: %+v", got)
	}
	if got := addr("--addr", "127.0.0.1:4"); got.Addr != "127.0.0.1:4" {
		t.Errorf("flag over environment: %+v", got)
	}
	// The data folder can come from the environment and so lead to the file.
	t.Setenv("HAAT_DATA", dir)
	if got, err := run(t, "serve"); err != nil || got.GuestRate != 7 {
		t.Errorf("file by HAAT_DATA: %+v, %v", got, err)
	}
	// A named file is the only one.
	other := writeConf(t, "guest_rate = 8\n")
	t.Setenv("HAAT_CONFIG", other)
	if got, err := run(t, "serve"); err != nil || got.GuestRate != 8 {
		t.Errorf("file by HAAT_CONFIG: %+v, %v", got, err)
	}
	if got, err := run(t, "verify"); err != nil || got.Data != dir {
		t.Errorf("a command that needs only the place: %+v, %v", got, err)
	}
	t.Setenv("HAAT_CONFIG", filepath.Join(dir, "missing"))
	if _, err := run(t, "serve"); err == nil {
		t.Error("a named file that is missing was no error")
	}
}

func TestDefault(t *testing.T) {
	t.Setenv("HAAT_ADDR", "1.2.3.4:5")
	c := config.Default()
	if c.Addr != "127.0.0.1:8080" || c.Data != "./haat-data" || c.MetricsAddr != "127.0.0.1:9090" ||
		c.LogLevel != slog.LevelInfo || c.LogFormat != "text" || c.ShutdownTimeout != 20*time.Second {
		t.Errorf("%+v", c)
	}
	if err := c.Validate(); err != nil {
		t.Error(err)
	}
	if c.BaseURL() != "http://127.0.0.1:8080" || c.MailFolder() != "haat-data/mail" || c.DatabaseFile() != "haat-data/haat.db" {
		t.Errorf("%s %s %s", c.BaseURL(), c.MailFolder(), c.DatabaseFile())
	}
}

func TestValidate(t *testing.T) {
	for name, change := range map[string]func(c *config.Config){
		"addr":             func(c *config.Config) { c.Addr = "8080" },
		"url":              func(c *config.Config) { c.URL = "haat.example" },
		"url with path":    func(c *config.Config) { c.URL = "https://haat.example/shop" },
		"url with user":    func(c *config.Config) { c.URL = "https://u@haat.example" },
		"url with query":   func(c *config.Config) { c.URL = "https://haat.example?" },
		"metrics-addr":     func(c *config.Config) { c.MetricsAddr = c.Addr },
		"database":         func(c *config.Config) { c.Database = config.NewSecret("mysql://geheim@h") },
		"mail-from":        func(c *config.Config) { c.SMTPURL = config.NewSecret("smtp://h") },
		"log-format":       func(c *config.Config) { c.LogFormat = "xml" },
		"account-rate":     func(c *config.Config) { c.AccountRate = -1 },
		"event-retention":  func(c *config.Config) { c.EventRetention = time.Hour },
		"shutdown-timeout": func(c *config.Config) { c.ShutdownTimeout = 0 },
		"data":             func(c *config.Config) { c.Data = "" },
	} {
		c := config.Default()
		change(&c)
		flag, _, _ := strings.Cut(name, " ")
		if err := c.Validate(); err == nil || !strings.HasPrefix(err.Error(), flag+" (HAAT_") || strings.Contains(err.Error(), "geheim") {
			t.Errorf("%s: %v", name, err)
		}
	}
	clearEnv(t)
	if _, err := run(t, "serve", "--data="+t.TempDir(), "--url=nonsense", "--account-rate=-1"); err == nil ||
		!strings.Contains(err.Error(), "url") || !strings.Contains(err.Error(), "account-rate") {
		t.Errorf("kong did not ask Validate, or it told one thing only: %v", err)
	}
	for _, bad := range []string{"--trusted-proxies=10.0.0.1/8", "--trusted-proxies=x", "--trusted-proxies=::ffff:10.0.0.0/104",
		"--cors-origins=*", "--cors-origins=https://a.example/", "--cors-origins=null", "--log-level=loud", "--log-format=xml", "--shutdown-timeout=5"} {
		if _, err := run(t, "serve", "--data="+t.TempDir(), bad); err == nil {
			t.Errorf("%s was accepted", bad)
		}
	}
}

func TestBaseURLNeverGuesses(t *testing.T) {
	for addr, want := range map[string]string{
		"127.0.0.1:8080": "http://127.0.0.1:8080", "[::1]:80": "http://[::1]:80", "localhost:1": "http://localhost:1",
		":8080": "", "0.0.0.0:8080": "", "192.168.1.2:80": "", "[::]:80": "", "haat.example:80": "",
	} {
		if got := (config.Config{Addr: addr}).BaseURL(); got != want {
			t.Errorf("%s: %q, want %q", addr, got, want)
		}
	}
	if got := (config.Config{Addr: ":1", URL: "https://haat.example/"}).BaseURL(); got != "https://haat.example" {
		t.Errorf("BaseURL = %q", got)
	}
}

func TestSecretsAreNeverShown(t *testing.T) {
	c := config.Default()
	c.SMTPURL, c.Database = config.NewSecret("geheim"), config.NewSecret("geheim")
	var out strings.Builder
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		fmt.Fprintf(&out, verb+verb+verb+"\n", c, &c, c.SMTPURL)
	}
	log := slog.New(slog.NewJSONHandler(&out, nil))
	log.Info("start", "config", c, "smtp", c.SMTPURL, "nothing", config.Secret{})
	js, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	out.Write(js)
	if s := out.String(); strings.Contains(s, "geheim") || strings.Contains(s, fmt.Sprintf("%x", "geheim")) {
		t.Errorf("a secret is shown in:\n%s", s)
	}
	if s := out.String(); !strings.Contains(s, `"smtp":"set"`) || !strings.Contains(s, `"nothing":"not set"`) {
		t.Errorf("set or not set is not said in:\n%s", s)
	}
}
