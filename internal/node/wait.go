package node

import (
	"time"

	"heddle/internal/flow"
)

// Wait is returned as an error by a kind that has nothing to do until a time, or
// until a person answers. Nothing of the attempt is kept meanwhile: the run is
// parked in the database (rule E23). Then the kind is called again with
// [Call.Resume] set.
type Wait struct {
	Until    time.Time // zero: until a person answers
	Question string    // what a person is asked; empty: nobody is
	Reason   string    // what viewers are told, as in "waits until 14:00"
}

// Error returns what viewers are told.
func (w *Wait) Error() string { return w.Reason }

// Resume is how a wait ended.
type Resume struct {
	Answer *flow.Answer // nil: its time is over
	Since  time.Time    // when the wait began
}
