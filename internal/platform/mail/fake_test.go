package mail_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"math/big"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// letter is what the fake server received.
type letter struct {
	helo, user, from string
	to               []string
	raw              string
	encrypted        bool
}

// fake is an SMTP server in this process.
type fake struct {
	addr  string
	roots *x509.CertPool

	mu      sync.Mutex
	letters []letter
	refuse  *smtp.SMTPError // the answer to every recipient
}

func (f *fake) received() []letter {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]letter(nil), f.letters...)
}

type mode struct {
	tls, implicit, auth bool
}

func newFake(t *testing.T, m mode) *fake {
	t.Helper()
	f := &fake{}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	f.addr = ln.Addr().String()
	srv := smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) {
		return &session{fake: f, conn: c, auth: m.auth}, nil
	}))
	srv.Domain = "fake.test"
	srv.AllowInsecureAuth = !m.tls
	srv.ErrorLog = quiet{}
	if m.tls {
		cert, roots := certificate(t)
		f.roots = roots
		srv.TLSConfig = &tls.Config{Certificates: []tls.Certificate{cert}}
		if m.implicit {
			ln = tls.NewListener(ln, srv.TLSConfig)
		}
	}
	done := make(chan error, 1)
	go func() { done <- srv.Serve(ln) }()
	t.Cleanup(func() {
		// Serve may not have begun where nothing was sent: the listener is ours.
		if err := ln.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
			t.Error(err)
		}
		if err := srv.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
			t.Error(err)
		}
		if err := <-done; err != nil && !errors.Is(err, smtp.ErrServerClosed) && !errors.Is(err, net.ErrClosed) {
			t.Error(err)
		}
	})
	return f
}

type quiet struct{}

func (quiet) Printf(string, ...any) {}
func (quiet) Println(...any)        {}

type session struct {
	fake   *fake
	conn   *smtp.Conn
	auth   bool
	letter letter
}

func (s *session) AuthMechanisms() []string {
	if !s.auth {
		return nil
	}
	return []string{sasl.Plain}
}

func (s *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if user != "haat" || password != "p@ss word" {
			return smtp.ErrAuthFailed
		}
		s.letter.user = user
		return nil
	}), nil
}

func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	if s.auth && s.letter.user == "" {
		return smtp.ErrAuthRequired
	}
	s.letter.from = from
	return nil
}

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.fake.mu.Lock()
	defer s.fake.mu.Unlock()
	if s.fake.refuse != nil {
		return s.fake.refuse
	}
	s.letter.to = append(s.letter.to, to)
	return nil
}

func (s *session) Data(r io.Reader) error {
	b, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	l := s.letter
	l.raw, l.helo = string(b), s.conn.Hostname()
	_, l.encrypted = s.conn.TLSConnectionState()
	s.fake.mu.Lock()
	defer s.fake.mu.Unlock()
	s.fake.letters = append(s.fake.letters, l)
	return nil
}

func (s *session) Reset()        {}
func (s *session) Logout() error { return nil }

func certificate(t *testing.T) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		NotBefore:    time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		IsCA:        true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
	}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(parsed)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, roots
}
