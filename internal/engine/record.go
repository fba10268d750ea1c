package engine

import (
	"encoding/json"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"time"

	"heddle/internal/flow"
)

// announceAfter is how long a node waits or a pure node runs before viewers are
// told: what is over sooner is told once, at its end.
const announceAfter = 20 * time.Millisecond

// deltaEvery is how long streamed text is gathered (rule E14).
const deltaEvery = 50 * time.Millisecond

// finish records how an attempt ended and lets its successors go.
func (r *run) finish(o outcome) {
	a := o.attempt
	if a.left {
		return // its grace was over before it came back
	}
	r.leave(a)
	if r.phase == phaseStop || r.phase == phaseRelease && o.err != nil {
		a.close()
		return
	}
	r.sayRest(a)
	res := r.result(a)
	res.Usage = o.usage
	for k, v := range o.meta {
		res.Meta = with(res.Meta, k, v)
	}
	res.Duration = new(time.Since(a.startedAt).Milliseconds())
	r.consume(o.usage)
	r.batch.blobs = append(r.batch.blobs, o.blobs...)
	if r.standBy(res, o) {
		return
	}
	o.err = unanswerable(o.err)
	if due, again := r.nextTry(o, time.Now()); again {
		r.tryAgain(res, o, due)
		return
	}
	r.judge(&res, o)
	r.blame(res)
	r.writeResult(res)
	if o.spec().kind.Calls != "" {
		r.closeWithin(res.NodeID)
	}
	r.follow(r.state.finish(ending{node: a.node, status: res.Status, outputs: res.Output, reason: res.Reason, cached: res.Cached}))
}

// judge fills in status, output and error (rules E5, E7, E8).
func (r *run) judge(res *flow.NodeResult, o outcome) {
	limit, timedOut := errors.AsType[*limitError](o.cut)
	switch {
	case o.err == nil:
		res.Status, res.Output, res.CacheKey = flow.NodeSuccess, o.outputs, o.key
		if why := r.claim.Run.Reasons[res.NodeID]; why != "" && o.hit == nil {
			res.Meta = with(res.Meta, metaRan, why)
		}
		if o.hit != nil {
			res.Cached, res.Reason, res.Meta = true, sameAs(*o.hit), reusedFrom(*o.hit)
		}
		return
	case errors.Is(o.cut, ErrCancel), errors.As(o.cut, new(*spentError)):
		res.Status, res.Reason = flow.NodeCanceled, "because "+r.reason(o.cut)
		return
	case timedOut:
		o.err = limit
	}
	n := o.spec()
	text, log := sentence(o.err)
	if log {
		r.log.Warn("node failed", slog.String("node_id", n.ID), slog.String("node_type", n.Type), slog.Any("error", o.err))
	}
	if h := hint(o.err); h != "" {
		res.Meta = with(res.Meta, "hint", h)
	}
	handled := !timedOut || limit.whose == "node"
	switch {
	case handled && n.onError == onErrorPort:
		res.Status, res.Output = flow.NodeSuccess, flow.Values{errorPort: flow.Text(text)}
		res.Reason = "failed; the error was delivered: " + text
	case handled && n.onError == onErrorValue:
		res.Status, res.Output = flow.NodeSuccess, r.fallback(n)
		res.Reason = "failed; the fallback value was delivered: " + text
	default:
		res.Status, res.Error = flow.NodeFailed, text
		return
	}
	r.writeLog(&n.ID, line{time.Now().UTC(), flow.LevelWarn, "The node " + n.quoted() + " " + res.Reason})
}

// metaRan says why a node was computed in a run that could have reused a result.
const metaRan = "ran"

// with returns what a kind told of its work and one thing more.
func with(m flow.Meta, key, value string) flow.Meta {
	out := flow.Meta{key: value}
	maps.Copy(out, m)
	return out
}

// fallback returns the outputs of a failed node with onError "value".
func (r *run) fallback(n *planNode) flow.Values {
	in := intake{vault: &r.vault, plan: r.plan, node: n}
	out := n.fallbackOutputs()
	for port, v := range out {
		out[port] = in.keep(v)
	}
	r.batch.blobs = append(r.batch.blobs, in.blobs...)
	return out
}

// result returns the row of an attempt as it starts.
func (r *run) result(a *attempt) flow.NodeResult {
	n := a.spec()
	a.mu.Lock()
	inputs, called := a.inputs, a.callee
	a.mu.Unlock()
	res := flow.NodeResult{
		RunID: r.id, NodeID: n.ID, NodeType: n.Type, Attempt: a.number, Status: flow.NodeRunning,
		Inputs: inputs, StartedAt: &a.startedAt, CreatedAt: a.startedAt,
	}
	if called != nil {
		res.Meta, r.frozen[a.node] = called.meta(), called.Version
	}
	if !a.queuedAt.IsZero() {
		res.QueuedAt = &a.queuedAt
	}
	if !a.announced {
		a.announced = true
		r.closeCut(a.node)
	}
	return res
}

// closeCut ends the attempt that an earlier worker left running, in the step that
// has the next attempt's first row.
func (r *run) closeCut(i int) {
	res, ok := r.cut[i]
	if !ok {
		return
	}
	delete(r.cut, i)
	why := "because its worker was lost; it ran again"
	if res.Status == flow.NodeWaiting {
		why = "because the step that called it was tried again"
	}
	res.Status, res.Reason = flow.NodeCanceled, why
	r.nest.mark(&res)
	r.batch.results = append(r.batch.results, res)
}

// announce records that an attempt runs.
func (r *run) announce(a *attempt) {
	if !a.announced {
		r.writeResult(r.result(a))
	}
}

// recordStart writes the start of an attempt that waits for it to be durable.
func (r *run) recordStart(a *attempt) {
	r.armed(a)
	if a.left || a.cut != nil || r.phase != phaseWork {
		return // its context ends, or has ended
	}
	r.announce(a)
	r.batch.starts = append(r.batch.starts, a)
}

// follow records the nodes that are skipped because of others, and notes since
// when the ready ones wait.
func (r *run) follow(skipped []ending) {
	for _, d := range skipped {
		r.recordUnstarted(d)
	}
	if len(r.state.arrived) == 0 {
		return
	}
	now := time.Now().UTC()
	for _, i := range r.state.arrived {
		r.waits[i].since = now
	}
	r.watch = false
	r.state.arrived = r.state.arrived[:0]
}

// recordUnstarted writes the end of a node that this worker never started.
func (r *run) recordUnstarted(d ending) {
	n := &r.plan.nodes[d.node]
	res, ok := r.cut[d.node]
	if !ok {
		res = flow.NodeResult{RunID: r.id, NodeID: n.ID, NodeType: n.Type, Attempt: r.last[d.node] + 1, CreatedAt: time.Now().UTC()}
	}
	delete(r.cut, d.node)
	res.Status, res.Reason, res.Output = d.status, d.reason, d.outputs
	r.writeResult(res)
}

// writeResult adds a node's row and the event that tells of it.
func (r *run) writeResult(res flow.NodeResult) {
	r.nest.mark(&res)
	r.batch.results = append(r.batch.results, res)
	e := flow.NodeStatusEvent{
		NodeID: res.NodeID, Iteration: res.Iteration, Status: res.Status, Cached: res.Cached, Attempt: res.Attempt, Error: res.Error, Reason: res.Reason,
		Output: previews(res.Output), Meta: res.Meta, QueuedAt: res.QueuedAt, StartedAt: res.StartedAt, Duration: res.Duration,
	}
	if res.Usage != (flow.Usage{}) {
		e.Usage = &res.Usage
	}
	r.add(flow.EventNodeStatus, time.Now().UTC(), nodeStatusJSON(e))
}

// previews returns what an event shows of the outputs: a file's reference whole,
// anything else as people read it, cut.
func previews(out flow.Values) map[string]string {
	if len(out) == 0 {
		return nil
	}
	m := make(map[string]string, len(out))
	for port, v := range out {
		if v.Raw()[0] == '{' {
			if _, isFile := v.FileRef(); isFile {
				m[port] = string(v.Raw())
				continue
			}
		}
		m[port] = v.Preview(flow.PreviewLimit)
	}
	return m
}

// sayQueued tells of the nodes that have waited for a slot for a while, once each.
func (r *run) sayQueued(now time.Time) {
	for _, i := range r.state.ready.nodes {
		w := &r.waits[i]
		if w.announced {
			continue
		}
		if say := w.since.Add(announceAfter); now.Before(say) {
			r.wakeAt(say)
			continue
		}
		w.announced = true
		r.event(flow.EventNodeStatus, now, flow.NodeStatusEvent{
			NodeID: r.plan.nodes[i].ID, Iteration: r.nest.label(), Status: flow.NodeQueued, Attempt: r.last[i] + 1, QueuedAt: &w.since,
		})
	}
}

// tick looks at every time limit.
func (r *run) tick(now time.Time) {
	now = now.UTC()
	if !now.Before(r.deadline) {
		if r.phase == phaseWork {
			r.overdue = true
			r.cancel(&limitError{r.engine.RunTimeout, "run"})
		}
	} else {
		r.wakeAt(r.deadline)
	}
	if r.phase == phaseWork {
		r.rouse(now)
		r.wakeParked(now)
		r.sayQueued(now)
	}
	for _, v := range slices.Backward(r.live) {
		r.look(v, now)
	}
}

// look cuts off an attempt whose time is over, gives up one that did not notice,
// and tells of one that is still at it.
func (r *run) look(a *attempt, now time.Time) {
	n := a.spec()
	switch {
	case now.Before(a.deadline):
		r.wakeAt(a.deadline)
	case a.cut == nil:
		r.cutOff(a, &limitError{r.limit(n), "node"}, now.Add(r.grace(a)))
	default:
		r.log.Warn("node ignores that it was stopped", slog.String("node_id", n.ID), slog.String("node_type", n.Type))
		r.finish(outcome{attempt: a, err: a.cut, stuck: true})
		return
	}
	if a.announced || a.durable != nil || a.cut != nil || r.phase != phaseWork {
		return
	}
	if say := a.startedAt.Add(announceAfter); now.Before(say) {
		r.wakeAt(say)
		return
	}
	r.announce(a)
}

// event adds an event to the batch; it gets its number when the step is made.
func (r *run) event(t flow.EventType, at time.Time, payload any) {
	raw, err := json.Marshal(payload)
	if err != nil {
		panic("engine: event payload: " + err.Error()) // strings, numbers and times always encode
	}
	r.add(t, at, raw)
}

func (r *run) add(t flow.EventType, at time.Time, payload json.RawMessage) {
	r.batch.events = append(r.batch.events, flow.Event{RunID: r.id, Type: t, At: at, Payload: payload})
}

// writeLog adds a log line and the event that carries it.
func (r *run) writeLog(nodeID *string, l line) {
	r.logSeq++
	r.batch.logs = append(r.batch.logs, flow.Log{RunID: r.id, Seq: r.logSeq, NodeID: nodeID, Message: l.text, Level: l.level, Timestamp: l.at.UTC()})
	r.event(flow.EventLog, l.at.UTC(), flow.LogEvent{NodeID: nodeID, Iteration: r.nest.label(), Level: l.level, Message: l.text})
}
