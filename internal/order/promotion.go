package order

import (
	"context"
	"fmt"

	"github.com/haat-market/haat/internal/ledger"
	"github.com/haat-market/haat/internal/order/orderdb"
	"github.com/haat-market/haat/internal/payment"
	"github.com/haat-market/haat/internal/platform/db"
)

// A discount that the market pays (a sale event paid by the platform) is money of the market's: it joins the buyer's in
// the order's escrow when that is paid, goes to the store with it, and comes back to the market when the buyer's money
// goes back. Of cash that the store takes at the door the escrow sees nothing: there the store gets it at completion,
// and before that there is nothing to take back.

// promotionIn books the market's part of an order that is paid.
func (s *Service) promotionIn(ctx context.Context, tx db.Tx, order, cur string, amount int64) error {
	if amount == 0 {
		return nil
	}
	return s.ledger.Post(ctx, tx, ledger.MarketDiscount, "promote:"+order, order,
		ledger.Leg{From: ledger.PlatformPromotions(cur), To: ledger.Escrow(order, cur), Amount: amount})
}

// promotionBack gives the market back what it paid of an order that nobody gets.
func (s *Service) promotionBack(ctx context.Context, tx db.Tx, o *orderdb.Order) error {
	left := promotionHeld(o.Method, o.Promotion, o.PromotionBack)
	if left == 0 {
		return nil
	}
	o.PromotionBack += left
	return s.ledger.Post(ctx, tx, ledger.MarketDiscountBack, "unpromote:"+o.PublicID, o.PublicID,
		ledger.Leg{From: ledger.Escrow(o.PublicID, o.Currency), To: ledger.PlatformPromotions(o.Currency), Amount: left})
}

// promotionHeld is the market's part in the escrow of an order that is paid.
func promotionHeld(method string, promotion, back int64) int64 {
	if method == string(payment.ByCash) {
		return 0
	}
	return promotion - back
}

// promotionCut gives the market back its part of units that the store cut out of a paid order.
func (s *Service) promotionCut(ctx context.Context, tx db.Tx, o orderdb.Order, l orderdb.OrderLine, k cutting) error {
	return s.ledger.Post(ctx, tx, ledger.MarketDiscountBack, fmt.Sprintf("unpromote:%s:%d", l.PublicID, l.CutQuantity+k.n), o.PublicID,
		ledger.Leg{From: ledger.Escrow(o.PublicID, o.Currency), To: ledger.PlatformPromotions(o.Currency), Amount: k.promotion})
}
