package shopify

import (
	"bufio"
	"bytes"
	"errors"
	"io"
)

// table reads comma-separated rows one at a time (RFC 4180, with any line
// ends). The standard library's reader is not used because a row of nothing but
// commas, or one quote that never closes, makes it take memory for the whole
// file many times over.
type table struct {
	in       *bufio.Reader
	left     int64 // bytes the file may still have
	maxField int

	comma byte // what stands between cells

	line  int // of the next byte
	start int // line of the row at hand
	buf   []byte
	ends  []int     // of the cells in buf
	fault *RowError // what is wrong with the row's form; Column is not set
	at    int       // the cell in which fault was found
}

func newTable(r io.Reader, maxBytes int64, maxField int) (*table, error) {
	t := &table{in: bufio.NewReaderSize(r, 64<<10), left: maxBytes, maxField: maxField, line: 1}
	head, err := t.in.Peek(3)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	switch {
	case bytes.HasPrefix(head, []byte("\xef\xbb\xbf")):
		if _, err := t.in.Discard(3); err != nil {
			return nil, err
		}
	case bytes.HasPrefix(head, []byte("\xff\xfe")), bytes.HasPrefix(head, []byte("\xfe\xff")):
		return nil, ErrEncoding
	}
	// A reader that ends or fails shows when it is read.
	first, _ := t.in.Peek(8 << 10)
	t.comma = separator(first)
	return t, nil
}

// separator is what stands between the names of the columns: some spreadsheets write semicolons or tabs.
func separator(text []byte) byte {
	count, quoted := map[byte]int{}, false
	for _, b := range text {
		switch {
		case b == '"':
			quoted = !quoted
		case quoted:
		case b == '\n' || b == '\r':
			text = nil
		default:
			count[b]++
		}
		if text == nil {
			break
		}
	}
	best := byte(',')
	for _, b := range []byte{';', '\t'} {
		if count[b] > count[best] {
			best = b
		}
	}
	return best
}

func (t *table) read() (byte, error) {
	b, err := t.in.ReadByte()
	if err != nil {
		return 0, err
	}
	if t.left--; t.left < 0 {
		return 0, ErrTooLarge
	}
	return b, nil
}

// afterCR takes the line feed that belongs to a carriage return.
func (t *table) afterCR() error {
	if next, err := t.in.Peek(1); err == nil && next[0] == '\n' {
		_, err := t.read()
		return err
	}
	return nil
}

// next reads a row; io.EOF says that there is none. Whatever is wrong with its
// form is in fault, and the reader stands at the next row.
func (t *table) next() error {
	t.start, t.buf, t.ends, t.fault, t.at = t.line, t.buf[:0], t.ends[:0], nil, 0
	const (
		begin  = iota // of a cell
		plain         // in a cell without quotes
		quoted        // in quotes
		closed        // behind the closing quote
	)
	state, empty := begin, true
	for {
		b, err := t.read()
		if errors.Is(err, io.EOF) {
			if state == quoted {
				t.wrong(CodeUnclosedQuote, "A quote that opens here never closes.")
			}
			if empty {
				return io.EOF
			}
			t.endCell()
			return nil
		}
		if err != nil {
			return err
		}
		empty = false
		if b == '\r' {
			if err := t.afterCR(); err != nil {
				return err
			}
			b = '\n'
		}
		if b == '\n' {
			t.line++
		}
		switch {
		case state == quoted && b == '"':
			state = closed
		case state == quoted:
			t.add(b)
		case b == '\n':
			t.endCell()
			return nil
		case b == t.comma:
			t.endCell()
			state = begin
		case state == begin && b == '"':
			state = quoted
		case state == closed && b == '"': // a doubled quote is one
			t.add(b)
			state = quoted
		case state == closed:
			t.wrong(CodeBadQuote, "There is text behind a closing quote; quotes within a cell are doubled.")
			state = plain
		default:
			t.add(b)
			state = plain
		}
	}
}

func (t *table) add(b byte) {
	begin := 0
	if n := len(t.ends); n > 0 {
		begin = t.ends[n-1]
	}
	switch {
	case len(t.buf)-begin >= t.maxField:
		t.wrong(CodeTooLong, "The cell is too long.")
	case len(t.buf) >= 2*t.maxField:
		t.wrong(CodeTooLong, "The row is too long.")
	case len(t.ends) < maxColumns:
		t.buf = append(t.buf, b)
	}
}

func (t *table) endCell() {
	if len(t.ends) >= maxColumns {
		t.wrong(CodeTooManyColumns, "The row has too many cells.")
		return
	}
	t.ends = append(t.ends, len(t.buf))
}

// wrong keeps the first thing that is wrong with a row.
func (t *table) wrong(code, message string) {
	if t.fault == nil {
		t.fault, t.at = &RowError{Line: t.start, Code: code, Message: message}, len(t.ends)
	}
}

// cell is the i-th cell as it stands in the file, "" where the row is shorter.
func (t *table) cell(i int) []byte {
	if i < 0 || i >= len(t.ends) {
		return nil
	}
	begin := 0
	if i > 0 {
		begin = t.ends[i-1]
	}
	return t.buf[begin:t.ends[i]]
}

// blank says that there is nothing but commas and spaces.
func (t *table) blank() bool { return t.fault == nil && len(bytes.TrimSpace(t.buf)) == 0 }
