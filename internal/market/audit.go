package market

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/event"
	"github.com/haat-market/haat/internal/platform/web"
)

// EventSelection says which events.
type EventSelection struct {
	Subject string    `query:"subject" maxLength:"200"`
	Type    string    `query:"type" maxLength:"200"`
	Actor   string    `query:"actor" maxLength:"200"`
	From    time.Time `query:"from" doc:"At this time or later"`
	To      time.Time `query:"to" doc:"Before this time"`
}

// events is a page of the audit log.
func (s *Service) events(ctx context.Context, in EventSelection, limit int, cursor string) (list []event.Event, next string, err error) {
	err = s.db.Read(ctx, "market.events", func(ctx context.Context, tx db.Tx) error {
		filters := map[string]any{}
		for name, v := range map[string]string{"subject": in.Subject, "type": in.Type, "actor": in.Actor} {
			if v != "" {
				filters[name] = v
			}
		}
		if err := s.log.Within(ctx, tx, filters, in.From, in.To); err != nil {
			return err
		}
		var err error
		list, next, err = s.log.List(ctx, tx, db.ListQuery{Filters: filters, Limit: limit, Cursor: cursor})
		return err
	})
	return list, next, err
}

func (s *Service) listEvents(ctx context.Context, in *eventsIn) (*eventsOut, error) {
	list, next, err := s.events(ctx, in.EventSelection, in.Limit, in.Cursor)
	if err != nil {
		return nil, err
	}
	items := make([]EventView, len(list))
	for i, e := range list {
		items[i] = EventView{Type: e.Type, Subject: e.Subject, Actor: e.Actor, Facts: e.Facts, CreatedAt: e.At}
		if e.Seq != 0 {
			items[i].Seq = &e.Seq
		}
	}
	return &eventsOut{Body: web.NewPage(items, next)}, nil
}

// exportPage is how many events an export reads at once, each page on a snapshot of its own.
const exportPage = 100

type exportIn struct{ EventSelection }

type exportOut struct {
	ContentType string `header:"Content-Type"`
	Disposition string `header:"Content-Disposition"`
	Body        func(huma.Context)
}

// exportEvents streams the audit log. No cell can begin like a formula: types, ids and times begin with a letter or a digit,
// and facts with a brace.
func (s *Service) exportEvents(ctx context.Context, in *exportIn) (*exportOut, error) {
	write, err := s.ExportEvents(ctx, in.EventSelection)
	if err != nil {
		return nil, err
	}
	return &exportOut{ContentType: "text/csv; charset=utf-8", Disposition: `attachment; filename="events.csv"`, Body: func(c huma.Context) {
		w := csv.NewWriter(c.BodyWriter())
		err := write(w)
		w.Flush()
		if err := errors.Join(err, w.Error()); err != nil {
			if ctx.Err() == nil { // else whoever asked has left
				s.logger.WarnContext(ctx, "export of events broken off", "cause", err.Error())
			}
			panic(http.ErrAbortHandler) // half a file is not taken for a whole one
		}
	}}, nil
}

// ExportEvents finds out whether the audit log has what is wanted of it, and gives what writes that to a file.
func (s *Service) ExportEvents(ctx context.Context, of EventSelection) (write func(w *csv.Writer) error, err error) {
	list, next, err := s.events(ctx, of, exportPage, "")
	if err != nil {
		return nil, err
	}
	return func(w *csv.Writer) error {
		err := w.Write([]string{"seq", "created_at", "type", "subject", "actor", "facts"})
		for err == nil {
			if err = writeEvents(w, list); err != nil || next == "" {
				break
			}
			list, next, err = s.events(ctx, of, exportPage, next)
		}
		return err
	}, nil
}

func writeEvents(w *csv.Writer, list []event.Event) error {
	for _, e := range list {
		facts, err := json.Marshal(e.Facts)
		if err != nil {
			return err
		}
		seq := ""
		if e.Seq != 0 {
			seq = strconv.FormatInt(e.Seq, 10)
		}
		if err := w.Write([]string{seq, e.At.UTC().Format(time.RFC3339Nano), e.Type, e.Subject, e.Actor, string(facts)}); err != nil {
			return err
		}
	}
	return nil
}
