package mail_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"mime"
	"mime/quotedprintable"
	"net"
	netmail "net/mail"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/mail"
)

var (
	at    = time.Date(2026, 11, 22, 10, 30, 0, 0, time.UTC)
	hello = mail.Message{To: "sita@example.org", Subject: "आपका ऑर्डर", Text: "नमस्ते\nhttps://haat.example/reset?t=secret\n.\nend\n", ID: "order-1"}
)

func newSMTP(t *testing.T, f *fake, url string) *mail.SMTP {
	t.Helper()
	s, err := mail.NewSMTP(mail.SMTPConfig{
		URL: strings.Replace(url, "HOST", f.addr, 1), From: "Haat <haat@example.com>",
		Timeout: 5 * time.Second, RootCAs: f.roots, Clock: clock.NewFake(at),
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func checkLetter(t *testing.T, raw string) {
	t.Helper()
	m, err := netmail.ReadMessage(strings.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
	if err != nil || subject != hello.Subject {
		t.Errorf("subject %q, %v", subject, err)
	}
	text, err := io.ReadAll(quotedprintable.NewReader(m.Body))
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.ReplaceAll(string(text), "\r\n", "\n"); got != hello.Text {
		t.Errorf("text %q", got)
	}
	for name, want := range map[string]string{
		"From": `"Haat" <haat@example.com>`, "To": "<sita@example.org>",
		"Date": "Sun, 22 Nov 2026 10:30:00 +0000", "Auto-Submitted": "auto-generated",
		"Content-Type": "text/plain; charset=UTF-8", "User-Agent": "", "X-Mailer": "",
	} {
		if got := m.Header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if id := m.Header.Get("Message-Id"); !regexp.MustCompile(`^<[0-9a-f]{32}@example\.com>$`).MatchString(id) {
		t.Errorf("Message-ID %q", id)
	}
	if host, err := os.Hostname(); err == nil && strings.Contains(raw, host) {
		t.Error("the machine's name is in the message")
	}
}

func TestSMTPDelivers(t *testing.T) {
	for name, c := range map[string]struct {
		mode mode
		url  string
	}{
		"open, on this machine": {mode{}, "smtp://HOST"},
		"password, same":        {mode{auth: true}, "smtp://haat:p%40ss%20word@HOST"},
		"starttls":              {mode{tls: true, auth: true}, "smtp://haat:p%40ss%20word@HOST?tls=required"},
		"smtps":                 {mode{tls: true, implicit: true, auth: true}, "smtps://haat:p%40ss%20word@HOST"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t, c.mode)
			if err := newSMTP(t, f, c.url).Send(t.Context(), hello); err != nil {
				t.Fatal(err)
			}
			got := f.received()
			if len(got) != 1 {
				t.Fatalf("%d letters", len(got))
			}
			l := got[0]
			if l.from != "haat@example.com" || len(l.to) != 1 || l.to[0] != hello.To || l.helo != "example.com" {
				t.Errorf("envelope %+v", l)
			}
			if l.encrypted != c.mode.tls || (l.user != "") != c.mode.auth {
				t.Errorf("encrypted %v, user %q", l.encrypted, l.user)
			}
			checkLetter(t, l.raw)
		})
	}
}

func TestSMTPRefusesAnOpenLineWhereEncryptionIsRequired(t *testing.T) {
	f := newFake(t, mode{auth: true})
	err := newSMTP(t, f, "smtp://haat:p%40ss%20word@HOST?tls=required").Send(t.Context(), hello)
	if err == nil || len(f.received()) != 0 {
		t.Fatalf("err = %v, %d letters", err, len(f.received()))
	}
}

func TestSMTPRefusesAStrangersCertificate(t *testing.T) {
	f := newFake(t, mode{tls: true, implicit: true})
	_, f.roots = certificate(t)
	if err := newSMTP(t, f, "smtps://HOST").Send(t.Context(), hello); err == nil {
		t.Fatal("sent to a server with an unknown certificate")
	}
}

func TestSMTPRefusals(t *testing.T) {
	f := newFake(t, mode{})
	s := newSMTP(t, f, "smtp://HOST")
	for _, c := range []struct {
		answer *smtp.SMTPError
		final  bool
	}{
		{&smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "no sita@example.org here"}, true},
		{&smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 7, 1}, Message: "sita@example.org is greylisted"}, false},
	} {
		f.mu.Lock()
		f.refuse = c.answer
		f.mu.Unlock()
		err := s.Send(t.Context(), hello)
		if err == nil || errors.Is(err, mail.ErrRejected) != c.final {
			t.Errorf("%d: %v", c.answer.Code, err)
		}
		if err != nil && strings.Contains(err.Error(), "sita") {
			t.Errorf("the error names the recipient: %v", err)
		}
	}
	if err := newSMTP(t, newFake(t, mode{auth: true}), "smtp://haat:wrong@HOST").Send(t.Context(), hello); err == nil || strings.Contains(err.Error(), "wrong") {
		t.Errorf("wrong password: %v", err)
	}
}

// silent accepts connections and says nothing, or, after lines, no more.
func silent(t *testing.T, answers ...string) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := ln.Close(); err != nil {
			t.Error(err)
		}
	})
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			go func() {
				buf := make([]byte, 4096)
				for _, a := range answers {
					if _, err := io.WriteString(c, a); err != nil {
						return
					}
					if _, err := c.Read(buf); err != nil {
						return
					}
				}
				_, _ = io.Copy(io.Discard, c) // until the sender hangs up
				_ = c.Close()
			}()
		}
	}()
	return ln.Addr().String()
}

func TestSMTPGivesUp(t *testing.T) {
	for name, answers := range map[string][]string{
		"says nothing":   nil,
		"stops in HELO":  {"220 x\r\n"},
		"stops in MAIL":  {"220 x\r\n", "250 x\r\n", "250 noop\r\n"},
		"speaks rubbish": {strings.Repeat("x", 4000)},
	} {
		t.Run(name, func(t *testing.T) {
			f := &fake{addr: silent(t, answers...)}
			s := newSMTP(t, f, "smtp://HOST")
			ctx, cancel := context.WithTimeout(t.Context(), 150*time.Millisecond)
			defer cancel()
			start := time.Now()
			if err := s.Send(ctx, hello); err == nil {
				t.Error("sent to nobody")
			}
			if d := time.Since(start); d > 3*time.Second {
				t.Errorf("took %v", d)
			}
		})
	}
}

// A server that takes the message and drops the line has taken the message.
func TestSMTPDeliveredIsDelivered(t *testing.T) {
	f := &fake{addr: silent(t, "220 x\r\n", "250 x\r\n", "250 noop\r\n", "250 from\r\n", "250 to\r\n", "354 go\r\n", "250 taken\r\n")}
	ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	if err := newSMTP(t, f, "smtp://HOST").Send(ctx, hello); err != nil {
		t.Errorf("reported as failed: %v", err)
	}
}

func TestNewSMTPRefuses(t *testing.T) {
	for _, u := range []string{
		"", "mail.example.com", "http://mail.example.com", "smtp://", "smtp://u:geheim@:25", "smtp://h:0", "smtp://h:99999",
		"smtp://h/path", "smtp://h?tls=none", "smtps://h?tls=optional", "smtp://h?x=1", "smtp://u:geheim@h:port", "smtp://u:geheim@h\x00",
	} {
		if _, err := mail.NewSMTP(mail.SMTPConfig{URL: u, From: "a@b.example"}); err == nil || strings.Contains(err.Error(), "geheim") {
			t.Errorf("%q: %v", u, err)
		}
	}
	for _, from := range []string{"", "x", "a@b\r\nBcc: c@d.example", "a@b.example, c@d.example"} {
		if _, err := mail.NewSMTP(mail.SMTPConfig{URL: "smtp://h", From: from}); err == nil {
			t.Errorf("from %q accepted", from)
		}
	}
}

func TestMessagesThatAreRefused(t *testing.T) {
	f := newFake(t, mode{})
	s := newSMTP(t, f, "smtp://HOST")
	for name, change := range map[string]func(m *mail.Message){
		"no recipient":        func(m *mail.Message) { m.To = "" },
		"two recipients":      func(m *mail.Message) { m.To = "a@b.example, c@d.example" },
		"named recipient":     func(m *mail.Message) { m.To = "Sita <sita@example.org>" },
		"header by recipient": func(m *mail.Message) { m.To = "a@b.example\r\nBcc: c@d.example" },
		"quoted line break":   func(m *mail.Message) { m.To = "\"a\r\n\"@b.example" },
		"command":             func(m *mail.Message) { m.To = "a@b.example> NOTIFY=SUCCESS" },
		"long recipient":      func(m *mail.Message) { m.To = strings.Repeat("a", 300) + "@b.example" },
		"no subject":          func(m *mail.Message) { m.Subject = "" },
		"header by subject":   func(m *mail.Message) { m.Subject = "x\r\nBcc: c@d.example" },
		"bare line feed":      func(m *mail.Message) { m.Subject = "x\ny" },
		"unicode line end":    func(m *mail.Message) { m.Subject = "x\u2028y" },
		"broken subject":      func(m *mail.Message) { m.Subject = "x\xff" },
		"long subject":        func(m *mail.Message) { m.Subject = strings.Repeat("ा", mail.MaxSubject+1) },
		"broken text":         func(m *mail.Message) { m.Text = "\xff" },
		"nul in text":         func(m *mail.Message) { m.Text = "a\x00b" },
		"long text":           func(m *mail.Message) { m.Text = strings.Repeat("a", mail.MaxText+1) },
	} {
		m := hello
		change(&m)
		if err := s.Send(t.Context(), m); !errors.Is(err, mail.ErrMessage) {
			t.Errorf("%s: %v", name, err)
		}
		if err := new(mail.Recorder).Send(t.Context(), m); !errors.Is(err, mail.ErrMessage) {
			t.Errorf("%s, recorder: %v", name, err)
		}
	}
	if n := len(f.received()); n != 0 {
		t.Errorf("%d letters went out", n)
	}
}

func TestFiles(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "mail")
	var logged bytes.Buffer
	f, err := mail.NewFiles(dir, "Haat <haat@example.com>", clock.NewFake(at), slog.New(slog.NewTextHandler(&logged, nil)))
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if err := f.Send(t.Context(), hello); err != nil {
			t.Fatal(err)
		}
	}
	files, err := os.ReadDir(dir)
	if err != nil || len(files) != 3 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, e := range files {
		if !regexp.MustCompile(`^20261122T103000Z-[0-9a-z]{23}\.eml$`).MatchString(e.Name()) {
			t.Errorf("name %s", e.Name())
		}
		info, err := e.Info()
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", e.Name(), info.Mode(), err)
		}
		raw, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		checkLetter(t, string(raw))
		if !strings.Contains(logged.String(), e.Name()) {
			t.Errorf("the log does not name %s", e.Name())
		}
	}
	for _, secret := range []string{"sita", "secret", "reset", "ऑर्डर"} {
		if strings.Contains(logged.String(), secret) {
			t.Errorf("the log shows %q", secret)
		}
	}
	if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("folder: %v, %v", info.Mode(), err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := f.Send(ctx, hello); !errors.Is(err, context.Canceled) {
		t.Errorf("after the end: %v", err)
	}
}

func TestFilesSaysWhenItCannotWrite(t *testing.T) {
	blocked := filepath.Join(t.TempDir(), "mail")
	if err := os.WriteFile(blocked, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := mail.NewFiles(blocked, "", clock.System(), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Send(t.Context(), hello); err == nil {
		t.Error("wrote into a file as if it were a folder")
	}
}

func TestRecorder(t *testing.T) {
	var r mail.Recorder
	if err := r.Send(t.Context(), hello); err != nil {
		t.Fatal(err)
	}
	if got := r.Sent(); len(got) != 1 || got[0] != hello {
		t.Errorf("sent %+v", got)
	}
}

func FuzzMessage(f *testing.F) {
	f.Add("sita@example.org", "x\r\nBcc: a@b.example", "text\r\n.\r\n")
	f.Add("\"a b\"@example.org", "=?utf-8?q?=0D=0ABcc:?=", "\r\r\n")
	f.Fuzz(func(t *testing.T, to, subject, text string) {
		dir := t.TempDir()
		s, err := mail.NewFiles(dir, "haat@example.com", clock.NewFake(at), slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Send(t.Context(), mail.Message{To: to, Subject: subject, Text: text}); err != nil {
			if !errors.Is(err, mail.ErrMessage) {
				t.Fatal(err)
			}
			return
		}
		files, err := filepath.Glob(dir + "/*.eml")
		if err != nil || len(files) != 1 {
			t.Fatalf("%v, %v", files, err)
		}
		raw, err := os.ReadFile(files[0])
		if err != nil {
			t.Fatal(err)
		}
		m, err := netmail.ReadMessage(bytes.NewReader(raw))
		if err != nil {
			t.Fatalf("%v in %q", err, raw)
		}
		for name := range m.Header {
			switch name {
			case "Mime-Version", "From", "To", "Subject", "Date", "Message-Id", "Auto-Submitted", "Content-Type", "Content-Transfer-Encoding":
			default:
				t.Errorf("header %q came in", name)
			}
		}
		a, err := netmail.ParseAddressList(m.Header.Get("To"))
		if err != nil || len(a) != 1 || a[0].Address != to {
			t.Errorf("To: %q for %q: %v", m.Header.Get("To"), to, err)
		}
	})
}
