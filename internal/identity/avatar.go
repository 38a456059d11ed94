package identity

import (
	"context"

	"github.com/haat-market/haat/internal/identity/identitydb"
	"github.com/haat-market/haat/internal/platform/blob"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/picture"
	"github.com/haat-market/haat/internal/platform/web"
)

// avatarForm is how pictures of people are kept: small.
var avatarForm = picture.Options{MaxSide: 512, Widths: []int{160}}

// SetAvatar gives the caller a picture, painted anew, so that nothing of the file but the picture is kept.
// Errors: picture.Faults.
func (s *Service) SetAvatar(ctx context.Context, c web.Caller, file []byte) (a Account, err error) {
	painted, err := picture.Make(ctx, file, avatarForm)
	if err != nil {
		return a, err
	}
	kept, err := s.blobs.PutPicture(ctx, blob.Public, painted)
	if err != nil {
		return a, err
	}
	return s.changeAvatar(ctx, c, kept.Name)
}

// DropAvatar takes the caller's picture away. Doing it again changes nothing.
func (s *Service) DropAvatar(ctx context.Context, c web.Caller) error {
	_, err := s.changeAvatar(ctx, c, "")
	return err
}

func (s *Service) changeAvatar(ctx context.Context, c web.Caller, name string) (a Account, err error) {
	err = s.db.Write(ctx, "identity.avatar", func(ctx context.Context, tx db.Tx) (err error) {
		if a, err = s.FindID(ctx, tx, c.AccountID); err != nil || a.Avatar == name {
			return err
		}
		old := a.Avatar
		a.Avatar, a.UpdatedAt = name, s.clock.Now()
		if err := identitydb.New(tx).UpdateAvatar(ctx, given(name), clock.Micro(a.UpdatedAt), a.ID); err != nil {
			return err
		}
		if err := s.blobs.Drop(ctx, tx, old); err != nil {
			return err
		}
		return s.append(ctx, tx, "account.updated", a.PublicID, actor(c), map[string]any{"changed": []string{"avatar"}})
	})
	return a, err
}

// AvatarURL is where a picture of a person is shown; "" where there is none.
func (s *Service) AvatarURL(name string) string {
	if name == "" || s.blobs == nil {
		return ""
	}
	return s.blobs.URL(name, 160)
}
