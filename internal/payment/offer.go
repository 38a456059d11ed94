package payment

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/haat-market/haat/internal/market"
	"github.com/haat-market/haat/internal/payment/gateway"
	"github.com/haat-market/haat/internal/payment/paymentdb"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/event"
	"github.com/haat-market/haat/internal/platform/money"
	"github.com/haat-market/haat/internal/platform/web"
)

// secondAbove is the amount above which two admins approve a transfer, unless an admin sets another: 50,000 of a
// currency with two decimals.
const secondAbove int64 = 5_000_000

// Offer is a gateway with what an admin set for it.
type Offer struct {
	gateway.About
	Enabled     bool // by an admin, or by itself
	FeeFixed    int64
	FeeBp       int64
	SecondAbove int64
	Details     map[string]string
	Version     int64
	takes       []money.Currency // what the adapter says, whatever an admin chose
	set         paymentdb.GatewaySetting
}

// Missing names what the gateway still needs before it can take money.
func (o Offer) Missing() []string {
	missing := []string{}
	for _, s := range o.Secrets {
		if !s.Set {
			missing = append(missing, s.Name)
		}
	}
	for _, d := range o.About.Details {
		if d.Required && o.Details[d.Name] == "" {
			missing = append(missing, d.Name)
		}
	}
	return missing
}

// On reports whether payers are offered it for a currency.
func (o Offer) On(c money.Currency) bool { return o.Enabled && len(o.Missing()) == 0 && o.Accepts(c) }

// Fee is what a payer pays on top of an amount.
func (o Offer) Fee(amount int64) (int64, error) { return GatewayFee(amount, o.FeeFixed, o.FeeBp) }

// offer puts an adapter and its settings together. One whose documents alone were read is off until an admin turns it on.
func offer(about gateway.About, set paymentdb.GatewaySetting, m market.Settings) (Offer, error) {
	o := Offer{About: about, Enabled: about.Verified != gateway.ByDocs, SecondAbove: secondAbove, Version: set.Version, takes: about.Currencies, set: set}
	if !about.Free {
		o.FeeFixed, o.FeeBp = m.GatewayFeeFixed, m.GatewayFeeBp
	}
	choose(&o.Enabled, set.Enabled)
	choose(&o.FeeFixed, set.FeeFixed)
	choose(&o.FeeBp, set.FeeBp)
	choose(&o.Min, set.MinAmount)
	choose(&o.Max, set.MaxAmount)
	choose(&o.SecondAbove, set.SecondAbove)
	if set.Currencies != "" {
		if err := json.Unmarshal([]byte(set.Currencies), &o.Currencies); err != nil {
			return o, fmt.Errorf("currencies of gateway %s: %w", about.Name, err)
		}
	}
	if set.Details != "" {
		if err := json.Unmarshal([]byte(set.Details), &o.Details); err != nil {
			return o, fmt.Errorf("details of gateway %s: %w", about.Name, err)
		}
	}
	return o, nil
}

func choose[T any](v *T, set *T) {
	if set != nil {
		*v = *set
	}
}

// offerOf is a gateway's offer in the caller's transaction. Error: ErrGateway.
func (s *Service) offerOf(ctx context.Context, tx db.Tx, name string) (gateway.Gateway, Offer, error) {
	gw, ok := s.gateways[name]
	if !ok {
		return nil, Offer{}, ErrGateway
	}
	m, err := s.market.SettingsFor(ctx, tx)
	if err != nil {
		return nil, Offer{}, err
	}
	set, err := paymentdb.New(tx).GetGatewaySettings(ctx, name)
	if err != nil && !errors.Is(err, db.ErrNoRows) {
		return nil, Offer{}, err
	}
	o, err := offer(gw.About(), set, m)
	return gw, o, err
}

// Offers are all gateways, by name.
func (s *Service) Offers(ctx context.Context) (out []Offer, err error) {
	err = s.db.Read(ctx, "payment.offers", func(ctx context.Context, tx db.Tx) error {
		m, err := s.market.SettingsFor(ctx, tx)
		if err != nil {
			return err
		}
		rows, err := paymentdb.New(tx).GatewaySettings(ctx)
		if err != nil {
			return err
		}
		set := make(map[string]paymentdb.GatewaySetting, len(rows))
		for _, r := range rows {
			set[r.Name] = r
		}
		list := make([]Offer, 0, len(s.gateways))
		for _, name := range slices.Sorted(maps.Keys(s.gateways)) {
			o, err := offer(s.gateways[name].About(), set[name], m)
			if err != nil {
				return err
			}
			list = append(list, o)
		}
		out = list
		return nil
	})
	return out, err
}

// OfferPatch is a change of a gateway's settings: what is absent stays, what is null goes back to the default.
type OfferPatch struct {
	Enabled     *bool
	FeeFixed    *string
	FeeBp       *int64
	Min, Max    *string
	SecondAbove *string
	Currencies  *[]string
	Details     map[string]string
	Reset       []string // names that go back to the default
}

// ChangeOffer changes what an admin sets for a gateway, as one event. Errors: ErrGatewayUnknown, ErrGatewaySetting,
// ErrGatewayIncomplete.
func (s *Service) ChangeOffer(ctx context.Context, caller web.Caller, name string, p OfferPatch) error {
	if _, ok := s.gateways[name]; !ok {
		return ErrGatewayUnknown
	}
	return s.db.Write(ctx, "payment.change_gateway", func(ctx context.Context, tx db.Tx) error {
		_, old, err := s.offerOf(ctx, tx, name)
		if err != nil {
			return err
		}
		m, err := s.market.SettingsFor(ctx, tx)
		if err != nil {
			return err
		}
		row, err := p.on(old, m.Currency)
		if err != nil {
			return err
		}
		now, err := offer(s.gateways[name].About(), row, m)
		if err != nil {
			return err
		}
		if p.Enabled != nil && *p.Enabled {
			if missing := now.Missing(); len(missing) > 0 {
				return ErrGatewayIncomplete.With("missing", missing)
			}
		}
		if now.Max > 0 && now.Max < now.Min {
			return ErrGatewaySetting.Field("body.max", "below_minimum", "The most is below the least.")
		}
		row.UpdatedAt = clock.Micro(s.clock.Now())
		if err := paymentdb.New(tx).PutGatewaySettings(ctx, paymentdb.PutGatewaySettingsParams{
			Name: name, Enabled: row.Enabled, FeeFixed: row.FeeFixed, FeeBp: row.FeeBp, MinAmount: row.MinAmount, MaxAmount: row.MaxAmount,
			SecondAbove: row.SecondAbove, Currencies: row.Currencies, Details: row.Details, UpdatedAt: row.UpdatedAt,
		}); err != nil {
			return err
		}
		return s.events.Append(ctx, tx, event.Event{Type: "gateway.changed", Subject: name, Actor: caller.Account, Facts: map[string]any{
			"enabled": now.Enabled, "fee_fixed": now.FeeFixed, "fee_bp": now.FeeBp, "min": now.Min, "max": now.Max, "second_above": now.SecondAbove,
			"currencies": currencyNames(now.Currencies), "details_changed": slices.Sorted(maps.Keys(p.Details)),
		}})
	})
}

// on puts a change onto what is set.
func (p OfferPatch) on(old Offer, cur money.Currency) (paymentdb.GatewaySetting, error) {
	row := old.set
	for _, name := range p.Reset {
		switch name {
		case "enabled":
			row.Enabled = nil
		case "fee":
			row.FeeFixed, row.FeeBp = nil, nil
		case "limits":
			row.MinAmount, row.MaxAmount = nil, nil
		case "second_above":
			row.SecondAbove = nil
		case "currencies":
			row.Currencies = ""
		}
	}
	if p.Enabled != nil {
		row.Enabled = p.Enabled
	}
	if p.FeeBp != nil {
		row.FeeBp = p.FeeBp
	}
	for _, a := range []struct {
		text  *string
		to    **int64
		field string
	}{{p.FeeFixed, &row.FeeFixed, "fee_fixed"}, {p.Min, &row.MinAmount, "min"}, {p.Max, &row.MaxAmount, "max"}, {p.SecondAbove, &row.SecondAbove, "second_above"}} {
		if a.text == nil {
			continue
		}
		n, err := money.Parse(*a.text, cur)
		if err != nil || n < 0 {
			return row, ErrGatewaySetting.Field("body."+a.field, "invalid_amount", "A decimal amount, not below zero.")
		}
		*a.to = &n
	}
	if p.Currencies != nil {
		text, err := currencyList(old, *p.Currencies)
		if err != nil {
			return row, err
		}
		row.Currencies = text
	}
	if len(p.Details) == 0 {
		return row, nil
	}
	details := maps.Clone(old.Details)
	if details == nil {
		details = map[string]string{}
	}
	for name, v := range p.Details {
		if !slices.ContainsFunc(old.About.Details, func(d gateway.Detail) bool { return d.Name == name }) {
			return row, ErrGatewaySetting.Field("body.details."+name, "unknown", "This gateway has no such detail.")
		}
		if v = strings.TrimSpace(v); v == "" {
			delete(details, name)
		} else {
			details[name] = v
		}
	}
	text, err := json.Marshal(details)
	row.Details = string(text)
	return row, err
}

// currencyList is a list of currencies that the adapter takes, as it is stored.
func currencyList(o Offer, names []string) (string, error) {
	all := gateway.About{Currencies: o.takes}
	for i, name := range names {
		c, err := money.ParseCurrency(name)
		if err != nil || !all.Accepts(c) {
			return "", ErrGatewaySetting.Field(fmt.Sprintf("body.currencies[%d]", i), "unknown_currency", "This gateway does not take this currency.")
		}
	}
	if len(names) == 0 {
		return "", nil
	}
	text, err := json.Marshal(names)
	return string(text), err
}

func currencyNames(list []money.Currency) []string {
	out := make([]string, len(list))
	for i, c := range list {
		out[i] = string(c)
	}
	return out
}
