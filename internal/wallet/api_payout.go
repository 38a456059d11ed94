package wallet

import (
	"bytes"
	"context"
	"net/http"
	"time"

	"github.com/haat-market/haat/internal/ledger"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/idem"
	"github.com/haat-market/haat/internal/platform/money"
	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/internal/store"
)

// ErrAdminList refuses everybody's payouts to those who are not admins.
var ErrAdminList = fault.New(fault.Forbidden, "forbidden", "Only an admin lists everybody's.")

// BankView is where a payout goes.
type BankView struct {
	Bank          string `json:"bank" minLength:"2" maxLength:"100"`
	Branch        string `json:"branch,omitempty" maxLength:"100" doc:"Or the bank's code"`
	AccountName   string `json:"account_name" minLength:"2" maxLength:"100"`
	AccountNumber string `json:"account_number" minLength:"4" maxLength:"40"`
}

// PayoutView is money that its owner wants at his bank.
type PayoutView struct {
	ID        string     `json:"id"`
	Holder    Holder     `json:"holder" enum:"wallet,store,courier"`
	Account   string     `json:"account" doc:"Who asked"`
	Store     string     `json:"store,omitempty"`
	State     string     `json:"state" enum:"requested,approved,settled,rejected,cancelled,failed"`
	Amount    string     `json:"amount"`
	Currency  string     `json:"currency"`
	Bank      BankView   `json:"bank"`
	Note      string     `json:"note,omitempty"`
	Reference string     `json:"reference,omitempty" doc:"The bank's number of the transfer"`
	Reason    string     `json:"reason,omitempty" doc:"Why it was rejected or failed"`
	FirstBy   string     `json:"first_by,omitempty" doc:"For admins: who approved first, where two have to"`
	DecidedBy string     `json:"decided_by,omitempty" doc:"For admins"`
	DecidedAt *time.Time `json:"decided_at" nullable:"true"`
	SettledAt *time.Time `json:"settled_at" nullable:"true"`
	CreatedAt time.Time  `json:"created_at"`
	UpdatedAt time.Time  `json:"updated_at"`
}

// ResultView is what became of a line of a file.
type ResultView struct {
	Line    int    `json:"line"`
	Payout  string `json:"payout"`
	Done    string `json:"done,omitempty" enum:"settled,failed,unchanged"`
	Code    string `json:"code,omitempty" doc:"Why it was refused"`
	Message string `json:"message,omitempty"`
}

// ResultsView is what became of a file.
type ResultsView struct {
	Settled   int          `json:"settled"`
	Failed    int          `json:"failed"`
	Unchanged int          `json:"unchanged"`
	Refused   int          `json:"refused"`
	Items     []ResultView `json:"items"`
}

type payoutBody struct {
	Amount   string   `json:"amount" minLength:"1" maxLength:"20" doc:"Decimal amount, above zero."`
	Currency string   `json:"currency,omitempty" maxLength:"3" doc:"The market's; may be left out."`
	Bank     BankView `json:"bank"`
	Note     string   `json:"note,omitempty" maxLength:"200"`
}

type payoutIn struct{ Body payoutBody }

type storePayoutIn struct {
	ByID
	Body payoutBody
}

type payoutsIn struct {
	web.PageParams
	Store  string `query:"store" maxLength:"64" doc:"A store's, for its people"`
	All    bool   `query:"all" doc:"Everybody's, for admins"`
	State  string `query:"state" enum:"requested,approved,settled,rejected,cancelled,failed"`
	Holder string `query:"holder" enum:"wallet,store,courier" doc:"With all"`
}

type whyIn struct {
	ByID
	Body struct {
		Reason string `json:"reason" minLength:"1" maxLength:"200"`
	}
}

type paidIn struct {
	ByID
	Body struct {
		Reference string `json:"reference" minLength:"1" maxLength:"100" doc:"The bank's number of the transfer"`
	}
}

type resultsIn struct{ RawBody []byte }

type fileOut struct {
	ContentType string `header:"Content-Type"`
	Disposition string `header:"Content-Disposition"`
	Cache       string `header:"Cache-Control"`
	Body        []byte
}

func payoutView(p Payout, admin bool) PayoutView {
	v := PayoutView{
		ID: p.ID, Holder: p.Holder, Account: p.Account, Store: p.Store, State: string(p.State), Amount: money.Format(p.Amount, p.Currency), Currency: string(p.Currency),
		Bank: BankView{p.Bank.Name, p.Bank.Branch, p.Bank.AccountName, p.Bank.AccountNumber}, Note: p.Note, Reference: p.Reference, Reason: p.Reason,
		DecidedAt: p.DecidedAt, SettledAt: p.SettledAt, CreatedAt: p.CreatedAt, UpdatedAt: p.UpdatedAt,
	}
	if admin {
		v.FirstBy, v.DecidedBy = p.FirstBy, p.DecidedBy
	}
	return v
}

func (b payoutBody) cmd(storeID string) PayoutCmd {
	return PayoutCmd{
		Store: storeID, Amount: b.Amount, Currency: b.Currency, Note: b.Note,
		Bank: Bank{Name: b.Bank.Bank, Branch: b.Bank.Branch, AccountName: b.Bank.AccountName, AccountNumber: b.Bank.AccountNumber},
	}
}

// PayoutRate bounds how often somebody asks for a payout, by an operation or on a page.
var PayoutRate = web.Limit{Name: "payout", Per: 10 * time.Minute, Burst: 20}

func (s *Service) mountPayouts(api *web.API) {
	ask := []*fault.Error{
		ErrAmount, ErrCurrency, ErrPayoutAmount, ErrPayoutDaily, ErrTooManyPayouts, ErrBankDetails, ledger.ErrAmount, ledger.ErrInsufficientBalance, idem.ErrReused,
	}
	limit := PayoutRate
	web.Register(api, web.Op{
		Method: http.MethodPost, Path: "/v1/wallet/payouts", ID: "wallet.payout", Room: "wallet", Access: web.SignedIn, Idempotent: true, Status: http.StatusCreated, Limit: limit,
		Summary: "Ask for money of your wallet to be paid to your bank; it is held until an admin decides", Errors: ask,
	}, func(ctx context.Context, in *payoutIn) (*one[PayoutView], error) {
		return s.postPayout(ctx, in.Body.cmd(""))
	})
	web.Register(api, web.Op{
		Method: http.MethodPost, Path: "/v1/stores/{id}/payouts", ID: "wallet.store_payout", Room: "wallet", Access: web.Owner, Idempotent: true, Status: http.StatusCreated, Limit: limit,
		Summary: "Ask for what a store earned to be paid to a bank; for its owner",
		Errors:  append([]*fault.Error{store.ErrStoreNotFound, store.ErrNoRight, store.ErrSellerRole, store.ErrStoreClosed}, ask...),
	}, func(ctx context.Context, in *storePayoutIn) (*one[PayoutView], error) {
		return s.postPayout(ctx, in.Body.cmd(in.ID))
	})
	web.Register(api, web.Op{
		Method: http.MethodPost, Path: "/v1/couriers/me/payouts", ID: "wallet.courier_payout", Room: "wallet", Access: web.Courier, Idempotent: true, Status: http.StatusCreated, Limit: limit,
		Summary: "Ask for what you earned as a courier to be paid to your bank", Description: "As much of it as you carry of the market's cash stays until that is handed in.",
		Errors: append([]*fault.Error{ErrCashInHand}, ask...),
	}, func(ctx context.Context, in *payoutIn) (*one[PayoutView], error) {
		cmd := in.Body.cmd("")
		cmd.Courier = true
		return s.postPayout(ctx, cmd)
	})
	web.Register(api, web.Op{
		Method: http.MethodGet, Path: "/v1/payouts", ID: "wallet.payouts", Room: "wallet", Access: web.SignedIn, Summary: "Payouts, newest first: yours, a store's, or all of them",
		Errors: []*fault.Error{db.ErrInvalidCursor, db.ErrUnsupportedFilter, store.ErrStoreNotFound, ErrAdminList},
	}, s.getPayouts)
	web.Register(api, web.Op{
		Method: http.MethodGet, Path: "/v1/payouts/{id}", ID: "wallet.get_payout", Room: "wallet", Access: web.Owner, Summary: "A payout", Errors: []*fault.Error{ErrPayoutNotFound},
	}, func(ctx context.Context, in *ByID) (*one[PayoutView], error) { return s.showPayout(ctx, in.ID) })
	web.Register(api, web.Op{
		Method: http.MethodPost, Path: "/v1/payouts/{id}/cancel", ID: "wallet.cancel_payout", Room: "wallet", Access: web.Owner, Summary: "Take a payout back that nobody has decided about",
		Errors: []*fault.Error{ErrPayoutNotFound, ErrPayoutState, store.ErrNoRight, store.ErrSellerRole, store.ErrStoreClosed},
	}, func(ctx context.Context, in *ByID) (*one[PayoutView], error) {
		if err := s.CancelPayout(ctx, web.CallerFrom(ctx), in.ID); err != nil {
			return nil, err
		}
		return s.showPayout(ctx, in.ID)
	})
	s.mountPayoutDecisions(api)
	file := web.Op{
		Method: http.MethodGet, Path: "/v1/payouts.csv", ID: "wallet.bank_file", Room: "wallet", Access: web.Admin, Summary: "All approved payouts as CSV, for the bank",
		Description: "Fill in result (paid or failed), reference and reason, and send it back: POST /v1/payouts/results.",
	}
	file.Produces, file.Timeout = []string{"text/csv"}, web.NoTimeout
	web.Register(api, file, s.getBankFile)
	web.Register(api, web.Op{
		Method: http.MethodPost, Path: "/v1/payouts/results", ID: "wallet.payout_results", Room: "wallet", Access: web.Admin, Consumes: []string{"text/csv"}, MaxBody: 1 << 20,
		Summary: "Say by a file what the bank did with payouts, line by line",
		Description: "CSV with the columns payout and result (paid or failed), reference for what was paid and reason for what failed; amount is compared where it stands there. " +
			"A line without a result is left out, one that was read before changes nothing, and one that is refused says why and stops no other.",
		Errors: []*fault.Error{ErrPayoutFile},
	}, s.postResults)
}

// mountPayoutDecisions registers what admins decide.
func (s *Service) mountPayoutDecisions(api *web.API) {
	op := func(verb, id, summary string, errs ...*fault.Error) web.Op {
		return web.Op{
			Method: http.MethodPost, Path: "/v1/payouts/{id}/" + verb, ID: "wallet." + id, Room: "wallet", Access: web.Admin, Summary: summary,
			Errors: append([]*fault.Error{ErrPayoutNotFound, ErrPayoutState, ErrOwnPayout}, errs...),
		}
	}
	web.Register(api, op("approve", "approve_payout", "Approve a payout; above the market's limit two different admins have to", ErrPayoutSecond, ledger.ErrInsufficientBalance),
		func(ctx context.Context, in *ByID) (*one[PayoutView], error) {
			return s.decided(ctx, in.ID, s.ApprovePayout(ctx, web.CallerFrom(ctx), in.ID))
		})
	web.Register(api, op("reject", "reject_payout", "Reject a payout: its money is free again", ErrPayoutReason), func(ctx context.Context, in *whyIn) (*one[PayoutView], error) {
		return s.decided(ctx, in.ID, s.RejectPayout(ctx, web.CallerFrom(ctx), in.ID, in.Body.Reason))
	})
	web.Register(api, op("settle", "settle_payout", "Say that the bank paid an approved payout", ErrPayoutBank), func(ctx context.Context, in *paidIn) (*one[PayoutView], error) {
		return s.decided(ctx, in.ID, s.SettlePayout(ctx, web.CallerFrom(ctx), in.ID, in.Body.Reference))
	})
	web.Register(api, op("fail", "fail_payout", "Say that the bank did not pay a payout, or gave it back: the money is on its account again", ErrPayoutReason),
		func(ctx context.Context, in *whyIn) (*one[PayoutView], error) {
			return s.decided(ctx, in.ID, s.FailPayout(ctx, web.CallerFrom(ctx), in.ID, in.Body.Reason))
		})
}

func (s *Service) decided(ctx context.Context, id string, err error) (*one[PayoutView], error) {
	if err != nil {
		return nil, err
	}
	return s.showPayout(ctx, id)
}

func (s *Service) postPayout(ctx context.Context, cmd PayoutCmd) (*one[PayoutView], error) {
	id, replayed, err := s.RequestPayout(ctx, web.CallerFrom(ctx), cmd)
	if err != nil {
		return nil, err
	}
	if replayed {
		web.MarkReplayed(ctx)
	}
	return s.showPayout(ctx, id)
}

func (s *Service) showPayout(ctx context.Context, id string) (*one[PayoutView], error) {
	caller := web.CallerFrom(ctx)
	p, err := s.FindPayout(ctx, caller, id)
	if err != nil {
		return nil, err
	}
	return &one[PayoutView]{payoutView(p, caller.Is(web.RoleAdmin))}, nil
}

func (s *Service) getPayouts(ctx context.Context, in *payoutsIn) (*one[web.Page[PayoutView]], error) {
	caller := web.CallerFrom(ctx)
	list, next, err := s.Payouts(ctx, caller, PayoutQuery{Store: in.Store, All: in.All, State: in.State, Holder: in.Holder}, in.PageParams)
	if err != nil {
		return nil, err
	}
	out := make([]PayoutView, len(list))
	for i, p := range list {
		out[i] = payoutView(p, caller.Is(web.RoleAdmin))
	}
	return &one[web.Page[PayoutView]]{web.NewPage(out, next)}, nil
}

func (s *Service) getBankFile(ctx context.Context, _ *struct{}) (*fileOut, error) {
	var out bytes.Buffer
	err := s.BankFile(ctx, &out)
	return &fileOut{ContentType: "text/csv; charset=utf-8", Disposition: `attachment; filename="payouts.csv"`, Cache: "private, no-store", Body: out.Bytes()}, err
}

func (s *Service) postResults(ctx context.Context, in *resultsIn) (*one[ResultsView], error) {
	list, err := s.ReadResults(ctx, web.CallerFrom(ctx), in.RawBody)
	if err != nil {
		return nil, err
	}
	v := ResultsView{Items: make([]ResultView, len(list))}
	for i, r := range list {
		one := ResultView{Line: r.Line, Payout: r.Payout, Done: r.Done}
		f, refused := fault.As(r.Refused)
		switch {
		case refused:
			one.Done, one.Code, one.Message = "", f.Code, f.Message
			v.Refused++
		case r.Done == string(PayoutSettled):
			v.Settled++
		case r.Done == string(PayoutFailed):
			v.Failed++
		default:
			v.Unchanged++
		}
		v.Items[i] = one
	}
	return &one[ResultsView]{v}, nil
}
