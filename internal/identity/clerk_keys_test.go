package identity_test

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"heddle/internal/flow"
)

// stranger returns a token that names a key nobody has.
func stranger(good string, i int) string {
	_, rest, _ := strings.Cut(good, ".")
	return base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, `{"alg":"RS256","kid":"x%d"}`, i)) + "." + rest
}

func TestUnknownKeysCauseOneFetch(t *testing.T) {
	w := newClerkWorld(t)
	good := w.good(t)
	for i := range 10_000 {
		if _, err := w.ByBearer(t.Context(), stranger(good, i)); err == nil {
			t.Fatal("a stranger's token was accepted")
		}
	}
	if _, err := w.ByBearer(t.Context(), good); err != nil {
		t.Error(err)
	}
	if n := w.clerk.keyReads.Load(); n != 1 {
		t.Errorf("%d fetches of the keys, want 1", n)
	}
	w.pass(5*time.Minute + time.Second)
	for i := range 100 {
		_, _ = w.ByBearer(t.Context(), stranger(good, i))
	}
	if n := w.clerk.keyReads.Load(); n != 2 {
		t.Errorf("%d fetches after another five minutes, want 2", n)
	}
}

func TestManyAtOnceShareOneFetch(t *testing.T) {
	w := newClerkWorld(t)
	good := w.good(t)
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			if _, err := w.ByBearer(t.Context(), good); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := w.clerk.keyReads.Load(); n != 1 {
		t.Errorf("%d fetches of the keys, want 1", n)
	}
}

func TestKeysRotate(t *testing.T) {
	w := newClerkWorld(t)
	before, after := keyPairs()[0], keyPairs()[1]
	if _, err := w.ByBearer(t.Context(), w.token(t, before, nil)); err != nil {
		t.Fatal(err)
	}
	w.clerk.set(func() { w.clerk.keys = []keyPair{before, after} })
	w.pass(5*time.Minute + time.Second)
	for _, k := range []keyPair{after, before} {
		if _, err := w.ByBearer(t.Context(), w.token(t, k, nil)); err != nil {
			t.Errorf("%s while both are valid: %v", k.kid, err)
		}
	}
	w.clerk.set(func() { w.clerk.keys = []keyPair{after} })
	start := w.now()
	for range 200 { // a withdrawn key goes although it is in use all the time
		if _, err := w.ByBearer(t.Context(), w.token(t, before, nil)); err != nil {
			break
		}
		w.pass(30 * time.Second)
	}
	if lived := w.now().Sub(start); lived > time.Hour+time.Minute {
		t.Errorf("a withdrawn key lived for %s", lived)
	}
	if _, err := w.ByBearer(t.Context(), w.token(t, after, nil)); err != nil {
		t.Error(err)
	}
}

func TestKnownKeysServeWhileClerkIsDown(t *testing.T) {
	w := newClerkWorld(t)
	reads := func() int64 { return w.clerk.keyReads.Load() }
	if _, _, err := w.ClerkSignIn(t.Context(), w.good(t)); err != nil {
		t.Fatal(err)
	}
	w.clerk.set(func() { w.clerk.status = http.StatusServiceUnavailable })
	// The user is looked up afresh, which fails too; what counts is that it gets that far.
	known := func() bool {
		_, err := w.ByBearer(t.Context(), w.good(t))
		e, ok := errors.AsType[*flow.Error](err)
		return err == nil || ok && e.Kind == flow.Unavailable && strings.Contains(w.logs.String(), "clerk user not fetched")
	}
	w.pass(2 * time.Hour)
	before := reads()
	for range 100 {
		w.logs.Reset()
		if !known() {
			t.Fatal("a known key is refused two hours after Clerk went down")
		}
	}
	if n := reads() - before; n != 1 {
		t.Errorf("%d fetches within 10 s, want 1", n)
	}
	w.pass(21 * time.Hour)
	if w.logs.Reset(); !known() {
		t.Error("a known key is refused within a day")
	}
	w.pass(2 * time.Hour)
	if w.logs.Reset(); known() {
		t.Error("a key is good for more than a day without Clerk")
	}
	_, err := w.ByBearer(t.Context(), w.good(t))
	wantKind(t, "after a day", err, flow.Unavailable)
	w.clerk.set(func() { w.clerk.status = 0 })
	w.pass(11 * time.Second)
	if _, err := w.ByBearer(t.Context(), w.good(t)); err != nil {
		t.Errorf("after Clerk came back: %v", err)
	}
}

func TestClerkDownFromTheStart(t *testing.T) {
	w := newClerkWorld(t)
	w.clerk.set(func() { w.clerk.status = http.StatusBadGateway })
	_, err := w.ByBearer(t.Context(), w.good(t))
	wantKind(t, "no keys yet", err, flow.Unavailable)
	w.clerk.set(func() { w.clerk.status, w.clerk.keys = 0, nil })
	w.pass(11 * time.Second)
	_, err = w.ByBearer(t.Context(), w.good(t))
	wantKind(t, "an empty key set", err, flow.Unavailable)
}

func TestWaitingForKeysEndsWithTheContext(t *testing.T) {
	w := newClerkWorld(t)
	good := w.good(t)
	ctx, stop := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer stop()
	w.clerk.set(func() { // Clerk hangs while this holds the lock
		if _, err := w.ByBearer(ctx, good); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error = %v, want the context's", err)
		}
	})
	if _, err := w.ByBearer(t.Context(), good); err != nil {
		t.Errorf("after Clerk answered: %v", err)
	}
}
