package identity

import (
	"context"
	"crypto/rsa"
	"errors"
	"sync"
	"time"

	sdk "github.com/clerk/clerk-sdk-go/v2"
	"github.com/clerk/clerk-sdk-go/v2/jwks"
)

// Lives of Clerk's public keys (trust.md C3).
const (
	keyLife      = time.Hour        // then the whole set is fetched anew
	keyGrace     = 24 * time.Hour   // while Clerk cannot be reached
	keyUnknown   = 5 * time.Minute  // between fetches for unknown keys
	keyBackoff   = 10 * time.Second // between tries for a set that is over
	keyFetchTime = 5 * time.Second
)

// clerkKeys holds Clerk's public keys. At most one fetch is under way at a time,
// and no stream of tokens, good or bad, can cause more than the limits above.
type clerkKeys struct {
	client *jwks.Client
	now    func() time.Time

	mu      sync.Mutex
	set     map[string]*rsa.PublicKey
	fetched time.Time // when set came
	tried   time.Time // when a fetch last began
	failure error     // of the last fetch
	flight  chan struct{}
}

func newClerkKeys(client *jwks.Client, now func() time.Time) *clerkKeys {
	return &clerkKeys{client: client, now: now}
}

var errUnknownKey = errors.New("signed with an unknown key")

// key returns the key called kid. It fetches when kid is unknown or the set too
// old, and waits for that only where the set it has is of no use.
func (k *clerkKeys) key(ctx context.Context, kid string) (*rsa.PublicKey, error) {
	key, flight, err := k.look(kid)
	if flight == nil {
		return key, err
	}
	select {
	case <-flight:
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.have(kid)
}

// look returns what the set says, or a fetch to wait for.
func (k *clerkKeys) look(kid string) (*rsa.PublicKey, <-chan struct{}, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	fresh := k.set != nil && k.now().Sub(k.fetched) < keyLife
	if key := k.set[kid]; key != nil && fresh {
		return key, nil, nil
	}
	pause := keyBackoff
	if fresh {
		pause = keyUnknown
	}
	if k.flight == nil && (k.tried.IsZero() || k.now().Sub(k.tried) >= pause) {
		k.tried, k.flight = k.now(), make(chan struct{})
		go k.fetch(k.flight)
	}
	key, err := k.have(kid)
	if k.flight == nil || err == nil && k.failure != nil { // a Clerk that hangs must not hold known users up
		return key, nil, err
	}
	return nil, k.flight, nil
}

// have returns a key of the set, old or not, within the grace.
func (k *clerkKeys) have(kid string) (*rsa.PublicKey, error) {
	usable := k.set != nil && k.now().Sub(k.fetched) < keyGrace
	if key := k.set[kid]; key != nil && usable {
		return key, nil
	}
	if !usable {
		return nil, clerkDown(k.failure)
	}
	return nil, errUnknownKey
}

// fetch replaces the whole set, so that withdrawn keys go. It outlives the
// request that began it: others wait for it too.
func (k *clerkKeys) fetch(done chan<- struct{}) {
	ctx, cancel := context.WithTimeout(context.Background(), keyFetchTime)
	defer cancel()
	got, err := k.client.Get(ctx, &jwks.GetParams{})
	set := map[string]*rsa.PublicKey{}
	if err == nil {
		set, err = signingKeys(got)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.failure = err; err == nil {
		k.set, k.fetched = set, k.now()
	}
	k.flight = nil
	close(done)
}

// signingKeys keeps the keys that may sign session tokens. A set without any is
// an error rather than a reason to lock everybody out.
func signingKeys(got *sdk.JSONWebKeySet) (map[string]*rsa.PublicKey, error) {
	set := map[string]*rsa.PublicKey{}
	for _, j := range got.Keys {
		key, ok := j.Key.(*rsa.PublicKey)
		if ok && j.KeyID != "" && (j.Use == "" || j.Use == "sig") && (j.Algorithm == "" || j.Algorithm == "RS256") && key.N.BitLen() >= 2048 {
			set[j.KeyID] = key
		}
	}
	if len(set) == 0 {
		return nil, errors.New("clerk's key set holds no signing key")
	}
	return set, nil
}
