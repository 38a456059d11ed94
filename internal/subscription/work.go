package subscription

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/haat-market/haat/internal/identity"
	"github.com/haat-market/haat/internal/payment"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/event"
	"github.com/haat-market/haat/internal/platform/idem"
	"github.com/haat-market/haat/internal/platform/job"
	"github.com/haat-market/haat/internal/platform/mail"
	"github.com/haat-market/haat/internal/platform/verify"
	"github.com/haat-market/haat/internal/subscription/subscriptiondb"
)

const remindKind = "subscription.remind"

type remindJob struct {
	Subscription string `json:"subscription"`
}

func (s *Service) once(ctx context.Context, what string, f func(ctx context.Context, tx db.Tx) (string, error)) (string, bool, error) {
	return idem.Once(ctx, s.db, what, f)
}

// Work registers the room's sweep and its job.
func (s *Service) Work(j *job.Runner) {
	j.Sweep(job.Sweep{Name: "subscription.due", Every: 10 * time.Second, Run: s.due})
	j.Handle(remindKind, s.remind)
}

// due reminds stores of the end of their subscription, and ends those whose time is over.
func (s *Service) due(ctx context.Context, lease job.Lease) (n int, err error) {
	err = s.db.Write(ctx, "subscription.due", func(ctx context.Context, tx db.Tx) error {
		if err := lease.Check(ctx, tx); err != nil {
			return err
		}
		rows, err := subscriptiondb.New(tx).Due(ctx, s.now())
		if err != nil {
			return err
		}
		n = len(rows)
		for _, r := range rows {
			if err := s.dueOne(ctx, tx, r); err != nil {
				return fmt.Errorf("subscription %s: %w", r.PublicID, err)
			}
		}
		return nil
	}, db.Bulk())
	return n, err
}

func (s *Service) dueOne(ctx context.Context, tx db.Tx, r subscriptiondb.Subscription) error {
	if *r.EndsAt <= s.now() {
		if err := s.end(ctx, tx, r, "over", event.System); err != nil {
			return err
		}
		return s.refresh(ctx, tx, r.StoreID)
	}
	q := subscriptiondb.New(tx)
	if remind := max(*r.EndsAt-remindAhead.Microseconds(), *r.StartsAt); remind > s.now() {
		// It begins: where the one before it was ended early, nothing ran until now.
		if _, err := q.Begun(ctx, remind, s.now(), r.ID); err != nil {
			return err
		}
		return s.refresh(ctx, tx, r.StoreID)
	}
	if err := s.refresh(ctx, tx, r.StoreID); err != nil {
		return err
	}
	if _, err := q.Reminded(ctx, s.now(), r.ID); err != nil {
		return err
	}
	last, err := q.LastEnd(ctx, r.StoreID)
	if err != nil || last > *r.EndsAt { // it was renewed
		return err
	}
	if err := s.events.Append(ctx, tx, event.Event{Type: "subscription.ending", Subject: r.PublicID, Actor: event.System, Facts: map[string]any{"until": clock.Time(*r.EndsAt)}}); err != nil {
		return err
	}
	return s.jobs.Enqueue(ctx, tx, job.New(remindKind, remindJob{r.PublicID}).Key(remindKind+":"+r.PublicID))
}

// remindText is the mail in one language; %s is the market's name, %n the store's code, %d the day.
type remindText struct{ subject, text string }

var remindTexts = map[string]remindText{
	"en": {"Your subscription in %s ends on %d", "The subscription of your store %n in %s ends on %d. After that its prices are hidden and it takes no new orders; accepted ones can be completed. Renew it to go on."},
	"hi": {"%s में आपकी सदस्यता %d को समाप्त होती है", "%s में आपकी दुकान %n की सदस्यता %d को समाप्त होती है। उसके बाद दाम नहीं दिखेंगे और नए ऑर्डर नहीं आएँगे; स्वीकार किए गए पूरे किए जा सकते हैं। जारी रखने के लिए नवीनीकरण करें।"},
	"ne": {"%s मा तपाईंको सदस्यता %d मा सकिन्छ", "%s मा तपाईंको पसल %n को सदस्यता %d मा सकिन्छ। त्यसपछि मूल्यहरू देखिँदैनन् र नयाँ अर्डर आउँदैनन्; स्वीकार गरिएका पूरा गर्न सकिन्छ। जारी राख्न नवीकरण गर्नुहोस्।"},
	"ar": {"ينتهي اشتراكك في %s يوم %d", "ينتهي اشتراك متجرك %n في %s يوم %d. بعد ذلك تُخفى أسعاره ولا يتلقى طلبات جديدة، ويمكن إتمام ما قُبل منها. جدّد الاشتراك للاستمرار."},
}

// remind mails the owner of a store whose subscription is about to end.
func (s *Service) remind(ctx context.Context, t job.Task) error {
	var m remindJob
	if err := t.Decode(&m); err != nil {
		return err
	}
	settings, err := s.market.Settings(ctx)
	if err != nil {
		return err
	}
	var row subscriptiondb.Subscription
	var owner identity.Account
	storeCode := ""
	err = s.db.Read(ctx, "subscription.remind", func(ctx context.Context, tx db.Tx) error {
		if row, err = subscriptiondb.New(tx).Subscription(ctx, m.Subscription); err != nil {
			return err
		}
		briefs, err := s.stores.Briefs(ctx, tx, []int64{row.StoreID})
		if err != nil {
			return err
		}
		storeCode = briefs[row.StoreID].Code
		owner, err = s.identity.FindID(ctx, tx, briefs[row.StoreID].OwnerID)
		return err
	})
	if errors.Is(err, db.ErrNoRows) || err == nil && (State(row.State) != Active || owner.Email == "") {
		return nil
	}
	if err != nil {
		return err
	}
	text := remindTexts[identity.MailLanguage(owner.Language, settings.Languages)]
	fill := strings.NewReplacer("%s", settings.Name, "%n", storeCode, "%d", clock.Time(*row.EndsAt).In(settings.Location()).Format("2006-01-02"))
	body := fill.Replace(text.text) + "\n"
	if s.url != "" {
		body += "\n    " + s.url + "\n"
	}
	err = s.mail.Send(ctx, mail.Message{To: owner.Email, Subject: fill.Replace(text.subject), Text: body, ID: fmt.Sprintf("subscription-%d", t.ID)})
	if errors.Is(err, mail.ErrRejected) || errors.Is(err, mail.ErrMessage) {
		return job.Permanent(err)
	}
	return err
}

// Rules are what haat verify checks of subscriptions.
func (s *Service) Rules() []verify.Rule {
	return []verify.Rule{
		{Name: "subscription.spans", About: "a store's subscriptions do not overlap, and each runs as long as was paid for unless it was ended", Check: s.checkSpans},
		{Name: "subscription.paid", About: "a subscription ran exactly if it was paid, or was a trial", Check: s.checkPaid},
	}
}

func (s *Service) each(ctx context.Context, tx db.Tx, f func([]subscriptiondb.VerifyAfterRow) error) error {
	for after := int64(0); ; {
		rows, err := subscriptiondb.New(tx).VerifyAfter(ctx, after)
		if err != nil || len(rows) == 0 {
			return err
		}
		after = rows[len(rows)-1].ID
		if err := f(rows); err != nil {
			return err
		}
	}
}

func (s *Service) checkSpans(ctx context.Context, tx db.Tx, report func(format string, args ...any)) error {
	return s.each(ctx, tx, func(rows []subscriptiondb.VerifyAfterRow) error {
		for _, r := range rows {
			if r.Overlaps > 0 {
				report("subscription %s runs at the same time as %d others of its store", r.PublicID, r.Overlaps)
			}
			if r.State == string(Active) && !r.Upgrade && *r.EndsAt-*r.StartsAt != r.Days*24*time.Hour.Microseconds() {
				report("subscription %s is of %d days and runs from %d to %d", r.PublicID, r.Days, *r.StartsAt, *r.EndsAt)
			}
		}
		return nil
	})
}

func (s *Service) checkPaid(ctx context.Context, tx db.Tx, report func(format string, args ...any)) error {
	return s.each(ctx, tx, func(rows []subscriptiondb.VerifyAfterRow) error {
		ids := make([]string, len(rows))
		for i, r := range rows {
			ids[i] = r.PublicID
		}
		payments, err := s.payments.ByPayables(ctx, tx, Kind, ids)
		if err != nil {
			return err
		}
		for _, r := range rows {
			p, found := payments[r.PublicID]
			ran := r.State == string(Active) || r.State == string(Expired)
			paid := found && p.State == payment.Completed && p.Amount == r.Price
			if !r.Trial && ran != paid || r.Trial && (found || !ran) {
				report("subscription %s is %s; it is a trial: %v, it is paid: %v", r.PublicID, r.State, r.Trial, paid)
			}
		}
		return nil
	})
}
