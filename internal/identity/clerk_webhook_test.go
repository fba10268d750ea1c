package identity_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"heddle/internal/flow"
	"heddle/internal/identity"
)

// signedBy makes the headers of a message.
func signedBy(t *testing.T, secret, id string, at time.Time, body []byte) http.Header {
	t.Helper()
	wh, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		t.Fatal(err)
	}
	sig, err := wh.Sign(id, at, body)
	if err != nil {
		t.Fatal(err)
	}
	h := http.Header{}
	h.Set("svix-id", id)
	h.Set("svix-timestamp", strconv.FormatInt(at.Unix(), 10))
	h.Set("svix-signature", "v1,AAAA "+sig)
	return h
}

// send delivers a message as Clerk would.
func (w *clerkWorld) send(t *testing.T, id, kind string, data object) error {
	t.Helper()
	body, err := json.Marshal(object{"type": kind, "object": "event", "data": data})
	if err != nil {
		t.Fatal(err)
	}
	return w.ClerkWebhook(t.Context(), signedBy(t, hookSecret, id, w.now(), body), body)
}

func (w *clerkWorld) must(t *testing.T, id, kind string, data object) {
	t.Helper()
	if err := w.send(t, id, kind, data); err != nil {
		t.Fatalf("%s: %v", kind, err)
	}
}

// stored is Ann's account as it is kept.
func (w *clerkWorld) stored(t *testing.T) (flow.User, error) {
	t.Helper()
	u, _, err := w.store.UserByEmail(t.Context(), "ann@example.com")
	return u, err
}

func TestUserMessages(t *testing.T) {
	w := newClerkWorld(t)
	w.must(t, "m1", "user.created", ann())
	u, err := w.stored(t)
	if err != nil || u.FirstName != "Ann" || u.ClerkID == nil || *u.ClerkID != "user_1" {
		t.Fatalf("created: %+v, %v", u, err)
	}
	newer := ann()
	newer["first_name"], newer["updated_at"] = "Anna", 2000
	w.must(t, "m2", "user.updated", newer)
	older := ann()
	older["first_name"], older["updated_at"] = "Annie", 1500
	w.must(t, "m3", "user.updated", older)
	if got, err := w.stored(t); err != nil || got.FirstName != "Anna" || got.ID != u.ID {
		t.Errorf("updated: %+v, %v; want the newest name on the same account", got, err)
	}
	w.must(t, "m4", "user.deleted", object{"id": "user_1", "deleted": true})
	if got, err := w.stored(t); flow.KindOf(err) != flow.NotFound {
		t.Errorf("deleted: %+v, %v", got, err)
	}
	_, err = w.ByBearer(t.Context(), w.good(t))
	wantKind(t, "a token that outlives its account", err, flow.Unauthenticated)
	w.must(t, "m5", "user.updated", newer) // comes late
	if _, err := w.stored(t); flow.KindOf(err) != flow.NotFound {
		t.Errorf("a late message brought the account back: %v", err)
	}
	w.must(t, "m6", "user.deleted", object{"id": "user_1"})
}

func TestSessionMessages(t *testing.T) {
	for i, kind := range []string{"session.ended", "session.removed", "session.revoked"} {
		w := newClerkWorld(t)
		u, sid, err := w.ClerkSignIn(t.Context(), w.good(t))
		if err != nil {
			t.Fatal(err)
		}
		secret, _, err := w.StartSession(t.Context(), u, identity.StartSession{ClerkSID: sid})
		if err != nil {
			t.Fatal(err)
		}
		other, _, err := w.StartSession(t.Context(), u, identity.StartSession{ClerkSID: "sess_2"})
		if err != nil {
			t.Fatal(err)
		}
		w.must(t, fmt.Sprint("m", i), kind, object{"id": sid, "user_id": "user_1"})
		_, err = w.BySession(t.Context(), secret)
		wantKind(t, kind+", cookie", err, flow.Unauthenticated)
		if _, err := w.BySession(t.Context(), other); err != nil {
			t.Errorf("%s ended another session too: %v", kind, err)
		}
		_, _, err = w.ClerkSignIn(t.Context(), w.good(t))
		wantKind(t, kind+", token of the ended session", err, flow.Unauthenticated)
	}
}

func TestUnsignedMessagesAreRefused(t *testing.T) {
	w := newClerkWorld(t)
	body := []byte(`{"type":"user.deleted","data":{"id":"user_1"}}`)
	w.must(t, "m0", "user.created", ann())
	good := func() http.Header { return signedBy(t, hookSecret, "m1", w.now(), body) }
	without := func(name string) http.Header { h := good(); h.Del(name); return h }
	with := func(name, value string) http.Header { h := good(); h.Set(name, value); return h }
	for name, c := range map[string]struct {
		header http.Header
		body   []byte
	}{
		"tampered":       {good(), append([]byte(" "), body...)},
		"another secret": {signedBy(t, "whsec_AAAA", "m1", w.now(), body), body},
		"too old":        {signedBy(t, hookSecret, "m1", w.now().Add(-301*time.Second), body), body},
		"from later":     {signedBy(t, hookSecret, "m1", w.now().Add(301*time.Second), body), body},
		"another id":     {with("svix-id", "m2"), body},
		"another time":   {with("svix-timestamp", strconv.FormatInt(w.now().Unix()+1, 10)), body},
		"time no number": {with("svix-timestamp", "now"), body},
		"no id":          {without("svix-id"), body},
		"no time":        {without("svix-timestamp"), body},
		"no signature":   {without("svix-signature"), body},
		"no headers":     {http.Header{}, body},
		"version 2":      {with("svix-signature", strings.ReplaceAll(good().Get("svix-signature"), "v1,", "v2,")), body},
	} {
		wantKind(t, name, w.ClerkWebhook(t.Context(), c.header, c.body), flow.Unauthenticated)
	}
	if _, err := w.stored(t); err != nil {
		t.Errorf("an unsigned message had an effect: %v", err)
	}
}

func TestRepeatedMessageDoesNothing(t *testing.T) {
	w := newClerkWorld(t)
	w.must(t, "m1", "session.ended", object{"id": "sess_9"})
	w.must(t, "m2", "user.created", ann())
	changed := ann()
	changed["first_name"], changed["updated_at"] = "Mallory", 9000
	w.must(t, "m2", "user.created", changed)
	if u, err := w.stored(t); err != nil || u.FirstName != "Ann" {
		t.Errorf("a repeated id changed the account: %+v, %v", u, err)
	}
	w.pass(9 * time.Minute)
	w.must(t, "m2", "user.created", changed)
	if u, err := w.stored(t); err != nil || u.FirstName != "Ann" {
		t.Errorf("a repeated id changed the account later: %+v, %v", u, err)
	}
}

// What could not be handled is not remembered: Clerk's next try counts.
func TestFailedMessageCanBeTriedAgain(t *testing.T) {
	w := newClerkWorld(t)
	body, _ := json.Marshal(object{"type": "user.created", "data": ann()})
	why := errors.New("shutting down")
	ctx, stop := context.WithCancelCause(t.Context())
	stop(why)
	if err := w.ClerkWebhook(ctx, signedBy(t, hookSecret, "m1", w.now(), body), body); err == nil {
		t.Fatal("the account was kept although the context had ended")
	}
	w.must(t, "m1", "user.created", ann())
	if _, err := w.stored(t); err != nil {
		t.Errorf("the second try did nothing: %v", err)
	}
}

func TestOtherMessages(t *testing.T) {
	w := newClerkWorld(t)
	w.must(t, "m1", "organization.created", object{"id": "org_1"})
	w.must(t, "m2", "user.created", object{"id": "user_7", "email_addresses": []object{}})
	wantKind(t, "no id", w.send(t, "m3", "user.deleted", object{}), flow.Malformed)
	wantKind(t, "no user", w.send(t, "m4", "user.updated", object{"first_name": "X"}), flow.Malformed)
	body := []byte("hello")
	wantKind(t, "no JSON", w.ClerkWebhook(t.Context(), signedBy(t, hookSecret, "m5", w.now(), body), body), flow.Malformed)
}

// FuzzClerkMessage sends messages with forged signatures: none gets as far as the
// accounts.
func FuzzClerkMessage(f *testing.F) {
	f.Add("msg_1", "1700000000", "v1,AAAA", []byte(`{"type":"user.deleted","data":{"id":"user_1"}}`))
	f.Add("", "x", "v1, v1,", []byte(`{`))
	f.Add("msg_2", "-9223372036854775808", "v1a,AAAA v2,BBBB", []byte{0xff})
	s, err := identity.New(identity.Config{Accounts: struct{ identity.Accounts }{}, Clerk: newLoopback(f).config(f)})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, id, at, signature string, body []byte) {
		h := http.Header{"Svix-Id": {id}, "Svix-Timestamp": {at}, "Svix-Signature": {signature}}
		if err := s.ClerkWebhook(t.Context(), h, body); flow.KindOf(err) != flow.Unauthenticated {
			t.Errorf("%q %q %q %q: %v", id, at, signature, body, err)
		}
	})
}

// FuzzSession tries cookies that were never given out.
func FuzzSession(f *testing.F) {
	f.Add("")
	f.Add(strings.Repeat("A", 43))
	f.Add("' OR 1=1 --")
	s, err := identity.New(identity.Config{Accounts: noSessions{}})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, secret string) {
		if _, err := s.BySession(t.Context(), secret); flow.KindOf(err) != flow.Unauthenticated {
			t.Errorf("%q: %v", secret, err)
		}
	})
}

// noSessions knows no session.
type noSessions struct{ identity.Accounts }

func (noSessions) SessionByHash(context.Context, [32]byte) (flow.Session, flow.User, error) {
	return flow.Session{}, flow.User{}, flow.Errorf(flow.NotFound, "There is no such session.")
}
