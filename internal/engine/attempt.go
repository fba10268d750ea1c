package engine

import (
	"context"
	"errors"
	"log/slog"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"heddle/internal/flow"
	"heddle/internal/node"
)

// attempt is one execution of one node. The fields above mu belong to the run's
// goroutine.
type attempt struct {
	run       *run
	node      int
	number    int
	place     int // in run.live
	ctx       context.Context
	cancel    context.CancelCauseFunc
	queuedAt  time.Time // zero: it did not wait
	startedAt time.Time
	deadline  time.Time     // when the run's goroutine must act on it next
	cut       error         // why it was stopped; nil: it was not
	announced bool          // its start is recorded or about to be
	left      bool          // it is out of the run: nothing of it counts any more
	arming    bool          // it is about to ask for its start, see [run.flush]
	durable   chan struct{} // closed when the start is durable; nil: no need to wait
	edges     []delivery
	resume    *node.Resume      // how its wait ended; nil: it has not waited
	version   int               // of a node that calls: which version of the workflow; 0: the newest
	before    []flow.NodeResult // of a node that calls: what its calls recorded before
	try       string            // of a node that calls: see [nest.try]
	known     int               // of a node that calls: how many answers to nodes within were known at its start

	mu      sync.Mutex
	heard   []flow.Answer // of a node that calls: answers to nodes within
	calls   []*run        // those under way
	freed   bool          // its place and its slot are given back
	callee  *callee
	closed  bool
	noted   bool // in run.noisy
	inputs  flow.Values
	text    strings.Builder
	textDue time.Time
	lines   []line
}

// line is one line of a node's log, before it has a number.
type line struct {
	at    time.Time
	level flow.Level
	text  string
}

// outcome is what an attempt came to.
type outcome struct {
	*attempt
	outputs flow.Values
	blobs   []flow.BlobData
	usage   flow.Usage
	meta    flow.Meta
	err     error
	key     string           // cache key of a success
	hit     *flow.NodeResult // the result that was reused
	stuck   bool             // the kind did not return: it may still be at work
}

// labor is a goroutine that works on attempts, the given one first, until the run
// needs it no more. Goroutines are kept because a fresh one has to grow its stack.
func (r *run) labor(a *attempt) {
	a.work()
	for a := range r.jobs {
		a.work()
	}
}

// work executes the attempt and always sends one outcome, even when the kind ends
// the goroutine.
func (a *attempt) work() {
	o := outcome{attempt: a, err: errVanished}
	defer func() {
		if p := recover(); p != nil {
			o.err = errPanic
			a.run.log.Error("node panicked", slog.String("node_id", a.spec().ID), slog.String("node_type", a.spec().Type),
				slog.Any("panic", p), slog.String("stack", string(debug.Stack())))
		}
		select {
		case a.run.outcomes <- o:
		case <-a.run.gone:
		}
	}()
	in := intake{vault: &a.run.vault, plan: a.run.plan, node: a.spec()}
	var result node.Result
	result, o.err = a.call(&in, a.edges)
	o.key, o.hit = in.key, in.hit
	o.usage, o.meta = result.Usage, result.Meta // of a failure too: what was used counts
	switch {
	case o.err != nil:
	case in.hit != nil:
		o.outputs = in.hit.Output
	default:
		o.outputs, o.err = in.outputs(result.Outputs)
	}
	o.blobs = in.blobs
}

func (a *attempt) spec() *planNode { return &a.run.plan.nodes[a.node] }

// call gathers the inputs, waits until the start is durable where that is needed
// (rule E10), and runs the kind.
func (a *attempt) call(in *intake, edges []delivery) (node.Result, error) {
	if err := in.gather(a.ctx, edges); err != nil {
		return node.Result{}, err
	}
	a.mu.Lock()
	a.inputs = in.record
	a.mu.Unlock()
	if a.recall(in); in.hit != nil {
		return node.Result{}, nil
	}
	if a.spec().kind.Calls != "" {
		if err := a.findCallee(); err != nil {
			return node.Result{}, err
		}
	}
	if a.durable != nil {
		select {
		case a.run.starts <- a:
		case <-a.ctx.Done():
			return node.Result{}, context.Cause(a.ctx)
		}
		select {
		case <-a.durable:
		case <-a.ctx.Done():
			return node.Result{}, context.Cause(a.ctx)
		}
	}
	n := a.spec()
	return n.kind.Run(a.ctx, n.Data, node.Call{
		RunID: a.run.id, NodeID: n.ID, Key: a.run.key(n.ID), Inputs: in.inputs, Files: a.run.files, Resume: a.resume,
		Emit: a.emit, Log: a.logLine, Sub: a.sub,
	})
}

// emit adds streamed text. It is gathered: see [run.speak].
func (a *attempt) emit(text string) {
	if text == "" {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.closed {
		return
	}
	if a.text.Len() == 0 {
		a.textDue = time.Now().Add(deltaEvery)
	}
	a.text.WriteString(text)
	a.note()
}

// maxLine is the longest log line in bytes; the rest is cut.
const maxLine = 8 << 10

func (a *attempt) logLine(level flow.Level, text string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.closed {
		return
	}
	a.lines = append(a.lines, line{time.Now(), level, flow.Text(text).Preview(maxLine)})
	a.note()
}

// note tells the run's goroutine that there is something to write. The caller holds mu.
func (a *attempt) note() {
	if a.noted {
		return
	}
	a.noted = true
	a.run.noise(a)
}

var (
	errVanished = errors.New("the node ended without an answer")
	errPanic    = errors.New("the node panicked")
)

// limitError says that a time limit was reached.
type limitError struct {
	after time.Duration
	whose string
}

// Error returns the sentence that the user sees.
func (e *limitError) Error() string {
	return "stopped after " + seconds(e.after) + ": the " + e.whose + "'s time limit"
}

// UserMessage makes the sentence safe to show.
func (e *limitError) UserMessage() string { return e.Error() }

// sentence returns what the user sees of an error, and whether the cause must be
// logged because it is not all of it.
func sentence(err error) (text string, log bool) {
	if e, ok := errors.AsType[*flow.Error](err); ok {
		return e.Message, e.Err != nil || e.Kind == flow.Internal
	}
	var shown interface{ UserMessage() string }
	switch {
	case errors.As(err, &shown):
		return shown.UserMessage(), false
	case errors.Is(err, errPanic):
		return "The node stopped because of a defect in its program.", false
	case errors.Is(err, errVanished):
		return "The node ended without an answer.", true
	}
	return "The node failed because of an internal error.", true
}

// hint returns the next step that an error names, if it does.
func hint(err error) string {
	if e, ok := errors.AsType[*flow.Error](err); ok {
		return e.Hint
	}
	return ""
}
