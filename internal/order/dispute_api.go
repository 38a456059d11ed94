package order

import (
	"context"
	"net/http"

	"github.com/haat-market/haat/internal/identity"
	"github.com/haat-market/haat/internal/payment"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/idem"
	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/internal/store"
)

type disputeInput struct {
	ByID
	Body struct {
		Reason string            `json:"reason" enum:"not_received,damaged,not_as_described,wrong_item,missing_parts,other"`
		Text   string            `json:"text" minLength:"1" maxLength:"2000"`
		Lines  []refundLineInput `json:"lines,omitempty" maxItems:"100" doc:"What it is about; without it all of the order"`
	}
}

type freezeInput struct {
	ByID
	Body struct {
		Reason string `json:"reason" minLength:"1" maxLength:"200"`
	}
}

type resolveInput struct {
	ByID
	Body struct {
		Outcome string `json:"outcome" enum:"released,refunded,split"`
		Amount  string `json:"amount,omitempty" maxLength:"20" doc:"Of a split: what the buyer gets, as a decimal"`
		Note    string `json:"note" minLength:"1" maxLength:"1000" doc:"Both read it"`
	}
}

type sayInput struct {
	ByID
	Body struct {
		Text string `json:"text" minLength:"1" maxLength:"2000"`
	}
}

type disputesInput struct {
	web.PageParams
	Store string `query:"store" maxLength:"64" doc:"About a store's orders, for its people"`
	All   bool   `query:"all" doc:"Everybody's, for admins"`
	State string `query:"state" enum:"open,resolved,withdrawn"`
}

// said is a text that somebody wrote; nothing is refused.
func said(path, text string, most int) (string, error) {
	text, err := identity.Text(path, text, most)
	if err == nil && text == "" {
		err = ErrTextNeeded.Field(path, "required", "Say something.")
	}
	return text, err
}

// mountDisputes registers disputes and freezes.
func (s *Service) mountDisputes(api *web.API) {
	op := func(method, path, id, summary string, access web.Access, errs ...*fault.Error) web.Op {
		return web.Op{Method: method, Path: path, ID: "order." + id, Summary: summary, Room: "order", Access: access, Errors: errs}
	}
	open := op(http.MethodPost, "/v1/orders/{id}/disputes", "dispute", "Dispute an order of yours that was shipped: its money stands still until an admin has decided", web.Owner,
		ErrNotFound, ErrNotYours, ErrDisputeLate, ErrDisputeOpen, ErrTooManyDisputes, ErrRefundUnpaid, ErrRefundUnits, ErrOrderLine, ErrTextNeeded, store.ErrNoRight, store.ErrSellerRole, idem.ErrReused)
	open.Idempotent, open.Status = true, http.StatusCreated
	web.Register(api, open, s.postDispute)
	web.Register(api, op(http.MethodGet, "/v1/disputes", "disputes", "Disputes, newest first: yours, about a store's orders, or all of them", web.SignedIn,
		db.ErrInvalidCursor, store.ErrStoreNotFound, store.ErrNoRight, store.ErrSellerRole, ErrAdminList),
		func(ctx context.Context, in *disputesInput) (*one[web.Page[DisputeView]], error) {
			out, err := s.Disputes(ctx, web.CallerFrom(ctx), DisputeQuery{in.Store, in.All, in.State}, in.PageParams)
			return &one[web.Page[DisputeView]]{out}, err
		})
	web.Register(api, op(http.MethodGet, "/v1/disputes/{id}", "get_dispute", "A dispute with its messages", web.Owner, ErrDisputeNotFound, store.ErrNoRight, store.ErrSellerRole),
		func(ctx context.Context, in *ByID) (*one[DisputeView], error) { return s.showDispute(ctx, in.ID, nil) })
	say := op(http.MethodPost, "/v1/disputes/{id}/messages", "dispute_message", "Say something in a dispute, as its buyer, the store or an admin", web.Owner,
		ErrDisputeNotFound, ErrDisputeClosed, ErrTooManyMessages, ErrTextNeeded, store.ErrNoRight, store.ErrSellerRole, idem.ErrReused)
	say.Idempotent, say.Status = true, http.StatusCreated
	web.Register(api, say, s.postDisputeMessage)
	web.Register(api, op(http.MethodPost, "/v1/disputes/{id}/withdraw", "withdraw_dispute", "Withdraw a dispute of yours", web.Owner,
		ErrDisputeNotFound, ErrNotYours, ErrDisputeClosed, store.ErrNoRight, store.ErrSellerRole),
		func(ctx context.Context, in *ByID) (*one[DisputeView], error) {
			return s.showDispute(ctx, in.ID, s.WithdrawDispute(ctx, web.CallerFrom(ctx), in.ID))
		})
	web.Register(api, op(http.MethodPost, "/v1/disputes/{id}/resolve", "resolve_dispute", "Decide a dispute: all to the store, all to the buyer, or a part to each", web.Admin,
		ErrDisputeNotFound, ErrDisputeClosed, ErrDisputeSplit, ErrFrozen, ErrTextNeeded, payment.ErrRefundTooLarge),
		func(ctx context.Context, in *resolveInput) (*one[DisputeView], error) {
			note, err := said("body.note", in.Body.Note, 1000)
			if err != nil {
				return nil, err
			}
			cmd := ResolveCmd{Outcome: Outcome(in.Body.Outcome), Amount: in.Body.Amount, Note: note}
			return s.showDispute(ctx, in.ID, s.ResolveDispute(ctx, web.CallerFrom(ctx), in.ID, cmd))
		})
	for verb, summary := range map[string]string{
		"freeze": "Freeze the money of an order that is not final: it is neither released nor given back", "unfreeze": "End the freeze of an order's money",
	} {
		web.Register(api, op(http.MethodPost, "/v1/orders/{id}/"+verb, verb, summary, web.Admin, ErrNotFound, ErrState, ErrFrozen, ErrNotFrozen, ErrTextNeeded),
			func(ctx context.Context, in *freezeInput) (*one[View], error) {
				caller := web.CallerFrom(ctx)
				reason, err := said("body.reason", in.Body.Reason, 200)
				if err != nil {
					return nil, err
				}
				if err := s.SetFrozen(ctx, caller, in.ID, reason, verb == "freeze"); err != nil {
					return nil, err
				}
				out, err := s.Get(ctx, caller, in.ID)
				return &one[View]{out}, err
			})
	}
}

func (s *Service) showDispute(ctx context.Context, id string, err error) (*one[DisputeView], error) {
	if err != nil {
		return nil, err
	}
	out, err := s.FindDispute(ctx, web.CallerFrom(ctx), id)
	return &one[DisputeView]{out}, err
}

func (s *Service) postDispute(ctx context.Context, in *disputeInput) (*one[DisputeView], error) {
	text, err := said("body.text", in.Body.Text, 2000)
	if err != nil {
		return nil, err
	}
	cmd := DisputeCmd{Reason: in.Body.Reason, Text: text}
	for _, l := range in.Body.Lines {
		cmd.Lines = append(cmd.Lines, RefundLine(l))
	}
	id, replayed, err := s.OpenDispute(ctx, web.CallerFrom(ctx), in.ID, cmd)
	if replayed {
		web.MarkReplayed(ctx)
	}
	return s.showDispute(ctx, id, err)
}

func (s *Service) postDisputeMessage(ctx context.Context, in *sayInput) (*one[DisputeView], error) {
	text, err := said("body.text", in.Body.Text, 2000)
	if err != nil {
		return nil, err
	}
	replayed, err := s.SayInDispute(ctx, web.CallerFrom(ctx), in.ID, text)
	if replayed {
		web.MarkReplayed(ctx)
	}
	return s.showDispute(ctx, in.ID, err)
}
