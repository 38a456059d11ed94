package bench

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strconv"
	"time"
)

// place is the server that is measured.
type place struct {
	url     *url.URL
	address string // host:port to dial
}

func placeOf(base string) (place, error) {
	u, err := url.Parse(base)
	if err != nil {
		return place{}, err
	}
	if u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.Path != "" && u.Path != "/" {
		return place{}, fmt.Errorf("%q is not the address of a market, such as http://127.0.0.1:8080", base)
	}
	port := u.Port()
	if port == "" {
		port = u.Scheme
	}
	return place{url: u, address: net.JoinHostPort(u.Hostname(), port)}, nil
}

// answerTime bounds one answer: longer is an error and not a measurement.
const answerTime = 30 * time.Second

// conn is one kept connection that speaks just enough HTTP/1.1 to cost little beside the server: the generator shares
// the machine with it.
type conn struct {
	at   place
	c    net.Conn
	r    *bufio.Reader
	out  []byte // the request, built anew in the same memory
	body []byte // of the last answer
	// retry is when the last answer says to come again, in seconds.
	retry int
	sent  int64
	got   int64

	patience time.Duration // for one answer
}

func (p place) open() *conn { return &conn{at: p, patience: answerTime} }

func (c *conn) close() error {
	if c.c == nil {
		return nil
	}
	err := c.c.Close()
	c.c = nil
	return err
}

func (c *conn) dial(ctx context.Context) error {
	d := net.Dialer{Timeout: 10 * time.Second}
	raw, err := d.DialContext(ctx, "tcp", c.at.address)
	if err != nil {
		return err
	}
	if c.at.url.Scheme == "https" {
		secure := tls.Client(raw, &tls.Config{ServerName: c.at.url.Hostname()})
		if err := secure.HandshakeContext(ctx); err != nil {
			return errors.Join(err, raw.Close())
		}
		raw = secure
	}
	c.c = raw
	if c.r == nil {
		c.r = bufio.NewReaderSize(raw, 8<<10)
	} else {
		c.r.Reset(raw)
	}
	return nil
}

// request begins one in c.out. The body follows with finish.
func (c *conn) request(method, path, token string) {
	c.out = append(c.out[:0], method...)
	c.out = append(c.out, ' ')
	c.out = append(c.out, path...)
	c.out = append(c.out, " HTTP/1.1\r\nHost: "...)
	c.out = append(c.out, c.at.url.Host...)
	c.out = append(c.out, "\r\nUser-Agent: haat-bench\r\nAccept: application/json\r\n"...)
	if token != "" {
		c.out = append(c.out, "Authorization: Bearer "...)
		c.out = append(c.out, token...)
		c.out = append(c.out, "\r\n"...)
	}
}

func (c *conn) header(name, value string) {
	c.out = append(c.out, name...)
	c.out = append(c.out, ": "...)
	c.out = append(c.out, value...)
	c.out = append(c.out, "\r\n"...)
}

// finish ends the request with a JSON body, or without one, and sends it. The body of the answer is in c.body until the
// next one.
func (c *conn) finish(ctx context.Context, body []byte) (status int, err error) {
	if body != nil {
		c.out = append(c.out, "Content-Type: application/json\r\nContent-Length: "...)
		c.out = strconv.AppendInt(c.out, int64(len(body)), 10)
		c.out = append(c.out, "\r\n"...)
	}
	c.out = append(c.out, "\r\n"...)
	c.out = append(c.out, body...)
	if c.c == nil {
		if err := c.dial(ctx); err != nil {
			return 0, err
		}
	}
	status, err = c.exchange()
	if err != nil {
		err = errors.Join(err, c.close())
	}
	return status, err
}

func (c *conn) exchange() (status int, err error) {
	if err := c.c.SetDeadline(time.Now().Add(c.patience)); err != nil {
		return 0, err
	}
	n, err := c.c.Write(c.out)
	c.sent += int64(n)
	if err != nil {
		return 0, err
	}
	line, err := c.line()
	if err != nil {
		return 0, err
	}
	if len(line) < 12 || !bytes.HasPrefix(line, []byte("HTTP/1.")) {
		return 0, errors.New("the answer is not HTTP")
	}
	if status, err = strconv.Atoi(string(line[9:12])); err != nil {
		return 0, errors.New("the answer has no status")
	}
	length, last, err := c.headers()
	if err != nil {
		return status, err
	}
	c.body = c.body[:0]
	switch {
	case status == 204 || status == 304:
	case length == chunked:
		err = c.readChunks()
	case length < 0:
		return status, errors.New("the answer says neither its length nor that it is chunked")
	default:
		err = c.readBody(length)
	}
	if err == nil && last {
		err = c.close()
	}
	return status, err
}

func (c *conn) line() ([]byte, error) {
	line, err := c.r.ReadSlice('\n')
	c.got += int64(len(line))
	return bytes.TrimRight(line, "\r\n"), err
}

// chunked stands for the length of a body that is sent in chunks.
const chunked = -2

// maxAnswer is more than any answer to these requests.
const maxAnswer = 4 << 20

// headers reads them to their end. last: the server closes the connection after this answer.
func (c *conn) headers() (length int, last bool, err error) {
	length, c.retry = -1, 0
	for {
		line, err := c.line()
		if err != nil {
			return 0, false, err
		}
		if len(line) == 0 {
			return length, last, nil
		}
		name, value, _ := bytes.Cut(line, []byte(":"))
		value = bytes.TrimSpace(value)
		switch {
		case equalFold(name, "content-length"):
			if length, err = strconv.Atoi(string(value)); err != nil || length < 0 || length > maxAnswer {
				return 0, false, errors.New("the answer's length is not usable")
			}
		case equalFold(name, "transfer-encoding"):
			length = chunked
		case equalFold(name, "retry-after"):
			if c.retry, err = strconv.Atoi(string(value)); err != nil {
				return 0, false, errors.New("the answer's Retry-After is not a number")
			}
		case equalFold(name, "connection"):
			last = equalFold(value, "close")
		}
	}
}

func equalFold(a []byte, lower string) bool {
	return len(a) == len(lower) && bytes.EqualFold(a, []byte(lower))
}

func (c *conn) readBody(length int) error {
	at := len(c.body)
	if need := at + length; cap(c.body) < need {
		c.body = append(make([]byte, 0, max(need, 4<<10)), c.body...)
	}
	c.body = c.body[:at+length]
	n, err := io.ReadFull(c.r, c.body[at:])
	c.got += int64(n)
	return err
}

func (c *conn) readChunks() error {
	for {
		line, err := c.line()
		if err != nil {
			return err
		}
		size, err := strconv.ParseInt(string(line), 16, 32)
		if err != nil || size < 0 || len(c.body)+int(size) > maxAnswer {
			return errors.New("the answer has a chunk without a size")
		}
		if err := c.readBody(int(size)); err != nil {
			return err
		}
		if _, err := c.line(); err != nil {
			return err
		}
		if size == 0 {
			return nil
		}
	}
}

// problem names a refusal: its status and its code.
func (c *conn) problem(status int, err error) string {
	var timeout net.Error
	switch {
	case errors.As(err, &timeout) && timeout.Timeout():
		return "network: timeout"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "network: closed"
	case err != nil:
		return "network: " + err.Error()
	}
	return strconv.Itoa(status) + " " + string(textOf(c.body, `"code":"`))
}

// textOf is the text that follows a mark, up to the next quote: enough for ids, which are told by their prefix, and
// for codes.
func textOf(body []byte, mark string) []byte {
	_, rest, ok := bytes.Cut(body, []byte(mark))
	if !ok {
		return nil
	}
	text, _, ok := bytes.Cut(rest, []byte(`"`))
	if !ok {
		return nil
	}
	return text
}

// idOf is the first id with this prefix in an answer; nil if there is none.
func idOf(body []byte, prefix string) []byte {
	i := bytes.Index(body, []byte(`"`+prefix+"_"))
	if i < 0 {
		return nil
	}
	id, _, ok := bytes.Cut(body[i+1:], []byte(`"`))
	if !ok {
		return nil
	}
	return id
}
