package identity

import (
	"crypto/sha256"
	"strconv"
	"sync"
	"time"

	"heddle/internal/flow"
)

// Limits of trust.md L4. Nobody is locked out for good: the delay has an end,
// and tries made during it do not make it longer.
const (
	freeFailures = 5 // within failureWindow, before delays begin
	firstDelay   = 15 * time.Second
	maxDelay     = 15 * time.Minute
	// A key is forgotten this long after its last failure. With the delays above
	// that allows about 22 wrong passwords an hour and account.
	failureWindow = 15 * time.Minute

	visitsPerMinute = 20
	maxKeys         = 50_000 // of each table; about 10 MB
)

// failures counts wrong answers by key and says when the next may be given.
type failures struct {
	mu   sync.Mutex
	keys map[string]*failure
}

type failure struct {
	count   int // failed
	pending int // being checked now
	last    time.Time
}

func newFailures() *failures { return &failures{keys: map[string]*failure{}} }

// begin asks to check one answer for key. Each answer being checked counts as
// wrong until end says otherwise, so that many at once cannot slip through.
func (f *failures) begin(key string, now time.Time) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	e := f.entry(key, now)
	if wait := e.wait(now); wait > 0 {
		return tooMany("Too many wrong tries.", wait)
	}
	e.pending++
	return nil
}

// end reports how the check that begin allowed turned out. A right answer
// forgets all wrong ones.
func (f *failures) end(key string, now time.Time, right bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	e := f.entry(key, now)
	e.pending = max(0, e.pending-1)
	if right {
		e.count = 0
		return
	}
	e.count++
	e.last = now
}

// abandon takes begin back: the answer was not checked.
func (f *failures) abandon(key string, now time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	e := f.entry(key, now)
	e.pending = max(0, e.pending-1)
}

func (f *failures) entry(key string, now time.Time) *failure {
	e, ok := f.keys[key]
	if !ok {
		makeRoom(f.keys, func(e *failure) bool { return e.pending == 0 && e.over(now) })
		e = &failure{}
		f.keys[key] = e
	}
	if e.over(now) {
		e.count = 0
	}
	return e
}

func (e *failure) over(now time.Time) bool {
	return e.count == 0 || now.Sub(e.last) >= max(failureWindow, e.delay())
}

// delay is how long after the last failure the next answer is taken.
func (e *failure) delay() time.Duration {
	if e.count < freeFailures {
		return 0
	}
	if doublings := e.count - freeFailures; doublings < 10 {
		return min(maxDelay, firstDelay<<doublings)
	}
	return maxDelay
}

func (e *failure) wait(now time.Time) time.Duration {
	if e.pending == 0 {
		return e.last.Add(e.delay()).Sub(now)
	}
	if e.count+e.pending < freeFailures {
		return 0
	}
	return time.Second // until those being checked are done
}

// makeRoom keeps a table within maxKeys: it drops what is over, and if nothing
// is, whatever comes first.
func makeRoom[K comparable, V any](table map[K]V, over func(V) bool) {
	if len(table) < maxKeys {
		return
	}
	for k, v := range table {
		if over(v) {
			delete(table, k)
		}
	}
	for k := range table {
		if len(table) < maxKeys {
			return
		}
		delete(table, k)
	}
}

// accountKey is the key of an account's failures, of one length however long
// the address is.
func accountKey(email string) string {
	sum := sha256.Sum256([]byte(email))
	return string(sum[:])
}

func tooMany(message string, wait time.Duration) error {
	wait = max(time.Second, wait.Round(time.Second))
	return &flow.Error{Kind: flow.TooMany, Message: message, Hint: "Try again in " + span(wait) + ".", RetryAfter: wait}
}

// span says d as people do: "40 seconds", "2 minutes".
func span(d time.Duration) string {
	n, unit := int(d/time.Second), " second"
	if n >= 120 {
		n, unit = int((d+time.Minute-1)/time.Minute), " minute"
	}
	if n != 1 {
		unit += "s"
	}
	return strconv.Itoa(n) + unit
}
