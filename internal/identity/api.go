package identity

import (
	"context"
	"time"

	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/web"
)

const room = "identity"

// Rates beside the general ones: per address where nobody is signed in, so they are wide.
var (
	signUpRate = web.Limit{Name: "signup", Per: time.Hour, Burst: 600}
	loginRate  = web.Limit{Name: "login", Per: time.Minute, Burst: 300}
)

// Mount registers the room's operations.
func (s *Service) Mount(api *web.API) {
	s.mountAuth(api)
	s.mountPasswords(api)
	s.mountMe(api)
	s.mountAddresses(api)
	s.mountPictures(api)
	s.mountAccounts(api)
}

type accountBody struct {
	ID             string    `json:"id" example:"acc_0gk3c1a7k2m9xq4t0vj3whc"`
	Code           string    `json:"code" doc:"For people and paper: random, with a check digit." example:"C-482915607"`
	Name           string    `json:"name"`
	Email          string    `json:"email"`
	Phone          string    `json:"phone" doc:"With + and country code; empty when not given."`
	Avatar         string    `json:"avatar,omitempty" doc:"Address of the picture; absent: none."`
	Language       string    `json:"language" doc:"Of mails to the account; empty: the market's."`
	State          string    `json:"state" enum:"inactive,active,deactivated"`
	StateReason    string    `json:"state_reason,omitempty" doc:"What an admin wrote when he activated or deactivated it; for admins."`
	Erased         bool      `json:"erased,omitempty" doc:"The personal data were taken away."`
	Roles          []string  `json:"roles" doc:"What the account may do: customer, seller, courier, machine, admin, superadmin."`
	CreatedAt      time.Time `json:"created_at"`
	UpdatedAt      time.Time `json:"updated_at"`
	AllowedActions []string  `json:"allowed_actions" doc:"What the caller can do to this account."`
}

func (s *Service) accountBodyOf(c web.Caller, a Account) accountBody {
	b := accountBody{
		ID: a.PublicID, Code: a.Code, Name: a.Name, Email: a.Email, Phone: a.Phone, Avatar: s.AvatarURL(a.Avatar), Language: a.Language, State: string(a.State), Erased: a.ErasedAt != nil, Roles: a.Roles,
		CreatedAt: a.CreatedAt, UpdatedAt: a.UpdatedAt, AllowedActions: []string{},
	}
	if c.Is(web.RoleAdmin) && mayChange(c, a.Roles) == nil {
		b.AllowedActions = a.actions()
	}
	if c.Is(web.RoleAdmin) {
		b.StateReason = a.StateReason
	}
	return b
}

type accountOut struct{ Body accountBody }

type nothing struct{}

type sentBody struct {
	Status string `json:"status" enum:"mail_sent" doc:"The same for every address, so that nobody learns which ones have an account."`
}

type sentOut struct{ Body sentBody }

func sent(err error) (*sentOut, error) {
	if err != nil {
		return nil, err
	}
	return &sentOut{sentBody{"mail_sent"}}, nil
}

type tokensBody struct {
	AccessToken  string `json:"access_token" doc:"To be sent as Authorization: Bearer …"`
	RefreshToken string `json:"refresh_token" doc:"For the next pair; works once, and again for a minute should the answer be lost."`
	TokenType    string `json:"token_type" enum:"Bearer"`
	ExpiresIn    int64  `json:"expires_in" doc:"Seconds that the access token lasts." example:"900"`
}

func tokensBodyOf(t Tokens) tokensBody {
	return tokensBody{t.Access, t.Refresh, "Bearer", int64(t.ExpiresIn / time.Second)}
}

type refreshOut struct {
	CacheControl string `header:"Cache-Control"`
	Body         tokensBody
}

type loginBody struct {
	AccessToken  string      `json:"access_token" doc:"To be sent as Authorization: Bearer …"`
	RefreshToken string      `json:"refresh_token" doc:"For the next pair; works once, and again for a minute should the answer be lost."`
	TokenType    string      `json:"token_type" enum:"Bearer"`
	ExpiresIn    int64       `json:"expires_in" doc:"Seconds that the access token lasts." example:"900"`
	Account      accountBody `json:"account"`
	Guest        *Brought    `json:"guest,omitempty" doc:"What the Guest-Token that was sent with the login had"`
}

type loginOut struct {
	CacheControl string `header:"Cache-Control"`
	Body         loginBody
}

type signUpIn struct {
	Body struct {
		Role     string `json:"role,omitempty" enum:"customer,seller,courier" default:"customer" doc:"Who sells or carries may buy as well."`
		Name     string `json:"name" minLength:"1" maxLength:"100"`
		Email    string `json:"email" minLength:"3" maxLength:"254"`
		Phone    string `json:"phone,omitempty" maxLength:"64" doc:"With + and country code, or national in the market's country."`
		Password string `json:"password" minLength:"8" maxLength:"256"`
		Language string `json:"language,omitempty" maxLength:"35" doc:"Of mails to the account: one of the market's languages, or en, hi, ne, ar. Empty: the market's first." example:"ne"`
		Store    *struct {
			Name         string `json:"name" minLength:"1" maxLength:"100"`
			BusinessType string `json:"business_type,omitempty" maxLength:"60"`
			Sells        *bool  `json:"sells,omitempty" doc:"Sells products; true when left out."`
			Buys         bool   `json:"buys,omitempty" doc:"Buys materials, as dealers do."`
		} `json:"store,omitempty" doc:"For sellers: a store, opened as a draft when the account is activated."`
	}
}

func (in *signUpIn) input() SignUpInput {
	b := in.Body
	out := SignUpInput{Role: b.Role, Name: b.Name, Email: b.Email, Phone: b.Phone, Password: b.Password, Language: b.Language}
	if b.Store != nil {
		out.Store = &StoreWish{Name: b.Store.Name, BusinessType: b.Store.BusinessType, Sells: b.Store.Sells == nil || *b.Store.Sells, Buys: b.Store.Buys}
	}
	return out
}

type tokenIn struct {
	Body struct {
		Token string `json:"token" minLength:"1" maxLength:"128" doc:"From the mailed link."`
	}
}

type loginIn struct {
	UserAgent string `header:"User-Agent"`
	Guest     string `header:"Guest-Token" maxLength:"64" doc:"Of who had a cart or ordered as a guest: it becomes the account's"`
	Body      struct {
		Email    string `json:"email" minLength:"1" maxLength:"254"`
		Password string `json:"password" minLength:"1" maxLength:"256"`
		Role     string `json:"role,omitempty" enum:"customer,seller,courier,machine,admin,superadmin" doc:"Sign in as this only: the session then has this role and no other. Left out: all of the account's."`
	}
}

type credentialsIn struct {
	UserAgent string `header:"User-Agent"`
	Body      struct {
		Email    string `json:"email" minLength:"1" maxLength:"254"`
		Password string `json:"password" minLength:"1" maxLength:"256"`
	}
}

type refreshIn struct {
	UserAgent string `header:"User-Agent"`
	Body      struct {
		RefreshToken string `json:"refresh_token" minLength:"1" maxLength:"128"`
	}
}

type setupIn struct {
	Body struct {
		Token    string `json:"token" minLength:"1" maxLength:"128" doc:"From the set-up link that the server printed."`
		Name     string `json:"name" minLength:"1" maxLength:"100"`
		Email    string `json:"email" minLength:"3" maxLength:"254"`
		Password string `json:"password" minLength:"8" maxLength:"256"`
	}
}

const noStore = "no-store"

func (s *Service) mountAuth(api *web.API) {
	web.Register(api, web.Op{
		Method: "POST", Path: "/v1/auth/signup", ID: "identity.signup", Room: room, Access: web.Public, Status: 202, Limit: signUpRate,
		Summary:     "Sign up",
		Description: "Mails a link that activates the account. The answer is the same for an address that has an account already; its owner gets a mail that says so.",
		Errors:      []*fault.Error{web.ErrInvalid, ErrSignupClosed, ErrBusy},
	}, func(ctx context.Context, in *signUpIn) (*sentOut, error) {
		return sent(s.SignUp(ctx, in.input()))
	})
	web.Register(api, web.Op{
		Method: "POST", Path: "/v1/auth/activate", ID: "identity.activate", Room: room, Access: web.Public, Limit: loginRate,
		Summary: "Activate an account with the mailed token", Errors: []*fault.Error{ErrInvalidToken},
	}, func(ctx context.Context, in *tokenIn) (*accountOut, error) {
		a, err := s.Activate(ctx, in.Body.Token)
		return &accountOut{s.accountBodyOf(web.CallerFrom(ctx), a)}, err
	})
	web.Register(api, web.Op{
		Method: "POST", Path: "/v1/auth/activate/resend", ID: "identity.resend_activation", Room: room, Access: web.Public, Status: 202, Limit: signUpRate,
		Summary:     "Mail the activation link again",
		Description: "The password given here is the one that the account has once the new link is followed.",
		Errors:      []*fault.Error{web.ErrInvalid, ErrBusy},
	}, func(ctx context.Context, in *credentialsIn) (*sentOut, error) {
		return sent(s.SendActivation(ctx, in.Body.Email, in.Body.Password))
	})
	web.Register(api, web.Op{
		Method: "POST", Path: "/v1/auth/login", ID: "identity.login", Room: room, Access: web.Public, Limit: loginRate,
		Summary:     "Sign in",
		Description: "Wrong passwords make the next try wait, longer each time; the account itself is never locked.",
		Errors:      []*fault.Error{ErrBadCredentials, ErrTooManyTries, ErrBusy, ErrAccountInactive, ErrAccountDeactivated, ErrRoleNotHeld},
	}, func(ctx context.Context, in *loginIn) (*loginOut, error) {
		c := web.CallerFrom(ctx)
		t, a, err := s.LoginAs(ctx, in.Body.Email, in.Body.Password, in.Body.Role, Device{Addr: c.Addr, UserAgent: in.UserAgent})
		if err != nil {
			return nil, err
		}
		b := tokensBodyOf(t)
		return &loginOut{noStore, loginBody{b.AccessToken, b.RefreshToken, b.TokenType, b.ExpiresIn, s.accountBodyOf(c, a), s.arrived(ctx, a, in.Guest)}}, nil
	})
	web.Register(api, web.Op{
		Method: "POST", Path: "/v1/auth/refresh", ID: "identity.refresh", Room: room, Access: web.Public, Limit: loginRate,
		Summary:     "Get the next pair of tokens",
		Description: "The access token of before works until it expires. To be called without an Authorization header.",
		Errors:      []*fault.Error{ErrRefreshToken},
	}, func(ctx context.Context, in *refreshIn) (*refreshOut, error) {
		t, err := s.Refresh(ctx, in.Body.RefreshToken, Device{Addr: web.CallerFrom(ctx).Addr, UserAgent: in.UserAgent})
		if err != nil {
			return nil, err
		}
		return &refreshOut{noStore, tokensBodyOf(t)}, nil
	})
	web.Register(api, web.Op{
		Method: "POST", Path: "/v1/auth/logout", ID: "identity.logout", Room: room, Access: web.SignedIn, Summary: "End this session",
	}, func(ctx context.Context, _ *struct{}) (*nothing, error) {
		return nil, s.Logout(ctx, web.CallerFrom(ctx))
	})
	web.Register(api, web.Op{
		Method: "POST", Path: "/v1/auth/setup", ID: "identity.setup", Room: room, Access: web.Public, Status: 201, Limit: loginRate,
		Summary: "Make the first superadmin with the set-up token", Errors: []*fault.Error{ErrInvalidToken, web.ErrInvalid, ErrEmailTaken, ErrBusy},
	}, func(ctx context.Context, in *setupIn) (*accountOut, error) {
		b := in.Body
		a, err := s.SetUp(ctx, b.Token, NewAccount{Name: b.Name, Email: b.Email, Password: b.Password})
		return &accountOut{s.accountBodyOf(web.CallerFrom(ctx), a)}, err
	})
}
