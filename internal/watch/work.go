package watch

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/haat-market/haat/internal/identity"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/job"
	"github.com/haat-market/haat/internal/platform/mail"
	"github.com/haat-market/haat/internal/platform/verify"
	"github.com/haat-market/haat/internal/watch/watchdb"
)

// mailKind is the job that sends one of the room's mails.
const mailKind = "watch.mail"

// The events that are mailed about.
const (
	disputeOverdue = "dispute.overdue"
	proofMissing   = "payment.proof_missing"
	proofWaiting   = "payment.proof_waiting"
)

type mailJob struct {
	About   string `json:"about"`   // the event
	Subject string `json:"subject"` // its subject
	Order   string `json:"order,omitempty"`
}

// Work registers the room's sweep and its job.
func (s *Service) Work(j *job.Runner) {
	j.Sweep(job.Sweep{Name: "watch.forget", Every: 10 * time.Minute, Run: s.forget})
	j.Handle(mailKind, s.send)
}

// forget deletes counts that no rule looks at any more.
func (s *Service) forget(ctx context.Context, lease job.Lease) (n int, err error) {
	err = s.db.Write(ctx, "watch.forget", func(ctx context.Context, tx db.Tx) error {
		if err := lease.Check(ctx, tx); err != nil {
			return err
		}
		q, before := watchdb.New(tx), clock.Micro(s.clock.Now().Add(-longest))
		counts, err := q.OldCounts(ctx, before)
		if err != nil {
			return err
		}
		members, err := q.OldMembers(ctx, before)
		if err != nil {
			return err
		}
		n = len(counts) + len(members)
		return errors.Join(q.DropCounts(ctx, counts), q.DropMembers(ctx, members))
	}, db.Bulk())
	return n, err
}

// mailText is a mail in one language; %s is the market's name, %n what it is about.
type mailText struct{ subject, text string }

var mailTexts = map[string]map[string]mailText{
	disputeOverdue: {
		"en": {"%s: a store did not answer a dispute", "The store has not answered the dispute %n in time. Its money stands still until you decide."},
		"hi": {"%s: दुकान ने विवाद का उत्तर नहीं दिया", "दुकान ने विवाद %n का समय पर उत्तर नहीं दिया। आपके फ़ैसले तक इसका पैसा रुका रहेगा।"},
		"ne": {"%s: पसलले विवादको जवाफ दिएन", "पसलले विवाद %n को समयमा जवाफ दिएन। तपाईंले निर्णय नगरेसम्म यसको पैसा रोकिएको छ।"},
		"ar": {"%s: متجر لم يردّ على اعتراض", "لم يردّ المتجر على الاعتراض %n في الوقت المحدد. يبقى المال موقوفًا حتى تقرر."},
	},
	proofMissing: {
		"en": {"%s: has your transfer gone out?", "You chose to pay %n by transfer, and have not told its number yet. If you have made the transfer, tell it; if not, the order lapses when its time is over."},
		"hi": {"%s: क्या आपने पैसा भेज दिया?", "आपने %n का भुगतान ट्रांसफ़र से चुना था, पर उसका नंबर अभी नहीं बताया। ट्रांसफ़र कर दिया हो तो नंबर बताएँ; नहीं तो समय पूरा होने पर ऑर्डर रद्द हो जाएगा।"},
		"ne": {"%s: के तपाईंले पैसा पठाउनुभयो?", "तपाईंले %n को भुक्तानी ट्रान्सफरबाट गर्ने रोज्नुभएको थियो, तर त्यसको नम्बर अझै दिनुभएको छैन। पठाइसक्नुभएको भए नम्बर दिनुहोस्; नत्र समय सकिएपछि अर्डर रद्द हुन्छ।"},
		"ar": {"%s: هل أرسلت التحويل؟", "اخترت دفع %n بالتحويل ولم تذكر رقمه بعد. إن كنت قد حوّلت فاذكر الرقم، وإلا يسقط الطلب عند انتهاء مدته."},
	},
	proofWaiting: {
		"en": {"%s: a transfer waits to be checked", "The payer of %n told the number of his transfer twelve hours ago, and nobody has looked at it."},
		"hi": {"%s: एक ट्रांसफ़र जाँच की प्रतीक्षा में है", "%n के भुगतानकर्ता ने बारह घंटे पहले अपने ट्रांसफ़र का नंबर बताया था, और किसी ने नहीं देखा।"},
		"ne": {"%s: एउटा ट्रान्सफर जाँच्न बाँकी छ", "%n तिर्नेले बाह्र घण्टाअघि आफ्नो ट्रान्सफरको नम्बर दिएका थिए, र कसैले हेरेको छैन।"},
		"ar": {"%s: تحويل ينتظر التحقق", "ذكر دافع %n رقم تحويله قبل اثنتي عشرة ساعة ولم ينظر فيه أحد."},
	},
}

// links are where the mails lead.
var links = map[string]string{disputeOverdue: "/disputes/", proofMissing: "/pay/", proofWaiting: "/manage/payments/"}

// send mails the market about what waits for it, and a payer about what waits for him.
func (s *Service) send(ctx context.Context, t job.Task) error {
	var m mailJob
	if err := t.Decode(&m); err != nil {
		return err
	}
	settings, err := s.market.Settings(ctx)
	if err != nil {
		return err
	}
	to, language := settings.Email, ""
	if m.About == proofMissing {
		if to, language, err = s.payer(ctx, m.Subject); err != nil {
			return err
		}
	}
	text, ok := mailTexts[m.About][identity.MailLanguage(language, settings.Languages)]
	if to == "" || !ok {
		return nil
	}
	fill := strings.NewReplacer("%s", settings.DisplayName(), "%n", m.Subject)
	body := fill.Replace(text.text) + "\n"
	if s.url != "" {
		body += "\n    " + s.url + links[m.About] + m.Subject + "\n"
	}
	err = s.mail.Send(ctx, mail.Message{To: to, Subject: fill.Replace(text.subject), Text: body, ID: fmt.Sprintf("watch-%d", t.ID)})
	if errors.Is(err, mail.ErrRejected) || errors.Is(err, mail.ErrMessage) {
		return job.Permanent(err)
	}
	return err
}

// payer is who pays, unless it is paid or given up.
func (s *Service) payer(ctx context.Context, payment string) (address, language string, err error) {
	err = s.db.Read(ctx, "watch.payer", func(ctx context.Context, tx db.Tx) error {
		account, open, err := s.payments.PayerOf(ctx, tx, payment)
		if err != nil || !open || account == 0 {
			return err
		}
		a, err := s.identity.FindID(ctx, tx, account)
		address, language = a.Email, a.Language
		return err
	})
	return address, language, err
}

// Rules are what haat verify checks of flags.
func (s *Service) Rules() []verify.Rule {
	return []verify.Rule{{Name: "watch.flags", About: "a flag was raised by a rule, for as many as that asks for", Check: s.check}}
}

func (s *Service) check(ctx context.Context, tx db.Tx, report func(format string, args ...any)) error {
	for after := int64(0); ; {
		rows, err := watchdb.New(tx).FlagsAfter(ctx, after)
		if err != nil || len(rows) == 0 {
			return err
		}
		for _, r := range rows {
			after = r.ID
			if rule := ruleOf(r.Rule); rule.name == "" || r.N < rule.from {
				report("flag %s says %s of %d", r.PublicID, r.Rule, r.N)
			}
		}
	}
}
