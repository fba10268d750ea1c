package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"filippo.io/age"
)

// elsewhere is another installation with the master key of h, as after a move.
func (h *home) elsewhere(url string) *home {
	to := newHome(h.t)
	if url == "" {
		url = "file:" + filepath.Join(to.dir, "heddle.db")
	}
	to.env = append(to.env, "DATABASE_URL="+url)
	if key, err := os.ReadFile(filepath.Join(h.dir, "heddle.db.key")); err == nil {
		to.env = append(to.env, "HEDDLE_MASTER_KEY="+strings.TrimSpace(string(key)))
	}
	return to
}

// busyWhile starts runs until do has ended, and returns the ids that were accepted
// before it began.
func (s *server) busyWhile(do func()) []string {
	s.t.Helper()
	var before []string
	for i := range 20 {
		before = append(before, s.start(map[string]any{"nodes": []any{map[string]any{"id": "a", "type": "text", "data": map[string]any{"text": fmt.Sprint("run ", i)}}}, "edges": []any{}}))
	}
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			select {
			case <-stop:
				return
			default:
				s.start(`{"nodes":[{"id":"a","type":"text","data":{"text":"more"}}],"edges":[]}`)
			}
		}
	}()
	do()
	close(stop)
	<-stopped
	return before
}

// TestR23_RestoreElsewhere makes backups of a server at work, plain and encrypted,
// fills another installation from each and uses it: the account, every run that was
// accepted before, and the secret are there.
func TestR23_RestoreElsewhere(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: one process after the other, which the race detector only slows")
	}
	key, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	e := newEcho(t)
	h := newHome(t, "HEDDLE_EGRESS_ALLOW="+strings.TrimPrefix(e.URL, "http://"))
	s := h.serve(h.token("ann@example.com"))
	s.signIn("ann@example.com").keep("/api/secrets/MOVED", map[string]any{"value": "moved-value", "hosts": []string{"127.0.0.1"}})
	plain, sealed := filepath.Join(h.dir, "plain.backup"), filepath.Join(h.dir, "sealed.backup")
	before := s.busyWhile(func() {
		if out, errs, code := h.cli("", "backup", plain); code != 0 || !strings.Contains(out, "1 account") {
			t.Errorf("backup: %d %s %s", code, out, errs)
		}
		if out, errs, code := h.cli("", "backup", sealed, "--recipient", key.Recipient().String()); code != 0 || !strings.Contains(out, "encrypted") {
			t.Errorf("encrypted backup: %d %s %s", code, out, errs)
		}
	})
	s.kill(syscall.SIGTERM)
	if raw, err := os.ReadFile(sealed); err != nil || bytes.Contains(raw, []byte("SQLite")) || bytes.Contains(raw, []byte("ann@example.com")) {
		t.Errorf("the encrypted backup is not: %v", err)
	}
	identity := filepath.Join(h.dir, "key.txt")
	if err := os.WriteFile(identity, []byte(key.String()+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, args := range map[string][]string{"plain": {plain}, "encrypted": {sealed, "--identity", identity}} {
		t.Run(name, func(t *testing.T) {
			to := h.elsewhere("")
			to.env = append(to.env, "HEDDLE_EGRESS_ALLOW="+strings.TrimPrefix(e.URL, "http://"))
			if out, errs, code := to.cli("", append([]string{"restore"}, args...)...); code != 0 || !strings.Contains(out, "1 account") {
				t.Fatalf("restore: %d %s %s", code, out, errs)
			}
			restored := to.serve(s.token)
			for _, id := range before {
				if r := restored.finished(id); r["status"] != "success" {
					t.Errorf("run %s is %v", id, r["status"])
				}
			}
			id := restored.start(map[string]any{"nodes": []any{map[string]any{"id": "a", "type": "http", "data": map[string]any{"url": e.URL + "/json", "secret": "MOVED"}}}, "edges": []any{}})
			if r := restored.finished(id); r["status"] != "success" || !e.saw("moved-value") {
				t.Errorf("the secret does not open there: %v", r["nodeResults"])
			}
			restored.kill(syscall.SIGTERM)
			if _, errs, code := to.cli("", "restore", plain); code == 0 || !strings.Contains(errs, "exists already") {
				t.Errorf("a restore over a database: %d %s", code, errs)
			}
		})
	}
	t.Run("wrong master key", func(t *testing.T) {
		to := h.elsewhere("")
		to.env = append(to.env, "HEDDLE_MASTER_KEY="+newMasterKey())
		if _, errs, code := to.cli("", "restore", plain); code != exitFailed || !strings.Contains(errs, "HEDDLE_MASTER_KEY") {
			t.Errorf("restore: %d %s", code, errs)
		}
	})
	t.Run("refusals", func(t *testing.T) {
		other := filepath.Join(h.dir, "other.txt")
		if stranger, err := age.GenerateX25519Identity(); err != nil || os.WriteFile(other, []byte(stranger.String()), 0o600) != nil {
			t.Fatal(err)
		}
		torn := filepath.Join(h.dir, "torn.backup")
		if raw, err := os.ReadFile(sealed); err != nil || os.WriteFile(torn, raw[:len(raw)-100], 0o600) != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			want string
			args []string
		}{
			{"--identity", []string{"restore", sealed}},
			{"cannot be decrypted", []string{"restore", sealed, "--identity", other}},
			{"damaged", []string{"restore", torn, "--identity", identity}},
			{"no database", []string{"restore", identity}},
			{"read the backup", []string{"restore", filepath.Join(h.dir, "none")}},
			{"exists already", []string{"backup", plain}},
			{"--recipient", []string{"backup", filepath.Join(h.dir, "x"), "--recipient", "bob"}},
		} {
			to := h.elsewhere("")
			if _, errs, code := to.cli("", c.args...); code == 0 || !strings.Contains(errs, c.want) {
				t.Errorf("%v: %d %s", c.args, code, errs)
			}
			left, err := filepath.Glob(filepath.Join(to.dir, "*"))
			if err != nil || c.args[0] == "restore" && len(left) > 0 {
				t.Errorf("%v left %v behind: %v", c.args, left, err)
			}
		}
	})
}

// TestR23_RestoreElsewhere_PostgreSQL is the same with PostgreSQL's own tools.
func TestR23_RestoreElsewhere_PostgreSQL(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: one process after the other, which the race detector only slows")
	}
	h := newHome(t)
	h.env = append(h.env, "DATABASE_URL="+freshPostgres(t))
	s := h.serve(h.token("ann@example.com"))
	file := filepath.Join(h.dir, "pg.backup")
	before := s.busyWhile(func() {
		if out, errs, code := h.cli("", "backup", file); code != 0 {
			t.Fatalf("backup: %d %s %s", code, out, errs)
		}
	})
	s.kill(syscall.SIGTERM)
	to := h.elsewhere(freshPostgres(t))
	if out, errs, code := to.cli("", "restore", file); code != 0 || !strings.Contains(out, "1 account") {
		t.Fatalf("restore: %d %s %s", code, out, errs)
	}
	restored := to.serve(s.token)
	for _, id := range before {
		if r := restored.finished(id); r["status"] != "success" {
			t.Errorf("run %s is %v", id, r["status"])
		}
	}
	restored.kill(syscall.SIGTERM)
	if _, errs, code := to.cli("", "restore", file); code == 0 || !strings.Contains(errs, "empty one") {
		t.Errorf("a restore over a database: %d %s", code, errs)
	}
}

// TestDocumentsMove exports workflows of one account and imports them into another.
func TestDocumentsMove(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: one process after the other, which the race detector only slows")
	}
	h := newHome(t)
	h.token("ann@example.com")
	h.token("bob@example.com")
	out := filepath.Join(h.dir, "out")
	if _, errs, code := h.cli("", "export", "--email", "ann@example.com", "--to", out); code != 0 || !strings.Contains(errs, "3 workflows") {
		t.Fatalf("export: %d %s", code, errs)
	}
	files, err := filepath.Glob(filepath.Join(out, "*.json"))
	if err != nil || len(files) != 3 {
		t.Fatal(files, err)
	}
	ids, errs, code := h.cli("", append([]string{"import", "--email", "bob@example.com"}, files...)...)
	if code != 0 || strings.Count(ids, "wf_") != 3 {
		t.Fatalf("import: %d %s %s", code, ids, errs)
	}
	id := strings.Fields(ids)[0]
	again, errs, code := h.cli("", "export", "--email", "bob@example.com", id)
	first, err := os.ReadFile(files[0])
	if code != 0 || err != nil || again != string(first) {
		t.Errorf("exported again: %d %s %v\n%.300s\n%.300s", code, errs, err, again, first)
	}
	if _, errs, code = h.cli("", "export", "--email", "ann@example.com", id); code != exitFailed {
		t.Errorf("another account's workflow: %d %s", code, errs)
	}
	asks := filepath.Join(h.dir, "asks.json")
	doc, err := json.Marshal(map[string]any{"nodes": []any{map[string]any{"id": "a", "type": "http", "data": map[string]any{"url": "https://x.example", "secret": "SHOP", "headers": map[string]string{"X": "{{secret.OTHER}}"}}}}, "edges": []any{}})
	if err != nil || os.WriteFile(asks, doc, 0o600) != nil {
		t.Fatal(err)
	}
	if _, errs, code = h.cli("", "import", "--email", "bob@example.com", asks); code != 0 || !strings.Contains(errs, "OTHER, SHOP") {
		t.Errorf("missing secrets are not named: %d %s", code, errs)
	}
	for want, args := range map[string][]string{
		"none.json":  {"import", "--email", "bob@example.com", asks, "none.json"},
		"No account": {"import", "--email", "eve@example.com", asks},
		"--to":       {"export", "--email", "bob@example.com"},
		"without":    {"export", "--email", "ann@example.com", "--to", out},
	} {
		if _, errs, code := h.cli("", args...); code == 0 || !strings.Contains(strings.ToLower(errs), strings.ToLower(want)) {
			t.Errorf("%v: %d %s", args, code, errs)
		}
	}
}

// TestDoctor sees a new, a well and a broken installation.
func TestDoctor(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: one process after the other, which the race detector only slows")
	}
	h := newHome(t)
	out, errs, code := h.cli("", "doctor")
	if left, _ := filepath.Glob(filepath.Join(h.dir, "*")); code != 0 || !strings.Contains(out, "does not exist yet") || len(left) > 0 {
		t.Errorf("nothing there yet: %d %s %s, left %v", code, out, errs, left)
	}
	token := h.token("ann@example.com")
	s := h.serve(token)
	id := s.start(`{"nodes":[{"id":"a","type":"text","data":{"text":"x"}}],"edges":[]}`)
	s.finished(id)
	out, errs, code = h.cli("", "doctor", "--deep")
	if code != 0 || strings.Contains(out, "FAIL") {
		t.Errorf("a well server: %d %s %s", code, out, errs)
	}
	for _, part := range []string{"configuration", "disk", "database", "clock", "tables", "queue", "master key", "audit log", "nothing is damaged"} {
		if !strings.Contains(out, part) {
			t.Errorf("nothing is said about %s:\n%s", part, out)
		}
	}
	s.kill(syscall.SIGKILL)
	h.sql(t, "DELETE FROM audit WHERE seq = 1", "UPDATE runs SET status = 'running', completed_at = NULL, lease_until = 5 WHERE id = '"+id+"'")
	other := *h
	other.env = append(other.env, "REDIS_URL=redis://127.0.0.1:1")
	out, errs, code = other.cli("", "doctor")
	for _, want := range []string{"entry 1 is gone", "1 run whose worker", "REDIS_URL", "next:"} {
		if code != exitFailed || !strings.Contains(out, want) || !strings.Contains(errs, "3 things wrong") {
			t.Errorf("a broken server, want %q: %d %s %s", want, code, out, errs)
		}
	}
	if _, errs, code := h.cli("", "audit"); code != exitFailed || !strings.Contains(errs, "entry 1 is gone") {
		t.Errorf("audit: %d %s", code, errs)
	}
	bad := *h
	bad.env = append(bad.env, "HEDDLE_WORKERS=many", "HEDDLE_KEEP_SIZE=tiny")
	if out, _, code := bad.cli("", "doctor"); code != exitFailed || !strings.Contains(out, "HEDDLE_WORKERS") || !strings.Contains(out, "HEDDLE_KEEP_SIZE") {
		t.Errorf("a bad configuration: %d %s", code, out)
	}
}
