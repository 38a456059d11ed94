package app

import (
	"fmt"
	"io"
	"strings"

	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/web"
)

// Console is what a command reads from and writes to: results go to Out, progress and the log to Err.
type Console struct {
	In  io.Reader
	Out io.Writer
	Err io.Writer
}

// print writes a result. A result that nobody got is an error.
func (c Console) print(format string, args ...any) error {
	_, err := fmt.Fprintf(c.Out, format, args...)
	return err
}

// note writes progress. Whoever closed that end does not want it.
func (c Console) note(format string, args ...any) {
	_, _ = fmt.Fprintf(c.Err, format+"\n", args...)
}

// Explain is what the operator is told of an error: one line, without the words that are only for programs.
func Explain(err error) string {
	text := err.Error()
	if f, ok := fault.As(err); ok {
		parts := []string{f.Message}
		for _, field := range f.Fields {
			parts = append(parts, field.Path+": "+field.Message)
		}
		if len(f.Fields) > 0 && f.Code == web.ErrInvalid.Code {
			parts = parts[1:]
		}
		text = strings.Join(parts, " ")
	}
	return strings.Join(strings.FieldsFunc(text, func(r rune) bool { return r == '\n' || r == '\r' }), "; ")
}
