package worker_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"heddle/internal/engine"
	"heddle/internal/flow"
	"heddle/internal/node"
	"heddle/internal/store"
)

// bench is a store on a disk of the test's own and an engine, without a queue: runs
// are accepted and worked on in one go, so that every operation of the disk belongs
// to them.
type bench struct {
	owner   flow.Owner
	store   *store.Store
	engine  *engine.Engine
	effects *tally
	acks    []flow.ID
}

// tally counts effects by "run node".
type tally struct {
	mu sync.Mutex
	n  map[string]int
}

func (c *tally) kind() node.Kind {
	return node.Define(node.Spec{
		Type: "effect", Title: "Effect", Purity: node.Effect,
		Inputs:  []node.Port{{Name: "in", Type: flow.TypeAny}},
		Outputs: []node.Port{{Name: "out", Type: flow.TypeText}},
	}, func(_ context.Context, _ struct{}, k node.Call) (node.Result, error) {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.n[k.RunID.String()+" "+k.NodeID]++
		return node.Result{Outputs: flow.Values{"out": flow.Text("done")}}, nil
	})
}

// openBench opens a database, which need not be empty.
func openBench(t *testing.T, c store.Config, b bench) (*bench, error) {
	t.Helper()
	var err error
	if b.store, err = store.Open(t.Context(), c); err != nil {
		return nil, err
	}
	b.engine = engine.New(engine.Config{Registry: node.NewRegistry(b.effects.kind()), Journal: b.store, Blobs: b.store, Logger: slog.New(slog.DiscardHandler)})
	return &b, nil
}

// prepare makes the tables and the owner.
func (b *bench) prepare(t *testing.T) {
	t.Helper()
	if _, err := b.store.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	b.owner = flow.Owner(flow.NewID(flow.UserPrefix))
	if err := b.store.CreateUser(t.Context(), flow.User{ID: flow.ID(b.owner), Email: "ann@example.com"}, ""); err != nil {
		t.Fatal(err)
	}
}

// accept stores a run; it is acknowledged only without an error.
func (b *bench) accept(ctx context.Context) (flow.ID, error) {
	r := flow.Run{
		ID: flow.NewID(flow.RunPrefix), UserID: flow.ID(b.owner), Status: flow.RunQueued, Scope: flow.ScopeFull, Counts: flow.Counts{TotalNodes: 3},
		Nodes: json.RawMessage(chainOf), Edges: json.RawMessage(chainBy), Source: flow.SourceAPI, CreatedAt: time.Now(),
	}
	_, _, err := b.store.CreateRun(ctx, b.owner, store.NewRun{Run: r, Enqueue: func(context.Context, *store.Tx) (store.Trigger, error) {
		return store.Trigger{ID: "smoke"}, nil
	}})
	if err == nil {
		b.acks = append(b.acks, r.ID)
	}
	return r.ID, err
}

// work is one attempt, as a worker makes it. The lease is over at once, so that the
// next attempt need not wait.
func (b *bench) work(ctx context.Context, id flow.ID) error {
	c, err := b.store.ClaimRun(ctx, id, "bench", time.Microsecond)
	if err != nil {
		return err
	}
	if _, err = b.engine.Execute(ctx, c); err != nil {
		_ = b.store.ReleaseRun(ctx, id, c.Token)
	}
	return err
}

// smoke accepts five runs and works on each; errors are the disk's to make.
func (b *bench) smoke(ctx context.Context) (refused int) {
	for range 5 {
		id, err := b.accept(ctx)
		if err != nil {
			refused++
			continue
		}
		for range 3 {
			if b.work(ctx, id) == nil {
				break
			}
		}
	}
	return refused
}

// finish works on what is open until nothing is, and checks all that was acknowledged.
func (b *bench) finish(t *testing.T) {
	t.Helper()
	for _, id := range b.acks {
		for try := 0; ; try++ {
			err := b.work(t.Context(), id)
			if flow.KindOf(err) == flow.Conflict || err == nil {
				break
			}
			if try == 20 {
				t.Errorf("I2: %s does not end: %v", id, err)
				break
			}
			time.Sleep(time.Millisecond)
		}
	}
	l := ledger{b.store, b.owner, b.acks, b.effects.n}
	l.check(t)
}

// TestR5_EveryDiskOperationFails lets operation k of the disk fail while five runs are
// accepted and worked on, for every k, once and from then on. What was acknowledged
// must be there and come to its end when the disk is well.
func TestR5_EveryDiskOperationFails(t *testing.T) {
	d, name := newDisk(t)
	began, points, refused, total := time.Now(), 0, 0, 0
	step := max(1, 40/times(t, 1, 40)) // reduced: every 40th point
	for _, forever := range []bool{false, true} {
		for k := 1; ; k += step {
			path := filepath.Join(t.TempDir(), "heddle.db")
			conf := store.Config{URL: "file:" + path, SQLite: openOn(t, name)}
			d.fresh()
			b, err := openBench(t, conf, bench{effects: &tally{n: map[string]int{}}})
			if err != nil {
				t.Fatal(err)
			}
			b.prepare(t)
			d.plan(k, forever)
			refused += b.smoke(t.Context())
			ops, failed := d.counted()
			_ = b.store.Close()
			d.plan(0, false)
			again, err := openBench(t, conf, *b)
			if err != nil {
				t.Fatalf("operation %d failed (from then on: %v): the database does not open: %v", k, forever, err)
			}
			again.finish(t)
			total += len(b.acks)
			if err := again.store.Close(); err != nil || t.Failed() {
				t.Fatalf("operation %d failed (from then on: %v) %v", k, forever, err)
			}
			if failed == 0 && k > ops {
				break // there are no more
			}
			points++
		}
	}
	if refused == 0 || points < 10 {
		t.Errorf("%d points, %d refused starts: nothing was proven", points, refused)
	}
	fmt.Printf("PROOF R5: %d points of failure, %d acknowledged runs, 0 lost, %d starts refused, %.0f s\n", points, total, refused, time.Since(began).Seconds())
}

// TestR6_ThePowerGoes lets the power go at a random moment: what was not synced is
// lost, whole or in part. What was acknowledged must be there.
func TestR6_ThePowerGoes(t *testing.T) {
	d, name := newDisk(t)
	began, crashes, total, undone := time.Now(), times(t, 40, 2000), 0, 0
	for i := range crashes {
		roll := rand.New(rand.NewPCG(uint64(i), 6))
		dir := t.TempDir()
		d.fresh()
		b, err := openBench(t, store.Config{URL: "file:" + filepath.Join(dir, "heddle.db"), SQLite: openOn(t, name)}, bench{effects: &tally{n: map[string]int{}}})
		if err != nil {
			t.Fatal(err)
		}
		b.prepare(t)
		d.plan(1+roll.IntN(260), true) // the last that the process hears of its disk
		b.smoke(t.Context())
		after := t.TempDir()
		d.powerLoss(t, roll, after)
		d.plan(0, false)
		_ = b.store.Close()
		again, err := openBench(t, store.Config{URL: "file:" + filepath.Join(after, "heddle.db")}, *b)
		if err != nil {
			t.Fatalf("crash %d: the database does not open: %v", i, err)
		}
		undone += again.open(t)
		again.finish(t)
		total += len(b.acks)
		if err := again.store.Close(); err != nil || t.Failed() {
			t.Fatalf("crash %d %v", i, err)
		}
	}
	if undone == 0 {
		t.Error("no run was open at a crash: nothing was proven")
	}
	fmt.Printf("PROOF R6: %d times the power went, %d acknowledged runs, 0 lost, %d were open, %.0f s\n", crashes, total, undone, time.Since(began).Seconds())
}

// open counts the acknowledged runs that have not ended.
func (b *bench) open(t *testing.T) int {
	t.Helper()
	n := 0
	for _, id := range b.acks {
		if r, err := b.store.Run(t.Context(), b.owner, id); err == nil && !r.Status.Final() {
			n++
		}
	}
	return n
}
