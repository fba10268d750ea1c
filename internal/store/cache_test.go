package store_test

import (
	"strings"
	"testing"
	"time"

	"heddle/internal/flow"
	"heddle/internal/store"
)

// success adds a step with one result that has a cache key to a run's journal.
func success(t *testing.T, s *store.Store, o flow.Owner, key, text string, cached bool) flow.ID {
	t.Helper()
	id := accept(t, s, o, nil)
	c, err := s.ClaimRun(t.Context(), id, "w", time.Minute)
	must(t, err)
	must(t, s.Append(t.Context(), flow.Step{RunID: id, UserID: flow.ID(o), Token: c.Token, Events: []flow.Event{event(id, c.Seq+1)}, Results: []flow.NodeResult{{
		RunID: id, NodeID: "n", NodeType: "llm", Attempt: 1, Status: flow.NodeSuccess, Cached: cached, CacheKey: key,
		Output: flow.Values{"text": flow.Text(text)}, Meta: flow.Meta{"model": "m"}, Usage: flow.Usage{TokensIn: 3, TokensOut: 4, CostUSD: new(0.5)}, Duration: new(int64(1200)),
	}}}))
	return id
}

func TestE15_CachedResults(t *testing.T) {
	both(t, func(t *testing.T, s *store.Store) {
		ann, bob := user(t, s, "ann@example.com"), user(t, s, "bob@example.com")
		run := success(t, s, ann, "1.abc", "hello", false)
		success(t, s, ann, "1.", "a pure one", false)
		r, err := s.Cached(t.Context(), ann, "1.abc")
		must(t, err)
		if r.RunID != run || r.NodeID != "n" || r.Output["text"].String() != "hello" || r.Meta["model"] != "m" || r.TokensOut != 4 || *r.CostUSD != 0.5 || *r.Duration != 1200 {
			t.Errorf("got %+v", r)
		}
		for key, o := range map[string]flow.Owner{"1.abc": bob, "1.abd": ann, "1.": ann} {
			if r, err := s.Cached(t.Context(), o, key); err != nil || r.NodeID != "" {
				t.Errorf("%s of %s: %+v, %v", key, o, r, err)
			}
		}
		newer := success(t, s, ann, "1.abc", "hello again", false)
		if r, err := s.Cached(t.Context(), ann, "1.abc"); err != nil || r.RunID != newer || r.Output["text"].String() != "hello again" {
			t.Errorf("got %+v, %v", r, err)
		}
	})
}

func TestE15_TheLeastUsedIsForgotten(t *testing.T) {
	both(t, func(t *testing.T, s *store.Store) {
		ann, bob := user(t, s, "ann@example.com"), user(t, s, "bob@example.com")
		big := strings.Repeat("x", 1000)
		for _, key := range []string{"1.a", "1.b", "1.c"} {
			success(t, s, ann, key, big, false)
		}
		success(t, s, bob, "1.a", big, false)
		success(t, s, ann, "1.a", big, true) // used again
		n, err := s.TrimCache(t.Context(), 2500)
		if err != nil || n != 1 {
			t.Errorf("%d gone, %v", n, err)
		}
		for _, c := range []struct {
			o    flow.Owner
			key  string
			kept bool
		}{{ann, "1.a", true}, {ann, "1.b", false}, {ann, "1.c", true}, {bob, "1.a", true}} {
			if r, err := s.Cached(t.Context(), c.o, c.key); err != nil || (r.NodeID != "") != c.kept {
				t.Errorf("%s of %s kept %v, %v", c.key, c.o, r.NodeID != "", err)
			}
		}
	})
}
