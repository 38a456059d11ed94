package identity

import (
	"context"
	"time"

	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/web"
)

type emailIn struct {
	Body struct {
		Email string `json:"email" minLength:"1" maxLength:"254"`
	}
}

type resetIn struct {
	Body struct {
		Token    string `json:"token" minLength:"1" maxLength:"128" doc:"From the mailed link."`
		Password string `json:"password" minLength:"8" maxLength:"256"`
	}
}

type passwordIn struct {
	Body struct {
		Password    string `json:"password" minLength:"1" maxLength:"256" doc:"The present one."`
		NewPassword string `json:"new_password" minLength:"8" maxLength:"256"`
	}
}

func (s *Service) mountPasswords(api *web.API) {
	web.Register(api, web.Op{
		Method: "POST", Path: "/v1/auth/password/forgot", ID: "identity.forgot_password", Room: room, Access: web.Public, Status: 202, Limit: signUpRate,
		Summary: "Mail a link for a new password", Errors: []*fault.Error{web.ErrInvalid},
	}, func(ctx context.Context, in *emailIn) (*sentOut, error) {
		return sent(s.ForgotPassword(ctx, in.Body.Email))
	})
	web.Register(api, web.Op{
		Method: "POST", Path: "/v1/auth/password/reset", ID: "identity.reset_password", Room: room, Access: web.Public, Limit: loginRate,
		Summary: "Set a new password with the mailed token", Description: "Ends all sessions.",
		Errors: []*fault.Error{ErrInvalidToken, web.ErrInvalid, ErrBusy},
	}, func(ctx context.Context, in *resetIn) (*nothing, error) {
		return nil, s.ResetPassword(ctx, in.Body.Token, in.Body.Password)
	})
	web.Register(api, web.Op{
		Method: "POST", Path: "/v1/auth/password/change", ID: "identity.change_password", Room: room, Access: web.SignedIn,
		Summary: "Change the password", Description: "Ends all other sessions.",
		Errors: []*fault.Error{ErrWrongPassword, web.ErrInvalid, ErrTooManyTries, ErrBusy},
	}, func(ctx context.Context, in *passwordIn) (*nothing, error) {
		return nil, s.ChangePassword(ctx, web.CallerFrom(ctx), in.Body.Password, in.Body.NewPassword)
	})
}

type meIn struct {
	Body struct {
		Name     *string `json:"name,omitempty" minLength:"1" maxLength:"100"`
		Phone    *string `json:"phone,omitempty" maxLength:"64" doc:"Empty takes it away."`
		Language *string `json:"language,omitempty" maxLength:"35" doc:"Of mails to you; empty: the market's."`
	}
}

type changeEmailIn struct {
	Body struct {
		Email    string `json:"email" minLength:"3" maxLength:"254" doc:"The new one."`
		Password string `json:"password" minLength:"1" maxLength:"256"`
	}
}

type eraseMeIn struct {
	Body struct {
		Password string `json:"password" minLength:"1" maxLength:"256" doc:"Your own, once more: it cannot be undone."`
	}
}

type sessionBody struct {
	ID        string    `json:"id"`
	Current   bool      `json:"current" doc:"The session of this request."`
	Role      string    `json:"role,omitempty" doc:"That it was opened for; absent: all of the account's."`
	Address   string    `json:"address" doc:"From where it got its last pair of tokens."`
	UserAgent string    `json:"user_agent"`
	CreatedAt time.Time `json:"created_at"`
	UsedAt    time.Time `json:"used_at" doc:"When it got its last pair of tokens."`
	ExpiresAt time.Time `json:"expires_at"`
}

// sessionBodies are sessions of which the caller's own is current.
func sessionBodies(items []Session, current int64) []sessionBody {
	bodies := make([]sessionBody, len(items))
	for i, v := range items {
		bodies[i] = sessionBody{v.PublicID, v.ID == current, v.Role, v.Address, v.UserAgent, v.CreatedAt, v.UsedAt, v.ExpiresAt}
	}
	return bodies
}

type sessionsIn struct{ web.PageParams }

type sessionsOut struct{ Body web.Page[sessionBody] }

type idIn struct {
	ID string `path:"id" maxLength:"40"`
}

func (s *Service) mountMe(api *web.API) {
	web.Register(api, web.Op{
		Method: "GET", Path: "/v1/me", ID: "identity.me", Room: room, Access: web.SignedIn, Summary: "The caller's account",
	}, func(ctx context.Context, _ *struct{}) (*accountOut, error) {
		c := web.CallerFrom(ctx)
		a, err := s.Me(ctx, c)
		return &accountOut{s.accountBodyOf(c, a)}, err
	})
	web.Register(api, web.Op{
		Method: "PATCH", Path: "/v1/me", ID: "identity.change_me", Room: room, Access: web.SignedIn, Summary: "Change the caller's profile",
		Errors: []*fault.Error{web.ErrInvalid},
	}, func(ctx context.Context, in *meIn) (*accountOut, error) {
		c := web.CallerFrom(ctx)
		a, err := s.ChangeMe(ctx, c, ProfileChange{Name: in.Body.Name, Phone: in.Body.Phone, Language: in.Body.Language})
		return &accountOut{s.accountBodyOf(c, a)}, err
	})
	web.Register(api, web.Op{
		Method: "POST", Path: "/v1/me/email", ID: "identity.change_email", Room: room, Access: web.SignedIn, Status: 202,
		Summary:     "Ask for another e-mail address",
		Description: "Mails a link to the new address; it becomes yours when the link is followed. The answer is the same for an address that another account has.",
		Errors:      []*fault.Error{web.ErrInvalid, ErrWrongPassword, ErrTooManyTries, ErrBusy},
	}, func(ctx context.Context, in *changeEmailIn) (*sentOut, error) {
		return sent(s.ChangeEmail(ctx, web.CallerFrom(ctx), in.Body.Password, in.Body.Email))
	})
	web.Register(api, web.Op{
		Method: "POST", Path: "/v1/me/erase", ID: "identity.erase_me", Room: room, Access: web.SignedIn, Status: 204,
		Summary:     "Take your own personal data away, for good",
		Description: "Name, addresses, e-mail, telephone, picture and sessions; it cannot be undone. You must own no open store, have no money and no open order, and be no admin. Orders keep the contact that they froze, because the tax law asks for it.",
		Errors:      []*fault.Error{web.ErrInvalid, ErrWrongPassword, ErrTooManyTries, ErrBusy, ErrErased, ErrPrivileged, ErrInUse},
	}, func(ctx context.Context, in *eraseMeIn) (*nothing, error) {
		return nil, s.EraseMe(ctx, web.CallerFrom(ctx), in.Body.Password)
	})
	web.Register(api, web.Op{
		Method: "POST", Path: "/v1/auth/email/confirm", ID: "identity.confirm_email", Room: room, Access: web.Public, Limit: loginRate,
		Summary: "Confirm a new e-mail address with the mailed token", Description: "Ends all sessions: sign in with the new address.",
		Errors: []*fault.Error{ErrInvalidToken, ErrEmailTaken},
	}, func(ctx context.Context, in *tokenIn) (*accountOut, error) {
		a, err := s.ConfirmEmail(ctx, in.Body.Token)
		return &accountOut{s.accountBodyOf(web.CallerFrom(ctx), a)}, err
	})
	web.Register(api, web.Op{
		Method: "GET", Path: "/v1/me/sessions", ID: "identity.sessions", Room: room, Access: web.SignedIn, Summary: "Where the caller is signed in, newest first",
	}, func(ctx context.Context, in *sessionsIn) (*sessionsOut, error) {
		c := web.CallerFrom(ctx)
		items, next, err := s.Sessions(ctx, c, in.Limit, in.Cursor)
		return &sessionsOut{web.NewPage(sessionBodies(items, c.SessionID), next)}, err
	})
	web.Register(api, web.Op{
		Method: "DELETE", Path: "/v1/me/sessions", ID: "identity.end_other_sessions", Room: room, Access: web.SignedIn,
		Summary: "Sign out everywhere else",
	}, func(ctx context.Context, _ *struct{}) (*nothing, error) {
		return nil, s.EndOtherSessions(ctx, web.CallerFrom(ctx))
	})
	web.Register(api, web.Op{
		Method: "DELETE", Path: "/v1/me/sessions/{id}", ID: "identity.end_session", Room: room, Access: web.Owner,
		Summary: "Sign out in one place", Errors: []*fault.Error{ErrSessionNotFound},
	}, func(ctx context.Context, in *idIn) (*nothing, error) {
		return nil, s.EndSession(ctx, web.CallerFrom(ctx), in.ID)
	})
}
