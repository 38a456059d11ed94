package catalog_test

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"mime/multipart"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/haat-market/haat/internal/apptest"
	"github.com/haat-market/haat/internal/platform/db/dbtest"
)

// photo is a picture of one colour, as a PNG file.
func photo(t testing.TB, w, h int, shade uint8) string {
	t.Helper()
	img := image.NewGray(image.Rect(0, 0, w, h))
	for i := range img.Pix {
		img.Pix[i] = shade
	}
	img.SetGray(0, 0, color.Gray{255 - shade})
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func sendImage(c *apptest.Client, product, query, file string) *apptest.Answer {
	return c.With("Content-Type", "image/png").Send("POST", "/v1/products/"+product+"/images"+query, file)
}

func TestImagesOfAProduct(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		s := m.Store()
		product, variant := s.Product("Lamp", "10.00", 5)
		nobody := m.Anonymous()
		nobody.Get("/v1/products/", product).Want(200).Is("images", []any{})
		nobody.Get("/v1/products").Want(200).Is("items.0.image", nil)

		first := sendImage(s.Owner, product, "?alt=A+lamp", photo(t, 800, 400, 10)).Want(201).
			Is("alt", "A lamp").Is("position", 1).Is("width", 800).Is("height", 400).Is("sizes.0.width", 160)
		if first.Len("sizes") != 3 {
			t.Errorf("%s", first.Body)
		}
		var form bytes.Buffer
		w := multipart.NewWriter(&form)
		part, err := w.CreateFormFile("file", "lamp.png")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := part.Write([]byte(photo(t, 100, 100, 20))); err != nil {
			t.Fatal(err)
		}
		if err := w.WriteField("alt", "From behind"); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		second := s.Owner.With("Content-Type", w.FormDataContentType()).Send("POST", "/v1/products/"+product+"/images", form.String()).Want(201).
			Is("alt", "From behind").Is("position", 2)
		one, two := first.Str("id"), second.Str("id")

		// Everybody sees them, with the cover in lists and carts.
		got := nobody.Get("/v1/products/", product).Want(200).Is("images.0.id", one).Is("images.1.id", two).Is("variants.0.image", nil)
		nobody.Open(got.Str("images.0.sizes.1.url")).Want(200)
		nobody.Open(got.Str("images.0.url")).Want(200)
		nobody.Get("/v1/products").Want(200).Is("items.0.image.url", first.Str("url"))
		s.Owner.Get("/v1/stores/", s.ID, "/products").Want(200).Is("items.0.image.url", first.Str("url"))
		nobody.Get("/v1/products/", product, "/images").Want(200).Is("items.1.id", two)

		// They are put in another order, one by one or all at once, and described anew.
		s.Owner.Patch("/v1/products/{}/images/{}", M{"position": 1, "alt": "Behind"}, product, two).Want(200).Is("position", 1).Is("alt", "Behind")
		nobody.Get("/v1/products").Want(200).Is("items.0.image.url", second.Str("url"))
		s.Owner.Patch("/v1/products/{}/images/{}", M{"position": 100}, product, two).Want(200).Is("position", 2)
		s.Owner.Put("/v1/products/{}/images/order", M{"images": []string{two, one}}, product).Want(200).Is("items.0.id", two)
		for _, bad := range [][]string{{one}, {one, one}, {}, {one, two, one}} {
			s.Owner.Put("/v1/products/{}/images/order", M{"images": bad}, product).Problem(422, "invalid_image")
		}
		s.Owner.Put("/v1/products/{}/images/order", M{"images": []string{one, "img_x"}}, product).Problem(404, "image_not_found")

		// A variant has one of its own.
		s.Owner.Put("/v1/variants/{}/image", M{"image": one}, variant).Want(200).Is("image", one)
		s.Owner.Put("/v1/variants/{}/image", M{"image": "img_x"}, variant).Problem(422, "invalid_image")
		buyer, address := m.Buyer()
		buyer.Post("/v1/cart/lines", M{"variant": variant, "quantity": 1}).Want(201)
		buyer.Get("/v1/cart").Want(200).Is("lines.0.image.url", first.Str("url"))
		m.Fund(buyer, 10_000)
		order := buyer.Post("/v1/checkouts", M{"address_id": address, "payment_method": "wallet", "expected_total": "10.00"}).Want(201).Str("orders.0.id")

		// What was sold looks as it did, whatever becomes of the product's images.
		s.Owner.Delete("/v1/products/", product, "/images/", one).Want(204)
		s.Owner.Delete("/v1/products/", product, "/images/", one).Problem(404, "image_not_found")
		nobody.Get("/v1/products/", product).Want(200).Is("images.0.id", two).Is("images.1", nil).Is("variants.0.image", nil)
		m.Clock.Advance(30 * 24 * time.Hour)
		m.Sweep("blob.unused")
		m.Clock.Advance(30 * 24 * time.Hour)
		m.Sweep("blob.trash")
		buyer = m.SignIn(buyer)
		frozen := buyer.Get("/v1/orders/", order).Want(200).Is("lines.0.image.url", first.Str("url"))
		nobody.Open(frozen.Str("lines.0.image.url")).Want(200)
	})
}

func TestImagesThatAreRefused(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		s := m.Store()
		product, variant := s.Product("Lamp", "10.00", 5)
		other, _ := s.Product("Chair", "10.00", 5)
		for name, file := range map[string]string{
			"SVG": `<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`, "HTML": "<html><script>", "GIF": "GIF89a....",
		} {
			sendImage(s.Owner, product, "", file).Problem(422, "not_a_picture")
			_ = name
		}
		sendImage(s.Owner, product, "", photo(t, 50, 50, 1)[:60]).Problem(422, "picture_damaged")
		sendImage(s.Owner, product, "", "").Problem(400, "body_required")
		sendImage(s.Owner, product, "", strings.Repeat("x", 11<<20)).Problem(413, "body_too_large")
		s.Owner.With("Content-Type", "text/html").Send("POST", "/v1/products/"+product+"/images", photo(t, 5, 5, 1)).Problem(415, "unsupported_media_type")
		s.Owner.With("Content-Type", "multipart/form-data; boundary=x").Send("POST", "/v1/products/"+product+"/images", "--x--").Problem(400, "malformed_form")
		sendImage(s.Owner, product, "?alt="+strings.Repeat("x", 501), photo(t, 5, 5, 1)).Want(422)

		// Sent twice, without and with a key.
		file := photo(t, 50, 50, 9)
		keyed := s.Owner.Key("an-image-0000000001")
		id := sendImage(keyed, product, "", file).Want(201).Str("id")
		sendImage(keyed, product, "", file).Want(201).Is("id", id)
		sendImage(s.Owner, product, "", file).Problem(409, "image_exists")
		foreign := sendImage(s.Owner, other, "", file).Want(201).Str("id")
		s.Owner.Put("/v1/variants/{}/image", M{"image": foreign}, variant).Problem(422, "invalid_image")
		s.Owner.Patch("/v1/products/{}/images/{}", M{"alt": "x"}, product, foreign).Problem(404, "image_not_found")

		// A stranger learns nothing, also not by what he sends.
		stranger := m.Store().Owner
		sendImage(stranger, product, "", "<svg/>").Problem(404, "product_not_found")
		stranger.Delete("/v1/products/", product, "/images/", id).Problem(404, "product_not_found")

		s.Owner.Delete("/v1/products/", other).Want(204)
		sendImage(s.Owner, other, "", photo(t, 50, 50, 7)).Problem(409, "product_state")
	})
}

// Many at once stay within the bound, and one picture sent many times at once is there once.
func TestManyImagesAtOnce(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		s := m.Store()
		product, _ := s.Product("Lamp", "10.00", 5)
		files := make([]string, 54)
		for i := range files {
			files[i] = photo(t, 4, 4, uint8(4*i))
		}
		copy(files[50:], files[:4])
		var all sync.WaitGroup
		var mu sync.Mutex
		got := map[int]int{}
		for _, file := range files {
			all.Go(func() {
				a, err := s.Owner.With("Content-Type", "image/png").Try("POST", "/v1/products/"+product+"/images", file)
				mu.Lock()
				defer mu.Unlock()
				if err != nil {
					t.Error(err)
					return
				}
				got[a.Status]++
			})
		}
		all.Wait()
		for status := range got {
			if status != http.StatusCreated && status != http.StatusConflict && status != http.StatusServiceUnavailable {
				t.Errorf("%v", got)
			}
		}
		n := m.Anonymous().Get("/v1/products/", product).Want(200).Len("images")
		if n != got[http.StatusCreated] || n > 50 || n < 10 {
			t.Errorf("%d images, %v", n, got)
		}
		for i := n; i < 50; i++ {
			sendImage(s.Owner, product, "", photo(t, 5, 5, uint8(i))).Want(201)
		}
		sendImage(s.Owner, product, "", photo(t, 6, 6, 1)).Problem(409, "too_many_images")
	})
}

func TestVerifySeesAWrongCover(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		s := m.Store()
		product, variant := s.Product("Lamp", "10.00", 5)
		sendImage(s.Owner, product, "", photo(t, 50, 50, 9)).Want(201)
		chair, _ := s.Product("Chair", "10.00", 5)
		foreign := sendImage(s.Owner, chair, "", photo(t, 50, 50, 9)).Want(201).Str("id")
		dbtest.Exec(t, m.DB, "UPDATE listings SET image = '' WHERE public_id = '"+product+"'")
		dbtest.Exec(t, m.DB, fmt.Sprintf("INSERT INTO variant_images (variant_id, image_id) SELECT v.id, i.id FROM variants v, product_images i WHERE v.public_id = '%s' AND i.public_id = '%s'", variant, foreign))
		found := m.Findings()
		if len(found) != 1 || found[0].Rule != "catalog.images" || found[0].Count != 2 {
			t.Errorf("%v", found)
		}
		dbtest.Exec(t, m.DB, "UPDATE listings SET image = (SELECT i.image FROM product_images i JOIN products p ON p.id = i.product_id WHERE p.public_id = '"+product+"') WHERE public_id = '"+product+"'")
		dbtest.Exec(t, m.DB, "DELETE FROM variant_images")
	})
}
