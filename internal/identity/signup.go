package identity

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
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
	Role     string // customer, seller or courier; "" is customer
	Name     string
	Email    string
	Phone    string
	Password string
	Language string     // of mails; "" is the market's
	Store    *StoreWish // for sellers: opened as a draft when the account is activated
}

// StoreWish is the store that a seller wants to begin with.
type StoreWish struct {
	Name         string `json:"name"`
	BusinessType string `json:"business_type"`
	Sells        bool   `json:"sells"`
	Buys         bool   `json:"buys"`
}

// StoreOpener is the room that opens stores.
type StoreOpener interface {
	// OpenStore opens a draft for a new account, in the transaction that activates it. The values were checked by normal.
	OpenStore(ctx context.Context, tx db.Tx, owner Account, w StoreWish) error
}

// OpenStoresWith registers the room that opens stores. Called while the program is put together.
func (s *Service) OpenStoresWith(o StoreOpener) { s.stores = o }

func (w StoreWish) normal() (StoreWish, error) {
	var err error
	if w.Name, err = Name("store.name", w.Name); err != nil {
		return w, err
	}
	if w.BusinessType, err = Line("store.business_type", w.BusinessType, 60); err != nil {
		return w, err
	}
	if !w.Sells && !w.Buys {
		err = web.ErrInvalid.Field("store.sells", web.CodeRequired, "A store sells, buys, or both.")
	}
	return w, err
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
	if in.Role == "" {
		in.Role = web.RoleCustomer
	}
	if !slices.Contains(signUpChoices, in.Role) {
		return web.ErrInvalid.Field("role", web.CodeInvalidValue, "Must be customer, seller or courier.")
	}
	p := pending{role: in.Role, language: in.Language}
	if in.Store != nil {
		if in.Role != web.RoleSeller {
			return web.ErrInvalid.Field("store", web.CodeInvalidValue, "Only who signs up as a seller opens a store.")
		}
		wish, err := in.Store.normal()
		if err != nil {
			return err
		}
		b, err := json.Marshal(wish)
		if err != nil {
			return err
		}
		p.store = string(b)
	}
	c, err := s.newAccount(ctx, facts, NewAccount{
		Name: in.Name, Email: in.Email, Phone: in.Phone, Password: in.Password, Roles: signUpRoles(in.Role), Language: in.Language,
	})
	if err != nil {
		return err
	}
	p.name, p.phone, p.hash = c.Name, c.Phone, c.hash
	err = ErrEmailTaken
	for n := 0; n < 3 && errors.Is(err, ErrEmailTaken); n++ { // somebody else at the same moment: then he was first
		err = s.signUp(ctx, c, p)
	}
	return err
}

func (s *Service) signUp(ctx context.Context, c checked, p pending) error {
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
			m.Proof, err = s.prove(ctx, tx, proofActivate, row.ID, activateFor, p)
			if err != nil {
				return err
			}
		}
		return s.enqueue(ctx, tx, m)
	})
}

// signUpChoices are the roles that people give themselves; the others are given by admins.
var signUpChoices = []string{web.RoleCustomer, web.RoleSeller, web.RoleCourier}

// signUpRoles are what a role at sign-up gives: who sells or carries may buy as well.
func signUpRoles(role string) []string {
	if role == web.RoleCustomer {
		return []string{role}
	}
	return []string{web.RoleCustomer, role}
}

// SendActivation mails the link again, for whoever lost it. The password is the one the account will have when this
// link is followed. Whoever gives the password of a sign-up that waits gets what he asked for then as well: name, role,
// language and store. Another password gets none of it, so that nobody's wishes ride on a link that its owner asked
// for. It answers the same for every address. Errors: web.ErrInvalid, ErrBusy.
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
	p, err := s.wishes(ctx, key, password)
	if err != nil {
		return err
	}
	p.hash = hash
	return s.sendProof(ctx, "identity.send_activation", key, Inactive, mailActivate, proofActivate, activateFor, p)
}

// wishesLookedAt are as many sign-ups as are compared with a password. A stranger who signs up with the address again
// and again is soon refused another mail, but should not push the owner's out with the first.
const wishesLookedAt = 3

// wishes are what was asked for with this password at the newest sign-up with the address that waits. It compares as
// many passwords where there is no account as where there are several sign-ups.
func (s *Service) wishes(ctx context.Context, key, password string) (found pending, err error) {
	var waiting []identitydb.AccountProof
	err = s.db.Read(ctx, "identity.wishes", func(ctx context.Context, tx db.Tx) error {
		q := identitydb.New(tx)
		row, err := q.AccountByEmail(ctx, key)
		if err != nil && !errors.Is(err, db.ErrNoRows) {
			return err
		}
		waiting, err = q.WaitingSignUps(ctx, row.ID, wishesLookedAt) // none of the account 0
		return err
	})
	if err != nil {
		return found, err
	}
	matched := false
	for i := range wishesLookedAt {
		var p identitydb.AccountProof
		if i < len(waiting) {
			p = waiting[i]
		}
		same, err := s.hasher.matches(ctx, password, or(p.PasswordHash))
		if err != nil {
			return pending{}, err
		}
		if same && !matched {
			matched = true
			found = pending{name: or(p.Name), phone: or(p.Phone), role: or(p.Role), store: or(p.Store), language: or(p.Language)}
		}
	}
	return found, nil
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
type pending struct{ name, phone, role, hash, store, language string }

// prove writes down a proof that is going to be mailed and says which one.
func (s *Service) prove(ctx context.Context, tx db.Tx, purpose string, account int64, lasts time.Duration, p pending) (string, error) {
	id := code.ID("prf")
	now := s.clock.Now()
	return id, identitydb.New(tx).InsertProof(ctx, identitydb.InsertProofParams{
		PublicID: id, Purpose: purpose, AccountID: &account, Hash: code.Hash(s.proofToken(id)),
		Name: given(p.name), Phone: given(p.phone), Role: given(p.role), PasswordHash: given(p.hash), Store: given(p.store), Language: given(p.language),
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
		fresh := State(row.State) == Inactive
		if fresh {
			if err := s.applyPending(ctx, tx, row, p); err != nil {
				return err
			}
		}
		if err := s.useProof(ctx, tx, p); err != nil {
			return err
		}
		if a, err = s.FindID(ctx, tx, row.ID); err != nil || !fresh || p.Store == nil {
			return err
		}
		return s.openStore(ctx, tx, a, *p.Store)
	})
	return a, err
}

func (s *Service) applyPending(ctx context.Context, tx db.Tx, row identitydb.Account, p identitydb.AccountProof) error {
	q := identitydb.New(tx)
	now := clock.Micro(s.clock.Now())
	if p.Name != nil {
		a := accountOf(row, nil)
		a.Name, a.Phone, a.Language = *p.Name, or(p.Phone), or(p.Language)
		if err := s.updateProfile(ctx, tx, a); err != nil {
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
		for _, role := range signUpChoices {
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
	if err := q.UpdateState(ctx, string(Active), "", now, row.ID); err != nil {
		return err
	}
	return s.append(ctx, tx, "account.activated", row.PublicID, row.PublicID, map[string]any{"by": "link"})
}

// openStore opens the store that the sign-up asked for.
func (s *Service) openStore(ctx context.Context, tx db.Tx, a Account, wish string) error {
	var w StoreWish
	if err := json.Unmarshal([]byte(wish), &w); err != nil {
		return fmt.Errorf("stored wish for a store: %w", err)
	}
	if s.stores == nil {
		return nil
	}
	return s.stores.OpenStore(ctx, tx, a, w)
}

func or(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
