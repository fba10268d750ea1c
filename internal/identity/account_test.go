package identity_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/crypto/argon2"

	"heddle/internal/flow"
	"heddle/internal/identity"
)

func TestSetup(t *testing.T) {
	w := newWorld(t, nil)
	if needed, err := w.NeedsSetup(t.Context()); !needed || err != nil {
		t.Fatalf("an empty server needs no setup: %v", err)
	}
	u, err := w.Setup(t.Context(), identity.Setup{Email: " Ann@Example.com ", Password: password, FirstName: " Ann ", LastName: "Lee"})
	if err != nil {
		t.Fatal(err)
	}
	if u.Email != email || u.Name() != "Ann Lee" || !u.ID.Is(flow.UserPrefix) || u.ClerkID != nil {
		t.Errorf("the account is %+v", u)
	}
	if needed, err := w.NeedsSetup(t.Context()); needed || err != nil {
		t.Errorf("setup is still needed: %v", err)
	}
	_, err = w.Setup(t.Context(), identity.Setup{Email: "bob@example.com", Password: password})
	wantKind(t, "second setup", err, flow.Conflict)
	if err := w.signIn(t, "ANN@example.com", password); err != nil {
		t.Error(err)
	}
}

func TestSetupIsRaceSafe(t *testing.T) {
	w := newWorld(t, nil)
	var made, conflicts atomic.Int64
	var wg sync.WaitGroup
	for i := range 6 {
		wg.Go(func() {
			_, err := w.Setup(t.Context(), identity.Setup{Email: fmt.Sprintf("user%d@example.com", i), Password: password})
			switch {
			case err == nil:
				made.Add(1)
			case flow.KindOf(err) == flow.Conflict:
				conflicts.Add(1)
			default:
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n, err := w.store.CountUsers(t.Context()); made.Load() != 1 || conflicts.Load() != 5 || n != 1 || err != nil {
		t.Errorf("%d made, %d conflicts, %d users, %v", made.Load(), conflicts.Load(), n, err)
	}
}

func TestSetupCode(t *testing.T) {
	w := newWorld(t, func(c *identity.Config) { c.SetupCode = "violet-51" })
	setup := func(code string) error {
		_, err := w.Setup(t.Context(), identity.Setup{Code: code, Email: email, Password: password})
		return err
	}
	for i, code := range []string{"", "violet", "violet-512", "VIOLET-51", "x"} {
		wantProblem(t, fmt.Sprintf("wrong code %d", i), setup(code), "code")
	}
	e := wantKind(t, "after five wrong codes even the right one", setup("violet-51"), flow.TooMany)
	if e.RetryAfter <= 0 {
		t.Error("nothing says when to come back")
	}
	w.pass(e.RetryAfter)
	if err := setup(" violet-51\n"); err != nil {
		t.Errorf("the right code after the wait: %v", err)
	}
}

func TestSignUp(t *testing.T) {
	in := identity.SignUp{Email: email, Password: password}
	closed := newWorld(t, nil)
	_, err := closed.SignUp(t.Context(), in)
	wantKind(t, "closed", err, flow.Forbidden)

	w := newWorld(t, func(c *identity.Config) { c.SignupOpen = true })
	_, err = w.SignUp(t.Context(), in)
	wantKind(t, "before the first account", err, flow.Forbidden)
	if _, err := w.Setup(t.Context(), identity.Setup{Email: "owner@example.com", Password: password}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.SignUp(t.Context(), in); err != nil {
		t.Fatal(err)
	}
	in.Email = "ANN@example.com"
	_, err = w.SignUp(t.Context(), in)
	if e := wantKind(t, "taken address", err, flow.Conflict); len(e.Problems) != 1 || e.Problems[0].Path != "email" {
		t.Errorf("problems %+v", e.Problems)
	}
	in.Email = "not an address"
	_, err = w.SignUp(t.Context(), in)
	wantProblem(t, "bad address", err, "email")
	in = identity.SignUp{Email: "bob@example.com", Password: password, FirstName: strings.Repeat("n", 101)}
	_, err = w.SignUp(t.Context(), in)
	wantProblem(t, "long name", err, "firstName")
}

func TestPasswordRules(t *testing.T) {
	w := newWorld(t, nil)
	for _, bad := range []string{
		"", "short", "ninechars", "pässwörtß", strings.Repeat("ab1 ", 33), "1234567890", "password123", "P4ssw0rd2024!", "  Password  ",
		"qwertyuiop", "1q2w3e4r5t", "highlander", "Undertaker1", "aaaaaaaaaaaa", "abcabcabcabc", "Administrator", "!!iloveyou!!", "correcthorsebatterystaple", "BOB@example.com",
	} {
		_, err := w.CreateUser(t.Context(), "bob@example.com", bad)
		wantProblem(t, fmt.Sprintf("password %q", bad), err, "password")
	}
	for i, good := range []string{password, "ten chars!", strings.Repeat("🙂é", 64), "dragon 4827 3651 908"} {
		if _, err := w.CreateUser(t.Context(), fmt.Sprintf("user%d@example.com", i), good); err != nil {
			t.Errorf("password %q: %v", good, err)
		}
	}
}

func TestSignInGivesOneAnswer(t *testing.T) {
	w := newWorld(t, nil)
	w.account(t)
	wrong := wantKind(t, "wrong password", w.signIn(t, email, "not the password"), flow.Unauthenticated)
	unknown := wantKind(t, "unknown address", w.signIn(t, "nobody@example.com", password), flow.Unauthenticated)
	empty := wantKind(t, "empty", w.signIn(t, "", ""), flow.Unauthenticated)
	if wrong.Message != "Email or password is wrong." || wrong.Message != unknown.Message || wrong.Message != empty.Message || wrong.Hint != unknown.Hint {
		t.Errorf("the answers differ: %v, %v, %v", wrong, unknown, empty)
	}
}

// trust.md L3: an unknown account costs one hash too. Without it the difference
// is a factor of a hundred.
func TestUnknownAccountCostsAHash(t *testing.T) {
	w := newWorld(t, nil)
	w.account(t)
	fastest := func(email string) time.Duration {
		best := time.Hour
		for range 3 {
			start := time.Now()
			wantKind(t, "wrong", w.signIn(t, email, "not the password"), flow.Unauthenticated)
			best = min(best, time.Since(start))
		}
		return best
	}
	if known, unknown := fastest(email), fastest("nobody@example.com"); unknown < known/4 {
		t.Errorf("a known account took %v, an unknown one %v", known, unknown)
	}
}

func TestHashIsRenewedOnSignIn(t *testing.T) {
	w := newWorld(t, nil)
	u := w.account(t)
	_, fresh, err := w.store.UserByEmail(t.Context(), email)
	if err != nil || !strings.HasPrefix(fresh, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Fatalf("the hash is %q, %v", fresh, err)
	}
	salt := []byte("0123456789abcdef")
	b64 := base64.RawStdEncoding
	old := "$argon2id$v=19$m=64,t=1,p=1$" + b64.EncodeToString(salt) + "$" + b64.EncodeToString(argon2.IDKey([]byte(password), salt, 1, 64, 1, 32))
	if err := w.store.SetPassword(t.Context(), flow.Owner(u.ID), old); err != nil {
		t.Fatal(err)
	}
	wantKind(t, "wrong password against the old hash", w.signIn(t, email, "not the password"), flow.Unauthenticated)
	if err := w.signIn(t, email, password); err != nil {
		t.Fatal(err)
	}
	_, renewed, err := w.store.UserByEmail(t.Context(), email)
	if err != nil || !strings.HasPrefix(renewed, "$argon2id$v=19$m=19456,t=2,p=1$") || renewed == fresh {
		t.Errorf("after the sign-in the hash is %q, %v", renewed, err)
	}
	if err := w.signIn(t, email, password); err != nil {
		t.Error(err)
	}
}

func TestBrokenHashIsADefectNotAnAnswer(t *testing.T) {
	w := newWorld(t, nil)
	u := w.account(t)
	for _, hash := range []string{"plain", "$argon2id$v=19$m=64,t=0,p=1$AAAA$AAAA", "$argon2i$v=19$m=64,t=1,p=1$AAAA$AAAA"} {
		if err := w.store.SetPassword(t.Context(), flow.Owner(u.ID), hash); err != nil {
			t.Fatal(err)
		}
		if err := w.signIn(t, email, password); err == nil || flow.KindOf(err) != flow.Internal || strings.Contains(err.Error(), hash) {
			t.Errorf("hash %q: got %v", hash, err)
		}
	}
}

// An account without a password, such as one of Clerk, cannot be entered with any.
func TestNoPasswordNeverMatches(t *testing.T) {
	w := newWorld(t, nil)
	u := w.account(t)
	if err := w.store.SetPassword(t.Context(), flow.Owner(u.ID), ""); err != nil {
		t.Fatal(err)
	}
	for _, p := range []string{"", password} {
		wantKind(t, "no password", w.signIn(t, email, p), flow.Unauthenticated)
	}
}

func TestChangePassword(t *testing.T) {
	w := newWorld(t, nil)
	u := w.account(t)
	mine, _, err := w.StartSession(t.Context(), u, identity.StartSession{})
	if err != nil {
		t.Fatal(err)
	}
	other, _, err := w.StartSession(t.Context(), u, identity.StartSession{})
	if err != nil {
		t.Fatal(err)
	}
	a, err := w.BySession(t.Context(), mine)
	if err != nil {
		t.Fatal(err)
	}
	const fresh = "amber ladder quiet"
	wantProblem(t, "wrong old password", w.ChangePassword(t.Context(), a, "not the password", fresh), "old")
	wantProblem(t, "weak new password", w.ChangePassword(t.Context(), a, password, "password123"), "new")
	wantKind(t, "by token", w.ChangePassword(t.Context(), flow.Actor{User: u, Via: flow.ViaToken}, password, fresh), flow.Forbidden)
	if err := w.ChangePassword(t.Context(), a, password, fresh); err != nil {
		t.Fatal(err)
	}
	if _, err := w.BySession(t.Context(), mine); err != nil {
		t.Errorf("the session that changed it: %v", err)
	}
	_, err = w.BySession(t.Context(), other)
	wantKind(t, "another session", err, flow.Unauthenticated)
	wantKind(t, "the old password", w.signIn(t, email, password), flow.Unauthenticated)
	if err := w.signIn(t, email, fresh); err != nil {
		t.Errorf("the new password: %v", err)
	}
}

// stuck is an account store whose look-ups take for ever.
type stuck struct{ identity.Accounts }

func (stuck) UserByEmail(ctx context.Context, _ string) (flow.User, string, error) {
	<-ctx.Done()
	return flow.User{}, "", context.Cause(ctx)
}

// trust.md L1: who waits longer than 2 s for a slot is sent away.
func TestBusyHasherSaysSo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, err := identity.New(identity.Config{Accounts: stuck{}})
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		for i := range 2 * runtime.GOMAXPROCS(0) {
			wg.Go(func() {
				_, err := s.SignIn(ctx, identity.SignIn{Email: fmt.Sprintf("user%d@example.com", i), Password: password})
				if err == nil || flow.KindOf(err) != flow.Internal {
					t.Errorf("stuck look-up: %v", err)
				}
			})
		}
		synctest.Wait()
		start := time.Now()
		_, err = s.SignIn(ctx, identity.SignIn{Email: email, Password: password})
		if e := wantKind(t, "no slot", err, flow.Unavailable); e.RetryAfter <= 0 || time.Since(start) != 2*time.Second {
			t.Errorf("sent away after %v, to come back after %v", time.Since(start), e.RetryAfter)
		}
		stop()
		wg.Wait()
	})
}

// TestL1_ManySignInsAtOnce signs 200 people in at the same moment: the hashes, 19 MiB
// each, are not all in memory together.
func TestL1_ManySignInsAtOnce(t *testing.T) {
	if testing.Short() {
		t.Skip("-SHORT: the race detector's own memory would be measured")
	}
	w := newWorld(t, nil)
	w.account(t)
	debug.FreeOSMemory()
	if os.WriteFile("/proc/self/clear_refs", []byte("5"), 0) != nil {
		t.Skip("NO /proc/self/clear_refs: the peak of memory cannot be measured here")
	}
	before := peak(t)
	var all sync.WaitGroup
	var in, busy atomic.Int32
	for i := range 200 {
		all.Go(func() {
			_, err := w.SignIn(t.Context(), identity.SignIn{Email: fmt.Sprintf("nobody%d@example.com", i), Password: password})
			switch flow.KindOf(err) {
			case flow.Unauthenticated:
				in.Add(1)
			case flow.Unavailable:
				busy.Add(1)
			default:
				t.Error(err)
			}
		})
	}
	all.Wait()
	grown := peak(t) - before
	bound := int64(100<<20) + int64(max(runtime.GOMAXPROCS(0)-2, 0))*40<<20 // a core more is a hash more, and its garbage
	if grown > bound || in.Load() < 20 {
		t.Errorf("memory grew by %d MiB; %d were checked, %d sent away", grown>>20, in.Load(), busy.Load())
	}
	t.Logf("PROOF L1: 200 sign-ins at once, %d checked, %d told to come back, memory +%d MiB", in.Load(), busy.Load(), grown>>20)
}

// peak returns the most memory the process has had in use, in bytes.
func peak(t *testing.T) int64 {
	t.Helper()
	raw, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Skip("NO /proc: the memory of a process is not known here")
	}
	_, rest, _ := strings.Cut(string(raw), "VmHWM:")
	n, err := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n << 10
}

// TestL3_TimesAreAlike compares the mean time of many wrong sign-ins to an account
// that exists with that to one that does not.
func TestL3_TimesAreAlike(t *testing.T) {
	if os.Getenv("HEDDLE_PROVE") != "full" {
		t.Skip("-PROVE: this measures for minutes on a quiet machine; HEDDLE_PROVE=full runs it")
	}
	w := newWorld(t, nil)
	w.account(t)
	mean := map[string]time.Duration{}
	const tries = 1000
	for i := range 2 * tries {
		who := []string{email, "nobody@example.com"}[i%2]
		if i%8 == 0 {
			w.pass(time.Hour) // no delay for failures
		}
		began := time.Now()
		wantKind(t, who, w.signIn(t, who, "not the password"), flow.Unauthenticated)
		mean[who] += time.Since(began) / tries
	}
	known, unknown := mean[email], mean["nobody@example.com"]
	off := float64((known - unknown).Abs()) / float64(known)
	t.Logf("PROOF L3: %d tries each: a known account %v, an unknown one %v, %.1f %% apart", tries, known, unknown, off*100)
	if off > 0.05 {
		t.Error("the times tell who has an account")
	}
}
