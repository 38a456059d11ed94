package web_test

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/haat-market/haat/internal/platform/idem"
	"github.com/haat-market/haat/internal/platform/web"
)

type keyedIn struct {
	Body struct {
		Name string `json:"name" maxLength:"20"`
	}
}

// keyed registers one operation that honours keys and one that does not.
func keyed(t testing.TB, run func(ctx context.Context) error, change ...func(*web.Config)) *web.API {
	api, _ := newAPI(t, change...)
	handler := func(ctx context.Context, _ *keyedIn) (*ok, error) { return &ok{}, run(ctx) }
	for _, path := range []string{"one", "two"} {
		web.Register(api, web.Op{Method: "POST", Path: "/v1/" + path, ID: "test." + path, Summary: "X.", Room: "test", Access: web.Public, Idempotent: true}, handler)
	}
	web.Register(api, web.Op{Method: "POST", Path: "/v1/plain", ID: "test.plain", Summary: "X.", Room: "test", Access: web.Public}, handler)
	return api
}

const goodKey = "0123456789abcdef"

func withKey(key string, more ...http.Header) http.Header {
	h := http.Header{"Idempotency-Key": {key}}
	for _, m := range more {
		for name, values := range m {
			h[name] = values
		}
	}
	return h
}

func TestKeyInContext(t *testing.T) {
	var got idem.Key
	var has bool
	api := keyed(t, func(ctx context.Context) error {
		got, has = idem.KeyFrom(ctx)
		return nil
	})
	ask := func(path, body string, header http.Header) idem.Key {
		t.Helper()
		got, has = idem.Key{}, false
		if rec := send(t, api, request{"POST", path, body, header}); rec.Code != 200 {
			t.Fatalf("got %d %s", rec.Code, rec.Body)
		}
		return got
	}
	const body = `{"name":"a"}`
	base := ask("/v1/one", body, withKey(goodKey, as("customer")))
	if !has || base.Scope != "account:acc_customer" || base.Operation != "test.one" || base.Value != goodKey || len(base.Fingerprint) != 64 {
		t.Fatalf("key %+v", base)
	}
	if k := ask("/v1/one", body, withKey(`"`+goodKey+`"`, as("customer"))); k != base {
		t.Errorf("quoted: %+v", k)
	}
	if k := ask("/v1/one", "{\"name\":\"a\"}", withKey(goodKey, as("customer"))); k != base {
		t.Errorf("the same again: %+v", k)
	}
	if k := ask("/v1/one", `{"name":"b"}`, withKey(goodKey, as("customer"))); k.Fingerprint == base.Fingerprint || k.Scope != base.Scope {
		t.Errorf("another body: %+v", k)
	}
	if k := ask("/v1/two", body, withKey(goodKey, as("customer"))); k.Fingerprint == base.Fingerprint || k.Operation != "test.two" {
		t.Errorf("another operation: %+v", k)
	}
	if k := ask("/v1/one", body, withKey(goodKey, as("seller"))); k.Scope != "account:acc_seller" || k.Fingerprint != base.Fingerprint {
		t.Errorf("another account: %+v", k)
	}
	anonymous := ask("/v1/one", body, withKey(goodKey))
	if anonymous.Scope != "anon:"+anonymous.Fingerprint {
		t.Errorf("nobody: %+v", anonymous)
	}
	guest := ask("/v1/one", body, withKey(goodKey, http.Header{"Guest-Token": {"secret-token"}}))
	if !strings.HasPrefix(guest.Scope, "guest:") || strings.Contains(guest.Scope, "secret") || len(guest.Scope) != 6+64 {
		t.Errorf("guest: %+v", guest)
	}
	if ask("/v1/one", body, nil); has {
		t.Error("a key where none was sent")
	}
	if ask("/v1/plain", body, withKey(goodKey)); has {
		t.Error("an operation that takes no key got one")
	}
	if ask("/v1/plain", body, withKey("x")); has {
		t.Error("an operation that takes no key looked at it")
	}
	for _, bad := range [][]string{{"short"}, {strings.Repeat("a", 256)}, {""}, {goodKey, goodKey}, {`"` + goodKey}, {goodKey + "é"}} {
		rec := send(t, api, request{"POST", "/v1/one", body, http.Header{"Idempotency-Key": bad}})
		problemOf(t, rec, 422, "invalid_idempotency_key")
	}
}

func TestTwinsWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var running, most, total atomic.Int64
		api := keyed(t, func(ctx context.Context) error {
			if n := running.Add(1); n > most.Load() {
				most.Store(n)
			}
			defer running.Add(-1)
			time.Sleep(100 * time.Millisecond)
			if total.Add(1) > 1 {
				web.MarkReplayed(ctx)
			}
			return nil
		})
		var replayed atomic.Int64
		var wg sync.WaitGroup
		for range 50 {
			wg.Go(func() {
				rec := send(t, api, request{"POST", "/v1/one", `{"name":"a"}`, withKey(goodKey, as("customer"))})
				if rec.Code != 200 {
					t.Errorf("got %d %s", rec.Code, rec.Body)
				}
				if rec.Header().Get("Idempotency-Replayed") == "true" {
					replayed.Add(1)
				}
			})
		}
		wg.Wait()
		if most.Load() != 1 || total.Load() != 50 || replayed.Load() != 49 {
			t.Errorf("%d at once, %d in all, %d replayed", most.Load(), total.Load(), replayed.Load())
		}
	})
}

func TestTwinsOfOthersDoNotWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api := keyed(t, func(context.Context) error {
			time.Sleep(time.Second)
			return nil
		})
		began := time.Now()
		var wg sync.WaitGroup
		for _, r := range []request{
			{"POST", "/v1/one", `{"name":"a"}`, withKey(goodKey, as("customer"))},
			{"POST", "/v1/one", `{"name":"a"}`, withKey(goodKey, as("seller"))},
			{"POST", "/v1/two", `{"name":"a"}`, withKey(goodKey, as("customer"))},
			{"POST", "/v1/one", `{"name":"a"}`, withKey(goodKey+"x", as("customer"))},
			{"POST", "/v1/one", `{"name":"a"}`, as("customer")},
			{"POST", "/v1/one", `{"name":"a"}`, withKey(goodKey)},
			{"POST", "/v1/one", `{"name":"b"}`, withKey(goodKey)},
		} {
			wg.Go(func() { send(t, api, r) })
		}
		wg.Wait()
		if took := time.Since(began); took != time.Second {
			t.Errorf("took %v", took)
		}
	})
}

func TestTwinThatWaitsTooLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		done := make(chan struct{})
		api := keyed(t, func(context.Context) error {
			<-done
			return nil
		})
		r := request{"POST", "/v1/one", `{"name":"a"}`, withKey(goodKey, as("customer"))}
		var wg sync.WaitGroup
		wg.Go(func() { send(t, api, r) })
		synctest.Wait()
		began := time.Now()
		rec := send(t, api, r)
		problemOf(t, rec, 409, "idempotency_in_progress")
		if took := time.Since(began); took != 10*time.Second || rec.Header().Get("Retry-After") != "1" {
			t.Errorf("after %v, %v", took, rec.Header())
		}
		// Another body under the key waits as well: it may not run beside it.
		other := r
		other.body = `{"name":"b"}`
		problemOf(t, send(t, api, other), 409, "idempotency_in_progress")
		close(done)
		wg.Wait()
		if rec := send(t, api, r); rec.Code != 200 {
			t.Errorf("the turn was not given back: %d", rec.Code)
		}
	})
}

func TestTurnIsGivenBackAfterAPanic(t *testing.T) {
	first := true
	api := keyed(t, func(context.Context) error {
		if first {
			first = false
			panic("boom")
		}
		return nil
	})
	r := request{"POST", "/v1/one", `{"name":"a"}`, withKey(goodKey, as("customer"))}
	problemOf(t, send(t, api, r), 500, "internal")
	if rec := send(t, api, r); rec.Code != 200 {
		t.Errorf("got %d", rec.Code)
	}
}
