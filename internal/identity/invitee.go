package identity

import (
	"context"
	"errors"
	"net/netip"
	"strings"

	"golang.org/x/text/unicode/norm"

	"github.com/haat-market/haat/internal/identity/identitydb"
	"github.com/haat-market/haat/internal/platform/code"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/web"
)

// Invitee reads how somebody is named whom another person asks for something: by an e-mail address, whose account may
// come later or never, or by an account's code. key is the same for every spelling, and made without asking whether
// there is such an account: what follows from it may not tell the one who asks. Errors: web.ErrInvalid.
func Invitee(path, s string) (written, key string, err error) {
	s = strings.TrimSpace(norm.NFKC.String(s))
	if strings.Contains(s, "@") {
		if written, key, err = Email(s); err != nil {
			err = web.ErrInvalid.Field(path, "invalid_email", "Must be an e-mail address such as name@example.org, or an account's code.")
		}
		return written, key, err
	}
	s = strings.ToUpper(s)
	prefix, number := s[:strings.LastIndexByte(s, '-')+1], s[strings.LastIndexByte(s, '-')+1:]
	if len(s) > 40 || prefix == "" || !code.ValidDigits(number) || strings.ContainsFunc(prefix, func(r rune) bool {
		return r != '-' && (r < '0' || r > '9') && (r < 'A' || r > 'Z')
	}) {
		return "", "", web.ErrInvalid.Field(path, web.CodeInvalidFormat, "Must be an e-mail address such as name@example.org, or an account's code.")
	}
	return s, s, nil
}

// InviteeKeys are the keys under which an account is asked for: its proved address, and its code.
func (a Account) InviteeKeys() []string { return []string{emailKey(a.Email), a.Code} }

// FindInvitee is the account that such a key names now. For other rooms' mails and rules: no answer to the one who asks
// may depend on it. Errors: ErrAccountNotFound.
func (s *Service) FindInvitee(ctx context.Context, tx db.Tx, key string) (Account, error) {
	q := identitydb.New(tx)
	var row identitydb.Account
	var err error
	if strings.Contains(key, "@") {
		row, err = q.AccountByEmail(ctx, key)
	} else {
		row, err = q.AccountByCode(ctx, key)
	}
	return s.account(ctx, tx, row, err)
}

// MayMail counts one more mail to the mailbox that such a key leads to, of all that strangers have this market send
// there, and says whether it may be sent. The caller commits whatever the answer is.
func (s *Service) MayMail(ctx context.Context, tx db.Tx, key string) (bool, error) {
	a, err := s.FindInvitee(ctx, tx, key)
	switch {
	case err == nil:
		key = emailKey(a.Email)
	case !errors.Is(err, ErrAccountNotFound):
		return false, err
	}
	wait, err := s.try(ctx, tx, mailTries, s.tryKey(mailTries, key, netip.Addr{}))
	return wait == 0, err
}

// Watcher is told, in the transaction that makes the change, when what accounts are asked for by comes to mean somebody
// else or nobody. An error stops the change.
type Watcher interface {
	// EmailChanged says that the account has another address since now; from is the key of the one that it had.
	EmailChanged(ctx context.Context, tx db.Tx, a Account, from string) error
	// AccountErased is told of the account as it was, before its data are taken away.
	AccountErased(ctx context.Context, tx db.Tx, a Account) error
}

// Watch registers a watcher. Called while the program is put together.
func (s *Service) Watch(w Watcher) { s.watchers = append(s.watchers, w) }
