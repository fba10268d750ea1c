package engine

import (
	"errors"
	"time"

	"heddle/internal/flow"
)

// interrupt acts on the end of the caller's context.
func (r *run) interrupt(cause error, stopWriting func()) {
	switch {
	case errors.Is(cause, ErrCancel):
		r.cancel(ErrCancel)
	case errors.Is(cause, flow.ErrFenced):
		stopWriting()
		r.halt(cause)
	case r.nest != nil && !errors.Is(cause, ErrRelease):
		r.cancel(cause) // the limits of who called
	default:
		if r.phase >= phaseRelease {
			return
		}
		r.phase = phaseRelease
		r.cutAll(ErrRelease)
		// The journal gets as long as the nodes do, then once more.
		r.patience.Reset(2 * r.engine.Grace)
	}
}

// letGo is what Execute returns when its context ended for a reason that is not a cancel.
func letGo(cause error) error {
	if errors.Is(cause, flow.ErrFenced) {
		return flow.ErrFenced
	}
	return ErrRelease
}

// cancel ends the run early: what has not started is canceled, what runs is cut
// off (rule E8).
func (r *run) cancel(cause error) {
	if r.phase != phaseWork || r.ended {
		return
	}
	r.phase = phaseCancel
	if errors.Is(cause, ErrCancel) {
		r.final, r.verdict = flow.RunCanceled, "Stopped, because "+r.reason(cause)+"."
		if r.nest == nil {
			r.verdict = "The run was canceled."
		}
	} else {
		r.verdict, _ = sentence(cause)
	}
	r.cutAll(cause)
	for _, d := range r.state.cancel("because " + r.reason(cause)) {
		r.recordUnstarted(d)
	}
}

func (r *run) reason(cause error) string {
	if limit, ok := errors.AsType[*limitError](cause); ok {
		return "the " + limit.whose + "'s time limit was reached"
	}
	if _, ok := errors.AsType[*spentError](cause); ok {
		return "the run's budget is spent"
	}
	if errors.Is(cause, errNotNeeded) {
		return "its result is not needed any more"
	}
	return "the run was canceled"
}

func (r *run) cutAll(cause error) {
	now := time.Now()
	for _, a := range r.live {
		r.cutOff(a, cause, now.Add(r.grace(a)))
	}
}

// grace is how long an attempt may take to notice that it was stopped. One that
// calls waits for those that it called.
func (r *run) grace(a *attempt) time.Duration {
	if a.spec().kind.Calls != "" {
		return 2 * r.engine.Grace
	}
	return r.engine.Grace
}

func (r *run) cutOff(a *attempt, cause error, by time.Time) {
	if a.cut == nil {
		a.cut, a.deadline = cause, by
		r.wakeAt(by)
	}
	a.cancel(cause)
}

// halt stops everything without writing: the journal refused, or broke.
func (r *run) halt(err error) {
	r.failure, r.phase = err, phaseStop
	r.batch.tell(err)
	r.batch = batch{}
	r.cutAll(err)
}
