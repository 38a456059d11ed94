package payment

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/haat-market/haat/internal/ledger"
	"github.com/haat-market/haat/internal/market"
	"github.com/haat-market/haat/internal/payment/gateway"
	"github.com/haat-market/haat/internal/payment/paymentdb"
	"github.com/haat-market/haat/internal/platform/blob"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/code"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/event"
	"github.com/haat-market/haat/internal/platform/job"
	"github.com/haat-market/haat/internal/platform/money"
)

// Service takes and gives back money.
type Service struct {
	db       *db.DB
	clock    clock.Clock
	events   *event.Log
	jobs     *job.Runner
	ledger   *ledger.Service
	market   *market.Service
	log      *slog.Logger
	gateways map[string]gateway.Gateway
	payables map[string]Payable
	url      string // of the market, to which payers come back
	files    *blob.Store
}

// New builds the room. Payables and gateways are registered before the server starts.
func New(d *db.DB, c clock.Clock, events *event.Log, jobs *job.Runner, books *ledger.Service, m *market.Service, log *slog.Logger) *Service {
	return &Service{
		db: d, clock: c, events: events, jobs: jobs, ledger: books, market: m, log: log,
		gateways: map[string]gateway.Gateway{}, payables: map[string]Payable{},
	}
}

// AddGateway offers a gateway.
func (s *Service) AddGateway(g gateway.Gateway) { s.gateways[g.About().Name] = g }

// ComeBackTo sets the market's address, to which payers come back from a provider's page.
func (s *Service) ComeBackTo(url string) { s.url = url }

// KeepIn sets where pictures of proofs are kept.
func (s *Service) KeepIn(files *blob.Store) { s.files = files }

// AddPayable registers a room whose objects are paid for.
func (s *Service) AddPayable(p Payable) { s.payables[p.Kind()] = p }

// OpenCmd opens a payment.
type OpenCmd struct {
	Kind, Payable string
	AccountID     int64
	Account       string
	Method        Method
	Currency      money.Currency
	Shares        []Allocation
	Window        time.Duration // for starting to pay; 0: the market's
}

// Open opens a payment in the caller's transaction. The shares sum to its amount, which is more than zero. One by wallet
// is written as completed at once: PayFromWallet must follow in the same transaction.
func (s *Service) Open(ctx context.Context, tx db.Tx, cmd OpenCmd) (Payment, error) {
	settings, err := s.market.SettingsFor(ctx, tx)
	if err != nil {
		return Payment{}, err
	}
	now := s.clock.Now()
	until := now.Add(settings.PaymentWindow)
	if cmd.Window > 0 {
		until = now.Add(cmd.Window)
	}
	if cmd.Method != ByGateway {
		until = Never
	}
	p := Payment{
		PublicID: code.ID("pay"), Kind: cmd.Kind, Payable: cmd.Payable, AccountID: cmd.AccountID, Account: cmd.Account,
		Method: cmd.Method, Currency: cmd.Currency, State: Pending, Until: until, CreatedAt: now,
	}
	for _, a := range cmd.Shares {
		if p.Amount, err = money.Sum(p.Amount, a.Amount); err != nil {
			return Payment{}, err
		}
	}
	var completed *int64
	if p.Method == ByWallet {
		p.State, p.Captured, p.Completed, completed = Completed, p.Amount, &now, ptr(clock.Micro(now))
	}
	q := paymentdb.New(tx)
	p.ID, err = q.InsertPayment(ctx, paymentdb.InsertPaymentParams{
		PublicID: p.PublicID, PayableKind: p.Kind, Payable: p.Payable, AccountID: p.AccountID, Account: p.Account,
		Method: string(p.Method), Currency: string(p.Currency), Amount: p.Amount, Captured: p.Captured, State: string(p.State),
		WindowUntil: clock.Micro(until), CompletedAt: completed, CreatedAt: clock.Micro(now),
	})
	if err != nil {
		return Payment{}, fmt.Errorf("open payment: %w", err)
	}
	rows := make([]paymentdb.InsertAllocationsParams, len(cmd.Shares))
	for i, a := range cmd.Shares {
		rows[i] = paymentdb.InsertAllocationsParams{PaymentID: p.ID, OrderRef: a.Order, Amount: a.Amount}
		if p.State == Completed {
			rows[i].Captured = a.Amount
		}
	}
	return p, batch(q.InsertAllocations(ctx, rows).Exec)
}

// batch runs a batch and gives its first error.
func batch(run func(func(int, error))) (err error) {
	run(func(_ int, e error) {
		if err == nil {
			err = e
		}
	})
	return err
}

// PayFromWallet pays a payment from its owner's wallet, in the caller's transaction that opened or locked it. Error:
// ledger.ErrInsufficientBalance. The payable does what Paid would do by itself.
func (s *Service) PayFromWallet(ctx context.Context, tx db.Tx, p Payment, shares []Allocation) error {
	opened := p.State == Completed // in this transaction, as such
	if !opened {
		if err := p.become(Completed); err != nil {
			return err
		}
	}
	now := s.clock.Now()
	q := paymentdb.New(tx)
	attempt := code.ID("att")
	_, err := q.InsertAttempt(ctx, paymentdb.InsertAttemptParams{
		PublicID: attempt, PaymentID: p.ID, Gateway: string(ByWallet), State: string(Succeeded), Currency: string(p.Currency),
		Amount: p.Amount, Fee: 0, Instrument: "", ExpiresAt: clock.Micro(now), LookAt: clock.Micro(now), CreatedAt: clock.Micro(now),
	})
	if err != nil {
		return err
	}
	if !opened {
		if err := q.CaptureAllocations(ctx, p.ID); err != nil {
			return err
		}
		if err := q.CompletePayment(ctx, paymentdb.CompletePaymentParams{
			ID: p.ID, Method: string(ByWallet), Fee: 0, Captured: p.Amount, Late: false, CompletedAt: ptr(clock.Micro(now)),
		}); err != nil {
			return err
		}
	}
	from := ledger.Wallet(p.Account, string(p.Currency))
	legs := make([]ledger.Leg, len(shares))
	for i, a := range shares {
		legs[i] = ledger.Leg{From: from, To: ledger.Escrow(a.Order, string(p.Currency)), Amount: a.Amount}
	}
	if err := s.ledger.Post(ctx, tx, ledger.WalletPays, "pay:"+attempt, p.PublicID, legs...); err != nil {
		return err
	}
	return s.tell(ctx, tx, "payment.completed", p, p.Account, map[string]any{"method": ByWallet, "amount": p.Amount, "currency": p.Currency})
}

// Cancel closes an open payment, in the caller's transaction, after the payable is locked. Money that still comes is
// late money. by is who cancelled: after a customer's cancel late money always goes back.
func (s *Service) Cancel(ctx context.Context, tx db.Tx, kind, payable, by, actor string) error {
	p, err := s.lockByPayable(ctx, tx, kind, payable)
	if errors.Is(err, db.ErrNoRows) {
		return nil // a total of zero has no payment
	}
	if err != nil {
		return err
	}
	if !p.Open() {
		return nil
	}
	if err := p.become(Cancelled); err != nil {
		return err
	}
	err = paymentdb.New(tx).SetPaymentState(ctx, p.ID, string(Cancelled), by, clock.Micro(s.clock.Now()))
	if err != nil {
		return err
	}
	return s.tell(ctx, tx, "payment.cancelled", p, actor, map[string]any{"by": by})
}

// DropOrder takes an order that was cancelled before anything was taken for it out of a cash payment.
func (s *Service) DropOrder(ctx context.Context, tx db.Tx, kind, payable, order, actor string) error {
	p, err := s.lockByPayable(ctx, tx, kind, payable)
	if errors.Is(err, db.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	if _, err := paymentdb.New(tx).DropAllocation(ctx, order); err != nil {
		return err
	}
	return s.settleCash(ctx, tx, p, actor)
}

// CashCollected books that a store took the cash of an order at the door. The price never was the market's money, so
// nothing of it is posted.
func (s *Service) CashCollected(ctx context.Context, tx db.Tx, kind, payable, order, actor string) error {
	p, err := s.lockByPayable(ctx, tx, kind, payable)
	if err != nil {
		return err
	}
	q := paymentdb.New(tx)
	a, err := q.GetAllocation(ctx, order)
	if err != nil {
		return err
	}
	n, err := q.CaptureAllocation(ctx, order)
	if err != nil || n == 0 {
		return err
	}
	if err := q.AddCaptured(ctx, p.ID, a.Amount, clock.Micro(s.clock.Now())); err != nil {
		return err
	}
	p.Captured += a.Amount
	return s.settleCash(ctx, tx, p, actor)
}

// settleCash closes a cash payment once every order of it is paid for or dropped.
func (s *Service) settleCash(ctx context.Context, tx db.Tx, p Payment, actor string) error {
	q := paymentdb.New(tx)
	all, err := q.Allocations(ctx, p.ID)
	if err != nil {
		return err
	}
	for _, a := range all {
		if a.Captured == 0 && !a.Dropped {
			return nil
		}
	}
	now := clock.Micro(s.clock.Now())
	if p.Captured == 0 {
		if err := q.SetPaymentState(ctx, p.ID, string(Cancelled), "store", now); err != nil {
			return err
		}
		return s.tell(ctx, tx, "payment.cancelled", p, actor, nil)
	}
	if err := q.CompletePayment(ctx, paymentdb.CompletePaymentParams{ID: p.ID, Method: string(p.Method), Captured: 0, CompletedAt: &now}); err != nil {
		return err
	}
	return s.tell(ctx, tx, "payment.completed", p, actor, map[string]any{"method": p.Method, "amount": p.Captured, "currency": p.Currency})
}

// Lock locks the payment of a payable, for a caller who takes stock before money.
func (s *Service) Lock(ctx context.Context, tx db.Tx, kind, payable string) error {
	_, err := s.lockByPayable(ctx, tx, kind, payable)
	return err
}

func (s *Service) lockByPayable(ctx context.Context, tx db.Tx, kind, payable string) (Payment, error) {
	q := paymentdb.New(tx)
	r, err := q.GetPaymentByPayable(ctx, kind, payable)
	if err != nil {
		return Payment{}, err
	}
	r, err = q.LockPayment(ctx, r.ID)
	return fromRow(r), err
}

// ByPayables gives the payments of payables, for lists.
func (s *Service) ByPayables(ctx context.Context, tx db.Tx, kind string, payables []string) (map[string]Payment, error) {
	rows, err := paymentdb.New(tx).PaymentsByPayables(ctx, kind, payables)
	if err != nil {
		return nil, err
	}
	out := make(map[string]Payment, len(rows))
	for _, r := range rows {
		out[r.Payable] = fromRow(r)
	}
	return out, nil
}

func (s *Service) tell(ctx context.Context, tx db.Tx, what string, p Payment, actor string, facts map[string]any) error {
	return s.events.Append(ctx, tx, event.Event{Type: what, Subject: p.PublicID, Actor: actor, Facts: facts})
}

func ptr[T any](v T) *T { return &v }

// within bounds a call to a gateway, which must not be cut short by the payer's browser going away.
func within(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), d)
}

// Methods names the ways to pay that buyers are offered, for the market's public facts.
func (s *Service) Methods(ctx context.Context) ([]string, error) {
	m, err := s.market.Settings(ctx)
	if err != nil {
		return nil, err
	}
	offers, err := s.Offers(ctx)
	if err != nil {
		return nil, err
	}
	var names []string
	if m.WalletPayments {
		names = append(names, string(ByWallet))
	}
	if m.CashOnDelivery {
		names = append(names, string(ByCash))
	}
	for _, o := range offers {
		if o.On(m.Currency) {
			names = append(names, o.Name)
		}
	}
	slices.Sort(names)
	return names, nil
}

// Claim gives the payment of a payable that was nobody's to an account, in the caller's transaction, after the payable is
// locked.
func (s *Service) Claim(ctx context.Context, tx db.Tx, kind, payable string, accountID int64, account string) error {
	p, err := s.lockByPayable(ctx, tx, kind, payable)
	if errors.Is(err, db.ErrNoRows) {
		return nil // nothing was to be paid
	}
	if err != nil {
		return err
	}
	q := paymentdb.New(tx)
	if err := q.ClaimPayment(ctx, accountID, account, p.ID); err != nil {
		return err
	}
	return q.ClaimRefunds(ctx, accountID, p.ID)
}

// Reduce makes what is to be paid for an order smaller, before anything was taken for it: cash at the door. In the
// caller's transaction, after the payable is locked.
func (s *Service) Reduce(ctx context.Context, tx db.Tx, kind, payable, order string, by int64, actor string) error {
	p, err := s.lockByPayable(ctx, tx, kind, payable)
	if err != nil {
		return err
	}
	q := paymentdb.New(tx)
	n, err := q.ReduceAllocation(ctx, by, order)
	if err == nil && n == 1 {
		n, err = q.ReducePayment(ctx, by, clock.Micro(s.clock.Now()), p.ID)
	}
	if err != nil {
		return err
	}
	if n != 1 {
		return fmt.Errorf("payment %s: %d of order %s cannot be taken off", p.PublicID, by, order)
	}
	return s.tell(ctx, tx, "payment.reduced", p, actor, map[string]any{"order": order, "by": by, "currency": p.Currency})
}
