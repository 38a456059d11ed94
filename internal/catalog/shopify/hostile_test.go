package shopify

import (
	"fmt"
	"io"
	"math"
	"runtime"
	"strings"
	"testing"

	"github.com/haat-market/haat/internal/platform/money"
)

// pattern gives the same bytes for ever.
type pattern struct {
	head, body string
	at         int
}

func (p *pattern) Read(b []byte) (int, error) {
	for i := range b {
		switch {
		case p.at < len(p.head):
			b[i] = p.head[p.at]
		default:
			b[i] = p.body[(p.at-len(p.head))%len(p.body)]
		}
		p.at++
	}
	return len(b), nil
}

// Files of 20 MB that are made to be dear to read.
func TestMemoryStaysSmall(t *testing.T) {
	for name, p := range map[string]*pattern{
		"commas":         {"Title,Price\n", ",", 0},
		"quotes":         {"Title,Price\n", "\"", 0},
		"open quote":     {"Title,Price\n\"", "x", 0},
		"one line":       {"Title,Price\n", "x", 0},
		"header only":    {"", "x,", 0},
		"zero bytes":     {"Title,Price\n", "\x00", 0},
		"line ends":      {"Title,Price\n", "\n", 0},
		"one product":    {"Handle,Title,Price\n", "a,A,x\n", 0},
		"tags":           {"Title,Price,Tags\nA,5,\"", "a,", 0},
		"missing titles": {"Handle,Title,Price\n", "a,,5\nb,,5\n", 0},
	} {
		var before, after runtime.MemStats
		peak := uint64(0)
		runtime.GC()
		runtime.ReadMemStats(&before)
		items := 0
		for range Products(p, Options{Currency: "NPR"}) {
			if items++; items%20_000 == 1 {
				runtime.ReadMemStats(&after)
				peak = max(peak, after.HeapInuse)
			}
		}
		runtime.ReadMemStats(&after)
		peak = max(peak, after.HeapInuse)
		if peak > before.HeapInuse+64<<20 {
			t.Errorf("%s: the heap grew by %d MB", name, (peak-before.HeapInuse)>>20)
		}
		if p.at > 21<<20 {
			t.Errorf("%s: %d bytes were read", name, p.at)
		}
	}
}

func FuzzProducts(f *testing.F) {
	for _, name := range []string{"legacy.csv", "current.csv"} {
		f.Add([]byte(sample(f, name)), uint8(0))
	}
	f.Add([]byte(head+"a,A,Size,M,,,S,5,,,\na,,,L,,,T,6,,,\nb,\"B\"x,,,,,S,5,,,"), uint8(3))
	f.Add([]byte("Title,Price\r\n\"a\"\"b\",1\r'=x,2\n\xff,3\n\"open"), uint8(1))
	f.Fuzz(func(t *testing.T, text []byte, bound uint8) {
		o := Options{Currency: "NPR", MaxField: 4096, MaxRows: 200 + int(bound), MaxVariants: 1 + int(bound)}
		products, rows, _ := parse(t, string(text), o)
		handles := map[string]bool{}
		line := 1
		for _, p := range products {
			if p.Line <= line {
				t.Fatalf("line %d after %d", p.Line, line)
			}
			if p.Handle != "" && handles[p.Handle] {
				t.Fatalf("handle %q twice", p.Handle)
			}
			handles[p.Handle] = true
			if p.Title == "" || len(p.Variants) == 0 || len(p.Variants) > o.MaxVariants || len(p.Options) > maxOptions {
				t.Fatalf("%+v", p)
			}
			line = p.Line - 1
			for _, v := range p.Variants {
				if v.Line <= line {
					t.Fatalf("variant of line %d after %d", v.Line, line)
				}
				line = v.Line
				if len(v.Options) != len(p.Options) || v.Price < 0 || v.Price > money.Max || v.CompareAt < 0 ||
					v.Grams < 0 || v.Grams > maxNumber+1 || v.Qty < 0 || v.Qty > maxNumber {
					t.Fatalf("%+v", v)
				}
			}
		}
		for _, r := range rows {
			if r.Line < 2 || r.Code == "" || r.Message == "" || len(r.Message) > 500 {
				t.Fatalf("%+v", r)
			}
		}
	})
}

func BenchmarkProducts(b *testing.B) {
	var file strings.Builder
	file.WriteString(head)
	const n = 10_000
	for i := range n {
		fmt.Fprintf(&file, "product-%d,Product %d,Size,M,,,SKU-%d,%d.50,10,\"one, two\",active\n", i, i, i, i)
	}
	text := file.String()
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		got := 0
		for _, err := range Products(io.LimitReader(strings.NewReader(text), math.MaxInt64), Options{Currency: "NPR"}) {
			if err != nil {
				b.Fatal(err)
			}
			got++
		}
		if got != n {
			b.Fatal(got)
		}
	}
}
