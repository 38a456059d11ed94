package event

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/haat-market/haat/internal/platform/db"
)

func TestWhatMayNotBeLogged(t *testing.T) {
	type inner struct {
		Pin string `json:"delivery_pin"`
	}
	for name, e := range map[string]Event{
		"no type":        {Subject: "ord_1", Actor: System},
		"type":           {Type: "Order", Subject: "ord_1", Actor: System},
		"type of a word": {Type: "order", Subject: "ord_1", Actor: System},
		"no subject":     {Type: "a.b", Actor: System},
		"no actor":       {Type: "a.b", Subject: "x"},
		"long actor":     {Type: "a.b", Subject: "x", Actor: strings.Repeat("a", 201)},
		"newline":        {Type: "a.b", Subject: "x\ny", Actor: System},
		"broken UTF-8":   {Type: "a.b", Subject: "x\xff", Actor: System},
		"pin":            {Type: "a.b", Subject: "x", Actor: System, Facts: map[string]any{"pin": 1}},
		"words":          {Type: "a.b", Subject: "x", Actor: System, Facts: map[string]any{"new-password hash": "h"}},
		"camel":          {Type: "a.b", Subject: "x", Actor: System, Facts: map[string]any{"deliveryPIN": 1}},
		"case":           {Type: "a.b", Subject: "x", Actor: System, Facts: map[string]any{"OTP": "1"}},
		"nested":         {Type: "a.b", Subject: "x", Actor: System, Facts: map[string]any{"to": map[string]any{"address": "Main"}}},
		"in a list":      {Type: "a.b", Subject: "x", Actor: System, Facts: map[string]any{"l": []any{1, map[string]string{"email": "a@b"}}}},
		"struct":         {Type: "a.b", Subject: "x", Actor: System, Facts: map[string]any{"s": inner{"1"}}},
		"after a list":   {Type: "a.b", Subject: "x", Actor: System, Facts: map[string]any{"a": []int{1}, "b": map[string]any{"c": map[string]any{}, "phone": 1}}},
		"float":          {Type: "a.b", Subject: "x", Actor: System, Facts: map[string]any{"total": 12.5}},
		"huge float":     {Type: "a.b", Subject: "x", Actor: System, Facts: map[string]any{"n": []float64{1e30}}},
		"too big":        {Type: "a.b", Subject: "x", Actor: System, Facts: map[string]any{"n": strings.Repeat("x", 4096)}},
		"no JSON":        {Type: "a.b", Subject: "x", Actor: System, Facts: map[string]any{"n": func() {}}},
		"NUL":            {Type: "a.b", Subject: "x", Actor: System, Facts: map[string]any{"n": "a\x00b"}},
		"NUL in a word":  {Type: "a.b", Subject: "x", Actor: System, Facts: map[string]any{"n": word("a\x00b")}},
		"number's text":  {Type: "a.b", Subject: "x", Actor: System, Facts: map[string]any{"n": json.Number("1.5")}},
		"own JSON":       {Type: "a.b", Subject: "x", Actor: System, Facts: map[string]any{"n": json.RawMessage(`{"pin":1}`)}},
		"broken name":    {Type: "a.b", Subject: "x", Actor: System, Facts: map[string]any{"pin\xff": 1}},
	} {
		if text, err := e.encode(); err == nil {
			t.Errorf("%s was taken: %s", name, text)
		}
	}
	for range 2 { // what was found bad is not remembered as good
		if _, err := (Event{Type: "a.b", Subject: "x", Actor: System, Facts: map[string]any{"total": 1, "phone": "1"}}).encode(); err == nil {
			t.Error("a telephone number was taken")
		}
	}
	good := Event{Type: "order.line_cut", Subject: "ord_1", Actor: "acc_1", Facts: map[string]any{
		"state":      word("confirmed"),
		"address_id": "adr_1", "total": int64(125000), "currency": "NPR", "lines": []map[string]any{{"shipping": 1, "pinned": true}},
		"note": "the pin, by name", "was": nil,
	}}
	if _, err := good.encode(); err != nil {
		t.Error(err)
	}
}

// word is a text of a type of its own, as states are.
type word string

func TestAppendAndRead(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		c := newFake()
		l := New(c)
		at := c.Now()
		write(t, d, func(ctx context.Context, tx db.Tx) error {
			return l.Append(ctx, tx, Event{Type: "order.placed", Subject: "ord_1", Actor: "acc_1", Facts: map[string]any{"total": int64(1) << 60}})
		})
		c.Advance(time.Second)
		refused := errors.New("refused")
		err := d.Write(t.Context(), "test", func(ctx context.Context, tx db.Tx) error {
			return errors.Join(l.Append(ctx, tx, happened("ord_1")), refused)
		})
		if !errors.Is(err, refused) {
			t.Fatal(err)
		}
		for i := range 5 {
			appendAll(t, d, l, Event{Type: "order.confirmed", Subject: "ord_1", Actor: "acc_2"}, happened(fmt.Sprint("ord_", i+2)))
		}
		bad := d.Write(t.Context(), "test", func(ctx context.Context, tx db.Tx) error {
			return l.AppendMany(ctx, tx, []Event{happened("ord_1"), {Type: "bad"}})
		})
		if bad == nil {
			t.Error("a bad event was taken")
		}
		err = d.Read(t.Context(), "test", func(ctx context.Context, tx db.Tx) error {
			var history []Event
			p := Page{Limit: 4}
			for {
				events, next, err := l.History(ctx, tx, "ord_1", p)
				if err != nil {
					return err
				}
				history = append(history, events...)
				if p.Cursor = next; next == "" {
					break
				}
			}
			if len(history) != 6 || history[0].Type != "order.placed" || !history[0].At.Equal(at) || (history[0].Seq != 0) != (d.Engine() == db.Embedded) || history[0].Facts["total"] != json.Number("1152921504606846976") {
				t.Errorf("history: %+v", history)
			}
			for filter, want := range map[string]int{"": 11, "subject=ord_1": 6, "subject=ord_9": 0, "type=order.confirmed": 5, "actor=acc_2": 5, "actor=system": 5} {
				q := db.ListQuery{Limit: 100}
				if name, value, ok := strings.Cut(filter, "="); ok {
					q.Filters = map[string]any{name: value}
				}
				events, _, err := l.List(ctx, tx, q)
				if err != nil || len(events) != want {
					t.Errorf("%s: %d events, not %d: %v", filter, len(events), want, err)
				}
				for i := 1; i < len(events); i++ {
					if events[i].ID >= events[i-1].ID {
						t.Errorf("%s: not the newest first", filter)
					}
				}
			}
			both := db.ListQuery{Filters: map[string]any{"type": "order.placed", "actor": "acc_1"}, Limit: 10}
			if events, _, err := l.List(ctx, tx, both); err != nil || len(events) != 1 {
				t.Errorf("%+v %v", events, err)
			}
			_, _, err := l.List(ctx, tx, db.ListQuery{Filters: map[string]any{"subject": "a", "actor": "b"}})
			if !errors.Is(err, db.ErrUnsupportedFilter) {
				t.Error(err)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}
