package identity

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"time"

	"github.com/haat-market/haat/internal/identity/identitydb"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/code"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/web"
)

// SignUpInput is what somebody signs up with.
type SignUpInput struct {
	Role     string // customer or seller
	Name     string
	Email    string
	Phone    string
	Password string
}

// Purposes of a proof.
const (
	proofActivate = "activate"
	proofReset    = "reset"
	proofSetup    = "setup"
)

// SignUp makes an inactive account and mails a link that activates it. An address that has an account already gets a
// mail that says so, and the caller learns nothing: one hash, one job, no answer but nil.
//
// What was asked for waits in the proof: a stranger who signed up with the address before cannot make its owner
// activate the stranger's password.
//
// Errors: web.ErrInvalid, ErrSignupClosed, ErrBusy.
func (s *Service) SignUp(ctx context.Context, in SignUpInput) error {
	facts, err := s.market(ctx)
	if err != nil {
		return err
	}
	if !facts.SignupOpen {
		return ErrSignupClosed
	}
	if in.Role != web.RoleCustomer && in.Role != web.RoleSeller {
		return web.ErrInvalid.Field("role", web.CodeInvalidValue, "Must be customer or seller.")
	}
	c, err := s.newAccount(ctx, facts, NewAccount{
		Name: in.Name, Email: in.Email, Phone: in.Phone, Password: in.Password, Roles: signUpRoles(in.Role),
	})
	if err != nil {
		return err
	}
	err = ErrEmailTaken
	for n := 0; n < 3 && errors.Is(err, ErrEmailTaken); n++ { // somebody else at the same moment: then he was first
		err = s.signUp(ctx, c, in.Role)
	}
	return err
}

func (s *Service) signUp(ctx context.Context, c checked, role string) error {
	return s.db.Write(ctx, "identity.signup", func(ctx context.Context, tx db.Tx) error {
		wait, err := s.try(ctx, tx, mailTries, s.tryKey(mailTries, c.key, netip.Addr{}))
		if err != nil {
			return err
		}
		row, err := identitydb.New(tx).AccountByEmail(ctx, c.key)
		if errors.Is(err, db.ErrNoRows) {
			row, err = s.insert(ctx, tx, c, "")
		}
		if err != nil {
			return err
		}
		m := mailJob{Account: row.ID}
		switch {
		case wait > 0:
		case State(row.State) == Active:
			m.Template = mailExists
		case State(row.State) == Inactive:
			m.Template = mailActivate
			m.Proof, err = s.prove(ctx, tx, proofActivate, row.ID, activateFor, pending{c.Name, c.Phone, role, c.hash})
			if err != nil {
				return err
			}
		}
		return s.enqueue(ctx, tx, m)
	})
}

// signUpRoles are what a role at sign-up gives: who sells may buy as well.
func signUpRoles(role string) []string {
	if role == web.RoleSeller {
		return []string{web.RoleCustomer, web.RoleSeller}
	}
	return []string{web.RoleCustomer}
}

// SendActivation mails the link again, for whoever lost it. The password is the one the account will have when this
// link is followed. It answers the same for every address. Errors: web.ErrInvalid, ErrBusy.
func (s *Service) SendActivation(ctx context.Context, email, password string) error {
	_, key, err := Email(email)
	if err != nil {
		return err
	}
	if err := checkPassword("password", password, email); err != nil {
		return err
	}
	hash, err := s.hasher.hash(ctx, password)
	if err != nil {
		return err
	}
	return s.sendProof(ctx, "identity.send_activation", key, Inactive, mailActivate, proofActivate, activateFor, pending{hash: hash})
}

// ForgotPassword mails a link with which a new password can be set. It answers the same for every address.
// Errors: web.ErrInvalid.
func (s *Service) ForgotPassword(ctx context.Context, email string) error {
	_, key, err := Email(email)
	if err != nil {
		return err
	}
	return s.sendProof(ctx, "identity.forgot_password", key, Active, mailReset, proofReset, resetFor, pending{})
}

// sendProof mails a proof to an account in the given state. For every other address the same job is made, and does
// nothing.
func (s *Service) sendProof(ctx context.Context, name, key string, state State, template mailTemplate, purpose string, lasts time.Duration, p pending) error {
	return s.db.Write(ctx, name, func(ctx context.Context, tx db.Tx) error {
		wait, err := s.try(ctx, tx, mailTries, s.tryKey(mailTries, key, netip.Addr{}))
		if err != nil {
			return err
		}
		row, err := identitydb.New(tx).AccountByEmail(ctx, key)
		if err != nil && !errors.Is(err, db.ErrNoRows) {
			return err
		}
		m := mailJob{Account: row.ID}
		if err == nil && State(row.State) == state && wait == 0 {
			m.Template = template
			if m.Proof, err = s.prove(ctx, tx, purpose, row.ID, lasts, p); err != nil {
				return err
			}
		}
		return s.enqueue(ctx, tx, m)
	})
}

// pending is what an account gets when the proof comes; "" leaves it as it is.
type pending struct{ name, phone, role, hash string }

// prove writes down a proof that is going to be mailed and says which one.
func (s *Service) prove(ctx context.Context, tx db.Tx, purpose string, account int64, lasts time.Duration, p pending) (string, error) {
	id := code.ID("prf")
	now := s.clock.Now()
	return id, identitydb.New(tx).InsertProof(ctx, identitydb.InsertProofParams{
		PublicID: id, Purpose: purpose, AccountID: &account, Hash: code.Hash(s.proofToken(id)),
		Name: given(p.name), Phone: given(p.phone), Role: given(p.role), PasswordHash: given(p.hash),
		CreatedAt: clock.Micro(now), ExpiresAt: clock.Micro(now.Add(lasts)),
	})
}

// proofToken is what the mail carries. It is made again when the mail is sent, so that it stands in no table.
func (s *Service) proofToken(id string) string { return s.derive("proof", id) }

func given(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// proof finds a proof that counts now. Errors: ErrInvalidToken.
func (s *Service) proof(ctx context.Context, tx db.Tx, purpose, token string) (identitydb.AccountProof, error) {
	p, err := identitydb.New(tx).ProofByHash(ctx, code.Hash(token), purpose)
	switch {
	case errors.Is(err, db.ErrNoRows):
		return p, ErrInvalidToken
	case err != nil:
		return p, err
	case p.UsedAt != nil || p.ExpiresAt <= clock.Micro(s.clock.Now()):
		return p, ErrInvalidToken
	}
	return p, nil
}

// useProof takes a proof's power away. Errors: ErrInvalidToken.
func (s *Service) useProof(ctx context.Context, tx db.Tx, p identitydb.AccountProof) error {
	n, err := identitydb.New(tx).UseProof(ctx, clock.Micro(s.clock.Now()), p.ID)
	if err == nil && n == 0 {
		err = ErrInvalidToken
	}
	return err
}

// Activate makes the account of a mailed link active, with what was asked for when that link was sent. Following the
// link twice is no mistake. Errors: ErrInvalidToken.
func (s *Service) Activate(ctx context.Context, token string) (a Account, err error) {
	err = s.db.Write(ctx, "identity.activate", func(ctx context.Context, tx db.Tx) error {
		q := identitydb.New(tx)
		p, err := s.proof(ctx, tx, proofActivate, token)
		again := err != nil && p.UsedAt != nil && p.AccountID != nil && p.ExpiresAt > clock.Micro(s.clock.Now())
		if err != nil && !again {
			return err
		}
		row, err := q.AccountByID(ctx, *p.AccountID)
		if err != nil {
			return err
		}
		if again && State(row.State) == Active {
			a, err = s.account(ctx, tx, row, nil)
			return err
		}
		if again || State(row.State) == Deactivated {
			return ErrInvalidToken
		}
		if State(row.State) == Inactive {
			if err := s.applyPending(ctx, tx, row, p); err != nil {
				return err
			}
		}
		if err := s.useProof(ctx, tx, p); err != nil {
			return err
		}
		a, err = s.FindID(ctx, tx, row.ID)
		return err
	})
	return a, err
}

func (s *Service) applyPending(ctx context.Context, tx db.Tx, row identitydb.Account, p identitydb.AccountProof) error {
	q := identitydb.New(tx)
	now := clock.Micro(s.clock.Now())
	if p.Name != nil {
		phone := ""
		if p.Phone != nil {
			phone = *p.Phone
		}
		if err := q.UpdateProfile(ctx, *p.Name, phone, now, row.ID); err != nil {
			return err
		}
	}
	if p.PasswordHash != nil {
		if err := q.UpdatePassword(ctx, *p.PasswordHash, now, row.ID); err != nil {
			return err
		}
	}
	if p.Role != nil {
		wanted := signUpRoles(*p.Role)
		for _, role := range signUpRoles(web.RoleSeller) {
			var err error
			if slices.Contains(wanted, role) {
				err = q.InsertRole(ctx, row.ID, role)
			} else {
				err = q.DeleteRole(ctx, row.ID, role)
			}
			if err != nil {
				return err
			}
		}
	}
	if err := q.UpdateState(ctx, string(Active), now, row.ID); err != nil {
		return err
	}
	return s.append(ctx, tx, "account.activated", row.PublicID, row.PublicID, map[string]any{"by": "link"})
}
