package code_test

import (
	"encoding/base64"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"

	"github.com/haat-market/haat/internal/platform/code"
)

func TestIDForm(t *testing.T) {
	form := regexp.MustCompile(`^ord_[0-9a-hjkmnp-tv-z]{23}$`)
	for range 1000 {
		id := code.ID("ord")
		if !form.MatchString(id) {
			t.Fatalf("ID = %q", id)
		}
		if !code.ValidID("ord", id) || code.ValidID("or", id) || code.Prefix(id) != "ord" {
			t.Fatalf("%q is not recognised", id)
		}
	}
}

func TestIDsDifferAcrossGoroutines(t *testing.T) {
	var mu sync.Mutex
	seen := map[string]bool{}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			mine := make([]string, 5000)
			for i := range mine {
				mine[i] = code.ID("a")
			}
			mu.Lock()
			defer mu.Unlock()
			for _, id := range mine {
				if seen[id] {
					t.Errorf("%s came twice", id)
				}
				seen[id] = true
			}
		})
	}
	wg.Wait()
}

func TestEveryLetterAppearsInEveryRandomPlace(t *testing.T) {
	var seen [16]map[byte]int
	for i := range seen {
		seen[i] = map[byte]int{}
	}
	for range 20000 {
		_, s, _ := strings.Cut(code.ID("x"), "_")
		for i := range 16 {
			seen[i][s[i+7]]++
		}
	}
	for i, m := range seen {
		if len(m) != 32 {
			t.Errorf("place %d shows %d of 32 letters", i, len(m))
		}
		for c, n := range m { // expected 625; far outside is not chance
			if n < 400 || n > 900 {
				t.Errorf("place %d: %c came %d times of 20000", i, c, n)
			}
		}
	}
}

func TestValidIDRefuses(t *testing.T) {
	for _, s := range []string{
		"", "_", "ord_", "ord", "ord_0gk3c1a7k2m9xq4t0vj3wh", "ord_7k2m9xq4t0vj3whc", "ord_0gk3c1a7k2m9xq4t0vj3whcc", "ord_0GK3C1A7K2M9XQ4T0VJ3WHC",
		"ord_0gk3c1a7k2m9xq4t0vj3whi", "ord_0gk3c1a7k2m9xq4t0vj3wh\x00", "ord_0gk3c1a7k2m9xq4t0vj3wh ", "ord__0gk3c1a7k2m9xq4t0vj3wh",
		"42", "1rd_0gk3c1a7k2m9xq4t0vj3whc", "ördd_0gk3c1a7k2m9xq4t0vj3whc", strings.Repeat("a", 1<<20),
	} {
		if code.ValidID("ord", s) || code.Prefix(s) == "ord" || (code.UUID(s) != "" && code.Prefix(s) == "") {
			t.Errorf("%.40q was taken for an id", s)
		}
	}
	if code.ValidID("", "_0gk3c1a7k2m9xq4t0vj3whc") {
		t.Error("an empty prefix was accepted")
	}
}

func TestBadPrefixPanics(t *testing.T) {
	for _, p := range []string{"", "Ord", "1a", "a_b", "abcdefghijklm"} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("ID(%q) did not panic", p)
				}
			}()
			code.ID(p)
		}()
	}
}

func TestUUID(t *testing.T) {
	const id, want = "ord_0gk3c1a7k2m9xq4t0vj3whc", 8
	u, err := uuid.Parse(code.UUID(id))
	if err != nil {
		t.Fatal(err)
	}
	if u.Version() != want || u.Variant() != uuid.RFC4122 {
		t.Errorf("%s: version %v, variant %v", u, u.Version(), u.Variant())
	}
	if code.UUID("str_0gk3c1a7k2m9xq4t0vj3whc") == code.UUID(id) {
		t.Error("two kinds share a UUID")
	}
	if _, ok := code.FromUUID("str", u.String()); ok {
		t.Error("the UUID of an order was taken for a store's")
	}
	for range 1000 {
		id := code.ID("ord")
		if got, ok := code.FromUUID("ord", strings.ToUpper(code.UUID(id))); !ok || got != id {
			t.Fatalf("%s came back as %s, %v", id, got, ok)
		}
	}
}

func TestTokenAndHash(t *testing.T) {
	a, b := code.Token(), code.Token()
	if a == b {
		t.Fatal("two equal tokens")
	}
	raw, err := base64.RawURLEncoding.DecodeString(a)
	if err != nil || len(raw) != 32 {
		t.Fatalf("token %q: %d bytes, %v", a, len(raw), err)
	}
	if got := code.Hash("abc"); got != "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" {
		t.Errorf("Hash(abc) = %s", got)
	}
}

func TestDigits(t *testing.T) {
	// Textbook examples of the Luhn check.
	for _, s := range []string{"79927398713", "4539578763621486", "18"} {
		if !code.ValidDigits(s) {
			t.Errorf("%s refused", s)
		}
	}
	for _, s := range []string{"", "0", "79927398710", "7992739871x", "٧٩", strings.Repeat("0", 19)} {
		if code.ValidDigits(s) {
			t.Errorf("%s accepted", s)
		}
	}
	for n := 2; n <= 18; n++ {
		for range 50 {
			s := code.Digits(n)
			if len(s) != n || s[0] == '0' || !code.ValidDigits(s) {
				t.Fatalf("Digits(%d) = %q", n, s)
			}
			for i := range n { // any one wrong digit shows
				wrong := []byte(s)
				wrong[i] = '0' + (wrong[i]-'0'+3)%10
				if code.ValidDigits(string(wrong)) {
					t.Fatalf("%s with digit %d changed to %c passes", s, i, wrong[i])
				}
			}
		}
	}
}

func TestPIN(t *testing.T) {
	var count [10]int
	for range 5000 {
		p := code.PIN(6)
		if len(p) != 6 {
			t.Fatalf("PIN = %q", p)
		}
		for _, c := range p {
			count[c-'0']++
		}
	}
	for d, n := range count { // 3000 expected
		if n < 2600 || n > 3400 {
			t.Errorf("digit %d came %d times of 30000", d, n)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("ord_0gk3c1a7k2m9xq4t0vj3whc", "00000000-0000-8000-8000-000000000000")
	f.Add("_", "")
	f.Fuzz(func(t *testing.T, id, u string) {
		if p := code.Prefix(id); p != "" {
			if back, ok := code.FromUUID(p, code.UUID(id)); !ok || back != id {
				t.Errorf("%q came back as %q", id, back)
			}
		} else if code.UUID(id) != "" {
			t.Errorf("%q is no id but has a UUID", id)
		}
		if back, ok := code.FromUUID("ord", u); ok && !strings.EqualFold(code.UUID(back), u) {
			t.Errorf("UUID %q gave %q", u, back)
		}
		code.ValidDigits(id)
	})
}

func BenchmarkID(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		code.ID("ord")
	}
}
