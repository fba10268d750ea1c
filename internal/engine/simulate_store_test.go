package engine_test

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	"heddle/internal/flow"
)

var (
	errSimBusy    = errors.New("database is busy")
	errSimLost    = errors.New("connection lost")
	errSimUnknown = errors.New("connection lost in commit")
	errSimDead    = errors.New("the worker is dead")
)

const (
	simLease = 10 * time.Second
	simBeat  = 2 * time.Second
)

type simAttempt struct {
	node   string
	number int
}

// simRun is the row of a run in the simulated database, with what the checks know.
type simRun struct {
	graph    *simGraph
	run      flow.Run
	row      flow.RunChange
	token    int64
	owner    string
	until    time.Time // of the lease
	lost     int
	cancel   bool
	answers  []flow.Answer
	seq, log int64
	results  map[simAttempt]flow.NodeResult
	newest   map[string]flow.NodeResult // by node
	holders  map[int64]string           // who got which token
	top      int64                      // highest token that wrote
	calls    map[string]int             // how often a node's kind was called
	effects  map[string]int             // the same without what goes on after a wait
	asked    map[string]bool
}

// sim is a world that one number decides: the simulated database, and the checks of
// everything that is written to it.
type sim struct {
	seed    uint64
	begin   time.Time
	plain   bool             // no node calls a workflow
	noFence bool             // mutation: the database does not compare tokens
	lies    bool             // mutation: the database acknowledges commits that it lost
	warp    func(*flow.Step) // mutation: changes steps before they are kept
	fault   func(call int) error

	mu        sync.Mutex
	healthy   bool
	runs      []*simRun
	calls     int // of Append
	trace     []string
	broken    []string
	faults    map[string]int
	moves     map[string]bool
	commits   int
	takeovers int
	items     int // calls of nodes of called workflows
}

// roll returns numbers that depend on the seed and on what they are for, and not on
// the order of goroutines.
func (s *sim) roll(what ...any) *rand.Rand {
	h := fnv.New64a()
	_, _ = fmt.Fprint(h, what...)
	return rand.New(rand.NewPCG(s.seed, h.Sum64()))
}

func between(r *rand.Rand, from, to time.Duration) time.Duration {
	return from + time.Duration(r.Int64N(int64(to-from)))
}

// wrong notes a broken promise; mu is held.
func (s *sim) wrong(format string, args ...any) {
	s.broken = append(s.broken, fmt.Sprintf("%s after the start: ", time.Since(s.begin))+fmt.Sprintf(format, args...))
}

func (s *sim) note(format string, args ...any) {
	s.trace = append(s.trace, fmt.Sprintf("%015d ", time.Since(s.begin).Nanoseconds())+fmt.Sprintf(format, args...))
}

func (s *sim) find(id flow.ID) *simRun {
	return s.runs[slices.IndexFunc(s.runs, func(r *simRun) bool { return r.run.ID == id })]
}

// claim gives a worker the first run that nobody holds.
func (s *sim) claim(worker string) (flow.Claim, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	for _, r := range s.runs {
		if r.row.Status.Final() || now.Before(r.until) || r.row.Status == flow.RunWaiting && !r.due(now) {
			continue
		}
		if r.owner != "" {
			r.lost++
			s.takeovers++
		}
		r.token++
		r.owner, r.until, r.holders[r.token] = worker, now.Add(simLease), worker
		s.note("%s claimed by %s as %d", r.run.ID, worker, r.token)
		return r.claim(), true
	}
	return flow.Claim{}, false
}

// due reports whether a parked run can go on.
func (r *simRun) due(now time.Time) bool {
	return r.cancel || len(r.answers) > r.row.Answered || r.row.WakeAt != nil && !now.Before(*r.row.WakeAt)
}

func (r *simRun) claim() flow.Claim {
	run := r.run
	run.Attempt = int(r.token)
	if c := r.row; c.Status != "" {
		run.Status, run.Error, run.Counts, run.Usage, run.StartedAt = c.Status, c.Error, c.Counts, c.Usage, c.StartedAt
	}
	results := slices.SortedFunc(maps.Values(r.results), func(a, b flow.NodeResult) int {
		return strings.Compare(fmt.Sprintf("%s %03d", at(a), a.Attempt), fmt.Sprintf("%s %03d", at(b), b.Attempt))
	})
	return flow.Claim{
		Run: run, Token: r.token, Seq: r.seq, LogSeq: r.log, Lost: r.lost, Cancel: r.cancel, Results: results, Answers: slices.Clone(r.answers),
	}
}

// beat extends a lease.
func (s *sim) beat(c flow.Claim) (cancel bool, answers []flow.Answer, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.find(c.Run.ID)
	if r.token != c.Token || r.owner == "" || r.row.Status.Final() {
		return false, nil, flow.ErrFenced
	}
	r.until = time.Now().Add(simLease)
	return r.cancel, slices.Clone(r.answers), nil
}

// release gives a lease back.
func (s *sim) release(c flow.Claim) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r := s.find(c.Run.ID); r.token == c.Token {
		r.owner, r.until = "", time.Time{}
	}
}

// chance returns what goes wrong with the next commit.
func (s *sim) chance(st flow.Step) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls++
	if s.fault != nil {
		return s.fault(s.calls)
	}
	if s.healthy {
		return nil
	}
	var err error
	switch n := s.roll("fault", st.RunID, st.Token, s.find(st.RunID).seq).IntN(100); {
	case n < 3:
		err = errSimBusy
	case n < 6:
		err = errSimLost
	case n < 10:
		err = errSimUnknown
	default:
		return nil
	}
	s.faults[err.Error()]++
	return err
}

// Append keeps a step whole or not at all, as the database does.
func (w *simWorker) Append(ctx context.Context, st flow.Step) error {
	s := w.sim
	r := s.roll("commit", st.RunID, st.Token, len(st.Events), seqOf(st))
	slow := between(r, time.Millisecond, 20*time.Millisecond)
	if r.IntN(20) == 0 {
		slow *= 100
	}
	select {
	case <-time.After(slow):
	case <-ctx.Done():
		return ctx.Err()
	}
	if err := w.awake(ctx, "commit", st.RunID, st.Token); err != nil {
		return err
	}
	err := s.chance(st)
	switch {
	case s.lies && errors.Is(err, errSimLost):
		return nil
	case err != nil && !errors.Is(err, errSimUnknown):
		return err
	}
	return errors.Join(s.commit(w.name, st), err)
}

func seqOf(st flow.Step) int64 {
	if len(st.Events) == 0 {
		return 0
	}
	return st.Events[0].Seq
}

func (s *sim) commit(worker string, st flow.Step) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.find(st.RunID)
	if !s.noFence && (st.Token != r.token || r.row.Status.Final() || len(st.Events) > 0 && seqOf(st) != r.seq+1) {
		s.faults["fenced"]++
		return flow.ErrFenced
	}
	if s.warp != nil {
		s.warp(&st)
	}
	s.commits++
	s.check(worker, r, st)
	r.keep(s, st)
	s.note("%s %s", r.run.ID, brief(st))
	if st.Run != nil && st.Run.Status.Final() {
		s.checkEnd(r)
	}
	return nil
}

// keep writes a step into the rows.
func (r *simRun) keep(s *sim, st flow.Step) {
	r.seq += int64(len(st.Events))
	r.log += int64(len(st.Logs))
	for _, res := range st.Results {
		key := at(res)
		r.results[simAttempt{key, res.Attempt}] = res
		if n := r.newest[key]; res.Attempt >= n.Attempt {
			r.newest[key] = res
		}
		if res.Status == flow.NodeWaiting && res.Meta["question"] != "" && !r.asked[at(res)] {
			r.asked[at(res)] = true
			s.answerLater(r, res)
		}
	}
	if st.Run == nil {
		return
	}
	s.moves["run "+orIdle(string(r.row.Status), "queued")+" -> "+string(st.Run.Status)] = true
	started := r.row.StartedAt
	r.row = *st.Run
	if r.row.StartedAt == nil {
		r.row.StartedAt = started
	}
	if st.Run.Status.Final() || st.Run.Status == flow.RunWaiting {
		r.owner, r.until = "", time.Time{}
	}
}

func (s *sim) answerLater(r *simRun, res flow.NodeResult) {
	roll := s.roll("answer", r.run.ID, at(res))
	a := flow.Answer{NodeID: res.NodeID, Iteration: res.Iteration, Approved: roll.IntN(2) == 0}
	time.AfterFunc(between(roll, time.Millisecond, time.Minute), func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		r.answers = append(r.answers, a)
	})
}

// brief is a step in a line, without what depends on the order of goroutines.
func brief(st flow.Step) string {
	var parts []string
	for _, res := range st.Results {
		parts = append(parts, fmt.Sprintf("%s.%d=%s", at(res), res.Attempt, res.Status))
	}
	slices.Sort(parts)
	if st.Run != nil {
		parts = append(parts, "run="+string(st.Run.Status))
	}
	return fmt.Sprintf("token %d, %d events: %s", st.Token, len(st.Events), strings.Join(parts, " "))
}

func orIdle(s, idle string) string {
	if s == "" {
		return idle
	}
	return s
}
