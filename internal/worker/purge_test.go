package worker_test

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"heddle/internal/flow"
	"heddle/internal/store"
)

// ranWith stores a run that ended with a large value of its own.
func (s *site) ranWith(p *process, size int) flow.ID {
	s.t.Helper()
	ctx, now := s.t.Context(), time.Now()
	r := flow.Run{ID: flow.NewID(flow.RunPrefix), UserID: flow.ID(s.owner), Status: flow.RunQueued, Nodes: json.RawMessage(`[]`), Edges: json.RawMessage(`[]`), Source: flow.SourceAPI, CreatedAt: now}
	if _, _, err := p.store.CreateRun(ctx, s.owner, store.NewRun{Run: r, Enqueue: func(context.Context, *store.Tx) (store.Trigger, error) { return store.Trigger{}, nil }}); err != nil {
		s.t.Fatal(err)
	}
	c, err := p.store.ClaimRun(ctx, r.ID, "w", time.Minute)
	if err != nil {
		s.t.Fatal(err)
	}
	data := make([]byte, size)
	_, _ = rand.Read(data)
	sum := sha256.Sum256(data)
	ref := flow.BlobRef{Hash: hex.EncodeToString(sum[:]), Size: int64(size), Type: flow.TypeText}
	err = p.store.Append(ctx, flow.Step{
		RunID: r.ID, UserID: flow.ID(s.owner), Token: c.Token, Blobs: []flow.BlobData{{Hash: ref.Hash, Data: data}},
		Results: []flow.NodeResult{{RunID: r.ID, NodeID: "a", NodeType: "text", Attempt: 1, Status: flow.NodeSuccess, Output: flow.Values{"out": flow.Blob(ref)}, CreatedAt: now}},
		Run:     &flow.RunChange{Status: flow.RunSuccess, CompletedAt: &now},
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return r.ID
}

// TestKeepSize fills a database beyond its size: the oldest runs go, the newest stay,
// about as much is left as may be, and the file gets smaller.
func TestKeepSize(t *testing.T) {
	s := newSite(t)
	p := s.process(1)
	const runs, each, keep = 60, 512 << 10, 12 << 20
	var ids []flow.ID
	for range runs {
		ids = append(ids, s.ranWith(p, each))
	}
	p.worker.KeepBytes = keep
	gone, err := p.worker.TrimToSize(t.Context(), time.Now())
	if err != nil || gone == 0 {
		t.Fatalf("%d runs went, %v", gone, err)
	}
	for i, id := range ids {
		_, err := p.store.Run(t.Context(), s.owner, id)
		if was := flow.KindOf(err) == flow.NotFound; was != (i < gone) {
			t.Errorf("run %d of %d, the oldest %d went: %v", i, runs, gone, err)
		}
	}
	used, err := p.store.InUse(t.Context(), time.Now())
	if err != nil || used > keep || used < keep/2 {
		t.Errorf("%d bytes are in use, at most %d may be: %v", used, keep, err)
	}
	if again, err := p.worker.TrimToSize(t.Context(), time.Now()); err != nil || again != 0 {
		t.Errorf("a second time %d went: %v", again, err)
	}
	for _, later := range []time.Duration{2 * time.Hour, 4 * time.Hour} {
		if _, err := p.store.Collect(t.Context(), time.Now().Add(later)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := p.store.Reclaim(t.Context()); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(strings.TrimPrefix(s.url, "file:")); err != nil || info.Size() > keep {
		t.Errorf("the file still has %d bytes: %v", info.Size(), err)
	}
}
