package identity_test

import (
	"testing"
	"time"

	"github.com/haat-market/haat/internal/apptest"
	"github.com/haat-market/haat/internal/platform/db/dbtest"
)

func dealerSignUp(name, store, password string) M {
	return M{
		"role": "seller", "name": name, "email": "dealer@example.org", "phone": "+9779841234567", "password": password, "language": "ne",
		"store": M{"name": store, "sells": false, "buys": true},
	}
}

// Whoever lost the link and asks for it with the password that he signed up with gets what he asked for then.
func TestResentLinkKeepsTheWishesOfTheSignUp(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		nobody := m.Anonymous()
		// The account's row is a stranger's, who was first with the address.
		nobody.Post("/v1/auth/signup", signUp("dealer@example.org", "customer")).Want(202)
		nobody.Post("/v1/auth/signup", dealerSignUp("Himal Rai", "Kabadi Himal", "my own password")).Want(202)
		nobody.Post("/v1/auth/signup", dealerSignUp("Another stranger", "A stranger's", "a stranger's password")).Want(202)
		m.Clock.Advance(49 * time.Hour) // the links are of no use any more
		nobody.Post("/v1/auth/activate/resend", M{"email": "Dealer@example.org", "password": "my own password"}).Want(202)
		_, first := mailed(t, m, "dealer@example.org")
		// And again: a resent link carries them on.
		nobody.Post("/v1/auth/activate/resend", M{"email": "dealer@example.org", "password": "my own password"}).Want(202)
		_, second := mailed(t, m, "dealer@example.org")
		if first == second {
			t.Fatal("the second link is the first")
		}
		nobody.Post("/v1/auth/activate", M{"token": second}).Want(200).Is("name", "Himal Rai").Is("roles", []any{"customer", "seller"}).
			Is("language", "ne").Is("phone", "+9779841234567")
		nobody.Post("/v1/auth/activate", M{"token": first}).Want(200).Is("state", "active") // is no mistake, and opens no second store
		dealer := as(m, login(m, "dealer@example.org", "my own password").Want(200).Str("access_token"))
		dealer.Get("/v1/stores?mine=true").Want(200).Is("items.0.name", "Kabadi Himal").Is("items.1", nil)
	})
}

// A link that its owner asked for with his own password carries nothing that a stranger wished for.
func TestResentLinkCarriesNoStrangersWishes(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		nobody := m.Anonymous()
		nobody.Post("/v1/auth/signup", dealerSignUp("A stranger", "A stranger's", "a stranger's password")).Want(202)
		nobody.Post("/v1/auth/activate/resend", M{"email": "dealer@example.org", "password": "my own password"}).Want(202)
		_, token := mailed(t, m, "dealer@example.org")
		nobody.Post("/v1/auth/activate", M{"token": token}).Want(200).Is("state", "active")
		if n := dbtest.One[int64](t, m.DB, "SELECT COUNT(*) FROM stores"); n != 0 {
			t.Errorf("%d stores that a stranger wished for", n)
		}
		login(m, "dealer@example.org", "a stranger's password").Problem(401, "bad_credentials")
		login(m, "dealer@example.org", "my own password").Want(200)
	})
}

// It costs the same whether an address has no account, one that is active, or one that waits with many sign-ups.
func TestResendCostsTheSameForEveryAddress(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		known := m.Person("customer")
		nobody := m.Anonymous()
		for range 4 {
			nobody.Post("/v1/auth/signup", dealerSignUp("Himal Rai", "Kabadi Himal", "my own password")).Want(202)
		}
		costs := map[int64]bool{}
		for _, email := range []string{known.Email, "nobody@example.org", "dealer@example.org"} {
			for _, password := range []string{"my own password", "another password"} {
				before := m.Identity.Hashes()
				nobody.Post("/v1/auth/activate/resend", M{"email": email, "password": password}).Want(202).Is("status", "mail_sent")
				costs[m.Identity.Hashes()-before] = true
			}
		}
		if len(costs) != 1 {
			t.Errorf("resending costs as many hashes as %v, by the address", costs)
		}
	})
}
