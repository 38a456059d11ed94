package store_test

import (
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/haat-market/haat/internal/apptest"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/db/dbtest"
	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/verify"
	"github.com/haat-market/haat/internal/store"
)

type M = apptest.M

func TestStoreLife(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		owner, other, admin, nobody := m.Person("seller"), m.Person("seller"), m.Person("admin"), m.Anonymous()
		a := owner.Post("/v1/stores", M{"name": "Asha's Kirana", "phone": "+977 9841234567", "address": M{"line1": "1 Road", "city": "Pokhara", "country": "NP"}}).Want(201)
		a.Is("slug", "ashas-kirana").Is("state", "draft").Is("owner", owner.ID).Is("allowed_actions", []any{"close", "publish"}).
			Is("rights", []any{"catalog", "stock", "orders", "people", "own"}).Is("address.city", "Pokhara").Is("sells", true).Is("buys", false)
		id := a.Str("id")

		// A draft is nobody else's business.
		for _, c := range []*apptest.Client{nobody, other} {
			c.Get("/v1/stores/", id).Problem(404, "store_not_found")
			if n := c.Get("/v1/stores").Want(200).Len("items"); n != 0 {
				t.Errorf("a stranger sees %d stores", n)
			}
		}
		other.Patch("/v1/stores/{}", M{"name": "Mine"}, id).Problem(404, "store_not_found")
		nobody.Patch("/v1/stores/{}", M{"name": "Mine"}, id).Problem(401, "unauthenticated")
		for _, verb := range []string{"publish", "unpublish", "close"} {
			other.Post("/v1/stores/{}/{}", nil, id, verb).Problem(404, "store_not_found")
			admin.Post("/v1/stores/{}/{}", nil, id, verb).Problem(403, "store_right_required")
		}
		owner.Post("/v1/stores/{}/suspend", M{"reason": "me"}, id).Problem(403, "forbidden")
		admin.Get("/v1/stores/", id).Want(200).Is("owner", owner.ID).Is("allowed_actions", []any{"suspend"}).Is("rights", []any{})

		owner.Post("/v1/stores/{}/publish", nil, id).Want(200).Is("state", "published").Is("allowed_actions", []any{"close", "unpublish"})
		owner.Post("/v1/stores/{}/publish", nil, id).Problem(409, "store_state").Is("details.allowed_actions", []any{"close", "unpublish"}).Is("details.state", "published")
		public := nobody.Get("/v1/stores/", id).Want(200).Is("owner", nil).Is("rights", []any{}).Is("allowed_actions", []any{}).Is("phone", "+9779841234567")
		if public.At("suspend_reason") != nil {
			t.Errorf("%s", public.Body)
		}

		admin.Post("/v1/stores/{}/suspend", M{"reason": " "}, id).Problem(422, "invalid_request")
		admin.Post("/v1/stores/{}/suspend", M{"reason": "counterfeit goods"}, id).Want(200).Is("state", "suspended").Is("allowed_actions", []any{"reinstate"})
		nobody.Get("/v1/stores/", id).Problem(404, "store_not_found")
		owner.Get("/v1/stores/", id).Want(200).Is("suspend_reason", "counterfeit goods").Is("allowed_actions", []any{})
		owner.Post("/v1/stores/{}/publish", nil, id).Problem(409, "store_state")
		owner.Post("/v1/stores/{}/close", nil, id).Problem(409, "store_state")
		owner.Post("/v1/stores/{}/reinstate", nil, id).Problem(403, "forbidden")
		admin.Post("/v1/stores/{}/reinstate", nil, id).Want(200).Is("state", "published").Is("suspend_reason", nil) // where it was

		owner.Post("/v1/stores/{}/unpublish", nil, id).Want(200).Is("state", "draft")
		admin.Post("/v1/stores/{}/suspend", M{"reason": "again"}, id).Want(200)
		admin.Post("/v1/stores/{}/reinstate", nil, id).Want(200).Is("state", "draft")
		owner.Post("/v1/stores/{}/close", nil, id).Want(200).Is("state", "closed").Is("allowed_actions", []any{})
		owner.Post("/v1/stores/{}/publish", nil, id).Problem(409, "store_state").Is("details.allowed_actions", []any{})
		admin.Post("/v1/stores/{}/suspend", M{"reason": "late"}, id).Problem(409, "store_state")
		owner.Patch("/v1/stores/{}", M{"name": "New"}, id).Problem(409, "store_closed")
		other.Post("/v1/stores", M{"name": "Other", "slug": "ashas-kirana"}).Problem(409, "slug_taken") // for good

		n := dbtest.One[int64](t, m.DB, "SELECT COUNT(*) FROM events WHERE subject = $1", id)
		if n != 8 { // created, published, suspended, reinstated, unpublished, suspended, reinstated, closed
			t.Errorf("%d events", n)
		}
	})
}

func TestWhoMayOpenAStore(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		m.Anonymous().Post("/v1/stores", M{"name": "Mine"}).Problem(401, "unauthenticated")
		m.Person("customer").Post("/v1/stores", M{"name": "Mine"}).Problem(403, "seller_role_required")
		seller := m.Person("seller")
		for _, bad := range []M{
			{}, {"name": ""}, {"name": " "}, {"name": "a\nb"}, {"name": "A", "slug": "Not Good"}, {"name": "A", "sells": false}, {"name": "A", "email": "x"},
			{"name": "A", "phone": "12"}, {"name": "A", "address": M{"city": "B"}}, {"name": "A", "address": M{"line1": "1", "city": "B", "country": "Nepal"}},
			{"name": "A", "state": "published"}, {"name": 7}, {"name": "A", "owner": "acc_0000000000000000"},
		} {
			seller.Post("/v1/stores", bad).Problem(422, "invalid_request")
		}
		for range 10 {
			seller.Post("/v1/stores", M{"name": "The same name"}).Want(201)
		}
		seller.Post("/v1/stores", M{"name": "One more"}).Problem(409, "too_many_stores")
	})
}

func TestManyAtOnce(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		seller := m.Person("seller")
		var wg sync.WaitGroup
		var mu sync.Mutex
		made := map[int]int{}
		for range 14 {
			wg.Go(func() {
				a, err := seller.Try("POST", "/v1/stores", M{"name": "The same name"})
				mu.Lock()
				defer mu.Unlock()
				if err != nil {
					t.Error(err)
					return
				}
				made[a.Status]++
			})
		}
		wg.Wait()
		if made[201] != 10 || made[409] != 4 {
			t.Errorf("%v", made)
		}
		key := m.Person("seller").Key("0123456789abcdef")
		one, two := key.Post("/v1/stores", M{"name": "Once"}).Want(201), key.Post("/v1/stores", M{"name": "Once"}).Want(201)
		if one.Str("id") != two.Str("id") || two.Header.Get("Idempotency-Replayed") != "true" {
			t.Errorf("%s %s", one.Body, two.Body)
		}
		key.Post("/v1/stores", M{"name": "Twice"}).Problem(422, "idempotency_key_reused")
	})
}

func TestChange(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		s := m.Store()
		m.Person("seller").Post("/v1/stores", M{"name": "Other", "slug": "other"}).Want(201)
		s.Owner.Patch("/v1/stores/{}", M{"description": "Tea & spices\nsince 1990", "buys": true, "slug": "tea-house"}, s.ID).Want(200).
			Is("description", "Tea & spices\nsince 1990").Is("buys", true).Is("slug", "tea-house").Is("state", "published")
		s.Owner.Patch("/v1/stores/{}", M{"slug": "other"}, s.ID).Problem(409, "slug_taken")
		s.Owner.Patch("/v1/stores/{}", M{"slug": "tea-house"}, s.ID).Want(200)
		s.Owner.Patch("/v1/stores/{}", M{"sells": false, "buys": false}, s.ID).Problem(422, "invalid_request")
		s.Owner.Patch("/v1/stores/{}", M{"phone": "12"}, s.ID).Problem(422, "invalid_request").Is("errors.0.path", "phone")
		s.Owner.Patch("/v1/stores/{}", M{"state": "closed"}, s.ID).Problem(422, "invalid_request")
		s.Owner.Patch("/v1/stores/{}", M{}, s.ID).Want(200)
		n := dbtest.One[int64](t, m.DB, "SELECT COUNT(*) FROM events WHERE type = 'store.updated'")
		if n != 1 {
			t.Errorf("%d events", n)
		}
	})
}

func TestLists(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		owner, admin := m.Person("seller"), m.Person("admin")
		ids := map[string]string{}
		for _, name := range []string{"Beta", "alpha", "Gamma", "Draft"} {
			ids[name] = owner.Post("/v1/stores", M{"name": name}).Want(201).Str("id")
			if name != "Draft" {
				owner.Post("/v1/stores/{}/publish", nil, ids[name]).Want(200)
			}
		}
		nobody := m.Anonymous()
		nobody.Get("/v1/stores").Want(200).Is("items.0.name", "Gamma").Is("items.2.name", "Beta").Is("next_cursor", nil)
		first := nobody.Get("/v1/stores?sort=name&limit=2").Want(200).Is("items.0.name", "alpha").Is("items.1.name", "Beta")
		nobody.Get("/v1/stores?sort=name&limit=2&cursor=", first.Str("next_cursor")).Want(200).Is("items.0.name", "Gamma").Is("next_cursor", nil)
		nobody.Get("/v1/stores?cursor=", first.Str("next_cursor")).Problem(422, "invalid_cursor")
		nobody.Get("/v1/stores?state=published").Want(200).Is("items.0.name", "Gamma")
		nobody.Get("/v1/stores?state=draft").Problem(403, "forbidden")
		owner.Get("/v1/stores?state=draft").Problem(403, "forbidden")
		admin.Get("/v1/stores?state=draft").Want(200).Is("items.0.id", ids["Draft"]).Is("items.0.owner", owner.ID)
		nobody.Get("/v1/stores?mine=true").Problem(401, "unauthenticated")
		owner.Get("/v1/stores?mine=true").Want(200).Is("items.0.id", ids["Draft"]).Is("items.0.rights", []any{"catalog", "stock", "orders", "people", "own"})
		owner.Get("/v1/stores?mine=true&state=draft").Problem(422, "unsupported_filter")
		if n := admin.Get("/v1/stores?mine=true").Want(200).Len("items"); n != 0 {
			t.Errorf("an admin owns %d stores", n)
		}
	})
}

func TestStaff(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		s := m.Store()
		clerk, other := m.Person("customer"), m.Person("seller")
		path := "/v1/stores/" + s.ID + "/staff"
		s.Owner.Post(path, M{"account": clerk.ID, "rights": []string{"catalog"}}).Want(201).Is("rights", []any{"catalog"}).Is("name", "Asha Rai")
		s.Owner.Post(path, M{"account": clerk.ID, "rights": []string{"orders", "stock", "stock"}}).Want(200).Is("rights", []any{"stock", "orders"})
		s.Owner.Post(path, M{"account": clerk.ID, "rights": []string{"own"}}).Problem(422, "invalid_request")
		s.Owner.Post(path, M{"account": "acc_0000000000000000", "rights": []string{}}).Problem(422, "account_unusable")
		s.Owner.Post(path, M{"account": s.Owner.ID, "rights": []string{}}).Problem(409, "owner_stays")
		clerk.Post(path, M{"account": other.ID, "rights": []string{}}).Problem(403, "store_right_required")
		other.Post(path, M{"account": other.ID, "rights": []string{}}).Problem(404, "store_not_found")
		other.Get(path).Problem(404, "store_not_found")
		m.Anonymous().Get(path).Problem(401, "unauthenticated")
		clerk.Get(path).Want(200).Is("items.0.account", s.Owner.ID).Is("items.0.rights", []any{"catalog", "stock", "orders", "people", "own"}).Is("items.1.account", clerk.ID)
		clerk.Get("/v1/stores?mine=true").Want(200).Is("items.0.id", s.ID).Is("items.0.allowed_actions", []any{})
		clerk.Patch("/v1/stores/{}", M{"name": "Mine"}, s.ID).Problem(403, "store_right_required")

		want := func(c *apptest.Client, r store.Right, code string) {
			t.Helper()
			if got := require(t, m, c, s.ID, r); got != code {
				t.Errorf("%s: %q, want %q", r, got, code)
			}
		}
		want(clerk, store.Orders, "")
		want(clerk, store.Catalog, "store_right_required")
		want(other, store.View, "store_not_found")

		// What is taken away counts with the next request.
		s.Owner.Delete(path, "/", s.Owner.ID).Problem(409, "owner_stays")
		s.Owner.Delete(path, "/", other.ID).Problem(404, "person_not_found")
		s.Owner.Delete(path, "/", "x").Problem(404, "person_not_found")
		s.Owner.Delete(path, "/", clerk.ID).Want(204)
		want(clerk, store.Orders, "store_not_found")
		clerk.Get(path).Problem(404, "store_not_found")
		s.Owner.Post(path, M{"account": clerk.ID, "rights": []string{}}).Want(201)
		clerk.Delete(path, "/", s.Owner.ID).Problem(403, "store_right_required")
		clerk.Delete(path, "/", clerk.ID).Want(204) // leaves by himself

		boss := m.Person("superadmin")
		boss.Put("/v1/accounts/{}/roles", M{"roles": []string{"customer"}}, s.Owner.ID).Want(200)
		want(s.Owner, store.Catalog, "seller_role_required")
		want(s.Owner, store.View, "")
		s.Owner.Post("/v1/stores/{}/unpublish", nil, s.ID).Problem(403, "seller_role_required")
	})
}

// require asks as a room would, with the caller as his token says.
func require(t *testing.T, m *apptest.Market, c *apptest.Client, id string, r store.Right) string {
	t.Helper()
	ctx := context.Background()
	caller, err := m.Identity.Authenticate(ctx, c.Token)
	if err != nil {
		t.Fatal(err)
	}
	err = m.DB.Read(ctx, "test", func(ctx context.Context, tx db.Tx) error {
		b, err := m.Stores.Require(ctx, tx, caller, id, r)
		if err != nil {
			return err
		}
		same, err := m.Stores.RequireID(ctx, tx, caller, b.ID, r)
		if err == nil && same != b {
			t.Errorf("%+v by key, %+v by public id", same, b)
		}
		briefs, err := m.Stores.Briefs(ctx, tx, []int64{b.ID, -1})
		if err == nil && (len(briefs) != 1 || briefs[b.ID] != b) {
			t.Errorf("%+v", briefs)
		}
		return err
	})
	return fault.Code(err)
}

type watcher struct {
	veto bool
	last store.Brief
}

func (w *watcher) StoreChanged(_ context.Context, _ db.Tx, b store.Brief) error {
	if w.veto && b.State == store.Closed {
		return fault.New(fault.Conflict, "open_orders", "There are open orders.")
	}
	w.last = b
	return nil
}

func TestWatchers(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		w := &watcher{veto: true}
		m.Stores.Watch(w)
		s := m.Store()
		if w.last.PublicID != s.ID || !w.last.Open() {
			t.Errorf("told of %+v", w.last)
		}
		ctx := context.Background()
		caller, err := m.Identity.Authenticate(ctx, s.Owner.Token)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := m.Stores.Move(ctx, caller, s.ID, store.Close, ""); fault.Code(err) != "open_orders" {
			t.Errorf("a veto was overheard: %v", err)
		}
		s.Owner.Get("/v1/stores/", s.ID).Want(200).Is("state", "published")
		s.Owner.Post("/v1/stores/{}/unpublish", nil, s.ID).Want(200)
		if w.last.State != store.Draft {
			t.Errorf("told of %+v", w.last)
		}
	})
}

func TestRuleFinds(t *testing.T) {
	const sql = "UPDATE store_people SET owner = FALSE"
	dbtest.SQL(sql)
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		m.Store()
		undo := errors.New("undo")
		err := m.DB.Write(context.Background(), "test.break", func(ctx context.Context, tx db.Tx) error {
			if found, err := verify.Run(ctx, tx, m.Stores.Rules(), nil); err != nil || len(found) > 0 {
				t.Errorf("before: %v %v", found, err)
			}
			if _, err := tx.Exec(ctx, sql); err != nil {
				return err
			}
			if found, err := verify.Run(ctx, tx, m.Stores.Rules(), nil); err != nil || len(found) != 1 || found[0].Rule != "store.owners" {
				t.Errorf("found %v, %v", found, err)
			}
			return undo
		})
		if !errors.Is(err, undo) {
			t.Error(err)
		}
	})
}
