package store_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"heddle/internal/flow"
	"heddle/internal/store"
)

// proofs is how many schedules are played: few, or all with HEDDLE_PROVE=full, or a number.
func proofs(t *testing.T, few, full int) int {
	t.Helper()
	switch v := os.Getenv("HEDDLE_PROVE"); v {
	case "":
		return few
	case "full":
		return full
	default:
		n, err := strconv.Atoi(v)
		if err != nil {
			t.Fatalf("HEDDLE_PROVE=%q is no number", v)
		}
		return n
	}
}

// TestR4_LeaseModel plays random schedules of three workers on one run: claims,
// heartbeats, writes, releases, leases that run out. After each move the store must
// have done what the model allows: only the newest token writes, nobody claims a live
// lease, tokens only grow, and every lost worker is counted.
func TestR4_LeaseModel(t *testing.T) {
	both(t, func(t *testing.T, s *store.Store) {
		n := proofs(t, 150, 20_000)
		if s.Dialect() == "postgres" {
			n = max(20, n/10)
		}
		moves := 0
		for seed := range n {
			k := newLeases(t, s, seed)
			for range 30 {
				if err := k.move(t.Context()); err != nil {
					t.Fatalf("schedule %d: %v", seed, err)
				}
				moves++
			}
		}
		fmt.Printf("PROOF R4: %d random schedules of leases on %s, %d moves, 0 violations\n", n, s.Dialect(), moves)
	})
}

// TestR4_FindsAMissingFence lets a worker write without its token: the model must
// notice, or it would notice nothing.
func TestR4_FindsAMissingFence(t *testing.T) {
	s := open(t, sqlitePath(t))
	for seed := range 200 {
		k := newLeases(t, s, seed)
		k.naive = true
		for range 30 {
			if err := k.move(t.Context()); err != nil {
				return
			}
		}
	}
	t.Error("no schedule found that a stale worker wrote")
}

// leases is a run, its workers, and what the model knows of them.
type leases struct {
	store  *store.Store
	roll   *rand.Rand
	owner  flow.Owner
	run    flow.ID
	naive  bool     // workers write with the newest token, whatever theirs is
	token  int64    // newest that was given
	live   bool     // its lease is
	held   bool     // it was neither released nor has it ended the run
	lost   int      // workers whose lease ran out and was taken over
	seq    int64    // newest event
	final  bool     // the run has ended
	claims [3]int64 // token of each worker, -1: none
}

func newLeases(t *testing.T, s *store.Store, seed int) *leases {
	t.Helper()
	o := user(t, s, fmt.Sprintf("r4-%d@example.com", seed))
	return &leases{store: s, roll: rand.New(rand.NewPCG(uint64(seed), 4)), owner: o, run: accept(t, s, o, nil), seq: 1, claims: [3]int64{-1, -1, -1}}
}

func (k *leases) move(ctx context.Context) error {
	w := k.roll.IntN(len(k.claims))
	switch k.roll.IntN(9) {
	case 0, 1, 2:
		return k.claim(ctx, w)
	case 3:
		return k.beat(ctx, w)
	case 4, 5:
		return k.write(ctx, w, k.roll.IntN(12) == 0)
	case 6:
		return k.release(ctx, w)
	default:
		return k.expire(ctx)
	}
}

func (k *leases) claim(ctx context.Context, w int) error {
	c, err := k.store.ClaimRun(ctx, k.run, "worker"+strconv.Itoa(w), time.Hour)
	switch {
	case k.final:
		return expect(flow.KindOf(err) == flow.Conflict, "a run that has ended was claimed: %v", err)
	case k.live:
		return expect(errors.Is(err, flow.ErrHeld), "a live lease was claimed: %v", err)
	case err != nil:
		return fmt.Errorf("a free run was not claimed: %w", err)
	}
	if k.held {
		k.lost++
	}
	newer := c.Token > k.token
	k.token, k.live, k.held, k.claims[w] = c.Token, true, true, c.Token
	return errors.Join(
		expect(newer, "token %d came after %d", c.Token, k.token),
		expect(c.Lost == k.lost, "%d workers are lost, counted %d", k.lost, c.Lost),
		expect(c.Seq == k.seq, "the claim begins at event %d, the journal ends at %d", c.Seq, k.seq))
}

// holds reports whether the worker's token is the newest of a run that is held.
func (k *leases) holds(w int) bool {
	return !k.final && k.held && k.claims[w] == k.token
}

func (k *leases) beat(ctx context.Context, w int) error {
	_, err := k.store.BeatRun(ctx, k.run, k.claims[w], time.Hour)
	if k.holds(w) {
		k.live = true // also late, as long as nobody took over
		return expect(err == nil, "the holder's heartbeat failed: %v", err)
	}
	return expect(errors.Is(err, flow.ErrFenced), "a stale heartbeat: %v", err)
}

func (k *leases) write(ctx context.Context, w int, last bool) error {
	step := flow.Step{RunID: k.run, UserID: flow.ID(k.owner), Token: k.claims[w], Events: []flow.Event{event(k.run, k.seq+1)}}
	if k.naive {
		step.Token = k.token
	}
	if last {
		step.Run = &flow.RunChange{Status: flow.RunSuccess, CompletedAt: new(time.Now())}
	}
	may := !k.final && k.claims[w] == k.token
	err := k.store.Append(ctx, step)
	if !may {
		return expect(errors.Is(err, flow.ErrFenced), "a stale worker wrote: %v", err)
	}
	if err != nil {
		return fmt.Errorf("the newest token did not write: %w", err)
	}
	k.seq++
	if last {
		k.final, k.live, k.held = true, false, false
	}
	return nil
}

func (k *leases) release(ctx context.Context, w int) error {
	err := k.store.ReleaseRun(ctx, k.run, k.claims[w])
	if k.final || k.claims[w] != k.token {
		return expect(errors.Is(err, flow.ErrFenced), "a stale release: %v", err)
	}
	k.live, k.held = false, false
	return expect(err == nil, "the newest token did not release: %v", err)
}

// expire lets the lease run out, as if its time had passed.
func (k *leases) expire(ctx context.Context) error {
	k.live = false
	return k.store.Age(ctx, k.run, 2*time.Hour)
}

func expect(ok bool, format string, args ...any) error {
	if ok {
		return nil
	}
	return fmt.Errorf(format, args...)
}

// TestR13_ClocksOfMachinesDiffer accepts runs on machines whose clocks are an hour or a
// day wrong. Each is found stranded when its trigger is old by the database's clock, not
// before and not later, and a live lease is never taken.
func TestR13_ClocksOfMachinesDiffer(t *testing.T) {
	s := open(t, freshPostgres(t))
	o := user(t, s, "ann@example.com")
	shifts := []time.Duration{-24 * time.Hour, -time.Hour, -30 * time.Minute, 30 * time.Minute, time.Hour, 24 * time.Hour}
	for _, d := range shifts {
		s.ShiftClock(d)
		id := flow.NewID(flow.RunPrefix)
		r := newRun(o, nil)
		r.ID, r.CreatedAt = id, time.Now().Add(d)
		if _, _, err := s.CreateRun(t.Context(), o, store.NewRun{Run: r, Enqueue: noQueue}); err != nil {
			t.Fatal(err)
		}
		for _, reader := range shifts {
			s.ShiftClock(reader)
			k := stranded{t, s, time.Now().Add(reader), id}
			k.want(false, "a fresh run")
		}
		c, err := s.ClaimRun(t.Context(), id, "a", time.Minute)
		must(t, err)
		for _, reader := range shifts {
			s.ShiftClock(reader)
			if _, err := s.ClaimRun(t.Context(), id, "b", time.Minute); !errors.Is(err, flow.ErrHeld) {
				t.Errorf("made with %s, claimed with %s: %v", d, reader, err)
			}
		}
		must(t, s.ReleaseRun(t.Context(), id, c.Token))
		must(t, s.Age(t.Context(), id, 16*time.Second))
		for _, reader := range shifts {
			s.ShiftClock(reader)
			k := stranded{t, s, time.Now().Add(reader), id}
			k.want(true, "a run whose trigger is lost")
		}
		c, err = s.ClaimRun(t.Context(), id, "a", time.Minute)
		must(t, err)
		must(t, s.Append(t.Context(), flow.Step{RunID: id, UserID: flow.ID(o), Token: c.Token, Events: []flow.Event{event(id, c.Seq+1)}, Run: &flow.RunChange{Status: flow.RunSuccess, CompletedAt: new(time.Now())}}))
	}
	fmt.Printf("PROOF R13: clocks wrong by up to a day, %d pairs of machines, no lease taken, no run found late\n", len(shifts)*len(shifts))
}

// stranded asks one machine whether a run is.
type stranded struct {
	*testing.T
	store *store.Store
	now   time.Time
	run   flow.ID
}

func (k stranded) want(found bool, what string) {
	k.Helper()
	ids, err := k.store.Stranded(k.Context(), k.now, "me", 10)
	must(k, err)
	if (len(ids) > 0) != found {
		k.Errorf("%s, looked at with the clock %s: %v", what, k.now.Format(time.RFC3339), ids)
	}
}
