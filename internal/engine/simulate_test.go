package engine_test

import (
	"bufio"
	"context"
	"crypto/sha256"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"heddle/internal/engine"
	"heddle/internal/flow"
)

// simRuns is how many runs share a world.
const simRuns = 3

// simSettle is how long after the last fault every run must have ended.
const simSettle = 40 * time.Minute

// simulate plays one world: random runs, workers and faults. With liveness the
// faults stop and every run must end.
func simulate(t *testing.T, seed uint64, liveness bool, change ...func(*sim)) *sim {
	t.Helper()
	s := &sim{seed: seed, faults: map[string]int{}, moves: map[string]bool{}}
	for _, f := range change {
		f(s)
	}
	synctest.Test(t, func(t *testing.T) {
		s.begin = time.Now()
		s.accept()
		ctx, stop := context.WithCancelCause(t.Context())
		var all sync.WaitGroup
		roll := s.roll("world")
		for i := range 1 + roll.IntN(4) {
			all.Go(func() { s.process(ctx, i) })
		}
		time.Sleep(between(roll, 5*time.Second, 90*time.Second))
		if liveness {
			s.heal()
			s.waitForEnds()
		}
		stop(engine.ErrRelease)
		all.Wait()
		time.Sleep(2 * time.Minute) // answers and cancels that were still to come
	})
	return s
}

// accept puts the runs into the database.
func (s *sim) accept() {
	for i := range simRuns {
		roll := s.roll("graph", i)
		graph := newSimGraph(roll, !s.plain)
		run := graph.run()
		run.ID = flow.ID(fmt.Sprintf("run_%d", i))
		r := &simRun{
			graph: graph, run: run, results: map[simAttempt]flow.NodeResult{}, newest: map[string]flow.NodeResult{}, holders: map[int64]string{},
			calls: map[string]int{}, effects: map[string]int{}, asked: map[string]bool{},
		}
		s.runs = append(s.runs, r)
		if roll.IntN(5) == 0 {
			time.AfterFunc(between(roll, time.Millisecond, 30*time.Second), func() {
				s.mu.Lock()
				defer s.mu.Unlock()
				r.cancel = true
			})
		}
	}
}

// process is a machine: one worker after the other lives on it.
func (s *sim) process(ctx context.Context, machine int) {
	for life := 0; ctx.Err() == nil; life++ {
		w := s.newWorker(fmt.Sprintf("m%d.%d", machine, life))
		working, stop := context.WithCancelCause(ctx)
		w.stop = stop
		var hands sync.WaitGroup
		for i := range 2 {
			hands.Go(func() { w.hand(working, i) })
		}
		w.live(working)
		hands.Wait()
		stop(nil)
	}
}

// live lets misfortune come over a worker until it is dead or was stopped.
func (w *simWorker) live(ctx context.Context) {
	s := w.sim
	for n := 0; ; n++ {
		roll := s.roll("life", w.name, n)
		select {
		case <-ctx.Done():
			return
		case <-time.After(between(roll, time.Second, 30*time.Second)):
		}
		s.mu.Lock()
		healthy := s.healthy
		kind := []string{"pause", "kill", "release"}[roll.IntN(3)]
		if !healthy {
			s.faults[kind]++
		}
		s.mu.Unlock()
		switch {
		case healthy:
			<-ctx.Done()
			return
		case kind == "pause":
			w.mu.Lock()
			w.resumes = time.Now().Add(between(roll, time.Second, 2*simLease))
			w.mu.Unlock()
		case kind == "kill":
			w.mu.Lock()
			w.dead = true
			w.mu.Unlock()
			w.stop(flow.ErrFenced)
			return
		default:
			w.stop(engine.ErrRelease)
			return
		}
	}
}

func (s *sim) heal() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.healthy = true
}

// waitForEnds waits until every run is final, or says which are not.
func (s *sim) waitForEnds() {
	for end := time.Now().Add(simSettle); ; time.Sleep(time.Second) {
		s.mu.Lock()
		open := slices.DeleteFunc(slices.Clone(s.runs), func(r *simRun) bool { return r.row.Status.Final() })
		if len(open) > 0 && time.Now().After(end) {
			for _, r := range open {
				s.wrong("I2: %s is %s and never ends: %v", r.run.ID, orIdle(string(r.row.Status), "queued"), statusesOf(r))
			}
		}
		done := len(open) == 0 || time.Now().After(end)
		s.mu.Unlock()
		if done {
			return
		}
	}
}

func statusesOf(r *simRun) map[string]flow.NodeStatus {
	out := map[string]flow.NodeStatus{}
	for id, res := range r.newest {
		out[id] = res.Status
	}
	return out
}

// hash is the same for worlds in which the same happened.
func (s *sim) hash() string {
	return fmt.Sprintf("%x", sha256.Sum256([]byte(strings.Join(slices.Sorted(slices.Values(s.trace)), "\n"))))
}

// proofs returns how many seeds to play: HEDDLE_PROVE as for the proofs of package worker.
func proofs(t *testing.T, reduced, full int) int {
	t.Helper()
	raw := os.Getenv("HEDDLE_PROVE")
	n, err := strconv.Atoi(raw)
	switch {
	case raw == "":
		return reduced
	case raw == "full":
		return full
	case err != nil || n < 1:
		t.Fatalf("HEDDLE_PROVE=%q: use full or a count", raw)
	}
	return n
}

// simSeeds returns the kept seeds and then n others; only HEDDLE_SEED, when it is set.
func simSeeds(t *testing.T, n int) []uint64 {
	t.Helper()
	if raw := os.Getenv("HEDDLE_SEED"); raw != "" {
		seed, err := strconv.ParseUint(raw, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		return []uint64{seed}
	}
	file, err := os.Open("testdata/seeds.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var seeds []uint64
	for lines := bufio.NewScanner(file); lines.Scan(); {
		if seed, err := strconv.ParseUint(lines.Text(), 10, 64); err == nil {
			seeds = append(seeds, seed)
		}
	}
	for i := range n {
		seeds = append(seeds, 1000+uint64(i))
	}
	return seeds
}

// TestR30_Simulator plays random worlds: safety under faults that never stop, then
// liveness after they stopped.
func TestR30_Simulator(t *testing.T) {
	for _, mode := range []string{"safety", "liveness"} {
		t.Run(mode, func(t *testing.T) {
			began, sum := time.Now(), &sim{faults: map[string]int{}, moves: map[string]bool{}}
			seeds := simSeeds(t, proofs(t, 200, 10_000))
			for _, seed := range seeds {
				s := simulate(t, seed, mode == "liveness")
				if len(s.broken) > 0 {
					t.Fatalf("seed %d: repeat with HEDDLE_SEED=%d go test -count=1 -run 'TestR30_Simulator/%s' ./internal/engine and add it to testdata/seeds.txt\n%s", seed, seed, mode, strings.Join(s.broken, "\n"))
				}
				sum.add(s)
			}
			if os.Getenv("HEDDLE_SEED") == "" && (sum.takeovers == 0 || sum.items == 0 || len(sum.faults) < 7) {
				t.Errorf("%d takeovers, faults %v: too little was proven", sum.takeovers, sum.faults)
			}
			fmt.Printf("PROOF R30 %s: %d seeds, %d runs, %d commits, %d steps within calls, %d takeovers, faults %v, 0 violations, %.0f s\n",
				mode, len(seeds), simRuns*len(seeds), sum.commits, sum.items, sum.takeovers, sum.faults, time.Since(began).Seconds())
		})
	}
}

func (s *sim) add(o *sim) {
	s.commits += o.commits
	s.takeovers += o.takeovers
	s.items += o.items
	for k, n := range o.faults {
		s.faults[k] += n
	}
	maps.Copy(s.moves, o.moves)
}

// plain makes worlds in which no node calls a workflow. Calls wake at one instant, when
// their common commit is done, and which goes first is not the seed's: such a world can
// be played again, but not commit for commit.
func plain(s *sim) { s.plain = true }

// TestR30_SameSeedSameTrace plays worlds twice.
func TestR30_SameSeedSameTrace(t *testing.T) {
	for seed := range uint64(25) {
		a, b := simulate(t, seed, true, plain), simulate(t, seed, true, plain)
		if a.hash() != b.hash() {
			t.Fatalf("seed %d played twice differs:\n%s", seed, firstDifference(a, b))
		}
	}
	if simulate(t, 1, true, plain).hash() == simulate(t, 2, true, plain).hash() {
		t.Error("two seeds gave one trace")
	}
}

func firstDifference(a, b *sim) string {
	x, y := slices.Sorted(slices.Values(a.trace)), slices.Sorted(slices.Values(b.trace))
	for i := range min(len(x), len(y)) {
		if x[i] != y[i] {
			return x[i] + "\n" + y[i]
		}
	}
	return fmt.Sprintf("%d and %d lines", len(x), len(y))
}

// TestR30_FindsMutations shows that the checks can fail: each broken database is
// found within 60 seeds.
func TestR30_FindsMutations(t *testing.T) {
	without := func(status flow.NodeStatus) func(*sim) {
		return func(s *sim) {
			s.warp = func(st *flow.Step) {
				st.Results = slices.DeleteFunc(slices.Clone(st.Results), func(r flow.NodeResult) bool { return r.Status == status })
			}
		}
	}
	mutations := map[string]func(*sim){
		"no fencing":        func(s *sim) { s.noFence = true },
		"forgets skips":     without(flow.NodeSkipped),
		"forgets successes": without(flow.NodeSuccess),
		"forgets starts":    without(flow.NodeRunning),
		"forgets the end": func(s *sim) {
			s.warp = func(st *flow.Step) {
				if st.Run != nil && st.Run.Status.Final() {
					st.Run = nil
				}
			}
		},
		"says yes to what it lost": func(s *sim) { s.lies = true },
	}
	for name, mutation := range mutations {
		t.Run(name, func(t *testing.T) {
			for seed := range uint64(60) {
				if s := simulate(t, seed, name == "forgets the end", mutation); len(s.broken) > 0 {
					return
				}
			}
			t.Error("60 seeds did not find it")
		})
	}
}

// TestR9_EveryCommitFails lets commit k fail, for all k, in each way: another worker
// ends the runs all the same.
func TestR9_EveryCommitFails(t *testing.T) {
	points := 0
	for _, failure := range []error{errSimBusy, errSimLost, errSimUnknown} {
		for seed := range uint64(proofs(t, 1, 40)) {
			for k, calls := 1, 1; k <= calls; k++ {
				s := simulate(t, seed, true, func(s *sim) {
					s.healthy = true
					s.fault = func(call int) error {
						if call == k {
							return failure
						}
						return nil
					}
				})
				if calls = s.calls; len(s.broken) > 0 {
					t.Fatalf("seed %d, commit %d of %d fails with %q:\n%s", seed, k, calls, failure, strings.Join(s.broken, "\n"))
				}
				points++
			}
		}
	}
	if points < 30 {
		t.Errorf("only %d commits failed", points)
	}
	fmt.Printf("PROOF R9: %d commits failed (busy, connection lost, outcome unknown), one in each world, 0 violations\n", points)
}
