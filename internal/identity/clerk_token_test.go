package identity_test

import (
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v3"

	"heddle/internal/flow"
	"heddle/internal/identity"
)

// forged returns tokens that must be refused, by what is wrong with them.
func forged(t *testing.T, w *clerkWorld) map[string]string {
	t.Helper()
	keys, now := keyPairs(), w.now().Unix()
	real, other := keys[0], keys[1]
	all := map[string]string{}
	for name, change := range map[string]object{
		"expired by 6 s": {"exp": now - 6}, "expired long ago": {"exp": now - 3600}, "no exp": {"exp": nil}, "exp as text": {"exp": "9999999999"},
		"exp null": {"exp": json.RawMessage("null")}, "exp negative": {"exp": -1}, "exp absurd": {"exp": 1e300},
		"nbf in 6 s": {"nbf": now + 6}, "nbf as text": {"nbf": "1"}, "iat in 6 s": {"iat": now + 6}, "iat a list": {"iat": []int{1}},
		"no iss": {"iss": nil}, "another clerk": {"iss": "https://clerk.evil.com"}, "iss longer": {"iss": "https://" + frontend + ".evil.com"},
		"iss with slash": {"iss": "https://" + frontend + "/"}, "iss by http": {"iss": "http://" + frontend}, "iss without scheme": {"iss": frontend},
		"iss a list": {"iss": []string{"https://" + frontend}}, "iss in capitals": {"iss": "HTTPS://" + strings.ToUpper(frontend)}, "iss empty": {"iss": ""},
		"no azp": {"azp": nil}, "azp empty": {"azp": ""}, "another azp": {"azp": "https://evil.example"}, "azp longer": {"azp": origin + ".evil.example"},
		"azp by http": {"azp": "http://heddle.example"}, "azp with port": {"azp": origin + ":444"}, "azp a list": {"azp": []string{origin}},
		"no sub": {"sub": nil}, "sub empty": {"sub": ""}, "sub a number": {"sub": 1}, "no sid": {"sid": nil}, "sid empty": {"sid": ""}, "sid true": {"sid": true},
		"pending session": {"sts": "pending"}, "odd session": {"sts": 7},
		"iss only in capitals": {"iss": nil, "ISS": "https://" + frontend}, "sub only in capitals": {"sub": nil, "Sub": "user_1"},
	} {
		all[name] = w.token(t, real, change)
	}
	payload, _ := json.Marshal(w.claims(nil))
	twice := []byte(strings.Replace(string(payload), "{", `{"sub":"user_9",`, 1))
	pub, _ := x509.MarshalPKIXPublicKey(&real.key.PublicKey)
	pubPEM := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: pub})
	good := w.good(t)
	part := strings.Split(good, ".")
	b64 := base64.RawURLEncoding.EncodeToString
	kid := object{"kid": real.kid}
	maps.Copy(all, map[string]string{
		"another key":              sign(t, jose.RS256, other.key, kid, payload),
		"HS256 with public key":    sign(t, jose.HS256, pub, kid, payload),
		"HS256 with public PEM":    sign(t, jose.HS256, pubPEM, kid, payload),
		"RS384":                    sign(t, jose.RS384, real.key, kid, payload),
		"RS512":                    sign(t, jose.RS512, real.key, kid, payload),
		"PS256":                    sign(t, jose.PS256, real.key, kid, payload),
		"no kid":                   sign(t, jose.RS256, real.key, nil, payload),
		"kid empty":                sign(t, jose.RS256, real.key, object{"kid": ""}, payload),
		"kid unknown":              sign(t, jose.RS256, real.key, object{"kid": "ins_x"}, payload),
		"kid a path":               sign(t, jose.RS256, real.key, object{"kid": "../../dev/null"}, payload),
		"jku":                      sign(t, jose.RS256, real.key, object{"kid": real.kid, "jku": "https://evil.example/jwks"}, payload),
		"x5u":                      sign(t, jose.RS256, real.key, object{"kid": real.kid, "x5u": "https://evil.example/cert"}, payload),
		"jwk of the forger":        sign(t, jose.RS256, other.key, object{"kid": real.kid, "jwk": other.jwk()}, payload),
		"crit":                     sign(t, jose.RS256, real.key, object{"kid": real.kid, "crit": []string{"exp"}}, payload),
		"a claim twice":            sign(t, jose.RS256, real.key, kid, twice),
		"claims no object":         sign(t, jose.RS256, real.key, kid, []byte(`["user_1"]`)),
		"claims no JSON":           sign(t, jose.RS256, real.key, kid, []byte(`user_1`)),
		"claims and more":          sign(t, jose.RS256, real.key, kid, append(payload, " {}"...)),
		"claims null":              sign(t, jose.RS256, real.key, kid, []byte(`null`)),
		"alg none":                 b64([]byte(`{"alg":"none","kid":"ins_0","typ":"JWT"}`)) + "." + part[1] + ".",
		"alg None, signed":         b64([]byte(`{"alg":"None","kid":"ins_0"}`)) + "." + part[1] + "." + part[2],
		"alg in small letters":     b64([]byte(`{"alg":"rs256","kid":"ins_0"}`)) + "." + part[1] + "." + part[2],
		"alg twice":                b64([]byte(`{"alg":"none","alg":"RS256","kid":"ins_0"}`)) + "." + part[1] + "." + part[2],
		"no signature":             part[0] + "." + part[1] + ".",
		"signature of another":     part[0] + "." + strings.Split(w.token(t, real, object{"sub": "user_2"}), ".")[1] + "." + part[2],
		"signature cut":            good[:len(good)-8],
		"header changed":           b64([]byte(`{"alg":"RS256","kid":"ins_0","typ":"JWT","x":1}`)) + "." + part[1] + "." + part[2],
		"two parts":                part[0] + "." + part[1],
		"four parts":               good + ".x",
		"five parts":               good + "..",
		"JSON form":                `{"payload":"` + part[1] + `","signatures":[{"protected":"` + part[0] + `","signature":"` + part[2] + `"}]}`,
		"spaces":                   " " + good,
		"empty":                    "",
		"dots":                     "..",
		"longer than 8 KiB":        w.token(t, real, object{"x": strings.Repeat("a", 8<<10)}),
		"an API token of nobody":   "hdl_" + strings.Repeat("a", 52),
		"header of another object": b64([]byte(`[]`)) + "." + part[1] + "." + part[2],
	})
	return all
}

func TestForgedTokensAreRefused(t *testing.T) {
	w := newClerkWorld(t)
	if _, err := w.ByBearer(t.Context(), w.good(t)); err != nil {
		t.Fatal(err)
	}
	all := forged(t, w)
	if len(all) < 60 {
		t.Fatalf("%d forged tokens, want 60", len(all))
	}
	messages := map[string]bool{}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		_, err := w.ByBearer(t.Context(), all[name])
		messages[wantKind(t, name, err, flow.Unauthenticated).Message] = true
		_, _, err = w.ClerkSignIn(t.Context(), all[name])
		wantKind(t, name+", sign-in", err, flow.Unauthenticated)
	}
	if len(messages) != 1 {
		t.Errorf("a forger can tell refusals apart: %v", messages)
	}
	if strings.Contains(w.logs.String(), strings.Split(w.good(t), ".")[1]) {
		t.Error("the log holds a token")
	}
}

func TestGoodTokensAreAccepted(t *testing.T) {
	w := newClerkWorld(t)
	now := w.now().Unix()
	for name, change := range map[string]object{
		"plain": nil, "expired by 4 s": {"exp": now - 4}, "nbf in 5 s": {"nbf": now + 5}, "iat in 5 s": {"iat": now + 5},
		"another of our origins": {"azp": "https://other.example"}, "active": {"sts": "active"}, "fractions": {"exp": float64(now) + 30.5},
	} {
		if _, err := w.ByBearer(t.Context(), w.token(t, keyPairs()[0], change)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzBearer(f *testing.F) {
	f.Add("a.b.c")
	f.Add("eyJhbGciOiJSUzI1NiIsImtpZCI6Imluc18wIn0.eyJzdWIiOiJ1c2VyXzEifQ.AAAA")
	f.Add("eyJhbGciOiJSUzI1NiIsImtpZCI6Imluc18wIn0.e30.AAAA")
	f.Add(`{"payload":"","signatures":[]}`)
	// Nothing forged gets as far as the accounts, so none are needed.
	s, err := identity.New(identity.Config{Accounts: struct{ identity.Accounts }{}, Clerk: newLoopback(f).config(f)})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, token string) {
		if _, err := s.ByBearer(t.Context(), token); err == nil || flow.KindOf(err) == flow.Internal {
			t.Errorf("%q: %v", token, err)
		}
	})
}
