package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"heddle/internal/flow"
)

// appendLimit is how long one append may take: longer than that the lease is lost.
const appendLimit = 30 * time.Second

// batch is what will be in the next step.
type batch struct {
	events  []flow.Event
	results []flow.NodeResult
	logs    []flow.Log
	blobs   []flow.BlobData
	change  *flow.RunChange
	starts  []*attempt   // run their kind when the step is durable
	entries []chan error // told what became of the step
}

// tell tells the called runs what became of what they wrote; nil: it is durable.
func (b *batch) tell(err error) {
	for _, done := range b.entries {
		done <- err
	}
	b.entries = nil
}

func (b *batch) empty() bool {
	return len(b.events) == 0 && len(b.results) == 0 && len(b.logs) == 0 && len(b.blobs) == 0 && b.change == nil
}

// write is the goroutine that appends to the journal: one step at a time.
func (r *run) write(ctx context.Context) {
	for s := range r.steps {
		limited, done := context.WithTimeout(ctx, appendLimit)
		err := r.engine.Journal.Append(limited, s)
		done()
		r.flushed <- err
	}
}

// flush hands everything that is pending to the journal, unless a step is there.
// Starts that are about to be asked for go into the same step: one commit takes
// the result of a node and the start of the next.
func (r *run) flush() {
	if r.flying != nil || r.phase == phaseStop || r.arming > 0 {
		return
	}
	r.speak()
	if r.batch.empty() {
		return
	}
	b := r.batch
	r.batch = batch{}
	for i := range b.events {
		r.seq++
		b.events[i].Seq = r.seq
	}
	r.flying = &b
	r.steps <- flow.Step{
		RunID: r.id, UserID: r.claim.Run.UserID, Token: r.claim.Token,
		Events: b.events, Results: b.results, Logs: b.logs, Blobs: b.blobs, Run: b.change,
	}
}

// landed is told what became of the step at the journal.
func (r *run) landed(err error) {
	b := r.flying
	r.flying = nil
	b.tell(err)
	if err != nil {
		r.refused(err)
		return
	}
	r.vault.durable(b.blobs)
	now := time.Now()
	for _, a := range b.starts {
		if a.left || a.cut != nil {
			continue
		}
		a.deadline = now.Add(r.limit(a.spec()))
		r.wakeAt(a.deadline)
		close(a.durable)
	}
}

func (r *run) refused(err error) {
	switch {
	case r.phase == phaseStop:
	case errors.Is(err, flow.ErrFenced):
		r.halt(flow.ErrFenced)
	case r.phase == phaseRelease:
		r.halt(ErrRelease)
	default:
		r.halt(fmt.Errorf("append to the journal of %s: %w", r.id, err))
	}
}

// speak adds the streamed text that is due and every log line.
func (r *run) speak() {
	r.mu.Lock()
	noisy := r.noisy
	r.noisy = nil
	r.mu.Unlock()
	if len(noisy) == 0 {
		return
	}
	now := time.Now()
	for _, a := range noisy {
		if lines, text, later := a.take(now); !a.left {
			r.say(a, lines, text)
			if !later.IsZero() {
				r.wakeAt(later)
				r.again(a)
			}
		}
	}
}

func (r *run) again(a *attempt) {
	r.mu.Lock()
	r.noisy = append(r.noisy, a)
	r.mu.Unlock()
}

// say writes what an attempt said. Its start is told first.
func (r *run) say(a *attempt, lines []line, text string) {
	if len(lines) == 0 && text == "" {
		return
	}
	r.announce(a)
	id := &a.spec().ID
	for _, l := range lines {
		r.writeLog(id, l)
	}
	if text != "" {
		r.event(flow.EventNodeDelta, time.Now().UTC(), flow.NodeDeltaEvent{NodeID: *id, Iteration: r.nest.label(), Attempt: a.number, Text: text})
	}
}

// sayRest writes the rest of what an attempt said, before its final event.
func (r *run) sayRest(a *attempt) {
	lines, text := a.close()
	r.say(a, lines, text)
}

// take returns the log lines, and the text if it was gathered long enough; later
// is when the rest is due.
func (a *attempt) take(now time.Time) (lines []line, text string, later time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	lines, a.lines = a.lines, nil
	if a.text.Len() > 0 && now.Before(a.textDue) {
		return lines, "", a.textDue
	}
	text = a.text.String()
	a.text.Reset()
	a.noted = false
	return lines, text, time.Time{}
}

// close makes the attempt mute and returns what it said last.
func (a *attempt) close() ([]line, string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.closed = true
	return a.lines, a.text.String()
}
