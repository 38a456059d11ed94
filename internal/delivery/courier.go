package delivery

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/haat-market/haat/internal/delivery/deliverydb"
	"github.com/haat-market/haat/internal/identity"
	"github.com/haat-market/haat/internal/platform/blob"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/code"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/event"
	"github.com/haat-market/haat/internal/platform/picture"
	"github.com/haat-market/haat/internal/platform/web"
)

// States of a courier.
const (
	Unverified = "unverified"
	Verified   = "verified"
	Suspended  = "suspended"
)

// States of a document.
const (
	docSubmitted = "submitted"
	docVerified  = "verified"
	docRejected  = "rejected"
)

const mostDocuments = 40

// needed are the documents that a courier with a vehicle has to have.
func needed(vehicle string) []string {
	switch vehicle {
	case "", "foot", "bicycle":
		return []string{"identity"}
	default:
		return []string{"identity", "license"}
	}
}

// fit says why a courier may not be given a job now; nil if he may.
func fit(c deliverydb.Courier, now int64) error {
	switch {
	case c.State == Suspended:
		return ErrSuspended.With("reason", c.Reason)
	case c.State != Verified:
		return ErrUnverified
	case c.PapersUntil <= now:
		return ErrExpired.With("expired_at", clock.Time(c.PapersUntil).UTC().Format(time.RFC3339))
	default:
		return nil
	}
}

// Me is the caller's profile as a courier; it is made when he looks first.
func (s *Service) Me(ctx context.Context, caller web.Caller) (CourierView, error) {
	var id int64
	err := s.db.Write(ctx, "delivery.me", func(ctx context.Context, tx db.Tx) error {
		c, err := s.mine(ctx, tx, caller)
		id = c.ID
		return err
	})
	if err != nil {
		return CourierView{}, err
	}
	return s.courierView(ctx, id)
}

// mine is the caller's courier, made where he has none yet.
func (s *Service) mine(ctx context.Context, tx db.Tx, caller web.Caller) (deliverydb.Courier, error) {
	q := deliverydb.New(tx)
	c, err := q.CourierOfAccount(ctx, caller.AccountID)
	if !errors.Is(err, db.ErrNoRows) {
		return c, err
	}
	err = q.InsertCourier(ctx, deliverydb.InsertCourierParams{
		PublicID: code.ID("cou"), AccountID: caller.AccountID, Account: caller.Account, ShareBp: defaultShare, Now: clock.Micro(s.clock.Now()),
	})
	if err != nil {
		return c, err
	}
	return q.CourierOfAccount(ctx, caller.AccountID)
}

// Profile is what a courier says of himself. What is nil stays.
type Profile struct {
	BusinessName *string
	Phone        *string
	Vehicle      *string
	Plate        *string
	Capacity     *int64 // grams
	Available    *bool
}

// Change changes the caller's profile. Another vehicle has to be verified anew.
func (s *Service) Change(ctx context.Context, caller web.Caller, p Profile) (CourierView, error) {
	var id int64
	err := s.db.Write(ctx, "delivery.profile", func(ctx context.Context, tx db.Tx) error {
		c, err := s.mine(ctx, tx, caller)
		if err != nil {
			return err
		}
		if c, err = deliverydb.New(tx).LockCourier(ctx, c.ID); err != nil {
			return err
		}
		id = c.ID
		before := c
		if err := p.apply(&c); err != nil {
			return err
		}
		if c.Vehicle != before.Vehicle || c.Plate != before.Plate {
			if c.State == Verified {
				c.State = Unverified
			}
		}
		if c.Available {
			if err := fit(c, clock.Micro(s.clock.Now())); err != nil {
				if p.Available != nil && *p.Available {
					return err
				}
				c.Available = false
			}
		}
		return s.saveCourier(ctx, tx, c, "delivery.courier_changed", caller.Account, map[string]any{"state": c.State, "available": c.Available, "vehicle": c.Vehicle})
	})
	if err != nil {
		return CourierView{}, err
	}
	return s.courierView(ctx, id)
}

func (p Profile) apply(c *deliverydb.Courier) error {
	for _, f := range []struct {
		path string
		from *string
		to   *string
		most int
	}{
		{"body.business_name", p.BusinessName, &c.BusinessName, 100}, {"body.phone", p.Phone, &c.Contact, 32}, {"body.plate", p.Plate, &c.Plate, 32}, {"body.vehicle", p.Vehicle, &c.Vehicle, 20},
	} {
		if f.from == nil {
			continue
		}
		v, err := identity.Line(f.path, *f.from, f.most)
		if err != nil {
			return err
		}
		*f.to = v
	}
	if p.Capacity != nil {
		c.Capacity = *p.Capacity
	}
	if p.Available != nil {
		c.Available = *p.Available
	}
	return nil
}

func (s *Service) saveCourier(ctx context.Context, tx db.Tx, c deliverydb.Courier, kind, actor string, facts map[string]any) error {
	err := deliverydb.New(tx).UpdateCourier(ctx, deliverydb.UpdateCourierParams{
		BusinessName: c.BusinessName, Contact: c.Contact, Vehicle: c.Vehicle, Plate: c.Plate, Capacity: c.Capacity, State: c.State, Reason: c.Reason,
		PapersUntil: c.PapersUntil, Available: c.Available, ShareBp: c.ShareBp, UpdatedAt: clock.Micro(s.clock.Now()), ID: c.ID,
	})
	if err != nil {
		return err
	}
	return s.events.Append(ctx, tx, event.Event{Type: kind, Subject: c.PublicID, Actor: actor, Facts: facts})
}

// NewDocument is a document that a courier sends in.
type NewDocument struct {
	Kind    string
	Number  string
	Expires time.Time
	Picture []byte // of it; it may be sent later, too
}

// AddDocument sends a document in; one of the same kind that nobody has looked at yet is replaced. Errors:
// ErrDocExpired, ErrTooManyDocs, picture.Faults.
func (s *Service) AddDocument(ctx context.Context, caller web.Caller, n NewDocument) (CourierView, error) {
	number, err := identity.Line("body.number", n.Number, 60)
	if err != nil {
		return CourierView{}, err
	}
	var kept *blob.Blob
	if n.Picture != nil {
		if kept, err = s.keepPaper(ctx, n.Picture); err != nil {
			return CourierView{}, err
		}
	}
	var id int64
	err = s.db.Write(ctx, "delivery.document", func(ctx context.Context, tx db.Tx) error {
		c, err := s.mine(ctx, tx, caller)
		if err != nil {
			return err
		}
		id = c.ID
		now := s.clock.Now()
		if !n.Expires.After(now) {
			return ErrDocExpired
		}
		q := deliverydb.New(tx)
		count, err := q.CountDocuments(ctx, c.ID)
		if err != nil {
			return err
		}
		if count >= mostDocuments {
			return ErrTooManyDocs
		}
		if err := q.ReplaceWaiting(ctx, c.ID, n.Kind); err != nil {
			return err
		}
		doc := code.ID("cdo")
		err = q.InsertDocument(ctx, deliverydb.InsertDocumentParams{
			PublicID: doc, CourierID: c.ID, Kind: n.Kind, Number: number, ExpiresAt: clock.Micro(n.Expires), CreatedAt: clock.Micro(now),
		})
		if err != nil {
			return err
		}
		if kept != nil {
			row, err := q.DocumentByPublicID(ctx, doc)
			if err != nil {
				return err
			}
			if _, err := q.SetDocumentFile(ctx, &kept.Name, row.ID); err != nil {
				return err
			}
		}
		return s.events.Append(ctx, tx, event.Event{Type: "delivery.document_submitted", Subject: c.PublicID, Actor: caller.Account, Facts: map[string]any{"document": doc, "kind": n.Kind}})
	})
	if err != nil {
		return CourierView{}, err
	}
	return s.courierView(ctx, id)
}

// DocumentPicture keeps the picture of a document, where only its courier and admins see it. Errors: ErrDocument,
// ErrDocDecided.
func (s *Service) DocumentPicture(ctx context.Context, caller web.Caller, id string, file []byte) error {
	doc, err := s.document(ctx, caller, id)
	if err != nil {
		return err
	}
	kept, err := s.keepPaper(ctx, file)
	if err != nil {
		return err
	}
	return s.db.Write(ctx, "delivery.document_picture", func(ctx context.Context, tx db.Tx) error {
		n, err := deliverydb.New(tx).SetDocumentFile(ctx, &kept.Name, doc.ID)
		if err != nil {
			return err
		}
		if n == 0 {
			return ErrDocDecided
		}
		if doc.File != nil && *doc.File != kept.Name {
			return s.files.Drop(ctx, tx, *doc.File)
		}
		return nil
	})
}

// keepPaper paints the picture of a document anew and keeps it where only its courier and admins see it.
func (s *Service) keepPaper(ctx context.Context, file []byte) (*blob.Blob, error) {
	pic, err := picture.Make(ctx, file, picture.Options{MaxSide: 2048})
	if err != nil {
		return nil, err
	}
	kept, err := s.files.PutPicture(ctx, blob.Private, pic)
	return &kept, err
}

// document is a document of the caller's, or of anybody for an admin.
func (s *Service) document(ctx context.Context, caller web.Caller, id string) (doc deliverydb.DocumentByPublicIDRow, err error) {
	err = s.db.Read(ctx, "delivery.document", func(ctx context.Context, tx db.Tx) (err error) {
		doc, err = deliverydb.New(tx).DocumentByPublicID(ctx, id)
		if errors.Is(err, db.ErrNoRows) || err == nil && doc.AccountID != caller.AccountID && !caller.Is(web.RoleAdmin) {
			return ErrDocument
		}
		return err
	})
	return doc, err
}

// DocumentFile is the picture of a document, for its courier and admins. Errors: ErrDocument.
func (s *Service) DocumentFile(ctx context.Context, caller web.Caller, id string) (*blob.Download, error) {
	doc, err := s.document(ctx, caller, id)
	if err != nil {
		return nil, err
	}
	if doc.File == nil {
		return nil, ErrDocument
	}
	return s.files.Download(ctx, *doc.File, "document")
}

// Verify says that an admin has seen all documents that a courier sent in, and that they are good. They must be the ones
// that his vehicle needs, and none may be expired. Errors: ErrCourier, ErrDocsMissing, ErrDocExpired.
func (s *Service) Verify(ctx context.Context, caller web.Caller, id string) (CourierView, error) {
	return s.judge(ctx, caller, id, func(ctx context.Context, tx db.Tx, c *deliverydb.Courier, docs []deliverydb.CourierDocument) error {
		now := clock.Micro(s.clock.Now())
		q := deliverydb.New(tx)
		have := map[string]int64{}
		for _, d := range docs {
			if d.State == docRejected || d.State == docVerified && have[d.Kind] > d.ExpiresAt {
				continue
			}
			if d.State == docSubmitted {
				if d.ExpiresAt <= now {
					return ErrDocExpired.With("document", d.PublicID)
				}
				if err := q.ReplaceVerified(ctx, c.ID, d.Kind); err != nil {
					return err
				}
				if err := q.DecideDocument(ctx, deliverydb.DecideDocumentParams{State: docVerified, DecidedBy: caller.Account, DecidedAt: &now, ID: d.ID}); err != nil {
					return err
				}
			}
			have[d.Kind] = d.ExpiresAt
		}
		var missing []string
		for _, kind := range needed(c.Vehicle) {
			if have[kind] <= now {
				missing = append(missing, kind)
			}
		}
		if c.Vehicle == "" {
			missing = append(missing, "vehicle")
		}
		if c.Capacity == 0 {
			missing = append(missing, "capacity")
		}
		if len(missing) > 0 {
			return ErrDocsMissing.With("missing", missing)
		}
		c.State, c.Reason, c.PapersUntil = Verified, "", 0
		for _, until := range have {
			if c.PapersUntil == 0 || until < c.PapersUntil {
				c.PapersUntil = until
			}
		}
		return nil
	})
}

// Refuse says that documents are not good, and why; or that a verified courier may not go on.
func (s *Service) Refuse(ctx context.Context, caller web.Caller, id, reason string, suspend bool) (CourierView, error) {
	return s.judge(ctx, caller, id, func(ctx context.Context, tx db.Tx, c *deliverydb.Courier, docs []deliverydb.CourierDocument) error {
		now := clock.Micro(s.clock.Now())
		c.Reason, c.Available = reason, false
		if suspend {
			c.State = Suspended
			return nil
		}
		c.State = Unverified
		for _, d := range docs {
			if d.State != docSubmitted {
				continue
			}
			err := deliverydb.New(tx).DecideDocument(ctx, deliverydb.DecideDocumentParams{State: docRejected, Reason: reason, DecidedBy: caller.Account, DecidedAt: &now, ID: d.ID})
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// SetShare sets a courier's part of the fees of jobs that he is given from now on, in hundredths of a percent.
func (s *Service) SetShare(ctx context.Context, caller web.Caller, id string, bp int64) (CourierView, error) {
	return s.judge(ctx, caller, id, func(_ context.Context, _ db.Tx, c *deliverydb.Courier, _ []deliverydb.CourierDocument) error {
		c.ShareBp = bp
		return nil
	})
}

func (s *Service) judge(ctx context.Context, caller web.Caller, id string, f func(context.Context, db.Tx, *deliverydb.Courier, []deliverydb.CourierDocument) error) (CourierView, error) {
	var key int64
	err := s.db.Write(ctx, "delivery.judge", func(ctx context.Context, tx db.Tx) error {
		q := deliverydb.New(tx)
		c, err := q.CourierByPublicID(ctx, id)
		if errors.Is(err, db.ErrNoRows) {
			return ErrCourier
		}
		if err != nil {
			return err
		}
		if c, err = q.LockCourier(ctx, c.ID); err != nil {
			return err
		}
		key = c.ID
		docs, err := q.DocumentsOf(ctx, []int64{c.ID})
		if err != nil {
			return err
		}
		if err := f(ctx, tx, &c, slices.Clone(docs)); err != nil {
			return err
		}
		return s.saveCourier(ctx, tx, c, "delivery.courier_"+c.State, caller.Account, map[string]any{"share_bp": c.ShareBp, "reason": c.Reason})
	})
	if err != nil {
		return CourierView{}, err
	}
	return s.courierView(ctx, key)
}
