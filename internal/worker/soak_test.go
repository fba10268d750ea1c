package worker_test

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"
)

// measure is what must come back to where it was.
type measure struct {
	goroutines, files int
	heap              uint64 // bytes
}

// measured waits a moment for what ends by itself.
func measured(t *testing.T) measure {
	t.Helper()
	time.Sleep(500 * time.Millisecond)
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	files, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skip("NO /proc: open files cannot be counted here")
	}
	return measure{runtime.NumGoroutine(), len(files), m.HeapAlloc}
}

// TestR17_Soak puts a constant load on one process on SQLite and looks whether
// goroutines, open files and the heap stay, and whether the database does after its
// old runs are deleted.
func TestR17_Soak(t *testing.T) {
	if testing.Short() {
		t.Skip("-SHORT: this measures for seconds; run it without -short")
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "heddle.db")
	p := newProof(t, "file:"+path, 0, 0)
	o := p.orders
	worker, err := o.open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := worker.worker.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	rounds, began := times(t, 6, 600), time.Now()
	var first, last measure
	var firstSize, lastSize int64
	for i := range rounds {
		p.acks = nil
		p.accepts(t, 150)
		l := ledger{p.store, p.Owner, p.acks, nil}
		l.settled(t, time.Minute)
		if _, err := p.store.DeleteRuns(t.Context(), time.Now().Add(time.Second), 1_000); err != nil {
			t.Fatal(err)
		}
		if _, err := p.store.Reclaim(t.Context()); err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		last, lastSize = measured(t), info.Size()
		if i == rounds/3 { // by then nearly everything has been used once
			first, firstSize = last, lastSize
		}
	}
	if err := worker.worker.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := worker.store.Close(); err != nil {
		t.Fatal(err)
	}
	// A connection that is needed for the first time brings goroutines and files.
	if last.goroutines > first.goroutines+10 || last.files > first.files+4 || last.heap > first.heap+first.heap/4+2<<20 {
		t.Errorf("it grows: %+v after %+v", last, first)
	}
	// The queue keeps its finished triggers for a minute or two.
	if triggers := int64(min(rounds*150, 30_000)) * 600; lastSize > 2*firstSize+triggers {
		t.Errorf("the database has %d bytes after %d", lastSize, firstSize)
	}
	fmt.Printf("PROOF R17 %d runs: goroutines %d to %d, files %d to %d, heap %d to %d KiB, database %d to %d KiB, %.0f s\n", rounds*150,
		first.goroutines, last.goroutines, first.files, last.files, first.heap>>10, last.heap>>10, firstSize>>10, lastSize>>10, time.Since(began).Seconds())
}
