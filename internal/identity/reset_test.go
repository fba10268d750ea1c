package identity_test

import (
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"heddle/internal/flow"
	"heddle/internal/identity"
)

// TestL6_Reset uses a reset in every wrong way, and then in the right one.
func TestL6_Reset(t *testing.T) {
	w := newWorld(t, nil)
	u := w.account(t)
	session := w.session(t, u, identity.StartSession{})
	const fresh = "a new and longer password"
	reset := func(secret string) error {
		_, err := w.Reset(t.Context(), identity.Reset{Secret: secret, Password: fresh})
		return err
	}
	made := func() string {
		secret, expires, err := w.NewReset(t.Context(), " Ann@Example.com ")
		if err != nil || len(secret) != 43 || expires.IsZero() {
			t.Fatalf("%q ends %v: %v", secret, expires, err)
		}
		return secret
	}
	void := made()
	messages := map[string]bool{}
	refused := func(what, secret string) {
		t.Helper()
		messages[wantKind(t, what, reset(secret), flow.Invalid).Message] = true
	}
	late := made()
	refused("the one before", void)
	for _, s := range []string{"", "null", strings.Repeat("A", 43), late[1:], late + "A", strings.ToUpper(late), strings.Repeat("x", 1<<20), session} {
		refused("never issued", s)
	}
	w.pass(15 * time.Minute)
	refused("too late", late)
	good := made()
	_, err := w.Reset(t.Context(), identity.Reset{Secret: good, Password: "short"})
	wantProblem(t, "a short password", err, "password")
	if err := reset(good); err != nil {
		t.Fatal(err)
	}
	refused("a second time", good)
	if len(messages) != 1 {
		t.Errorf("refusals can be told apart: %v", messages)
	}
	wantKind(t, "the old password", w.signIn(t, email, password), flow.Unauthenticated)
	if err := w.signIn(t, email, fresh); err != nil {
		t.Errorf("the new password: %v", err)
	}
	_, err = w.BySession(t.Context(), session)
	wantKind(t, "a session from before", err, flow.Unauthenticated)
	_, _, err = w.NewReset(t.Context(), "nobody@example.com")
	wantKind(t, "for nobody", err, flow.NotFound)
}

// TestL6_OneOfManyUsesOfAReset uses one secret from many sides at once.
func TestL6_OneOfManyUsesOfAReset(t *testing.T) {
	w := newWorld(t, nil)
	w.account(t)
	secret, _, err := w.NewReset(t.Context(), email)
	if err != nil {
		t.Fatal(err)
	}
	var done atomic.Int32
	var all sync.WaitGroup
	for range 6 {
		all.Go(func() {
			if _, err := w.Reset(t.Context(), identity.Reset{Secret: secret, Password: "a new and longer password"}); err == nil {
				done.Add(1)
			}
		})
	}
	all.Wait()
	if done.Load() != 1 {
		t.Errorf("%d of 6 uses succeeded", done.Load())
	}
}
