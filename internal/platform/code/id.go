package code

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"strings"
	"time"
)

// alphabet is Crockford's base 32 in lower case: without i, l, o and u, so that
// nothing read aloud or from paper is mistaken for a digit.
const alphabet = "0123456789abcdefghjkmnpqrstvwxyz"

const (
	idBytes   = 15 // 5 bits of nothing, 35 of time, 80 random
	idLetters = 23 // at five bits each
	maxPrefix = 12
)

// idStart and idTick make the time in an id: sixteenths of a second since the beginning of 2026, which begin anew after
// 68 years. Rows that are written together so stand together in every index on their ids, whatever its size. The time
// is for that alone: it orders nothing and is asked by nobody.
const (
	idStart = 1767225600 // in seconds since 1970
	idTick  = 4          // 2⁴ a second
)

// ID is a new public id: the prefix, an underscore, 35 bits of time and 80 random bits, such as
// "ord_0gk3c1a7k2m9xq4t0vj3whc". The prefix is part of the program, not of any input: one that is not 1 to 12 lower-case
// letters and digits, starting with a letter, panics.
func ID(prefix string) string { return idAt(prefix, time.Now()) }

func idAt(prefix string, now time.Time) string {
	if !validPrefix(prefix) {
		panic("code: bad prefix " + prefix)
	}
	var bits [idBytes]byte
	ticks := uint64(now.Unix()-idStart)<<idTick | uint64(now.Nanosecond())<<idTick/1e9
	binary.BigEndian.PutUint64(bits[:], ticks&(1<<35-1)<<24)
	pool.read(bits[5:])
	out := make([]byte, 0, maxPrefix+1+idLetters)
	out = append(out, prefix...)
	out = append(out, '_')
	return string(appendBase32(out, &bits))
}

// Letters are n random letters of an id, at most 16, for telling two names apart.
func Letters(n int) string {
	id := ID("l")
	return id[len(id)-n:]
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

// UUID is the id as a UUID of version 8 (RFC 9562), for systems that insist on one. It carries the id's 115 bits; what is
// left is a mark of the prefix, so that an id of another kind is mostly known for one. "" for what is not an id.
func UUID(id string) string {
	prefix, bits, ok := parseID(id)
	if !ok {
		return ""
	}
	high, low := uint64(bits[0])<<48|uint64(binary.BigEndian.Uint32(bits[1:]))<<16|uint64(binary.BigEndian.Uint16(bits[5:])), binary.BigEndian.Uint64(bits[7:])
	first := high<<9 | low>>55 // 60 bits, between which the version stands
	var u [16]byte
	binary.BigEndian.PutUint64(u[:], first>>12<<16|8<<12|first&0xfff)
	binary.BigEndian.PutUint64(u[8:], 1<<63|low<<7&(1<<62-1)|kindMark(prefix))
	s := hex.EncodeToString(u[:])
	return s[0:8] + "-" + s[8:12] + "-" + s[12:16] + "-" + s[16:20] + "-" + s[20:]
}

// FromUUID is the id of this prefix whose UUID is s (either case), and whether there is one.
func FromUUID(prefix, s string) (string, bool) {
	if len(s) != 36 || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' || !validPrefix(prefix) {
		return "", false
	}
	var u [16]byte
	if n, err := hex.Decode(u[:], []byte(s[0:8]+s[9:13]+s[14:18]+s[19:23]+s[24:36])); err != nil || n != len(u) {
		return "", false
	}
	first, low := binary.BigEndian.Uint64(u[:]), binary.BigEndian.Uint64(u[8:])
	if first>>12&15 != 8 || low>>62 != 2 || low&127 != kindMark(prefix) {
		return "", false
	}
	first = first>>16<<12 | first&0xfff
	var bits [idBytes]byte
	binary.BigEndian.PutUint64(bits[:], first>>9<<8)
	binary.BigEndian.PutUint64(bits[7:], first<<55|low&(1<<62-1)>>7)
	return string(appendBase32([]byte(prefix+"_"), &bits)), true
}

// kindMark is 7 bits that stand for the prefix.
func kindMark(prefix string) uint64 {
	sum := sha256.Sum256([]byte("haat id " + prefix))
	return uint64(sum[0] >> 1)
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
	acc, held, n := uint(0), uint(5), 0 // five bits of nothing come first
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
	acc, held := uint(bits[0]), uint(3) // its first five bits are nothing
	for _, b := range bits[1:] {
		acc = (acc<<8 | uint(b)) & 0xffff
		held += 8
		for held >= 5 {
			held -= 5
			out = append(out, alphabet[acc>>held&31])
		}
	}
	return out
}
