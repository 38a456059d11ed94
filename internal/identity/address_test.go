package identity_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/haat-market/haat/internal/apptest"
	"github.com/haat-market/haat/internal/identity"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/db/dbtest"
)

func TestAddresses(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		me, other := m.Person("customer"), m.Person("customer")
		add := func(more M) *apptest.Answer {
			b := apptest.Address()
			for k, v := range more {
				b[k] = v
			}
			return me.Post("/v1/me/addresses", b)
		}
		one := add(M{"lat": "27.7172453999", "lng": "85.3"}).Want(201).Is("is_default", true).Is("lat", "27.717245").Is("lng", "85.300000").Str("id")
		two := add(M{"label": "shop", "phone": "", "postal_code": "sw1a 1aa", "country": "gb"}).Want(201).Is("is_default", false).Is("postal_code", "SW1A 1AA").Is("country", "GB").Str("id")
		three := add(M{"is_default": true}).Want(201).Is("is_default", true).Str("id")
		me.Get("/v1/me/addresses").Want(200).Is("items.0.id", three).Is("items.2.is_default", false).Is("next_cursor", nil)

		me.Patch("/v1/me/addresses/{}", M{"city": "Pokhara", "lat": "", "lng": ""}, one).Want(200).Is("city", "Pokhara").Is("lat", "").Is("line1", "12 Bazaar Road")
		me.Patch("/v1/me/addresses/{}", M{"lat": "1"}, one).Problem(422, "invalid_request").Is("errors.0.path", "lat")
		me.Post("/v1/me/addresses/{}/default", nil, two).Want(200).Is("is_default", true)
		me.Post("/v1/me/addresses/{}/default", nil, two).Want(200).Is("is_default", true)
		me.Delete("/v1/me/addresses/", two).Want(204)
		me.Get("/v1/me/addresses").Want(200).Is("items.0.is_default", true).Is("items.1.is_default", false)

		for _, id := range []string{two, "adr_0000000000000000", "x"} {
			me.Delete("/v1/me/addresses/", id).Problem(404, "address_not_found")
		}
		other.Patch("/v1/me/addresses/{}", M{"city": "Mine"}, one).Problem(404, "address_not_found")
		other.Delete("/v1/me/addresses/", one).Problem(404, "address_not_found")
		other.Post("/v1/me/addresses/{}/default", nil, one).Problem(404, "address_not_found")
		if n := other.Get("/v1/me/addresses").Want(200).Len("items"); n != 0 {
			t.Errorf("a stranger sees %d addresses", n)
		}
		m.Anonymous().Get("/v1/me/addresses").Problem(401, "unauthenticated")

		for path, v := range map[string]any{
			"line1": " ", "city": "", "country": "Nepal", "lat": "91", "lng": "1e3", "phone": "12", "name": "a\nb", "instructions": strings.Repeat("a", 501), "nonsense": 1,
		} {
			add(M{path: v}).Problem(422, "invalid_request")
		}
	})
}

func TestAddressIsFrozenByItsOwner(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		me, id := m.Buyer()
		stranger := m.Person("customer")
		err := m.DB.Read(context.Background(), "test", func(ctx context.Context, tx db.Tx) error {
			a, err := m.Identity.Find(ctx, tx, me.ID)
			if err != nil {
				return err
			}
			address, err := m.Identity.Address(ctx, tx, a.ID, id)
			if err != nil || address.City != "Kathmandu" || address.Phone != "+9779800000001" {
				t.Errorf("%+v, %v", address, err)
			}
			if a, err = m.Identity.Find(ctx, tx, stranger.ID); err != nil {
				return err
			}
			if _, err := m.Identity.Address(ctx, tx, a.ID, id); !errors.Is(err, identity.ErrAddressNotFound) {
				t.Errorf("a stranger's address: %v", err)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

func TestAddressBoundAndKey(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		me := m.Person("customer")
		first := me.Key("0123456789abcdef").Post("/v1/me/addresses", apptest.Address()).Want(201)
		again := me.Key("0123456789abcdef").Post("/v1/me/addresses", apptest.Address()).Want(201)
		if again.Str("id") != first.Str("id") || again.Header.Get("Idempotency-Replayed") != "true" {
			t.Errorf("repeat: %s %v", again.Body, again.Header)
		}
		for range 19 {
			me.Post("/v1/me/addresses", apptest.Address()).Want(201)
		}
		me.Post("/v1/me/addresses", apptest.Address()).Problem(409, "too_many_addresses")
		if n := dbtest.One[int64](t, m.DB, "SELECT COUNT(*) FROM addresses WHERE is_default"); n != 1 {
			t.Errorf("%d default addresses", n)
		}
	})
}
