package store

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
	"github.com/haat-market/haat/internal/store/storedb"
)

// inviteKind is the job that mails an invitation. Its payload is the invitation's key.
const inviteKind = "store.invitation_mail"

type inviteJob struct {
	Invitation int64 `json:"invitation"`
}

func (s *Service) enqueueInvitation(ctx context.Context, tx db.Tx, row storedb.StoreInvitation) error {
	return s.jobs.Enqueue(ctx, tx, job.New(inviteKind, inviteJob{row.ID}))
}

// Work registers what this room does in the background.
func (s *Service) Work(j *job.Runner) {
	j.Handle(inviteKind, s.sendInvitation)
	j.Sweep(job.Sweep{Name: "store.invitations", Every: 10 * time.Minute, Run: s.sweepInvitations})
}

// inviteText is the mail in one language; %s is the market's name, %c the store's code. The store's name never stands in
// it: it could be anybody's text, sent to anybody. Nor does it carry a secret: whoever signs in with the address or the
// code that was invited finds the invitation there, and it is of no use to anybody else.
type inviteText struct{ subject, opening, action, closing string }

// inviteTexts has a text in every language that mails are written in; a test looks.
var inviteTexts = map[string]inviteText{
	"en": {
		"A store at %s invites you to work there", "The store with the code %c at %s would like you to work there with it.",
		"To accept or decline, sign in with this address, or sign up with it, and look at your invitations within two weeks:",
		"If you do not know of it, do nothing: without your answer nothing happens.",
	},
	"hi": {
		"%s पर एक दुकान आपको काम करने का निमंत्रण देती है", "%s पर कोड %c वाली दुकान चाहती है कि आप उसके साथ काम करें।",
		"स्वीकार या अस्वीकार करने के लिए इसी पते से साइन इन करें, या इससे खाता बनाएँ, और दो सप्ताह के भीतर अपने निमंत्रण देखें:",
		"अगर आप इसके बारे में नहीं जानते तो कुछ न करें: आपके उत्तर के बिना कुछ नहीं होता।",
	},
	"ne": {
		"%s को एउटा पसलले तपाईंलाई काम गर्न निम्तो दिएको छ", "%s मा कोड %c भएको पसल तपाईं त्यहाँ काम गर्नुहोस् भन्ने चाहन्छ।",
		"स्वीकार वा अस्वीकार गर्न यही ठेगानाले साइन इन गर्नुहोस्, वा यसैले खाता खोल्नुहोस्, र दुई हप्ताभित्र आफ्ना निम्तो हेर्नुहोस्:",
		"तपाईंलाई यसबारे थाहा छैन भने केही नगर्नुहोस्: तपाईंको उत्तरविना केही हुँदैन।",
	},
	"ar": {
		"متجر في %s يدعوك إلى العمل فيه", "يودّ المتجر ذو الرمز %c في %s أن تعمل معه.",
		"للقبول أو الرفض سجّل الدخول بهذا العنوان، أو أنشئ به حسابًا، وانظر إلى دعواتك خلال أسبوعين:",
		"إن كنت لا تعلم عنه شيئًا فلا تفعل شيئًا: لا يحدث شيء من دون جوابك.",
	},
}

func (t inviteText) write(market, code, url string) (subject, text string) {
	if market == "" {
		market = "Haat"
	}
	fill := strings.NewReplacer("%s", market, "%c", code)
	action := t.action
	if url != "" {
		action += "\n\n    " + url + "/account/invitations"
	}
	return fill.Replace(t.subject), strings.Join([]string{fill.Replace(t.opening), action, t.closing}, "\n\n") + "\n"
}

// sendInvitation does the job. One that was withdrawn, answered or has expired since, or whose store was closed or
// suspended, is not mailed.
func (s *Service) sendInvitation(ctx context.Context, t job.Task) error {
	var m inviteJob
	if err := t.Decode(&m); err != nil {
		return err
	}
	var row storedb.StoreInvitation
	var st storedb.Store
	to, tag := "", ""
	err := s.db.Read(ctx, "store.invitation_mail", func(ctx context.Context, tx db.Tx) (err error) {
		q := storedb.New(tx)
		if row, err = q.InvitationByID(ctx, m.Invitation); err != nil {
			return err
		}
		if st, err = q.StoreByID(ctx, row.StoreID); err != nil {
			return err
		}
		to, tag, err = s.mailbox(ctx, tx, row)
		return err
	})
	switch {
	case errors.Is(err, db.ErrNoRows):
		return nil // erased with the invited account
	case err != nil:
		return err
	case to == "" || InvitationState(row.State) != Invited || s.expired(row) || State(st.State) == Closed || State(st.State) == Suspended:
		return nil
	}
	facts, err := s.identity.Facts(ctx)
	if err != nil {
		return err
	}
	subject, text := inviteTexts[identity.MailLanguage(tag, facts.Languages)].write(facts.Name, st.Code, s.url)
	err = s.mail.Send(ctx, mail.Message{To: to, Subject: subject, Text: text, ID: fmt.Sprintf("store-invitation-%d", t.ID)})
	if errors.Is(err, mail.ErrRejected) || errors.Is(err, mail.ErrMessage) {
		return job.Permanent(err)
	}
	return err
}

// mailbox is where an invitation goes and in which language its reader wants it: to an active account's own address,
// or to the address that was written where it has no account that is active. To is empty for a code that leads nowhere.
func (s *Service) mailbox(ctx context.Context, tx db.Tx, row storedb.StoreInvitation) (to, tag string, err error) {
	a, err := s.identity.FindInvitee(ctx, tx, row.InviteeKey)
	unknown := errors.Is(err, identity.ErrAccountNotFound)
	if err != nil && !unknown {
		return "", "", err
	}
	switch {
	case !unknown && a.State == identity.Active:
		return a.Email, a.Language, nil
	case strings.Contains(row.InviteeKey, "@") && (unknown || a.State == identity.Inactive):
		return row.Invitee, "", nil
	default:
		return "", "", nil
	}
}

// sweepInvitations deletes invitations a while after they were of use, with the addresses in them.
func (s *Service) sweepInvitations(ctx context.Context, lease job.Lease) (done int, err error) {
	err = s.db.Write(ctx, "store.sweep_invitations", func(ctx context.Context, tx db.Tx) error {
		if err := lease.Check(ctx, tx); err != nil {
			return err
		}
		q := storedb.New(tx)
		ids, err := q.OldInvitations(ctx, clock.Micro(s.clock.Now().Add(-keepInvitation)), sweepRows)
		if err != nil {
			return err
		}
		done = len(ids)
		_, err = q.DeleteInvitations(ctx, ids)
		return err
	}, db.Bulk())
	return done, err
}
