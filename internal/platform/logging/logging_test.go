package logging_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/haat-market/haat/internal/platform/logging"
)

func TestSecretNames(t *testing.T) {
	for _, n := range []string{
		"password", "Password", "PASSWORD", "new_password", "newPassword", "token", "access-token", "AccessToken", "HTTPToken",
		"secret", "client.secret", "Authorization", "otp", "OTP", "order_otp", "pin", "PIN", "pin2", "card", "card_number", "cookie", "Set-Cookie", "cvv",
	} {
		if !logging.Secret(n) {
			t.Errorf("%s is taken for harmless", n)
		}
	}
	for _, n := range []string{"", "shipping", "spin", "discard", "tokenizer", "secretary", "order", "opinion", "path", "pinned", "id", "_", "日本"} {
		if logging.Secret(n) {
			t.Errorf("%s is taken for a secret", n)
		}
	}
}

type account struct{ password string }

func (a account) LogValue() slog.Value {
	return slog.GroupValue(slog.String("id", "acc_1"), slog.String("password", a.password))
}

func TestNoSecretInAnyForm(t *testing.T) {
	const s = "geheim"
	for _, format := range []string{"text", "json"} {
		var out bytes.Buffer
		log := logging.New(&out, format, slog.LevelDebug)
		log.Info("plain", "password", s, "otp", 123456, slog.Group("request", "token", s, slog.Group("deep", "pin", s, "ok", "seen")))
		log.Info("whole group", slog.Group("secret", "a", s, slog.Group("b", "c", s)))
		log.WithGroup("card").Info("with group", "number", s)
		log.With("authorization", s).Info("with")
		log.Info("valuer", "account", account{s}, "token", slog.AnyValue(account{s}))
		log.Info("containers",
			"header", http.Header{"Authorization": {s}, "Accept": {"seen"}},
			"form", url.Values{"password": {s}},
			"map", map[string]any{"x": map[string]any{"token": s}, "list": []any{map[string]string{"otp": s}}},
			"strings", map[string]string{"cookie": s})
		u := &url.URL{Scheme: "smtp", Host: "h", User: url.UserPassword("u", s)}
		log.Info("connecting to postgres://u:"+s+"@h/db", "url", u, "text", "smtp://u:"+s+"@h and https://x:"+s+"@y",
			"error", errors.New("dial postgres://u:"+s+"@h: refused"))
		if got := out.String(); strings.Contains(got, s) || strings.Contains(got, "123456") {
			t.Errorf("%s shows a secret:\n%s", format, got)
		}
		for _, want := range []string{"seen", "acc_1", "postgres://u:", "refused"} {
			if !strings.Contains(out.String(), want) {
				t.Errorf("%s lost %q:\n%s", format, want, out.String())
			}
		}
	}
}

func TestFormAndLevel(t *testing.T) {
	var out bytes.Buffer
	var level slog.LevelVar
	log := logging.New(&out, "json", &level)
	log.Debug("quiet")
	level.Set(slog.LevelDebug)
	log.Debug("first\nline", "n", 5, "mail", "a@b.example", "link", "https://haat.example/@shop", "nothing", nil)
	var line map[string]any
	if err := json.Unmarshal(out.Bytes(), &line); err != nil {
		t.Fatalf("%v in %s", err, out.String())
	}
	for k, want := range map[string]any{"msg": "first\nline", "level": "DEBUG", "n": 5.0, "mail": "a@b.example", "link": "https://haat.example/@shop", "nothing": nil} {
		if line[k] != want {
			t.Errorf("%s = %v, want %v", k, line[k], want)
		}
	}
	if log.Enabled(context.Background(), slog.LevelDebug-1) {
		t.Error("everything is enabled")
	}
}

type broken struct{}

func (*broken) Error() string { panic("nil") }

func TestStrangeValues(t *testing.T) {
	var out bytes.Buffer
	log := logging.New(&out, "text", slog.LevelInfo)
	loop := map[string]any{}
	loop["again"] = loop
	log.Info("x", "error", (*broken)(nil), "url", (*url.URL)(nil), "loop", loop, "header", http.Header(nil))
	if !strings.Contains(out.String(), "cannot be printed") {
		t.Errorf("%s", out.String())
	}
}

func FuzzHide(f *testing.F) {
	f.Add("access_token", "smtp://u:p@h")
	f.Add("ÄPin", "a://b:c@d://e:f@g")
	f.Fuzz(func(t *testing.T, name, value string) {
		var out bytes.Buffer
		logging.New(&out, "json", slog.LevelInfo).Info("x", name, value)
		if n := bytes.Count(out.Bytes(), []byte("\n")); n != 1 {
			t.Errorf("%q, %q made %d lines", name, value, n)
		}
	})
}
