package delivery_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/haat-market/haat/internal/apptest"
	"github.com/haat-market/haat/internal/platform/db/dbtest"
)

// at says where a courier was seen just now, in millionths of a degree.
func (w *town) at(id string, lat, lng int64) {
	dbtest.Exec(w.T, w.DB, fmt.Sprintf("UPDATE couriers SET lat = %d, lng = %d, located_at = %d WHERE public_id = '%s'", lat, lng, w.Clock.Now().UnixMicro(), id))
}

// The market chooses who carries, and says why.
func TestAutoAssign(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		w := newTown(m)
		job, _ := w.job(1)
		w.admin.Post("/v1/deliveries/{}/auto-assign", nil, job).Problem(409, "nobody_to_assign").Is("details.reason", "no_courier")
		near, nearID := w.courier()
		_, farID := w.courier()
		_, lostID := w.courier()
		w.at(nearID, 27_715_400, 85_322_441) // 1 km east of the store
		w.at(farID, 27_715_400, 85_393_460)  // 8 km
		w.admin.Post("/v1/deliveries/{}/auto-assign", M{"dry_run": true}, job).Want(200).Is("courier.id", nearID)
		w.admin.Get("/v1/deliveries/", job).Want(200).Is("state", "available")
		w.admin.Post("/v1/deliveries/{}/auto-assign", M{"vehicle": "truck"}, job).Problem(409, "nobody_to_assign").Is("details.suggestion", "Leave the vehicle out.")
		w.admin.Post("/v1/deliveries/{}/auto-assign", M{"weights": M{}}, job).Problem(422, "weights_invalid")
		a := w.admin.Post("/v1/deliveries/{}/auto-assign", nil, job).Want(200).Is("courier.id", nearID).Is("score.distance", 93).Is("score.rating", 80).Is("score.capacity", 99).
			Is("score.workload", 100).Is("score.total", 93).Is("alternatives.0.courier", farID).Is("alternatives.1.courier", lostID).Is("alternatives.1.added_m", nil)
		if d := a.At("added_m").(float64); d < 990 || d > 1010 {
			t.Errorf("%v m to the pickup", d)
		}
		near.Get("/v1/deliveries/", job).Want(200).Is("state", "assigned")
		w.admin.Post("/v1/deliveries/{}/auto-assign", nil, job).Want(200).Is("courier.id", farID) // to the best of the others
		w.admin.Get("/v1/events?subject=", job).Want(200)
		near.Get("/v1/couriers/me").Want(200).Is("jobs", 0)

		heavy, _ := w.job(160) // 40 kg
		w.admin.Post("/v1/deliveries/{}/auto-assign", nil, heavy).Problem(409, "nobody_to_assign").Is("details.reason", "over_capacity").Is("details.most_free_capacity", 30_000)
		light, _ := w.job(1)
		w.admin.Post("/v1/deliveries/bulk", M{"operation": "priority", "deliveries": []string{light}, "priority": "urgent"}).Want(200).Is("changed", 1)
		w.admin.Post("/v1/deliveries/auto-assign", M{"priority": "high"}).Want(200).Is("summary.processed", 0)
		w.admin.Post("/v1/deliveries/auto-assign", M{"deliveries": []string{light, "dlv_none"}}).Problem(404, "delivery_not_found")
		r := w.admin.Post("/v1/deliveries/auto-assign", M{"limit": 10, "time_range_hours": 24}).Want(200).Is("summary.processed", 2).Is("summary.assigned", 1).Is("summary.failed", 1).
			Is("assignments.0.delivery", light).Is("failures.0.delivery", heavy).Is("failures.0.reason", "over_capacity").Is("failures.0.package_weight", 40_000)
		r.Is("assignments.0.courier.id", nearID)
		w.admin.Post("/v1/deliveries/auto-assign", M{"deliveries": []string{light}}).Want(200).Is("failures.0.reason", "changed")
	})
}

// What is to be picked up later waits, whoever is too far is not asked, and everybody who is busy is busy.
func TestAutoAssignFilters(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		w := newTown(m)
		late := w.store.Owner.Post("/v1/deliveries", M{"order": w.order(1), "requested_pickup_at": m.Clock.Now().Add(48 * time.Hour)}).Want(201).Str("id")
		c, id := w.courier()
		w.at(id, 28_209_600, 83_985_600) // Pokhara
		w.admin.Post("/v1/deliveries/auto-assign", M{"time_range_hours": 24}).Want(200).Is("summary.processed", 0)
		w.admin.Post("/v1/deliveries/auto-assign", nil).Problem(400, "body_required")
		w.admin.Post("/v1/deliveries/auto-assign", M{}).Want(200).Is("failures.0.reason", "too_far")
		m.Clock.Advance(time.Hour) // nobody knows any more where he is
		w.admin, w.buyer, w.store.Owner, c = m.SignIn(w.admin), m.SignIn(w.buyer), m.SignIn(w.store.Owner), m.SignIn(c)
		w.admin.Post("/v1/deliveries/auto-assign", M{}).Want(200).Is("assignments.0.delivery", late).Is("assignments.0.added_m", nil)
		for range 4 {
			w.job(1)
		}
		w.admin.Post("/v1/deliveries/auto-assign", M{}).Want(200).Is("summary.assigned", 4)
		w.job(1)
		w.admin.Post("/v1/deliveries/auto-assign", M{}).Want(200).Is("failures.0.reason", "all_busy")
		c.Patch("/v1/couriers/me", M{"available": false}).Want(200)
		w.admin.Post("/v1/deliveries/auto-assign", M{}).Want(200).Is("failures.0.reason", "no_courier")
	})
}

// Plans, claims and assignments by hand at once: nobody has more than he may, and each job one courier.
func TestPlansAtOnce(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		w := newTown(m)
		var jobs []string
		for i := range 24 {
			id, _ := w.job(1 + i%3*20) // up to 10 kg
			jobs = append(jobs, id)
		}
		var couriers []*apptest.Client
		var ids []string
		for range 4 {
			c, id := w.courier()
			w.at(id, 27_715_000, 85_312_000)
			couriers, ids = append(couriers, c), append(ids, id)
		}
		var all sync.WaitGroup
		for range 3 {
			all.Go(func() {
				if a, err := w.admin.Try("POST", "/v1/deliveries/auto-assign", M{}); err != nil || a.Status != 200 {
					t.Errorf("%v %v", a, err)
				}
			})
		}
		for i, c := range couriers {
			for _, job := range jobs[i*6 : i*6+6] {
				all.Go(func() { _, _ = c.Try("POST", "/v1/deliveries/"+job+"/claim", nil) })
			}
			all.Go(func() {
				a, err := w.admin.Try("POST", "/v1/deliveries/bulk", M{"operation": "assign", "courier": ids[i], "deliveries": jobs[:8]})
				if err != nil || a.Status != 200 {
					t.Errorf("%v %v", a, err)
				}
			})
		}
		all.Wait()
		for _, c := range couriers {
			a := c.Get("/v1/couriers/me").Want(200)
			if a.At("jobs").(float64) > 5 || a.At("load").(float64) > 30_000 {
				t.Errorf("%s", a.Body)
			}
		}
	})
}

// One thing with many deliveries has a result for each; the board finds what is late.
func TestBulkAndBoard(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		w := newTown(m)
		one, _ := w.job(1)
		two, _ := w.job(1)
		three, order := w.job(1)
		c, id := w.courier()
		w.admin.Post("/v1/deliveries/bulk", M{"operation": "assign", "deliveries": []string{one}}).Problem(422, "bulk_incomplete")
		w.admin.Post("/v1/deliveries/bulk", M{"operation": "assign", "courier": "cou_none", "deliveries": []string{one}}).Problem(404, "courier_not_found")
		w.admin.Post("/v1/deliveries/bulk", M{"operation": "assign", "courier": id, "deliveries": []string{one, "dlv_none", three}}).Want(200).Is("changed", 2).Is("refused", 1).
			Is("results.1.code", "delivery_not_found")
		c.Post("/v1/deliveries/{}/pickup", nil, three).Want(200)
		w.admin.Post("/v1/deliveries/bulk", M{"operation": "cancel", "note": "rain", "deliveries": []string{one, two, three}}).Want(200).Is("changed", 2).
			Is("results.2.code", "wrong_state").Is("results.2.state", "picked_up")
		w.admin.Post("/v1/deliveries/bulk", M{"operation": "unassign", "deliveries": []string{two}}).Want(200).Is("results.0.code", "wrong_state")
		w.admin.Post("/v1/deliveries/bulk", M{"operation": "priority", "priority": "high", "deliveries": []string{one, three}}).Want(200).Is("changed", 1).Is("results.0.state", "cancelled")
		c.Post("/v1/deliveries/bulk", M{"operation": "cancel", "deliveries": []string{three}}).Problem(403, "forbidden")

		list := func(query string) *apptest.Answer { return w.admin.Get("/v1/deliveries?all=true&", query).Want(200) }
		count := func(query string, n int) {
			t.Helper()
			if a := list(query); a.Len("items") != n {
				t.Errorf("%s: %s", query, a.Body)
			}
		}
		number := w.admin.Get("/v1/deliveries/", three).Str("tracking_number")
		count("late=true", 0)
		count("q="+number, 1)
		count("q="+order, 1)
		count("q=ASHA%20rai", 3)
		count("q=asha&state=cancelled", 2)
		count("q=asha&state=cancelled&store="+w.store.ID, 2)
		count("q=nobody", 0)
		count("courier="+id+"&store="+w.store.ID+"&q=patan", 2)
		m.Clock.Advance(5 * time.Hour)
		w.admin = m.SignIn(w.admin)
		count("late=true&courier="+id, 1)
		count("stuck=true", 0)
		m.Clock.Advance(3 * time.Hour)
		w.admin = m.SignIn(w.admin)
		count("stuck=true&state=picked_up&q="+number, 1)
		count("late=true&courier="+id+"&store="+w.store.ID+"&state=picked_up&q=thamel", 0)
		count("late=true&courier="+id+"&store="+w.store.ID+"&state=picked_up&q=kathmandu", 1)
		m.SignIn(w.store.Owner).Get("/v1/deliveries?late=true&store=", w.store.ID).Want(200).Is("items.0.id", three)
	})
}
