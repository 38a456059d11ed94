package inventory

import (
	"context"

	"github.com/haat-market/haat/internal/inventory/inventorydb"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/verify"
)

// maxReports bounds what one rule reports: who finds a thousand has found enough.
const maxReports = 1000

// Rules are what must always hold of stock.
func (s *Service) Rules() []verify.Rule {
	return []verify.Rule{
		{Name: "inventory.bounds", About: "neither available nor reserved stock is below zero", Check: checkBounds},
		{Name: "inventory.reserved", About: "reserved stock is the sum of the live reservations", Check: checkReserved},
		{Name: "inventory.movements", About: "stock is the sum of its movements", Check: checkSums},
		{Name: "inventory.walk", About: "each movement's balances follow from those before it", Check: checkWalk},
		{Name: "inventory.marks", About: "what is low or out of stock stands in the list of that", Check: checkMarks},
	}
}

type report = func(format string, args ...any)

func checkBounds(ctx context.Context, tx db.Tx, report report) error {
	rows, err := inventorydb.New(tx).NegativeStock(ctx, maxReports)
	for _, r := range rows {
		report("variant %d: available %d, reserved %d", r.VariantID, r.Available, r.Reserved)
	}
	return err
}

func checkReserved(ctx context.Context, tx db.Tx, report report) error {
	q := inventorydb.New(tx)
	rows, err := q.BrokenReserved(ctx, maxReports)
	if err != nil {
		return err
	}
	for _, r := range rows {
		report("variant %d: reserved %d, its live reservations are %d", r.VariantID, r.Reserved, r.Promised)
	}
	lost, err := q.ReservedWithoutStock(ctx, maxReports)
	for _, r := range lost {
		report("variant %d: reservation %d without a stock row", r.VariantID, r.ID)
	}
	return err
}

func checkSums(ctx context.Context, tx db.Tx, report report) error {
	q := inventorydb.New(tx)
	rows, err := q.BrokenSums(ctx, maxReports)
	if err != nil {
		return err
	}
	for _, r := range rows {
		report("variant %d: available %d and reserved %d, its movements make %d and %d", r.VariantID, r.Available, r.Reserved, r.MovedAvailable, r.MovedReserved)
	}
	lost, err := q.MovedWithoutStock(ctx, maxReports)
	for _, v := range lost {
		report("variant %d: movements without a stock row", v)
	}
	return err
}

func checkWalk(ctx context.Context, tx db.Tx, report report) error {
	rows, err := inventorydb.New(tx).BrokenWalk(ctx, maxReports)
	for _, r := range rows {
		report("variant %d, movement %d: from %d and %d by %d and %d to %d and %d", r.VariantID, r.ID,
			r.AvailableBefore, r.ReservedBefore, r.AvailableDelta, r.ReservedDelta, r.AvailableAfter, r.ReservedAfter)
	}
	return err
}

func checkMarks(ctx context.Context, tx db.Tx, report report) error {
	rows, err := inventorydb.New(tx).BrokenMarks(ctx, maxReports)
	for _, r := range rows {
		report("variant %d: %d available, low at %d, listed as %q", r.VariantID, r.Available, r.LowAt, r.Mark)
	}
	return err
}
