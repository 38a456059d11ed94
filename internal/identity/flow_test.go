package identity_test

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/haat-market/haat/internal/apptest"
	"github.com/haat-market/haat/internal/identity"
	"github.com/haat-market/haat/internal/platform/db/dbtest"
	"github.com/haat-market/haat/internal/platform/mail"
)

type M = apptest.M

const password = apptest.Password

var tokenInMail = regexp.MustCompile(`(?:token=|    )([A-Za-z0-9_-]{43})\n`)

// mailed runs the jobs and gives the last mail to the address, with the token that it carries.
func mailed(t *testing.T, m *apptest.Market, to string) (mail.Message, string) {
	t.Helper()
	m.RunJobs()
	sent := m.Mail.Sent()
	for i := len(sent) - 1; i >= 0; i-- {
		if sent[i].To == to {
			found := tokenInMail.FindStringSubmatch(sent[i].Text)
			if found == nil {
				return sent[i], ""
			}
			return sent[i], found[1]
		}
	}
	t.Fatalf("no mail to %s among %d", to, len(sent))
	return mail.Message{}, ""
}

func signUp(email, role string) M {
	return M{"role": role, "name": "Asha Rai", "email": email, "phone": "+977 9841234567", "password": password}
}

func login(m *apptest.Market, email, password string) *apptest.Answer {
	return m.Anonymous().Post("/v1/auth/login", M{"email": email, "password": password})
}

func TestSignUpToLogout(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		nobody := m.Anonymous()
		nobody.Post("/v1/auth/signup", signUp(" Asha@Example.org ", "seller")).Want(202).Is("status", "mail_sent")
		login(m, "asha@example.org", password).Problem(403, "account_inactive")
		login(m, "asha@example.org", "not the password").Problem(401, "bad_credentials")

		message, token := mailed(t, m, "Asha@Example.org")
		if token == "" || strings.Contains(message.Text, "Asha Rai") {
			t.Fatalf("mail without a token, or with a stranger's text:\n%s", message.Text)
		}
		nobody.Post("/v1/auth/activate", M{"token": token + "x"}).Problem(422, "invalid_token")
		nobody.Post("/v1/auth/activate", M{"token": token}).Want(200).Is("state", "active").Is("roles", []any{"customer", "seller"})
		nobody.Post("/v1/auth/activate", M{"token": token}).Want(200) // opened twice

		a := login(m, "ASHA@example.ORG", password).Want(200).Is("expires_in", 900).Is("token_type", "Bearer").Is("account.phone", "+9779841234567")
		me := as(m, a.Str("access_token"))
		me.Get("/v1/me").Want(200).Is("email", "Asha@Example.org").Is("allowed_actions", []any{})
		me.Patch("/v1/me", M{"name": " Asha   Gurung ", "phone": ""}).Want(200).Is("name", "Asha Gurung").Is("phone", "")
		me.Patch("/v1/me", M{"name": "  "}).Problem(422, "invalid_request").Is("errors.0.path", "name")
		me.Patch("/v1/me", M{"email": "b@example.org"}).Problem(422, "invalid_request")
		me.Post("/v1/auth/logout", nil).Want(204)
		me.Get("/v1/me").Problem(401, "unauthenticated")
		nobody.Get("/v1/me").Problem(401, "unauthenticated")
	})
}

// as is a caller with this token.
func as(m *apptest.Market, token string) *apptest.Client {
	c := m.Anonymous()
	c.Token = token
	return c
}

// A stranger learns nothing about an address: the same status, the same body, the same number of jobs; and each of the
// two costs one hash, because nothing else of it is slow.
func TestNoEnumeration(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		known := m.Person("customer")
		nobody := m.Anonymous()
		jobs := func() int64 {
			return dbtest.One[int64](t, m.DB, "SELECT COUNT(*) FROM jobs WHERE kind = 'identity.mail'")
		}
		for _, op := range []struct {
			path string
			body func(email string) M
		}{
			{"/v1/auth/signup", func(e string) M { return signUp(e, "customer") }},
			{"/v1/auth/activate/resend", func(e string) M { return M{"email": e, "password": password} }},
			{"/v1/auth/password/forgot", func(e string) M { return M{"email": e} }},
			{"/v1/auth/login", func(e string) M { return M{"email": e, "password": "not the password"} }},
		} {
			answers := map[string]string{}
			for _, email := range []string{known.Email, "nobody" + known.Email} {
				jobsBefore, hashesBefore := jobs(), m.Identity.Hashes()
				a := nobody.Post(op.path, op.body(email))
				body := regexp.MustCompile(`req_[a-z2-7]+`).ReplaceAll(a.Body, []byte("req_"))
				answers[email] = fmt.Sprintf("status %d, %d bytes, %d jobs, %d hashes: %s",
					a.Status, len(a.Body), jobs()-jobsBefore, m.Identity.Hashes()-hashesBefore, body)
			}
			if one, two := answers[known.Email], answers["nobody"+known.Email]; one != two {
				t.Errorf("%s tells a known address (%s) from another (%s)", op.path, one, two)
			}
		}
	})
}

// Who proves an address gets his own password, not the one a stranger chose for the address before or after him.
func TestStrangerCannotChooseThePassword(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		nobody := m.Anonymous()
		try := func(pass string) {
			b := signUp("asha@example.org", "customer")
			b["password"], b["name"] = pass, "By "+pass[:1]
			nobody.Post("/v1/auth/signup", b).Want(202)
		}
		try("stranger before")
		try("my own password")
		_, mine := mailed(t, m, "asha@example.org")
		try("and a stranger after")
		m.RunJobs()
		nobody.Post("/v1/auth/activate", M{"token": mine}).Want(200).Is("name", "By m")
		login(m, "asha@example.org", "stranger before").Problem(401, "bad_credentials")
		login(m, "asha@example.org", "and a stranger after").Problem(401, "bad_credentials")
		login(m, "asha@example.org", "my own password").Want(200)
		// The stranger's link still lies in the mailbox; opened now, it changes nothing.
		_, other := mailed(t, m, "asha@example.org")
		nobody.Post("/v1/auth/activate", M{"token": other}).Want(200)
		login(m, "asha@example.org", "my own password").Want(200)
		// And who signs up with the address later is told by mail only.
		nobody.Post("/v1/auth/signup", signUp("asha@example.org", "seller")).Want(202)
		if message, token := mailed(t, m, "asha@example.org"); token != "" || !strings.Contains(message.Subject, "already") {
			t.Errorf("mail %q", message.Subject)
		}
	})
}

func TestSecretsStandInNoTable(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		m.Anonymous().Post("/v1/auth/signup", signUp("asha@example.org", "customer")).Want(202)
		payload := dbtest.One[string](t, m.DB, "SELECT payload FROM jobs WHERE kind = 'identity.mail'")
		_, token := mailed(t, m, "asha@example.org")
		hash := dbtest.One[string](t, m.DB, "SELECT hash FROM account_proofs")
		if strings.Contains(payload, token) || strings.Contains(payload, "asha") || hash == token {
			t.Errorf("payload %s, hash %s, token %s", payload, hash, token)
		}
	})
}

func TestProofsEnd(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		nobody := m.Anonymous()
		nobody.Post("/v1/auth/signup", signUp("late@example.org", "customer")).Want(202)
		_, late := mailed(t, m, "late@example.org")
		m.Clock.Advance(48*time.Hour + time.Second)
		nobody.Post("/v1/auth/activate", M{"token": late}).Problem(422, "invalid_token")
		nobody.Post("/v1/auth/activate/resend", M{"email": "late@example.org", "password": "another password"}).Want(202)
		_, again := mailed(t, m, "late@example.org")
		nobody.Post("/v1/auth/activate", M{"token": again}).Want(200)
		login(m, "late@example.org", "another password").Want(200)

		// A proof is good for its purpose only.
		nobody.Post("/v1/auth/password/forgot", M{"email": "late@example.org"}).Want(202)
		_, reset := mailed(t, m, "late@example.org")
		nobody.Post("/v1/auth/activate", M{"token": reset}).Problem(422, "invalid_token")
		nobody.Post("/v1/auth/setup", M{"token": reset, "name": "A", "email": "b@example.org", "password": password}).Problem(422, "invalid_token")
		m.Clock.Advance(73 * time.Hour)
		m.Sweep("identity.expired")
		nobody.Post("/v1/auth/password/reset", M{"token": reset, "password": "yet another one"}).Problem(422, "invalid_token")
		if n := dbtest.One[int64](t, m.DB, "SELECT COUNT(*) FROM account_proofs"); n != 0 {
			t.Errorf("%d proofs are left", n)
		}
	})
}

func TestPasswordChangeAndReset(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		me := m.Person("customer")
		elsewhere := m.SignIn(me)
		elsewhere.Get("/v1/me").Want(200)
		me.Post("/v1/auth/password/change", M{"password": "wrong", "new_password": "a new password"}).Problem(403, "wrong_password")
		me.Post("/v1/auth/password/change", M{"password": password, "new_password": "password1"}).Problem(422, "invalid_request").Is("errors.0.path", "new_password")
		me.Post("/v1/auth/password/change", M{"password": password, "new_password": "a new password"}).Want(204)
		me.Get("/v1/me").Want(200)
		elsewhere.Get("/v1/me").Problem(401, "unauthenticated")
		login(m, me.Email, password).Problem(401, "bad_credentials")

		m.Anonymous().Post("/v1/auth/password/forgot", M{"email": me.Email}).Want(202)
		_, first := mailed(t, m, me.Email)
		m.Anonymous().Post("/v1/auth/password/forgot", M{"email": me.Email}).Want(202)
		_, second := mailed(t, m, me.Email)
		m.Anonymous().Post("/v1/auth/password/reset", M{"token": second, "password": "12345678"}).Problem(422, "invalid_request")
		m.Anonymous().Post("/v1/auth/password/reset", M{"token": second, "password": "the third one"}).Want(204)
		me.Get("/v1/me").Problem(401, "unauthenticated")
		for _, used := range []string{first, second} {
			m.Anonymous().Post("/v1/auth/password/reset", M{"token": used, "password": "the fourth one"}).Problem(422, "invalid_token")
		}
		login(m, me.Email, "the third one").Want(200)
	})
}

func TestGuessingThePresentPassword(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		me := m.Person("customer")
		for range 5 {
			me.Post("/v1/auth/password/change", M{"password": "wrong", "new_password": "a new password"}).Problem(403, "wrong_password")
		}
		me.Post("/v1/auth/password/change", M{"password": password, "new_password": "a new password"}).Problem(429, "too_many_tries")
		m.Clock.Advance(time.Second)
		me.Post("/v1/auth/password/change", M{"password": password, "new_password": "a new password"}).Want(204)
	})
}

// Wrong passwords delay, longer each time; they count although each of them is refused, and as many at once count as
// one after another. The account is open from elsewhere all the while.
func TestLoginThrottle(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		me := m.Person("customer")
		var wg sync.WaitGroup
		var mu sync.Mutex
		count := map[int]int{}
		for range 30 {
			wg.Go(func() {
				a, err := m.Anonymous().Try("POST", "/v1/auth/login", M{"email": me.Email, "password": "a guess"})
				mu.Lock()
				defer mu.Unlock()
				if err != nil {
					t.Error(err)
					return
				}
				count[a.Status]++
			})
		}
		wg.Wait()
		if count[401] != 10 || count[429] != 20 {
			t.Errorf("30 guesses at once: %v, want 10 looked at and 20 sent away", count)
		}
		waits := []string{}
		for range 4 {
			a := login(m, me.Email, password).Problem(429, "too_many_tries") // even the right one
			waits = append(waits, a.Header.Get("Retry-After"))
			var seconds int
			fmt.Sscan(a.Header.Get("Retry-After"), &seconds)
			m.Clock.Advance(time.Duration(seconds) * time.Second)
			login(m, me.Email, "a guess").Problem(401, "bad_credentials")
		}
		if got := strings.Join(waits, " "); got != "1 2 4 8" {
			t.Errorf("waits %s", got)
		}
		// Not the account is shut, but the one who guesses.
		if _, _, err := m.Identity.Login(context.Background(), me.Email, password, identity.Device{Addr: addr("203.0.113.9")}); err != nil {
			t.Errorf("from elsewhere: %v", err)
		}
		if _, _, err := m.Identity.Login(context.Background(), "nobody@example.org", password, identity.Device{Addr: addr("203.0.113.9")}); err == nil {
			t.Error("nobody signed in")
		}
		m.Clock.Advance(2 * time.Hour)
		login(m, me.Email, password).Want(200)
		for range 10 { // a success forgets what was before it
			login(m, me.Email, "a guess").Problem(401, "bad_credentials")
		}
		login(m, me.Email, password).Problem(429, "too_many_tries")
	})
}

func TestThrottleCountsUnknownAddresses(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		for range 10 {
			login(m, "nobody@example.org", "a guess").Problem(401, "bad_credentials")
		}
		login(m, "NOBODY@example.org", "a guess").Problem(429, "too_many_tries")
		login(m, "somebody@example.org", "a guess").Problem(401, "bad_credentials")
		login(m, "not an address", "a guess").Problem(401, "bad_credentials")
	})
}

func TestMailboxIsNotFilled(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		var first []byte
		for range 12 {
			a := m.Anonymous().Post("/v1/auth/signup", signUp("asha@example.org", "customer")).Want(202)
			if first == nil {
				first = a.Body
			} else if !bytes.Equal(first, a.Body) {
				t.Errorf("the answer changed: %s", a.Body)
			}
		}
		m.RunJobs()
		if n := len(m.Mail.Sent()); n != 5 {
			t.Errorf("%d mails", n)
		}
	})
}

func TestBadInput(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		nobody := m.Anonymous()
		for field, values := range map[string][]any{
			"email":    {"", "a", "Asha <a@b.org>", "a@b", "a@b.org\r\nBcc: c@d.org", 7, nil, strings.Repeat("a", 300) + "@b.org"},
			"name":     {"", " ", strings.Repeat("a", 101), "a\u202eb", 7},
			"password": {"", "short", "password1", strings.Repeat("a", 257)},
			"role":     {"admin", "superadmin", "machine", ""},
			"phone":    {"abc", "+1", strings.Repeat("1", 65)},
		} {
			for _, v := range values {
				b := signUp("asha@example.org", "customer")
				b[field] = v
				nobody.Post("/v1/auth/signup", b).Problem(422, "invalid_request").Is("errors.0.path", field)
			}
		}
		nobody.Post("/v1/auth/signup", M{"name": "A", "email": "a@b.org", "password": password, "roles": []string{"admin"}}).Problem(422, "invalid_request")
		nobody.Post("/v1/auth/login", `{"email": "a@b.org", "password": "\u0000"}`).Want(422)
		nobody.Post("/v1/auth/refresh", M{"refresh_token": "x"}).Problem(401, "invalid_refresh_token")
		if n := dbtest.One[int64](t, m.DB, "SELECT COUNT(*) FROM accounts"); n != 0 {
			t.Errorf("%d accounts", n)
		}
	})
}

func TestBusy(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		me := m.Person("customer")
		release := m.Identity.OccupyHashing()
		ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
		defer cancel()
		if _, _, err := m.Identity.Login(ctx, me.Email, password, identity.Device{}); err == nil {
			t.Error("a third password was hashed beside two others")
		}
		release()
		a := m.Anonymous().Post("/v1/auth/login", M{"email": me.Email, "password": password}).Want(200)
		if a.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("an answer with tokens may be kept: %v", http.Header(a.Header))
		}
	})
}
