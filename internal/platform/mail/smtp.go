package mail

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"sync"
	"time"

	gomail "github.com/wneessen/go-mail"

	"github.com/haat-market/haat/internal/platform/clock"
)

// SMTP sends through one server, with a connection for each message: mail is
// rare here, and a connection kept open is one more thing that can be stale.
type SMTP struct {
	from     sender
	host     string
	port     int
	implicit bool // TLS from the first byte (smtps)
	policy   gomail.TLSPolicy
	user     string
	password string
	timeout  time.Duration
	tls      *tls.Config
	clock    clock.Clock
}

// SMTPConfig says where and as whom to send.
type SMTPConfig struct {
	// URL is smtp://[user:password@]host[:587] (STARTTLS, which the server must
	// offer unless it is this machine) or smtps://…[:465]. ?tls=required or
	// ?tls=optional chooses otherwise for smtp.
	URL     string
	From    string         // "haat@example.org" or "Haat <haat@example.org>"
	Timeout time.Duration  // for one message from dialling to its end; 0 is 30 s
	RootCAs *x509.CertPool // instead of the machine's; for a server with a certificate of its own
	Clock   clock.Clock
}

// NewSMTP checks the settings; it does not connect. Its errors do not repeat
// the URL, which holds the password.
func NewSMTP(c SMTPConfig) (*SMTP, error) {
	from, err := parseFrom(c.From)
	if err != nil {
		return nil, err
	}
	u, err := url.Parse(c.URL)
	if err != nil || u.Hostname() == "" || (u.Path != "" && u.Path != "/") || u.Fragment != "" || u.Opaque != "" {
		return nil, errors.New("mail: the server is not of the form smtp://user:password@host:port")
	}
	s := &SMTP{from: from, host: u.Hostname(), timeout: c.Timeout, clock: c.Clock}
	if s.timeout <= 0 {
		s.timeout = 30 * time.Second
	}
	if s.clock == nil {
		s.clock = clock.System()
	}
	switch u.Scheme {
	case "smtps":
		s.implicit, s.port, s.policy = true, 465, gomail.NoTLS
	case "smtp":
		s.port, s.policy = 587, gomail.TLSMandatory
		if isLoopback(s.host) {
			s.policy = gomail.TLSOpportunistic
		}
	default:
		return nil, errors.New("mail: the server's address begins with neither smtp:// nor smtps://")
	}
	for name, values := range u.Query() {
		switch {
		case name == "tls" && !s.implicit && len(values) == 1 && values[0] == "required":
			s.policy = gomail.TLSMandatory
		case name == "tls" && !s.implicit && len(values) == 1 && values[0] == "optional":
			s.policy = gomail.TLSOpportunistic
		default:
			return nil, fmt.Errorf("mail: the server's address has a parameter that is not known: %.20q", name)
		}
	}
	if p := u.Port(); p != "" {
		if s.port, err = strconv.Atoi(p); err != nil || s.port < 1 || s.port > 65535 {
			return nil, errors.New("mail: the server's port is not a port")
		}
	}
	if u.User != nil {
		s.user = u.User.Username()
		s.password, _ = u.User.Password()
	}
	s.tls = &tls.Config{MinVersion: tls.VersionTLS12, ServerName: s.host, RootCAs: c.RootCAs}
	return s, nil
}

func isLoopback(host string) bool {
	if host == "localhost" {
		return true
	}
	a, err := netip.ParseAddr(host)
	return err == nil && a.IsLoopback()
}

// Send delivers m within the timeout, or sooner if ctx ends.
func (s *SMTP) Send(ctx context.Context, m Message) error {
	msg, err := compose(s.from, m, s.clock.Now())
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	// The library gives up on a half-made connection without closing it and
	// does not watch ctx once connected, so the connection is ours.
	line := &line{tls: s.tls, implicit: s.implicit}
	defer line.close()
	defer context.AfterFunc(ctx, line.close)()

	options := []gomail.Option{
		gomail.WithPort(s.port),
		gomail.WithTimeout(s.timeout),
		gomail.WithHELO(s.from.domain), // not the name of the machine
		gomail.WithTLSPolicy(s.policy),
		gomail.WithTLSConfig(s.tls),
		gomail.WithDialContextFunc(line.dial),
	}
	if s.user != "" {
		// Plain and login refuse by themselves to speak over an open line, except
		// to this machine.
		options = append(options, gomail.WithUsername(s.user), gomail.WithPassword(s.password),
			gomail.WithOpportunisticSMTPAuth(gomail.SMTPAuthSCRAMSHA256, gomail.SMTPAuthPlain, gomail.SMTPAuthLogin))
	}
	client, err := gomail.NewClient(s.host, options...)
	if err != nil {
		return fmt.Errorf("mail: %w", err)
	}
	err = client.DialAndSendWithContext(ctx, msg)
	if err == nil || msg.IsDelivered() {
		// The server took it. What goes wrong in saying goodbye is no failure:
		// trying again would send it twice.
		return nil
	}
	if ctx.Err() != nil {
		return fmt.Errorf("mail: not delivered in time: %w", ctx.Err())
	}
	return describe(err)
}

// describe reduces an error of the library to what may be logged: answers of
// servers like to repeat the recipient's address.
func describe(err error) error {
	refused, ok := errors.AsType[*gomail.SendError](err)
	if !ok {
		return fmt.Errorf("mail: could not reach the server: %w", err)
	}
	status := strconv.Itoa(refused.ErrorCode())
	if e := refused.EnhancedStatusCode(); e != "" {
		status += " " + e
	}
	if refused.ErrorCode() >= 500 {
		return fmt.Errorf("%w: %s (%s)", ErrRejected, refused.Reason, status)
	}
	return fmt.Errorf("mail: not taken now: %s (%s)", refused.Reason, status)
}

// line is one connection that can be cut from outside.
type line struct {
	tls      *tls.Config
	implicit bool

	mu   sync.Mutex
	conn net.Conn
	cut  bool
}

func (l *line) dial(ctx context.Context, network, address string) (net.Conn, error) {
	raw, err := (&net.Dialer{}).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	l.conn = raw
	cut := l.cut
	l.mu.Unlock()
	if cut {
		l.close()
		return nil, net.ErrClosed
	}
	if !l.implicit {
		return raw, nil
	}
	secure := tls.Client(raw, l.tls)
	if err := secure.HandshakeContext(ctx); err != nil {
		return nil, err
	}
	return secure, nil
}

// close cuts the line. Its error says nothing: the conversation is over by
// then, or is meant to be.
func (l *line) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.cut = true
	if l.conn != nil {
		_ = l.conn.Close()
	}
}
