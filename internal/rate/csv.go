package rate

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/haat-market/haat/internal/catalog/shopify"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/money"
	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/internal/rate/ratedb"
	"github.com/haat-market/haat/internal/store"
)

// columns of a file of rates. Those that nothing reads stand there for whoever changes the prices.
var columns = []string{"material", "name", "unit", "postal_code", "price"}

// readFile reads a file of rates. at gives the line of each. Error: ErrBadFile.
func readFile(file []byte) (in []Input, lines []int, err error) {
	r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(file, []byte("\ufeff"))))
	r.FieldsPerRecord = -1
	head, err := r.Read()
	if err != nil {
		return nil, nil, ErrBadFile.Because(err)
	}
	at := map[string]int{}
	for i, name := range head {
		at[strings.ToLower(strings.TrimSpace(name))] = i
	}
	for _, needed := range []string{"material", "postal_code", "price"} {
		if _, ok := at[needed]; !ok {
			return nil, nil, ErrBadFile.With("column", needed)
		}
	}
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return in, lines, nil
		}
		if err != nil {
			return nil, nil, ErrBadFile.Because(err)
		}
		if len(in) == maxRates {
			return nil, nil, ErrTooManyRates
		}
		cell := func(name string) string {
			if i := at[name]; i < len(row) {
				return strings.TrimSpace(row[i])
			}
			return ""
		}
		line, _ := r.FieldPos(0)
		in = append(in, Input{Material: cell("material"), PostalCode: cell("postal_code"), Price: cell("price")})
		lines = append(lines, line)
	}
}

// ReplaceByFile is Replace with a file in CSV. Error: ErrBadFile.
func (s *Service) ReplaceByFile(ctx context.Context, caller web.Caller, storeID string, file []byte) (Counts, error) {
	in, lines, err := readFile(file)
	if err != nil {
		return Counts{}, err
	}
	return s.Replace(ctx, caller, storeID, in, func(i int) string { return fmt.Sprintf("line.%d.", lines[i]) })
}

// File is all rates of a store as CSV, which ReplaceByFile takes back. Errors: store.Require's.
func (s *Service) File(ctx context.Context, caller web.Caller, storeID string) (file []byte, err error) {
	err = s.db.Read(ctx, "rate.file", func(ctx context.Context, tx db.Tx) error {
		b, err := s.stores.Require(ctx, tx, caller, storeID, store.View)
		if err != nil {
			return err
		}
		rows, err := ratedb.New(tx).RatesOfStore(ctx, b.ID)
		if err != nil {
			return err
		}
		list, err := s.complete(ctx, tx, rows)
		if err != nil {
			return err
		}
		var out bytes.Buffer
		w := csv.NewWriter(&out)
		err = w.Write(columns)
		for _, r := range list {
			err = errors.Join(err, w.Write([]string{r.Material.ID, shopify.Guarded(r.Material.Name), r.Material.Unit, r.PostalCode, money.Format(r.Price, r.Currency)}))
		}
		w.Flush()
		file = out.Bytes()
		return errors.Join(err, w.Error())
	})
	return file, err
}
