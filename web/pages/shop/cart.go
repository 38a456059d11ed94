package shop

import (
	"errors"

	"github.com/haat-market/haat/internal/cart"
	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/web/pages/frame"
)

type cartPage struct {
	cart.View
	Ready   bool // nothing stands against buying it
	Changed bool // a sync would mend something
	Selling cart.SellingView
	Units   map[string]string
}

func (s *shop) cart(p *frame.Page) error {
	p.NoIndex = true
	page, err := s.cartPage(p)
	if err != nil {
		return err
	}
	return p.Show("shop/cart", p.T("Your cart"), page)
}

func (s *shop) cartPage(p *frame.Page) (cartPage, error) {
	holder, err := p.Holder()
	if err != nil {
		return cartPage{}, err
	}
	v, err := s.Cart.View(p.Context(), holder)
	page := cartPage{View: v, Ready: len(v.Items) > 0}
	for _, it := range v.Items {
		if len(it.Issues) > 0 {
			page.Ready, page.Changed = false, true
		}
	}
	if err != nil || !p.Caller.SignedIn() {
		return page, err
	}
	page.Selling, err = s.Cart.ShowSelling(p.Context(), p.Caller.AccountID)
	page.Units = units(p)
	return page, err
}

// addToCart puts a variant into the reader's cart; who has none gets one.
func (s *shop) addToCart(p *frame.Page) error {
	form, err := p.Sent("variant", "quantity", "product")
	if err != nil {
		return err
	}
	quantity := form.Int("quantity")
	if quantity < 1 && form.Ok() {
		form.Wrong("quantity", p.T("Must be 1 or more."))
	}
	if form.Ok() {
		err := s.add(p, form.Get("variant"), quantity)
		if err == nil {
			p.Leave("It is in your cart.")
			return p.See("/cart")
		}
		if f, ok := fault.As(err); ok && f.Code == cart.ErrOutOfStock.Code {
			form.Wrong("quantity", p.Say(f))
		} else if err := form.Refuse(err); err != nil {
			return err
		}
	}
	p.Self = "/p/" + form.Get("product")
	page, err := s.productPage(p, form.Get("product"), form)
	if err != nil {
		return err
	}
	return form.Again("shop/product", page.Title, page)
}

func (s *shop) add(p *frame.Page, variant string, quantity int64) error {
	holder, fresh, err := s.Cart.Welcome(p.Context(), p.Caller, p.Guest())
	if err != nil {
		return err
	}
	if _, err := s.Cart.Add(p.Context(), holder, variant, quantity); err != nil {
		return err
	}
	if err := s.Cart.Keep(p.Context(), holder); err != nil {
		return err
	}
	switch {
	case fresh != "":
		p.KeepGuest(fresh)
	case !p.Caller.SignedIn():
		p.KeepGuest(p.Guest())
	}
	return nil
}

// changeLine sets how many of a thing are wanted; none takes it out.
func (s *shop) changeLine(p *frame.Page) error {
	form, err := p.Sent("quantity", "remove")
	if err != nil {
		return err
	}
	holder, err := p.Holder()
	if err != nil {
		return err
	}
	line := p.R.PathValue("line")
	quantity := int64(0)
	if !form.Has("remove") {
		quantity = form.Int("quantity")
	}
	switch {
	case !form.Ok() || quantity < 0:
		p.Leave("That is no quantity.")
		return p.See("/cart")
	case quantity == 0:
		err = s.Cart.Remove(p.Context(), holder, line)
		if err == nil {
			p.Leave("It was taken out.")
		}
	default:
		_, err = s.Cart.Change(p.Context(), holder, line, quantity)
		if err == nil {
			p.Leave("Your cart was changed.")
		}
	}
	return s.toCart(p, err)
}

// toCart goes back to the cart, and says there what was refused.
func (s *shop) toCart(p *frame.Page, err error) error {
	if f, ok := fault.As(err); ok && (f.Kind == fault.Conflict || f.Kind == fault.Invalid || errors.Is(err, cart.ErrLineNotFound)) {
		switch f.Code {
		case cart.ErrOutOfStock.Code:
			p.Leave("There is not that much left of it.")
		case cart.ErrTooMany.Code, cart.ErrTooExpensive.Code:
			p.Leave("That is more than a cart can hold.")
		default:
			p.Leave("Something in your cart has changed. Please look at it again.")
		}
		return p.See("/cart")
	}
	if err != nil {
		return err
	}
	return p.See("/cart")
}

// syncCart agrees to what the market says now: prices, what is left, what is gone.
func (s *shop) syncCart(p *frame.Page) error {
	holder, err := p.Holder()
	if err != nil {
		return err
	}
	if holder == 0 {
		return p.See("/cart")
	}
	_, changes, err := s.Cart.Sync(p.Context(), holder, nil)
	if err == nil && len(changes) > 0 {
		p.Leave("Your cart is as the market has it now.")
	}
	return s.toCart(p, err)
}
