package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync"
)

//go:embed docs
var docFiles embed.FS

// docsPolicy lets the page use what this server holds and nothing else.
// Swagger UI sets style attributes, hence 'unsafe-inline' for styles alone.
const docsPolicy = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; " +
	"img-src 'self' data:; font-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// asset is a file that never changes while the server runs, compressed once.
type asset struct {
	content string
	plain   []byte
	gzipped []byte
	etag    string
}

func newAsset(content string, plain []byte) asset {
	var buf bytes.Buffer
	zip := gzip.NewWriter(&buf)
	_, err := zip.Write(plain)
	if err == nil {
		err = zip.Close()
	}
	if err != nil {
		panic(err) // a bytes.Buffer takes everything
	}
	sum := sha256.Sum256(plain)
	return asset{content: content, plain: plain, gzipped: buf.Bytes(), etag: hex.EncodeToString(sum[:12])}
}

// serve answers with the form that the client takes.
func (s *asset) serve(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("Content-Type", s.content)
	header.Set("Cache-Control", "no-cache")
	header.Add("Vary", "Accept-Encoding")
	zipped := acceptsGzip(r.Header.Get("Accept-Encoding"))
	etag := `"` + s.etag + `"`
	if zipped {
		etag = `"` + s.etag + `-gzip"`
	}
	header.Set("Etag", etag)
	if r.Header.Get("If-None-Match") == etag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	body := s.gzipped
	if zipped {
		header.Set("Content-Encoding", "gzip")
	} else {
		var err error
		if body, err = s.text(); err != nil {
			panic(err) // embedded or compressed by us: whole
		}
	}
	header.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(http.StatusOK)
	// Whoever asked and left learns nothing from an error.
	_, _ = w.Write(body)
}

// acceptsGzip reads Accept-Encoding as far as needed: gzip or *, unless its
// weight is zero.
func acceptsGzip(accept string) bool {
	star := false
	for element := range strings.SplitSeq(accept, ",") {
		coding, params, _ := strings.Cut(element, ";")
		coding = strings.ToLower(strings.TrimSpace(coding))
		if coding != "gzip" && coding != "*" {
			continue
		}
		accepted := true
		if q, ok := strings.CutPrefix(strings.ReplaceAll(strings.ToLower(params), " ", ""), "q="); ok {
			weight, err := strconv.ParseFloat(q, 64)
			accepted = err == nil && weight > 0
		}
		if coding == "gzip" {
			return accepted
		}
		star = accepted
	}
	return star
}

// Document returns the OpenAPI document. Nothing can be registered after the
// first call.
func (a *API) Document() []byte {
	a.documentOnce.Do(func() {
		text, err := json.Marshal(a.documenting().huma.OpenAPI())
		if err != nil {
			panic("web: the OpenAPI document cannot be written: " + err.Error())
		}
		a.document = newAsset("application/openapi+json", text)
		a.documented = true
	})
	return a.document.plain
}

func (a *API) mountDocs() {
	a.Handle("GET /openapi.json", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a.Document()
		a.document.serve(w, r)
	}))
	names, err := docFiles.ReadDir("docs")
	if err != nil {
		panic(err) // embedded: there
	}
	for _, name := range names {
		a.mountDoc(name.Name())
	}
}

func (a *API) mountDoc(stored string) {
	name := strings.TrimSuffix(stored, ".gz")
	// Read when somebody first asks: most markets never show the page, and its files are a megabyte.
	file := sync.OnceValue(func() *asset { return docAsset(stored, docTypes[path.Ext(name)]) })
	pattern := "GET /docs/" + name
	if name == "index.html" {
		pattern = "GET /docs"
	}
	a.Handle(pattern, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", docsPolicy)
		file().serve(w, r)
	}))
}

func docAsset(stored, content string) *asset {
	raw, err := docFiles.ReadFile("docs/" + stored)
	if err != nil {
		panic(err) // embedded: there
	}
	if strings.HasSuffix(stored, ".gz") {
		sum := sha256.Sum256(raw)
		return &asset{content: content, gzipped: raw, etag: hex.EncodeToString(sum[:12])}
	}
	file := newAsset(content, raw)
	return &file
}

// docTypes are written out, because the system's own table differs from machine
// to machine.
var docTypes = map[string]string{
	".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8",
	".css": "text/css; charset=utf-8", ".txt": "text/plain; charset=utf-8",
}

// text returns the file as it was before it was compressed. Few ask for that,
// so large ones are not kept twice.
func (s *asset) text() ([]byte, error) {
	if s.plain != nil {
		return s.plain, nil
	}
	zip, err := gzip.NewReader(bytes.NewReader(s.gzipped))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(zip)
}
