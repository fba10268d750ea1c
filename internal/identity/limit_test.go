package identity_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"heddle/internal/flow"
	"heddle/internal/identity"
)

const wrong = "not the password"

// fail makes n wrong tries, which must all be answered as such.
func (w *world) fail(t *testing.T, n int) {
	t.Helper()
	for i := range n {
		wantKind(t, fmt.Sprintf("try %d", i+1), w.signIn(t, email, wrong), flow.Unauthenticated)
	}
}

func TestFiveFailuresThenGrowingDelay(t *testing.T) {
	w := newWorld(t, nil)
	w.account(t)
	w.fail(t, 5)
	for _, want := range []time.Duration{15, 30, 60, 120, 240, 480, 900} {
		want *= time.Second
		e := wantKind(t, "during the delay", w.signIn(t, email, password), flow.TooMany)
		if e.RetryAfter != want {
			t.Fatalf("delay %v, want %v", e.RetryAfter, want)
		}
		if want == 15*time.Minute {
			break // when it is over all is forgotten, see below
		}
		w.pass(want)
		w.fail(t, 1)
	}
}

// Nobody is locked out for good, however often an attacker tries.
func TestTriesDuringTheDelayDoNotExtendIt(t *testing.T) {
	w := newWorld(t, nil)
	w.account(t)
	w.fail(t, 5)
	for range 14 {
		wantKind(t, "during the delay", w.signIn(t, email, wrong), flow.TooMany)
		w.pass(time.Second)
	}
	w.pass(time.Second)
	if err := w.signIn(t, email, password); err != nil {
		t.Fatalf("after the delay: %v", err)
	}
	w.fail(t, 5) // the right password forgot the wrong ones
}

func TestFailuresAreForgottenAfterAQuarterOfAnHour(t *testing.T) {
	w := newWorld(t, nil)
	w.account(t)
	w.fail(t, 4)
	w.pass(15 * time.Minute)
	w.fail(t, 5)
	if err := w.signIn(t, "bob@example.com", wrong); flow.KindOf(err) != flow.Unauthenticated {
		t.Errorf("another account is limited too: %v", err)
	}
}

// Many at once must not slip through between a check and its count.
func TestParallelTriesCannotPassTheLimit(t *testing.T) {
	w := newWorld(t, nil)
	w.account(t)
	var checked atomic.Int64
	var wg sync.WaitGroup
	for range 24 {
		wg.Go(func() {
			if _, err := w.SignIn(t.Context(), identity.SignIn{Email: email, Password: wrong}); flow.KindOf(err) == flow.Unauthenticated {
				checked.Add(1)
			}
		})
	}
	wg.Wait()
	if n := checked.Load(); n == 0 || n > 5 {
		t.Errorf("%d of 24 parallel tries were checked, want at most 5", n)
	}
}

func TestTriesPerNetwork(t *testing.T) {
	w := newWorld(t, nil)
	w.account(t)
	// A refused address costs no hash, so unknown accounts are tried: the limit
	// of the account must not stop them first.
	try := func(i int, ip string) flow.Kind {
		_, err := w.SignIn(t.Context(), identity.SignIn{Email: fmt.Sprintf("user%d@example.com", i), Password: wrong, IP: ip})
		return flow.KindOf(err)
	}
	for i := range 20 {
		if got := try(i, fmt.Sprintf("2001:db8:1:2::%x", i)); got != flow.Unauthenticated {
			t.Fatalf("try %d: %s", i+1, got.Code())
		}
	}
	for ip, want := range map[string]flow.Kind{
		"2001:db8:1:2:ffff::9": flow.TooMany, // one /64 is one visitor
		"2001:db8:1:3::1":      flow.Unauthenticated,
		"192.0.2.1":            flow.Unauthenticated,
		"":                     flow.Unauthenticated,
	} {
		if got := try(99, ip); got != want {
			t.Errorf("%q: %s, want %s", ip, got.Code(), want.Code())
		}
	}
	w.pass(3 * time.Second)
	if got := try(100, "2001:db8:1:2::1"); got != flow.Unauthenticated {
		t.Errorf("three seconds later: %s", got.Code())
	}
}
