package engine

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"heddle/internal/flow"
	"heddle/internal/node"
)

// retry says how often a node is tried, and how patiently (rule E6). It is the
// member "retry" of a node's data, with durations in milliseconds.
type retry struct {
	attempts int           // in all, the first one included
	delay    time.Duration // before the second try
	factor   float64       // by which each pause is longer than the one before
	maxDelay time.Duration
}

// What a retry says when its members are left out, and how far they may go.
const (
	retryDelay    = time.Second
	retryFactor   = 2
	retryMaxDelay = 30 * time.Second
	maxTries      = 10
	maxPause      = time.Hour
)

// readRetry reads the member "retry"; what is wrong with it is added to problems.
func readRetry(raw json.RawMessage, at nodePlace, problems []flow.Problem) (retry, []flow.Problem) {
	r := retry{attempts: 1, delay: retryDelay, factor: retryFactor, maxDelay: retryMaxDelay}
	if unset(raw) {
		return r, problems
	}
	var in struct{ Attempts, Delay, Factor, MaxDelay *float64 }
	add := func(key, message string) {
		problems = append(problems, flow.Problem{Path: at.path + key, NodeID: at.id, Code: "bad_setting", Message: message})
	}
	if err := json.Unmarshal(raw, &in); err != nil {
		add("retry", `Retries must be an object such as {"attempts": 3, "delay": 1000}.`)
		return r, problems
	}
	if n := in.Attempts; n != nil {
		if r.attempts = int(*n); *n != math.Trunc(*n) || *n < 1 || *n > maxTries {
			add("retry.attempts", fmt.Sprintf("The number of tries must be 1 to %d.", maxTries))
		}
	}
	pause := func(key string, ms *float64, into *time.Duration) {
		if ms == nil {
			return
		}
		if *ms < 0 || *ms > float64(maxPause.Milliseconds()) {
			add("retry."+key, "A pause between tries must be a number of milliseconds, at most one hour.")
			return
		}
		*into = time.Duration(*ms * float64(time.Millisecond))
	}
	pause("delay", in.Delay, &r.delay)
	pause("maxDelay", in.MaxDelay, &r.maxDelay)
	if f := in.Factor; f != nil {
		if r.factor = *f; *f < 1 || *f > 10 {
			add("retry.factor", "Each pause may be 1 to 10 times as long as the one before.")
		}
	}
	return r, problems
}

// pause returns how long to wait after the given number of failed tries: between
// half and all of the nominal pause, so that many nodes do not come at once.
func (r retry) pause(failed int) time.Duration {
	whole := min(float64(r.delay)*math.Pow(r.factor, float64(failed-1)), float64(r.maxDelay))
	return time.Duration(whole/2 + rand.Float64()*whole/2) //nolint:gosec // a pause, not a secret
}

// rest is a node that waits for its next try.
type rest struct {
	node int
	due  time.Time
}

// metaRetryAt is when the next try of a queued attempt is due, RFC 3339.
const metaRetryAt = "retryAt"

// nextTry returns when a node whose attempt failed is tried again. ok is false when
// it is not: its settings do not ask for it, its error cannot pass, or the run's
// time would be over before.
func (r *run) nextTry(o outcome, now time.Time) (due time.Time, ok bool) {
	n := o.spec()
	failed := r.tries[o.node] + 1
	if o.err == nil || o.stuck || r.phase != phaseWork || failed >= n.retry.attempts {
		return due, false
	}
	after, passing := node.Passing(o.err)
	if limit, timedOut := errors.AsType[*limitError](o.cut); timedOut {
		after, passing = 0, limit.whose == "node"
	}
	if !passing {
		return due, false
	}
	due = now.Add(max(after, n.retry.pause(failed)))
	return due, due.Before(r.deadline)
}

// tryAgain writes the row of a failed attempt and, in the same step, the one of the
// next, which waits.
func (r *run) tryAgain(res flow.NodeResult, o outcome, due time.Time) {
	n, now := o.spec(), time.Now().UTC()
	err := o.err
	if o.cut != nil {
		err = o.cut
	}
	text, _ := sentence(err)
	r.tries[o.node]++
	r.last[o.node] = o.number
	res.Status, res.Error = flow.NodeFailed, text
	if h := hint(err); h != "" {
		res.Meta = with(res.Meta, "hint", h)
	}
	r.nest.mark(&res)
	r.batch.results = append(r.batch.results, res)
	wait := due.Sub(now).Round(100 * time.Millisecond)
	reason := fmt.Sprintf("Try %d of %d follows in %s: %s", r.tries[o.node]+1, n.retry.attempts, seconds(wait), text)
	r.writeResult(flow.NodeResult{
		RunID: r.id, NodeID: n.ID, NodeType: n.Type, Attempt: o.number + 1, Status: flow.NodeQueued, Reason: reason,
		Meta: flow.Meta{metaRetryAt: due.Format(time.RFC3339Nano)}, QueuedAt: &now, CreatedAt: now,
	})
	r.writeLog(&n.ID, line{now, flow.LevelWarn, reason})
	r.state.nodes[o.node].status = flow.NodeQueued
	r.waits[o.node] = wait0(now)
	r.resting = append(r.resting, rest{o.node, due})
	r.wakeAt(due)
}

// wait0 is the wait of a node whose viewers know already that it is queued.
func wait0(since time.Time) wait { return wait{since: since, announced: true} }

// rouse makes the nodes ready whose next try is due.
func (r *run) rouse(now time.Time) {
	r.resting = slices.DeleteFunc(r.resting, func(w rest) bool {
		if now.Before(w.due) {
			r.wakeAt(w.due)
			return false
		}
		r.state.ready.push(w.node)
		return true
	})
}

// settleDown takes nodes out of the ready ones whose next try is not due yet: an
// earlier worker left them waiting.
func (r *run) settleDown() {
	for _, w := range r.resting {
		r.state.ready.drop(w.node)
		r.waits[w.node] = wait0(time.Now().UTC())
		r.wakeAt(w.due)
	}
}

// recall reads from the row of a queued attempt when it is due.
func (r *run) recall(i int, res *flow.NodeResult) {
	r.last[i] = res.Attempt - 1
	due, err := time.Parse(time.RFC3339Nano, res.Meta[metaRetryAt])
	if err == nil && time.Now().Before(due) {
		r.resting = append(r.resting, rest{i, due})
	}
}
