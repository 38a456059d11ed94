package delivery_test

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"strings"
	"testing"

	"github.com/haat-market/haat/internal/apptest"
)

// photo is a JPEG with a note in it that says where it was taken.
func photo(shade uint8) []byte {
	img := image.NewRGBA(image.Rect(0, 0, 80, 60))
	for i := range img.Pix {
		img.Pix[i] = shade
	}
	img.Set(1, 1, color.White)
	var out bytes.Buffer
	if err := jpeg.Encode(&out, img, nil); err != nil {
		panic(err)
	}
	raw := out.Bytes()
	note := "Exif\x00\x00GPS 27.6727 85.3252"
	return append(append([]byte{0xff, 0xd8, 0xff, 0xe1, 0, byte(len(note) + 2)}, note...), raw[2:]...)
}

// A photo and a signature stand for the PIN where the market says so, and for nobody but those whom it concerns.
func TestPictures(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		w := newTown(m)
		ram, _ := w.courier()
		id := w.order(1)
		job := w.store.Owner.Post("/v1/deliveries", M{"order": id, "requires_signature": true}).Want(201).Is("requires_signature", true).Str("id")
		send := func(c *apptest.Client, kind, event string, file []byte) *apptest.Answer {
			return c.With("Content-Type", "image/jpeg").Post("/v1/deliveries/{}/pictures?kind="+kind+"&event="+event, file, job)
		}
		send(ram, "photo", "p0", photo(10)).Problem(404, "delivery_not_found")
		ram.Post("/v1/deliveries/{}/claim", nil, job).Want(200)
		ram.Post("/v1/deliveries/{}/pickup", nil, job).Want(200)
		pin, _ := w.proof(id)
		ram.Post("/v1/deliveries/{}/deliver", M{"pin": pin}, job).Problem(422, "signature_required")
		send(w.store.Owner, "photo", "p1", photo(10)).Problem(403, "not_your_part")
		send(ram, "photo", "p1", []byte("no picture at all")).Problem(422, "not_a_picture")
		send(ram, "photo", "p1", photo(10)).Want(204)
		send(ram, "photo", "p1", photo(10)).Want(204) // sent again
		send(ram, "signature", "p1", photo(20)).Problem(409, "event_reused")
		send(ram, "signature", "p2", photo(20)).Want(204)

		// The market wants the PIN, until an admin says otherwise.
		ram.Post("/v1/deliveries/{}/deliver", M{}, job).Problem(422, "proof_required")
		w.admin.Patch("/v1/settings", M{"delivery_proof": "photo"}).Want(200).Is("delivery_proof", "photo")
		ram.Post("/v1/deliveries/{}/deliver", M{}, job).Want(200).Is("state", "delivered").Is("proof", "photo")

		h := ram.Get("/v1/deliveries/", job, "/events").Want(200)
		last := h.Len("items") - 1
		if last != 5 { // made, claimed, picked up, photo, signature, delivered
			t.Errorf("history %s", h.Body)
		}
		path := h.Str("items.5.photo_path")
		for name, c := range map[string]*apptest.Client{"the buyer": w.buyer, "the store": w.store.Owner, "the courier": ram, "an admin": w.admin} {
			a := c.Get(path).Want(200)
			if strings.Contains(string(a.Body), "GPS") || !bytes.HasPrefix(a.Body, []byte{0xff, 0xd8}) {
				t.Errorf("%s sees another file than a picture painted anew", name)
			}
		}
		sita, _ := w.courier()
		for _, c := range []*apptest.Client{sita, m.Person("customer"), m.Store().Owner} {
			c.Get(path).Problem(404, "delivery_not_found")
		}
		w.buyer.Get("/v1/deliveries/", job, "/pictures/nothing.jpg").Problem(404, "picture_not_found")

		// Nothing at all is enough where the market says so.
		w.admin.Patch("/v1/settings", M{"delivery_proof": "optional"}).Want(200)
		other, _ := w.job(1)
		ram.Post("/v1/deliveries/{}/claim", nil, other).Want(200)
		ram.Post("/v1/deliveries/{}/pickup", nil, other).Want(200)
		ram.Post("/v1/deliveries/{}/deliver", M{}, other).Want(200).Is("proof", "none")
		for n := range 10 {
			ram.With("Content-Type", "image/jpeg").Post("/v1/deliveries/{}/pictures?kind=photo", photo(uint8(n)), other).Want(204)
		}
		ram.With("Content-Type", "image/jpeg").Post("/v1/deliveries/{}/pictures?kind=photo", photo(99), other).Problem(409, "too_many_pictures")
		w.admin.Patch("/v1/settings", M{"delivery_proof": "never"}).Want(422)
	})
}

// A store sees with each of its sales what carries it, and carries itself what no courier does.
func TestSales(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		w := newTown(m)
		job, carried := w.job(1)
		own := w.order(2)
		ram, _ := w.courier()
		ram.Post("/v1/deliveries/{}/claim", nil, job).Want(200)
		sales := func() *apptest.Answer { return w.store.Owner.Get("/v1/stores/", w.store.ID, "/sales").Want(200) }
		sales().Is("items.0.id", own).Is("items.0.own_delivery", true).Is("items.0.may_ask_courier", true).
			Is("items.1.id", carried).Is("items.1.own_delivery", false).Is("items.1.delivery.id", job).Is("items.1.delivery.state", "assigned")
		w.store.Owner.Post("/v1/orders/{}/ship", nil, own).Want(200)
		w.store.Owner.Post("/v1/orders/{}/deliver", nil, own).Want(200)
		w.store.Owner.Post("/v1/orders/{}/deliver", nil, carried).Want(409)
		w.store.Owner.Get("/v1/stores/", w.store.ID, "/sales?state=delivered").Want(200).Is("items.0.id", own).Is("items.0.may_ask_courier", false)
		w.buyer.Get("/v1/stores/", w.store.ID, "/sales").Want(404)
	})
}
