package config_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/haat-market/haat/internal/platform/config"
)

func TestParse(t *testing.T) {
	got, err := config.Parse(strings.NewReader("\ufeff# Haat\r\n addr=  127.0.0.1:1 \r\n\r\nHAAT_SMTP_URL = smtp://u:a=b#c@h\n" +
		"mail-from = \" Haat <a@b.example> \"\nlog_level=\ncors_origins=\"\n"))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"addr": "127.0.0.1:1", "smtp-url": "smtp://u:a=b#c@h", "mail-from": " Haat <a@b.example> ", "log-level": "", "cors-origins": `"`,
	} {
		if v, ok := got[name]; !ok || v != want {
			t.Errorf("%s = %q, %v; want %q", name, v, ok, want)
		}
	}
}

func TestParseTellsTheLine(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"addr = x\nadress = geheim\n", `line 2: the name "adress" is not known`},
		{"\n\naddr\n", "line 3 is not of the form"},
		{"addr = x\n# y\nHAAT_ADDR = geheim", "line 3: addr was given in line 1 already"},
		{"data = x", `line 1: the name "data" is not known`},
		{"config = x", `line 1: the name "config" is not known`},
		{"= geheim", "line 1: the name"},
		{"addr = \xffgeheim", "line 1 is not text"},
		{"addr = a\x00b", "line 1 is not text"},
		{strings.Repeat("#\n", 1<<20), "longer than"},
		{strings.Repeat("#", 2<<20), "too long"},
	} {
		_, err := config.Parse(strings.NewReader(c.text))
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "geheim") {
			t.Errorf("%.30q: %v, want %q", c.text, err, c.want)
		}
	}
	clearEnv(t)
	file := writeConf(t, "guest_rate = 5\nguess_rate = 5\n")
	if _, err := run(t, "serve", "--config", file); err == nil || !strings.Contains(err.Error(), file) || !strings.Contains(err.Error(), "line 2") {
		t.Errorf("by kong: %v", err)
	}
	if _, err := run(t, "verify", "--config", file); err == nil {
		t.Error("a command that needs only the place overlooks a wrong name")
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("addr = 127.0.0.1:1\n# x\nHAAT_URL=\"y\"\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		values, err := config.Parse(bytes.NewReader(text))
		if err != nil {
			return
		}
		var back strings.Builder
		for k, v := range values {
			fmt.Fprintf(&back, "%s = \"%s\"\n", k, v)
		}
		again, err := config.Parse(strings.NewReader(back.String()))
		if err != nil || fmt.Sprint(again) != fmt.Sprint(values) {
			t.Errorf("%q came back as %q, %v", values, again, err)
		}
	})
}

func TestSecretKey(t *testing.T) {
	p := config.Place{Data: filepath.Join(t.TempDir(), "data")}
	first, made, err := p.SecretKey()
	if err != nil || !made {
		t.Fatalf("made %v, %v", made, err)
	}
	second, made, err := p.SecretKey()
	if err != nil || made || !bytes.Equal(first.For("pins"), second.For("pins")) {
		t.Errorf("another key: made %v, %v", made, err)
	}
	if bytes.Equal(first.For("pins"), first.For("gateways")) || len(first.For("pins")) != 32 {
		t.Error("two purposes share a key")
	}
	path := filepath.Join(p.Data, "secret.key")
	for _, file := range []string{path, p.Data} {
		if info, err := os.Stat(file); err != nil || info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s: %v, %v", file, info.Mode(), err)
		}
	}
	files, err := os.ReadDir(p.Data)
	if err != nil || len(files) != 1 {
		t.Errorf("%d files are left, %v", len(files), err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if s := fmt.Sprintf("%v %x %#v %s", first, first, &first, first); strings.Contains(s, string(text[:8])) {
		t.Errorf("the key is shown: %s", s)
	}
	// A named file may be readable by others, but has to be there.
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, _, err := p.SecretKey(); err == nil || !strings.Contains(err.Error(), "600") {
		t.Errorf("a key that all can read: %v", err)
	}
	p.KeyFile = path
	if k, made, err := p.SecretKey(); err != nil || made || !bytes.Equal(k.For("x"), first.For("x")) {
		t.Errorf("named: made %v, %v", made, err)
	}
	p.KeyFile = path + ".missing"
	if _, _, err := p.SecretKey(); err == nil {
		t.Error("a named key that is missing was made")
	}
	for _, broken := range []string{"", "abc", strings.Repeat("g", 64), string(text) + "00", strings.Repeat("00", 33), strings.Repeat(" ", 4096)} {
		p.KeyFile = writeConf(t, broken)
		if _, _, err := p.SecretKey(); err == nil || (broken != "" && strings.Contains(err.Error(), broken)) {
			t.Errorf("%.20q: %v", broken, err)
		}
	}
}

func TestSecretKeyIsMadeOnce(t *testing.T) {
	p := config.Place{Data: t.TempDir()}
	var wg sync.WaitGroup
	keys := make([][]byte, 8)
	var mu sync.Mutex
	makers := 0
	for i := range keys {
		wg.Go(func() {
			k, made, err := p.SecretKey()
			if err != nil {
				t.Error(err)
				return
			}
			keys[i] = k.For("x")
			mu.Lock()
			defer mu.Unlock()
			if made {
				makers++
			}
		})
	}
	wg.Wait()
	for _, k := range keys {
		if !bytes.Equal(k, keys[0]) {
			t.Fatal("two keys were given out")
		}
	}
	if makers != 1 {
		t.Errorf("%d made it", makers)
	}
}
