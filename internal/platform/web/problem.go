package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"strings"

	"github.com/haat-market/haat/internal/platform/fault"
)

// Faults that the web layer itself answers with.
var (
	ErrInternal         = fault.New(fault.Internal, "internal", "Something went wrong on our side. The problem's instance names it in our log.")
	ErrTimeout          = fault.New(fault.Unavailable, "timeout", "This took too long and was given up. Try again.")
	ErrNotFound         = fault.New(fault.NotFound, "not_found", "There is nothing here.")
	ErrMethodNotAllowed = fault.New(fault.Malformed, "method_not_allowed", "This address does not take that method; the Allow header lists those that it takes.")
	ErrBodyTooLarge     = fault.New(fault.TooLarge, "body_too_large", "The request's body is larger than this operation accepts.")
	ErrBodyTimeout      = fault.New(fault.Malformed, "body_timeout", "The request's body did not arrive in time.")
	ErrBodyIncomplete   = fault.New(fault.Malformed, "body_incomplete", "The request's body ended early.")
	ErrBodyRequired     = fault.New(fault.Malformed, "body_required", "This operation needs a request body.")
	ErrContentType      = fault.New(fault.Malformed, "unsupported_media_type", "This operation does not accept a body of that Content-Type.")
	ErrMalformedJSON    = fault.New(fault.Malformed, "malformed_json", "The request's body is not valid JSON.")
	ErrMalformedForm    = fault.New(fault.Malformed, "malformed_form", "The request's body is not a valid form.")
	ErrMalformedQuery   = fault.New(fault.Malformed, "malformed_query", "The query string cannot be read.")
	ErrInvalidText      = fault.New(fault.Invalid, "invalid_text", "Text must be valid Unicode without NUL characters.")
	ErrInvalid          = fault.New(fault.Invalid, "invalid_request", "Some values are not acceptable; errors says which.")
)

// statuses that do not follow from the kind.
var statusByCode = map[string]int{
	ErrMethodNotAllowed.Code: http.StatusMethodNotAllowed,
	ErrBodyTimeout.Code:      http.StatusRequestTimeout,
	ErrContentType.Code:      http.StatusUnsupportedMediaType,
}

var statusByKind = map[fault.Kind]int{
	fault.Internal:        http.StatusInternalServerError,
	fault.Invalid:         http.StatusUnprocessableEntity,
	fault.Malformed:       http.StatusBadRequest,
	fault.Unauthenticated: http.StatusUnauthorized,
	fault.PaymentRequired: http.StatusPaymentRequired,
	fault.Forbidden:       http.StatusForbidden,
	fault.NotFound:        http.StatusNotFound,
	fault.Conflict:        http.StatusConflict,
	fault.Gone:            http.StatusGone,
	fault.TooLarge:        http.StatusRequestEntityTooLarge,
	fault.TooMany:         http.StatusTooManyRequests,
	fault.Unavailable:     http.StatusServiceUnavailable,
}

// StatusOf returns the status with which a fault is answered.
func StatusOf(f *fault.Error) int {
	if status, ok := statusByCode[f.Code]; ok {
		return status
	}
	if status, ok := statusByKind[f.Kind]; ok {
		return status
	}
	return http.StatusInternalServerError
}

// Problem is a refusal on the wire (RFC 9457).
type Problem struct {
	Type     string         `json:"type" format:"uri" doc:"Names the kind of problem; follows from the code." example:"urn:haat:problem:insufficient_stock"`
	Title    string         `json:"title" doc:"The kind of problem in words." example:"Insufficient stock"`
	Status   int            `json:"status" doc:"The status of the answer." example:"409"`
	Detail   string         `json:"detail" doc:"A sentence a person can act on."`
	Instance string         `json:"instance" format:"uri-reference" doc:"The request's id, as in the log." example:"req_mfrggzdfmztwq2lk"`
	Code     string         `json:"code" doc:"Stable: what programs compare." example:"insufficient_stock"`
	Errors   []FieldProblem `json:"errors,omitempty" doc:"One entry per bad field."`
	Details  map[string]any `json:"details,omitempty" doc:"Facts that help to act; which ones depends on the code."`
}

// FieldProblem is what is wrong with one field.
type FieldProblem struct {
	Path    string `json:"path" doc:"Which field: of the body, or the name of a parameter." example:"lines[0].quantity"`
	Code    string `json:"code" doc:"Stable: what programs compare." example:"out_of_range"`
	Message string `json:"message" doc:"A sentence for people."`
}

// Error returns the code and the sentence.
func (p *Problem) Error() string { return p.Code + ": " + p.Detail }

// GetStatus is how huma learns the status.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType is how huma learns the content type.
func (p *Problem) ContentType(string) string { return problemType }

const problemType = "application/problem+json"

// newProblem writes a fault out for the exchange.
func newProblem(x *exchange, f *fault.Error) *Problem {
	p := &Problem{
		Type:   "urn:haat:problem:" + f.Code,
		Title:  titleOf(f.Code),
		Status: StatusOf(f),
		Detail: f.Message, Code: f.Code, Details: f.Details,
	}
	if x != nil {
		p.Instance = x.id
	}
	if len(f.Fields) > 0 {
		p.Errors = make([]FieldProblem, len(f.Fields))
		for i, field := range f.Fields {
			p.Errors[i] = FieldProblem(field)
		}
	}
	return p
}

// titleOf makes words of a code.
func titleOf(code string) string {
	if code == "" {
		return ""
	}
	words := strings.ReplaceAll(code, "_", " ")
	return strings.ToUpper(words[:1]) + words[1:]
}

// problem turns any error into what the caller may see, logs what he may not,
// and sets the headers that belong to the refusal.
func (a *API) problem(x *exchange, err error) *Problem {
	var p *Problem
	if errors.As(err, &p) {
		return p
	}
	f, known := fault.As(err)
	switch {
	case known && f.Kind != fault.Internal:
		if cause := f.Unwrap(); cause != nil {
			level := slog.LevelInfo
			if f.Kind == fault.Unavailable {
				level = slog.LevelWarn
			}
			x.log(level, "request refused", f.Code, cause)
		}
	case errors.Is(err, context.Canceled) && x.Err() != nil:
		// The caller has gone; nobody reads the answer.
		x.reply.status, f = statusClientGone, ErrTimeout
	case errors.Is(err, context.DeadlineExceeded) || errors.Is(x.Err(), context.DeadlineExceeded):
		f = ErrTimeout.Retry(timeoutRetry)
		x.log(slog.LevelWarn, "request timed out", f.Code, err)
	default:
		if !known {
			f = ErrInternal
		}
		x.log(slog.LevelError, "request failed", f.Code, err)
	}
	header := x.reply.Header()
	if f.Kind == fault.Unauthenticated {
		header["Www-Authenticate"] = bearerChallenge
	}
	if f.RetryAfter > 0 || f.Kind == fault.TooMany || f.Kind == fault.Unavailable {
		header.Set("Retry-After", strconv.FormatInt(ceilSeconds(f.RetryAfter), 10))
	}
	return newProblem(x, f)
}

// refuse answers with the problem that err is.
func (x *exchange) refuse(err error) { x.write(x.api.problem(x, err)) }

func (x *exchange) write(p *Problem) {
	if x.shownAsPage(p) {
		return
	}
	body, err := json.Marshal(p)
	if err != nil {
		// Details that cannot be written are our mistake, not the caller's.
		p = x.api.problem(x, fmt.Errorf("encoding a problem: %w", err))
		body, err = json.Marshal(p)
	}
	if err != nil {
		panic(err) // plain strings and a number: cannot fail
	}
	header := x.reply.Header()
	header["Content-Type"] = problemContent
	header["Content-Length"] = []string{strconv.Itoa(len(body))}
	x.reply.WriteHeader(p.Status)
	if _, err := x.reply.Write(body); err != nil {
		x.note("answer not sent", err)
	}
}

var (
	problemContent  = []string{problemType}
	bearerChallenge = []string{`Bearer realm="haat"`}
)
