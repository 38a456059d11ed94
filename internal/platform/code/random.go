package code

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"sync"
)

// randomPool keeps some of the operating system's randomness at hand: an order
// takes a dozen ids, and one system call for many is cheaper than one for each.
// Secrets do not come from here, so that none lies in memory before its time.
type randomPool struct {
	mu   sync.Mutex
	buf  [1024]byte
	left int
}

var pool randomPool

func (p *randomPool) read(out []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for len(out) > 0 {
		if p.left == 0 {
			fill(p.buf[:])
			p.left = len(p.buf)
		}
		from := p.buf[len(p.buf)-p.left:]
		n := copy(out, from)
		clear(from[:n]) // handed out once
		p.left -= n
		out = out[n:]
	}
}

// fill never fails: crypto/rand ends the program when the operating system has
// no randomness to give, because nothing safe could follow.
func fill(b []byte) {
	if _, err := rand.Read(b); err != nil {
		panic("code: no randomness: " + err.Error())
	}
}

// Token is a new secret of 256 random bits in URL-safe text (43 letters). Only
// its Hash is stored.
func Token() string {
	var b [32]byte
	fill(b[:])
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// Hash is the stored form of a token: SHA-256 in hexadecimal. It is for secrets
// with enough randomness of their own, never for passwords or PINs.
func Hash(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// Digits is a random number of n digits (2 to 18) for paper and telephone. The
// first is not zero, because spreadsheets drop it; the last is a Luhn check
// digit, which shows any single wrong digit and nearly all swapped neighbours.
// Such numbers are names, not secrets: for those there is PIN.
func Digits(n int) string {
	if n < 2 || n > 18 {
		panic("code: digits out of range")
	}
	out := make([]byte, n)
	out[0] = '1' + digitBelow(9, pool.read)
	for i := 1; i < n-1; i++ {
		out[i] = '0' + digitBelow(10, pool.read)
	}
	out[n-1] = checkDigit(out[:n-1])
	return string(out)
}

// ValidDigits says whether s is all digits (2 to 18) with a right check digit.
func ValidDigits(s string) bool {
	if len(s) < 2 || len(s) > 18 {
		return false
	}
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return checkDigit([]byte(s[:len(s)-1])) == s[len(s)-1]
}

// PIN is n secret random digits (4 to 12), all equally likely, zeros in front
// included.
func PIN(n int) string {
	if n < 4 || n > 12 {
		panic("code: PIN length out of range")
	}
	out := make([]byte, n)
	for i := range out {
		out[i] = '0' + digitBelow(10, fill)
	}
	return string(out)
}

// digitBelow is a random number below n, each equally likely: bytes above the
// last whole multiple of n are thrown away.
func digitBelow(n byte, read func([]byte)) byte {
	limit := 256 / int(n) * int(n)
	var b [1]byte
	for {
		read(b[:])
		if int(b[0]) < limit {
			return b[0] % n
		}
	}
}

// checkDigit is the Luhn digit that belongs behind digits.
func checkDigit(digits []byte) byte {
	sum := 0
	double := true
	for i := len(digits) - 1; i >= 0; i-- {
		d := int(digits[i] - '0')
		if double {
			d *= 2
			if d > 9 {
				d -= 9
			}
		}
		sum += d
		double = !double
	}
	return '0' + byte((10-sum%10)%10)
}

// MAC is what a purpose and a text come to under a secret key.
func MAC(key []byte, purpose, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(purpose + "\x00" + text))
	return h.Sum(nil)
}

// KeyedPIN is the six digits that belong to a text under a secret key: they can be shown again to their owner and are
// stored nowhere. The remainder of 64 bits favours no PIN by more than 10^-13.
func KeyedPIN(key []byte, purpose, text string) string {
	return fmt.Sprintf("%06d", binary.BigEndian.Uint64(MAC(key, purpose, text))%1_000_000)
}
