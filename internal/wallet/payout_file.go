package wallet

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"io"
	"strings"
	"time"

	"github.com/haat-market/haat/internal/catalog/shopify"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/money"
	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/internal/wallet/walletdb"
)

// maxResults is how many lines a file of results may have; each is a transaction of its own.
const maxResults = 500

// payoutColumns are those of the file for the bank. ReadResults reads the first, and what stands in result, reference and
// reason after the bank, or somebody for it, has filled them in.
var payoutColumns = []string{"payout", "amount", "currency", "bank", "branch", "account_name", "account_number", "approved_at", "result", "reference", "reason"}

// BankFile writes all approved payouts as CSV for the bank, oldest first. What a spreadsheet would run as a formula has an
// apostrophe before it.
func (s *Service) BankFile(ctx context.Context, out io.Writer) error {
	set, err := s.market.Settings(ctx)
	if err != nil {
		return err
	}
	w := csv.NewWriter(out)
	if err := w.Write(payoutColumns); err != nil {
		return err
	}
	for after := int64(0); ; {
		var rows []walletdb.WalletPayout
		err := s.db.Read(ctx, "wallet.bank_file", func(ctx context.Context, tx db.Tx) (err error) {
			rows, err = walletdb.New(tx).ApprovedAfter(ctx, after, pageRows)
			return err
		})
		if err != nil {
			return err
		}
		for _, r := range rows {
			after = r.ID
			p := payoutOf(r)
			row := []string{
				p.ID, money.Format(p.Amount, p.Currency), string(p.Currency), p.Bank.Name, p.Bank.Branch, p.Bank.AccountName, p.Bank.AccountNumber, "", "", "", "",
			}
			if p.DecidedAt != nil {
				row[7] = p.DecidedAt.In(set.Location()).Format(time.RFC3339)
			}
			for i := range row {
				row[i] = shopify.Guarded(row[i])
			}
			if err := w.Write(row); err != nil {
				return err
			}
		}
		if w.Flush(); w.Error() != nil || len(rows) == 0 {
			return w.Error()
		}
	}
}

// Result is what the bank did with a payout, as a line of a file says it, and what became of that line.
type Result struct {
	Line                      int
	Payout, Result            string
	amount, reference, reason string
	Done                      string // settled, failed or unchanged; "" where it was refused
	Refused                   error
}

// ReadResults takes a file with what the bank did: paid with its number, or failed with a reason. Each line is decided by
// itself; a line that was read before changes nothing. Error: ErrPayoutFile.
func (s *Service) ReadResults(ctx context.Context, caller web.Caller, file []byte) ([]Result, error) {
	results, err := parseResults(file)
	if err != nil {
		return nil, err
	}
	for i := range results {
		r := &results[i]
		r.Done, err = s.apply(ctx, caller, *r)
		if _, ok := fault.As(err); err != nil && !ok {
			return nil, err
		}
		r.Refused = err
	}
	return results, nil
}

func (s *Service) apply(ctx context.Context, caller web.Caller, r Result) (string, error) {
	p, err := s.FindPayout(ctx, caller, r.Payout)
	if err != nil {
		return "", err
	}
	if r.amount != "" {
		if n, err := money.Parse(strings.TrimPrefix(r.amount, "'"), p.Currency); err != nil || n != p.Amount {
			return "", ErrAmount.With("expected", money.Format(p.Amount, p.Currency))
		}
	}
	switch strings.ToLower(r.Result) {
	case "paid", "settled":
		if p.State == PayoutSettled && p.Reference == strings.Join(strings.Fields(r.reference), " ") {
			return "unchanged", nil
		}
		return string(PayoutSettled), s.SettlePayout(ctx, caller, r.Payout, r.reference)
	case "failed":
		if p.State == PayoutFailed {
			return "unchanged", nil
		}
		return string(PayoutFailed), s.FailPayout(ctx, caller, r.Payout, r.reason)
	}
	return "", ErrPayoutFile.Sayf("The result is paid or failed.")
}

func parseResults(file []byte) (out []Result, err error) {
	r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(file, []byte("\ufeff"))))
	r.FieldsPerRecord = -1
	head, err := r.Read()
	if err != nil {
		return nil, ErrPayoutFile.Because(err)
	}
	at := map[string]int{}
	for i, name := range head {
		at[strings.ToLower(strings.TrimSpace(name))] = i
	}
	for _, needed := range []string{"payout", "result"} {
		if _, ok := at[needed]; !ok {
			return nil, ErrPayoutFile.With("column", needed)
		}
	}
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, ErrPayoutFile.Because(err)
		}
		cell := func(name string, most int) string {
			i, ok := at[name]
			if !ok || i >= len(row) {
				return ""
			}
			text := []rune(strings.ToValidUTF8(strings.ReplaceAll(strings.TrimSpace(row[i]), "\x00", ""), ""))
			return string(text[:min(len(text), most)])
		}
		line, _ := r.FieldPos(0)
		one := Result{Line: line, Payout: cell("payout", 64), Result: cell("result", 20), amount: cell("amount", 30), reference: cell("reference", 100), reason: cell("reason", 200)}
		if one.Payout == "" || one.Result == "" {
			continue // the bank has not said yet
		}
		if len(out) == maxResults {
			return nil, ErrPayoutFile.With("limit", maxResults)
		}
		out = append(out, one)
	}
}
