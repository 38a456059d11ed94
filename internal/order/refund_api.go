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

type refundInput struct {
	ByID
	Body struct {
		Whole       bool              `json:"whole,omitempty" doc:"All that is left of what was paid"`
		Amount      string            `json:"amount,omitempty" maxLength:"20" doc:"Or this much, as a decimal; shared out over what is left of the lines and the delivery charge"`
		Lines       []refundLineInput `json:"lines,omitempty" maxItems:"100" doc:"Or what was paid for these units"`
		Delivery    bool              `json:"delivery,omitempty" doc:"With lines: the delivery charge too"`
		Destination string            `json:"destination,omitempty" enum:"source,wallet" doc:"source: the way it came, where that is possible; else, and with wallet, into the buyer's wallet"`
		Reason      string            `json:"reason" minLength:"1" maxLength:"200" doc:"The buyer sees it"`
	}
}

type refundLineInput struct {
	Line     string `json:"line" maxLength:"64"`
	Quantity int64  `json:"quantity,omitempty" minimum:"1" maximum:"1000000000" doc:"Without it all that are left"`
}

type refundsInput struct {
	web.PageParams
	Store string `query:"store" maxLength:"64" doc:"A store's, for its people"`
	All   bool   `query:"all" doc:"Everybody's, for admins"`
	State string `query:"state" enum:"requested,processing,completed,failed"`
}

// mountRefunds registers what is given back.
func (s *Service) mountRefunds(api *web.API) {
	web.Register(api, web.Op{
		Method: http.MethodPost, Path: "/v1/orders/{id}/refunds", ID: "order.refund", Room: "order", Access: web.Owner, Idempotent: true, Status: http.StatusCreated,
		Summary: "Give money of an order back: all that is left, an amount, or units of its lines",
		Description: "For the store's people and admins. The money goes back the way it came; what cannot go that way, or is refused there, goes into the buyer's wallet. " +
			"Before the order is completed it comes out of its escrow, afterwards, and of cash, out of the store's earnings, which may become a debt. " +
			"The market's fee for it goes back in proportion; a credit note follows by itself.",
		Errors: []*fault.Error{
			ErrNotFound, ErrNotYours, ErrFrozen, ErrRefundUnpaid, ErrRefundWhat, ErrRefundAmount, ErrRefundUnits, ErrRefundReason, ErrOrderLine, payment.ErrRefundTooLarge, payment.ErrNoWallet,
			store.ErrNoRight, store.ErrSellerRole, idem.ErrReused,
		},
	}, s.postRefund)
	web.Register(api, web.Op{
		Method: http.MethodGet, Path: "/v1/orders/{id}/refunds", ID: "order.refunds_of", Room: "order", Access: web.Owner,
		Summary: "What was given back of an order, the oldest first", Errors: []*fault.Error{ErrNotFound, store.ErrNoRight},
	}, func(ctx context.Context, in *ByID) (*one[payment.RefundsView], error) {
		out, err := s.Refunds(ctx, web.CallerFrom(ctx), in.ID)
		return &one[payment.RefundsView]{payment.RefundsView{Items: out}}, err
	})
	web.Register(api, web.Op{
		Method: http.MethodGet, Path: "/v1/refunds", ID: "order.refunds", Room: "order", Access: web.SignedIn,
		Summary: "Refunds, newest first: yours, a store's, or all of them",
		Errors:  []*fault.Error{db.ErrInvalidCursor, store.ErrStoreNotFound, store.ErrNoRight, store.ErrSellerRole, ErrAdminList},
	}, s.getRefunds)
	web.Register(api, web.Op{
		Method: http.MethodGet, Path: "/v1/refunds/{id}", ID: "order.get_refund", Room: "order", Access: web.Owner,
		Summary: "A refund, for who gets it, its store's people and admins", Errors: []*fault.Error{payment.ErrRefundNotFound, store.ErrNoRight, store.ErrSellerRole},
	}, func(ctx context.Context, in *ByID) (*one[payment.RefundView], error) {
		out, err := s.FindRefund(ctx, web.CallerFrom(ctx), in.ID)
		return &one[payment.RefundView]{out}, err
	})
}

func (s *Service) postRefund(ctx context.Context, in *refundInput) (*one[payment.RefundView], error) {
	caller, b := web.CallerFrom(ctx), in.Body
	reason, err := identity.Text("body.reason", b.Reason, 200)
	if err != nil {
		return nil, err
	}
	if reason == "" {
		return nil, ErrRefundReason.Field("body.reason", "required", "Why is it given back?")
	}
	cmd := RefundCmd{Whole: b.Whole, Amount: b.Amount, Delivery: b.Delivery, Wallet: b.Destination == "wallet", Reason: reason}
	for _, l := range b.Lines {
		cmd.Lines = append(cmd.Lines, RefundLine(l))
	}
	id, replayed, err := s.Refund(ctx, caller, in.ID, cmd)
	if err != nil {
		return nil, err
	}
	if replayed {
		web.MarkReplayed(ctx)
	}
	out, err := s.FindRefund(ctx, caller, id)
	return &one[payment.RefundView]{out}, err
}

func (s *Service) getRefunds(ctx context.Context, in *refundsInput) (*one[web.Page[payment.RefundView]], error) {
	caller := web.CallerFrom(ctx)
	if in.All && !caller.Is(web.RoleAdmin) {
		return nil, ErrAdminList
	}
	var out web.Page[payment.RefundView]
	err := s.db.Read(ctx, "order.refund_list", func(ctx context.Context, tx db.Tx) error {
		q := payment.RefundQuery{State: in.State}
		switch {
		case in.Store != "":
			b, err := s.stores.Require(ctx, tx, caller, in.Store, store.Orders)
			if err != nil {
				return err
			}
			q.StoreID = b.ID
		case !in.All:
			q.AccountID = caller.AccountID
		}
		var err error
		out, err = s.payments.RefundPage(ctx, tx, q, in.PageParams)
		return err
	})
	return &one[web.Page[payment.RefundView]]{out}, err
}

// FindRefund reads a refund for who gets it, its store's people and admins. Error: payment.ErrRefundNotFound.
func (s *Service) FindRefund(ctx context.Context, caller web.Caller, id string) (v payment.RefundView, err error) {
	err = s.db.Read(ctx, "order.refund", func(ctx context.Context, tx db.Tx) error {
		var account, storeID int64
		if v, account, storeID, err = s.payments.FindRefund(ctx, tx, id); err != nil {
			return err
		}
		if caller.Is(web.RoleAdmin) || caller.SignedIn() && account == caller.AccountID {
			return nil
		}
		_, err := s.stores.RequireID(ctx, tx, caller, storeID, store.Orders)
		if f, ok := fault.As(err); ok && f.Kind == fault.NotFound {
			return payment.ErrRefundNotFound
		}
		return err
	})
	return v, err
}
