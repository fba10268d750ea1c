package store_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"heddle/internal/flow"
	"heddle/internal/store"
	"heddle/internal/vault"
)

func secretOf(o flow.Owner, name string) flow.StoredSecret {
	return flow.StoredSecret{ID: flow.NewID(flow.SecretPrefix), UserID: flow.ID(o), Name: name, Hosts: []string{"example.com"}, Version: 1}
}

func TestS4_SecretsBelongToTheirOwner(t *testing.T) {
	both(t, func(t *testing.T, s *store.Store) {
		ann, bob := user(t, s, "ann@example.com"), user(t, s, "bob@example.com")
		n := secretOf(ann, "TOKEN")
		box := vault.Box{KeyID: "k", Wrapped: []byte{1}, Sealed: []byte{2}}
		must(t, s.PutSecret(t.Context(), ann, n, box))
		if _, _, err := s.Secret(t.Context(), bob, "TOKEN"); flow.KindOf(err) != flow.NotFound {
			t.Errorf("another user reads it: %v", err)
		}
		wantKind(t, "delete of another", s.DeleteSecret(t.Context(), bob, "TOKEN"), flow.NotFound)
		wantKind(t, "the name twice", s.PutSecret(t.Context(), ann, secretOf(ann, "TOKEN"), box), flow.Conflict)
		other := n
		other.Version = 2
		wantKind(t, "replace of another", s.PutSecret(t.Context(), bob, other, box), flow.Conflict)
		must(t, s.PutSecret(t.Context(), ann, other, vault.Box{KeyID: "k2", Wrapped: []byte{3}, Sealed: []byte{4}}))
		wantKind(t, "a late replace", s.PutSecret(t.Context(), ann, other, box), flow.Conflict)
		got, sealed, err := s.Secret(t.Context(), ann, "TOKEN")
		if err != nil || got.Version != 2 || got.Hosts[0] != "example.com" || sealed.KeyID != "k2" || sealed.Sealed[0] != 4 {
			t.Errorf("%+v %+v %v", got, sealed, err)
		}
		must(t, s.DeleteSecret(t.Context(), ann, "TOKEN"))
		if list, err := s.Secrets(t.Context(), ann); err != nil || len(list) != 0 {
			t.Errorf("%v %v", list, err)
		}
	})
}

// TestS3_RotationWhileSecretsAreRead seals many secrets anew while others read them,
// with a break in the middle: each read gets its secret, under whichever key.
func TestS3_RotationWhileSecretsAreRead(t *testing.T) {
	both(t, func(t *testing.T, s *store.Store) {
		key := func(b byte) []byte { k := make([]byte, vault.KeySize); k[0] = b; return k }
		old, err := vault.New(key(1))
		must(t, err)
		now, err := vault.New(key(2), key(1))
		must(t, err)
		ann := user(t, s, "ann@example.com")
		many := 230
		if os.Getenv("HEDDLE_PROVE") == "full" {
			many = 10_000
		}
		for i := range many {
			n := secretOf(ann, fmt.Sprint("S", i))
			box, err := old.Seal([]byte(n.Name), n.Owner())
			must(t, err)
			must(t, s.PutSecret(t.Context(), ann, n, box))
		}
		ctx, stop := context.WithCancel(t.Context())
		var readers sync.WaitGroup
		var reads atomic.Int64
		for range 2 {
			readers.Go(func() {
				for i := 0; ctx.Err() == nil; i++ {
					n, box, err := s.Secret(context.Background(), ann, fmt.Sprint("S", i%many))
					if err != nil {
						t.Error(err)
						return
					}
					if got, err := now.Open(box, n.Owner()); err != nil || string(got) != n.Name {
						t.Errorf("%s: %q %v", n.Name, got, err)
						return
					}
					reads.Add(1)
				}
			})
		}
		broken, calls, began := errors.New("killed"), 0, time.Now()
		done, err := s.Rewrap(t.Context(), now.Current(), func(n flow.StoredSecret, b vault.Box) (vault.Box, error) {
			if calls++; calls == many/2 {
				return b, broken
			}
			return now.Rewrap(b, n.Owner())
		})
		if !errors.Is(err, broken) || done != many/2-1 {
			t.Errorf("%d, %v", done, err)
		}
		rest, err := s.Rewrap(t.Context(), now.Current(), func(n flow.StoredSecret, b vault.Box) (vault.Box, error) { return now.Rewrap(b, n.Owner()) })
		took := time.Since(began)
		stop()
		readers.Wait()
		t.Logf("PROOF S3: %d secrets sealed anew in %s, %d reads meanwhile, all good", many, took.Round(time.Millisecond), reads.Load())
		if err != nil || done+rest != many {
			t.Errorf("%d and %d of %d, %v", done, rest, many, err)
		}
		if keys, err := s.SecretKeys(t.Context()); err != nil || len(keys) != 1 || keys[0] != now.Current() {
			t.Errorf("%v %v", keys, err)
		}
	})
}
