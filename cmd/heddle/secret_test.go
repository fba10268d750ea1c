package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// echo answers everything it was sent, as a badly made server does, and keeps it.
type echo struct {
	*httptest.Server
	mu  sync.Mutex
	got bytes.Buffer
}

func newEcho(t *testing.T) *echo {
	e := &echo{}
	e.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		said := fmt.Sprintf("%v %s", r.Header, body)
		e.mu.Lock()
		e.got.WriteString(said)
		e.mu.Unlock()
		w.Header().Set("X-Seen", r.Header.Get("Authorization")+r.Header.Get("X-Token"))
		switch {
		case strings.HasPrefix(r.URL.Path, "/fail"), strings.HasPrefix(r.URL.Path, "/v1"):
			http.Error(w, `{"error":{"message":"wrong key: `+r.Header.Get("Authorization")+`"}}`, http.StatusUnauthorized)
		case r.URL.Path == "/file":
			w.Header().Set("Content-Disposition", `attachment; filename="`+r.Header.Get("X-Token")+`.bin"`)
			w.Header().Set("Content-Type", "application/octet-stream")
			_, _ = io.WriteString(w, said)
		default:
			_ = json.NewEncoder(w).Encode(map[string]string{"said": said})
		}
	}))
	t.Cleanup(e.Close)
	return e
}

func (e *echo) saw(s string) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return strings.Contains(e.got.String(), s)
}

// browser is a signed-in person.
type browser struct {
	*server
	client *http.Client
}

func (s *server) signIn(email string) browser {
	s.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		s.t.Fatal(err)
	}
	b := browser{s, &http.Client{Jar: jar}}
	if code, body := b.send("POST", "/signin", "application/x-www-form-urlencoded", url.Values{"email": {email}, "password": {"correct horse battery"}}.Encode()); code != http.StatusOK || strings.Contains(body, "not right") {
		s.t.Fatalf("sign-in: %d", code)
	}
	return b
}

func (b browser) send(method, path, media, body string) (int, string) {
	b.t.Helper()
	req, err := http.NewRequestWithContext(b.t.Context(), method, "http://"+b.addr+path, strings.NewReader(body))
	if err != nil {
		b.t.Fatal(err)
	}
	req.Header.Set("Content-Type", media)
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	res, err := b.client.Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return res.StatusCode, string(raw)
}

// keep stores a secret.
func (b browser) keep(path string, body any) {
	b.t.Helper()
	raw, err := json.Marshal(body)
	if err != nil {
		b.t.Fatal(err)
	}
	if code, out := b.send("PUT", path, "application/json", string(raw)); code != http.StatusOK {
		b.t.Fatalf("PUT %s: %d %s", path, code, out)
	}
}

// TestS5_CanariesStayInside keeps 20 secrets, uses each in a run against a server that
// sends them all back, in bodies, headers, file names and errors. Afterwards none may
// be found in the log, in any file of the server, or in anything it answers.
func TestS5_CanariesStayInside(t *testing.T) {
	e := newEcho(t)
	host := strings.TrimPrefix(e.URL, "http://")
	h := newHome(t, "HEDDLE_EGRESS_ALLOW="+host, "OPENAI_BASE_URL="+e.URL+"/v1", "LOG_LEVEL=debug")
	s := h.serve(h.token("ann@example.com"))
	b := s.signIn("ann@example.com")
	var canaries []string
	var nodes []map[string]any
	add := func(kind string, data map[string]any) {
		nodes = append(nodes, map[string]any{"id": fmt.Sprint("n", len(nodes)), "type": kind, "data": data})
	}
	for i := range 19 {
		value := fmt.Sprintf("canary-%02d+/%s", i, strings.Repeat("x", i))
		name := fmt.Sprint("CANARY_", i)
		canaries = append(canaries, value)
		b.keep("/api/secrets/"+name, map[string]any{"value": value, "hosts": []string{"127.0.0.1"}})
		data := map[string]any{"url": e.URL + []string{"/json", "/fail", "/file", "/json"}[i%4], "secret": name, "auth": []string{"bearer", "basic", "key"}[i%3]}
		if i%2 == 0 {
			delete(data, "secret")
			data["headers"] = map[string]any{"X-Token": "{{secret." + name + "}}"}
		}
		add("http", data)
	}
	canaries = append(canaries, "sk-canary-provider")
	b.keep("/api/providers/openai/key", map[string]any{"value": "sk-canary-provider"})
	add("llm", map[string]any{"provider": "openai", "model": "m", "prompt": "hello"})
	id := s.start(map[string]any{"nodes": nodes, "edges": []any{}})
	run := s.finished(id)
	if run["status"] != "partial" {
		t.Fatalf("the run is %v: %v", run["status"], run["nodeResults"])
	}
	var seen strings.Builder
	hooks := b.hooks()
	for _, path := range []string{"/api/webhooks", "/runs?source=webhook", "/api/runs/" + id, "/api/runs/" + id + "/events", "/api/runs/" + id + "/logs", "/api/secrets", "/settings", "/runs/" + id, "/api/runs", "/api/node-types"} {
		_, body := b.send("GET", path, "", "")
		seen.WriteString(body)
	}
	if s.kill(syscall.SIGTERM) != 0 {
		t.Error("the server did not stop in order")
	}
	seen.WriteString(s.log.String())
	err := filepath.WalkDir(h.dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := os.ReadFile(path)
		seen.Write(raw)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range hooks {
		if at := strings.Index(seen.String(), c); at >= 0 {
			t.Errorf("%s of a webhook was found: …%q…", c, seen.String()[max(0, at-80):at+len(c)])
		}
	}
	for _, c := range canaries {
		if !e.saw(c) && !strings.Contains(c, "+/") {
			t.Errorf("%s was never sent: nothing was proven", c)
		}
		if strings.Contains(seen.String(), c) {
			at := strings.Index(seen.String(), c)
			t.Errorf("%s was found: …%q…", c, seen.String()[max(0, at-80):at+len(c)])
		}
	}
	if !e.saw(canaries[0]) || !e.saw(canaries[3]) {
		t.Error("the secrets were not sent")
	}
}

// hooks makes two webhooks, sends a message to the one without a signature, and returns
// the secrets of both.
func (b browser) hooks() []string {
	b.t.Helper()
	code, out := b.send("POST", "/api/workflows", "application/json", `{"name":"hooked","nodes":[{"id":"a","type":"input","data":{"name":"headers"}}],"edges":[]}`)
	var made struct {
		Workflow struct{ ID string }
		Path     string
	}
	if err := json.Unmarshal([]byte(out), &made); err != nil || code != http.StatusCreated {
		b.t.Fatalf("%d %s", code, out)
	}
	const given = "canary-signing-secret"
	for _, more := range []string{`"github","secret":"` + given + `"`, `"unsigned"`} {
		code, out = b.send("POST", "/api/webhooks", "application/json", `{"name":"x","workflowId":"`+made.Workflow.ID+`","kind":`+more+`}`)
		if err := json.Unmarshal([]byte(out), &made); err != nil || code != http.StatusCreated {
			b.t.Fatalf("%d %s", code, out)
		}
	}
	for path, want := range map[string]int{made.Path: http.StatusAccepted, made.Path + "0": http.StatusUnauthorized} {
		if code, out = b.send("POST", path, "application/json", `{}`); code != want {
			b.t.Fatalf("%d %s", code, out)
		}
	}
	return []string{given, made.Path[strings.LastIndex(made.Path, "/")+1:]}
}

// TestS2_AWrongMasterKeyRefusesToStart starts again with another key, then with both,
// changes the seals, and starts with the new one alone.
func TestS2_AWrongMasterKeyRefusesToStart(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: one process after the other, which the race detector only slows")
	}
	e := newEcho(t)
	key := func(b byte) string { return "HEDDLE_MASTER_KEY=" + strings.Repeat(string(rune('A'+b)), 42) + "A=" }
	h := newHome(t, key(1), "HEDDLE_EGRESS_ALLOW="+strings.TrimPrefix(e.URL, "http://"))
	s := h.serve(h.token("ann@example.com"))
	s.signIn("ann@example.com").keep("/api/secrets/TOKEN", map[string]any{"value": "kept-through-it", "hosts": []string{"127.0.0.1"}})
	s.kill(syscall.SIGTERM)
	h.env = append(h.env, key(2))
	if _, errs, code := h.cli("", "serve"); code == 0 || !strings.Contains(errs, "HEDDLE_MASTER_KEY_OLD") {
		t.Fatalf("started with a wrong master key: %d %s", code, errs)
	}
	old := strings.Replace(key(1), "HEDDLE_MASTER_KEY", "HEDDLE_MASTER_KEY_OLD", 1)
	h.env = append(h.env, old)
	if out, errs, code := h.cli("", "key", "rotate"); code != 0 || !strings.HasPrefix(out, "1 secret sealed") {
		t.Fatalf("rotate: %d %s %s", code, out, errs)
	}
	h.env = append(h.env, "HEDDLE_MASTER_KEY_OLD=")
	s = h.serve(s.token)
	run := s.finished(s.start(map[string]any{"nodes": []any{map[string]any{"id": "a", "type": "http", "data": map[string]any{"url": e.URL, "secret": "TOKEN"}}}, "edges": []any{}}))
	if run["status"] != "success" || !e.saw("kept-through-it") {
		t.Errorf("after the change: %v", run)
	}
}

// TestK3_ATokenNeverTouchesSecrets tries every route of secrets with an API token.
func TestK3_ATokenNeverTouchesSecrets(t *testing.T) {
	h := newHome(t)
	s := h.serve(h.token("ann@example.com"))
	s.signIn("ann@example.com").keep("/api/secrets/TOKEN", map[string]any{"value": "of-a-person", "hosts": []string{"example.com"}})
	body := map[string]any{"value": "of-a-script", "hosts": []string{"evil.example.com"}}
	for _, r := range []struct {
		method, path string
		body         any
	}{
		{"GET", "/api/secrets", nil},
		{"PUT", "/api/secrets/TOKEN", body},
		{"DELETE", "/api/secrets/TOKEN", nil},
		{"PUT", "/api/providers/openai/key", map[string]any{"value": "x"}},
		{"DELETE", "/api/providers/openai/key", nil},
	} {
		if code, out := s.call(r.method, r.path, r.body); code != http.StatusForbidden {
			t.Errorf("%s %s with a token: %d %v", r.method, r.path, code, out)
		}
	}
}
