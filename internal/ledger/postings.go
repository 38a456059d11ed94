package ledger

// Posting names a row of the table of postings: an event of the market that moves money.
type Posting string

// The postings.
const (
	OnlineCapture      Posting = "online_capture"
	DuplicateCapture   Posting = "duplicate_capture"
	BankCapture        Posting = "bank_capture"
	ProviderSettles    Posting = "provider_settles"
	WalletPays         Posting = "wallet_pays"
	TopUp              Posting = "top_up"
	MarketDiscount     Posting = "market_discount"
	MarketDiscountBack Posting = "market_discount_back"
	SaleCompleted      Posting = "sale_completed"
	DeliveryDone       Posting = "delivery_done"
	CashDelivered      Posting = "cash_delivered"
	CashHandedIn       Posting = "cash_handed_in"
	CashToStore        Posting = "cash_to_store"
	CashShortfall      Posting = "cash_shortfall"
	StoreCollected     Posting = "store_collected"
	StoreDebtPaid      Posting = "store_debt_paid"
	RefundFromEscrow   Posting = "refund_from_escrow"
	RefundFromStore    Posting = "refund_from_store"
	RefundConfirmed    Posting = "refund_confirmed"
	PayoutApproved     Posting = "payout_approved"
	PayoutSettled      Posting = "payout_settled"
	PayoutBounced      Posting = "payout_bounced"
	BankUnmatched      Posting = "bank_unmatched"
	BankMatched        Posting = "bank_matched"
	SubscriptionPaid   Posting = "subscription_paid"
	CommissionToStore  Posting = "commission_to_store"
	CommissionToMarket Posting = "commission_to_market"
	CommissionPaid     Posting = "commission_paid"
	BuybackByWallet    Posting = "buyback_by_wallet"
	FetchDone          Posting = "fetch_done"
	Chargeback         Posting = "chargeback"
	CashRounding       Posting = "cash_rounding"
	OpeningBalance     Posting = "opening_balance"
)

// TransferKind says in one word what a transfer is, for whoever reads a statement.
type TransferKind string

// The kinds of transfer: a closed list.
const (
	TransferPayment       TransferKind = "payment"
	TransferSurcharge     TransferKind = "surcharge"
	TransferSettlement    TransferKind = "settlement"
	TransferProviderCost  TransferKind = "provider_cost"
	TransferTopUp         TransferKind = "topup"
	TransferPromotion     TransferKind = "promotion"
	TransferEscrowRelease TransferKind = "escrow_release"
	TransferFee           TransferKind = "fee"
	TransferTax           TransferKind = "tax"
	TransferEarning       TransferKind = "earning"
	TransferDelivery      TransferKind = "delivery"
	TransferCashIn        TransferKind = "cash_in"
	TransferCashHandIn    TransferKind = "cash_handin"
	TransferCashShort     TransferKind = "cash_short"
	TransferCashOwed      TransferKind = "cash_owed"
	TransferWriteOff      TransferKind = "write_off"
	TransferDebtPaid      TransferKind = "debt_paid"
	TransferRefund        TransferKind = "refund"
	TransferFeeReturned   TransferKind = "fee_returned"
	TransferPayout        TransferKind = "payout"
	TransferPayoutBounced TransferKind = "payout_bounced"
	TransferUnmatched     TransferKind = "unmatched"
	TransferSubscription  TransferKind = "subscription"
	TransferCommission    TransferKind = "commission"
	TransferBuyback       TransferKind = "buyback"
	TransferChargeback    TransferKind = "chargeback"
	TransferRounding      TransferKind = "rounding"
	TransferOpening       TransferKind = "opening"
)

// anyKind stands for every kind of account but the one at the other end.
const anyKind Kind = "*"

// shape is a leg that a posting allows.
type shape struct {
	from, to Kind
	kind     TransferKind
	// debt: the leg may take the account it leaves below zero, down to its floor.
	debt bool
}

// table is the table of postings. Every transfer in the books has one of these shapes.
var table = map[Posting][]shape{
	// A provider says that the buyer's money came: each order's share, and the fee that the buyer was shown.
	OnlineCapture: {
		{from: KindGateway, to: KindEscrow, kind: TransferPayment},
		{from: KindGateway, to: KindSurcharge, kind: TransferSurcharge},
		{from: KindPromotions, to: KindEscrow, kind: TransferPromotion},
	},
	// The buyer's money came twice: the second time belongs to no order and goes back.
	DuplicateCapture: {
		{from: KindGateway, to: KindRefundsDue, kind: TransferRefund},
		{from: KindBank, to: KindRefundsDue, kind: TransferRefund},
	},
	// An admin matched a buyer's bank transfer with what came to the bank.
	BankCapture: {
		{from: KindBank, to: KindEscrow, kind: TransferPayment},
		{from: KindBank, to: KindSurcharge, kind: TransferSurcharge},
		{from: KindPromotions, to: KindEscrow, kind: TransferPromotion},
	},
	// A provider pays out what it owes, net of its charge, and holds back what it gave back to buyers.
	ProviderSettles: {
		{from: KindBank, to: KindGateway, kind: TransferSettlement},
		{from: KindProviderCost, to: KindGateway, kind: TransferProviderCost},
		{from: KindGateway, to: KindBank, kind: TransferSettlement},
		{from: KindProviderCost, to: KindBank, kind: TransferProviderCost},
	},
	WalletPays: {
		{from: KindWallet, to: KindEscrow, kind: TransferPayment},
		{from: KindPromotions, to: KindEscrow, kind: TransferPromotion},
	},
	// Somebody puts money into his own wallet.
	TopUp: {
		{from: KindGateway, to: KindWallet, kind: TransferTopUp},
		{from: KindBank, to: KindWallet, kind: TransferTopUp},
		{from: KindGateway, to: KindSurcharge, kind: TransferSurcharge},
		{from: KindBank, to: KindSurcharge, kind: TransferSurcharge},
	},
	// A discount that the market pays, at capture.
	MarketDiscount: {
		{from: KindPromotions, to: KindEscrow, kind: TransferPromotion},
	},
	// The buyer's money goes back, and with it what the market had paid of his discount.
	MarketDiscountBack: {
		{from: KindEscrow, to: KindPromotions, kind: TransferPromotion},
		{from: KindStoreEarnings, to: KindPromotions, kind: TransferPromotion, debt: true},
	},
	// The order is final: goods and the seller's tax to the store, the rest to whom it belongs.
	SaleCompleted: {
		{from: KindEscrow, to: KindStoreEarnings, kind: TransferEscrowRelease},
		{from: KindEscrow, to: KindFees, kind: TransferFee},
		{from: KindEscrow, to: KindTaxFees, kind: TransferTax},
		{from: KindEscrow, to: KindTaxWithheld, kind: TransferTax},
		{from: KindEscrow, to: KindCourierEarnings, kind: TransferEarning},
		{from: KindEscrow, to: KindDelivery, kind: TransferDelivery},
	},
	// A courier of the market brought a store's goods: the store pays the job's fee, from what it earned or will earn.
	DeliveryDone: {
		{from: KindStoreEarnings, to: KindCourierEarnings, kind: TransferEarning, debt: true},
		{from: KindStoreEarnings, to: KindDelivery, kind: TransferDelivery, debt: true},
	},
	// A courier of the market took the buyer's cash, handed it in, or never will.
	CashDelivered: {
		{from: KindCourierCash, to: KindEscrow, kind: TransferCashIn, debt: true},
		{from: KindCourierCash, to: KindCashOwed, kind: TransferCashIn, debt: true},
	},
	// It came into the market's till: the store has earned it, and what is missing is the courier's debt.
	CashHandedIn: {
		{from: KindCashbox, to: KindCourierCash, kind: TransferCashHandIn},
		{from: KindCourierEarnings, to: KindCourierCash, kind: TransferCashShort, debt: true},
		{from: KindCashOwed, to: KindStoreEarnings, kind: TransferCashOwed},
	},
	// Or into the store's own hands; the market owes it what is missing, and the courier owes that to the market.
	CashToStore: {
		{from: KindCashOwed, to: KindCourierCash, kind: TransferCashHandIn},
		{from: KindCourierEarnings, to: KindCourierCash, kind: TransferCashShort, debt: true},
		{from: KindCashOwed, to: KindStoreEarnings, kind: TransferCashOwed},
	},
	CashShortfall: {
		{from: KindLosses, to: KindCourierCash, kind: TransferWriteOff},
	},
	// The store took the cash itself: the price never was the market's, what it owes of it is a debt.
	StoreCollected: {
		{from: KindStoreEarnings, to: KindFees, kind: TransferFee, debt: true},
		{from: KindStoreEarnings, to: KindTaxFees, kind: TransferTax, debt: true},
		{from: KindStoreEarnings, to: KindDelivery, kind: TransferDelivery, debt: true},
		{from: KindPromotions, to: KindStoreEarnings, kind: TransferPromotion},
	},
	// A store pays what it owes, out of its owner's wallet, by its bank, or in cash.
	StoreDebtPaid: {
		{from: KindWallet, to: KindStoreEarnings, kind: TransferDebtPaid},
		{from: KindBank, to: KindStoreEarnings, kind: TransferDebtPaid},
		{from: KindCashbox, to: KindStoreEarnings, kind: TransferDebtPaid},
	},
	// Before the store has the money; after it; and when the buyer has it back.
	RefundFromEscrow: {
		{from: KindEscrow, to: KindRefundsDue, kind: TransferRefund},
		{from: KindSurcharge, to: KindRefundsDue, kind: TransferRefund},
	},
	RefundFromStore: {
		{from: KindStoreEarnings, to: KindRefundsDue, kind: TransferRefund, debt: true},
		{from: KindFees, to: KindStoreEarnings, kind: TransferFeeReturned},
		{from: KindTaxFees, to: KindStoreEarnings, kind: TransferFeeReturned},
	},
	RefundConfirmed: {
		{from: KindRefundsDue, to: KindGateway, kind: TransferRefund},
		{from: KindRefundsDue, to: KindWallet, kind: TransferRefund},
		{from: KindRefundsDue, to: KindBank, kind: TransferRefund},
	},
	PayoutApproved: {
		{from: KindStoreEarnings, to: KindPayoutsTransit, kind: TransferPayout},
		{from: KindCourierEarnings, to: KindPayoutsTransit, kind: TransferPayout},
		{from: KindWallet, to: KindPayoutsTransit, kind: TransferPayout},
	},
	PayoutSettled: {
		{from: KindPayoutsTransit, to: KindBank, kind: TransferPayout},
	},
	// The bank did not pay, or gave back what it had paid.
	PayoutBounced: {
		{from: KindPayoutsTransit, to: KindStoreEarnings, kind: TransferPayoutBounced},
		{from: KindPayoutsTransit, to: KindCourierEarnings, kind: TransferPayoutBounced},
		{from: KindPayoutsTransit, to: KindWallet, kind: TransferPayoutBounced},
		{from: KindBank, to: KindStoreEarnings, kind: TransferPayoutBounced},
		{from: KindBank, to: KindCourierEarnings, kind: TransferPayoutBounced},
		{from: KindBank, to: KindWallet, kind: TransferPayoutBounced},
	},
	// Money came to the bank and nobody knows whose it is, until somebody does.
	BankUnmatched: {
		{from: KindBank, to: KindSuspense, kind: TransferUnmatched},
	},
	BankMatched: {
		{from: KindSuspense, to: KindEscrow, kind: TransferPayment},
		{from: KindSuspense, to: KindWallet, kind: TransferTopUp},
	},
	SubscriptionPaid: {
		{from: KindBank, to: KindSubscriptions, kind: TransferSubscription},
		{from: KindGateway, to: KindSubscriptions, kind: TransferSubscription},
		{from: KindBank, to: KindTaxFees, kind: TransferTax},
		{from: KindGateway, to: KindTaxFees, kind: TransferTax},
		{from: KindGateway, to: KindSurcharge, kind: TransferSurcharge},
	},
	// A statement on buy-backs, whichever way it goes, and a store that pays its own.
	CommissionToStore: {
		{from: KindCommissionCost, to: KindStoreEarnings, kind: TransferCommission},
		{from: KindCommissionCost, to: KindBank, kind: TransferCommission},
	},
	CommissionToMarket: {
		{from: KindStoreEarnings, to: KindCommission, kind: TransferCommission, debt: true},
	},
	CommissionPaid: {
		{from: KindBank, to: KindStoreEarnings, kind: TransferCommission},
	},
	BuybackByWallet: {
		{from: KindWallet, to: KindWallet, kind: TransferBuyback},
	},
	// A courier of the market fetched what a dealer bought: the dealer pays the job's fee out of the owner's wallet.
	FetchDone: {
		{from: KindWallet, to: KindCourierEarnings, kind: TransferEarning},
		{from: KindWallet, to: KindDelivery, kind: TransferDelivery},
	},
	// The provider took the money back, and charged for it.
	Chargeback: {
		{from: KindStoreEarnings, to: KindGateway, kind: TransferChargeback, debt: true},
		{from: KindLosses, to: KindGateway, kind: TransferProviderCost},
	},
	CashRounding: {
		{from: KindRounding, to: KindEscrow, kind: TransferRounding},
		{from: KindEscrow, to: KindRounding, kind: TransferRounding},
	},
	OpeningBalance: {
		{from: KindOpening, to: anyKind, kind: TransferOpening},
	},
}

// allowed finds the shape of a leg.
func (p Posting) allowed(from, to Kind) (shape, bool) {
	for _, s := range table[p] {
		if s.from == from && (s.to == to || s.to == anyKind && to != from) {
			return s, true
		}
	}
	return shape{}, false
}
