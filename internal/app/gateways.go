package app

import (
	"github.com/haat-market/haat/internal/payment/esewa"
	"github.com/haat-market/haat/internal/payment/gateway"
	"github.com/haat-market/haat/internal/payment/khalti"
	"github.com/haat-market/haat/internal/payment/paypal"
	"github.com/haat-market/haat/internal/payment/stripe"
	"github.com/haat-market/haat/internal/payment/testgateway"
	"github.com/haat-market/haat/internal/payment/transfer"
	"github.com/haat-market/haat/internal/platform/config"
)

// gateways are all ways to take money from outside that this program knows. One that lacks a secret is listed for
// admins and offered to nobody.
func (a *App) gateways(c config.Config) []gateway.Gateway {
	return []gateway.Gateway{
		testgateway.New(a.DB, a.Clock),
		transfer.Bank(a.Payments.Transfer),
		transfer.UPI(a.Payments.Transfer),
		khalti.New(khalti.Config{Key: c.KhaltiKey, Base: c.KhaltiURL}),
		stripe.New(stripe.Config{Key: c.StripeKey, Secret: c.StripeSecret, URL: c.StripeURL}),
		paypal.New(paypal.Config{Client: c.PayPalClient, Secret: c.PayPalSecret, Webhook: c.PayPalWebhook, URL: c.PayPalURL}),
		esewa.New(esewa.Config{Product: c.EsewaProduct, Key: c.EsewaKey, Form: c.EsewaForm, Status: c.EsewaStatus}),
	}
}
