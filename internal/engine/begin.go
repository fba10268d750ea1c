package engine

import (
	"context"
	"errors"
	"log/slog"
	"strconv"
	"time"

	"heddle/internal/flow"
)

// maxLost is how many workers a run may take with it (rule E12).
const maxLost = 3

// begin reads the graph, takes over what is done and writes the run's start.
func (r *run) begin() {
	now := time.Now().UTC()
	c := &r.claim
	fresh := c.Run.StartedAt == nil || c.Seq <= 1
	r.startedAt = now
	if c.Run.StartedAt != nil {
		r.startedAt = *c.Run.StartedAt
	}
	r.deadline = r.worksSince(now).Add(r.engine.RunTimeout)
	r.wakeAt(r.deadline)
	p, err := r.compile()
	r.plan, r.state = p, newState(p)
	r.waits = make([]wait, len(p.nodes))
	done := r.takeOver()
	stopped := c.Cancel || errors.Is(context.Cause(r.ctx), ErrCancel)
	lost := c.Lost >= maxLost && !stopped
	switch {
	case lost:
		done = append(done, r.giveUp()...)
	case !stopped:
		done = append(done, r.pins(done)...)
	}
	r.follow(r.state.begin(done))
	r.settleDown()
	r.keepWaiting()
	if fresh && r.nest == nil {
		r.tellReused()
	}
	switch {
	case stopped:
		r.cancel(ErrCancel)
	case lost:
		r.end(flow.RunFailed, "The run was given up: "+strconv.Itoa(c.Lost)+" workers were lost while they worked on it.", "because the run was given up")
	case err != nil:
		r.log.Error("run refused", slog.Any("error", err))
		text, _ := sentence(err)
		r.state.TotalNodes = c.Run.TotalNodes
		r.end(flow.RunFailed, text, "because the run could not start")
	case r.nest != nil: // who called tells that it runs
	case fresh, c.Run.Status == flow.RunWaiting:
		r.announceRun()
	default:
		r.writeLog(nil, line{now, flow.LevelInfo, "The run goes on where it was interrupted."})
	}
}

// worksSince returns from when the run's time limit counts: its first start, or when
// it last went on after it had waited.
func (r *run) worksSince(now time.Time) time.Time {
	switch c := &r.claim.Run; {
	case c.Status == flow.RunWaiting:
		return now
	case c.ResumedAt != nil && c.ResumedAt.After(r.startedAt):
		return *c.ResumedAt
	}
	return r.startedAt
}

// compile makes the plan of the frozen graph. It was checked when the run was
// accepted; the kinds of this process may be others by now.
func (r *run) compile() (*plan, error) {
	if r.nest != nil {
		return r.nest.compile(r.engine.Registry, r.claim.Run.Inputs)
	}
	g, err := r.graph()
	if err != nil {
		return &plan{}, err
	}
	o := CheckOptions{Inputs: r.claim.Run.Inputs}
	if r.claim.Run.Scope == flow.ScopePartial {
		o.Targets, o.Reused = r.claim.Run.NodeIDs, r.reused()
	}
	return runnable(compile(r.engine.Registry, g, o))
}

func (r *run) graph() (flow.Graph, error) {
	if r.claim.Graph != nil {
		return *r.claim.Graph, nil
	}
	return r.claim.Run.Graph()
}

// runnable returns the plan, or one error for its problems.
func runnable(p *plan, problems []flow.Problem) (*plan, error) {
	switch n := len(problems) - 1; n {
	case -1:
		return p, nil
	case 0:
		return &plan{}, flow.Errorf(flow.Invalid, "The graph cannot run: %s", problems[0].Message)
	default:
		return &plan{}, flow.Errorf(flow.Invalid, "The graph cannot run: %s (and %d more)", problems[0].Message, n)
	}
}

// takeOver reads the results of earlier attempts: what is final is done, what was
// running was cut short (rule E12).
func (r *run) takeOver() []ending {
	if len(r.claim.Results) == 0 {
		return nil
	}
	at := make(map[string]int, len(r.plan.nodes))
	for i := range r.plan.nodes {
		if r.plan.nodes[i].inScope {
			at[r.plan.nodes[i].ID] = i
		}
	}
	newest := map[int]*flow.NodeResult{}
	for k := range r.claim.Results {
		res := &r.claim.Results[k]
		r.consume(res.Usage)
		i, ok := at[res.NodeID]
		if !ok || res.Iteration != r.nest.label() {
			r.keepInside(*res)
			continue
		}
		if res.Status == flow.NodeFailed && r.nest.current(res) {
			r.tries[i]++
		}
		if v, err := strconv.Atoi(res.Meta[metaVersion]); err == nil {
			r.frozen[i] = v
		}
		if res.Attempt >= r.last[i] { // the last row of an attempt counts
			r.last[i], newest[i] = res.Attempt, res
		}
	}
	var done []ending
	for i := range r.plan.nodes {
		switch res := newest[i]; {
		case res == nil:
		case res.Status == flow.NodeQueued:
			r.recall(i, res)
		case res.Status == flow.NodeWaiting && r.nest.current(res):
			r.takeParked(i, res)
		case res.Status.Final() && !r.nest.current(res) && res.Status != flow.NodeSuccess: // it is tried once more
		case res.Status.Final():
			done = append(done, ending{i, res.Status, res.Output, res.Reason, res.Cached})
		default:
			r.cut[i] = *res
		}
	}
	return done
}

// reused names the nodes whose results were taken over when the run was accepted.
func (r *run) reused() []string {
	var ids []string
	for i := range r.claim.Results {
		if res := &r.claim.Results[i]; res.Cached && res.Status == flow.NodeSuccess {
			ids = append(ids, res.NodeID)
		}
	}
	return ids
}

// tellReused says of each result that was taken over that it is there, in the
// run's first step.
func (r *run) tellReused() {
	for _, res := range r.claim.Results {
		if res.Cached && res.Status == flow.NodeSuccess {
			r.writeResult(res)
		}
	}
}

// giveUp fails the nodes that were running when the last worker was lost.
func (r *run) giveUp() []ending {
	var out []ending
	for i := range r.plan.nodes {
		res, ok := r.cut[i]
		if !ok {
			continue
		}
		delete(r.cut, i)
		res.Status, res.Error = flow.NodeFailed, "The worker was lost while this node ran."
		r.writeResult(res)
		out = append(out, ending{node: i, status: flow.NodeFailed})
	}
	return out
}

// end cancels everything that is not final and fixes the run's status.
func (r *run) end(status flow.RunStatus, verdict, reason string) {
	r.phase, r.final, r.verdict = phaseCancel, status, verdict
	for _, d := range r.state.cancel(reason) {
		r.recordUnstarted(d)
	}
}

// announceRun says that the run is running, in its first step.
func (r *run) announceRun() {
	change := flow.RunChange{Status: flow.RunRunning, Counts: r.state.Counts, Usage: r.total(), StartedAt: &r.startedAt}
	r.batch.change = &change
	r.event(flow.EventRunStatus, r.startedAt, runEvent(change))
}

func runEvent(c flow.RunChange) flow.RunStatusEvent {
	return flow.RunStatusEvent{
		Status: c.Status, Error: c.Error, Counts: c.Counts, Usage: c.Usage,
		StartedAt: c.StartedAt, CompletedAt: c.CompletedAt, Duration: c.Duration,
	}
}

// conclude writes the run's final status once every node is final.
func (r *run) conclude() {
	if r.ended || r.phase == phaseStop || r.state.open > 0 || len(r.live) > 0 {
		return
	}
	r.ended = true
	r.closeWithin("")
	now := time.Now().UTC()
	r.final = r.status()
	change := flow.RunChange{Status: r.final, Error: r.verdict, Counts: r.state.Counts, Usage: r.total(), CompletedAt: &now}
	if r.batch.change != nil || r.claim.Run.StartedAt != nil || r.seq > r.claim.Seq {
		change.StartedAt = &r.startedAt
		change.Duration = new(now.Sub(r.startedAt).Milliseconds())
	}
	r.batch.change = &change
	r.event(flow.EventRunStatus, now, runEvent(change))
}

// status is the run's final status. A run whose time was over failed, unless
// every node came to its end all the same.
func (r *run) status() flow.RunStatus {
	if r.final != "" {
		return r.final
	}
	s := r.state.verdict()
	switch {
	case !r.overdue:
	case s == flow.RunSuccess:
		r.verdict = ""
	case s == flow.RunCanceled && r.state.FailedNodes > 0 && r.state.SuccessNodes > 0:
		return flow.RunPartial
	case s == flow.RunCanceled:
		return flow.RunFailed
	}
	return s
}

// consume adds what a model call used. The sum has no price when a call has none.
func (r *run) consume(u flow.Usage) {
	r.usage.TokensIn += u.TokensIn
	r.usage.TokensOut += u.TokensOut
	switch {
	case u.CostUSD != nil:
		r.usage.CostUSD = new(*r.usage.CostUSD + *u.CostUSD)
	case u.TokensIn+u.TokensOut > 0:
		r.unpriced = true
	}
}

func (r *run) total() flow.Usage {
	u := r.usage
	if r.unpriced {
		u.CostUSD = nil
	}
	return u
}
