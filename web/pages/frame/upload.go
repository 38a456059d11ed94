package frame

import (
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"slices"

	"github.com/haat-market/haat/internal/platform/blob"
	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/web"
)

// ErrUpload refuses a form whose file is too large.
var ErrUpload = fault.New(fault.Invalid, "file_too_large", "The file is too large.")

// PostFile mounts what a form with a file does; max is how many bytes the file may have.
func (f *Frame) PostFile(path string, access web.Access, max int64, h Handler) {
	f.api.HandleUpload("POST "+path, max+maxForm, f.handler(access, func(p *Page) error {
		if !f.sameOrigin(p.R) {
			return ErrOrigin
		}
		p.R.Body = http.MaxBytesReader(p.W, p.R.Body, max+maxForm)
		return h(p)
	}))
}

// GetFile mounts what answers with a file that is written while it is sent, by Download.
func (f *Frame) GetFile(path string, access web.Access, h Handler) {
	f.addresses = append(f.addresses, Address{path, access})
	f.api.HandleStream("GET "+path, f.handler(access, h))
}

// Download sends a table as a file. What fails on the way breaks the connection off, so that half a file is not taken
// for a whole one.
func (p *Page) Download(name string, write func(w *csv.Writer) error) error {
	h := p.W.Header()
	h.Set("Content-Type", "text/csv; charset=utf-8")
	h.Set("Content-Disposition", `attachment; filename="`+name+`"`)
	h.Set("Cache-Control", "no-store")
	w := csv.NewWriter(p.W)
	err := write(w)
	w.Flush()
	if err := errors.Join(err, w.Error()); err != nil {
		if p.Context().Err() == nil {
			p.Log.WarnContext(p.Context(), "a file was broken off", slog.String("file", name), slog.Any("error", err))
		}
		panic(http.ErrAbortHandler)
	}
	return nil
}

// File sends a private file of somebody of whom its room made sure that he may have it.
func (p *Page) File(file *blob.Download) error {
	h := p.W.Header()
	h.Set("Content-Type", file.ContentType)
	h.Set("Content-Disposition", file.Disposition)
	h.Set("Content-Security-Policy", file.Policy)
	h.Set("Cache-Control", file.Cache)
	_, _ = p.W.Write(file.Body) // whoever asked and left learns nothing from an error
	return nil
}

// notSent says why a form did not arrive. Errors: ErrForm, web.ErrBodyTimeout.
func notSent(err error) error {
	if errors.Is(err, web.ErrBodyTimeout) {
		return web.ErrBodyTimeout
	}
	return ErrForm
}

// SentFile is Sent for a form with a file in its field "file"; nil when none was chosen. Errors: ErrForm, ErrUpload,
// web.ErrBodyTimeout.
func (p *Page) SentFile(fields ...string) (*Form, []byte, error) {
	if err := p.R.ParseMultipartForm(1 << 20); err != nil {
		var large *http.MaxBytesError
		if errors.As(err, &large) {
			return p.Form(fields...), nil, ErrUpload
		}
		return p.Form(fields...), nil, notSent(err)
	}
	defer func() { _ = p.R.MultipartForm.RemoveAll() }() // what is left in the system's folder for such files is the system's
	// A form ends before its body does; the time that it had to arrive ends with the body.
	if _, err := io.Copy(io.Discard, p.R.Body); err != nil {
		return p.Form(fields...), nil, notSent(err)
	}
	form, err := p.Sent(slices.DeleteFunc(slices.Clone(fields), func(name string) bool { return name == "file" })...)
	if err != nil {
		return form, nil, err
	}
	form.fields = fields
	file, _, err := p.R.FormFile("file")
	if errors.Is(err, http.ErrMissingFile) {
		return form, nil, nil
	}
	if err != nil {
		return form, nil, ErrForm
	}
	raw, err := io.ReadAll(file)
	if err != nil {
		return form, nil, ErrForm
	}
	sum := sha256.Sum256(raw)
	form.values.Set("file", hex.EncodeToString(sum[:])) // another file is another deed
	return form, raw, nil
}
