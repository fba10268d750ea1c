package worker

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// processName names this process as a holder of leases: host, process id and a
// random part, since process ids come again.
func processName() string {
	host, err := os.Hostname()
	if err != nil || host == "" {
		host = "host"
	}
	return strings.ReplaceAll(host, "/", "_") + "/" + strconv.Itoa(os.Getpid()) + "/" + rand.Text()
}

// alive reports whether a holder of leases may still live. Only a process of this
// host can be known to be dead; for others the lease decides.
func (w *Worker) alive(name string) bool {
	if name == w.name {
		return true
	}
	mine, theirs := strings.Split(w.name, "/"), strings.Split(name, "/")
	if len(theirs) != 3 || theirs[0] != mine[0] {
		return true
	}
	pid, err := strconv.Atoi(theirs[1])
	if err != nil {
		return true
	}
	if pid == os.Getpid() {
		return false // an earlier process that had our number, as after a container's restart
	}
	p, err := os.FindProcess(pid)
	if err != nil {
		return false
	}
	err = p.Signal(syscall.Signal(0))
	return !errors.Is(err, os.ErrProcessDone) && !errors.Is(err, syscall.ESRCH)
}

// levelHandler raises the least level of a handler.
type levelHandler struct {
	slog.Handler
	least slog.Level
}

// Enabled reports whether level is worth writing.
func (h levelHandler) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= h.least && h.Handler.Enabled(ctx, level)
}

// WithAttrs keeps the least level.
func (h levelHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return levelHandler{h.Handler.WithAttrs(attrs), h.least}
}

// WithGroup keeps the least level.
func (h levelHandler) WithGroup(name string) slog.Handler {
	return levelHandler{h.Handler.WithGroup(name), h.least}
}
