package frame

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync"
)

//go:embed all:files
var files embed.FS

// asset is a file of the market's own. Its name changes with it, so browsers keep it for ever.
type asset struct {
	path   string
	plain  []byte
	packed []byte
}

func (f *Frame) serve(name, content string) {
	text, err := files.ReadFile("files/" + name)
	if err != nil {
		panic(err) // embedded: there
	}
	sum := sha256.Sum256(text)
	ext := path.Ext(name)
	a := &asset{path: "/pages/" + strings.TrimSuffix(name, ext) + "-" + hex.EncodeToString(sum[:5]) + ext, plain: text, packed: pack(text)}
	f.assets[name] = a
	tag := `"` + hex.EncodeToString(sum[:9]) + `"`
	f.api.Handle("GET "+a.path, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Type", content)
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
		h.Set("Etag", tag)
		h.Set("Vary", "Accept-Encoding")
		if strings.Contains(r.Header.Get("If-None-Match"), tag) {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		out := a.plain
		if takesGzip(r) {
			h.Set("Content-Encoding", "gzip")
			out = a.packed
		}
		h.Set("Content-Length", strconv.Itoa(len(out)))
		_, _ = w.Write(out) // whoever asked and left learns nothing from an error
	}))
}

// Asset is the address of a file of the market's own.
func (f *Frame) Asset(name string) string {
	a := f.assets[name]
	if a == nil {
		panic("frame: there is no file " + name)
	}
	return a.path
}

func takesGzip(r *http.Request) bool {
	return strings.Contains(r.Header.Get("Accept-Encoding"), "gzip")
}

var packers = sync.Pool{New: func() any {
	w, _ := gzip.NewWriterLevel(nil, 5) // only for a level that there is not
	return w
}}

func pack(text []byte) []byte {
	var out bytes.Buffer
	w, _ := packers.Get().(*gzip.Writer) // the pool holds nothing else
	defer packers.Put(w)
	w.Reset(&out)
	_, _ = w.Write(text) // into memory: cannot fail
	_ = w.Close()
	return out.Bytes()
}

// worthPacking is from how many bytes on a page fits into fewer packets when it is compressed.
const worthPacking = 1200

func send(w http.ResponseWriter, r *http.Request, status int, text []byte) {
	h := w.Header()
	if len(text) >= worthPacking && takesGzip(r) {
		h.Set("Content-Encoding", "gzip")
		text = pack(text)
	}
	h.Set("Content-Length", strconv.Itoa(len(text)))
	w.WriteHeader(status)
	_, _ = w.Write(text) // whoever asked and left learns nothing from an error
}
