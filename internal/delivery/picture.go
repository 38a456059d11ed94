package delivery

import (
	"context"
	"slices"

	"github.com/haat-market/haat/internal/delivery/deliverydb"
	"github.com/haat-market/haat/internal/platform/blob"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/event"
	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/picture"
	"github.com/haat-market/haat/internal/platform/web"
)

// What a caller may be told of the pictures of a proof.
var (
	ErrPicture         = fault.New(fault.NotFound, "picture_not_found", "There is no such picture of this delivery.")
	ErrTooManyPictures = fault.New(fault.Conflict, "too_many_pictures", "There are as many pictures of this delivery as one may have.")
	ErrSignatureNeeded = fault.New(fault.Invalid, "signature_required", "The receiver of this delivery has to sign. Send the signature first.")
)

// Kinds of pictures.
const (
	Photo     = "photo"     // of the goods where they were left or handed over
	Signature = "signature" // of the receiver, as drawn on the phone
)

const (
	// mostPictures bounds what one delivery keeps.
	mostPictures = 10
	// pictureSide is the longer side in which a proof is kept.
	pictureSide = 1600
)

// AddPicture keeps a photo or a signature that the courier made, as a row of the delivery's history. It is painted anew,
// so nothing of the phone's own notes is kept. Errors: ErrNotFound, ErrNotYours, ErrState, ErrClientEvent,
// ErrTooManyPictures, picture.Faults.
func (s *Service) AddPicture(ctx context.Context, caller web.Caller, id, kind string, n Note, file []byte) error {
	if err := s.mayPicture(ctx, caller, id); err != nil { // before the work of painting
		return err
	}
	pic, err := picture.Make(ctx, file, picture.Options{MaxSide: pictureSide})
	if err != nil {
		return err
	}
	kept, err := s.files.PutPicture(ctx, blob.Private, pic)
	if err != nil {
		return err
	}
	// READ COMMITTED: everything is looked at under the delivery's lock; that a client's event counts once is a unique
	// index.
	return s.db.Write(ctx, "delivery.picture", func(ctx context.Context, tx db.Tx) error {
		w, err := s.begin(ctx, tx, id)
		if err != nil {
			return err
		}
		parties, err := s.parties(ctx, tx, caller, w.row)
		if err != nil {
			return err
		}
		if err := pictured(w.row, parties); err != nil {
			return err
		}
		mine := n
		mine.Actor, mine.courier = caller.Account, *w.row.CourierID
		if done, err := s.before(ctx, tx, w, Event(kind), Action{Note: mine}); done || err != nil {
			return err
		}
		photos, signatures, err := s.picturesOf(ctx, tx, w.row)
		if err != nil {
			return err
		}
		if len(photos)+len(signatures) >= mostPictures {
			return ErrTooManyPictures.With("most", mostPictures)
		}
		if kind == Signature {
			mine.Sign = kept.Name
		} else {
			mine.Photo = kept.Name
		}
		if err := s.note(ctx, tx, &w.row, Event(kind), mine); err != nil {
			return err
		}
		return s.events.Append(ctx, tx, event.Event{Type: "delivery.picture_added", Subject: id, Actor: caller.Account, Facts: map[string]any{"kind": kind, "order": w.row.OrderRef}})
	}, db.ReadCommitted())
}

// mayPicture refuses a picture from somebody who may not add one. Errors: ErrNotFound, ErrNotYours, ErrState.
func (s *Service) mayPicture(ctx context.Context, caller web.Caller, id string) error {
	return s.db.Read(ctx, "delivery.picture", func(ctx context.Context, tx db.Tx) error {
		d, parties, err := s.open(ctx, tx, caller, id)
		if err != nil {
			return err
		}
		return pictured(d, parties)
	})
}

// pictured says whether a picture may be added now: by the courier, while he has the delivery or once he has delivered it,
// because a phone sends pictures when the network bears them.
func pictured(d deliverydb.Delivery, parties []Party) error {
	if !slices.Contains(parties, Courier) {
		return ErrNotYours
	}
	if state := State(d.State); !state.Held() && state != Delivered {
		return wrongState(d, parties)
	}
	return nil
}

// picturesOf are the names of what the courier who has a delivery now has sent of it.
func (s *Service) picturesOf(ctx context.Context, tx db.Tx, d deliverydb.Delivery) (photos, signatures []string, err error) {
	rows, err := deliverydb.New(tx).EventsOf(ctx, d.ID, mostEvents)
	for _, r := range rows {
		switch {
		case d.CourierID == nil || r.CourierID != *d.CourierID:
		case r.Kind == Photo && r.Photo != nil:
			photos = append(photos, *r.Photo)
		case r.Kind == Signature && r.Signature != nil:
			signatures = append(signatures, *r.Signature)
		}
	}
	return photos, signatures, err
}

// attach names the newest photo and signature in the step that they prove.
func (s *Service) attach(ctx context.Context, tx db.Tx, d deliverydb.Delivery, n *Note) error {
	photos, signatures, err := s.picturesOf(ctx, tx, d)
	if len(photos) > 0 {
		n.Photo = photos[len(photos)-1]
	}
	if len(signatures) > 0 {
		n.Sign = signatures[len(signatures)-1]
	}
	return err
}

// PictureFile is a picture of a delivery, for its buyer, its store's people, its courier and admins. Errors: ErrNotFound,
// ErrPicture.
func (s *Service) PictureFile(ctx context.Context, caller web.Caller, id, name string) (*blob.Download, error) {
	err := s.db.Read(ctx, "delivery.picture", func(ctx context.Context, tx db.Tx) error {
		d, err := s.seen(ctx, tx, caller, id)
		if err != nil {
			return err
		}
		return hasPicture(ctx, tx, d, name)
	})
	if err != nil {
		return nil, err
	}
	return s.files.Download(ctx, name, "delivery")
}

// hasPicture refuses a picture that is not a delivery's. Errors: ErrPicture.
func hasPicture(ctx context.Context, tx db.Tx, d deliverydb.Delivery, name string) error {
	rows, err := deliverydb.New(tx).EventsOf(ctx, d.ID, mostEvents)
	if err != nil {
		return err
	}
	for _, r := range rows {
		if r.Photo != nil && *r.Photo == name || r.Signature != nil && *r.Signature == name {
			return nil
		}
	}
	return ErrPicture
}

// seen is a delivery for whoever may see its proof: the buyer too, who may not see its other facts here. Errors:
// ErrNotFound.
func (s *Service) seen(ctx context.Context, tx db.Tx, caller web.Caller, id string) (deliverydb.Delivery, error) {
	d, _, err := s.open(ctx, tx, caller, id)
	if f, ok := fault.As(err); !ok || f.Code != ErrNotFound.Code || d.ID == 0 {
		return d, err
	}
	buyer, err := s.orders.ForBuyer(ctx, tx, caller, d.OrderRef)
	if f, ok := fault.As(err); ok && f.Kind == fault.NotFound || err == nil && !buyer {
		return d, ErrNotFound
	}
	return d, err
}

// proofPictures are where the buyer finds on the market's pages what a delivery was proved with.
func (s *Service) proofPictures(ctx context.Context, tx db.Tx, d deliverydb.Delivery, under string) (out []string, err error) {
	photos, signatures, err := s.picturesOf(ctx, tx, d)
	for _, name := range slices.Concat(photos, signatures) {
		out = append(out, under+name)
	}
	return out, err
}

// picturePath is where a picture is read; "" for none.
func picturePath(delivery string, name *string) string {
	if name == nil {
		return ""
	}
	return "/v1/deliveries/" + delivery + "/pictures/" + *name
}
