package flow

import (
	"errors"
	"time"
)

// ErrFenced says that the run is held by someone else now, or is final: the
// holder must stop quietly and write nothing more (rule E11).
var ErrFenced = errors.New("the run is held by another worker")

// ErrHeld says that a run cannot be claimed: another worker holds its lease.
var ErrHeld = errors.New("the run's lease is held")

// Claim is a run together with the right to work on it.
type Claim struct {
	Run     Run
	Graph   *Graph        // of Run, where it was read already
	Token   int64         // fencing token, named in every write
	Seq     int64         // number of the last event in the journal
	LogSeq  int64         // number of the last log line
	Results []NodeResult  // every attempt recorded so far
	Lost    int           // workers that died holding this run before
	Cancel  bool          // someone asked it to stop
	Answers []Answer      // given so far to nodes that waited for one
	News    <-chan Answer // brings those that are given later; nil: none will come
}

// Answer is what a person said to a node that waited for it (rule E23).
type Answer struct {
	NodeID    string    `json:"nodeId"`
	Iteration string    `json:"iteration,omitzero"` // of a node that another one called
	Approved  bool      `json:"approved"`
	Comment   string    `json:"comment"`
	By        ID        `json:"by"`
	At        time.Time `json:"at"`
}

// Beat is what a worker learns with each heartbeat of a run.
type Beat struct {
	Cancel   bool // someone asked it to stop
	Answered int  // answers given so far
}

// Step is one addition to a run's journal. All of it is committed together, in
// one transaction, or not at all (rule E10).
type Step struct {
	RunID   ID
	UserID  ID // the run's owner
	Token   int64
	Events  []Event
	Results []NodeResult // inserted, or replaced by (run, node, iteration, attempt)
	Logs    []Log
	Blobs   []BlobData // values over InlineLimit that Results refer to
	Run     *RunChange // nil: the run's row stays as it is
}

// RunChange is what a step changes in the run's row.
type RunChange struct {
	Status      RunStatus
	Error       string
	Counts      Counts
	Usage       Usage
	StartedAt   *time.Time
	CompletedAt *time.Time // set with a final status
	WakeAt      *time.Time // with the status waiting: when to go on; nil: with the next answer
	Answered    int        // with the status waiting: how many answers the worker knew of
	Duration    *int64     // milliseconds
}

// BlobData is a value stored once under its hash.
type BlobData struct {
	Hash string // SHA-256 in hex
	Data []byte
}
