package web

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/validation"

	"github.com/haat-market/haat/internal/platform/fault"
)

// Codes of bad fields.
const (
	CodeRequired      = "required"
	CodeUnknownField  = "unknown_field"
	CodeInvalidType   = "invalid_type"
	CodeInvalidFormat = "invalid_format"
	CodeInvalidValue  = "invalid_value"
	CodeNotAllowed    = "not_allowed"
	CodeOutOfRange    = "out_of_range"
	CodeTooShort      = "too_short"
	CodeTooLong       = "too_long"
	CodeTooFew        = "too_few"
	CodeTooMany       = "too_many"
	CodeDuplicate     = "duplicate"
)

const (
	maxFieldErrors = 20 // a body of a thousand unknown fields gets a short answer
	maxPathLength  = 120
)

// sep stands between the code, the sentence and, where the field's name is not
// in the location yet, the name. No text that reaches a validator can hold it
// in a message, because messages never hold submitted values.
const sep = "\x1f"

// Huma's messages are variables: setting them gives each a stable code and our
// sentence, and drops the verbs that would repeat what was submitted (%.0v
// prints nothing).
func init() {
	huma.ValidateStrictCasing = true
	huma.DefaultArrayNullable = false
	huma.NewError = func(status int, message string, errs ...error) huma.StatusError {
		return newProblem(nil, validationFault(status, message, errs))
	}
	huma.NewErrorWithContext = func(ctx huma.Context, status int, message string, errs ...error) huma.StatusError {
		x := exchangeFrom(ctx.Context())
		if x == nil {
			return newProblem(nil, validationFault(status, message, errs))
		}
		return x.api.problem(x, validationFault(status, message, errs))
	}
	for message, text := range map[*string]string{
		&validation.MsgUnexpectedProperty:                 CodeUnknownField + sep + "This field is not known here.",
		&validation.MsgExpectedRFC3339DateTime:            CodeInvalidFormat + sep + "Must be a time such as 2026-01-31T18:30:00Z.",
		&validation.MsgExpectedRFC1123DateTime:            CodeInvalidFormat + sep + "Must be an HTTP date.",
		&validation.MsgExpectedRFC3339Date:                CodeInvalidFormat + sep + "Must be a date such as 2026-01-31.",
		&validation.MsgExpectedRFC3339Time:                CodeInvalidFormat + sep + "Must be a time of day such as 18:30:00.",
		&validation.MsgExpectedRFC5322Email:               CodeInvalidFormat + sep + "Must be an e-mail address.%.0v",
		&validation.MsgExpectedRFC5890Hostname:            CodeInvalidFormat + sep + "Must be a host name.",
		&validation.MsgExpectedRFC2673IPv4:                CodeInvalidFormat + sep + "Must be an IPv4 address.",
		&validation.MsgExpectedRFC2373IPv6:                CodeInvalidFormat + sep + "Must be an IPv6 address.",
		&validation.MsgExpectedRFCIPAddr:                  CodeInvalidFormat + sep + "Must be an IP address.",
		&validation.MsgExpectedRFC3986URI:                 CodeInvalidFormat + sep + "Must be a URL.%.0v",
		&validation.MsgExpectedRFC4122UUID:                CodeInvalidFormat + sep + "Must be a UUID.%.0v",
		&validation.MsgExpectedRFC6570URITemplate:         CodeInvalidFormat + sep + "Must be a URI template.",
		&validation.MsgExpectedRFC6901JSONPointer:         CodeInvalidFormat + sep + "Must be a JSON pointer.",
		&validation.MsgExpectedRFC6901RelativeJSONPointer: CodeInvalidFormat + sep + "Must be a relative JSON pointer.",
		&validation.MsgExpectedRegexp:                     CodeInvalidFormat + sep + "Must be a regular expression.%.0v",
		&validation.MsgExpectedDuration:                   CodeInvalidFormat + sep + "Must be a duration.%.0v",
		&validation.MsgExpectedBase64String:               CodeInvalidFormat + sep + "Must be base64.",
		&validation.MsgExpectedBePattern:                  CodeInvalidFormat + sep + "Must be %s.",
		&validation.MsgExpectedMatchPattern:               CodeInvalidFormat + sep + "Must match the pattern %s.",
		&validation.MsgExpectedMatchAtLeastOneSchema:      CodeInvalidValue + sep + "Has none of the forms that are accepted here.",
		&validation.MsgExpectedMatchExactlyOneSchema:      CodeInvalidValue + sep + "Has none of the forms that are accepted here.",
		&validation.MsgExpectedNotMatchSchema:             CodeInvalidValue + sep + "Has a form that is not accepted here.",
		&validation.MsgExpectedPropertyNameInObject:       CodeRequired + sep + "This field is required.",
		&validation.MsgExpectedBoolean:                    CodeInvalidType + sep + "Must be true or false.",
		&validation.MsgExpectedNumber:                     CodeInvalidType + sep + "Must be a number.",
		&validation.MsgExpectedInteger:                    CodeInvalidType + sep + "Must be a whole number.",
		&validation.MsgExpectedString:                     CodeInvalidType + sep + "Must be a string.",
		&validation.MsgExpectedArray:                      CodeInvalidType + sep + "Must be a list.",
		&validation.MsgExpectedObject:                     CodeInvalidType + sep + "Must be an object.",
		&validation.MsgExpectedArrayItemsUnique:           CodeDuplicate + sep + "No two items may be the same.",
		&validation.MsgExpectedOneOf:                      CodeNotAllowed + sep + "Must be one of \"%s\".",
		&validation.MsgExpectedMinimumNumber:              CodeOutOfRange + sep + "Must be at least %v.",
		&validation.MsgExpectedExclusiveMinimumNumber:     CodeOutOfRange + sep + "Must be more than %v.",
		&validation.MsgExpectedMaximumNumber:              CodeOutOfRange + sep + "Must be at most %v.",
		&validation.MsgExpectedExclusiveMaximumNumber:     CodeOutOfRange + sep + "Must be less than %v.",
		&validation.MsgExpectedNumberBeMultipleOf:         CodeOutOfRange + sep + "Must be a multiple of %v.",
		&validation.MsgExpectedMinLength:                  CodeTooShort + sep + "Must have at least %d characters.",
		&validation.MsgExpectedMaxLength:                  CodeTooLong + sep + "Must have at most %d characters.",
		&validation.MsgExpectedMinItems:                   CodeTooFew + sep + "Must have at least %d items.",
		&validation.MsgExpectedMaxItems:                   CodeTooMany + sep + "Must have at most %d items.",
		&validation.MsgExpectedMinProperties:              CodeTooFew + sep + "Must have at least %d fields.",
		&validation.MsgExpectedMaxProperties:              CodeTooMany + sep + "Must have at most %d fields.",
		&validation.MsgExpectedRequiredProperty:           CodeRequired + sep + "This field is required." + sep + "%s",
		&validation.MsgExpectedDependentRequiredProperty:  CodeRequired + sep + "This field is required together with %[2]s." + sep + "%[1]s",
	} {
		*message = text
	}
}

// plainMessages are those that huma writes out in its code.
var plainMessages = []struct{ prefix, code, text string }{
	{"required ", CodeRequired, "This field is required."},
	{"File required", CodeRequired, "A file is required."},
	{"At least one file", CodeRequired, "A file is required."},
	{"Multiple files", CodeTooMany, "Only one file is accepted."},
	{"Invalid mime type", CodeInvalidFormat, "A file of this type is not accepted."},
	{"unknown query parameter", CodeUnknownField, "This parameter is not known here."},
	{"expected at most one value", CodeDuplicate, "May be given once."},
	{"invalid integer", CodeInvalidType, "Must be a whole number."},
	{"invalid float", CodeInvalidType, "Must be a number."},
	{"invalid boolean", CodeInvalidType, "Must be true or false."},
	{"invalid date/time", CodeInvalidFormat, "Must be a time such as 2026-01-31T18:30:00Z."},
	{"invalid value", CodeInvalidFormat, "Has the wrong format."},
	{"expected value to match exactly one", CodeInvalidValue, "Has more than one of the forms that are accepted here."},
}

// fieldOf reads the code and the sentence out of one of huma's errors. Any
// message that is not known becomes a fixed one: it could repeat the value.
func fieldOf(err error) fault.Field {
	var detail *huma.ErrorDetail
	if !errors.As(err, &detail) {
		return fault.Field{Code: CodeInvalidValue, Message: "Is not acceptable."}
	}
	field := fault.Field{Path: detail.Location, Code: CodeInvalidValue, Message: "Is not acceptable."}
	if code, rest, ok := strings.Cut(detail.Message, sep); ok {
		text, name, hasName := strings.Cut(rest, sep)
		field.Code, field.Message = code, text
		if hasName && name != "" {
			field.Path += "." + name
		}
	} else {
		for _, m := range plainMessages {
			if strings.HasPrefix(detail.Message, m.prefix) {
				field.Code, field.Message = m.code, m.text
				break
			}
		}
	}
	field.Path = cleanPath(field.Path)
	return field
}

// cleanPath drops where a field stood (body, query, path) and bounds its name,
// which for an unknown field is the caller's own text.
func cleanPath(path string) string {
	for _, place := range []string{"body", "query", "path", "header", "form"} {
		if rest, ok := strings.CutPrefix(path, place); ok && (rest == "" || rest[0] == '.' || rest[0] == '[') {
			path = strings.TrimPrefix(rest, ".")
			break
		}
	}
	if len(path) > maxPathLength {
		cut := maxPathLength
		for cut > 0 && !utf8.RuneStart(path[cut]) {
			cut--
		}
		path = path[:cut] + "…"
	}
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '�'
		}
		return r
	}, path)
}

// validationFault turns what huma found into a fault.
func validationFault(status int, message string, errs []error) *fault.Error {
	var f *fault.Error
	switch status {
	case http.StatusUnprocessableEntity:
		f = ErrInvalid
	case http.StatusUnsupportedMediaType:
		f = ErrContentType
	case http.StatusRequestEntityTooLarge:
		f = ErrBodyTooLarge
	case http.StatusRequestTimeout:
		f = ErrBodyTimeout
	case http.StatusBadRequest:
		f = ErrMalformedJSON
		if message == "request body is required" {
			f = ErrBodyRequired
		}
	default:
		return ErrInternal.Because(errors.Join(append([]error{errors.New(message)}, errs...)...))
	}
	fields := make([]fault.Field, 0, min(len(errs), maxFieldErrors))
	for _, err := range errs {
		if err != nil && len(fields) < maxFieldErrors {
			fields = append(fields, fieldOf(err))
		}
	}
	slices.SortStableFunc(fields, func(a, b fault.Field) int { return strings.Compare(a.Path, b.Path) })
	c := *f
	c.Fields = fields
	return &c
}

// codedError is an error of decoding whose text is safe to show.
type codedError struct{ field fault.Field }

// Error is the coded form that fieldOf reads.
func (e *codedError) Error() string {
	text := e.field.Code + sep + e.field.Message
	if e.field.Path != "" {
		text += sep + e.field.Path
	}
	return text
}

// decodeJSON reads a body that was already validated into an operation's
// input. What can still fail is a number that does not fit and the types that
// read themselves.
func decodeJSON(data []byte, v any) error {
	err := json.Unmarshal(data, v)
	if err == nil {
		return nil
	}
	field := fault.Field{Code: CodeInvalidFormat, Message: "Has the wrong format."}
	var typeErr *json.UnmarshalTypeError
	if errors.As(err, &typeErr) {
		field = fault.Field{Path: typeErr.Field, Code: CodeInvalidType, Message: "Has the wrong type."}
		if strings.HasPrefix(typeErr.Value, "number") {
			field.Code, field.Message = CodeOutOfRange, "Is not a whole number that fits."
		}
	}
	if f, ok := fault.As(err); ok {
		field.Code, field.Message = f.Code, f.Message
	}
	return &codedError{field: field}
}
