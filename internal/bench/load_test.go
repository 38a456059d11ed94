package bench

import (
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestHistogram(t *testing.T) {
	var h, other histogram
	if h.quantile(5000) != 0 {
		t.Error("nothing has a middle")
	}
	rnd := rand.New(rand.NewPCG(1, 2))
	var all []time.Duration
	for i := range 20_000 {
		d := time.Duration(rnd.ExpFloat64() * float64(3*time.Millisecond))
		all = append(all, d)
		if i%2 == 0 {
			h.add(d)
		} else {
			other.add(d)
		}
	}
	h.merge(&other)
	slices.Sort(all)
	for _, q := range []int64{1, 5000, 9500, 9900, 10000} {
		want, got := all[max(int64(len(all))*q/10000, 1)-1], h.quantile(q)
		if diff := float64(got-want) / float64(want+1); diff > 0.05 || diff < -0.05 {
			t.Errorf("%d of 10000: %v, want %v", q, got, want)
		}
	}
	if h.count != 20_000 || h.max != all[len(all)-1] {
		t.Error(h.count, h.max)
	}
	for _, d := range []time.Duration{-1, 0, 31, 32, 33, 1 << 20, time.Hour, 10000 * time.Hour} { // none is out of range
		i := bucketOf(d)
		if middle := bucketMiddle(i); d > 64 && d < time.Hour*2 && (middle < d*96/100 || middle > d*104/100) {
			t.Errorf("%v stands in the bucket of %v", d, middle)
		}
	}
}

// server1 answers each request of one connection with the next text.
func server1(t *testing.T, answers ...string) place {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			buf := make([]byte, 4096)
			for len(answers) > 0 {
				if _, err := c.Read(buf); err != nil {
					break
				}
				answer := answers[0]
				answers = answers[1:]
				if _, err := c.Write([]byte(answer)); err != nil {
					break
				}
				if strings.Contains(answer, "close") {
					break
				}
			}
			c.Close()
		}
	}()
	p, err := placeOf("http://" + l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestConn(t *testing.T) {
	c := server1(t,
		"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
		"HTTP/1.1 204 No Content\r\n\r\n",
		"HTTP/1.1 429 Too Many Requests\r\nRetry-After: 7\r\nContent-Length: 42\r\n\r\n"+`{"title":"no","code":"rate_limited","x":1}`,
		"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok",
		"HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n",
		"HTTP/1.1 200 OK\r\n\r\n",
		"what?\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: 10\r\nConnection: close\r\n\r\nhalf",
	).open()
	for i, want := range []struct {
		status int
		body   string
		failed string
	}{
		{200, "hello", ""}, {200, "abcde", ""}, {204, "", ""}, {429, "", "429 rate_limited"}, {200, "ok", ""}, {201, "", ""},
		{0, "", "network: the answer says neither its length nor that it is chunked"}, {0, "", "network: the answer is not HTTP"},
		{0, "", "network: the answer's length is not usable"}, {0, "", "network: closed"},
	} {
		c.request("POST", "/x", "token")
		c.header("Idempotency-Key", "k")
		status, err := c.finish(t.Context(), []byte("{}"))
		failed := ""
		if err != nil || status/100 != 2 {
			failed = c.problem(status, err)
		}
		switch {
		case failed != want.failed:
			t.Errorf("answer %d: %q, want %q", i, failed, want.failed)
		case failed == "" && (status != want.status || string(c.body) != want.body):
			t.Errorf("answer %d: %d %q", i, status, c.body)
		}
		if i == 3 && c.retry != 7 {
			t.Errorf("retry after %d", c.retry)
		}
	}
	if c.sent == 0 || c.got == 0 {
		t.Error("bytes were not counted")
	}
	if err := c.close(); err != nil {
		t.Error(err)
	}
}

func TestIDs(t *testing.T) {
	body := []byte(`{"id":"chk_1","orders":[{"id":"ord_2"}],"payment":{"id":"pay_3","order":"ord_4"}}`)
	for prefix, want := range map[string]string{"chk": "chk_1", "ord": "ord_2", "pay": "pay_3", "xyz": ""} {
		if got := string(idOf(body, prefix)); got != want {
			t.Errorf("%s: %q", prefix, got)
		}
	}
	if idOf([]byte(`{"id":"pay_`), "pay") != nil || textOf([]byte(`{"code":"x`), `"code":"`) != nil {
		t.Error("half a text was taken")
	}
}

func TestPlaces(t *testing.T) {
	for _, bad := range []string{"", "market.example", "ftp://x", "http://x/path", "http://", "http://x:y:z"} {
		if p, err := placeOf(bad); err == nil {
			t.Errorf("%q is %v", bad, p)
		}
	}
	for good, address := range map[string]string{"http://x": "x:http", "https://x/": "x:https", "http://[::1]:8080": "[::1]:8080"} {
		if p, err := placeOf(good); err != nil || p.address != address {
			t.Errorf("%q: %v %v", good, p.address, err)
		}
	}
}

// step is a worker that takes a millisecond and fails every third time.
type step struct {
	n      int
	closed bool
}

func (s *step) do(context.Context) outcome {
	time.Sleep(time.Millisecond)
	s.n++
	if s.n%3 == 0 {
		return outcome{failed: "409 third", in: 1, out: 2}
	}
	return outcome{in: 1, out: 2}
}

func (s *step) close() error {
	s.closed = true
	return nil
}

// What is measured is what began in time and ended in time; what failed is counted apart.
func TestMeasure(t *testing.T) {
	steps := make([]*step, 4)
	err := crew(4, func(i int) (worker, error) { steps[i] = &step{}; return steps[i], nil }, func(w []worker) error {
		r, err := measure(t.Context(), "steps", w, 50*time.Millisecond, 300*time.Millisecond, ownCPU)
		if err != nil {
			return err
		}
		done := 0
		for _, s := range steps {
			done += s.n
		}
		all := r.Done + r.Failed()
		if all == 0 || all >= int64(done) || r.Errors["409 third"] == 0 || len(r.Errors) != 1 {
			t.Errorf("%d of %d counted, %v", all, done, r.Errors)
		}
		if r.BytesIn != all || r.BytesOut != 2*all || r.P50 < 1 || r.P99 < r.P50 || r.Max < r.P99 || r.Clients != 4 {
			t.Errorf("%+v", r)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for i, s := range steps {
		if !s.closed {
			t.Errorf("worker %d was not closed", i)
		}
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := measure(gone, "steps", []worker{steps[0]}, time.Hour, time.Hour, nil); !errors.Is(err, context.Canceled) {
		t.Error("measured for nobody:", err)
	}
	refused := errors.New("no")
	if err := crew(2, func(i int) (worker, error) { return steps[i], []error{nil, refused}[i] }, nil); !errors.Is(err, refused) {
		t.Error(err)
	}
}
