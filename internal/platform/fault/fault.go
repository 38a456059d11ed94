package fault

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"
)

// Kind says what sort of refusal a fault is.
type Kind uint8

// The kinds. Internal is the zero value on purpose: a fault whose kind was
// forgotten must not look like the caller's mistake.
const (
	Internal        Kind = iota // our mistake
	Invalid                     // understood, but the values are not acceptable
	Malformed                   // not even readable
	Unauthenticated             // nobody is signed in, or no longer
	PaymentRequired             // something has to be paid first
	Forbidden                   // signed in, but not allowed
	NotFound                    // no such thing, or not the caller's
	Conflict                    // not in the state that it is in now
	Gone                        // it was there once
	TooLarge                    // more than is accepted
	TooMany                     // too often
	Unavailable                 // not now; worth another try
)

var kindNames = [...]string{
	Internal: "internal", Invalid: "invalid", Malformed: "malformed", Unauthenticated: "unauthenticated",
	PaymentRequired: "payment_required", Forbidden: "forbidden", NotFound: "not_found", Conflict: "conflict",
	Gone: "gone", TooLarge: "too_large", TooMany: "too_many", Unavailable: "unavailable",
}

// String returns the kind's name.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return fmt.Sprintf("kind(%d)", uint8(k))
}

// Field is what is wrong with one field of what was sent.
type Field struct {
	Path    string // where: lines[0].quantity
	Code    string // stable: required, too_long
	Message string // a sentence; never repeats the value
}

// Error is a refusal.
type Error struct {
	Kind       Kind
	Code       string
	Message    string
	Fields     []Field
	Details    map[string]any
	RetryAfter time.Duration

	cause error
}

// New declares a fault. Rooms do so once, in package variables.
func New(kind Kind, code, message string) *Error {
	return &Error{Kind: kind, Code: code, Message: message}
}

// Error returns the code, the message and the cause: it is for logs.
func (e *Error) Error() string {
	if e.cause != nil {
		return e.Code + ": " + e.Message + ": " + e.cause.Error()
	}
	return e.Code + ": " + e.Message
}

// Is reports whether target is a fault with the same code.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t != nil && t.Code == e.Code
}

// Unwrap returns the private cause.
func (e *Error) Unwrap() error { return e.cause }

// With returns a copy that carries one more fact, which the caller may see.
func (e *Error) With(key string, value any) *Error {
	c := *e
	c.Details = make(map[string]any, len(e.Details)+1)
	maps.Copy(c.Details, e.Details)
	c.Details[key] = value
	return &c
}

// Field returns a copy that names one more bad field.
func (e *Error) Field(path, code, message string) *Error {
	c := *e
	c.Fields = append(slices.Clone(e.Fields), Field{Path: path, Code: code, Message: message})
	return &c
}

// Because returns a copy with a private cause. A nil cause changes nothing.
func (e *Error) Because(cause error) *Error {
	c := *e
	if cause != nil {
		c.cause = cause
	}
	return &c
}

// Retry returns a copy that says after how long another try makes sense.
func (e *Error) Retry(after time.Duration) *Error {
	c := *e
	c.RetryAfter = after
	return &c
}

// Sayf returns a copy with another sentence.
func (e *Error) Sayf(format string, args ...any) *Error {
	c := *e
	c.Message = fmt.Sprintf(format, args...)
	return &c
}

// As returns the outermost fault in err's chain.
func As(err error) (*Error, bool) {
	var f *Error
	ok := errors.As(err, &f)
	return f, ok && f != nil
}

// Code returns the code of the outermost fault in err's chain, or "".
func Code(err error) string {
	if f, ok := As(err); ok {
		return f.Code
	}
	return ""
}
