package identity_test

import (
	"context"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/haat-market/haat/internal/apptest"
	"github.com/haat-market/haat/internal/identity"
	"github.com/haat-market/haat/internal/platform/db/dbtest"
)

func addr(s string) netip.Addr { return netip.MustParseAddr(s) }

func refresh(m *apptest.Market, token string) *apptest.Answer {
	return m.Anonymous().Post("/v1/auth/refresh", M{"refresh_token": token})
}

func TestTokensExpire(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		a := login(m, m.Person("customer").Email, password).Want(200)
		me := as(m, a.Str("access_token"))
		m.Clock.Advance(15*time.Minute - time.Second)
		me.Get("/v1/me").Want(200)
		m.Clock.Advance(time.Second)
		me.Get("/v1/me").Problem(401, "token_expired")
		m.Clock.Advance(20 * time.Hour)
		m.Sweep("identity.expired")
		me.Get("/v1/me").Problem(401, "token_expired") // still known
		as(m, a.Str("refresh_token")).Get("/v1/me").Problem(401, "unauthenticated")
		refresh(m, a.Str("access_token")).Problem(401, "invalid_refresh_token")

		next := refresh(m, a.Str("refresh_token")).Want(200).Is("expires_in", 900)
		as(m, next.Str("access_token")).Get("/v1/me").Want(200)
		m.Clock.Advance(30 * 24 * time.Hour)
		refresh(m, next.Str("refresh_token")).Problem(401, "invalid_refresh_token")
		m.Clock.Advance(25 * time.Hour)
		m.Sweep("identity.expired")
		if n := dbtest.One[int64](t, m.DB, "SELECT COUNT(*) FROM session_tokens"); n != 0 {
			t.Errorf("%d tokens are left", n)
		}
		if n := dbtest.One[int64](t, m.DB, "SELECT COUNT(*) FROM sessions"); n != 0 {
			t.Errorf("%d sessions are left", n)
		}
		me.Get("/v1/me").Problem(401, "unauthenticated")
	})
}

// An answer that never arrived can be asked for again for a minute, also by many at once and after the successor was
// used; later the token is worth nothing, and the session goes on.
func TestLostAnswer(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		first := login(m, m.Person("customer").Email, password).Want(200).Str("refresh_token")
		second := refresh(m, first).Want(200)
		again := refresh(m, first).Want(200)
		if again.Str("refresh_token") != second.Str("refresh_token") || again.Str("access_token") != second.Str("access_token") {
			t.Fatal("the repeat gave another pair")
		}
		m.Clock.Advance(30 * time.Second)
		refresh(m, first).Want(200).Is("expires_in", 870)

		var wg sync.WaitGroup
		var mu sync.Mutex
		pairs := map[string]bool{}
		for range 8 {
			wg.Go(func() {
				a, err := m.Anonymous().Try("POST", "/v1/auth/refresh", M{"refresh_token": second.Str("refresh_token")})
				mu.Lock()
				defer mu.Unlock()
				if err != nil || a.Status != 200 {
					t.Errorf("%v %v", a, err)
					return
				}
				pairs[a.Str("refresh_token")+a.Str("access_token")] = true
			})
		}
		wg.Wait()
		if len(pairs) != 1 {
			t.Errorf("8 at once got %d pairs", len(pairs))
		}
		third := refresh(m, second.Str("refresh_token")).Want(200)
		m.Clock.Advance(31 * time.Second)
		refresh(m, first).Problem(401, "invalid_refresh_token")
		m.Clock.Advance(30 * time.Second)
		refresh(m, second.Str("refresh_token")).Problem(401, "invalid_refresh_token")
		as(m, third.Str("access_token")).Get("/v1/me").Want(200)
		as(m, second.Str("access_token")).Get("/v1/me").Want(200) // runs out by itself
		refresh(m, third.Str("refresh_token")).Want(200)

		// The successor can be made again, but is stored nowhere.
		n := dbtest.One[int64](t, m.DB, "SELECT COUNT(*) FROM session_tokens WHERE hash = $1", third.Str("refresh_token"))
		if n != 0 {
			t.Error("a token stands in clear")
		}
	})
}

func TestLogins(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		me := m.Person("customer")
		var wg sync.WaitGroup
		for range 5 {
			wg.Go(func() {
				a, err := m.Anonymous().Try("POST", "/v1/auth/login", M{"email": me.Email, "password": password})
				if err != nil || a.Status != 200 {
					t.Errorf("%v %v", a, err)
				}
			})
		}
		wg.Wait()
		list := me.Get("/v1/me/sessions?limit=4").Want(200)
		if list.Len("items") != 4 || list.Str("next_cursor") == "" {
			t.Fatalf("%s", list.Body)
		}
		rest := me.Get("/v1/me/sessions?limit=4&cursor=", list.Str("next_cursor")).Want(200).Is("next_cursor", nil)
		if rest.Len("items") != 2 || rest.At("items.1.current") != true {
			t.Fatalf("%s", rest.Body)
		}
		me.Delete("/v1/me/sessions/", list.Str("items.0.id")).Want(204)
		me.Delete("/v1/me/sessions/", list.Str("items.0.id")).Problem(404, "session_not_found")
		m.Person("customer").Delete("/v1/me/sessions/", list.Str("items.1.id")).Problem(404, "session_not_found")
		me.Delete("/v1/me/sessions/", "x").Problem(404, "session_not_found")
		me.Delete("/v1/me/sessions").Want(204)
		if n := me.Get("/v1/me/sessions").Want(200).Len("items"); n != 1 {
			t.Errorf("%d sessions are left", n)
		}
		me.Delete("/v1/me/sessions/", rest.Str("items.1.id")).Want(204)
		me.Get("/v1/me").Problem(401, "unauthenticated")
	})
}

func TestOldestSessionGivesWay(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		me := m.Person("customer")
		for range 50 {
			if _, _, err := m.Identity.Login(context.Background(), me.Email, password, identity.Device{}); err != nil {
				t.Fatal(err)
			}
		}
		if n := dbtest.One[int64](t, m.DB, "SELECT COUNT(*) FROM sessions"); n != 50 {
			t.Errorf("%d sessions", n)
		}
	})
}

// What an admin does counts at once, also for a token that was looked up a moment ago.
func TestDeactivationEndsSessionsAtOnce(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		admin, me := m.Person("superadmin"), m.Person("seller")
		tokens := login(m, me.Email, password).Want(200)
		me.Get("/v1/me").Want(200)
		admin.Get("/v1/accounts/", me.ID).Want(200).Is("allowed_actions", []any{"deactivate", "erase"})
		admin.Post("/v1/accounts/{}/deactivate", nil, me.ID).Want(200).Is("state", "deactivated").Is("allowed_actions", []any{"activate", "erase"})
		me.Get("/v1/me").Problem(401, "unauthenticated")
		refresh(m, tokens.Str("refresh_token")).Problem(401, "invalid_refresh_token")
		login(m, me.Email, password).Problem(403, "account_deactivated")
		login(m, me.Email, "not the password").Problem(401, "bad_credentials")
		admin.Post("/v1/accounts/{}/deactivate", nil, me.ID).Problem(409, "account_state").Is("details.allowed_actions", []any{"activate"})
		admin.Post("/v1/accounts/{}/activate", nil, me.ID).Want(200)
		me.Get("/v1/me").Problem(401, "unauthenticated")
		login(m, me.Email, password).Want(200)
	})
}

// Deactivation against sign-ins and refreshes at the same time: whatever comes first, no token is left.
func TestDeactivationRace(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		admin := m.Person("superadmin")
		for range 5 {
			me := m.Person("customer")
			token := login(m, me.Email, password).Want(200).Str("refresh_token")
			var wg sync.WaitGroup
			for range 4 {
				wg.Go(func() { _, _ = m.Anonymous().Try("POST", "/v1/auth/refresh", M{"refresh_token": token}) })
				wg.Go(func() { _, _ = m.Anonymous().Try("POST", "/v1/auth/login", M{"email": me.Email, "password": password}) })
			}
			wg.Go(func() {
				if a, err := admin.Try("POST", "/v1/accounts/"+me.ID+"/deactivate", nil); err != nil || a.Status != 200 {
					t.Errorf("%v %v", a, err)
				}
			})
			wg.Wait()
			me.Get("/v1/me").Problem(401, "unauthenticated")
		}
		m.Verify()
	})
}

func TestCacheForgets(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		me := m.Person("customer")
		me.Get("/v1/me").Want(200)
		// As another process would: behind this one's back. It may act on what was for two seconds, no longer.
		dbtest.Exec(t, m.DB, "DELETE FROM session_tokens WHERE kind = 'access'")
		me.Get("/v1/me").Want(200)
		m.Clock.Advance(2 * time.Second)
		me.Get("/v1/me").Problem(401, "unauthenticated")
	})
}
