package engine

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"log/slog"
	"slices"
	"strconv"
	"sync"
	"time"

	"heddle/internal/flow"
	"heddle/internal/node"
)

// run is one execution of a claim. Its fields belong to the goroutine that called
// Execute, except where another is named.
type run struct {
	engine *Engine
	claim  flow.Claim
	id     flow.ID
	log    *slog.Logger
	files  node.Files
	plan   *plan
	state  *state
	vault  vault // safe for concurrent use

	ctx       context.Context // the caller's
	nodes     context.Context // parent of every attempt's
	startedAt time.Time
	deadline  time.Time // of the run
	phase     phase
	failure   error  // of the journal
	verdict   string // why the run as a whole ended before its nodes did
	final     flow.RunStatus
	overdue   bool // a limit of the run was reached
	ended     bool // the final status is in the batch, or durable
	usage     flow.Usage
	unpriced  bool
	cut       map[int]flow.NodeResult // attempts that an earlier worker left running
	last      map[int]int             // highest attempt recorded before
	tries     map[int]int             // failed attempts, by node
	resting   []rest                  // nodes that wait for their next try
	parked    []parked                // nodes that wait for a time or an answer
	resumes   map[int]*node.Resume    // how the wait of a node ended, until it starts
	said      map[string]flow.Answer  // answers known, by node
	heard     map[int][]flow.Answer   // by node that calls: answers to the nodes within
	answered  int                     // how many came
	leaving   bool                    // the run is being parked
	wakes     *time.Time              // when it goes on by itself; nil: with an answer

	live   []*attempt
	waits  []wait           // by node
	watch  bool             // the timer is set for the nodes that wait for a slot
	pools  [2]chan struct{} // a node that runs has one entry in each: the run's places, the engine's slots
	want   chan<- struct{}  // the pool that is waited for; nil: none
	wanted int              // its index
	held   [2]bool          // entries that are held for the next node

	batch    batch
	seq      int64
	logSeq   int64
	flying   *batch // at the journal
	steps    chan flow.Step
	flushed  chan error
	outcomes chan outcome
	starts   chan *attempt
	arming   int           // attempts whose start will be asked for in no time
	jobs     chan *attempt // for idle goroutines; never more than there are
	idle     int
	gone     chan struct{} // closed when nobody listens to attempts any more

	timer    *time.Timer
	alarm    time.Time   // when timer fires; zero: it does not
	patience *time.Timer // ends the wait for the journal after a release

	wake    chan struct{}
	nest    *nest                      // nil: nobody called the run
	news    chan flow.Answer           // of a run that was called: its claim's News
	frozen  map[int]int                // by node that calls: the version of the workflow
	inside  map[int][]flow.NodeResult  // by node that calls: what its calls recorded
	within  map[within]flow.NodeResult // rows of called nodes that are not final
	entries chan entry                 // what called runs write

	mu    sync.Mutex
	noisy []*attempt // guarded by mu: attempts with text or log lines to write
}

// wait is how a node waits for a slot.
type wait struct {
	since     time.Time
	announced bool
}

// phase is what the run's goroutine is about.
type phase uint8

const (
	phaseWork    phase = iota
	phaseCancel        // ending the run early: cancel or its time limit
	phaseRelease       // letting go: successes still count
	phaseStop          // fenced or broken: nothing is written any more
)

func newRun(ctx context.Context, e *Engine, c flow.Claim) *run {
	r := &run{
		engine: e, claim: c, id: c.Run.ID, ctx: ctx,
		log:   e.Logger.With(slog.String("run_id", c.Run.ID.String())),
		files: e.Files(flow.Owner(c.Run.UserID)),
		vault: vault{owner: flow.Owner(c.Run.UserID), stored: e.Blobs},
		seq:   c.Seq, logSeq: c.LogSeq, usage: flow.Usage{CostUSD: new(0.0)},
		cut: map[int]flow.NodeResult{}, last: map[int]int{}, tries: map[int]int{}, resumes: map[int]*node.Resume{}, said: map[string]flow.Answer{}, heard: map[int][]flow.Answer{},
		steps: make(chan flow.Step, 1), flushed: make(chan error, 1), outcomes: make(chan outcome, 64),
		frozen: map[int]int{}, inside: map[int][]flow.NodeResult{}, within: map[within]flow.NodeResult{}, entries: make(chan entry),
		pools:  [2]chan struct{}{make(chan struct{}, e.PerRun), e.slots},
		starts: make(chan *attempt), jobs: make(chan *attempt, 64), gone: make(chan struct{}), wake: make(chan struct{}, 1),
		timer: time.NewTimer(time.Hour),
	}
	r.timer.Stop()
	return r
}

func (r *run) execute() (flow.RunStatus, error) {
	if cause := context.Cause(r.ctx); cause != nil && !errors.Is(cause, ErrCancel) {
		return "", letGo(cause)
	}
	nodes, cutAll := context.WithCancelCause(context.WithoutCancel(r.ctx))
	defer cutAll(nil)
	r.nodes = nodes
	writing, stopWriting := context.WithCancel(context.WithoutCancel(r.ctx))
	defer stopWriting()
	r.patience = time.AfterFunc(time.Hour, stopWriting)
	r.patience.Stop()
	go r.write(writing)
	defer close(r.steps)
	defer close(r.gone)
	defer close(r.jobs)
	defer r.timer.Stop()
	r.begin()
	r.loop(stopWriting)
	r.giveSlot()
	r.patience.Stop()
	switch {
	case r.failure != nil:
		return "", r.failure
	case r.leaving && !r.ended:
		return flow.RunWaiting, nil
	case !r.ended:
		return "", ErrRelease
	}
	return r.final, nil
}

// loop takes every decision of the run until nothing is left to wait for.
func (r *run) loop(stopWriting func()) {
	done, news := r.ctx.Done(), r.claim.News
	for {
		r.mind()
		r.dispatch()
		r.conclude()
		r.park()
		r.flush()
		if r.settled() {
			return
		}
		select {
		case o := <-r.outcomes:
			r.back(o)
			r.drain()
		case a := <-r.starts:
			r.recordStart(a)
		case err := <-r.flushed:
			r.landed(err)
		case a, ok := <-news:
			if news = r.claim.News; !ok {
				news = nil
			} else {
				r.answer(a)
			}
		case e := <-r.entries:
			r.embed(e)
		case r.want <- struct{}{}:
			r.held[r.wanted] = true
		case <-r.wake:
		case now := <-r.timer.C:
			r.alarm = time.Time{}
			r.tick(now)
		case <-done:
			done = nil
			r.interrupt(context.Cause(r.ctx), stopWriting)
		}
	}
}

// drain takes the outcomes that are there already, so that they share a step.
func (r *run) drain() {
	for range cap(r.outcomes) {
		select {
		case o := <-r.outcomes:
			r.back(o)
		default:
			return
		}
	}
}

// back takes the outcome that a goroutine brings; that one is free again.
func (r *run) back(o outcome) {
	if !errors.Is(o.err, errVanished) {
		r.idle++
	}
	r.finish(o)
}

// settled reports whether Execute can return.
func (r *run) settled() bool {
	if len(r.live) > 0 {
		return false
	}
	switch r.phase {
	case phaseStop:
		return true
	case phaseRelease:
		return r.flying == nil && r.batch.empty()
	case phaseWork, phaseCancel:
	}
	return (r.ended || r.leaving) && r.flying == nil && r.batch.empty()
}

// dispatch starts ready nodes while there are slots (rule E3).
func (r *run) dispatch() {
	r.want = nil
	for r.phase == phaseWork && len(r.state.ready.nodes) > 0 && r.takeSlot() {
		i, _ := r.state.start()
		r.launch(i)
	}
	if r.want == nil {
		r.giveSlot()
	}
	if len(r.state.ready.nodes) > 0 && !r.watch {
		r.watch = true
		r.wakeAt(time.Now().Add(announceAfter))
	}
}

// takeSlot takes what a node needs to run, or notes what has to be waited for.
func (r *run) takeSlot() bool {
	for i, p := range r.pools {
		if r.held[i] {
			continue
		}
		select {
		case p <- struct{}{}:
			r.held[i] = true
		default:
			r.want, r.wanted = p, i
			return false
		}
	}
	r.held = [2]bool{}
	return true
}

// giveSlot returns what was waited for and is not needed any more.
func (r *run) giveSlot() {
	for i, p := range r.pools {
		if r.held[i] {
			r.held[i] = false
			<-p
		}
	}
}

func (r *run) launch(i int) {
	n := &r.plan.nodes[i]
	now := time.Now().UTC()
	a := &attempt{run: r, node: i, number: r.last[i] + 1, startedAt: now, place: len(r.live)}
	if r.waits[i].announced {
		a.queuedAt = r.waits[i].since
	}
	if a.resume = r.resumption(i, now); a.resume != nil {
		a.startedAt = a.resume.Since
	}
	a.ctx, a.cancel = context.WithCancelCause(r.nodes)
	if n.kind.Purity != node.Pure {
		a.durable = make(chan struct{})
	} else {
		r.wakeAt(now.Add(announceAfter))
	}
	if n.kind.Calls != "" {
		a.version, a.before, a.try = r.frozen[i], r.inside[i], r.nest.tryBelow(r.tries[i])
		a.heard = slices.Clone(r.heard[i])
		a.known = len(a.heard)
	}
	a.deadline = now.Add(r.limit(n))
	r.wakeAt(a.deadline)
	r.live = append(r.live, a)
	a.edges = r.deliveries(n)
	if a.durable != nil && !slices.ContainsFunc(a.edges, delivery.far) {
		a.arming = true
		r.arming++
	}
	if r.idle > 0 {
		select {
		case r.jobs <- a:
			r.idle--
			return
		default:
		}
	}
	go r.labor(a)
}

func (r *run) limit(n *planNode) time.Duration {
	switch {
	case n.timeout > 0:
		return n.timeout
	case n.kind.Calls != "":
		return r.engine.RunTimeout // the nodes that it calls have their own limits
	}
	return r.engine.NodeTimeout
}

// deliveries collects what the node's delivered edges carry.
func (r *run) deliveries(n *planNode) []delivery {
	if len(n.in) == 0 {
		return nil
	}
	out := make([]delivery, 0, len(n.in))
	for _, ei := range n.in {
		if r.state.edges[ei] == edgeDelivered {
			e := &r.plan.edges[ei]
			out = append(out, delivery{e, r.state.nodes[e.src].outputs[e.srcPort]})
		}
	}
	return out
}

// leave takes an attempt out of the run and frees its slots.
func (r *run) leave(a *attempt) {
	end := len(r.live) - 1
	r.live[a.place] = r.live[end]
	r.live[a.place].place = a.place
	r.live[end] = nil
	r.live = r.live[:end]
	a.left = true
	r.armed(a)
	a.cancel(nil)
	a.free()
}

// free gives back what the attempt took from the run's pools; a second time it does
// nothing.
func (a *attempt) free() {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.freed {
		a.freed = true
		for _, p := range a.run.pools {
			<-p
		}
	}
}

// armed takes back that an attempt is about to ask for its start.
func (r *run) armed(a *attempt) {
	if a.arming {
		a.arming = false
		r.arming--
	}
}

// key is the same for every attempt of a node in this run and safe in a header.
func (r *run) key(nodeID string) string {
	if r.nest != nil {
		nodeID += ":" + r.nest.iteration
	}
	for i := range len(nodeID) {
		if c := nodeID[i]; c <= ' ' || c > '~' || len(nodeID) > 100 {
			sum := sha256.Sum256([]byte(nodeID))
			return string(r.id) + ":" + hex.EncodeToString(sum[:16])
		}
	}
	return string(r.id) + ":" + nodeID
}

// noise queues an attempt that has something to write. It is called from the
// goroutines of kinds.
func (r *run) noise(a *attempt) {
	r.mu.Lock()
	r.noisy = append(r.noisy, a)
	r.mu.Unlock()
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// wakeAt makes sure that the run's goroutine looks around at t.
func (r *run) wakeAt(t time.Time) {
	if r.alarm.IsZero() || t.Before(r.alarm) {
		r.alarm = t
		r.timer.Reset(time.Until(t))
	}
}

// seconds writes a duration as people say it.
func seconds(d time.Duration) string {
	return strconv.FormatFloat(d.Seconds(), 'f', -1, 64) + " s"
}
