package demo

import (
	"context"
	"fmt"
	"time"

	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/internal/review"
)

// opinion is what somebody says afterwards, and what the store answers.
type opinion struct {
	stars       int64
	text, reply string
}

var ofDealers = []opinion{
	{5, "समय पर आए, तौल सामने किया और तुरंत पैसे दिए।", ""},
	{5, "Came in the morning as promised and weighed everything in front of us.", "Thank you. See you next month."},
	{4, "Good price for newspaper. He was an hour late, but he called.", ""},
	{3, "The scale was fair, but he would not take the glass bottles.", "Sorry. Glass is on our list from this week on."},
	{5, "", ""},
	{4, "पुराने अख़बार और लोहा, दोनों का अच्छा दाम मिला।", ""},
	{2, "Arrived in the evening instead of the morning.", "Our cart broke down that day. We have a second one now."},
	{5, "Third time I call him. Always correct.", ""},
	{4, "", ""},
}

var ofStores = []opinion{
	{5, "Packed with care and here in three days.", "धन्यवाद!"},
	{4, "Good shop. The parcel took a day longer than said.", ""},
	{5, "छिटो आयो, राम्ररी प्याक गरिएको थियो।", ""},
	{3, "One corner of the box was crushed. What was in it was whole.", "We use thicker boxes now."},
	{5, "", ""},
	{1, "The wrong colour came, and nobody picked up the telephone.", "We are sorry. Please send us the number of the order, we will exchange it."},
	{4, "सामान ठीक है, पैकिंग और अच्छी हो सकती थी।", ""},
}

var ofGoods = []opinion{
	{5, "Just as in the picture. I would buy it again.", ""},
	{4, "Good for the price.", ""},
	{5, "बहुत अच्छी चीज़ है, घर में सबको पसंद आई।", ""},
	{3, "Smaller than I thought. Look at the measures.", ""},
	{5, "राम्रो गुणस्तर।", ""},
	{4, "", ""},
}

// opine plans that a customer says what he thinks of an order, and that the store answers a day later.
func (s *story) opine(at time.Time, lane int, who web.Caller, owner func() web.Caller, order func(ctx context.Context) (id, product string, err error), o opinion) {
	var said string
	s.plan(deed{at: at, lane: lane, do: func(ctx context.Context) error {
		id, product, err := order(ctx)
		if err != nil || id == "" {
			return err
		}
		said, err = insist(func() (string, error) {
			id, _, err := s.app.Reviews.Post(ctx, who, review.Said{Order: id, Product: product, Stars: o.stars, Text: o.text})
			return id, err
		})
		if err != nil {
			return fmt.Errorf("review of order %s: %w", id, err)
		}
		return nil
	}})
	if o.reply == "" {
		return
	}
	s.plan(deed{at: at.Add(26 * time.Hour), lane: lane, do: func(ctx context.Context) error {
		if said == "" {
			return nil
		}
		_, err := insist(func() (struct{}, error) { return struct{}{}, s.app.Reviews.Answer(ctx, owner(), said, o.reply) })
		return err
	}})
}

// heard plans what comes of every third order that arrived: a word on the store, and on what was bought.
func (s *story) heard(t *trade, st *stall, at time.Time) {
	if s.arrived++; s.arrived%3 != 0 {
		return
	}
	n := s.arrived / 3
	s.opine(at.Add(5*time.Hour), t.buyer.lane, t.buyer.Caller, func() web.Caller { return st.owner }, func(context.Context) (string, string, error) {
		if t.missed {
			return "", "", nil
		}
		return t.orders[st], "", nil
	}, ofStores[n%len(ofStores)])
	if n%2 != 0 {
		return
	}
	s.opine(at.Add(6*time.Hour), t.buyer.lane, t.buyer.Caller, func() web.Caller { return st.owner }, func(ctx context.Context) (string, string, error) {
		if t.missed {
			return "", "", nil
		}
		o, err := s.app.Orders.Get(ctx, t.buyer.Caller, t.orders[st])
		if err != nil || len(o.Lines) == 0 {
			return "", "", err
		}
		return o.ID, o.Lines[0].Product, nil
	}, ofGoods[n%len(ofGoods)])
}
