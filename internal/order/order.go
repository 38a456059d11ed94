package order

import (
	"fmt"
	"time"

	"github.com/haat-market/haat/internal/order/orderdb"
	"github.com/haat-market/haat/internal/platform/fault"
)

// Kind is the payable's kind that payment knows checkouts by.
const Kind = "checkout"

// Method none is for totals of zero: nothing is to be paid.
const methodNone = "none"

// cashAnswer is how long a store has to answer a cash order, whose goods are set aside meanwhile.
const cashAnswer = 24 * time.Hour

// What a caller may be told.
var (
	ErrNotFound         = fault.New(fault.NotFound, "order_not_found", "There is no such order.")
	ErrCheckoutNotFound = fault.New(fault.NotFound, "checkout_not_found", "There is no such checkout.")
	ErrEmptyCart        = fault.New(fault.Invalid, "empty_cart", "There is nothing to check out.")
	ErrLineNotFound     = fault.New(fault.NotFound, "cart_line_not_found", "A line that was named is not in the cart. Read the cart again.")
	ErrCartChanged      = fault.New(fault.Conflict, "cart_changed", "Something in the cart is not as it was. See the lines named here, then sync the cart and check out again.")
	ErrTotalChanged     = fault.New(fault.Conflict, "total_changed", "The total is not the one that was expected. See the totals here and check out again if they suit.")
	ErrMixedCurrencies  = fault.New(fault.Conflict, "mixed_currencies", "All lines of a checkout are in one currency.")
	ErrTooManyUnpaid    = fault.New(fault.Conflict, "too_many_unpaid", "Too many checkouts wait for payment. Pay or cancel one of them first.")
	ErrTooMuchReserved  = fault.New(fault.Conflict, "too_much_reserved", "You hold back as much of this as one buyer may without paying. Take less, or pay for what waits first.")
	ErrAddressNeeded    = fault.New(fault.Invalid, "address_required", "Say where to: name an address of yours, or write one.")
	ErrContactNeeded    = fault.New(fault.Invalid, "contact_required", "A name and a phone number or e-mail are needed for the delivery.")
	ErrTotalTooLarge    = fault.New(fault.Invalid, "total_too_large", "The total is larger than the market can book.")
	ErrState            = fault.New(fault.Conflict, "wrong_state", "The order's state does not allow this. See what it allows here.")
	ErrNotYours         = fault.New(fault.Forbidden, "not_your_part", "This step is not yours to take.")
	ErrCancelCheckout   = fault.New(fault.Conflict, "cancel_the_checkout", "While the payment is open, only the whole checkout can be cancelled.")
	ErrMethodOff        = fault.New(fault.Conflict, "payment_method_off", "The market does not take payment this way at present. GET /v1/payment-methods lists the ways that it takes.")
	ErrGuestsOff        = fault.New(fault.Forbidden, "guest_orders_off", "This market takes no orders by message. Sign in and check out.")
	ErrMethod           = fault.New(fault.Invalid, "payment_method_unknown", "This way of paying is not offered.")
)

// noTimer is the due date of an order that waits for nobody (the year 9999; the partial index knows it too).
const noTimer int64 = 253370764800000000

// Totals are the sums of a set of lines, in minor units.
type Totals struct {
	Goods    int64 // net of tax
	Discount int64
	Tax      int64
	Delivery int64
	Total    int64
	Lines    int64
	Units    int64
}

// status derives the payment status from the books.
func status(total, captured, refunded int64) string {
	switch {
	case captured == 0 && total > 0:
		return "unpaid"
	case refunded == 0:
		return "paid"
	case refunded < captured:
		return "part_refunded"
	}
	return "refunded"
}

// update writes an order's row back; was is the state it had when it was locked.
func update(o orderdb.Order, was State, now int64) orderdb.UpdateOrderParams {
	return orderdb.UpdateOrderParams{
		ID: o.ID, Was: string(was), State: o.State, CancelReason: o.CancelReason, Method: o.Method,
		PaymentStatus: status(o.Total, o.Captured, o.Refunded), Captured: o.Captured, Refunded: o.Refunded, PromotionBack: o.PromotionBack, DueAt: o.DueAt,
		ConfirmedAt: o.ConfirmedAt, ShippedAt: o.ShippedAt, DeliveredAt: o.DeliveredAt, CompletedAt: o.CompletedAt,
		CancelledAt: o.CancelledAt, UpdatedAt: now,
	}
}

// Number is the order's number on paper. It looks nothing up: the public id does.
func Number(id int64) string { return fmt.Sprintf("H-%06d", id) }
