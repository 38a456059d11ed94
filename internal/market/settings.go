package market

import (
	"cmp"
	"errors"
	"net/mail"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/language"

	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/money"
)

// Settings are the facts and numbers of this installation.
type Settings struct {
	Version int64 // rises with every change

	Name      string
	LegalName string // empty: the name
	Address   string
	TaxNumber string
	Email     string
	Phone     string

	Country   string // ISO 3166, two letters
	Currency  money.Currency
	TimeZone  string // IANA name
	Languages []string

	PricesIncludeTax bool
	TaxRateBp        int64 // hundredths of a percent

	PaymentWindow      time.Duration // for starting to pay
	EscrowRelease      time.Duration // from delivery to the store's earnings
	MaxUnpaidCheckouts int64         // an account's, at one time
	MaxReserved        int64         // of one variant, that an account may hold back without paying

	MaxStores         int64  // that an account may own at one time
	AccountCodePrefix string // what codes of new accounts begin with
	StoreCodePrefix   string

	PlatformFeeBp   int64 // of a line's net, from the store
	BuybackFeeBp    int64 // of what a store buys back, which it owes the market
	CommissionBp    int64 // of the orders that a store bought in a month, which one owes the other
	CommissionBy    bool  // the store owes it, not the market
	CommissionDays  int64 // overdue for so many days it suspends the store that owes it; 0: never
	GatewayFeeFixed int64 // the surcharge a buyer is shown
	GatewayFeeBp    int64
	WalletPayments  bool // buyers may pay from their wallets
	CashOnDelivery  bool // or at the door
	GuestOrders     bool // or order by message, without an account

	TopUpMin          int64 // that is put into a wallet at once
	TopUpMax          int64 // 0: no limit
	TopUpDailyMax     int64 // in 24 hours; 0: no limit
	PayoutMin         int64
	PayoutDailyMax    int64 // of a wallet or a store, in 24 hours; 0: no limit
	PayoutSecondAbove int64 // above it two admins approve a payout; 0: never
	StoreDebtLimit    int64 // a store that owes more takes no new cash orders

	DeliveryFlat      int64 // an order's delivery charge
	DeliveryFreeAbove int64 // 0: never free
	// DeliveryProof says what a courier needs at the door: ProofPIN, ProofPhoto or ProofOptional.
	DeliveryProof string

	SignupOpen bool

	ProductApproval  bool  // an admin approves products before buyers see them
	RegisteredBrands bool  // products name brands that an admin approved
	ImportImages     bool  // whether imports fetch pictures from the addresses in a file
	LowStockAt       int64 // where neither variant nor store says

	location *time.Location
}

// What a courier needs at the door.
const (
	ProofPIN      = "pin"      // the receiver's PIN or code
	ProofPhoto    = "photo"    // that, or a photo and a signature
	ProofOptional = "optional" // nothing at all
)

// Location is the market's time zone, which dates on paper and months of statements are in.
func (s Settings) Location() *time.Location {
	if s.location == nil {
		return time.UTC
	}
	return s.location
}

// DisplayName is how the market signs.
func (s Settings) DisplayName() string { return cmp.Or(s.LegalName, s.Name) }

// Refusals.
var (
	ErrInvalidSetting  = fault.New(fault.Invalid, "invalid_setting", "A setting has a value that it cannot have.")
	ErrSettingFixed    = fault.New(fault.Conflict, "setting_fixed", "This setting cannot be changed any more: orders or money rest on it.")
	ErrVersionConflict = fault.New(fault.Conflict, "version_conflict", "The settings were changed by somebody else. Read them again.")
	ErrInvalidVersion  = fault.New(fault.Malformed, "invalid_version", "If-Match must be the ETag that the settings came with.")
)

// problem is why a value cannot be.
type problem struct{ code, message string }

func (p problem) Error() string { return p.code + ": " + p.message }

// setting is one of them, stored as text.
type setting struct {
	name     string
	fallback string
	// fixed: not after the first order.
	fixed bool
	// contact: the log says that it was changed, not what it is, because it keeps no addresses.
	contact bool
	set     func(s *Settings, text string) error
	get     func(s Settings) string
}

// LowStockSetting is the name of the setting that stock is low at where neither its variant nor its store says.
const LowStockSetting = "low_stock_at"

// settings are all of them. The currency comes before the amounts that are in it.
var settings = []setting{
	{"name", "Haat", false, false, text(1, 100, func(s *Settings) *string { return &s.Name }), func(s Settings) string { return s.Name }},
	{"legal_name", "", false, false, text(0, 200, func(s *Settings) *string { return &s.LegalName }), func(s Settings) string { return s.LegalName }},
	{"address", "", false, true, text(0, 500, func(s *Settings) *string { return &s.Address }), func(s Settings) string { return s.Address }},
	{"tax_number", "", false, false, text(0, 50, func(s *Settings) *string { return &s.TaxNumber }), func(s Settings) string { return s.TaxNumber }},
	{"email", "", false, true, setEmail, func(s Settings) string { return s.Email }},
	{"phone", "", false, true, match(`^(\+?[0-9][0-9 ()-]{4,24})?$`, "Must be a phone number.", func(s *Settings) *string { return &s.Phone }), func(s Settings) string { return s.Phone }},
	{"country", "NP", false, false, match(`^[A-Z]{2}$`, "Must be a country's two letters (ISO 3166).", func(s *Settings) *string { return &s.Country }), func(s Settings) string { return s.Country }},
	{"currency", "NPR", true, false, setCurrency, func(s Settings) string { return string(s.Currency) }},
	{"time_zone", "Asia/Kathmandu", true, false, setTimeZone, func(s Settings) string { return s.TimeZone }},
	{"languages", "en", false, false, setLanguages, func(s Settings) string { return strings.Join(s.Languages, ",") }},
	{"prices_include_tax", "false", true, false, truth(func(s *Settings) *bool { return &s.PricesIncludeTax }), func(s Settings) string { return strconv.FormatBool(s.PricesIncludeTax) }},
	{"tax_rate_bp", "0", false, false, whole(0, 10_000, func(s *Settings) *int64 { return &s.TaxRateBp }), func(s Settings) string { return digits(s.TaxRateBp) }},
	{"payment_window_minutes", "15", false, false, span(time.Minute, 5, 90, func(s *Settings) *time.Duration { return &s.PaymentWindow }), func(s Settings) string { return digits(int64(s.PaymentWindow / time.Minute)) }},
	{"escrow_release_hours", "72", false, false, span(time.Hour, 0, 24*60, func(s *Settings) *time.Duration { return &s.EscrowRelease }), func(s Settings) string { return digits(int64(s.EscrowRelease / time.Hour)) }},
	{"max_unpaid_checkouts", "3", false, false, whole(1, 100, func(s *Settings) *int64 { return &s.MaxUnpaidCheckouts }), func(s Settings) string { return digits(s.MaxUnpaidCheckouts) }},
	{"max_reserved", "200", false, false, whole(1, 1_000_000, func(s *Settings) *int64 { return &s.MaxReserved }), func(s Settings) string { return digits(s.MaxReserved) }},
	{"max_stores", "10", false, false, whole(1, 1000, func(s *Settings) *int64 { return &s.MaxStores }), func(s Settings) string { return digits(s.MaxStores) }},
	{"account_code_prefix", "C-", false, false, codePrefix(func(s *Settings) *string { return &s.AccountCodePrefix }), func(s Settings) string { return s.AccountCodePrefix }},
	{"store_code_prefix", "S-", false, false, codePrefix(func(s *Settings) *string { return &s.StoreCodePrefix }), func(s Settings) string { return s.StoreCodePrefix }},
	{"platform_fee_bp", "0", false, false, whole(0, 5_000, func(s *Settings) *int64 { return &s.PlatformFeeBp }), func(s Settings) string { return digits(s.PlatformFeeBp) }},
	{"buyback_fee_bp", "100", false, false, whole(0, 5_000, func(s *Settings) *int64 { return &s.BuybackFeeBp }), func(s Settings) string { return digits(s.BuybackFeeBp) }},
	{"commission_bp", "100", false, false, whole(0, 5_000, func(s *Settings) *int64 { return &s.CommissionBp }), func(s Settings) string { return digits(s.CommissionBp) }},
	{"commission_by_store", "false", false, false, truth(func(s *Settings) *bool { return &s.CommissionBy }), func(s Settings) string { return strconv.FormatBool(s.CommissionBy) }},
	{"commission_suspend_days", "0", false, false, whole(0, 365, func(s *Settings) *int64 { return &s.CommissionDays }), func(s Settings) string { return digits(s.CommissionDays) }},
	{"gateway_fee_fixed", "2", false, false, amount(func(s *Settings) *int64 { return &s.GatewayFeeFixed }), func(s Settings) string { return amountText(s.GatewayFeeFixed, s.Currency) }},
	{"gateway_fee_bp", "250", false, false, whole(0, 2_000, func(s *Settings) *int64 { return &s.GatewayFeeBp }), func(s Settings) string { return digits(s.GatewayFeeBp) }},
	{"wallet_payments", "true", false, false, truth(func(s *Settings) *bool { return &s.WalletPayments }), func(s Settings) string { return strconv.FormatBool(s.WalletPayments) }},
	{"cash_on_delivery", "true", false, false, truth(func(s *Settings) *bool { return &s.CashOnDelivery }), func(s Settings) string { return strconv.FormatBool(s.CashOnDelivery) }},
	{"guest_orders", "true", false, false, truth(func(s *Settings) *bool { return &s.GuestOrders }), func(s Settings) string { return strconv.FormatBool(s.GuestOrders) }},
	{"topup_min", "1", false, false, amount(func(s *Settings) *int64 { return &s.TopUpMin }), func(s Settings) string { return amountText(s.TopUpMin, s.Currency) }},
	{"topup_max", "100000", false, false, amount(func(s *Settings) *int64 { return &s.TopUpMax }), func(s Settings) string { return amountText(s.TopUpMax, s.Currency) }},
	{"topup_daily_max", "200000", false, false, amount(func(s *Settings) *int64 { return &s.TopUpDailyMax }), func(s Settings) string { return amountText(s.TopUpDailyMax, s.Currency) }},
	{"payout_min", "1", false, false, amount(func(s *Settings) *int64 { return &s.PayoutMin }), func(s Settings) string { return amountText(s.PayoutMin, s.Currency) }},
	{"payout_daily_max", "0", false, false, amount(func(s *Settings) *int64 { return &s.PayoutDailyMax }), func(s Settings) string { return amountText(s.PayoutDailyMax, s.Currency) }},
	{"payout_second_above", "100000", false, false, amount(func(s *Settings) *int64 { return &s.PayoutSecondAbove }), func(s Settings) string { return amountText(s.PayoutSecondAbove, s.Currency) }},
	{"store_debt_limit", "5000", false, false, amount(func(s *Settings) *int64 { return &s.StoreDebtLimit }), func(s Settings) string { return amountText(s.StoreDebtLimit, s.Currency) }},
	{"delivery_flat", "0", false, false, amount(func(s *Settings) *int64 { return &s.DeliveryFlat }), func(s Settings) string { return amountText(s.DeliveryFlat, s.Currency) }},
	{"delivery_free_above", "0", false, false, amount(func(s *Settings) *int64 { return &s.DeliveryFreeAbove }), func(s Settings) string { return amountText(s.DeliveryFreeAbove, s.Currency) }},
	{"delivery_proof", ProofPIN, false, false, match(`^(pin|photo|optional)$`, "Must be pin, photo or optional.", func(s *Settings) *string { return &s.DeliveryProof }), func(s Settings) string { return s.DeliveryProof }},
	{"import_images", "false", false, false, truth(func(s *Settings) *bool { return &s.ImportImages }), func(s Settings) string { return strconv.FormatBool(s.ImportImages) }},
	{"signup_open", "true", false, false, truth(func(s *Settings) *bool { return &s.SignupOpen }), func(s Settings) string { return strconv.FormatBool(s.SignupOpen) }},
	{"product_approval", "false", false, false, truth(func(s *Settings) *bool { return &s.ProductApproval }), func(s Settings) string { return strconv.FormatBool(s.ProductApproval) }},
	{"registered_brands", "false", false, false, truth(func(s *Settings) *bool { return &s.RegisteredBrands }), func(s Settings) string { return strconv.FormatBool(s.RegisteredBrands) }},
	{LowStockSetting, "5", false, false, whole(0, 1_000_000_000, func(s *Settings) *int64 { return &s.LowStockAt }), func(s Settings) string { return digits(s.LowStockAt) }},
}

// Texts are the settings by their names, as they are stored and as Change takes them.
func (s Settings) Texts() map[string]string {
	out := make(map[string]string, len(settings))
	for _, d := range settings {
		out[d.name] = d.get(s)
	}
	return out
}

// FixedNames are the settings that cannot be changed once there was an order.
func FixedNames() (out []string) {
	for _, d := range settings {
		if d.fixed {
			out = append(out, d.name)
		}
	}
	return out
}

// parse makes settings of stored texts; what is not stored has its default.
func parse(stored map[string]string) (Settings, error) {
	var out Settings
	var bad *fault.Error
	for _, d := range settings {
		value, ok := stored[d.name]
		if !ok {
			value = d.fallback
		}
		if err := d.set(&out, value); err != nil {
			var p problem
			if !errors.As(err, &p) {
				return Settings{}, err
			}
			if bad == nil {
				bad = ErrInvalidSetting
			}
			bad = bad.Field(d.name, p.code, p.message)
		}
	}
	if bad != nil {
		return Settings{}, bad
	}
	if v := stored[versionName]; v != "" {
		n, err := strconv.ParseInt(v, 10, 64)
		if err != nil {
			return Settings{}, err
		}
		out.Version = n
	}
	return out, nil
}

// amountText is the stored form. Nothing is 0 in every currency, so that a currency without decimals can be chosen.
func amountText(minor int64, c money.Currency) string {
	if minor == 0 {
		return "0"
	}
	return money.Format(minor, c)
}

func digits(n int64) string { return strconv.FormatInt(n, 10) }

func text(shortest, longest int, field func(*Settings) *string) func(*Settings, string) error {
	return func(s *Settings, v string) error {
		v = strings.TrimSpace(v)
		switch n := utf8.RuneCountInString(v); {
		case n < shortest:
			return problem{"required", "Must not be empty."}
		case n > longest:
			return problem{"too_long", "Is longer than " + strconv.Itoa(longest) + " characters."}
		case strings.ContainsFunc(v, func(r rune) bool { return r < ' ' && r != '\n' || r == 0x7f }):
			return problem{"invalid_format", "Must not contain control characters."}
		}
		*field(s) = v
		return nil
	}
}

func match(pattern, message string, field func(*Settings) *string) func(*Settings, string) error {
	re := regexp.MustCompile(pattern)
	return func(s *Settings, v string) error {
		if v = strings.TrimSpace(v); !re.MatchString(v) {
			return problem{"invalid_format", message}
		}
		*field(s) = v
		return nil
	}
}

// codePrefix is what codes begin with: words of capitals and digits, each with a hyphen behind it, such as KT-CUST-.
func codePrefix(field func(*Settings) *string) func(*Settings, string) error {
	return match(`^([A-Z0-9]{1,8}-){1,3}$`, "Must be capitals and digits with a hyphen at the end, such as KT-CUST-.", field)
}

func whole(lowest, highest int64, field func(*Settings) *int64) func(*Settings, string) error {
	return func(s *Settings, v string) error {
		n, err := strconv.ParseInt(v, 10, 64)
		if err != nil || n < lowest || n > highest {
			return problem{"out_of_range", "Must be a whole number from " + digits(lowest) + " to " + digits(highest) + "."}
		}
		*field(s) = n
		return nil
	}
}

func span(unit time.Duration, lowest, highest int64, field func(*Settings) *time.Duration) func(*Settings, string) error {
	return func(s *Settings, v string) error {
		var n int64
		err := whole(lowest, highest, func(*Settings) *int64 { return &n })(s, v)
		*field(s) = time.Duration(n) * unit
		return err
	}
}

func truth(field func(*Settings) *bool) func(*Settings, string) error {
	return func(s *Settings, v string) error {
		switch v {
		case "true", "false":
			*field(s) = v == "true"
			return nil
		}
		return problem{"invalid_format", "Must be true or false."}
	}
}

// amount reads money in the market's currency. A plain 0 is nothing in every currency.
func amount(field func(*Settings) *int64) func(*Settings, string) error {
	return func(s *Settings, v string) error {
		if !s.Currency.Valid() {
			return nil // which was said already
		}
		n, err := money.Parse(v, s.Currency)
		switch {
		case errors.Is(err, money.ErrOverflow), err == nil && n < 0:
			return problem{"out_of_range", "Must not be below zero or above what an amount can be."}
		case err != nil:
			return problem{"invalid_format", "Must be a decimal amount with at most " + strconv.Itoa(s.Currency.Digits()) + " decimals."}
		}
		*field(s) = n
		return nil
	}
}

func setEmail(s *Settings, v string) error {
	v = strings.TrimSpace(v)
	if v != "" {
		a, err := mail.ParseAddress(v)
		if err != nil || a.Address != v || len(v) > 254 {
			return problem{"invalid_format", "Must be an e-mail address."}
		}
	}
	s.Email = v
	return nil
}

func setCurrency(s *Settings, v string) error {
	c, err := money.ParseCurrency(v)
	if err != nil {
		return problem{"invalid_format", "Must be a currency's three letters (ISO 4217)."}
	}
	s.Currency = c
	return nil
}

func setTimeZone(s *Settings, v string) error {
	loc, err := time.LoadLocation(v)
	if err != nil || v == "" || v == "Local" {
		return problem{"invalid_format", "Must be the name of a time zone, such as Asia/Kathmandu."}
	}
	s.TimeZone, s.location = v, loc
	return nil
}

func setLanguages(s *Settings, v string) error {
	list := strings.Split(v, ",")
	seen := map[string]bool{}
	for _, l := range list {
		tag, err := language.Parse(l)
		if err != nil || tag.String() != l || seen[l] || len(list) > 20 {
			return problem{"invalid_format", "Must be one to twenty different language tags, such as en or ne."}
		}
		seen[l] = true
	}
	s.Languages = list
	return nil
}
