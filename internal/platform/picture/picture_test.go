package picture

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"strings"
	"sync"
	"testing"
	"time"
)

// quarters is a picture whose corners are red, green, blue and white, from the top left on clockwise.
func quarters(w, h int) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			c := color.RGBA{255, 0, 0, 255}
			switch {
			case x >= w/2 && y < h/2:
				c = color.RGBA{0, 255, 0, 255}
			case x >= w/2:
				c = color.RGBA{0, 0, 255, 255}
			case y >= h/2:
				c = color.RGBA{255, 255, 255, 255}
			}
			img.SetRGBA(x, y, c)
		}
	}
	return img
}

func asPNG(t testing.TB, img image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func asJPEG(t testing.TB, img image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: 95}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// withEXIF puts notes into a JPEG: how the camera was held, and where.
func withEXIF(file []byte, o orientation) []byte {
	exif := []byte("Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00GPS 27.7172 N 85.3240 E")
	exif[25] = byte(o)
	segment := binary.BigEndian.AppendUint16([]byte{0xff, 0xe1}, uint16(len(exif)+2))
	segment = append(segment, exif...)
	return append(append([]byte{0xff, 0xd8}, segment...), file[2:]...)
}

func corner(t *testing.T, img image.Image, right, low bool) string {
	t.Helper()
	b := img.Bounds()
	x, y := b.Min.X+b.Dx()/4, b.Min.Y+b.Dy()/4
	if right {
		x = b.Min.X + 3*b.Dx()/4
	}
	if low {
		y = b.Min.Y + 3*b.Dy()/4
	}
	r, g, bl, _ := img.At(x, y).RGBA()
	switch {
	case r > 0xc000 && g > 0xc000 && bl > 0xc000:
		return "white"
	case r > 0xc000:
		return "red"
	case g > 0xc000:
		return "green"
	case bl > 0xc000:
		return "blue"
	}
	return "?"
}

func corners(t *testing.T, data []byte) string {
	t.Helper()
	img, _, err := image.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join([]string{corner(t, img, false, false), corner(t, img, true, false), corner(t, img, true, true), corner(t, img, false, true)}, " ")
}

func TestPicturesAreTurnedUprightAndForgetWhereTheyWereTaken(t *testing.T) {
	file := asJPEG(t, quarters(64, 32))
	want := map[orientation]string{
		1: "red green blue white", 2: "green red white blue", 3: "blue white red green", 4: "white blue green red",
		5: "red white blue green", 6: "white red green blue", 7: "blue green red white", 8: "green blue white red",
	}
	for o, corners1 := range want {
		p, err := Make(t.Context(), withEXIF(file, o), Options{Widths: []int{16}})
		if err != nil {
			t.Fatal(err)
		}
		if got := corners(t, p.Data); got != corners1 {
			t.Errorf("orientation %d: %s, want %s", o, got, corners1)
		}
		if got := corners(t, p.Sizes[0].Data); got != corners1 {
			t.Errorf("orientation %d, small: %s, want %s", o, got, corners1)
		}
		if o >= 5 != (p.Width == 32 && p.Height == 64) {
			t.Errorf("orientation %d: %d × %d", o, p.Width, p.Height)
		}
		if bytes.Contains(p.Data, []byte("GPS")) || bytes.Contains(p.Data, []byte("Exif")) {
			t.Errorf("orientation %d: the notes are still there", o)
		}
	}
}

func TestSizes(t *testing.T) {
	p, err := Make(t.Context(), asPNG(t, quarters(3000, 1500)), Product)
	if err != nil {
		t.Fatal(err)
	}
	if p.Width != 2048 || p.Height != 1024 || p.Media != JPEG {
		t.Errorf("%d × %d, %s", p.Width, p.Height, p.Media)
	}
	for i, width := range Product.Widths {
		c, _, err := image.DecodeConfig(bytes.NewReader(p.Sizes[i].Data))
		if err != nil || c.Width != width || c.Height != width/2 {
			t.Errorf("%d is %d × %d, %v", width, c.Width, c.Height, err)
		}
		if got := corners(t, p.Sizes[i].Data); got != "red green blue white" {
			t.Errorf("%d: %s", width, got)
		}
	}
	if p, err := Make(t.Context(), asPNG(t, quarters(200, 1)), Product); err != nil || len(p.Sizes) != 1 || p.Sizes[0].Height != 1 {
		t.Errorf("%+v, %v: a picture is never enlarged, and never of no height", p.Sizes, err)
	}
}

func TestWhatCanBeSeenThroughStaysSo(t *testing.T) {
	img := image.NewNRGBA(image.Rect(0, 0, 400, 400))
	for i := range img.Pix {
		img.Pix[i] = 128
	}
	p, err := Make(t.Context(), asPNG(t, img), Product)
	if err != nil || p.Media != PNG {
		t.Fatal(p.Media, err)
	}
	small, err := png.Decode(bytes.NewReader(p.Sizes[0].Data))
	if err != nil {
		t.Fatal(err)
	}
	if _, _, _, a := small.At(10, 10).RGBA(); a>>8 != 128 {
		t.Errorf("alpha is %d", a>>8)
	}
}

// A 1 × 1 WebP, lossless.
const tinyWebP = "UklGRhoAAABXRUJQVlA4TA0AAAAvAAAAEAcQERGIiP4HAA=="

func webpFile(t testing.TB) []byte {
	t.Helper()
	b, err := base64.StdEncoding.DecodeString(tinyWebP)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestWebP(t *testing.T) {
	p, err := Make(t.Context(), webpFile(t), Product)
	if err != nil || p.Width != 1 || p.Height != 1 {
		t.Errorf("%+v, %v", p, err)
	}
}

func TestWhatIsNotAPicture(t *testing.T) {
	good := asJPEG(t, quarters(8, 8))
	for name, file := range map[string][]byte{
		"nothing":           nil,
		"SVG":               []byte(`<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`),
		"SVG with a header": []byte(`<?xml version="1.0"?><svg onload="alert(1)"/>`),
		"HTML":              []byte("<!doctype html><script>alert(1)</script>"),
		"GIF":               []byte("GIF89a/*<script>alert(1)</script>*/"),
		"PDF and JPEG":      append([]byte("%PDF-1.7\n"), good...),
		"HTML and JPEG":     append([]byte("<html>"), good...),
		"ZIP":               []byte("PK\x03\x04"),
		"text":              []byte("hello"),
	} {
		if _, err := Make(t.Context(), file, Product); !errors.Is(err, ErrNotPicture) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A file that is a picture and something else too loses the something else.
func TestNothingOfTheFileItselfIsKept(t *testing.T) {
	payload := "<script>alert(document.domain)</script>"
	comment := append([]byte{0xff, 0xfe, 0, byte(len(payload) + 2)}, payload...)
	plain := asJPEG(t, quarters(32, 32))
	for name, file := range map[string][]byte{
		"behind a JPEG":   append(bytes.Clone(plain), payload...),
		"comment in JPEG": append(append(bytes.Clone(plain[:2]), comment...), plain[2:]...),
		"behind a PNG":    append(asPNG(t, quarters(32, 32)), payload...),
		"ZIP behind it":   append(asPNG(t, quarters(32, 32)), []byte("PK\x03\x04"+payload)...),
	} {
		p, err := Make(t.Context(), file, Options{Widths: []int{16}})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for _, out := range append(p.Sizes, p.Image) {
			if bytes.Contains(out.Data, []byte("script")) || bytes.Contains(out.Data, []byte("PK\x03\x04")) {
				t.Errorf("%s: the payload is still there", name)
			}
		}
	}
}

// A few bytes that ask for gigabytes are refused before anything is decoded.
func TestBombs(t *testing.T) {
	for name, file := range map[string][]byte{
		"PNG":              hugePNG(50_000, 50_000, 8, 0),
		"deep PNG":         hugePNG(6_000, 6_000, 16, 0),
		"interlaced PNG":   hugePNG(6_300, 6_300, 8, 1),
		"JPEG":             hugeJPEG(0xc0, 65_000, 65_000),
		"progressive JPEG": hugeJPEG(0xc2, 6_300, 6_300),
		"WebP":             hugeWebP(16_383, 16_383),
	} {
		began := time.Now()
		_, err := Make(t.Context(), file, Product)
		if !errors.Is(err, ErrTooLarge) {
			t.Errorf("%s: %v", name, err)
		}
		if took := time.Since(began); took > time.Second {
			t.Errorf("%s took %v", name, took)
		}
	}
	lies := hugeWebP(100, 100)
	copy(lies[16:], "VP8X")
	if _, err := Make(t.Context(), lies, Product); !errors.Is(err, ErrDamaged) {
		t.Errorf("a WebP without a picture: %v", err)
	}
}

func hugePNG(w, h uint32, depth, interlaced byte) []byte {
	ihdr := binary.BigEndian.AppendUint32([]byte("IHDR"), w)
	ihdr = append(binary.BigEndian.AppendUint32(ihdr, h), depth, 6, 0, 0, interlaced)
	out := append([]byte("\x89PNG\r\n\x1a\n"), 0, 0, 0, 13)
	out = append(out, ihdr...)
	return binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(ihdr))
}

func hugeJPEG(marker byte, w, h uint16) []byte {
	out := []byte{0xff, 0xd8, 0xff, marker, 0, 17, 8}
	out = binary.BigEndian.AppendUint16(out, h)
	out = binary.BigEndian.AppendUint16(out, w)
	return append(out, 3, 1, 0x11, 0, 2, 0x11, 1, 3, 0x11, 1)
}

func hugeWebP(w, h uint32) []byte {
	out := []byte("RIFF\x12\x00\x00\x00WEBPVP8L\x05\x00\x00\x00\x2f")
	return binary.LittleEndian.AppendUint32(out, (w-1)|(h-1)<<14)
}

func TestDamagedPictures(t *testing.T) {
	for name, file := range map[string][]byte{"JPEG": asJPEG(t, quarters(64, 64)), "PNG": asPNG(t, quarters(64, 64)), "WebP": webpFile(t)} {
		for _, n := range []int{13, len(file) / 4, len(file) / 2} {
			if _, err := Make(t.Context(), file[:min(n, len(file)-1)], Product); err == nil {
				t.Errorf("%s cut to %d bytes: no error", name, n)
			}
		}
	}
}

// Whoever has to wait for the others longer than he can is told so.
func TestOnlySoManyAtATime(t *testing.T) {
	if err := enter(t.Context(), decodesAtOnce); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if _, err := Make(ctx, asPNG(t, quarters(8, 8)), Product); !errors.Is(err, ErrBusy) {
		t.Errorf("%v", err)
	}
	leave(decodesAtOnce)
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			if _, err := Make(t.Context(), asPNG(t, quarters(64, 64)), Product); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
}

func FuzzMake(f *testing.F) {
	f.Add(asPNG(f, quarters(8, 8)))
	f.Add(asJPEG(f, quarters(8, 8)))
	f.Add(withEXIF(asJPEG(f, quarters(8, 8)), 6))
	f.Add(webpFile(f))
	f.Add(hugePNG(50_000, 50_000, 8, 0))
	f.Add(hugeJPEG(0xc2, 6_300, 6_300))
	f.Add(hugeWebP(16_383, 16_383))
	f.Fuzz(func(t *testing.T, file []byte) {
		p, err := Make(t.Context(), file, Options{MaxSide: 64, Widths: []int{16}})
		if err != nil {
			return
		}
		c, format, err := image.DecodeConfig(bytes.NewReader(p.Data))
		if err != nil || c.Width != p.Width || c.Height != p.Height || "image/"+format != p.Media || max(p.Width, p.Height) > 64 {
			t.Errorf("%d × %d %s: %v %v", p.Width, p.Height, p.Media, c, err)
		}
	})
}
