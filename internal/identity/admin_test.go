package identity_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/haat-market/haat/internal/apptest"
	"github.com/haat-market/haat/internal/identity"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/db/dbtest"
	"github.com/haat-market/haat/internal/platform/verify"
)

func TestAccountsList(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		admin := m.Person("admin")
		for range 3 {
			m.Person("customer", "seller")
		}
		m.Anonymous().Post("/v1/auth/signup", signUp("asha@example.org", "customer")).Want(202)
		for query, want := range map[string]int{"": 5, "?state=active": 4, "?state=inactive": 1, "?role=seller": 3, "?role=admin": 1, "?role=customer": 4, "?role=machine": 0} {
			if got := admin.Get("/v1/accounts", query).Want(200).Len("items"); got != want {
				t.Errorf("%s: %d accounts, want %d", query, got, want)
			}
		}
		page := admin.Get("/v1/accounts?limit=2&role=seller").Want(200)
		if page.Len("items") != 2 || admin.Get("/v1/accounts?limit=2&role=seller&cursor=", page.Str("next_cursor")).Want(200).Len("items") != 1 {
			t.Errorf("pages of sellers: %s", page.Body)
		}
		if got := admin.Get("/v1/accounts?role=seller&state=inactive").Want(200).Len("items"); got != 0 {
			t.Errorf("%d inactive sellers", got)
		}
		admin.Get("/v1/accounts?role=king").Problem(422, "invalid_request")
		admin.Get("/v1/accounts?cursor=nonsense").Problem(422, "invalid_cursor")
		m.Person("seller").Get("/v1/accounts").Problem(403, "forbidden")
		m.Anonymous().Get("/v1/accounts").Problem(401, "unauthenticated")
		admin.Get("/v1/accounts/", "acc_0000000000000000").Problem(404, "account_not_found")
	})
}

func TestRoles(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		boss, admin, other := m.Person("superadmin"), m.Person("admin"), m.Person("customer")
		set := func(by *apptest.Client, of string, roles ...string) *apptest.Answer {
			return by.Put("/v1/accounts/{}/roles", M{"roles": roles}, of)
		}
		other.Post("/v1/stores", M{"name": "Mine"}).Problem(403, "seller_role_required")
		set(admin, other.ID, "seller", "customer", "seller").Want(200).Is("roles", []any{"customer", "seller"})
		other.Post("/v1/stores", M{"name": "Mine"}).Want(201) // the new role counts at once
		set(admin, other.ID, "admin").Problem(403, "superadmin_required")
		set(admin, admin.ID, "admin", "superadmin").Problem(403, "superadmin_required")
		set(admin, boss.ID, "customer").Problem(403, "superadmin_required")
		set(admin, other.ID, "king").Problem(422, "invalid_request")
		set(admin, other.ID).Problem(422, "invalid_request")
		set(other, other.ID, "admin").Problem(403, "forbidden")
		set(admin, "acc_0000000000000000", "seller").Problem(404, "account_not_found")
		admin.Post("/v1/accounts/{}/deactivate", nil, boss.ID).Problem(403, "superadmin_required")

		set(boss, boss.ID, "customer").Problem(409, "last_superadmin")
		boss.Post("/v1/accounts/{}/deactivate", nil, boss.ID).Problem(409, "last_superadmin")
		set(boss, admin.ID, "admin", "superadmin").Want(200)
		set(boss, boss.ID, "customer").Want(200)
		boss.Get("/v1/accounts").Problem(403, "forbidden")
		events := dbtest.One[int64](t, m.DB, "SELECT COUNT(*) FROM events WHERE type = 'account.roles_changed'")
		if events != 3 {
			t.Errorf("%d events", events)
		}
	})
}

func TestTwoSuperadminsCannotBothGo(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		one, two := m.Person("superadmin"), m.Person("superadmin")
		done := make(chan int, 2)
		for _, pair := range [][2]*apptest.Client{{one, two}, {two, one}} {
			go func() {
				a, err := pair[0].Try("POST", "/v1/accounts/"+pair[1].ID+"/deactivate", nil)
				if err != nil {
					t.Error(err)
				}
				done <- a.Status
			}()
		}
		a, b := <-done, <-done
		if a == 200 && b == 200 {
			t.Errorf("both went: %d %d", a, b)
		}
	})
}

func TestSetup(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		ctx := context.Background()
		old, needed, err := m.Identity.SetupToken(ctx)
		if err != nil || !needed {
			t.Fatal(needed, err)
		}
		token, _, err := m.Identity.SetupToken(ctx)
		if err != nil {
			t.Fatal(err)
		}
		set := func(token, email string) *apptest.Answer {
			return m.Anonymous().Post("/v1/auth/setup", M{"token": token, "name": "Boss", "email": email, "password": password})
		}
		set(old, "boss@example.org").Problem(422, "invalid_token") // replaced
		set(token, "not an address").Problem(422, "invalid_request")
		set(token, "boss@example.org").Want(201).Is("state", "active").Is("roles", []any{"admin", "superadmin"})
		set(token, "thief@example.org").Problem(422, "invalid_token")
		as(m, login(m, "boss@example.org", password).Want(200).Str("access_token")).Get("/v1/accounts").Want(200)
		if _, needed, err := m.Identity.SetupToken(ctx); err != nil || needed {
			t.Error(needed, err)
		}
	})
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		token, _, err := m.Identity.SetupToken(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		m.Clock.Advance(15 * time.Minute)
		m.Anonymous().Post("/v1/auth/setup", M{"token": token, "name": "Late", "email": "late@example.org", "password": password}).Problem(422, "invalid_token")
	})
}

func TestCreateAccount(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		ctx := context.Background()
		n := identity.NewAccount{Name: "Asha", Email: "asha@example.org", Password: password, Roles: []string{"seller"}}
		if _, err := m.Identity.CreateAccount(ctx, n); err != nil {
			t.Fatal(err)
		}
		n.Email = "ASHA@Example.org"
		if _, err := m.Identity.CreateAccount(ctx, n); !errors.Is(err, identity.ErrEmailTaken) {
			t.Errorf("the same address twice: %v", err)
		}
		n.Email, n.Roles = "b@example.org", []string{"king"}
		if _, err := m.Identity.CreateAccount(ctx, n); err == nil {
			t.Error("an unknown role was taken")
		}
	})
}

// Each rule finds what it is there for, broken by hand inside a transaction that is then undone.
func TestRulesFind(t *testing.T) {
	broken := map[string]string{
		"identity.roles":     "DELETE FROM account_roles",
		"identity.active":    "UPDATE accounts SET state = 'deactivated'",
		"identity.tokens":    "UPDATE session_tokens SET account_id = (SELECT MAX(id) FROM accounts) WHERE kind = 'refresh'",
		"identity.addresses": "UPDATE addresses SET is_default = FALSE",
	}
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		m.Buyer()
		m.Person("customer")
		undo := errors.New("undo")
		for rule, sql := range broken {
			dbtest.SQL(sql)
			err := m.DB.Write(context.Background(), "test.break", func(ctx context.Context, tx db.Tx) error {
				found, err := verify.Run(ctx, tx, m.Identity.Rules(), nil)
				if err != nil || len(found) > 0 {
					t.Errorf("before %s: %v %v", rule, found, err)
				}
				if _, err := tx.Exec(ctx, sql); err != nil {
					return err
				}
				if found, err = verify.Run(ctx, tx, m.Identity.Rules(), nil); err != nil || len(found) != 1 || found[0].Rule != rule {
					t.Errorf("%s: found %v, %v", rule, found, err)
				}
				return undo
			})
			if !errors.Is(err, undo) {
				t.Error(err)
			}
		}
	})
}
