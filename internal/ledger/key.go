package ledger

import (
	"fmt"
	"strings"

	"github.com/haat-market/haat/internal/platform/money"
)

// Key is the name of an account. It ends in its currency: "wallet:acc_0gk3c1a7k2m9xq4t0vj3whc:NPR".
type Key string

// Kind is a sort of account.
type Kind string

// The kinds of account.
const (
	KindWallet          Kind = "wallet"
	KindEscrow          Kind = "escrow"
	KindStoreEarnings   Kind = "store_earnings"
	KindCourierEarnings Kind = "courier_earnings"
	KindCourierCash     Kind = "courier_cash"
	KindCashOwed        Kind = "cash_owed"
	KindGateway         Kind = "gateway"
	KindBank            Kind = "bank"
	KindCashbox         Kind = "cashbox"
	KindRefundsDue      Kind = "refunds_due"
	KindPayoutsTransit  Kind = "payouts_transit"
	KindSuspense        Kind = "suspense"
	KindFees            Kind = "platform_fees"
	KindSurcharge       Kind = "platform_surcharge"
	KindDelivery        Kind = "platform_delivery"
	KindPromotions      Kind = "platform_promotions"
	KindProviderCost    Kind = "platform_provider_cost"
	KindSubscriptions   Kind = "platform_subscriptions"
	KindCommission      Kind = "platform_commission"
	KindCommissionCost  Kind = "platform_commission_cost"
	KindLosses          Kind = "platform_losses"
	KindRounding        Kind = "platform_rounding"
	KindTaxFees         Kind = "tax_fees"
	KindTaxWithheld     Kind = "tax_withheld"
	KindOpening         Kind = "equity_opening"
)

// rules of a kind of account.
type rules struct {
	// pattern is the key without the currency; * stands for whose it is.
	pattern string
	// guarded accounts have a balance row; the others are summed.
	guarded bool
	// floor is how far a guarded account may go below zero where a posting allows debt.
	floor int64
	// covered accounts are summed, yet never pay out more than came in.
	covered bool
	// many: one account for each owner, and one line of the trial balance for all of them.
	many bool
}

var kinds = map[Kind]rules{
	KindWallet:          {pattern: "wallet:*", guarded: true, many: true},
	KindEscrow:          {pattern: "escrow:*", covered: true, many: true},
	KindStoreEarnings:   {pattern: "store:*:earnings", guarded: true, floor: -money.Max, many: true},
	KindCourierEarnings: {pattern: "courier:*:earnings", guarded: true, floor: -money.Max, many: true},
	KindCourierCash:     {pattern: "courier:*:cash", guarded: true, floor: -money.Max, many: true},
	KindCashOwed:        {pattern: "cash:*", covered: true, many: true},
	KindGateway:         {pattern: "gateway:*"},
	KindBank:            {pattern: "bank"},
	KindCashbox:         {pattern: "cashbox"},
	KindRefundsDue:      {pattern: "refunds:due"},
	KindPayoutsTransit:  {pattern: "payouts:transit"},
	KindSuspense:        {pattern: "suspense"},
	KindFees:            {pattern: "platform:fees"},
	KindSurcharge:       {pattern: "platform:surcharge"},
	KindDelivery:        {pattern: "platform:delivery"},
	KindPromotions:      {pattern: "platform:promotions"},
	KindProviderCost:    {pattern: "platform:provider_cost"},
	KindSubscriptions:   {pattern: "platform:subscriptions"},
	KindCommission:      {pattern: "platform:commission"},
	KindCommissionCost:  {pattern: "platform:commission_cost"},
	KindLosses:          {pattern: "platform:losses"},
	KindRounding:        {pattern: "platform:rounding"},
	KindTaxFees:         {pattern: "tax:fees"},
	KindTaxWithheld:     {pattern: "tax:withheld"},
	KindOpening:         {pattern: "equity:opening"},
}

func key(kind Kind, owner, cur string) Key {
	return Key(strings.Replace(kinds[kind].pattern, "*", owner, 1) + ":" + cur)
}

// Wallet is an account's money in the market.
func Wallet(account, cur string) Key { return key(KindWallet, account, cur) }

// Escrow is what an order's buyer paid and nobody has earned yet.
func Escrow(order, cur string) Key { return key(KindEscrow, order, cur) }

// StoreEarnings is what the market owes a store; below zero the store owes the market.
func StoreEarnings(store, cur string) Key { return key(KindStoreEarnings, store, cur) }

// CourierEarnings is what the market owes a courier.
func CourierEarnings(courier, cur string) Key { return key(KindCourierEarnings, courier, cur) }

// CourierCash is, below zero, the cash that a courier carries for the market.
func CourierCash(courier, cur string) Key { return key(KindCourierCash, courier, cur) }

// CashOwed is what was taken at the door of an order and is owed to its store until it is handed in.
func CashOwed(order, cur string) Key { return key(KindCashOwed, order, cur) }

// Gateway is, below zero, what a provider owes the market.
func Gateway(name, cur string) Key { return key(KindGateway, name, cur) }

// Bank is, below zero, what lies at the bank.
func Bank(cur string) Key { return key(KindBank, "", cur) }

// Cashbox is, below zero, what lies in the till.
func Cashbox(cur string) Key { return key(KindCashbox, "", cur) }

// RefundsDue is what is owed to buyers and on its way back.
func RefundsDue(cur string) Key { return key(KindRefundsDue, "", cur) }

// PayoutsTransit is what was approved for payout and has not left the bank.
func PayoutsTransit(cur string) Key { return key(KindPayoutsTransit, "", cur) }

// Suspense is money that came to the bank and belongs to nobody known.
func Suspense(cur string) Key { return key(KindSuspense, "", cur) }

// PlatformFees is what the market earned on sales.
func PlatformFees(cur string) Key { return key(KindFees, "", cur) }

// Surcharge is what buyers paid on top for their way of paying.
func Surcharge(cur string) Key { return key(KindSurcharge, "", cur) }

// PlatformDelivery is what is left of delivery charges.
func PlatformDelivery(cur string) Key { return key(KindDelivery, "", cur) }

// PlatformPromotions is, below zero, what discounts cost the market.
func PlatformPromotions(cur string) Key { return key(KindPromotions, "", cur) }

// ProviderCost is, below zero, what providers charged.
func ProviderCost(cur string) Key { return key(KindProviderCost, "", cur) }

// PlatformSubscriptions is what stores paid for their plans.
func PlatformSubscriptions(cur string) Key { return key(KindSubscriptions, "", cur) }

// PlatformCommission is what stores owed for buy-backs.
func PlatformCommission(cur string) Key { return key(KindCommission, "", cur) }

// CommissionCost is, below zero, what the market paid stores for buy-backs.
func CommissionCost(cur string) Key { return key(KindCommissionCost, "", cur) }

// PlatformLosses is, below zero, what was written off.
func PlatformLosses(cur string) Key { return key(KindLosses, "", cur) }

// PlatformRounding is what rounding of cash left over.
func PlatformRounding(cur string) Key { return key(KindRounding, "", cur) }

// TaxFees is the tax on the market's own fees.
func TaxFees(cur string) Key { return key(KindTaxFees, "", cur) }

// TaxWithheld is the tax that the market must withhold from stores.
func TaxWithheld(cur string) Key { return key(KindTaxWithheld, "", cur) }

// EquityOpening is, below zero, what was there when the books were opened.
func EquityOpening(cur string) Key { return key(KindOpening, "", cur) }

// account is what a key says.
type account struct {
	key             Key
	kind            Kind
	owner, currency string
	rules
}

// book is the account's line in the trial balance.
func (a account) book() string {
	if a.many {
		return string(a.kind) + ":" + a.currency
	}
	return string(a.key)
}

const maxKey = 96

// byPattern finds the kind of a key.
var byPattern = func() map[string]Kind {
	m := make(map[string]Kind, len(kinds))
	for kind, r := range kinds {
		m[r.pattern] = kind
	}
	return m
}()

// parse reads a key. Keys are made by the functions above, so one that cannot be read is a mistake of the program.
func (k Key) parse() (account, error) {
	stem, cur, ok := cutLast(string(k))
	if !ok || len(k) > maxKey || !money.Currency(cur).Valid() || strings.Contains(stem, "*") {
		return account{}, fmt.Errorf("ledger: %.120q is no account", string(k))
	}
	a := account{key: k, currency: cur}
	if a.kind, ok = byPattern[stem]; !ok {
		noun, rest, _ := strings.Cut(stem, ":")
		owner, what, owned := strings.Cut(rest, ":")
		pattern := noun + ":*"
		if owned {
			pattern += ":" + what
		}
		if a.kind, ok = byPattern[pattern]; !ok || !validOwner(owner) {
			return account{}, fmt.Errorf("ledger: %.120q is no account", string(k))
		}
		a.owner = owner
	}
	a.rules = kinds[a.kind]
	return a, nil
}

func cutLast(s string) (before, after string, ok bool) {
	i := strings.LastIndexByte(s, ':')
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+1:], true
}

// validOwner accepts public ids and the names of gateways.
func validOwner(s string) bool {
	if s == "" {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_' && c != '-' {
			return false
		}
	}
	return true
}

// Kind is the kind of account that the key names, "" if it names none.
func (k Key) Kind() Kind {
	a, err := k.parse()
	if err != nil {
		return ""
	}
	return a.kind
}

// Owner is whose the account is, "" for the market's own.
func (k Key) Owner() string {
	a, err := k.parse()
	if err != nil {
		return ""
	}
	return a.owner
}
