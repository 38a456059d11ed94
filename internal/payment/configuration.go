package payment

import (
	"context"
	"time"

	"github.com/haat-market/haat/internal/market"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/money"
)

// ConfigurationView is all that decides how buyers pay, as an admin sees it. It says of secrets only whether they are set.
type ConfigurationView struct {
	Currency             money.Currency `json:"currency"`
	Methods              []string       `json:"payment_methods" doc:"What buyers are offered now"`
	WalletPayments       bool           `json:"wallet_payments"`
	CashOnDelivery       bool           `json:"cash_on_delivery"`
	GuestOrders          bool           `json:"guest_orders"`
	PaymentWindowMinutes int64          `json:"payment_window_minutes"`
	MaxUnpaidCheckouts   int64          `json:"max_unpaid_checkouts"`
	EscrowReleaseHours   int64          `json:"escrow_release_hours"`
	PlatformFeeBp        int64          `json:"platform_fee_bp" doc:"Hundredths of a percent"`
	GatewayFeeFixed      string         `json:"gateway_fee_fixed" doc:"Of gateways without a fee of their own; decimal amount"`
	GatewayFeeBp         int64          `json:"gateway_fee_bp"`
	Version              int64          `json:"version" doc:"Of the settings"`
	Gateways             []GatewayView  `json:"gateways"`
}

// configuration reads the settings past the cache: an admin who has just changed something wants to see it.
func (s *Service) configuration(ctx context.Context) (v ConfigurationView, err error) {
	var m market.Settings
	err = s.db.Read(ctx, "payment.configuration", func(ctx context.Context, tx db.Tx) (err error) {
		m, err = s.market.SettingsIn(ctx, tx)
		return err
	})
	if err != nil {
		return v, err
	}
	gateways, err := s.gatewayViews(ctx)
	if err != nil {
		return v, err
	}
	methods, err := s.Methods(ctx)
	if err != nil {
		return v, err
	}
	if methods == nil {
		methods = []string{}
	}
	return ConfigurationView{
		Currency: m.Currency, Methods: methods, WalletPayments: m.WalletPayments, CashOnDelivery: m.CashOnDelivery, GuestOrders: m.GuestOrders,
		PaymentWindowMinutes: int64(m.PaymentWindow / time.Minute), MaxUnpaidCheckouts: m.MaxUnpaidCheckouts, EscrowReleaseHours: int64(m.EscrowRelease / time.Hour),
		PlatformFeeBp: m.PlatformFeeBp, GatewayFeeFixed: money.Format(m.GatewayFeeFixed, m.Currency), GatewayFeeBp: m.GatewayFeeBp, Version: m.Version,
		Gateways: gateways,
	}, nil
}
