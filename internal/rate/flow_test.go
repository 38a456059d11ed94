package rate_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/haat-market/haat/internal/apptest"
	"github.com/haat-market/haat/internal/platform/db/dbtest"
)

type M = apptest.M

// A household finds what its newspaper is worth at its PIN code, and who pays most (source K, chapter 2).
func TestRates(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		admin := m.Person("admin")
		m.India(admin)
		newspaper, copper := m.Material(admin, "Newspaper", "kg", "5"), m.Material(admin, "Copper wire", "kg", "18")
		ravi, green := m.Dealer("110024", "110001"), m.Dealer("110 024")
		anyone := m.Anonymous()

		id := ravi.Rate(newspaper, "110024", "15.00")
		ravi.Rate(copper, "110024", "650")
		green.Rate(newspaper, "110024", "16.50")
		ravi.Owner.Post("/v1/stores/{}/rates", M{"material": newspaper, "postal_code": "110024", "price": "20"}, ravi.ID).Problem(409, "rate_taken")
		ravi.Owner.Post("/v1/stores/{}/rates", M{"material": newspaper, "postal_code": "560001", "price": "20"}, ravi.ID).Problem(422, "invalid_rate").
			Is("errors.0.code", "postal_code_not_served")

		anyone.Get("/v1/rates?postal_code=110024&material=", newspaper).Want(200).Is("items.0.price", "16.50").Is("items.0.store.id", green.ID).
			Is("items.1.price", "15.00").Is("items.1.material.unit", "kg").Is("items.1.currency", "INR").Is("items.1.material.tax_rate", "5")
		anyone.Get("/v1/rates?postal_code=110024&limit=1").Want(200).Is("items.0.price", "650.00")
		a := anyone.Get("/v1/rates/summary?postal_code=110024").Want(200).Is("dealers", 2).Is("place.state", "Delhi").
			Is("materials.0.dealers", 2).Is("materials.0.best_price", "16.50").Is("materials.0.lowest_price", "15.00")
		if a.Len("materials") != 2 {
			t.Errorf("%s", a.Body)
		}
		if a := anyone.Get("/v1/rates?postal_code=110001").Want(200); a.Len("items") != 0 {
			t.Errorf("%s", a.Body)
		}

		// The document's update: 15 becomes 18; another's rate is nobody's.
		ravi.Owner.Patch("/v1/rates/{}", M{"price": "18.00"}, id).Want(200).Is("price", "18.00")
		green.Owner.Patch("/v1/rates/{}", M{"price": "1.00"}, id).Problem(404, "rate_not_found")
		green.Owner.Delete("/v1/rates/", id).Problem(404, "rate_not_found")
		anyone.Get("/v1/rates?postal_code=110024&material=", newspaper).Want(200).Is("items.0.store.id", ravi.ID)
		ravi.Owner.Get("/v1/stores/", ravi.ID, "/rates/history?rate=", id).Want(200).Is("items.0.old_price", "15.00").Is("items.0.new_price", "18.00").
			Is("items.1.old_price", nil)

		// Copied to another postal code, then replaced whole by a file.
		ravi.Owner.Post("/v1/stores/{}/rates/copy", M{"from": "110024", "to": []string{"110001"}}, ravi.ID).Want(200).Is("added", 2)
		ravi.Owner.Post("/v1/stores/{}/rates/copy", M{"from": "110024", "to": []string{"110001"}}, ravi.ID).Want(200).Is("added", 0).Is("kept", 2)
		ravi.Owner.Post("/v1/stores/{}/rates/copy", M{"from": "110024", "to": []string{"400001"}}, ravi.ID).Problem(409, "postal_code_not_served")
		file := string(ravi.Owner.Get("/v1/stores/", ravi.ID, "/rates.csv").Want(200).Body)
		if strings.Count(file, "\n") != 5 {
			t.Errorf("%s", file)
		}
		csv := ravi.Owner.With("Content-Type", "text/csv")
		csv.Put("/v1/stores/{}/rates.csv", strings.Replace(file, "18.00", "19.25", 1), ravi.ID).Want(200).Is("changed", 1).Is("kept", 3).Is("removed", 0)
		csv.Put("/v1/stores/{}/rates.csv", "material,postal_code,price\n"+newspaper+",110024,-4\n", ravi.ID).Problem(422, "invalid_rate").Is("errors.0.path", "line.2.price")
		csv.Put("/v1/stores/{}/rates.csv", "name,price\nx,1\n", ravi.ID).Problem(422, "invalid_rate_file")
		ravi.Owner.Put("/v1/stores/{}/rates", M{"rates": []M{{"material": newspaper, "postal_code": "110024", "price": "17"}}}, ravi.ID).Want(200).
			Is("removed", 3).Is("changed", 1)

		// Nearby: Lajpat Nagar and Connaught Place are a few kilometres apart.
		anyone.Get("/v1/rates/near?postal_code=110001&metres=15000&material=", newspaper).Want(200).Is("items.0.price", "17.00")
		anyone.Get("/v1/rates/near?postal_code=999999&material=", newspaper).Problem(404, "postal_code_unknown")

		// Gone from view with the store, the area and the material, and back with them.
		shown := func(n int) {
			t.Helper()
			if a := anyone.Get("/v1/rates?postal_code=110024&material=", newspaper).Want(200); a.Len("items") != n {
				t.Errorf("%d shown, want %d: %s", a.Len("items"), n, a.Body)
			}
			m.Verify()
		}
		ravi.Owner.Post("/v1/stores/{}/unpublish", nil, ravi.ID).Want(200)
		shown(1)
		ravi.Owner.Post("/v1/stores/{}/publish", nil, ravi.ID).Want(200)
		shown(2)
		ravi.Owner.Put("/v1/stores/{}/service-areas", M{"postal_codes": []string{"110001"}}, ravi.ID).Want(200)
		shown(1)
		ravi.Owner.Put("/v1/stores/{}/service-areas", M{"postal_codes": []string{"110024"}}, ravi.ID).Want(200)
		shown(2)
		admin.Delete("/v1/materials/", newspaper).Want(204)
		shown(0)
		ravi.Owner.Post("/v1/stores/{}/unpublish", nil, ravi.ID).Want(200)
		ravi.Owner.Post("/v1/stores/{}/publish", nil, ravi.ID).Want(200)
		shown(0)
		admin.Patch("/v1/materials/{}", M{"active": true}, newspaper).Want(200)
		shown(2)
	})
}

func TestServedPostalCodes(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		admin := m.Person("admin")
		m.India(admin)
		d := m.Dealer("110001")
		put := func(codes ...string) *apptest.Answer {
			return d.Owner.Put("/v1/stores/{}/service-areas", M{"postal_codes": codes}, d.ID)
		}
		six := []string{"110001", "110002", "110003", "110005", "110006", "110007"}
		put(six[:5]...).Want(200).Is("limit", 5).Is("items.0.state", "Delhi")
		put(six...).Problem(409, "too_many_areas").Is("details.limit", 5)
		put("011002").Problem(422, "invalid_areas")
		put("11000a", "").Problem(422, "invalid_areas")

		ask := d.Owner.Post("/v1/stores/{}/area-requests", M{"wanted": 11, "reason": "A second van."}, d.ID).Want(201).Is("state", "pending").Str("id")
		d.Owner.Post("/v1/stores/{}/area-requests", M{"wanted": 7}, d.ID).Problem(409, "area_request_pending")
		d.Owner.Post("/v1/area-requests/{}/approve", M{}, ask).Problem(403, "forbidden")
		admin.Get("/v1/area-requests").Want(200).Is("items.0.id", ask)
		admin.Post("/v1/area-requests/{}/approve", M{"note": "Good."}, ask).Want(200).Is("state", "approved")
		admin.Post("/v1/area-requests/{}/reject", M{}, ask).Problem(409, "area_request_state")
		put(six...).Want(200).Is("limit", 11)
		d.Owner.Get("/v1/area-requests?store=", d.ID).Want(200).Is("items.0.note", "Good.")
		d.Owner.Get("/v1/area-requests").Problem(403, "forbidden")

		m.Anonymous().Get("/v1/postal-codes/411004").Want(200).Is("district", "Pune").Is("state", "Maharashtra")
		m.Anonymous().Get("/v1/postal-codes/41100").Problem(422, "invalid_postal_code")
		m.Anonymous().Get("/v1/postal-codes/999999").Problem(404, "postal_code_unknown")
		m.Anonymous().Get("/v1/stores/", d.ID, "/service-areas").Want(200).Is("items.5.postal_code", "110007")
	})
}

// Of many who set the same price at once, one does.
func TestOneRateForOnePlace(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		admin := m.Person("admin")
		m.India(admin)
		paper := m.Material(admin, "Paper", "kg", "5")
		d := m.Dealer("110001")
		var mu sync.Mutex
		var wg sync.WaitGroup
		made := map[int]int{}
		for i := range 16 {
			wg.Go(func() {
				a, err := d.Owner.Try("POST", "/v1/stores/"+d.ID+"/rates", M{"material": paper, "postal_code": "110001", "price": fmt.Sprint(i + 1)})
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
		if made[201] != 1 || made[409] != 15 {
			t.Errorf("%v", made)
		}
	})
}

func TestVerifyFindsWrongRates(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		admin := m.Person("admin")
		m.India(admin)
		paper := m.Material(admin, "Paper", "kg", "5")
		m.Dealer("110001").Rate(paper, "110001", "9")
		dbtest.Exec(t, m.DB, "UPDATE rates SET offered = FALSE, price = 5")
		found := fmt.Sprint(m.Findings())
		for _, rule := range []string{"rate.prices", "rate.offers"} {
			if !strings.Contains(found, rule) {
				t.Errorf("%s finds nothing: %s", rule, found)
			}
		}
		dbtest.Exec(t, m.DB, "UPDATE rates SET offered = TRUE, price = 900")
	})
}

func TestMaterials(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		admin, anyone := m.Person("admin"), m.Anonymous()
		paper := admin.Post("/v1/categories", M{"name": "Paper", "slug": "paper"}).Want(201).Str("id")
		id := admin.Post("/v1/materials", M{"category": paper, "name": "Newspaper", "unit": "kg", "tax_rate": "5", "tax_code": "4707"}).Want(201).
			Is("category.slug", "paper").Is("tax_rate", "5").Is("active", true).Str("id")
		admin.Post("/v1/materials", M{"category": paper, "name": "NEWSPAPER", "unit": "kg"}).Problem(409, "material_taken")
		admin.Post("/v1/materials", M{"category": paper, "name": "Tin", "unit": "kg", "tax_rate": "101", "tax_code": "47"}).Problem(422, "invalid_material")
		admin.Post("/v1/materials", M{"category": "cat_0000000000000000", "name": "Tin", "unit": "kg"}).Problem(422, "invalid_material")
		admin.Post("/v1/materials", M{"category": paper, "name": "Cardboard box", "unit": "pcs"}).Want(201).Is("tax_rate", "0")
		anyone.Get("/v1/materials?q=news").Want(200).Is("items.0.id", id)
		if a := anyone.Get("/v1/materials?category=", paper).Want(200).Is("items.0.name", "Cardboard box"); a.Len("items") != 2 {
			t.Errorf("%s", a.Body)
		}
		admin.Patch("/v1/materials/{}", M{"name": "Old newspaper"}, id).Want(200).Is("name", "Old newspaper")
		admin.Delete("/v1/categories/", paper).Problem(409, "category_used")
		admin.Delete("/v1/materials/", id).Want(204)
		anyone.Get("/v1/materials?retired=true").Want(200).Is("items.0.id", id)
		m.Person("seller").Delete("/v1/materials/", id).Problem(403, "forbidden")
	})
}
