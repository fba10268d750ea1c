package identity_test

import (
	"encoding/base64"
	"net/http"
	"strings"
	"testing"
	"time"

	"heddle/internal/flow"
	"heddle/internal/identity"
)

func TestClerkSettings(t *testing.T) {
	key := func(s string) string { return "pk_live_" + base64.StdEncoding.EncodeToString([]byte(s)) }
	for name, c := range map[string]struct {
		change func(*identity.ClerkConfig)
		want   []string
	}{
		"no secret key":      {func(c *identity.ClerkConfig) { c.SecretKey = "" }, []string{"set CLERK_SECRET_KEY"}},
		"no publishable key": {func(c *identity.ClerkConfig) { c.PublishableKey = " " }, []string{"set CLERK_PUBLISHABLE_KEY"}},
		"no webhook secret":  {func(c *identity.ClerkConfig) { c.WebhookSecret = "" }, []string{"set CLERK_WEBHOOK_SECRET"}},
		"two missing":        {func(c *identity.ClerkConfig) { c.SecretKey, c.WebhookSecret = "", "" }, []string{"CLERK_SECRET_KEY", "CLERK_WEBHOOK_SECRET"}},
		"no origin":          {func(c *identity.ClerkConfig) { c.Origins = nil }, []string{"HEDDLE_BASE_URL"}},
		"no client":          {func(c *identity.ClerkConfig) { c.HTTP = nil }, []string{"HTTP client"}},
		"mixed instances":    {func(c *identity.ClerkConfig) { c.PublishableKey = key(frontend + "$") }, []string{"different Clerk instances"}},
		"not a key":          {func(c *identity.ClerkConfig) { c.PublishableKey = "hello" }, []string{"CLERK_PUBLISHABLE_KEY"}},
		"key without end":    {func(c *identity.ClerkConfig) { c.SecretKey, c.PublishableKey = "x", key(frontend) }, []string{"CLERK_PUBLISHABLE_KEY"}},
		"key with a path":    {func(c *identity.ClerkConfig) { c.SecretKey, c.PublishableKey = "x", key("evil.com/$") }, []string{"CLERK_PUBLISHABLE_KEY"}},
		"key with a header":  {func(c *identity.ClerkConfig) { c.SecretKey, c.PublishableKey = "x", key("a.b; script-src *$") }, []string{"CLERK_PUBLISHABLE_KEY"}},
		"odd webhook secret": {func(c *identity.ClerkConfig) { c.WebhookSecret = "whsec_***secret***" }, []string{"CLERK_WEBHOOK_SECRET"}},
		"odd address":        {func(c *identity.ClerkConfig) { c.APIURL = "::" }, []string{"Backend API"}},
	} {
		conf := newLoopback(t).config(t)
		c.change(conf)
		_, err := identity.New(identity.Config{Accounts: newWorld(t, nil).store, Clerk: conf})
		for _, w := range c.want {
			if err == nil || !strings.Contains(err.Error(), w) || strings.Contains(err.Error(), "***secret") {
				t.Errorf("%s: %v, want it to name %s", name, err, w)
			}
		}
	}
}

func TestClerkPage(t *testing.T) {
	w := newClerkWorld(t)
	if p := w.Clerk(); p == nil || p.FrontendHost != frontend || !strings.HasPrefix(p.PublishableKey, "pk_test_") {
		t.Errorf("page = %+v", p)
	}
	local := newWorld(t, nil)
	if p := local.Clerk(); p != nil {
		t.Errorf("page with local accounts = %+v", p)
	}
	_, _, err := local.ClerkSignIn(t.Context(), "x")
	wantKind(t, "sign-in without Clerk", err, flow.NotFound)
	wantKind(t, "message without Clerk", local.ClerkWebhook(t.Context(), http.Header{}, nil), flow.NotFound)
}

func TestClerkSignIn(t *testing.T) {
	w := newClerkWorld(t)
	u, sid, err := w.ClerkSignIn(t.Context(), w.good(t))
	if err != nil {
		t.Fatal(err)
	}
	if sid != "sess_1" || u.Email != "ann@example.com" || u.Name() != "Ann Lee" || u.ClerkID == nil || *u.ClerkID != "user_1" ||
		!u.ID.Is(flow.UserPrefix) || u.Avatar != "https://img.clerk.com/ann" {
		t.Errorf("signed in as %+v in %s", u, sid)
	}
	secret, expires, err := w.StartSession(t.Context(), u, identity.StartSession{ClerkSID: sid})
	if err != nil || expires.Sub(w.now()) > 24*time.Hour {
		t.Errorf("session until %s, %v; want at most a day", expires, err)
	}
	if a, err := w.BySession(t.Context(), secret); err != nil || a.User.ID != u.ID {
		t.Errorf("by session: %+v, %v", a, err)
	}
	again, _, err := w.ClerkSignIn(t.Context(), w.good(t))
	if err != nil || again.ID != u.ID {
		t.Errorf("second sign-in: %s, %v; want the same account %s", again.ID, err, u.ID)
	}
}

func TestClerkBearer(t *testing.T) {
	w := newClerkWorld(t)
	for range 5 {
		a, err := w.ByBearer(t.Context(), w.good(t))
		if err != nil || a.Via != flow.ViaClerk || a.User.Email != "ann@example.com" || !a.May(flow.ScopeRunStart) {
			t.Fatalf("%+v, %v", a, err)
		}
	}
	if n := w.clerk.lookups.Load(); n != 1 {
		t.Errorf("%d look-ups of one user, want 1", n)
	}
	w.pass(6 * time.Minute)
	w.clerk.set(func() { p := ann(); p["first_name"] = "Anna"; w.clerk.people["user_1"] = p })
	if a, err := w.ByBearer(t.Context(), w.good(t)); err != nil || a.User.FirstName != "Anna" {
		t.Errorf("after a while: %+v, %v; want the new name", a.User, err)
	}
}

func TestClerkUsersThatGetNoAccount(t *testing.T) {
	for name, c := range map[string]struct {
		change func(w *clerkWorld)
		want   flow.Kind
	}{
		"deleted at Clerk": {func(w *clerkWorld) { delete(w.clerk.people, "user_1") }, flow.Unauthenticated},
		"banned":           {func(w *clerkWorld) { w.clerk.people["user_1"]["banned"] = true }, flow.Forbidden},
		"without address":  {func(w *clerkWorld) { w.clerk.people["user_1"]["email_addresses"] = []object{} }, flow.Forbidden},
		"another user":     {func(w *clerkWorld) { w.clerk.people["user_1"]["id"] = "user_2" }, flow.Unavailable},
	} {
		w := newClerkWorld(t)
		w.clerk.set(func() { c.change(w) })
		_, err := w.ByBearer(t.Context(), w.good(t))
		wantKind(t, name+", bearer", err, c.want)
		_, _, err = w.ClerkSignIn(t.Context(), w.good(t))
		wantKind(t, name+", sign-in", err, c.want)
	}
}

// A Clerk account adopts no local account by its address.
func TestClerkUserAdoptsNothing(t *testing.T) {
	w := newClerkWorld(t)
	local := w.account(t)
	_, _, err := w.ClerkSignIn(t.Context(), w.good(t))
	wantKind(t, "taken address", err, flow.Conflict)
	if u, _, err := w.store.UserByEmail(t.Context(), email); err != nil || u.ID != local.ID || u.ClerkID != nil {
		t.Errorf("the local account became %+v, %v", u, err)
	}
}

func TestClerkUserLookupWhileClerkIsDown(t *testing.T) {
	w := newClerkWorld(t)
	if _, err := w.ByBearer(t.Context(), w.good(t)); err != nil {
		t.Fatal(err)
	}
	w.clerk.set(func() { w.clerk.status = http.StatusInternalServerError })
	if _, err := w.ByBearer(t.Context(), w.good(t)); err != nil {
		t.Errorf("a known user: %v", err)
	}
	_, err := w.ByBearer(t.Context(), w.token(t, keyPairs()[0], object{"sub": "user_1", "sid": "s"}))
	if err != nil {
		t.Errorf("a known user in another session: %v", err)
	}
	w.pass(10 * time.Minute)
	_, err = w.ByBearer(t.Context(), w.good(t))
	if e := wantKind(t, "a user to look up", err, flow.Unavailable); e.RetryAfter <= 0 {
		t.Error("it does not say when to come back")
	}
}
