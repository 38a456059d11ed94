package market

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/money"
	"github.com/haat-market/haat/internal/platform/web"
)

// Facts are what everybody may know of the market.
type Facts struct {
	Name             string         `json:"name"`
	LegalName        string         `json:"legal_name"`
	Address          string         `json:"address"`
	TaxNumber        string         `json:"tax_number"`
	Email            string         `json:"email"`
	Phone            string         `json:"phone"`
	Country          string         `json:"country" doc:"ISO 3166, two letters."`
	Currency         money.Currency `json:"currency" doc:"ISO 4217, three letters."`
	Currencies       []string       `json:"currencies"`
	TimeZone         string         `json:"time_zone" doc:"IANA name."`
	Languages        []string       `json:"languages"`
	PricesIncludeTax bool           `json:"prices_include_tax"`
	TaxRateBp        int64          `json:"tax_rate_bp" doc:"Hundredths of a percent."`
	SignupOpen       bool           `json:"signup_open"`
	ProductApproval  bool           `json:"product_approval"`
	RegisteredBrands bool           `json:"registered_brands"`
	PaymentMethods   []string       `json:"payment_methods"`
}

// View is the settings as an admin sees them.
type View struct {
	Version              int64          `json:"version" doc:"Rises with every change; the ETag."`
	Name                 string         `json:"name"`
	LegalName            string         `json:"legal_name"`
	Address              string         `json:"address"`
	TaxNumber            string         `json:"tax_number"`
	Email                string         `json:"email"`
	Phone                string         `json:"phone"`
	Country              string         `json:"country"`
	Currency             money.Currency `json:"currency"`
	TimeZone             string         `json:"time_zone"`
	Languages            []string       `json:"languages"`
	PricesIncludeTax     bool           `json:"prices_include_tax"`
	TaxRateBp            int64          `json:"tax_rate_bp"`
	PaymentWindowMinutes int64          `json:"payment_window_minutes"`
	EscrowReleaseHours   int64          `json:"escrow_release_hours"`
	MaxUnpaidCheckouts   int64          `json:"max_unpaid_checkouts"`
	MaxReserved          int64          `json:"max_reserved"`
	MaxStores            int64          `json:"max_stores"`
	AccountCodePrefix    string         `json:"account_code_prefix"`
	StoreCodePrefix      string         `json:"store_code_prefix"`
	PlatformFeeBp        int64          `json:"platform_fee_bp"`
	BuybackFeeBp         int64          `json:"buyback_fee_bp"`
	CommissionBp         int64          `json:"commission_bp"`
	CommissionByStore    bool           `json:"commission_by_store"`
	CommissionDays       int64          `json:"commission_suspend_days"`
	GatewayFeeFixed      string         `json:"gateway_fee_fixed" doc:"Decimal amount in the market's currency."`
	GatewayFeeBp         int64          `json:"gateway_fee_bp"`
	DeliveryFlat         string         `json:"delivery_flat" doc:"Decimal amount in the market's currency."`
	DeliveryFreeAbove    string         `json:"delivery_free_above" doc:"Decimal amount in the market's currency; 0 means never."`
	DeliveryProof        string         `json:"delivery_proof" enum:"pin,photo,optional" doc:"What a courier needs at the door: the receiver's PIN or code; that or a photo with a signature; nothing."`
	TopUpMin             string         `json:"topup_min" doc:"The least that is put into a wallet at once."`
	TopUpMax             string         `json:"topup_max" doc:"The most that is put into a wallet at once; 0 means no limit."`
	TopUpDailyMax        string         `json:"topup_daily_max" doc:"The most that is put into a wallet in 24 hours; 0 means no limit."`
	PayoutMin            string         `json:"payout_min" doc:"The least that is paid out at once."`
	PayoutSecondAbove    string         `json:"payout_second_above" doc:"Above it two different admins have to approve a payout; 0 means never."`
	PayoutDailyMax       string         `json:"payout_daily_max" doc:"The most that is asked for of a wallet or a store in 24 hours; 0 means no limit."`
	StoreDebtLimit       string         `json:"store_debt_limit" doc:"A store that owes the market more takes no new cash orders."`
	SignupOpen           bool           `json:"signup_open"`
	ImportImages         bool           `json:"import_images" doc:"Imports fetch pictures from the addresses in a file."`
	ProductApproval      bool           `json:"product_approval" doc:"An admin approves products before buyers see them."`
	RegisteredBrands     bool           `json:"registered_brands" doc:"Products name brands that an admin approved, and no others."`
	LowStockAt           int64          `json:"low_stock_at" doc:"Stock is low when no more can be sold, where neither its variant nor its store says."`
	WalletPayments       bool           `json:"wallet_payments" doc:"Whether buyers may pay from their wallets"`
	CashOnDelivery       bool           `json:"cash_on_delivery" doc:"Whether buyers may pay at the door"`
	GuestOrders          bool           `json:"guest_orders" doc:"Whether orders are taken by message, without an account"`
	Fixed                []string       `json:"fixed" doc:"The settings that cannot be changed once there was an order."`
}

// Patch is a change: what is absent stays.
type Patch struct {
	Name                 *string   `json:"name,omitempty" maxLength:"100"`
	LegalName            *string   `json:"legal_name,omitempty" maxLength:"200"`
	Address              *string   `json:"address,omitempty" maxLength:"500"`
	TaxNumber            *string   `json:"tax_number,omitempty" maxLength:"50"`
	Email                *string   `json:"email,omitempty" maxLength:"254"`
	Phone                *string   `json:"phone,omitempty" maxLength:"30"`
	Country              *string   `json:"country,omitempty" maxLength:"2"`
	Currency             *string   `json:"currency,omitempty" maxLength:"3"`
	TimeZone             *string   `json:"time_zone,omitempty" maxLength:"64"`
	Languages            *[]string `json:"languages,omitempty" minItems:"1" maxItems:"20"`
	PricesIncludeTax     *bool     `json:"prices_include_tax,omitempty"`
	TaxRateBp            *int64    `json:"tax_rate_bp,omitempty" minimum:"0" maximum:"10000"`
	PaymentWindowMinutes *int64    `json:"payment_window_minutes,omitempty" minimum:"5" maximum:"90"`
	EscrowReleaseHours   *int64    `json:"escrow_release_hours,omitempty" minimum:"0" maximum:"1440"`
	MaxUnpaidCheckouts   *int64    `json:"max_unpaid_checkouts,omitempty" minimum:"1" maximum:"100"`
	MaxReserved          *int64    `json:"max_reserved,omitempty" minimum:"1" maximum:"1000000"`
	MaxStores            *int64    `json:"max_stores,omitempty" minimum:"1" maximum:"1000"`
	AccountCodePrefix    *string   `json:"account_code_prefix,omitempty" maxLength:"27"`
	StoreCodePrefix      *string   `json:"store_code_prefix,omitempty" maxLength:"27"`
	PlatformFeeBp        *int64    `json:"platform_fee_bp,omitempty" minimum:"0" maximum:"5000"`
	BuybackFeeBp         *int64    `json:"buyback_fee_bp,omitempty" minimum:"0" maximum:"5000"`
	CommissionBp         *int64    `json:"commission_bp,omitempty" minimum:"0" maximum:"5000"`
	CommissionByStore    *bool     `json:"commission_by_store,omitempty"`
	CommissionDays       *int64    `json:"commission_suspend_days,omitempty" minimum:"0" maximum:"365"`
	GatewayFeeFixed      *string   `json:"gateway_fee_fixed,omitempty" maxLength:"20"`
	GatewayFeeBp         *int64    `json:"gateway_fee_bp,omitempty" minimum:"0" maximum:"2000"`
	DeliveryFlat         *string   `json:"delivery_flat,omitempty" maxLength:"20"`
	DeliveryFreeAbove    *string   `json:"delivery_free_above,omitempty" maxLength:"20"`
	DeliveryProof        *string   `json:"delivery_proof,omitempty" enum:"pin,photo,optional"`
	TopUpMin             *string   `json:"topup_min,omitempty" maxLength:"20"`
	TopUpMax             *string   `json:"topup_max,omitempty" maxLength:"20"`
	TopUpDailyMax        *string   `json:"topup_daily_max,omitempty" maxLength:"20"`
	PayoutMin            *string   `json:"payout_min,omitempty" maxLength:"20"`
	PayoutSecondAbove    *string   `json:"payout_second_above,omitempty" maxLength:"20"`
	PayoutDailyMax       *string   `json:"payout_daily_max,omitempty" maxLength:"20"`
	StoreDebtLimit       *string   `json:"store_debt_limit,omitempty" maxLength:"20"`
	SignupOpen           *bool     `json:"signup_open,omitempty"`
	ImportImages         *bool     `json:"import_images,omitempty"`
	ProductApproval      *bool     `json:"product_approval,omitempty"`
	RegisteredBrands     *bool     `json:"registered_brands,omitempty"`
	LowStockAt           *int64    `json:"low_stock_at,omitempty" minimum:"0" maximum:"1000000000"`
	WalletPayments       *bool     `json:"wallet_payments,omitempty"`
	CashOnDelivery       *bool     `json:"cash_on_delivery,omitempty"`
	GuestOrders          *bool     `json:"guest_orders,omitempty"`
}

// EventView is a line of the audit log.
type EventView struct {
	Seq       *int64         `json:"seq" doc:"The event's number; null until it has one, within a second."`
	Type      string         `json:"type"`
	Subject   string         `json:"subject" doc:"The public id of what it happened to."`
	Actor     string         `json:"actor" doc:"The public id of who did it, or system."`
	Facts     map[string]any `json:"facts"`
	CreatedAt time.Time      `json:"created_at"`
}

type settingsOut struct {
	ETag string `header:"ETag"`
	Body View
}

type factsOut struct {
	CacheControl string `header:"Cache-Control"`
	Body         Facts
}

type changeIn struct {
	IfMatch string `header:"If-Match" maxLength:"40" doc:"The ETag that the change is based on. Without it the change is made on whatever is there."`
	Body    Patch
}

type eventsIn struct {
	web.PageParams
	EventSelection
}

type eventsOut struct {
	Body web.Page[EventView]
}

// Mount registers the market's operations.
func (s *Service) Mount(api *web.API) {
	web.Register(api, web.Op{
		Method: http.MethodGet, Path: "/v1/market", ID: "market.facts", Room: "market", Access: web.Public,
		Summary: "What everybody may know of the market",
	}, s.getFacts)
	web.Register(api, web.Op{
		Method: http.MethodGet, Path: "/v1/settings", ID: "market.settings", Room: "market", Access: web.Admin,
		Summary: "The market's settings",
	}, s.getSettings)
	web.Register(api, web.Op{
		Method: http.MethodPatch, Path: "/v1/settings", ID: "market.change", Room: "market", Access: web.Admin,
		Summary:     "Change settings, all of those named or none",
		Description: "Each change is an event with the old and the new value. Send the ETag of the settings as `If-Match` to be told when somebody else was faster.",
		Errors:      []*fault.Error{ErrInvalidSetting, ErrSettingFixed, ErrVersionConflict, ErrInvalidVersion},
	}, s.patchSettings)
	web.Register(api, web.Op{
		Method: http.MethodGet, Path: "/v1/events", ID: "market.events", Room: "market", Access: web.Admin,
		Summary:     "The audit log, newest first",
		Description: "Filter by `subject`, `type` or `actor`, or by `type` beside one of the others, and by a time.",
		Errors:      []*fault.Error{db.ErrUnsupportedFilter, db.ErrInvalidCursor},
	}, s.listEvents)
	web.Register(api, web.Op{
		Method: http.MethodGet, Path: "/v1/events.csv", ID: "market.export_events", Room: "market", Access: web.Admin,
		Summary:     "The audit log as a file, newest first",
		Description: "The same filters as the list. The file is written while it is sent; if something fails midway, the connection breaks off.",
		Errors:      []*fault.Error{db.ErrUnsupportedFilter},
		Produces:    []string{"text/csv"}, Timeout: web.NoTimeout,
	}, s.exportEvents)
}

func (s *Service) getFacts(ctx context.Context, _ *struct{}) (*factsOut, error) {
	set, err := s.Settings(ctx)
	if err != nil {
		return nil, err
	}
	methods, err := s.methods(ctx)
	if err != nil {
		return nil, err
	}
	if methods == nil {
		methods = []string{}
	}
	return &factsOut{CacheControl: "public, max-age=5", Body: Facts{
		Name: set.Name, LegalName: set.LegalName, Address: set.Address, TaxNumber: set.TaxNumber, Email: set.Email, Phone: set.Phone,
		Country: set.Country, Currency: set.Currency, Currencies: []string{string(set.Currency)}, TimeZone: set.TimeZone,
		Languages: set.Languages, PricesIncludeTax: set.PricesIncludeTax, TaxRateBp: set.TaxRateBp, SignupOpen: set.SignupOpen,
		ProductApproval: set.ProductApproval, RegisteredBrands: set.RegisteredBrands,
		PaymentMethods: methods,
	}}, nil
}

func (s *Service) getSettings(ctx context.Context, _ *struct{}) (*settingsOut, error) {
	var set Settings
	// Past the cache: an admin who has just changed something on another node wants to see it.
	err := s.db.Read(ctx, "market.settings", func(ctx context.Context, tx db.Tx) (err error) {
		set, err = s.SettingsIn(ctx, tx)
		return err
	})
	if err != nil {
		return nil, err
	}
	return answer(set), nil
}

func (s *Service) patchSettings(ctx context.Context, in *changeIn) (*settingsOut, error) {
	seen, err := versionOf(in.IfMatch)
	if err != nil {
		return nil, err
	}
	set, err := s.Change(ctx, web.CallerFrom(ctx).Account, seen, in.Body.values())
	if err != nil {
		return nil, err
	}
	return answer(set), nil
}

func answer(s Settings) *settingsOut {
	v := View{
		Version: s.Version, Name: s.Name, LegalName: s.LegalName, Address: s.Address, TaxNumber: s.TaxNumber, Email: s.Email,
		Phone: s.Phone, Country: s.Country, Currency: s.Currency, TimeZone: s.TimeZone, Languages: s.Languages,
		PricesIncludeTax: s.PricesIncludeTax, TaxRateBp: s.TaxRateBp, PaymentWindowMinutes: int64(s.PaymentWindow / time.Minute),
		EscrowReleaseHours: int64(s.EscrowRelease / time.Hour), MaxUnpaidCheckouts: s.MaxUnpaidCheckouts, PlatformFeeBp: s.PlatformFeeBp, BuybackFeeBp: s.BuybackFeeBp, CommissionBp: s.CommissionBp, CommissionByStore: s.CommissionBy, CommissionDays: s.CommissionDays,
		MaxReserved: s.MaxReserved, MaxStores: s.MaxStores, AccountCodePrefix: s.AccountCodePrefix, StoreCodePrefix: s.StoreCodePrefix,
		GatewayFeeFixed: money.Format(s.GatewayFeeFixed, s.Currency), GatewayFeeBp: s.GatewayFeeBp,
		DeliveryFlat: money.Format(s.DeliveryFlat, s.Currency), DeliveryFreeAbove: money.Format(s.DeliveryFreeAbove, s.Currency),
		DeliveryProof: s.DeliveryProof, TopUpMin: money.Format(s.TopUpMin, s.Currency), TopUpMax: money.Format(s.TopUpMax, s.Currency), TopUpDailyMax: money.Format(s.TopUpDailyMax, s.Currency),
		PayoutMin: money.Format(s.PayoutMin, s.Currency), PayoutDailyMax: money.Format(s.PayoutDailyMax, s.Currency), PayoutSecondAbove: money.Format(s.PayoutSecondAbove, s.Currency), StoreDebtLimit: money.Format(s.StoreDebtLimit, s.Currency),
		SignupOpen: s.SignupOpen, ImportImages: s.ImportImages, ProductApproval: s.ProductApproval, RegisteredBrands: s.RegisteredBrands, WalletPayments: s.WalletPayments, LowStockAt: s.LowStockAt,
		CashOnDelivery: s.CashOnDelivery, GuestOrders: s.GuestOrders, Fixed: []string{},
	}
	for _, d := range settings {
		if d.fixed {
			v.Fixed = append(v.Fixed, d.name)
		}
	}
	return &settingsOut{ETag: `"` + digits(s.Version) + `"`, Body: v}
}

// versionOf reads an ETag that answer made. A weak one names the same version.
func versionOf(etag string) (*int64, error) {
	if etag == "" || etag == "*" {
		return nil, nil
	}
	inner, begins := strings.CutPrefix(strings.TrimPrefix(etag, "W/"), `"`)
	inner, ends := strings.CutSuffix(inner, `"`)
	if !begins || !ends {
		return nil, ErrInvalidVersion
	}
	n, err := strconv.ParseInt(inner, 10, 64)
	if err != nil || n < 0 {
		return nil, ErrInvalidVersion
	}
	return &n, nil
}

// values are the settings that a patch names, as text.
func (p Patch) values() map[string]string {
	out := map[string]string{}
	for name, v := range map[string]*string{
		"name": p.Name, "legal_name": p.LegalName, "address": p.Address, "tax_number": p.TaxNumber, "email": p.Email,
		"account_code_prefix": p.AccountCodePrefix, "store_code_prefix": p.StoreCodePrefix,
		"phone": p.Phone, "country": p.Country, "currency": p.Currency, "time_zone": p.TimeZone,
		"gateway_fee_fixed": p.GatewayFeeFixed, "delivery_flat": p.DeliveryFlat, "delivery_free_above": p.DeliveryFreeAbove, "delivery_proof": p.DeliveryProof,
		"topup_min": p.TopUpMin, "topup_max": p.TopUpMax, "topup_daily_max": p.TopUpDailyMax, "payout_min": p.PayoutMin, "payout_daily_max": p.PayoutDailyMax, "payout_second_above": p.PayoutSecondAbove, "store_debt_limit": p.StoreDebtLimit,
	} {
		if v != nil {
			out[name] = *v
		}
	}
	for name, v := range map[string]*int64{
		"max_stores": p.MaxStores, "max_reserved": p.MaxReserved,
		"tax_rate_bp": p.TaxRateBp, "payment_window_minutes": p.PaymentWindowMinutes, "escrow_release_hours": p.EscrowReleaseHours,
		LowStockSetting:        p.LowStockAt,
		"max_unpaid_checkouts": p.MaxUnpaidCheckouts, "platform_fee_bp": p.PlatformFeeBp, "buyback_fee_bp": p.BuybackFeeBp, "commission_bp": p.CommissionBp, "commission_suspend_days": p.CommissionDays, "gateway_fee_bp": p.GatewayFeeBp,
	} {
		if v != nil {
			out[name] = digits(*v)
		}
	}
	for name, v := range map[string]*bool{
		"prices_include_tax": p.PricesIncludeTax, "signup_open": p.SignupOpen, "import_images": p.ImportImages, "product_approval": p.ProductApproval, "registered_brands": p.RegisteredBrands,
		"wallet_payments": p.WalletPayments, "cash_on_delivery": p.CashOnDelivery, "guest_orders": p.GuestOrders, "commission_by_store": p.CommissionByStore,
	} {
		if v != nil {
			out[name] = strconv.FormatBool(*v)
		}
	}
	if p.Languages != nil {
		out["languages"] = strings.Join(*p.Languages, ",")
	}
	return out
}
