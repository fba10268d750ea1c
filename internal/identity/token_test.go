package identity_test

import (
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"heddle/internal/flow"
	"heddle/internal/identity"
)

func (w *world) token(t *testing.T, u flow.User, in identity.NewToken) (flow.Token, string) {
	t.Helper()
	if in.Name == "" {
		in.Name = "script"
	}
	tok, secret, err := w.NewToken(t.Context(), flow.Owner(u.ID), in)
	if err != nil {
		t.Fatal(err)
	}
	return tok, secret
}

func TestToken(t *testing.T) {
	w := newWorld(t, nil)
	u := w.account(t)
	tok, secret := w.token(t, u, identity.NewToken{Name: " backup ", Scopes: []flow.Scope{flow.ScopeRunStart, flow.ScopeGraphRead, flow.ScopeRunStart}})
	if !regexp.MustCompile(`^hdl_[a-z2-7]{52}$`).MatchString(secret) || tok.Prefix != secret[:8] || tok.Name != "backup" {
		t.Errorf("secret of %d characters, token %+v", len(secret), tok)
	}
	a, err := w.ByBearer(t.Context(), secret)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]flow.Scope{flow.ScopeGraphRead, flow.ScopeRunStart}, a.Scopes); diff != "" || a.Via != flow.ViaToken || a.TokenID != tok.ID || a.User.ID != u.ID {
		t.Errorf("the actor is %+v; scopes (-want +got):\n%s", a, diff)
	}
	if a.May(flow.ScopeRunRead) || !a.May(flow.ScopeRunStart) {
		t.Error("the scopes do not hold")
	}
	all, _ := w.token(t, u, identity.NewToken{})
	if diff := cmp.Diff(flow.Scopes(), all.Scopes); diff != "" {
		t.Errorf("scopes of a token made without (-want +got):\n%s", diff)
	}
	if err := w.store.DeleteToken(t.Context(), flow.Owner(u.ID), tok.ID); err != nil {
		t.Fatal(err)
	}
	_, err = w.ByBearer(t.Context(), secret)
	wantKind(t, "after it was revoked", err, flow.Unauthenticated)
}

func TestTokenRules(t *testing.T) {
	w := newWorld(t, nil)
	o := flow.Owner(w.account(t).ID)
	for path, in := range map[string]identity.NewToken{
		"scopes": {Name: "x", Scopes: []flow.Scope{flow.ScopeRunRead, "admin"}},
		"name":   {Name: "  "},
	} {
		_, secret, err := w.NewToken(t.Context(), o, in)
		wantProblem(t, path, err, path)
		if secret != "" {
			t.Errorf("%s: a secret was given", path)
		}
	}
	_, _, err := w.NewToken(t.Context(), o, identity.NewToken{Name: strings.Repeat("x", 101)})
	wantProblem(t, "long name", err, "name")
}

func TestTokenExpiry(t *testing.T) {
	for name, c := range map[string]struct {
		asked time.Duration
		good  time.Duration // still good after this
		ended time.Duration // over after this; 0: never
	}{
		"default": {0, 90*day - time.Second, 90 * day},
		"hour":    {time.Hour, time.Hour - time.Second, time.Hour},
		"never":   {-1, 3650 * day, 0},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, nil)
			_, secret := w.token(t, w.account(t), identity.NewToken{Expires: c.asked})
			w.pass(c.good)
			if _, err := w.ByBearer(t.Context(), secret); err != nil {
				t.Errorf("after %v: %v", c.good, err)
			}
			if c.ended == 0 {
				return
			}
			w.pass(c.ended - c.good)
			_, err := w.ByBearer(t.Context(), secret)
			if e := wantKind(t, "expired", err, flow.Unauthenticated); e.Message != "This token has expired." || e.Hint == "" {
				t.Errorf("got %q, hint %q", e.Message, e.Hint)
			}
		})
	}
}

func TestForgedTokens(t *testing.T) {
	w := newWorld(t, nil)
	_, secret := w.token(t, w.account(t), identity.NewToken{})
	for _, s := range []string{
		"", "hdl_", secret[:len(secret)-1], secret + "a", strings.ToUpper(secret), "hdl_" + strings.Repeat("a", 52),
		"hdl_" + strings.Repeat("a", 1<<20), "eyJhbGciOiJub25lIn0.e30.", secret[len("hdl_"):],
	} {
		_, err := w.ByBearer(t.Context(), s)
		wantKind(t, "forged token", err, flow.Unauthenticated)
	}
}

func TestLastUseIsWrittenOnceAMinute(t *testing.T) {
	w := newWorld(t, nil)
	u := w.account(t)
	_, secret := w.token(t, u, identity.NewToken{})
	for minute := range 2 {
		var wg sync.WaitGroup
		for range 30 {
			wg.Go(func() {
				if _, err := w.ByBearer(t.Context(), secret); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if n := w.store.tokens.Load(); n != int64(minute+1) {
			t.Errorf("minute %d: written %d times", minute, n)
		}
		tokens, err := w.store.Tokens(t.Context(), flow.Owner(u.ID))
		if err != nil || len(tokens) != 1 || tokens[0].LastUsedAt == nil || tokens[0].LastUsedAt.UnixNano() != w.at.Load() {
			t.Errorf("minute %d: tokens %+v, %v", minute, tokens, err)
		}
		w.pass(time.Minute)
	}
}

// TestK1_TokensBoundToAddresses uses a token from where it may be used, and from
// elsewhere.
func TestK1_TokensBoundToAddresses(t *testing.T) {
	w := newWorld(t, nil)
	made, secret := w.token(t, w.account(t), identity.NewToken{Name: "bound", Sources: []string{" 192.0.2.7 ", "10.1.2.3/8", "2001:db8::/32", "", "192.0.2.7"}})
	if got := strings.Join(made.Sources, " "); got != "192.0.2.7/32 10.0.0.0/8 2001:db8::/32" {
		t.Errorf("bound to %s", got)
	}
	for ip, good := range map[string]bool{
		"192.0.2.7": true, "::ffff:192.0.2.7": true, "10.255.0.1": true, "2001:db8:1::1": true,
		"192.0.2.8": false, "11.0.0.1": false, "2001:db9::1": false, "nonsense": false, "0.0.0.0": false,
	} {
		_, err := w.ByBearer(flow.WithClientIP(t.Context(), ip), secret)
		if good && err != nil {
			t.Errorf("%s: %v", ip, err)
		} else if !good {
			wantKind(t, ip, err, flow.Unauthenticated)
		}
	}
	for _, bad := range []string{"example.com", "10.0.0.0/99", "*", "10.0.0.1-10.0.0.9"} {
		_, _, err := w.NewToken(t.Context(), flow.Owner(made.UserID), identity.NewToken{Name: "x", Sources: []string{bad}})
		wantProblem(t, bad, err, "sources")
	}
}
