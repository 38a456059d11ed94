package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/haat-market/haat/internal/commission"
	"github.com/haat-market/haat/internal/identity"
	"github.com/haat-market/haat/internal/platform/code"
	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/web"
)

// Other commands speak to the running server over a socket in the data folder. Whoever may open the folder may use it:
// he could as well open the database.

const (
	runFolder = "run"       // in the data folder, readable by its owner only: the socket and files that pass between processes
	pointer   = "socket"    // in it: where the socket is, when the folder's own path is too long for one
	socket    = "haat.sock" //
	// maxSocket is below what every system takes for a socket's path: 104 bytes on some, 108 on others.
	maxSocket = 100
	// staleAfter is when a copy whose taker did not come for it, or did not remove it, is removed.
	staleAfter = 25 * time.Hour
)

type statusView struct {
	PID     int       `json:"pid"`
	Version string    `json:"version"`
	Addr    string    `json:"addr"`
	Engine  string    `json:"engine"`
	Schema  int       `json:"schema"`
	Since   time.Time `json:"since"`
}

type fileView struct {
	Name string `json:"name"` // in the run folder
}

type newAccountView struct {
	Name     string   `json:"name"`
	Email    string   `json:"email"`
	Phone    string   `json:"phone"`
	Password string   `json:"password"`
	Roles    []string `json:"roles"`
}

type accountView struct {
	ID    string   `json:"id"`
	Email string   `json:"email"`
	Roles []string `json:"roles"`
}

type sweptView struct {
	Done int `json:"done"`
}

type refusalView struct {
	Error string `json:"error"`
}

// control answers other commands of this machine.
type control struct {
	*Installation
	since  time.Time
	server *http.Server
	folder string
	remove []string // what was made, to be removed at the end
}

// openControl starts to answer. A folder whose file system knows no sockets still serves the market.
func (i *Installation) openControl() (*control, error) {
	c := &control{Installation: i, since: i.Clock.Now(), folder: filepath.Join(i.Config.Data, runFolder)}
	if err := os.MkdirAll(c.folder, 0o700); err != nil {
		return nil, err
	}
	if err := os.Chmod(c.folder, 0o700); err != nil {
		return nil, err
	}
	if err := c.clean(0); err != nil { // of a process that died: this one has the lock
		return nil, err
	}
	path, err := c.place()
	if err != nil {
		return nil, err
	}
	listener, err := net.Listen("unix", path)
	if err != nil {
		return nil, errors.Join(err, c.close())
	}
	if err := os.Chmod(path, 0o600); err != nil {
		return nil, errors.Join(err, listener.Close(), c.close())
	}
	mux := http.NewServeMux()
	answer(mux, "GET /status", c.status)
	answer(mux, "POST /snapshot", c.snapshot)
	answer(mux, "POST /account", c.account)
	answer(mux, "GET /jobs", c.jobs)
	answer(mux, "POST /jobs/{name}/run", c.run)
	answer(mux, "POST /search/rebuild", c.rebuild)
	answer(mux, "POST /commission/{month}", c.commission)
	answer(mux, "POST /delivery", c.delivery)
	c.server = &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second, ErrorLog: slog.NewLogLogger(i.Log.Handler(), slog.LevelDebug)}
	go func() {
		if err := c.server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			i.Log.Error("the control socket has failed", slog.Any("error", err))
		}
	}()
	return c, nil
}

// place is where the socket goes: into the folder, or, when that path is too long, into a folder of its own that the
// pointer names.
func (c *control) place() (string, error) {
	path, err := filepath.Abs(filepath.Join(c.folder, socket))
	if err != nil {
		return "", err
	}
	if len(path) <= maxSocket {
		return path, nil
	}
	folder, err := os.MkdirTemp("", "haat-") // its owner's only
	if err != nil {
		return "", err
	}
	path = filepath.Join(folder, socket)
	c.remove = append(c.remove, folder)
	if len(path) > maxSocket {
		return "", errors.Join(fmt.Errorf("%s is too long a path for a socket; set TMPDIR to a shorter one", path), c.close())
	}
	at := filepath.Join(c.folder, pointer)
	if err := os.WriteFile(at, []byte(path), 0o600); err != nil {
		return "", errors.Join(err, c.close())
	}
	c.remove = append(c.remove, at)
	return path, nil
}

// clean removes what others left behind in the run folder.
func (c *control) clean(older time.Duration) error {
	if path, err := os.ReadFile(filepath.Join(c.folder, pointer)); err == nil && older == 0 {
		// Only what is empty goes: a pointer that is wrong does no harm.
		_, _ = os.Remove(string(path)), os.Remove(filepath.Dir(string(path)))
	}
	files, err := os.ReadDir(c.folder)
	if err != nil {
		return err
	}
	for _, f := range files {
		info, err := f.Info()
		if err != nil {
			continue // removed by its owner this moment
		}
		if older > 0 && (!strings.HasPrefix(f.Name(), "snapshot-") || time.Since(info.ModTime()) < older) {
			continue
		}
		if err := os.Remove(filepath.Join(c.folder, f.Name())); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	return nil
}

// close stops answering.
func (c *control) close() error {
	var errs []error
	if c.server != nil {
		errs = append(errs, c.server.Close())
	}
	for n := len(c.remove) - 1; n >= 0; n-- {
		if err := os.Remove(c.remove[n]); !errors.Is(err, os.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// answer mounts one request of the control socket.
func answer[In, Out any](mux *http.ServeMux, pattern string, f func(ctx context.Context, r *http.Request, in In) (Out, error)) {
	mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		var in In
		var out any
		status := http.StatusOK
		err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 64<<10)).Decode(&in)
		if err != nil {
			err = fault.New(fault.Malformed, "malformed", "The request is not JSON of the expected form.")
		} else {
			out, err = f(r.Context(), r, in)
		}
		if err != nil {
			status, out = http.StatusInternalServerError, refusalView{Explain(err)}
			if refused, ok := fault.As(err); ok {
				status = web.StatusOf(refused)
			}
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(out) // whoever asked and left learns nothing from an error
	})
}

type none struct{}

func (c *control) status(ctx context.Context, _ *http.Request, _ none) (statusView, error) {
	s, err := c.DB.SchemaState(ctx)
	return statusView{
		PID: os.Getpid(), Version: Version(), Addr: c.Config.Addr, Engine: string(c.DB.Engine()), Schema: s.Applied, Since: c.since,
	}, err
}

// snapshot makes a copy of the database for whoever asks, who removes it.
func (c *control) snapshot(ctx context.Context, _ *http.Request, _ none) (fileView, error) {
	if err := c.clean(staleAfter); err != nil {
		return fileView{}, err
	}
	name := code.ID("s")[2:]
	v := fileView{"snapshot-" + name + ".db"}
	return v, c.DB.Snapshot(ctx, filepath.Join(c.folder, v.Name))
}

func (c *control) account(ctx context.Context, _ *http.Request, in newAccountView) (accountView, error) {
	return createAccount(ctx, c.App, in)
}

func createAccount(ctx context.Context, a *App, in newAccountView) (accountView, error) {
	made, err := a.Identity.CreateAccount(ctx, identity.NewAccount{Name: in.Name, Email: in.Email, Phone: in.Phone, Password: in.Password, Roles: in.Roles})
	return accountView{ID: made.PublicID, Email: made.Email, Roles: made.Roles}, err
}

func (c *control) jobs(ctx context.Context, _ *http.Request, _ none) (jobsView, error) {
	return readJobs(ctx, c.App)
}

func (c *control) run(ctx context.Context, r *http.Request, _ none) (sweptView, error) {
	n, err := c.Jobs.RunSweep(ctx, r.PathValue("name"))
	return sweptView{n}, err
}

func (c *control) rebuild(ctx context.Context, _ *http.Request, _ none) (none, error) {
	return none{}, c.Catalog.RebuildSearch(ctx)
}

func (c *control) delivery(ctx context.Context, _ *http.Request, in NewDelivery) (deliveryView, error) {
	return createDelivery(ctx, c.App, in)
}

func (c *control) commission(ctx context.Context, r *http.Request, _ none) (commission.Counts, error) {
	return c.Commission.Run(ctx, r.PathValue("month"))
}
