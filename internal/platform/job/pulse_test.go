package job

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"
)

func TestRhythm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		quit := make(chan struct{})
		r := newRhythm(newPulse())
		took := func() time.Duration {
			start := time.Now()
			if !r.wait(quit, time.Second) {
				t.Fatal("quit")
			}
			return time.Since(start)
		}
		idle := func(d time.Duration) bool { return d >= 875*time.Millisecond && d < 1125*time.Millisecond }
		if d := took(); !idle(d) {
			t.Errorf("idle look after %v", d)
		}
		r.pulse.beat()
		r.pulse.beat()
		for i, want := range eager {
			if d := took(); d != want {
				t.Errorf("look %d after %v, not %v", i, d, want)
			}
		}
		if d := took(); !idle(d) {
			t.Errorf("idle again after %v", d)
		}
		// A beat in the middle of an idle wait.
		go func() { time.Sleep(300 * time.Millisecond); r.pulse.beat() }()
		if d := took(); d != 300*time.Millisecond+eager[0] {
			t.Errorf("woken after %v", d)
		}
		// A stream of beats neither puts the look off nor makes it spin.
		stop := make(chan struct{})
		go func() {
			for {
				select {
				case <-stop:
					return
				case <-time.After(time.Millisecond):
					r.pulse.beat()
				}
			}
		}()
		for range 50 {
			if d := took(); d < eager[0] || d > 3*eager[0] {
				t.Errorf("under load after %v", d)
			}
		}
		close(stop)
		go func() { time.Sleep(time.Millisecond); close(quit) }()
		for r.wait(quit, time.Second) {
		}
		synctest.Wait()
	})
}

func TestBackOff(t *testing.T) {
	for n := range 100 {
		want := min(firstPause<<min(max(n-1, 0), 20), lastPause)
		for range 20 {
			if d := backOff(n); d < want*3/4 || d > want*5/4 {
				t.Fatalf("after %d failures %v, not about %v", n, d, want)
			}
		}
	}
}

func TestSafeText(t *testing.T) {
	for text, hidden := range map[string]string{
		`Get "https://pay.example/x?token=abc&sig=1": timeout`: "abc",
		"smtp: 550 mailbox asha.rai@example.com unknown":       "asha",
		"dial postgres://haat:pw12@db:5432/haat refused":       "pw12",
		"Authorization: Bearer abc.def.ghi refused":            "abc.def",
		"otp 482913 is wrong":                                  "482913",
		"call +977 9841-234567 failed":                         "234567",
		`{"password":"hunter two","x":1}`:                      "hunter two",
		"session dGhpcyBpcyBhIHNlY3JldCB0b2tlbg== ended":       "dGhpcyBpcyBh",
		"secret=s3cr3t; next":                                  "s3cr3t",
	} {
		if got := safeText(errors.New(text)); strings.Contains(got, hidden) || got == "" {
			t.Errorf("%q was kept as %q", text, got)
		}
	}
	if got := safeText(errors.New("status 503: store is closed")); got != "status 503: store is closed" {
		t.Errorf("hid too much: %q", got)
	}
	for _, bad := range []string{strings.Repeat("ü ", 5000), "a\x00b\xff", strings.Repeat("\xc3", 600), strings.Repeat("नेपाल ", 100)} {
		got := safeText(errors.New(bad))
		if !utf8.ValidString(got) || strings.ContainsRune(got, 0) || len(got) > maxErrorText+len("…") {
			t.Errorf("%d bytes: %.60q", len(got), got)
		}
	}
}
