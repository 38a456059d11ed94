package identity

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/alexedwards/argon2id"

	"github.com/haat-market/haat/internal/platform/fault"
)

func TestEmail(t *testing.T) {
	for in, want := range map[string][2]string{
		"asha@example.org":             {"asha@example.org", "asha@example.org"},
		"  Asha.Rai+x@Example.ORG\t":   {"Asha.Rai+x@Example.ORG", "asha.rai+x@example.org"},
		"ａｓｈａ＠ｅｘａｍｐｌｅ．ｏｒｇ":             {"asha@example.org", "asha@example.org"},
		"o'brien_%x@mail-1.example.co": {"o'brien_%x@mail-1.example.co", "o'brien_%x@mail-1.example.co"},
		"a@b.xn--p1ai":                 {"a@b.xn--p1ai", "a@b.xn--p1ai"},
	} {
		address, key, err := Email(in)
		if err != nil || address != want[0] || key != want[1] {
			t.Errorf("Email(%q) = %q, %q, %v", in, address, key, err)
		}
	}
	for _, in := range []string{
		"", "@", "a@", "@b.org", "a@b", "a b@c.org", "a@b.org, c@d.org", "Asha <a@b.org>", "<a@b.org>", `"a b"@c.org`, "a@b..org", ".a@b.org",
		"a.@b.org", "a..b@c.org", "a@-b.org", "a@b-.org", "a@127.0.0.1", "a@[127.0.0.1]", "a@b.o", "a\n@b.org", "a@b.org\r\nBcc: c@d.org",
		"a@b@c.org", "a(comment)@b.org", "आशा@example.org", "ASHA@EXAMPLE.ORG\x00", strings.Repeat("a", 65) + "@b.org",
		"a@" + strings.Repeat("b", 64) + ".org", "a@" + strings.Repeat("b.", 130) + "org", "a@b.org;", "a@b.123",
	} {
		if _, _, err := Email(in); fault.Code(err) != "invalid_request" {
			t.Errorf("Email(%q) was taken: %v", in, err)
		}
	}
}

func FuzzEmail(f *testing.F) {
	f.Add("Asha@Example.org")
	f.Fuzz(func(t *testing.T, in string) {
		address, key, err := Email(in)
		if err != nil {
			return
		}
		again, key2, err := Email(address)
		if err != nil || again != address || key2 != key || emailKey(in) != key {
			t.Errorf("Email(%q) = %q, %q; again %q, %q, %v", in, address, key, again, key2, err)
		}
		if strings.ContainsAny(address, " \r\n\x00<>,;") {
			t.Errorf("Email(%q) = %q", in, address)
		}
	})
}

func TestPhone(t *testing.T) {
	for _, c := range []struct{ in, country, want string }{
		{"+977 984-123 4567", "", "+9779841234567"}, {"00977 9841234567", "IN", "+9779841234567"}, {"9841234567", "NP", "+9779841234567"},
		{"098412 34567", "IN", "+919841234567"}, {"+९७७ ९८४१२३४५६७", "NP", "+9779841234567"}, {"(+977)", "NP", ""}, {"9841234567", "", ""},
		{"9841234567", "XX", ""}, {"", "NP", ""}, {"+", "NP", ""}, {"+0977984123456", "NP", ""}, {"+123", "NP", ""}, {"+1234567890123456", "NP", ""},
		{"98x41234567", "NP", ""}, {"+977+9841234567", "NP", ""}, {strings.Repeat("1", 65), "NP", ""}, {"+977984\x001234567", "NP", ""},
	} {
		got, err := Phone(c.in, c.country)
		if got != c.want || (err == nil) != (c.want != "") {
			t.Errorf("Phone(%q, %q) = %q, %v", c.in, c.country, got, err)
		}
	}
}

func TestPasswords(t *testing.T) {
	for _, good := range []string{"correct horse battery", "xk7#qp2v", "गुलाबजामुन", strings.Repeat("ab7x ", 20)} {
		if err := checkPassword("password", good, "asha@example.org", "Asha Rai"); err != nil {
			t.Errorf("%q refused: %v", good, err)
		}
	}
	for bad, code := range map[string]string{
		"": "too_short", "1234567": "too_short", "गुलाब": "too_short", strings.Repeat("x1y2", 65): "too_long", "Password1": "common_password",
		"QWERTY123": "common_password", "aaaaaaaaaaaa": "common_password", "abcabcabcabc": "common_password", "12121212121": "common_password",
		"asha@example.org": "common_password", "ASHA RAI": "common_password", "ｐａｓｓｗｏｒｄ": "common_password",
	} {
		f, ok := fault.As(checkPassword("password", bad, "asha@example.org", "Asha Rai"))
		if !ok || f.Fields[0].Code != code {
			t.Errorf("%q: %v, want %s", bad, f, code)
		}
	}
	if err := checkPassword("password", "asha.rai", "asha.rai@example.org"); err == nil {
		t.Error("the address's own name was taken")
	}
}

func TestDelays(t *testing.T) {
	r := tryRule{free: 3, first: time.Second, most: 10 * time.Second}
	for n, want := range []time.Duration{0, 0, 0, 1, 2, 4, 8, 10, 10} {
		if got := r.delay(int64(n)); got != want*time.Second {
			t.Errorf("delay(%d) = %v", n, got)
		}
	}
	if got := loginTries.delay(1 << 40); got != loginTries.most {
		t.Errorf("after very many tries: %v", got)
	}
}

func TestStates(t *testing.T) {
	for _, c := range []struct {
		from   State
		action Action
		to     State
	}{
		{Inactive, Activate, Active}, {Inactive, Deactivate, Deactivated}, {Active, Activate, ""}, {Active, Deactivate, Deactivated},
		{Deactivated, Activate, Active}, {Deactivated, Deactivate, ""}, {"", Activate, ""}, {Active, "erase", ""},
	} {
		to, err := c.from.Next(c.action)
		if to != c.to || (c.to == "") != errors.Is(err, ErrAccountState) {
			t.Errorf("%s by %s: %s, %v", c.from, c.action, to, err)
		}
	}
	f, _ := fault.As(func() error { _, err := Active.Next(Activate); return err }())
	if got := f.Details["allowed_actions"].([]string); len(got) != 1 || got[0] != "deactivate" {
		t.Errorf("allowed_actions %v", got)
	}
}

func TestDegrees(t *testing.T) {
	for in, want := range map[string]string{
		"27.717245": "27.717245", "0": "0.000000", "-0.5": "-0.500000", "90": "90.000000", "-90.0": "-90.000000", "1.23456789": "1.234567", "007.5": "7.500000",
	} {
		n, ok := micro(in, 90)
		if !ok || degrees(n) != want {
			t.Errorf("%q is %d, %v: %s", in, n, ok, degrees(n))
		}
	}
	for _, in := range []string{"90.000001", "91", "-90.0000001", "1e1", "+1", "1.", ".5", "NaN", "1,5", " 1", "1\n", "9999", "१"} {
		if n, ok := micro(in, 90); ok {
			t.Errorf("%q was read as %d", in, n)
		}
	}
}

func TestText(t *testing.T) {
	for _, bad := range []string{"a\nb", "a\x00b", "a\u202eb", "a\u2028b", "a\u2066b", "a\x7fb", "a\tb\x1b[31m"} {
		if _, err := Name("name", bad); err == nil {
			t.Errorf("Name(%q) was taken", bad)
		}
	}
	for _, in := range []string{"", " ", "\u3000"} {
		if _, err := Name("name", in); err == nil {
			t.Errorf("Name(%q) was taken", in)
		}
	}
	if got, err := Name("name", "  क\u094d\u200dष   Rai "); err != nil || got != "क\u094d\u200dष Rai" {
		t.Errorf("%q, %v", got, err)
	}
	if got, err := Text("d", " a\r\nb\tc ", 10); err != nil || got != "a\nb\tc" {
		t.Errorf("%q, %v", got, err)
	}
	if _, err := Text("d", strings.Repeat("अ", 11), 10); err == nil {
		t.Error("a text that is too long was taken")
	}
}

func TestNobodysHashCostsWhatOthersCost(t *testing.T) {
	h := newHasher(nil)
	params, salt, key, err := argon2id.DecodeHash(h.dummy)
	if err != nil || *params != *hashing || len(salt) != 16 || len(key) != 32 {
		t.Errorf("%s: %+v, %d and %d bytes, %v", h.dummy, params, len(salt), len(key), err)
	}
	if h.dummy == newHasher(nil).dummy {
		t.Error("two markets drew the same")
	}
}
