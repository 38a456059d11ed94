package payment

import (
	"bytes"
	"cmp"
	"context"
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/haat-market/haat/internal/payment/paymentdb"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/event"
	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/money"
	"github.com/haat-market/haat/internal/platform/web"
)

// Bounds of a reconciliation: lines of a file, what of ours is compared with it, and what of the differences is shown.
const (
	maxSettled     = 5_000
	maxOurs        = 20_000
	maxDifferences = 1_000
)

// What may be wrong with a file of a provider.
var (
	ErrSettlementFile = fault.New(fault.Invalid, "settlement_file", "The file is not CSV with the columns type, reference or id, and amount, or has too many lines.")
	ErrSettlementDay  = fault.New(fault.Invalid, "settlement_day", "Name a day that is over or has begun, such as 2026-10-01.")
	ErrSettlementBig  = fault.New(fault.Conflict, "settlement_too_large", "This day has more payments than can be compared at once.")
)

// Difference is what does not agree between a provider's file and the market.
type Difference struct {
	Line      int    // of the file; 0 for what is not in it
	Kind      string // payment or refund
	Reference string // the provider's
	ID        string // the market's attempt or refund
	Problem   string
	Theirs    string // a decimal, as the file has it
	Ours      int64
}

// The problems.
const (
	notOurs        = "unknown"        // the market knows nothing of it
	notDone        = "not_done"       // for the market it did not happen, or went another way
	amountDiffers  = "amount_differs" // also where it is in another currency
	settledTwice   = "twice"          // the file names it twice
	notInTheirs    = "missing"        // it happened on that day, and is not in the file
	chargeDiffers  = "charge_differs" // it was booked before, with another charge
	kindOfPayment  = "payment"
	kindOfRefund   = "refund"
	settlementDay  = time.DateOnly
	columnOfAmount = "amount"
)

// Reconciliation is a day of a gateway compared with its provider's file. Amounts are minor units of the market's currency.
type Reconciliation struct {
	Gateway, Day            string
	Currency                money.Currency
	Lines                   int
	Matched                 int
	Paid, GivenBack, Charge int64 // of what matched; the charge is the provider's
	Differences             []Difference
	More                    int // differences that are not shown
	Booked, Before          int // of what matched: booked now, and before

	agreed []settlement
}

func (r *Reconciliation) differs(d Difference) {
	if len(r.Differences) == maxDifferences {
		r.More++
		return
	}
	r.Differences = append(r.Differences, d)
}

// settledLine is a line of a provider's file.
type settledLine struct {
	line                 int
	kind, reference, id  string
	amountText, currency string
	amount, charge       int64
	bad                  bool // its amount is none
}

// known is an attempt or a refund that a line may be about.
type known struct {
	id, gateway, reference, currency string
	amount                           int64
	done                             bool
}

// Reconcile compares what a provider says that it settled on a day of the market with what the market booked for its
// gateway, and with book writes that what agrees came to the bank, net of the provider's charge: each line once for ever.
// Without book it changes nothing but the log. A line of another day's payment matches too, because providers' days end at
// other times; missing is what happened on that day and is not in the file. Errors: ErrGatewayUnknown, ErrSettlementFile,
// ErrSettlementDay, ErrSettlementBig.
func (s *Service) Reconcile(ctx context.Context, caller web.Caller, name, day string, file []byte, book bool) (out Reconciliation, err error) {
	if _, ok := s.gateways[name]; !ok {
		return out, ErrGatewayUnknown
	}
	set, err := s.market.Settings(ctx)
	if err != nil {
		return out, err
	}
	begins, err := time.ParseInLocation(settlementDay, day, set.Location())
	if err != nil || begins.After(s.clock.Now()) || begins.Year() < 2000 {
		return out, ErrSettlementDay.Because(err)
	}
	lines, err := readSettled(file, set.Currency)
	if err != nil {
		return out, err
	}
	out = Reconciliation{Gateway: name, Day: day, Currency: set.Currency, Lines: len(lines)}
	if err := s.db.Read(ctx, "payment.reconcile", func(ctx context.Context, tx db.Tx) error {
		r := Reconciliation{Gateway: name, Day: day, Currency: set.Currency, Lines: len(lines)}
		err := s.reconcile(ctx, paymentdb.New(tx), &r, lines, clock.Micro(begins), clock.Micro(begins.AddDate(0, 0, 1)))
		out = r
		return err
	}, db.Long()); err != nil {
		return out, err
	}
	if book {
		if err := s.settle(ctx, caller, &out); err != nil {
			return out, err
		}
	}
	return out, s.db.Write(ctx, "payment.reconciled", func(ctx context.Context, tx db.Tx) error {
		return s.events.Append(ctx, tx, event.Event{Type: "gateway.reconciled", Subject: name, Actor: caller.Account, Facts: map[string]any{
			"day": day, "lines": out.Lines, "matched": out.Matched, "differences": len(out.Differences) + out.More, "booked": out.Booked,
		}})
	})
}

func (s *Service) reconcile(ctx context.Context, q *paymentdb.Queries, r *Reconciliation, lines []settledLine, since, before int64) error {
	theirs, err := s.theirs(ctx, q, r.Gateway, lines)
	if err != nil {
		return err
	}
	seen := map[string]bool{}
	for _, l := range lines {
		k, ok := theirs.find(l)
		d := Difference{Line: l.line, Kind: l.kind, Reference: l.reference, ID: k.id, Theirs: l.amountText, Ours: k.amount}
		switch {
		case !ok || k.gateway != r.Gateway:
			d.ID, d.Ours, d.Problem = "", 0, notOurs
		case seen[k.id]:
			d.Problem = settledTwice
		case !k.done:
			d.Problem = notDone
		case l.bad || l.amount != k.amount || l.charge > l.amount || k.currency != string(r.Currency) || l.currency != "" && l.currency != k.currency:
			d.Problem = amountDiffers
		}
		if ok {
			seen[k.id] = true
		}
		if d.Problem != "" {
			r.differs(d)
			continue
		}
		r.Matched++
		r.agreed = append(r.agreed, settlement{gateway: r.Gateway, kind: l.kind, id: k.id, day: r.Day, line: l.line, amount: l.amount, charge: l.charge, currency: r.Currency})
		r.Charge += l.charge
		if l.kind == kindOfPayment {
			r.Paid += l.amount
		} else {
			r.GivenBack += l.amount
		}
	}
	ours, err := ours(ctx, q, r.Gateway, since, before)
	for _, d := range ours {
		if !seen[d.ID] {
			r.differs(d)
		}
	}
	return err
}

// ours is what happened at a gateway in a span of time.
func ours(ctx context.Context, q *paymentdb.Queries, name string, since, before int64) (out []Difference, err error) {
	paid, err := q.AttemptsSettled(ctx, name, since, before, maxOurs+1)
	if err != nil {
		return nil, err
	}
	given, err := q.RefundsSettled(ctx, name, since, before, maxOurs+1)
	if err != nil {
		return nil, err
	}
	if len(paid) > maxOurs || len(given) > maxOurs {
		return nil, ErrSettlementBig.With("limit", maxOurs)
	}
	for _, a := range paid {
		d := Difference{Kind: kindOfPayment, ID: a.PublicID, Problem: notInTheirs, Ours: a.Amount + a.Fee}
		if a.Reference != nil {
			d.Reference = *a.Reference
		}
		out = append(out, d)
	}
	for _, g := range given {
		out = append(out, Difference{Kind: kindOfRefund, ID: g.PublicID, Reference: g.ProviderReference, Problem: notInTheirs, Ours: g.Amount + g.Fee})
	}
	return out, nil
}

// settledBooks are what the lines of a file may be about, by the market's ids and by the provider's references.
type settledBooks struct{ byID, byReference map[string]known }

func (b settledBooks) find(l settledLine) (known, bool) {
	if k, ok := b.byID[l.kind+" "+l.id]; ok && l.id != "" {
		return k, true
	}
	k, ok := b.byReference[l.kind+" "+l.reference]
	return k, ok && l.reference != ""
}

func (b settledBooks) add(kind string, k known) {
	b.byID[kind+" "+k.id] = k
	if k.reference != "" {
		b.byReference[kind+" "+k.reference] = k
	}
}

// theirs reads what the lines name, some hundred at a time.
func (s *Service) theirs(ctx context.Context, q *paymentdb.Queries, name string, lines []settledLine) (settledBooks, error) {
	b := settledBooks{map[string]known{}, map[string]known{}}
	for some := range slices.Chunk(lines, 500) {
		ids, refs := []string{}, []string{}
		for _, l := range some {
			if l.id != "" {
				ids = append(ids, l.id)
			}
			if l.reference != "" {
				refs = append(refs, l.reference)
			}
		}
		named, err := q.AttemptsNamed(ctx, ids)
		if err != nil {
			return b, err
		}
		for _, a := range named {
			b.add(kindOfPayment, knownAttempt(a.PublicID, a.Gateway, a.Reference, a.Currency, a.Amount+a.Fee, a.State))
		}
		referred, err := q.AttemptsReferred(ctx, name, refs)
		if err != nil {
			return b, err
		}
		for _, a := range referred {
			b.add(kindOfPayment, knownAttempt(a.PublicID, a.Gateway, a.Reference, a.Currency, a.Amount+a.Fee, a.State))
		}
		given, err := q.RefundsNamed(ctx, ids)
		if err != nil {
			return b, err
		}
		for _, g := range given {
			b.add(kindOfRefund, known{g.PublicID, g.Gateway, g.ProviderReference, g.Currency, g.Amount + g.Fee, g.State == refundCompleted && g.Destination == toSource})
		}
		sent, err := q.RefundsReferred(ctx, refs)
		if err != nil {
			return b, err
		}
		for _, g := range sent {
			b.add(kindOfRefund, known{g.PublicID, g.Gateway, g.ProviderReference, g.Currency, g.Amount + g.Fee, g.State == refundCompleted && g.Destination == toSource})
		}
	}
	return b, nil
}

func knownAttempt(id, name string, reference *string, currency string, amount int64, state string) known {
	k := known{id: id, gateway: name, currency: currency, amount: amount, done: AttemptState(state) == Succeeded || AttemptState(state) == Duplicate}
	if reference != nil {
		k.reference = *reference
	}
	return k
}

// readSettled reads a provider's file. Columns in any order and case: type (payment or refund; without it all are
// payments), reference (the provider's) or id (the market's attempt or refund), amount, and where it has them charge and
// currency. Error: ErrSettlementFile.
func readSettled(file []byte, cur money.Currency) (out []settledLine, err error) {
	r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(file, []byte("\ufeff"))))
	r.FieldsPerRecord = -1
	head, err := r.Read()
	if err != nil {
		return nil, ErrSettlementFile.Because(err)
	}
	at := map[string]int{}
	for i, name := range head {
		at[strings.ToLower(strings.TrimSpace(name))] = i
	}
	_, byReference := at["reference"]
	_, byID := at["id"]
	if _, ok := at[columnOfAmount]; !ok || !byReference && !byID {
		return nil, ErrSettlementFile
	}
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, ErrSettlementFile.Because(err)
		}
		cell := func(name string) string {
			i, ok := at[name]
			if !ok || i >= len(row) {
				return ""
			}
			text := []rune(strings.ToValidUTF8(strings.ReplaceAll(strings.TrimSpace(row[i]), "\x00", ""), ""))
			return string(text[:min(len(text), 200)])
		}
		line, _ := r.FieldPos(0)
		l := settledLine{line: line, kind: strings.ToLower(cmp.Or(cell("type"), kindOfPayment)), reference: cell("reference"), id: cell("id"), amountText: cell(columnOfAmount), currency: strings.ToUpper(cell("currency"))}
		if l.reference == "" && l.id == "" && l.amountText == "" {
			continue // a line of blanks
		}
		if l.kind != kindOfPayment && l.kind != kindOfRefund {
			return nil, ErrSettlementFile.With("line", line).With("type", l.kind)
		}
		if len(out) == maxSettled {
			return nil, ErrSettlementFile.With("limit", maxSettled)
		}
		l.amount, err = money.Parse(strings.TrimPrefix(l.amountText, "-"), cur)
		l.bad = err != nil
		if charge := cell("charge"); charge != "" {
			if l.charge, err = money.Parse(charge, cur); err != nil || l.charge < 0 {
				return nil, ErrSettlementFile.With("line", line).With("charge", charge)
			}
		}
		out = append(out, l)
	}
}
