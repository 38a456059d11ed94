package app

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/haat-market/haat/internal/identity"
	"github.com/haat-market/haat/internal/platform/config"
	"github.com/haat-market/haat/internal/platform/web"
)

// AccountOptions describe an account to be added.
type AccountOptions struct {
	Name     string // empty: what stands before the @
	Email    string
	Phone    string
	Roles    []string // none: a customer
	Password bool     // read it from the input; else one is made and printed
}

// AddAccount adds an active account, by the running server when there is one.
func AddAccount(ctx context.Context, place config.Place, con Console, o AccountOptions) error {
	in := newAccountView{Name: o.Name, Email: o.Email, Phone: o.Phone, Roles: o.Roles}
	if in.Name == "" {
		in.Name, _, _ = strings.Cut(o.Email, "@")
	}
	if len(in.Roles) == 0 {
		in.Roles = []string{web.RoleCustomer}
	}
	for _, role := range in.Roles {
		if !slices.Contains(identity.Roles, role) {
			return fmt.Errorf("there is no role %q; the roles are %s", role, strings.Join(identity.Roles, ", "))
		}
	}
	made := ""
	if o.Password {
		var err error
		if in.Password, err = readPassword(con.In); err != nil {
			return err
		}
	} else {
		made = newPassword()
		in.Password = made
	}
	a, err := dial(place).account(ctx, in)
	if errors.Is(err, errNoServer) {
		err = withMarket(ctx, place, con, func(m *App) (err error) {
			a, err = createAccount(ctx, m, in)
			return err
		})
	}
	if err != nil {
		return err
	}
	text := fmt.Sprintf("account   %s\ne-mail    %s\nroles     %s\n", a.ID, a.Email, strings.Join(a.Roles, ", "))
	if made != "" {
		text += fmt.Sprintf("password  %s\n", made)
		con.note("The password is shown this once.")
	}
	return con.print("%s", text)
}

// maxPassword is more than any password that is accepted.
const maxPassword = 4096

// readPassword reads one line.
func readPassword(in io.Reader) (string, error) {
	line, err := bufio.NewReader(io.LimitReader(in, maxPassword)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", fmt.Errorf("read the password: %w", err)
	}
	line = strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r")
	if line == "" {
		return "", errors.New("no password came on the input")
	}
	return line, nil
}

// newPassword is 100 random bits, in groups that can be read out.
func newPassword() string {
	text := strings.ToLower(rand.Text())
	return strings.Join([]string{text[:5], text[5:10], text[10:15], text[15:20]}, "-")
}
