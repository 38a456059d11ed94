package delivery

import (
	"crypto/subtle"
	"encoding/base64"
	"strconv"

	"github.com/haat-market/haat/internal/delivery/deliverydb"
	"github.com/haat-market/haat/internal/platform/code"
)

// Secrets are made of the server's key, so they can be shown again to their owner and are stored nowhere.
func (s *Service) mac(purpose, text string) []byte { return code.MAC(s.key, "delivery."+purpose, text) }

// secret is a token of 128 bits in 22 letters.
func (s *Service) secret(purpose, text string) string {
	return base64.RawURLEncoding.EncodeToString(s.mac(purpose, text)[:16])
}

// trackToken is what the public page of a delivery is reached by.
func (s *Service) trackToken(id string) string { return s.secret("track", id) }

// pin is the receiver's of a delivery.
func (s *Service) pin(d deliverydb.Delivery) string {
	return code.KeyedPIN(s.key, "delivery.pin", d.PublicID+"\x00"+strconv.FormatInt(d.PinNo, 10))
}

// qr is the secret in the receiver's code.
func (s *Service) qr(d deliverydb.Delivery) string {
	return s.secret("qr", d.PublicID+"\x00"+strconv.FormatInt(d.PinNo, 10))
}

// qrHash is what the courier's phone may hold of it, so that it can check the code without the network.
func (s *Service) qrHash(d deliverydb.Delivery) string {
	if d.PinNo == 0 {
		return ""
	}
	return code.Hash(s.qr(d))
}

func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }
