package identity_test

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/haat-market/haat/internal/apptest"
)

func drawing(t *testing.T, w, h int) []byte {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for i := range w {
		img.Set(i, i%h, color.RGBA{200, 50, 50, 255})
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestAvatar(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		p := m.Person("customer", "seller")
		put := func(media string, body []byte) *apptest.Answer {
			return p.With("Content-Type", media).Send("PUT", "/v1/me/avatar", body)
		}
		p.Get("/v1/me").Want(200).Is("avatar", nil)
		where := put("image/png", drawing(t, 600, 900)).Want(200).Str("avatar")
		shown, err := http.Get(m.URL + where[strings.Index(where, "/media/"):])
		if err != nil || shown.StatusCode != 200 {
			t.Fatal(shown, err)
		}
		defer shown.Body.Close()
		cfg, format, err := image.DecodeConfig(shown.Body)
		if err != nil || cfg.Width > 512 || cfg.Height > 512 || format == "" {
			t.Errorf("shown as %s %d × %d, %v", format, cfg.Width, cfg.Height, err)
		}
		p.Get("/v1/me").Want(200).Is("avatar", where)
		store := p.Post("/v1/stores", M{"name": "Mine"}).Want(201).Str("id")
		p.Get("/v1/stores/", store, "/staff").Want(200).Is("items.0.avatar", where)
		put("image/png", []byte("<svg onload=alert(1)>")).Problem(422, "not_a_picture")
		put("image/svg+xml", []byte("<svg/>")).Problem(415, "unsupported_media_type")
		put("text/html", []byte("<html>")).Problem(415, "unsupported_media_type")
		put("image/jpeg", drawing(t, 5, 5)[:40]).Problem(422, "picture_damaged")
		p.Delete("/v1/me/avatar").Want(204)
		p.Delete("/v1/me/avatar").Want(204)
		p.Get("/v1/me").Want(200).Is("avatar", nil)
	})
}

func TestCodesAndTheirDrawing(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		admin := m.Person("admin")
		admin.Patch("/v1/settings", M{"account_code_prefix": "KT-CUST-", "store_code_prefix": "KT-DEALER-", "max_stores": 1}).Want(200)
		for _, bad := range []string{"kt-", "KT", "", "-", "KT--", "क-", "A-B-C-D-", "<svg>-"} {
			admin.Patch("/v1/settings", M{"account_code_prefix": bad}).Problem(422, "invalid_setting")
		}
		p := m.Person("customer", "seller")
		code := p.Get("/v1/me").Want(200).Str("code")
		if !strings.HasPrefix(code, "KT-CUST-") || len(code) != len("KT-CUST-")+9 {
			t.Errorf("code %q", code)
		}
		store := p.Post("/v1/stores", M{"name": "Himal <&> Traders"}).Want(201)
		if !strings.HasPrefix(store.Str("code"), "KT-DEALER-") {
			t.Errorf("store code %q", store.Str("code"))
		}
		p.Post("/v1/stores", M{"name": "Too many"}).Problem(409, "too_many_stores").Is("details.limit", 1)
		drawn := p.Get("/v1/me/qr?format=png&scale=3").Want(200)
		if _, err := png.DecodeConfig(bytes.NewReader(drawn.Body)); err != nil || drawn.Header.Get("Content-Type") != "image/png" {
			t.Errorf("%s: %v", drawn.Header.Get("Content-Type"), err)
		}
		svg := string(p.Get("/v1/me/qr").Want(200).Body)
		if !strings.HasPrefix(svg, "<svg") || !strings.Contains(svg, "<title>"+code) {
			t.Errorf("%.200s", svg)
		}
		p.Get("/v1/me/qr?format=pdf").Problem(422, "invalid_request")
		p.Get("/v1/me/qr?scale=99").Problem(422, "invalid_request")
		m.Anonymous().Get("/v1/me/qr").Problem(401, "unauthenticated")
		// A draft's code is its people's.
		m.Anonymous().Get("/v1/stores/", store.Str("id"), "/qr").Problem(404, "store_not_found")
		p.Post("/v1/stores/{}/publish", nil, store.Str("id")).Want(200)
		own := m.Anonymous().Get("/v1/stores/", store.Str("id"), "/qr").Want(200).Body
		if !strings.Contains(string(own), "Himal &lt;&amp;&gt; Traders") {
			t.Errorf("%.200s", own)
		}
		// Who sends another Host gets the same code.
		if other := m.Anonymous().With("X-Forwarded-Host", "evil.example").Get("/v1/stores/", store.Str("id"), "/qr").Want(200).Body; !bytes.Equal(own, other) {
			t.Error("a header changes where the code leads")
		}
	})
}

func TestMailsSpeakTheAccountsLanguage(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		for tag, word := range map[string]string{"hi": "पासवर्ड", "ne": "नयाँ पासवर्ड", "ar": "كلمة سر", "en": "new password", "": "new password"} {
			email := "in" + tag + "@example.org"
			b := signUp(email, "customer")
			if tag != "" {
				b["language"] = tag
			}
			m.Anonymous().Post("/v1/auth/signup", b).Want(202)
			_, token := mailed(t, m, email)
			m.Anonymous().Post("/v1/auth/activate", M{"token": token}).Want(200).Is("language", tag)
			m.Anonymous().Post("/v1/auth/password/forgot", M{"email": email}).Want(202)
			if message, token := mailed(t, m, email); token == "" || !strings.Contains(message.Subject, word) {
				t.Errorf("%q: %q with %q", tag, message.Subject, token)
			}
		}
		p := m.Person("customer")
		p.Patch("/v1/me", M{"language": "xx"}).Problem(422, "invalid_request").Is("errors.0.path", "language")
		p.Patch("/v1/me", M{"language": "ne"}).Want(200).Is("language", "ne")
		m.Person("admin").Patch("/v1/settings", M{"languages": []string{"ar", "fr"}}).Want(200)
		m.Clock.Advance(3 * time.Second)
		p = m.Person("customer")
		p.Patch("/v1/me", M{"language": "fr"}).Want(200) // the market's, though no mail is written in it
		m.Anonymous().Post("/v1/auth/password/forgot", M{"email": p.Email}).Want(202)
		if message, _ := mailed(t, m, p.Email); !strings.Contains(message.Subject, "كلمة سر") {
			t.Errorf("the market's first language is not spoken: %q", message.Subject)
		}
	})
}
