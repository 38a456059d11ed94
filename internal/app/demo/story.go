package demo

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"time"

	"github.com/haat-market/haat/internal/app"
	"github.com/haat-market/haat/internal/catalog"
	"github.com/haat-market/haat/internal/identity"
	"github.com/haat-market/haat/internal/inventory"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/internal/store"
)

// days is how long the story is.
const days = 60

// settings are the market's.
var settings = map[string]string{
	"name": "Haat Demo", "legal_name": "Haat Demo Market Pvt. Ltd.", "address": "Asan Tole 1, 44600 Kathmandu, Nepal",
	"tax_number": "301234567", "email": "market" + domain, "phone": "+977 1 5550100", "languages": "en,ne,hi,ar",
	"prices_include_tax": "true", "tax_rate_bp": "1300", "platform_fee_bp": "250", "gateway_fee_fixed": "2.00", "gateway_fee_bp": "250",
	"delivery_flat": "120.00", "delivery_free_above": "5000.00",
	// Long, so that there is time to look at a checkout that waits.
	"payment_window_minutes": "60",
}

// story is the market while it is filled.
type story struct {
	app      *app.App
	clock    *walk
	rnd      *rand.Rand // for the plan, which one goroutine makes
	begin    time.Time  // of the trade, midnight at the market
	end      time.Time
	parallel int

	hash   string // of the password
	admin  web.Caller
	tree   map[string]string // the ids of categories by their slugs
	stalls []*stall
	buyers []*buyer
	riders []web.Caller
	deeds  []deed
	// arrived counts the planned orders that reach their buyers.
	arrived int

	owed     atomic.Bool // jobs were written down
	products atomic.Int64
	orders   atomic.Int64
	refusals atomic.Int64
}

// stall is a shop that was opened.
type stall struct {
	shop
	id    string
	owner web.Caller
	hands []web.Caller // who handles orders
	stock []web.Caller // who counts
	items []*item
}

// item is a variant that is on sale.
type item struct {
	variant string
	price   int64
	// left is how much of it the plan may still promise; what comes back is not counted.
	left int64
	// apart: a scene has it for itself.
	apart bool
}

// buyer is a customer with what the plan needs to know of him.
type buyer struct {
	human
	web.Caller
	lane      int
	addresses []string
	purse     int64 // what the plan may still take from the wallet
}

func callerOf(a identity.Account) web.Caller {
	return web.Caller{AccountID: a.ID, Account: a.PublicID, Roles: a.Roles}
}

// join makes an account.
func (s *story) join(ctx context.Context, h human, roles ...string) (web.Caller, error) {
	a, err := insist(func() (identity.Account, error) {
		return s.app.Identity.CreateAccount(ctx, identity.NewAccount{
			Name: h.name, Email: h.mail + domain, Phone: h.phone, PasswordHash: s.hash, Roles: roles,
		})
	})
	if err != nil {
		return web.Caller{}, fmt.Errorf("account %s: %w", h.mail, err)
	}
	return callerOf(a), nil
}

// open sets the market up: its settings, those who run it, the tree of categories, the stores and what they sell, the
// customers and where they live.
func (s *story) open(ctx context.Context) (err error) {
	if _, err := s.app.Market.Change(ctx, "system", nil, settings); err != nil {
		return err
	}
	if s.hash, err = s.app.Identity.HashPassword(ctx, Password); err != nil {
		return err
	}
	if _, err := s.join(ctx, superadmin, web.RoleSuperadmin, web.RoleAdmin, web.RoleCustomer); err != nil {
		return err
	}
	if s.admin, err = s.join(ctx, admin, web.RoleAdmin, web.RoleCustomer); err != nil {
		return err
	}
	if err := s.hire(ctx); err != nil {
		return err
	}
	if s.tree, err = s.categories(ctx); err != nil {
		return err
	}
	s.stalls, s.buyers = make([]*stall, len(shops)), make([]*buyer, len(customers))
	side := s.side(ctx)
	for i, sh := range shops {
		side.Go(func() (err error) {
			s.stalls[i], err = s.found(side.ctx, sh)
			return err
		})
	}
	for i, h := range customers {
		side.Go(func() (err error) {
			s.buyers[i], err = s.register(side.ctx, h, i)
			return err
		})
	}
	if err := side.Wait(); err != nil {
		return err
	}
	return s.shelves(ctx, s.tree)
}

// categories makes the tree, level by level.
func (s *story) categories(ctx context.Context) (map[string]string, error) {
	rest, err := categories()
	if err != nil {
		return nil, err
	}
	ids := map[string]string{"": ""}
	for position := 0; len(rest) > 0; {
		var ready, later []category
		for _, c := range rest {
			if _, ok := ids[c.above]; ok {
				ready = append(ready, c)
			} else {
				later = append(later, c)
			}
		}
		if len(ready) == 0 {
			return nil, fmt.Errorf("category %s is below one that there is not", rest[0].slug)
		}
		made := make([]catalog.Category, len(ready))
		side := s.side(ctx)
		for i, c := range ready {
			in := catalog.CategoryInput{Slug: c.slug, Name: c.name, Parent: ids[c.above], Position: int64(position + i)}
			side.Go(func() (err error) {
				made[i], err = insist(func() (catalog.Category, error) { return s.app.Catalog.CreateCategory(side.ctx, in) })
				return err
			})
		}
		if err := side.Wait(); err != nil {
			return nil, fmt.Errorf("categories: %w", err)
		}
		for i, c := range ready {
			ids[c.slug] = made[i].ID
		}
		rest, position = later, position+len(ready)
	}
	return ids, nil
}

// found opens a store with its people.
func (s *story) found(ctx context.Context, sh shop) (*stall, error) {
	st := &stall{shop: sh}
	var err error
	if st.owner, err = s.join(ctx, sh.owner, web.RoleSeller, web.RoleCustomer); err != nil {
		return nil, err
	}
	st.hands, st.stock = []web.Caller{st.owner}, []web.Caller{st.owner}
	profile, home := sh.profile, sh.owner.address()
	profile.Address, profile.Sells = &home, true
	profile.Email, profile.Phone, profile.WhatsApp = sh.owner.mail+domain, sh.owner.phone, sh.owner.phone
	made, err := insist(func() (store.Seen, error) {
		v, _, err := s.app.Stores.Create(ctx, st.owner, profile)
		return v, err
	})
	if err != nil {
		return nil, fmt.Errorf("store %s: %w", profile.Name, err)
	}
	st.id = made.PublicID
	if _, err := insist(func() (store.Seen, error) { return s.app.Stores.Move(ctx, st.owner, st.id, store.Publish, "") }); err != nil {
		return nil, fmt.Errorf("store %s: %w", profile.Name, err)
	}
	for _, e := range sh.staff {
		who, err := s.join(ctx, e.human, web.RoleCustomer)
		if err != nil {
			return nil, err
		}
		rights := make([]string, len(e.rights))
		for i, r := range e.rights {
			rights[i] = string(r)
			switch r {
			case store.Orders:
				st.hands = append(st.hands, who)
			case store.Stock:
				st.stock = append(st.stock, who)
			}
		}
		if _, err := insist(func() (store.Person, error) {
			p, _, err := s.app.Stores.SetPerson(ctx, st.owner, st.id, who.Account, rights)
			return p, err
		}); err != nil {
			return nil, fmt.Errorf("staff %s: %w", e.mail, err)
		}
	}
	return st, nil
}

// register makes a customer with an address, and some with a second one.
func (s *story) register(ctx context.Context, h human, i int) (*buyer, error) {
	who, err := s.join(ctx, h, web.RoleCustomer)
	if err != nil {
		return nil, err
	}
	b := &buyer{human: h, Caller: who, lane: i + 1}
	homes := []identity.NewAddress{{Label: "Home", Address: h.address()}}
	if i%4 == 0 {
		work := h.address()
		work.Line1, work.Line2, work.Lat, work.Lng = "Sunrise Business Park", "3rd floor, ask at the desk", "", ""
		homes = append(homes, identity.NewAddress{Label: "Work", Address: work})
	}
	for _, a := range homes {
		kept, err := insist(func() (identity.SavedAddress, error) {
			v, _, err := s.app.Identity.AddAddress(ctx, who, a)
			return v, err
		})
		if err != nil {
			return nil, fmt.Errorf("address of %s: %w", h.mail, err)
		}
		b.addresses = append(b.addresses, kept.PublicID)
	}
	return b, nil
}

// shelves fills the stores, all of them side by side. A few products are still being written, and a few are not sold
// any more.
func (s *story) shelves(ctx context.Context, tree map[string]string) error {
	found := make([][][]*item, len(s.stalls))
	var work []func(ctx context.Context) error
	for n, st := range s.stalls {
		list, err := products(st.file, st.prefix, st.maker)
		if err != nil {
			return err
		}
		found[n] = make([][]*item, len(list))
		for i, p := range list {
			id, ok := tree[p.category]
			if !ok {
				return fmt.Errorf("%s: there is no category %s", p.input.Title, p.category)
			}
			p.input.Category = id
			for v := range p.input.Variants {
				if v := &p.input.Variants[v]; v.TrackStock {
					units := s.firstStock(p.dear)
					v.Stock = &units
				}
			}
			work = append(work, func(ctx context.Context) (err error) {
				found[n][i], err = s.offer(ctx, st, p, i)
				return err
			})
		}
	}
	s.rnd.Shuffle(len(work), func(i, j int) { work[i], work[j] = work[j], work[i] })
	side := s.side(ctx)
	for _, do := range work {
		side.Go(func() error { return do(side.ctx) })
	}
	if err := side.Wait(); err != nil {
		return err
	}
	for n, st := range s.stalls {
		st.items = slices.Concat(found[n]...)
	}
	return nil
}

// firstStock is how much of a thing there is at the beginning: of some nothing, of some the last few.
func (s *story) firstStock(dear bool) int64 {
	switch n := s.rnd.IntN(100); {
	case n < 4:
		return 0
	case n < 12:
		return 2 + s.rnd.Int64N(4)
	case dear:
		return 6 + s.rnd.Int64N(20)
	}
	return 25 + s.rnd.Int64N(130)
}

// offer puts a product on sale and gives its variants.
func (s *story) offer(ctx context.Context, st *stall, p product, i int) ([]*item, error) {
	ctx = web.WithCaller(ctx, st.owner)
	fail := func(err error) error { return fmt.Errorf("product %s: %w", p.input.Title, err) }
	made, err := insist(func() (catalog.Product, error) { return s.app.Catalog.CreateProduct(ctx, st.owner, st.id, p.input) })
	if err != nil {
		return nil, fail(err)
	}
	s.products.Add(1)
	action := catalog.Publish
	switch i {
	case 11: // still a draft
		return nil, nil
	case 23:
		action = catalog.Archive
	}
	if _, err := insist(func() (catalog.Product, error) { return s.app.Catalog.Act(ctx, st.owner, made.ID, action) }); err != nil {
		return nil, fail(err)
	}
	if action == catalog.Archive {
		return nil, nil
	}
	items := make([]*item, len(made.Variants))
	for n, v := range made.Variants {
		items[n] = &item{variant: v.ID, price: v.Price.Minor, left: 1 << 40}
		if v.Available != nil {
			items[n].left = *v.Available
		}
	}
	return items, nil
}

// count changes the stock of something by so much.
func (s *story) count(ctx context.Context, who web.Caller, it *item, a inventory.Adjustment) error {
	_, err := insist(func() (inventory.Movement, error) {
		return s.app.Inventory.Adjust(web.WithCaller(ctx, who), who, it.variant, a)
	})
	return err
}

// mark notes in the market's log how far the filling is.
func (s *story) mark(ctx context.Context, what string, facts map[string]any) error {
	return s.app.DB.Write(ctx, "demo.mark", func(ctx context.Context, tx db.Tx) error {
		return s.app.Events.Append(ctx, tx, mark(what, facts))
	})
}
