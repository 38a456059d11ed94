package identity

import (
	"context"
	"errors"
	"fmt"
	"strings"

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
	err := s.db.Read(ctx, "identity.mail", func(ctx context.Context, tx db.Tx) (err error) {
		row, err = identitydb.New(tx).AccountByID(ctx, m.Account)
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
	subject, text, err := s.write(m, facts.Name)
	if err != nil {
		return job.Permanent(err)
	}
	err = s.mail.Send(ctx, mail.Message{To: row.Email, Subject: subject, Text: text, ID: fmt.Sprintf("identity-%d", t.ID)})
	if errors.Is(err, mail.ErrRejected) || errors.Is(err, mail.ErrMessage) {
		return job.Permanent(err)
	}
	return err
}

func (s *Service) write(m mailJob, market string) (subject, text string, err error) {
	if market == "" {
		market = "Haat"
	}
	switch m.Template {
	case mailActivate:
		return "Activate your account at " + market, lines(
			"Somebody, most likely you, signed up at "+market+" with this address.",
			s.link("To activate the account, open this link within two days:", "/activate", m.Proof),
			"If it was not you, do nothing: without this link the account stays closed."), nil
	case mailReset:
		return "A new password for " + market, lines(
			"Somebody, most likely you, asked for a new password at "+market+".",
			s.link("To choose it, open this link within an hour:", "/reset-password", m.Proof),
			"If it was not you, do nothing: your password stays as it is."), nil
	case mailExists:
		return "You have an account at " + market + " already", lines(
			"Somebody, most likely you, tried to sign up at "+market+" with this address. It has an account already.",
			"Sign in with your password, or ask for a new one if you have forgotten it.",
			"If it was not you, do nothing."), nil
	default:
		return "", "", fmt.Errorf("identity: no mail is called %q", m.Template)
	}
}

func lines(parts ...string) string { return strings.Join(parts, "\n\n") + "\n" }

// link is the sentence and the link. The token stands behind the #, so that no server on the way writes it down.
func (s *Service) link(sentence, path, proof string) string {
	token := s.proofToken(proof)
	if s.url == "" {
		return sentence + "\n\n    (this market has no public address; the code is)\n    " + token
	}
	return sentence + "\n\n    " + s.url + path + "#token=" + token
}
