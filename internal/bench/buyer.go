package bench

import (
	"bytes"
	"context"
	"strconv"
	"time"
)

// buyer is one client over HTTP: a connection, and a share of the customers in whose names it buys in turns.
type buyer struct {
	*conn
	stage *stage
	who   []int // of stage.customers
	n     int   // purchases begun
	keys  string
	body  []byte
}

// hire gives client i of n its share: each customer has one client, so that nobody waits for his own cart.
func (s *stage) hire(at place, i, n int) buyer {
	b := buyer{conn: at.open(), stage: s, keys: "bench-" + strconv.FormatInt(time.Now().UnixNano(), 36) + "-" + strconv.Itoa(i) + "-"}
	for c := i; c < len(s.customers); c += n {
		b.who = append(b.who, c)
	}
	return b
}

// next is the customer and the variants of the next purchase: everybody buys everything, in an order of his own.
func (b *buyer) next() (c *customer, one, two int) {
	c = &b.stage.customers[b.who[b.n%len(b.who)]]
	one = (b.who[0]*31 + b.n*7) % len(b.stage.variants)
	two = b.stage.other(one, b.n)
	b.n++
	return c, one, two
}

// send sends b.body to a path. key: with an Idempotency-Key of its own, as a careful client does.
func (b *buyer) send(ctx context.Context, method, path, token string, key bool) (failed string) {
	b.request(method, path, token)
	if key {
		b.header("Idempotency-Key", b.keys+strconv.Itoa(b.n)+"-"+strconv.Itoa(len(b.body)))
	}
	var body []byte
	if method != "GET" && method != "DELETE" {
		body = b.body
	}
	status, err := b.finish(ctx, body)
	if err != nil || status/100 != 2 {
		return b.problem(status, err)
	}
	return ""
}

func (b *buyer) say(parts ...string) {
	b.body = b.body[:0]
	for _, p := range parts {
		b.body = append(b.body, p...)
	}
}

func (b *buyer) transferred(sent, got int64) (in, out int64) { return b.got - got, b.sent - sent }

// checkouter checks one thing out directly and pays from the wallet: one request, one transaction.
type checkouter struct{ buyer }

var confirmed, paid = []byte(`"state":"confirmed"`), []byte(`"payment_status":"paid"`)

// placed says whether an answer shows an order that is confirmed and paid for.
func placed(body []byte) bool { return bytes.Contains(body, confirmed) && bytes.Contains(body, paid) }

func (b *checkouter) do(ctx context.Context) (o outcome) {
	sent, got := b.sent, b.got
	c, one, _ := b.next()
	b.say(`{"direct":{"variant":"`, b.stage.variants[one], `","quantity":1},"address_id":"`, c.address,
		`","payment_method":"wallet","expected_total":"`, b.stage.direct, `"}`)
	o.failed = b.send(ctx, "POST", "/v1/checkouts", c.token, true)
	if o.failed == "" && !placed(b.conn.body) {
		o.failed = "not confirmed"
	}
	o.in, o.out = b.transferred(sent, got)
	return o
}

// shopper does what a customer does from an empty cart to the order in his hand: five requests.
type shopper struct{ buyer }

func (b *shopper) do(ctx context.Context) (o outcome) {
	sent, got := b.sent, b.got
	c, one, two := b.next()
	o.failed = b.shop(ctx, c, one, two)
	if o.failed != "" {
		// The next purchase of this customer begins with an empty cart again. What is wrong was counted.
		_ = b.send(ctx, "DELETE", "/v1/cart", c.token, false)
	}
	o.in, o.out = b.transferred(sent, got)
	return o
}

func (b *shopper) shop(ctx context.Context, c *customer, one, two int) (failed string) {
	for _, v := range []int{one, two} {
		b.say(`{"variant":"`, b.stage.variants[v], `","quantity":1}`)
		if failed := b.send(ctx, "POST", "/v1/cart/lines", c.token, false); failed != "" {
			return "cart: " + failed
		}
	}
	b.say(`{"address_id":"`, c.address, `","payment_method":"gateway","expected_total":"`, b.stage.pair, `"}`)
	if failed := b.send(ctx, "POST", "/v1/checkouts", c.token, true); failed != "" {
		return "checkout: " + failed
	}
	pay, order := string(idOf(b.conn.body, "pay")), string(idOf(b.conn.body, "ord"))
	if pay == "" || order == "" {
		return "checkout: without a payment or an order"
	}
	b.say(cardBody)
	if failed := b.send(ctx, "POST", "/v1/payments/"+pay+"/attempts", c.token, true); failed != "" {
		return "pay: " + failed
	}
	if failed := b.send(ctx, "GET", "/v1/orders/"+order, c.token, false); failed != "" {
		return "order: " + failed
	}
	if !placed(b.conn.body) {
		return "order: not confirmed"
	}
	return ""
}
