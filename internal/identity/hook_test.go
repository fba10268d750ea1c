package identity_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"heddle/internal/flow"
	"heddle/internal/identity"
)

// Examples that GitHub and Slack give in their documentation.
const (
	githubSecret, githubBody = "It's a Secret to Everybody", "Hello, World!"
	githubSign               = "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
	slackSecret, slackTime   = "8f742231b10e8888abcd99yyyzzz85a5", 1531420618
	slackBody                = "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
	slackSign                = "a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"
)

const standardSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

var hookNow = time.Unix(slackTime, 0)

func mac(key []byte, parts ...string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(strings.Join(parts, "")))
	return h.Sum(nil)
}

// hookMessage is a message as the sender of a kind signs it.
func hookMessage(k flow.HookKind, at time.Time) (flow.Secret, identity.HookMessage) {
	ts, m := strconv.FormatInt(at.Unix(), 10), identity.HookMessage{Header: http.Header{}, Body: []byte(`{"id":"evt_1","event_id":"Ev1"}`)}
	body := string(m.Body)
	switch k {
	case flow.HookStandard:
		key, _ := base64.StdEncoding.DecodeString(strings.TrimPrefix(standardSecret, "whsec_"))
		m.Header.Set("Webhook-Id", "msg_1")
		m.Header.Set("Webhook-Timestamp", ts)
		m.Header.Set("Webhook-Signature", "v1,"+base64.StdEncoding.EncodeToString(mac(key, "msg_1.", ts, ".", body)))
		return standardSecret, m
	case flow.HookGitHub:
		m.Header.Set("X-GitHub-Delivery", "d1")
		m.Header.Set("X-Hub-Signature-256", "sha256="+hex.EncodeToString(mac([]byte(githubSecret), body)))
		return githubSecret, m
	case flow.HookStripe:
		m.Header.Set("Stripe-Signature", "t="+ts+",v1="+strings.Repeat("0", 64)+",v1="+hex.EncodeToString(mac([]byte("whsec_stripe_secret"), ts, ".", body))+",v0=00")
		return "whsec_stripe_secret", m
	case flow.HookSlack:
		m.Header.Set("X-Slack-Request-Timestamp", ts)
		m.Header.Set("X-Slack-Signature", "v0="+hex.EncodeToString(mac([]byte(slackSecret), "v0:", ts, ":", body)))
		return slackSecret, m
	case flow.HookUnsigned:
		m.Key = strings.Repeat("ab", 32)
		m.Header.Set("Idempotency-Key", "k1")
	}
	return flow.Secret(m.Key), m
}

func TestH1_SignaturesOfTheDocuments(t *testing.T) {
	m := identity.HookMessage{Header: http.Header{}, Body: []byte(githubBody)}
	m.Header.Set("X-Hub-Signature-256", "sha256="+githubSign)
	if _, err := identity.ProveHook(flow.HookGitHub, githubSecret, m, hookNow); err != nil {
		t.Error(err)
	}
	m = identity.HookMessage{Header: http.Header{}, Body: []byte(slackBody)}
	m.Header.Set("X-Slack-Request-Timestamp", strconv.Itoa(slackTime))
	m.Header.Set("X-Slack-Signature", "v0="+slackSign)
	if name, err := identity.ProveHook(flow.HookSlack, slackSecret, m, hookNow); err != nil || name != "v0="+slackSign {
		t.Error(name, err)
	}
}

func TestH1_Signatures(t *testing.T) {
	names := map[flow.HookKind]string{flow.HookStandard: "msg_1", flow.HookGitHub: "d1", flow.HookStripe: "evt_1", flow.HookSlack: "Ev1", flow.HookUnsigned: "k1"}
	timed := map[flow.HookKind]bool{flow.HookStandard: true, flow.HookStripe: true, flow.HookSlack: true}
	forged := 0
	for _, k := range flow.HookKinds() {
		secret, m := hookMessage(k, hookNow)
		if name, err := identity.ProveHook(k, secret, m, hookNow); err != nil || name != names[k] {
			t.Errorf("%s: %q, %v", k, name, err)
		}
		refused := func(what string, s flow.Secret, m identity.HookMessage, now time.Time) {
			t.Helper()
			forged++
			if _, err := identity.ProveHook(k, s, m, now); err == nil {
				t.Errorf("%s: %s is taken", k, what)
			}
		}
		other := identity.NewHookSecret(k)
		refused("another secret", other, m, hookNow)
		refused("nothing at all", secret, identity.HookMessage{Header: http.Header{}}, hookNow)
		if k != flow.HookUnsigned {
			changed := m
			changed.Body = append(append([]byte{}, m.Body...), ' ')
			refused("a changed body", secret, changed, hookNow)
		}
		if timed[k] {
			for _, off := range []time.Duration{-301 * time.Second, 301 * time.Second} {
				refused("a message that is off by "+off.String(), secret, m, hookNow.Add(off))
			}
			if _, err := identity.ProveHook(k, secret, m, hookNow.Add(299*time.Second)); err != nil {
				t.Errorf("%s: after 299 s: %v", k, err)
			}
		}
		for name := range m.Header {
			for what, change := range map[string]func(string) string{
				"empty": func(string) string { return "" }, "cut": func(s string) string { return s[:len(s)-1] },
				"longer": func(s string) string { return s + "0" }, "of another": func(s string) string { return strings.Map(turn, s) },
			} {
				if k == flow.HookUnsigned || strings.Contains(name, "Delivery") {
					continue // they name the delivery and prove nothing
				}
				worse := identity.HookMessage{Key: m.Key, Body: m.Body, Header: m.Header.Clone()}
				worse.Header.Set(name, change(m.Header.Get(name)))
				if k == flow.HookStripe && (what == "cut" || what == "longer") {
					continue // the last one is of an old kind
				}
				refused(name+" "+what, secret, worse, hookNow)
			}
		}
		if err := identity.CheckHookSecret(k, other); err != nil {
			t.Errorf("%s: a secret of ours: %v", k, err)
		}
		if err := identity.CheckHookSecret(k, "short"); err == nil {
			t.Errorf("%s: a short secret is taken", k)
		}
	}
	t.Logf("PROOF H1: %d forged messages refused", forged)
}

// turn changes every digit.
func turn(r rune) rune {
	if r >= '0' && r <= '9' {
		return '0' + (r-'0'+1)%10
	}
	return r
}

// FuzzHookMessage wants no panic, and nothing taken without the secret (R16).
func FuzzHookMessage(f *testing.F) {
	for _, k := range flow.HookKinds() {
		_, m := hookMessage(k, hookNow)
		var h strings.Builder
		for name := range m.Header {
			h.WriteString(name + "\n" + m.Header.Get(name) + "\n")
		}
		f.Add(h.String(), m.Body, m.Key)
	}
	secrets := map[flow.HookKind]flow.Secret{}
	for _, k := range flow.HookKinds() {
		secrets[k] = identity.NewHookSecret(k)
	}
	f.Fuzz(func(t *testing.T, header string, body []byte, key string) {
		m := identity.HookMessage{Key: key, Header: http.Header{}, Body: body}
		lines := strings.Split(header, "\n")
		for i := 0; i+1 < len(lines); i += 2 {
			m.Header.Set(lines[i], lines[i+1])
		}
		for _, k := range flow.HookKinds() {
			if _, err := identity.ProveHook(k, secrets[k], m, hookNow); err == nil {
				t.Errorf("%s is taken: %q %q", k, header, body)
			}
		}
	})
}
