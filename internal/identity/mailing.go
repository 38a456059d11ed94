package identity

import (
	"context"
	"errors"
	"fmt"

	"github.com/haat-market/haat/internal/identity/identitydb"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/job"
	"github.com/haat-market/haat/internal/platform/mail"
)

// mailKind is the job that sends one of this room's mails. Its payload holds ids only: the link is made when it is
// sent, so that it stands in no table, backup or log.
const mailKind = "identity.mail"

type mailTemplate string

const (
	mailNothing  mailTemplate = "" // made where there is nobody to write to, so that the steps are the same
	mailActivate mailTemplate = "activate"
	mailReset    mailTemplate = "reset"
	mailExists   mailTemplate = "exists"
	mailEmail    mailTemplate = "email" // to the address that is to be
	// mailEmailNotice goes to the address that is.
	mailEmailNotice mailTemplate = "email_notice"
)

type mailJob struct {
	Template mailTemplate `json:"template"`
	Account  int64        `json:"account"`
	Proof    string       `json:"proof"`
}

func (s *Service) enqueue(ctx context.Context, tx db.Tx, m mailJob) error {
	return s.jobs.Enqueue(ctx, tx, job.New(mailKind, m))
}

// sendMail does the job. What the sign-up said (a name) never stands in the mail: it could be anybody's text, sent to
// anybody.
func (s *Service) sendMail(ctx context.Context, t job.Task) error {
	var m mailJob
	if err := t.Decode(&m); err != nil {
		return err
	}
	if m.Template == mailNothing {
		return nil
	}
	var row identitydb.Account
	to := ""
	err := s.db.Read(ctx, "identity.mail", func(ctx context.Context, tx db.Tx) (err error) {
		q := identitydb.New(tx)
		if row, err = q.AccountByID(ctx, m.Account); err != nil || m.Template != mailEmail {
			to = row.Email
			return err
		}
		change, err := q.EmailChangeByPublicID(ctx, m.Proof)
		to = change.Email
		return err
	})
	switch {
	case errors.Is(err, db.ErrNoRows):
		return job.Permanent(err)
	case err != nil:
		return err
	}
	facts, err := s.market(ctx)
	if err != nil {
		return err
	}
	subject, text, err := s.write(m.Template, MailLanguage(row.Language, facts.Languages), facts.Name, s.proofToken(m.Proof))
	if err != nil {
		return job.Permanent(err)
	}
	err = s.mail.Send(ctx, mail.Message{To: to, Subject: subject, Text: text, ID: fmt.Sprintf("identity-%d", t.ID)})
	if errors.Is(err, mail.ErrRejected) || errors.Is(err, mail.ErrMessage) {
		return job.Permanent(err)
	}
	return err
}
