package identity_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"heddle/internal/flow"
	"heddle/internal/identity"
	"heddle/internal/store"
)

const (
	email    = "ann@example.com"
	password = "violet kettle onward"
)

// world is a service over a real store, with a clock that stands still.
type world struct {
	*identity.Service
	store *counted
	at    atomic.Int64 // nanoseconds since 1970
	logs  bytes.Buffer
	dir   string
}

// counted is the real store; it counts the writes of last use.
type counted struct {
	*store.Store
	sessions, tokens atomic.Int64
}

func (c *counted) TouchSession(ctx context.Context, id flow.ID, at time.Time) error {
	c.sessions.Add(1)
	return c.Store.TouchSession(ctx, id, at)
}

func (c *counted) TouchToken(ctx context.Context, id flow.ID, at time.Time) error {
	c.tokens.Add(1)
	return c.Store.TouchToken(ctx, id, at)
}

func newWorld(t *testing.T, change func(*identity.Config)) *world {
	t.Helper()
	w := &world{dir: t.TempDir()}
	w.at.Store(time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC).UnixNano())
	s, err := store.Open(t.Context(), store.Config{URL: "file:" + filepath.Join(w.dir, "heddle.db"), Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	if _, err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.store = &counted{Store: s}
	c := identity.Config{
		Accounts: w.store,
		Audit:    s,
		Now:      func() time.Time { return time.Unix(0, w.at.Load()) },
		Logger:   slog.New(slog.NewTextHandler(&w.logs, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	if change != nil {
		change(&c)
	}
	if w.Service, err = identity.New(c); err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *world) pass(d time.Duration) { w.at.Add(int64(d)) }

// account makes the account of email with password.
func (w *world) account(t *testing.T) flow.User {
	t.Helper()
	u, err := w.CreateUser(t.Context(), email, password)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// signIn tries to sign in and returns the error.
func (w *world) signIn(t *testing.T, email, password string) error {
	t.Helper()
	u, err := w.SignIn(t.Context(), identity.SignIn{Email: email, Password: password})
	if (err == nil) != (u.ID != "") {
		t.Fatalf("user %q with error %v", u.ID, err)
	}
	return err
}

func wantKind(t *testing.T, what string, err error, want flow.Kind) *flow.Error {
	t.Helper()
	e, ok := errors.AsType[*flow.Error](err)
	if !ok || e.Kind != want {
		t.Fatalf("%s: got %v, want the kind %s", what, err, want.Code())
	}
	if e.Message == "" {
		t.Errorf("%s: no message", what)
	}
	return e
}

func wantProblem(t *testing.T, what string, err error, path string) {
	t.Helper()
	e := wantKind(t, what, err, flow.Invalid)
	if len(e.Problems) != 1 || e.Problems[0].Path != path || e.Problems[0].Message == "" {
		t.Errorf("%s: problems %+v, want one about %s", what, e.Problems, path)
	}
}

func TestNewNeedsAccounts(t *testing.T) {
	if _, err := identity.New(identity.Config{}); err == nil {
		t.Error("a service without accounts was made")
	}
}

// Nothing that proves who one is may lie in the database, the log or an error.
func TestSecretsAreNotStoredOrLogged(t *testing.T) {
	w := newWorld(t, func(c *identity.Config) { c.SetupCode = "code-51-violet" })
	var said []string
	note := func(err error) {
		if err != nil {
			said = append(said, err.Error())
		}
	}
	_, err := w.Setup(t.Context(), identity.Setup{Code: "wrong-code-77", Email: email, Password: password})
	note(err)
	u, err := w.Setup(t.Context(), identity.Setup{Code: "code-51-violet", Email: email, Password: password})
	if err != nil {
		t.Fatal(err)
	}
	note(w.signIn(t, email, "a wrong password 88"))
	note(w.signIn(t, email, password))
	session, _, err := w.StartSession(t.Context(), u, identity.StartSession{UserAgent: "test"})
	note(err)
	_, token, err := w.NewToken(t.Context(), flow.Owner(u.ID), identity.NewToken{Name: "script"})
	note(err)
	_, err = w.ByBearer(t.Context(), token+"x")
	note(err)
	if _, err := w.ByBearer(t.Context(), token); err != nil {
		t.Fatal(err)
	}
	stored := w.everyByte(t)
	if sum := sha256.Sum256([]byte(token)); !bytes.Contains(stored, sum[:]) && !bytes.Contains(stored, []byte(email)) {
		t.Fatal("the database was not read: not even the hash or the address is in it")
	}
	for _, secret := range []string{password, "a wrong password 88", "code-51-violet", "wrong-code-77", session, token, token[len("hdl_"):]} {
		if bytes.Contains(stored, []byte(secret)) {
			t.Errorf("the database holds %q", secret)
		}
		if strings.Contains(w.logs.String()+strings.Join(said, "\n"), secret) {
			t.Errorf("a log line or an error holds %q", secret)
		}
	}
}

// everyByte returns the database and its write-ahead log.
func (w *world) everyByte(t *testing.T) []byte {
	t.Helper()
	files, _ := filepath.Glob(filepath.Join(w.dir, "heddle.db*"))
	var all []byte
	for _, f := range files {
		raw, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, raw...)
	}
	return all
}
