package main

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	_ "modernc.org/sqlite"
)

// TestMain lets the test binary be heddle itself: the tests start real processes.
func TestMain(m *testing.M) {
	if os.Getenv("HEDDLE_TEST_BE_HEDDLE") == "1" {
		os.Exit(run(os.Args[1:]))
	}
	os.Exit(m.Run())
}

// home is one installation: a folder with a database, and the settings to start it.
type home struct {
	t    *testing.T
	dir  string
	addr string
	env  []string
}

func newHome(t *testing.T, env ...string) *home {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	base := []string{
		"HEDDLE_TEST_BE_HEDDLE=1", "PATH=" + os.Getenv("PATH"), "HOME=" + dir,
		"DATABASE_URL=file:" + filepath.Join(dir, "heddle.db"), "HEDDLE_ADDR=" + addr, "HEDDLE_RATE_API=0", "HEDDLE_RATE_RUNS=0",
	}
	return &home{t: t, dir: dir, addr: addr, env: append(base, env...)}
}

func (h *home) command(ctx context.Context, args ...string) *exec.Cmd {
	c := exec.CommandContext(ctx, os.Args[0], args...)
	c.Env, c.Dir = h.env, h.dir
	return c
}

// cli runs a command to its end and returns standard output, standard error and the exit code.
func (h *home) cli(stdin string, args ...string) (string, string, int) {
	h.t.Helper()
	c := h.command(h.t.Context(), args...)
	var out, errs bytes.Buffer
	c.Stdin, c.Stdout, c.Stderr = strings.NewReader(stdin), &out, &errs
	err := c.Run()
	if c.ProcessState == nil {
		h.t.Fatalf("heddle %v did not start: %v", args, err)
	}
	return out.String(), errs.String(), c.ProcessState.ExitCode()
}

// token makes an account and returns an API token of it.
func (h *home) token(email string, args ...string) string {
	h.t.Helper()
	if _, errs, code := h.cli("correct horse battery\n", "user", "create", "--email", email, "--password-stdin"); code != 0 {
		h.t.Fatalf("user create: %d %s", code, errs)
	}
	out, errs, code := h.cli("", append([]string{"token", "create", "--email", email, "--name", "test"}, args...)...)
	if code != 0 || !strings.HasPrefix(out, "hdl_") || strings.Count(out, "\n") != 1 {
		h.t.Fatalf("token create: %d %q %s", code, out, errs)
	}
	return strings.TrimSpace(out)
}

// server is a running "heddle serve".
type server struct {
	*home
	cmd   *exec.Cmd
	log   *safeBuffer
	token string
}

type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *safeBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *safeBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

func (h *home) serve(token string) *server {
	h.t.Helper()
	s := &server{home: h, cmd: h.command(context.Background(), "serve"), log: &safeBuffer{}, token: token}
	s.cmd.Stderr = s.log
	if err := s.cmd.Start(); err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() { s.kill(syscall.SIGKILL) })
	s.until("the server is ready", func() bool {
		res, err := http.Get("http://" + h.addr + "/readyz")
		if err != nil {
			return false
		}
		defer res.Body.Close()
		return res.StatusCode == http.StatusOK
	})
	return s
}

// database opens the SQLite file of the installation.
func (h *home) database(t *testing.T) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(h.dir, "heddle.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// sql writes to the database by hand, as somebody who should not.
func (h *home) sql(t *testing.T, statements ...string) {
	t.Helper()
	for _, q := range statements {
		if _, err := h.database(t).ExecContext(t.Context(), q); err != nil {
			t.Fatalf("%s: %v", q, err)
		}
	}
}

// query reads one row.
func (h *home) query(t *testing.T, statement string, to ...any) {
	t.Helper()
	if err := h.database(t).QueryRowContext(t.Context(), statement).Scan(to...); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

// kill sends a signal, waits for the end and returns the exit code.
func (s *server) kill(sig syscall.Signal) int {
	if s.cmd.ProcessState != nil {
		return s.cmd.ProcessState.ExitCode()
	}
	_ = s.cmd.Process.Signal(sig)
	_ = s.cmd.Wait()
	return s.cmd.ProcessState.ExitCode()
}

// until polls until ok, and fails the test after 20 seconds.
func (s *server) until(what string, ok func() bool) {
	s.t.Helper()
	deadline := time.After(20 * time.Second)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-deadline:
			s.t.Fatalf("waited 20 s until %s; log:\n%s", what, s.log)
		case <-tick.C:
		}
	}
}

// call sends a request with the token and decodes the JSON answer.
func (s *server) call(method, path string, body any) (int, map[string]any) {
	s.t.Helper()
	var payload io.Reader = http.NoBody
	switch b := body.(type) {
	case nil:
	case string:
		payload = strings.NewReader(b)
	default:
		raw, err := json.Marshal(b)
		if err != nil {
			s.t.Fatal(err)
		}
		payload = bytes.NewReader(raw)
	}
	req, err := http.NewRequestWithContext(s.t.Context(), method, "http://"+s.addr+path, payload)
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+s.token)
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	var out map[string]any
	if err := json.NewDecoder(res.Body).Decode(&out); err != nil {
		s.t.Fatalf("%s %s: %d, not JSON: %v", method, path, res.StatusCode, err)
	}
	return res.StatusCode, out
}

// start executes a document and returns the run's id.
func (s *server) start(doc any) string {
	s.t.Helper()
	code, out := s.call("POST", "/api/execute", doc)
	if code != http.StatusAccepted {
		s.t.Fatalf("execute: %d %v", code, out)
	}
	return out["runId"].(string)
}

// finished waits for a run's end and returns it.
func (s *server) finished(id string) map[string]any {
	s.t.Helper()
	var r map[string]any
	s.until("run "+id+" ends", func() bool {
		_, out := s.call("GET", "/api/runs/"+id, nil)
		r, _ = out["run"].(map[string]any)
		return r != nil && r["completedAt"] != nil
	})
	return r
}
