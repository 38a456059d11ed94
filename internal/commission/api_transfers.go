package commission

import (
	"context"
	"net/http"
	"time"

	"github.com/haat-market/haat/internal/commission/commissiondb"
	"github.com/haat-market/haat/internal/platform/blob"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/money"
	"github.com/haat-market/haat/internal/platform/picture"
	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/internal/store"
)

// TransferView is a bank transfer that is said to have paid a statement.
type TransferView struct {
	ID        string        `json:"id" example:"ctr_0gk3c1a7k2m9xq4t0vj3whc"`
	State     TransferState `json:"state" enum:"submitted,approved,rejected"`
	Amount    string        `json:"amount"`
	Currency  string        `json:"currency"`
	Reference string        `json:"reference" doc:"The bank's number of it; it pays once."`
	Method    string        `json:"payment_method,omitempty"`
	Note      string        `json:"note,omitempty"`
	Image     string        `json:"image,omitempty" doc:"The operation that gives its picture; absent without one."`
	By        string        `json:"submitted_by"`
	Reason    string        `json:"reason,omitempty" doc:"Why it was rejected."`
	DecidedBy string        `json:"decided_by,omitempty"`
	CreatedAt time.Time     `json:"created_at"`
	DecidedAt *time.Time    `json:"decided_at" nullable:"true"`
}

// TransferCase is a transfer with its statement.
type TransferCase struct {
	TransferView
	Statement View `json:"statement"`
}

// DealerView is what a store's statements come to, in a report.
type DealerView struct {
	Store    StoreRef `json:"store"`
	Records  int64    `json:"records"`
	Orders   int64    `json:"order_count"`
	Base     string   `json:"order_total"`
	Amount   string   `json:"amount" doc:"Of what is issued."`
	Unpaid   string   `json:"unpaid"`
	Currency string   `json:"currency"`
}

// Dealers are in a report.
type Dealers struct {
	Items []DealerView `json:"items"`
}

func viewTransfer(t commissiondb.StatementTransfer, currency string) TransferView {
	v := TransferView{
		ID: t.PublicID, State: TransferState(t.State), Amount: money.Format(t.Amount, money.Currency(currency)), Currency: currency, Reference: t.Reference, Method: t.Method, Note: t.Note,
		By: t.Account, Reason: t.Reason, DecidedBy: t.DecidedBy, CreatedAt: clock.Time(t.CreatedAt), DecidedAt: at(t.DecidedAt),
	}
	if t.Image != "" {
		v.Image = "/v1/statement-transfers/" + t.PublicID + "/image"
	}
	return v
}

// ViewTransfer is a transfer as answers and pages show it.
func (s *Service) ViewTransfer(t Transfer) TransferCase {
	return TransferCase{viewTransfer(t.StatementTransfer, t.Statement.Currency), s.View(t.Statement)}
}

type submitIn struct {
	ByID
	Body struct {
		Amount    string `json:"amount" minLength:"1" maxLength:"20" doc:"It has to be the statement's."`
		Reference string `json:"reference" minLength:"1" maxLength:"60" doc:"The bank's number of the transfer."`
		Method    string `json:"payment_method,omitempty" maxLength:"40" doc:"Such as NEFT."`
		Note      string `json:"note,omitempty" maxLength:"500"`
	}
}

type judgeIn struct {
	ByID
	Body struct {
		Reason string `json:"reason,omitempty" maxLength:"500" doc:"Whoever submitted it reads it."`
	}
}

type transfersIn struct {
	web.PageParams
	State string `query:"state" enum:"submitted,approved,rejected"`
}

type dealersIn struct {
	After string `query:"after" maxLength:"40" doc:"The id of the last store of the page before."`
	Limit int32  `query:"limit" minimum:"1" maximum:"100" default:"50"`
}

type pictureIn struct {
	ByID
	RawBody []byte
}

func (s *Service) mountTransfers(api *web.API, op func(method, path, id, summary string, access web.Access, errs ...*fault.Error) web.Op) {
	show := func(ctx context.Context, id string, err error) (*one[TransferCase], error) {
		if err != nil {
			return nil, err
		}
		t, err := s.GetTransfer(ctx, web.CallerFrom(ctx), id)
		if err != nil {
			return nil, err
		}
		return &one[TransferCase]{s.ViewTransfer(t)}, nil
	}
	submit := op(http.MethodPost, "/v1/statements/{id}/transfers", "submit", "Say that a statement was paid by a bank", web.Owner,
		ErrNotFound, ErrState, ErrNotOwed, ErrAmount, ErrReference, ErrBankText, ErrTransferPending, web.ErrInvalid, store.ErrNoRight, store.ErrSellerRole, store.ErrStoreClosed)
	submit.Status = http.StatusCreated
	submit.Description = "Of what the market owes, by an admin; of what the store owes, by its owner. It counts when an admin approves it."
	web.Register(api, submit, func(ctx context.Context, in *submitIn) (*one[TransferCase], error) {
		b := in.Body
		id, err := s.Submit(ctx, web.CallerFrom(ctx), in.ID, TransferCmd{b.Amount, b.Reference, b.Method, b.Note})
		return show(ctx, id, err)
	})
	web.Register(api, op(http.MethodGet, "/v1/statement-transfers", "transfers", "All transfers for statements, newest first", web.Admin, db.ErrInvalidCursor),
		func(ctx context.Context, in *transfersIn) (*one[web.Page[TransferCase]], error) {
			list, next, err := s.Transfers(ctx, web.CallerFrom(ctx), in.State, in.PageParams)
			out := make([]TransferCase, len(list))
			for i, t := range list {
				out[i] = s.ViewTransfer(t)
			}
			return &one[web.Page[TransferCase]]{web.NewPage(out, next)}, err
		})
	web.Register(api, op(http.MethodGet, "/v1/statement-transfers/{id}", "transfer", "A transfer with its statement", web.Owner, ErrTransferNotFound),
		func(ctx context.Context, in *ByID) (*one[TransferCase], error) { return show(ctx, in.ID, nil) })
	image := op(http.MethodGet, "/v1/statement-transfers/{id}/image", "image", "The picture of a transfer", web.Owner, ErrTransferNotFound, ErrNoImage)
	image.Produces = blob.Media
	web.Register(api, image, func(ctx context.Context, in *ByID) (*blob.Download, error) {
		return s.Image(ctx, web.CallerFrom(ctx), in.ID)
	})
	file := op(http.MethodPut, "/v1/statement-transfers/{id}/image", "set_image", "Add the picture of a slip or screen to a transfer", web.Owner,
		append([]*fault.Error{ErrTransferNotFound, ErrTransferState, ErrNotFound, ErrNotOwed, store.ErrNoRight, store.ErrSellerRole, store.ErrStoreClosed, blob.ErrTooLarge}, picture.Faults...)...)
	file.MaxBody, file.Timeout, file.Consumes = picture.MaxBytes, time.Minute, []string{"image/jpeg", "image/png", "image/webp"}
	web.Register(api, file, func(ctx context.Context, in *pictureIn) (*one[TransferCase], error) {
		return show(ctx, in.ID, s.Picture(ctx, web.CallerFrom(ctx), in.ID, in.RawBody))
	})
	for verb, approve := range map[string]bool{"approve": true, "reject": false} {
		summary := "Say that a transfer came: its statement is paid"
		if !approve {
			summary = "Say that a transfer did not come, and why"
		}
		web.Register(api, op(http.MethodPost, "/v1/statement-transfers/{id}/"+verb, verb, summary, web.Admin,
			ErrTransferNotFound, ErrTransferState, ErrOwnTransfer, ErrState, ErrNotFound, ErrReference, web.ErrInvalid),
			func(ctx context.Context, in *judgeIn) (*one[TransferCase], error) {
				return show(ctx, in.ID, s.Judge(ctx, web.CallerFrom(ctx), in.ID, approve, in.Body.Reason))
			})
	}
	web.Register(api, op(http.MethodGet, "/v1/commission/dealers", "dealers", "Stores that have statements, with what those come to", web.Admin, store.ErrStoreNotFound),
		func(ctx context.Context, in *dealersIn) (*one[Dealers], error) {
			list, err := s.Dealers(ctx, web.CallerFrom(ctx), in.After, in.Limit)
			if err != nil {
				return nil, err
			}
			settings, err := s.market.Settings(ctx)
			cur := settings.Currency
			out := Dealers{Items: make([]DealerView, len(list))}
			for i, d := range list {
				out.Items[i] = DealerView{
					StoreRef{d.Store.PublicID, d.Store.Code, d.Store.Name}, d.Records, d.Orders, money.Format(d.Base, cur), money.Format(d.Amount, cur), money.Format(d.Unpaid, cur), string(cur),
				}
			}
			return &one[Dealers]{out}, err
		})
}
