package worker

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"

	"heddle/internal/flow"
	"heddle/internal/store"
)

// direct is the trigger of a run that the process which accepted it starts by
// itself. The queue's rows were a third of the CPU of a short run.
const direct = "direct"

// laneRoom is how many runs may wait in the lane of a process that has its database
// for itself, as on SQLite.
const laneRoom = 10_000

// laneBytes is how much of the waiting runs' graphs and inputs is kept for their
// claims; what is beyond it is read again, so that a long lane costs little memory.
const laneBytes = 16 << 20

// lane holds the runs that this process promised to start (rule E11): committed, in
// memory only by their ids, and on disk as promised to this process, so that its next
// start or another machine's sweep takes them over. Owners take turns, and none has
// more than three quarters of the slots (trust.md N4).
type lane struct {
	mu     sync.Mutex
	slots  int
	share  int // of one owner
	open   bool
	size   int
	bytes  int // of the whole ones
	owners map[flow.ID]*line
	turn   []*line // those with waiting runs, the next first
	ids    map[flow.ID]bool
	news   chan struct{}
}

// line is the runs of one owner.
type line struct {
	owner   flow.ID
	waiting []promised
	running int
}

// promised is a run in the lane, with its row and its graph when bytes is not 0.
type promised struct {
	run   flow.Run
	graph *flow.Graph
	bytes int
}

// weight is about how much memory a run takes.
func weight(r flow.Run) int {
	n := 1024 + 2*(len(r.Nodes)+len(r.Edges))
	for _, v := range r.Inputs {
		n += len(v.Raw())
	}
	return n
}

func newLane(slots int) *lane {
	return &lane{
		slots: slots, share: max(1, slots-max(1, slots/4)), owners: map[flow.ID]*line{}, ids: map[flow.ID]bool{}, news: make(chan struct{}, 1),
	}
}

// takes reports whether a run of the owner may come into the lane. With others on the
// same database only free slots count, so that a run never waits here while another
// machine is idle.
func (l *lane) takes(owner flow.ID, busy int, alone bool) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.open || alone {
		return l.open && l.size < laneRoom
	}
	most := l.share
	if l.owners[owner] == nil {
		most = l.slots
	}
	return busy+l.size < most
}

// push adds a run; it reports false when the lane is closed.
func (l *lane) push(p promised) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.open {
		return false
	}
	id, owner := p.run.ID, p.run.UserID
	n := l.owners[owner]
	if n == nil {
		n = &line{owner: owner}
		l.owners[owner] = n
	}
	if l.bytes+p.bytes > laneBytes {
		p = promised{run: flow.Run{ID: id, UserID: owner}}
	}
	l.bytes += p.bytes
	if n.waiting = append(n.waiting, p); len(n.waiting) == 1 {
		l.turn = append(l.turn, n)
	}
	l.size++
	l.ids[id] = true
	l.tell()
	return true
}

func (l *lane) tell() {
	select {
	case l.news <- struct{}{}:
	default:
	}
}

// next takes the run whose turn it is, if any may start.
func (l *lane) next() (promised, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, n := range l.turn {
		if n.running >= l.share {
			continue
		}
		p := n.waiting[0]
		n.waiting = n.waiting[1:]
		n.running++
		l.turn = append(l.turn[:i], l.turn[i+1:]...)
		if len(n.waiting) > 0 {
			l.turn = append(l.turn, n)
		} else {
			n.waiting = nil
		}
		l.size--
		l.bytes -= p.bytes
		delete(l.ids, p.run.ID)
		return p, true
	}
	return promised{}, false
}

// may reports whether a run could start, were a slot free.
func (l *lane) may() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, n := range l.turn {
		if n.running < l.share {
			return true
		}
	}
	return false
}

// ended frees the owner's place.
func (l *lane) ended(owner flow.ID) {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := l.owners[owner]
	if n.running--; n.running == 0 && len(n.waiting) == 0 {
		delete(l.owners, owner)
	}
	l.tell()
}

func (l *lane) has(id flow.ID) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.ids[id]
}

func (l *lane) start() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.open = true
}

// close takes nothing more and returns what waits, in turn.
func (l *lane) close() []flow.ID {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.open = false
	var out []flow.ID
	for _, n := range l.turn {
		for _, p := range n.waiting {
			out = append(out, p.run.ID)
		}
		n.waiting = nil
	}
	l.turn, l.size, l.bytes = nil, 0, 0
	clear(l.ids)
	return out
}

// Accept says how a new run will be started: by this process itself, when it has
// room, or by a job of the queue for whoever is free.
func (w *Worker) Accept(ctx context.Context, tx *store.Tx, r flow.Run) (store.Trigger, error) {
	if w.lane.takes(r.UserID, len(w.slots), w.Store.Pool() == nil) {
		return store.Trigger{ID: direct, Promised: w.name}, nil
	}
	id, err := w.Enqueue(ctx, tx, r.ID)
	return store.Trigger{ID: id}, err
}

// Accepted starts a run that [Worker.Accept] took, after its commit.
func (w *Worker) Accepted(r flow.Run, g flow.Graph) {
	switch {
	case r.TriggerID != direct:
		w.Wake()
	case !w.lane.push(promised{run: r, graph: &g, bytes: weight(r)}):
		w.passOn([]flow.ID{r.ID})
	}
}

// passOn gives promised runs to the queue, for a moment: what is left then is found
// by the next start, or by the sweep of another machine.
func (w *Worker) passOn(ids []flow.ID) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	for _, id := range ids {
		if err := w.requeue(ctx, id); err != nil {
			w.Logger.Warn("promised runs wait for the next start", slog.Any("error", err))
			return
		}
	}
}

// adopt opens the lane, with the runs promised by earlier processes of this machine.
func (w *Worker) adopt(ctx context.Context) error {
	w.lane.start()
	list, err := w.Store.Adopt(ctx, w.name, w.alive)
	if err != nil {
		return fmt.Errorf("adopt promised runs: %w", err)
	}
	for _, p := range list {
		w.lane.push(promised{run: flow.Run{ID: p.ID, UserID: p.UserID}})
	}
	if len(list) > 0 {
		w.Logger.Info("accepted runs of an earlier process are started", slog.Int("runs", len(list)))
	}
	return nil
}

// recall gives runs to the queue that were promised and are not in the lane: none,
// unless a start was cut off between the commit and the lane.
func (w *Worker) recall(ctx context.Context) {
	list, err := w.Store.Promised(ctx, w.name, time.Now().Add(-15*time.Second))
	if err != nil && ctx.Err() == nil {
		w.Logger.Error("promised runs not found", slog.Any("error", err))
	}
	for _, p := range list {
		if w.lane.has(p.ID) {
			continue
		}
		if err := w.requeue(ctx, p.ID); err != nil && ctx.Err() == nil {
			w.Logger.Error("promised run not requeued", slog.String("run_id", p.ID.String()), slog.Any("error", err))
		}
	}
}

// runLane starts the lane's runs as slots become free, until ctx ends.
func (w *Worker) runLane(ctx context.Context) {
	for {
		if !w.lane.may() {
			select {
			case <-w.lane.news:
				continue
			case <-ctx.Done():
				return
			}
		}
		select {
		case w.slots <- struct{}{}:
		case <-ctx.Done():
			return
		}
		p, ok := w.lane.next()
		if !ok {
			<-w.slots
			continue
		}
		w.own.Go(func() { w.startOwn(p) })
	}
}

// startOwn works on a run of the lane. What it cannot end goes to the queue.
func (w *Worker) startOwn(p promised) {
	id := p.run.ID
	after, again := w.tryOwn(p)
	<-w.slots
	w.lane.ended(p.run.UserID)
	if !again {
		return
	}
	select {
	case <-time.After(after):
	case <-w.jobs.Done():
	}
	w.passOn([]flow.ID{id})
}

// tryOwn is one attempt. A panic leaves the lease behind: it runs out, and the run
// counts one worker as lost.
func (w *Worker) tryOwn(p promised) (after time.Duration, again bool) {
	defer func() {
		if v := recover(); v != nil {
			w.Logger.Error("run interrupted by a panic", slog.String("run_id", p.run.ID.String()), slog.Any("panic", v), slog.String("stack", string(debug.Stack())))
		}
	}()
	claim, err := w.claimOwn(p)
	switch {
	case err == nil:
		return w.attempt(w.jobs, claim)
	case isGone(err):
		return 0, false
	}
	w.Logger.Error("run not claimed", slog.String("run_id", p.run.ID.String()), slog.Any("error", err))
	return 2 * time.Second, true
}

func (w *Worker) claimOwn(p promised) (flow.Claim, error) {
	if p.bytes > 0 {
		c, err := w.Store.ClaimAccepted(w.jobs, p.run, w.name, w.Lease)
		c.Graph = p.graph
		return c, err
	}
	return w.Store.ClaimRun(w.jobs, p.run.ID, w.name, w.Lease)
}

// ownEnded waits for the lane's runs that are at work; false: ctx ended first.
func (w *Worker) ownEnded(ctx context.Context) bool {
	done := make(chan struct{})
	go func() { w.own.Wait(); close(done) }()
	select {
	case <-done:
		return true
	case <-ctx.Done():
		return false
	}
}
