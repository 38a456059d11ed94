package payment

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/haat-market/haat/internal/payment/gateway"
	"github.com/haat-market/haat/internal/payment/paymentdb"
	"github.com/haat-market/haat/internal/platform/blob"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/money"
	"github.com/haat-market/haat/internal/platform/picture"
	"github.com/haat-market/haat/internal/platform/qr"
	"github.com/haat-market/haat/internal/platform/web"
)

const maxPicture = 12 << 20

// ProofView is a proof of a transfer as its payer sees it.
type ProofView struct {
	ID        string    `json:"id"`
	State     string    `json:"state" enum:"submitted,approved,rejected"`
	Reference string    `json:"reference" doc:"The bank's number of the transfer"`
	Note      string    `json:"note,omitempty"`
	Image     string    `json:"image,omitempty" doc:"Path of the picture"`
	Reason    string    `json:"reason,omitempty" doc:"Why it was rejected"`
	CreatedAt time.Time `json:"created_at"`
}

// ProofCase is a proof as those see it who decide.
type ProofCase struct {
	ProofView
	Payment  string     `json:"payment"`
	Attempt  string     `json:"attempt"`
	Account  string     `json:"account"`
	Gateway  string     `json:"gateway"`
	Currency string     `json:"currency"`
	Total    string     `json:"total" doc:"What has to have come"`
	FirstBy  string     `json:"first_by,omitempty" doc:"Who approved first, where two have to"`
	Decided  string     `json:"decided_by,omitempty"`
	At       *time.Time `json:"decided_at" nullable:"true"`
}

type proofIn struct {
	ByID
	Body struct {
		Reference string `json:"reference" minLength:"4" maxLength:"60" doc:"The number that your bank gave the transfer"`
		Note      string `json:"note,omitempty" maxLength:"500"`
	}
}

type proofPictureIn struct {
	ByID
	RawBody []byte
}

type approveIn struct {
	ByID
	Body struct {
		Reference string `json:"reference,omitempty" maxLength:"60" doc:"As the bank's statement has it; left out, as the payer wrote it"`
		Amount    string `json:"amount,omitempty" maxLength:"20" doc:"What came, to be sure that it is what was asked for"`
	}
}

type rejectIn struct {
	ByID
	Body struct {
		Reason string `json:"reason" minLength:"3" maxLength:"500" doc:"What the payer reads"`
	}
}

type proofsIn struct {
	web.PageParams
	State string `query:"state" enum:"submitted,approved,rejected"`
}

func (s *Service) mountProofs(api *web.API, op func(method, path, id, summary string, access web.Access, errs ...*fault.Error) web.Op) {
	mine := func(ctx context.Context, id string) (*one[View], error) {
		v, err := s.Get(ctx, web.CallerFrom(ctx), id)
		return &one[View]{v}, err
	}
	prove := op("POST", "/v1/payments/{id}/proof", "prove", "Say that you have paid by transfer: give the bank's number of it", web.Owner,
		ErrNotFound, ErrNoTransfer, ErrProofReference, ErrProofDecided)
	prove.Description = "For an attempt by bank transfer or UPI. Until somebody looks at it, sending another replaces it. From then on no time runs out."
	web.Register(api, prove, func(ctx context.Context, in *proofIn) (*one[View], error) {
		if err := s.Prove(ctx, web.CallerFrom(ctx), in.ID, in.Body.Reference, in.Body.Note); err != nil {
			return nil, err
		}
		return mine(ctx, in.ID)
	})
	file := op("PUT", "/v1/payments/{id}/proof/image", "prove_picture", "Add the picture of a slip or screen to your proof", web.Owner,
		append([]*fault.Error{ErrNotFound, ErrNoTransfer, ErrProofDecided, blob.ErrTooLarge}, picture.Faults...)...)
	file.MaxBody, file.Timeout, file.Consumes = maxPicture, time.Minute, []string{"image/jpeg", "image/png", "image/webp"}
	web.Register(api, file, func(ctx context.Context, in *proofPictureIn) (*one[View], error) {
		if err := s.ProofPicture(ctx, web.CallerFrom(ctx), in.ID, in.RawBody); err != nil {
			return nil, err
		}
		return mine(ctx, in.ID)
	})
	web.Register(api, op("GET", "/v1/payment-proofs", "proofs", "Proofs of transfers, newest first", web.Admin),
		func(ctx context.Context, in *proofsIn) (*one[web.Page[ProofCase]], error) {
			out, err := s.Proofs(ctx, in.State, in.PageParams)
			return &one[web.Page[ProofCase]]{out}, err
		})
	web.Register(api, op("GET", "/v1/payment-proofs/{id}", "proof", "A proof of a transfer", web.Admin, ErrProofNotFound),
		func(ctx context.Context, in *ByID) (*one[ProofCase], error) { return s.proofCase(ctx, in.ID) })
	image := op("GET", "/v1/payment-proofs/{id}/image", "proof_image", "The picture of a proof, for its payer and for admins", web.Owner, ErrProofNotFound, ErrNoImage)
	image.Produces = blob.Media
	web.Register(api, image, func(ctx context.Context, in *ByID) (*blob.Download, error) {
		return s.ProofFile(ctx, web.CallerFrom(ctx), in.ID)
	})
	approve := op("POST", "/v1/payment-proofs/{id}/approve", "approve", "Say that the transfer came", web.Admin,
		ErrProofNotFound, ErrProofDecided, ErrReferenceUsed, ErrSecondApprover, ErrOwnProof, ErrProofAmount, ErrProofReference, ErrGateway)
	approve.Description = "Above the gateway's limit the proof stays submitted until a second, different admin approves it too."
	web.Register(api, approve, func(ctx context.Context, in *approveIn) (*one[ProofCase], error) {
		if err := s.Approve(ctx, web.CallerFrom(ctx), ApproveCmd{Proof: in.ID, Reference: in.Body.Reference, Amount: in.Body.Amount}); err != nil {
			return nil, err
		}
		return s.proofCase(ctx, in.ID)
	})
	web.Register(api, op("POST", "/v1/payment-proofs/{id}/reject", "reject", "Say that the transfer did not come as it should have, and why", web.Admin,
		ErrProofNotFound, ErrProofDecided, ErrOwnProof),
		func(ctx context.Context, in *rejectIn) (*one[ProofCase], error) {
			if err := s.Reject(ctx, web.CallerFrom(ctx), in.ID, in.Body.Reason); err != nil {
				return nil, err
			}
			return s.proofCase(ctx, in.ID)
		})
	code := op("GET", "/v1/payments/{id}/qr", "qr", "What to pay by transfer, as a QR code", web.Owner, ErrNotFound, ErrNoTransfer)
	code.Produces = []string{"image/svg+xml"}
	web.Register(api, code,
		func(ctx context.Context, in *ByID) (*qrOut, error) {
			return s.transferQR(ctx, web.CallerFrom(ctx), in.ID)
		})
}

func proofView(r paymentdb.PaymentProof) ProofView {
	v := ProofView{ID: r.PublicID, State: r.State, Reference: r.Reference, Note: r.Note, Reason: r.Reason, CreatedAt: clock.Time(r.CreatedAt)}
	if r.Image != nil {
		v.Image = "/v1/payment-proofs/" + r.PublicID + "/image"
	}
	return v
}

// addProofs puts the proofs of a payment to its attempts.
func (s *Service) addProofs(ctx context.Context, q *paymentdb.Queries, p Payment, rows []paymentdb.PaymentAttempt, views []AttemptView) error {
	any := false
	for _, a := range rows {
		any = any || s.byTransfer(a.Gateway)
	}
	if !any {
		return nil
	}
	proofs, err := q.ProofsOfPayment(ctx, p.ID)
	if err != nil {
		return err
	}
	for _, proof := range proofs {
		for i, a := range rows {
			if a.ID == proof.AttemptID {
				v := proofView(proof)
				views[i].Proof = &v
			}
		}
	}
	return nil
}

var proofList = db.DefineList(db.List{
	Name: "payment.proofs",
	Select: "SELECT r.id, r.public_id, r.payment_id, r.attempt_id, r.state, r.reference, r.reference_key, r.note, r.image, r.first_by, r.first_at, " +
		"r.decided_by, r.decided_at, r.reason, r.created_at, r.updated_at",
	From:    "FROM payment_proofs r",
	Filters: []db.Filter{{Name: "state", SQL: "r.state = ?", Type: db.Text}},
	Sorts:   []db.Sort{{Name: "newest", Desc: true, Keys: []db.SortKey{{Column: "r.id", Type: db.Int}}}},
	Combos: []db.Combo{
		{Sort: "newest", Index: "payment_proofs_pkey"},
		{Filters: []string{"state"}, Sort: "newest", Index: "payment_proofs_state"},
	},
})

// Proofs pages through proofs of transfers, newest first.
func (s *Service) Proofs(ctx context.Context, state string, page web.PageParams) (out web.Page[ProofCase], err error) {
	filters := map[string]any{}
	if state != "" {
		filters["state"] = state
	}
	err = s.db.Read(ctx, "payment.proofs", func(ctx context.Context, tx db.Tx) error {
		rows, next, err := db.QueryList(ctx, tx, proofList, db.ListQuery{Filters: filters, Limit: page.Limit, Cursor: page.Cursor}, scanProof)
		if err != nil {
			return err
		}
		cases, err := s.cases(ctx, paymentdb.New(tx), rows)
		out = web.NewPage(cases, next)
		return err
	})
	return out, err
}

func scanProof(s db.Scanner) (r paymentdb.PaymentProof, err error) {
	err = s.Scan(&r.ID, &r.PublicID, &r.PaymentID, &r.AttemptID, &r.State, &r.Reference, &r.ReferenceKey, &r.Note, &r.Image, &r.FirstBy, &r.FirstAt,
		&r.DecidedBy, &r.DecidedAt, &r.Reason, &r.CreatedAt, &r.UpdatedAt)
	return r, err
}

// cases adds to proofs what they are about.
func (s *Service) cases(ctx context.Context, q *paymentdb.Queries, rows []paymentdb.PaymentProof) ([]ProofCase, error) {
	ids := make([]int64, len(rows))
	for i, r := range rows {
		ids[i] = r.ID
	}
	about, err := q.ProofCases(ctx, ids)
	if err != nil {
		return nil, err
	}
	byID := make(map[int64]paymentdb.ProofCasesRow, len(about))
	for _, r := range about {
		byID[r.ID] = r
	}
	out := make([]ProofCase, len(rows))
	for i, r := range rows {
		c := byID[r.ID]
		out[i] = ProofCase{
			ProofView: proofView(r), Payment: c.Payment, Attempt: c.Attempt, Account: c.Account, Gateway: c.Gateway, Currency: c.Currency,
			Total: money.Format(c.Amount+c.Fee, money.Currency(c.Currency)), FirstBy: r.FirstBy, Decided: r.DecidedBy,
		}
		if r.DecidedAt != nil {
			out[i].At = ptr(clock.Time(*r.DecidedAt))
		}
	}
	return out, nil
}

func (s *Service) proofCase(ctx context.Context, id string) (*one[ProofCase], error) {
	out, err := s.Proof(ctx, id)
	return &one[ProofCase]{out}, err
}

// Proof is a proof of a transfer as those see it who decide. Errors: ErrProofNotFound.
func (s *Service) Proof(ctx context.Context, id string) (out ProofCase, err error) {
	err = s.db.Read(ctx, "payment.proof", func(ctx context.Context, tx db.Tx) error {
		q := paymentdb.New(tx)
		r, err := q.ProofByID(ctx, id)
		if errors.Is(err, db.ErrNoRows) {
			return ErrProofNotFound
		}
		if err != nil {
			return err
		}
		cases, err := s.cases(ctx, q, []paymentdb.PaymentProof{r})
		if err == nil {
			out = cases[0]
		}
		return err
	})
	return out, err
}

type qrOut struct {
	ContentType string `header:"Content-Type"`
	Policy      string `header:"Content-Security-Policy"`
	Cache       string `header:"Cache-Control"`
	Body        []byte
}

// transferQR draws what the payer's running transfer says.
func (s *Service) transferQR(ctx context.Context, caller web.Caller, payment string) (*qrOut, error) {
	v, err := s.Get(ctx, caller, payment)
	if err != nil {
		return nil, err
	}
	for _, a := range v.Attempts {
		if a.Next != nil && a.Next.Type == gateway.Transfer && a.Next.QR != "" {
			return drawQR(a.Next.QR)
		}
	}
	return nil, ErrNoTransfer
}

func drawQR(text string) (*qrOut, error) {
	c, err := qr.New(text, qr.Medium)
	if err != nil {
		return nil, fmt.Errorf("draw what a payer has to do: %w", err)
	}
	return &qrOut{
		ContentType: "image/svg+xml", Policy: "default-src 'none'; sandbox", Cache: "private, no-store", Body: c.SVG("What to pay, for your phone", 4),
	}, nil
}
