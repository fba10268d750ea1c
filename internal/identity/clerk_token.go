package identity

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v3"

	"heddle/internal/flow"
)

const (
	maxClerkToken = 8 << 10 // bytes; longer ones are not even parsed
	clerkLeeway   = 5 * time.Second
)

// claims are what a session token proves. Only verify makes them.
type claims struct {
	Subject   string // Clerk's id of the user
	SessionID string
	Expires   time.Time
}

// verify checks a session token (trust.md C1-C2). Every refusal looks alike from
// outside; the reason is in the log. [flow.Unavailable] means that Clerk's keys
// cannot be had.
func (k *clerk) verify(ctx context.Context, token string) (claims, error) {
	c, err := k.check(ctx, token)
	if err == nil || flow.KindOf(err) == flow.Unavailable {
		return c, err
	}
	if ctx.Err() != nil {
		return claims{}, context.Cause(ctx)
	}
	k.log.DebugContext(ctx, "clerk token refused", slog.String("reason", err.Error()))
	return claims{}, invalidToken()
}

func (k *clerk) check(ctx context.Context, token string) (claims, error) {
	kid, err := keyID(token)
	if err != nil {
		return claims{}, err
	}
	key, err := k.keys.key(ctx, kid)
	if err != nil {
		return claims{}, err
	}
	signed, err := jose.ParseSigned(token)
	if err != nil {
		return claims{}, err
	}
	payload, err := signed.Verify(key)
	if err != nil {
		return claims{}, err
	}
	m, err := members(payload)
	if err != nil {
		return claims{}, fmt.Errorf("claims: %w", err)
	}
	return k.accept(m)
}

// keyID reads which key a token claims to be signed with, and refuses every
// header but the one Clerk writes: a token must not choose how it is checked.
func keyID(token string) (string, error) {
	if len(token) > maxClerkToken {
		return "", errors.New("the token is too long")
	}
	if strings.Count(token, ".") != 2 || strings.ContainsAny(token, "{} \t\r\n") {
		return "", errors.New("not a compact token")
	}
	encoded, _, _ := strings.Cut(token, ".")
	raw, err := base64.RawURLEncoding.DecodeString(encoded)
	if err != nil {
		return "", errors.New("the header is not base64")
	}
	h, err := members(raw)
	if err != nil {
		return "", fmt.Errorf("header: %w", err)
	}
	for _, forbidden := range []string{"jku", "jwk", "x5u", "x5c", "crit", "b64", "zip"} {
		if _, ok := h[forbidden]; ok {
			return "", fmt.Errorf("the header has a member %s", forbidden)
		}
	}
	if text(h, "alg") != "RS256" {
		return "", errors.New("the algorithm is not RS256")
	}
	kid := text(h, "kid")
	if kid == "" {
		return "", errors.New("the header names no key")
	}
	return kid, nil
}

// accept checks signed claims.
func (k *clerk) accept(m map[string]json.RawMessage) (claims, error) {
	now := k.now()
	expires, hasExp := moment(m, "exp")
	c := claims{Subject: text(m, "sub"), SessionID: text(m, "sid"), Expires: expires}
	switch {
	case text(m, "iss") != k.issuer:
		return claims{}, errors.New("another issuer")
	case !k.origins[text(m, "azp")]:
		return claims{}, errors.New("made for another origin, or for none")
	case c.Subject == "" || c.SessionID == "":
		return claims{}, errors.New("no user or no session")
	case !hasExp || now.After(expires.Add(clerkLeeway)):
		return claims{}, errors.New("expired, or without an end")
	case !begun(m, "nbf", now) || !begun(m, "iat", now):
		return claims{}, errors.New("not valid yet")
	case len(m["sts"]) > 0 && text(m, "sts") != "active":
		return claims{}, errors.New("the session is not active")
	case k.people.ended(c.SessionID, now) || k.people.ended(c.Subject, now):
		return claims{}, errors.New("the session or the account has ended")
	}
	return c, nil
}

// begun reports whether the time under name, if there is one, has come.
func begun(m map[string]json.RawMessage, name string, now time.Time) bool {
	if _, ok := m[name]; !ok {
		return true
	}
	at, ok := moment(m, name)
	return ok && !now.Add(clerkLeeway).Before(at)
}

// text returns the string under name; anything else is "".
func text(m map[string]json.RawMessage, name string) string {
	var s string
	if raw := m[name]; len(raw) == 0 || raw[0] != '"' || json.Unmarshal(raw, &s) != nil {
		return ""
	}
	return s
}

// moment returns the time under name, which is in seconds since 1970.
func moment(m map[string]json.RawMessage, name string) (time.Time, bool) {
	var f float64
	raw := m[name]
	if len(raw) == 0 || json.Unmarshal(raw, &f) != nil || raw[0] == 'n' || f < 0 || f > math.MaxInt32*8 {
		return time.Time{}, false
	}
	return time.Unix(int64(f), 0), true
}

// members returns the members of a JSON object by their exact names. One that is
// there twice is an error: two readers could each believe another one.
func members(raw []byte) (map[string]json.RawMessage, error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil, errors.New("not a JSON object")
	}
	m := map[string]json.RawMessage{}
	for d.More() {
		t, err := d.Token()
		if err != nil {
			return nil, errors.New("not JSON")
		}
		name, _ := t.(string)
		if _, twice := m[name]; twice {
			return nil, errors.New("a member is there twice")
		}
		var v json.RawMessage
		if d.Decode(&v) != nil {
			return nil, errors.New("not JSON")
		}
		m[name] = v
	}
	if _, err := d.Token(); err != nil || d.More() {
		return nil, errors.New("not JSON")
	}
	return m, nil
}
