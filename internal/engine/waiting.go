package engine

import (
	"errors"
	"slices"
	"time"

	"heddle/internal/flow"
	"heddle/internal/node"
)

// parkAfter is how long the next time a run waits for must be away for the run to
// be parked: what is nearer is waited for in memory.
const parkAfter = 20 * time.Second

// parked is a node that waits for a time or for an answer (rule E23).
type parked struct {
	node  int
	since time.Time
	until time.Time // zero: for an answer
}

// Meta of a waiting node.
const (
	metaUntil    = "until"    // RFC 3339
	metaQuestion = "question" // what a person is asked
)

// standBy records that an attempt has nothing to do for a while, if that is what its
// kind says.
func (r *run) standBy(res flow.NodeResult, o outcome) bool {
	w, ok := errors.AsType[*node.Wait](o.err)
	if !ok || o.cut != nil || r.phase != phaseWork || r.nest != nil && !o.spec().kind.MayWait() {
		return false
	}
	if w.Until.IsZero() && !r.engine.Answerable {
		return false
	}
	res.Status, res.Reason, res.Duration = flow.NodeWaiting, w.Reason, nil
	if !w.Until.IsZero() {
		res.Meta = with(res.Meta, metaUntil, w.Until.UTC().Format(time.RFC3339Nano))
	}
	if w.Question != "" {
		res.Meta = with(res.Meta, metaQuestion, w.Question)
	}
	r.writeResult(res)
	r.last[o.node] = o.number - 1 // it goes on as the same attempt
	p := parked{o.node, *res.StartedAt, w.Until}
	r.state.nodes[o.node].status = flow.NodeWaiting
	if len(r.heard[o.node]) > o.known { // one came while it still worked on others
		r.goOn(p, nil)
		return true
	}
	r.parked = append(r.parked, p)
	if !p.until.IsZero() {
		r.wakeAt(p.until)
	}
	return true
}

// unanswerable is why a node fails that asks where nobody can answer.
func unanswerable(err error) error {
	if w, ok := errors.AsType[*node.Wait](err); ok {
		return flow.Errorf(flow.Invalid, "This step waits for a person, and nobody can answer here.").
			WithHint("Run the workflow on a server, or answer it on the command line.").Because(w)
	}
	return err
}

// takeParked reads the row of a waiting attempt of an earlier worker.
func (r *run) takeParked(i int, res *flow.NodeResult) {
	r.last[i] = res.Attempt - 1
	p := parked{node: i, since: res.CreatedAt}
	if res.StartedAt != nil {
		p.since = *res.StartedAt
	}
	if at, err := time.Parse(time.RFC3339Nano, res.Meta[metaUntil]); err == nil {
		p.until = at
	}
	r.parked = append(r.parked, p)
}

// keepWaiting takes the nodes that wait out of the ready ones, and lets those go on
// whose wait ended while nobody worked on the run.
func (r *run) keepWaiting() {
	for _, p := range r.parked {
		r.state.ready.drop(p.node)
		r.state.nodes[p.node].status = flow.NodeWaiting
		if !p.until.IsZero() {
			r.wakeAt(p.until)
		}
	}
	for _, a := range r.claim.Answers {
		r.answer(a)
	}
	r.wakeParked(time.Now())
}

// answer lets the node go on that waited for it. What answers no waiting node is
// kept for its next attempt.
func (r *run) answer(a flow.Answer) {
	r.answered++
	if a.Iteration != r.nest.label() {
		r.passOn(a)
		return
	}
	r.said[a.NodeID] = a
	for k, p := range r.parked {
		if r.plan.nodes[p.node].ID == a.NodeID && r.phase == phaseWork {
			r.parked = slices.Delete(r.parked, k, k+1)
			r.goOn(p, &a)
			return
		}
	}
}

// passOn gives an answer to the node whose call it is for: to the calls that are under
// way, else by letting the node call again.
func (r *run) passOn(a flow.Answer) {
	i := r.callerOf(a.NodeID)
	if i < 0 {
		return
	}
	r.heard[i] = append(r.heard[i], a)
	for _, l := range r.live {
		if l.node == i {
			l.hear(a)
		}
	}
	for k, p := range r.parked {
		if p.node == i && r.phase == phaseWork {
			r.parked = slices.Delete(r.parked, k, k+1)
			r.goOn(p, nil)
			return
		}
	}
}

// hear takes an answer to a node of a call.
func (a *attempt) hear(ans flow.Answer) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.heard = append(a.heard, ans)
	for _, r := range a.calls {
		if r.nest.holds(ans.Iteration) {
			select {
			case r.news <- ans:
			default: // it gets it when the node calls again
			}
		}
	}
}

// resumption says how the wait of a node ended that starts now; nil when it has not
// waited. A node that was answered once is not asked about again: its worker may
// have been lost, or its attempt have failed, after the answer.
func (r *run) resumption(i int, now time.Time) *node.Resume {
	if w := r.resumes[i]; w != nil {
		delete(r.resumes, i)
		return w
	}
	if a, ok := r.said[r.plan.nodes[i].ID]; ok {
		return &node.Resume{Answer: &a, Since: now}
	}
	return nil
}

// wakeParked lets the nodes go on whose time has come.
func (r *run) wakeParked(now time.Time) {
	if r.phase != phaseWork {
		return
	}
	r.parked = slices.DeleteFunc(r.parked, func(p parked) bool {
		switch {
		case p.until.IsZero():
			return false
		case now.Before(p.until):
			r.wakeAt(p.until)
			return false
		}
		r.goOn(p, nil)
		return true
	})
}

func (r *run) goOn(p parked, a *flow.Answer) {
	r.resumes[p.node] = &node.Resume{Answer: a, Since: p.since}
	r.state.nodes[p.node].status = flow.NodeQueued
	r.waits[p.node].since = time.Now().UTC()
	r.state.ready.push(p.node)
}

// park gives the run back to the database when nothing is left to do before a time
// that is far away, or before an answer.
func (r *run) park() {
	if r.phase != phaseWork || r.ended || r.leaving || len(r.parked) == 0 || len(r.live)+len(r.state.ready.nodes)+len(r.resting) > 0 || r.flying != nil || !r.batch.empty() {
		return
	}
	var next *time.Time
	for _, p := range r.parked {
		if !p.until.IsZero() && (next == nil || p.until.Before(*next)) {
			next = &p.until
		}
	}
	if !r.engine.Answerable || next != nil && time.Until(*next) < parkAfter {
		return
	}
	r.leaving, r.wakes = true, next
	change := flow.RunChange{Status: flow.RunWaiting, Counts: r.state.Counts, Usage: r.total(), StartedAt: &r.startedAt, WakeAt: next, Answered: r.answered}
	r.batch.change = &change
	r.event(flow.EventRunStatus, time.Now().UTC(), runEvent(change))
}
