// Package engine decides the order in which the nodes of a run execute and keeps
// the life of every attempt: what may start, what is cut off, what is recorded.
// It knows no database; it writes through [Journal]. The rules are in SPEC.md
// beside this file; tests name the rule they prove.
//
// A graph is compiled into a plan. The state of the plan is a plain value
// without goroutines: which edges are settled, which nodes are ready, which come
// first. Around it one goroutine per run takes the decisions, one goroutine per
// attempt runs a kind, and one goroutine per run writes the journal.
package engine
