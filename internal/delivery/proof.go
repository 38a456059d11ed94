package delivery

import (
	"context"
	"errors"
	"slices"

	"github.com/haat-market/haat/internal/delivery/deliverydb"
	"github.com/haat-market/haat/internal/order"
	"github.com/haat-market/haat/internal/platform/blob"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/internal/store"
)

// Proof is what the receiver shows at the door.
type Proof struct {
	Delivery string
	State    State
	PIN      string
	QR       string
	Tries    int64
	Kind     string
}

// receives refuses everybody but who receives what is carried of an order: its buyer, or the people of the dealer who
// bought it. Errors: order.ErrNotFound.
func (s *Service) receives(ctx context.Context, tx db.Tx, caller web.Caller, id string) error {
	buyer, err := s.orders.ForBuyer(ctx, tx, caller, id)
	if err != nil {
		return err
	}
	d, err := deliverydb.New(tx).LastOfOrder(ctx, id)
	if errors.Is(err, db.ErrNoRows) || err == nil && d.Side == sale {
		if !buyer {
			return order.ErrNotFound // whoever sells or carries sees no PIN
		}
		return nil
	}
	if err != nil {
		return err
	}
	if caller.Is(web.RoleAdmin) { // may do anything for a dealer, and needs no PIN
		return order.ErrNotFound
	}
	_, err = s.stores.RequireID(ctx, tx, caller, d.StoreID, store.Orders)
	if f, ok := fault.As(err); ok && f.Kind != fault.Internal {
		return order.ErrNotFound
	}
	return err
}

// ProofOf is the proof of what is carried of an order, for who receives it alone; delivery: which one, where there are
// several, else the newest. Errors: order.ErrNotFound, ErrNoProof.
func (s *Service) ProofOf(ctx context.Context, caller web.Caller, id, delivery string) (p Proof, err error) {
	err = s.db.Read(ctx, "delivery.proof", func(ctx context.Context, tx db.Tx) error {
		if err := s.receives(ctx, tx, caller, id); err != nil {
			return err
		}
		p, err = s.lastProof(ctx, tx, id, delivery)
		return err
	})
	return p, err
}

// RenewProof makes another PIN and code, with all tries. Errors: order.ErrNotFound, ErrNoProof.
func (s *Service) RenewProof(ctx context.Context, caller web.Caller, id, delivery string) (Proof, error) {
	err := s.db.Write(ctx, "delivery.renew", func(ctx context.Context, tx db.Tx) error {
		if err := s.receives(ctx, tx, caller, id); err != nil {
			return err
		}
		return s.renew(ctx, tx, id, delivery)
	})
	if err != nil {
		return Proof{}, err
	}
	return s.ProofOf(ctx, caller, id, delivery)
}

// RateIt is the buyer's word on a delivery, one to five stars, once; of several that arrived on the newest, unless he names
// one. Errors: order.ErrNotFound, ErrRated.
func (s *Service) RateIt(ctx context.Context, caller web.Caller, id, delivery string, stars int64) error {
	return s.db.Write(ctx, "delivery.rate", func(ctx context.Context, tx db.Tx) error {
		buyer, err := s.orders.ForBuyer(ctx, tx, caller, id)
		if err != nil {
			return err
		}
		if !buyer {
			return order.ErrNotFound
		}
		q := deliverydb.New(tx)
		d, err := s.named(ctx, tx, id, delivery, func(d deliverydb.Delivery) bool { return State(d.State) == Delivered && d.Rating == nil })
		if err != nil {
			return notFound(err, ErrRated)
		}
		n, err := q.Rate(ctx, &stars, clock.Micro(s.clock.Now()), d.ID)
		if err != nil {
			return err
		}
		if n == 0 || d.CourierID == nil {
			return ErrRated
		}
		return q.RateCourier(ctx, stars, *d.CourierID)
	})
}

// named is the delivery of an order that was named; else the newest that fits, else the newest.
func (s *Service) named(ctx context.Context, tx db.Tx, id, delivery string, fits func(deliverydb.Delivery) bool) (deliverydb.Delivery, error) {
	q := deliverydb.New(tx)
	if delivery != "" {
		d, err := q.Delivery(ctx, delivery)
		if err == nil && d.OrderRef != id {
			err = db.ErrNoRows
		}
		return d, err
	}
	live, err := q.LiveOfOrder(ctx, id)
	if err != nil {
		return deliverydb.Delivery{}, err
	}
	for _, d := range slices.Backward(live) {
		if fits(d) {
			return d, nil
		}
	}
	return q.LastOfOrder(ctx, id)
}

func proved(d deliverydb.Delivery) bool { return d.Open && d.PinNo > 0 }

// proof is what is shown at the door. Errors: ErrNoProof.
func (s *Service) proof(d deliverydb.Delivery) (p Proof, err error) {
	if d.PinNo == 0 {
		return p, ErrNoProof
	}
	p = Proof{Delivery: d.PublicID, State: State(d.State), Tries: MostTries - d.Tries, Kind: d.Proof}
	if d.Open {
		p.PIN, p.QR = s.pin(d), s.qr(d)
	}
	return p, nil
}

// lastProof is the proof of a delivery of an order. Errors: ErrNoProof.
func (s *Service) lastProof(ctx context.Context, tx db.Tx, id, delivery string) (Proof, error) {
	d, err := s.named(ctx, tx, id, delivery, proved)
	if err != nil {
		return Proof{}, notFound(err, ErrNoProof)
	}
	return s.proof(d)
}

// renew makes another proof of an order's delivery. Errors: ErrNoProof.
func (s *Service) renew(ctx context.Context, tx db.Tx, id, delivery string) error {
	d, err := s.named(ctx, tx, id, delivery, proved)
	if err != nil {
		return notFound(err, ErrNoProof)
	}
	n, err := deliverydb.New(tx).Renew(ctx, clock.Micro(s.clock.Now()), d.ID)
	if err == nil && n == 0 {
		return ErrNoProof
	}
	return err
}

// ProofOfGuest is the proof of an order, for whoever placed it with a guest's token; the order is the follow link's.
// Errors: order.ErrFollow, order.ErrNotGuest, ErrNoProof.
func (s *Service) ProofOfGuest(ctx context.Context, token, guest, delivery string) (p Proof, err error) {
	err = s.db.Read(ctx, "delivery.proof", func(ctx context.Context, tx db.Tx) error {
		id, err := s.orders.OfGuest(ctx, tx, token, guest)
		if err != nil {
			return err
		}
		p, err = s.lastProof(ctx, tx, id, delivery)
		return err
	})
	return p, err
}

// RenewOfGuest makes another PIN and code, as RenewProof. Errors: order.ErrFollow, order.ErrNotGuest, ErrNoProof.
func (s *Service) RenewOfGuest(ctx context.Context, token, guest, delivery string) (Proof, error) {
	err := s.db.Write(ctx, "delivery.renew", func(ctx context.Context, tx db.Tx) error {
		id, err := s.orders.OfGuest(ctx, tx, token, guest)
		if err != nil {
			return err
		}
		return s.renew(ctx, tx, id, delivery)
	})
	if err != nil {
		return Proof{}, err
	}
	return s.ProofOfGuest(ctx, token, guest, delivery)
}

// BuyersDelivery is what a buyer sees of what carries his order: where to follow it, and what he shows at the door.
type BuyersDelivery struct {
	Delivery string
	State    State
	Path     string // of the public page, on this market
	Proof    *Proof
	Lines    []LineView
	// Pictures are the paths of photo and signature on this market's pages, once it is delivered.
	Pictures []string
}

// ForOrder is what the buyer sees of an order's deliveries, the oldest first: those that carry it or brought it, else the
// last. Who sells to a dealer sees what fetches it, and no proof. Errors: order.ErrNotFound.
func (s *Service) ForOrder(ctx context.Context, caller web.Caller, id string) (out []BuyersDelivery, err error) {
	err = s.db.Read(ctx, "delivery.for_order", func(ctx context.Context, tx db.Tx) error {
		out = nil
		buyer, err := s.orders.ForBuyer(ctx, tx, caller, id)
		if err != nil || !buyer {
			return err
		}
		out, err = s.forOrder(ctx, tx, id, "/deliveries/")
		return err
	})
	return out, err
}

// ForLink is ForOrder for whoever has an order's follow link, without what is shown at the door and without pictures; with
// both for the guest who placed the order. Errors: order.ErrFollow.
func (s *Service) ForLink(ctx context.Context, token, guest string) (out []BuyersDelivery, err error) {
	err = s.db.Read(ctx, "delivery.for_link", func(ctx context.Context, tx db.Tx) error {
		id, err := s.orders.OfLink(ctx, tx, token)
		if err != nil {
			return err
		}
		if out, err = s.forOrder(ctx, tx, id, "/o/"+token+"/"); err != nil {
			return err
		}
		if _, err = s.orders.OfGuest(ctx, tx, token, guest); !errors.Is(err, order.ErrNotGuest) {
			return err
		}
		for i := range out {
			out[i].Proof, out[i].Pictures = nil, nil
		}
		return nil
	})
	return out, err
}

// forOrder reads them; under is where pictures are shown.
func (s *Service) forOrder(ctx context.Context, tx db.Tx, id, under string) ([]BuyersDelivery, error) {
	q := deliverydb.New(tx)
	rows, err := q.LiveOfOrder(ctx, id)
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		d, err := q.LastOfOrder(ctx, id)
		if errors.Is(err, db.ErrNoRows) || err == nil && State(d.State) == Cancelled {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		rows = append(rows, d)
	}
	carries, err := s.cargoViews(ctx, tx, rows)
	if err != nil {
		return nil, err
	}
	out := make([]BuyersDelivery, len(rows))
	for i, d := range rows {
		out[i] = BuyersDelivery{Delivery: d.PublicID, State: State(d.State), Path: "/t/" + s.trackToken(d.PublicID), Lines: carries[d.ID]}
		if d.Side == buyback {
			continue
		}
		if p, err := s.proof(d); err == nil {
			out[i].Proof = &p
		}
		if out[i].State == Delivered {
			if out[i].Pictures, err = s.proofPictures(ctx, tx, d, under+d.PublicID+"/pictures/"); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

// PictureOfGuest is a picture of what a delivery was proved with, for the guest who placed its order: the follow link alone
// does not do, as it does not for the PIN. Errors: order.ErrFollow, order.ErrNotGuest, ErrPicture.
func (s *Service) PictureOfGuest(ctx context.Context, token, guest, delivery, name string) (*blob.Download, error) {
	err := s.db.Read(ctx, "delivery.picture", func(ctx context.Context, tx db.Tx) error {
		id, err := s.orders.OfGuest(ctx, tx, token, guest)
		if err != nil {
			return err
		}
		d, err := deliverydb.New(tx).Delivery(ctx, delivery)
		if err != nil {
			return notFound(err, ErrPicture)
		}
		if d.OrderRef != id {
			return ErrPicture
		}
		return hasPicture(ctx, tx, d, name)
	})
	if err != nil {
		return nil, err
	}
	return s.files.Download(ctx, name, "delivery")
}
