package identity

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/alexedwards/argon2id"

	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/web"
)

// derive makes a secret of 256 bits that only the holder of the server's key can make, and always the same for the
// same text: so it can be given again without being kept.
func (s *Service) derive(purpose, text string) string {
	return base64.RawURLEncoding.EncodeToString(s.mac(purpose, text))
}

func (s *Service) mac(purpose, text string) []byte {
	h := hmac.New(sha256.New, s.key)
	// Purposes are constants without a NUL, so two pairs never give one text.
	h.Write([]byte(purpose + "\x00" + text))
	return h.Sum(nil)
}

// hashing is what a password costs: 19 MiB, twice through, one thread.
var hashing = &argon2id.Params{Memory: 19 * 1024, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: 32}

const (
	hashesAtOnce = 2
	hashesQueued = 64
	hashWait     = 5 * time.Second
)

// hasher bounds how many passwords are hashed at once, and how many wait: each takes 19 MiB and a processor.
type hasher struct {
	slots  chan struct{}
	queued chan struct{}
	params *argon2id.Params
	dummy  string // compared with where there is no account, so that it costs the same
	done   atomic.Int64
}

func newHasher(params *argon2id.Params) *hasher {
	if params == nil {
		params = hashing
	}
	return &hasher{
		slots: make(chan struct{}, hashesAtOnce), queued: make(chan struct{}, hashesQueued+hashesAtOnce),
		params: params, dummy: dummyHash(params),
	}
}

// dummyHash is a hash that no password is known to have. Only what it costs to compare with it matters, so it is drawn
// and not computed: that would take the memory and the time of a hash at each start.
func dummyHash(params *argon2id.Params) string {
	random := make([]byte, params.SaltLength+params.KeyLength)
	_, _ = rand.Read(random) // never fails: the program ends first
	salt, key := random[:params.SaltLength], random[params.SaltLength:]
	text := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=19$m=%d,t=%d,p=%d$%s$%s", params.Memory, params.Iterations, params.Parallelism, text(salt), text(key))
}

// turn waits for a slot; done gives it back.
func (h *hasher) turn(ctx context.Context) (done func(), err error) {
	select {
	case h.queued <- struct{}{}:
	default:
		return nil, ErrBusy.Retry(hashWait)
	}
	leave := func() { <-h.queued }
	timer := time.NewTimer(hashWait)
	defer timer.Stop()
	select {
	case h.slots <- struct{}{}:
		h.done.Add(1)
		return func() { <-h.slots; leave() }, nil
	case <-timer.C:
		leave()
		return nil, ErrBusy.Retry(hashWait)
	case <-ctx.Done():
		leave()
		return nil, ctx.Err()
	}
}

func (h *hasher) hash(ctx context.Context, password string) (string, error) {
	done, err := h.turn(ctx)
	if err != nil {
		return "", err
	}
	defer done()
	return argon2id.CreateHash(password, h.params)
}

// matches compares with the hash; "" stands for an account that is not there or has no password, costs the same and
// never matches.
func (h *hasher) matches(ctx context.Context, password, hash string) (bool, error) {
	done, err := h.turn(ctx)
	if err != nil {
		return false, err
	}
	defer done()
	none := hash == ""
	if none {
		hash = h.dummy
	}
	ok, err := argon2id.ComparePasswordAndHash(password, hash)
	return ok && !none, err
}

// checkPassword refuses what is guessed first.
func checkPassword(path, password string, personal ...string) error {
	switch folded := emailKey(password); {
	case utf8.RuneCountInString(password) < 8:
		return weak(path, web.CodeTooShort, "Must have at least 8 characters.")
	case len(password) > 256:
		return weak(path, web.CodeTooLong, "Must have at most 256 bytes.")
	case commonPasswords[folded] || repeats(folded):
		return weak(path, "common_password", "Is one of the passwords that are guessed first. Choose another one.")
	default:
		for _, text := range personal {
			local, _, _ := strings.Cut(emailKey(text), "@")
			if text != "" && (folded == emailKey(text) || folded == local) {
				return weak(path, "common_password", "Is your own name or address. Choose another one.")
			}
		}
		return nil
	}
}

func weak(path, code, message string) *fault.Error { return web.ErrInvalid.Field(path, code, message) }

// repeats says whether s is one to three characters over and over.
func repeats(s string) bool {
	for n := 1; n <= 3 && n < len(s); n++ {
		if strings.Repeat(s[:n], len(s)/n+1)[:len(s)] == s {
			return true
		}
	}
	return false
}

// commonPasswords are the most common ones of leaked lists with 8 characters or more, folded.
var commonPasswords = func() map[string]bool {
	m := map[string]bool{}
	for word := range strings.FieldsSeq(commonPasswordText) {
		m[word] = true
	}
	return m
}()

const commonPasswordText = `
12345678 123456789 1234567890 0123456789 87654321 987654321 9876543210 11223344 112233445566 12344321 123454321
123123123 123321123 147258369 741852963 789456123 159753456 135792468 13579246 10203040 102030405 0987654321 01234567
password password1 password12 password123 password1234 password! password1! p@ssw0rd p@ssword passw0rd pa55word pa$$word
passwort motdepasse contrasena qwertyui qwertyuiop qwerty12 qwerty123 qwerty1234 qwerty12345 1q2w3e4r 1q2w3e4r5t
1q2w3e4r5t6y 1qaz2wsx 1qazxsw2 qazwsxedc zaq12wsx zaq1xsw2 q1w2e3r4 q1w2e3r4t5 asdfghjk asdfghjkl asdf1234 zxcvbnm1
zxcvbnm123 1234qwer qwer1234 abcd1234 abc12345 abc123456 abcdefgh abcdefg1 abcdefghi a1b2c3d4 a1234567 a12345678
aa123456 aa12345678 iloveyou iloveyou1 iloveyou2 iloveu123 loveyou1 sunshine sunshine1 princess princess1 football
football1 baseball baseball1 basketball superman superman1 batman123 spiderman pokemon1 starwars trustno1 whatever
welcome1 welcome123 welcome@123 welcome1! letmein1 letmein123 changeme changeme1 changeme123 admin123 admin1234 admin@123
administrator administrator1 root1234 rootroot master12 master123 monkey12 monkey123 dragon12 dragon123 shadow12
shadow123 michael1 jennifer jennifer1 jordan23 michelle charlie1 computer computer1 internet internet1 samsung1
samsung123 google123 facebook facebook1 liverpool liverpool1 chelsea1 arsenal1 manchester barcelona realmadrid
corvette mercedes mustang1 cocacola chocolate cheese123 butterfly blink182 babygirl1 babygirl angel123 lovely123
family123 freedom1 friends1 forever1 loveme123 hello123 hello1234 helloworld hellohello secret123 secret12 test1234
test12345 testtest testing1 testing123 temp1234 temppass guest123 user1234 username login123 access14 default1 system123
server123 oracle123 mysql123 windows1 killer123 pass1234 pass12345 pass@123 pass@1234 pass@word1 india123 india@123
indian123 bharat123 nepal123 nepal@123 kathmandu kathmandu1 pokhara123 mumbai123 delhi123 krishna1 krishna123 ganesh123
saibaba1 omsairam jaishriram sairam123 shivshiv hanuman1 pakistan pakistan1 bangladesh bangladesh1 srilanka1 lakshmi1
haat1234 haathaat market123 marketplace seller123 customer customer1 customer123 aaaaaaaa zzzzzzzz 00000000 11111111
88888888 99999999 12341234 12121212 qweqweqwe asdasdasd zxczxczxc qweasdzxc 1password mypassword mypassword1 yourpassword
thepassword nopassword newpassword newpassword1 oldpassword password2 password3 password01 password2024 password2025
password2026 summer2024 summer2025 summer2026 winter2024 winter2025 winter2026 january1 february september november
december monday123 friday123 covid2019 corona2020 minecraft fortnite roblox123 naruto123 dragonball
`
