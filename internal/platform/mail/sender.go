package mail

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"

	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/code"
)

// Sender delivers a message or says why not. It may be used by many goroutines
// at once and does not try again by itself.
type Sender interface {
	Send(ctx context.Context, m Message) error
}

// Files writes each message to a file of its own, for installations without a
// mail server.
type Files struct {
	dir   string
	from  sender
	clock clock.Clock
	log   *slog.Logger
}

// NewFiles writes to dir, which is made when the first message comes, readable
// by this user only. An empty from stands for haat@localhost.
func NewFiles(dir, from string, c clock.Clock, log *slog.Logger) (*Files, error) {
	if from == "" {
		from = "haat@localhost"
	}
	s, err := parseFrom(from)
	if err != nil {
		return nil, err
	}
	return &Files{dir: dir, from: s, clock: c, log: log}, nil
}

// Send writes <time>-<random>.eml. The log gets the path and nothing else: the
// text may hold a link that signs its reader in.
func (f *Files) Send(ctx context.Context, m Message) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	now := f.clock.Now()
	msg, err := compose(f.from, m, now)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(f.dir, 0o700); err != nil {
		return fmt.Errorf("mail: folder: %w", err)
	}
	path := filepath.Join(f.dir, now.Format("20060102T150405Z")+"-"+code.ID("m")[2:]+".eml")
	// Under another name until it is whole, for whoever watches the folder.
	part, err := os.OpenFile(path+".part", os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("mail: file: %w", err)
	}
	_, err = msg.WriteTo(part)
	if cerr := part.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Rename(part.Name(), path)
	}
	if err != nil {
		if rerr := os.Remove(part.Name()); rerr != nil && !os.IsNotExist(rerr) {
			f.log.WarnContext(ctx, "an unfinished mail file is left over", "path", part.Name(), "error", rerr)
		}
		return fmt.Errorf("mail: file: %w", err)
	}
	f.log.InfoContext(ctx, "no mail server is set; message written to a file", "path", path)
	return nil
}

// Recorder keeps messages in memory, for tests.
type Recorder struct {
	mu   sync.Mutex
	sent []Message
}

// Send checks the message as the others do and keeps it.
func (r *Recorder) Send(ctx context.Context, m Message) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := m.Check(); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sent = append(r.sent, m)
	return nil
}

// Sent is a copy of what was sent so far, oldest first.
func (r *Recorder) Sent() []Message {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]Message(nil), r.sent...)
}
