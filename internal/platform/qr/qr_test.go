package qr_test

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"image/color"
	"image/png"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/haat-market/haat/internal/platform/qr"
	"github.com/haat-market/haat/internal/platform/qr/qrtest"
)

var texts = []string{
	"A", "KT-CUST-482915607", "https://market.example/s/himal-traders",
	"upi://pay?pa=market@bank&pn=Haat%20%E0%A4%B9%E0%A4%BE%E0%A4%9F&am=1250.00&cu=INR",
}

func ofCode(c qr.Code) qrtest.Matrix {
	m := make(qrtest.Matrix, c.Size())
	for y := range m {
		m[y] = make([]bool, c.Size())
		for x := range m[y] {
			m[y][x] = c.Black(x, y)
		}
	}
	return m
}

func ofPNG(t *testing.T, b []byte, scale int) qrtest.Matrix {
	t.Helper()
	img, err := png.Decode(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	m := make(qrtest.Matrix, img.Bounds().Dy()/scale)
	for y := range m {
		m[y] = make([]bool, img.Bounds().Dx()/scale)
		for x := range m[y] {
			r, _, _, _ := color.GrayModel.Convert(img.At(x*scale+scale/2, y*scale+scale/2)).RGBA()
			m[y][x] = r < 0x8000
		}
	}
	return m
}

func TestDrawingsSayTheText(t *testing.T) {
	for _, text := range texts {
		for _, level := range []qr.Level{qr.Low, qr.Medium} {
			c, err := qr.New(text, level)
			if err != nil {
				t.Fatal(err)
			}
			picture, err := c.PNG(5)
			if err != nil {
				t.Fatal(err)
			}
			for what, m := range map[string]qrtest.Matrix{"modules": ofCode(c), "png": ofPNG(t, picture, 5), "svg": qrtest.OfSVG(t, c.SVG("", 5))} {
				if got := m.Read(t); got != text {
					t.Errorf("%s at level %d says %q, want %q", what, level, got, text)
				}
			}
		}
	}
}

// A reader that is not ours agrees, where there is one.
func TestForeignReaderAgrees(t *testing.T) {
	zbar, err := exec.LookPath("zbarimg")
	for i, text := range texts {
		c, newErr := qr.New(text, qr.Quartile)
		if newErr != nil {
			t.Fatal(newErr)
		}
		picture, pngErr := c.PNG(4)
		if pngErr != nil || len(picture) == 0 {
			t.Fatal(pngErr)
		}
		if err != nil {
			continue
		}
		file := filepath.Join(t.TempDir(), fmt.Sprintf("%d.png", i))
		if err := os.WriteFile(file, picture, 0o600); err != nil {
			t.Fatal(err)
		}
		out, err := exec.Command(zbar, "--raw", "-q", file).Output()
		if err != nil || strings.TrimSpace(string(out)) != text {
			t.Errorf("zbarimg reads %q, %v; want %q", out, err, text)
		}
	}
}

func TestHigherLevelsNeedMoreRoom(t *testing.T) {
	last := 0
	for _, level := range []qr.Level{qr.Low, qr.Medium, qr.Quartile, qr.High} {
		c, err := qr.New(texts[3], level)
		if err != nil {
			t.Fatal(err)
		}
		if c.Size() < last {
			t.Errorf("level %d is smaller than the one before", level)
		}
		last = c.Size()
	}
}

func TestQuietZone(t *testing.T) {
	c, err := qr.New("HTTPS://EXAMPLE.ORG", qr.Medium)
	if err != nil {
		t.Fatal(err)
	}
	for i := range c.Size() {
		for q := range qr.Quiet {
			far := c.Size() - 1 - q
			if c.Black(i, q) || c.Black(q, i) || c.Black(i, far) || c.Black(far, i) {
				t.Fatalf("a dark module in the quiet zone at %d, %d", i, q)
			}
		}
	}
	if !c.Black(qr.Quiet, qr.Quiet) || c.Black(-1, 0) || c.Black(1<<40, 3) {
		t.Error("the code does not begin after the quiet zone, or has modules outside of itself")
	}
}

func TestRefusesWhatReadersWouldMisread(t *testing.T) {
	for name, text := range map[string]string{
		"nothing": "", "too long": strings.Repeat("a", qr.MaxText+1), "UTF-8": "हाट", "control": "a\nb", "NUL": "a\x00", "broken": "\xff",
	} {
		if _, err := qr.New(text, qr.Medium); err == nil {
			t.Errorf("%s was drawn", name)
		}
	}
	for _, level := range []qr.Level{-1, 4} {
		if _, err := qr.New("a", level); err == nil {
			t.Errorf("level %d was drawn", level)
		}
	}
	if c, err := qr.New(strings.Repeat("~", qr.MaxText), qr.High); err != nil || c.Size() > 185 {
		t.Errorf("the longest text: %d modules, %v", c.Size(), err)
	}
}

func TestSizeIsBounded(t *testing.T) {
	c, err := qr.New("a", qr.Low)
	if err != nil {
		t.Fatal(err)
	}
	for asked, want := range map[int]int{-5: 1, 0: 1, 3: 3, 1 << 30: qr.MaxScale} {
		b, err := c.PNG(asked)
		if err != nil {
			t.Fatal(err)
		}
		cfg, err := png.DecodeConfig(bytes.NewReader(b))
		if err != nil || cfg.Width != want*c.Size() || cfg.Height != cfg.Width {
			t.Errorf("scale %d gives %d × %d, %v", asked, cfg.Width, cfg.Height, err)
		}
	}
}

// The title may be anybody's name: it cannot become markup, and the drawing is well-formed XML without script or style.
func TestSVGIsHarmless(t *testing.T) {
	c, err := qr.New("a", qr.Low)
	if err != nil {
		t.Fatal(err)
	}
	b := c.SVG(`</title><script>alert(1)</script>"&`, 4)
	title := ""
	for d := xml.NewDecoder(bytes.NewReader(b)); ; {
		token, err := d.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		switch e := token.(type) {
		case xml.StartElement:
			if n := e.Name.Local; n != "svg" && n != "title" && n != "path" {
				t.Errorf("element %s", n)
			}
			for _, a := range e.Attr {
				if a.Name.Local == "style" || strings.HasPrefix(a.Name.Local, "on") || strings.Contains(a.Name.Local, "href") {
					t.Errorf("attribute %s", a.Name.Local)
				}
			}
		case xml.CharData:
			title += string(e)
		}
	}
	if title != `</title><script>alert(1)</script>"&` {
		t.Errorf("title %q", title)
	}
}
