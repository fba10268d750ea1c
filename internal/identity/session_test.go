package identity_test

import (
	"strings"
	"testing"
	"time"

	"heddle/internal/flow"
	"heddle/internal/identity"
)

const day = 24 * time.Hour

func (w *world) session(t *testing.T, u flow.User, in identity.StartSession) string {
	t.Helper()
	secret, expires, err := w.StartSession(t.Context(), u, in)
	if err != nil {
		t.Fatal(err)
	}
	if len(secret) != 43 || expires.IsZero() {
		t.Fatalf("secret of %d characters, ends %v", len(secret), expires)
	}
	return secret
}

func TestSession(t *testing.T) {
	w := newWorld(t, nil)
	u := w.account(t)
	secret := w.session(t, u, identity.StartSession{UserAgent: strings.Repeat("é", 4000)})
	a, err := w.BySession(t.Context(), secret)
	if err != nil {
		t.Fatal(err)
	}
	if a.User.ID != u.ID || a.Via != flow.ViaSession || !a.SessionID.Is(flow.SessionPrefix) || !a.May(flow.ScopeRunStart) {
		t.Errorf("the actor is %+v", a)
	}
	if again := w.session(t, u, identity.StartSession{}); again == secret {
		t.Error("two sessions share a secret")
	}
	if err := w.EndSession(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	_, err = w.BySession(t.Context(), secret)
	wantKind(t, "after sign-out", err, flow.Unauthenticated)
	if err := w.EndSession(t.Context(), a); err != nil {
		t.Errorf("signing out twice: %v", err)
	}
	if err := w.EndSession(t.Context(), flow.Actor{User: u, Via: flow.ViaToken}); err != nil {
		t.Errorf("signing out without a session: %v", err)
	}
}

func TestForgedSessions(t *testing.T) {
	w := newWorld(t, nil)
	secret := w.session(t, w.account(t), identity.StartSession{})
	for _, s := range []string{"", "x", secret[1:], secret + "A", strings.ToUpper(secret), strings.Repeat("A", 43), strings.Repeat("A", 1<<20), "' OR 1=1 --"} {
		_, err := w.BySession(t.Context(), s)
		wantKind(t, "forged session", err, flow.Unauthenticated)
	}
}

func TestSessionLives(t *testing.T) {
	for name, c := range map[string]struct {
		in   identity.StartSession
		step time.Duration // between two requests
		want int           // requests that are answered
	}{
		"idle for 7 days":     {identity.StartSession{}, 7 * day, 0},
		"used every 6 days":   {identity.StartSession{}, 6 * day, 4}, // 24 days; the next is day 30
		"Clerk's lasts a day": {identity.StartSession{ClerkSID: "sess_1"}, 6 * time.Hour, 3},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, nil)
			secret := w.session(t, w.account(t), c.in)
			answered := 0
			for range c.want + 2 {
				w.pass(c.step)
				if _, err := w.BySession(t.Context(), secret); err == nil {
					answered++
				} else {
					wantKind(t, "ended", err, flow.Unauthenticated)
				}
			}
			if answered != c.want {
				t.Errorf("%d requests were answered, want %d", answered, c.want)
			}
			w.pass(-time.Duration(c.want+2) * c.step)
			_, err := w.BySession(t.Context(), secret)
			wantKind(t, "the row is gone", err, flow.Unauthenticated)
		})
	}
}

func TestSeenIsWrittenOnceAMinute(t *testing.T) {
	w := newWorld(t, nil)
	secret := w.session(t, w.account(t), identity.StartSession{})
	for range 125 { // at 0, 1, … 124 s
		if _, err := w.BySession(t.Context(), secret); err != nil {
			t.Fatal(err)
		}
		w.pass(time.Second)
	}
	if n := w.store.sessions.Load(); n != 2 {
		t.Errorf("written %d times in 125 s, want 2", n)
	}
}
