package catalog

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/haat-market/haat/internal/catalog/catalogdb"
	"github.com/haat-market/haat/internal/platform/event"
)

// edit is what became of the items.
func (w *bulk) edit() BulkEdit {
	out := BulkEdit{ID: w.id, Results: w.results, Next: w.next}
	for _, r := range w.results {
		switch r.Outcome {
		case bulkChanged:
			out.Changed++
		case bulkUnchanged:
			out.Unchanged++
		default:
			out.Refused++
		}
	}
	return out
}

// write writes what came out of the items, in as many statements for many products as for one.
func (w *bulk) write(ctx context.Context) error {
	list := make([]*bulkProduct, 0, len(w.products))
	for _, p := range w.products {
		list = append(list, p)
	}
	slices.SortFunc(list, func(a, b *bulkProduct) int { return cmp.Compare(a.was.ID, b.was.ID) }) // rows are locked in one order
	var (
		saved    []*catalogdb.Product
		variants []catalogdb.Variant
		prices   []priceChange
		details  []catalogdb.PutProductDetailsParams
		facts    []catalogdb.PutVariantDetailsParams
		counts   []Count
		listed   []*bulkProduct
		lowAt    = map[int64]*int64{}
		events   = w.events
	)
	for _, p := range list {
		other := false
		if p.now != p.was && (len(p.fields) > 0 || p.action) {
			saved, other = append(saved, &p.now), true
		}
		if p.tagged {
			d := p.detail
			details = append(details, catalogdb.PutProductDetailsParams{ProductID: p.was.ID, Type: d.Type, Tags: asJSON(p.tags), SeoTitle: d.SeoTitle, SeoDescription: d.SeoDescription, More: d.More})
		}
		for _, v := range p.variants {
			fields := differences(v.was, v.now)
			if len(fields) > 0 {
				variants, other = append(variants, v.now), true
				prices = append(prices, newPrices(v.was, v.now)...)
			}
			if v.factual {
				d := v.facts
				facts = append(facts, catalogdb.PutVariantDetailsParams{VariantID: v.was.ID, CompareAt: d.CompareAt, Taxable: d.Taxable, Shipping: d.Shipping, WeightUnit: d.WeightUnit, More: d.More})
				fields = append(fields, "compare_at")
			}
			if len(fields) > 0 {
				events = append(events, w.event("variant.updated", v.was.PublicID, map[string]any{"product": p.was.PublicID, "fields": fields}))
			}
			if v.moved {
				lowAt[v.was.ID] = v.shelf.OwnLowAt
				events = append(events, w.event("variant.threshold_set", v.was.PublicID, map[string]any{"low_at": v.shelf.OwnLowAt}))
			}
			if v.count != nil {
				counts = append(counts, Count{v.was.ID, *v.count})
				events = append(events, w.event("stock.adjusted", v.was.PublicID, map[string]any{"on_hand": *v.count, "reason": "counted"}))
			}
		}
		if other {
			listed = append(listed, p)
		}
	}
	if err := w.writeRows(ctx, saved, variants, prices, details, facts); err != nil {
		return err
	}
	if err := w.s.shelf.SetThresholds(ctx, w.tx, lowAt); err != nil {
		return err
	}
	if len(counts) > 0 {
		refused, err := w.s.shelf.Count(ctx, w.tx, counts, w.id, "counted")
		if err != nil {
			return err
		}
		if len(refused) > 0 { // what is promised was read in this transaction
			return errors.New("catalog: stock that was found sufficient is not")
		}
	}
	rows := make([]catalogdb.Product, len(listed))
	for i, p := range listed {
		rows[i] = p.now
	}
	if err := w.s.relist(ctx, w.tx, w.b, w.cur, rows); err != nil {
		return err
	}
	return w.s.events.AppendMany(ctx, w.tx, events)
}

func (w *bulk) event(what, subject string, facts map[string]any) event.Event {
	facts["edit"] = w.id
	return event.Event{Type: what, Subject: subject, Actor: w.actor(), Facts: facts}
}

func (w *bulk) writeRows(
	ctx context.Context, products []*catalogdb.Product, variants []catalogdb.Variant, prices []priceChange,
	details []catalogdb.PutProductDetailsParams, facts []catalogdb.PutVariantDetailsParams,
) error {
	if err := w.s.saveProducts(ctx, w.tx, products); err != nil {
		return err
	}
	if err := w.s.saveVariants(ctx, w.tx, variants); err != nil {
		return err
	}
	if err := w.s.recordPrices(ctx, w.tx, prices); err != nil {
		return err
	}
	if len(details) > 0 {
		if err := firstError(w.q.PutProductDetails(ctx, details)); err != nil {
			return fmt.Errorf("details: %w", err)
		}
	}
	if len(facts) > 0 {
		if err := firstError(w.q.PutVariantDetails(ctx, facts)); err != nil {
			return fmt.Errorf("details of variants: %w", err)
		}
	}
	return nil
}
