package blob

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"mime"
	"net/http"
	"slices"
	"time"

	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/picture"
	"github.com/haat-market/haat/internal/platform/web"
)

const (
	prefix = "/media/"
	// sandbox keeps whatever is in a file from doing anything on the market's origin.
	sandbox = "default-src 'none'; sandbox"
	forEver = "public, max-age=31536000, immutable"
)

// ErrNotFound is told where there is no such file.
var ErrNotFound = fault.New(fault.NotFound, "file_not_found", "There is no such file.")

// URL is the address of a public file. For a picture, width asks for one that is about as wide: one of
// picture.Product.Widths; 0 is the picture itself. A picture that is smaller is given as it is.
func (s *Store) URL(blobName string, width int) string {
	n, ok := parse(blobName)
	if !ok || !n.public {
		return ""
	}
	return s.url + prefix + n.sized(width).String()
}

// Picture is a picture in an answer.
type Picture struct {
	URL    string         `json:"url"`
	Width  int            `json:"width,omitempty"`
	Height int            `json:"height,omitempty"`
	Sizes  []PictureSized `json:"sizes" doc:"The same picture, smaller."`
}

// PictureSized is a smaller form of a picture.
type PictureSized struct {
	Width int    `json:"width" doc:"At most this wide."`
	URL   string `json:"url"`
}

// Show is a public picture in an answer; nil where there is none. Of a picture that is known by its name only, no size is
// said.
func (s *Store) Show(b Blob) *Picture {
	url := s.URL(b.Name, 0)
	if url == "" {
		return nil
	}
	p := &Picture{URL: url, Width: b.Width, Height: b.Height, Sizes: []PictureSized{}}
	for _, w := range everyWidth {
		if b.Width == 0 || w < b.Width {
			p.Sizes = append(p.Sizes, PictureSized{w, s.URL(b.Name, w)})
		}
	}
	return p
}

// Name is the name of a public file by an address that URL gave; "" for any other.
func (s *Store) Name(address string) string {
	for _, base := range []string{s.url + prefix, prefix} {
		if len(address) <= len(base) || address[:len(base)] != base {
			continue
		}
		if n, ok := parse(address[len(base):]); ok && n.public {
			return n.sized(0).String()
		}
	}
	return ""
}

// Mount adds the addresses of public files.
func (s *Store) Mount(api *web.API) {
	api.Handle("GET "+prefix+"{name}", http.HandlerFunc(s.serve))
}

func (s *Store) serve(w http.ResponseWriter, r *http.Request) {
	n, ok := parse(r.PathValue("name"))
	if !ok || !n.public {
		web.Fault(w, r, ErrNotFound)
		return
	}
	f, err := s.open(r.Context(), n)
	if err != nil {
		web.Fault(w, r, err)
		return
	}
	defer f.Close() //nolint:errcheck // it was read only
	h := w.Header()
	h.Set("Content-Type", media[n.ext])
	h.Set("Content-Security-Policy", sandbox)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", forEver)
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	h.Set("ETag", `"`+n.String()+`"`)
	if media[n.ext] != picture.JPEG && media[n.ext] != picture.PNG {
		h.Set("Content-Disposition", "attachment")
	}
	http.ServeContent(w, r, "", time.Time{}, f)
}

// open finds the bytes of a name: of a picture the width that was asked for, else the next larger one there is.
func (s *Store) open(ctx context.Context, n name) (Bytes, error) {
	widths := []int{0}
	if n.width > 0 {
		if !slices.Contains(everyWidth, n.width) {
			return nil, ErrNotFound
		}
		widths = append(slices.DeleteFunc(slices.Clone(everyWidth), func(w int) bool { return w < n.width }), 0)
	}
	for _, w := range widths {
		f, err := s.place.Open(ctx, n.sized(w).path())
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		return f, err
	}
	return nil, ErrNotFound
}

// Read gives the bytes of a file, for the program's own use.
func (s *Store) Read(ctx context.Context, blobName string) ([]byte, error) {
	n, ok := parse(blobName)
	if !ok {
		return nil, ErrNotFound
	}
	f, err := s.open(ctx, n)
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(io.LimitReader(f, MaxBytes+1))
	if err := errors.Join(err, f.Close()); err != nil {
		return nil, fmt.Errorf("read %s: %w", blobName, err)
	}
	return data, nil
}

// Download is a private file as an operation answers with it; the operation declares Produces: blob.Media.
type Download struct {
	ContentType string `header:"Content-Type"`
	Disposition string `header:"Content-Disposition"`
	Policy      string `header:"Content-Security-Policy"`
	Cache       string `header:"Cache-Control"`
	Body        []byte
}

// Download gives a private file to somebody of whom the caller made sure that he may have it.
func (s *Store) Download(ctx context.Context, blobName, filename string) (*Download, error) {
	data, err := s.Read(ctx, blobName)
	if err != nil {
		return nil, err
	}
	n, _ := parse(blobName) // Read did
	kind := "attachment"
	if t := media[n.ext]; t == picture.JPEG || t == picture.PNG {
		kind = "inline"
	}
	return &Download{
		ContentType: media[n.ext], Disposition: mime.FormatMediaType(kind, map[string]string{"filename": filename + n.ext}),
		Policy: sandbox, Cache: "private, no-store", Body: data,
	}, nil
}
