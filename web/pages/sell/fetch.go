package sell

import (
	"strings"

	"github.com/haat-market/haat/internal/delivery"
	"github.com/haat-market/haat/internal/ledger"
	"github.com/haat-market/haat/internal/order"
	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/web/pages/frame"
	"github.com/haat-market/haat/web/pages/shop"
)

// sent fills in which couriers fetch it, and whether one can be sent.
func (s *sell) sent(p *frame.Page, d *Desk, page *pickupPage) (err error) {
	id := page.Order.ID
	if page.Parts, err = s.parts(p, d, id); err != nil {
		return err
	}
	open := false
	for _, x := range page.Parts {
		open = open || x.State.Open()
		if x.State.Held() {
			page.Actions[string(order.PickUp)] = false
		}
	}
	page.Send = !open && page.Order.State == order.Confirmed && d.May("own")
	proof, err := s.Delivery.ProofOf(p.Context(), p.Caller, id, "")
	switch fault.Code(err) {
	case "":
	case delivery.ErrNoProof.Code, order.ErrNotFound.Code: // nothing is picked up, or it is not for the reader
		return nil
	}
	if err != nil || proof.PIN == "" {
		return err
	}
	page.PIN = proof.PIN
	page.Code, err = shop.ShownCode(p, proof.QR)
	return err
}

// sendCourier lets a courier fetch what the store bought. The household's money and the courier's fee are set aside.
func (s *sell) sendCourier(p *frame.Page, d *Desk) error {
	o, err := s.bought(p, d)
	if err != nil {
		return err
	}
	form, err := p.Sent(pickupFields...)
	if err != nil {
		return err
	}
	n := delivery.NewDelivery{Order: o.ID, Fee: strings.ReplaceAll(form.Digits("fee"), ",", ""), PayUpTo: strings.ReplaceAll(form.Digits("pay_up_to"), ",", "")}
	_, _, err = s.Delivery.Create(form.Once("delivery.create"), p.Caller, n)
	switch fault.Code(err) {
	case delivery.ErrFee.Code:
		form.Wrong("fee", p.Say(delivery.ErrFee))
	case delivery.ErrPayUpTo.Code:
		form.Wrong("pay_up_to", p.Say(delivery.ErrPayUpTo))
	case ledger.ErrInsufficientBalance.Code:
		form.Wrong("pay_up_to", p.T("There is not enough in your wallet."))
	default:
		if err == nil {
			p.Leave("Couriers see it now.")
			return p.See(d.Link("/pickups/" + o.ID))
		}
		if err := form.Refuse(err); err != nil {
			return err
		}
	}
	form.Set("number", o.Number).Set("pay_by", order.PaidCash).Set("pickup_date", o.Buyback.PickupDate).Set("pickup_slot", o.Buyback.PickupSlot)
	return s.againPickup(p, d, o, form)
}

// takeIn says that what a courier fetched is here.
func (s *sell) takeIn(p *frame.Page, d *Desk) error {
	o, err := s.bought(p, d)
	if err != nil {
		return err
	}
	part, err := s.part(p, d, o.ID)
	if err != nil {
		return err
	}
	if err := s.Delivery.Act(p.Context(), p.Caller, part.ID, delivery.Deliver, delivery.Action{}); err != nil {
		return err
	}
	p.Leave("Done.")
	return p.See(d.Link("/pickups/" + o.ID))
}
