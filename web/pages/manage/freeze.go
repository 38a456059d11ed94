package manage

import (
	"github.com/haat-market/haat/internal/order"
	"github.com/haat-market/haat/web/pages/frame"
)

// maxFreezeReason bounds why, as the operation does.
const maxFreezeReason = 200

type freezePage struct {
	Order order.View
	Link  string // the order's page
	Form  *frame.Form
}

func (m *manage) freezePage(p *frame.Page, form *frame.Form) (page freezePage, err error) {
	o, err := m.Orders.Get(p.Context(), p.Caller, p.R.PathValue("id"))
	return freezePage{Order: o, Link: "/sell/" + o.Store.ID + "/orders/" + o.ID, Form: form}, err
}

func (page freezePage) title(p *frame.Page) string {
	if page.Order.Frozen {
		return p.T("Free the money of order {number}", "number", page.Order.Number)
	}
	return p.T("Freeze the money of order {number}", "number", page.Order.Number)
}

// askFreeze asks why the money of an order is to stand still, or to be free again.
func (m *manage) askFreeze(p *frame.Page) error {
	page, err := m.freezePage(p, p.Form("reason"))
	if err != nil {
		return err
	}
	return p.Show("manage/freeze", page.title(p), page)
}

func (m *manage) freeze(p *frame.Page) error { return m.setFrozen(p, true) }
func (m *manage) thaw(p *frame.Page) error   { return m.setFrozen(p, false) }

// setFrozen freezes an order's money, or frees it. What the form meant is in its address: two admins do not undo each other.
func (m *manage) setFrozen(p *frame.Page, frozen bool) error {
	form, err := p.Sent("reason")
	if err != nil {
		return err
	}
	page, err := m.freezePage(p, form)
	if err != nil {
		return err
	}
	p.Self = "/manage/orders/" + page.Order.ID + "/freeze"
	reason := form.Get("reason")
	switch n := len([]rune(reason)); {
	case n == 0:
		form.Wrong("reason", p.T("Say why: the store reads it."))
	case n > maxFreezeReason:
		form.Wrong("reason", p.T("This is too long."))
	}
	if form.Ok() {
		err := m.Orders.SetFrozen(p.Context(), p.Caller, page.Order.ID, reason, frozen)
		if err == nil {
			p.Leave("Done.")
			return p.See(page.Link)
		}
		if err := form.Refuse(err); err != nil {
			return err
		}
		if page, err = m.freezePage(p, form); err != nil {
			return err
		}
	}
	return form.Again("manage/freeze", page.title(p), page)
}
