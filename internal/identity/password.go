package identity

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/crypto/argon2"

	"heddle/internal/flow"
)

// cost is what one hash takes: memory in KiB, passes, lanes.
type cost struct {
	memory, time uint32
	threads      uint8
}

// current returns OWASP's minimum for argon2id (trust.md L1): about 38 ms and 19.9 MB.
func current() cost { return cost{memory: 19456, time: 2, threads: 1} }

const (
	saltBytes = 16
	keyBytes  = 32
	queueTime = 2 * time.Second // the longest wait for a free slot
)

// collectEvery is after how many hashes their memory is collected. Each leaves 19.9 MB
// behind, which the collector would let pile up to as much as the rest of the process.
const collectEvery = 2

// hasher hashes passwords, a bounded number at a time, because each hash takes
// much memory. Twice as many callers as cores are let in, so that one can look
// up its account while another computes; more computing at once than there are
// cores would cost memory and gain nothing.
type hasher struct {
	slots  chan struct{} // 2 x cores
	cores  chan struct{}
	hashed atomic.Int64 // so far
	decoy  string       // a hash no password has, checked for unknown accounts
}

func newHasher() *hasher {
	decoy := encode(current(), randomBytes()[:saltBytes], make([]byte, keyBytes))
	n := runtime.GOMAXPROCS(0)
	return &hasher{slots: make(chan struct{}, 2*n), cores: make(chan struct{}, n), decoy: decoy}
}

// enter takes a slot; leave gives it back. Hash and verify are to be called in between.
func (h *hasher) enter(ctx context.Context) error {
	wait := time.NewTimer(queueTime)
	defer wait.Stop()
	select {
	case h.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-wait.C:
		return &flow.Error{
			Kind: flow.Unavailable, Message: "Too many people are signing in at this moment.",
			Hint: "Try again in a few seconds.", RetryAfter: 5 * time.Second,
		}
	}
}

func (h *hasher) leave() { <-h.slots }

// hash returns the PHC string of password with a fresh salt.
func (h *hasher) hash(password string) string {
	salt := make([]byte, saltBytes)
	_, _ = rand.Read(salt) // never fails
	return encode(current(), salt, h.key(password, salt, current()))
}

// verify reports whether password has the given hash, and whether the hash
// should be made anew because the cost has changed. An empty hash, as of an
// account without a password, is never matched but takes the same time.
func (h *hasher) verify(password, hash string) (ok, stale bool, err error) {
	known := hash != ""
	if !known {
		hash = h.decoy
	}
	c, salt, want, err := decode(hash)
	if err != nil {
		return false, false, err
	}
	match := subtle.ConstantTimeCompare(h.key(password, salt, c), want) == 1
	return match && known, c != current(), nil
}

func (h *hasher) key(password string, salt []byte, c cost) []byte {
	h.cores <- struct{}{}
	defer func() { <-h.cores }()
	key := argon2.IDKey([]byte(password), salt, c.time, c.memory, c.threads, keyBytes)
	if h.hashed.Add(1)%collectEvery == 0 {
		runtime.GC()
	}
	return key
}

func encode(c cost, salt, key []byte) string {
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, c.memory, c.time, c.threads,
		b64.EncodeToString(salt), b64.EncodeToString(key))
}

// errHash does not quote the hash: errors reach the log.
var errHash = errors.New("identity: a stored password hash cannot be read")

func decode(hash string) (c cost, salt, key []byte, err error) {
	parts := strings.Split(hash, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return c, nil, nil, errHash
	}
	if n, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &c.memory, &c.time, &c.threads); err != nil || n != 3 || c.time == 0 || c.threads == 0 {
		return c, nil, nil, errHash
	}
	salt, err1 := base64.RawStdEncoding.DecodeString(parts[4])
	key, err2 := base64.RawStdEncoding.DecodeString(parts[5])
	if err1 != nil || err2 != nil || len(key) != keyBytes {
		return c, nil, nil, errHash
	}
	return c, salt, key, nil
}
