package identity

import (
	"cmp"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"heddle/internal/flow"
)

// HookMessage is what came in at a webhook's address.
type HookMessage struct {
	Key    string // what the address has behind the webhook's id
	Header http.Header
	Body   []byte // as it was sent: signatures are over its bytes
}

// errUnsigned is what every message is told that is not proven.
var errUnsigned = errors.New("the signature is missing or wrong")

// NewHookSecret returns a fresh signing secret of 256 random bits, as senders of the
// kind take it. For an unsigned webhook it is what its address ends with.
func NewHookSecret(k flow.HookKind) flow.Secret {
	var raw [32]byte
	_, _ = rand.Read(raw[:]) // never fails, see crypto/rand.Read
	if k == flow.HookStandard {
		return flow.Secret(standardPrefix + base64.StdEncoding.EncodeToString(raw[:]))
	}
	return flow.Secret(hex.EncodeToString(raw[:]))
}

// standardPrefix begins the secrets of the Standard Webhooks rules.
const standardPrefix = "whsec_"

// CheckHookSecret returns what is wrong with a signing secret that was given; nil when
// messages can be checked with it.
func CheckHookSecret(k flow.HookKind, s flow.Secret) error {
	plain := s.Reveal()
	if k == flow.HookStandard {
		raw, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(plain, standardPrefix))
		if err != nil || len(raw) < minHookSecret {
			return refuse("secret", "This is no signing secret of the Standard Webhooks rules.", "Paste it as whsec_ and base64 of at least 16 bytes, or leave it empty to have one made.")
		}
		return nil
	}
	if len(plain) < minHookSecret || len(plain) > flow.MaxSecretValue {
		return refuse("secret", "The signing secret is too short or too long.", fmt.Sprintf("Use %d characters to 8 KiB, or leave it empty to have one made.", minHookSecret))
	}
	return nil
}

// minHookSecret is 128 bits (trust.md H1).
const minHookSecret = 16

// ProveHook checks that the holder of the secret sent the message, lately where the
// kind tells when, and returns what names the delivery: the same for each copy of it,
// "" where the sender names none. The rules are those of standardwebhooks.com and of the
// documentation of GitHub ("Validating webhook deliveries"), Stripe ("Verify webhook
// signatures manually") and Slack ("Verifying requests from Slack").
func ProveHook(k flow.HookKind, secret flow.Secret, m HookMessage, now time.Time) (string, error) {
	key := []byte(secret.Reveal())
	switch k {
	case flow.HookStandard:
		return proveStandard(secret.Reveal(), m, now)
	case flow.HookGitHub:
		signature, _ := strings.CutPrefix(m.Header.Get("X-Hub-Signature-256"), "sha256=")
		return m.Header.Get("X-Github-Delivery"), signedBy(key, []string{signature}, m.Body)
	case flow.HookStripe:
		return proveStripe(key, m, now)
	case flow.HookSlack:
		return proveSlack(key, m, now)
	case flow.HookUnsigned:
		if subtle.ConstantTimeCompare([]byte(m.Key), key) != 1 {
			return "", errors.New("the address is not complete")
		}
		return firstOf(m.Header, "Webhook-Id", "Idempotency-Key"), nil
	}
	return "", fmt.Errorf("unknown kind of webhook %q", k)
}

func proveStandard(secret string, m HookMessage, now time.Time) (string, error) {
	if err := recent(m.Header.Get("Webhook-Timestamp"), now); err != nil {
		return "", err
	}
	w, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		return "", fmt.Errorf("signing secret: %w", err)
	}
	if err := w.VerifyIgnoringTimestamp(m.Body, m.Header); err != nil { // checked above, by our clock
		return "", errUnsigned
	}
	return m.Header.Get("Webhook-Id"), nil
}

func proveStripe(key []byte, m HookMessage, now time.Time) (string, error) {
	var at string
	var signatures []string
	for part := range strings.SplitSeq(m.Header.Get("Stripe-Signature"), ",") {
		switch name, value, _ := strings.Cut(strings.TrimSpace(part), "="); name {
		case "t":
			at = value
		case "v1":
			signatures = append(signatures, value)
		}
	}
	if err := recent(at, now); err != nil {
		return "", err
	}
	if err := signedBy(key, signatures, []byte(at+"."), m.Body); err != nil {
		return "", err
	}
	return memberOf(m.Body, "id"), nil
}

func proveSlack(key []byte, m HookMessage, now time.Time) (string, error) {
	at, signature := m.Header.Get("X-Slack-Request-Timestamp"), m.Header.Get("X-Slack-Signature")
	if err := recent(at, now); err != nil {
		return "", err
	}
	if err := signedBy(key, []string{strings.TrimPrefix(signature, "v0=")}, []byte("v0:"+at+":"), m.Body); err != nil {
		return "", err
	}
	// A slash command has no id: its signature is over its time and text.
	return cmp.Or(memberOf(m.Body, "event_id"), signature), nil
}

// recent refuses a time, in Unix seconds, that is more than five minutes off.
func recent(at string, now time.Time) error {
	seconds, err := strconv.ParseInt(at, 10, 64)
	if err != nil {
		return errUnsigned
	}
	if off := now.Sub(time.Unix(seconds, 0)); off > hookTolerance || off < -hookTolerance {
		return errors.New("the message is too old, or a clock is wrong")
	}
	return nil
}

// maxSignatures is how many signatures of one message are looked at.
const maxSignatures = 8

// signedBy looks for the HMAC-SHA256 of the parts, in hex, among signatures.
func signedBy(key []byte, signatures []string, parts ...[]byte) error {
	mac := hmac.New(sha256.New, key)
	for _, p := range parts {
		mac.Write(p)
	}
	want := mac.Sum(nil)
	for _, s := range signatures[:min(len(signatures), maxSignatures)] {
		if got, err := hex.DecodeString(s); err == nil && hmac.Equal(got, want) {
			return nil
		}
	}
	return errUnsigned
}

// memberOf returns a text of a JSON object; "" when there is none.
func memberOf(body []byte, name string) string {
	var o map[string]json.RawMessage
	var text string
	if json.Unmarshal(body, &o) != nil || json.Unmarshal(o[name], &text) != nil {
		return ""
	}
	return text
}

func firstOf(h http.Header, names ...string) string {
	for _, n := range names {
		if v := h.Get(n); v != "" {
			return v
		}
	}
	return ""
}
