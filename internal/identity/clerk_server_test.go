package identity_test

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v3"

	"heddle/internal/egress"
	"heddle/internal/identity"
)

const (
	clerkSecret = "sk_test_loopback"
	origin      = "https://heddle.example"
	frontend    = "clerk.heddle.example"
)

var hookSecret = "whsec_" + base64.StdEncoding.EncodeToString([]byte("0123456789abcdef0123456789abcdef"))

// object is a JSON object.
type object = map[string]any

// keyPair is one of Clerk's signing keys. Making one takes long, so tests share.
type keyPair struct {
	kid string
	key *rsa.PrivateKey
}

var keyPairs = sync.OnceValue(func() []keyPair {
	var all []keyPair
	for i := range 3 {
		k, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			panic(err)
		}
		all = append(all, keyPair{fmt.Sprint("ins_", i), k})
	}
	return all
})

func (k keyPair) jwk() object {
	b64 := base64.RawURLEncoding.EncodeToString
	return object{"kty": "RSA", "use": "sig", "alg": "RS256", "kid": k.kid, "n": b64(k.key.N.Bytes()), "e": b64(big.NewInt(int64(k.key.E)).Bytes())}
}

// sign makes a token with the given header members beside alg.
func sign(t testing.TB, alg jose.SignatureAlgorithm, key any, header object, payload []byte) string {
	t.Helper()
	o := &jose.SignerOptions{}
	for n, v := range header {
		o.WithHeader(jose.HeaderKey(n), v)
	}
	s, err := jose.NewSigner(jose.SigningKey{Algorithm: alg, Key: key}, o)
	if err != nil {
		t.Fatal(err)
	}
	signed, err := s.Sign(payload)
	if err != nil {
		t.Fatal(err)
	}
	compact, err := signed.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return compact
}

// loopback is a Clerk of ours: its keys, its users, and how well it feels.
type loopback struct {
	url               string
	mu                sync.Mutex
	keys              []keyPair
	people            map[string]object
	status            int // instead of an answer, unless 0
	keyReads, lookups atomic.Int64
}

func newLoopback(t testing.TB) *loopback {
	t.Helper()
	l := &loopback{keys: keyPairs()[:1], people: map[string]object{"user_1": ann()}}
	s := httptest.NewServer(l)
	t.Cleanup(s.Close)
	l.url = s.URL
	return l
}

// ann is a user as Clerk describes them.
func ann() object {
	return object{
		"id": "user_1", "object": "user", "first_name": "Ann", "last_name": "Lee", "primary_email_address_id": "e2",
		"email_addresses": []object{{"id": "e1", "email_address": "old@example.com"}, {"id": "e2", "email_address": "Ann@Example.com"}},
		"image_url":       "https://img.clerk.com/ann", "created_at": 1, "updated_at": 1000,
	}
}

func (l *loopback) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	l.mu.Lock()
	defer l.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	id, isUser := strings.CutPrefix(r.URL.Path, "/v1/users/")
	switch {
	case r.Header.Get("Authorization") != "Bearer "+clerkSecret:
		w.WriteHeader(http.StatusUnauthorized)
	case r.URL.Path == "/v1/jwks":
		l.keyReads.Add(1)
		var all []object
		for _, k := range l.keys {
			all = append(all, k.jwk())
		}
		l.answer(w, object{"keys": all})
	case isUser && l.people[id] != nil:
		l.lookups.Add(1)
		l.answer(w, l.people[id])
	default:
		w.WriteHeader(http.StatusNotFound)
		_, _ = w.Write([]byte(`{"errors":[{"code":"resource_not_found","message":"not found"}]}`))
	}
}

func (l *loopback) answer(w http.ResponseWriter, v any) {
	if l.status != 0 {
		w.WriteHeader(l.status)
		_, _ = w.Write([]byte(`{"errors":[]}`))
		return
	}
	_ = json.NewEncoder(w).Encode(v)
}

// set changes what Clerk answers.
func (l *loopback) set(change func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	change()
}

// config connects to l.
func (l *loopback) config(t testing.TB) *identity.ClerkConfig {
	t.Helper()
	client := egress.Client(egress.Config{AllowHostPorts: []string{strings.TrimPrefix(l.url, "http://")}})
	t.Cleanup(client.CloseIdleConnections)
	return &identity.ClerkConfig{
		SecretKey: clerkSecret, PublishableKey: "pk_test_" + base64.StdEncoding.EncodeToString([]byte(frontend+"$")),
		WebhookSecret: hookSecret, APIURL: l.url + "/v1", Origins: []string{origin, "https://other.example/"}, HTTP: client,
	}
}

// clerkWorld is a service whose people come from a loopback Clerk.
type clerkWorld struct {
	*world
	clerk *loopback
}

func newClerkWorld(t *testing.T) *clerkWorld {
	t.Helper()
	l := newLoopback(t)
	return &clerkWorld{newWorld(t, func(c *identity.Config) { c.Clerk = l.config(t) }), l}
}

func (w *clerkWorld) now() time.Time { return time.Unix(0, w.at.Load()) }

// claims of a good token, changed; nil removes a claim.
func (w *clerkWorld) claims(change object) object {
	now := w.now().Unix()
	c := object{"iss": "https://" + frontend, "sub": "user_1", "sid": "sess_1", "azp": origin, "iat": now, "nbf": now - 10, "exp": now + 60, "v": 2}
	for k, v := range change {
		if c[k] = v; v == nil {
			delete(c, k)
		}
	}
	return c
}

// token is signed by a key pair with the claims changed.
func (w *clerkWorld) token(t testing.TB, k keyPair, change object) string {
	t.Helper()
	payload, err := json.Marshal(w.claims(change))
	if err != nil {
		t.Fatal(err)
	}
	return sign(t, jose.RS256, k.key, object{"kid": k.kid, "typ": "JWT"}, payload)
}

// good is a token that must be accepted.
func (w *clerkWorld) good(t testing.TB) string { return w.token(t, keyPairs()[0], nil) }
