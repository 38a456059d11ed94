package code

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"strings"
)

// alphabet is Crockford's base 32 in lower case: without i, l, o and u, so that
// nothing read aloud or from paper is mistaken for a digit.
const alphabet = "0123456789abcdefghjkmnpqrstvwxyz"

const (
	idBytes   = 10 // 80 random bits
	idLetters = 16 // at five bits each
	maxPrefix = 12
)

// ID is a new public id: the prefix, an underscore and 80 random bits, such as
// "ord_7k2m9xq4t0vj3whc". The prefix is part of the program, not of any input:
// one that is not 1 to 12 lower-case letters and digits, starting with a
// letter, panics.
func ID(prefix string) string {
	if !validPrefix(prefix) {
		panic("code: bad prefix " + prefix)
	}
	var bits [idBytes]byte
	pool.read(bits[:])
	out := make([]byte, 0, maxPrefix+1+idLetters)
	out = append(out, prefix...)
	out = append(out, '_')
	return string(appendBase32(out, &bits))
}

// ValidID says whether s has the form of an id with this prefix. There is one
// spelling: upper case and look-alike letters are refused.
func ValidID(prefix, s string) bool {
	p, _, ok := parseID(s)
	return ok && p == prefix
}

// Prefix is the prefix of a well-formed id, "" of anything else.
func Prefix(id string) string {
	p, _, ok := parseID(id)
	if !ok {
		return ""
	}
	return p
}

// UUID is the id as a UUID of version 8 (RFC 9562), for systems that insist on
// one. It carries the id's 80 bits; what is left is filled from the prefix, so
// that ids of two kinds never give the same UUID. "" for what is not an id.
func UUID(id string) string {
	prefix, bits, ok := parseID(id)
	if !ok {
		return ""
	}
	var u [16]byte
	copy(u[0:6], bits[0:6])                                                 // 48 bits
	u[6] = 0x80 | bits[6]>>4                                                // version 8, 4 bits
	u[7] = bits[6]<<4 | bits[7]>>4                                          // 8 bits
	tail := uint32(bits[7]&0x0f)<<16 | uint32(bits[8])<<8 | uint32(bits[9]) // 20 bits
	mark := kindMark(prefix)                                                // 42 bits
	binary.BigEndian.PutUint64(u[8:], 1<<63|mark<<20|uint64(tail))
	s := hex.EncodeToString(u[:])
	return s[0:8] + "-" + s[8:12] + "-" + s[12:16] + "-" + s[16:20] + "-" + s[20:]
}

// FromUUID is the id of this prefix whose UUID is s (either case), and whether
// there is one.
func FromUUID(prefix, s string) (string, bool) {
	if len(s) != 36 || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' || !validPrefix(prefix) {
		return "", false
	}
	var u [16]byte
	if n, err := hex.Decode(u[:], []byte(s[0:8]+s[9:13]+s[14:18]+s[19:23]+s[24:36])); err != nil || n != len(u) {
		return "", false
	}
	low := binary.BigEndian.Uint64(u[8:])
	if u[6]>>4 != 8 || low>>62 != 2 || low>>20&(1<<42-1) != kindMark(prefix) {
		return "", false
	}
	tail := uint32(low & (1<<20 - 1))
	var bits [idBytes]byte
	copy(bits[0:6], u[0:6])
	bits[6] = u[6]<<4 | u[7]>>4
	bits[7] = u[7]<<4 | byte(tail>>16)
	bits[8] = byte(tail >> 8)
	bits[9] = byte(tail)
	return string(appendBase32([]byte(prefix+"_"), &bits)), true
}

// kindMark is 42 bits that stand for the prefix.
func kindMark(prefix string) uint64 {
	sum := sha256.Sum256([]byte("haat id " + prefix))
	return binary.BigEndian.Uint64(sum[:]) >> 22
}

func validPrefix(p string) bool {
	if len(p) == 0 || len(p) > maxPrefix || p[0] < 'a' || p[0] > 'z' {
		return false
	}
	for i := range len(p) {
		if c := p[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') {
			return false
		}
	}
	return true
}

func parseID(s string) (prefix string, bits [idBytes]byte, ok bool) {
	if len(s) > maxPrefix+1+idLetters {
		return "", bits, false
	}
	prefix, rest, found := strings.Cut(s, "_")
	if !found || len(rest) != idLetters || !validPrefix(prefix) {
		return "", bits, false
	}
	var acc, held uint
	n := 0
	for i := range idLetters {
		v := strings.IndexByte(alphabet, rest[i])
		if v < 0 {
			return "", bits, false
		}
		acc = (acc<<5 | uint(v)) & 0xffff
		held += 5
		if held >= 8 {
			held -= 8
			bits[n] = byte(acc >> held)
			n++
		}
	}
	return prefix, bits, true
}

func appendBase32(out []byte, bits *[idBytes]byte) []byte {
	var acc, held uint
	for _, b := range bits {
		acc = (acc<<8 | uint(b)) & 0xffff
		held += 8
		for held >= 5 {
			held -= 5
			out = append(out, alphabet[acc>>held&31])
		}
	}
	return out
}
