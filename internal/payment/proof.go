package payment

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/haat-market/haat/internal/payment/gateway"
	"github.com/haat-market/haat/internal/payment/paymentdb"
	"github.com/haat-market/haat/internal/platform/blob"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/code"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/money"
	"github.com/haat-market/haat/internal/platform/picture"
	"github.com/haat-market/haat/internal/platform/web"
)

// ProofState is where a proof of a transfer stands.
type ProofState string

// The states of a proof.
const (
	ProofSubmitted ProofState = "submitted"
	ProofApproved  ProofState = "approved"
	ProofRejected  ProofState = "rejected"
)

// proofRejected is what an attempt failed with whose proof was rejected.
const proofRejected = "proof_rejected"

// What payers and approvers may be told.
var (
	ErrNoTransfer     = fault.New(fault.Conflict, "no_transfer", "No transfer is awaited for this payment. Start an attempt by transfer first.")
	ErrProofReference = fault.New(fault.Invalid, "reference_invalid", "Give the number that your bank gave the transfer.")
	ErrProofDecided   = fault.New(fault.Conflict, "proof_decided", "This proof is being looked at, or was decided already.")
	ErrProofNotFound  = fault.New(fault.NotFound, "proof_not_found", "There is no such proof.")
	ErrNoImage        = fault.New(fault.NotFound, "proof_image_not_found", "This proof has no picture.")
	ErrReferenceUsed  = fault.New(fault.Conflict, "reference_used", "Another transfer with this number was approved already.")
	ErrSecondApprover = fault.New(fault.Conflict, "second_approver_needed", "Above this amount a second, different admin has to approve.")
	ErrOwnProof       = fault.New(fault.Forbidden, "own_proof", "Nobody approves his own payment.")
	ErrProofAmount    = fault.New(fault.Conflict, "amount_differs", "What came is not what was asked for. Reject the proof, and say why.")
)

// normal is a bank's number of a transfer as it is compared: people write it with blanks and in any case.
func normal(reference string) string {
	return strings.ToUpper(strings.Join(strings.Fields(reference), ""))
}

// transfers are the names of the gateways by transfer.
func (s *Service) transfers() []string {
	names := []string{}
	for _, name := range slices.Sorted(maps.Keys(s.gateways)) {
		if s.byTransfer(name) {
			names = append(names, name)
		}
	}
	return names
}

// Prove takes a payer's proof of a transfer, or changes it while nobody has looked. From then on no timer runs: a person
// decides. A proof of an attempt whose time is over is taken too, because money that came late is money. Errors:
// ErrNotFound, ErrNoTransfer, ErrProofReference, ErrProofDecided.
func (s *Service) Prove(ctx context.Context, caller web.Caller, payment, reference, note string) error {
	if reference = normal(reference); len(reference) < 4 {
		return ErrProofReference.Field("body.reference", "too_short", "At least four letters or digits.")
	}
	// READ COMMITTED: every check follows the lock of the payment's row.
	return s.db.Write(ctx, "payment.prove", func(ctx context.Context, tx db.Tx) error {
		q := paymentdb.New(tx)
		p, a, err := s.transferOf(ctx, q, caller, payment)
		if err != nil {
			return err
		}
		now := clock.Micro(s.clock.Now())
		proof, err := q.ProofOfAttempt(ctx, a.ID)
		switch {
		case err == nil:
			n, err := q.ChangeProof(ctx, proof.ID, reference, note, now)
			if err == nil && n == 0 {
				return ErrProofDecided.With("state", proof.State)
			}
			return err
		case !errors.Is(err, db.ErrNoRows):
			return err
		}
		id := code.ID("prf")
		if err := q.InsertProof(ctx, paymentdb.InsertProofParams{
			PublicID: id, PaymentID: p.ID, AttemptID: a.ID, Reference: reference, Note: note, CreatedAt: now,
		}); err != nil {
			return err
		}
		if AttemptState(a.State) == Started {
			never := clock.Micro(Never)
			if err := q.SetAttemptWaiting(ctx, paymentdb.SetAttemptWaitingParams{ID: a.ID, Next: a.Next, ExpiresAt: never, LookAt: never, UpdatedAt: now}); err != nil {
				return err
			}
			if err := q.SetPaymentRunning(ctx, p.ID, never, now); err != nil {
				return err
			}
		}
		return s.tell(ctx, tx, "payment.proof_submitted", p, caller.Account, map[string]any{"attempt": a.PublicID, "proof": id})
	}, db.ReadCommitted())
}

// transferOf locks a payer's payment and finds the attempt that a proof is for.
func (s *Service) transferOf(ctx context.Context, q *paymentdb.Queries, caller web.Caller, payment string) (p Payment, a paymentdb.PaymentAttempt, err error) {
	row, err := q.GetPayment(ctx, payment)
	if errors.Is(err, db.ErrNoRows) || err == nil && row.AccountID != caller.AccountID {
		return p, a, ErrNotFound
	}
	if err != nil {
		return p, a, err
	}
	if row, err = q.LockPayment(ctx, row.ID); err != nil {
		return p, a, err
	}
	a, err = q.LastTransfer(ctx, row.ID, s.transfers())
	if errors.Is(err, db.ErrNoRows) || err == nil && AttemptState(a.State) == Failed && a.Failure != gateway.PayerGaveUp {
		return p, a, ErrNoTransfer
	}
	return fromRow(row), a, err
}

// ProofPicture keeps the picture of a proof, painted anew, where only its payer and admins see it.
func (s *Service) ProofPicture(ctx context.Context, caller web.Caller, payment string, file []byte) error {
	if err := s.db.Read(ctx, "payment.own", func(ctx context.Context, tx db.Tx) error {
		_, err := s.own(ctx, paymentdb.New(tx), caller, payment)
		return err
	}); err != nil {
		return err
	}
	pic, err := picture.Make(ctx, file, picture.Options{MaxSide: 2048})
	if err != nil {
		return err
	}
	kept, err := s.files.PutPicture(ctx, blob.Private, pic)
	if err != nil {
		return err
	}
	return s.db.Write(ctx, "payment.proof_picture", func(ctx context.Context, tx db.Tx) error {
		q := paymentdb.New(tx)
		_, a, err := s.transferOf(ctx, q, caller, payment)
		if err != nil {
			return err
		}
		proof, err := q.ProofOfAttempt(ctx, a.ID)
		if errors.Is(err, db.ErrNoRows) {
			return ErrNoTransfer.Sayf("Give the transfer's number first.")
		}
		if err != nil {
			return err
		}
		n, err := q.SetProofImage(ctx, kept.Name, clock.Micro(s.clock.Now()), proof.ID)
		if err != nil {
			return err
		}
		if n == 0 {
			return ErrProofDecided.With("state", proof.State)
		}
		if proof.Image != nil && *proof.Image != kept.Name {
			return s.files.Drop(ctx, tx, *proof.Image)
		}
		return nil
	})
}

// ApproveCmd approves a proof. What is empty is as the payer wrote it.
type ApproveCmd struct {
	Proof     string
	Reference string // as the bank's statement has it
	Amount    string // what came
}

// Approve says that a transfer came: the money is booked and the payable paid. Above a limit the first approval only
// notes who gave it. Errors: ErrProofNotFound, ErrProofDecided, ErrReferenceUsed, ErrSecondApprover, ErrOwnProof,
// ErrProofAmount, ErrProofReference.
func (s *Service) Approve(ctx context.Context, caller web.Caller, cmd ApproveCmd) error {
	return s.decide(ctx, "payment.approve", caller, cmd.Proof, func(ctx context.Context, tx db.Tx, p Payment, a paymentdb.PaymentAttempt, proof paymentdb.PaymentProof) error {
		if cmd.Amount != "" {
			n, err := money.Parse(cmd.Amount, p.Currency)
			if err != nil || n != a.Amount+a.Fee {
				return ErrProofAmount.With("expected", money.Format(a.Amount+a.Fee, p.Currency)).With("currency", p.Currency)
			}
		}
		reference := proof.Reference
		if cmd.Reference != "" {
			if reference = normal(cmd.Reference); len(reference) < 4 {
				return ErrProofReference.Field("body.reference", "too_short", "At least four letters or digits.")
			}
		}
		_, offer, err := s.offerOf(ctx, tx, a.Gateway)
		if err != nil {
			return err
		}
		q := paymentdb.New(tx)
		now := clock.Micro(s.clock.Now())
		facts := map[string]any{"attempt": a.PublicID, "proof": proof.PublicID}
		if a.Amount+a.Fee > offer.SecondAbove && proof.FirstBy == "" {
			if _, err := q.FirstApproval(ctx, proof.ID, caller.Account, &now, reference); err != nil {
				return err
			}
			return s.tell(ctx, tx, "payment.proof_seen", p, caller.Account, facts)
		}
		if proof.FirstBy == caller.Account {
			return ErrSecondApprover
		}
		if proof.FirstBy != "" && reference != proof.Reference {
			return ErrProofReference.Field("body.reference", "differs", "The first approver read another number.")
		}
		_, err = q.ApproveProof(ctx, reference, caller.Account, &now, proof.ID)
		if db.IsConstraint(err, "payment_proofs_reference_key") {
			return ErrReferenceUsed
		}
		if err != nil {
			return err
		}
		if err := s.tell(ctx, tx, "payment.proof_approved", p, caller.Account, facts); err != nil {
			return err
		}
		return s.apply(ctx, tx, p, a, outcome{Outcome: gateway.Outcome{
			State: gateway.Paid, Reference: reference, Amount: a.Amount + a.Fee, Currency: money.Currency(a.Currency),
		}})
	})
}

// Reject says that a transfer did not come as it should have, and why. The payer may begin anew. Errors:
// ErrProofNotFound, ErrProofDecided, ErrOwnProof.
func (s *Service) Reject(ctx context.Context, caller web.Caller, id, reason string) error {
	return s.decide(ctx, "payment.reject", caller, id, func(ctx context.Context, tx db.Tx, p Payment, a paymentdb.PaymentAttempt, proof paymentdb.PaymentProof) error {
		q := paymentdb.New(tx)
		now := clock.Micro(s.clock.Now())
		if _, err := q.RejectProof(ctx, proof.ID, reason, caller.Account, &now); err != nil {
			return err
		}
		if err := s.tell(ctx, tx, "payment.proof_rejected", p, caller.Account, map[string]any{"attempt": a.PublicID, "proof": proof.PublicID}); err != nil {
			return err
		}
		running := AttemptState(a.State) == Started
		if err := q.SetAttempt(ctx, paymentdb.SetAttemptParams{ID: a.ID, State: string(Failed), Failure: proofRejected, LookAt: now, UpdatedAt: now}); err != nil || !running {
			return err
		}
		return s.attemptOver(ctx, tx, p, a, proofRejected)
	})
}

// decide locks all that a decision touches, in the one order, and looks again whether it is still to be made.
func (s *Service) decide(ctx context.Context, what string, caller web.Caller, id string,
	f func(context.Context, db.Tx, Payment, paymentdb.PaymentAttempt, paymentdb.PaymentProof) error,
) error {
	// READ COMMITTED: every check follows the locks of the payable and then of the payment's row.
	return s.db.Write(ctx, what, func(ctx context.Context, tx db.Tx) error {
		q := paymentdb.New(tx)
		seen, err := q.GetProof(ctx, id)
		if errors.Is(err, db.ErrNoRows) {
			return ErrProofNotFound
		}
		if err != nil {
			return err
		}
		if seen.AccountID == caller.AccountID {
			return ErrOwnProof
		}
		row, err := q.GetPaymentByID(ctx, seen.PaymentID)
		if err != nil {
			return err
		}
		if err := s.payables[row.PayableKind].Lock(ctx, tx, row.Payable); err != nil {
			return err
		}
		if row, err = q.LockPayment(ctx, row.ID); err != nil {
			return err
		}
		a, err := q.GetAttemptByID(ctx, seen.AttemptID)
		if err != nil {
			return err
		}
		proof, err := q.ProofOfAttempt(ctx, a.ID)
		if err != nil {
			return err
		}
		if ProofState(proof.State) != ProofSubmitted {
			return ErrProofDecided.With("state", proof.State)
		}
		return f(ctx, tx, fromRow(row), a, proof)
	}, db.ReadCommitted())
}

// Transfer tells a gateway by transfer what was decided about an attempt: the approved number, or none yet.
func (s *Service) Transfer(ctx context.Context, attempt string) (out gateway.Outcome, err error) {
	out.State = gateway.Waiting
	err = s.db.Read(ctx, "payment.transfer", func(ctx context.Context, tx db.Tx) error {
		r, err := paymentdb.New(tx).ProofByAttempt(ctx, attempt)
		if errors.Is(err, db.ErrNoRows) {
			return nil
		}
		switch ProofState(r.State) {
		case ProofApproved:
			out = gateway.Outcome{State: gateway.Paid, Reference: r.Reference, Amount: r.Amount + r.Fee, Currency: money.Currency(r.Currency)}
		case ProofRejected:
			out = gateway.Outcome{State: gateway.Failed, Failure: proofRejected}
		}
		return err
	})
	return out, err
}

// ProofFile is the picture of a proof, for its payer and for admins. Errors: ErrProofNotFound, ErrNoImage.
func (s *Service) ProofFile(ctx context.Context, caller web.Caller, id string) (*blob.Download, error) {
	var name string
	err := s.db.Read(ctx, "payment.proof_file", func(ctx context.Context, tx db.Tx) error {
		r, err := paymentdb.New(tx).GetProof(ctx, id)
		if errors.Is(err, db.ErrNoRows) || err == nil && r.AccountID != caller.AccountID && !caller.Is(web.RoleAdmin) {
			return ErrProofNotFound
		}
		if err == nil && r.Image != nil {
			name = *r.Image
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	if name == "" {
		return nil, ErrNoImage
	}
	return s.files.Download(ctx, name, "proof")
}
