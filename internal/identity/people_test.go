package identity_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/haat-market/haat/internal/apptest"
	"github.com/haat-market/haat/internal/platform/db/dbtest"
)

// A session that was opened for a role has this role and no other.
func TestLoginAsARole(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		both, boss := m.Person("seller", "admin"), m.Person("superadmin")
		as := func(email, password, role string) *apptest.Answer {
			return m.Anonymous().Post("/v1/auth/login", M{"email": email, "password": password, "role": role})
		}
		as(both.Email, password, "courier").Problem(403, "role_not_held")
		as(both.Email, password, "king").Problem(422, "invalid_request")
		as(both.Email, "not the password", "courier").Problem(401, "bad_credentials") // whoever does not know it learns no roles
		as("nobody@example.org", password, "courier").Problem(401, "bad_credentials")
		if n := both.Get("/v1/me/sessions").Want(200).Len("items"); n != 1 {
			t.Errorf("a refused role left %d sessions", n)
		}
		seller := &apptest.Client{}
		*seller = *m.Anonymous()
		a := as(both.Email, password, "seller").Want(200)
		seller.Token = a.Str("access_token")
		seller.Get("/v1/accounts").Problem(403, "forbidden")
		seller.Post("/v1/stores", M{"name": "Mine"}).Want(201)
		seller.Get("/v1/me/sessions").Want(200).Is("items.0.role", "seller").Is("items.0.current", true)
		// The next pair of tokens is for the same role.
		seller.Token = m.Anonymous().Post("/v1/auth/refresh", M{"refresh_token": a.Str("refresh_token")}).Want(200).Str("access_token")
		seller.Get("/v1/accounts").Problem(403, "forbidden")
		both.Get("/v1/accounts").Want(200)
		// Who loses the role has none in this session.
		boss.Put("/v1/accounts/{}/roles", M{"roles": []string{"admin"}}, both.ID).Want(200)
		seller.Post("/v1/stores", M{"name": "Another"}).Problem(403, "seller_role_required")
		// A superadmin can leave his greater power at home.
		admin := m.Anonymous()
		admin.Token = as(boss.Email, password, "admin").Want(200).Str("access_token")
		admin.Get("/v1/accounts").Want(200)
		admin.Put("/v1/accounts/{}/roles", M{"roles": []string{"admin", "customer"}}, both.ID).Problem(403, "superadmin_required")
	})
}

func TestCourierSignsUpAndNoRoleIsCustomer(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		for role, want := range map[string][]any{"courier": {"courier", "customer"}, "": {"customer"}, "seller": {"customer", "seller"}} {
			email := "r" + role + "@example.org"
			body := signUp(email, role)
			if role == "" {
				delete(body, "role")
			}
			m.Anonymous().Post("/v1/auth/signup", body).Want(202)
			_, token := mailed(t, m, email)
			m.Anonymous().Post("/v1/auth/activate", M{"token": token}).Want(200).Is("roles", want)
			login(m, email, password).Want(200).Is("account.roles", want)
		}
		for _, role := range []string{"admin", "superadmin", "machine", "king"} {
			m.Anonymous().Post("/v1/auth/signup", signUp("x@example.org", role)).Problem(422, "invalid_request")
		}
	})
}

// A dealer comes with a store in one step; a stranger who used the address before does not choose it.
func TestSellerSignsUpWithAStore(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		with := func(name string) M {
			b := signUp("dealer@example.org", "seller")
			b["store"] = M{"name": name, "business_type": "Scrap", "sells": false, "buys": true}
			return b
		}
		nobody := m.Anonymous()
		nobody.Post("/v1/auth/signup", with("A stranger's")).Want(202)
		nobody.Post("/v1/auth/signup", with("Kabadi Himal")).Want(202)
		_, token := mailed(t, m, "dealer@example.org")
		if n := dbtest.One[int64](t, m.DB, "SELECT COUNT(*) FROM stores"); n != 0 {
			t.Errorf("%d stores before anybody proved the address", n)
		}
		nobody.Post("/v1/auth/activate", M{"token": token}).Want(200)
		nobody.Post("/v1/auth/activate", M{"token": token}).Want(200)
		dealer := m.Anonymous()
		dealer.Token = login(m, "dealer@example.org", password).Want(200).Str("access_token")
		dealer.Get("/v1/stores?mine=true").Want(200).Is("items.0.name", "Kabadi Himal").Is("items.0.slug", "kabadi-himal").Is("items.0.state", "draft").
			Is("items.0.buys", true).Is("items.0.sells", false).Is("items.1", nil)
		// The next of the name gets an address of its own.
		b := with("Kabadi Himal")
		b["email"] = "second@example.org"
		nobody.Post("/v1/auth/signup", b).Want(202)
		_, token = mailed(t, m, "second@example.org")
		nobody.Post("/v1/auth/activate", M{"token": token}).Want(200)

		bad := with("  ")
		nobody.Post("/v1/auth/signup", bad).Problem(422, "invalid_request").Is("errors.0.path", "store.name")
		bad = with("Idle")
		bad["store"].(M)["buys"] = false
		nobody.Post("/v1/auth/signup", bad).Problem(422, "invalid_request").Is("errors.0.path", "store.sells")
		bad = with("Nobody's")
		bad["role"] = "customer"
		nobody.Post("/v1/auth/signup", bad).Problem(422, "invalid_request").Is("errors.0.path", "store")
	})
}

func TestEmailChange(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		me, other := m.Person("customer"), m.Person("customer")
		ask := func(email, pass string) *apptest.Answer {
			return me.Post("/v1/me/email", M{"email": email, "password": pass})
		}
		ask("new@example.org", "not the password").Problem(403, "wrong_password")
		ask("not an address", password).Problem(422, "invalid_request")
		ask("old@example.org", password).Want(202)
		_, replaced := mailed(t, m, "old@example.org")
		ask("New@Example.org", password).Want(202).Is("status", "mail_sent")
		_, token := mailed(t, m, "New@Example.org")
		if notice, link := mailed(t, m, me.Email); link != "" || !strings.Contains(notice.Subject, "is to change") {
			t.Errorf("the old address was told %q with %q", notice.Subject, link)
		}
		me.Get("/v1/me").Want(200).Is("email", me.Email) // nothing before the link is followed
		confirm := func(token string) *apptest.Answer {
			return m.Anonymous().Post("/v1/auth/email/confirm", M{"token": token})
		}
		confirm(replaced).Problem(422, "invalid_token")
		confirm(token+"x").Problem(422, "invalid_token")
		confirm(token).Want(200).Is("email", "New@Example.org")
		confirm(token).Problem(422, "invalid_token")
		me.Get("/v1/me").Problem(401, "unauthenticated")
		login(m, me.Email, password).Problem(401, "bad_credentials")
		login(m, "new@example.org", password).Want(200)
		admin := m.Person("admin")
		if n := admin.Get("/v1/accounts?q=new@example").Want(200).Len("items"); n != 1 {
			t.Errorf("found %d times by the new address", n)
		}

		// An address that somebody has: the same answer, and its owner is told.
		me.Token = login(m, "new@example.org", password).Want(200).Str("access_token")
		ask(other.Email, password).Want(202).Is("status", "mail_sent")
		if message, link := mailed(t, m, other.Email); link != "" || !strings.Contains(message.Subject, "already") {
			t.Errorf("the owner of the address got %q with %q", message.Subject, link)
		}
		// An address that somebody took since.
		ask("third@example.org", password).Want(202)
		_, late := mailed(t, m, "third@example.org")
		m.Anonymous().Post("/v1/auth/signup", signUp("third@example.org", "customer")).Want(202)
		confirm(late).Problem(409, "email_taken")
		// A new password makes what a thief asked for worthless.
		ask("thief@example.org", password).Want(202)
		_, thief := mailed(t, m, "thief@example.org")
		me.Post("/v1/auth/password/change", M{"password": password, "new_password": "a new password"}).Want(204)
		confirm(thief).Problem(422, "invalid_token")
		// Links end.
		ask("late@example.org", "a new password").Want(202)
		_, ended := mailed(t, m, "late@example.org")
		m.Clock.Advance(24*time.Hour + time.Second)
		confirm(ended).Problem(422, "invalid_token")
		m.Clock.Advance(25 * time.Hour)
		m.Sweep("identity.expired")
		if n := dbtest.One[int64](t, m.DB, "SELECT COUNT(*) FROM email_changes"); n != 0 {
			t.Errorf("%d changes are left", n)
		}
	})
}

func TestAccountsAreFound(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		admin := m.Person("admin")
		people := map[string]*apptest.Client{}
		for _, p := range []struct{ key, name, phone string }{
			{"asha", "Asha Kumari Rai", "+9779841234567"}, {"rame", "Ramesh RAI", ""}, {"hind", "आशा राई", "+919876543210"}, {"jose", "José Ángel", ""},
		} {
			c := m.Person("customer", "seller")
			c.Patch("/v1/me", M{"name": p.name, "phone": p.phone}).Want(200)
			people[p.key] = c
		}
		code := people["asha"].Get("/v1/me").Want(200).Str("code")
		find := func(q string) string {
			a := admin.Get("/v1/accounts?", q).Want(200)
			found := ""
			for i := range a.Len("items") {
				for key, c := range people {
					if c.ID == a.Str(fmt.Sprintf("items.%d.id", i)) {
						found += key + " "
					}
				}
			}
			return strings.TrimSpace(found)
		}
		for q, want := range map[string]string{
			"ASHA": "asha", "kumari r": "asha", "rai": "asha rame", "ra": "asha rame", "आश": "hind", "राई": "hind", "josé": "jose", "9841": "asha", "+977 984-12": "asha",
			"98765": "hind", people["rame"].Email[:16]: "rame", code: "asha", strings.ToLower(code[:6]): "asha", code[2:8]: "asha", "sha": "", "zz": "", "%_": "", "rai%": "",
		} {
			if got := find("q=" + url.QueryEscape(q)); got != want {
				t.Errorf("%q finds %q, want %q", q, got, want)
			}
		}
		if got := find("q=rai&role=seller&state=active"); got != "asha rame" {
			t.Errorf("filtered: %q", got)
		}
		if got := find("q=rai&role=admin"); got != "" {
			t.Errorf("other role: %q", got)
		}
		page := admin.Get("/v1/accounts?q=rai&limit=1").Want(200)
		next := admin.Get("/v1/accounts?q=rai&limit=1&cursor=", page.Str("next_cursor")).Want(200)
		if page.Str("items.0.id") == next.Str("items.0.id") || next.Len("items") != 1 {
			t.Errorf("pages: %s %s", page.Body, next.Body)
		}
		admin.Get("/v1/accounts?q=a").Problem(422, "invalid_request")
		// Who changed the name is found by the new one only.
		people["rame"].Patch("/v1/me", M{"name": "Suresh Thapa"}).Want(200)
		if find("q=ramesh") != "" || find("q=thapa") != "rame" {
			t.Error("a changed name is not what it is found by")
		}
		// By the day they came.
		m.Clock.Advance(48 * time.Hour)
		admin = m.SignIn(admin)
		late := m.Person("customer")
		from := url.QueryEscape(apptest.Start.Add(24 * time.Hour).Format(time.RFC3339))
		admin.Get("/v1/accounts?created_from=", from).Want(200).Is("items.0.id", late.ID).Is("items.1", nil)
		admin.Get("/v1/accounts?state=active&role=seller&created_from=", from).Want(200).Is("items.0", nil)
		if n := admin.Get("/v1/accounts?role=seller&created_to=", from).Want(200).Len("items"); n != 4 {
			t.Errorf("%d sellers came before", n)
		}
		admin.Get("/v1/accounts?created_from=yesterday").Problem(422, "invalid_request")
		// Accounts from before there was an index.
		dbtest.Exec(t, m.DB, "UPDATE accounts SET indexed = FALSE")
		dbtest.Exec(t, m.DB, "DELETE FROM account_words")
		if m.Sweep("identity.words") == 0 || find("q=thapa") != "rame" {
			t.Error("old accounts are not indexed")
		}
	})
}

func TestAdminLooksAfterAnAccount(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		admin, boss, p := m.Person("admin"), m.Person("superadmin"), m.Person("customer")
		admin.Get("/v1/accounts/", p.ID, "/sessions").Want(200).Is("items.0.current", false)
		admin.Delete("/v1/accounts/", p.ID, "/sessions").Want(204)
		p.Get("/v1/me").Problem(401, "unauthenticated")
		admin.Get("/v1/accounts/", p.ID, "/sessions").Want(200).Is("items.0", nil)
		admin.Delete("/v1/accounts/", boss.ID, "/sessions").Problem(403, "superadmin_required")
		admin.Get("/v1/accounts/acc_0000000000000000/sessions").Problem(404, "account_not_found")

		admin.Post("/v1/accounts/{}/deactivate", M{"reason": "Asked for it"}, p.ID).Want(200).Is("state", "deactivated").Is("state_reason", "Asked for it")
		login(m, p.Email, password).Problem(403, "account_deactivated")
		admin.Post("/v1/accounts/{}/activate", nil, p.ID).Want(200).Is("state", "active").Is("state_reason", nil)
		again := m.SignIn(p)
		again.Get("/v1/me").Want(200).Is("state_reason", nil)
		a := admin.Get("/v1/events?subject=", p.ID).Want(200)
		if !strings.Contains(string(a.Body), "Asked for it") || !strings.Contains(string(a.Body), "account.signed_out") {
			t.Errorf("trail: %s", a.Body)
		}
	})
}

func TestErasure(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		admin, boss := m.Person("admin"), m.Person("superadmin")
		p, _ := m.Buyer()
		p.Patch("/v1/me", M{"name": "Sita Unforgettable", "phone": "+9779811111111"}).Want(200)
		p.With("Content-Type", "image/png").Send("PUT", "/v1/me/avatar", drawing(t, 40, 40)).Want(200)
		m.Fund(p, 500)
		admin.Post("/v1/accounts/{}/erase", nil, p.ID).Problem(409, "account_in_use")
		s := m.Store()
		_, variant := s.Product("Lamp", "5.00", 3)
		order := p.Post("/v1/checkouts", M{"direct": M{"variant": variant, "quantity": 1}, "address_id": p.Get("/v1/me/addresses").Str("items.0.id"), "payment_method": "wallet", "expected_total": "5.00"}).Want(201).Str("orders.0.id")
		admin.Post("/v1/accounts/{}/erase", nil, p.ID).Problem(409, "account_in_use") // an order is under way
		for _, step := range []string{"process", "ship", "deliver"} {
			s.Owner.Post("/v1/orders/{}/{}", nil, order, step).Want(200)
		}
		p.Post("/v1/orders/{}/complete", nil, order).Want(200)
		admin.Post("/v1/accounts/{}/erase", nil, s.Owner.ID).Problem(409, "account_in_use")
		admin.Post("/v1/accounts/{}/erase", nil, boss.ID).Problem(403, "superadmin_required")
		p.Post("/v1/accounts/{}/erase", nil, p.ID).Problem(403, "forbidden")

		admin.Post("/v1/accounts/{}/erase", M{"reason": "Letter of 1 October"}, p.ID).Want(200).Is("erased", true).Is("name", "(erased)").Is("phone", "").
			Is("avatar", nil).Is("state", "deactivated").Is("allowed_actions", []any{})
		p.Get("/v1/me").Problem(401, "unauthenticated")
		login(m, p.Email, password).Problem(401, "bad_credentials")
		admin.Get("/v1/accounts?q=unforgettable").Want(200).Is("items.0", nil)
		admin.Get("/v1/accounts?q=", url.QueryEscape(p.Email)).Want(200).Is("items.0", nil)
		for _, verb := range []string{"erase", "activate"} {
			admin.Post("/v1/accounts/{}/{}", nil, p.ID, verb).Problem(409, "account_erased")
		}
		admin.Put("/v1/accounts/{}/roles", M{"roles": []string{"seller"}}, p.ID).Problem(409, "account_erased")
		// The order and its books stay; the address is free again.
		s.Owner.Get("/v1/orders/", order).Want(200).Is("state", "completed")
		m.Anonymous().Post("/v1/auth/signup", signUp(p.Email, "customer")).Want(202)
		_, token := mailed(t, m, p.Email)
		m.Anonymous().Post("/v1/auth/activate", M{"token": token}).Want(200)

		// Who knows his password does it himself, and nobody else who holds his token.
		q, _ := m.Buyer()
		q.Post("/v1/me/erase", M{"password": "not mine"}).Problem(403, "wrong_password")
		q.Post("/v1/me/erase", nil).Problem(400, "body_required")
		m.Anonymous().Post("/v1/me/erase", M{"password": password}).Problem(401, "unauthenticated")
		s.Owner.Post("/v1/me/erase", M{"password": password}).Problem(409, "account_in_use")
		boss.Post("/v1/me/erase", M{"password": password}).Problem(403, "superadmin_required")
		q.Post("/v1/me/erase", M{"password": password}).Want(204)
		q.Get("/v1/me").Problem(401, "unauthenticated")
		q.Post("/v1/me/erase", M{"password": password}).Problem(401, "unauthenticated")
		admin.Get("/v1/accounts/", q.ID).Want(200).Is("erased", true).Is("name", "(erased)")
	})
}
