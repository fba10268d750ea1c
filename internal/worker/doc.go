// Package worker is the door of time: it takes accepted runs from the queue,
// holds their leases while the engine works, gives them back on a stop, and
// finds the ones a crash left behind.
//
// A queue job is only a trigger. The run's row with its lease and fencing token
// is the truth: a trigger too many ends quietly, a trigger lost is made again.
package worker
