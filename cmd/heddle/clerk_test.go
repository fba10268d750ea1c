package main

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"maps"
	"math/big"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v3"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

// loopbackClerk speaks as much of Clerk's Backend API as Heddle asks for.
type loopbackClerk struct {
	*httptest.Server
	key    *rsa.PrivateKey
	secret string // of the API
	hook   string // of the webhooks
	mu     sync.Mutex
	people map[string]map[string]any
}

func newLoopbackClerk(t *testing.T) *loopbackClerk {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	c := &loopbackClerk{key: key, secret: "sk_test_loopback", hook: "whsec_" + base64.StdEncoding.EncodeToString([]byte("0123456789abcdef0123456789abcdef")), people: map[string]map[string]any{}}
	c.person("user_ann", "ann@example.com", "Ann")
	c.Server = httptest.NewServer(http.HandlerFunc(c.answer))
	t.Cleanup(c.Close)
	return c
}

func (c *loopbackClerk) person(id, email, name string) map[string]any {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.people[id] = map[string]any{
		"id": id, "object": "user", "first_name": name, "primary_email_address_id": "e", "updated_at": time.Now().UnixMilli(),
		"email_addresses": []any{map[string]any{"id": "e", "email_address": email}},
	}
	return c.people[id]
}

func (c *loopbackClerk) answer(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	id := strings.TrimPrefix(r.URL.Path, "/v1/users/")
	b64 := base64.RawURLEncoding.EncodeToString
	switch {
	case r.Header.Get("Authorization") != "Bearer "+c.secret:
		w.WriteHeader(http.StatusUnauthorized)
	case r.URL.Path == "/v1/jwks":
		_ = json.NewEncoder(w).Encode(map[string]any{"keys": []any{map[string]any{
			"kty": "RSA", "use": "sig", "alg": "RS256", "kid": "ins_1", "n": b64(c.key.N.Bytes()), "e": b64(big.NewInt(int64(c.key.E)).Bytes()),
		}}})
	case c.people[id] != nil:
		_ = json.NewEncoder(w).Encode(c.people[id])
	default:
		w.WriteHeader(http.StatusNotFound)
		_, _ = w.Write([]byte(`{"errors":[{"code":"resource_not_found","message":"not found"}]}`))
	}
}

// token is a session token as Clerk's script gets one; change alters its claims.
func (c *loopbackClerk) token(t *testing.T, origin, user, session string, change map[string]any) string {
	t.Helper()
	now := time.Now().Unix()
	claims := map[string]any{"iss": "https://clerk.example.com", "sub": user, "sid": session, "azp": origin, "iat": now, "nbf": now - 5, "exp": now + 60}
	maps.Copy(claims, change)
	payload, err := json.Marshal(claims)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: c.key}, (&jose.SignerOptions{}).WithHeader("kid", "ins_1").WithType("JWT"))
	if err != nil {
		t.Fatal(err)
	}
	signed, err := signer.Sign(payload)
	if err != nil {
		t.Fatal(err)
	}
	out, err := signed.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// tell sends a webhook, signed with the given secret, and returns the status.
func (c *loopbackClerk) tell(t *testing.T, s *server, secret, id, kind string, data any) int {
	t.Helper()
	body, err := json.Marshal(map[string]any{"type": kind, "object": "event", "data": data})
	if err != nil {
		t.Fatal(err)
	}
	hook, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		t.Fatal(err)
	}
	at := time.Now()
	signature, err := hook.Sign(id, at, body)
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+s.addr+"/api/webhooks/clerk", strings.NewReader(string(body)))
	if err != nil {
		t.Fatal(err)
	}
	req.Header = http.Header{"Content-Type": {"application/json"}, "Svix-Id": {id}, "Svix-Timestamp": {strconv.FormatInt(at.Unix(), 10)}, "Svix-Signature": {signature}}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	return res.StatusCode
}

func (c *loopbackClerk) settings() []string {
	return []string{
		"CLERK_PUBLISHABLE_KEY=pk_test_" + base64.StdEncoding.EncodeToString([]byte("clerk.example.com$")),
		"CLERK_SECRET_KEY=" + c.secret, "CLERK_WEBHOOK_SECRET=" + c.hook, "CLERK_API_URL=" + c.URL,
	}
}

// TestClerk_FromTheFirstSightToTheEnd lives a user's life with Clerk: signs in, works
// by cookie and by session token, changes, signs out in Clerk, and is deleted there.
func TestClerk_FromTheFirstSightToTheEnd(t *testing.T) {
	c := newLoopbackClerk(t)
	h := newHome(t, c.settings()...)
	h.env = append(h.env, "HEDDLE_BASE_URL=http://"+h.addr)
	s := h.serve("")
	origin := "http://" + s.addr
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	b := browser{s, &http.Client{Jar: jar}}
	page := func(path string) (int, string) { return b.send("GET", path, "", "") }

	code, body := page("/workflows") // nobody is signed in
	if code != http.StatusOK || !strings.Contains(body, "https://clerk.example.com/npm/@clerk/clerk-js") || strings.Contains(body, `name="password"`) {
		t.Fatalf("the sign-in page: %d %.500s", code, body)
	}
	in := func(token string) (int, string) {
		return b.send("POST", "/auth/session", "application/x-www-form-urlencoded", url.Values{"token": {token}}.Encode())
	}
	for name, forged := range map[string]string{
		"of another origin": c.token(t, "http://evil.test", "user_ann", "sess_1", nil), "too old": c.token(t, origin, "user_ann", "sess_1", map[string]any{"exp": time.Now().Unix() - 60}),
		"of another issuer": c.token(t, origin, "user_ann", "sess_1", map[string]any{"iss": "https://clerk.evil.com"}), "of nobody": c.token(t, origin, "user_none", "sess_1", nil), "nonsense": "a.b.c",
	} {
		if code, body := in(forged); code != http.StatusUnprocessableEntity || !strings.Contains(body, "could not be confirmed") {
			t.Errorf("a token %s: %d %.300s", name, code, body)
		}
	}
	if code, body = in(c.token(t, origin, "user_ann", "sess_1", nil)); code != http.StatusOK || !strings.Contains(body, "Summarise") {
		t.Fatalf("the first sign-in does not show the examples: %d %.400s", code, body)
	}
	s.token = c.token(t, origin, "user_ann", "sess_1", nil)
	if code, out := s.call("GET", "/api/workflows", nil); code != http.StatusOK || out["pagination"].(map[string]any)["total"] != float64(newAccountExamples) {
		t.Errorf("by session token: %d %v", code, out)
	}
	id := s.start(`{"nodes":[{"id":"a","type":"text","data":{"text":"x"}}],"edges":[]}`)
	if r := s.finished(id); r["status"] != "success" {
		t.Errorf("a run by session token: %v", r)
	}

	bob := c.person("user_ann", "ann@example.org", "Anna")
	if code := c.tell(t, s, "whsec_"+base64.StdEncoding.EncodeToString([]byte("another secret, another secret!!")), "msg_0", "user.updated", bob); code != http.StatusUnauthorized {
		t.Errorf("a message of somebody else: %d", code)
	}
	if code := c.tell(t, s, c.hook, "msg_1", "user.updated", bob); code != http.StatusOK {
		t.Errorf("user.updated: %d", code)
	}
	if _, body := page("/settings"); !strings.Contains(body, "ann@example.org") || !strings.Contains(body, "Anna") || strings.Contains(body, "New password") {
		t.Error("the settings do not show what was changed in Clerk")
	}
	if code := c.tell(t, s, c.hook, "msg_2", "session.ended", map[string]any{"id": "sess_1"}); code != http.StatusOK {
		t.Errorf("session.ended: %d", code)
	}
	if _, body := page("/workflows"); !strings.Contains(body, "clerk-js") {
		t.Error("a session that ended in Clerk goes on here")
	}
	if code, _ := s.call("GET", "/api/workflows", nil); code != http.StatusUnauthorized {
		t.Errorf("its token is still good: %d", code)
	}
	in(c.token(t, origin, "user_ann", "sess_2", nil))
	if _, body := page("/runs"); !strings.Contains(body, id) {
		t.Error("after signing in again the history is not there")
	}
	if code := c.tell(t, s, c.hook, "msg_3", "user.deleted", map[string]any{"id": "user_ann", "deleted": true}); code != http.StatusOK {
		t.Errorf("user.deleted: %d", code)
	}
	if _, body := page("/workflows"); !strings.Contains(body, "clerk-js") {
		t.Error("a deleted user is still signed in")
	}
	s.kill(15)
	if left := h.count(t, "users") + h.count(t, "workflows") + h.count(t, "runs") + h.count(t, "sessions"); left != 0 {
		t.Errorf("%d rows of the deleted user are left", left)
	}
	if strings.Contains(s.log.String(), s.token) || strings.Contains(s.log.String(), c.secret) {
		t.Error("the log holds a token or a key")
	}
}

// TestClerk_HalfConfigured names what is missing and does not start.
func TestClerk_HalfConfigured(t *testing.T) {
	all := newLoopbackClerk(t).settings()
	for i := range 3 {
		var env []string
		for j, kv := range all {
			if j != i {
				env = append(env, kv)
			}
		}
		missing, _, _ := strings.Cut(all[i], "=")
		h := newHome(t, append(env, "AUTH_PROVIDER=clerk")...)
		if _, errs, code := h.cli("", "serve"); code != exitConfig || !strings.Contains(errs, missing+":") {
			t.Errorf("without %s: %d %s", missing, code, errs)
		}
	}
}

// count returns how many rows a table has.
func (h *home) count(t *testing.T, table string) (n int) {
	t.Helper()
	h.query(t, "SELECT count(*) FROM "+table, &n)
	return n
}
