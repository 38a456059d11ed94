package app

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"syscall"

	"github.com/haat-market/haat/internal/commission"
	"github.com/haat-market/haat/internal/platform/config"
)

// errNoServer says that no server answers in the folder: the command may take the folder itself.
var errNoServer = errors.New("no server runs in this data folder")

// server speaks to the market that runs in a folder.
type server struct {
	place config.Place
	http  *http.Client
}

// dial is the server of a place. It connects when it is asked something.
func dial(place config.Place) *server {
	s := &server{place: place}
	s.http = &http.Client{Transport: &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		path, err := s.socket()
		if err != nil {
			return nil, err
		}
		return (&net.Dialer{}).DialContext(ctx, "unix", path)
	}}}
	return s
}

func (s *server) socket() (string, error) {
	folder := filepath.Join(s.place.Data, runFolder)
	path, err := os.ReadFile(filepath.Join(folder, pointer))
	if err == nil {
		return string(path), nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	at, err := filepath.Abs(filepath.Join(folder, socket))
	if err == nil && len(at) > maxSocket {
		err = errNoServer // one that runs here has written a pointer
	}
	return at, err
}

// call asks the server. The error is errNoServer when there is none.
func (s *server) call(ctx context.Context, method, path string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, method, "http://haat"+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	res, err := s.http.Do(req)
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, errNoServer):
		return errNoServer
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("the market in %s belongs to another user of this machine: %w", s.place.Data, err)
	case err != nil:
		return fmt.Errorf("the server does not answer: %w", err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		return fmt.Errorf("the server broke off: %w", err)
	}
	if res.StatusCode != http.StatusOK {
		var refusal refusalView
		if err := json.Unmarshal(raw, &refusal); err != nil || refusal.Error == "" {
			return fmt.Errorf("the server answered %s", res.Status)
		}
		return errors.New(refusal.Error)
	}
	return json.Unmarshal(raw, out)
}

func (s *server) status(ctx context.Context) (out statusView, err error) {
	err = s.call(ctx, http.MethodGet, "/status", nil, &out)
	return out, err
}

// snapshot has the server make a copy and says where it is; the caller removes it.
func (s *server) snapshot(ctx context.Context) (path string, err error) {
	var out fileView
	if err := s.call(ctx, http.MethodPost, "/snapshot", nil, &out); err != nil {
		return "", err
	}
	if out.Name == "" || filepath.Base(out.Name) != out.Name {
		return "", fmt.Errorf("the server named a file that is none: %q", out.Name)
	}
	return filepath.Join(s.place.Data, runFolder, out.Name), nil
}

func (s *server) account(ctx context.Context, in newAccountView) (out accountView, err error) {
	err = s.call(ctx, http.MethodPost, "/account", in, &out)
	return out, err
}

func (s *server) jobs(ctx context.Context) (out jobsView, err error) {
	err = s.call(ctx, http.MethodGet, "/jobs", nil, &out)
	return out, err
}

func (s *server) run(ctx context.Context, name string) (out sweptView, err error) {
	err = s.call(ctx, http.MethodPost, "/jobs/"+url.PathEscape(name)+"/run", nil, &out)
	return out, err
}

func (s *server) rebuild(ctx context.Context) error {
	return s.call(ctx, http.MethodPost, "/search/rebuild", nil, &none{})
}

func (s *server) delivery(ctx context.Context, in NewDelivery) (out deliveryView, err error) {
	err = s.call(ctx, http.MethodPost, "/delivery", in, &out)
	return out, err
}

func (s *server) commission(ctx context.Context, month string) (out commission.Counts, err error) {
	err = s.call(ctx, http.MethodPost, "/commission/"+url.PathEscape(month), nil, &out)
	return out, err
}
