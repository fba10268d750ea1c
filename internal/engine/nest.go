package engine

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"

	"heddle/internal/flow"
	"heddle/internal/node"
)

// nest says where a run is that a node of another run called (rules E21 and E22).
// Its methods take a nil nest, that of a run which nobody called.
type nest struct {
	callee    *callee
	iteration string    // the places of the items it works on, outermost first: "2.5"
	chain     []flow.ID // the workflows around its nodes, its own last
	try       string    // how often each node that called had failed before, outermost first: "0.1"; empty: none had
	fault     string    // what failed first
}

// label returns the iteration of the run's nodes; empty when nobody called.
func (n *nest) label() string {
	if n == nil {
		return ""
	}
	return n.iteration
}

// below returns the iteration of a run that one of the run's nodes calls.
func (n *nest) below(item int) string {
	if n == nil {
		return strconv.Itoa(item)
	}
	return n.iteration + "." + strconv.Itoa(item)
}

// tryBelow returns the try of what one of the run's nodes calls that failed so often.
func (n *nest) tryBelow(failed int) string {
	outer := ""
	if n != nil {
		outer = n.try
	}
	switch {
	case outer == "" && failed == 0:
		return ""
	case outer == "":
		return strconv.Itoa(failed)
	}
	return outer + "." + strconv.Itoa(failed)
}

// current reports whether a row is of the try that is under way: what did not succeed
// in an earlier one runs once more.
func (n *nest) current(res *flow.NodeResult) bool {
	return n == nil || res.Meta[metaTry] == n.try
}

// mark completes a row with where its node is.
func (n *nest) mark(res *flow.NodeResult) {
	if n != nil {
		res.Iteration = n.iteration
		res.Meta = with(res.Meta, metaStep, n.callee.labels[res.NodeID])
		if n.try != "" {
			res.Meta[metaTry] = n.try
		}
	}
}

// holds reports whether a node of an iteration is of this call or of calls within it.
func (n *nest) holds(iteration string) bool {
	return iteration == n.iteration || strings.HasPrefix(iteration, n.iteration+".")
}

// meant returns the answers to nodes of this call or of calls within it.
func (n *nest) meant(all []flow.Answer) []flow.Answer {
	var out []flow.Answer
	for _, a := range all {
		if n.holds(a.Iteration) {
			out = append(out, a)
		}
	}
	return out
}

// own returns the rows that are from this call or from calls within it.
func (n *nest) own(rows []flow.NodeResult) []flow.NodeResult {
	var out []flow.NodeResult
	for _, res := range rows {
		if n.holds(res.Iteration) {
			out = append(out, res)
		}
	}
	return out
}

func (n *nest) compile(reg *node.Registry, inputs flow.Values) (*plan, error) {
	return runnable(compile(reg, n.callee.graph, CheckOptions{Inputs: inputs}))
}

// entry is a step of a called run on its way into the steps of the run around it.
type entry struct {
	from *attempt // the one that called
	step flow.Step
	done chan error // told what became of it; has room for it
}

// passage is the [Journal] of a called run: the run around it.
type passage struct{ from *attempt }

// Append hands the rows, log lines and values over, and the events that are about
// nodes, and returns when they are durable. The run that is around numbers them.
func (p passage) Append(ctx context.Context, s flow.Step) error {
	events := s.Events[:0:0]
	for _, e := range s.Events {
		if e.Type != flow.EventRunStatus {
			events = append(events, e)
		}
	}
	s.Events = events
	if len(s.Events)+len(s.Results)+len(s.Logs)+len(s.Blobs) == 0 {
		return nil
	}
	outer, e := p.from.run, entry{p.from, s, make(chan error, 1)}
	select {
	case outer.entries <- e:
	case <-outer.gone:
		return flow.ErrFenced
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	select {
	case err := <-e.done:
		return err
	case <-outer.gone:
		return flow.ErrFenced
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// embed takes a step of a called run into the next step.
func (r *run) embed(e entry) {
	if e.from.left || r.phase == phaseStop {
		e.done <- flow.ErrFenced
		return
	}
	r.announce(e.from)
	for _, res := range e.step.Results {
		r.consume(res.Usage)
		r.keepWithin(res)
		r.remember(e.from, res)
	}
	for _, l := range e.step.Logs {
		r.logSeq++
		l.Seq = r.logSeq
		r.batch.logs = append(r.batch.logs, l)
	}
	r.batch.results = append(r.batch.results, e.step.Results...)
	r.batch.events = append(r.batch.events, e.step.Events...)
	r.batch.blobs = append(r.batch.blobs, e.step.Blobs...)
	r.batch.entries = append(r.batch.entries, e.done)
}

// remember keeps what a call recorded where the node may call again: after a failure,
// or after a wait. What arrived at the called node is not needed for that.
func (r *run) remember(a *attempt, res flow.NodeResult) {
	a.mu.Lock()
	waits := a.callee.waits // one that calls has it
	a.mu.Unlock()
	again := res.Status.Final() && a.spec().retry.attempts > 1
	if again || waits && (res.Status.Final() || res.Status == flow.NodeWaiting) {
		res.Inputs = nil
		r.inside[a.node] = append(r.inside[a.node], res)
	}
}

// within is one attempt of a called node.
type within struct {
	node, iteration string
	attempt         int
}

// keepWithin notes which called nodes are not final.
func (r *run) keepWithin(res flow.NodeResult) {
	key := within{res.NodeID, res.Iteration, res.Attempt}
	if res.Status.Final() {
		delete(r.within, key)
	} else {
		r.within[key] = res
	}
}

// closeWithin ends the rows of called nodes that nothing will end any more: those of a
// lost worker, or that waited, when the node with the given id, or with "" the whole
// run, has ended.
func (r *run) closeWithin(caller string) {
	if r.nest != nil || len(r.within) == 0 {
		return // the run around it does this
	}
	var open []flow.NodeResult
	for key, res := range r.within {
		if caller == "" || strings.HasPrefix(key.node, caller+"/") {
			open = append(open, res)
			delete(r.within, key)
		}
	}
	slices.SortFunc(open, func(a, b flow.NodeResult) int {
		return cmp.Or(cmp.Compare(a.NodeID, b.NodeID), cmp.Compare(a.Iteration, b.Iteration), cmp.Compare(a.Attempt, b.Attempt))
	})
	for _, res := range open {
		res.Status, res.Reason = flow.NodeCanceled, "because the run ended before it did"
		if caller != "" {
			res.Reason = "because the step that called it ended before it did"
		}
		r.writeResult(res)
	}
}

// keepInside remembers a row that a called run wrote before this worker came.
func (r *run) keepInside(res flow.NodeResult) {
	if r.nest == nil {
		r.keepWithin(res)
	}
	if i := r.callerOf(res.NodeID); i >= 0 {
		r.inside[i] = append(r.inside[i], res)
	}
}

// callerOf returns the node that called the node with the given id; -1: none did.
func (r *run) callerOf(id string) int {
	for _, i := range r.plan.callers {
		if strings.HasPrefix(id, r.plan.nodes[i].ID+"/") {
			return i
		}
	}
	return -1
}
