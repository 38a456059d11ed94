package delivery_test

import (
	"sync"
	"sync/atomic"
	"testing"

	"github.com/haat-market/haat/internal/apptest"
)

// asks counts the answers of many who ask at once by status and code.
type asks struct {
	mu    sync.Mutex
	codes map[string]int
}

func (a *asks) note(t *testing.T, got *apptest.Answer, err error) {
	if err != nil {
		t.Error(err)
		return
	}
	code := "ok"
	if got.Status >= 400 {
		code = got.Str("code")
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.codes == nil {
		a.codes = map[string]int{}
	}
	a.codes[code]++
}

// Of many couriers who claim a job while an admin gives it away, one has it.
func TestOneClaimWins(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		w := newTown(m)
		job, _ := w.job(1)
		var couriers []*apptest.Client
		_, given := w.courier()
		for range 16 {
			c, _ := w.courier()
			couriers = append(couriers, c)
		}
		var all sync.WaitGroup
		var claims asks
		all.Go(func() {
			if _, err := w.admin.Try("POST", "/v1/deliveries/"+job+"/assign", M{"courier": given}); err != nil {
				t.Error(err)
			}
		})
		for _, c := range couriers {
			all.Go(func() {
				a, err := c.Try("POST", "/v1/deliveries/"+job+"/claim", M{})
				claims.note(t, a, err)
			})
		}
		all.Wait()
		if claims.codes["ok"] > 1 || claims.codes["ok"]+claims.codes["delivery_taken"] != 16 {
			t.Errorf("%v", claims.codes)
		}
		w.admin.Get("/v1/deliveries/", job).Want(200).Is("state", "assigned")
	})
}

// A courier who claims everything at once has five jobs, and no more than his vehicle takes.
func TestBoundsHoldAtOnce(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		w := newTown(m)
		light, heavy := make([]string, 16), make([]string, 16)
		for i := range light {
			light[i], _ = w.job(1)
			heavy[i], _ = w.job(44) // 11 kg
		}
		for _, x := range []struct {
			jobs  []string
			most  int
			other string
		}{{light, 5, "too_many_jobs"}, {heavy, 2, "over_capacity"}} {
			c, _ := w.courier()
			var all sync.WaitGroup
			var claims asks
			for _, job := range x.jobs {
				all.Go(func() {
					a, err := c.Try("POST", "/v1/deliveries/"+job+"/claim", nil)
					claims.note(t, a, err)
				})
			}
			all.Wait()
			if claims.codes["ok"] != x.most || claims.codes[x.other] != 16-x.most {
				t.Errorf("%v", claims.codes)
			}
			c.Get("/v1/couriers/me").Want(200).Is("jobs", x.most)
		}
		c, _ := w.courier()
		c.Patch("/v1/couriers/me", M{"capacity": 100}).Want(200)
		job, _ := w.job(1)
		c.Post("/v1/deliveries/{}/claim", nil, job).Problem(409, "over_capacity").Is("details.package_weight", 250).Is("details.vehicle_capacity", 100)
	})
}

// Fifty guesses at once are five tries; then also the right PIN is refused, until the buyer makes a new one.
func TestGuessingLocks(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		w := newTown(m)
		job, order := w.job(1)
		other, another := w.job(1)
		c, _ := w.courier()
		for _, id := range []string{job, other} {
			c.Post("/v1/deliveries/{}/claim", nil, id).Want(200)
			c.Post("/v1/deliveries/{}/pickup", nil, id).Want(200)
		}
		pin, code := w.proof(order)
		var all sync.WaitGroup
		var right atomic.Int64
		for range 50 {
			all.Go(func() {
				a, err := c.Try("POST", "/v1/deliveries/"+job+"/deliver", M{"pin": wrong(pin)})
				if err != nil || a.Status < 400 {
					right.Add(1)
				}
			})
		}
		all.Wait()
		if right.Load() != 0 {
			t.Errorf("%d guesses were taken or failed", right.Load())
		}
		c.Post("/v1/deliveries/{}/deliver", M{"pin": pin}, job).Problem(409, "proof_locked")
		c.Get("/v1/deliveries/", job).Want(200).Is("tries_left", 0).Is("state", "picked_up")
		_, foreign := w.proof(another)
		c.Post("/v1/deliveries/{}/deliver", M{"code": foreign}, job).Problem(422, "wrong_proof") // another order's
		w.buyer.Post("/v1/orders/{}/proof/renew", nil, order).Want(200).Is("tries_left", 5)
		renewed, _ := w.proof(order)
		c.Post("/v1/deliveries/{}/deliver", M{"code": code}, job).Problem(422, "wrong_proof") // the old code is over
		c.Post("/v1/deliveries/{}/deliver", M{"pin": renewed}, job).Want(200)
	})
}

// What is cancelled while a courier has it is not carried, and he is free again; what he has picked up is not cancelled.
func TestCancelWhileCarried(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		w := newTown(m)
		c, _ := w.courier()
		job, order := w.job(1)
		c.Post("/v1/deliveries/{}/claim", nil, job).Want(200)
		w.buyer.Post("/v1/orders/{}/cancel", nil, order).Want(200)
		c.Get("/v1/deliveries/", job).Want(200).Is("state", "cancelled")
		c.Get("/v1/couriers/me").Want(200).Is("jobs", 0)
		c.Post("/v1/deliveries/{}/pickup", nil, job).Problem(409, "wrong_state")

		// Both at once: either it is cancelled or it is on its way.
		for range 8 {
			job, order := w.job(1)
			c.Post("/v1/deliveries/{}/claim", nil, job).Want(200)
			var all sync.WaitGroup
			var got asks
			all.Go(func() {
				a, err := c.Try("POST", "/v1/deliveries/"+job+"/pickup", nil)
				got.note(t, a, err)
			})
			all.Go(func() {
				a, err := w.buyer.Try("POST", "/v1/orders/"+order+"/cancel", nil)
				got.note(t, a, err)
			})
			all.Wait()
			if got.codes["ok"] != 1 || got.codes["wrong_state"] != 1 {
				t.Errorf("%v", got.codes)
			}
			if w.buyer.Get("/v1/orders/", order).Str("state") == "shipped" {
				c.Post("/v1/deliveries/{}/fail", M{"reason": "refused"}, job).Want(200)
				c.Post("/v1/deliveries/{}/return", nil, job).Want(200).Is("state", "returned")
				w.buyer.Get("/v1/orders/", order).Want(200).Is("state", "returning")
			}
		}
		c.Get("/v1/couriers/me").Want(200).Is("jobs", 0)
	})
}

// A courier without verified, valid documents is told what is missing.
func TestUnfitCouriers(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		w := newTown(m)
		job, _ := w.job(1)
		c := m.Person("courier")
		id := c.Get("/v1/couriers/me").Want(200).Is("state", "unverified").Is("share", "90").Str("id")
		c.Post("/v1/deliveries/{}/claim", nil, job).Problem(403, "courier_unverified")
		c.Patch("/v1/couriers/me", M{"available": true}).Problem(403, "courier_unverified")
		w.admin.Post("/v1/couriers/{}/verify", nil, id).Problem(409, "documents_missing").Is("details.missing.0", "identity")
		c.Patch("/v1/couriers/me", M{"vehicle": "motorcycle", "capacity": 20_000}).Want(200)
		c.Post("/v1/couriers/me/documents", M{"kind": "identity", "number": "1", "expires_at": apptest.Start.AddDate(-1, 0, 0)}).Problem(422, "document_expired")
		c.Post("/v1/couriers/me/documents", M{"kind": "identity", "number": "1", "expires_at": apptest.Start.AddDate(0, 0, 5)}).Want(201)
		w.admin.Post("/v1/couriers/{}/verify", nil, id).Problem(409, "documents_missing").Is("details.missing.0", "license")
		w.admin.Post("/v1/couriers/{}/reject", M{"reason": "cannot be read"}, id).Want(200).Is("documents.0.state", "rejected")
		for _, kind := range []string{"identity", "license"} {
			c.Post("/v1/couriers/me/documents", M{"kind": kind, "number": "1", "expires_at": apptest.Start.AddDate(0, 0, 5)}).Want(201)
		}
		w.admin.Post("/v1/couriers/{}/verify", nil, id).Want(200).Is("state", "verified").Is("fit", true)
		c.Patch("/v1/couriers/me", M{"plate": "BA-2"}).Want(200).Is("state", "unverified")
		w.admin.Post("/v1/couriers/{}/verify", nil, id).Want(200)
		w.admin.Post("/v1/couriers/{}/suspend", M{"reason": "complaints"}, id).Want(200)
		c.Post("/v1/deliveries/{}/claim", nil, job).Problem(403, "courier_suspended")
		w.admin.Post("/v1/couriers/{}/verify", nil, id).Want(200)
		m.Clock.Advance(6 * 24 * 3600 * 1e9)
		c = m.SignIn(c)
		c.Post("/v1/deliveries/{}/claim", nil, job).Problem(403, "documents_expired")
	})
}
