package engine

import (
	"cmp"
	"context"
	"maps"
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
	retried   bool      // the node that called is tried again
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

// again reports whether nodes that did not succeed are to run once more.
func (n *nest) again() bool { return n != nil && n.retried }

// mark completes a row with where its node is.
func (n *nest) mark(res *flow.NodeResult) {
	if n != nil {
		res.Iteration = n.iteration
		res.Meta = with(res.Meta, metaStep, n.callee.labels[res.NodeID])
	}
}

// own returns the rows that are from this call or from calls within it.
func (n *nest) own(rows []flow.NodeResult) []flow.NodeResult {
	var out []flow.NodeResult
	for _, res := range rows {
		if res.Iteration == n.iteration || strings.HasPrefix(res.Iteration, n.iteration+".") {
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
		if res.Status.Final() && r.plan.nodes[e.from.node].retry.attempts > 1 {
			r.inside[e.from.node] = append(r.inside[e.from.node], res)
		}
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
// lost worker, when the run does not call them again before its own end.
func (r *run) closeWithin() {
	if r.nest != nil {
		return // the run around it does this
	}
	open := slices.SortedFunc(maps.Values(r.within), func(a, b flow.NodeResult) int {
		return cmp.Or(cmp.Compare(a.NodeID, b.NodeID), cmp.Compare(a.Iteration, b.Iteration), cmp.Compare(a.Attempt, b.Attempt))
	})
	for _, res := range open {
		res.Status, res.Reason = flow.NodeCanceled, "because the run ended before it did"
		r.writeResult(res)
	}
	clear(r.within)
}

// keepInside remembers a row that a called run wrote before this worker came.
func (r *run) keepInside(res flow.NodeResult) {
	if r.nest == nil {
		r.keepWithin(res)
	}
	for _, i := range r.plan.callers {
		if strings.HasPrefix(res.NodeID, r.plan.nodes[i].ID+"/") {
			r.inside[i] = append(r.inside[i], res)
			return
		}
	}
}
