package mail

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	netmail "net/mail"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	gomail "github.com/wneessen/go-mail"

	"github.com/haat-market/haat/internal/platform/code"
)

// Bounds of a message.
const (
	MaxSubject = 250     // characters
	MaxText    = 1 << 20 // bytes
	maxAddress = 254     // bytes, RFC 5321
)

// What can be wrong with a message or its delivery.
var (
	// ErrMessage: the message cannot be sent as it is.
	ErrMessage = errors.New("mail: bad message")
	// ErrRejected: the server will never take this message (a 5xx answer).
	// Trying again is pointless.
	ErrRejected = errors.New("mail: rejected for good")
)

// Message is plain text for one person.
type Message struct {
	To      string // a bare address, without a name
	Subject string // one line
	Text    string
	// ID, if given, says which message this is. The same ID gives the same
	// Message-ID header, so that a mailbox can tell a repeat from a new one.
	ID string
}

// Check says whether the message can be sent, as ErrMessage.
func (m Message) Check() error {
	if err := CheckAddress(m.To); err != nil {
		return err
	}
	if m.Subject == "" || !utf8.ValidString(m.Subject) || utf8.RuneCountInString(m.Subject) > MaxSubject ||
		strings.ContainsFunc(m.Subject, breaksLine) {
		return fmt.Errorf("%w: the subject is empty, too long or not one line of text", ErrMessage)
	}
	if len(m.Text) > MaxText || !utf8.ValidString(m.Text) || strings.ContainsRune(m.Text, 0) {
		return fmt.Errorf("%w: the text is too long or not text", ErrMessage)
	}
	return nil
}

// CheckAddress says whether s is one bare mail address, as ErrMessage. The
// error does not repeat the address.
func CheckAddress(s string) error {
	a, err := netmail.ParseAddress(s)
	if err != nil || len(s) > maxAddress || a.Name != "" || a.Address != s || strings.ContainsFunc(s, breaksLine) {
		return fmt.Errorf("%w: not a plain mail address", ErrMessage)
	}
	return nil
}

// breaksLine finds everything that some reader of headers may take for the end
// of a line, and other characters that have no place in one.
func breaksLine(r rune) bool { return unicode.IsControl(r) || r == '\u2028' || r == '\u2029' }

// sender is the checked From of an installation.
type sender struct {
	name, address, domain string
}

// parseFrom takes "haat@example.org" or "Haat <haat@example.org>".
func parseFrom(s string) (sender, error) {
	a, err := netmail.ParseAddress(s)
	if err != nil || strings.ContainsFunc(s, breaksLine) {
		return sender{}, fmt.Errorf("%w: the sender is not a mail address", ErrMessage)
	}
	if err := CheckAddress(a.Address); err != nil {
		return sender{}, err
	}
	_, domain, _ := strings.Cut(a.Address, "@")
	return sender{name: a.Name, address: a.Address, domain: domain}, nil
}

// compose makes the message in wire form. The library's own headers (its name,
// the machine's name in the Message-ID) are replaced.
func compose(from sender, m Message, now time.Time) (*gomail.Msg, error) {
	if err := m.Check(); err != nil {
		return nil, err
	}
	msg := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	if err := msg.FromFormat(from.name, from.address); err != nil {
		return nil, fmt.Errorf("%w: sender", ErrMessage)
	}
	if err := msg.To(m.To); err != nil {
		return nil, fmt.Errorf("%w: recipient", ErrMessage)
	}
	id := code.ID("m")
	if m.ID != "" {
		sum := sha256.Sum256([]byte(m.ID))
		id = hex.EncodeToString(sum[:16])
	}
	msg.SetMessageIDWithValue(id + "@" + from.domain)
	msg.SetDateWithValue(now)
	msg.Subject(m.Subject)
	msg.SetGenHeader("Auto-Submitted", "auto-generated") // no holiday answers
	text := strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(m.Text)
	msg.SetBodyString(gomail.TypeTextPlain, text)
	return msg, nil
}
