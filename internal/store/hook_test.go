package store_test

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"heddle/internal/flow"
	"heddle/internal/store"
	"heddle/internal/vault"
)

func TestHooksBelongToTheirOwner(t *testing.T) {
	both(t, func(t *testing.T, s *store.Store) {
		ann, bob := user(t, s, "ann@example.com"), user(t, s, "bob@example.com")
		w := workflow(t, s, ann, "take orders")
		h := flow.Hook{ID: flow.NewID(flow.HookPrefix), UserID: flow.ID(ann), WorkflowID: w, Name: "orders", Kind: flow.HookGitHub, Enabled: true, CreatedAt: time.Now()}
		n := secretOf(ann, h.SecretName())
		n.HookID = h.ID
		box := vault.Box{KeyID: "k", Wrapped: []byte{1}, Sealed: []byte{2}}
		wantKind(t, "another's workflow", s.CreateHook(t.Context(), bob, h, nil, box), flow.NotFound)
		must(t, s.CreateHook(t.Context(), ann, h, &n, box))
		_, err := s.Hook(t.Context(), bob, h.ID)
		wantKind(t, "read of another", err, flow.Forbidden)
		wantKind(t, "change of another", s.UpdateHook(t.Context(), bob, h), flow.NotFound)
		wantKind(t, "delete of another", s.DeleteHook(t.Context(), bob, h.ID), flow.NotFound)
		must(t, s.TouchHook(t.Context(), bob, h.ID, time.Now(), "by another"))
		must(t, s.TouchHook(t.Context(), ann, h.ID, time.Now(), ""))
		h.Enabled = false
		must(t, s.UpdateHook(t.Context(), ann, h))
		got, err := s.AnyHook(t.Context(), h.ID)
		if err != nil || got.WorkflowName != "take orders" || got.Enabled || !got.HasSecret || got.LastUsedAt == nil || got.Refusal != "" {
			t.Errorf("%+v %v", got, err)
		}
		if list, err := s.Secrets(t.Context(), ann); err != nil || len(list) != 0 {
			t.Errorf("its secret is listed: %v %v", list, err)
		}
		must(t, s.DeleteWorkflow(t.Context(), ann, w))
		_, err = s.AnyHook(t.Context(), h.ID)
		wantKind(t, "of a deleted workflow", err, flow.NotFound)
		_, err = s.RestoreWorkflow(t.Context(), ann, w)
		must(t, err)
		must(t, s.DeleteHook(t.Context(), ann, h.ID))
		if _, _, err := s.Secret(t.Context(), ann, h.SecretName()); flow.KindOf(err) != flow.NotFound {
			t.Errorf("its secret stays: %v", err)
		}
	})
}

// TestH2_CopiesOfAMessage asks for a run 100 times at once with one key: there is one,
// until the key's life is over.
func TestH2_CopiesOfAMessage(t *testing.T) {
	both(t, func(t *testing.T, s *store.Store) {
		ann := user(t, s, "ann@example.com")
		begin := func(life time.Duration) (flow.Run, bool) {
			r := newRun(ann, nil)
			got, fresh, err := s.CreateRun(t.Context(), ann, store.NewRun{Run: r, Key: "hook_1 message", KeyLife: life, Enqueue: noQueue})
			if err != nil {
				t.Error(err)
			}
			return got, fresh
		}
		var all sync.WaitGroup
		var fresh atomic.Int64
		ids := make([]flow.ID, 100)
		for i := range ids {
			all.Go(func() {
				r, first := begin(7 * 24 * time.Hour)
				if ids[i] = r.ID; first {
					fresh.Add(1)
				}
			})
		}
		all.Wait()
		for _, id := range ids {
			if id != ids[0] {
				t.Fatalf("two runs: %s and %s", id, ids[0])
			}
		}
		if fresh.Load() != 1 {
			t.Errorf("%d starts", fresh.Load())
		}
		if n, err := s.TrimKeys(t.Context(), time.Now().Add(7*24*time.Hour-time.Minute)); err != nil || n != 0 {
			t.Errorf("within a week: %d %v", n, err)
		}
		if n, err := s.TrimKeys(t.Context(), time.Now().Add(7*24*time.Hour+time.Minute)); err != nil || n != 1 {
			t.Errorf("after a week: %d %v", n, err)
		}
		if r, first := begin(time.Nanosecond); !first || r.ID == ids[0] {
			t.Error("the key answers after its life")
		}
		if _, first := begin(0); !first {
			t.Error("the key answers after a life of a nanosecond")
		}
	})
}
