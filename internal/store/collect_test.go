package store_test

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"heddle/internal/flow"
	"heddle/internal/store"
)

func hashOf(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// file stores a file with bytes of its own.
func file(t *testing.T, s *store.Store, o flow.Owner) (flow.FileRef, string) {
	t.Helper()
	data := make([]byte, 1000)
	_, _ = rand.Read(data)
	u := flow.Upload{ID: flow.NewID(flow.FilePrefix), Name: "a.png", MediaType: "image/png", Size: 1000, Hash: hashOf(data), CreatedAt: time.Now()}
	must(t, s.CreateFile(t.Context(), o, u, data))
	return flow.FileRef{File: u.ID, MediaType: "image/png", Size: 1000}, u.Hash
}

// ranWith accepts a run and ends it with one result that has the given output.
func ranWith(t *testing.T, s *store.Store, o flow.Owner, v flow.Value, blobs ...flow.BlobData) flow.ID {
	t.Helper()
	id := accept(t, s, o, nil)
	c, err := s.ClaimRun(t.Context(), id, "w", time.Minute)
	must(t, err)
	now := time.Now()
	must(t, s.Append(t.Context(), flow.Step{
		RunID: id, UserID: flow.ID(o), Token: c.Token, Blobs: blobs,
		Results: []flow.NodeResult{{RunID: id, NodeID: "a", NodeType: "text", Attempt: 1, Status: flow.NodeSuccess, Output: flow.Values{"out": v}, CreatedAt: now}},
		Run:     &flow.RunChange{Status: flow.RunSuccess, CompletedAt: &now},
	}))
	return id
}

func alive(t *testing.T, s *store.Store, o flow.Owner, hash string) bool {
	t.Helper()
	_, err := s.Blob(t.Context(), o, hash)
	if err != nil && flow.KindOf(err) != flow.NotFound {
		t.Fatal(err)
	}
	return err == nil
}

// TestE19_WhatNothingNamesIsCollected keeps what a workflow, a former version of it, a
// run, a result or the cache names, and removes the rest.
func TestE19_WhatNothingNamesIsCollected(t *testing.T) {
	both(t, func(t *testing.T, s *store.Store) {
		o := user(t, s, "ann@example.com")
		inFlow, flowHash := file(t, s, o)
		inResult, resultHash := file(t, s, o)
		_, looseHash := file(t, s, o)
		inOld, oldHash := file(t, s, o)
		nodes := func(f flow.FileRef) json.RawMessage {
			return json.RawMessage(`[{"id":"a","type":"image","data":{"file":` + string(flow.File(f).Raw()) + `}}]`)
		}
		w := flow.Workflow{ID: flow.NewID(flow.WorkflowPrefix), Name: "W", Nodes: nodes(inOld), Edges: json.RawMessage(`[]`)}
		must(t, s.CreateWorkflow(t.Context(), o, w, "ann"))
		_, err := s.UpdateWorkflow(t.Context(), o, w.ID, store.WorkflowChange{Nodes: nodes(inFlow)})
		must(t, err)
		kept, gone := []byte(strings.Repeat("kept ", 9000)), []byte(strings.Repeat("gone ", 9000))
		blob := func(data []byte) (flow.Value, flow.BlobData) {
			b := flow.BlobData{Hash: hashOf(data), Data: data}
			return flow.Blob(flow.BlobRef{Hash: b.Hash, Size: int64(len(data)), Type: flow.TypeText}), b
		}
		v2, b2 := blob(gone)
		deleted := ranWith(t, s, o, v2, b2)
		v, b := blob(kept)
		ranWith(t, s, o, flow.List(v, flow.File(inResult)), b)
		collect := func(after time.Duration) store.Collected {
			c, err := s.Collect(t.Context(), time.Now().Add(after))
			must(t, err)
			return c
		}
		month := 30 * 24 * time.Hour
		if c := collect(month); c != (store.Collected{}) {
			t.Errorf("the first look removed %+v", c)
		}
		if c := collect(month + time.Minute); c != (store.Collected{}) {
			t.Errorf("a look too soon removed %+v", c)
		}
		if c := collect(month + 2*time.Hour); c.Files != 1 {
			t.Errorf("removed %+v, want the loose file", c)
		}
		deleteRun(t, s, o, deleted)
		collect(month + 4*time.Hour)
		if c := collect(month + 6*time.Hour); c.Files != 0 || c.Blobs != 2 || c.Bytes != 1000+int64(len(gone)) {
			t.Errorf("removed %+v, want the loose file's bytes and the run's value", c)
		}
		for hash, want := range map[string]bool{flowHash: true, resultHash: true, oldHash: true, looseHash: false, hashOf(kept): true, hashOf(gone): false} {
			if alive(t, s, o, hash) != want {
				t.Errorf("%s: alive %v, want %v", hash[:8], !want, want)
			}
		}
	})
}

// deleteRun removes the run that ended first, as retention does.
func deleteRun(t *testing.T, s *store.Store, o flow.Owner, id flow.ID) {
	t.Helper()
	r, err := s.Run(t.Context(), o, id)
	must(t, err)
	n, err := s.DeleteRuns(t.Context(), r.CompletedAt.Add(time.Microsecond), 100)
	must(t, err)
	if n != 1 {
		t.Fatalf("%d runs were deleted", n)
	}
}

// A value that is stored again between the looks is not condemned by the first.
func TestE19_AValueStoredAgainStays(t *testing.T) {
	both(t, func(t *testing.T, s *store.Store) {
		o := user(t, s, "ann@example.com")
		data := []byte(strings.Repeat("again ", 9000))
		b := flow.BlobData{Hash: hashOf(data), Data: data}
		ranWith(t, s, o, flow.Text("no reference"), b)
		_, err := s.Collect(t.Context(), time.Now().Add(2*time.Hour))
		must(t, err)
		ranWith(t, s, o, flow.Blob(flow.BlobRef{Hash: b.Hash, Size: int64(len(data)), Type: flow.TypeText}), b)
		c, err := s.Collect(t.Context(), time.Now().Add(4*time.Hour))
		must(t, err)
		if c.Blobs != 0 || !alive(t, s, o, b.Hash) {
			t.Errorf("a value in use was removed: %+v", c)
		}
	})
}

// TestTheFileGetsSmaller deletes most of a database and looks at its file.
func TestTheFileGetsSmaller(t *testing.T) {
	path := filepath.Join(t.TempDir(), "heddle.db")
	s := open(t, "file:"+path)
	o := user(t, s, "ann@example.com")
	for range 20 {
		data := make([]byte, 1<<20)
		_, _ = rand.Read(data)
		b := flow.BlobData{Hash: hashOf(data), Data: data}
		ranWith(t, s, o, flow.Blob(flow.BlobRef{Hash: b.Hash, Size: 1 << 20, Type: flow.TypeText}), b)
	}
	_, err := s.DeleteRuns(t.Context(), time.Now().Add(time.Hour), 100)
	must(t, err)
	for _, after := range []time.Duration{2 * time.Hour, 4 * time.Hour} {
		_, err = s.Collect(t.Context(), time.Now().Add(after))
		must(t, err)
	}
	n, err := s.Reclaim(t.Context())
	must(t, err)
	info, err := os.Stat(path)
	must(t, err)
	if n < 19<<20 || info.Size() > 2<<20 {
		t.Errorf("%d bytes given back, the file has %d", n, info.Size())
	}
	wal, err := os.Stat(path + "-wal")
	if err == nil && wal.Size() > 1<<20 {
		t.Errorf("the log has %d bytes", wal.Size())
	}
}
