package web

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"mime"
	"mime/multipart"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"golang.org/x/text/unicode/norm"
)

// bodyKind is how an operation takes its body.
type bodyKind uint8

const (
	noBody   bodyKind = iota
	jsonBody          // read, checked, normalised and validated here
	rawBody           // handed over byte by byte: signatures, files
	formBody          // a form with files
)

// maxFormMemory is how much of a form stays in memory; the rest is in files
// that are removed with the request.
const maxFormMemory = 256 << 10

var bodies = sync.Pool{New: func() any { return new(bytes.Buffer) }}

var jsonContent = []string{"application/json"}

func getBuffer() *bytes.Buffer {
	buf, _ := bodies.Get().(*bytes.Buffer) // the pool holds nothing else
	return buf
}

func giveBack(buf *bytes.Buffer) {
	if buf != nil && buf.Cap() <= 256<<10 {
		buf.Reset()
		bodies.Put(buf)
	}
}

// checkContentType refuses a body that the operation does not take. Without a
// Content-Type a body counts as what the operation takes.
func (e *endpoint) checkContentType(header http.Header) error {
	if encoding := header.Get("Content-Encoding"); encoding != "" && !strings.EqualFold(encoding, "identity") {
		return ErrContentType.Sayf("Compressed request bodies are not accepted.")
	}
	sent := header.Get("Content-Type")
	if sent == "application/json" && e.kind == jsonBody || e.anyContent || sent == "" && e.kind != formBody {
		return nil
	}
	media, params, err := mime.ParseMediaType(sent)
	if err != nil {
		return ErrContentType
	}
	if charset, ok := params["charset"]; ok && !strings.EqualFold(charset, "utf-8") {
		return ErrContentType.Sayf("Text must be UTF-8.")
	}
	if e.kind == jsonBody && strings.HasPrefix(media, "application/") && strings.HasSuffix(media, "+json") {
		return nil
	}
	if _, ok := e.hop.RequestBody.Content[media]; !ok {
		return ErrContentType
	}
	return nil
}

// readBody reads the whole body into a buffer of the pool.
func (e *endpoint) readBody(x *exchange, r *http.Request) (*bytes.Buffer, error) {
	if r.ContentLength > e.maxBody {
		return nil, ErrBodyTooLarge.With("limit", e.maxBody)
	}
	if r.Body == nil || r.Body == http.NoBody {
		return nil, nil
	}
	control := http.NewResponseController(x.reply.ResponseWriter)
	// Not every writer has a deadline (a test's recorder has none); the
	// request's own deadline still holds.
	timed := control.SetReadDeadline(time.Now().Add(e.api.cfg.BodyTimeout+e.slowness())) == nil
	buf := getBuffer()
	_, err := buf.ReadFrom(io.LimitReader(r.Body, e.maxBody+1))
	if timed && err == nil {
		// Else the deadline would end the request while the handler works.
		err = control.SetReadDeadline(time.Time{})
	}
	if err == nil && int64(buf.Len()) > e.maxBody {
		err = ErrBodyTooLarge.With("limit", e.maxBody)
	}
	if err != nil {
		giveBack(buf)
		return nil, bodyFault(err)
	}
	return buf, nil
}

func bodyFault(err error) error {
	var timeout net.Error
	var tooLarge *http.MaxBytesError
	switch {
	case errors.Is(err, ErrBodyTooLarge):
		return err
	case errors.As(err, &tooLarge):
		return ErrBodyTooLarge.With("limit", tooLarge.Limit)
	case errors.Is(err, multipart.ErrMessageTooLarge):
		return ErrBodyTooLarge
	case errors.As(err, &timeout) && timeout.Timeout():
		return ErrBodyTimeout
	default:
		return ErrBodyIncomplete.Because(err)
	}
}

// acceptBody reads and checks the body and puts what the handler may see in
// its place. The buffer must be given back after the handler.
func (e *endpoint) acceptBody(x *exchange, r *http.Request) (*bytes.Buffer, []byte, error) {
	if e.kind == noBody {
		return nil, nil, nil
	}
	if r.ContentLength != 0 {
		if err := e.checkContentType(r.Header); err != nil {
			return nil, nil, err
		}
	}
	if e.kind == formBody {
		return nil, nil, e.acceptForm(x, r)
	}
	buf, err := e.readBody(x, r)
	if err != nil {
		return nil, nil, err
	}
	if buf == nil || buf.Len() == 0 {
		giveBack(buf)
		if e.hop.RequestBody.Required {
			return nil, nil, ErrBodyRequired
		}
		r.Body = &x.body
		return nil, nil, nil
	}
	text := buf.Bytes()
	if e.kind == jsonBody {
		var value any
		if value, text, err = readJSON(text); err == nil {
			err = e.validate(value)
		}
		if err != nil {
			giveBack(buf)
			return nil, nil, err
		}
		r.Header["Content-Type"] = jsonContent // huma compares its spelling
	}
	x.body.Reset(text)
	r.Body = &x.body
	return buf, text, nil
}

type validator struct {
	path   *huma.PathBuffer
	result *huma.ValidateResult
}

var validators = sync.Pool{New: func() any {
	return &validator{huma.NewPathBuffer(make([]byte, 0, 128), 0), &huma.ValidateResult{}}
}}

// validate checks a body's value against the operation's schema.
func (e *endpoint) validate(value any) error {
	v, _ := validators.Get().(*validator) // the pool holds nothing else
	v.path.Reset()
	v.path.Push("body")
	v.result.Reset()
	huma.Validate(e.api.huma.OpenAPI().Components.Schemas, e.schema, v.path, huma.ModeWriteToServer, value, v.result)
	if len(v.result.Errors) == 0 {
		validators.Put(v)
		return nil
	}
	// Not put back: it holds the submitted values.
	return validationFault(http.StatusUnprocessableEntity, "", v.result.Errors)
}

// acceptForm parses a form within the operation's bound and holds its texts to
// the same rules as those of JSON.
func (e *endpoint) acceptForm(x *exchange, r *http.Request) error {
	if r.ContentLength == 0 || r.Body == nil {
		return ErrBodyRequired
	}
	control := http.NewResponseController(x.reply.ResponseWriter)
	timed := control.SetReadDeadline(time.Now().Add(e.api.cfg.BodyTimeout+e.slowness())) == nil
	r.Body = http.MaxBytesReader(x.reply.ResponseWriter, r.Body, e.maxBody)
	err := r.ParseMultipartForm(maxFormMemory)
	if timed && err == nil {
		err = control.SetReadDeadline(time.Time{})
	}
	if err != nil {
		var timeout net.Error
		var tooLarge *http.MaxBytesError
		if errors.As(err, &tooLarge) || errors.As(err, &timeout) || errors.Is(err, multipart.ErrMessageTooLarge) {
			return bodyFault(err)
		}
		return ErrMalformedForm.Because(err)
	}
	for name, values := range r.MultipartForm.Value {
		for i, value := range values {
			if !validText(name) || !validText(value) {
				return ErrInvalidText.Field(cleanPath("form."+strings.ToValidUTF8(name, "�")), ErrInvalidText.Code, ErrInvalidText.Message)
			}
			values[i] = norm.NFC.String(value)
		}
	}
	for _, files := range r.MultipartForm.File {
		for _, file := range files {
			if !validText(file.Filename) {
				return ErrInvalidText.Field("filename", ErrInvalidText.Code, ErrInvalidText.Message)
			}
			file.Filename = norm.NFC.String(file.Filename)
		}
	}
	return nil
}

// removeForm removes the files that a form was too large to keep in memory.
func (e *endpoint) removeForm(x *exchange, r *http.Request) {
	if err := r.MultipartForm.RemoveAll(); err != nil {
		x.log(slog.LevelWarn, "form files not removed", "", err)
	}
}
